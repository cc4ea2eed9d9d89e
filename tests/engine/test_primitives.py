"""The rule table: every row's derivatives, its edges, its accuracy and its errors."""

import cmath
import copy
import itertools
import math
import operator
import pickle
from fractions import Fraction
from math import inf, nan, pi

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import (
    ANALYTIC,
    ROWS,
    apply,
    derivative,
    domains,
    row_of,
    smooth_points,
    some_point,
)

import autograd_mini
from autograd_mini import (
    AutogradError,
    DomainError,
    Value,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    clip,
    cos,
    cosh,
    dot,
    elu,
    erf,
    erfc,
    exp,
    expm1,
    fsum,
    gelu,
    gelu_tanh,
    gradients,
    hypot,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    log_sigmoid,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    mish,
    pick,
    primitive,
    primitives,
    relu,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softmax,
    softplus,
    sqrt,
    step,
    tan,
    tanh,
    where,
)
from autograd_mini.primitives import BRANCHES, TABLE
from autograd_mini.rules import Interval, NaryPrimitive, Primitive
from autograd_mini.scalars import IEEE

every_row = pytest.mark.parametrize("name", ROWS)

# fmt: off
ONE_ARGUMENT = [
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "sign",
    "step", "relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "mish", "sigmoid",
    "softplus", "log_sigmoid",
]
SEVERAL_ARGUMENTS = [
    "atan2", "hypot", "maximum", "minimum", "where", "clip", "logsumexp", "softmax",
    "log_softmax", "pick", "fsum", "dot",
]
# fmt: on


def values(numbers):
    return [Value(x) for x in numbers]


def partials(f, *numbers):
    """The local partials of f, every operand a Value."""
    return f(*values(numbers)).partials


def same(a, b):
    """Equal bit for bit: -0.0 is not 0.0, a nan is a nan, an int is not a float."""
    if a.__class__ is not b.__class__:
        return False
    if isinstance(a, float):
        return (a != a and b != b) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return a == b


# -- every row is the derivative of its function ------------------------------------------------


@every_row
@given(data=st.data())
def test_partials_are_the_derivatives_of_the_function(name, data):
    numbers = data.draw(smooth_points(name))
    stored = apply(name, values(numbers)).partials
    assert len(stored) == len(numbers)
    for i, slope in enumerate(stored):

        def along(t, i=i):
            return apply(name, [*numbers[:i], t, *numbers[i + 1 :]])

        expected, tolerance = derivative(along, numbers[i])
        assert slope == pytest.approx(expected, abs=tolerance), f"operand {i}"


@every_row
@given(data=st.data())
def test_derivatives_of_the_partials_are_the_second_derivatives(name, data):
    numbers = data.draw(smooth_points(name))
    row = row_of(name)
    xs = values(numbers)
    slopes = gradients(apply(name, xs), xs, create_graph=True)
    for i, slope in enumerate(slopes):
        for j, second in enumerate(gradients(slope, xs)):

            def along(t, i=i, j=j):
                moved = [*numbers[:j], t, *numbers[j + 1 :]]
                y = row.evaluate(moved)
                d = row.partial(i, moved, y)
                return d if isinstance(t, complex) else float(d)

            expected, tolerance = derivative(along, numbers[j])
            assert second == pytest.approx(expected, abs=tolerance), f"operands {i}, {j}"


@every_row
@given(data=st.data())
def test_a_plain_operand_takes_no_gradient_and_changes_no_other(name, data):
    numbers = data.draw(smooth_points(name))
    choices = filter(any, itertools.product([True, False], repeat=len(numbers)))
    is_value = data.draw(st.sampled_from(list(choices)))
    everywhere = apply(name, values(numbers))
    operands = [Value(x) if v else x for x, v in zip(numbers, is_value)]
    y = apply(name, operands)
    assert same(y.data, everywhere.data)
    assert y.operands == tuple(operands)
    assert y.parents == tuple(x for x in operands if isinstance(x, Value))
    expected = itertools.compress(everywhere.partials, is_value)
    assert all(map(same, y.partials, expected))


@every_row
@given(data=st.data())
def test_the_gradient_run_as_values_equals_the_stored_one(name, data):
    numbers = data.draw(smooth_points(name))
    xs = values(numbers)
    y = apply(name, xs)
    again = gradients(y, xs, create_graph=True)
    assert [g.data for g in again] == list(y.partials) == gradients(y, xs)


@every_row
def test_every_row_says_what_it_is(name):
    row = row_of(name)
    n = 2 if name not in TABLE else len(row.arguments)
    assert len(row.arguments) == n
    assert len(row.domain) == n
    assert row.latex
    assert "#" in row.latex
    assert str(row)
    assert name in repr(row) or str(row) in repr(row)
    if name in TABLE:
        assert row.__doc__
        assert getattr(primitives, name) is row
        assert pickle.loads(pickle.dumps(row)) is row


@every_row
def test_domains_are_where_the_function_is_defined(name):
    """A number outside the interval raises; one inside does not, whatever the others are."""
    point = some_point(name)
    for i, interval in enumerate(domains(name, len(point))):
        for x in (interval.low, interval.high):
            if not math.isfinite(x):
                continue
            beyond = math.nextafter(x, inf if x == interval.high else -inf)
            for t in (x, beyond):
                operands = [*point[:i], t, *point[i + 1 :]]
                if t in interval:
                    assert math.isfinite(apply(name, operands))
                else:
                    with pytest.raises(DomainError):
                        apply(name, operands)


def test_kinks_vanish_at_the_kinks():
    points = [
        ("divide", (1.0, 0.0)),
        ("power", (0.0, 2.0)),
        ("sqrt", (0.0,)),
        ("cbrt", (0.0,)),
        ("asin", (-1.0,)),
        ("asin", (1.0,)),
        ("acos", (-1.0,)),
        ("acos", (1.0,)),
        ("atan2", (0.0, -1.0)),
        ("atan2", (0.0, 0.0)),
        ("hypot", (0.0, 0.0)),
        ("acosh", (1.0,)),
        ("absolute", (0.0,)),
        ("sign", (0.0,)),
        ("step", (0.0,)),
        ("maximum", (2.0, 2.0)),
        ("minimum", (2.0, 2.0)),
        ("clip", (1.0, 1.0, 2.0)),
        ("clip", (2.0, 1.0, 2.0)),
        ("clip", (5.0, 1.0, 1.0)),
        ("relu", (0.0,)),
        ("leaky_relu", (0.0, 0.5)),
        ("elu", (0.0, 0.5)),
    ]
    for name, numbers in points:
        assert any(kink(*numbers) == 0 for kink in TABLE[name].kinks), name


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("divide", (0.0, 1.0)),
        ("power", (2.0, 0.0)),
        ("atan2", (0.0, 0.5)),
        ("atan2", (0.0, 2.0)),
        ("atan2", (1.0, -1.0)),
        ("hypot", (0.0, 1.0)),
        ("asin", (0.0,)),
        ("acos", (0.0,)),
        ("maximum", (1.0, -1.0)),
        ("minimum", (1.0, -1.0)),
        ("clip", (0.5, -1.0, 1.0)),
    ],
)
def test_kinks_do_not_vanish_where_the_function_is_smooth(name, numbers):
    assert all(kink(*numbers) != 0 for kink in TABLE[name].kinks)


def test_intervals_read_as_written():
    half_open = Interval("[-1, 1)")
    assert -1 in half_open
    assert 0.5 in half_open
    assert 1 not in half_open
    assert repr(half_open) == "[-1, 1)"
    assert inf not in Interval("(0, inf)")
    assert 0.0 not in Interval("(0, inf)")
    assert nan not in Interval("(-inf, inf)")


# -- plain numbers and Values agree -------------------------------------------------------------


@every_row
@given(data=st.data())
def test_a_value_holds_what_the_plain_call_gives(name, data):
    numbers = data.draw(smooth_points(name))
    assert same(apply(name, values(numbers)).data, apply(name, numbers))


EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 5e-324, 1e-310, 1e308, -1e308, inf, -inf, nan]


def outcome(f):
    """What f gives, or the error it raises."""
    try:
        return f()
    except (ArithmeticError, ValueError) as error:
        return type(error), str(error)


