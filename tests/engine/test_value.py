"""Value: arithmetic, the numbers it takes and refuses, comparing, showing, copying, importing."""

import ast
import copy
import gc
import inspect
import itertools
import math
import operator
import pickle
import subprocess
import sys
import threading
from decimal import Decimal
from fractions import Fraction
from importlib import metadata
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reference import programs

import autograd_mini
from autograd_mini import DomainError, Value, dot, exp, fsum, gradients, maximum, relu, value
from autograd_mini.primitives import LEAF, TABLE
from autograd_mini.release import iterative_finalizer
from autograd_mini.value import NO_GRADIENT


def same(a, b):
    """Equal bit for bit and in type; a nan equals a nan."""
    if a.__class__ is not b.__class__:
        return False
    if isinstance(a, float):
        return (a != a and b != b) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return a == b


def outcome(f):
    try:
        return f()
    except (ArithmeticError, ValueError, TypeError) as error:
        return type(error), str(error)


def assert_same_node(a, b):
    """Two nodes, or two errors, that cannot be told apart."""
    if not isinstance(b, Value):
        assert a == b
        return
    assert same(a.data, b.data)
    assert a.op is b.op
    assert a.operands == b.operands
    assert a.parents == b.parents
    assert len(a.partials) == len(b.partials)
    assert all(map(same, a.partials, b.partials)), (a.partials, b.partials)


# -- the operators, written out by hand, are the table's rows -----------------------------------

BINARY = {
    operator.add: TABLE["add"],
    operator.sub: TABLE["subtract"],
    operator.mul: TABLE["multiply"],
    operator.truediv: TABLE["divide"],
    operator.pow: TABLE["power"],
}
UNARY = {operator.neg: TABLE["negate"], abs: TABLE["absolute"]}
EDGES = [
    *(0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.5, 1 / 3, 1e-160, 1e160, -1e160),
    *(5e-324, -5e-324, 2.2250738585072014e-308, 1e308, -1e308, inf, -inf, nan),
]
EXACT = [0, 1, -1, 2, 3, -7, 2**60 + 1, 10**400, Fraction(0), Fraction(1, 3), Fraction(-5, 2)]
binary = pytest.mark.parametrize("op", BINARY, ids=lambda op: op.__name__)

reals = st.floats() | st.integers() | st.fractions()
tame = st.floats(-10, 10) | st.integers(-10, 10) | st.fractions(-10, 10)
numbers = st.sampled_from([*EDGES, *EXACT]) | tame | reals


def assert_operator_is_the_row(op, left, right):
    if op is operator.add and left.__class__ is int and left == 0:
        return  # the one shortcut: 0 + v is v
    if op is operator.pow and isinstance(left, Fraction):
        return  # before Python 3.12 a Fraction turns itself into a float there
    by_hand = outcome(lambda: op(left, right))
    by_table = outcome(lambda: Value.__apply_primitive__(BINARY[op], (left, right)))
    assert_same_node(by_hand, by_table)


def small(x):
    """An exact power with a huge exponent would take forever, and prove nothing."""
    return abs(x) < 100


@binary
@given(data=st.data())
def test_an_operator_is_its_row_of_the_table_bit_for_bit(op, data):
    x, y = data.draw(numbers), data.draw(numbers)
    if op is operator.pow and not small(y) and not isinstance(y, float):
        y = float(y % 100)
    if x.__class__ is not int or small(x):
        v = Value(x)
        assert_operator_is_the_row(op, v, y)
        assert_operator_is_the_row(op, v, v)
        if y.__class__ is not int or small(y):
            assert_operator_is_the_row(op, v, Value(y))
    if y.__class__ is not int or small(y):
        assert_operator_is_the_row(op, x, Value(y))


@binary
def test_an_operator_is_its_row_of_the_table_at_the_edges(op):
    for x, y in itertools.product(EDGES, repeat=2):
        assert_operator_is_the_row(op, Value(x, "left"), Value(y, "right"))
        assert_operator_is_the_row(op, Value(x, "left"), y)
        assert_operator_is_the_row(op, x, Value(y, "right"))


METHODS = [name for name, row in TABLE.items() if row.is_method]


@binary
def test_an_operator_is_its_row_of_the_table_for_ints_and_fractions(op):
    for x, y in itertools.product(EDGES, EXACT):
        if op is operator.pow and not small(y):
            continue
        assert_operator_is_the_row(op, Value(x), y)
        assert_operator_is_the_row(op, y, Value(x))
        if isinstance(y, Fraction):
            assert_operator_is_the_row(op, Value(x), Value(y))
            assert_operator_is_the_row(op, Value(y), Value(x))
    for x, y in itertools.product(EXACT, repeat=2):
        if isinstance(x, Fraction) and small(y):
            assert_operator_is_the_row(op, Value(x), y)
            assert_operator_is_the_row(op, y, Value(x))


@pytest.mark.parametrize("op", UNARY, ids=lambda op: op.__name__)
@given(st.sampled_from(EDGES) | st.floats() | st.fractions())
def test_a_sign_operator_is_its_row_of_the_table(op, x):
    v = Value(x)
    assert_same_node(op(v), Value.__apply_primitive__(UNARY[op], (v,)))


@pytest.mark.parametrize("name", METHODS)
@given(st.sampled_from(EDGES) | st.floats(-10, 10) | st.floats() | st.fractions(-10, 10))
@example(0.0)
@example(nan)
def test_a_method_is_its_row_of_the_table(name, x):
    v, row = Value(x, "v"), TABLE[name]
    by_table = outcome(lambda: Value.__apply_primitive__(row, (v, *row.defaults)))
    assert_same_node(outcome(getattr(v, name)), by_table)
    assert_same_node(outcome(lambda: getattr(autograd_mini, name)(v)), by_table)


