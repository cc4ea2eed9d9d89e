"""Diagnostics: whether gradients reach all layers, and all neurons."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_mini import dot, grad

from .layers import MLP
from .module import Module


def gradient_norms(model: Module) -> dict[str, float]:
    """The length of the gradient in each layer, after backward().

    Args:
        model: with a list `layers`, as an MLP or a Sequential has.

    Returns:
        A dict from the names of the layers with parameters, such as "layers.0", to the Euclidean
        length of their gradient.

    >>> model = MLP(1, [1, 1], activation=None)
    >>> model.load_state_dict({name: 2.0 for name in model.state_dict()})
    >>> model([1.0]).backward()  # y = w2 (w1 x + b1) + b2, and so dw1 = db1 = w2
    >>> [round(norm, 6) for norm in gradient_norms(model).values()]
    [2.828427, 4.123106]
    """
    norms = {}
    for i, layer in enumerate(model.layers):  # type: ignore[attr-defined]
        named = layer.named_parameters(frozen=True) if isinstance(layer, Module) else []
        if named:
            norms[f"layers.{i}"] = math.hypot(*(p.grad for _, p in named))
    return norms


def dead_neurons(model: MLP, inputs: Iterable[Sequence[float]]) -> list[list[int]]:
    """The indices of the dead neurons of each layer, which never learn again.

    A neuron is dead if the derivative of its activation is 0 for all of the inputs, of which there
    is at least one. An example is a relu whose pre-activation is never above 0.

    >>> model = MLP(1, [2, 1])
    >>> model.load_state_dict({name: 1.0 for name in model.state_dict()})
    >>> model.layers[0].neurons[1].b.data = -5.0
    >>> dead_neurons(model, [[0.5], [2.0]])
    [[1], []]
    """
    inputs = list(inputs)
    if not inputs:
        raise ValueError("dead_neurons expected at least one input, got none")
    dead = []
    for layer in model.layers:
        slopes = [[_slope(neuron, x) for x in inputs] for neuron in layer.neurons]
        dead.append([i for i, of_neuron in enumerate(slopes) if not any(of_neuron)])
        inputs = [layer.predict(x) for x in inputs]
    return dead


def _slope(neuron: Any, x: Sequence[float]) -> float:
    """The derivative of a neuron's activation at its pre-activation."""
    if neuron.activation is None:
        return 1.0
    z = dot([w.data for w in neuron.w], x, 0 if neuron.b is None else neuron.b.data)
    return grad(neuron.activation)(z)  # type: ignore[no-any-return]
