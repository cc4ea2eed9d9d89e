"""Reverse mode on array programs: from a program to a program.

It is the chain rule of the scalar engine, with arrays for numbers: an elementwise operation passes
on upstream * partial, its partials being those of the rule table, run on Arrays. The adjoint of a
contraction is a contraction, that of a view puts things back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..primitives import logsumexp
from .arrays import BATCH, VIEWS, Array, ArrayProgram, Shape
from .backward import of_steps
from .loop import SEQUENCES


def gradients(y: Array, wrt: Sequence[Array]) -> list[Array]:
    """Arrays that hold dy/dx for each x, of its shape; y is a single number."""
    found = pulled_back(y.program, {y: [1.0]}, wrt)
    result = []
    for x in wrt:
        g = y.program.broadcast(0.0 if found.get(x) is None else found[x], x.shape)
        if g.gradient_of is None:
            g.gradient_of = x
        result.append(g)
    return result


def pulled_back(
    program: ArrayProgram, upstreams: Mapping[Array, Sequence[Any]], wrt: Sequence[Array]
) -> dict[Array, Any]:
    """The gradient of each array between some whose gradients are known, as sums, and `wrt`; None
    where it is 0."""
    order, first = _between(program, upstreams, wrt), len(program.arrays)
    users: dict[Array, list[Array]] = {}
    for x in order:
        for operand in x.operands:
            users.setdefault(operand, []).append(x)
    contributions: dict[Array, list[Any]] = {x: [*upstreams.get(x, ())] for x in order}
    found: dict[Array, Any] = {}
    for x in reversed(order):
        if x.op == "loop" or x.op in SEQUENCES:
            for operand, contribution in of_steps(pulled_back, x, contributions[x], contributions):
                if operand in contributions:
                    contributions[operand].append(contribution)
            continue
        upstream = _summed(program, contributions[x][::-1], x.shape)
        found[x] = upstream
        is_new = upstream.__class__ is Array and upstream.number >= first
        if is_new and upstream.gradient_of is None and _is_whole(x, users):
            upstream.gradient_of = x
        if upstream is None or not x.args:
            continue
        for operand, contribution in _adjoint(x, upstream):
            if operand in contributions:
                contributions[operand].append(contribution)
    return found


def _between(program: ArrayProgram, above: Iterable[Array], wrt: Sequence[Array]) -> list[Array]:
    """The arrays that some others depend on and that depend on one of `wrt`, in order."""
    above = {*above}
    arrays = program.arrays[: max((y.number for y in above), default=-1) + 1]
    for x in reversed(arrays):
        if x in above:
            above.update(x.operands)
    found = set(wrt)
    order = []
    for x in arrays:
        if x in above and (x in found or any(a in found for a in x.operands)):
            found.add(x)
            order.append(x)
    return order


def _is_whole(x: Array, users: dict[Array, list[Array]]) -> bool:
    """Whether the gradient of x is all of the gradient of its elements: not so if it is one of
    several views that overlap."""
    while x.op in VIEWS and x.operands:
        if x.op == "broadcast" or (x.op == "gather" and x.info.is_repeated):
            return False
        [viewed] = x.operands
        if any(other is not x and not _are_disjoint(x, other) for other in users.get(viewed, ())):
            return False
        x = viewed
    return x.op != "concatenate" or all(
        len(users.get(a, ())) < 2 and _is_whole(a, users) for a in x.operands
    )


def _are_disjoint(one: Array, other: Array) -> bool:
    """Whether these are slices that have nothing in common."""
    return one.op == other.op == "slice" and any(
        a and b and (a[1] <= b[0] or b[1] <= a[0]) for a, b in zip(one.info, other.info)
    )


def _summed(program: ArrayProgram, parts: Sequence[Any], shape: Shape) -> Any:
    """The sum of contributions; slices that fill an axis are put side by side."""
    pieces = [x for x in parts if x.__class__ is Array and x.op == "assemble"]
    others = [x for x in parts if x not in pieces]
    if pieces:
        starts = [start for x in pieces for start in x.info]
        others.append(program.assemble([p for x in pieces for p in x.args], starts, shape))
    total = None
    for x in dict.fromkeys(others):  # the gradient of w * w comes along two edges
        times = others.count(x)
        part = x if times == 1 else float(times) * x
        total = part if total is None else total + part
    return total


def _adjoint(y: Array, g: Any) -> list[tuple[Array, Any]]:
    """(operand, contribution to its gradient) for each Array that y is made of."""
    program, op = y.program, y.op
    if op.__class__ is str:
        return list(zip(y.operands, _ADJOINTS[op](program, y, g)))
    found = []
    for i, x in enumerate(y.args):
        if x.__class__ is Array:
            partial = op.partial(i, y.args, y)
            if partial.__class__ is Array or partial != 0:
                contribution = g * partial if partial.__class__ is Array else partial * g
                found.append((x, _reduced(program, contribution, y.shape, x.shape)))
    return found


def _reduced(program: ArrayProgram, g: Any, full: Shape, shape: Shape) -> Any:
    """g, which stands for an array of shape `full`, summed over the axes that were broadcast.

    g itself may be smaller than it stands for; what it is constant along stays unwritten.
    """
    if full == shape:
        return g
    missing = len(full) - len(shape)
    letters = "".join(chr(ord("a") + i) for i in range(len(full)))
    axes = zip(letters[missing:], full[missing:], shape)
    kept = "".join(a if m == n else a.upper() for a, m, n in axes)  # A is a new axis of length 1
    return contracted(program, f"{letters}->{kept}", [(g, full)])


def contracted(program: ArrayProgram, letters: str, operands: Sequence[tuple[Any, Shape]]) -> Any:
    """A contraction of (array, the shape it stands for) pairs.

    An array may be a number, or of length 1 where it is constant along an axis: such axes are left
    out, unless nothing else has them. The result has length 1 along such axes, and along those
    that are new; it is one number if it would have new ones only.
    """
    into, out = letters.split("->")
    size: dict[str, int] = {}
    for axes, (_, full) in zip(into.split(","), operands):
        size.update(zip(axes, full))
    factor: Any = 1.0
    arrays, names = [], []
    for axes, (x, full) in zip(into.split(","), operands):
        if _is_single(x):
            factor = factor * x
            continue
        shape = (1,) * (len(full) - len(x.shape)) + x.shape
        kept = [i for i, n in enumerate(shape) if n == full[i]]
        arrays.append(program.reshape(x, tuple(full[i] for i in kept)))
        names.append("".join(axes[i] for i in kept))
    there = set("".join(names))
    lost = [letter for letter in size if letter not in there and letter not in out]
    for letter in lost:  # a sum of n equal terms
        factor = factor * (program.count() if size[letter] == BATCH else float(size[letter]))
    kept_out = "".join(letter for letter in out if letter in there)
    if not arrays:
        return factor
    result = program.contract(f"{','.join(names)}->{kept_out}", *arrays)
    sizes = {a: n if a in there else 1 for a, n in size.items() if a in out}
    total = factor * program.reshape(result, tuple(sizes[a] for a in out if a in sizes))
    return program.reshape(total, tuple(sizes.get(a, 1) for a in out)) if sizes else total


def _of_contract(program: ArrayProgram, y: Array, g: Any) -> list[Any]:
    into, out = y.info.split("->")
    names = into.split(",")
    found = []
    for i in range(len(y.args)):
        others = [(other, n) for j, (other, n) in enumerate(zip(y.args, names)) if j != i]
        letters = ",".join([out, *[n for _, n in others]])
        pairs = [(g, y.shape), *[(other, other.shape) for other, _ in others]]
        found.append(contracted(program, f"{letters}->{names[i]}", pairs))
    return found


def _of_logsumexp(program: ArrayProgram, y: Array, g: Any) -> list[Any]:
    column = program.reshape(y, (*y.shape, 1))
    if not _is_single(g):
        g = program.reshape(g, (*g.shape, 1))
    return [g * logsumexp.partial(0, y.args, column)]


def _of_reshape(program: ArrayProgram, y: Array, g: Any) -> list[Any]:
    return [g if _is_single(g) else program.reshape(_full(program, y, g), y.args[0].shape)]


def _of_slice(program: ArrayProgram, y: Array, g: Any) -> list[Any]:
    starts = tuple(0 if bounds is None else bounds[0] for bounds in y.info)
    return [program.assemble([_full(program, y, g)], [starts], y.args[0].shape)]


def _of_transpose(program: ArrayProgram, y: Array, g: Any) -> list[Any]:
    if _is_single(g):
        return [g]
    back = sorted(range(len(y.info)), key=y.info.__getitem__)
    g = program.reshape(g, (1,) * (len(y.shape) - len(g.shape)) + g.shape)
    return [program.transpose(g, back)]


def _of_broadcast(program: ArrayProgram, y: Array, g: Any) -> list[Any]:
    return [_reduced(program, g, y.shape, x.shape) for x in y.operands]


def _of_gather(program: ArrayProgram, y: Array, g: Any) -> list[Any]:
    return [program.scatter(_full(program, y, g), y.info, y.args[0].shape)]


def _of_concatenate(program: ArrayProgram, y: Array, g: Any) -> list[Any]:
    g = _full(program, y, g)
    found, stop = [], 0
    for x in y.args:
        start, stop = stop, stop + x.shape[y.info]
        bounds = [(start, stop) if i == y.info else None for i in range(len(y.shape))]
        found.append(program.slice(g, bounds))
    return found


def _full(program: ArrayProgram, y: Array, g: Any) -> Array:
    return program.broadcast(g, y.shape)


def _is_single(g: Any) -> bool:
    """Whether it is one number, of Python's or in an array."""
    return g.__class__ is not Array or g.shape == ()


_ADJOINTS: dict[str, Any] = {
    "contract": _of_contract,
    "logsumexp": _of_logsumexp,
    "reshape": _of_reshape,
    "slice": _of_slice,
    "transpose": _of_transpose,
    "broadcast": _of_broadcast,
    "gather": _of_gather,
    "concatenate": _of_concatenate,
    "item": lambda program, y, g: [(y.info, _full(program, y, g))],
    "last": lambda program, y, g: [("last", y.info, _full(program, y, g))],
    "total": lambda program, y, g: [("total", y.info, _full(program, y, g))],
}
