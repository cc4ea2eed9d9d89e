"""BFGS on functions whose smallest point is known."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import DomainError, Value, exp, fsum, log
from nn.optimizers import bfgs

seeds = st.integers(0, 10**6)


def numbers(parameters):
    return [p.data for p in parameters]


def rosenbrock(ps):
    return fsum([(1 - a) ** 2 + 100 * (b - a * a) ** 2 for a, b in pairwise(ps)])


@pytest.mark.parametrize("n", [2, 5])
def test_rosenbrocks_valley(n):
    ps = [Value(-1.2 if i % 2 == 0 else 1.0) for i in range(n)]
    if n > 2:  # from -1.2 there is a local minimum
        ps = [Value(0.5) for _ in range(n)]
    result = bfgs(ps, lambda: rosenbrock(ps))
    assert result.converged
    assert numbers(ps) == pytest.approx([1.0] * n, abs=1e-6)
    assert result.loss == rosenbrock(ps).data


@given(seeds, st.integers(1, 5))
def test_a_quadratic_form_is_minimised_at_the_solution_of_its_linear_equations(seed, n):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    A = A @ A.T + np.eye(n)
    b = rng.normal(size=n)
    ps = [Value(float(x)) for x in rng.normal(size=n)]

    def loss():
        return fsum([A[i, j] * ps[i] * ps[j] / 2 for i in range(n) for j in range(n)]) - fsum(
            [b[i] * ps[i] for i in range(n)]
        )

    result = bfgs(ps, loss)
    assert numbers(ps) == pytest.approx(np.linalg.solve(A, b).tolist(), abs=1e-5)
    assert result.loss == pytest.approx(-b @ np.linalg.solve(A, b) / 2, abs=1e-9)
    assert result.steps <= 20 * n


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("at", range(1, 40, 3))
def test_an_interrupted_loss_leaves_the_last_point_accepted(at, error):
    ps, calls, losses = [Value(-1.2), Value(1.0)], iter(range(1, 10**6)), {}

    def loss():
        if next(calls) == at:
            raise error
        value = rosenbrock(ps)
        losses[tuple(numbers(ps))] = value.data
        return value

    with pytest.raises(error):
        bfgs(ps, loss)
    point = tuple(numbers(ps))
    assert point == (-1.2, 1.0) or point in losses, "a point that was tried, whole"
    accepted = losses.get(point, rosenbrock(ps).data)
    assert accepted <= rosenbrock([Value(-1.2), Value(1.0)]).data
    if at > 20:
        assert accepted < 10  # it started at 24.2


def test_it_stops_at_the_largest_number_of_steps_and_says_so():
    ps = [Value(-1.2), Value(1.0)]
    result = bfgs(ps, lambda: rosenbrock(ps), max_steps=3)
    assert (result.steps, result.converged) == (3, False)
    assert "Maximum number of iterations" in result.message
    assert result.loss == rosenbrock(ps).data < 24


def test_a_wider_tolerance_takes_fewer_steps():
    steps = []
    for tolerance in (1e-8, 1e-1):
        ps = [Value(-1.2), Value(1.0)]
        steps.append(bfgs(ps, lambda ps=ps: rosenbrock(ps), tolerance=tolerance).steps)
    assert steps[1] < steps[0]


def test_at_the_smallest_point_it_stays():
    ps = [Value(1.0), Value(1.0)]
    result = bfgs(ps, lambda: rosenbrock(ps))
    assert (result.steps, result.converged, numbers(ps)) == (0, True, [1.0, 1.0])


def test_parameters_stay_plain_floats_and_gradients_untouched():
    rng = random.Random(0)
    ps = [Value(rng.gauss(0, 1)) for _ in range(3)]
    bfgs((p for p in ps), lambda: fsum([(p - 2) ** 2 for p in ps]))
    assert {type(x) for x in numbers(ps)} == {float}
    assert numbers(ps) == pytest.approx([2.0] * 3)
    assert {p.grad for p in ps} == {0.0}


@pytest.mark.parametrize(
    "outside",
    [log, lambda p: 1 / (0 * p), lambda p: exp(1000 - p)],
    ids=["domain", "division", "overflow"],
)
def test_the_line_search_turns_back_at_the_edge_of_the_domain(outside):
    """10 p - log p, whose smallest point is 1/10, close to where it ends."""
    p, left = Value(5.0), []

    def loss():
        if p > 0:
            return 10 * p - log(p)
        left.append(p.data)
        return outside(p)

    result = bfgs([p], loss)
    assert left, "it has to leave the domain for this test to say anything"
    assert result.converged
    assert p.data == pytest.approx(0.1)
    assert result.loss == loss().data


@pytest.mark.parametrize(
    ("start", "loss", "error"),
    [
        (-1.0, log, DomainError),
        (0.0, lambda p: 1 / p, ZeroDivisionError),
        (1e3, exp, OverflowError),
    ],
)
def test_an_error_at_the_start_is_passed_on(start, loss, error):
    p = Value(start)
    with pytest.raises(error):
        bfgs([p], lambda: loss(p))
    assert p.data == start


def test_what_is_not_a_loss_or_not_a_parameter_is_refused():
    with pytest.raises(TypeError, match=r"expected Values, got float 1\.0; pass loss, not"):
        bfgs([Value(1.0)], lambda: 1.0)
    with pytest.raises(TypeError, match="bfgs expected Values to train, got float"):
        bfgs([1.0], lambda: Value(1.0))
    with pytest.raises(ValueError, match="bfgs got no parameters to train"):
        bfgs([], lambda: Value(1.0))
