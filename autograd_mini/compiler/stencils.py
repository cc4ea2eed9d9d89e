"""Sums that read their neighbours: which ones do, in which array, and what is beyond its border.

In the sums u[i - 1] - 2 * u[i] + u[i + 1], for i = 1, 2, .., the first terms are a column of nodes,
u[0], u[1], .., and so are the second ones and the third. Those of a column are neighbours if nearly
all are as far off, in the array, from the cells that the sums belong to. The others have to be
beyond the border.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .layout import NOWHERE, Layout
from .nodes import NONE

FEW = 3  # at most one of so many neighbours is beyond the border
ZERO = -2  # in place of a node: the number 0
Cell = tuple[int, ...]  # its coordinates in an array


class Stencil(NamedTuple):
    """Sums that read neighbours in an array.

    Attributes:
        members: the sums; the first has all terms.
        columns: their factors, of shape (members, places in a sum): the left factors of all terms,
            then the right ones.
        cells: which each sum belongs to.
        main: the number of the array of the cells.
        shifts: place in a sum -> how far off the neighbour is, where one is read.
        beyond: cells outside of the array -> the node that is the neighbour there, or ZERO.
    """

    members: list[int]
    columns: list[list[int]]
    cells: list[Cell]
    main: int
    shifts: dict[int, Cell]
    beyond: dict[Cell, int]


def origins(layout: Layout, nodes: Any) -> Any:
    """The number of each node's array; a smaller number for a block of parameters that is none yet,
    and for NONE."""
    blocks = layout.block_of[nodes]
    found = np.where(blocks != NOWHERE, -2 - blocks, layout.source(nodes))
    return np.where(nodes == NONE, NONE, found)


def stencil(layout: Layout, members: Any, columns: Any, arrays: Any) -> Stencil | None:
    """What sums with these factors read, of arrays with these numbers; None if these are not
    neighbours."""
    varying = [k for k, x in enumerate(columns.T) if (x != x[0]).any()]
    mixed = [k for k in varying if (arrays[:, k] != arrays[0, k]).any()]
    read = arrays[:, mixed or varying]
    numbers, counts = np.unique(read[read >= 0], return_counts=True)
    if not len(numbers):
        return None
    main = int(numbers[counts == counts.max()][-1])
    shape, inside = layout.arrays[main].example_shape, arrays == main
    near = [k for k in varying if inside[:, k].any()]
    if not shape or not set(mixed) <= set(near) or not (mixed or _are_terms(columns, arrays)):
        return None
    at = np.where(inside, layout.address[columns] - layout.starts[main], 0)
    own = np.arange(len(members)) % layout.arrays[main].size
    for k in near:  # in the order of the array, if a place has them in that
        steps = np.diff(at[:, k])
        if inside[:, k].all() and ((steps > 0).all() or (steps < 0).all()):
            own = at[:, k]
            break
    cells = np.stack(np.unravel_index(own, shape), axis=1)
    shifts: dict[int, Cell] = {}
    beyond: dict[Cell, int] = {}
    for k in near:
        off = np.stack(np.unravel_index(at[:, k], shape), axis=1) - cells
        ways, count = np.unique(off[inside[:, k]], axis=0, return_counts=True)
        shifts[k] = tuple(ways[count.argmax()].tolist())
        there = cells + shifts[k]
        others = ~inside[:, k] | (off != shifts[k]).any(axis=1)
        is_within = ((there >= 0) & (there < shape)).all(axis=1)
        if FEW * others.sum() > len(members) or (is_within & others).any():
            return None
        for cell, node in zip(there[others].tolist(), columns[others, k].tolist()):
            if beyond.setdefault(tuple(cell), node) != node:
                return None
    different = len({*shifts.values()})
    is_shared = len(np.unique(columns[:, near])) < different * len(members)
    if not mixed and (different < 2 or not (beyond or is_shared)):
        return None  # no cell is the neighbour of two
    places = [tuple(cell) for cell in cells.tolist()]
    return Stencil(members.tolist(), columns.tolist(), places, main, shifts, beyond)


def _are_terms(columns: Any, arrays: Any) -> bool:
    """Whether no two terms of each sum are multiplied by elements of one array, as in a contraction
    with the kernel of a convolution."""
    is_same = (columns == columns[0]).all(axis=0) & (columns[0] != NONE)
    kernel = {*zip(arrays[0, is_same].tolist(), columns[0, is_same].tolist())}
    return len({array for array, _ in kernel}) == len(kernel)


def deepest(layout: Layout, columns: Any, arrays: Any) -> Any:
    """For each sum the array that is computed last, of those that it reads; the one that it reads
    most, if there are several."""
    varies = (columns != columns[0]).any(axis=0)
    depth = np.array(
        [[layout.graph.depths[x] if x != NONE else -1 for x in row] for row in columns.tolist()]
    )
    count = (arrays[:, :, None] == arrays[:, None, :]).sum(axis=2)
    best = np.where(varies, depth * (count.max() + 1) + count, -1).argmax(axis=1)
    return arrays[np.arange(len(arrays)), best]


# -- sums at the border that lack terms ---------------------------------------------------------


def with_edges(layout: Layout, of: Stencil, others: Iterable[int]) -> Stencil:
    """The stencil with other sums, that lack terms: to them what is beyond the border is 0, or a
    cell that they read anyway, so that two of their terms are one."""
    edges = _Edges(layout, of)
    members, columns, cells = [*of.members], [*of.columns], [*of.cells]
    beyond = dict(of.beyond)
    for i in others if edges.usual else ():
        for cell in edges.candidates(i):
            row, border = edges.fit(i, cell)
            if border and cell not in cells and border.items() <= {**border, **beyond}.items():
                members.append(i)
                columns.append(row)
                cells.append(cell)
                beyond.update(border)
                break
    return of._replace(members=members, columns=columns, cells=cells, beyond=beyond)


class _Edges:
    """Sums that lack terms of a stencil.

    Attributes:
        usual: what a term reads -> (its coefficient, its place in a sum): of a neighbour (how far
            off it is, what it is multiplied by), of others (None, the arrays of the factors).
    """

    def __init__(self, layout: Layout, stencil: Stencil) -> None:
        self.layout, self.shifts = layout, {*stencil.shifts.values()}
        self.array, self.start = layout.arrays[stencil.main], layout.starts[stencil.main]
        self.usual: dict[Any, tuple[float, int]] = {}
        self.row = [*stencil.columns[0]]
        coefficients = layout.graph.args[stencil.members[0]].coefficients
        self.terms = n = len(coefficients)
        for t, c in enumerate(coefficients):
            what: tuple[Any, Any] = None, self._arrays(self.row[t], self.row[t + n])
            for k, other in ((t, t + n), (t + n, t)):
                if k in stencil.shifts:
                    what = stencil.shifts[k], self.row[other]
                    if len({column[other] for column in stencil.columns}) > 1:
                        return
            self.usual[what] = c, t

    def _arrays(self, a: int, b: int) -> Cell:
        return tuple(origins(self.layout, np.array([a, b])).tolist())

    def _place(self, node: int) -> Cell | None:
        """The coordinates of a cell."""
        at = int(self.layout.address[node]) - self.start
        inside = node != NONE and 0 <= at < self.array.size
        return tuple(map(int, np.unravel_index(at, self.array.example_shape))) if inside else None

    def candidates(self, i: int) -> Iterator[Cell]:
        """Cells that a sum may belong to."""
        s = self.layout.graph.args[i]
        cells = [place for x in s.lefts + s.rights if (place := self._place(x)) is not None]
        for shift in self.shifts if cells else ():
            yield _minus(cells[0], shift)

    def fit(self, i: int, place: Cell) -> tuple[list[int], dict[Cell, int]]:
        """The factors of a sum, as far as they are not neighbours, and what is beyond the border to
        it, if it belongs to this cell; else nothing."""
        left, row, merged, border = dict(self.usual), [*self.row], [], {}
        for c, *pair in zip(*self.layout.graph.args[i][1:]):
            for node, other in (pair, pair[::-1]):
                if (cell := self._place(node)) is not None:
                    what: tuple[Any, Any] = _minus(cell, place), other
                    break
            else:
                what = None, self._arrays(*pair)
            usual, t = left.pop(what, (None, 0))
            if usual is None or (what[0] is None and usual != c):
                return [], {}
            if what[0] is None:
                row[t], row[t + self.terms] = pair
            elif usual != c:
                merged.append((c, usual, other, node))
        for (shift, other), (c, _) in left.items():
            at = _minus(place, _minus((0,) * len(place), shift)) if shift else ()
            if not at or all(0 <= x < n for x, n in zip(at, self.array.example_shape)):
                return [], {}
            same = [m for m in merged if m[2] == other and m[0] == m[1] + c]
            border[at] = same[0][-1] if same else ZERO
            merged = [m for m in merged if m not in same[:1]]
        return (row, border) if not merged else ([], {})


def _minus(a: Sequence[int], b: Sequence[int]) -> Cell:
    return tuple(x - y for x, y in zip(a, b))
