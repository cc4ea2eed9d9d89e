"""What is found about an engine: a verdict on each requirement, and all of them as a report."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from .diagnosis import Diagnosis
from .failure import Failure
from .page import element_of
from .requirements import Requirement

MARKS = {"passes": "ok", "fails": "FAILS", "differs": "differs", "missing": "-", "not run": "?"}


class Verdict(NamedTuple):
    """What is found about one requirement."""

    requirement: Requirement
    status: str  # of MARKS: "differs" if it need not be met, "missing" if there is no operation
    text: str = ""  # what was found, in one sentence
    failure: Failure | None = None  # the smallest program, if there is one
    programs: int = 0  # how many were run
    diagnosis: Diagnosis | None = None  # why, if it is known

    @property
    def id(self) -> str:
        return self.requirement.id

    @property
    def is_required(self) -> bool:
        return self.requirement.is_required

    @property
    def is_met(self) -> bool:
        return self.status in ("passes", "missing")

    def sentences(self) -> list[str]:
        """What is wrong with a program, what is wrong first, and why."""
        if self.failure is None:
            return []
        text = f"{self.failure.sentence()}."
        is_code = text[1] in " .="  # a = b + c, c.backward()
        text = text if is_code else text[0].upper() + text[1:]
        return [x for x in (text, self.failure.first(), self._reason(self.failure)) if x]

    def _reason(self, failure: Failure) -> str:
        """Why, and where that is explained."""
        found = self.diagnosis
        if found is None:
            is_wrong = failure.difference is not None and self.status == "fails"
            return "No known fault was found to explain its answers." if is_wrong else ""
        sentence = found.sentence[0].upper() + found.sentence[1:]
        notebook, _, heading = found.section.partition(": ")
        return f"{sentence}. Notebook {notebook[:2]} explains it: {heading or notebook}."

    def heading(self) -> str:
        """What the smallest program is."""
        what = "The smallest program that fails" if self.status == "fails" else "A program"
        return f"{what} ({self.id}):"


class EngineReport(NamedTuple):
    """What check_engine() found. print() shows it, a notebook too.

    Attributes:
        engine: the name of the class.
        imports: the line that imports it.
        verdicts: one for each requirement, in order.
        spelled: how code for the engine is written.
        notes: what else is to be said, in sentences.
        expected: ids of requirements that are expected to fail, and do not count.
    """

    engine: str
    imports: str
    verdicts: tuple[Verdict, ...]
    spelled: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()
    expected: Collection[str] = ()

    @property
    def required(self) -> list[Verdict]:
        """The verdicts that count."""
        return [v for v in self.verdicts if v.is_required]

    @property
    def failures(self) -> list[Verdict]:
        """The verdicts on requirements that are not met."""
        return [v for v in self.verdicts if v.status == "fails"]

    @property
    def findings(self) -> list[Verdict]:
        """The verdicts that are told, and do not count."""
        return [v for v in self.verdicts if v.status == "differs"]

    def accepts(self, verdict: Verdict) -> bool:
        """Whether a requirement is met, or not applicable, or expected to fail."""
        return verdict.is_met or verdict.id in self.expected

    @property
    def passed(self) -> bool:
        """Whether every requirement is met, or not applicable, or expected to fail."""
        return all(map(self.accepts, self.required))

    @property
    def met(self) -> str:
        """How many requirements are met, of those for which it has operations: "2 of 3"."""
        asked = [v for v in self.required if v.status != "missing"]
        return f"{sum(v.is_met for v in asked)} of {len(asked)}"

    @property
    def diagnosis(self) -> str | None:
        """The id of the fault: that of the first failure, else of the first finding. That a leaf's
        present number is read in backward() is a convention, and no fault."""
        found = [v.diagnosis for v in (*self.failures, *self._faults()) if v.diagnosis]
        return found[0].ids[0] if found else None

    def _faults(self) -> list[Verdict]:
        """The findings that have a reason, but for what is a convention."""
        return [v for v in self.findings if v.diagnosis and v.id != "changed-leaf"]

    @property
    def shown(self) -> Verdict | None:
        """The verdict whose program is shown: the first failure, else the finding that matters."""
        others = [v for v in self.findings if v.id in ("independence", "large-and-small")]
        return next(iter([*self.failures, *self._faults(), *others]), None)

    def summary(self) -> str:
        """One line."""
        passed = "passes" if self.passed else "fails"
        return f"{self.engine} {passed}: {self.met} requirements are met"

    def rows(self) -> list[tuple[str, str, str]]:
        """A mark, the id and what was found for each verdict. Where those begin that do not count,
        a row without an id says so."""
        rows, counts = [], True
        for v in self.verdicts:
            if counts and not v.is_required:
                rows.append(("", "", "Good engines differ in these, which do not count:"))
            counts = v.is_required
            mark = "xfail" if v.status == "fails" and v.id in self.expected else MARKS[v.status]
            is_said = v.status != "passes" or v.text
            rows.append((mark, v.id, v.text if is_said else v.requirement.sentence))
        return rows

    def remarks(self) -> list[str]:
        """The notes, and requirements that were expected to fail, and do not."""
        surprises = [v.id for v in self.verdicts if v.id in self.expected and v.status == "passes"]
        return [*self.notes, *(f"{id} was expected to fail, and passes." for id in surprises)]

    def text(self) -> str:
        """The report for a terminal."""
        width = max(len(v.id) for v in self.verdicts)
        lines = [self.summary(), ""]
        for mark, id, text in self.rows():
            lines += [f"  {mark:7}  {id:{width}}  {text}"] if id else ["", f"  {text}", ""]
        if self.shown:
            lines += ["", *self.told(self.shown)]
        if self.remarks():
            lines += ["", *self.remarks()]
        return "\n".join(lines)

    def told(self, verdict: Verdict) -> list[str]:
        """The smallest program, the first wrong gradient, and why, in lines."""
        if verdict.failure is None:
            return []
        code = verdict.failure.code(self.spelled, self.imports).splitlines()
        lines = [f"    {line}".rstrip() for line in code]
        return [verdict.heading(), "", *lines, "", *verdict.sentences()]

    def data(self) -> dict[str, Any]:
        """The report as plain data, which --json writes; numbers that are not finite are text."""
        return {
            "schema": 1,
            "engine": self.engine,
            "passed": self.passed,
            "diagnosis": self.diagnosis,
            "verdicts": [self._data(v) for v in self.verdicts],
            "failures": [self._data(v) for v in self.failures],
            "findings": [self._data(v) for v in self.findings],
            "notes": self.remarks(),
        }

    def _data(self, verdict: Verdict) -> dict[str, Any]:
        found: dict[str, Any] = {
            "requirement": verdict.id,
            "sentence": verdict.requirement.sentence,
            "required": verdict.is_required,
            "status": verdict.status,
            "text": verdict.text,
            "programs": verdict.programs,
        }
        failure, reason = verdict.failure, verdict.diagnosis
        if failure:
            numbers = None if failure.answer.problem else failure.difference
            found |= {
                "program": failure.code(self.spelled, self.imports),
                "operations": len(failure.question.program.nodes),
                "scenario": failure.question.scenario,
                "expected": _finite(numbers.expected) if numbers else None,
                "got": _finite(numbers.got) if numbers else None,
                "problem": failure.answer.problem or None,
                "diagnosis": list(reason.ids) if reason else None,
                "reason": reason.sentence if reason else None,
                "section": reason.section if reason else None,
            }
        return found

    def json(self) -> str:
        """The data as JSON."""
        return json.dumps(self.data(), indent=2, ensure_ascii=False) + "\n"

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return element_of(self)


def _finite(x: float | None) -> float | str | None:
    return x if x is None or math.isfinite(x) else repr(x)
