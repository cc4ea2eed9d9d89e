"""Checks of arguments and of entries of files: an error says what was expected, and what given.

A wrong type of argument is a TypeError, a wrong value or entry a ValueError.
"""

import random
import reprlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from autograd_mini import Value


def check_number(x: Any, name: str) -> Any:
    """`x` as a plain number: a float, or a Fraction if it is one."""
    if isinstance(x, Value):
        raise TypeError(f"{name}: expected a plain number, got a Value; write v.data")
    try:
        return Value(x).data
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    except OverflowError:
        raise ValueError(f"{name} is too large for a float") from None


def check_float(x: Any, name: str, interval: str = "(-inf, inf)") -> float:
    """`x` as a float in an interval, whose ends belong to it if they are in square brackets.

    >>> check_float(0, "p", "[0, 1)")
    0.0
    """
    number = float(check_number(x, name))
    low, high = map(float, interval[1:-1].split(","))
    ends = {"[": low, "]": high}
    if not (low < number < high or number in (ends.get(interval[0]), ends.get(interval[-1]))):
        raise ValueError(f"{name}: expected a number in {interval}, got {x!r}")
    return number


def check_nonnegative(x: Any, name: str) -> float:
    return check_float(x, name, "[0, inf)")


def check_size(n: Any, name: str, least: int = 1) -> int:
    """`n` as an int that is at least `least`."""
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"{name}: expected a whole number, got {n!r}")
    if n < least:
        raise ValueError(f"{name}: expected a whole number of at least {least}, got {n}")
    return int(n)


def check_rng(rng: Any) -> Any:
    """`rng`, a random.Random; for None the random module, so that random.seed works."""
    if rng is None:
        return random
    if not hasattr(rng, "gauss") or not hasattr(rng, "shuffle"):
        raise TypeError(
            f"rng expected a random.Random or None, got {rng!r}; write random.Random({rng!r})"
        )
    return rng


def check_inputs(x: Any, expected: int, name: str) -> list[Any]:
    """The inputs as a list of Values and floats: lists, tuples, or a row of an array."""
    if hasattr(x, "tolist"):
        x = x.tolist()
    if not hasattr(x, "__iter__") or isinstance(x, (str, dict)):
        raise TypeError(
            f"{name} expected a list of {expected} inputs, got {type(x).__name__} {x!r}"
        )
    inputs = [xi if isinstance(xi, (Value, float)) else Value(xi).data for xi in x]
    if len(inputs) != expected:
        raise ValueError(f"{name} expected {expected} inputs, got {len(inputs)}")
    return inputs


def check_scalar(x: Any, name: str) -> None:
    """Raise a TypeError if `x` is a list and not one number."""
    if hasattr(x, "__iter__") and getattr(x, "shape", None) != ():
        raise TypeError(f"{name} expected one number, got {type(x).__name__} {x!r:.60}; write x[0]")


def expect(right: bool, found: Any, name: str, expected: str) -> Any:
    """The entry of a JSON file, if it is right; else a ValueError that names it."""
    if not right:
        raise ValueError(f"{name} is {reprlib.repr(found)}, expected {expected}")
    return found


def finite(found: Any, name: str) -> Any:
    """The entry, checked to be a finite number."""
    plain = isinstance(found, (int, float)) and not isinstance(found, bool)
    return expect(plain and abs(found) <= sys.float_info.max, found, name, "a finite number")


def text(found: Any, name: str) -> Any:
    """The entry, checked to be text."""
    return expect(isinstance(found, str), found, name, "text")


def list_of(check: Callable[[Any, str], Any], found: Any, name: str, length: int = -1) -> list[Any]:
    """The entry, checked to be a list, each of its members by `check`; -1 is any length."""
    numbers = " of numbers" if check is finite else ""
    expect(isinstance(found, (list, tuple)), found, name, f"a list{numbers}")
    if len(found) != length >= 0:
        raise ValueError(f"{name} has {len(found)} entries, expected {length}")
    return [check(x, f"{name}[{i}]") for i, x in enumerate(found)]


def table_in(entries: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The entry of that name, checked to be a table."""
    table = entries.get(name)
    if not isinstance(table, dict):
        raise ValueError(f"{name!r} is missing, or not a table of names")
    return table


def all_finite(found: Any, name: str = "") -> None:
    """Check every number in a nested entry: JSON has no nan and no inf."""
    if isinstance(found, dict):
        for key, part in found.items():
            all_finite(part, f"{name}.{key}" if name else key)
    elif isinstance(found, (list, tuple)):
        list_of(all_finite, found, name)
    elif not isinstance(found, (bool, str, type(None))):
        finite(found, name)
