"""Neurons, layers, networks, and what every Module can do."""

import copy
import json
import math
import pickle
import random
import re
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_mini
from autograd_mini import Value, grad, gradients, relu, tanh, topological_order
from nn import MLP, Layer, Linear, Module, Neuron
from nn.activations import ACTIVATIONS, activation_function
from nn.initializers import he, uniform, xavier
from nn.losses import cross_entropy
from nn.training import evaluate

SMOOTH = ["linear", "tanh", "sigmoid", "softplus", "gelu", "silu"]
FORMULAS = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "tanh": math.tanh,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "softplus": lambda z: math.log1p(math.exp(z)),
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "gelu": lambda z: z / 2 * math.erfc(-z / math.sqrt(2)),
    "gelu_tanh": lambda z: z / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "mish": lambda z: z * math.tanh(math.log1p(math.exp(z))),
    "sign": lambda z: float((z > 0) - (z < 0)),
    "step": lambda z: float(z > 0),
}

numbers = st.floats(-3, 3)
sizes = st.lists(st.integers(1, 4), min_size=2, max_size=4)
seeds = st.integers(0, 2**32)


def close(expected, tolerance=1e-12):
    return pytest.approx(expected, rel=tolerance, abs=tolerance)


def as_list(outputs):
    return outputs if isinstance(outputs, list) else [outputs]


def network(*shape, seed=0, **options):
    model = MLP(shape[0], list(shape[1:]), rng=random.Random(seed), **options)
    shake(model, seed)
    return model


def shake(model, seed):
    """Biases start at 0; here they shall matter."""
    rng = random.Random(seed + 1)
    for name, parameter in model.named_parameters(frozen=True):
        if name.endswith("b"):
            parameter.data = rng.uniform(-1, 1)


def by_hand(model, x, formula):
    """W x + b, layer after layer, on plain numbers; the last one is linear."""
    for i, layer in enumerate(model.layers):
        z = [math.fsum([*(w.data * xi for w, xi in zip(n.w, x)), n.b.data]) for n in layer.neurons]
        x = z if i == len(model.layers) - 1 else [formula(zj) for zj in z]
    return x


# -- what they compute --------------------------------------------------------------------------


@given(st.data(), sizes, seeds, st.sampled_from(sorted(FORMULAS)))
def test_an_mlp_is_its_matrix_formula(data, shape, seed, activation):
    model = network(*shape, seed=seed, activation=activation)
    x = data.draw(st.lists(numbers, min_size=shape[0], max_size=shape[0]))
    assert [y.data for y in as_list(model(x))] == close(by_hand(model, x, FORMULAS[activation]))


@given(st.data(), sizes, seeds, st.sampled_from(SMOOTH))
def test_expanded_and_dot_form_agree_in_data_and_gradients(data, shape, seed, activation):
    short, long = (
        network(*shape, seed=seed, activation=activation, expand=expand) for expand in (False, True)
    )
    assert short.state_dict() == long.state_dict()
    x = data.draw(st.lists(numbers, min_size=shape[0], max_size=shape[0]))
    found = []
    for model in (short, long):
        inputs = [Value(xi) for xi in x]
        outputs = as_list(model(inputs))
        loss = cross_entropy(outputs, 0) + sum(y * y for y in outputs)
        found.append([y.data for y in outputs] + gradients(loss, inputs + model.parameters()))
    assert found[0] == close(found[1])


def test_a_neuron_is_one_dot_node_or_every_product_and_sum():
    x = [Value(1.0), Value(2.0), Value(3.0)]

    def operations(**options):
        neuron = Neuron(3, activation="tanh", **options)
        return sorted(str(node.op) for node in topological_order(neuron(x)) if str(node.op))

    assert operations() == ["dot", "tanh"]
    assert operations(expand=True) == ["*", "*", "*", "+", "+", "+", "tanh"]


def test_the_gradient_of_a_neuron_is_that_of_its_formula():
    neuron = Neuron(2, activation="tanh")
    neuron.w, neuron.b = [Value(-3.0), Value(1.0)], Value(6.8813735870195432)
    x = [Value(2.0), Value(0.0)]
    out = neuron(x)
    out.backward()
    slope = 1 - out.data**2
    assert out.data == close(math.sqrt(0.5))
    assert [w.grad for w in neuron.w] == close([2 * slope, 0.0])
    assert neuron.b.grad == close(slope)
    assert [xi.grad for xi in x] == close([-3 * slope, slope])


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_an_activation_is_the_engines_function_by_its_name(name):
    function = ACTIVATIONS[name]
    assert function is getattr(autograd_mini, name, None)
    assert activation_function(name) is activation_function(function) is function
    named, given_ = (
        Neuron(2, activation=a, rng=random.Random(1), init="uniform") for a in (name, function)
    )
    for x in ([-1.0, 2.0], [3.0, 1.0]):
        assert named(x).data == given_(x).data == close(FORMULAS[name](dot(named, x)))
    assert name in repr(named)
    assert repr(named) == repr(given_)