def test_the_typed_methods_are_the_methods():
    """What a type checker reads in value.py is what the loop over the table defines."""
    tree = ast.parse(inspect.getsource(value))
    [cls] = [x for x in tree.body if isinstance(x, ast.ClassDef) and x.name == "Value"]
    [block] = [x for x in cls.body if isinstance(x, ast.If)]
    unary = [t.id for x in block.body if isinstance(x, ast.Assign) for t in x.targets]
    typed = {x.name: x.args for x in block.body if isinstance(x, ast.FunctionDef)}
    typed |= dict.fromkeys(unary, typed.pop("_method"))
    assert sorted(typed) == sorted(METHODS), "list the function under TYPE_CHECKING in value.py"
    for name, arguments in typed.items():
        row = TABLE[name]
        names = [a.arg for a in arguments.args]
        assert names == ["self", *row.arguments[1:]]
        assert [ast.literal_eval(d) for d in arguments.defaults] == list(row.defaults)


def test_methods_have_names_and_docstrings():
    assert Value.tanh.__name__ == "tanh"
    assert Value.tanh.__qualname__ == "Value.tanh"
    assert Value.tanh.__doc__ == TABLE["tanh"].__doc__
    assert set(METHODS) <= set(dir(Value))


# -- and the common cases never enter the table, which keeps them fast ---------------------------


@pytest.fixture
def no_table(monkeypatch):
    """A Value that enters the table of rules fails."""

    def refuse(row, operands):
        raise AssertionError(f"{row} of {operands} went through the table")

    monkeypatch.setattr(Value, "__apply_primitive__", refuse)


@binary
@pytest.mark.parametrize("other", [Value(3.0), 3.0, 3, -3], ids=repr)
def test_the_common_cases_of_arithmetic_are_by_hand(op, other, no_table):
    if op is not operator.pow:
        assert isinstance(op(other, Value(2.0)), Value)
    if op is not operator.pow or not isinstance(other, Value):
        assert isinstance(op(Value(2.0), other), Value)
    assert isinstance(-Value(2.0), Value)


@pytest.mark.parametrize("op", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_ints_that_a_float_holds_exactly_are_by_hand_and_no_others(op, no_table):
    for n in (2**53, -(2**53)):
        assert isinstance(op(Value(2.0), n), Value)
        assert isinstance(op(n, Value(2.0)), Value)
    for n in (2**53 + 1, -(2**53) - 1):
        with pytest.raises(AssertionError, match="went through the table"):
            op(Value(2.0), n)
        with pytest.raises(AssertionError, match="went through the table"):
            op(n, Value(2.0))


@pytest.mark.parametrize(
    "name", [n for n in METHODS if not TABLE[n].defaults and n not in ("sign", "step")]
)
def test_a_function_of_one_float_is_by_hand(name, no_table):
    at = 1.5 if name == "acosh" else 0.5
    assert isinstance(getattr(Value(at), name)(), Value)
    assert isinstance(getattr(autograd_mini, name)(Value(at)), Value)


def test_relu_is_by_hand_on_both_sides_of_its_kink(no_table):
    assert Value(0.5).relu().data == 0.5
    assert Value(-0.5).relu().data == 0.0


@pytest.mark.parametrize("bias", [0.5, 2, Value(0.5)], ids=repr)
@pytest.mark.parametrize("xs", [[3.0, 4.0], [Value(3.0), Value(4.0)]], ids=repr)
def test_a_dot_product_of_weights_and_floats_or_values_is_by_hand(xs, bias, no_table):
    assert isinstance(dot([Value(1.0), Value(2.0)], xs, bias), Value)


# -- what arithmetic gives ----------------------------------------------------------------------


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_the_data_of_an_operation_is_pythons(x, y):
    a, b = Value(x), Value(y)
    assert (a + b).data == x + y
    assert (a - b).data == x - y
    assert (a * b).data == x * y
    assert (-a).data == -x
    assert abs(a).data == abs(x)
    assert (+a) is a
    if y:
        assert (a / b).data == x / y
    if x > 1e-6:
        assert (a**3).data == x**3


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("expression", "data", "da", "db"),
    [
        (lambda a, b: a + b, 8.0, 1.0, 1.0),
        (lambda a, b: a - b, 4.0, 1.0, -1.0),
        (lambda a, b: a * b, 12.0, 2.0, 6.0),
        (lambda a, b: a / b, 3.0, 0.5, -1.5),
        (lambda a, b: a**b, 36.0, 12.0, 36 * math.log(6)),
        (lambda a, b: -a, -6.0, -1.0, 0.0),
        (lambda a, b: a + a, 12.0, 2.0, 0.0),
        (lambda a, b: a - a, 0.0, 0.0, 0.0),
        (lambda a, b: a * a, 36.0, 12.0, 0.0),
        (lambda a, b: a / a, 1.0, 0.0, 0.0),
        (lambda a, b: 3 - a, -3.0, -1.0, 0.0),
        (lambda a, b: 3 / a, 0.5, -3 / 36, 0.0),
        (lambda a, b: 2**b, 4.0, 0.0, 4 * math.log(2)),
        (lambda a, b: 0.0**b, 0.0, 0.0, 0.0),
        (lambda a, b: a**2 + 3 * b, 42.0, 12.0, 3.0),
        (lambda a, b: sum([a, b, a]), 14.0, 2.0, 1.0),
    ],
)
def test_textbook_derivatives(expression, data, da, db):
    a, b = Value(6.0), Value(2.0)
    y = expression(a, b)
    assert y.data == data
    assert gradients(y, [a, b]) == pytest.approx([da, db], abs=1e-15)


