"""Checkpoints: floats survive exactly, training goes on exactly, damage changes nothing."""

import json
import math
import random
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd_mini import AutogradError, Value
from nn import MLP, Linear, Module, RandomFeatures, Sequential, fit, load, save
from nn.checkpoints import ModelError
from nn.classifier import Classifier
from nn.losses import cross_entropy
from nn.optimizers import SGD, Adam, AdamW

finite = st.floats(allow_nan=False, allow_infinity=False)
one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
DATA = [([0.5, -1.0], 0), ([1.5, 0.25], 1), ([-0.75, 0.5], 0), ([0.1, 0.9], 1), ([2.0, 2.0], 0)]
MADE = {
    "SGD": lambda ps: SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda ps: Adam(ps, lr=0.05, weight_decay=0.01),
    "AdamW": lambda ps: AdamW(ps, lr=0.05),
}


def network(seed=0):
    return MLP(2, [3, 2], activation="tanh", rng=random.Random(seed))


def bits(numbers):
    return [float(x).hex() for x in numbers]


class Numbers(Module):
    def __init__(self, numbers):
        self.w = [Value(x) for x in numbers]


@one_folder
@given(numbers=st.lists(finite, min_size=1, max_size=5))
def test_floats_survive_to_the_last_bit(tmp_path, numbers):
    edges = [-0.0, 5e-324, -2.2e-308, sys.float_info.max, 0.1]
    save(tmp_path / "m.json", Numbers(numbers + edges))
    loaded = Numbers([1.0] * (len(numbers) + len(edges)))
    load(tmp_path / "m.json", loaded)
    assert bits(w.data for w in loaded.w) == bits(numbers + edges)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("batch_size", [None, 2])
def test_resumed_training_is_uninterrupted_training_bit_for_bit(tmp_path, name, batch_size):
    def train(model, optimizer, epochs, rng):
        fit(
            model,
            cross_entropy,
            DATA,
            optimizer=optimizer,
            epochs=epochs,
            batch_size=batch_size,
            rng=rng,
        )

    whole, rng = network(), random.Random(5)
    optimizer = MADE[name](whole.parameters())
    train(whole, optimizer, 7, rng)

    first, rng = network(), random.Random(5)
    start = MADE[name](first.parameters())
    train(first, start, 3, rng)
    save(tmp_path / "half.json", first, start)
    second = network(seed=9)
    resumed = MADE[name](second.parameters())
    load(tmp_path / "half.json", second, resumed)
    train(second, resumed, 4, rng)

    assert bits(second.state_dict().values()) == bits(whole.state_dict().values())
    assert resumed.state_dict() == optimizer.state_dict()


def test_frozen_parameters_are_saved_and_the_optimizer_may_be_left_out(tmp_path):
    path = tmp_path / "m.json"
    model = Sequential(RandomFeatures(2, 3), Linear(3, 1))
    save(path, model, Adam(model.parameters()))
    other = Sequential(RandomFeatures(2, 3), Linear(3, 1))
    load(path, other)
    assert other.state_dict() == model.state_dict()


def test_the_file_is_json_to_read(tmp_path):
    path = tmp_path / "m.json"
    model = Linear(1, 1)
    save(str(path), model, SGD(model.parameters(), lr=0.5))
    assert json.loads(path.read_text()) == {
        "format": "autograd-mini model",
        "version": 2,
        "parameters": model.state_dict(),
        "optimizer": {
            "name": "SGD",
            "lr": 0.5,
            "momentum": 0.0,
            "nesterov": False,
            "weight_decay": 0.0,
            "velocity": None,
        },
    }


# -- files of the first version, written before there was one format -----------------------------

OLD = Path(__file__).parent / "data"


def test_an_old_checkpoint_is_loaded_and_training_goes_on():
    path = OLD / "checkpoint_version_1.json"
    written = json.loads(path.read_text())
    model = MLP(2, [2, 2], activation="tanh", rng=random.Random(9))
    optimizer = Adam(model.parameters())
    load(path, model, optimizer)
    assert written["format"] == "autograd-mini checkpoint"
    assert model.state_dict() == written["parameters"]
    assert {"name": "Adam", **optimizer.state_dict()} == written["optimizer"]
    assert model.predict([0.5, -1.0]) == pytest.approx([-0.018726777453238606, -0.6794879262715088])
    fit(model, cross_entropy, DATA, optimizer=optimizer, epochs=1)
    assert optimizer.steps == 4


