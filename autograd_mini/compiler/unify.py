"""A chain of steps that are alike, as a loop in a new program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .arrays import Array, ArrayProgram
from .loop import Loop, given, item, last, numbers, sequence
from .roll import Match, key_of
from .simplify import reachable


def made(
    match: Match, outputs: Sequence[Array], others: Sequence[Array]
) -> tuple[list[Array], list[Array]]:
    """The outputs and other arrays in a new program, in which the steps are a loop."""
    return _Making(match).made(outputs, others)


class _Making:
    def __init__(self, match: Match) -> None:
        self.match = match
        self.program = ArrayProgram()
        self.new: dict[Array, Array] = {}
        self.loop: Any = None

    def made(
        self, outputs: Sequence[Array], others: Sequence[Array]
    ) -> tuple[list[Array], list[Array]]:
        where = self.match.where
        below = set(where)
        later = []
        wanted = {*reachable([*outputs, *others])}
        for x in outputs[0].program.arrays:
            if x not in below and any(a in below for a in x.operands):
                below.add(x)
            if x not in wanted:
                continue
            if x not in below:
                self._copy(x)
            elif x not in where:
                later.append(x)
        self._make_loop()
        for x in later:
            self._copy(x)
        return [[self._of(x) for x in xs] for xs in (outputs, others)]  # type: ignore[return-value]

    def _copy(self, x: Array) -> None:
        args = [self._of(a) if a.__class__ is Array else a for a in x.args]
        if x.op == "item":
            new = item(args[0], x.info)
        else:
            new = self.program.make(x.op, args, x.info, x.shape)
        new.scalars, new.label = x.scalars, x.label
        self.new[x] = new

    def _of(self, x: Array) -> Array:
        """An array in the new program: of the body, what the loop gives for it."""
        if x in self.new:
            return self.new[x]
        place, t = self.match.where[x]
        after = self.match.body[place]
        if t == self.match.steps - 1:
            for i, (_, v) in enumerate(self.match.carried):
                if v == after:
                    self.new[x] = last(self.loop, i)
                    return self.new[x]
        self.new[x] = item(self.loop.info.sequence(self.loop, self.inner[after]), t)
        return self.new[x]

    def _make_loop(self) -> None:
        match, program, body = self.match, self.program, ArrayProgram()
        shapes = [match.kinds and after[-1].shape for _, after in match.carried]
        firsts = [
            program.broadcast(self.new[x] if x.__class__ is Array else x, shape)
            for (x, _), shape in zip(match.carried, shapes)
        ]
        outers = [self.new[x] for x in match.outers]
        sequences = [self._sequence(v) for v in match.scanned]
        args = [*firsts, *outers, *sequences]
        first_of = {"carried": 0, "outer": len(firsts), "scanned": len(firsts) + len(outers)}
        inner: dict[Any, Any] = {}
        for key, (kind, i) in match.kinds.items():
            if kind == "number":
                inner[key] = i
            elif kind != "body":
                place = first_of[kind] + i
                shape = args[place].shape[kind == "scanned" :]
                inner[key] = given(body, place, shape)
        for v in sorted(match.body, key=lambda v: v[-1].number):
            x = v[-1]
            operands = [inner[key_of(operand)] for operand in zip(*[y.args for y in v])]
            array = body.make(x.op, operands, x.info, x.shape)
            array.scalars, array.label = x.scalars, x.label
            inner[v] = array
        self.inner = inner
        nexts = [inner[after] for _, after in match.carried]
        self.loop = Loop(match.steps, len(firsts), len(outers), nexts).made(program, args)

    def _sequence(self, v: tuple[Any, ...]) -> Array:
        if v[0].__class__ is float:
            return numbers(self.program, v)
        return sequence(self.program, [self.new[x] for x in v])
