"""Linear algebra in scalars."""

import math

from autograd_mini import cos, dot, exp, fsum, log, logsumexp, relu, sin, sqrt, tanh, where

from . import (
    Weights,
    affine,
    matmul,
    matvec,
    normal,
    plus,
    program,
    squared_distance,
    transposed,
    uniform,
)


def cholesky(a):
    """The lower triangle L with L Lᵀ = a."""
    n = len(a)
    L = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = a[i][j] - fsum([L[i][k] * L[j][k] for k in range(j)]) if j else a[i][j]
            L[i][j] = sqrt(rest) if i == j else rest / L[j][j]
    return L


def forward_substitution(L, b):
    z = []
    for i, row in enumerate(L):
        z.append((b[i] - sum(row[j] * z[j] for j in range(i))) / row[i])
    return z


def back_substitution(U, b):
    n = len(b)
    x = [None] * n
    for i in reversed(range(n)):
        x[i] = (b[i] - sum(U[i][j] * x[j] for j in range(i + 1, n))) / U[i][i]
    return x


def gram(rows, ridge=1.0):
    """rows rowsᵀ + ridge I: positive definite."""
    return [
        [dot(p, q) + (ridge if i == j else 0.0) for j, q in enumerate(rows)]
        for i, p in enumerate(rows)
    ]


@program("Gaussian likelihood by Cholesky", x=normal(4))
def cholesky_likelihood(rng):
    m = Weights(rng, A=(4, 3), mean=4)

    def loss(x):
        L = cholesky(gram(m.A))
        z = forward_substitution(L, [a - b for a, b in zip(x, m.mean)])
        return dot(z, z) / 2 + sum(log(L[i][i]) for i in range(4))

    return loss, m


@program("LU decomposition, and the two triangles solved", b=normal(4), y=normal(4))
def lu_solve(rng):
    m = Weights(rng, A=(4, 4))

    def loss(b, y):
        A = [[v + (3.0 if i == j else 0.0) for j, v in enumerate(r)] for i, r in enumerate(m.A)]
        b = list(b)
        for k in range(4):
            for i in range(k + 1, 4):
                factor = A[i][k] / A[k][k]
                A[i] = [
                    u - factor * v if j > k else 0.0 for j, (u, v) in enumerate(zip(A[i], A[k]))
                ]
                b[i] = b[i] - factor * b[k]
        return squared_distance(back_substitution(A, b), y)

    return loss, m


@program("Least squares by QR (Gram and Schmidt)", A=normal(4, 3), y=normal(4))
def gram_schmidt(rng):
    m = Weights(rng, W=(2, 3))

    def loss(A, y):
        basis, residual = [], y
        for w in m.W:
            v = [tanh(dot(w, row)) for row in A]  # a feature of the four rows
            for q in basis:
                c = dot(q, v)
                v = [a - c * b for a, b in zip(v, q)]
            size = sqrt(dot(v, v) + 1e-3)
            basis.append([a / size for a in v])
            c = dot(basis[-1], residual)
            residual = [a - c * b for a, b in zip(residual, basis[-1])]
        return dot(residual, residual)

    return loss, m


@program("Householder reflections as an orthogonal layer", x=normal(4), y=normal(4))
def householder(rng):
    m = Weights(rng, v=(3, 4), stretch=4)

    def loss(x, y):
        for v in m.v:
            c = 2 * dot(v, x) / dot(v, v)
            x = [a - c * b for a, b in zip(x, v)]
        return squared_distance([s * a for s, a in zip(m.stretch, x)], y)

    return loss, m


@program("Power iteration: the largest eigenvalue", d=uniform(0.5, 2, 3))
def power_iteration(rng):
    m = Weights(rng, A=(3, 3))

    def loss(d):
        S = gram(m.A, 0.5)
        v = d
        for _ in range(5):
            v = matvec(S, v)
            size = sqrt(dot(v, v))
            v = [a / size for a in v]
        return (dot(v, matvec(S, v)) - 2) ** 2

    return loss, m


