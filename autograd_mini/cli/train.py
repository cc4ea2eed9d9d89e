"""autograd-mini train: train a classifier, and show what it does."""

from __future__ import annotations

import argparse
import contextlib
import os
from importlib.util import find_spec
from pathlib import Path
from subprocess import SubprocessError

from nn.activations import ACTIVATIONS, activation_function
from nn.classifier import Classifier, Settings, Training, prepare, train
from nn.data import Dataset, iris, read_csv
from nn.losses import cross_entropy
from nn.metrics import confusion_matrix
from nn.plots import training_curves

from ..errors import AutogradError
from ..files import write_all_atomically
from ..graph import topological_order
from ..stepper import MAX_NODES, step_through
from ..value import Value
from .draw import picture
from .output import one_line, say
from .parser import CommandError, Parser, positive, whole

NO_PICTURE = (AutogradError, ImportError, OSError, SubprocessError)  # what Graphviz may raise


def run(arguments: list[str]) -> None:
    """Train, print how well that went, and write the files."""
    options = _parser().parse_args(arguments)
    activation_function(options.activation)  # raises if the name is unknown
    _check_folder(options.out)
    settings = Settings(
        hidden=options.hidden,
        activation=options.activation,
        epochs=options.epochs,
        lr=options.rate,
        batch=options.batch,
        seed=options.seed,
    )
    data = read_csv(options.data) if options.data else iris()
    start, rng = prepare(data, settings)
    _say_task(str(options.data or "iris"), data, start)
    has_bar = find_spec("tqdm") is not None
    if not has_bar:
        say("there is no progress bar, which takes tqdm: pip install tqdm")
    done = train(start, settings, rng, progress=has_bar)
    _say_result(done)
    files = _files(done)
    write_all_atomically({options.out / name: content for name, content in files.items()})
    say(f"wrote {', '.join(files)} to {options.out}{os.sep}")
    if "training.svg" not in files:
        say("there is no training.svg, which takes matplotlib: pip install matplotlib")


def _parser() -> Parser:
    parser = Parser(
        prog="autograd-mini train",
        description="Train a multi-layer perceptron, scalar by scalar, and write graph.svg, "
        "steps.html, training.svg and model.json.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add, default = parser.add_argument, Settings()
    add(
        "--data",
        type=Path,
        metavar="FILE.csv",
        help="numeric columns, the last column the class, a header or none; iris if not given",
    )
    add(
        "--hidden",
        type=whole,
        nargs="*",
        metavar="N",
        default=default.hidden,
        help="sizes of the hidden layers; none makes a softmax regression",
    )
    activations = f"of the hidden layers, one of: {', '.join(ACTIVATIONS)}"
    add("--activation", metavar="NAME", default=default.activation, help=activations)
    for option, kind, value, what in (
        ("--epochs", whole, default.epochs, "passes over the training part"),
        ("--rate", positive, default.lr, "learning rate"),
        ("--batch", whole, default.batch, "examples a step"),
        ("--seed", int, default.seed, "decides the split, the weights and the order"),
    ):
        add(option, type=kind, default=value, help=what)
    folder = Path("autograd-mini-output")
    add("--out", type=Path, default=folder, metavar="DIR", help="output folder")
    return parser


def _check_folder(folder: Path) -> None:
    """Raise if the folder cannot be made or written to, before the training is done in vain."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise CommandError(f"--out {folder}: {nearest} is a file; name a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise CommandError(f"--out {folder}: {nearest} cannot be written to")


# -- what is printed ------------------------------------------------------------------------------


def _say_task(name: str, data: Dataset, start: Training) -> None:
    model = start.classifier.model
    say(
        f"{name}: {len(data.rows)} examples, {len(data.columns)} columns, "
        f"{len(data.classes)} classes; {len(start.training_part.rows)} to train on, "
        f"{len(start.test_part.rows)} to test on\n"
        f"{model}: {len(model.parameters())} parameters"
    )


def _say_result(done: Training) -> None:
    if done.history.interrupted:
        if not done.history.epochs:
            raise KeyboardInterrupt
        say(f"interrupted after epoch {len(done.history.epochs)}; what was learned is kept")
    for name, part in (("training", done.training_part), ("test", done.test_part)):
        say(f"{name} accuracy {done.classifier.accuracy(part):.1%} of {len(part.rows)}")
    say(_confusion(done.classifier, done.test_part))


def _confusion(classifier: Classifier, part: Dataset) -> str:
    """A table: a row for each class, a column for each answer."""
    said = [part.classes.index(classifier.classify(row)) for row in part.rows]
    counts = confusion_matrix(said, part.labels, len(part.classes))
    table = [["was \\ said", *part.classes]]
    table += [[name, *map(str, row)] for name, row in zip(part.classes, counts)]
    wide = max(map(len, table[0]))
    return "\n".join(["test examples:", *("  ".join(f"{c:>{wide}}" for c in row) for row in table)])


# -- what is written ------------------------------------------------------------------------------


def _files(done: Training) -> dict[str, str | bytes]:
    """The name and content of every file that could be made."""
    files = {**_loss_picture(done), **_loss_steps(done)}
    with contextlib.suppress(ImportError):
        files["training.svg"] = training_curves(done.history, held_out="test")
    return {**files, "model.json": done.classifier.to_json()}


def _loss_picture(done: Training) -> dict[str, str | bytes]:
    """graph.svg: the graph of the loss of one test example."""
    loss = _loss_of_one(done)
    loss.backward()
    try:
        path, content = picture(loss, Path("graph.svg"), model=done.classifier.model)
    except NO_PICTURE as error:
        say(f"there is no graph.svg: {one_line(error)}")
        return {}
    return {path.name: content}


def _loss_steps(done: Training) -> dict[str, str | bytes]:
    """steps.html: the backward pass from that loss, through as many of the last layers as one can
    follow."""
    model = done.classifier.model
    for first in range(len(model.layers)):
        loss = _loss_of_one(done, first)
        if len(topological_order(loss)) <= MAX_NODES:
            break
    else:
        say("the last layer is too large to step through, so there is no steps.html")
        return {}
    if first:
        say(f"steps.html starts after layer {first}; the whole graph is too large to follow")
    try:
        steps = step_through(loss, model=model, title="The loss of one test example")
        return {"steps.html": steps.page()}
    except NO_PICTURE as error:
        say(f"there is no steps.html: {one_line(error)}")
        return {}


def _loss_of_one(done: Training, first: int = 0) -> Value:
    """The loss of the first test example. The inputs of layer `first` are its leaves."""
    model, part = done.classifier.model, done.test_part
    model.zero_grad()
    xs = [Value(x, c) for x, c in zip(done.classifier.scale(part.rows[0]), part.columns)]
    for number, apply in enumerate(model.layers, start=1):
        xs = apply(xs)
        if number == first:
            xs = [Value(x.data, f"h{first}[{i}]") for i, x in enumerate(xs)]
    loss: Value = cross_entropy(xs, part.labels[0])
    loss.label = "loss"
    return loss
