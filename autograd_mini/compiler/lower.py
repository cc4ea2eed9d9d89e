"""Grouping: scalar nodes of one kind become the lanes of one array.

Every node gets an address: the place of its lane among the lanes of all arrays. Groups are lowered
operands first. A group's operands are then arrays of addresses, in which `views` finds the loops
that the scalar code was written with; a sum of products over such loops is a contraction, whichever
of matmul, convolution or attention it may be called.
"""

from __future__ import annotations

import keyword
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from ..primitives import fsum, logsumexp
from .arithmetic import SELECT
from .arrays import Array, ArrayProgram, Shape, ieee
from .blocks import Block
from .canonical import CONSTANT, INPUT, NONE, PARAMETER, Graph
from .views import View, completed, joined, loop_nest, refined, squeezed, view

LETTERS = "ijklmnopqrstuvwxyz"
NOWHERE = -1  # the address of what has none yet
HOLE = -1  # in a nest of nodes a place that has none
DENSE = 3  # lanes are completed to a nest if that makes them no more than so many times as many


class Lowering:
    """The arrays made so far, and where each node's lane is."""

    def __init__(self, graph: Graph, inputs: dict[str, Shape], blocks: Sequence[Block]) -> None:
        self.graph, self.program = graph, ArrayProgram()
        self.address = np.full(len(graph.ops), NOWHERE)
        self.arrays: list[Array] = []
        self.nodes: list[Any] = []  # of each array, the nodes of its lanes
        self.starts: list[int] = []  # the address of its first lane
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
        return refined(sizes, addresses, [self._shape(row) for row in rows])

    def _shape(self, nodes: Any) -> Shape:
        """The shape, without the batch, of the array of the first of the nodes."""
        array = self.arrays[int(self.source(nodes[:1])[0])]
        return array.shape[array.is_batched :]

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
        """The lanes in the loops of the array they read, if they read a good part of it."""
        s = int(np.searchsorted(self.starts, row[0], side="right")) - 1
        array = self.arrays[s]
        places = row - self.starts[s]
        inside = 0 <= places.min() and places.max() < array.lanes
        if not inside or len(np.unique(row)) < len(row) or DENSE * len(row) < array.lanes:
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

    def _constants(self, numbers: Any) -> Any:
        """Plain numbers, as an array aligned with the loops, or as one number."""
        places, loops = squeezed(numbers)
        constant = self.program.constant(places)
        return View(constant, loops).aligned(numbers.ndim) if loops else constant

    def _place_lanes(self, array: Array, members: Any, hole: float | None = None) -> None:
        """Let the members, given for each place of a nest, be the array's lanes."""
        batch = array.shape[: array.is_batched]
        self.place(self.program.broadcast(array, (*batch, *members.shape)), members, hole)

    def _hole(self, nodes: Any) -> float | None:
        """What is in the holes of the array that the nodes lie in, if that is known."""
        return self.holes[int(self.source(nodes[nodes != HOLE][:1])[0])]

    # -- elementwise operations -----------------------------------------------------------------

    def _lower_elementwise(self, op: Any, members: Any) -> None:
        slots = list(zip(*[self.graph.args[i] for i in members]))
        self.settle([x for slot in slots for x in slot if x.__class__ is int])
        columns = [np.array(slot) for slot in slots]
        sources = np.array([self.source(column) for column in columns if _is_nodes(column)])
        for part in _alike(sources):
            lanes = self.nest([column[part] for column in columns if _is_nodes(column)])
            mine = [at(column[part], lanes) for column in columns]
            operands = [
                self.operand(x).aligned(lanes.ndim) if _is_nodes(x) else self._constants(x)
                for x in mine
            ]
            hole = None
            if (lanes == HOLE).any() and _is_nodes(mine[0]):
                hole = self._hole(mine[0])
                if hole is not None:  # of functions of one operand; others may be anything
                    hole = ieee(op, [hole]) if len(mine) == 1 else None
            result = self.program.apply(op, *operands)
            self._place_lanes(result, at(members[part], lanes), hole)

    # -- lists ----------------------------------------------------------------------------------

    def _lower_logsumexps(self, members: Any) -> None:
        lists = [self.graph.args[i] for i in members]
        self.settle([x for operands in lists for x in operands])
        lengths = np.array([len(operands) for operands in lists])
        longest = int(lengths.max())
        together = [np.arange(len(lists))]
        if DENSE * lengths.sum() < longest * len(lists):
            together = _alike(lengths[None])
        for part in together:
            longest = int(lengths[part].max())
            nodes = np.full((len(part), longest), HOLE)
            for row, i in zip(nodes, part):
                row[: lengths[i]] = lists[i]
            lanes = self.nest([nodes[:, 0]])
            terms = self.loops([nodes[int(lengths[part].argmax())]])
            nodes = at(nodes, lanes).reshape((*lanes.shape, *terms))
            array, places = self.places(nodes)
            x = view(array, places).aligned(nodes.ndim)
            batch = x.shape[: x.is_batched]
            x = self.program.broadcast(x, (*batch, *nodes.shape))
            short = (nodes == HOLE) & (lanes != HOLE).reshape((*lanes.shape, *[1] * len(terms)))
            if short.any():
                x = self._masked(x, ~short, array, places)
            x = self.program.reshape(x, (*batch, *lanes.shape, longest))
            self._place_lanes(self.program.logsumexp(x), at(members[part], lanes))

    def _masked(self, x: Array, mask: Any, array: Array, places: Any) -> Array:
        """x where the mask holds, else -inf, whose exponential is 0; others read it so, too."""
        x = SELECT[">"].apply((self._constants(mask.astype(float)), 0, x, -math.inf))
        if np.array_equal(places.ravel(), np.arange(array.lanes)) and array in self.arrays:
            s = self.arrays.index(array)
            nodes = self.nodes[s]
            if np.array_equal((nodes == HOLE), ~mask.ravel()):
                self.arrays[s], self.holes[s] = x, -math.inf
        return x

    # -- sums of products -----------------------------------------------------------------------

    def _lower_sums(self, members: Any) -> None:
        """Sort the terms by the arrays of their factors; sums of the same kinds are alike."""
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
        constants = np.array([s.constant for s in sums])
        for part in _alike((counts > 0).astype(int)):
            parts = [part]
            while parts:
                part = parts.pop(0)
                inside = np.isin(lane, part)
                terms: list[Terms] = []
                present = np.flatnonzero(counts[:, part[0]])
                # as written, but what is summed over first: x @ W.T + b
                for k in sorted(present, key=lambda k: (counts[k, part].max() == 1, first[k])):
                    mine = inside & (kind == k)
                    row = np.searchsorted(part, lane[mine])
                    terms += Terms.of_lanes(len(part), row, c[mine], a[mine], b[mine]).by_sign()
                if all(term.can_be_filled for term in terms):
                    self._lower_alike(members[part], constants[part], terms)
                else:  # as many terms of each kind
                    parts += [part[same] for same in _alike(counts[:, part])]

    def _origin(self, nodes: Any) -> Any:
        """For each node its array; a smaller number for a block that is none yet, and for NONE."""
        blocks = self.block_of[nodes]
        origin = np.where(blocks != NOWHERE, -2 - blocks, self.source(nodes))
        return np.where(nodes == NONE, -2 - len(self.blocks), origin)

    def _is_free(self, nodes: Any) -> bool:
        """Whether these are parameters whose order has been left to their first use."""
        return bool(self.block_of[nodes[nodes != HOLE][0]] != NOWHERE)

    def _lower_alike(self, members: Any, constants: Any, terms: list[Terms]) -> None:
        known = [f for term in terms for f in term.factors if not self._is_free(f)]
        for term in terms:
            if not known or term.is_ragged:
                for factor in term.factors:
                    self.settle(factor[factor != HOLE])
        terms = [self._sorted(term) for term in terms]
        columns = [term.column() for term in terms]
        rows = [
            f[:, k] for term, k in zip(terms, columns) for f in term.factors if not self._is_free(f)
        ]
        lanes = self.nest(rows, as_written=any(term.c.shape[1] > 1 for term in terms))
        lanes = self._as_stored(lanes, terms)
        if not (lanes == HOLE).any():  # some loops may now be one
            order = lanes.ravel()
            lanes = order.reshape(self.loops([row[order] for row in rows]))
        parts = [self._product(term, lanes) for term in terms]
        parts = [(c, x) for c, x in parts if c != 0] or parts  # a recurrent net starts from 0
        offset = self._constants(at(constants, lanes, constants[0]))
        if offset.__class__ is Array:
            parts, offset = [*parts, (1.0, offset)], 0.0
        infinite = [
            float(term.c.flat[0]) * hole
            for term in terms
            if len(term.factors) == 1 and (hole := self._hole(term.factors[0])) is not None
        ]
        hole = next((x for x in infinite if math.isinf(x)), None)
        total = self.program.total(offset, parts)
        self._place_lanes(total, at(members, lanes), hole)

    def _sorted(self, term: Terms) -> Terms:
        """The terms of each sum in an order that they all share, should they not be in one yet."""
        known = [f for f in term.factors if not self._is_free(f)]
        if not known or term.c.shape[1] == 1 or term.is_ragged:
            return term
        addresses = [self.address[f] for f in known]
        offsets = [x - x[:, :1] for x in addresses]
        if (
            all((x == x[:1]).all() for x in offsets)
            and loop_nest(np.array([x[0] for x in offsets])) is not None
        ):
            return term
        shared = min(addresses, key=lambda x: len(np.unique(x)))
        order = np.argsort(shared, axis=1, kind="stable")
        return Terms(*[np.take_along_axis(x, order, axis=1) for x in term])

    def _as_stored(self, lanes: Any, terms: Sequence[Terms]) -> Any:
        """The loops over the lanes in the order in which a matrix product gives its result: those
        of both factors, those of the one that differs between examples, and the others."""
        for term in terms:
            if term.c.shape[1] > 1 and len(term.factors) == 2:
                k = term.column()
                factors = [at(f[:, k], lanes) for f in term.factors]
                factors.sort(key=lambda f: not self.graph.batched[f[f != HOLE][0]])
                one, other = (
                    squeezed(f if self._is_free(f) else self.places(f)[1])[1] for f in factors
                )
                place = [2 * (d not in one) + (d not in other) for d in range(lanes.ndim)]
                return lanes.transpose(sorted(range(lanes.ndim), key=place.__getitem__))
        return lanes

    def _product(self, term: Terms, lanes: Any) -> tuple[float, Array]:
        """A coefficient, and the sum over the terms, aligned with the loops over the lanes."""
        known = [f for f in term.factors if not self._is_free(f)]
        inner = [term.c.shape[1]]
        if term.c.shape[1] == 1:
            inner = []
        elif known:
            longest = term.full_lane()
            inner = self.loops([f[longest] for f in known])
        sizes = (*lanes.shape, *inner)
        nodes = [at(f, lanes).reshape(sizes) for f in term.factors]
        c = at(term.c, lanes, term.c[term.full_lane()]).reshape(sizes)
        short = (nodes[0] == HOLE) & (lanes != HOLE).reshape((*lanes.shape, *[1] * len(inner)))
        coefficient = float(term.c[term.full_lane()].flat[0])
        if short.any() and any(self._is_zero_at(x, short) for x in nodes):
            c = np.where(short, coefficient, c)
        factors = [self._factor(x) for x in nodes]
        if np.array_equal(c, np.full_like(c, coefficient), equal_nan=True):
            return coefficient, contraction(factors, lanes.ndim, len(sizes))
        places, loops = squeezed(c)
        scale = View(self.program.constant(places), loops)
        if all(d < lanes.ndim for d in loops):
            return 1.0, contraction(factors, lanes.ndim, len(sizes)) * scale.aligned(lanes.ndim)
        return 1.0, contraction([*factors, scale], lanes.ndim, len(sizes))

    def _is_zero_at(self, nodes: Any, short: Any) -> bool:
        """Whether the array of the nodes is known to be 0 in those of its holes that are read."""
        if self._is_free(nodes) or self._hole(nodes) != 0:
            return False
        s = self.source(nodes[nodes != HOLE][:1])[0]
        array, places = self.places(nodes)
        return array is self.arrays[s] and bool((self.nodes[s][places[short]] == HOLE).all())

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


