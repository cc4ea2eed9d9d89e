"""The operators of a scalar type that records operations rather than computing numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..primitives import TABLE, add, divide, multiply, negate, power, subtract
from ..rules import Primitive
from ..value import method_names


def _select(sign: str, holds: Any) -> Primitive:
    return Primitive(
        sign,
        lambda left, right, a, b: a if holds(left, right) else b,
        (
            lambda left, right, a, b, y: 0,
            lambda left, right, a, b, y: 0,
            lambda left, right, a, b, y: Comparison(left, sign, right).__where__(1, 0),
            lambda left, right, a, b, y: Comparison(left, sign, right).__where__(0, 1),
        ),
        exact=True,
        module=__name__,
        attribute=f"where {sign}",
    )


# where(left < right, a, b) is one operation of four operands
SELECT = {
    "<": _select("<", lambda left, right: left < right),
    "<=": _select("<=", lambda left, right: left <= right),
    ">": _select(">", lambda left, right: left > right),
    ">=": _select(">=", lambda left, right: left >= right),
    "==": _select("==", lambda left, right: left == right),
}
RELATIONS = {row: sign for sign, row in SELECT.items()}
globals().update({row.__name__: row for row in SELECT.values()})  # where pickle looks for them


class Comparison:
    """left < right, undecided: a condition for where()."""

    __slots__ = ("left", "right", "sign")

    def __init__(self, left: Any, sign: str, right: Any) -> None:
        self.left, self.sign, self.right = left, sign, right

    def __bool__(self) -> bool:
        raise TypeError("a comparison of arrays has no one answer")

    def __where__(self, a: Any, b: Any) -> Any:
        return SELECT[self.sign].apply((self.left, self.right, a, b))


class Recorded:
    """Operators and methods that hand each operation to the type's `__apply_primitive__`."""

    __slots__ = ()

    __comparison__ = Comparison

    if TYPE_CHECKING:  # what the loops below define, or the type itself
        __add__: Callable[[Any, Any], Any]
        __radd__: Callable[[Any, Any], Any]
        __sub__: Callable[[Any, Any], Any]
        __rsub__: Callable[[Any, Any], Any]
        __mul__: Callable[[Any, Any], Any]
        __rmul__: Callable[[Any, Any], Any]
        __truediv__: Callable[[Any, Any], Any]
        __rtruediv__: Callable[[Any, Any], Any]
        __pow__: Callable[[Any, Any], Any]

        @classmethod
        def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Any: ...

    def __lt__(self, other: Any) -> Any:
        return self.__comparison__(self, "<", other)

    def __le__(self, other: Any) -> Any:
        return self.__comparison__(self, "<=", other)

    def __gt__(self, other: Any) -> Any:
        return self.__comparison__(self, ">", other)

    def __ge__(self, other: Any) -> Any:
        return self.__comparison__(self, ">=", other)

    def __neg__(self) -> Any:
        return self.__apply_primitive__(negate, (self,))

    def __abs__(self) -> Any:
        return self.__apply_primitive__(TABLE["absolute"], (self,))


def _operator(row: Primitive) -> Any:
    def operator(self: Any, other: Any) -> Any:
        return self.__apply_primitive__(row, (self, other))

    return operator


def _reflected(row: Primitive) -> Any:
    def operator(self: Any, other: Any) -> Any:
        return self.__apply_primitive__(row, (other, self))

    return operator


def _method(row: Primitive) -> Any:
    def method(self: Any, *operands: Any, **keywords: Any) -> Any:
        return row(self, *operands, **keywords)

    return method


for _name, _row in {
    "add": add, "sub": subtract, "mul": multiply, "truediv": divide, "pow": power
}.items():  # fmt: skip
    setattr(Recorded, f"__{_name}__", _operator(_row))
    setattr(Recorded, f"__r{_name}__", _reflected(_row))
for _name in method_names():
    setattr(Recorded, _name, _method(TABLE[_name]))
