"""check_engine: every requirement in order, the smallest program that fails, and why."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ..programs import Expression
from .abilities import Abilities
from .adapters import engine_of
from .diagnosis import Diagnosis, diagnose
from .failure import Failure
from .isolation import Apart, Here, NotLoaded, can_fork
from .judging import Difference, Judge
from .questions import ENDS, LAST, Answer, Question
from .report import EngineReport, Verdict
from .requirements import REQUIREMENTS, Requirement, random_programs
from .shrinking import shrunk

TRIES = 400  # programs that are tried to find a smaller one
SMALL = 200  # operations of a program that is worth making smaller
ROUNDING = 1e-12  # relative errors below it are those of double precision
FEW = 12  # operations of a program that is used to find the reason
PARTS = 15  # of the time limit, for one question; more for a long program
UP = "the time was up"

Pair = tuple[Question, Answer]


class OutOfTime(Exception):
    """The time limit is reached."""


class Settings(NamedTuple):
    """What check_engine() was asked for."""

    only: Collection[str] = ()
    examples: int = 100
    seed: int = 0
    time_limit: float = 30.0


def check_engine(
    Value: Any,
    *,
    adapter: Any = None,
    only: str | Iterable[str] | None = None,
    examples: int = 100,
    seed: int = 0,
    time_limit: float = 30.0,
) -> EngineReport:
    """Check an autodiff engine: programs of its operations, the smallest that fails, and why.

    The engine runs in a process of its own, with limits of time and memory, where the system can
    fork; else in this one, with a limit on its steps. What it prints is swallowed.

    Args:
        Value: a class whose scalars are made of a number, have operators, backward(), .data and
            .grad, as micrograd's; or the function grad of an engine with grad(f)(x).
            PyTorch's tensor and the grad of JAX and of autograd are known.
        adapter: for another engine an object with make(number), backward(root), gradient(leaf); or
            with grad(f). It may have data(scalar), apply(primitive, operands), functions() and
            zero(scalar), too.
        only: ids of requirements, to check these alone.
        examples: how many random programs for each requirement that has them.
        seed: of the random programs.
        time_limit: in seconds. What it leaves no time for is said not to have been run.

    Returns:
        An EngineReport. A notebook shows it.

    Raises:
        ValueError: an id is not one of a requirement.
        TypeError: `Value` cannot be called.
        ImportError: hypothesis is not installed, which draws the random programs.

    >>> from autograd_mini import Value
    >>> check_engine(Value, only=["numbers", "shared-node"]).passed
    True
    """
    engine = engine_of(Value, adapter)
    module = getattr(Value, "__module__", None) or ""
    module = module.partition(".")[0] if engine.is_trusted else module
    imports = "" if module in ("__main__", "builtins") else f"from {module} import {engine.name}"
    settings = Settings(selected(only), examples, seed, time_limit)
    if engine.is_trusted:
        return check(Here(lambda: engine, steps=0), engine.name, imports, settings)
    if can_fork():
        return check(Apart(lambda: engine, time_limit), engine.name, imports, settings)
    report = check(Here(lambda: engine), engine.name, imports, settings)
    note = "It ran in this process, with a limit on its steps, because the system cannot fork."
    return report._replace(notes=(*report.notes, note))


def selected(only: str | Iterable[str] | None) -> tuple[str, ...]:
    """The ids of requirements that are asked for; all if none is.

    Raises:
        ValueError: one is unknown.
    """
    known = tuple(requirement.id for requirement in REQUIREMENTS)
    ids = (only,) if isinstance(only, str) else tuple(only or ())
    for id in ids:
        if id not in known:
            raise ValueError(f"there is no requirement {id!r}; there are {', '.join(known)}")
    return ids or known


def check(
    runner: Apart | Here,
    name: str,
    imports: str,
    settings: Settings,
    tell: Callable[[Verdict], None] = lambda verdict: None,
) -> EngineReport:
    """Check the engine that a runner holds; `tell` is called with each verdict."""
    checking = _Checking(runner, settings)
    try:
        verdicts = []
        for verdict in checking.verdicts():
            tell(verdict)
            verdicts.append(verdict)
        verdicts = checking.diagnosed(verdicts)
        spelled = checking.spelled()
    finally:
        runner.close()
    return EngineReport(name, imports, tuple(verdicts), spelled, tuple(checking.notes()))


class _Checking:
    """One engine being checked."""

    def __init__(self, runner: Apart | Here, settings: Settings) -> None:
        self.runner, self.settings = runner, settings
        self.end = time.monotonic() + settings.time_limit
        self.judge = Judge()
        self.asked: dict[str, list[Pair]] = {}
        self.is_unfinished = False  # whether time ended the search for a reason
        self.has: Abilities | None = None

    def ask(self, question: Question, share: float = 1.0) -> Answer:
        """The engine's answer.

        Raises:
            OutOfTime: there is no time for it.
            NotLoaded: the engine cannot be imported.
        """
        return next(self.answers([question], share))

    def answers(self, questions: Sequence[Question], share: float = 1.0) -> Iterator[Answer]:
        """The answers to questions; the last is one to which there was none."""
        left = seconds = 0.0

        def wait(question: Question) -> float:
            nonlocal left, seconds
            self.check_time()
            size = 1 + len(question.program.nodes) / 5000
            seconds = max(self.settings.time_limit / PARTS * size * share, 0.05)
            left = self.end - time.monotonic()
            return min(seconds, left)

        for answer in self.runner.ask(questions, wait):
            if answer.problem == "hang" and left < seconds:
                raise OutOfTime
            yield answer
            if answer.problem == "MemoryError":
                return

    def check_time(self) -> None:
        if time.monotonic() > self.end:
            raise OutOfTime

    def verdicts(self) -> Iterator[Verdict]:
        first, *others = chosen = [r for r in REQUIREMENTS if r.id in self.settings.only]
        try:
            problem = self._probe()
            status = "fails" if problem else ""
        except NotLoaded as error:
            status, problem = "fails", _not_loaded(*error.args)
        except OutOfTime:
            status, problem = "not run", UP
        if status:
            yield Verdict(first, status, problem)
            yield from (Verdict(requirement, "not run", "not run") for requirement in others)
            return
        for requirement in chosen:
            try:
                yield self._verdict(requirement)
            except OutOfTime:
                yield Verdict(requirement, "not run", UP)
            except NotLoaded as error:
                yield Verdict(requirement, "fails", _not_loaded(*error.args))

    def _probe(self) -> str:
        """Find out what the engine has; returns what keeps it from being asked anything, or ""."""
        question = Question(Expression([0.1], []), "forward")
        number = self.ask(question)
        if number.problem:
            return Failure(question, number).sentence()
        hangs = 0

        def ask(question: Question) -> Answer:
            nonlocal hangs
            if hangs > 2:  # it will hang again, when the operation is required
                return Answer()
            answer = self.ask(question, share=0.25)
            hangs += answer.problem == "hang"
            return answer

        has = Abilities(ask)
        error = abs(number.data[0] - 0.1) / 0.1
        error = max(has.error, error if error < 1e-4 else 0.0)
        if error > ROUNDING:
            self.judge = Judge(epsilon=max(10 * error, 3e-6))
        self.has = has
        return ""

    def _verdict(self, requirement: Requirement) -> Verdict:
        settings, has = self.settings, self.has
        assert has
        programs = list(requirement.programs(has))
        programs += random_programs(requirement, has, settings.examples, settings.seed)
        questions = [Question(p, s) for p in programs for s in requirement.scenarios]
        if requirement.id == "one-operation" and not has.has_arithmetic():
            return Verdict(requirement, "fails", "it has neither a + b nor a * b")
        if not questions:
            return Verdict(requirement, "missing", "the engine has no such operation")
        pairs = self.asked.setdefault(requirement.id, [])
        answer = Answer()
        for question, answer in zip(questions, self.answers(questions)):
            if answer.problem != "missing":
                pairs.append((question, answer))
        if not pairs:
            return Verdict(requirement, "missing", answer.message or "the engine has none")
        suspects = (pair for pair in pairs if self.judge.is_suspect(*pair))
        by_size = sorted(suspects, key=lambda pair: len(pair[0].program.nodes))
        wrong = (pair for pair in by_size if self._difference(requirement, *pair))
        first = next(wrong, None)
        if first is None:
            return Verdict(requirement, "passes", programs=len(pairs))
        failure = self._smallest(requirement, *first)
        status = "fails" if requirement.is_required else "differs"
        return Verdict(requirement, status, failure.sentence(), failure, len(pairs))

    def _difference(
        self, requirement: Requirement, question: Question, answer: Answer
    ) -> Difference | None:
        return self.judge.difference(question, answer, is_kink=requirement.id == "kinks")

    def _smallest(self, requirement: Requirement, question: Question, answer: Answer) -> Failure:
        """The failure of a smaller program, if this one is worth it."""
        tries = TRIES

        def fails(tried: Question) -> bool:
            nonlocal tries, answer
            tries -= 1
            if tries < 0:
                return False
            new = self.ask(tried)
            if new.problem in (*LAST, "missing") or not self._difference(requirement, tried, new):
                return False
            answer = new
            return True

        is_plain = requirement.is_required and 1 < len(question.program.nodes) <= SMALL
        if is_plain and answer.problem not in ENDS:
            question = shrunk(question, fails)
        difference = self._difference(requirement, question, answer)
        return Failure(question, answer, difference, self.judge.right(question))

    def diagnosed(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """The verdicts with the reasons for what is wrong: one for all that is required; without
        failures, one for each finding that may have one."""
        failed = [(v.failure.question, v.failure.answer) for v in verdicts
                  if v.failure and v.status == "fails"]  # fmt: skip
        required = [r.id for r in REQUIREMENTS if r.is_required]
        pairs = [pair for id in required for pair in self.asked.get(id, ())]
        pairs = [pair for pair in pairs if pair[0].scenario == "once"] + failed
        pairs = [x for x in pairs if len(x[0].program.nodes) <= FEW and self.judge.right(x[0])]
        reason = self._diagnosis(pairs) if failed else None

        def why(verdict: Verdict) -> Diagnosis | None:
            if verdict.status == "fails" and verdict.failure:
                return reason
            if verdict.status != "differs" or verdict.id not in DIAGNOSED or failed:
                return None
            later = [pair for pair in self.asked[verdict.id] if pair[1].problem not in LAST]
            return self._diagnosis([*later, *pairs[:50]])

        return [verdict._replace(diagnosis=why(verdict)) for verdict in verdicts]

    def _diagnosis(self, pairs: Sequence[Pair]) -> Diagnosis | None:
        def ask(question: Question) -> Answer:
            answer = self.ask(question)
            if answer.problem in ENDS:  # asking more would take too long
                raise OutOfTime
            return answer

        tolerance = max(1e-6, 100 * self.judge.epsilon)
        try:
            probing = len(self.settings.only) == len(REQUIREMENTS)
            return diagnose(pairs, ask, tolerance, self.check_time, probing)
        except OutOfTime:
            self.is_unfinished = True
        except (NotLoaded, ValueError, ArithmeticError):
            pass
        return None

    def spelled(self) -> dict[str, str]:
        if self.has is None:
            return {}
        try:
            return self.runner.describe(list(self.has.kinds), 1.0)
        except NotLoaded:
            return {}

    def notes(self) -> Iterator[str]:
        if self.judge.epsilon > 1e-10:
            digits = int(-math.log10(self.judge.epsilon / 10))
            yield f"Its numbers have about {digits} right digits, and are judged as such."
        if self.is_unfinished:
            yield "The time was over before all known faults were tried; a longer time limit helps."
        if self.has is not None and self.has.missing:
            yield f"It does not have {', '.join(self.has.missing)}."
        if self.runner.printed:
            yield f"It prints while it computes, such as {self.runner.printed[0]!r}."


# findings whose reasons are in the zoo:
DIAGNOSED = ("zeroing", "backward-twice", "two-roots", "changed-leaf", "depth", "independence")


def _not_loaded(problem: str, message: str) -> str:
    told = {"hang": "importing it does not end", "crash": "importing it crashes the interpreter"}
    text = told.get(problem, f"it cannot be imported: {problem}")
    return f"{text}: {message}" if message else text
