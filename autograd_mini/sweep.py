"""Backpropagation: the chain rule, applied once to every edge of the graph.

The gradient of the root is 1. Walk the nodes from the root to the leaves, each after all the nodes
it was used in, and pass its gradient on along every edge:

    gradient[parent] += gradient[node] * partial

The order matters. With b = a + a; c = b + b, going from c along one edge to b and at once on to a
would pass on half of b's gradient, and then all of it again: 6 for dc/da, where 4 is right. In
topological order b waits until both of its edges have arrived.

Gradients live in a dictionary of the call, so that passes never disturb each other, gradients()
touches no node, and backward() touches none before it knows all. This file uses the slots of a
node alone; value.py says what is in them.
"""

from __future__ import annotations

from functools import reduce
from operator import add

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from .value import Value


# The .grad of a node that backward has not reached. It is 0.0. Compared with `is`, so that a
# drawing can show a dash for "not computed" and 0 for "computed, and zero".
NO_GRADIENT = float("0")


def inner_order(roots: Iterable[Value], zero: Any) -> tuple[list[Value], dict[Value, Any]]:
    """The nodes that are not leaves, parents first, and where their gradients will be added up.

    Depth first, in the order in which operands were written, without recursion.

    Returns:
        The nodes; and {node: zero} for them, the roots and the leaves they are computed from. The
        leaves that are used in lists alone are missing: sweep() adds them, since going through the
        lists once more would cost as much as all the rest.
    """
    gradient: dict[Value, Any] = {}
    order: list[Value] = []
    path: list[Any] = [None]  # the nodes between the root and here
    lists: dict[Value, Any] = {}  # for n-ary nodes on the path, the parents not yet looked at
    for node in roots:
        if node in gradient:
            continue
        gradient[node] = zero
        if node._a is None:
            continue
        while node is not None:
            # A node that is met for the first time: down its first edge.
            if node._da is not None:
                parent = node._a
                if parent not in gradient:
                    gradient[parent] = zero
                    if parent._a is not None:
                        path.append(node)
                        node = parent
                        continue
            # Down its second edge, or the next one of its list. Nodes on the path come back here.
            while node is not None:
                if node._db is not None:
                    parent = node._b
                    if parent not in gradient:
                        gradient[parent] = zero
                        if parent._a is not None:
                            path.append(node)
                            node = parent
                            break
                elif node._da is None:
                    if node not in lists:
                        lists[node] = _inner_parents(node, gradient)
                    parent = next(lists[node], None)
                    if parent is not None:
                        gradient[parent] = zero
                        path.append(node)
                        node = parent
                        break
                order.append(node)
                node = path.pop()
        path.append(None)
    return order, gradient


def _inner_parents(node: Value, seen: Mapping[Value, Any]) -> Iterator[Value]:
    """The parents of an n-ary node that are not leaves, and not seen by the time they come up."""
    for parent in node._b[0]:
        if parent._a is not None and parent not in seen:
            yield parent


def every_node(roots: Iterable[Value]) -> list[Value]:
    """Every node that the roots were made from, each once, parents before children.

    Leaves stand just before their first use.
    """
    roots = list(roots)
    order: dict[Value, None] = {}
    for node in inner_order(roots, None)[0]:
        order.update(dict.fromkeys(x for x in node.parents if x.is_leaf))
        order[node] = None
    order.update(dict.fromkeys(roots))  # those that are leaves themselves
    return list(order)


def leaves(order: Iterable[Value], seen: Iterable[Value]) -> Iterator[Value]:
    """The leaves of what inner_order() gives, some more than once."""
    yield from (x for x in seen if x._a is None)
    for node in order:
        if node._da is None and node._db is None:  # a list
            yield from (x for x in node._b[0] if x._a is None)


def sweep(seeds: Mapping[Value, Any], zero: Any) -> dict[Value, Any]:
    """The gradient of every node: the chain rule, from the roots to the leaves.

    Args:
        seeds: for each root the gradient that the pass starts from.
        zero: the number 0, as exact as the roots.
    """
    order, gradient = inner_order(seeds, zero)
    gradient.update(seeds)
    pass_back(order, gradient, zero)
    return gradient


def pass_forward(order: Iterable[Value], tangent: dict[Value, Any]) -> None:
    """The chain rule in forward mode: add to the tangents of leaves those of the nodes that depend
    on them, each the sum of partial * tangent over its operands."""
    for node in order:
        a, da, b, db = node._a, node._da, node._b, node._db
        if da is None and db is None:  # a list
            terms = [d * tangent[x] for x, d in zip(*b) if x in tangent]
            if terms:
                tangent[node] = reduce(add, terms)
        elif da is not None and a in tangent:
            moved = da * tangent[a]
            tangent[node] = moved + db * tangent[b] if db is not None and b in tangent else moved
        elif db is not None and b in tangent:
            tangent[node] = db * tangent[b]


def pass_back(order: Sequence[Value], gradient: dict[Value, Any], zero: Any) -> None:
    """The chain rule along every edge of some nodes that are not leaves, from the last of them to
    the first. `gradient` has an entry for each of them and for each operand, zero for most."""
    for node in reversed(order):
        upstream = gradient[node]
        da, db = node._da, node._db
        if da is not None:
            gradient[node._a] += upstream * da
            if db is not None:
                gradient[node._b] += upstream * db
        elif db is not None:
            gradient[node._b] += upstream * db
        else:
            for parent, partial in zip(*node._b):
                gradient[parent] = gradient.get(parent, zero) + upstream * partial
