"""What stands in the brackets of an array: slices as text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..expression import ATOM, Expression


def part(bounds: tuple[int, int] | None) -> str:
    """The slice between two bounds; all, if there are none."""
    return ":" if bounds is None else f"{bounds[0] or ''}:{bounds[1]}"


def stepped(first: int, length: int, step: int) -> str:
    """The slice of so many numbers.

    >>> stepped(4, 3, -2), stepped(1, 2, 3)
    ('4::-2', '1:5:3')
    """
    stop = first + (length - 1) * step + (1 if step > 0 else -1)
    return f"{first or ''}:{stop if stop >= 0 else ''}{f':{step}' * (step != 1)}"


def listed(index: Sequence[str]) -> str:
    """An index for each axis; those that take all of the last axes are left out."""
    return re.sub(r"(, :)+$", "", ", ".join(index))


def indexed(inner: Expression, index: Sequence[str]) -> Expression:
    """A view of an expression."""
    return Expression(f"{inner.within(ATOM)}[{listed(index)}]", ATOM, inner.operations)
