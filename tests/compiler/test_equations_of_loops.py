"""Programs with loops as mathematics: each step once, with its index. What the equations say is
computed, and compared with the program."""

import pickle
import random
import re

import numpy as np
import pytest
from agreement import matrix, vector
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from random_recurrences import Recurrence, recurrences
from test_equations import READ, N, computed, sections
from test_roll import FOUND, ZOO, eager_to_roll, gru, lstm, network, rnn  # noqa: F401

import nn
from autograd_mini import compile, dot, tanh
from nn import losses


def recurrent(cell):
    loss, parameters, shapes = network(cell, random.Random(0), 6)
    return loss, parameters, shapes


def perceptron():
    model = nn.MLP(3, [4] * 6 + [2], activation="tanh", rng=random.Random(1))
    return lambda x, y: losses.cross_entropy(model(x), y), model, {"x": 3, "y": 2}


def layers_from_0():
    draw = random.Random(2)
    layers = {f"W{i}": matrix(draw, 3, 3) for i in range(5)}

    def loss(x):
        for W in layers.values():
            x = [a + tanh(dot(w, x)) for w, a in zip(W, x)]
        return sum(x)

    return loss, layers, {"x": 3}


def a_loss_in_each_step():
    draw = random.Random(3)
    w = {"W": matrix(draw, 2, 2), "U": matrix(draw, 2, 2), "v": vector(draw, 2)}

    def loss(x, y):
        h, total = [0.0, 0.0], 0.0
        for a, b in zip(x, y):
            h = [tanh(dot(p, a) + dot(q, h)) for p, q in zip(w["W"], w["U"])]
            total += (dot(w["v"], h) - b) ** 2
        return total

    return loss, w, {"x": (7, 2), "y": 7}


ROLLED = [
    *FOUND,
    "indrnn",
    "clockwork",
    "leaky_integrator",
    "echo_state",
    "s4d_real",
    "linear_oscillators",
    "thomas",
    "adaptive_computation",
    "householder",
    "doubly_stochastic",
    "pendulum",
    "planar_flow",
    "deep_equilibrium",
    "market",
    "newton_root",
    "kepler",
    "bisection",
    "implicit_euler",
    "kahan",
]

PROGRAMS = {
    "rnn": lambda: recurrent(rnn),
    "gru": lambda: recurrent(gru),
    "lstm": lambda: recurrent(lstm),
    "perceptron": perceptron,
    "layers from 0": layers_from_0,
    "a loss in each step": a_loss_in_each_step,
}


def made(name):
    loss, parameters, shapes = PROGRAMS[name]()
    program = compile(loss, parameters=parameters, shapes=shapes, backend="numpy")
    rng = np.random.default_rng(0)
    sizes = [s if isinstance(s, tuple) else (s,) for s in shapes.values()]
    return program, [rng.normal(size=(N, *s)) for s in sizes]


def compare(program, inputs, columns, precision=1e-10):
    """The loss and all gradients by the equations, with those of the program."""
    with np.errstate(all="ignore"):
        _, known = computed(program, inputs, columns)
    loss, gradients = program.value_and_grad(*inputs)
    assert np.ravel(known["L"])[0] == pytest.approx(loss, rel=precision, nan_ok=True)
    where = program.equations(columns).where
    scale = max(1.0, *[np.abs(g).max(initial=0) for g in gradients])
    for name, gradient in zip(program.parameters, gradients):
        if name not in where:  # the loss does not depend on it
            continue
        found = known[rf"\frac{{\partial L}}{{\partial {where[name][0]}}}"]
        np.testing.assert_allclose(
            np.ravel(found), np.ravel(gradient), atol=precision * scale, err_msg=name
        )


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_equations_give_the_loss_and_the_gradients(eager_to_roll, name, columns):  # noqa: F811
    program, inputs = made(name)
    text = str(program.equations(columns))
    assert "ldots" in text
    assert r"\mathtt" not in text
    compare(program, inputs, columns)


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("key", ROLLED)
def test_zoo(eager_to_roll, key, columns):  # noqa: F811
    entry = ZOO[key]
    program = entry.compiled("numpy")
    page = program.equations(columns)
    assert page.note or any(e.steps for e in page.every)
    text = str(page)
    if r"\mathtt" in text or set(re.findall(r"\\operatorname\{(\w+)", text)) - READ:
        return
    examples = entry.examples(N)
    compare(program, [np.array([x[n] for x in examples], float) for n in program.inputs], columns)


def named(parameters):
    """The parameters of a recurrence, each array with a name of its own: those of the first state
    are U1, U2, .. if each step has weights of its own."""
    found = {"out": parameters["out"]}
    for t, states in enumerate(parameters["weights"], 1):
        for i, arrays in enumerate(states):
            number = str(t) if len(parameters["weights"]) > 1 else ""
            found |= {f"{a}{'kpq'[i] * (i > 0)}{number}": x for a, x in zip("UWbc", arrays)}
    return found | {f"start{'kpq'[i]}": x for i, x in enumerate(parameters.get("start", ()))}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(recurrence=recurrences(), columns=st.booleans())
