"""Numerical methods: polynomials, roots, transforms, quadrature, differential equations."""

import cmath
import math
from functools import reduce
from itertools import pairwise

from autograd_mini import (
    atan,
    cos,
    dot,
    exp,
    fsum,
    log,
    maximum,
    minimum,
    pick,
    relu,
    sin,
    sqrt,
    tanh,
    where,
)

from . import Weights, label, matvec, normal, plus, program, squared_distance, uniform


@program("Horner's scheme", x=uniform(-1, 1), y=normal())
def horner(rng):
    m = Weights(rng, c=6)

    def loss(x, y):
        p = 0.0
        for c in m.c:
            p = p * x + c
        return (p - y) ** 2

    return loss, m


@program("Polynomials by powers, and by their roots", x=uniform(-1, 1), y=normal())
def by_powers(rng):
    m = Weights(rng, c=5, roots=3)

    def loss(x, y):
        powers = fsum([c * x**k for k, c in enumerate(m.c)])
        return (powers + reduce(lambda p, r: p * (x - r), m.roots, 1.0) - y) ** 2

    return loss, m


@program("Chebyshev series by Clenshaw's recurrence", x=uniform(-1, 1), y=normal())
def clenshaw(rng):
    m = Weights(rng, c=6)

    def loss(x, y):
        b, after = 0.0, 0.0
        for c in m.c[:0:-1]:
            b, after = c + 2 * x * b - after, b
        return (m.c[0] + x * b - after - y) ** 2

    return loss, m


@program("Newton's square root", x=uniform(0.5, 4), y=normal())
def newton_root(rng):
    m = Weights(rng, scale=(), start=())

    def loss(x, y):
        a, r = x * exp(m.scale), exp(m.start)
        for _ in range(4):
            r = (r + a / r) / 2
        return (r - y) ** 2

    return loss, m


@program("Halley's method for Kepler's equation", anomaly=uniform(-2, 2), y=normal())
def kepler(rng):
    m = Weights(rng, eccentricity=(), shift=())

    def loss(anomaly, y):
        e = 0.5 + 0.4 * tanh(m.eccentricity)
        E = anomaly + m.shift
        for _ in range(3):
            f, df, ddf = E - e * sin(E) - anomaly, 1 - e * cos(E), e * sin(E)
            E = E - 2 * f * df / (2 * df * df - f * ddf)
        return (E - y) ** 2

    return loss, m


@program("Bisection, by where", target=uniform(0.1, 0.9))
def bisection(rng):
    m = Weights(rng, a=(), b=())

    def loss(target):
        def f(x):
            return tanh((1 + m.a * m.a) * x) + 0.1 * m.b * x * x

        low, high = 0.0, 1.5
        for _ in range(5):
            middle = (low + high) / 2
            low, high = (
                where(f(middle) < target, middle, low),
                where(f(middle) < target, high, middle),
            )
        return (f((low + high) / 2) - target) ** 2

    return loss, m


@program("The secant method", y=uniform(0.5, 2))
def secant(rng):
    m = Weights(rng, a=(), start=())

    def loss(y):
        def f(x):
            return x + 0.3 * tanh(m.a * x) - y

        before, now = m.start, m.start + 1
        for _ in range(3):
            before, now = now, now - f(now) * (now - before) / (f(now) - f(before) + 1e-6)
        return (now - 1) ** 2

    return loss, m


@program("Runge and Kutta on a driven oscillator", x=normal(), v=normal(), y=normal())
def driven_oscillator(rng):
    m = Weights(rng, stiffness=(), damping=(), drive=())

    def rates(t, z):
        x, v = z
        return [v, m.drive * cos(t) - exp(m.stiffness) * x - exp(m.damping) * v]

    def loss(x, v, y):
        z = [x, v]
        for step in range(3):
            t = 0.1 * step
            a = rates(t, z)
            b = rates(t + 0.05, [u + 0.05 * v for u, v in zip(z, a)])
            c = rates(t + 0.05, [u + 0.05 * v for u, v in zip(z, b)])
            d = rates(t + 0.1, [u + 0.1 * v for u, v in zip(z, c)])
            z = [u + 0.1 / 6 * (p + 2 * q + 2 * r + s) for u, p, q, r, s in zip(z, a, b, c, d)]
        return (z[0] - y) ** 2

    return loss, m


