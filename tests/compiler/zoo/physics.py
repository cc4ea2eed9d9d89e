"""Physics, simulated step by step."""

from autograd_mini import asin, cos, dot, exp, fsum, sin, softplus, sqrt, tanh
from nn import MLP

from . import Weights, matvec, normal, plus, program, squared_distance, transposed, uniform


def moved(x, v, dt):
    return [a + dt * b for a, b in zip(x, v)]


@program("Three bodies under gravity, by leapfrog", start=normal(3, 2), end=normal(3, 2))
def three_bodies(rng):
    m = Weights(rng, mass=3, G=())

    def loss(start, end):
        x, v = start, [[0.0, 0.0] for _ in range(3)]
        for _ in range(3):
            for i in range(3):
                for j in range(3):
                    if i != j:
                        d = [b - a for a, b in zip(x[i], x[j])]
                        pull = m.G * exp(m.mass[j]) / (dot(d, d) + 0.5) ** 1.5
                        v[i] = moved(v[i], d, 0.1 * pull)
            x = [moved(a, b, 0.1) for a, b in zip(x, v)]
        return sum(squared_distance(a, b) for a, b in zip(x, end))

    return loss, m


@program("Pendulum by leapfrog", angle=uniform(-2, 2), seen=normal(6))
def pendulum(rng):
    m = Weights(rng, length=(), damping=())

    def loss(angle, seen):
        v, total = 0.0, 0.0
        for target in seen:
            v = v - 0.1 * (exp(m.length) * sin(angle) + m.damping * v)
            angle = angle + 0.1 * v
            total += (angle - target) ** 2
        return total

    return loss, m


@program("Double pendulum by Euler's method", start=uniform(-1.5, 1.5, 2), end=normal(2))
def double_pendulum(rng):
    m = Weights(rng, gravity=(), ratio=())

    def loss(start, end):
        (a, b), u, v = start, 0.0, 0.0
        g, r = exp(m.gravity), exp(m.ratio)
        for _ in range(4):
            c, s = cos(a - b), sin(a - b)
            below = 1 + r * s * s
            du = (-g * ((1 + r) * sin(a) - r * sin(b) * c) - r * s * (v * v + c * u * u)) / below
            dv = ((1 + r) * (g * (sin(a) * c - sin(b)) + s * u * u) + r * s * c * v * v) / below
            u, v = u + 0.1 * du, v + 0.1 * dv
            a, b = a + 0.1 * u, b + 0.1 * v
        return squared_distance([a, b], end)

    return loss, m


@program("Heat equation on a rod, explicit", start=uniform(0, 1, 6), end=uniform(0, 1, 6))
def heat_equation(rng):
    m = Weights(rng, conductivity=(), ends=2)

    def loss(start, end):
        u, k = start, 0.3 / (1 + exp(-m.conductivity))
        for _ in range(4):
            around = [m.ends[0], *u, m.ends[1]]
            u = [b + k * (a - 2 * b + c) for a, b, c in zip(around, u, around[2:])]
        return squared_distance(u, end)

    return loss, m


@program("Wave equation on a ring", start=normal(6), end=normal(6))
def wave_equation(rng):
    m = Weights(rng, speed=())

    def loss(start, end):
        before = u = start
        c = 0.1 + 0.2 * tanh(m.speed) ** 2
        for _ in range(4):
            after = [
                2 * u[i] - before[i] + c * (u[i - 1] - 2 * u[i] + u[(i + 1) % 6]) for i in range(6)
            ]
            before, u = u, after
        return squared_distance(u, end)

    return loss, m


@program("Burgers' equation, upwind with viscosity", start=uniform(0.1, 1, 6), end=uniform(0, 1, 6))
def burgers(rng):
    m = Weights(rng, viscosity=())

    def loss(start, end):
        u, nu = start, 0.2 * softplus(m.viscosity)
        for _ in range(3):
            u = [
                u[i]
                - 0.1 * u[i] * (u[i] - u[i - 1])
                + 0.1 * nu * (u[i - 1] - 2 * u[i] + u[(i + 1) % 6])
                for i in range(6)
            ]
        return squared_distance(u, end)

    return loss, m


