"""A program on which an engine fails: what is wrong, in a sentence, and the program as code."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...primitives import fsum
from ...rules import Primitive
from .adapters import constant
from .judging import Difference, Numbers
from .questions import LAST, SCENARIOS, Answer, Question

LONG = 60  # operations of a program that is written out
SPELLED = {
    "make": "Value({})",
    "data": "{}.data",
    "gradient": "{}.grad",
    "backward": "{}.backward()",
}
TOLD = {
    "hang": "does not end",
    "exit": "ends the process of Python, with {}",
    "crash": "crashes the interpreter ({})",
    "MemoryError": "needs more memory than it may have",
    "SystemExit": "calls sys.exit()",
    "not a number": "does not give a number: {}",
}
COMPARED = ("{a, b}", "a == a", "a < b")
COMPARISONS = (
    "two scalars of different numbers are one element of a set",
    "a == a is False",
    "2.0 < 3.0 is not what a < b says of scalars",
)


class Failure(NamedTuple):
    """A program, what the engine answers, and what is right."""

    question: Question
    answer: Answer  # the engine's
    difference: Difference | None = None  # None if it is not even asked for numbers
    right: Numbers | None = None  # the right answer, if there is one

    @property
    def names(self) -> list[str]:
        """The variables of the inputs and nodes in code."""
        count = len(self.question.program.inputs) + len(self.question.program.nodes)
        if count <= 26:
            return list(string.ascii_lowercase[:count])
        if len(self.question.program.nodes) > LONG:  # a chain
            return [*"ab", *"c" * (count - 2)]
        return [f"v{i}" for i in range(count)]

    def sentence(self) -> str:
        """What is wrong, in one sentence."""
        if self.answer.problem:
            return f"{self._where()} {self._told()}"
        if self.difference is None:
            return ""
        what, i, expected, got, _ = self.difference
        if self.question.scenario == "comparisons":
            return COMPARISONS[i]
        numbers = f"is {numeral(got)}, where {numeral(expected)} is right"
        if what == "data":
            return f"{self.expression(i)} {numbers}"
        return f"{SCENARIOS[self.question.scenario].after}the gradient of {self.names[i]} {numbers}"

    def _told(self) -> str:
        problem, message = self.answer.problem, self.answer.message
        raised = f"raises {problem}" + (": {}" if message else "")
        return TOLD.get(problem, raised).format(message)

    def _where(self) -> str:
        """The line at which there is a problem."""
        names, k = self.names, len(self.answer.data)
        if self.question.scenario == "comparisons":
            return COMPARED[k]
        if self.answer.problem in LAST:  # nothing is known of how far it got
            return f"{self.line(len(names) - 1)}; {names[-1]}.backward()"
        return self.line(k) if k < len(names) else f"{names[-1]}.backward()"

    def line(self, i: int) -> str:
        """The line that makes a scalar."""
        if i < len(self.question.program.inputs):
            return f"making a scalar of {self.question.program.inputs[i]}"
        return f"{self.names[i]} = {self.expression(i)}"

    def expression(self, i: int, spelled: Mapping[str, str] | None = None) -> str:
        """What a scalar is made of; as the rule table writes it, or as code for the engine."""
        program, names = self.question.program, self.names
        if i < len(program.inputs):
            return names[i]
        row, operands = program.nodes[i - len(program.inputs)]
        shown = [names[x] if x.__class__ is int else _shown(x) for x in operands]
        return _call(row, shown, spelled)

    def first(self) -> str:
        """The first node of the backward pass that is wrong, in a sentence; or ""."""
        found = self.difference.first if self.difference else None
        if self.difference is None or self.right is None or found in (None, self.difference.place):
            return ""
        if found < len(self.question.program.inputs):
            return ""  # what passed on to it is at fault
        return (
            f"In the backward pass, {self.names[found]} is the first with a wrong gradient: "
            f"{numeral(self.answer.gradients[found])}, where "
            f"{numeral(self.right.gradients[found])} is right."
        )

    def code(self, spelled: Mapping[str, str], imports: str) -> str:
        """The program as code for the engine."""
        spelled = {**SPELLED, **spelled}
        lines = [imports, ""] if imports else []
        lines += self._function(spelled) if "grad" in spelled else self._graph(spelled)
        return "\n".join(lines)

    def _graph(self, spelled: Mapping[str, str]) -> Iterator[str]:
        """A graph is built, and backward() called on it."""
        names, difference = self.names, self.difference
        for name, x in zip(names, self.question.program.inputs):
            yield f"{name} = {spelled['make'].format(repr(x))}"
        back, is_early = spelled["backward"], difference is not None and difference.what == "data"
        told = {
            "build": list(self._built(spelled)),
            "backward": [] if is_early else [back.format(names[-1])],
            "earlier": [back.format(names[-2:][0])],
            "zero": ["# every gradient is set to 0"],
            "change": [f"{spelled['data'].format('a')} += 1"],
            "other": [f"# {back.format(names[-1])} is called on another graph, too"],
            "differentiate": [f"# {spelled['gradient'].format('a')} is differentiated in turn"],
            "compare": ["print(len({a, b}), a == a, a < b)"],
        }
        for step in SCENARIOS[self.question.scenario].steps:
            yield from told[step]
        if difference and not self.answer.problem and self.question.scenario != "comparisons":
            read = spelled["data" if is_early else "gradient"].format(names[difference.place])
            yield f"print({read})  # {numeral(difference.expected)} is right"

    def _built(self, spelled: Mapping[str, str]) -> Iterator[str]:
        """A line for each operation; a long chain of one is a loop."""
        program, names = self.question.program, self.names
        count = len(program.inputs)
        is_long = len(program.nodes) > LONG
        for i in range(count, count + 1 if is_long else len(names)):
            yield f"{names[i]} = {self.expression(i, spelled)}"
        if is_long:
            yield f"for _ in range({len(program.nodes) - 1}):"
            yield f"    {names[-1]} = {self.expression(count + 1, spelled)}"

    def _function(self, spelled: Mapping[str, str]) -> Iterator[str]:
        """A function is written, and differentiated."""
        at, names = list(map(repr, self.question.program.inputs)), self.names
        yield f"def f({', '.join(names[: len(at)])}):"
        yield from (f"    {line}" for line in self._built(spelled))
        yield f"    return {names[-1]}"
        i = min(self.difference.place if self.difference else 0, len(at) - 1)
        call = ", ".join([*at[:i], names[i], *at[i + 1 :]])
        yield f"grad(lambda {names[i]}: f({call}))({at[i]})"


def _call(row: Primitive, operands: Sequence[str], spelled: Mapping[str, str] | None) -> str:
    if row is fsum:
        return f"sum([{', '.join(operands)}])"
    if spelled is None:
        return row.call_text(operands)
    if row.operator:
        return f"abs({operands[0]})" if row.operator == "abs" else row.call_text(operands)
    rest = ", ".join(operands[1:])
    template = spelled.get(row.name, f"{{}}.{row.name}({{}})")
    return template.format(operands[0], f", {rest}" if rest and template[0] != "{" else rest)


def _shown(x: float) -> str:
    text = repr(constant(x))
    return f"({text})" if x < 0 else text


def numeral(x: float | None) -> str:
    """A number as Python prints it; with fewer digits where those are noise."""
    return repr(x) if x is None or len(repr(x)) <= 8 else f"{x:.10g}"
