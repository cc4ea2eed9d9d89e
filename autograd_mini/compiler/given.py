"""What compile is given, checked: the shapes of inputs, and the parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from keyword import iskeyword
from typing import Any

import numpy as np

from ..nested import flatten, parts
from ..value import Value
from .arrays import Shape


def example_shape(name: str, shape: Any) -> Shape:
    """The shape of an example of an input, as a tuple.

    >>> example_shape("x", 3)
    (3,)
    """
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


def leaves(parameters: Any) -> tuple[list[Value] | None, list[str] | None]:
    """The parameters and their names, if they have any."""
    if parameters is None:
        return None, None
    if hasattr(parameters, "named_parameters"):
        named = dict(parameters.named_parameters())
        return list(named.values()), list(named)
    if isinstance(parameters, Iterable) and parts(parameters) is None:
        parameters = list(parameters)
    inner = [part for _, part in parts(parameters) or [] if parts(part) is not None]
    has_names = isinstance(parameters, dict) or inner or _is_regular(parameters)
    return _flat(parameters), list(_paths(parameters, "")) if has_names else None


def _paths(tree: Any, path: str) -> Iterator[str]:
    """A name for each scalar of a structure: a.0.1 in {"a": ..}; .0.1 in a list of lists that are
    alike, and 1.0.1 in another list."""
    members = parts(tree)
    if members is None:
        yield path
    for key, part in members or []:
        own = ".".join(str(k).replace(".", "_") for k in (key if isinstance(key, tuple) else [key]))
        yield from _paths(part, f"{path}.{own}" if path or _is_regular(tree) else own)


def _is_regular(tree: Any) -> bool:
    """Whether it is a list of lists that are alike."""
    if isinstance(tree, dict):
        return False
    with suppress(ValueError):
        array = np.array(tree, dtype=object)
        return array.ndim > 1 and all(parts(x) is None for x in array.flat)
    return False


def _flat(parameters: Any) -> list[Value]:
    """The Values of (nested) lists, dicts or a single one: leaves, each there once."""
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
