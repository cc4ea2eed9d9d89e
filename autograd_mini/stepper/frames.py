"""Frames: what a stepper shows, one after another.

    start       the leaves have their numbers
    forward     one operation is computed; there is a frame for each
    seed        the gradient of the root is 1
    backward    the chain rule is applied to one edge; there is a frame for each

The backward frames hold the Step records of backprop_steps(): nothing is computed here. A coarser
level shows many frames at once: those of a neuron, or of a layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from ..draw.modules import layer, one_based
from ..draw.neurons import Cards, Neuron, cards_of
from ..graph import NodeGroup, topological_order
from ..steps import Step, backprop_steps
from ..value import Value


class Frame(NamedTuple):
    """One step of the forward or the backward pass.

    Attributes:
        kind: "start", "forward", "seed" or "backward".
        node: the node that is computed, or whose gradient is passed on.
        step: the Step, in the backward pass.
    """

    kind: Literal["start", "forward", "seed", "backward"]
    node: Value
    step: Step | None = None


def frames_of(
    root: Value,
    forward: bool = True,
    backward: bool = True,
    order: Literal["topological", "depth_first"] = "topological",
    names: Mapping[Value, str] | None = None,
) -> list[Frame]:
    """The frames of a graph, in the order in which they are shown.

    >>> x = Value(2.0)
    >>> [frame.kind for frame in frames_of(x * x)]
    ['start', 'forward', 'seed', 'backward', 'backward']
    """
    frames = [Frame("start", root)]
    if forward:
        inner = [node for node in topological_order(root) if not node.is_leaf]
        frames += [Frame("forward", node) for node in inner]
    if backward:
        steps = backprop_steps(root, order, names)
        frames += [Frame("backward" if s.number else "seed", s.node, s) for s in steps]
    return frames


def taken(frames: Iterable[Frame]) -> list[Step]:
    """The steps of some frames."""
    return [frame.step for frame in frames if frame.step is not None]


def gradients_after(steps: Iterable[Step]) -> dict[Value, Any]:
    """The gradient of each node after the last of these steps."""
    return {step.node if step.parent is None else step.parent: step.after for step in steps}


class Part(NamedTuple):
    """Nodes whose frames are shown at once: a neuron, a layer, or what is outside of neurons.

    Attributes:
        name: "layer 1, neuron 4"; outside, the name of its last node.
        nodes: those that an operation made.
        neurons: those that it is made of; none if it is outside.
    """

    name: str
    nodes: list[Value]
    neurons: list[Neuron]


def parts_of(cards: Cards, level: str, names: Mapping[Value, str], model: str) -> list[Part]:
    """The parts of a graph, each after all that it uses; none if it has no neurons.

    A layer is the neurons of a column of cards, for one example. What is outside of neurons is as
    few parts as its order allows.
    """
    found: dict[Any, Part] = {}
    for card in cards.cards:
        for k, member in enumerate(card.members):
            if isinstance(member, Neuron):
                path = cards.inside.get(member.z, ())
                path = layer(path) if level == "layers" else path
                key: Any = (card.column, path, k) if level == "layers" else member
                name = ", ".join(map(one_based, path)) or model
                part = found.setdefault(key, Part(name, [], []))
                part.neurons.append(member)
                part.nodes.extend(member.nodes)
    parts: list[Part] = []
    in_part = {x: part for part in found.values() for x in part.nodes}
    columns = {x: cards.card_of[x].column for x in cards.order if x in cards.card_of}
    for node in sorted(cards.order, key=lambda x: columns.get(x, 0)):
        if node in in_part:
            parts += [in_part[node]] * (in_part[node] not in parts)
        elif not node.is_leaf:
            nodes = parts.pop().nodes if parts and not parts[-1].neurons else []
            parts.append(Part(names[node], [*nodes, node], []))
    return parts if found else []


def levels_of(
    root: Value, frames: Sequence[Frame], model: Any, names: dict[Value, str]
) -> dict[str, list[tuple[str, Part, list[int]]]]:
    """The coarser levels: the steps by neuron and by layer, as far as the model has them."""
    levels: dict[str, list[tuple[str, Part, list[int]]]] = {}
    cards = cards_of(topological_order(root), model)
    for level in ("neurons", "layers"):
        steps = steps_of(parts_of(cards, level, names, type(model).__name__), frames)
        if steps and [s[2] for s in steps] not in [[s[2] for s in x] for x in levels.values()]:
            levels[level] = steps
    return levels


def steps_of(parts: Sequence[Part], frames: Sequence[Frame]) -> list[tuple[str, Part, list[int]]]:
    """The steps of a level: "forward" or "backward", a part, and the numbers of its frames."""
    times: dict[Value, dict[str, list[int]]] = {}
    for t, frame in enumerate(frames):
        kind = "forward" if frame.step is None else "backward"
        times.setdefault(frame.node, {}).setdefault(kind, []).append(t)
    steps = []
    for kind, ordered in (("forward", parts), ("backward", parts[::-1])):
        for part in ordered:
            shown = sorted(t for x in part.nodes for t in times.get(x, {}).get(kind, []))
            if kind == "forward" and shown[:1] == [0]:
                shown = shown[1:]  # the start
            steps.append((kind, part, shown))
    return [step for step in steps if step[2]]


def cells_of(part: Part) -> list[dict[str, Any]]:
    """A part's neurons as z = w x + b, a = f(z); none if they are not alike, or not of this form.

    Returns:
        For each its nodes z and a, its operands w, x and b (None if it has no bias), and f.
    """
    cells = []
    for neuron in part.neurons:
        z, a = neuron.z, neuron.y
        if len(neuron.biases) > 1 or (a is not z and a.parents != (z,)):
            return []
        w, x = zip(*neuron.terms)
        b = neuron.biases[0] if neuron.biases else None
        cells.append({"z": z, "a": a, "w": w, "x": x, "b": b, "f": neuron.activation})
    alike = {(cell["x"], cell["b"] is None, cell["f"]) for cell in cells}
    return cells if len(alike) == 1 else []


class Contents(NamedTuple):
    """All that a page is made from."""

    root: Value
    frames: Sequence[Frame]
    title: str
    model: Any = None
    level: str = "edges"
    levels: Mapping[str, Sequence[tuple[str, Part, list[int]]]] = {}
    groups: Sequence[NodeGroup] = ()
    start: int = 0