@example(  # names with a number that is not a subscript
    Recurrence(
        4, 1, 1, (([("matrix", 0, 0), ("matrix", 1, 0)], 0), ([("matrix", 0, 0)], 0)),
        "zero", True, "last", ("", 0), False, 0,
    ),
    False,
)  # fmt: skip
def test_random_recurrences(eager_to_roll, recurrence, columns):  # noqa: F811
    loss, parameters, shapes = recurrence.program()
    program = compile(loss, parameters=named(parameters), shapes=shapes, backend="numpy")
    page = program.equations(columns)
    event(f"loop: {any(e.steps for e in page.every)}, {page.note}")
    if r"\mathtt" in str(page) or not any(e.steps for e in page.every):
        return
    rng = np.random.default_rng(recurrence.seed)
    compare(program, [rng.normal(size=(N, *shape)) for shape in shapes.values()], columns)


# -- as textbooks write it ------------------------------------------------------------------------


def test_a_recurrent_network_is_a_textbook_s():
    program, _ = made("rnn")
    every = program.equations().every
    assert {e.steps for e in every} == {"", r"t = 1, \ldots, 6", r"t = 6, \ldots, 1"}
    assert written(every) == [
        "H_0 = 0",
        "Z_t = X_t W' + H_t-1 U' + b",
        "H_t = tanh(Z_t)",
        "z = H_6 out' - y",
        "L = |z|^2/n",
        "delta = 2/n z",
        "dout = delta' H_6",
        "dH_6 = delta out",
        "Delta_t = dH_t * (1 - H_t^2)",
        "dH_t-1 = Delta_t U",
        "db = sum_t=1^6 1' Delta_t",
        "dU = sum_t=1^6 Delta_t' H_t-1",
        "dW = sum_t=1^6 Delta_t' X_t",
    ]


def test_equal_layers_are_a_textbook_s():
    program, _ = made("perceptron")
    every = program.equations().every
    equations = written(every)
    assert [text for e, text in zip(every, equations) if e.steps] == [
        "Z_l = H_l-1 W_l' + b_l",
        "H_l = tanh(Z_l)",
        "Delta_l = dH_l * (1 - H_l^2)",
        "db_l = 1' Delta_l",
        "dH_l-1 = Delta_l W_l",
        "dW_l = Delta_l' H_l-1",
    ]
    assert "H_1 = tanh(Z_1)" in equations  # which is what the loop begins with
    assert "Z_7 = H_6 W_7' + b_7" in equations
    assert "dH_6 = Delta_7 W_7" in equations


def written(every):
    """The equations, without the marks that only typeset them."""
    texts = []
    for equation in every:
        text = re.sub(r"\\frac\{\\partial L\}\{\\partial (.*?)\}(?= |$|\})", r"d\1", equation.latex)
        text = re.sub(r"\\frac\{(.*)\}\{n\}", r"\1/n", text)
        text = text.replace(r"\lVert", "|").replace(r" \rVert", "|").replace(r"\odot 2", "2")
        text = text.replace(r"^{\top}", "'").replace(r"\odot", "*").replace(r"\,", "")
        text = re.sub(r"\\math(bf|rm)|[{}\\]", "", text)
        texts.append(re.sub(r" +", " ", text).replace("| z", "|z"))
    return texts


def test_the_where_list_says_what_is_read_in_a_step():
    program, _ = made("rnn")
    symbol, shape, about = program.equations().where["x[:, t - 1]"]
    assert (symbol, shape) == (r"\mathbf{X}_{t}", r"\mathbb{R}^{n \times 3}")
    assert r"t = 1, \ldots, 6" in about


def test_a_list_in_no_order_is_written_down():
    draw = random.Random(4)
    layers = {f"W{i}": matrix(draw, 3, 3) for i in (3, 1, 4, 2, 5)}

    def loss(x):
        for W in layers.values():
            x = [tanh(dot(w, x)) for w in W]
        return sum(x)

    program = compile(loss, parameters=layers, x=3, backend="numpy")
    equations = written(program.equations().every)
    assert "W_l' = left(W_3, W_1, W_4, W_2, W_5right)_l" in equations


def test_steps_that_have_no_symbol_are_written_out(eager_to_roll):  # noqa: F811
    program = ZOO["unet"].compiled("numpy")
    page = program.equations()
    assert "written out: a loop reads" in page.note
    assert "written out: a loop reads" in str(page)
    assert not any(e.steps for e in page.every)


# -- the page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rnn", "perceptron"])
def test_a_page_links_the_lines_of_a_loop(tmp_path, name):
    program, _ = made(name)
    html = program.save(tmp_path / "loop.html").read_text()
    found = sections(html)
    equations = {key for keys in found["Equations"] for key in keys}
    assert {e.name for e in program.equations().every} <= equations
    assert all(equations & {*keys} for keys in found["Source"])  # each line lights an equation
    states = [keys for keys in found["Source"] if "hs" in keys or "h2s" in keys]
    assert states
    assert html.count("<math") == len(found["Equations"])


def test_a_pickled_program_has_its_equations():
    program, _ = made("gru")
    same = pickle.loads(pickle.dumps(program))
    for columns in (False, True):
        assert same.equations(columns) == program.equations(columns)
