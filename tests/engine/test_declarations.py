"""An operation is declared once: in a copy of the packages one row is added to the table, and all
that should follow from it is asked for."""

import shutil
import subprocess
import sys
from pathlib import Path

import autograd_mini
import nn

ROW = """
softer = declare("softer", lambda x: softplus(x) / 2, (lambda x, y: sigmoid(x) / 2,),
    r"\\operatorname{softer}(#1)", "Half of softplus.", kind="activation")
"""

USE = """
import random
import autograd_mini, nn
from autograd_mini import ACTIVATIONS, Value, draw_dot, grad, latex, softer
from autograd_mini.compiler import compile
from autograd_mini.expressions import parse
from autograd_mini.formulas import Formula
from autograd_mini.testing import check_gradients
from autograd_mini.testing.numerics import ComplexStep
from nn import activations

assert "softer" in autograd_mini.__all__
v = Value(0.5, "v")
assert v.softer().data == softer(v).data == softer(0.5)
assert v.softer.__doc__ == "Half of softplus."
check_gradients(softer, 0.5, order=2)
assert grad(grad(softer))(0.5) > 0
assert str(latex(softer(v))) == r"\\operatorname{softer}(v)"
assert str(Formula("x").softer()) == r"\\operatorname{softer}(x)"
assert "softer" in draw_dot(softer(v)).source
assert parse("softer(x)", {"x": 0.5}).data == softer(0.5)
assert ACTIVATIONS["softer"] is softer
assert activations.activation_function("softer") is softer
model = nn.MLP(2, [2, 1], activation="softer", rng=random.Random(0))
program = compile(lambda x: model(x), x=2, parameters=model)
loss, _ = program.value_and_grad([[0.5, 1.0]])
assert abs(loss - model([0.5, 1.0]).data) < 1e-12
"""


def test_a_row_of_the_table_is_all_that_an_operation_takes(tmp_path):
    for package in (autograd_mini, nn):
        source = Path(package.__file__).parent
        shutil.copytree(
            source, tmp_path / source.name, ignore=shutil.ignore_patterns("__pycache__")
        )
    table = tmp_path / "autograd_mini" / "primitives.py"
    text = table.read_text(encoding="utf-8")
    end = "\n# fmt: on\n# -- n-ary"
    assert text.count(end) == 1
    table.write_text(text.replace(end, ROW + end), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", USE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    assert run.returncode == 0
