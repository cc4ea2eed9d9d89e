"""Source code of an array program, as one would write it by hand: how each operation is written."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...primitives import divide, multiply, power
from ..affine import Cut, affine, affine_cut, patches
from ..arithmetic import RELATIONS
from ..arrays import Array, written_shape
from ..expression import (
    ATOM,
    COMPARISON,
    OPERATORS,
    POWER,
    PRODUCT,
    SUM,
    UNARY,
    Expression,
    inserted,
    joined,
    operation,
)
from ..names import LOCALS, arguments, identifier
from ..pipeline import Lowered
from ..simplify import as_matrix_products, composed, rewritten
from .lines import Lines
from .module import module
from .subscripts import indexed, listed, part, stepped

EXTREME = 2.0**300


def spellings(library: str) -> dict[str, tuple[str, int]]:
    """The functions of the rule table that NumPy and its likes have, by NumPy's names."""
    unary = [
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan",
        "sinh", "cosh", "tanh", "sign", "abs",
    ]  # fmt: skip
    inverse = ["sin", "cos", "tan", "sinh", "cosh", "tanh"]
    names = dict(zip(unary, unary)) | {f"a{name}": f"arc{name}" for name in inverse}
    binary = {"hypot": "hypot", "maximum": "maximum", "minimum": "minimum", "atan2": "arctan2"}
    return {
        **{name: (f"{library}.{own}({{}})", ATOM) for name, own in names.items()},
        **{name: (f"{library}.{own}({{}}, {{}})", ATOM) for name, own in binary.items()},
        "clip": (f"{library}.clip({{}}, {{}}, {{}})", ATOM),
    }


