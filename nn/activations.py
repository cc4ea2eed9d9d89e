"""Activation functions by name. They are the engine's own functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_mini import (
    elu,
    gelu,
    gelu_tanh,
    leaky_relu,
    mish,
    relu,
    sigmoid,
    sign,
    silu,
    softplus,
    step,
    tanh,
)

Activation = Callable[[Any], Any]

ACTIVATIONS: dict[str, Activation | None] = {
    "linear": None,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": silu,
    "mish": mish,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "softplus": softplus,
    "sign": sign,
    "step": step,
}


def activation_function(activation: str | Activation | None) -> Activation | None:
    """The function that `activation` names or is; None for a linear unit.

    Raises:
        ValueError: there is no activation of that name.

    >>> activation_function("tanh")
    <primitive tanh(x)>
    """
    if activation is None or callable(activation):
        return activation
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"unknown activation {activation!r}; choose one of {', '.join(ACTIVATIONS)}, "
            "or give a function"
        )
    return ACTIVATIONS[activation]


def activation_name(activation: Activation | None) -> str:
    """What a module shows of its activation."""
    if activation is None:
        return "linear"
    return getattr(activation, "__name__", type(activation).__name__)
