"""grad, value_and_grad, jacobian, hessian, jvp, vjp, hvp: derivatives as functions."""

import inspect
import math
import operator
import random
from collections import Counter
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import TWICE_ANALYTIC, Dual, programs

from autograd_mini import (
    DomainError,
    Value,
    atan2,
    backprop,
    cos,
    dot,
    exp,
    fsum,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    logsumexp,
    relu,
    sin,
    softmax,
    sqrt,
    sweep,
    tanh,
    transforms,
    value_and_grad,
    vjp,
)

small_programs = programs(names=TWICE_ANALYTIC, max_lines=4)
directions = st.lists(st.floats(-2, 2), min_size=3, max_size=3)


def close(found, expected, tolerances):
    assert len(found) == len(expected)
    for x, y, tolerance in zip(found, expected, tolerances):
        assert x == pytest.approx(y, rel=1e-9, abs=tolerance)


def on_a_list(program):
    return lambda xs: program(*xs)


# -- random programs ----------------------------------------------------------------------------


@given(programs())
def test_grad_is_the_gradient_of_forward_mode(program):
    n = len(program.inputs)
    expected = program.gradient()
    slopes, tolerances = [g for g, _ in expected], [t for _, t in expected]
    y, found = value_and_grad(program, argnums=tuple(range(n)))(*program.inputs)
    assert isinstance(found, tuple)
    close(found, slopes, tolerances)
    assert y == program.values()[1].data
    as_list = grad(on_a_list(program))(list(program.inputs))
    assert as_list == list(found)
    one_by_one = [grad(program, argnums=i)(*program.inputs) for i in range(n)]
    assert one_by_one == as_list


@given(programs(), directions)
def test_jvp_is_forward_mode(program, direction):
    t = direction[: len(program.inputs)]
    y = program(*map(Dual, program.inputs, t))
    value, slope = jvp(program, program.inputs, t)
    assert value == y.data
    assert slope == pytest.approx(y.tangent, rel=1e-12, abs=1e-12 * y.size)


