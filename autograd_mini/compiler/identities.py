"""Identities of elementwise operations: what an array is written as instead, when it is made.

The operands are Arrays and floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import mul
from typing import TYPE_CHECKING, Any

from ..primitives import (
    BRANCHES,
    add,
    divide,
    dot,
    fsum,
    logsumexp,
    maximum,
    multiply,
    negate,
    power,
    sigmoid,
    softplus,
    sqrt,
    subtract,
)
from ..rules import Primitive
from ..scalars import IEEE
from .arithmetic import RELATIONS
from .nodes import is_moderate

if TYPE_CHECKING:
    from .arrays import Array

DEEPEST = 6  # how far a constant looks for a place inside a product


def scaled(x: Any, c: float) -> Any:
    """c * x, written as a quotient where c is 1/n."""
    if c == 1:
        return x
    if 0 < abs(c) < 1 and (1 / c).is_integer() and len(f"{c}") > len(f"{1 / c:.0f}") + 1:
        return x / (1 / c)
    return c * x


def ieee(primitive: Primitive, numbers: Sequence[float]) -> float:
    """The operation on numbers, in IEEE arithmetic."""
    return float(IEEE.__apply_primitive__(primitive, numbers))


def simpler(op: Primitive, operands: Sequence[Any]) -> Any:
    """What is equal to op(*operands) and shorter, or None."""
    rule = _RULES.get(op)
    return None if rule is None else rule(*operands)


def _of_negation(x: Array) -> Any:
    return x.args[0] if x.op is negate else None


def _of_sum(a: Any, b: Any) -> Any:
    if _have_one_denominator(a, b):
        return (a.args[0] + b.args[0]) / a.args[1]
    if a == 0.0 or b == 0.0:
        return b if a == 0.0 else a
    if a is b:
        return 2.0 * a
    for one, other in ((a, b), (b, a)):
        if _is(other, negate):
            return one - other.args[0]
    for one, other in ((a, b), (b, a)):
        if _is_number(one) and one < 0:
            return other - -one
    return None


def _of_difference(a: Any, b: Any) -> Any:
    if _have_one_denominator(a, b):
        return (a.args[0] - b.args[0]) / a.args[1]
    if b == 0.0:
        return a
    if _is_number(b) and b < 0:
        return a + -b
    if a == 0.0:
        return -b
    return a + b.args[0] if _is(b, negate) else None


def _have_one_denominator(a: Any, b: Any) -> bool:
    """Whether these are quotients by the same single number, such as that of the examples."""
    if not (_is(a, divide) and _is(b, divide)) or a.args[1] is not b.args[1]:
        return False
    return not _is_number(a.args[1]) and a.args[1].shape == ()


def _of_product(a: Any, b: Any) -> Any:
    for one, other in ((a, b), (b, a)):
        if _is_number(one):
            return _scaled(one, other)
        if one.op is negate:
            return -(one.args[0] * other)
        if one.op is divide and one.args[0] == 1.0:
            return other / one.args[1]
    return None


def _of_quotient(a: Any, b: Any) -> Any:
    if b == 1.0:
        return a
    if a is b and a.op == "count":
        return 1.0
    return -(a.args[0] / b) if _is(a, negate) else None


def _of_power(x: Any, exponent: Any) -> Any:
    if exponent == -0.5:
        return 1.0 / sqrt(x)
    return sqrt(x) if exponent == 0.5 else None


def _of_sigmoid(x: Array) -> Any:
    opposite = x.program.found(sigmoid, x.args[0]) if x.op is negate else None
    return None if opposite is None else 1.0 - opposite


def _of_dot(*x: Any) -> Any:
    n = len(x) // 2
    return sum(map(mul, x[:n], x[n:-1]), x[-1])


def _of_logsumexp(*x: Any) -> Any:
    return reduce(lambda a, b: maximum(a, b) + softplus(-abs(a - b)), x)


_RULES: dict[Primitive, Callable[..., Any]] = {
    negate: _of_negation,
    add: _of_sum,
    subtract: _of_difference,
    multiply: _of_product,
    divide: _of_quotient,
    power: _of_power,
    sigmoid: _of_sigmoid,
    dot: _of_dot,
    fsum: lambda *x: sum(x[1:], x[0]),
    logsumexp: _of_logsumexp,
    **dict.fromkeys(RELATIONS, lambda left, right, a, b: a if a is b else None),
    **{op: lambda *x, i=i: x[i] for i, op in enumerate(BRANCHES)},
}


def _scaled(c: float, x: Any, depth: int = DEEPEST) -> Any:
    """c * x, as it is or by a change inside of x, which is found in so many steps."""
    if _is_number(x):
        return c * x
    if abs(c) == 1:
        return x if c == 1 else -x
    found = _scaled_inside(c, x, depth - 1) if depth and is_moderate(c) else None
    if found is None:
        product = x.program.make(multiply, (abs(c), x), None, x.shape)
        found = product if abs(c) == c else -product
    return found


def _scaled_inside(c: float, x: Array, depth: int) -> Any:
    """c * x by a change of a constant that is in x, or of the smaller factor of x; or None."""
    if not all(is_moderate(a) for a in x.args if _is_number(a)):
        return None
    if x.op is negate:
        return _scaled(-c, x.args[0], depth)
    if x.op is multiply:
        a, b = x.args
        if _is_number(a):
            return _scaled(c * a, b, depth)
        for one, other in ((a, b), (b, a)):
            inside = _scaled_inside(c, one, depth - 1) if depth else None
            if inside is not None:
                return inside * other
            if one.size < x.size and one.is_batched <= x.is_batched and other.shape == x.shape:
                return _scaled(c, one, depth) * other
    elif x.op is divide:
        above, below = x.args
        return above if below == c else _scaled(c, above, depth) / below
    elif x.op in ("reshape", "transpose") and depth:
        inside = _scaled_inside(c, x.args[0], depth - 1)
        if inside is not None and not _is_number(inside):
            view = x.program.reshape if x.op == "reshape" else x.program.transpose
            return view(inside, x.shape if x.op == "reshape" else x.info)
    return None


def _is_number(x: Any) -> bool:
    return x.__class__ is float


def _is(x: Any, op: Primitive) -> bool:
    return x.__class__ is not float and x.op is op
