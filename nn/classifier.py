"""A classifier of rows of numbers: an MLP, the scale of its inputs, the names of its classes.

It is what `autograd-mini train` makes, and what its model.json holds.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from autograd_mini import softmax

from .data import Dataset, Scale, split
from .layers import MLP
from .losses import cross_entropy
from .metrics import accuracy, predicted_class
from .optimizers import SGD
from .schedules import linear_decay
from .training import Epoch, Example, History, fit

FORMAT = "autograd-mini classifier"
VERSION = 1
LARGEST = sys.float_info.max
TEST_SHARE = 0.3
MOMENTUM = 0.9


class ModelError(ValueError):
    """A model file cannot be used; the message says where and why."""


class Classifier(NamedTuple):
    """An MLP from standardised columns to one score (logit) a class.

    Attributes:
        columns: the names of the features.
        classes: the names of the classes.
        scale: standardises a row.
        hidden: the sizes of the hidden layers.
        activation: that of the hidden layers, by name.
        model: the MLP.
    """

    columns: list[str]
    classes: list[str]
    scale: Scale
    hidden: list[int]
    activation: str
    model: MLP

    @classmethod
    def fresh(
        cls, data: Dataset, hidden: Sequence[int], activation: str, rng: random.Random
    ) -> Classifier:
        """An untrained classifier for such data, standardised by its rows."""
        model = MLP(len(data.columns), [*hidden, len(data.classes)], activation=activation, rng=rng)
        scale = Scale.of(data.rows)
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
        """The share of rows that are given their own class, in [0, 1]."""
        right = sum(self.classify(r) == data.classes[k] for r, k in zip(data.rows, data.labels))
        return right / len(data.rows)

    def to_json(self) -> str:
        """The classifier as JSON; floats survive exactly."""
        state = {
            "format": FORMAT,
            "version": VERSION,
            "columns": self.columns,
            "classes": self.classes,
            "means": self.scale.means,
            "deviations": self.scale.deviations,
            "hidden": self.hidden,
            "activation": self.activation,
            "parameters": self.model.state_dict(),
        }
        return json.dumps(state, indent=1, allow_nan=False) + "\n"

    @classmethod
    def load(cls, path: str | Path) -> Classifier:
        """Read model.json.

        Raises:
            ModelError: the file is missing, damaged, or of another format; names the bad entry.
        """
        try:
            state = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise ModelError(f"{path}: {error.strerror or error}") from None
        except (ValueError, RecursionError) as error:
            raise ModelError(f"{path}: this is no JSON file ({error})") from None
        try:
            return cls._from_state(state)
        except (TypeError, ValueError, OverflowError) as error:
            raise ModelError(f"{path}: {error}") from None

    @classmethod
    def _from_state(cls, state: Any) -> Classifier:
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise ValueError(f"this is no {FORMAT}; `autograd-mini train` writes one")
        if state.get("version") != VERSION:
            raise ValueError(
                f"'version' is {state.get('version')!r}; this release reads version {VERSION}"
            )
        columns = _list_of(state, "columns", str)
        classes = _list_of(state, "classes", str)
        means = _list_of(state, "means", float, len(columns))
        deviations = _list_of(state, "deviations", float, len(columns))
        hidden = _list_of(state, "hidden", int)
        if not all(d > 0 for d in deviations):
            raise ValueError("'deviations' holds a number that is not above 0")
        if not columns or len(classes) < 2:
            raise ValueError("'columns' needs one name or more, 'classes' two or more")
        if not isinstance(state.get("activation"), str):
            raise ValueError("'activation' is no name")
        if any(not 1 <= n <= 100_000 for n in hidden):
            raise ValueError("'hidden' holds a size that is not between 1 and 100,000")
        parameters = state.get("parameters")
        if not isinstance(parameters, dict):
            raise ValueError("'parameters' is no table of names and numbers")
        sizes = [len(columns), *hidden, len(classes)]
        expected = sum((n + 1) * m for n, m in pairwise(sizes))
        if len(parameters) != expected:
            raise ValueError(
                f"'parameters' has {len(parameters)} entries; layers {sizes} have {expected}"
            )
        for name, number in parameters.items():
            if not _is(number, float):
                raise ValueError(f"'parameters' entry {name!r} is {number!r}, no finite number")
        data = Dataset(columns, classes, [means], [0])
        made = cls.fresh(data, hidden, state["activation"], random.Random(0))
        made.model.load_state_dict(parameters)
        return made._replace(scale=Scale(means, deviations))


class Settings(NamedTuple):
    """How to train a classifier. The defaults did best in a cross-validation inside the training
    parts of iris; benchmarks/iris.py repeats it."""

    hidden: Sequence[int] = (8, 8)
    activation: str = "tanh"
    epochs: int = 60
    rate: float = 0.05
    batch: int = 8
    weight_decay: float = 0.01
    seed: int = 0


class Training(NamedTuple):
    """A trained classifier, and what it was trained and tested on."""

    classifier: Classifier
    history: History
    training_part: Dataset
    test_part: Dataset


def prepare(data: Dataset, settings: Settings) -> tuple[Training, random.Random]:
    """The stratified parts of the data and an untrained classifier, as the seed decides."""
    rng = random.Random(settings.seed)
    training_part, test_part = split(data, TEST_SHARE, rng)
    classifier = Classifier.fresh(training_part, settings.hidden, settings.activation, rng)
    return Training(classifier, History([], False), training_part, test_part), rng


def train(
    start: Training,
    settings: Settings,
    rng: random.Random,
    progress: bool | Callable[[Epoch], Any] = False,
) -> Training:
    """Train what prepare() gave, by SGD with momentum on the cross-entropy."""
    model = start.classifier.model
    history = fit(
        model,
        cross_entropy,
        start.classifier.examples(start.training_part),
        optimizer=SGD(
            model.parameters(),
            lr=settings.rate,
            momentum=MOMENTUM,
            weight_decay=settings.weight_decay,
        ),
        epochs=settings.epochs,
        batch_size=settings.batch,
        rng=rng,
        schedule=linear_decay,
        metrics={"accuracy": accuracy},
        validation=start.classifier.examples(start.test_part),
        progress=progress,
    )
    return start._replace(history=history)


def _is(x: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(x, (int, float)) and not isinstance(x, bool) and abs(x) <= LARGEST
    return isinstance(x, kind) and not isinstance(x, bool)


def _list_of(state: dict[str, Any], key: str, kind: type, length: int | None = None) -> list[Any]:
    """state[key], checked to be a list of that kind and length."""
    entry = state.get(key)
    if not isinstance(entry, list):
        raise ValueError(f"{key!r} is missing, or no list")
    for i, x in enumerate(entry):
        if not _is(x, kind):
            raise ValueError(f"{key!r} entry {i} is {x!r}, expected {kind.__name__}")
    if length is not None and len(entry) != length:
        raise ValueError(f"{key!r} has {len(entry)} entries, expected {length}")
    return entry
