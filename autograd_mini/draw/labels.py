"""The texts of a picture: operations, and labels that Graphviz shows as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import primitives as rules
from ..rules import NaryPrimitive
from ..text import clean, format_number, shortened
from ..value import Value

SIGNS = {rules.multiply: "×", rules.subtract: "−"}


def sign(op: Any) -> str:
    """The sign of an operation, or its name."""
    return SIGNS.get(op, str(op))


def operation_sign(node: Value, names: Mapping[Value, str]) -> str:
    """The sign of a node's operation; with its operands if their order matters."""
    op = node.op
    if isinstance(op, NaryPrimitive) or len(node.operands) == 1 or op.commutative:
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
