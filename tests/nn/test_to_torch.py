"""To PyTorch and back: the same outputs and gradients, the same numbers, and clear refusals."""

import copy
import pickle
import random
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, elu, exp, fsum, leaky_relu, log_softmax, softmax, step
from nn import (
    MLP,
    Conv1d,
    Conv2d,
    Dropout,
    Layer,
    Linear,
    Maxout,
    Module,
    Neuron,
    RandomFeatures,
    Sequential,
    SparseLinear,
    flatten,
)
from nn.activations import ACTIVATIONS
from nn.sequential import Elementwise

torch = pytest.importorskip("torch")
from nn import from_torch, to_torch, torch_source  # noqa: E402
from nn.exchange.steps import FUNCTIONS, OF_ALL  # noqa: E402

T = torch.nn
seeds = st.integers(0, 10**6)
ELEMENTWISE = [name for name, f in FUNCTIONS.items() if f not in OF_ALL]


def shaken(model, seed):
    rng = random.Random(seed)
    for p in model.parameters():
        p.data += rng.gauss(0, 0.3)
    return model


def array(rng, *shape):
    return [array(rng, *shape[1:]) for _ in range(shape[0])] if shape else rng.uniform(0.1, 0.9)


def tensor(x):
    return torch.tensor(x, dtype=torch.float64)


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-12)


def numbers(outputs):
    """One flat list, of an MLP's single output too."""
    return flatten([outputs] if not isinstance(outputs, list) else outputs)


def weights_of(layer):
    """The Values of a layer in the order of PyTorch: all weights, then the biases."""
    units = getattr(layer, "neurons", None)
    weights = [unit.w for unit in units] if units else layer.w
    return flatten([weights, [unit.b for unit in units] if units else layer.b or []])


def check(model, x, batch):
    """The same outputs and gradients, of one example and of a batch."""
    module = to_torch(model)
    rng = random.Random(0)
    layers = [m for _, m in model.named_modules() if isinstance(m, (Layer, Conv1d, Conv2d))]
    for examples, given_ in (([x], tensor(x)), (batch, tensor(batch))):
        model.zero_grad()
        module.zero_grad()
        outputs = [y for example in examples for y in numbers(model(example))]
        result = module(given_)
        assert result.flatten().tolist() == close([getattr(y, "data", y) for y in outputs])
        cotangent = [rng.gauss(0, 1) for _ in outputs]
        fsum([c * y for c, y in zip(cotangent, outputs)]).backward()
        (result.flatten() * tensor(cotangent)).sum().backward()
        theirs = [g for p in module.parameters() for g in p.grad.flatten().tolist()]
        assert theirs == close([v.grad for layer in layers for v in weights_of(layer)])
    state = from_torch(module).state_dict()  # step becomes relu and sign, which are two layers
    assert [*state.values()] == [*model.state_dict().values()]
    assert numbers(from_torch(module).predict(x)) == numbers(model.predict(x))


def class_in(source):
    """The one class that the source defines."""
    scope = {"__name__": "generated"}
    exec(source, scope)
    [found] = [x for x in scope.values() if isinstance(x, type)]
    return found


@given(seeds, st.lists(st.integers(1, 4), min_size=2, max_size=4), st.sampled_from([*ACTIVATIONS]))
def test_a_network(seed, sizes, activation):
    rng = random.Random(seed)
    model = MLP(sizes[0], sizes[1:], activation=activation, rng=rng)
    check(shaken(model, seed), array(rng, sizes[0]), array(rng, 3, sizes[0]))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_function_of_an_element(name):
    rng = random.Random(0)
    before = [Elementwise(exp)] if name == "acosh" else []  # defined from 1 on; others in (0, 1)
    model = Sequential(Linear(2, 3, rng=rng), "sigmoid", *before, Elementwise(FUNCTIONS[name]))
    check(model, array(rng, 2), array(rng, 3, 2))


@pytest.mark.parametrize("f", [partial(leaky_relu, slope=0.3), partial(elu, alpha=1.5)])
def test_settings_of_an_activation(f):
    model = shaken(MLP(2, [5, 2], activation=f, rng=random.Random(0)), 0)
    check(model, [0.5, -1.0], [[2.0, 1.0], [-1.0, 0.5]])
    [made] = {neuron.activation for neuron in from_torch(to_torch(model)).layers[0].neurons}
    assert (made.func, made.keywords) == (f.func, f.keywords)


@pytest.mark.parametrize("f", [softmax, log_softmax])
def test_functions_of_all(f):
    rng = random.Random(0)
    check(Sequential(Linear(3, 4, rng=rng), f), array(rng, 3), array(rng, 2, 3))


def test_softplus_of_large_numbers():
    model = Sequential(Linear(1, 1, rng=random.Random(0)), "softplus")
    model.layers[0].neurons[0].w[0].data = 1.0
    for x in (19.0, 25.0, 39.0, 41.0, 700.0):  # PyTorch's own threshold is 20
        check(model, [x], [[x], [-x]])


