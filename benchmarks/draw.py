"""Pictures of graphs, beside those of micrograd's notebook, and of networks; all as SVG."""

from __future__ import annotations

from functools import partial
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

import micrograd.engine

from autograd_mini import Value, draw_dot
from autograd_mini.draw.program import new_picture
from nn import MLP
from nn.losses import cross_entropy

from .rivals import in_micrograd
from .side_by_side import Row, alone, interleaved, timed_row

if TYPE_CHECKING:
    from collections.abc import Callable


def tangle(scalar: Any, nodes: int) -> Any:
    """The root of a graph of about so many nodes, after its backward pass."""
    a, b = scalar(0.5), scalar(-0.3)
    for _ in range(nodes // 4):
        a, b = b * a + a, (a * b).relu()
    a.backward()
    return a


def network_loss() -> tuple[MLP, Value]:
    """A classifier of 4 features and its loss on an example, 176 nodes; after the backward pass."""
    model = MLP(4, [8, 8, 3], rng=Random(0))
    loss = cross_entropy(model([0.1, 0.2, 0.3, 0.4]), 1)
    loss.backward()
    return model, loss


def graph(rounds: int, rng: Random) -> list[Row]:
    """The same program draws both, in a process of its own: by the clock on the wall."""
    what = "draw_dot of 500 nodes, beside micrograd's"
    ours, theirs = tangle(Value, 500), tangle(micrograd.engine.Value, 500)

    def rival() -> bytes:
        plain = new_picture("svg", {"rankdir": "LR"}, {}, {})
        return in_micrograd.draw(theirs, plain).pipe()  # type: ignore[no-any-return]

    def run() -> bytes:
        return draw_dot(ours).pipe()  # type: ignore[no-any-return]

    times = interleaved(what, run, rival, rounds=rounds, rng=rng, clock=perf_counter)
    return [timed_row(what, times)]


def cards(rounds: int, rng: Random) -> list[Row]:
    model, loss = network_loss()
    what = "cards of the neurons of MLP(4, [8, 8, 3])"
    return [alone(what, lambda: draw_dot(loss, model=model).pipe(), rounds, perf_counter)]


def rows(quick: bool) -> dict[str, Callable[[], list[Row]]]:
    rng, rounds = Random(1337), 5 if quick else 15
    return {"graph": partial(graph, rounds, rng), "cards": partial(cards, rounds, rng)}
