"""Steps that repeat become a loop: time steps, and layers.

Chains of arrays that are alike, each made of the one before, are the candidates (match.py). The
loop is taken after which the fewest operations are left, again and again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from .arrays import VIEWS, Array, reachable
from .earlier import with_earlier
from .loop import SEQUENCES
from .match import LEAVES, Match
from .padding import PADDING
from .unify import made

LEAST = 3  # steps of a loop
FREE = (*VIEWS, *SEQUENCES, "item", "last")  # what takes no work of its own
LOOKS = 40  # kinds of arrays that are tried as the end of a chain
CLEAR, MANY = 0.4, 100  # so much shorter than so many operations: the source need not be compared
SHORTER = 0.82  # a loop is kept if the source is so much shorter


class Finder:
    """Looks for the loop that makes a program shortest.

    Args:
        outputs: of the program.
    """

    def __init__(self, outputs: Sequence[Array]) -> None:
        self.outputs = outputs
        self.order = reachable(outputs)
        self._all = {*self.order}
        self.length = sum(map(weight, self.order))

    def best(self) -> Match | None:
        """The loop after which the fewest operations are left, if they are fewer than before."""
        best, least = None, (self.length, 0)
        for chain in self._chains():
            body = 0  # operations of a step, where all that could be in it are
            for period in (1, 2, 3):
                heads = chain[::period][::-1]
                if body and (period * body + 1, 1) >= least:  # as many steps in one are no better
                    continue
                match, cost, is_complete = self._matched(heads)
                if match is not None and cost < least:
                    best, least = match, cost
                if match is not None and is_complete and period == 1:
                    body = sum(weight(v[-1]) for v in match.body)
        return best

    def _matched(self, heads: list[Array]) -> tuple[Match | None, tuple[int, int], bool]:
        """The loop of a chain, or of a later part of it; and one of more steps, if the one before
        the first is alike as well. What is left after it, and whether it is complete."""
        best: Match | None = None
        least, is_complete = (self.length, 0), False
        for skipped in range(min(3, len(heads) - 1)):
            match = Match(heads[skipped:])
            if match.is_valid and (cost := self.cost(match)) < least:
                best, least = match, cost
            if is_complete := match.is_complete:
                break
        while best is not None:
            earlier = with_earlier(best)
            if earlier is None or (cost := self.cost(earlier)) >= least:
                break
            best, least = earlier, cost
        return best if best and best.steps >= LEAST else None, least, is_complete

    def cost(self, match: Match) -> tuple[int, int]:
        """How many operations are left, and how many arrays are carried."""
        body = sum(weight(v[-1]) for v in match.body)
        inside = sum(weight(v[-1]) * (len(v) - v.count(None)) for v in match.body)
        after = {kind for _, kind in match.carried}
        read = {*self.outputs, *[a for x in self._all.difference(match.where) for a in x.operands]}
        collected = set()
        for place, t in map(match.where.__getitem__, read.intersection(match.where)):
            if t < match.steps - 1 or ("body", place) not in after:
                collected.add(place)
        left = self.length - inside + body + len(match.carried) + len(collected)
        return left, len(match.carried)

    def _chains(self) -> list[list[Array]]:
        """Arrays that are alike, each of which is made of the next."""
        found = []
        classes = sorted(self._classes().values(), key=lambda v: (-len(v), -v[-1].number))
        for members in classes[:LOOKS]:
            among = set(members)
            chain = [members[-1]]
            while (x := self._ancestor(chain[-1], among, members[0].number)) is not None:
                chain.append(x)
            found.append(chain)
        return found

    def _ancestor(self, x: Array, among: set[Array], first: int) -> Array | None:
        """The latest array that x is made of that is one of these, from this number on."""
        ties = count()
        seen = {*x.operands}
        heap = [(-a.number, next(ties), a) for a in seen]
        heapify(heap)
        while heap:
            _, _, a = heappop(heap)
            if a in among:
                return a
            for b in a.operands:
                if b not in seen and b.number >= first:
                    seen.add(b)
                    heappush(heap, (-b.number, next(ties), b))
        return None

    def _classes(self) -> dict[int, list[Array]]:
        """The arrays that are alike, with their operands."""
        numbers: dict[Any, int] = {}
        key: dict[Array, int] = {}
        for x in self.order:
            has_info = x.op.__class__ is str and x.op not in (*LEAVES, "slice", "gather")
            own = (x.op, x.shape, str(x.info) if has_info else None)
            key[x] = numbers.setdefault(own, len(numbers))
        found: dict[int, list[Array]] = defaultdict(list)
        for x in self.order:
            if weight(x):
                below = tuple(key[a] if a.__class__ is Array else -1 for a in x.args)
                found[numbers.setdefault((key[x], below), len(numbers))].append(x)
        return {k: v for k, v in found.items() if len(v) >= 2}


def weight(x: Array) -> int:
    """How many operations an array stands for."""
    if x.op == "loop":
        return sum(map(weight, reachable(x.info.results))) + 1
    return int(bool(x.args) and x.op not in FREE)


class Rolled(NamedTuple):
    """What became loops.

    Attributes:
        before, after: how many operations the program has without them, and with them.
        steps: for each scalar node of a last step, those of all steps that are the same.
    """

    before: int
    after: int
    steps: dict[int, list[int]]

    @property
    def is_clear(self) -> bool:
        """Whether the program is so much shorter that its source must be."""
        return self.before > MANY and self.after < CLEAR * self.before


def rolled(
    outputs: Sequence[Array], others: Sequence[Array]
) -> tuple[list[Array], list[Array], Rolled | None]:
    """The outputs, and other arrays, in a new program with loops for steps that are alike, and what
    these are; None in place of this if there are none."""
    new, kept = list(outputs), list(others)
    finder = Finder(new)
    before = finder.length
    steps: dict[int, list[int]] = {}
    while (match := finder.best()) is not None:
        steps.update(_same_scalars(match))
        new, kept = made(match, new, kept)
        finder = Finder(new)
    loops = Rolled(before, finder.length, steps) if finder.length < before else None
    return new, kept, loops


def _same_scalars(match: Match) -> Iterator[tuple[int, list[int]]]:
    """(scalar node of the last step, those of all steps that are the same)."""
    for v in match.body:
        scalars = [None if x is None else x.scalars for x in v]
        if scalars[-1] is not None:
            none = np.full(scalars[-1].shape, PADDING)
            rows = np.array([none if of is None else of for of in scalars])
            columns = rows.reshape(len(rows), -1).T.tolist()
            yield from ((column[-1], column) for column in columns)
