"""Arrays of addresses that are affine in loops, and which views these are.

address = base + s1 * i1 + s2 * i2 + ..
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .arrays import Shape


def loop_nest(rows: Any) -> list[int] | None:
    """Sizes of nested loops, outermost first, in whose counters every row is affine.

    Args:
        rows: addresses, of shape (operands, elements).

    Returns:
        The sizes, whose product is the number of elements; None if there are no such loops.

    >>> loop_nest(np.array([[0, 1, 2, 10, 11, 12], [5, 5, 5, 6, 6, 6]]))
    [2, 3]
    """
    sizes: list[int] = []
    while rows.shape[1] > 1:
        steps = np.diff(rows, axis=1)
        breaks = np.flatnonzero((steps != steps[:, :1]).any(axis=0)) + 1
        size = int(np.gcd.reduce(breaks, initial=rows.shape[1]))
        if size == 1:
            return None
        sizes.insert(0, size)
        rows = rows[:, ::size]
    return sizes


def refined(sizes: Sequence[int], rows: Any, shapes: Sequence[Shape]) -> list[int]:
    """The loops, split where one runs over several axes of an array, of which there is one a row.

    >>> refined([6], np.array([[0, 1, 2, 3, 4, 5]]), [(2, 3)])
    [2, 3]
    """
    result = list(sizes)
    for row, shape in zip(rows, shapes):
        split = []
        addresses = row.reshape(result)
        for d, size in enumerate(result):
            step = addresses.take(1, d).flat[0] - addresses.flat[0] if size > 1 else 0
            split += _split(size, abs(int(step)), shape)
        result = split
    return result


def _split(size: int, step: int, shape: Shape) -> list[int]:
    """The loop as loops over axes, where it passes whole ones.

    >>> _split(6, 1, (4, 3)), _split(4, 3, (4, 3))
    ([2, 3], [4])
    """
    inner = 1
    pieces: list[int] = []
    for n in reversed(shape):
        if step and inner % step == 0 and inner > step:
            piece = inner // step // math.prod(pieces)
            rest = size // math.prod(pieces)
            if piece > 1 and rest % piece == 0 and rest > piece:
                pieces.insert(0, piece)
        inner *= n
    return [size // math.prod(pieces), *pieces]


class Cut(NamedTuple):
    """A view of the elements of an array: it is reshaped, sliced along each axis, and transposed.

    Attributes:
        shape: in which it is cut; longer by one than what remains if of the numbers between two
            strides one is taken.
        slices: (first, length, step) along each axis.
        order: of the axes that remain.
    """

    shape: Shape
    slices: tuple[tuple[int, int, int], ...]
    order: tuple[int, ...]


def cut(total: int, base: int, sizes: Shape, strides: Sequence[int]) -> Cut | None:
    """How to get the elements at base + the sum of stride * counter of `total`, if they are a view;
    the array is cut into axes as long as the strides are far apart.

    >>> cut(6, 4, (3, 2), (-2, 1))
    Cut(shape=(3, 2), slices=((2, 3, -1), (0, 2, 1)), order=(0, 1))
    """
    outermost = tuple(sorted(range(len(sizes)), key=lambda d: -abs(strides[d])))
    order = tuple(map(outermost.index, range(len(sizes))))
    low = base + sum((n - 1) * step for n, step in zip(sizes, strides) if step < 0)
    shape, slices, above = [], [], total
    for d in outermost:
        step, n = abs(strides[d]), sizes[d]
        start = low % above // step
        if above % step or start + n > above // step:
            return None
        shape.append(above // step)
        slices.append((start, n, 1) if strides[d] > 0 else (start + n - 1, n, -1))
        above = step
    if above > 1:  # of the numbers between two strides, one
        shape.append(above)
        slices.append((low % above, 1, 1))
    return Cut(tuple(shape), tuple(slices), order)


def squeezed(x: Any) -> tuple[Any, tuple[int, ...]]:
    """Addresses or numbers without the loops that they do not depend on, and the loops they do.

    >>> squeezed(np.array([[3, 4], [3, 4]]))
    (array([3, 4]), (1,))
    """
    loops = [d for d in range(x.ndim) if (x != x.take([0], d)).any()]
    at = tuple(slice(None) if d in loops else 0 for d in range(x.ndim))
    return x[at], tuple(loops)


def affine(addresses: Any) -> tuple[int, tuple[int, ...]] | None:
    """Base and strides of addresses that are affine in the loops, on each of which they depend."""
    base = int(addresses.flat[0])
    steps = tuple(int(addresses.take(1, d).flat[0]) - base for d in range(addresses.ndim))
    counted = base + sum(
        (step * np.arange(n)).reshape([-1 if d == i else 1 for i in range(addresses.ndim)])
        for d, (step, n) in enumerate(zip(steps, addresses.shape))
    )
    return (base, steps) if np.array_equal(counted, addresses) and all(steps) else None


def affine_cut(addresses: Any, total: int) -> Cut | None:
    """How to get these of `total` elements, if they are a view; a single loop may have any step.

    >>> affine_cut(np.array([5, 3, 1]), 6)
    Cut(shape=(6,), slices=((5, 3, -2),), order=(0,))
    """
    if min(addresses.shape, default=1) < 2 or (found := affine(addresses)) is None:
        return None
    base, steps = found
    if len(steps) == 1:
        return Cut((total,), ((base, len(addresses), *steps),), (0,))
    return cut(total, base, addresses.shape, steps)


class Patches(NamedTuple):
    """Windows that slide over a view of an array's elements.

    Attributes:
        cut: the view, whose axes stay in their order.
        windows: (axis, length, step) of each; they become the last axes.
        order: of all axes, at last.
    """

    cut: Cut
    windows: tuple[tuple[int, int, int], ...]
    order: tuple[int, ...]


def patches(addresses: Any, total: int) -> Patches | None:
    """How to get these of `total` elements, if they overlap as the patches of a convolution do.

    >>> patches(np.array([[0, 1, 2], [2, 3, 4]]), 5).windows
    ((0, 3, 2),)
    """
    found = affine(addresses)
    if found is None or min(found[1]) < 0:
        return None
    base, steps = found
    left = sorted(range(addresses.ndim), key=lambda d: (steps[d], -d))  # windows are within
    over: dict[int, int] = {}  # which loop a window slides along
    for d in left:
        further = [
            e for e in left if steps[e] % steps[d] == 0 and e != d and e not in over.values()
        ]
        near = [e for e in further if steps[e] < steps[d] * addresses.shape[d]]
        if near and d not in over.values():
            over[d] = near[0]
    whole = [d for d in range(addresses.ndim) if d not in over.values()]
    sizes = [
        addresses.shape[d]
        + ((addresses.shape[over[d]] - 1) * steps[over[d]] // steps[d] if d in over else 0)
        for d in whole
    ]
    strides = [steps[d] for d in whole]
    made = cut(total, base, tuple(sizes), strides)
    if made is None:
        return None
    axes = [whole[made.order.index(i)] for i in range(len(whole))]  # the loop of each axis
    slid = [d for d in axes if d in over]
    windows = tuple((axes.index(d), addresses.shape[d], steps[over[d]] // steps[d]) for d in slid)
    there = [*[over.get(d, d) for d in axes], *slid]
    return Patches(made, windows, tuple(map(there.index, range(addresses.ndim))))
