"""compile: from scalar code to the array program that one would have written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from inspect import BoundArguments, signature
from keyword import iskeyword
from numbers import Real
from typing import Any

try:
    import numpy as np
except ModuleNotFoundError as error:
    raise ImportError('compile takes NumPy: pip install "autograd-mini[compile]"') from error

from ..errors import TraceError
from ..graph import topological_order
from ..nested import flatten, is_array, parts, rebuilt
from ..value import Value
from .arrays import Shape
from .backends import backend as load_backend
from .cache import Cache
from .canonical import Graph
from .origin import Origin
from .pipeline import lower_loss, lower_outputs
from .program import Compiled, Function, Program
from .trace import Trace, Traced, in_order, made_inside, placeholders

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
    has_aux: bool = False,
    shapes: dict[str, Any] | None = None,
    **inputs: Any,
) -> Program:
    """Turn scalar code into an array program over a batch of examples.

    Args:
        loss: a function of one example, written in scalars; it is called once or twice, with
            placeholders. It gives one scalar, the loss; or outputs: nested lists of scalars, which
            become an array, in dicts and tuples. Or a Value: a graph that is there already.
        parameters: a module, or a list of Values; None takes every Value leaf. Other leaves are
            constants.
        reduction: "mean" or "sum" of the examples' losses.
        backend: "numpy", for readable array code; "numba", for small networks or single examples;
            "jax", for other devices, and many; or "tape", for irregular graphs, node by node. None
            takes NumPy, and the tape if the graph is irregular and Numba is installed.
        dtype: of all arrays, "float64" or "float32". (With "float32" Numba and the tape compute
            with more digits between arrays.)
        devices: with JAX, those that share each batch, such as jax.devices(); None takes one.
        check: where the loss or a gradient comes out as nan or infinite, run the examples one by
            one as scalars, and raise the error of the first that gives one. (A compiled program
            computes in IEEE arithmetic, where scalars raise.)
        has_aux: whether `loss` gives a pair (loss, aux), where aux is outputs, too; then
            value_and_grad gives ((loss, aux), gradients).
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
    sizes = {name: _shape(name, shape) for name, shape in {**inputs, **(shapes or {})}.items()}
    leaves, names = _leaves(parameters)
    graph = Graph(leaves)
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
        call, sizes = _arguments(loss, sizes)
        roots, structure, trace = _traced(graph, call, sizes, has_aux)
        sizes |= trace.sizes
    backend = _backend_for(graph, backend, dtype, devices)
    reduction = reduction if has_aux or (structure == 0 and roots[0].ndim == 0) else ""
    devices = None if devices is None else load_backend(backend).checked(devices)
    key = (
        graph.key(np.concatenate([forms.ravel() for forms in roots])),
        tuple(forms.shape for forms in roots),
        names is None,  # then labels name the arrays, also those of what is not used
        tuple([p.label for p in graph.parameters] if names is None else names),
        tuple(sizes.items()),
        tuple(trace.labels.items()),
        *(options := (reduction, backend, dtype, devices)),
    )
    compiled, function = _COMPILED.get(
        key, lambda: _made(graph, roots, names, sizes, trace.labels, *options)
    )
    example = call if check else None
    return Program(compiled, function, graph.parameters, trace.draws, structure, example)


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


def _made(
    graph: Graph,
    roots: list[Any],
    names: list[str] | None,
    inputs: dict[str, Shape],
    labels: dict[tuple[str, int], int],
    reduction: str,
    backend: str,
    dtype: str,
    devices: Any,
) -> tuple[Compiled, Function]:
    """The program of these roots, arrays of forms: a loss and what is beside it, or outputs."""
    chosen = load_backend(backend)
    is_irregular = graph.is_irregular  # before there are nodes of the program's own
    name = "value_and_grad" if reduction else "predict"
    origin = None
    if backend == "tape":
        source, constants, blocks, places = chosen.taped(graph, roots, names, inputs, reduction)
    else:
        if reduction:
            lowered = lower_loss(graph, roots[0].item(), names, inputs, reduction, roots[1:])
        else:
            lowered = lower_outputs(graph, roots, names, inputs)
        lowered = lowered._replace(dtype=dtype)
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
        {
            name: x.astype(dtype, copy=False) if getattr(x, "dtype", "") == "float64" else x
            for name, x in constants.items()
        },
        labels,
        reduction,
        bool(reduction) and len(roots) > 1,
        len(graph.ops),
        backend,
        dtype,
        origin,
        is_irregular,
    )
    options = {} if devices is None else {"devices": devices}
    return compiled, chosen.function(compiled, **options)


_COMPILED = Cache(size=32)  # of pairs of a Compiled and its function
_OPTIONS = set(signature(compile).parameters) - {"inputs"}


