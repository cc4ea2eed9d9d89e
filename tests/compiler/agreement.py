"""What every compiled program has to do: give the loss and the gradients of the eager engine."""

import numpy as np

from autograd_mini import Value, compile

PRECISION = 1e-12  # of the largest gradient; sums are added up in another order


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
    for row in rows:
        root = loss if isinstance(loss, Value) else loss(*row)
        number = root
        if isinstance(root, Value):
            root.backward(share)
            number = root.data
        total += share * number
        size += abs(share * number)
    expected = np.array([value.grad for value in values])
    for value in values:
        value.zero_grad()
    found = program.backward(*batch)
    gradient = np.array([value.grad for value in values])
    largest = max(np.abs(expected).max(initial=0), least)
    error = np.abs(gradient - expected).max(initial=0)
    assert abs(found - total) <= precision * max(1, size), (found, total, program.source)
    assert error <= precision * largest, (expected, gradient, program.source)
    return program


def matrix(rng, rows, columns):
    """Nested lists of Values, as large as keeps activations of size 1."""
    return [vector(rng, columns, columns**-0.5) for _ in range(rows)]


def vector(rng, n, scale=1.0):
    return [Value(rng.gauss(0, scale)) for _ in range(n)]


def flat(x):
    """The scalars of nested lists, in order."""
    return [y for part in x for y in flat(part)] if isinstance(x, (list, tuple)) else [x]
