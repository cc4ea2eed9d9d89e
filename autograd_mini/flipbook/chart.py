"""Small charts as SVG, light enough for a page that has dozens of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from ..palette import BACKWARD, FORWARD, FRAMES, INK, QUIET
from ..text import format_number

Pair = tuple[float, float]
LEFT, TOP, WIDE, HIGH = 50, 22, 332, 212  # the margin on two sides, and all with its margin


class Chart:
    """A frame with two axes. Each method draws something into it, and returns the chart.

    >>> str(Chart((0, 1), (0, 2), "a title").line([(0, 0), (1, 2)])).count("<polyline")
    1
    """

    size = 270, 160  # of the frame

    def __init__(self, x: Pair, y: Pair, title: str = "", labels: tuple[str, str] = ("", "")):
        self.x, self.y, self.inside, (width, height) = x, y, "", self.size
        texts: list[tuple[float, float, str, str]] = [
            (width / 2, -8, "middle", title),
            (width / 2, height + 28, "middle", labels[0]),
        ]
        texts += [(-6, height / 2 + 4, "end", labels[1]), (-6, height, "end", format_number(y[0]))]
        texts += [(-6, 10, "end", format_number(y[1])), (0, height + 14, "", format_number(x[0]))]
        texts += [(width, height + 14, "end", format_number(x[1]))]
        self.frame = "".join(
            f'<text x="{px:g}" y="{py:g}" text-anchor="{anchor or "start"}">{escape(text)}</text>'
            for px, py, anchor, text in texts
        )

    def place(self, x: float, y: float) -> Pair:
        """Where a point is, in pixels."""
        (x0, x1), (y0, y1), (width, height) = self.x, self.y, self.size
        return (x - x0) / (x1 - x0) * width, (y1 - y) / (y1 - y0) * height

    def line(
        self, points: Iterable[Pair], colour: str = QUIET, width: float = 1.5, part: str = "line"
    ) -> Chart:
        """A line from point to point."""
        at = " ".join("{:.1f},{:.1f}".format(*self.place(*point)) for point in points)
        look = f'stroke="{colour}" stroke-width="{width:g}" stroke-linecap="round"'
        self.inside += f'<polyline data-{part}="" points="{at}" fill="none" {look}/>'
        return self

    def dots(self, points: Iterable[Pair], colour: str = BACKWARD, radius: float = 3) -> Chart:
        """A dot for each point."""
        for point in points:
            self.line([point, point], colour, 2 * radius, "dot")
        return self

    def regions(self, rows: Sequence[Sequence[float]]) -> Chart:
        """Shades for a grid of probabilities, the lowest y first; darker below 0.1, above 0.9."""
        width, height = self.size[0] / len(rows[0]), self.size[1] / len(rows)
        for k, row in enumerate(reversed(rows)):
            at = 0.0
            for shade, run in groupby(row, lambda p: (p > 0.5, not 0.1 < p < 0.9)):
                length = width * len(list(run))
                look = (
                    f'fill="{(FORWARD, BACKWARD)[shade[0]]}" opacity="{0.45 if shade[1] else 0.2}"'
                )
                place = (
                    f'x="{at:.1f}" y="{k * height:.1f}" width="{length:.1f}" height="{height:.2f}"'
                )
                self.inside += f'<rect {place} {look} shape-rendering="crispEdges"/>'
                at += length
        return self

    def __str__(self) -> str:
        size = 'width="{}" height="{}"'.format(*self.size)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" '
            f'viewBox="-{LEFT} -{TOP} {WIDE} {HIGH}" font-family="sans-serif" font-size="12" '
            f'fill="{INK}"><svg {size}>{self.inside}</svg>{self.frame}'
            f'<rect {size} fill="none" stroke="{FRAMES}"/></svg>'
        )
