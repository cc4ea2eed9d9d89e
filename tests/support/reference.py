"""Oracles: other ways to a derivative, and random programs to try them on.

`complex_step` and `richardson` differentiate a function without any rule. `Dual` is forward mode in
thirty lines: a scalar type that shares the rules of the table with Value, but neither its graph nor
its backward pass. `programs` draws straight-line programs over the whole rule table.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hypothesis import strategies as st

from autograd_mini import DomainError, Value, dot, where
from autograd_mini.primitives import TABLE
from autograd_mini.rules import REALS, Interval, NaryPrimitive, Primitive

# -- derivatives without rules ------------------------------------------------------------------


def complex_step(f: Callable[[Any], Any], x: float) -> float | None:
    """f'(x) = Im f(x + ih) / h, to the last digits; None where f is not analytic.

    Squire and Trapp 1998, doi:10.1137/S003614459631241X.
    """
    h = 1e-30
    try:
        y = f(complex(x, h))
    except TypeError:
        return None
    return y.imag / h if isinstance(y, complex) else None


def richardson(f: Callable[[float], float], x: float, h: float = 0.02) -> float:
    """f'(x) from central differences, extrapolated to h = 0 (Ridders 1982)."""
    best, smallest = math.nan, math.inf
    row: list[float] = []
    for _ in range(8):
        above = row
        row = [(f(x + h) - f(x - h)) / (2 * h)]
        for k, coarser in enumerate(above):
            row.append(row[k] + (row[k] - coarser) / (4 ** (k + 1) - 1))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser))
            if error < smallest:
                best, smallest = row[-1], error
        h /= 2
    return best


def derivative(f: Callable[[Any], Any], x: float) -> tuple[float, float]:
    """(f'(x), the tolerance to compare it with)."""
    slope = complex_step(f, x)
    if slope is not None:
        return slope, 1e-11 + 1e-10 * abs(slope)
    slope = richardson(f, x)
    return slope, 1e-7 + 1e-6 * abs(slope)


# -- forward mode -------------------------------------------------------------------------------


class Dual:
    """x + t e with e*e = 0. `size` is what t would be if no two terms of it cancelled."""

    def __init__(self, data: float, tangent: float = 0.0, size: float | None = None) -> None:
        self.data, self.tangent = data, tangent
        self.size = abs(tangent) if size is None else size

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Dual:
        duals = [x if isinstance(x, Dual) else Dual(x) for x in operands]
        numbers = [x.data for x in duals]
        y = primitive.evaluate(numbers)
        slopes = [primitive.local_partial(i, numbers, y) for i in range(len(numbers))]
        return Dual(  # on complex data too, for the complex step of a derivative
            y,
            sum(d * x.tangent for d, x in zip(slopes, duals, strict=True)),
            sum(abs(d) * x.size for d, x in zip(slopes, duals, strict=True)),
        )


# -- a row of the table, on any scalars ---------------------------------------------------------


WHERE: dict[str, Callable[[Any, Any], Any]] = {
    "where true": lambda a, b: where(True, a, b),
    "where false": lambda a, b: where(False, a, b),
}
OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "negate": operator.neg,
    "absolute": abs,
}
ROWS = [*TABLE, *WHERE]


def apply(name: str, operands: Sequence[Any]) -> Any:
    """The operation as a user writes it: an operator on Values, a function elsewhere."""
    if name in OPERATORS and any(isinstance(x, Value) for x in operands):
        return OPERATORS[name](*operands)
    if name == "dot":
        n = len(operands) // 2
        return dot(operands[:n], operands[n:-1], operands[-1])
    if name in TABLE:
        return TABLE[name].apply(operands)
    return WHERE[name](*operands)


def arity(name: str) -> range:
    """The numbers of operands to try."""
    row = TABLE.get(name)
    if name == "dot":
        return range(3, 8, 2)
    if isinstance(row, NaryPrimitive):
        return range(1, 5)
    n = 2 if row is None else len(row.arguments)
    return range(n, n + 1)