def dot(neuron, x):
    return math.fsum([*(w.data * xi for w, xi in zip(neuron.w, x)), neuron.b.data])


def test_any_function_of_a_value_may_be_the_activation():
    neuron = Neuron(1, activation=lambda z: z * z + 1, rng=random.Random(0))
    assert neuron([2.0]).data == close(dot(neuron, [2.0]) ** 2 + 1)
    assert neuron.predict([2.0]) == neuron([2.0]).data


@pytest.mark.parametrize(
    "made",
    [
        lambda: Neuron(2, nonlin=False),
        lambda: Neuron(2, False),
        lambda: Neuron(2, activation=None),
        lambda: Neuron(2, activation="linear"),
        lambda: Linear(2, 1).neurons[0],
        lambda: Layer(2, 1, nonlin=False).neurons[0],
    ],
)
def test_a_linear_neuron_has_no_activation(made):
    neuron = made()
    neuron.w = [Value(-2.0), Value(1.0)]
    assert str(neuron([3.0, 1.0]).op) == "dot"
    assert neuron([3.0, 1.0]).data == -5.0


def test_hidden_layers_are_relu_and_the_last_is_linear_unless_told_otherwise():
    model = MLP(2, [3, 3, 1])
    assert [layer.neurons[0].activation for layer in model.layers] == [relu, relu, None]
    model = MLP(2, [3, 1], activation="tanh", output_activation="sigmoid")
    assert [layer.neurons[0].activation for layer in model.layers] == [tanh, autograd_mini.sigmoid]
    assert str(model([0.0, 0.0]).op) == "sigmoid"


def test_a_neuron_gives_a_value_a_layer_a_list_and_an_mlp_either():
    assert isinstance(Neuron(2)([1, 2]), Value)
    assert [type(y) for y in Layer(2, 1)([1, 2])] == [Value]
    assert [type(y) for y in Layer(2, 3)([1, 2])] == [Value] * 3
    assert isinstance(MLP(2, [3, 1])([1, 2]), Value)
    assert [type(y) for y in MLP(2, [3, 2])([1, 2])] == [Value] * 2


def test_the_parts_are_where_micrograd_has_them():
    model = MLP(3, [4, 2])
    assert [len(layer.neurons) for layer in model.layers] == [4, 2]
    assert [len(n.w) for layer in model.layers for n in layer.neurons] == [3] * 4 + [4] * 2
    parameters = [p for layer in model.layers for n in layer.neurons for p in [*n.w, n.b]]
    assert all(type(p) is Value for p in parameters)
    assert all(a is b for a, b in zip(model.parameters(), parameters, strict=True))


def test_what_modules_show():
    assert repr(Neuron(2)) == "Neuron(2, relu)"
    assert repr(Neuron(2, nonlin=False)) == "Neuron(2, linear)"
    assert repr(Layer(3, 2, activation=tanh)) == "Layer(3, 2, tanh)"
    assert repr(Layer(3, 1)) == "Layer(3, 1, relu)"
    assert repr(MLP(2, [4, 1], activation="gelu")) == "MLP(2, [4, 1], gelu)"
    assert repr(MLP(2, [1])) == "MLP(2, [1], linear)"


def test_options_are_named():
    with pytest.raises(TypeError):
        Neuron(2, True, "tanh")
    with pytest.raises(TypeError):
        MLP(2, [1], "tanh")
    with pytest.raises(TypeError, match="activate"):
        MLP(2, [1], activate="tanh")


# -- micrograd's own demo, its text unchanged below the import lines ----------------------------

DEMO = """
def loss():
    inputs = [list(map(Value, xrow)) for xrow in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi*scorei).relu() for yi, scorei in zip(y, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    alpha = 1e-4
    reg_loss = alpha * sum((p*p for p in model.parameters()))
    total_loss = data_loss + reg_loss
    accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores)]
    return total_loss, sum(accuracy) / len(accuracy)

told = []
for k in range(steps):
    total_loss, acc = loss()
    model.zero_grad()
    total_loss.backward()
    learning_rate = 1.0 - 0.9*k/100
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    told.append((total_loss.data, acc))
"""
IMPORTS = {
    "autograd_mini": """
from autograd_mini import Value
from nn import Neuron, Layer, MLP
""",
    "micrograd": """
from micrograd.engine import Value
from micrograd.nn import Neuron, Layer, MLP
""",
}


