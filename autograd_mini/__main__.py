"""The command line: autograd-mini train | predict | draw | steps."""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from . import backprop_steps, node_names, topological_order
from .errors import AutogradError
from .expressions import parse
from .files import write_all_atomically, write_atomically
from .value import Value

if TYPE_CHECKING:
    from nn.classifier import Classifier, Training
    from nn.data import Dataset

MAX_DRAWN = 1000  # boxes in a picture that is written to a file
DRAWN = (".svg", ".png", ".dot")


class CommandError(Exception):
    """Bad input: one line for the user, and exit status 2."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    full_disk = ""
    try:
        options = _parser(given).parse_args(_protected(given))
        options.run(options)
    except (
        CommandError,
        AutogradError,
        ValueError,
        ArithmeticError,
        OSError,
        subprocess.SubprocessError,
    ) as error:
        _complain(_one_line(error))
        return 2
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    finally:
        full_disk = _flush()
    if full_disk:
        _complain(full_disk)
    return 2 if full_disk else 0


def _say(text: str) -> None:
    """Print, even if nobody reads any more: work is not lost for that."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _flush()


def _complain(text: str) -> None:
    print(f"autograd-mini: {text}", file=sys.stderr)


def _flush() -> str:
    """Flush standard output; why that failed, or "". A reader who has gone is no failure."""
    if sys.stdout is None:
        return ""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the exit would fail
        return "" if isinstance(error, BrokenPipeError) else _one_line(error)
    return ""


def _protected(arguments: Sequence[str]) -> list[str]:
    """The arguments, those that start with a minus but are no options marked by a space."""
    takes_expression = bool(arguments) and arguments[0] in ("draw", "steps")
    options = ("-h", "--help", "--out", "--html", "--order") if takes_expression else ()

    def is_positional(argument: str) -> bool:
        if takes_expression:
            return argument.partition("=")[0] not in options
        with contextlib.suppress(ValueError):
            return math.isfinite(float(argument))
        return False

    return [f" {x}" if x.startswith("-") and is_positional(x) else x for x in arguments]


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())


# -- arguments ----------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {' '.join(message.split())} (--help says more)", file=sys.stderr)
        raise SystemExit(2)


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    from . import __version__

    parser = _Parser(
        prog="autograd-mini",
        description="A scalar autodiff engine: train a small network, draw a graph, step through "
        "backprop.",
    )
    parser.add_argument("--version", action="version", version=f"autograd-mini {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    _add_train(commands, with_options="train" in given)
    predict = commands.add_parser(
        "predict",
        help="classify with a trained model.json",
        description="Print the class of one row of numbers, or of each row of a CSV file.",
    )
    predict.add_argument("model", type=Path, metavar="model.json")
    predict.add_argument("numbers", type=_finite, nargs="*", metavar="NUMBER")
    predict.add_argument(
        "--data", type=Path, metavar="FILE.csv", help="a file like the one trained on"
    )
    predict.set_defaults(run=_predict)

    for name, run, what in (
        ("draw", _draw, "draw the graph of an expression"),
        ("steps", _steps, "print the forward pass and every step of the backward pass"),
    ):
        command = commands.add_parser(
            name,
            help=what,
            description=f'{what.capitalize()}, as in: {name} "tanh(w*x + b)" w=0.5 x=2 b=0.1',
        )
        command.add_argument("expression")
        command.add_argument("variables", nargs="*", metavar="NAME=NUMBER")
        command.set_defaults(run=run)
        if name == "draw":
            command.add_argument(
                "--out",
                type=_path,
                default=Path("graph.svg"),
                metavar="FILE",
                help="a .svg, .png or .dot file (default: graph.svg)",
            )
        else:
            command.add_argument(
                "--order",
                choices=("topological", "depth_first"),
                default="topological",
                help="depth_first is the naive recursion, wrong where a node is used twice",
            )
            command.add_argument(
                "--html", type=_path, metavar="FILE", help="write a page to step through as well"
            )
    return parser


def _add_train(commands: Any, with_options: bool) -> None:
    train = commands.add_parser(
        "train",
        help="train a classifier on iris flowers, or on a CSV file",
        description="Train a multi-layer perceptron, scalar by scalar, and write graph.svg, "
        "steps.html, training.svg and model.json.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    if not with_options:  # the other commands need no nn
        return
    from nn.classifier import Settings

    defaults = Settings()
    train.add_argument(
        "--data",
        type=Path,
        metavar="FILE.csv",
        help="numeric columns, the last column the class, a header or none; iris if not given",
    )
    for option, kind, what in (
        ("hidden", _whole, "sizes of the hidden layers; none makes a softmax regression"),
        ("activation", str, "of the hidden layers"),
        ("epochs", _whole, "passes over the training part"),
        ("rate", _positive, "learning rate"),
        ("batch", _whole, "examples a step"),
        ("seed", int, "decides the split, the weights and the order"),
    ):
        several = {"nargs": "*", "metavar": "N"} if option == "hidden" else {}
        default = getattr(defaults, option)
        train.add_argument(f"--{option}", type=kind, default=default, help=what, **several)
    train.add_argument(
        "--out",
        type=_path,
        default=Path("autograd-mini-output"),
        metavar="DIR",
        help="output folder",
    )
    train.set_defaults(run=_train)


def _path(text: str) -> Path:
    return Path(text.strip())


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 7 or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1, at most 9999999, got {text.strip()[:20]!r}"
        )
    return int(text)


def _finite(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"expected a number, got {text.strip()!r}")
    return number


def _positive(text: str) -> float:
    if _finite(text) <= 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text.strip()!r}")
    return float(text)


