"""Writes the pages and pictures that follow from the code: python docs/make_pages.py"""

from __future__ import annotations

import random
import re
from pathlib import Path

from autograd_mini import Value, draw_mlp, tanh
from autograd_mini.files import write_atomically
from autograd_mini.primitives import TABLE
from autograd_mini.rules import NaryPrimitive, Primitive
from nn import MLP
from nn.losses import mean_squared_error

HERE = Path(__file__).parent


def pages() -> dict[str, str]:
    """{file name below docs/: content} of all pages that are made."""
    from autograd_mini.draw import render

    model, loss = network()
    return {
        "operations.md": operations(),
        "pictures/neuron.svg": render(neuron()),
        "pictures/network.svg": draw_mlp(model).pipe(format="svg").decode(),
        "pictures/neurons.svg": render(loss, model=model, detail="neurons"),
    }


def neuron() -> Value:
    """The neuron of the README, after its backward pass."""
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b")
    y = tanh(w * x + b)
    y.label = "y"
    y.backward()
    return y


def network() -> tuple[MLP, Value]:
    """A small network, and its loss on one example after the backward pass."""
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(3))
    loss = mean_squared_error([model([Value(1.0, "x1"), Value(-2.0, "x2")])], [1.0])
    loss.label = "loss"
    loss.backward()
    return model, loss


def operations() -> str:
    """The rule table as a page."""
    lines = [
        "# Operations",
        "",
        "Made from the rule table by `python docs/make_pages.py`.",
        "",
        "| operation | formula | defined for | |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{_call(row)}` | ${_formula(row)}$ | {row.requires} | {_one_line(row)} |"
        for row in TABLE.values()
    ]
    lines += [
        "",
        "## At kinks and edges",
        "",
        "Where a derivative is a convention or infinite, it is PyTorch's.",
        "",
        "| at | value | partials |",
        "|---|---|---|",
    ]
    for row in TABLE.values():
        for point in row.edges:
            operands = [Value(x) for x in point]
            y = row.apply(operands)
            partials = ", ".join(f"{d:g}" for d in y.partials)
            lines.append(f"| `{_call(row, *map(str, point))}` | {y.data:g} | {partials} |")
    return "\n".join(lines) + "\n"


def _call(row: Primitive, *operands: str) -> str:
    names = operands or tuple(row.arguments)
    if row.name == "neg":
        return f"-{names[0]}"
    if not row.name.isidentifier():
        return f" {row.name} ".join(names)
    if row.name == "dot":
        names = ("ws", "xs", "bias=0")
    elif not operands and row.defaults:
        first = len(names) - len(row.defaults)
        with_defaults = (f"{n}={d:g}" for n, d in zip(names[first:], row.defaults))
        names = (*names[:first], *with_defaults)
    return f"{row.name}({', '.join(names)})"


def _formula(row: Primitive) -> str:
    if isinstance(row, NaryPrimitive):
        return row.latex.replace("#*", r"x_1, \ldots, x_n")
    return re.sub(r"#(\d)", lambda m: _latex_name(row.arguments[int(m[1]) - 1]), row.latex)


def _latex_name(name: str) -> str:
    greek = {"alpha": r"\alpha"}
    if name in greek:
        return greek[name]
    return (
        f"{name[0]}_{name[1:]}"
        if name[1:].isdigit()
        else name
        if len(name) == 1
        else rf"\mathrm{{{name}}}"
    )


def _one_line(row: Primitive) -> str:
    return " ".join((row.__doc__ or "").split()).replace("|", r"\|")


if __name__ == "__main__":
    for name, content in pages().items():
        write_atomically(HERE / name, content)
        print(f"wrote docs/{name}")
