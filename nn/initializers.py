"""Initializers of weights: functions of (inputs, outputs, rng) that draw one weight."""

import math
import random
from collections.abc import Callable
from typing import Any

Initializer = Callable[[int, int, Any], float]


def he(inputs: int, outputs: int, rng: Any = random) -> float:
    """Normal with variance 2 / inputs, for relu and the like (He et al. 2015, arXiv:1502.01852)."""
    return rng.gauss(0.0, math.sqrt(2.0 / inputs))  # type: ignore[no-any-return]


def xavier(inputs: int, outputs: int, rng: Any = random) -> float:
    """Uniform with variance 2 / (inputs + outputs), for tanh and the like (Glorot, Bengio 2010)."""
    limit = math.sqrt(6.0 / (inputs + outputs))
    return rng.uniform(-limit, limit)  # type: ignore[no-any-return]


def uniform(inputs: int, outputs: int, rng: Any = random) -> float:
    """Uniform in [-1, 1], micrograd's choice."""
    return rng.uniform(-1.0, 1.0)  # type: ignore[no-any-return]


INITIALIZERS: dict[str, Initializer] = {"he": he, "xavier": xavier, "uniform": uniform}
RECTIFIERS = {"relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "mish", "softplus"}


def initializer(init: str | Initializer | None, activation_name: str) -> Initializer:
    """`init`, or the one of that name, else a ValueError; by default what suits the activation."""
    if callable(init):
        return init
    if init is None:
        return he if activation_name in RECTIFIERS else xavier
    if init not in INITIALIZERS:
        raise ValueError(f"unknown init {init!r}; choose one of {', '.join(INITIALIZERS)}")
    return INITIALIZERS[init]
