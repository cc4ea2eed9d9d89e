"""The classifier behind the command line, and the file it is kept in."""

import copy
import json
import math
import random
import re
import statistics
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nn import save
from nn.classifier import Classifier, ModelError, Settings, goodness, prepare, train
from nn.data import Dataset, Standardizer

FUZZ = settings(max_examples=200)
finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("models") / "model.json"


def blobs(n=8, seed=0):
    """Three clouds of points in the plane, far apart."""
    rng = random.Random(seed)
    centres = [(0.0, 0.0), (4.0, 0.0), (0.0, 4.0)]
    labels = [k for k in range(3) for _ in range(n)]
    rows = [[c + rng.gauss(0, 0.5) for c in centres[k]] for k in labels]
    return Dataset(["width", "height"], ["here", "right", "above"], rows, labels)


def untrained(hidden=(3,), activation="tanh", seed=0):
    return Classifier.fresh(blobs(), list(hidden), activation, random.Random(seed))


def kept(classifier, path):
    """What comes back from the file."""
    path.write_text(classifier.to_json(), encoding="utf-8")
    return Classifier.load(path)


def parts(classifier):
    return (*classifier[:-1], classifier.model.state_dict())


VALID = json.loads(untrained().to_json())


# -- classifying --------------------------------------------------------------------------------


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=2), st.integers(0, 99))
def test_probabilities_are_the_softmax_of_the_scores_of_the_standardised_row(row, seed):
    classifier = untrained(seed=seed)
    z = [(x - m) / d for x, m, d in zip(row, classifier.scale.means, classifier.scale.deviations)]
    scores = [y.data for y in classifier.model(z)]
    total = math.fsum(map(math.exp, scores))
    found = classifier.probabilities(row)
    assert found == pytest.approx([math.exp(s) / total for s in scores])
    assert math.fsum(found) == pytest.approx(1)
    assert classifier.classify(row) == classifier.classes[found.index(max(found))]


def test_accuracy_is_the_share_of_rows_given_their_own_class():
    classifier, data = untrained(), blobs()
    right = [classifier.classify(r) == data.classes[k] for r, k in zip(data.rows, data.labels)]
    assert classifier.accuracy(data) == sum(right) / len(right)
    said = [data.classes.index(classifier.classify(row)) for row in data.rows]
    assert classifier.accuracy(data._replace(labels=said)) == 1.0


def test_examples_are_standardised_rows_and_labels():
    classifier, data = untrained(), blobs()
    for (x, label), row, k in zip(classifier.examples(data), data.rows, data.labels, strict=True):
        assert (x, label) == (classifier.scale(row), k)


# -- training -----------------------------------------------------------------------------------

QUICK = Settings(hidden=[4], epochs=8, seed=3)


def run(data, chosen, progress=None):
    start, rng = prepare(data, chosen)
    return train(start, chosen, rng, progress)


def test_training_learns_what_can_be_learned():
    done = run(blobs(), QUICK)
    assert done.history.epochs[-1].loss < done.history.epochs[0].loss / 2
    assert done.predictor.accuracy(done.training_part) == 1.0
    assert done.predictor.accuracy(done.test_part) == 1.0


def test_the_seed_decides_the_run_and_another_makes_another():
    first, second, other = (run(blobs(), QUICK._replace(seed=seed)) for seed in (3, 3, 4))
    assert parts(first.predictor) == parts(second.predictor)
    assert first.history == second.history
    assert (first.training_part, first.test_part) == (second.training_part, second.test_part)
    assert parts(first.predictor) != parts(other.predictor)
    assert first.test_part != other.test_part


