"""The array program: shapes are checked, equal arrays are one, simplifications change no number."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreter import evaluate

from autograd_mini import sqrt
from autograd_mini.compiler.arithmetic import SELECT, Comparison
from autograd_mini.compiler.arrays import BATCH, ArrayProgram, Index, broadcast
from autograd_mini.compiler.identities import ieee, scaled
from autograd_mini.primitives import TABLE, divide

# -- shapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shapes", "together"),
    [
        ([(2, 3)], (2, 3)),
        ([(2, 3), (3,)], (2, 3)),
        ([(2, 1), (1, 3)], (2, 3)),
        ([(BATCH, 3), (3,)], (BATCH, 3)),
        ([(BATCH, 1), ()], (BATCH, 1)),
        ([(BATCH, 1, 4), (5, 1)], (BATCH, 5, 4)),
        ([(1,), (1, 1)], (1, 1)),
    ],
)
def test_shapes_broadcast_as_in_numpy(shapes, together):
    assert broadcast(*shapes) == together
    known = [tuple(7 if n == BATCH else n for n in s) for s in shapes]
    expected = np.broadcast_shapes(*known)
    assert tuple(7 if n == BATCH else n for n in together) == expected


@pytest.mark.parametrize("shapes", [[(2,), (3,)], [(BATCH, 2), (BATCH, 3)], [(2, 3), (2,)]])
def test_shapes_that_do_not_fit(shapes):
    with pytest.raises(ValueError, match="do not broadcast"):
        broadcast(*shapes)
    program = ArrayProgram()
    x, y = (program.parameter(i, s) for i, s in enumerate(shapes))
    with pytest.raises(ValueError, match="do not broadcast"):
        x + y


def test_a_reshape_keeps_the_count():
    program = ArrayProgram()
    x = program.input("x", (2, 3))
    assert program.reshape(x, (BATCH, 6)).shape == (BATCH, 6)
    assert program.reshape(x, (2 * BATCH, 3)).shape == (-2, 3)
    for wrong in (BATCH, 5), (6,), (BATCH, 2, 2):
        with pytest.raises(ValueError, match="reshape cannot make"):
            program.reshape(x, wrong)


def test_letters_have_to_fit():
    program = ArrayProgram()
    x, w = program.input("x", (3,)), program.parameter(0, (2, 4))
    with pytest.raises(ValueError, match="i is 3 and 4"):
        program.contract("bi,oi->bo", x, w)
    with pytest.raises(ValueError, match=r"expected axes bij for an array of shape \(-1, 3\)"):
        program.contract("bij->b", x)
    with pytest.raises(ValueError, match="zip"):
        program.contract("bi->b", x, w)
    w = program.parameter(0, (2, 3))
    assert program.contract("bi,oi->bo", x, w).shape == (BATCH, 2)


def test_equal_arrays_are_one():
    program = ArrayProgram()
    x, w = program.input("x", (3,)), program.parameter(0, (3,))
    assert x * w is x * w
    assert x * w is not w * x
    assert program.input("x", (3,)) is x
    assert program.parameter(1, (3,)) is not w
    assert program.constant([1, 2]) is program.constant([1.0, 2.0])
    assert program.constant([[1, 2]]) is not program.constant([1, 2])
    assert program.contract("bi->b", x) is program.contract("bi->b", x)
    assert program.gather(x, np.array([0, 2])) is program.gather(x, np.array([0, 2]))
    assert program.gather(x, np.array([0, 2])) is not program.gather(x, np.array([0, 1]))
    assert program.gather(x, np.array([0, 2])) is not program.gather(x, np.array([[0, 2]]))
    count = len(program.arrays)
    assert program.slice(x, [None, (0, 2)]) is program.slice(x, [None, (0, 2)])
    assert len(program.arrays) == count + 1


def test_what_changes_nothing_is_left_out():
    program = ArrayProgram()
    x = program.input("x", (2, 3))
    assert program.reshape(x, (BATCH, 2, 3)) is x
    assert program.slice(x, [None, (0, 2), (0, 3)]) is x
    assert program.transpose(x, (0, 1, 2)) is x
    assert program.transpose(program.transpose(x, (0, 2, 1)), (0, 2, 1)) is x
    assert program.broadcast(x, x.shape) is x
    assert program.concatenate([x], 1) is x
    assert program.reshape(program.reshape(x, (BATCH, 6)), (BATCH, 2, 3)) is x
    assert program.contract("bij->bij", x) is x
    assert program.contract("bij->bji", x) is program.transpose(x, (0, 2, 1))
    assert program.constant(2.0) == 2.0
    a, b = program.slice(x, [None, None, (0, 1)]), program.slice(x, [None, None, (1, 3)])
    whole = program.assemble([b, a], [(0, 0, 1), (0, 0, 0)], x.shape)
    assert (whole.op, whole.args) == ("concatenate", (a, b))
    assert program.assemble([a], [(0, 0, 0)], x.shape).op == "assemble"
    assert program.assemble([a, a], [(0, 0, 0), (0, 0, 0)], x.shape).op == "assemble"


def test_an_index_is_equal_to_others_of_its_places():
    one = Index(np.array([1, 2]))
    assert one == Index(np.array([1, 2]))
    assert hash(one) == hash(Index(np.array([1, 2])))
    assert one != Index(np.array([[1, 2]]))
    assert one != Index(np.array([2, 1]))
    assert one != (1, 2)


# -- simplifications ------------------------------------------------------------------------------


OPERATIONS = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / b,
    lambda a, b: -a,
    lambda a, b: a + a,
    lambda a, b: 0.25 * a,
    lambda a, b: -1 * a + 0.0,
    lambda a, b: a * 3.0 - b,
    lambda a, b: a / 4.0,
    lambda a, b: 1.0 / b,
    lambda a, b: a**2,
    lambda a, b: a * a,
    lambda a, b: 2 - a,
    lambda a, b: (a - b) * -0.5,
]


@given(st.lists(st.tuples(st.integers(0, len(OPERATIONS) - 1), *[st.integers(0, 5)] * 2),
                min_size=1, max_size=12))  # fmt: skip
def test_simplifications_change_no_number(steps):
    """Arrays of shapes that broadcast, and a number, put together at random."""
    program, rng = ArrayProgram(), np.random.default_rng(0)
    shapes = [(2, 3), (3,), (2, 1), ()]
    numbers = [rng.uniform(0.5, 2, s) * rng.choice([-1, 1], s) for s in shapes]
    arrays = [program.parameter(i, s) for i, s in enumerate(shapes)] + [1.5]
    expected = [*numbers, 1.5]
    with np.errstate(all="ignore"):
        for op, i, j in steps:
            i, j = -1 - i % len(arrays), j % len(arrays)
            arrays.append(OPERATIONS[op](arrays[i], arrays[j]))
            expected.append(OPERATIONS[op](expected[i], expected[j]))
            if not np.isfinite(expected[-1]).all() or np.abs(expected[-1]).max() > 1e6:
                arrays.pop()
                expected.pop()
    if isinstance(arrays[-1], float):
        assert arrays[-1] == pytest.approx(expected[-1], rel=1e-12)
        return
    assert arrays[-1].shape == expected[-1].shape
    try:
        [found] = evaluate([arrays[-1]], 1, {}, dict(enumerate(numbers)))
    except ZeroDivisionError:
        return
    size = max(np.abs(x).max() for x in expected)
    assert np.allclose(found, expected[-1], rtol=1e-9, atol=1e-11 * size)


def test_what_is_written_short():
    program = ArrayProgram()
    x, y = program.parameter(0, (2, 3)), program.parameter(1, (2, 3))
    b, n = program.parameter(2, (3,)), program.count()
    assert x + 0.0 is x
    assert 0.0 + x is x
    assert x - 0.0 is x
    assert 0.0 - x is -x
    assert 1.0 * x is x
    assert x * -1.0 is -x
    assert 0.0 - (0.0 - x) is x
    assert x + -y is x - y
    assert -y + x is x - y
    assert x - -y is x + y
    assert x + x is 2.0 * x
    assert 2.0 * (3.0 * x) is 6.0 * x
    assert x * (1.0 / y) is x / y
    assert (-x) / y is -(x / y)
    assert (-x) * y is -(x * y)
    assert x / 1.0 is x
    assert n / n == 1.0
    assert x / n + y / n is (x + y) / n
    assert x / n - y / n is (x - y) / n
    assert x * 2.0 is 2.0 * x
    assert 2.0 * (b * x) is (2.0 * b) * x  # the smaller factor
    assert x + -2.0 is x - 2.0
    assert -2.0 + x is x - 2.0
    assert x - -2.0 is x + 2.0
    assert x**0.5 is sqrt(x)
    assert x**-0.5 is 1.0 / sqrt(x)
    assert SELECT["<"].apply((x, y, b, b)) is b
    two = program.apply(TABLE["add"], 1.0, 1.0)
    assert two == 2.0
    row = program.reshape(b, (1, 3))
    assert x + row is x + b  # NumPy puts that axis there itself


def test_a_sum_as_one_would_write_it():
    program = ArrayProgram()
    x, y = program.parameter(0, (3,)), program.parameter(1, (3,))
    assert program.total(0.0, [(-1.0, x), (1.0, y)]) is y - x
    assert program.total(2.0, [(-1.0, x)]) is 2.0 - x
    assert program.total(-2.0, [(1.0, x)]) is x - 2.0
    assert program.total(0.0, [(0.5, x), (-3.0, y)]) is x / 2.0 - 3.0 * y
    assert program.total(5.0, []) == 5.0
    numbers = {0: np.array([1.0, 2, 3]), 1: np.array([-1.0, 0.5, 7])}
    for constant in (-2.0, 0.0, 3.0):
        for c, d in (1, 1), (-1, -1), (0.1, -0.2), (-3, 2):
            y_ = program.total(constant, [(c, x), (d, y)])
            expected = constant + c * numbers[0] + d * numbers[1]
            assert np.allclose(evaluate([y_], 1, {}, numbers)[0], expected)


def test_scales_of_one_over_n_are_quotients():
    program = ArrayProgram()
    x = program.parameter(0, (3,))
    assert scaled(x, 1) is x
    assert scaled(x, 1 / 3) is x / 3.0
    assert scaled(x, 0.5) is x / 2.0
    assert scaled(x, 0.1) is 0.1 * x  # is as short
    assert scaled(x, 0.3) is 0.3 * x


# -- numbers --------------------------------------------------------------------------------------


def test_ieee_arithmetic_never_raises():
    assert ieee(divide, [1.0, 4.0]) == 0.25
    assert math.isnan(ieee(divide, [0.0, 0.0]))
    assert ieee(TABLE["exp"], [1000.0]) == math.inf
    assert math.isnan(ieee(TABLE["log"], [-1.0]))


@pytest.mark.parametrize(
    ("sign", "holds"), [("<", "a"), ("<=", "ab"), (">", "c"), (">=", "bc"), ("==", "b")]
)
def test_where_on_numbers(sign, holds):
    for case, left in zip("abc", (1.0, 2.0, 3.0)):
        assert SELECT[sign].evaluate([left, 2.0, 10.0, 20.0]) == (10.0 if case in holds else 20.0)


def test_an_undecided_comparison_is_no_condition():
    program = ArrayProgram()
    x = program.parameter(0, (3,))
    with pytest.raises(TypeError, match="no one answer"):
        bool(x < 1)
    assert isinstance(x >= 1, Comparison)


def test_an_array_shows_how_it_is_made():
    program = ArrayProgram()
    x = program.parameter(0, (3,))
    assert repr(x) == "#0 parameter() 0 (3,)"
    assert repr(x * 2.0) == "#1 *(2.0, #0) (3,)"
    assert repr(program.gather(x, np.array([2, 1]))).endswith("gather(#0) [(2,)] (2,)")
