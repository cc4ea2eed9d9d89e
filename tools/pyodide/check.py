"""What an installed autograd-mini has to do under Pyodide; check.mjs runs it there."""

import gc
import math
import random
import sys

from autograd_mini import Value, dot, fsum, gradients, hessian, tanh
from autograd_mini.testing import check_engine
from nn import MLP
from nn.losses import mean_squared_error
from nn.optimizers import SGD

DEPTH = 100_000


def gradients_are_those_known():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b")
    y = tanh(w * x + b)
    y.backward()
    slope = 1 - math.tanh(1.1) ** 2
    assert (x.grad, w.grad, b.grad) == (0.5 * slope, 2.0 * slope, slope)
    assert gradients(dot([w, x], [x, w], b), [w, x, b]) == [4.0, 1.0, 1.0]
    assert hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0]) == [[10.0, 6.0], [6.0, 0.0]]


def a_network_learns():
    model = MLP(2, [4, 1], activation="tanh", rng=random.Random(0))
    optimizer = SGD(model.parameters(), lr=0.2)
    points = [([x, y], x * y) for x in (-1.0, 1.0) for y in (-1.0, 1.0)]
    losses = []
    for _ in range(200):
        loss = mean_squared_error([model(x) for x, _ in points], [t for _, t in points])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    assert losses[-1] < 0.01 < 0.5 < losses[0], (losses[0], losses[-1])


def chain():
    y = Value(1.0)
    for _ in range(DEPTH):
        y = y + 1.0
    return y


def a_deep_graph_is_freed():
    y = chain()
    y.backward()
    del y
    sums = Value(1.0)
    for _ in range(DEPTH):
        sums = fsum([sums, 1.0])
    del sums


def a_deep_graph_in_garbage_is_freed():
    garbage = [chain()]
    garbage.append(garbage)
    del garbage
    gc.collect()


class Overwriting:
    """An engine with + and *, which assigns gradients where it should add them."""

    def __init__(self, data, parents=(), partials=()):
        self.data, self.grad = data, 0.0
        self.parents, self.partials = parents, partials

    def __add__(self, other):
        return Overwriting(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Overwriting(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for parent, partial in zip(node.parents, node.partials):
                parent.grad = partial * node.grad


def an_engine_is_checked_without_fork():
    report = check_engine(Overwriting)
    assert report.diagnosis == "overwrites-gradient", report
    assert not report.passed
    report = check_engine(Value)
    assert report.passed, report


assert sys.platform == "emscripten"
for check in (
    gradients_are_those_known,
    a_network_learns,
    a_deep_graph_is_freed,
    a_deep_graph_in_garbage_is_freed,
    an_engine_is_checked_without_fork,
):
    check()
    print(check.__name__.replace("_", " "))
