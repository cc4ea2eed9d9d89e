"""Expressions as text: how tightly they bind, and where they need brackets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..primitives import add, divide, multiply, negate, subtract
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


def operation(op: Primitive, args: Sequence[Any], where: str = "where") -> Expression | None:
    """An operator, a negation or a relation of expressions; None for a function, which libraries
    call by names of their own.

    >>> x, two = Expression("x + 1", SUM, 1), Expression("2", ATOM, 0)
    >>> operation(multiply, (two, x)).text, operation(negate, (x,)).text
    ('2 * (x + 1)', '-(x + 1)')
    """
    count = 1 + sum(a.operations for a in args)
    if op in OPERATORS:
        return Expression(joined(op, *args), OPERATORS[op], count)
    if op is negate:
        return Expression(f"-{args[0].within(POWER)}", UNARY, count)
    if op in RELATIONS:
        text = f"{where}({joined(op, *args[:2])}, {args[2].text}, {args[3].text})"
        return Expression(text, ATOM, count)
    return None


def joined(op: Primitive, left: Any, right: Any) -> str:
    """The text of an operator or a relation between two texts, in brackets where they need them."""
    if op in RELATIONS:
        return f"{left.within(SUM)} {RELATIONS[op]} {right.within(SUM)}"
    binding = OPERATORS[op]
    return f"{left.within(binding)} {op.name} {right.within(binding - (op is not add))}"
