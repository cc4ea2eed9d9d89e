"""Source code of a loop: a for statement, whose body is written as everything else is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...primitives import add, divide, multiply, negate, subtract
from ..arrays import Array, Shape, reachable, written_shape
from ..expression import ATOM, Expression, inserted
from ..loop import Loop
from .steps import plus, reads

if TYPE_CHECKING:
    from .steps import Steps

LINEAR = (add, subtract, multiply, divide, negate)


class For:
    """One for statement."""

    def __init__(self, steps: Steps, x: Array) -> None:
        self.steps, self.source, self.x = steps, steps.source, x
        self.loop: Loop = x.info
        self.order = reachable(self.loop.results)
        self.givens = {y.info: y for y in self.order if y.op == "given"}
        self.made = steps._made_of.get(x, [])
        self.before: list[tuple[str, Array]] = []  # lines
        self.tuples: list[tuple[str, list[str]]] = []  # names, and the items they stand for

    def write(self) -> None:
        source, loop, steps, args = self.source, self.loop, self.steps, self.x.args
        firsts, outers = loop.firsts, loop.outers
        if steps.depth == len(steps.counters):
            steps.counters.append(source._unique("t"))
        self.t = steps.counters[steps.depth]
        self.start = steps._starts[self.x] = self._start()
        self.name_once(args[firsts:])
        self.carried = steps._carried[self.x] = self._firsts()
        mark = len(source.lines)
        for i, y in self.givens.items():
            if i < firsts:
                source.expressions[y] = Expression(self.carried[i], ATOM, 0)
            elif i < firsts + outers:
                source.expressions[y] = source._of(args[i])
            elif args[i] not in steps.saved:
                self._item(y, args[i])
        self._take()
        steps.depth += 1
        for y in self.order:
            if y.op != "given":
                source._write(y)
        steps.depth -= 1
        self._collect()
        self._add()
        lines = source.lines[mark:]
        del source.lines[mark:]
        lines = self._go_on(lines)
        source.lines += self.before
        source.lines.append((self._header(lines), self.x))
        source.names[self.x] = self.t
        source.lines += [(f"    {text}", y) for text, y in lines]

    def name_once(self, args: Sequence[Array]) -> None:
        """Give a name to what is computed once, before the loop."""
        for a in args:
            for whole in a.args if a.op in ("steps", "tuple") else [a]:
                if self.source._of(whole).operations:
                    self.source._on_a_line(whole)

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

    def _firsts(self) -> list[str]:
        """Give names to what is carried, and first values; the names."""
        source, names = self.source, []
        same: dict[str, list[str]] = {}
        keys: dict[str, Array] = {}
        for i, first in enumerate(self.x.args[: self.loop.firsts]):
            y, after = self.givens.get(i), self.loop.nexts[i]
            text = source._of(first).text
            if y is not None and source._differentiated(y) is not None:
                name = source._name(y)
            elif first in source.names:
                name = source._unique(source.names[first].rstrip("0123456789") or "v")
            else:
                has_name = first.operands and source._of(first).operations
                name = source._unique(source._designation(first) if has_name else stem_of(after))
            names.append(name)
            same.setdefault(text, []).append(name)
            keys.setdefault(text, after if y is None else y)
            source.names.setdefault(after if y is None else y, name)
        for text, of in same.items():
            self.before.append((" = ".join([*of, text]), keys[text]))
        return names

    def _item(self, y: Array, a: Array) -> None:
        """The text of an item of a sequence."""
        source = self.source
        if a.op == "tuple":
            texts = [source._named(x) for x in a.args]
            stem = re.search(r"[^\W\d]\w*", texts[-1])
            name = source._unique((stem[0] if stem else "v").rstrip("0123456789"))
            self.tuples.append((name, texts))
            text = name
        elif a.op == "steps":
            axis, start, step = a.info
            counter = self.t if step == 1 else f"{step} * {self.t}" if step != -1 else f"-{self.t}"
            at = start - step * self.start
            index = plus(counter, at) if step != -1 else f"{at} - {self.t}"
            [whole] = a.args
            places = [index if i == axis else ":" for i in range(len(whole.shape))]
            if whole.op == "reshape" and whole not in source.names:
                ones = inserted(whole.args[0].shape, whole.shape)
                if ones is not None and not ones[axis]:
                    places = ["None" if one else at for one, at in zip(ones, places)]
                    [whole] = whole.args
            text = source._indexed(source._of(whole), places).text
        else:
            text = self.steps.item(a, self.t, -self.start)
        source.expressions[y] = Expression(text, ATOM, 0)

        if a.op == "steps" and source.uses[y] > 1:
            stem = re.search(r"[^\W\d]\w*", text)
            if text not in self.steps.cuts:
                name = f"{stem[0].removesuffix('_rows') if stem else 'v'}_{self.t}"
                self.steps.cuts[text] = source._unique(name)
            name = source.names[y] = self.steps.cuts[text]
            source.lines.append((f"{name} = {text}", y))
            source.expressions[y] = Expression(name, ATOM, 0)

    def _take(self) -> None:
        """Lines that read all that one loop has saved for this one."""
        source, saved = self.source, self.steps.saved
        lists: dict[str, dict[Array, str]] = {}
        for i, y in self.givens.items():
            a = self.x.args[i]
            if a in saved:
                name, names = saved[a]
                lists[name] = names
                source.names[y] = names[a]
                source.expressions[y] = Expression(names[a], ATOM, 0)
        for name, names in lists.items():
            loop = next(iter(names)).args[0]
            at = plus(self.t, -self.steps._starts[loop])
            y = next(y for i, y in self.givens.items() if self.x.args[i] in names)
            source.lines.append((f"{', '.join(names.values())} = {name}[{at}]", y))

    # -- at the end of the body -----------------------------------------------------------------

    def _collect(self) -> None:
        """Lists of what is collected."""
        source, loop, lists = self.source, self.loop, self.steps.lists
        states = {y.info: y for y in self.made if y.op == "before"}
        values = {y.info: y for y in self.made if y.op == "each"}
        empty: list[tuple[str, str]] = []
        named: dict[Array, str] = {}
        for i, y in states.items():
            name = source.names[y] = source._unique(f"{self.carried[i]}s")
            empty.append((name, f"[{self.carried[i]}]"))
            lists[y] = self._places(name, 0)
            source.lines.append((f"{name}.append({source._of(loop.nexts[i]).text})", y))
            named.setdefault(loop.nexts[i], name)
        saved = {}
        for i, y in values.items():
            x = loop.collected[i]
            if x in named:
                lists[y] = self._places(named[x], 1)
            elif self._is_saved(y):
                saved[y] = x
        if len(saved) == 1:
            saved = {}
        for i, y in values.items():
            x = loop.collected[i]
            if y not in lists and y not in saved:
                name = source.names[y] = source._unique(f"{self._stem(x)}s")
                empty.append((name, "[]"))
                lists[y] = self._places(name, 0)
                source.lines.append((f"{name}.append({source._of(x).text})", y))
        if saved:
            name = source._unique("saved")
            empty.append((name, "[]"))
            texts = [source._of(x).text for x in saved.values()]
            names = {
                y: text if self._is_local(x, text) else source._unique(self._stem(x))
                for (y, x), text in zip(saved.items(), texts)
            }
            self.steps.saved.update((y, (name, names)) for y in saved)
            source.names[next(iter(saved))] = name
            source.lines.append((f"{name}.append(({', '.join(texts)}))", next(iter(saved))))
        if empty:
            left, right = (", ".join(parts) for parts in zip(*empty))
            key = next(y for y in (*states.values(), *values.values()) if y in source.names)
            self.before.append((f"{left} = {right}", key))

    def _places(self, name: str, first: int) -> tuple[str, int, int]:
        """A list that is filled as the loop runs."""
        if self.loop.is_reversed:
            return name, first + self.loop.steps - 1, -1
        return name, first, 1

    def _is_saved(self, y: Array) -> bool:
        """Whether a sequence is read by one other loop, and by nothing else."""
        users = self.steps._users.get(y, [])
        return len(users) == 1 and users[0].op == "loop" and not self.loop.is_reversed

    def _is_local(self, x: Array, text: str) -> bool:
        """Whether the name of an array is free outside of the body."""
        return x.op != "given" and x not in self.loop.nexts and self.source.names.get(x) == text

    def _stem(self, x: Array) -> str:
        found = re.match(r"[^\W\d]\w*$", self.source._of(x).text)
        return (found[0] if found else self.source._designation(x)).rstrip("0123456789")

    def _add(self) -> None:
        """Sums over the steps."""
        source, steps = self.source, self.steps
        names = steps._totals.setdefault(self.x, [""] * len(self.loop.totals))
        zeros: dict[Shape, list[str]] = {}
        keys: dict[Shape, Array] = {}
        for y in self.made:
            if y.op != "total":
                continue
            top = y
            chain = []
            while True:
                users = steps._users.get(top, [])
                if len(users) != 1 or users[0].op is not add or users[0].shape != y.shape:
                    break
                if (
                    top in source.outputs
                    or users[0].args.count(top) != 1
                    or users[0] in steps._added_to
                ):
                    break
                if steps._loop_of.get(users[0]) is not steps._loop_of.get(y):
                    break
                [top] = users
                chain.append(top)
            name = names[y.info] = source._name(top)
            steps._added_to.update(dict.fromkeys(chain, name))
            if chain:
                steps._added_to[y] = name
            zeros.setdefault(y.shape, []).append(name)
            source.names[y] = name
            text = source._of(self.loop.totals[y.info]).text
            source.lines.append((f"{name} += {text}", y))
            keys.setdefault(y.shape, y)
        for shape, of in zeros.items():
            sizes = written_shape((len(of), *shape) if len(of) > 1 else shape)
            text = f"{source.library}.zeros({sizes}{source.dtype})"
            self.before.append((f"{', '.join(of)} = {text}", keys[shape]))

    def _go_on(self, lines: list[tuple[str, Array]]) -> list[tuple[str, Array]]:
        """The lines, after which everything that is carried has its next value."""
        source = self.source
        left: list[tuple[str, Array]] = []
        renamed: set[Array] = set()
        handed_on = {source._of(y).text for y in self.loop.nexts if y.op == "given"}
        for name, y in zip(self.carried, self.loop.nexts):
            places = [i for i, (_, of) in enumerate(lines) if of is y]
            is_free = (
                y.op != "given"
                and y not in renamed
                and name not in handed_on
                and places
                and not any(reads(text, name) for text, _ in lines[places[0] + 1 :])
                and y in source.names
                and source.names[y] not in self.carried
            )
            if not is_free:
                left.append((name, y))
                continue
            renamed.add(y)
            old = source.names[y]
            lines = [(with_name(text, old, name), of) for text, of in lines]
            for z in self.order:
                if z in source.expressions:
                    e = source.expressions[z]
                    source.expressions[z] = e._replace(text=with_name(e.text, old, name))
            source.names[y] = name
        left = [(name, y) for name, y in left if source._of(y).text != name]
        if left:
            names, texts = zip(*[(name, source._of(y).text) for name, y in left])
            lines = [*lines, (f"{', '.join(names)} = {', '.join(texts)}", left[0][1])]
        return lines

    def _header(self, lines: Sequence[tuple[str, Array]]) -> str:
        loop, first = self.loop, self.start
        counts = any(reads(text, self.t) for text, _ in lines)
        bounds = f"{first}, {first + loop.steps}" if first else f"{loop.steps}"
        over = f"reversed(range({bounds}))" if loop.is_reversed else f"range({bounds})"
        names = [name for name, _ in self.tuples]
        order = -1 if loop.is_reversed else 1
        texts = [f"({', '.join(items[::order])})" for _, items in self.tuples]
        if counts or not names:
            names, texts = (
                [self.t if counts else "_", *names],
                [over if counts else f"range({loop.steps})", *texts],
            )
        text = texts[0] if len(texts) == 1 else f"zip({', '.join(texts)})"
        return f"for {', '.join(names)} in {text}:"


def stem_of(x: Array) -> str:
    """What an array that has no line yet is called, by its own operation."""
    return x.label or ("v" if x.op.__class__ is str or x.op in LINEAR else "h")


def with_name(text: str, old: str, new: str) -> str:
    return re.sub(rf"(?<![\w.]){re.escape(old)}\b", new, text)
