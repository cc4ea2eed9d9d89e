"""The tape: it gives what the eager engine gives, and is chosen where arrays make no sense."""

import random

import numpy as np
import pytest

pytest.importorskip("numba")

from agreement import check
from loops_as_python import loops_as_python
from table_points import all_rows, assert_close
from test_numba import gradients_of_all_rows, names_of_partials

import nn
from autograd_mini import Value, compile, logsumexp, primitive, sin, tanh

pytestmark = pytest.mark.usefixtures("cache_of_its_own")

STEPS = [
    lambda a, b: (a + b) / 2,
    lambda a, b: tanh(a * b),
    lambda a, b: sin(a) - 0.1 * b,
]


def irregular(xs, ws, size=600, seed=0):
    """A random graph, without a matrix in it anywhere."""
    rng = random.Random(seed)
    front = [*xs, *ws]
    for _ in range(size):
        i, j = rng.sample(range(len(front)), 2)
        a, b = front[i], front[j]
        front[i] = rng.choice(STEPS)(a, b)
    return sum(front)


def test_an_irregular_graph_is_a_tape_and_a_net_is_not():
    rng = random.Random(0)
    ws = [Value(rng.gauss(0, 1)) for _ in range(10)]
    x = np.random.default_rng(0).normal(size=(70, 10))
    for reduction in ("mean", "sum"):
        program = check(lambda x: irregular(x, ws), [x], x=10, reduction=reduction, backend="numba")
        assert program._compiled.backend == "tape"
    check(lambda x: irregular(x, ws), [x[:1]], x=10, backend="numba")
    model = nn.MLP(10, [30, 30, 1], rng=rng)
    net = compile(lambda x: model(x) ** 2, x=10, parameters=model, backend="numba")
    assert net._compiled.backend == "numba"


def test_every_row_has_the_partials_of_the_table():
    with loops_as_python():
        found, expected = gradients_of_all_rows("tape")
    assert_close(found, expected, names_of_partials())


def test_every_row_has_the_partials_of_the_table_compiled():
    found, expected = gradients_of_all_rows("tape")
    assert_close(found, expected, names_of_partials())


def test_the_table_has_points():
    _, leaves, _ = all_rows()
    assert len(leaves) > 4000


def test_outputs_have_the_shape_of_their_lists():
    w = Value(0.5)
    program = compile(lambda x: [[w * x, x, 2.0], [w, tanh(x), x * x]], x=(), backend="tape")
    x = np.array([0.3, 0.4])
    expected = [[[0.5 * a, a, 2.0], [0.5, np.tanh(a), a * a]] for a in x]
    np.testing.assert_allclose(program.predict(x), expected, rtol=1e-15)


def test_a_list_with_infinite_numbers_is_summed_as_the_table_does():
    w = Value(1.0)
    program = compile(lambda x: [logsumexp([w * x[0], x[1]])], x=2, backend="tape")
    inf = float("inf")
    found = program.predict(np.array([[-inf, -inf], [inf, 0.0], [-inf, 2.0]]))
    assert found[:, 0].tolist() == [-inf, inf, 2.0]


def test_a_rule_of_ones_own_is_used_as_it_is_written():
    """A straight-through estimator: its partial is not the derivative of its forward function."""
    through = primitive("through", lambda x: x * x, (lambda x, y: 1,))
    w = Value(3.0)
    program = compile(lambda x: through(through(w * x)), x=(), backend="tape")
    loss, [dw] = program.value_and_grad([2.0])
    assert (loss, float(dw[0])) == (1296.0, 2.0)


def test_a_function_of_floats_is_refused():
    w = Value(1.0)
    odd = primitive("odd", lambda x: float(int(x)), (lambda x, y: 0,))
    with pytest.raises(ValueError, match="cannot run odd, a function of floats"):
        compile(lambda x: w * odd(x), x=(), backend="tape")


def test_the_source_lists_the_rows():
    w = Value(2.0)
    source = compile(lambda x: logsumexp([tanh(w * x), x]), x=(), backend="tape").source
    assert "tanh(v" in source
    assert "logsumexp(v" in source


def _named_sum(a, b):
    s = a + b
    return s * (s + 1)


@pytest.mark.parametrize(
    "own",
    [
        primitive("own", _named_sum, (lambda a, b, y: 2 * (a + b) + 1,) * 2),
        primitive("own", lambda a, b: a * b, (lambda a, b, y: _named_sum(a, b), lambda a, b, y: a)),
    ],
)
def test_a_rule_that_uses_a_sum_twice(own):
    """In a forward, and in a partial."""
    w = Value(0.5)
    check(lambda x: own(w, x) * x, [[1.0, 2.0]], x=(), backend="tape")
