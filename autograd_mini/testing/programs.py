"""Random programs, as Hypothesis strategies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ..primitives import BRANCHES, TABLE, add, dot, fsum, power
from ..rules import REALS, Interval, NaryPrimitive, Primitive
from ..value import Value
from .points import MARGIN, operand_intervals

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Node = tuple[Primitive, tuple[Any, ...]]  # an operation, and its operands


class Expression:
    """A random program: inputs, and operations on them and on earlier results.

    Attributes:
        inputs: the numbers to call it on.
        nodes: (primitive, operands) pairs. An operand is a float, a constant; or an int, the index
            of an input or of an earlier node: inputs and nodes are numbered together. The last
            node is the result.

    Call it on scalars of any type, one for each input. Its repr is runnable Python.
    """

    def __init__(self, inputs: Sequence[float], nodes: Sequence[Node]) -> None:
        self.inputs, self.nodes = tuple(inputs), list(nodes)

    def __call__(self, *inputs: Any) -> Any:
        if len(inputs) != len(self.inputs):
            raise TypeError(f"expected {len(self.inputs)} inputs, got {len(inputs)}")
        scalars = list(inputs)
        for primitive, operands in self.nodes:
            point = [scalars[x] if x.__class__ is int else x for x in operands]
            scalars.append(primitive.apply(point))
        return scalars[-1]

    def __repr__(self) -> str:
        count = len(self.inputs)
        names = [f"x{i}" for i in range(count)]
        names += [f"v{i}" for i in range(len(self.nodes))]
        lines = sorted({_import(p) for p, _ in self.nodes} - {""})
        lines.append(f"def f({', '.join(names[:count])}):")
        for i, (primitive, operands) in enumerate(self.nodes):
            shown = [names[x] if isinstance(x, int) else repr(x) for x in operands]
            lines.append(f"    {names[count + i]} = {primitive.call_text(shown)}")
        lines.append(f"    return {names[-1]}")
        lines.append(f"f({', '.join(map(repr, self.inputs))})")
        return "\n".join(lines)


def _import(primitive: Primitive) -> str:
    if primitive.operator or not primitive.name.isidentifier():
        return ""
    is_ours = primitive in TABLE.values() or primitive in BRANCHES
    return f"from {'autograd_mini' if is_ours else primitive.__module__} import {primitive.name}"


def _strategies() -> Any:
    """The module hypothesis.strategies."""
    try:
        from hypothesis import strategies
    except ImportError as error:
        raise ImportError(
            'random programs need hypothesis: pip install "autograd-mini[testing]"'
        ) from error
    return strategies


def values(min_value: float = -10.0, max_value: float = 10.0) -> SearchStrategy[Value]:
    """Leaves with data in [min_value, max_value]."""
    leaves: SearchStrategy[Value] = _strategies().floats(min_value, max_value).map(Value)
    return leaves


def expressions(
    max_nodes: int = 50,
    primitives: Sequence[Primitive] | None = None,
    inputs: int | None = None,
) -> SearchStrategy[Expression]:
    """Random programs with shared nodes, repeated operands and constants.

    Operands are in the domain of their operation and away from its kinks. Most numbers are small;
    some are huge or tiny, or near an edge of the domain.

    Args:
        max_nodes: the largest number of operations, at least 1.
        primitives: the operations to draw from; by default all of the table, and where(). Results
            that no operation uses are summed up by a last fsum if that is among them, else by +;
            without either they are left out.
        inputs: how many inputs, at least 1; by default 1 to 4.

    Raises:
        ImportError: hypothesis is not installed.
    """
    rows = [*TABLE.values(), *BRANCHES] if primitives is None else list(primitives)
    st = _strategies()
    program: SearchStrategy[Expression] = st.composite(_draw_expression)(
        _Choices(rows, max_nodes), max_nodes, inputs
    )
    return program


# Limits that keep programs well-conditioned, so that differences can check them:
LARGEST = 1e3  # of the numbers in a program
STEEPEST = 3e3  # of the scalars' reach
NOISIEST = 1e5  # of their noise: tan(atan(1e3)) is 1e3 with a noise of a million
CLEARANCE = 1e-3  # the distance from kinks and edges; the next is added for every unit of reach
CLEARANCE_PER_REACH = 3e-6


class _Scalar(NamedTuple):
    """A scalar of a program being drawn.

    Attributes:
        number: its value.
        reach: how far it moves, at most and to first order, if every input moves by its own size,
            or by 1 if it is smaller.
        noise: its rounding error, at most, in units of the rounding error of 1.
        made: the operation and its operands, places in the list of scalars; None for an input.
    """

    number: float
    reach: float
    noise: float = 0.0
    made: Node | None = None

    def suits(self, interval: Interval) -> bool:
        room = CLEARANCE + CLEARANCE_PER_REACH * self.reach
        return interval.low < self.number - room and self.number + room < interval.high


def _input(number: float) -> _Scalar:
    return _Scalar(number, max(abs(number), 1.0))


class _Choices:
    """The strategies that a program is drawn with, made once."""

    def __init__(self, rows: Sequence[Primitive], max_nodes: int) -> None:
        st = _strategies()
        domains = [interval for primitive in rows for interval in primitive.domain]
        self.rows = rows
        self.start = REALS if REALS in domains else domains[0]  # of the first input
        self.inputs = st.integers(2, 4)
        # one program in five has the largest size, because Hypothesis prefers small ones
        self.nodes = st.integers(1, max_nodes * 5 // 4).map(lambda n: min(n, max_nodes))
        self.row = st.integers(0, 64 * len(rows) - 1)
        self.length = st.integers(1, 4)  # of a list
        # one draw for each operand: this is quick, and Hypothesis can remove single nodes
        self.operand = st.integers(0, 8 * SHARES - 1)
        self.share = st.integers(0, SHARES - 1)


def _draw_expression(
    draw: Callable[..., Any], choices: _Choices, max_nodes: int, inputs: int | None
) -> Expression:
    most_inputs = draw(choices.inputs) if inputs is None else inputs
    size = draw(choices.nodes)
    scalars = [_input(_number(choices.start, draw(choices.share)))]
    count = 1  # of inputs
    for _ in range(2 * size):  # a few draws find no operands
        if len(scalars) - count == size:
            break
        # Every node may be the last, so that Hypothesis can remove any node. This is rare because
        # it takes two draws of 0; Hypothesis draws a single 0 often.
        choice = draw(choices.row)
        if choice == 0 and len(scalars) > count and draw(choices.row) == 0:
            break
        primitive = choices.rows[choice % len(choices.rows)]
        for operands in _draw_operands(draw, choices, primitive, scalars, most_inputs - count):
            result = _result(primitive, operands, scalars)
            if result is None:
                continue
            places = []
            for x in operands:
                places.append(len(scalars) if isinstance(x, _Scalar) else x)
                if isinstance(x, _Scalar):
                    scalars.append(x)
                    count += 1
            scalars.append(result._replace(made=(primitive, tuple(places))))
            break
    if inputs is not None:
        scalars += [
            _input(_number(choices.start, draw(choices.share))) for _ in range(inputs - count)
        ]
    return _expression(scalars, choices.rows, max_nodes, keep_inputs=inputs is not None)


def _expression(
    scalars: Sequence[_Scalar], rows: Sequence[Primitive], max_nodes: int, keep_inputs: bool
) -> Expression:
    """The program of these scalars, inputs first, with one root that depends on every node."""
    nodes = {i: x.made for i, x in enumerate(scalars) if x.made is not None}
    if fsum in rows:
        _join_by_fsum(nodes, len(scalars), max_nodes)
    else:
        _join_by_add(nodes, len(scalars), max_nodes if add in rows else 0)
    used = _used(nodes)
    places = [i for i, x in enumerate(scalars) if x.made is None and (keep_inputs or i in used)]
    inputs = [scalars[i].number for i in places]
    index = {place: i for i, place in enumerate([*places, *nodes])}
    return Expression(
        inputs,
        [
            (primitive, tuple(index[x] if isinstance(x, int) else x for x in operands))
            for primitive, operands in nodes.values()
        ],
    )


def _join_by_fsum(nodes: dict[int, Node], place: int, max_nodes: int) -> None:
    """Give the nodes one root, an fsum at this place; without nodes it is that of the input."""
    if len(nodes) == max_nodes and len(_loose(nodes)) > 1:
        nodes.popitem()  # to make room for it
    loose = _loose(nodes)
    if len(loose) != 1:
        nodes[place] = fsum, tuple(loose or [0])


def _join_by_add(nodes: dict[int, Node], place: int, max_nodes: int) -> None:
    """Give the nodes one root, sums at this place and after it; what has no room is left out."""
    if not nodes:
        import hypothesis

        hypothesis.reject()  # no operation was possible
    loose = _loose(nodes)
    while len(loose) > 1 and len(nodes) + len(loose) - 1 > max_nodes:
        del nodes[loose[0]]
        loose = _loose(nodes)
    for place_, other in enumerate(loose[1:], place):
        nodes[place_] = add, (loose[0] if place_ == place else place_ - 1, other)


def _loose(nodes: Mapping[int, Node]) -> list[int]:
    """The places of the nodes that no other uses."""
    used = _used(nodes)
    return [i for i in nodes if i not in used]


def _used(nodes: Mapping[int, Node]) -> set[int]:
    """The places of the operands."""
    return {x for _, operands in nodes.values() for x in operands if isinstance(x, int)}


def _draw_operands(
    draw: Callable[..., Any],
    choices: _Choices,
    primitive: Primitive,
    scalars: Sequence[_Scalar],
    room: int,
) -> Iterator[tuple[Any, ...]]:
    """Operands for a primitive, in its domain: places of scalars, constants, and new inputs.

    There may be at most `room` new inputs. After the first operands come others, in case the result
    is rejected: all but one are constants, and at last the first is a new input.
    """
    size = draw(choices.length) if isinstance(primitive, NaryPrimitive) else 0
    intervals = operand_intervals(primitive, size)
    operands: list[Any] = []
    for interval in intervals:
        share, kind = divmod(draw(choices.operand), 8)
        suits: Sequence[int] = range(len(scalars))
        if interval is not REALS:
            suits = [i for i in suits if scalars[i].suits(interval)]
        if room and (kind == 6 or (kind < 6 and not suits)):
            operands.append(_input(_number(interval, share)))
            room -= 1
        elif suits and kind < 7:
            operands.append(suits[-1 - share % len(suits)])
        else:
            operands.append(_number(interval, share))
    yield tuple(operands)
    kept = [(i, x) for i, x in enumerate(operands) if not isinstance(x, float)]
    for i, x in [*kept, (0, None)] if room else kept:
        for shares in (0.2, 0.35, 0.8), (0.8, 0.35, 0.2):
            constants: list[Any] = [
                low + share * (high - low)
                for (low, high), share in zip(map(_middle, intervals), cycle(shares))
            ]
            constants[i] = _input(constants[i]) if x is None else x
            yield tuple(constants)


SHARES = 4096  # how many numbers of an interval can be drawn
TAIL = 512  # how many of them are in its tails


def _number(interval: Interval, share: int) -> float:
    """One of SHARES numbers of the interval; the first is in its middle."""
    if share >= SHARES - TAIL:
        return _tail(interval, (share - (SHARES - TAIL)) / TAIL)
    at = (share / (SHARES - TAIL) + 0.5) % 1
    low, high = _middle(interval, 40.0)
    if math.isinf(interval.low) and math.isinf(interval.high):
        return round(high * (2 * at - 1) ** 3, 3)
    return round(low + (high - low) * (at if math.isfinite(interval.high) else at**3), 3)


def _tail(interval: Interval, at: float) -> float:
    """A huge or tiny number, or one near an edge of the interval; `at` is in [0, 1)."""
    side, at = divmod(2 * at, 1)
    low, high = interval.low, interval.high
    if math.isinf(low) and math.isinf(high):
        return _rounded(10 ** (9 * at - 6)) * (-1 if side else 1)
    if math.isfinite(low) and math.isfinite(high):
        gap = _rounded((high - low) / 2 * (3 * CLEARANCE) ** at)
        return high - gap if side else low + gap
    gap = _rounded(10 ** (5 * at - 2) if side else 3 * CLEARANCE + 0.1 * at)
    return low + gap if math.isfinite(low) else high - gap


def _rounded(x: float) -> float:
    return float(f"{x:.3g}")


def _middle(interval: Interval, reach: float = 3.0) -> tuple[float, float]:
    """The part of the interval within [-reach, reach], without its edges."""
    return max(interval.low, -reach) + 2 * MARGIN, min(interval.high, reach) - 2 * MARGIN


def _result(
    primitive: Primitive, operands: Sequence[Any], scalars: Sequence[_Scalar]
) -> _Scalar | None:
    """The operation's result; None if it is not smooth there, too large, or constant."""
    given = [scalars[x] if isinstance(x, int) else x for x in operands]
    moving = [isinstance(x, _Scalar) for x in given]
    if not any(moving):
        return None
    point = [x.number if isinstance(x, _Scalar) else x for x in given]
    room = CLEARANCE + CLEARANCE_PER_REACH * sum(x.reach for x in given if isinstance(x, _Scalar))
    if (
        primitive is power and moving[1] and point[0] < room
    ):  # an edge that its domain does not show
        return None
    try:
        if any(abs(kink(*point)) <= room for kink in primitive.kinks):
            return None
        y = primitive.evaluate(point)
        slopes = primitive.local_partials(point, y, point, moving)
    except (ValueError, ArithmeticError):
        return None
    steps = [(abs(d), x) for d, x in zip(slopes, given) if isinstance(x, _Scalar)]
    reach = sum(d * x.reach for d, x in steps)
    noise = abs(y) + sum(d * x.noise for d, x in steps)
    if abs(y) > LARGEST or reach > STEEPEST or noise > NOISIEST:
        return None
    return _Scalar(y, reach, noise)


