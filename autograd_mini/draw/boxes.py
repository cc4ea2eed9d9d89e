"""The boxes of a graph, and the edges between them, in Graphviz's language."""

from __future__ import annotations

from math import inf

from ..graph import node_names
from ..palette import BACKWARD, INK, MUTED, PAPER, QUIET, GradientScale, ink_on
from ..primitives import dot, fsum
from ..rules import NaryPrimitive
from ..sweep import NO_GRADIENT
from ..text import exact, format_number, format_range, shortened
from ..value import Value
from .labels import SIGNS, escaped, formula, symbol, tooltip, written
from .modules import split
from .program import new_picture
from .sketch import Group, Sketch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from .modules import Path

# Leaf, parameter, intermediate, root and group differ in outline as well as in colour.
BOXES = {
    "leaf": {"shape": "box", "style": "filled", "fillcolor": "#dcebf9", "color": "#0b5394"},
    "parameter": {"shape": "note", "style": "filled", "fillcolor": "#e3f1e3", "color": "#2d6a2d"},
    "intermediate": {"shape": "box", "style": "rounded,filled", "fillcolor": PAPER, "color": QUIET},
    "module": {
        "shape": "component",
        "style": "filled",
        "fillcolor": PAPER,
        "color": QUIET,
        "margin": "0.15,0.05",
    },
    "many": {"shape": "box", "style": "filled", "fillcolor": "#f2f2f2", "color": QUIET},
}
MANY = {"shape": "box3d", "margin": "0.08,0.07"}
ROOT = {"style": "filled", "fillcolor": "#fff2cc", "color": "#7f4f00", "peripheries": "2"}
FRAME = {"style": "rounded", "color": "#8c8c8c", "fontcolor": QUIET, "labeljust": "l"}
OPERATION = {"fillcolor": "#404040", "color": "#404040", "fontcolor": PAPER}
SIGN = {"shape": "circle", "style": "filled", "fixedsize": "true", "fontsize": "16"}
WORD = {"shape": "box", "style": "rounded,filled", "margin": "0.1,0.02"}
CONSTANT = {"shape": "plaintext", "margin": "0.05,0.02", "fontcolor": QUIET}
# One font name: graphviz-pure takes a list of them for Times.
FONT = {"fontname": "Helvetica", "fontsize": "12"}
ON_PATH = {"penwidth": "3", "color": BACKWARD}
OFF_PATH = {"color": MUTED}

CROWD = 8  # an operation with more edges than this gets more room, and flat boxes for its leaves
SIDES = {"LR": "e", "RL": "w", "TB": "s", "BT": "n"}  # where edges leave a box


