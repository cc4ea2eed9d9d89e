"""The adjoint of a loop: a loop that runs the other way, with the chain rule on its body."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

from .arrays import Array, ArrayProgram, reachable
from .loop import SEQUENCES, Loop, each, given, item, result, sequence

Rule = Callable[[ArrayProgram, Mapping[Array, Sequence[Any]], Sequence[Array]], dict[Array, Any]]
# what is made again and not kept
HERE = ("reshape", "slice", "transpose", "broadcast", "constant", "count", "tuple", "steps")


def of_steps(
    pulled_back: Rule, x: Array, upstream: Sequence[Any], wanted: Container[Array]
) -> Iterator[tuple[Array, Any]]:
    """(operand, contribution to its gradient) for what a loop is made of, or a sequence.

    That of a sequence are sequences, and (step, array) pairs; that of a loop are tuples (the kind
    of a result, which one, its gradient). `pulled_back` is the chain rule, as differentiate.py has
    it.
    """
    if not upstream:
        return
    if x.op == "loop":
        yield from _Adjoint(pulled_back, x, upstream, wanted).contributions()
        return
    for g in _sequences(x, upstream):
        if x.op in ("each", "before"):
            yield x.args[0], (x.op, x.info, g)
        elif x.op == "tuple":
            yield from ((a, item(g, t)) for t, a in enumerate(x.args) if a in wanted)
        else:
            yield x.args[0], _put_back(x, g)


def _put_back(x: Array, g: Array) -> Array:
    """Zeros, with the items of a sequence where x has its own."""
    axis, start, step = x.info
    [whole] = x.args
    program, steps = x.program, range(x.shape[0])
    shape = (*whole.shape[:axis], 1, *whole.shape[axis + 1 :])
    pieces = [program.reshape(item(g, t), shape) for t in steps]
    places = [start + t * step for t in steps]
    if abs(step) == 1:  # they are side by side
        pieces = [program.concatenate(pieces[::step], axis)]
        places = [min(places)]
    starts = [tuple(place if i == axis else 0 for i in range(len(shape))) for place in places]
    return program.assemble(pieces, starts, whole.shape)


def _sequences(x: Array, upstream: Sequence[Any]) -> list[Array]:
    """The gradient of a sequence as a sum of sequences."""
    program = x.program
    found = [g for g in upstream if g.__class__ is Array]
    items: dict[int, Any] = dict(pair for pair in upstream if pair.__class__ is tuple)
    if items:
        zero = program.broadcast(0.0, x.shape[1:])
        found.append(sequence(program, [items.get(t, zero) for t in range(x.shape[0])]))
    return found


class _Adjoint:
    """Of a loop, whose results have these gradients."""

    def __init__(
        self, pulled_back: Rule, loop: Array, upstream: Sequence[Any], wanted: Container[Array]
    ) -> None:
        self.pulled_back, self.loop, self.upstream = pulled_back, loop, upstream
        self.info: Loop = loop.info
        self.active = self._active(wanted)
        self.results = {i for kind, i, _ in upstream if kind == "last"}
        while True:  # until it is known which of what is carried has a gradient
            self._pull_back()
            more = {
                i for i in self.active if i < self.info.firsts and self._gradient(i) is not None
            }
            if more <= self.results:
                break
            self.results |= more
        self.carried = sorted(self.results)
        self._outers: list[Array] = []
        self._sequences: list[Array] = []
        self._place: dict[Array, tuple[str, int]] = {}
        self._make()

    def _active(self, wanted: Container[Array]) -> set[int]:
        """The places of the args whose items or values have gradients that matter."""
        info = self.info
        active = {i for i, a in enumerate(self.loop.args) if a in wanted}
        while True:
            below = set()
            for x in reachable(info.results):
                if x.info in active if x.op == "given" else any(a in below for a in x.operands):
                    below.add(x)
            more = {i for i, x in enumerate(info.nexts) if x in below} - active
            if not more:
                return active
            active |= more

    def _pull_back(self) -> None:
        """The chain rule on a copy of the body."""
        self.program = program = ArrayProgram()
        self.inner: dict[Array, Array] = {}  # of the loop's body -> in the copy
        for x in reachable(self.info.results):
            args = [self.inner[a] if a.__class__ is Array else a for a in x.args]
            info = ("of", x.info) if x.op == "given" else x.info
            self.inner[x] = program.make(x.op, args, info, x.shape)
        self.outer = {copy: x for x, copy in self.inner.items()}
        seeds: dict[Array, list[Array]] = {}
        for i in sorted(self.results):
            x = self.info.nexts[i]
            g = program.make("given", (), ("carried", i), x.shape)
            g.gradient_of = self.inner[x]
            seeds.setdefault(self.inner[x], []).append(g)
        givens = {x.info[1]: x for x in program.arrays if x.op == "given" and x.info[0] == "of"}
        for k, (kind, i, _) in enumerate(self.upstream):
            if kind == "last":
                continue
            if kind == "before":
                known = givens.get(i)
            else:
                of = self.info.collected if kind == "each" else self.info.totals
                known = self.inner[of[i]]
            if known is not None:
                g = program.make("given", (), (kind, k), known.shape)
                seeds.setdefault(known, []).append(g)
        self.wrt = {i: x for i, x in givens.items() if i in self.active}
        self.found = self.pulled_back(program, seeds, [*self.wrt.values()])

    def _gradient(self, place: int) -> Any:
        x = self.wrt.get(place)
        return None if x is None else self.found.get(x)

    def _make(self) -> None:
        """The loop that runs backwards."""
        info, whole = self.info, self.loop.program
        firsts = info.firsts
        places = [i for i in sorted(self.wrt) if i >= firsts and self._gradient(i) is not None]
        self.summed = [i for i in places if i < firsts + info.outers]
        self.each = [i for i in places if i >= firsts + info.outers]
        wanted = {
            i: self.program.broadcast(
                0.0 if self._gradient(i) is None else self._gradient(i),
                info.nexts[i].shape if i < firsts else self.wrt[i].shape,
            )
            for i in [*self.carried, *self.summed, *self.each]
        }
        order = self._needed([*wanted.values()])
        body = ArrayProgram()
        new: dict[Array, Array] = {}
        count = len(self.carried)
        for x in order:
            if x in self._place:
                kind, i = self._place[x]
                place = i + {"carried": 0, "outer": count}.get(kind, count + len(self._outers))
                new[x] = given(body, place, x.shape)
            else:
                args = [new[a] if a.__class__ is Array else a for a in x.args]
                new[x] = body.make(x.op, args, x.info, x.shape)
            if new[x].gradient_of is None and x.gradient_of is not None:
                new[x].gradient_of = self.outer.get(x.gradient_of)
        nexts, collected, totals = (
            [new[wanted[i]] for i in of] for of in (self.carried, self.each, self.summed)
        )
        starts = []
        for i in self.carried:
            gs = [g for kind, j, g in self.upstream if kind == "last" and j == i]
            starts.append(sum(gs[1:], gs[0]) if gs else whole.broadcast(0.0, info.nexts[i].shape))
        outers = len(self._outers)
        adjoint = Loop(info.steps, count, outers, nexts, collected, totals, not info.is_reversed)
        self.made = adjoint.made(whole, [*starts, *self._outers, *self._sequences])

    def _needed(self, wanted: Sequence[Array]) -> list[Array]:
        """The arrays of the copy that the gradients are made of, down to what is kept."""
        needed = {*wanted}
        order = []
        for x in reversed(self.program.arrays):
            if x in needed:
                order.append(x)
                if not self._is_kept(x):
                    needed.update(x.operands)
        return order[::-1]

    def _is_kept(self, x: Array) -> bool:
        """Whether the reverse loop reads x; then it has a place among the args."""
        if x.op == "given":
            kind, i = x.info
            if kind == "carried":
                self._place[x] = kind, self.carried.index(i)
            elif kind == "total":
                self._read(x, "outer", self.upstream[i][2])
            elif kind != "of":
                self._read(x, "scanned", self.upstream[i][2])
            elif i < self.info.firsts:
                self._read(x, "scanned", result(self.loop, "before", i))
            else:
                is_outer = i < self.info.firsts + self.info.outers
                self._read(x, "outer" if is_outer else "scanned", self.loop.args[i])
            return True
        if x.op in HERE:
            return False
        forward = self._forward(x)
        if forward is None:
            return False
        self._read(x, "scanned", each(self.loop, forward))
        return True

    def _forward(self, x: Array) -> Array | None:
        """The array of the loop's body that x is a copy of."""
        if x in self.outer:
            return self.outer[x]
        if x.op in SEQUENCES and x.args[0] in self.outer:  # what an inner loop has to keep as well
            [inner] = (self.outer[a] for a in x.args)
            return inner.program.make(x.op, (inner,), x.info, x.shape)
        return None

    def _read(self, x: Array, kind: str, array: Array) -> None:
        among = self._outers if kind == "outer" else self._sequences
        if array not in among:
            among.append(array)
        self._place[x] = kind, among.index(array)

    def contributions(self) -> Iterator[tuple[Array, Any]]:
        for kind, places in {
            "last": self.carried,
            "total": self.summed,
            "each": self.each,
        }.items():
            for k, i in enumerate(places):
                if i in self.active:
                    yield self.loop.args[i], result(self.made, kind, k)