@pytest.mark.smoke
@given(programs(max_lines=6), directions, directions)
def test_jvp_and_vjp_are_transposes(program, t, v):
    """v . (J t) = (v J) . t, of a function with many outputs: every line of the program."""
    n = len(program.inputs)
    xs, t = list(program.inputs), t[:n]

    def f(xs):
        lines = program.run(*xs)
        return [lines[-1], lines[len(lines) // 2], lines[0]]

    y, pushed = jvp(f, (xs,), (t,))
    also_y, pull = vjp(f, xs)
    [pulled] = pull(v)
    assert y == also_y == f(xs)
    scale = sum(abs(a * b) for a, b in zip(v, pushed)) + sum(abs(a * b) for a, b in zip(pulled, t))
    assert math.fsum(map(operator.mul, v, pushed)) == pytest.approx(
        math.fsum(map(operator.mul, pulled, t)), rel=1e-9, abs=1e-11 * (1 + scale)
    )
    rows = jacobian(f)(xs)
    close(pushed, [math.fsum(map(operator.mul, row, t)) for row in rows], [1e-9 * (1 + scale)] * 3)
    columns = [math.fsum(map(operator.mul, v, column)) for column in zip(*rows)]
    close(pulled, columns, [1e-9 * (1 + scale)] * n)


@pytest.mark.smoke
@given(small_programs, directions)
def test_the_hessian_and_its_product_with_a_vector(program, direction):
    n = len(program.inputs)
    f, xs, t = on_a_list(program), list(program.inputs), direction[:n]
    h = hessian(f)(xs)
    for i in range(n):
        expected = [program.second_derivative(i, j) for j in range(n)]
        close(h[i], [e for e, _ in expected], [tolerance for _, tolerance in expected])
        close(h[i], [row[i] for row in h], [tolerance for _, tolerance in expected])
    product = [math.fsum(map(operator.mul, row, t)) for row in h]
    size = 1e-10 * (1 + max(abs(e) for row in h for e in row))
    close(hvp(f, (xs,), (t,)), product, [size] * n)
    by_reverse = grad(lambda xs: fsum(map(operator.mul, grad(f)(xs), t)))(xs)
    close(by_reverse, product, [size] * n)


@given(small_programs)
def test_grad_of_jvp_is_jvp_of_grad(program):
    f, x = (lambda x: program(x, *program.inputs[1:])), program.inputs[0]
    forward_over_reverse = jvp(grad(f), (x,), (1.0,))[1]
    reverse_over_forward = grad(lambda x: jvp(f, (x,), (1.0,))[1])(x)
    forward_over_forward = jvp(lambda x: jvp(f, (x,), (1.0,))[1], (x,), (1.0,))[1]
    twice_reverse = grad(grad(f))(x)
    expected, tolerance = program.second_derivative(0, 0)
    found = [forward_over_reverse, reverse_over_forward, forward_over_forward, twice_reverse]
    close(found, [expected] * 4, [tolerance] * 4)


# -- textbook -----------------------------------------------------------------------------------


def test_derivatives_of_derivatives():
    assert grad(lambda x: x**3)(2.0) == 12.0
    assert grad(grad(lambda x: x**3))(2.0) == 12.0
    assert grad(grad(grad(lambda x: x**3)))(2.0) == 6.0
    assert grad(grad(grad(grad(lambda x: x**3))))(2.0) == 0.0
    assert grad(grad(grad(sin)))(0.7) == pytest.approx(-math.cos(0.7))
    assert grad(grad(grad(lambda x: exp(2 * x))))(0.3) == pytest.approx(8 * math.exp(0.6))
    assert grad(grad(tanh))(0.5) == pytest.approx(-2 * math.tanh(0.5) * (1 - math.tanh(0.5) ** 2))


def test_functions_of_the_table_can_be_differentiated_as_they_are():
    assert grad(sin)(0.0) == 1.0
    assert grad(relu)(0.0) == 0.0
    assert grad(atan2, argnums=(0, 1))(1.0, 1.0) == pytest.approx((0.5, -0.5))
    assert grad(logsumexp)([1.0, 1.0]) == pytest.approx([0.5, 0.5])
    assert grad(dot, argnums=(0, 1, 2))([1.0, 2.0], [3.0, 4.0], 5.0) == (
        [3.0, 4.0],
        [1.0, 2.0],
        1.0,
    )


@pytest.mark.smoke
def test_the_jacobian_of_softmax():
    p = softmax([1.0, 2.0, 3.0])
    found = jacobian(softmax)([1.0, 2.0, 3.0])
    for i, j in [(i, j) for i in range(3) for j in range(3)]:
        assert found[i][j] == pytest.approx(p[i] * ((i == j) - p[j]))


def test_the_rosenbrock_function():
    def f(v):
        x, y = v
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    assert grad(f)([1.0, 1.0]) == [0.0, 0.0]
    assert hessian(f)([1.0, 1.0]) == [[802.0, -400.0], [-400.0, 200.0]]
    assert hvp(f, ([1.0, 1.0],), ([1.0, 2.0],)) == [2.0, 0.0]
    assert hvp(lambda x, y: f([x, y]), (1.0, 1.0), (1.0, 2.0)) == (2.0, 0.0)


def test_newtons_method_finds_the_square_root():
    x = 1.0
    for _ in range(6):
        y, slope = value_and_grad(lambda x: x * x - 2)(x)
        x -= y / slope
    assert x == pytest.approx(math.sqrt(2), rel=1e-15)


# -- arguments and shapes -----------------------------------------------------------------------


def f3(x, y, z):
    return x * y + 10 * z


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 2.0),
        (1, 1.0),
        (2, 10.0),
        (-1, 10.0),
        (-3, 2.0),
        ((0,), (2.0,)),
        ((2, 0), (10.0, 2.0)),
        ([1, -1], (1.0, 10.0)),
        ((), ()),
    ],
)
def test_argnums(argnums, expected):
    found = grad(f3, argnums)(1.0, 2.0, 3.0)
    assert found == expected
    assert value_and_grad(f3, argnums)(1.0, 2.0, 3.0) == (32.0, expected)


@pytest.mark.parametrize("argnums", [3, 4, 100, -4, (0, 3), (0, 5)])
def test_an_argnum_that_is_not_there(argnums):
    with pytest.raises(ValueError, match="f3, which was called with 3 positional arguments"):
        grad(f3, argnums)(1.0, 2.0, 3.0)


