"""Sums of products as contractions.

The terms of all sums of one kind are sorted by the arrays of their factors. The factors of such
terms are read in loops, over the sums and over the terms of each: what both strides say is whether
that is a matrix product, a stack of them, a convolution, or a product number by number.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from .arrays import Array
from .layout import DENSE, HOLE, NOWHERE, Layout, alike, at
from .nodes import NONE
from .views import View, loop_nest, spread, squeezed

LETTERS = "ijklmnopqrstuvwxyz"
LARGE = 1e34


def lower_sums(layout: Layout, members: Any) -> None:
    """Sort the terms by the arrays of their factors; sums of the same kinds are alike."""
    sums = [layout.graph.args[i] for i in members]
    lane = np.repeat(np.arange(len(sums)), [len(s.lefts) for s in sums])
    c = np.concatenate([s.coefficients for s in sums])
    a = np.concatenate([s.lefts for s in sums])
    b = np.concatenate([s.rights for s in sums])
    origins = np.stack([_origin(layout, a), _origin(layout, b)])
    swap = origins[0] < origins[1]  # so that a * b and b * a are alike
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    kinds, first, kind = np.unique(
        np.sort(origins, axis=0), axis=1, return_index=True, return_inverse=True
    )
    kind = kind.ravel()
    counts = np.zeros((kinds.shape[1], len(sums)), dtype=int)
    np.add.at(counts, (kind, lane), 1)
    constants = np.array([s.constant for s in sums])
    for part in alike((counts > 0).astype(int)):
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
                _lower_alike(layout, members[part], constants[part], terms)
            else:  # as many terms of each kind
                parts += [part[same] for same in alike(counts[:, part])]


def _origin(layout: Layout, nodes: Any) -> Any:
    """For each node its array; a smaller number for a block that is none yet, and for NONE."""
    blocks = layout.block_of[nodes]
    origin = np.where(blocks != NOWHERE, -2 - blocks, layout.source(nodes))
    return np.where(nodes == NONE, -2 - len(layout.blocks), origin)


def _lower_alike(layout: Layout, members: Any, constants: Any, terms: list[Terms]) -> None:
    known = [f for term in terms for f in term.factors if not layout.is_free(f)]
    for term in terms:
        if not known or term.is_ragged:
            for factor in term.factors:
                layout.settle(factor[factor != HOLE])
    terms = [_sorted(layout, term) for term in terms]
    columns = [term.column() for term in terms]
    rows = [
        f[:, k] for term, k in zip(terms, columns) for f in term.factors if not layout.is_free(f)
    ]
    lanes = layout.nest(rows, as_written=any(term.c.shape[1] > 1 for term in terms))
    lanes = _as_stored(layout, lanes, terms)
    if not (lanes == HOLE).any():  # some loops may now be one
        order = lanes.ravel()
        lanes = order.reshape(layout.loops([row[order] for row in rows]))
    parts = [_product(layout, term, lanes) for term in terms]
    # a recurrent net starts from 0; but an input may be nan
    parts = [(c, x) for c, x in parts if c != 0 or x.is_batched] or parts
    offset = layout.constants(at(constants, lanes, constants[0]))
    if offset.__class__ is Array:
        parts, offset = [*parts, (1.0, offset)], 0.0
    large = [  # what is beside it does not matter
        float(term.c.flat[0]) * hole
        for term in terms
        if len(term.factors) == 1 and (hole := layout.hole(term.factors[0])) is not None
    ]
    hole = next((x for x in large if abs(x) > LARGE), None)
    total = layout.program.total(offset, parts)
    layout.place_lanes(total, at(members, lanes), hole)


def _sorted(layout: Layout, term: Terms) -> Terms:
    """The terms of each sum in an order that they all share, should they not be in one yet."""
    known = [f for f in term.factors if not layout.is_free(f)]
    if not known or term.c.shape[1] == 1 or term.is_ragged:
        return term
    addresses = [layout.address[f] for f in known]
    offsets = [x - x[:, :1] for x in addresses]
    if (
        all((x == x[:1]).all() and (x >= 0).all() for x in offsets)
        and loop_nest(np.array([x[0] for x in offsets])) is not None
    ):
        return term
    shared = min(addresses, key=lambda x: len(np.unique(x)))
    order = np.argsort(shared, axis=1, kind="stable")
    return Terms(*[np.take_along_axis(x, order, axis=1) for x in term])


def _as_stored(layout: Layout, lanes: Any, terms: Sequence[Terms]) -> Any:
    """The loops over the lanes in the order in which a matrix product gives its result: those
    of both factors, those of the one that differs between examples, and the others."""
    for term in terms:
        if term.c.shape[1] > 1 and len(term.factors) == 2:
            k = term.column()
            factors = [at(f[:, k], lanes) for f in term.factors]
            factors.sort(key=lambda f: not layout.graph.batched[f[f != HOLE][0]])
            one, other = (
                squeezed(f if layout.is_free(f) else layout.places(f)[1])[1] for f in factors
            )
            place = [2 * (d not in one) + (d not in other) for d in range(lanes.ndim)]
            return lanes.transpose(sorted(range(lanes.ndim), key=place.__getitem__))
    return lanes


def _product(layout: Layout, term: Terms, lanes: Any) -> tuple[float, Array]:
    """A coefficient, and the sum over the terms, aligned with the loops over the lanes."""
    known = [f for f in term.factors if not layout.is_free(f)]
    inner = [term.c.shape[1]]
    if term.c.shape[1] == 1:
        inner = []
    elif known:
        longest = term.full_lane()
        inner = layout.loops([f[longest] for f in known])
    sizes = (*lanes.shape, *inner)
    nodes = [at(f, lanes).reshape(sizes) for f in term.factors]
    c = at(term.c, lanes, term.c[term.full_lane()]).reshape(sizes)
    short = (nodes[0] == HOLE) & (lanes != HOLE).reshape((*lanes.shape, *[1] * len(inner)))
    coefficient = float(term.c[term.full_lane()].flat[0])
    factors = [_factor(layout, x) for x in nodes]
    if short.any():
        c = np.where(short, coefficient, c)
        if not any(_is_zero_at(layout, x, short) for x in nodes):
            factors[0] = _zero_where(layout, short, factors[0], sizes)
    if np.array_equal(c, np.full_like(c, coefficient), equal_nan=True):
        return coefficient, contraction(factors, lanes.ndim, len(sizes))
    places, loops = squeezed(c)
    scale = View(layout.program.constant(places), loops)
    if all(d < lanes.ndim for d in loops):
        return 1.0, contraction(factors, lanes.ndim, len(sizes)) * scale.aligned(lanes.ndim)
    return 1.0, contraction([*factors, scale], lanes.ndim, len(sizes))


def _is_zero_at(layout: Layout, nodes: Any, short: Any) -> bool:
    """Whether the array of the nodes is known to be 0 in those of its holes that are read."""
    if layout.is_free(nodes) or layout.hole(nodes) != 0:
        return False
    s = layout.source(nodes[nodes != HOLE][:1])[0]
    array, places = layout.places(nodes)
    return array is layout.arrays[s] and bool((layout.nodes[s][places[short]] == HOLE).all())


def _factor(layout: Layout, nodes: Any) -> View:
    """The view of a factor; parameters without an order take that of the loops."""
    if layout.is_free(nodes):
        block = layout.block_of[nodes.flat[0]]
        places, _ = squeezed(nodes)
        if places.size == len(layout.blocks[block]) == len(np.unique(places)):
            layout.place_block(block, places)
        else:
            layout.settle(nodes)
    return layout.operand(nodes)


def _zero_where(layout: Layout, short: Any, factor: View, sizes: Sequence[int]) -> View:
    """The factor, but 0 for terms that a short sum does not have."""
    loops = tuple(sorted({*factor.loops, *squeezed(short)[1]}))
    mask = ~short[tuple(slice(None) if d in loops else 0 for d in range(short.ndim))]
    x = layout.masked(factor.within(loops), mask, 0.0)
    return View(spread(x, [sizes[d] for d in loops]), loops)


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
    sizes = {
        d: n for v in (one, other) for d, n in zip(v.loops, v.array.shape[v.array.is_batched :])
    }
    product = one.within(loops) * other.within(loops)
    return View(spread(product, [sizes[d] for d in loops]), loops)
