"""Tracing: scalar code run once on placeholders, which record what is done to them.

A placeholder is a Value without a number. Whatever would need the number raises a TraceError that
names the line of the user's code: a compiled program is one and the same for all examples, so
nothing in it may depend on the numbers of one.
"""

from __future__ import annotations

import linecache
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from ..errors import TraceError
from ..graph import topological_order
from ..primitives import LEAF, add, divide, dot, multiply, power, subtract
from ..rules import Primitive
from ..scalars import real_number
from ..value import Value
from .arithmetic import SELECT, Comparison, Recorded

_PACKAGES = tuple(str(Path(__file__).parents[2] / name) for name in ("autograd_mini", "nn"))


_OPERATORS = {
    "add": add, "subtract": subtract, "multiply": multiply, "true_divide": divide,
    "divide": divide, "power": power,
}  # fmt: skip


class Trace(list["Traced"]):
    """The nodes of a trace, in the order they were made.

    Args:
        inputs: the names of the traced function's arguments.

    Attributes:
        labels: for inputs that pick() takes as an index, as (name, place), how many it picks from.
        draws: random numbers that the traced function asked for: the name of the input they
            become, to a function that draws them for one example.
        sizes: how many they are, by the same names.
    """

    def __init__(self, inputs: Iterable[str]) -> None:
        super().__init__()
        self.labels: dict[tuple[str, int], int] = {}
        self.draws: dict[str, Callable[[], Sequence[float]]] = {}
        self.sizes: dict[str, tuple[int, ...]] = {}
        self._taken = set(inputs)

    def draw(self, draw: Callable[[int], Sequence[float]], count: int) -> Any:
        """Placeholders for `count` random numbers, of an input that is drawn for each example."""
        stem = getattr(draw, "__name__", "")
        if not stem.isidentifier():  # a lambda
            stem = "draw"
        name, number = stem, 1
        while name in self._taken:
            number += 1
            name = f"{stem}{number}"
        self._taken.add(name)
        self.draws[name], self.sizes[name] = partial(draw, count), (count,)
        return placeholders(name, (count,), self)


class TracedComparison(Comparison):
    """A comparison of placeholders: undecided, since it holds for some examples only."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        refuse(
            "a branch on a traced number would be the same for every example",
            "where(condition, a, b), maximum or minimum",
        )


class Traced(Recorded, Value):
    """A placeholder, or what was made of some.

    Attributes:
        op: the operation that made it; that of a leaf on a placeholder.
        operands: what it was applied to; for a placeholder its input's name and place.
        trace: all nodes of this trace, in the order they were made.
        place: the node's place among them.
    """

    __slots__ = ("_operands", "place", "trace")

    __comparison__ = TracedComparison
    __hash__ = object.__hash__

    def __init__(self, op: Primitive, operands: tuple[Any, ...], trace: Trace) -> None:
        self.op, self._operands, self.trace, self.label = op, operands, trace, ""
        self.place = len(trace)
        trace.append(self)

    @property
    def operands(self) -> tuple[Any, ...]:
        return self._operands

    @property
    def is_leaf(self) -> bool:
        return self.op is LEAF

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Traced:
        trace: Trace
        for x in operands:
            kind = x.__class__
            if kind is Traced:
                trace = x.trace
            elif kind is not Value and kind is not float:
                operands = [x if isinstance(x, Value) else real_number(x) for x in operands]
        return Traced(primitive, tuple(operands), trace)

    def __radd__(self, other: Any) -> Traced:
        if other.__class__ is int and other == 0:
            return self  # builtin sum() starts from 0
        return self.__apply_primitive__(add, (other, self))

    def __pick__(self, xs: list[Any]) -> Any:
        """The sum of xs[j] * [k == j]: one of them is 1."""
        if not self.is_leaf:
            refuse("pick with an index that was computed", "an input for the index, or a one-hot")
        labels = self.trace.labels
        labels[self._operands] = min(len(xs), labels.get(self._operands, len(xs)))
        return dot(xs, [SELECT["=="].apply((self, j, 1, 0)) for j in range(len(xs))])

    def __draw__(self, draw: Callable[[int], Sequence[float]], count: int) -> Any:
        """What draw(count) stands for, as an input: drawn for each example of each batch."""
        return self.trace.draw(draw, count)

    def __eq__(self, other: object) -> bool:
        if self is not other:
            refuse("== of a traced number has no one answer", "where with < and >, or a one-hot")
        return True

    def __bool__(self) -> NoReturn:
        refuse(
            "a branch on a traced number would be the same for every example",
            "where(condition, a, b), maximum or minimum",
        )

    def __float__(self) -> NoReturn:
        refuse(
            "float() and the functions of math need a number",
            "the function of the same name from autograd_mini, such as exp(x)",
        )

    def __int__(self) -> NoReturn:
        refuse(
            "int() and round() need a number",
            "where, or, for an index, pick(xs, k) or a one-hot input",
        )

    def __round__(self, digits: Any = None) -> NoReturn:
        self.__int__()

    __trunc__ = __floor__ = __ceil__ = __int__

    def __index__(self) -> NoReturn:
        refuse(
            "an index has to be known when the program is compiled",
            "pick(xs, k), or a one-hot input and dot",
        )

    def __repr__(self) -> str:
        made = f"input {self._operands[0]}" if self.is_leaf else str(self.op)
        return f"<traced {made}>"

    def __format__(self, spec: str) -> str:
        return self.data if spec else repr(self)

    @property
    def data(self) -> NoReturn:
        refuse("a traced number has no .data", "the function from autograd_mini that you need")

    @property
    def grad(self) -> NoReturn:
        refuse("a traced number has no .grad", "program.backward(..) and the parameters' .grad")

    def __array_ufunc__(  # type: ignore[override]
        self, ufunc: Any, method: str, *operands: Any, **options: Any
    ) -> Any:
        """The operators of NumPy's scalars are ours; NumPy's functions are refused."""
        row = _OPERATORS.get(ufunc.__name__)
        if row is None or method != "__call__" or options:
            refuse(
                f"NumPy's {ufunc.__name__} needs numbers",
                "the function from autograd_mini, such as exp(x)",
            )
        return row.apply(operands)

    def backward(self, seed: Any = 1) -> NoReturn:
        refuse("a traced number has no gradient yet", "program.backward(..), outside of it")

    def zero_grad(self) -> NoReturn:
        refuse("a traced number has no gradient", "zero_grad() outside of the traced function")

    def detach(self) -> NoReturn:
        refuse("detach() needs a number", "an input for what has no gradient")


def refuse(reason: str, remedy: str) -> NoReturn:
    """Raise a TraceError that points to the user's line."""
    frame: FrameType | None = sys._getframe(1)
    while frame and frame.f_code.co_filename.startswith(_PACKAGES):
        frame = frame.f_back
    where = ""
    if frame:
        file, line = frame.f_code.co_filename, frame.f_lineno
        code = linecache.getline(file, line).strip()
        where = f"{file}:{line}: {code}: " if code else f"{file}:{line}: "
    raise TraceError(f"{where}{reason}; use {remedy}")


