"""Text in a picture: what an operation says, and labels that cannot break it."""

from __future__ import annotations

from ..rules import NaryPrimitive
from ..text import clean, format_number, shortened
from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


# -- operations ---------------------------------------------------------------------------------

SIGNS = {"*": "×", "-": "−"}
_CONDITIONS = {"_where_true": "True", "_where_false": "False"}
_SYMMETRIC = {"+", "*", "maximum", "minimum", "hypot"}


def symbol(node: Value, names: Mapping[Value, str]) -> str:
    """What the operation says: its sign, or the formula where the order of operands matters."""
    op = str(node.op)
    if isinstance(node.op, NaryPrimitive) or len(node.operands) == 1 or op in _SYMMETRIC:
        return SIGNS.get(op, op)
    return formula(node, names, 12)


def formula(node: Value, names: Mapping[Value, str], width: int) -> str:
    """The operation with its operands, each name in at most `width` characters."""
    return written(
        node, [shortened(names[x], width) if isinstance(x, Value) else x for x in node.operands]
    )


def written(node: Value, operands: Sequence[Any]) -> str:
    """The operation of a node on names and numbers."""
    op = str(node.op)
    texts = [x if isinstance(x, str) else format_number(x) for x in operands]
    if len(texts) == 2 and not op.isidentifier():
        return f" {SIGNS.get(op, op)} ".join(f"({x})" if x.startswith("-") else x for x in texts)
    if node.op.__name__ in _CONDITIONS:  # which is no operand
        texts.insert(0, _CONDITIONS[node.op.__name__])
    return f"{op}({shortened(', '.join(texts), 200)})"


# -- labels -------------------------------------------------------------------------------------

# "]" as well, since Graphviz 2.43 stumbles over one at the end of a text in HTML
_ESCAPES = str.maketrans({"\\": r"\\", "&": "&amp;", "<": "&lt;", ">": "&gt;", "]": "&#93;"})


def escaped(text: str) -> str:
    r"""`text` as a label that shows it letter by letter: to Graphviz <b>, &lt; and \N mean more."""
    return clean(text).translate(_ESCAPES)


def tooltip(text: str) -> str:
    """The same for a tooltip, in which Graphviz reads backslashes twice."""
    return escaped(text.replace("\\", r"\\"))
