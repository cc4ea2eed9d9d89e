"""The page of a stepper: its picture, the data of every frame, and the view.

The page contains everything, so that it works without a network and without a kernel. If scripts
do not run, as in a notebook that is not trusted, it shows the picture.
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
    Names,
    local_derivatives,
    numeral,
    operation_formula,
    operator_name,
    rounded,
    unused,
)
from ..graph import check_fresh, node_names, topological_order
from ..mathml import inner_mathml
from ..palette import FONTS, css_properties, picture_css
from ..steps import Step, backprop_steps
from ..text import clean, exact, format_number, shortened
from ..value import Value
from .frames import Frame, gradients_after

HERE = Path(__file__).parent
WIDEST = 24  # characters of a name in a formula
LONGEST = 160  # characters of a formula; for a longer one the name of the operation is shown
SVG = "http://www.w3.org/2000/svg"


def page_of(root: Value, frames: Sequence[Frame], title: str, model: Any = None) -> str:
    """A whole HTML document."""
    escaped = escape(title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped}</title>\n"
        f"<style>body {{ {css_properties()} color-scheme: light dark; margin: 8px; "
        "background: var(--backdrop); } h1 { position: absolute; clip-path: inset(50%); }"
        f"</style>\n</head>\n<body>\n<main>\n<h1>{escaped}</h1>\n"
        f"{element_of(root, frames, title, model)}\n</main>\n</body>\n</html>\n"
    )


def element_of(root: Value, frames: Sequence[Frame], title: str, model: Any = None) -> str:
    """A <div> for a page or for the output of a notebook, with its style sheet and script.

    Raises:
        StaleGraphError: a leaf was changed after the graph was built.
    """
    picture = picture_of(root, frames, model)
    title = escape(title)
    # "<" would end the script element if a "/script" followed
    data = json.dumps(data_of(root, frames, model), ensure_ascii=False, separators=(",", ":"))
    data = data.replace("<", r"\u003c")
    key = hashlib.sha256((picture + data).encode()).hexdigest()[:12]
    return (
        f'<div class="autograd-stepper" data-key="{key}" role="group" '
        f'aria-label="{title}">\n'
        f"<style>\n{view_css()}</style>\n"
        f'<img alt="{title}: the graph with its gradients" '
        f'style="max-width: 100%" src="{data_url(picture)}">\n'
        "<p>To step through it, trust this notebook.</p>\n"
        f"<script>\n(() => {{\n{view_js()}\n"
        f"for (const root of document.querySelectorAll('[data-key=\"{key}\"]:not([data-live])')) "
        f"{{\nroot.dataset.live = '';\nroot.stepper = autogradStepper(root, {data});\n}}\n"
        "})();\n</script>\n</div>"
    )


def data_url(picture: str) -> str:
    """The address of an SVG that contains the SVG itself."""
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}"


def view_css() -> str:
    """The style sheet, with the palette as custom properties."""
    rules = (HERE / "view.css").read_text(encoding="utf-8")
    colours = picture_css(".autograd-stepper .graph", "light-dark({light}, {dark})")
    return f".autograd-stepper {{ {css_properties()} }}\n{colours}\n{rules}"


def view_js() -> str:
    return (HERE / "view.js").read_text(encoding="utf-8")


def picture_of(root: Value, frames: Sequence[Frame], model: Any = None) -> str:
    """The graph as an SVG, with the gradients after the last frame.

    Its boxes have room for the gradients of all frames. The attribute data-part replaces Graphviz's
    ids, because a page may have several pictures with the same ids.
    """
    order = topological_order(root)
    check_fresh(order)
    gradients = gradients_after(_steps(frames))
    room = _widest_gradients(_steps(frames))
    drawn = ElementTree.fromstring(
        render(root, model=model, detail="values", max_nodes=None, gradients=room)
    )
    for style in drawn.findall(f"{{{SVG}}}style"):
        drawn.remove(style)  # the page has its own
    for group in list(drawn.iter(f"{{{SVG}}}g")):
        for child in list(group):
            if child.tag == f"{{{SVG}}}title":
                group.remove(child)
            elif child.tag == f"{{{SVG}}}g" and child.get("id", "").startswith("a_"):
                group.remove(child)  # a link, which is there for its tooltip only
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
    drawn.set("font-family", FONTS)
    return re.sub(r">\s+<", "><", ElementTree.tostring(drawn, encoding="unicode"))


def _widest_gradients(steps: Sequence[Step]) -> dict[Value, Any]:
    """For each node the gradient with the most characters, of all steps."""
    widest: dict[Value, Any] = {}
    for step in steps:
        node = step.node if step.parent is None else step.parent
        known = widest.get(node, step.after)
        widest[node] = max(known, step.after, key=lambda x: len(format_number(x)))
    return widest


def _keep_right_edge(box: ElementTree.Element, last: str) -> None:
    """Align the numbers, which change, at their right ends; show the last gradient."""
    shapes = [*box.findall(f"{{{SVG}}}polygon"), *box.findall(f"{{{SVG}}}path")]
    points = shapes[0].get("points", "") or shapes[0].get("d", "")  # a path has rounded corners
    right = max(float(x) for x, _ in re.findall(r"(-?[\d.]+),(-?[\d.]+)", points))
    *_, data, _, gradient = box.findall(f"{{{SVG}}}text")
    gradient.text = last
    for number in (data, gradient):
        if number is gradient or number.get("y") != gradient.get("y"):
            number.set("text-anchor", "end")
            number.set("x", f"{right - 6.32:.2f}")


def data_of(root: Value, frames: Sequence[Frame], model: Any = None) -> dict[str, Any]:
    """Nodes and frames as JSON. They refer to formulas, a list of MathML, by their number."""
    order = topological_order(root)
    index = {node: i for i, node in enumerate(order)}
    names = _names(root, model)
    short = _short_names(names)
    math: dict[str, int] = {}

    def typeset(latex: str) -> int:
        return math.setdefault(inner_mathml(latex), len(math))

    found = gradients_after(_steps(frames))
    right = gradients_after(backprop_steps(root))

    def node_data(node: Value) -> dict[str, Any]:
        data: dict[str, Any] = {
            "name": clean(names[node]),
            "math": typeset(short.latex[node]),
            "data": format_number(node.data),
            "exact": exact(node.data),
            "operands": _edges(node),
        }
        if not node.is_leaf:
            symbols = {x: Formula(short.latex[x]) for x in node.parents}
            numbers = {x: rounded(x.data) for x in node.parents}
            data["formula"] = typeset(_formula(node, symbols))
            data["numbers"] = typeset(_formula(node, numbers))
        if node in found and format_number(found[node]) != format_number(right[node]):
            data["right"] = format_number(right[node])  # depth first gave another number
        return data

    nodes = [node_data(node) for node in order]
    rules = {node: local_derivatives(node, short) for node in order}

    def frame_data(frame: Frame) -> dict[str, Any]:
        data: dict[str, Any] = {"kind": frame.kind, "node": index[frame.node]}
        step = frame.step
        if step is not None:
            data |= {"after": format_number(step.after), "exact": exact(step.after)}
        if step is not None and step.parent is not None and step.edge is not None:
            data |= {"parent": index[step.parent], "operand": _edges(step.node)[step.edge]}
            for name in ("upstream", "local", "contribution", "before"):
                data[name] = format_number(getattr(step, name))
            rule = rules[step.node][step.edge]
            if rule.text != numeral(rule.number).text:  # it is not just a number
                data["rule"] = typeset(rule.text)
        return data

    return {
        "root": index[root],
        "nodes": nodes,
        "frames": [frame_data(frame) for frame in frames],
        "math": list(math),
    }


def _names(root: Value, model: Any) -> Names:
    """The names of node_names(); parameters without a label have the model's names."""
    names = Names(node_names(root))
    taken = set(names.values())
    for parameter, name in ({} if model is None else parameter_names(model)).items():
        if parameter in names and not parameter.label:
            names[parameter] = name if brief(name) in taken else brief(name)
    return names


def _short_names(names: Names) -> Names:
    """The names in formulas: shortened, but still different from each other."""
    short: dict[str, str] = {}
    for name in names.values():
        short.setdefault(name, unused(shortened(name, WIDEST), short.values()))
    return Names({node: short[name] for node, name in names.items()})


def _steps(frames: Sequence[Frame]) -> list[Step]:
    return [frame.step for frame in frames if frame.step is not None]


def _edges(node: Value) -> list[int]:
    """The indices of the operands that are nodes."""
    return [k for k, x in enumerate(node.operands) if isinstance(x, Value)]


def _formula(node: Value, symbols: dict[Value, Formula]) -> str:
    """A node's operation on symbols or numbers; only its name if that is too long."""
    text = operation_formula(node, symbols).text
    return text if len(text) <= LONGEST else rf"{operator_name(str(node.op))}(\ldots)"
