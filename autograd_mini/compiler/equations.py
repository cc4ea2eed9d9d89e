r"""A program as mathematics: matrix equations in LaTeX, forward and backward.

Every array of at most two axes is a matrix. An example is a row: an array of a number for each
example is a column vector, and one of parameters, or a sum over the examples, a row vector. So a
layer is Z = X W' + b, where b is added to every row. With columns an example is a column, vectors
are the other way round, and the layer is Z = W X + b. What is no equation of matrices is shown as
code.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ..formulas import ATOM, PRODUCT, SUM, Formula, applied, latex_name, numeral, unused
from ..primitives import TABLE, add, divide, exp, multiply, negate, power, subtract
from .arithmetic import RELATIONS
from .arrays import Array
from .backends.numpy import NumpySource
from .backends.source import ATOM as TIGHT
from .backends.source import Expression, Source, written
from .pipeline import Lowered

TOP = r"^{\top}"
LINEAR = (add, subtract, multiply, divide, negate)
HADAMARD, DIVIDED = r"\odot", r"\oslash"


class Equation(NamedTuple):
    """What one array is.

    Attributes:
        name: of the array, in the source.
        latex: symbol = .., without its shape.
        shape: in which set the symbol is, in LaTeX.
        is_backward: whether it belongs to the gradient.
    """

    name: str
    latex: str
    shape: str
    is_backward: bool


class Equations(NamedTuple):
    """The equations of a program; str() of it is LaTeX, and a notebook shows it typeset.

    Attributes:
        every: in their order, those of the forward pass first.
        where: (symbol, shape, what it is) of inputs, parameters and constants.
    """

    every: tuple[Equation, ...]
    where: tuple[tuple[str, str, str], ...]

    def __str__(self) -> str:
        rows = []
        for heading, is_backward in (("forward", False), ("backward", True)):
            mine = [x for x in self.every if x.is_backward == is_backward]
            rows += [rf"&\text{{{heading}}} \\"] * bool(mine)
            for x in mine:
                left, right = x.latex.split(" = ", 1)
                rows.append(rf"{left} &= {right} && \in {x.shape} \\")
        rows.append(r"&\text{where} \\")
        rows += [rf"{of} &\in {shape} && \text{{{about}}} \\" for of, shape, about in self.where]
        return "\n".join([r"\begin{aligned}", *rows, r"\end{aligned}"])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/latex": f"$${self}$$", "text/plain": str(self)}


def equations(lowered: Lowered, columns: bool) -> Equations:
    """The equations of a program; `columns` says whether an example is a column."""
    about = {block.name: block.about for block in lowered.blocks}
    source = written(_Lines, lowered._replace(outputs=list(lowered.as_written)))
    writer = _Writer(source, columns)
    every: list[Equation] = []
    is_backward = False
    for text, x in source.lines:
        symbol, name = writer.symbols[x], source.names[x]
        try:
            right = writer.made(x, writer.is_turned(x)).text
        except _NotMatrices:
            right = rf"\mathtt{{{latex_code(text)}}}"
        if any(name == other.name for other in every):  # of several statements the first
            continue
        is_early = is_backward and _is_softmax(x)  # of what the loss is made of
        place = next(i for i, e in enumerate(every) if e.name == "loss") if is_early else len(every)
        made = Equation(name, f"{symbol} = {right}", writer.set_of(x), is_backward and not is_early)
        every.insert(place, made)
        is_backward = is_backward or x is source.loss
    where = []
    for x in source.order:
        if x.op in ("input", "parameter", "constant"):
            name = writer.named(x)
            what = about.get(name, "") or {"input": "an input"}.get(x.op, "numbers")
            where.append((writer.symbols[x], writer.set_of(x), latex_text(what)))
        if writer.symbols.get(x, "").startswith((r"\Delta", r"\delta")):
            what = f"the gradient of the loss by {source.names[x][1:]}"
            where.append((writer.symbols[x], writer.set_of(x), latex_text(what)))
    return Equations(tuple(every), tuple(where))


class _Lines(NumpySource):
    """Says which arrays have a line, and their names."""

    spellings = NumpySource.spellings | {
        str(p): ("f({}, {}, {})" if len(p.arguments) == 3 else "f({})", TIGHT)
        for p in TABLE.values()
        if str(p) not in NumpySource.spellings
    }

    def _logsumexp(self, x: Array) -> Expression:
        return Expression(f"logsumexp({self._of(x.args[0]).text})", TIGHT, 2)

    def _elementwise(self, x: Array) -> Expression:
        for a in x.operands if x.op not in LINEAR else ():  # the z of h = tanh(z)
            if a.shape and a not in self.names and re.fullmatch(r"z\d*", self._designation(a)):
                self._on_a_line(a)
        return super()._elementwise(x)

    def _needs_a_line(self, x: Array, expression: Expression) -> bool:
        return _is_softmax(x) or super()._needs_a_line(x, expression)

    def _designation(self, x: Array) -> str:
        return "p" if _is_softmax(x) else super()._designation(x)


class _NotMatrices(Exception):
    """An array is not an expression of matrices."""


class _Writer:
    """Writes arrays as LaTeX.

    Args:
        source: says which have a name.
        columns: whether an example is a column.
    """

    def __init__(self, source: Source, columns: bool) -> None:
        self._source, self._columns = source, columns
        self.symbols: dict[Array, str] = {}
        self._arrays = {name: x for x, name in source.names.items()}
        for x in source.order:
            if x in source.names or x.op == "constant":
                self.symbols[x] = unused(self._symbol(x), self.symbols.values())

    def named(self, x: Array) -> str:
        return self._source.names.get(x) or self._source.expressions[x].text

    def _symbol(self, x: Array) -> str:
        name, rank = self.named(x), len(x.shape)
        if x is self._source.loss:
            return "L"
        if name.startswith("d") and x.gradient_of is not None:
            if match := re.fullmatch(r"dz(\d*)", name):
                return (r"\Delta" if rank > 1 else r"\delta") + f"_{{{match[1]}}}" * bool(match[1])
            of = self._arrays.get(name[1:])
            letter = self.symbols[of] if of in self.symbols else latex_name(name[1:])
            return rf"\frac{{\partial L}}{{\partial {letter}}}"
        if re.fullmatch(r"[A-Za-z]\d*", name):
            letter = name[0].upper() if rank > 1 else name[0].lower()
            bold = rf"\mathbf{{{letter}}}" if rank else letter
            return bold + f"_{{{name[1:]}}}" * (len(name) > 1)
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
            return numeral(int(x) if float(x).is_integer() and abs(x) < 1e15 else x)
        if x in self.symbols:
            return _transposed(Formula(self.symbols[x]), x, t != self.is_turned(x))
        return self.made(x, t)

    def made(self, x: Array, t: bool) -> Formula:
        """What an array is made of, or the transpose of that."""
        if max(len(x.shape), *[len(a.shape) for a in x.operands], 0) > 2:
            raise _NotMatrices
        if x.op.__class__ is not str:
            return self._elementwise(x, t)
        write = getattr(self, f"_{x.op}", None)
        if write is None:
            raise _NotMatrices
        return write(x, t)  # type: ignore[no-any-return]

    def _elementwise(self, x: Array, t: bool) -> Formula:
        if any(len(a.shape) == 1 and a.is_batched and len(x.shape) == 2 for a in x.operands):
            raise _NotMatrices
        if _is_softmax(x):
            inner = self.of(x.args[0].args[0], t).text
            return Formula(rf"\operatorname{{softmax}}({inner})")
        args = [self.of(a, t) for a in x.args]
        sizes = [_size(a) for a in x.args]
        if x.op in (multiply, divide) and (1, 1) in sizes[-2:]:
            return self._scaled(x, *args, *sizes)
        if x.op is multiply and sizes[0][1] == sizes[1][0] == 1:
            return _product(*(args[::-1] if t else args))  # a column by a row
        if x.op is multiply and args[0].text == args[1].text:
            return Formula(rf"{_inside(args[0], ATOM)}^{{{HADAMARD} 2}}", PRODUCT)
        if x.op in (multiply, divide):
            sign = HADAMARD if x.op is multiply else DIVIDED
            return Formula(f" {sign} ".join(_inside(a, PRODUCT, ATOM) for a in args), PRODUCT)
        if x.op in (add, subtract):
            right = _inside(args[1], SUM if x.op is add else PRODUCT)
            return Formula(f"{args[0]} {x.op.name} {right}", SUM)
        if x.op is negate:
            return Formula(f"-{_inside(args[0], PRODUCT)}", SUM)
        if x.op is power and sizes[1] == (1, 1):
            exponent = f"{HADAMARD} {args[1]}" if _size(x) != (1, 1) else args[1]
            return Formula(f"{_inside(args[0], ATOM)}^{{{exponent}}}", PRODUCT)
        if x.op in RELATIONS:
            condition = f"[{args[0]} {RELATIONS[x.op].replace('==', '=')} {args[1]}]"
            if x.args[2:] == (1.0, 0.0):
                return Formula(condition)
            return Formula(rf"\operatorname{{where}}({condition}, {args[2]}, {args[3]})")
        if str(x.op) == "step":
            return Formula(f"[{args[0]} > 0]")
        if x.op is exp:
            return Formula(rf"\exp({args[0]})")
        return applied(x.op, args)

    def _scaled(self, x: Array, a: Formula, b: Formula, *sizes: Any) -> Formula:
        """A product with a single number, or a quotient by one."""
        if x.op is divide:
            if sizes[1] != (1, 1):
                return Formula(f"{_inside(a, PRODUCT)} {DIVIDED} {_inside(b, ATOM)}", PRODUCT)
            if sizes[0] == (1, 1):
                return Formula(rf"\frac{{{a}}}{{{b}}}", PRODUCT)
            return _product(Formula(rf"\frac{{1}}{{{b}}}"), a)
        if a.text == b.text:
            return Formula(f"{_inside(a, ATOM)}^{{2}}", PRODUCT)
        return _product(a, b) if sizes[0] == (1, 1) else _product(b, a)

    def _matmul(self, x: Array, t: bool) -> Formula:
        left, right = x.args
        if left is right and len(left.shape) == 1:
            return _norm(self.of(left, self.is_turned(left)))
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
        return _product(one, other)

    def _vdot(self, x: Array, t: bool) -> Formula:
        a, b = x.args
        one, other = self.of(a, self.is_turned(a)), self.of(b, self.is_turned(a))
        return _norm(one) if a is b else Formula(rf"\langle {one}, {other} \rangle")

    def _sum(self, x: Array, t: bool) -> Formula:
        [a] = x.args
        ones = r"\mathbf{1}"
        if len(x.info) == len(a.shape) == 2:
            inner = _inside(self.of(a, self.is_turned(a)), ATOM)
            return Formula(rf"{ones}{TOP} {inner} {ones}", PRODUCT)
        if len(a.shape) == 1:  # of a column or a row
            turned, down = self.is_turned(a), a.is_batched != self.is_turned(a)
        else:  # 1' A is a row, which an array of one axis is unless it is batched; and A 1 a column
            turned = t != (x.info == (1,) and not x.is_batched)
            down = (x.info == (0,)) != turned
        inner = _inside(self.of(a, turned), ATOM)
        return Formula(f"{ones}{TOP} {inner}" if down else f"{inner} {ones}", PRODUCT)

    def _logsumexp(self, x: Array, t: bool) -> Formula:
        inner = self.of(x.args[0], t).text
        return Formula(rf"\operatorname{{logsumexp}}({inner})")

    def _transpose(self, x: Array, t: bool) -> Formula:
        return self.of(x.args[0], not t)

    def _reshape(self, x: Array, t: bool) -> Formula:
        [a] = x.args
        if _size(x) == _size(a):
            return self.of(a, t)
        if _size(x) == _size(a)[::-1] and 1 in _size(x):
            return self.of(a, not t)
        raise _NotMatrices

    def _broadcast(self, x: Array, t: bool) -> Formula:
        return self.of(x.args[0], t)

    def _count(self, x: Array, t: bool) -> Formula:
        return Formula("n")


def _size(x: Any) -> tuple[int, int]:
    """Rows and columns of the matrix that an array is, with an example in each row."""
    if x.__class__ is not Array or x.shape == ():
        return (1, 1)
    if len(x.shape) == 1:
        return (x.shape[0], 1) if x.is_batched else (1, x.shape[0])
    rows, columns = x.shape
    return rows, columns


def _is_softmax(x: Array) -> bool:
    """Whether it is exp(z - logsumexp(z)), of each row."""
    if x.op is not exp or x.args[0].op is not subtract:
        return False
    z, column = x.args[0].args
    lse = column.args[0] if column.__class__ is Array and column.op == "reshape" else None
    return lse is not None and lse.op == "logsumexp" and lse.args[0] is z


def _inside(x: Formula, level: int, braced: int | None = None) -> str:
    is_bare = x.level >= level and not (level > SUM and x.text.startswith("-"))
    return x.text if is_bare else f"({x.text})"


def _product(a: Formula, b: Formula) -> Formula:
    return Formula(rf"{_inside(a, PRODUCT)} \, {_inside(b, PRODUCT)}", PRODUCT)


def _norm(x: Formula) -> Formula:
    return Formula(rf"\lVert {x} \rVert^{{2}}", PRODUCT)


def _transposed(x: Formula, of: Array, t: bool) -> Formula:
    return Formula(f"{x}{TOP}") if t and _size(of) != (1, 1) else x


def latex_code(text: str) -> str:
    """A line of code within \\mathtt{}."""
    right = text.split("\n")[0].partition(" = ")[2] or text
    return re.sub(r"([#$%&_{}])", r"\\\1", right).replace(" ", r"\ ")


def latex_text(text: str) -> str:
    return re.sub(r"([#$%&_{}])", r"\\\1", text)
