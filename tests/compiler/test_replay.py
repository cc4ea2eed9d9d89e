"""Groups that are alike are looked into once, and become what they would become by themselves."""

import random
from contextlib import contextmanager
from unittest import mock

import pytest
from agreement import check, matrix, vector
from hypothesis import HealthCheck, given, settings
from random_nets import nets
from random_recurrences import recurrences
from zoo import zoo

from autograd_mini import Value, compile, dot, exp, logsumexp, relu, sigmoid, tanh
from autograd_mini.compiler import lower, roll
from autograd_mini.compiler.canonical import Graph
from autograd_mini.compiler.layout import Layout
from autograd_mini.compiler.replay import Record, RecordingProgram
from autograd_mini.primitives import negate

ZOO = zoo()


@contextmanager
def counted(owner, name):
    """A list that grows by one at each call."""
    calls, method = [], getattr(owner, name)

    def call(*args):
        calls.append(args)
        return method(*args)

    with mock.patch.object(owner, name, call):
        yield calls


def source(loss, **options):
    return compile(loss, backend="numpy", **options).source


def source_without(loss, **options):
    """That of a program all of whose groups are looked into."""
    with (
        mock.patch.object(lower, "made_as_before", lambda *group: group[-1](*group[:-1])),
        mock.patch("autograd_mini.compiler._COMPILED.get", lambda key, make: make()),
    ):
        return source(loss, **options)


# -- recurrent nets -------------------------------------------------------------------------------


def elman(steps, width=3):
    rng = random.Random(0)
    W, U, b = matrix(rng, width, 2), matrix(rng, width, width), vector(rng, width)

    def loss(x):
        h = [0.0] * width
        for row in x:
            h = [tanh(dot(w, row) + dot(u, h) + c) for w, u, c in zip(W, U, b)]
        return sum(h)

    return loss, {"x": (steps, 2)}


def gated(steps, width=3):
    """A step that reads the input backwards, and keeps a part of the state."""
    rng = random.Random(1)
    U, V, b = matrix(rng, width, width), matrix(rng, width, width), vector(rng, width)

    def loss(x):
        h = list(b)
        for row in x[::-1]:
            z = [sigmoid(dot(u, h) + c) for u, c in zip(U, row)]
            h = [a * (1 - s) + s * relu(dot(v, h)) for a, s, v in zip(h, z, V)]
        return sum(a * a for a in h)

    return loss, {"x": (steps, width)}


def forward_algorithm(steps, width=3):
    rng = random.Random(2)
    A = matrix(rng, width, width)

    def loss(x):
        alpha = x[0]
        for row in x[1:]:
            alpha = [
                logsumexp([a + A[i][j] for i, a in enumerate(alpha)]) + row[j] for j in range(width)
            ]
        return logsumexp(alpha)

    return loss, {"x": (steps, width)}


NETS = [elman, gated, forward_algorithm]


@pytest.mark.parametrize("net", NETS)
def test_steps_that_are_alike_are_looked_into_once(net):
    counts = []
    for steps in (10, 40):
        loss, shapes = net(steps)
        with counted(lower, "_lower_group") as looked_into:
            compile(loss, backend="numpy", roll=False, **shapes)
        counts.append(len(looked_into))
    assert counts[0] == counts[1] <= 20


@pytest.mark.parametrize("net", NETS)
def test_as_many_chains_are_tried_for_long_nets_as_for_short_ones(net):
    counts = []
    for steps in (30, 120):
        loss, shapes = net(steps)
        with counted(roll, "Match") as tried:
            compile(loss, backend="numpy", **shapes)
        counts.append(len(tried))
    assert counts[0] == counts[1] <= 40


@pytest.mark.parametrize("net", NETS)
def test_long_nets_have_the_gradients_of_the_engine(net):
    loss, shapes = net(12)
    [shape] = shapes.values()
    rng = random.Random(3)
    batch = [[[rng.gauss(0, 1) for _ in range(shape[1])] for _ in range(shape[0])]]
    check(loss, [batch], roll=False, **shapes)


# -- the same as without --------------------------------------------------------------------------


@given(recurrences())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_recurrences_are_what_they_would_be(recurrence):
    loss, used, shapes = recurrence.program()
    options = {"parameters": used, "shapes": shapes, "roll": False}
    assert source(loss, **options) == source_without(loss, **options)


@given(nets())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_nets_are_what_they_would_be(net):
    options = {"parameters": net.given_parameters, "shapes": net.shapes, "roll": False}
    alone = source_without(net, **options)
    net.given = net.tables = None  # what it has kept of that trace
    assert source(net, **options) == alone


