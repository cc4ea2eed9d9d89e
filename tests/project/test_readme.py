"""The README and the pages say what is so: their Python examples print what they show."""

import contextlib
import io
import random
import re
from itertools import pairwise
from pathlib import Path

import pytest

from autograd_mini import Value, topological_order
from nn import MLP, losses

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"engines.md", "many_devices.md"}  # have tests of their own, with files and processes
PAGES = [ROOT / "README.md"]
PAGES += [path for path in sorted((ROOT / "docs").glob("*.md")) if path.name not in ELSEWHERE]
NEEDS = {  # libraries that a page is about
    "jax_function.md": "jax",
    "onnx.md": "onnxruntime",
    "pytorch.md": "torch",
    "safetensors.md": "safetensors",
    "scikit_learn.md": "sklearn",
}
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in PAGES}
BLOCKS = {
    name: re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    for name, text in TEXTS.items()
}
EXAMPLES = [
    pytest.param(NEEDS.get(name), code, output, id=f"{name}-{i}")
    for name, blocks in BLOCKS.items()
    for i, ((kind, code), (next_kind, output)) in enumerate(pairwise(blocks))
    if (kind, next_kind) == ("python", "output")
]


@pytest.mark.parametrize(("needs", "code", "output"), EXAMPLES)
def test_an_example_prints_what_the_page_shows(needs, code, output, tmp_path, monkeypatch):
    if needs:
        pytest.importorskip(needs)
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<example>", "exec"), {"__name__": "readme"})
    assert printed.getvalue() == output


def test_every_python_block_is_an_example():
    kinds = [kind for blocks in BLOCKS.values() for kind, _ in blocks]
    assert len(EXAMPLES) == kinds.count("python") > 20


def test_the_first_two_shell_blocks_are_one_line_each():
    shell = [code for kind, code in BLOCKS["README.md"] if kind == "sh"]
    assert len(shell) == 2
    assert all(code.count("\n") == 1 for code in shell)
    assert "autograd-mini train" in shell[0]
    assert "pytest" in shell[1]


def test_the_numbers_of_nodes_lines_and_boxes_are_counted():
    model = MLP(2, [16, 16, 1], rng=random.Random(0))
    x, y = [Value(0.5), Value(-1.0)], Value(1.0)
    loss = losses.hinge(model(x), y) + 1e-4 * losses.l2(model.parameters())
    assert f"graph of {len(topological_order(loss))} nodes" in TEXTS["compile.md"]

    rng = random.Random(0)
    pictures = MLP(784, [64, 10], rng=rng)
    loss = losses.cross_entropy(pictures([rng.random() for _ in range(784)]), 3)
    assert f"{len(topological_order(loss)):,} nodes" in TEXTS["large_graphs.md"]

    readme = TEXTS["README.md"]
    listed = re.findall(r"\((autograd_mini/\w+\.py)\)", readme.split("## Reading the code")[1])
    files = [(ROOT / name).read_text(encoding="utf-8") for name in listed]
    assert f"some {round(sum(text.count(chr(10)) for text in files), -2):,} lines" in readme
