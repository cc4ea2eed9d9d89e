"""Grouping: scalar nodes of one kind become the lanes of one array.

Every node gets an address: the place of its lane among the lanes of all arrays. Groups are lowered
operands first. A group's operands are then arrays of addresses, in which `views` finds the loops
that the scalar code was written with; a sum of products over such loops is a contraction, whichever
of matmul, convolution or attention it may be called.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..primitives import fsum, logsumexp
from .arrays import Array, ArrayProgram, Shape
from .blocks import Block
from .canonical import CONSTANT, INPUT, NONE, PARAMETER, Graph
from .views import View, joined, loop_nest, refined, squeezed, view

LETTERS = "ijklmnopqrstuvwxyz"
NOWHERE = -1


class Lowering:
    """The arrays made so far, and where each node's lane is."""

    def __init__(self, graph: Graph, inputs: dict[str, Shape], blocks: Sequence[Block]) -> None:
        self.graph, self.program = graph, ArrayProgram()
        self.address = np.full(len(graph.ops), NOWHERE)
        self.arrays: list[Array] = []
        self.nodes: list[Any] = []  # of each array, the nodes of its lanes
        self.starts: list[int] = []  # the address of its first lane
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

    def place(self, array: Array, nodes: Any) -> None:
        """Let the nodes be the array's lanes, in order."""
        start = self.starts[-1] + self.arrays[-1].lanes if self.arrays else 0
        if array.scalars is None:
            array.scalars = nodes
        nodes = nodes.ravel()
        used = nodes != NOWHERE  # of an input some places may not be used
        self.address[nodes[used]] = start + np.flatnonzero(used)
        self.arrays.append(array)
        self.nodes.append(nodes)
        self.starts.append(start)

    def place_block(self, block: int, nodes: Any) -> None:
        """Make the array of a block of parameters, of the nodes' shape and order."""
        self.blocks[block] = nodes
        self.block_of[nodes.ravel()] = NOWHERE
        self.place(self.program.parameter(block, nodes.shape), nodes)

    def lower(self, nodes: Iterable[int]) -> None:
        """Make the arrays of these nodes, to which all they depend on belongs."""
        groups: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for i in nodes:
            if self.graph.ops[i] not in (INPUT, PARAMETER) and self.address[i] == NOWHERE:
                groups[self.graph.depths[i], self.graph.kinds[i]].append(i)
        for _, members in sorted(groups.items()):
            op = self.graph.ops[members[0]]
            if op is fsum:
                self._lower_sums(np.array(members))
            elif op is logsumexp:
                self._lower_logsumexps(np.array(members))
            elif op is CONSTANT:
                numbers = [self.graph.args[i][0] for i in members]
                self.place(self.program.constant(numbers), np.array(members))
            else:
                self._lower_elementwise(op, np.array(members))

    # -- operands -------------------------------------------------------------------------------

    def source(self, nodes: Any) -> Any:
        """The number of each node's array."""
        return np.searchsorted(self.starts, self.address[nodes], side="right") - 1

    def settle(self, nodes: Any) -> None:
        """Place the blocks of parameters among the nodes that have no place yet."""
        for block in np.unique(self.block_of[nodes]):
            if block != NOWHERE:
                self.place_block(block, self.blocks[block])

    def operand(self, nodes: Any) -> View:
        """The view for nodes given for each place of a loop nest."""
        addresses = self.address[nodes]
        sources = np.unique(self.source(nodes))
        if len(sources) == 1:
            [source] = sources
            return view(self.arrays[source], addresses - self.starts[source])
        whole = joined(self.program, [self.arrays[s] for s in sources])
        base, places = 0, addresses.copy()
        for s in sources:
            inside = (addresses >= self.starts[s]) & (
                addresses < self.starts[s] + self.arrays[s].lanes
            )
            places[inside] += base - self.starts[s]
            base += self.arrays[s].lanes
        return view(whole, places)

    def loops(self, rows: Sequence[Any]) -> list[int]:
        """Loops that the lanes were written with: of all rows of nodes, or of one at least."""
        addresses = np.array([self.address[row] for row in rows])
        sizes = loop_nest(addresses)
        for row in addresses:
            sizes = loop_nest(row[None]) if sizes is None else sizes
        sizes = [addresses.shape[1]] if sizes is None else sizes
        shapes = []
        for row in rows:
            array = self.arrays[self.source(row[:1])[0]]
            shapes.append(array.shape[array.is_batched :])
        return refined(sizes, addresses, shapes)

    # -- elementwise operations -----------------------------------------------------------------

    def _lower_elementwise(self, op: Any, members: Any) -> None:
        slots = list(zip(*[self.graph.args[i] for i in members]))
        self.settle([x for slot in slots for x in slot if x.__class__ is int])
        columns = [np.array(slot) for slot in slots]
        reading = [column for column in columns if column.dtype.kind == "i"]
        sources = np.array([self.source(column) for column in reading])
        for part in _alike(sources):
            rows = [column[part] for column in reading]
            order = self._order(rows)
            rows = [row[order] for row in rows]
            sizes = self.loops(rows)
            operands = [
                self.operand(column[part][order].reshape(sizes)).aligned(len(sizes))
                if column.dtype.kind == "i"
                else self._constants(column[part][order].reshape(sizes))
                for column in columns
            ]
            self._place_lanes(self.program.apply(op, *operands), members[part][order], sizes)

    def _order(self, rows: Sequence[Any]) -> Any:
        """Lanes in the order of the operand that has most of them."""
        widest = max(rows, key=lambda row: len(np.unique(self.address[row])))
        return np.argsort(self.address[widest], kind="stable")

    def _constants(self, numbers: Any) -> Any:
        """Plain numbers, as an array aligned with the loops, or as one number."""
        places, loops = squeezed(numbers)
        constant = self.program.constant(places)
        return View(constant, loops).aligned(numbers.ndim) if loops else constant

    def _place_lanes(self, array: Array, members: Any, sizes: Sequence[int]) -> None:
        batch = array.shape[: array.is_batched]
        array = self.program.broadcast(array, (*batch, *sizes))
        self.place(array, members)

    # -- lists ----------------------------------------------------------------------------------

    def _lower_logsumexps(self, members: Any) -> None:
        lists = [self.graph.args[i] for i in members]
        self.settle([x for operands in lists for x in operands])
        for part in _alike(np.array([[len(operands) for operands in lists]])):
            nodes = np.array([lists[i] for i in part])
            lanes, terms = self._two_nests(nodes)
            sizes = [*lanes, *terms]
            x = self.operand(nodes.reshape(sizes)).aligned(len(sizes))
            batch = x.shape[: x.is_batched]
            x = self.program.broadcast(x, (*batch, *sizes))
            x = self.program.reshape(x, (*batch, *lanes, nodes.shape[1]))
            self._place_lanes(self.program.logsumexp(x), members[part], lanes)

    def _two_nests(self, nodes: Any) -> tuple[list[int], list[int]]:
        """Loops over the lanes, and over the terms of each, which are the columns."""
        return self.loops([nodes[:, 0]]), self.loops([nodes[0]])

    # -- sums of products -----------------------------------------------------------------------

    def _lower_sums(self, members: Any) -> None:
        """Sort the terms by the arrays of their factors; sums with as many of each are alike."""
        sums = [self.graph.args[i] for i in members]
        lane = np.repeat(np.arange(len(sums)), [len(s.lefts) for s in sums])
        c = np.concatenate([s.coefficients for s in sums])
        a = np.concatenate([s.lefts for s in sums])
        b = np.concatenate([s.rights for s in sums])
        origins = np.stack([self._origin(a), self._origin(b)])
        swap = origins[0] < origins[1]  # so that a * b and b * a are alike
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        kinds, first, kind = np.unique(
            np.sort(origins, axis=0), axis=1, return_index=True, return_inverse=True
        )
        kind = kind.ravel()
        counts = np.zeros((kinds.shape[1], len(sums)), dtype=int)
        np.add.at(counts, (kind, lane), 1)
        for part in _alike(counts):
            inside = np.isin(lane, part)
            terms: list[Terms] = []
            present = np.flatnonzero(counts[:, part[0]])
            # as written, but what is summed over first: x @ W.T + b
            for k in sorted(present, key=lambda k: (counts[k, part[0]] == 1, first[k])):
                mine = inside & (kind == k)
                shape = (len(part), -1)
                terms += Terms(*[x[mine].reshape(shape) for x in (c, a, b)]).by_sign()
            constants = np.array([sums[i].constant for i in part])
            self._lower_alike(members[part], constants, terms)

    def _origin(self, nodes: Any) -> Any:
        """For each node its array; a smaller number for a block that is none yet, and for NONE."""
        blocks = self.block_of[nodes]
        origin = np.where(blocks != NOWHERE, -2 - blocks, self.source(nodes))
        return np.where(nodes == NONE, -2 - len(self.blocks), origin)

    def _is_free(self, nodes: Any) -> bool:
        """Whether these are parameters whose order has been left to their first use."""
        return bool(self.block_of[nodes.flat[0]] != NOWHERE)

    def _lower_alike(self, members: Any, constants: Any, terms: list[Terms]) -> None:
        known = [f for term in terms for f in term.factors if not self._is_free(f)]
        if not known:
            for term in terms:
                for factor in term.factors:
                    self.settle(factor)
            known = [f for term in terms for f in term.factors]
        terms = [self._sorted(term) for term in terms]
        rows = [f[:, 0] for term in terms for f in term.factors if not self._is_free(f)]
        order = self._nested_order(rows)
        lanes = order.reshape(self.loops([row[order] for row in rows]))
        order = self._as_stored(lanes, terms).ravel()
        lanes = order.reshape(self.loops([row[order] for row in rows]))  # some may now be one
        parts = [self._product(term.lanes(order), lanes.shape) for term in terms]
        parts = [(c, x) for c, x in parts if c != 0] or parts  # a recurrent net starts from 0
        offset = self._constants(constants[lanes])
        if offset.__class__ is Array:
            parts, offset = [*parts, (1.0, offset)], 0.0
        self._place_lanes(self.program.total(offset, parts), members[order], lanes.shape)

    def _sorted(self, term: Terms) -> Terms:
        """The terms of each sum in an order that they all share, should they not be in one yet."""
        known = [f for f in term.factors if not self._is_free(f)]
        if not known or term.c.shape[1] == 1:
            return term
        addresses = [self.address[f] for f in known]
        offsets = [x - x[:, :1] for x in addresses]
        if all((x == x[:1]).all() for x in offsets):
            if loop_nest(np.array([x[0] for x in offsets])) is not None:
                return term
        shared = min(addresses, key=lambda x: len(np.unique(x)))
        order = np.argsort(shared, axis=1, kind="stable")
        return Terms(*[np.take_along_axis(x, order, axis=1) for x in term])

    def _nested_order(self, rows: Sequence[Any]) -> Any:
        """The order of the lanes: as written, or sorted by their operands if that makes loops."""
        addresses = np.array([self.address[row] for row in rows])
        as_written = np.arange(addresses.shape[1])
        for order in (as_written, np.lexsort(addresses[::-1]), np.lexsort(addresses)):
            if loop_nest(addresses[:, order]) is not None:
                return order
        return as_written

    def _as_stored(self, lanes: Any, terms: Sequence[Terms]) -> Any:
        """The loops over the lanes in the order in which a matrix product gives its result: those
        of both factors, those of the one that differs between examples, and the others."""
        for term in terms:
            if term.c.shape[1] > 1 and len(term.factors) == 2:
                factors = sorted(term.factors, key=lambda f: not self.graph.batched[f.flat[0]])
                one, other = (squeezed(f[lanes, 0])[1] for f in factors)
                place = [2 * (d not in one) + (d not in other) for d in range(lanes.ndim)]
                return lanes.transpose(sorted(range(lanes.ndim), key=place.__getitem__))
        return lanes

    def _product(self, term: Terms, lanes: Sequence[int]) -> tuple[float, Array]:
        """A coefficient, and the sum over the terms, aligned with the loops over the lanes."""
        known = [f for f in term.factors if not self._is_free(f)]
        inner = self.loops([f[0] for f in known]) if known else [term.c.shape[1]]
        if term.c.shape[1] == 1:
            inner = []
        sizes = (*lanes, *inner)
        factors = [self._factor(f.reshape(sizes)) for f in term.factors]
        coefficient = float(term.c.flat[0])
        if (term.c != coefficient).any():
            places, loops = squeezed(term.c.reshape(sizes))
            factors.append(View(self.program.constant(places), loops))
            coefficient = 1.0
        return coefficient, contraction(factors, len(lanes), len(sizes))

    def _factor(self, nodes: Any) -> View:
        """The view of a factor; parameters without an order take that of the loops."""
        if self._is_free(nodes):
            block = self.block_of[nodes.flat[0]]
            places, _ = squeezed(nodes)
            if places.size == len(self.blocks[block]) == len(np.unique(places)):
                self.place_block(block, places)
            else:
                self.settle(nodes)
        return self.operand(nodes)


