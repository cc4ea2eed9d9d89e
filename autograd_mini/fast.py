"""Quick forms of the table's rows for Values: functions of one Value, and dot.

They do what the table does, for floats. Edges, errors and all that is not a float they leave to it.
"""

from __future__ import annotations

import operator
from math import fsum

from .primitives import TABLE, dot, relu
from .rules import Primitive
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _method_by_hand(row: Primitive) -> Any:
    forward, partial = row.forward, row.partials[0]

    def method(self: Value) -> Any:
        """The common case; the table does edges, errors and all that is not a float."""
        x = self.data
        try:
            y = forward(x)
            slope = partial(x, y)
        except (ValueError, OverflowError, ZeroDivisionError):
            return row.apply((self,))
        if y.__class__ is float and slope.__class__ is float:
            return Value(y, "", row, self, slope)
        return row.apply((self,))

    return method


def _relu(self: Value) -> Any:
    """Written out, since its row of the table is composed of slower parts."""
    x = self.data
    if x.__class__ is float:
        if x > 0:
            return Value(x, "", relu, self, 1.0)
        if x < 0:
            return Value(0.0, "", relu, self, 0.0)
    return relu.apply((self,))


for _name, _row in TABLE.items():
    if _row.is_method and not _row.defaults:
        _quick = _relu if _row is relu else _method_by_hand(_row)
        _quick.__name__, _quick.__qualname__, _quick.__doc__ = _name, f"Value.{_name}", _row.__doc__
        setattr(Value, _name, _quick)
        _row.fast[Value] = _quick


def _dot(ws: tuple[Any, ...], xs: tuple[Any, ...], bias: Any) -> Value | None:
    """dot(ws, xs, bias) of Value weights with Values or floats; None for all else."""
    operands = (*ws, *xs, bias)
    numbers = xs[0].__class__ is float
    parents = (*ws, bias) if numbers else operands
    if bias.__class__ is float or bias.__class__ is int:
        parents = parents[:-1]
    if set(map(type, parents)) != _VALUES or (numbers and set(map(type, xs)) != _FLOATS):
        return None
    w = [x.data for x in ws]
    x = xs if numbers else [x.data for x in xs]
    products = [*map(operator.mul, w, x), bias.data if bias.__class__ is Value else bias]
    try:
        if not numbers and sum(products).__class__ is not float:
            return None  # Fractions
        data = fsum(products)
    except (ValueError, OverflowError):  # nan and inf
        return None
    partials = (*x, 1.0) if numbers else (*x, *w, 1.0)
    return Value(data, "", dot, operands, None, (parents, partials[: len(parents)]))


_VALUES, _FLOATS = {Value}, {float}
dot.fast[Value] = _dot
