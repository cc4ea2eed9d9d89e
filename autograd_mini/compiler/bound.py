"""Functions that give their results in the same arrays each time."""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled import Function


def overwriting(function: Function, n: int) -> Function:
    """The function for n examples, whose calls overwrite the arrays that its first call gave."""
    into = getattr(function, "into", lambda n: None)
    if (filled := into(n)) is not None:
        return filled  # type: ignore[no-any-return]
    kept: Any = None

    def call(*arrays: Any) -> Any:
        nonlocal kept
        results = function(*arrays)
        kept = results if kept is None else _overwritten(kept, results)
        return kept

    return call


def _overwritten(old: Any, new: Any) -> Any:
    """The results, in the arrays of older ones."""
    if new.__class__ is tuple:
        return tuple(map(_overwritten, old, new))
    if new.__class__ is not np.ndarray:  # a loss
        return new
    old[...] = new
    return old
