r"""The operations of arrays with letters: what an array is, read at certain terms.

An equation is written from the outside in. Each operation is asked for its array at terms, one for
each axis, and asks its operands for theirs: a product of matrices is the contraction of an axis
that has no letter, one of a letter is a sum over it, and a view only changes the terms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ..formulas import PRODUCT, SUM, Formula
from ..primitives import multiply
from .affine import affine
from .arrays import Array
from .axes import Axes
from .elementwise import composed, frobenius, inside, number, product, squared_norm
from .indexed import Indexed
from .matrices import NotMatrices, Writer, is_softmax
from .terms import COLUMNS, ROWS, Run, Spans, Term, letters_of, regrouped, size_of, spread, turned

ONES = r"\mathbf{1}"


class Blocks(NotMatrices):
    """A letter of a contraction spans several axes of a factor."""

    def __init__(self, letter: str, spans: Spans) -> None:
        super().__init__()
        self.letter, self.spans = letter, spans


class Parts:
    """Writes arrays, read at certain terms.

    Args:
        writer: has the symbols.
        order: all arrays of the program.
    """

    def __init__(self, writer: Writer, order: Sequence[Array]) -> None:
        self._writer = writer
        self._axes = Axes(order, {*writer.symbols.values()})
        self._outer: list[str] = []  # the letters of the equation that is being written

    def _symbol(self, x: Array, terms: Sequence[Term], base: str) -> Formula:
        """The part of an array that has this symbol."""
        raise NotImplementedError

    def at(self, x: Any, terms: Sequence[Term]) -> Formula:
        """An operand, read at these terms."""
        if x.__class__ is not Array:
            return number(x)
        if x in self._writer.symbols:
            return self._symbol(x, terms, self._writer.symbols[x])
        return self.made(x, terms)

    def made(self, x: Array, terms: Sequence[Term]) -> Formula:
        """What an array is made of, read at these terms."""
        if x.op.__class__ is not str:
            return self._elementwise(x, terms)
        write: Callable[..., Formula] | None = getattr(self, f"_{x.op}", None)
        if write is None:
            raise NotMatrices
        return write(x, terms)

    def _elementwise(self, x: Array, terms: Sequence[Term]) -> Formula:
        if is_softmax(x):
            return self._along("softmax", x.args[0].args[0], terms)
        where = [spread(a, x, terms) for a in x.args]
        args = [self.at(a, at) for a, at in zip(x.args, where)]
        sizes = [size_of(at) for at in where]
        return composed(x, args, sizes, lambda a: self.at(a, spread(a, x, terms)))

    def _along(self, function: str, x: Array, terms: Sequence[Term]) -> Formula:
        """A function of each row, which gives a row."""
        mark = terms[-1].mark
        if mark is None or terms[-1] != Term(0, (mark._replace(length=x.shape[-1]),)):
            raise NotMatrices
        is_turned = mark.over == ROWS
        inner = self.at(x, turned(terms) if is_turned else terms)
        text = rf"\operatorname{{{function}}}({inner})"
        return Formula(rf"{text}^{{\top}}" if is_turned else text)

    def _logsumexp(self, x: Array, terms: Sequence[Term]) -> Formula:
        [a] = x.args
        is_turned = size_of(terms)[1] > 1
        terms = turned(terms) if is_turned else terms
        if size_of(terms)[1] > 1:
            raise NotMatrices
        inner = self._along("logsumexp", a, [*terms, Term(0, (Run(COLUMNS, a.shape[-1]),))])
        return Formula(rf"{inner}^{{\top}}") if is_turned else inner

    def _contract(self, x: Array, terms: Sequence[Term]) -> Formula:
        into, out = x.info.split("->")
        return self._contracted(into.split(","), x.args, dict(zip(out, terms)))

    def _matmul(self, x: Array, terms: Sequence[Term]) -> Formula:
        names = [["j", "ij"][len(x.args[0].shape) - 1], ["j", "jk"][len(x.args[1].shape) - 1]]
        out = "".join(c for c in "ik" if c in "".join(names))
        return self._contracted(names, x.args, dict(zip(out, terms)))

    def _vdot(self, x: Array, terms: Sequence[Term]) -> Formula:
        return self._contracted(["ijklm"[: len(a.shape)] for a in x.args], x.args, {})

    def _sum(self, x: Array, terms: Sequence[Term]) -> Formula:
        [a] = x.args
        name = "ijklmnop"[: len(a.shape)]
        out = [c for i, c in enumerate(name) if i not in x.info]
        return self._contracted([name], x.args, dict(zip(out, terms)))

    def _contracted(
        self,
        names: Sequence[str],
        args: Sequence[Array],
        at: dict[str, Term],
        blocks: Mapping[str, Spans] = MappingProxyType({}),
    ) -> Formula:
        """A contraction of one or two arrays.

        Args:
            names: the letters of their axes, as in einsum.
            args: the arrays.
            at: the terms of the letters that are not summed over.
            blocks: of the letters that are summed block by block.
        """
        try:
            return self._summed(names, args, at, blocks)
        except Blocks as error:
            return self._contracted(names, args, at, {**blocks, error.letter: error.spans})

    def _summed(
        self,
        names: Sequence[str],
        args: Sequence[Array],
        at: dict[str, Term],
        blocks: Mapping[str, Spans],
    ) -> Formula:
        axes = {c: (a, i) for name, a in zip(names, args) for i, c in enumerate(name)}
        shared = set.intersection(*map(set, names))
        summed = [c for c in axes if c not in at and c in shared]
        marks = {t.mark.over: c for c, t in at.items() if t.mark is not None}
        free = [c for c in summed if not self._axes.has_letter(*axes[c])]
        free = [c for c in free if c not in blocks or blocks[c].inner > 1]
        is_turned = len(args) == 2 and _is_product(names[::-1], marks, free)
        is_product = is_turned or (len(args) == 2 and _is_product(names, marks, free))
        if is_turned and not (_is_product(names, marks, free) and is_product):
            names, args = names[::-1], args[::-1]
        count = (1 if marks or len(free) < 2 else 2) if is_product else 2 - len(marks)
        free = free[len(free) - min(count, len(free)) :]
        at, sums = dict(at), ""
        for c in summed:
            if c not in free or c in blocks:
                a, i = axes[c]
                single = Spans("", 1, a.shape[i], (a, i))
                inner, n, axis = (of := blocks.get(c, single)).inner, of.outer, of.axis
                letter = self._axes.letter(axis, [*letters_of([*at.values()]), *self._outer])
                at[c] = Term(0, (Run(letter, n, inner),))
                sums += rf"\sum_{{{letter}=1}}^{{{'n' if n < 0 else n}}} "

        def terms(name: str, over: Sequence[str]) -> dict[str, Term]:
            """Those of the axes of a factor, over which the rows and columns run."""
            found = {c: at[c] for c in name if c in at}
            for c, o in zip(free, over):
                if c in name:
                    a, i = axes[c]
                    n = blocks[c].inner if c in blocks else a.shape[i]
                    found[c] = Term(0, (*(at[c].runs if c in blocks else ()), Run(o, n)))
            return {c: found[c] for c in name if c in found}

        def read(k: int, *over: str) -> Formula:
            """A factor."""
            mine = terms(names[k], over)
            if len(mine) < len(names[k]):  # it is summed by itself as well
                return self._contracted([names[k]], [args[k]], mine, {})
            try:
                return self.at(args[k], [*mine.values()])
            except Spans as error:
                spanned = dict(zip(over, free)).get(error.over, "")
                if spanned in names[k] and spanned not in blocks and spanned:
                    raise Blocks(spanned, error) from None
                raise

        def whole(*over: str) -> Formula:
            """The elementwise product."""
            if len(args) == 1:
                return read(0, *over)
            sizes = [size_of([*terms(name, over).values()]) for name in names]
            factors = [read(k, *over) for k in (0, 1)]
            return composed(_Product, factors, sizes, lambda _: factors[0])

        if is_product and len(free) == 2:
            one, other = read(0, ROWS, COLUMNS), read(1, ROWS, COLUMNS)
            found = squared_norm(one) if one.text == other.text else frobenius(one, other)
        elif is_product:
            one, other = read(0, COLUMNS), read(1, ROWS)
            is_square = not marks and args[0] is args[1]
            found = squared_norm(one) if is_square else product(one, other)
        elif not free:
            found = whole()
        else:  # the sum of the rows, of the columns, or both
            over = (
                (ROWS, COLUMNS) if len(free) == 2 else (ROWS,) if COLUMNS in marks else (COLUMNS,)
            )
            text = inside(whole(*over), PRODUCT)
            text = rf"{ONES}^{{\top}} {text}" if ROWS in over else text
            found = Formula(f"{text} {ONES}" if COLUMNS in over else text, PRODUCT)
        if not sums:
            return found
        is_sum = found.text.startswith(r"\sum")
        return Formula(sums + (found.text if is_sum else inside(found, PRODUCT)), SUM)

    def _transpose(self, x: Array, terms: Sequence[Term]) -> Formula:
        found = dict(zip(x.info, terms))
        return self.at(x.args[0], [found[i] for i in range(len(terms))])

    def _broadcast(self, x: Array, terms: Sequence[Term]) -> Formula:
        a = x.args[0]
        found = spread(a, x, terms)
        if size_of(found) != size_of(terms):
            raise NotMatrices
        return self.at(a, found)

    def _slice(self, x: Array, terms: Sequence[Term]) -> Formula:
        starts = [0 if b is None else b[0] for b in x.info]
        return self.at(x.args[0], [t.shifted(s) for t, s in zip(terms, starts)])

    def _reshape(self, x: Array, terms: Sequence[Term]) -> Formula:
        [a] = x.args
        return self.at(a, list(regrouped(terms, x.shape, a)))

    def _gather(self, x: Array, terms: Sequence[Term]) -> Formula:
        """An operand that is read at places that are affine in those of the result."""
        [a] = x.args
        places, batch = x.info.places, x.is_batched
        found = affine(np.squeeze(places)) if places.size > 1 else None
        if found is None or min(found[1]) < 0:
            raise NotMatrices
        start, strides = found[0], list(found[1])
        runs: list[Run] = []
        for term, n in zip(terms[batch:], places.shape):
            if n > 1:
                moved = term.shifted(0, strides.pop(0))
                start, runs = start + moved.start, [*runs, *moved.runs]
        return self.at(a, [*terms[:batch], Term(start, tuple(runs))])

    def _total(self, x: Array, terms: Sequence[Term]) -> Formula:
        [loop] = x.args
        assert isinstance(self._writer, Indexed)
        return self._writer.over_steps(loop, self.at(loop.info.totals[x.info], terms))

    def _count(self, x: Array, terms: Sequence[Term]) -> Formula:
        return Formula("n")


class _Product:  # of two arrays, elementwise
    op, args = multiply, (None, None)


def _is_product(names: Sequence[str], marks: Mapping[str, str], free: Sequence[str]) -> bool:
    """Whether two factors make a product of matrices, of these rows and columns."""
    left, right = names
    rows, columns = marks.get(ROWS), marks.get(COLUMNS)
    return (
        bool(free or (rows and columns))
        and (rows is None or (rows in left and rows not in right))
        and (columns is None or (columns in right and columns not in left))
    )