def test_nothing_of_the_test_part_reaches_the_training():
    # the scale is fitted to the training part alone, and what the test part holds changes nothing
    data = blobs()
    start, rng = prepare(data, QUICK)
    assert start.predictor.scale == Standardizer.of(start.training_part.rows)
    held_out = [row for row in data.rows if row in start.test_part.rows]
    assert held_out
    assert len(held_out) + len(start.training_part.rows) == len(data.rows)
    other = start.test_part._replace(rows=[[99.0, -99.0] for _ in held_out])
    state = rng.getstate()
    done = train(start, QUICK, rng)
    again, _ = prepare(data, QUICK)
    rng.setstate(state)
    changed = train(again._replace(test_part=other), QUICK, rng)
    assert parts(changed.predictor) == parts(done.predictor)


def test_each_epoch_is_told_with_the_accuracies_of_both_parts():
    told = []
    done = run(blobs(), QUICK, told.append)
    assert told == done.history.epochs
    assert [epoch.number for epoch in told] == list(range(1, 9))
    assert told[-1].validation["accuracy"] == done.predictor.accuracy(done.test_part)
    assert all(0 <= epoch.metrics["accuracy"] <= 1 for epoch in told)


def test_the_two_accuracies_of_an_epoch_are_not_mixed_up():
    start, rng = prepare(blobs(), QUICK)
    wrong = start.test_part._replace(labels=[(k + 1) % 3 for k in start.test_part.labels])
    last = train(start._replace(test_part=wrong), QUICK, rng).history.epochs[-1]
    assert (last.metrics["accuracy"], last.validation["accuracy"]) == (1.0, 0.0)


def test_no_hidden_layer_is_softmax_regression():
    done = run(blobs(), QUICK._replace(hidden=[]))
    assert len(done.predictor.model.layers) == 1
    assert done.predictor.accuracy(done.test_part) == 1.0


# -- regression ---------------------------------------------------------------------------------


def line(n=20, seed=0):
    """Points with a number that is linear in their coordinates, far from 0 and of a large scale."""
    rng = random.Random(seed)
    rows = [[rng.uniform(0, 10), rng.uniform(-1, 1)] for _ in range(n)]
    return Dataset(["x", "z"], [], rows, [5000 + 300 * x - 800 * z for x, z in rows])


def test_regression_learns_a_line_whatever_its_scale():
    done = run(line(), QUICK._replace(hidden=[], epochs=60, weight_decay=0.0))
    for row, y in zip(done.test_part.rows, done.test_part.labels):
        assert done.predictor.answer(row) == pytest.approx(y, rel=1e-3)
    assert done.history.epochs[-1].metrics == {}
    assert "R2 1.000 of 6" in done.predictor.report(done.test_part)


def test_a_number_is_predicted_in_the_units_of_the_targets():
    start, _ = prepare(line(), QUICK)
    for (x, z), row, y in zip(
        start.predictor.examples(start.test_part), start.test_part.rows, start.test_part.labels
    ):
        targets = start.training_part.labels
        mean, deviation = statistics.fmean(targets), statistics.pstdev(targets)
        assert z == pytest.approx((y - mean) / deviation)
        output = start.predictor.model(x).data
        assert start.predictor.answer(row) == pytest.approx(mean + deviation * output)
        assert start.predictor.loss(output, z) == pytest.approx((output - z) ** 2 / 2)


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=2, max_size=9))
def test_r2_is_what_is_left_of_the_variance(pairs):
    predictions, targets = zip(*pairs)
    assume(statistics.pvariance(targets) > 1e-3)
    error = statistics.fmean((p - y) ** 2 for p, y in pairs)
    r2 = 1 - error / statistics.pvariance(targets)
    found = re.fullmatch(r"squared error (\S+), R2 (\S+) of (\d+)", goodness(predictions, targets))
    assert float(found[1]) == pytest.approx(error, rel=1e-3)
    assert float(found[2]) == pytest.approx(r2, abs=1e-3, rel=1e-6)
    assert int(found[3]) == len(pairs)
    assert goodness(targets, targets) == f"squared error 0, R2 1.000 of {len(pairs)}"


