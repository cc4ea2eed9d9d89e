"""RandomFeatures: a random projection into many dimensions, in which learning is easier."""

import random
from collections.abc import Sequence
from typing import Any

from autograd_mini import Value, dot

from .activations import Activation, activation_function, activation_name
from .checks import check_inputs, check_rng, check_size
from .module import Module


class RandomFeatures(Module):
    """sgn(B x), where B is drawn once from the standard normal distribution and not trained.

    Args:
        nin, nout: the numbers of inputs and of features, at least 1.
        activation: "sign" or another (Rahimi and Recht 2007 use the cosine).
        bias: whether each feature gets a random offset too.
        rng: a random.Random; None uses the random module.

    Attributes:
        w: B, the weights of each feature; always frozen: saved, but not among parameters().
        b: the offsets.

    >>> layer = RandomFeatures(2, 5, rng=random.Random(0))
    >>> layer.predict([1.0, -1.0])
    [1.0, -1.0, -1.0, 1.0, -1.0]
    >>> layer.parameters()
    []
    """

    frozen = always_frozen = True

    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        activation: str | Activation | None = "sign",
        bias: bool = True,
        rng: random.Random | None = None,
    ) -> None:
        check_size(nin, "RandomFeatures inputs")
        check_size(nout, "RandomFeatures features")
        self.activation, rng = activation_function(activation), check_rng(rng)
        self.w = [[Value(rng.gauss(0, 1)) for _ in range(nin)] for _ in range(nout)]
        self.b = [Value(rng.gauss(0, 1) if bias else 0.0) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        x = check_inputs(x, len(self.w[0]), "RandomFeatures")
        zs = [dot(w, x, b) for w, b in zip(self.w, self.b)]
        return [self.activation(z) for z in zs] if self.activation else zs

    def __repr__(self) -> str:
        sizes = f"{len(self.w[0])}, {len(self.w)}"
        return f"RandomFeatures({sizes}, {activation_name(self.activation)})"
