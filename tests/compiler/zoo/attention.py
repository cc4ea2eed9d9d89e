"""Attention and its kin."""

import math

from autograd_mini import Value, cos, dot, elu, exp, fsum, silu, sin, softmax, sqrt, tanh
from nn import losses

from . import (
    Weights,
    affine,
    label,
    matvec,
    normal,
    plus,
    program,
    squared_distance,
    transposed,
)


def attend(query, keys, values, bias=None):
    """The mean of the values, weighted by how well their keys fit the query."""
    scores = [dot(query, key) / math.sqrt(len(query)) for key in keys]
    weights = softmax(scores if bias is None else plus(scores, bias))
    return matvec(transposed(values), weights)


def heads(x, size):
    return [x[i : i + size] for i in range(0, len(x), size)]


def rms_norm(x, gain):
    scale = 1 / sqrt(dot(x, x) / len(x) + 1e-6)
    return [g * v * scale for g, v in zip(gain, x)]


@program("Scaled dot-product self-attention", x=normal(4, 3), y=normal(3))
def self_attention(rng):
    m = Weights(rng, Q=(3, 3), K=(3, 3), V=(3, 3))

    def loss(x, y):
        queries, keys, values = ([matvec(w, token) for token in x] for w in (m.Q, m.K, m.V))
        out = [attend(query, keys, values) for query in queries]
        return squared_distance([fsum(column) for column in zip(*out)], y)

    return loss, m


@program("Multi-head causal attention", x=normal(4, 4), y=normal(4, 4))
def causal_attention(rng):
    m = Weights(rng, Q=(4, 4), K=(4, 4), V=(4, 4), O=(4, 4))

    def loss(x, y):
        total = 0
        queries, keys, values = (
            [heads(matvec(w, token), 2) for token in x] for w in (m.Q, m.K, m.V)
        )
        for t, target in enumerate(y):
            out = []
            for h in range(2):
                past = [[row[h] for row in rows[: t + 1]] for rows in (keys, values)]
                out += attend(queries[t][h], *past)
            total += squared_distance(matvec(m.O, out), target)
        return total

    return loss, m


