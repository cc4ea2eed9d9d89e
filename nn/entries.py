"""Checks of the entries of a JSON file: each error names the entry that is wrong."""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

LARGEST = sys.float_info.max


def check_number(found: Any, name: str) -> float:
    plain = isinstance(found, (int, float)) and not isinstance(found, bool)
    if not plain or not abs(found) <= LARGEST:
        raise ValueError(f"{name} is {reprlib.repr(found)}, expected a finite number")
    return found  # type: ignore[no-any-return]


def check_text(found: Any, name: str) -> str:
    if not isinstance(found, str):
        raise ValueError(f"{name} is {reprlib.repr(found)}, expected text")
    return found


def check_list(
    found: Any,
    name: str,
    check: Callable[[Any, str], Any] = check_number,
    length: int | None = None,
) -> list[Any]:
    """Check a list entry by entry; `length` is how many there have to be."""
    if not isinstance(found, (list, tuple)):
        what = "a list of numbers" if check is check_number else "a list"
        raise ValueError(f"{name} is {reprlib.repr(found)}, expected {what}")
    if length is not None and len(found) != length:
        raise ValueError(f"{name} has {len(found)} entries, expected {length}")
    return [check(x, f"{name}[{i}]") for i, x in enumerate(found)]


def check_table(entries: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The entry of that name, which has to be a table."""
    table = entries.get(name)
    if not isinstance(table, dict):
        raise ValueError(f"{name!r} is missing, or not a table of names")
    return table


def check_numbers_in(found: Any, name: str) -> None:
    """Check every number in a nested entry: JSON has no nan and no inf."""
    if isinstance(found, dict):
        for key, part in found.items():
            check_numbers_in(part, f"{name}.{key}" if name else key)
    elif isinstance(found, (list, tuple)):
        check_list(found, name, check_numbers_in)
    elif not isinstance(found, (bool, str, type(None))):
        check_number(found, name)
