"""Every module and loss gives PyTorch's numbers and gradients, where PyTorch is installed."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, fsum
from nn import (
    MLP,
    Conv1d,
    Conv2d,
    Dropout,
    Linear,
    Maxout,
    Sequential,
    SparseLinear,
    flatten,
    losses,
)
from nn.activations import ACTIVATIONS

torch = pytest.importorskip("torch")
F = torch.nn.functional

seeds = st.integers(0, 10**6)
sizes = st.integers(1, 4)
SMOOTH = {
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": F.softplus,
    "sign": torch.sign,
    "linear": lambda x: x,
}


def tensor(x):
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def data_of(nested):
    if isinstance(nested, (list, tuple)):
        return [data_of(part) for part in nested]
    return nested.data


def check(outputs, expected, pairs):
    """The same outputs; and, backwards from a random weighting, the same gradients.

    Args:
        outputs: nested lists of Values.
        expected: the tensor that they should be.
        pairs: (nested list of Values, tensor) leaves, whose gradients are compared.
    """
    ys = flatten(outputs)
    assert [y.data for y in ys] == close(expected.detach().flatten().tolist())
    rng = random.Random(0)
    weights = [rng.gauss(0, 1) for _ in ys]
    fsum([w * y for w, y in zip(weights, ys)]).backward()
    (expected.flatten() * torch.tensor(weights, dtype=torch.float64)).sum().backward()
    for leaves, t in pairs:
        assert [leaf.grad for leaf in flatten(leaves)] == close(t.grad.flatten().tolist())


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-12)


def shaken(model, rng):
    for p in model.parameters():
        p.data += rng.gauss(0, 0.5)
    return model


def array(rng, *shape):
    if not shape:
        return rng.gauss(0, 1)
    return [array(rng, *shape[1:]) for _ in range(shape[0])]


def values(nested):
    return [values(part) if isinstance(part, list) else Value(part) for part in nested]


def test_every_activation_that_pytorch_has_is_compared():
    assert set(ACTIVATIONS) - set(SMOOTH) == {"step"}


@given(seeds, st.lists(sizes, min_size=2, max_size=4), st.sampled_from(sorted(SMOOTH)))
def test_a_network(seed, shape, activation):
    rng = random.Random(seed)
    model = shaken(MLP(shape[0], shape[1:], activation=activation, rng=rng), rng)
    x = array(rng, shape[0])
    inputs, h, pairs = values(x), tensor(x), []
    pairs.append((inputs, h))
    for i, layer in enumerate(model.layers):
        W = tensor([data_of(neuron.w) for neuron in layer.neurons])
        b = tensor([neuron.b.data for neuron in layer.neurons])
        pairs += [([neuron.w for neuron in layer.neurons], W)]
        pairs += [([neuron.b for neuron in layer.neurons], b)]
        h = F.linear(h, W, b)
        h = h if i == len(model.layers) - 1 else SMOOTH[activation](h)
    outputs = model(inputs)
    check(outputs if isinstance(outputs, list) else [outputs], h, pairs)


@given(seeds, sizes, sizes)
def test_layers_without_a_bias(seed, nin, nout):
    rng = random.Random(seed)
    linear, conv = Linear(nin, nout, bias=False, rng=rng), Conv1d(nin, nout, 2, bias=False, rng=rng)
    x, xs = array(rng, nin), array(rng, nin, 3)
    inputs, t, W = values(x), tensor(x), tensor([data_of(neuron.w) for neuron in linear.neurons])
    ws = [neuron.w for neuron in linear.neurons]
    check(linear(inputs), F.linear(t, W), [(inputs, t), (ws, W)])
    inputs, t, W = values(xs), tensor(xs), tensor(data_of(conv.w))
    check(conv(inputs), F.conv1d(t[None], W)[0], [(inputs, t), (conv.w, W)])


@given(seeds, sizes, sizes, sizes, st.integers(1, 3), st.integers(0, 3), st.sampled_from([1, 2]))
def test_convolutions(seed, channels, filters, kernel, stride, padding, axes):
    rng = random.Random(seed)
    size = kernel if axes == 1 else (kernel, rng.randint(1, 3))
    made, theirs = (Conv1d, F.conv1d) if axes == 1 else (Conv2d, F.conv2d)
    layer = made(channels, filters, size, stride=stride, padding=padding, rng=rng)
    shaken(layer, rng)
    x = array(rng, channels, *(k + rng.randint(0, 2) for k in layer.kernel_size))
    inputs, t = values(x), tensor(x)
    W, b = tensor(data_of(layer.w)), tensor(data_of(layer.b))
    expected = theirs(t[None], W, b, stride=stride, padding=padding)[0]
    check(layer(inputs), expected, [(inputs, t), (layer.w, W), (layer.b, b)])


@given(seeds, sizes, sizes, st.integers(1, 3))
def test_maxout(seed, nin, nout, pieces):
    rng = random.Random(seed)
    layer = shaken(Maxout(nin, nout, pieces, rng=rng), rng)
    x = array(rng, nin)
    inputs, t = values(x), tensor(x)
    ws = [[neuron.w for neuron in piece.neurons] for piece in layer.pieces]
    bs = [[neuron.b for neuron in piece.neurons] for piece in layer.pieces]
    W, b = tensor(data_of(ws)), tensor(data_of(bs))
    check(layer(inputs), (W @ t + b).amax(dim=0), [(inputs, t), (ws, W), (bs, b)])


@given(seeds, sizes, sizes)
def test_a_sparse_layer(seed, nin, nout):
    rng = random.Random(seed)
    layer = shaken(SparseLinear(nin, nout, density=0.6, rng=rng), rng)
    dense = [[0.0] * nin for _ in range(nout)]
    for row, weights in zip(dense, layer.w):
        for j, w in weights.items():
            row[j] = w.data
    x = array(rng, nin)
    inputs, t, b = values(x), tensor(x), tensor(data_of(layer.b))
    check(layer(inputs), F.linear(t, tensor(dense), b), [(inputs, t), (layer.b, b)])


@given(seeds, sizes)
def test_dropout_between_layers(seed, n):
    rng = random.Random(seed)
    layer = Dropout(0.4, rng=rng)
    x = array(rng, n)
    mask = layer.mask(n)
    inputs, t = values(x), tensor(x)
    outputs = Sequential(lambda x: layer(x, mask), "tanh")(inputs)
    check(outputs, torch.tanh(t * torch.tensor(mask, dtype=torch.float64)), [(inputs, t)])


@given(seeds, st.integers(1, 5))
def test_squared_errors_and_penalties(seed, n):
    rng = random.Random(seed)
    x, y = array(rng, n), array(rng, n)
    target = torch.tensor(y, dtype=torch.float64)
    for ours, theirs in (
        (lambda p: losses.mean_squared_error(p, y), lambda t: F.mse_loss(t, target)),
        (
            lambda p: losses.half_squared_error(p, y),
            lambda t: F.mse_loss(t, target, reduction="sum") / 2,
        ),
        (lambda p: losses.huber(p, y), lambda t: F.huber_loss(t, target)),
        (lambda p: losses.huber(p, y, 0.3), lambda t: F.huber_loss(t, target, delta=0.3)),
        (losses.l1, lambda t: t.abs().sum()),
        (losses.l2, lambda t: t.pow(2).sum()),
    ):
        inputs, t = values(x), tensor(x)
        check([ours(inputs)], theirs(t), [(inputs, t)])


@given(seeds, st.integers(2, 5))
def test_cross_entropy(seed, n):
    rng = random.Random(seed)
    x, k = [3 * xi for xi in array(rng, n)], rng.randrange(n)
    parts = [rng.random() for _ in range(n)]
    soft = [part / sum(parts) for part in parts]
    for target, theirs in ((k, torch.tensor(k)), (soft, torch.tensor(soft, dtype=torch.float64))):
        inputs, t = values(x), tensor(x)
        check([losses.cross_entropy(inputs, target)], F.cross_entropy(t, theirs), [(inputs, t)])


@given(seeds, st.integers(2, 5), st.sampled_from([0.0, 0.1, 1.0]), st.booleans())
def test_cross_entropy_with_class_weights_and_label_smoothing(seed, n, smoothing, weighted):
    rng = random.Random(seed)
    x, k = [3 * xi for xi in array(rng, n)], rng.randrange(n)
    parts = [rng.random() for _ in range(n)]
    soft = [part / sum(parts) for part in parts]
    weight = [rng.uniform(0, 3) for _ in range(n)] if weighted else None
    theirs = {
        "weight": torch.tensor(weight, dtype=torch.float64) if weighted else None,
        "label_smoothing": smoothing,
        "reduction": "none",
    }
    for target, of_torch in ((k, torch.tensor(k)), (soft, torch.tensor(soft, dtype=torch.float64))):
        inputs, t = values(x), tensor(x)
        loss = losses.cross_entropy(inputs, target, weight=weight, label_smoothing=smoothing)
        check([loss], F.cross_entropy(t, of_torch, **theirs), [(inputs, t)])


@given(seeds, st.floats(0, 1))
def test_soft_labels(seed, label):
    logit = 3 * random.Random(seed).gauss(0, 1)
    for y, target in (
        (label, torch.tensor(label, dtype=torch.float64)),
        (Value(label), tensor(label)),
    ):
        value, t = Value(logit), tensor(logit)
        pairs = [([value], t), ([y], target)] if isinstance(y, Value) else [([value], t)]
        expected = F.binary_cross_entropy_with_logits(t, target)
        check([losses.binary_cross_entropy_with_logits(value, y)], expected, pairs)


@given(seeds, st.sampled_from([0, 1]))
def test_binary_losses(seed, label):
    rng = random.Random(seed)
    logit, probability = 3 * rng.gauss(0, 1), rng.uniform(0.01, 0.99)
    target = torch.tensor(float(label), dtype=torch.float64)
    for ours, theirs, x in (
        (
            losses.binary_cross_entropy_with_logits,
            F.binary_cross_entropy_with_logits,
            logit,
        ),
        (losses.negative_log_likelihood, F.binary_cross_entropy, probability),
    ):
        value, t = Value(x), tensor(x)
        check([ours(value, label)], theirs(t, target), [([value], t)])


@given(seeds, st.sampled_from([-1, 1]))
def test_margin_losses(seed, label):
    score = random.Random(seed).gauss(0, 2)
    for ours, margin in ((losses.hinge, 1.0), (losses.perceptron_cost, 0.0)):
        value, t = Value(score), tensor(score)
        check([ours(value, label)], torch.relu(margin - label * t), [([value], t)])
