"""SparseLinear: a linear layer with only some of the connections."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_mini import Value, dot

from .checks import check_float, check_inputs, check_rng, check_size
from .initializers import Initializer, initializer
from .module import Module


class SparseLinear(Module):
    """z_i = the sum of w_ij x_j over the inputs j that are connected to i, plus b_i.

    Args:
        nin, nout: the numbers of inputs and outputs, at least 1.
        connections: pairs (i, j), if output i depends on input j; by default they are random.
        density: the probability of each random connection, in (0, 1].
        bias, init, rng: as in Neuron; the initializer counts the inputs that are connected.

    Attributes:
        w: for each output its weights by input, w[i][j], for the connections (i, j).
        b: the biases; None without them.

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
        bias: bool = True,
        init: str | Initializer | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.nin = check_size(nin, "SparseLinear inputs")
        nout = check_size(nout, "SparseLinear outputs")
        density = check_float(density, "SparseLinear density", "(0, 1]")
        rng = check_rng(rng)
        if connections is None:
            pairs = [(i, j) for i in range(nout) for j in range(nin) if rng.random() < density]
        else:
            pairs = sorted(set(connections))
        for pair in pairs:
            if pair[0] not in range(nout) or pair[1] not in range(self.nin):
                raise ValueError(
                    f"expected (output, input) pairs below ({nout}, {nin}), got {pair}"
                )
        draw = initializer(init, "linear")
        connected = [[j for k, j in pairs if k == i] for i in range(nout)]
        self.w = [{j: Value(draw(len(js), nout, rng)) for j in js} for js in connected]
        self.b = [Value(0.0) for _ in range(nout)] if bias else None

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        x = check_inputs(x, self.nin, "SparseLinear")
        biases: list[Any] = self.b or [0] * len(self.w)
        return [dot(list(w.values()), [x[j] for j in w], b) for w, b in zip(self.w, biases)]

    def __repr__(self) -> str:
        count = sum(map(len, self.w))
        bias = "" if self.b else ", bias=False"
        return f"SparseLinear({self.nin}, {len(self.w)}, {count} connections{bias})"
