"""Recurrent networks."""

from itertools import pairwise

from autograd_mini import dot, fsum, log_softmax, pick, relu, sigmoid, softmax, tanh
from nn import losses

from . import (
    Weights,
    affine,
    label,
    matvec,
    normal,
    plus,
    program,
    sign,
    squared_distance,
    transposed,
    uniform,
)


@program("Elman network", x=normal(6, 2), y=normal())
def elman(rng):
    m = Weights(rng, W=(3, 2), U=(3, 3), b=3, o=3)

    def loss(x, y):
        h = [0.0] * 3
        for token in x:
            h = [tanh(dot(w, token) + dot(u, h) + b) for w, u, b in zip(m.W, m.U, m.b)]
        return (dot(m.o, h) - y) ** 2

    return loss, m


@program("Elman network with a skip connection over two steps", x=normal(6, 2), y=normal(6))
def elman_with_skip(rng):
    m = Weights(rng, W=(3, 2), U=(3, 3), S=(3, 3), o=3)

    def loss(x, y):
        states, total = [[0.0] * 3, [0.0] * 3], 0
        for token, target in zip(x, y):
            z = zip(matvec(m.W, token), matvec(m.U, states[-1]), matvec(m.S, states[-2]))
            states.append([tanh(a + b + c) for a, b, c in z])
            total += (dot(m.o, states[-1]) - target) ** 2
        return total / len(x)

    return loss, m


@program("Jordan network: the output is fed back", x=normal(5, 2), y=normal(5))
def jordan(rng):
    m = Weights(rng, W=(3, 3), b=3, o=3, c=())

    def loss(x, y):
        out, total = 0.0, 0
        for token, target in zip(x, y):
            h = [tanh(z) for z in affine(m.W, m.b, [*token, out])]
            out = dot(m.o, h, m.c)
            total += (out - target) ** 2
        return total

    return loss, m


@program("LSTM", x=normal(5, 2), y=normal())
def lstm(rng):
    m = Weights(rng, Wi=(3, 5), Wf=(3, 5), Wo=(3, 5), Wg=(3, 5), bi=3, bf=3, bo=3, bg=3, out=3)

    def loss(x, y):
        h, c = [0.0] * 3, [0.0] * 3
        for token in x:
            both = token + h
            i = [sigmoid(z) for z in affine(m.Wi, m.bi, both)]
            f = [sigmoid(z) for z in affine(m.Wf, m.bf, both)]
            o = [sigmoid(z) for z in affine(m.Wo, m.bo, both)]
            g = [tanh(z) for z in affine(m.Wg, m.bg, both)]
            c = [fj * cj + ij * gj for fj, cj, ij, gj in zip(f, c, i, g)]
            h = [oj * tanh(cj) for oj, cj in zip(o, c)]
        return (dot(m.out, h) - y) ** 2

    return loss, m


@program("LSTM with peepholes", x=normal(4, 2), k=label(3))
def peephole_lstm(rng):
    m = Weights(rng, W=(8, 4), b=8, pi=2, pf=2, po=2, head=(3, 2))

    def loss(x, k):
        h, c = [0.0] * 2, [0.0] * 2
        for token in x:
            z = affine(m.W, m.b, token + h)
            i = [sigmoid(a + p * cj) for a, p, cj in zip(z[0:2], m.pi, c)]
            f = [sigmoid(a + p * cj) for a, p, cj in zip(z[2:4], m.pf, c)]
            c = [fj * cj + ij * tanh(g) for fj, cj, ij, g in zip(f, c, i, z[4:6])]
            h = [sigmoid(a + p * cj) * tanh(cj) for a, p, cj in zip(z[6:8], m.po, c)]
        return losses.cross_entropy(matvec(m.head, h), k)

    return loss, m


def gru_step(m, x, h):
    r = [sigmoid(dot(w, x + h, b)) for w, b in zip(m.Wr, m.br)]
    z = [sigmoid(dot(w, x + h, b)) for w, b in zip(m.Wz, m.bz)]
    new = [tanh(dot(w, x + [a * b for a, b in zip(r, h)], c)) for w, c in zip(m.Wn, m.bn)]
    return [(1 - zj) * nj + zj * hj for zj, nj, hj in zip(z, new, h)]


def gru_weights(rng):
    return Weights(rng, Wr=(3, 5), Wz=(3, 5), Wn=(3, 5), br=3, bz=3, bn=3)


@program("GRU", x=normal(4, 2), y=normal())
def gru(rng):
    m = gru_weights(rng)

    def loss(x, y):
        h = [0.0] * 3
        for token in x:
            h = gru_step(m, token, h)
        return (fsum(h) - y) ** 2

    return loss, m


@program("Bidirectional GRU", x=normal(3, 2), y=sign())
def bidirectional_gru(rng):
    m = Weights(rng, o=6)
    m.there, m.back = gru_weights(rng), gru_weights(rng)

    def loss(x, y):
        h, g = [0.0] * 3, [0.0] * 3
        for first, last in zip(x, x[::-1]):
            h, g = gru_step(m.there, first, h), gru_step(m.back, last, g)
        return losses.hinge(dot(m.o, h + g), y)

    return loss, m


@program("Minimal gated unit", x=normal(5, 2), y=normal())
def minimal_gated_unit(rng):
    m = Weights(rng, Wf=(3, 5), bf=3, Wh=(3, 5), bh=3)

    def loss(x, y):
        h = [0.0] * 3
        for token in x:
            f = [sigmoid(z) for z in affine(m.Wf, m.bf, token + h)]
            inside = token + [a * b for a, b in zip(f, h)]
            new = [tanh(z) for z in affine(m.Wh, m.bh, inside)]
            h = [hj + fj * (nj - hj) for hj, fj, nj in zip(h, f, new)]
        return (fsum(h) - y) ** 2

    return loss, m


