"""Networks on graphs, sets and trees."""

from autograd_mini import (
    dot,
    exp,
    fsum,
    leaky_relu,
    maximum,
    pick,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
)
from nn import MLP, losses

from . import (
    Weights,
    affine,
    bit,
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

EDGES = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4)]
NEAR = [[j for e in EDGES for j in e if i in e and j != i] for i in range(5)]


def total(rows):
    return [fsum(column) for column in zip(*rows)]


@program("Graph convolutional network (GCN)", x=normal(5, 2), k=label(3))
def gcn(rng):
    m = Weights(rng, W=(3, 2), V=(3, 3))

    def spread(h):
        return [
            total(
                [
                    [v / ((len(NEAR[i]) + 1) * (len(NEAR[j]) + 1)) ** 0.5 for v in h[j]]
                    for j in [i, *NEAR[i]]
                ]
            )
            for i in range(5)
        ]

    def loss(x, k):
        h = [[relu(z) for z in matvec(m.W, row)] for row in spread(x)]
        out = [matvec(m.V, row) for row in spread(h)]
        return losses.cross_entropy(total(out), k)

    return loss, m


@program("Graph attention network (GAT)", x=normal(5, 2), y=normal())
def gat(rng):
    m = Weights(rng, W=(3, 2), here=3, there=3, o=3)

    def loss(x, y):
        h = [matvec(m.W, row) for row in x]
        out = []
        for i in range(5):
            around = [i, *NEAR[i]]
            scores = [leaky_relu(dot(m.here, h[i]) + dot(m.there, h[j]), 0.2) for j in around]
            weights = softmax(scores)
            out.append([tanh(dot(weights, column)) for column in zip(*[h[j] for j in around])])
        return (dot(m.o, total(out)) - y) ** 2

    return loss, m


@program("Message passing with edge features", x=normal(5, 2), edges=normal(5), y=normal())
def message_passing(rng):
    m = Weights(rng, o=2)
    m.message, m.update = (MLP(n, [3, 2], activation="tanh", rng=rng) for n in (5, 4))

    def loss(x, edges, y):
        inbox = [[0.0, 0.0] for _ in range(5)]
        for (i, j), feature in zip(EDGES, edges):
            inbox[j] = plus(inbox[j], m.message(x[i] + x[j] + [feature]))
            inbox[i] = plus(inbox[i], m.message(x[j] + x[i] + [feature]))
        h = [m.update(row + got) for row, got in zip(x, inbox)]
        return (dot(m.o, total(h)) - y) ** 2

    return loss, m


@program("PageRank with learnt edge weights", teleport=uniform(0.1, 1, 4))
def pagerank(rng):
    m = Weights(rng, links=(4, 4))

    def loss(teleport):
        flow = [softmax(row) for row in m.links]
        jump = [t / fsum(teleport) for t in teleport]
        rank = jump
        for _ in range(5):
            rank = [
                0.85 * dot(column, rank) + 0.15 * t for column, t in zip(transposed(flow), jump)
            ]
        return (rank[0] - 0.5) ** 2 + rank[1] * rank[2]

    return loss, m


@program("DeepSets", x=normal(4, 2), y=normal())
def deep_sets(rng):
    m = Weights(rng, phi=(3, 2), b=3, rho=(3, 3), o=3)

    def loss(x, y):
        pooled = total([[relu(z) for z in affine(m.phi, m.b, row)] for row in x])
        return (dot(m.o, [tanh(z) for z in matvec(m.rho, pooled)]) - y) ** 2

    return loss, m


@program("GraphSAGE: means of the neighbours, beside oneself", x=normal(5, 2), y=normal(5))
def graph_sage(rng):
    m = Weights(rng, W=(3, 4), o=(1, 6))

    def step(h, weights, act):
        means = [[v / len(near) for v in total([h[j] for j in near])] for near in NEAR]
        return [[act(z) for z in matvec(weights, a + b)] for a, b in zip(h, means)]

    def loss(x, y):
        h = step(step(x, m.W, relu), m.o, lambda z: z)
        return squared_distance([row[0] for row in h], y)

    return loss, m


@program("Graph isomorphism network (GIN)", x=normal(5, 2), k=label(2))
def gin(rng):
    m = Weights(rng, eps=(), head=(2, 2))
    m.mlp = MLP(2, [3, 2], rng=rng)

    def loss(x, k):
        h = [
            m.mlp([(1 + m.eps) * v + s for v, s in zip(x[i], total([x[j] for j in near]))])
            for i, near in enumerate(NEAR)
        ]
        return losses.cross_entropy(matvec(m.head, total(h)), k)

    return loss, m


@program("Equivariant graph network: features and places", h=normal(3), x=normal(3, 2), y=normal(2))
def equivariant_network(rng):
    m = Weights(rng, place=(2, 2))
    m.message = MLP(3, [3, 2], activation="tanh", rng=rng)

    def loss(h, x, y):
        moved = []
        for i in range(3):
            step = [0.0, 0.0]
            for j in range(3):
                if j != i:
                    near = m.message([h[i], h[j], squared_distance(x[i], x[j])])
                    pull = dot(m.place[0], near)
                    step = [s + (a - b) * pull for s, a, b in zip(step, x[i], x[j])]
            moved.append(plus(x[i], step))
        return squared_distance(total(moved), y)

    return loss, m