def test_the_other_arguments_are_passed_on_as_they_are():
    def f(x, options, n, flag=False):
        return x**n if flag and options["on"] else x * 0

    assert grad(f)(3.0, {"on": True}, 2, flag=True) == 6.0
    assert jacobian(f)(3.0, {"on": True}, 2, flag=True) == 6.0
    assert hessian(f)(3.0, {"on": True}, 2, flag=True) == 2.0


def test_the_shapes_of_nested_lists_and_tuples_are_kept():
    def f(parameters):
        weights, (bias, scales) = parameters
        return dot(weights[0], weights[1], bias) * scales[0]

    found = grad(f)([[[1.0, 2.0], [3.0, 4.0]], (5.0, [2.0])])
    assert found == [[[6.0, 8.0], [2.0, 4.0]], (2.0, [16.0])]
    assert isinstance(found[1], tuple)
    assert grad(lambda x: fsum(x[1]))([[], [1.0]]) == [[], [1.0]]


def test_the_jacobian_has_the_shape_of_the_output_and_in_it_that_of_the_input():
    def f(x):
        return {"a": 1} and [x[0] * x[1], (x[0], 7.0)]

    found = jacobian(f)((2.0, 3.0))
    assert found == [(3.0, 2.0), ((1.0, 0.0), (0.0, 0.0))]
    assert jacobian(lambda x: x * x)(3.0) == 6.0
    assert jacobian(lambda x, y: [x * y], argnums=1)(3.0, 4.0) == [3.0]
    assert jacobian(lambda x, y: [x * y], argnums=-1)(3.0, 4.0) == [3.0]


def test_the_jacobian_by_several_arguments():
    assert jacobian(lambda x, y: [x * y, x], argnums=(0, 1))(2.0, 3.0) == [(3.0, 2.0), (1.0, 0.0)]


def test_the_hessian_by_other_arguments_than_the_first():
    def f(x, y):
        return x * y * y

    assert hessian(f, argnums=1)(3.0, 5.0) == 6.0
    assert hessian(f, argnums=-1)(3.0, 5.0) == 6.0
    assert hessian(f, argnums=(0, 1))(3.0, 5.0) == ((0.0, 10.0), (10.0, 6.0))


def test_an_argument_named_twice():
    assert grad(f3, argnums=(0, -3))(1.0, 2.0, 3.0) == (2.0, 2.0)


def test_vjp_and_jvp_keep_shapes():
    def f(x, y):
        return [x[0] * y, (y, x[1])]

    value, pull = vjp(f, [2.0, 3.0], 5.0)
    assert value == [10.0, (5.0, 3.0)]
    assert pull([1.0, (10.0, 100.0)]) == ([5.0, 100.0], 12.0)
    assert pull([0.0, (1.0, 0.0)]) == ([0.0, 0.0], 1.0)  # may be called again
    value, slope = jvp(f, ([2.0, 3.0], 5.0), ([1.0, 10.0], 100.0))
    assert (value, slope) == ([10.0, (5.0, 3.0)], [205.0, (100.0, 10.0)])


def test_there_may_be_any_number_of_primals():
    n = 300  # beyond the ints that CPython makes once
    assert jvp(lambda *xs: fsum(xs), [1.0] * n, [2.0] * n) == (n, 2.0 * n)
    assert vjp(lambda *xs: fsum(xs), *[1.0] * n)[1](3.0) == (3.0,) * n
    assert hvp(lambda x, y: x * y * y, (2.0, 3.0), (1.0, 10.0)) == (60.0, 46.0)
    assert hvp(lambda: 1.0, (), ()) == ()


@pytest.mark.parametrize(
    "call",
    [
        lambda: vjp(lambda x: x * x, 3.0)[1]([1.0, 2.0]),
        lambda: vjp(lambda x: [x, x], 3.0)[1]([1.0]),
        lambda: vjp(lambda x: [x, x], 3.0)[1](1.0),
        lambda: jvp(lambda x, y: x + 10 * y, (1.0, 2.0), ([1.0, 5.0], 3.0)),
        lambda: jvp(fsum, ([1.0, 2.0],), ([1.0],)),
        lambda: jvp(fsum, ([1.0, 2.0],), (1.0,)),
        lambda: jvp(fsum, ([1.0, 2.0],), ()),
        lambda: jvp(lambda x: x, (1.0,), (1.0, 2.0)),
        lambda: jvp(lambda x: x, 1.0, (1.0,)),
        lambda: jvp(lambda x: x, (1.0,), 1.0),
        lambda: hvp(fsum, ([1.0, 2.0],), ([1.0],)),
    ],
)
def test_directions_of_another_shape_are_refused(call):
    with pytest.raises((ValueError, TypeError), match="expected"):
        call()