@every_row
def test_a_value_holds_what_the_plain_call_gives_at_the_edges(name):
    for numbers in itertools.product(EDGES, repeat=len(some_point(name)) if name in PAIRS else 1):
        point = some_point(name)
        operands = [*numbers, *point[len(numbers) :]]
        plain = outcome(lambda: apply(name, operands))  # noqa: B023
        y = outcome(lambda: apply(name, values(operands)))  # noqa: B023
        if isinstance(y, Value):
            assert same(y.data, plain), operands
            assert all(d.__class__ is float for d in y.partials)
        elif y != plain:  # a negative base has a power, but no derivative along the exponent
            assert name == "power"
            assert operands[0] < 0
            assert y[0] is DomainError


PAIRS = [name for name in ROWS if len(some_point(name)) == 2]


@pytest.mark.parametrize("name", [n for n in ANALYTIC if n != "hypot"])
@given(data=st.data())
def test_analytic_functions_take_complex_numbers(name, data):
    """And agree with the real function on the real axis."""
    numbers = data.draw(smooth_points(name))
    y = apply(name, [complex(x, 0.0) for x in numbers])
    assert isinstance(y, complex)
    assert y.real == pytest.approx(apply(name, numbers), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("f", "reference"),
    [
        (exp, cmath.exp),
        (log, cmath.log),
        (sqrt, cmath.sqrt),
        (sin, cmath.sin),
        (tanh, cmath.tanh),
        (sigmoid, lambda z: 1 / (1 + cmath.exp(-z))),
        (silu, lambda z: z / (1 + cmath.exp(-z))),
        (lambda z: hypot(z, 2.0), lambda z: cmath.sqrt(z * z + 4)),
        (lambda z: fsum([z, 2.0, z]), lambda z: 2 * z + 2),
        (lambda z: dot([z, 2.0], [3.0, 1.0], 1.0), lambda z: 3 * z + 3),
        (lambda z: dot([1.0, 2.0], [3.0, 1.0], z), lambda z: z + 5),
        (lambda z: logsumexp([z, 2.0]), lambda z: cmath.log(cmath.exp(z) + cmath.exp(2))),
    ],
)
def test_complex_numbers_and_reals_mix(f, reference):
    z = 0.3 + 0.4j
    assert f(z) == pytest.approx(reference(z), rel=1e-14)


@pytest.mark.parametrize("f", [erf, gelu, relu, maximum, atan2, cbrt, clip])
def test_functions_that_are_not_analytic_refuse_complex_numbers(f):
    others = [1.0, 2.0][: len(f.arguments) - 1]
    with pytest.raises(TypeError):
        f(1j, *others)


@pytest.mark.parametrize("name", ONE_ARGUMENT + SEVERAL_ARGUMENTS)
def test_every_function_of_the_design_is_public(name):
    assert name in autograd_mini.__all__
    assert callable(getattr(autograd_mini, name))
    if name in ONE_ARGUMENT:
        assert callable(getattr(Value, name))


def test_the_public_names_are_the_table_and_no_more_than_exist():
    named = {name for name, row in TABLE.items() if row.name == name}
    assert named <= set(autograd_mini.__all__)
    assert named <= set(ONE_ARGUMENT + SEVERAL_ARGUMENTS)
    assert all(hasattr(autograd_mini, name) for name in autograd_mini.__all__)
    assert len(set(autograd_mini.__all__)) == len(autograd_mini.__all__)


def test_defaults_and_keywords():
    assert leaky_relu(-2.0) == -0.02
    assert leaky_relu(-2.0, slope=0.5) == leaky_relu(-2.0, 0.5) == leaky_relu(x=-2.0, slope=0.5)
    assert elu(-1.0, alpha=2.0) == 2 * elu(-1.0) == 2 * math.expm1(-1)
    assert clip(5.0, low=0.0, high=1.0) == clip(high=1.0, low=0.0, x=5.0) == 1.0
    slope = Value(0.5)
    y = Value(-2.0).leaky_relu(slope=slope)
    assert gradients(y, [slope]) == [-2.0]
    assert Value(-2.0).leaky_relu().data == -0.02
    assert Value(-1.0).elu(2.0).data == 2 * math.expm1(-1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: exp(),
        lambda: exp(1.0, 2.0),
        lambda: exp(1.0, x=2.0),
        lambda: exp(y=1.0),
        lambda: leaky_relu(1.0, 0.5, slope=0.1),
        lambda: leaky_relu(),
        lambda: clip(1.0, 0.0),
        lambda: maximum(1.0),
        lambda: maximum([1.0, 2.0, 3.0]),
        lambda: maximum(1.0, 2.0, x3=3.0),
        lambda: Value(1.0).leaky_relu(0.5, slope=0.1),
        lambda: Value(1.0).exp(2.0),
        lambda: fsum(1.0, 2.0),
    ],
)
def test_the_wrong_arguments_are_a_type_error(call):
    with pytest.raises(TypeError):
        call()


def test_the_wrong_arguments_are_named():
    with pytest.raises(TypeError, match=r"expected clip\(x, low, high\), got \(1.0, high=2.0\)"):
        clip(1.0, high=2.0)
    with pytest.raises(TypeError, match=r"expected tanh\(x\), got \(1.0, 2.0\)"):
        tanh(1.0, 2.0)


