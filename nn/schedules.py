"""Learning-rate schedules: functions from the fraction of training done, in [0, 1), to a factor of
the learning rate."""

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

from .checks import check_float, check_size
from .deprecated import renamed_argument

Schedule = Callable[[float], float]


@renamed_argument("share", "fraction")
def linear_decay(fraction: float) -> float:
    """The rate falls to 0 along a line."""
    return 1 - fraction


@renamed_argument("share", "fraction")
def cosine_decay(fraction: float) -> float:
    """The rate falls to 0 along half a cosine (Loshchilov, Hutter 2017, arXiv:1608.03983).

    >>> cosine_decay(0.0), round(cosine_decay(0.5), 6)
    (1.0, 0.5)
    """
    return (1 + math.cos(math.pi * fraction)) / 2


def step_decay(times: int = 3, factor: float = 0.1) -> Schedule:
    """The rate is multiplied by `factor`, `times` times at equal distances.

    Args:
        times: how often, at least 0.
        factor: above 0.

    >>> schedule = step_decay(times=1, factor=0.5)
    >>> schedule(0.0), schedule(0.49), schedule(0.5)
    (1.0, 1.0, 0.5)
    """
    times = check_size(times, "step_decay times", least=0)
    factor = check_float(factor, "step_decay factor", "(0, inf)")

    def schedule(fraction: float) -> float:
        # 0.29 * 100, after 29 of 100 epochs, is below 29
        return factor ** math.floor(round(fraction * (times + 1), 9))

    return schedule


def warmup(length: float, then: Schedule = lambda fraction: 1.0) -> Schedule:
    """The rate rises along a line for the first `length`, a fraction of training in (0, 1), and
    goes on as `then`.

    >>> schedule = warmup(0.5, linear_decay)
    >>> schedule(0.0), schedule(0.25), schedule(0.5), schedule(0.75)
    (0.0, 0.5, 1.0, 0.5)
    """
    length = check_float(length, "warmup length", "(0, 1)")
    return lambda fraction: (
        fraction / length if fraction < length else then((fraction - length) / (1 - length))
    )


FACTORIES: tuple[Callable[..., Any], ...] = (step_decay, warmup)


def factor_at(schedule: Schedule, fraction: float) -> float:
    """The result of a schedule as a float; a TypeError if it is not a finite number."""
    factor = schedule(fraction)
    if isinstance(factor, bool) or not isinstance(factor, Real) or not math.isfinite(factor):
        call = f"{getattr(schedule, '__name__', type(schedule).__name__)}({fraction})"
        raise TypeError(f"a schedule returns a finite number, and {call} gave {factor!r}")
    return float(factor)