@program("Quasi-recurrent network (QRNN)", x=normal(6, 2), y=normal())
def qrnn(rng):
    m = Weights(rng, Z=(3, 4), F=(3, 4), O=(3, 4))

    def loss(x, y):
        c, h = [0.0] * 3, [0.0] * 3
        for before, token in pairwise(x):  # a convolution of width 2, then a pool
            z = [tanh(v) for v in matvec(m.Z, before + token)]
            f = [sigmoid(v) for v in matvec(m.F, before + token)]
            o = [sigmoid(v) for v in matvec(m.O, before + token)]
            c = [fj * cj + (1 - fj) * zj for fj, cj, zj in zip(f, c, z)]
            h = [oj * cj for oj, cj in zip(o, c)]
        return (fsum(h) - y) ** 2

    return loss, m


@program("Independently recurrent network (IndRNN)", x=normal(6, 3), y=normal())
def indrnn(rng):
    m = Weights(rng, W=(4, 3), u=4, b=4, o=4)

    def loss(x, y):
        h = [0.0] * 4
        for token in x:
            h = [relu(z + u * v) for z, u, v in zip(affine(m.W, m.b, token), m.u, h)]
        return (dot(m.o, h) - y) ** 2

    return loss, m


@program("Clockwork RNN: a slow half and a fast half", x=normal(6), y=normal())
def clockwork(rng):
    m = Weights(rng, fast=(2, 5), slow=(2, 3), o=4)

    def loss(x, y):
        fast, slow = [0.0] * 2, [0.0] * 2
        for t, v in enumerate(x):
            if t % 2 == 0:
                slow = [tanh(z) for z in matvec(m.slow, [v, *slow])]
            fast = [tanh(z) for z in matvec(m.fast, [v, *fast, *slow])]
        return (dot(m.o, fast + slow) - y) ** 2

    return loss, m


@program("Leaky integrator network in continuous time (CTRNN)", x=normal(6), y=normal())
def leaky_integrator(rng):
    m = Weights(rng, W=(3, 3), v=3, rate=3, o=3)

    def loss(x, y):
        h = [0.0] * 3
        rates = [0.5 * sigmoid(r) for r in m.rate]
        for u in x:
            drive = [dot(w, [tanh(a) for a in h]) + v * u for w, v in zip(m.W, m.v)]
            h = [hj + a * (d - hj) for hj, a, d in zip(h, rates, drive)]
        return (dot(m.o, h) - y) ** 2

    return loss, m


@program(
    "Echo state network: a fixed reservoir, a trained readout", x=uniform(-1, 1, 5), y=normal()
)
def echo_state(rng):
    m = Weights(rng, readout=6, scale=())
    reservoir = [
        [rng.gauss(0, 0.3) if rng.random() < 0.5 else 0.0 for _ in "abcdef"] for _ in "abcdef"
    ]
    feed = [rng.uniform(-1, 1) for _ in range(6)]

    def loss(x, y):
        h = [0.0] * 6
        for u in x:
            h = [tanh(m.scale * dot(w, h) + f * u) for w, f in zip(reservoir, feed)]
        return (dot(m.readout, h) - y) ** 2

    return loss, m


@program("Encoder and decoder with attention (seq2seq)", x=normal(4, 2), y=normal(3, 2))
def sequence_to_sequence(rng):
    m = Weights(rng, enc=(3, 5), dec=(3, 5), mix=(2, 6))

    def loss(x, y):
        h, states, total = [0.0] * 3, [], 0
        for token in x:
            h = [tanh(z) for z in matvec(m.enc, token + h)]
            states.append(h)
        given = [0.0, 0.0]
        for target in y:
            h = [tanh(z) for z in matvec(m.dec, given + h)]
            context = matvec(transposed(states), softmax([dot(h, s) for s in states]))
            total += squared_distance(matvec(m.mix, h + context), target)
            given = target
        return total

    return loss, m


@program("Neural Turing machine: one read and one write head", x=normal(3, 2), y=normal(2))
def neural_turing_machine(rng):
    m = Weights(rng, memory=(3, 2), key=(2, 2), erase=(2, 2), add=(2, 2))

    def loss(x, y):
        memory, read = m.memory, [0.0, 0.0]
        for token in x:
            key = matvec(m.key, token)
            w = softmax([dot(key, row) for row in memory])
            erase = [sigmoid(z) for z in matvec(m.erase, token)]
            add = [tanh(z) for z in matvec(m.add, token)]
            memory = [
                [c * (1 - wi * e) + wi * a for c, e, a in zip(row, erase, add)]
                for row, wi in zip(memory, w)
            ]
            read = plus(read, matvec(transposed(memory), w))
        return squared_distance(read, y)

    return loss, m


@program("Character model with tied embeddings", x=label(4, 4))
def character_model(rng):
    m = Weights(rng, embed=(4, 3), U=(3, 3), W=(3, 3))

    def loss(x):
        h, total = [0.0] * 3, 0
        for now, then in pairwise(x):
            token = [pick(column, now) for column in transposed(m.embed)]
            h = [tanh(z) for z in plus(matvec(m.U, h), matvec(m.W, token))]
            total -= pick(log_softmax(matvec(m.embed, h)), then)
        return total

    return loss, m
