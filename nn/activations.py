"""Activation functions by name: the engine's primitives of kind "activation"."""

from collections.abc import Callable
from typing import Any

from autograd_mini import ACTIVATIONS as PRIMITIVES

from .deprecated import renamed

Activation = Callable[[Any], Any]

ACTIVATIONS: dict[str, Activation | None] = {"linear": None, **PRIMITIVES}

__getattr__ = renamed(__name__, **PRIMITIVES)  # nn.activations.relu


def activation_function(activation: str | Activation | None) -> Activation | None:
    """The function `activation`, or the one of that name, else a ValueError; None if linear.

    >>> activation_function("tanh")
    <primitive tanh(x)>
    """
    if activation is None or callable(activation):
        return activation
    if activation not in ACTIVATIONS:
        names = ", ".join(ACTIVATIONS)
        raise ValueError(f"unknown activation {activation!r}; choose one of {names}, or a function")
    return ACTIVATIONS[activation]


def activation_name(activation: Activation | None) -> str:
    """The name of an activation, as a module shows it."""
    if activation is None:
        return "linear"
    return getattr(activation, "__name__", type(activation).__name__)
