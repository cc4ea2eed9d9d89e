"""A thin neural-net layer on autograd_mini: modules, losses, optimizers, training."""

from . import activations, initializers, losses, optimizers
from .layers import MLP, Layer, Linear, Neuron
from .module import Module

__all__ = [
    "MLP",
    "Layer",
    "Linear",
    "Module",
    "Neuron",
    "activations",
    "initializers",
    "losses",
    "optimizers",
]
