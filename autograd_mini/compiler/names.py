"""The names in generated modules, no two alike, whatever users call what is theirs."""

from __future__ import annotations

import builtins
import keyword
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import numpy as np

if TYPE_CHECKING:
    from .arrays import Array
    from .pipeline import Lowered

LETTERS = "ijklopqrtu"  # of loops; m and s are maxima and sums
# what runtime.py defines: the functions of the rule table, and what loops are made of
FUNCTIONS = [
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin",
    "acos", "atan", "atan2", "hypot", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf",
    "erfc", "maximum", "minimum", "clip", "sigmoid", "softplus",
]  # fmt: skip
# what modules assign besides: those of array libraries, and those of loops
LOCALS = {"n", "ones"}
OF_LOOPS = {"n", "zero", "start", "stop", "first", "whole", "examples"}
RESERVED = {*keyword.kwlist, *dir(builtins)}  # in any module


def assigned(line: str) -> str | None:
    """The name that a line of source assigns, or adds to; None if it does neither.

    >>> assigned("    z1 = x @ W1.T"), assigned("dW[i, j] += s"), assigned("return z1")
    ('z1', 'dW', None)
    """
    match = re.match(r"\s*(\w+)(\[.*\])? \+?= ", line)
    return match[1] if match else None


def identifier(name: str) -> str:
    """The name, with other characters for those that a name in Python cannot have."""
    found = "".join(c if f"_{c}".isidentifier() else "_" for c in name)
    return found if found.isidentifier() else f"_{found}"


def unique(name: str, taken: set[str], joint: str = "") -> str:
    """The name, with a number if it is taken; and from then on it is."""
    if name in taken:
        name = numbered(f"{name}{joint or '_' * name[-1:].isdigit()}", taken, 2)
    taken.add(name)
    return name


def numbered(stem: str, taken: set[str], start: int = 1) -> str:
    """The first of W1, W2, .. that is free, or another if the numbers have gaps; from then on it is
    taken. Bisection finds it, since a program may have thousands."""
    step = 1
    while f"{stem}{start + step - 1}" in taken:
        step *= 2
    number = bisect_left(range(start, start + step), True, key=lambda n: f"{stem}{n}" not in taken)
    taken.add(found := f"{stem}{start + number}")
    return found


def constant_name(stem: str, value: Any, constants: dict[str, Any], taken: set[str]) -> str:
    """What a module calls a constant: one name for equal arrays, which is added if it is new."""
    for name, known in constants.items():
        if known is value or (
            known.__class__ is value.__class__ is np.ndarray
            and known.dtype == value.dtype
            and np.array_equal(known, value)
        ):
            return name
    name = unique(stem, taken)
    constants[name] = value
    return name


def arguments(lowered: Lowered, taken: Iterable[str]) -> dict[str, str]:
    """What a module calls the inputs and parameters, by their own names, which they keep unless it
    takes these for itself."""
    used = {*RESERVED, *taken}
    given = [*lowered.inputs, *[block.name for block in lowered.blocks]]
    order = sorted(given, key=lambda name: name in used)  # who can keep a name comes first
    found = {name: unique(normalize("NFKC", name), used, "_") for name in order}
    return {name: found[name] for name in given}


class Names:
    """The names of one module of loops: of arrays, constants and counters.

    Args:
        of: array -> name, of the inputs and parameters; all others are added to it.
        taken: those of the arguments, and of what the module imports and assigns.

    Attributes:
        constants: name -> array, what else the lines need.
        letters: of loops, the outermost first.
    """

    def __init__(self, of: Mapping[Array, str], taken: Iterable[str]) -> None:
        self.of = dict(of)
        self.constants: dict[str, Any] = {}
        self._taken = {*taken, *RESERVED}
        self.unique = partial(unique, taken=self._taken)
        self.letters = [c for c in (*LETTERS, *(f"i{n}" for n in range(9))) if c not in self._taken]
        self._taken.update(self.letters)

    def accumulator(self, name: str, others: Sequence[str]) -> str:
        """A name that another nest may have as well, but none of the others."""
        return unique(name, {*self._taken, *others})

    def constant(self, numbers: Any) -> str:
        """The name of a constant array; one for equal arrays."""
        stem = "at" if numbers.dtype.kind == "i" else "c"
        return constant_name(stem, numbers, self.constants, self._taken)
