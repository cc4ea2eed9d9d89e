"""Source code of a loop for JAX: a function of one step, and a call of lax.scan."""

from __future__ import annotations

from collections.abc import Sequence
from string import digits

from ..arithmetic import RELATIONS
from ..arrays import Array
from ..expression import ATOM
from .loop_body import Body
from .steps import first_name
from .subscripts import stepped


class Scan(Body):
    """A loop as lax.scan runs it; sequences are arrays whose first axis is that of the steps."""

    def _firsts(self) -> list[str]:
        """As floats: a condition is 0 or 1."""
        names = super()._firsts()
        for name, first in zip(names, self.x.args):
            if first.op in RELATIONS:
                self.before.append((f"{name} = {name} * 1.0", self.x))
        return names

    def _read(self, sequences: Sequence[tuple[Array, Array]]) -> None:
        """Each item is an argument of the function."""
        self.items, self.sequences = [], []
        for y, a in sequences:
            self.items.append(self.source._unique(self._stem_of(a)))
            self.sequences.append(self._sequence(a))
            self.source._stands_as(y, self.items[-1])

    def _stem_of(self, a: Array) -> str:
        """What an item is called."""
        if a.op in ("tuple", "steps"):
            name = first_name(self.source._of(a.args[-1]).text)
            return f"{name.rstrip(digits).removesuffix('_rows')}_t"
        return f"{self.steps.lists[a][0].removesuffix('s')}_t"

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

    def _collect(self) -> None:
        """Find (array of the body, its sequence) pairs; each of these arrays gets a name."""
        source = self.source
        self.results: list[tuple[Array, Array]] = []
        for y in self.made:
            if y.op in ("each", "before"):
                x = self.loop.collected[y.info] if y.op == "each" else self.givens[y.info]
                if x.op == "given" or x not in source.names:
                    text = source._of(x).text
                    name = source._unique(f"{text}_0" if text.isidentifier() else "v")
                    source.names[x] = name
                    source.lines.append((f"{name} = {text}", y))
                self.results.append((x, y))

    def _close(self, lines: Sequence[tuple[str, Array]]) -> None:
        source, x = self.source, self.x
        names = [*self.carried, *filter(None, self.steps.totals[x])]
        outs = [source.names[of] for of, _ in self.results]
        for of, y in self.results:
            source.names[y] = source._unique(f"{source.names[of].rstrip(digits) or 'v'}s")
            self.steps.lists[y] = source.names[y], 0, 1
        step = source.names[x] = source._unique("step")
        carry, item = self._together("carry", names), self._together("item", self.items)
        saved = self._together("saved", [source.names[y] for _, y in self.results])
        given = [step, _tuple(names), _tuple(self.sequences) or f"length={self.loop.steps}"]
        given += ["reverse=True"] * self.loop.is_reversed
        own = [(f"{left} = {right}", x) for left, right in (carry, item) if left] + [*lines]
        own += [(f"{carry[1]} = {_tuple(names)}", x)] if carry[0] else []
        own.append((f"return {carry[1]}, {_tuple(outs) or None}", x))
        define = f"def {step}({', '.join(right or '_' for _, right in (carry, item))}):"
        call = f"{carry[1]}, {saved[1] or '_'} = lax.scan({', '.join(given)})"
        source.lines += [*self.before, ("", x), (define, x)]
        source.lines += [(f"    {text}", y) for text, y in own]
        source.lines += [("", x), (call, x)]
        source.lines += [(f"{left} = {right}", x) for left, right in (carry, saved) if left]

    def _together(self, name: str, texts: Sequence[str]) -> tuple[str, str]:
        """(names, name of all in a tuple); ("", name) if there is one, ("", "") if none."""
        if len(texts) < 2:
            return "", "".join(texts)
        return ", ".join(texts), self.source._unique(name)


def _tuple(texts: Sequence[str]) -> str:
    return f"({', '.join(texts)})" if len(texts) > 1 else "".join(texts)
