"""Labelled examples: reading them, splitting them, standardising them."""

import math
import random
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, NamedTuple, Self

from .checks import check_float, check_rng
from .coding import Choices, Coding
from .deprecated import renamed, renamed_argument
from .tables import DataError, read_table

FEW = 10  # a target with at most so many numbers, all of them whole, may be one of classes


class Dataset(NamedTuple):
    """Labelled examples.

    Attributes:
        columns, classes: the names of the features and of the classes; no classes for regression.
        rows: a list of numbers for each example; nan is a missing one.
        labels: for each example the index of its class, or for regression the target.
        coding: how they were read; None if they are not from a table.
    """

    columns: list[str]
    classes: list[str]
    rows: list[list[float]]
    labels: list[Any]
    coding: Coding | None = None


def iris() -> Dataset:
    """Fisher's 150 iris flowers (1936): 4 measurements in cm, 3 species of 50 flowers each.

    >>> len(iris().rows), iris().classes
    (150, ['setosa', 'versicolor', 'virginica'])
    """
    return read_examples(None, Choices())[0]


def read_csv(path: str | Path) -> Dataset:
    """Read examples from a table of numbers with the class in the last column.

    It is read_examples(path, Choices(kind="classification")) without the notes.
    """
    return read_examples(path, Choices(kind="classification"))[0]


def read_examples(path: str | Path | None, choices: Choices) -> tuple[Dataset, list[str]]:
    """(examples, notes) from a table, that of iris() if `path` is None.

    The notes say what one may want to know: rows left out, columns of no use.

    Raises:
        DataError: as read_table and Coding.read; or the target is the same in all rows.
    """
    if path is None:
        with as_file(files(__package__) / "datasets" / "iris.csv") as path:
            return read_examples(path, choices)
    table = read_table(path, choices.names)
    coding = Coding.of(table, choices)
    rows, targets, notes = coding.read(table, training=True)
    different = sorted(set(targets))
    if len(different) < 2:
        what = "class" if coding.classes else "target"
        raise DataError(f"{path}: there is one {what} only, {different[0]!r}; it takes two or more")
    if not coding.classes and len(different) <= FEW and all(y == int(y) for y in different):
        notes.append(
            f"{coding.target} has {len(different)} different values, whole numbers: taken as "
            "numbers; as classes with --kind classification"
        )
    for column in coding.columns:
        cells = table.cells(*table.places([column]))
        if len({*cells}) < 2:
            notes.append(f"{column} is of no use: it is the same in all rows")
        elif column in coding.one_hot and len({*cells}) == len(cells):
            notes.append(f"{column} is of no use: it is different in all rows")
    labels = [coding.classes.index(y) for y in targets] if coding.classes else targets
    return Dataset(coding.inputs, coding.classes, rows, labels, coding), notes


@renamed_argument("test_share", "test_fraction")
def split(data: Dataset, test_fraction: float, rng: random.Random) -> tuple[Dataset, Dataset]:
    """(training part, test part), stratified: the test part has the same fraction of every class.

    Args:
        data: at least 2 examples of every class, or in all if there are no classes; else a
            DataError is raised.
        test_fraction: in (0, 1); each part has at least one example of each class.
        rng: a random.Random, which chooses them.

    >>> train, test = split(iris(), 0.3, random.Random(0))
    >>> len(train.rows), [test.labels.count(k) for k in range(3)]
    (105, [15, 15, 15])
    """
    test_fraction = check_float(test_fraction, "split test_fraction", "(0, 1)")
    rng = check_rng(rng)

    def part(indices: list[int]) -> Dataset:
        indices.sort()
        rows, labels = [data.rows[i] for i in indices], [data.labels[i] for i in indices]
        return data._replace(rows=rows, labels=labels)

    training: list[int] = []
    testing: list[int] = []
    for label, name in enumerate(data.classes or ["all"]):
        members = [i for i, k in enumerate(data.labels) if not data.classes or k == label]
        size = len(members)
        if size < 2:
            raise DataError(f"class {name!r} has {size} example; each needs 2 or more, to split")
        rng.shuffle(members)
        count = min(max(1, round(test_fraction * size)), size - 1)
        testing += members[:count]
        training += members[count:]
    return part(training), part(testing)


class Standardizer(NamedTuple):
    """Standardisation, fitted to some rows: x becomes (x - mean) / deviation, and nan becomes 0.

    So a missing number counts as the mean. The fit leaves it out, as scikit-learn's does.

    >>> scale = Standardizer.of([[1.0, 5.0], [3.0, 5.0]])
    >>> scale([3.0, 5.0])
    [1.0, 0.0]
    """

    means: list[float]
    deviations: list[float]

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> Self:
        """The means and standard deviations of the columns; a constant column has deviation 1."""
        means, deviations = [], []
        for column in ([x for x in column if x == x] or [0.0] for column in zip(*rows)):
            constant = min(column) == max(column)  # even if its mean is rounded
            mean = column[0] if constant else math.fsum(column) / len(column)
            spread = math.hypot(*(x - mean for x in column)) / math.sqrt(len(column))
            means.append(mean)
            deviations.append(1.0 if constant else spread)
        return cls(means, deviations)

    def __call__(self, row: Sequence[float]) -> list[float]:
        numbers = zip(row, self.means, self.deviations)
        return [(x - m) / d if x == x else 0.0 for x, m, d in numbers]


__getattr__ = renamed(__name__, Scale=Standardizer)
