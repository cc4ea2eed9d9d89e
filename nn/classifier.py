"""A predictor of rows of numbers: what `autograd-mini train` trains, and saves as model.json."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

from autograd_mini import softmax

from .checkpoints import ModelError, file_text, parameters_in, reading
from .checks import expect, finite, list_of, text
from .coding import Coding
from .data import Dataset, Standardizer, split
from .history import Epoch, History
from .layers import MLP
from .losses import cross_entropy, half_squared_error, mean_squared_error
from .metrics import accuracy, predicted_class
from .optimizers import SGD
from .schedules import linear_decay
from .training import Example, fit

__all__ = ["Classifier", "ModelError", "Predictor", "Settings", "Training", "prepare", "train"]

TEST_FRACTION = 0.3
MOMENTUM = 0.9


class Predictor(NamedTuple):
    """An MLP from standardised inputs to one score (logit) a class, or to one standardised number.

    Attributes:
        coding: how a table becomes inputs, and what the classes are; none of them for regression.
        scale, target_scale: standardise a row of inputs, and for regression the target.
        hidden, activation: the sizes of the hidden layers, and the name of their activation.
        model: the MLP.
    """

    coding: Coding
    scale: Standardizer
    target_scale: Standardizer
    hidden: list[int]
    activation: str
    model: MLP

    @property
    def classes(self) -> list[str]:
        """The names of the classes."""
        return self.coding.classes

    @classmethod
    def fresh(
        cls, data: Dataset, hidden: Sequence[int], activation: str, rng: random.Random
    ) -> Self:
        """An untrained predictor for such data, standardised by its rows."""
        sizes = [*hidden, len(data.classes) or 1]
        model = MLP(len(data.columns), sizes, activation=activation, rng=rng)
        scale = Standardizer.of(data.rows)
        target_scale = Standardizer.of([] if data.classes else [[y] for y in data.labels])
        coding = data.coding or Coding(data.columns, data.classes, {}, "", "")
        return cls(coding, scale, target_scale, list(hidden), activation, model)

    def examples(self, data: Dataset) -> list[Example]:
        """(standardised row, label or standardised target) pairs."""
        labels = data.labels if self.classes else [self.target_scale([y])[0] for y in data.labels]
        return [(self.scale(row), label) for row, label in zip(data.rows, labels)]

    def loss(self, outputs: Any, target: Any) -> Any:
        """The cross-entropy of an example, or for regression half its squared error."""
        return (cross_entropy if self.classes else half_squared_error)(outputs, target)

    def probabilities(self, row: list[float]) -> list[float]:
        """The probability of each class for a row of raw numbers."""
        return softmax(self.model.predict(self.scale(row)))

    def classify(self, row: list[float]) -> str:
        """The name of the most probable class."""
        return self.classes[predicted_class(self.probabilities(row))]

    def answer(self, row: list[float]) -> Any:
        """The class, or for regression the number, for a row of raw numbers."""
        if self.classes:
            return self.classify(row)
        [mean], [deviation] = self.target_scale
        return mean + deviation * self.model.predict(self.scale(row))

    def accuracy(self, data: Dataset) -> float:
        """The fraction of rows that are classified correctly, in [0, 1]."""
        right = [self.classify(r) == data.classes[k] for r, k in zip(data.rows, data.labels)]
        return float(sum(right) / len(right))

    def report(self, data: Dataset) -> str:
        """How good it is on such data: the accuracy, or the mean squared error and R2."""
        if self.classes:
            return f"accuracy {self.accuracy(data):.1%} of {len(data.rows)}"
        return goodness([self.answer(row) for row in data.rows], data.labels)

    def to_json(self) -> str:
        """The text of its model file; floats survive exactly."""
        scales = {f"target_{k}": numbers for k, numbers in self.target_scale._asdict().items()}
        coding = {"kind": self.coding.kind, **self.coding._asdict(), **self.scale._asdict()}
        network = {"hidden": self.hidden, "activation": self.activation}
        parameters = self.model.state_dict()
        return file_text({**coding, **scales, **network, "parameters": parameters})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read model.json; a ModelError says what is wrong with it, and names the bad entry."""
        with reading(path) as entries:
            names = ("columns", "classes", "means", "deviations", "hidden", "activation")
            name = next((name for name in names if name not in entries), None)
            if name:
                raise ValueError(f"{name!r} is missing; `autograd-mini train` writes predictors")
            coding = Coding.load(entries)
            n, m = len(coding.inputs), len(coding.classes)
            scale = _standardizer(entries, "", n)
            target_scale = _standardizer(entries, "target_", int(not m))
            hidden = list_of(_layer_size, entries["hidden"], "hidden")
            activation = text(entries["activation"], "activation")
            if not n or m == 1:
                raise ValueError("'columns' needs one name or more, 'classes' two or more")
            parameters = parameters_in(entries)
            sizes = [n, *hidden, m or 1]
            found, needed = len(parameters), sum((i + 1) * j for i, j in pairwise(sizes))
            if found != needed:  # before a network of any size is made
                raise ValueError(f"'parameters' has {found} entries; layers {sizes} have {needed}")
            model = MLP(n, sizes[1:], activation=activation, rng=random.Random(0))
            model.load_state_dict(parameters)
            return cls(coding, scale, target_scale, hidden, activation, model)


