"""Tracing: scalar code run once on placeholders, which record what is done to them.

A placeholder is a Value without a number. Whatever would need the number raises a TraceError that
names the line of the user's code: a compiled program is one and the same for all examples, so
nothing in it may depend on the numbers of one.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from numbers import Real
from typing import Any

from ..nested import is_array, map_nested
from ..operators import operate
from ..primitives import LEAF, add, dot
from ..rules import Primitive
from ..scalars import real_number
from ..sweep import every_node
from ..value import Value
from .arithmetic import DETACH, SELECT, Recorded
from .names import unique
from .refusals import PACKAGES, REFUSED, refusal, refuse

# NumPy's functions of two operands that are operators, as ours where the left one is NumPy's
_REFLECTED = {
    "add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__", "divide": "__rtruediv__",
    "true_divide": "__rtruediv__", "power": "__rpow__", "less": "__gt__", "less_equal": "__ge__",
    "greater": "__lt__", "greater_equal": "__le__", "equal": "__eq__", "not_equal": "__ne__",
}  # fmt: skip


class Trace(list["Traced"]):
    """The nodes of a trace, in the order they were made.

    Args:
        inputs: the names of the traced function's arguments.

    Attributes:
        labels: for inputs that pick() takes as an index, as (name, position), how many it picks
            from.
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
        name = unique(stem if stem.isidentifier() else "draw", self._taken)  # or it is a lambda
        self.draws[name], self.sizes[name] = partial(draw, count), (count,)
        return placeholders(name, (count,), self)

    @contextmanager
    def watching(self, values: Iterable[Value]) -> Iterator[None]:
        """Meanwhile what is done to these Values is recorded in this trace.

        They are of another class for the time, in every thread: other threads must not use them.
        """
        kind = type("TracedParameter", (TracedParameter,), {"__slots__": (), "trace": self})
        before = [(x, x.__class__) for x in values if x.__class__ is Value or hasattr(x, "trace")]
        try:
            for x, _ in before:
                x.__class__ = kind
            yield
        finally:
            for x, own in before:
                x.__class__ = own
            kind.trace = None  # type: ignore[attr-defined] # a class is freed late


class Undecided(Recorded, Value):
    """What has no number while a function is traced: an operation on it is recorded, and what would
    need the number is refused. Its `trace` has all nodes, in the order they were made."""

    __slots__ = ()

    trace: Trace
    __pick__: Any

    __hash__ = object.__hash__

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Traced:
        if not all(k is float or k is int or issubclass(k, Value) for k in {*map(type, operands)}):
            operands = [x if isinstance(x, Value) else real_number(x) for x in operands]
        trace: Trace = next(x.trace for x in reversed(operands) if isinstance(x, Undecided))
        return Traced(primitive, tuple(operands), trace)

    def __radd__(self, other: Any) -> Any:
        if other.__class__ is int and other == 0:
            return self  # builtin sum() starts from 0
        return operate(add, other, self)

    @staticmethod
    def __comparison__(left: Any, sign: str, right: Any) -> Any:
        """left < right, as a condition; with each number of an array."""
        if is_array(right):
            return map_nested(lambda x: Undecided.__comparison__(left, sign, x), right)[()]
        return _condition(SELECT[sign].apply((left, right, 1, 0)))

    def __eq__(self, other: object) -> Any:
        """As in the scalar engine: inputs are compared, being numbers there; a Value is itself."""
        if is_array(other):
            return map_nested(lambda x: self == x, other)[()]
        if not isinstance(other, (Value, Real)):
            return NotImplemented
        numbers = [
            not isinstance(x, Value) or (isinstance(x, Traced) and x.is_number)
            for x in (self, other)
        ]
        if all(numbers):
            return self.__comparison__(self, "==", other)
        if any(numbers) or (self is not other and any(map(_is_of_inputs, (self, other)))):
            refuse("== asks whether two Values are one", "(a >= b) & (a <= b)")
        return self is other

    def __ne__(self, other: object) -> Any:
        equal = self == other
        return ~equal if isinstance(equal, TracedComparison) else not equal

    def __draw__(self, draw: Callable[[int], Sequence[float]], count: int) -> Any:
        """What draw(count) stands for, as an input: drawn for each example of each batch."""
        return self.trace.draw(draw, count)

    def detach(self) -> Any:
        """The same number, which follows its parameters, without a gradient."""
        return DETACH.apply((self,))

    def __repr__(self) -> str:
        return f"<traced {'parameter' if self.is_leaf else self.op} {self.label}".rstrip() + ">"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __array_ufunc__(  # type: ignore[override]
        self, ufunc: Any, method: str, *operands: Any, **options: Any
    ) -> Any:
        """The operators of NumPy's scalars and arrays are ours; NumPy's functions are refused."""
        reflected = _REFLECTED.get(ufunc.__name__)
        if not reflected or method != "__call__" or options:
            refuse(
                f"NumPy's {ufunc.__name__} needs numbers",
                "the function from autograd_mini, such as exp(x)",
            )
        return getattr(operands[1], reflected)(operands[0])


