"""Metrics: how good outputs are, as plain numbers."""

from collections.abc import Sequence


def predicted_class(outputs: Sequence[float]) -> int:
    """The index of the largest output, the first of equals."""
    return max(range(len(outputs)), key=lambda k: outputs[k])


def accuracy(outputs: Sequence[float], label: int) -> float:
    """1.0 if the largest output is that of the label, else 0.0.

    >>> accuracy([0.1, 2.0, -1.0], 1)
    1.0
    """
    return float(predicted_class(outputs) == label)


def binary_accuracy(output: float, label: int) -> float:
    """1.0 if a single score has the sign of its label, above 0 for 1, not for 0 and -1; else 0.0.

    >>> binary_accuracy(0.3, 1), binary_accuracy(0.3, -1)
    (1.0, 0.0)
    """
    return float((output > 0) == (label > 0))


def confusion_matrix(
    predicted: Sequence[int], labels: Sequence[int], classes: int
) -> list[list[int]]:
    """How often each class (a row) was predicted as each (a column).

    Args:
        predicted, labels: the predicted and the right classes, indices below `classes`.
        classes: the number of classes.

    >>> confusion_matrix([0, 1, 1], [0, 1, 0], 2)
    [[1, 1], [0, 1]]
    """
    if len(predicted) != len(labels):
        sizes = f"{len(predicted)} for {len(labels)}"
        raise ValueError(f"expected one prediction for each label, got {sizes}")
    for k in (*predicted, *labels):
        if k not in range(classes):
            raise ValueError(
                f"confusion_matrix expected classes from 0 to {classes - 1}, got {k}; write labels "
                "-1 and 1 as 0 and 1"
            )
    table = [[0] * classes for _ in range(classes)]
    for column, row in zip(predicted, labels):
        table[row][column] += 1
    return table
