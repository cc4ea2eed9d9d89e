"""Which parameters are one array, in what order, and what it is called.

Parameters belong together that are used alike: as factors of the same kind of operand, in the same
kinds of sums. Their names, if a module gives them, say how they lie in the array: neurons.3.w.2 is
row 3, column 2.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence
from itertools import count, product
from typing import Any, NamedTuple

from ..primitives import fsum
from .arrays import Shape
from .backends.names import identifier, unique
from .canonical import NONE, PARAMETER, Graph, operands

OF_NUMBER = -2


class Block(NamedTuple):
    """Parameters that are one array.

    Attributes:
        name: of the array.
        places: of the parameters in the list of all, in order.
        shape: of the array; None if it is left to the first operation that uses them.
        about: the names of the parameters, with i, j, .. for the places along the array's axes, or
            * for numbers that run otherwise.
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
    for place in range(len(graph.parameters)):  # those that are not used have a node, too
        graph.node(PARAMETER, (place,))
    uses = _uses(graph, nodes)
    taken = {*taken, *keyword.kwlist}
    if names is None:
        together: dict[Any, list[int]] = {}
        for place in range(len(graph.parameters)):
            together.setdefault(uses.get(place), []).append(place)
        blocks = []
        for use, places in together.items():
            labels = [graph.parameters[place].label for place in places]
            about = ", ".join(labels if len(labels) < 5 else [*labels[:2], "..", labels[-1]])
            if len(labels) == 1 and labels[0].isidentifier():
                name = _named(labels[0], taken)
            else:
                stem = "W" if any(role != NONE for _, role in use or ()) else "b"
                name = next(x for n in count(1) if (x := f"{stem}{n}") not in taken)
                taken.add(name)
            blocks.append(Block(name, tuple(places), None, about if all(labels) else ""))
        return blocks
    families = _families(names, uses)
    parents = list(dict.fromkeys(f.parent for f in families))
    return [_block(group, parents, taken) for group in _fused(families, uses)]


def _uses(graph: Graph, nodes: Iterable[int]) -> dict[int, Any]:
    """For each parameter the kinds of sums and other operations that it is an operand of, and its
    role there: the kind of the other factor, OF_NUMBER for a coefficient, or NONE. Those that do
    not depend on inputs count if there are no others."""
    found: dict[bool, dict[int, set[Any]]] = {True: {}, False: {}}
    for i in nodes:
        op, args = graph.ops[i], graph.args[i]
        if op is fsum:
            roles = set()
            for c, a, b in zip(*args[1:]):
                if b == NONE:
                    roles.add((a, NONE if c == 1 else OF_NUMBER))
                else:
                    roles.update(((a, graph.kinds[b]), (b, graph.kinds[a])))
        else:
            roles = {(x, NONE) for x in operands(op, args)}
        for x, role in roles:
            if graph.ops[x] is PARAMETER:
                place = graph.args[x][0]
                found[graph.batched[i]].setdefault(place, set()).add((graph.kinds[i], role))
    uses = {**found[False], **found[True]}
    for use in uses.values():  # among the numbers it is a factor of there may be a 1
        use -= {(kind, NONE) for kind, role in use if role == OF_NUMBER}
    return {place: frozenset(use) for place, use in uses.items()}


class _Family(NamedTuple):
    """Parameters whose names differ in numbers only."""

    parent: str  # the module that holds them
    stem: str  # the attribute
    about: str
    places: tuple[int, ...]
    shape: Shape | None  # None if the numbers are no full grid in order


def _families(names: Sequence[str], uses: dict[int, Any]) -> list[_Family]:
    """Parameters whose names differ in numbers only, used in the same kinds of sums."""
    alike: dict[Any, list[int]] = {}
    for place, name in enumerate(names):
        kinds = frozenset(kind for kind, _ in uses.get(place, ()))
        pattern = tuple("*" if token.isdecimal() else token for token in name.split("."))
        alike.setdefault((pattern, kinds), []).append(place)
    return [_family(members, names) for members in alike.values()]


def _fused(families: Sequence[_Family], uses: dict[int, Any]) -> list[list[_Family]]:
    """Families that are used alike are rows of one array, if they are of one width."""
    groups: dict[Any, list[_Family]] = {}
    for family in families:
        use = frozenset(uses.get(place) for place in family.places)
        key: Any = (use, family.shape[1:]) if family.shape and use != {None} else family
        groups.setdefault(key, []).append(family)
    return list(groups.values())


def _family(places: Sequence[int], names: Sequence[str]) -> _Family:
    tokens = [names[place].split(".") for place in places]
    columns = [sorted(set(column), key=len) for column in zip(*tokens)]
    runs = [i for i, column in enumerate(columns) if len(column) > 1]
    first = tokens[0]
    grid = [sorted({int(t[i]) for t in tokens}) for i in runs]
    complete = all(axis == list(range(len(axis))) for axis in grid) and list(product(*grid)) == [
        tuple(int(t[i]) for i in runs) for t in tokens
    ]
    words = [token for token in first if not token.isdecimal()]
    stem_at = max((i for i, token in enumerate(first) if not token.isdecimal()), default=0)
    inside = [i for i in runs if i < stem_at]
    parent = first[: inside[0] - 1] if inside else first[:stem_at]
    letters = dict(zip(runs, "ijkl")) if complete else {}  # in place of the numbers that run
    about = [letters.get(i, "*") if i in runs else token for i, token in enumerate(first)]
    return _Family(
        ".".join(parent),
        words[-1] if words else "p",
        ".".join(about),
        tuple(places),
        tuple(map(len, grid)) if complete else None,
    )


def _block(families: Sequence[_Family], parents: Sequence[str], taken: set[str]) -> Block:
    places = tuple(place for family in families for place in family.places)
    about = " above ".join(family.about for family in families)
    shape = families[0].shape
    if len(families) > 1 and shape:
        shape = (sum(f.shape[0] for f in families if f.shape), *shape[1:])
    stems = list(dict.fromkeys(family.stem for family in families))
    if stems in (["w"], ["b"]) and (len(parents) > 1 or families[0].parent):
        stem = "W" if stems == ["w"] else "b"
        name = f"{stem}{parents.index(families[0].parent) + 1}"
    else:
        name = "_".join(stems) if len(stems) <= 3 else f"{stems[0]}_to_{stems[-1]}"
    return Block(_named(name, taken), places, shape, about)


def _named(name: str, taken: set[str]) -> str:
    """An identifier for it that is not taken; and from then on it is."""
    name = identifier(name)
    is_free = name not in taken or f"W_{name}" in taken
    return unique(name if is_free else f"W_{name}", taken, "_")
