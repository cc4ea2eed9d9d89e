"""Pages to step through backprop: made whole, as step_through(..).save() writes them."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from autograd_mini import Value, step_through, tanh

from .draw import network_loss
from .side_by_side import Row, alone

if TYPE_CHECKING:
    from collections.abc import Callable


def page(what: str, root: Callable[[], Value], rounds: int) -> list[Row]:
    """The graph is drawn in another process, so by the clock on the wall."""
    made = root()
    return [alone(what, lambda: step_through(made).page(), rounds, perf_counter)]


def neuron() -> Value:
    return tanh(Value(0.5, "w") * Value(2.0, "x") + Value(0.1, "b"))


def rows(quick: bool) -> dict[str, Callable[[], list[Row]]]:
    rounds = 3 if quick else 9
    return {
        "neuron": partial(page, "page of a neuron, 6 nodes", neuron, rounds),
        "network": partial(
            page, "page of MLP(4, [8, 8, 3]), 176 nodes", lambda: network_loss()[1], rounds
        ),
    }