# -- train and predict ----------------------------------------------------------------------------


def _train(options: argparse.Namespace) -> None:
    from nn.activations import activation_function
    from nn.classifier import Settings, prepare, train
    from nn.data import iris, read_csv

    activation_function(options.activation)  # raises where the name is unknown
    _check_folder(options.out)
    settings = Settings(
        hidden=options.hidden,
        activation=options.activation,
        epochs=options.epochs,
        rate=options.rate,
        batch=options.batch,
        seed=options.seed,
    )
    data = read_csv(options.data) if options.data else iris()
    start, rng = prepare(data, settings)
    model = start.classifier.model
    _say(
        f"{options.data or 'iris'}: {len(data.rows)} examples, {len(data.columns)} columns, "
        f"{len(data.classes)} classes; {len(start.training_part.rows)} to train on, "
        f"{len(start.test_part.rows)} to test on\n"
        f"{model}: {len(model.parameters())} parameters"
    )
    done = train(start, settings, rng, progress=True)
    if done.history.interrupted:
        if not done.history.epochs:
            raise KeyboardInterrupt
        _say(f"interrupted after epoch {len(done.history.epochs)}; what was learned is kept")
    for name, part in (("training", done.training_part), ("test", done.test_part)):
        _say(f"{name} accuracy {done.classifier.accuracy(part):.1%} of {len(part.rows)}")
    _say(_confusion(done.classifier, done.test_part))
    files = _training_files(done)
    write_all_atomically({options.out / name: text for name, text in files.items()})
    _say(f"wrote {', '.join(files)} to {options.out}{os.sep}")
    if "training.svg" not in files:
        _say("there is no training.svg, which takes matplotlib: pip install matplotlib")


def _confusion(classifier: Classifier, part: Dataset) -> str:
    """A table: a row for each class, a column for each answer."""
    from nn.metrics import confusion_matrix

    said = [part.classes.index(classifier.classify(row)) for row in part.rows]
    counts = confusion_matrix(said, part.labels, len(part.classes))
    wide = max(len("was \\ said"), *map(len, part.classes))
    lines = ["test examples:", "  ".join(f"{c:>{wide}}" for c in ["was \\ said", *part.classes])]
    for name, row in zip(part.classes, counts):
        cells = [name, *map(str, row)]
        lines.append("  ".join(f"{c:>{wide}}" for c in cells))
    return "\n".join(lines)


