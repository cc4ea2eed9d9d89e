"""Numbers and names as text: in full, in a few digits, on one line."""

from __future__ import annotations

from numbers import Rational

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
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
        from decimal import Decimal  # a float may overflow, and str() refuses 4,300 digits

        number = Decimal(above) / below
        if not 1e-300 < abs(number) < 1e300:
            return f"{number.normalize():.4g}"
        x = float(number)
    return f"{x:.0f}" if 9_999.5 <= abs(x) < 999_999.5 else f"{x:.4g}"


def format_range(numbers: Sequence[Any]) -> str:
    """The least and the greatest of some numbers, and nan if one of them is nan.

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
    """A number with all its digits."""
    try:
        return str(x)
    except ValueError:  # an int of more than 4,300 digits
        return format_number(x)


def show(x: Any) -> str:
    """A plain number, or a Value with its label, for an error message."""
    label = getattr(x, "label", "")
    number = short_repr(x if hasattr(x, "trace") else getattr(x, "data", x))  # traced: no data
    return f"{number} (the Value labelled {label!r})" if label else number


def short_repr(x: Any) -> str:
    """repr(x), but short for ints and Fractions with more than 40 digits."""
    if isinstance(x, Rational):
        above, below = int(x.numerator), int(x.denominator)
        if max(abs(above), below) >= 10**40:
            digits = (above.bit_length() - below.bit_length()) * 0.30103
            sign = "-" if above < 0 else ""
            return f"<{type(x).__name__} of about {sign}1e{digits:.0f}>"
    return repr(x)


# control characters, surrogates, and two more characters that XML does not allow
_UNWRITABLE = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd"
)


def clean(text: str) -> str:
    """`text` on one line, without characters that a page cannot contain."""
    return " ".join(text.split()).translate(_UNWRITABLE)


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` characters. Its middle is left out: names differ at their ends."""
    text = clean(text)
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"
