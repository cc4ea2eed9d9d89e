"""Backpropagation: the chain rule, applied once to every edge of the graph.

The gradient of the root is 1. Walk the nodes from the root to the leaves, each after all the nodes
it was used in, and pass its gradient on along every edge:

    gradient[parent] += gradient[node] * partial

The order matters. With b = a + a; c = b + b, going from c along one edge to b and at once on to a
would pass on half of b's gradient, and then all of it again: 6 for dc/da, where 4 is right. In
topological order b waits until both of its edges have arrived.

Gradients live in a dictionary of the call, so that passes never disturb each other, gradients()
touches no node, and backward() touches none before it knows all.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .value import Value


def every_node(root: Value) -> list[Value]:
    """Every node that `root` was made from, parents first, root last."""
    inner, _ = inner_order(root, 0.0)
    order: dict[Value, None] = {}
    for node in inner:
        order.update(dict.fromkeys(x for x in node.parents if x.is_leaf))
        order[node] = None
    order[root] = None  # where the root is itself a leaf
    return list(order)


def inner_order(root: Value, zero: Any) -> tuple[list[Value], dict[Value, Any]]:
    """The nodes that are no leaves, parents first; and {node: zero} for these and for the leaves
    that are operands of unary and binary ones. (A list of leaves is gone through once, in the
    sweep: a second time would cost as much as all the rest.)"""
    gradient: dict[Value, Any] = {root: zero}
    order: list[Value] = []
    path: list[Value] = []  # the nodes between the root and here
    lists: dict[Value, Any] = {}  # for n-ary nodes on the path, the parents not yet looked at
    node = root
    while True:
        if node._da is not None:
            parent = node._a
            if parent not in gradient:
                gradient[parent] = zero
                if parent._a is not None:
                    path.append(node)
                    node = parent
                    continue
        if node._db is not None:
            parent = node._b
            if parent not in gradient:
                gradient[parent] = zero
                if parent._a is not None:
                    path.append(node)
                    node = parent
                    continue
        elif node._da is None and node._a is not None:
            descend = False
            if node not in lists:
                lists[node] = iter(node._b[0])
            for parent in lists[node]:
                if parent._a is not None and parent not in gradient:
                    gradient[parent] = zero
                    path.append(node)
                    node = parent
                    descend = True
                    break
            if descend:
                continue
        if node._a is not None:
            order.append(node)
        if not path:
            return order, gradient
        node = path.pop()


def sweep(root: Value, seed: Any) -> dict[Value, Any]:
    """The gradient of every node: the chain rule, from the root to the leaves."""
    zero = type(root.data)(0)
    order, gradient = inner_order(root, zero)
    gradient[root] = seed
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
    return gradient
