"""What one waits for: a picture, a page to step through, a verdict on an engine.

Pictures are drawn by a process of their own, dot, so they are timed by the clock on the wall.
"""

from __future__ import annotations

from functools import partial
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

from micrograd.engine import Value as Micrograd

from autograd_mini import Value, draw_dot, step_through, tanh
from autograd_mini.draw.program import new_picture
from autograd_mini.testing import check_engine
from nn import MLP
from nn.losses import cross_entropy

from . import microgpt
from .rivals import in_micrograd
from .side_by_side import Row, alone, interleaved, timed_row

if TYPE_CHECKING:
    from collections.abc import Callable

    Rows = dict[str, Callable[[], list[Row]]]

NETWORK = "MLP(4, [8, 8, 3])"


def tangle(scalar: Any, nodes: int) -> Any:
    """The root of a graph of about so many nodes, after its backward pass."""
    a, b = scalar(0.5), scalar(-0.3)
    for _ in range(nodes // 4):
        a, b = b * a + a, (a * b).relu()
    a.backward()
    return a


def network() -> tuple[MLP, Value]:
    """A classifier and its loss on an example, 176 nodes; after the backward pass."""
    model = MLP(4, [8, 8, 3], rng=Random(0))
    loss = cross_entropy(model([0.1, 0.2, 0.3, 0.4]), 1)
    loss.backward()
    return model, loss


def graph(rounds: int) -> list[Row]:
    what = "draw_dot of 500 nodes, beside micrograd's"
    ours, theirs = tangle(Value, 500), tangle(Micrograd, 500)

    def rival() -> object:
        plain = new_picture("svg", {"rankdir": "LR"}, {}, {})
        return in_micrograd.draw(theirs, plain).pipe()

    def run() -> object:
        return draw_dot(ours).pipe()

    clock = {"rng": Random(1337), "clock": perf_counter}
    return [timed_row(what, interleaved(what, run, rival, rounds=rounds, **clock))]


def drawn(what: str, run: Callable[[], object], rounds: int) -> list[Row]:
    return [alone(what, run, rounds, perf_counter)]


def verdict(whose: str, scalar: Any, rounds: int) -> list[Row]:
    """Every round runs the same programs: they are drawn from a seed."""
    return [alone(f"check_engine of {whose}", lambda: check_engine(scalar), rounds)]


def draw(quick: bool) -> Rows:
    rounds = 5 if quick else 15
    model, loss = network()
    cards = partial(drawn, f"cards of {NETWORK}", lambda: draw_dot(loss, model=model).pipe())
    return {"graph": partial(graph, rounds), "cards": partial(cards, rounds)}


def step(quick: bool) -> Rows:
    neuron = tanh(Value(0.5, "w") * Value(2.0, "x") + Value(0.1, "b"))
    pages = {
        "neuron": ("page of a neuron, 6 nodes", neuron),
        "network": (f"page of {NETWORK}, 176 nodes", network()[1]),
    }
    return {
        name: partial(drawn, what, lambda root=root: step_through(root).page(), 3 if quick else 9)
        for name, (what, root) in pages.items()
    }


def check(quick: bool) -> Rows:
    engines = {"our Value": Value, "microgpt's": microgpt.Value, "micrograd's": Micrograd}
    return {
        whose.split()[-1]: partial(verdict, whose, scalar, 3 if quick else 9)
        for whose, scalar in engines.items()
    }
