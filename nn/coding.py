"""Which columns of a table a network takes, and how their cells become numbers.

Messages name the options of `autograd-mini train`; the fields of Choices are called the same.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, Self

from autograd_mini.text import shortened

from .checks import expect, list_of, table_in, text
from .tables import LISTED, MISSING, NUMBER, SEPARATORS, DataError, Table, number, refusal, unique


class Choices(NamedTuple):
    """What to read from a table; any of it may be left open."""

    target: str = ""  # the column to predict: the last one that is not dropped
    columns: Sequence[str] = ()  # those to predict it from: all others
    drop: Sequence[str] = ()
    one_hot: Sequence[str] = ()  # columns of text, each value of which becomes an input, 1 or 0
    missing: str = ""  # "drop" drops the row, "mean" puts that of the training part; "": an error
    kind: str = ""  # "classification" or "regression": the latter if most targets are numbers

    @property
    def names(self) -> list[str]:
        """All columns that are named."""
        return [name for name in (self.target, *self.columns, *self.drop, *self.one_hot) if name]


class Coding(NamedTuple):
    """How the rows of a table become lists of numbers; `train` fits it, `predict` uses it again.

    Attributes:
        columns: the columns that are used.
        classes: the names of the classes; none for regression.
        one_hot: for each column that is text, its values.
        target: the column to predict; "" is the one that is left.
        missing: as in Choices.
    """

    columns: list[str]
    classes: list[str]
    one_hot: dict[str, list[str]]
    target: str
    missing: str

    @property
    def kind(self) -> str:
        """As in Choices."""
        return "classification" if self.classes else "regression"

    @property
    def inputs(self) -> list[str]:
        """The names of the inputs: of a column, or column=value for each value of one."""
        ends = {c: [f"={value}" for value in values] for c, values in self.one_hot.items()}
        return [c + end for c in self.columns for end in ends.get(c, [""])]

    @classmethod
    def of(cls, table: Table, choices: Choices) -> Self:
        """The coding of a table to train on."""
        places, texts, target = _chosen(table, choices)
        kept = table.complete([*places, target] if choices.missing == "drop" else [target])
        targets = kept.cells(target)
        numbers = sum(map(_is_number, targets))
        kind = choices.kind or ("regression" if numbers > len(targets) / 2 else "classification")
        return cls(
            [table.columns[i] for i in places],
            _sorted(targets) if kind == "classification" else [],
            {table.columns[i]: _sorted(kept.cells(i)) for i in texts},
            table.columns[target],
            choices.missing,
        )

    @classmethod
    def load(cls, entries: Mapping[str, Any]) -> Self:
        """The coding in a model file; those of earlier releases have columns and classes only."""
        missing, kind = entries.get("missing", ""), entries.get("kind", "classification")
        one_hot = table_in({"one_hot": {}, **entries}, "one_hot")
        coding = cls(
            list_of(text, entries["columns"], "columns"),
            list_of(text, entries["classes"], "classes"),
            {c: list_of(text, values, f"one_hot.{c}") for c, values in one_hot.items()},
            text(entries.get("target", ""), "target"),
            expect(missing in ("", "drop", "mean"), missing, "missing", "drop or mean"),
        )
        expect(kind == coding.kind, kind, "kind", f"{coding.kind}, by the classes")
        return coding

    def encode(self, column: str, cell: str, mark: str = ".") -> list[float]:
        """The inputs from one cell, nan if it is missing; a ValueError says what is wrong.

        >>> coding = Coding(["n", "sex"], [], {"sex": ["f", "m"]}, "age", "mean")
        >>> coding.encode("n", "-2.5"), coding.encode("sex", "m"), coding.encode("sex", "NA")
        ([-2.5], [0.0, 1.0], [nan, nan])
        """
        values = self.one_hot.get(column)
        if cell in MISSING and self.missing:
            return [math.nan for _ in values or [column]]
        if values is None and cell not in MISSING:
            return [number(cell, mark)]
        if values is None or cell not in values:
            expected = "a number" if values is None else f"one of {', '.join(values)}"
            got = repr(shortened(cell, 40)) if cell else "an empty cell"
            remedy = "; --missing drop or mean" if cell in MISSING else ""
            raise ValueError(f"expected {expected}, got {got}{remedy}")
        return [float(cell == value) for value in values]

    def read(self, table: Table, training: bool) -> tuple[list[list[float]], list[Any], list[str]]:
        """(inputs, targets, notes) of the rows of a table.

        The targets are class names or numbers, and None where one is missing; in training such rows
        are left out or refused. There are none if the table has no such column. The notes say what
        is missing and what is not used.

        Raises:
            DataError: columns do not exist, or cells cannot be read; names all of them.
        """
        places, target = self._places(table)
        answers = [target] if training and target is not None else []
        required = {"drop": [*places, *answers], "mean": answers}
        kept = table.complete(required.get(self.missing, []))
        readers = [(c, i, partial(self.encode, c)) for c, i in zip(self.columns, places)]
        numeric = [i for c, i, _ in readers if c not in self.one_hot]
        if target is not None:
            readers.append((table.columns[target], target, partial(self._target, training)))
            numeric += [target] if not self.classes else []
        mark = kept.decimal_mark(numeric)
        found: list[list[Any]] = []
        problems = []
        for row, cells in kept.rows:
            found.append([])
            for column, i, reader in readers:
                try:
                    found[-1] += reader(cells[i], mark)
                except ValueError as error:
                    problems.append(f"row {row}, column {column}: {error}")
        if problems:
            texts = [table.columns[i] for i in numeric if not any(map(_is_number, kept.cells(i)))]
            remedy = f"; --one-hot or --drop what has no numbers: {', '.join(texts)}"
            raise refusal(table.path, problems, remedy if texts else "")
        n, notes = len(self.inputs), _losses(table, kept, [*places, *answers])
        form = [f"{SEPARATORS[table.separator]} between cells"] * (table.separator != ",")
        form += ["decimal commas"] * (mark == ",")
        form += ["no header: columns are x1, x2, .."] * (not table.header)
        if training and form:
            notes.insert(0, f"read with {', '.join(form)}")
        unused = [c for i, c in enumerate(table.columns) if i not in (*places, target)]
        if unused and not training:
            notes.append(f"the model does not use: {', '.join(unused)}")
        return [x[:n] for x in found], [y for x in found for y in x[n:]], notes

    def _target(self, training: bool, cell: str, mark: str) -> list[Any]:
        if cell not in MISSING:
            return [cell] if self.classes else [number(cell, mark)]
        if training:
            raise ValueError("expected a class or a number to predict; --missing drop")
        return [None]

    def _places(self, table: Table) -> tuple[list[int], int | None]:
        """Where the columns are, and the target if it is there: by their names, or without a
        header from left to right."""
        width, count = len(table.columns), len(self.columns)
        named = table.header or set(self.columns) <= set(table.columns)
        if not named and width not in (count, count + 1):
            known = f"{count} columns ({', '.join(self.columns)}), and the target or not"
            row = table.rows[0][0]
            raise DataError(f"{table.path}: row {row} has {width} cells; expected {known}")
        places = table.places(unique(self.columns)) if named else list(range(count))
        left = [i for i in range(width) if i not in places]
        if self.target in table.columns:
            return places, table.columns.index(self.target)
        return places, left[0] if len(left) == 1 and not (named and self.target) else None


def _chosen(table: Table, choices: Choices) -> tuple[list[int], list[int], int]:
    """The places of the columns, of those that are one-hot, and of the target."""
    table.places(choices.names)  # raises for all that do not exist
    drop, texts = table.places(choices.drop), table.places(choices.one_hot)
    left = [i for i in range(len(table.columns)) if i not in drop]
    [target] = table.places([choices.target] if choices.target else []) or (left or drop)[-1:]
    columns = [i for i in table.places(choices.columns) or left if i in left and i != target]
    unused = [table.columns[i] for i in texts if i not in columns]
    if unused:
        raise DataError(f"{table.path}: --one-hot names columns not used: {', '.join(unused)}")
    if target in drop or not columns:
        wrong = "is dropped" if target in drop else "is the only column"
        hint = "expected columns of numbers and it, separated by commas, semicolons or tabs"
        raise DataError(f"{table.path}: target {table.columns[target]!r} {wrong}; {hint}")
    return columns, texts, target


def _losses(table: Table, kept: Table, places: Sequence[int]) -> list[str]:
    """What to say of missing cells."""
    lacking = Counter(i for _, cells in table.rows for i in places if cells[i] in MISSING)
    names = ", ".join(f"{table.columns[i]} {n}" for i, n in lacking.most_common())
    filled = sum(cells[i] in MISSING for _, cells in kept.rows for i in places)
    told = [f"{filled} set to the mean of the column"] if filled else []
    rows = sorted({row for row, _ in table.rows} - {row for row, _ in kept.rows})
    if rows:
        which = ", ".join([*map(str, rows[:LISTED]), *[".."] * (len(rows) > LISTED)])
        told.append(f"{len(rows)} of {len(table.rows)} rows dropped ({which})")
    return [f"{lacking.total()} missing cells ({names}): {', '.join(told)}"] if lacking else []


def _is_number(cell: str) -> bool:
    return NUMBER.fullmatch(cell) is not None


def _sorted(names: Sequence[str]) -> list[str]:
    """Each once: numbers first, by size; then names."""

    def order(name: str) -> tuple[bool, float, str]:
        with suppress(ValueError):
            if not math.isnan(size := float(name)):
                return False, size, name
        return True, 0.0, name

    return sorted(set(names), key=order)