def at(x: Any, lanes: Any, hole: Any = HOLE) -> Any:
    """x[lanes], with something else for the holes; numbers keep any number there."""
    found = np.array(x[lanes])
    if x.dtype.kind == "i" or hole is not HOLE:
        found[lanes == HOLE] = hole
    return found


def _is_nodes(x: Any) -> bool:
    return bool(x.dtype.kind == "i")


class Terms(NamedTuple):
    """Terms c * a * b of sums that are alike: arrays of shape (sums, terms of each)."""

    c: Any
    a: Any
    b: Any

    @property
    def factors(self) -> list[Any]:
        """The nodes of the factors; one or two arrays."""
        return [self.a, self.b] if (self.b != NONE).any() else [self.a]

    @classmethod
    def of_lanes(cls, lanes: int, lane: Any, c: Any, a: Any, b: Any) -> Terms:
        """The terms of each lane in a row; those of a shorter sum beside those of a longer one that
        have a factor in common, and HOLE where there is none."""
        counts = np.bincount(lane, minlength=lanes)
        longest = int(counts.max())
        order = np.argsort(lane, kind="stable")
        lane, c, a, b = lane[order], c[order], a[order], b[order]
        slot = np.arange(len(lane)) - np.repeat(np.cumsum(counts) - counts, counts)
        if (counts < longest).any():
            slot = _common_slots(lane, counts[lane] == longest, slot, a, b)
        rows = [np.zeros((lanes, longest)), *[np.full((lanes, longest), HOLE) for _ in "ab"]]
        for row, x in zip(rows, (c, a, b)):
            row[lane, slot] = x
        return cls(*rows)

    @property
    def is_ragged(self) -> bool:
        return bool((self.a == HOLE).any())

    @property
    def can_be_filled(self) -> bool:
        """Whether too few terms are missing to matter, and some place has one in every sum."""
        there = self.a != HOLE
        return bool(DENSE * there.sum() >= there.size and there.all(axis=0).any())

    def full_lane(self) -> int:
        """A lane without holes."""
        return int((self.a != HOLE).all(axis=1).argmax())

    def column(self) -> int:
        """A column without holes; the first, if there is none."""
        return int((self.a != HOLE).all(axis=0).argmax())

    def by_sign(self) -> list[Terms]:
        """Apart for each coefficient, if there are two and they are the same in all sums."""
        if self.is_ragged:
            return [self]
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


def _common_slots(lane: Any, full: Any, slot: Any, a: Any, b: Any) -> Any:
    """Slots such that equal factors are in equal ones; as given, if there are none such."""
    for factor in (a, b):
        nodes, where = np.unique(factor[full], return_inverse=True)
        place = np.zeros(len(nodes), dtype=int)
        place[where] = slot[full]
        if (place[where] != slot[full]).any() or not np.isin(factor, nodes).all():
            continue
        common = place[np.searchsorted(nodes, factor)]
        if len(np.unique(np.stack([lane, common]), axis=1).T) == len(lane):
            return common
    return slot


def contraction(factors: Sequence[View], lanes: int, loops: int) -> Array:
    """The product of the factors, summed over the loops from `lanes` on, aligned with the rest."""
    while len(factors) > 2 or (len(factors) == 2 and lanes == loops):
        pairs = combinations(range(len(factors)), 2)
        i, j = min(pairs, key=lambda pair: len({*factors[pair[0]].loops, *factors[pair[1]].loops}))
        rest = [f for k, f in enumerate(factors) if k not in (i, j)]
        factors = [_multiplied(factors[i], factors[j]), *rest]
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
