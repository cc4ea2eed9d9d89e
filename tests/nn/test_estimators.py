"""Estimators: scikit-learn's own checks, and what they learn."""

import pickle
import random

import pytest

pytest.importorskip("numpy")
pytest.importorskip("sklearn")
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nn import MLP, losses
from nn.estimators import MLPClassifier, MLPRegressor

X = np.random.default_rng(0).normal(size=(60, 3))


@parametrize_with_checks([MLPClassifier(), MLPRegressor()])
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_the_default_classifier_reads_digits():
    pictures, digits = load_digits(return_X_y=True)
    parts = train_test_split(pictures, digits, random_state=0)
    training, test, labels, answers = parts
    model = make_pipeline(StandardScaler(), MLPClassifier(random_state=0)).fit(training, labels)
    assert model.score(test, answers) > 0.95
    assert pickle.loads(pickle.dumps(model)).score(test, answers) == model.score(test, answers)


def test_the_same_seed_gives_the_same_numbers():
    y = X[:, 0] > 0
    models = [MLPClassifier(random_state=s, max_iter=5).fit(X, y) for s in (1, 1, 2)]
    states = [model.model_.state_dict() for model in models]
    assert states[0] == states[1] != states[2]
    random.seed(0)  # which is not used
    before = random.getstate()
    MLPClassifier(max_iter=2).fit(X, y)
    assert random.getstate() == before


def test_probabilities_are_the_softmax_of_the_model():
    labels = np.array(["b", "a", "c"])[np.arange(60) % 3]
    fitted = MLPClassifier((5, 4), "tanh", max_iter=3, random_state=0).fit(X, labels)
    assert fitted.classes_.tolist() == ["a", "b", "c"]
    assert repr(fitted.model_) == "MLP(3, [5, 4, 3], tanh)"
    assert (fitted.n_iter_, fitted.loss_) == (3, fitted.history_.epochs[-1].loss)
    for row, ps in zip(X[:5], fitted.predict_proba(X[:5])):
        logits = fitted.model_.predict(row)
        expected = [np.exp(-losses.cross_entropy(logits, k)) for k in range(3)]
        np.testing.assert_allclose(ps, expected, 1e-12)
    best = fitted.classes_[fitted.predict_proba(X).argmax(axis=1)]
    assert fitted.predict(X).tolist() == best.tolist()


def test_a_regression_of_one_and_of_several_targets():
    y = X @ [[1.0, 0.5], [-2.0, 0.0], [0.0, 1.0]]
    for targets in (y[:, 0], y[:, :1], y):
        fitted = MLPRegressor((), max_iter=300, batch_size=10, random_state=0, alpha=0).fit(
            X, targets
        )
        assert fitted.predict(X).shape == targets.shape
        np.testing.assert_allclose(fitted.predict(X), targets, atol=1e-3)
        assert fitted.score(X, targets) > 0.999


def test_alpha_draws_parameters_to_zero():
    y = X[:, 0]
    sizes = [
        sum(p.data**2 for p in MLPRegressor(alpha=a, random_state=0).fit(X, y).model_.parameters())
        for a in (0.0, 0.1)
    ]
    assert sizes[1] < 0.5 * sizes[0]


def test_settings_are_searched():
    search = GridSearchCV(
        MLPClassifier(max_iter=3, random_state=0), {"hidden_layer_sizes": [4, (3, 2)]}, cv=2
    )
    search.fit(X, X[:, 1] > 0)
    assert search.best_params_["hidden_layer_sizes"] in (4, (3, 2))
    made = clone(MLPClassifier(7, max_iter=1)).fit(X, X[:, 1] > 0).model_
    assert isinstance(made, MLP)
    assert repr(made) == "MLP(3, [7, 2], relu)"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_layer_sizes": (3, 0)}, "at least 1"),
        ({"activation": "cube"}, "unknown activation 'cube'"),
        ({"max_iter": 0}, "epochs"),
        ({"alpha": -1}, "weight_decay"),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    with pytest.raises(ValueError, match=message):
        MLPRegressor(**settings).fit(X, X[:, 0])


def test_one_class_is_not_enough():
    with pytest.raises(ValueError, match="one class only, 'a'; it takes two"):
        MLPClassifier().fit(X, ["a"] * 60)


def test_ctrl_c_ends_a_search_too(monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("nn.optimizers.Adam.step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        MLPRegressor().fit(X, X[:, 0])