# -- kinks and edges ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "point", "expected"),
    [
        (relu, (0.0,), (0.0,)),
        (relu, (-0.0,), (0.0,)),
        (relu, (5e-324,), (1.0,)),
        (leaky_relu, (0.0, 0.25), (0.25, 0.0)),
        (elu, (0.0, 0.25), (0.25, 0.0)),
        (abs, (0.0,), (0.0,)),
        (abs, (-0.0,), (0.0,)),
        (abs, (-3.0,), (-1.0,)),
        (sign, (0.0,), (0.0,)),
        (sign, (2.0,), (0.0,)),
        (step, (0.0,), (0.0,)),
        (step, (2.0,), (0.0,)),
        (maximum, (2.0, 2.0), (0.5, 0.5)),
        (minimum, (2.0, 2.0), (0.5, 0.5)),
        (maximum, (0.0, -0.0), (0.5, 0.5)),
        (maximum, (3.0, 2.0), (1.0, 0.0)),
        (minimum, (3.0, 2.0), (0.0, 1.0)),
        (clip, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
        (clip, (1.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
        (clip, (-1.0, 0.0, 1.0), (0.0, 1.0, 0.0)),
        (clip, (2.0, 0.0, 1.0), (0.0, 0.0, 1.0)),
        (sqrt, (0.0,), (inf,)),
        (cbrt, (0.0,), (inf,)),
        (cbrt, (-0.0,), (inf,)),
        (asin, (1.0,), (inf,)),
        (asin, (-1.0,), (inf,)),
        (acos, (1.0,), (-inf,)),
        (acos, (-1.0,), (-inf,)),
        (acosh, (1.0,), (inf,)),
        (atan2, (0.0, 0.0), (0.0, 0.0)),
        (atan2, (0.0, -1.0), (-1.0, 0.0)),
        (hypot, (0.0, 0.0), (nan, nan)),
        (hypot, (3.0, 4.0), (0.6, 0.8)),
        (hypot, (0.0, 2.0), (0.0, 1.0)),
        (pow, (0.0, 0.0), (0.0, 0.0)),
        (pow, (0.0, 0.5), (inf, 0.0)),
        (pow, (0.0, 1.0), (1.0, 0.0)),
        (pow, (0.0, 2.0), (0.0, 0.0)),
        (pow, (2.0, 0.0), (0.0, math.log(2))),
        (two := lambda a, b: logsumexp([a, b]), (1.0, 1.0), (0.5, 0.5)),
        (two, (1.0, -inf), (1.0, 0.0)),
    ],
)
def test_the_derivative_at_a_kink_or_edge(f, point, expected):
    found = partials(f, *point)
    assert found == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


# Every convention of the table: what PyTorch gives, or the limit where that is infinite.
CONVENTIONS = {
    ("power", (0.0, 0.0)): (0.0, 0.0),
    ("power", (0.0, 0.5)): (inf, 0.0),
    ("power", (0.0, 1.0)): (1.0, 0.0),
    ("power", (0.0, 2.0)): (0.0, 0.0),
    ("power", (2.0, 0.0)): (0.0, math.log(2)),
    ("sqrt", (0.0,)): (inf,),
    ("cbrt", (0.0,)): (inf,),
    ("asin", (-1.0,)): (inf,),
    ("asin", (1.0,)): (inf,),
    ("acos", (-1.0,)): (-inf,),
    ("acos", (1.0,)): (-inf,),
    ("atan2", (0.0, 0.0)): (0.0, 0.0),
    ("hypot", (0.0, 0.0)): (nan, nan),
    ("acosh", (1.0,)): (inf,),
    ("absolute", (0.0,)): (0.0,),
    ("sign", (0.0,)): (0.0,),
    ("step", (0.0,)): (0.0,),
    ("maximum", (1.0, 1.0)): (0.5, 0.5),
    ("minimum", (1.0, 1.0)): (0.5, 0.5),
    ("clip", (0.0, 0.0, 1.0)): (1.0, 0.0, 0.0),
    ("clip", (1.0, 0.0, 1.0)): (1.0, 0.0, 0.0),
    ("relu", (0.0,)): (0.0,),
    ("leaky_relu", (0.0, 0.01)): (0.01, 0.0),
    ("elu", (0.0, 1.0)): (1.0, 0.0),
    ("elu", (0.0, 2.0)): (2.0, 0.0),
}


def test_the_edges_of_the_table_are_its_conventions():
    listed = [(name, point) for name, row in TABLE.items() for point in row.edges]
    assert sorted(listed) == sorted(CONVENTIONS)
    for name, point in listed:
        found = apply(name, values(point)).partials
        assert found == pytest.approx(CONVENTIONS[name, point], rel=1e-15, abs=0, nan_ok=True)


@pytest.mark.parametrize(
    ("name", "point"),
    [key for key, slopes in CONVENTIONS.items() if all(map(math.isfinite, slopes))],
)
def test_a_finite_convention_holds_for_partials_run_as_values(name, point):
    xs = values(point)
    found = gradients(apply(name, xs), xs, create_graph=True)
    assert [float(getattr(d, "data", d)) for d in found] == list(CONVENTIONS[name, point])


@pytest.mark.parametrize("point", [(nan, 2.0), (2.0, nan), (nan, nan)])
def test_no_partial_of_atan2_hides_a_nan(point):
    assert all(map(math.isnan, partials(atan2, *point)))


@pytest.mark.parametrize("f", [sign, step])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_the_sign_and_the_step_of_either_zero_are_0(f, zero):
    assert same(f(zero), 0.0)


def test_to_clip_to_a_single_point_gives_the_point():
    assert [clip(x, 1.0, 1.0) for x in (-5.0, 1.0, 5.0)] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("x", [-0.5, -1.0, -2.0])
def test_a_negative_base_has_no_derivative_along_the_exponent(x):
    assert (Value(x) ** 2).data == x * x
    with pytest.raises(DomainError, match="a whole number n that is not a Value"):
        x ** Value(2.0)


@pytest.mark.parametrize("x", [0.0, -0.0, 5e-324, -1e-310, 2.0, -3.0, 1e308, inf, -inf, nan])
def test_x_to_the_zero_is_1_with_derivative_0_whatever_x(x):
    for zero in (0, 0.0):
        y = Value(x) ** zero
        assert (y.data, y.partials) == (1.0, (0.0,))


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (exp, inf, inf),
        (exp, -inf, 0.0),
        (expm1, -inf, -1.0),
        (expm1, inf, inf),
        (log, inf, inf),
        (log1p, inf, inf),
        (log2, inf, inf),
        (log10, inf, inf),
        (sqrt, inf, inf),
        (cbrt, -inf, -inf),
        (sin, inf, nan),
        (cos, -inf, nan),
        (tan, inf, nan),
        (log, -inf, nan),
        (sqrt, -inf, nan),
        (asin, inf, nan),
        (acos, -inf, nan),
        (atan, inf, pi / 2),
        (sinh, -inf, -inf),
        (cosh, -inf, inf),
        (tanh, -inf, -1.0),
        (asinh, -inf, -inf),
        (acosh, inf, inf),
        (acosh, -inf, nan),
        (atanh, inf, nan),
        (erf, -inf, -1.0),
        (erfc, inf, 0.0),
        (abs, -inf, inf),
        (sign, -inf, -1.0),
        (sign, inf, 1.0),
        (step, inf, 1.0),
        (step, -inf, 0.0),
        (relu, -inf, 0.0),
        (relu, inf, inf),
        (leaky_relu, -inf, -inf),
        (elu, -inf, -1.0),
        (elu, inf, inf),
        (sigmoid, -inf, 0.0),
        (sigmoid, inf, 1.0),
        (softplus, -inf, 0.0),
        (softplus, inf, inf),
        (log_sigmoid, -inf, -inf),
        (log_sigmoid, inf, 0.0),
        (silu, inf, inf),
        (gelu, inf, inf),
        (gelu_tanh, inf, inf),
        (mish, inf, inf),
    ],
)
def test_infinities_flow_through_as_in_ieee_arithmetic(f, x, expected):
    assert f(x) == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)
    assert f(Value(x)).data == pytest.approx(expected, rel=1e-15, abs=0, nan_ok=True)


@every_row
def test_no_function_hides_a_nan(name):
    point = some_point(name)
    for i in range(len(point)):
        if name in ("where true", "where false"):
            continue  # that hides the branch not taken, whatever it is
        operands = [*point[:i], nan, *point[i + 1 :]]
        assert math.isnan(apply(name, operands)), f"operand {i}"
        assert math.isnan(apply(name, values(operands)).data), f"operand {i}"


@every_row
def test_nan_and_infinity_pass_forward_and_backward_without_an_error(name):
    point = some_point(name)
    for i, x in itertools.product(range(len(point)), (nan, inf, -inf)):
        xs = values([*point[:i], x, *point[i + 1 :]])
        y = apply(name, xs)
        y.backward()
        assert all(leaf.grad.__class__ is float for leaf in xs)


@pytest.mark.parametrize("numbers", [(nan, 1.0), (1.0, nan), (nan, -inf), (inf, nan)])
@pytest.mark.parametrize("f", [maximum, minimum])
def test_maximum_and_minimum_keep_a_nan_on_either_side(f, numbers):
    assert math.isnan(f(*numbers))
    assert math.isnan(f(*values(numbers)).data)


@pytest.mark.parametrize(
    "call",
    [
        lambda: logsumexp([nan, inf]),
        lambda: logsumexp([-inf, nan]),
        lambda: logsumexp([1.0, nan]),
        lambda: logsumexp([nan, 1.0]),
        lambda: fsum([inf, -inf]),
        lambda: fsum([nan, 1e308, 1e308]),
        lambda: dot([inf, 1.0], [1.0, -inf]),
        lambda: clip(nan, 0.0, 1.0),
        lambda: relu(nan),
        lambda: leaky_relu(nan),
        lambda: elu(nan),
        lambda: sign(nan),
        lambda: step(nan),
        lambda: where(True, nan, 1.0),
    ],
)
def test_nan_comes_out(call):
    assert math.isnan(call())


