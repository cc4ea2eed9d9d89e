"""The command line: autograd-mini train | predict | draw | steps.

Each command is a module of its name with a function run(arguments), imported when it is run:
`autograd-mini --help` loads no drawing and no nn.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from importlib import import_module
from subprocess import SubprocessError

import autograd_mini

from ..errors import AutogradError
from .output import complain, flush, one_line
from .parser import CommandError, Parser

__all__ = ["main"]

COMMANDS = {
    "train": "train a classifier on iris flowers, or on a CSV file",
    "predict": "classify with a trained model.json",
    "draw": "draw the graph of an expression",
    "steps": "print the forward pass and every step of the backward pass",
}

# What bad input, a full disk, or a missing program or package raises: one line, and status 2.
EXPECTED = (
    CommandError,
    AutogradError,
    ValueError,
    ArithmeticError,
    MemoryError,
    ImportError,
    OSError,
    SubprocessError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    status = 0
    try:
        _run(sys.argv[1:] if arguments is None else list(arguments))
    except EXPECTED as error:
        complain(one_line(error))
        status = 2
    except KeyboardInterrupt:
        complain("interrupted")
        status = 130
    finally:
        failure = flush()
    if failure and not status:
        complain(failure)
        status = 2
    return status


def _run(arguments: list[str]) -> None:
    if arguments and arguments[0] in COMMANDS:
        import_module(f"{__name__}.{arguments[0]}").run(arguments[1:])
    else:
        _parser().parse_args(arguments)  # which prints help or the version, or refuses the rest


def _parser() -> Parser:
    known = autograd_mini.__version__
    version = "(not installed)" if known == "unknown" else known
    parser = Parser(
        prog="autograd-mini",
        description="A scalar autodiff engine: train a small network, draw a graph, step through "
        "backprop.",
    )
    parser.add_argument("--version", action="version", version=f"autograd-mini {version}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, what in COMMANDS.items():
        commands.add_parser(name, help=what)
    return parser
