"""Which axes of a program's arrays are the same, and which have a letter in its equations.

An axis that both factors of a product of matrices have, and the product too, has a letter. So have
the examples; and of more than two others the first. The other axes are rows and columns.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any

from .arrays import Array
from .matrices import NotMatrices
from .terms import groups

LETTERS = "hjkmqruvwabcdefgosty"
EXAMPLE = "i"


class Axes:
    """Which axes of the arrays of a program are the same, and which have a letter."""

    def __init__(self, order: Sequence[Array], taken: Container[str]) -> None:
        self._parent: dict[Any, Any] = {}
        self._with_letter: set[Any] = set()
        self._letters: dict[Any, str] = {}
        self._free = [c for c in LETTERS if c not in taken]
        for x in order:
            for i, n in enumerate(x.shape):
                if n < 0:
                    self._join((x, i), EXAMPLE)
            self._join_operands(x)
        self._with_letter.add(self._find(EXAMPLE))
        for x in order:
            if x.op == "contract" and len(x.args) == 2:
                into, out = x.info.split("->")
                one, other = map(set, into.split(","))
                is_product = one ^ other and one & other - {*out}  # of matrices, or with a vector
                both = one & other if is_product else set()
                mine = [self._find((x, i)) for i, c in enumerate(out) if c in both]
                self._with_letter.update(mine)
        for x in order:
            others = [i for i, n in enumerate(x.shape) if n != 1 and not self.has_letter(x, i)]
            self._with_letter.update(self._find((x, i)) for i in others[:-2])

    def _join_operands(self, x: Array) -> None:
        if x.op == "contract":
            into, out = x.info.split("->")
            axes: dict[str, Any] = {c: (x, i) for i, c in enumerate(out)}
            for letters, a in zip(into.split(","), x.args):
                for i, c in enumerate(letters):
                    self._join((a, i), axes.setdefault(c, (a, i)))
            return
        for a in x.operands:
            if x.op == "transpose":
                pairs: Iterable[tuple[int, int]] = enumerate(x.info)
            elif x.op == "reshape":
                pairs = ((g[0], h[0]) for g, h in groups(x.shape, a.shape) if len(g) == len(h) == 1)
            elif x.op == "logsumexp":
                pairs = ((i, i) for i in range(len(x.shape)))
            elif x.op.__class__ is not str or x.op in ("broadcast", "slice"):
                shift = len(x.shape) - len(a.shape)
                pairs = ((i + shift, i) for i in range(len(a.shape)))
            else:
                pairs = []
            for i, j in pairs:
                if x.shape[i] == a.shape[j]:
                    self._join((x, i), (a, j))

    def _find(self, key: Any) -> Any:
        while key in self._parent:
            key = self._parent[key]
        return key

    def _join(self, one: Any, other: Any) -> None:
        one, other = self._find(one), self._find(other)
        if one != other:
            if one == EXAMPLE:
                one, other = other, one
            self._parent[one] = other

    def has_letter(self, x: Array, axis: int) -> bool:
        return self._find((x, axis)) in self._with_letter

    def letter(self, axis: tuple[Array, Any], used: Sequence[str]) -> str:
        """The letter of an axis, or another one if that is used."""
        key = self._find(axis)
        if key == EXAMPLE and EXAMPLE not in used:
            return EXAMPLE
        found = self._letters.get(key)
        if found is None:
            others = {*used, *self._letters.values()}
            found = next((c for c in self._free if c not in others), "")
            self._letters[key] = found
        if not found or found in used:
            found = next((c for c in self._free if c not in used), "")
        if not found:
            raise NotMatrices
        return found