# -- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "numbers", "error", "says"),
    [
        (log, (0.0,), DomainError, "log(x) needs x in (0, inf)"),
        (log, (-1.0,), DomainError, "log(x) needs x in (0, inf)"),
        (log2, (0.0,), DomainError, "log2(x)"),
        (log10, (-1.0,), DomainError, "log10(x)"),
        (log1p, (-1.0,), DomainError, "log1p(x) needs x in (-1, inf)"),
        (sqrt, (-1.0,), DomainError, "sqrt(x) needs x in [0, inf)"),
        (asin, (1.5,), DomainError, "asin(x) needs x in [-1, 1]"),
        (acos, (-1.5,), DomainError, "acos(x)"),
        (acosh, (0.5,), DomainError, "acosh(x) needs x in [1, inf)"),
        (atanh, (1.0,), DomainError, "atanh(x) needs x in (-1, 1)"),
        (atanh, (-1.0,), DomainError, "atanh(x)"),
        (clip, (0.0, 2.0, 1.0), DomainError, "needs low <= high"),
        (pow, (-8.0, 1 / 3), DomainError, "x ** n needs x > 0"),
        (pow, (-8.0, 2.0), DomainError, "a whole number n that is not a Value"),
        (pow, (0.0, -1.0), ZeroDivisionError, "x ** n divides by zero"),
        (pow, (1e200, 2.0), OverflowError, "x ** n is too large"),
        (operator.truediv, (1.0, 0.0), ZeroDivisionError, "x1 / x2 divides by zero"),
        (operator.truediv, (0.0, -0.0), ZeroDivisionError, "x1 / x2 divides by zero"),
        (exp, (1000.0,), OverflowError, "exp(x) is too large"),
        (expm1, (1000.0,), OverflowError, "expm1(x) is too large"),
        (sinh, (-1000.0,), OverflowError, "sinh(x) is too large"),
        (cosh, (1000.0,), OverflowError, "cosh(x) is too large"),
    ],
)
def test_an_error_names_the_operation_the_operand_and_its_label(f, numbers, error, says):
    xs = [Value(x, f"operand_{i}") for i, x in enumerate(numbers)]
    with pytest.raises(error) as caught:
        f(*xs)
    message = str(caught.value)
    assert says in message
    for x in xs:
        assert repr(x.data) in message
        assert f"labelled {x.label!r}" in message
    if error is DomainError:
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, AutogradError)
    if f not in (operator.truediv, pow):
        with pytest.raises(error, match=str(numbers[0])):
            f(*numbers)


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_a_method_raises_what_the_function_raises(name):
    f = getattr(autograd_mini, name)
    for x in EDGES:
        v = Value(x, "v")
        by_function = outcome(lambda: f(v))  # noqa: B023
        by_method = outcome(lambda: getattr(v, name)())  # noqa: B023
        if isinstance(by_function, Value):
            assert same(by_method.data, by_function.data)
            assert all(map(same, by_method.partials, by_function.partials))
            assert by_method.op is by_function.op
            assert by_method.operands == by_function.operands
        else:
            assert by_method == by_function


def test_a_sum_of_nothing_is_0_and_a_logsumexp_of_nothing_an_error():
    assert fsum([]) == 0
    assert dot([], []) == 0
    assert dot([], [], 2.5) == 2.5
    with pytest.raises(DomainError, match="at least one"):
        logsumexp([])
    with pytest.raises(DomainError):
        softmax([])
    with pytest.raises(DomainError):
        log_softmax([])