def test_arrays_come_back_as_arrays():
    np = pytest.importorskip("numpy")

    def f(w, x):
        return fsum(dot(row, x) for row in w)

    w, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
    dw = grad(f)(w, x)
    assert dw.dtype == float
    assert dw.tolist() == [[5.0, 6.0], [5.0, 6.0]]
    assert grad(f, argnums=1)(w, x).tolist() == [4.0, 6.0]
    both = grad(lambda p: f(*p))([w, x])
    assert [g.tolist() for g in both] == [[[5.0, 6.0], [5.0, 6.0]], [4.0, 6.0]]
    assert jvp(f, (w, x), (np.zeros((2, 2)), np.array([1.0, 0.0]))) == (56.0, 4.0)
    value, pull = vjp(lambda x: [x[0] * x[1], x[0]], x)
    assert value == [30.0, 5.0]
    assert pull(np.array([1.0, 10.0]))[0].tolist() == [16.0, 5.0]
    found = grad(lambda x: x * x)(np.float32(3))
    assert (found, type(found)) == (6.0, float)
    assert grad(lambda x: x * x)(np.array(3.0)) == 6.0
    assert grad(f, argnums=tuple(np.arange(2)))(w, x)[1].tolist() == [4.0, 6.0]


# -- numbers out where numbers went in ----------------------------------------------------------


def test_ints_in_are_floats_out():
    for f in (lambda x: x * x, lambda x: x, lambda x: x + 1, lambda x: 7, lambda x: 2 * x):
        y, slope = value_and_grad(f)(3)
        assert (type(y), type(slope)) == (float, float)
        assert type(jacobian(f)(3)) is float
        assert type(hessian(f)(3)) is float
        y, slope = jvp(f, (3,), (1,))
        assert (type(y), type(slope)) == (float, float)
        y, pull = vjp(f, 3)
        assert (type(y), type(pull(1)[0])) == (float, float)
        assert type(grad(grad(f))(3)) is float
        assert type(hvp(f, (3,), (1,))) is float


@given(st.fractions(-10, 10), st.fractions(-10, 10))
def test_fractions_in_are_fractions_out(p, q):
    def f(x, y):
        return x * x * y - y / 3 + 2

    assert value_and_grad(f, (0, 1))(p, q) == (f(p, q), (2 * p * q, p * p - Fraction(1, 3)))
    assert jvp(f, (p, q), (1, 1)) == (f(p, q), 2 * p * q + p * p - Fraction(1, 3))
    value, pull = vjp(f, p, q)
    assert (value, pull(3)) == (f(p, q), (6 * p * q, 3 * p * p - 1))
    assert grad(grad(f))(p, q) == 2 * q
    assert hessian(lambda v: f(*v))([p, q]) == [[2 * q, 2 * p], [2 * p, 0]]
    assert hvp(lambda v: f(*v), ([p, q],), ([1, 0],)) == [2 * q, 2 * p]


def test_a_constant_function_has_the_derivative_0():
    assert value_and_grad(lambda x: 5)(3.0) == (5.0, 0.0)
    assert grad(lambda x: [x, 5.0][1])([1.0, 2.0]) == [0.0, 0.0]
    assert grad(grad(lambda x: 5.0))(3.0) == 0.0
    assert jacobian(lambda x: [x, 5.0])(3.0) == [1.0, 0.0]
    assert hessian(lambda x: 5)([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert jvp(lambda x: 5, (3.0,), (1.0,)) == (5.0, 0.0)
    assert vjp(lambda x: 5, 3.0)[1](1.0) == (0.0,)
    assert hvp(lambda x: 5, (3.0,), (1.0,)) == 0.0
    assert grad(lambda x, y: x)(1.0, 2.0) == 1.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: grad(lambda x: [x, x])(3.0),
        lambda: grad(lambda x: (x,))(3.0),
        lambda: hessian(lambda x: [x])(3.0),
        lambda: grad(lambda x: None)(3.0),
        lambda: grad(lambda x: "x")(3.0),
        lambda: grad(lambda x: x > 0)(3.0),
        lambda: jacobian(lambda x: [x, None])(3.0),
        lambda: grad(sin)("3"),
        lambda: grad(sin)(True),
        lambda: grad(sin)(1j),
        lambda: grad(fsum)([1.0, None]),
        lambda: grad(sin)({"x": 1.0}),
    ],
)
def test_what_is_not_a_function_of_numbers_is_a_type_error(call):
    with pytest.raises(TypeError, match="expected"):
        call()


