"""Random programs, as Hypothesis strategies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ..primitives import TABLE, dot, fsum, power
from ..rules import Interval, NaryPrimitive, Primitive
from ..value import Value
from .points import MARGIN, is_smooth_at, operand_intervals

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


class Expression:
    """A random program: inputs, and operations on them and on earlier results.

    Attributes:
        inputs: the numbers to call it on.
        nodes: (primitive, operands) pairs. An operand is the index of an input or of an earlier
            node, an int counted through both; or a constant, a float.

    Called on scalars of any kind, one for each input. Prints as runnable Python.
    """

    def __init__(
        self, inputs: Sequence[float], nodes: Sequence[tuple[Primitive, tuple[Any, ...]]]
    ) -> None:
        self.inputs = tuple(inputs)
        self.nodes = _used(len(self.inputs), nodes)

    def __call__(self, *inputs: Any) -> Any:
        if len(inputs) != len(self.inputs):
            raise TypeError(f"expected {len(self.inputs)} inputs, got {len(inputs)}")
        scalars = list(inputs)
        for primitive, operands in self.nodes:
            scalars.append(primitive.apply([scalars[x] if _is_index(x) else x for x in operands]))
        return scalars[-1]

    def __repr__(self) -> str:
        count = len(self.inputs)
        names = [f"x{i}" for i in range(count)]
        names += [f"v{i}" for i in range(len(self.nodes))]
        imported = {p.name for p, _ in self.nodes if p.name.isidentifier()} - {"abs", "neg"}
        lines = [f"from autograd_mini import {', '.join(sorted(imported))}"] if imported else []
        lines.append(f"def f({', '.join(names[:count])}):")
        for i, (primitive, operands) in enumerate(self.nodes):
            shown = [names[x] if _is_index(x) else repr(x) for x in operands]
            lines.append(f"    {names[count + i]} = {_call(primitive, shown)}")
        lines.append(f"    return {names[-1]}")
        lines.append(f"f({', '.join(map(repr, self.inputs))})")
        return "\n".join(lines)


def _is_index(x: Any) -> bool:
    return isinstance(x, int)


def _used(
    count: int, nodes: Sequence[tuple[Primitive, tuple[Any, ...]]]
) -> list[tuple[Primitive, tuple[Any, ...]]]:
    """The nodes that the last one depends on, numbered anew."""
    needed = {count + len(nodes) - 1}
    for i in range(len(nodes) - 1, -1, -1):
        if count + i in needed:
            needed.update(x for x in nodes[i][1] if _is_index(x))
    index = {i: i for i in range(count)}
    kept: list[tuple[Primitive, tuple[Any, ...]]] = []
    for i, (primitive, operands) in enumerate(nodes):
        if count + i in needed:
            moved = tuple(index[x] if _is_index(x) else x for x in operands)
            index[count + i] = count + len(kept)
            kept.append((primitive, moved))
    return kept


def _call(primitive: Primitive, operands: Sequence[str]) -> str:
    if primitive.name == "neg":
        return f"-{operands[0]}"
    if not primitive.name.isidentifier():
        return f" {primitive.name} ".join(operands)
    if primitive.name == "dot":
        n = len(operands) // 2
        first, second = ", ".join(operands[:n]), ", ".join(operands[n:-1])
        return f"dot([{first}], [{second}], {operands[-1]})"
    inside = ", ".join(operands)
    is_list = isinstance(primitive, NaryPrimitive)
    return f"{primitive.name}([{inside}])" if is_list else f"{primitive.name}({inside})"


LARGEST = (
    1e3  # of the numbers and derivatives in a random program, so that it stays well-conditioned
)


def values(min_value: float = -10.0, max_value: float = 10.0) -> SearchStrategy[Value]:
    """Leaves with data in [min_value, max_value]."""
    from hypothesis import strategies as st

    return st.floats(min_value, max_value).map(Value)


def expressions(
    max_nodes: int = 40,
    primitives: Sequence[Primitive] | None = None,
    inputs: int | None = None,
) -> SearchStrategy[Expression]:
    """Random programs with shared nodes, repeated operands and constants.

    They stay within every operation's domain and away from its kinks, by construction: an
    operation is drawn, and its operands among those scalars that suit it.

    Args:
        max_nodes: the largest number of operations, at least 1.
        primitives: the operations to draw from; all of the table by default.
        inputs: how many inputs; 1 to 4 by default.
    """
    from hypothesis import strategies as st

    rows = list(TABLE.values()) if primitives is None else list(primitives)
    return st.composite(_draw_expression)(rows, max_nodes, inputs)


class _Scalar(NamedTuple):
    """A scalar of a program being drawn: its number, and how fast an input can change it."""

    number: float
    slope: float


def _draw_expression(
    draw: Callable[..., Any], rows: Sequence[Primitive], max_nodes: int, inputs: int | None
) -> Expression:
    from hypothesis import strategies as st

    number = st.one_of(
        st.floats(-3, 3, allow_subnormal=False).map(lambda x: round(x, 3)), st.floats(-40, 40)
    )
    count = draw(st.integers(1, 4)) if inputs is None else inputs
    start = [draw(number) for _ in range(count)]
    scalars = [_Scalar(x, 1.0) for x in start]
    nodes: list[tuple[Primitive, tuple[Any, ...]]] = []
    for _ in range(draw(st.integers(1, max_nodes))):
        primitive = draw(st.sampled_from(rows))
        for operands in _draw_operands(draw, primitive, scalars):
            result = _result(primitive, operands, scalars)
            if result is not None:
                nodes.append((primitive, operands))
                scalars.append(result)
                break
    used = {x for _, operands in nodes for x in operands if _is_index(x)}
    unused = [i for i in range(count, len(scalars)) if i not in used]
    if len(unused) != 1:  # one root, that depends on every node
        nodes.append((fsum, tuple(unused or range(count))))
    return Expression(start, nodes)


def _draw_operands(
    draw: Callable[..., Any], primitive: Primitive, scalars: Sequence[_Scalar]
) -> Iterator[tuple[Any, ...]]:
    """Operands for a primitive: indices of scalars in its domain, and constants.

    If the first are not to its liking together, all but one of them are made constants.
    """
    from hypothesis import strategies as st

    size = draw(st.integers(1, 4)) if isinstance(primitive, NaryPrimitive) else 0
    intervals = operand_intervals(primitive, size)
    operands: list[Any] = []
    for interval in intervals:
        suits = [i for i, x in enumerate(scalars) if _is_inside(x.number, interval)][::-1]
        if suits and draw(st.integers(0, 7)) < 7:
            operands.append(draw(st.sampled_from(suits)))
        else:
            operands.append(draw(st.floats(*_middle(interval), allow_subnormal=False)))
    yield tuple(operands)
    for kept, index in enumerate(operands):
        for share in (0.25, 0.8) if _is_index(index) else ():
            constants = [low + share * (high - low) for low, high in map(_middle, intervals)]
            yield (*constants[:kept], index, *constants[kept + 1 :])


def _is_inside(x: float, interval: Interval) -> bool:
    return x - MARGIN in interval and x + MARGIN in interval


def _middle(interval: Interval) -> tuple[float, float]:
    """Bounds for constants: the interval's part within [-3, 3], less its edges."""
    return max(interval.low, -3.0) + 2 * MARGIN, min(interval.high, 3.0) - 2 * MARGIN


