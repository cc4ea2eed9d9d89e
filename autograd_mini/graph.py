"""Looking at a graph, and running it again: its order, its names, its numbers."""

from __future__ import annotations

from .errors import StaleGraphError
from .scalars import ieee_or_exact
from .sweep import every_node
from .text import short_repr
from .value import Value, make_node, plain_numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from .rules import Primitive


def check_is_value(root: Any, name: str) -> None:
    """Raise TypeError, with the remedy, where a number or a list stands for a Value."""
    if not isinstance(root, Value):
        remedy = "one of them" if isinstance(root, (list, tuple)) else "loss, not loss.data"
        raise TypeError(
            f"{name} expected Values, got {type(root).__name__} {root!r}; pass {remedy}"
        )


def topological_order(root: Value) -> list[Value]:
    """Every node that `root` was made from, parents before children, each once, root last.

    Depth first, in the order in which operands were written, leaves just before their first use;
    without recursion, so that a chain of a million nodes is no problem.

    >>> x = Value(2.0, "x")
    >>> y = x * x
    >>> [node.label or str(node.op) for node in topological_order(y + x)]
    ['x', '*', '+']
    """
    check_is_value(root, "topological_order")
    return every_node([root])


def node_names(root: Value) -> dict[Value, str]:
    """A unique readable name for every node: its label, made unique; else #1, #2, ..

    >>> x = Value(2.0, "x")
    >>> list(node_names((x * x) + Value(1.0, "x")).values())
    ['x', '#1', 'x_2', '#2']
    """
    order = topological_order(root)
    for node in order:
        if node.label.__class__ is not str:
            raise TypeError(f"a label is a string, got {type(node.label).__name__} {node.label!r}")
    return unique_names({node: node.label for node in order})


def unique_names(labels: Mapping[Value, str]) -> dict[Value, str]:
    """These labels, made unique; #1, #2, .. for those that are empty."""
    taken = set(labels.values())
    first: set[str] = set()
    names: dict[Value, str] = {}
    counts: dict[str, int] = {}
    for node, label in labels.items():
        if label and label not in first:
            first.add(label)
            names[node] = label
            continue
        stem = f"{label}_" if label else "#"
        count = counts.get(stem, 1 if label else 0) + 1
        while f"{stem}{count}" in taken:
            count += 1
        counts[stem] = count
        names[node] = f"{stem}{count}"
        taken.add(names[node])
    return names


def label_all(names: Mapping[str, Any]) -> None:
    """Label Values that have no label by the names of variables: label_all(locals()).

    A list or tuple gives labels such as h[0] to what is in it. Names that begin with _ are left
    out. Of several names of one Value the first is taken.

    >>> x = Value(2.0)
    >>> h = [x * x, x + 1]
    >>> label_all({"x": x, "h": h})
    >>> [node.label for node in (x, *h)]
    ['x', 'h[0]', 'h[1]']
    """
    pending = [(name, x) for name, x in names.items() if not name.startswith("_")]
    for name, x in pending:  # which grows
        if isinstance(x, Value) and not x.label:
            x.label = name
        elif isinstance(x, (list, tuple)):
            pending += [(f"{name}[{k}]", part) for k, part in enumerate(x)]


class NodeGroup:
    """A part of a graph that a picture frames, or draws as one box if it is folded."""

    def __init__(self, label: str, nodes: frozenset[Value], folded: bool) -> None:
        self.label, self.nodes, self.folded = label, nodes, folded


def group(label: str, nodes: Iterable[Value], *, folded: bool = False) -> NodeGroup:
    """These nodes and what lies between them, for draw_dot(.., groups=[..]).

    Args:
        label: what the frame is called.
        nodes: some of its nodes, such as its inputs and its outputs.
        folded: whether it is drawn as one box.

    >>> x = Value(2.0)
    >>> y = (x * x) + 1
    >>> len(group("square, plus one", [x, y]).nodes)
    3
    """
    nodes = list(nodes)
    for node in nodes:
        check_is_value(node, "group")
    inside = set(nodes)
    for node in every_node(nodes):  # all of them are before a node that was given
        if not inside.isdisjoint(node.parents):
            inside.add(node)
    return NodeGroup(label, frozenset(inside), folded)


def rerun(root: Value) -> Value:
    """The same graph computed afresh from its leaves' present data: a new root on the same leaves.

    A condition of where() stays as it was decided.

    >>> x = Value(2.0)
    >>> y = x * x
    >>> x.data = 5.0
    >>> y.data, rerun(y).data
    (4.0, 25.0)
    """
    fresh: dict[Value, Value] = {}
    for node in topological_order(root):
        if node.is_leaf:
            fresh[node] = node
            continue
        operands = [fresh[x] if isinstance(x, Value) else x for x in node.operands]
        try:
            again = node.op.apply(operands)
        except ArithmeticError:
            if node.data - node.data == 0:
                raise
            again = ieee_node(node.op, operands)  # as in the graph of an infinite derivative
        again.label = node.label
        fresh[node] = again
    return fresh[root]


def ieee_node(op: Primitive, operands: Sequence[Any]) -> Value:
    """The node `op` makes of its operands; in IEEE arithmetic if `op` raises for them."""
    numbers = plain_numbers(operands)
    data = ieee_or_exact(op, numbers)
    wanted = [isinstance(x, Value) for x in operands]
    slopes = op.local_partials(numbers, data, operands, wanted)
    return make_node(data, op, tuple(operands), slopes)


def check_fresh(nodes: Iterable[Value]) -> None:
    """Raise StaleGraphError if a leaf was changed after a graph was made.

    Args:
        nodes: those of the graph that have to hold what their operands give now.
    """
    for node in nodes:
        if not node.is_leaf and not is_fresh(node):
            name = f"{str(node.op)!r} node" + (f" labelled {node.label!r}" if node.label else "")
            raise StaleGraphError(
                f"the {name} with data {short_repr(node.data)} is stale: a leaf under it was "
                "changed after it was made; use rerun(root), or build the graph again"
            )


def is_fresh(node: Value, replaced: Mapping[Value, Any] | None = None) -> bool:
    """Whether a node's operands give the data and the partials that it stores. Numbers in
    `replaced` are used in place of the data of some operands."""
    operands = node.operands
    if replaced:
        operands = tuple([replaced.get(x, x) if isinstance(x, Value) else x for x in operands])
    numbers = plain_numbers(operands)
    data = ieee_or_exact(node.op, numbers)
    try:
        wanted = [isinstance(x, Value) for x in node.operands]
        slopes = node.op.local_partials(numbers, data, operands, wanted)
    except ValueError:  # the derivative is not even defined any more
        return False
    found = [data, *(d for d in slopes if d is not None)]
    return all(a == b or (a != a and b != b) for a, b in zip(found, (node.data, *node.partials)))


def first_nonfinite(root: Value) -> Value | None:
    """The earliest node, in topological order, whose data is nan or infinite; None if none is.

    >>> x = Value(1e200, "x")
    >>> first_nonfinite((x * x) - (x * x)).op
    <primitive *(x1, x2)>
    """
    for node in topological_order(root):
        if node.data - node.data != 0:  # nan or inf; isfinite overflows on a large Fraction
            return node
    return None
