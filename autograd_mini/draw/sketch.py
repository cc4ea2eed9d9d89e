"""A graph as it is drawn: boxes, each for one node or for many.

Nobody can read a picture of thousands of boxes. So in a picture of a large graph there is one box

- for a part of a chain that repeats itself: y + 1 + 1 + .. + 1;
- for nodes that are made in the same way from nodes of the same kind: the 64 neurons of a layer,
  with all their weights;
- and if these are still too many, for all nodes far from the root.

Each of these steps takes a Sketch and returns one with fewer boxes. No step recurses, and each
takes time linear in the size of the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ..primitives import dot
from ..rules import NaryPrimitive
from ..value import Value
from .modules import Path, common

LONGEST_PERIOD = 8  # of repeats along a chain, in boxes
FEWEST_REPEATS = 3  # that are drawn as one box
SPLIT = 10  # a frame in two lines is as bad as so many values that are used in a later line
ROOM = 1 / 12  # of a line, for the names of what it uses from lines above
NEAREST = 50  # boxes of a graph that is too large and does not repeat itself


@dataclass(frozen=True)
class Group:
    """A box of several nodes."""

    kind: str  # "group", "repeats" (along a chain), "equal" or "rest"
    like: Hashable  # what its parts look like
    count: int  # of its parts
    home: Path | None  # the module that it is drawn in


@dataclass
class Sketch:
    """The boxes of a picture, in topological order; the root's is the last."""

    index: dict[Value, int]  # the nodes of the graph in topological order, numbered
    box: list[int]  # for each of them, the number of its box
    operands: list[tuple[int, ...]]  # for each box the boxes that it uses, each once, in order
    content: list[Value | Group]  # for each box
    homes: dict[Value, Path]  # the modules of the nodes inside a model

    def __len__(self) -> int:
        return len(self.content)

    def box_of(self, node: Value) -> int:
        """The number of a node's box."""
        return self.box[self.index[node]]

    def home(self, box: int) -> Path | None:
        """The module that a box is drawn in; None outside the model."""
        content = self.content[box]
        return content.home if isinstance(content, Group) else self.homes.get(content)

    def like(self, box: int) -> Hashable:
        """What a box looks like, without its operands."""
        content = self.content[box]
        if isinstance(content, Group):
            return content
        operands, values = content.operands, len(content.parents)
        numbers: Hashable = len(operands) - values
        if len(operands) != values and len(operands) < 4:  # which of the operands are numbers
            numbers = tuple([isinstance(x, Value) for x in operands])
        return (content.op, values, numbers, self.homes.get(content))

    def uses(self) -> Counter[int]:
        """For each box, how many boxes use it."""
        return Counter(x for operands in self.operands for x in operands)


def sketch(
    order: Sequence[Value],
    homes: dict[Value, Path],
    max_nodes: int | None = None,
    folded: Mapping[str, list[int]] | None = None,
) -> Sketch:
    """The boxes to draw: one for each node, or less if they are more than `max_nodes`."""
    index = {node: i for i, node in enumerate(order)}
    operands = [tuple(dict.fromkeys([index[x] for x in node.parents])) for node in order]
    drawn = Sketch(index, list(range(len(order))), operands, list(order), homes)
    drawn = _merged(
        drawn,
        [(m, Group("group", label, len(m), None)) for label, m in (folded or {}).items()],
    )
    if max_nodes is None:
        return drawn
    for shorter in (repeats, equals, repeats):
        if len(drawn) > max_nodes:
            drawn = shorter(drawn)
    return drawn if len(drawn) <= max_nodes else nearest(drawn, min(max_nodes, NEAREST))