def test_both_edges_of_a_repeated_operand_are_there():
    x = Value(3.0)
    for y in (x * x, x + x, x - x, x / x):
        assert y.operands == y.parents == (x, x)
        assert len(y.partials) == 2
    assert (x * x).partials == (3.0, 3.0)
    assert (x - x).partials == (1.0, -1.0)


@pytest.mark.smoke
def test_constants_are_operands_but_no_nodes():
    x = Value(3.0)
    for y, operands, partials in [
        (x * 2, (x, 2), (2.0,)),
        (2 * x, (2, x), (2.0,)),
        (x - 0.5, (x, 0.5), (1.0,)),
        (0.5 - x, (0.5, x), (-1.0,)),
        (x**2, (x, 2), (6.0,)),
        (1 / x, (1, x), (-1 / 9,)),
        (x + 0, (x, 0), (1.0,)),
        (0.0 + x, (0.0, x), (1.0,)),
        (maximum(x, 1), (x, 1), (1.0,)),
        (x.leaky_relu(), (x, 0.01), (1.0,)),
    ]:
        assert y.operands == operands
        assert y.parents == (x,)
        assert y.partials == pytest.approx(partials)


def test_sum_starts_from_the_int_0_which_adds_no_node():
    """Trap 8: and fsum does not depend on how Python's sum() rounds."""
    x, y = Value(1.0), Value(2.0)
    assert 0 + x is x
    assert sum([x]) is x
    assert sum([x, y]).operands == (x, y)
    assert (0.0 + x) is not x
    assert (x + 0) is not x
    tenths = [Value(0.1) for _ in range(10)]
    assert fsum(tenths).data == 1.0
    assert sum(tenths).data == pytest.approx(1.0)


def test_in_place_operators_make_a_new_node():
    x = a = Value(2.0)
    x += 1
    assert (a.data, x.data, x.parents) == (2.0, 3.0, (a,))
    x *= x
    assert (a.data, x.data) == (2.0, 9.0)
    x **= 2
    x /= 3
    x -= a
    assert (a.data, x.data) == (2.0, 25.0)
    assert gradients(x, [a]) == [4 * 3.0**3 / 3 - 1]


# -- powers: trap 3 -----------------------------------------------------------------------------


def test_powers_where_python_would_go_wrong():
    assert (Value(0.0) ** 0).partials == (0.0,)
    assert (Value(0.0) ** 0.0).partials == (0.0,)
    assert (Value(0.0) ** 0.5).partials == (inf,)
    assert (Value(0.0) ** 1).partials == (1.0,)
    assert (Value(0.0) ** 2).partials == (0.0,)
    assert (Value(-8.0) ** 3).partials == (192.0,)
    assert (Value(-8.0) ** -1).partials == (-1 / 64,)
    assert (0.0 ** Value(2.0)).partials == (0.0,)
    assert (0.0 ** Value(0.0)).data == 1.0
    assert (Value(1e200) * Value(1e200)).data == inf


@pytest.mark.parametrize(
    ("power", "error"),
    [
        (lambda x: Value(-8.0) ** (1 / 3), DomainError),
        (lambda x: (-8.0) ** Value(1 / 3), DomainError),
        (lambda x: (-8) ** Value(2.0), DomainError),
        (lambda x: Value(-8.0) ** Value(2.0), DomainError),
        (lambda x: Value(-8.0) ** Fraction(1, 3), DomainError),
        (lambda x: Value(Fraction(-8)) ** Fraction(1, 3), DomainError),
        (lambda x: 0.0 ** Value(-1.0), ZeroDivisionError),
        (lambda x: Value(0.0) ** -1, ZeroDivisionError),
        (lambda x: Value(0.0) ** -0.5, ZeroDivisionError),
        (lambda x: Value(Fraction(0)) ** -1, ZeroDivisionError),
        (lambda x: Value(1e200) ** 2, OverflowError),
        (lambda x: 1e200 ** Value(2.0), OverflowError),
        (lambda x: 10 ** Value(1e9), OverflowError),
    ],
)
def test_powers_that_are_not_real_numbers(power, error):
    with pytest.raises(error, match=r"x \*\* n"):
        power(None)


def test_arithmetic_overflows_to_infinity_as_floats_do():
    big = Value(1e308)
    for y, x in [(big + big, inf), (big * 10, inf), (-big - big, -inf), (big / 1e-10, inf)]:
        assert y.data == x
        y.backward()
    assert math.isnan((Value(inf) - Value(inf)).data)
    assert math.isnan((Value(inf) * 0).data)
    assert math.isnan((Value(inf) / inf).data)


@pytest.mark.parametrize(
    "operation",
    [
        lambda x, n: x + n,
        lambda x, n: n + x,
        lambda x, n: x - n,
        lambda x, n: n - x,
        lambda x, n: x * n,
        lambda x, n: n * x,
        lambda x, n: x / n,
        lambda x, n: n / x,
    ],
)
def test_an_int_too_large_for_a_float_is_an_error_that_names_the_operand(operation):
    for huge in (10**400, -(10**5000)):  # the second is longer than Python cares to print
        with pytest.raises(OverflowError, match="labelled 'x'"):
            operation(Value(2.0, "x"), huge)


def test_an_error_leaves_the_graph_as_it_was():
    x = Value(0.0, "x")
    y = x * 2 + 1
    before = (x.data, x.grad, y.data, y.operands, y.partials)
    for attempt in (lambda: 1 / x, lambda: x.log(), lambda: (y * 1e6).exp(), lambda: y % 2):
        with pytest.raises((ArithmeticError, ValueError, TypeError)):
            attempt()
    assert (x.data, x.grad, y.data, y.operands, y.partials) == before
    y.backward()
    assert x.grad == 2.0