def test_dot_of_lists_of_two_lengths():
    with pytest.raises(ValueError, match="got 2 and 3"):
        dot([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="got 0 and 1"):
        dot([], [Value(1.0)])


def test_integers_too_large_for_a_float_are_a_domain_or_overflow_error_that_names_the_function():
    with pytest.raises(DomainError, match=r"log\(x\)"):
        log(-(10**400))
    with pytest.raises(DomainError, match="low <= high"):
        clip(10**400, 5, 1)
    assert log(10**400) == pytest.approx(400 * math.log(10))


# -- where and pick -----------------------------------------------------------------------------


def test_where_is_one_node_over_both_branches():
    a, b = Value(2.0), Value(3.0)
    y = where(a.data > 1, a, b)
    assert str(y.op) == "where"
    assert y.data == 2.0
    assert y.parents == (a, b)
    assert y.partials == (1.0, 0.0)
    assert where(a > b, a, b).partials == (0.0, 1.0)


def test_where_keeps_the_constant_it_did_not_choose():
    a = Value(2.0)
    y = where(False, a, 7)
    assert y.data == 7.0
    assert y.operands == (a, 7)
    assert gradients(y, [a]) == [0.0]


def test_where_gives_what_it_chose_as_exactly_as_it_is():
    third = Fraction(1, 3)
    for n in (2, 2**53 + 1):
        assert same(where(True, n, third), n)
        assert same(where(False, third, n), n)
    assert same(where(False, 2, third), third)


def test_where_evaluates_both_branches():
    x = Value(-1.0)
    with pytest.raises(DomainError):
        where(x > 0, log(x), 0)
    y = log(where(x > 0, x, 1))
    assert (y.data, gradients(y, [x])) == (0.0, [0.0])


@pytest.mark.parametrize("condition", [1, 0.0, None, "x", Value(1.0), [True]])
def test_where_wants_a_condition(condition):
    with pytest.raises(TypeError, match="where expected a condition"):
        where(condition, 1.0, 2.0)


class Undecided:
    """A condition, or an index, that a traced program will know later: it keeps all it meets."""

    def __where__(self, a, b):
        return "either", a, b

    def __pick__(self, xs):
        return "one of", xs


def test_a_condition_that_is_known_later_keeps_both_branches():
    x = Value(2.0)
    assert where(Undecided(), x, 3.0) == ("either", x, 3.0)


def test_an_index_that_is_known_later_keeps_the_whole_list():
    x = Value(2.0)
    assert pick(iter([x, 3.0]), Undecided()) == ("one of", [x, 3.0])


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_pick_out_of_range_names_the_range(n):
    with pytest.raises(IndexError, match=f"a whole number from 0 to {n - 1}, got {n}"):
        pick([1.0] * n, n)


def test_pick_is_the_element_itself():
    xs = values([10.0, 20.0, 30.0])
    assert pick(xs, 1) is xs[1]
    assert pick(iter(xs), 2.0) is xs[2]
    assert pick(xs, Fraction(0)) is xs[0]


@pytest.mark.parametrize("k", [3, -1, 0.5, nan, inf])
def test_pick_out_of_range(k):
    with pytest.raises(IndexError, match="whole number from 0 to 2"):
        pick([1.0, 2.0, 3.0], k)


@pytest.mark.parametrize("k", ["0", None, True, 1j, [0]])
def test_pick_by_what_is_not_a_number(k):
    with pytest.raises(TypeError):
        pick([1.0, 2.0, 3.0], k)


def test_pick_by_a_value_names_its_data():
    with pytest.raises(TypeError, match=r"got a Value; write v\.data"):
        pick([1.0, 2.0, 3.0], Value(1.0))


# -- sums ---------------------------------------------------------------------------------------

finite = st.floats(-1e100, 1e100)
exact = st.integers(-(10**30), 10**30) | st.fractions()


@given(st.lists(finite))
def test_fsum_is_the_exact_sum_rounded_once(xs):
    expected = float(sum(map(Fraction, xs)))
    assert fsum(xs) == expected
    if xs:
        assert fsum(values(xs)).data == expected


@given(st.lists(st.tuples(finite, st.floats(-1e50, 1e50))), finite)
def test_dot_is_the_exact_sum_of_rounded_products(pairs, bias):
    ws, xs = [w for w, _ in pairs], [x for _, x in pairs]
    expected = float(sum((Fraction(w * x) for w, x in pairs), Fraction(bias)))
    assert dot(ws, xs, bias) == expected
    assert dot(ws, xs, Value(bias)).data == expected
    if pairs:
        assert dot(values(ws), xs, bias).data == expected
        assert dot(ws, values(xs), bias).data == expected
        assert dot(values(ws), values(xs), Value(bias)).data == expected


@given(st.lists(exact, min_size=1))
def test_fsum_of_ints_and_fractions_is_exact(xs):
    assert fsum(xs) == sum(xs)
    assert fsum([*xs, Value(Fraction(1, 3))]).data == sum(xs) + Fraction(1, 3)


@given(st.lists(st.tuples(exact, exact), min_size=1), exact)
def test_dot_of_ints_and_fractions_is_exact_with_its_gradients(pairs, bias):
    ws, xs = [w for w, _ in pairs], [x for _, x in pairs]
    expected = sum((w * x for w, x in pairs), bias)
    assert dot(ws, xs, bias) == expected
    leaves = [Value(Fraction(w)) for w in ws]
    y = dot(leaves, xs, bias)
    assert y.data == expected
    assert gradients(y, leaves) == xs
    assert all(isinstance(g, Fraction) for g in gradients(y, leaves))


def test_a_sum_whose_partial_sums_overflow_is_still_rounded_once():
    assert fsum([1e308, -1e308, 1e308]) == 1e308
    assert fsum([1e308, 1e308, -1e308]) == 1e308
    assert fsum([1e308, 1e308, -1e308, -1e308, 5e-324]) == 5e-324
    assert fsum([1e308, 1e308]) == inf
    assert fsum([-1e308, -1e308, 1.0]) == -inf
    assert fsum([inf, 1.0]) == inf


def test_a_sum_and_a_dot_product_are_one_node():
    ws, xs, b = values([1.0, 2.0]), values([3.0, 4.0]), Value(5.0)
    y = dot(ws, xs, b)
    assert str(y.op) == "dot"
    assert y.data == 16.0
    assert y.operands == y.parents == (*ws, *xs, b)
    assert y.partials == (3.0, 4.0, 1.0, 2.0, 1.0)
    assert dot(ws, [3.0, 4.0]).operands == (*ws, 3.0, 4.0, 0)
    s = fsum([ws[0], 2.0, ws[0]])
    assert s.operands == (ws[0], 2.0, ws[0])
    assert s.parents == (ws[0], ws[0])
    assert s.partials == (1.0, 1.0)


@given(st.data())
def test_dot_written_out_by_hand_equals_the_table(data):
    """Value.__dot__, for every mixture of Values, floats, ints and Fractions."""
    numbers = st.floats() | st.integers(-5, 5) | st.fractions(-5, 5)
    scalars = numbers | numbers.map(Value) | st.sampled_from(EDGES).map(Value)
    n = data.draw(st.integers(1, 3))
    ws = data.draw(st.lists(scalars, min_size=n, max_size=n))
    xs = data.draw(st.lists(scalars, min_size=n, max_size=n))
    ws[0] = ws[0] if isinstance(ws[0], Value) else Value(ws[0])
    bias = data.draw(scalars)
    by_hand = outcome(lambda: dot(ws, xs, bias))
    by_table = outcome(lambda: Value.__apply_primitive__(TABLE["dot"], (*ws, *xs, bias)))
    if not isinstance(by_table, Value):
        assert by_hand == by_table
        return
    assert same(by_hand.data, by_table.data)
    assert by_hand.operands == by_table.operands
    assert by_hand.parents == by_table.parents
    assert all(map(same, by_hand.partials, by_table.partials))


@pytest.mark.parametrize(
    ("ws", "xs", "data"),
    [
        ([2.0], [nan], nan),
        ([2.0], [inf], inf),
        ([2.0, 2.0], [inf, -inf], nan),
        ([20.0], [1e308], inf),
        ([1.0, 1.0], [1e308, 1e308], inf),
        ([Fraction(2)], [Fraction(1, 2)], Fraction(1)),
    ],
)
def test_a_dot_product_that_is_not_a_finite_float_is_that_of_the_table(ws, xs, data):
    y = dot(values(ws), values(xs))
    assert same(y.data, data)
    assert all(map(same, y.partials, (*xs, *ws)))


@pytest.mark.parametrize(
    ("row", "operands", "written"),
    [
        ("add", ["x", "y"], "x + y"),
        ("negate", ["x"], "-x"),
        ("tanh", ["x"], "tanh(x)"),
        ("maximum", ["x", "y"], "maximum(x, y)"),
        ("fsum", ["x", "y"], "fsum([x, y])"),
        ("dot", ["w", "x", "b"], "dot([w], [x], b)"),
        ("dot", ["w1", "w2", "x1", "x2", "b"], "dot([w1, w2], [x1, x2], b)"),
        ("dot", [], "dot(ws, xs, bias)"),
    ],
)
def test_an_operation_is_written_as_one_writes_it(row, operands, written):
    assert TABLE[row].call_text(operands) == written


@pytest.mark.parametrize(
    ("name", "rules", "written"),
    [
        ("half-life", (lambda t, y: 1,), "half-life(t)"),
        ("a-b", (lambda a, b, y: 1, lambda a, b, y: -1), "a a-b b"),
        ("a*b+c", (lambda a, b, c, y: 1,) * 3, "a*b+c(a, b, c)"),
    ],
)
def test_of_names_that_are_symbols_that_of_two_operands_stands_between_them(name, rules, written):
    f = primitive(name, lambda *xs: xs[0], rules)
    assert f.call_text(f.arguments) == written


def test_where_is_written_with_its_condition_decided():
    assert [row.call_text(["a", "b"]) for row in BRANCHES] == [
        "where(True, a, b)",
        "where(False, a, b)",
    ]


@pytest.mark.parametrize("f", [fsum, logsumexp, lambda x: dot(x, x)])
def test_a_sum_of_what_is_not_a_list_is_refused_with_a_remedy(f):
    with pytest.raises(TypeError, match=r"expected a list of scalars, got 2\.0.*write \[x\]"):
        f(2.0)


def test_a_type_derived_from_value_makes_its_own_dot_product():
    """Of operands of several types the most derived one interprets the operation."""

    class Counted(Value):
        @classmethod
        def __apply_primitive__(cls, primitive, operands):
            calls.append(primitive)
            return super().__apply_primitive__(primitive, operands)

    w, x = Value(2.0), Value(3.0)
    for ws, xs, bias in (
        ([Counted(2.0)], [3.0], 1.0),
        ([Counted(2.0)], [Counted(3.0)], Counted(1.0)),
        ([w], [Counted(3.0)], 1.0),
        ([w, w], [x, Counted(3.0)], 1.0),
        ([Counted(2.0), w], [x, x], 1.0),
    ):
        calls = []
        y = dot(ws, xs, bias)
        assert (y.data, calls) == (1 + 6 * len(ws), [dot])


@pytest.mark.parametrize("bias", [True, None, "1", 1j, [1.0]])
def test_dot_refuses_a_bias_that_is_not_a_number(bias):
    w = Value(2.0)
    for xs in ([1.0], [Value(1.0)], [1]):
        with pytest.raises(TypeError, match=r"expected (a|one|a real) number"):
            dot([w], xs, bias)


# -- accuracy and stability ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (sigmoid, -800.0, math.exp(-800) or 0.0),
        (sigmoid, -700.0, math.exp(-700)),
        (sigmoid, 800.0, 1.0),
        (softplus, 800.0, 800.0),
        (softplus, -700.0, math.exp(-700)),
        (softplus, -800.0, 0.0),
        (log_sigmoid, -800.0, -800.0),
        (log_sigmoid, 700.0, -math.exp(-700)),
        (expm1, 1e-20, 1e-20),
        (log1p, 1e-20, 1e-20),
        (erfc, 10.0, 2.0884875837625446e-45),
        (gelu, -30.0, -1.472014178144456e-196),
        (gelu, -10.0, -7.619853024160526e-23),
        (silu, -40.0, -1.6993417021166355e-16),
        (mish, -40.0, -1.6993417021166355e-16),
        (gelu_tanh, -10.0, -1.2040923482098103e-37),
        (cbrt, 27.0, 3.0),
        (cbrt, -8.0, -2.0),
        (cbrt, 1e-300, 1e-100),
        (asinh, 1e300, 691.4686750787736),
        (atanh, 1e-20, 1e-20),
        (tanh, 1e-20, 1e-20),
        (softplus, 1e300, 1e300),
        (mish, 1e300, 1e300),
        (gelu_tanh, 1e300, 1e300),
        (gelu_tanh, -1e300, 0.0),
    ],
)
def test_no_overflow_and_full_relative_accuracy(f, x, expected):
    assert f(x) == pytest.approx(expected, rel=1e-13, abs=0)
    y = f(Value(x))
    assert y.data == f(x)
    assert math.isfinite(y.partials[0])


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (asin, 1 - 2.0**-40, 2.0**20 / math.sqrt(2 - 2.0**-40)),
        (acos, 1 - 2.0**-40, -(2.0**20) / math.sqrt(2 - 2.0**-40)),
        (asin, 2.0**-40 - 1, 2.0**20 / math.sqrt(2 - 2.0**-40)),
        (acosh, 1 + 2.0**-40, 2.0**20 / math.sqrt(2 + 2.0**-40)),
        (atanh, 1 - 2.0**-40, 2.0**40 / (2 - 2.0**-40)),
        (log1p, 2.0**-40 - 1, 2.0**40),
        (asinh, 1e200, 1e-200),
        (acosh, 1e200, 1e-200),
        (sqrt, 1e-300, 0.5e150),
        (cbrt, 1e-300, 1e200 / 3),
        (log, 1e-300, 1e300),
    ],
)
def test_a_derivative_keeps_its_digits_next_to_an_edge_and_far_out(f, x, slope):
    assert partials(f, x) == pytest.approx((slope,), rel=1e-15, abs=0)


