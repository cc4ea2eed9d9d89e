r"""Symbols of the arrays in loops: \mathbf{H}_{t}, with the index of the step.

What a loop carries has after step t the index t, and before it t - 1; the first value is the one
before the first step. Steps are counted from 1, or as the parameters of layers are. The adjoint of
a loop has the same index, and runs the other way. So the gradient by H_t is called that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..formulas import PRODUCT, SUM, Formula, latex_name
from .arrays import Array
from .loop import SEQUENCES, Loop
from .matrices import TOP, NotMatrices, Writer, inside, transposed

LETTERS = ("t", "k", "s", "i", "j")
LEAVES = ("input", "parameter", "constant")
PLACE = "@"  # of the index, in a family of symbols
NONE = (0, "")


class NoIndices(Exception):
    """A loop has no equations with an index."""


class Family(NamedTuple):
    """The symbols of an array in each step: what it is in step t has the index t + offset."""

    template: str
    offset: int

    def at(self, letter: str, shift: int = 0) -> str:
        """The symbol in step letter + shift; without a letter, in the step of this number."""
        n = self.offset + shift
        if not letter:
            return self.template.replace(PLACE, str(n))
        return self.template.replace(PLACE, f"{letter}{n:+d}" if n else letter)


class Part(NamedTuple):
    """What an item of a sequence is, where it has a symbol of its own.

    Attributes:
        symbol: of the item that is read in a step.
        shape: the array that it is.
        code: how it is written in Python, with the index.
        steps: the range of the index.
    """

    symbol: str
    shape: Array
    code: str
    steps: str


class Indexed(Writer):
    """Writes the arrays of a program with loops.

    Attributes:
        parts: of inputs, parameters and constants that are read step by step.

    Raises:
        NoIndices: there is a loop within a loop, or it reads a list without order.
    """

    def __init__(self, source: Any, columns: bool) -> None:
        self.steps = source.steps
        self.families: dict[Array, Family] = {}
        self.carried: dict[Array, list[Family]] = {}
        self._starts: dict[Array, int] = {}
        self._letters: dict[Array, str] = {}
        self._known: dict[str, range] = {}  # template -> the indices
        self._cuts: dict[Any, Family] = {}
        self._gradients: dict[Array, list[Array]] = {}
        for x in source.order:
            if x.gradient_of is not None:
                self._gradients.setdefault(x.gradient_of, []).append(x)
        self._outer: dict[Array, Array] = {}  # what is read in every step
        self._results: dict[Array, str] = {}  # the symbols of last values and items
        self._pieces: dict[Array, str] = {}  # what is read in a step, as a part of a matrix
        self.parts: list[Part] = []
        super().__init__(source, columns)

    # -- symbols --------------------------------------------------------------------------------

    def give_symbol(self, x: Array) -> None:
        if x.op == "loop" or x.op in SEQUENCES:
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

    def _plain(self, name: str, x: Array) -> str:
        """The symbol of a name, but of a gradient by what has no index."""
        symbol = self.symbol_of(name, x)
        return latex_name(name) if symbol.startswith(r"\frac") else symbol

    def _give_family(self, x: Array, loop: Array, family: Family) -> None:
        first = self._starts[loop] + family.offset
        indices = range(first, first + loop.info.steps)
        self._give(x, loop, family._replace(template=self._unused(family.template, indices)))

    def _give(self, x: Array, loop: Array, family: Family) -> None:
        self.families[x] = family
        self.symbols[x] = family.at(self._letters[loop])

    def _unused(self, template: str, indices: range, first: tuple[int, str] = NONE) -> str:
        """The template, with primes if others have its symbols; but `first`, an index and a
        symbol, may be the same."""
        while not self._is_free(template, indices, first):
            template += "'"
        self._known[template] = indices
        return template

    def _is_free(self, template: str, indices: range, first: tuple[int, str] = NONE) -> bool:
        if template in self._known:
            return False
        taken = set(self.symbols.values())
        symbols = ((n, Family(template, 0).at("", n)) for n in indices)
        return not any(pair[1] in taken and pair != first for pair in symbols)

    def _apart(self, symbol: str) -> str:
        """The symbol, with primes if it is one of a family's."""
        while self.is_known(symbol):
            symbol += "'"
        return symbol

    # -- sequences ------------------------------------------------------------------------------

    def _items(self, a: Array, loop: Array | None = None) -> Family:
        """The symbols of the items of a sequence, by their number from 0 on."""
        if a.op == "tuple":
            return self._numbered(a) or self._listed(a, loop)
        if a.op == "steps":
            return self._cut(a, loop)
        of = a.args[0]
        start = self._starts[of]
        if a.op == "each":
            y = of.info.collected[a.info]
            if y not in self.families:
                if y in self.symbols:  # the same in every step
                    return Family(self.symbols[y], 0)
                self._give_family(y, of, self._family_of(y, of))
            family = self.families[y]
        else:
            family = self.carried[of][a.info]
            family = family._replace(offset=family.offset - (not of.info.is_reversed))
        return family._replace(offset=family.offset + start)

    def _numbered(self, a: Array) -> Family | None:
        """The family that arrays are whose symbols differ by a number, 1 a step."""
        symbols = [self.symbols.get(x, "") for x in a.args]
        match = re.fullmatch(r"(.*_\{(?:[\d,]+,)?)(\d+)(\}+'*)", symbols[0])
        if match is None:
            return None
        family = Family(f"{match[1]}{PLACE}{match[3]}", int(match[2]))
        return family if symbols == [family.at("", k) for k in range(len(symbols))] else None

    def _listed(self, a: Array, loop: Array | None) -> Family:
        """The items of a list, which has an equation of its own: V_t is item t of (..)."""
        if a in self._cuts:
            return self._cuts[a]
        if loop is None:
            raise NoIndices("a loop reads a list that has no name")
        start, letter = self._starts[loop], self._letters[loop]
        stem = next((n for x in a.args if (n := self._source.names.get(x))), "v")
        base = self._plain(stem.rstrip("0123456789") or "v", a.args[0])
        family = Family(self._unused(with_index(base), range(start, start + a.shape[0])), start)
        y = next(y for y in loop.info.body() if y.op == "given" and loop.args[y.info] is a)
        try:
            items = ", ".join(self.of(x, self.is_turned(x)).text for x in a.args)
        except NotMatrices:
            raise NoIndices("a loop reads a list of arrays that are not matrices") from None
        at = Family(PLACE, 1 - start).at(letter)
        self._pieces[y] = rf"\left({items}\right)_{{{at}}}"
        self._cuts[a] = family
        return family

    def _cut(self, a: Array, loop: Array | None) -> Family:
        """The parts of an array along an axis."""
        [whole] = a.args
        key = whole, a.info, a.shape
        if key in self._cuts:
            return self._cuts[key]
        of = whole.args[0] if whole.op == "reshape" and whole not in self._source.names else whole
        if loop is None or (of not in self._source.names and of.op != "constant"):
            raise NoIndices("a loop reads parts of an array that has no name")
        axis, first, step = a.info
        start, letter = self._starts[loop], self._letters[loop]
        base = self.symbol_of(self.named(of), of, len(a.shape) - 1)
        family = Family(self._unused(with_index(base), range(start, start + a.shape[0])), start)
        at = first - start * step
        index = {1: letter, -1: f"-{letter}"}.get(step, f"{step} * {letter}")
        index += f" {'+' if at > 0 else '-'} {abs(at)}" * bool(at)
        y = next(y for y in loop.info.body() if y.op == "given" and loop.args[y.info] is a)
        self._cuts[key] = family
        symbol = Family(family.template, 0).at(letter)
        if of is whole and of.op not in LEAVES and len(of.shape) < 3:
            places = [index if i == axis else ":" for i in range(len(of.shape))]
            inside_of = ", ".join(places[:: -1 if self.is_turned(of) else 1])
            turned = len(of.shape) == 2 and not of.is_batched and (axis == 0) == self._columns
            self._pieces[y] = f"{{{self.symbols[of]}}}_{{[{inside_of}]}}" + TOP * turned
            return family
        sizes = ", ".join(str(max(n, -1)) for n in whole.shape)
        text = self.named(of) + f".reshape({sizes})" * (of is not whole)
        steps = self.range_of(loop, True)
        self.parts.append(Part(symbol, y, f"{text}[{':, ' * axis}{index}]", steps))
        return family

    # -- equations ------------------------------------------------------------------------------

    def range_of(self, loop: Array, upwards: bool = False) -> str:
        """The range of a loop's index, in the order of its steps."""
        start = self._starts[loop]
        ends = [start, start + loop.info.steps - 1]
        if loop.info.is_reversed and not upwards:
            ends.reverse()
        return rf"{self._letters[loop]} = {ends[0]}, \ldots, {ends[1]}"

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

    def is_known(self, symbol: str) -> bool:
        """Whether the symbol is one of a family's."""
        return any(
            symbol == Family(template, 0).at("", n)
            for template, indices in self._known.items()
            for n in indices
        )

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
        start, steps = self._starts[loop], loop.info.steps
        what = inside(self.of(loop.info.totals[x.info], t), PRODUCT)
        letter = self._letters[loop]
        return Formula(rf"\sum_{{{letter}={start}}}^{{{start + steps - 1}}} {what}", SUM)


def with_index(symbol: str) -> str:
    r"""A symbol as a family of them.

    >>> with_index(r"\mathbf{H}"), with_index("h_{2}")
    ('\\mathbf{H}_{@}', 'h_{2,@}')
    """
    match = re.fullmatch(r"(.*_\{.*)\}", symbol)
    return f"{match[1]},{PLACE}}}" if match else f"{symbol}_{{{PLACE}}}"
