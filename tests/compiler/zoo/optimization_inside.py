"""Optimizers within a loss: unrolled, learnt, implicit."""

from autograd_mini import (
    dot,
    exp,
    fsum,
    grad,
    relu,
    sigmoid,
    softmax,
    softplus,
    sqrt,
    tanh,
    where,
)
from nn import MLP

from . import Weights, matvec, normal, plus, program, squared_distance, transposed, uniform


@program(
    "Unrolled gradient descent, its gradient by hand",
    x=normal(3, 2),
    y=normal(3),
    z=normal(2),
    t=normal(),
)
def unrolled_descent(rng):
    m = Weights(rng, start=2, log_rate=())

    def loss(x, y, z, t):
        w = m.start
        for _ in range(3):
            errors = [dot(w, row) - target for row, target in zip(x, y)]
            w = [a - 0.1 * exp(m.log_rate) * g for a, g in zip(w, matvec(transposed(x), errors))]
        return (dot(w, z) - t) ** 2

    return loss, m


@program(
    "Model-agnostic meta-learning (MAML)", x=normal(2, 2), y=normal(2), z=normal(2), t=normal()
)
def maml(rng):
    m = Weights(rng, W=(3, 2), o=3)

    def model(W, o, x):
        return dot(o, [tanh(v) for v in matvec(W, x)])

    def loss(x, y, z, t):
        def error(W, o):
            return fsum([(model(W, o, row) - target) ** 2 for row, target in zip(x, y)])

        dW, do = grad(error, (0, 1))(m.W, m.o)
        W = [[w - 0.1 * d for w, d in zip(*rows)] for rows in zip(m.W, dW)]
        o = [w - 0.1 * d for w, d in zip(m.o, do)]
        return (model(W, o, z) - t) ** 2

    return loss, m


@program(
    "Hypergradients: a learnt rate, momentum and ridge",
    x=normal(3, 2),
    y=normal(3),
    z=normal(2),
    t=normal(),
)
def hypergradients(rng):
    m = Weights(rng, log_rate=(), momentum=(), ridge=())

    def loss(x, y, z, t):
        def error(w):
            fit = fsum([(dot(w, row) - target) ** 2 for row, target in zip(x, y)])
            return fit + exp(m.ridge) * dot(w, w)

        w, v = [0.0, 0.0], [0.0, 0.0]
        for _ in range(3):
            v = [sigmoid(m.momentum) * a + g for a, g in zip(v, grad(error)(w))]
            w = [a - 0.05 * exp(m.log_rate) * b for a, b in zip(w, v)]
        return (dot(w, z) - t) ** 2

    return loss, m


@program("Learned shrinkage (LISTA): sparse codes in three steps", y=normal(3))
def lista(rng):
    m = Weights(rng, W=(4, 3), S=(4, 4), threshold=4, D=(3, 4))

    def shrink(x, t):
        return relu(x - t) - relu(-x - t)

    def loss(y):
        drive, code = matvec(m.W, y), [0.0] * 4
        for _ in range(3):
            z = plus(drive, matvec(m.S, code))
            code = [shrink(v, 0.2 * softplus(t)) for v, t in zip(z, m.threshold)]
        return squared_distance(matvec(m.D, code), y) + 0.1 * fsum([abs(c) for c in code])

    return loss, m


@program("Unrolled ADMM for the lasso of an orthogonal design", y=normal(4), x=normal(4))
def admm(rng):
    m = Weights(rng, rho=(), strength=())

    def loss(y, x):
        rho, cut = exp(m.rho), softplus(m.strength)
        z, u = [0.0] * 4, [0.0] * 4
        for _ in range(4):
            w = [(a + rho * (b - c)) / (1 + rho) for a, b, c in zip(y, z, u)]
            z = [relu(a + c - cut / rho) - relu(-a - c - cut / rho) for a, c in zip(w, u)]
            u = [c + a - b for a, b, c in zip(w, z, u)]
        return squared_distance(z, x)

    return loss, m


@program("Deep equilibrium model: a fixed point, found by iterating", x=normal(3), y=normal(3))
def deep_equilibrium(rng):
    m = Weights(rng, W=(3, 3), U=(3, 3))

    def loss(x, y):
        z, fed = [0.0] * 3, matvec(m.U, x)
        for _ in range(6):
            z = [tanh(0.5 * a + b) for a, b in zip(matvec(m.W, z), fed)]
        return squared_distance(z, y)

    return loss, m


