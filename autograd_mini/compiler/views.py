"""Views: the lanes that an operation reads, as a view of the array they lie in.

An operand is given as an array of addresses, one for each place of a loop nest. If they are affine
in the loops' counters, address = base + s1 * i1 + s2 * i2 + .., with strides that do not overlap,
then the operand is a reshape, a slice and a transpose of the array; a loop whose stride is 0 is a
broadcast. What is not affine is gathered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .arrays import Array, ArrayProgram, Shape


class View(NamedTuple):
    """An operand without the loops it does not depend on.

    Attributes:
        array: has an axis for each loop that is kept, in order, after the batch axis if any.
        loops: which loops of the nest these are.
    """

    array: Array
    loops: tuple[int, ...]

    def within(self, loops: Sequence[int]) -> Array:
        """With an axis for each of these loops, of length 1 for those that it does not have."""
        return View(self.array, tuple(map(loops.index, self.loops))).aligned(len(loops))

    def aligned(self, rank: int) -> Array:
        """With axes of length 1 for the other loops, so that NumPy broadcasts it."""
        x = self.array
        batch = x.shape[: x.is_batched]
        sizes = dict(zip(self.loops, x.shape[x.is_batched :]))
        first = 0 if x.is_batched else min(self.loops, default=rank)
        return x.program.reshape(x, (*batch, *[sizes.get(i, 1) for i in range(first, rank)]))


def loop_nest(rows: Any) -> list[int] | None:
    """Sizes of nested loops, outermost first, in whose counters every row is affine.

    Args:
        rows: addresses, of shape (operands, lanes).

    Returns:
        The sizes, whose product is the number of lanes; None if there are no such loops.

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
        places = row.reshape(result)
        for d, size in enumerate(result):
            step = places.take(1, d).flat[0] - places.flat[0] if size > 1 else 0
            split += _split(size, abs(int(step)), shape)
        result = split
    return result


def _split(size: int, step: int, shape: Shape) -> list[int]:
    """The loop as loops over axes, where it passes whole ones."""
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


def strided(x: Array, base: int, sizes: Shape, strides: Sequence[int]) -> Array | None:
    """The view of x's lanes at base + the sum of stride * counter, if it is one; strides > 0.

    The array is cut into axes as long as the strides are far apart, and sliced along each.
    """
    program = x.program
    outermost = sorted(range(len(sizes)), key=lambda d: -strides[d])
    shape, bounds, above = [], [], x.lanes
    for d in outermost:
        start = base % above // strides[d]
        if above % strides[d] or start + sizes[d] > above // strides[d]:
            return None
        shape.append(above // strides[d])
        bounds.append((start, start + sizes[d]))
        above = strides[d]
    if above > 1:  # of the numbers between two strides, one
        shape.append(above)
        bounds.append((base % above, base % above + 1))
    batch = x.shape[: x.is_batched]
    cut = program.reshape(x, (*batch, *shape))
    cut = program.slice(cut, [*[None] * len(batch), *bounds])
    cut = program.reshape(cut, (*batch, *[sizes[d] for d in outermost]))
    order = [len(batch) + outermost.index(d) for d in range(len(sizes))]
    return program.transpose(cut, [*range(len(batch)), *order])


def squeezed(places: Any) -> tuple[Any, tuple[int, ...]]:
    """The places without the loops that they do not depend on, and the loops they do."""
    loops = [d for d in range(places.ndim) if (places != places.take([0], d)).any()]
    at = tuple(slice(None) if d in loops else 0 for d in range(places.ndim))
    return places[at], tuple(loops)


def view(x: Array, addresses: Any) -> View:
    """Lanes of x, counted through its axes, for each place of a loop nest."""
    places, loops = squeezed(addresses)
    if x.lanes == 1:
        return View(x.program.reshape(x, x.shape[: x.is_batched]), ())
    base = int(places.flat[0])
    steps = [int(places.take(1, d).flat[0]) - base for d in range(places.ndim)]
    affine = base + sum(
        (step * np.arange(n)).reshape([-1 if d == i else 1 for i in range(places.ndim)])
        for d, (step, n) in enumerate(zip(steps, places.shape))
    )
    if all(step > 0 for step in steps) and np.array_equal(affine, places):
        found = strided(x, base, places.shape, steps)
        if found is not None:
            return View(found, loops)
    return View(x.program.gather(x, places), loops)


def completed(places: Any, valid: Any, lanes: int) -> Any:
    """Places of which only some matter, the others as the loops lead to them.

    They stay within an array of so many lanes; if the loops would leave it, or are none, the rest
    is at the first place that matters.
    """
    first = np.unravel_index(int(valid.argmax()), places.shape)
    affine = np.full(places.shape, places[first])
    for d, n in enumerate(places.shape):
        near, far = (np.take(places, range(k, n - 1 + k), axis=d) for k in (0, 1))
        both = np.take(valid, range(n - 1), axis=d) & np.take(valid, range(1, n), axis=d)
        step = (far - near)[both][0] if both.any() else 0
        counter = np.arange(n) - first[d]
        affine += step * counter.reshape([-1 if d == i else 1 for i in range(places.ndim)])
    if (affine == places)[valid].all() and 0 <= affine.min() and affine.max() < lanes:
        return affine
    return np.where(valid, places, places[first])


def spread(x: Array, sizes: Sequence[int]) -> Array:
    """x with its axes, but that of the batch, of these sizes."""
    return x.program.broadcast(x, (*x.shape[: x.is_batched], *sizes))


def joined(program: ArrayProgram, arrays: Sequence[Array]) -> Array:
    """The lanes of several arrays, one after another."""
    batched = any(x.is_batched for x in arrays)
    flat = []
    for x in arrays:
        x = program.reshape(x, (*x.shape[: x.is_batched], x.lanes))
        flat.append(program.broadcast(x, (-1, x.lanes)) if batched else x)
    return program.concatenate(flat, int(batched))
