"""A small graph as a picture to write into.

Columns go from the leaves to the root. A curve that passes a column has a lane of its own there, so
that it crosses no box. Lengths are in points; y grows downwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import inf

from ..value import Value

WIDE, HIGH, GAP, LANE = 84, 48, 8, 16  # a box; between boxes; what a passing curve needs
PAGE, FARTHEST, TIP = 504, 150, 5  # the width of a page; between columns, at most; an arrow's tip


def picture(order: Sequence[Value], texts: Mapping[Value, str]) -> Iterator[str]:
    """The picture of a graph in topological order, each box with its text, as lines of a sheet."""
    users = {x: [n for n in order if x in n.parents] for x in order}
    column: dict[Value, int] = {}
    for node in order:
        column[node] = 1 + max([column[x] for x in node.parents], default=-1)
    column |= {x: min(column[n] for n in users[x]) - 1 for x in order if x.is_leaf}
    last = max(column.values())
    until = {x: max([column[n] for n in users[x]], default=last + 1) for x in order}
    middle: list[dict[Value, int]] = [{} for _ in range(last + 2)]

    def ends(x: Value, c: int) -> list[tuple[int, bool]]:
        """Where the curves of x arrive in a column that is placed; and whether that is a box."""
        found = [(middle[c][x], False)] if x in middle[c] else []
        for node in (n for n in users[x] if column[n] == c):
            ports = [k / (len(node.parents) + 1) for k, p in enumerate(node.parents, 1) if p is x]
            found += [(middle[c][node] + round((port - 0.5) * HIGH), True) for port in ports]
        return found

    for c in reversed(range(last + 1)):
        present = [x for x in order if column[x] <= c < until[x]]
        found = {x: [y for y, _ in ends(x, c + 1)] or [0] for x in present}
        goal = {x: sum(ys) / len(ys) for x, ys in found.items()}
        places, edge = dict[Value, float](), -inf
        for x in sorted(present, key=goal.__getitem__):
            room = (HIGH + GAP if column[x] == c else LANE) / 2
            places[x] = max(goal[x], edge + room)
            edge = places[x] + room
        shift = sum(goal[x] - y for x, y in places.items()) / len(places)
        middle[c] = {x: round(y + shift) for x, y in places.items()}

    middles = [y for places in middle for y in places.values()]
    top = min(middles) - HIGH // 2
    middle = [{x: y - top for x, y in places.items()} for places in middle]
    step = min((PAGE - WIDE) // last, FARTHEST)
    left = [(PAGE - WIDE - step * last) // 2 + step * c for c in range(last + 1)]
    yield f"graph | {max(middles) - min(middles) + HIGH}"
    for x in order:
        yield f"node | {left[column[x]]} | {middle[column[x]][x] - HIGH // 2} | {texts[x]}"
        for c in range(column[x], min(until[x], last)):
            y, start, stop = middle[c][x], left[c] + WIDE, left[c + 1]
            if c > column[x]:
                yield _curve(left[c], y, start, y)
            for end, is_box in ends(x, c + 1):
                yield _curve(start, y, stop - TIP * is_box, end)
                if is_box:
                    yield f"tip | {stop - TIP} | {end}"
    yield "graphend"


def _curve(x1: int, y1: int, x2: int, y2: int) -> str:
    """A curve between two points, and the point in their middle."""
    return f"curve | {x1} | {y1} | {(x1 + x2) // 2} | {(y1 + y2) // 2} | {x2} | {y2}"
