"""Maxout: the largest of several linear functions, an activation that is learned."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from autograd_mini import maximum

from .checks import check_inputs, check_size
from .layers import Linear
from .module import Module


class Maxout(Module):
    """y_i = max over k of (w_ik x + b_ik) (Goodfellow et al. 2013, arXiv:1302.4389).

    Args:
        nin, nout: the numbers of inputs and outputs, at least 1.
        pieces: how many linear functions an output has, at least 1.
        options: bias, init, rng and expand, as in Neuron.

    Attributes:
        pieces: the Linear layers.

    >>> from autograd_mini import Value
    >>> layer = Maxout(1, 1)
    >>> for piece, slope in zip(layer.pieces, (1.0, -1.0)):
    ...     piece.neurons[0].w = [Value(slope)]
    >>> layer.predict([-3.0])  # |x| is the larger of x and -x
    [3.0]
    """

    def __init__(self, nin: int, nout: int, pieces: int = 2, **options: Any) -> None:
        if "activation" in options:
            raise TypeError("Maxout has no activation: it takes the largest of its pieces")
        count = check_size(pieces, "Maxout pieces")
        self.pieces = [Linear(nin, nout, **options) for _ in range(count)]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        x = check_inputs(x, len(self.pieces[0].neurons[0].w), "Maxout")
        return [reduce(maximum, zs) for zs in zip(*(piece(x) for piece in self.pieces))]

    def __repr__(self) -> str:
        nout, nin = len(self.pieces[0].neurons), len(self.pieces[0].neurons[0].w)
        return f"Maxout({nin}, {nout}, pieces={len(self.pieces)})"
