"""Sequential: the parts one after another."""

import itertools
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, tanh
from nn import MLP, Linear, Module, Sequential
from nn.sequential import Elementwise

sizes = st.lists(st.integers(1, 4), min_size=2, max_size=5)
rationals = st.fractions(-5, 5, max_denominator=8)


@given(sizes, st.integers(0, 10**6))
def test_the_layers_of_an_mlp_in_a_row_are_the_mlp(shape, seed):
    rng = random.Random(seed)
    mlp = MLP(shape[0], shape[1:], activation="tanh", rng=rng)
    x = [rng.gauss(0, 1) for _ in range(shape[0])]
    y = mlp.predict(x)
    assert Sequential(*mlp.layers).predict(x) == (y if isinstance(y, list) else [y])
    spelt_out = [part for layer in mlp.layers[:-1] for part in (linear(layer), "tanh")]
    assert Sequential(*spelt_out, mlp.layers[-1]).predict(x) == Sequential(*mlp.layers).predict(x)


def linear(layer):
    """The layer without its activation."""
    copy = Linear(len(layer.neurons[0].w), len(layer.neurons))
    copy.load_state_dict(layer.state_dict())
    return copy


@given(st.data(), sizes)
def test_linear_layers_in_a_row_are_one_linear_layer(data, shape):
    """W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2), exactly, in fractions."""
    model = Sequential(*(Linear(n, m) for n, m in itertools.pairwise(shape)))
    for _, p in model.named_parameters():
        p.data = data.draw(rationals)
    W, b = np.eye(shape[0], dtype=object), np.zeros(shape[0], dtype=object)
    for layer in model.layers:
        Wl = np.array([[w.data for w in neuron.w] for neuron in layer.neurons], dtype=object)
        W, b = Wl @ W, Wl @ b + np.array([neuron.b.data for neuron in layer.neurons])
    x = data.draw(st.lists(rationals, min_size=shape[0], max_size=shape[0]))
    outputs = model([Value(xi) for xi in x])
    assert all(type(y.data) is Fraction for y in outputs)
    assert [y.data for y in outputs] == (W @ np.array(x, dtype=object) + b).tolist()


def test_a_nonlinearity_between_them_is_not_a_linear_map():
    model = Sequential(Linear(1, 2), "relu", Linear(2, 1))
    for part, (ws, b) in zip(model.layers[0].neurons, [([1.0], 0.0), ([-1.0], 0.0)]):
        part.w, part.b = [Value(w) for w in ws], Value(b)
    model.layers[2].neurons[0].w = [Value(1.0), Value(1.0)]
    assert [model.predict([x])[0] for x in (-2.0, 0.0, 2.0)] == [2.0, 0.0, 2.0]  # |x|


def test_parts_may_be_functions_names_and_modules():
    model = Sequential(lambda x: [xi + 1 for xi in x], "relu", Elementwise(tanh))
    assert model.predict([-2.0, 0.0]) == [0.0, tanh(1.0)]
    assert model.parameters() == []


def test_parameters_are_named_by_their_part_and_modes_reach_them():
    model = Sequential(Linear(2, 1), "tanh", Sequential(Linear(1, 1)))
    assert [name for name, _ in model.named_parameters()] == [
        "layers.0.neurons.0.w.0",
        "layers.0.neurons.0.w.1",
        "layers.0.neurons.0.b",
        "layers.2.layers.0.neurons.0.w.0",
        "layers.2.layers.0.neurons.0.b",
    ]
    model.eval()
    assert not any(module.training for _, module in model.named_modules())


def test_a_function_is_applied_to_nested_lists_element_by_element():
    assert Elementwise("relu")(((-1.0, 2.0), [[-3.0]])) == [[0.0, 2.0], [[0.0]]]
    assert Elementwise("linear")([1.0, -1.0]) == [1.0, -1.0]
    value = Value(0.5)
    assert Elementwise("tanh")(value).parents == (value,)


def test_what_it_shows():
    def swish(x):
        return x

    shown = repr(Sequential(Linear(2, 1), "tanh", Elementwise(swish), "linear"))
    assert shown == "Sequential(Layer(2, 1, linear), 'tanh', 'swish', 'linear')"


@pytest.mark.parametrize("part", [3, None, [Linear(1, 1)], Value(1.0)])
def test_what_is_not_a_part_is_refused(part):
    told = f"expected modules, functions or names, got {type(part).__name__}"
    with pytest.raises(TypeError, match=told):
        Sequential(Linear(1, 1), part)


def test_no_parts_and_unknown_names_are_refused():
    with pytest.raises(ValueError, match="at least one part, got none"):
        Sequential()
    with pytest.raises(ValueError, match="unknown activation 'tanhh'; choose one of linear, "):
        Sequential(Linear(1, 1), "tanhh")


def test_a_module_without_a_call_is_told_when_it_is_reached():
    class Nothing(Module):
        pass

    with pytest.raises(NotImplementedError, match="Nothing does not define __call__"):
        Sequential(Nothing())([1.0])
