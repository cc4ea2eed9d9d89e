"""Source code of a loop as a for statement, whose body is written as everything else is."""

from __future__ import annotations

from collections.abc import Sequence
from string import digits
from typing import TYPE_CHECKING

from ..arrays import Array
from ..expression import ATOM, Expression, inserted
from .loop_body import Body
from .steps import first_name, plus, reads
from .subscripts import indexed

if TYPE_CHECKING:
    from .steps import Steps


class For(Body):
    """One for statement. Sequences are lists, to which each step appends."""

    def __init__(self, steps: Steps, x: Array) -> None:
        super().__init__(steps, x)
        self.tuples: list[tuple[str, list[str]]] = []  # names, and the items they stand for
        self.lists: list[tuple[str, str]] = []  # that the loop fills, and what is in them before
        depth = len(steps.around(x))
        if depth == len(steps.counters):
            steps.counters.append(self.source._unique("t"))
        self.t = steps.counters[depth]
        self.start = steps.starts[x] = self._start()

    def _start(self) -> int:
        """What the counter is in the first step: as in what the loop reads."""
        for a in self.x.args[self.loop.firsts + self.loop.outers :]:
            if a.op in ("each", "before"):
                return self.steps.starts.get(a.args[0], 0)
        for a in self.x.args:
            if a.op == "steps" and a.info[2] == 1:
                start: int = a.info[1]
                return start
        return 0

    # -- what a step reads ----------------------------------------------------------------------

    def _read(self, sequences: Sequence[tuple[Array, Array]]) -> None:
        """Items stand in the expressions that use them; what another loop has saved for this one is
        read on one line."""
        source, saved = self.source, self.steps.saved
        taken: dict[str, tuple[Array, Array]] = {}
        for y, a in sequences:
            if a not in saved:
                self._item(y, a)
                continue
            name, names = saved[a]
            source._stands_as(y, names[a])
            taken.setdefault(name, (y, a))
        for name, (y, a) in taken.items():
            at = plus(self.t, -self.steps.starts[a.args[0]])
            source.lines.append((f"{', '.join(saved[a][1].values())} = {name}[{at}]", y))

    def _item(self, y: Array, a: Array) -> None:
        """The text of an item of a sequence."""
        source = self.source
        if a.op == "tuple":
            texts = [source._named(x) for x in a.args]
            text = source._unique(first_name(texts[-1]).rstrip(digits))
            self.tuples.append((text, texts))
        elif a.op == "steps":
            text = self._cut(a)
        else:
            text = self.steps.item(a, self.t, -self.start)
        source.expressions[y] = Expression(text, ATOM, 0)
        if a.op == "steps" and source.uses[y] > 1:
            if text not in self.steps.cuts:
                name = f"{first_name(text).removesuffix('_rows')}_{self.t}"
                self.steps.cuts[text] = source._unique(name)
            source._assign(y, self.steps.cuts[text], text)

    def _cut(self, a: Array) -> str:
        """The text of this step's part of an array."""
        source = self.source
        axis, start, step = a.info
        at = start - step * self.start
        counter = self.t if step == 1 else f"{step} * {self.t}"
        index = plus(counter, at) if step != -1 else f"{at} - {self.t}"
        [whole] = a.args
        places = [index if i == axis else ":" for i in range(len(whole.shape))]
        if whole.op == "reshape" and whole not in source.names:
            ones = inserted(whole.args[0].shape, whole.shape)
            if ones is not None and not ones[axis]:
                places = ["None" if one else at for one, at in zip(ones, places)]
                [whole] = whole.args
        return indexed(source._of(whole), places).text

    # -- what a step keeps ----------------------------------------------------------------------

    def _collect(self) -> None:
        """In a list for each sequence; in one list of tuples what one other loop alone reads."""
        source, loop, steps = self.source, self.loop, self.steps
        states = [y for y in self.made if y.op == "before"]
        values = {y: loop.collected[y.info] for y in self.made if y.op == "each"}
        named: dict[Array, str] = {}
        for y in states:
            carried, after = self.carried[y.info], loop.nexts[y.info]
            named.setdefault(after, self._append(y, carried, after, f"[{carried}]"))
        saved = {y: x for y, x in values.items() if x not in named and self._is_saved(y)}
        if len(saved) == 1:
            saved = {}
        for y, x in values.items():
            if x in named:
                steps.lists[y] = self._places(named[x], 1)
            elif y not in saved:
                self._append(y, self._stem(x), x, "[]")
        if saved:
            name = source._unique("saved")
            self.lists.append((name, "[]"))
            texts = [source._of(x).text for x in saved.values()]
            names = {
                y: text if self._is_local(x, text) else source._unique(self._stem(x))
                for (y, x), text in zip(saved.items(), texts)
            }
            steps.saved.update((y, (name, names)) for y in saved)
            source.names[next(iter(saved))] = name
            source.lines.append((f"{name}.append(({', '.join(texts)}))", next(iter(saved))))
        if self.lists:
            left, right = map(", ".join, zip(*self.lists))
            key = next(y for y in (*states, *values) if y in source.names)
            self.before.append((f"{left} = {right}", key))

    def _append(self, y: Array, stem: str, x: Array, first: str) -> str:
        """Append an array of the body to the list that the sequence y is; its name."""
        name = self.source.names[y] = self.source._unique(f"{stem}s")
        self.lists.append((name, first))
        self.steps.lists[y] = self._places(name, 0)
        self.source.lines.append((f"{name}.append({self.source._of(x).text})", y))
        return name

    def _places(self, name: str, first: int) -> tuple[str, int, int]:
        """A list that is filled as the loop runs."""
        if self.loop.is_reversed:
            return name, first + self.loop.steps - 1, -1
        return name, first, 1

    def _is_saved(self, y: Array) -> bool:
        """Whether a sequence is read by one other loop, and by nothing else."""
        users = self.steps.users.get(y, [])
        return len(users) == 1 and users[0].op == "loop" and not self.loop.is_reversed

    def _is_local(self, x: Array, text: str) -> bool:
        """Whether the name of an array is free outside of the body."""
        return x.op != "given" and x not in self.loop.nexts and self.source.names.get(x) == text

    def _stem(self, x: Array) -> str:
        text = self.source._of(x).text
        return (text if text.isidentifier() else self.source._designation(x)).rstrip(digits)

    # -- around the body ------------------------------------------------------------------------

    def _close(self, lines: Sequence[tuple[str, Array]]) -> None:
        source = self.source
        source.lines += [*self.before, (self._header(lines), self.x)]
        source.names[self.x] = self.t
        source.lines += [(f"    {text}", y) for text, y in lines]

    def _header(self, lines: Sequence[tuple[str, Array]]) -> str:
        loop, first = self.loop, self.start
        names = [name for name, _ in self.tuples]
        order = -1 if loop.is_reversed else 1
        texts = [f"({', '.join(items[::order])})" for _, items in self.tuples]
        if any(reads(text, self.t) for text, _ in lines):
            bounds = f"{first}, {first + loop.steps}" if first else f"{loop.steps}"
            names.insert(0, self.t)
            texts.insert(
                0, f"reversed(range({bounds}))" if loop.is_reversed else f"range({bounds})"
            )
        elif not names:
            names, texts = ["_"], [f"range({loop.steps})"]
        text = texts[0] if len(texts) == 1 else f"zip({', '.join(texts)})"
        return f"for {', '.join(names)} in {text}:"
