"""Perceptrons, networks, autoencoders, embeddings: what textbooks start with."""

from autograd_mini import (
    cos,
    dot,
    exp,
    fsum,
    log,
    logsumexp,
    maximum,
    pick,
    relu,
    sigmoid,
    sin,
    softmax,
    softplus,
    sqrt,
    tanh,
    where,
)
from autograd_mini import (
    sign as signum,
)
from nn import MLP, Linear, Maxout, Perceptron, RandomFeatures, Sequential, SparseLinear, losses

from . import (
    Weights,
    affine,
    bit,
    label,
    matvec,
    normal,
    one_hot,
    plus,
    program,
    sign,
    squared_distance,
    transposed,
    uniform,
)


@program("Perceptron", x=normal(4), y=sign())
def perceptron(rng):
    m = Perceptron(4)
    m.w = Weights(rng, w=5).w
    return lambda x, y: losses.perceptron_cost(m.score(x), y), m


@program("Linear regression with ridge and lasso", x=normal(4), y=normal())
def elastic_net(rng):
    m = Weights(rng, w=4, b=())

    def loss(x, y):
        return (dot(m.w, x, m.b) - y) ** 2 + 0.1 * losses.l2(m.w) + 0.1 * losses.l1(m.w)

    return loss, m


@program("Logistic regression", x=normal(4), y=bit())
def logistic_regression(rng):
    m = Weights(rng, w=4, b=())
    return lambda x, y: losses.binary_cross_entropy_with_logits(dot(m.w, x, m.b), y), m


@program("Support vector machine", x=normal(4), y=sign())
def support_vector_machine(rng):
    m = Weights(rng, w=4, b=())
    return lambda x, y: losses.hinge(dot(m.w, x, m.b), y) + 0.01 * losses.l2(m.w), m


@program("micrograd's network for two moons", x=normal(2), y=sign())
def moons(rng):
    model = MLP(2, [8, 8, 1], rng=rng)

    def loss(x, y):
        return losses.hinge(model(x), y) + 1e-4 * losses.l2(model.parameters())

    return loss, model


@program("Digits: two hidden layers and a softmax", x=uniform(0, 1, 16), k=label(10))
def digits(rng):
    model = MLP(16, [8, 8, 10], activation="tanh", rng=rng)
    return lambda x, k: losses.cross_entropy(model(x), k), model


@program("Digits with label smoothing, every sum spelt out", x=uniform(0, 1, 6), k=label(3))
def spelt_out(rng):
    model = MLP(6, [4, 3], activation="gelu", rng=rng, expand=True)
    return lambda x, k: losses.cross_entropy(model(x), k, label_smoothing=0.1), model


@program("Autoencoder with tied weights", x=normal(6))
def tied_autoencoder(rng):
    m = Weights(rng, W=(3, 6), b=3, c=6)

    def loss(x):
        code = [sigmoid(z) for z in affine(m.W, m.b, x)]
        return squared_distance(affine(transposed(m.W), m.c, code), x)

    return loss, m


@program("Sparse autoencoder", x=normal(4))
def sparse_autoencoder(rng):
    m = Weights(rng, enc=(6, 4), b=6, dec=(4, 6))

    def loss(x):
        code = [relu(z) for z in affine(m.enc, m.b, x)]
        return squared_distance(matvec(m.dec, code), x) + 0.05 * fsum(code)

    return loss, m


@program("Residual network of three blocks", x=normal(3), y=normal())
def residual_network(rng):
    m = Weights(rng, W=(3, 4, 3), V=(3, 3, 4), o=3)

    def loss(x, y):
        for w, v in zip(m.W, m.V):
            x = plus(x, matvec(v, [relu(z) for z in matvec(w, x)]))
        return (dot(m.o, x) - y) ** 2

    return loss, m


