"""Toy problems: small sets of labelled points in the plane, in random order (except xor)."""

import math
import random

from .checks import check_nonnegative, check_rng, check_size

Point = tuple[list[float], int]


def xor() -> list[Point]:
    """The four corners of a square; the label is 1 if exactly one coordinate is 1.

    >>> xor()
    [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]
    """
    return [([float(a), float(b)], a ^ b) for a in (0, 1) for b in (0, 1)]


def moons(count: int = 100, noise: float = 0.1, rng: random.Random | None = None) -> list[Point]:
    """Two interleaving half circles of `count` points in all, with labels 0 and 1.

    Args:
        count: how many points, at least 1.
        noise: the standard deviation of the normal noise on each coordinate, at least 0.
        rng: a random.Random; None uses the random module.
    """
    points = []
    for i in range(check_size(count, "moons count")):
        label = i % 2
        angle = math.pi * (i // 2) / max((count + 1 - label) // 2 - 1, 1)
        x, y = math.cos(angle), math.sin(angle)
        points.append(((1 - x, 0.5 - y) if label else (x, y), label))
    return _noisy(points, noise, rng)


def circles(count: int = 100, noise: float = 0.05, rng: random.Random | None = None) -> list[Point]:
    """Two circles around the origin, of radius 1 (label 0) and 0.5 (label 1)."""
    points = []
    for i in range(check_size(count, "circles count")):
        label, angle = i % 2, 2 * math.pi * (i // 2) / max((count + 1 - i % 2) // 2, 1)
        radius = 0.5 if label else 1.0
        points.append(((radius * math.cos(angle), radius * math.sin(angle)), label))
    return _noisy(points, noise, rng)


def spirals(
    count: int = 150, classes: int = 3, noise: float = 0.02, rng: random.Random | None = None
) -> list[Point]:
    """Arms of a spiral around the origin, one a class, of `count` points in all."""
    check_size(classes, "spirals classes")
    points = []
    for i in range(check_size(count, "spirals count")):
        label, radius = i % classes, (i // classes + 1) / math.ceil(count / classes)
        angle = 2 * math.pi * label / classes + 4 * radius
        points.append(((radius * math.cos(angle), radius * math.sin(angle)), label))
    return _noisy(points, noise, rng)


def _noisy(
    points: list[tuple[tuple[float, float], int]], noise: float, rng: random.Random | None
) -> list[Point]:
    noise, rng = check_nonnegative(noise, "noise"), check_rng(rng)
    noisy = [
        ([x + rng.gauss(0, noise), y + rng.gauss(0, noise)], label) for (x, y), label in points
    ]
    rng.shuffle(noisy)  # so that a part of them is like all of them
    return noisy
