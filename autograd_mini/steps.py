"""The backward pass, step by step: one record for each application of the chain rule."""

from __future__ import annotations

from .errors import AutogradError
from .formulas import step_latex
from .graph import check_is_value, node_names
from .sweep import inner_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from .value import Value

MAX_DEPTH_FIRST_STEPS = 100_000


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

    >>> from autograd_mini import Value
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
        for node in reversed(inner_order([root], zero)[0]):
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
