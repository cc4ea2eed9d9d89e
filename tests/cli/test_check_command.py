"""autograd-mini check: engines in files, exit statuses, and the files it writes."""

import json
import signal
import subprocess
import sys

import pytest
from shell import check_refused, command, environment, run_process, tree
from strangers import ACCUMULATES, BASE, adding, text

QUICK = ["--only", "one-operation,operand-twice", "--examples", "1"]


@pytest.fixture
def engines(here):
    (here / "right.py").write_text(BASE)
    (here / "wrong.py").write_text(text(ACCUMULATES))
    return here


def test_a_right_engine_has_status_0_and_a_wrong_one_1(engines, run):
    done = run("check", "right.py:Value", *QUICK)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("right.py:Value passes: 2 of 2 requirements are met\n")
    done = run("check", "wrong.py:Value", *QUICK)
    assert (done.status, done.err) == (1, "")
    assert "    from wrong import Value\n\n    a = Value(3.0)\n    b = a + a\n" in done.out


def test_an_alias_is_the_name_that_programs_use(engines, run):
    (engines / "alias.py").write_text("from wrong import Value as Scalar\n")
    done = run("check", "alias.py:Scalar", *QUICK)
    assert "    from alias import Scalar\n\n    a = Scalar(3.0)\n    b = a + a\n" in done.out


def test_a_module_is_imported(engines, run, monkeypatch):
    done = run("check", "autograd_mini:Value", *QUICK)
    assert done.status == 0


def test_several_engines_give_one_table(engines, run):
    done = run("check", "right.py:Value", "wrong.py:Value", *QUICK)
    assert done.status == 1
    table = [line.split() for line in done.out.splitlines()[:3]]
    assert table[0] == ["engine", "verdict", "met", "first", "failure", "reason"]
    assert table[1][:2] == ["right.py:Value", "passes"]
    assert table[2][:2] == ["wrong.py:Value", "fails"]
    assert table[2][-2:] == ["operand-twice", "overwrites-gradient"]


def test_the_files_it_writes(engines, run):
    before = set(tree(engines))
    done = run("check", "wrong.py:Value", *QUICK, "--html", "r.html", "--junit", "r.xml",
               "--gradescope", "results.json", "--json", "r.json")  # fmt: skip
    assert done.status == 1
    new = {"r.html", "r.xml", "results.json", "r.json"}
    assert {x for x in set(tree(engines)) - before if "pycache" not in x} == new
    assert json.loads((engines / "r.json").read_text())["diagnosis"] == "overwrites-gradient"
    assert "autograd-stepper" in (engines / "r.html").read_text()


@pytest.mark.parametrize("place", ["first", "last"])
def test_json_is_printed_alone(engines, run, place):
    arguments = ["--json", "wrong.py:Value"] if place == "first" else ["wrong.py:Value", "--json"]
    done = run("check", *QUICK, *arguments)
    assert done.status == 1
    assert json.loads(done.out)["failures"][0]["requirement"] == "operand-twice"


def test_expected_failures_are_read_from_a_file(engines, run):
    (engines / "xfail.txt").write_text("# of last year\noperand-twice  # known\n\n")
    assert run("check", "wrong.py:Value", *QUICK, "--xfail", "xfail.txt").status == 0
    done = run("check", "right.py:Value", *QUICK, "--xfail", "xfail.txt")
    assert "operand-twice was expected to fail, and passes." in done.out
    (engines / "xfail.txt").write_text("operand-thrice\n")
    check_refused(run("check", "right.py:Value", "--xfail", "xfail.txt"), "operand-thrice")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["right.py"],
        ["right.py:"],
        ["nowhere.py:Value"],
        ["no_such_module:Value"],
        ["right.py:Value", "--only", "everything"],
        ["right.py:Value", "--examples", "0"],
        ["right.py:Value", "--time-limit", "-1"],
        ["right.py:Value", "wrong.py:Value", "--gradescope", "results.json"],
    ],
)
def test_bad_use_is_one_line_and_status_2(engines, run, arguments):
    check_refused(run("check", *arguments))


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import nothing_of_that_name", "it cannot be imported: ModuleNotFoundError: No module"),
        ("def", "it cannot be imported: SyntaxError: invalid syntax (broken.py, line 1)"),
        ("x = 1", "it cannot be imported: AttributeError: module 'broken' has no attribute"),
        ("Value = 3", "it cannot be imported: TypeError: check_engine expected a class"),
        ("import sys; sys.exit(3)", "it cannot be imported: SystemExit: 3"),
        ("import os; os._exit(3)", "it cannot be imported: exit: exit status 3"),
        ("while True: pass", "importing it does not end"),
    ],
)
def test_a_file_that_cannot_be_imported_fails(engines, run, source, told):
    (engines / "broken.py").write_text(source)
    done = run("check", "broken.py:Value", *QUICK, "--time-limit", "3")
    assert done.status == 1
    assert told in done.out
    assert done.err == ""


def test_nothing_that_an_engine_prints_is_seen(engines):
    (engines / "loud.py").write_text(adding("print('loud')") + "\nprint('imported')\n")
    done = run_process("check", "loud.py:Value", *QUICK, cwd=engines)
    assert done.status == 0
    assert done.err == ""
    assert "such as 'imported'" in done.out


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_ends_it_with_status_130(engines):
    (engines / "slow.py").write_text(adding("open('started', 'w').close()\n        while 1: pass"))
    process = subprocess.Popen(
        command("check", "slow.py:Value", "--time-limit", "100"),
        cwd=engines,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    while not (engines / "started").exists() and process.poll() is None:
        pass
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "autograd-mini: interrupted\n")
