"""Runs the engine long, wide and deep: threads, training steps, graphs of a million nodes.

python tools/endurance.py
"""

from __future__ import annotations

import gc
import pickle
import random
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_mini import Value, dot, fsum, gradients, hessian, tanh
from nn import MLP
from nn.optimizers import SGD

# -- threads ------------------------------------------------------------------------------------

ROUNDS = 25  # of different numbers; after them the same ones come again
GRAPHS = 4  # that are differentiated in a round
SWITCH_INTERVAL = 1e-6  # seconds after which Python may switch to another thread


class Threads(NamedTuple):
    """Threads that built and differentiated graphs of their own, all at once.

    Attributes:
        threads: how many.
        seconds: how long it took.
        graphs: how many were differentiated in all.
        wrong: in how many rounds any number was not the one that a thread alone gets.
    """

    threads: int
    seconds: float
    graphs: int
    wrong: int


def threads(count: int, seconds: float = 0.0) -> Threads:
    """Run `count` threads, each for ROUNDS rounds, and on until `seconds` are over."""
    alone = [[derivatives(thread, n) for n in range(ROUNDS)] for thread in range(count)]
    found: list[tuple[int, int]] = []
    barrier = threading.Barrier(count)
    start = time.monotonic()

    def run(thread: int) -> None:
        n = wrong = 0
        barrier.wait()
        while n < ROUNDS or time.monotonic() - start < seconds:
            wrong += derivatives(thread, n % ROUNDS) != alone[thread][n % ROUNDS]
            n += 1
        found.append((n, wrong))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        running = [threading.Thread(target=run, args=(thread,)) for thread in range(count)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    if len(found) < count:
        raise RuntimeError(f"{count - len(found)} of {count} threads ended with an error")
    rounds, wrong = map(sum, zip(*found))
    return Threads(count, time.monotonic() - start, rounds * GRAPHS, wrong)


def derivatives(thread: int, n: int) -> list[Any]:
    """Numbers that come out wrong if anything of another thread's gets in."""
    rng = random.Random(f"{thread} {n}")
    model = MLP(2, [3, 1], rng=rng)
    x = Value(rng.uniform(0.5, 1.5), f"x of {thread}")
    y = x
    for i in range(15):
        y = tanh(y) * x + i / (y + 2.0)
    y = dot([y, x], [x, thread], fsum([y, 1.0]))
    y.backward()
    [dx] = gradients(y, [x], create_graph=True)
    model([x, float(thread)]).backward()
    second = hessian(lambda v: v[0] ** 3 * v[1])([x.data, 2.0])
    return [y.data, x.grad, dx.data, second, *(p.grad for p in model.parameters())]


# -- memory -------------------------------------------------------------------------------------


class Memory(NamedTuple):
    """What training left behind.

    Attributes:
        steps: how many steps it was.
        growth: of the memory in use, in bytes.
    """

    steps: int
    growth: int


def memory(steps: int) -> Memory:
    """Train a small network, and compare the memory in use before and after."""
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
    data = [([0.5, -1.0], 1.0), ([1.5, 0.25], -1.0)]

    def in_use_after(steps: int) -> int:
        for i in range(steps):
            x, target = data[i % 2]
            loss = (model(x) - target) ** 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        in_use_after(100)  # and what the interpreter keeps for later is in use
        before = in_use_after(100)
        return Memory(steps, in_use_after(steps) - before)
    finally:
        tracemalloc.stop()


# -- depth --------------------------------------------------------------------------------------


def chain(size: int) -> list[Value]:
    """[a leaf, the end of a chain of `size` nodes on it]"""
    x = y = Value(2.0)
    for _ in range(size // 2):
        y = -y + 1.0
    return [x, y]


def wide_sum(size: int) -> list[Value]:
    """[a leaf, the sum of `size` leaves]"""
    xs = [Value(1.0) for _ in range(size)]
    return [xs[0], fsum(xs)]


SHAPES = {"chain": chain, "sum": wide_sum}


class Depth(NamedTuple):
    """A large graph; in seconds, how long it took to do what with it.

    Attributes:
        shape: "chain" or "sum".
        size: how many nodes, or operands.
        built, differentiated, freed: what was done.
        pickled: and loaded again.
    """

    shape: str
    size: int
    built: float
    differentiated: float
    pickled: float
    freed: float


def depth(shape: str, size: int) -> Depth:
    """Build a graph, differentiate it, pickle it and load it, and free it."""
    graph, built = _timed(lambda: SHAPES[shape](size))
    _, differentiated = _timed(lambda: graph[1].backward())
    (leaf, root), pickled = _timed(lambda: pickle.loads(pickle.dumps(graph)))
    found = (graph[0].grad, leaf.grad, *gradients(root, [leaf]))
    if found != (1.0, 1.0, 1.0):
        raise RuntimeError(f"the gradients of a {shape} of {size:,} are 1, got {found}")
    _, freed = _timed(graph.clear)
    return Depth(shape, size, built, differentiated, pickled, freed)


def _timed(f: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return f(), time.perf_counter() - start


def main() -> None:
    wide = threads(8, seconds=10.0)
    print(f"{wide.threads} threads, {wide.seconds:.0f} s:", end=" ")
    print(f"{wide.graphs:,} graphs differentiated, {wide.wrong} wrong")
    long = memory(10_000)
    print(f"{long.steps:,} training steps: {long.growth:,} bytes more in use")
    for shape in SHAPES:
        deep = depth(shape, 1_000_000)
        print(f"{deep.shape} of {deep.size:,}: built in {deep.built:.1f} s,", end=" ")
        print(f"differentiated in {deep.differentiated:.1f} s,", end=" ")
        print(f"pickled and loaded in {deep.pickled:.1f} s, freed in {deep.freed:.1f} s")


if __name__ == "__main__":
    main()
