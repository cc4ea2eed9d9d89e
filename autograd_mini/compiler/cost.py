"""What a call of a program costs in each of its forms: its work, times measured prices.

The work is counted: calls of NumPy, numbers, multiplications, places gathered, nodes. The prices
are nanoseconds, those of one machine; on another all are larger or smaller, and it is their
proportions that choose a form. To make them anew run `OPENBLAS_NUM_THREADS=1 python
tools/compiler_prices.py`, which times the programs of tests/compiler/zoo and fits the prices by
least squares; threads that wait for a busy core would be measured, too.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import mul
from typing import NamedTuple

from ..primitives import fsum
from .arrays import VIEWS, Array
from .backends.interpreter import examples_at_once, how_it_is_made
from .canonical import Graph
from .loop import SEQUENCES
from .nodes import LEAVES, PARAMETER, operands
from .simplify import reachable

CHEAP = {
    *("+", "-", "*", "/", "<", "<=", ">", ">=", "=="),
    *("neg", "abs", "sqrt", "relu", "step", "maximum", "minimum", "detach"),
}
LARGE = 2**12  # numbers of an array: 32 KB, which the first cache of a processor holds
PRICES: dict[str, dict[str, float]] = {  # nanoseconds; "of eight": examples side by side
    "arrays": {
        "call": 0, "argument": 68.7, "call of NumPy": 372, "view": 555, "stacked product": 8.64,
        "number": 0.389, "number of a large array": 0.56, "function": 3.4, "multiplication": 0.233,
        "gathered": 2.19,
    },
    "tape": {
        "call": 9780, "argument": 351, "row of a block": 14.5, "number": 0.141, "function": 7.73,
        "term": 0.285, "parameter": 21.5,
    },
    "loops": {
        "call": 985, "argument": 147, "number of eight": 0.0941, "function of eight": 6.18,
        "multiplication of eight": 0.0675, "number": 0.222, "function": 19.6,
        "multiplication": 0.279, "gathered": 0.162, "once": 3.34,
    },
}  # fmt: skip
# seconds of making: the interpreter of tapes, a row of one, a program of loops, a line of it; of
# arrays a line, one of a step that is repeated so many times, and how long they may take, unless a
# tape is a third of their time for a call; and however much it gains
INTERPRETER = {"compiled": 7.0, "loaded": 0.5, "made": 0.0}
ROW, LOOPS, LINE_OF_LOOPS = 1e-4, 1.6, 0.03
LINE_OF_ARRAYS, LINE_OF_LOOPED, STEPS, LONG, VERY_LONG = 1.5e-3, 0.35e-3, 20, 1.0, 10.0


class Amounts(NamedTuple):
    """What arrays take: numbers computed, functions such as exp among them, multiplications (or
    additions) in sums, places gathered, products of small matrices in stacks."""

    numbers: int = 0
    functions: int = 0
    multiplications: int = 0
    gathered: int = 0
    stacked: int = 0

    def plus(self, other: Amounts) -> Amounts:
        return Amounts(*map(sum, zip(self, other)))


class Work(NamedTuple):
    """The work of a program.

    Attributes:
        arguments: how many arrays it takes and gives.
        parameters: how many numbers those of them have that are parameters.
        calls, views: of NumPy, in its source.
        each, once: for one example, and for a batch.
        sizes: how many numbers each array has that is computed for an example.
        rows, functions, terms: for one example, those of the tape.
        lines: how many arrays are computed.
    """

    arguments: int
    parameters: int
    calls: int
    views: int
    each: Amounts
    once: Amounts
    sizes: list[int]
    rows: int
    functions: int
    terms: int
    lines: int

    def amounts(self, form: str, n: int) -> tuple[float, ...]:
        """How much a call for n examples takes of what PRICES[form] names."""
        each, once = self.each, self.once
        if form == "arrays":
            whole = Amounts(*[n * a + b for a, b in zip(each, once)])
            large = sum(n * size for size in self.sizes if n * size > LARGE)
            return (
                1, self.arguments, self.calls, self.views, whole.stacked, whole.numbers, large,
                whole.functions, whole.multiplications, whole.gathered,
            )  # fmt: skip
        if form == "tape":
            blocks = math.ceil(n / examples_at_once(self.rows))
            return (
                1, self.arguments, self.rows * blocks, self.rows * n,
                self.functions * n, self.terms * n, self.parameters,
            )  # fmt: skip
        rest, eight = n % 8, n - n % 8
        return (
            1, self.arguments, *[eight * a for a in each[:3]], *[rest * a for a in each[:3]],
            n * each.gathered + once.gathered, once.numbers + once.multiplications,
        )  # fmt: skip

    def price(self, form: str, n: int) -> float:
        """The seconds of a call for n examples, about."""
        return float(1e-9 * sum(map(mul, PRICES[form].values(), self.amounts(form, n))))

    def making(self, form: str) -> float:
        """The seconds that it takes to make a form, about."""
        if form == "tape":
            return INTERPRETER[how_it_is_made()] + self.rows * ROW
        return LOOPS + self.lines * LINE_OF_LOOPS


def work(
    source: str, outputs: Sequence[Array], graph: Graph, roots: Sequence[int], has_loss: bool
) -> Work:
    """The work of a program: of NumPy's source as it runs, of the array program, and of the scalar
    graph with the nodes that are results; with a loss there is a backward pass, too."""
    order = reachable(outputs)
    kinds = _kinds(ast.parse(source), [x.info.steps for x in order if x.op == "loop"])
    calls = kinds[ast.Call] + kinds[ast.BinOp] + kinds[ast.AugAssign] + kinds[ast.Compare]
    each, once, sizes, lines = Amounts(), Amounts(), [], 0
    for x, times in _with_bodies(order):
        found = Amounts(*[times * n for n in _amounts(x)])
        lines += times * bool(found.numbers)
        if x.is_batched:
            each = each.plus(found)
            sizes += times * [x.size] if found.numbers else []
        elif any(a.is_batched for a in x.operands):  # a sum over the examples
            each = each.plus(found._replace(numbers=0))
            once = once.plus(Amounts(found.numbers))
        else:
            once = once.plus(found)
    leaves = [x for x in order if x.op in ("input", "parameter")]
    return Work(
        len(leaves) + len(outputs),
        sum(x.size for x in leaves if x.op == "parameter"),
        calls,
        kinds[ast.Subscript] + kinds[ast.Attribute],
        each,
        once,
        sizes,
        *_of_rows(graph, roots, has_loss),
        lines,
    )


def _kinds(tree: ast.AST, steps: list[int]) -> Counter[type]:
    """How often a source comes to a node of each type; its loops have so many steps, in order."""
    kinds: Counter[type] = Counter()
    for node in ast.iter_child_nodes(tree):
        times = steps.pop(0) if isinstance(node, ast.For) and steps else 1
        kinds[type(node)] += 1
        kinds.update({kind: times * n for kind, n in _kinds(node, steps).items()})
    return kinds


def _with_bodies(order: Sequence[Array]) -> Iterator[tuple[Array, int]]:
    """The arrays, and those of the bodies of loops, with how often each is computed."""
    for x in order:
        yield x, 1
        if x.op == "loop":
            yield from ((y, x.info.steps) for y in reachable(x.info.results))


def _amounts(x: Array) -> Amounts:
    """What an array takes; for an example, if it is one of each."""
    if x.op.__class__ is not str:
        return Amounts(x.size, 0 if x.op.name in CHEAP else x.size)
    if x.op == "contract":
        into, out = x.info.split("->")
        names = into.split(",")
        sizes = {c: n for a, name in zip(x.args, names) for c, n in zip(name, a.shape)}
        product = math.prod(n for n in sizes.values() if n > 0)
        shared = {c: sizes[c] for c in set(names[0]).intersection(names[-1], out)}
        is_stack = len(names) > 1 and any(n < 0 for n in shared.values())
        return Amounts(x.size, 0, product, 0, abs(math.prod(shared.values())) if is_stack else 0)
    if x.op in ("gather", "scatter"):
        return Amounts(x.size, 0, 0, x.info.places.size)
    if x.op in ("sum", "max", "logsumexp"):
        inner = x.args[0].size
        return Amounts(x.size, inner if x.op == "logsumexp" else 0, inner)
    if x.op in (*VIEWS, *SEQUENCES, "input", "parameter", "constant", "count", "given", "loop"):
        return Amounts()
    return Amounts(x.size)


def _of_rows(graph: Graph, roots: Sequence[int], has_loss: bool) -> tuple[int, int, int]:
    """The rows, functions and terms of a tape, about: each node and its partials, forward and
    backward."""
    rows = functions = terms = 0
    moves: set[int] = set()
    for i in graph.needed(roots):
        op, args = graph.ops[i], graph.args[i]
        if op is PARAMETER:
            moves.add(i)
        if op in LEAVES:
            continue
        is_active = has_loss and not moves.isdisjoint(operands(op, args))
        if is_active:
            moves.add(i)
        rows += 1
        if op is fsum:
            terms += len(args.lefts) * (1 + 2 * is_active)
        else:
            rows += is_active
            terms += is_active
            functions += op.name not in CHEAP
    return rows, functions, terms


def is_better_taped(graph: Graph) -> bool:
    """Whether an array program of the graph would take long to make, and then much longer than a
    tape for 64 examples, or just longer, if it takes very long to make: nodes that are alike are
    few, and so its lines are many. They are written in much less time where steps repeat, which
    become loops."""
    lines = 2 * len(set(zip(graph.depths, graph.classes)))  # at least: forward and backward
    nodes = len(graph.ops)
    seconds = lines * LINE_OF_ARRAYS
    if seconds > LONG and lines > STEPS * _surroundings(graph):
        seconds = lines * LINE_OF_LOOPED
    if seconds < LONG:
        return False
    each = Amounts(2 * nodes, nodes // 4, nodes)
    guess = Work(0, 0, lines, 0, each, Amounts(), [], 2 * nodes, nodes // 4, 2 * nodes, lines)
    gain = 3 if seconds < VERY_LONG else 1
    return gain * guess.price("tape", 64) < guess.price("arrays", 64)


def _surroundings(graph: Graph) -> int:
    """How many kinds of nodes there are, by three operations: few, if steps repeat."""
    keys = [hash(op) for op in graph.ops]
    for _ in range(3):
        keys = [
            hash((op, *sorted(keys[x] for x in operands(op, args))))
            for op, args in zip(graph.ops, graph.args)
        ]
    return len(set(keys))
