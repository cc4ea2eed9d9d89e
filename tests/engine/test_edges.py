"""Derivatives at edges and far out: inf on every path, and relative accuracy in second order."""

from math import inf, isnan, nan

import pytest

from autograd_mini import (
    DomainError,
    Value,
    acos,
    acosh,
    asin,
    atanh,
    cbrt,
    grad,
    gradients,
    hypot,
    jvp,
    log,
    log_sigmoid,
    rerun,
    sigmoid,
    softplus,
    sqrt,
    vjp,
)

EDGES = [
    (sqrt, 0.0, inf),
    (cbrt, 0.0, inf),
    (asin, 1.0, inf),
    (acos, -1.0, -inf),
    (acosh, 1.0, inf),
]


@pytest.mark.smoke
@pytest.mark.parametrize(("f", "x", "slope"), EDGES, ids=str)
def test_an_infinite_derivative_is_inf_along_every_path(f, x, slope):
    one = Value(1.0)
    assert grad(f)(x) == slope
    assert grad(lambda x: f(x) * one)(x).data == slope
    v = Value(x)
    [graph] = gradients(f(v), [v], create_graph=True)
    assert graph.data == slope
    assert jvp(f, (x,), (one,))[1].data == slope
    assert vjp(f, x)[1](one)[0].data == slope
    second = grad(grad(f))(x)
    assert abs(second) == inf or isnan(second)


@pytest.mark.smoke
def test_the_partials_of_hypot_at_the_origin_are_nan_along_every_path():
    x, y = Value(0.0), Value(0.0)
    for graph in (False, True):
        assert all(isnan(getattr(g, "data", g)) for g in gradients(hypot(x, y), [x, y], graph))


def test_the_second_derivative_of_the_square_root_at_0_goes_on():
    assert grad(grad(sqrt))(0.0) == -inf
    assert grad(grad(lambda x: x**-1))(1e-200) == inf  # of -2 / x**3
    x = Value(0.0)
    [g] = gradients(sqrt(x), [x], create_graph=True)
    [h] = gradients(g * 2.0, [x], create_graph=True)
    assert h.data == -inf
    assert x in set(h.parents) or not h.is_leaf


@pytest.mark.parametrize(
    ("n", "x", "expected"),
    [
        (2, 1e-310, 2.0),
        (2, 0.0, 2.0),
        (1.5, 0.0, inf),
        (3, 0.0, 0.0),
        (1, 0.0, 0.0),
        (0, 1e-310, 0.0),
    ],
)
def test_the_second_derivative_of_a_power_is_not_spoilt_by_the_branch_not_taken(n, x, expected):
    assert grad(grad(lambda x: x**n))(x) == expected


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        # by mpmath to 50 digits
        (log_sigmoid, -40.0, -4.248354255291589e-18),
        (log_sigmoid, -30.0, -9.357622968838424e-14),
        (log_sigmoid, 40.0, -4.248354255291589e-18),
        (softplus, 40.0, 4.248354255291589e-18),
        (softplus, -40.0, 4.248354255291589e-18),
        (asin, 1e-17, 1e-17),
        (acos, 1e-17, -1e-17),
        (atanh, 1e-17, 2e-17),
        (asin, 1 - 2.0**-40, 2.0**-40),
    ],
)
def test_second_derivatives_keep_their_digits(f, x, expected):
    if x == 1 - 2.0**-40:  # x / (1 - x*x)**1.5, with 1 - x*x = (1 - x) (1 + x) exact here
        expected = x / ((2.0**-40) * (1 + x)) ** 1.5
    assert grad(grad(f))(x) == pytest.approx(expected, rel=1e-14, abs=0)


def test_the_derivative_of_the_sigmoid_keeps_its_digits_on_both_sides():
    assert grad(sigmoid)(40.0) == pytest.approx(4.248354255291589e-18, rel=1e-14, abs=0)
    assert grad(sigmoid)(40.0) == pytest.approx(grad(sigmoid)(-40.0), rel=1e-14, abs=0)


def test_a_nan_exponent_gives_nan_as_a_number_and_as_a_value():
    x, n = Value(-2.0), Value(nan)
    y = x**n
    assert isnan(y.data)
    assert isnan((x**nan).data)
    assert all(map(isnan, gradients(y, [x, n])))


def test_a_detached_scalar_is_a_constant_to_the_transforms():
    assert grad(lambda x: x * x.detach())(2.0) == 2.0
    assert grad(grad(lambda x: x * x * x.detach()))(2.0) == 4.0
    assert jvp(lambda x: x * x.detach(), (2.0,), (1.0,)) == (4.0, 2.0)
    w = Value(3.0)  # and one that is not detached still counts
    assert grad(lambda x: x * w)(2.0).data == 3.0
    assert isinstance(grad(lambda x: x * x.detach() * w)(2.0), Value)


@pytest.mark.parametrize("x", [2.0, 0.5, 3.0])
def test_derivatives_of_a_power_by_its_exponent_at_0_are_right_to_third_order(x):
    """d/dx x**n = n x**(n-1); of this, once by n: 1/x at n = 0; twice by n: 2 log(x) / x."""
    slope = grad(lambda x, n: x**n)
    by_n = grad(slope, argnums=1)
    assert by_n(x, 0.0) == pytest.approx(1 / x, rel=1e-14, abs=0)
    assert grad(by_n, argnums=1)(x, 0.0) == pytest.approx(2 * log(x) / x, rel=1e-14, abs=0)


@pytest.mark.parametrize("n", [nan, inf])
def test_an_exponent_that_is_not_finite_gives_no_error_in_second_order(n):
    x, n = Value(-2.0), Value(n)
    numbers = gradients(x**n, [x, n])
    graphs = gradients(x**n, [x, n], create_graph=True)
    for number, graph in zip(numbers, graphs):
        assert graph.data == number or isnan(graph.data)


def test_the_graph_of_an_infinite_derivative_can_be_run_again():
    x = Value(0.0)
    [slope] = gradients(sqrt(x), [x], create_graph=True)
    assert rerun(slope).data == inf
    x.data = 4.0
    assert rerun(slope).data == 0.25
    x.data = -1.0
    with pytest.raises(DomainError):
        rerun(slope)
    y = 1 / x
    x.data = 0.0
    with pytest.raises(ZeroDivisionError):
        rerun(y)
