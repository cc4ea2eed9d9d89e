"""A loop found in some steps, with the step before them: one that may lack what is 0 in it.

h_1 = tanh(W x_1 + b) is a step of h_t = tanh(W x_t + U h_(t-1) + b) where h_0 is 0.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from ..primitives import add, divide, multiply, negate, subtract
from .arrays import VIEWS, Array

if TYPE_CHECKING:
    from .match import Kind, Match

DEEPEST = 8  # sums are looked into so far, for the term that is not 0


def with_earlier(match: Match) -> Match | None:
    """The loop with one more step, before the others; None if there is no such step."""
    step = _Step(match)
    for first, kind in match.carried:
        if kind[0] == "body" and not step.unify(kind, first):
            return None
    for first, kind in match.carried:
        if kind[0] == "carried" and not step.unify(kind, first):
            return None
    found = copy(match)
    found.steps = match.steps + 1
    of = step.of
    found.body = [(of.get(("body", i)), *v) for i, v in enumerate(match.body)]
    found.carried = [
        (of.get(("carried", i), 0.0), kind) for i, (_, kind) in enumerate(match.carried)
    ]
    found.scanned = [(of.get(("scanned", i), v[0]), *v) for i, v in enumerate(match.scanned)]
    found.where = {x: (place, t + 1) for x, (place, t) in match.where.items()}
    for i, (x, *_) in enumerate(found.body):
        if x is not None:
            if x in found.where:
                return None
            found.where[x] = i, 0
    return found if found.is_apart() else None


class _Step:
    """The step before the first.

    Attributes:
        of: what the arrays of the body, what is carried, and the items of sequences are in it.
    """

    def __init__(self, match: Match) -> None:
        self.match = match
        self.of: dict[Kind, Any] = {}

    def unify(self, kind: Kind, x: Any) -> bool:
        """Let x be what this is in the step, if it can be."""
        todo = [(kind, x)]
        while todo:
            kind, x = todo.pop()
            if not self._fits(kind, x):
                return False
            if kind[0] in ("number", "outer") or kind in self.of:
                continue
            operands = self._operands(kind, x) if kind[0] == "body" else []
            if operands is None:
                return False
            # else it adds 0 to one of its operands, or is cut into them
            if [of for _, of in operands] != [x] and not self._is_cut(kind, x):
                self.of[kind] = x
            todo += operands
        return True

    def _fits(self, kind: Kind, x: Any, depth: int = DEEPEST) -> bool:
        """Whether x may be this, as far as can be seen from what it reads itself."""
        name, place = kind
        if name == "number":
            return x.__class__ is float and repr(x) == repr(place)
        if name == "outer":
            return x is self.match.outers[place]
        if kind in self.of:
            known = self.of[kind]
            return known is x or (x.__class__ is float and repr(x) == repr(known))
        if name == "carried":
            while kind[0] == "carried":
                kind = self.match.carried[kind[1]][1]
            shape = self.match.body[kind[1]][-1].shape
            return x.__class__ is not Array or x.shape == shape
        like = (self.match.scanned if name == "scanned" else self.match.body)[place][-1]
        if x.__class__ is not like.__class__ or (x.__class__ is Array and x.shape != like.shape):
            return False
        if name == "scanned":
            return True
        operands = self.match.operands[place]
        if self._is_cut(kind, x):
            return all(map(self._fits, operands, pieces(like, x)))
        read = [self.match.outers[i] for what, i in operands if what == "outer"]
        if x.op == like.op and all(any(a is b for b in x.args) for a in read):
            return True
        is_sum = like.op in (add, subtract) and depth > 0
        return is_sum and any(self._fits(of, x, depth - 1) for of in operands)

    def _is_cut(self, kind: Kind, x: Any) -> bool:
        """Whether this is made of pieces side by side, and x is not, but may be cut into them: u_0,
        whose border is put beside the u_t of later steps."""
        what, place = kind
        return (
            what == "body"
            and self.match.body[place][-1].op == "concatenate"
            and x.__class__ is Array
            and x.op != "concatenate"
        )

    def _operands(self, kind: Kind, x: Array) -> list[tuple[Kind, Any]] | None:
        """What has to be what, so that x is this array of the body: its operands are those of x; or
        one of two that are added is x, and the other 0. None if it cannot be."""
        y, operands = self.match.body[kind[1]][-1], self.match.operands[kind[1]]
        if self._is_cut(kind, x):
            return list(zip(operands, pieces(y, x)))
        if x.op == y.op and len(x.args) == len(y.args):
            orders = [x.args] if x.info == y.info else []
            if y.op in (add, multiply) or (y.op == "contract" and _swapped(x.info) == y.info):
                orders.append(x.args[::-1])
            for args in orders:
                if all(map(self._fits, operands, args)):
                    return list(zip(operands, args))
        if y.op in (add, subtract):
            for one, other in ((0, 1), (1, 0))[: 1 + (y.op is add)]:
                if self._fits(operands[one], x) and self._is_zero(operands[other]):
                    return [(operands[one], x)]
        return None

    def _is_zero(self, kind: Kind) -> bool:
        """Let what is carried be 0, so that this is 0, if it can be."""
        name, place = kind
        if name == "number":
            return bool(place == 0.0)
        if name == "carried":
            return self._fits(kind, 0.0) and self.of.setdefault(kind, 0.0) == 0.0
        if name != "body" or kind in self.of:
            return False
        y, operands = self.match.body[place][-1], self.match.operands[place]
        if y.op in (multiply, "contract"):
            return any(map(self._is_zero, operands))
        if y.op in (add, subtract):
            return all(map(self._is_zero, operands))
        return y.op in (negate, divide, *VIEWS) and self._is_zero(operands[0])


def pieces(y: Array, x: Array) -> list[Array]:
    """x, cut as y is put together."""
    found, stop = [], 0
    for part in y.args:
        start, stop = stop, stop + part.shape[y.info]
        bounds = [(start, stop) if i == y.info else None for i in range(len(y.shape))]
        found.append(x.program.slice(x, bounds))
    return found


def _swapped(letters: str) -> str:
    """The same contraction, its operands in the other order.

    >>> _swapped("ij,bj->bi")
    'bj,ij->bi'
    """
    into, out = letters.split("->")
    return f"{','.join(into.split(',')[::-1])}->{out}"
