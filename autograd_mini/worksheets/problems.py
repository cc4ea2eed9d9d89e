"""Problems for worksheets: small random graphs whose numbers can be done by hand.

The numbers are Fractions, on which the engine is exact. Of random.Random only random() is used: its
sequence is the same in every version of Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from math import exp, tanh
from random import Random
from typing import Any, NamedTuple

from ..graph import topological_order
from ..paths import ChainRule, chain_rule
from ..primitives import add, divide, maximum, multiply, power, subtract
from ..rules import Primitive, primitive
from ..steps import Step, backprop_steps
from ..testing.programs import Expression, Node
from ..value import Value

LARGEST, DEEPEST = 60, 4  # numbers; operations on a path
# a sheet says what these give, rounded to one decimal
TANH = primitive(
    "tanh",
    lambda x: Fraction(round(10 * tanh(x)), 10),
    [lambda x, y: 1 - y * y],
    latex=r"\tanh(#1)",
)
SIGMOID = primitive(
    "sigmoid",
    lambda x: Fraction(round(10 / (1 + exp(-x))), 10),
    [lambda x, y: y * (1 - y)],
    latex=r"\sigma(#1)",
)


class Level(NamedTuple):
    """What all problems of a level have in common."""

    operations: tuple[Primitive, ...]  # a power is a square
    shared: int  # nodes that are used twice
    paths: int  # from the leaf of the chain rule to the root
    leaves: tuple[Fraction, ...]  # their numbers, with either sign
    unit: int  # every number is a multiple of 1/unit

    def suits(self, steps: Iterable[Step]) -> bool:
        """Whether the numbers of these steps can be done by hand."""
        return all(
            x.__class__ is not float  # as at an edge
            and abs(x.numerator) < min(10_000, LARGEST * x.denominator)
            and self.unit % x.denominator == 0
            for s in steps
            for x in (s.node.data, s.upstream, s.local, s.contribution, s.after)
        )


WHOLE = tuple(map(Fraction, (1, 2, 3, 4, 5, 6)))
PARTS = tuple(map(Fraction, ("1/3", "1/2", "2/3", "3/2", "1", "2", "3", "4")))
TENTHS = tuple(map(Fraction, ("0.1", "0.2", "0.4", "0.5", "1", "1.5", "2", "3")))
LEVELS = {
    1: Level((add, multiply), 0, 1, WHOLE, 1),
    2: Level((add, subtract, multiply), 0, 1, WHOLE, 1),
    3: Level((add, multiply, multiply, power), 1, 2, WHOLE, 1),
    4: Level((add, subtract, multiply, multiply, divide), 1, 2, PARTS, 12),
    5: Level((add, subtract, multiply, divide, maximum, power), 2, 2, PARTS, 12),
    6: Level((add, subtract, multiply, multiply, TANH, SIGMOID), 2, 2, TENTHS, 5000),
}


class Problem(NamedTuple):
    """A graph of leaves a, b, .., other nodes p, q, .., and the loss, after its backward pass."""

    order: list[Value]  # topological
    steps: list[Step]  # of the backward pass
    rule: ChainRule  # for one of the leaves
    fault: str  # a mistake in words
    wrong: int  # the step that it is in
    mistaken: list[Step]  # the pass with the mistake, and with what follows from it

    @property
    def code(self) -> list[str]:
        """The graph as lines of Python."""
        names, numbers = zip(*[(x.label, str(x.data)) for x in self.order if x.is_leaf])
        lines = [f"{', '.join(names)} = {', '.join(numbers)}"]
        for node in (x for x in self.order if not x.is_leaf):
            operands = [x.label if isinstance(x, Value) else str(x) for x in node.operands]
            lines.append(f"{node.label} = {node.op.call_text(operands)}")
        return lines


def class_set(level: int, seed: int, count: int) -> list[list[Problem]]:
    """Three problems for each sheet, all different. A larger set begins with the same sheets.

    >>> [sheet] = class_set(level=1, seed=7, count=1)
    >>> sheet[0].code
    ['a, b, c = 2, -1, -6', 'p = a + b', 'loss = p * c']
    """
    random, found = Random(f"{level} {seed}"), dict[str, Problem]()
    while len(found) < 3 * count:
        leaves, nodes = _structure(LEVELS[level], random)
        for _ in range(20 * bool(nodes)):
            # no leaf with so many paths; no mistake that suits; a quotient by 0
            with suppress(StopIteration, IndexError, ZeroDivisionError):
                problem = _problem(LEVELS[level], leaves, nodes, random)
                if problem and found.setdefault("\n".join(problem.code), problem) is problem:
                    break
    return [[*islice(found.values(), 3 * k, 3 * k + 3)] for k in range(count)]


def _structure(level: Level, random: Random) -> tuple[int, list[Node]]:
    """How many leaves, and operations on them; none if an operand would come later."""
    operations = _shuffled(level.operations, random)
    arities = [1 if op in (power, TANH, SIGMOID) else 2 for op in operations]
    leaves = sum(arities) + 1 - len(operations) - level.shared
    places = range(leaves + len(operations) - 1)
    free = iter(_shuffled([*places, *_shuffled(places, random)[: level.shared]], random))
    used = [(*islice(free, n),) for n in arities]
    if any(max(xs) >= leaves + k for k, xs in enumerate(used)):
        return leaves, []
    exponent = (Fraction(2),)
    return leaves, [(op, xs + exponent * (op is power)) for op, xs in zip(operations, used)]


def _problem(level: Level, leaves: int, nodes: list[Node], random: Random) -> Problem | None:
    """The graph with random numbers; None if it does not suit the level."""
    inputs = [x if random.random() < 0.5 else -x for x in _shuffled(level.leaves, random)[:leaves]]
    order = topological_order(root := Expression(inputs, nodes)(*map(Value, inputs)))
    names = iter("abcdefgh"), iter("pqrstuvw")
    for node in order:
        node.label = next(names[not node.is_leaf])
    root.label = "loss"
    root.backward()
    steps = backprop_steps(root)
    if not level.suits(steps) or any(map(_is_dull, steps)):
        return None
    chains = [chain_rule(root, x) for x in order if x.is_leaf]
    if any(len(path) > DEEPEST for chain in chains for path in chain.paths):
        return None
    rule = next(chain for chain in chains if len(chain.paths) == level.paths)
    mistakes = [
        (fault, at, made)
        for fault in _shuffled(FAULTS, random)
        for at in _shuffled(range(1, len(steps)), random)
        if (made := _mistaken(steps, at, fault))[at].after != steps[at].after
        and (fault == SIGN or made[at].local != -steps[at].local)
        and level.suits(made)
    ]
    return Problem(order, steps, rule, *mistakes[0])


def _is_dull(step: Step) -> bool:
    """Whether it passes nothing on, but to the lesser operand of max; or belongs to a - a."""
    node = step.node
    repeats = node.op not in (add, multiply) and len({*node.parents}) < len(node.parents)
    return repeats or not (step.contribution or node.op is maximum)


def _shuffled(items: Iterable[Any], random: Random) -> list[Any]:
    return sorted(items, key=lambda _: random.random())


SIGN = "the local derivative has the wrong sign"
FAULTS: dict[str, Callable[[Step], Step]] = {
    "the product replaces what was there instead of being added": lambda s: replace(s, before=0),
    "the upstream gradient is forgotten, as if it were 1": lambda s: replace(s, upstream=1),
    SIGN: lambda s: replace(s, local=-s.local),
    "the local derivative is that of the other operand": lambda s: replace(
        s, local=s.node.partials[-1 - (s.edge or 0)]
    ),
}


def _mistaken(steps: Sequence[Step], at: int, fault: str) -> list[Step]:
    """The backward pass with a fault in one step, and with what follows from it."""
    gradient: dict[Value | None, Any] = {steps[0].node: steps[0].after}
    made = [steps[0]]
    for step in steps[1:]:
        upstream, before = gradient[step.node], gradient.get(step.parent, 0)
        step = replace(step, upstream=upstream, before=before)
        made.append(FAULTS[fault](step) if step.number == at else step)
        gradient[step.parent] = made[-1].after
    return made
