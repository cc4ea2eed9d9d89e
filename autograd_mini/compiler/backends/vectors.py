"""A number type of Numba's that fills a vector register: the numbers of WIDTH examples, side by
side. Arithmetic and comparisons take it as they take floats; numbers convert to it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typeconv import Conversion
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, lower_cast, models, register_model
from numba.np.arrayobj import make_array, populate_array

WIDTH = 8
REAL, INT = ir.DoubleType(), ir.IntType(32)
VECTOR, BITS = ir.VectorType(REAL, WIDTH), ir.VectorType(ir.IntType(1), WIDTH)


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
@register_model(Mask)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR if kind == LANES else BITS)


@lower_cast(types.Number, Lanes)
def _converted(context: Any, builder: Any, kind: Any, to: Any, x: Any) -> Any:
    undefined = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, context.cast(builder, x, kind, types.float64), INT(0))
    all_of_it = ir.Constant(ir.VectorType(INT, WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(first, undefined, all_of_it)


def _code(build: Callable[..., Any]) -> Callable[..., Any]:
    """How Numba is told what to compile to: a function of the builder and the operands."""
    return lambda context, builder, sig, args: build(builder, *args)


def _operator(function: Any, result: Any, build: Callable[..., Any]) -> None:
    """Let an operator take lanes, and lanes with numbers."""
    count = 1 if function in (operator.neg, abs) else 2

    @infer_global(function)
    class _Typing(AbstractTemplate):
        def generic(self, args: Any, keywords: Any) -> Any:
            if LANES in args and all(x == LANES or isinstance(x, types.Number) for x in args):
                return signature(result, *[LANES] * count)
            return None

    lower_builtin(function, *[LANES] * count)(_code(build))


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
def select(context: Any, condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b."""
    return LANES(MASK, LANES, LANES), _code(ir.IRBuilder.select)


@intrinsic
def sum_of_lanes(context: Any, x: Any) -> Any:
    """The sum over the examples."""
    add = _of_vectors("llvm.vector.reduce.fadd.v8f64", "reassoc")
    return types.float64(LANES), _code(lambda builder, x: add(builder, REAL(-0.0), x))


@intrinsic
def root_of_lanes(context: Any, x: Any) -> Any:
    """Their square roots."""
    return LANES(LANES), _code(_of_vectors("llvm.sqrt.v8f64"))


@intrinsic
def lane(context: Any, x: Any, i: Any) -> Any:
    """The number of one example."""
    return types.float64(LANES, types.intp), _code(ir.IRBuilder.extract_element)


@intrinsic
def with_lane(context: Any, x: Any, i: Any, number: Any) -> Any:
    """x with another number for one example."""
    code = _code(lambda builder, x, i, number: builder.insert_element(x, number, i))
    return LANES(LANES, types.intp, types.float64), code


@intrinsic
def as_lanes(context: Any, floats: Any, shape: Any) -> Any:
    """The numbers of a long enough array of floats as an array of lanes; it starts where a vector
    register may be loaded from at once."""
    kind = types.Array(LANES, len(shape), "C")
    size = 8 * WIDTH  # bytes

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


@intrinsic
def equal_lanes(context: Any, x: Any) -> Any:
    """The number x for all examples."""

    def code(c: Any, builder: Any, sig: Any, args: Any) -> Any:
        return c.cast(builder, args[0], types.float64, LANES)

    return LANES(types.float64), code
