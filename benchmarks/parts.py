"""Where the time goes: one operation, one backward pass and one compiled call, and their parts."""

from __future__ import annotations

import re
from functools import partial
from textwrap import dedent
from timeit import Timer
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_mini
from autograd_mini import Value, sweep
from autograd_mini.primitives import multiply

from . import problems
from .draw import tangle
from .side_by_side import Row, alone

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = 100


def part(
    what: str, rounds: int, statement: str | Callable[[], object], of: int = 1, **scope: Any
) -> list[Row]:
    """What a statement takes; for each of the `of` things that it does."""
    timer = Timer(statement, globals=scope)
    runs = timer.autorange()[0]
    return [alone(what, lambda: timer.timeit(runs), rounds, runs=runs * of)]


def rows(quick: bool) -> dict[str, Callable[[], list[Row]]]:
    rounds = 5 if quick else 25
    a, b = Value(0.5), Value(0.2)
    root = tangle(Value, 500)
    order, gradient = sweep.inner_order([root], 0.0)
    nodes = len(gradient)

    problem = problems.PROBLEMS["moons"]()
    program = autograd_mini.compile(problem.loss, **problem.shapes, parameters=problem.model)
    x, y = problem.batch(EXAMPLES)
    scope: dict[str, Any] = {"x": x, "y": y, "np": np, **program.arrays}
    _, _, body = program.source.partition("):\n")
    exec(dedent(body.split("    return")[0]), scope)
    products = "; ".join(re.findall(r"[\w.]+ @ [\w.]+", body.split("# forward")[1]))
    exec(program.source, scope)
    call = "value_and_grad(x, y, *arrays)"

    return {
        "floats": partial(part, "x * y of two floats", rounds, "x * y", x=0.5, y=0.2),
        "node": partial(
            part,
            "a node: Value() with its eight slots",
            rounds,
            "Value(0.1, '', multiply, a, 0.2, b, 0.5)",
            Value=Value,
            multiply=multiply,
            a=a,
            b=b,
        ),
        "operation": partial(part, "a * b of two Values", rounds, "a * b", a=a, b=b),
        "order": partial(
            part, "topological order, a node", rounds, lambda: sweep.inner_order([root], 0.0), nodes
        ),
        "chain-rule": partial(
            part,
            "chain rule, a node",
            rounds,
            lambda: sweep.pass_back(order, dict.fromkeys(gradient, 0.0), 0.0),
            nodes,
        ),
        "backward": partial(part, "backward(), a node", rounds, root.backward, nodes),
        "products": partial(part, "its products of matrices", rounds, products, **scope),
        "source": partial(
            part, "its source alone", rounds, call, **scope, arrays=[*program.arrays.values()]
        ),
        "compiled": partial(
            part, "program.value_and_grad(x, y)", rounds, lambda: program.value_and_grad(x, y)
        ),
    }