def moons(n):
    """Two half circles, as rows and labels -1 and 1."""
    angles = [math.pi * i / (n - 1) for i in range(n)]
    upper = [[math.cos(a), math.sin(a)] for a in angles]
    lower = [[1 - math.cos(a), 0.5 - math.sin(a)] for a in angles]
    return upper + lower, [1] * n + [-1] * n


def run_demo(library, X, y, steps, weights=None):
    space = {"X": X, "y": y, "steps": steps}
    source = IMPORTS[library] + "model = MLP(2, [16, 16, 1])\n"
    exec(source, space)
    if weights:
        for p, number in zip(space["model"].parameters(), weights, strict=True):
            p.data = number
    exec(DEMO, space)
    return space["told"], [p.data for p in space["model"].parameters()]


def test_micrograds_demo_runs_and_learns_with_its_import_lines_changed():
    random.seed(1337)
    X, y = moons(10)
    told, _ = run_demo("autograd_mini", X, y, 20)
    assert told[-1][0] < told[0][0] / 2
    assert told[-1][1] > 0.8


def test_micrograds_demo_runs_on_arrays():
    np = pytest.importorskip("numpy")
    random.seed(1337)
    X, y = moons(4)
    listed, _ = run_demo("autograd_mini", X, y, 2)
    random.seed(1337)
    as_arrays, _ = run_demo("autograd_mini", np.array(X), np.array(y), 2)
    assert as_arrays == listed


def test_micrograds_demo_tells_the_same_story_as_micrograd():
    pytest.importorskip("micrograd")
    X, y = moons(6)
    rng = random.Random(1337)
    weights = [rng.uniform(-1, 1) for _ in range(337)]
    ours, our_end = run_demo("autograd_mini", X, y, 4, weights)
    theirs, their_end = run_demo("micrograd", X, y, 4, weights)
    assert [loss for loss, _ in ours] == close([loss for loss, _ in theirs], 1e-10)
    assert [accuracy for _, accuracy in ours] == [accuracy for _, accuracy in theirs]
    assert our_end == close(their_end, 1e-9)


# -- inputs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [Neuron, lambda n: Layer(n, 2), lambda n: MLP(n, [3, 2])])
def test_inputs_may_be_values_numbers_tuples_generators(made):
    model = made(2)
    wanted = [y.data for y in as_list(model([1.0, -2.0]))]
    for inputs in (
        [1, -2],
        (1.0, -2.0),
        [Value(1.0), Value(-2.0)],
        [Value(1.0), -2],
        (x for x in (1.0, -2.0)),
        map(Value, [1, -2]),
        [Fraction(1), Fraction(-2)],
        range(1, -3, -3),
    ):
        assert [y.data for y in as_list(model(inputs))] == wanted


@pytest.mark.parametrize("expand", [False, True])
def test_inputs_may_be_rows_of_arrays(expand):
    np = pytest.importorskip("numpy")
    model = network(2, 3, 2, expand=expand)
    wanted = [y.data for y in model([1.0, -2.0])]
    for kind in (np.float64, np.float32, np.int64):
        row = np.array([[1, -2]], dtype=kind)[0]
        outputs = model(row)
        assert [y.data for y in outputs] == wanted
        assert [y.data for y in model(list(row))] == wanted
        assert {type(y.data) for y in outputs} == {float}
        assert [type(y) for y in model.predict(row)] == [float, float]


def test_gradients_flow_into_inputs_that_are_values():
    model = network(2, 3, 1, activation="tanh")
    x = [Value(0.5), Value(-1.0)]
    model(x).backward()
    h = 1e-6
    for i in range(2):
        up, down = ([xi.data + s * h * (i == j) for j, xi in enumerate(x)] for s in (1, -1))
        assert x[i].grad == pytest.approx((model.predict(up) - model.predict(down)) / (2 * h), 1e-7)


@pytest.mark.parametrize(
    ("model", "name"), [(Neuron(3), "Neuron"), (Layer(3, 2), "Layer"), (MLP(3, [2, 1]), "MLP")]
)
@pytest.mark.parametrize("n", [0, 1, 2, 4, 7])
def test_the_wrong_number_of_inputs_is_refused_with_both_numbers(model, name, n):
    for inputs in ([1.0] * n, (Value(1.0) for _ in range(n))):
        with pytest.raises(ValueError, match=rf"^{name} expected 3 inputs, got {n}$"):
            model(inputs)


