"""Probabilistic models. What is random is an input: noise, a mask."""

import math

from autograd_mini import (
    dot,
    erf,
    exp,
    fsum,
    log,
    log1p,
    log_softmax,
    logsumexp,
    pick,
    relu,
    sigmoid,
    softmax,
    softplus,
    sqrt,
    tanh,
    where,
)
from nn import losses

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
    uniform,
)
from .linear_algebra import cholesky, forward_substitution

HALF_LOG_TAU = math.log(2 * math.pi) / 2


def log_normal(x, mean, log_scale):
    """The logarithm of a normal density."""
    z = (x - mean) * exp(-log_scale)
    return -0.5 * z * z - log_scale - HALF_LOG_TAU


@program("Gaussian mixture", x=normal(2))
def gaussian_mixture(rng):
    m = Weights(rng, logits=3, means=(3, 2), log_scales=(3, 2))

    def loss(x):
        return -logsumexp(
            [
                p + fsum([log_normal(*each) for each in zip(x, mean, scale)])
                for p, mean, scale in zip(log_softmax(m.logits), m.means, m.log_scales)
            ]
        )

    return loss, m


@program("Variational autoencoder", x=normal(4), noise=normal(2))
def variational_autoencoder(rng):
    m = Weights(rng, enc=(3, 4), mean=(2, 3), spread=(2, 3), dec=(3, 2), out=(4, 3))

    def loss(x, noise):
        h = [tanh(z) for z in matvec(m.enc, x)]
        mean, log_scale = matvec(m.mean, h), matvec(m.spread, h)
        z = [mu + exp(s) * e for mu, s, e in zip(mean, log_scale, noise)]
        back = matvec(m.out, [tanh(v) for v in matvec(m.dec, z)])
        kl = fsum([(mu * mu + exp(2 * s) - 1) / 2 - s for mu, s in zip(mean, log_scale)])
        return squared_distance(back, x) / 2 + kl

    return loss, m


@program("Importance-weighted autoencoder", x=normal(3), noise=normal(3))
def importance_weighted(rng):
    m = Weights(rng, mean=3, spread=3, out=3)

    def loss(x, noise):
        mean, log_scale = dot(m.mean, x), dot(m.spread, x) / 2
        weights = []
        for e in noise:
            z = mean + exp(log_scale) * e
            fit = fsum([log_normal(v, w * z, 0.0) for v, w in zip(x, m.out)])
            weights.append(fit + log_normal(z, 0.0, 0.0) - log_normal(z, mean, log_scale))
        return -logsumexp(weights)

    return loss, m


@program("RealNVP: affine couplings", x=normal(4))
def realnvp(rng):
    m = Weights(rng, scale=(3, 2, 2), shift=(3, 2, 2))

    def loss(x):
        a, b, volume = x[:2], x[2:], 0
        for scale, shift in zip(m.scale, m.shift):
            s = [tanh(z) for z in matvec(scale, a)]
            b = [exp(si) * v + t for si, v, t in zip(s, b, matvec(shift, a))]
            volume += fsum(s)
            a, b = b, a
        return dot(a + b, a + b) / 2 - volume

    return loss, m


@program("Planar flow", z=normal(2))
def planar_flow(rng):
    m = Weights(rng, w=(3, 2), u=(3, 2), b=3)

    def loss(z):
        log_det = 0
        for w, u, b in zip(m.w, m.u, m.b):
            h = tanh(dot(w, z, b))
            inner = dot(u, w)  # kept above -1, so that the flow can be inverted
            lift = (softplus(inner) - 1 - inner) / dot(w, w)
            log_det += log(1 + (1 - h * h) * (softplus(inner) - 1))
            z = [v + (ui + lift * wi) * h for v, ui, wi in zip(z, u, w)]
        return squared_distance(z, [1.0, -1.0]) / 2 - log_det

    return loss, m


@program("Masked autoregressive flow", x=normal(3))
def autoregressive_flow(rng):
    m = Weights(rng, mean=(3, 3), spread=(3, 3), b=3)

    def loss(x):
        total = 0
        for i, v in enumerate(x):
            mean = sum((w * u for w, u in zip(m.mean[i][:i], x)), m.b[i])
            total -= log_normal(
                v, mean, tanh(sum((w * u for w, u in zip(m.spread[i][:i], x)), 0.1))
            )
        return total

    return loss, m


