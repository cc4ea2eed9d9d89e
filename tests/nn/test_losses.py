"""Losses: equal to their textbook formulas, with the gradients that the textbooks state."""

import math
import random
from fractions import Fraction
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import (
    DomainError,
    Value,
    compile,
    grad,
    gradients,
    hessian,
    log_softmax,
    sigmoid,
    softmax,
    topological_order,
)
from nn import Linear
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge,
    huber,
    l1,
    l2,
    mean_squared_error,
    negative_log_likelihood,
    perceptron_cost,
)

MARGIN_LOSSES = [hinge, perceptron_cost]
BINARY_LOSSES = [negative_log_likelihood, binary_cross_entropy_with_logits]

numbers = st.floats(-1e3, 1e3)
logits = st.floats(-30, 30)
probabilities = st.floats(1e-6, 1 - 1e-6)
signs = st.sampled_from([-1, 1])
bits = st.sampled_from([0, 1])


def close(expected, rel=1e-12, abs=1e-12):
    return pytest.approx(expected, rel=rel, abs=abs)


def values_and_gradients(loss, xs):
    """The loss at a list of numbers, and its derivative along each."""
    leaves = [Value(x) for x in xs]
    error = loss(leaves)
    return error.data, gradients(error, leaves)


def one_hot(k, n):
    return [int(i == k) for i in range(n)]


@st.composite
def pairs(draw):
    """Two lists of one length."""
    n = draw(st.integers(1, 6))
    numbers_ = st.lists(numbers, min_size=n, max_size=n)
    return draw(numbers_), draw(numbers_)


@st.composite
def scores_and_class(draw, elements=logits):
    scores = draw(st.lists(elements, min_size=1, max_size=6))
    return scores, draw(st.integers(0, len(scores) - 1))


# -- squared errors -----------------------------------------------------------------------------


@given(pairs())
def test_the_gradient_of_the_half_squared_error_is_prediction_minus_target(case):
    predictions, targets = case
    error, slopes = values_and_gradients(lambda ps: half_squared_error(ps, targets), predictions)
    assert error == close(math.fsum((p - t) ** 2 for p, t in zip(*case)) / 2)
    assert slopes == [p - t for p, t in zip(*case)]  # to the last digit


@given(pairs())
def test_mean_squared_error_is_the_mean_and_its_gradient_two_nths_of_the_difference(case):
    predictions, targets = case
    n = len(targets)
    error, slopes = values_and_gradients(lambda ps: mean_squared_error(ps, targets), predictions)
    assert error == close(math.fsum((p - t) ** 2 for p, t in zip(*case)) / n)
    assert slopes == close([2 * (p - t) / n for p, t in zip(*case)])


@given(pairs())
def test_squared_errors_pull_the_target_as_hard_as_the_prediction_the_other_way(case):
    ps, ts = [Value(p) for p in case[0]], [Value(t) for t in case[1]]
    for loss in (half_squared_error, mean_squared_error):
        error = loss(ps, ts)
        assert gradients(error, ts) == [-slope for slope in gradients(error, ps)]


@pytest.mark.parametrize("loss", [half_squared_error, mean_squared_error])
def test_a_single_prediction_is_a_list_of_one(loss):
    number = loss([3.0], [1.0])
    assert loss(3.0, 1.0) == loss([3.0], 1.0) == loss(3.0, [1.0]) == number
    assert loss(Value(3.0), 1).data == loss([Value(3.0)], [Value(1.0)]).data == number


def test_the_mean_of_a_single_square_is_the_square_itself():
    assert [str(node.op) for node in topological_order(mean_squared_error(Value(3.0), 1.0))] == [
        *("", "-", "**")
    ]


@pytest.mark.parametrize("loss", [half_squared_error, mean_squared_error])
@pytest.mark.parametrize("made", [list, tuple, iter, lambda xs: (x for x in xs)])
def test_squared_errors_take_any_sequence(loss, made):
    assert loss(made([1.0, 2.0, 4.0]), made([1.0, 4.0, 0.0])) == loss([1, 2, 4], [1, 4, 0])