# -- what a number is ---------------------------------------------------------------------------


def test_ints_become_floats_and_fractions_stay():
    assert same(Value(3).data, 3.0)
    assert same(Value(Fraction(1, 3)).data, Fraction(1, 3))
    assert same(Value(2.5).data, 2.5)
    assert same((Value(3) * 2).data, 6.0)
    assert same(Value(Fraction(1, 3)).grad, Fraction(0))
    assert same(Value(1.0).grad, 0.0)


REFUSED = [
    ("3", "float('3')"),
    (True, "int(True)"),
    (None, "return"),
    (1j, ".real"),
    ([1.0], "for x in xs"),
    ((1.0, 2.0), "for x in xs"),
    (Decimal(1), "float(x)"),
    ({}, "got dict"),
]


@pytest.mark.parametrize(("x", "remedy"), REFUSED)
def test_what_is_not_a_number_is_refused_with_a_remedy(x, remedy):
    """Trap 7: as data, on either side of every operator, and in every function."""
    v = Value(2.0)
    attempts = [lambda: Value(x), lambda: maximum(v, x), lambda: fsum([v, x]), lambda: exp(x)]
    if x != 1j:
        attempts += [lambda: maximum(1.0, x)]
    for op in BINARY:
        attempts += [lambda op=op: op(v, x), lambda op=op: op(x, v)]
    for attempt in attempts:
        if x == 1j and attempt is attempts[3]:
            continue  # exp takes a plain complex
        with pytest.raises(TypeError) as caught:
            attempt()
        assert remedy in str(caught.value)


def test_a_value_of_a_value_is_refused():
    with pytest.raises(TypeError, match="detach"):
        Value(Value(1.0))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda v: v % 2,
        lambda v: 2 % v,
        lambda v: v // 2,
        lambda v: 2 // v,
        lambda v: divmod(v, 2),
        lambda v: divmod(2, v),
        lambda v: v % v,
    ],
)
def test_remainders_are_refused_with_a_remedy(attempt):
    with pytest.raises(TypeError, match=r"\.data"):
        attempt(Value(5.0))


@pytest.mark.parametrize("f", [float, math.exp, math.sqrt, math.floor, complex])
def test_functions_that_would_drop_the_gradient_are_refused_with_a_remedy(f):
    with pytest.raises(TypeError, match=r"drop the gradient.*\.data.*exp\(v\)"):
        f(Value(2.0))


@pytest.mark.parametrize("f", [int, round, operator.index, list, len])
def test_a_value_is_neither_an_int_nor_a_sequence(f):
    with pytest.raises(TypeError):
        f(Value(2.0))


# -- NumPy: trap 6 --------------------------------------------------------------------------------


@pytest.fixture
def np():
    return pytest.importorskip("numpy")


numpy_scalars = pytest.mark.parametrize("kind", ["float64", "float32", "float16", "int64", "uint8"])


@numpy_scalars
@binary
def test_a_numpy_scalar_is_a_number_on_either_side(np, kind, op):
    n, v = getattr(np, kind)(2), Value(3.0)
    plain = 2.0 if kind.startswith("f") else 2
    assert_same_node(op(v, n), Value.__apply_primitive__(BINARY[op], (v, plain)))
    assert_same_node(op(n, v), Value.__apply_primitive__(BINARY[op], (plain, v)))
    for y in (op(v, n), op(n, v)):
        assert y.data.__class__ is float
        assert not any(isinstance(x, np.generic) for x in y.operands)
        y.backward()
    assert v.grad.__class__ is float


@numpy_scalars
def test_a_numpy_scalar_is_a_number_in_functions_and_as_data(np, kind):
    n, v = getattr(np, kind)(2), Value(3.0)
    assert same(Value(n).data, 2.0)
    assert same(exp(n), math.exp(2))
    for y in (dot([v], [n]), dot([v], [1.0], n), dot([v], [Value(1.0)], n), fsum([n, v])):
        assert y.data.__class__ is float
        assert not any(isinstance(x, np.generic) for x in y.operands)
        assert all(d.__class__ is float for d in y.partials)
    v.backward(n)
    assert same(v.grad, 2.0)


def test_comparisons_with_numpy_scalars(np):
    assert np.float64(1) < Value(2.0)
    assert (Value(2.0) > np.float64(1)) is True


def test_numpy_bools_are_conditions_but_no_numbers(np):
    with pytest.raises(TypeError, match="bool"):
        Value(np.bool_(True))
    assert autograd_mini.where(np.bool_(True), 1.0, 2.0) == 1.0


@binary
@pytest.mark.parametrize("shape", [(), (2,), (2, 1)])
def test_an_operator_with_an_array_goes_element_by_element(np, op, shape):
    array, v = np.arange(1.0, 1.0 + np.prod(shape, dtype=int)).reshape(shape), Value(2.0)
    for found, expected in (
        (op(v, array), op(2.0, array)),
        (op(array, v), op(array, 2.0)),
        (op(array.astype(object), v), op(array, 2.0)),
    ):
        assert np.shape(found) == shape
        data = [x.data for x in np.ravel(found)]
        assert data == pytest.approx(np.ravel(expected).tolist(), rel=1e-15)
    assert isinstance(op(np.array(2.0), v), Value)


def test_a_comparison_with_an_array_goes_element_by_element(np):
    array, v = np.array([1.0, 2.0, 3.0]), Value(2.0)
    assert (v < array).tolist() == (array > v).tolist() == [False, False, True]
    assert (v >= array).tolist() == (array <= v).tolist() == [True, True, False]


