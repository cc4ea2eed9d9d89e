"""The loops of a source: what they carry, collect and sum up, and what that is called."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ...primitives import add
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
        users: array -> the arrays that are computed of it.
        carried: loop -> the names of what it carries.
        totals: loop -> the names of the sums over its steps.
        added_to: array -> the name, of the terms of a sum that goes on in the memory of a total.
        lists: sequence -> (name, a, b), where the item of step t is at a + b * t.
        saved: sequence -> the name of a list of tuples, and what each sequence in it is read as.
        counters: the names of counters, the outermost loop's first.
        starts: loop -> what its counter is in the first step.
        cuts: the text of a part of an array -> the name that it has in every loop.
    """

    def __init__(self, source: Lines) -> None:
        self.source = source
        self.nexts: set[Array] = set()
        self.results: list[Array] = []
        self.kept: set[Array] = set()
        self.users: dict[Array, list[Array]] = {}
        self.carried: dict[Array, list[str]] = {}
        self.totals: dict[Array, list[str]] = {}
        self.added_to: dict[Array, str] = {}
        self.lists: dict[Array, tuple[str, int, int]] = {}
        self.saved: dict[Array, tuple[str, dict[Array, str]]] = {}
        self.counters: list[str] = []
        self.starts: dict[Array, int] = {}
        self.cuts: dict[str, str] = {}
        self._loop_of: dict[Array, Array] = {}
        for x in source.order:
            if x.op == "loop":
                loop: Loop = x.info
                self.results += loop.results
                self.nexts.update(y for y in loop.nexts if y.op != "given")
                self.kept.update(x.args, loop.results)
                self._loop_of.update((y, x) for y in loop.results[0].program.arrays)
            for a in x.operands:
                self.users.setdefault(a, []).append(x)

    def around(self, x: Array) -> list[Array]:
        """The loops that an array is in, the innermost first."""
        found: list[Array] = []
        while x in self._loop_of:
            x = self._loop_of[x]
            found.append(x)
        return found

    def outside(self, x: Array) -> Array:
        """The outermost loop that an array is in, or the array itself."""
        return [x, *self.around(x)][-1]

    def loop_of(self, x: Array) -> Array | None:
        """The loop whose body an array is in."""
        return self._loop_of.get(x)

    def results_of(self, loop: Array) -> list[Array]:
        """What a loop results in."""
        return self.users.get(loop, [])

    def sum_with(self, x: Array) -> Array | None:
        """The sum of x and another array, if it can go on in the memory of x."""
        users = self.users.get(x, [])
        if len(users) != 1 or x in self.source.outputs:
            return None
        [top] = users
        is_sum = top.op is add and top.shape == x.shape and top.args.count(x) == 1
        is_free = top not in self.added_to and self.loop_of(top) is self.loop_of(x)
        return top if is_sum and is_free else None

    def goes_on(self, x: Array) -> bool:
        """Whether an array is a term of a sum that goes on in the same memory."""
        name = self.added_to.get(x)
        return name is not None and any(self.added_to.get(u) == name for u in self.users.get(x, []))

    def memory(self, x: Array) -> Any:
        """What tells the memory of x from that of others; None if a loop got it from elsewhere."""
        if x.op not in ("item", "last"):
            return x
        result = x.args[0] if x.op == "item" else x
        if result.op not in ("each", "last"):
            return None
        loop: Loop = result.args[0].info
        of = base(self._source_of(result), VIEWS)
        step = x.info if x.op == "item" else (0 if loop.is_reversed else loop.steps - 1)
        is_new = of.op.__class__ is not str or of.op in ("matmul", "sum", "max")
        return (of, step) if is_new else None

    def times(self, x: Array) -> int:
        """How often an array is computed."""
        return math.prod(loop.info.steps for loop in self.around(x))

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
            and all(u.op == "loop" and x in u.args[: u.info.firsts] for u in self.users[x])
        )

    def write(self, x: Array) -> bool:
        """Write an array that has to do with loops; False for another."""
        source = self.source
        if x in self.added_to:
            name = self.added_to[x]
            [other] = [a for a in x.args if self.added_to.get(a) != name]
            source.lines.append((f"{name} += {source._of(other).text}", x))
            source._stands_as(x, name)
        elif x.op == "loop":
            source.loops(self, x).write()
            return True
        elif x.op == "total":
            source._stands_as(x, self.totals[x.args[0]][x.info])
        elif x.op in (*SEQUENCES, "last", "item"):
            text = ""
            if x.op == "last":
                text = self.carried[x.args[0]][x.info]
            elif x.op == "item":
                text = self.item(x.args[0], "", x.info)
            source.expressions[x] = Expression(text, ATOM, 0)
        else:
            return False
        if x is source.loss and x not in source.names:
            source._assign(x, source._unique("loss"), source._of(x).text)
        return True

    def item(self, x: Array, t: str, start: int) -> str:
        """The text of one item of a sequence: that of step t + start."""
        name, first, sign = self.lists[x]
        at = first + sign * start
        return f"{name}[{plus(t, at) if sign > 0 or not t else f'{at} - {t}'}]"

    def runs(self, arrays: Sequence[Array]) -> Iterator[str]:
        """The texts of arrays in a list, in which the items of a sequence are *hs."""
        for whole, run in groupby(arrays, key=lambda x: x.args[0] if x.op == "item" else None):
            items = list(run)
            if whole is None or [x.info for x in items] != [*range(whole.shape[0])]:
                yield from map(self.source._named, items)
                continue
            name, first, sign = self.lists[whole]
            is_state = first != (0 if sign > 0 else whole.shape[0] - 1)  # it has the first as well
            part = ("[1:]" if is_state else "") if sign > 0 else f"[:{'0' * is_state}:-1]"
            yield f"*{name}{part}"


def first_name(text: str) -> str:
    """The first name in a text; "v" if there is none."""
    found = re.search(r"[^\W\d]\w*", text)
    return found[0] if found else "v"


def plus(t: str, n: int) -> str:
    """t + n; a number if there is no t."""
    if not t:
        return str(n)
    return t if n == 0 else f"{t} {'+' if n > 0 else '-'} {abs(n)}"


def reads(text: str, name: str) -> bool:
    """Whether the name is in the text."""
    return re.search(rf"(?<![\w.]){re.escape(name)}\b", text) is not None
