"""Dropout: noise in training that leaves the mean as it is."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, gradients
from nn import Dropout, Linear, Sequential, fit
from nn.losses import mean_squared_error
from nn.optimizers import SGD


@given(st.integers(0, 10**6), st.floats(0, 0.9), st.lists(st.floats(-5, 5), max_size=6))
def test_an_input_is_left_out_or_divided_by_the_share_that_is_kept(seed, p, x):
    y = Dropout(p, rng=random.Random(seed))(x)
    assert all(yi in (0.0, xi * (1 / (1 - p))) for xi, yi in zip(x, y, strict=True))


def test_the_mean_stays_and_the_share_is_p():
    n, p = 20_000, 0.3
    y = Dropout(p, rng=random.Random(0))([1.0] * n)
    share = y.count(0.0) / n
    assert abs(share - p) < 5 * math.sqrt(p * (1 - p) / n)
    assert abs(sum(y) / n - 1) < 5 * math.sqrt(p / (1 - p) / n)


def test_the_gradient_passes_where_the_input_does():
    x = [Value(float(k)) for k in range(1, 9)]
    layer = Dropout(0.5, rng=random.Random(0))
    for xi, yi in zip(x, layer(x)):
        assert gradients(yi, [xi]) == [yi.data / xi.data]


def test_in_evaluation_nothing_changes():
    x = [1.0, -2.0, Value(3.0)]
    layer = Dropout(0.9).eval()
    assert layer(x) == x
    assert layer(x) is not x
    assert Dropout(0.9).predict([1.0, 2.0]) == [1.0, 2.0]
    assert Dropout(0.0)([1.0, 2.0]) == [1.0, 2.0]


def test_every_call_draws_anew_and_the_seed_decides():
    layer, other = (Dropout(0.5, rng=random.Random(3)) for _ in range(2))
    draws = [layer([1.0] * 8) for _ in range(4)]
    assert len(set(map(tuple, draws))) > 1
    assert draws == [other([1.0] * 8) for _ in range(4)]
    random.seed(1)
    first = Dropout()([1.0] * 8)
    random.seed(1)
    assert Dropout()([1.0] * 8) == first


def test_a_mask_may_be_given_in_either_mode():
    layer = Dropout(0.5)
    for mode in (layer.train(), layer.eval()):
        assert mode([1.0, 2.0, 3.0], mask=[0.0, 2.0, 1.0]) == [0.0, 4.0, 3.0]
    with pytest.raises(ValueError, match="Dropout expected a mask of 2 numbers, got 3"):
        layer([1.0, 2.0], mask=[1.0, 1.0, 1.0])


@pytest.mark.parametrize("mode", [True, False])
def test_fit_drops_in_training_alone_and_restores_the_mode(mode):
    line, told = Linear(1, 1), []

    class Telling(Dropout):
        def __call__(self, x, mask=None):
            told.append(self.training)
            return super().__call__(x, mask)

    model = Sequential(Telling(0.5, rng=random.Random(0)), line)
    model.train() if mode else model.eval()
    data = [([1.0], [1.0]), ([2.0], [2.0])]
    fit(
        model,
        mean_squared_error,
        data,
        optimizer=SGD(line.parameters()),
        epochs=2,
        validation=data[:1],
    )
    assert told == [True, True, False] * 2
    assert {module.training for _, module in model.named_modules()} == {mode}


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, math.nan])
def test_a_probability_outside_zero_to_one_is_refused(p):
    with pytest.raises(ValueError, match=rf"Dropout p: expected a number in \[0, 1\), got {p}"):
        Dropout(p)


@pytest.mark.parametrize("x", [[[1.0, 2.0], [3.0]], ((1.0,), (2.0,)), np.ones((2, 2))])
@pytest.mark.parametrize("mode", [Dropout.train, Dropout.eval])
def test_nested_lists_are_to_be_flattened_first(x, mode):
    with pytest.raises(TypeError, match=r"got nested lists; write flatten before it"):
        mode(Dropout(0.5))(x)


def test_a_row_of_an_array_is_a_list_of_numbers():
    x, mask = np.array([1.0, 2.0]), [0.0, 2.0]
    assert {type(y) for y in Dropout(0.5).eval()(x) + Dropout(0.5)(x, mask)} == {float}
    assert Dropout(0.5)(x, mask) == [0.0, 4.0]


def test_what_it_shows():
    assert repr(Dropout(0.25)) == "Dropout(0.25)"