def test_an_int_too_large_for_a_float_is_refused_with_the_remedy():
    with pytest.raises(OverflowError, match=r"1e400> is too large for a float; write Fraction"):
        Value(10**400)


def test_round_with_digits_is_refused_with_the_remedy():
    with pytest.raises(TypeError, match=r"round\(v.data, n\)"):
        round(Value(2.5), 1)


def test_an_array_as_data_and_the_functions_of_numpy_are_refused(np):
    with pytest.raises(TypeError, match="tolist"):
        Value(np.ones(2))
    with pytest.raises(TypeError, match=r"no dimensions; write array.item\(\)"):
        Value(np.array(3.0))
    for f in (np.exp, np.tanh, np.sqrt):
        with pytest.raises(TypeError):
            f(Value(1.0))


def test_rows_of_an_array_are_lists_of_numbers(np):
    y = dot([Value(1.0), Value(2.0)], np.array([3.0, 4.0]))
    assert same(y.data, 11.0)
    assert all(d.__class__ is float for d in y.partials)


# -- comparing, hashing, showing ----------------------------------------------------------------


@given(st.floats(), st.floats())
def test_comparisons_are_those_of_the_data(x, y):
    a, b = Value(x), Value(y)
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        assert compare(a, b) is compare(a, y) is compare(x, b) is compare(x, y)
    assert bool(a) is (x != 0)


def test_equality_and_hash_are_identity():
    """Trap 11: equal leaves are distinct nodes."""
    a, b = Value(1.0), Value(1.0)
    assert a != b
    assert a == a
    assert a != 1.0
    assert len({a, b, a}) == 2
    y = a * 3 + b
    assert gradients(y, [a, b]) == [3.0, 1.0]


def test_repr_and_format():
    x = Value(2.0, "x")
    assert repr(x) == "Value(data=2.0, grad=0.0, label='x')"
    assert repr(Value(2)) == "Value(data=2.0, grad=0.0)"
    assert f"{x:.3f}" == "2.000"
    assert f"{x}" == str(x) == repr(x)
    assert f"{x:>6.1f}|" == "   2.0|"
    assert repr(Value(Fraction(1, 3))) == "Value(data=Fraction(1, 3), grad=Fraction(0, 1))"
    with pytest.raises(ValueError, match="format"):
        f"{x:d}"


def test_a_value_shows_itself_as_a_picture_in_a_notebook():
    shown = (Value(2.0, "x") * 3.0)._repr_mimebundle_()
    assert shown["text/plain"].startswith("Value(data=6.0")


@pytest.mark.parametrize("label", [None, 1, b"x"])
def test_a_label_is_a_string(label):
    with pytest.raises(TypeError, match="a label is a string, got"):
        Value(1.0, label)


def test_op_is_a_short_name():
    x = Value(2.0)
    assert str(x.op) == ""
    assert [str(y.op) for y in (x + x, x - x, x * x, x / x, x**2, -x, abs(x))] == [
        *("+", "-", "*", "/", "**", "neg", "abs")
    ]
    assert [str(y.op) for y in (x.tanh(), dot([x], [1.0]), fsum([x]), relu(x))] == [
        *("tanh", "dot", "fsum", "relu")
    ]


def test_a_leaf_has_no_operands():
    x = Value(2.0, label="x")
    assert x.operands == x.parents == x.partials == ()
    assert x.op is LEAF
    assert x.label == "x"
    assert Value(1.0).label == ""


def test_a_node_of_one_or_two_operands_holds_them_with_no_tuple_between():
    """Two objects less a node, for a graph of a million."""
    x, z = Value(2.0), Value(3.0)
    for node in (x.sign(), x.relu(), x.tanh(), -x, x * 3.0, 3.0 * x, autograd_mini.hypot(3.0, x)):
        assert any(part is x for part in gc.get_referents(node))
    for node in (x * z, maximum(x, z), autograd_mini.hypot(x, z)):
        assert {id(x), id(z)} <= set(map(id, gc.get_referents(node)))


def test_a_value_has_no_other_attributes():
    """A misspelt one is an error, not a silent new one."""
    with pytest.raises(AttributeError):
        Value(1.0).gard = 1.0


# -- gradients on the node ----------------------------------------------------------------------


def test_the_gradient_is_not_there_until_backward_and_again_after_zero_grad():
    x = Value(2.0)
    y = x * 0.0
    assert x.grad is NO_GRADIENT
    assert y.grad is NO_GRADIENT
    y.backward()
    assert x.grad == 0.0
    assert x.grad is not NO_GRADIENT
    assert y.grad is not NO_GRADIENT
    x.zero_grad()
    assert x.grad is NO_GRADIENT
    assert NO_GRADIENT == 0.0


def test_zero_grad_is_of_this_node_alone():
    x = Value(2.0)
    y = x * x
    y.backward()
    y.zero_grad()
    assert (x.grad, y.grad) == (4.0, 0.0)
    half = Value(Fraction(1, 2))
    half.backward()
    half.zero_grad()
    assert same(half.grad, Fraction(0))


def test_the_gradient_of_a_fraction_starts_as_one():
    half = Value(Fraction(1, 2))
    for node in (half, half + 1, -half, half * half, half**2, fsum([half, 1]), half + 1.0):
        zero = 0.0 if isinstance(node.data, float) else Fraction(0)
        assert same(node.grad, zero)
        assert (node.grad is NO_GRADIENT) == isinstance(node.data, float)


def test_detach_is_a_new_leaf():
    x = Value(2.0, "x")
    y = x * x
    z = y.detach()
    assert (z.data, z.operands, z.label) == (4.0, (), "")
    assert x.detach() is not x
    assert x.detach().label == "x"
    assert gradients(z * x, [x]) == [4.0]


