"""State-space models, and other recurrences that are linear in their state."""

from autograd_mini import cos, dot, exp, fsum, sigmoid, silu, sin, softplus, sqrt, tanh

from . import Weights, affine, matvec, normal, plus, program, squared_distance, uniform


@program("S4D with real diagonal states", x=normal(8), y=normal())
def s4d_real(rng):
    m = Weights(rng, rate=4, B=4, C=4, D=(), step=())

    def loss(x, y):
        dt = 0.1 * exp(m.step)
        decay = [exp(-dt * exp(r)) for r in m.rate]
        h, out = [0.0] * 4, 0.0
        for u in x:
            h = [a * hj + dt * b * u for a, hj, b in zip(decay, h, m.B)]
            out = dot(m.C, h) + m.D * u
        return (out - y) ** 2

    return loss, m


@program("S4D with complex states, as pairs of reals", x=normal(6), y=normal(6))
def s4d_complex(rng):
    m = Weights(rng, rate=3, turn=3, C=(3, 2))

    def loss(x, y):
        total, states = 0, [(0.0, 0.0)] * 3
        poles = [
            (exp(-0.1 * exp(r)) * cos(w), exp(-0.1 * exp(r)) * sin(w))
            for r, w in zip(m.rate, m.turn)
        ]
        for u, target in zip(x, y):
            states = [(a * p - b * q + u, a * q + b * p) for (a, b), (p, q) in zip(poles, states)]
            out = fsum([c * p - d * q for (c, d), (p, q) in zip(m.C, states)])
            total += (out - target) ** 2
        return total

    return loss, m


@program("S4D as a convolution with its own kernel", x=normal(6), y=normal(6))
def s4d_convolution(rng):
    m = Weights(rng, rate=3, B=3, C=3)

    def loss(x, y):
        decay = [sigmoid(r) for r in m.rate]
        kernel = [fsum([c * b * a**t for a, b, c in zip(decay, m.B, m.C)]) for t in range(len(x))]
        out = [dot(kernel[: t + 1], x[t::-1]) for t in range(len(x))]
        return squared_distance(out, y)

    return loss, m


@program("Mamba: a selective scan", x=normal(4, 2), y=normal(2))
def mamba(rng):
    m = Weights(rng, A=(2, 3), B=(3, 2), C=(3, 2), step=(2, 2), bias=2, D=2, gate=(2, 2))

    def loss(x, y):
        h, out = [[0.0] * 3 for _ in range(2)], None
        for u in x:
            dt = [softplus(z) for z in affine(m.step, m.bias, u)]
            b, c = matvec(m.B, u), matvec(m.C, u)
            for i in range(2):
                h[i] = [
                    exp(-dt[i] * exp(a)) * s + dt[i] * bj * u[i]
                    for a, s, bj in zip(m.A[i], h[i], b)
                ]
            skip = [dot(c, row) + d * v for row, d, v in zip(h, m.D, u)]
            out = [s * silu(g) for s, g in zip(skip, matvec(m.gate, u))]
        return squared_distance(out, y)

    return loss, m


@program("Linear oscillators (LinOSS)", x=normal(6), y=normal())
def linear_oscillators(rng):
    m = Weights(rng, stiffness=3, B=3, C=3)

    def loss(x, y):
        position, speed = [0.0] * 3, [0.0] * 3
        for u in x:
            force = [b * u - exp(k) * p for b, k, p in zip(m.B, m.stiffness, position)]
            speed = [v + 0.3 * f for v, f in zip(speed, force)]
            position = [p + 0.3 * v for p, v in zip(position, speed)]
        return (dot(m.C, position) - y) ** 2

    return loss, m


@program("Linear recurrent unit, normalised by its decay (LRU)", x=normal(5, 2), y=normal())
def linear_recurrent_unit(rng):
    m = Weights(rng, B=(3, 2), nu=3, C=3, D=2)

    def loss(x, y):
        decay = [exp(-exp(v)) for v in m.nu]
        scale = [sqrt(1 - a * a) for a in decay]
        h, out = [0.0] * 3, 0.0
        for u in x:
            h = [a * s + g * v for a, s, g, v in zip(decay, h, scale, matvec(m.B, u))]
            out = dot(m.C, h) + dot(m.D, u)
        return (out - y) ** 2

    return loss, m