Classifier = Predictor  # its name before it could predict numbers


def goodness(predictions: Sequence[float], targets: Sequence[float]) -> str:
    """How good predicted numbers are: their mean squared error, and R2 = 1 - error / variance.

    >>> goodness([1.0, 2.5], [1.0, 3.0]), goodness([1.0], [2.0])
    ('squared error 0.125, R2 0.875 of 2', 'squared error 1, R2 nan of 1')
    """
    error, n = mean_squared_error(predictions, targets), len(targets)
    variance = mean_squared_error([math.fsum(targets) / n] * n, targets)
    return f"squared error {error:.4g}, R2 {1 - error / (variance or math.nan):.3f} of {n}"


def _standardizer(entries: Mapping[str, Any], prefix: str, length: int) -> Standardizer:
    means, deviations = (entries.get(prefix + name, []) for name in Standardizer._fields)
    means = list_of(finite, means, f"{prefix}means", length)
    return Standardizer(means, list_of(_deviation, deviations, f"{prefix}deviations", length))


def _deviation(found: Any, name: str) -> Any:
    return expect(finite(found, name) > 0, found, name, "a number above 0")


def _layer_size(found: Any, name: str) -> Any:
    right = type(found) is int and 1 <= found <= 100_000
    return expect(right, found, name, "a size from 1 to 100,000")


class Settings(NamedTuple):
    """How to train a predictor; benchmarks/iris.py found the defaults by cross-validation."""

    hidden: Sequence[int] = (8, 8)
    activation: str = "tanh"
    epochs: int = 60
    lr: float = 0.05
    batch: int = 8
    weight_decay: float = 0.01
    seed: int = 0


class Training(NamedTuple):
    """A predictor, its training, and the data it was trained and tested on."""

    predictor: Predictor
    history: History
    training_part: Dataset
    test_part: Dataset


def prepare(data: Dataset, settings: Settings) -> tuple[Training, random.Random]:
    """The stratified parts of the data, an untrained predictor, and the rng, from the seed."""
    rng = random.Random(settings.seed)
    training_part, test_part = split(data, TEST_FRACTION, rng)
    predictor = Predictor.fresh(training_part, settings.hidden, settings.activation, rng)
    return Training(predictor, History([], False), training_part, test_part), rng


def train(
    start: Training,
    settings: Settings,
    rng: random.Random,
    progress: bool | Callable[[Epoch], Any] = False,
) -> Training:
    """Train the result of prepare() by SGD with momentum."""
    predictor, decay = start.predictor, settings.weight_decay
    parameters = predictor.model.parameters()
    optimizer = SGD(parameters, settings.lr, momentum=MOMENTUM, weight_decay=decay)
    history = fit(
        predictor.model,
        predictor.loss,
        predictor.examples(start.training_part),
        optimizer=optimizer,
        epochs=settings.epochs,
        batch_size=settings.batch,
        rng=rng,
        schedule=linear_decay,
        metrics={"accuracy": accuracy} if predictor.classes else {},
        validation=predictor.examples(start.test_part),
        progress=progress,
    )
    return start._replace(history=history)