def test_a_regression_survives_its_file(path):
    done = run(line(), QUICK)
    again = kept(done.predictor, path)
    assert again.to_json() == done.predictor.to_json()
    assert json.loads(again.to_json())["kind"] == "regression"
    for row in line(seed=9).rows:
        assert again.answer(row) == done.predictor.answer(row)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s.pop("kind"), "kind is 'classification', expected regression"),
        (lambda s: s.update(kind="other"), "kind is 'other', expected regression"),
        (lambda s: s.update(classes=["a", "b"]), "kind is 'regression', expected classification"),
        (lambda s: s.pop("target_means"), "target_means has 0 entries, expected 1"),
        (lambda s: s.update(target_means=["1"]), r"target_means\[0\] is '1'"),
        (lambda s: s.update(target_deviations=[0.0]), r"target_deviations\[0\] is 0.0"),
        (lambda s: s.update(missing="zero"), "missing is 'zero', expected drop or mean"),
        (lambda s: s.update(missing=[]), r"missing is \[\], expected drop or mean"),
        (lambda s: s.update(target=3), "target is 3, expected text"),
        (lambda s: s.update(one_hot=[]), "'one_hot' is missing, or not a table"),
        (lambda s: s.update(one_hot={"x": [1]}), r"one_hot.x\[0\] is 1, expected text"),
        (lambda s: s.update(one_hot={"x": ["u", "v"]}), "means has 2 entries, expected 3"),
    ],
)
def test_a_damaged_coding_is_a_model_error_that_names_the_entry(path, change, told):
    state = json.loads(prepare(line(), QUICK)[0].predictor.to_json())
    change(state)
    with pytest.raises(ModelError, match=told):
        load(path, state)


# -- the file -----------------------------------------------------------------------------------


@given(
    st.lists(st.integers(1, 3), max_size=2),
    st.sampled_from(["tanh", "relu", "linear", "gelu"]),
    st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2),
    st.randoms(use_true_random=False),
    st.floats(min_value=5e-324, max_value=1e299),
    st.floats(-1e299, 1e299),
)
def test_a_classifier_survives_its_file_exactly(path, hidden, activation, names, rng, d, number):
    classifier = untrained(hidden, activation)
    classifier = classifier._replace(
        coding=classifier.coding._replace(columns=names, classes=[*names, "third"]),
        scale=Standardizer([number, 0.1], [d, 1.0]),
    )
    for p in classifier.model.parameters():
        p.data = rng.choice([number, -number, d, 0.1, -0.0, 5e-324])
    again = kept(classifier, path)
    assert parts(again) == parts(classifier)
    assert again.to_json() == classifier.to_json()
    assert repr(again.model) == repr(classifier.model)
    assert [type(p.data) for p in again.model.parameters()] == [float] * len(
        again.model.parameters()
    )


@pytest.mark.parametrize("number", [1e300, -1.7976931348623157e308])
def test_any_finite_number_survives_the_file(path, number):
    classifier = untrained()._replace(scale=Standardizer([number, 0.0], [abs(number), 1.0]))
    classifier.model.parameters()[0].data = number
    assert parts(kept(classifier, path)) == parts(classifier)


def test_what_was_trained_answers_the_same_after_loading(path):
    done = run(blobs(), QUICK)
    again = kept(done.predictor, path)
    for row in blobs(seed=9).rows:
        assert again.probabilities(row) == done.predictor.probabilities(row)
        assert again.classify(row) == done.predictor.classify(row)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_have_are_never_written(number):
    classifier = untrained()
    classifier.model.parameters()[-1].data = number
    told = f"parameters.layers.1.neurons.2.b is {number}, expected a finite number"
    with pytest.raises(ValueError, match=told):
        classifier.to_json()


