"""The lines of nests of loops: each array a number a turn, named as one would by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ...primitives import add, divide, multiply, negate, power, subtract
from ..arrays import VIEWS, Array
from ..expression import ATOM, OPERATORS, UNARY, Expression, operation
from ..names import FUNCTIONS
from .fusion import Nests
from .indices import Index, unflattened

KNOWN = {*FUNCTIONS, *map(str, OPERATORS), "neg", "abs", "**"}


class Loops:
    """The lines of the nests of a program."""

    def __init__(self, nests: Nests) -> None:
        self.nests, self.names = nests, nests.names
        self._texts: dict[Array, Expression] = {}  # of what has been computed
        self._varying: set[Array] = set()  # what depends on an input

    def lines(self, phase: int) -> list[str]:
        """The lines of a phase."""
        lines: list[str] = []
        for number, nest in enumerate(self.nests.phases[phase]):
            index = self.nests.counters(nest.shape)
            self._here = phase, number, index
            self._accumulators: list[str] = []
            body: list[str] = []
            for x in nest.arrays:
                self._write(x, index, body)
            for piece in nest.pieces:
                self._write_piece(piece, index, body)
            lines += self._loop(zip(self.names.letters, nest.shape), body)
        return lines

    @staticmethod
    def _loop(counters: Any, body: Sequence[str]) -> list[str]:
        lines, indent = [], ""
        for letter, n in counters:
            if n > 1:
                lines.append(f"{indent}for {letter} in range({n}):")
                indent += "    "
        return [*lines, *[indent + line for line in body]]

    def _varies(self, x: Array) -> bool:
        """Whether an array depends on an input, and so differs between examples."""
        if x.op == "input" or any(
            a in self._varying or ((a.op == "input" or a.op in VIEWS) and self._varies(a))
            for a in x.operands
        ):
            self._varying.add(x)
        return x in self._varying

    def _write(self, x: Array, index: Sequence[Index], body: list[str]) -> None:
        self._varies(x)
        expression = self._expression(x, index, body)
        if self.nests.is_sum(x):
            name = self._named(x)
            # zero makes lanes of what is the same for every example
            summed = expression.text if self._varies(x) else f"zero + {expression.text}"
            body.append(f"{name}[{listed(index)}] += total({summed})")
            return
        short = expression.operations <= 3 and len(expression.text) < 60
        if self.nests.uses[x] == 1 and short and x not in self.nests.kept:
            self._texts[x] = expression
            return
        name = self._named(x)
        if x in self.nests.kept and x.example_shape:
            element = f"{name}[{listed(index)}]"
            if self.nests.uses[x] > 1 and expression.operations:
                local = self.names.unique(f"{name}_")
                body.append(f"{local} = {expression.text}")
                expression = self._texts[x] = Expression(local, ATOM, 0)
            body.append(f"{element} = {expression.text}")
            self._texts.setdefault(x, Expression(element, ATOM, 0))
        else:
            body.append(f"{name} = {expression.text}")
            self._texts[x] = Expression(name, ATOM, 0)

    def _write_piece(self, piece: Any, index: Sequence[Index], body: list[str]) -> None:
        """Write a piece of an array where it belongs."""
        x, a, start, sign = piece
        at = list(index)
        if a is not None and x.op == "scatter":
            name = f"{self.names.constant(x.info.places)}[{listed(index)}]"
            at = unflattened(Index.counter(name, x.size), x.example_shape)
        elif a is not None:
            at = [p.plus(Index((), s)) for p, s in zip(index, start[x.is_batched :])]
        text = "0.0" if a is None else self._read(*self.nests.resolved(a, index)).text
        body.append(f"{self._named(x)}[{listed(at)}] {sign} {text}")

    def _read(self, x: Any, index: Sequence[Index]) -> Expression:
        """A number of an array, in an expression of the present nest."""
        if x.__class__ is not Array:
            text = repr(float(x)).removesuffix(".0")
            return Expression(text, UNARY if text.startswith("-") else ATOM, 0)
        if x.op == "count":
            return Expression("n", ATOM, 0)
        phase, number, counters = self._here
        if self.nests.at.get(x) == (phase, number) and x in self._texts and list(index) == counters:
            return self._texts[x]
        name = self.names.constant(x.info) if x.op == "constant" else self.names.of[x]
        if not index and x.op != "parameter" and not self.nests.is_sum(x):
            return Expression(name, ATOM, 0)
        return Expression(f"{name}[{listed(index)}]", ATOM, 0)

    def _expression(self, x: Array, index: Sequence[Index], body: list[str]) -> Expression:
        args = [self._read(*read) for read in self.nests.reads(x, index)]
        count = 1 + sum(a.operations for a in args)
        if x.op == "copy":
            return args[0]
        if x.op.__class__ is str:
            return self._reduction(x, args, body)
        found = operation(x.op, args)
        if found is not None:
            return found
        if not (x.op is power or str(x.op) in KNOWN):
            raise ValueError(
                f"backend='numba' cannot compile {x.op.name}, a function of floats; compose it of "
                "the functions of autograd_mini, or use backend='numpy'"
            )
        name = "power" if x.op is power else str(x.op)
        return Expression(f"{name}({', '.join(a.text for a in args)})", ATOM, count)

    def _reduction(self, x: Array, args: Sequence[Expression], body: list[str]) -> Expression:
        """The loop of a sum or a maximum, and the name of its result."""
        product = OPERATORS[multiply]
        text = " * ".join(a.within(product) for a in args)
        axes, (_, out) = self.nests.axes(x), self.nests.letters(x)
        counters = [index for c, index in axes.items() if c not in out and index.terms]
        if not counters:
            return Expression(text, product if len(args) > 1 else args[0].binding, len(args))
        name = self.names.accumulator("m" if x.op == "max" else "s", self._accumulators)
        self._accumulators.append(name)
        start = "zero" if any(a.is_batched for a in x.args) else "0.0"
        step = f"{name} = {name} + {text}"  # rows of NumPy would be added to in place
        if x.op == "max":
            start, step = f"{start} - inf", f"{name} = maximum({name}, {text})"
        body.append(f"{name} = {start}")
        body += self._loop([(p.terms[0][0], p.terms[0][2]) for p in counters], [step])
        return Expression(name, ATOM, 0)

    # -- names ----------------------------------------------------------------------------------

    def _named(self, x: Array) -> str:
        if x not in self.names.of:
            if x in self.nests.room:
                self.names.of[x] = self._named(self.nests.room[x])
                return self.names.of[x]
            y = x.gradient_of
            for other, part in self.nests.room.items():  # named after what it becomes
                y = other.gradient_of if part is x else y
            name = f"d{self.names.of.get(y) or self._designation(y)}" if y else self._designation(x)
            name = self.names.unique(name)
            self.names.of[x] = name
        return self.names.of[x]

    def _designation(self, x: Array) -> str:
        if x in self.names.of:
            return self.names.of[x]
        if x.op in VIEWS and x.operands:
            return self._designation(x.operands[0])
        if x.op == "contract":
            used = [self.nests.resolved(a, self.nests.counters(a.example_shape))[0] for a in x.args]
            parameters = [self.names.of[a] for a in used if getattr(a, "op", "") == "parameter"]
            number = re.search(r"\d+$", parameters[-1]) if parameters else None
            return f"z{number[0]}" if number else "z" if parameters and x.is_batched else "v"
        below = [self._designation(a) for a in x.operands]
        found = next((d for d in below if d.startswith("z")), None)
        if found and x.op in (add, subtract, multiply, divide, negate):
            return found
        return "h" + re.sub(r"_.*", "", found[1:]) if found else "v"


def listed(index: Sequence[Index]) -> str:
    """An index as it is written between brackets."""
    return ", ".join(map(str, index)) or "()"
