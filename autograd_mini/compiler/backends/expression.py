"""A piece of source code."""

from __future__ import annotations

from typing import NamedTuple

# how tightly an expression binds
ATOM, POWER, UNARY, PRODUCT, SUM, COMPARISON = range(6)


class Expression(NamedTuple):
    """Text, how tightly it binds, and how many operations it holds."""

    text: str
    binding: int
    operations: int

    def within(self, binding: int) -> str:
        return self.text if self.binding <= binding else f"({self.text})"
