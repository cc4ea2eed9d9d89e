"""The computation graph as a picture.

Every Value is a box with its name, its number and its gradient. In front of it is the operation
that made it, small and dark, and on the edges into the operation are the local derivatives: all the
numbers that the chain rule multiplies.

    x ─ 3 ─> (×) ──> v1        v1 = x * 3, so dv1/dx = 3
"""

from __future__ import annotations

from ..backprop import dependents
from ..errors import AutogradError
from ..graph import check_is_value, topological_order
from ..value import Value
from .boxes import SIDES, Drawing
from .modules import homes, parameter_names, split
from .sketch import sketch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal, overload

    import graphviz

    from .sketch import Detail


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

    The picture shows the numbers that the graph was built from, even where an optimizer has changed
    leaves since. If a leaf's number is not stored in the graph, as that of a weight of plain inputs
    is not, the box shows the present number under the caption "now".

    Args:
        root: the node to draw, with all it was made from.
        format: what .render() writes: "svg", "png", ..
        rankdir: the direction in which the graph grows; "LR" is from left to right.
        model: the model that the graph was made with: its neurons and layers are framed, and its
            parameters have the model's names. Any object with named_parameters().
        detail: the finest detail; with a model, "neurons" draws each neuron as one box, and
            "layers" each layer.
        max_nodes: the largest number of boxes for Values. A larger graph is drawn in less detail:
            with a model its neurons as boxes, then its layers; then what repeats itself only once;
            at last all nodes far from the root as one box. None for no limit.
        expand: whether to spell out every dot as its products and their sum.
        color: "kind" for leaves, parameters and the root; "gradient", darker for larger ones.
        highlight: a node; the paths from it to the root are highlighted.
        gradients: what to show as the nodes' gradients instead of their own .grad.

    Returns:
        A graphviz.Digraph. In the picture node-3 is the id of the fourth node in topological
        order, op-3 of its operation, edge-3 of the edge between them, edge-3-0 of the edge from
        its first operand, and constant-3-0 of that operand if it is a plain number. Boxes of
        several nodes are group-0, .., and a module's frame is module-layers.0.neurons.3.

    Raises:
        TypeError: `root` is not a Value, or `model` has no named_parameters().
        ValueError: an option has an unknown value, or needs a model.
        AutogradError: `root` was not made from `highlight`.

    >>> x = Value(2.0, "x")
    >>> picture = draw_dot(x * 3)
    >>> "n0 -> op1 [label=3" in picture.source
    True
    >>> picture.render("graph", cleanup=True)  # doctest: +SKIP
    'graph.svg'
    """
    if not isinstance(root, Value):
        remedy = "; draw one of them" if isinstance(root, (list, tuple)) else ""
        raise TypeError(f"a picture is of one Value, got {type(root).__name__}{remedy}")
    _check_option("rankdir", rankdir, SIDES)
    _check_option("detail", detail, ("values", "neurons", "layers"))
    _check_option("color", color, ("kind", "gradient"))
    if detail != "values" and model is None:
        raise ValueError(f"detail={detail!r} needs to know the model; write draw_dot(.., model=..)")
    if max_nodes is not None and max_nodes < 2:
        raise ValueError(f"max_nodes is at least 2, the root and the rest, got {max_nodes}")
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


if TYPE_CHECKING:

    @overload
    def render(root: Value, format: Literal["svg"] = "svg", **options: Any) -> str: ...
    @overload
    def render(root: Value, format: str, **options: Any) -> str | bytes: ...


def render(root: Value, format: str = "svg", **options: Any) -> str | bytes:
    """The picture itself: the text of an SVG, or the bytes of a PNG.

    Args:
        root: the node to draw.
        format: "svg", "png", "dot", or another format of the installed dot.
        options: of draw_dot.

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


def mimebundle(root: Value) -> dict[str, str]:
    """What a notebook shows: the picture, and the text for notebooks that are not trusted.

    If the picture cannot be drawn, the reason is added to the text.
    """
    from subprocess import SubprocessError

    text = repr(root)
    try:
        return {"image/svg+xml": render(root), "text/plain": text}
    except (AutogradError, ImportError, OSError, SubprocessError) as error:
        return {"text/plain": f"{text}\n({error})"}


def _check_option(name: str, given: Any, allowed: Any) -> None:
    if given not in allowed:
        *most, last = map(repr, allowed)
        raise ValueError(f"{name} is {', '.join(most)} or {last}, got {given!r}")


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