def test_squared_errors_take_arrays():
    np = pytest.importorskip("numpy")
    ps, ts = np.array([1.0, 2.0, 4.0]), np.array([1, 4, 0])
    assert half_squared_error(ps, ts) == 10.0
    assert half_squared_error([Value(p) for p in ps], ts).data == 10.0


@pytest.mark.parametrize("loss", [half_squared_error, mean_squared_error])
@pytest.mark.parametrize(
    ("predictions", "targets"),
    [([], []), ([1.0], []), ([], [1.0]), ([1.0, 2.0], [1.0]), (1.0, [1.0, 2.0]), ([1.0, 2.0], 1.0)],
)
def test_as_many_targets_as_predictions_and_one_at_least(loss, predictions, targets):
    with pytest.raises(ValueError, match=r"expected as many targets as predictions, got \d for \d"):
        loss(predictions, targets)


# -- margins: labels -1 and 1 -------------------------------------------------------------------


@given(numbers, signs)
def test_hinge_is_zero_from_margin_one_on_and_rises_by_one_below(score, label):
    s = Value(score)
    error = hinge(s, label)
    margin = label * score
    assert error.data == close(max(0.0, 1 - margin))
    assert gradients(error, [s]) == [-label if 1 - margin > 0 else 0]


@given(numbers, signs)
def test_the_perceptron_cost_is_the_size_of_a_score_of_the_wrong_sign(score, label):
    s = Value(score)
    error = perceptron_cost(s, label)
    wrong = score * label < 0
    assert error.data == (abs(score) if wrong else 0)
    assert gradients(error, [s]) == [-label if wrong else 0]


@pytest.mark.parametrize("label", [-1, 1])
def test_at_the_kink_both_margin_losses_are_flat(label):
    at_one, at_zero = Value(float(label)), Value(0.0)
    assert gradients(hinge(at_one, label), [at_one]) == [0.0]
    assert gradients(perceptron_cost(at_zero, label), [at_zero]) == [0.0]


@given(st.integers(-64, 64), signs)
def test_hinge_is_the_perceptron_cost_with_a_margin_of_one(score, label):
    assert hinge(score, label) == perceptron_cost(score - label, label)


# -- likelihoods: labels 0 and 1 ----------------------------------------------------------------


@given(probabilities, bits)
def test_negative_log_likelihood_is_minus_the_log_of_what_the_label_was_given(probability, label):
    p = Value(probability)
    loss = negative_log_likelihood(p, label)
    seen = probability if label else 1 - probability
    assert loss.data == close(-math.log(seen))
    assert gradients(loss, [p]) == close([(-1 if label else 1) / seen])


@given(logits, bits)
def test_the_gradient_of_binary_cross_entropy_is_sigmoid_minus_label(logit, label):
    z = Value(logit)
    loss = binary_cross_entropy_with_logits(z, label)
    probability = 1 / (1 + math.exp(-logit))
    assert loss.data == close(math.log1p(math.exp(-logit if label else logit)))
    assert gradients(loss, [z]) == close([probability - label])


@given(st.floats(-20, 20), bits)
def test_binary_cross_entropy_is_the_likelihood_of_a_sigmoid_without_the_cancellation(logit, label):
    z = Value(logit)
    direct = binary_cross_entropy_with_logits(z, label)
    detour = negative_log_likelihood(sigmoid(z), label)
    # 1 - sigmoid(20) keeps 7 digits
    assert direct.data == close(detour.data, rel=1e-6)
    assert gradients(direct, [z]) == close(gradients(detour, [z]), rel=1e-6)


@given(logits, bits)
def test_two_classes_are_the_binary_case(logit, label):
    z = Value(logit)
    two = cross_entropy([0, z], label)
    one = binary_cross_entropy_with_logits(z, label)
    assert two.data == close(one.data)
    assert gradients(two, [z]) == close(gradients(one, [z]))