class Drawing:
    """A picture of a sketch.

    Args:
        root: the node that the graph is of.
        drawn: its boxes.
        parameters: the parameters of the model and their full names.
        model: what the model is called.
        gradients: what to show as the nodes' gradients; None for their own .grad.
        path: the nodes that stand out; None for all alike.
        start: where that path starts.
    """

    def __init__(
        self,
        root: Value,
        drawn: Sketch,
        parameters: Mapping[Value, str],
        model: str,
        gradients: Mapping[Value, Any] | None,
        path: set[Value] | None,
        start: Value | None,
    ) -> None:
        self.root = root
        self.drawn = drawn
        self.parameters = parameters
        self.model = model
        self.gradient = _gradient if gradients is None else gradients.get
        self.path = path
        self.start = start
        self.spelled_out: set[Value] = set()
        self.scale: GradientScale | None = None
        self.names = node_names(root)
        for node, name in parameters.items():
            if node in self.names and not node.label:
                self.names[node] = name

    def expand(self, max_nodes: int | None) -> None:
        """Draw each dot and fsum as its products and their sum, if there is room for them."""
        lists = [x for x in self.drawn.content if isinstance(x, Value) and x.op in (dot, fsum)]
        products = sum(len(node.operands) // 2 for node in lists if node.op is dot)
        if max_nodes is None or len(self.drawn) + products <= max_nodes:
            self.spelled_out = set(lists)

    def color_by_gradient(self) -> None:
        """Fill the boxes by the size of their gradients, and explain the colours."""
        self.scale = GradientScale(self._gradients(self.drawn.index))

    def picture(self, format: str, rankdir: str) -> Any:
        """The picture, as a graphviz.Digraph."""
        values = [x for x in self.drawn.content if isinstance(x, Value)]
        many = [node for node in values if len(node.parents) > CROWD]
        self.crowded = {x for node in many for x in node.parents}
        self.graph = new_picture(
            format,
            graph={
                "rankdir": rankdir,
                "ranksep": "0.8" if self.crowded else "0.35",
                "nodesep": "0.2",
                "bgcolor": PAPER,
                **FONT,
            },
            node={**FONT, "fontcolor": INK, "width": "0", "height": "0"},
            edge={
                **FONT,
                "fontcolor": BACKWARD,
                "color": QUIET,
                "arrowsize": "0.6",
                "tailport": SIDES[rankdir],
            },
        )
        self.frames: dict[Path, Any] = {}
        self._collect_groups()
        for b, content in enumerate(self.drawn.content):
            if isinstance(content, Group):
                self._draw_group(b, content)
            else:
                self._draw_value(content, self.drawn.index[content])
        self._draw_frames()
        self._draw_caption()
        return self.graph

    # -- one node ---------------------------------------------------------------------------------

    def _draw_value(self, node: Value, i: int) -> None:
        name, full = self.names[node], self.parameters.get(node)
        home = self.drawn.homes.get(node)
        kind = "parameter" if full else "leaf" if node.is_leaf else "intermediate"
        self._draw_box(
            f"n{i}",
            f"node-{i}",
            home,
            title=split(name)[1] if full == name and home is not None else name,
            quiet=not (node.label or full),
            data=[node.data],
            gradients=self._gradients([node]),
            says=f"{name} = {exact(node.data)}, gradient {self._exact_gradient(node)}",
            muted=self.path is not None and node not in self.path,
            flat=node in self.crowded and node.is_leaf,
            style={**BOXES[kind], **(ROOT if node is self.root else {})},
        )
        if not node.is_leaf:
            self._draw_operation(node, i)

    def _draw_operation(self, node: Value, i: int) -> None:
        """The operation in front of its value, and its operands' edges into it."""
        spelled_out = node in self.spelled_out
        self._draw_sign(
            node,
            f"op{i}",
            f"op-{i}",
            "+" if spelled_out else symbol(node, self.names),
            says=f"{self.names[node]} = {formula(node, self.names, 100)}",
            edges=len(self.drawn.operands[self.drawn.box_of(node)]),
        )
        self.graph.edge(
            f"op{i}",
            f"n{i}",
            id=f"edge-{i}",
            weight="10",
            tooltip=tooltip(self.names[node]),
            **self._line(None if node is self.start else node),
        )
        operands, partials = node.operands, iter(node.partials)
        if node.op is dot and not dot.has_bias(operands):
            operands = operands[:-1]
        products = len(operands) // 2 if spelled_out and node.op is dot else 0
        for j in range(products):
            self._draw_product(node, i, j, operands[j], operands[j + products])
        numbers: list[Any] = []
        merged: dict[int, list[Any]] = {}
        for k, operand in enumerate(operands):
            into = f"op{i}_{k % products}" if k < 2 * products else f"op{i}"
            if isinstance(operand, Value):
                partial = next(partials)
                b = self.drawn.box_of(operand)
                if isinstance(self.drawn.content[b], Group):
                    merged.setdefault(b, []).append((operand, partial))
                else:
                    self._draw_operand(node, i, k, operand, partial, into)
            elif isinstance(node.op, NaryPrimitive) and not spelled_out:
                numbers.append(operand)
            else:
                self._draw_constant(node, i, str(k), format_number(operand), exact(operand), into)
        for b, edges in merged.items():
            slope = edges[0][1] if len(edges) == 1 else None
            nodes = [operand for operand, _ in edges]
            self._draw_bundle(f"g{b}", f"op{i}", f"edge-{i}-group-{b}", nodes, slope)
        if numbers:  # of a list, in one piece
            few = ", ".join(map(format_number, numbers[:4]))
            shown = f"[{few}]" if len(numbers) <= 4 else f"[{few}, .. {len(numbers)} numbers]"
            digits = shortened(", ".join(map(exact, numbers)), 400)
            self._draw_constant(node, i, "numbers", shown, f"[{digits}]", f"op{i}")

    def _draw_sign(
        self, node: Value, name: str, identity: str, sign: str, says: str, edges: int = 1
    ) -> None:
        self._statements(self.drawn.homes.get(node)).node(
            name,
            escaped(sign),
            id=identity,
            width="0.35",
            height=f"{min(0.35 + 0.05 * max(0, edges - CROWD), 4):.2f}",
            ordering="in",  # the operands as they were written, from top to bottom
            tooltip=tooltip(says),
            **OPERATION,
            **(SIGN if len(sign) == 1 else WORD),
        )

    def _draw_operand(
        self, node: Value, i: int, k: int, operand: Value, partial: Any, into: str
    ) -> None:
        name, by = self.names[node], self.names[operand]
        says = tooltip(f"local derivative d{name}/d{by} = {exact(partial)}")
        self.graph.edge(
            f"n{self.drawn.index[operand]}",
            into,
            format_number(partial),
            id=f"edge-{i}-{k}",
            tooltip=says,
            labeltooltip=says,
            **self._line(operand),
        )

    def _draw_constant(
        self, node: Value, i: int, k: str, shown: str, digits: str, into: str
    ) -> None:
        """A plain number among the operands: no node of the graph, and no gradient flows to it."""
        says = tooltip(f"{digits}, a plain number")
        self._statements(self.drawn.homes.get(node)).node(
            f"c{i}_{k}", escaped(shown), id=f"constant-{i}-{k}", tooltip=says, **CONSTANT
        )
        self.graph.edge(
            f"c{i}_{k}",
            into,
            id=f"edge-{i}-{k}",
            tooltip=says,
            style="dashed",
            arrowhead="none",
            **self._line(None),
        )

    def _draw_product(self, node: Value, i: int, j: int, w: Any, x: Any) -> None:
        """One product of a dot, on its way to the sum: a number that the graph has no node for."""
        shown = " × ".join(self._short(f) for f in (w, x))
        number = (w.data if isinstance(w, Value) else w) * (x.data if isinstance(x, Value) else x)
        on_path = next((f for f in (w, x) if self.path and f in self.path), None)
        self._draw_sign(node, f"op{i}_{j}", f"op-{i}-{j}", "×", says=shown)
        self._draw_box(
            f"p{i}_{j}",
            f"product-{i}-{j}",
            self.drawn.homes.get(node),
            title=shown,
            quiet=True,
            data=[number],
            gradients=self._gradients([node]),
            says=f"{shown} = {exact(number)}, gradient {self._exact_gradient(node)}",
            muted=self.path is not None and on_path is None,
            style=BOXES["intermediate"],
        )
        self.graph.edge(
            f"op{i}_{j}", f"p{i}_{j}", id=f"edge-product-{i}-{j}", **self._line(on_path)
        )
        self.graph.edge(f"p{i}_{j}", f"op{i}", "1", id=f"edge-sum-{i}-{j}", **self._line(on_path))

    def _short(self, operand: Any) -> str:
        """A factor as the title of its product shows it."""
        if not isinstance(operand, Value):
            return format_number(operand)
        name = self.names[operand]
        return split(name)[1] if name == self.parameters.get(operand) else shortened(name, 16)

    # -- a group ----------------------------------------------------------------------------------

    def _collect_groups(self) -> None:
        """The members and the outputs of each group, and the edges between boxes that merge."""
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
        self.applications: dict[Path, int] = {}

    def _draw_group(self, b: int, group: Group) -> None:
        members, outputs = self.members[b], self.outputs[b]
        title, lines = self._group_text(b, group)
        home = group.home
        if group.kind in ("module", "parameters") and home:
            home = home[:-1]
        style = BOXES[
            "module"
            if group.kind == "module"
            else "parameter"
            if all(x in self.parameters for x in members)
            else "many"
        ]
        if group.kind != "module":
            style = {**style, **MANY}
        few = ", ".join(self.names[x] for x in members[:6])
        self._draw_box(
            f"g{b}",
            f"group-{b}",
            home,
            title=title,
            lines=lines,
            quiet=group.kind not in ("module", "parameters"),
            data=[x.data for x in outputs],
            gradients=self._gradients(outputs),
            says=f"{len(members):,} values: {few}{', ..' if len(members) > 6 else ''}",
            muted=self.path is not None and not any(x in self.path for x in members),
            style={**style, **(ROOT if self.root in outputs else {})},
        )
        slopes = _slopes(outputs[0], members) if len(outputs) == 1 else {}
        for source in self.drawn.operands[b]:
            nodes = self.inputs[source, b]
            slope = slopes.get(nodes[0]) if len(set(nodes)) == 1 else None
            is_group = isinstance(self.drawn.content[source], Group)
            tail = f"g{source}" if is_group else f"n{self.drawn.index[nodes[0]]}"
            says_it = len(self.drawn.operands[b]) <= CROWD
            self._draw_bundle(tail, f"g{b}", f"edge-group-{b}-{source}", nodes, slope, says_it)

    def _group_text(self, b: int, group: Group) -> tuple[str, list[str]]:
        """The title of a group, and the lines under it."""
        members = self.members[b]
        if group.kind == "module":
            path = group.home or ()
            number = self.applications[path] = self.applications.get(path, 0) + 1
            title = path[-1] if path else self.model
            inner = [x for x in members if not x.is_leaf]
            neurons = len({self.drawn.homes[x] for x in inner})
            leaves = len(members) - len(inner)
            lines = [f"{neurons:,} neurons"] if neurons > 1 else []
            lines += [f"{leaves:,} parameters"] if leaves else []
            return (f"{title}, application {number}" if number > 1 else title), lines
        if group.kind == "parameters":
            return group.home[-1] if group.home else self.model, [f"{len(members):,} parameters"]
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
        self,
        tail: str,
        head: str,
        identity: str,
        nodes: list[Value],
        slope: Any,
        labelled: bool = True,
    ) -> None:
        """The edges between two boxes, one of them a group, as one: its derivative, or how many."""
        if slope is not None:
            label = format_number(slope)
            says = f"derivative along this edge = {exact(slope)}"
        else:
            label = f"{len(nodes):,} edges" if len(nodes) > 1 else ""
            says = f"{len(nodes):,} edges"
        on_path = next((x for x in nodes if self.path and x in self.path), nodes[0])
        self.graph.edge(
            tail,
            head,
            label if labelled else "",
            id=identity,
            tooltip=tooltip(says),
            labeltooltip=tooltip(says),
            **self._line(on_path),
        )

    def _exact_gradient(self, node: Value) -> str:
        gradient = self.gradient(node)
        return "none yet" if gradient is None else exact(gradient)

    def _gradients(self, nodes: Iterable[Value]) -> list[Any]:
        """The gradients of those nodes that have one."""
        return [g for g in map(self.gradient, nodes) if g is not None]

    # -- parts of the picture ---------------------------------------------------------------------

    def _draw_box(
        self,
        name: str,
        identity: str,
        home: Path | None,
        *,
        title: str,
        data: Sequence[Any],
        gradients: Sequence[Any],
        says: str,
        style: Mapping[str, str],
        lines: Sequence[str] = (),
        quiet: bool = False,
        flat: bool = False,
        muted: bool = False,
    ) -> None:
        """A box of title, data and gradient: below each other, or side by side where it is flat."""
        style = dict(style)
        ink, soft, backward = INK, QUIET, BACKWARD
        if self.scale is not None:
            largest = max(gradients, key=lambda g: abs(g) if g == g else inf, default=0.0)
            style["fillcolor"] = self.scale.fill(largest)
            ink = soft = backward = ink_on(style["fillcolor"])
        if muted:
            style |= OFF_PATH
        elif self.path is not None:
            style["penwidth"] = "3"
        shown = escaped(shortened(title, 40)) or " "
        text = (
            f'<FONT COLOR="{soft}"><I>{shown}</I></FONT>'
            if quiet
            else f'<FONT COLOR="{ink}"><B>{shown}</B></FONT>'
        )
        span = "" if flat else ' COLSPAN="2"'
        cells = [f"<TD{span}>{text}</TD>"]
        cells += [
            f'<TD{span}><FONT POINT-SIZE="10" COLOR="{soft}">{escaped(line)}</FONT></TD>'
            for line in lines
        ]
        for what, numbers, colour in (("data", data, ink), ("grad", gradients, backward)):
            cells.append(
                f'<TD ALIGN="LEFT"><FONT POINT-SIZE="10" COLOR="{soft}">{what}</FONT></TD>'
                f'<TD ALIGN="RIGHT"><FONT COLOR="{colour}">'
                f"{format_range(numbers) or '–'}</FONT></TD>"
            )
        rows = ("" if flat else "</TR><TR>").join(cells)
        self._statements(home).node(
            name,
            f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2"><TR>{rows}</TR></TABLE>>',
            id=identity,
            **{"margin": "0.06,0.03", "penwidth": "1.5", **style},
            tooltip=tooltip(says),
        )

    def _line(self, source: Value | None) -> dict[str, str]:
        """The look of an edge from a node, or from what is no node of the graph."""
        if self.path is None:
            return {}
        return ON_PATH if source in self.path else {**OFF_PATH, "fontcolor": QUIET}

    def _statements(self, home: Path | None) -> Any:
        """Where the statements of a module's boxes are collected."""
        import graphviz

        if home is None:
            return self.graph
        for depth in range(len(home) + 1):
            path = home[:depth]
            if path not in self.frames:
                label = path[-1] if path else self.model
                self.frames[path] = graphviz.Digraph(
                    name=f"cluster_{len(self.frames)}",
                    graph_attr={
                        **FRAME,
                        "label": escaped(label),
                        "id": escaped(f"module-{'.'.join(path)}" if path else "module"),
                        "tooltip": tooltip(".".join(path) or self.model),
                    },
                )
        return self.frames[home]

    def _draw_frames(self) -> None:
        """Put the frames into each other, and all before the edges."""
        edges = self.graph.body[:]
        self.graph.body.clear()
        if not self.groups:
            for frame in self.frames.values():
                frame.body.reverse()  # Graphviz fills a frame with operations from the bottom
        for path in sorted(self.frames, key=len)[::-1]:  # an inner one is complete first
            (self.frames[path[:-1]] if path else self.graph).subgraph(self.frames[path])
        self.graph.body += edges

    def _draw_caption(self) -> None:
        """What the colours mean, and what is drawn as one, under the picture."""
        rows = []
        if self.scale is not None:
            rows.append(
                "<TR><TD>gradient</TD>"
                + "".join(
                    f'<TD BGCOLOR="{fill}" BORDER="1" COLOR="{QUIET}">'
                    f'<FONT COLOR="{ink_on(fill)}">{escaped(says)}</FONT></TD>'
                    for fill, says in self.scale.legend()
                )
                + "</TR>"
            )
        if self.groups:
            size, boxes = len(self.drawn.index), len(self.drawn)
            says = f"{size:,} values in {boxes:,} boxes"
            if any(g.kind in ("repeats", "equal") for g in self.groups.values()):
                says += ": what repeats itself is drawn once"
            rows.append(f'<TR><TD COLSPAN="20"><FONT COLOR="{QUIET}">{says}</FONT></TD></TR>')
        if rows:
            table = f'<TABLE BORDER="0" CELLSPACING="4" CELLPADDING="4">{"".join(rows)}</TABLE>'
            self.graph.attr(label=f"<{table}>", labelloc="b")