def made_inside(
    one: Trace, other: Trace, results: Iterable[tuple[Any, Any]]
) -> dict[int, Value] | None:
    """The Values that a traced function made itself, by id, in the first of two traces; with their
    twins in the other. None if the traces, and pairs of scalars made of them, are not alike."""
    twins: dict[int, Value] = {}
    alike = (
        len(one) == len(other)
        and all(_made_alike(a, b, twins) for a, b in zip(one, other))
        and all(_alike(a, b, twins) for a, b in results)
    )
    return twins if alike else None


def _made_alike(a: Value, b: Value, twins: dict[int, Value]) -> bool:
    if a.op is not b.op:
        return False
    xs, ys = a.operands, b.operands
    return len(xs) == len(ys) and all(x is y or _alike(x, y, twins) for x, y in zip(xs, ys))


def _alike(x: Any, y: Any, twins: dict[int, Value]) -> bool:
    if x is y:
        return True
    if x.__class__ is not y.__class__:
        return False
    if x.__class__ is Traced:
        return bool(x.place == y.place)
    if x.__class__ is not Value:
        return bool(x == y or x != x)
    if id(x) not in twins:  # made in the traced function of parameters alone
        order = list(zip(topological_order(x), topological_order(y)))
        for a, b in order:
            if a is not b:
                if a.data != b.data or not _made_alike(a, b, twins):
                    return False
                twins[id(a)] = b
    return twins.get(id(x)) is y


def in_order(trace: Trace) -> list[Value]:
    """The nodes of a trace and the Values they are made of, operands first."""
    order: list[Value] = []
    seen: set[int] = set()
    for node in trace:
        if node.op is not LEAF:
            for x in node.operands:
                if x.__class__ is Value and id(x) not in seen:
                    fresh = [x] if x.is_leaf else topological_order(x)
                    order += [v for v in fresh if id(v) not in seen]
                    seen.update(map(id, fresh))
        order.append(node)
    return order


def placeholders(name: str, shape: tuple[int, ...], trace: Trace) -> Any:
    """Nested lists of placeholders of a shape; a single one for ()."""
    count = iter(range(math.prod(shape)))

    def build(sizes: tuple[int, ...]) -> Any:
        if not sizes:
            return Traced(LEAF, (name, next(count)), trace)
        return [build(sizes[1:]) for _ in range(sizes[0])]

    return build(shape)
