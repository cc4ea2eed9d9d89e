"""Colours: of the kinds of boxes, and of gradients by their size.

All text has a contrast of at least 4.5 to what it stands on, and no colour alone tells anything:
kinds of boxes differ in outline, gradients have their numbers, the scale of gradients runs from
light to dark.
"""

from __future__ import annotations

from math import inf, log10

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# What belongs to the backward pass, gradients and local derivatives, has a colour of its own.
INK, QUIET, BACKWARD, PAPER = "#1a1a1a", "#595959", "#a63a00", "#ffffff"
MUTED = "#bfbfbf"  # lines that are not highlighted

# single-hue steps of cividis, light to dark, which reads the same with every kind of colour vision
STEPS = ("#fdea9e", "#d8c469", "#a69d75", "#7d7c78", "#4d566d", "#123570")
NOTHING, NOT_FINITE = PAPER, "#000000"


class GradientScale:
    """Colours for gradients by their size: steps of equal ratio, up to the largest there is.

    >>> scale = GradientScale([0.5, -8.0, 0.0])
    >>> [scale.fill(g) for g in (0.5, 8.0, 0.0)]
    ['#fdea9e', '#123570', '#ffffff']
    >>> scale.bounds[0], scale.bounds[-1]
    (0.5, 5.0)
    """

    def __init__(self, gradients: Iterable[Any]) -> None:
        sizes = [float(abs(g)) for g in gradients if 0 < abs(g) < inf]
        least, largest = (min(sizes), max(sizes)) if sizes else (1.0, 1.0)
        # of at most a factor of ten each: smaller ones share the first colour
        ratio = min(log10(largest / least), len(STEPS)) / len(STEPS) if largest > least else 1.0
        starts = [log10(largest) - ratio * k for k in range(len(STEPS), 0, -1)]
        self.bounds = [float(f"{10**start:.2g}") for start in starts]

    def fill(self, gradient: Any) -> str:
        """The colour of a box; white where there is no gradient or it is 0."""
        size = abs(gradient)
        if not size < inf:
            return NOT_FINITE
        above = sum(size >= bound for bound in self.bounds)
        return STEPS[max(above - 1, 0)] if size > 0 else NOTHING

    def legend(self) -> list[tuple[str, str]]:
        """(colour, what it stands for), from nothing to the largest."""
        rows = [(NOTHING, "0 or none")]
        for k, colour in enumerate(STEPS):
            start = f"{self.bounds[k]:.2g}" if k else ""
            stop = f"{self.bounds[k + 1]:.2g}" if k + 1 < len(STEPS) else ""
            text = (
                f"{start} to {stop}"
                if start and stop
                else f"{start} up"
                if start
                else f"under {stop}"
            )
            rows.append((colour, text))
        return [*rows, (NOT_FINITE, "inf or nan")]


def ink_on(fill: str) -> str:
    """Black or white, whichever has the greater contrast."""
    dark, light = contrast(fill, "#000000"), contrast(fill, "#ffffff")
    return "#000000" if dark >= light else "#ffffff"


def contrast(a: str, b: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2, 1.4.3).

    >>> round(contrast("#ffffff", "#000000"), 3)
    21.0
    """
    low, high = sorted(map(_luminance, (a, b)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear))
