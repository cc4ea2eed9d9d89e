"""Schedules: factors of the learning rate over the share of training done."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.schedules import cosine_decay, linear_decay, step_decay, warmup

shares = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize("schedule", [linear_decay, cosine_decay, step_decay()])
@given(shares, shares)
def test_a_decay_starts_at_one_and_never_rises(schedule, a, b):
    assert schedule(0.0) == 1.0
    assert schedule(max(a, b)) <= schedule(min(a, b))
    assert 0 <= schedule(a) <= 1


@given(shares)
def test_the_cosine_is_symmetric_about_the_middle(share):
    """It starts and ends flat, and falls by as much before the middle as after it."""
    assert cosine_decay(share) + cosine_decay(1 - share) == pytest.approx(1.0)
    assert cosine_decay(share) == pytest.approx(math.cos(math.pi * share / 2) ** 2, abs=1e-15)


@pytest.mark.parametrize(("times", "factor"), [(0, 0.5), (1, 0.1), (3, 0.5), (4, 2.0)])
def test_steps_stand_at_equal_distances(times, factor):
    n = 60 * (times + 1)
    found = [step_decay(times, factor)(k / n) for k in range(n)]
    assert found == [factor**k for k in range(times + 1) for _ in range(60)]


@given(st.integers(1, 100), st.integers(1, 20))
def test_every_step_falls_on_its_epoch_whatever_the_rounding(epochs, batches):
    """fit() tells the share (epoch + batch / batches) / epochs, which is rounded twice."""
    schedule = step_decay(epochs - 1, 0.5)
    for epoch in range(epochs):
        for batch in {0, 1, batches - 1} & set(range(batches)):
            assert schedule((epoch + batch / batches) / epochs) == 0.5**epoch


@pytest.mark.parametrize("times", [-1, 0.5, None])
def test_a_number_of_steps_is_whole(times):
    with pytest.raises((TypeError, ValueError), match="step_decay times: expected a whole number"):
        step_decay(times)


@pytest.mark.parametrize("factor", [0, -0.5, math.inf, math.nan])
def test_a_factor_is_above_zero(factor):
    with pytest.raises(
        ValueError, match=rf"step_decay factor: expected a number in \(0, inf\), got {factor}"
    ):
        step_decay(factor=factor)


@given(st.floats(0.01, 0.99), shares)
def test_a_warmup_rises_to_one_and_then_the_schedule_begins(length, share):
    schedule = warmup(length, cosine_decay)
    if share < length:
        assert schedule(share) == pytest.approx(share / length)
    else:
        assert schedule(share) == pytest.approx(cosine_decay((share - length) / (1 - length)))
    assert schedule(length) == 1.0
    assert warmup(length)(max(share, length)) == 1.0


@pytest.mark.parametrize("length", [0, 1, -0.5, 2, math.nan])
def test_a_warmup_of_nothing_or_all_is_refused(length):
    with pytest.raises(
        ValueError, match=rf"warmup length: expected a number in \(0, 1\), got {length}"
    ):
        warmup(length)