def load(path, state):
    path.write_text(state if isinstance(state, str) else json.dumps(state), encoding="utf-8")
    return Classifier.load(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s.pop("format"), "not a model file of autograd-mini"),
        (lambda s: s.update(format="another"), "not a model file of autograd-mini"),
        (lambda s: s.pop("version"), "'version' is None"),
        (lambda s: s.update(version=3), "'version' is 3"),
        (lambda s: s.pop("columns"), "'columns' is missing"),
        (lambda s: s.update(columns=[]), "means has 2 entries, expected 0"),
        (lambda s: s.update(columns=["a"]), "means has 2 entries, expected 1"),
        (lambda s: s.update(columns=["a", 1]), r"columns\[1\] is 1, expected text"),
        (lambda s: s.pop("classes"), "'classes' is missing"),
        (lambda s: s.update(classes=["one"]), "'classes' two or more"),
        (lambda s: s.update(classes="two"), "classes is 'two', expected a list"),
        (lambda s: s["means"].pop(), "means has 1 entries, expected 2"),
        (lambda s: s["means"].__setitem__(1, None), r"means\[1\] is None"),
        (lambda s: s["means"].__setitem__(1, True), r"means\[1\] is True"),
        (lambda s: s["means"].__setitem__(1, math.nan), r"means\[1\] is nan"),
        (
            lambda s: s["deviations"].__setitem__(0, 0.0),
            r"deviations\[0\] is 0\.0, expected a number above 0",
        ),
        (lambda s: s["deviations"].__setitem__(0, -1.0), r"deviations\[0\] is -1\.0"),
        (lambda s: s["deviations"].__setitem__(0, math.inf), r"deviations\[0\] is inf"),
        (
            lambda s: s.update(hidden=[3.0]),
            r"hidden\[0\] is 3.0, expected a size from 1 to 100,000",
        ),
        (lambda s: s.update(hidden=[0]), r"hidden\[0\] is 0, expected a size"),
        (lambda s: s.update(hidden=[-3]), r"hidden\[0\] is -3"),
        (lambda s: s.update(hidden=[10**30]), r"hidden\[0\] is 1000"),
        (lambda s: s.update(hidden=[4]), "'parameters' has 21 entries; .* have 27"),
        (lambda s: s.update(hidden=[99_999] * 99), "'parameters' has 21 entries"),
        (lambda s: s.update(activation="rleu"), "unknown activation 'rleu'"),
        (lambda s: s.update(activation=None), "activation is None, expected text"),
        (lambda s: s.update(parameters=[1.0]), "'parameters' is missing, or not a table"),
        (lambda s: s["parameters"].popitem(), "'parameters' has 20 entries; .* have 21"),
        (lambda s: s["parameters"].update(extra=1.0), "'parameters' has 22 entries"),
        (lambda s: s["parameters"].update({"layers.1.neurons.2.b": "1"}), "neurons.2.b is '1'"),
        (
            lambda s: s["parameters"].update({"layers.1.neurons.2.b": math.inf}),
            "is inf, expected a finite",
        ),
        (
            lambda s: s["parameters"].update({"layers.1.neurons.2.b": 10**400}),
            "expected a finite number",
        ),
        (
            lambda s: s["parameters"].update(other=s["parameters"].pop("layers.1.neurons.2.b")),
            "1 missing .*layers.1.neurons.2.b.* 1 unknown .*other",
        ),
    ],
)
def test_a_damaged_file_is_a_model_error_that_names_the_entry(path, change, told):
    state = copy.deepcopy(VALID)
    change(state)
    with pytest.raises(ModelError, match=told) as info:
        load(path, state)
    assert str(info.value).startswith(f"{path}: ")


def test_a_classifier_of_the_first_version_is_loaded():
    """It was written by the release before, with these probabilities."""
    path = Path(__file__).parent / "data" / "classifier_version_1.json"
    written = json.loads(path.read_text())
    classifier = Classifier.load(path)
    new = json.loads(classifier.to_json())
    assert (written["format"], written["version"]) == ("autograd-mini classifier", 1)
    assert (new.pop("format"), new.pop("version")) == ("autograd-mini model", 2)
    assert {k: v for k, v in new.items() if k not in ADDED} == {
        k: v for k, v in written.items() if k not in ("format", "version")
    }
    for row, p in [([0.0, 0.0], 0.7878037918294055), ([4.0, 0.0], 0.7343926668651309)]:
        assert classifier.probabilities(row) == pytest.approx([p, 1 - p])


