"""Neurons, layers and multi-layer perceptrons, with micrograd's signatures and attributes."""

import random
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from autograd_mini import Value, dot

from .activations import Activation, activation_function, activation_name
from .checks import check_inputs, check_rng, check_size
from .initializers import Initializer, initializer
from .module import Module


class Neuron(Module):
    """activation(w1*x1 + .. + wn*xn + b).

    Args:
        nin: the number of inputs, at least 1.
        nonlin: False leaves out the activation (micrograd's switch).
        activation: a function, its name, or None for a linear neuron.
        bias: False leaves out b.
        init: "he", "xavier", "uniform", or a function (inputs, outputs, rng) -> weight; by default
            he for relu and similar activations, else xavier. The bias starts at 0.
        rng: a random.Random; None uses the random module, so that random.seed works.
        expand: True makes every product and sum its own node, instead of one dot node.
        nout: how many neurons its layer has, for the initializer.

    Attributes:
        w: the weights, a list of Values.
        b: the bias, a Value; None without one.

    >>> neuron = Neuron(2, activation="tanh")
    >>> neuron.w, neuron.b = [Value(1.0), Value(-2.0)], Value(0.5)
    >>> round(neuron([0.25, 0.5]).data, 6)
    -0.244919
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str | Activation | None = "relu",
        bias: bool = True,
        init: str | Initializer | None = None,
        rng: random.Random | None = None,
        expand: bool = False,
        nout: int = 1,
    ) -> None:
        nin, nout = check_size(nin, "Neuron inputs"), check_size(nout, "Neuron nout")
        self.activation = activation_function(activation if nonlin else None)
        draw = initializer(init, activation_name(self.activation))
        rng = check_rng(rng)
        self.w = [Value(draw(nin, nout, rng)) for _ in range(nin)]
        self.b = Value(0.0) if bias else None
        self.expand = expand

    def __call__(self, x: Sequence[Any]) -> Any:
        return self._respond(check_inputs(x, len(self.w), "Neuron"))

    def _respond(self, x: list[Any]) -> Any:
        """The output for inputs that have been checked."""
        z: Any = 0 if self.b is None else self.b
        if self.expand:
            for w, xi in zip(self.w, x):  # sum() rounds floats differently
                z = z + w * xi
        else:
            z = dot(self.w, x, z)
        return self.activation(z) if self.activation else z

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {_options(self)})"


class Layer(Module):
    """Neurons on the same inputs; returns a list.

    Args:
        nin, nout: the numbers of inputs and of neurons, at least 1.
        options: those of Neuron.

    Attributes:
        neurons: the list of Neurons.

    >>> Layer(3, 2, activation="tanh").predict([0.0, 0.0, 0.0])
    [0.0, 0.0]
    """

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        nin, nout = check_size(nin, "Layer inputs"), check_size(nout, "Layer outputs")
        self.neurons = [Neuron(nin, nout=nout, **options) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        x = check_inputs(x, len(self.neurons[0].w), "Layer")
        return [neuron._respond(x) for neuron in self.neurons]

    def __repr__(self) -> str:
        first = self.neurons[0]
        return f"Layer({len(first.w)}, {len(self.neurons)}, {_options(first)})"


def Linear(nin: int, nout: int, **options: Any) -> Layer:
    """A Layer without activation: z = W x + b.

    >>> Linear(2, 3)
    Layer(2, 3, linear)
    """
    if "activation" in options:
        raise TypeError("Linear has no activation; write Layer(nin, nout, activation=..)")
    return Layer(nin, nout, activation=None, **options)


class MLP(Module):
    """A multi-layer perceptron: layers one after another, the last one linear.

    Args:
        nin: the number of inputs, at least 1.
        nouts: the sizes of the layers, at least one; the last is the number of outputs.
        activation: of the hidden layers.
        output_activation: of the last layer; None is linear.
        options: bias, init, rng and expand, as in Neuron.

    Returns (when called):
        A list of outputs, or the output itself if there is one.

    >>> import random
    >>> model = MLP(2, [16, 16, 1], rng=random.Random(0))
    >>> model
    MLP(2, [16, 16, 1], relu)
    >>> len(model.parameters())
    337
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str | Activation | None = "relu",
        output_activation: str | Activation | None = None,
        **options: Any,
    ) -> None:
        activation = activation_function(activation)
        if not isinstance(nouts, Iterable):
            raise TypeError(f"MLP expected a list of layer sizes, got {nouts!r}")
        sizes = [check_size(nin, "MLP inputs"), *(check_size(n, "MLP layer size") for n in nouts)]
        if len(sizes) < 2:
            raise ValueError("MLP expected at least one layer size, got []; write MLP(2, [1])")
        last = len(sizes) - 2
        self.layers = [
            Layer(n, m, activation=output_activation if i == last else activation, **options)
            for i, (n, m) in enumerate(pairwise(sizes))
        ]

    def __call__(self, x: Sequence[Any]) -> Any:
        values = check_inputs(x, len(self.layers[0].neurons[0].w), "MLP")
        for layer in self.layers:
            values = layer(values)
        return values[0] if len(values) == 1 else values

    def __repr__(self) -> str:
        first = self.layers[0].neurons[0]
        sizes = [len(layer.neurons) for layer in self.layers]
        return f"MLP({len(first.w)}, {sizes}, {_options(first)})"


def _options(neuron: Neuron) -> str:
    """The options of a neuron that a repr shows."""
    return activation_name(neuron.activation) + (", bias=False" if neuron.b is None else "")
