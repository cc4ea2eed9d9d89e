r"""LaTeX, and MathML made from it, which browsers typeset without a script or a network.

The package latex2mathml makes it, except for names: \mathrm{loss} and \operatorname{leaky\_relu}
come out letter by letter. So a private character stands for each name during the conversion, and
is replaced afterwards by the name, as one identifier.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from itertools import pairwise
from xml.etree import ElementTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ESCAPES = {c: rf"\{c}" for c in " #$%&_{}"} | {
    "\\": r"\backslash{}",
    "~": r"\sim{}",
    "^": r"\hat{}",
}
_UNESCAPED = {escaped: character for character, escaped in ESCAPES.items()}
_ESCAPE = "|".join(map(re.escape, _UNESCAPED))
_NAME = re.compile(rf"\\(?:mathrm|operatorname)\{{((?:{_ESCAPE}|[^{{}}\\])*)\}}")
_PRIVATE = 0xF0000  # where Unicode's private planes begin


class Latex(str):
    """LaTeX as text, which a notebook shows typeset."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {
            "text/html": mathml(self, display="block"),
            "text/latex": f"$\\displaystyle {self}$",
            "text/plain": str(self),
        }


def mathml(latex: str, display: str = "inline") -> str:
    r"""The formula as a <math> element.

    Args:
        latex: LaTeX without dollar signs, as formulas.latex() returns it.
        display: "inline", or "block" for a line of its own.

    Raises:
        ImportError: latex2mathml is not installed.

    >>> mathml(r"\mathrm{loss}")
    '<math display="inline"><mrow><mi>loss</mi></mrow></math>'
    """
    return f'<math display="{display}">{inner_mathml(latex)}</math>'


@lru_cache(maxsize=4096)  # the same names and rules occur again and again
def inner_mathml(latex: str) -> str:
    """The content of the <math> element: one <mrow>."""
    from latex2mathml.converter import convert

    names: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        names.append(re.sub(_ESCAPE, lambda escaped: _UNESCAPED[escaped[0]], match[1]))
        return chr(_PRIVATE + len(names) - 1)

    source = _NAME.sub(stand_in, latex).replace("{aligned}", "{align*}")
    source = source.replace("<", r"\lt ").replace(">", r"\gt ")  # no markup in, no markup out
    try:
        element = ElementTree.fromstring(convert(source))
    except Exception:  # a template that latex2mathml cannot read is shown as LaTeX
        return f"<mrow><mtext>{escape(latex)}</mtext></mrow>"
    for part in element.iter():
        part.tag = part.tag.split("}")[-1]
        if "columnalign" in part.attrib:  # which browsers leave to style sheets
            part.attrib["style"] = f"text-align: {part.attrib.pop('columnalign')}"
        if part.text and 0 <= ord(part.text[0]) - _PRIVATE < len(names):
            name = names[ord(part.text[0]) - _PRIVATE]
            part.tag, part.attrib, part.text = "mi", {}, name
    for row in element.iter():
        for left, right in pairwise(row):
            if left.tag == right.tag == "mo" and right.text == "−" and left.text != ")":
                right.set("form", "prefix")  # as close to its number as a sign is
    return "".join(ElementTree.tostring(part, encoding="unicode") for part in element)
