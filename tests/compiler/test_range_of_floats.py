"""No rewriting leaves the range of floats: constants fold only where that is safe, and exponentials
written by hand do not overflow."""

import math

import numpy as np
import pytest
from agreement import noise
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import (
    Value,
    compile,
    dot,
    exp,
    fsum,
    log,
    log1p,
    logsumexp,
    sigmoid,
    softmax,
    softplus,
    tanh,
)

pytestmark = pytest.mark.usefixtures("cache_of_its_own")
INTERPRETED = ["numpy", "tape"]  # the others compile for seconds: many losses at once


def of(loss, parameters, backend):
    """The program of a loss of parameters times x."""
    if backend != "numpy":
        pytest.importorskip("jax" if backend == "jax" else "numba")
    return compile(
        lambda x: loss(*[p * x for p in parameters]), x=(), backend=backend, parameters=parameters
    )


def compiled(loss, numbers, backend="numpy"):
    """The loss of a program of the parameters alone, and its gradient, in their order."""
    program = of(loss, [Value(x) for x in numbers], backend)
    found, gradients = program.value_and_grad([1.0])
    slopes = np.empty(len(numbers))
    for places, gradient in zip(program.places, gradients):
        slopes[places] = gradient
    return found, slopes


# -- constants ------------------------------------------------------------------------------------

EXTREMES = [1e150, 1e-150, -1e300, 1e-300, 1e-309, 5e-324, 1e16, 1e-16, 1e40, -3.0, 0.5, 2.0]
STEPS = {
    "x*c": lambda x, y, c, d: x * c,
    "x/c": lambda x, y, c, d: x / c,
    "c/x": lambda x, y, c, d: c / x,
    "x+c": lambda x, y, c, d: x + c,
    "x*y": lambda x, y, c, d: x * y,
    "x/y": lambda x, y, c, d: x / y,
    "cx+dy": lambda x, y, c, d: dot([c, d], [x, y]),
    "cx/dy": lambda x, y, c, d: (c * x) / (d * y),
    "tanh": lambda x, y, c, d: tanh(x),
}
programs = st.lists(
    st.tuples(st.sampled_from(list(STEPS)), *[st.integers(0, 20)] * 2,
              *[st.sampled_from(EXTREMES)] * 2), min_size=2, max_size=8)  # fmt: skip


@given(programs, st.sampled_from([0.7, -1.3]), st.sampled_from(["numpy", "tape"]))
def test_what_is_finite_as_scalars_is_finite_and_the_same(steps, size, backend):
    if backend == "tape":
        pytest.importorskip("numba")
    w, v = Value(size), Value(2.3)

    def loss(x):
        made = [x, w, v]
        for name, i, j, c, d in steps:
            made.append(STEPS[name](made[i % len(made)], made[j % len(made)], c, d))
        return made[-1] * w

    try:
        root = loss(0.6)
        root.backward()
        wanted = np.array([root.data, w.grad, v.grad])
    except ArithmeticError:
        return
    if not np.isfinite(wanted).all():
        return
    program = compile(loss, x=(), parameters=[w, v], backend=backend)
    total, gradients = program.value_and_grad([0.6])
    found = np.array([total, 0.0, 0.0])
    for places, gradient in zip(program.places, gradients):
        found[1 + places] = gradient
    scale = np.array([abs(wanted[0]), *[np.abs(wanted[1:]).max()] * 2])
    allowed = 1e-11 * scale + 1e-300
    if not (np.abs(found - wanted) <= allowed).all():
        allowed += noise([root], 1.0, [w, v], 1e-13)
    assert (np.abs(found - wanted) <= allowed).all(), (found, wanted, program.source)


OUT_OF_THE_WAY = [
    lambda w, v: w * 1e300 * 1e-5 * 1e-300,
    lambda w, v: (w * 1e-5) * 1e308 * 10 * 1e-300,
    lambda w, v: w * 1e-200 * 1e-200 * 1e200,
    lambda w, v: (w * 1e-200) * (v * 1e-200) * 1e200,
    lambda w, v: 1e-5 / (w * 1e300) * 1e300,
    lambda w, v: (w * 1e150) / (v * 1e-150) * 1e-305,
    lambda w, v: 1e200 * ((1e10 * w) * (1e-10 * v)) / 1e190,
    lambda w, v: (1e308 * w + 1e308 * w) * 1e-300,
    lambda w, v: (w + 1e300) - 1e300,
    lambda w, v: (w + 1e16) - 1e16,
]


