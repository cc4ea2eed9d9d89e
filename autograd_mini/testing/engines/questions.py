"""What an engine is asked, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..programs import Expression

if TYPE_CHECKING:
    from .adapters import Engine


class Scenario(NamedTuple):
    """What is done with a program."""

    steps: tuple[str, ...]  # see Engine.take, which takes them
    after: str = ""  # how a sentence about its gradients begins

    @property
    def times(self) -> int:
        """How often backward() adds its gradients to those of the leaves."""
        return " ".join(self.steps).rpartition("zero")[2].count("backward")


def _scenario(steps: str, after: str = "") -> Scenario:
    return Scenario(tuple(steps.split()), after)


SCENARIOS = {
    "forward": _scenario("build"),
    "once": _scenario("build backward"),
    "twice": _scenario("build backward backward", "after a second backward() "),
    "again": _scenario(
        "build backward build backward", "after backward() on the same program built again "
    ),
    "zeroed": _scenario("build backward zero build backward", "after zeroing and a second pass "),
    "two roots": _scenario("build earlier backward", "after backward() on both results "),
    "changed leaf": _scenario("build change backward", "with a changed before backward() "),
    "independence": _scenario("build other backward", "after backward() on another graph "),
    "second order": _scenario("build backward differentiate", "differentiated a second time, "),
    "comparisons": _scenario("compare"),
}


class Question(NamedTuple):
    """A program, and what is done with it. The program's fsum is Python's sum() of a list."""

    program: Expression
    scenario: str = "once"  # of SCENARIOS


class Answer(NamedTuple):
    """What came back."""

    # the numbers of the inputs and nodes, in the program's numbering, as far as it got;
    # of comparisons 1.0 or 0.0 for True or False
    data: tuple[float, ...] = ()
    # d result / d each of them; None where the engine keeps none; empty without a backward()
    gradients: tuple[float | None, ...] = ()
    # "", or its kind: the name of an exception; "missing" for an operation that is not there,
    # "not a number", "hang", "exit", "crash"
    problem: str = ""
    message: str = ""  # what the exception said, or what is there instead of a number


# After these an engine is asked nothing more, because it would take too long.
LAST = ("hang", "exit", "crash")
ENDS = (*LAST, "MemoryError")


class Missing(Exception):
    """An engine has no such operation."""


class NotANumber(Exception):
    """An engine's number or gradient is something else."""


def ask(engine: Engine, question: Question) -> Answer:
    """The engine's answer. Whatever its code raises becomes a part of the answer.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl-C.
    """
    data: list[float] = []
    gradients: list[float | None] = []
    problem = message = ""
    try:
        engine.answer(question, data, gradients)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        problem, message = type(error).__name__, said(error)
        if isinstance(error, (Missing, NotImplementedError)):
            problem = "missing"
        if isinstance(error, NotANumber):
            problem = "not a number"
    return Answer(tuple(data), tuple(gradients), problem, message)


def said(x: object, show: Callable[[object], str] = str, length: int = 200) -> str:
    """What a stranger's object says in one line, without addresses, which differ each time."""
    try:
        text = re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(show(x).split()))
    except BaseException:  # a stranger's __str__ may do anything
        return ""
    return text if len(text) <= length else text[: length - 3] + "..."