def test_a_model_that_is_not_a_classifier_is_refused(path):
    save(path, untrained().model)
    with pytest.raises(ModelError, match=r"'columns' is missing; .* writes predictors"):
        Classifier.load(path)


def test_an_activation_that_no_layer_uses_must_exist_all_the_same(path):
    state = json.loads(untrained(hidden=()).to_json())
    state["activation"] = "rleu"
    with pytest.raises(ModelError, match="unknown activation 'rleu'"):
        load(path, state)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "[]",
        "null",
        "7",
        '"model"',
        "{}",
        "nan",
        "[" * 100_000,
        "1" * 5000,
        "\ufeff{}",
    ],
)
def test_what_is_not_a_model_is_a_model_error(path, text):
    with pytest.raises(ModelError) as info:
        load(path, text)
    assert str(info.value).startswith(f"{path}: this is not a ")


def test_a_missing_file_and_a_folder_are_model_errors(tmp_path):
    with pytest.raises(ModelError, match=r"nothing\.json: No such file"):
        Classifier.load(tmp_path / "nothing.json")
    with pytest.raises(ModelError, match=r"[Dd]irectory"):
        Classifier.load(str(tmp_path))


def load_or_refuse(path):
    """Loading either gives a classifier that classifies, or a ModelError with the path."""
    refusal = None
    try:
        classifier = Classifier.load(path)
    except ModelError as error:
        refusal = str(error)
    if refusal is not None:
        assert refusal.startswith(f"{path}: ")
        return None
    row = classifier.scale.means
    assert classifier.classify(row) in classifier.classes
    assert classifier.accuracy(
        Dataset(classifier.coding.inputs, classifier.classes, [row], [0])
    ) in (
        0,
        1,
    )
    return classifier


def entries(state, here=()):
    """The places of all entries of a JSON value."""
    yield here
    if isinstance(state, (dict, list)):
        for key in state if isinstance(state, dict) else range(len(state)):
            yield from entries(state[key], (*here, key))


PLACES = [place for place in entries(VALID) if place]
# entries that files of earlier releases do not have
ADDED = ["kind", "one_hot", "target", "missing", "target_means", "target_deviations"]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([0, -1, 1, 2, 1e308, 10**400, "tanh", "", "linear"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def holder(state, place):
    for key in place[:-1]:
        state = state[key]
    return state


@pytest.mark.parametrize(
    "place",
    [place for place in PLACES if place[0] not in ADDED],
    ids=lambda p: ".".join(map(str, p)),
)
def test_every_entry_is_needed(path, place):
    state = copy.deepcopy(VALID)
    del holder(state, place)[place[-1]]
    path.write_text(json.dumps(state), encoding="utf-8")
    assert load_or_refuse(path) is None


@FUZZ
@given(st.sampled_from(PLACES), json_values)
def test_an_altered_entry_is_loaded_or_refused(path, place, entry):
    state = copy.deepcopy(VALID)
    assume(holder(state, place)[place[-1]] != entry)
    holder(state, place)[place[-1]] = entry
    path.write_text(json.dumps(state), encoding="utf-8")
    load_or_refuse(path)


@FUZZ
@given(json_values)
def test_any_json_is_loaded_or_refused(path, state):
    path.write_text(json.dumps(state), encoding="utf-8")
    assert load_or_refuse(path) is None


@FUZZ
@given(st.binary(max_size=100))
def test_any_bytes_are_refused(path, content):
    path.write_bytes(content)
    assert load_or_refuse(path) is None


@FUZZ
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_a_file_cut_short_or_with_a_wrong_byte_is_loaded_or_refused(path, at, byte):
    content = bytearray(untrained().to_json().encode())
    at %= len(content)
    path.write_bytes(content[:at])
    load_or_refuse(path)
    content[at] = byte
    path.write_bytes(content)
    load_or_refuse(path)