def test_there_may_be_any_number_of_inputs():
    n = 784  # beyond the ints that CPython makes once
    for model in (Neuron(n), Layer(n, 1), MLP(n, [1])):
        assert isinstance(model.predict([0.0] * n), (float, list))
        with pytest.raises(ValueError, match="expected 784 inputs, got 783"):
            model([0.0] * (n - 1))


@pytest.mark.parametrize("x", [5, 2.5, Value(1.0), None, "abc", {1: 2, 2: 3, 3: 4}])
def test_what_is_not_a_list_of_inputs_is_refused_and_shown(x):
    with pytest.raises(
        TypeError, match=rf"MLP expected a list of 3 inputs, got {type(x).__name__}"
    ):
        MLP(3, [1])(x)


@pytest.mark.parametrize("x", [None, True, "1", 1j, [1.0], (1.0,)])
def test_an_input_that_is_not_a_number_is_refused(x):
    for model in (Neuron(2), Layer(2, 2), MLP(2, [1])):
        with pytest.raises(TypeError, match="expected"):
            model([1.0, x])


def test_a_matrix_is_not_a_row():
    np = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match="expected"):
        MLP(2, [1])(np.ones((2, 2)))


# -- sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "made",
    [
        lambda n: Neuron(n),
        lambda n: Neuron(2, nout=n),
        lambda n: Layer(n, 2),
        lambda n: Layer(2, n),
        lambda n: Linear(2, n),
        lambda n: MLP(n, [1]),
        lambda n: MLP(2, [n]),
        lambda n: MLP(2, [2, n, 2]),
    ],
)
class TestSizes:
    @pytest.mark.parametrize("n", [0, -1, -100])
    def test_below_one_are_a_value_error(self, made, n):
        with pytest.raises(ValueError, match=rf"expected a whole number of at least 1, got {n}$"):
            made(n)

    @pytest.mark.parametrize("n", [2.0, 1.5, "2", None, True, False, [2], Fraction(2)])
    def test_other_than_whole_are_a_type_error(self, made, n):
        with pytest.raises(TypeError, match=rf"expected a whole number, got {re.escape(repr(n))}$"):
            made(n)

    def test_may_be_whole_numbers_of_numpy(self, made):
        np = pytest.importorskip("numpy")
        made(np.int64(2))


def test_a_network_of_no_layers_is_refused():
    with pytest.raises(ValueError, match=r"MLP expected at least one layer size, got \[\]"):
        MLP(2, [])


@pytest.mark.parametrize("nouts", [3, None, 2.5])
def test_layer_sizes_that_are_not_a_list_are_refused_and_shown(nouts):
    with pytest.raises(TypeError, match=rf"MLP expected .* got .*{re.escape(repr(nouts))}"):
        MLP(2, nouts)


def test_layer_sizes_may_be_any_sequence():
    assert len(MLP(2, (3, 1)).parameters()) == len(MLP(2, iter([3, 1])).parameters()) == 13


@pytest.mark.parametrize(
    "made",
    [
        lambda a: Neuron(2, activation=a),
        lambda a: Layer(2, 2, activation=a),
        lambda a: MLP(2, [2, 1], activation=a),
        lambda a: MLP(2, [2, 1], output_activation=a),
        lambda a: MLP(2, [1], activation=a),  # which has no hidden layer to use it
    ],
)
def test_an_unknown_activation_is_refused_with_the_known_ones(made):
    with pytest.raises(ValueError, match=r"unknown activation 'rleu'.* relu, .*tanh"):
        made("rleu")


@pytest.mark.parametrize("init", ["normal", ""])
def test_an_unknown_initializer_is_refused_with_the_known_ones(init):
    with pytest.raises(ValueError, match=f"unknown init {init!r}; choose one of he, xavier, unif"):
        MLP(2, [1], init=init)


# -- how weights start --------------------------------------------------------------------------

DRAWS = 50_000


def check_moments(sample, variance, kurtosis):
    """Mean 0 and the variance, each within five standard errors for that many draws."""
    n = len(sample)
    assert abs(math.fsum(sample) / n) < 5 * math.sqrt(variance / n)
    found = math.fsum(x * x for x in sample) / n
    assert abs(found / variance - 1) < 5 * math.sqrt((kurtosis - 1) / n)


