"""The array program: a graph of typed operations on whole arrays, each checked when it is made.

An Array is to arrays what a Value is to numbers: it records how it is made. The elementwise
operations are those of the rule table, so the rules themselves run on Arrays, as on any scalar
type. Besides these there are contractions (sums of products: every matmul, dot product and plain
sum), logsumexp, and views. Equal operations are made once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..rules import Primitive
from .arithmetic import Recorded
from .identities import ieee, scaled, simpler

# The length of the first axis of an array that has one row for each example. How many there are is
# not known; -16 stands for 16 times as many.
BATCH = -1
Shape = tuple[int, ...]
VIEWS = ("reshape", "slice", "transpose", "broadcast", "gather")


class Array(Recorded):
    """An array of the program, by how it is made.

    Attributes:
        op: a Primitive, applied elementwise; or the name of an operation on arrays: "input",
            "parameter", "constant", "count" (how many examples there are), "contract",
            "logsumexp", "reshape", "slice", "transpose", "broadcast", "gather", "scatter",
            "assemble", "concatenate", "matmul", "sum", "max".
        args: what it is applied to, Arrays and plain numbers.
        info: what else the operation needs, such as the letters of a contraction.
        shape: its sizes; the first is BATCH where it has a row for each example.
        program: the program it belongs to.
        number: its place in the program.
        scalars: the nodes of the scalar graph that are its elements, if it was made of some.
        label: what its scalars are called in the scalar code, or "".
        gradient_of: the array whose gradient it is, which it is named after; or None.
    """

    __slots__ = (
        "args",
        "gradient_of",
        "info",
        "label",
        "number",
        "op",
        "program",
        "scalars",
        "shape",
    )

    def __init__(
        self, program: ArrayProgram, op: Any, args: tuple[Any, ...], info: Any, shape: Shape
    ) -> None:
        self.program, self.op, self.args, self.info, self.shape = program, op, args, info, shape
        self.scalars: Any = None
        self.label = ""
        self.gradient_of: Array | None = None
        self.number = len(program.arrays)
        program.arrays.append(self)

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Any:
        program = next(x.program for x in operands if x.__class__ is Array)
        return program.apply(primitive, *operands)

    @property
    def is_batched(self) -> bool:
        return self.shape[:1] == (BATCH,)

    @property
    def size(self) -> int:
        """How many elements it has for each example."""
        return math.prod(self.example_shape)

    @property
    def example_shape(self) -> Shape:
        """Its sizes for one example."""
        return self.shape[self.is_batched :]

    @property
    def operands(self) -> list[Array]:
        """The Arrays among its args."""
        return [x for x in self.args if x.__class__ is Array]

    def stands_for(self, nodes: Any, label: str) -> None:
        """Let the nodes be its scalars, unless it has some; and those of what it is a view of."""
        x = self
        while x.scalars is None:
            sizes = [abs(n) for n in x.shape]
            nodes = nodes.reshape(sizes)
            x.scalars, x.label = nodes.reshape(sizes[x.is_batched :]), label
            if x.op not in ("reshape", "transpose"):
                break
            if x.op == "transpose":
                nodes = nodes.transpose(np.argsort(x.info))
            [x] = x.args

    def __repr__(self) -> str:
        args = ", ".join(f"#{x.number}" if x.__class__ is Array else repr(x) for x in self.args)
        info = "" if self.info is None else f" {self.info}"
        return f"#{self.number} {self.op}({args}){info} {self.shape}"


class ArrayProgram:
    """Arrays in the order they are made; equal ones are one."""

    def __init__(self) -> None:
        self.arrays: list[Array] = []
        self._made: dict[Any, Array] = {}

    def make(self, op: Any, args: Sequence[Any], info: Any, shape: Shape) -> Array:
        """The array made like this, a new one unless there is one."""
        key = (op, *[x if x.__class__ is Array else (x,) for x in args], info, shape)
        if op == "constant":
            key = (op, info.shape, info.tobytes())
        array = self._made.get(key)
        if array is None:
            array = self._made[key] = Array(self, op, tuple(args), info, shape)
        return array

    def found(self, primitive: Primitive, x: Array) -> Array | None:
        """What an operation on x has made already."""
        return self._made.get((primitive, x, None, x.shape))

    # -- leaves ---------------------------------------------------------------------------------

    def input(self, name: str, shape: Shape) -> Array:
        return self.make("input", (), name, (BATCH, *shape))

    def parameter(self, index: int, shape: Shape) -> Array:
        return self.make("parameter", (), index, shape)

    def constant(self, numbers: Any) -> Any:
        numbers = np.asarray(numbers, dtype=float)
        if numbers.ndim == 0:
            return float(numbers)
        return self.make("constant", (), numbers, numbers.shape)

    def count(self) -> Array:
        """The number of examples."""
        return self.make("count", (), None, ())

    # -- elementwise ----------------------------------------------------------------------------

    def apply(self, primitive: Primitive, *operands: Any) -> Any:
        """The operation on arrays whose shapes broadcast, as in NumPy; simplified."""
        operands = tuple(x if x.__class__ is Array else float(x) for x in operands)
        if not any(x.__class__ is Array for x in operands):
            return ieee(primitive, operands)
        operands = _without_leading_ones(operands)
        shorter = simpler(primitive, operands)
        if shorter is not None:
            return shorter
        shape = broadcast(*[x.shape for x in operands if x.__class__ is Array])
        return self.make(primitive, operands, None, shape)

    def total(self, constant: float, terms: Sequence[tuple[float, Any]]) -> Any:
        """constant + the sum of coefficient * array, as one would write it."""
        terms = sorted(terms, key=lambda term: term[0] < 0)  # stable: a - b rather than -b + a
        result: Any = constant if constant > 0 or not terms else None
        for c, x in terms:
            size = scaled(x, abs(c))
            if result is None:
                result = -size if c < 0 else size
            else:
                result = result - size if c < 0 else result + size
        return result + constant if constant < 0 else result

    # -- sums of products -----------------------------------------------------------------------

    def contract(self, letters: str, *arrays: Array) -> Array:
        """A sum of products, in einsum's notation: "bi,oi->bo"; one or two arrays.

        Raises:
            ValueError: the letters do not fit the shapes.
        """
        into, out = letters.split("->")
        size: dict[str, int] = {}
        for axes, x in zip(into.split(","), arrays, strict=True):
            if len(axes) != len(x.shape):
                raise ValueError(f"contract expected axes {axes} for an array of shape {x.shape}")
            for letter, n in zip(axes, x.shape):
                if size.setdefault(letter, n) != n:
                    raise ValueError(f"contract {letters}: {letter} is {size[letter]} and {n}")
        if len(arrays) == 1 and sorted(into) == sorted(out):
            return self.transpose(arrays[0], [into.index(letter) for letter in out])
        return self.make("contract", arrays, letters, tuple(size[letter] for letter in out))

    def logsumexp(self, x: Array) -> Array:
        """Along the last axis."""
        return self.make("logsumexp", (x,), None, x.shape[:-1])

    # -- views ----------------------------------------------------------------------------------

    def reshape(self, x: Array, shape: Shape) -> Array:
        if math.prod(shape) != math.prod(x.shape):
            raise ValueError(f"reshape cannot make {shape} of {x.shape}")
        if x.op == "reshape":
            x = x.args[0]
        return x if shape == x.shape else self.make("reshape", (x,), None, shape)

    def slice(self, x: Array, bounds: Sequence[tuple[int, int] | None]) -> Array:
        """Along each axis [start, stop), or all for None."""
        whole = tuple(
            None if b is None or b == (0, n) else b for b, n in zip(bounds, x.shape, strict=True)
        )
        if not any(whole):
            return x
        shape = tuple(n if b is None else b[1] - b[0] for b, n in zip(whole, x.shape))
        return self.make("slice", (x,), whole, shape)

    def transpose(self, x: Array, order: Sequence[int]) -> Array:
        order = tuple(order)
        if x.op == "transpose":
            x, order = x.args[0], tuple(x.info[i] for i in order)
        if order == tuple(range(len(order))):
            return x
        return self.make("transpose", (x,), order, tuple(x.shape[i] for i in order))

    def broadcast(self, x: Any, shape: Shape) -> Array:
        """All of a shape; a number too."""
        if x.__class__ is Array and x.shape == shape:
            return x
        if x.__class__ is Array and x.op == "broadcast":
            [x] = x.args
        return self.make("broadcast", (x,), None, shape)

    def gather(self, x: Array, index: Any) -> Array:
        """The elements x[index], for an array of addresses in x, counted through all axes."""
        index = np.asarray(index)
        flat = self.reshape(x, (*x.shape[: x.is_batched], x.size))
        shape = (*x.shape[: x.is_batched], *index.shape)
        return self.make("gather", (flat,), Index(index), shape)

    def scatter(self, x: Array, index: Index, shape: Shape) -> Array:
        """gather's adjoint: zeros of `shape`, with x's elements added at the index."""
        places = index.places
        if places.size == math.prod(shape[x.is_batched :]) and not index.is_repeated:
            return self.reshape(self.gather(x, np.argsort(places, axis=None)), shape)
        return self.make("scatter", (x,), index, shape)

    def assemble(self, pieces: Sequence[Array], starts: Sequence[Shape], shape: Shape) -> Array:
        """Zeros of `shape`, with each piece added at its start: slice's adjoint.

        Pieces that fill an axis are put side by side.
        """
        order = sorted(range(len(pieces)), key=starts.__getitem__)
        for axis, length in enumerate(shape):
            ends = [starts[i][axis] + pieces[i].shape[axis] for i in order]
            side_by_side = [starts[i][axis] for i in order] == [0, *ends[:-1]]
            rest = all(n == shape[d] for x in pieces for d, n in enumerate(x.shape) if d != axis)
            if side_by_side and rest and ends[-1] == length:
                return self.concatenate([pieces[i] for i in order], axis)
        return self.make("assemble", pieces, tuple(starts), shape)

    def concatenate(self, pieces: Sequence[Array], axis: int) -> Array:
        """Arrays side by side along an axis."""
        if len(pieces) == 1:
            return pieces[0]
        shape = list(pieces[0].shape)
        shape[axis] = sum(x.shape[axis] for x in pieces)
        return self.make("concatenate", pieces, axis, tuple(shape))


class Index:
    """Places in an array, equal to others with the same ones."""

    def __init__(self, places: Any) -> None:
        self.places = places
        self._key = (places.shape, places.tobytes())

    @property
    def is_repeated(self) -> bool:
        """Whether a place occurs twice."""
        return bool(len(np.unique(self.places)) < self.places.size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Index) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"[{self.places.shape}]"


def base(x: Array, views: Sequence[str] = ("reshape", "transpose", "slice")) -> Array:
    """The array that x is a view of."""
    while x.op in views and x.operands:
        [x] = x.operands
    return x


def reachable(outputs: Sequence[Array]) -> list[Array]:
    """The arrays that the outputs are made of, operands first."""
    needed = set(outputs)
    for x in reversed(outputs[0].program.arrays):
        if x in needed:
            needed.update(x.operands)
    return [x for x in outputs[0].program.arrays if x in needed]


def written_shape(shape: Shape) -> str:
    """A shape with n for the number of examples.

    >>> written_shape((-1, 2)), written_shape((-16,)), written_shape(())
    ('(n, 2)', '(16 n,)', '()')
    """
    sizes = ["n" if k == -1 else f"{-k} n" if k < 0 else str(k) for k in shape]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def broadcast(*shapes: Shape) -> Shape:
    """The shape that arrays of these have together.

    Raises:
        ValueError: they do not fit.
    """
    rank = max(map(len, shapes))
    shape = []
    for i in range(-rank, 0):
        sizes = {s[i] for s in shapes if len(s) >= -i} - {1}
        if len(sizes) > 1:
            raise ValueError(f"shapes {', '.join(map(str, shapes))} do not broadcast")
        shape.append(sizes.pop() if sizes else 1)
    return tuple(shape)


def _without_leading_ones(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """Operands without the axes that NumPy puts in front by itself."""
    rank = max(len(x.shape) for x in operands if x.__class__ is Array)
    found = []
    for x in operands:
        if x.__class__ is Array and x.op == "reshape":
            inner = x.args[0]
            others = [y for y in operands if y.__class__ is Array and y is not x]
            is_padded = x.shape == (1,) * (len(x.shape) - len(inner.shape)) + inner.shape
            if is_padded and any(len(y.shape) == rank for y in others):
                x = inner
        found.append(x)
    return tuple(found)