@pytest.mark.parametrize("backend", INTERPRETED)
@pytest.mark.parametrize("loss", OUT_OF_THE_WAY)
def test_constants_out_of_the_way_stay_where_they_are(loss, backend):
    w, v = Value(0.3), Value(0.4)
    root = loss(w, v)
    root.backward()
    found, slopes = compiled(loss, [0.3, 0.4], backend)
    assert found == pytest.approx(root.data, rel=1e-13, abs=0)
    assert slopes == pytest.approx([w.grad, v.grad], rel=1e-13, abs=0)


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_compilers_leave_them_there(backend):
    losses = OUT_OF_THE_WAY[: -2 if backend == "jax" else None]  # XLA adds constants up
    program = of(lambda w, v: [f(w, v) for f in losses], [Value(0.3), Value(0.4)], backend)
    for row in program.predict([1.0] * 9):
        assert row == pytest.approx([f(0.3, 0.4) for f in losses], rel=1e-12, abs=0)


def test_a_quotient_by_a_subnormal_number():
    found, _ = compiled(lambda w: w / 1e-309, [1e-5])
    assert found == 1e-5 / 1e-309


def test_what_is_reassociated():
    """As docs/compiler.md says: sums lose their brackets, and their smaller constants add up."""
    assert compiled(lambda w: (w + 1e9) - 1e9, [1e-9])[0] == 1e-9
    assert (Value(1e-9) + 1e9 - 1e9).data == 0
    a, b = 1.0, 1e-17

    def error_of_a_sum(a, b):
        s = a + b
        return (a - (s - (s - a))) + (b - (s - a))

    assert error_of_a_sum(a, b) == b
    assert compiled(error_of_a_sum, [a, b])[0] == 0


# -- exponentials ---------------------------------------------------------------------------------

BY_HAND = {  # by hand, and by the functions that do not overflow
    "logsumexp": (lambda a, b, c: log(exp(a) + exp(b) + exp(c)), lambda *z: logsumexp(z)),
    "softplus": (lambda a, b, c: log(1 + exp(a)), lambda a, b, c: softplus(a)),
    "exp + 1": (lambda a, b, c: log(exp(a) + 1), lambda a, b, c: softplus(a)),
    "log1p": (lambda a, b, c: log1p(exp(a)), lambda a, b, c: softplus(a)),
    "log1p of two": (
        lambda a, b, c: log1p(exp(a) + exp(b)), lambda a, b, c: logsumexp([a, b, 0.0])),
    "log sigmoid": (lambda a, b, c: -log(1 + exp(-a)), lambda a, b, c: -softplus(-a)),
    "a constant": (
        lambda a, b, c: log(exp(a) + exp(b) + 2), lambda a, b, c: logsumexp([a, b, math.log(2)])),
    "coefficients": (
        lambda a, b, c: log(3 * exp(a) + exp(b)), lambda a, b, c: logsumexp([a + math.log(3), b])),
    "a product": (
        lambda a, b, c: log(exp(a) * exp(b) + exp(c)), lambda a, b, c: logsumexp([a + b, c])),
    "a mean": (
        lambda a, b, c: log((exp(a) + exp(b)) / 2),
        lambda a, b, c: logsumexp([a, b]) - math.log(2)),
    "more": (
        lambda a, b, c: log(1 + (exp(a) + exp(b)) / 2),
        lambda a, b, c: softplus(logsumexp([a, b]) - math.log(2))),
    "of a quotient": (
        lambda a, b, c: log(exp(a) / (exp(a) + exp(b))), lambda a, b, c: a - logsumexp([a, b])),
    "of a sigmoid": (lambda a, b, c: log(1 / (1 + exp(-a))), lambda a, b, c: -softplus(-a)),
    "sigmoid": (lambda a, b, c: 1 / (1 + exp(-a)), lambda a, b, c: sigmoid(a)),
    "silu": (lambda a, b, c: tanh(b) / (1 + exp(-a)), lambda a, b, c: tanh(b) * sigmoid(a)),
    "odds": (lambda a, b, c: exp(a) / (1 + exp(a)), lambda a, b, c: sigmoid(a)),
    "softmax": (
        lambda a, b, c: exp(a) / (exp(a) + 2 * exp(b) + 1),
        lambda a, b, c: softmax([a, b + math.log(2), 0.0])[0]),
}  # fmt: skip
POINTS = [[0.3, -0.2, 1.0], [800.0, -3.0, 2.0], [-800.0, 790.0, 5.0], [-900.0, -950.0, -1000.0]]


