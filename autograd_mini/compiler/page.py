"""One page of a program: its source, its equations and its scalars, side by side and linked."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from html import escape
from itertools import islice
from pathlib import Path

from ..mathml import mathml
from ..palette import css_properties
from .equations import Equation, Equations
from .listing import Line, towards
from .names import assigned
from .show import COLOURS, tokens

MOST = 8  # lines of an explanation of scalars

HERE = Path(__file__).parent


def page(
    title: str,
    source: str,
    lines: Sequence[Line],
    equations: Equations,
    texts: Mapping[str, Sequence[str]],
) -> str:
    """The page as HTML, which contains all that it needs.

    Args:
        title: of the page.
        source: the program.
        lines: of the source, and its arguments.
        equations: of the program.
        texts: name -> what the scalars of its array are.
    """
    linked = _linked(lines, equations)
    columns = {
        "Source": _source(source, linked),
        "Equations": _equations(equations, {line.name for line in lines}),
        "Scalars": _scalars(texts, linked),
    }
    sections = "\n".join(
        f'<section aria-label="{head}"><h2>{head}</h2>\n{chr(10).join(parts)}\n</section>'
        for head, parts in columns.items()
    )
    rules = [
        f".{kind} {{ color: light-dark({light}, {dark}) !important; }}"
        for kind, light, dark in COLOURS.values()
    ]
    style, script = ((HERE / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>body {{ {css_properties()} }}\n{style}"
        f"{chr(10).join(rules)}\n</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n<main>\n"
        f"{sections}\n</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _source(source: str, linked: Mapping[str, Sequence[str]]) -> list[str]:
    """The lines of the source; those of a long statement belong to the same array."""
    name, found = "", []
    for text in source.rstrip().split("\n"):
        name = assigned(text) or name * text.startswith("     ")
        found.append(_block(linked.get(name, []), f"<pre>{tokens(text) or ' '}</pre>"))
    return found


def _equations(equations: Equations, own: Container[str]) -> list[str]:
    """The equations, of arrays with a line of their `own` and others, and what the symbols are."""
    found = []
    for heading, is_backward in (("Forward", False), ("Backward", True)):
        mine = [e for e in equations.every if e.is_backward == is_backward]
        found += [f"<h2>{heading}</h2>"] * bool(mine)
        for e in mine:
            names = [e.name] if e.name in own else _with_user(e, equations)
            found.append(_block(names, mathml(rf"{e.latex} \quad \in {e.place}")))
    found.append("<h2>Where</h2>")
    for name, (symbol, shape, about) in equations.where.items():
        text = rf"{symbol} \in {shape} \quad \text{{{about}}}"
        [own_name] = re.findall(r"^\w+", name)  # of x[:, t - 1] it is x
        found.append(_block([own_name], mathml(text)))
    if equations.note:
        found.append(f"<p>{escape(equations.note)}</p>")
    return found


def _scalars(texts: Mapping[str, Sequence[str]], linked: Mapping[str, Sequence[str]]) -> list[str]:
    """The explanations, the first lines of each."""
    found = []
    for name, rows in texts.items():
        few = [*rows[:MOST], ".."] if len(rows) > MOST + 1 else rows
        body = escape("\n    ".join([f"{name}: {few[0]}", *few[1:]]))
        found.append(_block(linked.get(name, [name]), f"<pre>{body}</pre>"))
    return found


def _linked(lines: Sequence[Line], equations: Equations) -> dict[str, list[str]]:
    """For each name of the source the equations that it belongs to: its own; or of a step that has
    none, such as the largest logit, the next that it leads to."""
    own = {e.name for e in equations.every} | {*equations.where}
    ends = {line.name: towards(line, lines, lambda x: x.name in own).name for line in lines}
    return {name: [name] if name in own else [name, end] for name, end in ends.items()}


def _with_user(e: Equation, equations: Equations) -> list[str]:
    """The name of an equation that has no line of its own, and of the first that reads it."""
    symbol = re.split(r" = |\^\{\(", e.latex, maxsplit=1)[0]
    readers = (other.name for other in equations.every if symbol in other.latex and other is not e)
    return [e.name, *islice(readers, 1)]


def _block(names: Sequence[str], inner: str) -> str:
    attributes = f' data-of="{" ".join(names)}" tabindex="0"' if names else ""
    return f"<div{attributes}>{inner}</div>"
