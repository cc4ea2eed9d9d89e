"""What loops over examples are written in: numbers for one example, or for eight at once.

The functions below, and arithmetic, take the lanes of eight examples (vectors.py) as they take
floats, so one and the same loop runs for one example and for eight. Where a loop has to know which,
it is given the `zero` of its numbers.

Without compilation (NUMBA_DISABLE_JIT=1) the functions do the same with rows of NumPy arrays.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

try:
    import numba
except ImportError as error:
    raise ImportError('backend="numba" takes: pip install "autograd-mini[numba]"') from error
from numba.extending import overload, register_jitable

from ..names import FUNCTIONS
from .source import is_extreme
from .vectors import (
    LANES,
    MASK,
    WIDTH,
    as_lanes,
    equal_lanes,
    lane,
    root_of_lanes,
    select,
    sum_of_lanes,
    with_lane,
)

__all__ = [
    *FUNCTIONS, "WIDTH", "block", "empty", "jit", "lanes", "power", "store", "total", "where",
    "width",
]  # fmt: skip


def jit(function: Callable[..., Any]) -> Any:
    """Compiled in IEEE arithmetic, but for the order of sums and a*b + c rounded once; kept beside
    the file that the function is in. Beside an extreme number sums stay in order: with them LLVM
    would change products."""
    numbers = [x for x in function.__code__.co_consts if isinstance(x, float)]
    flags = {"contract"} if any(map(is_extreme, numbers)) else {"contract", "reassoc"}
    is_file = os.path.exists(function.__code__.co_filename)
    return numba.njit(error_model="numpy", fastmath=flags, cache=is_file)(function)


# -- what loops are made of ---------------------------------------------------------------------


def lanes(x: float) -> Any:
    """As many times x as there are lanes."""
    return np.full(WIDTH, x)


def width(zero: Any) -> int:
    """How many examples are computed at once."""
    return int(np.size(zero))


def empty(zero: Any, shape: tuple[int, ...]) -> Any:
    """An array for numbers of this kind."""
    return np.empty((*shape, *np.shape(zero)))


def block(zero: Any, x: Any, first: int) -> Any:
    """The rows of `width` examples from the first on."""
    return np.moveaxis(x[first : first + WIDTH], 0, -1) if np.ndim(zero) else x[first]


def store(rows: Any, first: int, x: Any, zero: Any) -> None:
    """Write the rows of `width` examples."""
    if np.ndim(zero):
        rows[first : first + WIDTH] = np.moveaxis(zero + x, -1, 0)
    else:
        rows[first] = x


def total(x: Any) -> float:
    """The sum over the examples."""
    return np.sum(x)  # type: ignore[no-any-return]


def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b."""
    return np.where(condition, a, b)


def _overload(function: Callable[..., Any]) -> Callable[..., Any]:
    """Numba's overload, which wants no annotations where the implementations have none."""

    def decorate(choose: Callable[..., Any]) -> Callable[..., Any]:
        choose.__annotations__ = {}
        return overload(function)(choose)  # type: ignore[no-any-return]

    return decorate


@_overload(lanes)
def _(x: Any) -> Any:
    return lambda x: equal_lanes(x)


@_overload(width)
def _(zero: Any) -> Any:
    return (lambda zero: WIDTH) if zero == LANES else (lambda zero: 1)


@_overload(empty)
def _(zero: Any, shape: Any) -> Any:
    if zero != LANES:
        return lambda zero, shape: np.empty(shape)

    def of_lanes(zero, shape):  # type: ignore[no-untyped-def]
        count = 1
        for n in shape:
            count *= n
        return as_lanes(np.empty(WIDTH * (count + 1)), shape)

    return of_lanes


@_overload(block)
def _(zero: Any, x: Any, first: Any) -> Any:
    if zero != LANES:
        return lambda zero, x, first: x[first]

    @register_jitable
    def together(x: Any, first: Any) -> Any:
        number = equal_lanes(0.0)
        for i in range(WIDTH):
            number = with_lane(number, i, x[first + i])
        return number

    if x.ndim == 1:
        return lambda zero, x, first: together(x, first)

    def of_lanes(zero, x, first):  # type: ignore[no-untyped-def]
        result = empty(zero, x.shape[1:])
        for index in np.ndindex(x.shape[1:]):
            number = equal_lanes(0.0)
            for i in range(WIDTH):
                at = (first + i, *index)
                number = with_lane(number, i, x[at])
            result[index] = number
        return result

    return of_lanes


