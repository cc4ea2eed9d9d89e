"""The computation graph as a picture.

Every Value is a box with its name, its number and its gradient. In front of it is the operation
that made it, small and dark. On the edges into the operation are the local derivatives: these are
the numbers that the chain rule multiplies.

    x ─ 3 ─> (×) ──> y         y = x * 3, so d([x] * 3)/d[x] = 3
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from subprocess import SubprocessError
from typing import TYPE_CHECKING, Any, Literal

from ..backprop import dependents
from ..errors import AutogradError
from ..graph import NodeGroup, check_is_value, topological_order
from ..palette import GradientScale
from ..value import Value
from .boxes import SIDES, Drawing
from .cards import CardPicture, names_of
from .leaves import Numbers
from .modules import Path, homes, parameter_names, split
from .neurons import cards_of
from .sketch import sketch
from .tables import MOST, SHOWN

if TYPE_CHECKING:
    import graphviz

Detail = Literal["values", "neurons", "layers"]
HIDEABLE = ("bias", "constants", "grad", "local", "z")


def draw_dot(
    root: Value,
    format: str = "svg",
    rankdir: Literal["LR", "TB", "RL", "BT"] = "LR",
    *,
    model: Any = None,
    detail: Detail | None = None,
    max_nodes: int | None = 300,
    expand: bool = False,
    color: Literal["kind", "gradient"] = "kind",
    highlight: Value | None = None,
    gradients: Mapping[Value, Any] | None = None,
    hide: Collection[str] = (),
    font_size: float = 12,
    groups: Sequence[NodeGroup] = (),
    wrap: bool = True,
) -> graphviz.Digraph:
    """The graph that made `root`, as a Graphviz picture; a notebook shows it.

    The picture shows the numbers that the graph was built from, even if an optimizer has changed
    the leaves since. If the graph does not store a leaf's old number, the box shows the present
    number with the caption "now". This is so for weights that are multiplied by plain numbers.

    Args:
        root: the node to draw, with all that it was made from.
        format: what .render() writes: "svg", "png", ..
        rankdir: the direction in which the graph grows; "LR" is from left to right. Cards of
            neurons always do.
        model: the model that the graph was made with, any object with named_parameters().
        detail: what has a box. "values": every Value, and the local derivatives are on the edges;
            a model's neurons and layers are framed. "neurons", for a model: a card for each neuron,
            with its weights, its sum z and its output; examples share cards. "layers": a card for
            each layer, with shapes and norms. By default neurons with a model, else values, but
            with a card for each dot and fsum.
        max_nodes: the largest number of boxes, None for no limit. A larger graph is drawn in less
            detail: layers instead of neurons; parts that repeat are drawn once; at last all nodes
            far from the root become one box. Of a layer of more than 12 neurons some have cards,
            and what is wider than a page has several lines.
        expand: whether to spell out every dot as its products and their sum.
        color: "kind" for leaves, parameters and the root; "gradient", darker for larger ones.
        highlight: a node; the paths from it to the root are highlighted.
        gradients: what to show as the nodes' gradients instead of their own .grad.
        hide: what to leave out: "grad", "local" (derivatives), "constants", "bias", "z".
        font_size: the size of type, in points; cards and boxes grow with it.
        groups: parts of the graph, made by group(), to frame or to draw as one box each. One may
            be inside another. Leaves that a group alone uses are drawn in it.
        wrap: whether what is wider than a page, 180 times the size of type, has several lines. What
            is used in a later line has a small box there, dashed, with its name.

    Returns:
        A graphviz.Digraph. The ids in the picture: node-3 is the fourth node in topological order,
        op-3 its operation, and edge-3 the edge between them. edge-3-0 is the edge from its first
        operand. Boxes of several nodes are group-0, .., and a module's frame is
        module-layers.0.neurons.3. A neuron's card is neuron-3 if its sum is the fourth node; the
        rows of a card have the ports r0, r1, ..

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
    _check_option("detail", detail, (None, "values", "neurons", "layers"))
    _check_option("color", color, ("kind", "gradient"))
    if detail in ("neurons", "layers") and model is None:
        raise ValueError(f"detail={detail!r} needs a model; write draw_dot(.., model=..)")
    for part in hide:
        _check_option("hide", part, HIDEABLE)
    if max_nodes is not None and max_nodes < 2:
        raise ValueError(f"max_nodes must be at least 2 (the root, the rest), got {max_nodes}")
    order = topological_order(root)
    named = {} if model is None else parameter_names(model)
    modules = homes(order, {p: split(name)[0] for p, name in named.items()}) if named else {}
    path = None if highlight is None else _paths(root, order, highlight)
    numbers = Numbers(order, names_of(root, model), gradients)
    scale = None
    if color == "gradient":
        scale = GradientScale(numbers.gradients(order))
    lists = detail is None
    if (expand or groups) and detail is None:
        detail = "values"
    if detail != "values" and model is not None:
        for less in [True] if detail == "layers" else [False, True]:
            cards = cards_of(order, model)
            cards.by_layer() if less else cards.fold(MOST, SHOWN)
            if max_nodes is None or len(cards.cards) <= max_nodes:
                picture = CardPicture(root, cards, numbers, type(model).__name__, hide, font_size)
                picture.scale, picture.path = scale, path
                return picture.picture(format)
    frames, folded = _frames(order, groups)
    drawn = sketch(order, modules | frames, max_nodes, folded)
    drawing = Drawing(
        root,
        drawn,
        named,
        "" if model is None else type(model).__name__,
        numbers,
        path,
        highlight,
        hide,
        font_size,
        lists=lists,
        wrap=wrap,
    )
    if expand:
        drawing.expand(max_nodes)
    drawing.scale = scale
    return drawing.picture(format, rankdir)


def _frames(
    order: Sequence[Value], groups: Sequence[NodeGroup]
) -> tuple[dict[Value, Path], dict[str, list[int]]]:
    """The frames of each node, from the largest to the smallest; and the nodes to fold."""
    users: dict[Value, set[Value]] = {}
    for node in order:
        for x in node.parents:
            users.setdefault(x, set()).add(node)
    homes: dict[Value, Path] = {}
    folded: dict[str, list[int]] = {}
    for part in sorted(groups, key=lambda g: -len(g.nodes)):
        own = [x.is_leaf and users.get(x, set()) <= part.nodes for x in order]
        inside = [i for i, x in enumerate(order) if x in part.nodes or (own[i] and x in users)]
        around = {homes.get(order[i], ()) for i in inside} or {()}
        if len(around) > 1:
            raise AutogradError(
                f"groups may be inside each other, but {part.label!r} is inside and outside of "
                "another one; leave one of them out"
            )
        if part.folded:
            folded[part.label] = inside
        else:
            path = (*around.pop(), part.label)
            homes |= {order[i]: path for i in inside}
    return homes, folded


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
    """What a notebook shows: the picture, for front ends that trust it and for others; and a text.

    If the picture cannot be drawn, the text says why.
    """
    text = repr(root)
    try:
        return {**draw_dot(root).shown(), "text/plain": text}
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