@given(st.floats(-15, 15), bits)
def test_the_curvature_of_binary_cross_entropy_is_p_times_one_minus_p(logit, label):
    p = 1 / (1 + math.exp(-logit))
    slope_of_slope = grad(grad(lambda z: binary_cross_entropy_with_logits(z, label)))
    assert slope_of_slope(logit) == close(p * (1 - p))


@pytest.mark.parametrize(
    ("logit", "label", "loss", "slope"),
    [
        (800.0, 1, 0.0, 0.0),
        (800.0, 0, 800.0, 1.0),
        (-800.0, 1, 800.0, -1.0),
        (-800.0, 0, 0.0, 0.0),
        (40.0, 1, 4.248354255291589e-18, -4.248354255291589e-18),
        (-40.0, 0, 4.248354255291589e-18, 4.248354255291589e-18),
    ],
)
def test_binary_cross_entropy_is_stable_far_out(logit, label, loss, slope):
    z = Value(logit)
    error = binary_cross_entropy_with_logits(z, label)
    assert error.data == close(loss, abs=0)
    assert gradients(error, [z]) == close([slope], abs=1e-300)


@pytest.mark.parametrize(("probability", "label"), [(0.0, 1), (1.0, 0), (1.5, 0), (-0.5, 1)])
def test_a_likelihood_of_zero_or_less_has_no_logarithm(probability, label):
    with pytest.raises(DomainError, match="log"):
        negative_log_likelihood(Value(probability), label)


# -- softmax cross-entropy ----------------------------------------------------------------------


@given(scores_and_class())
def test_the_gradient_of_cross_entropy_is_softmax_minus_one_hot(case):
    scores, k = case
    total = math.fsum(map(math.exp, scores))
    loss, slopes = values_and_gradients(lambda zs: cross_entropy(zs, k), scores)
    assert loss == close(-math.log(math.exp(scores[k]) / total))
    assert slopes == close(
        [math.exp(z) / total - hot for z, hot in zip(scores, one_hot(k, len(scores)))]
    )
    assert math.fsum(slopes) == pytest.approx(0, abs=1e-14)


@given(scores_and_class(st.floats(-1e3, 1e3)))
def test_a_one_hot_target_is_the_index_to_the_last_digit(case):
    scores, k = case
    hot = one_hot(k, len(scores))
    by_index = values_and_gradients(lambda zs: cross_entropy(zs, k), scores)
    assert values_and_gradients(lambda zs: cross_entropy(zs, hot), scores) == by_index
    assert values_and_gradients(lambda zs: cross_entropy(zs, map(float, hot)), scores) == by_index


@given(st.lists(st.tuples(logits, st.integers(1, 99)), min_size=1, max_size=5))
def test_a_soft_target_gives_the_mean_over_classes_and_the_gradient_softmax_minus_target(case):
    scores, weights = [z for z, _ in case], [w for _, w in case]
    target = [Fraction(w, sum(weights)) for w in weights]
    floats = [float(t) for t in target]
    loss, slopes = values_and_gradients(lambda zs: cross_entropy(zs, floats), scores)
    each = [cross_entropy(scores, k) for k in range(len(scores))]
    assert loss == close(math.fsum(t * e for t, e in zip(floats, each)))
    assert slopes == close([p - t for p, t in zip(softmax(scores), floats)])


@given(scores_and_class(st.integers(-50, 50)), st.integers(-700, 700))
def test_a_shift_of_all_logits_changes_nothing(case, shift):
    scores, k = case
    here = values_and_gradients(lambda zs: cross_entropy(zs, k), scores)
    there = values_and_gradients(lambda zs: cross_entropy(zs, k), [z + shift for z in scores])
    assert there[0] == close(here[0])
    assert there[1] == close(here[1])


@given(scores_and_class(st.floats(-5, 5)))
def test_the_hessian_of_cross_entropy_is_diag_p_minus_p_p(case):
    scores, k = case
    p = softmax(scores)
    n = len(p)
    found = hessian(lambda zs: cross_entropy(zs, k))(scores)
    for i in range(n):
        assert found[i] == close([p[i] * ((i == j) - p[j]) for j in range(n)])


