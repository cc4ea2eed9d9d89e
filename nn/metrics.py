"""Metrics: how good outputs are, as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence


def predicted_class(outputs: Sequence[float]) -> int:
    """The index of the largest output, the first of equals."""
    return max(range(len(outputs)), key=lambda k: outputs[k])


def accuracy(outputs: Sequence[float], label: int) -> float:
    """1.0 where the largest output is that of the label, else 0.0.

    >>> accuracy([0.1, 2.0, -1.0], 1)
    1.0
    """
    return float(predicted_class(outputs) == label)


def sign_accuracy(output: float, label: int) -> float:
    """The same of a single score: 1.0 where it is above 0 for label 1, or not for labels 0 and -1.

    >>> sign_accuracy(0.3, 1), sign_accuracy(0.3, -1)
    (1.0, 0.0)
    """
    return float((output > 0) == (label > 0))


def confusion(predicted: Sequence[int], labels: Sequence[int], classes: int) -> list[list[int]]:
    """How often each class (a row) was taken for each (a column).

    >>> confusion([0, 1, 1], [0, 1, 0], 2)
    [[1, 1], [0, 1]]
    """
    if len(predicted) != len(labels):
        raise ValueError(f"expected a prediction a label, got {len(predicted)} for {len(labels)}")
    table = [[0] * classes for _ in range(classes)]
    for said, was in zip(predicted, labels):
        table[was][said] += 1
    return table
