"""Which parameters are one array, in what order, and what it is called.

Parameters belong together that are used alike: as factors of the same kind of operand, in the same
kinds of sums. Their names, if a module gives them, say how they lie in the array: neurons.3.w.2 is
row 3, column 2.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

from ..primitives import fsum
from .arrays import Shape
from .canonical import INPUT, NONE, PARAMETER, Graph


class Block(NamedTuple):
    """Parameters that are one array.

    Attributes:
        name: of the array.
        places: of the parameters in the list of all, in order.
        shape: of the array; None if it is left to the first operation that uses them.
        about: the names of the parameters, with * for numbers that run.
    """

    name: str
    places: tuple[int, ...]
    shape: Shape | None
    about: str


def parameter_blocks(
    graph: Graph, names: Sequence[str] | None, nodes: Iterable[int], taken: Iterable[str]
) -> list[Block]:
    """The blocks of all parameters of a graph.

    Args:
        graph: the scalar graph.
        names: of the parameters, in order; None if they have none.
        nodes: those that the outputs depend on.
        taken: names that are in use.
    """
    uses = _uses(graph, nodes)
    together: dict[Any, list[int]] = {}
    for place in range(len(graph.parameters)):
        use = uses.get(place) or ("unused", _pattern(names[place]) if names else None)
        together.setdefault(use, []).append(place)
    unique = _Names(taken)
    if names is None:
        blocks = []
        for use, places in together.items():
            stem = "W" if use[0] != "unused" and any(factor != NONE for _, factor in use) else "b"
            blocks.append(Block(unique.numbered(stem), tuple(places), None, ""))
        return blocks
    families = [_families(places, names) for places in together.values()]
    parents = list(dict.fromkeys(f.parent for group in families for f in group))
    return [_block(group, parents, unique) for group in families]


def _uses(graph: Graph, nodes: Iterable[int]) -> dict[int, Any]:
    """For each parameter the kinds of sums and other operations that it is an operand of, with the
    kind of the other factor. Those that do not depend on inputs count if there are no others."""
    found: dict[bool, dict[int, set[Any]]] = {True: {}, False: {}}
    for i in nodes:
        op, args = graph.ops[i], graph.args[i]
        if op in (INPUT, PARAMETER):
            continue
        if op is fsum:
            pairs = set(zip(args.lefts, args.rights)) | set(zip(args.rights, args.lefts))
        else:
            pairs = {(x, NONE) for x in args if x.__class__ is int}
        for x, other in pairs:
            if x != NONE and graph.ops[x] is PARAMETER:
                use = (graph.kinds[i], NONE if other == NONE else graph.kinds[other])
                place = graph.args[x][0]
                found[graph.batched[i]].setdefault(place, set()).add(use)
    return {place: frozenset(uses) for place, uses in {**found[False], **found[True]}.items()}


class _Family(NamedTuple):
    """Parameters whose names differ in numbers only."""

    parent: str  # the module that holds them
    stem: str  # the attribute
    about: str
    places: tuple[int, ...]
    shape: Shape | None  # None if the numbers are no full grid in order


def _pattern(name: str) -> str:
    return re.sub(r"\d+", "*", name)


def _families(places: Sequence[int], names: Sequence[str]) -> list[_Family]:
    alike: dict[str, list[int]] = {}
    for place in places:
        alike.setdefault(_pattern(names[place]), []).append(place)
    return [_family(members, names) for members in alike.values()]


def _family(places: Sequence[int], names: Sequence[str]) -> _Family:
    tokens = [names[place].split(".") for place in places]
    columns = [sorted(set(column), key=len) for column in zip(*tokens)]
    runs = [i for i, column in enumerate(columns) if len(column) > 1]
    first = tokens[0]
    numbers = [i for i, token in enumerate(first) if token.isdigit()]
    grid = [sorted({int(t[i]) for t in tokens}) for i in runs]
    complete = all(axis == list(range(len(axis))) for axis in grid) and list(product(*grid)) == [
        tuple(int(t[i]) for i in runs) for t in tokens
    ]
    words = [token for token in first if not token.isdigit()]
    stem_at = max((i for i, token in enumerate(first) if not token.isdigit()), default=0)
    inside = [i for i in runs if i < stem_at]
    parent = first[: inside[0] - 1] if inside else first[:stem_at]
    return _Family(
        ".".join(parent),
        words[-1] if words else "p",
        ".".join("*" if i in runs else token for i, token in enumerate(first))
        if numbers
        else names[places[0]],
        tuple(places),
        tuple(map(len, grid)) if complete else None,
    )


def _block(families: Sequence[_Family], parents: Sequence[str], unique: _Names) -> Block:
    places = tuple(place for family in families for place in family.places)
    about = ", ".join(family.about for family in families)
    shape = families[0].shape
    if len(families) > 1:
        shapes = [family.shape or () for family in families]
        alike = all(s and s[1:] == shapes[0][1:] for s in shapes)
        rows = sum(s[0] for s in shapes if s)
        shape = (rows, *shapes[0][1:]) if alike else None
    stems = list(dict.fromkeys(family.stem for family in families))
    if stems in (["w"], ["b"]) and (len(parents) > 1 or families[0].parent):
        stem = "W" if stems == ["w"] else "b"
        name = unique.plain(f"{stem}{parents.index(families[0].parent) + 1}")
    else:
        name = unique.plain("_".join(stems))
    if shape is not None and math.prod(shape) != len(places):
        shape = None
    return Block(name, places, shape, about)


class _Names:
    """Identifiers, each given once."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {*taken, *keyword.kwlist, "np", "n", "special", "loss"}

    def plain(self, name: str) -> str:
        unique, number = name, 1
        while unique in self._taken:
            number += 1
            unique = f"{name}_{number}"
        self._taken.add(unique)
        return unique

    def numbered(self, stem: str) -> str:
        number = 1
        while f"{stem}{number}" in self._taken:
            number += 1
        return self.plain(f"{stem}{number}")
