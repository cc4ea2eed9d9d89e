"""Model files of safetensors: they hold what the JSON ones hold, and other programs read them."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd_mini import Value
from nn import Conv2d, Linear, Module, Sequential, SparseLinear, flatten, load, save
from nn.checkpoints import ModelError
from nn.optimizers import Adam

np = pytest.importorskip("numpy")
safetensors = pytest.importorskip("safetensors")
tensors = pytest.importorskip("safetensors.numpy")
one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
finite = st.floats(allow_nan=False, allow_infinity=False)


def network(seed=0):
    rng = random.Random(seed)
    sparse = SparseLinear(3, 2, connections=[(0, 0), (0, 2), (1, 1)], rng=rng)
    return Sequential(Conv2d(1, 2, 3, padding=1, rng=rng), flatten, Linear(8, 3, rng=rng), sparse)


def trained(seed=0):
    model = network(seed)
    adam = Adam(model.parameters(), lr=0.01 * (1 + seed))
    for i, p in enumerate(model.parameters()):
        p.grad = 0.1 * i
    adam.step()
    return model, adam


class Tree(Module):
    def __init__(self, tree):
        self.w1 = tree


def test_a_model_and_an_optimizer_survive_exactly(tmp_path):
    path = tmp_path / "model.safetensors"
    model, adam = trained()
    save(path, model, adam)
    other, its = trained(seed=1)
    load(path, other, its)
    assert other.state_dict() == model.state_dict()
    assert its.state_dict() == adam.state_dict()


trees = st.recursive(
    finite.map(Value),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(st.sampled_from(["a", "w2", 0, 1, 10]), inner, min_size=1, max_size=3),
    ),
    max_leaves=12,
)


@one_folder
@given(tree=trees)
def test_any_structure_of_parameters_survives_to_the_last_bit(tmp_path, tree):
    path, model = tmp_path / "m.safetensors", Tree(tree)
    expected = {name: x.hex() for name, x in model.state_dict().items()}
    save(path, model)
    for p in model.parameters():
        p.data = 0.5
    load(path, model)
    assert {name: x.hex() for name, x in model.state_dict().items()} == expected


def test_lists_are_arrays_of_float64_by_their_path(tmp_path):
    model = network()
    save(tmp_path / "m.safetensors", model)
    arrays = tensors.load_file(tmp_path / "m.safetensors")
    assert {x.dtype for x in arrays.values()} == {np.dtype("float64")}
    assert arrays["layers.0.w"].shape == (2, 1, 3, 3)
    assert arrays["layers.2.neurons.1.w"].tolist() == [w.data for w in model.layers[2].neurons[1].w]
    assert arrays["layers.2.neurons.1.b"].shape == ()
    assert {"layers.3.w.0.0", "layers.3.w.0.2", "layers.3.w.1.1"} < arrays.keys()


def test_a_file_that_another_program_wrote(tmp_path):
    path, model = tmp_path / "m.safetensors", Linear(2, 1)
    w, b = np.array([0.5, 2.0], np.float32), np.array(3)
    tensors.save_file({"neurons.0.w": w, "neurons.0.b": b}, path, {"format": "pt"})
    load(path, model)
    assert model.predict([1.0, 1.0]) == [5.5]


def refused(path, message, optimizer=False):
    model, adam = trained(seed=1)
    before = model.state_dict(), adam.state_dict()
    with pytest.raises(ModelError, match=message) as caught:
        load(path, model, adam if optimizer else None)
    assert str(caught.value).startswith(f"{path}: ")
    assert (model.state_dict(), adam.state_dict()) == before


def test_what_does_not_fit_is_refused_whole(tmp_path):
    path = tmp_path / "m.safetensors"
    refused(path, "No such file")
    path.write_bytes(b'{"format": "autograd-mini model"}')
    refused(path, "this is not a safetensors file")
    save(path, Linear(2, 1))
    refused(path, "52 missing.* unknown")
    save(path, network())
    refused(path, "'optimizer' is missing", optimizer=True)
    arrays = tensors.load_file(path)
    tensors.save_file(arrays, path, {"autograd-mini model": '{"format": "autograd-mini model"}'})
    refused(path, "'version' is None, expected 2")
    tensors.save_file(arrays, path, {"autograd-mini model": "{"})
    refused(path, "this is not a safetensors file")
    tensors.save_file(arrays | {"layers.3.b": np.array([1.0, np.nan])}, path)
    refused(path, r"parameters\.layers\.3\.b\.1 is nan, expected a finite number")
    header = b'{"w":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}'  # a complex number
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    refused(path, "this is not a safetensors file")


@one_folder
@given(cut=st.integers(0, 3000), byte=st.integers(0, 255), truncate=st.booleans())
def test_a_cut_or_flipped_file_is_loaded_or_refused_whole(tmp_path, cut, byte, truncate):
    path = tmp_path / "m.safetensors"
    save(path, *trained())
    content = bytearray(path.read_bytes())
    cut %= len(content)
    content[cut:] = b"" if truncate else bytes([byte]) + content[cut + 1 :]
    path.write_bytes(bytes(content))
    model, adam = trained(seed=1)
    before = model.state_dict(), adam.state_dict()
    try:
        load(path, model, adam)
    except ModelError:
        assert (model.state_dict(), adam.state_dict()) == before


def test_nan_is_not_saved_and_the_old_file_stays(tmp_path):
    path, model = tmp_path / "m.safetensors", Linear(2, 1)
    save(path, model)
    before = path.read_bytes()
    model.neurons[0].w[1].data = float("nan")
    with pytest.raises(ModelError, match=r"parameters\.neurons\.0\.w\.1 is nan"):
        save(path, model)
    assert path.read_bytes() == before
