"""Padding: elements that no scalar node is, which make ragged groups rectangular.

Position t of causal attention has t + 1 scores. So two positions have three scores, a triangle,
which become the square [[s0, PADDING], [s1, s2]]. What is in the padding does not matter as long as
nobody adds it up: where a sum or a list reads it, it is replaced by 0 or by LEAST.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..scalars import IEEE
from .affine import squeezed
from .arithmetic import RELATIONS, SELECT
from .arrays import Array
from .identities import ieee
from .views import View, spread

if TYPE_CHECKING:
    from .layout import Layout

PADDING = -1  # in an array of nodes: here is none
DENSE = 3  # padding may make an array no more than so many times as large
LEAST = -1e36  # what short lists are filled with: exp(LEAST) is 0, and 0 * LEAST no nan
LARGE = 1e34  # beside what is larger than this, other terms do not matter


def chosen(x: Any, grid: Any, other: Any = PADDING) -> Any:
    """x[grid], and `other` in the padding of the grid; numbers keep any number there.

    >>> chosen(np.array([7, 8, 9]), np.array([[0, PADDING], [1, 2]]))
    array([[ 7, -1],
           [ 8,  9]])
    """
    found = np.array(x[grid])
    if x.dtype.kind == "i" or other is not PADDING:
        found[grid == PADDING] = other
    return found


def completed(addresses: Any, valid: Any, size: int) -> Any:
    """Addresses of which only the valid ones matter; the others as the loops lead to them.

    They stay within an array of this size. If the loops would leave it, or are none, the others
    are the first that is valid.

    >>> completed(np.array([[0, 1, 2], [4, -1, -1]]), np.array([[1, 1, 1], [1, 0, 0]]) > 0, 8)
    array([[0, 1, 2],
           [4, 5, 6]])
    """
    first = np.unravel_index(int(valid.argmax()), addresses.shape)
    affine = np.full(addresses.shape, addresses[first])
    for d, n in enumerate(addresses.shape):
        near, far = (np.take(addresses, range(k, n - 1 + k), axis=d) for k in (0, 1))
        both = np.take(valid, range(n - 1), axis=d) & np.take(valid, range(1, n), axis=d)
        step = (far - near)[both][0] if both.any() else 0
        counter = np.arange(n) - first[d]
        affine += step * counter.reshape([-1 if d == i else 1 for i in range(addresses.ndim)])
    if (affine == addresses)[valid].all() and 0 <= affine.min() and affine.max() < size:
        return affine
    return np.where(valid, addresses, addresses[first])


def is_missing(nodes: Any, grid: Any) -> Any:
    """Where a list or a sum is shorter than others: PADDING in a row of nodes that has some.

    >>> is_missing(np.array([[3, 4], [5, PADDING], [PADDING, PADDING]]), np.array([0, 1, PADDING]))
    array([[False, False],
           [False,  True],
           [False, False]])
    """
    return (nodes == PADDING) & (grid != PADDING).reshape(
        (*grid.shape, *[1] * (nodes.ndim - grid.ndim))
    )


def masked(layout: Layout, x: Array, mask: Any, other: float) -> Array:
    """x where the mask, of an element for each position of a nest, holds, and elsewhere `other`."""
    result: Array = SELECT[">"].apply((layout.constants(mask.astype(float)), 0, x, other))
    return result


def filled(layout: Layout, x: Array, mask: Any, array: Array, addresses: Any) -> Array:
    """x where the mask holds, else LEAST, whose exponential is 0.

    If x is all of an array, and the mask says which of its elements are nodes, then the layout has
    the filled array instead, so that others read it filled, too.
    """
    x = masked(layout, x, mask, LEAST)
    if np.array_equal(addresses.ravel(), np.arange(array.size)) and array in layout.arrays:
        s = layout.arrays.index(array)
        if np.array_equal(layout.nodes[s] == PADDING, ~mask.ravel()):
            layout.arrays[s], layout.padding[s] = x, LEAST
    return x


def zero_where(layout: Layout, missing: Any, factor: View, sizes: Sequence[int]) -> View:
    """The factor of a sum of products, but 0 for terms that a shorter sum does not have."""
    loops = tuple(sorted({*factor.loops, *squeezed(missing)[1]}))
    mask = ~missing[tuple(slice(None) if d in loops else 0 for d in range(missing.ndim))]
    x = masked(layout, factor.within(loops), mask, 0.0)
    return View(spread(x, [sizes[d] for d in loops]), loops)


def is_zero_at(layout: Layout, nodes: Any, missing: Any) -> bool:
    """Whether the array of the nodes is known to be 0 in that of its padding which is read."""
    if layout.is_free(nodes) or layout.in_padding(nodes) != 0:
        return False
    s = layout.source(nodes[nodes != PADDING][:1])[0]
    array, addresses = layout.located(nodes)
    return array is layout.arrays[s] and bool(
        (layout.nodes[s][addresses[missing]] == PADDING).all()
    )


def result(op: Any, known: float | None) -> float | None:
    """What an operation on one operand makes of what is in the padding of its array, if that is
    known, and if its derivative is finite there, so that a gradient of 0 stays 0.

    >>> from autograd_mini import exp, log
    >>> result(exp, LEAST), result(log, 0.0), result(exp, None)
    (0.0, None, None)
    """
    if known is None:
        return None
    y = ieee(op, [known])
    slope = float(op.partial(0, [IEEE(known)], IEEE(y)))
    return y if math.isfinite(y) and math.isfinite(slope) else None


def safe_operands(op: Any) -> list[float]:
    """A point within the domain of an operation, and away from its edges."""
    if op in RELATIONS:
        return [1.0] * 4
    points = []
    for interval in op.domain:
        low, high = interval.low, interval.high
        if not math.isfinite(low):
            low = high - 2 if math.isfinite(high) else 0.0
        points.append((low + high) / 2 if math.isfinite(high) else low + 1)
    return points
