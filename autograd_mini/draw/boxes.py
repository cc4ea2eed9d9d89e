"""The boxes of a graph, and the edges between them, in Graphviz's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..palette import BACKWARD, INK, KINDS, MUTED, PAPER, QUIET, GradientScale, ink_on
from ..primitives import dot, fsum
from ..signs import edge_text
from ..sweep import pass_back
from ..text import exact, format_number, format_range, shortened
from ..value import Value
from .labels import (
    escaped,
    legend,
    operation_on,
    operation_sign,
    operation_text,
    scale_row,
    sign,
    text_width,
    tooltip,
)
from .leaves import Numbers
from .modules import Path
from .program import FRAME, look, new_picture
from .sketch import Group, Sketch, lines
from .tables import MOST, SHOWN, WIDEST, Row, cell_widths, sign_style, table, visible

# Leaf, parameter, intermediate, root and group differ in outline as well as in colour.
BOXES = {
    "leaf": look("leaf", shape="box"),
    "parameter": look("parameter", shape="note"),
    "intermediate": look("intermediate", "rounded,filled", shape="box"),
    "many": look("many", shape="box"),
}
MANY = {"shape": "box3d", "margin": "0.08,0.07"}
ROOT = look("root", peripheries="2")
SIGN = look("operation", shape="circle", fixedsize="true", fontcolor=PAPER)
WORD = look("operation", "rounded,filled", shape="box", margin="0.1,0.02", fontcolor=PAPER)
ON_PATH = {"penwidth": "3", "color": BACKWARD}
OFF_PATH = {"color": MUTED}

AGAIN = {"style": "rounded,dashed", "color": QUIET, "shape": "box", "margin": "0.06,0.03"}
CROWD = 8  # an operation with more edges than this gets more room, and flat boxes for its leaves
Ends = tuple[str, str]  # the boxes that an edge goes from and to
SIDES = {"LR": "e", "RL": "w", "TB": "s", "BT": "n"}  # where edges leave a box


class Box(NamedTuple):
    """The content of a box."""

    title: str
    data: Sequence[Any]  # if there are several, the least and the greatest are shown
    gradients: Sequence[Any]
    lines: Sequence[str] = ()  # under the title
    hint: str = ""  # the tooltip
    quiet: bool = False  # for a title that the user did not choose
    flat: bool = False  # data and gradient to the right of the title, not below it
    now: bool = False  # the data may differ from what the graph was built from

    def label(self, ink: str, soft: str, backward: str, size: float, hide: Collection[str]) -> str:
        """The content as Graphviz's HTML, in three colours: of text, of captions, of gradients."""

        def caption(text: str) -> str:
            return f'<FONT POINT-SIZE="{size / 1.2:g}" COLOR="{soft}">{text}</FONT>'

        title = escaped(shortened(self.title, 40)) or " "
        style, colour = ("I", soft) if self.quiet else ("B", ink)
        span = "" if self.flat else ' COLSPAN="2"'
        cells = [f'<TD{span}><FONT COLOR="{colour}"><{style}>{title}</{style}></FONT></TD>']
        cells += [f"<TD{span}>{caption(escaped(line))}</TD>" for line in self.lines]
        data = "now" if self.now else "data"
        rows = ((data, self.data, ink), ("grad", self.gradients, backward))
        for what, numbers, colour in rows:
            if what in hide:
                continue
            cells.append(
                f'<TD ALIGN="LEFT">{caption(what)}</TD>'
                f'<TD ALIGN="RIGHT"><FONT COLOR="{colour}">'
                f"{format_range(numbers) or '–'}</FONT></TD>"
            )
        table = ("" if self.flat else "</TR><TR>").join(cells)
        return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2"><TR>{table}</TR></TABLE>>'


