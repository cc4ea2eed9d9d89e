"""The picture of a stepper: the graph as an SVG whose numbers can be changed.

Each node is a part, an element with the attribute data-part="node-3". So is its operation, op-3,
the edge from that to the node, edge-3, and the edge from its first operand, edge-3-0. The numbers
that change have the attribute data-number: "data" and "grad".

A model's neurons are cards, in which a weight's part is a row. If examples share cards, or not
every node has a place of its own, the picture is that of all values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from ..draw import render
from ..draw.cards import THICKEST, THINNEST, CardPicture, Place, names_of
from ..draw.leaves import Numbers
from ..draw.modules import homes, parameter_names, split
from ..draw.neurons import Cards, Neuron
from ..draw.tables import MOST, NEGATIVE, POSITIVE, SPACE
from ..graph import NodeGroup, check_fresh, topological_order
from ..palette import FONTS
from ..steps import Step
from ..text import exact, format_number
from ..value import Value
from .frames import Contents, gradients_after, taken

SVG = "http://www.w3.org/2000/svg"
TEXT, POLYGON, GROUP = (f"{{{SVG}}}{tag}" for tag in ("text", "polygon", "g"))
SIZE = 12  # of the type of cards
Spot = tuple[int, int]  # a text of a card: its row, and its cell


def picture_of(contents: Contents) -> str:
    """The graph as an SVG, with the gradients after the last frame.

    Its boxes have room for the gradients of all frames. The attribute data-part replaces Graphviz's
    ids, because a page may have several pictures with the same ids.
    """
    root, frames = contents.root, contents.frames
    order = topological_order(root)
    check_fresh(order)
    steps = taken(frames)
    room = _widest_gradients(steps)
    has_cards = contents.model is not None and not contents.groups
    drawn = _cards(root, contents.model, room) if has_cards else None
    drawn = _values(contents, room) if drawn is None else drawn
    gradients = gradients_after(steps)
    for part in drawn.iter(GROUP):
        for text in part.findall(f"{TEXT}[@data-number='grad']"):
            node = order[int(part.get("data-part", "").removeprefix("node-"))]
            text.text = format_number(gradients[node]) if node in gradients else "–"
            text.set("data-room", str(len(format_number(room.get(node, 0)))))  # characters
    for part in drawn.iter():
        part.tag = part.tag.split("}")[-1]
        for name in {"points", "d"} & set(part.attrib):
            part.set(name, re.sub(r"\d+\.\d\d+", lambda x: f"{float(x[0]):.1f}", part.attrib[name]))
        for name in ("id", "font-family", "{http://www.w3.org/XML/1998/namespace}space"):
            part.attrib.pop(name, None)
    drawn.set("xmlns", SVG)
    drawn.set("font-family", FONTS)
    return re.sub(r">\s+<", "><", ElementTree.tostring(drawn, encoding="unicode"))


def _widest_gradients(steps: Sequence[Step]) -> dict[Value, Any]:
    """For each node the gradient with the most characters, of all steps."""
    widest: dict[Value, Any] = {}
    for step in steps:
        node = step.node if step.parent is None else step.parent
        known = widest.get(node, step.after)
        widest[node] = max(known, step.after, key=lambda x: len(format_number(x)))
    return widest


def _read(svg: str | bytes) -> Element:
    """A picture of Graphviz's, without what is there for its tooltips; a page has its own style."""
    drawn = ElementTree.fromstring(svg)
    for style in drawn.findall(f"{{{SVG}}}style"):
        drawn.remove(style)
    for group in list(drawn.iter(GROUP)):
        for child in list(group):
            if child.tag == f"{{{SVG}}}title":
                group.remove(child)
            elif child.tag == GROUP and child.get("id", "").startswith("a_"):
                group.remove(child)
                group.extend(part for link in child for part in link)
    return drawn


def _hold_right(number: Element, which: str, right: float) -> None:
    """Align a number that changes at its right end."""
    number.set("data-number", which)
    number.set("text-anchor", "end")
    number.set("x", f"{right:.2f}")


def _right_of(box: Element) -> float:
    shapes = [*box.findall(POLYGON), *box.findall(f"{{{SVG}}}path")]  # a path has rounded corners
    points = shapes[0].get("points") or shapes[0].get("d") or ""
    return max(float(x) for x, _ in re.findall(r"(-?[\d.]+),(-?[\d.]+)", points))


# -- all values ---------------------------------------------------------------------------------


def _values(contents: Contents, gradients: Mapping[Value, Any]) -> Element:
    options = {"model": contents.model, "detail": "values", "max_nodes": None, "wrap": False}
    groups = [NodeGroup(part.label, part.nodes, folded=False) for part in contents.groups]
    drawn = _read(render(contents.root, **options, gradients=gradients, groups=groups))
    for group in drawn.iter(GROUP):
        name = group.get("id", "")
        if re.fullmatch(r"(node|op|edge|constant)-[\w-]+", name):
            group.set("data-part", name)
        if name.startswith("node-"):
            *_, data, _, gradient = group.findall(TEXT)
            right = _right_of(group) - 6.32
            data.set("data-number", "data")
            if data.get("y") != gradient.get("y"):
                _hold_right(data, "data", right)
            _hold_right(gradient, "grad", right)
    return drawn