@program("Graph network on a masked, complete graph", x=normal(4, 2), edge=bit(4, 4), y=normal())
def masked_graph(rng):
    m = Weights(rng, W=(2, 2), U=(2, 2), o=2)

    def loss(x, edge, y):
        for _ in range(2):
            sent = [matvec(m.U, row) for row in x]
            x = [
                [tanh(s + dot(link, column)) for s, column in zip(matvec(m.W, row), zip(*sent))]
                for row, link in zip(x, edge)
            ]
        return (dot(m.o, total(x)) - y) ** 2

    return loss, m


@program("Spectral convolution by Chebyshev polynomials", x=normal(5), y=normal(5))
def chebyshev_network(rng):
    m = Weights(rng, theta=4, b=())

    def laplacian(x):
        return [x[i] - fsum([x[j] for j in near]) / len(near) for i, near in enumerate(NEAR)]

    def loss(x, y):
        before, now = x, laplacian(x)
        out = [m.theta[0] * a + m.theta[1] * b for a, b in zip(before, now)]
        for t in m.theta[2:]:
            before, now = now, [2 * a - b for a, b in zip(laplacian(now), before)]
            out = [a + t * b for a, b in zip(out, now)]
        return squared_distance([relu(v + m.b) for v in out], y)

    return loss, m


@program("Tree-LSTM over a parse of four words", x=normal(4, 2), y=sign())
def tree_lstm(rng):
    m = Weights(rng, leaf=(2, 2), gates=(10, 4), o=2)

    def node(left, right):
        (h, c), (g, d) = left, right
        z = matvec(m.gates, h + g)
        i, f, e, o = ([sigmoid(v) for v in z[k : k + 2]] for k in (0, 2, 4, 6))
        c = [
            ij * tanh(u) + fj * cj + ej * dj for ij, u, fj, cj, ej, dj in zip(i, z[8:], f, c, e, d)
        ]
        return [oj * tanh(cj) for oj, cj in zip(o, c)], c

    def loss(x, y):
        a, b, c, d = [([tanh(z) for z in matvec(m.leaf, word)], [0.0, 0.0]) for word in x]
        h, _ = node(node(a, b), node(c, d))
        return losses.hinge(dot(m.o, h), y)

    return loss, m


@program("Recursive network, the tree leaning to the right", x=normal(4, 2), k=label(2))
def recursive_network(rng):
    m = Weights(rng, W=(2, 4), b=2, head=(2, 2))

    def loss(x, k):
        h = x[-1]
        for word in x[-2::-1]:
            h = [tanh(z) for z in affine(m.W, m.b, word + h)]
        return losses.cross_entropy(matvec(m.head, h), k)

    return loss, m


@program("PointNet: the maximum over points, of each feature", x=normal(4, 3), k=label(2))
def pointnet(rng):
    m = Weights(rng, W=(3, 3), b=3, head=(2, 3))

    def loss(x, k):
        pooled = None
        for point in x:
            h = affine(m.W, m.b, point)
            pooled = [maximum(a, b) for a, b in zip(pooled, h)] if pooled else h
        return losses.cross_entropy(matvec(m.head, pooled), k)

    return loss, m


@program("Loopy belief propagation on a triangle", field=normal(3), y=bit(3))
def belief_propagation(rng):
    m = Weights(rng, coupling=3, gain=())
    sides = [(0, 1), (1, 2), (2, 0)]
    J = {pair: k for k, (i, j) in enumerate(sides) for pair in ((i, j), (j, i))}

    def loss(field, y):
        inbox = dict.fromkeys(J, 0.0)
        for _ in range(3):
            cavity = {
                (i, j): m.gain * field[i] + sum(inbox[k, i] for k in range(3) if k not in (i, j))
                for i, j in J
            }
            inbox = {
                e: (softplus(v + m.coupling[J[e]]) - softplus(v - m.coupling[J[e]])) / 2
                for e, v in cavity.items()
            }
        beliefs = [
            m.gain * field[i] + sum(inbox[k, i] for k in range(3) if k != i) for i in range(3)
        ]
        return sum(softplus(b) - b * t for b, t in zip(beliefs, y))

    return loss, m


@program(
    "TransE: relations as translations of entities",
    head=label(4),
    relation=label(2),
    tail=label(4),
    other=label(4),
)
def transe(rng):
    m = Weights(rng, entity=(4, 3), relation=(2, 3))

    def row(table, k):
        return [pick(column, k) for column in transposed(table)]

    def loss(head, relation, tail, other):
        there = plus(row(m.entity, head), row(m.relation, relation))
        good, bad = (squared_distance(there, row(m.entity, k)) for k in (tail, other))
        return softplus(good - bad + exp(-good))

    return loss, m
