r"""Symbols of the arrays in loops: \mathbf{H}_{t}, with the index of the step.

What a loop carries has after step t the index t, and before it t - 1; the first value is the one
before the first step. Steps are counted from 1, or as the parameters of layers are. The adjoint of
a loop has the same index, and runs the other way. So the gradient by H_t is called that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..formulas import PRODUCT, SUM, Formula
from .arrays import Array
from .elementwise import inside
from .loop import SEQUENCES, Loop
from .matrices import transposed
from .sequences import Family, NoIndices, Sequences, with_index

LETTERS = ("t", "k", "s", "i", "j")


class Indexed(Sequences):
    """Writes the arrays of a program with loops.

    Raises:
        NoIndices: there is a loop within a loop, or it reads a list without order.
    """

    def __init__(self, source: Any, columns: bool) -> None:
        self.steps = source.steps
        self._gradients: dict[Array, list[Array]] = {}
        for x in source.order:
            if x.gradient_of is not None:
                self._gradients.setdefault(x.gradient_of, []).append(x)
        self._outer: dict[Array, Array] = {}  # what is read in every step
        self._results: dict[Array, str] = {}  # the symbols of last values and items
        super().__init__(source, columns)

    # -- symbols --------------------------------------------------------------------------------

    def give_symbol(self, x: Array) -> None:
        if x.op == "loop" or x.op in SEQUENCES or x in self.views:
            return
        loop = self.steps.loop_of(x)
        if loop is not None and loop not in self.carried:
            self._begin(loop)
        if x in self.symbols:
            return
        if loop is not None and x.op != "constant":
            if x in self._source.names or x in loop.info.collected:
                self._give_family(x, loop, self._family_of(x, loop))
        elif x.op == "last":
            info: Loop = x.args[0].info
            at = self._starts[x.args[0]] + (-1 if info.is_reversed else info.steps - 1)
            self._give_result(x, self.carried[x.args[0]][x.info].at("", at))
        elif x.op == "item":
            self._give_result(x, self._items(x.args[0]).at("", x.info))
        elif not self.steps.goes_on(x):
            super().give_symbol(x)
            if x in self.symbols:
                self.symbols[x] = self._apart(self.symbols[x])

    def _give_result(self, x: Array, symbol: str) -> None:
        is_loss = x is self._source.loss
        self.symbols[x], self._results[x] = "L" if is_loss else symbol, symbol

    def _begin(self, loop: Array) -> None:
        """The symbols of what a loop reads and carries."""
        info: Loop = loop.info
        if self.steps.loop_of(loop) is not None or any(y.op == "loop" for y in info.body()):
            raise NoIndices("there is a loop within a loop")
        scanned = loop.args[info.firsts + info.outers :]
        others = [a.args[0] for a in scanned if a.op in ("each", "before")]
        layers = [self._numbered(a) for a in scanned if a.op == "tuple"]
        found = [n for n in layers if n is not None]
        if others:
            self._starts[loop], self._letters[loop] = (
                self._starts[others[0]],
                self._letters[others[0]],
            )
        else:
            self._starts[loop] = found[0].offset if found else 1
            has_layers = any(
                x.op == "parameter" for a in scanned if a.op == "tuple" for x in a.args
            )
            wanted = ("l", *LETTERS) if has_layers else LETTERS
            self._letters[loop] = next(c for c in wanted if c not in self.symbols.values())
        givens = {y.info: y for y in info.body() if y.op == "given"}
        self.carried[loop] = []
        for i in range(info.firsts):
            family = self._carried(loop, i, givens.get(i))
            self.carried[loop].append(family)
            back = 0 if info.is_reversed else -1
            if i in givens:
                self._give(givens[i], loop, family._replace(offset=family.offset + back))
            after = info.nexts[i]
            if after.op != "given" and after not in self.families:
                self._give(after, loop, family._replace(offset=family.offset - 1 - back))
        for i, y in givens.items():
            a = loop.args[i]
            if info.firsts <= i < info.firsts + info.outers:
                if a in self.symbols:
                    self.symbols[y] = self.symbols[a]
                self._outer[y] = a
            elif i >= info.firsts:
                of = self._items(a, loop)
                self._give(y, loop, of._replace(offset=of.offset - self._starts[loop]))

    def _carried(self, loop: Array, i: int, before: Array | None) -> Family:
        """The symbols of what is carried: in step t after it, or if it runs backwards before it."""
        info: Loop = loop.info
        start = self._starts[loop]
        offset = 0 if start > 0 else 1 - start
        after = info.nexts[i]
        y = after if before is None else before
        indices = range(start + offset - 1, start + offset + info.steps)
        z = y.gradient_of
        of = None if z is None else self.families.get(z)
        first = indices[-1 if info.is_reversed else 0], self.symbols.get(loop.args[i], "")
        if before is not None and of is not None and of.offset == offset:
            is_all = z is not None and self._gradients[z] == [y]
            template = rf"\frac{{\partial L}}{{\partial {of.template}}}"
            if is_all or template not in self._known:
                return Family(self._unused(template + "'" * (not is_all), indices, first), offset)
        name = next((n for x in (y, after) if (n := self._source.names.get(x))), None)
        name = name or self._source._designation(after)
        for short in (name.rstrip("0123456789"), name):  # without a number, if that is free
            template = with_index(self._plain(short, after))
            if self._is_free(template, indices, first):
                break
        return Family(self._unused(template, indices, first), offset)

    def _family_of(self, x: Array, loop: Array) -> Family:
        """The symbols of an array of a body."""
        y = x.gradient_of
        of = None if y is None else self.families.get(y)
        if of is not None:
            match = re.fullmatch(r"(?:\\mathbf\{Z\}|\\mathbf\{z\}|z)(_\{.*\})", of.template)
            if match:
                return of._replace(
                    template=(r"\Delta" if len(x.shape) > 1 else r"\delta") + match[1]
                )
            return of._replace(template=rf"\frac{{\partial L}}{{\partial {of.template}}}")
        name = self._source.names.get(x) or self._source._designation(x)
        stem = name.rstrip("0123456789")
        names = [self._source.names.get(a, "") for a in loop.info.body()]
        if sum(a.rstrip("0123456789") == stem for a in names) == 1:  # it needs no number
            name = stem
        return Family(with_index(self._plain(name, x)), 0)

    def _apart(self, symbol: str) -> str:
        """The symbol, with primes if it is one of a family's."""
        while self.is_known(symbol):
            symbol += "'"
        return symbol

    # -- equations ------------------------------------------------------------------------------

    def is_of_loop(self, x: Array) -> bool:
        """Whether the equation of an array is one of a loop's."""
        return x.op in ("loop", "total", *SEQUENCES) or self.steps.loop_of(x) is not None

    def statements(self, loop: Array) -> Iterator[tuple[str, str, Array, bool, str]]:
        """(name, symbol, array, whether its operation is to be written, range) for the equations
        of a loop: the first values, what is computed in each step, and the sums over the steps."""
        names, info, letter = self._source.names, loop.info, self._letters[loop]
        order = info.body()
        givens = {y.info: y for y in order if y.op == "given"}
        called = [names.get(givens.get(i, y)) or names[y] for i, y in enumerate(info.nexts)]
        at = self._starts[loop] + (info.steps - 1 if info.is_reversed else -1)
        for name, family, first in zip(called, self.carried[loop], loop.args):
            first_symbol = family.at("", at)
            if first_symbol != self.symbols.get(first):
                yield name, first_symbol, first, first not in self.symbols, ""
        steps = self.range_of(loop)
        lists = {info.collected[y.info]: y for y in self.steps.results_of(loop) if y.op == "each"}
        for y in order:
            if y in self._pieces:
                name = names.get(loop.args[y.info].args[0], "")
                yield name, self.symbols[y], y, True, steps
            elif y in self.families and y.op != "given":
                name = names.get(y) or names.get(lists[y]) or self._source._designation(y)
                yield name, self.symbols[y], y, True, steps
        for name, family, after in zip(called, self.carried[loop], info.nexts):
            symbol = family.at(letter, -1 if info.is_reversed else 0)
            if symbol != self.symbols.get(after):
                yield name, symbol, after, after not in self.symbols, steps
        for y in self.steps.results_of(loop):
            if y.op == "total" and y in self.symbols:
                yield names[y], self.symbols[y], y, True, ""

    def gradient_by(self, x: Array) -> str:
        """The symbol of the gradient by a parameter."""
        return rf"\frac{{\partial L}}{{\partial {self.symbols[x]}}}"

    def right_side(self, x: Array) -> str:
        if x in self._pieces:
            return self._pieces[x]
        if x.op == "broadcast" and getattr(x.args[0], "shape", ()) == ():  # H_0 = 0
            return self.of(x.args[0], False).text
        return super().right_side(x)

    def of(self, x: Any, t: bool) -> Formula:
        if x.__class__ is Array and x not in self.symbols and x in self._outer:
            return self.of(self._outer[x], t)
        return super().of(x, t)

    def _last(self, x: Array, t: bool) -> Formula:
        return transposed(Formula(self._results[x]), x, t != self.is_turned(x))

    _item = _last

    def _total(self, x: Array, t: bool) -> Formula:
        [loop] = x.args
        return self.over_steps(loop, self.of(loop.info.totals[x.info], t))

    def over_steps(self, loop: Array, x: Formula) -> Formula:
        """The sum over the steps of a loop."""
        start, steps = self._starts[loop], loop.info.steps
        what = x.text if x.text.startswith(r"\sum") else inside(x, PRODUCT)
        letter = self._letters[loop]
        return Formula(rf"\sum_{{{letter}={start}}}^{{{start + steps - 1}}} {what}", SUM)
