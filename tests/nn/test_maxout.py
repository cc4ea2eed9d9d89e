"""Maxout: convex functions as the largest of lines."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, gradients
from nn import Maxout


@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4))
def test_it_is_the_largest_of_its_pieces_and_passes_the_gradient_to_that_one(
    seed, nin, nout, pieces
):
    rng = random.Random(seed)
    layer = Maxout(nin, nout, pieces, rng=rng)
    for p in layer.parameters():
        p.data = rng.gauss(0, 1)
    x = [rng.gauss(0, 1) for _ in range(nin)]
    z = np.array([piece.predict(x) for piece in layer.pieces])
    assert layer.predict(x) == z.max(axis=0).tolist()
    inputs = [Value(xi) for xi in x]
    for i, y in enumerate(layer(inputs)):
        best = layer.pieces[z[:, i].argmax()].neurons[i]
        assert gradients(y, inputs) == [w.data for w in best.w]
        assert sum(map(abs, gradients(y, layer.parameters()))) == pytest.approx(
            1 + sum(map(abs, x))
        )


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 1))
def test_it_is_convex(a, b, share):
    layer = Maxout(1, 1, 4, rng=random.Random(0))
    for k, piece in enumerate(layer.pieces):
        piece.neurons[0].b.data = (-1) ** k / 2
    between = share * a + (1 - share) * b
    [at_a], [at_b], [at_between] = (layer.predict([x]) for x in (a, b, between))
    assert at_between <= share * at_a + (1 - share) * at_b + 1e-12


def test_relu_is_the_larger_of_x_and_zero():
    layer = Maxout(1, 1)
    for piece, slope in zip(layer.pieces, (1.0, 0.0)):
        piece.neurons[0].w[0].data = slope
    assert [layer.predict([x]) for x in (-2.0, 3.0)] == [[0.0], [3.0]]


def test_one_piece_is_a_linear_layer():
    layer = Maxout(2, 3, 1)
    assert layer.predict([1.0, 2.0]) == layer.pieces[0].predict([1.0, 2.0])


def test_inputs_may_be_a_generator_or_a_row_of_an_array():
    layer = Maxout(2, 2)
    expected = layer.predict([1.0, 2.0])
    assert [y.data for y in layer(x for x in (1.0, 2.0))] == expected
    assert layer.predict(np.array([1.0, 2.0])) == expected


def test_sizes_are_checked_and_shown():
    assert repr(Maxout(2, 3, 4)) == "Maxout(2, 3, pieces=4)"
    with pytest.raises(ValueError, match=r"Maxout pieces: expected .* at least 1, got 0"):
        Maxout(2, 3, 0)
    with pytest.raises(TypeError, match="Maxout has no activation"):
        Maxout(2, 3, activation="relu")
    with pytest.raises(ValueError, match="Maxout expected 2 inputs, got 1"):
        Maxout(2, 3)([1.0])
