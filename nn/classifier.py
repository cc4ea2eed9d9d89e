"""A classifier of rows of numbers: what `autograd-mini train` trains, and saves as model.json."""

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

from autograd_mini import softmax

from .checkpoints import ModelError, file_text, parameters_in, reading
from .checks import expect, finite, list_of, text
from .data import Dataset, Standardizer, split
from .history import Epoch, History
from .layers import MLP
from .losses import cross_entropy
from .metrics import accuracy, predicted_class
from .optimizers import SGD
from .schedules import linear_decay
from .training import Example, fit

__all__ = ["Classifier", "ModelError", "Settings", "Training", "prepare", "train"]

TEST_FRACTION = 0.3
MOMENTUM = 0.9


class Classifier(NamedTuple):
    """An MLP from standardised columns to one score (logit) a class.

    Attributes:
        columns, classes: the names of the features and of the classes.
        scale: standardises a row.
        hidden, activation: the sizes of the hidden layers, and the name of their activation.
        model: the MLP.
    """

    columns: list[str]
    classes: list[str]
    scale: Standardizer
    hidden: list[int]
    activation: str
    model: MLP

    @classmethod
    def fresh(
        cls, data: Dataset, hidden: Sequence[int], activation: str, rng: random.Random
    ) -> Self:
        """An untrained classifier for such data, standardised by its rows."""
        model = MLP(len(data.columns), [*hidden, len(data.classes)], activation=activation, rng=rng)
        scale = Standardizer.of(data.rows)
        return cls(data.columns, data.classes, scale, list(hidden), activation, model)

    def examples(self, data: Dataset) -> list[Example]:
        """(standardised row, label) pairs."""
        return [(self.scale(row), label) for row, label in zip(data.rows, data.labels)]

    def probabilities(self, row: list[float]) -> list[float]:
        """The probability of each class for a row of raw numbers."""
        return softmax(self.model.predict(self.scale(row)))

    def classify(self, row: list[float]) -> str:
        """The name of the most probable class."""
        return self.classes[predicted_class(self.probabilities(row))]

    def accuracy(self, data: Dataset) -> float:
        """The fraction of rows that are classified correctly, in [0, 1]."""
        right = sum(self.classify(r) == data.classes[k] for r, k in zip(data.rows, data.labels))
        return right / len(data.rows)

    def to_json(self) -> str:
        """The text of its model file; floats survive exactly."""
        entries = self._asdict() | self.scale._asdict()
        parameters = entries.pop("model").state_dict()
        del entries["scale"]
        return file_text({**entries, "parameters": parameters})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read model.json; a ModelError says what is wrong with it, and names the bad entry."""
        with reading(path) as entries:
            names = ("columns", "classes", "means", "deviations", "hidden", "activation")
            name = next((name for name in names if name not in entries), None)
            if name:
                raise ValueError(f"{name!r} is missing; `autograd-mini train` writes classifiers")
            columns = list_of(text, entries["columns"], "columns")
            classes = list_of(text, entries["classes"], "classes")
            means = list_of(finite, entries["means"], "means", len(columns))
            deviations = list_of(_deviation, entries["deviations"], "deviations", len(columns))
            hidden = list_of(_layer_size, entries["hidden"], "hidden")
            activation = text(entries["activation"], "activation")
            if not columns or len(classes) < 2:
                raise ValueError("'columns' needs one name or more, 'classes' two or more")
            parameters = parameters_in(entries)
            sizes = [len(columns), *hidden, len(classes)]
            found, needed = len(parameters), sum((n + 1) * m for n, m in pairwise(sizes))
            if found != needed:  # before a network of any size is made
                raise ValueError(f"'parameters' has {found} entries; layers {sizes} have {needed}")
            model = MLP(sizes[0], sizes[1:], activation=activation, rng=random.Random(0))
            model.load_state_dict(parameters)
            scale = Standardizer(means, deviations)
            return cls(columns, classes, scale, hidden, activation, model)


def _deviation(found: Any, name: str) -> Any:
    return expect(finite(found, name) > 0, found, name, "a number above 0")


def _layer_size(found: Any, name: str) -> Any:
    right = type(found) is int and 1 <= found <= 100_000
    return expect(right, found, name, "a size from 1 to 100,000")


class Settings(NamedTuple):
    """How to train a classifier; benchmarks/iris.py found the defaults by cross-validation."""

    hidden: Sequence[int] = (8, 8)
    activation: str = "tanh"
    epochs: int = 60
    lr: float = 0.05
    batch: int = 8
    weight_decay: float = 0.01
    seed: int = 0


class Training(NamedTuple):
    """A classifier, its training, and the data it was trained and tested on."""

    classifier: Classifier
    history: History
    training_part: Dataset
    test_part: Dataset


def prepare(data: Dataset, settings: Settings) -> tuple[Training, random.Random]:
    """The stratified parts of the data, an untrained classifier, and the rng, from the seed."""
    rng = random.Random(settings.seed)
    training_part, test_part = split(data, TEST_FRACTION, rng)
    classifier = Classifier.fresh(training_part, settings.hidden, settings.activation, rng)
    return Training(classifier, History([], False), training_part, test_part), rng


def train(
    start: Training,
    settings: Settings,
    rng: random.Random,
    progress: bool | Callable[[Epoch], Any] = False,
) -> Training:
    """Train the result of prepare() by SGD with momentum on the cross-entropy."""
    parameters, decay = start.classifier.model.parameters(), settings.weight_decay
    optimizer = SGD(parameters, settings.lr, momentum=MOMENTUM, weight_decay=decay)
    history = fit(
        start.classifier.model,
        cross_entropy,
        start.classifier.examples(start.training_part),
        optimizer=optimizer,
        epochs=settings.epochs,
        batch_size=settings.batch,
        rng=rng,
        schedule=linear_decay,
        metrics={"accuracy": accuracy},
        validation=start.classifier.examples(start.test_part),
        progress=progress,
    )
    return start._replace(history=history)
