"""Testing a course's tests: which faults of the zoo would its test suite let pass?"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...primitives import TABLE
from .adapters import Engine
from .corpus import CHAIN, corpus, repeated
from .evidence import same
from .failure import Failure
from .faulty import BASE, ZOO, Fault, source
from .isolation import can_fork, silence
from .judging import Judge
from .questions import Question, ask
from .stand_in import Swap, put_in_when_loaded
from .zoo_engine import TooLong, ZooEngine

# Operations, and which of their operands are constants; scenarios, without any.
Uses = frozenset[tuple[str, tuple[bool, ...]]]


class SuiteError(ValueError):
    """The suite cannot be tested, for a reason that has nothing to do with faults."""


class Outcome(NamedTuple):
    """What one run of the suite said."""

    status: int = -1  # pytest's exit status, or -1 if there is none: a crash, or no end in time
    passed: Sequence[str] = ()  # tests
    failed: Sequence[str] = ()
    said: str = "it printed nothing"  # the last line
    loaded: Sequence[str] = ()  # modules of other packages that the suite had imported
    uses: Uses | None = None  # what the engine is capable of; None if there is no such engine
    spelled: Mapping[str, str] = {}  # how code for it is written


class Tried(NamedTuple):
    """A fault, and what the suite does with it."""

    fault: Fault
    caught: bool  # whether a test fails
    by: str  # the first that does; "" if the suite does not end, or cannot be loaded
    program: str  # the smallest that shows the fault, as code for the engine


class SuiteReport(NamedTuple):
    """What a suite catches."""

    tests: int  # how many it has
    left_out: list[str]  # tests that look into the engine, so that no other can stand in for it
    tried: list[Tried]

    @property
    def passing(self) -> list[Tried]:
        """The faults that the suite lets pass."""
        return [x for x in self.tried if not x.caught]

    def json(self) -> str:
        """The same for programs."""
        faults = [
            {"id": x.fault.id, "does": x.fault.does, "caught": x.caught, "by": x.by,
             "program": x.program}
            for x in self.tried
        ]  # fmt: skip
        data = {"tests": self.tests, "left_out": self.left_out, "faults": faults}
        return json.dumps(data, indent=2)


def check_tests(
    tests: Sequence[str],
    module: str,
    name: str = "Value",
    *,
    time_limit: float = 60.0,
    words: Sequence[str] = (),
    tell: Callable[[int, int], None] = lambda done, count: None,
) -> SuiteReport:
    """Run a test suite against each fault of the zoo, in the place of the engine it is for.

    Args:
        tests: what pytest is given: folders, files, options.
        module: where the engine is: a file, ending in .py, or a module's name.
        name: of its class.
        time_limit: seconds for one run of the suite.
        words: only faults with one of these in their ids; all if there are none.
        tell: called after each run, with how many are done and how many there are.

    Raises:
        SuiteError: the suite does not pass with the engine as it is, or needs the very class.
    """
    runner = _Runner(tuple(tests), time_limit)
    first = runner.run(Swap(module, name, ""))
    if first.uses is None:
        raise SuiteError(f"the tests import no class {name} of {module}")
    if first.status != 0:
        tests_said = first.failed[0] if first.failed else first.said
        raise SuiteError(f"the suite does not pass with the engine as it is: {tests_said}")
    runner.preload(first.loaded)
    control = runner.run(Swap(module, name, BASE))
    left_out = [test for test in first.passed if test not in control.passed]
    if len(left_out) == len(first.passed):
        raise SuiteError(f"no test passes with another right engine in the place of {name}")
    options = [x for test in left_out for x in ("--deselect", test)]
    chosen = list(_shown(first.uses, words))
    strict = _Runner((*tests, "-x", *options), time_limit)
    tried = []
    outcomes = strict.run_all([Swap(module, name, source(fault)) for fault, _ in chosen])
    for (fault, question), outcome in zip(chosen, outcomes):
        by = outcome.failed[0] if outcome.failed else ""
        tried.append(Tried(fault, outcome.status != 0, by, _code(fault, question, first.spelled)))
        tell(len(tried), len(chosen))
    return SuiteReport(len(first.passed), left_out, tried)


def _shown(uses: Uses, words: Sequence[str]) -> Iterator[tuple[Fault, Question]]:
    """Faults that show in programs of these operations, one of each kind, with the smallest."""
    right = ZooEngine(BASE)
    known: set[tuple[str, str]] = set()
    questions = [x for x in (*corpus(), *repeated()) if _uses(x) <= uses]
    for fault in ZOO:
        if (fault.id, fault.does) in known or not any(word in fault.id for word in words or [""]):
            continue
        engine = ZooEngine(source(fault))
        for question in questions:
            answer = ask(engine, question)
            if answer.problem != TooLong.__name__ and not same(answer, ask(right, question)):
                known.add((fault.id, fault.does))
                yield fault, question
                break


def _uses(question: Question) -> Uses:
    rows = question.program.nodes
    used = {(row.name, tuple(x.__class__ is float for x in operands)) for row, operands in rows}
    return frozenset({*used, (_scenario(question), ())})


def _scenario(question: Question) -> str:
    return "a long chain" if len(question.program.nodes) >= CHAIN else question.scenario


def _code(fault: Fault, question: Question, spelled: Mapping[str, str]) -> str:
    judge, answer = Judge(), ask(ZooEngine(source(fault)), question)
    failure = Failure(question, answer, judge.difference(question, answer), judge.right(question))
    return failure.code(spelled, "")


class _Runner:
    """Runs pytest in processes of their own."""

    def __init__(self, arguments: tuple[str, ...], time_limit: float) -> None:
        self._context: Any = multiprocessing.get_context("fork" if can_fork() else "spawn")
        self._arguments, self._time_limit = arguments, time_limit

    def preload(self, modules: Sequence[str]) -> None:
        """Import what the suite imports of other packages, so that not every fork has to."""
        if self._context.get_start_method() == "fork":
            for module in modules:
                with contextlib.suppress(ImportError):
                    importlib.import_module(module)

    def run(self, swap: Swap) -> Outcome:
        """One run, with something in the place of the engine."""
        return next(self.run_all([swap]))

    def run_all(self, swaps: Sequence[Swap]) -> Iterator[Outcome]:
        """Several runs, two at a time if there are two processors."""
        waiting, running = list(swaps), list[tuple[Any, Any, float]]()
        while waiting or running:
            while waiting and len(running) < min(2, os.cpu_count() or 1):
                running.append(self._start(waiting.pop(0)))
            yield self._outcome(*running.pop(0))

    def _start(self, swap: Swap) -> tuple[Any, Any, float]:
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_run, args=(self._arguments, swap, theirs))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that this process has threads
            process.start()
        theirs.close()
        return process, ours, time.monotonic() + self._time_limit

    def _outcome(self, process: Any, connection: Any, deadline: float) -> Outcome:
        with connection:
            try:
                done = connection.poll(max(0.0, deadline - time.monotonic()))
                outcome: Outcome = connection.recv() if done else Outcome()
            except EOFError:
                outcome = Outcome(said="it crashed")
        process.kill()
        process.join()
        return outcome


def _run(arguments: Sequence[str], swap: Swap, connection: Any) -> None:
    """What the process does: run pytest, and send what came out."""
    silence()
    sys.stdout = sys.stderr = output = io.StringIO()
    import pytest

    before = set(sys.modules)
    sys.path.insert(0, "")
    put_in_when_loaded(swap)
    recorder = _Recorder()
    options = ["-q", "-p", "no:cacheprovider", "--no-header"]
    status = pytest.main([*options, *arguments], plugins=[recorder])
    said = output.getvalue().strip().splitlines() or [Outcome().said]
    loaded = sorted(_of_packages(set(sys.modules) - before))
    outcome = Outcome(int(status), recorder.passed, recorder.failed, said[-1], loaded)
    engine = None if swap.text else _loaded(swap)
    if engine is not None:
        uses = _answered(engine)
        rows = [row for row in TABLE.values() if row.name in {name for name, _ in uses}]
        outcome = outcome._replace(uses=uses, spelled=engine.describe(rows))
    connection.send(outcome)
    os._exit(0)  # without waiting for threads that the tests may have left


class _Recorder:
    """A plugin of pytest that remembers which tests passed and failed."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed.append(report.nodeid)


def _of_packages(modules: set[str]) -> Iterator[str]:
    """The top modules of installed packages."""
    for name in modules:
        place = getattr(sys.modules[name], "__file__", None) or ""
        if "." not in name and "site-packages" in place:
            yield name


def _loaded(swap: Swap) -> Engine | None:
    """The engine, if the tests have imported it."""
    for module in list(sys.modules.values()):
        if swap.is_in(module) and hasattr(module, swap.name):
            return Engine(getattr(module, swap.name), module)
    return None


def _answered(engine: Engine) -> Uses:
    """The operations and scenarios that an engine answers rightly: a fault may show there."""
    right = ZooEngine(BASE)
    alone = [x for x in corpus() if len(x.program.nodes) == 1]
    uses = {use for x in alone if same(ask(engine, x), ask(right, x)) for use in _uses(x)}
    later = [x for x in repeated() if _uses(x) - uses <= {(_scenario(x), ())}]
    wrong = {_scenario(x) for x in later if not same(ask(engine, x), ask(right, x))}
    return frozenset(uses | {(_scenario(x), ()) for x in later if _scenario(x) not in wrong})
