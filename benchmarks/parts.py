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
from .side_by_side import Row, alone
from .waiting import tangle

if TYPE_CHECKING:
    from collections.abc import Callable


def part(what: str, rounds: int, statement: str, scope: dict[str, Any], of: int = 1) -> list[Row]:
    """What a statement takes for each of the `of` things that it does."""
    timer = Timer(statement, globals=scope)
    runs = timer.autorange()[0]
    return [alone(what, lambda: timer.timeit(runs), rounds, runs=runs * of)]


def rows(quick: bool) -> dict[str, Callable[[], list[Row]]]:
    rounds = 5 if quick else 25
    x, y = Value(0.5), Value(0.2)
    node = {"u": 0.5, "v": 0.2, "x": x, "y": y, "Value": Value, "multiply": multiply}
    root = tangle(Value, 500)
    order, zeros = sweep.inner_order([root], 0.0)
    nodes = len(zeros)
    graph = {"sweep": sweep, "root": root, "order": order, "zeros": zeros}

    problem = problems.PROBLEMS["moons"]()
    program = autograd_mini.compile(problem.loss, **problem.shapes, parameters=problem.model)
    batch = dict(zip("xy", problem.batch(100)))
    moons = {"np": np, **batch, **program.arrays, "program": program}
    moons["arrays"] = [*program.arrays.values()]
    body = program.source.split("):\n")[1].split("    return")[0]
    exec(dedent(body), moons)  # what each line is about
    exec(program.source, moons)
    products = "; ".join(re.findall(r"[\w.]+ @ [\w.]+", body.split("# forward")[1]))

    parts: dict[str, tuple[Any, ...]] = {
        "floats": ("u * v of two floats", "u * v", node),
        "node": ("a new Value, its slots filled", "Value(0.1, '', multiply, x, v, y, u)", node),
        "operation": ("x * y of two Values", "x * y", node),
        "order": (
            "a node's place in the order",
            "sweep.inner_order([root], 0.0)",
            graph,
            nodes,
        ),
        "chain-rule": (
            "the chain rule at a node",
            "sweep.pass_back(order, zeros.copy(), 0.0)",
            graph,
            nodes,
        ),
        "backward": ("backward(), for each node", "root.backward()", graph, nodes),
        "products": ("its products of matrices", products, moons),
        "source": ("its source, run by itself", "value_and_grad(x, y, *arrays)", moons),
        "compiled": ("a compiled call", "program.value_and_grad(x, y)", moons),
    }
    return {name: partial(part, what, rounds, *timed) for name, (what, *timed) in parts.items()}
