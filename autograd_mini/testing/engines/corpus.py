"""Programs that tell faults apart, the smallest first: those of textbooks, and random ones."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from ...primitives import TABLE, add, fsum, multiply, power, subtract
from ...rules import Primitive
from ..programs import Expression
from .questions import Question
from .shrinking import used

COMMON = (
    *("add", "subtract", "multiply", "divide", "power", "negate", "fsum"),
    *("exp", "log", "tanh", "sigmoid", "relu", "sqrt", "sin", "cos", "absolute"),
)
LARGEST, SMALLEST, CLEARANCE = 1e3, 1e-3, 0.05  # of the numbers in a program; from kinks
CHAIN = 3_000  # Python's recursion limit is 1,000
REPEATED = ("twice", "again", "zeroed", "two roots", "changed leaf", "independence")


@cache
def corpus(primitives: tuple[Primitive, ...] = (), size: int = 200) -> tuple[Question, ...]:
    """Questions on programs of these operations, the smallest first; `size` of them are random.

    By default the operations are those of COMMON.

    >>> print(corpus()[0].program)
    def f(x0, x1):
        v0 = x0 + x1
        return v0
    f(3.0, 2.0)
    """
    rows = primitives or tuple(TABLE[name] for name in COMMON)
    draw = random.Random(0)
    drawn = (_random(draw, rows) for _ in range(10 * size))
    programs = [x for x in _textbook(rows) if _is_sound(x)]
    programs += itertools.islice(filter(_is_sound, drawn), size)
    unique = {repr(x): x for x in programs}
    return tuple(Question(x) for x in sorted(unique.values(), key=lambda x: len(x.nodes)))


def repeated(primitives: tuple[Primitive, ...] = ()) -> Iterator[Question]:
    """Questions about what comes after one backward(), and about a long chain."""
    rows = primitives or (add, multiply)
    textbook = [question.program for question in corpus(rows[:2], 0)]
    for scenario in REPEATED:
        yield from (Question(x, scenario) for x in textbook)
    if textbook:
        primitive, operands = textbook[0].nodes[0]
        more = operands[1:] and (1.0,)
        yield Question(Expression([0.5], [(primitive, (i, *more)) for i in range(CHAIN)]))


def _textbook(rows: Sequence[Primitive]) -> Iterator[Expression]:
    """Every operation alone, and with one or two others, with small and distinct numbers."""
    for row in rows:
        yield from (Expression(point, [(row, operands)]) for point, operands in _uses(row))
    joins = [row for row in (add, multiply, subtract) if row in rows]
    unary = [row for row in rows if len(row.arguments) == 1 and row is not fsum]
    for row in unary:
        yield from (Expression((-2.0,), [(row, (0,)), (join, (1, 0))]) for join in joins)
    for row in rows:
        for i, (point, operands) in enumerate(_uses(row)[: 1 if row in unary else 4]):
            k, node = len(point), (row, operands)
            for join in joins:
                yield Expression(point, [node, (join, (k, 0))])
                if i < 2:  # without constants
                    yield Expression(point, [node, (join, (0, k))])
                    yield Expression(point, [node, (join, (k, k))])
                    yield Expression(point, [node, (join, (k, 0)), (join, (k + 1, k))])
                    yield Expression(point, [node, (join, (k, 0)), (join, (k, k + 1))])
            for join in joins[:2]:
                yield Expression(point, [node, node, (join, (k, k + 1))])
                yield Expression(point, [node, (join, (k, 3.0))])
            if i == 0:
                inner = unary if row not in unary else unary[unary.index(row) - 2 :][:2]
                yield from (Expression(point, [node, (f, (k,))]) for f in inner)


def _uses(row: Primitive) -> list[tuple[tuple[float, ...], tuple[Any, ...]]]:
    """(inputs, operands) of an operation: two inputs, one twice, a constant on either side."""
    if row is fsum:
        return [((3.0, 2.0), (0, 1)), ((3.0,), (0, 0)), ((3.0, 2.0, 5.0), (0, 1, 2))]
    if len(row.arguments) == 1:
        return [((x,), (0,)) for x in (0.5, 3.0, -2.0)]
    numbers = [((3.0, 2.0), (0, 1)), ((3.0,), (0, 0)), ((3.0,), (0, 2.0)), ((3.0,), (2.0, 0))]
    return [*numbers, ((3.0, 3.0), (0, 1)), ((-2.0, 5.0), (0, 1)), ((-2.0,), (0, 2.0))]


def _random(draw: random.Random, rows: Sequence[Primitive]) -> Expression:
    inputs = draw.sample((3.0, 2.0, 5.0, 0.5, -2.0, 1.5, -3.0, 0.25), draw.randint(1, 3))
    if draw.random() < 0.2:
        inputs.append(inputs[0])
    nodes: list[tuple[Primitive, tuple[Any, ...]]] = []
    for _ in range(draw.choice((2, 3, 3, 4, 4, 5, 6, 8))):
        row = draw.choice(rows)
        places = range(len(inputs) + len(nodes))
        count = 2 if row is fsum else len(row.arguments)
        operands: list[Any] = [draw.choice(places) for _ in range(count)]
        if nodes and draw.random() < 0.7:
            operands[draw.randrange(len(operands))] = places[-1]
        if count == 2 and row is not fsum and draw.random() < 0.25:
            operands[draw.randrange(2)] = draw.choice((2.0, 3.0, 0.5, -1.0))
        if any(isinstance(x, int) for x in operands):
            nodes.append((row, tuple(operands)))
    return used(inputs, nodes)


def _is_sound(program: Expression) -> bool:
    """Whether all its numbers are of a moderate size, in the domains and away from kinks."""
    numbers: list[float] = list(program.inputs)
    for row, operands in program.nodes:
        point = [numbers[x] if isinstance(x, int) else x for x in operands]
        try:
            y = row.evaluate(point)
            steep = row.local_partials(point, y, point, [True] * len(point))
        except (ArithmeticError, ValueError):
            return False
        if row is power and point[0] <= 0 and isinstance(operands[1], int):
            return False
        if any(abs(kink(*point)) < CLEARANCE for kink in row.kinks):
            return False
        if not all(abs(x) < LARGEST for x in (y, *steep)) or 0 < abs(y) < SMALLEST:
            return False
        numbers.append(y)
    return bool(program.nodes)
