"""Source code of a loop: a for statement, whose body is written as everything else is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...primitives import add
from ..arrays import Array, written_shape
from ..loop import SEQUENCES, Loop
from ..simplify import reachable
from .expression import ATOM, Expression

if TYPE_CHECKING:
    from .source import Source

OF_LOOPS = (*SEQUENCES, "loop", "last", "total")


class Steps:
    """The loops of a source.

    Attributes:
        nexts: the arrays of bodies that have a line, since they are carried to the next step.
        results: all that loops result in.
        kept: the arrays whose memory must stay as it is, since a loop or a list has it as well.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.nexts: set[Array] = set()
        self.results: list[Array] = []
        self.kept: set[Array] = set()
        self._loop_of: dict[Array, Array] = {}
        self._made_of: dict[Array, list[Array]] = {}  # loop -> its last, total, each and before
        self._users: dict[Array, list[Array]] = {}
        self._added_to: dict[Array, str] = {}  # sums that go on in the memory of a total
        self.lists: dict[Array, tuple[str, int]] = {}  # the name, and where the first step is
        self._starts: dict[Array, int] = {}
        self._carried: dict[Array, list[str]] = {}
        self._totals: dict[Array, list[str]] = {}
        for x in source.order:
            if x.op == "loop":
                loop: Loop = x.info
                self.results += loop.results
                self.nexts.update(y for y in loop.nexts if y.op != "given")
                self.kept.update(x.args, loop.results)
                self._loop_of.update((y, x) for y in reachable(loop.results))
            for a in x.operands:
                self._users.setdefault(a, []).append(x)
                if a.op == "loop":
                    self._made_of.setdefault(a, []).append(x)

    def outside(self, x: Array) -> Array:
        """The loop that an array is in, or the array itself."""
        while x in self._loop_of:
            x = self._loop_of[x]
        return x

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

    def write(self, x: Array) -> bool:
        """Write an array that has to do with loops; False for another."""
        source = self.source
        if x in self._added_to:
            name = source.names[x] = self._added_to[x]
            [other] = [a for a in x.args if a.__class__ is not Array or a not in self._added_to]
            source.lines.append((f"{name} += {source._of(other).text}", x))
        elif x.op == "loop":
            _For(self, x).write()
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
        name, first = self.lists[x]
        return f"{name}[{_plus(t, first + start)}]"


