"""Trials of mutants: which tests run the lines of one, and whether any of them fails."""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol
from coverage import Coverage
from forks import in_a_process
from mutants import Change, Mutant, change, code_as_it_is, code_of, lines_of_statement, place

ROOT = Path(__file__).resolve().parent.parent
FILES = [
    *(
        f"autograd_mini/{name}.py"
        for name in ("value", "primitives", "rules", "scalars", "backprop", "transforms", "nested")
    ),
    "nn/layers.py",
    "nn/losses.py",
]
SECONDS = 15.0  # of tests, as long as they took when they were recorded, for each mutant
MORE_SECONDS = 60.0  # for one that survives those
PATIENCE = 20.0  # how many times as long a test may take
# Those that say what these files do; the command line, notebooks and pictures are left out.
_OTHERS = ("test_losses", "test_layers", "test_accuracy", "test_docs", "test_expressions")
TESTS = [
    *(
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").glob("*/test_*.py"))
        if path.parent.name == "engine" or path.stem in _OTHERS
    ),
    *FILES,  # their doctests
    "autograd_mini/testing",
]
# a forked process leaves files of its parent open, which is not the fault of a test
PLUGINS_LEFT_OUT = ["cacheprovider", "faulthandler", "unraisableexception"]
PYTEST = ["-q", "--capture=sys", *(x for name in PLUGINS_LEFT_OUT for x in ("-p", f"no:{name}"))]


