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
from .modules import Path, homes, layer, of_parameters_alone, parameter_names, split


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
    """The neuron of every node that is in one."""
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
            biases = list(operands[2 * n :]) if dot.has_bias(operands) else []
            computed = [b for b in biases if isinstance(b, Value) and b not in parameters]
            terms += [(1, b) for b in computed]
            return Neuron([node], terms, [b for b in biases if b not in computed], node)
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


def cards_of(order: Sequence[Value], model: Any) -> Cards:
    """The cards of a graph that a model was applied in."""
    named = parameter_names(model)
    return Cards(order, named, homes(order, {p: split(name)[0] for p, name in named.items()}))


class Cards:
    """The cards of a graph, and where each node is found.

    Attributes:
        cards: from left to right, and in each column from top to bottom.
        card_of: the card of every node that is not a parameter, and of every Number.
        row: for the card of an input, in which row it is used first.
    """

    def __init__(
        self, order: Sequence[Value], parameters: Mapping[Value, Any], inside: Mapping[Value, Path]
    ) -> None:
        self.order, self.parameters, self.inside = order, parameters, inside
        self.index = {node: i for i, node in enumerate(order)}
        self.neurons = find_neurons(order, parameters, inside)
        self.card_of: dict[Source, Card] = {}
        self.row: dict[Card, int] = {}
        self._example: dict[Source, int] = {}  # the place of a node among those of its card
        self._dealt: dict[Hashable, Card] = {}
        self._rank = {p: k for k, p in enumerate(parameters)}
        self._penalties = of_parameters_alone(order, parameters)
        self._find_columns()
        self._deal_neurons()
        self._deal_values()
        self._deal_inputs()
        self.cards = sorted(self._dealt.values(), key=self._place)

    def sources(self, member: Any) -> list[list[Source]]:
        """For each row of a card's member, the nodes that its edges come from."""
        if member in self._penalties or isinstance(member, Number):
            return []
        rows = member.terms if isinstance(member, Neuron) else [[x] for x in member.parents]
        kinds = (Value, Number)
        return [[x for x in r if isinstance(x, kinds) and x not in self.parameters] for r in rows]

    def _find_columns(self) -> None:
        """The column of every node: one more than that of the last node that it is made of."""
        self.column: dict[Value, int] = {}
        for node in self.order:
            if not node.is_leaf and node not in self._penalties:
                neuron = self.neurons.get(node)
                before = node.parents if neuron is None else [x for t in neuron.terms for x in t]
                columns = [self.column.get(x, 0) for x in before if isinstance(x, Value)]
                nodes = [node] if neuron is None else neuron.nodes
                self.column.update(dict.fromkeys(nodes, 1 + max(columns, default=0)))

    def _deal(
        self, kind: str, like: Hashable, column: int, member: Any, example: Any = None
    ) -> Card:
        """Put a member into the card of what is like it."""
        card = self._dealt.setdefault((kind, like), Card(kind, column))
        nodes = member.nodes if isinstance(member, Neuron) else [member]
        self.card_of.update(dict.fromkeys(nodes, card))
        place = len(card.members) if example is None else example
        self._example.update(dict.fromkeys(nodes, place))
        card.members.append(member)
        return card

    def _deal_neurons(self) -> None:
        numbers: dict[Hashable, Number] = {}  # plain inputs, one for all neurons of a layer
        for neuron in dict.fromkeys(self.neurons[x] for x in self.order if x in self.neurons):
            weights = [x for x in (*dict(neuron.terms), *neuron.biases) if x in self.parameters]
            column = self.column[neuron.z]
            card = self._deal("neuron", (*weights, column), column, neuron)
            for k, (w, x) in enumerate(neuron.terms):
                if not isinstance(x, Value):
                    like = (self.layer_of(neuron.z), column, k, len(card.members), x)
                    neuron.terms[k] = (w, numbers.setdefault(like, Number(x)))

    def layer_of(self, node: Any) -> Path | None:
        """The layer of a neuron; any other module unchanged; None outside the model."""
        path = self.inside.get(node)
        return path and layer(path)

    def _deal_values(self) -> None:
        """One card for what is made of cards of several examples in the same way in each."""
        used = Counter(x for node in self.order for x in node.parents)
        seen: Counter[Hashable] = Counter()
        rest = [x for x in self.order if x in self.column and x not in self.neurons]
        before: dict[Value, int] = {}  # penalties, and their columns
        for node in sorted(rest, key=lambda x: self.column[x]):
            column, parents = self.column[node], node.parents
            cards = [self.card_of.get(x) or (x if used[x] > 1 else None) for x in parents]
            like: Hashable = node
            several = [x for x in parents if x in self.card_of and len(self.card_of[x].members) > 1]
            example = _one({self._example[x] for x in several})
            if example is not None:
                seen[node.op, *cards, example] += 1
                like = (node.op, *cards, seen[node.op, *cards, example])
            self._deal("value", like, column, node, example)
            before |= {x: min(column - 1, before.get(x, column)) for x in parents}
        for node in self._penalties:
            if node in before or node is self.order[-1]:
                self._deal("penalty", node, before.get(node, 0), node)

    def _deal_inputs(self) -> None:
        """One card for the leaves that are used by a card in the same way for each example."""
        uses: dict[Source, list[tuple[Card, int, int]]] = {}
        for card in self._dealt.values():
            for member in card.members:
                example = self._example[member.z if isinstance(member, Neuron) else member]
                for row, sources in enumerate(self.sources(member)):
                    for x in sources:
                        uses.setdefault(x, []).append((card, row, example))
        if self.order[-1].is_leaf:
            uses[self.order[-1]] = []
        for x, places in uses.items():
            if x not in self.card_of:
                same_example = _one({e for card, _, e in places if len(card.members) > 1})
                same = frozenset((card, row) for card, row, _ in places)
                column = min((card.column for card, *_ in places), default=1) - 1
                like = x if same_example is None else same
                card = self._deal("input", like, column, x, same_example)
                self.row.setdefault(card, min((row for _, row, _ in places), default=0))

    def _place(self, card: Card) -> tuple[int, ...]:
        """Columns from left to right; neurons and inputs in the order of the parameters."""
        first = card.members[0]
        own = self.row.get(card, self.index.get(first, 0))
        if isinstance(first, Neuron):
            own = min(self._rank.get(w, len(self._rank)) for w, _ in first.terms)
        return card.column, ("neuron", "value", "input", "penalty").index(card.kind), own

    # -- fewer cards ------------------------------------------------------------------------------

    def layers(self) -> dict[Hashable, list[Card]]:
        """The cards of the neurons of each layer; and of the inputs, and others, in a column."""
        layers: dict[Hashable, list[Card]] = {}
        for card in self.cards:
            neuron = isinstance(card.members[0], Neuron)
            path = self.layer_of(card.outputs[0]) if neuron else None
            layers.setdefault((neuron or card.kind, card.column, path), []).append(card)
        return layers

    def by_layer(self) -> None:
        """One card for each layer, and for what is made in the same way of it."""
        groups: dict[Hashable, list[Card]] = {}
        for key, cards in self.layers().items():
            for card in cards:
                first = card.members[0]
                op = first.op if isinstance(first, Value) else None
                groups.setdefault((key, self.layer_of(card.outputs[0]), op), []).append(card)
        for parts in groups.values():
            if parts[0].kind == "neuron" or len(parts) > 1:
                self._join(f"{parts[0].kind}s", parts)

    def fold(self, most: int, shown: int) -> None:
        """Show only some of more than `most` cards of a layer, and how many more there are."""
        for parts in self.layers().values():
            if len(parts) > most:
                self._join("more", parts[shown - 1 : -1])

    def _join(self, kind: str, parts: list[Card]) -> None:
        card = Card(kind, parts[0].column, [x for part in parts for x in part.members], parts)
        hidden = set(parts)
        self.cards[self.cards.index(parts[0])] = card
        self.cards = [x for x in self.cards if x not in hidden]
        self.card_of.update(dict.fromkeys(card.nodes, card))


def _one(examples: set[int]) -> int | None:
    """The example that all belong to."""
    return examples.pop() if len(examples) == 1 else None
