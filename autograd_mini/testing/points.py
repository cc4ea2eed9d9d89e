"""Points of an operation's domain, away from its kinks."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from ..errors import AutogradError
from ..primitives import dot
from ..rules import Interval, NaryPrimitive, Primitive

MARGIN = 0.05  # the distance of samples from kinks and edges, at least


def sample_operands(primitive: Primitive, rng: random.Random, size: int = 3) -> tuple[float, ...]:
    """Operands in a primitive's domain, away from its kinks; `size` of them for an n-ary one.

    >>> from autograd_mini import log
    >>> sample_operands(log, random.Random(0))[0] > 0
    True
    """
    for _ in range(10_000):
        point = tuple(
            rng.uniform(max(interval.low, -3.0), min(interval.high, 3.0))
            for interval in operand_intervals(primitive, size)
        )
        if is_smooth_at(primitive, point):
            return point
    raise AutogradError(f"{primitive.name}: found no point of its domain away from its kinks")


def operand_intervals(primitive: Primitive, size: int) -> list[Interval]:
    """The domain of each operand; an n-ary primitive gets a list, or two, of `size`."""
    if isinstance(primitive, NaryPrimitive):
        return [primitive.domain[0]] * (2 * size + 1 if primitive is dot else size)
    return list(primitive.domain)


def is_smooth_at(primitive: Primitive, point: Sequence[float]) -> bool:
    """Whether the operation is defined around a point, and no kink or edge is near."""
    intervals = operand_intervals(primitive, (len(point) + 1) // 2)
    for x, interval in zip(point, intervals):
        margin = MARGIN * max(abs(x), 1.0)
        if not (x - margin in interval and x + margin in interval):
            return False
    try:
        is_finite = math.isfinite(primitive.evaluate(list(point)))
        return is_finite and all(abs(kink(*point)) > MARGIN for kink in primitive.kinks)
    except (ValueError, ArithmeticError):
        return False
