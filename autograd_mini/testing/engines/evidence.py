"""An engine's answers, and which engines of the zoo answer so."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from ...primitives import fsum
from ...rules import Primitive
from .faulty import BASE
from .questions import ENDS, Answer, Question, ask
from .zoo_engine import Rule, ZooEngine

Pair = tuple[Question, Answer]
BUILT = {"-", "/", "neg"}  # operations that an engine may build of others
LONG = 1_000  # a program of more operations is about depth


class Suspect(NamedTuple):
    """A faulty engine: what is wrong with it, and how it is made."""

    ids: tuple[str, ...]
    does: str
    text: str
    rules: Mapping[Primitive, Rule]


def is_once(question: Question) -> bool:
    """Whether it is about one backward(), and not about depth."""
    return question.scenario == "once" and len(question.program.nodes) <= LONG


class Evidence:
    """Questions with an engine's answers; those first that a right engine answers otherwise."""

    def __init__(
        self, pairs: Iterable[Pair], tolerance: float, check_time: Callable[[], None]
    ) -> None:
        self.tolerance, self.check_time = tolerance, check_time
        by_size = sorted(pairs, key=lambda pair: len(pair[0].program.nodes))
        differs = [
            answer.problem not in ENDS and not same(answer, _right(question), tolerance)
            for question, answer in by_size
        ]
        self.wrong = [pair for pair, wrong in zip(by_size, differs) if wrong]
        self.all = self.wrong + [pair for pair, wrong in zip(by_size, differs) if not wrong]
        # what - and / and negation are built of does not matter here:
        self.plain = [pair for pair in self.all if not BUILT & names_of(pair[0])]

    def is_of(self, operation: str) -> bool:
        """Whether the operation is in the first programs with a wrong answer; else its fault would
        not show there."""
        names = (names_of(question) for question, _ in self.wrong)
        wrong = itertools.islice((x for x in names if not BUILT & x), 9)
        return all(operation in x for x in wrong)

    def explained_by(self, engine: Suspect, pairs: Sequence[Pair] | None = None) -> int:
        """How many answers are those of an engine of the zoo; 0 if one is not.

        Some answers would take too long to compute. That of the smallest wrong one must not.
        """
        tried, count = _made(engine), 0
        for pair in self.all if pairs is None else pairs:
            verdict = self.agrees(tried, *pair)
            if verdict is False or (verdict is None and not count):
                return 0
            count += bool(verdict)
        return count

    def agreement(self, engine: Suspect, pairs: Sequence[Pair]) -> int:
        """How many answers are those of an engine of the zoo."""
        return sum(bool(self.agrees(_made(engine), *pair)) for pair in pairs)

    def agrees(self, engine: ZooEngine, question: Question, answer: Answer) -> bool | None:
        """Whether an engine of the zoo answers so; None if that is too much to compute."""
        self.check_time()
        if answer.problem in ENDS:
            return None
        some = False
        for predicted in engine.predictions(question):
            if same(answer, predicted, self.tolerance):
                return True
            some = True
        return False if some else None


@lru_cache(maxsize=4096)
def _right(question: Question) -> Answer:
    return ask(made_of(BASE), question)


@cache
def made_of(text: str) -> ZooEngine:
    """The engine that a text defines."""
    return ZooEngine(text)


def _made(engine: Suspect) -> ZooEngine:
    return ZooEngine(engine.text, engine.rules) if engine.rules else made_of(engine.text)


def names_of(question: Question) -> set[str]:
    """The operations of a program; sum() is made of +."""
    return {"+" if row is fsum else row.name for row, _ in question.program.nodes}


def same(a: Answer, b: Answer, tolerance: float = 1e-6) -> bool:
    """Whether two answers are equal, up to rounding; a gradient of None is equal to any number.

    >>> same(Answer((2.0,), (None,)), Answer((2.0,), (1.0,)))
    True
    """
    if a.problem != b.problem or (len(a.data) != len(b.data) and not a.problem):
        return False  # where both raise, one may do so in backward()
    if not all(close(x, y, tolerance) for x, y in zip(a.data, b.data)):
        return False
    gradients = zip(a.gradients, b.gradients)
    return all(x is None or y is None or close(x, y, tolerance) for x, y in gradients)


def close(x: float, y: float, tolerance: float) -> bool:
    near = abs(x - y) <= tolerance * max(1.0, abs(x), abs(y)) and math.isfinite(x - y)
    return near or x == y or (x != x and y != y)
