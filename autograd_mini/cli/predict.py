"""autograd-mini predict: classify with a trained model."""

from __future__ import annotations

import sys
from pathlib import Path

from nn.classifier import Classifier
from nn.data import read_rows

from .output import say
from .parser import CommandError, Parser, finite


def run(arguments: list[str]) -> None:
    """Print the class of a row of numbers, or of each row of a file."""
    parser = Parser(
        prog="autograd-mini predict",
        usage="autograd-mini predict [-h] [--data FILE.csv] model.json [NUMBER ...]",
        description="Print the class of one row of numbers, or of each row of a CSV file.",
    )
    add = parser.add_argument
    add("model", type=Path, metavar="model.json", help="a file that train wrote")
    add("--data", type=Path, metavar="FILE.csv", help="a file like the one that was trained on")
    options, words = parser.parse_words(arguments)
    row = [finite(word) for word in words]
    if options.data and row:
        raise CommandError("give numbers or --data, not both")
    classifier = Classifier.load(options.model)
    if options.data:
        _classify_file(classifier, options.data)
    else:
        _classify_row(classifier, row)


def _classify_file(classifier: Classifier, path: Path) -> None:
    rows, classes = read_rows(path, classifier.columns)
    answers = [classifier.classify(row) for row in rows]
    for answer in answers:
        say(answer)
    if classes:
        right = sum(a == b for a, b in zip(answers, classes))
        print(f"{right} of {len(rows)} as the file says", file=sys.stderr)


def _classify_row(classifier: Classifier, row: list[float]) -> None:
    if len(row) != len(classifier.columns):
        raise CommandError(
            f"the model takes {len(classifier.columns)} numbers "
            f"({', '.join(classifier.columns)}); the command gives {len(row)}"
        )
    wide = max(map(len, classifier.classes))
    for name, p in zip(classifier.classes, classifier.probabilities(row)):
        say(f"{name:<{wide}}  {p:.4f}")
    say(f"class: {classifier.classify(row)}")