@program("Highway network", x=normal(3), y=normal())
def highway(rng):
    m = Weights(rng, H=(3, 3, 3), T=(3, 3, 3), o=3)

    def loss(x, y):
        for h, t in zip(m.H, m.T):
            gates = [sigmoid(z - 1) for z in matvec(t, x)]
            x = [g * tanh(z) + (1 - g) * v for g, z, v in zip(gates, matvec(h, x), x)]
        return (dot(m.o, x) - y) ** 2

    return loss, m


@program("Maxout network", x=normal(3), y=normal())
def maxout(rng):
    m = Sequential(Maxout(3, 4, 3, rng=rng), Linear(4, 1, rng=rng))
    return lambda x, y: (m(x)[0] - y) ** 2, m


@program("Reversible residual network", x=normal(4), y=normal(4))
def reversible(rng):
    m = Weights(rng, F=(2, 2, 2), G=(2, 2, 2))

    def loss(x, y):
        a, b = x[:2], x[2:]
        for f, g in zip(m.F, m.G):
            a = plus(a, [tanh(z) for z in matvec(f, b)])
            b = plus(b, [tanh(z) for z in matvec(g, a)])
        return squared_distance(a + b, y)

    return loss, m


@program("Siamese network", x=normal(3), z=normal(3), same=bit())
def siamese(rng):
    model = MLP(3, [4, 2], activation="tanh", rng=rng)

    def loss(x, z, same):
        d = sqrt(squared_distance(model(x), model(z)) + 1e-6)
        return same * d * d + (1 - same) * relu(1 - d) ** 2

    return loss, model


def row(table, k):
    """The k-th row of a table: an embedding."""
    return [pick(column, k) for column in transposed(table)]


@program("Bengio's neural language model", words=label(5, 2), k=label(5))
def language_model(rng):
    m = Weights(rng, C=(5, 2), H=(4, 4), b=4, U=(5, 4))

    def loss(words, k):
        x = row(m.C, words[0]) + row(m.C, words[1])
        return losses.cross_entropy(matvec(m.U, [tanh(z) for z in affine(m.H, m.b, x)]), k)

    return loss, m


@program(
    "word2vec: skip-grams with negative samples", word=label(5), near=label(5), far=label(5, 2)
)
def word2vec(rng):
    m = Weights(rng, inside=(5, 3), outside=(5, 3))

    def loss(word, near, far):
        v = row(m.inside, word)
        good = softplus(-dot(v, row(m.outside, near)))
        return good + fsum([softplus(dot(v, row(m.outside, k))) for k in far])

    return loss, m


@program("GloVe: word vectors from counts", one=label(4), other=label(4), count=uniform(1, 100))
def glove(rng):
    m = Weights(rng, W=(4, 3), V=(4, 3), b=4, c=4)

    def loss(one, other, count):
        fit = dot(row(m.W, one), row(m.V, other)) + pick(m.b, one) + pick(m.c, other)
        weight = where(count < 50, (count / 50) ** 0.75, 1.0)
        return weight * (fit - log(count)) ** 2

    return loss, m


@program("Factorization machine", x=normal(5), y=normal())
def factorization_machine(rng):
    m = Weights(rng, w=5, V=(5, 2))

    def loss(x, y):
        pairs = 0
        for column in transposed(m.V):
            terms = [v * xi for v, xi in zip(column, x)]
            pairs += (fsum(terms) ** 2 - fsum([t * t for t in terms])) / 2
        return (dot(m.w, x) + pairs - y) ** 2

    return loss, m


@program("Matrix factorization with biases", user=label(4), item=label(3), rating=uniform(1, 5))
def matrix_factorization(rng):
    m = Weights(rng, P=(4, 2), Q=(3, 2), b=4, c=3, mean=())

    def loss(user, item, rating):
        p, q = row(m.P, user), row(m.Q, item)
        fit = m.mean + pick(m.b, user) + pick(m.c, item) + dot(p, q)
        return (fit - rating) ** 2 + 0.02 * (dot(p, p) + dot(q, q))

    return loss, m