def repeats(drawn: Sketch) -> Sketch:
    """Each part of a chain that repeats itself as one box, except its first period.

    In a chain, each box is used only by the next one, and uses nothing else but leaves. Leaves that
    are used once are part of the chain.
    """
    operands, uses = drawn.operands, drawn.uses()
    before: dict[int, int] = {}  # for each link of a chain, the box that it continues
    for b in range(len(drawn) - 1):
        inner = [x for x in operands[b] if operands[x]]
        if len(inner) == 1 and uses[inner[0]] == 1:
            before[b] = inner[0]
    after = {x: b for b, x in before.items()}

    def leaves_like(link: int) -> Hashable:
        leaves = [x for x in operands[link] if not operands[x]]
        return tuple([drawn.like(x) if uses[x] == 1 else x for x in leaves])

    merges: list[tuple[list[int], Group]] = []
    for b, x in before.items():
        if x in before:
            continue  # in the middle of a chain
        links = [b]
        while links[-1] in after:
            links.append(after[links[-1]])
        likes = [(drawn.like(link), leaves_like(link)) for link in links]
        for start, stop, period in _runs(likes):
            members = links[start + period : stop]
            leaves = [x for m in members for x in operands[m] if not operands[x] and uses[x] == 1]
            like = tuple([drawn.like(link) for link in links[start : start + period]])
            home = _common_home(drawn, members)
            count = len(members) // period
            merges.append((members + leaves, Group("repeats", like, count, home)))
    return _merged(drawn, merges)


def _runs(items: Sequence[Hashable]) -> Iterable[tuple[int, int, int]]:
    """(start, stop, period) of the parts that repeat themselves often enough.

    >>> list(_runs("xabababababy"))
    [(1, 11, 2)]
    """
    numbers: dict[Hashable, int] = {}
    row = [numbers.setdefault(item, len(numbers)) for item in items]
    start = 0
    while start < len(row):
        length, period = 0, 1
        for p in range(1, LONGEST_PERIOD + 1):
            stop = start + p
            while stop < len(row) and row[stop] == row[stop - p]:
                stop += 1
            whole = (stop - start) // p * p
            if whole > length and whole >= (FEWEST_REPEATS + 1) * p:
                length, period = whole, p
        if length:
            yield start, start + length, period
        start += length or 1


def equals(drawn: Sketch) -> Sketch:
    """Boxes that are made in the same way from boxes of the same kind, as one box.

    Leaves are of one kind if they are used in the same way by boxes of the same kind.
    """
    operands = drawn.operands
    numbers: dict[Hashable, int] = {}
    kinds: list[int] = []
    for b in range(len(drawn)):
        made = (drawn.like(b), tuple([kinds[x] if x < b else -1 for x in operands[b]]))
        kinds.append(numbers.setdefault(made, len(numbers)))
    used: dict[int, set[Hashable]] = {}
    for b in range(len(drawn)):
        for x, role in zip(operands[b], _roles(drawn, b)):
            if not operands[x]:
                used.setdefault(x, set()).add((kinds[b], role))
    alike: dict[Hashable, list[int]] = {}
    for b in range(len(drawn)):
        alike.setdefault((kinds[b], frozenset(used.get(b, ()))), []).append(b)
    merges = [
        (boxes, Group("equal", drawn.like(boxes[0]), len(boxes), _common_home(drawn, boxes)))
        for boxes in alike.values()
        if len(boxes) > 1
    ]
    return _merged(drawn, merges)


