"""Grouping: scalar nodes of one kind become the lanes of one array; groups operands first."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from ..primitives import fsum, logsumexp
from ..scalars import IEEE
from .arithmetic import RELATIONS
from .arrays import Array
from .identities import ieee
from .layout import DENSE, HOLE, NOWHERE, Layout, alike, at
from .nodes import CONSTANT, INPUT, PARAMETER
from .sums import lower_sums
from .views import spread, view

LEAST = -1e36  # what short lists are filled with: exp(LEAST) is 0, and 0 * LEAST no nan


class Lowering(Layout):
    """The arrays made so far, and those of more groups."""

    def lower(self, nodes: Iterable[int]) -> None:
        """Make the arrays of these nodes, to which all they depend on belongs."""
        groups: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for i in nodes:
            if self.graph.ops[i] not in (INPUT, PARAMETER) and self.address[i] == NOWHERE:
                groups[self.graph.depths[i], self.graph.kinds[i]].append(i)
        for _, members in sorted(groups.items()):
            op = self.graph.ops[members[0]]
            if op is fsum:
                lower_sums(self, np.array(members))
            elif op is logsumexp:
                self._lower_logsumexps(np.array(members))
            elif op is CONSTANT:
                numbers = [self.graph.args[i][0] for i in members]
                self.place(self.program.constant(numbers), np.array(members))
            else:
                self._lower_elementwise(op, np.array(members))

    # -- elementwise operations -----------------------------------------------------------------

    def _lower_elementwise(self, op: Any, members: Any) -> None:
        slots = list(zip(*[self.graph.args[i] for i in members]))
        self.settle([x for slot in slots for x in slot if x.__class__ is int])
        columns = [np.array(slot) for slot in slots]
        sources = np.array([self.source(column) for column in columns if _is_nodes(column)])
        for part in alike(sources):
            lanes = self.nest([column[part] for column in columns if _is_nodes(column)])
            mine = [at(column[part], lanes) for column in columns]
            hole = None
            operands: list[Any] = []
            if (lanes == HOLE).any():
                hole = self._result_in_holes(op, mine)
            for x, safe in zip(mine, cycle(_safe_operands(op))):
                if not _is_nodes(x):
                    operands.append(self.constants(x))
                    continue
                operand = self.operand(x).aligned(lanes.ndim)
                if hole is None and (lanes == HOLE).any():
                    operand = self.masked(operand, lanes != HOLE, safe)
                operands.append(operand)
            result = self.program.apply(op, *operands)
            self.place_lanes(result, at(members[part], lanes), hole)

    def _result_in_holes(self, op: Any, columns: Sequence[Any]) -> float | None:
        """What an operation on one operand makes of what is in the holes of its array, if that is
        known, and if its derivative is finite there, so that a gradient of 0 stays 0."""
        known = self.hole(columns[0]) if len(columns) == 1 else None
        if known is None:
            return None
        y = ieee(op, [known])
        slope = float(op.partial(0, [IEEE(known)], IEEE(y)))
        return y if math.isfinite(y) and math.isfinite(slope) else None

    # -- lists ----------------------------------------------------------------------------------

    def _lower_logsumexps(self, members: Any) -> None:
        lists = [self.graph.args[i] for i in members]
        self.settle([x for operands in lists for x in operands])
        lengths = np.array([len(operands) for operands in lists])
        longest = int(lengths.max())
        together = [np.arange(len(lists))]
        if DENSE * lengths.sum() < longest * len(lists):
            together = alike(lengths[None])
        for part in together:
            longest = int(lengths[part].max())
            nodes = np.full((len(part), longest), HOLE)
            for row, i in zip(nodes, part):
                row[: lengths[i]] = lists[i]
            lanes = self.nest([nodes[:, 0]])
            terms = self.loops([nodes[int(lengths[part].argmax())]])
            nodes = at(nodes, lanes).reshape((*lanes.shape, *terms))
            array, places = self.places(nodes)
            x = spread(view(array, places).aligned(nodes.ndim), nodes.shape)
            short = (nodes == HOLE) & (lanes != HOLE).reshape((*lanes.shape, *[1] * len(terms)))
            if short.any():
                x = self._filled(x, ~short, array, places)
            x = self.program.reshape(x, (*x.shape[: x.is_batched], *lanes.shape, longest))
            self.place_lanes(self.program.logsumexp(x), at(members[part], lanes))

    def _filled(self, x: Array, mask: Any, array: Array, places: Any) -> Array:
        """x where the mask holds, else LEAST, whose exponential is 0. If x is a whole array and the
        mask what has nodes in it, others read it so, too."""
        x = self.masked(x, mask, LEAST)
        if np.array_equal(places.ravel(), np.arange(array.lanes)) and array in self.arrays:
            s = self.arrays.index(array)
            if np.array_equal(self.nodes[s] == HOLE, ~mask.ravel()):
                self.arrays[s], self.holes[s] = x, LEAST
        return x


def _is_nodes(x: Any) -> bool:
    return bool(x.dtype.kind == "i")


def _safe_operands(op: Any) -> list[float]:
    """A point within the domain of an operation, and away from its edges."""
    if op in RELATIONS:
        return [1.0] * 4
    points = []
    for interval in op.domain:
        low, high = interval.low, interval.high
        if not math.isfinite(low):
            low = high - 2 if math.isfinite(high) else 0.0
        points.append((low + high) / 2 if math.isfinite(high) else low + 1)
    return points
