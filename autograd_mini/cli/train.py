"""autograd-mini train: train a classifier or a regression, and show what it does."""

from __future__ import annotations

import argparse
import os
import re
from importlib.util import find_spec
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

from nn.activations import ACTIVATIONS, activation_function
from nn.classifier import Settings, Training, prepare, train
from nn.coding import Choices
from nn.data import read_examples
from nn.metrics import confusion_matrix
from nn.plots import training_curves

from ..errors import AutogradError
from ..files import write_all_atomically
from ..graph import topological_order
from ..palette import FONTS, FORWARD
from ..stepper import MAX_NODES, step_through
from ..text import clean, format_number
from ..value import Value
from .draw import picture
from .output import one_line, say, say_table
from .parser import CommandError, Parser, positive, whole

# What Graphviz and missing packages raise. The training is not lost: the other files are written.
NO_FILE = (AutogradError, ImportError, OSError, SubprocessError)

LARGE = 900  # points of a picture that is hard to read when it fits a window


def run(arguments: list[str]) -> None:
    """Train, print how good the predictor is, and write the files."""
    options = vars(_parser().parse_args(arguments))
    path, folder = options.pop("data"), options.pop("out")
    choices = Choices(**{x: options.pop(x) for x in Choices._fields if x in options})
    settings = Settings(**options)
    activation_function(settings.activation)  # raises if the name is unknown
    _check_folder(folder)
    data, notes = read_examples(path, choices)
    start, rng = prepare(data, settings)
    for note in notes:
        say(clean(note))
    _say_task(str(path or "iris"), start)
    has_bar = find_spec("tqdm") is not None
    if not has_bar:
        say("there is no progress bar: it needs tqdm, pip install tqdm")
    done = train(start, settings, rng, progress=has_bar)
    _say_result(done)
    files = _files(done)
    write_all_atomically({folder / name: content for name, content in files.items()})
    say(f"wrote {', '.join(files)} to {folder}{os.sep}")