def _check_folder(folder: Path) -> None:
    """Raise where the folder cannot be made or written to, before the training is done in vain."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise CommandError(f"--out {folder}: {nearest} is a file; name a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise CommandError(f"--out {folder}: {nearest} cannot be written to")


def _training_files(done: Training) -> dict[str, str | bytes]:
    from nn.plots import training_curves

    files = {**_loss_picture(done), **_loss_steps(done)}
    with contextlib.suppress(ImportError):
        files["training.svg"] = training_curves(done.history, held_out="test")
    return {**files, "model.json": done.classifier.to_json()}


def _loss_picture(done: Training) -> dict[str, str | bytes]:
    """graph.svg of the loss of one test example."""
    loss = _loss_of_one(done)
    loss.backward()
    try:
        return _picture(loss, "graph.svg", model=done.classifier.model)
    except (AutogradError, OSError, subprocess.SubprocessError) as error:
        _say(f"there is no graph.svg: {_one_line(error)}")
        return {}


def _loss_steps(done: Training) -> dict[str, str | bytes]:
    """steps.html, the backward pass from that loss to step through: through as many of the last
    layers as one can follow."""
    from .stepper import MAX_NODES, step_through

    for first in range(len(done.classifier.model.layers)):
        loss = _loss_of_one(done, first)
        if len(topological_order(loss)) <= MAX_NODES:
            break
    else:
        _say("the last layer is too large to step through, so there is no steps.html")
        return {}
    if first:
        _say(f"steps.html starts after layer {first}; the whole graph is too large to follow")
    try:
        steps = step_through(
            loss, model=done.classifier.model, title="The loss of one test example"
        )
        return {"steps.html": steps.page()}
    except (AutogradError, ImportError, OSError, subprocess.SubprocessError) as error:
        _say(f"there is no steps.html: {_one_line(error)}")
        return {}


def _loss_of_one(done: Training, first: int = 0) -> Value:
    """The loss of the first test example; what comes before layer `first` is numbers."""
    from nn import losses

    model, part = done.classifier.model, done.test_part
    model.zero_grad()
    xs = [Value(x, c) for x, c in zip(done.classifier.scale(part.rows[0]), part.columns)]
    for number, apply in enumerate(model.layers, start=1):
        xs = apply(xs)
        if number == first:
            xs = [Value(x.data, f"h{first}[{i}]") for i, x in enumerate(xs)]
    loss: Value = losses.cross_entropy(xs, part.labels[0])
    loss.label = "loss"
    return loss


def _predict(options: argparse.Namespace) -> None:
    from nn.classifier import Classifier
    from nn.data import read_rows

    classifier = Classifier.load(options.model)
    if options.data and options.numbers:
        raise CommandError("give numbers or --data, not both")
    if options.data:
        rows, classes = read_rows(options.data, classifier.columns)
        answers = [classifier.classify(row) for row in rows]
        for answer in answers:
            _say(answer)
        if classes:
            right = sum(a == b for a, b in zip(answers, classes))
            print(f"{right} of {len(rows)} as the file says", file=sys.stderr)
        return
    if len(options.numbers) != len(classifier.columns):
        raise CommandError(
            f"the model takes {len(classifier.columns)} numbers "
            f"({', '.join(classifier.columns)}); the command gives {len(options.numbers)}"
        )
    for name, p in zip(classifier.classes, classifier.probabilities(options.numbers)):
        _say(f"{name:<{max(map(len, classifier.classes))}}  {p:.4f}")
    _say(f"class: {classifier.classify(options.numbers)}")


# -- draw and steps ------------------------------------------------------------------------------


def _expression(options: argparse.Namespace) -> Value:
    variables: dict[str, float] = {}
    for text in options.variables:
        name, equals, number = text.partition("=")
        if not equals or not name.isidentifier():
            raise CommandError(f"expected NAME=NUMBER, such as x=2, got {text!r}")
        if name in variables:
            raise CommandError(f"{name} is given twice")
        try:
            variables[name] = _finite(number)
        except argparse.ArgumentTypeError as error:
            raise CommandError(f"{name}: {error}") from None
    return parse(options.expression, variables)


def _draw(options: argparse.Namespace) -> None:
    if options.out.suffix not in DRAWN:
        raise CommandError(f"--out {options.out}: expected a file ending in {', '.join(DRAWN)}")
    root = _expression(options)
    root.backward()
    [(name, content)] = _picture(root, options.out.name).items()
    path = options.out.with_name(name)
    write_atomically(path, content)
    _say(f"wrote {path}")


def _picture(root: Value, name: str, model: Any = None) -> dict[str, str | bytes]:
    """{file name: content} of the drawing; the DOT text where no `dot` program can be had."""
    from .draw import dot_command, draw_dot, render

    stem, kind = os.path.splitext(name)
    if kind == ".dot":
        return {name: draw_dot(root, model=model, max_nodes=MAX_DRAWN).source}
    if dot_command() is None:
        _say(f"no `dot` program found; writing {stem}.dot, for pip install graphviz-pure to draw")
        return {f"{stem}.dot": draw_dot(root, model=model, max_nodes=MAX_DRAWN).source}
    return {name: render(root, format=kind[1:], model=model, max_nodes=MAX_DRAWN)}


def _steps(options: argparse.Namespace) -> None:
    from .draw import format_number
    from .stepper import step_through
    from .stepper.frames import gradients_after

    root = _expression(options)
    names = node_names(root)
    if options.html:  # first, since this may fail
        stepper = step_through(root, order=options.order, title=options.expression.strip())
        stepper.save(options.html)

    def formula(node: Value) -> str:
        """How a node was made, such as "w * x"."""
        shown = [names[x] if isinstance(x, Value) else str(x) for x in node.operands]
        return "" if node.is_leaf else node.op.call_text(shown)

    _say("forward pass")
    rows = [(names[node], formula(node), str(node.data)) for node in topological_order(root)]
    _print_table(("node", "made by", "data"), rows)

    _say("\nbackward pass" + (", depth first" if options.order == "depth_first" else ""))
    steps = backprop_steps(root, options.order)
    gradients = gradients_after(steps)
    _print_table(
        ("step", "chain rule", "sum so far"),
        [(str(step.number), step.text, str(step.after)) for step in steps],
    )

    _say("\ngradients")
    top = names[root]
    leaves = [node for node in topological_order(root) if node.is_leaf]
    right = gradients_after(backprop_steps(root))

    def verdict(x: Value) -> str:
        same = format_number(gradients[x]) == format_number(right[x])  # but for rounding
        return "" if same else f"wrong: {right[x]} is right"

    _print_table(
        ("", "", "", ""),
        [(f"d{top}/d{names[x]}", "=", str(gradients[x]), verdict(x)) for x in leaves],
    )
    if options.html:
        _say(f"\nwrote {options.html}")


def _print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [heads, *rows] if any(heads) else list(rows)
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        _say("  " + "  ".join(f"{c:<{w}}" for c, w in zip(line, widths)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
