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
    Family("Mul_Div", r"^return x \* 1 if", "x / 1 is x, and so is its derivative"),
    Family(
        "NumberReplacer|USub",
        r"^nearest = ",
        "any large number serves at which exp and its kin are still finite",
    ),
    Family("Lt_LtE", r"^if x < 0:$", "at 0 both forms give 0.5"),
    Family(
        "NumberReplacer",
        r"parts\[0\] if isinstance\(argnums, int\)",
        "there is one part, [0] and [-1]",
    ),
    Family(
        "AndWithOr",
        r"^if isinstance\(x, Value\) and self.outside is None:",
        "any of the Values from outside serves, and a plain number in place of one gives the same "
        "numbers by a longer road",
    ),
    Family("Eq_GtE", r"if i == last else", "i is never beyond the last"),
    Family(
        "NumberReplacer|USub",
        r"first = self\.(neurons|layers)|len\(self\.layers\[0\]\.neurons\[0\]\.w\)",
        "all neurons of a layer are alike",
    ),
    Family(
        "NumberReplacer|USub",
        r"by_hand(\[self\]\(| = getattr\()operands\[0\]",
        "there is one operand, [0] and [-1]",
    ),
    Family(
        "Eq_Is$",
        r'row\.name == name|order == "topological"|i == last',
        "in CPython equal names and small ints are one object",
    ),
    Family("NumberReplacer", r"operands\[0\], slopes\[0\]\)$", "there is one slope, [0] and [-1]"),
]


def reason(mutant: Mutant) -> str:
    """The reason of the first family that the mutant is in, else "unexplained"."""
    for family in FAMILIES:
        if re.search(family.operator, mutant.operator) and re.search(family.before, mutant.before):
            return family.reason
    return "unexplained"
