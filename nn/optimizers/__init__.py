"""Optimizers: how parameters follow their gradients."""

from .adam import Adam, AdamW
from .base import Optimizer, clip_gradients
from .bfgs import BFGSResult, bfgs
from .natural_gradient import NaturalGradient
from .sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "BFGSResult",
    "NaturalGradient",
    "Optimizer",
    "bfgs",
    "clip_gradients",
]
