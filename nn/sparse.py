"""SparseLinear: a linear layer of which only some connections exist."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_mini import Value, dot

from .initializers import Initializer, initializer
from .checks import check_inputs, check_size
from .module import Module
from .randomness import source


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
        w: for each output its weights by input, w[i][j]; there is one where i hears j.
        b: the biases.

    >>> layer = SparseLinear(3, 2, connections=[(0, 0), (0, 2), (1, 1)])
    >>> [name for name, _ in layer.named_parameters()]
    ['w.0.0', 'w.0.2', 'w.1.1', 'b.0', 'b.1']
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
        draws = source(rng)
        if connections is None:
            pairs = [(i, j) for i in range(nout) for j in range(nin) if draws.random() < density]
        else:
            pairs = sorted(set(connections))
        for i, j in pairs:
            if i not in range(nout) or j not in range(self.nin):
                raise ValueError(
                    f"SparseLinear expected (output, input) pairs below ({nout}, {nin}), got {i, j}"
                )
        draw = initializer(init, "linear")
        connected = [[j for k, j in pairs if k == i] for i in range(nout)]
        self.w = [{j: Value(draw(len(heard), nout, draws)) for j in heard} for heard in connected]
        self.b = [Value(0.0) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        x = check_inputs(x, self.nin, "SparseLinear")
        return [dot(list(w.values()), [x[j] for j in w], b) for w, b in zip(self.w, self.b)]

    def __repr__(self) -> str:
        count = sum(map(len, self.w))
        return f"SparseLinear({self.nin}, {len(self.b)}, {count} connections)"
