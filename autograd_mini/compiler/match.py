"""A chain of steps that are alike: whether it is a loop, and what it is one of.

A chain of arrays that are made alike, each of the one before, is walked backwards, all its steps at
once: of the operands of h_1, .., h_T, and then of theirs, there is one a step. They are all the
same array, or those of the step before (what is carried), or slices of one array, or made alike
(then they are part of the body), or any arrays of one shape, such as the weights of layers. What
has been found is right if nothing that the loop reads is made of what it computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import count
from math import copysign
from typing import Any

from .arrays import Array
from .loop import SEQUENCES, cut_in_steps

LEAVES = ("input", "parameter", "constant", "count")
Kind = tuple[str, Any]


class Match:
    """A chain of steps that are alike.

    Args:
        heads: an array of each step, the first step first.

    Attributes:
        body: the tuples of arrays that are computed, one a step, None where a step does without;
            operands come later.
        operands: for each of these what its operands are: ("number", number), or ("outer", place),
            ("carried", place), ("scanned", place) or ("body", place).
        carried: [first value, what it is after a step].
        outers: the arrays that are read in every step.
        scanned: tuples of arrays or numbers, one a step.
        where: array -> (place in body, step).
        is_valid: whether this is a loop.
    """

    def __init__(self, heads: Sequence[Array]) -> None:
        self.steps = len(heads)
        self.body: list[tuple[Any, ...]] = []
        self.operands: list[list[Kind]] = []
        self.carried: list[tuple[Any, Kind]] = []
        self.outers: list[Array] = []
        self.scanned: list[tuple[Any, ...]] = []
        self.where: dict[Array, tuple[int, int]] = {}
        self._kinds: dict[Any, Kind] = {}
        self._todo: list[Any] = []
        self._ties = count()
        self._push(tuple(heads))
        self.is_valid = self._walk() and bool(self.carried) and self.is_apart()

    def _push(self, v: tuple[Any, ...]) -> None:
        number = v[-1].number if v[-1].__class__ is Array else -1
        heappush(self._todo, (-number, next(self._ties), v))

    def _walk(self) -> bool:
        while self._todo:
            _, _, v = heappop(self._todo)
            key = key_of(v)
            if key not in self._kinds:
                kind = self._kind(v)
                if kind is None:
                    return False
                self._kinds[key] = kind
        for v in self.body:
            operands = zip(*[x.args for x in v])
            self.operands.append([self._kinds[key_of(operand)] for operand in operands])
        return True

    def _kind(self, v: tuple[Any, ...]) -> Kind | None:
        """What a tuple of operands is; None if it cannot be part of a loop."""
        first, end = v[0], v[-1]
        kinds = {*map(type, v)}
        if kinds == {float}:
            if all(x == first and copysign(1, x) == copysign(1, first) for x in v):
                return "number", first
            return self._added("scanned", self.scanned, v)
        if end.__class__ is not Array:
            return None
        if len({*map(id, v)}) == 1:
            return (
                None
                if first.op in (*SEQUENCES, "loop")
                else self._added("outer", self.outers, first)
            )
        if {x.shape for x in v if x.__class__ is Array} != {end.shape}:
            return None
        if end in self.where:
            return self._carried(v)
        if kinds != {Array}:
            return None
        if cut_in_steps(v) is None and are_alike(v):
            for t, x in enumerate(v):
                if x in self.where:
                    return None
                self.where[x] = len(self.body), t
            for operands in zip(*[x.args for x in v]):
                self._push(operands)
            return self._added("body", self.body, v)
        return None if end.op in (*SEQUENCES, "loop") else self._added("scanned", self.scanned, v)

    def _carried(self, v: tuple[Any, ...]) -> Kind | None:
        """v as what a tuple of the body was some steps before."""
        place, at = self.where[v[-1]]
        lag = self.steps - 1 - at
        if lag < 1 or v[lag:] != self.body[place][:-lag] or v[-1].op in (*SEQUENCES, "loop"):
            return None
        kind: Kind | None = ("body", place)
        if lag > 1:
            after = (*v[1:], self.body[place][-lag])
            kind = self._kinds.get(after) or self._carried(after)
            if kind is None:
                return None
            self._kinds[after] = kind
        return self._added("carried", self.carried, (v[0], kind))

    def _added(self, kind: str, found: list[Any], x: Any) -> Kind:
        found.append(x)
        return kind, len(found) - 1

    @property
    def is_complete(self) -> bool:
        """Whether it is a loop, and what it scans are leaves, numbers, and slices of one array:
        then no part of the chain is a loop with more in a step."""
        return self.is_valid and all(
            {*map(type, v)} == {float} or cut_in_steps(v) or all(x.op in LEAVES for x in v)
            for v in self.scanned
        )

    def is_apart(self) -> bool:
        """Whether nothing that the loop reads is made of what it computes."""
        read = {*self.outers, *[first for first, _ in self.carried]}
        for v in self.scanned:
            read.update(v)
        below = set(self.where)
        start = min(x.number for x in below)
        for x in self.body[0][-1].program.arrays[start:]:
            if x not in below and any(a in below for a in x.operands):
                below.add(x)
        return below.isdisjoint(read)


def key_of(v: tuple[Any, ...]) -> Any:
    """A tuple of operands, so that no two tell the same that are not."""
    return v if v[-1].__class__ is Array else tuple(map(repr, v))


def are_alike(v: Sequence[Array]) -> bool:
    """Whether arrays are made alike, each once."""
    one, count = v[-1], len(v)
    return (
        one.op not in LEAVES
        and [x.op for x in v].count(one.op) == count
        and [x.info for x in v].count(one.info) == count
        and [len(x.args) for x in v].count(len(one.args)) == count
        and len({*v}) == count
    )
