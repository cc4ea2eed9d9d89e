"""The page of a stepper: its picture, the data of every frame, and the view.

The page contains everything, so that it works without a network and without a kernel. If scripts
do not run, as in a notebook that is not trusted, it shows the picture.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..draw.cards import names_of
from ..draw.labels import operation_text
from ..errors import AutogradError
from ..formulas import (
    Formula,
    Names,
    is_decided,
    local_derivatives,
    numeral,
    operation_formula,
    operator_name,
    unused,
    with_places,
)
from ..graph import topological_order
from ..javascript import ARITHMETIC, Library
from ..mathml import inner_mathml
from ..palette import css_properties, picture_css
from ..signs import edge_latex
from ..steps import backprop_steps
from ..text import clean, exact, format_number, shortened
from ..value import Value
from .frames import Contents, Frame, Part, cells_of, gradients_after, taken
from .picture import picture_of

HERE = Path(__file__).parent
# The view is these files, one after the other, inside one function; view.js puts them together.
VIEW = ["libraries", "parts", "history", "numbers", "camera", "words", "table", "live", "quiz"]
VIEW += ["drawing", "player", "hint", "surroundings", "view"]
WIDEST = 24  # characters of a name in a formula
LONGEST = 160  # characters of a formula; for a longer one the name of the operation is shown
LARGEST = 60_000  # characters of a picture that a page also shows if scripts do not run


def page_of(title: str, element: str) -> str:
    """A whole HTML document."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>body {{ {css_properties()} color-scheme: light dark; margin: 0; "
        "background: var(--backdrop); }</style>\n</head>\n<body>\n<main>\n"
        f"{element}\n</main>\n</body>\n</html>\n"
    )


def side_by_side(elements: Sequence[str]) -> str:
    """Elements of steppers as one, in which a step of one is a step of all."""
    whole = "\n".join(elements)
    key = hashlib.sha256(whole.encode()).hexdigest()[:12]
    script = (HERE / "view/together.js").read_text(encoding="utf-8")
    columns = "display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24em, 100%), 1fr))"
    return (
        f'<div class="autograd-steppers" data-key="{key}" style="{columns}">\n{whole}\n'
        f"<script>\n{script.replace('KEY', key)}</script>\n</div>"
    )


def element_of(contents: Contents, is_page: bool = False, compact: bool = False) -> str:
    """A <div> for a page or for the output of a notebook, with its style sheet and script.

    Raises:
        StaleGraphError: a leaf was changed after the graph was built.
    """
    picture, title = picture_of(contents), escape(contents.title)
    data, rules = data_of(contents)
    image = (
        f'<img alt="{title}: the graph with its gradients" '
        f'style="max-width: 100%" src="{data_url(picture)}">\n'
        "<p>To step through it, trust this notebook.</p>\n"
    )
    if is_page and len(picture) > LARGEST:
        data, image = {**data, "picture": picture}, "<p>This page needs its script.</p>\n"
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    key = hashlib.sha256((picture + text).encode()).hexdigest()[:12]
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    heading = "h1" if is_page else "p"
    return (
        f'<div class="autograd-stepper{" ags-compact" * compact}" data-key="{key}"'
        f'{" data-page" * is_page} role="group" aria-label="{title}">\n'
        f"<style>\n{view_css()}</style>\n"
        f'<{heading} class="ags-title">{title}</{heading}>\n{image}'
        f"<script>\n(() => {{\n{view_js()}\n"
        f"for (const root of document.querySelectorAll('[data-key=\"{key}\"]:not([data-live])')) "
        f"{{\nroot.dataset.live = '';\nroot.stepper = "
        f"autogradStepper(root, autogradParts.unpacked('{packed}'), "
        f"({rules})(autogradArithmetic));\n}}\n}})();\n</script>\n</div>"
    )


