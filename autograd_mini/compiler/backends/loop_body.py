"""The body of a loop: what its statement has in Python and in JAX alike.

What is carried from step to step has one name, in which each step leaves the next value; a sum over
the steps has one, to which each step adds. How a step gets its items of sequences, how results are
collected, and what stands around the body, subclasses know.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import digits
from typing import TYPE_CHECKING

from ...primitives import add, divide, multiply, negate, subtract
from ..arrays import Array, Shape, written_shape
from ..expression import ATOM, Expression
from ..loop import Loop
from .steps import reads

if TYPE_CHECKING:
    from .steps import Steps

LINEAR = (add, subtract, multiply, divide, negate)


class Body:
    """The body of one loop.

    Attributes:
        givens: place among the loop's args -> the leaf of the body that stands for it.
        made: what the loop results in.
        before: lines that come before the loop.
    """

    def __init__(self, steps: Steps, x: Array) -> None:
        self.steps, self.source, self.x = steps, steps.source, x
        self.loop: Loop = x.info
        self.order = self.loop.body()
        self.givens = {y.info: y for y in self.order if y.op == "given"}
        self.made = steps.results_of(x)
        self.before: list[tuple[str, Array]] = []

    def _read(self, sequences: Sequence[tuple[Array, Array]]) -> None:
        """Write how a step reads its items, from (leaf of the body, sequence) pairs."""
        raise NotImplementedError

    def _collect(self) -> None:
        """Write how a step keeps what there are sequences of."""
        raise NotImplementedError

    def _close(self, lines: Sequence[tuple[str, Array]]) -> None:
        """Write the statement around the lines of a step."""
        raise NotImplementedError

    def write(self) -> None:
        """Write the loop."""
        source, args = self.source, self.x.args
        firsts, inner = self.loop.firsts, self.loop.firsts + self.loop.outers
        self._name_once(args[firsts:])
        self.carried = self.steps.carried[self.x] = self._firsts()
        mark = len(source.lines)
        for i, y in self.givens.items():
            if i < inner:
                first = i < firsts
                known = Expression(self.carried[i], ATOM, 0) if first else source._of(args[i])
                source.expressions[y] = known
        self._read([(y, args[i]) for i, y in self.givens.items() if i >= inner])
        for y in self.order:
            if y.op != "given":
                source._write(y)
        self._collect()
        self._add()
        lines = source.lines[mark:]
        del source.lines[mark:]
        self._close(self._go_on(lines))

    def _name_once(self, args: Sequence[Array]) -> None:
        """Give a name to what is computed once, before the loop."""
        for a in args:
            for whole in a.args if a.op in ("steps", "tuple") else [a]:
                if self.source._of(whole).operations:
                    self.source._on_a_line(whole)

    def _firsts(self) -> list[str]:
        """Give names to what is carried, and first values; the names."""
        source, names = self.source, []
        same: dict[str, list[str]] = {}
        keys: dict[str, Array] = {}
        for i, (first, after) in enumerate(zip(self.x.args, self.loop.nexts)):
            y = self.givens.get(i, after)
            text = source._of(first).text
            if i in self.givens and source._differentiated(y) is not None:
                name = source._name(y)
            elif first in source.names:
                name = source._unique(source.names[first].rstrip(digits) or "v")
            elif first.operands and source._of(first).operations:
                name = source._unique(source._designation(first))
            else:  # it has no line: it is called by the operation of what follows
                is_plain = after.op.__class__ is str or after.op in LINEAR
                name = source._unique(after.label or ("v" if is_plain else "h"))
            names.append(name)
            same.setdefault(text, []).append(name)
            keys.setdefault(text, y)
            source.names.setdefault(y, name)
        self.before += [(" = ".join([*of, text]), keys[text]) for text, of in same.items()]
        return names

    def _add(self) -> None:
        """Sums over the steps, which may go on after them, in the same memory."""
        source, steps = self.source, self.steps
        names = steps.totals[self.x] = [""] * len(self.loop.totals)
        zeros: dict[Shape, list[Array]] = {}
        for y in self.made:
            if y.op == "total":
                chain = [y]
                while (top := steps.sum_with(chain[-1])) is not None:
                    chain.append(top)
                name = names[y.info] = source.names[y] = source._name(chain[-1])
                if len(chain) > 1:
                    steps.added_to.update(dict.fromkeys(chain, name))
                text = source._of(self.loop.totals[y.info]).text
                source.lines.append((f"{name} += {text}", y))
                zeros.setdefault(y.shape, []).append(y)
        for shape, of in zeros.items():
            sizes = written_shape((len(of), *shape) if len(of) > 1 else shape)
            left = ", ".join(source.names[y] for y in of)
            self.before.append((f"{left} = {source.library}.zeros({sizes}{source.dtype})", of[0]))

    def _go_on(self, lines: list[tuple[str, Array]]) -> list[tuple[str, Array]]:
        """The lines, after which everything that is carried has its next value: a line that makes
        one assigns it to the name where nothing needs the present one any more."""
        source = self.source
        left: list[tuple[str, Array]] = []
        handed_on = {source._of(y).text for y in self.loop.nexts if y.op == "given"}
        for name, y in zip(self.carried, self.loop.nexts):
            places = [i for i, (_, of) in enumerate(lines) if of is y]
            is_free = (
                y.op != "given"
                and name not in handed_on
                and places
                and not any(reads(text, name) for text, _ in lines[places[0] + 1 :])
                and y in source.names
                and source.names[y] not in self.carried
            )
            if not is_free:
                left.append((name, y))
                continue
            own = re.compile(rf"(?<![\w.]){re.escape(source.names[y])}\b")
            lines = [(own.sub(name, text), of) for text, of in lines]
            for z in self.order:
                if z in source.expressions:
                    e = source.expressions[z]
                    source.expressions[z] = e._replace(text=own.sub(name, e.text))
            source.names[y] = name
        left = [(name, y) for name, y in left if source._of(y).text != name]
        if left:
            names, texts = zip(*[(name, source._of(y).text) for name, y in left])
            lines = [*lines, (f"{', '.join(names)} = {', '.join(texts)}", left[0][1])]
        return lines
