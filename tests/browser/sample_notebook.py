"""A small notebook with everything that shows itself in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CELLS = [
    """from autograd_mini import Value, chain_rule, draw_dot, latex, step_through, tanh

w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b")
y = tanh(w * x + b)
y.label = "y"
y.backward()
y""",
    "draw_dot(y)",
    "step_through(y)",
    "latex(y)",
    "chain_rule(y, w)",
]

# more pictures, some of them wider than a cell
PICTURES = [
    """import random
from autograd_mini import draw_mlp
from nn import MLP
from nn.losses import cross_entropy
model = MLP(4, [8, 8, 3], activation="tanh", rng=random.Random(3))
loss = cross_entropy(model([1.0, -2.0, 0.5, 0.1]), 0)
loss.backward()
draw_dot(loss, model=model)""",
    "draw_dot(loss, model=model, detail='layers')",
    "draw_mlp(model)",
    """for _ in range(30):
    y = y.tanh()
draw_dot(y)""",
    "step_through(y)",
]


def executed(sources: Sequence[str] = CELLS) -> Any:
    """The notebook with its outputs."""
    import nbformat.v4
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in sources])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return notebook
