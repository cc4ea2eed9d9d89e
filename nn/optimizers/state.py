"""Checks of numbers out of a file: each error names the entry that is wrong."""

from __future__ import annotations

import reprlib
import sys
from typing import Any

LARGEST = sys.float_info.max


def like(present: Any, found: Any, name: str) -> Any:
    """The entry that was found, checked to be of the kind of the present one.

    >>> like((0.9, 0.999), [0.5, 0.5], "betas")
    (0.5, 0.5)
    """
    if isinstance(present, (bool, str)):
        if type(found) is not type(present):
            kind = type(present).__name__
            raise ValueError(f"{name} is {reprlib.repr(found)}, expected a {kind}")
        return found
    if isinstance(present, tuple):
        return tuple(check_numbers(found, name))
    if present is None or isinstance(present, list):
        return None if found is None else check_numbers(found, name)
    return check_number(found, name)


def check_numbers(found: Any, name: str) -> list[float]:
    if not isinstance(found, (list, tuple)):
        raise ValueError(f"{name} is {reprlib.repr(found)}, expected a list of numbers")
    return [check_number(x, f"{name}[{i}]") for i, x in enumerate(found)]


def check_number(found: Any, name: str) -> float:
    plain = isinstance(found, (int, float)) and not isinstance(found, bool)
    if not plain or not abs(found) <= LARGEST:
        raise ValueError(f"{name} is {reprlib.repr(found)}, expected a finite number")
    return found  # type: ignore[no-any-return]
