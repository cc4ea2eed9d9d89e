"""The backward pass, step by step: one record for each application of the chain rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from . import primitives
from .errors import AutogradError
from .formulas import Names, applied, numeral
from .graph import check_is_value, node_names
from .signs import edge_latex, edge_text, total, total_text
from .sweep import inner_order
from .value import Value

MAX_DEPTH_FIRST_STEPS = 100_000


@dataclass(slots=True, eq=False, repr=False)
class Step:
    """One application of the chain rule: a gradient is passed on along one edge.

    Attributes:
        number: 0 for the seed, then 1, 2, ..
        root: the node that is differentiated.
        node: the node whose gradient is passed on.
        edge: the index in node.parents of the node it is passed to; None for the seed.
        parent: that node; None for the seed.
        upstream: the node's gradient.
        local: the partial along the edge.
        contribution: upstream * local.
        before: the parent's gradient before this step.
        after: the parent's gradient after this step, before + contribution.
        names: the names of all nodes.
        text: the step as a formula, "grad(w) += grad(y) * d([w] * x)/d[w] = 0.5 * 2.0 = 1.0".
        latex: the same in LaTeX.
    """

    number: int
    root: Value
    node: Value
    edge: int | None
    upstream: Any
    local: Any
    before: Any
    names: Names

    @property
    def parent(self) -> Value | None:
        return None if self.edge is None else self.node.parents[self.edge]

    @property
    def contribution(self) -> Any:
        return self.upstream * self.local

    @property
    def after(self) -> Any:
        return self.before + self.contribution

    @property
    def text(self) -> str:
        node = self.names[self.node]
        if self.edge is None:
            return f"{total_text(node)} = {self.after}"
        parent = self.names[self.node.parents[self.edge]]
        local = edge_text(self.node, self.edge, self.names)
        return (
            f"{total_text(parent)} += {total_text(node)} * {local}"
            f" = {self.upstream} * {self.local} = {self.contribution}"
        )

    @property
    def latex(self) -> str:
        names = self.names.latex
        node = total(names[self.node])
        if self.edge is None:
            return f"{node} = {numeral(self.after)}"
        factors = (numeral(self.upstream), numeral(self.local))
        return (
            rf"{total(names[self.node.parents[self.edge]])} \mathrel{{+}}= "
            rf"{node} \cdot {edge_latex(self.node, self.edge, self.names)} = "
            rf"{applied(primitives.multiply, factors)} = {numeral(self.contribution)}"
        )

    def __repr__(self) -> str:
        return f"Step({self.number}: {self.text})"


def backprop_steps(
    root: Value,
    order: Literal["topological", "depth_first"] = "topological",
    names: Mapping[Value, str] | None = None,
) -> list[Step]:
    """The backward pass from `root` as a list of steps, one for each edge; changes no .grad.

    The numbers are those that the graph was built from, even if a leaf has changed since.

    Args:
        root: the node to differentiate.
        order: "topological" is what backward() does. "depth_first" is the naive recursion. It
            passes gradients on before they are complete, and so is wrong if a node is used twice:
            it shows why the order matters.
        names: the names of all nodes in the steps' formulas; by default node_names(root). With a
            model, autograd_mini.draw.names_of(root, model) are those of its cards and pages.

    Returns:
        Step records. Step 0 is the seed, grad(root) = 1.

    Raises:
        TypeError: `root` is not a Value.
        ValueError: the order is unknown.
        AutogradError: the naive recursion takes more than 100,000 steps.

    >>> from autograd_mini import Value
    >>> a = Value(1.0, "a")
    >>> b = a + a; b.label = "b"
    >>> c = b + b; c.label = "c"
    >>> for step in backprop_steps(c): print(step.text)
    grad(c) = 1.0
    grad(b) += grad(c) * d([b] + b)/d[b] = 1.0 * 1.0 = 1.0
    grad(b) += grad(c) * d(b + [b])/d[b] = 1.0 * 1.0 = 1.0
    grad(a) += grad(b) * d([a] + a)/d[a] = 2.0 * 1.0 = 2.0
    grad(a) += grad(b) * d(a + [a])/d[a] = 2.0 * 1.0 = 2.0
    >>> backprop_steps(c, order="depth_first")[-1].after
    6.0
    """
    if order not in ("topological", "depth_first"):
        raise ValueError(f"order must be 'topological' or 'depth_first', got {order!r}")
    check_is_value(root, "backprop_steps")
    named = Names(node_names(root) if names is None else names)
    zero, seed = type(root.data)(0), type(root.data)(1)
    gradient: dict[Value, Any] = {root: seed}
    steps = [Step(0, root, root, None, seed, seed, zero, named)]

    for node, edge in _by_order(root) if order == "topological" else _by_depth(root):
        parent = node.parents[edge]
        upstream, before = gradient[node], gradient.get(parent, zero)
        step = Step(len(steps), root, node, edge, upstream, node.partials[edge], before, named)
        gradient[parent] = step.after
        steps.append(step)
    return steps


def _edges(node: Value) -> list[tuple[Value, int]]:
    return [(node, k) for k in range(len(node.parents))]


def _by_order(root: Value) -> Iterator[tuple[Value, int]]:
    """Every edge once, each after all edges to its node."""
    for node in reversed(inner_order([root], None)[0]):
        yield from _edges(node)


def _by_depth(root: Value) -> Iterator[tuple[Value, int]]:
    """The edges in the order of the naive recursion, one step for every path."""
    pending = _edges(root)[::-1]
    for _ in range(MAX_DEPTH_FIRST_STEPS):
        if not pending:
            return
        node, k = pending.pop()
        yield node, k
        pending += reversed(_edges(node.parents[k]))
    if pending:
        raise AutogradError(
            f"the depth-first recursion takes more than {MAX_DEPTH_FIRST_STEPS:,} steps on this "
            "graph, one for every path; use order='topological', or a smaller graph"
        )
