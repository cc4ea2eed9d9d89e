"""Pictures taken apart, for tests: what stands in an SVG, read back from it."""

import xml.etree.ElementTree as ET

from autograd_mini.draw import draw_dot
from autograd_mini.draw.program import pure_dot

SVG = "{http://www.w3.org/2000/svg}"
TITLE = "{http://www.w3.org/1999/xlink}title"
SHAPES = {"polygon", "path", "ellipse"}
CLASSES = {"node", "edge", "cluster"}


PURE = pure_dot()


class Drawn:
    """A picture, taken apart: its groups by id, each a node or an edge."""

    def __init__(self, root, draw=draw_dot, **options):
        self.svg = ET.fromstring(draw(root, **options).pipe(format="svg"))
        groups = self.svg.iter(f"{SVG}g")
        self.groups = {g.get("id"): g for g in groups if g.get("class") in CLASSES}

    def ids(self, prefix):
        return {i for i in self.groups if i.startswith(f"{prefix}-")}

    def texts(self, i):
        return [t.text for t in self.groups[i].iter(f"{SVG}text")]

    def ends(self, i):
        title = self.groups[i].find(f"{SVG}title").text  # such as n0:e->op1, e for its east side
        return tuple(end.split(":")[0] for end in title.split("->"))

    def tooltip(self, i):
        return next(a.get(TITLE) for a in self.groups[i].iter(f"{SVG}a"))

    def shapes(self, i):
        return [e for e in self.groups[i].iter() if e.tag.removeprefix(SVG) in SHAPES]

    def box(self, i):
        """(left, top, right, bottom) of a node drawn as a polygon."""
        points = [tuple(map(float, p.split(","))) for p in self.shapes(i)[-1].get("points").split()]
        xs, ys = zip(*points)
        return min(xs), min(ys), max(xs), max(ys)


def contrast(a, b):
    """The contrast ratio of two colours (WCAG 2.2)."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear))

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)
