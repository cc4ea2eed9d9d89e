r"""Arrays of more than two axes as stacks of matrices, in LaTeX: \mathbf{S}^{(i,h)}.

An array with the axes (examples, heads, positions, positions) has a matrix for each example i and
each head h. So the axes of an array are of two kinds. Some have a letter, in brackets above the
symbol, and an equation holds for each of their values; at most two are the rows and columns of a
matrix. Which are which, contractions say, in the letters of einsum: an axis that both factors have,
and the result too, has a letter. So have the examples; and of more than two others the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..formulas import Formula
from .arrays import Array
from .axes import LETTERS
from .matrices import NotMatrices, Writer
from .parts import Parts
from .terms import COLUMNS, ROWS, Run, Spans, Term, letters_of, turned


class Sides(NamedTuple):
    """An equation.

    Attributes:
        left, right: its sides, in LaTeX.
        shape: the set that they are in.
        letters: for which values it holds, in LaTeX.
        part: which part of the array it gives, as an index in Python.
    """

    left: str
    right: str
    shape: str
    letters: str
    part: str


class Stacks(Parts):
    """Writes equations of parts of arrays.

    Args:
        writer: has the symbols.
        order: all arrays of the program.

    Attributes:
        parts: symbol -> (code, set, letters) for the parts that are not at the first axes alone.
    """

    def __init__(self, writer: Writer, order: Sequence[Array]) -> None:
        super().__init__(writer, order)
        self._forms: dict[tuple[str, int], str] = {}
        self._told: set[tuple[str, str]] = set()
        self._turned: dict[Array, int] = {}  # which symbols stand for transposes, of so many axes
        self.parts: dict[str, tuple[str, str, str]] = {}

    def sides(self, x: Array, symbol: str) -> Sides:
        """The equation of an array.

        Raises:
            NotMatrices: there is none of its parts.
        """
        try:
            return self._sides(x, symbol, False)
        except NotMatrices:  # of each number
            return self._sides(x, symbol, True)

    def _sides(self, x: Array, symbol: str, all_letters: bool) -> Sides:
        """The equation; turned, if that is simpler, and the symbol is to stand for that from now
        on."""
        terms: Sequence[Term] = self._own_terms(x, all_letters)
        of = x.gradient_of
        is_turned = of is not None and of in self._turned and of.shape == x.shape
        count = len([t for t in terms if t.mark is not None])
        terms, right = self._right(x, turned(terms) if is_turned else terms)
        is_turned = is_turned and count == len([t for t in terms if t.mark is not None])
        may_turn = of is None and letters_of(terms) and x not in self._writer.families
        if may_turn and any(t.mark is not None for t in terms):
            other = self._right(x, turned(terms))
            if _clumsiness(other[1]) < _clumsiness(right):
                is_turned, (terms, right) = True, other
        if is_turned:
            self._turned[x] = sum(not t.letters or t.mark is not None for t in terms)
        left = self._symbol(x, terms, symbol)
        self.parts.pop(left.text, None)  # its own equation says what it is
        index = ", ".join(":" if t.mark is not None and not t.letters else t.code() for t in terms)
        part = f"[{index}]" * bool(index) + ".T" * is_turned
        return Sides(left.text, right.text, *self._place(terms, is_turned), part)

    def _own_terms(self, x: Array, all_letters: bool) -> list[Term]:
        """Those of an equation's left side."""
        terms: list[Term] = []
        marks = [COLUMNS, ROWS]
        without = [i for i in range(len(x.shape)) if not self._axes.has_letter(x, i)]
        if len(without) == 1 and self._writer.is_turned(x) and not x.is_batched:
            marks = [ROWS]
        if len(without) > 2:  # of length 1
            without = [i for i in without if x.shape[i] != 1]
        for i in reversed(range(len(x.shape))):
            is_mark = i in without and not all_letters
            what = marks.pop(0) if is_mark else ""
            terms.insert(0, Term(0, (Run(what, x.shape[i]),) * (is_mark or x.shape[i] != 1)))
        used: list[str] = []
        for i, term in enumerate(terms):
            if term.runs and not term.runs[0].over:
                used.append(self._axes.letter((x, i), used))
                terms[i] = Term(0, (Run(used[-1], x.shape[i]),))
        return terms

    def _right(self, x: Array, terms: Sequence[Term]) -> tuple[Sequence[Term], Formula]:
        """What an array is made of, at these terms, or at blocks of them."""
        for _ in range(4):
            self._outer = letters_of(terms)
            try:
                return terms, self.made(x, terms)
            except Spans as error:  # an equation for each block
                terms = self._in_blocks(terms, error)
                if {t.mark.over for t in terms if t.mark is not None} == {ROWS}:  # a row, even so
                    terms = [t.renamed({ROWS: COLUMNS}) for t in terms]
        raise NotMatrices

    def _in_blocks(self, terms: Sequence[Term], error: Spans) -> list[Term]:
        found = []
        for term in terms:
            runs: list[Run] = []
            for run in term.runs:
                if run.over == error.over and run.length == error.inner * error.outer:
                    letter = self._axes.letter(error.axis, letters_of(terms))
                    runs.append(Run(letter, error.outer, run.stride * error.inner))
                    run = run._replace(length=error.inner)
                runs += [run] * (run.over != error.over or error.inner > 1)
            found.append(term._replace(runs=tuple(runs)))
        return found

    def _place(self, terms: Sequence[Term], is_turned: bool = False) -> tuple[str, str]:
        sizes = [str(run.length) for t in terms if (run := t.mark) is not None]
        if is_turned:
            sizes.reverse()
        power = r" \times ".join(sizes)
        letters = {run.over: run.length for t in terms for run in t.letters}
        each = [rf"{c} = 1, \ldots, {'n' if n < 0 else n}" for c, n in letters.items()]
        return r"\mathbb{R}" + f"^{{{power}}}" * bool(sizes), r", \ ".join(each)

    # -- symbols --------------------------------------------------------------------------------

    def _symbol(self, x: Array, terms: Sequence[Term], base: str) -> Formula:
        """The part of an array that has this symbol. Of an axis that is left it is a row."""
        letters, is_turned = letters_of(terms), self._writer.is_turned(x)
        rest = [i for i, t in enumerate(terms) if not t.letters or t.mark is not None]
        if len(rest) > 2:
            rest = [i for i in rest if x.shape[i] != 1]
        for i, t in enumerate(terms):
            runs = sorted((run for run in t.runs if not run.is_letter), key=lambda run: -run.stride)
            if len(runs) > 1:  # rows and columns on one axis
                raise Spans(runs[0].over, 1, runs[0].length, (x, (i, runs[0].stride)))
        if len(rest) > 2 or (is_turned and not letters and len(x.shape) == 2):
            raise NotMatrices
        text = self._part(x, terms, base) if letters else base
        is_turned = self._turned.get(x) == len(rest) or (is_turned and not letters)
        cuts = [
            ":" if t.letters or (t.mark and t.mark.length == n and not t.start) else t.code()
            for t, n in zip(terms, x.shape)
        ]
        if any(cuts[i] != ":" and x.shape[i] != 1 for i in rest):
            inside_of = [cuts[i] for i in rest][:: -1 if is_turned else 1]
            text = f"{{{text}}}_{{[{', '.join(inside_of)}]}}"
        natural = [COLUMNS] if len(rest) == 1 else [ROWS, COLUMNS]
        marks = [(run.over, own) for i, own in zip(rest, natural) if (run := terms[i].mark)]
        if marks and any(over != own for over, own in marks) != is_turned:
            text = rf"{text[:-1]}\top}}" if text.endswith(")}") else rf"{text}^{{\top}}"
        return Formula(text)

    def _part(self, x: Array, terms: Sequence[Term], base: str) -> str:
        """The symbol with its letters; with a prime, if these mean another part of the array."""
        letters = letters_of(terms)
        names = dict(zip(letters, LETTERS))
        form = ", ".join(t.renamed(names).code() if t.letters else ":" for t in terms)
        plain = base
        while self._forms.setdefault((base, len(letters)), form) != form:
            base += "'"
        above = f"^{{({','.join(letters)})}}"
        text = base + above
        if base.startswith(r"\frac"):
            text = f"{above}}}".join(base.rsplit("}", 1))
        is_first = all(t.is_letter for t in terms[: len(letters)])
        if (base != plain or not is_first) and (base, form) not in self._told:
            index = ", ".join(t.code() if t.letters else ":" for t in terms)
            shown = [
                t if t.letters else Term(0, (Run(COLUMNS, n),)) for t, n in zip(terms, x.shape)
            ]
            is_turned = self._turned.get(x) == sum(t.mark is not None for t in shown)
            code = f"{self._writer.named(x)}[{index}]" + ".T" * is_turned
            self.parts[text] = (code, *self._place(shown, is_turned))
        self._told.add((base, form))
        return text


def _clumsiness(x: Formula) -> tuple[int, bool]:
    """Of two ways to write a part of an array the one is better that has less of this."""
    return x.text.count(r"\top"), re.match(r"(\\frac\{1\}\{\S*\} \\, )?\S*\^", x.text) is None
