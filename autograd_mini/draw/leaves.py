"""The numbers that leaves had when a graph was built.

An optimizer changes leaves, but a picture shows the numbers that the graph was computed from. Many
of them can be found in the graph: it stores partials, and the partial of a product along one factor
is the other factor. A leaf that is never multiplied by a Value has only its present number, and the
picture marks that number with the caption "now".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..graph import is_fresh
from ..primitives import dot, multiply
from ..value import Value


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
