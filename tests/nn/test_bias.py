"""Layers without a bias: those with one whose bias is 0."""

import random

import pytest

from autograd_mini import Value, compile, draw_mlp
from nn import MLP, Conv1d, Conv2d, Layer, Linear, Maxout, Neuron, SparseLinear
from nn.diagnostics import dead_neurons

MADE = {
    "Neuron": (lambda **options: Neuron(3, activation="tanh", **options), [0.5, -1.0, 2.0]),
    "expanded": (lambda **options: Neuron(3, expand=True, **options), [0.5, -1.0, 2.0]),
    "Layer": (lambda **options: Layer(3, 2, activation="relu", **options), [0.5, -1.0, 2.0]),
    "Linear": (lambda **options: Linear(3, 2, **options), [0.5, -1.0, 2.0]),
    "MLP": (lambda **options: MLP(3, [4, 2], activation="tanh", **options), [0.5, -1.0, 2.0]),
    "Maxout": (lambda **options: Maxout(3, 2, **options), [0.5, -1.0, 2.0]),
    "SparseLinear": (lambda **options: SparseLinear(3, 2, density=0.9, **options), [0.5, -1, 2]),
    "Conv1d": (lambda **options: Conv1d(2, 3, 2, padding=1, **options), [[0.5, -1.0], [2.0, 1.0]]),
    "Conv2d": (
        lambda **options: Conv2d(1, 2, 2, activation="tanh", **options),
        [[[1.0, 2], [3, 4]]],
    ),
}


def flat(outputs):
    return [y for part in outputs for y in flat(part)] if isinstance(outputs, list) else [outputs]


@pytest.mark.parametrize("name", MADE)
def test_without_a_bias_a_layer_is_the_one_whose_bias_is_zero(name):
    made, x = MADE[name]
    model = made(bias=False, rng=random.Random(0))
    other = made(rng=random.Random(0))
    names = [n for n, _ in other.named_parameters()]
    kept = [n for n in names if ".b." not in f".{n}."]
    assert [n for n, _ in model.named_parameters()] == kept
    assert len(kept) < len(names)
    assert model.state_dict() == {n: other.state_dict()[n] for n in kept}
    assert model.predict(x) == other.predict(x)
    outputs, others = flat(model(x)), flat(other(x))
    assert [y.data for y in outputs] == [y.data for y in others]
    for y, z in zip(outputs, others, strict=True):
        y.backward()
        z.backward()
    expected = dict(other.named_parameters())
    assert {n: p.grad for n, p in model.named_parameters()} == {n: expected[n].grad for n in kept}


@pytest.mark.parametrize("made", [Neuron, lambda n, **options: Conv1d(n, 1, 1, **options)])
def test_the_attribute_is_none(made):
    assert made(2, bias=False).b is None


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (Neuron(2, bias=False), "Neuron(2, relu, bias=False)"),
        (Linear(2, 3, bias=False), "Layer(2, 3, linear, bias=False)"),
        (MLP(2, [3, 1], bias=False), "MLP(2, [3, 1], relu, bias=False)"),
        (Conv1d(1, 2, 3, bias=False), "Conv1d(1, 2, kernel_size=3, linear, bias=False)"),
        (
            SparseLinear(2, 1, connections=[(0, 1)], bias=False),
            "SparseLinear(2, 1, 1 connections, bias=False)",
        ),
    ],
)
def test_it_is_shown(model, shown):
    assert repr(model) == shown


def test_it_is_drawn_compiled_and_diagnosed():
    model = MLP(2, [3, 1], bias=False, rng=random.Random(0))
    assert "bias" not in draw_mlp(model).source
    assert dead_neurons(model, [[1.0, 2.0], [-1.0, -2.0]]) == [[], []]
    pytest.importorskip("numpy")
    program = compile(lambda x: model(x) ** 2, x=2, parameters=model)
    loss, _ = program.value_and_grad([[1.0, 2.0]])
    assert loss == pytest.approx((model([Value(1.0), 2.0]) ** 2).data)
