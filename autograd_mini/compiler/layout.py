"""Layout: which array each scalar node is an element of, and which element.

All arrays lie one after another in one address space, as in a computer's memory, and the address of
a node says which element it is: with x of shape (2,) and W of shape (3, 2), the addresses of x are
0 and 1, and that of W[i, j] is 2 + 2 i + j. What an operation reads is then an array of addresses,
and `views` finds the loops that the scalar code was written with: a nest in whose counters all
addresses are affine.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .affine import loop_nest, refined, squeezed
from .arrays import Array, Shape
from .blocks import Block
from .canonical import Graph
from .nodes import INPUT
from .padding import DENSE, PADDING, completed
from .replay import Record, RecordingProgram
from .views import View, joined, spread

NOWHERE = -1  # the address of what has none yet


class Layout:
    """The arrays made so far, and the address of each node.

    Attributes:
        address: of each node, or NOWHERE.
        arrays: in the order of their addresses.
        nodes: of each array, the nodes that are its elements.
        starts: of each array, the address of its first element.
        padding: of each array, what is in elements that no node is, if that is known.
        used: of each array, how many of its elements are nodes.
        records: what was done to make groups, by where their operands lie.
        batched: of each node, whether it differs between the examples.
        blocks: the nodes of each block of parameters.
        block_of: for each parameter its block, until that has its array; else NOWHERE.
    """

    def __init__(self, graph: Graph, inputs: dict[str, Shape], blocks: list[Block]) -> None:
        self.graph, self.program = graph, RecordingProgram()
        self.records: dict[Any, Record] = {}
        self.batched = np.array(graph.batched, bool)
        self.inputs, self.parameters = inputs, blocks
        self.address = np.full(len(graph.ops), NOWHERE)
        self.arrays: list[Array] = []
        self.nodes: list[Any] = []
        self.starts: list[int] = []
        self._starts = np.empty(64, int)  # the same, with room for more
        self.padding: list[float | None] = []
        self.used: list[int] = []
        self.blocks: list[Any] = [
            np.array([*map(graph.parameter_nodes.__getitem__, block.places)]) for block in blocks
        ]
        self.block_of = np.full(len(graph.ops), NOWHERE)
        for i, nodes in enumerate(self.blocks):
            self.block_of[nodes] = i
        for name, shape in inputs.items():
            found = [graph.find(INPUT, (name, i)) for i in range(math.prod(shape))]
            self.assign(self.program.input(name, shape), np.array(found, dtype=int))
        for i, block in enumerate(blocks):
            if block.shape is not None:
                self.allocate_block(i, self.blocks[i].reshape(block.shape))

    def assign(self, array: Array, nodes: Any, padding: float | None = None) -> None:
        """Give the nodes the next addresses: they are the array's elements, in order."""
        start = self.starts[-1] + self.arrays[-1].size if self.arrays else 0
        if self.program.record is not None:
            self.program.record.assigned(array, nodes, padding)
        array.stands_for(nodes, self._label(nodes))
        nodes = nodes.ravel()
        used = nodes != NOWHERE  # of an input some elements may not be used
        self.address[nodes[used]] = start + np.flatnonzero(used)
        self.arrays.append(array)
        self.nodes.append(nodes)
        if len(self.starts) == len(self._starts):
            self._starts = np.concatenate([self._starts, self._starts])
        self._starts[len(self.starts)] = start
        self.starts.append(start)
        self.padding.append(padding)
        self.used.append(int(used.sum()))

    def assign_nest(self, array: Array, nodes: Any, padding: float | None = None) -> None:
        """The same for an array that need not have all axes of the nest yet."""
        self.assign(spread(array, nodes.shape), nodes, padding)

    def _label(self, nodes: Any) -> str:
        """What the scalar code calls all the nodes, numbers at the end aside: h for h[0], h[1]."""
        known = self.graph.labels
        if not known:
            return ""
        labels = {known.get(node, "") for node in nodes.ravel().tolist() if node != NOWHERE}
        stems = {re.sub(r"[\W_]*\d[\d\W_]*$", "", label) for label in labels}
        stem = stems.pop() if len(stems) == 1 else ""
        return stem if stem.isidentifier() and not keyword.iskeyword(stem) else ""

    # -- parameters -----------------------------------------------------------------------------

    def allocate_block(self, block: int, nodes: Any) -> None:
        """Make the array of a block of parameters, of the nodes' shape and order."""
        self.blocks[block] = nodes
        self.block_of[nodes.ravel()] = NOWHERE
        self.assign(self.program.parameter(block, nodes.shape), nodes)

    def allocate(self, nodes: Any) -> None:
        """Make the arrays of the blocks of parameters that some of the nodes are of, in the order
        of the blocks, where they have none."""
        for block in np.unique(self.block_of[nodes]):
            if block != NOWHERE:
                self.allocate_block(block, self.blocks[block])

    def is_free(self, nodes: Any) -> bool:
        """Whether these are parameters whose order has been left to their first use."""
        return bool(self.block_of[nodes[nodes != PADDING][0]] != NOWHERE)

    # -- operands -------------------------------------------------------------------------------

    def source(self, nodes: Any) -> Any:
        """The number of each node's array."""
        return self._source(self.address[nodes])

    def _source(self, addresses: Any) -> Any:
        return np.searchsorted(self._starts[: len(self.starts)], addresses, side="right") - 1

    def in_padding(self, nodes: Any) -> float | None:
        """What is in the padding of the array of the nodes, if that is known."""
        return self.padding[int(self.source(nodes[nodes != PADDING][0]))]

    def located(self, nodes: Any) -> tuple[Array, Any]:
        """The array of the nodes of a loop nest, and which of its elements they are, counted
        through all axes. Several arrays are joined. For PADDING it is any element, the one that the
        loops lead to if there is one."""
        valid = nodes != PADDING
        sources = np.unique(self.source(nodes[valid]))
        arrays = [self.arrays[s] for s in sources]
        found = np.array(self.address[nodes])
        if not valid.all() or len(sources) > 1:
            self.program.record = None  # what is found depends on where the arrays lie
        base = 0
        for s, array in zip(sources, arrays):
            inside = valid & (found >= self.starts[s]) & (found < self.starts[s] + array.size)
            found[inside] += base - self.starts[s]
            base += array.size
        if not valid.all():
            found = completed(found, valid, base)
        return (arrays[0] if len(arrays) == 1 else joined(self.program, arrays)), found

    def operand(self, nodes: Any) -> View:
        """The view that has these nodes at the positions of a loop nest."""
        return self.program.view(*self.located(nodes))

    def constants(self, numbers: Any) -> Any:
        """Plain numbers, as an array aligned with the loops, or as one number."""
        distinct, loops = squeezed(numbers)
        constant = self.program.constant(distinct)
        return View(constant, loops).aligned(numbers.ndim) if loops else constant

    # -- loops ----------------------------------------------------------------------------------

    def loops(self, rows: Sequence[Any]) -> list[int]:
        """Sizes of the loops that rows of nodes were written with: all of them, or one at least.

        With x and W as above, the products of W @ x read rows W[0, 0], W[0, 1], W[1, 0], .. at
        2, 3, 4, 5, 6, 7 and x[0], x[1], x[0], .. at 0, 1, 0, 1, 0, 1: the loops are [3, 2].
        """
        addresses = np.array([self.address[row] for row in rows])
        sizes = loop_nest(addresses)
        for row in addresses:
            sizes = loop_nest(row[None]) if sizes is None else sizes
        sizes = [addresses.shape[1]] if sizes is None else sizes
        read = [self.arrays[self.source(row[0])] for row in rows]
        return refined(sizes, addresses, [array.example_shape for array in read])

    def nest(self, rows: Sequence[Any], as_written: bool = False) -> Any:
        """A grid with an axis for each loop, of the numbers 0, 1, .. of the columns of `rows`.

        Each row has an operand of every member of a group. The members come in the order of their
        operands, or first as written, if that makes loops. Members that are a good part of a nest
        are completed to one, by PADDING.

        The squares of x[1], x[0] and of no other have the grid [1, 0]. The scores q[s] * k[t] of
        causal attention, for t <= s < 2, have the grid [[0, PADDING], [1, 2]].
        """
        addresses = np.array([self.address[row] for row in rows])
        widest = max(addresses, key=lambda row: len(np.unique(row)))
        keys = [widest, *addresses], [*addresses], [*addresses[::-1]]
        orders = [np.lexsort(by[::-1]) for by in keys]
        orders.insert(0 if as_written else 1, np.arange(addresses.shape[1]))
        for order in orders:
            if loop_nest(addresses[:, order]) is not None:
                return order.reshape(self.loops([row[order] for row in rows]))
        grid = self._as_array(widest)
        if grid is None:
            grid = self._as_operands(addresses, as_written)
        if grid is None:
            order = orders[0]
            grid = order.reshape(self.loops([row[order] for row in rows]))
        return grid

    def _as_array(self, row: Any) -> Any:
        """The nest of the array that is read, with its padding, if all of it is read once.

        Exponentials of causal attention's scores are a triangle in a square, as the scores are.
        """
        s = self._source(row[0])
        array = self.arrays[s]
        found = row - self.starts[s]
        inside = 0 <= found.min() and found.max() < array.size
        if not inside or len(np.unique(row)) < len(row) or len(row) < self.used[s]:
            return None
        grid = np.full(array.size, PADDING)
        grid[found] = np.arange(len(row))
        return grid.reshape(array.example_shape)

    def _as_operands(self, addresses: Any, as_written: bool) -> Any:
        """The nest of the operands' own loops: for a triangle of pairs a square. As it is written
        the outermost loop is the one whose counter changes least often.

        The products q[0] * k[0], q[1] * k[0] and q[1] * k[1] read two q and two k, so the grid is
        [[0, PADDING], [1, 2]].
        """
        axes: list[tuple[int, Any]] = []
        for row in addresses:
            values = np.unique(row)
            if len(values) == 1:
                continue
            sizes = loop_nest(values[None])
            if sizes is None:
                return None
            array = self.arrays[self._source(row[0])]
            sizes = refined(sizes, values[None], [array.example_shape])
            for size, digit in zip(sizes, np.unravel_index(np.searchsorted(values, row), sizes)):
                if size > 1 and not any(np.array_equal(digit, known) for _, known in axes):
                    axes.append((size, digit))
        if as_written:
            axes.sort(key=lambda axis: np.count_nonzero(np.diff(axis[1])))
        sizes = [size for size, _ in axes]
        count = addresses.shape[1]
        if not count <= math.prod(sizes) <= DENSE * count:
            return None
        at = np.ravel_multi_index([digit for _, digit in axes], sizes)
        grid = np.full(math.prod(sizes), PADDING)
        grid[at] = np.arange(count)
        return grid.reshape(sizes) if len(np.unique(at)) == count else None


def alike(columns: Any) -> list[Any]:
    """The numbers of equal columns, together; in the order of their first.

    >>> alike(np.array([[5, 3, 5], [1, 1, 1]]))
    [array([0, 2]), array([1])]
    """
    _, first, inverse = np.unique(columns, axis=1, return_index=True, return_inverse=True)
    return [np.flatnonzero(inverse.ravel() == i) for i in np.argsort(first)]
