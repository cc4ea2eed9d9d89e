"""Dynamic programming, with max and min made smooth."""

from autograd_mini import (
    dot,
    exp,
    fsum,
    log,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    pick,
    sigmoid,
    softplus,
)

from . import Weights, affine, label, matvec, normal, program, transposed, uniform


def softmin(xs, sharpness=1.0):
    return -logsumexp([-sharpness * x for x in xs]) / sharpness


@program("Conditional random field: the forward algorithm", x=normal(4, 3), tags=label(3, 4))
def crf(rng):
    m = Weights(rng, emit=(3, 3), move=(3, 3), start=3)

    def loss(x, tags):
        scores = [matvec(m.emit, token) for token in x]
        alpha = [s + e for s, e in zip(m.start, scores[0])]
        gold = pick(m.start, tags[0]) + pick(scores[0], tags[0])
        for t in range(1, len(x)):
            alpha = [
                logsumexp([a + row[j] for a, row in zip(alpha, m.move)]) + scores[t][j]
                for j in range(3)
            ]
            moved = [pick(column, tags[t - 1]) for column in transposed(m.move)]
            gold = gold + pick(moved, tags[t]) + pick(scores[t], tags[t])
        return logsumexp(alpha) - gold

    return loss, m


@program("Hidden Markov model: the forward algorithm", seen=label(3, 5))
def hidden_markov_model(rng):
    m = Weights(rng, start=2, move=(2, 2), emit=(2, 3))

    def loss(seen):
        move, emit = ([log_softmax(row) for row in rows] for rows in (m.move, m.emit))
        alpha = log_softmax(m.start)
        for t, symbol in enumerate(seen):
            if t:
                alpha = [
                    logsumexp([a + b for a, b in zip(alpha, column)]) for column in transposed(move)
                ]
            alpha = [a + pick(row, symbol) for a, row in zip(alpha, emit)]
        return -logsumexp(alpha)

    return loss, m


@program("Soft-DTW: time warping between two curves", x=normal(4), y=normal(5))
def soft_dtw(rng):
    m = Weights(rng, scale=(), shift=())

    def loss(x, y):
        far = 1e6
        table = [[0.0] + [far] * len(y)]
        for a in x:
            row = [far]
            for j, b in enumerate(y):
                cost = (m.scale * a + m.shift - b) ** 2
                row.append(cost + softmin([table[-1][j], table[-1][j + 1], row[j]]))
            table.append(row)
        return table[-1][-1]

    return loss, m


@program("Soft edit distance with learnt costs", x=normal(3, 2), y=normal(4, 2))
def soft_edit_distance(rng):
    m = Weights(rng, gap=(), similarity=(2, 2))

    def loss(x, y):
        gap = softplus(m.gap)
        before = [j * gap for j in range(len(y) + 1)]
        for i, a in enumerate(x, 1):
            row = [i * gap]
            for j, b in enumerate(y):
                swap = softplus(-dot(a, matvec(m.similarity, b)))
                row.append(softmin([before[j] + swap, before[j + 1] + gap, row[j] + gap], 2.0))
            before = row
        return before[-1]

    return loss, m


@program("Viterbi with logsumexp in place of max", x=normal(5, 2))
def soft_viterbi(rng):
    m = Weights(rng, emit=(3, 2), move=(3, 3))

    def loss(x):
        best = matvec(m.emit, x[0])
        for token in x[1:]:
            scores = matvec(m.emit, token)
            best = [
                logsumexp([4 * (b + w) for b, w in zip(best, column)]) / 4 + s
                for column, s in zip(transposed(m.move), scores)
            ]
        return -logsumexp(best)

    return loss, m


@program("Viterbi itself: maximum, and its subgradient", x=normal(4, 2))
def viterbi(rng):
    m = Weights(rng, emit=(2, 2), move=(2, 2))

    def loss(x):
        a, b = matvec(m.emit, x[0])
        for token in x[1:]:
            s, t = matvec(m.emit, token)
            a, b = (
                maximum(a + m.move[0][0], b + m.move[1][0]) + s,
                maximum(a + m.move[0][1], b + m.move[1][1]) + t,
            )
        return -maximum(a, b)

    return loss, m


@program("Knapsack with soft choices", values=uniform(0, 2, 5))
def soft_knapsack(rng):
    m = Weights(rng, gain=(), bias=())
    weights = [1, 2, 3, 2, 1]

    def loss(values):
        best = [0.0] * 6  # by the room that is left
        for v, w in zip(values, weights):
            worth = m.gain * v + m.bias
            best = [
                b if room < w else logsumexp([b, best[room - w] + worth])
                for room, b in enumerate(best)
            ]
        return -best[-1]

    return loss, m