@program(
    "Reaction and diffusion (Gray and Scott)", start=uniform(0.2, 0.8, 5), end=uniform(0, 1, 5)
)
def gray_scott(rng):
    m = Weights(rng, feed=(), kill=(), spread=2)

    def loss(start, end):
        u, v = start, [1 - a for a in start]
        for _ in range(3):
            bent = [[w[i - 1] - 2 * w[i] + w[(i + 1) % 5] for i in range(5)] for w in (u, v)]
            react = [a * b * b for a, b in zip(u, v)]
            u = [
                a + 0.1 * (m.spread[0] * d - r + m.feed * (1 - a))
                for a, d, r in zip(u, bent[0], react)
            ]
            v = [b + 0.1 * (m.spread[1] * d + r - m.kill * b) for b, d, r in zip(v, bent[1], react)]
        return squared_distance(v, end)

    return loss, m


def runge_kutta(f, x, dt):
    k1 = f(x)
    k2 = f(moved(x, k1, dt / 2))
    k3 = f(moved(x, k2, dt / 2))
    k4 = f(moved(x, k3, dt))
    return [v + dt / 6 * (a + 2 * b + 2 * c + d) for v, a, b, c, d in zip(x, k1, k2, k3, k4)]


@program(
    "Lotka and Volterra by Runge and Kutta",
    start=uniform(0.5, 1.5, 2),
    seen=uniform(0.5, 1.5, 3, 2),
)
def lotka_volterra(rng):
    m = Weights(rng, growth=(), bite=(), death=(), gain=())

    def rates(z):
        prey, hunters = z
        return [
            prey * (exp(m.growth) - exp(m.bite) * hunters),
            hunters * (exp(m.gain) * prey - exp(m.death)),
        ]

    def loss(start, seen):
        z, total = start, 0
        for target in seen:
            z = runge_kutta(rates, z, 0.1)
            total += squared_distance(z, target)
        return total

    return loss, m


@program("Neural ordinary differential equation", start=normal(2), end=normal(2))
def neural_ode(rng):
    m = MLP(2, [4, 2], activation="tanh", rng=rng)

    def loss(start, end):
        z = start
        for _ in range(3):
            z = runge_kutta(m, z, 0.2)
        return squared_distance(z, end)

    return loss, m


@program("Lorenz attractor with unknown constants", start=normal(3), end=normal(3))
def lorenz(rng):
    m = Weights(rng, sigma=(), rho=(), beta=())

    def loss(start, end):
        x, y, z = start
        for _ in range(5):
            x, y, z = (
                x + 0.02 * (10 + m.sigma) * (y - x),
                y + 0.02 * (x * (28 + m.rho - z) - y),
                z + 0.02 * (x * y - (8 / 3 + m.beta) * z),
            )
        return squared_distance([x, y, z], end)

    return loss, m


@program("Spring mesh: a cloth of 2x3 knots", push=normal(2), y=normal(2))
def spring_mesh(rng):
    m = Weights(rng, stiffness=7, rest=7)
    knots = [(i, j) for i in range(2) for j in range(3)]
    springs = [
        (p, q)
        for p in range(6)
        for q in range(p)
        if sum(abs(a - b) for a, b in zip(knots[p], knots[q])) == 1
    ]

    def loss(push, y):
        x = [[float(i), float(j)] for i, j in knots]
        v = [[0.0, 0.0] for _ in knots]
        v[-1] = push
        for _ in range(2):
            for (p, q), k, rest in zip(springs, m.stiffness, m.rest):
                d = [b - a for a, b in zip(x[p], x[q])]
                size = sqrt(dot(d, d) + 0.01)
                pull = exp(k) * (size - 1 - 0.1 * rest) / size
                v[p], v[q] = moved(v[p], d, 0.1 * pull), moved(v[q], d, -0.1 * pull)
            x = [moved(a, b, 0.1) for a, b in zip(x, v)]
        return squared_distance(x[-1], y)

    return loss, m


