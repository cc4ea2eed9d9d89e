"""Steps that repeat become a loop, and the program stays what it was."""

import pickle
import random
import re
import sys
from itertools import pairwise

import numpy as np
import pytest
from agreement import check, matrix, vector
from hypothesis import HealthCheck, event, example, given, settings
from random_recurrences import Recurrence, recurrences
from zoo import LARGEST_BATCH, PRECISION, eager, error, zoo

from autograd_mini import Value, compile, dot, relu, sigmoid, sin, tanh
from autograd_mini.compiler import roll
from autograd_mini.compiler.cache import Cache

ZOO = zoo()
FOUND = [
    "elman",
    "elman_with_skip",
    "jordan",
    "lstm",
    "gru",
    "qrnn",
    "linear_attention",
    "hidden_markov_model",
    "viterbi",
    "sinkhorn",
    "power_iteration",
    "burgers",
    "horner",
    "logistic_map",
    "continued_fraction",
    "clenshaw",
    "reversible",
]


@pytest.fixture
def rng():
    return random.Random(0)


@pytest.fixture
def eager_to_roll(monkeypatch):
    """Loops are kept however short the program is without them; nothing was compiled before."""
    monkeypatch.setattr(sys.modules["autograd_mini.compiler"], "_COMPILED", Cache(size=32))
    monkeypatch.setattr(roll, "CLEAR", 1.0)
    monkeypatch.setattr(roll, "MANY", 0)


def has_loop(program):
    return re.search(r"^ +for ", program.source, re.MULTILINE) is not None


def batch(shapes, count, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(count, *shape)) for shape in shapes.values()]


def lines(program):
    return len(program.source.splitlines())


# -- the networks of the textbooks ----------------------------------------------------------------


def gates(rng, names, width, read):
    """W, U and b for each gate."""
    return {
        name: m
        for gate in names
        for name, m in (
            (f"W{gate}", matrix(rng, width, read)),
            (f"U{gate}", matrix(rng, width, width)),
            (f"b{gate}", vector(rng, width)),
        )
    }


def gate(w, name, x, h, f):
    rows = zip(w[f"W{name}"], w[f"U{name}"], w[f"b{name}"])
    return [f(dot(a, x) + dot(u, h) + b) for a, u, b in rows]


def rnn(w, x, h, c):
    return gate(w, "", x, h, tanh), c


def gru(w, x, h, c):
    z, r = gate(w, "z", x, h, sigmoid), gate(w, "r", x, h, sigmoid)
    n = gate(w, "n", x, [a * b for a, b in zip(r, h)], tanh)
    return [(1 - a) * b + a * d for a, b, d in zip(z, n, h)], c


def lstm(w, x, h, c):
    i, f, o = (gate(w, name, x, h, sigmoid) for name in "ifo")
    g = gate(w, "g", x, h, tanh)
    c = [a * b + d * e for a, b, d, e in zip(f, c, i, g)]
    return [a * tanh(b) for a, b in zip(o, c)], c


CELLS = {rnn: ([""], 40), gru: ("zrn", 60), lstm: ("ifog", 60)}


def network(cell, rng, steps, width=4, read=3):
    """(loss, parameters, shapes)."""
    w = gates(rng, CELLS[cell][0], width, read)
    out = vector(rng, width)

    def loss(x, y):
        h = c = [0.0] * width
        for row in x:
            h, c = cell(w, row, h, c)
        return (dot(out, h) - y) ** 2

    return loss, {**w, "out": out}, {"x": (steps, read), "y": ()}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("steps", [3, 7, 30])
def test_networks_of_any_length_are_short(cell, steps, rng):
    loss, parameters, shapes = network(cell, rng, steps, width=2, read=2)
    program = check(loss, batch(shapes, 2), parameters=parameters, **shapes)
    assert has_loop(program) or steps == 3
    assert lines(program) <= CELLS[cell][1] or steps == 3


@pytest.mark.parametrize("cell", CELLS)
def test_networks_for_jax(eager_to_roll, cell, rng):
    pytest.importorskip("jax")
    loss, parameters, shapes = network(cell, rng, 6)
    program = check(loss, batch(shapes, 2), parameters=parameters, backend="jax", **shapes)
    assert program.source.count("lax.scan(") == 2
    assert "2 loops over steps" in program.summary()


def test_what_loops_read_and_give_for_jax(eager_to_roll, rng):
    """Weights of layers, a list backwards, numbers of the code, all states and one of them."""
    pytest.importorskip("jax")
    layers = {f"W{i}": matrix(rng, 2, 2) for i in range(5)}

    def loss(x, y):
        h, states = y, []
        for W, c, a in zip(layers.values(), (0.3, 0.7, 1.3, 1.7, 2.3), x[::-1]):
            h = [tanh(dot(w, h) + c * a) for w in W]
            states.append(h)
        return sum(sum(h) * x[i] for i, h in enumerate(states)) + states[1][0] * h[1]

    shapes = {"x": (5,), "y": (2,)}
    program = check(loss, batch(shapes, 3), parameters=layers, backend="jax", **shapes)
    assert "lax.scan(" in program.source


