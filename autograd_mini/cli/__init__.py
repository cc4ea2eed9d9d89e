"""The command line: autograd-mini train | predict | draw | steps | check.

Each command is a module with a function run(arguments), which may return an exit status. It is
imported when it is run, so that `autograd-mini --help` does not load drawing and nn.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from importlib import import_module
from subprocess import SubprocessError

import autograd_mini

from ..errors import AutogradError
from .output import flush, one_line
from .parser import Parser

__all__ = ["main"]

COMMANDS = {
    "train": "train a classifier on iris flowers, or on a CSV file",
    "predict": "classify with a trained model.json",
    "draw": "draw the graph of an expression",
    "steps": "print the forward pass and every step of the backward pass",
    "check": "check another autodiff engine with random programs",
    "check-tests": "check the tests of a course against faulty engines",
}

# What bad input, a full disk, or a missing program or package raises: one line, and status 2.
EXPECTED = (
    AutogradError,
    ValueError,
    ArithmeticError,
    MemoryError,
    ImportError,
    OSError,
    SubprocessError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    message, status = "", 0
    try:
        given = sys.argv[1:] if arguments is None else list(arguments)
        command = _parser().parse_args(given[:1]).command  # prints help, and refuses all the rest
        module = import_module(f"{__name__}.{command.replace('-', '_')}")
        status = module.run(given[1:]) or 0
    except EXPECTED as error:
        message, status = one_line(error), 2
    except KeyboardInterrupt:
        message, status = "interrupted", 130
    finally:
        failure = flush()
    if failure and not status:
        message, status = failure, 2
    if message:
        print(f"autograd-mini: {message}", file=sys.stderr)
    return status


def _parser() -> Parser:
    known = autograd_mini.__version__
    version = "(not installed)" if known == "unknown" else known
    parser = Parser(
        prog="autograd-mini",
        description="A scalar autodiff engine: train a small network, draw a graph, step through "
        "backprop.",
    )
    parser.add_argument("--version", action="version", version=f"autograd-mini {version}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, what in COMMANDS.items():
        commands.add_parser(name, help=what)
    return parser
