"""Where a nan comes from: the definition, on random programs; and the cases of textbooks."""

from math import inf, isfinite, nan
from operator import add, mul, sub

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import (
    Value,
    backprop_steps,
    exp,
    log,
    sqrt,
    topological_order,
    where,
    why_nan,
)
from autograd_mini.testing import expressions
from nn import MLP

HUGE = st.sampled_from([0.0, 1e200, -1e200, 1e-200, inf, -inf, nan, 1.0, 3.0])


def first(numbers):
    """The place of the first nan; if there is none, of the first infinite number; else None."""
    for is_meant in (lambda x: x != x, lambda x: not isfinite(x)):
        for i, x in enumerate(numbers):
            if is_meant(x):
                return i
    return None


@given(expressions(max_nodes=12))
def test_nothing_is_reported_where_all_is_finite(program):
    assert why_nan(program(*map(Value, program.inputs))) is None
    assert why_nan(program, *program.inputs) is None


@given(st.data())
def test_the_nodes_are_the_first_by_definition(data):
    scalars = [Value(data.draw(HUGE), f"x{i}") for i in range(3)]
    for _ in range(data.draw(st.integers(1, 8))):
        a, b = (data.draw(st.sampled_from(scalars)) for _ in range(2))
        scalars.append(data.draw(st.sampled_from([add, sub, mul]))(a, b))
    root = scalars[-1]
    report = why_nan(root)
    nodes, steps = topological_order(root), backprop_steps(root)
    place, step = first([n.data for n in nodes]), first([s.after for s in steps])
    if place is None and step is None:
        assert report is None
        return
    assert report.node is (None if place is None else nodes[place])
    if step is None:
        assert report.gradient_node is report.step is None
    else:
        assert report.step.number == step
        parent = steps[step].parent
        assert report.gradient_node is (steps[step].node if parent is None else parent)
    assert report.reason


def test_the_derivative_of_a_square_root_at_0():
    x = Value(0.0, "x")
    report = why_nan(sqrt(x))
    assert (report.node, report.gradient_node) == (None, x)
    assert "d sqrt([x])/d[x] is inf at x = 0.0. Keep x away from this point" in report.reason
    report = why_nan(0.0 * sqrt(x))
    assert (report.node, report.gradient_node) == (None, x)
    assert "Upstream is 0, and 0 * inf is nan" in report.reason


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_a_branch_of_where_that_was_not_taken(scale):
    x = Value(0.0, "x")
    root = sqrt(x)
    report = why_nan(where(x > 0, root if scale == 1 else root * scale, 0.0))
    assert (report.node, report.gradient_node) == (None, x)
    assert "a branch of where() that was not taken" in report.reason
    assert "sqrt(where(condition, x, 1.0))" in report.reason
    assert why_nan(where(x > 0, sqrt(where(x > 0, x, 1.0)), 0.0)) is None  # the remedy


def test_the_source_of_a_nan_is_told_too():
    a = Value(1e200, "a")
    square = a * a
    report = why_nan(square - square)
    assert report.node.op.name == "-"
    assert "#2 = #1 - #1 = inf - inf is nan" in report.reason
    assert "#1 = a * a = 1e+200 * 1e+200 is inf: the result is beyond" in report.reason


def test_a_leaf_and_a_constant():
    assert "q is a leaf, and its data is inf" in why_nan(Value(inf, "q") * 0.0).reason
    assert "a constant in it is not finite" in why_nan(Value(2.0) * nan).reason


def test_a_gradient_that_overflows_and_what_follows_from_it():
    x = Value(1e-200, "x")
    y = x * 1e200 * 1e200
    report = why_nan(y)
    assert (report.node, report.gradient_node) == (None, x)
    assert "The product is beyond the largest float" in report.reason
    report = why_nan(y * 0.0)  # only 0 flows back
    assert report is None
    z = sqrt(Value(0.0, "z"))
    z = z * 0.0 + z
    report = why_nan(z)
    assert "grad(z) is" in report.reason


def test_a_function_is_run_to_its_end_and_lines_are_named():
    def f(a, bs):
        power = exp(a)
        return power / power + bs[0]

    report = why_nan(f, 1000.0, [1.0])
    assert report.node.op.name == "/"
    assert report.line.startswith("test_nonfinite.py, line ")
    assert report.line.endswith(": return power / power + bs[0]")
    assert "(test_nonfinite.py, line" in report.reason
    assert "power = exp(a)): exp(x) is too large" in report.reason


def test_inputs_are_named_as_the_function_names_them():
    def f(a, *rest):
        return log(a) + rest[1][0] + exp(rest[0])

    report = why_nan(f, 1.0, 1e5, [2.0])
    assert "exp(inputs[1]) = exp(100000.0) is inf" in report.reason
    assert repr(report.gradient_node).startswith("Value(data=100000.0")
    assert "log(a) = log(-1.0)" in why_nan(f, -1.0, 0.0, [2.0]).reason
    assert "exp(inputs[0])" in why_nan(exp, 1000.0).reason or "exp(x" in why_nan(exp, 1e3).reason


def test_outside_of_a_domain():
    report = why_nan(lambda xs: log(sum(xs)), [1.0, -1.0])
    assert report.node.op.name == "log"
    assert "log(x) needs x in (0, inf); got x = 0.0" in report.reason


def test_the_line_of_a_gradient():
    report = why_nan(lambda x: sqrt(x), Value(0.0, "x"))
    assert report.node is None
    assert "sqrt(x)" in report.line
    assert report.gradient_node.label == "x"


def test_a_network():
    model = MLP(2, [3, 1])
    report = why_nan(lambda x: log(model(x) * 0.0), [1.0, 2.0])
    assert report.node.op.name == "log"
    assert why_nan(lambda x: model(x), [1.0, 2.0]) is None


@pytest.mark.parametrize("given", [3.0, [Value(1.0)]])
def test_what_is_neither_a_value_nor_a_function_is_refused(given):
    with pytest.raises(TypeError, match="why_nan expected Values"):
        why_nan(given)
    with pytest.raises(TypeError, match="why_nan expected Values"):
        why_nan(lambda: given)