def enter(root: Path) -> None:
    """Be a process that runs the tests of the repository at `root`."""
    os.environ |= {"CI": "true", "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
    sys.dont_write_bytecode = True
    os.chdir(root)
    sys.path.insert(0, str(root))


# -- what the tests do without a fault ----------------------------------------------------------


class Record(NamedTuple):
    """One run of the tests on the program as it is.

    Attributes:
        code: what the record was made of, as a digest.
        seconds: how much processor time each test took; infinity where it failed. A test that was
            written since is tried on every mutant.
        lines: {file: {line: the tests that ran it}}.
        called: {file: the functions called while it and the others were imported}.
    """

    code: str
    seconds: dict[str, float]
    lines: dict[str, dict[str, list[str]]]
    called: dict[str, list[str]]


def record(file: Path) -> Record:
    """That of the present tests, made anew where they or the code have changed."""
    digest = digest_of("autograd_mini", "nn")
    if file.exists():
        made = Record(**json.loads(file.read_text(encoding="utf-8")))
        if made.code == digest:
            return made

    def run() -> None:
        enter(ROOT)
        recorder = Recorder(digest)
        if pytest.main([*PYTEST, *TESTS], plugins=[recorder]) not in (0, 1):
            raise RuntimeError("the tests could not be run")
        file.write_text(json.dumps(recorder.made()._asdict()))

    in_a_process(run)
    return record(file)


def digest_of(*folders: str) -> str:
    """A digest of all Python files in these folders."""
    digest = hashlib.sha256(f"{sys.version}".encode())
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def processor_time() -> float:
    """Of this process and those it has waited for; what else the machine does is left out."""
    spent = os.times()
    return time.process_time() + spent.children_user + spent.children_system


class Recorder:
    """A plugin of pytest that takes notes."""

    def __init__(self, digest: str) -> None:
        self.digest = digest
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.called: dict[str, set[str]] = defaultdict(set)
        self.files = {str(ROOT / file): file for file in FILES}
        self.coverage = Coverage(data_file=None, config_file=False, include=list(self.files))
        self.coverage.start()
        sys.setprofile(self.note_call)
        for file in FILES:
            importlib.import_module(file.removesuffix(".py").replace("/", "."))
        sys.setprofile(None)

    def note_call(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (file := self.files.get(frame.f_code.co_filename)):
            self.called[file].add(repr(place(frame.f_code)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.coverage.switch_context(item.nodeid)
        started = processor_time()
        ran = yield
        self.seconds[item.nodeid] = processor_time() - started
        return ran

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def made(self) -> Record:
        self.coverage.stop()
        data = self.coverage.get_data()
        seconds = self.seconds | dict.fromkeys(self.failed, math.inf)
        return Record(
            self.digest,
            seconds,
            {
                file: {
                    str(line): [t for t in tests if t]
                    for line, tests in data.contexts_by_lineno(path).items()
                }
                for path, file in self.files.items()
            },
            {file: sorted(places) for file, places in self.called.items()},
        )


# -- with one -----------------------------------------------------------------------------------


class Trial(NamedTuple):
    """A mutant, how to make it, and the tests to try, in order. The mutant None is the program as
    it is, which has to survive."""

    mutant: Mutant | None
    change: Change | None  # None where the file has to be imported anew
    tests: list[str]


def trial(mutant: Mutant, source: str, made: Record, seconds: float) -> Trial:
    """How to try a mutant for so long."""
    path = str(ROOT / mutant.file)
    found = change(code_as_it_is(source, path), code_of(mutant.source, path))
    called = made.called.get(mutant.file, ())
    if found.imported or any(repr(place(code)) in called for code in found.at_fault):
        return Trial(mutant, None, best_first(mutant.file, made.seconds, made, seconds))
    executed = made.lines[mutant.file]
    tests = {
        test
        for line in lines_of_statement(source, mutant.line, mutant.column)
        for test in executed.get(str(line), ())
    }
    return Trial(mutant, found, best_first(mutant.file, tests, made, seconds))


def _file(test: str) -> str:
    return test.partition("::")[0]


def best_first(file: str, tests: Iterable[str], made: Record, seconds: float) -> list[str]:
    """As many tests as the time is enough for: the quickest, and those that are about the file."""
    about = f"/test_{Path(file).stem}.py"
    left, chosen = seconds, []
    for test in sorted(tests, key=lambda t: made.seconds[t] * (0.1 if about in t else 1)):
        left -= made.seconds[test]
        if left < 0:
            break
        chosen.append(test)
    return chosen


def first_failure(items: Sequence[pytest.Item], seconds: dict[str, float]) -> str:
    """The first test that fails, "" if none does."""
    for item, following in zip(items, [*items[1:], None]):
        # the default action of the signal ends the process, whatever it is busy with
        signal.setitimer(signal.ITIMER_PROF, 2 + PATIENCE * seconds.get(item.nodeid, 1.0))
        if any(r.failed for r in runtestprotocol(item, log=False, nextitem=following)):
            return item.nodeid
    return ""


def unrecorded(items: Iterable[str], made: Record) -> list[str]:
    return [t for t in items if t not in made.seconds]


class Loop:
    """A plugin of pytest that runs a function of {node id: test} in place of the tests."""

    def __init__(self, function: Callable[[dict[str, pytest.Item]], None]) -> None:
        self.function = function
        self.started = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        from hypothesis import Phase, settings

        # what fails need not be shrunk
        settings.register_profile(
            "mutation", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate]
        )
        settings.load_profile("mutation")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.started = True
        self.function({item.nodeid: item for item in session.items})
        return True


def imported_anew(tried: Trial, made: Record, copy: Path) -> str:
    """The first test that fails in a copy of the repository with the fault in it."""
    if tried.mutant:
        (copy / tried.mutant.file).write_text(tried.mutant.source, encoding="utf-8")
    enter(copy)
    files = list(dict.fromkeys(map(_file, tried.tests)))
    failed: list[str] = []
    for some in (files[:1], files[1:]):  # most die in the first file

        def run(items: dict[str, pytest.Item], some: list[str] = some) -> None:
            wanted = [items[t] for t in tried.tests if _file(t) in some and t in items]
            missing = [t for t in tried.tests if _file(t) in some and t not in items]
            wanted += [items[t] for t in unrecorded(items, made)]
            failed.append((missing and missing[0]) or first_failure(wanted, made.seconds))

        loop = Loop(run)
        if some:
            signal.setitimer(signal.ITIMER_PROF, 60)  # an import may never end
            pytest.main([*PYTEST, *some], plugins=[loop])
            if not loop.started:
                return f"{some[0]} (collection)"
        if failed[-1:] != [""]:
            return failed[-1]
    return ""


class Swapper:
    """Swaps the code of functions that are in memory."""

    def __init__(self) -> None:
        self.functions: dict[tuple[str, Any], list[FunctionType]] = defaultdict(list)
        for x in gc.get_objects():
            if isinstance(x, FunctionType):
                self.functions[x.__code__.co_filename, place(x.__code__)].append(x)

    def swap(self, codes: Sequence[tuple[CodeType, CodeType]]) -> None:
        for old, new in codes:
            for function in self.functions[old.co_filename, place(old)]:
                function.__code__ = new


def put_to_mypy(mutant: Mutant, folder: Path) -> str:
    """ "mypy" if it finds the fault, else ""."""
    shadow = folder / "shadow.py"
    shadow.write_text(mutant.source, encoding="utf-8")
    return "mypy" if mypy("--shadow-file", mutant.file, str(shadow), mutant.file) else ""


def mypy(*arguments: str) -> int:
    """Its exit status. With a cache it would not look at a shadow, but at what it knows already."""
    command = [sys.executable, "-m", "mypy", "--no-incremental", *arguments]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL).returncode
