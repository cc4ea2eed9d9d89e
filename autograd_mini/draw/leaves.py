"""The numbers that leaves had when a graph was built.

An optimizer changes leaves, but a picture shows the numbers that the graph was computed from. Many
of them can be found in the graph: it stores partials, and the partial of a product along one factor
is the other factor. A leaf that is never multiplied by a Value has only its present number, and the
picture marks that number with the caption "now".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any

from ..graph import is_fresh
from ..primitives import dot, multiply
from ..sweep import NO_GRADIENT
from ..text import exact, format_number
from ..value import Value


@dataclass(eq=False)
class Number:
    """A plain number that is drawn like a node."""

    data: Any


class Numbers:
    """The names and numbers that a picture shows for the nodes of a graph."""

    def __init__(
        self,
        order: Sequence[Value],
        names: Mapping[Value, str],
        gradients: Mapping[Value, Any] | None = None,
    ) -> None:
        self.names = names
        self._gradient = _gradient if gradients is None else gradients.get
        self._when_built, self.changed = leaves_when_built(order)

    def data(self, operand: Any) -> Any:
        """The data that a node had when the graph was built, if it is known."""
        if isinstance(operand, Value):
            return self._when_built.get(operand, operand.data)
        return operand.data if isinstance(operand, Number) else operand

    def gradients(self, nodes: Iterable[Any]) -> list[Any]:
        """The gradients of those Values that have one."""
        found = [self._gradient(x) for x in nodes if isinstance(x, Value)]
        return [g for g in found if g is not None]

    def cells(self, name: str, nodes: Sequence[Any]) -> list[str]:
        """A caption, then the data and the gradient of a node; of several, the norms."""
        now = "" if self.changed.isdisjoint(nodes) else " (now)"
        gradients = self.gradients(nodes)
        no_gradient = "–" if any(isinstance(x, Value) for x in nodes) else ""
        return [name + now, _norm([*map(self.data, nodes)], ""), _norm(gradients, no_gradient)]

    def describe(self, text: str, node: Value) -> str:
        """A text about a node, and its gradient."""
        gradient = [*map(exact, self.gradients([node])), "none yet"][0]
        return f"{text}, gradient {gradient}"


def _norm(numbers: Sequence[Any], none: str) -> str:
    """A number in a few digits, or the norm of several."""
    if len(numbers) == 1:
        return format_number(numbers[0])
    return format_number(hypot(*map(float, numbers))) if numbers else none


def _gradient(node: Value) -> Any:
    """A node's gradient; None if no backward pass has reached it, or if it is an exact 0."""
    waiting = node.grad is NO_GRADIENT or (node.grad.__class__ is not float and node.grad == 0)
    return None if waiting else node.grad


def leaves_when_built(order: Sequence[Value]) -> tuple[dict[Value, Any], set[Value]]:
    """The numbers that leaves had, and the leaves that may have changed and whose old number is not
    known. Both are empty if no leaf has changed.

    >>> w, x, b = Value(2.0), Value(3.0), Value(1.0)
    >>> y = dot([w], [x], b)
    >>> w.data = b.data = 7.0
    >>> numbers, unknown = leaves_when_built([w, x, b, y])
    >>> numbers[w], unknown == {b}
    (2.0, True)
    """
    users = [node for node in order if any(x.is_leaf for x in node.parents)]
    if all(map(is_fresh, users)):
        return {}, set()
    numbers: dict[Value, Any] = {}
    unknown: set[Value] = set()
    for node in users:
        for leaf, number in _factors(node):
            first = numbers.setdefault(leaf, number)
            if first != number and first == first:  # changed while the graph was built
                unknown.add(leaf)
    for node in users:
        if not is_fresh(node, numbers):
            unknown.update(x for x in node.parents if x.is_leaf and x not in numbers)
    return {x: number for x, number in numbers.items() if x not in unknown}, unknown


def _factors(node: Value) -> Iterator[tuple[Value, Any]]:
    """The leaves that are factors in a product or a dot, and the numbers that they had.

    Such a number is the partial along the other factor.
    """
    if node.op not in (multiply, dot):
        return
    operands = node.operands
    n = len(operands) // 2
    edges = [k for k, x in enumerate(operands) if isinstance(x, Value)]
    for k, partial in zip(edges, node.partials):
        other = operands[(k + n) % (2 * n)] if k < 2 * n else None
        if isinstance(other, Value) and other.is_leaf:
            yield other, partial
