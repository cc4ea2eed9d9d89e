"""Every function and derivative is accurate to 4 ulp over its whole range, as mpmath has it."""

import importlib
import math
import sys
from pathlib import Path

import pytest

from autograd_mini.primitives import TABLE
from autograd_mini.rules import NaryPrimitive, Primitive

mpmath = pytest.importorskip("mpmath")
sys.path.append(str(Path(__file__).parents[2] / "tools"))
accuracy = importlib.import_module("accuracy")


@pytest.mark.parametrize("name", TABLE)
def test_a_function_and_its_derivatives_are_accurate(name):
    measured = accuracy.measure(name, density=12)
    assert measured.points > 50
    if name not in accuracy.EXCEPTIONS:
        assert accuracy.violations({name: measured}) == []


def test_every_rule_has_its_truth_and_every_exception_is_a_rule():
    assert list(accuracy.TRUTH) == list(TABLE)
    assert set(accuracy.EXCEPTIONS) <= set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_the_truth_is_consistent(name):
    """Its derivatives are those of its function: mpmath differentiates numerically."""
    rule = TABLE[name]
    size = 5 if name == "dot" else 3 if isinstance(rule, NaryPrimitive) else len(rule.arguments)
    point = {"acosh": (1.7,), "clip": (0.3, -0.2, 0.9)}.get(name, (0.3, 0.7, -0.4, 1.1, 0.2)[:size])
    with mpmath.workdps(40):
        for i in range(size):
            order = tuple(int(i == j) for j in range(size))
            slope = mpmath.diff(accuracy.TRUTH[name][0], point, order)
            assert abs(accuracy._truth(name, point, i)[0] - slope) < 1e-15


@pytest.mark.parametrize(
    "naive",
    [
        Primitive("expm1", lambda x: math.exp(x) - 1, (lambda x, y: y + 1,)),
        Primitive("sigmoid", lambda x: 1 - 1 / (1 + math.exp(x)), (lambda x, y: y * (1 - y),)),
        Primitive("tanh", math.tanh, (lambda x, y: 1 - y,)),
        Primitive("sin", math.sin, (lambda x, y: math.cos(x) * (1 + 1e-15),)),
    ],
    ids=str,
)
def test_an_inaccurate_rule_is_found(naive, monkeypatch):
    monkeypatch.setitem(TABLE, naive.name, naive)
    assert accuracy.violations({naive.name: accuracy.measure(naive.name, density=12)})
