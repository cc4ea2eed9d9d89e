"""The texts of a picture: operations, and labels that Graphviz shows as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import primitives as rules
from ..palette import QUIET, GradientScale, ink_on
from ..rules import NaryPrimitive
from ..text import clean, format_number, shortened
from ..value import Value

SIGNS = {rules.multiply: "×", rules.subtract: "−"}


def sign(op: Any) -> str:
    """The sign of an operation, or its name."""
    return SIGNS.get(op, str(op))


def operation_sign(
    node: Value, names: Mapping[Value, str], spelled_out: bool = False, constants: bool = True
) -> str:
    """The sign of a node's operation; with its operands if their order matters, or with numbers."""
    op = node.op
    numbers = [x for x in node.operands if not isinstance(x, Value)] if constants else []
    if isinstance(op, NaryPrimitive):
        if op is rules.dot:
            bias = rules.dot.has_bias(node.operands)
            numbers = numbers if bias else numbers[:-1]
            if spelled_out:  # factors stand in their products
                numbers = [x for x in node.operands[-1:] if bias and not isinstance(x, Value)]
        texts = [format_number(x) for x in numbers[:4]]
        texts += [f".. {len(numbers)} numbers"] * (len(numbers) > 4)
        shown = "+" if spelled_out else sign(op)
        return f"{shown} [{', '.join(texts)}]" if texts else shown
    if not numbers and (len(node.operands) == 1 or op.commutative or not constants):
        return sign(op)
    return operation_text(node, names, 12)


def operation_text(node: Value, names: Mapping[Value, str], width: int) -> str:
    """A node's operation with its operands, each name in at most `width` characters."""
    named = [shortened(names[x], width) if isinstance(x, Value) else x for x in node.operands]
    return operation_on(node.op, named)


def operation_on(op: Any, operands: Sequence[Any]) -> str:
    """An operation on names and numbers."""
    texts = [x if isinstance(x, str) else format_number(x) for x in operands]
    if op.operator and len(texts) == 2:
        return f" {sign(op)} ".join(f"({x})" if x.startswith("-") else x for x in texts)
    if op in rules.BRANCHES:  # whose condition is not an operand
        texts.insert(0, str(op is rules.BRANCHES[0]))
    return f"{op}({shortened(', '.join(texts), 200)})"


# "]" as well, since Graphviz 2.43 fails on one at the end of a text in HTML
_ESCAPES = str.maketrans({"\\": r"\\", "&": "&amp;", "<": "&lt;", ">": "&gt;", "]": "&#93;"})


def escaped(text: str) -> str:
    r"""`text` as a label that shows it unchanged: <b>, &lt; and \N have a meaning in Graphviz."""
    return clean(text).translate(_ESCAPES)


def tooltip(text: str) -> str:
    """`text` as a tooltip that shows it unchanged. Graphviz reads backslashes twice there."""
    return escaped(text.replace("\\", r"\\"))


NARROW, WIDE = frozenset("fijltrI.,:;'|!()[] -/·"), frozenset("mwMW@%—…")


def text_width(text: str, bold: bool = False) -> float:
    """About the width of a text in Helvetica, rather more than less, in font sizes."""
    return sum(map(_character_width, text)) * (1.08 if bold else 1.0)


def _character_width(c: str) -> float:
    if c in WIDE or ord(c) > 0x2E7F:
        return 1.0
    return 0.34 if c in NARROW else 0.7 if c.isupper() else 0.56


def scale_row(scale: GradientScale) -> str:
    """The colours of gradients, as a row of a legend."""
    cells = [
        f'<TD BGCOLOR="{fill}" BORDER="1" COLOR="{QUIET}">'
        f'<FONT COLOR="{ink_on(fill)}">{escaped(text)}</FONT></TD>'
        for fill, text in scale.legend()
    ]
    return f"<TR><TD>gradient</TD>{''.join(cells)}</TR>"


def legend(rows: Sequence[str]) -> str:
    """A legend of these rows, as a label in Graphviz's HTML."""
    return f'<<TABLE BORDER="0" CELLSPACING="4" CELLPADDING="4">{"".join(rows)}</TABLE>>'
