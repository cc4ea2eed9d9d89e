r"""A program as mathematics: matrix equations in LaTeX, forward and backward.

Every array of at most two axes is a matrix. An example is a row: an array of a number for each
example is a column vector, and one of parameters, or a sum over the examples, a row vector. So a
layer is Z = X W' + b, where b is added to every row. With columns an example is a column, vectors
are the other way round, and the layer is Z = W X + b. Any other line is shown as
code.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from ..formulas import ATOM, PRODUCT, SUM, Formula, applied, latex_name, numeral, unused
from ..primitives import TABLE, add, divide, exp, multiply, negate, power, subtract
from .arithmetic import RELATIONS
from .arrays import Array, Shape
from .backends.numpy import NumpySource
from .backends.source import Source, written
from .expression import ATOM as TIGHT
from .expression import Expression
from .pipeline import Lowered

TOP = r"^{\top}"
LINEAR = (add, subtract, multiply, divide, negate)
SIGNS = {"<": "<", ">": ">", "<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne"}
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
    """The equations of a program. A notebook shows them typeset; .latex, or str(), is LaTeX.

    Attributes:
        every: in their order, those of the forward pass first.
        where: (symbol, shape, what it is) for the name of each input, parameter and constant, and
            of each gradient by the z of a layer.
    """

    every: tuple[Equation, ...]
    where: dict[str, tuple[str, str, str]]

    @property
    def latex(self) -> str:
        """An aligned block: the equations with the sets they are in, then what the symbols are."""
        rows = []
        for heading, is_backward in (("forward", False), ("backward", True)):
            mine = [x for x in self.every if x.is_backward == is_backward]
            rows += [rf"&\text{{{heading}}} \\"] * bool(mine)
            for x in mine:
                left, right = x.latex.split(" = ", 1)
                rows.append(rf"{left} &= {right} && \in {x.shape} \\")
        rows.append(r"&\text{where} \\")
        rows += [
            rf"{of} &\in {shape} && \text{{{about}}} \\" for of, shape, about in self.where.values()
        ]
        return "\n".join([r"\begin{aligned}", *rows, r"\end{aligned}"])

    def __str__(self) -> str:
        return self.latex

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/latex": f"$${self.latex}$$", "text/plain": self.latex}


def equations(lowered: Lowered, columns: bool) -> Equations:
    """The equations of a program; `columns` says whether an example is a column."""
    about = {block.name: block.about for block in lowered.blocks}
    source = written(_Lines, _exchanged(lowered))
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
        place = [e.name for e in every].index("loss") if is_early else len(every)
        made = Equation(name, f"{symbol} = {right}", writer.set_of(x), is_backward and not is_early)
        every.insert(place, made)
        is_backward = is_backward or x is source.loss
    where = {}
    for x in source.order:
        if x.op in ("input", "parameter", "constant"):
            name = writer.named(x)
            what = about.get(name, "") or {"input": "an input"}.get(x.op, "numbers")
            where[name] = writer.symbols[x], writer.set_of(x), latex_text(what)
        if writer.symbols.get(x, "").startswith((r"\Delta", r"\delta")):
            name = source.names[x]
            what = latex_text(f"the gradient of the loss by {name[1:]}")
            where[name] = writer.symbols[x], writer.set_of(x), what
    return Equations(tuple(every), where)


class _Lines(NumpySource):
    """Says which arrays have an equation, and their names, which are those of the source."""

    spellings = NumpySource.spellings | {
        str(p): ("f({}, {}, {})" if len(p.arguments) == 3 else "f({})", TIGHT)
        for p in TABLE.values()
        if str(p) not in NumpySource.spellings
    }

    def __init__(self, outputs: Any, names: Any, arguments: Any, lowered: Lowered) -> None:
        shown = written(NumpySource, _exchanged(lowered)).names
        self._known = {_made_of(x): name for x, name in shown.items() if _made_of(x)}
        self._shown = {*shown.values()}
        super().__init__(outputs, names, arguments, lowered)

    def _name(self, x: Array) -> str:
        known = "loss" if x is self.loss else self._known.pop(_made_of(x), None)
        self._taken |= self._shown
        return known or super()._name(x)

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


def _exchanged(lowered: Lowered) -> Lowered:
    """The program as it was written for the one with a stable softmax, and the other way round."""
    return lowered._replace(outputs=list(lowered.as_written), as_written=lowered.outputs)


def _made_of(x: Array) -> Any:
    """What tells an array in another form of its program: its scalars, or whose gradient it is."""
    if x.gradient_of is not None:
        inner = _made_of(x.gradient_of)
        return inner and ("gradient", inner)
    return None if x.scalars is None else (x.scalars.shape, x.scalars.tobytes())


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
            return self._along("softmax", x, x.args[0].args[0], t != self._columns)
        inner = [self._unspread(a) for a in x.args]
        sizes = [_size(a) for a in inner]
        if tuple(map(max, *map(_lengths, sizes), (1, 1))) != _lengths(_size(x)):
            raise _NotMatrices
        args = [self.of(a, t) for a in inner]
        if x.op in (multiply, divide) and (1, 1) in sizes[-2:]:
            return self._scaled(x, t, *args, *sizes)
        if x.op is multiply and sizes[0][1] == sizes[1][0] == 1:
            return _product(*(args[::-1] if t else args))  # a column by a row
        if x.op is multiply and args[0].text == args[1].text:
            return Formula(rf"{_inside(args[0], ATOM)}^{{{HADAMARD} 2}}", PRODUCT)
        if x.op in (multiply, divide):
            sign = HADAMARD if x.op is multiply else DIVIDED
            return Formula(f" {sign} ".join(_inside(a, PRODUCT) for a in args), SUM)
        if x.op in (add, subtract):
            right = _inside(args[1], SUM if x.op is add else PRODUCT)
            return Formula(f"{args[0]} {x.op.name} {right}", SUM)
        if x.op is negate:
            level = SUM if x.args[0].op in (multiply, divide) else PRODUCT
            return Formula(f"-{_inside(args[0], level)}", SUM)
        if x.op is power and sizes[1] == (1, 1):
            exponent = f"{HADAMARD} {args[1]}" if _size(x) != (1, 1) else args[1]
            return Formula(f"{_inside(args[0], ATOM)}^{{{exponent}}}", PRODUCT)
        if x.op in RELATIONS:
            condition = f"[{args[0]} {SIGNS[RELATIONS[x.op]]} {args[1]}]"
            if x.args[2:] == (1.0, 0.0):
                return Formula(condition)
            return Formula(rf"\operatorname{{where}}({condition}, {args[2]}, {args[3]})")
        if str(x.op) == "step":
            return Formula(f"[{args[0]} > 0]")
        if x.op is exp:
            return Formula(rf"\exp({args[0]})")
        return applied(x.op, args)

    def _scaled(self, x: Array, t: bool, a: Formula, b: Formula, *sizes: Any) -> Formula:
        """A product with a single number, or a quotient by one."""
        if x.op is divide:
            if sizes[1] != (1, 1):
                return Formula(f"{_inside(a, PRODUCT)} {DIVIDED} {_inside(b, ATOM)}", SUM)
            if sizes[0] == (1, 1):
                return Formula(rf"\frac{{{a}}}{{{b}}}", PRODUCT)
            above, inner = "1", x.args[0]
            if inner.op is multiply and inner.args[0].__class__ is float and inner.args[0] > 0:
                above, a = self.of(inner.args[0], False).text, self.of(inner.args[1], t)
            return _product(Formula(rf"\frac{{{above}}}{{{b}}}"), a)
        if a.text == b.text:
            return Formula(f"{_inside(a, ATOM)}^{{2}}", PRODUCT)
        number, other, of = (a, b, x.args[0]) if sizes[0] == (1, 1) else (b, a, x.args[1])
        if of.__class__ is Array and of.op in ("matmul", "sum") and of not in self.symbols:
            number = Formula(f"({number})")  # of vectors
        return _product(number, other)

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
        [a] = x.args  # of the rows: a column, which an array of one axis is if it is batched
        is_turned = len(a.shape) == 2 and not x.is_batched
        return self._along("logsumexp", x, a, t != (self._columns != is_turned))

    def _along(self, function: str, x: Array, a: Array, t: bool) -> Formula:
        """A function of each row, or of each column if these are the examples."""
        inner = self.of(a, self._columns).text
        return _transposed(Formula(rf"\operatorname{{{function}}}({inner})"), x, t)

    def _slice(self, x: Array, t: bool) -> Formula:
        [a] = x.args
        turned = self.is_turned(a) if a in self.symbols else t
        index = [":" if b is None else f"{b[0]}:{b[1]}" for b in x.info]
        index = [i.split(":")[0] if n == 1 else i for i, n in zip(index, x.shape)]
        if turned:
            index.reverse()
        part = Formula(f"{{{_inside(self.of(a, turned), ATOM)}}}_{{[{', '.join(index)}]}}")
        return _transposed(part, x, t != turned)

    def _concatenate(self, x: Array, t: bool) -> Formula:
        """Blocks beside each other, or below."""
        below = x.info == 0 and (len(x.shape) == 2 or x.is_batched)
        inner = (r" \\ " if below != t else " & ").join(self.of(a, t).text for a in x.args)
        return Formula(rf"\begin{{bmatrix}} {inner} \end{{bmatrix}}")

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
        if x.operands and _size(x) != _size(x.args[0]):
            raise _NotMatrices
        return self.of(x.args[0], t)

    def _unspread(self, x: Any) -> Any:
        """An operand that another one spreads, as it was."""
        is_spread = x.__class__ is Array and x.op == "broadcast" and x not in self.symbols
        return x.args[0] if is_spread and len(_shape(x.args[0])) in (0, len(x.shape)) else x

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


def _shape(x: Any) -> Shape:
    return x.shape if x.__class__ is Array else ()


def _lengths(size: tuple[int, int]) -> tuple[float, float]:
    """In order of size, where that of the batch is the largest."""
    rows, columns = (math.inf if n < 0 else n for n in size)
    return rows, columns


def _is_softmax(x: Array) -> bool:
    """Whether it is exp(z - logsumexp(z)), of each row."""
    if x.op is not exp or x.args[0].op is not subtract:
        return False
    z, column = x.args[0].args
    lse = column.args[0] if column.__class__ is Array and column.op == "reshape" else None
    return lse is not None and lse.op == "logsumexp" and lse.args[0] is z


def _inside(x: Formula, level: int) -> str:
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