@program("Sinkhorn: optimal transport, in logarithms", x=normal(3), y=normal(3))
def sinkhorn(rng):
    m = Weights(rng, scale=(), shift=())

    def loss(x, y):
        cost = [[(m.scale * a + m.shift - b) ** 2 for b in y] for a in x]
        f, g = [0.0] * 3, [0.0] * 3
        for _ in range(4):
            f = [-logsumexp([gj - c for gj, c in zip(g, row)]) - math.log(3) for row in cost]
            g = [
                -logsumexp([fi - c for fi, c in zip(f, col)]) - math.log(3)
                for col in transposed(cost)
            ]
        return fsum(
            [exp(f[i] + g[j] - cost[i][j]) * cost[i][j] for i in range(3) for j in range(3)]
        )

    return loss, m


@program("Sinkhorn normalisation: doubly stochastic weights", x=normal(3), y=normal(3))
def doubly_stochastic(rng):
    m = Weights(rng, logits=(3, 3))

    def loss(x, y):
        P = [[exp(v) for v in row] for row in m.logits]
        for _ in range(4):
            P = [[v / fsum(row) for v in row] for row in P]
            P = transposed([[v / fsum(row) for v in row] for row in transposed(P)])
        return squared_distance(matvec(P, x), y)

    return loss, m


@program("Inverse of a 3x3 matrix by cofactors", b=normal(3), y=normal(3))
def inverse_3x3(rng):
    m = Weights(rng, A=(3, 3))

    def loss(b, y):
        (p, q, r), (s, t, u), (v, w, z) = (
            [c + (2.0 if i == j else 0.0) for j, c in enumerate(row)] for i, row in enumerate(m.A)
        )
        adjugate = [
            [t * z - u * w, r * w - q * z, q * u - r * t],
            [u * v - s * z, p * z - r * v, r * s - p * u],
            [s * w - t * v, q * v - p * w, p * t - q * s],
        ]
        det = p * adjugate[0][0] + q * adjugate[1][0] + r * adjugate[2][0]
        return squared_distance([v / det for v in matvec(adjugate, b)], y)

    return loss, m


@program("Determinant by Laplace's expansion", x=normal(4))
def determinant(rng):
    m = Weights(rng, A=(4, 4))

    def det(a):
        if len(a) == 1:
            return a[0][0]
        minors = ([row[:j] + row[j + 1 :] for row in a[1:]] for j in range(len(a)))
        return sum((-1) ** j * v * det(minor) for j, (v, minor) in enumerate(zip(a[0], minors)))

    def loss(x):
        A = [list(row) for row in m.A]
        for i, u in enumerate(x):
            A[i][i] = A[i][i] + u
        return (det(A) - 1) ** 2

    return loss, m


@program("Conjugate gradients", b=normal(4), y=normal(4))
def conjugate_gradients(rng):
    m = Weights(rng, A=(4, 4))

    def loss(b, y):
        S = gram(m.A)
        x, r, p = [0.0] * 4, b, b
        for _ in range(3):
            q = matvec(S, p)
            step = dot(r, r) / dot(p, q)
            x = [a + step * c for a, c in zip(x, p)]
            rest = [a - step * c for a, c in zip(r, q)]
            ratio = dot(rest, rest) / dot(r, r)
            r, p = rest, [a + ratio * c for a, c in zip(rest, p)]
        return squared_distance(x, y)

    return loss, m


@program("Gauss and Seidel: a sweep uses what it has just made", b=normal(4))
def gauss_seidel(rng):
    m = Weights(rng, A=(4, 4))

    def loss(b):
        x = [0.0] * 4
        for _ in range(3):
            for i in range(4):
                rest = sum(m.A[i][j] * x[j] for j in range(4) if j != i)
                x[i] = (b[i] - rest) / (3 + m.A[i][i])
        return dot(x, x)

    return loss, m


@program("Tridiagonal systems (Thomas)", b=normal(5))
def thomas(rng):
    m = Weights(rng, below=4, above=4, diagonal=5)

    def loss(b):
        c, d = [], []
        for i in range(5):
            pivot = 3 + m.diagonal[i] - (m.below[i - 1] * c[-1] if i else 0.0)
            d.append((b[i] - (m.below[i - 1] * d[-1] if i else 0.0)) / pivot)
            if i < 4:
                c.append(m.above[i] / pivot)
        x = d[-1]
        total = x * x
        for i in reversed(range(4)):
            x = d[i] - c[i] * x
            total += x * x
        return total

    return loss, m


