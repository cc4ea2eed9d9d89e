"""Losses: contrastive, ranking, robust, of sequences, of policies."""

import math
from itertools import combinations

from autograd_mini import (
    acos,
    clip,
    cos,
    dot,
    exp,
    fsum,
    log,
    log_sigmoid,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    pick,
    relu,
    sigmoid,
    softmax,
    softplus,
    sqrt,
    tanh,
    where,
)
from nn import MLP
from nn import losses as given

from . import (
    Weights,
    affine,
    bit,
    label,
    matvec,
    normal,
    one_hot,
    program,
    sign,
    squared_distance,
    transposed,
    uniform,
)


def embedder(rng, inputs=3):
    return MLP(inputs, [4, 2], activation="tanh", rng=rng)


def unit(x):
    size = sqrt(dot(x, x) + 1e-9)
    return [v / size for v in x]


@program("Contrastive loss", x=normal(3), z=normal(3), same=bit())
def contrastive(rng):
    net = embedder(rng)

    def loss(x, z, same):
        d2 = squared_distance(net(x), net(z))
        return where(same > 0, d2, relu(1 - sqrt(d2 + 1e-9)) ** 2)

    return loss, net


@program("Triplet loss", anchor=normal(3), same=normal(3), other=normal(3))
def triplet(rng):
    net = embedder(rng)

    def loss(anchor, same, other):
        a = net(anchor)
        return relu(squared_distance(a, net(same)) - squared_distance(a, net(other)) + 1)

    return loss, net


@program("InfoNCE within a batch of four pairs", x=normal(4, 3), z=normal(4, 3))
def info_nce(rng):
    m = Weights(rng, W=(2, 3), V=(2, 3), log_temperature=())

    def loss(x, z):
        left = [unit(matvec(m.W, row)) for row in x]
        right = [unit(matvec(m.V, row)) for row in z]
        scores = [[dot(a, b) * exp(m.log_temperature) for b in right] for a in left]
        ways = scores + transposed(scores)
        return fsum([logsumexp(row) - row[i % 4] for i, row in enumerate(ways)]) / 8

    return loss, m


@program("Barlow twins: the correlation of two views", x=normal(4, 3), z=normal(4, 3))
def barlow_twins(rng):
    m = Weights(rng, W=(2, 3))

    def standard(column):
        mean = fsum(column) / 4
        spread = sqrt(fsum([(v - mean) ** 2 for v in column]) / 4 + 1e-3)
        return [(v - mean) / spread for v in column]

    def loss(x, z):
        a, b = ([standard(c) for c in zip(*[matvec(m.W, row) for row in view])] for view in (x, z))
        C = [[dot(p, q) / 4 for q in b] for p in a]
        return fsum([(1 - C[i][i]) ** 2 + 0.1 * C[i][1 - i] ** 2 for i in range(2)])

    return loss, m


@program("Focal loss", x=normal(3), y=bit())
def focal(rng):
    m = Weights(rng, w=3, b=(), gamma=())

    def loss(x, y):
        p = sigmoid(dot(m.w, x, m.b))
        right = y * p + (1 - y) * (1 - p)
        return -((1 - right) ** exp(m.gamma)) * log(right)

    return loss, m


@program("Connectionist temporal classification (CTC)", x=normal(5, 2), letters=label(2, 2))
def ctc(rng):
    m = Weights(rng, W=(3, 2), b=3)  # two letters and the blank

    def loss(x, letters):
        a, b = letters
        never = -1e3
        alpha = [0.0, *[never] * 4]
        for t, token in enumerate(x):
            logs = log_softmax(affine(m.W, m.b, token))
            blank, first, second = logs[2], pick(logs[:2], a), pick(logs[:2], b)
            emit = [blank, first, blank, second, blank]
            before = [never, never, *alpha]
            skip = where((a - b) ** 2 > 0, 0.0, never)  # no skip between equal letters
            if t == 0:
                alpha = [emit[0], emit[1], never, never, never]
                continue
            alpha = []
            for s, e in enumerate(emit):
                ways = [before[s + 2], before[s + 1]]
                if s == 3:
                    ways.append(before[s] + skip)
                alpha.append(logsumexp(ways) + e)
        return -logsumexp(alpha[-2:])

    return loss, m