@program(
    "Deep learning recommender (DLRM)", dense=normal(3), user=label(4), item=label(3), click=bit()
)
def recommender(rng):
    m = Weights(rng, users=(4, 2), items=(3, 2))
    m.bottom, m.top = MLP(3, [3, 2], rng=rng), MLP(5, [3, 1], rng=rng)

    def loss(dense, user, item, click):
        d, u, i = m.bottom(dense), row(m.users, user), row(m.items, item)
        crossed = [dot(d, u), dot(d, i), dot(u, i)]
        return losses.binary_cross_entropy_with_logits(m.top(d + crossed), click)

    return loss, m


@program("Deep and cross network", x=normal(3), y=bit())
def deep_and_cross(rng):
    m = Weights(rng, W=(2, 3), b=(2, 3), o=3)

    def loss(x, y):
        out = x
        for w, b in zip(m.W, m.b):
            s = dot(w, out)
            out = [v * s + c + u for v, c, u in zip(x, b, out)]
        return losses.binary_cross_entropy_with_logits(dot(m.o, out), y)

    return loss, m


@program("Soft decision tree of depth two", x=normal(3), k=label(3))
def soft_decision_tree(rng):
    m = Weights(rng, splits=(3, 3), b=3, leaves=(4, 3))

    def loss(x, k):
        top, left, right = (sigmoid(z) for z in affine(m.splits, m.b, x))
        reach = [top * left, top * (1 - left), (1 - top) * right, (1 - top) * (1 - right)]
        return -log(fsum([p * pick(softmax(leaf), k) for p, leaf in zip(reach, m.leaves)]))

    return loss, m


@program("Radial basis functions", x=normal(2), y=normal())
def radial_basis(rng):
    m = Weights(rng, centres=(4, 2), log_width=4, o=4)

    def loss(x, y):
        h = [exp(-exp(s) * squared_distance(x, c)) for s, c in zip(m.log_width, m.centres)]
        return (dot(m.o, h) - y) ** 2

    return loss, m


@program("Hopfield network: the energy of a memory", x=sign(5))
def hopfield(rng):
    m = Weights(rng, W=(5, 5), b=5)

    def loss(x):
        pairs = sum(m.W[i][j] * x[i] * x[j] for i in range(5) for j in range(i))
        return softplus(-pairs - dot(m.b, x))

    return loss, m


@program("Modern Hopfield network", x=normal(3), y=normal(3))
def modern_hopfield(rng):
    m = Weights(rng, memories=(4, 3), beta=())

    def loss(x, y):
        for _ in range(2):
            attention = softmax([exp(m.beta) * dot(row, x) for row in m.memories])
            x = matvec(transposed(m.memories), attention)
        return squared_distance(x, y)

    return loss, m


@program("Restricted Boltzmann machine: contrastive free energy", data=bit(4), model=bit(4))
def boltzmann_machine(rng):
    m = Weights(rng, W=(3, 4), b=4, c=3)

    def free_energy(v):
        return -dot(m.b, v) - fsum([softplus(z) for z in affine(m.W, m.c, v)])

    return lambda data, model: free_energy(data) - free_energy(model) + 0.01 * losses.l2(m.b), m


@program("Capsules with routing by agreement", x=normal(3, 2), y=one_hot(2))
def capsules(rng):
    m = Weights(rng, W=(3, 2, 2, 2))

    def squash(s):
        n2 = dot(s, s)
        return [v * n2 / (1 + n2) / sqrt(n2 + 1e-6) for v in s]

    def loss(x, y):
        votes = [[matvec(w, u) for w in ws] for ws, u in zip(m.W, x)]
        logits = [[0.0, 0.0] for _ in x]
        for _ in range(2):
            shares = [softmax(b) for b in logits]
            out = [
                squash(
                    [fsum([c[j] * vote[j][d] for c, vote in zip(shares, votes)]) for d in range(2)]
                )
                for j in range(2)
            ]
            logits = [
                [b + dot(v, o) for b, v, o in zip(bs, vote, out)] for bs, vote in zip(logits, votes)
            ]
        lengths = [sqrt(dot(v, v) + 1e-6) for v in out]
        return fsum(
            [
                t * relu(0.9 - n) ** 2 + 0.5 * (1 - t) * relu(n - 0.1) ** 2
                for t, n in zip(y, lengths)
            ]
        )

    return loss, m


