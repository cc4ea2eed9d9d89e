"""A chain of steps that are alike, as a loop in a new program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .arrays import Array, ArrayProgram, Shape, reachable
from .loop import Loop, each, given, item, numbers, result, sequence
from .match import Kind, Match


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
        firsts = [x for x, _ in self.match.carried if x.__class__ is Array]
        wanted = {*reachable([*outputs, *others, *firsts])}
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
        kinds = [kind for _, kind in self.match.carried]
        if t == self.match.steps - 1 and ("body", place) in kinds:
            self.new[x] = result(self.loop, "last", kinds.index(("body", place)))
        else:
            self.new[x] = item(each(self.loop, self.inner["body", place]), t)
        return self.new[x]

    def _make_loop(self) -> None:
        match, program, body = self.match, self.program, ArrayProgram()
        firsts = [
            program.broadcast(self.new[x] if x.__class__ is Array else x, self._shape(kind))
            for x, kind in match.carried
        ]
        outers = [self.new[x] for x in match.outers]
        sequences = [self._sequence(v) for v in match.scanned]
        args = [*firsts, *outers, *sequences]
        places = [("carried", i) for i in range(len(firsts))]
        places += [("outer", i) for i in range(len(outers))]
        places += [("scanned", i) for i in range(len(sequences))]
        self.inner: dict[Any, Any] = {
            kind: given(body, i, x.shape[kind[0] == "scanned" :])
            for i, (kind, x) in enumerate(zip(places, args))
        }
        for i in sorted(range(len(match.body)), key=lambda i: match.body[i][-1].number):
            x = match.body[i][-1]
            operands = [of[1] if of[0] == "number" else self.inner[of] for of in match.operands[i]]
            array = body.make(x.op, operands, x.info, x.shape)
            array.scalars, array.label = x.scalars, x.label
            self.inner["body", i] = array
        nexts = [self.inner[kind] for _, kind in match.carried]
        self.loop = Loop(match.steps, len(firsts), len(outers), nexts).made(program, args)

    def _shape(self, kind: Kind) -> Shape:
        """Of what is carried."""
        while kind[0] == "carried":
            kind = self.match.carried[kind[1]][1]
        shape: Shape = self.match.body[kind[1]][-1].shape
        return shape

    def _sequence(self, v: tuple[Any, ...]) -> Array:
        if v[0].__class__ is float:
            return numbers(self.program, v)
        return sequence(self.program, [self.new[x] for x in v])
