"""Steps that repeat become a loop: time steps, and layers.

A chain of arrays that are made alike, each of the one before, is walked backwards, all its steps at
once: of the operands of h_1, .., h_T, and then of theirs, there is one a step. They are all the
same array, or those of the step before (what is carried), or slices of one array, or made alike
(then they are part of the body), or any arrays of one shape, such as the weights of layers. What
has been found is right if nothing that the loop reads is made of what it computes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import count
from math import copysign
from typing import Any, NamedTuple

import numpy as np

from .arrays import VIEWS, Array
from .earlier import with_earlier
from .loop import SEQUENCES, cut_in_steps
from .padding import PADDING
from .simplify import reachable

LEAST = 3  # steps of a loop
LEAVES = ("input", "parameter", "constant", "count")
FREE = (*VIEWS, *SEQUENCES, "item", "last")  # what is no work of its own
CLEAR = 0.3
SHORTER = 0.8  # a loop is kept if the source is so much shorter
LOOKS = 40  # kinds of arrays that are tried as the end of a chain


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
        if all(x.__class__ is float for x in v):
            if all(x == first and copysign(1, x) == copysign(1, first) for x in v):
                return "number", first
            return self._added("scanned", self.scanned, v)
        if end.__class__ is not Array:
            return None
        if all(x is first for x in v):
            return (
                None
                if first.op in (*SEQUENCES, "loop")
                else self._added("outer", self.outers, first)
            )
        if any(x.shape != end.shape for x in v if x.__class__ is Array):
            return None
        if end in self.where:
            return self._carried(v)
        if not all(x.__class__ is Array for x in v):
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
    one = v[-1]
    return (
        one.op not in LEAVES
        and all(
            x.op is one.op and x.info == one.info and len(x.args) == len(one.args)
            if one.op.__class__ is not str
            else x.op == one.op and x.info == one.info and len(x.args) == len(one.args)
            for x in v
        )
        and len({*v}) == len(v)
    )


class Finder:
    """Looks for the loop that makes a program shortest.

    Args:
        outputs: of the program.
    """

    def __init__(self, outputs: Sequence[Array]) -> None:
        self.outputs = outputs
        self.order = reachable(outputs)
        self.length = sum(map(weight, self.order))
        self._users: dict[Array, list[Array]] = defaultdict(list)
        for x in self.order:
            for a in x.operands:
                self._users[a].append(x)

    def best(self) -> Match | None:
        """The loop after which the fewest operations are left, if they are fewer than before."""
        best, least = None, (self.length, 0)
        for heads in self._chains():
            match, cost = self._matched(heads)
            if match is not None and cost < least:
                best, least = match, cost
        return best

    def _matched(self, heads: list[Array]) -> tuple[Match | None, tuple[int, int]]:
        """The loop of a chain, or of a later part of it; and one of more steps, if the one before
        the first is alike as well."""
        best: Match | None = None
        least = (self.length, 0)
        for skipped in range(min(3, len(heads) - 1)):
            match = Match(heads[skipped:])
            if match.is_valid and (cost := self.cost(match)) < least:
                best, least = match, cost
        while best is not None:
            earlier = with_earlier(best)
            if earlier is None or (cost := self.cost(earlier)) >= least:
                break
            best, least = earlier, cost
        return (best, least) if best and best.steps >= LEAST else (None, least)

    def cost(self, match: Match) -> tuple[int, int]:
        """How many operations are left, and how many arrays are carried."""
        inside = sum(weight(x) for x in match.where)
        body = sum(weight(v[-1]) for v in match.body)
        after = {kind for _, kind in match.carried}
        collected = set()
        for x, (place, t) in match.where.items():
            is_last = t == match.steps - 1 and ("body", place) in after
            if place in collected or is_last:
                continue
            if x in self.outputs or any(u not in match.where for u in self._users[x]):
                collected.add(place)
        left = self.length - inside + body + len(match.carried) + len(collected)
        return left, len(match.carried)

    def _chains(self) -> list[list[Array]]:
        """Arrays that are alike, each made of the one before."""
        found = []
        classes = sorted(self._classes().values(), key=lambda v: (-len(v), -v[-1].number))
        for members in classes[:LOOKS]:
            among = set(members)
            chain = [members[-1]]
            while (x := self._ancestor(chain[-1], among, members[0].number)) is not None:
                chain.append(x)
            for period in (1, 2, 3):
                heads = chain[::period][::-1]
                if len(heads) > 1:
                    found.append(heads)
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
        return self.after < CLEAR * self.before


def rolled(
    outputs: Sequence[Array], others: Sequence[Array]
) -> tuple[list[Array], list[Array], Rolled | None]:
    """The outputs, and other arrays, in a new program with loops for steps that are alike, and what
    these are; None in place of this if there are none."""
    from .unify import made

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
