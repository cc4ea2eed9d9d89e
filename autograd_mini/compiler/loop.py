"""Loops in an array program: a body that is run once for each step, as jax.lax.scan runs one.

A loop is one array, of no shape of its own. Its args are the first values of what it carries from
step to step, then what it reads in every step, then sequences, of which step t reads item t. Its
body is an ArrayProgram, whose leaves "given" stand for the args. What it results in are arrays made
of it:

    "last"    what is carried, after the last step
    "total"   the sum over the steps of an array of the body
    "each"    the sequence of an array of the body: its value in each step
    "before"  the sequence of what is carried, before each step

A sequence has its steps as its first axis. Besides "each" and "before" there are "steps", an array
that is cut along an axis, and "tuple", any arrays. An "item" is the array of one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .arrays import Array, ArrayProgram, Shape, reachable

SEQUENCES = ("tuple", "steps", "each", "before")


class Loop:
    """What a loop does.

    Attributes:
        steps: how many there are.
        firsts, outers: how many of its args are first values, and how many are read in every step.
        nexts: what each array that is carried is after a step, arrays of the body.
        collected: the arrays of the body of which there are sequences; more may be added.
        totals: the arrays of the body that are summed over the steps.
        is_reversed: whether the last step is run first.
    """

    def __init__(
        self,
        steps: int,
        firsts: int,
        outers: int,
        nexts: Sequence[Array],
        collected: Sequence[Array] = (),
        totals: Sequence[Array] = (),
        is_reversed: bool = False,
    ) -> None:
        self.steps, self.firsts, self.outers = steps, firsts, outers
        self.nexts, self.collected, self.totals = list(nexts), list(collected), list(totals)
        self.is_reversed = is_reversed

    @property
    def results(self) -> list[Array]:
        return [*self.nexts, *self.collected, *self.totals]

    def body(self) -> list[Array]:
        """The arrays that the results are made of, operands first."""
        return reachable(self.results)

    def with_results(self, results: Sequence[Array]) -> Loop:
        """The loop with others in place of its results."""
        n, m = len(self.nexts), len(self.nexts) + len(self.collected)
        parts = results[:n], results[n:m], results[m:]
        return Loop(self.steps, self.firsts, self.outers, *parts, self.is_reversed)

    def made(self, program: ArrayProgram, args: Sequence[Array]) -> Array:
        """The loop in a program.

        Raises:
            ValueError: a shape changes from step to step.
        """
        for first, after in zip(args, self.nexts, strict=False):
            if first.shape != after.shape:
                raise ValueError(f"a loop carries {first.shape}, and then {after.shape}")
        for sequence in args[self.firsts + self.outers :]:
            if sequence.op not in SEQUENCES or sequence.shape[0] != self.steps:
                raise ValueError(f"a loop of {self.steps} steps cannot read {sequence!r}")
        return program.make("loop", args, self, ())


def given(body: ArrayProgram, place: int, shape: Shape) -> Array:
    """A leaf of a body: what stands at this place of the loop's args, or the item of a sequence."""
    return body.make("given", (), place, shape)


def result(loop: Array, kind: str, i: int) -> Array:
    """What a loop results in: "last", "total", "each" or "before", of the i-th array of those."""
    info: Loop = loop.info
    of = {"each": info.collected, "total": info.totals}.get(kind, info.nexts)
    steps = (info.steps,) * (kind in SEQUENCES)
    return loop.program.make(kind, (loop,), i, (*steps, *of[i].shape))


def everything(outputs: Sequence[Array]) -> list[Array]:
    """The arrays that the outputs are made of, operands first, those of a body before its loop."""
    found = []
    for x in reachable(outputs):
        if x.op == "loop":
            found += everything(x.info.results)
        found.append(x)
    return found


# -- sequences ----------------------------------------------------------------------------------


def each(loop: Array, x: Array) -> Array:
    """The values of an array of the body in each step."""
    collected = loop.info.collected
    if x not in collected:
        collected.append(x)
    return result(loop, "each", collected.index(x))


def item(sequence: Array, t: int) -> Array:
    """The array of one step."""
    if sequence.op == "tuple":
        array: Array = sequence.args[t]
        return array
    program, shape = sequence.program, sequence.shape[1:]
    if sequence.op == "steps":
        axis, start, step = sequence.info
        at = start + t * step
        [x] = sequence.args
        bounds = [(at, at + 1) if i == axis else None for i in range(len(x.shape))]
        return program.reshape(program.slice(x, bounds), shape)
    return program.make("item", (sequence,), t, shape)


def sequence(program: ArrayProgram, arrays: Sequence[Array]) -> Array:
    """Arrays of one shape, one a step."""
    shared: list[Array] = [*{x.args[0] for x in arrays if x.op == "item"}]
    shape = (len(arrays), *arrays[0].shape)
    are_items = all(x.op == "item" and x.info == t for t, x in enumerate(arrays))
    if are_items and len(shared) == 1 and shared[0].shape == shape:
        return shared[0]
    if all(x.op == "constant" for x in arrays):
        return numbers(program, [x.info for x in arrays])
    found = cut_in_steps(arrays)
    if found is None:
        return program.make("tuple", arrays, None, shape)
    x, sizes, info = found
    return program.make("steps", (program.reshape(x, sizes),), info, shape)


def numbers(program: ArrayProgram, steps: Sequence[Any]) -> Array:
    """Constants, one a step."""
    x = program.constant(np.array(steps))
    return program.make("steps", (x,), (0, 0, 1), x.shape)


def cut_in_steps(arrays: Sequence[Any]) -> tuple[Array, Shape, tuple[int, int, int]] | None:
    """(array, shape, (axis, start, step)) if these are slices of one array, which may be reshaped:
    in that shape they are at start, start + step, .. along that axis. Else None."""
    slices = [x.args[0] if x.op == "reshape" else x for x in arrays]
    one = slices[0]
    if any(x.op != "slice" or x.args[0] is not one.args[0] or x.shape != one.shape for x in slices):
        return None
    x, item = one.args[0], arrays[0].shape
    axes = [i for i, bounds in enumerate(one.info) if bounds is not None]
    if len(axes) != 1 or x.shape[: axes[0]] != item[: axes[0]]:
        return None
    [axis] = axes
    length, size = one.shape[axis], x.shape[axis]
    if size % length or any(y.info[axis] is None or y.info[axis][0] % length for y in slices):
        return None
    starts = [y.info[axis][0] // length for y in slices]
    steps = {b - a for a, b in pairwise(starts)}
    if len(steps) != 1 or steps == {0}:
        return None
    return x, (*x.shape[:axis], size // length, *item[axis:]), (axis, starts[0], steps.pop())
