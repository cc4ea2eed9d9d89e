"""The arguments of commands: options, numbers, and expressions with their variables."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import NoReturn

from ..errors import AutogradError
from ..expressions import parse
from ..value import Value


class CommandError(AutogradError, argparse.ArgumentTypeError):
    """Bad input. If the type of an option raises this, argparse adds the option's name."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())} (see --help)\n")

    def parse_words(self, arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """(options, all other arguments in order), which may start with a minus: -1e-3, -x*2."""
        options, words = self.parse_known_args(arguments)
        return options, [word for word in words if word != "--"]


class ExpressionParser(Parser):
    """The parser of a command with an expression, and a number for each name in it."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(
            prog=f"autograd-mini {name}",
            usage=f"autograd-mini {name} [options] EXPRESSION [NAME=NUMBER ...]",
            description=f'{description}, as in: {name} "tanh(w*x + b)" w=0.5 x=2 b=0.1',
            add_help=False,  # because of its -h, the expression -h*2 would be an unknown option
            allow_abbrev=False,
        )
        self.add_argument("--help", action="help", help="show this help message and exit")

    def parse_expression(self, arguments: Sequence[str]) -> tuple[argparse.Namespace, str, Value]:
        """(options, the expression, its graph)."""
        options, words = self.parse_words(arguments)
        if "-h" in words:
            self.parse_args(["--help"])
        if not words:
            self.error('an expression is needed, such as "tanh(w*x + b)"')
        variables: dict[str, float] = {}
        for word in words[1:]:
            name, number = variable(word)
            if name in variables:
                raise CommandError(f"{name} is given twice")
            variables[name] = number
        return options, words[0].strip(), parse(words[0], variables)


def variable(text: str) -> tuple[str, float]:
    """(name, number) of NAME=NUMBER."""
    name, equals, number = text.partition("=")
    if not equals or not name.isidentifier():
        raise CommandError(f"expected NAME=NUMBER, such as x=2, got {text!r}")
    try:
        return name, finite(number)
    except CommandError as error:
        raise CommandError(f"{name}: {error}") from None


def finite(text: str) -> float:
    """A float that is neither infinite nor nan."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise CommandError(f"expected a number, got {text!r}")
    return number


def positive(text: str) -> float:
    """A finite number above 0."""
    number = finite(text)
    if number <= 0:
        raise CommandError(f"expected a number above 0, got {text!r}")
    return number


def whole(text: str) -> int:
    """An int from 1 to 9,999,999."""
    if not text.isascii() or not text.isdigit() or len(text) > 7 or int(text) < 1:
        raise CommandError(
            f"expected a whole number of at least 1, at most 9999999, got {text[:20]!r}"
        )
    return int(text)