@program("Multiclass hinge (Crammer and Singer)", x=normal(3), k=label(3))
def crammer_singer(rng):
    m = Weights(rng, W=(3, 3), b=3)

    def loss(x, k):
        z = affine(m.W, m.b, x)
        own = pick(z, k)
        worst = z[0] - 100.0
        for j, v in enumerate(z):
            other = [1.0] * 3
            other[j] = 0.0
            worst = maximum(worst, v + pick(other, k))
        return worst - own

    return loss, m


@program("Hinge, smooth: squared, Huber's and logistic", x=normal(3), y=sign())
def smooth_hinges(rng):
    m = Weights(rng, w=3, b=())

    def loss(x, y):
        margin = y * dot(m.w, x, m.b)
        gap = 1 - margin
        huber = where(margin < -1, -4 * margin, relu(gap) ** 2)
        return relu(gap) ** 2 + 0.1 * huber + softplus(-margin)

    return loss, m


@program("Huber loss", x=normal(3), y=normal(2, scale=3.0))
def huber(rng):
    m = Weights(rng, W=(2, 3), b=2)
    return lambda x, y: given.huber(affine(m.W, m.b, x), y, delta=1.5), m


@program("Quantile regression of three quantiles", x=normal(3), y=normal())
def quantile(rng):
    m = Weights(rng, W=(3, 3), b=3)

    def loss(x, y):
        total = 0
        for q, z in zip((0.1, 0.5, 0.9), affine(m.W, m.b, x)):
            total += maximum(q * (y - z), (q - 1) * (y - z))
        return total

    return loss, m


@program("Epsilon-insensitive loss of a support vector regression", x=normal(3), y=normal())
def support_vector_regression(rng):
    m = Weights(rng, w=3, b=())

    def loss(x, y):
        return relu(abs(dot(m.w, x, m.b) - y) - 0.2) + 0.05 * given.l2(m.w)

    return loss, m


@program("Additive angular margin (ArcFace)", x=normal(3), y=one_hot(3))
def arcface(rng):
    m = Weights(rng, W=(3, 3))

    def loss(x, y):
        x = unit(x)
        cosines = [0.99 * dot(unit(w), x) for w in m.W]
        logits = [4 * (t * cos(acos(c) + 0.3) + (1 - t) * c) for c, t in zip(cosines, y)]
        return given.cross_entropy(logits, y)

    return loss, m


@program("Dice loss of a segmentation", x=normal(6, 2), mask=bit(6))
def dice(rng):
    m = Weights(rng, w=2, b=())

    def loss(x, mask):
        p = [sigmoid(dot(m.w, pixel, m.b)) for pixel in x]
        return 1 - (2 * dot(p, mask) + 1) / (fsum(p) + fsum(mask) + 1)

    return loss, m


@program("RankNet: pairs in the right order", x=normal(4, 2), relevance=uniform(0, 3, 4))
def ranknet(rng):
    m = Weights(rng, W=(2, 2), o=2)

    def loss(x, relevance):
        scores = [dot(m.o, [tanh(z) for z in matvec(m.W, row)]) for row in x]
        pairs = combinations(zip(scores, relevance), 2)
        return fsum([softplus(where(p > q, t - s, s - t)) for (s, p), (t, q) in pairs])

    return loss, m


@program("ListNet: two orderings as distributions", x=normal(4, 2), relevance=normal(4))
def listnet(rng):
    m = Weights(rng, w=2, b=())

    def loss(x, relevance):
        scores = log_softmax([tanh(dot(m.w, row, m.b)) for row in x])
        return -dot(softmax(relevance), scores)

    return loss, m


@program("Knowledge distillation", x=normal(3), teacher=normal(3), k=label(3))
def distillation(rng):
    m = Weights(rng, W=(3, 3), b=3)

    def loss(x, teacher, k):
        z = affine(m.W, m.b, x)
        soft = log_softmax([v / 2 for v in z])
        return given.cross_entropy(z, k) - 4 * dot(softmax([v / 2 for v in teacher]), soft)

    return loss, m


