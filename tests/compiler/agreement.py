"""What every compiled program has to do: give the loss and the gradients of the eager engine."""

import random
from functools import partial

import numpy as np
from hypothesis import assume

from autograd_mini import Value, compile, topological_order

PRECISION = 1e-12  # of the largest gradient; sums are added up in another order
CLOSE = 1e-9  # what is no further apart may compare either way, in another order of summing


def check(
    loss,
    batch=(),
    *,
    parameters=None,
    reduction="mean",
    backend="numpy",
    least=0.0,
    precision=PRECISION,
    **options,
):
    """Compile a loss, and compare its value and gradients with those of the eager loop.

    Where they differ by more, as much is allowed as noise in every node can do, of a tenth of the
    precision (some hundred roundings): at a kink, or where large terms cancel.

    Args:
        loss: a function of one example, or a root.
        batch: an array for each input.
        least: the scale of the comparison if all gradients are smaller.
        precision: as a part of the scale.
        options: compile's, and the shapes of the inputs.

    Returns:
        The program.
    """
    program = compile(loss, parameters=parameters, reduction=reduction, backend=backend, **options)
    values = program.values
    rows = list(zip(*[np.asarray(x).tolist() for x in batch])) or [()]
    share = 1 / len(rows) if reduction == "mean" else 1
    for value in values:
        value.zero_grad()
    total = size = 0.0
    roots = []
    for row in rows:
        root = loss if isinstance(loss, Value) else loss(*row)
        number = root
        if isinstance(root, Value):
            roots.append(root)
            root.backward(share)
            number = root.data
        total += share * number
        size += abs(share * number)
    expected = np.array([value.grad for value in values])
    for value in values:
        value.zero_grad()
    found = program.backward(*batch)
    gradient = np.array([value.grad for value in values])
    scale = np.array([max(1, size), *[max(np.abs(expected).max(initial=0), least)] * len(values)])
    expected, found = np.array([total, *expected]), np.array([found, *gradient])
    allowed = precision * scale
    if not (np.abs(found - expected) <= allowed).all():
        allowed += noise(roots, share, values, precision / 10)
    assert (np.abs(found - expected) <= allowed).all(), (expected, found, program.source)
    return program


def noise(roots, share, values, size):
    """How far the sum of the roots and its gradients move with relative noise of this size in every
    node: infinitely far where a number leaves the domain of an operation."""
    samples = []
    for seed in range(9):  # without noise the first
        rng = random.Random(seed)
        draw = partial(rng.uniform, -size, size) if seed else float
        try:
            samples.append(share * sum(_noisy(root, values, draw) for root in roots))
        except (ValueError, ArithmeticError):
            return np.inf
    return np.ptp(samples, axis=0)


def _noisy(root, values, draw):
    """The root and its gradients, by a backward pass of its own."""
    numbers, slopes, order = {}, {root: 1.0}, topological_order(root)

    def point(node):
        return [numbers.get(x, x) if isinstance(x, Value) else x for x in node.operands]

    for node in order:
        exact = node.data if node.is_leaf else node.op.evaluate(point(node))
        numbers[node] = exact if node.is_leaf else exact * (1 + draw())
    for node in reversed(order):
        for i, x in enumerate(node.operands):
            if isinstance(x, Value):
                d = node.op.local_partial(i, point(node), numbers[node]) * slopes.get(node, 0.0)
                slopes[x] = slopes.get(x, 0.0) + d
    return np.array([numbers[root], *[slopes.get(value, 0.0) for value in values]])


def apart(a, b):
    """Two scalars to compare; a program that compares eager ones too close to tell is rejected."""
    x, y = (v.data if type(v) is Value else v for v in (a, b))
    if a is not b and type(x) is type(y) is float:
        assume(abs(x - y) > CLOSE * max(1.0, abs(x), abs(y)))
    return a, b


def matrix(rng, rows, columns):
    """Nested lists of Values, as large as keeps activations of size 1."""
    return [vector(rng, columns, columns**-0.5) for _ in range(rows)]


def vector(rng, n, scale=1.0):
    return [Value(rng.gauss(0, scale)) for _ in range(n)]


def flat(x):
    """The scalars of nested lists, in order."""
    return [y for part in x for y in flat(part)] if isinstance(x, (list, tuple)) else [x]
