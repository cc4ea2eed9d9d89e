"""The random number generator that a function takes as `rng`."""

from __future__ import annotations

import random
from typing import Any


def source(rng: Any) -> Any:
    """`rng` itself, a random.Random; for None the random module, so that random.seed works.

    Raises:
        TypeError: it is neither, such as a seed.

    >>> source(None) is random
    True
    """
    if rng is None:
        return random
    if not hasattr(rng, "gauss") or not hasattr(rng, "shuffle"):
        raise TypeError(
            f"rng expected a random.Random or None, got {rng!r}; write random.Random({rng!r})"
        )
    return rng