@pytest.mark.parametrize(
    ("scores", "k", "loss", "slopes"),
    [
        ([800.0, -800.0], 0, 0.0, [0.0, 0.0]),
        ([800.0, -800.0], 1, 1600.0, [1.0, -1.0]),
        ([-800.0, -800.0], 0, math.log(2), [-0.5, 0.5]),
        ([800.0, 800.0, 800.0], 2, math.log(3), [1 / 3, 1 / 3, -2 / 3]),
    ],
)
def test_cross_entropy_is_stable_far_out(scores, k, loss, slopes):
    found = values_and_gradients(lambda zs: cross_entropy(zs, k), scores)
    assert found == (close(loss), close(slopes))


def test_n_equal_logits_cost_log_n():
    for n in range(1, 12):
        assert cross_entropy([0.0] * n, n - 1) == close(math.log(n))


@pytest.mark.parametrize("k", [-1, 3, 0.5, 10**9])
def test_an_index_that_names_no_class_is_refused(k):
    with pytest.raises(IndexError, match="whole number from 0 to 2"):
        cross_entropy([0.0, 1.0, 2.0], k)


@pytest.mark.parametrize("target", [[1], [1, 0], [0, 0, 0, 1], []])
def test_a_target_of_another_length_is_refused(target):
    with pytest.raises(ValueError, match=rf"a target of 3 classes, got {len(target)}"):
        cross_entropy([0.0, 1.0, 2.0], target)


def test_any_number_of_predictions_and_classes():
    n = 1000  # far beyond the ints that CPython makes once
    assert mean_squared_error([1.0] * n, [0.0] * n) == 1.0
    assert math.isclose(cross_entropy([0.0] * n, [1.0 / n] * n), math.log(n))


@pytest.mark.parametrize("target", [[0, 0, 0], [1, 1, 0], [0.3, 0.3, 0.3], [2, 0, 0]])
def test_a_target_that_does_not_sum_to_one_is_refused(target):
    with pytest.raises(ValueError, match="sums to 1"):
        cross_entropy([0.0, 1.0, 2.0], target)


def test_an_array_is_checked_as_a_list_is():
    np = pytest.importorskip("numpy")
    assert cross_entropy([0.0, 1.0], np.array([0, 1])) == cross_entropy([0.0, 1.0], np.int64(1))
    assert cross_entropy(np.array([0.0, 1.0]), 1) == cross_entropy([0.0, 1.0], 1)
    with pytest.raises(ValueError, match="sums to 1"):
        cross_entropy([0.0, 1.0], np.array([1, 1]))


# -- labels -------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", MARGIN_LOSSES)
@pytest.mark.parametrize("label", [0, 2, -2, 0.5, math.nan, math.inf, Fraction(1, 2)])
def test_margin_losses_take_the_labels_minus_one_and_one_alone(loss, label):
    with pytest.raises(ValueError, match=rf"{loss.__name__} expected a label of -1 or 1, got"):
        loss(Value(0.25), label)


@pytest.mark.parametrize("label", [-1, 2, 0.5, math.nan, math.inf, Fraction(1, 2)])
def test_likelihoods_take_the_labels_zero_and_one_alone(label):
    with pytest.raises(ValueError, match="likelihood expected a label of 0 or 1, got"):
        negative_log_likelihood(Value(0.25), label)


@pytest.mark.parametrize("label", [-1, 2, 1.01, -1e-9, math.nan, math.inf, Fraction(3, 2)])
def test_soft_labels_are_between_zero_and_one(label):
    with pytest.raises(ValueError, match="with_logits expected a label from 0 to 1, got"):
        binary_cross_entropy_with_logits(Value(0.25), label)


@pytest.mark.parametrize("loss", [*MARGIN_LOSSES, *BINARY_LOSSES])
def test_a_label_out_of_an_array_is_checked_too(loss):
    np = pytest.importorskip("numpy")
    wrong = 0 if loss in MARGIN_LOSSES else -1
    assert loss(0.25, np.int64(1)) == loss(0.25, np.float64(1)) == loss(0.25, 1)
    for kind in (np.int64, np.int8, np.float32, np.float64):
        with pytest.raises(ValueError, match="expected a label "):
            loss(0.25, kind(wrong))