def test_the_network_of_a_classifier_is_loaded_too(tmp_path):
    path = OLD / "classifier_version_1.json"
    model = MLP(2, [2, 2])
    load(path, model)
    assert model.state_dict() == json.loads(path.read_text())["parameters"]
    (tmp_path / "new.json").write_text(Classifier.load(path).to_json())
    again = MLP(2, [2, 2])
    load(tmp_path / "new.json", again)
    assert again.state_dict() == model.state_dict()


def test_the_old_name_of_the_error_works_and_warns():
    with pytest.warns(
        DeprecationWarning, match=r"CheckpointError is now nn.checkpoints.ModelError"
    ):
        from nn.checkpoints import CheckpointError
    assert CheckpointError is ModelError


# -- what cannot be saved -----------------------------------------------------------------------


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused_by_name_and_the_old_file_stays(tmp_path, number):
    path = tmp_path / "m.json"
    model = network()
    optimizer = Adam(model.parameters())
    optimizer.step()
    save(path, model, optimizer)
    before = path.read_bytes()
    optimizer.squares[3] = number
    with pytest.raises(ModelError, match=rf"m.json: optimizer.squares\[3\] is {number}"):
        save(path, model, optimizer)
    model.layers[1].neurons[0].b.data = number
    with pytest.raises(ModelError, match=r"m.json: parameters.layers.1.neurons.0.b is "):
        save(path, model)
    optimizer.param_groups[0]["lr"] = number
    with pytest.raises(ModelError, match=r"m\.json: "):
        save(path, Linear(1, 1), optimizer)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["m.json"], "nothing half-written beside it"


def test_a_failure_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m.json"
    save(path, Linear(1, 1))
    before = path.read_bytes()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        save(path, Linear(2, 2))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["m.json"]


# -- what cannot be loaded ----------------------------------------------------------------------


def trained(seed=0):
    model = network(seed)
    optimizer = Adam(model.parameters(), lr=0.1)
    fit(model, cross_entropy, DATA, optimizer=optimizer, epochs=2, rng=random.Random(seed))
    return model, optimizer


def refused(path, model, optimizer):
    """The message of load(); nothing has been changed."""
    before = model.state_dict(), optimizer.state_dict()
    with pytest.raises(ModelError) as caught:
        load(path, model, optimizer)
    assert (model.state_dict(), optimizer.state_dict()) == before
    assert isinstance(caught.value, (AutogradError, ValueError))
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("place", "entry", "told"),
    [
        (["format"], "other", "this is not a model file of autograd-mini"),
        (["format"], None, "this is not a model file of autograd-mini"),
        (["version"], 3, "'version' is 3, expected 2 by this release"),
        (["parameters"], [], "'parameters' is missing, or not a table"),
        (["parameters", "layers.0.neurons.1.w.0"], "1", "parameters.layers.0.neurons.1.w.0 is '1'"),
        (["parameters", "layers.0.neurons.1.b"], None, "parameters.layers.0.neurons.1.b is None"),
        (["parameters", "layers.0.neurons.1.b"], True, "parameters.layers.0.neurons.1.b is True"),
        (["parameters", "layers.0.neurons.1.b"], [1.0], "neurons.1.b is [1.0], expected a finite"),
        (["parameters", "layers.0.neurons.1.b"], math.inf, "neurons.1.b is inf, expected a finite"),
        (["parameters", "layers.0.neurons.1.b"], 10**400, "neurons.1.b is 1000"),
        (["parameters", "extra"], 1.0, "does not fit MLP: 0 missing [], 1 unknown ['extra']"),
        (["optimizer"], None, "'optimizer' is missing, or not a table"),
        (["optimizer", "name"], "SGD", "'optimizer.name' is 'SGD', expected Adam"),
        (["optimizer", "lr"], "0.1", "Adam lr: expected a number, got the string"),
        (["optimizer", "steps"], -1, "steps: expected a whole number of"),
        (
            ["optimizer", "betas"],
            [0.9, 2],
            "Adam betas: expected a number in [0, 1)",
        ),
        (["optimizer", "means", 3], "x", "means[3] is 'x', expected a finite"),
        (
            ["optimizer", "squares", 0],
            -1.0,
            "squares[0]: expected a number in [0, inf)",
        ),
        (["optimizer", "means"], [1.0], "means has 1 entries, expected"),
        (["optimizer", "extra"], 1.0, "the state does not fit Adam: expected lr"),
    ],
)
def test_a_damaged_entry_is_named_and_nothing_is_changed(tmp_path, place, entry, told):
    path = tmp_path / "m.json"
    save(path, *trained())
    state = json.loads(path.read_text())
    part = state
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = entry
    path.write_text(json.dumps(state))
    assert told in refused(path, *trained(seed=1))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"", "this is not a JSON file"),
        (b"\xff\xfe\x00", "this is not a JSON file"),
        (b"[" * 100_000, "this is not a JSON file"),
        (b"null", "this is not a model file of autograd-mini"),
        (b"[1, 2]", "this is not a model file of autograd-mini"),
        (b'{"format": ["autograd-mini model"]}', "this is not a model file of autograd-mini"),
        (b'{"format": "autograd-mini model"}', "'version' is None, expected 2 by this release"),
        (b'{"format": "autograd-mini checkpoint", "version": 2}', "expected 1 by this release"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path, content, told):
    path = tmp_path / "m.json"
    if content is not None:
        path.write_bytes(content)
    assert told in refused(path, *trained())


