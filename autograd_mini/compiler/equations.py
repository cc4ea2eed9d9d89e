r"""A program as mathematics: matrix equations in LaTeX, forward and backward.

A loop has the equations of one step, with its index.

An example is a row, so that a layer is Z = X W' + b, where b is added to every row; or a column,
and then the layer is Z = W X + b. What is not an expression of matrices is shown as code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from .arrays import Array
from .backends.source import Source
from .equation_lines import equation_lines
from .indexed import Indexed
from .matrices import NotMatrices, Writer, is_softmax
from .pipeline import Lowered
from .sequences import NoIndices
from .stacks import Stacks

STACKED = (
    "an array of more axes is a stack of matrices: letters in brackets, counted from 1, say which"
)


class Equation(NamedTuple):
    """What one array is.

    Attributes:
        name: of the array, in the source.
        latex: symbol = .., without its shape.
        shape: in which set the symbol is, in LaTeX.
        is_backward: whether it belongs to the gradient.
        steps: the range of its index, in the order in which it is computed; "" for one that has
            none. Those of a loop follow each other, and are computed together, step by step.
        letters: the ranges of its other indices: of the examples, heads, ..
        part: which part of the array the symbol is, as an index in Python; "" for all of it.
    """

    name: str
    latex: str
    shape: str
    is_backward: bool
    steps: str = ""
    letters: str = ""
    part: str = ""

    @property
    def place(self) -> str:
        """Where the symbol is, in LaTeX: in its set, for these steps and letters."""
        ranges = filter(None, [self.steps, self.letters])
        return r", \quad ".join([self.shape, *ranges])


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

    def __repr__(self) -> str:
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
    source = equation_lines(lowered)
    has_loops = any(x.op == "loop" for x in source.order)
    writer = Indexed(source, columns) if has_loops else Writer(source, columns)
    stacks = Stacks(writer, source.order)
    every = _every(source, writer, stacks)
    if isinstance(writer, Indexed):
        every += _gradients(source, writer, every)
    where = _where(source, writer, lowered, every)
    for symbol, (code, shape, letters) in stacks.parts.items():
        where[code] = symbol, shape, rf"{latex_text(code)} for }}{letters}\text{{"
    note = STACKED + "; the part of one example is a row" * columns
    return Equations(tuple(every), where, note * any(e.letters for e in every))


def _every(source: Source, writer: Writer, stacks: Stacks) -> list[Equation]:
    every: list[Equation] = []
    is_backward = False
    texts: dict[Array, str] = {}  # of several statements all
    for text, x in source.lines:
        texts[x] = f"{texts[x]}; {text}" if x in texts else text
    for _, x in source.lines:
        if isinstance(writer, Indexed) and x.op == "loop":
            every += _of_loop(source, writer, stacks, x, texts, is_backward)
        if x not in writer.symbols or (isinstance(writer, Indexed) and writer.is_of_loop(x)):
            continue
        name = source.names[x]
        if any(name == other.name for other in every):
            continue
        is_early = is_backward and is_softmax(x)  # of what the loss is made of
        position = [e.name for e in every].index("loss") if is_early else len(every)
        latex, shape, *rest = _written(writer, stacks, x, writer.symbols[x], texts[x])
        made = Equation(name, latex, shape, is_backward and not is_early, "", *rest)
        every.insert(position, made)
        is_backward = is_backward or x is source.loss
    return every


def _written(writer: Writer, stacks: Stacks, x: Array, symbol: str, text: str) -> tuple[str, ...]:
    """(equation, set, letters, part): of matrices, or of stacks of them; or else the code."""
    with suppress(NotMatrices):
        return f"{symbol} = {writer.right_side(x)}", writer.set_of(x)
    with suppress(NotMatrices):
        left, right, *rest = stacks.sides(x, symbol)
        return f"{left} = {right}", *rest
    for view, inner in writer.views.items():
        text = re.sub(rf"\b{writer.named(view)}\b", lambda _: inner, text)  # noqa: B023
    return f"{symbol} = {_code(writer, x, text)}", writer.set_of(x)


def _code(writer: Writer, x: Array, text: str) -> str:
    """What an array is made of, as the code."""
    before, adds, more = text.partition(" += ")
    if adds and " = " not in before and isinstance(writer, Indexed):  # to a sum over the steps
        [total] = [a for a in x.args if writer.steps.goes_on(a)]
        with suppress(NotMatrices):
            left = writer.of(total, writer.is_turned(x))
            return rf"{left} + \mathtt{{{latex_code(f'{before} = {more}')}}}"
    return rf"\mathtt{{{latex_code(text)}}}"


def _of_loop(
    source: Source,
    writer: Indexed,
    stacks: Stacks,
    loop: Array,
    texts: Mapping[Array, str],
    is_backward: bool,
) -> Iterator[Equation]:
    """The equations of a loop."""
    for name, symbol, x, is_made, steps in writer.statements(loop):
        if is_made:
            text = source.expressions[x].text if x in source.expressions else ""
            latex, shape, *rest = _written(writer, stacks, x, symbol, texts.get(x) or text)
        else:
            right, shape, *rest = writer.of(x, writer.is_turned(x)).text, writer.set_of(x)
            latex = f"{symbol} = {right}"
        yield Equation(name, latex, shape, is_backward, steps, *rest)


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


def latex_code(text: str) -> str:
    """A line of code within \\mathtt{}."""
    right = text.split("\n")[0].partition(" = ")[2] or text
    return re.sub(r"([#$%&_{}])", r"\\\1", right).replace(" ", r"\ ")


def latex_text(text: str) -> str:
    return re.sub(r"([#$%&_{}])", r"\\\1", text)
