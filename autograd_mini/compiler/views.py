"""Views: the elements that an operation reads, as a view of the array they lie in.

An operand is given as an array of addresses, one for each position of a loop nest, which count from
the first element of the array that is read. If they are affine in the loops' counters,

    address = base + s1 * i1 + s2 * i2 + ..

with strides that do not overlap, then the operand is a reshape, a slice and a transpose of the
array; a loop whose stride is 0 is a broadcast. What is not affine is gathered.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import mul
from typing import Any, NamedTuple

from .affine import affine, cut, squeezed
from .arrays import VIEWS, Array, ArrayProgram, Shape, base

WINDOWS = 9  # so many overlapping slices are put side by side rather than gathered


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
        sizes = dict(zip(self.loops, x.example_shape))
        first = 0 if x.is_batched else min(self.loops, default=rank)
        return x.program.reshape(x, (*batch, *[sizes.get(i, 1) for i in range(first, rank)]))


def row_major(shape: Shape) -> Shape:
    """The strides of all elements of an array in their order.

    >>> row_major((2, 3))
    (3, 1)
    """
    return tuple(accumulate(shape[:0:-1], mul, initial=1))[::-1]


def strided(x: Array, base: int, sizes: Shape, strides: Sequence[int]) -> Array | None:
    """The view of x's elements at base + the sum of stride * counter, if it is one.

    Of x of shape (3, 4), base 1, sizes (3, 2) and strides (4, 1): x[:, 1:3].
    """
    program, batch = x.program, x.shape[: x.is_batched]
    outer, n = max(zip(strides, sizes), default=(1, 0))  # the outermost loop
    stop = base + n * outer
    if len(sizes) > 1 and x.size % outer and stop <= x.size:
        flat = program.reshape(x, (*batch, x.size))
        x, base = program.slice(flat, [*[None] * len(batch), (base, stop)]), 0
    found = cut(x.size, base, sizes, strides)
    if found is None or any(step != 1 for _, _, step in found.slices):
        return None
    x = program.reshape(x, (*batch, *found.shape))
    x = program.slice(x, [*[None] * len(batch), *[(i, i + n) for i, n, _ in found.slices]])
    x = program.reshape(x, (*batch, *[n for _, n, _ in found.slices[: len(sizes)]]))
    return program.transpose(x, [*range(len(batch)), *[len(batch) + d for d in found.order]])


def windows(x: Array, base: int, sizes: Shape, strides: Sequence[int], room: int) -> Array | None:
    """The view, or at most `room` views side by side: slices that overlap, as the patches of a
    convolution do.

    Of x of shape (5,), base 0, sizes (3, 2) and strides (1, 1): x[0:3] and x[1:4], as columns.
    """
    found = strided(x, base, sizes, strides)
    if found is not None or len(sizes) < 2:
        return found
    for d in sorted(range(len(sizes)), key=sizes.__getitem__):
        if sizes[d] <= room:
            size, stride = ((*of[:d], *of[d + 1 :]) for of in (sizes, strides))
            axis, pieces = d + x.is_batched, []
            for k in range(sizes[d]):
                p = windows(x, base + k * strides[d], size, stride, room // sizes[d])
                if p is not None:
                    shape = (*p.shape[:axis], 1, *p.shape[axis:])
                    pieces.append(x.program.reshape(p, shape))
            if len(pieces) == sizes[d]:
                return x.program.concatenate(pieces, axis)
    return None


class Reading(NamedTuple):
    """How an array is read, for each position of a loop nest.

    Attributes:
        first: the first address.
        offsets: of all from there, without the loops that they do not depend on.
        strides: of the loops that are left, if the addresses are affine.
        loops: which loops of the nest these are.
    """

    first: int
    offsets: Any
    strides: Sequence[int] | None
    loops: tuple[int, ...]

    @classmethod
    def of(cls, addresses: Any) -> Reading:
        distinct, loops = squeezed(addresses)
        found = affine(distinct)
        first = int(distinct.flat[0])
        return cls(first, distinct - first, None if found is None else found[1], loops)

    def view(self, x: Array, first: int) -> View:
        """What is read, of an array, from this address on.

        With addresses 2, 2, 3, 3 of shape (2, 2) in x of shape (4,): x[2:4], in the loop 0 alone.
        """
        if x.size == 1:
            return View(x.program.reshape(x, x.shape[: x.is_batched]), ())
        sizes = self.offsets.shape
        if sizes == x.example_shape and self.strides == row_major(sizes):
            return View(x, self.loops)
        if self.strides is not None and min(self.strides, default=1) > 0:
            room = WINDOWS
            if base(x, VIEWS).op == "input":  # which has no gradient to add up
                is_border = len(sizes) == 2 == sizes[0] == self.strides.count(1) + 1
                room = 2 * (is_border and self.strides[0] > sizes[1])
            found = windows(x, first, sizes, self.strides, room)
            if found is not None:
                return View(found, self.loops)
        return View(x.program.gather(x, first + self.offsets), self.loops)


def view(x: Array, addresses: Any) -> View:
    """The elements of x at the addresses, for each position of a loop nest."""
    reading = Reading.of(addresses)
    return reading.view(x, reading.first)


def spread(x: Array, sizes: Sequence[int]) -> Array:
    """x with its axes, but that of the batch, of these sizes."""
    return x.program.broadcast(x, (*x.shape[: x.is_batched], *sizes))


def joined(program: ArrayProgram, arrays: Sequence[Array]) -> Array:
    """The elements of several arrays, one after another."""
    batched = any(x.is_batched for x in arrays)
    flat = []
    for x in arrays:
        x = program.reshape(x, (*x.shape[: x.is_batched], x.size))
        flat.append(program.broadcast(x, (-1, x.size)) if batched else x)
    return program.concatenate(flat, int(batched))
