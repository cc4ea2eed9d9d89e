"""Layout: which array each scalar node lies in, and where.

Every node has an address, the place of its lane among the lanes of all arrays. What an operation
reads is then an array of addresses, and `views` finds the loops that the scalar code was written
with: a nest in whose counters all addresses are affine.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .arithmetic import SELECT
from .arrays import Array, ArrayProgram, Shape
from .blocks import Block
from .canonical import INPUT, PARAMETER, Graph
from .views import View, completed, joined, loop_nest, refined, spread, squeezed, view

NOWHERE = -1  # the address of what has none yet
HOLE = -1  # in a nest of nodes a place that has none
DENSE = 3  # lanes are completed to a nest if that makes them no more than so many times as many


class Layout:
    """The arrays made so far, and where each node's lane is."""

    def __init__(self, graph: Graph, inputs: dict[str, Shape], blocks: list[Block]) -> None:
        self.graph, self.program = graph, ArrayProgram()
        self.inputs, self.parameters = inputs, blocks
        self.address = np.full(len(graph.ops), NOWHERE)
        self.arrays: list[Array] = []
        self.nodes: list[Any] = []  # of each array, the nodes of its lanes
        self.starts: list[int] = []  # the address of its first lane
        self._starts = np.empty(64, int)  # the same, with room for more
        self.holes: list[float | None] = []  # what is in lanes without a node, if that is known
        self.blocks: list[Any] = [  # the nodes of each
            np.array([graph.find(PARAMETER, (place,)) for place in block.places])
            for block in blocks
        ]
        self.block_of = np.full(len(graph.ops), NOWHERE)  # until it has its array
        for i, nodes in enumerate(self.blocks):
            self.block_of[nodes] = i
        for name, shape in inputs.items():
            places = [graph.find(INPUT, (name, i)) for i in range(int(np.prod(shape, dtype=int)))]
            self.place(self.program.input(name, shape), np.array(places, dtype=int))
        for i, block in enumerate(blocks):
            if block.shape is not None:
                self.place_block(i, self.blocks[i].reshape(block.shape))

    def place(self, array: Array, nodes: Any, hole: float | None = None) -> None:
        """Let the nodes be the array's lanes, in order."""
        start = self.starts[-1] + self.arrays[-1].lanes if self.arrays else 0
        array.stands_for(nodes, self._label(nodes))
        nodes = nodes.ravel()
        used = nodes != NOWHERE  # of an input some places may not be used
        self.address[nodes[used]] = start + np.flatnonzero(used)
        self.arrays.append(array)
        self.nodes.append(nodes)
        if len(self.starts) == len(self._starts):
            self._starts = np.concatenate([self._starts, self._starts])
        self._starts[len(self.starts)] = start
        self.starts.append(start)
        self.holes.append(hole)

    def _label(self, nodes: Any) -> str:
        """What the scalar code calls all the nodes, numbers at the end aside: h for h[0], h[1]."""
        known = self.graph.labels
        if not known:
            return ""
        labels = {known.get(node, "") for node in nodes.ravel().tolist() if node != NOWHERE}
        stems = {re.sub(r"[\W_]*\d[\d\W_]*$", "", label) for label in labels}
        stem = stems.pop() if len(stems) == 1 else ""
        return stem if stem.isidentifier() and not keyword.iskeyword(stem) else ""

    def place_block(self, block: int, nodes: Any) -> None:
        """Make the array of a block of parameters, of the nodes' shape and order."""
        self.blocks[block] = nodes
        self.block_of[nodes.ravel()] = NOWHERE
        self.place(self.program.parameter(block, nodes.shape), nodes)

    def is_free(self, nodes: Any) -> bool:
        """Whether these are parameters whose order has been left to their first use."""
        return bool(self.block_of[nodes[nodes != HOLE][0]] != NOWHERE)

    # -- operands -------------------------------------------------------------------------------

    def source(self, nodes: Any) -> Any:
        """The number of each node's array."""
        starts = self._starts[: len(self.starts)]
        return np.searchsorted(starts, self.address[nodes], side="right") - 1

    def settle(self, nodes: Any) -> None:
        """Place the blocks of parameters among the nodes that have no place yet."""
        for block in np.unique(self.block_of[nodes]):
            if block != NOWHERE:
                self.place_block(block, self.blocks[block])

    def places(self, nodes: Any) -> tuple[Array, Any]:
        """The array that the nodes of a loop nest lie in, and where; lanes of several arrays are
        joined. Where there is no node it is any place, one that the loops lead to if there is."""
        valid = nodes != HOLE
        sources = np.unique(self.source(nodes[valid]))
        arrays = [self.arrays[s] for s in sources]
        places = np.array(self.address[nodes])
        base = 0
        for s, array in zip(sources, arrays):
            inside = valid & (places >= self.starts[s]) & (places < self.starts[s] + array.lanes)
            places[inside] += base - self.starts[s]
            base += array.lanes
        if not valid.all():
            places = completed(places, valid, base)
        return (arrays[0] if len(arrays) == 1 else joined(self.program, arrays)), places

    def operand(self, nodes: Any) -> View:
        """The view for nodes given for each place of a loop nest."""
        return view(*self.places(nodes))

    def loops(self, rows: Sequence[Any]) -> list[int]:
        """Loops that the lanes were written with: of all rows of nodes, or of one at least."""
        addresses = np.array([self.address[row] for row in rows])
        sizes = loop_nest(addresses)
        for row in addresses:
            sizes = loop_nest(row[None]) if sizes is None else sizes
        sizes = [addresses.shape[1]] if sizes is None else sizes
        read = [self.arrays[int(self.source(row[0]))] for row in rows]
        return refined(sizes, addresses, [array.shape[array.is_batched :] for array in read])

    def nest(self, rows: Sequence[Any], as_written: bool = False) -> Any:
        """The lanes as an array with an axis for each loop: in the order of their operands, or
        first as written, if that makes loops. Lanes that are a good part of a nest are completed by
        lanes that nobody reads, for which the array has HOLE."""
        addresses = np.array([self.address[row] for row in rows])
        widest = max(addresses, key=lambda row: len(np.unique(row)))
        keys = [widest, *addresses], [*addresses], [*addresses[::-1]]
        orders = [np.lexsort(by[::-1]) for by in keys]
        orders.insert(0 if as_written else 1, np.arange(addresses.shape[1]))
        for order in orders:
            if loop_nest(addresses[:, order]) is not None:
                return order.reshape(self.loops([row[order] for row in rows]))
        whole = self._whole_array(widest)
        grid = self._grid(addresses) if whole is None else whole
        if grid is None:
            order = orders[0]
            grid = order.reshape(self.loops([row[order] for row in rows]))
        return grid

    def _whole_array(self, row: Any) -> Any:
        """The lanes in the loops of the array they read, if that is all of it but its holes."""
        s = int(np.searchsorted(self.starts, row[0], side="right")) - 1
        array = self.arrays[s]
        places = row - self.starts[s]
        inside = 0 <= places.min() and places.max() < array.lanes
        if not inside or len(np.unique(row)) < len(row) or len(row) < (self.nodes[s] != HOLE).sum():
            return None
        grid = np.full(array.lanes, HOLE)
        grid[places] = np.arange(len(row))
        return grid.reshape(array.shape[array.is_batched :])

    def _grid(self, addresses: Any) -> Any:
        """The lanes in the loops of the operands' own: a triangle of pairs, in a square."""
        axes: list[tuple[int, Any]] = []
        for row in addresses:
            values = np.unique(row)
            if len(values) == 1:
                continue
            sizes = loop_nest(values[None])
            if sizes is None:
                return None
            array = self.arrays[int(np.searchsorted(self.starts, row[0], side="right")) - 1]
            sizes = refined(sizes, values[None], [array.shape[array.is_batched :]])
            for size, digit in zip(sizes, np.unravel_index(np.searchsorted(values, row), sizes)):
                if size > 1 and not any(np.array_equal(digit, known) for _, known in axes):
                    axes.append((size, digit))
        sizes = [size for size, _ in axes]
        lanes = addresses.shape[1]
        if not lanes <= math.prod(sizes) <= DENSE * lanes:
            return None
        at = np.ravel_multi_index([digit for _, digit in axes], sizes)
        grid = np.full(math.prod(sizes), HOLE)
        grid[at] = np.arange(lanes)
        return grid.reshape(sizes) if len(np.unique(at)) == lanes else None

    def constants(self, numbers: Any) -> Any:
        """Plain numbers, as an array aligned with the loops, or as one number."""
        places, loops = squeezed(numbers)
        constant = self.program.constant(places)
        return View(constant, loops).aligned(numbers.ndim) if loops else constant

    def place_lanes(self, array: Array, members: Any, hole: float | None = None) -> None:
        """Let the members, given for each place of a nest, be the array's lanes."""
        self.place(spread(array, members.shape), members, hole)

    def hole(self, nodes: Any) -> float | None:
        """What is in the holes of the array that the nodes lie in, if that is known."""
        return self.holes[int(self.source(nodes[nodes != HOLE][0]))]

    def masked(self, x: Array, mask: Any, other: float) -> Array:
        """x where the mask, given for each place of a nest, holds, and elsewhere the other."""
        chosen: Array = SELECT[">"].apply((self.constants(mask.astype(float)), 0, x, other))
        return chosen


def at(x: Any, lanes: Any, hole: Any = HOLE) -> Any:
    """x[lanes], with something else for the holes; numbers keep any number there."""
    found = np.array(x[lanes])
    if x.dtype.kind == "i" or hole is not HOLE:
        found[lanes == HOLE] = hole
    return found


def alike(columns: Any) -> list[Any]:
    """The lanes with equal columns, together; in the order of their first."""
    _, first, inverse = np.unique(columns, axis=1, return_index=True, return_inverse=True)
    return [np.flatnonzero(inverse.ravel() == i) for i in np.argsort(first)]