@program("Hypernetwork: a network makes another's weights", x=normal(2), task=normal(2), y=normal())
def hypernetwork(rng):
    maker = MLP(2, [3, 6], activation="tanh", rng=rng)

    def loss(x, task, y):
        w = maker(task)
        h = [tanh(dot(w[i : i + 2], x)) for i in (0, 2)]
        return (dot(w[4:], h) - y) ** 2

    return loss, maker


@program(
    "FiLM: one network scales and shifts another's features",
    x=normal(3),
    hint=normal(2),
    y=normal(),
)
def film(rng):
    m = Weights(rng, W=(3, 3), gamma=(3, 2), beta=(3, 2), o=3)

    def loss(x, hint, y):
        h = zip(matvec(m.W, x), matvec(m.gamma, hint), matvec(m.beta, hint))
        return (dot(m.o, [relu((1 + g) * z + b) for z, g, b in h]) - y) ** 2

    return loss, m


@program("Layer normalisation", x=normal(3), y=normal())
def layer_norm(rng):
    m = Weights(rng, W=(4, 3), b=4, gain=4, shift=4, o=4)

    def loss(x, y):
        h = affine(m.W, m.b, x)
        mean = fsum(h) / 4
        spread = sqrt(fsum([(v - mean) ** 2 for v in h]) / 4 + 1e-5)
        h = [relu(g * (v - mean) / spread + s) for g, v, s in zip(m.gain, h, m.shift)]
        return (dot(m.o, h) - y) ** 2

    return loss, m


@program("Weight normalisation", x=normal(3), k=label(3))
def weight_norm(rng):
    m = Weights(rng, V=(3, 3), gain=3, b=3)

    def loss(x, k):
        z = [g * dot(v, x) / sqrt(dot(v, v)) + b for g, v, b in zip(m.gain, m.V, m.b)]
        return losses.cross_entropy(z, k)

    return loss, m


@program("Spectral normalisation by power iteration", x=normal(3), y=sign())
def spectral_norm(rng):
    m = Weights(rng, W=(3, 3), o=3)

    def unit(v):
        size = sqrt(dot(v, v))
        return [a / size for a in v]

    def loss(x, y):
        v = [1.0, 0.0, 0.0]
        for _ in range(3):
            u = unit(matvec(m.W, v))
            v = unit(matvec(transposed(m.W), u))
        sigma = dot(u, matvec(m.W, v))
        h = [relu(z / sigma) for z in matvec(m.W, x)]
        return losses.hinge(dot(m.o, h), y)

    return loss, m


@program("Sinusoidal network (SIREN)", x=uniform(-1, 1, 2), y=normal())
def siren(rng):
    m = Weights(rng, W=(4, 2), b=4, V=(4, 4), c=4, o=4)

    def loss(x, y):
        h = [sin(3 * z) for z in affine(m.W, m.b, x)]
        h = [sin(z) for z in affine(m.V, m.c, h)]
        return (dot(m.o, h) - y) ** 2

    return loss, m


