"""The diagnosis: a known fault is named, an unknown one is not, and nothing is named wrongly."""

import math

import pytest

from autograd_mini.primitives import TABLE
from autograd_mini.testing import Expression, check_engine
from autograd_mini.testing.engines.adapters import Engine
from autograd_mini.testing.engines.corpus import corpus, repeated
from autograd_mini.testing.engines.diagnosis import Diagnosis, diagnose
from autograd_mini.testing.engines.evidence import same
from autograd_mini.testing.engines.faulty import BASE, CONSTRUCTIONS, ZOO, changed, exists, source
from autograd_mini.testing.engines.questions import Answer, Question, ask
from autograd_mini.testing.engines.zoo_engine import TooLong, ZooEngine

RIGHT = ZooEngine(BASE)
ALL_BUILT = list(CONSTRUCTIONS)[1]


def diagnosed(engine, scenario=""):
    """What diagnose() says of the first wrong answer (of this scenario)."""
    for question in [*corpus(), *repeated()]:
        if scenario and question.scenario != scenario:
            continue
        answer = ask(engine, question)
        if answer.problem not in (TooLong.__name__, "missing") and not same(
            answer, ask(RIGHT, question)
        ):
            return diagnose([(question, answer)], lambda q: ask(engine, q))
    return None


FIRST = {fault.id.partition(":")[0]: fault for fault in reversed(ZOO)}
LAST = {fault.id: fault for fault in ZOO if len(fault.orders) > 1}


@pytest.mark.parametrize(("place", "kind"), list(enumerate(FIRST)))
def test_faults_are_named(place, kind):
    """tools/engine_faults.py does this for all of them."""
    fault = FIRST[kind]
    construction = ALL_BUILT if place % 2 and exists(fault, ALL_BUILT) else "own"
    assert diagnosed(ZooEngine(source(fault, construction))).ids == (fault.id,)


@pytest.mark.parametrize("fault", LAST.values(), ids=LAST)
def test_variants_are_named_as_the_fault(fault):
    engine = ZooEngine(source(fault, "own", fault.orders[-1]))
    assert diagnosed(engine).ids == (fault.id,)


def test_no_two_faults_answer_alike():
    """If two with different ids did, the diagnosis would be a guess."""
    *later, chain = repeated()
    questions = [*corpus(size=0)[::3], *corpus()[-60:], *later[::5], chain]
    seen = {}
    for fault in ZOO:
        engine = ZooEngine(source(fault))
        answers = [rounded(ask(engine, question)) for question in questions]
        other = seen.setdefault(tuple(answers), fault)
        assert other.id == fault.id, (other, fault)


def rounded(answer):
    numbers = [*answer.data, *answer.gradients]
    return answer.problem, tuple(f"{x:.6g}" for x in numbers)


def test_a_right_engine_has_no_diagnosis():
    pairs = [(question, ask(RIGHT, question)) for question in corpus()[:100]]
    assert diagnose(pairs, lambda question: ask(RIGHT, question)) is None


def test_sentence_counts_the_programs_and_names_a_section():
    found = diagnosed(ZooEngine(source(ZOO[0])))
    assert found == Diagnosis(
        ("overwrites-gradient",),
        found.sentence,
        "01_step_through_backprop: Where several paths meet",
    )
    start, count, end = found.sentence.rpartition("all ")
    assert start.startswith("your engine answers exactly as one that overwrites .grad")
    assert int(end.split()[0]) > 500, count


def engine_with(*changes, construction="own"):
    return ZooEngine(changed(source(None, construction), changes))


UNKNOWN_FORMULAS = {
    "wrong-derivative:exp": ("lambda a, y: (y,)", "lambda a, y: (y + 0.25,)"),
    "wrong-derivative:**": ("(n * a ** (n - 1), ", "(n * a ** (n - 1) + 1.0, "),
    "wrong-value:tanh": ("math.tanh, ", "lambda a: math.tanh(a) + 0.5, "),
    "wrong-value:+": ("a + b, lambda a, b, y", "a + b + 1, lambda a, b, y"),
    "wrong-sign:*": ("(b, a))", "(b, -a))"),
    "only-first-operand:*": ("(b, a))", "(b, 0.0 * y))"),
    "wrong-derivative:-": ("(1.0, -1.0)", "(1.0, -2.0)"),
    "reflected-operator:-": ("wrap(other) - self", "wrap(other) - self - self"),
    "reflected-operator:+": ("return self + other", "return self + other + 1"),
    "wrong-value:log": ("math.log, ", "lambda a: math.log(a + 1e-3), "),
}


@pytest.mark.parametrize("id", UNKNOWN_FORMULAS)
def test_formulas_that_nobody_wrote_down_are_measured(id):
    construction = "own" if ":-" in id else ALL_BUILT
    engine = engine_with(UNKNOWN_FORMULAS[id], construction=construction)
    assert diagnosed(engine).ids == (id,)


