"""Checks of arguments: each error names what was expected and what was given."""

from __future__ import annotations

from typing import Any

from autograd_mini import Value


def check_number(x: Any, name: str) -> Any:
    """`x` as a plain number: a float, or the Fraction it is.

    Raises:
        TypeError: it is not a number, such as a bool or a string; says what to write.
        ValueError: it is an int that is too large for a float.

    >>> check_number(1, "lr")
    1.0
    """
    if isinstance(x, Value):
        raise TypeError(f"{name}: expected a plain number, got a Value; write v.data")
    try:
        return Value(x).data
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    except OverflowError:
        raise ValueError(f"{name} is too large for a float") from None


def check_float(x: Any, name: str) -> float:
    return float(check_number(x, name))


def check_size(n: Any, name: str, least: int = 1) -> int:
    """`n` as an int that is at least `least`."""
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"{name} expected a whole number, got {n!r}")
    if n < least:
        raise ValueError(f"{name} expected a whole number of at least {least}, got {n}")
    return int(n)


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
    """Raise a TypeError where a list is given and one number is wanted."""
    if hasattr(x, "__iter__") and getattr(x, "shape", None) != ():
        raise TypeError(f"{name} expected one number, got {type(x).__name__} {x!r:.60}; write x[0]")