def _parser() -> Parser:
    parser = Parser(
        prog="autograd-mini train",
        description="Train a multi-layer perceptron, scalar by scalar, and write graph.svg, "
        "steps.html, training.svg and model.json.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add, default = parser.add_argument, Settings()
    table = "a table of cells separated by commas, semicolons or tabs; iris if not given"
    add("--data", type=Path, metavar="FILE.csv", help=table)
    one: dict[str, Any] = {"metavar": "NAME"}
    several = one | {"nargs": "+"}
    kinds = {"choices": ["classification", "regression"]}
    for option, form, what in (
        ("target", one, "the column to predict, the last if not given"),
        ("columns", several, "the columns to predict it from, all others if not given"),
        ("drop", several, "columns to leave out"),
        ("one-hot", several, "columns of text: each value becomes an input that is 1 or 0"),
        ("missing", {"choices": ["drop", "mean"]}, "drop rows with missing cells, or put means"),
        ("kind", kinds, "of target; if not given, regression for numbers"),
    ):
        add(f"--{option}", help=what, default=argparse.SUPPRESS, **form)
    sizes = "sizes of the hidden layers; without any, it is a softmax or linear regression"
    add("--hidden", type=whole, nargs="*", metavar="N", default=default.hidden, help=sizes)
    activations = f"of the hidden layers, one of: {', '.join(ACTIVATIONS)}"
    add("--activation", metavar="NAME", default=default.activation, help=activations)
    for name, field, kind, what in (
        ("rate", "lr", positive, "learning rate"),
        ("epochs", "epochs", whole, "passes over the training part"),
        ("batch", "batch", whole, "examples in a step"),
        ("seed", "seed", int, "decides the split, the weights and the order"),
    ):
        value = getattr(default, field)
        add(f"--{name}", dest=field, metavar=name.upper(), type=kind, default=value, help=what)
    folder = Path("autograd-mini-output")
    add("--out", type=Path, default=folder, metavar="DIR", help="output folder")
    return parser


def _check_folder(folder: Path) -> None:
    """Raise before the training if the folder cannot be made or written to."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise CommandError(f"--out {folder}: {nearest} is a file; name a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise CommandError(f"--out {folder}: {nearest} cannot be written to")


def _say_task(name: str, start: Training) -> None:
    model, coding = start.predictor.model, start.predictor.coding
    train, test = len(start.training_part.rows), len(start.test_part.rows)
    kind = f"{len(coding.classes)} classes" if coding.classes else "regression"
    say(
        f"{name}: {train + test} examples, {len(coding.columns)} columns, {kind} of "
        f"{coding.target}; {train} to train on, {test} to test on\n"
        f"{model}: {len(model.parameters())} parameters"
    )


def _say_result(done: Training) -> None:
    """How good it is; of classes, a table with a row for each and a column for each answer."""
    epochs, part, predictor = done.history.epochs, done.test_part, done.predictor
    if done.history.interrupted:
        if not epochs:
            raise KeyboardInterrupt
        say(f"interrupted after epoch {len(epochs)}; what was learned is kept")
    for name, examples in (("training", done.training_part), ("test", part)):
        say(f"{name} {predictor.report(examples)}")
    if part.classes:
        answers = [part.classes.index(predictor.classify(row)) for row in part.rows]
        counts = confusion_matrix(answers, part.labels, len(part.classes))
        rows = [[name, *map(str, row)] for name, row in zip(part.classes, counts)]
        say("test examples:")
        say_table([["class \\ answer", *part.classes], *rows])


def _files(done: Training) -> dict[str, str | bytes]:
    """The name and content of every file that could be made."""
    files: dict[str, str | bytes] = {}
    makers = {"graph.svg": _picture, "steps.html": _steps, "training.svg": _curves}
    for name, make in makers.items():
        try:
            made, content = make(done)
            files[made] = content
        except NO_FILE as error:
            say(f"there is no {name}: {one_line(error)}")
    return {**files, "model.json": done.predictor.to_json()}


def _picture(done: Training) -> tuple[str, str | bytes]:
    """The graph of the loss of one test example."""
    loss = _loss_of_one(done)
    loss.backward()
    path, content = picture(loss, Path("graph.svg"), model=done.predictor.model)
    return path.name, _fitted(content) if isinstance(content, str) else content


def _steps(done: Training) -> tuple[str, str]:
    """The backward pass from that loss, through as many of the last layers as one can follow."""
    model = done.predictor.model
    for first in range(len(model.layers)):
        loss = _loss_of_one(done, first)
        if len(topological_order(loss)) <= MAX_NODES:
            break
    else:
        raise AutogradError("the last layer is too large to step through")
    if first:
        say(f"steps.html starts after layer {first}; the whole graph is too large to follow")
    part = done.test_part
    answer = part.classes[part.labels[0]] if part.classes else format_number(part.labels[0])
    title = f"The loss of one test example: {answer}"
    steps = step_through(loss, model=model, title=title, level="neurons")
    return "steps.html", steps.page()


def _curves(done: Training) -> tuple[str, str]:
    """The loss and the accuracies over the epochs, or predicted against true numbers."""
    answers = {}
    if not done.predictor.classes:
        for name, part in (("training", done.training_part), ("test", done.test_part)):
            answers[name] = part.labels, [done.predictor.answer(row) for row in part.rows]
    return "training.svg", _fitted(training_curves(done.history, "test", answers))


def _fitted(svg: str) -> str:
    """The same SVG: in a browser's window all of it is seen, and a large one has a link to zoom in.

    It leads to graph.svg#full, where the rule does not hold; Back leads back.
    """
    box = re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', svg)
    if box is None:  # DOT text, without a dot
        return svg
    rule = "svg:root:not(:has(#full:target)) { max-width: 100vw; max-height: 100vh; }"
    size = max(float(x) for x in box.groups()) / 60
    link = (
        f'<g class="graph"><a id="full" href="#full"><text x="0" y="{size:.0f}" fill="{FORWARD}" '
        f'font-size="{size:.0f}" font-family="{FONTS}" text-decoration="underline">full size'
        "</text></a></g>"
    )
    end = svg.rindex("</svg>")
    added = f"<style>{rule}</style>\n{link if size * 60 > LARGE else ''}\n"
    return f"{svg[:end]}{added}{svg[end:]}"


def _loss_of_one(done: Training, first: int = 0) -> Value:
    """The loss of the first test example, with the inputs of layer `first` as leaves."""
    predictor, model, part = done.predictor, done.predictor.model, done.test_part
    model.zero_grad()
    row, target = predictor.examples(part)[0]
    xs = [Value(x, c) for x, c in zip(row, part.columns)]
    for number, apply in enumerate(model.layers, start=1):
        xs = apply(xs)
        if number == first:  # leaves, with the names that the picture has for outputs
            xs = [Value(x.data, f"h{number}.{i}") for i, x in enumerate(xs, start=1)]
    loss: Value = predictor.loss(xs, target)
    loss.label = "loss"
    return loss
