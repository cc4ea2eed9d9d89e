"""Every operation of the rule table compiles, and gives the table's own floats, tails included."""

import math

import numpy as np
import pytest
from agreement import check

from autograd_mini import (
    DomainError,
    Value,
    compile,
    dot,
    erf,
    fsum,
    logsumexp,
    maximum,
    minimum,
    primitive,
    softmax,
    tanh,
    where,
)
from autograd_mini.primitives import BRANCHES, TABLE
from autograd_mini.rules import NaryPrimitive
from autograd_mini.testing.points import operand_intervals

ROWS = [row for row in TABLE.values() if not isinstance(row, NaryPrimitive)]
TAILS = [
    -1e300, -800.0, -40.0, -20.0, -5.0, -1.0, -0.3, -1e-8, -1e-300, 1e-300, 1e-8, 0.3, 1.0, 5.0,
    20.0, 40.0, 800.0, 1e300,
]  # fmt: skip
OTHER = 1.25  # the other operands
SIZE = 1e-12


def points(row, index):
    """Numbers all over an operand's domain, the others at one place."""
    intervals = operand_intervals(row, len(row.arguments))
    low, high = intervals[index].low, intervals[index].high
    inside = [x for x in TAILS if low < x < high]
    if math.isfinite(low) or math.isfinite(high):
        ends = [low if math.isfinite(low) else -9.0, high if math.isfinite(high) else 9.0]
        inside += [ends[0] + share * (ends[1] - ends[0]) for share in (1e-6, 0.2, 0.7, 1 - 1e-6)]
    return inside


def operands_at(row, index, x):
    """All operands, x at one place; None if the operation is not smooth there."""
    intervals = operand_intervals(row, len(row.arguments))
    others = [o if OTHER not in i else OTHER for o, i in zip((0.5, 0.5, 0.5), intervals)]
    if row.__name__ == "clip":
        others = [0.3, -2.0, 2.5]
    given = [*others[:index], x, *others[index + 1 : len(intervals)]]
    try:
        value = Value(x)
        y = row(*given[:index], value, *given[index + 1 :])
        y.backward()
        if any(kink(*given) == 0 for kink in row.kinks):
            return None
    except (ArithmeticError, ValueError, AttributeError):
        return None
    return (given, y.data, value.grad) if math.isfinite(y.data + value.grad) else None


ROUNDINGS = {"sigmoid": 2**-52}  # of the slope, which is compiled as h * (1 - h)


def close(found, expected, rounding=0.0):
    """To a relative 1e-12; but NumPy's subnormal numbers may be 0."""
    return abs(found - expected) <= SIZE * abs(expected) + 1e-300 + rounding


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_values_and_derivatives_in_the_tails(row):
    """Each operand in turn is the parameter; and, in a batch, an input."""
    for index in range(len(row.arguments)):
        known = [k for x in points(row, index) if (k := operands_at(row, index, x))]
        assert known, row
        given = known[0][0]
        value = Value(given[index])
        others = [*given[:index], *given[index + 1 :]]

        def loss(value=value, others=others, index=index):
            return row(*others[:index], value, *others[index:])

        compiled = compile(lambda k: loss() + 0 * k, parameters=[value], backend="numpy", k=())
        forward = compile(lambda x, f=loss: [f(value=x)], parameters=[], backend="numpy", x=())
        batch = [k[0][index] for k in known]
        found = forward.predict(batch)[:, 0]
        for x, y, (point, expected, slope) in zip(batch, found, known):
            assert close(y, expected), (row, x, y, expected)
            value.data = x
            value.grad = 0.0
            total = compiled.backward([0.0])
            assert close(total, expected), (row, x)
            # a partial that is made of y, as 1 - y * y: Python and NumPy may round y differently
            other = row.local_partial(index, point, expected * (1 + 2**-51))
            rounding = max(abs(other - slope), ROUNDINGS.get(row.__name__, 0.0))
            assert close(value.grad, slope, rounding), (row, x, value.grad, slope)


def middle(row):
    """Operands in the domain, at no kink."""
    if row.__name__ == "clip":
        return [0.1, -1.0, 1.5]
    intervals = operand_intervals(row, len(row.arguments))
    return [(max(i.low, -2.0) + min(i.high, 2.5)) / 2 + 0.137 for i in intervals]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_as_a_layer(row):
    """Of many lanes: inputs and parameters in any place."""
    parameters = [[Value(x + 0.01 * k) for k in range(3)] for x in middle(row)]
    for moving in range(len(parameters)):

        def loss(x, moving=moving):
            lanes = []
            for k in range(3):
                operands = [p[k] for p in parameters]
                operands[moving] = operands[moving] + 0.01 * x[k]
                lanes.append(row(*operands))
            return fsum([v * v for v in lanes])

        check(loss, [[[0.1, 0.2, -0.3], [0.4, -0.5, 0.6]]], x=3)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_no_function_of_the_table_is_called_for_one_number_after_another(row):
    """The backend's dictionary is complete: what NumPy has not is composed of what it has."""
    x = [Value(v) for v in middle(row)]
    source = compile(lambda k: row(*x) * k, k=(), backend="numpy").source
    assert "program.constants" not in source
    scope = {}
    exec(source, scope)


