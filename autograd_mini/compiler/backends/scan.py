"""Source code of a loop for JAX: a function of one step, and a call of lax.scan."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..arithmetic import RELATIONS
from ..arrays import Array
from ..expression import ATOM, Expression
from .for_statement import For
from .source import stepped


class Scan(For):
    """A loop as lax.scan runs it; sequences are arrays whose first axis is that of the steps."""

    def write(self) -> None:
        source, loop, args = self.source, self.loop, self.x.args
        firsts, outers = loop.firsts, loop.outers
        self.name_once(args[firsts:])
        self.carried = self.steps._carried[self.x] = self._firsts()
        items, sequences = [], []
        mark = len(source.lines)
        for i, y in self.givens.items():
            if i >= firsts + outers:
                name = source.names[y] = source._unique(self._stem_of(args[i]))
                items.append(name)
                sequences.append(self._sequence(args[i]))
            else:
                name = self.carried[i] if i < firsts else source._of(args[i]).within(ATOM)
            source.expressions[y] = Expression(name, ATOM, 0)
        for y in self.order:
            if y.op != "given":
                source._write(y)
        results = self._results()
        self._add()
        lines = source.lines[mark:]
        del source.lines[mark:]
        lines = self._go_on(lines)
        names = [*self.carried, *filter(None, self.steps._totals[self.x])]
        outs = [source.names[x] for x, _ in results]
        for _, y in results:
            source.names[y] = source._unique(f"{self._stem_of_name(y)}s")
            self.steps.lists[y] = source.names[y], 0, 1
        step = source.names[self.x] = source._unique("step")
        carry, item = self._together("carry", names), self._together("item", items)
        saved = self._together("saved", [source.names[y] for _, y in results])
        body = [f"{left} = {right}" for left, right in (carry, item) if left]
        taken = ", ".join(right or "_" for _, right in (carry, item))
        define = f"def {step}({taken}):"
        end = [f"{carry[1]} = {_tuple(names)}"] if carry[0] else []
        end.append(f"return {carry[1]}, {_tuple(outs) if outs else None}")
        given = [step, _tuple(names), _tuple(sequences) or f"length={loop.steps}"]
        given += ["reverse=True"] * loop.is_reversed
        call = [f"{carry[1]}, {saved[1] or '_'} = lax.scan({', '.join(given)})"]
        call += [f"{left} = {right}" for left, right in (carry, saved) if left]
        own = [(text, self.x) for text in ("", define)]
        own += [(f"    {text}", self.x) for text in body]
        own += [(f"    {text}", y) for text, y in lines]
        own += [(f"    {text}", self.x) for text in end]
        source.lines += [*self.before, *own, ("", self.x), *[(text, self.x) for text in call]]

    def _together(self, name: str, texts: Sequence[str]) -> tuple[str, str]:
        """(names, name of all in a tuple); ("", name) if there is one, ("", "") if none."""
        if len(texts) < 2:
            return "", "".join(texts)
        return ", ".join(texts), self.source._unique(name)

    def _stem_of(self, a: Array) -> str:
        """What an item is called."""
        if a.op in ("tuple", "steps"):
            found = re.search(r"[^\W\d]\w*", self.source._of(a.args[-1]).text)
            return f"{found[0].rstrip('0123456789').removesuffix('_rows') if found else 'v'}_t"
        return f"{self.steps.lists[a][0].removesuffix('s')}_t"

    def _stem_of_name(self, y: Array) -> str:
        return self.source.names[self._collected(y)].rstrip("0123456789") or "v"

    def _collected(self, y: Array) -> Array:
        """The array of the body that a sequence has an item of in each step."""
        if y.op == "before":
            return self.givens[y.info]
        found: Array = self.loop.collected[y.info]
        return found

    def _sequence(self, a: Array) -> str:
        source = self.source
        if a.op == "tuple":
            return f"jnp.stack(({', '.join(map(source._named, a.args))}))"
        if a.op != "steps":
            return self.steps.lists[a][0]
        axis, start, step = a.info
        [whole] = a.args
        text = source._of(whole).within(ATOM)
        if axis:
            text = f"jnp.moveaxis({text}, {axis}, 0)"
        is_whole = (start, step, a.shape[0]) == (0, 1, whole.shape[axis])
        return text if is_whole else f"{text}[{stepped(start, a.shape[0], step)}]"

    def _results(self) -> list[tuple[Array, Array]]:
        """(array of the body, its sequence); each of these arrays has a name at the end."""
        source, found = self.source, []
        for y in self.made:
            if y.op not in ("each", "before"):
                continue
            if y.op == "before" and y.info not in self.givens:
                raise ValueError("what a loop does not read has no values before its steps")
            x = self._collected(y)
            if x.op == "given" or x not in source.names:
                text = source._of(x).text
                name = source._unique(f"{text}_0" if text.isidentifier() else "v")
                source.lines.append((f"{name} = {text}", y))
                source.names[x] = name
                source.expressions[x] = Expression(text, ATOM, 0)
            found.append((x, y))
        return found

    def _firsts(self) -> list[str]:
        """As floats: a condition is 0 or 1."""
        names = super()._firsts()
        for name, first in zip(names, self.x.args):
            if first.op in RELATIONS:
                self.before.append((f"{name} = {name} * 1.0", self.x))
        return names


def _tuple(texts: Sequence[str]) -> str:
    return f"({', '.join(texts)})" if len(texts) > 1 else "".join(texts)
