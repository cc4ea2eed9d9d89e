"""Which loops an array program becomes: its arrays are put into nests of loops.

Operations of one shape share a nest as long as each needs only what the others compute in the same
turn; between nests, numbers are kept in small arrays. What depends on the batch runs for a block of
examples after another and adds to sums; what does not runs once, before or after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from ..arrays import VIEWS, Array, Shape
from ..names import LETTERS, Names
from ..simplify import reachable
from .indices import Index, aligned, resolved

REDUCTIONS = ("contract", "sum", "max")
BEFORE, EXAMPLES, AFTER = range(3)  # when a nest runs


class Nest:
    """Loops of a shape, and the arrays that are computed in them, one number of each a turn."""

    def __init__(self, shape: Shape, is_open: bool) -> None:
        self.shape, self.is_open = shape, is_open
        self.arrays: list[Array] = []
        self.pieces: list[Any] = []  # (array, piece or None for zeros, its start, "=" or "+=")


class Nests:
    """The nests of a program.

    Args:
        outputs: the results.
        names: that of each input and parameter; a gather's indices are named on the way.

    Attributes:
        outputs: the results, each an array that is computed.
        order: the arrays that are computed, operands first.
        phases: for each of BEFORE, EXAMPLES, AFTER its nests.
        at: for each array that is computed its phase, and the number of its nest.
        kept: the arrays that are read outside of their nest.
        uses: how often each is read, in a reduction twice.
        sums: those that are summed over the examples.
        room: for an array that is stored in the memory of a sum, that sum.
    """

    def __init__(self, outputs: Sequence[Array], names: Names) -> None:
        self.names = names
        self.uses: Counter[Any] = Counter()
        self.outputs = [x if self._is_computed(x) else _copy(x) for x in outputs]
        self.phases: tuple[list[Nest], ...] = ([], [], [])
        self.at: dict[Array, tuple[int, int]] = {}
        self.kept: set[Array] = set(self.outputs)
        everything = reachable(self.outputs)
        self.order = [x for x in everything if self._is_computed(x)]
        self._early: set[Array] = set()  # what examples need; all else can wait
        for x in reversed(everything):
            if x in self._early or x.is_batched or self.is_sum(x):
                self._early.update(x.operands)
        for x in self.order:
            self._place(x)
        self.sums = [x for x in self.order if self.is_sum(x)]
        self.room = self._shared_room()

    # -- what an array is -----------------------------------------------------------------------

    def _is_computed(self, x: Any) -> bool:
        return x not in self.names.of and x.op not in (*VIEWS, "count", "constant")

    def is_sum(self, x: Array) -> bool:
        """Whether it is summed over the examples."""
        return x.op in ("contract", "sum") and (
            not x.is_batched and any(a.is_batched for a in x.operands)
        )

    def resolved(self, x: Any, index: Sequence[Index]) -> tuple[Any, list[Index]]:
        return resolved(x, index, self.names.constant)

    def reads(self, x: Array, index: Sequence[Index]) -> list[tuple[Any, list[Index]]]:
        """What x needs at an index: arrays and numbers, and the index in each."""
        if x.op in REDUCTIONS:
            letters = self.axes(x)
            return [
                self.resolved(a, [letters[c] for c in axes])
                for a, axes in zip(x.args, self.letters(x)[0])
            ]
        return [
            self.resolved(a, aligned(index, x, a)) if a.__class__ is Array else (a, [])
            for a in x.args
        ]

    def letters(self, x: Array) -> tuple[list[str], str]:
        """For each operand of a reduction the letters of its axes, and those of x."""
        if x.op == "contract":
            into, out = x.info.split("->")
            names = into.split(",")
        else:
            names = [LETTERS[: len(x.args[0].shape)]]
            out = "".join(c for i, c in enumerate(names[0]) if i not in x.info)
        return [n[a.is_batched :] for a, n in zip(x.args, names)], out[x.is_batched :]

    def axes(self, x: Array) -> dict[str, Index]:
        """For each letter of a reduction a counter: those of the result's nest come first."""
        operands, out = self.letters(x)
        letters = [*out, *[c for c in dict.fromkeys("".join(operands)) if c not in out]]
        size = {c: n for a, axes in zip(x.args, operands) for c, n in zip(axes, a.example_shape)}
        return {c: Index.counter(name, size[c]) for c, name in zip(letters, self.names.letters)}

    def counters(self, shape: Shape) -> list[Index]:
        return [Index.counter(name, n) for name, n in zip(self.names.letters, shape)]

    # -- nests ----------------------------------------------------------------------------------

    def _place(self, x: Array) -> None:
        """Find the nest of an array: the first that has what it needs, or a new one."""
        phase = BEFORE if x in self._early else AFTER
        if x.is_batched or self.is_sum(x):
            phase = EXAMPLES
        first, shape = 0, x.example_shape
        whole = x.op not in ("assemble", "scatter", "concatenate")
        if whole:
            reads = self.reads(x, self.counters(shape))
        else:
            reads = [self.resolved(a, self.counters(a.example_shape)) for a in x.args]
        nests = self.phases[phase]
        for a, index in reads:
            self.uses[a] += 2 if x.op in REDUCTIONS else 1
            if a in self.at:
                within, number = self.at[a]
                if within == phase and not self.is_sum(a):
                    there = nests[number]
                    same = whole and there.is_open and there.shape == shape
                    same = same and index == self.counters(shape)
                    first = max(first, number + (not same))
        if whole:
            for number in range(first, len(nests)):
                if nests[number].is_open and nests[number].shape == shape:
                    break
            else:
                number = len(nests)
                nests.append(Nest(shape, True))
            nests[number].arrays.append(x)
        else:
            number = self._place_pieces(x, nests)
        self.at[x] = phase, number
        for a, _ in reads:
            if a in self.at and self.at[a] != (phase, number):
                self.kept.add(a)

    def _place_pieces(self, x: Array, nests: list[Nest]) -> int:
        """A nest for each piece of an array, after one of zeros unless the pieces fill it."""
        self.kept.add(x)
        starts: Any = x.info if x.op == "assemble" else [None]
        fills = x.op == "concatenate"
        if fills:
            along = accumulate((a.shape[x.info] for a in x.args), initial=0)
            starts = [[n * (d == x.info) for d in range(len(x.shape))] for n in along]
        if x.op == "assemble":
            there = np.zeros(x.example_shape, dtype=int)
            for a, start in zip(x.args, starts):
                at = [slice(s, s + n) for s, n in zip(start, a.shape)][x.is_batched :]
                there[tuple(at)] += 1
            fills = bool((there == 1).all())
        if not fills:
            nests.append(Nest(x.example_shape, False))
            nests[-1].pieces = [(x, None, None, "=")]
        for a, start in zip(x.args, starts):
            nests.append(Nest(a.example_shape, False))
            nests[-1].pieces = [(x, a, start, "=" if fills else "+=")]
        return len(nests) - 1

    def _shared_room(self) -> dict[Array, Array]:
        """For an array that can be stored in the memory of a sum over the examples, that sum.

        It is computed of the sum element by element, after all examples, and nothing else reads the
        sum. For dW = total / n these are lines such as dW[i] += total(..), and after the examples
        dW[i] = dW[i] / n.
        """
        room: dict[Array, Array] = {}
        for x in self.kept:
            if self.at[x][0] == AFTER and x.op.__class__ is not str:
                index = self.counters(x.example_shape)
                for a, read in self.reads(x, index):
                    is_its_own = a in self.at and self.is_sum(a) and self.uses[a] == 1
                    is_its_own = is_its_own and a not in self.outputs
                    if is_its_own and read == index and a.shape == x.shape != ():
                        room.setdefault(x, a)
        return room


def _copy(x: Array) -> Array:
    """An output that is a view, or a parameter, is an array of its own."""
    return x.program.make("copy", (x,), None, x.shape)