@program("Direct preference optimisation (DPO)", good=normal(3), bad=normal(3), reference=normal(2))
def dpo(rng):
    m = Weights(rng, w=3, beta=())

    def loss(good, bad, reference):
        gain = dot(m.w, good) - reference[0] - (dot(m.w, bad) - reference[1])
        return -log_sigmoid(exp(m.beta) * gain)

    return loss, m


@program(
    "Proximal policy optimisation (PPO), clipped",
    state=normal(3),
    action=label(3),
    advantage=normal(),
    old=uniform(-2, 0),
)
def ppo(rng):
    m = Weights(rng, W=(3, 3), b=3)

    def loss(state, action, advantage, old):
        logs = log_softmax(affine(m.W, m.b, state))
        ratio = exp(pick(logs, action) - old)
        gain = minimum(ratio * advantage, clip(ratio, 0.8, 1.2) * advantage)
        entropy = -fsum([exp(v) * v for v in logs])
        return -gain - 0.01 * entropy

    return loss, m


@program(
    "Actor and critic with generalised advantages",
    states=normal(4, 2),
    actions=bit(3),
    rewards=normal(3),
)
def actor_critic(rng):
    m = Weights(rng, policy=2, value=2)

    def loss(states, actions, rewards):
        values = [dot(m.value, s) for s in states]
        advantage, total = 0.0, 0
        for t in (2, 1, 0):
            surprise = rewards[t] + 0.9 * values[t + 1] - values[t]
            advantage = surprise + 0.9 * 0.95 * advantage
            z = dot(m.policy, states[t])
            log_p = actions[t] * z - softplus(z)
            total += surprise**2 / 2 - log_p * tanh(advantage)
        return total

    return loss, m


@program(
    "Temporal differences with a soft maximum (Q-learning)",
    state=normal(3),
    action=label(2),
    reward=normal(),
    after=normal(3),
)
def q_learning(rng):
    m = Weights(rng, W=(2, 3), b=2)

    def loss(state, action, reward, after):
        best = logsumexp([4 * q for q in affine(m.W, m.b, after)]) / 4
        return (pick(affine(m.W, m.b, state), action) - reward - 0.9 * best) ** 2

    return loss, m


@program("Wasserstein distance of two small histograms", x=normal(3), y=uniform(0.1, 1, 4))
def earth_mover(rng):
    m = Weights(rng, W=(4, 3))

    def loss(x, y):
        p, q = softmax(matvec(m.W, x)), [v / fsum(y) for v in y]
        moved, total = 0.0, 0
        for a, b in zip(p, q):
            moved += a - b
            total += abs(moved)
        return total

    return loss, m


@program("Jensen-Shannon divergence of two classifiers", x=normal(3))
def jensen_shannon(rng):
    m = Weights(rng, W=(3, 3), V=(3, 3))

    def loss(x):
        p, q = softmax(matvec(m.W, x)), softmax(matvec(m.V, x))
        middle = [(a + b) / 2 for a, b in zip(p, q)]
        return fsum([a * log(a / c) + b * log(b / c) for a, b, c in zip(p, q, middle)]) / 2

    return loss, m


@program("Cox's proportional hazards", x=normal(4, 2), event=bit(4))
def cox(rng):
    m = Weights(rng, w=2)

    def loss(x, event):
        risk = [dot(m.w, row) for row in x]  # in the order of time
        return fsum([e * (logsumexp(risk[i:]) - risk[i]) for i, e in enumerate(event)])

    return loss, m


@program("Ordinal regression by cumulative links", x=normal(3), k=label(3))
def ordinal(rng):
    m = Weights(rng, w=3, first=(), gap=())

    def loss(x, k):
        z = dot(m.w, x)
        low, high = m.first, m.first + exp(m.gap)
        below = [sigmoid(low - z), sigmoid(high - z)]
        return -log(pick([below[0], below[1] - below[0], 1 - below[1]], k) + 1e-9)

    return loss, m


@program("Von Mises loss of a direction", x=normal(2), angle=uniform(-math.pi, math.pi))
def von_mises(rng):
    m = Weights(rng, w=2, v=2)

    def loss(x, angle):
        trust = softplus(dot(m.v, x))
        return trust * (1 - cos(angle - dot(m.w, x))) + log(1 + exp(-trust))

    return loss, m