def _shape(name: str, shape: Any) -> Shape:
    if size := getattr(shape, "shape", ()):
        rows = size[1] if len(size) == 2 else size[1:]
        raise ValueError(
            f"the shape of input {name} is wanted, got an array: {name}={rows} if each of its rows "
            f"is an example, or {name}={size} if it is one"
        )
    if isinstance(shape, dict):
        raise ValueError(
            f"the shape of input {name} is a dict; give each of its parts a name of its own: "
            "compile(lambda a, b: f({'a': a, 'b': b}), a=.., b=..)"
        )
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    sizes = tuple(n.__index__() if hasattr(n, "__index__") else n for n in sizes)
    if not all(n.__class__ is int and n > 0 for n in sizes) or isinstance(shape, bool):
        raise ValueError(
            f"the shape of input {name} is (), a number of at least 1 or a tuple, got {shape!r:.60}"
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
    return _flat(parameters), None


def _flat(parameters: Any) -> list[Value]:
    """The Values of (nested) lists, dicts or a single one: leaves, each there once."""
    if isinstance(parameters, Iterable) and parts(parameters) is None:
        parameters = list(parameters)
    leaves = flatten(parameters)
    for x in leaves:
        if not isinstance(x, Value):
            raise TypeError(
                "parameters are a module, or (nested) lists of Values, got "
                f"{type(x).__name__} {x!r:.60}"
            )
        if not x.is_leaf:
            raise ValueError(
                f"a parameter is a leaf, and {x!r} is made by {x.op}; give the Values that it is "
                "made of"
            )
    if len(set(leaves)) < len(leaves):
        raise ValueError("a parameter is there twice; give each Value once")
    return leaves


def _arguments(
    function: Any, sizes: dict[str, Shape]
) -> tuple[Callable[[dict[str, Any]], Any], dict[str, Shape]]:
    """A function of the inputs by name that calls the function, and the inputs in the order of its
    own arguments; as they are given if it does not say which it has.

    Raises:
        TypeError: an argument has no shape, or an input is not an argument.
    """
    try:
        own = signature(function)
    except (TypeError, ValueError):  # a builtin
        return (lambda given: function(**given)), sizes
    rest = [p.name for p in own.parameters.values() if p.kind == p.VAR_KEYWORD]
    named = [p for p in own.parameters.values() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    names = [p.name for p in named]
    for p in named:
        if p.name not in sizes and p.default is p.empty:
            given = "".join(f"{name}=.., " for name in sizes)
            shape = f'shapes={{"{p.name}": ()}}' if p.name in _OPTIONS else f"{p.name}=()"
            raise TypeError(
                f"the function takes {p.name}, whose shape is not known; give a shape for {p.name}:"
                f" compile(f, {given}{shape})"
            )
    others = [name for name in sizes if name not in names]
    if others and not rest:
        raise TypeError(
            f"the function does not take {', '.join(others)}, whose shape is given; it takes "
            f"{', '.join(names) or 'no arguments'}"
        )

    def call(given: dict[str, Any]) -> Any:
        arguments = {name: given[name] for name in names if name in given}
        arguments |= {name: {other: given[other] for other in others} for name in rest}
        bound = BoundArguments(own, arguments)
        bound.apply_defaults()
        return function(*bound.args, **bound.kwargs)

    return call, sizes if rest else {name: sizes[name] for name in names if name in sizes}


def _traced(
    graph: Graph, call: Callable[[dict[str, Any]], Any], sizes: dict[str, Shape], has_aux: bool
) -> tuple[list[Any], Any, Trace]:
    """Arrays of the forms of what the function gives, its structure, and the trace."""
    trace, arrays, structure = _trace(call, sizes, has_aux)
    again, others, same = _trace(call, sizes, has_aux)
    alike = structure == same and [x.shape for x in arrays] == [x.shape for x in others]
    results, twins = ([x for each in these for x in each.ravel()] for these in (arrays, others))
    inside = made_inside(trace, again, zip(results, twins)) if alike else None
    if inside is None:
        raise TraceError(
            "the function made two different graphs in two calls: a random number, or what the "
            "first call changed, would be the same for every example; give it as an input instead, "
            "such as a dropout mask"
        )
    order = in_order(trace)
    for root in results:
        if isinstance(root, Value) and not isinstance(root, Traced):
            order += topological_order(root)
    graph.made_inside = inside
    forms = iter(graph.enter(order, results))
    for each in arrays:
        each.flat = [next(forms) for _ in range(each.size)]
    return arrays, structure, trace


def _trace(
    call: Callable[[dict[str, Any]], Any], sizes: dict[str, Shape], has_aux: bool
) -> tuple[Trace, list[Any], Any]:
    """The trace of one call, and what it gave: arrays of scalars, and its structure with numbers
    in their places."""
    trace = Trace(sizes)
    result = call({name: placeholders(name, shape, trace) for name, shape in sizes.items()})
    arrays: list[Any] = []
    structure = _numbered(result, arrays)
    is_pair = isinstance(result, tuple) and len(result) == 2
    if has_aux and not (is_pair and arrays and structure[0] == 0 and arrays[0].ndim == 0):
        raise TypeError(
            "with has_aux=True the traced function has to give a pair (loss, aux), got "
            f"{type(result).__name__} {result!r:.60}"
        )
    if not arrays or isinstance(result, Real):
        raise _not_scalars(result)
    return trace, arrays, structure


def _numbered(tree: Any, arrays: list[Any]) -> Any:
    """The structure with numbers for its scalars and its lists of scalars of one shape, which are
    added to the arrays."""
    if not isinstance(tree, (dict, tuple)):
        with suppress(ValueError):  # of arrays that do not fit beside each other
            array = np.array(tree, dtype=object)
            if array.size and all(isinstance(x, (Value, Real)) for x in array.flat):
                arrays.append(array)
                return len(arrays) - 1
    members = None if is_array(tree) else parts(tree)
    if members is None:
        raise _not_scalars(tree)
    return rebuilt(tree, [_numbered(part, arrays) for _, part in members])


def _not_scalars(result: Any) -> TypeError:
    return TypeError(
        "the traced function has to give one scalar, the loss, or outputs: scalars in lists, "
        f"tuples, dicts and arrays; got {type(result).__name__} {result!r:.60}"
        + "; is a return missing?"
        * (result is None)
    )
