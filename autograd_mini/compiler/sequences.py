r"""Symbols of what the steps of loops read and have: \mathbf{H}_{t}, the items of sequences.

A sequence is an array that is cut along an axis, a list of arrays, or what another loop has in each
of its steps. Its items are a family of symbols, which differ by an index.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ..formulas import latex_name
from .arrays import Array
from .matrices import TOP, NotMatrices, Writer

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


class Sequences(Writer):
    """Writes arrays, of which some are the items of sequences.

    Attributes:
        parts: of inputs, parameters and constants that are read step by step.
    """

    def __init__(self, source: Any, columns: bool) -> None:
        self.families: dict[Array, Family] = {}
        self.carried: dict[Array, list[Family]] = {}
        self._starts: dict[Array, int] = {}
        self._letters: dict[Array, str] = {}
        self._known: dict[str, range] = {}  # template -> the indices
        self._cuts: dict[Any, Family] = {}
        self._pieces: dict[Array, str] = {}  # what is read in a step, as a part of a matrix
        self.parts: list[Part] = []
        super().__init__(source, columns)

    def _family_of(self, x: Array, loop: Array) -> Family:
        """The symbols of an array of a body."""
        raise NotImplementedError

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

    # -- families --------------------------------------------------------------------------------

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

    def is_known(self, symbol: str) -> bool:
        """Whether the symbol is one of a family's."""
        return any(
            symbol == Family(template, 0).at("", n)
            for template, indices in self._known.items()
            for n in indices
        )

    def range_of(self, loop: Array, upwards: bool = False) -> str:
        """The range of a loop's index, in the order of its steps."""
        start = self._starts[loop]
        ends = [start, start + loop.info.steps - 1]
        if loop.info.is_reversed and not upwards:
            ends.reverse()
        return rf"{self._letters[loop]} = {ends[0]}, \ldots, {ends[1]}"


def with_index(symbol: str) -> str:
    r"""A symbol as a family of them.

    >>> with_index(r"\mathbf{H}"), with_index("h_{2}")
    ('\\mathbf{H}_{@}', 'h_{2,@}')
    """
    match = re.fullmatch(r"(.*_\{.*)\}", symbol)
    return f"{match[1]},{PLACE}}}" if match else f"{symbol}_{{{PLACE}}}"
