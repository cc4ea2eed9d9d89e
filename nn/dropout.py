"""Dropout: in training mode, leave out some of the inputs at random."""

import random
from collections.abc import Sequence
from typing import Any

from .checks import check_float, check_rng
from .module import Module


class Dropout(Module):
    """In training mode each input is set to 0 with probability p, and else divided by 1 - p, so
    that its mean is the same; in evaluation mode nothing changes (Srivastava et al. 2014).

    Args:
        p: the probability of leaving an input out, in [0, 1).
        rng: a random.Random; None uses the random module.

    >>> layer = Dropout(0.5, rng=random.Random(0))
    >>> layer([1.0, 1.0, 1.0, 1.0])
    [2.0, 2.0, 0.0, 0.0]
    >>> layer.eval()([1.0, 1.0])
    [1.0, 1.0]
    """

    def __init__(self, p: float = 0.5, rng: random.Random | None = None) -> None:
        self.p, self.rng = check_float(p, "Dropout p", "[0, 1)"), rng
        check_rng(rng)

    def mask(self, count: int) -> list[float]:
        """A random 0 or 1 / (1 - p) for each input."""
        rng = check_rng(self.rng)
        return [0.0 if rng.random() < self.p else 1 / (1 - self.p) for _ in range(count)]

    def __call__(self, x: Sequence[Any], mask: Sequence[Any] | None = None) -> list[Any]:
        """The inputs times the mask; by default, in training mode, a new random mask."""
        inputs = x.tolist() if hasattr(x, "tolist") else list(x)
        if any(isinstance(xi, (list, tuple)) for xi in inputs):
            raise TypeError(
                "Dropout expected a list of numbers, got nested lists; write flatten before it"
            )
        if mask is None:
            if not self.training:
                return inputs
            traced = next((xi for xi in inputs if hasattr(xi, "__draw__")), None)
            if traced is None:
                mask = self.mask(len(inputs))
            else:  # a compiled program draws a mask for each example
                mask = traced.__draw__(self.mask, len(inputs))
        if len(mask) != len(inputs):
            raise ValueError(f"Dropout expected a mask of {len(inputs)} numbers, got {len(mask)}")
        return [xi * keep for xi, keep in zip(inputs, mask)]

    def __repr__(self) -> str:
        return f"Dropout({self.p})"