@pytest.mark.parametrize(("nin", "nout"), [(1, 1), (4, 8), (100, 10)])
def test_he_is_normal_of_variance_two_over_inputs(nin, nout):
    rng = random.Random(1)
    sample = [he(nin, nout, rng) for _ in range(DRAWS)]
    check_moments(sample, 2 / nin, 3)
    inside = sum(abs(x) < math.sqrt(2 / nin) for x in sample) / DRAWS
    assert inside == pytest.approx(0.6827, abs=5 * math.sqrt(0.6827 * 0.3173 / DRAWS))


@pytest.mark.parametrize(("nin", "nout"), [(1, 1), (4, 8), (100, 10)])
def test_xavier_is_uniform_of_variance_two_over_inputs_plus_outputs(nin, nout):
    rng = random.Random(1)
    sample = [xavier(nin, nout, rng) for _ in range(DRAWS)]
    check_moments(sample, 2 / (nin + nout), 1.8)
    limit = math.sqrt(6 / (nin + nout))
    assert 0.999 * limit < max(sample) <= limit
    assert -limit <= min(sample) < -0.999 * limit


def test_uniform_is_micrograds_minus_one_to_one():
    rng = random.Random(1)
    sample = [uniform(7, 9, rng) for _ in range(DRAWS)]
    check_moments(sample, 1 / 3, 1.8)
    assert max(map(abs, sample)) <= 1


@pytest.mark.parametrize(
    ("activation", "variance", "kurtosis"),
    [("relu", 2 / 20, 3), ("gelu", 2 / 20, 3), ("tanh", 2 / 120, 1.8), (None, 2 / 120, 1.8)],
)
def test_a_layer_starts_as_suits_its_activation(activation, variance, kurtosis):
    layer = Layer(20, 100, activation=activation, rng=random.Random(3))
    check_moments([w.data for n in layer.neurons for w in n.w], variance, kurtosis)


def test_init_chooses_by_name_or_is_a_function_of_sizes_and_rng():
    rng, seen = random.Random(0), []

    def init(*arguments):
        seen.append(arguments)
        return 0.5

    model = MLP(3, [2, 1], init=init, rng=rng)
    assert seen == [(3, 2, rng)] * 6 + [(2, 1, rng)] * 2
    assert {w.data for layer in model.layers for n in layer.neurons for w in n.w} == {0.5}
    for name, function in (("he", he), ("xavier", xavier), ("uniform", uniform)):
        named, given_ = (
            Layer(2, 3, init=i, rng=random.Random(5)).state_dict() for i in (name, function)
        )
        assert named == given_


def test_biases_start_at_zero():
    model = MLP(3, [4, 2])
    assert [n.b.data for layer in model.layers for n in layer.neurons] == [0.0] * 6


def test_the_rng_decides_and_the_random_module_stays_out_of_it():
    random.seed(1)
    before = random.getstate()
    first, second, other = (network(2, 3, 1, seed=seed).state_dict() for seed in (7, 7, 8))
    assert first == second != other
    assert random.getstate() == before


def test_without_an_rng_random_seed_decides():
    states = []
    for seed in (7, 7, 8):
        random.seed(seed)
        states.append(MLP(2, [3, 1]).state_dict())
    assert states[0] == states[1] != states[2]


# -- parameters and their names -----------------------------------------------------------------


def test_parameters_are_named_by_where_they_stand():
    assert [name for name, _ in MLP(2, [2, 1]).named_parameters()] == [
        "layers.0.neurons.0.w.0",
        "layers.0.neurons.0.w.1",
        "layers.0.neurons.0.b",
        "layers.0.neurons.1.w.0",
        "layers.0.neurons.1.w.1",
        "layers.0.neurons.1.b",
        "layers.1.neurons.0.w.0",
        "layers.1.neurons.0.w.1",
        "layers.1.neurons.0.b",
    ]


@given(sizes)
def test_an_mlp_has_a_weight_an_edge_and_a_bias_a_neuron(shape):
    model = MLP(shape[0], shape[1:])
    assert len(model.parameters()) == sum((n + 1) * m for n, m in pairwise(shape))
    assert [p for _, p in model.named_parameters()] == model.parameters()
    assert len({name for name, _ in model.named_parameters()}) == len(model.parameters())


class Tower(Module):
    """Modules and Values in attributes, lists, tuples and lists of lists; some of them twice."""

    def __init__(self):
        self.name = "tower"
        self.scale = Value(2.0)
        self.same = self.scale
        self.blocks = [Linear(1, 1), (Linear(1, 1), [Linear(1, 1)])]
        self.again = self.blocks[0]
        self.extra = (Value(3.0), [Value(4.0), 5.0], "text", None)

    def __call__(self, x):
        first, (second, [third]) = self.blocks
        for block in (first, second, third, self.again):
            x = block(x)
        return self.scale * x[0] + self.same * self.extra[0]


