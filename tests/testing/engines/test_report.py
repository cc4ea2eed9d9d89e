"""What a report says, and the forms it is written in."""

import json
import math
import xml.etree.ElementTree as ET

import pytest
from strangers import ACCUMULATES, BASE, engine, text

from autograd_mini.primitives import add, fsum, multiply, power, tanh
from autograd_mini.testing import Expression, check_engine
from autograd_mini.testing.engines.failure import Failure
from autograd_mini.testing.engines.judging import Difference, Judge
from autograd_mini.testing.engines.page import page
from autograd_mini.testing.engines.questions import Answer, Question
from autograd_mini.testing.engines.writers import gradescope, junit

ONLY = ["one-operation", "operand-twice", "sum", "comparisons"]


@pytest.fixture(scope="module")
def wrong():
    return check_engine(engine(text(ACCUMULATES)), only=ONLY, examples=0)


@pytest.fixture(scope="module")
def right():
    return check_engine(engine(BASE), only=ONLY, examples=0)


def test_the_text_has_every_verdict_and_the_smallest_program(wrong):
    lines = wrong.text().splitlines()
    assert lines[0] == "Value fails: 1 of 3 requirements are met"
    assert lines[2] == "  ok       one-operation  one operation: a + b, a * b, -a"
    assert lines[3] == "  FAILS    operand-twice  the gradient of a is 1.0, where 2.0 is right"
    assert lines[4] == "  FAILS    sum            the gradient of a is 1.0, where 2.0 is right"
    assert lines[6] == "  Good engines differ in these, which do not count:"
    assert lines[8].startswith("  differs  comparisons    a < b raises TypeError")
    assert lines[10:17] == [
        "The smallest program that fails (operand-twice):",
        "",
        "    a = Value(3.0)",
        "    b = a + a",
        "    b.backward()",
        "    print(a.grad)  # 2.0 is right",
        "",
    ]
    assert lines[17] == "The gradient of a is 1.0, where 2.0 is right."
    assert str(wrong) == wrong.text()


def test_an_operation_that_is_missing_is_not_counted():
    bare = engine(BASE.replace("def __pow__", "def _power"))
    report = check_engine(bare, only=["one-operation", "powers"], examples=0)
    assert report.verdicts[1].status == "missing"
    assert report.text().startswith("Value passes: 1 of 1 requirements are met")


def test_json_has_the_same_names_as_the_report(wrong):
    data = json.loads(wrong.json())
    assert data["schema"] == 1
    assert data["passed"] is False
    assert data["diagnosis"] == "overwrites-gradient" == wrong.diagnosis
    assert [v["requirement"] for v in data["verdicts"]] == [v.id for v in wrong.verdicts]
    assert data["failures"][0] == data["verdicts"][1]
    assert data["failures"][0] == {
        "requirement": "operand-twice",
        "sentence": "one operand twice: a + a, a * a",
        "required": True,
        "status": "fails",
        "text": "the gradient of a is 1.0, where 2.0 is right",
        "programs": 8,
        "program": "a = Value(3.0)\nb = a + a\nb.backward()\nprint(a.grad)  # 2.0 is right",
        "operations": 1,
        "scenario": "once",
        "expected": 2.0,
        "got": 1.0,
        "problem": None,
        "diagnosis": ["overwrites-gradient"],
        "reason": data["failures"][0]["reason"],
        "section": "01_step_through_backprop: Where several paths meet",
    }
    assert data["findings"][0]["problem"] == "TypeError"


def test_numbers_that_json_does_not_have_are_text():
    report = check_engine(engine(text(("a + b, lambda", "a + b + math.inf, lambda"))),
                          only="numbers", examples=0)  # fmt: skip
    assert json.loads(report.json())["failures"][0]["got"] == "inf"
    assert "Infinity" not in report.json()


def test_junit_has_a_case_for_each_requirement(wrong, right):
    root = ET.fromstring(junit([wrong, right]))
    first, second = root.findall("testsuite")
    assert (first.get("tests"), first.get("failures")) == ("3", "2")
    assert second.get("failures") == "0"
    failed = [case.get("name") for case in first if case.find("failure") is not None]
    assert failed == ["operand-twice", "sum"]
    assert "b = a + a" in first.findtext("testcase/failure")


def test_gradescope_gives_a_point_for_each_requirement(wrong, right):
    tests = json.loads(gradescope([wrong]))["tests"]
    assert [x["score"] for x in tests] == [1, 0, 0]
    assert {x["max_score"] for x in tests} == {1}
    assert tests[1]["status"] == "failed"
    assert "print(a.grad)" in tests[1]["output"]
    assert {x["score"] for x in json.loads(gradescope([right]))["tests"]} == {1}


