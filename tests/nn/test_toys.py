"""Toy problems lie where their names say."""

import itertools
import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn import toys

counts = st.integers(1, 60)


def points_of(points, label):
    return [tuple(x) for x, its in points if its == label]


def test_exclusive_or_is_not_a_linear_function():
    assert [label for _, label in toys.xor()] == [0, 1, 1, 0]
    assert all(label == (x[0] != x[1]) for x, label in toys.xor())


@given(counts)
def test_moons_are_two_half_circles(count):
    points = toys.moons(count, noise=0)
    assert len(points) == count
    for (x, y), label in points:
        if label == 0:
            assert math.hypot(x, y) == pytest.approx(1)
            assert y >= -1e-12
        else:
            assert math.hypot(x - 1, y - 0.5) == pytest.approx(1)
            assert y <= 0.5 + 1e-12


@pytest.mark.parametrize("count", [2, 10, 50])
def test_moons_are_those_of_scikit_learn(count):
    datasets = pytest.importorskip("sklearn.datasets")
    X, y = datasets.make_moons(count, shuffle=False)
    points = toys.moons(count, noise=0)
    for label in (0, 1):
        ours = sorted(points_of(points, label))
        assert np.array(ours) == pytest.approx(np.array(sorted(X[y == label].tolist())))


@given(counts)
def test_circles_are_of_radius_one_and_one_half(count):
    points = toys.circles(count, noise=0)
    assert len(points) == len({tuple(x) for x, _ in points}) == count
    for x, label in points:
        assert math.hypot(*x) == pytest.approx(0.5 if label else 1.0)


@given(counts, st.integers(1, 5))
def test_spirals_are_one_arm_turned(count, classes):
    points = toys.spirals(count * classes, classes, noise=0)
    arms = [sorted(points_of(points, k), key=lambda x: math.hypot(*x)) for k in range(classes)]
    turn = [[math.cos(2 * math.pi / classes), -math.sin(2 * math.pi / classes)]]
    turn.append([-turn[0][1], turn[0][0]])
    for arm, following in itertools.pairwise(arms):
        assert np.array(arm) @ np.array(turn).T == pytest.approx(np.array(following))
    assert [math.hypot(*x) for x in arms[0]] == pytest.approx(
        [(k + 1) / count for k in range(count)]
    )


@pytest.mark.parametrize("make", [toys.moons, toys.circles, toys.spirals])
def test_classes_are_balanced_and_in_random_order(make):
    points = make(90, rng=random.Random(0))
    sizes = Counter(label for _, label in points).values()
    assert max(sizes) - min(sizes) <= 1
    first, second = (make(90, noise=0, rng=random.Random(seed)) for seed in (0, 1))
    assert first != second
    assert sorted(first) == sorted(second)


@pytest.mark.parametrize("make", [toys.moons, toys.circles, toys.spirals])
def test_the_seed_decides(make):
    assert make(rng=random.Random(1)) == make(rng=random.Random(1)) != make(rng=random.Random(2))
    random.seed(1)
    assert make() == make(rng=random.Random(1))
    random.seed(1)
    assert make(rng=None) == make(rng=random.Random(1))


@pytest.mark.parametrize("make", [toys.moons, toys.circles, toys.spirals])
def test_the_noise_is_its_standard_deviation(make):
    """The points with noise, less those without in the same order, have that deviation."""
    seed, count, noise = 3, 3000, 0.1

    class Unshuffled(random.Random):
        def shuffle(self, x):
            pass

    noisy, clean = (make(count, noise=s, rng=Unshuffled(seed)) for s in (noise, 0.0))
    off = np.array([x for x, _ in noisy]) - np.array([x for x, _ in clean])
    assert abs(off.std() / noise - 1) < 5 / math.sqrt(2 * off.size)
    assert abs(off.mean()) < 5 * noise / math.sqrt(off.size)


@pytest.mark.parametrize("make", [toys.moons, toys.circles, toys.spirals])
def test_a_size_below_one_is_refused(make):
    name = make.__name__
    for count in (0, -5):
        with pytest.raises(ValueError, match=f"{name} count: expected .* at least 1, got {count}"):
            make(count)
    with pytest.raises(TypeError, match=f"{name} count: expected a whole number, got 2.5"):
        make(2.5)
    with pytest.raises(ValueError, match=r"noise: expected a number in \[0, inf\), got -1"):
        make(5, noise=-1)
    assert len(make(1)) == 1


def test_a_spiral_has_a_class():
    with pytest.raises(ValueError, match=r"spirals classes: expected .* at least 1, got 0"):
        toys.spirals(5, 0)