@_overload(store)
def _(rows: Any, first: Any, x: Any, zero: Any) -> Any:
    if zero != LANES:

        def of_one(rows, first, x, zero):  # type: ignore[no-untyped-def]
            rows[first] = x

        return of_one
    if not hasattr(x, "ndim"):

        def of_numbers(rows, first, x, zero):  # type: ignore[no-untyped-def]
            for i in range(WIDTH):
                rows[first + i] = lane(zero + x, i)

        return of_numbers

    def of_lanes(rows, first, x, zero):  # type: ignore[no-untyped-def]
        for index in np.ndindex(x.shape):
            for i in range(WIDTH):
                at = (first + i, *index)
                rows[at] = lane(x[index], i)

    return of_lanes


@_overload(total)
def _(x: Any) -> Any:
    return (lambda x: sum_of_lanes(x)) if x == LANES else (lambda x: x)


@_overload(where)
def _(condition: Any, a: Any, b: Any) -> Any:
    if condition == MASK:
        return lambda condition, a, b: select(condition, a, b)
    return lambda condition, a, b: a if condition else b


# -- functions ----------------------------------------------------------------------------------


def _function(of_one: Callable[..., Any], of_rows: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one or two floats, as one of lanes too; of_rows is the same for arrays."""
    is_unary = of_one.__code__.co_argcount == 1
    of_pair = register_jitable(lambda x, y: of_one(x)) if is_unary else of_one

    @register_jitable
    def each(x: Any, y: Any) -> Any:
        x, y = equal_lanes(-0.0) + x, equal_lanes(-0.0) + y  # as lanes: with 0.0, -0.0 were 0.0
        result = x
        for i in range(WIDTH):
            result = with_lane(result, i, of_pair(lane(x, i), lane(y, i)))
        return result

    if is_unary:

        def of_x(x: Any) -> Any:
            return of_rows(x)

        overload(of_x)(lambda x: (lambda x: each(x, x)) if x == LANES else (lambda x: of_one(x)))
        return of_x

    def of_two(x: Any, y: Any) -> Any:
        return of_rows(x, y)

    overload(of_two)(
        lambda x, y: (lambda x, y: each(x, y)) if LANES in (x, y) else (lambda x, y: of_one(x, y))
    )
    return of_two


def _from_numpy(function: Any) -> Callable[..., Any]:
    return _function(register_jitable(lambda x: function(x)), function)


exp, expm1, log, log1p = map(_from_numpy, (np.exp, np.expm1, np.log, np.log1p))
log2, log10, cbrt = map(_from_numpy, (np.log2, np.log10, np.cbrt))
sin, cos, tan, sinh, cosh, tanh = map(
    _from_numpy, (np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh)
)
asin, acos, atan = map(_from_numpy, (np.arcsin, np.arccos, np.arctan))
asinh, acosh, atanh = map(_from_numpy, (np.arcsinh, np.arccosh, np.arctanh))
erf = _function(register_jitable(lambda x: math.erf(x)), np.vectorize(math.erf, otypes=[float]))
erfc = _function(register_jitable(lambda x: math.erfc(x)), np.vectorize(math.erfc, otypes=[float]))
hypot = _function(register_jitable(lambda x, y: math.hypot(x, y)), np.hypot)
atan2 = _function(register_jitable(lambda x, y: math.atan2(x, y)), np.arctan2)
power = _function(register_jitable(lambda x, n: x**n), np.power)


def sqrt(x: Any) -> Any:
    """The square root."""
    return np.sqrt(x)


@_overload(sqrt)
def _(x: Any) -> Any:
    return (lambda x: root_of_lanes(x)) if x == LANES else (lambda x: np.sqrt(x))


@register_jitable
def maximum(a: Any, b: Any) -> Any:
    """The larger one, or a nan among them."""
    return where(a > b, a, where(a != a, a, b))


@register_jitable
def minimum(a: Any, b: Any) -> Any:
    """The smaller one, or a nan among them."""
    return where(a < b, a, where(a != a, a, b))


@register_jitable
def clip(x: Any, low: Any, high: Any) -> Any:
    """x held within [low, high]."""
    return minimum(maximum(x, low), high)


@register_jitable
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow."""
    e = exp(-abs(x))
    return where(x < 0, e, 1.0) / (1.0 + e)


@register_jitable
def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return maximum(x, 0.0) + log1p(exp(-abs(x)))
