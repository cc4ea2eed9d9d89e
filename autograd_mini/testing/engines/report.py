"""The report on an engine: for a terminal, a notebook, and for programs that read it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from .page import element_of
from .verdicts import MARKS, Verdict, sentences


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
    def failures(self) -> list[Verdict]:
        """The verdicts on requirements that are not met."""
        return [v for v in self.verdicts if v.status == "fails"]

    @property
    def findings(self) -> list[Verdict]:
        """The verdicts that are told, and do not count."""
        return [v for v in self.verdicts if v.status == "differs"]

    @property
    def passed(self) -> bool:
        """Whether every requirement is met, or not applicable, or expected to fail."""
        return all(
            v.status in ("passes", "missing", "differs") or v.id in self.expected
            for v in self.verdicts
            if v.is_required
        )

    @property
    def diagnosis(self) -> str | None:
        """The id of the fault: that of the first failure, else of the first finding. That a leaf's
        present number is read in backward() is a convention, and no fault."""
        findings = [v for v in self.findings if v.id != "changed-leaf"]
        found = [v.diagnosis for v in (*self.failures, *findings) if v.diagnosis]
        return found[0].ids[0] if found else None

    @property
    def shown(self) -> Verdict | None:
        """The verdict whose program is shown: the first failure, else the finding that matters."""
        matter = [v for v in self.findings if v.diagnosis and v.id != "changed-leaf"]
        matter += [v for v in self.findings if v.id in ("independence", "large-and-small")]
        return next(iter([*self.failures, *matter]), None)

    def summary(self) -> str:
        """One line."""
        required = [v for v in self.verdicts if v.is_required]
        met = sum(v.status in ("passes", "missing") for v in required)
        passed = "passes" if self.passed else "fails"
        return f"{self.engine} {passed}: {met} of {len(required)} requirements are met"

    def surprises(self) -> list[str]:
        """Sentences about requirements that were expected to fail, and do not."""
        return [
            f"{v.id} was expected to fail, and passes."
            for v in self.verdicts
            if v.id in self.expected and v.status == "passes"
        ]

    def text(self) -> str:
        """The report for a terminal."""
        width = max(len(v.id) for v in self.verdicts)
        lines = [self.summary(), ""]
        for v, before in zip(self.verdicts, [None, *self.verdicts]):
            if not v.is_required and (before is None or before.is_required):
                lines += ["", "  Good engines differ in these, which do not count:", ""]
            shown = v.text if v.status != "passes" or v.text else v.requirement
            mark = "xfail" if v.status == "fails" and v.id in self.expected else MARKS[v.status]
            lines.append(f"  {mark:7}  {v.id:{width}}  {shown}")
        if self.shown:
            lines += ["", *self.told(self.shown)]
        if self.notes or self.surprises():
            lines += ["", *self.notes, *self.surprises()]
        return "\n".join(lines)

    def told(self, verdict: Verdict) -> list[str]:
        """The smallest program, the first wrong gradient, and why, in lines."""
        failure = verdict.failure
        if failure is None:
            return []
        heading = "The smallest program that fails" if verdict.status == "fails" else "A program"
        lines = [f"{heading} ({verdict.id}):", ""]
        code = failure.code(self.spelled, self.imports)
        lines += [f"    {line}".rstrip() for line in code.splitlines()]
        return [*lines, "", *sentences(verdict)]

    def data(self) -> dict[str, Any]:
        """The report as plain data, which --json writes."""
        return {
            "schema": 1,
            "engine": self.engine,
            "passed": self.passed,
            "diagnosis": self.diagnosis,
            "verdicts": [self._data(v) for v in self.verdicts],
            "failures": [self._data(v) for v in self.failures],
            "findings": [self._data(v) for v in self.findings],
            "notes": [*self.notes, *self.surprises()],
        }

    def _data(self, verdict: Verdict) -> dict[str, Any]:
        found: dict[str, Any] = {
            "requirement": verdict.id,
            "sentence": verdict.requirement,
            "required": verdict.is_required,
            "status": verdict.status,
            "text": verdict.text,
            "programs": verdict.programs,
        }
        failure, reason = verdict.failure, verdict.diagnosis
        if failure:
            difference = failure.difference
            is_number = difference is not None and not failure.answer.problem
            found |= {
                "program": failure.code(self.spelled, self.imports),
                "operations": len(failure.question.program.nodes),
                "scenario": failure.question.scenario,
                "expected": difference.expected if difference and is_number else None,
                "got": difference.got if difference and is_number else None,
                "problem": failure.answer.problem or None,
                "diagnosis": list(reason.ids) if reason else None,
                "reason": reason.sentence if reason else None,
                "section": reason.section if reason else None,
            }
        return found

    def json(self) -> str:
        """The report as JSON; numbers that are not finite are text."""
        return as_json([self])

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return element_of(self)


def _finite(x: Any) -> Any:
    if isinstance(x, dict):
        return {k: _finite(v) for k, v in x.items()}
    if isinstance(x, list):
        return [_finite(v) for v in x]
    return repr(x) if isinstance(x, float) and not abs(x) < float("inf") else x


def as_json(reports: Sequence[EngineReport]) -> str:
    """One report as a JSON object, several as a list of them."""
    data = [_finite(report.data()) for report in reports]
    return json.dumps(data if len(data) > 1 else data[0], indent=2, ensure_ascii=False) + "\n"


def junit(reports: Sequence[EngineReport]) -> str:
    """The reports as JUnit's XML, which CI systems show."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<testsuites>"]
    for report in reports:
        required = [v for v in report.verdicts if v.is_required]
        failed = [v for v in report.failures if v.id not in report.expected]
        lines.append(
            f'<testsuite name={quoteattr(report.engine)} tests="{len(required)}" '
            f'failures="{len(failed)}">'
        )
        for v in required:
            lines.append(f'<testcase classname={quoteattr(report.engine)} name="{v.id}">')
            if v in failed or v.status == "not run":
                text = "\n".join(report.told(v))
                lines.append(f"<failure message={quoteattr(v.text)}>{escape(text)}</failure>")
            elif v.status != "passes":
                lines.append(f"<skipped message={quoteattr(v.text)}/>")
            lines.append("</testcase>")
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def gradescope(reports: Sequence[EngineReport]) -> str:
    """The report of one engine as Gradescope's results.json: a point for each requirement."""
    (report,) = reports
    tests = []
    for v in report.verdicts:
        if v.is_required:
            is_met = v.status in ("passes", "missing") or v.id in report.expected
            tests.append(
                {
                    "name": f"{v.id}: {v.requirement}",
                    "score": int(is_met),
                    "max_score": 1,
                    "status": "passed" if is_met else "failed",
                    "output": "\n".join(report.told(v)) or v.text,
                }
            )
    return json.dumps({"tests": tests, "output": report.text()}, indent=2) + "\n"
