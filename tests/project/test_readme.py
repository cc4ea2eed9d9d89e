"""The README and the tour say what is so: their Python examples print what they show."""

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
README, TOUR = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/tour.md"))
BLOCKS = [
    block
    for page in (README, TOUR)
    for block in re.findall(r"^```(\w+)\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
]
EXAMPLES = [
    (code, output)
    for (kind, code), (next_kind, output) in pairwise(BLOCKS)
    if (kind, next_kind) == ("python", "output")
]


@pytest.mark.parametrize(("code", "output"), EXAMPLES)
def test_an_example_prints_what_the_page_shows(code, output, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert printed.getvalue() == output


def test_every_python_block_is_an_example():
    assert len(EXAMPLES) == sum(kind == "python" for kind, _ in BLOCKS) > 0


def test_the_first_two_shell_blocks_are_one_line_each():
    shell = [code for kind, code in BLOCKS if kind == "sh"]
    assert len(shell) == 2
    assert all(code.count("\n") == 1 for code in shell)
    assert "autograd-mini train" in shell[0]
    assert "pytest" in shell[1]


def test_the_numbers_of_nodes_lines_and_boxes_are_counted():
    model = MLP(2, [16, 16, 1], rng=random.Random(0))
    x, y = [Value(0.5), Value(-1.0)], Value(1.0)
    loss = losses.hinge(model(x), y) + 1e-4 * losses.l2(model.parameters())
    assert f"graph of {len(topological_order(loss))} nodes" in TOUR

    rng = random.Random(0)
    pictures = MLP(784, [64, 10], rng=rng)
    loss = losses.cross_entropy(pictures([rng.random() for _ in range(784)]), 3)
    assert f"{len(topological_order(loss)):,} nodes" in TOUR

    listed = re.findall(r"\((autograd_mini/\w+\.py)\)", README.split("## Reading the code")[1])
    files = [(ROOT / name).read_text(encoding="utf-8") for name in listed]
    assert f"some {round(sum(text.count(chr(10)) for text in files), -2):,} lines" in README