for _refused, _why, _remedy in REFUSED:
    for _name in _refused.split():
        _method = refusal(_why, _remedy)
        _is_slot = _name in Value.__slots__
        setattr(Undecided, _name, property(_method, _method) if _is_slot else _method)


class Traced(Undecided):
    """A placeholder, or what was made of some, or of parameters.

    Attributes:
        op: the operation that made it; that of a leaf on a placeholder.
        operands: what it was applied to; for a placeholder its input's name and the position in it.
        position: that in the trace.
        is_number: whether the scalar engine has a plain number, or a bool, for it.
    """

    __slots__ = ("_operands", "position", "trace")

    def __init__(self, op: Primitive, operands: tuple[Any, ...], trace: Trace) -> None:
        self.op, self._operands, self.trace, self.label = op, operands, trace, ""
        self.position = len(trace)
        trace.append(self)

    # What the walks of backprop read: a list's node, without partials; a leaf, if detached.
    _da = _db = None
    _a = property(lambda self: None if self.op is LEAF or self.op is DETACH else self._operands)
    _b = property(lambda self: (self.parents, ()))
    parents = property(lambda self: tuple([x for x in self._operands if isinstance(x, Value)]))
    operands = property(lambda self: self._operands)
    is_leaf = is_number = property(lambda self: self.op is LEAF)

    def __hash__(self) -> int:
        """By who it is; what would find an equal number, in a set, asks for its number."""
        if not sys._getframe(1).f_code.co_filename.startswith(PACKAGES) and _is_of_inputs(self):
            refuse("a set, a dict or a cache asks which numbers are equal", "where(x == 1, a, b)")
        return object.__hash__(self)

    def __pick__(self, xs: list[Any]) -> Any:
        """The sum of xs[j] * [k == j]: one of them is 1."""
        if not self.is_leaf:
            Undecided.__pick__(self)
        labels = self.trace.labels
        labels[self._operands] = min(len(xs), labels.get(self._operands, len(xs)))
        return dot(xs, [SELECT["=="].apply((self, j, 1, 0)) for j in range(len(xs))])

    def __repr__(self) -> str:
        made = f"input {self._operands[0]}" if self.is_leaf else str(self.op)
        return f"<traced {made}>"


class TracedComparison(Traced):
    """A comparison of traced numbers, or several of them: a condition for where(), undecided since
    it holds for some examples only. As a number it is 1 or 0."""

    __slots__ = ()

    is_number = True

    def __where__(self, a: Any, b: Any) -> Any:
        left, right, *chosen = self._operands
        if all(x.__class__ is int for x in chosen):  # a single one
            return self.op.apply((left, right, *((a, b) if chosen[0] else (b, a))))
        return SELECT[">"].apply((self, 0, a, b))

    def __invert__(self) -> Any:
        return _condition(self.__where__(0, 1))

    def __bool__(self) -> bool:
        left, right, *_ = self._operands
        return (left is right and self.op is SELECT["=="]) or super().__bool__()

    __int__ = __float__ = __index__ = refusal(
        "a comparison of traced numbers is undecided", "it as it is, as a number 1 or 0"
    )


def _condition(node: Any) -> Any:
    node.__class__ = TracedComparison
    return node


def _joined(rule: Callable[[Any, Any], Any]) -> Any:
    """The operator of two conditions, either of which may be a bool."""

    def method(self: Any, other: Any) -> Any:
        if other.__class__ is not bool and not isinstance(other, TracedComparison):
            Undecided.__and__(self, other)  # type: ignore[operator]
        return _condition(rule(self, +other))

    return method


for _name, _rule in {
    "and": lambda c, d: c.__where__(d, 0),
    "or": lambda c, d: c.__where__(1, d),
    "xor": lambda c, d: SELECT["=="].apply((c, d, 0, 1)),
}.items():
    for _side in ("__", "__r"):
        setattr(TracedComparison, f"{_side}{_name}__", _joined(_rule))


class TracedParameter(Undecided):
    """What a parameter is while a function is traced, and only then; or a Value that was made of
    some before. Its number is not to be read, since it changes from step to step."""

    __slots__ = ()


def _is_of_inputs(x: Any) -> bool:
    """Whether it is made of inputs alone, so that it is a plain number to the scalar engine."""
    return all(isinstance(node, Traced) for node in every_node([x]))


def placeholders(name: str, shape: tuple[int, ...], trace: Trace) -> Any:
    """Nested lists of placeholders of a shape; a single one for ()."""
    count = iter(range(math.prod(shape)))

    def build(sizes: tuple[int, ...]) -> Any:
        if not sizes:
            return Traced(LEAF, (name, next(count)), trace)
        return [build(sizes[1:]) for _ in range(sizes[0])]

    return build(shape)
