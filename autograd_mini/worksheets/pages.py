"""Worksheets and their keys, as LaTeX and as HTML.

sheet.txt and key.txt say what stands on them, line by line: a kind, and its parts between bars.
sheet.tex has a macro of each kind, and sheet.html a template.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..formulas import latex, numeral, operation_formula
from ..mathml import mathml
from ..palette import css_properties
from ..signs import total
from ..steps import Step
from ..value import Value
from .picture import picture
from .problems import LEVELS, SIGMOID, TANH, Problem, class_set

BLANK = r"\blank"


def to_latex(level: int, seed: int, count: int) -> str:
    """A class set as a document for LaTeX: all sheets, then all keys."""
    lines = [
        "\\" + kind + "".join(f"{{{part}}}" for part in parts)
        for kind, *parts in _lines(level, seed, count)
    ]
    return _read("sheet.tex").replace("LINES", "\n".join(lines))


def to_html(level: int, seed: int, count: int) -> str:
    """The same as a page for a browser."""
    page, *templates = _read("sheet.html").replace("STYLE", css_properties()).split("\n<!-- ")
    kinds = dict(template.split(" -->\n") for template in templates)
    lines = [kinds[kind].format(*map(_html, parts)) for kind, *parts in _lines(level, seed, count)]
    return page.replace("LINES", "\n".join(lines))


def _read(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _html(part: str) -> str:
    """A part of a line, with its formulas as MathML."""
    made = re.sub(r"\$(.*?)\$", lambda x: mathml(x[1].replace(BLANK, r"\mathrm{blank}")), part)
    made = made.replace("<mi>blank</mi>", '<mspace class="blank" width="3.2em" height="1em"/>')
    made = made.replace("<mo><mrow><mo>+</mo></mrow></mo><mo>=</mo>", "<mo>+=</mo>")
    return made.replace(r" \\ ", "\n")


def _lines(level: int, seed: int, count: int) -> list[list[str]]:
    """The kind and the parts of every line."""
    contents = [_contents(*sheet) for sheet in class_set(level, seed, count)]
    text = "\n".join(
        _read(name).format(level=level, seed=seed, number=number, **content)
        for name in ("sheet.txt", "key.txt")
        for number, content in enumerate(contents, 1)
    )
    if LEVELS[level].unit > 12:  # decimals; such a level has no division: these are numbers
        quotient = r"\\frac{(\d+)}{(\d+)}|\b(\d+)/(\d+)"
        text = re.sub(quotient, lambda x: str(int(x[1] or x[3]) / int(x[2] or x[4])), text)
    return [line.split(" | ") for line in text.splitlines() if line]


def _contents(first: Problem, second: Problem, third: Problem) -> dict[str, object]:
    """What is filled into a sheet and its key."""
    values = [
        f"${operation_formula(x, {p: numeral(p.data) for p in x.parents})} = {numeral(x.data)}$"
        for x in first.order + second.order
        if x.op in (TANH, SIGMOID)
    ]
    equations = [f"${_equation(x, third)} = {numeral(x.data)}$" for x in third.order]
    leaves = [x for x in third.order if x.is_leaf]
    return {
        "values": f" Take {', '.join(values)} as exact: nothing else is rounded." * bool(values),
        "blank_graph": _graph(first, is_blank=True),
        "graph": _graph(first),
        "blank_steps": _rows(first.steps, is_blank=True),
        "steps": _rows(first.steps),
        "leaf": first.rule.leaf.label,
        "of": total(first.rule.leaf.label),
        "rule": first.rule.latex,
        "code": r" \\ ".join(second.code),
        "drawn": _graph(second),
        "equations": ", ".join(equations),
        "mistaken": _rows(third.mistaken),
        "wrong": third.wrong,
        "fault": third.fault,
        "right": third.steps[third.wrong].latex,
        "blanks": ", ".join(f"${total(x.label)} = {BLANK}$" for x in leaves),
        "gradients": ", ".join(f"${total(x.label)} = {numeral(x.grad)}$" for x in leaves),
    }


def _equation(node: Value, problem: Problem) -> str:
    """A leaf's name; of another node the name, and how it is made."""
    names = problem.steps[0].names
    return names.latex[node] + f" = {latex(node, names)}" * (not node.is_leaf)


def _graph(problem: Problem, is_blank: bool = False) -> str:
    texts = {}
    for x in problem.order:
        data = f"${numeral(x.data)}$" if x.is_leaf or not is_blank else ""
        gradient = f"${numeral(x.grad)}$" if x is problem.order[-1] or not is_blank else ""
        texts[x] = f"${_equation(x, problem)}$ | {data} | {gradient}"
    return "\n".join(picture(problem.order, texts))


def _rows(steps: Sequence[Step], is_blank: bool = False) -> str:
    rows = []
    for step in steps[1:]:
        formula, after = step.latex, str(numeral(step.after))
        if is_blank:
            formula, after = rf"{formula.split(' = ')[0]} = {BLANK} \cdot {BLANK} = {BLANK}", BLANK
        rows.append(f"row | {step.number} | ${formula}$ | ${after}$")
    return "\n".join(rows)
