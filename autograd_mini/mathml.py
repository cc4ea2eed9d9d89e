r"""LaTeX, and MathML made from it, which browsers show without a script or a network.

The package latex2mathml makes it, except for names: it splits \mathrm{loss} and
\operatorname{leaky\_relu} into letters. So a private character stands for each name during the
conversion, and is then replaced by the name as one identifier.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

ESCAPES = {c: rf"\{c}" for c in " #$%&_{}"} | {
    "\\": r"\backslash{}",
    "~": r"\sim{}",
    "^": r"\hat{}",
}
_UNESCAPED = {escaped: character for character, escaped in ESCAPES.items()}
_ESCAPE = "|".join(map(re.escape, _UNESCAPED))
_NAME = re.compile(rf"\\(?:mathrm|operatorname)\{{((?:{_ESCAPE}|[^{{}}\\])*)\}}")
_PRIVATE = 0xF0000  # the first character of Unicode's private planes


class Latex(str):
    """LaTeX as text, which a notebook shows typeset."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # no MathML: of a notebook that is not trusted, it would be shown without its elements
        return {
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
    source = source.replace("<", r"\lt ").replace(">", r"\gt ")  # so that no markup comes out
    try:
        element = ElementTree.fromstring(convert(source))
    except Exception:  # LaTeX that latex2mathml cannot read is shown as it is
        return f"<mrow><mtext>{escape(latex)}</mtext></mrow>"
    for part in element.iter():
        part.tag = part.tag.split("}")[-1]
        if "columnalign" in part.attrib:  # browsers read it in a style only
            part.attrib["style"] = f"text-align: {part.attrib.pop('columnalign')}"
        if part.text and 0 <= ord(part.text[0]) - _PRIVATE < len(names):
            name = names[ord(part.text[0]) - _PRIVATE]
            part.tag, part.attrib, part.text = "mi", {}, name
    for row in element.iter():
        for left, right in pairwise(row):
            if left.tag == right.tag == "mo" and right.text == "−" and left.text != ")":
                right.set("form", "prefix")  # a sign stands close to its number
    return "".join(ElementTree.tostring(part, encoding="unicode") for part in element)
