"""The perceptron: Novikoff's theorem, and what no line separates."""

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, gradients
from nn import Perceptron
from nn.losses import perceptron_cost
from nn.toys import xor

seeds = st.integers(0, 10**6)
BITS = list(itertools.product([0, 1], repeat=2))


def numbers(model):
    return [w.data for w in model.w]


def separable(seed, nin, count, margin):
    """Points at a distance of at least `margin` from a random plane, and its unit normal (w, b)."""
    rng = random.Random(seed)
    normal = np.array([rng.gauss(0, 1) for _ in range(nin + 1)])
    normal /= np.linalg.norm(normal)
    data = []
    while len(data) < count:
        x = [rng.uniform(-2, 2) for _ in range(nin)]
        score = float(normal @ [*x, 1.0])
        if abs(score) >= margin:
            data.append((x, 1 if score > 0 else -1))
    return data, normal


@given(seeds, st.integers(1, 4), st.integers(1, 20), st.floats(0.1, 0.4), st.floats(0.1, 10))
def test_on_separable_data_it_makes_at_most_radius_over_margin_squared_mistakes(
    seed, nin, count, margin, lr
):
    """Novikoff 1962: with |x| <= R and y (u . x) >= gamma, |u| = 1, at most (R / gamma)^2."""
    data, u = separable(seed, nin, count, margin)
    radius = max(math.hypot(*x, 1.0) for x, _ in data)
    gamma = min(y * float(u @ [*x, 1.0]) for x, y in data)
    model = Perceptron(nin)
    fitted = model.fit(data, epochs=1000, lr=lr, rng=random.Random(seed))
    assert fitted.converged
    assert fitted.mistakes[-1] == 0
    assert sum(fitted.mistakes) <= (radius / gamma) ** 2
    assert all(model.predict(x) == y for x, y in data)


@pytest.mark.parametrize("rng", [None, random.Random(0)])
@pytest.mark.parametrize("epochs", [1, 7, 100])
def test_on_exclusive_or_it_never_stops_making_mistakes(rng, epochs):
    model = Perceptron(2, activation="step")
    converged, mistakes = model.fit(xor(), epochs=epochs, rng=rng)
    assert not converged
    assert len(mistakes) == epochs
    assert min(mistakes) > 0
    assert sum(model.predict(x) == label for x, label in xor()) <= 3


@given(st.lists(st.floats(-10, 10), min_size=3, max_size=3))
def test_no_perceptron_is_right_on_more_than_three_quarters_of_exclusive_or(w):
    model = Perceptron(2, activation="step")
    model.w = [Value(wi) for wi in w]
    assert sum(model.predict(x) == label for x, label in xor()) <= 3


@pytest.mark.parametrize("truth", list(itertools.product([0, 1], repeat=4)), ids=str)
def test_of_the_sixteen_gates_it_learns_all_but_two(truth):
    model = Perceptron(2, activation="step")
    converged = model.fit(list(zip(BITS, truth))).converged
    assert converged == (truth not in {(0, 1, 1, 0), (1, 0, 0, 1)})
    assert converged == ([model.predict(x) for x in BITS] == list(truth))


@given(seeds, st.integers(1, 4), st.floats(0.01, 2))
def test_each_mistake_is_a_gradient_step_on_the_perceptron_cost(seed, nin, lr):
    rng = random.Random(seed)
    model = Perceptron(nin)
    for w in model.w:
        w.data = rng.gauss(0, 1)
    x, y = [rng.gauss(0, 1) for _ in range(nin)], rng.choice([-1, 1])
    before = numbers(model)
    slopes = gradients(perceptron_cost(model.score(x), y), model.w)
    [mistakes] = model.fit([(x, y)], epochs=1, lr=lr).mistakes
    assert numbers(model) == pytest.approx([w - lr * s for w, s in zip(before, slopes)], rel=1e-12)
    assert mistakes == (before != numbers(model))