def test_at_kinks_the_gradients_are_the_same():
    for name in ("relu", "leaky_relu", "elu", "sign", "step", "abs"):
        model = Sequential(
            Linear(1, 1, rng=random.Random(0)), Elementwise(FUNCTIONS.get(name, step))
        )
        check(model, [0.0], [[0.0], [1.0], [-1.0]])


@given(seeds, st.integers(1, 2), st.integers(1, 3), st.integers(0, 2), st.booleans())
def test_convolutions(seed, stride, kernel, padding, bias):
    rng = random.Random(seed)
    options = {"stride": stride, "padding": padding, "bias": bias, "rng": rng}
    line = Sequential(Conv1d(2, 3, kernel, **options), "tanh")
    check(shaken(line, seed), array(rng, 2, 5), array(rng, 3, 2, 5))
    plane = Conv2d(2, 3, (kernel, 2), activation="silu", **options)
    check(Sequential(shaken(plane, seed)), array(rng, 2, 4, 5), array(rng, 2, 2, 4, 5))


def digits(rng):
    """A network for pictures of 5 x 5."""
    first = Conv2d(1, 2, 3, padding=1, stride=2, activation="relu", rng=rng)
    second = Conv2d(2, 3, 2, activation="gelu", rng=rng)
    return Sequential(first, second, flatten, Dropout(0.4), Linear(12, 3, rng=rng), softmax).eval()


def test_a_convolutional_network():
    rng = random.Random(0)
    model = digits(rng)
    check(model, array(rng, 1, 5, 5), array(rng, 4, 1, 5, 5))
    assert [type(m) for m in to_torch(model)][:4] == [T.Conv2d, T.ReLU, T.Conv2d, T.GELU]


@pytest.mark.parametrize("activation", ["linear", "relu", "sign"])
def test_an_mlp_comes_back_with_its_names(activation):
    model = MLP(2, [3, 4, 1], activation=activation)
    back = from_torch(to_torch(model))
    assert repr(back) == repr(model)
    assert back.state_dict() == model.state_dict()


def test_a_neuron_and_a_layer_alone():
    rng = random.Random(0)
    x = [0.5, -0.25]
    for model in (Neuron(2, rng=rng), Layer(2, 3, activation="tanh", bias=False, rng=rng)):
        assert to_torch(model)(tensor(x)).tolist() == close(numbers(model.predict(x)))


# -- the source ---------------------------------------------------------------------------------


def test_the_source_is_a_class_that_takes_the_numbers():
    rng = random.Random(0)
    cosine = RandomFeatures(3, 4, activation=FUNCTIONS["cos"], rng=rng)
    for model, x in (
        (MLP(2, [4, 3], activation="step", rng=rng), array(rng, 3, 2)),
        (digits(rng), array(rng, 2, 1, 5, 5)),
        (Sequential(cosine, MLP(4, [3, 2], activation=partial(elu, alpha=2.0))), array(rng, 2, 3)),
        (Sequential("tanh", "sign"), array(rng, 2, 3)),
    ):
        made, kind = to_torch(model), class_in(torch_source(model, "Copy"))
        assert issubclass(kind, T.Module)
        assert kind.__name__ == "Copy"
        network = kind().train(model.training)
        network.load_state_dict(made.state_dict())
        assert torch.equal(network(tensor(x)), made(tensor(x)))
        required = [p.requires_grad for p in made.parameters()]
        assert [p.requires_grad for p in network.parameters()] == required


# -- modes, and the module as an object ---------------------------------------------------------


def test_frozen_layers_and_modes_go_both_ways():
    model = MLP(2, [3, 1], rng=random.Random(0))
    model.layers[0].freeze()
    module = to_torch(model)
    assert [p.requires_grad for p in module.parameters()] == [False, False, True, True]
    back = from_torch(module)
    assert back.parameters() == back.layers[1].parameters()
    assert module.training
    assert back.training
    assert not to_torch(model.eval()).training
    assert not from_torch(module.eval()).training


def test_random_features_stay_as_they_were_drawn():
    model = Sequential(RandomFeatures(2, 5, rng=random.Random(0)), Linear(5, 1))
    module = to_torch(model)
    assert [p.requires_grad for p in module.parameters()] == [False, False, True, True]
    assert module(tensor([0.5, 1.0])).tolist() == close(model.predict([0.5, 1.0]))


def test_the_random_state_of_pytorch_is_left_alone():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    to_torch(MLP(2, [3, 1]))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_module_can_be_pickled_and_copied():
    module = to_torch(MLP(2, [3, 1], activation="sign", rng=random.Random(0)))
    x = tensor([0.5, -1.0])
    for made in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(made(x), module(x))


def test_training_goes_on_in_pytorch_and_comes_back():
    model = MLP(1, [4, 1], activation="tanh", rng=random.Random(0))
    module = to_torch(model)
    x = torch.linspace(-1, 1, 9, dtype=torch.float64)[:, None]
    sgd = torch.optim.SGD(module.parameters(), lr=0.1)
    for _ in range(20):
        sgd.zero_grad()
        loss = (module(x) - x * x).square().mean()
        loss.backward()
        sgd.step()
    back = from_torch(module)
    assert isinstance(back, MLP)
    assert [back.predict(row) for row in x.tolist()] == close(module(x).flatten().tolist())


