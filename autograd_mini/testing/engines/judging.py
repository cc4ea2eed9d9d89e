"""Whether an answer is right, beyond what rounding explains; the smallest program that is not."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ...backprop import gradients
from ...operators import Operators
from ...primitives import TABLE, fsum
from ...rules import Primitive
from ...value import Value
from ..programs import Expression, Node
from .questions import Answer, Question

RUNS = 4  # with every number moved, to see what rounding does
QUICK = 1e-9  # an error below it, relative to the largest contribution, needs no second look
LARGEST_LOSS = 1e-3  # a program of which rounding may take more than this is not judged


class Numbers(NamedTuple):
    """Numbers and gradients of a program's inputs and nodes, and the size of what they sum up."""

    data: list[float]
    gradients: list[float]
    sizes: list[float]


class Difference(NamedTuple):
    """Where an answer is wrong first.

    Attributes:
        what: "data", "gradient", or "problem".
        place: of the input or node, in the program's numbering.
        expected, got: the numbers; got is None where the engine has none.
        first: of the nodes with a wrong gradient the first in the backward pass; None if unknown.
    """

    what: str
    place: int
    expected: float = math.nan
    got: float | None = None
    first: int | None = None


def evaluate(program: Expression, nudge: Callable[[float, float], float] | None = None) -> Numbers:
    """The right numbers, from the rule table; with `nudge`, each moved by a rounding error.

    Raises:
        ValueError, ArithmeticError: the program has no value at its inputs.
    """
    data = list(program.inputs)
    slopes: list[list[tuple[int, float]]] = []
    for row, operands in program.nodes:
        point = [data[x] if x.__class__ is int else x for x in operands]
        y = float(row.evaluate(point))
        places = [(i, x) for i, x in enumerate(operands) if x.__class__ is int]
        partials = [(x, float(row.local_partial(i, point, y))) for i, x in places]
        if nudge:
            # what a sum rounds is of the size of its terms, a function's formula of that of 1
            scale = max(map(abs, point)) if row.operator in ("add", "sub") or row is fsum else 0.0
            scale = scale if row.operator else max(scale, 1.0)
            y = nudge(y, scale)
            partials = [(x, nudge(d, 0.0 if row.operator else 1.0)) for x, d in partials]
        data.append(y)
        slopes.append(partials)
    gradients, sizes = [0.0] * len(data), [0.0] * len(data)
    gradients[-1] = sizes[-1] = 1.0
    for k in reversed(range(len(slopes))):
        i = k + len(program.inputs)
        for x, d in slopes[k]:
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
        program, scenario = question
        if scenario == "comparisons":
            return Numbers([1.0, 1.0, float(program.inputs[0] < program.inputs[1])], [], [])
        try:
            found = evaluate(program)
            if scenario == "second order":
                gradients = _second(program)
                return found._replace(gradients=gradients, sizes=list(map(abs, gradients)))
            if scenario in ("twice", "again"):
                found = found._replace(gradients=[2 * g for g in found.gradients])
            if scenario == "two roots":
                other = evaluate(Expression(program.inputs, program.nodes[:-1])).gradients
                found = found._replace(gradients=list(map(_plus, found.gradients, [*other, 0.0])))
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
        is_kink |= question.scenario in ("comparisons", "second order")
        doubt: list[Numbers] | None = None
        for what, i, expected, got in self._suspects(question, answer, right):
            if is_kink:
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
            if not _is_exact(question, what, i, expected, tolerance):
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
            same = got is not None and abs(got - expected) <= self.quick * right.sizes[i]
            if not same and (expected or got is not None):
                yield "gradient", i, expected, got

    def _moved(self, question: Question) -> list[Numbers]:
        """The right answer, with every number moved by a rounding error; [] if that has none."""
        rng = random.Random(0)

        def nudge(y: float, scale: float) -> float:
            return y + rng.choice((-1, 1)) * self.epsilon * max(abs(y), scale)

        runs = []
        times = 2 if question.scenario in ("twice", "again") else 1
        for _ in range(RUNS):
            try:
                run = evaluate(question.program, nudge)
                if question.scenario == "two roots":
                    program = Expression(question.program.inputs, question.program.nodes[:-1])
                    more = [*evaluate(program, nudge).gradients, 0.0]
                    run = run._replace(gradients=list(map(_plus, run.gradients, more)))
            except (ValueError, ArithmeticError):
                return []
            runs.append(run._replace(gradients=[times * g for g in run.gradients]))
        return runs

    def _first(self, question: Question, answer: Answer, right: Numbers) -> int | None:
        """The first node of the backward pass with a wrong gradient."""
        if question.scenario != "once":
            return None
        inner = answer.gradients[len(question.program.inputs) :]
        if not any(inner[:-1]):
            return None  # the engine keeps none
        for i in reversed(range(len(answer.gradients))):
            got = answer.gradients[i]
            if got is None or not abs(got - right.gradients[i]) <= self.quick * right.sizes[i]:
                return i
        return None


