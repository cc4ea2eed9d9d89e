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

from .errors import AutogradError, StaleGraphError
from .value import Value, _real_operand, plain_numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, Literal

MAX_DEPTH_FIRST_STEPS = 100_000


# -- the order ----------------------------------------------------------------------------------


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
    inner, _ = _inner_order(root, 0.0)
    order: dict[Value, None] = {}
    for node in inner:
        order.update(dict.fromkeys(x for x in node.parents if x.is_leaf))
        order[node] = None
    order[root] = None  # where the root is itself a leaf
    return list(order)


def check_is_value(root: Any, name: str) -> None:
    """Raise TypeError, with the remedy, where a number or a list stands for a Value."""
    if not isinstance(root, Value):
        remedy = "one of them" if isinstance(root, (list, tuple)) else "loss, not loss.data"
        raise TypeError(
            f"{name} expected Values, got {type(root).__name__} {root!r}; pass {remedy}"
        )


def _inner_order(root: Value, zero: Any) -> tuple[list[Value], dict[Value, Any]]:
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


# -- the sweep ----------------------------------------------------------------------------------


def _sweep(root: Value, seed: Any) -> dict[Value, Any]:
    """The gradient of every node: the chain rule, from the root to the leaves."""
    zero = type(root.data)(0)
    order, gradient = _inner_order(root, zero)
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


def backward(root: Value, seed: Any) -> None:
    """Fill .grad of every node of the graph; what Value.backward does, and says."""
    gradient = _sweep(root, _seed(root, seed))
    for node, g in gradient.items():
        if node._a is None:
            node.grad += g
        else:
            node.grad = g


def _seed(root: Value, seed: Any) -> Any:
    """The seed as a plain number, as exact as the root."""
    number = _real_operand(seed)
    return type(root.data)(number) if number.__class__ is int else number


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
    found = _sweep(y, _seed(y, 1))
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


# -- the pass, told edge by edge ----------------------------------------------------------------


class Step:
    """One application of the chain rule: the gradient that goes along one edge.

    Attributes:
        number: 0 for the seed, then 1, 2, ..
        root: the node that is differentiated.
        node: the node whose gradient is passed on.
        edge: which of node.parents it goes to, an index; None for the seed.
        parent: the node whose gradient it adds to; None for the seed.
        upstream: the node's gradient.
        local: the partial along the edge.
        contribution: upstream * local.
        before: the parent's gradient before this step.
        after: and after it: before + contribution.
        text: the step as a formula, such as "dL/dw += dL/dy * dy/dw = 0.5 * 2.0 = 1.0".
        latex: the same for a typesetter.
    """

    __slots__ = (
        "_names",
        "after",
        "before",
        "contribution",
        "edge",
        "local",
        "node",
        "number",
        "parent",
        "root",
        "upstream",
    )

    def __init__(
        self,
        number: int,
        node: Value,
        edge: int | None,
        upstream: Any,
        local: Any,
        before: Any,
        root: Value,
        names: dict[Value, str],
    ) -> None:
        self.number = number
        self.node = node
        self.edge = edge
        self.parent = None if edge is None else node.parents[edge]
        self.upstream = upstream
        self.local = local
        self.contribution = upstream * local
        self.before = before
        self.after = before + self.contribution
        self.root = root
        self._names = names

    @property
    def text(self) -> str:
        root, node = self._names[self.root], self._names[self.node]
        if self.parent is None:
            return f"d{root}/d{root} = {self.after}"
        parent = self._names[self.parent]
        return (
            f"d{root}/d{parent} += d{root}/d{node} * d{node}/d{parent}"
            f" = {self.upstream} * {self.local} = {self.contribution}"
        )

    @property
    def latex(self) -> str:
        from .formulas import step_latex

        return step_latex(self, self._names)

    def __repr__(self) -> str:
        return f"Step({self.number}: {self.text})"


