"""Gradient clipping: a bound on the length of the gradient."""

import math
from collections.abc import Iterable
from typing import Any

from autograd_mini import Value

from ..checks import check_float
from .parameters import trainable


def clip_gradients(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale the gradient of all parameters together to a length of at most `max_norm`.

    A gradient that is not finite is not changed. (PyTorch's clip_grad_norm_ adds 1e-6 to the
    length it divides by, and so the result is a little below max_norm.)

    Args:
        parameters: the Values whose .grad is scaled, at least one.
        max_norm: the largest Euclidean length, above 0.

    Returns:
        The length before (Pascanu et al. 2013, arXiv:1211.5063).

    >>> p, q = Value(0.0), Value(0.0)
    >>> p.grad, q.grad = 3.0, 4.0
    >>> clip_gradients([p, q], 2.5), p.grad, q.grad
    (5.0, 1.5, 2.0)
    """
    return clip(trainable(parameters, "clip_gradients"), max_norm)


def clip(parameters: Iterable[Any], max_norm: float) -> float:
    """clip_gradients without its checks; a gradient may also be an array."""
    max_norm = check_float(max_norm, "max_norm", "(0, inf]")
    norm = math.hypot(*(_length(p.grad) for p in parameters))
    if norm > max_norm and math.isfinite(norm):
        for p in parameters:
            p.grad *= max_norm / norm
    return norm


def _length(gradient: Any) -> float:
    """The length of a gradient, a number or an array; no square overflows."""
    if not hasattr(gradient, "max"):
        return float(gradient)
    largest = float(abs(gradient).max())
    if not 0 < largest < math.inf:
        return largest
    return largest * math.sqrt(((gradient / largest) ** 2).sum())
