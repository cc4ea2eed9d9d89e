"""Why a mutant survives that no test can tell from the program: one reason for each family."""

from __future__ import annotations

import re
from typing import NamedTuple

from mutants import Mutant


class Family(NamedTuple):
    """Mutants that survive for one reason.

    Attributes:
        operator: what cosmic-ray's operators are called, a regular expression.
        before: what their lines look like, a regular expression.
        reason: why no test can or need tell them from the program.
    """

    operator: str
    before: str
    reason: str


FAMILIES = [
    Family(
        "Is_Eq|IsNot_NotEq",
        r"__class__|\bkind\b|type\(",
        "a class equals itself alone",
    ),
    Family("NumberReplacer", r"^def .*\.\.\.$", "a default that only a type checker reads"),
    Family("Eq_GtE", r"denominator == 1", "the denominator of a Rational is at least 1"),
    Family(
        "OrWithAnd|AddNot|Is_IsNot",
        r"^if kind is float or kind is int or kind is complex:",
        "the roads below give the same number; this one is quick",
    ),
    Family("NumberReplacer", r"operands\[0\], slopes\[0\]\)$", "there is one slope, [0] and [-1]"),
]


def reason(mutant: Mutant) -> str:
    """The reason of the first family that the mutant is in, else "unexplained"."""
    for family in FAMILIES:
        if re.search(family.operator, mutant.operator) and re.search(family.before, mutant.before):
            return family.reason
    return "unexplained"
