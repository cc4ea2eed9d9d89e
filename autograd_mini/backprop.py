"""Derivatives of a graph, as numbers or as Values that can be differentiated again."""

from __future__ import annotations

from .errors import StaleGraphError
from .graph import check_is_value, topological_order
from .sweep import sweep
from .value import Value, _seed, plain_numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


def gradients(y: Value, wrt: Iterable[Value], create_graph: bool = False) -> list[Any]:
    """The derivatives dy/dx for each x in `wrt`; touches no .grad.

    Args:
        y: the root.
        wrt: Values, leaves or not. One that y does not depend on gets 0.
        create_graph: give the derivatives as Values, which can be differentiated again.

    Returns:
        A list of numbers, or of Values with create_graph.

    Raises:
        StaleGraphError: with create_graph, a leaf was changed after the graph was built, so that
            the rules would give other numbers than the graph holds. Remedy: rerun(y).

    >>> x = Value(3.0)
    >>> y = x * x * x
    >>> gradients(y, [x])
    [27.0]
    >>> [dx] = gradients(y, [x], create_graph=True)
    >>> gradients(dx, [x])
    [18.0]
    """
    if isinstance(wrt, Value):
        raise TypeError("gradients expected a list of Values to differentiate by; write [x]")
    wrt = list(wrt)
    for x in (y, *wrt):
        check_is_value(x, "gradients")
    zero = type(y.data)(0)
    if create_graph:
        graphs = sweep_values(y, wrt)
        derivatives = [graphs.get(x, zero) for x in wrt]
        return [g if isinstance(g, Value) else Value(type(y.data)(g)) for g in derivatives]
    found = sweep(y, _seed(y, 1))
    return [found.get(x, zero) for x in wrt]


def sweep_values(y: Value, wrt: Sequence[Value]) -> dict[Value, Any]:
    """The sweep with Values for numbers: the table's partials, run on the operands themselves.

    Only nodes between `wrt` and y are visited. A derivative that is constant is a plain number.
    """
    targets = set(wrt)
    order = topological_order(y)
    between = dependents(order, targets)
    gradient: dict[Value, Any] = {y: 1}
    for node in reversed(order):
        upstream = gradient.get(node)
        if upstream is None or node not in between:
            continue
        edges = [i for i, x in enumerate(node.operands) if x in between or x in targets]
        for i, local in zip(edges, partial_values(node, edges)):
            parent = node.operands[i]
            contribution = _product(upstream, local)
            if parent in gradient:
                contribution = gradient[parent] + contribution
            gradient[parent] = contribution
    return gradient


def dependents(order: Sequence[Value], targets: set[Value]) -> set[Value]:
    """The nodes of a topological order that depend on a target by at least one edge."""
    found: set[Value] = set()
    for node in order:
        if any(x in found or x in targets for x in node.parents):
            found.add(node)
    return found


def partial_values(node: Value, indices: Sequence[int]) -> list[Any]:
    """The local partials along operands `indices` as scalars that can be differentiated again.

    Raises StaleGraphError where the node's operands no longer give what it stores.
    """
    numbers = plain_numbers(node.operands)
    operands = [x if isinstance(x, Value) else n for x, n in zip(node.operands, numbers)]
    try:
        data = node.op.evaluate(numbers, operands)
        slopes = node.op.locals(numbers, data, operands, [isinstance(x, Value) for x in operands])
        fresh = (data, *(d for d in slopes if d is not None))
    except (ValueError, ArithmeticError):  # it is not even defined any more
        fresh = ()
    if len(fresh) == 0 or not all(map(_same, fresh, (node.data, *node.partials))):
        name = f"{str(node.op)!r} node" + (f" labelled {node.label!r}" if node.label else "")
        raise StaleGraphError(
            f"the {name} with data {node.data!r} is stale: a leaf under it was changed after it "
            "was made; differentiate rerun(root), or build the graph again"
        )
    return [node.op.partial(i, operands, node) for i in indices]


def _same(a: Any, b: Any) -> bool:
    return bool(a == b or (a != a and b != b))


def _product(a: Any, b: Any) -> Any:
    """a * b, without a node for a factor that is the plain number 1."""
    if not isinstance(a, Value) and a == 1:
        return b
    return a if not isinstance(b, Value) and b == 1 else a * b
