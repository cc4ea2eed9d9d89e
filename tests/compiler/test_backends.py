"""What holds of NumPy and JAX: the rule table compiles, and gives what it gives on floats."""

import math
import sys
from itertools import product

import numpy as np
import pytest

from autograd_mini import Value, compile, fsum
from autograd_mini.compiler.backends import backend
from autograd_mini.primitives import TABLE
from autograd_mini.rules import NaryPrimitive, Primitive

TAILS = [1e-12, 1e-4, 0.25, 0.5, 1.0, 2.0, 5.0, 12.0, 26.0, 40.0, 87.0, 1e4, 1e8]
POINTS = [math.copysign(x, sign) for x in (0.0, *TAILS) for sign in (-1, 1)]
FEW = [-87.0, -5.0, -1.0, -0.5, -1e-4, 0.0, 1e-4, 0.5, 1.0, 2.0, 40.0, 1e8]
FEWEST = [-87.0, -0.5, 0.0, 1.0, 3.0]


def points(row):
    """Operands of a row, tails and edges among them, of numbers that float32 has too."""
    size = 3 if isinstance(row, NaryPrimitive) else len(row.arguments)
    grid = product({1: POINTS, 2: FEW, 3: FEWEST}[size], repeat=size)
    return [tuple(float(np.float32(x)) for x in point) for point in grid]


def applied(row, operands):
    if row.__name__ == "dot":
        first, second, bias = operands
        return row([first], [second], bias)
    return row(operands) if isinstance(row, NaryPrimitive) else row(*operands)


def rounded(x, dtype):
    with np.errstate(over="ignore", under="ignore"):
        return float(np.dtype(dtype).type(x))


def node(row, operands):
    """What the eager engine makes of the operands; None outside the domain."""
    try:
        return applied(row, tuple(map(Value, operands)))
    except (ValueError, ArithmeticError):
        return None


NAMES = ["numpy", "jax"]
CASES = [  # what is beyond 1e-300, XLA takes for 0
    *[(name, "float64", 1e-13, 1e-300) for name in NAMES],
    ("jax", "float32", 1e-5, 1e-37),
]
every_backend = pytest.mark.parametrize(("name", "dtype", "relative", "least"), CASES)


@every_backend
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_row_of_the_table_gives_its_numbers(name, dtype, relative, least, count):
    pytest.importorskip(name)
    rows = [row for row in TABLE.values() if len(points(row)[0]) == count]
    program = compile(
        lambda x: [applied(row, x) for row in rows], x=count, backend=name, dtype=dtype
    )
    assert not any(isinstance(x, Primitive) for x in program._compiled.constants.values())
    grid = points(rows[0])
    for i, numbers in enumerate(program.predict(np.array(grid)).tolist()):
        for row, got in zip(rows, numbers):
            if (expected := node(row, grid[i])) is not None:
                lost = relative * max(map(abs, grid[i])) if count == 3 else least  # in a sum
                wanted = rounded(expected.data, dtype)
                assert got == pytest.approx(wanted, rel=relative, abs=lost), (row, grid[i])


@every_backend
def test_every_row_of_the_table_gives_its_partials(name, dtype, relative, least):
    """At kinks and edges too; as exact as 1 where the textbook form of a partial cancels."""
    pytest.importorskip(name)
    nodes = [
        y
        for row in TABLE.values()
        for operands in points(row)
        if (y := node(row, operands)) is not None
    ]
    leaves = [leaf for y in nodes for leaf in y.parents]
    compile(fsum(nodes), parameters=leaves, backend=name, dtype=dtype).backward()
    smallest = 4 * float(np.finfo(dtype).eps)
    for y in nodes:
        got = [leaf.grad for leaf in y.parents]
        expected = [rounded(d, dtype) for d in y.partials]
        at = (y.op, [leaf.data for leaf in y.parents])
        assert got == pytest.approx(expected, rel=10 * relative, abs=smallest, nan_ok=True), at


@every_backend
def test_nan_stays_nan(name, dtype, relative, least):
    pytest.importorskip(name)
    rows = [row for row in TABLE.values() if len(points(row)[0]) == 1]
    program = compile(lambda x: [row(x) for row in rows], x=(), backend=name, dtype=dtype)
    assert np.isnan(program.predict([math.nan])).all()


@pytest.mark.parametrize("name", NAMES)
def test_inputs_may_have_the_names_of_libraries(name):
    pytest.importorskip(name)
    w = Value(2.0)
    program = compile(
        lambda n, np, jnp, jax: w * TABLE["exp"](n) + np * jnp * jax,
        n=(), np=(), jnp=(), jax=(), backend=name,
    )  # fmt: skip
    assert program.value_and_grad([0.0, 0.0], [1.0, 2.0], [1.0, 3.0], [1.0, 1.0]) == (5.5, [1.0])


def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match=r"backend is one of 'numpy', .*got 'fortran'"):
        backend("fortran")


def test_an_unknown_dtype_is_refused():
    with pytest.raises(ValueError, match=r"dtype of backend='numpy' is .*'float32', got 'half'"):
        compile(lambda x: x, x=(), dtype="half")


def test_devices_are_jaxs():
    with pytest.raises(ValueError, match='devices share a batch with backend="jax", got backend='):
        compile(lambda x: x, x=(), devices=["gpu"])


def test_without_jax_the_error_names_the_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "autograd_mini.compiler.backends.jax", raising=False)
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r'^backend="jax" takes JAX: .*"autograd-mini\[jax\]"$'):
        compile(lambda x: x, x=(), backend="jax")
