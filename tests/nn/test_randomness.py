"""A seed is not a source of random numbers, and is not silently ignored."""

import random

import pytest

from nn import (
    MLP,
    Conv1d,
    Dropout,
    Linear,
    RandomFeatures,
    SparseLinear,
    fit,
    losses,
    optimizers,
    toys,
)


def train(rng):
    model = Linear(1, 1)
    sgd = optimizers.SGD(model.parameters(), lr=0.1)
    fit(model, losses.mean_squared_error, [([1.0], [2.0])], optimizer=sgd, epochs=1, rng=rng)


MAKERS = [
    lambda rng: MLP(2, [3, 1], rng=rng),
    lambda rng: Conv1d(1, 1, 2, rng=rng),
    lambda rng: SparseLinear(2, 2, rng=rng),
    lambda rng: RandomFeatures(2, 2, rng=rng),
    lambda rng: Dropout(0.5, rng=rng),
    lambda rng: toys.moons(4, rng=rng),
    train,
]


@pytest.mark.parametrize("make", MAKERS)
def test_a_seed_is_refused_and_a_random_or_none_is_taken(make):
    for seed in (0, 1):
        with pytest.raises(TypeError, match=rf"got {seed}; write random\.Random\({seed}\)"):
            make(seed)
    make(random.Random(0))
    make(None)