@program(
    "Implicit differentiation of a ridge regression in one unknown",
    x=normal(4),
    y=normal(4),
    z=normal(),
    t=normal(),
)
def implicit_ridge(rng):
    m = Weights(rng, warp=(), ridge=())

    def loss(x, y, z, t):
        def feature(v):
            return v + tanh(m.warp * v)

        f = [feature(v) for v in x]
        w = dot(f, y) / (dot(f, f) + exp(m.ridge))
        return (w * feature(z) - t) ** 2

    return loss, m


@program("Bilevel optimization by one Newton step inside", x=normal(4), y=normal(4), t=normal())
def newton_inside(rng):
    m = Weights(rng, start=(), weight=4)

    def loss(x, y, t):
        def error(w):
            terms = zip(m.weight, x, y)
            return fsum([softplus(a) * (tanh(w * u) - v) ** 2 for a, u, v in terms]) + w * w

        slope = grad(error)
        w = m.start
        w = w - slope(w) / softplus(grad(slope)(w))
        return (w - t) ** 2

    return loss, m


@program("Adam, unrolled, with learnt betas", goal=normal(2))
def unrolled_adam(rng):
    m = Weights(rng, start=2, b1=(), b2=(), log_rate=())

    def loss(goal):
        w, first, second = m.start, [0.0] * 2, [0.0] * 2
        b1, b2 = sigmoid(m.b1), sigmoid(m.b2)
        for t in range(1, 4):
            g = [2 * (a - b) for a, b in zip(w, goal)]
            first = [b1 * u + (1 - b1) * d for u, d in zip(first, g)]
            second = [b2 * v + (1 - b2) * d * d for v, d in zip(second, g)]
            w = [
                a - 0.3 * exp(m.log_rate) * u / (1 - b1**t) / sqrt(v / (1 - b2**t) + 1e-4)
                for a, u, v in zip(w, first, second)
            ]
        return squared_distance(w, goal)

    return loss, m


@program("Learning to learn by gradient descent: an optimizer that is a network", goal=normal(2))
def learned_optimizer(rng):
    m = Weights(rng, start=2)
    m.rule = MLP(2, [3, 2], activation="tanh", rng=rng)

    def loss(goal):
        w, memory, total = m.start, [0.0] * 2, 0
        for _ in range(3):
            steps = [m.rule([2 * (a - b), s]) for a, b, s in zip(w, goal, memory)]
            w = [a + step for a, (step, _) in zip(w, steps)]
            memory = [tanh(s) for _, s in steps]
            total += squared_distance(w, goal)
        return total

    return loss, m


@program("Mirror descent on a simplex", gains=normal(4))
def mirror_descent(rng):
    m = Weights(rng, log_rate=(), prior=4)

    def loss(gains):
        p = softmax(m.prior)
        for _ in range(3):
            slope = [g - 0.5 * q for g, q in zip(gains, p)]
            p = [q * exp(0.3 * exp(m.log_rate) * s) for q, s in zip(p, slope)]
            p = [q / fsum(p) for q in p]
        return -dot(p, gains)

    return loss, m


@program(
    "A price that clears a market, by damped steps",
    demand=uniform(1, 2, 3),
    supply=uniform(1, 2, 3),
)
def market(rng):
    m = Weights(rng, elasticity=3, rate=())

    def loss(demand, supply):
        price = 1.0
        for _ in range(5):
            wanted = [d * exp(-sigmoid(e) * price) for d, e in zip(demand, m.elasticity)]
            excess = fsum(wanted) - dot(supply, [tanh(price)] * 3) / 2
            price = price + 0.2 * sigmoid(m.rate) * excess
        return (price - 1.2) ** 2

    return loss, m


@program("Backtracking line search: the first step that descends", x=normal(2), y=normal())
def line_search(rng):
    m = Weights(rng, w=2)

    def loss(x, y):
        def error(w):
            return (tanh(dot(w, x)) - y) ** 2

        h = tanh(dot(m.w, x))
        slope = [2 * (h - y) * (1 - h * h) * v for v in x]
        now, best = error(m.w), error(m.w)
        for rate in (0.05, 0.1, 0.2, 0.4):
            tried = error([a - rate * g for a, g in zip(m.w, slope)])
            best = where(tried < now, tried, best)
        return best

    return loss, m
