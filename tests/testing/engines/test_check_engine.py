"""check_engine: what is right passes, what is wrong is found, in the smallest program."""

import itertools
import sys
import types

import pytest
from strangers import ACCUMULATES, engine, text

from autograd_mini import Value, grad
from autograd_mini.testing import check_engine
from autograd_mini.testing.engines import checking
from autograd_mini.testing.engines.abilities import Abilities
from autograd_mini.testing.engines.faulty import BASE
from autograd_mini.testing.engines.questions import Answer
from autograd_mini.testing.engines.requirements import REQUIREMENTS

RIGHT = engine(BASE)


def check(source, only, **options):
    return check_engine(engine(source), only=only, examples=5, **options)


def verdict(report, id):
    return next(v for v in report.verdicts if v.id == id)


# -- right engines ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Value, RIGHT])
def test_a_right_engine_passes(kind):
    report = check_engine(kind, examples=20)
    assert report.passed
    assert report.failures == []
    assert report.diagnosis is None
    assert {v.status for v in report.verdicts if v.is_required} == {"passes"}


def test_micrograd_passes_and_what_is_special_about_it_is_told():
    kind = pytest.importorskip("micrograd.engine").Value
    report = check_engine(kind, examples=20)
    assert report.passed
    told = {v.id for v in report.findings}
    assert told == {"kinks", "backward-twice", "two-roots", "changed-leaf", "depth", "comparisons"}
    assert verdict(report, "backward-twice").diagnosis.ids == ("keeps-gradients",)
    assert "2 ** a" in report.notes[0]


def test_a_function_that_differentiates_is_an_engine():
    report = check_engine(grad, examples=5)
    assert report.passed
    assert verdict(report, "zeroing").status == "missing"
    assert verdict(report, "second-order").status == "passes"


def test_two_checks_give_the_same_report():
    first, second = (
        check_engine(engine(text(ACCUMULATES)), examples=3, time_limit=300) for _ in range(2)
    )
    assert first.text() == second.text()
    assert first.json() == second.json()


