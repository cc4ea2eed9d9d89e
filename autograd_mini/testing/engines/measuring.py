"""Operations as an engine has them, measured on it: what is wrong with each, in numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ...rules import Primitive
from ..programs import Expression
from .abilities import Ask
from .adapters import constant
from .evidence import Pair, close, is_once
from .questions import Answer, Question
from .zoo_engine import Rule


class Measured(NamedTuple):
    """An operation as the engine has it: ids of what is wrong, what it does, its rule."""

    primitive: Primitive
    ids: tuple[str, ...]
    does: str
    rule: Rule


def wrong_operations(pairs: Sequence[Pair], ask: Ask) -> Iterator[Measured]:
    """Operations that are wrong in programs of this operation alone."""
    rows = {pair[0].program.nodes[0][0]: None for pair in pairs}
    for primitive in rows:
        uses = [_use(*pair) for pair in pairs if _is_alone(pair[0], primitive)]
        kinds = _kinds(uses)
        if kinds:
            ids = tuple(f"{kind}:{primitive.name}" for kind, _ in kinds)
            does = ", and ".join(_told(primitive, example) for _, example in kinds)
            yield Measured(primitive, ids, does, _measured(primitive, ask))


def _is_alone(question: Question, primitive: Primitive) -> bool:
    (row, operands), *more = question.program.nodes
    return (
        row is primitive and not more and len(set(operands)) == len(operands) and is_once(question)
    )


class _Use(NamedTuple):
    """One operation on numbers: what it should give, and what it gives."""

    point: tuple[float, ...]
    constant_first: bool
    value: float
    partials: list[float]  # by the operands that are not constants
    got: float
    slopes: list[float]
    problem: str


def _use(question: Question, answer: Answer) -> _Use:
    row, operands = question.program.nodes[0]
    inputs = question.program.inputs
    point = tuple(inputs[x] if isinstance(x, int) else x for x in operands)
    value = row.evaluate(point)
    partials = row.local_partials(point, value, point, [isinstance(x, int) for x in operands])
    count = len(inputs)
    got = answer.data[count] if len(answer.data) > count else math.nan
    places = [x for x in operands if isinstance(x, int)]  # x1 - x0 has them in another order
    found = [answer.gradients[x] if answer.gradients else None for x in places]
    slopes = [math.nan if x is None else x for x in found]
    kept = [d for d, x in zip(partials, operands) if isinstance(x, int)]
    return _Use(point, not isinstance(operands[0], int), value, kept, got, slopes, answer.problem)


def _kinds(uses: Sequence[_Use]) -> list[tuple[str, _Use]]:
    """What is wrong with an operation, each with an example; a constant on the left apart."""
    wrong = [x for x in uses if not _all_close([x.got, *x.slopes], [x.value, *x.partials])]
    left = [x for x in wrong if x.constant_first]
    others = [x for x in wrong if not x.constant_first]
    found = [_kind([x for x in uses if not x.constant_first], others)] if others else []
    wrong_values = [x for x in left if not close(x.got, x.value, 1e-6)]
    if left and not others and len(left) < len(uses):
        found = [("reflected-operator", left[0])]
    elif left and not others:
        found = [_kind(uses, left)]
    elif wrong_values and found[0][0] != "wrong-value":
        found = [("reflected-operator", wrong_values[0]), *found]
    return found


def _kind(uses: Sequence[_Use], wrong: Sequence[_Use]) -> tuple[str, _Use]:
    """What is wrong with an operation, and an example. That it raises counts if it always does."""
    uses, wrong = ([x for x in some if not x.problem] or some for some in (uses, wrong))
    values = [x for x in wrong if not close(x.got, x.value, 1e-6)]
    if values:
        return "wrong-value", values[0]
    pairs = [x for x in uses if len(x.partials) == 2]
    if pairs and all(_all_close(x.slopes, x.partials[::-1]) for x in pairs):
        return "swapped-operands", wrong[0]
    if pairs and all(_all_close(x.slopes, [x.partials[0], 0.0]) for x in pairs):
        return "only-first-operand", wrong[0]
    if all(_all_close(map(abs, x.slopes), map(abs, x.partials)) for x in uses):
        return "wrong-sign", wrong[0]
    return "wrong-derivative", wrong[0]


def _all_close(xs: Iterable[float], ys: Iterable[float]) -> bool:
    return all(close(x, y, 1e-6) for x, y in zip(xs, ys, strict=True))


def _told(primitive: Primitive, use: _Use) -> str:
    """A clause about a use that is wrong."""
    names = [str(x) for x in map(constant, use.point)]
    call = primitive.call_text(names)
    if use.problem:
        return f"fails at {call} with {use.problem}"
    if not close(use.got, use.value, 1e-6):
        return f"computes {call} as {use.got:.6g}, where {use.value:.6g} is right"
    places = range(len(use.partials))
    i = next(i for i in places if not close(use.slopes[i], use.partials[i], 1e-6))
    which = ("first", "second", "third")[i : i + 1] or [f"{i + 1}th"]
    by = f" by its {which[0]} operand" if len(use.point) > 1 and len(use.partials) > 1 else ""
    got, right = use.slopes[i], use.partials[i]
    return f"has {got:.6g} as the derivative of {call}{by}, where {right:.6g} is right"


def _measured(primitive: Primitive, ask: Ask) -> Rule:
    """The rule of an operation, found by asking the engine at the very operands."""
    known: dict[Any, tuple[float, Sequence[float]]] = {}

    def rule(operands: Sequence[Any], numbers: Sequence[float]) -> tuple[float, Sequence[float]]:
        is_constant = [isinstance(x, (int, float)) for x in operands]
        key = (*is_constant, *numbers)
        if key not in known:
            inputs = [x for x, c in zip(numbers, is_constant) if not c]
            places = itertools.count()
            node = tuple(x if c else next(places) for x, c in zip(numbers, is_constant))
            answer = ask(Question(Expression(inputs, [(primitive, node)])))
            if answer.problem:
                raise type(answer.problem, (Exception,), {})(answer.message)
            slopes = iter(answer.gradients)
            partials = [0.0 if c else next(slopes) or 0.0 for c in is_constant]
            known[key] = answer.data[-1], partials
        return known[key]

    return rule
