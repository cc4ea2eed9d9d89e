"""Frames: what a stepper shows, one after another.

    start       the leaves have their numbers
    forward     one operation is computed; there is a frame for each
    seed        the gradient of the root is 1
    backward    the chain rule is applied to one edge; there is a frame for each

The backward frames hold the Step records of backprop_steps(): nothing is computed here. A coarser
level shows many frames at once: those of a neuron, or of a layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from ..draw.modules import homes, parameter_names, split
from ..draw.sketch import Detail, Group, sketch
from ..graph import topological_order
from ..primitives import dot
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
        steps = backprop_steps(root, order)
        frames += [Frame("backward" if s.number else "seed", s.node, s) for s in steps]
    return frames


def gradients_after(steps: Iterable[Step]) -> dict[Value, Any]:
    """The gradient of each node after the last of these steps."""
    return {step.node if step.parent is None else step.parent: step.after for step in steps}


class Part(NamedTuple):
    """Nodes whose frames are shown at once: a neuron, a layer, or what is outside the model.

    Attributes:
        name: "layers.0.neurons.3"; outside the model, the name of its last node.
        nodes: those that an operation made.
        is_module: whether it is inside the model.
    """

    name: str
    nodes: list[Value]
    is_module: bool


def parts_of(root: Value, model: Any, detail: Detail, names: dict[Value, str]) -> list[Part]:
    """The parts of a graph, each after all that it uses; none if they depend on each other.

    What is outside the model is as few parts as its order allows.
    """
    order = topological_order(root)
    modules = homes(order, {p: split(name)[0] for p, name in parameter_names(model).items()})
    drawn = sketch(order, modules, detail)
    members: dict[int, list[Value]] = {}
    for node, box in zip(order, drawn.box):
        if not node.is_leaf:
            members.setdefault(box, []).append(node)
    boxes = {node: box for box, nodes in members.items() for node in nodes}
    waits = {b: {boxes[x] for node in nodes for x in node.parents if x in boxes} - {b}
             for b, nodes in members.items()}  # fmt: skip
    parts: list[Part] = []
    while waits:
        ready = [b for b, needed in waits.items() if needed.isdisjoint(waits)]
        if not ready:  # a recurrent network
            return []
        inside = [b for b in ready if isinstance(drawn.content[b], Group)]
        b = (inside or ready)[0]
        del waits[b]
        if inside:
            name = ".".join(drawn.home(b) or ()) or type(model).__name__
            parts.append(Part(name, members[b], True))
        elif parts and not parts[-1].is_module:
            earlier = parts.pop().nodes
            parts.append(Part(names[members[b][-1]], earlier + members[b], False))
        else:
            parts.append(Part(names[members[b][-1]], members[b], False))
    return parts if any(part.is_module for part in parts) else []


def levels_of(
    root: Value, frames: Sequence[Frame], model: Any, names: dict[Value, str]
) -> dict[str, list[tuple[str, Part, list[int]]]]:
    """The coarser levels: the steps by neuron and by layer, as far as the model has them."""
    levels: dict[str, list[tuple[str, Part, list[int]]]] = {}
    details: tuple[Detail, ...] = ("neurons", "layers")
    for detail in details:
        steps = steps_of(parts_of(root, model, detail, names), frames)
        if steps and [s[2] for s in steps] not in [[s[2] for s in x] for x in levels.values()]:
            levels[detail] = steps
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
    """A module's neurons z = w x + b, a = f(z); none if it is not made of them alone.

    Returns:
        For each its nodes z and a, its operands w, x and b (None if it has no bias), and f.
    """
    cells = []
    for z in (node for node in part.nodes if node.op is dot):
        n = len(z.operands) // 2
        after = [node for node in part.nodes if z in node.parents]
        a = after[0] if len(after) == 1 and len(after[0].operands) == 1 else z
        bias = z.operands[-1] if dot.has_bias(z.operands) else None
        cells.append({"z": z, "a": a, "w": z.operands[:n], "x": z.operands[n:-1], "b": bias,
                      "f": str(a.op)})  # fmt: skip
    known = {cell[which] for cell in cells for which in "za"}
    alike = {(cell["x"], cell["b"] is None, cell["a"] is cell["z"]) for cell in cells}
    return cells if len(alike) == 1 and known == set(part.nodes) and part.is_module else []
