"""Comparisons in a traced function: conditions for where(), and numbers that are 1 or 0.

Each function is run by the scalar engine, where a comparison is Python's own, and by a program.
"""

from importlib.util import find_spec

import numpy as np
import pytest
from agreement import check

from autograd_mini import TraceError, Value, compile, fsum, grad, maximum, minimum, where

w, v = Value(0.6, "w"), Value(-0.4, "v")
X = np.array([-1.5, 0.3, 2.0, 0.0, 0.7])
Y = np.array([0.0, 1.0, 2.0, 1.0, 0.0])

BACKENDS = [
    "numpy",
    pytest.param("tape", marks=pytest.mark.skipif(not find_spec("numba"), reason="needs Numba")),
    pytest.param("numba", marks=pytest.mark.skipif(not find_spec("numba"), reason="needs Numba")),
    pytest.param("jax", marks=pytest.mark.skipif(not find_spec("jax"), reason="needs JAX")),
]

CONDITIONS = {
    "==": lambda x, y: where(y == 1, w * x, v),
    "!=": lambda x, y: where(y != 1, w * x, v),
    "== of two inputs": lambda x, y: where(x == y, w, v) + where(0 == x, w, v * x),
    "&": lambda x, y: where((x > 0) & (y > 0), w * x, v),
    "|": lambda x, y: where((x > 0) | (y == 1), w * x, v),
    "^": lambda x, y: where((x > 0) ^ (y > 0), w * x, v),
    "with bools": lambda x, y: where((x > 0) & True & (y > 0) | False, w * x, v),
    "many": lambda x, y: where(((x > 0) | (w * x > v)) & ((y > 0) | (v > 0)) | (y == 2), w * x, v),
    "of conditions": lambda x, y: where((x > 0) == (y > 0), w, v) + where((x > 0) != (w > 0), w, v),
    "a chain": lambda x, y: where((0 < x) & (x < 1), w, v),
    "of parameters": lambda x, y: where((w > v) & (x * w > 0) & (y > 0), w * x, v),
    "counting": lambda x, y: sum(c > 0 for c in [x, y, w, v * x]) * w,
    "a product": lambda x, y: (x > 0) * y + (y > 0) * (x < 1) * 3.0 + w,
    "the opposite": lambda x, y: (1 - (x > 0)) * w + v,
    "a quotient": lambda x, y: w / (1 + (x > 0)) - v * (+(y > 0) + 1) ** 2,
    "a list": lambda x, y: fsum([w, sum([x > 0, y > 0])]),
    "nan": lambda x, y: where(x == x, w, v) + where(x != x, w, v),
    "differentiated": lambda x, y: grad(lambda q: where((q > 0) & (y > 0), w * q * q, v * q))(x),
    "numbers of NumPy": lambda x, y: where((np.float64(0.5) < x) & (np.float64(1) == y), w, v),
    "arrays": lambda x, y: where((np.array([0.5, 1.0]) < x)[0], w, v),
    "maximum of many": lambda x, y: maximum(w * x, v, y, 0.1) * minimum(w * x, v, x, y, 2),
    "ties": lambda x, y: maximum(w * x, w * x, w * x) + minimum(w, w, w * y, w * y),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("f", CONDITIONS.values(), ids=CONDITIONS)
def test_conditions_mean_the_same_to_the_engine_and_to_a_program(f, backend):
    check(f, (X, Y), x=(), y=(), backend=backend)


def test_not_a_condition():
    """Python's own ~True is -2, which where() of the scalar engine refuses."""
    program = compile(lambda x: where(~(x > 0), w, v) + where(~(x > 0) & (w > 0), w, v), x=())
    assert program.value_and_grad([-1.0])[0] == 1.2
    assert program.value_and_grad([1.0])[0] == -0.8


def test_a_nan_is_not_equal_to_itself():
    program = compile(lambda x: where(x == x, x, 0) * w + where(x != x, 1, 0), x=())
    assert program.value_and_grad([2.0, np.nan])[0] == pytest.approx((1.2 + 1) / 2, rel=1e-15)


def test_identity_needs_no_number():
    def loss(x, y):
        z = w * x
        assert x == x
        assert z == z
        assert (z != z) is False
        assert (w == v) is False  # two Values
        assert (z == w) is False
        assert x in [x, y]
        assert z in [w, v, z]
        assert [w, z].index(z) == 1
        assert x != "x"
        assert (x == None) is False  # noqa: E711
        assert {w: 1, z: 2, w * y: 3}[z] == 2
        return z

    compile(loss, x=(), y=())


REFUSED = {
    "in": lambda x, y: x if x in [y] else w,
    "not": lambda x, y: where(not x > 0, w, v),
    "and": lambda x, y: where(x > 0 and y > 0, w, v),
    "or": lambda x, y: where(x > 0 or y > 0, w, v),
    "chain": lambda x, y: where(0 < x < 1, w, v),
    "any": lambda x, y: w * any(c > 0 for c in (x, y)),
    "sorted": lambda x, y: sorted([x, y])[0] * w,
    "NumPy's where": lambda x, y: np.where(np.array([x, y]) > 0, w, v)[0],
    "NumPy's maximum": lambda x, y: np.maximum(np.array([x, y]), 0)[0] * w,
    "index": lambda x, y: [w, v][x > 0],
    "int": lambda x, y: int(x > 0) * w,
    "float": lambda x, y: float(x > 0) * w,
    "brackets": lambda x, y: where(x > 0 & y > 0, w, v),
    "& of a number": lambda x, y: where((x > 0) & 2, w, v),
    "not of a number": lambda x, y: where(~x, w, v),
    "== of a parameter": lambda x, y: where(w * x == y, w, v),
}


@pytest.mark.parametrize("f", REFUSED.values(), ids=REFUSED)
def test_what_would_decide_is_refused(f):
    with pytest.raises(TraceError, match=r"test_conditions\.py:\d+: .*: .*; use "):
        compile(f, x=(), y=())


# what the messages advise
REMEDIES = {
    "where(condition, a, b)": (
        lambda x, y: w * x if x > 0 else v,
        lambda x, y: where(x > 0, w * x, v),
    ),
    "(0 < x) & (x < 1)": (
        lambda x, y: w if 0 < x < 1 else v,
        lambda x, y: where((0 < x) & (x < 1), w, v),
    ),
    "maximum(*xs)": (lambda x, y: max([x, y, 0.5]) * w, lambda x, y: maximum(*[x, y, 0.5]) * w),
    "minimum(*xs)": (lambda x, y: min([x, y, 0.5]) * w, lambda x, y: minimum(*[x, y, 0.5]) * w),
    "(a >= b) & (a <= b)": (
        lambda x, y: where(w * x == w * y + 0 * y, 1, w) if (w * x).data == 99 else _equal(x, y),
        lambda x, y: where((w * x >= w * y) & (w * x <= w * y), 1, w),
    ),
    "a number 1 or 0": (lambda x, y: w * int(x > 0), lambda x, y: w * (1 - (1 - (x > 0)))),
    "exp(x)": (
        lambda x, y: w * __import__("math").exp(x),
        lambda x, y: w * __import__("autograd_mini").exp(x),
    ),
}


def _equal(x, y):
    return w * 0 + 1 if (w * x).data == (w * y).data else w


@pytest.mark.parametrize("advice", REMEDIES)
def test_the_remedies_work(advice):
    """What is refused names a remedy; compiled, it gives what the refused function gives."""
    refused, remedy = REMEDIES[advice]
    with pytest.raises(TraceError) as error:
        compile(refused, x=(), y=())
    if "==" not in advice and "(a" not in advice:
        assert advice in str(error.value)
    program = compile(remedy, x=(), y=(), parameters=[w, v])
    for x, y in zip(X.tolist(), Y.tolist()):
        assert program.value_and_grad([x], [y])[0] == refused(x, y).data


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: where(2 * x == y * y, w, v),
        lambda x, y: where(x + y != 2 * y, w, v),
        lambda x, y: w * [x * y, 2 * x].count(x + x),
    ],
)
def test_numbers_made_of_inputs_are_not_compared_by_who_they_are(f):
    """To the scalar engine they are plain numbers, of which two may be equal."""
    with pytest.raises(TraceError, match=r"use \(a >= b\) & \(a <= b\)"):
        compile(f, x=(), y=())


def test_values_are_compared_by_who_they_are():
    check(lambda x, y: v * x if w * x == v * x or v not in [w, v] else w * y, (X, Y), x=(), y=())


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: w * (3 if y in {1.0, 2.0} else 7),
        lambda x, y: w * {0.0: 1, 1.0: 2}.get(y * 1, 5),
        lambda x, y: w * len({x, y}),
    ],
)
def test_sets_and_dicts_do_not_take_a_traced_number(f):
    """They would find none that equals it, whatever its number is."""
    with pytest.raises(TraceError, match=r"which numbers are equal; use where\(x == 1, a, b\)"):
        compile(f, x=(), y=())


def test_dicts_and_sets_take_values():
    check(lambda x, y: {w * x: v}.get(w, w * y) * len({w, v, w * y}), (X, Y), x=(), y=())