def _roles(drawn: Sketch, b: int) -> Sequence[int]:
    """The role of each operand of a box: weight, input, bias, or one of a list."""
    node, boxes = drawn.content[b], drawn.operands[b]
    if isinstance(node, Value) and not isinstance(node.op, NaryPrimitive):
        return range(len(boxes))
    if isinstance(node, Group) or node.op is not dot:
        return [0] * len(boxes)
    length = max(len(node.operands) // 2, 1)
    role: dict[int, int] = {}
    for k, x in enumerate(node.operands):
        if isinstance(x, Value):
            role.setdefault(drawn.box_of(x), k // length)
    return [role[x] for x in boxes]


def distances(drawn: Sketch, between: int) -> list[int]:
    """For each box, the length of the longest way to the root. Edges have the length one, and
    `between` more if they go from the results of one frame into another."""
    distance = [0] * len(drawn)
    for b in reversed(range(len(drawn))):
        for x in drawn.operands[b]:
            far = between if drawn.operands[x] and drawn.home(x) != drawn.home(b) else 0
            distance[x] = max(distance[x], distance[b] + 1 + far)
    return distance


def lines(drawn: Sketch, widths: Sequence[float], widest: float) -> list[int]:
    """For each box, the number of the line that it is in, if none is wider than `widest`.

    The boxes as far from the root as each other are a column, and each line has some columns. It
    ends where few values are used further on, and best between two frames. A leaf is in the line
    where it is used first.
    """
    column, first = distances(drawn, 1), list(range(len(drawn)))
    wide = [0.0] * (max(column) + 1)
    for b, c in enumerate(column):
        wide[c] = max(wide[c], widths[b])
        for x in drawn.operands[b]:
            if not drawn.operands[x] and c + 1 == column[x]:
                first[x] = b
    cost, limit, line = _costs(drawn, column), widest, [0] * len(wide)
    for _ in range(20):
        line = _broken(wide, cost, limit)
        last = {number: c for c, number in enumerate(line)}
        ranks: dict[int, float] = {}  # the columns of all lines are below each other
        for c, w in enumerate(wide):
            k = last[line[c]] - c
            ranks[k] = max(ranks.get(k, 0), w)
        if sum(ranks.values()) <= widest * (1 - ROOM):
            break
        limit *= 0.95
    return [line[column[b]] for b in first]


def _broken(wide: Sequence[float], cost: Sequence[int], limit: float) -> list[int]:
    """For each column the number of its line."""
    line, start = [0] * len(wide), len(wide) - 1
    left, room = sum(wide), ROOM * limit
    while left + room > limit and start:
        c, width, good = start, wide[start] + room, [start]
        while c > 1 and width + wide[c - 1] <= limit:
            c, width = c - 1, width + wide[c - 1]
            good += [c] * (2 * width >= limit)
        end = min(good[1:] or good, key=lambda c: (cost[c], c))
        left -= sum(wide[end : start + 1])
        line[:end], start = [line[end] + 1] * end, end - 1
    return line


def _costs(drawn: Sketch, column: Sequence[int]) -> list[int]:
    """For each column, how many values and frames a line splits that ends with it."""
    spans: dict[Hashable, list[int]] = {}  # the columns that a value or a frame is in
    cost = [1] * (max(column) + 1)
    for b, c in enumerate(column):
        for x in drawn.operands[b]:
            spans.setdefault(x, [column[x]]).append(c)
        if drawn.operands[b]:
            path, cost[c] = drawn.home(b) or (), 0  # the others are columns of leaves
            for depth in range(1, len(path) + 1):
                spans.setdefault(path[:depth], []).append(c)
    change = [0] * (len(cost) + 1)
    for what, columns in spans.items():
        weight = SPLIT if isinstance(what, tuple) else 1
        change[min(columns) + 1] += weight
        change[max(columns) + 1] -= weight
    return [own + split for own, split in zip(cost, accumulate(change))]


def nearest(drawn: Sketch, count: int) -> Sketch:
    """The `count` - 1 boxes that are nearest to the root, and all others as one."""
    if len(drawn) <= count:
        return drawn
    distance = distances(drawn, 0)
    far = sorted(range(len(drawn)), key=lambda b: distance[b])[count - 1 :]
    return _merged(drawn, [(far, Group("rest", None, len(far), None))])


def _merged(drawn: Sketch, merges: Sequence[tuple[list[int], Group]]) -> Sketch:
    """A new sketch, in topological order, with each list of boxes as one box."""
    if not merges:
        return drawn
    target = list(range(len(drawn)))
    groups: dict[int, Group] = {}
    for members, group in merges:
        groups[members[0]] = group
        for b in members:
            target[b] = members[0]
    used: dict[int, dict[int, None]] = {t: {} for t in target}
    for b, boxes in enumerate(drawn.operands):
        used[target[b]].update(dict.fromkeys([target[x] for x in boxes]))
    for t in groups:
        used[t].pop(t, None)

    # depth first, as in topological_order; a cycle, in a recurrent network, loses an edge
    number: dict[int, int] = {}
    seen = {target[-1]}
    path = [(target[-1], iter(used[target[-1]]))]
    while path:
        t, rest = path[-1]
        x = next((x for x in rest if x not in seen), None)
        if x is None:
            number[t] = len(number)
            path.pop()
        else:
            seen.add(x)
            path.append((x, iter(used[x])))
    return Sketch(
        drawn.index,
        [number[target[b]] for b in drawn.box],
        [tuple([number[x] for x in used[t]]) for t in number],
        [groups.get(t) or drawn.content[t] for t in number],
        drawn.homes,
    )


def _common_home(drawn: Sketch, boxes: Iterable[int]) -> Path | None:
    """The smallest module that contains them all; None if one is outside the model."""
    paths = {drawn.home(b) for b in boxes}
    return None if None in paths else common(p for p in paths if p is not None)
