"""What several notebooks need, and what is not their subject."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import cos, pi, sin
from typing import Any

import matplotlib.pyplot as plt

from autograd_mini import Value
from nn import MLP, Module

BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
Point = tuple[Sequence[float], int]


def set_weights(model: MLP, *layers: Sequence[Sequence[float]]) -> MLP:
    """Give a network its weights: for each layer its rows, for each neuron w1, .., wn, b."""
    for layer, rows in zip(model.layers, layers, strict=True):
        for neuron, row in zip(layer.neurons, rows, strict=True):
            for parameter, number in zip(neuron.parameters(), row, strict=True):
                parameter.data = number
    return model


def accuracy(model: Module, data: Iterable[Point]) -> float:
    """The share of examples whose score is above 0 for label 1, and not above 0 for label 0."""
    right: list[bool] = [(model.predict(x) > 0) == (y > 0) for x, y in data]
    return sum(right) / len(right)


def spirals(count: int, turns: float, rng: random.Random) -> list[Point]:
    """Two arms around the origin, with labels 0 and 1."""
    points: list[Point] = []
    for i in range(count):
        radius = (i // 2 + 1) / (count // 2)
        angle = 2 * pi * turns * radius + pi * (i % 2)
        x = [radius * trigonometric(angle) + rng.gauss(0, 0.01) for trigonometric in (cos, sin)]
        points.append((x, i % 2))
    return points


def plot_points(
    axes: Any,
    points: Sequence[Point],
    sizes: float | Sequence[float],
    ring: Sequence[float] | None = None,
) -> None:
    """The points, as large as their sizes say, and a ring around one place."""
    each = [sizes] * len(points) if isinstance(sizes, (int, float)) else sizes
    for label, colour, marker in (0, BLUE, "o"), (1, ORANGE, "^"):
        chosen = [(*x, size) for (x, y), size in zip(points, each) if y == label]
        x1, x2, areas = zip(*chosen)
        axes.scatter(x1, x2, s=areas, color=colour, marker=marker)
    if ring is not None:
        axes.scatter(*ring, s=120, facecolors="none", edgecolors="black")
    axes.set(xticks=[], yticks=[], aspect="equal")


def plot_probabilities(
    axes: Any, across: Sequence[float], up: Sequence[float], table: Sequence[Sequence[float]]
) -> None:
    """The plane, dark where a probability is below 0.1 or above 0.9, with a line at one half."""
    shades = ["#9fc5e8", "#dcebf9", "#fde9dc", "#f6b896"]
    axes.contourf(across, up, table, levels=[0, 0.1, 0.5, 0.9, 1], colors=shades)
    axes.contour(across, up, table, levels=[0.5], colors="#404040", linewidths=1.2)


def draw_panels(
    panels: Mapping[str, Callable[[Sequence[float]], float]],
    points: Sequence[Point] = (),
    low: float = -0.4,
    high: float = 1.4,
    size: float = 2.6,
    count: int = 60,
) -> None:
    """Side by side: where each score is above 0, and the points; panels is {title: score}."""
    at = [low + (high - low) * i / (count - 1) for i in range(count)]
    figure, axes = plt.subplots(1, len(panels), figsize=(size * len(panels), size), squeeze=False)
    for axis, (title, score) in zip(axes[0], panels.items()):
        scores = [[score([x1, x2]) for x1 in at] for x2 in at]
        peak = 1 + max(abs(z) for row in scores for z in row)
        axis.contourf(at, at, scores, [-peak, 0, peak], colors=[BLUE, ORANGE], alpha=0.25)
        for label, colour, marker in (0, BLUE, "o"), (1, ORANGE, "^"):
            chosen = [x for x, y in points if y == label]
            if chosen:
                axis.scatter(*zip(*chosen), color=colour, marker=marker, edgecolor="white", s=45)
        axis.set(title=title, xticks=[], yticks=[], aspect="equal")
    figure.tight_layout()


def walk(
    loss: Callable[[Sequence[Value]], Value],
    start: Sequence[float],
    make_optimizer: Callable[[list[Value]], Any],
    steps: int,
) -> list[list[float]]:
    """The places that an optimizer visits; make_optimizer gets the parameters."""
    parameters = [Value(number) for number in start]
    optimizer = make_optimizer(parameters)
    places = [list(start)]
    for _ in range(steps):
        optimizer.zero_grad()
        loss(parameters).backward()
        optimizer.step()
        places.append([p.data for p in parameters])
    return places


def draw_walk(
    axis: Any,
    loss: Callable[[Sequence[float]], float],
    places: Sequence[Sequence[float]],
    across: Sequence[float],
    up: Sequence[float],
    levels: Sequence[float],
) -> None:
    """A walk in the plane, from a blue dot on, and the lines on which the loss is one of levels."""
    heights = [[loss([u, v]) for u in across] for v in up]
    axis.contour(across, up, heights, levels=levels, colors="#b0b0b0", linewidths=0.7)
    axis.plot(*zip(*places), ".-", color="#a63a00", linewidth=1, markersize=4)
    axis.plot(*places[0], "o", color="#0b5394")


def between(low: float, high: float, count: int = 81) -> list[float]:
    """Numbers from low to high, at equal distances."""
    return [low + (high - low) * i / (count - 1) for i in range(count)]
