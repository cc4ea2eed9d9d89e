"""Testing a course's tests: what they catch, what they let pass, and what cannot be told."""

import json
import multiprocessing

import pytest

from autograd_mini.testing.engines.faulty import BASE, ZOO, source
from autograd_mini.testing.engines.stand_in import Swap, stand_in
from autograd_mini.testing.engines.suites import SuiteError, _Runner, check_tests

ENGINE = '''
import math


class Number:
    """An engine with names of its own."""

    def __init__(self, value, parents=(), label=""):
        self.value, self.gradient, self.label = value, 0.0, label
        self.parents, self.pull = parents, lambda: None

    def __repr__(self):
        return f"Number({self.value})"

    def __add__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        out = Number(self.value + other.value, (self, other))

        def pull():
            self.gradient += out.gradient
            other.gradient += out.gradient

        out.pull = pull
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Number) else Number(other)
        out = Number(self.value * other.value, (self, other))

        def pull():
            self.gradient += other.value * out.gradient
            other.gradient += self.value * out.gradient

        out.pull = pull
        return out

    __radd__, __rmul__ = __add__, __mul__

    def backprop(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.gradient = 1.0
        for node in reversed(order):
            node.pull()


def exp(x):
    out = Number(math.exp(x.value), (x,))

    def pull():
        x.gradient += out.value * out.gradient

    out.pull = pull
    return out
'''
TESTS = """
import course_engine
from course_engine import Number, exp


def test_product():
    a, b = Number(2.0, label="a"), Number(3.0)
    (a * b).backprop()
    assert (a.gradient, b.gradient, a.label) == (3.0, 2.0, "a")


def test_exp():
    x = Number(0.0)
    y = exp(x + x * 2) * 1
    y.backprop()
    assert (y.value, x.gradient) == (1.0, 3.0)
    assert isinstance(y, course_engine.Number)
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "course_engine.py").write_text(ENGINE, encoding="utf-8")
    (tmp_path / "test_course.py").write_text(TESTS, encoding="utf-8")
    return tmp_path


WORDS = ["overwrites", "order-not", "swapped-operands", "keeps", "wrong-value:exp", "tanh"]


def test_faults_caught_and_let_pass(course):
    counted = []
    report = check_tests(
        ["test_course.py"],
        "course_engine.py",
        "Number",
        words=["no-topological-order", *WORDS],
        tell=lambda done, count: counted.append((done, count)),
    )
    caught = {x.fault.id for x in report.tried if x.caught}
    assert caught == {"overwrites-gradient", "order-not-reversed", "swapped-operands:*"}
    passing = {x.fault.id: x for x in report.passing}
    # 2 ** 0 is exp(0), so that the test of exp sees its derivative only
    assert set(passing) == {"no-topological-order", "wrong-value:exp"}
    assert report.left_out == []
    assert report.tests == 2
    by = {x.fault.id: x.by for x in report.tried}
    assert by["swapped-operands:*"] == "test_course.py::test_product"
    assert by["wrong-value:exp"] == ""
    assert counted[-1] == (len(report.tried), len(report.tried))
    faults = json.loads(report.json())["faults"]
    assert [x["caught"] for x in faults] == [x.caught for x in report.tried]
    assert "course" not in passing["wrong-value:exp"].program
    assert passing["wrong-value:exp"].program.startswith("a = Number(")
    assert ".backprop()" not in passing["wrong-value:exp"].program  # its number is wrong


def test_tests_that_need_the_very_class_are_left_out(course):
    inside = "\n\ndef test_inside():\n    assert Number(2.0).__add__(1).parents[0].value == 2.0\n"
    (course / "test_course.py").write_text(TESTS + inside, encoding="utf-8")
    report = check_tests(["."], "course_engine.py", "Number", words=["order-not-reversed"])
    assert report.left_out == ["test_course.py::test_inside"]
    assert [x.caught for x in report.tried] == [True]


@pytest.mark.parametrize(
    ("change", "name", "message"),
    [
        (("(3.0, 2.0", "(4.0, 2.0"), "Number", "does not pass with the engine as it is: test_c"),
        (("", ""), "Missing", "import no class Missing"),
        (("def test_", "def tast_"), "Number", "does not pass with the engine as it is: no tests"),
    ],
)
def test_suites_that_cannot_be_tested(course, change, name, message):
    (course / "test_course.py").write_text(TESTS.replace(*change), encoding="utf-8")
    with pytest.raises(SuiteError, match=message):
        check_tests(["."], "course_engine.py", name)


def test_a_run_without_an_end_is_stopped(course):
    forever = "import threading\n\n\ndef test_wait():\n    threading.Event().wait()\n"
    (course / "test_course.py").write_text(forever, encoding="utf-8")
    outcome = _Runner(("test_course.py",), 0.5).run(Swap("course_engine.py", "Number", ""))
    assert outcome.status == -1
    assert not multiprocessing.active_children()


def classes():
    names = {"__name__": "course_engine"}
    exec(ENGINE, names)
    return names["Number"]


def test_stand_in_is_as_the_class_outside_and_as_the_text_inside():
    real = classes()
    kind = stand_in(real, BASE)
    assert issubclass(kind, real)
    assert kind.__name__ == "Number"
    x = kind(3.0, label="x")
    assert (repr(x), x.label, x.gradient) == ("Number(3.0)", "x", 0.0)
    y = 2 * x * x + x
    y.backprop()
    assert (y.value, x.gradient) == (21.0, 13.0)


@pytest.mark.parametrize("fault", ZOO, ids=[f"{i}-{fault.id}" for i, fault in enumerate(ZOO)])
def test_every_fault_can_stand_in(fault):
    x = stand_in(classes(), source(fault))(3.0)
    assert x.value == 3.0


def test_stand_in_for_a_class_that_compares_by_number():
    class Compared(classes()):
        def __eq__(self, other):
            return self.value == other.value

    x = stand_in(Compared, BASE)(3.0)
    (x + x).backprop()
    assert x.gradient == 2.0
    assert x == stand_in(Compared, BASE)(3.0)


def test_command_line(course, capsys):
    from autograd_mini.cli import main

    where = ["test_course.py", "--engine", "course_engine.py:Number"]
    assert main(["check-tests", *where, "--only", "order-not"]) == 0
    assert "1 of 1 faults caught by 2 tests" in capsys.readouterr().out
    assert main(["check-tests", *where, "--only", "wrong-value:exp"]) == 1
    out = capsys.readouterr().out
    assert "PASSES" in out
    assert "    a = Number(0.5)\n    b = exp(a)\n    print(b.value)" in out
    assert main(["check-tests", *where, "--only", "wrong-value:exp", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["faults"][0]["id"] == "wrong-value:exp"
    assert main(["check-tests", "test_course.py", "--engine", "course_engine.py"]) == 2
    assert "import no class Value" in capsys.readouterr().err
    assert main(["check-tests", "test_course.py", "--engine", "course_engine.py:4"]) == 2
    assert "expected FILE.py:NAME" in capsys.readouterr().err