def domains(name: str, n: int) -> Sequence[Interval]:
    row = TABLE.get(name)
    return row.domain if row and not isinstance(row, NaryPrimitive) else (REALS,) * n


def distance_to_kinks(name: str, numbers: Sequence[float]) -> float:
    row = TABLE.get(name)
    return min((abs(kink(*numbers)) for kink in row.kinks), default=math.inf) if row else math.inf


def smooth_at(name: str, numbers: Sequence[float], margin: float = 0.05) -> bool:
    """Whether the operation and its partials exist there, at some distance from any kink."""
    try:
        Dual.__apply_primitive__(row_of(name), numbers)
    except (DomainError, ZeroDivisionError, OverflowError):
        return False
    return distance_to_kinks(name, numbers) > margin


def row_of(name: str) -> Primitive:
    return TABLE.get(name) or apply(name, [Value(1.0), Value(2.0)]).op


@st.composite
def smooth_points(draw: st.DrawFn, name: str, reach: float = 4.0) -> list[float]:
    """Operands inside the row's domain, away from its ends and from its kinks."""

    def is_smooth_around(xs: list[float]) -> bool:
        steps = [(i, h) for i in range(len(xs)) for h in (0.03, -0.03)]
        return smooth_at(name, xs) and all(
            smooth_at(name, [*xs[:i], xs[i] + h, *xs[i + 1 :]], margin=0.0) for i, h in steps
        )

    n = draw(st.sampled_from(arity(name)))
    bounds = [(max(d.low + 0.05, -reach), min(d.high - 0.05, reach)) for d in domains(name, n)]
    return draw(
        st.tuples(*(st.floats(low, high) for low, high in bounds))
        .map(list)
        .filter(is_smooth_around)
    )


# -- random programs ----------------------------------------------------------------------------


class Ref(NamedTuple):
    """The result of an earlier line, or an input."""

    index: int


@dataclass(frozen=True)
class Program:
    """A straight-line program: inputs, then one operation a line; the last is the result."""

    inputs: tuple[float, ...]
    lines: tuple[tuple[str, tuple[Any, ...]], ...]

    def run(self, *inputs: Any) -> list[Any]:
        """The inputs and the result of every line, on scalars of any type."""
        scalars = list(inputs)
        for name, operands in self.lines:
            scalars.append(
                apply(name, [scalars[x.index] if isinstance(x, Ref) else x for x in operands])
            )
        return scalars

    def __call__(self, *inputs: Any) -> Any:
        return self.run(*inputs)[-1]

    def values(self) -> tuple[list[Value], Value]:
        """Fresh leaves, and the graph built on them."""
        leaves = [Value(x, f"x{i}") for i, x in enumerate(self.inputs)]
        return leaves, self(*leaves)

    def gradient(self) -> list[tuple[float, float]]:
        """(derivative, tolerance) by each input, in forward mode."""
        found = []
        for i in range(len(self.inputs)):
            duals = [Dual(x, float(i == j)) for j, x in enumerate(self.inputs)]
            y = self(*duals)
            found.append((y.tangent, 1e-12 * y.size))
        return found

    def second_derivative(self, i: int, j: int) -> tuple[float, float]:
        """(d2y/dxi dxj, tolerance) of an analytic program: the complex step of forward mode."""
        h = 1e-30
        duals = [
            Dual(complex(x, h if k == j else 0.0), float(k == i)) for k, x in enumerate(self.inputs)
        ]
        y = self(*duals)
        return y.tangent.imag / h, 1e-9 * (1 + y.size * y.size)


constants = st.integers(-3, 3) | st.floats(-3, 3).map(lambda x: round(x, 2))