@program("Lennard-Jones energy of four atoms", x=normal(4, 3, scale=2.0), energy=normal())
def lennard_jones(rng):
    m = Weights(rng, depth=(), radius=())

    def loss(x, energy):
        total = 0
        for i in range(4):
            for j in range(i):
                d2 = squared_distance(x[i], x[j]) + 0.3
                s6 = (softplus(m.radius) / d2) ** 3
                total += 4 * exp(m.depth) * (s6 * s6 - s6)
        return (tanh(total / 50) - energy) ** 2

    return loss, m


@program("Kuramoto's oscillators", start=uniform(-3, 3, 4), end=uniform(-1, 1))
def kuramoto(rng):
    m = Weights(rng, own=4, coupling=())

    def loss(start, end):
        a = start
        for _ in range(3):
            a = [
                p + 0.1 * (w + m.coupling / 4 * fsum([sin(q - p) for q in a]))
                for p, w in zip(a, m.own)
            ]
        return (fsum([cos(p) for p in a]) / 4 - end) ** 2

    return loss, m


@program("Ising model in mean field", field=normal(4), y=uniform(-1, 1, 4))
def mean_field_ising(rng):
    m = Weights(rng, J=(4, 4))

    def loss(field, y):
        s = [0.0] * 4
        coupling = [plus(row, column) for row, column in zip(m.J, transposed(m.J))]
        for _ in range(4):
            s = [tanh(h + dot(row, s)) for h, row in zip(field, coupling)]
        return squared_distance(s, y)

    return loss, m


@program("A ray through layers of glass (Snell)", angle=uniform(-0.6, 0.6), y=normal())
def snell(rng):
    m = Weights(rng, density=3, thickness=3)

    def loss(angle, y):
        s, height, index = sin(angle), 0.0, 1.0
        for density, thickness in zip(m.density, m.thickness):
            after = 1 + softplus(density)
            s, index = s * index / after, after
            height = height + softplus(thickness) * s / sqrt(1 - s * s)
        return (height + asin(s) - y) ** 2

    return loss, m


@program("Rotation by a unit quaternion", x=normal(3), y=normal(3))
def quaternion(rng):
    m = Weights(rng, q=4)

    def cross(a, b):
        return [a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)]

    def loss(x, y):
        size = sqrt(dot(m.q, m.q))
        w, *v = [c / size for c in m.q]
        t = [2 * c for c in cross(v, x)]
        return squared_distance([a + w * b + c for a, b, c in zip(x, t, cross(v, t))], y)

    return loss, m


@program("Projectile with drag and wind", start=uniform(0.5, 2, 2), y=normal())
def projectile(rng):
    m = Weights(rng, drag=(), wind=())

    def loss(start, y):
        (u, v), x, height = start, 0.0, 0.0
        for _ in range(5):
            du = u - m.wind
            speed = sqrt(du * du + v * v + 1e-6)
            u, v = u - 0.1 * exp(m.drag) * speed * du, v - 0.1 * (9.81 + exp(m.drag) * speed * v)
            x, height = x + 0.1 * u, height + 0.1 * v
        return (x - y) ** 2 + 0.1 * height**2

    return loss, m


@program(
    "Two-state quantum system: Schrödinger, by symplectic steps",
    start=uniform(-1, 1),
    y=uniform(0, 1),
)
def two_state(rng):
    m = Weights(rng, energy=2, coupling=())

    def loss(start, y):
        p = [cos(start), sin(start), 0.0, 0.0]  # real parts, then imaginary ones
        H = [[m.energy[0], m.coupling], [m.coupling, m.energy[1]]]
        for _ in range(3):
            real, imaginary = p[:2], p[2:]
            real = moved(real, matvec(H, imaginary), 0.2)
            imaginary = moved(imaginary, matvec(H, real), -0.2)
            p = real + imaginary
        return (p[0] * p[0] + p[2] * p[2] - y) ** 2

    return loss, m
