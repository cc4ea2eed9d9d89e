"""How a program shows itself: its source in a notebook, and a summary.

In a notebook that is not trusted style sheets are taken out, and attributes stay: there the source
is dark on light, whatever the theme; else it is as light or dark as the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ..palette import CODE, PAGE
from .arrays import written_shape

if TYPE_CHECKING:
    from .compiled import Compiled

# for kinds of tokens: class, colour on light, colour on dark
COLOURS = {kind: (kind[0].lower(), *colours) for kind, colours in CODE.items()}
# paper and ink, on light and on dark
LIGHT, DARK = zip(PAGE["backdrop"], PAGE["ink"])
DARK_PAGES = ("[data-jp-theme-light=false]", ".vscode-dark", "html[theme=dark]")  # Jupyter's, ..
_FONT = "font-family: monospace; font-size: 13px; line-height: 1.4"


def highlighted(code: str) -> str:
    """Python code as a <pre>; without Pygments in one colour."""
    return (
        f'<pre class="autograd-code" style="background-color: {LIGHT[0]}; color: {LIGHT[1]}; '
        f'{_FONT}; margin: 0; padding: 4px 8px; white-space: pre; overflow-x: auto">'
        f"{tokens(code)}</pre>"
    )


def tokens(code: str) -> str:
    """Python code as HTML, with a class and a colour for each kind of token."""
    try:
        from pygments.lexers import PythonLexer
    except ModuleNotFoundError:
        return escape(code)
    parts = []
    for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(code):
        known = next((COLOURS[name] for name in tuple(kind) if name in COLOURS), None)
        text = escape(text)
        if known and text.strip():
            text = f'<span class="{known[0]}" style="color: {known[1]}">{text}</span>'
        parts.append(text)
    return "".join(parts)


def block(html: str) -> str:
    """A <div> of highlighted code, with its style sheet for dark pages."""
    rules = []
    for page in DARK_PAGES:
        code = f"{page} .autograd-code"
        paper, ink = DARK
        rules.append(f"{code} {{ background-color: {paper} !important; color: {ink} !important; }}")
        for name, _, dark in COLOURS.values():
            rules.append(f"{code} .{name} {{ color: {dark} !important; }}")
    sheet = "\n".join(rules)
    return f"<div>\n<style>\n{sheet}\n</style>\n{html}\n</div>"


# -- the summary --------------------------------------------------------------------------------


def summary(compiled: Compiled, values: Sequence[Any], runs: Iterable[tuple[str, str]] = ()) -> str:
    """What a program was made of, what it takes and what it does, in some ten lines; at the end
    those about what runs."""
    rows = [("scalars", f"{_many(compiled.scalars, 'node')}, equal ones merged")]
    if compiled.origin is None:
        rows.append(("program", "a tape, since the graph is irregular: a row for each node"))
    else:
        listing = compiled.origin.listing
        lines = [line for line in listing.lines if line.code]
        backward = sum(line.kind == "backward" for line in lines)
        parts = f": {len(lines) - backward} forward, {backward} backward" if backward else ""
        rows.append(("program", f"arrays, in {_many(len(lines), 'line')}{parts}"))
        products = f"{_many(listing.products, 'matrix product')} of {listing.multiplications:,}"
        gathers = _many(listing.gathers, "gather")
        rows.append(("work", f"{products} multiplications for an example; {gathers}"))
    rows.append(("inputs", _inputs(compiled) or "none"))
    arrays = _many(len(compiled.parameters), "array")
    rows.append(("parameters", f"{_many(len(values), 'Value')} in {arrays}"))
    names = [f"{name} {written_shape(shape)}" for name, shape in compiled.parameters.items()]
    width = max(map(len, names), default=0)
    for name, about in zip(names, compiled.about.values()):
        rows.append(("", f"  {name:{width}}  {about}"))
    if compiled.reduction and compiled.inputs:
        rows.append(("loss", f"the {compiled.reduction} over the examples"))
    rows.append(("backend", f"{compiled.backend}, {compiled.dtype}"))
    loops = len(re.findall(r"^ +for |\blax\.scan\(", compiled.source, re.MULTILINE))
    if compiled.backend in ("numpy", "jax") and loops:
        rows.append(("", f"{_many(loops, 'loop')} over steps or layers that are alike"))
    if compiled.backend == "numba" and compiled.origin and compiled.origin.has_steps_written_out:
        rows.append(("", "steps or layers that are alike are written out"))
    rows += runs
    return "\n".join(f"{head:12}{text}".rstrip() for head, text in rows)


def _inputs(compiled: Compiled) -> str:
    inputs = compiled.inputs.items()
    return ", ".join(f"{name} {written_shape((-1, *shape))}" for name, shape in inputs)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}" if count else f"no {what}s"


def shortest(compiled: Compiled) -> str:
    """A program in one line."""
    what = f"a loss, its {compiled.reduction} and gradient" if compiled.reduction else "outputs"
    parameters = _many(len(compiled.parameters), "parameter array")
    nodes = _many(compiled.scalars, "scalar node")
    takes = _inputs(compiled) or "no inputs"
    return f"<Program of {what}: {takes}; {parameters}; {nodes}; {compiled.backend}>"