@program("Matrix exponential by scaling and squaring", x=normal(3), y=normal(3))
def matrix_exponential(rng):
    m = Weights(rng, A=(3, 3))

    def loss(x, y):
        small = [[v / 4 for v in row] for row in m.A]
        term = E = [[1.0 * (i == j) for j in range(3)] for i in range(3)]
        for k in range(1, 5):
            term = [[v / k for v in row] for row in matmul(term, small)]
            E = [plus(a, b) for a, b in zip(E, term)]
        E = matmul(E, E)
        E = matmul(E, E)
        return squared_distance(matvec(E, x), y)

    return loss, m


@program("Inverse by Newton and Schulz", x=normal(3), y=normal(3))
def newton_schulz(rng):
    m = Weights(rng, A=(3, 3))

    def loss(x, y):
        S = gram(m.A)
        X = [[0.2 * (i == j) for j in range(3)] for i in range(3)]
        for _ in range(3):
            R = [[2.0 * (i == j) - v for j, v in enumerate(r)] for i, r in enumerate(matmul(S, X))]
            X = matmul(X, R)
        return squared_distance(matvec(X, x), y)

    return loss, m


@program("One sweep of Jacobi's rotations", x=normal(3))
def jacobi_rotations(rng):
    m = Weights(rng, A=(3, 3))

    def loss(x):
        S = gram(m.A)
        for i, u in enumerate(x):
            S[i][i] = S[i][i] + u
        for p, q in ((0, 1), (0, 2), (1, 2)):
            theta = (S[q][q] - S[p][p]) / (2 * S[p][q])
            t = where(theta < 0, -1.0, 1.0) / (abs(theta) + sqrt(theta * theta + 1))
            c = 1 / sqrt(t * t + 1)
            J = [[1.0 * (i == j) for j in range(3)] for i in range(3)]
            J[p][p], J[q][q], J[p][q], J[q][p] = c, c, t * c, -t * c
            S = matmul(transposed(J), matmul(S, J))
        return log(S[0][0] ** 2 + S[1][1] ** 2 + 1)

    return loss, m


@program("Givens rotations as a parametrised orthogonal matrix", x=normal(4), y=normal(4))
def givens(rng):
    m = Weights(rng, angle=6)

    def loss(x, y):
        x = list(x)
        pairs = [(i, j) for i in range(4) for j in range(i)]
        for angle, (i, j) in zip(m.angle, pairs):
            c, s = cos(angle), sin(angle)
            x[i], x[j] = c * x[i] - s * x[j], s * x[i] + c * x[j]
        return squared_distance(x, y)

    return loss, m


@program("Low-rank adaptation (LoRA) of a frozen layer", x=normal(4), y=normal(4))
def lora(rng):
    m = Weights(rng, down=(2, 4), up=(4, 2))
    frozen = [[rng.gauss(0, 0.5) for _ in range(4)] for _ in range(4)]

    def loss(x, y):
        out = plus(matvec(frozen, x), matvec(m.up, matvec(m.down, x)))
        return squared_distance([tanh(z) for z in out], y)

    return loss, m


@program("Kronecker-factored layer", x=normal(2, 3), y=normal(2, 3))
def kronecker(rng):
    m = Weights(rng, A=(2, 2), B=(3, 3))

    def loss(x, y):
        out = matmul(matmul(m.A, x), transposed(m.B))
        return sum(squared_distance([relu(v) for v in a], b) for a, b in zip(out, y))

    return loss, m


@program("Monarch matrix: two block-diagonal factors and a shuffle", x=normal(4), y=normal(4))
def monarch(rng):
    m = Weights(rng, L=(2, 2, 2), R=(2, 2, 2), b=4)

    def loss(x, y):
        h = matvec(m.R[0], x[:2]) + matvec(m.R[1], x[2:])
        h = [h[0], h[2], h[1], h[3]]
        h = matvec(m.L[0], h[:2]) + matvec(m.L[1], h[2:])
        h = affine([[1.0 * (i == j) for j in range(4)] for i in (0, 2, 1, 3)], m.b, h)
        return squared_distance(h, y)

    return loss, m