@program("Implicit Euler, each step solved by Newton", x=normal(), y=normal())
def implicit_euler(rng):
    m = Weights(rng, k=(), c=())

    def loss(x, y):
        k, c = exp(m.k), exp(m.c)
        for _ in range(3):
            z = x
            for _ in range(2):  # z + 0.1 (k z + c z^3) = x
                z = z - (z + 0.1 * (k * z + c * z**3) - x) / (1 + 0.1 * (k + 3 * c * z**2))
            x = z
        return (x - y) ** 2

    return loss, m


@program("Fast Fourier transform of eight numbers, filtered", x=normal(8), y=normal(8))
def fast_fourier_transform(rng):
    m = Weights(rng, filter=8)

    def fft(x):
        """Of pairs (real, imaginary)."""
        if len(x) == 1:
            return x
        even, odd = fft(x[::2]), fft(x[1::2])
        out = [None] * len(x)
        for k, ((a, b), (c, d)) in enumerate(zip(even, odd)):
            turn = cmath.exp(-2j * cmath.pi * k / len(x))
            p, q = c * turn.real - d * turn.imag, c * turn.imag + d * turn.real
            out[k], out[k + len(even)] = (a + p, b + q), (a - p, b - q)
        return out

    def loss(x, y):
        spectrum = [(f * a, f * b) for f, (a, b) in zip(m.filter, fft([(v, 0.0) for v in x]))]
        return squared_distance([a / 8 for a, _ in fft(spectrum)], y)

    return loss, m


@program("Walsh and Hadamard transform, with learnt gains between", x=normal(8), y=normal(8))
def walsh_hadamard(rng):
    m = Weights(rng, gain=(3, 8))

    def loss(x, y):
        for level, gain in enumerate(m.gain):
            h = 2**level
            x = [x[i] + x[i + h] if i & h == 0 else x[i - h] - x[i] for i in range(8)]
            x = [g * v for g, v in zip(gain, x)]
        return squared_distance(x, y)

    return loss, m


@program("Haar wavelets: shrink the details, then rebuild", x=normal(8))
def haar(rng):
    m = Weights(rng, threshold=3)

    def loss(x):
        approximation, details = x, []
        for _ in range(3):
            pairs = list(zip(approximation[::2], approximation[1::2]))
            details.append([(a - b) / math.sqrt(2) for a, b in pairs])
            approximation = [(a + b) / math.sqrt(2) for a, b in pairs]
        for t, detail in zip(m.threshold[::-1], details[::-1]):
            detail = [relu(d - t * t) - relu(-d - t * t) for d in detail]
            approximation = [
                v / math.sqrt(2) for a, d in zip(approximation, detail) for v in (a + d, a - d)
            ]
        return squared_distance(approximation, x) + 0.1 * fsum([abs(v) for v in approximation])

    return loss, m


@program("Discrete cosine transform with a learnt spectrum", x=normal(6), y=normal(6))
def cosine_transform(rng):
    m = Weights(rng, gain=6)
    basis = [[math.cos(math.pi / 6 * (i + 0.5) * k) for i in range(6)] for k in range(6)]

    def loss(x, y):
        spectrum = [g * c for g, c in zip(m.gain, matvec(basis, x))]
        return squared_distance(
            [fsum([s * row[i] for s, row in zip(spectrum, basis)]) for i in range(6)], y
        )

    return loss, m


@program("A natural cubic spline through learnt knots", x=uniform(0, 3), y=normal())
def cubic_spline(rng):
    m = Weights(rng, h=4)

    def loss(x, y):
        # second derivatives, by elimination of the tridiagonal system
        d1, d2 = (6 * (m.h[i] - 2 * m.h[i + 1] + m.h[i + 2]) for i in range(2))
        s2 = (d2 - d1 / 4) / 3.75
        s = [0.0, (d1 - s2) / 4, s2, 0.0]
        pieces = []
        for i in range(3):
            t = x - i
            r = 1 - t
            bent = ((r**3 - r) * s[i] + (t**3 - t) * s[i + 1]) / 6
            pieces.append(r * m.h[i] + t * m.h[i + 1] + bent)
        return (where(x < 1, pieces[0], where(x < 2, pieces[1], pieces[2])) - y) ** 2

    return loss, m


