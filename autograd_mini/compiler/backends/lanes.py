"""What loops over examples are written in: numbers for one example, or for eight at once.

`Lanes` is a number type of Numba's that fills a vector register: the numbers of WIDTH examples,
side by side. Arithmetic, comparisons and the functions below take it as they take floats, so one
and the same loop runs for one example and for eight. Where a loop has to know which, it is given
the `zero` of its numbers.

Without compilation (NUMBA_DISABLE_JIT=1) the functions do the same with rows of NumPy arrays.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable
from typing import Any

import numpy as np

try:
    import numba
except ImportError as error:
    raise ImportError('backend="numba" takes: pip install "autograd-mini[numba]"') from error
from llvmlite import ir
from numba import types
from numba.core.typeconv import Conversion
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import (
    intrinsic,
    lower_builtin,
    lower_cast,
    models,
    overload,
    register_jitable,
    register_model,
)
from numba.np.arrayobj import make_array, populate_array

WIDTH = 8
REAL, INT = ir.DoubleType(), ir.IntType(32)
VECTOR, BITS = ir.VectorType(REAL, WIDTH), ir.VectorType(ir.IntType(1), WIDTH)


def jit(function: Callable[..., Any]) -> Any:
    """Compiled in IEEE arithmetic, but for the order of sums and a*b + c rounded once; kept beside
    the file that the function is in."""
    is_file = os.path.exists(function.__code__.co_filename)
    return numba.njit(error_model="numpy", fastmath={"contract", "reassoc"}, cache=is_file)(
        function
    )


# -- the type -----------------------------------------------------------------------------------


class Lanes(types.Type):
    """The numbers of WIDTH examples. A number converts to as many equal ones."""

    def __init__(self) -> None:
        super().__init__("Lanes")

    def can_convert_from(self, context: Any, other: Any) -> Any:
        return Conversion.safe if isinstance(other, types.Number) else None


class Mask(types.Type):
    """Whether a comparison holds, for each of WIDTH examples."""

    def __init__(self) -> None:
        super().__init__("Mask")


LANES, MASK = Lanes(), Mask()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, BITS)


@lower_cast(types.Number, Lanes)
def _equal_lanes(context: Any, builder: Any, kind: Any, to: Any, x: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, context.cast(builder, x, kind, types.float64), INT(0))
    all_of_it = ir.Constant(ir.VectorType(INT, WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(first, undefined, all_of_it)


def _operator(function: Any, result: Any, build: Callable[..., Any]) -> None:
    """Let an operator take lanes, and lanes with numbers."""
    count = 1 if function in (operator.neg, abs) else 2

    @infer_global(function)
    class _Typing(AbstractTemplate):
        def generic(self, args: Any, keywords: Any) -> Any:
            if LANES in args and all(x == LANES or isinstance(x, types.Number) for x in args):
                return signature(result, *[LANES] * count)
            return None

    @lower_builtin(function, *[LANES] * count)
    def _lowering(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return build(builder, *args)


def _arithmetic(name: str) -> Callable[..., Any]:
    return lambda builder, *args: getattr(builder, name)(*args, flags=("contract",))


def _comparison(sign: str) -> Callable[..., Any]:
    name = "fcmp_unordered" if sign == "!=" else "fcmp_ordered"
    return lambda builder, *args: getattr(builder, name)(sign, *args)


def _of_vectors(name: str, *flags: str) -> Callable[..., Any]:
    """One of LLVM's functions."""

    def call(builder: Any, *args: Any) -> Any:
        result = REAL if "reduce" in name else VECTOR
        kind = ir.FunctionType(result, [x.type for x in args])
        function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
        return builder.call(function, args, fastmath=flags)

    return call


for _sign, _name in {"add": "fadd", "sub": "fsub", "mul": "fmul", "truediv": "fdiv"}.items():
    _operator(getattr(operator, _sign), LANES, _arithmetic(_name))
    _operator(getattr(operator, f"i{_sign}"), LANES, _arithmetic(_name))
for _name, _sign in {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}.items():
    _operator(getattr(operator, _name), MASK, _comparison(_sign))
_operator(operator.neg, LANES, _arithmetic("fneg"))
_operator(abs, LANES, _of_vectors("llvm.fabs.v8f64"))


@intrinsic
def _select(context: Any, condition: Any, a: Any, b: Any) -> Any:
    return LANES(MASK, LANES, LANES), lambda c, builder, sig, args: builder.select(*args)


@intrinsic
def _sum_of_lanes(context: Any, x: Any) -> Any:
    add = _of_vectors("llvm.vector.reduce.fadd.v8f64", "reassoc")
    return types.float64(LANES), lambda c, builder, sig, args: add(builder, REAL(-0.0), *args)


@intrinsic
def _root_of_lanes(context: Any, x: Any) -> Any:
    root = _of_vectors("llvm.sqrt.v8f64")
    return LANES(LANES), lambda c, builder, sig, args: root(builder, *args)


