"""Plain numbers: which are taken, which are refused and why; and IEEE arithmetic on them."""

from __future__ import annotations

import math
from math import inf, nan
from numbers import Rational, Real

from .operators import Operators

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .rules import Primitive


def plain(x: Any) -> Any:
    """`x` as a plain int, float, complex or Fraction; NumPy scalars are converted.

    Raises TypeError, with the remedy, for what is not a number.
    """
    kind = x.__class__
    if kind is float or kind is int or kind is complex:
        return x
    if isinstance(x, Rational) and kind is not bool:  # a Fraction, or an integer of NumPy's
        return int(x) if x.denominator == 1 and hasattr(x, "__index__") else x
    if isinstance(x, Real) and kind is not bool:  # a float of NumPy's
        return float(x)
    raise TypeError(refusal(x))


def refusal(x: Any) -> str:
    """Why `x` is not a scalar, and what to write instead."""
    kind = type(x).__name__
    if kind in ("bool", "bool_"):
        return f"expected a number, got the bool {x}; write int({x}) or where(condition, 1.0, 0.0)"
    if isinstance(x, str):
        return f"expected a number, got the string {x!r}; write float({x!r})"
    if x is None:
        return "expected a number, got None; is a return missing in the function it came from?"
    if isinstance(x, complex) or kind.startswith("complex"):
        return f"expected a real number, got the complex {x}; its .real and .imag are real"
    if kind == "Decimal":
        return f"expected a number, got the Decimal {x}; write float(x), or Fraction(x) to be exact"
    if isinstance(x, (list, tuple)):
        return f"expected one number, got a {kind} of {len(x)}; write [f(x) for x in xs]"
    if hasattr(x, "tolist"):
        if getattr(x, "shape", None) == ():
            return f"expected a number, got an array ({kind}) of no dimensions; write array.item()"
        return f"expected one number, got an array ({kind}); write [f(x) for x in array.tolist()]"
    if hasattr(x, "partials"):
        return "expected a number, got a Value; write v.data"
    return f"expected a number, got {kind}; a scalar is a Value, an int, a float or a Fraction"


def real_number(x: Any) -> Any:
    """`x` as a plain real number."""
    number = plain(x)
    if number.__class__ is complex:
        raise TypeError(refusal(x))
    return number


class IEEE(Operators):
    """A float whose arithmetic never raises: 1/0 is inf, 0/0 is nan, an overflow is inf.

    The partials run on it at the edges of a domain, where Python's floats would raise.
    """

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        self.data = float(data)

    def __lt__(self, other: Any) -> bool:
        return self.data < float(other)

    def __gt__(self, other: Any) -> bool:
        return self.data > float(other)

    def __float__(self) -> float:
        return self.data

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> IEEE:
        numbers = [float(x) for x in operands]
        if primitive.ieee_forward:
            return IEEE(primitive.ieee_forward(*numbers))
        try:
            return IEEE(primitive.evaluate(numbers))
        except (ValueError, ZeroDivisionError):
            return IEEE(nan)
        except OverflowError:  # of the sign that f has where it is still finite
            nearest = [max(-700.0, min(700.0, x)) for x in numbers]
            try:
                return IEEE(math.copysign(inf, primitive.evaluate(nearest)))
            except (ValueError, ArithmeticError):
                return IEEE(inf)


def ieee_or_exact(primitive: Primitive, numbers: Sequence[Any]) -> Any:
    """f(numbers); in IEEE arithmetic if that raises."""
    try:
        return primitive.evaluate(numbers)
    except (ValueError, ArithmeticError):
        return IEEE.__apply_primitive__(primitive, numbers).data
