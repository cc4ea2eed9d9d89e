"""Numerical differentiation: the complex step, and extrapolated differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..operators import Operators
from ..rules import Primitive
from ..value import Value


class Numeric(NamedTuple):
    """A derivative found numerically, an estimate of its error, and how it was found."""

    derivative: float
    error: float
    method: str


class ComplexStep(Operators):
    """A complex number in the place of a real one: it refuses abs, comparison and float().

    A function that it can be passed through is analytic, and Im f(x + ih) / h is its derivative.
    """

    __slots__ = ("data",)

    def __init__(self, data: complex) -> None:
        self.data = complex(data)

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> ComplexStep:
        if any(isinstance(x, Value) for x in operands):
            raise TypeError("a complex step does not mix with Values")
        numbers = [x.data if isinstance(x, ComplexStep) else x for x in operands]
        result = primitive.evaluate(numbers)
        if result.__class__ is not complex:  # abs
            raise TypeError("not analytic here")
        return ComplexStep(result)

    def _refuse(self, *_: Any) -> Any:
        raise TypeError("not analytic here")

    __abs__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __float__ = __int__ = _refuse
    __array_ufunc__ = None


STEP = 1e-100
REACHES = (0.02, 1e-4, 1e-6)  # of the differences, for x of about 1


def differentiate(f: Callable[[Any], Any], x: float) -> Numeric:
    """The derivative of a function of one number: by a complex step, else by differences.

    >>> from autograd_mini import exp
    >>> differentiate(exp, 1.0).method
    'complex step'
    >>> differentiate(abs, 1.0)
    Numeric(derivative=1.0, error=0.0, method='extrapolated differences')
    """
    try:
        y = f(ComplexStep(complex(x, STEP)))
        if isinstance(y, ComplexStep) and math.isfinite(y.data.imag):
            return Numeric(y.data.imag / STEP, 0.0, "complex step")
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        pass
    return differences(f, x, REACHES)


def differences(f: Callable[[Any], Any], x: float, reaches: Sequence[float]) -> Numeric:
    """The derivative by differences, for the first reach for which they converge."""
    best = Numeric(math.nan, math.inf, "differences")
    for reach in reaches:  # a kink farther away than this does no harm
        try:
            found = _ridders(lambda t: as_float(f(t)), x, reach)
        except (ValueError, ArithmeticError):  # f is not defined somewhere within this reach
            continue
        if found.error < best.error:
            best = found
        if best.error <= 1e-7 * max(abs(best.derivative), 1.0):
            break
    return best


def compare(
    derivative: float, f: Callable[[Any], Any], x: float, rtol: float, atol: float
) -> tuple[Numeric, float, bool]:
    """A numerical derivative of f at x, the tolerance, and whether `derivative` is within it.

    The differences of a function that oscillates within the first reach can converge to a wrong
    number. So the smaller reaches are tried, too, before a derivative is called wrong.

    >>> from math import sin
    >>> compare(0.0, lambda x: sin(300 * x) / 300, 0.0, 1e-7, 1e-9)[2]
    False
    """

    def judged(numeric: Numeric) -> tuple[Numeric, float, bool]:
        tolerance = rtol * abs(numeric.derivative) + atol + 10 * numeric.error
        error = abs(derivative - numeric.derivative)
        settled = numeric.error <= 1e-3 * max(abs(numeric.derivative), 1.0)
        equal = derivative == numeric.derivative  # both may be infinite
        return numeric, tolerance, settled and (error <= tolerance or equal)

    first = judged(differentiate(f, x))
    if first[2] or first[0].method == "complex step":
        return first
    closer = judged(differences(f, x, REACHES[1:]))
    return closer if closer[2] else first


def _ridders(f: Callable[[float], float], x: float, reach: float) -> Numeric:
    """Central differences at shrinking steps, extrapolated to step 0 (Ridders 1982)."""
    shrink, rows = 1.6, 14
    h = _defined_step(f, x, reach)
    if h == 0.0:
        return Numeric(math.nan, math.inf, "differences")
    best = Numeric(math.nan, math.inf, "extrapolated differences")
    above: list[float] = []
    for i in range(rows):
        step = (x + h) - x  # so that x + step - x is step
        row = [(f(x + step) - f(x - step)) / (2 * step)]
        factor = shrink * shrink
        for j in range(i):
            row.append((row[j] * factor - above[j]) / (factor - 1))
            factor *= shrink * shrink
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - above[j]))
            if error <= best.error:
                best = Numeric(row[-1], error, best.method)
        if i and abs(row[-1] - above[-1]) > 2 * best.error:
            break
        above = row
        h /= shrink
    return best


def _defined_step(f: Callable[[float], float], x: float, reach: float) -> float:
    """The largest of a few steps h for which f(x + h) and f(x - h) exist; 0.0 if there is none."""
    h = reach * max(abs(x), 1.0)
    while h > 1e-12 * max(abs(x), 1.0):
        try:
            if math.isfinite(f(x + h)) and math.isfinite(f(x - h)):
                return h
        except (ValueError, ArithmeticError):
            pass
        h /= 4
    return 0.0


def obstacle(f: Callable[[Any], Any], x: float) -> str:
    """Why f cannot be differentiated near x: a kink or an edge of its domain; "" if it can."""
    scale = max(abs(x), 1.0)
    small, tiny = 1e-4 * scale, 1e-6 * scale
    try:
        middle = as_float(f(x))
        sides = [
            ((as_float(f(x + h)) - middle) / h, (middle - as_float(f(x - h))) / h)
            for h in (small, tiny)
        ]
    except (ValueError, ArithmeticError) as error:
        return f"the edge of the domain is within {small:.0e} ({error})"
    coarse, fine = (abs(right - left) for right, left in sides)
    noise = 1e-13 * max(abs(middle), 1.0) / tiny + 1e-6 * max(map(abs, sides[1]))
    if not fine > noise or fine < coarse / 50:  # for a smooth function it is coarse / 100
        return ""
    right, left = sides[1]
    return (
        f"a kink is within {small:.0e}, the derivative is {left:.6g} on its left and "
        f"{right:.6g} on its right"
    )


def as_float(x: Any) -> float:
    """A number, or the data of a Value, as a float."""
    return float(x.data if isinstance(x, Value) else x)
