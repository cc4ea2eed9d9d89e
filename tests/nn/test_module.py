"""Modules: which parameters are found, and what is refused because they would not be."""

import collections
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pytest

from autograd_mini import Value, dot, gradients
from nn import MLP, Linear, Module, Sequential, fit, load, save
from nn.losses import mean_squared_error
from nn.optimizers import SGD


class Holder(Module):
    """Keeps what it is given as .held, and is called with a function of (held, x)."""

    def __init__(self, held, function=lambda held, x: x):
        self.held, self.function = held, function

    def __call__(self, x):
        return self.function(self.held, x)


USES = [Module.parameters, Module.state_dict, Module.zero_grad, lambda m: m.load_state_dict({})]


# -- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("held", "name"),
    [
        ({"a.b": Value(1.0), "a": {"b": Value(2.0)}}, "held.a.b"),
        ({1: Value(1.0), "1": Value(2.0)}, "held.1"),
        ({"0": [Value(1.0)], 0: {"0": Value(2.0)}}, "held.0.0"),
        ({"a.neurons": Linear(1, 1).neurons, "a": Linear(1, 1)}, "held.a.neurons.0.w.0"),
    ],
)
def test_two_parameters_of_one_name_are_refused_by_it(use, held, name):
    with pytest.raises(ValueError, match=f"Holder has several parameters of one name: '{name}'"):
        use(Holder(held))


def test_one_parameter_under_two_names_is_one():
    p = Value(1.0)
    assert Holder({1: p, "1": p}).named_parameters() == [("held.1", p)]


# -- containers that are searched, and those that are not ---------------------------------------


@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 2, 2), ()])
def test_object_arrays_are_searched_and_named_by_index(shape):
    array = np.empty(shape, dtype=object)
    for i, index in enumerate(np.ndindex(shape)):
        array[index] = Value(float(i))
    expected = [(".".join(["held", *map(str, i)]), array[i]) for i in np.ndindex(shape)]
    assert Holder(array).named_parameters() == expected


def test_predict_with_an_object_array_computes_on_floats():
    W = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    model = Holder(W, lambda W, x: (W @ np.array(x)).tolist())
    assert model.predict([1.0, -1.0]) == [-1.0, -1.0]
    assert model.predict(np.array([1.0, -1.0])) == [-1.0, -1.0]
    layers = np.array([Linear(2, 2), Linear(2, 1)], dtype=object)
    layered = Holder(layers, lambda layers, x: layers[1](layers[0](x)))
    assert len(layered.parameters()) == 9
    assert layered.predict([1.0, 2.0]) == [y.data for y in layered([1.0, 2.0])]


def test_an_array_of_numbers_is_not_walked():
    class Loud(np.ndarray):
        def __getitem__(self, index):
            raise AssertionError("an element was read")

    data = np.zeros((2, 2)).view(Loud)
    model = Holder([data, Value(1.0)], lambda held, x: held[1] * x)
    assert len(model.parameters()) == 1
    assert model.predict(2.0) == 2.0


HIDING = [
    lambda p: {p},
    lambda p: frozenset([1.0, (p, 2.0)]),
    lambda p: collections.deque([p]),
    lambda p: MappingProxyType({"w": p}),
    lambda p: {"w": 1.0}.items() | {("v", p)},
    lambda p: {"w": p}.values(),
    lambda p: {p: 1.0},
    lambda p: [{"inner": [{(1.0, p): 2.0}]}],
    lambda p: {Linear(1, 1)},
]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("hide", HIDING)
def test_a_value_in_a_container_that_is_not_searched_is_refused_and_shown(use, hide):
    held = hide(Value(1.5, "slope"))
    with pytest.raises(ValueError, match=r"(slope|Layer).* is in a .*keep it in a list"):
        use(Holder(held))


def test_containers_without_values_are_let_be():
    model = Holder(
        [{1, "a", (2.0, 3.0)}, frozenset(), collections.deque([1.0]), {(0, 1): "a"}, "w"]
    )
    assert model.parameters() == []
    assert model.predict(2.0) == 2.0


# -- predict gives numbers ----------------------------------------------------------------------

hidden = Value(2.0)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (
            Sequential(lambda x: hidden * x),
            "Sequential uses a Value that is not a parameter",
        ),
        (Sequential(lambda x: [x, (hidden, 1.0)]), "Sequential uses a Value"),
        (Sequential(lambda x: {"y": hidden}), "Sequential uses a Value"),
        (Sequential(lambda x: np.array([1.0, hidden])), "Sequential uses a Value"),
        (Holder({hidden}, lambda held, x: x * next(iter(held))), "is in a set, where"),
    ],
)
def test_predict_refuses_to_give_a_value(model, told):
    with pytest.raises(ValueError, match=told):
        model.predict(3.0)


# -- dataclasses --------------------------------------------------------------------------------


@dataclass
class Line(Module):
    slope: Value
    offset: Value
    inner: list = field(default_factory=list)

    def __call__(self, x):
        y = dot([self.slope], x, self.offset)
        for module in self.inner:
            y = module([y])
        return y


@dataclass(frozen=True)
class Fixed(Module):
    slope: Value
    offset: Value

    __call__ = Line.__call__
    inner = ()


@dataclass(slots=True)
class Slotted(Module):
    slope: Value
    offset: Value

    __call__ = Line.__call__
    inner = ()


@pytest.mark.parametrize("made", [Line, Slotted, Fixed])
def test_a_dataclass_is_a_module(made, tmp_path):
    line = made(Value(2.0), Value(1.0))
    assert [name for name, _ in line.named_parameters()] == ["slope", "offset"]
    assert line.predict([3.0]) == 7.0
    assert line.eval().training is False
    assert line.freeze().parameters() == []
    line.unfreeze().train()
    sgd = SGD(line.parameters(), lr=0.5)
    fit(line, mean_squared_error, [([0.0], 2.0)], optimizer=sgd, epochs=1)
    assert (line.slope.data, line.offset.data) == (2.0, 2.0)
    save(tmp_path / "line.json", line)
    line.load_state_dict({"slope": 0.0, "offset": 0.0})
    load(tmp_path / "line.json", line)
    assert line.predict([3.0]) == 8.0


def test_equal_dataclasses_are_two_modules():
    inner = [Line(Value(2.0), Value(1.0)), Line(Value(2.0), Value(1.0))]
    line = Line(Value(1.0), Value(0.0), inner)
    assert len(line.parameters()) == 6
    assert [name for name, _ in line.named_modules()] == ["", "inner.0", "inner.1"]
    assert line.predict([1.0]) == 7.0
    shared = Line(Value(1.0), Value(0.0), [inner[0], inner[0]])
    assert len(shared.parameters()) == 4


# -- gradients ----------------------------------------------------------------------------------


def test_zero_grad_clears_frozen_parameters_too():
    model = MLP(2, [2, 1], activation="tanh")
    model.layers[0].freeze()
    for _ in range(2):
        model.zero_grad()
        loss = model([1.0, 2.0]) ** 2
        loss.backward()
    every = [p for _, p in model.named_parameters(frozen=True)]
    assert [p.grad for p in every] == gradients(loss, every)