def data_url(picture: str) -> str:
    """The address of an SVG that contains the SVG itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}"


def view_css() -> str:
    """The style sheet, with the palette as custom properties."""
    rules = (HERE / "view/view.css").read_text(encoding="utf-8")
    colours = picture_css(".autograd-stepper .graph", "light-dark({light}, {dark})")
    return f".autograd-stepper {{ {css_properties()} }}\n{colours}\n{rules}"


def view_js() -> str:
    files = [HERE / f"view/{name}.js" for name in VIEW]
    return "\n".join(path.read_text(encoding="utf-8") for path in (ARITHMETIC, *files))


def data_of(contents: Contents) -> tuple[dict[str, Any], str]:
    """Nodes, frames and levels as JSON, and the operations in JavaScript.

    They refer to formulas, a list of MathML, by their number. The view computes the numbers of the
    frames from the partials, as Step does; those that are not floats are told as text.
    """
    root, frames = contents.root, contents.frames
    order = topological_order(root)
    index = {node: i for i, node in enumerate(order)}
    names = names_of(root, contents.model)
    short = _short_names(names)
    math: dict[str, int] = {}
    library, opaque = _library(order)

    def typeset(latex: str) -> int:
        return math.setdefault(inner_mathml(latex), len(math))

    found = gradients_after(taken(frames))
    right = gradients_after(backprop_steps(root))
    isnt_float = any(node.data.__class__ is not float for node in order)

    def node_data(node: Value) -> dict[str, Any]:
        edges = _edges(node)
        data: dict[str, Any] = {
            "name": clean(names[node]),
            "math": typeset(short.latex[node]),
            "data": exact(node.data),
            "operands": edges,
            "parents": [index[x] for x in node.parents],
            "partials": [exact(d) for d in node.partials],
        }
        if isnt_float:
            data["shown"] = format_number(node.data)
        if node in found and format_number(found[node]) != format_number(right[node]):
            data["right"] = format_number(right[node])  # depth first gave another number
        if node.is_leaf:
            return data
        rules = local_derivatives(node, short)
        data |= {
            "formula": typeset(_formula(node, short)),
            "signs": [typeset(edge_latex(node, k)) for k in range(len(node.parents))],
            "rules": [None if r.text == numeral(r.number).text else typeset(r.text) for r in rules],
            "decided": is_decided(node, short, rules),
            "constants": [(k, exact(x)) for k, x in enumerate(node.operands) if k not in edges],
        }
        if not opaque:
            data["rule"] = library.add(node.op, len(node.operands))
        return data

    def frame_data(frame: Frame) -> dict[str, Any]:
        data: dict[str, Any] = {"kind": frame.kind, "node": index[frame.node]}
        step = frame.step
        if step is not None and step.edge is not None:
            data["edge"] = step.edge
        if step is not None:
            data["exact"] = exact(step.after)
        if step is not None and isnt_float:
            for name in ("upstream", "local", "contribution", "before", "after"):
                data[name] = format_number(getattr(step, name))
        return data

    def operand(x: Any) -> Any:
        if isinstance(x, Value):
            return index[x]
        return None if x is None else exact(getattr(x, "data", x))

    def step_data(kind: str, part: Part, times: list[int]) -> dict[str, Any]:
        cells = [
            {k: [operand(x) for x in v] if isinstance(v, tuple) else v if k == "f" else operand(v)
             for k, v in cell.items()} for cell in cells_of(part)
        ]  # fmt: skip
        return {"kind": kind, "name": clean(part.name), "frames": times, "cells": cells}

    return {
        "root": index[root],
        "level": contents.level,
        "start": contents.start,
        "opaque": opaque,
        "nodes": [node_data(node) for node in order],
        "frames": [frame_data(frame) for frame in frames],
        "levels": {name: [step_data(*x) for x in steps] for name, steps in contents.levels.items()},
        "math": list(math),
    }, library.source()


def _library(order: Sequence[Value]) -> tuple[Library, str]:
    """The operations of a graph in JavaScript; and why its numbers cannot be changed, or ""."""
    library = Library()
    try:
        for node in order:
            if node.data.__class__ is not float:
                raise AutogradError(f"{exact(node.data)} is not a float")
            if not node.is_leaf:
                library.add(node.op, len(node.operands))
    except AutogradError as error:
        return Library(), f"the numbers of this page cannot be changed: {error}"
    return library, ""


def _short_names(names: Mapping[Value, str]) -> Names:
    """The names in formulas: shortened, but still different from each other."""
    short: dict[str, str] = {}
    for name in names.values():
        short.setdefault(name, unused(shortened(name, WIDEST), short.values()))
    made = Names({node: short[name] for node, name in names.items()})
    for node in (x for x in names if not (x.is_leaf or x.label)):  # named by its operation
        operation = operation_text(node, names, WIDEST)
        if names[node] in (operation, f"({operation})"):
            symbols = {x: Formula(made.latex[x]) for x in node.parents}
            text = operation_formula(node, symbols).text
            made.latex[node] = text if names[node] == operation else f"({text})"
    return made


def _edges(node: Value) -> list[int]:
    """The indices of the operands that are nodes."""
    return [k for k, x in enumerate(node.operands) if isinstance(x, Value)]


def _formula(node: Value, names: Names) -> str:
    """A node's operation, with a place for each operand; only its name if that is too long."""
    symbols = {x: Formula(names.latex[x]) for x in node.parents}
    if len(operation_formula(node, symbols).text) > LONGEST:
        return rf"{operator_name(str(node.op))}(\ldots)"
    return with_places(node)
