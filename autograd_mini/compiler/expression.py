"""Expressions as text: how tightly they bind, and where they need brackets."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..primitives import add, divide, multiply, subtract
from ..rules import Primitive
from .arithmetic import RELATIONS

# how tightly an expression binds
ATOM, POWER, UNARY, PRODUCT, SUM, COMPARISON = range(6)
OPERATORS = {add: SUM, subtract: SUM, multiply: PRODUCT, divide: PRODUCT}


class Expression(NamedTuple):
    """Text, how tightly it binds, and how many operations it holds."""

    text: str
    binding: int
    operations: int

    def within(self, binding: int) -> str:
        return self.text if self.binding <= binding else f"({self.text})"


def joined(op: Primitive, left: Any, right: Any) -> str:
    """The text of an operator or a relation between two texts, in brackets where they need them."""
    if op in RELATIONS:
        return f"{left.within(SUM)} {RELATIONS[op]} {right.within(SUM)}"
    binding = OPERATORS[op]
    return f"{left.within(binding)} {op.name} {right.within(binding - (op is not add))}"
