"""ONNX files: what onnxruntime computes from them is what the model gives."""

import random
from functools import partial

import pytest

from autograd_mini import elu, exp, leaky_relu, log_softmax, softmax
from nn import MLP, Conv1d, Conv2d, Dropout, Linear, Maxout, Neuron, RandomFeatures, Sequential
from nn import flatten as flat
from nn.activations import ACTIVATIONS
from nn.sequential import Elementwise

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
from nn import to_onnx  # noqa: E402
from nn.exchange.steps import FUNCTIONS, OF_ALL  # noqa: E402

ELEMENTWISE = [name for name, f in FUNCTIONS.items() if f not in OF_ALL]


def run(path, x):
    """What onnxruntime gives for a batch, in the file's own dtype."""
    session = runtime.InferenceSession(path)
    [given] = session.get_inputs()
    dtype = {"tensor(float)": np.float32, "tensor(double)": np.float64}[given.type]
    return session.run(["y"], {"x": np.asarray(x, dtype)})[0]


def check(tmp_path, model, shape, dtype="float32"):
    """The outputs for batches of several sizes."""
    path = tmp_path / "model.onnx"
    to_onnx(path, model, dtype=dtype)
    onnx.checker.check_model(path, full_check=True)
    tolerance = {"float32": 2e-6, "float64": 1e-12}[dtype]
    rng = np.random.default_rng(0)
    for size in (1, 4):
        x = rng.uniform(0.1, 0.9, size=(size, *shape))
        y = run(path, x)
        expected = np.array([model.predict(row) for row in x.tolist()])
        assert y.dtype == dtype
        np.testing.assert_allclose(y.reshape(expected.shape), expected, tolerance, tolerance)
    return onnx.load(path).graph


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network(tmp_path, dtype):
    model = MLP(3, [5, 4, 2], activation="tanh", rng=random.Random(0))
    graph = check(tmp_path, model, (3,), dtype)
    assert [node.op_type for node in graph.node][:3] == ["Gemm", "Tanh", "Gemm"]
    names = {x.name for x in graph.initializer}
    assert {"layers.0.weight", "layers.2.bias"} <= names
    sizes = [
        [d.dim_param or d.dim_value for d in end.type.tensor_type.shape.dim]
        for end in (graph.input[0], graph.output[0])
    ]
    assert sizes == [["batch", 3], ["batch", 2]]


def test_one_output_is_an_axis(tmp_path):
    for model in (MLP(2, [3, 1], rng=random.Random(0)), Neuron(2, rng=random.Random(0))):
        check(tmp_path, model, (2,))
        assert run(tmp_path / "model.onnx", np.ones((5, 2))).shape == (5, 1)


@pytest.mark.parametrize("name", [*ELEMENTWISE, "step"])
def test_every_function_of_an_element(tmp_path, name):
    rng = random.Random(0)
    f = FUNCTIONS.get(name, ACTIVATIONS.get(name))
    before = [Elementwise(exp)] if name == "acosh" else []  # defined from 1 on; others in (0, 1)
    check(tmp_path, Sequential("sigmoid", *before, Elementwise(f), Linear(3, 2, rng=rng)), (3,))
    if name in ACTIVATIONS:
        check(tmp_path, MLP(3, [6, 2], activation=name, rng=rng), (3,))


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "sign", "step", "linear"])
def test_activations_that_onnxruntime_has_in_float64(tmp_path, name):
    check(tmp_path, MLP(3, [6, 2], activation=name, rng=random.Random(0)), (3,), "float64")


@pytest.mark.parametrize("f", [partial(leaky_relu, slope=0.3), partial(elu, alpha=1.5)])
def test_settings_of_an_activation(tmp_path, f):
    check(tmp_path, MLP(3, [6, 2], activation=f, rng=random.Random(0)), (3,))


@pytest.mark.parametrize("f", [softmax, log_softmax])
def test_functions_of_all(tmp_path, f):
    for dtype in ("float32", "float64"):
        check(tmp_path, Sequential(Linear(3, 4, rng=random.Random(0)), f), (3,), dtype)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_convolutions(tmp_path, stride, padding, bias):
    options = {"stride": stride, "padding": padding, "bias": bias, "rng": random.Random(0)}
    line = Sequential(Conv1d(2, 3, 3, activation="tanh", **options))
    check(tmp_path, line, (2, 7))
    graph = check(tmp_path, Conv2d(2, 3, (2, 3), activation="gelu", **options), (2, 6, 5))
    sizes = [d.dim_param or d.dim_value for d in graph.input[0].type.tensor_type.shape.dim]
    assert sizes == ["batch", 2, "height", "width"]


def test_a_convolutional_network(tmp_path):
    rng = random.Random(0)
    layers = Conv2d(1, 2, 3, padding=1, rng=rng), "relu", flat, Dropout(0.5), Linear(32, 3, rng=rng)
    check(tmp_path, Sequential(*layers, softmax), (1, 4, 4))


def test_where_the_model_does_not_say_the_sizes(tmp_path):
    check(tmp_path, Sequential(flat, Linear(6, 2, rng=random.Random(0))), (6,))  # flat already
    check(tmp_path, Sequential("tanh"), (3,))
    check(tmp_path, Sequential("linear"), (3,))


def test_random_features(tmp_path):
    rng = random.Random(0)
    cosine = RandomFeatures(3, 4, activation=FUNCTIONS["cos"], rng=rng)
    check(tmp_path, Sequential(cosine, Linear(4, 2, rng=rng)), (3,))


def test_a_layer_may_occur_once_only_and_has_to_be_known(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_text("old")
    with pytest.raises(TypeError, match=r"^layers\.1 is or uses Maxout"):
        to_onnx(path, Sequential(Linear(2, 2), Maxout(2, 2)))
    layer = Linear(2, 2)
    with pytest.raises(ValueError, match="used twice"):
        to_onnx(path, Sequential(layer, layer))
    with pytest.raises(ValueError, match="'float32' or 'float64', got 'int8'"):
        to_onnx(path, layer, dtype="int8")
    assert path.read_text() == "old"
