"""What is required of an engine, in the order in which a learner meets it, and programs for each.

The programs are tiny and in order of size, made of the operations that the engine has. Their
numbers are small and distinct, so that they can be followed by hand; in a few of them two leaves
have the same number, because some engines take those for one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ...primitives import TABLE, add, divide, fsum, multiply, negate, power
from ...rules import Primitive
from ..programs import Expression, Node, expressions
from .abilities import ARITHMETIC, FUNCTIONS, Abilities

PAIRS = ((3.0, 2.0), (0.5, 4.0), (-2.0, 3.0), (2.0, 2.0))
POINTS = (2.0, 0.5, -1.5, -0.25, 3.0)

Programs = Iterator[Expression]


def numbers(has: Abilities) -> Programs:
    for x in (3.0, -0.5, 0.0):
        yield Expression([x], [])
    yield from one_operation(has)
    yield from constants(has)


def one_operation(has: Abilities) -> Programs:
    for row in (*ARITHMETIC, power):
        if has.has(row, "vv"):
            yield from (Expression(pair, [(row, (0, 1))]) for pair in PAIRS)
    yield from (Expression([x], [(negate, (0,))]) for x in POINTS[:3] if has.has(negate, "v"))


def constants(has: Abilities) -> Programs:
    for row in (*ARITHMETIC, power):
        for kind in ("vc", "cv"):
            for a, c in PAIRS:
                if has.has(row, kind) and (row is not power or kind == "vc"):
                    yield Expression([a], [(row, (0, c) if kind == "vc" else (c, 0))])


def operand_twice(has: Abilities) -> Programs:
    for row in has.of("vv"):
        yield from (Expression([x], [(row, (0, 0))]) for x in (3.0, 0.5))


def chain(has: Abilities) -> Programs:
    for first in has.of("vv"):
        for row in has.of("vv"):
            for operands in ((3, 2), (2, 3)):
                yield Expression([3.0, 2.0, 5.0], [(first, (0, 1)), (row, operands)])
        for row in has.of("v", (negate,)):
            yield Expression([3.0, 2.0], [(first, (0, 1)), (row, (2,))])
        for kind in ("vc", "cv"):
            for row in has.of(kind):
                ends = (2, 4.0) if kind == "vc" else (4.0, 2)
                yield Expression([3.0, 2.0], [(first, (0, 1)), (row, ends)])


def shared_node(has: Abilities) -> Programs:
    for a, b in ((3.0, 2.0), (2.0, 2.0)):
        for first in has.of("vv"):
            for row in has.of("vv"):
                yield Expression([a], [(first, (0, 0)), (row, (1, 1))])
                yield Expression([a, b], [(first, (0, 1)), (row, (2, 2))])
                for operands in ((0, 2), (2, 0)):
                    yield Expression([a, b], [(first, (0, 1)), (row, operands)])


def unequal_paths(has: Abilities) -> Programs:
    for row in has.of("vv"):
        for second in has.of("vv"):
            for operands in ((2, 3), (3, 2)):
                for inner in ((2, 0), (2, 2), (1, 2)):
                    nodes = [(row, (0, 1)), (second, inner)]
                    yield from (
                        Expression([3.0, 2.0], [*nodes, (last, operands)])
                        for last in has.of("vv", (add, multiply))
                    )
    for last in has.of("vv", (add, multiply)):  # a longer way round, left and right
        way: list[Node] = [(last, (0, 1)), (last, (2, 0)), (last, (3, 1))]
        for operands in ((2, 4), (4, 2)):
            yield Expression([0.5, 2.0], [*way, (last, operands)])
            yield Expression([0.5, 2.0], [*way, (last, operands), (last, (5, 3))])


def deep_and_wide(has: Abilities) -> Programs:
    rows = has.of("vv", (add, multiply))
    if not rows:
        return
    for size in (4, 30):
        nodes: list[Node] = [(rows[i % len(rows)], (i + 1 if i else 0, 1)) for i in range(size)]
        yield Expression([0.5, 0.75], nodes)
    for row in rows:  # a tree, and a ladder in which every node is used twice
        pairs: list[Node] = [(row, (2 * i, 2 * i + 1)) for i in range(15)]
        yield Expression([0.5 + i / 8 for i in range(16)], pairs)
        yield Expression([0.9], [(row, (i, i)) for i in range(6)])


def sums(has: Abilities) -> Programs:
    if not has.has(fsum, "v"):
        return
    yield Expression([3.0], [(fsum, (0,))])
    yield Expression([3.0, 2.0], [(fsum, (0, 1))])
    yield Expression([3.0], [(fsum, (0, 0))])
    yield Expression([3.0, 2.0, 5.0], [(fsum, (0, 1, 2, 0))])
    for row in has.of("vv"):
        yield Expression([3.0, 2.0], [(row, (0, 1)), (fsum, (0, 2, 1, 2))])
        yield Expression([3.0, 2.0], [(fsum, (0, 1)), (row, (2, 0))])
    yield Expression([0.5 + i for i in range(12)], [(fsum, tuple(range(12)))])


def powers(has: Abilities) -> Programs:
    kinds = {"vc": (2.0, 3.0, 1.0, -1.0, -2.0, 4.0, 0.0), "vf": (0.5, 1.5, -0.5)}
    for kind, exponents in kinds.items():
        for n in exponents if has.has(power, kind) else ():
            yield from (
                Expression([x], [(power, (0, n))])
                for x in (3.0, 0.5, -2.0)
                if x > 0 or kind == "vc"
            )
    if has.has(power, "cv"):
        yield from (Expression([x], [(power, (2.0, 0))]) for x in (3.0, 0.5, -1.0))
        yield Expression([2.0], [(power, (1.0, 0))])
    if has.has(power, "vv"):
        yield from (Expression(pair, [(power, (0, 1))]) for pair in ((2.0, 3.0), (3.0, -1.5)))
        yield Expression([2.0], [(power, (0, 0))])
    for row in has.of("vv") if has.has(power, "vc") else ():
        yield Expression([3.0, 2.0], [(row, (0, 1)), (power, (2, 2.0))])
        yield Expression([3.0, 2.0], [(power, (0, 3.0)), (row, (2, 1))])
        yield Expression([3.0], [(power, (0, 2.0)), (row, (1, 0))])


def activations(has: Abilities) -> Programs:
    functions = has.functions()
    for row, rest in functions:
        low, high = row.domain[0].low, row.domain[0].high
        points = [x for x in POINTS if low < x < high]
        yield from (Expression([x], [(row, (0, *rest))]) for x in points)
        for other in has.of("vv"):
            yield Expression([0.5], [(row, (0, *rest)), (other, (1, 1))])
            yield Expression([0.5, 0.75], [(row, (0, *rest)), (other, (2, 1))])
        for other in has.of("vv", (multiply, add))[:1]:
            yield Expression([0.5, 0.75], [(other, (0, 1)), (row, (2, *rest))])
            yield Expression([0.5, 0.75], [(other, (0, 1)), (row, (2, *rest)), (other, (3, 2))])


def accumulation(has: Abilities) -> Programs:
    for row in has.of("vv"):
        for other in has.of("vv"):
            yield Expression([3.0, 2.0], [(row, (0, 1)), (other, (2, 0))])
            yield Expression([3.0, 2.0], [(row, (0, 0)), (row, (2, 0)), (other, (3, 0))])
            yield Expression([3.0, 2.0], [(row, (0, 1)), (other, (0, 1)), (row, (2, 3))])


def kinks(has: Abilities) -> Programs:
    for row, rest in has.functions():
        yield from (Expression([edge[0]], [(row, (0, *rest))]) for edge in row.edges)
    if has.has(power, "vc"):
        yield from (Expression([0.0], [(power, (0, n))]) for n in (2.0, 1.0, 0.0))


def few(has: Abilities) -> Programs:
    """A few programs for what is done after the first backward(); each has two roots."""
    rows = has.of("vv", (multiply, add))
    for first in rows:
        for last in rows:
            yield Expression([3.0, 2.0], [(first, (0, 1)), (last, (2, 0))])
            yield Expression([3.0, 2.0], [(first, (0, 1)), (last, (2, 0)), (last, (2, 1))])


def long_chain(has: Abilities) -> Programs:
    for row in has.of("vv", (add, multiply))[:1]:
        yield Expression([1.0, 1.0], [(row, (i + 1 if i else 0, 1)) for i in range(LONG)])


# In WebAssembly the interpreter dies when a longer chain of Python's own objects is freed.
LONG = 20_000 if sys.platform != "emscripten" else 2_000


def large_and_small(has: Abilities) -> Programs:
    big = (20.0, 100.0, 355.0, 400.0, 403.0, 711.0)
    tiny = (1e-7, 1e-9, 1e-13, 1e-20, 1e-300)
    both = (*big, *(-x for x in big))
    points = dict.fromkeys(("tanh", "sigmoid", "softplus", "silu", "atan", "erf", "relu"), both)
    points |= dict.fromkeys(("log", "log2", "log10", "sqrt"), (*tiny, 1e300))
    points |= {"exp": (-30.0, -700.0, 30.0, 700.0), "log1p": tiny, "expm1": tiny}
    for row, rest in has.functions():
        for x in points.get(row.name, ()):
            yield Expression([x], [(row, (0, *rest))])
    for row, pairs in ((multiply, (1e200, 1e-150)), (divide, (1e-150, 1e100))):
        if has.has(row, "vv"):
            yield Expression(pairs, [(row, (0, 1))])


class Requirement(NamedTuple):
    """One line of the report.

    Attributes:
        id: its name.
        sentence: what holds if it is met.
        programs: a function of the engine's Abilities.
        scenarios: what is done with each program.
        rows: the operations that random programs are made of as well; none if it is empty.
        inputs: how many inputs those have; None for any number.
        is_required: whether an engine fails that does not meet it; else this is only told.
    """

    id: str
    sentence: str
    programs: Callable[[Abilities], Programs]
    scenarios: tuple[str, ...] = ("once",)
    rows: tuple[Primitive, ...] = ()
    inputs: int | None = None
    is_required: bool = True


def _told(id: str, sentence: str, programs: Any, *scenarios: str) -> Requirement:
    return Requirement(id, sentence, programs, scenarios or ("once",), is_required=False)


EVERYTHING = (*ARITHMETIC, power, negate, *(f for f in FUNCTIONS if f is not TABLE["leaky_relu"]))

# fmt: off
REQUIREMENTS = (
    Requirement("numbers", "the numbers are those that Python computes", numbers, ("forward",)),
    Requirement("one-operation", "one operation: a + b, a * b, -a", one_operation),
    Requirement("constants", "a constant on either side: a * 2, 2 - a", constants),
    Requirement("operand-twice", "one operand twice: a + a, a * a", operand_twice),
    Requirement("chain", "an operation on a result: (a * b) + c", chain),
    Requirement("shared-node", "a result that is used twice", shared_node),
    Requirement("unequal-paths", "two paths of unequal length: the order of the backward pass",
        unequal_paths),
    Requirement("deep-and-wide", "deep and wide programs", deep_and_wide,
        rows=(*ARITHMETIC, negate)),
    Requirement("sum", "sum() of a list", sums),
    Requirement("powers", "powers: a ** 3, a ** -1, a ** 0.5", powers),
    Requirement("activations", "tanh, exp and other functions", activations, rows=EVERYTHING),
    Requirement("accumulation", "gradients add up in a leaf that is used often", accumulation,
        rows=EVERYTHING, inputs=1),
    _told("kinks", "derivatives at a kink are PyTorch's", kinks),
    _told("zeroing", "after the gradients are set to 0 a second pass gives the same", few,
        "zeroed"),
    _told("backward-twice", "a second backward() adds its gradients to the leaves', as in PyTorch",
        few, "twice", "again"),
    _told("two-roots", "two results that share nodes: the gradients add up", few, "two roots"),
    _told("changed-leaf", "a leaf changed before backward() does not change the gradients", few,
        "changed leaf"),
    _told("depth", f"a chain of {LONG:,} operations", long_chain),
    _told("independence", "two graphs do not disturb each other", few, "independence"),
    _told("comparisons", "scalars go into sets; a == a; a < b compares numbers", few,
        "comparisons"),
    _told("second-order", "gradients can be differentiated again", few, "second order"),
    _told("large-and-small", "large and small numbers", large_and_small),
)
# fmt: on


def random_programs(
    requirement: Requirement, has: Abilities, examples: int, seed: int
) -> list[Expression]:
    """Random programs of the operations that the engine has, for a requirement that asks for them.

    Raises:
        ImportError: hypothesis is not installed.
    """
    rows = [row for row in requirement.rows if row in has.kinds]
    if not rows or not examples:
        return []
    strategy = expressions(30, rows, requirement.inputs)
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    drawn: list[Expression] = []

    @seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(program: Expression) -> None:
        drawn.append(has.legal(program))

    draw()
    return [program for program in drawn if _is_moderate(program)]


def _is_moderate(program: Expression) -> bool:
    """Whether every function of it is far from where its formulas overflow, or cancel."""
    data = list(program.inputs)
    for row, operands in program.nodes:
        point = [data[x] if x.__class__ is int else x for x in operands]
        if row in FUNCTIONS and not SMALLEST < abs(point[0]) < LARGEST:
            return False
        try:
            data.append(row.evaluate(point))
        except (ValueError, ArithmeticError):
            return False
    return True


SMALLEST, LARGEST = 0.1, 20.0
