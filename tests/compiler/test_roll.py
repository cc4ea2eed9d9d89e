"""Steps that repeat become a loop, and the program stays what it was."""

import numpy as np
import pytest
from agreement import check
from hypothesis import HealthCheck, event, given, settings
from random_recurrences import recurrences

import autograd_mini.compiler.roll as roll


@pytest.fixture
def eager_to_roll(monkeypatch):
    """Loops are kept however short the program is without them."""
    monkeypatch.setattr(roll, "CLEAR", 1.0)


def has_loop(program):
    return any(line.lstrip().startswith("for ") for line in program.source.splitlines())


def batch(shapes, count, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(count, *shape)) for shape in shapes.values()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(recurrence=recurrences())
def test_random_recurrences(eager_to_roll, recurrence):
    loss, parameters, shapes = recurrence.program()
    found = [
        check(loss, batch(shapes, count), parameters=parameters, **shapes)
        for count in (1, 3)
    ]
    event(f"loop: {has_loop(found[0])}")
