"""What is found about a requirement: the smallest program that fails, as code, and why."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...primitives import fsum
from ...rules import Primitive
from .adapters import constant
from .diagnosis import Diagnosis
from .judging import Difference, Numbers
from .questions import Answer, Question
from .requirements import Requirement

LAST = ("hang", "exit", "crash")  # after these an engine is asked nothing more
LONG = 60  # operations of a program that is written out
MARKS = {"passes": "ok", "fails": "FAILS", "differs": "differs", "missing": "-", "not run": "?"}
SPELLED = {
    "make": "Value({})",
    "data": "{}.data",
    "gradient": "{}.grad",
    "backward": "{}.backward()",
}


class Failure(NamedTuple):
    """A program, what the engine answers, and what is right.

    Attributes:
        question: the program, and what is done with it.
        answer: the engine's.
        difference: where it is wrong; None if it is not even asked for numbers.
        right: the right answer, if there is one.
    """

    question: Question
    answer: Answer
    difference: Difference | None = None
    right: Numbers | None = None

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
        names, problem, message = self.names, self.answer.problem, self.answer.message
        if problem:
            k = len(self.answer.data)
            where = self.line(k) if k < len(names) else f"{names[-1]}.backward()"
            if problem in LAST:  # nothing is known of how far it got
                where = f"{self.line(len(names) - 1)}; {names[-1]}.backward()"
            if self.question.scenario == "comparisons":
                where = ("{a, b}", "a == a", "a < b")[k]
            told = {
                "hang": "does not end",
                "exit": f"ends the process of Python, with {message}",
                "crash": f"crashes the interpreter ({message})",
                "MemoryError": "needs more memory than it may have",
                "SystemExit": "calls sys.exit()",
                "not a number": f"does not give a number: {message}",
            }
            raised = f"raises {problem}" + (f": {message}" if message else "")
            return f"{where} {told.get(problem, raised)}"
        if self.difference is None:
            return ""
        what, i = self.difference.what, self.difference.place
        if self.question.scenario == "comparisons":
            return COMPARISONS[i]
        got = "None" if self.difference.got is None else numeral(self.difference.got)
        right = numeral(self.difference.expected)
        if what == "data":
            return f"{self.expression(i)} is {got}, where {right} is right"
        when = AFTER[self.question.scenario]
        return f"{when}the gradient of {names[i]} is {got}, where {right} is right"

    def expression(self, i: int) -> str:
        """What a scalar is made of, as code."""
        program, names = self.question.program, self.names
        count = len(program.inputs)
        if i < count:
            return names[i]
        row, operands = program.nodes[i - count]
        shown = [names[x] if x.__class__ is int else _shown(x) for x in operands]
        return f"sum([{', '.join(shown)}])" if row is fsum else row.call_text(shown)

    def line(self, i: int) -> str:
        if i < len(self.question.program.inputs):
            return f"making a scalar of {self.question.program.inputs[i]}"
        return f"{self.names[i]} = {self.expression(i)}"

    def first(self) -> str:
        """The first node of the backward pass that is wrong, in a sentence; or ""."""
        found = self.difference.first if self.difference else None
        if self.difference is None or self.right is None or found in (None, self.difference.place):
            return ""
        if found < len(self.question.program.inputs):
            return ""  # what passed on to it is at fault
        got = self.answer.gradients[found]
        return (
            f"In the backward pass, {self.names[found]} is the first with a wrong gradient: "
            f"{'None' if got is None else numeral(got)}, where "
            f"{numeral(self.right.gradients[found])} is right."
        )

    def code(self, spelled: Mapping[str, str], imports: str) -> str:
        """The program as code for the engine."""
        program, scenario = self.question
        spelled, names, count = {**SPELLED, **spelled}, self.names, len(program.inputs)
        nodes = program.nodes if len(program.nodes) <= LONG else program.nodes[:1]
        if "grad" in spelled:
            return self._function(spelled, imports)

        def built() -> Iterator[str]:
            for (row, operands), name in zip(nodes, names[count:]):
                shown = [names[x] if x.__class__ is int else _shown(x) for x in operands]
                yield f"{name} = {_call(row, shown, spelled)}"
            if len(nodes) < len(program.nodes):
                yield f"for _ in range({len(program.nodes) - 1}):"
                yield f"    {names[-1]} = {_call(row, [names[-1], *shown[1:]], spelled)}"

        lines = [imports, ""] if imports else []
        made = [spelled["make"].format(repr(x)) for x in program.inputs]
        lines += [f"{name} = {text}" for name, text in zip(names, made)]
        back = spelled["backward"].format(names[-1])
        if scenario == "comparisons":
            return "\n".join([*lines, "print(len({a, b}), a == a, a < b)"])
        lines += built()
        if scenario == "independence":
            lines.append(f"# {back} is called on another graph, too")
        if scenario == "changed leaf":
            lines.append(f"{spelled['data'].format('a')} += 1")
        if scenario == "two roots":
            lines.append(spelled["backward"].format(names[-2]))
        is_early = self.difference is not None and self.difference.what == "data"
        if scenario != "forward" and not is_early:
            lines.append(back)
        if scenario == "twice":
            lines.append(back)
        if scenario == "zeroed":
            lines.append("# every gradient is set to 0")
        if scenario in ("again", "zeroed"):
            lines += [*built(), back]
        if scenario == "second order":
            lines.append(f"# {spelled['gradient'].format('a')} is differentiated in turn")
        if self.difference and not self.answer.problem:
            what = "data" if self.difference.what == "data" else "gradient"
            read = spelled[what].format(names[self.difference.place])
            right = numeral(self.difference.expected)
            lines.append(f"print({read})  # {right} is right")
        return "\n".join(lines)

    def _function(self, spelled: Mapping[str, str], imports: str) -> str:
        program, names = self.question.program, self.names
        count, i = len(program.inputs), self.difference.place if self.difference else 0
        lines = [imports, "", f"def f({', '.join(names[:count])}):"]
        for (row, operands), name in zip(program.nodes, names[count:]):
            shown = [names[x] if x.__class__ is int else _shown(x) for x in operands]
            lines.append(f"    {name} = {_call(row, shown, spelled)}")
        at = list(map(repr, program.inputs))
        i = min(i, count - 1)
        call = ", ".join([*at[:i], names[i], *at[i + 1 :]])
        lines += [f"    return {names[-1]}", f"grad(lambda {names[i]}: f({call}))({at[i]})"]
        return "\n".join(lines)


AFTER = {
    "once": "",
    "forward": "",
    "twice": "after a second backward() ",
    "again": "after backward() on the same program built again ",
    "zeroed": "after zeroing and a second pass ",
    "two roots": "after backward() on both results ",
    "changed leaf": "with a changed before backward() ",
    "independence": "after backward() on another graph ",
    "second order": "differentiated a second time, ",
}
COMPARISONS = (
    "two scalars of different numbers are one element of a set",
    "a == a is False",
    "2.0 < 3.0 is not what a < b says of scalars",
)


def _call(row: Primitive, operands: Sequence[str], spelled: Mapping[str, str]) -> str:
    if row is fsum:
        return f"sum([{', '.join(operands)}])"
    if row.operator == "abs":
        return f"abs({operands[0]})"
    if row.operator:
        return row.call_text(operands)
    rest = ", ".join(operands[1:])
    template = spelled.get(row.name, f"{{}}.{row.name}({{}})")
    return template.format(operands[0], f", {rest}" if rest and template[0] != "{" else rest)


def _shown(x: float) -> str:
    text = repr(constant(x))
    return f"({text})" if x < 0 else text


def numeral(x: float) -> str:
    """A number as Python prints it; with fewer digits where those are noise."""
    return repr(x) if len(repr(x)) <= 8 else f"{x:.10g}"


class Verdict(NamedTuple):
    """What is found about one requirement.

    Attributes:
        id, requirement: its id and sentence.
        is_required: whether the engine fails if it is not met.
        status: "passes", "fails", "differs" (it need not be met), "missing" (the engine has no
            such operation), or "not run".
        text: what was found, in one sentence.
        failure: the smallest program, if there is one.
        programs: how many were run.
        diagnosis: why, if it is known.
    """

    id: str
    requirement: str
    is_required: bool
    status: str
    text: str = ""
    failure: Failure | None = None
    programs: int = 0
    diagnosis: Diagnosis | None = None

    @classmethod
    def of(
        cls,
        requirement: Requirement,
        status: str,
        text: str = "",
        failure: Failure | None = None,
        programs: int = 0,
    ) -> Verdict:
        id, sentence = requirement.id, requirement.sentence
        return cls(id, sentence, requirement.is_required, status, text, failure, programs)


def sentences(verdict: Verdict) -> list[str]:
    """What is wrong with a program, what is wrong first, and why."""
    if verdict.failure is None:
        return []
    text = f"{verdict.failure.sentence()}."
    is_code = text[1] in " .="  # a = b + c, c.backward()
    text = text if is_code else text[0].upper() + text[1:]
    return [x for x in (text, verdict.failure.first(), reason(verdict)) if x]


def reason(verdict: Verdict) -> str:
    """Why, and where that is explained."""
    found = verdict.diagnosis
    if found is None:
        is_plain = verdict.failure is not None and verdict.failure.difference is not None
        is_wrong = is_plain and verdict.status == "fails"
        return "No known fault was found to explain its answers." if is_wrong else ""
    sentence = found.sentence[0].upper() + found.sentence[1:]
    notebook, _, heading = found.section.partition(": ")
    return f"{sentence}. Notebook {notebook[:2]} explains it: {heading or notebook}."