class Network:
    """A small random MLP of dot nodes.

    Attributes:
        inputs: the numbers to call it on.
        weights: for each layer, for each neuron, its weights and last its bias.
        activation: of all layers but the last.

    Call it on scalars of any type, one for each input. It returns the sum of the last outputs.
    """

    def __init__(
        self,
        inputs: Sequence[float],
        weights: Sequence[Sequence[Sequence[float]]],
        activation: Primitive,
    ) -> None:
        self.inputs, self.weights, self.activation = tuple(inputs), weights, activation

    def __call__(self, *inputs: Any) -> Any:
        scalars = list(inputs)
        for i, layer in enumerate(self.weights):
            scalars = [dot(neuron[:-1], scalars, neuron[-1]) for neuron in layer]
            if i < len(self.weights) - 1:
                scalars = [self.activation(x) for x in scalars]
        return fsum(scalars)

    def __repr__(self) -> str:
        return f"Network({self.inputs!r}, {self.weights!r}, {self.activation.name})"


def networks(max_layers: int = 3, max_width: int = 4) -> SearchStrategy[Network]:
    """Small MLPs with smooth activations, and inputs for them."""
    st = _strategies()
    activations = [TABLE[name] for name in ("tanh", "sigmoid", "softplus", "silu", "gelu", "mish")]

    def build(draw: Callable[..., Any]) -> Network:
        sizes = draw(st.lists(st.integers(1, max_width), min_size=2, max_size=max_layers + 1))
        weight = st.floats(-2, 2, allow_subnormal=False)
        layers = [
            [[draw(weight) for _ in range(n + 1)] for _ in range(m)] for n, m in pairwise(sizes)
        ]
        inputs = [draw(weight) for _ in range(sizes[0])]
        return Network(inputs, layers, draw(st.sampled_from(activations)))

    made: SearchStrategy[Network] = st.composite(build)()
    return made
