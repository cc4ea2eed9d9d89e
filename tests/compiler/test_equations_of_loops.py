"""Programs with loops as mathematics: each step once, with its index. What the equations say is
computed, and compared with the program."""

import random
import re

import numpy as np
import pytest
import test_equations as reader
from agreement import matrix, vector
from test_equations import N, READ, computed
from test_roll import FOUND, ZOO, eager_to_roll, gru, lstm, network, rnn, rng  # noqa: F401

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
    assert np.ravel(known["L"])[0] == pytest.approx(loss, rel=precision)
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
@pytest.mark.parametrize("key", FOUND)
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
