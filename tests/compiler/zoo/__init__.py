"""A zoo: named programs of many fields, each written in scalars as one would write it by hand.

A program is a function of a random.Random that gives (loss, parameters): a function of one example
and the Module of its weights. The decorator says what it is called and what its inputs are like:

    @program("Logistic regression", x=normal(4), y=bit())
    def logistic_regression(rng):
        m = Weights(rng, w=4, b=())
        return lambda x, y: losses.binary_cross_entropy_with_logits(dot(m.w, x, m.b), y), m

The name of an input is what the loss calls it, and normal(3, 4) are three lists of four numbers.
"""

import random
from importlib import import_module
from typing import NamedTuple

import numpy as np

import nn
from autograd_mini import Value, compile, dot

FAMILIES = (
    "attention",
    "recurrent",
    "state_space",
    "mixtures",
    "convolutions",
    "dynamic_programming",
    "linear_algebra",
    "physics",
    "probabilistic",
    "graphs",
    "second_order",
    "classic",
    "losses",
    "optimization_inside",
    "numerics",
    "own_primitives",
)
BACKENDS = ("numpy", "tape", "numba", "jax")
LARGEST_BATCH = 7
PRECISION = 1e-10  # of the largest gradient, and of the losses


class Input(NamedTuple):
    """What one example of an input is: its shape, and a function of (rng) that draws a number."""

    shape: tuple
    draw: object

    def __call__(self, rng):
        return filled(self.shape, lambda: self.draw(rng))


class OneHot(NamedTuple):
    """A 1 among zeros."""

    shape: tuple

    def __call__(self, rng):
        place = rng.randrange(self.shape[0])
        return [float(place == i) for i in range(self.shape[0])]


class Entry(NamedTuple):
    """A program of the zoo.

    Attributes:
        key: short, an identifier.
        name: what it is called where it comes from.
        family: the module that it is in.
        make: a function of (rng) that gives (loss, parameters).
        inputs: name -> what examples are like.
        refusals: the backends that say that they cannot run it.
    """

    key: str
    name: str
    family: str
    make: object
    inputs: dict
    refusals: tuple

    def made(self):
        """(loss, parameters), always the same."""
        return self.make(random.Random(self.key))

    def examples(self, count=LARGEST_BATCH):
        """Examples, each a dict; always the same."""
        rng = random.Random(f"examples of {self.key}")
        return [{name: one(rng) for name, one in self.inputs.items()} for _ in range(count)]

    def compiled(self, backend, made=None, **options):
        loss, parameters = made or self.made()
        shapes = {name: one.shape for name, one in self.inputs.items()}
        return compile(loss, parameters=parameters, shapes=shapes, backend=backend, **options)


ZOO = {}


def program(name, *, refusals=(), **inputs):
    """Register a program: what it is called, and what its inputs are like."""

    def register(make):
        family = make.__module__.rpartition(".")[2]
        assert make.__name__ not in ZOO, make.__name__
        ZOO[make.__name__] = Entry(make.__name__, name, family, make, inputs, refusals)
        return make

    return register


def zoo():
    """All programs, by their keys."""
    for family in FAMILIES:
        import_module(f"{__name__}.{family}")
    return ZOO


# -- what inputs are like -------------------------------------------------------------------------


def normal(*shape, scale=1.0):
    return Input(shape, lambda rng: rng.gauss(0, scale))


def uniform(low, high, *shape):
    return Input(shape, lambda rng: rng.uniform(low, high))


def bit(*shape):
    return Input(shape, lambda rng: rng.randrange(2))


def sign(*shape):
    return Input(shape, lambda rng: rng.choice((-1, 1)))


def label(count, *shape):
    """A whole number from 0 to count - 1."""
    return Input(shape, lambda rng: rng.randrange(count))


def one_hot(count):
    return OneHot((count,))


# -- what programs are made of --------------------------------------------------------------------


class Weights(nn.Module):
    """Random Values: a number for (), a list for 4, a list of lists for (3, 4). Those of a row are
    so small that its product with numbers of size 1 has size 1."""

    def __init__(self, rng, **shapes):
        for name, shape in shapes.items():
            sizes = shape if isinstance(shape, tuple) else (shape,)
            scale = sizes[-1] ** -0.5 if sizes else 1.0
            vars(self)[name] = filled(sizes, lambda s=scale: Value(rng.gauss(0, s)))


def filled(shape, make):
    """Nested lists of what make() gives; the thing itself for ()."""
    return [filled(shape[1:], make) for _ in range(shape[0])] if shape else make()


def matvec(matrix, x):
    return [dot(row, x) for row in matrix]


def affine(matrix, bias, x):
    return [dot(row, x, b) for row, b in zip(matrix, bias)]


def transposed(matrix):
    return [list(column) for column in zip(*matrix)]


def matmul(a, b):
    columns = transposed(b)
    return [[dot(row, column) for column in columns] for row in a]


def plus(x, y):
    return [a + b for a, b in zip(x, y)]


def squared_distance(x, y):
    return sum((a - b) ** 2 for a, b in zip(x, y))


# -- what they are held against -------------------------------------------------------------------


class Reference(NamedTuple):
    """The eager engine's losses and gradients, a row for each example."""

    losses: np.ndarray
    gradients: np.ndarray


def eager(loss, values, examples):
    """The loss of each example and its gradient, by Value.backward."""
    totals, rows = [], []
    for example in examples:
        for value in values:
            value.zero_grad()
        root = loss(**example)
        root.backward()
        totals.append(root.data)
        rows.append([value.grad for value in values])
    return Reference(np.array(totals), np.array(rows))


def error(compiled, examples, reference, sizes=range(1, LARGEST_BATCH + 1)):
    """The largest difference over batches of these sizes, relative to the largest of the examples'
    losses, or of their gradients."""
    worst = 0.0
    for size in sizes:
        batch = [np.array([example[name] for example in examples[:size]]) for name in examples[0]]
        loss, gradients = compiled.value_and_grad(*batch)
        found = np.empty(len(compiled.values))
        for places, gradient in zip(compiled.places, gradients):
            found[places.ravel()] = np.asarray(gradient).ravel()
        for got, expected in zip((loss, found), reference):
            scale = abs(expected[:size]).max()
            difference = abs(got - expected[:size].mean(0)).max()
            worst = max(worst, difference / scale if scale else difference)
            if not np.isfinite(difference):
                return np.inf
    return float(worst)
