"""What the transforms cost, side by side with a plain gradient.

Each bar says that a cost is linear in the graph: an hvp is a few gradients at any size, and four
times the outputs take about four times as long.
"""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from autograd_mini import Value, dot, fsum, grad, gradients, hvp, jvp, tanh, value_and_grad, vjp
from nn import MLP

from .side_by_side import Row, cost_row, interleaved

if TYPE_CHECKING:
    from collections.abc import Callable


def hvp_rows(rounds: int, rng: Random) -> list[Row]:
    """An hvp of ten units over n inputs, beside value_and_grad. Two reverse passes alone are 4."""
    rows = []
    for n in (160, 640, 2560):
        units = [[rng.gauss(0, n**-0.5) for _ in range(n)] for _ in range(10)]
        x, v = ([rng.gauss(0, 1) for _ in range(n)] for _ in range(2))

        def f(x: Any, units: Any = units) -> Any:
            return fsum([tanh(dot(w, x)) ** 2 for w in units])

        times = interleaved(
            f"hvp, {n}",
            lambda f=f, x=x, v=v: hvp(f, (x,), (v,)),
            lambda f=f, x=x: value_and_grad(f)(x),
            rounds=rounds,
            rng=rng,
        )
        rows.append(cost_row(f"hvp of {n:,} inputs, beside value_and_grad", times, 6))
    return rows


def running_sums(x: list[Any]) -> list[Any]:
    total, sums = x[0], [x[0]]
    for xi in x[1:]:
        total = total + xi
        sums.append(total)
    return sums


def growth(what: str, run: Callable[[list[float]], object], rounds: int, rng: Random) -> list[Row]:
    few, many = [1.0] * 1600, [1.0] * 6400
    times = interleaved(what, lambda: run(many), lambda: run(few), rounds=rounds, rng=rng)
    return [cost_row(f"{what} of 6,400 running sums, beside 1,600", times, 6)]


def outside_rows(rounds: int, rng: Random) -> list[Row]:
    """A network by its inputs; its parameters are Values from outside."""
    rows = []
    for n in (200, 800):
        model, x = MLP(n, [10, 1], rng=rng), [0.1] * n

        def graph(model: Any = model, x: Any = x) -> Any:
            leaves = [Value(xi) for xi in x]
            return gradients(model(leaves), leaves, create_graph=True)

        times = interleaved(
            f"outside, {n}",
            lambda model=model, x=x: grad(lambda x: model(x))(x),
            graph,
            rounds=rounds,
            rng=rng,
        )
        what = f"grad by {n} inputs of a model, beside gradients(create_graph)"
        rows.append(cost_row(what, times, 5))
    return rows


def rows(quick: bool) -> dict[str, Callable[[], list[Row]]]:
    rng, rounds = Random(1337), 5 if quick else 15
    return {
        "hvp": partial(hvp_rows, rounds, rng),
        "vjp": partial(growth, "vjp", lambda x: vjp(running_sums, x)[1](x), rounds, rng),
        "jvp": partial(growth, "jvp", lambda x: jvp(running_sums, (x,), (x,)), rounds, rng),
        "outside": partial(outside_rows, rounds, rng),
    }
