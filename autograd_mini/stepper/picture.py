"""The picture of a stepper: the graph as an SVG whose numbers can be changed.

Each node is a part, an element with the attribute data-part="node-3". So is its operation, op-3,
the edge from that to the node, edge-3, and the edge from its first operand, edge-3-0. The numbers
that change have the attribute data-number: "data" and "grad".

A model's neurons are cards, in which a weight's part is a row, or one for each card that it is in.
What has no place of its own, such as the neurons that a count stands for, is in the attribute
data-also of a part.
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
from ..draw.neurons import cards_of
from ..draw.tables import MOST, NEGATIVE, POSITIVE, SHOWN, SPACE
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
    drawn = _cards(root, contents.model, room) if has_cards else _values(contents, room)
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


def _cards(root: Value, model: Any, gradients: Mapping[Value, Any]) -> Element:
    cards = cards_of(topological_order(root), model)
    cards.fold(MOST, SHOWN)
    numbers = Numbers(cards.order, names_of(root, model), gradients)
    layout = CardPicture(root, cards, numbers, type(model).__name__, (), SIZE)
    drawn = _read(layout.picture("svg").pipe())
    groups = {group.get("id", ""): group for group in drawn.iter(GROUP)}
    texts: dict[str, dict[Spot, Element]] = {}
    parts: dict[Value, Element] = {}
    for place in (place for column in layout.columns for place in column if place.card):
        texts[place.name] = own = _texts(groups[place.name], place)
        for x, part in _parts(groups[place.name], place, own, layout.widths[place.column]):
            if x in cards.index:
                parts[x] = part
                _name(part, f"node-{cards.index[x]}")
    user = {x: node for node in cards.order for x in node.parents}
    for node in reversed(cards.order):  # what has no place is where it is used
        if node not in parts:
            parts[node] = parts[user[node]]
            _name(parts[node], f"node-{cards.index[node]}")
    for edge, sources in layout.edges.items():
        _name_edge(edge, sources, groups, texts, cards.index)
    drawn.set("data-lines", f"{THINNEST} {THICKEST} {POSITIVE['color']} {NEGATIVE['color']}")
    return drawn


def _texts(card: Element, place: Place) -> dict[Spot, Element]:
    spots = [(k, j) for k, row in enumerate(place.rows) for j, text in enumerate(row.texts) if text]
    return dict(zip(spots, card.findall(TEXT), strict=True))


def _name(part: Element, name: str) -> None:
    """Make an element a part, also one of this name."""
    key = "data-also" if part.get("data-part") else "data-part"
    part.set(key, f"{part.get(key, '')} {name}".strip())


def _parts(
    card: Element, place: Place, texts: Mapping[Spot, Element], widths: Sequence[float]
) -> Iterator[tuple[Any, Element]]:
    """The nodes of a card and their parts: a value's is the card, others are cells of a row."""

    def right(k: int, j: int) -> float:
        after = len(place.rows[k].texts) - 1 - j  # cells
        return _right_of(card) - 1 - round(SPACE * SIZE) - sum(widths[len(widths) - after :])

    members = place.card.members if place.card else []
    if len(members) == 1 and isinstance(members[0], Value):
        for k, row in enumerate(place.rows):
            if row.kind in ("y", "grad"):
                _hold_right(texts[k, 1], "data" if row.kind == "y" else "grad", right(k, 1))
        yield members[0], card
    for k, row in enumerate(place.rows):
        nodes = [x for x in row.nodes if isinstance(x, Value)]
        for j, x in zip(range(1, len(row.texts), 2), nodes):
            shown = [texts[k, i] for i in ([0] * (j == 1) + [j, j + 1])]
            for text, which in zip(shown[-2:], ("data", "grad")):
                _hold_right(text, which, right(k, j + (which == "grad")))
            start = right(k, j - 1) if j > 1 else None
            yield x, _row(card, shown, start, right(k, j + 1) if x is not nodes[-1] else None)
        if row.hidden:
            part = _row(card, [texts[k, 0]])
            yield from ((x, part) for x in row.hidden)


def _row(
    card: Element, texts: Sequence[Element], left: float | None = None, right: float | None = None
) -> Element:
    """Cells of a row as a part, with a box of its own."""
    outline = card.find(POLYGON)
    xs = re.findall(r"(-?[\d.]+),", "" if outline is None else outline.get("points", ""))
    left = min(map(float, xs)) + 2 if left is None else left + SPACE * SIZE
    right = max(map(float, xs)) - 2 if right is None else right + SPACE * SIZE
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
    part, row = groups[f"edge-{head.name}-{k}-{tail.name}"], head.rows[k]
    for weight in row.nodes:
        part.set("data-weight", f"node-{index[weight]}" if weight in index else exact(weight))
    names = [
        f"edge-{index[node]}-{j}"
        for node in (head.card.nodes if head.card else ())
        if isinstance(node, Value)
        for j, x in enumerate(node.operands)
        if x in sources
    ]
    if not isinstance(sources[0], Value):
        return
    for name in names:
        _name(part, name)
    local = texts[head.name].get((k, 1)) if row.kind == "local" else None
    if local is not None:
        groups[head.name].remove(local)
        groups["graph0"].remove(part)
        groups["graph0"].append(part)  # over the card
        part.append(local)
