"""How drawings look in pages: colours and fonts of kinds of boxes, and of gradients by their size.

All text has a contrast of at least 4.5 to its background. Colour is never the only difference:
kinds of boxes differ in outline, gradients have their numbers, and the scale of gradients runs from
light to dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from math import inf, log10
from typing import Any

FONT = "Helvetica"  # one name: graphviz-pure replaces a list of names by Times
FONTS = f"{FONT}, Arial, sans-serif"  # for browsers

INK, QUIET, PAPER = "#1a1a1a", "#595959", "#ffffff"
FRAMES, MUTED = "#8c8c8c", "#bfbfbf"  # lines around groups, and lines that are not highlighted
# Values and the forward pass are blue; gradients, local derivatives and the backward pass red.
FORWARD, BACKWARD = "#0b5394", "#a63a00"

KINDS = {  # of boxes: (fill, outline)
    "leaf": ("#dcebf9", FORWARD),
    "parameter": ("#e3f1e3", "#2d6a2d"),
    "intermediate": (PAPER, QUIET),
    "root": ("#fff2cc", "#7f4f00"),
    "many": ("#f2f2f2", QUIET),
    "gradient": ("#fff6f0", BACKWARD),
    "operation": ("#404040", "#404040"),
}

# the colours of the style sheets: (in a light page, in a dark one)
PAGE = {
    "ink": (INK, "#ececec"),
    "quiet": (QUIET, "#b4b4b4"),
    "paper": (PAPER, "#1c1c1c"),
    "backdrop": ("#f4f4f4", "#101010"),
    "button": ("#f0f0f0", "#333333"),
    "line": ("#8a8a8a", "#8a8a8a"),
    "waiting": ("#767676", "#767676"),
    "forward": (FORWARD, "#9cc7f2"),
    "forward-fill": (KINDS["leaf"][0], "#12304a"),
    "backward": (BACKWARD, "#ffb086"),
    "mark": (KINDS["root"][0], "#4a3a10"),
    "operation": (KINDS["operation"][0], "#b4b4b4"),
}


# of pictures: {in a light page: in a dark one}
DARK = {
    **dict(PAGE.values()),
    MUTED: "#5c5c5c",
    KINDS["parameter"][0]: "#17351b",
    KINDS["parameter"][1]: "#8fce8f",
    KINDS["root"][1]: "#e3b34c",
    KINDS["many"][0]: "#2a2a2a",
    KINDS["gradient"][0]: "#3a2318",
}


WIDE = 620  # points of a picture; a notebook's cell has about as many on a small screen


def picture_css(scope: str, pattern: str) -> str:
    """Rules for a picture in a dark page; `pattern` makes a colour of {light} and {dark}."""
    return "\n".join(
        f'{scope} [{part}="{light}"] {{ {part}: {pattern.format(light=light, dark=dark)}; }}'
        for light, dark in DARK.items()
        for part in ("fill", "stroke")
    )


# of a program's source, likewise, by kind of token
CODE = {
    "Comment": PAGE["quiet"],
    "Keyword": ("#7a1fa2", "#d7a6f0"),
    "Number": PAGE["backward"],
    "Function": PAGE["forward"],
}


def css_properties() -> str:
    """The palette as custom properties of CSS, such as --ink, for the `color-scheme` in use."""
    colours = [f"--{name}: light-dark({light}, {dark});" for name, (light, dark) in PAGE.items()]
    return " ".join([*colours, f"--font: {FONTS};"])


def fitted(svg: str) -> str:
    """An SVG that is as wide as its place if it is wider than WIDE; JupyterLab shrinks none."""
    start = svg.index("<svg")
    tag = svg[start : svg.index(">", start)]
    width = re.search(r'\bwidth="([\d.]+)pt"', tag)
    if width is None or float(width[1]) <= WIDE or "viewBox" not in tag:
        return svg
    wide = re.sub(r'\sheight="[\d.]+pt"', "", tag.replace(width[0], 'width="100%"'))
    return svg.replace(tag, wide, 1)


# steps of cividis, light to dark: they look the same with every kind of colour vision
STEPS = ("#fdea9e", "#d8c469", "#a69d75", "#7d7c78", "#4d566d", "#123570")
NOTHING, NOT_FINITE = PAPER, "#000000"


class GradientScale:
    """Colours for gradients by their size, in steps of equal ratio up to the largest gradient.

    >>> scale = GradientScale([0.5, -8.0, 0.0])
    >>> [scale.fill(g) for g in (0.5, 8.0, 0.0)]
    ['#fdea9e', '#123570', '#ffffff']
    >>> scale.bounds[0], scale.bounds[-1]
    (0.5, 5.0)
    """

    def __init__(self, gradients: Iterable[Any]) -> None:
        sizes = [float(abs(g)) for g in gradients if 0 < abs(g) < inf]
        least, largest = (min(sizes), max(sizes)) if sizes else (1.0, 1.0)
        # a step is a factor of ten at most: smaller gradients share the first colour
        ratio = min(log10(largest / least), len(STEPS)) / len(STEPS) if largest > least else 1.0
        starts = [log10(largest) - ratio * k for k in range(len(STEPS), 0, -1)]
        self.bounds = [float(f"{10**start:.2g}") for start in starts]

    def fill(self, gradient: Any) -> str:
        """The colour of a box; white if there is no gradient or it is 0."""
        size = abs(gradient)
        if not size < inf:
            return NOT_FINITE
        above = sum(size >= bound for bound in self.bounds)
        return STEPS[max(above - 1, 0)] if size > 0 else NOTHING

    def fill_largest(self, gradients: Iterable[Any]) -> str:
        """The colour of a box of several: that of the largest gradient."""
        return self.fill(max(gradients, key=lambda g: abs(g) if g == g else inf, default=0.0))

    def legend(self) -> list[tuple[str, str]]:
        """(colour, the gradients that have it), from nothing to the largest."""
        bounds = [f"{bound:.2g}" for bound in self.bounds[1:]]
        between = [f"{a} to {b}" for a, b in pairwise(bounds)]
        texts = ["0 or none", f"under {bounds[0]}", *between, f"{bounds[-1]} up", "inf or nan"]
        return list(zip((NOTHING, *STEPS, NOT_FINITE), texts))


def ink_on(fill: str) -> str:
    """Black or white, whichever has the greater contrast (WCAG 2.2, 1.4.3)."""
    parts = [int(fill[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear))
    # the contrasts are (luminance + 0.05) / 0.05 and 1.05 / (luminance + 0.05)
    return "#000000" if (luminance + 0.05) ** 2 >= 0.05 * 1.05 else "#ffffff"
