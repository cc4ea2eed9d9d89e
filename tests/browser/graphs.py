"""The graphs that the tests step through and the screenshots show."""

from __future__ import annotations

import random

from autograd_mini import Value, tanh
from nn import MLP, Neuron
from nn.losses import cross_entropy, mean_squared_error

# what a label may hold, and no page may take for anything but letters
HOSTILE = [
    "<b>bold</b>",
    "\"double\" and 'single' & &amp; &lt;",
    r"back\slash \N \n",
    "two\nlines\tand a tab",
    "weights 🎲 π ≤ ∂",
    r"$\frac{a}{b}$ \mathrm{x} {} _^~#%",
    "</script><script>window.attacked = 1</script>",
    '"><img src=x onerror="window.attacked = 1">',
    "<!-- <script>",
    "]]> <![CDATA[",
    "${window.attacked = 1}`",
    "a label so long that no box of a picture and no column of a table has the room to show it all",
]


def neuron() -> Value:
    """tanh(w*x + b)."""
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b")
    y = tanh(w * x + b)
    y.label = "y"
    return y


def used_twice() -> Value:
    """b = a + a, c = b + b: where the order of the backward pass matters."""
    a = Value(1.0, "a")
    b = a + a
    c = b + b
    b.label, c.label = "b", "c"
    return c


def network(sizes: tuple[int, ...] = (4, 4, 1), **options: bool) -> Value:
    """The loss of MLP(3, sizes) on one example."""
    model = MLP(3, list(sizes), activation=tanh, rng=random.Random(1), **options)
    predicted = model([2.0, -1.0, 0.5])
    outputs = predicted if isinstance(predicted, list) else [predicted]
    loss = mean_squared_error(outputs, [1.0] * len(outputs))
    for name, parameter in model.named_parameters():
        parameter.label = name
    loss.label = "loss"
    return loss


def large() -> Value:
    """The loss of an MLP, each product and sum its own node: nearly as many as can be shown."""
    return network((8, 10, 4), expand=True)


def hostile() -> Value:
    """Labels that are markup, scripts and escapes wherever they are not taken as letters."""
    total = Value(1.0, HOSTILE[0])
    for number, label in enumerate(HOSTILE[1:], 2):
        total = total * Value(float(number) / 8, label)
    total.label = "<i>total</i>"
    return total


def xor() -> tuple[Value, MLP]:
    """A 2-2-1 network on one example of XOR."""
    model = MLP(2, [2, 1], activation=tanh, rng=random.Random(0))
    predicted = model([Value(1.0, "x1"), Value(0.0, "x2")])
    loss = mean_squared_error([predicted], [1.0])
    loss.label = "loss"
    return loss, model


def four_examples() -> tuple[Value, MLP]:
    """A 2-3-1 network on all four examples of XOR."""
    model = MLP(2, [3, 1], activation=tanh, rng=random.Random(0))
    pairs = [(a, b) for a in (0.0, 1.0) for b in (0.0, 1.0)]
    predicted = [model([Value(a), Value(b)]) for a, b in pairs]
    loss = mean_squared_error(predicted, [float(a != b) for a, b in pairs])
    loss.label = "loss"
    return loss, model


def folded() -> tuple[Value, MLP]:
    """More neurons in a layer, and more examples, than a picture shows."""
    model = MLP(2, [13, 1], activation=tanh, rng=random.Random(0))
    predicted = [model([Value(k / 5), Value(1.0 - k)]) for k in range(5)]
    return mean_squared_error(predicted, [1.0] * 5), model


def recurrent() -> tuple[Value, Neuron]:
    """A neuron that is applied to its own output: its weights are on three cards."""
    neuron = Neuron(2, activation=tanh, rng=random.Random(0))
    h = Value(0.0, "h0")
    for k in range(3):
        h = neuron([Value(k / 3, f"x{k + 1}"), h])
    return (h - 1) ** 2, neuron


def iris() -> tuple[Value, MLP]:
    """A 4-8-8-3 network on one flower."""
    model = MLP(4, [8, 8, 3], activation=tanh, rng=random.Random(0))
    names = ("sepal length", "sepal width", "petal length", "petal width")
    xs = [Value(x, name) for x, name in zip((5.1, 3.5, 1.4, 0.2), names, strict=True)]
    loss = cross_entropy(model(xs), 1)
    loss.label = "loss"
    return loss, model
