"""Optimizers: how parameters follow their gradients."""

from .adam import Adam, AdamW
from .base import Optimizer, Setting
from .bfgs import BFGSResult, bfgs
from .clipping import clip_gradients
from .natural_gradient import NaturalGradient
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "BFGSResult", "NaturalGradient", "Optimizer", "Setting"]
__all__ += ["bfgs", "clip_gradients"]
