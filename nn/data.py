"""Labelled examples: reading them, splitting them, standardising them."""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterable, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple


class DataError(ValueError):
    """A file of examples cannot be used; the message says where and why."""


class Dataset(NamedTuple):
    """Labelled examples.

    Attributes:
        columns: the names of the features.
        classes: the names of the classes; a label is an index into them.
        rows: one list of numbers an example.
        labels: one label an example.
    """

    columns: list[str]
    classes: list[str]
    rows: list[list[float]]
    labels: list[int]


def iris() -> Dataset:
    """Fisher's 150 iris flowers (1936): 4 measurements in cm, 3 species of 50 flowers each.

    >>> len(iris().rows), iris().classes
    (150, ['setosa', 'versicolor', 'virginica'])
    """
    with as_file(files(__package__) / "data" / "iris.csv") as path:
        return read_csv(path)


def read_csv(path: str | Path, *, least_classes: int = 2) -> Dataset:
    """Read examples from a CSV file: numeric columns, the last column the class.

    A first row whose feature cells are all text is the header; without one the columns are called
    x1, x2, .. Classes are ordered by name, numbers by size.

    Raises:
        DataError: the file is missing, empty or no text; a cell is no finite number (with its row
            and column); a row has too few or too many cells; there are fewer classes than
            `least_classes`.
    """
    path = Path(path)
    lines = [(number, cells) for number, cells in _cells(path) if any(cells)]
    if not lines:
        raise DataError(f"{path}: the file is empty; expected rows of numbers, then a class")
    width = len(lines[0][1])
    if width < 2:
        raise DataError(
            f"{path}: row {lines[0][0]} has one column; expected numbers and, last, the class, "
            "separated by commas"
        )
    columns = [f"x{i + 1}" for i in range(width - 1)]
    if not any(map(_is_number, lines[0][1][:-1])):
        columns = [name or f"x{i + 1}" for i, name in enumerate(lines[0][1][:-1])]
        lines = lines[1:]
        if not lines:
            raise DataError(f"{path}: there is a header, and no row of data below it")
    rows, names = [], []
    for number, cells in lines:
        if len(cells) != width:
            raise DataError(f"{path}: row {number} has {len(cells)} cells; expected {width}")
        rows.append([_number(cell, path, number, column) for cell, column in zip(cells, columns)])
        if not cells[-1]:
            raise DataError(f"{path}: row {number} has no class in its last column")
        names.append(cells[-1])
    classes = sorted(set(names), key=_order)
    if len(classes) < least_classes:
        raise DataError(
            f"{path}: there is one class only, {classes[0]!r}; a classifier needs two or more"
        )
    index = {name: i for i, name in enumerate(classes)}
    return Dataset(columns, classes, rows, [index[name] for name in names])


def _cells(path: Path) -> list[tuple[int, list[str]]]:
    """(row number, stripped cells) of every row of the file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: this is no CSV file in UTF-8 ({error})") from None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _order(name: str) -> tuple[bool, float, str]:
    """Numbers first, by size; then names."""
    number = float(name) if _is_number(name) else math.nan
    return (True, 0.0, name) if math.isnan(number) else (False, number, name)


def _number(cell: str, path: Path, row: int, column: str) -> float:
    number = float(cell) if _is_number(cell) else math.nan
    if not math.isfinite(number):
        what = f"{cell!r}" if cell else "an empty cell"
        raise DataError(
            f"{path}: row {row}, column {column!r}: expected a finite number, got {what}"
        )
    return number


def split(data: Dataset, test_share: float, rng: random.Random) -> tuple[Dataset, Dataset]:
    """(training part, test part), stratified: each class gives its share to the test part.

    Args:
        data: at least 2 examples of every class.
        test_share: the share of the test part, in (0, 1); at least one example of each class goes
            to either part.
        rng: decides which.

    Raises:
        DataError: a class has one example only.

    >>> train, test = split(iris(), 0.3, random.Random(0))
    >>> len(train.rows), [test.labels.count(k) for k in range(3)]
    (105, [15, 15, 15])
    """
    training: list[int] = []
    testing: list[int] = []
    for label, name in enumerate(data.classes):
        members = [i for i, k in enumerate(data.labels) if k == label]
        if len(members) < 2:
            raise DataError(
                f"class {name!r} has {len(members)} example; 2 or more are needed, one to train "
                "on and one to test on"
            )
        rng.shuffle(members)
        count = min(max(1, round(test_share * len(members))), len(members) - 1)
        testing += members[:count]
        training += members[count:]
    return _part(data, sorted(training)), _part(data, sorted(testing))


def _part(data: Dataset, indices: Iterable[int]) -> Dataset:
    chosen = list(indices)
    return data._replace(
        rows=[data.rows[i] for i in chosen], labels=[data.labels[i] for i in chosen]
    )


class Scale(NamedTuple):
    """Standardisation, fitted to some rows: x becomes (x - mean) / deviation.

    >>> scale = Scale.of([[1.0, 5.0], [3.0, 5.0]])
    >>> scale([3.0, 5.0])
    [1.0, 0.0]
    """

    means: list[float]
    deviations: list[float]

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> Scale:
        """The means and standard deviations of the columns; a constant column has deviation 1."""
        means, deviations = [], []
        for column in zip(*rows):
            constant = min(column) == max(column)  # whatever its mean is rounded to
            mean = column[0] if constant else math.fsum(column) / len(column)
            spread = math.hypot(*(x - mean for x in column)) / math.sqrt(len(column))
            means.append(mean)
            deviations.append(1.0 if constant else spread)
        return cls(means, deviations)

    def __call__(self, row: Sequence[float]) -> list[float]:
        return [(x - m) / d for x, m, d in zip(row, self.means, self.deviations)]