@st.composite
def programs(
    draw: st.DrawFn,
    names: Iterable[str] = ROWS,
    max_lines: int = 8,
    max_inputs: int = 3,
) -> Program:
    """Programs with shared nodes, repeated operands and constants, smooth where they are run."""
    names = list(names)
    inputs = tuple(draw(st.lists(st.floats(-2, 2), min_size=1, max_size=max_inputs)))
    data: list[Any] = list(inputs)
    lines: list[tuple[str, tuple[Any, ...]]] = []

    def write(name: str, operands: Sequence[Any]) -> Ref:
        numbers = [data[x.index] if isinstance(x, Ref) else x for x in operands]
        if not (smooth_at(name, numbers) and _moderate(name, numbers)):
            name, operands = "tanh", [next(x for x in operands if isinstance(x, Ref))]
            numbers = [data[operands[0].index]]
        lines.append((name, tuple(operands)))
        data.append(apply(name, numbers))
        return Ref(len(data) - 1)

    def into(x: Any, interval: Interval) -> Any:
        """x, led into the interval by some lines more where it lies outside."""
        number = data[x.index] if isinstance(x, Ref) else x
        low, high = interval.low, interval.high
        if low + 0.05 < number < high - 0.05:
            return x
        inside = 0.5 * (low + high) if math.isfinite(low + high) else low + 1.0
        if not isinstance(x, Ref):
            return inside
        if math.isfinite(high):
            return write(
                "add", [write("multiply", [write("tanh", [x]), 0.4 * (high - low)]), inside]
            )
        return write("add", [write("softplus", [x]), low + 0.1])

    for _ in range(draw(st.integers(1, max_lines))):
        name = draw(st.sampled_from(names))
        n = draw(st.sampled_from(arity(name)))
        refs = st.integers(0, len(data) - 1).map(lambda back: Ref(len(data) - 1 - back))
        operands = draw(st.lists(refs | constants, min_size=n, max_size=n))
        if not any(isinstance(x, Ref) for x in operands):
            operands[0] = Ref(len(data) - 1)
        write(name, [into(x, d) for x, d in zip(operands, domains(name, n), strict=True)])
    return _without_dead_lines(Program(inputs, tuple(lines)))


def _without_dead_lines(program: Program) -> Program:
    """The lines that the last one depends on, numbered afresh."""
    n = len(program.inputs)
    alive = {n + len(program.lines) - 1}
    for i in range(len(program.lines) - 1, -1, -1):
        if n + i in alive:
            alive.update(x.index for x in program.lines[i][1] if isinstance(x, Ref))
    place = {old: new for new, old in enumerate(sorted(alive | set(range(n))))}
    lines = [
        (name, tuple(Ref(place[x.index]) if isinstance(x, Ref) else x for x in operands))
        for i, (name, operands) in enumerate(program.lines)
        if n + i in alive
    ]
    return Program(program.inputs, tuple(lines))


def _moderate(name: str, numbers: Sequence[float]) -> bool:
    """Neither the result nor a partial is so large that its rounding would drown a comparison."""
    dual = Dual.__apply_primitive__(row_of(name), [Dual(x, 1.0) for x in numbers])
    return abs(dual.data) <= 50 and dual.size <= 50


def _complex_form(name: str) -> bool:
    numbers = next(xs for xs in _guesses(name) if smooth_at(name, xs))
    try:
        return isinstance(apply(name, [complex(x, 1e-30) for x in numbers]), complex)
    except TypeError:
        return False


def _guesses(name: str) -> Iterable[list[float]]:
    n = arity(name)[-1]
    for start in (-0.5, 0.5, 1.5):
        xs = [start + 0.375 * i for i in range(n)]
        if all(x in d for x, d in zip(xs, domains(name, n), strict=True)):
            yield xs


def some_point(name: str) -> list[float]:
    """A point of the row's domain, left of 0 if there is one."""
    return next(xs for xs in _guesses(name) if smooth_at(name, xs))


def _complex_partials(name: str) -> bool:
    try:
        Dual.__apply_primitive__(row_of(name), [complex(x, 1e-30) for x in some_point(name)])
    except TypeError:  # an edge told by < and >
        return False
    return True


ANALYTIC = [name for name in ROWS if _complex_form(name)]
TWICE_ANALYTIC = [name for name in ANALYTIC if _complex_partials(name)]