# -- modules that PyTorch made ------------------------------------------------------------------


def test_a_module_of_pytorchs_own():
    torch.manual_seed(0)
    module = T.Sequential(
        T.Conv2d(1, 2, (2, 3), stride=2, padding=1),
        T.LeakyReLU(0.2, inplace=True),
        T.Identity(),
        T.Flatten(),
        T.Sequential(T.Linear(18, 4, bias=False), T.ELU(alpha=2.0), T.Softplus(), T.Dropout(0.5)),
        T.Linear(4, 3),
        T.Softmax(dim=1),
    )
    module.eval()
    x = torch.randn(5, 1, 4, 6)
    model = from_torch(module)
    assert repr(model.layers[0]) == "Conv2d(1, 2, kernel_size=(2, 3), partial)"
    weight = module[0].weight.flatten().tolist()
    assert [v.data for v in flatten(model.layers[0].w)] == weight  # float32 is exact in float64
    expected = module.double()(x.double()).tolist()
    assert [model.predict(picture) for picture in x.tolist()] == [close(row) for row in expected]


@pytest.mark.parametrize("first", [T.Tanh(), T.Linear(3, 3)])
def test_an_activation_before_or_after_another(first):
    module = T.Sequential(first, T.Tanh(), T.Sigmoid(), T.ReLU(), T.Linear(3, 2)).double()
    x = [0.5, -1.0, 2.0]
    assert from_torch(module).predict(x) == close(module(tensor(x)).tolist())


def refused(error, match, f, *args):
    with pytest.raises(error, match=match):
        f(*args)


class Own(Module):
    def __init__(self):
        self.w = Value(1.0)

    def __call__(self, x):
        return [self.w * xi for xi in x]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Own(), "^the model is or uses Own, which .*write it with Sequential"),
        (Sequential(Linear(2, 2), Own()), "^layers.1 is or uses Own"),
        (Sequential(MLP(2, [2]), Sequential(Maxout(2, 2))), "^layers.1.layers.0 .* Maxout"),
        (Sequential(SparseLinear(2, 2)), "SparseLinear"),
        (Layer(2, 2, activation=lambda x: x), "^the model is or uses <lambda>.*slope=0.2"),
        (MLP(2, [2, 1], activation=partial(leaky_relu, alpha=1)), "^layers.0 is or uses partial"),
        (MLP(2, [2, 1], activation=partial(max, 0.0)), "^layers.0 is or uses partial"),
    ],
)
def test_what_pytorch_does_not_have_is_named(model, message):
    for function in (to_torch, torch_source):
        refused(TypeError, message, function, model)


def test_subclasses_may_compute_something_else():
    class Doubled(Layer):
        def __call__(self, x):
            return [2 * y for y in super().__call__(x)]

    refused(TypeError, "Doubled", to_torch, Doubled(1, 1))


def test_neurons_that_differ():
    for change in ("activation", "b", "frozen"):
        model = MLP(2, [3, 1])
        setattr(model.layers[0].neurons[1], change, None)
        refused(ValueError, "^layers.0 has neurons that differ", to_torch, model)


def test_shared_parameters():
    layer, other = Linear(2, 2), Linear(2, 2)
    refused(ValueError, "used twice", to_torch, Sequential(layer, "tanh", layer))
    other.neurons[1].w[0] = layer.neurons[0].w[0]
    refused(ValueError, "used twice", to_torch, Sequential(layer, other))
    inner = T.Linear(2, 2)
    refused(ValueError, "used twice", from_torch, T.Sequential(inner, T.Tanh(), inner))
    tied = T.Linear(2, 2)
    tied.weight = inner.weight
    refused(ValueError, "used twice", from_torch, T.Sequential(inner, tied))


def test_a_network_of_a_class_of_its_own_is_named():
    network = class_in(torch_source(MLP(2, [1])))()
    refused(TypeError, "^the module is Network, which nn does not have", from_torch, network)


class OwnTorch(T.Linear):
    def forward(self, x):
        return -super().forward(x)


@pytest.mark.parametrize(
    "module",
    [
        T.BatchNorm1d(2),
        T.PReLU(),
        T.LSTM(2, 2),
        T.MaxPool1d(2),
        T.Softplus(beta=2),
        T.Softmax(dim=0),
        T.Flatten(0),
        T.Flatten(-2),
        T.Conv1d(2, 2, 3, dilation=2),
        T.Conv1d(2, 2, 3, groups=2),
        T.Conv1d(2, 2, 3, padding="same"),
        T.Conv2d(2, 2, 3, padding=1, padding_mode="reflect"),
        T.Conv2d(2, 2, 3, stride=(1, 2)),
        T.Conv2d(2, 2, 3, stride=(1, 2), padding=(0, 1)),
        OwnTorch(2, 2),
    ],
    ids=repr,
)
def test_what_nn_does_not_have_is_named(module):
    kind = repr(module).partition("(")[0]
    refused(TypeError, f"^the module is {kind}.*from_torch takes", from_torch, module)
    refused(TypeError, f"^1.0 is {kind}", from_torch, T.Sequential(T.Tanh(), T.Sequential(module)))