def _is_at_kink(program: Expression, data: Sequence[float]) -> bool:
    """Whether an operation has no derivative at its operands, or very near them."""
    for row, operands in program.nodes:
        point = [data[x] if x.__class__ is int else x for x in operands]
        if any(abs(kink(*point)) < 1e-9 for kink in row.kinks):
            return True
    return False


def _second(program: Expression) -> list[float]:
    """The derivatives of the gradient by the first input, by every input."""
    leaves = [Value(x) for x in program.inputs]
    (slope,) = gradients(program(*leaves), leaves[:1], create_graph=True)
    found = gradients(slope, leaves) if isinstance(slope, Value) else [0.0] * len(leaves)
    return [float(x) for x in found] + [0.0] * len(program.nodes)


def _plus(a: float, b: float) -> float:
    return a + b


def _is_exact(question: Question, what: str, i: int, expected: float, tolerance: float) -> bool:
    """Whether 50 digits give the number that is expected; True without mpmath, which has them."""
    try:
        from mpmath import mp
    except ImportError:
        return True
    if question.scenario not in ("once", "forward"):
        return True
    with mp.workdps(50):
        exact = _exact(question.program)[0 if what == "data" else 1][i]
        return bool(abs(exact - expected) <= tolerance)


class Exact(Operators):
    """A number of 50 digits, which the rule table runs on."""

    def __init__(self, data: Any) -> None:
        self.data = data

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Exact:
        from mpmath import mp

        xs = [x.data if isinstance(x, Exact) else mp.mpf(x) for x in operands]
        named = getattr(mp, primitive.name, None)
        if primitive is TABLE["sigmoid"]:
            return cls(1 / (1 + mp.exp(-xs[0])))
        if primitive is TABLE["softplus"]:
            return cls(mp.log1p(mp.exp(xs[0])))
        if primitive is TABLE["log2"]:
            return cls(mp.log(xs[0], 2))
        if primitive is fsum:
            return cls(mp.fsum(xs))
        if primitive.operator or named is None:
            forward = getattr(primitive.forward, "unchecked", primitive.forward)
            y = forward(*(map(cls, xs) if named is None and not primitive.operator else xs))
            return y if isinstance(y, cls) else cls(y)
        return cls(named(*xs))

    def __lt__(self, other: Any) -> bool:
        return bool(self.data < getattr(other, "data", other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.data > getattr(other, "data", other))


def _exact(program: Expression) -> tuple[list[Any], list[Any]]:
    """Numbers and gradients to 50 digits."""
    from mpmath import mp

    scalars: list[Any] = [Exact(mp.mpf(x)) for x in program.inputs]
    points = []
    for row, operands in program.nodes:
        points.append([scalars[x] if x.__class__ is int else Exact(mp.mpf(x)) for x in operands])
        scalars.append(row.apply(points[-1]))
    gradients = [mp.mpf(0)] * len(scalars)
    gradients[-1] = mp.mpf(1)
    for k in reversed(range(len(points))):
        row, operands = program.nodes[k]
        y = scalars[k + len(program.inputs)]
        for i, x in enumerate(operands):
            if x.__class__ is int:
                slope = row.partial(i, points[k], y)
                slope = slope.data if isinstance(slope, Exact) else mp.mpf(slope)
                gradients[x] += slope * gradients[k + len(program.inputs)]
    return [x.data for x in scalars], gradients


# -- the smallest program -----------------------------------------------------------------------


def shrunk(question: Question, fails: Callable[[Question], bool]) -> Question:
    """A smaller program that fails as well, with plain numbers where these fail."""
    found = True
    while found:
        found = False
        for program in _smaller(question.program):
            if fails(question._replace(program=program)):
                question, found = question._replace(program=program), True
                break
    for program in _plainer(question.program):
        if fails(question._replace(program=program)):
            return question._replace(program=program)
    return question


def _smaller(program: Expression) -> Iterator[Expression]:
    """Parts of the program, then the program without one of its nodes."""
    count = len(program.inputs)
    for k in range(len(program.nodes) - 1):
        yield _used(program.inputs, program.nodes[: k + 1])
    for k in reversed(range(len(program.nodes))):
        operands = program.nodes[k][1]
        for x in dict.fromkeys(x for x in operands if x.__class__ is int):
            if k < len(program.nodes) - 1:
                yield _used(program.inputs, _replaced(program.nodes, count + k, x))
        if len(operands) > 1 and program.nodes[k][0] is fsum:
            node = (fsum, operands[1:])
            yield _used(program.inputs, [*program.nodes[:k], node, *program.nodes[k + 1 :]])
    try:
        data = evaluate(program).data
    except (ValueError, ArithmeticError):
        return
    for k in reversed(range(len(program.nodes) - 1)):  # a node becomes an input
        inputs = [*program.inputs, float(f"{data[count + k]:.3g}")]
        moved = [(row, tuple(_shift(x, count) for x in xs)) for row, xs in program.nodes]
        yield _used(inputs, _replaced(moved, count + 1 + k, count))


def _shift(x: Any, count: int) -> Any:
    return x + 1 if x.__class__ is int and x >= count else x


def _replaced(nodes: Sequence[Node], old: int, new: int) -> list[Node]:
    """The nodes with another operand in the place of one."""
    return [
        (row, tuple(new if x.__class__ is int and x == old else x for x in operands))
        for row, operands in nodes
    ]


def _used(inputs: Sequence[float], nodes: Sequence[Node]) -> Expression:
    """The program without the inputs and nodes that its result does not depend on."""
    count = len(inputs)
    needed = {count + len(nodes) - 1}
    for k in reversed(range(len(nodes))):
        if count + k in needed:
            needed.update(x for x in nodes[k][1] if x.__class__ is int)
    index = {x: i for i, x in enumerate(sorted(needed))}
    return Expression(
        [x for i, x in enumerate(inputs) if i in needed],
        [
            (row, tuple(index[x] if x.__class__ is int else x for x in operands))
            for k, (row, operands) in enumerate(nodes)
            if count + k in needed
        ],
    )


PLAIN = ((3.0, 2.0, 5.0, 4.0, 7.0), (2.0, 3.0, 4.0, 5.0, 6.0), (0.5, 2.0, 1.5, 3.0, 2.5))


def _plainer(program: Expression) -> Iterator[Expression]:
    """The program with small distinct numbers, whole ones first."""
    count = len(program.inputs)
    for numbers in PLAIN:
        for signs in (1.0, -1.0):
            inputs = [signs * numbers[i % 5] + i // 5 for i in range(count)]
            for constant in (2.0, None):
                nodes = [
                    (row, tuple(x if x.__class__ is int or constant is None else constant
                                for x in operands))
                    for row, operands in program.nodes
                ]  # fmt: skip
                yield Expression(inputs, nodes)
    yield Expression([float(f"{x:.2g}") for x in program.inputs], program.nodes)