@pytest.mark.parametrize("loss", [*MARGIN_LOSSES, *BINARY_LOSSES])
@pytest.mark.parametrize("label", [None, "1", [1]])
def test_a_label_that_is_not_a_number_is_a_type_error(loss, label):
    with pytest.raises(TypeError):
        loss(0.25, label)


@given(probabilities)
def test_a_value_may_be_the_label_and_gets_its_gradient(number):
    score, label = Value(number), Value(1.0)
    assert gradients(hinge(score, label), [label]) == [-number]
    assert gradients(perceptron_cost(-score, label), [label]) == [number]
    logit_loss = binary_cross_entropy_with_logits(score, label)
    assert gradients(logit_loss, [label]) == close([-number])
    likelihood = negative_log_likelihood(score, label)
    assert gradients(likelihood, [label]) == close([-(2 * number - 1) / number])


@given(st.lists(logits, min_size=2, max_size=4))
def test_values_may_be_a_soft_target_and_get_minus_the_log_probabilities(scores):
    target = [Value(1 / len(scores)) for _ in scores]
    expected = [-y for y in log_softmax(scores)]
    assert gradients(cross_entropy(scores, target), target) == close(expected)


# -- soft labels, smoothing and weights ---------------------------------------------------------


@given(logits, st.floats(0, 1))
def test_a_soft_label_gives_the_mean_over_labels_and_the_gradient_sigmoid_minus_label(z, label):
    value = Value(z)
    loss = binary_cross_entropy_with_logits(value, label)
    each = [math.log1p(math.exp(z)), math.log1p(math.exp(-z))]
    assert loss.data == close((1 - label) * each[0] + label * each[1])
    assert gradients(loss, [value]) == close([1 / (1 + math.exp(-z)) - label])


@given(st.sampled_from([-800.0, -40.0, 40.0, 800.0]), bits)
def test_a_label_that_is_a_value_keeps_the_digits_of_a_plain_one(z, label):
    at, also_at = Value(z), Value(z)
    plain = binary_cross_entropy_with_logits(at, label)
    variable = binary_cross_entropy_with_logits(also_at, Value(float(label)))
    assert variable.data == plain.data
    assert gradients(variable, [also_at]) == close(gradients(plain, [at]), abs=0)


def cross_entropy_in_numpy(scores, q, weight, smoothing):
    """The documented formula, and its gradient: sum(wq) softmax - wq."""
    np = pytest.importorskip("numpy")
    z, n = np.array(scores), len(scores)
    p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    q = (1 - smoothing) * np.array(q) + smoothing / n
    wq = (np.ones(n) if weight is None else np.array(weight)) * q
    return float(-(wq * np.log(p)).sum()), (wq.sum() * p - wq).tolist()


smoothings = st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1))


@given(st.data(), scores_and_class(), smoothings)
def test_weights_and_label_smoothing_of_an_index_of_a_one_hot_and_of_a_soft_target(
    data, case, smoothing
):
    scores, k = case
    n = len(scores)
    lists = st.lists(st.floats(0, 5), min_size=n, max_size=n)
    weight = data.draw(st.one_of(st.none(), lists))
    soft = [(1 + w) / (n + math.fsum(weight)) for w in weight] if weight else one_hot(k, n)
    for target, q in ((k, one_hot(k, n)), (one_hot(k, n), one_hot(k, n)), (soft, soft)):

        def loss(zs, target=target):
            return cross_entropy(zs, target, weight=weight, label_smoothing=smoothing)

        found = values_and_gradients(loss, scores)
        expected = cross_entropy_in_numpy(scores, q, weight, smoothing)
        assert found[0] == close(expected[0])
        assert found[1] == close(expected[1])


