"""The engine side by side with micrograd and microgpt's Value.

Each row runs the same code on both sides, and first checks that losses and gradients are equal.
"""

from __future__ import annotations

import gc
import math
import tracemalloc
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import micrograd.engine
import micrograd.nn

from autograd_mini import Value
from nn import MLP

from . import microgpt
from .side_by_side import Row, clock, interleaved, progress, quartiles, timed_row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TOLERANCE = 1e-12


def check_equal(what: str, ours: Sequence[float], theirs: Sequence[float]) -> None:
    """Refuse to compare the times of programs that compute different things."""
    worst = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
    if not worst <= TOLERANCE:
        raise AssertionError(f"{what} differ by {worst}, more than {TOLERANCE}")


def check_step(ours: Any, theirs: Any, step: Callable[[Any], float]) -> None:
    """One step of both models: the same loss, and the same gradients."""
    check_equal("losses", [step(ours)], [step(theirs)])
    check_equal(
        "gradients", [p.grad for p in ours.parameters()], [p.grad for p in theirs.parameters()]
    )


def two_mlps(sizes: list[int], rng: Random, **options: Any) -> tuple[Any, Any]:
    """Our MLP and micrograd's, with the same weights."""
    ours, theirs = MLP(sizes[0], sizes[1:], **options), micrograd.nn.MLP(sizes[0], sizes[1:])
    for our_layer, their_layer in zip(ours.layers, theirs.layers, strict=True):
        for a, b in zip(our_layer.neurons, their_layer.neurons, strict=True):
            for p, q in zip((*a.w, a.b), (*b.w, b.b), strict=True):
                p.data = q.data = rng.uniform(-1, 1) / math.sqrt(len(a.w))
    return ours, theirs


# -- the moons of micrograd's demo --------------------------------------------------------------


