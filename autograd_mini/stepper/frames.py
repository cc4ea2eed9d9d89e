"""Frames: what a stepper shows, one after another.

    start       the leaves have their numbers
    forward     one operation is computed; there is a frame for each
    seed        the gradient of the root is 1
    backward    the chain rule is applied to one edge; there is a frame for each

The backward frames hold the Step records of backprop_steps(): nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from ..graph import topological_order
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
