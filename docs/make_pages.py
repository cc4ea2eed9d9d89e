"""Writes the pages and pictures that follow from the code: python docs/make_pages.py"""

from __future__ import annotations

import contextlib
import io
import random
import re
import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import engine_pages
import lectures

from autograd_mini import Value, compile, draw_mlp, tanh
from autograd_mini.compiler import Program
from autograd_mini.files import write_atomically
from autograd_mini.formulas import Formula, as_formula, latex_name
from autograd_mini.primitives import TABLE, dot, negate
from autograd_mini.rules import NaryPrimitive, Primitive
from autograd_mini.testing.points import sample_operands
from nn import MLP
from nn.losses import hinge, l2, mean_squared_error

HERE = Path(__file__).parent
LETTERS = {"alpha": r"\alpha"}  # names that mathematics has a letter for


def pages() -> dict[str, str]:
    """{file name below docs/: content} of all pages that are made."""
    from autograd_mini.draw import render

    model, loss = network()
    return {
        "operations.md": operations(),
        "lectures.md": lectures.page(),
        "teaching.md": lectures.teaching(),
        "engines.md": engine_pages.page(),
        "pictures/neuron.svg": render(neuron()),
        "pictures/network.svg": draw_mlp(model).pipe(format="svg").decode(),
        "pictures/neurons.svg": render(loss, model=model),
        "pictures/program.svg": program().draw().pipe(format="svg").decode(),
        "pictures/rnn.svg": written_by("large_graphs.md", "rnn.svg"),
    }


def written_by(page: str, name: str) -> str:
    """The file that the example of a page writes."""
    blocks = re.findall(r"^```python\n(.*?)^```$", (HERE / page).read_text("utf-8"), re.M | re.S)
    [code] = [block for block in blocks if name.partition(".")[0] in block]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, {"__name__": "__main__"})
        return Path(name).read_text(encoding="utf-8")


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


def program() -> Program:
    """The compiled program of the README."""
    model = MLP(2, [16, 16, 1], rng=random.Random(0))
    return compile(
        lambda x, y: hinge(model(x), y) + 1e-4 * l2(model.parameters()),
        x=2,
        y=(),
        parameters=model,
    )


def operations() -> str:
    """The rule table as a page."""
    lines = [
        "# Operations",
        "",
        "Made from the rule table by `python docs/make_pages.py`.",
        "",
        "The local partials of y = f(x, ..) are dy/dx, .. They are written as the rules compute",
        "them. The second table has their numbers at kinks and edges.",
        "",
        "| operation | formula | local partials | defined for | |",
        "|---|---|---|---|---|",
    ]
    for row in TABLE.values():
        cells = (
            f"`{_call(row)}`",
            f"${_formula(row)}$",
            _partials(row),
            row.requires,
            _one_line(row),
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "## At kinks and edges",
        "",
        "Where a derivative is infinite, or a convention, it is the one of PyTorch.",
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
    if row is negate:
        return f"-{names[0]}"
    if not row.name.isidentifier():
        return f" {row.name} ".join(names)
    if row is dot:
        names = ("ws", "xs", "bias=0")
    elif not operands and row.defaults:
        first = len(names) - len(row.defaults)
        with_defaults = (f"{n}={d:g}" for n, d in zip(names[first:], row.defaults))
        names = (*names[:first], *with_defaults)
    return f"{row.name}({', '.join(names)})"


def _formula(row: Primitive) -> str:
    return str(row.apply([Formula(name) for name in _names(row)]))


def _partials(row: Primitive) -> str:
    """Each partial, as its own rule writes it; of a list, that along the first operand.

    Conditions that come out the same everywhere but at edges are decided; others become cases.
    """
    names, rng = _names(row), random.Random(0)
    points = [sample_operands(row, rng, size=2) for _ in range(20)]

    def rule(k: int, *numbers: float) -> str:
        symbols = [Formula(name, number=x) for name, x in zip_longest(names, numbers)]
        return str(as_formula(row.partial(k, symbols, Formula("y"))))

    def written(k: int) -> str:
        decided = {rule(k, *point) for point in points}
        return decided.pop() if len(decided) == 1 else rule(k)

    indices = [0] if isinstance(row, NaryPrimitive) else range(len(names))
    return ", ".join(f"${written(k)}$" for k in indices)


def _names(row: Primitive) -> list[str]:
    """The operands in mathematics; of a list, those of one of two."""
    names: Sequence[str] = ("x1", "x2") if isinstance(row, NaryPrimitive) else row.arguments
    if row is dot:
        names = "w1", "w2", "x1", "x2", "b"
    return [LETTERS.get(name) or latex_name(name) for name in names]


def _one_line(row: Primitive) -> str:
    return " ".join((row.__doc__ or "").split()).replace("|", r"\|")


if __name__ == "__main__":
    for name, content in pages().items():
        write_atomically(HERE / name, content)
        print(f"wrote docs/{name}")