def test_the_error_names_the_function_and_the_remedy():
    def pair(x):
        return [x, x]

    with pytest.raises(TypeError, match="pair to return one number, got a list; use jacobian"):
        grad(pair)(3.0)

    def forgot(x):
        x * x

    with pytest.raises(TypeError, match=r"forgot returned what is not a scalar.*return missing"):
        grad(forgot)(3.0)


def test_errors_of_the_function_itself_come_through():
    with pytest.raises(DomainError):
        grad(log)(-1.0)
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: 1 / x)(0.0)
    assert grad(sqrt)(0.0) == math.inf


# -- nesting: no perturbation confusion ---------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        # Siskind and Pearlmutter 2005, and variations of it
        (lambda x: x * grad(lambda y: x + y)(1.0), 1.0, 1.0),
        (lambda x: x * grad(lambda y: x + y)(x), 3.0, 1.0),
        (lambda x: x * grad(lambda y: x * y)(2.0), 3.0, 6.0),
        (lambda x: x * grad(lambda y: x * y)(x), 3.0, 6.0),
        (lambda x: grad(lambda y: x * y * y)(x), 3.0, 12.0),
        (lambda x: grad(lambda y: x * y * y)(2.0), 3.0, 4.0),
        (lambda x: grad(lambda y: x * x * y * y)(2.0), 3.0, 24.0),
        (lambda x: grad(lambda y: y * y * y)(x), 3.0, 18.0),
        (lambda x: grad(lambda x: x * x)(x) * x, 3.0, 12.0),
        (lambda x: grad(lambda y: grad(lambda z: x * y * z)(y))(x), 3.0, 1.0),
        (lambda x: grad(lambda y: grad(lambda z: x * y * z * z)(y))(x), 3.0, 24.0),
        (lambda x: value_and_grad(lambda y: x)(1.0)[0], 3.0, 1.0),
        (lambda x: value_and_grad(lambda y: x * y)(2.0)[0], 3.0, 2.0),
        (lambda x: value_and_grad(lambda y: x * 1)(2.0)[0], 3.0, 1.0),
        (lambda x: value_and_grad(lambda y: y * y)(x)[0], 3.0, 6.0),
        (lambda x: value_and_grad(lambda y: y)(x)[0], 3.0, 1.0),
        (lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1], 3.0, 1.0),
        (lambda x: x * jvp(lambda y: x * y, (x,), (1.0,))[1], 3.0, 6.0),
        (lambda x: jvp(lambda y: x, (1.0,), (1.0,))[0], 3.0, 1.0),
        (lambda x: jvp(lambda y: y * y, (2.0,), (x,))[1], 3.0, 4.0),
        (lambda x: jvp(lambda y: y * y, (x,), (x,))[1], 3.0, 12.0),
        (lambda x: jvp(lambda y: y, (2.0,), (x,))[1], 3.0, 1.0),
        (lambda x: vjp(lambda y: x, 1.0)[0], 3.0, 1.0),
        (lambda x: vjp(lambda y: x * y, 2.0)[1](1.0)[0], 3.0, 1.0),
        (lambda x: vjp(lambda y: y * y, 2.0)[1](x)[0], 3.0, 4.0),
        (lambda x: vjp(lambda y: y * y, x)[1](x)[0], 3.0, 12.0),
        (lambda x: jacobian(lambda y: [x * y, x, y])(2.0)[0], 3.0, 1.0),
        (lambda x: hessian(lambda y: x * y[0] * y[1])([1.0, 2.0])[0][1], 3.0, 1.0),
        (lambda x: hvp(lambda y: x * y * y, (2.0,), (x,)), 3.0, 12.0),
        (lambda x: grad(lambda y: x)(2.0) * x + x, 3.0, 1.0),
        (lambda x: grad(lambda v: v[0] * v[1])([x, x])[0], 3.0, 1.0),
    ],
)
@pytest.mark.parametrize(
    "derivative",
    [
        lambda f, x: grad(f)(x),
        lambda f, x: jvp(f, (x,), (1.0,))[1],
        lambda f, x: vjp(f, x)[1](1.0)[0],
        lambda f, x: jacobian(f)(x),
    ],
    ids=["grad", "jvp", "vjp", "jacobian"],
)
def test_nested_derivatives_keep_their_variables_apart(f, at, expected, derivative):
    found = derivative(f, at)
    assert isinstance(found, float)
    assert found == expected


