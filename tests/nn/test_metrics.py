"""Metrics count what is right."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.metrics import accuracy, binary_accuracy, confusion_matrix, predicted_class

classes = st.integers(0, 3)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5))
def test_accuracy_is_one_at_the_largest_output_alone(outputs):
    right = [accuracy(outputs, k) for k in range(len(outputs))]
    assert sorted(right) == [0.0] * (len(outputs) - 1) + [1.0]
    assert outputs[right.index(1.0)] == max(outputs)


@pytest.mark.parametrize("other", [0, -1])
@pytest.mark.parametrize("score", [-1.0, 0.0, 1e-300, 2.0])
def test_a_score_above_zero_is_for_label_one(score, other):
    assert binary_accuracy(score, 1) == float(score > 0)
    assert binary_accuracy(score, other) == 1 - binary_accuracy(score, 1)


@given(st.lists(st.tuples(classes, classes), max_size=30))
def test_the_confusion_matrix_counts_every_pair(pairs):
    table = confusion_matrix([p for p, _ in pairs], [y for _, y in pairs], 4)
    assert all(table[y][p] == pairs.count((p, y)) for p in range(4) for y in range(4))
    assert sum(map(sum, table)) == len(pairs)


def test_confusions_agree_with_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = random.Random(0)
    predicted, labels = ([rng.randrange(3) for _ in range(50)] for _ in range(2))
    expected = sklearn.confusion_matrix(labels, predicted, labels=[0, 1, 2])
    assert confusion_matrix(predicted, labels, 3) == expected.tolist()


def test_as_many_predictions_as_labels():
    with pytest.raises(ValueError, match="expected one prediction for each label, got 1 for 2"):
        confusion_matrix([0], [0, 1], 2)


@pytest.mark.parametrize("bad", [-1, 2, 0.5])
def test_a_class_that_does_not_exist_is_refused(bad):
    with pytest.raises(ValueError, match=f"classes from 0 to 1, got {bad}; write labels -1 and 1"):
        confusion_matrix([0, 1], [0, bad], 2)
    with pytest.raises(ValueError, match=f"classes from 0 to 1, got {bad}"):
        confusion_matrix([bad, 1], [0, 1], 2)


def test_the_first_of_equals_is_predicted():
    assert predicted_class([1.0, 3.0, 3.0]) == 1