def test_numba_has_the_steps_written_out_and_says_so(rng):
    pytest.importorskip("numba")
    loss, parameters, shapes = network(rnn, rng, 6)
    program = compile(loss, parameters=parameters, backend="numba", **shapes)
    assert "steps or layers that are alike are written out" in program.summary()


def test_summary_counts_loops_and_all_their_products(rng):
    loss, parameters, shapes = network(rnn, rng, 6)
    rolled, out = (compile(loss, parameters=parameters, roll=r, **shapes) for r in (True, False))
    assert "2 loops over steps" in rolled.summary()
    assert "over steps" not in out.summary()
    # those of the first step with 0 among them: U and h forward, the gradients of U and h
    products = [int(p.summary().split(" matrix products")[0].split()[-1]) for p in (rolled, out)]
    assert products[0] == products[1] + 3


def test_explain_names_the_steps(rng):
    loss, parameters, shapes = network(rnn, rng, 5, width=2, read=1)
    program = compile(loss, parameters=parameters, **shapes)
    text = str(program.explain("h"))
    assert "in the last of 5 steps" in text
    assert "U[0, 0] * h₃[0]" in text
    assert "a loop: its lines are run in each step" in str(program.explain("t"))
    assert "grad(U[0, 1])" in str(program.explain("dU"))
    assert program.draw().source


def test_steps_are_written_out_on_request(rng):
    loss, parameters, shapes = network(rnn, rng, 7)
    assert not has_loop(check(loss, batch(shapes, 2), parameters=parameters, roll=False, **shapes))


def test_the_first_step_may_lack_what_is_0_in_it(rng):
    """A state that starts with 0 has no product in the first step, but all of them are one loop."""
    loss, parameters, shapes = network(rnn, rng, 9)
    assert "for t in range(9):" in compile(loss, parameters=parameters, **shapes).source


def test_layers_with_weights_of_their_own(rng):
    """The loop runs over the tuple of their arrays, and each has a gradient of its own."""
    parameters = {f"W{i}": matrix(rng, 3, 3) for i in range(6)}

    def loss(x):
        for W in parameters.values():
            x = [a + tanh(dot(w, x)) for w, a in zip(W, x)]
        return sum(x)

    program = check(loss, [np.full((2, 3), 0.4)], parameters=parameters, x=3)
    assert "in (W0, W1, W2, W3, W4, W5):" in program.source
    assert program.parameters == list(parameters)


def test_a_first_layer_that_is_transposed(eager_to_roll, rng):
    layers = [matrix(rng, 3, 3) for _ in range(5)]

    def loss(x):
        x = [tanh(dot(column, x)) for column in zip(*layers[0])]
        for W in layers[1:]:
            x = [tanh(dot(w, x)) for w in W]
        return sum(x)

    check(loss, batch({"x": (3,)}, 2), parameters={"layers": layers}, x=3)


def test_single_precision(rng):
    loss, parameters, shapes = network(gru, rng, 6)
    program = compile(loss, parameters=parameters, dtype="float32", **shapes)
    beside = compile(loss, parameters=parameters, **shapes)
    assert has_loop(program)
    inputs = batch(shapes, 3)
    (one, found), (other, expected) = (
        program.value_and_grad(*inputs),
        beside.value_and_grad(*inputs),
    )
    assert one == pytest.approx(other, rel=1e-5)
    for a, b in zip(found, expected):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_outputs_and_what_is_beside_a_loss(rng):
    """All states, in a list and alone."""
    w, u = Value(0.7), Value(-0.4)

    def states(x):
        h, found = 0.0, []
        for a in x:
            h = tanh(w * a + u * h)
            found.append(h)
        return found

    inputs = np.linspace(-1, 1, 14).reshape(2, 7)
    expected = [[float(h.data) for h in states(row)] for row in inputs.tolist()]
    outputs = compile(lambda x: (states(x), states(x)[4], states(x)[6]), parameters=[w, u], x=7)
    assert has_loop(outputs)
    every, fifth, last = outputs.predict(inputs)
    np.testing.assert_allclose(every, expected)
    np.testing.assert_allclose(fifth, np.array(expected)[:, 4])
    last[:] = 9.0  # which is no part of the others
    np.testing.assert_allclose(every, expected)
    pair = compile(lambda x: (states(x)[-1], states(x)), parameters=[w, u], has_aux=True, x=7)
    (_, every), gradients = pair.value_and_grad(inputs)
    np.testing.assert_allclose(every, expected)
    alone = compile(lambda x: states(x)[-1], parameters=[w, u], x=7, roll=False)
    np.testing.assert_allclose(gradients, alone.value_and_grad(inputs)[1])


