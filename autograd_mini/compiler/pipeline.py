"""From a scalar graph to an array program: the stages, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .arrays import BATCH, Array, Shape
from .blocks import Block, parameter_blocks
from .canonical import Graph
from .differentiate import gradients
from .layout import Layout
from .lower import lower
from .nodes import NONE, Form, Term
from .roll import SHORTER, Rolled, rolled
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
        rolled: what became loops; None if nothing did.
        otherwise: makes the same program without loops; or with them, for a backend that has none.
    """

    outputs: list[Array]
    blocks: list[Block]
    places: list[Any]
    inputs: dict[str, Shape]
    roots: list[Any]
    reduction: str
    as_written: Sequence[Array] = ()
    dtype: str = "float64"
    rolled: Rolled | None = None
    otherwise: Callable[[], Lowered] | None = None

    def names(self, outputs: Sequence[Array]) -> dict[Array, str]:
        """What the inputs and parameters are called, in the program of the outputs."""
        arrays = outputs[0].program.arrays
        names = {x: x.info for x in arrays if x.op == "input"}
        names.update({x: self.blocks[x.info].name for x in arrays if x.op == "parameter"})
        return names


def lower_arrays(task: Task, roll: bool = False) -> Lowered:
    """The array program of a task, in which steps that repeat are written out or become loops.

    A loss has two roots: what there is for each example, and what depends on parameters alone,
    which is computed once and not for every example.
    """
    graph, roots, names, inputs, reduction, dtype, _ = task
    loss = _apart(graph, roots[0].item()) if reduction else []
    others = [_nodes(graph, forms) for forms in roots[bool(reduction) :]]
    ends = [*loss, *[node for nodes in others for node in nodes.ravel().tolist()]]
    needed = graph.needed(x for x in ends if x.__class__ is int)
    layout = Layout(graph, inputs, parameter_blocks(graph, names, needed, inputs))
    outputs = [_output(layout, nodes) for nodes in others]
    if reduction:
        outputs.insert(0, _loss(layout, loss, reduction))
    parameters, loops = _parameters(layout), None
    if roll:
        outputs, parameters, loops = rolled(outputs, parameters)
    if reduction:
        outputs[1:1] = gradients(outputs[0], parameters)
    places = [
        np.array([graph.args[i][0] for i in nodes.ravel()]).reshape(nodes.shape)
        for nodes in layout.blocks
    ]
    return Lowered(
        outputs=rewritten(outputs, stable_softmax),
        blocks=layout.parameters,
        places=places,
        inputs=inputs,
        roots=loss or ends,
        reduction=reduction,
        as_written=outputs,
        dtype=dtype,
        rolled=loops,
    )


def lower_written_out(task: Task) -> Lowered:
    """The array program of a task, for a backend that has no loops over steps."""
    return lower_arrays(task)._replace(otherwise=partial(lower_arrays, task, task.roll))


def lower_with_loops(written: Callable[[Lowered], Any], task: Task) -> Lowered:
    """The array program of a task, with loops where the lines are clearly fewer with them; for a
    backend that has loops, and writes the lines."""
    lowered = lower_arrays(task, task.roll)._replace(otherwise=partial(lower_arrays, task))
    if lowered.rolled is None or lowered.rolled.is_clear:
        return lowered
    others = lower_arrays(task)
    is_shorter = len(written(lowered).lines) <= SHORTER * len(written(others).lines)
    return lowered if is_shorter else others


def _apart(graph: Graph, loss: Any) -> list[Any]:
    """The nodes of a loss for each example, and of what parameters alone add to it; or numbers."""
    if loss.__class__ is int:
        loss = Form(0.0, [(1.0, loss, NONE)])
    elif loss.__class__ is not Form:
        loss = Form(loss, [])
    apart: dict[bool, list[Term]] = {True: [], False: []}
    for c, a, b in loss.terms:
        apart[graph.batched[a] or (b != NONE and graph.batched[b])].append((c, a, b))
    return [graph.made(Form(0.0, apart[True])), graph.made(Form(loss.constant, apart[False]))]


def _loss(layout: Layout, roots: list[Any], reduction: str) -> Array:
    """The loss of a batch, from its two roots."""
    program, is_mean = layout.program, reduction == "mean"
    each, once = roots
    parts: list[Any] = []
    if each.__class__ is int:
        each = _read(layout, np.array(each)).array
        if each.is_batched:
            total = over_batch(each)
            parts.append(total / program.count() if is_mean else total)
        else:  # inputs times 0
            parts.append(each if is_mean else program.count() * each)
    if once.__class__ is int:
        once = _read(layout, np.array(once)).array
    if once.__class__ is Array or once:
        parts.append(once if is_mean or not layout.inputs else program.count() * once)
    return program.broadcast(sum(parts, 0.0), ())


def _nodes(graph: Graph, forms: Any) -> Any:
    return np.array([graph.as_node(form) for form in forms.ravel()]).reshape(forms.shape)


def _output(layout: Layout, nodes: Any) -> Array:
    """The array of an array of nodes, for each example."""
    batch = [BATCH] * bool(layout.inputs)
    view = _read(layout, nodes).aligned(nodes.ndim)
    return layout.program.broadcast(view, (*batch, *nodes.shape))


def _read(layout: Layout, nodes: Any) -> View:
    """The view of these nodes, made with all they depend on."""
    lower(layout, layout.graph.needed(nodes.ravel().tolist()))
    layout.allocate(nodes.ravel())
    return layout.operand(nodes)


def _parameters(layout: Layout) -> list[Array]:
    """The arrays of the blocks, also of those that nothing has used."""
    for nodes in layout.blocks:
        layout.allocate(nodes)
    of = {x.info: x for x in layout.program.arrays if x.op == "parameter"}
    return [of[i] for i in range(len(layout.blocks))]
