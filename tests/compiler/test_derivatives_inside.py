"""Derivatives within a loss: those of a traced function are those of the scalar engine.

The losses are written once. The engine differentiates them on Values, and a program on arrays; both
the loss and its gradients by the parameters have to agree.
"""

import random
from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest
from agreement import check
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd_mini import (
    Value,
    clip,
    compile,
    dot,
    exp,
    fsum,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    logsumexp,
    maximum,
    primitive,
    relu,
    sin,
    softmax,
    sqrt,
    tanh,
    value_and_grad,
    vjp,
    where,
)

BACKENDS = [
    "numpy",
    pytest.param("tape", marks=pytest.mark.skipif(not find_spec("numba"), reason="needs Numba")),
    pytest.param("numba", marks=pytest.mark.skipif(not find_spec("numba"), reason="needs Numba")),
    pytest.param("jax", marks=pytest.mark.skipif(not find_spec("jax"), reason="needs JAX")),
]
backends = pytest.mark.parametrize("backend", BACKENDS)

rng = random.Random(7)
w, v = Value(0.7, "w"), Value(-0.4, "v")
first = [[Value(rng.gauss(0, 1)) for _ in range(2)] for _ in range(3)]
bias = [Value(rng.gauss(0, 1)) for _ in range(3)]
last = [Value(rng.gauss(0, 1)) for _ in range(3)]
model = nn.MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
T, X = np.random.default_rng(0).normal(size=(2, 4))


def net(t, x):
    return fsum(a * tanh(p * t + q * x + b) for a, (p, q), b in zip(last, first, bias))


def physics_informed(t, x):
    """The heat equation, u_t = 0.1 u_xx."""
    return (grad(net, 0)(t, x) - 0.1 * grad(grad(net, 1), 1)(t, x)) ** 2


def learning_to_learn(t, x):
    """MAML: the loss after a step of gradient descent on another example."""

    def loss(ws):
        return (dot(ws, [sin(t), t, 1.0]) - x) ** 2

    return loss([a - 0.1 * d for a, d in zip(last, grad(loss)(last))])


def gradient_penalty(t, x):
    dt, dx = grad(net, (0, 1))(t, x)
    return (sqrt(dt * dt + dx * dx) - 1) ** 2


def hamiltonian(t, x):
    dq, dp = grad(lambda state: net(*state))([t, x])
    return (dp - x) ** 2 + (dq + t) ** 2


def input_gradient(t, x):
    return fsum(d * d for d in grad(model)([t, x]))


def hessian_vector(t, x):
    return dot(hvp(lambda s: net(*s), ([t, x],), ([1.0, x],)), [x, 1.0])


def laplacian(t, x):
    h = hessian(model)([t, x])
    return h[0][0] + h[1][1] + h[0][1] * h[1][0]


def jacobian_norm(t, x):
    rows = jacobian(lambda s: [net(*s), s[0] * s[1], sin(s[0])])([t, x])
    return fsum(d * d for row in rows for d in row)


def forward_mode(t, x):
    y, moved = jvp(lambda s: net(*s), ([t, x],), ([1.0, w],))
    return y * moved


def reverse_mode(t, x):
    [y, _], back = vjp(lambda s: [net(*s), s[0] * s[1]], [t, x])
    [(dt, dx)] = back([1.0, w])
    return y + dt * dx


def value_beside_gradient(t, x):
    y, d = value_and_grad(lambda z: tanh(z * w) * x)(t)
    return y * d


def by_intermediates(t, x):
    z = net(t, x)
    [dz, dw] = gradients(exp(sin(z)) * w, [z, w], create_graph=True)
    return dz * dw


def norm_by_parameters(t, x):
    loss = (model([t, x]) - 1) ** 2
    return fsum(d * d for d in gradients(loss, model.parameters(), create_graph=True))


LOSSES = [
    physics_informed, learning_to_learn, gradient_penalty, hamiltonian, input_gradient,
    hessian_vector, laplacian, jacobian_norm, forward_mode, reverse_mode, value_beside_gradient,
    by_intermediates, norm_by_parameters,
]  # fmt: skip


