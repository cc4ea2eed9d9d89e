"""Backends: each makes source of a scalar graph, and a function of arrays of the source."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from ..compiled import Compiled, Function
from ..task import Task
from .lines import Statements

NAMES = ("numpy", "numba", "tape", "jax")


class Backend(Protocol):
    """What the module of a backend has.

    Attributes:
        DTYPES: the names of the kinds of numbers that it computes with.
    """

    DTYPES: tuple[str, ...]

    @staticmethod
    def lower(task: Task) -> Any:
        """What it makes source of: an array program, or a tape.

        It has `blocks`, those of the parameters, and `places`: for each block, where its parameters
        are in the list of all, in the array's shape.
        """

    @staticmethod
    def emit(lowered: Any, name: str) -> tuple[str, dict[str, Any], str]:
        """The source of a function of this name; the constants that it takes besides, by name; and
        the source that runs in place of it, or "" if it runs itself."""

    @staticmethod
    def written(lowered: Any) -> Statements | None:
        """The statements of the source, each with the array that it makes; None for a tape."""

    @staticmethod
    def function(compiled: Compiled, /) -> Function:
        """The function that the source defines: of the inputs, and then the parameters."""


def backend(name: str) -> Any:
    """The module of a backend, a Backend.

    Raises:
        ValueError: there is none of this name.
    """
    if name not in NAMES:
        raise ValueError(f"backend is one of {', '.join(map(repr, NAMES))}, got {name!r}")
    return import_module(f"{__name__}.{name}")