@dataclass
class Drawing:
    """A picture of a sketch."""

    root: Value
    drawn: Sketch
    parameters: Mapping[Value, str]  # of the model, with their full names
    model: str  # its name
    numbers: Numbers
    path: set[Value] | None  # what is highlighted
    start: Value | None  # of that path
    hide: Collection[str] = ()
    size: float = 12  # of type
    lists: bool = False  # whether dot and fsum are cards
    wrap: bool = True  # whether what is wider than a page has several lines

    def __post_init__(self) -> None:
        self.spelled_out: set[Value] = set()
        self.scale: GradientScale | None = None
        self.names = self.numbers.names

    def expand(self, max_nodes: int | None) -> None:
        """Draw each dot and fsum as its products and their sum, if `max_nodes` allows it."""
        lists = [x for x in self.drawn.content if isinstance(x, Value) and x.op in (dot, fsum)]
        products = sum(len(node.operands) // 2 for node in lists if node.op is dot)
        if max_nodes is None or len(self.drawn) + products <= max_nodes:
            self.spelled_out = set(lists)

    def picture(self, format: str, rankdir: str) -> Any:
        """The picture, as a graphviz.Digraph."""
        values = [x for x in self.drawn.content if isinstance(x, Value)]
        many = [node for node in values if len(node.parents) > CROWD]
        self.crowded = {x for node in many for x in node.parents}
        space, port = "0.8" if self.crowded else "0.35", SIDES[rankdir]
        type_size = {"fontsize": f"{self.size:g}"}
        self.graph = new_picture(
            format,
            graph={"rankdir": rankdir, "ranksep": space, "nodesep": "0.2", **type_size},
            node={"fontcolor": INK, "width": "0", "height": "0", **type_size},
            edge={"fontcolor": BACKWARD, "color": QUIET, "arrowsize": "0.6", "tailport": port}
            | type_size,
        )
        self.graph.is_dark_too = self.scale is None
        self.frames: dict[tuple[int, Path], Any] = {}  # in each line
        self.again: dict[tuple[str, str], str] = {}
        self._collect_groups()
        self.lists = self.lists and not self.groups
        self._find_lines(rankdir)
        weights = self._weights() if self.lists else ()
        for b, content in enumerate(self.drawn.content):
            if isinstance(content, Group):
                self._draw_group(b, content)
            elif self.lists and content.op in (dot, fsum) and content not in self.spelled_out:
                self._draw_list(content, weights)
            elif content not in weights:
                self._draw_value(content, self.drawn.index[content])
        self._draw_frames()
        self._draw_caption()
        return self.graph

    # -- one node ---------------------------------------------------------------------------------

    def _draw_value(self, node: Value, i: int) -> None:
        name, full = self.names[node], self.parameters.get(node)
        kind = "parameter" if full else "leaf" if node.is_leaf else "intermediate"
        now = node in self.numbers.changed
        note = " now: it, or another operand, was changed after the graph was built" if now else ""
        hint = self.numbers.describe(f"{name} = {exact(self.numbers.data(node))}{note}", node)
        box = Box(
            name,
            [self.numbers.data(node)],
            self.numbers.gradients([node]),
            hint=hint,
            quiet=not (node.label or full),
            flat=node in self.crowded and node.is_leaf,
            now=now,
        )
        style = {**BOXES[kind], **(ROOT if node is self.root else {})}
        self._draw_box(f"node-{i}", box, style, [node])
        if not node.is_leaf:
            self._draw_operation(node, i)

    def _draw_operation(self, node: Value, i: int) -> None:
        """The operation in front of its value, and its operands' edges into it."""
        spelled_out = node in self.spelled_out
        self._draw_sign(
            node,
            f"op-{i}",
            operation_sign(node, self.names, spelled_out, "constants" not in self.hide),
            f"{self.names[node]} = {operation_text(node, self.names, 100)}",
            edges=len(self.drawn.operands[self.drawn.box_of(node)]),
        )
        source = None if node is self.start else node
        ends = f"op-{i}", f"node-{i}"
        self._draw_edge(ends, f"edge-{i}", source, self.names[node], weight="10")
        operands, partials = node.operands, iter(enumerate(node.partials))
        if node.op is dot and not dot.has_bias(operands):
            operands = operands[:-1]
        products = len(operands) // 2 if spelled_out and node.op is dot else 0
        for j in range(products):
            self._draw_product(node, i, j, operands[j], operands[j + products])
        merged: dict[int, list[Any]] = {}
        for k, operand in enumerate(operands):
            into = f"op-{i}-{k % products}" if k < 2 * products else f"op-{i}"
            if isinstance(operand, Value):
                edge, partial = next(partials)
                b = self.drawn.box_of(operand)
                if isinstance(self.drawn.content[b], Group):
                    merged.setdefault(b, []).append((operand, partial))
                else:
                    ends = f"node-{self.drawn.index[operand]}", into
                    hint = self._local(node, edge, partial)
                    self._draw_edge(ends, f"edge-{i}-{k}", operand, hint, format_number(partial))
        for b, edges in merged.items():
            slope = edges[0][1] if len(edges) == 1 else None
            nodes = [operand for operand, _ in edges]
            self._draw_bundle((f"group-{b}", f"op-{i}"), f"edge-{i}-group-{b}", nodes, slope)

    def _draw_sign(self, node: Value, name: str, shown: str, hint: str, edges: int = 1) -> None:
        self._statements(name).node(
            name,
            escaped(shown),
            width=f"{0.35 * self.size / 12:.2f}",
            height=f"{min(0.35 * self.size / 12 + 0.05 * max(0, edges - CROWD), 4):.2f}",
            fontsize=f"{self.size * (4 / 3 if len(shown) == 1 else 1):g}",
            ordering="in",  # the operands in the order of the code, from top to bottom
            tooltip=tooltip(hint),
            **(SIGN if len(shown) == 1 else WORD),
        )

    def _local(self, node: Value, edge: int, partial: Any) -> str:
        return f"local derivative {edge_text(node, edge, self.names)} = {exact(partial)}"

    def _draw_product(self, node: Value, i: int, j: int, w: Any, x: Any) -> None:
        """One product of a dot. It is not a node of the graph."""
        shown = " × ".join(self._short(f) for f in (w, x))
        number = self.numbers.data(w) * self.numbers.data(x)
        now = w in self.numbers.changed or x in self.numbers.changed
        hint = self.numbers.describe(f"{shown} = {exact(number)}", node)
        box = Box(shown, [number], self.numbers.gradients([node]), hint=hint, quiet=True, now=now)
        style = BOXES["intermediate"]
        self._draw_sign(node, f"op-{i}-{j}", "×", shown)
        name = f"product-{i}-{j}"
        self._draw_box(name, box, style, [w, x])
        source = next((f for f in (w, x) if self.path and f in self.path), None)
        self._draw_edge((f"op-{i}-{j}", name), f"edge-{name}", source)
        self._draw_edge((name, f"op-{i}"), f"edge-sum-{i}-{j}", source, label="1")

    def _short(self, operand: Any) -> str:
        """A factor in the title of its product."""
        if not isinstance(operand, Value):
            return format_number(operand)
        return shortened(self.names[operand], 16)

    # -- a dot or a sum, as a card ----------------------------------------------------------------

    def _weights(self) -> set[Value]:
        """The leaves that stand in the rows of cards of dots, and are used nowhere else."""
        uses = Counter(x for node in self.drawn.index for x in node.parents)
        dots = [n for n in self.drawn.index if n.op is dot and n not in self.spelled_out]
        found = {x for n in dots for x in (*n.operands[: len(n.operands) // 2], n.operands[-1])}
        return {x for x in found if isinstance(x, Value) and x.is_leaf and uses[x] == 1}

    def _draw_list(self, node: Value, weights: Collection[Value]) -> None:
        """A card of operands: a row for each product or summand, at which its edges end."""
        i, operands, cells = self.drawn.index[node], node.operands, self.numbers.cells
        n = len(operands) // 2 if node.op is dot else 0
        terms = [[j, j + n] for j in range(n)]
        if node.op is fsum or dot.has_bias(operands):
            terms += [[k] for k in range(2 * n, len(operands))]
        rows = [Row([self.names[node], str(node.op)], "title"), Row(["", "data", "grad"], "heads")]
        row_of: dict[int, int] = {}  # for each operand
        rest = [k for term in terms[SHOWN:] for k in term]
        for term in terms if len(terms) <= MOST else [*terms[:SHOWN], rest]:
            row_of.update(dict.fromkeys(term, len(rows)))
            first, *others = [operands[k] for k in term]
            named = " × ".join(map(self._short, (first, *others)))
            inside = first in weights or not isinstance(first, Value)
            if len(others) > 1:
                rows.append(Row([f"… {len(terms) - SHOWN:,} more", "", ""]))
            elif others and not inside:
                product = self.numbers.data(first) * self.numbers.data(others[0])
                rows.append(Row([named, format_number(product), ""]))
            else:
                name = f"{self._short(first)} from {self._short(others[0])}" if others else named
                rows.append(Row(cells(name, [first])))
        rows = visible([*rows, Row(cells("Σ", [node]), "y")], self.hide)
        on_path = None if self.path is None else not self.path.isdisjoint([node, *node.parents])
        label = table(
            rows,
            cell_widths(rows, self.size),
            self.size,
            KINDS["root" if node is self.root else "parameter"],
            "" if self.scale is None else self.scale.fill_largest(self.numbers.gradients([node])),
            on_path,
        )
        hint = f"{self.names[node]} = {operation_text(node, self.names, 100)}"
        statements = self._statements(f"node-{i}")
        statements.node(f"node-{i}", label, tooltip=tooltip(hint), shape="plain")
        values = [k for k, x in enumerate(operands) if isinstance(x, Value)]
        for edge, (k, slope) in enumerate(zip(values, node.partials)):
            if operands[k] not in weights:
                x = operands[k]
                hint = self._local(node, edge, slope)
                ends = f"node-{self.drawn.index[x]}", f"node-{i}:r{row_of[k]}"
                self._draw_edge(ends, f"edge-{i}-{k}", x, hint, **sign_style(slope))

    # -- a group ----------------------------------------------------------------------------------

    def _collect_groups(self) -> None:
        """The members and outputs of each group, and which edges are drawn as one."""
        drawn = self.drawn
        self.groups = groups = {b: x for b, x in enumerate(drawn.content) if isinstance(x, Group)}
        self.members: dict[int, list[Value]] = {b: [] for b in groups}
        outputs: dict[int, dict[Value, None]] = {b: {} for b in groups}
        self.inputs: dict[tuple[int, int], list[Value]] = {}
        if not groups:
            return
        for i, node in enumerate(drawn.index):
            b = drawn.box[i]
            if b in groups:
                self.members[b].append(node)
            for x in node.parents:
                source = drawn.box_of(x)
                if source != b:
                    if source in groups:
                        outputs[source][x] = None
                    if b in groups:
                        self.inputs.setdefault((source, b), []).append(x)
        last = drawn.box_of(self.root)
        if last in groups:
            outputs[last][self.root] = None
        self.outputs = {b: list(nodes) for b, nodes in outputs.items()}

    def _draw_group(self, b: int, group: Group) -> None:
        members, outputs = self.members[b], self.outputs[b]
        title, lines = self._group_text(b, group)
        are_parameters = all(x in self.parameters for x in members)
        style = BOXES["parameter" if are_parameters else "many"] | MANY
        style |= ROOT if self.root in outputs else {}
        few = ", ".join(self.names[x] for x in members[:6])
        box = Box(
            title,
            [self.numbers.data(x) for x in outputs],
            self.numbers.gradients(outputs),
            lines,
            hint=f"{len(members):,} values: {few}{', ..' if len(members) > 6 else ''}",
            quiet=group.kind != "group",
            now=not self.numbers.changed.isdisjoint(outputs),
        )
        self._draw_box(f"group-{b}", box, style, members)
        slopes = _slopes(outputs[0], members) if len(outputs) == 1 else {}
        for source in self.drawn.operands[b]:
            nodes = self.inputs[source, b]
            slope = slopes.get(nodes[0]) if len(set(nodes)) == 1 else None
            is_group = isinstance(self.drawn.content[source], Group)
            tail = f"group-{source}" if is_group else f"node-{self.drawn.index[nodes[0]]}"
            labelled = len(self.drawn.operands[b]) <= CROWD
            name = f"edge-group-{b}-{source}"
            self._draw_bundle((tail, f"group-{b}"), name, nodes, slope, labelled)

    def _group_text(self, b: int, group: Group) -> tuple[str, list[str]]:
        """The title of a group, and the lines under it."""
        members = self.members[b]
        if group.kind == "group":
            return str(group.like), [f"{len(members):,} values"]
        if group.kind == "rest":
            return f"{len(members):,} more values", []
        if group.kind == "equal":
            return f"{group.count:,} × {_description(group.like)}", []
        likes: Any = group.like
        period = len(likes)
        links = [x for x in members if not x.is_leaf]
        if len(links) == period * group.count:  # of single nodes: their numbers are known
            parts = [_pattern(links[k::period]) for k in range(period)]
        else:
            parts = [_description(like) for like in likes]
        return f"{group.count:,} more of", [shortened(part, 40) for part in parts]

    def _draw_bundle(
        self, ends: Ends, name: str, nodes: list[Value], slope: Any, labelled: bool = True
    ) -> None:
        """The edges between two boxes, one of them a group, as one edge.

        Its label is `slope`, the derivative along it, if that is known; else the number of edges.
        """
        label, hint = f"{len(nodes):,} edges" if len(nodes) > 1 else "", f"{len(nodes):,} edges"
        if slope is not None:
            label, hint = format_number(slope), f"derivative along this edge = {exact(slope)}"
        source = next((x for x in nodes if self.path and x in self.path), nodes[0])
        self._draw_edge(ends, name, source, hint, label if labelled else "")

    # -- parts of the picture ---------------------------------------------------------------------

    def _draw_box(
        self, name: str, box: Box, style: Mapping[str, str], nodes: Sequence[Any]
    ) -> None:
        """A box. It is highlighted if one of `nodes` is on the path."""
        style = dict(style)
        colours = (INK, QUIET, BACKWARD)
        if self.scale is not None:
            style["fillcolor"] = self.scale.fill_largest(box.gradients)
            colours = (ink_on(style["fillcolor"]),) * 3
        if self.path is not None:
            on_path = any(x in self.path for x in nodes)
            style |= {"penwidth": "3"} if on_path else OFF_PATH
        style = {"margin": "0.06,0.03", "penwidth": "1.5", **style}
        label = box.label(*colours, self.size, self.hide)
        self._statements(name).node(name, label, tooltip=tooltip(box.hint), **style)

    def _draw_edge(
        self, ends: Ends, name: str, source: Any, hint: str = "", label: str = "", **style: str
    ) -> None:
        """An edge. It is highlighted if its source, a node or None, is on the path."""
        if self.path is not None:
            style |= ON_PATH if source in self.path else {**OFF_PATH, "fontcolor": QUIET}
        if hint:
            style |= {"tooltip": tooltip(hint), "labeltooltip": tooltip(hint)}
        label = "" if "local" in self.hide else label
        tail, head = map(self._box, ends)
        if self.line_of[tail] != self.line_of[head]:
            ends = self._again(*ends), ends[1]
        elif any(self.line_of) and self.drawn.operands[tail]:
            style["minlen"] = "1" if self.drawn.home(tail) == self.drawn.home(head) else "2"
        self.graph.edge(*ends, label, id=name, **style)

    def _find_lines(self, rankdir: str) -> None:
        """Which line each box is in; each line is in a frame that is not drawn."""
        import graphviz

        self.line_of, self.lines = [0] * len(self.drawn), [self.graph]
        if self.wrap and rankdir in ("LR", "RL"):
            widths = [self._width(content) for content in self.drawn.content]
            self.line_of = lines(self.drawn, widths, WIDEST * self.size)
        if count := max(self.line_of):
            names = [f"cluster_line_{k}" for k in range(count + 1)]
            self.lines = [graphviz.Digraph(x, graph_attr={"style": "invis"}) for x in names]

    def _width(self, x: Value | Group) -> float:
        """About how wide a box is, with its operation and the longest label of its edges."""
        texts = ["m" * 16]
        if isinstance(x, Value):
            numbers = map(format_number, [self.numbers.data(x), *self.numbers.gradients([x])])
            title = shortened(self.names[x], 40)
            texts = [max(title, *[f"data {n}" for n in numbers], key=text_width)]
            texts.append(max(map(format_number, x.partials), key=len, default=""))
            is_card = self.lists and x.op in (dot, fsum)
            sign_ = "" if x.is_leaf else operation_sign(x, self.names)
            texts.append("m" * 16 if is_card else sign_)
        gaps = 140 if self.crowded else 80
        return gaps + (sum(map(text_width, texts)) + 1) * self.size

    def _box(self, name: str) -> int:
        """The number of the box that op-3, product-3-0, node-3:r2 or group-2 belongs to."""
        kind, number, *_ = name.split(":")[0].split("-")
        return int(number) if kind == "group" else self.drawn.box[int(number)]

    def _again(self, name: str, user: str) -> str:
        """A small box with the name of one in a line above, in the frame of what uses it there."""
        statements, b = self._statements(user), self._box(name)
        key = name, statements.name
        if key not in self.again:
            self.again[key] = f"again-{name}-{len(self.again)}"
            content = self.drawn.content[b]
            if isinstance(content, Group):
                title = self._group_text(b, content)[0]
            else:
                title = self.names[content]
            hint, shown = tooltip(f"{title}, from a line above"), escaped(shortened(title, 16))
            statements.node(self.again[key], shown, tooltip=hint, **AGAIN)
        return self.again[key]

    def _statements(self, name: str) -> Any:
        """The graph that a box is added to: its module's, in its line."""
        import graphviz

        home, line = self.drawn.home(self._box(name)), self.line_of[self._box(name)]
        if home is None:
            return self.lines[line]
        for depth in range(0 if self.model else 1, len(home) + 1):
            path = home[:depth]
            if (line, path) not in self.frames:
                label = path[-1] if path else self.model
                again = sum(p == path for _, p in self.frames)  # in other lines
                self.frames[line, path] = graphviz.Digraph(
                    name=f"cluster_{len(self.frames)}",
                    graph_attr={
                        **FRAME,
                        "label": escaped(label),
                        "id": escaped(f"module-{'.'.join(path)}" if path else "module")
                        + f"-{again}" * bool(again),
                        "tooltip": tooltip(".".join(path) or self.model),
                    },
                )
        return self.frames[line, home]

    def _draw_frames(self) -> None:
        """Put each frame into the one around it, and all frames before the edges."""
        edges = self.graph.body[:]
        self.graph.body.clear()
        if not self.groups:
            for frame in self.frames.values():
                frame.body.reverse()  # Graphviz fills a frame with operations from the bottom
        for line, path in sorted(self.frames, key=lambda key: -len(key[1])):  # inner frames first
            around = self.frames.get((line, path[:-1])) if path else None
            (around or self.lines[line]).subgraph(self.frames[line, path])
        for part in (
            self.lines[::-1] if len(self.lines) > 1 else ()
        ):  # Graphviz begins at the bottom
            self.graph.subgraph(part)
        self.graph.body += edges

    def _draw_caption(self) -> None:
        """The text under the picture: what the colours mean, and how many nodes are drawn."""
        rows = [] if self.scale is None else [scale_row(self.scale)]
        if self.groups:
            text = f"{len(self.drawn.index):,} values in {len(self.drawn):,} boxes"
            if any(g.kind in ("repeats", "equal") for g in self.groups.values()):
                text += ": parts that repeat are drawn once"
            rows.append(f'<TR><TD COLSPAN="20"><FONT COLOR="{QUIET}">{text}</FONT></TD></TR>')
        if self.again:
            text = "dashed, with a name alone: used again, from a line above"
            rows.append(f'<TR><TD COLSPAN="20"><FONT COLOR="{QUIET}">{text}</FONT></TD></TR>')
        if rows:
            self.graph.attr(label=legend(rows), labelloc="b")


def _slopes(output: Value, members: Sequence[Value]) -> dict[Value, Any]:
    """The derivative of a group's output by each node that it uses, along paths in the group."""
    zero, one = type(output.data)(0), type(output.data)(1)
    inner = [node for node in members if not node.is_leaf]
    slopes = {x: zero for node in inner for x in (node, *node.parents)} | {output: one}
    pass_back(inner, slopes, zero)
    return slopes


def _description(like: Any) -> str:
    """A name for the boxes that look like this."""
    if not isinstance(like, Group):
        op, *_, home = like
        return sign(op) or ("leaf" if home is None else "parameter")
    if like.kind == "equal":
        return f"{like.count:,} × {_description(like.like)}"
    if like.kind == "repeats":
        parts: Any = like.like
        return f"{like.count:,} × ({', '.join(map(_description, parts))})"
    return like.kind


def _pattern(nodes: Sequence[Value]) -> str:
    """The operation of nodes that are made in the same way, with the numbers that they share."""
    shown = [
        "·" if isinstance(x, Value) else x if all(n.operands[k] == x for n in nodes) else "number"
        for k, x in enumerate(nodes[0].operands)
    ]
    return operation_on(nodes[0].op, shown)
