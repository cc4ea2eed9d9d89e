r"""How derivatives are written, as text and in LaTeX. docs/notation.md explains it to readers.

    grad(a)            the total derivative of the root by the node a, over all paths: a.grad
    d([a] * b)/d[a]    the local derivative along an edge: of one operation, by the operand in
                       brackets alone, while all others are kept fixed

So the two edges of a * a are d([a] * a)/d[a] and d(a * [a])/d[a], and neither looks like grad(a).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import primitives as rules
from .formulas import ATOM, PLACE, Formula, Names, applied, operator_name
from .rules import NaryPrimitive, Primitive
from .value import Value

MOST = 3  # operands of an operation that are written; of more, the one that matters, and dots


def total_text(name: str) -> str:
    """The total derivative of the root by the node of this name."""
    return f"grad({name})"


def total(name: str) -> str:
    """The same in LaTeX; the name, too."""
    return rf"\operatorname{{grad}}({name})"


def slot_text(made: str, operand: str) -> str:
    """The local derivative along an edge between named scalars, without the operation.

    >>> slot_text("h", "z")
    'd(h)/d[z]'
    """
    return f"d({made})/d[{operand}]"


def edge_text(node: Value, edge: int, names: Mapping[Value, str]) -> str:
    """The local derivative along an edge.

    Args:
        node: the node that an operation made.
        edge: the index in node.parents of the operand to differentiate by.
        names: the names of nodes.

    >>> a = Value(3.0, "a")
    >>> names = Names({a: "a"})
    >>> for node, k in ((a * a, 0), (a * a, 1), (a.tanh(), 0)): print(edge_text(node, k, names))
    d([a] * a)/d[a]
    d(a * [a])/d[a]
    d tanh([a])/d[a]
    """
    op, places, k = _shown(node, edge)
    operands = _written(node, places, lambda i: names[node.operands[i]], "..")
    texts = [str(x) for x in operands]
    texts[k] = f"[{texts[k]}]"
    if op is rules.dot and len(texts) == MOST:
        bias = texts[2:] if rules.dot.has_bias(operands) else []
        text = " + ".join([" * ".join(texts[:2]), *bias])
    elif op is rules.fsum:
        text = " + ".join(texts)
    elif isinstance(op, NaryPrimitive):
        text = f"{op.name}({', '.join(texts)})"  # brackets mean the operand, not a list
    else:
        text = op.call_text(texts)
    return f"d {text}/d{texts[k]}" if text.startswith(f"{op.name}(") else f"d({text})/d{texts[k]}"


def edge_latex(node: Value, edge: int, names: Names | None = None) -> str:
    r"""The same in LaTeX.

    Without names, a private character stands for each operand, as in with_places().

    >>> a = Value(3.0, "a")
    >>> print(edge_latex(a * a, 1, Names({a: "a"})))
    \frac{\partial (a \cdot [a])}{\partial [a]}
    """
    op, places, k = _shown(node, edge)

    def name(i: int) -> str:
        return chr(PLACE + i) if names is None else names.latex[node.operands[i]]

    operands = _written(node, places, name, r"\ldots")
    operands[k] = by = f"[{operands[k]}]"
    operands = [Formula(x) if isinstance(x, str) else x for x in operands]
    of = None if None in places and op not in (rules.dot, rules.fsum) else applied(op, operands)
    if of is None or by not in of.text or op in rules.BRANCHES:
        condition = [r"\mathrm{true}", r"\mathrm{false}"]
        given = [condition[rules.BRANCHES.index(op)]] if op in rules.BRANCHES else []
        of = Formula(rf"{operator_name(op.name)}({', '.join([*given, *map(str, operands)])})")
    return rf"\frac{{\partial {of if of.level == ATOM else f'({of})'}}}{{\partial {by}}}"


def _shown(node: Value, edge: int) -> tuple[Primitive, list[int | None], int]:
    """The operation, the indices of its operands, with None for dots, and the edge's place there.

    Of a long sum only the summand is shown that the edge is in.
    """
    op, count = node.op, len(node.operands)
    k = [i for i, x in enumerate(node.operands) if isinstance(x, Value)][edge]
    if count <= MOST:
        return op, [*range(count)], k
    half = count // 2
    if op is rules.dot and k < 2 * half:
        return op, [k % half, k % half + half, None], k // half
    before = [None] * (k > 0)
    op = rules.fsum if op is rules.dot else op
    return op, [*before, k, *[None] * (k < count - 1)], len(before)


def _written(
    node: Value, places: Sequence[int | None], name: Callable[[int], str], dots: str
) -> list[Any]:
    """The operands at these places: names, and numbers as they are."""
    at = node.operands
    return [dots if i is None else name(i) if isinstance(at[i], Value) else at[i] for i in places]