def test_logsumexp_of_large_numbers():
    assert logsumexp([1e3, 1e3]) == 1e3 + math.log(2)
    assert logsumexp([-1e3, -1e3]) == -1e3 + math.log(2)
    assert logsumexp([1e300, 0.0]) == 1e300
    assert logsumexp([0.0, -40.0]) == math.exp(-40)
    assert logsumexp([-inf, -inf]) == -inf
    assert logsumexp([inf, 1.0]) == inf
    assert logsumexp([2.5]) == 2.5


def test_infinity_is_the_largest_of_its_logits():
    assert logsumexp([inf, -inf]) == logsumexp([-inf, inf, 1.0]) == inf
    assert logsumexp([-inf, -inf]) == -inf
    assert logsumexp([-inf, 2.0]) == 2.0


def test_softmax_of_complex_logits():
    zs = [1j, 2.0, 0.5 + 1j, -30.0]
    total = sum(map(cmath.exp, zs))
    assert softmax(zs) == pytest.approx([cmath.exp(z) / total for z in zs], rel=1e-14)
    assert log_softmax(zs) == pytest.approx([z - cmath.log(total) for z in zs], rel=1e-14)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5))
def test_softmax_sums_to_1_and_is_the_gradient_of_logsumexp(logits):
    probabilities = softmax(logits)
    assert math.fsum(probabilities) == pytest.approx(1)
    xs = values(logits)
    assert gradients(logsumexp(xs), xs) == pytest.approx(probabilities, rel=1e-12)
    assert [y.data for y in softmax(xs)] == probabilities
    assert [y.data for y in log_softmax(xs)] == log_softmax(logits)
    total = logsumexp(logits)
    assert log_softmax(logits) == pytest.approx([x - total for x in logits], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("size", [1e6, 1e15, -1e16, 1e300])
def test_softmax_of_large_logits_keeps_their_differences(size):
    """It does not depend on what is added to all of its logits."""
    gap = math.ulp(size) * 2
    assert math.fsum(softmax([size, size + gap, size])) == pytest.approx(1, rel=1e-15)
    assert softmax([size, size + gap, size]) == softmax([0.0, gap, 0.0])
    xs = values([size, size + gap])
    p = softmax([0.0, gap])
    assert gradients(log_softmax(xs)[0], xs) == pytest.approx([1 - p[0], -p[1]], rel=1e-12)


def test_atan2_and_hypot_neither_overflow_nor_underflow():
    assert hypot(3e300, 4e300) == pytest.approx(5e300)
    assert partials(hypot, 3e300, 4e300) == pytest.approx((0.6, 0.8))
    assert partials(hypot, 3e-300, 4e-300) == pytest.approx((0.6, 0.8))
    assert partials(atan2, 1e300, 1e300) == pytest.approx((5e-301, -5e-301))
    assert partials(atan2, 1e-300, 1e-300) == pytest.approx((5e299, -5e299))
    assert atan2(0.0, -1.0) == pi
    assert atan2(-0.0, -1.0) == -pi


@pytest.mark.parametrize("f", [gelu, gelu_tanh, silu, mish, softplus, log_sigmoid, sigmoid, tanh])
@pytest.mark.parametrize("x", [1e10, 1e154, 1e200, 1.7e308])
def test_an_activation_is_flat_or_straight_far_out(f, x):
    """Its derivative is 0 on one side and 1, 0 or -1 on the other, never nan."""
    [right], [left] = partials(f, x), partials(f, -x)
    assert (right, left) in [(1.0, 0.0), (0.0, 0.0), (0.0, 1.0)]


@given(st.floats(-700, 700))
def test_identities_between_the_activations(x):
    assert log_sigmoid(x) == -softplus(-x)
    assert sigmoid(x) + sigmoid(-x) == pytest.approx(1, rel=1e-15)
    assert softplus(x) - softplus(-x) == pytest.approx(x, rel=1e-14, abs=1e-15)
    assert silu(x) == x * sigmoid(x)
    assert relu(x) - relu(-x) == x
    assert maximum(x, 0) == relu(x)
    assert clip(x, -1, 1) == maximum(-1, minimum(x, 1))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_cube_root_without_a_math_cbrt(x):
    """What Python 3.10 uses."""
    root = primitives._cbrt(x)
    ulps = abs(Fraction(root) ** 3 - Fraction(x)) / 3
    assert ulps <= 4 * Fraction(math.ulp(root)) * Fraction(root) ** 2 + Fraction(5e-324)


TINY = 4 * 5e-324  # subnormal numbers have no relative accuracy

# mpmath's own functions where it has them; else the definition, at 60 digits
DEFINITIONS = {
    "exp": lambda mp, x: mp.exp(x),
    "expm1": lambda mp, x: mp.expm1(x),
    "log": lambda mp, x: mp.log(x),
    "log1p": lambda mp, x: mp.log1p(x),
    "log2": lambda mp, x: mp.log(x, 2),
    "log10": lambda mp, x: mp.log10(x),
    "sqrt": lambda mp, x: mp.sqrt(x),
    "cbrt": lambda mp, x: mp.sign(x) * mp.cbrt(abs(x)),
    "sin": lambda mp, x: mp.sin(x),
    "cos": lambda mp, x: mp.cos(x),
    "tan": lambda mp, x: mp.tan(x),
    "asin": lambda mp, x: mp.asin(x),
    "acos": lambda mp, x: mp.acos(x),
    "atan": lambda mp, x: mp.atan(x),
    "atan2": lambda mp, y, x: mp.atan2(y, x),
    "hypot": lambda mp, x, y: mp.sqrt(x * x + y * y),
    "sinh": lambda mp, x: mp.sinh(x),
    "cosh": lambda mp, x: mp.cosh(x),
    "tanh": lambda mp, x: mp.tanh(x),
    "asinh": lambda mp, x: mp.asinh(x),
    "acosh": lambda mp, x: mp.acosh(x),
    "atanh": lambda mp, x: mp.atanh(x),
    "erf": lambda mp, x: mp.erf(x),
    "erfc": lambda mp, x: mp.erfc(x),
    "power": lambda mp, x, n: mp.power(x, n),
    "elu": lambda mp, x, alpha: x if x > 0 else alpha * mp.expm1(x),
    "sigmoid": lambda mp, x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda mp, x: mp.log1p(mp.exp(x)),
    "log_sigmoid": lambda mp, x: -mp.log1p(mp.exp(-x)),
    "silu": lambda mp, x: x / (1 + mp.exp(-x)),
    "gelu": lambda mp, x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "gelu_tanh": lambda mp, x: (
        x / (1 + mp.exp(-2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf(0.044715) * x**3)))
    ),
    "mish": lambda mp, x: x * mp.tanh(mp.log1p(mp.exp(x))),
    "logsumexp": lambda mp, *xs: (
        max(xs) + mp.log1p(sum(mp.exp(x - max(xs)) for x in xs if x is not max(xs)))
    ),
}


@pytest.mark.parametrize("name", DEFINITIONS)
@given(data=st.data())
def test_functions_and_derivatives_are_accurate_to_4_ulp(name, data):
    """Beyond what the condition of the function (or derivative) at that point forces.

    A derivative in textbook form may also be off by 4 ulp of 1 where it cancels.
    """
    mpmath = pytest.importorskip("mpmath")
    numbers = data.draw(smooth_points(name, reach=25.0))
    y = apply(name, values(numbers))
    eps = math.ulp(1.0)
    with mpmath.workdps(60):
        f = DEFINITIONS[name]
        xs = [mpmath.mpf(x) for x in numbers]
        exact_value = f(mpmath.mp, *xs)
        n = len(xs)
        orders = [tuple(int(i == j) for j in range(n)) for i in range(n)]
        slopes = [_difference(mpmath, f, xs, order) for order in orders]
        forced = sum(abs(x * d) for x, d in zip(xs, slopes))
        error = abs(y.data - exact_value)
        subnormal = TINY * max(1, *map(abs, xs))  # as x * sigmoid(x), which has its few digits
        assert error <= eps * (4 * abs(exact_value) + forced) + subnormal
        for i, d in enumerate(slopes):
            seconds = [
                _difference(mpmath, f, xs, tuple(a + b for a, b in zip(orders[i], order)))
                for order in orders
            ]
            forced = sum(abs(x * s) for x, s in zip(xs, seconds))
            if name == "logsumexp":
                forced += abs(exact_value * d)  # exp(x - y) as written has y's rounding in it
            error = abs(y.partials[i] - d)
            assert error <= eps * (4 * max(abs(d), 1) + forced) + TINY, f"operand {i}"


