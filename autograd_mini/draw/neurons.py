"""What a picture of cards is made of: the neurons of a graph, and what repeats for every example.

A neuron is a sum of products with parameters, one dot or spelled out, and what is made of that sum
alone: its activation. Neurons that use the same parameters, on several examples or at several
places, share a card if none of them needs another's output. So does what is made of them in the
same way, such as the losses of the examples. Everything else has a card of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..primitives import add, dot, fsum, multiply
from ..value import Value
from .leaves import Number
from .modules import Path, has_no_numbers


@dataclass(eq=False)
class Neuron:
    """A sum of products, and what is made of it alone."""

    nodes: list[Value]  # the sum's, then those of the activation
    terms: list[tuple[Any, Any]]  # (weight, what it multiplies)
    biases: list[Any]
    z: Value  # the sum

    @property
    def y(self) -> Value:
        return self.nodes[-1]

    @property
    def activation(self) -> str:
        """What follows the sum; nothing in a linear neuron."""
        after = self.nodes[self.nodes.index(self.z) + 1 :]
        return str(after[0].op) if len(after) == 1 else "f(z)" if after else ""


Source = Value | Number


@dataclass(eq=False)
class Card:
    """A box of the picture: nodes that are made in the same way, one for each example."""

    # "neuron", "value", "input", or "penalty": it is made of parameters alone; of several cards,
    # "neurons", "values", "inputs", or "more"
    kind: str
    column: int
    members: list[Any] = field(default_factory=list)  # Neurons, or nodes, or Numbers
    parts: list[Card] = field(default_factory=list)  # the cards that it stands for

    @property
    def outputs(self) -> list[Source]:
        return [x.y if isinstance(x, Neuron) else x for x in self.members]

    @property
    def nodes(self) -> list[Source]:
        return [x for m in self.members for x in (m.nodes if isinstance(m, Neuron) else [m])]


def find_neurons(
    order: Sequence[Value], parameters: Mapping[Value, Any], inside: Mapping[Value, Path]
) -> dict[Value, Neuron]:
    """The neuron of every node that is in one.

    >>> from autograd_mini import Value, tanh, topological_order
    >>> w, x, b = Value(2.0), Value(3.0), Value(1.0)
    >>> y = tanh(w * x + b)
    >>> order = topological_order(y)
    >>> found = find_neurons(order, {w: "w", b: "b"}, dict.fromkeys(order, ()))
    >>> [str(node.op) for node in found[y].nodes], found[y].biases == [b]
    (['*', '+', 'tanh'], True)
    """
    uses = Counter(x for node in order for x in node.parents)
    found: dict[Value, Neuron] = {}
    for node in order:
        if node.is_leaf:
            continue
        neuron = _sum_of_products(node, parameters, inside, found, uses)
        owners = {found.get(x) for x in node.parents}
        owner = owners.pop() if len(owners) == 1 else None
        if neuron is None and owner and node in inside and inside[node] == inside.get(owner.z):
            neuron = owner  # an activation
            neuron.nodes.append(node)
        if neuron is not None:
            found.update(dict.fromkeys(neuron.nodes, neuron))
    return found


def _sum_of_products(
    node: Value,
    parameters: Mapping[Value, Any],
    inside: Mapping[Value, Path],
    found: Mapping[Value, Neuron],
    uses: Mapping[Value, int],
) -> Neuron | None:
    """The neuron whose sum this node is, as far as the nodes before it are known."""
    operands = node.operands
    if node.op is dot or node.op is multiply:
        n = len(operands) // 2
        terms = [(x, w) if x in parameters else (w, x) for w, x in zip(operands[:n], operands[n:])]
        terms = terms if node.op is dot else terms[:1]
        if any(w in parameters and x not in parameters for w, x in terms):
            biases = list(operands[2 * n :])
            return Neuron([node], terms, biases if dot.has_bias(operands) else [], node)
    if node.op not in (add, fsum):
        return None
    whole = Neuron([], [], [], node)
    for x in operands:
        part = found.get(x) if isinstance(x, Value) else None
        if part is not None and part.z is x and part.y is x and uses[x] == 1:
            if inside.get(x) != inside.get(node):
                return None
            whole.nodes += part.nodes
            whole.terms += part.terms
            whole.biases += part.biases
        elif x in parameters or not isinstance(x, Value):
            whole.biases.append(x)
        else:
            return None
    whole.nodes.append(node)
    return whole if whole.terms else None


class Cards:
    """The cards of a graph, and where each node is found.

    Attributes:
        cards: from left to right, and in each column from top to bottom.
        card_of: the card of every node that is not a parameter, and of every Number.
    """

    def __init__(
        self, order: Sequence[Value], parameters: Mapping[Value, Any], inside: Mapping[Value, Path]
    ) -> None:
        self.order, self.parameters, self.inside = order, parameters, inside
        self.index = {node: i for i, node in enumerate(order)}
        self.neurons = find_neurons(order, parameters, inside)
        self.card_of: dict[Source, Card] = {}
        self.slot: dict[Source, int] = {}  # the place of a node among those of its card
        self.cards: list[Card] = []
        self._place = {p: k for k, p in enumerate(parameters)}
        self._penalties = self._of_parameters_alone()
        self._numbers: dict[Hashable, Number] = {}
        self._find_columns()
        self._deal_neurons()
        self._deal_values()
        self._deal_inputs()
        self._sort()

    def sources(self, member: Any) -> list[list[Source]]:
        """For each row of a card's member, the nodes that its edges come from."""
        if isinstance(member, Neuron):
            return [[s for s in term if self._is_source(s)] for term in member.terms]
        if not isinstance(member, Value) or member in self._penalties:
            return []
        return [[x] if self._is_source(x) else [] for x in member.parents]

    def _is_source(self, x: Any) -> bool:
        return isinstance(x, Number) or (isinstance(x, Value) and x not in self.parameters)

    def _of_parameters_alone(self) -> set[Value]:
        """The nodes that use nothing but parameters: penalties."""
        found: set[Value] = set()
        for node in self.order:
            if not node.is_leaf and node not in self.neurons:
                known = [x in self.parameters or x in found for x in node.parents]
                direct = any(x in self.parameters for x in node.parents)
                if all(known) and (has_no_numbers(node) or not direct):
                    found.add(node)
        return found

    def _find_columns(self) -> None:
        """The column of every node: one more than that of the last node that it is made of."""
        self.column: dict[Value, int] = {}
        for node in self.order:
            if node.is_leaf or node in self._penalties:
                continue
            neuron = self.neurons.get(node)
            before = node.parents if neuron is None else [x for t in neuron.terms for x in t]
            columns = [self.column.get(x, 0) for x in before if isinstance(x, Value)]
            column = 1 + max(columns, default=0)
            self.column.update(dict.fromkeys([node] if neuron is None else neuron.nodes, column))

    def _add(self, kind: str, column: int) -> Card:
        self.cards.append(Card(kind, column))
        return self.cards[-1]

    def _put(self, card: Card, member: Any, slot: int | None = None) -> None:
        nodes = member.nodes if isinstance(member, Neuron) else [member]
        self.card_of.update(dict.fromkeys(nodes, card))
        self.slot.update(dict.fromkeys(nodes, len(card.members) if slot is None else slot))
        card.members.append(member)

    def _deal_neurons(self) -> None:
        found: dict[Hashable, Card] = {}
        for neuron in dict.fromkeys(self.neurons[x] for x in self.order if x in self.neurons):
            weights = [x for x in (*dict(neuron.terms), *neuron.biases) if x in self.parameters]
            like = (*weights, self.column[neuron.z])
            if like not in found:
                found[like] = self._add("neuron", self.column[neuron.z])
            neuron.terms = [
                (w, x if isinstance(x, Value) else self._number(x, k, neuron, found[like]))
                for k, (w, x) in enumerate(neuron.terms)
            ]
            self._put(found[like], neuron)

    def _number(self, x: Any, k: int, neuron: Neuron, card: Card) -> Number:
        """A plain number that is an input, one for all neurons of a layer."""
        like = (self.layer_of(neuron.z), card.column, k, len(card.members), x)
        return self._numbers.setdefault(like, Number(x))

    def layer_of(self, node: Value) -> Path | None:
        """The layer of a neuron; any other module unchanged; None outside the model."""
        path = self.inside.get(node)
        return path[:-1] if path and path[-1].startswith("neurons.") else path

    def _deal_values(self) -> None:
        """One card for what is made of cards of several examples in the same way in each."""
        found: dict[Hashable, Card] = {}
        seen: Counter[Hashable] = Counter()
        used = Counter(x for node in self.order for x in node.parents)
        rest = [x for x in self.order if x in self.column and x not in self.neurons]
        for node in sorted(rest, key=lambda x: self.column[x]):
            like: list[Any] = [node.op, self.column[node]]
            slots = set()
            for x in node.parents:
                card = self.card_of.get(x)
                like.append(card or (x if used[x] > 1 else None))
                if card and len(card.members) > 1:
                    slots.add(self.slot[x])
            key: Hashable = node
            if len(slots) == 1:
                seen[(*like, *slots)] += 1
                key = (*like, seen[(*like, *slots)])
            if key not in found:
                found[key] = self._add("value", self.column[node])
            self._put(found[key], node, *slots if len(slots) == 1 else ())
        for node in self._penalties:
            columns = [self.column[y] for y in rest if node in y.parents]
            if columns or node is self.order[-1]:
                self._put(self._add("penalty", min(columns, default=1) - 1), node)

    def _deal_inputs(self) -> None:
        """One card for the leaves that are used by a card in the same way for each example."""
        uses: dict[Source, list[tuple[Card, int, int]]] = {}
        for card in self.cards:
            for member in card.members:
                slot = self.slot[member.z if isinstance(member, Neuron) else member]
                for row, sources in enumerate(self.sources(member)):
                    for x in sources:
                        uses.setdefault(x, []).append((card, row, slot))
        if self.order[-1].is_leaf:
            uses[self.order[-1]] = []
        found: dict[Hashable, Card] = {}
        self.row: dict[Card, int] = {}  # where an input is used first
        for x, places in uses.items():
            if x in self.card_of:
                continue
            slots = {slot for card, _, slot in places if len(card.members) > 1}
            like = frozenset((card, row) for card, row, _ in places) if len(slots) == 1 else x
            if like not in found:
                column = min((card.column for card, *_ in places), default=1) - 1
                found[like] = self._add("input", column)
                self.row[found[like]] = min((row for _, row, _ in places), default=0)
            self._put(found[like], x, *slots if len(slots) == 1 else ())

    def _sort(self) -> None:
        """Columns from left to right; neurons and inputs in the order of the parameters."""
        kinds = ("neuron", "value", "input", "penalty")

        def place(card: Card) -> tuple[int, ...]:
            first = card.members[0]
            if isinstance(first, Neuron):
                own = min(self._place.get(w, len(self.order)) for w in dict(first.terms))
            else:
                own = self.row.get(card, self.index.get(first, 0))
            return card.column, kinds.index(card.kind), own

        self.cards.sort(key=place)

    # -- fewer cards ------------------------------------------------------------------------------

    def by_layer(self) -> None:
        """One card for each layer, and for what is made in the same way of it."""
        groups: dict[Hashable, list[Card]] = {}
        for card in self.cards:
            first = card.outputs[0]
            op = first.op if card.kind == "value" and isinstance(first, Value) else None
            path = self.layer_of(first) if isinstance(first, Value) else None
            groups.setdefault((card.kind, card.column, path, op), []).append(card)
        for parts in groups.values():
            if parts[0].kind == "neuron" or len(parts) > 1:
                self._join(f"{parts[0].kind}s", parts)

    def layers(self) -> dict[tuple[Path | None, int], list[Card]]:
        """The cards of the neurons of each layer, by its path and column."""
        layers: dict[tuple[Path | None, int], list[Card]] = {}
        for card in self.cards:
            if isinstance(card.members[0], Neuron):
                key = (self.layer_of(card.members[0].z), card.column)
                layers.setdefault(key, []).append(card)
        return layers

    def fold(self, most: int, shown: int) -> None:
        """Show only some of more than `most` cards of a layer, and how many more there are."""
        others: dict[Hashable, list[Card]] = {}
        for card in self.cards:
            if card.kind != "neuron":
                others.setdefault((card.kind, card.column), []).append(card)
        for parts in [*self.layers().values(), *others.values()]:
            if len(parts) > most:
                self._join("more", parts[shown - 1 : -1])

    def _join(self, kind: str, parts: list[Card]) -> None:
        card = Card(kind, parts[0].column, [x for part in parts for x in part.members], parts)
        hidden = set(parts)
        self.cards[self.cards.index(parts[0])] = card
        self.cards = [x for x in self.cards if x not in hidden]
        self.card_of = {x: card if c in hidden else c for x, c in self.card_of.items()}
