"""Derivatives of a graph, as numbers or as Values that can be differentiated again."""

from __future__ import annotations

from .graph import check_fresh, check_is_value, ieee_node
from .sweep import every_node, inner_order, sweep
from .value import Value, make_node, plain_numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from .rules import Primitive


def gradients(y: Value, wrt: Iterable[Value], create_graph: bool = False) -> list[Any]:
    """The derivatives dy/dx for each x in `wrt`; touches no .grad.

    Args:
        y: the root.
        wrt: Values, leaves or not. One that y does not depend on gets 0.
        create_graph: give the derivatives as Values, which can be differentiated again. (While a
            function is traced those without it are traced too, and detached.)

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
    zero, is_traced = zero_like(y), any(hasattr(x, "trace") for x in (y, *wrt))
    if not (create_graph or is_traced):
        found = sweep({y: zero + 1}, zero)
        return [found.get(x, zero) for x in wrt]
    order, _ = inner_order([y], None)
    graph = gradient_graph(order, {y: 1}, wrt, fresh=not is_traced)
    derivatives = [graph.get(x, 0) for x in wrt]
    values = [g if isinstance(g, Value) else Value(type(zero)(g)) for g in derivatives]
    return values if create_graph else [x.detach() for x in values]


def zero_like(x: Any) -> Any:
    """The number 0, as exact as a scalar. A traced one has no number, and will have a float."""
    return type(x.data)(0) if isinstance(x, Value) and not hasattr(x, "trace") else 0.0


def gradient_graph(
    order: Sequence[Value],
    seeds: Mapping[Value, Any],
    wrt: Iterable[Value],
    fresh: bool = False,
) -> dict[Value, Any]:
    """The sweep with Values for numbers: the table's partials run on the operands themselves.

    Only nodes between `wrt` and the roots are visited. A derivative that is constant is a plain
    number.

    Args:
        order: the nodes that the roots were made from, as inner_order() gives them.
        seeds: for each root the scalar that the pass starts from.
        wrt: the nodes to differentiate by.
        fresh: whether to check that these nodes hold what their operands give now.

    Raises:
        StaleGraphError: one of them does not.
    """
    between, reached = dependents(order, wrt)
    if fresh:
        check_fresh(node for node in order if node in between)
    gradient = dict(seeds)
    for node in reversed(order):
        upstream = gradient.get(node)
        if upstream is None or node not in between:
            continue
        edges = [i for i, x in enumerate(node.operands) if x in reached]
        for i, local in zip(edges, partial_values(node, edges)):
            parent = node.operands[i]
            contribution = product(upstream, local)
            if parent in gradient:
                contribution = gradient[parent] + contribution
            gradient[parent] = contribution
    return gradient


def dependents(order: Iterable[Value], targets: Iterable[Value]) -> tuple[set[Value], set[Value]]:
    """The nodes of a topological order that depend on a target by at least one edge; and these
    together with the targets."""
    reached, found = set(targets), set()
    for node in order:
        if not reached.isdisjoint(node.parents):
            found.add(node)
            reached.add(node)
    return found, reached


def product(a: Any, b: Any) -> Any:
    """a * b, without a node for a factor that is the plain number 1."""
    if b.__class__ is not Value and not isinstance(b, Value) and b == 1:
        return a
    return b if a.__class__ is not Value and not isinstance(a, Value) and a == 1 else a * b


# -- the rules, run on Values -------------------------------------------------------------------


def partial_values(node: Value, indices: Sequence[int]) -> list[Any]:
    """The local partials along operands `indices`, as scalars that can be differentiated again."""
    if hasattr(node, "trace"):  # there are no numbers, to be exact or stale
        return node.op.partials_at(indices, node.operands, node)
    numbers = plain_numbers(node.operands)
    operands = [x if isinstance(x, Value) else n for x, n in zip(node.operands, numbers)]
    try:
        return node.op.partials_at(indices, operands, node)
    except (ValueError, ZeroDivisionError, OverflowError):  # at an edge, such as sqrt at 0
        return [_ieee_partial(node, i, operands) for i in indices]


class _IEEEValue(Value):
    """A Value whose operations do not raise, but give inf or nan as IEEE arithmetic does."""

    __slots__ = ()

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Value:
        made = ieee_node(primitive, operands)
        made.__class__ = cls
        return made


def _ieee_partial(node: Value, index: int, operands: Sequence[Any]) -> Any:
    """A partial run on stand-ins for the operands, which are then put in their place."""
    original: dict[Any, Value] = {}

    def stand_in(x: Any) -> Any:
        if not isinstance(x, Value):
            return x
        made = _IEEEValue(x.data)
        original[made] = x
        return made

    result = node.op.partial(index, [stand_in(x) for x in operands], stand_in(node))
    for x in every_node([result]):
        if x not in original:
            moved = [original.get(p, p) for p in x.operands]
            slopes = iter(x.partials)
            along = [next(slopes) if isinstance(p, Value) else None for p in moved]
            original[x] = make_node(x.data, x.op, tuple(moved), along)
    return original[result]