@program(
    "Bayesian linear regression by its evidence bound", x=normal(3), y=normal(), noise=normal(3)
)
def bayesian_regression(rng):
    m = Weights(rng, mean=3, log_scale=3, log_noise=())

    def loss(x, y, noise):
        w = [mu + exp(s) * e for mu, s, e in zip(m.mean, m.log_scale, noise)]
        kl = fsum([(mu * mu + exp(2 * s) - 1) / 2 - s for mu, s in zip(m.mean, m.log_scale)])
        return kl / 10 - log_normal(y, dot(w, x), m.log_noise)

    return loss, m


@program("Kalman filter of position and speed", seen=normal(5))
def kalman_filter(rng):
    m = Weights(rng, q=(), r=())

    def loss(seen):
        q, r = exp(m.q), exp(m.r)
        x, v, total = 0.0, 0.0, 0
        a, b, c = 1.0, 0.0, 1.0  # the covariance [[a, b], [b, c]]
        for y in seen:
            x, a, b, c = x + v, a + 2 * b + c + q, b + c, c + q
            s, e = a + r, y - x
            total += (log(s) + e * e / s) / 2
            k, g = a / s, b / s
            x, v = x + k * e, v + g * e
            a, b, c = a - k * a, b - k * b, c - g * b
        return total

    return loss, m


@program("Kalman smoother (Rauch, Tung and Striebel)", seen=normal(4), truth=normal(4))
def kalman_smoother(rng):
    m = Weights(rng, decay=(), q=(), r=())

    def loss(seen, truth):
        a, q, r = tanh(m.decay), exp(m.q), exp(m.r)
        mean, var, steps = 0.0, 1.0, []
        for y in seen:
            ahead, spread = a * mean, a * a * var + q
            gain = spread / (spread + r)
            mean, var = ahead + gain * (y - ahead), (1 - gain) * spread
            steps.append((mean, var, ahead, spread))
        smooth, total = mean, (mean - truth[-1]) ** 2
        for (mean, var, _, _), (_, _, ahead, spread), x in zip(
            steps[-2::-1], steps[:0:-1], truth[-2::-1]
        ):
            smooth = mean + a * var / spread * (smooth - ahead)
            total += (smooth - x) ** 2
        return total

    return loss, m


@program("Particle filter: the weights of moving particles", noise=normal(3, 4), seen=normal(3))
def particle_filter(rng):
    m = Weights(rng, drift=(), q=(), r=())

    def loss(noise, seen):
        particles, evidence = [0.0] * 4, 0
        for draws, y in zip(noise, seen):
            particles = [tanh(p) + m.drift + exp(m.q) * e for p, e in zip(particles, draws)]
            logs = [log_normal(y, p, m.r) for p in particles]
            evidence += logsumexp(logs) - math.log(4)
            mean = dot(softmax(logs), particles)
            particles = [(p + mean) / 2 for p in particles]  # they shrink rather than resample
        return -evidence

    return loss, m


@program("Variational dropout", x=normal(3), y=normal(), noise=normal(4))
def variational_dropout(rng):
    m = Weights(rng, W=(4, 3), o=4, log_alpha=())

    def loss(x, y, noise):
        spread = exp(m.log_alpha / 2)
        h = [relu(z) * (1 + spread * e) for z, e in zip(matvec(m.W, x), noise)]
        kl = -0.5 * m.log_alpha + exp(m.log_alpha) / 4
        return (dot(m.o, h) - y) ** 2 + 0.1 * kl

    return loss, m


@program("Dropout with the mask as an input", x=normal(3), mask=bit(4), k=label(3))
def masked_dropout(rng):
    m = Weights(rng, W=(4, 3), b=4, head=(3, 4))

    def loss(x, mask, k):
        h = [2 * keep * relu(z) for keep, z in zip(mask, affine(m.W, m.b, x))]
        return losses.cross_entropy(matvec(m.head, h), k)

    return loss, m


@program("Mixture density network", x=normal(2), y=normal())
def mixture_density_network(rng):
    m = Weights(rng, W=(3, 2), b=3, prior=(2, 3), mean=(2, 3), spread=(2, 3))

    def loss(x, y):
        h = [tanh(z) for z in affine(m.W, m.b, x)]
        prior, mean, spread = (
            log_softmax(matvec(m.prior, h)),
            matvec(m.mean, h),
            matvec(m.spread, h),
        )
        return -logsumexp([p + log_normal(y, mu, s) for p, mu, s in zip(prior, mean, spread)])

    return loss, m


