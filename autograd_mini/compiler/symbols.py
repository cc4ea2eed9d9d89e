"""Formulas of the scalar graph in plain text: the nodes, and their local partials.

The partials are those of the rule table, run on a scalar that writes down what is done to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..primitives import BRANCHES, add, fsum, logsumexp, multiply, negate, power
from .arithmetic import Recorded
from .expression import ATOM, POWER, PRODUCT, SUM, UNARY, operation
from .nodes import CONSTANT, INPUT, NONE, PARAMETER, Sum

DIGITS = 6  # of a number
FEW = 4  # of a list so many are written, or else the first two and the last


class Symbol(Recorded):
    """A scalar that is a piece of text.

    Attributes:
        text: how it is written.
        binding: how tightly its outermost operation binds.
        scale, rest: it is scale * rest; rest is None where it is not such a product.

    >>> x, y = Symbol("x"), Symbol("y")
    >>> print((x + 1) * y / 2, 3 * (-y * 2))
    (x + 1) * y / 2 -6 * y
    """

    __slots__ = ("binding", "rest", "scale", "text")

    operations = 0  # which nobody counts here

    def __init__(
        self, text: str, binding: int = ATOM, scale: float = 1.0, rest: Symbol | None = None
    ) -> None:
        self.text, self.binding, self.scale, self.rest = text, binding, scale, rest

    @classmethod
    def __apply_primitive__(cls, primitive: Any, operands: Sequence[Any]) -> Any:
        return applied(primitive, operands)

    def within(self, binding: int) -> str:
        return self.text if self.binding <= binding else f"({self.text})"

    def __str__(self) -> str:
        return self.text


def symbol(x: Any) -> Symbol:
    """A number as one writes it; a Symbol as it is."""
    if x.__class__ is Symbol:
        return x
    return Symbol(f"{x:.{DIGITS}g}", UNARY if x < 0 else ATOM)


def applied(op: Any, operands: Sequence[Any]) -> Any:
    """An operation on Symbols and numbers; without terms of 0, and with one number in a product."""
    if op in BRANCHES:
        return operands[BRANCHES.index(op)]
    if op is multiply:
        return _product(*operands)
    if op is negate:
        return _product(-1.0, *operands)
    if op is add:
        for x, other in (operands, operands[::-1]):
            if x.__class__ is not Symbol and x == 0:
                return other
    x = [symbol(a) for a in operands]
    if op is add and x[1].text.startswith("-"):
        return Symbol(f"{x[0]} - {x[1].text[1:]}", SUM)
    found = operation(op, x)
    if found is not None:
        return Symbol(found.text, found.binding)
    if op is power:
        return Symbol(f"{x[0].within(ATOM)} ** {x[1].within(UNARY)}", POWER)
    if op is logsumexp:
        return Symbol(f"logsumexp([{', '.join(_listed([s.text for s in x]))}])")
    return Symbol(f"{op.name}({', '.join(s.text for s in x)})")


def _product(*factors: Any) -> Any:
    number, rest = 1.0, None
    for x in factors:
        if x.__class__ is not Symbol:
            number *= x
            continue
        number *= x.scale
        x = x.rest or x
        text = x.text if rest is None else f"{rest.within(PRODUCT)} * {x.within(UNARY)}"
        rest = Symbol(text, x.binding if rest is None else PRODUCT)
    if rest is None or number in (0, 1):
        return number if rest is None or not number else rest
    if number == -1:
        return Symbol(f"-{rest.within(PRODUCT)}", UNARY, number, rest)
    text = f"{symbol(number)} * {rest.within(PRODUCT)}"
    return Symbol(text, PRODUCT, number, rest)


def written(op: Any, args: Any, operand: Callable[[int], Symbol]) -> Symbol:
    """A node of the scalar graph.

    Args:
        op, args: of the node.
        operand: gives the text of the nodes that it is made of.
    """
    if op is fsum:
        return _sum(args, operand)
    if op is logsumexp:
        few = {*args[:2], *(args if len(args) <= FEW else args[-1:])}
        return symbol(applied(op, [operand(x) if x in few else Symbol("") for x in args]))
    if op == CONSTANT:
        return symbol(args[0])
    assert op not in (INPUT, PARAMETER)  # which have names
    return symbol(applied(op, [operand(x) if x.__class__ is int else x for x in args]))


def _sum(total: Sum, operand: Callable[[int], Symbol]) -> Symbol:
    terms = list(zip(*total[1:]))
    wanted = (0, 1, len(terms) - 1) if len(terms) > FEW else range(len(terms))
    texts = [("", "")] * len(terms)
    for k in wanted:
        c, a, b = terms[k]
        factors = [operand(a)] if b == NONE else [operand(a), operand(b)]
        if a == b:
            factors = [Symbol(f"{factors[0].within(ATOM)} ** 2", POWER)]
        product = _product(abs(c), *factors)
        texts[k] = ("-" if c < 0 else "+", symbol(product).within(PRODUCT))
    if len(terms) == 1 and not total.constant and texts[0][0] == "+":
        [(c, a, b)] = terms
        return Symbol(texts[0][1], ATOM if b == NONE and c == 1 else PRODUCT)
    constant_first = texts[0][0] == "-" and total.constant > 0
    if total.constant:
        number = ("-" if total.constant < 0 else "+", symbol(abs(total.constant)).text)
        texts.insert(0 if constant_first else len(texts), number)
    written_out = [(sign, text) for sign, text in texts if text]
    hidden = len(texts) - len(written_out)
    parts = [f"{sign} {text}" for sign, text in written_out]
    if hidden:
        parts.insert(2 + constant_first, f"+ .. {hidden} more ..")
    text = " ".join(parts)
    return Symbol(text[2:] if text.startswith("+") else f"-{text[2:]}", SUM)


def total(slopes: Sequence[Any]) -> Any:
    """The sum of Symbols and numbers."""
    if len(slopes) > FEW:
        return Symbol(" + ".join(_listed([symbol(x).within(SUM) for x in slopes])), SUM)
    result: Any = 0.0
    for x in slopes:
        result = applied(add, [result, x])
    return result


def _listed(items: list[str]) -> list[str]:
    """The items, or the first two and the last."""
    few = [*items[:2], f".. {len(items) - 3} more ..", items[-1]]
    return items if len(items) <= FEW else few


def partial(op: Any, args: Any, node: int, y: Symbol, operand: Callable[[int], Symbol]) -> Any:
    """The local partial of a node along one of those it is made of: a Symbol, or a number.

    Args:
        op, args: of the node that is differentiated.
        node: the one by which.
        y: what the first is called.
        operand: gives the text of the nodes that it is made of.
    """
    if op is fsum:
        slopes = []
        for c, a, b in zip(*args[1:]):
            if node in (a, b):
                other = [] if b == NONE else [operand(b if a == node else a)]
                slopes.append(_product(c * (1 + (a == b)), *other))
    else:
        x = [operand(a) if a.__class__ is int else a for a in args]
        mine = [i for i, a in enumerate(args) if a.__class__ is int and a == node]
        slopes = [op.partial(i, x, y) for i in mine]
    return total(slopes)
