"""Where the axes of an array are read, as views see it: what runs over each, letters or the rows
and columns of a matrix. A view of an array at some terms is the array at others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .arrays import Array, Shape
from .matrices import NotMatrices

ROWS, COLUMNS = "rows", "columns"  # what runs over an axis that has no letter


class Run(NamedTuple):
    """What runs over an axis, or over a part of one: a letter, or the rows or columns.

    Attributes:
        over: a letter, counted from 0; ROWS or COLUMNS.
        length: how many values it has.
        stride: by how much a step of it moves along the axis.
    """

    over: str
    length: int
    stride: int = 1

    @property
    def is_letter(self) -> bool:
        return self.over not in (ROWS, COLUMNS)


class Term(NamedTuple):
    """Where an axis is read: at the start, and what runs over it from there."""

    start: int = 0
    runs: tuple[Run, ...] = ()

    @property
    def letters(self) -> list[Run]:
        return [run for run in self.runs if run.is_letter]

    @property
    def mark(self) -> Run | None:
        """That of the rows or columns."""
        return next((run for run in self.runs if not run.is_letter), None)

    @property
    def is_letter(self) -> bool:
        return self.start == 0 and [(r.is_letter, r.stride) for r in self.runs] == [(True, 1)]

    def shifted(self, start: int, stride: int = 1) -> Term:
        return Term(start + stride * self.start, tuple(
            run._replace(stride=stride * run.stride) for run in self.runs
        ))  # fmt: skip

    def renamed(self, names: Mapping[str, str]) -> Term:
        return self._replace(
            runs=tuple(r._replace(over=names.get(r.over, r.over)) for r in self.runs)
        )

    def code(self) -> str:
        """As an index in Python, of letters that are counted from 1.

        >>> Term(0, (Run("h", 4, 2), Run(COLUMNS, 2))).code(), Term(1, (Run("t", 3),)).code()
        ('2 * h - 2:2 * h', 't')
        """
        first, mark = self._first(self.start), self.mark
        if mark is None:
            return first
        stop = self._first(self.start + mark.length * mark.stride)
        return f"{first}:{stop}" + f":{mark.stride}" * (mark.stride > 1)

    def _first(self, start: int) -> str:
        letters = self.letters
        rest = start - sum(run.stride for run in letters)
        text = " + ".join(f"{r.stride} * {r.over}" if r.stride > 1 else r.over for r in letters)
        if not text:
            return str(start)
        return text + f" {'+' if rest > 0 else '-'} {abs(rest)}" * bool(rest)


class Spans(NotMatrices):
    """What runs over an axis of a view runs over several of the array.

    Attributes:
        over: what runs.
        inner: how far, until it gets to the next number of the outer axis.
        outer: how many numbers that has.
        axis: (array, axis), the outer one.
    """

    def __init__(self, over: str, inner: int, outer: int, axis: Any) -> None:
        super().__init__()
        self.over, self.inner, self.outer, self.axis = over, inner, outer, axis


def letters_of(terms: Sequence[Term]) -> list[str]:
    return [run.over for t in terms for run in t.letters]


def regrouped(terms: Sequence[Term], shape: Shape, a: Array) -> Iterator[Term]:
    """The terms for a, from those for the same in another shape."""
    into = a.shape
    for mine, theirs in groups(shape, into):
        if len(mine) == len(theirs) == 1:
            yield terms[mine[0]]
            continue
        start, runs = 0, list[Run]()
        for i in mine:
            moved = terms[i].shifted(0, math.prod(shape[k] for k in mine if k > i))
            start += moved.start
            runs += [run for run in moved.runs if run.length != 1]
        for j in theirs:
            stride = math.prod(into[k] for k in theirs if k > j)
            own = [run for run in runs if run.stride % stride == 0]
            runs = [run for run in runs if run.stride % stride]
            for run in runs:
                if run.stride * run.length > stride and stride % run.stride == 0:
                    inner = stride // run.stride
                    raise Spans(run.over, inner, run.length // inner, (a, j))
            first, start = divmod(start, stride)
            if start + sum(run.stride * (run.length - 1) for run in runs) >= stride:
                raise NotMatrices
            yield Term(first, tuple(r._replace(stride=r.stride // stride) for r in own))
        if runs or start:
            raise NotMatrices


def groups(one: Shape, other: Shape) -> Iterator[tuple[list[int], list[int]]]:
    """The axes of two shapes of as many elements, in the smallest groups of equal size.

    >>> list(groups((-1, 4, 6), (-4, 2, 3)))
    [([0, 1], [0]), ([2], [1, 2])]
    """
    i = j = 0
    while i < len(one) or j < len(other):
        mine, theirs, a, b = list[int](), list[int](), 1, 1
        while True:
            if (not mine and i < len(one)) or (a != b and abs(a) < abs(b) and i < len(one)):
                a *= one[i]
                mine.append(i)
                i += 1
            elif (not theirs and j < len(other)) or (a != b and j < len(other)):
                b *= other[j]
                theirs.append(j)
                j += 1
            else:
                break
        yield mine, theirs


def spread(a: Any, x: Array, terms: Sequence[Term]) -> list[Term]:
    """The terms of an operand that is spread to the shape of x."""
    if a.__class__ is not Array:
        return []
    mine = terms[len(terms) - len(a.shape) :]
    sizes = x.shape[len(terms) - len(a.shape) :]
    return [Term() if n == 1 != m else t for t, n, m in zip(mine, a.shape, sizes)]


def size_of(terms: Sequence[Term]) -> tuple[int, int]:
    """Rows and columns of what is read."""
    size = {t.mark.over: t.mark.length for t in terms if t.mark is not None}
    return size.get(ROWS, 1), size.get(COLUMNS, 1)


def turned(terms: Sequence[Term]) -> list[Term]:
    return [t.renamed({ROWS: COLUMNS, COLUMNS: ROWS}) for t in terms]
