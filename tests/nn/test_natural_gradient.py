"""The natural gradient: Fisher information, and steps that no change of coordinates bends."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, dot, hessian, log_softmax, softmax
from nn import MLP
from nn.optimizers import NaturalGradient

seeds = st.integers(0, 10**6)


def fisher_matrix(optimizer, log_probabilities, labels, n):
    """F as step() builds it, read off what it hands to the solver."""
    seen = []
    solve = np.linalg.solve

    def recording(matrix, gradient):
        seen.append(matrix - optimizer.damping * np.eye(n))
        return solve(matrix, gradient)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np.linalg, "solve", recording)
        optimizer.step(log_probabilities, labels)
    return seen[0]


def problem(seed, hidden=()):
    """A classifier of two inputs and three classes, some inputs and labels."""
    rng = random.Random(seed)
    model = MLP(2, [*hidden, 3], activation="tanh", rng=rng)
    for p in model.parameters():
        p.data += rng.gauss(0, 0.3)
    xs = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(4)]
    return model, xs, [rng.randrange(3) for _ in xs]


@given(seeds)
def test_fisher_is_the_expected_hessian_of_the_negative_log_likelihood(seed):
    """F = (1/n) sum over x, k of p(k|x) times the Hessian of -log p(k|x), p held fixed outside."""
    model, xs, labels = problem(seed, hidden=[2])
    n = len(model.parameters())
    start = [p.data for p in model.parameters()]
    names = [name for name, _ in model.named_parameters()]

    def nll(numbers):
        by_name = dict(zip(names, numbers))

        def neuron(layer, i, x, f=lambda z: z):
            ws = [by_name[f"layers.{layer}.neurons.{i}.w.{j}"] for j in range(len(x))]
            return f(dot(ws, x, by_name[f"layers.{layer}.neurons.{i}.b"]))

        total = 0.0
        for x, p in zip(xs, held):
            h = [neuron(0, i, x, lambda z: z.tanh()) for i in range(2)]
            log_p = log_softmax([neuron(1, i, h) for i in range(3)])
            total = total - dot(p, log_p)
        return total / len(xs)

    held = [softmax(model.predict(x)) for x in xs]
    expected = hessian(nll)(start)
    optimizer = NaturalGradient(model.parameters(), lr=0.0, damping=1.0)
    found = fisher_matrix(optimizer, [log_softmax(model(x)) for x in xs], labels, n)
    assert found == pytest.approx(np.array(expected), rel=1e-9, abs=1e-9)


@given(seeds)
def test_of_logistic_regression_it_is_the_hessian_itself_and_the_step_newtons(seed):
    """For logits linear in the parameters the Hessian does not depend on the labels."""
    rng = random.Random(seed)
    w = [Value(rng.gauss(0, 0.5)) for _ in range(2)]
    xs = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(5)]
    labels = [rng.randrange(2) for _ in xs]
    W, X = np.array([v.data for v in w]), np.array(xs)
    p = 1 / (1 + np.exp(-X @ W))
    gradient = X.T @ (p - labels) / len(xs)
    newton = W - np.linalg.solve(X.T @ (X * (p * (1 - p))[:, None]) / len(xs), gradient)

    optimizer = NaturalGradient(w, damping=0.0)
    loss = optimizer.step([log_softmax([0.0 * w[0], dot(w, x)]) for x in xs], labels)
    assert [v.data for v in w] == pytest.approx(newton.tolist(), rel=1e-8, abs=1e-8)
    chosen = [pi if label else 1 - pi for pi, label in zip(p, labels)]
    assert loss == pytest.approx(-np.mean(np.log(chosen)))


def distributions_after(to_logits, start, xs, labels, damping=0.0, lr=1.0):
    """The probabilities after a step, for parameters that make the logits in some way."""
    parameters = [Value(x) for x in start]
    optimizer = NaturalGradient(parameters, lr=lr, damping=damping)
    optimizer.step([log_softmax(to_logits(parameters, x)) for x in xs], labels)
    numbers = [p.data for p in parameters]
    return np.array([softmax(to_logits(numbers, x)) for x in xs])


def pull(ps, x):
    return [0.0 * ps[0], dot(ps[:2], x), dot(ps[2:], x)]


XS, LABELS = [[1.0, 0.5], [-0.5, 1.0], [0.3, -0.8], [1.0, -1.0]], [0, 2, 1, 1]
START = np.array([0.1, -0.2, 0.3, 0.2])


@given(seeds)
def test_a_linear_change_of_the_parameters_changes_nothing(seed):
    """With damping 0 a step in other linear coordinates ends at the same distributions."""
    A = np.random.default_rng(seed).normal(size=(4, 4)) + 3 * np.eye(4)
    rows = A.tolist()

    def changed(ps, x):
        return pull([dot(row, ps) for row in rows], x)

    here = distributions_after(pull, START.tolist(), XS, LABELS)
    there = distributions_after(changed, np.linalg.solve(A, START).tolist(), XS, LABELS)
    assert there == pytest.approx(here, rel=1e-6, abs=1e-9)


def test_a_curved_change_of_the_parameters_changes_nothing_to_first_order():
    """With q, p = q + q^3: the distance after a step of rate lr falls as lr**2."""

    def changed(ps, x):
        return pull([q + q**3 for q in ps], x)

    start = [max(np.roots([1, 0, 1, -p]), key=lambda r: -abs(r.imag)).real for p in START]
    gaps = [
        abs(
            distributions_after(changed, start, XS, LABELS, lr=lr)
            - distributions_after(pull, START.tolist(), XS, LABELS, lr=lr)
        ).max()
        for lr in (0.02, 0.01, 0.005)
    ]
    assert gaps[0] / gaps[1] == pytest.approx(4, rel=0.15)
    assert gaps[1] / gaps[2] == pytest.approx(4, rel=0.15)


def test_plain_gradient_steps_depend_on_the_coordinates():
    """The scaled logits of the same model: gradient descent goes another way."""
    ends = []
    for scale in (1.0, 10.0):
        w = Value(1.0 / scale)
        loss = -log_softmax([0.0 * w, scale * w])[0]
        loss.backward()
        ends.append(scale * (w.data - 0.1 * w.grad))
    assert abs(ends[0] - ends[1]) > 1


@given(seeds)
def test_the_empirical_matrix_is_that_of_the_labels_seen(seed):
    model, xs, labels = problem(seed)
    n = len(model.parameters())
    optimizer = NaturalGradient(model.parameters(), lr=0.0, damping=1.0, fisher="empirical")
    found = fisher_matrix(optimizer, [log_softmax(model(x)) for x in xs], labels, n)
    scores = []
    for x, label in zip(xs, labels):
        slope = np.eye(3)[label] - softmax(model.predict(x))  # of log p by the logits
        scores.append(np.concatenate([[s * x[0], s * x[1], s] for s in slope]))
    expected = sum(np.outer(s, s) for s in scores) / len(xs)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_empirical_and_expected_differ_most_where_the_model_is_wrong():
    """A coin with p = sigmoid(w): F = p (1 - p), the empirical one (1 - p)**2 for heads."""
    for fisher, information in (("model", 0.2 * 0.8), ("empirical", 0.8**2)):
        w = Value(math.log(0.25))  # sigmoid is 0.2
        NaturalGradient([w], damping=0.0, fisher=fisher).step([log_softmax([0.0 * w, w])], [1])
        assert w.data - math.log(0.25) == pytest.approx(0.8 / information)


def test_a_classifier_is_trained():
    model, xs, labels = problem(3)
    optimizer = NaturalGradient(model.parameters(), lr=0.5, damping=1e-2)
    losses = [optimizer.step([log_softmax(model(x)) for x in xs], labels) for _ in range(20)]
    assert losses[-1] < losses[0] / 5


def test_a_redundant_parameter_makes_the_matrix_singular_and_damping_helps():
    w, b = Value(0.3), Value(0.1)
    examples = [log_softmax([w + b, 0.0 * w])]
    optimizer = NaturalGradient([w, b], damping=0.0)
    with pytest.raises(ValueError, match=r"Fisher matrix is singular.* take a damping above 0"):
        optimizer.step(examples, [0])
    assert (w.data, b.data) == (0.3, 0.1)
    NaturalGradient([w, b], damping=1e-3).step(examples, [0])
    assert w.data - 0.3 == pytest.approx(b.data - 0.1)


@pytest.mark.parametrize(
    ("count", "labels", "told"),
    [
        (0, [], "a label for each example, got 0 labels for 0 examples"),
        (2, [0], "a label for each example, got 1 labels for 2 examples"),
        (1, [2], "expected a label from 0 to 1, got 2"),
        (1, [-1], "expected a label from 0 to 1, got -1"),
        (1, [0.5], "expected a label from 0 to 1, got 0.5"),
    ],
)
def test_examples_and_labels_are_checked(count, labels, told):
    w = Value(0.0)
    with pytest.raises(ValueError, match=told):
        NaturalGradient([w]).step([log_softmax([w, 0.0 * w])] * count, labels)
    assert w.data == 0.0


def test_settings_are_checked():
    with pytest.raises(ValueError, match="fisher: expected 'model' or 'empirical', got 'other'"):
        NaturalGradient([Value(1.0)], fisher="other")
    with pytest.raises(
        ValueError, match=r"NaturalGradient damping: expected a number in \[0, inf\), got -1"
    ):
        NaturalGradient([Value(1.0)], damping=-1)
