"""The names in a module of loops: of arrays, constants and counters, no two alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arrays import Array

LETTERS = "ijklopqrtu"  # of loops; m and s are maxima and sums
# what lanes.py defines: the functions of the rule table, and what loops are made of
FUNCTIONS = [
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sqrt",
    "cbrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "atan2",
    "hypot",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "erf",
    "erfc",
    "maximum",
    "minimum",
    "clip",
    "sigmoid",
    "softplus",
]
RESERVED = [
    "n",
    "np",
    "inf",
    "nan",
    "zero",
    "start",
    "stop",
    "first",
    "whole",
    "jit",
    "lanes",
    "width",
    "empty",
    "block",
    "store",
    "total",
    "where",
    "power",
    "WIDTH",
    "examples",
]


class Names:
    """The names of one module.

    Args:
        of: array -> name, of the inputs and parameters; all others are added to it.

    Attributes:
        constants: name -> array, what else the lines need.
        letters: of loops, the outermost first.
    """

    def __init__(self, of: Mapping[Array, str]) -> None:
        self.of = dict(of)
        self.constants: dict[str, Any] = {}
        self._taken = {*of.values(), *FUNCTIONS, *RESERVED}
        self.letters = [c for c in (*LETTERS, *(f"i{n}" for n in range(9))) if c not in self._taken]
        self._taken.update(self.letters)

    def unique(self, name: str) -> str:
        unique, number = name, 1
        while unique in self._taken:
            number += 1
            unique = f"{name}_{number}" if name[-1:].isdigit() else f"{name}{number}"
        self._taken.add(unique)
        return unique

    def accumulator(self, name: str, others: Sequence[str]) -> str:
        """A name that another nest may have as well, but none of the others."""
        numbers = range(2, 2 + len(self._taken) + len(others))
        return next(
            n
            for n in (name, *[f"{name}{i}" for i in numbers])
            if n not in self._taken and n not in others
        )

    def constant(self, numbers: Any) -> str:
        """The name of a constant array; one for equal arrays."""
        for name, other in self.constants.items():
            if other.dtype == numbers.dtype and np.array_equal(other, numbers):
                return name
        name = self.unique("at" if numbers.dtype.kind == "i" else "c")
        self.constants[name] = numbers
        return name
