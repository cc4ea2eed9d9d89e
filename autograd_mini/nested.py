"""Nested lists of scalars: the arguments and results of the functions that are differentiated.

A nested list is a scalar, or a list or tuple of nested lists; an array counts as its .tolist().
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


def map_nested(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """f on every scalar of a nested list, and on those at its place in the others, which have to
    have its shape.

    >>> map_nested(lambda x, y: x * y, [1, (2, 3)], [4, (5, 6)])
    [4, (10, 18)]
    """
    tree, others = as_lists(tree), tuple(map(as_lists, others))
    if isinstance(tree, (list, tuple)):
        for other in others:
            if not isinstance(other, (list, tuple)) or len(other) != len(tree):
                raise ValueError(f"expected a list of {len(tree)}, got {other!r}")
        mapped = [map_nested(f, *parts) for parts in zip(tree, *others)]
        return mapped if isinstance(tree, list) else tuple(mapped)
    for other in others:
        if isinstance(other, (list, tuple)):
            raise ValueError(f"expected one number, got {other!r}")
    return f(tree, *others)


def flat(tree: Any) -> Iterator[Any]:
    """Every scalar of a nested list, in order.

    >>> list(flat([1, (2, 3)]))
    [1, 2, 3]
    """
    tree = as_lists(tree)
    if isinstance(tree, (list, tuple)):
        for part in tree:
            yield from flat(part)
    else:
        yield tree


def unflat(shape: Any, scalars: Iterable[Any]) -> Any:
    """A nested list of that shape, with these scalars in order.

    >>> unflat([0, (0, 0)], [1, 2, 3])
    [1, (2, 3)]
    """
    remaining = iter(scalars)
    return map_nested(lambda _: next(remaining), shape)


def paths(tree: Any, name: str) -> Iterator[str]:
    """How one writes each scalar of the nested list of that name.

    >>> list(paths([1, (2, 3)], "x"))
    ['x[0]', 'x[1][0]', 'x[1][1]']
    """
    tree = as_lists(tree)
    if isinstance(tree, (list, tuple)):
        for i, part in enumerate(tree):
            yield from paths(part, f"{name}[{i}]")
    else:
        yield name


def as_lists(x: Any) -> Any:
    """An array as nested lists; all else as it is."""
    return x.tolist() if hasattr(x, "tolist") else x
