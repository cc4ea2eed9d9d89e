"""Text in a picture: numbers in a few digits, and labels that cannot break it."""

from __future__ import annotations

from numbers import Rational

from ..rules import NaryPrimitive
from ..value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def format_number(x: Any) -> str:
    """A number in about four digits, for a picture or a table.

    >>> [format_number(x) for x in (2.0, 2 / 3, 12345.6, 0.0001234, 1.2e-7, float("inf"))]
    ['2', '0.6667', '12346', '0.0001234', '1.2e-07', 'inf']
    >>> from fractions import Fraction
    >>> format_number(Fraction(1, 3)), format_number(Fraction(10**9, 7))
    ('1/3', '1.429e+08')
    """
    if isinstance(x, Rational):
        above, below = int(x.numerator), int(x.denominator)
        if max(abs(above), below) < 10_000 or (below == 1 and abs(above) < 1_000_000):
            return str(x)
        from decimal import Decimal  # since a float may overflow, and str() refuses 4,300 digits

        number = Decimal(above) / below
        if not 1e-300 < abs(number) < 1e300:
            return f"{number.normalize():.4g}"
        x = float(number)
    return f"{x:.0f}" if 9_999.5 <= abs(x) < 999_999.5 else f"{x:.4g}"


def format_range(numbers: Sequence[Any]) -> str:
    """The least and the greatest of some numbers; nan is said beside them.

    >>> format_range([3.0, -1.0, 2.0]), format_range([1.0, 1.0])
    ('-1 .. 3', '1')
    >>> format_range([2.0, float("nan"), 1.0])
    '1 .. 2, nan'
    """
    real = [x for x in numbers if x == x]
    ends = [format_number(end(real)) for end in (min, max)] if real else []
    texts = [" .. ".join(dict.fromkeys(ends))] if ends else []
    return ", ".join(texts + ["nan"] * (len(real) < len(numbers)))


def exact(x: Any) -> str:
    """A number with all its digits, for a tooltip."""
    try:
        return str(x)
    except ValueError:  # an int of more than 4,300 digits
        return format_number(x)


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

# control characters, surrogates and the two others that XML has no way to write
_UNWRITABLE = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd"
)


def clean(text: str) -> str:
    """`text` on one line."""
    return " ".join(text.split()).translate(_UNWRITABLE)


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` characters; the middle is left out, since ends tell names apart."""
    text = clean(text)
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


# "]" as well, since Graphviz 2.43 stumbles over one at the end of a text in HTML
_ESCAPES = str.maketrans({"\\": r"\\", "&": "&amp;", "<": "&lt;", ">": "&gt;", "]": "&#93;"})


def escaped(text: str) -> str:
    r"""`text` as a label that shows it letter by letter: to Graphviz <b>, &lt; and \N mean more."""
    return clean(text).translate(_ESCAPES)


def tooltip(text: str) -> str:
    """The same for a tooltip, in which Graphviz reads backslashes twice."""
    return escaped(text.replace("\\", r"\\"))