# -- cards --------------------------------------------------------------------------------------


def _cards(root: Value, model: Any, gradients: Mapping[Value, Any]) -> Element | None:
    """The picture of cards; None if it has no place for some node, or two."""
    order = topological_order(root)
    parameters = parameter_names(model)
    inside = homes(order, {p: split(name)[0] for p, name in parameters.items()})
    cards = Cards(order, parameters, inside)
    numbers = Numbers(order, names_of(root, model), gradients)
    layout = CardPicture(root, cards, numbers, type(model).__name__, (), SIZE)
    graph = layout.picture("svg")
    places = [place for column in layout.columns for place in column if place.card]
    found = [(x, place, spots) for place in places for x, *spots in _nodes(place)]
    is_folded = any(len(column) > MOST for column in layout.columns)
    if is_folded or sorted(cards.index[x] for x, *_ in found) != list(range(len(order))):
        return None
    drawn = _read(graph.pipe())
    groups = {group.get("id", ""): group for group in drawn.iter(GROUP)}
    texts = {place.name: _texts(groups[place.name], place) for place in places}
    for x, place, spots in found:
        card, own = groups[place.name], texts[place.name]
        widths = layout.widths[place.column]
        for (k, j), which in zip(spots, ("data", "grad")):
            after = len(place.rows[k].texts) - 1 - j  # cells
            right = _right_of(card) - 1 - round(SPACE * SIZE)
            _hold_right(own[k, j], which, right - sum(widths[len(widths) - after :]))
        is_row = isinstance(_first(place), Neuron)
        row = [text for (k, _), text in own.items() if k == spots[0][0]]
        (_row(card, row) if is_row else card).set("data-part", f"node-{cards.index[x]}")
    for edge, sources in layout.edges.items():
        _name_edge(edge, sources, groups, texts, cards.index)
    drawn.set("data-lines", f"{THINNEST} {THICKEST} {POSITIVE['color']} {NEGATIVE['color']}")
    return drawn


def _first(place: Place) -> Any:
    return place.card.members[0] if place.card and len(place.card.members) == 1 else None


def _nodes(place: Place) -> Iterator[tuple[Value, Spot, Spot]]:
    """Each node of a card, and the places of its data and of its gradient."""
    first = _first(place)
    if isinstance(first, Value):
        rows = {row.kind: k for k, row in enumerate(place.rows)}
        yield first, (rows["y"], 1), (rows["grad"], 1)
    elif isinstance(first, Neuron):
        biases = iter(first.biases)
        for k, row in enumerate(place.rows):
            bias = next(biases) if row.kind == "bias" else None
            node = {"bias": bias, "z": first.z, "y": first.y}.get(row.kind, row.weight)
            if isinstance(node, Value):
                yield node, (k, 1), (k, 2)


def _texts(card: Element, place: Place) -> dict[Spot, Element]:
    spots = [(k, j) for k, row in enumerate(place.rows) for j, text in enumerate(row.texts) if text]
    return dict(zip(spots, card.findall(TEXT), strict=True))


def _row(card: Element, texts: Sequence[Element]) -> Element:
    """A row of a card as a part, with a box of its own."""
    outline = card.find(POLYGON)
    xs = re.findall(r"(-?[\d.]+),", "" if outline is None else outline.get("points", ""))
    left, right = min(map(float, xs)) + 2, max(map(float, xs)) - 2
    y = float(texts[0].get("y", ""))
    row = SubElement(card, GROUP, {"data-row": ""})
    box = f"{left},{y + 3.5} {left},{y - 11.5} {right},{y - 11.5} {right},{y + 3.5}"
    SubElement(row, POLYGON, {"points": box, "fill": "transparent", "stroke": "none"})
    for text in texts:
        card.remove(text)
        row.append(text)
    return row


def _name_edge(
    edge: tuple[Place, Place, int],
    sources: Sequence[Any],
    groups: Mapping[str, Element],
    texts: Mapping[str, Mapping[Spot, Element]],
    index: Mapping[Value, int],
) -> None:
    """Make an edge a part, together with the local derivative in the row where it ends. What it is
    wide and coloured by, a node or a number, is its data-weight."""
    tail, head, k = edge
    part, weight = groups[f"edge-{head.name}-{k}-{tail.name}"], head.rows[k].weight
    if weight is not None:
        part.set("data-weight", f"node-{index[weight]}" if weight in index else exact(weight))
    first = _first(head)
    node = first.z if isinstance(first, Neuron) else first
    operands = [j for j, x in enumerate(node.operands) if x is sources[0]]
    if not operands:  # a plain number
        return
    part.set("data-part", f"edge-{index[node]}-{operands[0]}")
    local = texts[head.name].get((k, 1)) if head.rows[k].kind == "local" else None
    if local is not None:
        groups[head.name].remove(local)
        groups["graph0"].remove(part)
        groups["graph0"].append(part)  # over the card
        part.append(local)