@program("RWKV time mixing", x=normal(5, 2), y=normal(2))
def rwkv(rng):
    m = Weights(rng, K=(2, 2), V=(2, 2), R=(2, 2), decay=2, bonus=2)

    def loss(x, y):
        above, below, out = [0.0] * 2, [0.0] * 2, [0.0] * 2
        for u in x:
            k, v, r = (matvec(w, u) for w in (m.K, m.V, m.R))
            for i in range(2):
                now = exp(m.bonus[i] + k[i])
                out[i] = sigmoid(r[i]) * (above[i] + now * v[i]) / (below[i] + now)
                fade = exp(-exp(m.decay[i]))
                above[i] = fade * above[i] + exp(k[i]) * v[i]
                below[i] = fade * below[i] + exp(k[i])
        return squared_distance(out, y)

    return loss, m


@program("DeltaNet: a fast-weight programmer with the delta rule", x=normal(4, 3), y=normal(2))
def deltanet(rng):
    m = Weights(rng, K=(2, 3), V=(2, 3), Q=(2, 3), beta=3)

    def loss(x, y):
        memory, out = [[0.0] * 2 for _ in range(2)], [0.0] * 2
        for u in x:
            k, v, q = (matvec(w, u) for w in (m.K, m.V, m.Q))
            k = [z / sqrt(dot(k, k) + 1e-6) for z in k]
            wrong = [vi - old for vi, old in zip(v, matvec(memory, k))]
            rate = sigmoid(dot(m.beta, u))
            memory = [[s + rate * e * kj for s, kj in zip(row, k)] for row, e in zip(memory, wrong)]
            out = matvec(memory, q)
        return squared_distance(out, y)

    return loss, m


@program("HiPPO-LegS: memory by Legendre polynomials", x=uniform(-1, 1, 6), y=normal())
def hippo(rng):
    m = Weights(rng, readout=4, gain=())
    A = [
        [
            ((2 * i + 1) * (2 * j + 1)) ** 0.5 if i > j else i + 1.0 if i == j else 0.0
            for j in range(4)
        ]
        for i in range(4)
    ]

    def loss(x, y):
        c = [0.0] * 4
        for t, u in enumerate(x, 1):
            drift = matvec(A, c)
            c = [
                ci + (-di + (2 * i + 1) ** 0.5 * tanh(m.gain * u)) / (t + 4)
                for i, (ci, di) in enumerate(zip(c, drift))
            ]
        return (dot(m.readout, c) - y) ** 2

    return loss, m


@program("Hyena: a gated long convolution", x=normal(5, 2), y=normal(5, 2))
def hyena(rng):
    m = Weights(rng, V=(2, 2), gate=(2, 2), basis=(2, 3), fade=2)

    def loss(x, y):
        total = 0
        values, gates = ([matvec(w, u) for u in x] for w in (m.V, m.gate))
        for i in range(2):
            rate = softplus(m.fade[i])
            taps = [
                exp(-rate * t) * fsum([b * cos(k * t) for k, b in enumerate(m.basis[i])])
                for t in range(len(x))
            ]
            for t in range(len(x)):
                mixed = fsum([taps[t - s] * values[s][i] for s in range(t + 1)])
                total += (gates[t][i] * mixed - y[t][i]) ** 2
        return total

    return loss, m


@program("Two layers of exponential moving averages (Mega)", x=normal(5), y=normal())
def moving_averages(rng):
    m = Weights(rng, alpha=(2, 2), mix=(2, 2), o=2)

    def loss(x, y):
        first, second = [0.0] * 2, [0.0] * 2
        for u in x:
            first = [s + sigmoid(a) * (u - s) for s, a in zip(first, m.alpha[0])]
            fed = [tanh(z) for z in matvec(m.mix, first)]
            second = [s + sigmoid(a) * (v - s) for s, a, v in zip(second, m.alpha[1], fed)]
        return (dot(m.o, plus(first, second)) - y) ** 2

    return loss, m