def test_a_value_from_outside_makes_the_answer_a_value():
    w = Value(3.0)
    slope = grad(lambda x: w * x * x)(2.0)
    assert isinstance(slope, Value)
    assert slope.data == 12.0
    assert gradients(slope, [w]) == [4.0]
    y, slope = value_and_grad(lambda x, w: x * w)(2.0, w)
    assert gradients(y, [w]) == [2.0]
    assert gradients(slope, [w]) == [1.0]


def test_an_answer_that_does_not_depend_on_the_value_from_outside_is_a_value_too():
    """So that it can be differentiated like any other: its gradient is 0."""
    w = Value(3.0)
    for slope in (
        grad(lambda y: y + w)(2.0),
        grad(lambda y: y)(w),
        grad(lambda y: 5.0)(w),
        jvp(lambda y: y + w, (2.0,), (1.0,))[1],
        jvp(lambda y: 5.0, (w,), (1.0,))[1],
        vjp(lambda y: y + w, 2.0)[1](1.0)[0],
        jacobian(lambda y: [y + w])(2.0)[0],
        hvp(lambda y: w * y, (2.0,), (1.0,)),
    ):
        assert isinstance(slope, Value)
        assert slope.data.__class__ is float
        assert gradients(slope, [w]) == [0.0]


def test_a_vjp_forgets_the_cotangents_it_was_called_with():
    _, pull = vjp(lambda x: x * x, 3.0)
    assert isinstance(pull(Value(1.0))[0], Value)
    assert grad(lambda v: pull(v)[0])(2.0) == 6.0
    assert pull(1.0) == (6.0,)


def test_a_value_as_an_argument():
    x = Value(3.0)
    slope = grad(lambda x: x * x * x)(x)
    assert (slope.data, gradients(slope, [x])) == (27.0, [18.0])
    # f(x) and x outside stay apart: the inner derivative is by the argument alone
    slope = grad(lambda y: y * x)(x)
    assert (slope.data, gradients(slope, [x])) == (3.0, [1.0])


def test_the_sign_of_a_zero_survives_nesting():
    y, _ = value_and_grad(lambda y: y * 1.0)(Value(-0.0))
    assert math.copysign(1, y.data) == -1
    assert grad(lambda x: value_and_grad(lambda y: atan2(y, -1.0))(x)[0] * x)(-0.0) == -math.pi


def test_nothing_is_written_on_the_nodes():
    w = Value(3.0)
    value_and_grad(lambda x: w * x)(2.0)
    jvp(lambda x: w * x, (2.0,), (1.0,))
    hessian(lambda v: w * v[0] * v[1])([1.0, 2.0])
    assert repr(w) == "Value(data=3.0, grad=0.0)"
    assert w.data == 3.0


def test_the_argument_itself_is_left_alone():
    xs = [1.0, 2.0]
    grad(lambda v: v[0] * v[1])(xs)
    assert xs == [1.0, 2.0]


def test_recursion_and_branches_are_ordinary_python():
    def power(x, n):
        return 1.0 if n == 0 else x * power(x, n - 1)

    assert grad(power)(2.0, 5) == 80.0
    assert grad(lambda x: x * x if x > 0 else -x)(-2.0) == -1.0
    assert grad(lambda x: cos(x) if bool(x) else x)(0.0) == 1.0


# -- what JAX's users reach for -----------------------------------------------------------------


def with_aux(x, y):
    return x * y, {"sum": x + y, "name": "aux"}


