"""Checks the gradients of many random programs, and tells what was drawn.

The programs are those of autograd_mini.testing.expressions(): drawn by Hypothesis, the same on
every run of the same code, shrunk where a check fails. Each is checked in ways that share little
with backprop:

- the graph holds the numbers that the program gives on floats, and so does its rerun;
- reverse mode agrees with forward mode, which goes along the program's own lines: it knows the
  rules, but no graph, no order and no sweep;
- it agrees with numerical differentiation by every input, which knows no rule;
- for the smaller programs, second derivatives agree with differences of forward mode.

    python tools/random_programs.py
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from autograd_mini import Value, gradients, rerun
from autograd_mini.errors import GradientError
from autograd_mini.primitives import BRANCHES, TABLE
from autograd_mini.rules import Primitive
from autograd_mini.testing import Expression, check_gradients, expressions
from autograd_mini.testing.numerics import compare
from autograd_mini.testing.points import operand_intervals

CHUNKS, CHUNK = 20, 1_000  # each is drawn on its own
SMALL = 8  # nodes at most, of the programs that are differentiated twice
PRECISION = 1e-12  # of reverse against forward mode, as a part of the terms of a gradient

RULES = [*TABLE, *(branch.__name__ for branch in BRANCHES)]

SHARED = "with a node used more than once"
REPEATED = "with one scalar twice among a node's operands"
CONSTANT = "with a constant"
EDGE = "with an operand within 0.05 of a kink or an edge of the domain"
HUGE = "with a number beyond 100"
TINY = "with a number other than 0 within 0.001 of it"
FEATURES = [SHARED, REPEATED, CONSTANT, EDGE, HUGE, TINY]

# -- what was drawn -----------------------------------------------------------------------------


@dataclass
class Drawn:
    """What some random programs were like.

    Attributes:
        sizes: {number of nodes: programs}.
        rules: {rule: nodes}.
        features: {one of FEATURES: programs}.
        rejected: how many Hypothesis drew in vain.
        twice: how many were differentiated twice.
        error: the largest of reverse against forward mode.
    """

    sizes: Counter[int] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    features: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    twice: int = 0
    error: float = 0.0

    @property
    def programs(self) -> int:
        return sum(self.sizes.values())

    @property
    def median(self) -> float:
        return statistics.median(self.sizes.elements())

    def add(self, program: Expression) -> None:
        self.sizes[len(program.nodes)] += 1
        self.rules.update(rule.__name__ for rule, _ in program.nodes)
        self.features.update(features(program))

    def to_json(self) -> str:
        return json.dumps(vars(self))


def merged(parts: Iterable[str]) -> Drawn:
    """What all parts together were like, each as Drawn.to_json() gives it."""
    whole = Drawn()
    for part in map(json.loads, parts):
        whole.sizes.update({int(size): n for size, n in part["sizes"].items()})
        whole.rules.update(part["rules"])
        whole.features.update(part["features"])
        whole.rejected += part["rejected"]
        whole.twice += part["twice"]
        whole.error = max(whole.error, part["error"])
    return whole


def features(program: Expression) -> set[str]:
    """Those of FEATURES that a program has."""
    found = set()
    first = len(program.inputs)
    uses = Counter(x for _, operands in program.nodes for x in operands if isinstance(x, int))
    if any(x >= first and n > 1 for x, n in uses.items()):
        found.add(SHARED)
    scalars = list(program.inputs)
    for rule, operands in program.nodes:
        places = [x for x in operands if isinstance(x, int)]
        point = [scalars[x] if isinstance(x, int) else x for x in operands]
        scalars.append(rule.apply(point))
        if len(set(places)) < len(places):
            found.add(REPEATED)
        if len(places) < len(operands):
            found.add(CONSTANT)
        if _is_near_an_edge(rule, point):
            found.add(EDGE)
        for x in point:
            if abs(x) > 100:
                found.add(HUGE)
            elif 0 < abs(x) < 1e-3:
                found.add(TINY)
    return found


def _is_near_an_edge(rule: Primitive, point: Sequence[float], distance: float = 0.05) -> bool:
    intervals = operand_intervals(rule, (len(point) + 1) // 2)
    return any(
        x - interval.low < distance or interval.high - x < distance
        for x, interval in zip(point, intervals)
    ) or any(abs(kink(*point)) < distance for kink in rule.kinks)


# -- what is checked ----------------------------------------------------------------------------


def check(program: Expression) -> float:
    """Check a program's value and first derivatives; the error of reverse against forward mode.

    Raises GradientError where something is wrong.
    """
    leaves = [Value(x) for x in program.inputs]
    root = program(*leaves)
    slopes = gradients(root, leaves)
    again = rerun(root)
    if not root.data == again.data == program(*program.inputs):
        raise GradientError(f"the graph holds {root.data}, floats give {program(*program.inputs)}")
    if gradients(again, leaves) != slopes:
        raise GradientError(f"the gradient is {slopes}, of the rerun {gradients(again, leaves)}")
    direction = _direction(program)
    forward, terms = tangent(program, program.inputs, direction)
    reverse = math.fsum(d * t for d, t in zip(slopes, direction))
    error = abs(reverse - forward) / (terms or 1.0)
    if not error <= PRECISION:
        raise GradientError(f"along {direction} reverse mode gives {reverse}, forward {forward}")
    check_gradients(program, *program.inputs)
    return error


def check_second(program: Expression) -> None:
    """Check a program's second derivative along a direction.

    Raises GradientError where it is wrong.
    """
    inputs, direction = program.inputs, _direction(program)

    def slope(t: float) -> float:
        moved = [x + t * d for x, d in zip(inputs, direction)]
        return tangent(program, moved, direction)[0]

    leaves = [Value(x) for x in inputs]
    first = gradients(program(*leaves), leaves, create_graph=True)
    rows = [gradients(d, leaves) for d in first]
    curvature = math.fsum(
        s * d * t for row, s in zip(rows, direction) for d, t in zip(row, direction)
    )
    numeric, _, agrees = compare(curvature, slope, 0.0, rtol=1e-6, atol=1e-6)
    if not agrees:
        raise GradientError(
            f"the second derivative along {direction} is {curvature}, numerically {numeric}"
        )


def tangent(
    program: Expression, inputs: Sequence[float], direction: Sequence[float]
) -> tuple[float, float]:
    """(derivative along a direction, the sum of its terms' sizes), in forward mode."""
    numbers, tangents = list(inputs), list(direction)
    sizes = [abs(t) for t in direction]
    for rule, operands in program.nodes:
        point = [numbers[x] if isinstance(x, int) else x for x in operands]
        y = rule.evaluate(point)
        along = [
            (x, rule.local_partial(i, point, y))
            for i, x in enumerate(operands)
            if isinstance(x, int)
        ]
        numbers.append(y)
        tangents.append(sum(d * tangents[x] for x, d in along))
        sizes.append(sum(abs(d) * sizes[x] for x, d in along))
    return tangents[-1], sizes[-1]


def _direction(program: Expression) -> list[float]:
    """The same for all programs of as many inputs; no two inputs move alike."""
    return [math.cos(i) for i in range(len(program.inputs))]


def check_chunk(chunk: int) -> Drawn:
    """Draw a chunk of programs and check each; a failing one is shrunk, and shown."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis.statistics import collector

    drawn = Drawn()

    @seed(chunk)
    @settings(
        max_examples=CHUNK,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(expressions())
    def programs(program: Expression) -> None:
        drawn.add(program)
        drawn.error = max(drawn.error, check(program))
        if len(program.nodes) <= SMALL:
            check_second(program)
            drawn.twice += 1

    def note(run: Mapping[str, Any]) -> None:
        cases = run["generate-phase"]["test-cases"]
        drawn.rejected = sum(case["status"] == "invalid" for case in cases)

    with collector.with_value(note):
        programs()
    return drawn


# -- the table ----------------------------------------------------------------------------------


def rows(drawn: Drawn) -> list[tuple[str, str]]:
    """(what, how many) of what was drawn."""
    counts = [drawn.rules[name] for name in RULES]
    rarest = RULES[counts.index(min(counts))]
    return [
        ("operations covered", f"{sum(map(bool, counts))} of {len(RULES)}"),
        ("the rarest of them", f"{rarest}, {min(counts):,} times"),
        ("programs tried", f"{drawn.programs:,}"),
        ("rejected", f"{drawn.rejected:,}"),
        ("nodes in a program", f"median {drawn.median:g}, at most {max(drawn.sizes)}"),
        *((name, f"{drawn.features[name] / drawn.programs:.0%}") for name in FEATURES),
        ("differentiated twice", f"{drawn.twice:,}"),
        ("largest error, reverse against forward mode", f"{drawn.error:.1e}"),
    ]


def table(drawn: Drawn) -> str:
    lines = rows(drawn)
    width = max(len(what) for what, _ in lines)
    return "\n".join(f"{what:<{width}}  {count}" for what, count in lines)


def check_all() -> Drawn:
    """Check all chunks, on all cores."""
    with ProcessPoolExecutor() as pool:
        return merged(pool.map(_json_of_chunk, range(CHUNKS)))


def _json_of_chunk(chunk: int) -> str:
    drawn = check_chunk(chunk)
    print(f"{(chunk + 1) * CHUNK:,} programs", file=sys.stderr)
    return drawn.to_json()


if __name__ == "__main__":
    print(table(check_all()))