@program("Gaussian process: marginal likelihood of four points", x=uniform(-2, 2, 4), y=normal(4))
def gaussian_process(rng):
    m = Weights(rng, length=(), height=(), noise=())

    def loss(x, y):
        def kernel(a, b):
            return exp(2 * m.height - (a - b) ** 2 * exp(-2 * m.length) / 2)

        K = [[kernel(a, b) for b in x] for a in x]
        for i in range(4):
            K[i][i] = K[i][i] + 0.1 + exp(m.noise)
        L = cholesky(K)
        z = forward_substitution(L, y)
        return dot(z, z) / 2 + sum(log(L[i][i]) for i in range(4))

    return loss, m


@program("Poisson regression", x=normal(3), count=label(5))
def poisson_regression(rng):
    m = Weights(rng, w=3, b=())

    def loss(x, count):
        log_rate = dot(m.w, x, m.b)
        return exp(log_rate) - count * log_rate

    return loss, m


@program("Robust regression by Student's t", x=normal(3), y=normal(scale=3.0))
def student_t(rng):
    m = Weights(rng, w=3, b=(), log_scale=())

    def loss(x, y):
        z = (y - dot(m.w, x, m.b)) * exp(-m.log_scale)
        return 2 * log1p(z * z / 3) + m.log_scale

    return loss, m


@program("Probit regression", x=normal(3), y=sign())
def probit(rng):
    m = Weights(rng, w=3, b=())

    def loss(x, y):
        return -log((1 + erf(y * dot(m.w, x, m.b) / math.sqrt(2))) / 2)

    return loss, m


@program("Censored regression (Tobit)", x=normal(2), y=normal(), censored=bit())
def tobit(rng):
    m = Weights(rng, w=2, b=(), log_scale=())

    def loss(x, y, censored):
        mean = dot(m.w, x, m.b)
        beyond = (1 - erf((y - mean) * exp(-m.log_scale) / math.sqrt(2))) / 2
        return -where(censored > 0, log(beyond), log_normal(y, mean, m.log_scale))

    return loss, m


@program("Denoising diffusion: one step's loss", x=normal(3), noise=normal(3), t=uniform(0, 1))
def denoising_diffusion(rng):
    m = Weights(rng, W=(4, 4), b=4, out=(3, 4))

    def loss(x, noise, t):
        kept = 1 - 0.9 * t
        mixed = [sqrt(kept) * v + sqrt(1 - kept) * e for v, e in zip(x, noise)]
        h = [tanh(z) for z in affine(m.W, m.b, [*mixed, t])]
        return squared_distance(matvec(m.out, h), noise)

    return loss, m


@program(
    "Gumbel-softmax: a relaxed choice", x=normal(3), gumbel=uniform(0.05, 0.95, 3), y=normal(2)
)
def gumbel_softmax(rng):
    m = Weights(rng, W=(3, 3), code=(2, 3), temperature=())

    def loss(x, gumbel, y):
        logits = [z - log(-log(u)) for z, u in zip(matvec(m.W, x), gumbel)]
        choice = softmax([z * exp(-m.temperature) for z in logits])
        return squared_distance(matvec(m.code, choice), y)

    return loss, m


@program(
    "Flow matching: straight paths from noise to data",
    x=normal(2),
    noise=normal(2),
    t=uniform(0, 1),
)
def flow_matching(rng):
    m = Weights(rng, W=(4, 3), b=4, out=(2, 4))

    def loss(x, noise, t):
        between = [(1 - t) * e + t * v for e, v in zip(noise, x)]
        speed = matvec(m.out, [tanh(z) for z in affine(m.W, m.b, [*between, t])])
        return squared_distance(plus(speed, noise), x)

    return loss, m


@program(
    "Item response theory: skill against difficulty", person=label(4), item=label(3), right=bit()
)
def item_response(rng):
    m = Weights(rng, skill=4, difficulty=3, sharpness=3)

    def loss(person, item, right):
        gap = pick(m.skill, person) - pick(m.difficulty, item)
        p = sigmoid(exp(pick(m.sharpness, item)) * gap)
        return -(right * log(p) + (1 - right) * log(1 - p))

    return loss, m