@backends
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_with_derivatives_in_them(loss, backend):
    check(loss, (T, X), t=(), x=(), backend=backend)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_same_with_some_leaves_as_constants(loss):
    """A graph of Values that are constants, traced numbers and parameters."""
    check(loss, (T, X), t=(), x=(), parameters=[last, w])


cube = primitive("cube", lambda x: x * x * x, (lambda x, y: 3 * x * x,))

# f(q, x, w), to be differentiated by q
FUNCTIONS = {
    "own operation": lambda q, x, w: cube(q * w) * x,
    "where": lambda q, x, w: where(q > w, q * q * w, relu(q) * x),
    "kinks": lambda q, x, w: maximum(q * w, x) ** 2 + clip(q, -0.5, 0.5) * abs(q) * w,
    "lists": lambda q, x, w: (
        logsumexp([q * w, q * x, 1.0]) + dot([q, w], [q, x], q) * fsum([q, q, w])
    ),
    "softmax": lambda q, x, w: softmax([q * w, x, q * q])[0],
    "detached": lambda q, x, w: (q * w * 1.0).detach() * q * w + w.detach() * q * q,
    "power": lambda q, x, w: (q * q + 1) ** w * x,
    "does not depend": lambda q, x, w: w * x,
    "a number": lambda q, x, w: 3.0,
    "of q alone": lambda q, x, w: q**3,
}


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("at", ["input", "parameter", "number", "made of all"])
def test_by_inputs_parameters_numbers_and_what_was_made_of_them(f, order, at):
    def loss(x):
        q = {"input": x, "parameter": w, "number": 0.3, "made of all": x * w + 0.1}[at]
        derivative = partial(f, x=x, w=w)
        for _ in range(order):
            derivative = grad(derivative)
        return derivative(q) * w + w * x

    check(loss, (X,), x=())


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.floats(-2, 2))
def test_derivatives_inside_derivatives_know_their_variables(point, number):
    """Perturbations of nested derivatives are not confused, as in d/dq (q * d/dr (q + r))."""
    a, b = Value(point[0]), Value(point[1])

    def loss(x):
        inner = grad(lambda q: q * grad(lambda r: r * q * a + q)(number))
        return inner(x) * b + inner(b) + inner(a * x) + grad(inner)(point[2])

    check(loss, ([0.5, -1.0],), x=())


def test_structures_and_arrays():
    def structures(x):
        g = grad(lambda p: p["a"] ** 2 * sin(p["b"][0]) * x)({"a": w, "b": [v]})
        return g["a"] * g["b"][0]

    def arrays(x):
        g = grad(lambda p: (p @ p) * p[0] * x)(np.array([w, v]))
        return g[0] * g[1] + jacobian(lambda p: p * p * w)(np.array([x, 2.0])).sum()

    check(structures, (X,), x=())
    check(arrays, (X,), x=())


def test_what_a_function_gives_beside_its_value():
    def loss(x):
        d, [z, n] = grad(lambda q: (q * q * w, [q * w, 3.0]), has_aux=True)(x)
        return d * z + n

    check(loss, (X,), x=())


def test_without_create_graph_the_derivatives_are_numbers():
    """No gradient flows through them, as none flows through a float."""

    def loss(x):
        z = w * x
        [dz, dw] = gradients(exp(z) * v, [z, v])
        return dz * dw * w

    check(loss, (X,), x=())


def test_a_detached_number_follows_its_parameters():
    a, b = Value(2.0), Value(3.0)
    program = compile(lambda x: a.detach() * b * x + (a * x).detach(), x=(), parameters=[a, b])
    assert program.value_and_grad([1.0]) == (8, [0, 2])
    a.data = 5.0
    program.load()
    assert program.value_and_grad([1.0]) == (20, [0, 5])


@backends
def test_detached_parts_on_every_backend(backend):
    def loss(x):
        return (w * x - v.detach()) ** 2 + v * (w * x).detach() * tanh(v * x)

    check(loss, (X,), x=(), backend=backend)
