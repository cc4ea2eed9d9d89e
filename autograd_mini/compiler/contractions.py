"""Contractions, found in sums of products.

The terms c * a * b of all sums of one class are sorted by the arrays of their factors a and b. Such
factors are read in loops, over the sums and over the terms of each. A loop that both factors depend
on, and the sums do not, is summed over: it is contracted. With x of shape (2,) and W of (3, 2), the
sums W[i, 0] * x[0] + W[i, 1] * x[1] + b[i] are two kinds of terms: products of W and x, in loops
over i and j, of which j is contracted; and b, in a loop over i. So they are x @ W.T + b.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, combinations
from typing import Any, NamedTuple

import numpy as np

from . import padding
from .affine import loop_nest, squeezed
from .arrays import Array
from .layout import NOWHERE, Layout, alike
from .nodes import NONE
from .padding import DENSE, LARGE, PADDING, chosen
from .views import View, spread

LETTERS = "ijklmnopqrstuvwxyz"


def lower_sums(layout: Layout, members: Any) -> None:
    """Make the arrays of sums of one class: one for those with the same kinds of terms.

    The kind of a term is the arrays of its factors. Sums with unequal numbers of terms of a kind
    are one array if padding makes them equal; else they are apart.
    """
    sums = [layout.graph.args[i] for i in members]
    owner = np.repeat(np.arange(len(sums)), [len(s.lefts) for s in sums])  # the sum of each term
    c = np.fromiter(chain.from_iterable(s.coefficients for s in sums), float)
    a = np.fromiter(chain.from_iterable(s.lefts for s in sums), int)
    b = np.fromiter(chain.from_iterable(s.rights for s in sums), int)
    origins = np.stack([_origin(layout, a), _origin(layout, b)])
    swap = origins[0] < origins[1]  # so that a * b and b * a are alike
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    pairs = np.sort(origins, axis=0)
    codes = (pairs[0] - pairs.min()) * (np.ptp(pairs) + 1) + pairs[1]
    _, first, kind = np.unique(codes, return_index=True, return_inverse=True)
    kinds = pairs[:, first]
    counts = np.zeros((kinds.shape[1], len(sums)), dtype=int)
    np.add.at(counts, (kind, owner), 1)
    constants = np.array([s.constant for s in sums])
    for part in alike((counts > 0).astype(int)):
        parts = [part]
        while parts:
            part = parts.pop(0)
            inside = np.isin(owner, part)
            terms: list[Terms] = []
            present = np.flatnonzero(counts[:, part[0]])
            # as written, but what is summed over first: x @ W.T + b
            for k in sorted(present, key=lambda k: (counts[k, part].max() == 1, first[k])):
                mine = inside & (kind == k)
                row = np.searchsorted(part, owner[mine])
                terms += Terms.of_sums(len(part), row, c[mine], a[mine], b[mine]).by_sign()
            if all(term.can_be_filled for term in terms):
                _lower_alike(layout, members[part], constants[part], terms)
            else:  # as many terms of each kind
                parts += [part[same] for same in alike(counts[:, part])]


def _origin(layout: Layout, nodes: Any) -> Any:
    """For each node its array; a smaller number for a block that is none yet, and for NONE."""
    blocks = layout.block_of[nodes]
    origin = np.where(blocks != NOWHERE, -2 - blocks, layout.source(nodes))
    return np.where(nodes == NONE, -2 - len(layout.blocks), origin)


class Terms(NamedTuple):
    """Terms c * a * b of one kind: arrays of shape (sums, terms of each)."""

    c: Any
    a: Any
    b: Any

    @property
    def factors(self) -> list[Any]:
        """The nodes of the factors; one or two arrays."""
        return [self.a, self.b] if (self.b != NONE).any() else [self.a]

    @classmethod
    def of_sums(cls, count: int, owner: Any, c: Any, a: Any, b: Any) -> Terms:
        """A row for each of so many sums, from the sum that each term belongs to. The terms of a
        shorter sum are beside those of a longer one that have a factor in common, and PADDING is
        where there is none.

        >>> one = np.ones(3)
        >>> Terms.of_sums(2, np.array([0, 0, 1]), one, np.array([7, 8, 8]), np.array([4, 5, 5])).a
        array([[ 7,  8],
               [-1,  8]])
        """
        counts = np.bincount(owner, minlength=count)
        longest = int(counts.max())
        order = np.argsort(owner, kind="stable")
        owner, c, a, b = owner[order], c[order], a[order], b[order]
        slot = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        if (counts < longest).any():
            slot = _common_slots(owner, counts[owner] == longest, slot, a, b)
        rows = [np.zeros((count, longest)), *[np.full((count, longest), PADDING) for _ in "ab"]]
        for row, x in zip(rows, (c, a, b)):
            row[owner, slot] = x
        return cls(*rows)

    @property
    def is_ragged(self) -> bool:
        return bool((self.a == PADDING).any())

    @property
    def can_be_filled(self) -> bool:
        """Whether too few terms are missing to matter, and some column has one of every sum."""
        there = self.a != PADDING
        return bool(DENSE * there.sum() >= there.size and there.all(axis=0).any())

    def full_row(self) -> int:
        """A sum without PADDING."""
        return int((self.a != PADDING).all(axis=1).argmax())

    def full_column(self) -> int:
        """A column without PADDING; the first, if there is none."""
        return int((self.a != PADDING).all(axis=0).argmax())

    def by_sign(self) -> list[Terms]:
        """Apart for each coefficient, if there are two and they are the same in all sums."""
        if self.is_ragged or (self.c == self.c.flat[0]).all():
            return [self]
        order = np.argsort(-self.c, axis=1, kind="stable")
        ordered = Terms(*[np.take_along_axis(x, order, axis=1) for x in self])
        values = np.unique(ordered.c)
        if len(values) != 2 or (ordered.c != ordered.c[0]).any():
            return [self]
        cut = int((ordered.c[0] == values[1]).sum())
        return [Terms(*[x[:, :cut] for x in ordered]), Terms(*[x[:, cut:] for x in ordered])]


def _common_slots(owner: Any, full: Any, slot: Any, a: Any, b: Any) -> Any:
    """Columns for the terms, such that equal factors are in equal ones; as given, if there are none
    such.

    Args:
        owner: the sum of each term.
        full: whether that is one of the longest.
        slot: the columns: 0, 1, .. for the terms of each sum.
        a, b: the factors.
    """
    for factor in (a, b):
        nodes, where = np.unique(factor[full], return_inverse=True)
        column = np.zeros(len(nodes), dtype=int)
        column[where] = slot[full]
        if (column[where] != slot[full]).any() or not np.isin(factor, nodes).all():
            continue
        common = column[np.searchsorted(nodes, factor)]
        if len(np.unique(np.stack([owner, common]), axis=1).T) == len(owner):
            return common
    return slot


# -- sums that are one array --------------------------------------------------------------------


def _lower_alike(layout: Layout, members: Any, constants: Any, terms: list[Terms]) -> None:
    """Make the array of sums with the same kinds of terms: constant + the sum of a contraction for
    each kind."""
    known = [f for term in terms for f in term.factors if not layout.is_free(f)]
    for term in terms:
        if not known or term.is_ragged:
            for factor in term.factors:
                layout.allocate(factor[factor != PADDING])
    terms = [_sorted(layout, term) for term in terms]
    columns = [term.full_column() for term in terms]
    rows = [
        f[:, k] for term, k in zip(terms, columns) for f in term.factors if not layout.is_free(f)
    ]
    grid = layout.nest(rows, as_written=any(term.c.shape[1] > 1 for term in terms))
    grid = _as_stored(layout, grid, terms)
    if not (grid == PADDING).any():  # some loops may now be one
        order = grid.ravel()
        grid = order.reshape(layout.loops([row[order] for row in rows]))
    parts = [_product(layout, term, grid) for term in terms]
    # a recurrent net starts from 0; but an input may be nan
    parts = [(c, x) for c, x in parts if c != 0 or x.is_batched] or parts
    offset = layout.constants(chosen(constants, grid, constants[0]))
    if offset.__class__ is Array:
        parts, offset = [*parts, (1.0, offset)], 0.0
    large = [
        float(term.c.flat[0]) * x
        for term in terms
        if len(term.factors) == 1 and (x := layout.in_padding(term.factors[0])) is not None
    ]
    in_padding = next((x for x in large if abs(x) > LARGE), None)
    total = layout.program.total(offset, parts)
    layout.assign_nest(total, chosen(members, grid), in_padding)


def _sorted(layout: Layout, term: Terms) -> Terms:
    """The terms of each sum in an order that they all share, should they not be in one yet.

    x[0] * W[0, 0] + x[1] * W[0, 1] and x[1] * W[1, 1] + x[0] * W[1, 0]: the terms of the second are
    exchanged, in the order of the x that both read.
    """
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


def _as_stored(layout: Layout, grid: Any, terms: Sequence[Terms]) -> Any:
    """The loops over the sums in the order in which a matrix product gives its result: those of
    both factors, those of the one that differs between examples, and the others.

    For queries q of shape (head, position, d) and keys k, the scores q[h, s] . k[h, t] have the
    loops h, which both depend on; s, of q alone; and t, of k: as in a stack of products q @ k.T.
    Since both differ between examples, s and t are in the order in which they are written.
    """
    for term in terms:
        if term.c.shape[1] > 1 and len(term.factors) == 2:
            k = term.full_column()
            factors = [chosen(f[:, k], grid) for f in term.factors]
            factors.sort(key=lambda f: not layout.graph.batched[f[f != PADDING][0]])
            one, other = (
                squeezed(f if layout.is_free(f) else layout.located(f)[1])[1] for f in factors
            )
            weight = 1 if all(layout.graph.batched[f[f != PADDING][0]] for f in factors) else 2
            rank = [weight * (d not in one) + (d not in other) for d in range(grid.ndim)]
            return grid.transpose(sorted(range(grid.ndim), key=rank.__getitem__))
    return grid


def _product(layout: Layout, term: Terms, grid: Any) -> tuple[float, Array]:
    """A coefficient, and the sum over the terms, aligned with the loops over the sums.

    Terms with other coefficients than one have these as a factor, which is an array.
    """
    known = [f for f in term.factors if not layout.is_free(f)]
    full = term.full_row()
    inner = [term.c.shape[1]] if term.c.shape[1] > 1 else []
    if inner and known:
        inner = layout.loops([f[full] for f in known])
    sizes = (*grid.shape, *inner)
    nodes = [chosen(f, grid).reshape(sizes) for f in term.factors]
    c = chosen(term.c, grid, term.c[full]).reshape(sizes)
    missing = padding.is_missing(nodes[0], grid)
    coefficient = float(term.c[full].flat[0])
    factors = [_factor(layout, x) for x in nodes]
    if missing.any():
        c = np.where(missing, coefficient, c)
        if not any(padding.is_zero_at(layout, x, missing) for x in nodes):
            factors[0] = padding.zero_where(layout, missing, factors[0], sizes)
    if np.array_equal(c, np.full_like(c, coefficient), equal_nan=True):
        return coefficient, contraction(factors, grid.ndim, len(sizes))
    distinct, loops = squeezed(c)
    scale = View(layout.program.constant(distinct), loops)
    if all(d < grid.ndim for d in loops):
        return 1.0, contraction(factors, grid.ndim, len(sizes)) * scale.aligned(grid.ndim)
    return 1.0, contraction([*factors, scale], grid.ndim, len(sizes))


def _factor(layout: Layout, nodes: Any) -> View:
    """The view of a factor; parameters without an order take that of the loops."""
    if layout.is_free(nodes):
        block = layout.block_of[nodes.flat[0]]
        distinct, _ = squeezed(nodes)
        if distinct.size == len(layout.blocks[block]) == len(np.unique(distinct)):
            layout.allocate_block(block, distinct)
        else:
            layout.allocate(nodes)
    return layout.operand(nodes)


def contraction(factors: Sequence[View], outer: int, loops: int) -> Array:
    """The product of the factors, summed over the loops from `outer` on, aligned with the rest.

    Of factors in the loops (0, 1) and (1,), of W[i, j] and x[j], with outer=1 and loops=2: the
    array of shape (n, 3) which is contract "ij,bj->bi".
    """
    while len(factors) > 2 or (len(factors) == 2 and outer == loops):
        pairs = combinations(range(len(factors)), 2)
        i, j = min(pairs, key=lambda pair: len({*factors[pair[0]].loops, *factors[pair[1]].loops}))
        rest = [f for k, f in enumerate(factors) if k not in (i, j)]
        factors = [_multiplied(factors[i], factors[j]), *rest]
    if outer == loops:
        return factors[0].aligned(outer)
    letters = ["b" * f.array.is_batched + "".join(LETTERS[d] for d in f.loops) for f in factors]
    kept = sorted({d for f in factors for d in f.loops if d < outer})
    batch = "b" * any(f.array.is_batched for f in factors)
    out = batch + "".join(LETTERS[d] for d in kept)
    program = factors[0].array.program
    total = program.contract(f"{','.join(letters)}->{out}", *[f.array for f in factors])
    return View(total, tuple(kept)).aligned(outer)


def _multiplied(one: View, other: View) -> View:
    loops = tuple(sorted({*one.loops, *other.loops}))
    sizes = {d: n for v in (one, other) for d, n in zip(v.loops, v.array.example_shape)}
    product = one.within(loops) * other.within(loops)
    return View(spread(product, [sizes[d] for d in loops]), loops)
