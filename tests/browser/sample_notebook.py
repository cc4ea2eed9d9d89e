"""A small notebook with everything that shows itself in one."""

from __future__ import annotations

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


def executed() -> Any:
    """The notebook with its outputs."""
    import nbformat.v4
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return notebook
