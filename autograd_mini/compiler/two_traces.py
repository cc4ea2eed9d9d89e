"""Two traces of a function, held against each other, and the nodes of one in order."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from operator import is_
from typing import Any

from ..graph import topological_order
from ..primitives import LEAF
from ..value import Value
from .trace import Trace, Traced


def made_inside(
    one: Trace, other: Trace, results: Iterable[tuple[Any, Any]]
) -> Container[int] | None:
    """The ids of the Values that a traced function made itself, of numbers, in the first of two
    traces. None if the traces, and pairs of scalars made of them, are not alike."""
    inside: set[int] = set()
    twin = {id(y): x for x, y in zip(one, other)}  # what is alike in the first trace, so far

    def are_alike(xs: Sequence[Any], ys: Sequence[Any]) -> bool:
        if len(xs) != len(ys):
            return False
        if all(map(is_, map(twin.get, map(id, ys)), xs)):
            return True
        twin.update((id(y), x) for x, y in zip(xs, ys))
        return all(_alike(x, y, inside) for x, y in zip(xs, ys))

    alike = (
        len(one) == len(other)
        and all(a.op is b.op and are_alike(a.operands, b.operands) for a, b in zip(one, other))
        and all(_alike(a, b, inside) for a, b in results)
    )
    return inside if alike else None


def _alike(x: Any, y: Any, inside: set[int]) -> bool:
    if x is y:  # what is traced is made anew in each call
        return not isinstance(x, Traced)
    if x.__class__ is not y.__class__:
        return False
    if isinstance(x, Traced):
        return bool(x.position == y.position)
    if isinstance(x, Value):
        if id(x) not in inside:
            inside.update(map(id, topological_order(x)))
        x, y = x.data, y.data
    return bool(x == y or x != x)


def in_order(trace: Trace, roots: Sequence[Any] = ()) -> list[Value]:
    """The nodes of a trace, the roots, and the Values they are made of, operands first."""
    order: list[Value] = []
    seen = {*map(id, trace)}

    def enter(values: Sequence[Any]) -> None:
        if seen.issuperset(map(id, values)):
            return
        for x in values:
            if id(x) not in seen and is_untraced(x):
                fresh = () if x.is_leaf else topological_order(x)[:-1]
                order.extend(v for v in fresh if id(v) not in seen)
                seen.update(map(id, fresh))
                order.append(x)
            seen.add(id(x))

    for node in trace:
        if node.op is not LEAF:
            enter(node.operands)
        order.append(node)
    enter(roots)
    return order


def is_untraced(x: Any) -> bool:
    """Whether it is a Value that was not made in a trace."""
    return isinstance(x, Value) and not isinstance(x, Traced)
