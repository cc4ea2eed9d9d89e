"""From a scalar graph to an array program: the stages, one after another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .arrays import BATCH, Array, Shape
from .blocks import Block, parameter_blocks
from .canonical import Graph
from .differentiate import gradients
from .layout import Layout
from .lower import lower
from .nodes import NONE, Form, Term
from .simplify import over_batch, rewritten, stable_softmax
from .task import Task
from .views import View


class Lowered(NamedTuple):
    """An array program, and what its arrays stand for.

    Attributes:
        outputs: the loss, the gradient of each block of parameters, and what is given beside the
            loss; or the outputs of a program that is not differentiated.
        blocks: of parameters, one an array.
        inputs: name -> shape, of one example.
        places: for each block, where its parameters are in the list of all, in the array's shape.
        roots: the nodes of an example's loss and of what parameters alone add to it, a number where
            it is a constant; or the nodes of the outputs.
        reduction: "mean" or "sum"; "" for outputs that are not a loss.
        as_written: the outputs before softmax was made stable.
        dtype: of all arrays.
    """

    outputs: list[Array]
    blocks: list[Block]
    places: list[Any]
    inputs: dict[str, Shape]
    roots: list[Any]
    reduction: str
    as_written: Sequence[Array] = ()
    dtype: str = "float64"

    def names(self, outputs: Sequence[Array]) -> dict[Array, str]:
        """What the inputs and parameters are called, in the program of the outputs."""
        arrays = outputs[0].program.arrays
        names = {x: x.info for x in arrays if x.op == "input"}
        names.update({x: self.blocks[x.info].name for x in arrays if x.op == "parameter"})
        return names


def lower_arrays(task: Task) -> Lowered:
    """The array program of a task."""
    graph, roots, names, inputs, reduction, dtype = task
    if reduction:
        lowered = lower_loss(graph, roots[0].item(), names, inputs, reduction, roots[1:])
    else:
        lowered = lower_outputs(graph, roots, names, inputs)
    return lowered._replace(dtype=dtype)


def lower_loss(
    graph: Graph,
    root: Any,
    names: Sequence[str] | None,
    inputs: dict[str, Shape],
    reduction: str,
    aux: Sequence[Any] = (),
) -> Lowered:
    """The loss over a batch, and its gradient, from the form of one example's loss; and what is to
    be given beside it, arrays of forms.

    What depends on parameters alone is computed once, not for every example.
    """
    whole = root
    if root.__class__ is not Form:
        whole = Form(0.0, [(1.0, root, NONE)]) if root.__class__ is int else Form(root, [])
    apart: dict[bool, list[Term]] = {True: [], False: []}
    for c, a, b in whole.terms:
        apart[graph.batched[a] or (b != NONE and graph.batched[b])].append((c, a, b))
    each = graph.made(Form(0.0, apart[True]))
    once = graph.made(Form(whole.constant, apart[False]))
    nodes = [_nodes(graph, forms) for forms in aux]
    lowering = _lowering(graph, [each, once, *_all(nodes)], names, inputs)
    program = lowering.program
    beside = _outputs(lowering, nodes)
    roots = [each, once]
    parts = []
    if apart[True]:
        each = _read(lowering, np.array(each)).array
        if each.is_batched:
            total = over_batch(each)
            parts.append(total / program.count() if reduction == "mean" else total)
        else:  # inputs times 0
            parts.append(each if reduction == "mean" else program.count() * each)
    if once.__class__ is int:
        once = _read(lowering, np.array(once)).array
    if once.__class__ is Array or once:
        parts.append(once if reduction == "mean" or not inputs else program.count() * once)
    loss = program.broadcast(sum(parts, 0.0), ())
    outputs = [loss, *gradients(loss, _parameters(lowering)), *beside]
    return _finished(lowering, roots, reduction, outputs)


def lower_outputs(
    graph: Graph, roots: Sequence[Any], names: Sequence[str] | None, inputs: dict[str, Shape]
) -> Lowered:
    """The outputs for each example, from arrays of forms."""
    nodes = [_nodes(graph, forms) for forms in roots]
    lowering = _lowering(graph, _all(nodes), names, inputs)
    outputs = _outputs(lowering, nodes)
    _parameters(lowering)
    return _finished(lowering, _all(nodes), "", outputs)


def _nodes(graph: Graph, forms: Any) -> Any:
    return np.array([graph.as_node(form) for form in forms.ravel()]).reshape(forms.shape)


def _all(nodes: Sequence[Any]) -> list[int]:
    return [node for each in nodes for node in each.ravel().tolist()]


def _outputs(lowering: Layout, nodes: Sequence[Any]) -> list[Array]:
    """An array of each array of nodes, for each example."""
    batch = [BATCH] * bool(lowering.inputs)
    views = [(_read(lowering, each).aligned(each.ndim), each.shape) for each in nodes]
    return [lowering.program.broadcast(view, (*batch, *shape)) for view, shape in views]


def _lowering(
    graph: Graph, roots: Iterable[Any], names: Sequence[str] | None, inputs: dict[str, Shape]
) -> Layout:
    nodes = graph.needed(x for x in roots if x.__class__ is not float)
    blocks = parameter_blocks(graph, names, nodes, inputs)
    return Layout(graph, inputs, blocks)


def _read(lowering: Layout, nodes: Any) -> View:
    """The view of these nodes, made with all they depend on."""
    lower(lowering, lowering.graph.needed(nodes.ravel().tolist()))
    lowering.allocate(nodes.ravel())
    return lowering.operand(nodes)


def _parameters(lowering: Layout) -> list[Array]:
    """The arrays of the blocks, also of those that nothing has used."""
    for nodes in lowering.blocks:
        lowering.allocate(nodes)
    of = {x.info: x for x in lowering.program.arrays if x.op == "parameter"}
    return [of[i] for i in range(len(lowering.blocks))]


def _finished(
    lowering: Layout, roots: list[Any], reduction: str, outputs: Sequence[Array]
) -> Lowered:
    args = lowering.graph.args
    places = [np.array([args[i][0] for i in b.ravel()]).reshape(b.shape) for b in lowering.blocks]
    stable = rewritten(outputs, stable_softmax)
    blocks, inputs = lowering.parameters, lowering.inputs
    return Lowered(stable, blocks, places, inputs, roots, reduction, outputs)
