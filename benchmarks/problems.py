"""What the compiler is measured on: models and losses in scalar code, and the data they meet.

Each is to be had in scalars here, and written by hand for other libraries in rivals/.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from random import Random
from typing import Any, NamedTuple

import numpy as np

import autograd_mini
from autograd_mini import Value
from examples import scalar_gpt
from nn import MLP, Layer, Module, Sequential, toys
from nn.losses import cross_entropy, hinge, l2, mean_squared_error

Arrays = list[Any]


class Problem(NamedTuple):
    """A model in scalars, to be trained on the mean of a loss.

    Attributes:
        model: with the parameters of the loss.
        loss: of one example, (x, y) or x alone.
        shapes: of the arguments of loss, as compile() takes them.
        inputs: for each argument the array of all examples.
        rival: what a module of rivals/ calls it.
    """

    model: Module
    loss: Callable[..., Any]
    shapes: dict[str, Any]
    inputs: tuple[Any, ...]
    rival: str

    def batch(self, count: int) -> tuple[Any, ...]:
        """The first examples."""
        return tuple(array[:count] for array in self.inputs)

    def eager(self, count: int) -> tuple[float, Arrays]:
        """(loss, gradients) over the first examples, by the engine, in scalars."""
        self.model.zero_grad()
        total = 0.0
        for example in zip(*self.batch(count)):
            loss = self.loss(*(array.tolist() for array in example)) / count
            loss.backward()
            total += loss.data
        return total, parameter_arrays(self.model, "grad")


def parameter_arrays(model: Module, what: str = "data") -> Arrays:
    """The numbers or, of `what`, "grad", the gradients of a model, in arrays.

    Of an MLP or a Sequential, layer by layer, the weights, one row a neuron, and the biases; of
    other models the Values, lists and lists of lists.
    """
    read = np.frompyfunc(attrgetter(what), 1, 1)
    return [np.asarray(read(np.array(matrix, dtype=object)), float) for matrix in matrices(model)]


def matrices(model: Module) -> list[Any]:
    if isinstance(model, (MLP, Sequential)):
        layers = [layer for layer in model.layers if isinstance(layer, Module)]
        return [matrix for layer in layers for matrix in matrices(layer)]
    if isinstance(model, Layer):
        return [[neuron.w for neuron in model.neurons], [neuron.b for neuron in model.neurons]]
    return [matrix for matrix in vars(model).values() if isinstance(matrix, (list, Value))]


# -- multi-layer perceptrons --------------------------------------------------------------------

ALPHA = 1e-4  # of the weight decay in micrograd's demo


def moons() -> Problem:
    """micrograd's demo: 100 moons, a max-margin loss and L2 regularisation."""
    model = MLP(2, [16, 16, 1], rng=Random(0))
    points, labels = zip(*toys.moons(100, noise=0.1, rng=Random(0)))
    return Problem(
        model,
        lambda x, y: hinge(model(x), y) + ALPHA * l2(model.parameters()),
        {"x": 2, "y": ()},
        (np.array(points), 2.0 * np.array(labels) - 1),
        "hinge_mlp",
    )


def classifier(sizes: list[int], X: Any, labels: Any) -> Problem:
    model = MLP(sizes[0], sizes[1:], rng=Random(0))
    return Problem(
        model,
        lambda x, y: cross_entropy(model(x), y),
        {"x": sizes[0], "y": sizes[-1]},
        (X, np.eye(sizes[-1])[labels]),
        "softmax_mlp",
    )


def digits() -> Problem:
    """All 1,797 digits of scikit-learn, 8 by 8 pixels each."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return classifier([64, 32, 10], data.data / 16, data.target)


def wide() -> Problem:
    """Random numbers in the shape of MNIST's digits."""
    rng = np.random.default_rng(0)
    return classifier([784, 64, 10], rng.random((64, 784)), rng.integers(10, size=64))


def deep() -> Problem:
    """Eight hidden layers of 32, tanh, squared error."""
    model = MLP(32, [32] * 8 + [1], activation="tanh", rng=Random(0))
    rng = np.random.default_rng(0)
    return Problem(
        model,
        lambda x, y: mean_squared_error(model(x), y),
        {"x": 32, "y": ()},
        (rng.normal(size=(64, 32)), rng.normal(size=64)),
        "tanh_mlp",
    )


# -- a GPT --------------------------------------------------------------------------------------


def gpt(attention: str) -> Problem:
    """Names of 2 to 11 letters; the first is that of engine.py. `attention`: masked or ragged."""
    model = scalar_gpt.GPT(rng=Random(42))
    documents = ["anastasia", *Random(42).sample(scalar_gpt.first_names(), 31)]
    shape = len(model.positions), scalar_gpt.VOCABULARY
    return Problem(
        model,
        getattr(model, f"{attention}_loss"),
        {"tokens": shape, "targets": shape},
        scalar_gpt.encode(documents),
        "gpt",
    )


# -- an irregular graph -------------------------------------------------------------------------


class Irregular(Module):
    """A random graph of + / * sin tanh, without a matrix in it anywhere; its root is one number.

    Args:
        size: how many nodes, of which one in 13 is a sin or tanh.
        leaves: how many of the numbers that it starts from are parameters; the others are inputs.
    """

    def __init__(self, size: int, leaves: int = 50) -> None:
        self.size = size
        rng = Random(0)
        self.leaves = [Value(rng.uniform(-2, 2)) for _ in range(leaves)]

    def __call__(self, x: Any) -> Any:
        return grown(self.size, [*x, *self.leaves], autograd_mini)


def grown(size: int, front: list[Any], library: Any) -> Any:
    """The root of the irregular graph, on scalars for which the library has sin and tanh.

    Each step replaces one number of the front by a function of it and another. All nodes are used,
    and the root is the mean of the front that is left.
    """
    for operation, i, j in steps(size, len(front)):
        a, b = front[i], front[j]
        if operation == "+":
            front[i] = a + b
        elif operation == "mean":
            front[i] = (a + b) / 2
        elif operation == "*":
            front[i] = a * b
        else:
            front[i] = getattr(library, operation)(a)
    return sum(front[1:], front[0]) / len(front)


@cache
def steps(size: int, width: int) -> list[tuple[str, int, int]]:
    """(operation, i, j) for each step, always the same; of a front whose numbers are up to 2.

    A sum that could exceed 4 is a mean, and a product is a sum, so that nodes and gradients neither
    grow nor vanish.
    """
    rng = Random(0)
    bounds = [2.0] * width
    drawn = []
    while size > 0:
        operation = rng.choices(("+", "*", "sin", "tanh"), (60, 20, 6, 6))[0]
        i, j = rng.sample(range(width), 2)
        a, b = bounds[i], bounds[j]
        if operation == "*" and a * b > 4:
            operation = "+"
        if operation == "+" and a + b > 4:
            operation = "mean"
        bounds[i] = {"+": a + b, "mean": (a + b) / 2, "*": a * b}.get(operation, 1.0)
        drawn.append((operation, i, j))
        size -= 1 + (operation == "mean")
    return drawn


def irregular(size: int = 18_000, inputs: int = 50) -> Problem:
    model = Irregular(size)
    X = np.random.default_rng(0).uniform(-2, 2, (1000, inputs))
    return Problem(model, lambda x: model(x), {"x": inputs}, (X,), "irregular")


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "moons": moons,
    "digits": digits,
    "wide": wide,
    "deep": deep,
    "gpt-masked": lambda: gpt("masked"),
    "gpt-ragged": lambda: gpt("ragged"),
    "irregular": irregular,
}
