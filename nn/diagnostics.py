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
        The names of the layers that have parameters, such as "layers.0", in order, to the
        Euclidean length of their parameters' gradient.

    >>> model = MLP(1, [1, 1], activation=None)
    >>> model.load_state_dict({name: 2.0 for name in model.state_dict()})
    >>> model([1.0]).backward()  # y = w2 (w1 x + b1) + b2, and so dw1 = db1 = w2
    >>> [round(norm, 6) for norm in gradient_norms(model).values()]
    [2.828427, 4.123106]
    """
    layers: list[Any] = model.layers  # type: ignore[attr-defined]
    parameters = {
        f"layers.{i}": layer.named_parameters(frozen=True)
        for i, layer in enumerate(layers)
        if isinstance(layer, Module)
    }
    return {
        name: math.hypot(*(p.grad for _, p in named)) for name, named in parameters.items() if named
    }


def dead_neurons(model: MLP, inputs: Iterable[Sequence[float]]) -> list[list[int]]:
    """Which neurons no gradient passes, whatever the input: they never learn again.

    A neuron is dead if its activation's derivative is 0 at every input, as that of a relu is whose
    pre-activation is never above 0.

    Args:
        model: an MLP.
        inputs: at least one.

    Returns:
        For each layer the indices of its dead neurons.

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
        alive: set[int] = set()
        for x in inputs:
            alive |= {i for i, neuron in enumerate(layer.neurons) if _slope(neuron, x) != 0}
        dead.append([i for i in range(len(layer.neurons)) if i not in alive])
        inputs = [layer.predict(x) for x in inputs]
    return dead


def _slope(neuron: Any, x: Sequence[float]) -> float:
    """The derivative of a neuron's activation at its pre-activation."""
    if neuron.activation is None:
        return 1.0
    z = dot([w.data for w in neuron.w], x, 0 if neuron.b is None else neuron.b.data)
    return grad(neuron.activation)(z)  # type: ignore[no-any-return]
