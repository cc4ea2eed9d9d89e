"""Whether an answer is right, beyond what rounding explains."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from ...backprop import gradients
from ...operators import Operators
from ...primitives import fsum
from ...rules import Primitive
from ...value import Value
from ..programs import Expression
from .questions import SCENARIOS, Answer, Question

RUNS = 4  # with every number moved, to see what rounding does
QUICK = 1e-9  # an error below it, relative to the largest contribution, needs no second look
LARGEST_LOSS = 1e-3  # a program of which rounding may take more than this is not judged

Nudge = Callable[[float, float], float]  # a number and its scale -> the number, moved


class Numbers(NamedTuple):
    """Numbers and gradients of a program's inputs and nodes, and the size of what they sum up."""

    data: list[Any]
    gradients: list[Any]
    sizes: list[Any]


class Difference(NamedTuple):
    """Where an answer is wrong first."""

    what: str  # "data", "gradient", or "problem"
    place: int  # of the input or node, in the program's numbering
    expected: float = math.nan
    got: float | None = None  # None where the engine has none
    first: int | None = None  # in the backward pass the first node with a wrong gradient


def evaluate(
    program: Expression, number: Callable[[float], Any] = float, nudge: Nudge | None = None
) -> Numbers:
    """The right numbers, from the rule table; with `nudge`, each moved by a rounding error.

    Args:
        program: what is computed.
        number: makes the kind of number that it is computed with.
        nudge: moves a number.

    Raises:
        ValueError, ArithmeticError: the program has no value at its inputs.
    """
    data = [number(x) for x in program.inputs]
    slopes: list[list[tuple[int, Any]]] = []
    for row, operands in program.nodes:
        point = [data[x] if x.__class__ is int else number(x) for x in operands]
        partial = row.local_partial if number is float else row.partial
        y = number(row.apply(point))
        partials = [
            (x, number(partial(i, point, y))) for i, x in enumerate(operands) if x.__class__ is int
        ]
        if nudge:
            # what a sum rounds is of the size of its terms, a function's formula of that of 1
            scale = max(map(abs, point)) if row.operator in ("add", "sub") or row is fsum else 0.0
            scale = scale if row.operator else max(scale, 1.0)
            y = nudge(y, scale)
            partials = [(x, nudge(d, 0.0 if row.operator else 1.0)) for x, d in partials]
        data.append(y)
        slopes.append(partials)
    gradients, sizes = ([number(0.0)] * len(data) for _ in range(2))
    gradients[-1] = sizes[-1] = number(1.0)
    for i in reversed(range(len(program.inputs), len(data))):
        for x, d in slopes[i - len(program.inputs)]:
            gradients[x] += d * gradients[i]
            sizes[x] += abs(d) * sizes[i]
    return Numbers(data, gradients, sizes)


class Judge:
    """Compares answers with the right ones.

    Args:
        epsilon: what the engine's numbers are rounded to: 1e-13 is generous for doubles.
    """

    def __init__(self, epsilon: float = 1e-13) -> None:
        self.epsilon = epsilon
        self.quick = max(QUICK, 100 * epsilon)

    def right(self, question: Question) -> Numbers | None:
        """The right answer; None if there is none: outside a domain, or infinite."""
        try:
            found = _answered(question)
        except (ValueError, ArithmeticError):
            return None
        largest = 1e38 if self.epsilon > 1e-10 else math.inf  # of single precision
        is_finite = all(abs(x) < largest for x in (*found.data, *found.gradients))
        return found if is_finite else None

    def difference(
        self, question: Question, answer: Answer, is_kink: bool = False
    ) -> Difference | None:
        """What is wrong for certain; None if nothing is, or nothing can be said.

        At a kink every number but the right one is wrong; rounding is not thought of.
        """
        right = self.right(question)
        if right is None or (not is_kink and _is_at_kink(question.program, right.data)):
            return None
        if answer.problem:
            return Difference("problem", len(answer.data))
        is_plain = is_kink or question.scenario in ("comparisons", "second order")
        doubt: list[Numbers] | None = None
        for what, i, expected, got in self._suspects(question, answer, right):
            if is_plain:
                return Difference(what, i, expected, got)
            if doubt is None:
                doubt = self._moved(question)
            column = 0 if what == "data" else 1
            spread = max((abs(run[column][i] - expected) for run in doubt), default=math.inf)
            tolerance = 20 * spread + self.epsilon * abs(expected)
            if not spread <= LARGEST_LOSS * max(abs(expected), 1e-3) or (
                got is not None and abs(got - expected) <= tolerance
            ):
                continue
            if not _is_exact(question, column, i, expected, tolerance):
                continue
            first = self._first(question, answer, right) if what == "gradient" else None
            return Difference(what, i, expected, got, first)
        return None

    def is_suspect(self, question: Question, answer: Answer) -> bool:
        """Whether something may be wrong, at a first look."""
        right = self.right(question)
        if right is None:
            return False
        return bool(answer.problem) or any(True for _ in self._suspects(question, answer, right))

    def _suspects(
        self, question: Question, answer: Answer, right: Numbers
    ) -> Iterator[tuple[str, int, float, float | None]]:
        """("data" or "gradient", place, expected, got) where these are not nearly the same."""
        for i, x in enumerate(answer.data):
            if not abs(x - right.data[i]) <= self.quick * abs(right.data[i]):
                yield "data", i, right.data[i], x
        for i in range(len(question.program.inputs) if answer.gradients else 0):
            got, expected = answer.gradients[i], right.gradients[i]
            if not self._is_near(got, expected, right.sizes[i]) and (expected or got is not None):
                yield "gradient", i, expected, got

    def _is_near(self, got: float | None, expected: float, size: float) -> bool:
        return got is not None and abs(got - expected) <= self.quick * size

    def _moved(self, question: Question) -> list[Numbers]:
        """The right answer, with every number moved by a rounding error; [] if that has none."""
        rng = random.Random(0)

        def nudge(y: float, scale: float) -> float:
            return y + rng.choice((-1, 1)) * self.epsilon * max(abs(y), scale)

        try:
            return [_answered(question, nudge) for _ in range(RUNS)]
        except (ValueError, ArithmeticError):
            return []

    def _first(self, question: Question, answer: Answer, right: Numbers) -> int | None:
        """The first node of the backward pass with a wrong gradient."""
        inner = answer.gradients[len(question.program.inputs) :]
        if question.scenario != "once" or not any(inner[:-1]):
            return None  # the engine keeps none
        triples = list(zip(answer.gradients, right.gradients, right.sizes))
        wrong = [i for i, triple in enumerate(triples) if not self._is_near(*triple)]
        return wrong[-1] if wrong else None