@program("Grouped-query attention", x=normal(3, 4), y=normal(4))
def grouped_query_attention(rng):
    m = Weights(rng, Q=(8, 4), K=(4, 4), V=(4, 4), O=(4, 8))  # four heads share two keys and values

    def loss(x, y):
        keys, values = ([heads(matvec(w, token), 2) for token in x] for w in (m.K, m.V))
        out = []
        for h, query in enumerate(heads(matvec(m.Q, x[-1]), 2)):
            out += attend(query, [key[h // 2] for key in keys], [value[h // 2] for value in values])
        return squared_distance(matvec(m.O, out), y)

    return loss, m


@program("Multi-head latent attention", x=normal(4, 4), y=normal(4))
def latent_attention(rng):
    m = Weights(rng, down=(2, 4), Q=(4, 4), up_k=(4, 2), up_v=(4, 2))

    def loss(x, y):
        latent = [matvec(m.down, token) for token in x]  # all that would be cached
        keys, values = ([heads(matvec(w, c), 2) for c in latent] for w in (m.up_k, m.up_v))
        out = []
        for h, query in enumerate(heads(matvec(m.Q, x[-1]), 2)):
            out += attend(query, [key[h] for key in keys], [value[h] for value in values])
        return squared_distance(out, y)

    return loss, m


@program("Linear attention", x=normal(5, 3), y=normal(5, 3))
def linear_attention(rng):
    m = Weights(rng, Q=(3, 3), K=(3, 3), V=(3, 3))

    def loss(x, y):
        memory, normaliser, total = [[0.0] * 3 for _ in range(3)], [0.0] * 3, 0
        for token, target in zip(x, y):
            q, k = ([elu(v) + 1 for v in matvec(w, token)] for w in (m.Q, m.K))
            v = matvec(m.V, token)
            memory = [[s + a * b for s, b in zip(row, k)] for row, a in zip(memory, v)]
            normaliser = plus(normaliser, k)
            out = [dot(row, q) / dot(normaliser, q) for row in memory]
            total += squared_distance(out, target)
        return total

    return loss, m


@program("Attention with linear biases (ALiBi)", x=normal(4, 4), y=normal(4))
def alibi(rng):
    m = Weights(rng, Q=(4, 4), K=(4, 4), V=(4, 4))

    def loss(x, y):
        out = [0.0] * 4
        queries, keys, values = (
            [heads(matvec(w, token), 2) for token in x] for w in (m.Q, m.K, m.V)
        )
        for t in range(len(x)):
            found = []
            for h, slope in enumerate((1 / 2, 1 / 4)):
                bias = [-slope * (t - s) for s in range(t + 1)]
                past = [[row[h] for row in rows[: t + 1]] for rows in (keys, values)]
                found += attend(queries[t][h], *past, bias)
            out = plus(out, found)
        return squared_distance(out, y)

    return loss, m


@program("Rotary position embedding (RoPE)", x=normal(4, 4), y=normal(4))
def rotary(rng):
    m = Weights(rng, Q=(4, 4), K=(4, 4), V=(4, 4))

    def rotated(x, t):
        out = []
        for i in range(0, len(x), 2):
            angle = t / 100 ** (i / len(x))
            c, s = math.cos(angle), math.sin(angle)
            out += [c * x[i] - s * x[i + 1], s * x[i] + c * x[i + 1]]
        return out

    def loss(x, y):
        keys = [rotated(matvec(m.K, token), t) for t, token in enumerate(x)]
        values = [matvec(m.V, token) for token in x]
        query = rotated(matvec(m.Q, x[-1]), len(x) - 1)
        return squared_distance(attend(query, keys, values), y)

    return loss, m


@program("Sliding-window attention", x=normal(6, 3), y=normal(6, 3))
def sliding_window(rng):
    m = Weights(rng, Q=(3, 3), K=(3, 3), V=(3, 3))

    def loss(x, y):
        queries, keys, values = ([matvec(w, token) for token in x] for w in (m.Q, m.K, m.V))
        total = 0
        for t, target in enumerate(y):
            near = slice(max(0, t - 2), t + 1)
            total += squared_distance(attend(queries[t], keys[near], values[near]), target)
        return total

    return loss, m


@program("Cross-attention", text=normal(3, 3), picture=normal(4, 2), y=normal(3))
def cross_attention(rng):
    m = Weights(rng, Q=(3, 3), K=(3, 2), V=(3, 2), O=(3, 3))

    def loss(text, picture, y):
        keys, values = ([matvec(w, patch) for patch in picture] for w in (m.K, m.V))
        found = [plus(t, attend(matvec(m.Q, t), keys, values)) for t in text]
        return squared_distance(matvec(m.O, [fsum(column) / 3 for column in zip(*found)]), y)

    return loss, m


@program("Additive attention (Bahdanau)", x=normal(4, 3), state=normal(3), y=normal())
def additive_attention(rng):
    m = Weights(rng, W=(4, 3), U=(4, 3), v=4, o=3)

    def loss(x, state, y):
        asked = matvec(m.W, state)
        scores = [dot(m.v, [tanh(z) for z in plus(asked, matvec(m.U, token))]) for token in x]
        context = matvec(transposed(x), softmax(scores))
        return (dot(m.o, context) - y) ** 2

    return loss, m


@program("Relative position bias (T5)", x=normal(4, 3), y=normal(3))
def relative_bias(rng):
    m = Weights(rng, Q=(3, 3), K=(3, 3), V=(3, 3), bias=7)

    def loss(x, y):
        queries, keys, values = ([matvec(w, token) for token in x] for w in (m.Q, m.K, m.V))
        out = [
            attend(query, keys, values, [m.bias[s - t + 3] for s in range(4)])
            for t, query in enumerate(queries)
        ]
        return squared_distance([fsum(column) for column in zip(*out)], y)

    return loss, m


@program("Perceiver: a latent array attends to the inputs", x=normal(5, 3), k=label(3))
def perceiver(rng):
    m = Weights(rng, latents=(2, 3), K=(3, 3), V=(3, 3), head=(3, 6), b=3)

    def loss(x, k):
        keys, values = ([matvec(w, token) for token in x] for w in (m.K, m.V))
        found = [plus(z, attend(z, keys, values)) for z in m.latents]
        return losses.cross_entropy(affine(m.head, m.b, found[0] + found[1]), k)

    return loss, m


@program("Performer: positive random features of softmax", x=normal(4, 3), y=normal(3))
def performer(rng):
    m = Weights(rng, Q=(3, 3), K=(3, 3), V=(3, 3))
    directions = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(4)]

    def features(x):
        half = dot(x, x) / 2
        return [exp(dot(w, x) - half) for w in directions]

    def loss(x, y):
        q = features(matvec(m.Q, x[0]))
        scores = [dot(q, features(matvec(m.K, token))) for token in x]
        values = transposed([matvec(m.V, token) for token in x])
        return squared_distance([dot(scores, v) / fsum(scores) for v in values], y)

    return loss, m


@program("GPT block: RMSNorm, causal attention, SwiGLU", x=normal(3, 4), k=label(5))
def gpt_block(rng):
    m = Weights(rng, Q=(4, 4), K=(4, 4), V=(4, 4), O=(4, 4), up=(6, 4), gate=(6, 4), down=(4, 6))
    m.gains = [[Value(1.0) for _ in range(4)] for _ in range(2)]
    m.unembed = Weights(rng, W=(5, 4)).W

    def loss(x, k):
        normed = [rms_norm(token, m.gains[0]) for token in x]
        keys, values = ([heads(matvec(w, h), 2) for h in normed] for w in (m.K, m.V))
        out = []
        for h, query in enumerate(heads(matvec(m.Q, normed[-1]), 2)):
            out += attend(query, [key[h] for key in keys], [value[h] for value in values])
        x = plus(x[-1], matvec(m.O, out))
        h = rms_norm(x, m.gains[1])
        inner = [silu(g) * u for g, u in zip(matvec(m.gate, h), matvec(m.up, h))]
        return losses.cross_entropy(matvec(m.unembed, plus(x, matvec(m.down, inner))), k)

    return loss, m


@program("Vision transformer: patches, a class token, positions", picture=normal(4, 4), k=label(3))
def vision_transformer(rng):
    m = Weights(rng, embed=(3, 4), place=(5, 3), cls=3, Q=(3, 3), K=(3, 3), V=(3, 3), head=(3, 3))

    def loss(picture, k):
        patches = [
            [picture[i + di][j + dj] for di in range(2) for dj in range(2)]
            for i in (0, 2)
            for j in (0, 2)
        ]
        tokens = [m.cls] + [matvec(m.embed, patch) for patch in patches]
        tokens = [plus(token, p) for token, p in zip(tokens, m.place)]
        keys, values = ([matvec(w, token) for token in tokens] for w in (m.K, m.V))
        out = plus(tokens[0], attend(matvec(m.Q, tokens[0]), keys, values))
        return losses.cross_entropy(matvec(m.head, out), k)

    return loss, m


@program("Retention (RetNet), in its parallel form", x=normal(4, 3), y=normal(4, 3))
def retention(rng):
    m = Weights(rng, Q=(3, 3), K=(3, 3), V=(3, 3))

    def loss(x, y):
        queries, keys, values = ([matvec(w, token) for token in x] for w in (m.Q, m.K, m.V))
        total = 0
        for t, target in enumerate(y):
            scores = [dot(queries[t], keys[s]) * 0.9 ** (t - s) for s in range(t + 1)]
            total += squared_distance(matvec(transposed(values[: t + 1]), scores), target)
        return total

    return loss, m


@program("Sinusoidal positions and a learnt temperature", x=normal(4, 4), t=normal(), y=normal())
def sinusoidal(rng):
    m = Weights(rng, frequency=2, o=4, K=(4, 4), temperature=())

    def loss(x, t, y):
        place = [f(w * t) for w in m.frequency for f in (sin, cos)]
        keys = [matvec(m.K, token) for token in x]
        weights = softmax([dot(place, key) * exp(m.temperature) for key in keys])
        return (dot(m.o, matvec(transposed(x), weights)) - y) ** 2

    return loss, m