# -- exactness ----------------------------------------------------------------------------------

fractions = st.fractions(-100, 100, max_denominator=1000)


@given(fractions, fractions, st.integers(-3, 3), st.integers(-(10**30), 10**30))
@example(Fraction(1, 2), Fraction(1, 3), -2, 10**30)
def test_fractions_are_exact_with_their_gradients(p, q, n, big):
    x, y = Value(p), Value(q)
    if p == 0 or q == 0:
        return
    f = (x * y - big) / y + x**n - 2 * x + 1 / y
    assert same(f.data, (p * q - big) / q + p**n - 2 * p + 1 / q)
    dx, dy = gradients(f, [x, y])
    assert same(dx, 1 + n * p ** (n - 1) - 2)
    assert same(dy, Fraction(big - 1) / q**2)
    f.backward()
    assert same(x.grad, dx)
    assert same(y.grad, dy)
    assert same(f.grad, Fraction(1))


@given(fractions, fractions)
def test_second_derivatives_of_fractions_are_exact(p, q):
    x, y = Value(p), Value(q)
    f = x * x * y + y * y * y / 3
    dx, dy = gradients(f, [x, y], create_graph=True)
    assert gradients(dx, [x, y]) == [2 * q, 2 * p]
    assert gradients(dy, [x, y]) == [2 * p, 2 * q]
    assert all(isinstance(g, Fraction) for g in gradients(dy, [x, y]))


def test_a_float_makes_a_float_of_a_fraction():
    x = Value(Fraction(1, 3))
    for y in (x * 0.5, x + Value(1.0), x**0.5, x.exp(), 2.0 / x):
        assert y.data.__class__ is float
        assert all(d.__class__ is float for d in y.partials)
        y.backward()


def test_plain_ints_and_fractions_stay_exact_in_sums():
    assert same(fsum([1, 2]), 3)
    assert same(dot([1, 2], [3, 4], 5), 16)
    assert same(fsum([10**400, 1]), 10**400 + 1)
    assert same(dot([Fraction(1, 3)], [3]), Fraction(1))
    assert same(fsum([0.1] * 10), 1.0)


# -- copies: nothing recurses -------------------------------------------------------------------


def copied_by_pickle(x):
    return pickle.loads(pickle.dumps(x))


copying = pytest.mark.parametrize("copied", [copied_by_pickle, copy.deepcopy])


@copying
@given(program=programs())
def test_a_copy_has_the_same_graph_and_gradients_on_its_own_leaves(copied, program):
    leaves, y = program.values()
    y.label = "y"
    if isinstance(y, Value):
        y.backward()
    leaves_copy, z = copied((leaves, y))
    assert not set(leaves_copy) & set(leaves)
    nodes, copies = (autograd_mini.topological_order(root) for root in (y, z))
    place, place_of_copy = ({x: i for i, x in enumerate(order)} for order in (nodes, copies))
    for a, b in zip(nodes, copies, strict=True):
        assert a is not b
        assert (a.label, a.op) == (b.label, b.op)
        assert same(a.data, b.data)
        assert same(a.grad, b.grad)
        assert a.partials == b.partials
        assert [place[x] for x in a.parents] == [place_of_copy[x] for x in b.parents]
        assert [x for x in a.operands if not isinstance(x, Value)] == [
            x for x in b.operands if not isinstance(x, Value)
        ]
    assert gradients(z, leaves_copy) == gradients(y, leaves)
    before = [x.grad for x in leaves]
    z.backward()
    assert [x.grad for x in leaves] == before


@copying
def test_a_copied_leaf_keeps_its_identity_in_the_copied_graph(copied):
    w, x = Value(2.0, "w"), Value(3.0)
    loss = (w * x).tanh() + w
    model, loss_copy = copied(({"w": w}, loss))
    loss_copy.backward()
    assert model["w"].grad == gradients(loss, [w])[0]
    assert (model["w"].label, model["w"].data) == ("w", 2.0)
    assert w.grad is NO_GRADIENT
    assert copied([w, w])[0] is not w
    first, second = copied([w, w])
    assert first is second


@copying
def test_a_copy_keeps_whether_there_is_a_gradient(copied):
    assert copied(Value(1.0)).grad is NO_GRADIENT
    assert copied(Value(1.0) * 2).grad is NO_GRADIENT
    x = Value(Fraction(1, 3), "third")
    x.backward()
    twin = copied(x)
    assert same(twin.grad, Fraction(1))
    assert same(twin.data, Fraction(1, 3))
    assert twin.label == "third"


@copying
def test_a_copy_of_a_gradient_that_came_out_as_0_is_one(copied):
    """And not the 0.0 of a node that backward has not reached, which a drawing shows as a dash."""
    y = Value(0.0) * Value(2.0)
    y.backward()
    for grad, twin in zip((0.0, 2.0), reversed(copied(y).parents), strict=True):
        assert (twin.grad, twin.grad is NO_GRADIENT) == (grad, False)


def test_a_deepcopy_of_two_roots_shares_what_they_share():
    x = Value(2.0)
    s = x * x
    p, q = copy.deepcopy((s * 3, s * 5))
    assert p.parents[0] is q.parents[0]


def test_a_shallow_copy_is_another_node_on_the_same_leaves():
    x = Value(2.0)
    y = copy.copy(x * x)
    assert gradients(y, [x]) == [4.0]


@pytest.mark.smoke
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol(protocol):
    x = Value(2.0, "x")
    leaf, root = pickle.loads(pickle.dumps((x, x.exp() * x), protocol))
    assert gradients(root, [leaf]) == [3 * math.exp(2)]


