"""The page of a stepper: its picture, what the view needs to know of every frame, and the view.

All of it stands in the page itself, so that it works without a network and without a kernel.
Where scripts do not run, as in a notebook that is not trusted, the picture is still there.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ..draw import render
from ..draw.modules import brief, parameter_names
from ..formulas import (
    Formula,
    latex_name,
    local_derivatives,
    numeral,
    operator_name,
    rounded,
    written,
)
from ..graph import node_names, topological_order
from ..mathml import inner_mathml
from ..steps import Step, backprop_steps
from ..text import clean, exact, format_number, shortened
from ..value import Value
from .frames import Frame, gradients_after

HERE = Path(__file__).parent
WIDEST = 24  # characters of a name in a formula
LONGEST = 160  # characters of a formula that is shown; beyond it only what the operation is called
SVG = "http://www.w3.org/2000/svg"


def page_of(root: Value, frames: Sequence[Frame], title: str, model: Any = None) -> str:
    """A whole HTML document."""
    escaped = escape(title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped}</title>\n"
        "<style>body { margin: 8px; background: #f4f4f4; } @media (prefers-color-scheme: dark) "
        "{ body { background: #101010; } } h1 { position: absolute; clip-path: inset(50%); }"
        f"</style>\n</head>\n<body>\n<main>\n<h1>{escaped}</h1>\n"
        f"{element_of(root, frames, title, model)}\n</main>\n</body>\n</html>\n"
    )


def element_of(root: Value, frames: Sequence[Frame], title: str, model: Any = None) -> str:
    """A <div> for a page or a notebook's output, with its style sheet and its script."""
    picture = picture_of(root, frames, model)
    title = escape(title)
    # "<" would end the script element if a "/script" followed
    data = json.dumps(data_of(root, frames, model), ensure_ascii=False, separators=(",", ":"))
    data = data.replace("<", r"\u003c")
    key = hashlib.sha256((picture + data).encode()).hexdigest()[:12]
    image = base64.b64encode(picture.encode()).decode()
    return (
        f'<div class="autograd-stepper" data-key="{key}" role="group" '
        f'aria-label="{title}">\n'
        f"<style>\n{view_css()}</style>\n"
        f'<img alt="{title}: the graph with its gradients" '
        f'style="max-width: 100%" src="data:image/svg+xml;base64,{image}">\n'
        "<p>To step through it, trust this notebook.</p>\n"
        f"<script>\n(() => {{\n{view_js()}\n"
        f"for (const root of document.querySelectorAll('[data-key=\"{key}\"]:not([data-live])')) "
        f"{{\nroot.dataset.live = '';\nroot.stepper = autogradStepper(root, {data});\n}}\n"
        "})();\n</script>\n</div>"
    )


def view_css() -> str:
    return (HERE / "view.css").read_text(encoding="utf-8")


def view_js() -> str:
    return (HERE / "view.js").read_text(encoding="utf-8")


# -- the picture --------------------------------------------------------------------------------


def picture_of(root: Value, frames: Sequence[Frame], model: Any = None) -> str:
    """The graph as an SVG: with the gradients after the last frame, and with data-part where
    Graphviz puts ids, which are unique in a picture but not on a page. Its boxes have room for
    every number that comes before the last one."""
    gradients = gradients_after(_steps(frames))
    room = _widest_gradients(_steps(frames))
    drawn = ElementTree.fromstring(render(root, model=model, max_nodes=None, gradients=room))
    order = topological_order(root)
    for group in list(drawn.iter(f"{{{SVG}}}g")):
        for child in list(group):
            if child.tag == f"{{{SVG}}}title":
                group.remove(child)
            elif child.tag == f"{{{SVG}}}g" and child.get("id", "").startswith("a_"):
                group.remove(child)  # a link that only holds a tooltip
                group.extend(part for link in child for part in link)
        name = group.attrib.pop("id", "")
        if re.fullmatch(r"(node|op|edge|constant)-[\w-]+", name):
            group.set("data-part", name)
        if name.startswith("node-"):
            last = gradients.get(order[int(name.removeprefix("node-"))])
            _keep_right_edge(group, "–" if last is None else format_number(last))
    for part in drawn.iter():
        part.tag = part.tag.split("}")[-1]
        part.attrib.pop("font-family", None)
        part.attrib.pop("{http://www.w3.org/XML/1998/namespace}space", None)
    drawn.set("xmlns", SVG)
    drawn.set("font-family", "Helvetica, Arial, sans-serif")
    return re.sub(r">\s+<", "><", ElementTree.tostring(drawn, encoding="unicode"))


