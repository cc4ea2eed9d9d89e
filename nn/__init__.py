"""A thin neural-net layer on autograd_mini: modules, losses, optimizers, training."""

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from . import estimators as estimators
    from .exchange.onnx import to_onnx as to_onnx
    from .exchange.pytorch import from_torch as from_torch
    from .exchange.pytorch import to_torch as to_torch
    from .exchange.pytorch import torch_source as torch_source

# Loaded when used, since each needs another library.
_LOADED_WHEN_USED = {
    "estimators": "estimators",
    "from_torch": "exchange.pytorch",
    "to_onnx": "exchange.onnx",
    "to_torch": "exchange.pytorch",
    "torch_source": "exchange.pytorch",
}


def __getattr__(name: str) -> object:
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = __import__(f"{__name__}.{_LOADED_WHEN_USED[name]}", fromlist=[name])
    globals()[name] = getattr(module, name, module)
    return globals()[name]


def __dir__() -> list[str]:
    return [*__all__, *_LOADED_WHEN_USED]
