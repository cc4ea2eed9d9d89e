"""Engines that are not finished, or have several faults at once, as some public ones."""

import pytest

from autograd_mini.primitives import TABLE
from autograd_mini.testing import Expression, check_engine
from autograd_mini.testing.engines.adapters import engine_of
from autograd_mini.testing.engines.corpus import corpus
from autograd_mini.testing.engines.diagnosis import diagnose
from autograd_mini.testing.engines.faulty import BASE, changed
from autograd_mini.testing.engines.questions import Question, ask
from autograd_mini.testing.engines.zoo_engine import ZooEngine


class OneLevel:
    """+ and *, and a backward pass that stops at the operands."""

    swapped = False

    def __init__(self, data, parents=(), partials=()):
        self.data, self.grad = data, 0.0
        self.parents, self.partials = parents, partials

    def __add__(self, other):
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        partials = (other.data, self.data)
        partials = partials[::-1] if self.swapped else partials
        return type(self)(self.data * other.data, (self, other), partials)

    def backward(self):
        self.grad = 1.0
        for parent, partial in zip(self.parents, self.partials):
            parent.grad = partial * self.grad


class Swapped(OneLevel):
    swapped = True


@pytest.mark.parametrize(
    ("engine", "only", "id"),
    [
        (OneLevel, "one-operation", None),
        (OneLevel, "operand-twice", "overwrites-gradient"),
        (Swapped, "one-operation", "swapped-operands:*"),
    ],
)
def test_what_is_not_asked_for_yet_does_not_hide_the_reason(engine, only, id):
    assert check_engine(engine, only=only).diagnosis == id


def test_a_constant_on_the_left_is_told_apart_from_the_rest_of_an_operation():
    text = changed(
        BASE,
        [
            ("wrap(other) - self", "self - other"),
            ("lambda a, b, y: (1.0, -1.0)", "lambda a, b, y: (-1.0, 1.0)"),
        ],
    )
    report = check_engine(ZooEngine(text).kind, examples=0, time_limit=300)
    ids = report.failures[0].diagnosis.ids
    assert ids[0] == "reflected-operator:-"
    assert set(ids[1:]) <= {"wrong-sign:-", "swapped-operands:-"}
    assert len(ids) == 2


def test_an_operand_is_found_by_its_place():
    """b - a of two leaves a, b says nothing else than a - b."""
    text = changed(
        BASE, [("wrap(other) - self", "self - other"), ("(1 / b, -y / b)", "(1 / a, b)")]
    )
    report = check_engine(ZooEngine(text).kind, time_limit=300)
    assert {*report.failures[0].diagnosis.ids} == {"reflected-operator:-", "wrong-derivative:/"}


def test_a_number_at_which_an_operation_raises_does_not_hide_what_is_wrong_elsewhere():
    text = changed(BASE, [("(1 / b, -y / b)", "(1 / a, b)")])
    engine, divide = engine_of(ZooEngine(text).kind), TABLE["divide"]
    at_0 = Question(Expression([0.0, 2.0], [(divide, (0, 1))]))
    alone = [q for q in corpus() if [row for row, _ in q.program.nodes] == [divide]]
    answers = [(question, ask(engine, question)) for question in (at_0, *alone)]
    assert answers[0][1].problem == "ZeroDivisionError"
    found = diagnose(answers, lambda question: ask(engine, question), probing=False)
    assert found.ids == ("wrong-derivative:/",)


def test_a_function_that_takes_other_arguments_is_missing():
    text = changed(BASE, [("def sigmoid(self):", "def sigmoid(self, x):")])
    assert check_engine(ZooEngine(text).kind, only="activations").passed


def test_many_wrong_operations_are_not_a_reason():
    """A table of what each operation gives would explain any engine."""
    wrong = [
        ("a + b, lambda a, b, y: (1.0, 1.0)", "a + b, lambda a, b, y: (2.0, 7.0)"),
        ("(1.0, -1.0)", "(3.0, -2.0)"),
        ("(b, a)", "(b + 1, a * 3)"),
        ("(1 / b, -y / b)", "(1 / b + 1, b)"),
    ]
    report = check_engine(ZooEngine(changed(BASE, wrong)).kind, examples=0, time_limit=300)
    assert not report.passed
    assert report.diagnosis is None


def test_reading_the_present_number_of_a_leaf_is_a_convention():
    stored = "    now = partials(*numbers, node.data)\n    node.partials = lambda: now"
    live = "    node.partials = lambda: partials(*map(number, operands), node.data)"
    report = check_engine(
        ZooEngine(changed(BASE, [(stored, live)])).kind, only=["chain", "changed-leaf"]
    )
    [finding] = report.findings
    assert finding.diagnosis.ids == ("reads-changed-data",)
    assert report.passed
    assert report.diagnosis is report.shown is None
