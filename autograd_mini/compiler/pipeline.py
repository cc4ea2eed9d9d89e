"""From a scalar graph to an array program: the stages, one after another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..primitives import add, fsum, multiply, negate, subtract
from .arrays import BATCH, Array, Shape
from .blocks import Block, parameter_blocks
from .canonical import CONSTANT, INPUT, NONE, PARAMETER, Form, Graph, Term, is_moderate
from .differentiate import gradients
from .lower import Lowering
from .simplify import rewritten, stable_softmax
from .views import View


class Lowered(NamedTuple):
    """An array program, and what its arrays stand for.

    Attributes:
        outputs: the loss and the gradient of each block of parameters; or the outputs of a program
            that is not differentiated.
        blocks: of parameters, one an array.
        inputs: name -> shape, of one example.
        places: for each block, where its parameters are in the list of all, in the array's shape.
        roots: the nodes of an example's loss and of what parameters alone add to it, a number where
            it is a constant; or the nodes of the outputs.
        reduction: "mean" or "sum"; "" for outputs that are not a loss.
    """

    outputs: list[Array]
    blocks: list[Block]
    places: list[Any]
    inputs: dict[str, Shape]
    roots: list[Any]
    reduction: str

    def names(self, outputs: Sequence[Array]) -> dict[Array, str]:
        """What the inputs and parameters are called, in the program of the outputs."""
        arrays = outputs[0].program.arrays
        names = {x: x.info for x in arrays if x.op == "input"}
        names.update({x: self.blocks[x.info].name for x in arrays if x.op == "parameter"})
        return names


def lower_loss(
    graph: Graph, root: Any, names: Sequence[str] | None, inputs: dict[str, Shape], reduction: str
) -> Lowered:
    """The loss over a batch, and its gradient, from the form of one example's loss.

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
    lowering, blocks = _lowering(graph, [each, once], names, inputs)
    program = lowering.program
    roots = [each, once]
    parts = []
    if apart[True]:
        each = _read(lowering, np.array(each)).array
        if each.is_batched:
            total = _over_batch(each)
            parts.append(total / program.count() if reduction == "mean" else total)
        else:  # inputs times 0
            parts.append(each if reduction == "mean" else program.count() * each)
    if once.__class__ is int:
        once = _read(lowering, np.array(once)).array
    if once.__class__ is Array or once:
        parts.append(once if reduction == "mean" or not inputs else program.count() * once)
    loss: Any = 0.0
    for part in parts:
        loss = loss + part
    loss = program.broadcast(loss, ())
    wrt = _parameters(lowering, blocks)
    found = gradients(loss, wrt)
    return _finished(lowering, blocks, inputs, roots, reduction, [loss, *found])


def lower_outputs(
    graph: Graph, roots: Any, names: Sequence[str] | None, inputs: dict[str, Shape]
) -> Lowered:
    """The outputs for each example, from an array of forms."""
    nodes = np.array([_as_node(graph, form) for form in roots.ravel()]).reshape(roots.shape)
    lowering, blocks = _lowering(graph, nodes.ravel(), names, inputs)
    view = _read(lowering, nodes).aligned(nodes.ndim)
    _parameters(lowering, blocks)
    shape = (*[BATCH] * bool(inputs), *nodes.shape)
    outputs = [lowering.program.broadcast(view, shape)]
    return _finished(lowering, blocks, inputs, nodes.ravel().tolist(), "", outputs)


def _over_batch(x: Array) -> Any:
    """The sum over the examples, taken of the parts of x: of a whole array at once rather than of
    each example first."""
    arrays = x.program.arrays[: x.number + 1]
    wanted = {x}
    for y in reversed(arrays):
        if y in wanted:
            wanted.update(_parts(y))
    sums: dict[Any, Any] = {}
    for y in filter(wanted.__contains__, arrays):
        if _parts(y):
            sums[y] = y.op(*[sums.get(a, a) for a in y.args])
        elif y.op == "contract" and y.info.endswith("->b"):
            sums[y] = y.program.contract(y.info[:-1], *y.args)
        else:
            sums[y] = y.program.contract("b->", y)
    return sums[x]


def _parts(x: Array) -> Sequence[Array]:
    """The arrays whose sums over the examples make that of x; none if it is taken of x itself."""
    if x.op in (add, subtract) and all(a.__class__ is Array and a.is_batched for a in x.args):
        return x.args
    is_scaled = x.op is multiply and x.args[0].__class__ is float and is_moderate(x.args[0])
    return x.args[-1:] if x.op is negate or is_scaled else ()


def _as_node(graph: Graph, form: Any) -> int:
    node = graph.made(form)
    return node if node.__class__ is int else graph.node(CONSTANT, (node,))


def _lowering(
    graph: Graph, roots: Iterable[Any], names: Sequence[str] | None, inputs: dict[str, Shape]
) -> tuple[Lowering, list[Block]]:
    for place in range(len(graph.parameters)):  # those that are not used, too
        graph.node(PARAMETER, (place,))
    nodes = needed(graph, [x for x in roots if x.__class__ is not float])
    blocks = parameter_blocks(graph, names, nodes, inputs)
    return Lowering(graph, inputs, blocks), blocks


def _read(lowering: Lowering, nodes: Any) -> View:
    """The view of these nodes, made with all they depend on."""
    lowering.lower(needed(lowering.graph, nodes.ravel()))
    lowering.settle(nodes.ravel())
    return lowering.operand(nodes)


def needed(graph: Graph, roots: Iterable[Any]) -> list[int]:
    """The nodes that the roots depend on, operands first."""
    found = {int(x) for x in roots}
    for i in range(max(found, default=-1), -1, -1):
        if i in found:
            op, args = graph.ops[i], graph.args[i]
            if op is fsum:
                found.update(args.lefts)
                found.update(args.rights)
            elif op not in (INPUT, PARAMETER, CONSTANT):
                found.update(x for x in args if x.__class__ is int)
    found.discard(NONE)
    return sorted(found)


def _parameters(lowering: Lowering, blocks: Sequence[Block]) -> list[Array]:
    """The arrays of the blocks, also of those that nothing has used."""
    for nodes in lowering.blocks:
        lowering.settle(nodes)
    of = {x.info: x for x in lowering.program.arrays if x.op == "parameter"}
    return [of[i] for i in range(len(blocks))]


def _finished(
    lowering: Lowering,
    blocks: list[Block],
    inputs: dict[str, Shape],
    roots: list[Any],
    reduction: str,
    outputs: list[Array],
) -> Lowered:
    outputs = rewritten(outputs, stable_softmax)
    args = lowering.graph.args
    places = [np.array([args[i][0] for i in b.ravel()]).reshape(b.shape) for b in lowering.blocks]
    return Lowered(outputs, blocks, places, inputs, roots, reduction)
