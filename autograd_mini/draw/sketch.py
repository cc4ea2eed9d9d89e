"""A graph as it is drawn: boxes, each for one node or for many.

Nobody can read a picture of thousands of boxes. So in a picture of a large graph there is one box

- for the nodes of each neuron, or of each layer, if the model is given;
- for a part of a chain that repeats itself: y + 1 + 1 + .. + 1;
- for nodes that are made in the same way from nodes of the same kind: the 64 neurons of a layer,
  with all their weights;
- and if these are still too many, for all nodes far from the root.

Each of these steps takes a Sketch and returns one with fewer boxes. No step recurses, and each
takes time linear in the size of the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..primitives import dot
from ..rules import NaryPrimitive
from ..value import Value
from .modules import Path, common, layer

Detail = Literal["values", "neurons", "layers"]

LONGEST_PERIOD = 8  # of repeats along a chain, in boxes
FEWEST_REPEATS = 3  # that are drawn as one box
NEAREST = 50  # boxes of a graph that is too large and does not repeat itself


@dataclass(frozen=True)
class Group:
    """A box of several nodes."""

    kind: str  # "module", "parameters" (of a module), "repeats" (along a chain), "equal" or "rest"
    like: Hashable  # what its parts look like
    count: int  # of its parts
    home: Path | None  # the module it is drawn in; for "module" and "parameters" that module itself


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
        if numbers and len(operands) < 4:  # which of the operands are numbers
            numbers = tuple([isinstance(x, Value) for x in operands])
        return (content.op, values, numbers, self.homes.get(content))

    def uses(self) -> Counter[int]:
        """For each box, how many boxes use it."""
        return Counter(x for operands in self.operands for x in operands)


def sketch(
    order: Sequence[Value],
    homes: dict[Value, Path],
    detail: Detail = "values",
    max_nodes: int | None = None,
) -> Sketch:
    """The boxes to draw: in the given detail, or in less if they are more than `max_nodes`."""
    index = {node: i for i, node in enumerate(order)}
    operands = [tuple(dict.fromkeys([index[x] for x in node.parents])) for node in order]
    full = Sketch(index, list(range(len(order))), operands, list(order), homes)
    drawn = full if detail == "values" or not homes else modules(full, order, detail)
    if max_nodes is None:
        return drawn
    coarser: dict[Detail, list[Detail]] = {"values": ["neurons", "layers"], "neurons": ["layers"]}
    for less in coarser.get(detail, []) if homes else []:
        if len(drawn) > max_nodes:
            drawn = modules(full, order, less)
    for shorter in (repeats, equals, repeats):
        if len(drawn) > max_nodes:
            drawn = shorter(drawn)
    return drawn if len(drawn) <= max_nodes else nearest(drawn, min(max_nodes, NEAREST))


def modules(full: Sketch, order: Sequence[Value], detail: Detail) -> Sketch:
    """Each neuron or layer as one box, for every time that it is applied.

    Parameters that a single application uses are inside its box. Those of several applications get
    a box of their own.
    """
    paths = [full.homes.get(node) for node in order]
    if detail == "layers":
        paths = [None if path is None else layer(path) for path in paths]
    owners = {path for node, path in zip(order, paths) if node.is_leaf}
    module = [path if path in owners else None for path in paths]
    applications = _applications(full, order, module, merged=detail == "layers")
    number = {i: g for g, members in enumerate(applications) for i in members}
    users: dict[int, set[int | None]] = {}  # for each parameter; None for a node of another module
    for i, operands in enumerate(full.operands):
        for x in operands:
            if not full.operands[x] and module[x] is not None:
                users.setdefault(x, set()).add(number[i] if module[i] == module[x] else None)
    shared: dict[Path | None, list[int]] = {}
    for x, numbers in users.items():
        [g, *others] = numbers
        alone = g is not None and not others
        (applications[g] if alone else shared.setdefault(module[x], [])).append(x)  # type: ignore[index]
    merges = [(m, Group("module", detail, 1, module[m[0]])) for m in applications]
    merges += [
        (m, Group("parameters", None, len(m), path)) for path, m in shared.items() if len(m) > 1
    ]
    return _merged(full, merges)


def _applications(
    full: Sketch, order: Sequence[Value], module: list[Path | None], merged: bool
) -> list[list[int]]:
    """The inner nodes of each application of a module.

    Nodes of a module that are connected belong to one application. If `merged`, so do those with
    the same inputs: the neurons of a layer.
    """
    root_of = list(range(len(module)))

    def find(i: int) -> int:
        while root_of[i] != i:
            root_of[i] = root_of[root_of[i]]
            i = root_of[i]
        return i

    inner = [i for i, path in enumerate(module) if path is not None and full.operands[i]]
    for i in inner:
        for x in full.operands[i]:
            if full.operands[x] and module[x] == module[i]:
                root_of[find(i)] = find(x)
    together: dict[int, list[int]] = {}
    for i in inner:
        together.setdefault(find(i), []).append(i)
    if not merged:
        return list(together.values())

    applications: dict[Hashable, list[int]] = {}
    seen: dict[Hashable, int] = {}
    for members in together.values():
        path = module[members[0]]
        inputs = tuple(_inputs([order[i] for i in members], full.homes, path or ()))
        # a neuron that is applied to the same inputs twice has two applications
        place = (full.homes[order[members[0]]], inputs)
        seen[place] = seen.get(place, 0) + 1
        applications.setdefault((path, inputs, seen[place]), []).extend(members)
    return list(applications.values())


def _inputs(nodes: Iterable[Value], homes: dict[Value, Path], path: Path) -> Iterator[Hashable]:
    """The operands that come from outside the module."""
    for node in nodes:
        for x in node.operands:
            if not isinstance(x, Value):
                yield ("number", x)
            elif x not in homes or homes[x][: len(path)] != path:
                yield x


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


def nearest(drawn: Sketch, count: int) -> Sketch:
    """The `count` - 1 boxes that are nearest to the root, and all others as one."""
    if len(drawn) <= count:
        return drawn
    distance = [0] * len(drawn)
    for b in reversed(range(len(drawn))):
        for x in drawn.operands[b]:
            distance[x] = max(distance[x], distance[b] + 1)
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