class Source(Lines):
    """The lines of a program, in the spelling of one library."""

    # -- elementwise ----------------------------------------------------------------------------

    def _elementwise(self, x: Array) -> Expression:
        op = x.op
        args = [self._of(a) for a in x.args]
        count = 1 + sum(a.operations for a in args)
        if op in (multiply, divide):
            factors = [self._as_factor(a, e) for a, e in zip(x.args, args)]
            if not self.dtype or any(
                f is e and not self._is_number(a) for a, e, f in zip(x.args, args, factors)
            ):
                args = factors
        if op in RELATIONS and self.dtype and all(map(self._is_number, x.args[2:])):
            args[2:] = [a._replace(text=self._typed(a.text)) for a in args[2:]]
        found = operation(op, args, f"{self.library}.where")
        if found is not None:
            return found
        if op is power:
            left, right = args[0].within(ATOM), args[1].within(UNARY)
            simple = re.fullmatch(r"[\w.]+", left) and re.fullmatch(r"-?[\w.]+", right)
            return Expression(f"{left}{'**' if simple else ' ** '}{right}", POWER, count)
        if op.name not in self.spellings:
            name = self._constant_named(identifier(op.name), op)  # called for each number
            return Expression(f"{name}({', '.join(a.text for a in args)})", ATOM, count)
        template, binding = self.spellings[op.name]
        inner = [a.within(POWER) if "-{}" in template else a.text for a in args]
        if self.dtype and self._is_number(x.args[0]):  # clip would make it a double
            inner[0] = self._typed(inner[0])
        return Expression(template.format(*inner), binding, count)

    def _typed(self, number: str) -> str:
        return f"{self.dtype.strip(', ')}({number})"

    def _as_factor(self, x: Any, expression: Expression) -> Expression:
        """A condition is 0 or 1 in a product."""
        if x.__class__ is Array and x not in self.names:
            if x.op in RELATIONS and x.args[2:] == (1.0, 0.0):
                text = joined(x.op, *map(self._of, x.args[:2]))
                return Expression(text, COMPARISON, expression.operations)
            if str(x.op) == "step":
                text = f"{self._of(x.args[0]).within(SUM)} > 0"
                return Expression(text, COMPARISON, expression.operations)
        return expression

    # -- sums of products -----------------------------------------------------------------------

    def _matmul(self, x: Array) -> Expression:
        left, right = (self._named(a) for a in x.args)
        return Expression(f"{left} @ {right}", PRODUCT, 1)

    def _vdot(self, x: Array) -> Expression:
        a, b = (self._of(a) for a in x.args)
        count = 1 + a.operations + b.operations
        return Expression(f"{self.library}.vdot({a.text}, {b.text})", ATOM, count)

    def _sum(self, x: Array) -> Expression:
        [a] = x.args
        axes = x.info
        if len(axes) == len(a.shape):
            axis = ""
        elif len(axes) == 1:
            axis = str(axes[0]) if axes[0] < len(a.shape) - 1 or len(a.shape) < 3 else "-1"
        else:
            axis = str(axes)
        inner = self._of(a)
        return Expression(f"{inner.within(ATOM)}.{x.op}({axis})", ATOM, 1 + inner.operations)

    _max = _sum

    # -- views ----------------------------------------------------------------------------------

    def _reshape(self, x: Array) -> Expression:
        [a] = x.args
        inner = self._of(a)
        ones = inserted(a.shape, x.shape)
        if ones is not None:
            return indexed(inner, ["None" if one else ":" for one in ones])
        ones = inserted(x.shape, a.shape)
        if ones is not None:
            index = ["0" if one else ":" for one in ones]
            if a.op == "slice" and a not in self.names:
                inner = self._of(a.args[0])
                index = [
                    str(bounds[0] if bounds else 0) if one else part(bounds)
                    for one, bounds in zip(ones, a.info)
                ]
            return indexed(inner, index)
        sizes = ", ".join(str(max(n, -1)) for n in x.shape)
        return Expression(f"{inner.within(ATOM)}.reshape({sizes})", ATOM, inner.operations)

    def _slice(self, x: Array) -> Expression:
        return indexed(self._of(x.args[0]), [part(bounds) for bounds in x.info])

    def _transpose(self, x: Array) -> Expression:
        product = x.args[0]
        if product.op == "matmul" and product not in self.names and len(x.info) == 2:
            left, right = (self._turned(a) for a in reversed(product.args))  # (A B)' = B' A'
            return Expression(f"{left} @ {right}", PRODUCT, 1)
        inner = self._of(product)
        rank = len(x.info)
        if rank == 2:
            text = ".T"
        elif x.info == (*range(rank - 2), rank - 1, rank - 2):
            text = ".swapaxes(-1, -2)"
        else:
            text = f".transpose({', '.join(map(str, x.info))})"
        return Expression(f"{inner.within(ATOM)}{text}", ATOM, inner.operations)

    def _turned(self, x: Array) -> str:
        """A matrix, transposed."""
        text = self._named(x)
        return text.removesuffix(".T") if text.endswith(".T") else f"{text}.T"

    def _broadcast(self, x: Array) -> Expression:
        inner, sizes = self._of(x.args[0]), written_shape(x.shape)
        if not x.operands or (self.dtype and self._is_number(x.args[0])):
            known = {0.0: "zeros", 1.0: "ones"}.get(x.args[0])
            if known:
                return Expression(f"{self.library}.{known}({sizes}{self.dtype})", ATOM, 1)
            text = inner.text
            text += ".0" * text.lstrip("-").isdigit()  # for an array of floats
            return Expression(f"{self.library}.full({sizes}, {text}{self.dtype})", ATOM, 1)
        text = f"{self.library}.broadcast_to({inner.text}, {sizes})"
        return Expression(text, ATOM, inner.operations + 1)

    def _gather(self, x: Array) -> Expression:
        places, batch, size = x.info.places, x.is_batched, x.args[0].size
        cut = affine_cut(places, size)
        if cut is not None:
            return self._transposed(self._cut(x.args[0], cut, batch), cut.order, batch)
        found = patches(places, size) if "sliding_window_view" in self.imports else None
        inner = self._of(x.args[0])
        if found is None:
            dots = ":, " * batch
            text = f"{inner.within(ATOM)}[{dots}{self._constant_named('i', places)}]"
            return Expression(text, ATOM, inner.operations + 1)
        sizes, axes = zip(*[(n, axis + batch) for axis, n, _ in found.windows])
        what = self._cut(x.args[0], found.cut, batch).text
        own = f"{sizes[0]}, axis={axes[0]}" if len(sizes) == 1 else f"{sizes}, axis={axes}"
        inner = Expression(f"sliding_window_view({what}, {own})", ATOM, inner.operations + 1)
        steps = {axis: f"::{step}" for axis, _, step in found.windows if step > 1}
        if steps:
            index = [steps.get(i, ":") for i in range(len(found.cut.order))]
            inner = indexed(inner, [":"] * batch + index)
        return self._transposed(inner, found.order, batch)

    def _cut(self, x: Array, cut: Cut, batch: bool) -> Expression:
        """A view but its transposition."""
        if x.op == "reshape" and x not in self.names and len(cut.shape) > 1:
            [x] = x.args
        inner = self._of(x)
        if x.shape[batch:] != cut.shape:
            sizes = ", ".join(map(str, [-1] * batch + [*cut.shape]))
            inner = inner._replace(text=f"{inner.within(ATOM)}.reshape({sizes})", binding=ATOM)
        whole = [{(0, n, 1): ":", (n - 1, n, -1): "::-1"} for n in cut.shape]
        index = [known.get(of) or stepped(*of) for known, of in zip(whole, cut.slices)]
        kept = len(cut.order)
        index[kept:] = [str(first) for first, _, _ in cut.slices[kept:]]
        return inner if {*index} == {":"} else indexed(inner, [":"] * batch + index)

    def _transposed(self, inner: Expression, order: Sequence[int], batch: bool) -> Expression:
        if list(order) == sorted(order):
            return inner
        axes = ", ".join(map(str, [*range(batch), *[axis + batch for axis in order]]))
        return inner._replace(text=f"{inner.within(ATOM)}.transpose({axes})", binding=ATOM)

    def _write_scatter(self, x: Array, name: str) -> None:
        """Zeros, with the elements at their places; those at one place are summed."""
        [g] = x.args
        self._write_zeros(x, name)
        index = ":, " * g.is_batched + self._places(x.info.places)
        self.lines.append((self._added(name, index, self._of(g).text), x))

    def _places(self, places: Any) -> str:
        """An index of places in a row of elements: a slice, or a constant."""
        found = affine(places) if places.ndim == 1 and len(places) > 1 else None
        if found is not None:
            return stepped(found[0], len(places), *found[1])
        return self._constant_named("i", places)

    def _added(self, name: str, index: str, text: str) -> str:
        """A statement: what stands at the index, and the text's array added to it."""
        return f"{name}[{index}] += {text}"

    def _concatenate(self, x: Array) -> Expression:
        function, pieces = "concatenate", list(x.args)
        inner = [a.args[0] for a in pieces if a.op == "reshape" and a not in self.names]
        shape = x.shape[: x.info] + x.shape[x.info + 1 :]
        if len(inner) == len(pieces) and all(a.shape == shape for a in inner):
            function, pieces = "stack", inner
        texts = [*self.steps.runs(pieces)]
        text = ", ".join(texts)
        if len(texts) == 1 and text.startswith("*"):
            return Expression(f"{self.library}.{function}({text[1:]}, axis={x.info})", ATOM, 9)
        return Expression(f"{self.library}.{function}([{text}], axis={x.info})", ATOM, 9)

    def _assemble(self, x: Array) -> Expression:
        for a in x.args:
            self._named(a)
        return Expression("", ATOM, 9)

    _scatter = _assemble

    def _write_zeros(self, x: Array, name: str) -> None:
        zeros = f"{self.library}.zeros({written_shape(x.shape)}{self.dtype})"
        self.lines.append((f"{name} = {zeros}", x))

    def _write_assemble(self, x: Array, name: str) -> None:
        self._write_zeros(x, name)
        for piece, start in zip(x.args, x.info):
            ends = zip(start, piece.shape, x.shape)
            index = listed([part(None if k == n else (i, i + k)) for i, k, n in ends])
            self.lines.append((self._added(name, index, self._of(piece).text), x))

    def _count(self, x: Array) -> Expression:
        return Expression("n", ATOM, 0)

    def _constant(self, x: Array) -> Expression:
        stem = "mask" if np.isin(x.info, (0.0, 1.0)).all() else "c"
        return Expression(self._constant_named(stem, x.info), ATOM, 0)


def is_extreme(x: Any) -> bool:
    """Whether it is a number that LLVM and XLA must not see, which multiply constants together."""
    size = 0.0 if x.__class__ is Array else abs(x)
    return 0 < size < EXTREME**-1 or EXTREME < size < math.inf


def emit(kind: type[Source], lowered: Lowered, function: str) -> tuple[str, dict[str, Any], str]:
    """The source of a function of this name, and the constants that it takes besides."""
    source = written(kind, lowered)
    return module(source, function, source.body(), source.results()), source.constants, ""


def written(kind: type[Source], lowered: Lowered) -> Source:
    """The lines of a program."""
    outputs = rewritten(lowered.outputs, as_matrix_products)
    outputs = rewritten(outputs, composed({*kind.spellings, *map(str, OPERATORS), "neg", "**"}))
    own = arguments(lowered, {*kind.imports, *LOCALS})
    names = {x: own[name] for x, name in lowered.names(outputs).items()}
    return kind(outputs, names, list(own.values()), lowered)
