"""check_engine: how long a right engine takes, which no fault ends early, and two others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import micrograd.engine

from autograd_mini import Value
from autograd_mini.testing import check_engine

from . import microgpt
from .side_by_side import Row, alone

if TYPE_CHECKING:
    from collections.abc import Callable


def engine(what: str, scalar: Any, rounds: int) -> list[Row]:
    """Every round runs the same programs: they are drawn from a seed."""
    return [alone(f"check_engine of {what}", lambda: check_engine(scalar), rounds)]


def rows(quick: bool) -> dict[str, Callable[[], list[Row]]]:
    rounds = 3 if quick else 9
    return {
        "ours": partial(engine, "our Value", Value, rounds),
        "microgpt": partial(engine, "microgpt's", microgpt.Value, rounds),
        "micrograd": partial(engine, "micrograd's", micrograd.engine.Value, rounds),
    }