def backprop_steps(
    root: Value, order: Literal["topological", "depth_first"] = "topological"
) -> list[Step]:
    """The backward pass from `root` as a list of steps, one for each edge; touches no .grad.

    Args:
        root: the node to differentiate.
        order: "topological" is what backward() does. "depth_first" is the naive recursion that
            needs no order, passes gradients on before they are complete, and is wrong wherever a
            node is used twice: for seeing why the order matters.

    Returns:
        Step records. Step 0 is the seed, dL/dL = 1.

    Raises:
        AutogradError: the naive recursion takes more than 100,000 steps.

    >>> a = Value(1.0, "a")
    >>> b = a + a; b.label = "b"
    >>> c = b + b; c.label = "c"
    >>> for step in backprop_steps(c): print(step.text)
    dc/dc = 1.0
    dc/db += dc/dc * dc/db = 1.0 * 1.0 = 1.0
    dc/db += dc/dc * dc/db = 1.0 * 1.0 = 1.0
    dc/da += dc/db * db/da = 2.0 * 1.0 = 2.0
    dc/da += dc/db * db/da = 2.0 * 1.0 = 2.0
    >>> backprop_steps(c, order="depth_first")[-1].after
    6.0
    """
    if order not in ("topological", "depth_first"):
        raise ValueError(f"order is 'topological' or 'depth_first', got {order!r}")
    check_is_value(root, "backprop_steps")
    names = node_names(root)
    zero = type(root.data)(0)
    seed = type(root.data)(1)
    gradient: dict[Value, Any] = {root: seed}
    steps = [Step(0, root, None, seed, seed, zero, root, names)]

    def pass_on(node: Value, edge: int) -> Value:
        parent = node.parents[edge]
        upstream, before = gradient[node], gradient.get(parent, zero)
        step = Step(len(steps), node, edge, upstream, node.partials[edge], before, root, names)
        gradient[parent] = step.after
        steps.append(step)
        return parent

    if order == "topological":
        for node in reversed(_inner_order(root, zero)[0]):
            for edge in range(len(node.parents)):
                pass_on(node, edge)
        return steps

    path = [(root, iter(range(len(root.parents))))]
    while path:
        node, edges = path[-1]
        next_edge = next(edges, None)
        if next_edge is None:
            path.pop()
            continue
        if len(steps) > MAX_DEPTH_FIRST_STEPS:
            raise AutogradError(
                f"the depth-first recursion takes more than {MAX_DEPTH_FIRST_STEPS:,} steps on "
                f"this graph, one for every path; use order='topological', or a smaller graph"
            )
        parent = pass_on(node, next_edge)
        path.append((parent, iter(range(len(parent.parents)))))
    return steps


# -- looking at a graph, and running it again ---------------------------------------------------


def node_names(root: Value) -> dict[Value, str]:
    """A unique readable name for every node: its label, made unique; else v1, v2, ..

    >>> x = Value(2.0, "x")
    >>> list(node_names((x * x) + Value(1.0, "x")).values())
    ['x', 'v1', 'x_2', 'v2']
    """
    order = topological_order(root)
    for node in order:
        if node.label.__class__ is not str:
            raise TypeError(f"a label is a string, got {type(node.label).__name__} {node.label!r}")
    taken = {node.label for node in order}
    first: set[str] = set()
    names: dict[Value, str] = {}
    counts: dict[str, int] = {}
    for node in order:
        if node.label and node.label not in first:
            first.add(node.label)
            names[node] = node.label
            continue
        stem = f"{node.label}_" if node.label else "v"
        count = counts.get(stem, 1 if node.label else 0) + 1
        while f"{stem}{count}" in taken:
            count += 1
        counts[stem] = count
        names[node] = f"{stem}{count}"
        taken.add(names[node])
    return names


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
        fresh[node] = node if node.is_leaf else _again(node, fresh)
    return fresh[root]


def substitute(root: Value, replacements: dict[Value, Any]) -> Any:
    """The same graph with scalars in place of some nodes; what does not use them stays as it is."""
    fresh = dict(replacements)
    for node in topological_order(root):
        if node not in fresh and any(x in fresh for x in node.parents):
            fresh[node] = _again(node, fresh)
    return fresh.get(root, root)


def _again(node: Value, fresh: dict[Value, Any]) -> Any:
    """The node's operation on fresh operands."""
    operands = tuple(fresh.get(x, x) if isinstance(x, Value) else x for x in node.operands)
    result = node.op.apply(operands)
    if isinstance(result, Value):
        result.label = node.label
    return result


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
