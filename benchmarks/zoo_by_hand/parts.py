"""What several of them are made of."""

from __future__ import annotations

from typing import Any

import numpy as np


def softmax(scores: Any, axis: int = 0) -> Any:
    """Along an axis, in place."""
    scores -= scores.max(axis=axis, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=axis, keepdims=True)
    return scores


def softmax_backward(weights: Any, dweights: Any, axis: int) -> Any:
    """dscores = weights (dweights - the mean of dweights by the weights), in place of dweights."""
    dweights *= weights
    dweights -= weights * dweights.sum(axis=axis, keepdims=True)
    return dweights


def cross_entropy(scores: Any, labels: Any) -> tuple[float, Any]:
    """The mean over the columns of -log softmax at the label, and dscores, in place of scores."""
    count = len(labels)
    at = labels, np.arange(count)
    scores -= scores.max(axis=0)
    right = scores[at].sum()
    np.exp(scores, out=scores)
    total = scores.sum(axis=0)
    loss = (np.log(total).sum() - right) / count
    total *= count
    scores /= total
    scores[at] -= 1 / count
    return loss, scores


def times_slope_of_tanh(gradient: Any, h: Any) -> Any:
    """gradient (1 - h²), for h = tanh(z); in place, and h is used up."""
    h *= h
    np.subtract(1, h, out=h)
    gradient *= h
    return gradient


def sigmoid_of_minus(z: Any) -> Any:
    """1 / (1 + exp(z)), in place: a minus sign is cheaper where z is made, in its weights."""
    np.exp(z, out=z)
    z += 1
    return np.divide(1, z, out=z)
