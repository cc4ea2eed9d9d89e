"""The computation graph as a picture.

Every Value is a box with its name, its number and its gradient. In front of it is the operation
that made it, small and dark. On the edges into the operation are the local derivatives: these are
the numbers that the chain rule multiplies.

    x ─ 3 ─> (×) ──> v1        v1 = x * 3, so dv1/dx = 3
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from subprocess import SubprocessError
from typing import TYPE_CHECKING, Any, Literal

from ..backprop import dependents
from ..errors import AutogradError
from ..graph import check_is_value, topological_order
from ..value import Value
from .boxes import SIDES, Drawing
from .modules import homes, parameter_names, split
from .sketch import Detail, sketch

if TYPE_CHECKING:
    import graphviz


def draw_dot(
    root: Value,
    format: str = "svg",
    rankdir: Literal["LR", "TB", "RL", "BT"] = "LR",
    *,
    model: Any = None,
    detail: Detail = "values",
    max_nodes: int | None = 300,
    expand: bool = False,
    color: Literal["kind", "gradient"] = "kind",
    highlight: Value | None = None,
    gradients: Mapping[Value, Any] | None = None,
) -> graphviz.Digraph:
    """The graph that made `root`, as a Graphviz picture; a notebook shows it.

    The picture shows the numbers that the graph was built from, even if an optimizer has changed
    the leaves since. If the graph does not store a leaf's old number, the box shows the present
    number with the caption "now". This is so for weights that are multiplied by plain numbers.

    Args:
        root: the node to draw, with all that it was made from.
        format: what .render() writes: "svg", "png", ..
        rankdir: the direction in which the graph grows; "LR" is from left to right.
        model: the model that the graph was made with, any object with named_parameters(). Its
            neurons and layers are framed, and its parameters have the model's names.
        detail: the finest detail. With a model, "neurons" draws each neuron as one box, and
            "layers" each layer.
        max_nodes: the largest number of boxes for Values, None for no limit. A larger graph is
            drawn in less detail: neurons, then layers become boxes; then parts that repeat are
            drawn once; at last all nodes far from the root become one box.
        expand: whether to spell out every dot as its products and their sum.
        color: "kind" for leaves, parameters and the root; "gradient", darker for larger ones.
        highlight: a node; the paths from it to the root are highlighted.
        gradients: what to show as the nodes' gradients instead of their own .grad.

    Returns:
        A graphviz.Digraph. The ids in the picture: node-3 is the fourth node in topological order,
        op-3 its operation, and edge-3 the edge between them. edge-3-0 is the edge from its first
        operand, and constant-3-0 is that operand if it is a plain number. Boxes of several nodes
        are group-0, .., and a module's frame is module-layers.0.neurons.3.

    Raises:
        TypeError: `root` is not a Value, or `model` has no named_parameters().
        ValueError: an option has an unknown value, or needs a model.
        AutogradError: `root` was not made from `highlight`.

    >>> x = Value(2.0, "x")
    >>> picture = draw_dot(x * 3)
    >>> '"node-0" -> "op-1" [label=3' in picture.source
    True
    >>> picture.render("graph", cleanup=True)  # doctest: +SKIP
    'graph.svg'
    """
    if not isinstance(root, Value):
        remedy = "; draw one of them" if isinstance(root, (list, tuple)) else ""
        raise TypeError(f"draw_dot expected one Value, got {type(root).__name__}{remedy}")
    _check_option("rankdir", rankdir, SIDES)
    _check_option("detail", detail, ("values", "neurons", "layers"))
    _check_option("color", color, ("kind", "gradient"))
    if detail != "values" and model is None:
        raise ValueError(f"detail={detail!r} needs a model; write draw_dot(.., model=..)")
    if max_nodes is not None and max_nodes < 2:
        raise ValueError(f"max_nodes must be at least 2 (the root, the rest), got {max_nodes}")
    order = topological_order(root)
    named = {} if model is None else parameter_names(model)
    modules = homes(order, {p: split(name)[0] for p, name in named.items()}) if named else {}
    drawn = sketch(order, modules, detail, max_nodes)
    path = None if highlight is None else _paths(root, order, highlight)
    drawing = Drawing(root, drawn, named, type(model).__name__, gradients, path, highlight)
    if expand:
        drawing.expand(max_nodes)
    if color == "gradient":
        drawing.color_by_gradient()
    return drawing.picture(format, rankdir)


def render(root: Value, format: str = "svg", **options: Any) -> str | bytes:
    """The picture itself: the text of an SVG, or the bytes of a PNG.

    Args:
        root: the node to draw.
        format: "svg", "png", "dot", or another format of the installed dot.
        options: those of draw_dot.

    Raises:
        AutogradError: there is no dot, or it cannot write that format.

    >>> x = Value(2.0, "x")
    >>> render(x * x)[:4]
    '<svg'
    """
    drawn: bytes = draw_dot(root, format=format, **options).pipe()
    if format == "svg":
        # without the XML prologue, which HTML does not allow
        return drawn[drawn.index(b"<svg") :].decode()
    return drawn.decode() if format == "dot" else drawn


def mimebundle(root: Value) -> dict[str, Any]:
    """What a notebook shows: the picture, and the text for notebooks that are not trusted.

    If the picture cannot be drawn, the text says why.
    """
    text = repr(root)
    try:
        return {"image/svg+xml": render(root), "text/plain": text}
    except (AutogradError, ImportError, OSError, SubprocessError) as error:
        return {"text/plain": f"{text}\n({error})"}


def _check_option(name: str, given: Any, allowed: Any) -> None:
    if given not in allowed:
        *most, last = map(repr, allowed)
        raise ValueError(f"{name} must be {', '.join(most)} or {last}, got {given!r}")


def _paths(root: Value, order: Sequence[Value], start: Value) -> set[Value]:
    """The nodes on a path from `start` to the root, both included."""
    check_is_value(start, "highlight")
    _, path = dependents(order, [start])
    if root not in path:
        raise AutogradError(
            f"highlight expected a node that the root was made from, got {start!r}; "
            "pass one of topological_order(root)"
        )
    return path
