"""A slider over prepared pages of pictures, or over the numbers of a stepper beside them.

A page contains all of it, so that it works without a network and without a kernel. If scripts do
not run, as in a notebook that is not trusted, it shows the page that it starts with.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from pathlib import Path
from typing import Any, NamedTuple

from ..backprop import gradients
from ..draw.cards import names_of
from ..errors import AutogradError
from ..graph import rerun
from ..palette import BACKWARD, FORWARD, css_properties, picture_css
from ..stepper import Shown, Stepper
from ..stepper.page import data_of, data_url, page_of
from ..text import clean, format_number
from ..value import Value
from .chart import Chart

__all__ = ["Chart", "FlipBook", "Page", "drag"]

HERE = Path(__file__).parent
DECADES = -12, 6  # of the axis of gradients


class Page(NamedTuple):
    """What one place of the slider shows."""

    label: str  # of the place
    pictures: Sequence[Any] = ()  # side by side: SVG, or what str() makes it of, such as a Chart
    numbers: Mapping[Value, float] = {}  # what leaves of the stepper's graph are set to


class FlipBook(Shown):
    """Pages of pictures that a slider goes through. A notebook shows them, .save() writes them.

    Args:
        pages: what each place of the slider shows.
        name: of the slider, such as "epoch".
        title: of the whole; by default the name.
        stepper: stands below, with its leaves set to the numbers of the page.
        start: the page that is shown first, and where scripts do not run.

    Raises:
        ValueError: there is no page `start`.
        AutogradError: the stepper's graph has no such leaf, or its numbers cannot be changed.

    >>> charts = [Chart((0, 1), (0, 9), f"{n} times x").line([(0, 0), (1, n)]) for n in range(9)]
    >>> FlipBook([Page(str(n), [chart]) for n, chart in enumerate(charts)], "factor")
    <FlipBook of 9 pages; a notebook shows them, .save() writes a page>
    """

    live: Mapping[str, Any] | None = None  # what the view computes itself

    def __init__(
        self,
        pages: Sequence[Page],
        name: str = "page",
        title: str = "",
        stepper: Stepper | None = None,
        start: int = 0,
    ) -> None:
        if start not in range(len(pages)):
            raise ValueError(f"start must be one of the {len(pages)} pages, got {start}")
        _check(stepper, {leaf for page in pages for leaf in page.numbers})
        self.pages, self.name, self.title = list(pages), clean(name), clean(title or name)
        self.stepper, self.start = stepper, start

    def __len__(self) -> int:
        return len(self.pages)

    def page(self) -> str:
        return page_of(self.title, self.element())

    def element(self) -> str:
        names = _names(self.stepper) if self.stepper else {}
        pages = [
            {
                "label": page.label,
                "pictures": [str(picture) for picture in page.pictures],
                "numbers": {names[leaf]: x for leaf, x in page.numbers.items()},
            }
            for page in self.pages
        ]
        leaves = [name for node, name in names.items() if node.is_leaf]
        data = {"name": self.name, "start": self.start, "leaves": leaves, "live": self.live}
        text = json.dumps({**data, "pages": pages}, ensure_ascii=False, separators=(",", ":"))
        packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
        key = hashlib.sha256(text.encode()).hexdigest()[:12]
        title, about = escape(self.title), escape(f"{self.name} {self.pages[self.start].label}")
        images = "".join(
            f'<img alt="{title}: {about}" style="max-width: 100%; background: white" '
            f'src="{data_url(str(picture))}">\n'
            for picture in self.pages[self.start].pictures
        )
        steps = self.stepper.element(compact=True) if self.stepper else ""
        colours = picture_css(".autograd-flips .ags-stage", "light-dark({light}, {dark})")
        css, js = ((HERE / f"view.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
        return (
            f'<div class="autograd-flips" data-key="{key}" role="group" aria-label="{title}">\n'
            f"<style>\n.autograd-flips {{ {css_properties()} }}\n{colours}\n{css}</style>\n"
            f'<p class="ags-title">{title}</p>\n<div class="ags-view">\n<div class="ags-stage">\n'
            f"{images}<p>To move the slider, trust this notebook.</p>\n</div>\n{steps}\n</div>\n"
            f"<script>\n(() => {{\n{js}\nconst mine = '[data-key=\"{key}\"]:not([data-live])';\n"
            "for (const root of document.querySelectorAll(mine)) {\nroot.dataset.live = '';\n"
            f"autogradFlips(root, '{packed}');\n}}\n}})();\n</script>\n</div>"
        )

    def pictures(self) -> dict[str, str]:
        return self.stepper.pictures() if self.stepper else {}

    def __repr__(self) -> str:
        return f"<FlipBook of {len(self)} pages; a notebook shows them, .save() writes a page>"


def drag(
    stepper: Stepper,
    leaf: Value,
    low: float,
    high: float,
    title: str = "",
    gradients_of: Sequence[Value] = (),
) -> FlipBook:
    """A slider for a leaf of a stepper, with the root as a curve, and the gradient as its slope.

    The view computes all numbers as the stepper does, whose leaves can be changed as well.

    Args:
        stepper: what step_through() gave.
        leaf: a leaf of its graph.
        low, high: where the slider begins and ends.
        title: of the whole; by default it says what is dragged.
        gradients_of: instead of the curve, the sizes of these nodes' gradients, in powers of ten.

    Raises:
        ValueError: the leaf's number is not between `low` and `high`.
        AutogradError: as for a FlipBook.

    >>> from autograd_mini import step_through
    >>> w = Value(3.0, "w")
    >>> drag(step_through(w * w), w, -4, 4)
    <FlipBook of 61 pages; a notebook shows them, .save() writes a page>
    """
    _check(stepper, {leaf})
    if low == high or not low <= leaf.data <= high:
        raise ValueError(f"drag() expected low <= {leaf.data} <= high, got {low} and {high}")
    root, names = stepper.root, _names(stepper)
    at = [low + (high - low) * k / 60 for k in range(61)]
    start = min(range(61), key=lambda k: abs(at[k] - leaf.data))
    at[start] = leaf.data  # the stepper's own number
    nodes = [names[node] for node in gradients_of]
    if nodes:
        sizes = [max(abs(g), 10.0 ** DECADES[0]) for g in gradients(root, gradients_of)]
        about = "sizes of gradients, powers of ten", (f"{nodes[0]} to {nodes[-1]}", "")
        chart = Chart((1, len(nodes)), DECADES, *about)
        chart.line([(k, log10(size)) for k, size in enumerate(sizes, 1)], BACKWARD, 2.5, "curve")
    else:
        curve = [(x, _root_at(root, leaf, x)) for x in at]
        least, most = min(y for _, y in curve), max(y for _, y in curve)
        least = 0.0 if 0 < least < most / 5 else least
        span = least, most if most > least else least + 1
        chart = Chart((low, high), span, "", (names[leaf], names[root])).line(curve, part="curve")
        chart.line([], BACKWARD, 2.5, "slope").line([], FORWARD, 11, "point")
    frame = chart.x, chart.y, chart.size
    pages = [Page(format_number(x), [chart] * (x == leaf.data), {leaf: x}) for x in at]
    title = title or f"{names[root]}, if {names[leaf]} is dragged"
    book = FlipBook(pages, names[leaf], title, stepper, start)
    book.live = {"leaf": names[leaf], "root": names[root], "frame": frame, "gradients": nodes}
    book.live |= {"x": (low, high)}
    return book


def _check(stepper: Stepper | None, leaves: set[Value]) -> None:
    """That a page can set these leaves."""
    names = _names(stepper) if stepper else {}
    for leaf in leaves:
        if leaf not in names or not leaf.is_leaf:
            raise AutogradError(f"a FlipBook expected leaves of its stepper's graph, got {leaf!r}")
    if stepper and leaves and (why := data_of(stepper.contents)[0]["opaque"]):
        raise AutogradError(f"{why}; give a FlipBook no numbers for it, or other operations")


def _names(stepper: Stepper) -> dict[Value, str]:
    """The names that the page of a stepper uses."""
    names = names_of(stepper.root, stepper.contents.model)
    return {node: clean(name) for node, name in names.items()}


def _root_at(root: Value, leaf: Value, number: float) -> float:
    """What the root is, if a leaf is another number."""
    before, leaf.data = leaf.data, number
    try:
        return float(rerun(root).data)
    finally:
        leaf.data = before