def _difference(mpmath, f, xs, order):
    """A central difference at 60 digits, exact to 25 or more of them."""
    h = mpmath.mpf(10) ** -15
    if max(order) == 2:
        i = order.index(2)
        up, down = ([*xs[:i], xs[i] + s * h, *xs[i + 1 :]] for s in (1, -1))
        return (f(mpmath.mp, *up) - 2 * f(mpmath.mp, *xs) + f(mpmath.mp, *down)) / h**2
    moved = [i for i, k in enumerate(order) if k]
    total = 0
    for signs in itertools.product((1, -1), repeat=len(moved)):
        at = list(xs)
        for i, s in zip(moved, signs):
            at[i] = at[i] + s * h
        total += math.prod(signs) * f(mpmath.mp, *at)
    return total / (2 * h) ** len(moved)


@pytest.mark.parametrize("x", [-5.0, -15.0, -25.0, -37.0])
def test_the_left_tail_of_gelu_keeps_its_digits(x):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(60):
        exact_value = float(x * mpmath.ncdf(x))
        exact_slope = float(mpmath.ncdf(x) + x * mpmath.npdf(x))
    condition = x * x + 10
    assert gelu(x) == pytest.approx(exact_value, rel=condition * 2e-16, abs=0)
    assert partials(gelu, x)[0] == pytest.approx(exact_slope, rel=condition * 2e-16, abs=0)


# -- operations of one's own --------------------------------------------------------------------

softsign = primitive(
    "softsign",
    lambda x: x / (1 + abs(x)),
    partials=(lambda x, y: 1 / (1 + abs(x)) ** 2,),
    kinks=(0.0,),
)
geometric_mean = primitive(
    "geometric_mean",
    lambda a, b: sqrt(a * b),
    partials=(lambda a, b, y: y / (2 * a), lambda a, b, y: y / (2 * b)),
    domain=("(0, inf)", "(0, inf)"),
)
triple_product = primitive(
    "triple_product",
    lambda a, b, c: a * b * c,
    partials=(lambda a, b, c, y: b * c, lambda a, b, c, y: a * c, lambda a, b, c, y: a * b),
)


def test_a_primitive_of_ones_own_works_on_numbers_and_values():
    assert softsign(3.0) == 0.75
    x = Value(3.0)
    y = softsign(x)
    assert (y.data, y.op, y.operands) == (0.75, softsign, (x,))
    assert gradients(y, [x]) == [1 / 16]
    [slope] = gradients(y, [x], create_graph=True)
    assert gradients(slope, [x]) == pytest.approx([-2 / 64])
    assert geometric_mean(a=2.0, b=8.0) == 4.0
    assert not hasattr(Value, "softsign")
    assert "softsign" not in TABLE


def test_the_mixed_second_derivative_of_a_power_at_exponent_0():
    """d/dn (n x**(n-1)) = x**(n-1) (1 + n ln x) is 1/x at n = 0, and 0 by convention at x = 0."""
    x, n = Value(0.5), Value(0.0)
    [by_x, by_n] = gradients(x**n, [x, n], create_graph=True)
    assert (by_x.data, by_n.data) == (0.0, math.log(0.5))
    assert gradients(by_x, [x, n]) == [0.0, 2.0]
    assert gradients(by_n, [x, n]) == [2.0, math.log(0.5) ** 2]


def test_a_primitive_of_three_operands():
    a, c = Value(2.0), Value(5.0)
    y = triple_product(a, 3, c)
    assert y.data == 30.0
    assert y.operands == (a, 3, c)
    assert y.parents == (a, c)
    assert y.partials == (15.0, 6.0)
    [da] = gradients(y, [a], create_graph=True)
    assert gradients(da, [c]) == [3.0]


@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_the_derivatives_of_a_primitive_of_ones_own(a, b):
    found = partials(geometric_mean, a, b)
    along = (lambda t: geometric_mean(t, b), a), (lambda t: geometric_mean(a, t), b)
    for slope, (f, x) in zip(found, along):
        expected, tolerance = derivative(f, x)
        assert slope == pytest.approx(expected, abs=tolerance)


def test_a_primitive_of_ones_own_explains_its_errors():
    with pytest.raises(DomainError, match=r"needs a in \(0, inf\).*labelled 'left'"):
        geometric_mean(Value(-1.0, "left"), 2.0)


@pytest.mark.parametrize(("reason", "says"), [((), "is not defined"), (("is odd",), "is odd")])
def test_an_error_without_a_domain_gives_the_reason_that_the_forward_gave(reason, says):
    def forward(x):
        raise ValueError(*reason)

    partial = primitive("partial", forward, partials=(lambda x, y: 1,))
    with pytest.raises(DomainError, match=rf"^partial\(x\) {says}; got x = 2\.0$"):
        partial(2.0)


def test_the_operands_of_ones_own_are_named_as_in_the_first_partial():
    f = primitive("f", lambda a, b: a + b, (lambda a, b, y: 1, lambda c, d, y: 1))
    assert f.arguments == ("a", "b")
    assert f(b=1.0, a=2.0) == 3.0


def test_a_primitive_takes_its_options_by_name_and_the_rest_either_way():
    rules = (lambda x, y: 1,)
    assert Primitive(name="f", forward=abs, partials=rules)(-2.0) == 2.0
    with pytest.raises(TypeError, match="positional"):
        Primitive("f", abs, rules, "", "", cmath.sqrt)
    with pytest.raises(TypeError, match="no option 'complexx'"):
        Primitive("f", abs, rules, complexx=cmath.sqrt)


def test_a_primitive_of_ones_own_pickles_by_name():
    assert pickle.loads(pickle.dumps(softsign)) is softsign
    y = pickle.loads(pickle.dumps(softsign(Value(3.0))))
    assert y.op is softsign
    assert gradients(y, y.parents) == [1 / 16]
    local = primitive("local", lambda x: x, partials=(lambda x, y: 1,))
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(local)


def test_a_copy_of_a_primitive_is_itself():
    assert copy.deepcopy([softsign])[0] is softsign


def test_a_mistake_in_a_forward_of_ones_own_is_shown_as_it_is():
    broken = primitive("broken", lambda x: x + "1", partials=(lambda x, y: 1,))
    with pytest.raises(TypeError, match="unsupported operand"):
        broken(Value(1.0))


def test_a_partial_at_an_edge_is_ieee_arithmetic_in_every_operator():
    reflected = primitive("reflected", lambda x: -x, partials=(lambda x, y: -abs(1 / x),))
    assert partials(reflected, 0.0) == (-inf,)
    assert partials(reflected, -2.0) == (-0.5,)


def test_a_primitive_of_ones_own_may_be_written_with_numpy():
    """And NumPy's floats stay out of the graph."""
    np = pytest.importorskip("numpy")
    sine = primitive("sine", np.sin, partials=(lambda x, y: np.cos(x),))
    y = sine(Value(2.0))
    assert y.data.__class__ is float
    assert y.partials[0].__class__ is float
    assert sine(2.0).__class__ is float


def test_a_partial_that_overflows_is_infinite_and_the_forward_pass_goes_on():
    steep = primitive("steep", lambda x: x**401, partials=(lambda x, y: 401 * x**400,))
    bounded = primitive("bounded", lambda x: min(x, 1.0), partials=(lambda x, y: steep(x),))
    y = bounded(Value(8.0))
    assert (y.data, y.partials) == (1.0, (inf,))


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("", (lambda x, y: 1,)),
        (None, (lambda x, y: 1,)),
        ("f", ()),
        ("f", (lambda x, y: 1, lambda x, y: 1)),
        ("f", (lambda a, b, y: 1,)),
        ("f", (lambda a, b, y: 1, lambda a, y: 1)),
    ],
)
def test_a_primitive_needs_a_name_and_one_partial_for_each_operand(name, rules):
    with pytest.raises(ValueError, match="primitive"):
        primitive(name, lambda *xs: xs[0], partials=rules)


