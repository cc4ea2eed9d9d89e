r"""LaTeX to MathML, which browsers typeset by themselves, without a script or a network.

The package latex2mathml does it, but for names: it takes \mathrm{loss} and \operatorname{relu}
letter by letter. So names are put back afterwards, each as one identifier.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from xml.etree import ElementTree

NAME = re.compile(
    r"\\(?:mathrm|operatorname)\{((?:\\backslash\{\}|\\sim\{\}|\\hat\{\}|\\.|[^{}\\])*)\}"
)
PLACE = 0xE000  # where Unicode's private characters begin
_UNESCAPES = {r"\backslash{}": "\\", r"\sim{}": "~", r"\hat{}": "^"}


def mathml(latex: str, display: str = "inline") -> str:
    r"""The formula as a <math> element.

    Args:
        latex: LaTeX without dollar signs, such as formulas.latex() gives.
        display: "inline", or "block" for a line of its own.

    Raises:
        ImportError: latex2mathml is not installed.

    >>> mathml(r"\mathrm{loss}")
    '<math display="inline"><mrow><mi>loss</mi></mrow></math>'
    """
    return f'<math display="{display}">{inner_mathml(latex)}</math>'


@lru_cache(maxsize=4096)  # the same names and rules come again and again
def inner_mathml(latex: str) -> str:
    """What stands in the <math> element: one <mrow>."""
    from latex2mathml.converter import convert

    names: list[str] = []

    def place(match: re.Match[str]) -> str:
        names.append(match[1])
        return chr(PLACE + len(names) - 1)

    source = NAME.sub(place, latex).replace("{aligned}", "{align*}")
    source = source.replace("<", r"\lt ").replace(">", r"\gt ")  # no markup in, no markup out
    try:
        element = ElementTree.fromstring(convert(source))
    except Exception:  # a template that latex2mathml cannot read is shown as it is written
        return f"<mrow><mtext>{escape(latex)}</mtext></mrow>"
    for part in element.iter():
        part.tag = part.tag.split("}")[-1]
        if "columnalign" in part.attrib:  # which browsers leave to style sheets
            part.attrib["style"] = f"text-align: {part.attrib.pop('columnalign')}"
        if part.text and 0 <= ord(part.text[0]) - PLACE < len(names):
            name = names[ord(part.text[0]) - PLACE]
            part.tag, part.attrib, part.text = "mi", {}, _unescaped(name)
    return "".join(ElementTree.tostring(part, encoding="unicode") for part in element)


def _unescaped(name: str) -> str:
    for escaped, character in _UNESCAPES.items():
        name = name.replace(escaped, character)
    return re.sub(r"\\(.)", r"\1", name)