@program(
    "Radiance field (NeRF): positions encoded, a ray integrated",
    origin=normal(2),
    way=normal(2),
    y=uniform(0, 1),
)
def radiance_field(rng):
    model = MLP(8, [4, 2], activation="tanh", rng=rng)

    def loss(origin, way, y):
        light, left = 0, 1.0
        for t in (0.25, 0.5, 0.75):
            p = [o + t * d for o, d in zip(origin, way)]
            encoded = [f(2**k * v) for v in p for k in range(2) for f in (sin, cos)]
            density, colour = model(encoded)
            seen = exp(-0.25 * softplus(density))
            light += left * (1 - seen) * sigmoid(colour)
            left = left * seen
        return (light - y) ** 2

    return loss, model


@program("Kolmogorov-Arnold network: a spline on every edge", x=uniform(-1, 1, 2), y=normal())
def kolmogorov_arnold(rng):
    m = Weights(rng, inner=(3, 2, 4), outer=(3, 4))

    def curve(heights, x):
        return fsum([h * relu(1 - abs(1.5 * x + 1.5 - k)) for k, h in enumerate(heights)])

    def loss(x, y):
        hidden = [tanh(fsum([curve(c, v) for c, v in zip(cs, x)])) for cs in m.inner]
        return (fsum([curve(c, h) for c, h in zip(m.outer, hidden)]) - y) ** 2

    return loss, m


@program("Neural arithmetic unit (NALU)", x=uniform(0.5, 2, 2), y=normal())
def neural_arithmetic(rng):
    m = Weights(rng, W=(2, 2), M=(2, 2), G=(2, 2), o=2)

    def loss(x, y):
        weights = [[tanh(w) * sigmoid(v) for w, v in zip(p, q)] for p, q in zip(m.W, m.M)]
        logs = [log(abs(v) + 1e-6) for v in x]
        out = []
        for w, gate in zip(weights, matvec(m.G, x)):
            g = sigmoid(gate)
            out.append(g * dot(w, x) + (1 - g) * exp(dot(w, logs)))
        return (dot(m.o, out) - y) ** 2

    return loss, m


@program("Extreme learning machine: random features, a trained readout", x=normal(2), y=normal())
def random_features(rng):
    m = Sequential(RandomFeatures(2, 5, rng=rng), Linear(5, 1, rng=rng))
    return lambda x, y: (m(x)[0] - y) ** 2, m


@program("Sparse network", x=normal(5), y=normal())
def sparse_network(rng):
    m = Sequential(SparseLinear(5, 3, density=0.6, rng=rng), "tanh", Linear(3, 1, rng=rng))
    return lambda x, y: (m(x)[0] - y) ** 2, m


@program(
    "Straight-through estimator: the sign of a unit, the slope of its tanh", x=normal(3), y=normal()
)
def straight_through_estimator(rng):
    m = Weights(rng, W=(3, 3), o=3)

    def loss(x, y):
        h = []
        for z in matvec(m.W, x):
            slope = tanh(z)
            h.append(slope + (signum(z) - slope).detach())
        return (dot(m.o, h) - y) ** 2

    return loss, m


@program("Quantile ensemble: the median of three networks", x=normal(2), y=normal())
def median_ensemble(rng):
    m = Weights(rng, W=(3, 2), b=3)

    def loss(x, y):
        a, b, c = affine(m.W, m.b, x)
        low = -maximum(-a, -b)
        high = maximum(a, b)
        return abs(maximum(low, -maximum(-high, -c)) - y) + logsumexp([a, b, c]) / 10

    return loss, m


@program(
    "Poincaré embedding: distances in a hyperbolic disc",
    one=label(4),
    other=label(4),
    y=uniform(0, 2),
)
def poincare(rng):
    m = Weights(rng, table=(4, 2))

    def loss(one, other, y):
        u, v = ([tanh(c) / 2 for c in row(m.table, k)] for k in (one, other))
        ratio = 2 * squared_distance(u, v) / ((1 - dot(u, u)) * (1 - dot(v, v)))
        d = log(1 + ratio + sqrt(ratio * (ratio + 2) + 1e-3))
        return (d - y) ** 2

    return loss, m
