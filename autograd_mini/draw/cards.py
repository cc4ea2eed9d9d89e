"""A network as cards: each neuron is a small table, and layers are columns from left to right.

A row of a card is an input with its weight, the bias, the sum z, or the output; an edge ends at the
row that it is multiplied in. Graphviz's own layout would bundle the edges between two layers, so
places and curves are found here, and Graphviz only draws them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf
from typing import Any

from ..graph import node_names, unique_names
from ..palette import INK, KINDS, MUTED, QUIET, GradientScale
from ..rules import NaryPrimitive
from ..text import exact, format_number, shortened
from ..value import Value
from .labels import legend, operation_on, scale_row, tooltip
from .leaves import Numbers
from .modules import brief, one_based, parameter_names
from .neurons import Card, Cards, Neuron, cards_of
from .program import new_picture
from .tables import (
    MOST,
    SHOWN,
    WIDEST,
    Row,
    cell_widths,
    height_of,
    line_row,
    middle_of,
    sign_style,
    table,
    visible,
    width_of,
)

LONGEST_NAME = 16  # of what has no label: its operation
EXAMPLES = 4  # of a card that are shown
BEND = 0.25  # of edges, as a share of their width
THINNEST, THICKEST = 1.2, 4.0  # edges, in points
LOOKS = {"neuron": "parameter", "penalty": "parameter", "input": "leaf"}  # of the others, "many"


@dataclass(eq=False)
class Place:
    """Where a card is drawn, or a lane for edges that pass a column."""

    height: float
    rows: Sequence[Row] = ()
    card: Card | None = None
    name: str = ""
    column: int = 0
    top: float = 0.0

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


Edge = tuple[Place, Place, int]  # from a card to a row of another


@dataclass
class CardPicture:
    """Lays out cards, and draws them."""

    root: Value
    cards: Cards
    numbers: Numbers
    model: str
    hide: Collection[str]
    size: float
    scale: GradientScale | None = None
    path: set[Value] | None = None

    def __post_init__(self) -> None:
        self.titles: dict[Card, str] = {}
        self.names = dict.fromkeys(self.cards.cards, "·")
        self.sums = dict.fromkeys(self.cards.cards, "z")  # the names of z
        self._name_neurons()
        self._name_others()

    # -- names ------------------------------------------------------------------------------------

    def _name_neurons(self) -> None:
        """Titles, such as layer 1, neuron 2, and names for the rows of other cards: h1.2, y."""
        steps: Counter[str] = Counter()
        found = self.cards.layers().values()
        layers = [cards for cards in found if isinstance(cards[0].members[0], Neuron)]
        paths = [self.cards.layer_of(layer[0].outputs[0]) for layer in layers]
        own = [path[-1].rpartition(".")[2] if path else "" for path in paths]
        numbers = [int(x) for x in own if x.isdigit()]  # the model's, if they are all different
        if len(set(numbers)) < len(layers):
            numbers = [*range(len(layers))]
        for layer, path, number in zip(layers, paths, (n + 1 for n in numbers)):
            stem, k = "y" if layer is layers[-1] else f"h{number}", 0
            for card in layer:
                k += 1
                home = self.cards.inside.get(card.members[0].z) or ()
                parts = [one_based(part) for part in home] or [self.model]
                if home == path:  # a module that does not name its neurons
                    parts += [f"layer {number}"] * (len(layers) > 1)
                    parts += [f"neuron {k}"] * (len(layer) > 1)
                self.names[card] = stem
                if card.kind == "neurons":
                    parts = parts[: len(path or ()) or 1]
                elif stem != "y" or len(layer) > 1:
                    self.names[card] = f"{stem}{k}" if stem == "y" else f"{stem}.{k}"
                if len(layers) > 1 or len(layer) > 1:
                    self.sums[card] = f"z{number}.{k}"
                title = ", ".join(parts)
                steps[title] += 1
                self.titles[card] = title + f", step {steps[title]}" * (steps[title] > 1)
                k += max(len(card.parts) - 1, 0)  # those that are not shown count too

    def _name_others(self) -> None:
        taken = {node.label for node in self.cards.order}
        for card in self.names:
            first, name = card.outputs[0], self.names[card]
            if card.kind == "input":
                name = f"x{self.cards.row[card] + 1}"
            elif card.kind in ("inputs", "penalty"):
                name = card.kind
            elif card.kind == "value" and isinstance(first, Value):
                operation = self._operation(first)
                if len(operation) <= LONGEST_NAME:
                    infix = first.op.operator and len(first.operands) == 2
                    name = f"({operation})" if infix else operation
            while name in taken:  # automatic names differ from those of the user
                name += "′"
            label: str = "" if card.parts else getattr(first, "label", "")
            name = label or name
            self.names[card] = f"… {len(card.parts):,} more" if card.kind == "more" else name

    def _operation(self, node: Value) -> str:
        if isinstance(node.op, NaryPrimitive):
            return f"{node.op} of {len(node.parents):,}"
        members = self.cards.card_of[node].members
        named = [
            self._name(x)
            if isinstance(x, Value)
            # a number that is not the same for all examples
            else x
            if all(m.operands[k] is x or m.operands[k] == x for m in members)
            else "…"
            for k, x in enumerate(node.operands)
        ]
        return operation_on(node.op, named)

    def _name(self, x: Any) -> str:
        card = self.cards.card_of.get(x)
        return self.numbers.names.get(x, "·") if card is None else self.names[card]

    # -- rows -------------------------------------------------------------------------------------

    def _rows(self, card: Card) -> list[Row]:
        first = card.members[0]
        if card.kind == "more":
            rows = [Row([self.names[card]], hidden=[x for m in card.members for x in _all(m)])]
        elif card.kind.endswith("s"):
            rows = self._layer(card, first)
        elif isinstance(first, Neuron):
            rows = self._neuron(card, first)
        else:
            rows = self._value(card, first)
        return visible(rows, self.hide)

    def _into(self, card: Card) -> list[list[Any]]:
        """For each row of a card, where the edges into it come from."""
        return [list(chain(*rows)) for rows in zip(*map(self.cards.sources, card.members))]

    def _neuron(self, card: Card, first: Neuron) -> list[Row]:
        cells, op, terms = self.numbers.cells, first.activation, []
        for (w, _), into in zip(first.terms, self._into(card)):
            is_one = len({self.cards.card_of[x] for x in into}) == 1
            name = self._name(w) if isinstance(w, Value) else format_number(w)
            name += f" from {self._name(into[0])}" * is_one
            terms.append(Row(cells(name, [w]), "weight", into, [w]))
        rows = [Row([self.titles[card], self.names[card]], "title")]
        rows += [Row(["weight", "data", "grad"], "heads"), *self._folded(terms)]
        for b in first.biases:
            rows.append(Row(cells(self.numbers.names.get(b, "bias"), [b]), "bias", nodes=[b]))
        if len(card.members) > 1:
            all_ = list(chain(*self._into(card)))
            heads = ["place" if len(set(all_)) < len(all_) else "example"]
            columns = [self.sums[card], op] if op else [f"{self.names[card]} = Σ"]
            heads += [text for column in columns for text in (column, "grad")]
            return [*rows, *self._examples(heads, card.members)]
        made = "Σ w·x" + " + b" * bool(first.biases)
        if op:
            z = cells(f"{self.numbers.names[first.z]} = {made}", [first.z])
            rows.append(Row(z, "z", nodes=[first.z]))
            made = op if op == "f(z)" else f"{op}(z)"
        y = cells(f"{self.names[card]} = {made}", [first.y])
        return [*rows, Row(y, "y", nodes=[first.y])]

    def _value(self, card: Card, first: Any) -> list[Row]:
        cells, title, rows = self.numbers.cells, [self.names[card]], []
        if card.kind == "value":
            operation = self._operation(first)
            is_named = title[0] not in ("·", operation, f"({operation})") and (
                len(card.members) == 1 or first.label
            )
            title = [shortened(operation, 32), *title * is_named]
            rows = self._operands(card, first)
        into = chain(*self._into(card)) if "local" in self.hide else ()
        rows.insert(0, Row(title, "title", list(into)))
        if len(card.members) > 1:
            return [*rows, *self._examples(["example", "data", "grad"], card.members)]
        _, data, grad = cells("", [first])
        rows.append(Row(["data", data], "y"))
        return [*rows, Row(["grad", grad], "grad")] if isinstance(first, Value) else rows

    def _examples(self, heads: list[str], members: Sequence[Any]) -> Iterator[Row]:
        """Rows for examples; of many only the first, and a count."""
        shown = len(members) if len(members) <= EXAMPLES else EXAMPLES - 1
        yield Row(heads, "sum")
        for k, m in enumerate(members[:shown], 1):
            nodes = [m.z, m.y][m.z is m.y :] if isinstance(m, Neuron) else [m]
            numbers = [text for x in nodes for text in self.numbers.cells("", [x])[1:]]
            own = self.numbers.names.get(nodes[-1], "@")  # x1_2, or h1.1@2, or an operation
            name = f"@{k}" if {"@", " "} & {*own} else own
            yield Row([name, *numbers], "examples", nodes=nodes)
        if len(members) > shown:
            count = f"… {len(members) - shown:,} more"
            hidden = [x for m in members[shown:] for x in getattr(m, "nodes", [m])]
            yield Row([count, *[""] * (len(heads) - 1)], "examples", hidden=hidden)

    def _operands(self, card: Card, first: Value) -> list[Row]:
        """A row for each operand that is a node, with the local derivative along it."""
        rows = []
        for k, (x, into) in enumerate(zip(first.parents, self._into(card))):
            slopes = {m.partials[k] for m in card.members}
            local = format_number(*slopes) if len(slopes) == 1 else ""
            name = self._name(x) if len(first.parents) > 1 else "local"
            rows.append(Row([name, local], "local", into))
        heads = [Row(["by", "local"], "local")] if len(rows) > 1 else []
        return heads + self._folded(rows)

    def _layer(self, card: Card, first: Any) -> list[Row]:
        """Shapes and norms of a layer, of its inputs, or of values that are made in one way."""
        many, cells = len(card.parts[0].members), self.numbers.cells
        into = [x for m in card.members for row in self.cards.sources(m) for x in row]
        shape = f"{len(card.parts)}" + f"×{many}" * (many > 1)
        rows = [Row(["norms of", "data", "grad"], "heads")]
        if not isinstance(first, Neuron):
            title = card.kind if card.kind == "inputs" else self._operation(first)
            return [Row([title], "title", into), *rows, Row(cells(shape, card.outputs), "y")]
        weights = list(dict.fromkeys(w for m in card.members for w, _ in m.terms))
        biases = list(dict.fromkeys(b for m in card.members for b in m.biases))
        name = f"W {len(card.parts)}×{len(first.terms)}"
        rows.append(Row(cells(name, weights), "weight", into))
        rows += [Row(cells(f"b {len(biases)}", biases), "bias")] if biases else []
        if first.activation:
            rows.append(Row(cells(f"z {shape}", [m.z for m in card.members]), "z"))
        rows.append(Row(cells(f"{first.activation or 'Σ'} {shape}", card.outputs), "y"))
        return [Row([self.titles[card], self.names[card]], "title"), *rows]

    def _folded(self, rows: list[Row]) -> list[Row]:
        """The rows. Of many, some and a count; and one for all that come from the same card."""
        places: dict[Any, list[int]] = {}
        for k, row in enumerate(rows):
            cards = {self.cards.card_of[x] for x in row.into}
            places.setdefault(cards.pop() if len(cards) == 1 else k, []).append(k)
        groups = [ks for ks in places.values() if len(ks) > 1 and ks[-1] - ks[0] == len(ks) - 1]
        if len(rows) - sum(len(ks) - 1 for ks in groups) > MOST:
            groups = [[*range(SHOWN - 1, len(rows) - 1)]]
        for ks in reversed(groups):
            into = [x for k in ks for x in rows[k].into]
            names = {self._name(x) for x in into}
            name = names.pop() if len(names) == 1 else f"… {len(ks):,} more"
            name = name if name.startswith("…") else f"{len(ks):,} × {name}"
            texts = [name, *[""] * (len(rows[0].texts) - 1)]
            hidden = [x for k in ks for x in rows[k].nodes]
            rows[ks[0] : ks[-1] + 1] = [Row(texts, rows[0].kind, into, hidden=hidden)]
        return rows

    # -- the layout -------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        """Find the places of cards, and the lanes of edges that pass a column."""
        places: dict[Card, Place] = {}
        for k, card in enumerate(self.cards.cards):
            if "constants" not in self.hide or any(isinstance(x, Value) for x in card.outputs):
                rows = self._rows(card)
                height = height_of(rows, self.size)
                places[card] = Place(height, rows, card, self._identity(card, k))
        used = sorted({card.column for card in places})
        self.columns: list[list[Place]] = [[] for _ in used]
        for card, place in places.items():
            place.column = used.index(card.column)
            self.columns[place.column].append(place)
        self.edges: dict[Edge, list[Any]] = {}
        for head in places.values():
            for k, row in enumerate(head.rows):
                for x in row.into:
                    if self.cards.card_of[x] in places:
                        tail = places[self.cards.card_of[x]]
                        self.edges.setdefault((tail, head, k), []).append(x)
        self._stack()
        self.lanes: dict[tuple[Place, int], Place] = {}
        for tail, head, _ in self.edges:
            for c in range(tail.column + 1, head.column):
                if (tail, c) not in self.lanes:
                    share = (c - tail.column) / (head.column - tail.column)
                    top = tail.middle + share * (head.middle - tail.middle)
                    lane = self.lanes[tail, c] = Place(self.size / 2, column=c, top=top)
                    self.columns[c] = sorted([*self.columns[c], lane], key=lambda p: p.middle)
        self._stack()
        self._find_lefts()

    def _identity(self, card: Card, k: int) -> str:
        """The id of a card in the picture."""
        first = card.members[0]
        node = first.z if isinstance(first, Neuron) else first
        if card.kind == "more" or not isinstance(node, Value):
            return f"{'more' if card.parts else 'constant'}-{k}"
        kind = {"neuron": "neuron", "neurons": "layer"}.get(card.kind, "node")
        return f"{kind}-{self.cards.index[node]}"

    def _stack(self) -> None:
        """Put the cards of each column below each other, with more space if they are few."""
        free = self.size
        heights = [sum(p.height + free for p in column) - free for column in self.columns]
        for column, height in zip(self.columns, heights):
            wider = (0.75 * max(heights) - height) / max(len(column) - 1, 1)
            space = min(max(wider, 0), 5 * self.size)
            y = -(height + space * (len(column) - 1)) / 2
            for place in column:
                place.top = y
                y += place.height + free + space

    def _find_lefts(self) -> None:
        """The places of columns: further apart if edges between them are steep; in several lines
        if they are wider than a page."""
        columns = [[row for place in column for row in place.rows] for column in self.columns]
        self.widths = [cell_widths(rows, self.size) for rows in columns]
        self.lefts, self.rights, x = [], [], 0.0
        self.lines: list[int] = []  # of the columns
        for c, widths in enumerate(self.widths):
            ends = [(tail, head) for tail, head, _ in self.edges if head.column == c]
            tall = max((abs(tail.middle - head.middle) for tail, head in ends), default=0)
            x += min(max(3 * self.size, 0.2 * tall), 18 * self.size) if c else 0
            full = x + width_of(widths, self.size) > WIDEST * self.size
            self.lines.append(self.lines[-1] + full if c else 0)
            self.lefts.append(0.0 if full else x)
            x = self.lefts[c] + width_of(widths, self.size)
            self.rights.append(x)
        self.bottoms, bottom = [], 0.0  # of the lines
        for line in range(self.lines[-1] + 1):
            places = [p for column in self.columns for p in column if self.lines[p.column] == line]
            down = bottom + 6 * self.size * (line > 0) - min(p.top for p in places)
            for place in places:
                place.top += down
            bottom = max(p.top + p.height for p in places)
            self.bottoms.append(bottom)

    def _way(
        self, tail: Place, c: int, y: float, end: tuple[float, float]
    ) -> list[tuple[float, float]]:
        """The way from the right of a column to the left of the next one, which may be in the next
        line; the ways of different cards are apart."""
        if self.lines[c] == self.lines[c + 1]:
            return [end]
        apart = 6 + 4 * self.columns[tail.column].index(tail)
        right, between = self.rights[c] + apart, self.bottoms[self.lines[c]] + apart
        return [(right, y), (right, between), (-apart - 12, between), (-apart - 12, end[1]), end]

    # -- the picture ------------------------------------------------------------------------------

    def picture(self, format: str) -> Any:
        """The picture, as a graphviz.Digraph whose places are fixed."""
        for card in self.cards.cards:
            if len(card.outputs) == 1 and isinstance(card.outputs[0], Value):  # it has its name
                self.names[card] = self.numbers.names[card.outputs[0]]
        self._lay_out()
        self.graph = new_picture(
            format,
            graph={"layout": "nop2", "outputorder": "edgesfirst"},
            node={"fontsize": f"{self.size:g}", "fontcolor": INK, "shape": "plain"},
            edge={"color": QUIET, "arrowsize": "0.5"},
        )
        self.graph.is_dark_too = self.scale is None
        for place in (p for column in self.columns for p in column if p.card):
            self._draw_card(place, place.card)
        weights = [w for _, head, k in self.edges for w in head.rows[k].nodes]
        sizes = [abs(self.numbers.data(w)) for w in weights]
        largest = max((s for s in sizes if 0 < s < inf), default=0)
        for edge, sources in self.edges.items():
            self._draw_edge(edge, sources, largest)
        rows = [] if self.scale is None else [scale_row(self.scale)]
        if largest:
            rows.append(line_row("weight"))
        if rows:
            y = self.bottoms[-1] + 1.2 * (len(rows) + 1) * self.size
            self.graph.node("legend", legend(rows), pos=f"{max(self.rights) / 2:.1f},{-y:.1f}")
        return self.graph

    def _draw_card(self, place: Place, card: Any) -> None:
        c, outputs = place.column, card.outputs
        look = "root" if self.root in outputs else LOOKS.get(card.kind.removesuffix("s"), "many")
        gradients = self.numbers.gradients(outputs)
        filled = "" if self.scale is None else self.scale.fill_largest(gradients)
        on_path = None if self.path is None else not self.path.isdisjoint(card.nodes)
        label = table(place.rows, self.widths[c], self.size, KINDS[look], filled, on_path)
        words = [" ".join(filter(None, row.texts)) for row in place.rows if row.kind != "heads"]
        at = f"{(self.lefts[c] + self.rights[c]) / 2:.1f},{-place.middle:.1f}"
        self.graph.node(place.name, label, pos=at, tooltip=tooltip("; ".join(words)))

    def _draw_edge(self, edge: Edge, sources: Sequence[Any], largest: Any) -> None:
        tail, head, k = edge
        row, out = head.rows[k], self._row_of(tail, sources[0])
        points = [(self.rights[tail.column], tail.top + middle_of(out, self.size))]
        for c in range(tail.column + 1, head.column):
            y = self.lanes[tail, c].middle
            points += self._way(tail, c - 1, points[-1][1], (self.lefts[c], y))
            points.append((self.rights[c], y))
        end = (self.lefts[head.column] - 5, head.top + middle_of(k, self.size))
        points += self._way(tail, head.column - 1, points[-1][1], end)
        style = {"color": MUTED if row.texts[0].startswith("…") else QUIET}
        hint = f"to {head.rows[0].texts[0]}"
        for weight in row.nodes:
            number = self.numbers.data(weight)
            size = float(min(abs(number) / largest, 1)) if largest and number == number else 0.0
            width = THINNEST + (THICKEST - THINNEST) * size
            style = {"penwidth": f"{width:.2f}", **sign_style(number)}
            hint = f"{self.numbers.names.get(weight, 'weight')} = {exact(number)}"
        if self.path is not None:
            on = not (self.path.isdisjoint(sources) or self.path.isdisjoint(head.card.nodes))  # type: ignore[union-attr]
            style |= {"penwidth": "3"} if on else {"color": MUTED, "penwidth": "0.7"}
        self.graph.edge(
            f"{tail.name}:o{out}:e",
            f"{head.name}:r{k}:w",
            id=f"edge-{head.name}-{k}-{tail.name}",
            pos=_curve(points),
            tooltip=tooltip(hint),
            **style,
        )

    def _row_of(self, place: Place, source: Any) -> int:
        """The row that an edge begins at: that of the output, or of z."""
        kinds = [row.kind for row in place.rows]
        neuron = self.cards.neurons.get(source)
        is_z = neuron is not None and neuron.z is source is not neuron.y
        wanted = [*["z"] * is_z, "sum", "y", *kinds]
        return next(kinds.index(kind) for kind in wanted if kind in kinds)


def names_of(root: Value, model: Any = None) -> dict[Value, str]:
    """The name of every node in pictures, tables and formulas: its label; with a model, that on its
    card, such as h1.2, and h1.2@3 for the third example; else #1, #2, ..
    """
    names = node_names(root)
    if model is None:
        return names
    parameters = parameter_names(model)
    order, brief_names = list(names), {p: brief(name) for p, name in parameters.items()}
    cards = cards_of(order, model)
    picture = CardPicture(root, cards, Numbers(order, names | brief_names), "", (), 12)
    taken = set(names.values())
    found: dict[Any, str] = {
        p: parameters[p] if name in taken else name for p, name in brief_names.items()
    }
    for card, name in picture.names.items():
        for k, member in enumerate(card.members, 1):
            example = f"@{k}" * (len(card.members) > 1)
            if isinstance(member, Neuron):
                found |= {member.z: picture.sums[card] + example, member.y: name + example}
            elif card.kind != "value":
                found[member] = name + example
    for node in order:  # what is short and made of what has a name: the operation
        found[node] = node.label or found.get(node, "") or _short_operation(node, found)
    return unique_names({node: found[node] for node in order})


def _short_operation(node: Value, names: Mapping[Value, str]) -> str:
    if node.is_leaf or isinstance(node.op, NaryPrimitive) or not all(map(names.get, node.parents)):
        return ""
    text = operation_on(node.op, [names[x] if isinstance(x, Value) else x for x in node.operands])
    text = f"({text})" if node.op.operator and len(node.operands) == 2 else text
    return text if len(text) <= LONGEST_NAME else ""


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """A smooth curve through the ends of lanes, with an arrow's head; as Graphviz's pos."""
    (x, y), (last, level) = points[0], points[-1]
    parts = [f"e,{last + 5:.1f},{-level:.1f} {x:.1f},{-y:.1f}"]
    for x2, y2 in points[1:]:
        bend = (x2 - x) * BEND
        parts += [f"{a:.1f},{-b:.1f}" for a, b in ((x + bend, y), (x2 - bend, y2), (x2, y2))]
        x, y = x2, y2
    return " ".join(parts)


def _all(member: Any) -> list[Any]:
    """The nodes of a neuron with its parameters; a value alone."""
    if not isinstance(member, Neuron):
        return [member]
    return [*member.nodes, *(w for w, _ in member.terms), *member.biases]
