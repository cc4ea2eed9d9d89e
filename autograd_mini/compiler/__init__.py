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
from .backends import backend as load_backend
from .cache import Cache
from .canonical import Graph
from .pipeline import lower_loss, lower_outputs
from .program import Compiled, Function, Program
from .trace import Trace, Traced, are_alike, in_order, placeholders

__all__ = ["Program", "compile"]


def compile(
    loss: Callable[..., Any] | Value,
    *,
    parameters: Any = None,
    reduction: str = "mean",
    backend: str = "numpy",
    dtype: str = "float64",
    devices: Sequence[Any] | None = None,
    check: bool = False,
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
        backend: "numpy" or "jax".
        dtype: "float64"; with JAX also "float32".
        devices: with JAX, those that share each batch, such as jax.devices(); None takes one.
        check: where the loss or a gradient comes out as nan or infinite, run the examples one by
            one as scalars, and raise the error of the first that gives one. (A compiled program
            computes in IEEE arithmetic, where scalars raise.)
        shapes: those of inputs whose names are also options.
        inputs: for each argument of `loss` the shape of one example: () for a number, 64 for a list
            of 64, (3, 4) for nested lists.

    Raises:
        TraceError: the code needs a number where there is none yet; it names the line.
        ValueError: a shape or an option makes no sense.

    >>> from autograd_mini import Value
    >>> w, b = Value(2.0), Value(0.5)
    >>> program = compile(lambda x, y: (w * x + b - y) ** 2, x=(), y=())
    >>> loss, (dw, db) = program.value_and_grad([1.0, 2.0], [3.0, 5.0])
    >>> float(loss), float(dw), float(db)
    (0.25, -1.5, -1.0)
    """
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction is 'mean' or 'sum', got {reduction!r}")
    chosen = load_backend(backend)
    if dtype not in chosen.DTYPES:
        known = " or ".join(map(repr, chosen.DTYPES))
        raise ValueError(f"dtype of backend={backend!r} is {known}, got {dtype!r}")
    if devices is not None and backend != "jax":
        raise ValueError(f'devices share a batch with backend="jax", got backend={backend!r}')
    options = {} if devices is None else {"devices": chosen.checked(devices)}
    sizes = {name: _shape(name, shape) for name, shape in {**inputs, **(shapes or {})}.items()}
    leaves, names = _leaves(parameters)
    graph = Graph(leaves)
    labels: dict[tuple[str, int], int] = {}
    if isinstance(loss, Value):
        if sizes:
            raise ValueError(
                f"a graph that is there already has no inputs, got {', '.join(sizes)}; give a "
                "function of them instead"
            )
        [roots] = graph.enter(topological_order(loss), [loss])
        example = None
    else:
        roots, labels = _traced(graph, loss, sizes)
        example = loss
    is_loss = not isinstance(roots, np.ndarray)

    def made() -> tuple[Compiled, Function]:
        if backend == "tape" or (backend == "numba" and load_backend("tape").suits(graph)):
            return taped()
        if is_loss:
            lowered = lower_loss(graph, roots, names, sizes, reduction)
        else:
            lowered = lower_outputs(graph, roots, names, sizes)
        name = "value_and_grad" if is_loss else "predict"
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
            reduction if is_loss else "",
            len(graph.ops),
            backend,
            dtype,
        )
        return compiled, chosen.function(compiled, **options)

    def taped() -> tuple[Compiled, Function]:
        tape = load_backend("tape")
        of_one = reduction if is_loss else ""
        source, constants, blocks, places = tape.taped(graph, roots, names, sizes, of_one)
        compiled = Compiled(
            source,
            "value_and_grad" if is_loss else "predict",
            sizes,
            {b.name: p.shape for b, p in zip(blocks, places)},
            places,
            {b.name: b.about for b in blocks},
            constants,
            labels,
            of_one,
            len(graph.ops),
            "tape",
            dtype,
        )
        return compiled, tape.function(compiled)

    key = (
        graph.key(roots), tuple(sizes.items()), names and tuple(names), reduction, backend, dtype,
        tuple(options.items()), tuple(labels.items()),
    )  # fmt: skip
    compiled, function = _COMPILED.get(key, made)
    return Program(compiled, function, graph.parameters, example if check else None)


_COMPILED: Cache[tuple[Compiled, Function]] = Cache(size=32)


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