def _widest_gradients(steps: Sequence[Step]) -> dict[Value, Any]:
    """Of each node the gradient, final or partial, that is written in the most characters."""
    widest: dict[Value, Any] = {}
    for step in steps:
        node = step.node if step.parent is None else step.parent
        known = widest.get(node, step.after)
        widest[node] = max(known, step.after, key=lambda x: len(format_number(x)))
    return widest


def _keep_right_edge(box: ElementTree.Element, last: str) -> None:
    """Make the numbers, which change, end where the layout has them end; show the last gradient."""
    outline = box.find(f"{{{SVG}}}polygon")
    points = outline.get("points", "") if outline is not None else ""
    if not points:  # rounded corners
        outline = box.find(f"{{{SVG}}}path")
        points = outline.get("d", "") if outline is not None else ""
    right = max(float(x) for x, _ in re.findall(r"(-?[\d.]+),(-?[\d.]+)", points))
    *_, data, _, gradient = box.findall(f"{{{SVG}}}text")
    gradient.text = last
    for number in (data, gradient):
        if number is gradient or number.get("y") != gradient.get("y"):
            number.set("text-anchor", "end")
            number.set("x", f"{right - 6.32:.2f}")


# -- what the view knows ------------------------------------------------------------------------


def data_of(root: Value, frames: Sequence[Frame], model: Any = None) -> dict[str, Any]:
    """Nodes and frames as JSON; formulas as MathML, each once, and referred to by number."""
    order = topological_order(root)
    index = {node: i for i, node in enumerate(order)}
    names = _names(root, model)
    short = {node: shortened(name, WIDEST) for node, name in names.items()}
    math: dict[str, int] = {}

    def typeset(latex: str) -> int:
        return math.setdefault(inner_mathml(latex), len(math))

    rules = {node: local_derivatives(node, short) for node in order}
    operands = {node: _places(node) for node in order}
    found = gradients_after(_steps(frames))
    right = gradients_after(backprop_steps(root))

    def told(node: Value) -> dict[str, Any]:
        known: dict[str, Any] = {
            "name": clean(names[node]),
            "math": typeset(latex_name(short[node])),
            "data": format_number(node.data),
            "exact": exact(node.data),
            "operands": operands[node],
        }
        if not node.is_leaf:
            known["formula"] = typeset(_formula(node, short))
            known["numbers"] = typeset(_numbers(node))
        if node in found and format_number(found[node]) != format_number(right[node]):
            known["right"] = format_number(right[node])  # it went depth first
        return known

    return {
        "root": index[root],
        "nodes": [told(node) for node in order],
        "frames": [_frame(frame, index, rules, operands, typeset) for frame in frames],
        "math": list(math),
    }


def _names(root: Value, model: Any) -> dict[Value, str]:
    """Those of node_names(), and of a model's parameters without a label the model's."""
    names = node_names(root)
    taken = set(names.values())
    for parameter, name in ({} if model is None else parameter_names(model)).items():
        if parameter in names and not parameter.label:
            names[parameter] = name if brief(name) in taken else brief(name)
    return names


def _steps(frames: Sequence[Frame]) -> list[Step]:
    return [frame.step for frame in frames if frame.step is not None]


def _places(node: Value) -> list[int]:
    """Which of its operands are nodes."""
    return [k for k, x in enumerate(node.operands) if isinstance(x, Value)]


def _formula(node: Value, names: dict[Value, str]) -> str:
    symbols = {x: Formula(latex_name(names[x])) for x in node.parents}
    return _short(node, written(node, symbols).text)


def _numbers(node: Value) -> str:
    symbols = {x: rounded(x.data) for x in node.parents}
    return _short(node, written(node, symbols).text)


def _short(node: Value, latex: str) -> str:
    return latex if len(latex) <= LONGEST else rf"{operator_name(str(node.op))}(\ldots)"


def _frame(
    frame: Frame,
    index: dict[Value, int],
    rules: dict[Value, list[Formula]],
    operands: dict[Value, list[int]],
    typeset: Any,
) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": frame.kind, "node": index[frame.node]}
    step = frame.step
    if step is not None:
        told |= {"after": format_number(step.after), "exact": exact(step.after)}
    if step is not None and step.parent is not None and step.edge is not None:
        told |= {
            "parent": index[step.parent],
            "operand": operands[step.node][step.edge],
            "upstream": format_number(step.upstream),
            "local": format_number(step.local),
            "contribution": format_number(step.contribution),
            "before": format_number(step.before),
        }
        rule = rules[step.node][step.edge]
        if rule.text != numeral(rule.number).text:  # and not just a number
            told["rule"] = typeset(rule.text)
    return told
