"""Nested structures of scalars: the arguments and results of the functions that are differentiated.

A nested structure is a scalar, or a list, tuple, namedtuple, dict or NumPy array of nested
structures. These functions walk it and rebuild it with the same shape. (JAX calls it a pytree.)
"""

from __future__ import annotations

import sys
from copy import copy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


def parts(tree: Any) -> list[tuple[Any, Any]] | None:
    """The (key, part) pairs of a structure; None for a scalar or any other object.

    >>> parts([1.0, (2.0, 3.0)]), parts({"w": 1.0}), parts(1.0)
    ([(0, 1.0), (1, (2.0, 3.0))], [('w', 1.0)], None)
    """
    if isinstance(tree, (list, tuple)):
        return list(enumerate(tree))
    if isinstance(tree, dict):
        return list(tree.items())
    if is_array(tree):
        numpy = sys.modules["numpy"]
        array = numpy.asarray(tree, dtype=object)  # of Python's own numbers
        return [(index, array[index]) for index in numpy.ndindex(array.shape)]
    return None


def rebuilt(tree: Any, new: Iterable[Any]) -> Any:
    """A structure like `tree` with new parts. An array of numbers is an array of floats."""
    if isinstance(tree, dict):
        same = copy(tree)
        for key, part in zip(tree, new):
            same[key] = part
        return same
    if isinstance(tree, tuple):
        return type(tree)(*new) if hasattr(tree, "_fields") else tuple(new)
    if isinstance(tree, list):
        return list(new)
    numpy = sys.modules["numpy"]
    members = list(new)
    array = numpy.empty(len(members), dtype=object)
    array[:] = members
    if all(x.__class__ is float or x.__class__ is int for x in members):
        array = array.astype(float)
    return array.reshape(numpy.shape(tree))


def is_array(x: Any) -> bool:
    """Whether x is an array of NumPy, or of a library that NumPy can read, and not a scalar."""
    numpy = sys.modules.get("numpy")  # without it there are no arrays
    return (
        numpy is not None
        and hasattr(x, "__array__")
        and hasattr(x, "shape")
        and not isinstance(x, numpy.generic)
    )


def map_nested(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """A structure of the results of f on each scalar, and on the scalars of others at its place.

    Raises:
        ValueError: the others do not have the same shape.

    >>> map_nested(lambda x, y: x * y, [1, (2, 3)], [4, (5, 6)])
    [4, (10, 18)]
    """
    members = parts(tree)
    if members is None:
        for other in others:
            if parts(other) is not None:
                raise ValueError(f"expected one number, got {other!r}")
        return f(tree, *others)
    columns = [_like(tree, members, other) for other in others]
    return rebuilt(tree, [map_nested(f, *row) for row in zip([x for _, x in members], *columns)])


def _like(tree: Any, members: list[tuple[Any, Any]], other: Any) -> list[Any]:
    """The parts of `other`, which has to have the same keys as `tree`."""
    if is_array(tree):  # a nested list of the same shape is accepted
        numpy = sys.modules["numpy"]
        array = numpy.asarray(other, dtype=object)
        if array.shape != numpy.shape(tree):
            raise ValueError(f"expected an array of shape {numpy.shape(tree)}, got {other!r}")
        return list(array.flat)
    if isinstance(tree, dict):
        if not isinstance(other, dict) or set(other) != set(tree):
            raise ValueError(f"expected a dict with the keys {list(tree)}, got {other!r}")
        return [other[key] for key in tree]
    found = None if isinstance(other, dict) else parts(other.tolist() if is_array(other) else other)
    if found is None or len(found) != len(members):
        raise ValueError(f"expected a list of {len(members)}, got {other!r}")
    return [x for _, x in found]


def flatten(tree: Any) -> list[Any]:
    """Every scalar of a structure, in order.

    >>> flatten([1, {"a": 2, "b": (3, 4)}])
    [1, 2, 3, 4]
    """
    members = parts(tree)
    return [tree] if members is None else [x for _, part in members for x in flatten(part)]


def unflatten(shape: Any, scalars: Iterable[Any]) -> Any:
    """A structure with the shape of `shape` and with these scalars, in order.

    >>> unflatten([0, (0, 0)], [1, 2, 3])
    [1, (2, 3)]
    """
    remaining = iter(scalars)
    return map_nested(lambda _: next(remaining), shape)


def paths(tree: Any, name: str) -> Iterator[str]:
    """The expression for each scalar of a structure of that name.

    >>> list(paths([1, {"a": 2}], "x"))
    ['x[0]', "x[1]['a']"]
    """
    members = parts(tree)
    if members is None:
        yield name
        return
    for key, part in members:
        if hasattr(tree, "_fields"):
            yield from paths(part, f"{name}.{tree._fields[key]}")
        else:
            index = key if key.__class__ is tuple else (key,)
            yield from paths(part, name + "".join(f"[{k!r}]" for k in index))
