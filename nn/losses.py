"""Loss functions: how far predictions are from targets, as one scalar."""

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

from autograd_mini import Value, clip, dot, fsum, log, logsumexp, pick, relu, softplus

from .checks import check_float, check_scalar

LARGE_LOGIT = 1024  # below it the difference of two logits is rounded by 1e-13 at most


def mean_squared_error(predictions: Any, targets: Any) -> Any:
    """(1/n) sum of (prediction - target)**2, over n predictions, or of a single one.

    >>> mean_squared_error([1.0, 4.0], [1.0, 2.0])
    2.0
    """
    return _mean([d**2 for d in _differences(predictions, targets, "mean_squared_error")])


def half_squared_error(predictions: Any, targets: Any) -> Any:
    """(1/2) sum of (prediction - target)**2; its gradient is prediction - target.

    >>> half_squared_error([1.0, 4.0], [1.0, 2.0])
    2.0
    """
    return fsum([d**2 for d in _differences(predictions, targets, "half_squared_error")]) / 2


def huber(predictions: Any, targets: Any, delta: float = 1.0) -> Any:
    """The mean Huber loss of n predictions, or that of a single one (Huber 1964).

    It is d**2 / 2 for a difference d of at most `delta`, above 0, and delta * (|d| - delta / 2)
    beyond, so outliers count less than in a squared error.

    >>> huber(0.5, 0.0), huber(3.0, 0.0), huber([0.5, 3.0], [0.0, 0.0])
    (0.125, 2.5, 1.3125)
    """
    delta = check_float(delta, "huber delta", "(0, inf)")
    differences = _differences(predictions, targets, "huber")
    pairs = [(d, clip(d, -delta, delta)) for d in differences]
    return _mean([clipped * (d - clipped / 2) for d, clipped in pairs])


def _differences(predictions: Any, targets: Any, name: str) -> list[Any]:
    single = not hasattr(predictions, "__iter__")
    ps = [predictions] if single else list(predictions)
    ts = list(targets) if hasattr(targets, "__iter__") else [targets]
    if len(ps) != len(ts) or not ps:
        raise ValueError(f"expected as many targets as predictions, got {len(ts)} for {len(ps)}")
    for x in (*ps, *ts):
        if hasattr(x, "__iter__"):
            raise TypeError(
                f"{name} expected lists of numbers, got a {type(x).__name__} in them; write "
                f"{name}(flatten(predictions), flatten(targets)) with nn.flatten"
            )
    return [p - t for p, t in zip(ps, ts)]


def _mean(xs: list[Any]) -> Any:
    return xs[0] if len(xs) == 1 else fsum(xs) / len(xs)


def hinge(score: Any, label: Any) -> Any:
    """max(0, 1 - label * score), for labels -1 and 1.

    >>> hinge(0.25, 1), hinge(0.25, -1)
    (0.75, 1.25)
    """
    _check_label(score, label, (-1, 1), "hinge")
    return relu(1 - label * score)


def perceptron_cost(score: Any, label: Any) -> Any:
    """|score| if its sign is not that of the label, else 0; for labels -1 and 1.

    >>> perceptron_cost(0.25, 1), perceptron_cost(0.25, -1)
    (0.0, 0.25)
    """
    _check_label(score, label, (-1, 1), "perceptron_cost")
    return relu(-label * score)


def negative_log_likelihood(probability: Any, label: Any) -> Any:
    """-log of the probability that the model gives to the label.

    Args:
        probability: that of label 1, in (0, 1).
        label: 0 or 1.

    >>> round(negative_log_likelihood(0.25, 1), 6)
    1.386294
    """
    _check_label(probability, label, (0, 1), "negative_log_likelihood")
    return -log(label * probability + (1 - label) * (1 - probability))


def binary_cross_entropy_with_logits(logit: Any, label: Any) -> Any:
    """The negative log-likelihood of sigmoid(logit), without overflow.

    It is label * log(1 + exp(-logit)) + (1 - label) * log(1 + exp(logit)), for a label of 0 or 1,
    or a soft label between them: the probability of label 1.

    >>> round(binary_cross_entropy_with_logits(0.0, 1), 6)
    0.693147
    """
    name = "binary_cross_entropy_with_logits"
    check_scalar(logit, name)
    check_scalar(label, name)
    if _is_plain(label):
        if not 0 <= label <= 1:
            raise ValueError(f"{name} expected a label from 0 to 1, got {label!r}")
        if label in (0, 1):
            return softplus((1 - 2 * label) * logit)
    return label * softplus(-logit) + (1 - label) * softplus(logit)


