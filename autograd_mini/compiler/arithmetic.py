"""The operators of a scalar type that records operations rather than computing numbers."""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt
from typing import Any

from ..operators import Operators
from ..rules import Primitive


def _select(sign: str, holds: Any) -> Primitive:
    return Primitive(
        sign,
        lambda left, right, a, b: a if holds(left, right) else b,
        (
            lambda left, right, a, b, y: 0,
            lambda left, right, a, b, y: 0,
            lambda left, right, a, b, y: Comparison(left, sign, right).__where__(1, 0),
            lambda left, right, a, b, y: Comparison(left, sign, right).__where__(0, 1),
        ),
        exact=True,
        module=__name__,
        attribute=f"where {sign}",
    )


# where(left < right, a, b) is one operation of four operands
SELECT = {
    sign: _select(sign, holds)
    for sign, holds in {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}.items()
}
# a number without its gradient
DETACH = Primitive(
    "detach", lambda x: x, (lambda x, y: 0,), exact=True, module=__name__, attribute="DETACH"
)
RELATIONS = {row: sign for sign, row in SELECT.items()}
globals().update({row.__name__: row for row in SELECT.values()})  # where pickle looks for them


class Comparison:
    """left < right, undecided: a condition for where()."""

    __slots__ = ("left", "right", "sign")

    def __init__(self, left: Any, sign: str, right: Any) -> None:
        self.left, self.sign, self.right = left, sign, right

    def __bool__(self) -> bool:
        raise TypeError("a comparison of arrays has no one answer")

    def __where__(self, a: Any, b: Any) -> Any:
        return SELECT[self.sign].apply((self.left, self.right, a, b))


def _compared(sign: str) -> Callable[[Any, Any], Any]:
    return lambda x, other: x.__comparison__(x, sign, other)


class Recorded(Operators):
    """A scalar type whose comparisons are recorded, as its operations are."""

    __slots__ = ()

    __comparison__: Any = Comparison

    __lt__, __le__, __gt__, __ge__ = map(_compared, ("<", "<=", ">", ">="))
