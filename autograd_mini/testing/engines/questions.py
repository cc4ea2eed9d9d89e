"""What an engine is asked, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..programs import Expression

if TYPE_CHECKING:
    from .adapters import Engine


class Question(NamedTuple):
    """A program, and what is done with it.

    Attributes:
        program: inputs and operations. Its fsum is Python's sum() of a list.
        scenario: "once": the program is built, then backward() is called on its result. Others:
            "forward": backward() is not called.
            "twice": backward() is called a second time.
            "again": after that the program is built a second time from the same leaves, and
                backward() called on this result, too.
            "zeroed": as "again", but all gradients are set to 0 in between.
            "two roots": backward() is called on the last node but one, then on the last.
            "changed leaf": the first input's number is made larger by 1 before backward().
            "independence": the same program is built of leaves of its own, and backward() called
                on that result first.
            "second order": the gradient by the first input is differentiated in turn.
            "comparisons": the answer's data are 1.0 or 0.0: whether the first two inputs are in a
                set apart, whether the first equals itself, whether it is less than the second.
    """

    program: Expression
    scenario: str = "once"


class Answer(NamedTuple):
    """What came back.

    Attributes:
        data: the numbers of the inputs and nodes, in the program's numbering; as far as it got.
        gradients: d result / d each of them; None where the engine keeps none. Empty if backward()
            was not called, or did not end.
        problem: "", or its kind: the name of an exception; "missing" for an operation that is not
            there, "not a number", "hang", "exit", "crash".
        message: what the exception said, or what is there instead of a number.
    """

    data: tuple[float, ...] = ()
    gradients: tuple[float | None, ...] = ()
    problem: str = ""
    message: str = ""


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
    except (Missing, NotImplementedError) as error:
        problem, message = "missing", said(error)
    except NotANumber as error:
        problem, message = "not a number", said(error)
    except BaseException as error:
        problem, message = type(error).__name__, said(error)
    return Answer(tuple(data), tuple(gradients), problem, message)


def said(x: object, show: Callable[[object], str] = str, length: int = 200) -> str:
    """What a stranger's object says in one line, without addresses, which differ each time."""
    try:
        text = re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(show(x).split()))
    except BaseException:  # a stranger's __str__ may do anything
        return ""
    return text if len(text) <= length else text[: length - 3] + "..."