def test_measured_operation_is_told_with_an_example():
    found = diagnosed(engine_with(("lambda a, y: (y,)", "lambda a, y: (3.0 * y,)")))
    assert "has 4.94616 as the derivative of exp(0.5), where 1.64872 is right" in found.sentence


def test_several_faults_at_once():
    two = engine_with(("math.exp, ", "lambda a: 3.0**a, "), ("math.cos, ", "lambda a: a, "))
    assert set(diagnosed(two).ids) == {"wrong-value:exp", "wrong-value:cos"}
    overwriting = engine_with(
        ("parent.grad += partial", "parent.grad = partial"), ("(1 - y * y,)", "(1 - y * a,)")
    )
    assert diagnosed(overwriting).ids == ("overwrites-gradient", "wrong-derivative:tanh")


def test_a_fault_of_one_operation_alone():
    text = """        if node.op == "exp":
            parent.grad = partial * node.grad
        else:
            parent.grad += partial * node.grad"""
    found = diagnosed(engine_with(("        parent.grad += partial * node.grad", text)))
    assert found.ids == ("overwrites-gradient",)
    assert "instead of adding to it, in exp, on all" in found.sentence


def test_nothing_is_said_of_a_fault_that_nobody_knows():
    strange = engine_with(
        (
            "parent.grad += partial * node.grad",
            "parent.grad += partial * node.grad * (1 + len(seen))",
        ),
        ("def pass_on(node):", "seen = [0]\n\n\ndef pass_on(node):\n    seen.append(0)"),
    )
    assert diagnosed(strange) is None


def test_operations_that_the_base_engine_does_not_have():
    """They are as the rule table has them, or measured."""

    class Extended(Engine):
        def apply(self, primitive, operands):
            if primitive is TABLE["softplus"]:
                return ((operands[0]).exp() + 1).log() * self.factor
            return super().apply(primitive, operands)

    softplus = Question(Expression([0.5], [(TABLE["softplus"], (0,))]))
    twice = Question(Expression([0.5], [(TABLE["softplus"], (0,)), (TABLE["add"], (1, 0))]))
    for factor, source_, expected in (
        (1.0, source(ZOO[0]), "overwrites-gradient"),
        (2.0, BASE, "wrong-value:softplus"),
    ):
        engine = Extended(ZooEngine(source_).kind)
        engine.factor = factor
        asked = [(question, ask(engine, question)) for question in (softplus, twice)]
        assert diagnose(asked, lambda q, engine=engine: ask(engine, q)).ids == (expected,)


MICROGRAD = """
class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents, self.step = data, 0, set(parents), lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def step():
            self.grad += out.grad
            other.grad += out.grad

        out.step = step
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def step():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.step = step
        return out

    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other):
        return self + other * -1

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            node.step()
"""
PUT = "        out = Value(self.data,"
MISTAKES = {
    "overwrites-gradient": [("grad += ", "grad = ")],
    "order-not-reversed": [("reversed(order)", "order")],
    "swapped-operands:*": [
        ("+= other.data", "+= 0 + self.data"),
        ("+= self.data", "+= other.data"),
    ],
    "forgets-upstream": [(".data * out.grad", ".data"), ("+= out.grad", "+= 1")],
    "mutates-operand:*": [
        ("        out = Value(self.data * other.data,", "        self.data *= other.data\n" + PUT),
    ],
}


@pytest.mark.parametrize("id", MISTAKES)
def test_engines_made_of_closures_with_their_parents_in_a_set(id):
    text = MICROGRAD
    for old, new in MISTAKES[id]:
        assert old in text
        text = text.replace(old, new)
    names = {"__name__": "student"}
    exec(text, names)
    assert diagnosed(Engine(names["Value"])).ids == (id,)


@pytest.mark.parametrize(
    ("scenario", "id"),
    [("twice", "keeps-gradients"), ("changed leaf", "reads-changed-data"), ("once", "recursion")],
)
def test_what_shows_after_one_backward(scenario, id):
    names = {"__name__": "student"}
    exec(MICROGRAD, names)
    assert diagnosed(Engine(names["Value"]), scenario).ids == (id,)


def test_a_second_backward_that_gives_what_the_first_gave_starts_afresh():
    report = check_engine(engine_with(("if node.parents:", "if True:")).kind, only="backward-twice")
    [finding] = report.findings
    assert report.passed
    assert finding.diagnosis.ids == ("starts-afresh",)
    assert "starts afresh in each backward()" in report.text()


def test_gradients_that_are_not_kept_are_not_compared():
    answer = Answer((1.0,), (None,))
    assert same(answer, Answer((1.0,), (5.0,)))
    assert not same(answer, Answer((2.0,), (5.0,)))
    assert not same(answer, Answer((1.0,), (None,), "RecursionError"))
    assert not same(answer, Answer((1.0, 1.0), ()))
    nan = Answer((math.nan, math.inf), ())
    assert same(nan, nan)
    assert not same(nan, Answer((math.nan, -math.inf), ()))
