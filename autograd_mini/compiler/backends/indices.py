"""Views as index arithmetic: which number of which array is at an index of a view of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..arrays import VIEWS, Array, Shape


class Index(NamedTuple):
    """offset + the sum of step * counter, for the counters of loops.

    Attributes:
        terms: (counter, step, how far the counter runs) for each; the steps are positive.
        offset: a number.
    """

    terms: tuple[tuple[str, int, int], ...]
    offset: int = 0

    @classmethod
    def counter(cls, name: str, length: int) -> Index:
        return cls(((name, 1, length),) if length > 1 else ())

    @property
    def last(self) -> int:
        """The largest number that it reaches, less the offset."""
        return sum(step * (length - 1) for _, step, length in self.terms)

    def plus(self, other: Index, factor: int = 1) -> Index:
        terms = {name: (step, length) for name, step, length in self.terms}
        for name, step, length in other.terms:
            terms[name] = (terms.get(name, (0, 0))[0] + factor * step, length)
        return Index(
            tuple((name, *term) for name, term in terms.items()),
            self.offset + factor * other.offset,
        )

    def divided(self, n: int) -> tuple[Index, Index]:
        """The whole quotient by n, and the remainder."""
        whole = tuple((name, step // n, m) for name, step, m in self.terms if step % n == 0)
        rest = Index(tuple(t for t in self.terms if t[1] % n), self.offset % n)
        if rest.offset + rest.last < n:
            return Index(whole, self.offset // n), rest
        length = (self.offset + self.last) // n + 1
        text = _enclosed(self)
        return Index.counter(f"({text} // {n})", length), Index.counter(f"({text} % {n})", n)

    def __str__(self) -> str:
        parts = [name if step == 1 else f"{step} * {name}" for name, step, _ in self.terms]
        if self.offset or not parts:
            parts.append(str(self.offset))
        return " + ".join(parts)


def _enclosed(index: Index) -> str:
    return str(index) if len(index.terms) == 1 and not index.offset else f"({index})"


def flat(index: Sequence[Index], shape: Shape) -> Index:
    """The index among all numbers of the shape, counted through its axes."""
    result, stride = Index(()), math.prod(shape)
    for i, n in zip(index, shape):
        stride //= n
        result = result.plus(i, stride)
    return result


def unflattened(rest: Index, shape: Shape) -> list[Index]:
    """flat's inverse."""
    result = []
    stride = math.prod(shape)
    for n in shape:
        stride //= n
        if n == 1:
            result.append(Index(()))
            continue
        quotient, rest = rest.divided(stride)
        result.append(quotient)
    return result


def aligned(index: Sequence[Index], of: Array, x: Any) -> list[Index]:
    """The index in x, which broadcasts to `of`, of the number that is at an index of `of`."""
    found: list[Index | None] = [*([None] * of.is_batched), *index]
    shape = of.shape[len(of.shape) - len(x.shape) :]
    found = found[len(found) - len(x.shape) :]
    return [
        Index(()) if (n == 1 and m != 1) or i is None else i
        for n, m, i in list(zip(x.shape, shape, found))[x.is_batched :]
    ]


def resolved(
    x: Any, index: Sequence[Index], named: Callable[[Any], str]
) -> tuple[Any, list[Index]]:
    """The array, or number, that x is a view of, and the index in it.

    Args:
        x: an array or a number.
        index: for each axis of x, for one example.
        named: the name of a constant array, of a gather's indices.
    """
    while x.__class__ is Array and x.op in VIEWS:
        [source] = x.args
        if x.op == "reshape":
            index = unflattened(flat(index, x.example_shape), source.example_shape)
        elif x.op == "slice":
            bounds = x.info[x.is_batched :]
            index = [p.plus(Index((), b[0])) if b else p for p, b in zip(index, bounds)]
        elif x.op == "transpose":
            order = [axis - x.is_batched for axis in x.info[x.is_batched :]]
            index = [index[order.index(axis)] for axis in range(len(order))]
        elif x.op == "broadcast":
            index = aligned(index, x, source) if source.__class__ is Array else []
        else:
            name = f"{named(x.info.places)}[{', '.join(map(str, index))}]"
            index = [Index.counter(name, source.size)]
        x = source
    return x, list(index)
