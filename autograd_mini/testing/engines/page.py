"""The report on an engine as HTML: the right backward pass, to step through, beside its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from ...errors import AutogradError
from ...palette import css_properties
from ...stepper import step_through
from ...stepper.page import page_of
from ...value import Value
from .failure import LONG, Failure, numeral

if TYPE_CHECKING:
    from .report import EngineReport

STYLE = """
.engine-report { %s color-scheme: light dark; color: var(--ink); background: var(--backdrop);
  font: 16px/1.5 var(--font); max-width: 64em; margin: 0 auto; padding: 1em; }
.engine-report h1 { font-size: 1.4em; } .engine-report h2 { font-size: 1.15em; }
.engine-report table { border-collapse: collapse; width: 100%%; table-layout: auto !important; }
.engine-report th, .engine-report td { text-align: left !important; vertical-align: top;
  padding: .25em .6em .25em 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.engine-report td:first-child, .engine-report td:nth-child(2) { overflow-wrap: normal;
  width: 1%%; white-space: nowrap; }
.engine-report pre { overflow-x: auto; padding: .8em; border: 1px solid var(--line);
  background: var(--paper); color: var(--ink); font: .9em/1.5 ui-monospace, monospace !important; }
.engine-report .wrong { font-weight: bold; text-decoration: underline wavy; }
.engine-report .pair { display: grid; gap: 1em;
  grid-template-columns: repeat(auto-fit, minmax(min(24em, 100%%), 1fr)); }
"""

# JupyterLab aligns cells to the right, and takes no <style> from a notebook that nobody trusts
CELL = '<td style="text-align: left">'


def page(reports: Sequence[EngineReport]) -> str:
    """A whole document, which needs no network."""
    title = ", ".join(report.engine for report in reports)
    elements = [element_of(report, is_page=True) for report in reports]
    return page_of(f"Check of {title}", "\n".join(elements))


def element_of(report: EngineReport, is_page: bool = False) -> str:
    """A <div> with the verdicts and the first failure; on a page, with the stepper as well."""
    heading = "h1" if is_page else "p"
    parts = [f"<style>{STYLE % css_properties()}</style>"]
    parts += [f"<{heading}><strong>{escape(report.summary())}.</strong></{heading}>", "<table>"]
    for mark, id, text in report.rows():
        strong = f"<strong>{mark}</strong>" if mark == "FAILS" else mark
        cells = f"{CELL}{strong}</td>{CELL}{id}</td>{CELL}" if id else f"{CELL[:-1]} colspan=3>"
        parts.append(f"<tr>{cells}{escape(text)}</td></tr>")
    parts.append("</table>")
    shown = report.shown
    if shown and shown.failure:
        title = escape(shown.heading())
        parts.append(f"<h2>{title}</h2>" if is_page else f"<p><strong>{title}</strong></p>")
        parts.append(f"<pre>{escape(shown.failure.code(report.spelled, report.imports))}</pre>")
        parts += [f"<p>{escape(line)}</p>" for line in shown.sentences()]
        parts += _side_by_side(shown.failure) if is_page else ()
    parts += [f"<p>{escape(remark)}</p>" for remark in report.remarks()]
    return '<div class="engine-report">\n' + "\n".join(parts) + "\n</div>"


def _side_by_side(failure: Failure) -> Iterator[str]:
    """The stepper of the right pass, and a table of the engine's numbers."""
    program, names, right = failure.question.program, failure.names, failure.right
    if right is None or len(program.nodes) > LONG:
        return
    scalars = [Value(x, name) for x, name in zip(program.inputs, names)]
    try:
        for (row, operands), name in zip(program.nodes, names[len(scalars) :]):
            scalars.append(row.apply([scalars[x] if x.__class__ is int else x for x in operands]))
            scalars[-1].label = name
        stepper = step_through(scalars[-1], title="The right backward pass").element()
    except (AutogradError, ValueError, ArithmeticError):
        return
    yield f'<div class="pair"><div>{stepper}</div><div><h2>The numbers of the engine</h2>'
    yield "<table><tr><th>scalar</th><th>number</th><th>gradient</th></tr>"
    for i, name in enumerate(names):
        cells = []
        for got, expected in (
            (failure.answer.data, right.data),
            (failure.answer.gradients, right.gradients),
        ):
            cells.append(_cell(got[i] if i < len(got) else None, expected[i]))
        yield f"<tr><th>{name}</th>{''.join(cells)}</tr>"
    yield "</table></div></div>"


def _cell(got: float | None, right: float) -> str:
    if got is None:
        return "<td>none</td>"
    if abs(got - right) <= 1e-6 * max(abs(right), 1e-6):
        return f"<td>{numeral(got)}</td>"
    return f'<td><span class="wrong">{numeral(got)}</span> wrong: {numeral(right)} is right</td>'
