"""Learning-rate schedules: functions of the share of training done, in [0, 1), that give a factor
of the learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .layers import check_size

Schedule = Callable[[float], float]


def linear_decay(share: float) -> float:
    """The rate falls to 0 along a line."""
    return 1 - share


def cosine_decay(share: float) -> float:
    """The rate falls to 0 along half a cosine (Loshchilov, Hutter 2017, arXiv:1608.03983).

    >>> cosine_decay(0.0), round(cosine_decay(0.5), 6)
    (1.0, 0.5)
    """
    return (1 + math.cos(math.pi * share)) / 2


def step_decay(times: int = 3, factor: float = 0.1) -> Schedule:
    """The rate is multiplied by `factor` at `times` equal distances.

    Args:
        times: how often, at least 0.
        factor: above 0.

    >>> schedule = step_decay(times=1, factor=0.5)
    >>> schedule(0.0), schedule(0.49), schedule(0.5)
    (1.0, 1.0, 0.5)
    """
    times = check_size(times, "step_decay times", least=0)
    if not 0 < factor < math.inf:
        raise ValueError(f"step_decay expected a factor above 0, got {factor}")

    def schedule(share: float) -> float:
        # 29 of 100 epochs are 0.29, and 0.29 * 100 comes out below 29
        return factor ** math.floor(round(share * (times + 1), 9))

    return schedule


def warmup(length: float, then: Schedule = lambda share: 1.0) -> Schedule:
    """The rate rises along a line for the first `length`, a share in (0, 1), and goes on as `then`.

    >>> schedule = warmup(0.5, linear_decay)
    >>> schedule(0.0), schedule(0.25), schedule(0.5), schedule(0.75)
    (0.0, 0.5, 1.0, 0.5)
    """
    if not 0 < length < 1:
        raise ValueError(f"warmup expected a length in (0, 1), got {length}")
    return lambda share: share / length if share < length else then((share - length) / (1 - length))


FACTORIES: tuple[Callable[..., Any], ...] = (step_decay, warmup)
