"""Borders: sums that read their neighbours become one array, as in a step of the heat equation.

Cell i of a rod becomes u[i] + k * (u[i - 1] - 2 * u[i] + u[i + 1]). At the border a neighbour is
another kind of node: an input that stays what it is, or the cell at the other end of a ring. So the
sums there are of another class than those inside, in the next step their neighbours' as well, and
so on. Here they are one array: the border is put beside the array of the cells, and of the two each
neighbour is a slice.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..primitives import fsum, logsumexp, power
from .arrays import BATCH, Array
from .layout import Layout, alike
from .nodes import CONSTANT, NONE
from .padding import PADDING
from .stencils import ZERO, Stencil, deepest, origins, stencil, with_edges
from .views import spread

LEAST, WIDEST = 4, 9  # members of a group, terms of a sum


def together(layout: Layout, groups: Sequence[list[int]]) -> list[list[int]]:
    """Groups of nodes of one depth; those that read the same arrays are one, as their classes
    differ by what is at a border alone."""
    found: dict[Any, list[int]] = {}
    for members in groups:
        key = _reads(layout, members[0]) if len(groups) > 1 else None
        found.setdefault(key, []).extend(members)
    return [sorted(members) for members in found.values()]


def _reads(layout: Layout, node: int) -> Any:
    """The operation of a node, and the arrays that it reads."""
    op, args = layout.graph.ops[node], layout.graph.args[node]
    if op is CONSTANT:
        return op
    if op is fsum:
        return op, frozenset(zip(*origins(layout, np.array([args.lefts, args.rights])).tolist()))
    read = origins(layout, np.array([x for x in args if x.__class__ is int])).tolist()
    if op is logsumexp:
        return op, frozenset(read)
    at = iter(read)
    number = args[1] if op is power else None  # x**2 and x**3 are written apart
    return op, tuple(next(at) if x.__class__ is int else number for x in args)


def lower_neighbours(layout: Layout, nodes: Iterable[int]) -> set[int]:
    """Make arrays of sums that read their neighbours, among nodes of one depth.

    Returns:
        The nodes that have an array now.
    """
    graph = layout.graph
    sums = [i for i in nodes if graph.ops[i] is fsum and len(graph.args[i].lefts) <= WIDEST]
    groups: defaultdict[Any, list[int]] = defaultdict(list)
    for i in sums:
        groups[graph.args[i].coefficients].append(i)
    lowered: set[int] = set()
    for group in sorted(groups.values(), key=lambda g: -len(graph.args[g[0]].lefts)):
        if len(group) < LEAST:
            continue
        members = np.array(sorted(group))
        columns = np.array([graph.args[i].lefts + graph.args[i].rights for i in members])
        parts = alike((columns == NONE).T.astype(int))
        while parts:
            part = parts.pop()
            if len(part) < LEAST:
                continue
            arrays = origins(layout, columns[part])
            found = stencil(layout, members[part], columns[part], arrays)
            if found is not None:
                found = with_edges(
                    layout, found, [i for i in sums if i not in lowered and i not in group]
                )
                if _lower(layout, found):
                    lowered.update(found.members)
            elif (arrays != arrays[0]).any():  # of several rows of cells
                apart = alike(deepest(layout, columns[part], arrays)[None])
                parts += [part[mine] for mine in apart if len(apart) > 1]
    return lowered


def _lower(layout: Layout, found: Stencil) -> bool:
    """Make the array of these sums; whether there is one without a gather."""
    cells = np.array(found.cells)
    first, sizes = cells.min(axis=0), tuple(map(int, np.ptp(cells, axis=0) + 1))
    if math.prod(sizes) != len(cells) or len({*found.cells}) < len(cells):
        return False
    order = np.lexsort(cells.T[::-1])
    members, columns = np.array(found.members)[order], np.array(found.columns)[order]
    border = np.array([node for node in found.beyond.values() if node != ZERO], dtype=int)
    layout.allocate(np.concatenate([columns[columns != NONE], border]))
    bordered = _bordered(layout, found)
    if bordered is None:
        return False
    array, low = bordered
    inner = layout.arrays[found.main]

    def operand(k: int) -> Array:
        if k not in found.shifts:
            return layout.operand(columns[:, k].reshape(sizes)).aligned(len(sizes))
        start = first + found.shifts[k]
        if not start.any() and sizes == inner.example_shape:
            return inner
        bounds = [(i, i + n) for i, n in zip((start - low).tolist(), sizes)]
        return layout.program.slice(array, [*[None] * array.is_batched, *bounds])

    sums = [layout.graph.args[i] for i in members.tolist()]
    usual = layout.graph.args[found.members[0]]
    parts: list[tuple[float, Array]] = []
    for t, (c, right) in enumerate(zip(usual.coefficients, usual.rights)):
        x = operand(t)
        parts.append((c, x if right == NONE else x * operand(t + len(usual.rights))))
    parts = [(c, x) for c, x in parts if c != 0 or x.is_batched] or parts
    offset = layout.constants(np.array([s.constant for s in sums]).reshape(sizes))
    if offset.__class__ is Array:
        parts, offset = [*parts, (1.0, offset)], 0.0
    layout.assign_nest(layout.program.total(offset, parts), members.reshape(sizes))
    return True


def _bordered(layout: Layout, found: Stencil) -> tuple[Array, Any] | None:
    """The array of the cells with what is beyond it, and the coordinates of its first element; None
    if a part of the border has to be gathered."""
    array = layout.arrays[found.main]
    shape = np.array(array.example_shape)
    at = np.array([*found.beyond], dtype=int).reshape(-1, len(shape))
    low, high = at.min(axis=0, initial=0), np.concatenate([at + 1, shape[None]]).max(axis=0)
    nodes = np.full(high - low, PADDING)
    nodes[tuple((at - low).T)] = [*found.beyond.values()]
    for axis in reversed(range(len(shape))):
        inner = [slice(-i, n - i) for i, n in zip(low[:axis], shape)]
        sides = slice(0, -low[axis]), slice(shape[axis] - low[axis], None)
        before, after = (_side(layout, nodes[(*inner, side)]) for side in sides)
        if before is None or after is None:
            return None
        array = _side_by_side([*before, array, *after], axis)
    return array, low


def _side(layout: Layout, nodes: Any) -> list[Array] | None:
    """The array of what is on one side, in a list that is empty if nothing is; None if it has to be
    gathered."""
    if not nodes.size:
        return []
    known = nodes[nodes != PADDING]
    if (known == ZERO).all():
        return [layout.program.broadcast(0.0, nodes.shape)]
    if (known == ZERO).any() or (view := layout.operand(nodes)).array.op == "gather":
        return None
    x = view.aligned(nodes.ndim)
    shape = (*x.shape[: x.is_batched], *nodes.shape)
    return [layout.program.reshape(x, shape) if x.size == nodes.size else spread(x, nodes.shape)]


def _side_by_side(pieces: Sequence[Array], axis: int) -> Array:
    """Along an axis of an example; with one for the examples, if a piece has that."""
    batched = any(x.is_batched for x in pieces)
    shapes = [(*[BATCH] * batched, *x.example_shape) for x in pieces]
    whole = [x.program.broadcast(x, shape) for x, shape in zip(pieces, shapes)]
    return whole[0].program.concatenate(whole, axis + batched)
