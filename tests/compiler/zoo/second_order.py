"""Losses with derivatives inside: of the network by its inputs, or of a loss by its weights."""

from autograd_mini import (
    dot,
    fsum,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
    value_and_grad,
    vjp,
)
from nn import MLP, losses

from . import Weights, affine, bit, label, matvec, normal, plus, program, squared_distance, uniform


def smooth(rng, inputs, outputs=1, hidden=4):
    return MLP(inputs, [hidden, outputs], activation="tanh", rng=rng)


@program(
    "Wasserstein GAN: the critic with a gradient penalty",
    real=normal(3),
    fake=normal(3),
    mix=uniform(0, 1),
)
def gradient_penalty(rng):
    critic = smooth(rng, 3)

    def loss(real, fake, mix):
        between = [mix * a + (1 - mix) * b for a, b in zip(real, fake)]
        slope = grad(critic)(between)
        penalty = (sqrt(dot(slope, slope) + 1e-6) - 1) ** 2
        return critic(fake) - critic(real) + 10 * penalty

    return loss, critic


@program("Physics-informed network: the heat equation", x=uniform(-1, 1), t=uniform(0, 1))
def physics_informed(rng):
    net = smooth(rng, 2)

    def u(x, t):
        return net([x, t])

    def loss(x, t):
        residual = grad(u, 1)(x, t) - 0.1 * grad(grad(u))(x, t)
        start = (u(x, 0.0) - sin(3 * x)) ** 2
        return residual**2 + start + u(1.0, t) ** 2 + u(-1.0, t) ** 2

    return loss, net


@program("Physics-informed network: Poisson's equation by a Hessian", x=uniform(-1, 1, 2))
def poisson_equation(rng):
    net = smooth(rng, 2, hidden=3)

    def loss(x):
        H = hessian(net)(x)
        return (H[0][0] + H[1][1] + sin(x[0]) * sin(x[1])) ** 2

    return loss, net


@program("Hamiltonian network", q=normal(), p=normal(), dq=normal(), dp=normal())
def hamiltonian(rng):
    energy = smooth(rng, 2)

    def loss(q, p, dq, dp):
        by_q, by_p = grad(lambda q, p: energy([q, p]), (0, 1))(q, p)
        return (dq - by_p) ** 2 + (dp + by_q) ** 2

    return loss, energy


@program("Lagrangian network", q=normal(), v=normal(), a=normal())
def lagrangian(rng):
    net = smooth(rng, 2, hidden=3)

    def L(z):
        return net(z) + z[1] ** 2

    def loss(q, v, a):
        force = grad(L)([q, v])[0]
        H = hessian(L)([q, v])
        return ((force - H[1][0] * v) / (2 + H[1][1] ** 2) - a) ** 2  # kept from a division by 0

    return loss, net


@program("Double backprop: small gradients by the inputs", x=normal(3), y=normal())
def double_backprop(rng):
    net = smooth(rng, 3)

    def loss(x, y):
        error, slope = value_and_grad(lambda x: (net(x) - y) ** 2)(x)
        return error + 0.1 * dot(slope, slope)

    return loss, net


@program("Right for the right reasons: saliency under a mask", x=normal(4), mask=bit(4), k=label(2))
def right_reasons(rng):
    net = smooth(rng, 4, 2, 3)

    def loss(x, mask, k):
        saliency = grad(lambda x: fsum(net(x)))(x)
        return losses.cross_entropy(net(x), k) + fsum(
            [(m * s) ** 2 for m, s in zip(mask, saliency)]
        )

    return loss, net


@program("Sobolev training: values and slopes are given", x=normal(2), y=normal(), dy=normal(2))
def sobolev(rng):
    net = smooth(rng, 2)

    def loss(x, y, dy):
        value, slope = value_and_grad(net)(x)
        return (value - y) ** 2 + squared_distance(slope, dy)

    return loss, net


@program("Curvature penalty by a Hessian-vector product", x=normal(3), v=normal(3), y=normal())
def curvature_penalty(rng):
    net = smooth(rng, 3)

    def loss(x, v, y):
        bent = hvp(net, (x,), (v,))
        return (net(x) - y) ** 2 + 0.1 * dot(bent, bent)

    return loss, net