TOWER_NAMES = [
    "scale",
    "extra.0",
    "extra.1.0",
    "blocks.0.neurons.0.w.0",
    "blocks.0.neurons.0.b",
    "blocks.1.0.neurons.0.w.0",
    "blocks.1.0.neurons.0.b",
    "blocks.1.1.0.neurons.0.w.0",
    "blocks.1.1.0.neurons.0.b",
]


def test_modules_and_values_in_lists_and_tuples_are_found_and_shared_ones_once():
    tower = Tower()
    assert [name for name, _ in tower.named_parameters()] == TOWER_NAMES
    assert len(set(tower.parameters())) == len(tower.parameters()) == 9
    assert list(tower.state_dict()) == TOWER_NAMES


def test_a_shared_parameter_gets_the_sum_of_its_gradients():
    tower = Tower()
    tower([1.0]).backward()
    block = tower.blocks[0].predict([1.0])[0]
    for part in (tower.blocks[1][0], tower.blocks[1][1][0], tower.again):
        [block] = part.predict([block])
    assert tower.scale.grad == close(block + 3.0)


def test_tied_weights_stay_tied_through_saving_and_loading():
    model = MLP(2, [2, 2])
    model.layers[1].neurons[0].w = model.layers[0].neurons[0].w
    assert len(model.parameters()) == 10
    state = dict.fromkeys(model.state_dict(), 0.25)
    model.load_state_dict(state)
    assert model.layers[1].neurons[0].w[0].data == 0.25
    assert model.state_dict() == state


def test_a_module_that_knows_its_parent_is_not_an_endless_loop():
    model = MLP(1, [1])
    model.layers[0].parent = model
    assert len(model.parameters()) == 2
    assert len(model.named_modules()) == 3
    assert model.eval().layers[0].parent.training is False
    assert model.predict([1.0]) == model([1.0]).data


def test_replaced_parameters_are_the_new_ones():
    neuron = Neuron(1)
    neuron.w = [Value(1.0), Value(2.0)]
    assert neuron.parameters() == [*neuron.w, neuron.b]
    assert neuron([1.0, 1.0]).data == 3.0


def test_zero_grad_reaches_every_parameter_frozen_or_not():
    model = network(2, 2, 1, activation="tanh")
    model([1.0, 2.0]).backward()
    assert all(p.grad for p in model.parameters())
    model.layers[0].freeze()
    model.zero_grad()
    assert {p.grad for _, p in model.named_parameters(frozen=True)} == {0.0}


