"""The operators and methods that every scalar type has: each is a row of the table."""

from __future__ import annotations

from .nested import is_array, map_nested

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .rules import Primitive
    from .value import Value


class Operators:
    """The operators and methods of a scalar type: x + y, -x, abs(x), x.exp(), ..

    A scalar type derives from this and has a classmethod
    `__apply_primitive__(primitive, operands)`. Each operator hands over to it. They are filled
    in where the rows of the table are declared.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def _unary(self) -> Any: ...
        def _binary(self, other: Any) -> Any: ...

        __neg__ = __abs__ = _unary
        __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = _binary
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = _binary

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Any:
        raise NotImplementedError(f"{cls.__name__} does not define __apply_primitive__")


def define_operators(row: Primitive) -> None:
    """Give every scalar type the operator, or the method, that a row of the table stands for."""

    def method(self: Any, *operands: Any, **keywords: Any) -> Any:
        return row(self, *operands, **keywords)

    def unary(self: Any) -> Any:
        return row.apply((self,))

    def binary(self: Any, other: Any) -> Any:
        return operate(row, self, other)

    def reflected(self: Any, other: Any) -> Any:
        return operate(row, other, self)

    if row.operator and len(row.arguments) == 2:
        setattr(Operators, f"__{row.operator}__", binary)
        setattr(Operators, f"__r{row.operator}__", reflected)
    elif row.operator:
        setattr(Operators, f"__{row.operator}__", unary)
    elif row.is_method:
        method.__name__, method.__doc__ = row.name, row.__doc__
        setattr(Operators, row.name, method)


def operate(row: Primitive, left: Any, right: Any) -> Value:
    """A binary operator on scalars of any type, and on arrays of them element by element."""
    made: Value
    try:
        if is_array(left):
            made = map_nested(lambda x: row.apply((x, right)), left)[()]
        elif is_array(right):
            made = map_nested(lambda x: row.apply((left, x)), right)[()]
        else:
            made = row.apply((left, right))
    except TypeError:
        if isinstance(left, Operators) and _has_operator(right, f"__r{row.operator}__"):
            return NotImplemented  # type: ignore[no-any-return] # Python asks the other operand
        raise
    return made


def _has_operator(x: Any, method: str) -> bool:
    """Whether the class of x, if it is not Python's or NumPy's own, has the operator."""
    if isinstance(x, Operators):
        return False
    module = type(x).__module__.partition(".")[0]
    return module not in ("builtins", "decimal", "numpy") and hasattr(x, method)