def test_results_share_memory_with_nothing(rng):
    loss, parameters, shapes = network(lstm, rng, 6)
    program = compile(loss, parameters=parameters, **shapes)
    _, gradients = program.value_and_grad(*batch(shapes, 2))
    assert not any(np.shares_memory(a, b) for a, b in pairwise(gradients))
    kept = [g.copy() for g in gradients]
    program.value_and_grad(*batch(shapes, 2, seed=1))
    for a, b in zip(kept, gradients):
        np.testing.assert_array_equal(a, b)


def test_pickle(rng):
    loss, parameters, shapes = network(gru, rng, 6)
    program = compile(loss, parameters=parameters, **shapes)
    again = pickle.loads(pickle.dumps(program))
    inputs = batch(shapes, 2)
    assert again.source == program.source
    assert again.value_and_grad(*inputs)[0] == program.value_and_grad(*inputs)[0]


# -- what is alike, and what only looks so --------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(recurrence=recurrences())
@example(  # one state is handed on as another
    Recurrence(
        5, 2, 1, (([("self", 1, 1), ("matrix", 0, 2)], 0), ([("self", 0, 1)], 3)),
        "input", False, "last", ("", 0), False, 1,
    )
)  # fmt: skip
@example(  # layers, and the state of all
    Recurrence(
        4, 2, 1, (([("matrix", 0, 1)], 2),), "parameter", True, "all", ("", 0), True, 3,
    )
)  # fmt: skip
def test_random_recurrences(eager_to_roll, recurrence):
    loss, parameters, shapes = recurrence.program()
    for count in (1, 3):
        program = check(loss, batch(shapes, count), parameters=parameters, **shapes)
    event(f"loop: {has_loop(program)}, odd: {recurrence.odd[0]}")


@pytest.mark.parametrize("odd", ["constant", "wire", "operation"])
def test_a_step_that_differs_is_not_in_the_loop(eager_to_roll, odd):
    states = (([("matrix", 0, 1), ("input", 0, 1)], 0), ([("diagonal", 1, 1), ("self", 0, 1)], 2))
    recurrence = Recurrence(7, 2, 1, states, "zero", False, "each", (odd, 2), False, 5)
    loss, parameters, shapes = recurrence.program()
    program = check(loss, batch(shapes, 2), parameters=parameters, **shapes)
    assert "range(7)" not in program.source


def test_a_number_that_differs_in_each_step_is_read_from_an_array(eager_to_roll):
    w = Value(0.3)

    def loss(x):
        for c in (0.3, 0.7, 1.3, 1.7, 2.3, 0.9):
            x = sin(w * x + c * x * x)
        return x

    program = check(loss, [[0.4, 0.7]], parameters=[w], x=())
    assert has_loop(program)


def test_chains_side_by_side_that_look_alike():
    """Each reads the other one's last value in the end, and not in between."""
    w, v = Value(0.3), Value(0.8)

    def loss(x):
        a, b = x, x * x
        for _ in range(6):
            a, b = relu(w * a + 0.1), relu(v * b + 0.1)
        return a * b

    check(loss, [[0.4, -0.7]], parameters=[w, v], x=())


def test_what_a_loop_reads_is_not_made_of_what_it_computes(eager_to_roll):
    """Every step reads the middle of the chain: a loop over all of it would read itself."""
    w = Value(0.9)

    def loss(x):
        hs = [x]
        for _ in range(4):
            hs.append(tanh(w * hs[-1]))
        middle = hs[2]
        for _ in range(4):
            hs.append(tanh(w * hs[-1]) * middle)
        return hs[-1] + hs[1]

    check(loss, [[0.4, -0.7]], parameters=[w], x=())


def test_loops_within_a_loop(rng):
    """Two layers, each of which runs over all steps."""
    parameters = {f"{name}{i}": Value(rng.gauss(0, 1)) for i in range(4) for name in "uw"}

    def loss(x):
        for i in range(4):
            h, new = 0.0, []
            for a in x:
                h = tanh(parameters[f"w{i}"] * a + parameters[f"u{i}"] * h)
                new.append(h)
            x = new
        return x[-1]

    check(loss, batch({"x": (6,)}, 2), parameters=parameters, x=6)


@pytest.mark.parametrize("key", FOUND)
def test_zoo_with_its_loops(eager_to_roll, key):
    entry = ZOO[key]
    made, examples = entry.made(), entry.examples()
    program = entry.compiled("numpy", made)
    assert has_loop(program)
    reference = eager(made[0], made[1].parameters(), examples)
    assert error(program, examples, reference, (1, LARGEST_BATCH)) <= PRECISION
