"""The calls of a function that is compiled: what it takes, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from inspect import BoundArguments, signature
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from ..backprop import dependents
from ..errors import TraceError
from ..nested import is_array, parts, rebuilt
from ..sweep import every_node
from ..value import Value
from .arrays import Shape
from .canonical import Graph
from .reach import values_around
from .trace import Trace, placeholders
from .two_traces import in_order, is_untraced, made_inside


def by_name(
    function: Any, sizes: dict[str, Shape], options: Container[str]
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
            shape = f'shapes={{"{p.name}": ()}}' if p.name in options else f"{p.name}=()"
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


class Call(NamedTuple):
    """What a call of the traced function gave: arrays of scalars, and their structure, which has
    numbers in their places."""

    trace: Trace
    arrays: list[Any]
    structure: Any

    @property
    def scalars(self) -> list[Any]:
        return [x for array in self.arrays for x in array.flat]

    def made_inside(self, other: Call) -> Container[int] | None:
        """The Values that the function made itself; None if the other call was not alike."""
        shapes = ([x.shape for x in call.arrays] for call in (self, other))
        if self.structure != other.structure or len(set(map(tuple, shapes))) > 1:
            return None
        return made_inside(self.trace, other.trace, zip(self.scalars, other.scalars))


def traced(
    graph: Graph, function: Any, trace: Callable[[Iterable[Value]], Call]
) -> tuple[list[Any], Any, Trace]:
    """Arrays of the forms of what the function gives, its structure, and the trace.

    Two calls that are alike are wanted. A call watches the parameters, which may be all leaves, and
    the Values made of them: those in sight, and those that the call before it met.
    """

    def varying(order: Iterable[Value]) -> set[Value]:
        met = list(filter(is_untraced, order))
        return set(met) if graph.takes_every_leaf else dependents(met, graph.parameters)[1]

    watched = varying(every_node(values_around(function)))
    one = trace(watched)
    for _ in range(3):
        order = in_order(one.trace, one.scalars)
        new = varying(order) - watched
        other = trace(watched | new)
        inside = one.made_inside(other)
        if inside is not None:
            graph.made_inside = inside
            forms = iter(graph.enter(order, one.scalars))
            for array in one.arrays:
                array.flat = [next(forms) for _ in range(array.size)]
            return one.arrays, one.structure, one.trace
        if new.isdisjoint(in_order(other.trace, other.scalars)):
            break
        one, watched = other, watched | new
    raise TraceError(
        "the function made two different graphs in two calls: a random number, or what the first "
        "call changed, would be the same for every example; give it as an input instead, such as a "
        "dropout mask"
    )


def trace_once(
    call: Callable[[dict[str, Any]], Any],
    sizes: dict[str, Shape],
    has_aux: bool,
    watched: Iterable[Value],
) -> Call:
    """One call of the function, with these Values watched."""
    trace = Trace(sizes)
    with trace.watching(watched):
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
    return Call(trace, arrays, structure)


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
