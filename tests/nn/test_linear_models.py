"""Models of one layer are the linear models of statistics."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import fsum
from nn import Linear
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    l2,
)
from nn.optimizers import bfgs

seeds = st.integers(0, 10**6)


def weights(model):
    return [w for neuron in model.neurons for w in neuron.w]


def matrix(model):
    """Its weights, and its biases."""
    W = np.array([[w.data for w in neuron.w] for neuron in model.neurons])
    return W, np.array([neuron.b.data for neuron in model.neurons])


def fitted(model, loss, xs, ys, penalty=0.0):
    """Minimise the sum of the losses plus penalty/2 times the squares of the weights."""

    def total():
        return fsum([loss(model(x), y) for x, y in zip(xs, ys)]) + penalty / 2 * l2(weights(model))

    bfgs(model.parameters(), total)
    return matrix(model)


@pytest.mark.parametrize("penalty", [0.0, 0.7])
@given(seeds, st.integers(1, 3), st.integers(1, 2))
def test_linear_regression_is_its_closed_form(penalty, seed, nin, nout):
    """(X'X + penalty I) w = X'y on centred data, for every output."""
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(8, nin)), rng.normal(size=(8, nout))
    W, b = fitted(Linear(nin, nout), half_squared_error, X, Y, penalty)
    Xc, Yc = X - X.mean(axis=0), Y - Y.mean(axis=0)
    expected = np.linalg.solve(Xc.T @ Xc + penalty * np.eye(nin), Xc.T @ Yc).T
    assert W == pytest.approx(expected, abs=1e-6)
    assert b == pytest.approx(Y.mean(axis=0) - expected @ X.mean(axis=0), abs=1e-6)


def clouds(classes, nin=2, count=30, seed=0):
    rng = random.Random(seed)
    rows = [[rng.gauss((i % classes) * (-1) ** j, 1) for j in range(nin)] for i in range(count)]
    return rows, [i % classes for i in range(count)]


def logistic(outputs, label):
    return binary_cross_entropy_with_logits(outputs[0], label)


@pytest.mark.parametrize("penalty", [0.1, 2.0])
def test_logistic_regression_solves_its_normal_equations(penalty):
    """At the smallest loss X'(p - y) + penalty w = 0, and the residuals sum to 0."""
    xs, ys = clouds(2)
    W, b = fitted(Linear(2, 1), logistic, xs, ys, penalty)
    p = 1 / (1 + np.exp(-(np.array(xs) @ W[0] + b[0])))
    assert np.array(xs).T @ (p - ys) + penalty * W[0] == pytest.approx(np.zeros(2), abs=1e-6)
    assert sum(p - ys) == pytest.approx(0, abs=1e-6)


def scikit_learns(xs, ys, penalty):
    linear_model = pytest.importorskip("sklearn.linear_model")
    model = linear_model.LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=10_000)
    model.fit(xs, ys)
    return model


@pytest.mark.parametrize("penalty", [0.1, 2.0])
def test_logistic_regression_is_that_of_scikit_learn(penalty):
    xs, ys = clouds(2)
    W, b = fitted(Linear(2, 1), logistic, xs, ys, penalty)
    expected = scikit_learns(xs, ys, penalty)
    assert W == pytest.approx(expected.coef_, abs=1e-6)
    assert b == pytest.approx(expected.intercept_, abs=1e-6)


@pytest.mark.parametrize("classes", [3, 4])
def test_softmax_regression_is_that_of_scikit_learn(classes):
    """The biases are free up to a shift of them all, which neither penalises."""
    xs, ys = clouds(classes)
    W, b = fitted(Linear(2, classes), cross_entropy, xs, ys, penalty=0.5)
    expected = scikit_learns(xs, ys, 0.5)
    assert W == pytest.approx(expected.coef_, abs=1e-6)
    assert b - b.mean() == pytest.approx(expected.intercept_ - expected.intercept_.mean(), abs=1e-6)


def test_softmax_regression_solves_its_normal_equations():
    xs, ys = clouds(3)
    W, b = fitted(Linear(2, 3), cross_entropy, xs, ys, penalty=0.5)
    e = np.exp(np.array(xs) @ W.T + b)
    residuals = e / e.sum(axis=1, keepdims=True) - np.eye(3)[ys]
    assert residuals.T @ np.array(xs) + 0.5 * W == pytest.approx(np.zeros((3, 2)), abs=1e-6)
    assert residuals.sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-6)