# -- depth, memory, threads ---------------------------------------------------------------------


def chain(x, length):
    y = x
    for _ in range(length // 2):
        y = -y + 1.0
    return y


def test_a_chain_of_a_million_nodes_is_built_differentiated_shown_and_freed():
    x = Value(2.0)
    y = chain(x, 1_000_000)
    y.backward()
    assert (x.grad, y.grad) == (1.0, 1.0)
    assert gradients(y, [x]) == [1.0]
    assert repr(y) == "Value(data=2.0, grad=1.0)"
    assert len(autograd_mini.topological_order(y)) == 1_000_001
    del y  # by reference counts alone, without recursion


@copying
def test_a_chain_of_two_hundred_thousand_nodes_is_copied(copied):
    x = Value(2.0)
    y = chain(x, 200_000)
    leaf, root = copied((x, y))
    assert gradients(root, [leaf]) == [1.0]
    assert autograd_mini.topological_order(root)[0] is leaf


def test_a_deep_chain_can_be_differentiated_twice_run_again_and_stepped_through():
    x = Value(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0
    y = y * y
    [dx] = gradients(y, [x], create_graph=True)
    assert gradients(dx, [x]) == [2.0]
    assert autograd_mini.rerun(y).data == 1.0
    assert autograd_mini.backprop_steps(y)[-1].after == 2.0
    assert autograd_mini.first_nonfinite(y) is None
    assert len(autograd_mini.node_names(y)) == 20_002


def test_a_sum_and_a_dot_product_of_a_million_are_one_node():
    xs = [Value(float(i)) for i in range(1_000_000)]
    y = fsum(xs)
    assert len(autograd_mini.topological_order(y)) == 1_000_001
    y.backward()
    assert all(x.grad == 1.0 for x in xs)
    assert gradients(dot(xs, [2.0] * len(xs)), xs[:2]) == [2.0, 2.0]


def test_a_deep_chain_of_sums_and_dot_products():
    x = y = Value(1.0)
    for _ in range(20_000):
        y = dot([y, x], [1.0, 0.0], fsum([0.0]))
    y = fsum([y, x])
    y.backward()
    assert x.grad == 2.0


def collected():
    """How many objects only the cycle collector could free."""
    return gc.collect()


def test_a_graph_has_no_reference_cycles():
    def work():
        x, w = Value(2.0), Value(3.0)
        y = dot([w, x], [x, w], 1) + (x * w).tanh() ** 2 - fsum([x, 1.0, w]).leaky_relu()
        y.backward()
        [dx] = gradients(y, [x], create_graph=True)
        gradients(dx, [w])
        autograd_mini.backprop_steps(y)
        autograd_mini.rerun(y)
        copy.deepcopy(y)
        autograd_mini.hessian(lambda v: v[0] * v[1] ** 2)([1.0, 2.0])

    work()  # imports what is imported when first used
    gc.collect()
    work()
    assert collected() == 0


def live_values():
    return sum(issubclass(type(x), Value) for x in gc.get_objects())


def test_a_kept_root_keeps_its_graph_alive_and_its_data_does_not():
    """Trap 9: losses.append(loss) against losses.append(loss.data)."""
    x = Value(2.0)
    gc.collect()
    before = live_values()
    losses = [chain(x, 100)]
    assert live_values() == before + 100
    losses = [loss.data for loss in losses]
    assert live_values() == before


def test_threads_with_their_own_graphs_never_disturb_each_other():
    """Trap 10."""
    results = {}

    def work(k):
        x = Value(float(k))
        y = x
        for _ in range(2000):
            y = y + x * x
        y.backward()
        results[k] = (y.data, x.grad)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {k: (k + 2000.0 * k * k, 1 + 4000.0 * k) for k in range(8)}


# -- freeing without recursion, where the interpreter cannot ------------------------------------


@pytest.fixture
def deepest(monkeypatch):
    """Values that free themselves as in WebAssembly; how deep that was nested, in [0]."""
    finalizer, depth, deepest = iterative_finalizer(LEAF), 0, [0]

    def __del__(self):
        nonlocal depth
        depth += 1
        deepest[0] = max(deepest[0], depth)
        finalizer(self)
        depth -= 1
        assert self.operands == ()  # so that its own death frees no other node

    monkeypatch.setattr(Value, "__del__", __del__, raising=False)
    return deepest


@pytest.mark.parametrize(
    "step", [lambda y: -y, lambda y: 1.0 + y, lambda y: y + y, lambda y: fsum([y, 1.0, y])]
)
def test_a_deep_graph_is_freed_node_by_node(deepest, step):
    gc.collect()
    before = live_values()
    y = Value(0.0)
    for _ in range(100_000):
        y = step(y)
    assert live_values() == before + 100_001
    del y
    assert live_values() == before
    assert deepest == [2]


def test_a_chain_of_dot_products_over_shared_parameters_is_freed_but_for_those(deepest):
    ws = [Value(0.5), Value(0.25)]
    y = Value(1.0)
    gc.collect()
    before = live_values()
    for _ in range(10_000):
        y = dot(ws, [y, 1.0], ws[0])
    y = None
    assert live_values() == before - 1
    assert deepest == [2]
    assert [w.data for w in ws] == [0.5, 0.25]


@pytest.mark.usefixtures("deepest")
def test_what_is_used_elsewhere_survives_the_part_that_dies():
    x = Value(2.0, "x")
    shared = chain(x, 1000) * x
    kept, dying = shared * 3.0, fsum([chain(shared, 1000), shared, x * x])
    gc.collect()
    before = live_values()
    del dying
    assert live_values() == before - 1002
    assert gradients(kept, [x]) == [12.0]
    del kept
    assert live_values() == before - 1003
    shared.backward()
    assert (x.grad, len(autograd_mini.topological_order(shared))) == (4.0, 1002)


@pytest.mark.usefixtures("deepest")
@given(program=programs())
def test_random_graphs_are_freed_but_for_what_is_kept(program):
    leaves, y = program.values()
    nodes = autograd_mini.topological_order(y)
    kept = nodes[len(nodes) // 2]
    expected = gradients(kept, leaves)
    reached = len(autograd_mini.topological_order(kept))
    del nodes, y
    assert gradients(kept, leaves) == expected
    assert len(autograd_mini.topological_order(kept)) == reached


@pytest.mark.usefixtures("deepest")
def test_a_subclass_is_freed_with_what_it_adds():
    class Named(Value):
        pass

    class Finalized(Value):
        def __del__(self):
            log.append(self.label)
            super().__del__()

    log = []
    gc.collect()
    before = live_values()
    x = Finalized(1.0, "x")
    y = Named(1.0)
    y.note = [x * y]
    z = chain(y.note[0], 1000) + Finalized(3.0, "c")
    assert live_values() == before + 1005
    del x, y, z
    gc.collect()  # y holds what it is a parent of
    assert live_values() == before
    assert sorted(log) == ["c", "x"]


@pytest.mark.usefixtures("deepest")
def test_a_node_brought_back_to_life_is_a_leaf():
    """By a finalizer elsewhere in the same garbage; its history is gone, and nothing else."""

    class Keeper:
        def __del__(self):
            found.append(self.loss)

    found, x = [], Value(3.0)
    keeper = Keeper()
    keeper.loss, keeper.itself = x * x, keeper
    keeper.loss.label = "loss"
    del keeper
    gc.collect()
    [loss] = found
    assert loss.is_leaf
    assert (loss.data, loss.label, loss.op, loss.operands) == (9.0, "loss", LEAF, ())
    assert gradients(loss * x, [loss, x]) == [3.0, 9.0]
    assert pickle.loads(pickle.dumps(loss)).data == 9.0


@pytest.mark.parametrize("arguments", [(), ("1",), (1.0, 2), (None,)])
def test_a_value_that_was_never_made_is_freed_without_a_word(monkeypatch, arguments):
    monkeypatch.setattr(Value, "__del__", iterative_finalizer(LEAF), raising=False)
    with pytest.raises(TypeError):
        Value(*arguments)


def test_only_in_webassembly_and_silently_when_the_interpreter_ends():
    code = """
import builtins, sys
sys.platform = "emscripten"
from autograd_mini import Value
x = y = Value(2.0)
for _ in range(100_000):
    y = y + x
builtins.kept = sys.kept = y
print(Value.__del__.__module__)
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(autograd_mini.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (run.stdout, run.stderr) == ("autograd_mini.release\n", "")
    assert not hasattr(Value, "__del__")


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_the_interpreter_frees_deep_graphs_by_itself_it_is_left_to_it(platform):
    code = f"""
import sys
sys.platform = {platform!r}
from autograd_mini import Value
print(hasattr(Value, "__del__"))
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(autograd_mini.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "False\n"


# -- the import ---------------------------------------------------------------------------------


def test_the_import_loads_a_handful_of_standard_modules_alone():
    heavy = "typing dataclasses numpy graphviz inspect fractions decimal hypothesis nn re enum"
    code = "import sys; import autograd_mini; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", code],
        cwd=Path(autograd_mini.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(heavy.split()) & set(run.stdout.split())


def test_the_module_lists_its_public_names_and_knows_its_version():
    assert sorted(dir(autograd_mini)) == sorted([*autograd_mini.__all__, "compile"])
    assert all(hasattr(autograd_mini, name) for name in autograd_mini.__all__)
    assert autograd_mini.__version__ == metadata.version("autograd-mini")
    with pytest.raises(AttributeError, match="has no attribute 'tensor'"):
        autograd_mini.tensor  # noqa: B018


def test_scalar_is_a_type_for_annotations():
    assert isinstance(1.0, autograd_mini.Scalar)
    assert isinstance(Value(1.0), autograd_mini.Scalar)


def test_micrograds_own_names_for_drawing():
    """The lecture's draw_dot reads _prev and _op."""
    x = Value(2.0)
    y = x * x + x
    assert y._prev == set(y.parents)
    assert (y._op, x._op, x._prev) == ("+", "", set())


def test_importing_all_leaves_pythons_compile():
    scope = {}
    exec("from autograd_mini import *", scope)
    assert "Value" in scope
    assert "compile" not in scope


def test_label_all_takes_the_names_of_variables_and_keeps_those_that_there_are():
    from autograd_mini import label_all

    x, y = Value(1.0), Value(2.0, "mine")
    h = [x * y, (x + y, x - y)]
    same, _1, number = x, Value(3.0), 4.0
    label_all({"x": x, "y": y, "h": h, "same": same, "_1": _1, "number": number})
    assert [v.label for v in (x, y, h[0], *h[1], _1)] == [
        "x",
        "mine",
        "h[0]",
        "h[1][0]",
        "h[1][1]",
        "",
    ]


def test_a_group_is_what_it_was_given_and_all_that_lies_between():
    from autograd_mini import group

    x, y = Value(2.0), Value(3.0)
    a = x * y
    b, beside = a + y, a * a
    c = b * b
    made = group("part", [a, c])
    assert (made.label, made.nodes, made.folded) == ("part", {a, b, c}, False)
    assert group("alone", [beside], folded=True).nodes == {beside}
    with pytest.raises(TypeError, match="group expected Values, got float"):
        group("part", [1.0])