def test_has_aux_means_what_it_means_in_jax():
    assert value_and_grad(with_aux, has_aux=True)(3.0, 4.0) == (
        (12.0, {"sum": 7.0, "name": "aux"}),
        4.0,
    )
    assert grad(with_aux, argnums=(0, 1), has_aux=True)(3.0, 4.0) == (
        (4.0, 3.0),
        {"sum": 7.0, "name": "aux"},
    )

    def pair(x):
        return [x * x, 3 * x], x + 1

    assert jacobian(pair, has_aux=True)(2.0) == ([4.0, 3.0], 3.0)
    assert hessian(lambda x: (x**3, x + 1), has_aux=True)(2.0) == (12.0, 3.0)
    assert jvp(pair, (2.0,), (1.0,), has_aux=True) == ([4.0, 6.0], [4.0, 3.0], 3.0)
    y, back, aux = vjp(pair, 2.0, has_aux=True)
    assert (y, back([1.0, 1.0]), aux) == ([4.0, 6.0], (7.0,), 3.0)
    assert hvp(lambda x: (x**3, x + 1), (2.0,), (1.0,), has_aux=True) == (12.0, 3.0)


def test_has_aux_of_a_function_that_gives_no_pair_is_refused_by_name():
    with pytest.raises(TypeError, match=r"has_aux=True expected sin to return a pair"):
        grad(sin, has_aux=True)(1.0)


def test_aux_that_depends_on_the_outside_stays_a_value():
    w = Value(3.0)
    _, aux = grad(lambda x: (x * w, [x * w, 1.0]), has_aux=True)(2.0)
    assert aux[0].data == 6.0
    aux[0].backward()
    assert w.grad == 2.0


class Point(NamedTuple):
    x: float
    y: float


def test_dicts_and_namedtuples_are_arguments_and_results():
    found = grad(lambda p: p.x * p.y)(Point(2.0, 5.0))
    assert found == Point(5.0, 2.0)
    assert type(found) is Point
    assert grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [5.0]}) == {"a": 5.0, "b": [2.0]}
    assert jacobian(lambda x: {"square": x**2, "point": Point(x, 2 * x)})(3.0) == {
        "square": 6.0,
        "point": Point(1.0, 2.0),
    }
    assert jvp(lambda p: p["a"] ** 2, ({"a": 3.0},), ({"a": 1.0},)) == (9.0, 6.0)


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian])
def test_a_derivative_function_carries_the_name_of_its_function(transform):
    def energy(position, mass=1.0):
        """One half m x**2."""
        return mass * position**2 / 2

    derivative = transform(energy)
    assert (derivative.__name__, derivative.__doc__) == ("energy", "One half m x**2.")
    assert inspect.signature(derivative) == inspect.signature(energy)
    assert transform(sin).__name__ == "sin"
    assert transform(lambda x: x**2)(3.0) is not None


# -- linear in the size of the graph ------------------------------------------------------------


def running_sums(x):
    total, sums = 0.0, []
    for xi in x:
        total = total + xi
        sums.append(total)
    return sums


def unit(n):
    rng = random.Random(n)
    rows = [[rng.gauss(0, 1) for _ in range(n)] for _ in range(4)]
    return lambda x: fsum([tanh(dot(row, x)) for row in rows])


OUTSIDE = Value(1.5)

COSTS = {
    "vjp": lambda x: vjp(running_sums, x)[1](x),
    "jvp": lambda x: jvp(running_sums, (x,), (x,)),
    "hvp": lambda x: hvp(unit(len(x)), (x,), (x,)),
    "outside": lambda x: grad(lambda x: fsum([OUTSIDE * tanh(xi) for xi in running_sums(x)]))(x),
    "jvp of Values": lambda x: jvp(running_sums, (x,), ([OUTSIDE] * len(x),)),
}


@pytest.mark.parametrize("name", COSTS)
def test_a_transform_visits_a_number_of_nodes_that_is_linear_in_the_graph(name, monkeypatch):
    """Counted: the nodes put in order, and the nodes made."""
    counts = {}

    def counted(n):
        count = 0
        make, order = Value.__init__, sweep.inner_order

        def counting_order(roots, zero):
            nonlocal count
            found = order(roots, zero)
            count += len(found[0]) + len(found[1])
            return found

        def counting_make(self, *args):
            nonlocal count
            count += 1
            make(self, *args)

        with monkeypatch.context() as patch:
            patch.setattr(Value, "__init__", counting_make)
            for module in (sweep, transforms, backprop):
                patch.setattr(module, "inner_order", counting_order)
            COSTS[name]([0.01] * n)
        return count

    counts = [counted(n) for n in (20, 40, 80)]
    assert counts[2] - counts[1] <= 2.01 * (counts[1] - counts[0]), counts


