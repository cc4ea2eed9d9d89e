"""Which parameters are one array, in what order, and what it is called.

If a module names them, a list of Values is an array of its shape, called by its path: blocks_1_q.
The neurons of a layer are the rows of W1, W2, .. Without names those belong together that are used
alike: as factors of the same class of operand, in the same classes of sums.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

from ..primitives import fsum
from .arrays import Shape
from .canonical import Graph
from .names import identifier, numbered, unique
from .nodes import NONE, PARAMETER, operands

OF_NUMBER = -2


class Block(NamedTuple):
    """Parameters that are one array.

    Attributes:
        name: of the array.
        places: of the parameters in the list of all, in order.
        shape: of the array; None if it is left to the first operation that uses them.
        about: the names of the parameters, with i, j, .. for the indices along the array's axes, or
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
        if place not in graph.parameter_nodes:
            graph.node(PARAMETER, (place,))
    taken = {*taken, *keyword.kwlist}
    if names is None:
        uses = _uses(graph, nodes)
        together: dict[Any, list[int]] = {}
        for place in range(len(graph.parameters)):
            together.setdefault(uses.get(place), []).append(place)
        blocks = []
        for use, places in together.items():
            labels = [graph.parameters[place].label for place in places]
            about = ", ".join(labels if len(labels) < 5 else [*labels[:2], "..", labels[-1]])
            if len(labels) == 1 and labels[0].isidentifier():
                name = unique(identifier(labels[0]), taken, "_")
            else:
                is_factor = any(role != NONE for _, role in use or ())
                name = numbered("W" if is_factor else "b", taken)
            blocks.append(Block(name, tuple(places), None, about if all(labels) else ""))
        return blocks
    return _named_blocks(names, taken)


def _uses(graph: Graph, nodes: Iterable[int]) -> dict[int, Any]:
    """For each parameter the classes of sums and other operations that it is an operand of, and its
    role there: the class of the other factor, OF_NUMBER for a coefficient, or NONE. Those that do
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
                    roles.update(((a, graph.classes[b]), (b, graph.classes[a])))
        else:
            roles = {(x, NONE) for x in operands(op, args)}
        for x, role in roles:
            if graph.ops[x] is PARAMETER:
                place = graph.args[x][0]
                found[graph.batched[i]].setdefault(place, set()).add((graph.classes[i], role))
    uses = {**found[False], **found[True]}
    for use in uses.values():  # among the numbers it is a factor of there may be a 1
        use -= {(of, NONE) for of, role in use if role == OF_NUMBER}
    return {place: frozenset(use) for place, use in uses.items()}


class _Path(NamedTuple):
    """An attribute of a module."""

    module: tuple[str, ...]
    attribute: str
    is_layer: bool  # whether it is the weights or biases of one of nn's layers

    @classmethod
    def of(cls, name: str) -> tuple[_Path, Shape]:
        """Where the parameter of this name is, and its index there.

        layers.0.neurons.3.w.2 is [3, 2] of the weights of layers.0.

        >>> _Path.of("blocks.1.q.0.2")
        (_Path(module=('blocks', '1'), attribute='q', is_layer=False), (0, 2))
        """
        tokens = tuple(name.split("."))
        last = max((i for i, token in enumerate(tokens) if not token.isdecimal()), default=0)
        module, index = tokens[:last], tuple(map(int, tokens[last + 1 :]))
        is_layer = tokens[last] in ("w", "b") and module != () and module[-1].isdecimal()
        if is_layer and module[-2:-1] == ("neurons",):
            module, index = module[:-2], (int(module[-1]), *index)
        return cls(module, tokens[last], is_layer), index


def _indices(names: Sequence[str]) -> dict[_Path, dict[int, Shape]]:
    """For each attribute its parameters: their places among the names, and their indices."""
    found: dict[_Path, dict[int, Shape]] = {}
    rows: dict[str, tuple[_Path, Shape]] = {}  # names of a row differ in the last number only
    for i, name in enumerate(names):
        row, _, column = name.rpartition(".")
        if row and column.isdecimal():
            if row not in rows:
                rows[row] = _Path.of(row)
            path, index = rows[row]
            index = (*index, int(column))
        else:
            path, index = _Path.of(name)
        found.setdefault(path, {})[i] = index
    return found


def _named_blocks(names: Sequence[str], taken: set[str]) -> list[Block]:
    """An array for each attribute of each module."""
    arrays = _indices(names)
    layers = list(dict.fromkeys(array.module for array in arrays if array.is_layer))
    blocks = []
    for array, members in arrays.items():
        places = tuple(members)
        shape = _grid([*members.values()])
        letters = iter("ijkl" if shape else "****")  # in place of the numbers that run
        ends = [places[0], places[-1]] if shape else places  # of a grid the corners tell
        about = ".".join(
            tokens[0] if len({*tokens}) == 1 else next(letters)
            for tokens in zip(*[names[i].split(".") for i in ends])
        )
        if array.is_layer and shape and shape[0] == 1:  # a single neuron
            shape = shape[1:]
        elif shape is None:
            shape = (len(members),)
        if not array.attribute or array.attribute.isdecimal():  # of a list, and without a name
            name, about = numbered("W" if len(shape) > 1 else "b", taken), ""
        else:
            name = "_".join((*array.module, array.attribute))
            if array.is_layer:
                name = f"{'W' if array.attribute == 'w' else 'b'}{layers.index(array.module) + 1}"
            name = unique(identifier(name), taken, "_")
        blocks.append(Block(name, places, shape, about))
    return blocks


def _grid(indices: Sequence[Shape]) -> Shape | None:
    """The shape of the array that has these indices in their order, if there is one."""
    shape = tuple(max(axis) + 1 for axis in zip(*indices))
    return shape if [*product(*map(range, shape))] == [*indices] else None