@pytest.mark.parametrize("backend", INTERPRETED)
@pytest.mark.parametrize("name", BY_HAND)
def test_exponentials_by_hand(name, backend):
    by_hand, by_library = BY_HAND[name]
    for point in POINTS:
        values = [Value(x) for x in point]
        root = by_library(*values)
        root.backward()
        found, slopes = compiled(by_hand, point, backend)
        assert found == pytest.approx(root.data, rel=1e-12, abs=1e-15)
        assert slopes == pytest.approx([v.grad for v in values], rel=1e-11, abs=1e-14)
    assert by_hand(*POINTS[0]) == pytest.approx(by_library(*POINTS[0]), rel=1e-13)


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_all_exponentials_by_hand_at_once(backend):
    parameters = [Value(0.0) for _ in range(3 * len(BY_HAND))]

    def loss(side, *z):
        return fsum([pair[side](*z[3 * i : 3 * i + 3]) for i, pair in enumerate(BY_HAND.values())])

    program = of(lambda *z: loss(0, *z), parameters, backend)
    for point in POINTS:
        for i, value in enumerate(parameters):
            value.data, value.grad = point[i % 3], 0.0
        root = loss(1, *parameters)
        root.backward(-1)
        assert program.backward([1.0]) == pytest.approx(root.data, rel=1e-12)
        assert max(abs(value.grad) for value in parameters) < 1e-13


def test_logarithms_that_cannot_overflow_stay_as_written():
    """Of a probability and a constant; and softplus by hand, of a large number."""
    for loss in (
        lambda a, b, c: -log(exp(a) / (exp(a) + exp(b)) + 1e-9),
        lambda a, b, c: -log(softmax([a, b, c])[0] + 1e-9),
        lambda a, b, c: log1p(exp(-abs(a))),
        lambda a, b, c: log(exp(-a * a) + 0.1),
    ):
        source = of(loss, [Value(0.1), Value(0.2), Value(0.3)], "numpy").source
        assert "np.log" in source
        assert "logaddexp" not in source
        assert source.count(".max(") <= 1


def test_logarithms_of_other_sums_are_as_written():
    for loss in (
        lambda a, b: log(2 - exp(a)),
        lambda a, b: log(exp(a) - 0.25 * exp(b)),
        lambda a, b: log(exp(a) + b * b),
        lambda a, b: log(exp(a) + fsum([b * b, 1.0])),
    ):
        found, slopes = compiled(loss, [0.3, 0.2])
        a, b = Value(0.3), Value(0.2)
        root = loss(a, b)
        root.backward()
        assert found == pytest.approx(root.data, rel=1e-14)
        assert slopes == pytest.approx([a.grad, b.grad], rel=1e-13)


@pytest.mark.parametrize("backend", ["numpy", "tape"])
def test_an_input_times_0_is_nan_where_the_input_is(backend):
    if backend == "tape":
        pytest.importorskip("numba")
    w = Value(0.9)
    for f in (lambda x: 0 * x[0] + w * x[1], lambda x: exp(x[0] + w * x[1] - x[0])):
        program = compile(f, x=2, parameters=[w], backend=backend)
        assert not np.isfinite(program.value_and_grad([[np.nan, 1.0]])[0])
