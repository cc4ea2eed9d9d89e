r"""A program as mathematics: matrix equations in LaTeX, forward and backward.

A loop has the equations of one step, with its index.

An example is a row, so that a layer is Z = X W' + b, where b is added to every row; or a column,
and then the layer is Z = W X + b. What is not an expression of matrices is shown as code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from ..primitives import TABLE, add, divide, multiply, negate, subtract
from .arrays import Array
from .backends.numpy import NumpySource
from .backends.source import Source, written
from .expression import ATOM as TIGHT
from .expression import Expression
from .indexed import Indexed, NoIndices
from .matrices import NotMatrices, Writer, is_softmax
from .pipeline import Lowered

LINEAR = (add, subtract, multiply, divide, negate)


class Equation(NamedTuple):
    """What one array is.

    Attributes:
        name: of the array, in the source.
        latex: symbol = .., without its shape.
        shape: in which set the symbol is, in LaTeX.
        is_backward: whether it belongs to the gradient.
        steps: the range of its index, in the order in which it is computed; "" for one that has
            none. Those of a loop follow each other, and are computed together, step by step.
    """

    name: str
    latex: str
    shape: str
    is_backward: bool
    steps: str = ""

    @property
    def place(self) -> str:
        """Where the symbol is, in LaTeX: in its set, for these steps."""
        return self.shape + rf", \quad {self.steps}" * bool(self.steps)


class Equations(NamedTuple):
    """The equations of a program. A notebook shows them typeset; .latex, or str(), is LaTeX.

    Attributes:
        every: in their order, those of the forward pass first.
        where: (symbol, shape, what it is) for the name of each input, parameter and constant, and
            of each gradient by the z of a layer; for "x[:, t - 1]", what is read in step t.
        note: what else is to be said of them, or "".
    """

    every: tuple[Equation, ...]
    where: dict[str, tuple[str, str, str]]
    note: str = ""

    @property
    def latex(self) -> str:
        """An aligned block: the equations with the sets they are in, then what the symbols are."""
        rows = []
        for heading, is_backward in (("forward", False), ("backward", True)):
            mine = [x for x in self.every if x.is_backward == is_backward]
            rows += [rf"&\text{{{heading}}} \\"] * bool(mine)
            for x in mine:
                left, right = x.latex.split(" = ", 1)
                rows.append(rf"{left} &= {right} && \in {x.place} \\")
        rows.append(r"&\text{where} \\")
        rows += [
            rf"{of} &\in {shape} && \text{{{about}}} \\" for of, shape, about in self.where.values()
        ]
        rows += [rf"&\text{{{latex_text(self.note)}}} \\"] * bool(self.note)
        return "\n".join([r"\begin{aligned}", *rows, r"\end{aligned}"])

    def __str__(self) -> str:
        return self.latex

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/latex": f"$${self.latex}$$", "text/plain": self.latex}


def with_loops(lowered: Lowered, columns: bool) -> Equations:
    """The equations of a program, with an index for its loops; or with the steps written out, if
    these cannot be told apart by one."""
    try:
        return equations(lowered, columns)
    except NoIndices as error:
        assert lowered.otherwise is not None
        note = f"the steps of its loops are written out: {error}"
        return equations(lowered.otherwise(), columns)._replace(note=note)


def equations(lowered: Lowered, columns: bool) -> Equations:
    """The equations of a program; `columns` says whether an example is a column.

    Raises:
        NoIndices: there are none of one of its loops.
    """
    source = written(_Lines, _exchanged(lowered))
    has_loops = any(x.op == "loop" for x in source.order)
    writer = Indexed(source, columns) if has_loops else Writer(source, columns)
    every = _every(source, writer)
    if isinstance(writer, Indexed):
        every += _gradients(source, writer, every)
    return Equations(tuple(every), _where(source, writer, lowered, every))


def _every(source: Source, writer: Writer) -> list[Equation]:
    every: list[Equation] = []
    is_backward = False
    for text, x in source.lines:
        if isinstance(writer, Indexed):
            if x.op == "loop":
                every += _of_loop(source, writer, x, is_backward)
            if writer.is_of_loop(x) or x not in writer.symbols:
                continue
        name = source.names[x]
        if any(name == other.name for other in every):  # of several statements the first
            continue
        is_early = is_backward and is_softmax(x)  # of what the loss is made of
        position = [e.name for e in every].index("loss") if is_early else len(every)
        latex = f"{writer.symbols[x]} = {_right(writer, x, text)}"
        made = Equation(name, latex, writer.set_of(x), is_backward and not is_early)
        every.insert(position, made)
        is_backward = is_backward or x is source.loss
    return every


def _right(writer: Writer, x: Array, text: str) -> str:
    """What an array is made of; as the code, where that is not an expression of matrices."""
    try:
        return writer.right_side(x)
    except NotMatrices:
        before, adds, more = text.partition(" += ")
        if adds and isinstance(writer, Indexed):  # to a sum over the steps
            [total] = [a for a in x.args if writer.steps.goes_on(a)]
            with suppress(NotMatrices):
                left = writer.of(total, writer.is_turned(x))
                return rf"{left} + \mathtt{{{latex_code(f'{before} = {more}')}}}"
        return rf"\mathtt{{{latex_code(text)}}}"


def _of_loop(source: Source, writer: Indexed, loop: Array, is_backward: bool) -> Iterator[Equation]:
    """The equations of a loop."""
    texts: dict[Array, str] = {}
    for text, x in source.lines:
        texts.setdefault(x, text)
    for name, symbol, x, is_made, steps in writer.statements(loop):
        if is_made:
            text = source.expressions[x].text if x in source.expressions else ""
            right = _right(writer, x, texts.get(x) or text)
        else:
            right = writer.of(x, writer.is_turned(x)).text
        yield Equation(name, f"{symbol} = {right}", writer.set_of(x), is_backward, steps)


def _gradients(source: Source, writer: Indexed, every: Sequence[Equation]) -> Iterator[Equation]:
    """Those of parameters that are an item of what a loop gives, and have another symbol."""
    known = {e.latex.split(" = ", 1)[0] for e in every}
    for x in source.order:
        if x.op == "parameter" and source.loss is not None:
            place = 1 + x.info
            y, symbol = source.outputs[place], writer.gradient_by(x)
            if symbol not in known and not writer.is_known(symbol):
                right = writer.of(y, writer.is_turned(y)).text
                name = f"d{source.names[x]}"
                yield Equation(name, f"{symbol} = {right}", writer.set_of(x), True)


def _where(
    source: Source, writer: Writer, lowered: Lowered, every: Sequence[Equation]
) -> dict[str, tuple[str, str, str]]:
    about = {block.name: block.about for block in lowered.blocks}
    called = {e.latex.split(" = ", 1)[0]: e.name for e in every}
    where = {}
    for x in source.order:
        if x.op in ("input", "parameter", "constant"):
            name = writer.named(x)
            what = about.get(name, "") or {"input": "an input"}.get(x.op, "numbers")
            where[name] = writer.symbols[x], writer.set_of(x), latex_text(what)
        if writer.symbols.get(x, "").startswith((r"\Delta", r"\delta")):
            name = source.names.get(x) or called.get(writer.symbols[x], "")
            if not name:  # what a loop reads, one for each step
                continue
            of = name[1:]
            if x.gradient_of is not None and not name.startswith("d"):  # in a loop
                of = source.names.get(x.gradient_of, of)
            what = latex_text(f"the gradient of the loss by {of}")
            where[name] = writer.symbols[x], writer.set_of(x), what
    for part in writer.parts if isinstance(writer, Indexed) else ():
        what = rf"{latex_text(part.code)} for }}{part.steps}\text{{"
        where[part.code] = part.symbol, writer.set_of(part.shape), what
    return where


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
        return is_softmax(x) or super()._needs_a_line(x, expression)

    def _designation(self, x: Array) -> str:
        return "p" if is_softmax(x) else super()._designation(x)


def _exchanged(lowered: Lowered) -> Lowered:
    """The program as it was written for the one with a stable softmax, and the other way round."""
    return lowered._replace(outputs=list(lowered.as_written), as_written=lowered.outputs)


def _made_of(x: Array) -> Any:
    """What tells an array in another form of its program: its scalars, or whose gradient it is."""
    if x.gradient_of is not None:
        inner = _made_of(x.gradient_of)
        return inner and ("gradient", inner)
    return None if x.scalars is None else (x.scalars.shape, x.scalars.tobytes())


def latex_code(text: str) -> str:
    """A line of code within \\mathtt{}."""
    right = text.split("\n")[0].partition(" = ")[2] or text
    return re.sub(r"([#$%&_{}])", r"\\\1", right).replace(" ", r"\ ")


def latex_text(text: str) -> str:
    return re.sub(r"([#$%&_{}])", r"\\\1", text)
