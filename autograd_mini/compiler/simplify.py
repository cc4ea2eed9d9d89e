"""From what is computed to how: rewriting an array program for array libraries.

Each rule looks at one array, whose operands have been rewritten, and gives another way to make it,
or None. What nobody needs any more is left behind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from typing import Any

from ..primitives import add, exp, log, multiply, negate, subtract
from .arithmetic import RELATIONS
from .arrays import Array, ArrayProgram
from .nodes import is_moderate

Rule = Callable[[Array, list[Any]], Any]


def rewritten(outputs: Sequence[Array], rule: Rule) -> list[Array]:
    """The outputs in a new program, in which every array went through the rule."""
    program = ArrayProgram()
    new: dict[Array, Array] = {}
    for x in reachable(outputs):
        args = [new[a] if a.__class__ is Array else a for a in x.args]
        if x.op.__class__ is str:  # an elementwise operation may have become a number, say
            args = [
                program.broadcast(a, old.shape) if old.__class__ is Array else a
                for a, old in zip(args, x.args)
            ]
        result = rule(x, args) if args else None
        if result is None:
            result = remade(program, x, args)
        # elu(1.0, alpha) is 1.0 whatever alpha is
        new[x] = result = program.broadcast(result, x.shape)
        if x.gradient_of is not None and result.gradient_of is None:
            result.gradient_of = new.get(x.gradient_of)
        if x.scalars is not None:
            result.stands_for(x.scalars, x.label)
    return [new[x] for x in outputs]


def remade(program: ArrayProgram, x: Array, args: Sequence[Any]) -> Any:
    """x, of other operands."""
    if x.op == "reshape":
        return program.reshape(args[0], x.shape)
    if x.op == "transpose":
        return program.transpose(args[0], x.info)
    if x.op.__class__ is str:
        return program.make(x.op, args, x.info, x.shape)
    return program.apply(x.op, *args)


def reachable(outputs: Sequence[Array]) -> list[Array]:
    """The arrays that the outputs are made of, operands first."""
    needed = set(outputs)
    for x in reversed(outputs[0].program.arrays):
        if x in needed:
            needed.update(x.operands)
    return [x for x in outputs[0].program.arrays if x in needed]


# -- softmax ------------------------------------------------------------------------------------


def stable_softmax(x: Array, args: list[Any]) -> Any:
    """logsumexp(z) as m + log(s) and exp(z - logsumexp(z)) as e / s, where m is the largest z,
    e is exp(z - m) and s the sum of e."""
    if x.op == "logsumexp":
        z = args[0]
        return _along_last("max", z) + log.apply((_along_last("sum", _powers(z)),))
    if x.op is exp and x.args[0].op is subtract:
        z, column = x.args[0].args
        order = _order_of_rows(z, column)
        if order is not None:
            program = args[0].program
            powers = _powers(program.transpose(args[0].args[0], order))
            total = _along_last("sum", powers)
            softmax = powers / program.reshape(total, (*total.shape, 1))
            return program.transpose(softmax, sorted(range(len(order)), key=order.__getitem__))
    return None


def _order_of_rows(z: Any, column: Any) -> Sequence[int] | None:
    """How z is transposed to the rows whose logsumexps are the column beside it; None if it does
    not hold these."""
    lse = column.args[0] if column.__class__ is Array and column.op == "reshape" else column
    if lse.__class__ is not Array or lse.op != "logsumexp":
        return None
    [rows] = lse.args
    order = tuple(range(len(rows.shape)))
    if rows is not z and rows.op == "transpose":
        [rows], order = rows.args, rows.info
    *others, last = order
    shape = (1,) * (len(rows.shape) - len(column.shape)) + column.shape
    is_column = shape == (*rows.shape[:last], 1, *rows.shape[last + 1 :])
    return order if rows is z and is_column and others == sorted(others) else None


def _along_last(op: str, x: Array) -> Array:
    return x.program.make(op, (x,), (len(x.shape) - 1,), x.shape[:-1])


def _powers(z: Array) -> Array:
    largest = _along_last("max", z)
    powers: Array = exp.apply((z - z.program.reshape(largest, (*largest.shape, 1)),))
    return powers.program.reshape(powers, z.shape)  # a list of one may have lost its axis


# -- the sum over the examples ------------------------------------------------------------------


def over_batch(x: Array) -> Any:
    """The sum over the examples of x, which has a number for each, taken of the parts of x: of a
    whole array at once rather than of each example first.

    Of a + 2 * s, where s is the sum of each row of w: the sum of a + 2 * the sum of all of w.
    """
    arrays = x.program.arrays[: x.number + 1]
    wanted = {x}
    for y in reversed(arrays):
        if y in wanted:
            wanted.update(_parts(y))
    sums: dict[Any, Any] = {}
    for y in filter(wanted.__contains__, arrays):
        if _parts(y):
            sums[y] = y.op(*[sums.get(a, a) for a in y.args])
        elif y.op == "contract" and y.info.endswith("->b"):
            sums[y] = y.program.contract(y.info[:-1], *y.args)
        else:
            sums[y] = y.program.contract("b->", y)
    return sums[x]


def _parts(x: Array) -> Sequence[Array]:
    """The arrays whose sums over the examples make that of x; none if it is taken of x itself."""
    if x.op in (add, subtract) and all(a.__class__ is Array and a.is_batched for a in x.args):
        return x.args
    is_scaled = x.op is multiply and x.args[0].__class__ is float and is_moderate(x.args[0])
    return x.args[-1:] if x.op is negate or is_scaled else ()


# -- contractions as matrix products ------------------------------------------------------------


def as_matrix_products(x: Array, args: list[Any]) -> Any:
    """A contraction by transposes, reshapes and the operations that array libraries have: matmul
    of (.., m, k) and (.., k, n), sums along axes, and elementwise products."""
    if x.op != "contract":
        return None
    into, out = x.info.split("->")
    names = into.split(",")
    operands = [
        _summed(a, name, set(out).union(*names[:i], *names[i + 1 :]))
        for i, (a, name) in enumerate(zip(args, names))
    ]
    if len(operands) == 1:
        if not out and args[0].op is multiply and _are_alike(*args[0].args):
            return _inner_product(*args[0].args)
        return _transposed(*operands[0], out)
    (a, la), (b, lb) = operands
    inner = [c for c in la if c in lb and c not in out]
    both = [c for c in out if c in la and c in lb]
    one, other = [c for c in out if c not in lb], [c for c in out if c not in la]
    if not out and sorted(la) == sorted(lb):
        return _inner_product(a, _transposed(b, lb, la))
    if not inner or not (one or other):  # no matrix product, or one of rows by columns
        letters = [*out, *inner]
        product = _aligned(a, la, letters) * _aligned(b, lb, letters)
        return _summed(product, "".join(letters), set(out))[0]
    if other and one and out.index(other[0]) < out.index(one[0]):  # (A B)' = B' A'
        (a, la), (b, lb), one, other = (b, lb), (a, la), other, one
    if "".join(inner) not in la and "".join(inner) in lb:
        inner = [c for c in lb if c in inner]
    left = _grouped(a, la, [*[[c] for c in both], one, inner])
    right = _grouped(b, lb, [*[[c] for c in both], inner, other])
    product = _matmul(left, right, bool(both), bool(one), bool(other))
    size = dict(zip(la + lb, a.shape + b.shape))
    letters = [*both, *one, *other]
    product = product.program.reshape(product, tuple(size[c] for c in letters))
    return _transposed(product, "".join(letters), out)


def _are_alike(a: Any, b: Any) -> bool:
    return a.__class__ is b.__class__ is Array and a.shape == b.shape != ()


def _inner_product(a: Array, b: Array) -> Array:
    """The sum of all products of two arrays of one shape."""
    return a.program.make("matmul" if len(a.shape) == 1 else "vdot", (a, b), None, ())


def _matmul(left: Array, right: Array, stacked: bool, rows: bool, columns: bool) -> Array:
    """The product of (.., m, k) and (.., k, n); a matrix that is one row or column, m or n being
    1, is a vector unless they are stacked."""
    program = left.program
    if not stacked and not rows:
        left = program.reshape(left, left.shape[1:])
    if not stacked and not columns:
        right = program.reshape(right, right.shape[:1])
    rows, columns = rows or stacked, columns or stacked
    shape = (
        *left.shape[: -2 if rows else -1],
        *left.shape[-2:-1] * rows,
        *right.shape[-1:] * columns,
    )
    return program.make("matmul", (left, right), None, shape)


def _grouped(x: Array, name: str, groups: Sequence[Sequence[str]]) -> Array:
    """x with one axis for each group of letters; a group without letters has length 1."""
    program = x.program
    size = dict(zip(name, x.shape))
    merged = name
    for i, group in enumerate(groups):  # adjacent letters are merged before anything is moved
        text = "".join(group)
        if len(text) > 1 and text in merged:
            size[chr(i)] = math.prod(size[c] for c in group)
            merged = merged.replace(text, chr(i))
    if merged != name:
        x, name = program.reshape(x, tuple(size[c] for c in merged)), merged
    order = []
    for i, group in enumerate(groups):
        order += [chr(i)] if chr(i) in name else list(group)
    x = _transposed(x, name, "".join(order))
    return program.reshape(x, tuple(math.prod(size[c] for c in group) for group in groups))


def _summed(x: Array, name: str, kept: set[str]) -> tuple[Array, str]:
    axes = tuple(i for i, c in enumerate(name) if c not in kept)
    if not axes:
        return x, name
    shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    left = "".join(c for c in name if c in kept)
    return x.program.make("sum", (x,), axes, shape), left


def _transposed(x: Array, name: str, order: str) -> Array:
    return x.program.transpose(x, [name.index(c) for c in order])


def _aligned(x: Array, name: str, letters: Sequence[str]) -> Array:
    """x with its axes in the order of the letters, of length 1 for those it has not."""
    x = _transposed(x, name, "".join(c for c in letters if c in name))
    size = dict(zip([c for c in letters if c in name], x.shape))
    return x.program.reshape(x, tuple(size.get(c, 1) for c in letters))


# -- what a library does not have ---------------------------------------------------------------


def composed(known: Container[str]) -> Rule:
    """The rule that runs the forward function of an operation that is not known, on Arrays. One
    that is not a composition of others stays."""

    def rule(x: Array, args: list[Any]) -> Any:
        op = x.op
        if op.__class__ is str or op in RELATIONS or str(op) in known:
            return None
        try:
            return op.forward(*args)
        except (TypeError, AttributeError):  # a function of floats
            return None

    return rule