@program("Contractive autoencoder: the Jacobian of the code", x=normal(3))
def contractive(rng):
    m = Weights(rng, enc=(2, 3), b=2, dec=(3, 2))

    def code(x):
        return [sigmoid(z) for z in affine(m.enc, m.b, x)]

    def loss(x):
        J = jacobian(code)(x)
        return squared_distance(matvec(m.dec, code(x)), x) + 0.1 * sum(dot(row, row) for row in J)

    return loss, m


@program("Score matching: the trace of the score's Jacobian", x=normal(2))
def score_matching(rng):
    score = smooth(rng, 2, 2, 3)

    def loss(x):
        J = jacobian(score)(x)
        s = score(x)
        return J[0][0] + J[1][1] + dot(s, s) / 2

    return loss, score


@program("Sliced score matching by a forward derivative", x=normal(3), v=normal(3))
def sliced_score_matching(rng):
    score = smooth(rng, 3, 3, 3)

    def loss(x, v):
        s, along = jvp(score, (x,), (v,))
        return dot(v, along) + dot(s, v) ** 2 / 2

    return loss, score


@program("Continuous normalising flow (FFJORD), Hutchinson's trace", x=normal(2), probe=normal(2))
def ffjord(rng):
    field = smooth(rng, 2, 2, 3)

    def loss(x, probe):
        volume = 0
        for _ in range(2):
            speed, back = vjp(field, x)
            volume += 0.2 * dot(back(probe)[0], probe)
            x = [a + 0.2 * b for a, b in zip(x, speed)]
        return dot(x, x) / 2 - volume

    return loss, field


@program("Laplace approximation: the log-determinant of a Hessian", x=normal(2), y=bit())
def laplace_approximation(rng):
    m = Weights(rng, w=2, log_prior=())

    def loss(x, y):
        def energy(w):
            z = dot(w, x)
            return softplus(z) - y * z + softplus(m.log_prior) * dot(w, w) / 2

        H = hessian(energy)(m.w)
        return energy(m.w) + log(H[0][0] * H[1][1] - H[0][1] * H[1][0]) / 2

    return loss, m


@program("Sharpness-aware minimisation (SAM)", x=normal(2), y=normal())
def sharpness_aware(rng):
    m = Weights(rng, W=(3, 2), o=3)

    def loss(x, y):
        def error(W, o):
            return (dot(o, [tanh(z) for z in matvec(W, x)]) - y) ** 2

        dW, do = grad(error, (0, 1))(m.W, m.o)
        size = sqrt(sum(dot(row, row) for row in dW) + dot(do, do) + 1e-6)
        up = [plus(w, [0.05 / size * d for d in row]) for w, row in zip(m.W, dW)]
        return error(up, plus(m.o, [0.05 / size * d for d in do]))

    return loss, m


@program("Gradient matching: two examples pull the same way", x=normal(2, 2), y=normal(2))
def gradient_matching(rng):
    m = Weights(rng, W=(2, 2), o=2)

    def loss(x, y):
        weights = [*m.W[0], *m.W[1], *m.o]
        errors = [(dot(m.o, [tanh(z) for z in matvec(m.W, row)]) - t) ** 2 for row, t in zip(x, y)]
        one, other = (gradients(e, weights, create_graph=True) for e in errors)
        return sum(errors) - 0.1 * dot(one, other)

    return loss, m


@program("Eikonal loss of a signed distance function", x=normal(3))
def eikonal(rng):
    net = smooth(rng, 3)

    def loss(x):
        slope = grad(lambda x: net(x) + sqrt(dot(x, x) + 0.01))(x)
        return (dot(slope, slope) - 1) ** 2

    return loss, net


@program("Stream function: a flow without divergence", x=normal(2), flow=normal(2))
def stream_function(rng):
    net = smooth(rng, 2)

    def loss(x, flow):
        by_x, by_y = gradients_of(net, x)
        return (by_y - flow[0]) ** 2 + (by_x + flow[1]) ** 2

    return loss, net


def gradients_of(net, x):
    """The gradient of a network by the numbers of its input, by way of new names for them."""
    return grad(lambda a, b: net([a, b]), argnums=(0, 1))(*x)


@program("Third derivatives: the Korteweg-de Vries equation", x=uniform(-1, 1), t=uniform(0, 1))
def korteweg_de_vries(rng):
    net = smooth(rng, 2, hidden=2)

    def loss(x, t):
        def u(x):
            return net([x, t])

        steep = grad(u)
        by_t = grad(lambda t: net([x, t]))(t)
        return (by_t + 6 * u(x) * steep(x) + grad(grad(steep))(x)) ** 2

    return loss, net