@program("Bézier curve by de Casteljau", t=uniform(0, 1), y=normal(2))
def bezier(rng):
    m = Weights(rng, points=(4, 2))

    def loss(t, y):
        points = m.points
        while len(points) > 1:
            points = [[(1 - t) * a + t * b for a, b in zip(p, q)] for p, q in pairwise(points)]
        return squared_distance(points[0], y)

    return loss, m


@program("Interpolation by Neville's scheme", x=uniform(-1, 1), y=normal())
def neville(rng):
    m = Weights(rng, f=4)

    def loss(x, y):
        p, at = list(m.f), [-1.0, -0.25, 0.5, 1.0]
        for k in range(1, 4):
            for i in range(4 - k):
                p[i] = ((x - at[i + k]) * p[i] + (at[i] - x) * p[i + 1]) / (at[i] - at[i + k])
        return (p[0] - y) ** 2

    return loss, m


@program("Simpson's rule over a learnt integrand", a=uniform(0, 0.5), b=uniform(1, 2), y=normal())
def simpson(rng):
    m = Weights(rng, w=3, v=3, c=3)

    def loss(a, b, y):
        def f(x):
            return fsum([c * tanh(w * x + v) for w, v, c in zip(m.w, m.v, m.c)])

        h = (b - a) / 4
        inner = 4 * f(a + h) + 2 * f(a + 2 * h) + 4 * f(a + 3 * h)
        return (h / 3 * (f(a) + inner + f(b)) - y) ** 2

    return loss, m


@program("Gauss and Legendre's quadrature of five points", b=uniform(0.5, 2), y=normal())
def gauss_legendre(rng):
    m = Weights(rng, w=(), v=())
    points = [0.0, 0.5384693101056831, -0.5384693101056831, 0.9061798459386640, -0.9061798459386640]
    weights = [0.5688888888888889, *[0.47862867049936647] * 2, *[0.23692688505618908] * 2]

    def loss(b, y):
        values = [exp(m.w * sin(b / 2 * (p + 1)) + m.v) for p in points]
        return (b / 2 * dot(weights, values) - y) ** 2

    return loss, m


@program("Romberg: trapezoids, extrapolated", b=uniform(0.5, 2), y=normal())
def romberg(rng):
    m = Weights(rng, w=(), v=())

    def loss(b, y):
        def f(x):
            return cos(m.w * x) * exp(-m.v * x)

        rows = []
        for k in range(3):
            n = 2**k
            inner = sum(f(b * i / n) for i in range(1, n))
            row = [b / n * ((f(0.0) + f(b)) / 2 + inner)]
            for j in range(k):
                row.append(row[j] + (row[j] - rows[-1][j]) / (4 ** (j + 1) - 1))
            rows.append(row)
        return (rows[-1][-1] - y) ** 2

    return loss, m


@program("A continued fraction", x=uniform(0.5, 2), y=normal())
def continued_fraction(rng):
    m = Weights(rng, a=5, b=5)

    def loss(x, y):
        value = 1.0
        for a, b in zip(m.a, m.b):
            value = exp(b) + a * a * x / value
        return (value - y) ** 2

    return loss, m


@program("Padé approximant", x=uniform(-1, 1), y=normal())
def pade(rng):
    m = Weights(rng, p=4, q=3)

    def loss(x, y):
        above = sum(c * x**k for k, c in enumerate(m.p))
        below = 1 + sum(c * c * x ** (2 * k) for k, c in enumerate(m.q))
        return (above / below - y) ** 2

    return loss, m


@program("Arithmetic-geometric mean", x=uniform(0.5, 2), y=uniform(0.5, 2))
def geometric_mean(rng):
    m = Weights(rng, a=(), b=())

    def loss(x, y):
        a, b = x * exp(m.a), exp(m.b)
        for _ in range(3):
            a, b = (a + b) / 2, sqrt(a * b)
        return (a - y) ** 2

    return loss, m


@program("Repeated squaring", x=uniform(0.8, 1.2))
def repeated_squaring(rng):
    m = Weights(rng, a=())

    def loss(x):
        p = x * exp(0.01 * m.a)
        for _ in range(8):
            p = p * p
        return log(1 + p)

    return loss, m


