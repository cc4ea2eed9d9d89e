"""compile: from scalar code to the array program that one would have written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from ..backprop import topological_order
from ..errors import TraceError
from ..value import Value
from .arrays import Shape
from .canonical import Graph
from .backends import backend as load_backend
from .pipeline import lower_loss, lower_outputs
from .program import Compiled, Program
from .trace import Trace, Traced, are_alike, in_order, placeholders

__all__ = ["Program", "compile"]


def compile(
    loss: Callable[..., Any] | Value,
    *,
    parameters: Any = None,
    reduction: str = "mean",
    backend: str = "numpy",
    shapes: dict[str, Any] | None = None,
    **inputs: Any,
) -> Program:
    """Turn scalar code into an array program over a batch of examples.

    Args:
        loss: a function of one example, written in scalars; it is called once or twice, with
            placeholders. It gives one scalar, the loss; or nested lists of scalars, outputs. Or a
            Value: a graph that is there already.
        parameters: a module, or a list of Values; None takes every Value leaf. Other leaves are
            constants.
        reduction: "mean" or "sum" of the examples' losses.
        backend: "numpy".
        shapes: those of inputs whose names are also options.
        inputs: for each argument of `loss` the shape of one example: () for a number, 64 for a list
            of 64, (3, 4) for nested lists.

    Raises:
        TraceError: the code needs a number where there is none yet; it names the line.
        ValueError: a shape or an option makes no sense.

    >>> from nn import MLP, losses
    >>> model = MLP(2, [1])
    >>> program = compile(lambda x, y: losses.hinge(model(x), y), x=2, y=(), parameters=model)
    >>> print(program.source.split("# forward")[1])
    """
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction is 'mean' or 'sum', got {reduction!r}")
    chosen = load_backend(backend)
    sizes = {name: _shape(name, shape) for name, shape in {**inputs, **(shapes or {})}.items()}
    leaves, names = _leaves(parameters)
    graph = Graph(leaves)
    labels: dict[tuple[str, int], int] = {}
    if isinstance(loss, Value):
        roots = np.array(graph.enter(topological_order(loss), [loss]), dtype=object)[0]
    else:
        roots, labels = _traced(graph, loss, sizes)
    if isinstance(roots, np.ndarray):
        lowered = lower_outputs(graph, roots, names, sizes)
        reduction = ""
    else:
        lowered = lower_loss(graph, roots, names, sizes, reduction)
    name = "value_and_grad" if reduction else "predict"
    source, constants = chosen.emit(lowered, name)
    compiled = Compiled(
        source,
        name,
        sizes,
        {b.name: p.shape for b, p in zip(lowered.blocks, lowered.places)},
        lowered.places,
        {b.name: b.about for b in lowered.blocks},
        constants,
        labels,
        reduction,
        len(graph.ops),
        backend,
    )
    return Program(compiled, graph.parameters)


def _shape(name: str, shape: Any) -> Shape:
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in sizes):
        raise ValueError(
            f"the shape of input {name} is (), a number of at least 1 or a tuple, got {shape!r}"
        )
    if not name.isidentifier():
        raise ValueError(f"the input {name!r} is no identifier")
    return sizes


def _leaves(parameters: Any) -> tuple[list[Value] | None, list[str] | None]:
    """The parameters and their names, if they have any."""
    if parameters is None:
        return None, None
    if hasattr(parameters, "named_parameters"):
        named = dict(parameters.named_parameters())
        return list(named.values()), list(named)
    return list(parameters), None


def _traced(graph: Graph, loss: Any, sizes: dict[str, Shape]) -> tuple[Any, Any]:
    """The form of the loss, or an array of forms of outputs; and what pick() takes as an index."""
    trace, result = _trace(loss, sizes)
    again, same = _trace(loss, sizes)
    if result.shape != same.shape or not are_alike(trace, again, zip(result.ravel(), same.ravel())):
        raise TraceError(
            "the function made two different graphs in two calls: a random number, or what the "
            "first call changed, would be the same for every example; give it as an input instead, "
            "such as a dropout mask"
        )
    order = in_order(trace)
    for root in result.ravel():
        if isinstance(root, Value) and not isinstance(root, Traced):
            order += topological_order(root)
    forms = np.empty(result.size, dtype=object)
    forms[:] = graph.enter(order, list(result.ravel()))
    return (forms[0] if result.ndim == 0 else forms.reshape(result.shape)), trace.labels


def _trace(loss: Any, sizes: dict[str, Shape]) -> tuple[Trace, Any]:
    """The trace of one call, and what it gave as an array of scalars."""
    trace = Trace()
    result = loss(**{name: placeholders(name, shape, trace) for name, shape in sizes.items()})
    scalars = np.array(result, dtype=object)
    wrong = [x for x in scalars.ravel() if not isinstance(x, (Value, Real))]
    if wrong or not (scalars.ndim or isinstance(result, Value)):
        raise TypeError(
            "the traced function has to give one scalar, the loss, or lists of scalars of one "
            f"length; got {type(result).__name__} {result!r:.60}"
        )
    return trace, scalars
