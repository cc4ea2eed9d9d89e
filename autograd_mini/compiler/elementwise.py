"""Elementwise operations and products of matrices, in LaTeX, from their operands."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..formulas import ATOM, PRODUCT, SUM, Formula, applied, numeral
from ..primitives import add, divide, exp, multiply, negate, power, subtract
from .arithmetic import RELATIONS
from .arrays import Array, base

Size = tuple[int, int]  # rows and columns
SIGNS = {"<": "<", ">": ">", "<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne"}
HADAMARD, DIVIDED = r"\odot", r"\oslash"


def composed(
    x: Any, args: Sequence[Formula], sizes: Sequence[Size], written: Callable[[Any], Formula]
) -> Formula:
    """An elementwise operation.

    Args:
        x: the array.
        args: its operands.
        sizes: rows and columns of these.
        written: writes an operand of an operand.
    """
    if x.op in (multiply, divide) and (1, 1) in sizes[-2:]:
        return _scaled(x, args, sizes, written)
    if x.op is multiply and sizes[0][1] == sizes[1][0] == 1:
        return product(*args)  # a column by a row
    if x.op is multiply and sizes[0][0] == sizes[1][1] == 1:
        return product(*args[::-1])
    if x.op is multiply and args[0].text == args[1].text:
        return powered(args[0], f"{HADAMARD} 2")
    if x.op in (multiply, divide):
        sign = HADAMARD if x.op is multiply else DIVIDED
        return Formula(f" {sign} ".join(inside(a, PRODUCT) for a in args), SUM)
    if x.op in (add, subtract):
        right = inside(args[1], SUM if x.op is add else PRODUCT)
        if x.op is add and args[1].text.startswith("-"):
            return Formula(f"{args[0]} - {args[1].text[1:]}", SUM)
        return Formula(f"{args[0]} {x.op.name} {right}", SUM)
    if x.op is negate:
        level = SUM if x.args[0].op in (multiply, divide) else PRODUCT
        return Formula(f"-{inside(args[0], level)}", SUM)
    if x.op is power and sizes[1] == (1, 1):
        exponent = f"{HADAMARD} {args[1]}" if sizes[0] != (1, 1) else args[1]
        return powered(args[0], exponent)
    if x.op in RELATIONS:
        condition = f"[{args[0]} {SIGNS[RELATIONS[x.op]]} {args[1]}]"
        if x.args[2:] == (1.0, 0.0):
            return Formula(condition)
        return Formula(rf"\operatorname{{where}}({condition}, {args[2]}, {args[3]})")
    if str(x.op) == "step":
        return Formula(f"[{args[0]} > 0]")
    if x.op is exp:
        return Formula(rf"\exp({args[0]})")
    whole = applied(x.op, args)
    if all(size == (1, 1) for size in sizes):
        return whole
    return Formula(whole.text.replace("}^2", f"}}^{{{HADAMARD} 2}}"), whole.level)


def _scaled(
    x: Any, args: Sequence[Formula], sizes: Sequence[Size], written: Callable[[Any], Formula]
) -> Formula:
    """A product with a single number, or a quotient by one."""
    (a, b), (one, other) = args, sizes
    if x.op is divide:
        if other != (1, 1):
            return Formula(f"{inside(a, PRODUCT)} {DIVIDED} {inside(b, ATOM)}", SUM)
        if one == (1, 1):
            return Formula(rf"\frac{{{a}}}{{{b}}}", PRODUCT)
        above, inner = "1", x.args[0]
        if inner.op is multiply and inner.args[0].__class__ is float and inner.args[0] > 0:
            above, a = written(inner.args[0]).text, written(inner.args[1])
        return product(Formula(rf"\frac{{{above}}}{{{b}}}"), a)
    if a.text == b.text:
        return powered(a, "2")
    number, rest, of = (a, b, x.args[0]) if one == (1, 1) else (b, a, x.args[1])
    is_product = of.__class__ is Array and base(of).op in ("matmul", "contract", "sum")
    if is_product and number.level == PRODUCT and not number.text.endswith(")}"):
        number = Formula(f"({number})")  # of vectors
    return product(number, rest)


def inside(x: Formula, level: int) -> str:
    is_bare = x.level >= level and not (level > SUM and x.text.startswith("-"))
    return x.text if is_bare else f"({x.text})"


def powered(x: Formula, exponent: Any) -> Formula:
    bare = inside(x, ATOM)
    if bare == x.text and "^" in bare:  # which has something there already
        bare = f"({bare})"
    return Formula(f"{bare}^{{{exponent}}}", PRODUCT)


def product(a: Formula, b: Formula) -> Formula:
    return Formula(rf"{inside(a, PRODUCT)} \, {inside(b, PRODUCT)}", PRODUCT)


def number(x: float) -> Formula:
    r"""A number, as it was written: 1 / sqrt(3) for 0.57735..

    >>> number(2.0), number(2**-0.5)
    (Formula('2'), Formula('\\frac{1}{\\sqrt{2}}'))
    """
    square = round(1 / x**2) if 1e-3 < x < 1 else 0
    is_root = x in (1 / math.sqrt(square or 1), math.sqrt(1 / (square or 1)))
    if is_root and math.isqrt(square) ** 2 != square:
        return Formula(rf"\frac{{1}}{{\sqrt{{{square}}}}}", PRODUCT)
    return numeral(int(x) if float(x).is_integer() and abs(x) < 1e15 else x)


def frobenius(a: Formula, b: Formula) -> Formula:
    return Formula(rf"\langle {a}, {b} \rangle")


def squared_norm(x: Formula) -> Formula:
    return Formula(rf"\lVert {x} \rVert^{{2}}", PRODUCT)