@given(seeds, st.integers(1, 3))
def test_the_bias_as_a_weight_is_the_bias_beside_the_weights(seed, nin):
    """w += y x and b += y at each mistake, the bias kept apart."""
    data, _ = separable(seed, nin, 8, 0.1)
    model = Perceptron(nin)
    model.fit(data, epochs=3)
    w, b = np.zeros(nin), 0.0
    for x, y in data * 3:
        if y * (w @ x + b) <= 0:
            w, b = w + y * np.array(x), b + y
    assert numbers(model) == pytest.approx([*w, b], rel=1e-9, abs=1e-9)


@given(seeds, st.floats(0.01, 100))
def test_the_rate_only_scales_the_weights(seed, lr):
    data, _ = separable(seed, 2, 8, 0.1)
    one, other = Perceptron(2), Perceptron(2)
    one.fit(data, epochs=2)
    other.fit(data, epochs=2, lr=lr)
    assert numbers(other) == pytest.approx([lr * w for w in numbers(one)], rel=1e-9, abs=1e-9)


def test_a_point_on_the_boundary_is_a_mistake_for_either_label():
    for label in (-1, 1):
        model = Perceptron(1)
        assert model.predict([3.0]) == 0.0
        assert model.fit([([3.0], label)], epochs=1).mistakes == [1]
        assert model.predict([3.0]) == label


def test_signs_and_steps_are_the_same_learning():
    steps, signs = Perceptron(2, activation="step"), Perceptron(2)
    data = [(x, int(all(x))) for x in BITS]
    assert steps.fit(data) == signs.fit([(x, 2 * y - 1) for x, y in data])
    assert numbers(steps) == numbers(signs)


def test_rows_of_arrays_leave_plain_floats():
    model = Perceptron(2)
    model.fit([(np.array([1.0, 2.0]), np.int64(1)), (np.array([-1.0, 0.5]), -1)])
    assert {type(w) for w in numbers(model)} == {float}
    assert repr(model) == "Perceptron(2, sign)"


def test_data_may_be_any_iterable():
    X, y = np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([1, -1])
    model, same = Perceptron(2), Perceptron(2)
    expected = model.fit(list(zip(X, y)))
    assert same.fit((x, label) for x, label in zip(X, y)) == expected
    assert numbers(same) == numbers(model) != [0.0] * 3


def test_the_order_of_the_data_stays():
    data = [([float(k)], 1 if k > 2 else -1) for k in range(6)]
    kept = list(data)
    Perceptron(1).fit(data, rng=random.Random(1))
    assert data == kept


@pytest.mark.parametrize(
    ("activation", "label"), [("sign", 0), ("sign", 2), ("step", -1), ("step", 0.5)]
)
def test_labels_are_checked_before_anything_is_learned(activation, label):
    model = Perceptron(1, activation=activation)
    with pytest.raises(ValueError, match=rf"Perceptron expected labels .*, got {label}"):
        model.fit([([1.0], 1), ([2.0], label)])
    assert numbers(model) == [0.0, 0.0]


@pytest.mark.parametrize("options", [{"epochs": 0}, {"lr": 0.0}, {"lr": math.nan}, {"data": []}])
def test_settings_are_checked(options):
    with pytest.raises(
        ValueError, match=r"Perceptron\.fit expected at least one example|(epochs|lr): expected"
    ):
        Perceptron(1).fit(**{"data": [([1.0], 1)], **options})


def test_its_activation_is_a_threshold_and_its_inputs_are_counted():
    with pytest.raises(ValueError, match="'sign' or 'step', got 'tanh'"):
        Perceptron(2, activation="tanh")
    with pytest.raises(ValueError, match="Perceptron expected 2 inputs, got 1"):
        Perceptron(2).predict([1.0])
    with pytest.raises(ValueError, match="Perceptron expected 2 inputs, got 3"):
        Perceptron(2).fit([([1.0, 2.0, 3.0], 1)])
