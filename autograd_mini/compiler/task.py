"""What a backend is given: a scalar graph, and what is to be computed of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .arrays import Shape
from .canonical import Graph


class Task(NamedTuple):
    """A loss and its gradient, or outputs.

    Attributes:
        graph: the scalar graph of an example.
        roots: arrays of forms of the graph: the loss, of shape (), and what is to be given beside
            it; or the outputs.
        names: of the parameters, in order; None if they have none.
        inputs: name -> shape, of one example.
        reduction: "mean" or "sum" of the losses; "" for outputs.
        dtype: of all arrays.
    """

    graph: Graph
    roots: Sequence[Any]
    names: Sequence[str] | None
    inputs: dict[str, Shape]
    reduction: str
    dtype: str

    @property
    def function(self) -> str:
        """What the function that does it is called."""
        return "value_and_grad" if self.reduction else "predict"