def _result(
    primitive: Primitive, operands: Sequence[Any], scalars: Sequence[_Scalar]
) -> _Scalar | None:
    """The operation's result, or None where it is not smooth, too large, or constant."""
    moving = [_is_index(x) for x in operands]
    point = [scalars[x].number if _is_index(x) else x for x in operands]
    if not any(moving) or not is_smooth_at(primitive, point):
        return None
    if primitive is power and moving[1] and point[0] < MARGIN:
        return None
    y = primitive.evaluate(point)
    slopes = primitive.locals(point, y, point, moving)
    slope = sum(abs(d) * scalars[x].slope for d, x in zip(slopes, operands) if d is not None)
    return _Scalar(y, slope) if abs(y) <= LARGEST and slope <= LARGEST else None


class Network:
    """A small random MLP of dot nodes.

    Attributes:
        inputs: the numbers to call it on.
        weights: for each layer, for each neuron, its weights and last its bias.
        activation: of all layers but the last.

    Called on scalars of any kind, one for each input; gives the sum of the last layer's outputs.
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
    from hypothesis import strategies as st

    activations = [TABLE[name] for name in ("tanh", "sigmoid", "softplus", "silu", "gelu", "mish")]

    def build(draw: Callable[..., Any]) -> Network:
        sizes = draw(st.lists(st.integers(1, max_width), min_size=2, max_size=max_layers + 1))
        weight = st.floats(-2, 2, allow_subnormal=False)
        layers = [
            [[draw(weight) for _ in range(n + 1)] for _ in range(m)] for n, m in pairwise(sizes)
        ]
        inputs = [draw(weight) for _ in range(sizes[0])]
        return Network(inputs, layers, draw(st.sampled_from(activations)))

    return st.composite(build)()