def test_what_does_not_move_is_left_out_of_the_forward_pass():
    w = Value(3.0)
    y, moved = jvp(lambda x: [x * w, exp(w * 2.0)], (2.0,), (1.0,))
    assert [v.data for v in y] == [6.0, math.exp(6.0)]
    assert [getattr(v, "data", v) for v in moved] == [3.0, 0.0]


def test_aux_may_depend_on_the_outside_by_itself():
    assert grad(lambda w: grad(lambda x: (x * x, w * x), has_aux=True)(3.0)[1])(2.0) == 3.0
    w = Value(2.0)
    _, aux = grad(lambda x: (x * x, w * x), has_aux=True)(3.0)
    aux.backward()
    assert (aux.data, w.grad) == (6.0, 3.0)


def test_aux_without_values_is_left_as_it_is():
    np = pytest.importorskip("numpy")
    aux = {"counts": np.array([1, 2]), "names": ["a", None], "object": object()}
    assert grad(lambda x: (x * x, aux), has_aux=True)(3.0)[1] is aux


def test_a_function_may_change_its_arguments():
    assert grad(lambda x: x.pop() * x.pop())([3.0, 2.0]) == [2.0, 3.0]
    assert grad(lambda d: d.pop("a") ** 2 * d["b"])({"a": 3.0, "b": 2.0}) == {"a": 12.0, "b": 9.0}

    def longer(x):
        x.append(3)
        return x[0] * x[1]

    assert grad(longer)([1.0, 2.0]) == [2.0, 1.0]


def test_argnums_are_read_once_and_may_be_of_numpy():
    product = grad(lambda x, y: x * y, iter([0, 1]))
    assert product(2.0, 3.0) == product(2.0, 3.0) == (3.0, 2.0)
    np = pytest.importorskip("numpy")
    assert grad(lambda x, y: x * y, np.int64(1))(2.0, 3.0) == 2.0
    for wrong in (1.0, "0", None, [0.5]):
        with pytest.raises(TypeError, match="argnums expected an int or a tuple of ints"):
            grad(lambda x, y: x * y, wrong)


def test_a_counter_is_a_dict():
    found = grad(lambda d: d["a"] * d["b"])(Counter(a=2, b=3))
    assert found == {"a": 3.0, "b": 2.0}


def test_what_depends_on_constants_alone_does_not_move():
    def f(x):
        c = x.detach()
        return [x * 2.0 + fsum([c, 1.0]), c * c - 1.0, exp(c), fsum([c, c]) * x]

    y, moved = jvp(f, (3.0,), (1.0,))
    assert y == [10.0, 8.0, math.exp(3.0), 18.0]
    assert moved == [2.0, 0.0, 0.0, 6.0]


# -- of scalars that are traced -------------------------------------------------------------------


@pytest.mark.parametrize("at", [0.5, "traced"])
def test_derivatives_of_traced_scalars_are_traced(at):
    """Their numbers come later; here they are made again on Values."""
    from autograd_mini.compiler.trace import Trace, Traced, placeholders

    trace = Trace(["x"])
    x = placeholders("x", (), trace)
    f = lambda q: sin(q * x) * q  # noqa: E731
    found = grad(grad(f))(x if at == "traced" else at)
    [by_x] = gradients(f(x), [x], create_graph=True)
    [detached] = gradients(f(x), [x])
    [constant] = gradients(x * 2, [x])
    assert (constant.data, str(detached.op)) == (2, "detach")
    numbers = {id(x): Value(0.5)}
    for node in trace:
        assert isinstance(node, Traced)
        if not node.is_leaf:
            operands = [numbers.get(id(p), p) for p in node.operands]
            numbers[id(node)] = node.op.apply(operands)
    number = Value(0.5)
    on_values = lambda q: sin(q * number) * q  # noqa: E731
    expected = grad(grad(on_values))(number if at == "traced" else at)
    assert numbers[id(found)].data == pytest.approx(expected.data, rel=1e-14)
    assert numbers[id(by_x)].data == numbers[id(detached)].data
    assert numbers[id(by_x)].data == pytest.approx(
        gradients(on_values(number), [number])[0], rel=1e-14
    )
