"""Labelled examples: reading them, splitting them, standardising them."""

import csv
import math
import random
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple, Self

from autograd_mini import AutogradError

from .checks import check_float, check_rng
from .deprecated import renamed, renamed_argument


class DataError(AutogradError, ValueError):
    """A file of examples cannot be used; the message says where and why."""


class Dataset(NamedTuple):
    """Labelled examples.

    Attributes:
        columns, classes: the names of the features and of the classes.
        rows: a list of numbers for each example.
        labels: for each example the index of its class.
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
    with as_file(files(__package__) / "datasets" / "iris.csv") as path:
        return read_csv(path)


def read_csv(path: str | Path) -> Dataset:
    """Read examples from a CSV file: numeric columns, the last column the class.

    The first row is a header if all its feature cells are text; without one the columns are called
    x1, x2, .. Classes are ordered by name, or by size if they are numbers.

    Raises:
        DataError: the file is missing, empty or not text; a cell is not a finite number (named by
            row and column); a row has too few or too many cells; there is only one class.
    """
    path = Path(path)
    header, lines = _table(path)
    width = len(lines[0][1])
    if width < 2:
        signs = {";": "semicolons", "\t": "tabs"}
        others = [f"; this file has {signs[x]}" for x in signs if x in lines[0][1][0]]
        raise DataError(
            f"{path}: row {lines[0][0] - bool(header)} has one column; expected numbers and, last, "
            f"the class, separated by commas{''.join(others[:1])}"
        )
    columns = _named(header[:-1] if header else [""] * (width - 1))
    rows = [_numbers(cells[:-1], columns, path, number) for number, cells in lines]
    names = [_class(cells[-1], path, number) for number, cells in lines]
    classes = sorted(set(names), key=_order)
    if len(classes) < 2:
        raise DataError(f"{path}: there is one class only, {classes[0]!r}; it takes two or more")
    index = {name: i for i, name in enumerate(classes)}
    return Dataset(columns, classes, rows, [index[name] for name in names])


def read_rows(path: str | Path, columns: Sequence[str]) -> tuple[list[list[float]], list[str]]:
    """Read rows to classify: (rows of these columns, the classes if the file has them).

    If there is a header, columns are found by name; without one, or if `columns` are just x1, x2,
    .., they are read from left to right. One more column at the end has the classes.

    Raises:
        DataError: as read_csv; or the file lacks a column.
    """
    path, count = Path(path), len(columns)
    header, lines = _table(path)
    width = len(lines[0][1])
    nameless = list(columns) == _named([""] * count)
    found: dict[str, list[int]] = {}
    for i, name in enumerate(_named(header)):
        found.setdefault(name, []).append(i)
    missing = [name for name in columns if len(found.get(name, ())) < columns.count(name)]
    if header and missing and not nameless:
        known = ", ".join(header)
        raise DataError(f"{path}: there is no column {missing[0]!r}; the columns are {known}")
    by_name = header and not missing  # the k-th of a name is the k-th column of that name
    places = [found[name].pop(0) for name in columns] if by_name else list(range(count))
    if width not in (count, count + 1):
        raise DataError(
            f"{path}: row {lines[0][0]} has {width} cells; expected {count} numbers "
            f"({', '.join(columns)}), and the class or not"
        )
    rows = [_numbers([cells[i] for i in places], columns, path, number) for number, cells in lines]
    left = [i for i in range(width) if i not in places]
    return rows, [_class(cells[i], path, number) for number, cells in lines for i in left]


def _table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """(the header, or [] if there is none; (row number, cells) for each row of data)."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: this is not a CSV file in UTF-8 ({error})") from None
    lines = [(number, cells) for number, cells in rows if any(cells)]
    if not lines:
        raise DataError(f"{path}: the file is empty; expected rows of numbers, then a class")
    header, first = [], lines[0][1]
    if not any(map(_is_number, first[:-1] or first)):
        header, lines = first, lines[1:]
        if not lines and len(header) > 1:
            raise DataError(f"{path}: there is a header, and no row of data below it")
        lines = lines or [(1, first)]
    for number, cells in lines:
        if len(cells) != len(first):
            raise DataError(f"{path}: row {number} has {len(cells)} cells; expected {len(first)}")
    return header, lines


def _named(columns: Sequence[str]) -> list[str]:
    return [name or f"x{i + 1}" for i, name in enumerate(columns)]


def _class(cell: str, path: Path, row: int) -> str:
    if not cell:
        raise DataError(f"{path}: row {row} has no class in its last column")
    return cell


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


def _numbers(cells: Sequence[str], columns: Sequence[str], path: Path, row: int) -> list[float]:
    numbers = []
    for cell, column in zip(cells, columns):
        # Python reads 1_000 as a number, other programs do not
        number = float(cell) if _is_number(cell) and "_" not in cell else math.nan
        if not math.isfinite(number):
            place, got = f"row {row}, column {column!r}", repr(cell) if cell else "an empty cell"
            raise DataError(f"{path}: {place}: expected a finite number, got {got}")
        numbers.append(number)
    return numbers


@renamed_argument("test_share", "test_fraction")
def split(data: Dataset, test_fraction: float, rng: random.Random) -> tuple[Dataset, Dataset]:
    """(training part, test part), stratified: the test part has the same fraction of every class.

    Args:
        data: at least 2 examples of every class; else a DataError is raised.
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
    for label, name in enumerate(data.classes):
        members = [i for i, k in enumerate(data.labels) if k == label]
        size = len(members)
        if size < 2:
            raise DataError(f"class {name!r} has {size} example; each needs 2 or more, to split")
        rng.shuffle(members)
        count = min(max(1, round(test_fraction * size)), size - 1)
        testing += members[:count]
        training += members[count:]
    return part(training), part(testing)


class Standardizer(NamedTuple):
    """Standardisation, fitted to some rows: x becomes (x - mean) / deviation.

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
        for column in zip(*rows):
            constant = min(column) == max(column)  # even if its mean is rounded
            mean = column[0] if constant else math.fsum(column) / len(column)
            spread = math.hypot(*(x - mean for x in column)) / math.sqrt(len(column))
            means.append(mean)
            deviations.append(1.0 if constant else spread)
        return cls(means, deviations)

    def __call__(self, row: Sequence[float]) -> list[float]:
        return [(x - m) / d for x, m, d in zip(row, self.means, self.deviations)]


__getattr__ = renamed(__name__, Scale=Standardizer)