def test_the_seed_draws_other_programs(monkeypatch):
    from autograd_mini.testing.engines import requirements

    has = Abilities(lambda question: Answer())
    (deep,) = (r for r in REQUIREMENTS if r.id == "deep-and-wide")
    drawn = [[repr(p) for p in requirements.random_programs(deep, has, 10, s)] for s in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


# -- wrong engines ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "only", "sentence", "operations"),
    [
        (ACCUMULATES, "operand-twice", "the gradient of a is 1.0, where 2.0 is right", 1),
        (("a + b, lambda", "a - b, lambda"), "numbers", "a + b is 1.0, where 5.0 is right", 1),
        (("(b, a))", "(a, b))"), "one-operation", "the gradient of a is 3.0, where 2.0", 1),
        (("parent.grad += partial * node", "parent.grad += 0 * node"), "one-operation",
            "the gradient of a is 0.0, where 1.0 is right", 1),
        (("parent.grad += partial * node.grad", "parent.grad += partial"), "chain",
            "the gradient of a is ", 2),
        (("return wrap(other) - self", "return self - other"), "constants",
            "2 - a is 1.0, where -1.0 is right", 1),
        (("n * a ** (n - 1)", "a ** (n - 1)"), "powers", "the gradient of a is 3.0, where 6.0", 1),
        (("(1 - y * y,)", "(1 - y,)"), "activations", "the gradient of a is ", 1),
        (("return order[::-1]", "return order"), "chain", "the gradient of ", 2),
        (("return self + other", "return self * other"), "sum", "sum([a]) is 0.0, where 3.0", 1),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_in_the_smallest_program(changes, only, sentence, operations):
    report = check(text(changes), only)
    assert not report.passed
    (failure,) = report.failures
    assert failure.text.startswith(sentence), failure.text
    assert len(failure.failure.question.program.nodes) == operations
    assert len(failure.failure.question.program.inputs) <= 3


def test_the_order_of_the_backward_pass_is_a_requirement():
    recursive = "def backward(self, upstream=1.0):\n        self.grad += upstream\n"
    recursive += "        for parent, d in zip(self.parents, self.partials()):\n"
    recursive += "            parent.backward(d * self.grad)\n        return\n"
    report = check(text(("def backward(self):\n", recursive)), ["operand-twice", "shared-node"])
    assert [v.status for v in report.verdicts] == ["passes", "fails"]
    assert report.diagnosis == "no-topological-order"
    failure = report.failures[0].failure
    assert len(failure.question.program.nodes) == 2


def test_equal_numbers_in_two_leaves_are_two_leaves():
    merges = text(
        ("    def backward(self):", "    def __eq__(self, other):\n        return self.data == "
         "other.data\n\n    def __hash__(self):\n        return hash(self.data)\n\n"
         "    def backward(self):"),
    )  # fmt: skip
    report = check(merges, ["one-operation", "shared-node", "comparisons"])
    assert not report.passed


def test_a_reason_is_given_and_the_notebook_that_explains_it():
    report = check(text(ACCUMULATES), ["operand-twice", "shared-node"])
    assert report.diagnosis == "overwrites-gradient"
    assert "exactly as one that overwrites .grad instead of adding to it" in report.text()
    assert "Notebook 01 explains it: Where several paths meet." in report.text()


def test_a_fault_that_nobody_knows_is_said_to_be_unknown():
    count = "import math\n\nCALLS = []\n"  # each backward() gives something else
    odd = text(("import math\n", count), (ACCUMULATES[0], f"{ACCUMULATES[0]} * len(CALLS) % 5\n"
               "        CALLS.append(1)"))  # fmt: skip
    report = check(odd, "one-operation")
    assert report.diagnosis is None
    assert "No known fault was found to explain its answers." in report.text()


@pytest.mark.parametrize(
    ("old", "told"),
    [
        ("    def __rsub__(self, other):\n        return wrap(other) - self\n", "2 - a"),
        ("    def __neg__(self):\n", "-a"),
        ("    def __radd__(self, other):\n        return self + other\n", "2 + a, sum()"),
    ],
)
def test_what_an_engine_does_not_have_is_missing_and_not_wrong(old, told):
    changes = (old, "    def unused(self):\n" if old.endswith("(self):\n") else "")
    report = check(text(changes), ["numbers", "one-operation", "constants", "sum"])
    assert report.passed
    assert report.notes == (f"It does not have {told}.",)


def test_an_engine_without_sums_and_products_fails():
    source = "class Value:\n    def __init__(self, data):\n        self.data, self.grad = data, 0\n"
    report = check(source + "    def backward(self):\n        self.grad = 1\n", "one-operation")
    assert not report.passed
    assert report.failures[0].text == "it has neither a + b nor a * b"


def test_an_operation_that_raises_is_wrong():
    report = check(text(("lambda a, b: a * b,", "lambda a, b: a * c,")), "one-operation")
    assert report.failures[0].text == "c = a * b raises NameError: name 'c' is not defined"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("class Value:\n    def __init__(self, a, b): pass", "raises TypeError: Value.__init__()"),
        ("class Value:\n    def __init__(self, data): pass", "raises AttributeError: Value has no"),
        ("class Value:\n    def __init__(self, x): self.data = str(x)",
            "does not give a number: input 0 is a str, '0.1'"),
        ("class Value:\n    def __init__(self, x): self.data = None",
            "input 0 has the number None"),
    ],
)  # fmt: skip
def test_a_class_that_is_not_an_engine_fails_and_the_rest_is_not_run(source, sentence):
    report = check(source, ["numbers", "chain"])
    assert [v.status for v in report.verdicts] == ["fails", "not run"]
    assert sentence in report.verdicts[0].text


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("'x'", "c.backward() does not give a number: input 0 is a str, 'x'"),
        ("float('nan')", "the gradient of a is nan, where 1.0 is right"),
        ("object()", "c.backward() does not give a number: input 0 is an object, <object object>"),
    ],
)
def test_gradients_that_are_not_numbers_are_wrong(number, told):
    source = text(("node.grad = 0.0", "pass"), (ACCUMULATES[0], f"parent.grad = {number}"))
    report = check(source.replace("self.grad += 1.0", "self.grad = 1.0"), "one-operation")
    assert report.failures[0].text == told


# -- what is only told --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "only", "sentence"),
    [
        (("float(y > 0)", "float(y >= 0)"), "kinks", "the gradient of a is 1.0, where 0.0"),
        (("                node.grad = 0.0", "                pass"), "backward-twice",
            "after a second backward() the gradient of a is 42.0, where 24.0 is right"),
        (("partials = lambda: now", "partials = lambda: partials(*map(number, operands), "
          "node.data)"), "changed-leaf", "with a changed before backward()"),
    ],
)  # fmt: skip
def test_conventions_are_told_and_do_not_count(changes, only, sentence):
    report = check(text(changes), only)
    assert report.passed
    assert report.findings[0].text.startswith(sentence), report.findings[0].text