def test_weights_and_smoothing_worked_out_on_paper():
    # two equal logits: -log p = log 2 for each class
    assert cross_entropy([0.0, 0.0], 1, weight=[1, 3]) == close(3 * math.log(2))
    assert cross_entropy([0.0, 0.0], 1, label_smoothing=0.5) == close(math.log(2))
    both = cross_entropy([0.0, 0.0], 1, weight=[1, 3], label_smoothing=0.5)
    assert both == close((0.25 * 1 + 0.75 * 3) * math.log(2))


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        (
            {"label_smoothing": 1.5},
            ValueError,
            r"label_smoothing: expected a number in \[0, 1\], got 1.5",
        ),
        (
            {"label_smoothing": math.nan},
            ValueError,
            r"label_smoothing: expected a number in \[0, 1\], got nan",
        ),
        ({"label_smoothing": True}, TypeError, "label_smoothing: expected a number, got the bool"),
        ({"weight": [1.0, 2.0]}, ValueError, "a weight of 3 classes, got 2"),
    ],
)
def test_options_of_cross_entropy_are_checked(options, error, told):
    with pytest.raises(error, match=told):
        cross_entropy([0.0, 1.0, 2.0], 0, **options)


@pytest.mark.parametrize("size", [1.1e3, 1e8, 1e12, 1e17, -1e17])
@pytest.mark.parametrize("target", [0, [1, 0, 0], [0.25, 0.25, 0.5]])
def test_logits_of_any_size_keep_their_digits(size, target):
    """cross_entropy is minus log_softmax, which takes the largest logit off first."""
    scores = [size, size, size - 1e-3 * abs(size)]
    probabilities = target if isinstance(target, list) else one_hot(target, 3)
    expected = -math.fsum(q * y for q, y in zip(probabilities, log_softmax(scores)))
    assert cross_entropy(scores, target) == close(expected, abs=0)
    assert cross_entropy([Value(z) for z in scores], target).data == close(expected, abs=0)


def test_the_gradient_of_a_confident_prediction_keeps_its_digits():
    loss, slopes = values_and_gradients(lambda zs: cross_entropy(zs, 0), [40.0, 0.0])
    assert loss == close(0.0, abs=1e-13)
    assert slopes[1] == close(4.248354255291589e-18, abs=0)


# -- Huber --------------------------------------------------------------------------------------


@given(pairs(), st.floats(1e-3, 1e3))
def test_huber_is_a_parabola_and_beyond_delta_a_line(case, delta):
    predictions, targets = case
    n = len(targets)
    ds = [p - t for p, t in zip(*case)]
    each = [d * d / 2 if abs(d) <= delta else delta * (abs(d) - delta / 2) for d in ds]
    loss, slopes = values_and_gradients(lambda ps: huber(ps, targets, delta), predictions)
    assert loss == close(math.fsum(each) / n)
    assert slopes == close([max(-delta, min(delta, d)) / n for d in ds])


@given(pairs())
def test_huber_with_a_large_delta_is_half_the_mean_squared_error(case):
    assert huber(*case, delta=1e4) == close(mean_squared_error(*case) / 2)


