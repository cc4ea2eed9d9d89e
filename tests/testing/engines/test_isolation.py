"""A stranger's code is run with care: what goes wrong is a verdict, and the rest is still run."""

import multiprocessing
import os
import subprocess
import sys
import textwrap

import pytest
from strangers import ADD, BASE, adding, engine, text

from autograd_mini.testing import check_engine
from autograd_mini.testing.engines import checking, isolation

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
ONLY = ["one-operation", "constants", "operand-twice"]


def check(source, only="operand-twice", **options):
    return check_engine(engine(source), only=only, examples=0, **options)


@forks
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import os; os._exit(3)", "ends the process of Python, with exit status 3"),
        ("import os; os.kill(os.getpid(), 11)", "crashes the interpreter (SIGSEGV)"),
        ("import sys; sys.exit(4)", "calls sys.exit()"),
        ("raise KeyboardInterrupt", "raises KeyboardInterrupt"),
        ("raise BaseException('no')", "raises BaseException: no"),
        ("return self + other", "raises RecursionError: maximum recursion depth exceeded"),
        ("return 'six'", "does not give a number: the result of + is a str, 'six', not a scalar"),
        ("return 6.0", "the result of + is a float, 6.0, not a scalar of the engine"),
        ("return None", "the result of + is a NoneType, None, not a scalar of the engine"),
    ],
)
def test_an_engine_that_does_more_than_compute(line, told):
    report = check(adding(f"if self.data == 3.0:\n            {line}"))
    assert not report.passed
    assert report.verdicts[0].status == "fails"
    assert told in report.verdicts[0].text


@forks
@pytest.mark.parametrize(
    "loop",
    [
        "while self is other: pass",
        "while self is other:\n            try:\n                while True: len('')\n"
        "            except: pass",
        "import signal\n        for s in (2, 15): signal.signal(s, signal.SIG_IGN)\n"
        "        while self is other: pass",
    ],
)
def test_a_hang_is_the_verdict_on_its_requirement_and_the_others_are_run(loop):
    report = check(adding(loop), ONLY, time_limit=4.0)
    assert [v.status for v in report.verdicts] == ["passes", "passes", "fails"]
    assert report.verdicts[2].text == "b = a + a; b.backward() does not end"


@forks
def test_memory_has_a_limit(monkeypatch):
    monkeypatch.setattr(isolation, "MEMORY", 2**28)
    report = check(adding("x = [bytearray(10**8) for _ in range(100)]"))
    assert report.verdicts[0].text.endswith("needs more memory than it may have")


@forks
def test_what_an_engine_prints_is_swallowed_and_said(capfd):
    report = check(adding("print('adding', 1); import os; os.write(1, b'raw')"))
    assert report.passed
    assert report.notes == ("It prints while it computes, such as 'adding 1'.",)
    assert capfd.readouterr() == ("", "")


@forks
def test_warnings_of_an_engine_are_not_errors():
    assert check(adding("import warnings; warnings.warn('old')")).passed


@forks
def test_messages_have_no_addresses():
    report = check(adding("raise ValueError(object())"))
    assert report.verdicts[0].text == "b = a + a raises ValueError: <object object>"


@forks
def test_an_exception_whose_text_cannot_be_shown_is_still_told():
    odd = "type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()"
    assert check(adding(f"raise {odd}")).verdicts[0].text == "b = a + a raises Odd"


@forks
def test_the_engine_does_not_change_this_process():
    limit = sys.getrecursionlimit()
    check(adding("import sys; sys.setrecursionlimit(5000); sys.path.append('x')"))
    assert sys.getrecursionlimit() == limit
    assert "x" not in sys.path
    assert multiprocessing.active_children() == []


# -- where there is no process ------------------------------------------------------------------


@pytest.fixture
def no_fork(monkeypatch):
    monkeypatch.setattr(checking, "can_fork", lambda: False)
    monkeypatch.setattr(isolation, "STEPS", 20_000)


def test_without_fork_it_runs_here_and_this_is_said(no_fork):
    report = check(BASE)
    assert report.passed
    assert "ran in this process, with a limit on its steps" in report.notes[-1]


@pytest.mark.parametrize(
    "line",
    ["while True: pass", "for _ in iter(int, 1): self.data", "self.forever()"],
)
def test_without_fork_a_limit_on_steps_ends_a_loop(no_fork, line):
    forever = (
        "def forever(self):\n        while True:\n            self.data\n\n    def unused(self):"
    )
    source = adding(line).replace("def unused(self):", forever)
    source = source.replace("    def backward(self):", f"    {forever}\n        pass\n\n"
                            "    def backward(self):")  # fmt: skip
    report = check(source)
    assert report.verdicts[0].text == "b = a + a; b.backward() does not end"
    assert sys.gettrace() is None


@pytest.mark.skipif(not hasattr(sys, "monitoring"), reason="before Python 3.12 such a loop escapes")
def test_without_fork_a_loop_that_swallows_everything_is_ended(no_fork):
    loop = "while True:\n            try:\n                len('')\n            except: pass"
    assert check(adding(loop)).verdicts[0].text == "b = a + a; b.backward() does not end"


def test_without_fork_output_is_swallowed_and_exit_is_a_verdict(no_fork, capsys):
    report = check(adding("print('here'); raise SystemExit(2)"))
    assert report.verdicts[0].text == "b = a + a calls sys.exit()"
    assert "such as 'here'" in report.notes[0]
    assert capsys.readouterr() == ("", "")


# -- importing it -------------------------------------------------------------------------------


def test_a_child_that_is_spawned_imports_the_file_itself(tmp_path):
    (tmp_path / "mine.py").write_text(text(("a + b, lambda", "a - b, lambda")))
    script = """
        import functools, multiprocessing
        from autograd_mini.cli.check import load_engine
        from autograd_mini.testing.engines import checking, isolation
        if __name__ == "__main__":
            isolation.can_fork = lambda: False
            load = functools.partial(load_engine, "mine.py", "Value")
            settings = checking.Settings(("numbers",), 0, 0, 60.0)
            print(checking.check(isolation.Apart(load, 60.0), "mine", "", settings).text())
    """
    (tmp_path / "main.py").write_text(textwrap.dedent(script))
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, timeout=100
    )
    assert "a + b is 1.0, where 5.0 is right" in done.stdout, done.stderr
    assert ADD in BASE
