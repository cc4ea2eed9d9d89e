"""Gradient clipping keeps the direction and bounds the length."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd_mini import Value
from nn import MLP
from nn.optimizers import clip_gradients

slopes = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6)


def with_gradients(numbers):
    parameters = [Value(0.0) for _ in numbers]
    for p, number in zip(parameters, numbers):
        p.grad = number
    return parameters


@given(slopes, st.floats(1e-3, 1e3))
def test_a_longer_gradient_is_shortened_to_the_length_and_a_shorter_one_stays(numbers, most):
    parameters = with_gradients(numbers)
    length = clip_gradients(parameters, most)
    assert length == pytest.approx(math.hypot(*numbers))
    after = [p.grad for p in parameters]
    if length <= most:
        assert after == numbers
    else:
        assert math.hypot(*after) == pytest.approx(most)
        assert after == pytest.approx([x * most / length for x in numbers])


@given(slopes, st.floats(1e-3, 1e3))
def test_it_is_pytorchs_but_for_the_millionth_added_to_the_length(numbers, most):
    torch = pytest.importorskip("torch")
    norm = math.hypot(*numbers)
    assume(norm > most + 1e-6)
    tensors = [torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in numbers]
    for t, number in zip(tensors, numbers):
        t.grad = torch.tensor(number, dtype=torch.float64)
    told = torch.nn.utils.clip_grad_norm_(tensors, most).item()
    parameters = with_gradients(numbers)
    assert clip_gradients(parameters, most) == pytest.approx(told, rel=1e-12)
    theirs = [t.grad.item() * (norm + 1e-6) / norm for t in tensors]
    assert [p.grad for p in parameters] == pytest.approx(theirs, rel=1e-12, abs=1e-15)


def test_very_large_and_very_small_gradients_are_measured_without_overflow():
    assert clip_gradients(with_gradients([3e200, 4e200]), 1.0) == pytest.approx(5e200)
    tiny = with_gradients([3e-200, 4e-200])
    assert clip_gradients(tiny, 1.0) == pytest.approx(5e-200)
    assert tiny[0].grad == 3e-200


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_gradient_that_is_not_finite_stays_for_all_to_see(bad):
    parameters = with_gradients([1.0, bad])
    assert not math.isfinite(clip_gradients(parameters, 1.0))
    assert parameters[0].grad == 1.0


@pytest.mark.parametrize("most", [0.0, -1.0, math.nan])
def test_a_length_of_nothing_is_refused(most):
    with pytest.raises(ValueError, match=rf"max_norm: expected a number in \(0, inf\], got {most}"):
        clip_gradients(with_gradients([1.0]), most)


def test_it_takes_the_parameters_and_not_the_model():
    with pytest.raises(
        TypeError, match=r"got MLP; write clip_gradients\(model\.parameters\(\), \.\."
    ):
        clip_gradients(MLP(2, [1]), 1.0)


def test_parameters_may_be_a_generator():
    parameters = with_gradients([3.0, 4.0])
    clip_gradients((p for p in parameters), 1.0)
    assert [p.grad for p in parameters] == pytest.approx([0.6, 0.8])
