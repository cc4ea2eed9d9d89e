"""A compiled program as a picture: the scalar graph of one example, and the arrays made of it.

The scalars of an array share a frame, in which the first few of them are drawn. The arrays are in
two columns. The forward pass goes down and the backward pass up, so that a gradient is about as
high as its array.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ..draw.labels import escaped, tooltip
from ..draw.program import FRAME, look, new_picture
from ..palette import BACKWARD, INK, MUTED, QUIET
from ..text import shortened
from .listing import Line

FIRST = 2  # elements of an array that are drawn; ".." stands for the others
WIDTH = 36  # characters of code in a row of a box
MOST = 40  # arrays; in a larger program each frame of scalars is drawn as one box

KINDS = {
    "input": look("leaf", shape="box"),
    "parameter": look("parameter", shape="note"),
    "constant": look("many", shape="box"),
    "forward": look("intermediate", "rounded,filled", shape="box"),
    "backward": look("gradient", "rounded,filled", shape="box"),
}
OTHERS = {"style": "dashed", "color": MUTED}  # edges of elements that are not drawn
COLUMN = {"labelloc": "b", "style": "solid", "color": MUTED, "fontcolor": INK, "fontsize": "15"}


def draw_arrays(
    lines: Sequence[Line],
    made_of: Mapping[int, set[int]],
    loss: set[int],
    format: str,
    rankdir: str,
    scalars: bool,
) -> Any:
    """The picture of a program, as a graphviz.Digraph.

    Args:
        lines: its arguments and lines.
        made_of: for each element, a scalar node, those that it is made of.
        loss: the elements that an example's loss is made of, unless it is one itself.
        format: what .render() writes.
        rankdir: the direction of the forward pass.
        scalars: whether to draw the scalar graph as well.
    """
    picture = new_picture(
        format,
        # another pass over crossings would change the order inside frames
        graph={"rankdir": rankdir, "nodesep": "0.18", "ranksep": "0.4", "newrank": "true"}
        | {"remincross": "false"},
        node={"fontcolor": INK, "width": "0", "height": "0", "margin": "0.09,0.05"},
        edge={"color": QUIET, "arrowsize": "0.6"},
    )
    elements = _draw_scalars(picture, lines, made_of, loss) if scalars else {}
    _draw_lines(picture, lines)
    names = {line.name for line in lines}
    for line in lines:  # the elements of an array, the array and its gradient at one height
        if line.kind == "forward":
            row = [f"array-{x}" for x in (line.name, f"d{line.name}") if x in names]
            _same_rank(picture, [*row[:1], *elements.get(line.name, ()), *row[1:]])
    return picture


def _same_rank(graph: Any, names: Sequence[str]) -> None:
    if len(names) > 1:
        with graph.subgraph() as row:
            row.attr(rank="same")
            for name in names:
                row.node(name)


def _draw_lines(picture: Any, lines: Sequence[Line]) -> None:
    of = {line.name: line for line in lines}
    read = {name for line in lines for name in line.reads}
    columns = {"forward": "the arrays of all examples: forward", "backward": "backward"}
    for column, title in columns.items():
        members = [x for x in lines if (x.kind == "backward") == (column == "backward")]
        members = [x for x in members if x.code or x.name in read]
        if not members:
            continue
        with picture.subgraph(name=f"cluster_{column}") as frame:
            frame.attr(label=title, **COLUMN)
            for line in members:
                hint = tooltip(shortened(line.code or line.name, 400))
                frame.node(f"array-{line.name}", _label(line), tooltip=hint, **KINDS[line.kind])
    for line in lines:
        for name in line.reads:
            ends = [f"array-{name}", f"array-{line.name}"]
            common = {"id": f"reads-{line.name}-{name}", "tooltip": f"{line.name} reads {name}"}
            if line.kind == "backward" and of[name].kind == "backward":
                picture.edge(*reversed(ends), dir="back", color=BACKWARD, **common)
            elif line.kind == "backward":
                picture.edge(*ends, constraint="false", color=MUTED, **common)
            else:
                picture.edge(*ends, **common)


def _label(line: Line) -> str:
    """The text of a box, left-aligned: name and shape, then the code."""
    rows = [f"{line.name} {line.sizes()}"]
    if line.code:
        for text in line.code.splitlines():
            text = text.removeprefix(f"{line.name} = ")
            rows += textwrap.wrap(text, WIDTH, break_long_words=False, subsequent_indent="  ")
    return "".join(f"{escaped(row)}\\l" for row in rows)


def _draw_scalars(
    picture: Any, lines: Sequence[Line], made_of: Mapping[int, set[int]], loss: set[int]
) -> dict[str, list[str]]:
    """Draw the scalar graph. Returns the nodes that are drawn for each array."""
    members: dict[str, list[int]] = {}  # a scalar of several arrays is drawn in the first
    owner: dict[int, str] = {}
    for line in lines:
        if line.kind != "backward" and line.scalars is not None:
            nodes = dict.fromkeys(line.scalars.ravel().tolist())
            mine = [node for node in nodes if node >= 0 and node not in owner]
            owner.update(dict.fromkeys(mine, line.name))
            if mine:
                members[line.name] = mine
    first = FIRST if len(members) <= MOST else 0
    shown: set[int] = set()
    for mine in members.values():
        shown.update(mine if first and len(mine) <= first + 1 else mine[:first])
    drawn: dict[str, list[str]] = {}
    with picture.subgraph(name="cluster_scalars") as column:
        column.attr(label="the scalars of one example", **COLUMN)
        for line in lines:
            if line.name in members:
                drawn[line.name] = _draw_elements(column, line, members[line.name], shown)
        if loss:
            column.node("each", "loss of the example", **KINDS["forward"], peripheries="2")
    edges: dict[tuple[str, str], bool] = {}

    def end(node: int) -> str:
        return f"s{node}" if node in shown else f"r_{owner[node]}"

    for node, name in owner.items():
        for x in made_of[node]:
            if owner[x] != name and (node in shown or x not in shown):
                edges[end(x), end(node)] = x in shown and node in shown
    for x in loss:
        edges[end(x), "each"] = x in shown
    for ends, is_one in edges.items():
        picture.edge(*ends, **({} if is_one else OTHERS))
    return drawn


def _draw_elements(
    column: Any, line: Line, nodes: Sequence[int], shown: Collection[int]
) -> list[str]:
    """Draw a frame around the elements of an array. Returns what is drawn in it, left to right."""
    positions = {node: i for i, node in reversed(list(enumerate(line.scalars.ravel().tolist())))}
    elements = [node for node in nodes if node in shown]
    rest = f"r_{line.name}"
    what = escaped(f"{line.name}: {len(nodes):,} scalar{'s' * (len(nodes) != 1)}")
    if not elements:
        column.node(rest, what, **{**KINDS[line.kind], "shape": "box3d"})
        return [rest]
    names = [f"s{node}" for node in elements]
    with column.subgraph(name=f"cluster_elements_{line.name}") as frame:
        frame.attr(label="", **FRAME)
        # the caption is the first of the row, where no edge passes over it
        frame.node(f"c_{line.name}", what, shape="plaintext", fontsize="11", fontcolor=QUIET)
        for name, node in zip(names, elements):
            frame.node(name, escaped(line.element(positions[node])), **KINDS[line.kind])
        if len(elements) < len(nodes):
            names.append(rest)
            frame.node(rest, f".. {len(nodes):,}", shape="plaintext", fontcolor=QUIET)
        row = [f"c_{line.name}", *names]
        _same_rank(frame, row)
        for pair in pairwise(row):  # which keep them in this order
            frame.edge(*pair, style="invis")
    return names
