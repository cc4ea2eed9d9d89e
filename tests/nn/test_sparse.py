"""SparseLinear: a linear layer with zeros that stay zeros."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, gradients
from nn import SparseLinear

seeds = st.integers(0, 10**6)
sizes = st.integers(1, 5)


def matrix(layer):
    """Its weights as a matrix, with 0 where nothing is connected."""
    W = np.zeros((len(layer.b), layer.nin))
    for i, weights in enumerate(layer.w):
        for j, w in weights.items():
            W[i, j] = w.data
    return W


@given(seeds, sizes, sizes, st.floats(0.05, 1))
def test_it_is_a_matrix_with_zeros(seed, nin, nout, density):
    rng = random.Random(seed)
    layer = SparseLinear(nin, nout, density=density, rng=rng)
    for b in layer.b:
        b.data = rng.gauss(0, 1)
    x = [rng.gauss(0, 1) for _ in range(nin)]
    expected = matrix(layer) @ x + [b.data for b in layer.b]
    assert layer.predict(x) == pytest.approx(expected.tolist(), rel=1e-12, abs=1e-12)
    inputs = [Value(xi) for xi in x]
    for i, y in enumerate(layer(inputs)):
        assert gradients(y, inputs) == pytest.approx(matrix(layer)[i].tolist())
        assert gradients(y, list(layer.w[i].values())) == [x[j] for j in layer.w[i]]
        assert gradients(y, layer.b) == [float(k == i) for k in range(nout)]


def test_the_connections_may_be_given_in_any_order_and_twice():
    pairs = [(1, 1), (0, 2), (0, 0), (1, 1)]
    layer = SparseLinear(3, 2, connections=pairs)
    assert [list(w) for w in layer.w] == [[0, 2], [1]]


def test_numbers_go_to_the_same_connections_alone():
    layer = SparseLinear(3, 2, connections=[(0, 0), (0, 2), (1, 1)])
    same = SparseLinear(3, 2, connections=[(1, 1), (0, 2), (0, 0)])
    same.load_state_dict(layer.state_dict())
    assert same.predict([1.0, 2.0, 3.0]) == layer.predict([1.0, 2.0, 3.0])
    other = SparseLinear(3, 2, connections=[(0, 0), (0, 1), (1, 1)])
    before = other.state_dict()
    with pytest.raises(ValueError, match=r"1 missing \['w\.0\.1'\], 1 unknown \['w\.0\.2'\]"):
        other.load_state_dict(layer.state_dict())
    assert other.state_dict() == before


def test_the_density_is_the_share_of_connections():
    layer = SparseLinear(100, 100, density=0.2, rng=random.Random(0))
    count = sum(map(len, layer.w))
    assert abs(count - 2000) < 5 * np.sqrt(10_000 * 0.2 * 0.8)
    assert sum(map(len, SparseLinear(4, 3, density=1).w)) == 12


def test_an_output_that_hears_nothing_is_its_bias():
    layer = SparseLinear(2, 2, connections=[(0, 1)])
    layer.b[1].data = 0.75
    assert layer.predict([1.0, 2.0])[1] == 0.75
    assert SparseLinear(2, 1, connections=[]).predict([1.0, 2.0]) == [0.0]


def test_the_initializer_is_told_how_many_inputs_an_output_hears():
    told = []

    def init(inputs, outputs, rng):
        told.append((inputs, outputs))
        return 0.0

    SparseLinear(3, 2, connections=[(0, 0), (0, 2), (1, 1)], init=init)
    assert told == [(2, 2), (2, 2), (1, 2)]


@pytest.mark.parametrize("pair", [(2, 0), (0, 3), (-1, 0), (0, -1), (0.5, 0)])
def test_a_connection_to_nowhere_is_refused(pair):
    with pytest.raises(ValueError, match=r"\(output, input\) pairs below \(2, 3\), got"):
        SparseLinear(3, 2, connections=[(0, 0), pair])


@pytest.mark.parametrize("density", [0, -0.1, 1.1, float("nan")])
def test_a_density_outside_zero_to_one_is_refused(density):
    with pytest.raises(ValueError, match=rf"density: expected a number in \(0, 1\], got {density}"):
        SparseLinear(2, 2, density=density)


def test_sizes_are_checked_and_shown():
    assert repr(SparseLinear(3, 2, density=1)) == "SparseLinear(3, 2, 6 connections)"
    with pytest.raises(ValueError, match=r"SparseLinear outputs: expected .* got 0"):
        SparseLinear(2, 0)
    with pytest.raises(ValueError, match="SparseLinear expected 2 inputs, got 3"):
        SparseLinear(2, 1).predict([1.0, 2.0, 3.0])