def moons(count: int, noise: float, rng: Random) -> tuple[list[list[float]], list[int]]:
    """Two interleaved half circles, and the labels 1 and -1 of their points."""
    points, labels = [], []
    for i in range(count):
        angle = math.pi * (i // 2) / (count // 2 - 1)
        x, y = math.cos(angle), math.sin(angle)
        upper = i % 2 == 0
        point = (x, y) if upper else (1 - x, 0.5 - y)
        points.append([c + rng.gauss(0, noise) for c in point])
        labels.append(1 if upper else -1)
    return points, labels


def moons_row(
    what: str, bar: float, rounds: int, rng: Random, repeats: int = 1, **options: Any
) -> list[Row]:
    ours, theirs = two_mlps([2, 16, 16, 1], rng, **options)
    points, labels = moons(100, noise=0.1, rng=rng)

    def step(model: Any) -> float:
        """A step of the demo notebook, up to the gradients."""
        scalar = Value if model is ours else micrograd.engine.Value
        inputs = [list(map(scalar, point)) for point in points]
        scores = list(map(model, inputs))
        losses = [(1 + -label * score).relu() for label, score in zip(labels, scores)]
        total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        return total.data  # type: ignore[no-any-return]

    check_step(ours, theirs, step)
    times = interleaved(
        what, lambda: step(ours), lambda: step(theirs), rounds=rounds, rng=rng, repeats=repeats
    )
    return [timed_row(what, times, bar)]


# -- one digit, without the cycle collector -----------------------------------------------------


def digit_row(what: str, rounds: int, rng: Random, collect: bool) -> list[Row]:
    ours, theirs = two_mlps([64, 32, 10], rng)
    pixels = [rng.randrange(17) / 16 for _ in range(64)]
    digit = 3

    def step(model: Any) -> float:
        """A margin loss, since micrograd has neither exp nor log."""
        scores = model(pixels)
        loss = sum((1 + score - scores[digit]).relu() for score in scores)
        loss.backward()
        return loss.data  # type: ignore[no-any-return]

    check_step(ours, theirs, step)
    gc.collect()
    gc.disable()
    try:
        times = interleaved(
            what,
            lambda: step(ours),
            lambda: step(theirs),
            rounds=3 * rounds,
            rng=rng,
            collect=collect,
        )
    finally:
        gc.enable()
        gc.collect()
    return [timed_row(what, times, 18)]


# -- a GPT of scalars ---------------------------------------------------------------------------


def gpt_row(what: str, rounds: int, rng: Random, repeats: int = 1) -> list[Row]:
    ours, theirs = microgpt.GPT(Value), microgpt.GPT(microgpt.Value)

    def step(model: Any) -> float:
        loss = model.loss("anastasia")
        loss.backward()
        return loss.data  # type: ignore[no-any-return]

    check_step(ours, theirs, step)
    times = interleaved(
        what, lambda: step(ours), lambda: step(theirs), rounds=rounds, rng=rng, repeats=repeats
    )
    return [timed_row(what, times, 1.3)]


# -- memory and growth, on random graphs --------------------------------------------------------


def random_choices(size: int, rng: Random) -> tuple[list[int], list[int], list[int]]:
    """What random_graph() goes by, drawn beforehand: drawing is not the engine's work."""
    steps = size // 3
    first, second = (rng.choices(range(100), k=steps) for _ in range(2))
    return first, second, rng.choices(range(10), k=steps)


def random_graph(scalar: Any, choices: tuple[list[int], list[int], list[int]]) -> Any:
    """The root of a graph of products and sums, all of which it depends on.

    Each step replaces one of a hundred nodes by a weighted mean of it and another, which keeps
    both the numbers and the gradients tame however large the graph.
    """
    front = [scalar(i / 100) for i in range(100)]
    weights = [(scalar(i / 10), scalar(1 - i / 10)) for i in range(10)]
    for i, j, k in zip(*choices):
        a, b = weights[k]
        front[i] = front[i] * a + front[j] * b
    return sum(front)


def bytes_per_node(scalar: Any, size: int = 20_000) -> float:
    choices = random_choices(size, Random(1))
    gc.collect()
    tracemalloc.start()
    try:
        root = random_graph(scalar, choices)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    del root
    return held / size


def memory() -> list[Row]:
    """Memory is the same in every round and with every seed, so one will do."""
    bar = 180
    ours = bytes_per_node(Value)
    rows = []
    for name, scalar in (("micrograd", micrograd.engine.Value), ("microgpt", microgpt.Value)):
        progress(f"memory: {name}")
        rival = bytes_per_node(scalar)
        rows.append(
            Row(
                what=f"memory a node, rival {name}",
                ours=f"{ours:.0f} B",
                rival=f"{rival:.0f} B",
                ratio=f"{rival / ours:.2f}x",
                bar=f"{bar} B",
                reached="yes" if ours <= bar else "NO",
                numbers=(rival / ours,) * 3,
            )
        )
    return rows


def growth(rounds: int, rng: Random) -> list[Row]:
    """Time a node to build a graph, go backward and free it, with the cycle collector on."""
    sizes = (1_000, 10_000, 100_000, 1_000_000)
    seconds: dict[int, list[float]] = {size: [] for size in sizes}
    rounds = max(1, rounds // 5)
    for number in range(rounds):
        for size in rng.sample(sizes, len(sizes)):
            progress(f"growth: round {number + 1} of {rounds}, {size:,} nodes")
            choices = random_choices(size, rng)
            repeats = max(1, 10_000 // size)
            gc.collect()
            start = clock()
            for _ in range(repeats):
                random_graph(Value, choices).backward()
            seconds[size].append((clock() - start) / (repeats * size))
    each = {size: quartiles(times) for size, times in seconds.items()}
    return [
        Row(
            what=f"growth: a node of {size:,}",
            ours=f"{each[size][1] * 1e9:.0f} ns",
            ratio=f"{each[size][1] / each[sizes[0]][1]:.2f}",
            numbers=each[size],
        )
        for size in sizes
    ]


def rows(quick: bool) -> dict[str, Callable[[], list[Row]]]:
    """Of 4 steps in a row, as in training, each but the first meets the garbage of the one before:
    in micrograd and microgpt, the recursive function that orders a graph is a cycle that holds it.
    """
    rng, rounds = Random(1337), 5 if quick else 25
    fewer = (rounds + 1) // 2
    moons, training = "moons step, dot nodes", "moons step, dot nodes, one of 4 in a row"
    expanded = "moons step, a node for every + and *"
    between, never = (f"one digit, garbage {it}" for it in ("collected between", "never collected"))
    return {
        "moons-dot": partial(moons_row, moons, 25, rounds, rng),
        "moons-expanded": partial(moons_row, expanded, 6, rounds, rng, expand=True),
        "moons-training": partial(moons_row, training, 25, fewer, rng, repeats=4),
        "digit": partial(digit_row, between, rounds, rng, collect=True),
        "digit-uncollected": partial(digit_row, never, rounds, rng, collect=False),
        "gpt": partial(gpt_row, "GPT, one document", rounds, rng),
        "gpt-training": partial(gpt_row, "GPT, one of 4 in a row", fewer, rng, repeats=4),
        "memory": memory,
        "growth": partial(growth, rounds, rng),
    }