def _answered(question: Question, nudge: Nudge | None = None) -> Numbers:
    """The right answer to a question; see evaluate() for `nudge`, and what is raised."""
    program, scenario = question
    if scenario == "comparisons":
        return Numbers([1.0, 1.0, float(program.inputs[0] < program.inputs[1])], [], [])
    found = evaluate(program, nudge=nudge)
    if scenario == "second order":
        second = _second(program)
        return found._replace(gradients=second, sizes=list(map(abs, second)))
    if scenario == "two roots":
        more = evaluate(Expression(program.inputs, program.nodes[:-1]), nudge=nudge).gradients
        return found._replace(gradients=[a + b for a, b in zip(found.gradients, [*more, 0.0])])
    times = SCENARIOS[scenario].times or 1
    return found._replace(gradients=[times * g for g in found.gradients])


def _second(program: Expression) -> list[float]:
    """The derivatives of the gradient by the first input, by every input."""
    leaves = [Value(x) for x in program.inputs]
    (slope,) = gradients(program(*leaves), leaves[:1], create_graph=True)
    found = gradients(slope, leaves) if isinstance(slope, Value) else [0.0] * len(leaves)
    return [float(x) for x in found] + [0.0] * len(program.nodes)


def _is_at_kink(program: Expression, data: Sequence[float]) -> bool:
    """Whether an operation has no derivative at its operands, or very near them."""
    for row, operands in program.nodes:
        point = [data[x] if x.__class__ is int else x for x in operands]
        if any(abs(kink(*point)) < 1e-9 for kink in row.kinks):
            return True
    return False


def _is_exact(question: Question, column: int, i: int, expected: float, tolerance: float) -> bool:
    """Whether 50 digits give the number that is expected; True without mpmath, which has them."""
    try:
        mp = _mpmath()
    except ImportError:
        return True
    if question.scenario not in ("once", "forward"):
        return True
    with mp.workdps(50):
        exact = evaluate(question.program, Exact)[column][i].data
        return bool(abs(exact - expected) <= tolerance)


class Exact(Operators):
    """A number with as many digits as mpmath is set to, which the rule table runs on."""

    data: Any

    def __init__(self, data: Any) -> None:
        self.data = data.data if isinstance(data, Exact) else _mpmath().mpf(data)

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Exact:
        xs = [x.data if x.__class__ is Exact else cls(x).data for x in operands]
        named = None if primitive.operator else _in_mpmath(primitive.name)
        if named:
            return cls(named(*xs))
        forward = getattr(primitive.forward, "unchecked", primitive.forward)
        return cls(forward(*(xs if primitive.operator else map(cls, xs))))

    def __lt__(self, other: Any) -> bool:
        return bool(self.data < Exact(other).data)

    def __gt__(self, other: Any) -> bool:
        return bool(self.data > Exact(other).data)


@cache
def _mpmath() -> Any:
    from mpmath import mp

    return mp


@cache
def _in_mpmath(name: str) -> Callable[..., Any] | None:
    """The function of this name; None if there is none."""
    mp = _mpmath()
    special = {
        "fsum": lambda *terms: mp.fsum(terms),
        "log2": lambda x: mp.log(x, 2),
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
        "softplus": lambda x: mp.log1p(mp.exp(x)),
    }
    return special.get(name) or getattr(mp, name, None)