def test_hubers_curvature_is_one_inside_and_zero_outside():
    curvature = grad(grad(lambda p: huber(p, 0.0, 2.0)))
    assert [curvature(x) for x in (0.0, 1.5, -1.5, 2.5, -2.5)] == [1.0, 1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("delta", [0.0, -1.0, math.nan, math.inf])
def test_hubers_delta_is_above_zero(delta):
    with pytest.raises(
        ValueError, match=rf"huber delta: expected a number in \(0, inf\), got {delta}"
    ):
        huber(1.0, 0.0, delta)


# -- lists where one number is wanted -----------------------------------------------------------


@pytest.mark.parametrize("loss", [*MARGIN_LOSSES, *BINARY_LOSSES])
def test_a_list_where_one_score_is_wanted_is_refused_with_the_remedy(loss):
    for score in ([Value(0.5)], (0.5,), [[0.5]]):
        with pytest.raises(TypeError, match=rf"{loss.__name__} expected one number, got .*x\[0\]"):
            loss(score, 1)
    with pytest.raises(TypeError, match=rf"{loss.__name__} expected one number, got list"):
        loss(Value(0.5), [1])


@pytest.mark.parametrize("loss", [mean_squared_error, half_squared_error, huber])
def test_nested_lists_are_refused_with_the_remedy(loss):
    for predictions, targets in (([[1.0]], [[2.0]]), ([1.0], [[2.0]])):
        with pytest.raises(TypeError, match=rf"write {loss.__name__}\(flatten\(predictions\)"):
            loss(predictions, targets)


# -- penalties ----------------------------------------------------------------------------------


@given(st.lists(numbers, max_size=6))
def test_penalties_are_the_sums_of_sizes_and_of_squares(xs):
    parameters = [Value(x) for x in xs]
    if not xs:
        assert l1([]) == l2([]) == 0
        return
    assert l1(parameters).data == close(math.fsum(map(abs, xs)))
    assert l2(parameters).data == close(math.fsum(x * x for x in xs))
    assert gradients(l1(parameters), parameters) == [(x > 0) - (x < 0) for x in xs]
    assert gradients(l2(parameters), parameters) == [2 * x for x in xs]


def test_penalties_take_a_generator():
    assert l1(Value(x) for x in (1.0, -2.0)).data == 3.0
    assert l2(Value(x) for x in (1.0, -2.0)).data == 5.0


# -- numbers in, a number out -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "prediction", "target"),
    [
        (mean_squared_error, [1.0, 2.0], [0.0, 1.0]),
        (huber, [1.0, 2.0], [0.0, 0.5]),
        (half_squared_error, [1.0, 2.0], [0.0, 1.0]),
        (hinge, 0.5, -1),
        (perceptron_cost, 0.5, -1),
        (negative_log_likelihood, 0.5, 1),
        (binary_cross_entropy_with_logits, 0.5, 1),
        (cross_entropy, [0.5, 1.0], 0),
        (cross_entropy, [0.5, 1.0], [0.5, 0.5]),
    ],
)
def test_plain_numbers_give_a_plain_number_equal_to_the_graphs(loss, prediction, target):
    number = loss(prediction, target)
    assert type(number) is float
    leaves = [Value(p) for p in prediction] if isinstance(prediction, list) else Value(prediction)
    graph = loss(leaves, target)
    assert isinstance(graph, Value)
    assert graph.data == number


# -- compiled -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (cross_entropy, [0, 2, 1]),
        (partial(cross_entropy, weight=[1.0, 0.5, 3.0]), [0, 2, 1]),
        (partial(cross_entropy, label_smoothing=0.25), [0, 2, 1]),
        (partial(cross_entropy, weight=[1.0, 0.5, 3.0], label_smoothing=0.25), [0, 2, 1]),
        (
            partial(cross_entropy, weight=[1.0, 0.5, 3.0], label_smoothing=0.25),
            [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.2, 0.3, 0.5]],
        ),
        (lambda z, y: binary_cross_entropy_with_logits(z[0], y), [0.0, 1.0, 0.3]),
        (lambda z, y: huber(z, [y, 0.5, -0.5], delta=0.75), [0.0, 1.0, 0.3]),
    ],
)
def test_a_compiled_loss_is_the_mean_over_the_examples(loss, targets):
    np = pytest.importorskip("numpy")
    rng = random.Random(0)
    model = Linear(2, 3, rng=rng)
    xs = [[rng.gauss(0, 2), rng.gauss(0, 2)] for _ in targets]
    shapes = {"x": (2,), "y": np.shape(targets)[1:]}
    program = compile(lambda x, y: loss(model(x), y), shapes=shapes, parameters=model)
    found = program.backward(np.array(xs), np.array(targets))
    slopes = [p.grad for p in model.parameters()]
    model.zero_grad()
    expected = 0.0
    for x, y in zip(xs, targets, strict=True):
        each = loss(model(x), y)
        each.backward(1 / len(xs))
        expected += each.data / len(xs)
    assert found == close(expected)
    assert slopes == close([p.grad for p in model.parameters()])
