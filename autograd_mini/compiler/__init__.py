"""compile: from scalar code to the array program that one would have written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from inspect import signature
from typing import Any

try:
    import numpy as np
except ModuleNotFoundError as error:
    raise ImportError('compile takes NumPy: pip install "autograd-mini[compile]"') from error

from ..graph import topological_order
from ..value import Value
from .backends import backend as load_backend
from .cache import Cache
from .calls import by_name, trace_once, traced
from .canonical import Graph
from .collector import collector_paused
from .compiled import Compiled, Function
from .cost import is_better_taped
from .forms import forms_of
from .given import example_shape, leaves
from .origin import Origin
from .pipeline import Lowered
from .program import Program
from .task import Task
from .trace import Trace

__all__ = ["Program", "compile"]


@collector_paused()
def compile(
    loss: Callable[..., Any] | Value,
    *,
    parameters: Any = None,
    reduction: str = "mean",
    backend: str | None = None,
    dtype: str = "float64",
    devices: Sequence[Any] | None = None,
    check: bool = False,
    has_aux: bool = False,
    roll: bool = True,
    shapes: dict[str, Any] | None = None,
    **inputs: Any,
) -> Program:
    """Turn scalar code into an array program over a batch of examples.

    Sums lose their brackets and constants near 1 are multiplied together; docs/compiler.md says
    exactly what is reassociated.

    Args:
        loss: a function of one example, written in scalars; it is called a few times, with
            placeholders, and must be alone with its parameters meanwhile: no other thread may use
            them. It gives one scalar, the loss; or outputs: nested lists of scalars, which become
            an array, in dicts and tuples. Or a Value: a graph that is there already.
        parameters: a module, or a list of Values; None takes every Value leaf. Other leaves are
            constants.
        reduction: "mean" or "sum" of the examples' losses.
        backend: "numpy", for readable array code; "numba", for small networks or single examples;
            "jax", for other devices, and many; or "tape", for irregular graphs, node by node. None
            shows NumPy's code, and takes whichever of these but JAX costs the least for each number
            of examples, if Numba is installed; it compiles once the calls have cost as much as
            that does. docs/compiler.md says how.
        dtype: of all arrays, "float64" or "float32". (With "float32" Numba and the tape compute
            with more digits between arrays.)
        devices: with JAX, those that share each batch, such as jax.devices(); None takes one.
        check: where the loss or a gradient comes out as nan or infinite, run the examples one by
            one as scalars, and raise the error of the first that gives one. (A compiled program
            computes in IEEE arithmetic, where scalars raise.)
        has_aux: whether `loss` gives a pair (loss, aux), where aux is outputs, too; then
            value_and_grad gives ((loss, aux), gradients).
        roll: whether layers and time steps that repeat become a loop, where the source is clearly
            shorter with it; if not, each is written out. (Numba and the tape have no loops.)
        shapes: those of inputs whose names are also options.
        inputs: for each argument of `loss` the shape of one example: () for a number, 64 for a list
            of 64, (3, 4) for nested lists. The program takes them in the order of the arguments,
            or by name.

    Raises:
        TypeError: an argument has no shape, an input is not an argument, or `loss` gives what is
            not scalars.
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
    sizes = {
        name: example_shape(name, shape) for name, shape in {**inputs, **(shapes or {})}.items()
    }
    values, names = leaves(parameters)
    graph = Graph(values)
    structure, call, trace = 0, None, Trace(())
    if isinstance(loss, Value):
        if sizes or has_aux:
            raise ValueError(
                "a graph that is there already has no inputs, got "
                f"{', '.join(sizes) or 'has_aux'}; give a function of them instead"
            )
        roots = [np.empty((), dtype=object)]
        [roots[0][()]] = graph.enter(topological_order(loss), [loss])
    else:
        call, sizes = by_name(loss, sizes, _OPTIONS)
        roots, structure, trace = traced(graph, loss, partial(trace_once, call, sizes, has_aux))
        sizes |= trace.sizes
    backend = _backend_for(graph, backend, dtype, devices)
    reduction = reduction if has_aux or (structure == 0 and roots[0].ndim == 0) else ""
    devices = None if devices is None else load_backend(backend).checked(devices)
    key = (
        graph.key(form for forms in roots for form in forms.flat),
        tuple(forms.shape for forms in roots),
        names is None,  # then labels name the arrays, also those of what is not used
        tuple([p.label for p in graph.parameters] if names is None else names),
        tuple(sizes.items()),
        tuple(trace.labels.items()),
        (reduction, backend, dtype, devices, bool(roll)),
    )
    task = Task(graph, roots, names, sizes, reduction, dtype, bool(roll))
    compiled, function = _COMPILED.get(key, lambda: _made(task, backend, trace.labels, devices))
    example = call if check else None
    return Program(compiled, function, graph.parameters, trace.draws, structure, example)


def _backend_for(graph: Graph, name: str | None, dtype: str, devices: Any) -> str:
    """The backend asked for, checked: "" for none, whose program has several forms; or a tape,
    where arrays or loops would take long to make."""
    if name in (None, "numba") and find_spec("numba") and is_better_taped(graph):
        name = "tape"
    checked = name or "numpy"
    dtypes = load_backend(checked).DTYPES
    if dtype not in dtypes:
        known = " or ".join(map(repr, dtypes))
        raise ValueError(f"dtype of backend={checked!r} is {known}, got {dtype!r}")
    if devices is not None and name != "jax":
        raise ValueError(f'devices share a batch with backend="jax", got backend={checked!r}')
    return name or ""


def _made(
    task: Task, backend: str, labels: dict[tuple[str, int], int], devices: Any
) -> tuple[Compiled, Function]:
    """What a backend makes of a task, and the function that it is."""
    chosen, graph = load_backend(backend or "numpy"), task.graph
    lowered = chosen.lower(task)
    source, constants, runs = chosen.emit(lowered, task.function)
    compiled = Compiled(
        source,
        task.function,
        task.inputs,
        {block.name: at.shape for block, at in zip(lowered.blocks, lowered.places)},
        lowered.places,
        {block.name: block.about for block in lowered.blocks},
        {
            name: x.astype(task.dtype, copy=False) if getattr(x, "dtype", "") == "float64" else x
            for name, x in constants.items()
        },
        labels,
        task.reduction,
        bool(task.reduction) and len(task.roots) > 1,
        len(graph.ops),
        backend or "numpy",
        task.dtype,
        Origin(graph, lowered, chosen.written) if isinstance(lowered, Lowered) else None,
        runs,
    )
    if not backend and find_spec("numba"):
        return compiled, forms_of(compiled, task, lowered)
    options = {} if devices is None else {"devices": devices}
    return compiled, chosen.function(compiled, **options)


_COMPILED = Cache(size=32)  # of pairs of a Compiled and its function
_OPTIONS = set(signature(compile).parameters) - {"inputs"}