@program("Logistic map in its chaotic range", x=uniform(0.1, 0.9))
def logistic_map(rng):
    m = Weights(rng, r=())

    def loss(x):
        r = 3.7 + 0.1 * tanh(m.r)
        for _ in range(10):
            x = r * x * (1 - x)
        return x

    return loss, m


@program("Aitken's acceleration of Leibniz's series", x=uniform(0.3, 0.9), y=normal())
def aitken(rng):
    m = Weights(rng, a=())

    def loss(x, y):
        z = x * (0.7 + 0.2 * tanh(m.a))
        sums = [0.0]
        for k in range(5):
            sums.append(sums[-1] + (-1) ** k * z ** (2 * k + 1) / (2 * k + 1))
        a, b, c = sums[-3:]
        return (c - (c - b) ** 2 / (c - 2 * b + a) - atan(z)) ** 2 * 1e6 + (c - y) ** 2

    return loss, m


@program("Compensated sum (Kahan)", x=normal(6))
def kahan(rng):
    m = Weights(rng, w=6)

    def loss(x):
        total, lost = 0.0, 0.0
        for w, v in zip(m.w, x):
            term = w * v - lost
            after = total + term
            lost = (after - total) - term
            total = after
        return total**2

    return loss, m


@program("Odd-even merge sort network, of learnt scores", x=normal(4), y=normal(4))
def sorting_network(rng):
    m = Weights(rng, gain=4, shift=4)

    def loss(x, y):
        s = [g * v + c for g, v, c in zip(m.gain, x, m.shift)]
        for i, j in ((0, 1), (2, 3), (0, 2), (1, 3), (1, 2)):
            s[i], s[j] = minimum(s[i], s[j]), maximum(s[i], s[j])
        return squared_distance(s, [w + 0.1 * k for k, w in enumerate(y)])

    return loss, m


@program("Bilinear sampling of a learnt picture", u=uniform(0, 1), v=uniform(0, 1), y=normal())
def bilinear_sampling(rng):
    m = Weights(rng, picture=(3, 3), zoom=())

    def loss(u, v, y):
        a, b = (1 + tanh(m.zoom) * u, 1 + tanh(m.zoom) * v)
        weights = [
            [relu(1 - abs(a - i)) * relu(1 - abs(b - j)) for j in range(3)] for i in range(3)
        ]
        return (sum(dot(w, p) for w, p in zip(weights, m.picture)) - y) ** 2

    return loss, m


@program("Linear feedback, read at a time that is given", seed=normal(3), k=label(5), y=normal())
def linear_feedback(rng):
    m = Weights(rng, taps=3)

    def loss(seed, k, y):
        line = list(seed)
        for _ in range(5):
            line.append(dot(m.taps, line[-3:]))
        return (pick(line[3:], k) - y) ** 2

    return loss, m


@program("Multigrid: one V-cycle for Poisson's equation", f=normal(7))
def multigrid(rng):
    m = Weights(rng, damping=2, scale=())

    def smoothed(u, f, w):
        padded = [0.0, *u, 0.0]
        return [b + w * ((a + c + g) / 2 - b) for a, b, c, g in zip(padded, u, padded[2:], f)]

    def loss(f):
        fine = smoothed([0.0] * 7, f, m.damping[0])
        padded = [0.0, *fine, 0.0]
        rest = [g - (2 * b - a - c) for a, b, c, g in zip(padded, fine, padded[2:], f)]
        coarse = [(rest[i - 1] + 2 * rest[i] + rest[i + 1]) for i in (1, 3, 5)]
        error = smoothed(smoothed([0.0] * 3, coarse, 0.6), coarse, 0.6)
        raised = [0.0, *error, 0.0]
        spread = [
            raised[i // 2 + 1] if i % 2 else (raised[i // 2] + raised[i // 2 + 1]) / 2
            for i in range(7)
        ]
        fine = smoothed(plus(fine, [m.scale * e for e in spread]), f, m.damping[1])
        padded = [0.0, *fine, 0.0]
        return fsum([(g - (2 * b - a - c)) ** 2 for a, b, c, g in zip(padded, fine, padded[2:], f)])

    return loss, m
