"""Tables in text files, as people have them: any separator and decimal mark, missing cells."""

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple, Self

from autograd_mini import AutogradError
from autograd_mini.text import clean, shortened


class DataError(AutogradError, ValueError):
    """A file of examples cannot be used. The message says where and why; several places are notes
    of the exception, a line each."""


# what R, pandas, spreadsheets, databases and the UCI repository write for a missing cell
MISSING = {"", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None", "?"}
NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
LARGEST = 1e300  # the sum of larger numbers may overflow
LISTED = 10

Rows = list[tuple[int, list[str]]]


class Table(NamedTuple):
    """The cells of a file as text, without spaces around them.

    Attributes:
        path: of the file.
        columns: their names, each once: x1, x2, .. where there is none, and a second p is p.2.
        header: whether the names are from the first row.
        rows: (number of the row in the file, cells) for each row of data that is not empty.
        separator: one of SEPARATORS.
    """

    path: Path
    columns: list[str]
    header: bool
    rows: Rows
    separator: str

    def places(self, names: Iterable[str]) -> list[int]:
        """The places of columns by name; x3 is the third if no column is called so.

        Raises:
            DataError: there are no such columns; names all of them.
        """
        places = {f"x{i + 1}": i for i in range(len(self.columns))}
        places |= {name: i for i, name in enumerate(self.columns)}
        names = list(dict.fromkeys(names))
        unknown = ", ".join(repr(clean(name)) for name in names if name not in places)
        if unknown:
            known = shortened(", ".join(self.columns), 500)
            raise DataError(f"{self.path}: there is no column {unknown}; the columns are {known}")
        return [places[name] for name in names]

    def cells(self, place: int) -> list[str]:
        """The cells of a column that are not missing."""
        return [cells[place] for _, cells in self.rows if cells[place] not in MISSING]

    def complete(self, places: Sequence[int]) -> Self:
        """The rows in which none of these cells is missing; a DataError if there are none."""
        rows = [row for row in self.rows if MISSING.isdisjoint(row[1][i] for i in places)]
        if not rows:
            remedy = "--missing mean keeps rows, --drop leaves out a column"
            raise DataError(f"{self.path}: in every row a cell is missing; {remedy}")
        return self._replace(rows=rows)

    def decimal_mark(self, places: Iterable[int]) -> str:
        """The sign before the decimals in these columns, "." or ",".

        It is a comma if there are numbers with one and none with a point. But where cells are not
        separated by semicolons, and all of them may be thousands, as 1,234 may, it is a point.
        """
        numbers = [x for i in places for x in self.cells(i) if NUMBER.fullmatch(x)]
        commas = [x for x in numbers if "," in x]
        thousands = self.separator != ";" and all(map(THOUSANDS.fullmatch, commas))
        return "." if not commas or thousands or any("." in x for x in numbers) else ","


def read_table(path: str | Path, names: Iterable[str] = ()) -> Table:
    """Read a table from a text file in UTF-8.

    Of comma, semicolon and tab, the separator is the one with which most rows have as many cells as
    the first, among equals the one with which most cells are numbers, and the comma last. The first
    row is a header if no cell of it but the last is a number, or if it has all of `names`.

    Raises:
        DataError: the file is missing, empty or not text, or rows have different lengths.
    """
    path = Path(path)
    try:
        separator, rows = _recognised(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        why = f"this is not a CSV file in UTF-8 ({error}); save it as one"
        raise DataError(f"{path}: {why}") from None
    if not rows:
        raise DataError(f"{path}: the file is empty; expected rows of numbers, then a class")
    width = len(rows[0][1])
    problems = [
        f"row {number} has {len(cells)} cells; expected {width}"
        for number, cells in rows
        if len(cells) != width
    ]
    if problems:
        raise refusal(path, problems)
    used = [i for i in range(width) if any(cells[i] for _, cells in rows)]
    rows = [(number, [cells[i] for i in used]) for number, cells in rows]
    first, wanted = rows[0][1], set(names)
    header = not any(map(NUMBER.fullmatch, first[:-1] or first))
    header = header or (bool(wanted) and wanted <= set(unique(first)))
    if header and len(rows) == 1 and len(first) > 1:
        raise DataError(f"{path}: there is a header, and no row of data below it")
    header = header and len(rows) > 1
    columns = unique(first if header else [""] * len(first))
    return Table(path, columns, header, rows[header:], separator)


def _recognised(text: str) -> tuple[str, Rows]:
    """The separator, and the rows that are not empty."""
    text = re.sub(r"\Asep=[,;\t]", "", text)  # a line for spreadsheets
    best, found, failure = (0, -1, False), (",", Rows()), None
    for separator in SEPARATORS:
        lines = io.StringIO(text, newline="")
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
        try:
            rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
        except csv.Error as error:
            failure = failure or error
            continue
        rows = [row for row in rows if any(row[1])]
        width = len(rows[0][1]) if rows else 0
        rows = [(k, cells if any(cells[width:]) else cells[:width]) for k, cells in rows]
        alike = sum(len(cells) == width > 1 for _, cells in rows)
        numbers = sum(NUMBER.fullmatch(cell) is not None for _, cells in rows for cell in cells)
        fit = alike, numbers, alike > 0 and separator != ","
        if fit > best:
            best, found = fit, (separator, rows)
    if failure and not best[0]:
        raise failure
    return found


def unique(names: Sequence[str]) -> list[str]:
    """Each name once.

    >>> unique(["p", "", "p", "q"])
    ['p', 'x2', 'p.2', 'q']
    """
    found: list[str] = []
    for i, name in enumerate(names, start=1):
        name = name or f"x{i}"
        choices = chain([name], (f"{name}.{k}" for k in count(2)))
        found.append(next(choice for choice in choices if choice not in found))
    return found


def number(cell: str, mark: str = ".") -> float:
    """The number in a cell; a ValueError says why there is none.

    >>> number("1,5", mark=","), number("-2e3")
    (1.5, -2000.0)
    """
    text = cell.replace(mark, ".")
    x = float(text) if NUMBER.fullmatch(text) and "," not in text else math.nan
    if abs(x) <= LARGEST:
        return x
    kind = f" up to {LARGEST:g}" * (abs(x) > LARGEST) + " with a decimal point" * ("," in text)
    raise ValueError(f"expected a number{kind}, got {shortened(cell, 40)!r}")


def refusal(path: Path, problems: Sequence[str], remedy: str = "") -> DataError:
    """An error for what is wrong in a file: one thing is its message, several are its notes."""
    if len(problems) == 1:
        return DataError(f"{path}: {clean(problems[0])}{remedy}")
    first = f"; the first {LISTED} are" if len(problems) > LISTED else ""
    error = DataError(f"{path}: {len(problems)} errors{remedy}{first}:")
    for problem in problems[:LISTED]:
        error.add_note(clean(problem))
    return error
