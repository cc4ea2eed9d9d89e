"""Random features: a fixed projection that makes more problems linear."""

import random

import numpy as np
import pytest

from autograd_mini import Value, cos, gradients, sign
from nn import Linear, Perceptron, RandomFeatures, Sequential
from nn.toys import xor


def numbers(rows):
    return np.array([[w.data for w in row] for row in rows])


def learns_xor(width, seed):
    """Whether a perceptron on random features of that width gets all four corners right."""
    features = RandomFeatures(2, width, rng=random.Random(seed))
    data = [(features.predict(x), 2 * label - 1) for x, label in xor()]
    return Perceptron(width).fit(data, epochs=200).converged


def test_it_is_the_sign_of_a_random_projection():
    layer = RandomFeatures(3, 5, rng=random.Random(0))
    x = [0.5, -1.0, 2.0]
    z = numbers(layer.w) @ x + [b.data for b in layer.b]
    assert layer.predict(x) == np.sign(z).tolist()
    layer.activation = None
    assert layer.predict(x) == pytest.approx(z.tolist())
    layer.activation = cos
    assert layer.predict(x) == pytest.approx(np.cos(z).tolist())


def test_a_perceptron_on_random_features_solves_exclusive_or():
    model = Sequential(RandomFeatures(2, 16, rng=random.Random(0)), Perceptron(16))
    features, perceptron = model.layers
    data = [(features.predict(x), 2 * label - 1) for x, label in xor()]
    assert perceptron.fit(data).converged
    assert [model.predict(x) for x, _ in xor()] == [2 * label - 1 for _, label in xor()]


def test_the_wider_the_surer():
    """The share of 50 draws with which exclusive or is solved."""
    shares = [sum(learns_xor(width, seed) for seed in range(50)) / 50 for width in (2, 8, 32)]
    assert shares[0] < 0.2 < shares[1] < shares[2]
    assert shares[2] >= 0.9


def test_it_is_drawn_from_the_standard_normal_distribution():
    layer = RandomFeatures(50, 100, rng=random.Random(1))
    w = numbers(layer.w).ravel()
    assert abs(w.mean()) < 5 / np.sqrt(w.size)
    assert abs(w.var() - 1) < 5 * np.sqrt(2 / w.size)
    assert np.std([b.data for b in layer.b]) > 0.5
    assert {b.data for b in RandomFeatures(2, 3, bias=False).b} == {0.0}


def test_it_is_not_trained_but_saved():
    layer = RandomFeatures(2, 3, rng=random.Random(0))
    assert layer.parameters() == []
    assert len(layer.state_dict()) == 3 * 2 + 3
    other = RandomFeatures(2, 3, rng=random.Random(1))
    other.load_state_dict(layer.state_dict())
    assert other.predict([1.0, 2.0]) == layer.predict([1.0, 2.0])


def test_it_stays_frozen_in_a_model_that_is_unfrozen():
    model = Sequential(RandomFeatures(2, 3), Linear(3, 1))
    model.freeze()
    assert model.parameters() == []
    model.unfreeze()
    assert model.parameters() == model.layers[1].parameters() != []
    assert RandomFeatures(2, 3).unfreeze().parameters() == []


def test_the_seed_decides():
    draws = [RandomFeatures(2, 4, rng=random.Random(s)).state_dict() for s in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


def test_no_gradient_passes_the_sign():
    x = [Value(1.0), Value(2.0)]
    layer = RandomFeatures(2, 3, rng=random.Random(0))
    assert layer.activation is sign
    for y in layer(x):
        assert gradients(y, x) == [0.0, 0.0]


def test_sizes_are_checked_and_shown():
    assert repr(RandomFeatures(2, 3)) == "RandomFeatures(2, 3, sign)"
    with pytest.raises(ValueError, match=r"RandomFeatures features: expected .* at least 1, got 0"):
        RandomFeatures(2, 0)
    with pytest.raises(ValueError, match=r"RandomFeatures inputs: expected .* at least 1, got 0"):
        RandomFeatures(0, 2)
    with pytest.raises(ValueError, match="RandomFeatures expected 2 inputs, got 1"):
        RandomFeatures(2, 3).predict([1.0])
