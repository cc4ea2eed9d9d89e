"""What needs a number is refused: the error names the user's line and what to write instead."""

import inspect
import math
import random

import pytest

from autograd_mini import TraceError, Value, compile, exp, fsum, pick, tanh, where

w = Value(2.0)
rng = random.Random(0)


def reads_data(x):
    return w * x.data


def branches(x):
    return w * x if x > 0 else x


def branches_on_the_number(x):
    return w if x else x


def converts(x):
    return w * float(x)


def rounds(x):
    return w * round(x)


def truncates(x):
    return w * int(x)


def indexes(x):
    return [w, w][x]


def counts(x):
    return fsum([w for _ in range(x)])


def compares(x):
    return where(w * x == 1, w, x)


def differs(x):
    return where(w != 1, w, x)


def uses_math(x):
    return w * math.exp(x)


def reads_grad(x):
    return w * x.grad


def sweeps(x):
    (w * x).backward()
    return w


def takes_the_rest(x):
    return w * (x % 2)


def divides_and_floors(x):
    return w * (3 // x)


def joins_numbers(x):
    return where(w & x, w, x)


def counts_by_int(x):
    return w * int(x > 0)


def takes_max(x):
    return max(w, x, 1)


def floors(x):
    return w * math.floor(x)


def picks_by_a_result(x):
    return pick([w, w * 2], x + 1)


def chains(x):
    return w * x if 0 < x < 1 else x


@pytest.mark.parametrize(
    ("function", "reason", "remedy"),
    [
        (reads_data, "no .data", "the function from autograd_mini"),
        (branches, "a branch on a traced number", "where(condition, a, b)"),
        (branches_on_the_number, "a branch on a traced number", "where(condition, a, b)"),
        (chains, "a branch on a traced number", "where(condition, a, b)"),
        (converts, "float()", "autograd_mini, such as exp(x)"),
        (uses_math, "the functions of math need a number", "such as exp(x)"),
        (rounds, "int() and round() need a number", "pick"),
        (truncates, "int() and round() need a number", "pick"),
        (floors, "int() and round() need a number", "pick"),
        (indexes, "an index has to be known", "pick(xs, k)"),
        (counts, "an index has to be known", "pick(xs, k)"),
        (compares, "== asks whether two Values are one", "(a >= b) & (a <= b)"),
        (differs, "== asks whether two Values are one", "(a >= b) & (a <= b)"),
        (reads_grad, "no .grad", "program.backward(..)"),
        (sweeps, "nor backward()", "gradients(y, [x], create_graph=True)"),
        (takes_the_rest, "% and // jump", "an input"),
        (divides_and_floors, "% and // jump", "an input"),
        (joins_numbers, "& | ^ ~ take conditions", "(a > 0) & (b > 0)"),
        (counts_by_int, "undecided", "a number 1 or 0"),
        (takes_max, "a branch on a traced number", "maximum(*xs)"),
        (picks_by_a_result, "pick with an index that was computed", "a one-hot"),
    ],
)
def test_what_needs_a_number(function, reason, remedy):
    """The message is: file:line: code: reason; use remedy."""
    with pytest.raises(TraceError) as error:
        compile(function, x=())
    message = str(error.value)
    place, code, rest = message.split(": ", 2)
    file, line = place.rsplit(":", 1)
    lines, first = inspect.getsourcelines(function)
    assert file == __file__
    assert first < int(line) < first + len(lines)
    assert lines[int(line) - first].strip().startswith(code.split(": ")[0])
    explained, advice = rest.rsplit("; use ", 1)
    assert reason in explained
    assert remedy in advice


def test_the_line_is_the_users_though_the_library_asks():
    """softmax, losses and layers of the library are not what has to change."""

    def loss(x):
        return exp(math.sqrt(x))

    with pytest.raises(TraceError, match=r"test_trace\.py:\d+: return exp\(math\.sqrt\(x\)\)"):
        compile(loss, x=())


def test_without_source_the_place_is_told():
    scope = {"w": w}
    exec("def loss(x):\n    return w * float(x)", scope)
    with pytest.raises(TraceError, match=r"^<string>:2: float\(\)"):
        compile(scope["loss"], x=())


def test_what_needs_no_number_is_allowed():
    def loss(x):
        assert x is not None
        assert x in [x]
        assert x == x
        assert f"{x}" == "<traced input x>"
        assert repr(x * w) == "<traced *>"
        return where(x > 0, x, w) + abs(x) + (x < w).__where__(1, 0) + (x >= 1).__where__(0, w)

    program = compile(loss, x=())
    assert program.value_and_grad([2.0])[0] == 2 + 2 + 0 + 0


def test_an_operation_called_wrongly_says_so():
    with pytest.raises(TypeError, match=r"expected tanh\(x\), got \(<traced input x>, 2\)"):
        compile(lambda x: w * tanh(x, 2), x=())


# -- two calls ------------------------------------------------------------------------------------


def test_a_random_draw_is_refused():
    with pytest.raises(TraceError, match=r"two different graphs.*give it as an input"):
        compile(lambda x: w * x * rng.random(), x=())


def test_a_random_structure_is_refused():
    with pytest.raises(TraceError, match="two different graphs"):
        compile(lambda x: fsum([w * x] * (1 + next(counter))), x=())


counter = iter(range(10))


def test_a_random_draw_in_terms_of_parameters_alone_is_refused():
    with pytest.raises(TraceError, match="two different graphs"):
        compile(lambda x: x + w * rng.random(), x=())


def test_new_values_of_each_call_are_constants_and_have_to_be_the_same():
    program = compile(lambda x: x * Value(3.0), x=())
    assert program.parameters == []
    assert program.value_and_grad([2.0])[0] == 6.0
    numbers = iter([1.0, 2.0])
    with pytest.raises(TraceError, match="two different graphs"):
        compile(lambda x: x * Value(next(numbers)), x=())


def test_what_is_the_same_in_both_calls_is_allowed():
    numbers = {1.5: 2.0}
    program = compile(lambda x: x * w * numbers[1.5] + fsum([w, 1.0]), x=())
    assert program.value_and_grad([1.0])[0] == 7


# -- what comes out -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (None, "NoneType None"),
        (1.5, "float 1.5"),
        ([], "list []"),
        ("loss", "str"),
    ],
)
def test_a_loss_is_one_scalar(result, shown):
    with pytest.raises(TypeError, match="has to give one scalar") as error:
        compile(lambda x: result, x=())
    assert shown in str(error.value)


