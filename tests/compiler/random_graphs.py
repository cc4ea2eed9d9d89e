"""Random scalar graphs: expressions, and many of them at once that share inputs and parameters."""

import math
import random
from itertools import pairwise
from operator import add, lt, mul, sub

from agreement import apart
from hypothesis import strategies as st

from autograd_mini import Value, dot, exp, fsum, logsumexp, maximum, primitive, sin, tanh, where
from autograd_mini.testing import expressions, networks

JITTER = (0.0, 1e-7, -2e-7)  # of the examples, within the room that expressions leave at edges


class Inputs:
    """The inputs of an expression, some of them parameters, the others placeholders.

    Attributes:
        parameters: the Values.
        batch: rows of numbers for the others.
    """

    def __init__(self, numbers, split, count):
        self.parameters = [Value(x) for x in numbers[:split]]
        self.rest = numbers[split:]
        self.batch = [[x * (1 + e) for x in self.rest] for e in JITTER[:count]]


@st.composite
def graphs(draw, most=4):
    """(loss, batch, parameters) of several expressions; a root and no batch if it has no inputs.

    Each expression appears several times: on the same operands, on operands moved a little, on
    operands swapped where they are inputs, and times another.
    """
    rng = random.Random(draw(st.integers(0, 7)))
    count = draw(st.integers(1, 3))
    inputs, lanes = [], []
    for expression in draw(st.lists(st.one_of(expressions(12), expressions(30), networks(2, 3)),
                                    min_size=1, max_size=most)):  # fmt: skip
        split = draw(st.integers(0, len(expression.inputs)))
        mine = Inputs(expression.inputs, split, count)
        at = len(inputs)
        inputs.append(mine)
        copies = draw(st.integers(1, 4))
        own = [[Value(p.data * (1 + 1e-7 * k)) for p in mine.parameters] for k in range(copies)]
        shared = draw(st.booleans())
        lanes += [(expression, at, mine.parameters if shared else own[k]) for k in range(copies)]
    rng.shuffle(lanes)
    how = draw(st.one_of(st.sampled_from(HOWS), own_operations()))
    sizes = [len(x.rest) for x in inputs]

    def loss(x=()):
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        results = [
            expression(*parameters, *x[starts[at] : starts[at] + sizes[at]])
            for expression, at, parameters in lanes
        ]
        return how(results)

    loss.is_opaque = getattr(how, "is_opaque", False)
    parameters = [p for _, _, ps in lanes for p in ps]
    parameters = list(dict.fromkeys([*parameters, Value(1.0)]))  # the last is not used
    rng.shuffle(parameters)
    rows = [[x for part in inputs for x in part.batch[i]] for i in range(count)]
    given = draw(st.sampled_from(["all", "list", "some"]))
    some = parameters[::2] if given == "some" else parameters
    return loss, rows, None if given == "all" else some


def _products(xs):
    return fsum([x * y for x, y in zip(xs, xs[1:] + xs[:1])])


def _swapped(xs):
    return fsum([x * y for x, y in zip(xs, xs[::-1])]) - fsum([y * x for x, y in pairwise(xs)])


def _ragged(xs):
    return fsum([fsum(xs[: i + 1]) ** 2 for i in range(len(xs))])


def _ragged_lists(xs):
    return fsum([logsumexp([*xs[: i + 1], 0.25 * i]) for i in range(len(xs))])


def _holes(xs):
    return sum(x * x if i % 3 else 0.5 * x for i, x in enumerate(xs))


def _conditions(xs):
    return fsum([where(lt(*apart(x, y - 0.01)), 2 * x, y) for x, y in pairwise(xs)]) + xs[0]


def _largest(xs):
    total = xs[0]
    for i, x in enumerate(xs[1:]):
        total = maximum(total, x + 0.1 * (i + 1))
    return total + fsum(xs)


def _weighted(xs):
    return dot(xs, [((-1) ** i) * (i % 4) for i in range(len(xs))]) * 0.5 - 3


def _repeated(xs):
    return fsum([*xs, *xs[::2], *[-x for x in xs[1::2]]]) * xs[0]


HOWS = [
    fsum, sum, lambda xs: fsum(xs) / len(xs), _products, _swapped, _ragged, _ragged_lists, _holes,
    _conditions, _largest, _weighted, _repeated,
]  # fmt: skip


# -- operations of one's own ----------------------------------------------------------------------

STEPS = [
    add,
    sub,
    mul,
    lambda a, b: sin(a) - b,
    lambda a, b: maximum(a, b + 0.1),
    lambda a, b: fsum([a, b, 0.5]),
    lambda a, b: dot([a, b], [b, 2.0], a),
    lambda a, b: logsumexp([a, b]),
    lambda a, b: a / (2 + b * b),
    lambda a, b: exp(-a * a),
]


def rules(most=5):
    """Functions of any number of scalars in straight lines: what one step gives, sums too, later
    ones use again."""
    step = st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(0, 9))
    return st.lists(step, min_size=1, max_size=most).map(_in_lines)


def _in_lines(steps):
    def rule(*xs):
        made = [tanh(x) for x in xs]  # of size 1
        for step, i, j in steps:
            made.append(tanh(step(made[i % len(made)], made[-1 - j % len(made)])))
        return made[-1] + made[len(xs) - 1]

    return rule


@st.composite
def own_operations(draw):
    """A way to sum results, through an operation of one's own, with partials that need not be its
    derivatives: composed, opaque, or of a list."""
    kind = draw(st.sampled_from(["composed", "composed", "list", "opaque"]))
    forward, partials = draw(rules()), [draw(rules()) for _ in range(2)]
    if kind == "list":
        own = primitive("own", lambda xs: forward(*xs), lambda i, xs, y: partials[0](xs[i], y),
                        nary=True)  # fmt: skip
        return lambda xs: sum(xs) + fsum([own(xs[i : i + 3]) for i in range(len(xs))])
    if kind == "opaque":
        forward = _of_floats
    one, other = partials
    rules_of_both = (lambda a, b, y: one(a, b, y), lambda a, b, y: other(a, b, y))
    own = primitive("own", forward, rules_of_both)

    def how(xs):
        return sum(xs) + fsum([own(a, b) * xs[0] for a, b in zip(xs, [*xs[1:], 0.5])])

    how.is_opaque = kind == "opaque"
    return how


def _of_floats(a, b):
    return math.atan(float(a)) + math.cos(float(b))