@pytest.mark.parametrize("branch", BRANCHES, ids=lambda row: row.__name__)
def test_branches(branch):
    x = [Value(0.5), Value(-2.0)]
    check(lambda k: branch.apply((x[0] * k, x[1])) * x[0], [[1.0, 2.0]], k=())


def test_lists():
    x = [Value(v) for v in (700.0, -800.0, 710.0)]
    check(lambda k: logsumexp([v * k for v in x]), [[1.0, -1.0]], k=())
    check(lambda k: fsum([*x, k, 2.0]) + dot(x, [k, k, 1.0], x[0]), [[1.0, -1.0]], k=())
    check(lambda k: softmax([v * k for v in x])[0], [[1.0, -1.0, 0.01]], least=1.0, k=())
    check(lambda k: logsumexp([x[0]]) + logsumexp([k, k]), [[1.0, -1.0]], k=())


def test_ties_are_broken_as_the_table_says():
    """At a kink the derivative is a convention: the same one."""
    for f in maximum, minimum:
        w = Value(2.0)
        check(lambda x, f=f, w=w: f(w, x) + f(x, w) * 3, [[2.0]], x=())
    w = [Value(0.0)]
    for row in (TABLE["relu"], TABLE["absolute"], TABLE["leaky_relu"], TABLE["elu"]):
        check(lambda x, row=row: row(w[0] * x) + row(w[0] + 0.0), [[1.0, 2.0]], x=())
    check(lambda x: where(w[0] < x, w[0], 2 * w[0]) + where(w[0] <= x, w[0], x), [[0.0]], x=())


# -- a user's own ---------------------------------------------------------------------------------

swish = primitive(
    "my_swish",
    lambda x: x * (tanh(x / 2) + 1) / 2,
    partials=(lambda x, y: (tanh(x / 2) + 1) / 2 + x * (1 - tanh(x / 2) ** 2) / 4,),
)
lgamma = primitive(
    "my lgamma",  # no identifier
    lambda x: math.lgamma(x),
    partials=(lambda x, y: digamma(x),),
    domain="(0, inf)",
)
digamma = primitive(
    "digamma",
    lambda x: (math.lgamma(x + 1e-5) - math.lgamma(x - 1e-5)) / 2e-5,
    partials=(lambda x, y: 1 / x,),
)
branching = primitive(
    "branching",
    lambda x, a: a * x if x > 0 else x,
    partials=(lambda x, a, y: where(x > 0, a, 1.0), lambda x, a, y: where(x > 0, x, 0.0)),
)


def test_a_composed_primitive_of_ones_own():
    w = [Value(0.5), Value(-1.5)]
    compiled = check(lambda x: swish(dot(w, x)) + swish(w[0]), [[[1.0, 2.0], [3.0, 0.5]]], x=2)
    assert "np.tanh" in compiled.source
    assert "my_swish" not in compiled.source


def test_an_opaque_primitive_of_ones_own():
    """A function of floats runs for one number after another; the program takes it in."""
    w = [Value(0.5), Value(1.5)]
    compiled = check(lambda x: lgamma(dot(w, x)) + lgamma(w[0]), [[[1.0, 2.0], [3.0, 0.5]]], x=2)
    assert "my_lgamma(" in compiled.source
    check(lambda x: branching(dot(w, x), w[1]) * x[0], [[[1.0, 2.0], [-3.0, 0.5]]], x=2)
    check(lambda x: fsum([lgamma(v * v + wi) for v, wi in zip(x, w)]), [[[1.0, 2.0]]], x=2)


def test_an_opaque_primitive_outside_its_domain_is_nan():
    w = Value(1.0)
    with pytest.raises(DomainError):
        lgamma(-w)
    compiled = compile(lambda x: lgamma(x * w), x=(), backend="numpy")
    assert math.isnan(compiled.value_and_grad([-1.0])[0])


def test_erf_takes_scipy():
    pytest.importorskip("scipy")
    w = Value(0.5)
    compiled = check(lambda x: erf(w * x), [[1.0, 2.0]], x=())
    assert "from scipy import special" in compiled.source
    assert np.isfinite(compiled.value_and_grad([1e3])[0])
