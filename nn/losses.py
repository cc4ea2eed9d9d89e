"""Loss functions: how far predictions are from what was wanted, as one scalar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

from autograd_mini import Value, dot, fsum, log, logsumexp, pick, relu, softplus


def mean_squared_error(predictions: Any, targets: Any) -> Any:
    """(1/n) sum of (prediction - target)**2, over n predictions, or of a single one.

    >>> mean_squared_error([1.0, 4.0], [1.0, 2.0])
    2.0
    """
    squares = _squares(predictions, targets)
    return squares[0] if len(squares) == 1 else fsum(squares) / len(squares)


def half_squared_error(predictions: Any, targets: Any) -> Any:
    """(1/2) sum of (prediction - target)**2; its gradient is prediction - target.

    >>> half_squared_error([1.0, 4.0], [1.0, 2.0])
    2.0
    """
    return fsum(_squares(predictions, targets)) / 2


def _squares(predictions: Any, targets: Any) -> list[Any]:
    single = not hasattr(predictions, "__iter__")
    ps = [predictions] if single else list(predictions)
    ts = list(targets) if hasattr(targets, "__iter__") else [targets]
    if len(ps) != len(ts) or not ps:
        raise ValueError(f"expected as many targets as predictions, got {len(ts)} for {len(ps)}")
    return [(p - t) ** 2 for p, t in zip(ps, ts)]


def hinge(score: Any, label: Any) -> Any:
    """max(0, 1 - label * score), for labels -1 and 1.

    >>> hinge(0.25, 1), hinge(0.25, -1)
    (0.75, 1.25)
    """
    _check_label(label, (-1, 1), "hinge")
    return relu(1 - label * score)


def perceptron_cost(score: Any, label: Any) -> Any:
    """|score| where its sign is not that of the label, else 0; for labels -1 and 1.

    >>> perceptron_cost(0.25, 1), perceptron_cost(0.25, -1)
    (0.0, 0.25)
    """
    _check_label(label, (-1, 1), "perceptron_cost")
    return relu(-label * score)


def negative_log_likelihood(probability: Any, label: Any) -> Any:
    """-log of the probability given to the label that was seen; labels 0 and 1.

    Args:
        probability: that of label 1, in (0, 1).
        label: 0 or 1.

    >>> round(negative_log_likelihood(0.25, 1), 6)
    1.386294
    """
    _check_label(label, (0, 1), "negative_log_likelihood")
    return -log(label * probability + (1 - label) * (1 - probability))


def binary_cross_entropy_with_logits(logit: Any, label: Any) -> Any:
    """The negative log-likelihood of sigmoid(logit), without overflow; labels 0 and 1.

    It is log(1 + exp(-logit)) for label 1 and log(1 + exp(logit)) for label 0.

    >>> round(binary_cross_entropy_with_logits(0.0, 1), 6)
    0.693147
    """
    _check_label(label, (0, 1), "binary_cross_entropy_with_logits")
    return softplus((1 - 2 * label) * logit)


def cross_entropy(logits: Sequence[Any], target: Any) -> Any:
    """-log softmax(logits) at the target, without overflow.

    Args:
        logits: a list of n scores, one a class.
        target: the index of the right class, from 0; or a list of n probabilities that sum to 1,
            such as a one-hot list.

    >>> round(cross_entropy([0.0, 0.0, 0.0], 2), 6)
    1.098612
    >>> cross_entropy([1.0, 2.0], [0, 1]) == cross_entropy([1.0, 2.0], 1)
    True
    """
    if not hasattr(logits, "__iter__"):
        raise TypeError("cross_entropy expected a list of logits, one a class, got one number")
    logits = list(logits)
    if not hasattr(target, "__iter__"):
        return logsumexp(logits) - pick(logits, target)
    weights = list(target)
    if len(weights) != len(logits):
        raise ValueError(
            f"cross_entropy expected a target of {len(logits)} classes, got {len(weights)}"
        )
    if all(map(_is_plain, weights)) and abs(sum(weights) - 1) > 1e-9:
        raise ValueError(f"cross_entropy expected a target that sums to 1, got {weights}")
    return logsumexp(logits) - dot(logits, weights)


def l1(parameters: Iterable[Value]) -> Any:
    """The sum of |p|: the lasso's penalty."""
    return fsum([abs(p) for p in parameters])


def l2(parameters: Iterable[Value]) -> Any:
    """The sum of p*p: the penalty of ridge regression, or weight decay."""
    return fsum([p * p for p in parameters])


def _is_plain(x: Any) -> bool:
    return isinstance(x, Real)


def _check_label(label: Any, allowed: tuple[int, int], name: str) -> None:
    if _is_plain(label) and label not in allowed:
        raise ValueError(f"{name} expected a label of {allowed[0]} or {allowed[1]}, got {label!r}")
