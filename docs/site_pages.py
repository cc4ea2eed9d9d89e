"""The pages of the site that follow from the code: a page for each operation, and the stepper."""

from __future__ import annotations

import io
import math
from inspect import Parameter, Signature
from typing import Any

import make_pages
import matplotlib.pyplot as plt

from autograd_mini import Value, compile, step_through, tanh, value_and_grad
from autograd_mini.primitives import TABLE
from autograd_mini.rules import NaryPrimitive, Primitive
from autograd_mini.stepper import Stepper
from autograd_mini.text import format_number

PLOTTED = (-4.0, 4.0)  # the operands that a plot shows


def pages() -> dict[str, str]:
    """{path below docs/: text} of every page that is made for the site alone."""
    rows = [row for row in TABLE.values() if row.name.isidentifier()]
    listed = "\n".join(f"operations/{row.name}" for row in rows)
    index = f"# Every operation\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"
    made = {
        "made/stepper.html": neuron_steps().element(compact=True),
        "reference/every_operation.md": index,
    }
    for row in rows:
        made[f"reference/operations/{row.name}.md"] = operation(row)
    return made


def neuron_steps() -> Stepper:
    """The stepper of a neuron."""
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b")
    z = w * x + b
    y = tanh(z)
    z.label, y.label = "z", "y"
    return step_through(y, title="y = tanh(w x + b)")


def operation(row: Primitive) -> str:
    """The page of an operation."""
    call, formula = make_pages._call(row), make_pages._formula(row)
    lines = [f"# {row.name}", "", make_pages._one_line(row), ""]
    lines += [f"$$y = {formula}$$", "", "## Local partials", ""]
    lines += [f"Of `y = {call}`: {make_pages._partials(row)}.", ""]
    lines += [f"Defined for: {row.requires or 'all numbers'}.", ""]
    lines += [*_edges(row), *_plot(row), *_code(row)]
    return "\n".join(lines)


def _edges(row: Primitive) -> list[str]:
    """The numbers at kinks and edges, which are conventions or infinite."""
    if not row.edges:
        return []
    lines = ["## At kinks and edges", "", "| at | value | partials |", "|---|---|---|"]
    for point in row.edges:
        y = row.apply([Value(x) for x in point])
        partials = ", ".join(map(format_number, y.partials))
        call = make_pages._call(row, *map(str, point))
        lines.append(f"| `{call}` | {format_number(y.data)} | {partials} |")
    return [*lines, ""]


def _plot(row: Primitive) -> list[str]:
    """The function and its derivative by the first operand, the others at their defaults."""
    if isinstance(row, NaryPrimitive) or len(row.arguments) - len(row.defaults) != 1:
        return []
    low, high = PLOTTED
    xs = [low + (high - low) * k / 400 for k in range(401)]
    curves: dict[str, list[float]] = {"y": [], "dy/dx": []}
    for x in xs:
        try:
            node = row.apply([Value(x), *row.defaults])
            numbers = [node.data, node.partials[0]]
        except (ValueError, ArithmeticError):
            numbers = [math.nan, math.nan]
        for curve, number in zip(curves.values(), numbers):
            curve.append(number if abs(number) < 1e3 else math.nan)
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": row.name}):
        figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
        for (name, curve), colour, dash in zip(curves.items(), ("C0", "C1"), ("-", "--")):
            axes.plot(xs, curve, dash, color=colour, label=name)
        largest = max([abs(y) for y in curves["y"] if y == y], default=1.0)
        axes.set_ylim(-min(largest, 4.0) * 1.1, min(largest, 4.0) * 1.1)
        axes.axhline(0, color="grey", linewidth=0.5)
        axes.set_xlabel("x")
        axes.legend(frameon=False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None}, transparent=True)
        plt.close(figure)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    told = f'role="img" aria-label="{row.name} and its derivative from {low:g} to {high:g}"'
    svg = "\n".join(line for line in svg.replace("<svg", f"<svg {told}", 1).splitlines() if line)
    return ["## Plot", "", '<div class="plot">', svg, "</div>", ""]


def _code(row: Primitive) -> list[str]:
    """What `compile` makes of the operation and its partials, for an array of examples."""
    is_list = isinstance(row, NaryPrimitive)
    arguments = row.arguments[: len(row.arguments) - len(row.defaults)]
    names = ("ws", "xs") if row is make_pages.dot else ("xs",) if is_list else arguments
    places = tuple(range(len(names)))

    def value_and_partials(*operands: Any) -> Any:
        return value_and_grad(row, places)(*operands)

    value_and_partials.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
    program = compile(value_and_partials, shapes=dict.fromkeys(names, 2 if is_list else ()))
    return ["## Compiled", "", "```python", program.source.rstrip(), "```", ""]