@intrinsic
def _lane(context: Any, x: Any, i: Any) -> Any:
    def code(c: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.extract_element(*args)

    return types.float64(LANES, types.intp), code


@intrinsic
def _with_lane(context: Any, x: Any, i: Any, number: Any) -> Any:
    def code(c: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.insert_element(args[0], args[2], args[1])

    return LANES(LANES, types.intp, types.float64), code


@intrinsic
def _as_lanes(context: Any, floats: Any, shape: Any) -> Any:
    """The numbers of a long enough array of floats as an array of lanes; it starts where a vector
    register may be loaded from at once."""
    kind = types.Array(LANES, len(shape), "C")
    size = VECTOR.width if hasattr(VECTOR, "width") else 8 * WIDTH

    def code(c: Any, builder: Any, sig: Any, args: Any) -> Any:
        source = make_array(floats)(c, builder, args[0])
        result = make_array(kind)(c, builder)
        word = ir.IntType(64)
        address = builder.add(builder.ptrtoint(source.data, word), word(size - 1))
        data = builder.inttoptr(builder.and_(address, word(-size)), VECTOR.as_pointer())
        sizes = [builder.extract_value(args[1], i) for i in range(len(shape))]
        strides: list[Any] = []
        step = word(size)
        for n in reversed(sizes):
            strides.insert(0, step)
            step = builder.mul(step, n)
        populate_array(result, data, sizes, strides, word(size), source.meminfo)
        c.nrt.incref(builder, kind, result._getvalue())
        return result._getvalue()

    return kind(floats, shape), code


# -- what loops are made of ---------------------------------------------------------------------


def lanes(x: float) -> Any:
    """As many times x as there are lanes."""
    return np.full(WIDTH, x)


@intrinsic
def _lanes(context: Any, x: Any) -> Any:
    def code(c: Any, builder: Any, sig: Any, args: Any) -> Any:
        return c.cast(builder, args[0], types.float64, LANES)

    return LANES(types.float64), code


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
        rows[first : first + WIDTH] = np.moveaxis(x, -1, 0)
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
    return lambda x: _lanes(x)


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
        return _as_lanes(np.empty(WIDTH * (count + 1)), shape)

    return of_lanes


@_overload(block)
def _(zero: Any, x: Any, first: Any) -> Any:
    if zero != LANES:
        return lambda zero, x, first: x[first]

    @register_jitable
    def together(x: Any, first: Any) -> Any:
        number = _lanes(0.0)
        for i in range(WIDTH):
            number = _with_lane(number, i, x[first + i])
        return number

    if x.ndim == 1:
        return lambda zero, x, first: together(x, first)

    def of_lanes(zero, x, first):  # type: ignore[no-untyped-def]
        result = empty(zero, x.shape[1:])
        for place in np.ndindex(x.shape[1:]):
            number = _lanes(0.0)
            for i in range(WIDTH):
                at = (first + i, *place)
                number = _with_lane(number, i, x[at])
            result[place] = number
        return result

    return of_lanes


@_overload(store)
def _(rows: Any, first: Any, x: Any, zero: Any) -> Any:
    if zero != LANES:

        def of_one(rows, first, x, zero):  # type: ignore[no-untyped-def]
            rows[first] = x

        return of_one

    def of_lanes(rows, first, x, zero):  # type: ignore[no-untyped-def]
        for place in np.ndindex(x.shape):
            for i in range(WIDTH):
                at = (first + i, *place)
                rows[at] = _lane(x[place], i)

    return of_lanes


@_overload(total)
def _(x: Any) -> Any:
    return (lambda x: _sum_of_lanes(x)) if x == LANES else (lambda x: x)


@_overload(where)
def _(condition: Any, a: Any, b: Any) -> Any:
    if condition == MASK:
        return lambda condition, a, b: _select(condition, a, b)
    return lambda condition, a, b: a if condition else b


# -- functions ----------------------------------------------------------------------------------


def _function(of_one: Callable[..., Any], of_rows: Callable[..., Any]) -> Callable[..., Any]:
    """A function of floats, as one of lanes too; of_rows is the same for arrays."""

    def of_two(x: Any, y: Any) -> Any:
        return of_rows(x, y)

    def of_x(x: Any) -> Any:
        return of_rows(x)

    @register_jitable
    def each(x: Any) -> Any:
        result = x
        for i in range(WIDTH):
            result = _with_lane(result, i, of_one(_lane(x, i)))
        return result

    @register_jitable
    def each_pair(x: Any, y: Any) -> Any:
        x, y = _lanes(0.0) + x, _lanes(0.0) + y
        result = x
        for i in range(WIDTH):
            result = _with_lane(result, i, of_one(_lane(x, i), _lane(y, i)))
        return result

    if of_one.__code__.co_argcount == 1:
        overload(of_x)(lambda x: (lambda x: each(x)) if x == LANES else (lambda x: of_one(x)))
        return of_x
    overload(of_two)(
        lambda x, y: (
            (lambda x, y: each_pair(x, y)) if LANES in (x, y) else (lambda x, y: of_one(x, y))
        )
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
    return (lambda x: _root_of_lanes(x)) if x == LANES else (lambda x: np.sqrt(x))


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
