"""Uses an installed autograd-mini as a user would; run in an empty folder, outside the checkout."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import autograd_mini
import nn


def run(*arguments: str, expected: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "autograd_mini", *arguments], capture_output=True, text=True
    )
    assert done.returncode == expected, (arguments, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


for package in (autograd_mini, nn):
    folder = Path(package.__file__).parent
    assert "site-packages" in str(folder), folder
    assert (folder / "py.typed").exists(), "the types are not shipped"

x = autograd_mini.Value(3.0)
(x * x).backward()
assert x.grad == 6.0

assert run("--version") == f"autograd-mini {version('autograd-mini')}\n"
assert "test accuracy" in run("train", "--epochs", "2", "--out", "trained")
for picture in ("graph.svg", "training.svg"):
    assert "</svg>" in Path("trained", picture).read_text(), picture
assert "autogradStepper" in Path("trained/steps.html").read_text(), "the view is not shipped"
assert json.loads(Path("trained/model.json").read_text())["classes"][0] == "setosa"
assert "class: " in run("predict", "trained/model.json", "5.1", "3.5", "1.4", "0.2")
run("draw", "tanh(w*x + b)", "w=0.5", "x=2", "b=0.1", "--out", "neuron.png")
assert Path("neuron.png").read_bytes().startswith(b"\x89PNG")
assert "grad(w)" in run("steps", "tanh(w*x + b)", "w=0.5", "x=2", "b=0.1")
run("worksheet", "--out", "sheet.html")
assert "<math" in Path("sheet.html").read_text(encoding="utf-8"), "the sheets are not shipped"
run("train", "--data", "missing.csv", expected=2)
subprocess.run(
    ["autograd-mini", "--help"],
    check=True,
    stdout=subprocess.DEVNULL,
    env={"PATH": str(Path(sys.executable).parent)},
)
print("the wheel of autograd-mini", version("autograd-mini"), "works")