@pytest.mark.parametrize("rules", [lambda x, y: 1, (abs,), (exp,)])
def test_partials_that_do_not_say_their_operands_are_refused(rules):
    with pytest.raises((TypeError, ValueError), match="primitive"):
        primitive("f", abs, partials=rules)


# -- the arithmetic of edges --------------------------------------------------------------------


@given(st.floats(), st.floats())
def test_ieee_arithmetic_is_pythons_where_python_does_not_raise(x, y):
    for name in ("add", "subtract", "multiply", "divide", "power"):
        plain = outcome(lambda name=name: TABLE[name].forward(x, y))
        if isinstance(plain, float):
            by_ieee = TABLE[name].forward(IEEE(x), IEEE(y))
            assert same(float(by_ieee), plain)
            assert same(float(TABLE[name].forward(x, IEEE(y))), plain)
            assert same(float(TABLE[name].forward(IEEE(x), y)), plain)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: IEEE(1) / 0, inf),
        (lambda: IEEE(1) / -0.0, -inf),
        (lambda: -1 / IEEE(0), -inf),
        (lambda: IEEE(0) / 0, nan),
        (lambda: IEEE(0.0) ** -1, inf),
        (lambda: IEEE(-0.0) ** -1, -inf),
        (lambda: IEEE(-0.0) ** -2, inf),
        (lambda: IEEE(-10) ** 999, -inf),
        (lambda: 10 ** IEEE(999), inf),
        (lambda: IEEE(-1) ** 0.5, nan),
        (lambda: exp(IEEE(1000)), inf),
        (lambda: sinh(IEEE(-1000)), -inf),
        (lambda: cosh(IEEE(-1000)), inf),
        (lambda: sqrt(IEEE(-1)), nan),
        (lambda: abs(IEEE(-1) / 0), inf),
    ],
)
def test_ieee_arithmetic_never_raises(call, expected):
    assert float(call()) == pytest.approx(expected, nan_ok=True)


def test_nary_partials_are_a_function_of_the_index():
    for name, row in TABLE.items():
        if isinstance(row, NaryPrimitive):
            point = some_point(name)
            y = row.evaluate(point)
            found = [row.partial(i, point, y) for i in range(len(point))]
            assert row.local_partials(point, y, (), [True] * len(point)) == pytest.approx(found)


def test_an_operation_of_ones_own_keeps_to_its_domain():
    unit = primitive("unit", lambda x: x, partials=(lambda x, y: 1,), domain="[0, 1)")
    assert unit(0.0) == 0.0
    assert math.isnan(unit(nan))
    for x in (-0.1, 1.0, inf):
        with pytest.raises(DomainError, match=r"unit\(x\) needs x in \[0, 1\); got x"):
            unit(Value(x)) if x < inf else unit(2.0)
    both = primitive(
        "both", lambda a, b: a, (lambda a, b, y: 1, lambda a, b, y: 0), domain="(0, 9)"
    )
    assert [str(interval) for interval in both.domain] == ["(0, 9)", "(0, 9)"]
    with pytest.raises(DomainError):
        both(1.0, -1.0)


def test_what_becomes_of_a_nan_is_for_the_operation_to_say():
    f = primitive("f", lambda x: 0.0 if x != x else x, (lambda x, y: 1,), domain="(0, inf)")
    assert f(nan) == 0.0


@pytest.mark.parametrize("domain", ["0, 1", "(1, 0)", "[1, 1]", "[a, b]", "", ["(0, 1)", "(0, 1)"]])
def test_a_domain_that_is_not_an_interval_is_refused(domain):
    with pytest.raises(ValueError, match=r"interval|domains"):
        primitive("f", abs, (lambda x, y: 1,), domain=domain)


def test_a_domain_for_some_of_the_operands_is_refused():
    rules = (lambda a, b, y: 1, lambda a, b, y: 0)
    with pytest.raises(ValueError, match="has 2 operands, 1 domains"):
        primitive("f", lambda a, b: a, rules, domain=["(0, 1)"])


def test_defaults_fill_the_last_operands():
    f = Primitive("f", lambda x, a, b: x + a * b, (lambda x, a, b, y: 1,) * 3, defaults=(2.0, 3.0))
    assert (f(1.0), f(1.0, 5.0), f(1.0, b=5.0), f(1.0, 5.0, 7.0)) == (7.0, 16.0, 11.0, 36.0)


def test_an_operation_of_the_users_own_belongs_to_the_module_that_declares_it():
    square = primitive("square", lambda x: x * x, (lambda x, y: 2 * x,))
    assert square.__module__ == __name__


def test_only_the_int_zero_stands_for_no_bias():
    assert not dot.has_bias((1.0, 2.0, 0))
    assert all(dot.has_bias((1.0, 2.0, bias)) for bias in (0.0, -0.0, 5, -5, Value(0.0)))


@pytest.mark.parametrize("n", [1, 2, 200])
def test_the_partials_of_dot_are_the_other_factors_and_1_for_the_bias(n):
    ws, xs = [float(i) for i in range(n)], [float(-i) for i in range(n)]
    operands = (*ws, *xs, 0.5)
    found = [dot.partial(i, operands, 0.0) for i in range(len(operands))]
    assert found == [*xs, *ws, 1]


def test_an_interval_needs_both_of_its_brackets():
    for notation in ("0, 1)", "(0, 1", "x0, 1)", "(0, 1;"):
        with pytest.raises(ValueError, match="an interval reads"):
            Interval(notation)


def test_the_edges_are_kinks_or_ends_of_the_domain():
    for row in TABLE.values():
        for point in row.edges:
            at_a_kink = any(kink(*point) == 0 for kink in row.kinks)
            at_an_end = any(x in (i.low, i.high) for x, i in zip(point, row.domain))
            assert at_a_kink or at_an_end or row.name == "**", (row, point)


def test_an_error_shows_the_first_four_of_a_list():
    largest = 1.7e308
    with pytest.raises(DomainError, match=r"got $"):
        logsumexp([])
    broken = NaryPrimitive("broken", lambda *xs: math.log(-1), lambda i, xs, y: 1)
    with pytest.raises(DomainError, match=r"got 1\.0, 2\.0, 3\.0, 4\.0$"):
        broken([1.0, 2.0, 3.0, 4.0])
    with pytest.raises(DomainError, match=r"got 1\.0, 2\.0, 3\.0, 4\.0, \.\.$"):
        broken([1.0, 2.0, 3.0, 4.0, largest])


def test_softmax_leaves_traced_scalars_as_they_are():
    """They have no number to be less by; a compiled softmax shifts itself."""
    from autograd_mini.compiler.trace import Trace, placeholders

    xs = placeholders("x", (2,), Trace(["x"]))
    assert [str(p.op) for p in softmax(xs)] == ["exp", "exp"]
    assert [p.operands[0] for p in log_softmax(xs)] == xs


# -- maximum and minimum of many ------------------------------------------------------------------


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=6))
def test_maximum_and_minimum_of_many_are_those_of_the_first_ones_and_the_last(numbers):
    """As max() and min(); the derivatives are those of two at a time, from the left."""
    for row, builtin in ((maximum, max), (minimum, min)):
        assert row(*numbers) == builtin(numbers)
        xs = [Value(x) for x in numbers]
        root, by_hand = row(*xs), xs[0]
        for x in xs[1:]:
            by_hand = row(by_hand, x)
        assert root.data == builtin(numbers)
        assert gradients(root, xs) == gradients(by_hand, xs)
        assert sum(gradients(root, xs)) == 1


def test_maximum_of_many_mixes_numbers_and_values():
    x = Value(2.0)
    assert maximum(1, x, 1.5).data == 2
    assert gradients(maximum(x, x, 1, x), [x]) == [1]
    assert gradients(minimum(x, 5.0, -1), [x]) == [0]
    assert maximum(Fraction(1, 3), Fraction(1, 2), 0) == Fraction(1, 2)
    xs = [Value(float(i)) for i in range(5_000)]
    assert maximum(*xs).data == 4_999
    assert maximum(1.0, 2.0, math.nan, 3.0) != maximum(1.0, 2.0, math.nan, 3.0)