def cross_entropy(
    logits: Sequence[Any],
    target: Any,
    *,
    weight: Sequence[float] | None = None,
    label_smoothing: float = 0.0,
) -> Any:
    """-log softmax(logits) at the target, without overflow.

    In general it is the sum over the classes c of weight[c] * q[c] * -log softmax(logits)[c], where
    q = (1 - label_smoothing) * target + label_smoothing / n, as in PyTorch with reduction="none".
    fit() takes the plain mean of it over the examples; for targets that are indices PyTorch's
    reduction="mean" divides by the sum of the targets' weights instead.

    Args:
        logits: a list of n scores, one a class.
        target: the index of the right class, from 0; or a list of n probabilities that sum to 1,
            such as a one-hot list.
        weight: how much each class counts, n numbers; by default 1 each.
        label_smoothing: the probability that is spread over all classes, in [0, 1].

    >>> round(cross_entropy([0.0, 0.0, 0.0], 2), 6)
    1.098612
    >>> cross_entropy([1.0, 2.0], [0, 1]) == cross_entropy([1.0, 2.0], 1)
    True
    >>> round(cross_entropy([0.0, 0.0], 1, weight=[1.0, 3.0], label_smoothing=0.5), 6)
    1.732868
    """
    if not hasattr(logits, "__iter__"):
        raise TypeError("cross_entropy expected a list of logits, one a class, got one number")
    logits = _less_the_largest(list(logits), target)
    n = len(logits)
    smoothing = check_float(label_smoothing, "cross_entropy label_smoothing", "[0, 1]")
    weights = [1] * n if weight is None else list(weight)
    if len(weights) != n:
        raise ValueError(f"cross_entropy expected a weight of {n} classes, got {len(weights)}")
    total = logsumexp(logits)
    if hasattr(target, "__iter__"):
        target = _probabilities(target, n)
        trained = any(isinstance(t, Value) and not getattr(t, "is_number", False) for t in target)
        if weight is None and not smoothing and not trained:
            return total - dot(logits, target)
        target = [w * ((1 - smoothing) * t + smoothing / n) for w, t in zip(weights, target)]
        return fsum(target) * total - dot(logits, target)
    loss = total - pick(logits, target)
    if weight is not None:
        loss = pick(weights, target) * loss
    if not smoothing:
        return loss
    everywhere = fsum(weights) * total - dot(logits, weights)
    return (1 - smoothing) * loss + smoothing / n * everywhere


def _less_the_largest(logits: list[Any], target: Any) -> list[Any]:
    """The logits minus the largest of them, as a plain number, if they are large: the loss and its
    derivatives are the same, and more accurate. A compiled program does this itself."""
    if any(hasattr(x, "trace") for x in (*logits, target)):  # traced: it has no number
        return logits
    numbers = [x.data if isinstance(x, Value) else x for x in logits]
    largest = max((x for x in numbers if _is_plain(x) and x - x == 0), default=0)
    return [x - largest for x in logits] if abs(largest) > LARGE_LOGIT else logits


def _probabilities(target: Iterable[Any], n: int) -> list[Any]:
    ps = list(target)
    if len(ps) != n:
        raise ValueError(f"cross_entropy expected a target of {n} classes, got {len(ps)}")
    if all(map(_is_plain, ps)) and abs(sum(ps) - 1) > 1e-9:
        raise ValueError(f"cross_entropy expected a target that sums to 1, got {ps}")
    return ps


def l1(parameters: Iterable[Value]) -> Any:
    """The sum of |p|: the lasso's penalty."""
    return fsum([abs(p) for p in parameters])


def l2(parameters: Iterable[Value]) -> Any:
    """The sum of p*p: the penalty of ridge regression, or weight decay."""
    return fsum([p * p for p in parameters])


def _is_plain(x: Any) -> bool:
    return isinstance(x, Real)


def _check_label(score: Any, label: Any, allowed: tuple[int, int], name: str) -> None:
    check_scalar(score, name)
    check_scalar(label, name)
    if _is_plain(label) and label not in allowed:
        raise ValueError(f"{name} expected a label of {allowed[0]} or {allowed[1]}, got {label!r}")
