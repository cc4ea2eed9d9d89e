"""Grouping: scalar nodes of one class become the elements of one array; groups operands first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, cycle, groupby
from typing import Any

import numpy as np

from ..primitives import fsum, logsumexp
from . import padding
from .arrays import Array
from .borders import lower_neighbours, together
from .contractions import lower_sums
from .layout import NOWHERE, Layout, alike
from .nodes import CONSTANT, INPUT, PARAMETER
from .padding import DENSE, PADDING, chosen
from .replay import made_as_before
from .views import spread


def lower(layout: Layout, nodes: Iterable[int]) -> None:
    """Make the arrays of these nodes, to which all they depend on belongs.

    Nodes of one class and depth make a group: the four products x[i] * w[i, j] one, their tanhs the
    next. So do those that differ by what is at a border alone.
    """
    graph = layout.graph
    groups: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for i in nodes:
        if graph.ops[i] not in (INPUT, PARAMETER) and layout.address[i] == NOWHERE:
            groups[graph.depths[i], graph.classes[i]].append(i)
    for _, level in groupby(sorted(groups.items()), key=lambda group: group[0][0]):
        classes = [members for _, members in level]
        lowered = lower_neighbours(layout, chain.from_iterable(classes))
        left = [[i for i in members if i not in lowered] for members in classes]
        for members in together(layout, [members for members in left if members]):
            op = graph.ops[members[0]]
            if op is CONSTANT:
                numbers = [graph.args[i][0] for i in members]
                layout.assign(layout.program.constant(numbers), np.array(members))
            else:
                made_as_before(layout, op, np.array(members), _lower_group)


def _lower_group(layout: Layout, op: Any, members: Any) -> None:
    if op is fsum:
        lower_sums(layout, members)
    elif op is logsumexp:
        _lower_logsumexps(layout, members)
    else:
        _lower_elementwise(layout, op, members)


def _lower_elementwise(layout: Layout, op: Any, members: Any) -> None:
    """An array for those of the members whose operands are of the same arrays."""
    slots = list(zip(*[layout.graph.args[i] for i in members]))
    layout.allocate([x for slot in slots for x in slot if x.__class__ is int])
    columns = [np.array(slot) for slot in slots]
    sources = np.array([layout.source(column) for column in columns if _is_nodes(column)])
    for part in alike(sources):
        grid = layout.nest([column[part] for column in columns if _is_nodes(column)])
        mine = [chosen(column[part], grid) for column in columns]
        known, is_padded = None, bool((grid == PADDING).any())
        if is_padded and len(mine) == 1:
            known = padding.result(op, layout.in_padding(mine[0]))
        operands: list[Any] = []
        for x, safe in zip(mine, cycle(padding.safe_operands(op))):
            if not _is_nodes(x):
                operands.append(layout.constants(x))
                continue
            operand = layout.operand(x).aligned(grid.ndim)
            if known is None and is_padded:
                operand = padding.masked(layout, operand, grid != PADDING, safe)
            operands.append(operand)
        result = layout.program.apply(op, *operands)
        layout.assign_nest(result, chosen(members[part], grid), known)


def _lower_logsumexps(layout: Layout, members: Any) -> None:
    """An array of the logsumexps along the last axis of another, which has a list in each row;
    one for each length if the lists are too unequal to be filled."""
    lists = [layout.graph.args[i] for i in members]
    layout.allocate([x for operands in lists for x in operands])
    lengths = np.array([len(operands) for operands in lists])
    together = [np.arange(len(lists))]
    if DENSE * lengths.sum() < lengths.max() * len(lists):
        together = alike(lengths[None])
    for part in together:
        longest = int(lengths[part].max())
        nodes = np.full((len(part), longest), PADDING)
        for row, i in zip(nodes, part):
            row[: lengths[i]] = lists[i]
        grid = layout.nest([nodes[:, 0]])
        terms = layout.loops([nodes[int(lengths[part].argmax())]])
        nodes = chosen(nodes, grid).reshape((*grid.shape, *terms))
        array, addresses = layout.located(nodes)
        x: Array = spread(layout.program.view(array, addresses).aligned(nodes.ndim), nodes.shape)
        missing = padding.is_missing(nodes, grid)
        if missing.any():
            x = padding.filled(layout, x, ~missing, array, addresses)
        x = layout.program.reshape(x, (*x.shape[: x.is_batched], *grid.shape, longest))
        layout.assign_nest(layout.program.logsumexp(x), chosen(members[part], grid))


def _is_nodes(x: Any) -> bool:
    return bool(x.dtype.kind == "i")
