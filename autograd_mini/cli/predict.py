"""autograd-mini predict: the answers of a trained model."""

from __future__ import annotations

import sys
from pathlib import Path

from nn.classifier import Predictor, goodness
from nn.coding import Coding
from nn.tables import Table, read_table

from ..text import clean
from .output import say
from .parser import CommandError, Parser


def run(arguments: list[str]) -> None:
    """Print the class or the number of a row of cells, or of each row of a file."""
    parser = Parser(
        prog="autograd-mini predict",
        usage="autograd-mini predict [-h] [--data FILE.csv] model.json [CELL ...]",
        description="Print the class or the number of one row, or of each row of a file.",
    )
    add = parser.add_argument
    add("model", type=Path, metavar="model.json", help="a file that train wrote")
    add("--data", type=Path, metavar="FILE.csv", help="a file like the one that was trained on")
    what = "leave out rows with missing cells, or put the mean of the column; by default as train"
    add("--missing", choices=["drop", "mean"], help=what)
    options, words = parser.parse_words(arguments)
    if options.data and words:
        raise CommandError("give numbers or --data, not both")
    predictor = Predictor.load(options.model)
    coding = predictor.coding._replace(missing=options.missing or predictor.coding.missing)
    if options.data:
        _answer_file(predictor, coding, options.data)
    else:
        _answer_row(predictor, coding, words)


def _answer_file(predictor: Predictor, coding: Coding, path: Path) -> None:
    rows, targets, notes = coding.read(read_table(path, coding.columns), training=False)
    answers = [predictor.answer(row) for row in rows]
    for answer in answers:
        say(str(answer))
    known = [(answer, y) for answer, y in zip(answers, targets) if y is not None]
    if known:
        right = f"{sum(answer == y for answer, y in known)} of {len(known)}"
        notes.append(f"{right if coding.classes else goodness(*zip(*known))} as the file says")
    for note in notes:
        print(clean(note), file=sys.stderr)


def _answer_row(predictor: Predictor, coding: Coding, words: list[str]) -> None:
    if len(words) != len(coding.columns):
        kind = "cells" if coding.one_hot else "numbers"
        raise CommandError(
            f"the model takes {len(coding.columns)} {kind} "
            f"({', '.join(coding.columns)}); the command gives {len(words)}"
        )
    table = Table(Path("the command"), coding.columns, True, [(1, words)], ",")
    [row], _, _ = coding.read(table, training=False)
    if coding.classes:
        wide = max(map(len, coding.classes))
        for name, p in zip(coding.classes, predictor.probabilities(row)):
            say(f"{name:<{wide}}  {p:.4f}")
    say(f"{'class' if coding.classes else coding.target}: {predictor.answer(row)}")
