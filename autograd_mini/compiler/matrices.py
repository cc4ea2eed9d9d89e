"""Arrays as expressions of matrices, in LaTeX.

Every array of at most two axes is a matrix. An example is a row: an array of a number for each
example is a column vector, and one of parameters, or a sum over the examples, a row vector. With
columns an example is a column, and vectors are the other way round.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..formulas import ATOM, PRODUCT, SUM, Formula, latex_name, unused
from ..primitives import exp, subtract
from .arrays import Array, Shape
from .backends.source import Source
from .elementwise import Size, composed, frobenius, inside, number, product, squared_norm
from .loop import SEQUENCES

SHAPES = ("reshape", "transpose")
TOP = r"^{\top}"


class NotMatrices(Exception):
    """An array is not an expression of matrices."""


class Writer:
    """Writes arrays as LaTeX.

    Args:
        source: says which have a name.
        columns: whether an example is a column.
    """

    def __init__(self, source: Source, columns: bool) -> None:
        self._source, self._columns = source, columns
        self.symbols: dict[Array, str] = {}
        self.families: Mapping[Array, Any] = getattr(self, "families", {})
        self.views = views(source)
        self._arrays = {name: x for x, name in source.names.items()}
        for x in source.order:
            self.give_symbol(x)

    def give_symbol(self, x: Array) -> None:
        """Give an array its symbol, if it has a name."""
        if (x in self._source.names and x not in self.views) or x.op == "constant":
            self.symbols[x] = unused(self._symbol(x), self.symbols.values())

    def named(self, x: Array) -> str:
        return self._source.names.get(x) or self._source.expressions[x].text

    def _symbol(self, x: Array) -> str:
        return "L" if x is self._source.loss else self.symbol_of(self.named(x), x)

    def symbol_of(self, name: str, x: Array, rank: int | None = None) -> str:
        """The symbol of an array of this name; of a part of one that has so many axes."""
        rank = len(x.shape) if rank is None else rank
        match = re.fullmatch(r"(dz|[A-Za-z])(\d*)_?(\d*)", name)
        below = ",".join(filter(None, match.groups()[1:])) if match else ""
        below = f"_{{{below}}}" * bool(below)
        if match and match[1] == "dz" and x.args:
            return (r"\Delta" if rank > 1 else r"\delta") + below
        if name.startswith("d") and x.gradient_of is not None:
            of = self._arrays.get(name[1:])
            letter = self.symbols[of] if of in self.symbols else latex_name(name[1:])
            return rf"\frac{{\partial L}}{{\partial {letter}}}"
        if match:
            letter = match[1].upper() if rank > 1 else match[1].lower()
            return (rf"\mathbf{{{letter}}}" if rank else letter) + below
        return latex_name(name)

    def is_turned(self, x: Array) -> bool:
        """Whether the symbol stands for the transpose of the rows that the array has."""
        return self._columns and (x.is_batched or len(x.shape) == 1)

    def set_of(self, x: Array) -> str:
        sizes = [f"{'' if n == -1 else -n}n" if n < 0 else str(n) for n in x.shape]
        if len(sizes) == 2 and self.is_turned(x):
            sizes.reverse()
        power = r" \times ".join(sizes)
        return r"\mathbb{R}" + f"^{{{power}}}" * bool(sizes)

    # -- matrices -------------------------------------------------------------------------------

    def of(self, x: Any, t: bool) -> Formula:
        """An operand, or its transpose."""
        if x.__class__ is not Array:
            return number(x)
        if x in self.symbols:
            return transposed(Formula(self.symbols[x]), x, t != self.is_turned(x))
        return self.made(x, t)

    def right_side(self, x: Array) -> str:
        """What the symbol of an array is equal to."""
        return self.made(x, self.is_turned(x)).text

    def made(self, x: Array, t: bool) -> Formula:
        """What an array is made of, or the transpose of that."""
        if max(len(x.shape), *[len(a.shape) for a in x.operands], 0) > 2:
            raise NotMatrices
        if x.op.__class__ is not str:
            return self._elementwise(x, t)
        write = getattr(self, f"_{x.op}", None)
        if write is None:
            raise NotMatrices
        return write(x, t)  # type: ignore[no-any-return]

    def _elementwise(self, x: Array, t: bool) -> Formula:
        if any(len(a.shape) == 1 and a.is_batched and len(x.shape) == 2 for a in x.operands):
            raise NotMatrices
        if is_softmax(x):
            return self._along("softmax", x, x.args[0].args[0], t != self._columns)
        inner = [self._unspread(a) for a in x.args]
        sizes = [_size(a) for a in inner]
        if tuple(map(max, *map(_lengths, sizes), (1, 1))) != _lengths(_size(x)):
            raise NotMatrices
        args = [self.of(a, t) for a in inner]
        return composed(x, args, [s[::-1] if t else s for s in sizes], lambda a: self.of(a, t))

    def _matmul(self, x: Array, t: bool) -> Formula:
        left, right = x.args
        if left is right and len(left.shape) == 1:
            return squared_norm(self.of(left, self.is_turned(left)))
        # one vector before a matrix is a row, and one after it a column
        one = self.of(left, len(left.shape) == 1 and left.is_batched)
        turned = len(right.shape) == 1 and not right.is_batched
        other = self.of(right, turned)
        rows, columns = _size(left)[0], _size(right)[1]
        if len(left.shape) == 1:
            rows = 1
        if len(right.shape) == 1:
            columns = 1
        if t != ((rows, columns) != _size(x)):
            one, other = (
                self.of(right, not turned),
                self.of(left, not (len(left.shape) == 1 and left.is_batched)),
            )
        return product(one, other)

    def _vdot(self, x: Array, t: bool) -> Formula:
        a, b = x.args
        one, other = self.of(a, self.is_turned(a)), self.of(b, self.is_turned(a))
        return squared_norm(one) if a is b else frobenius(one, other)

    def _sum(self, x: Array, t: bool) -> Formula:
        [a] = x.args
        ones = r"\mathbf{1}"
        if len(x.info) == len(a.shape) == 2:
            inner = inside(self.of(a, self.is_turned(a)), ATOM)
            return Formula(rf"{ones}{TOP} {inner} {ones}", PRODUCT)
        if len(a.shape) == 1:  # of a column or a row
            turned, down = self.is_turned(a), a.is_batched != self.is_turned(a)
        else:  # 1' A is a row, which an array of one axis is unless it is batched; and A 1 a column
            turned = t != (x.info == (1,) and not x.is_batched)
            down = (x.info == (0,)) != turned
        inner = inside(self.of(a, turned), ATOM)
        return Formula(f"{ones}{TOP} {inner}" if down else f"{inner} {ones}", PRODUCT)

    def _logsumexp(self, x: Array, t: bool) -> Formula:
        [a] = x.args  # of the rows: a column, which an array of one axis is if it is batched
        is_turned = len(a.shape) == 2 and not x.is_batched
        return self._along("logsumexp", x, a, t != (self._columns != is_turned))

    def _along(self, function: str, x: Array, a: Array, t: bool) -> Formula:
        """A function of each row, or of each column if these are the examples."""
        inner = self.of(a, self._columns).text
        return transposed(Formula(rf"\operatorname{{{function}}}({inner})"), x, t)

    def _slice(self, x: Array, t: bool) -> Formula:
        [a] = x.args
        turned = self.is_turned(a) if a in self.symbols else t
        index = [":" if b is None else f"{b[0]}:{b[1]}" for b in x.info]
        index = [i.split(":")[0] if n == 1 else i for i, n in zip(index, x.shape)]
        if turned:
            index.reverse()
        part = Formula(f"{{{inside(self.of(a, turned), ATOM)}}}_{{[{', '.join(index)}]}}")
        return transposed(part, x, t != turned)

    def _concatenate(self, x: Array, t: bool) -> Formula:
        """Blocks beside each other, or below."""
        below = x.info == 0 and (len(x.shape) == 2 or x.is_batched)
        inner = (r" \\ " if below != t else " & ").join(self.of(a, t).text for a in x.args)
        return Formula(rf"\begin{{bmatrix}} {inner} \end{{bmatrix}}")

    def _assemble(self, x: Array, t: bool) -> Formula:
        """The sum of pieces, each with zeros beside it."""
        terms = []
        for a, start in zip(x.args, x.info):
            axes = [i for i, (n, length) in enumerate(zip(x.shape, a.shape)) if n != length]
            if len(axes) != 1:
                raise NotMatrices
            [axis] = axes
            stop = start[axis] + a.shape[axis]
            blocks = [_zeros(x, axis, n, t) for n in (start[axis], x.shape[axis] - stop)]
            blocks.insert(1, self.of(a, t).text)
            below = axis == 0 and (len(x.shape) == 2 or x.is_batched)
            inner = (r" \\ " if below != t else " & ").join(filter(None, blocks))
            terms.append(rf"\begin{{bmatrix}} {inner} \end{{bmatrix}}")
        return Formula(" + ".join(terms), SUM if len(terms) > 1 else ATOM)

    def _transpose(self, x: Array, t: bool) -> Formula:
        return self.of(x.args[0], not t)

    def _reshape(self, x: Array, t: bool) -> Formula:
        [a] = x.args
        if _size(x) == _size(a):
            return self.of(a, t)
        if _size(x) == _size(a)[::-1] and 1 in _size(x):
            return self.of(a, not t)
        raise NotMatrices

    def _broadcast(self, x: Array, t: bool) -> Formula:
        if x.operands and _size(x) != _size(x.args[0]):
            raise NotMatrices
        return self.of(x.args[0], t)

    def _unspread(self, x: Any) -> Any:
        """An operand that another one spreads, as it was."""
        is_spread = x.__class__ is Array and x.op == "broadcast" and x not in self.symbols
        return x.args[0] if is_spread and len(_shape(x.args[0])) in (0, len(x.shape)) else x

    def _count(self, x: Array, t: bool) -> Formula:
        return Formula("n")


def _size(x: Any) -> Size:
    """Rows and columns of the matrix that an array is, with an example in each row."""
    if x.__class__ is not Array or x.shape == ():
        return (1, 1)
    if len(x.shape) == 1:
        return (x.shape[0], 1) if x.is_batched else (1, x.shape[0])
    rows, columns = x.shape
    return rows, columns


def views(source: Source) -> dict[Array, str]:
    """The arrays with a name that need no equation, and how they are written: those that are
    another one in another shape, and those of which only that is an output."""
    kept = {a for x in source.order if x.op in ("loop", *SEQUENCES) for a in x.args}
    kept |= {*source.outputs, *source.steps.nexts}
    lines = Counter(x for _, x in source.lines)
    written = {x: text.partition(" = ")[2] for text, x in source.lines if lines[x] == 1}
    found = {}
    for x in written:
        if x.op in SHAPES:
            [a] = x.args
            while a.op in SHAPES and a not in source.names:
                [a] = a.args
            if x not in kept and a in source.names:
                found[x] = written[x]
            elif x in source.outputs and a in written and source.uses[a] == 1 and a not in kept:
                found[a] = written[a]
    return found


def _zeros(x: Array, axis: int, length: int, t: bool) -> str:
    """Zeros beside an array, so many along an axis of it, or those of its transpose."""
    rows, columns = _size(x)
    if axis == len(x.shape) - 1 and not (x.is_batched and axis == 0):
        columns = length
    else:
        rows = length
    sizes = ["n" if n < 0 else str(n) for n in ((columns, rows) if t else (rows, columns))]
    return rf"\mathbf{{0}}_{{{sizes[0]} \times {sizes[1]}}}" if length else ""


def _shape(x: Any) -> Shape:
    return x.shape if x.__class__ is Array else ()


def _lengths(size: tuple[int, int]) -> tuple[float, float]:
    """In order of size, where that of the batch is the largest."""
    rows, columns = (math.inf if n < 0 else n for n in size)
    return rows, columns


def is_softmax(x: Array) -> bool:
    """Whether it is exp(z - logsumexp(z)), of each row."""
    if x.op is not exp or x.args[0].op is not subtract:
        return False
    z, column = x.args[0].args
    lse = column.args[0] if column.__class__ is Array and column.op == "reshape" else None
    return lse is not None and lse.op == "logsumexp" and lse.args[0] is z


def transposed(x: Formula, of: Array, t: bool) -> Formula:
    return Formula(f"{x}{TOP}") if t and _size(of) != (1, 1) else x