@pytest.mark.parametrize("key", [*ZOO][::9])
def test_the_zoo_is_what_it_would_be(key):
    loss, parameters = ZOO[key].made()
    shapes = {name: one.shape for name, one in ZOO[key].inputs.items()}
    options = {"parameters": parameters, "shapes": shapes, "roll": False}
    assert source(loss, **options) == source_without(loss, **options)


@given(recurrences())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_loops_are_those_of_all_chains(recurrence):
    """Chains that are left out would have been no better."""
    loss, used, shapes = recurrence.program()
    options = {"parameters": used, "shapes": shapes}
    with mock.patch.object(roll, "MANY", 0), mock.patch.object(roll, "CLEAR", 1.0):
        few = source_without(loss, **options)
        with mock.patch.object(roll.Match, "is_complete", False):
            assert source_without(loss, **options) == few


# -- records --------------------------------------------------------------------------------------


def recorded(arrays, work):
    """The record of work(program, *arrays), where all arrays are read from their first element."""
    program = arrays[0].program
    program.record = record = Record([0], dict.fromkeys(arrays, 0))
    work(program, *arrays)
    program.record = None
    return record


def test_operations_are_done_again_on_other_arrays():
    program = RecordingProgram()
    x, y = (program.input(name, (2, 3)) for name in "xy")

    def work(p, a):
        return p.reshape(p.apply(tanh, p.transpose(a, (0, 2, 1))), (-1, 6))

    record = recorded([x], work)
    assert program.again(record, {y: 0})[-1] is work(program, y)


def test_what_comes_out_otherwise_is_not_alike():
    """-(-a) is a, which is an array that is read, and -b is a new one."""
    program = RecordingProgram()
    a, b = (program.input(name, (3,)) for name in "ab")
    record = recorded([negate(a), a], lambda p, x, y: p.apply(negate, x))
    assert program.again(record, {negate(b): 0, b: 0}) == [negate(b), b, b]
    assert program.again(record, {a: 0, b: 0}) is None


def test_operations_are_simplified_anew():
    """sigmoid(-z) is written as 1 - sigmoid(z) where that is there."""

    def loss(x):
        h = [tanh(a) for a in x]
        return sum(sigmoid(a) * sigmoid(-b) for a, b in zip(h, h[::-1]))

    assert source(loss, x=(3,)) == source_without(loss, x=(3,))


def test_parameters_without_an_order_are_not_replayed():
    """Their array is made by the first group that reads them."""
    w = [Value(0.1 * i) for i in range(4)]

    def loss(x):
        return dot(w[:2], x) * tanh(dot(w[2:], x))

    assert source(loss, x=(2,)) == source_without(loss, x=(2,))


def test_where_operands_lie_matters():
    """The rows of a matrix, and then its columns."""
    W = matrix(random.Random(0), 3, 3)

    def loss(x):
        h = [tanh(dot(row, x)) for row in W]
        h = [tanh(dot(row, h)) for row in W]
        return sum(tanh(dot(column, h)) for column in zip(*W))

    check(loss, [[[0.3, -0.2, 0.9]]], parameters={"W": W}, roll=False, x=(3,))


def test_triangles_that_are_completed():
    """What is in the padding of an array depends on more than on what is read."""

    def loss(x):
        for _ in range(3):
            x = [sum(exp(a * tanh(b)) for b in x[: i + 1]) / 9 for i, a in enumerate(x)]
        return sum(x)

    check(loss, [[[0.3, -0.2, 0.9, 0.1]]], roll=False, x=(4,))
    assert source(loss, roll=False, x=(4,)) == source_without(loss, roll=False, x=(4,))


def test_nothing_is_recorded_in_the_end():
    loss, shapes = elman(4)
    layouts = []
    made = Layout.__init__

    def init(self, *args):
        layouts.append(self)
        made(self, *args)

    with mock.patch.object(Layout, "__init__", init):
        compile(loss, backend="numpy", **shapes)
    assert all(layout.program.record is None for layout in layouts)
    assert any(layout.records for layout in layouts)
    assert Graph(None).reciprocals == set()


def test_how_much_of_an_array_is_used_matters():
    """Of x all elements are, so that three of them are gathered; of y only these three."""
    w = [Value(0.1 * i) for i in range(5)]

    def loss(x, y):
        return dot(w, x) + sum(
            tanh(a[0] - a[1] * a[3]) * tanh(a[i]) for a in (x, y) for i in (0, 1, 3)
        )

    options = {"x": (5,), "y": (5,), "parameters": {"w": w}}
    assert source(loss, **options) == source_without(loss, **options)