class _For:
    """One for statement."""

    def __init__(self, steps: Steps, x: Array) -> None:
        self.steps, self.source, self.x = steps, steps.source, x
        self.loop: Loop = x.info
        self.order = reachable(self.loop.results)
        self.givens = {y.info: y for y in self.order if y.op == "given"}
        self.made = steps._made_of.get(x, [])
        self.before: list[tuple[str, Array]] = []  # lines
        self.tuples: list[tuple[str, str]] = []  # the names of items, and texts

    def write(self) -> None:
        source, loop, x = self.source, self.loop, self.x
        firsts, outers = loop.firsts, loop.outers
        self.t = source._unique("t")
        self.start = self._start()
        self.steps._starts[x] = self.start
        for i, a in enumerate(x.args):
            if firsts <= i < firsts + outers and source._of(a).operations:
                source._on_a_line(a)
        self.carried = [self._first(i) for i in range(firsts)]
        self.steps._carried[x] = self.carried
        for i, y in self.givens.items():
            if i < firsts:
                source.expressions[y] = Expression(self.carried[i], ATOM, 0)
            elif i < firsts + outers:
                source.expressions[y] = source._of(x.args[i])
            else:
                self._item(y, x.args[i])
        mark = len(source.lines)
        for y in self.order:
            if y.op == "given":
                self._cut(y)
            else:
                source._write(y)
        self._collect()
        self._add()
        lines = source.lines[mark:]
        del source.lines[mark:]
        lines = self._go_on(lines)
        source.lines += self.before
        source.lines.append((self._header(lines), x))
        source.names[x] = self.t
        source.lines += [(f"    {text}", y) for text, y in lines]
        if loop.is_reversed:
            lists = dict.fromkeys(self.steps.lists[y][0] for y in self.made if y in self.steps.lists)
            source.lines += [(f"{name}.reverse()", x) for name in lists]

    # -- before the loop ------------------------------------------------------------------------

    def _start(self) -> int:
        """What the counter is in the first step: as in what the loop reads."""
        for a in self.x.args[self.loop.firsts + self.loop.outers :]:
            if a.op in ("each", "before"):
                return self.steps._starts.get(a.args[0], 0)
        for a in self.x.args:
            if a.op == "steps" and a.info[2] == 1:
                start: int = a.info[1]
                return start
        return 0

    def _first(self, i: int) -> str:
        """Give a name to what is carried, and its first value."""
        source, first = self.source, self.x.args[i]
        y, after = self.givens.get(i), self.loop.nexts[i]
        if y is not None and source._differentiated(y) is not None:
            name = source._name(y)
        elif first in source.names:
            name = source._unique(source.names[first].rstrip("0123456789"))
        else:
            has_name = first.operands and source._of(first).operations
            name = source._unique(source._designation(first if has_name else after))
        key = after if y is None else y
        if y is not None:
            source.names[y] = name
        self.before.append((f"{name} = {source._of(first).text}", key))
        source.names.setdefault(key, name)
        return name

    def _item(self, y: Array, a: Array) -> None:
        """The text of an item of a sequence."""
        source = self.source
        if a.op == "tuple":
            texts = [source._named(x) for x in a.args]
            stem = re.sub(r"[\W\d]+$", "", re.match(r"\w+", texts[-1])[0]) or "v"  # type: ignore[index]
            name = source._unique(stem)
            self.tuples.append((name, f"({', '.join(texts)})", a))
            text = name
        elif a.op == "steps":
            axis, start, step = a.info
            counter = self.t if step == 1 else f"{step} * {self.t}" if step != -1 else f"-{self.t}"
            at = start - step * self.start
            index = _plus(counter, at) if step != -1 else f"{at} - {self.t}"
            [whole] = a.args
            text = source._indexed(
                source._of(whole), [index if i == axis else ":" for i in range(len(whole.shape))]
            ).text
        else:
            text = self.steps.item(a, self.t, -self.start)
        source.expressions[y] = Expression(text, ATOM, 0)

    def _cut(self, y: Array) -> None:
        """A line for a slice that is read more than once."""
        source = self.source
        i = y.info
        if self.x.args[i].op == "steps" and source.uses[y] > 1:
            [whole] = self.x.args[i].args
            text = source.expressions[y].text
            stem = re.match(r"\w+", text)[0]  # type: ignore[index]
            name = source.names[y] = source._unique(f"{stem.removesuffix('_rows')}_{self.t}")
            source.lines.append((f"{name} = {text}", y))
            source.expressions[y] = Expression(name, ATOM, 0)

    # -- at the end of the body -----------------------------------------------------------------

    def _collect(self) -> None:
        """Lists of what is collected."""
        source, loop, lists = self.source, self.loop, self.steps.lists
        named: dict[Array, str] = {}
        for y in sorted(self.made, key=lambda y: y.op == "each"):  # the lists with a first value
            if y.op not in ("each", "before"):
                continue
            of = loop.collected[y.info] if y.op == "each" else loop.nexts[y.info]
            key = of if y.op == "each" else (y.info,)
            if y.op == "each" and of in named:
                lists[y] = named[of], int(not loop.is_reversed)
                continue
            stem = self.carried[y.info] if y.op == "before" else self._stem(of)
            name = source._unique(f"{stem}s")
            if y.op == "before":
                named.setdefault(of, name)
                self.before.append((f"{name} = [{stem}]", y))
                lists[y] = name, int(loop.is_reversed)
            else:
                self.before.append((f"{name} = []", y))
                lists[y] = name, 0
            source.names[y] = name
            source.lines.append((f"{name}.append({source._of(of).text})", y))

    def _stem(self, x: Array) -> str:
        found = re.match(r"[^\W\d]\w*$", self.source._of(x).text)
        return (found[0] if found else self.source._designation(x)).rstrip("0123456789")

    def _add(self) -> None:
        """Sums over the steps."""
        source, steps = self.source, self.steps
        names = steps._totals.setdefault(self.x, [""] * len(self.loop.totals))
        for y in self.made:
            if y.op != "total":
                continue
            top = y
            chain = []
            while True:
                users = steps._users.get(top, [])
                if len(users) != 1 or users[0].op is not add or users[0].shape != y.shape:
                    break
                if top in source.outputs or users[0].args.count(top) != 1 or users[0] in steps._added_to:
                    break
                if steps._loop_of.get(users[0]) is not steps._loop_of.get(y):
                    break
                [top] = users
                chain.append(top)
            name = names[y.info] = source._name(top)
            steps._added_to.update(dict.fromkeys(chain, name))
            if chain:
                steps._added_to[y] = name
            sizes = written_shape(y.shape)
            zeros = f"{source.library}.zeros({sizes}{source.dtype})" if y.shape else "0.0"
            self.before.append((f"{name} = {zeros}", y))
            source.names[y] = name
            text = source._of(self.loop.totals[y.info]).text
            source.lines.append((f"{name} += {text}", y))

    def _go_on(self, lines: list[tuple[str, Array]]) -> list[tuple[str, Array]]:
        """The lines, after which everything that is carried has its next value."""
        source = self.source
        left: list[tuple[str, str]] = []
        renamed: set[Array] = set()
        handed_on = {source._of(y).text for y in self.loop.nexts if y.op == "given"}
        for name, y, leaf in zip(self.carried, self.loop.nexts, map(self.givens.get, range(self.loop.firsts))):
            places = [i for i, (_, of) in enumerate(lines) if of is y]
            is_free = (
                y.op != "given"
                and y not in renamed
                and name not in handed_on
                and places
                and not any(_reads(text, name) for text, _ in lines[places[0] + 1 :])
                and y in source.names
                and source.names[y] not in self.carried
            )
            if not is_free:
                left.append((name, y))
                continue
            renamed.add(y)
            old = source.names[y]
            lines = [(_renamed(text, old, name), of) for text, of in lines]
            for z in self.order:
                if z in source.expressions:
                    e = source.expressions[z]
                    source.expressions[z] = e._replace(text=_renamed(e.text, old, name))
            source.names[y] = name
        left = [(name, source._of(y).text, y) for name, y in left]
        left = [of for of in left if of[0] != of[1]]
        if left:
            names, texts, arrays = zip(*left)
            lines = [*lines, (f"{', '.join(names)} = {', '.join(texts)}", arrays[0])]
        return lines

    def _header(self, lines: Sequence[tuple[str, Array]]) -> str:
        loop, first = self.loop, self.start
        counts = any(_reads(text, self.t) for text, _ in lines)
        bounds = f"{first}, {first + loop.steps}" if first else f"{loop.steps}"
        over = f"reversed(range({bounds}))" if loop.is_reversed else f"range({bounds})"
        names = [name for name, _, _ in self.tuples]
        texts = [self._reversed(text) if loop.is_reversed else text for _, text, _ in self.tuples]
        if counts or not names:
            names, texts = [self.t if counts else "_", *names], [over if counts else f"range({loop.steps})", *texts]
        text = texts[0] if len(texts) == 1 else f"zip({', '.join(texts)})"
        return f"for {', '.join(names)} in {text}:"

    def _reversed(self, text: str) -> str:
        return f"({', '.join(reversed(text[1:-1].split(', ')))})"


def _plus(t: str, n: int) -> str:
    """t + n; a number if there is no t."""
    if not t:
        return str(n)
    return t if n == 0 else f"{t} {'+' if n > 0 else '-'} {abs(n)}"


def _reads(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(name)}\b", text) is not None


def _renamed(text: str, old: str, new: str) -> str:
    return re.sub(rf"(?<![\w.]){re.escape(old)}\b", new, text)