def test_a_module_without_a_call_says_so():
    class Empty(Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty does not define __call__"):
        Empty()([1.0])
    assert Empty().parameters() == []
    assert Empty().state_dict() == {}


# -- freezing, and the two modes ----------------------------------------------------------------


def test_frozen_parameters_are_left_out_until_unfrozen():
    model = MLP(2, [3, 1])
    everything = model.parameters()
    assert model.freeze() is model
    assert model.parameters() == []
    assert model.named_parameters() == []
    assert [p for _, p in model.named_parameters(frozen=True)] == everything
    assert model.unfreeze() is model
    assert model.parameters() == everything


def test_a_part_can_be_frozen():
    model = MLP(2, [3, 1])
    model.layers[0].freeze()
    assert model.parameters() == model.layers[1].parameters()
    assert model.named_parameters()[0][0] == "layers.1.neurons.0.w.0"
    assert len(model.state_dict()) == 13
    model.layers[0].neurons[1].unfreeze()
    assert model.parameters() == [
        *model.layers[0].neurons[1].parameters(),
        *model.layers[1].parameters(),
    ]


def test_a_parameter_shared_with_a_part_that_is_not_frozen_is_trained():
    tower = Tower()
    tower.blocks[1][0].neurons[0].b = tower.blocks[0].neurons[0].b
    tower.blocks[0].freeze()
    assert tower.blocks[0].neurons[0].b in tower.parameters()
    assert tower.blocks[0].neurons[0].w[0] not in tower.parameters()


def test_freezing_changes_no_output_and_no_gradient():
    model = network(2, 3, 1, activation="tanh")
    before = model([1.0, 2.0])
    model.freeze()
    after = model([1.0, 2.0])
    wrt = [p for _, p in model.named_parameters(frozen=True)]
    assert (after.data, gradients(after, wrt)) == (before.data, gradients(before, wrt))


def test_train_and_eval_reach_every_part():
    tower = Tower()
    assert tower.training
    assert tower.eval() is tower
    assert {m.training for _, m in tower.named_modules()} == {False}
    tower.blocks[0].train()
    assert [m.training for _, m in tower.named_modules()].count(True) == 2
    assert tower.train() is tower
    assert {m.training for _, m in tower.named_modules()} == {True}
    assert Tower().training, "modes are the instance's own"


# -- saving and loading -------------------------------------------------------------------------


@given(sizes, seeds)
def test_state_survives_json_and_another_model(shape, seed):
    model, other = network(*shape, seed=seed), network(*shape, seed=seed + 1)
    leaves = other.parameters()
    other.load_state_dict(json.loads(json.dumps(model.state_dict())))
    assert other.state_dict() == model.state_dict()
    assert other.parameters() == leaves, "the Values stay, their numbers change"
    x = [0.5] * shape[0]
    assert other.predict(x) == model.predict(x)


def test_state_is_a_copy_with_the_frozen_parameters_in_it():
    model = MLP(2, [2, 1])
    model.layers[0].freeze()
    state = model.state_dict()
    for p in model.parameters():
        p.data += 1
    assert state != model.state_dict()
    assert len(state) == 9
    model.load_state_dict(state)
    assert model.state_dict() == state


def test_whole_numbers_and_numpys_load_as_floats():
    np = pytest.importorskip("numpy")
    neuron = Neuron(2)
    neuron.load_state_dict({"w.0": 1, "w.1": np.float32(0.5), "b": np.int64(3)})
    assert [(p.data, type(p.data)) for p in neuron.parameters()] == [
        (1.0, float),
        (0.5, float),
        (3.0, float),
    ]


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (lambda s: s.pop("layers.1.neurons.0.b"), ValueError, "1 missing .*layers.1.neurons.0.b"),
        (lambda s: s.update(extra=1.0), ValueError, "1 unknown .*extra"),
        (lambda s: s.clear(), ValueError, "9 missing"),
        (lambda s: s.update({"layers.1.neurons.0.b": "1"}), TypeError, "layers.1.neurons.0.b"),
        (lambda s: s.update({"layers.1.neurons.0.b": None}), TypeError, "layers.1.neurons.0.b"),
        (lambda s: s.update({"layers.1.neurons.0.b": True}), TypeError, "layers.1.neurons.0.b"),
        (lambda s: s.update({"layers.1.neurons.0.b": [1.0]}), TypeError, "layers.1.neurons.0.b"),
        (lambda s: s.update({"layers.1.neurons.0.b": 1j}), TypeError, "layers.1.neurons.0.b"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, told):
    model = MLP(2, [2, 1])
    before = model.state_dict()
    state = dict.fromkeys(before, 7.0)
    change(state)
    with pytest.raises(error, match=told):
        model.load_state_dict(state)
    assert model.state_dict() == before


def test_the_state_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"does not fit MLP: 6 missing .* 4 unknown"):
        MLP(2, [2, 3]).load_state_dict(MLP(2, [3, 1]).state_dict())


# -- predict ------------------------------------------------------------------------------------


@given(st.data(), sizes, seeds, st.sampled_from(sorted(ACTIVATIONS)), st.booleans())
def test_predict_gives_the_graphs_numbers_to_the_last_digit(data, shape, seed, activation, expand):
    model = network(*shape, seed=seed, activation=activation, expand=expand)
    x = data.draw(st.lists(numbers, min_size=shape[0], max_size=shape[0]))
    outputs, answers = as_list(model(x)), as_list(model.predict(x))
    assert answers == [y.data for y in outputs]
    assert {type(answer) for answer in answers} == {float}


@pytest.mark.parametrize("expand", [False, True])
def test_predict_makes_no_value(monkeypatch, expand):
    model = network(2, 3, 2, activation="tanh", expand=expand)
    wanted = [y.data for y in model([0.5, -1.0])]

    def refuse(*_):
        raise AssertionError("a Value was made")

    monkeypatch.setattr(Value, "__init__", refuse)
    with pytest.raises(AssertionError):
        model([0.5, -1.0])
    assert model.predict([0.5, -1.0]) == wanted
    assert evaluate(model, [([0.5, -1.0], 0)], {"first": lambda y, _: y[0]}) == {"first": wanted[0]}


def test_predict_leaves_the_model_as_it_was():
    model = network(2, 2, 1)
    model([1.0, 1.0]).backward()
    leaves, state = model.parameters(), model.state_dict()
    slopes = [p.grad for p in leaves]
    model.predict([1.0, 1.0])
    assert model.parameters() == leaves
    assert model.state_dict() == state
    assert [p.grad for p in leaves] == slopes
    assert model.training


