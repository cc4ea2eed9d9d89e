"""Operations that the library does not have, declared by their users."""

import math

from autograd_mini import cos, dot, exp, fsum, log, primitive, relu, sigmoid, sin, sqrt, tanh, where
from nn import MLP

from . import Weights, affine, matvec, normal, program, sign, squared_distance, uniform

sinc = primitive("sinc", lambda x: sin(x) / x, partials=(lambda x, y: (cos(x) - y) / x,))
snake = primitive("snake", lambda x: x + sin(x) ** 2, partials=(lambda x, y: 1 + sin(2 * x),))
softsign = primitive(
    "softsign", lambda x: x / (1 + abs(x)), partials=(lambda x, y: 1 / (1 + abs(x)) ** 2,)
)
squareplus = primitive(
    "squareplus",
    lambda x, b: (x + sqrt(x * x + b)) / 2,
    partials=(
        lambda x, b, y: (1 + x / sqrt(x * x + b)) / 2,
        lambda x, b, y: 1 / (4 * sqrt(x * x + b)),
    ),
)
bump = primitive(  # its forward and its partial name a sum and use it twice
    "bump",
    lambda a, b: shifted(a + b),
    partials=(lambda a, b, y: 2 * (a + b) + 1, lambda a, b, y: 2 * (a + b) + 1),
)
log_cosh = primitive(  # opaque: a forward in Python's own mathematics
    "log_cosh",
    lambda x: abs(x) + math.log1p(math.exp(-2 * abs(x))) - math.log(2),
    partials=(lambda x, y: tanh(x),),
)
hard_swish = primitive(
    "hard_swish",
    lambda x: x * where(x < -3, 0.0, where(x > 3, 1.0, x / 6 + 0.5)),
    partials=(lambda x, y: where(x < -3, 0.0, where(x > 3, 1.0, x / 3 + 0.5)),),
)
smoothstep = primitive(
    "smoothstep",
    lambda x: where(x < 0, 0.0, where(x > 1, 1.0, x * x * (3 - 2 * x))),
    partials=(lambda x, y: where(x < 0, 0.0, where(x > 1, 0.0, 6 * x * (1 - x))),),
)
straight_through = primitive(  # a step whose slope is said to be that of a clip
    "straight_through",
    lambda x: where(x > 0, 1.0, -1.0),
    partials=(lambda x, y: where(abs(x) < 1, 1.0, 0.0),),
)
reversed_gradient = primitive("reversed_gradient", lambda x: x * 1.0, partials=(lambda x, y: -1.0,))
kl_normal = primitive(  # of N(mean, exp(s)) from N(0, 1): three operands with one spare
    "kl_normal",
    lambda mean, s, weight: weight * ((mean * mean + exp(2 * s) - 1) / 2 - s),
    partials=(
        lambda mean, s, weight, y: weight * mean,
        lambda mean, s, weight, y: weight * (exp(2 * s) - 1),
        lambda mean, s, weight, y: (mean * mean + exp(2 * s) - 1) / 2 - s,
    ),
)


def shifted(s):
    return s * (s + 1)


@program("Sinc interpolation with learnt samples", t=uniform(0.1, 3.9), y=normal())
def sinc_interpolation(rng):
    m = Weights(rng, samples=4)

    def loss(t, y):
        around = [sinc(math.pi * (t - k) + 1e-3) for k in range(4)]
        return (dot(m.samples, around) - y) ** 2

    return loss, m


@program("Snake activations", x=normal(2), y=normal())
def snake_network(rng):
    m = MLP(2, [4, 4, 1], activation=snake, init="he", rng=rng)
    return lambda x, y: (m(x) - y) ** 2, m


@program("Softsign and squareplus", x=normal(3), y=normal())
def softsign_network(rng):
    m = Weights(rng, W=(4, 3), b=4, V=(3, 4), sharp=(), o=3)

    def loss(x, y):
        h = [softsign(z) for z in affine(m.W, m.b, x)]
        h = [squareplus(z, exp(m.sharp)) for z in matvec(m.V, h)]
        return (dot(m.o, h) - y) ** 2

    return loss, m


@program("Pairs of features through an operation of two operands", x=normal(4), y=normal())
def paired_features(rng):
    m = Weights(rng, W=(4, 4), o=2)

    def loss(x, y):
        a, b, c, d = matvec(m.W, x)
        return (dot(m.o, [bump(a, b), bump(d, c)]) - y) ** 2

    return loss, m


@program(
    "Robust regression by log cosh",
    x=normal(3),
    y=normal(scale=3.0),
    refusals=("tape", "numba"),  # they run no functions of Python's
)
def log_cosh_regression(rng):
    m = Weights(rng, w=3, b=())
    return lambda x, y: log_cosh(dot(m.w, x, m.b) - y), m


@program("MobileNet's hard swish", x=normal(3), y=normal())
def hard_swish_network(rng):
    m = Weights(rng, W=(5, 3), b=5, o=5)

    def loss(x, y):
        return (dot(m.o, [hard_swish(3 * z) for z in affine(m.W, m.b, x)]) - y) ** 2

    return loss, m


@program("Soft trees of smooth steps", x=normal(2), y=normal())
def smoothstep_tree(rng):
    m = Weights(rng, W=(3, 2), leaves=4)

    def loss(x, y):
        top, left, right = (smoothstep(z + 0.5) for z in matvec(m.W, x))
        reach = [top * left, top * (1 - left), (1 - top) * right, (1 - top) * (1 - right)]
        return (dot(m.leaves, reach) - y) ** 2

    return loss, m


@program("Binarised network with straight-through gradients", x=normal(3), y=sign())
def binarised(rng):
    m = Weights(rng, W=(4, 3), o=4)

    def loss(x, y):
        weights = [[straight_through(w) for w in row] for row in m.W]
        h = [straight_through(z) for z in matvec(weights, x)]
        return relu(1 - y * dot(m.o, h))

    return loss, m


@program("Domain-adversarial network: a reversed gradient", x=normal(3), y=sign(), domain=sign())
def domain_adversarial(rng):
    m = Weights(rng, W=(3, 3), task=3, critic=3)

    def loss(x, y, domain):
        h = [tanh(z) for z in matvec(m.W, x)]
        guess = dot(m.critic, [reversed_gradient(v) for v in h])
        return log(1 + exp(-y * dot(m.task, h))) + log(1 + exp(-domain * guess))

    return loss, m


@program("Beta variational autoencoder with its own divergence", x=normal(3), noise=normal(2))
def beta_autoencoder(rng):
    m = Weights(rng, mean=(2, 3), spread=(2, 3), dec=(3, 2), beta=())

    def loss(x, noise):
        mean, log_scale = matvec(m.mean, x), [tanh(s) for s in matvec(m.spread, x)]
        z = [mu + exp(s) * e for mu, s, e in zip(mean, log_scale, noise)]
        kl = fsum([kl_normal(mu, s, sigmoid(m.beta)) for mu, s in zip(mean, log_scale)])
        return squared_distance(matvec(m.dec, z), x) + kl

    return loss, m
