"""How gradients fare on their way through many layers."""

import math
import random
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import relu
from nn import MLP, Dropout, Linear, Sequential
from nn.diagnostics import dead_neurons, gradient_norms


def norms(model, seed, count=4):
    """Each layer's gradient norm, of the sum of the outputs on some random inputs."""
    rng = random.Random(seed)
    for _ in range(count):
        model([rng.gauss(0, 1) for _ in range(8)]).backward()
    return list(gradient_norms(model).values())


def first_to_last(activation, init, seeds=9, depth=30, width=16):
    """The gradient norm of the first hidden layer over that of the last, the median of seeds."""
    ratios = []
    for seed in range(seeds):
        rng = random.Random(seed)
        model = MLP(8, [width] * depth + [1], activation=activation, init=init, rng=rng)
        layers = norms(model, seed)
        ratios.append(layers[0] / layers[depth - 1])
    return median(ratios)


def test_over_thirty_layers_he_keeps_the_gradient_of_relu():
    assert 0.1 <= first_to_last("relu", "he") <= 10


def test_over_thirty_layers_xavier_keeps_that_of_tanh():
    assert 0.1 <= first_to_last("tanh", "xavier") <= 10


def test_over_thirty_layers_the_gradient_of_sigmoid_vanishes():
    assert first_to_last("sigmoid", "xavier") < 1e-6


def test_weights_of_half_the_size_make_that_of_relu_vanish_too():
    """Each layer then passes half of it on."""

    def half(inputs, outputs, rng):
        return rng.gauss(0, math.sqrt(2 / inputs)) / 2

    assert first_to_last("relu", half, seeds=5) < 1e-6


@given(st.integers(0, 10**6), st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_the_norms_are_those_of_the_parameters_by_layer(seed, nouts):
    model = MLP(2, nouts, activation="tanh", rng=random.Random(seed))
    outputs = model([0.5, -1.0])
    (outputs if len(nouts) and nouts[-1] == 1 else outputs[0]).backward()
    found = gradient_norms(model)
    assert list(found) == [f"layers.{i}" for i in range(len(nouts))]
    for layer, norm in zip(model.layers, found.values()):
        assert norm == pytest.approx(math.sqrt(sum(p.grad**2 for p in layer.parameters())))
    every = math.hypot(*(p.grad for p in model.parameters()))
    assert math.hypot(*found.values()) == pytest.approx(every)


def test_layers_without_parameters_are_left_out_and_frozen_ones_are_not():
    model = Sequential(Linear(1, 1).freeze(), "tanh", Dropout(), lambda x: x, Linear(1, 1))
    assert gradient_norms(model) == {"layers.0": 0.0, "layers.4": 0.0}


def inputs_of(seed, count=30):
    rng = random.Random(seed)
    return [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(count)]


@given(st.integers(0, 10**6))
def test_a_dead_neuron_is_one_whose_weights_never_get_a_gradient(seed):
    rng = random.Random(seed)
    model = MLP(2, [6, 6, 1], rng=rng)
    for p in model.parameters():
        p.data += rng.gauss(-0.5, 1)
    inputs = inputs_of(seed, 8)
    dead = dead_neurons(model, inputs)
    for layer, indices in zip(model.layers[:-1], dead):
        for i, neuron in enumerate(layer.neurons):
            zs = []
            for x in inputs:
                h = x
                for before in model.layers:
                    if before is layer:
                        break
                    h = before.predict(h)
                zs.append(sum(w.data * hi for w, hi in zip(neuron.w, h)) + neuron.b.data)
            assert (i in indices) == all(relu(z) == 0 for z in zs)
    for x in inputs:
        model(x).backward()
    for layer, indices in zip(model.layers, dead):
        for i in indices:
            assert {p.grad for p in layer.neurons[i].parameters()} == {0.0}


def test_relus_die_of_a_large_negative_bias_and_leaky_ones_do_not():
    counts = {}
    for activation in ("relu", "leaky_relu", "elu"):
        model = MLP(2, [20, 1], activation=activation, rng=random.Random(0))
        for k, neuron in enumerate(model.layers[0].neurons):
            neuron.b.data = -20.0 if k < 7 else 0.0
        counts[activation] = len(dead_neurons(model, inputs_of(0))[0])
    assert counts == {"relu": 7, "leaky_relu": 0, "elu": 0}


def test_a_linear_neuron_never_dies_and_a_step_is_never_alive():
    assert dead_neurons(MLP(2, [2], activation=None), inputs_of(0)) == [[]]
    model = MLP(2, [3, 1], activation="step", output_activation=None)
    assert dead_neurons(model, inputs_of(0)) == [[0, 1, 2], []]


def test_inputs_may_be_an_array_or_a_generator():
    model = MLP(2, [3, 1], rng=random.Random(0))
    model.layers[0].neurons[1].b.data = -20.0
    inputs = [[1.0, -0.5], [0.25, 2.0]]
    expected = dead_neurons(model, inputs)
    assert 1 in expected[0]
    assert dead_neurons(model, np.array(inputs)) == expected
    assert dead_neurons(model, (x for x in inputs)) == expected


def test_at_least_one_input():
    with pytest.raises(ValueError, match="dead_neurons expected at least one input, got none"):
        dead_neurons(MLP(2, [1]), [])
