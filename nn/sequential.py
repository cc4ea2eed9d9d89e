"""Sequential: modules one after another."""

from collections.abc import Callable
from typing import Any

from .activations import activation_function, activation_name
from .module import Module


class Sequential(Module):
    """Modules applied one after another, each to the output of the one before.

    Args:
        parts: modules, functions, or names of activations, which are applied to each element.

    Attributes:
        layers: the parts.

    >>> from nn import Linear
    >>> model = Sequential(Linear(2, 3), "tanh", Linear(3, 1))
    >>> [name for name, _ in model.named_parameters()][-2:]
    ['layers.2.neurons.0.w.2', 'layers.2.neurons.0.b']
    >>> len(model.predict([1.0, 2.0]))
    1
    """

    def __init__(self, *parts: Module | Callable[[Any], Any] | str) -> None:
        if not parts:
            raise ValueError("Sequential expected at least one part, got none")
        self.layers = [Elementwise(part) if isinstance(part, str) else part for part in parts]
        for part in self.layers:
            if not callable(part):
                kind = type(part).__name__
                raise TypeError(f"Sequential expected modules, functions or names, got {kind}")

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"


class Elementwise(Module):
    """An activation applied to each element of a list, or of nested lists.

    >>> Elementwise("relu")([[-1.0, 2.0], [3.0]])
    [[0.0, 2.0], [3.0]]
    """

    def __init__(self, activation: str | Callable[[Any], Any]) -> None:
        self.activation = activation_function(activation)

    def __call__(self, x: Any) -> Any:
        if isinstance(x, (list, tuple)):
            return [self(xi) for xi in x]
        return self.activation(x) if self.activation else x

    def __repr__(self) -> str:
        return repr(activation_name(self.activation))