def test_large_and_small_numbers_are_told():
    quotient = "lambda a: (math.exp(2 * a) - 1) / (math.exp(2 * a) + 1)"
    report = check(text(('"tanh", (self,), math.tanh', f'"tanh", (self,), {quotient}')),
                   ["activations", "large-and-small"])  # fmt: skip
    assert report.passed
    assert report.findings[0].text == "b = tanh(a) raises OverflowError: math range error"
    clamped = check(text(('"log", (self,), math.log, lambda a, y: (1 / a,)',
                          '"log", (self,), lambda a: math.log(max(a, 1e-8)), '
                          'lambda a, y: (1 / max(a, 1e-8),)')), "large-and-small")  # fmt: skip
    assert clamped.findings[0].text.startswith("log(a) is -18.42068074, where -20.72326584")


def test_a_derivative_of_tanh_that_is_wrong_at_403_alone_is_told():
    # as of a quotient of exponentials whose square underflows
    report = check(text(("(1 - y * y,)", "(1 - y * y if a < 401 else 1.0,)")),
                   ["activations", "large-and-small"])  # fmt: skip
    assert report.passed
    assert report.findings[0].text == "the gradient of a is 1.0, where 0.0 is right"
    assert report.findings[0].failure.question.program.inputs == (403.0,)


def test_an_engine_of_fewer_digits_is_judged_by_its_own_precision():
    single = text(("self.data = data", "import struct\n        self.data = struct.unpack('f', "
                   "struct.pack('f', data))[0]"))  # fmt: skip
    report = check_engine(engine(single), examples=20)
    assert report.passed, report.text()
    assert "Its numbers have about" in report.notes[0]
    epsilon = text(('"log", (self,), math.log,', '"log", (self,), lambda a: math.log(a + 1e-6),'))
    assert check(epsilon, "activations").passed


# -- how it is called ---------------------------------------------------------------------------


def test_an_adapter_talks_to_an_engine_of_another_shape():
    class Adapter:
        make = staticmethod(lambda number: RIGHT(number))
        backward = staticmethod(lambda root: root.backward())
        gradient = staticmethod(lambda leaf: leaf.grad * 2)

    report = check_engine(RIGHT, adapter=Adapter(), only="one-operation")
    assert report.failures[0].text == "the gradient of a is 2.0, where 1.0 is right"


def test_an_unknown_requirement_is_refused():
    with pytest.raises(ValueError, match=r"no requirement 'kink'; there are numbers, one-oper"):
        check_engine(Value, only=["kink"])
    with pytest.raises(TypeError, match="expected a class such as Value, got int"):
        check_engine(3)


def test_names_of_gradients_numbers_and_backward_are_found():
    renamed = BASE.replace(".grad", ".gradient").replace(".data", ".value")
    renamed = renamed.replace("def backward", "def backprop")
    report = check(renamed, ["numbers", "chain", "zeroing"])
    assert report.passed
    wrong = check(renamed.replace("gradient += partial *", "gradient = partial *"), "operand-twice")
    assert "b.backprop()\nprint(a.gradient)  # 2.0 is right" in wrong.json().replace(r"\n", "\n")


def test_functions_may_be_functions_of_the_module():
    source = BASE.replace("    def tanh(self):\n        return made", "    def _t(self):\n"
                          "        return made")  # fmt: skip
    source += "\ndef tanh(x):\n    return x._t()\n"
    module = sys.modules["functions_of_an_engine"] = types.ModuleType("functions_of_an_engine")
    try:
        exec(source.replace("(1 - y * y,)", "(1 - y,)"), module.__dict__)
        report = check_engine(module.Value, only="activations", examples=0)
    finally:
        del sys.modules["functions_of_an_engine"]
    assert "b = tanh(a)" in report.text()


def test_a_search_for_the_reason_that_time_ends_is_said(monkeypatch):
    def ends(*_):
        raise checking.OutOfTime

    monkeypatch.setattr(checking, "diagnose", ends)
    report = check(text(ACCUMULATES), "operand-twice")
    assert report.diagnosis is None
    assert "The time was over before all known faults were tried" in report.text()


def test_the_time_limit_ends_it_and_what_is_left_is_not_run(monkeypatch):
    ticks = itertools.count()
    clock = types.SimpleNamespace(monotonic=lambda: next(ticks) * 0.01)
    monkeypatch.setattr(checking, "time", clock)
    report = check_engine(RIGHT, time_limit=5.0, examples=0)
    assert not report.passed
    statuses = [v.status for v in report.verdicts]
    assert len(statuses) == len(REQUIREMENTS)
    assert statuses == sorted(statuses, key=["passes", "not run"].index)
    assert (statuses[0], statuses[-1]) == ("passes", "not run")
    assert report.verdicts[-1].text == "the time was up"