def _gradient(node: Value) -> Any:
    """Its gradient; None where no backward pass has reached it. A Fraction's 0 is not told from
    that."""
    waiting = node.grad is NO_GRADIENT or (node.grad.__class__ is not float and node.grad == 0)
    return None if waiting else node.grad


def _slopes(output: Value, members: Sequence[Value]) -> dict[Value, Any]:
    """The derivative of a group's output by each node that it uses: the chain rule, inside it."""
    slopes: dict[Value, Any] = {output: 1}
    for node in reversed(members):
        upstream = slopes.get(node)
        if upstream is not None:
            for parent, partial in zip(node.parents, node.partials):
                slopes[parent] = slopes.get(parent, 0) + upstream * partial
    return slopes


def _description(like: Any) -> str:
    """What boxes that look like this are."""
    kind, *rest = like
    text: str
    if kind == "equal":
        return f"{rest[1]:,} × {_description(rest[0])}"
    if kind == "repeats":
        return f"{rest[1]:,} × ({', '.join(map(_description, rest[0]))})"
    if kind == "module":
        text = ".".join(rest[2]) or "model"
        return text
    if kind in ("parameters", "rest"):
        text = kind
        return text
    name = str(kind)
    return SIGNS.get(name, name) or ("leaf" if rest[2] is None else "parameter")


def _pattern(nodes: Sequence[Value]) -> str:
    """The operation of nodes that are made in the same way, with the numbers that they share."""
    first = nodes[0]
    shown: list[Any] = []
    for k, operand in enumerate(first.operands):
        if isinstance(operand, Value):
            shown.append("·")
        else:
            shared = all(node.operands[k] == operand for node in nodes)
            shown.append(operand if shared else "number")
    return written(first, shown)