class Terms(NamedTuple):
    """Terms c * a * b of sums that are alike: arrays of shape (sums, terms of each)."""

    c: Any
    a: Any
    b: Any

    @property
    def factors(self) -> list[Any]:
        """The nodes of the factors; one or two arrays."""
        return [self.a] if self.b.flat[0] == NONE else [self.a, self.b]

    def lanes(self, order: Any) -> Terms:
        return Terms(*[x[order] for x in self])

    def by_sign(self) -> list[Terms]:
        """Apart for each coefficient, if there are two and they are the same in all sums."""
        order = np.argsort(-self.c, axis=1, kind="stable")
        c, a, b = (np.take_along_axis(x, order, axis=1) for x in self)
        values = np.unique(c)
        if len(values) != 2 or (c != c[0]).any():
            return [self]
        cut = int((c[0] == values[1]).sum())
        return [
            Terms(c[:, :cut], a[:, :cut], b[:, :cut]),
            Terms(c[:, cut:], a[:, cut:], b[:, cut:]),
        ]


def contraction(factors: Sequence[View], lanes: int, loops: int) -> Array:
    """The product of the factors, summed over the loops from `lanes` on, aligned with the rest."""
    while len(factors) > 2 or (len(factors) == 2 and lanes == loops):
        factors = [_multiplied(factors[0], factors[1]), *factors[2:]]
    if lanes == loops:
        return factors[0].aligned(lanes)
    letters = ["b" * f.array.is_batched + "".join(LETTERS[d] for d in f.loops) for f in factors]
    kept = sorted({d for f in factors for d in f.loops if d < lanes})
    batch = "b" * any(f.array.is_batched for f in factors)
    out = batch + "".join(LETTERS[d] for d in kept)
    program = factors[0].array.program
    total = program.contract(f"{','.join(letters)}->{out}", *[f.array for f in factors])
    return View(total, tuple(kept)).aligned(lanes)


def _multiplied(one: View, other: View) -> View:
    loops = tuple(sorted({*one.loops, *other.loops}))
    aligned = [
        View(v.array, tuple(map(loops.index, v.loops))).aligned(len(loops)) for v in (one, other)
    ]
    product = aligned[0] * aligned[1]
    batch = product.shape[: product.is_batched]
    sizes = {
        d: n for v in (one, other) for d, n in zip(v.loops, v.array.shape[v.array.is_batched :])
    }
    return View(product.program.broadcast(product, (*batch, *[sizes[d] for d in loops])), loops)


def _alike(columns: Any) -> list[Any]:
    """The lanes with equal columns, together; in the order of their first."""
    _, first, inverse = np.unique(columns, axis=1, return_index=True, return_inverse=True)
    return [np.flatnonzero(inverse.ravel() == i) for i in np.argsort(first)]