def test_what_is_expected_to_fail_does_not_count(wrong, right):
    expecting = wrong._replace(expected=("operand-twice", "sum"))
    assert expecting.passed
    assert "  xfail    operand-twice" in expecting.text()
    assert not wrong._replace(expected=("sum",)).passed
    surprised = right._replace(expected=("sum",))
    assert "sum was expected to fail, and passes." in surprised.text()
    assert surprised.passed


def test_a_notebook_shows_the_report_and_the_page_has_the_stepper(wrong):
    shown = wrong._repr_html_()
    assert "<script" not in shown
    assert "<pre>a = Value(3.0)\nb = a + a" in shown
    whole = page([wrong])
    assert "autograd-stepper" in whole
    assert '<span class="wrong">1.0</span> wrong: 2.0 is right' in whole
    assert "http://" not in whole.replace("http://www.w3.org", "")


def test_what_an_engine_says_is_escaped():
    raising = "raise ValueError('<script>alert(1)</script> & ]]>')"
    source = text(("    def __add__(self, other):\n", f"    def __add__(self, other):\n"
                   f"        {raising}\n"))  # fmt: skip
    report = check_engine(engine(source), only="one-operation", examples=0)
    assert "<script>alert" not in page([report])
    assert "<script>alert" in ET.fromstring(junit([report])).find(".//failure").get("message")


# -- one failure --------------------------------------------------------------------------------


def failure(program, scenario="once", place=0, answer=None, **changes):
    question = Question(program, scenario)
    difference = Difference("gradient", place, 4.0, 1.0)._replace(**changes)
    return Failure(question, answer or Answer(), difference, Judge().right(question))


def test_code_is_written_with_the_names_of_the_engine():
    program = Expression([0.5, -2.0], [(tanh, (0,)), (power, (2, -1.0)), (fsum, (3, 1, 3))])
    spelled = {"make": "Scalar({})", "gradient": "{}.g", "backward": "{}.back()",
               "tanh": "tanh({}{})"}  # fmt: skip
    assert failure(program, place=1).code(spelled, "from mine import Scalar") == (
        "from mine import Scalar\n\na = Scalar(0.5)\nb = Scalar(-2.0)\nc = tanh(a)\n"
        "d = c ** (-1)\ne = sum([d, b, d])\ne.back()\nprint(b.g)  # 4.0 is right"
    )


@pytest.mark.parametrize(
    ("scenario", "line"),
    [
        ("twice", "c.backward()\nc.backward()"),
        ("again", "c.backward()\nc = a * b\nc.backward()"),
        ("zeroed", "c.backward()\n# every gradient is set to 0\nc = a * b\nc.backward()"),
        ("changed leaf", "a.data += 1\nc.backward()"),
    ],
)
def test_code_says_what_is_done_with_the_program(scenario, line):
    program = Expression([3.0, 2.0], [(multiply, (0, 1))])
    assert line in failure(program, scenario).code({}, "")


def test_a_long_chain_is_written_as_a_loop():
    program = Expression([1.0, 1.0], [(add, (i + 1 if i else 0, 1)) for i in range(500)])
    code = failure(program).code({}, "")
    assert code.splitlines()[2:6] == [
        "c = a + b",
        "for _ in range(499):",
        "    c = c + b",
        "c.backward()",
    ]


def test_the_first_wrong_gradient_of_the_backward_pass_is_told():
    program = Expression([3.0, 2.0], [(multiply, (0, 1)), (add, (2, 2))])
    answer = Answer((3.0, 2.0, 6.0, 12.0), (2.0, 3.0, 1.0, 1.0))
    question = Question(program)
    found = Judge().difference(question, answer)
    assert (found.what, found.place, found.expected, found.got, found.first) == (
        "gradient", 0, 4.0, 2.0, 2,
    )  # fmt: skip
    told = Failure(question, answer, found, Judge().right(question))
    assert told.first() == (
        "In the backward pass, c is the first with a wrong gradient: 1.0, where 2.0 is right."
    )
    keeps_none = Answer(answer.data, (2.0, 3.0, None, None))
    assert Judge().difference(question, keeps_none).first is None


def test_a_missing_gradient_is_wrong_unless_it_is_zero():
    question = Question(Expression([3.0, 2.0], [(multiply, (0, 1))]))
    assert Judge().difference(question, Answer((3.0, 2.0, 6.0), (None, 3.0, 1.0))).got is None
    unused = Question(Expression([3.0, 2.0], [(add, (0, 0))]))
    assert Judge().difference(unused, Answer((3.0, 2.0, 6.0), (2.0, None, 1.0))) is None
    assert math.isnan(Difference("problem", 0).expected)