def test_predict_follows_a_change_of_the_parameters():
    neuron = Neuron(1, nonlin=False)
    neuron.load_state_dict({"w.0": 2.0, "b": 1.0})
    assert neuron.predict([3.0]) == 7.0
    neuron.b.data = -1.0
    assert neuron.predict([3.0]) == 5.0


def test_predict_runs_in_evaluation_mode_all_the_way_down():
    class Noisy(Module):
        def __init__(self, *inner):
            self.inner, self.size = list(inner), Value(10.0)

        def __call__(self, x):
            return sum(m(x) for m in self.inner) + (self.size if self.training else 0.0)

    model = Noisy(Noisy(), Noisy())
    assert model(1.0).data == 30.0
    assert model.predict(1.0) == 0.0
    assert model.training
    assert model.inner[0].training


def test_predict_of_shared_parts_and_nested_lists():
    tower = Tower()
    assert tower.predict([1.5]) == tower([1.5]).data
    assert type(tower.predict([1.5])) is float


def test_predict_of_a_module_that_holds_a_named_tuple():
    from nn.data import Standardizer

    class Scaled(Module):
        def __init__(self):
            self.scale, self.inner = Standardizer([1.0], [2.0]), Linear(1, 1)

        def __call__(self, x):
            return self.inner(self.scale(x))[0]

    model = Scaled()
    assert model.predict([3.0]) == model([3.0]).data


@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0, 3.0]])
def test_predict_is_as_strict_as_the_call(x):
    with pytest.raises(ValueError, match=f"MLP expected 2 inputs, got {len(x)}"):
        MLP(2, [1]).predict(x)


# -- copies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"]
)
@pytest.mark.parametrize("expand", [False, True])
def test_a_copy_of_model_and_loss_is_a_pair_that_belongs_together(copied, expand):
    model = network(2, 3, 2, activation="tanh", expand=expand)
    model.layers[0].freeze()
    loss = cross_entropy(model([0.5, -1.0]), 1)
    new_model, new_loss = copied((model, loss))

    assert new_model.state_dict() == model.state_dict()
    assert repr(new_model) == repr(model)
    assert new_loss.data == loss.data
    assert len(new_model.parameters()) == len(model.parameters()) == 8
    every = [p for _, p in new_model.named_parameters(frozen=True)]
    assert set(every) <= set(topological_order(new_loss))
    assert not set(every) & set(topological_order(loss))

    new_loss.backward()
    assert {p.grad for _, p in model.named_parameters(frozen=True)} == {0.0}
    loss.backward()
    assert [p.grad for p in every] == [p.grad for _, p in model.named_parameters(frozen=True)]
    assert new_model.predict([1.0, 2.0]) == model.predict([1.0, 2.0])


def test_a_dict_of_values_and_modules_is_searched():
    class Model(Module):
        def __init__(self):
            self.parts = {"inner": Linear(1, 1), "scale": Value(2.0)}

        def __call__(self, x):
            return self.parts["scale"] * self.parts["inner"](x)[0]

    model = Model()
    names = ["parts.inner.neurons.0.w.0", "parts.inner.neurons.0.b", "parts.scale"]
    assert sorted(name for name, _ in model.named_parameters()) == sorted(names)
    assert model.predict([3.0]) == model([3.0]).data


def test_predict_refuses_values_whose_gradient_it_would_drop():
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    with pytest.raises(TypeError, match="drop the gradient"):
        model.predict([Value(1.0), 2.0])
    with pytest.raises(TypeError, match="drop the gradient"):
        grad(model.predict)([1.0, 2.0])


def test_predict_of_a_module_with_methods_says_what_to_write():
    class Model(Module):
        def __init__(self):
            self.w = Value(2.0)

        def __call__(self, x):
            return (self.w * x).relu()

    assert Model()(3.0).data == 6.0
    with pytest.raises(TypeError, match=r"write relu\(x\) instead of x.relu\(\)"):
        Model().predict(3.0)


def test_linear_refuses_an_activation():
    with pytest.raises(TypeError, match="Linear has no activation"):
        Linear(2, 3, activation="relu")


def test_a_neuron_of_its_own_is_a_layer_of_one():
    alone = Neuron(3, activation="tanh", rng=random.Random(0))
    in_a_layer = Layer(3, 1, activation="tanh", rng=random.Random(0)).neurons[0]
    assert [w.data for w in alone.w] == [w.data for w in in_a_layer.w]
