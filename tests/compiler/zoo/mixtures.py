"""Mixtures of experts, and gates."""

from autograd_mini import (
    dot,
    exp,
    fsum,
    log,
    log_softmax,
    logsumexp,
    maximum,
    pick,
    relu,
    sigmoid,
    silu,
    softmax,
    tanh,
    where,
)
from nn import MLP, losses

from . import Weights, affine, label, matvec, normal, program, squared_distance, transposed


def experts(rng, count, inputs, outputs):
    return [MLP(inputs, [3, outputs], activation="tanh", rng=rng) for _ in range(count)]


@program("Soft mixture of experts", x=normal(3), y=normal(2))
def soft_mixture(rng):
    m = Weights(rng, gate=(3, 3))
    m.experts = experts(rng, 3, 3, 2)

    def loss(x, y):
        gates = softmax(matvec(m.gate, x))
        outputs = [expert(x) for expert in m.experts]
        return squared_distance([dot(gates, column) for column in zip(*outputs)], y)

    return loss, m


@program("Switch layer: the best of two experts alone", x=normal(3), y=normal())
def switch_layer(rng):
    m = Weights(rng, gate=(2, 3))
    m.experts = experts(rng, 2, 3, 1)

    def loss(x, y):
        p, q = softmax(matvec(m.gate, x))
        one, other = (expert(x) for expert in m.experts)
        out = where(p > q, p * one, q * other)
        balance = p * p + q * q
        return (out - y) ** 2 + 0.01 * balance

    return loss, m


@program("Mixture of experts: the top two of four", x=normal(4), y=normal())
def top_two(rng):
    m = Weights(rng, gate=(4, 4), W=(4, 4))

    def loss(x, y):
        logits = matvec(m.gate, x)
        best, second = logits[0], logits[0] - 1e3
        for z in logits[1:]:
            second = maximum(second, where(z > best, best, z))
            best = maximum(best, z)
        weights = [where(z >= second, exp(z - best), 0) for z in logits]
        out = fsum([w * tanh(dot(row, x)) for w, row in zip(weights, m.W)]) / fsum(weights)
        return (out - y) ** 2

    return loss, m


@program(
    "Hash layer: the token itself chooses its expert", token=label(4), x=normal(3), y=normal(2)
)
def hash_layer(rng):
    m = Weights(rng, W=(2, 2, 3), b=(2, 2))
    table = [0, 1, 1, 0]

    def loss(token, x, y):
        outputs = [affine(w, b, x) for w, b in zip(m.W, m.b)]
        chosen = [pick([outputs[e][i] for e in table], token) for i in range(2)]
        return squared_distance(chosen, y)

    return loss, m


@program("Hierarchical mixture of experts", x=normal(3), y=normal())
def hierarchical_mixture(rng):
    m = Weights(rng, top=3, gates=(2, 3), leaves=(4, 3))

    def loss(x, y):
        s = sigmoid(dot(m.top, x))
        halves = []
        for g, pair in zip(m.gates, (m.leaves[:2], m.leaves[2:])):
            t = sigmoid(dot(g, x))
            left, right = matvec(pair, x)
            halves.append(t * left + (1 - t) * right)
        return (s * halves[0] + (1 - s) * halves[1] - y) ** 2

    return loss, m


@program("Mixture of softmaxes", x=normal(3), k=label(4))
def mixture_of_softmaxes(rng):
    m = Weights(rng, prior=(2, 3), inner=(2, 3, 3), out=(4, 3))

    def loss(x, k):
        prior = log_softmax(matvec(m.prior, x))
        parts = []
        for p, w in zip(prior, m.inner):
            h = [tanh(z) for z in matvec(w, x)]
            parts.append(p + pick(log_softmax(matvec(m.out, h)), k))
        return -logsumexp(parts)

    return loss, m


@program("Product of experts", x=normal(3), k=label(3))
def product_of_experts(rng):
    m = Weights(rng, W=(2, 3, 3), trust=2)

    def loss(x, k):
        votes = [log_softmax(matvec(w, x)) for w in m.W]
        logits = [dot(m.trust, column) for column in zip(*votes)]
        return losses.cross_entropy(logits, k)

    return loss, m


@program("Gated linear unit (GLU)", x=normal(4), y=normal())
def gated_linear_unit(rng):
    m = Weights(rng, W=(3, 4), V=(3, 4), b=3, c=3, o=3)

    def loss(x, y):
        h = [a * sigmoid(g) for a, g in zip(affine(m.W, m.b, x), affine(m.V, m.c, x))]
        return (dot(m.o, h) - y) ** 2

    return loss, m


@program("SwiGLU, ReGLU and bilinear units side by side", x=normal(4), y=normal(3))
def swiglu(rng):
    m = Weights(rng, W=(3, 2, 4), V=(3, 2, 4), o=(3, 2))

    def loss(x, y):
        out = []
        for act, w, v, o in zip((silu, relu, lambda z: z), m.W, m.V, m.o):
            h = [act(a) * g for a, g in zip(matvec(w, x), matvec(v, x))]
            out.append(dot(o, h))
        return squared_distance(out, y)

    return loss, m


@program("Soft MoE: slots mix the tokens, tokens mix the slots", x=normal(4, 3), y=normal(4, 3))
def slots(rng):
    m = Weights(rng, slot=(2, 3), W=(2, 3, 3))

    def loss(x, y):
        logits = [matvec(m.slot, token) for token in x]  # a row for each token
        dispatch = [softmax(column) for column in transposed(logits)]
        mixed = [[dot(d, column) for column in transposed(x)] for d in dispatch]
        done = [[relu(z) for z in matvec(w, u)] for w, u in zip(m.W, mixed)]
        combine = [softmax(row) for row in logits]
        out = [matvec(transposed(done), c) for c in combine]
        return sum(squared_distance(a, b) for a, b in zip(out, y))

    return loss, m


@program("Adaptive computation time: halting as a mixture over depth", x=normal(3), y=normal())
def adaptive_computation(rng):
    m = Weights(rng, W=(3, 3), b=3, halt=3, o=3)

    def loss(x, y):
        h, left, out, ponder = x, 1.0, 0.0, 0.0
        for _ in range(4):
            h = [tanh(z) for z in affine(m.W, m.b, h)]
            stop = left * sigmoid(dot(m.halt, h))
            out += stop * dot(m.o, h)
            left = left - stop
            ponder += left
        return (out - y) ** 2 + 0.01 * ponder - 0.001 * log(left)

    return loss, m
