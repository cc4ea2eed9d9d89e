"""A thin neural-net layer on autograd_mini: modules, losses, optimizers, training."""

from . import activations, diagnostics, initializers, losses, metrics, optimizers, schedules, toys
from .checkpoints import load, save
from .convolution import Conv1d, Conv2d, flatten
from .dropout import Dropout
from .early_stopping import EarlyStopping
from .layers import MLP, Layer, Linear, Neuron
from .maxout import Maxout
from .module import Module
from .perceptron import Perceptron
from .random_features import RandomFeatures
from .sequential import Sequential
from .sparse import SparseLinear
from .training import fit

__all__ = ["MLP", "Conv1d", "Conv2d", "Dropout", "EarlyStopping", "Layer", "Linear", "Maxout"]
__all__ += ["Module", "Neuron", "Perceptron", "RandomFeatures", "Sequential", "SparseLinear"]
__all__ += ["activations", "diagnostics", "initializers", "losses", "metrics", "optimizers"]
__all__ += ["fit", "flatten", "load", "save", "schedules", "toys"]
