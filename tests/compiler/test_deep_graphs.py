"""Long chains: the work of compiling them grows with their length, and the stack does not."""

import inspect
import math
import sys
from itertools import pairwise

import pytest

from autograd_mini import Value, compile, dot, exp, log, maximum, sin, tanh, where


def chain(step, length):
    """A loss: the step, taken `length` times on the product of an input and a parameter."""
    w = Value(0.3)

    def loss(x):
        y = x * w
        for i in range(length):
            y = step(y, w, i)
        return y

    return loss


def oscillator(length):
    """Two numbers, each of which moves by a part of the other."""
    w = Value(0.3)

    def loss(x):
        a, b = x * w, x + w
        for _ in range(length):
            a, b = a + 0.01 * b, b - 0.01 * a
        return a

    return loss


def recurrent(length):
    """A net with a state of two numbers."""
    U, b = [[Value(0.3), Value(-0.5)], [Value(0.7), Value(0.2)]], [Value(0.1), Value(-0.1)]

    def loss(x):
        h = [x, x * x]
        for _ in range(length):
            h = [tanh(dot(u, h, c)) for u, c in zip(U, b)]
        return h[0] * h[1]

    return loss


CHAINS = {
    "squares": lambda y, w, i: y * y,
    "half squares": lambda y, w, i: 0.5 * y * y,
    "sines": lambda y, w, i: sin(y),
    "products": lambda y, w, i: y * w,
    "scaled products": lambda y, w, i: -1.5 * (y * w),
    "quotients": lambda y, w, i: w / (y + 1),
    "roots": lambda y, w, i: (y * y + 1) ** 0.5,
    "halved sums": lambda y, w, i: (y + w) * 0.5,
    "extremes": lambda y, w, i: y * (1e200 if i % 2 else 1e-200),
    "logarithms": lambda y, w, i: log(0.5 * (y + 2)),
    "logistic": lambda y, w, i: log(1 + exp(y)),
    "scaled exponentials": lambda y, w, i: log(2 * (exp(y) + exp(w))) if i % 2 else 0.5 * (y + 1),
    "maxima": lambda y, w, i: maximum(tanh(y), w) * 0.5,
    "conditions": lambda y, w, i: where(y > 0, y, -y) + 0.1,
}
LOSSES = {name: lambda n, step=step: chain(step, n) for name, step in CHAINS.items()}
LOSSES |= {"oscillator": oscillator, "recurrent net": recurrent}


def calls(work):
    """How many functions of Python are called."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("roll", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_work_grows_with_length(name, roll, monkeypatch):
    monkeypatch.setattr("autograd_mini.compiler.roll.MANY", 0)  # of few steps both forms are
    monkeypatch.setattr("autograd_mini.compiler.roll.CLEAR", math.inf)  # written, else
    sizes = (48, 96, 144) if roll else (12, 24, 36)
    counts = [
        calls(lambda n=n: compile(LOSSES[name](n), roll=roll, backend="numpy", x=())) for n in sizes
    ]
    first, second = (b - a for a, b in pairwise(counts))
    assert second < 1.5 * first


@pytest.mark.parametrize("backend", ["numpy", "tape"])
@pytest.mark.parametrize("name", LOSSES)
def test_the_stack_does_not_grow(name, backend):
    """100 frames are enough for 150 steps."""
    if backend == "tape":
        pytest.importorskip("numba")
    compile(LOSSES[name](2), x=(), backend=backend)  # what is imported only now
    loss = LOSSES[name](150)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 100)
    try:
        compile(loss, x=(), backend=backend)
    finally:
        sys.setrecursionlimit(limit)
