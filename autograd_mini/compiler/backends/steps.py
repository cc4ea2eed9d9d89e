"""The loops of a source: what they carry, collect and sum up, and what that is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..arrays import VIEWS, Array, base
from ..expression import ATOM, Expression
from ..loop import SEQUENCES, Loop

if TYPE_CHECKING:
    from .lines import Lines

OF_LOOPS = (*SEQUENCES, "loop", "last", "total")


class Steps:
    """The loops of a source.

    Attributes:
        nexts: the arrays of bodies that have a line, since they are carried to the next step.
        results: all that loops result in.
        kept: the arrays whose memory must stay as it is, since a loop or a list has it as well.
    """

    def __init__(self, source: Lines) -> None:
        self.source = source
        self.nexts: set[Array] = set()
        self.results: list[Array] = []
        self.kept: set[Array] = set()
        self._loop_of: dict[Array, Array] = {}
        self._made_of: dict[Array, list[Array]] = {}  # loop -> its last, total, each and before
        self._users: dict[Array, list[Array]] = {}
        self._added_to: dict[Array, str] = {}  # sums that go on in the memory of a total
        self.lists: dict[Array, tuple[str, int, int]] = {}  # the name; step t is at a + b * t
        self.saved: dict[Array, tuple[str, dict[Array, str]]] = {}  # lists of tuples, what is in it
        self.counters: list[str] = []
        self.depth = 0
        self.cuts: dict[str, str] = {}
        self._starts: dict[Array, int] = {}
        self._carried: dict[Array, list[str]] = {}
        self._totals: dict[Array, list[str]] = {}
        for x in source.order:
            if x.op == "loop":
                loop: Loop = x.info
                self.results += loop.results
                self.nexts.update(y for y in loop.nexts if y.op != "given")
                self.kept.update(x.args, loop.results)
                self._loop_of.update((y, x) for y in loop.results[0].program.arrays)
            for a in x.operands:
                self._users.setdefault(a, []).append(x)
                if a.op == "loop":
                    self._made_of.setdefault(a, []).append(x)

    def outside(self, x: Array) -> Array:
        """The loop that an array is in, or the array itself."""
        while x in self._loop_of:
            x = self._loop_of[x]
        return x

    def loop_of(self, x: Array) -> Array | None:
        """The loop whose body an array is in."""
        return self._loop_of.get(x)

    def results_of(self, loop: Array) -> list[Array]:
        """What a loop results in."""
        return self._made_of.get(loop, [])

    def goes_on(self, x: Array) -> bool:
        """Whether an array is a term of a sum that goes on in the same memory."""
        name = self._added_to.get(x)
        users = self._users.get(x, [])
        return name is not None and any(self._added_to.get(u) == name for u in users)

    def memory(self, x: Array) -> Any:
        """What tells the memory of x from that of others; None if a loop got it from elsewhere."""
        if x.op not in ("item", "last"):
            return x
        result = x.args[0] if x.op == "item" else x
        if result.op not in ("each", "last"):
            return None
        loop: Loop = result.args[0].info
        of = base((loop.collected if result.op == "each" else loop.nexts)[result.info], VIEWS)
        step = x.info if x.op == "item" else (0 if loop.is_reversed else loop.steps - 1)
        is_new = of.op.__class__ is not str or of.op in ("matmul", "sum", "max")
        return (of, step) if is_new else None

    def times(self, x: Array) -> int:
        """How often an array is computed."""
        times = 1
        while x in self._loop_of:
            x = self._loop_of[x]
            times *= x.info.steps
        return times

    def arg(self, x: Array) -> Array:
        """What a leaf of a body stands for: an arg of its loop, of a sequence its first item."""
        a: Array = self._loop_of[x].args[x.info]
        while a.op in SEQUENCES:
            a = a.args[0] if a.op in ("tuple", "steps") else self._source_of(a)
        return self.arg(a) if a.op == "given" else a

    def _source_of(self, x: Array) -> Array:
        [loop] = x.args
        found: Array = (loop.info.collected if x.op == "each" else loop.info.nexts)[x.info]
        return found

    def is_first_only(self, x: Array) -> bool:
        """Whether x is a number in each place, and only what loops start with."""
        return (
            x.op == "broadcast"
            and not x.operands
            and x not in self.source.outputs
            and all(u.op == "loop" and x in u.args[: u.info.firsts] for u in self._users[x])
        )

    def write(self, x: Array) -> bool:
        """Write an array that has to do with loops; False for another."""
        source = self.source
        if x in self._added_to:
            name = source.names[x] = self._added_to[x]
            [other] = [a for a in x.args if self._added_to.get(a) != name]
            source.lines.append((f"{name} += {source._of(other).text}", x))
        elif x.op == "loop":
            self.source.loops(self, x).write()
            return True
        elif x.op in SEQUENCES:
            source.expressions[x] = Expression("", ATOM, 0)
            return True
        elif x.op == "last":
            name = self._carried[x.args[0]][x.info]
        elif x.op == "total":
            name = source.names[x] = self._totals[x.args[0]][x.info]
        elif x.op == "item":
            of = x.args[0]
            name = self.item(of, "", x.info)
        else:
            return False
        source.expressions[x] = Expression(name, ATOM, 0)
        if x is source.loss and x not in source.names:
            source.names[x] = source._unique("loss")
            source.lines.append((f"loss = {name}", x))
            source.expressions[x] = Expression("loss", ATOM, 0)
        return True

    def item(self, x: Array, t: str, start: int) -> str:
        """The text of one item of a sequence: that of step t + start."""
        name, first, sign = self.lists[x]
        at = first + sign * start
        return f"{name}[{plus(t, at) if sign > 0 or not t else f'{at} - {t}'}]"

    def runs(self, arrays: Sequence[Array]) -> Iterator[list[str]]:
        """The texts of arrays in a list, in which the items of a sequence are *hs."""
        for whole, run in groupby(arrays, key=lambda x: x.args[0] if x.op == "item" else None):
            items = list(run)
            places = [x.info for x in items]
            if whole is None or places != [*range(places[0], places[0] + len(places))]:
                yield list(map(self.source._named, items))
                continue
            name, first, sign = self.lists[whole]
            if len(places) < whole.shape[0]:
                yield list(map(self.source._named, items))
                continue
            is_state = first != (0 if sign > 0 else whole.shape[0] - 1)  # it has the first as well
            part = {(1, 0): "", (1, 1): "[1:]", (-1, 0): "[::-1]", (-1, 1): "[:0:-1]"}[
                sign, is_state
            ]
            yield [f"*{name}{part}"]


def plus(t: str, n: int) -> str:
    """t + n; a number if there is no t."""
    if not t:
        return str(n)
    return t if n == 0 else f"{t} {'+' if n > 0 else '-'} {abs(n)}"


def reads(text: str, name: str) -> bool:
    """Whether the name is in the text."""
    return re.search(rf"(?<![\w.]){re.escape(name)}\b", text) is not None
