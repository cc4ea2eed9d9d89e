"""Whether an answer is right: what rounding explains is never called wrong."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_mini import Value
from autograd_mini.primitives import TABLE, add, divide, exp, fsum, log, multiply, subtract, tanh
from autograd_mini.testing import Expression, expressions
from autograd_mini.testing.engines.abilities import FUNCTIONS, Abilities
from autograd_mini.testing.engines.adapters import Engine
from autograd_mini.testing.engines.judging import Exact, Judge, evaluate
from autograd_mini.testing.engines.questions import Answer, Question, ask
from autograd_mini.testing.engines.shrinking import shrunk

ENGINE = Engine(Value)


@settings(max_examples=60, deadline=None)
@given(expressions(max_nodes=12, primitives=[*FUNCTIONS[:9], add, multiply, subtract, divide]))
def test_the_right_numbers_are_those_of_this_library_and_of_50_digits(program):
    mp = pytest.importorskip("mpmath").mp
    answer = ask(ENGINE, Question(program))
    right = evaluate(program)
    assert answer.data == tuple(right.data)
    assert Judge().difference(Question(program), answer) is None
    with mp.workdps(50):
        data = [x.data for x in evaluate(program, Exact).data]
        assert all(abs(x - y) <= 1e-6 * max(abs(y), 1) for x, y in zip(right.data, data))


@given(st.floats(1e-3, 1e3), st.sampled_from([1.01, 0.99, -1.0, 0.0]))
def test_a_number_that_is_clearly_wrong_is_found(x, factor):
    question = Question(Expression([x], [(multiply, (0, 0))]))
    right = evaluate(question.program)
    answer = Answer((x, factor * x * x), tuple(right.gradients))
    assert Judge().difference(question, answer).what == "data"
    answer = Answer((x, x * x), (factor * 2 * x, 1.0))
    assert Judge().difference(question, answer).what == "gradient"


@pytest.mark.parametrize(
    ("program", "data", "slope"),
    [
        # cancellation: (a + 1e15) - 1e15 has one digit
        (Expression([1.1], [(add, (0, 1e15)), (subtract, (1, 1e15))]), 1.25, 1.0),
        # tanh is saturated: 1 - y * y is 0, or what rounding left
        (Expression([19.0], [(tanh, (0,))]), 1.0, 2.2e-16),
        # exp of a large number: the error of its argument is multiplied by 700
        (Expression([700.0], [(exp, (0,))]), math.exp(700) * (1 + 1e-11), math.exp(700)),
    ],
)
def test_what_rounding_explains_is_not_wrong(program, data, slope):
    right = evaluate(program)
    numbers = (*right.data[:-1], data)
    gradients = (slope, *right.gradients[1:])
    assert Judge().difference(Question(program), Answer(numbers, gradients)) is None


@pytest.mark.parametrize(("lost", "is_judged"), [(1e9, True), (1e11, False)])
def test_a_program_of_which_rounding_may_take_too_much_is_not_judged(lost, is_judged):
    program = Expression([1.1], [(add, (0, lost)), (subtract, (1, lost))])
    right = evaluate(program)
    answer = Answer((*right.data[:2], 3.0), tuple(right.gradients))
    assert bool(Judge().difference(Question(program), answer)) == is_judged


def test_outside_a_domain_nothing_is_said():
    question = Question(Expression([-1.0], [(log, (0,))]))
    assert Judge().right(question) is None
    assert Judge().difference(question, Answer(problem="ValueError")) is None


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [("once", 12.0), ("twice", 24.0), ("again", 24.0), ("zeroed", 12.0), ("two roots", 14.0),
     ("changed leaf", 12.0), ("independence", 12.0), ("second order", 4.0)],
)  # fmt: skip
def test_every_scenario_has_its_right_answer(scenario, expected):
    question = Question(Expression([3.0, 2.0], [(multiply, (0, 1)), (multiply, (2, 0))]), scenario)
    right = Judge().right(question)
    assert right.gradients[0] == expected
    if scenario != "second order":
        assert Judge().difference(question, ask(ENGINE, question)) is None


def test_at_a_kink_nothing_is_wrong_but_the_convention_is_told():
    question = Question(Expression([0.0], [(TABLE["power"], (0, 0.0))]))
    raises = Answer((0.0, 1.0), problem="ZeroDivisionError")
    assert Judge().difference(question, raises) is None
    assert Judge().difference(question, raises, is_kink=True).what == "problem"


def test_a_program_is_made_smaller_until_nothing_can_go():
    nodes = [(multiply, (0, 1)), (tanh, (2,)), (add, (3, 1)), (exp, (4,)), (fsum, (5, 3, 0))]
    program = Expression([0.31, 0.77], nodes)

    def fails(question):
        return any(row is exp for row, _ in question.program.nodes)

    small = shrunk(Question(program), fails).program
    assert [row for row, _ in small.nodes] == [exp]
    assert small.inputs == (3.0,)


def test_a_program_has_only_the_operands_that_an_engine_takes():
    has = Abilities(lambda question: Answer())
    has.kinds = {add: {"vv"}, multiply: {"vv", "vc"}, TABLE["power"]: {"vc"}}
    program = Expression(
        [3.0, 2.0],
        [(add, (0, 4.0)), (multiply, (2, 5.0)), (multiply, (7.0, 3)), (TABLE["power"], (4, 1))],
    )
    legal = has.legal(program)
    assert legal.inputs == (3.0, 2.0, 4.0, 7.0)
    assert legal.nodes == [
        (add, (0, 2)), (multiply, (4, 5.0)), (multiply, (3, 5)), (TABLE["power"], (6, 2.0)),
    ]  # fmt: skip