def test_a_checkpoint_of_another_shape_or_without_an_optimizer_is_refused(tmp_path):
    path = tmp_path / "m.json"
    save(path, MLP(2, [4, 2]))
    assert "does not fit MLP" in refused(path, *trained())
    save(path, network())
    assert "'optimizer' is missing" in refused(path, *trained())


KEYS = ["format", "version", "parameters", "optimizer", "means", "steps", "betas", "name"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=6,
)


def parts_of(part, path=()):
    """Every path into nested tables and lists."""
    yield path
    entries = part.items() if isinstance(part, dict) else enumerate(part)
    for key, entry in entries:
        if isinstance(entry, (dict, list)):
            yield from parts_of(entry, (*path, key))
        else:
            yield (*path, key)


@one_folder
@given(data=st.data())
def test_whatever_stands_in_the_file_it_is_loaded_or_refused_whole(tmp_path, data):
    path = tmp_path / "m.json"
    save(path, *trained())
    state = json.loads(path.read_text())
    place = data.draw(st.sampled_from([place for place in parts_of(state) if place]))
    part = state
    for key in place[:-1]:
        part = part[key]
    if data.draw(st.booleans()):
        part[place[-1]] = data.draw(anything)
    else:
        del part[place[-1]]
    path.write_text(json.dumps(state))
    loads_or_refuses(path)


@one_folder
@given(cut=st.integers(0, 3000), byte=st.integers(0, 255), truncate=st.booleans())
def test_a_cut_or_flipped_file_is_loaded_or_refused_whole(tmp_path, cut, byte, truncate):
    path = tmp_path / "m.json"
    save(path, *trained())
    content = bytearray(path.read_bytes())
    cut %= len(content)
    if truncate:
        del content[cut:]
    else:
        content[cut] = byte
    path.write_bytes(bytes(content))
    loads_or_refuses(path)


def loads_or_refuses(path):
    model, optimizer = trained(seed=1)
    try:
        load(path, model, optimizer)
    except ModelError:
        refused(path, model, optimizer)
    else:  # what was loaded can be trained and saved
        fit(model, cross_entropy, DATA, optimizer=optimizer, epochs=1)
        assert all(map(math.isfinite, model.state_dict().values()))


def test_ctrl_c_while_loading_changes_nothing(tmp_path, monkeypatch):
    path = tmp_path / "m.json"
    save(path, *trained())
    model, optimizer = trained(seed=1)
    before = model.state_dict(), optimizer.state_dict()

    def interrupt(state):
        raise KeyboardInterrupt

    monkeypatch.setattr(optimizer, "load_state_dict", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load(path, model, optimizer)
    assert (model.state_dict(), optimizer.state_dict()) == before