@program("All shortest paths (Floyd and Warshall), softly", lengths=uniform(0.5, 2, 4, 4))
def floyd_warshall(rng):
    m = Weights(rng, toll=4)

    def loss(lengths):
        d = [[v + softplus(t) for v, t in zip(row, m.toll)] for row in lengths]
        for k in range(4):
            d = [[softmin([d[i][j], d[i][k] + d[k][j]], 3.0) for j in range(4)] for i in range(4)]
        return fsum([v for row in d for v in row])

    return loss, m


@program("Shortest paths by Bellman and Ford, with minimum", lengths=uniform(0.5, 2, 4, 4))
def bellman_ford(rng):
    m = Weights(rng, toll=4)

    def loss(lengths):
        d = [0.0, 10.0, 10.0, 10.0]
        for _ in range(3):
            for i in range(4):
                for j in range(4):
                    d[j] = minimum(d[j], d[i] + lengths[i][j] + m.toll[j] ** 2)
        return d[3] + d[2]

    return loss, m


@program("Inside algorithm of a probabilistic grammar", x=normal(4, 2))
def inside_algorithm(rng):
    m = Weights(rng, emit=(2, 2), split=(2, 2, 2))

    def loss(x):
        n = len(x)
        inside = {(i, i + 1): matvec(m.emit, token) for i, token in enumerate(x)}
        for width in range(2, n + 1):
            for i in range(n - width + 1):
                k = i + width
                inside[i, k] = [
                    logsumexp(
                        [
                            rule[b][c] + inside[i, j][b] + inside[j, k][c]
                            for j in range(i + 1, k)
                            for b in range(2)
                            for c in range(2)
                        ]
                    )
                    for rule in m.split
                ]
        return -inside[0, n][0]

    return loss, m


@program("Smith and Waterman: local alignment, softly", x=normal(3, 2), y=normal(3, 2))
def local_alignment(rng):
    m = Weights(rng, match=(2, 2), gap=())

    def loss(x, y):
        before, everywhere, gap = [0.0] * 4, [], softplus(m.gap)
        for a in x:
            row = [0.0]
            for j, b in enumerate(y):
                score = dot(matvec(m.match, a), b)
                row.append(logsumexp([0.0, before[j] + score, before[j + 1] - gap, row[j] - gap]))
            everywhere += row[1:]
            before = row
        return -logsumexp(everywhere)

    return loss, m


@program("Value iteration with a soft Bellman operator", reward=normal(4))
def value_iteration(rng):
    m = Weights(rng, gain=(), bias=(), slip=())

    def loss(reward):
        slip = sigmoid(m.slip)
        v = [0.0] * 4
        for _ in range(4):
            v = [
                m.gain * reward[s]
                + m.bias
                + 0.9
                * logsumexp(
                    [
                        (1 - slip) * v[(s + step) % 4] + slip * v[(s - step) % 4]
                        for step in (-1, 0, 1)
                    ]
                )
                for s in range(4)
            ]
        return v[0] ** 2 / 4

    return loss, m


@program("Optimal stopping by backward induction (an American put)", s=uniform(0.8, 1.2))
def american_put(rng):
    m = Weights(rng, volatility=(), rate=())

    def loss(s):
        up = exp(0.2 * exp(0.3 * m.volatility))
        rate = 1 + 0.02 * sigmoid(m.rate)
        p = (rate - 1 / up) / (up - 1 / up)
        v = [maximum(1 - s * up ** (4 - 2 * i), 0.0) for i in range(5)]
        for n in range(3, -1, -1):
            held = [(p * v[i] + (1 - p) * v[i + 1]) / rate for i in range(n + 1)]
            v = [maximum(h, 1 - s * up ** (n - 2 * i)) for i, h in enumerate(held)]
        return (v[0] - 0.1) ** 2

    return loss, m


@program("Counting paths through a grid of doors", doors=uniform(0.2, 0.9, 3, 3))
def grid_of_doors(rng):
    m = Weights(rng, W=(3, 3), b=3)

    def loss(doors):
        ways = [1.0, 0.0, 0.0]
        for row in doors:
            opened = [sigmoid(z) for z in affine(m.W, m.b, row)]
            out = []
            for j, p in enumerate(opened):
                left = out[-1] if out else 0.0
                out.append(p * (ways[j] + left))
            ways = out
        return -log(ways[-1])

    return loss, m
