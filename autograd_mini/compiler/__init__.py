"""compile: from scalar code to the array program that one would have written by hand."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from importlib.util import find_spec
from keyword import iskeyword
from numbers import Real
from typing import Any, NamedTuple

try:
    import numpy as np
except ModuleNotFoundError as error:
    raise ImportError('compile takes NumPy: pip install "autograd-mini[compile]"') from error

from ..backprop import dependents
from ..errors import TraceError
from ..graph import topological_order
from ..value import Value
from .arrays import Shape
from .backends import backend as load_backend
from .cache import Cache
from .canonical import Graph
from .origin import Origin
from .pipeline import lower_loss, lower_outputs
from .program import Compiled, Function, Program
from .trace import Trace, in_order, is_untraced, made_inside, placeholders, values_around

__all__ = ["Program", "compile"]


def compile(
    loss: Callable[..., Any] | Value,
    *,
    parameters: Any = None,
    reduction: str = "mean",
    backend: str | None = None,
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
        backend: "numpy", for readable array code; "numba", for small networks or single examples;
            "jax", for other devices, and many; or "tape", for irregular graphs, node by node. None
            takes NumPy, and the tape if the graph is irregular and Numba is installed.
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
    sizes = {name: _shape(name, shape) for name, shape in {**inputs, **(shapes or {})}.items()}
    leaves, names = _leaves(parameters)
    graph = Graph(leaves)
    labels: dict[tuple[str, int], int] = {}
    draws: dict[str, Callable[[], Sequence[float]]] = {}
    if isinstance(loss, Value):
        if sizes:
            raise ValueError(
                f"a graph that is there already has no inputs, got {', '.join(sizes)}; give a "
                "function of them instead"
            )
        [roots] = graph.enter(topological_order(loss), [loss])
    else:
        roots, trace = _traced(graph, loss, sizes)
        labels, draws = trace.labels, trace.draws
        sizes |= trace.sizes
    backend = _backend_for(graph, backend, dtype, devices)
    request = Request(
        graph,
        roots,
        names,
        sizes,
        labels,
        "" if isinstance(roots, np.ndarray) else reduction,
        backend,
        dtype,
        None if devices is None else load_backend(backend).checked(devices),
    )
    compiled, function = _COMPILED.get(request.key(), lambda: _made(request))
    example = None if isinstance(loss, Value) or not check else loss
    return Program(compiled, function, graph.parameters, draws, example)


class Request(NamedTuple):
    """What is to be compiled.

    Attributes:
        graph: the scalar graph.
        roots: the form of the loss, or an array of forms of outputs.
        names: of the parameters, or None.
        inputs: name -> shape, of one example.
        labels: for inputs that pick() takes as an index, how many there are.
        reduction: "mean" or "sum"; "" for outputs.
        backend: its name.
        dtype: of all arrays.
        devices: those that share a batch, or None.
    """

    graph: Graph
    roots: Any
    names: list[str] | None
    inputs: dict[str, Shape]
    labels: dict[tuple[str, int], int]
    reduction: str
    backend: str
    dtype: str
    devices: tuple[Any, ...] | None

    def key(self) -> Hashable:
        """Equal for requests that lead to the same program."""
        return (
            self.graph.key(self.roots),
            tuple(self.names or ()),
            tuple(self.inputs.items()),
            tuple(self.labels.items()),
            *self[5:],
        )


def _backend_for(graph: Graph, name: str | None, dtype: str, devices: Any) -> str:
    """The backend asked for, checked; if none was, NumPy, or the tape where it serves better."""
    if name is None:
        name = "numba" if graph.is_irregular and find_spec("numba") else "numpy"
    if name == "numba" and graph.is_irregular:
        name = "tape"
    dtypes = load_backend(name).DTYPES
    if dtype not in dtypes:
        known = " or ".join(map(repr, dtypes))
        raise ValueError(f"dtype of backend={name!r} is {known}, got {dtype!r}")
    if devices is not None and name != "jax":
        raise ValueError(f'devices share a batch with backend="jax", got backend={name!r}')
    return name


def _made(request: Request) -> tuple[Compiled, Function]:
    graph, roots, names, inputs, labels, reduction, backend, dtype, devices = request
    chosen = load_backend(backend)
    is_irregular = graph.is_irregular  # before there are nodes of the program's own
    name = "value_and_grad" if reduction else "predict"
    origin = None
    if backend == "tape":
        source, constants, blocks, places = chosen.taped(graph, roots, names, inputs, reduction)
    else:
        if reduction:
            lowered = lower_loss(graph, roots, names, inputs, reduction)
        else:
            lowered = lower_outputs(graph, roots, names, inputs)
        source, constants = chosen.emit(lowered, name)
        blocks, places = lowered.blocks, lowered.places
        origin = Origin(graph, lowered)
    compiled = Compiled(
        source,
        name,
        inputs,
        {block.name: at.shape for block, at in zip(blocks, places)},
        places,
        {block.name: block.about for block in blocks},
        constants,
        labels,
        reduction,
        len(graph.ops),
        backend,
        dtype,
        origin,
        is_irregular,
    )
    options = {} if devices is None else {"devices": devices}
    return compiled, chosen.function(compiled, **options)


_COMPILED: Cache[tuple[Compiled, Function]] = Cache(size=32)


def _shape(name: str, shape: Any) -> Shape:
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    sizes = tuple(n.__index__() if hasattr(n, "__index__") else n for n in sizes)
    if not all(n.__class__ is int and n > 0 for n in sizes) or isinstance(shape, bool):
        raise ValueError(
            f"the shape of input {name} is (), a number of at least 1 or a tuple, got {shape!r}"
            + "; is it parameters= that you mean?" * name.startswith("param")
        )
    if not name.isidentifier() or iskeyword(name):
        raise ValueError(f"the input {name!r} is not an identifier")
    return sizes


def _leaves(parameters: Any) -> tuple[list[Value] | None, list[str] | None]:
    """The parameters and their names, if they have any."""
    if parameters is None:
        return None, None
    if hasattr(parameters, "named_parameters"):
        named = dict(parameters.named_parameters())
        return list(named.values()), list(named)
    leaves = _flat(parameters)
    return leaves, None


def _flat(parameters: Any) -> list[Value]:
    """The Values of (nested) lists, dicts or a single one: leaves, each there once."""
    if isinstance(parameters, dict):
        parameters = list(parameters.values())
    if hasattr(parameters, "tolist"):
        parameters = parameters.tolist()
    if isinstance(parameters, Value):
        if not parameters.is_leaf:
            raise ValueError(
                f"a parameter is a leaf, and {parameters!r} is made by {parameters.op}; give the "
                "Values that it is made of"
            )
        return [parameters]
    if isinstance(parameters, (str, Real)) or not isinstance(parameters, Iterable):
        raise TypeError(
            "parameters are a module, or (nested) lists of Values, got "
            f"{type(parameters).__name__} {parameters!r:.60}"
        )
    leaves = [leaf for part in parameters for leaf in _flat(part)]
    if len(set(leaves)) < len(leaves):
        raise ValueError("a parameter is there twice; give each Value once")
    return leaves


def _traced(graph: Graph, loss: Any, sizes: dict[str, Shape]) -> tuple[Any, Trace]:
    """The form of the loss, or an array of forms of outputs; and the trace.

    Two calls that are alike are wanted. A call watches the parameters, or if all leaves are, those
    in sight; and what the call before it met of these, and of Values made of them.
    """
    watched = values_around(loss) if graph.takes_every_leaf else set(graph.parameters)
    trace, result = _trace(loss, sizes, watched)
    for _ in range(3):
        order = in_order(trace, result.ravel())
        met = list(filter(is_untraced, order))
        new = set(met) if graph.takes_every_leaf else dependents(met, graph.parameters)[0]
        new -= watched
        again, same = _trace(loss, sizes, watched | new)
        pairs = zip(result.ravel(), same.ravel())
        inside = made_inside(trace, again, pairs) if result.shape == same.shape else None
        if inside is not None:
            forms = np.empty(result.size, dtype=object)
            graph.made_inside = inside
            forms[:] = graph.enter(order, list(result.ravel()))
            return (forms[0] if result.ndim == 0 else forms.reshape(result.shape)), trace
        if new.isdisjoint(in_order(again, same.ravel())):
            break
        trace, result, watched = again, same, watched | new
    raise TraceError(
        "the function made two different graphs in two calls: a random number, or what the first "
        "call changed, would be the same for every example; give it as an input instead, such as a "
        "dropout mask"
    )


def _trace(loss: Any, sizes: dict[str, Shape], watched: Iterable[Value]) -> tuple[Trace, Any]:
    """The trace of one call, and what it gave as an array of scalars."""
    trace = Trace(sizes)
    with trace.watching(watched):
        result = loss(**{name: placeholders(name, shape, trace) for name, shape in sizes.items()})
    scalars = np.array(result, dtype=object)
    wrong = [x for x in scalars.ravel() if not isinstance(x, (Value, Real))]
    if wrong or not scalars.size or not (scalars.ndim or isinstance(result, Value)):
        raise TypeError(
            "the traced function has to give one scalar, the loss, or lists of scalars of one "
            f"length; got {type(result).__name__} {result!r:.60}"
            + "; is a return missing?"
            * (result is None)
        )
    return trace, scalars
