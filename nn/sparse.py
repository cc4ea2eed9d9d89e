"""SparseLinear: a linear layer of which only some connections exist."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_mini import Value, dot

from .initializers import Initializer, initializer
from .layers import check_inputs, check_size
from .module import Module


class SparseLinear(Module):
    """z_i = the sum over the inputs j that are connected to i of w_ij x_j, plus b_i.

    Args:
        nin: the number of inputs, at least 1.
        nout: the number of outputs, at least 1.
        connections: pairs (i, j): output i hears input j. Without them each pair is drawn.
        density: the share of pairs that are drawn, in (0, 1].
        init: an initializer, by its name or itself; it is told how many inputs an output hears.
        rng: a random.Random; None uses the random module.

    Attributes:
        connections: for each output the inputs it hears, in order.
        w: for each output its weights, in that order.
        b: the biases.

    >>> layer = SparseLinear(3, 2, connections=[(0, 0), (0, 2), (1, 1)])
    >>> len(layer.parameters())  # 3 weights and 2 biases
    5
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        connections: Iterable[tuple[int, int]] | None = None,
        density: float = 0.5,
        init: str | Initializer | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.nin = check_size(nin, "SparseLinear inputs")
        nout = check_size(nout, "SparseLinear outputs")
        if not 0 < density <= 1:
            raise ValueError(f"SparseLinear expected a density in (0, 1], got {density}")
        source: Any = rng or random
        if connections is None:
            pairs = [(i, j) for i in range(nout) for j in range(nin) if source.random() < density]
        else:
            pairs = sorted(set(connections))
        for i, j in pairs:
            if i not in range(nout) or j not in range(self.nin):
                raise ValueError(
                    f"SparseLinear expected (output, input) pairs below ({nout}, {nin}), got {i, j}"
                )
        self.connections = [[j for k, j in pairs if k == i] for i in range(nout)]
        draw = initializer(init, "linear")
        self.w = [
            [Value(draw(len(heard), nout, source)) for _ in heard] for heard in self.connections
        ]
        self.b = [Value(0.0) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        x = check_inputs(x, self.nin, "SparseLinear")
        return [
            dot(w, [x[j] for j in heard], b)
            for w, heard, b in zip(self.w, self.connections, self.b)
        ]

    def __repr__(self) -> str:
        count = sum(map(len, self.connections))
        return f"SparseLinear({self.nin}, {len(self.b)}, {count} connections)"