def test_an_input_is_no_bool_or_string():
    with pytest.raises(TypeError, match="expected a number, got the bool True"):
        compile(lambda x: x * True, x=())
    with pytest.raises(TypeError, match="expected a number, got the string"):
        compile(lambda x: x + "1", x=())


def test_placeholders_are_nested_as_the_shape_says():
    seen = {}

    def loss(a, b, c):
        seen.update(a=a, b=b, c=c)
        return w * a * b[0] * c[0][0]

    compile(loss, a=(), b=2, c=(3, 1))
    assert len(seen["b"]) == 2
    assert [len(row) for row in seen["c"]] == [1, 1, 1]
    assert isinstance(seen["a"], Value)
    assert seen["a"].is_leaf
    assert not (seen["a"] * 2).is_leaf


def test_an_input_that_an_earlier_call_kept_is_not_the_present_one():
    w, kept = Value(2.0), []

    def loss(x):
        kept.append(x)
        return w * kept[0]

    with pytest.raises(TraceError, match="what the first call changed"):
        compile(loss, x=())


def test_what_a_failed_call_kept_is_refused_with_its_reason():
    w, kept = Value(2.0), {}

    def loss(x):
        return kept.setdefault("square", w * w) * x

    for _ in range(2):
        with pytest.raises(TraceError, match="what the first call changed"):
            compile(loss, x=())
