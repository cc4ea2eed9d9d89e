"""Points for every row of the rule table, tails and edges too, and what the rows give there."""

import math
from itertools import product

import numpy as np

from autograd_mini import Value, fsum
from autograd_mini.primitives import TABLE
from autograd_mini.rules import NaryPrimitive

NUMBERS = [0.0, 1e-300, 1e-9, 0.3, 1.0, 1.7, 6.0, 30.0, 300.0, 1e9, 1e300]
NUMBERS += [-x for x in NUMBERS[1:]]
ROWS = [row for row in TABLE.values() if not isinstance(row, NaryPrimitive)]


def points(row):
    """(operands, value, partials) wherever the row has a value."""
    numbers = NUMBERS if len(row.arguments) == 1 else NUMBERS[::2]
    axes = [[x for x in numbers if x in interval] for interval in row.domain]
    found = []
    for point in [*product(*axes), *row.edges]:
        try:
            y = row.evaluate(point)
            partials = [row.local_partial(i, point, y) for i in range(len(point))]
        except (ValueError, ArithmeticError):
            continue
        found.append((point, y, partials))
    return found


def all_rows():
    """One graph of all rows at all points: its root, its leaves, and the partials of all leaves."""
    leaves, partials, results = [], [], []
    for row in ROWS:
        for point, _, slopes in points(row):
            operands = [Value(x) for x in point]
            results.append(row.apply(operands))
            leaves += operands
            partials += slopes
    return fsum(results), leaves, partials


def assert_close(found, expected, what, ulp=16):
    """Equal to a few units in the last place, of 1 where the numbers are small."""
    for got, wanted, name in zip(found, expected, what, strict=True):
        if math.isnan(wanted) or math.isinf(wanted):
            assert np.array_equal(got, wanted, equal_nan=True), (name, got, wanted)
        else:
            assert abs(got - wanted) <= ulp * 2**-52 * max(1, abs(wanted)), (name, got, wanted)
