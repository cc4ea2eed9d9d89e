"""Models of what is likely."""

from __future__ import annotations

from math import exp, log
from typing import Any

import numpy as np

LOG_TAU = log(2 * np.pi)


def gaussian_mixture(parameters: list[Any], x: Any) -> tuple[float, list[Any]]:
    """The logarithm of a density is linear in [x², x, 1], and so are its slopes.

    So both are products of matrices. They lose digits where a mean is many scales away from 0.
    """
    logits, means, log_scales = parameters
    count = len(x)
    seen = np.empty((5, count))
    np.multiply(x.T, x.T, out=seen[:2])
    seen[2:4] = x.T
    seen[4] = 1
    prior = np.exp(logits - logits.max())
    prior /= prior.sum()
    sharp = np.exp(-2 * log_scales)
    density = np.empty((3, 5))
    np.multiply(sharp, -0.5, out=density[:, :2])
    np.multiply(sharp, means, out=density[:, 2:4])
    density[:, 4] = np.log(prior) - (0.5 * sharp * means**2 + log_scales).sum(axis=1) - LOG_TAU
    scores = density @ seen
    largest = scores.max(axis=0)
    scores -= largest
    np.exp(scores, out=scores)
    total = scores.sum(axis=0)
    loss = -(np.log(total).sum() + largest.sum()) / count

    total *= count
    scores /= total
    moments = scores @ seen.T  # of each component: the means of x², of x and of 1
    squares, sums, mass = moments[:, :2], moments[:, 2:4], moments[:, 4:]
    dmeans = sharp * (mass * means - sums)
    dlog_scales = mass - sharp * (squares - means * (2 * sums - mass * means))
    return loss, [prior - moments[:, 4], dmeans, dlog_scales]


def crf(parameters: list[Any], x: Any, tags: Any) -> tuple[float, list[Any]]:
    """The forward and the backward algorithm, scaled (Rabiner 1989): a product of matrices a step.

    The gradient of log Z is how often each tag and each move is expected. Moves are to be less than
    700, since their exponentials are formed.
    """
    emit, move, start = parameters
    count, length, width = x.shape
    rows = x.T.reshape(width, -1)
    scores = (emit @ rows).reshape(-1, length, count)
    gold = (tags.T == np.arange(len(start))[:, None, None]).astype(float)
    moves = gold[:, :-1].reshape(len(start), -1) @ gold[:, 1:].reshape(len(start), -1).T
    starts = gold[:, 0].sum(axis=1)
    right = np.vdot(gold, scores) + np.vdot(moves, move) + starts @ start
    scores[:, 0] += start[:, None]
    largest = scores.max(axis=0)
    scores -= largest
    np.exp(scores, out=scores)
    E = np.exp(move)
    p, scale = scores.copy(), np.empty((length, count))
    for t in range(length):
        if t:
            p[:, t] *= E.T @ p[:, t - 1]
        p[:, t].sum(axis=0, out=scale[t])
        p[:, t] /= scale[t]
    loss = (largest.sum() + np.log(scale).sum() - right) / count

    beta = np.ones_like(p)
    scores /= scale
    for t in range(length - 1, 0, -1):
        scores[:, t] *= beta[:, t]
        np.matmul(E, scores[:, t], out=beta[:, t - 1])
    dmove = p[:, :-1].reshape(len(start), -1) @ scores[:, 1:].reshape(len(start), -1).T
    dmove *= E
    dmove -= moves
    dscores = beta
    dscores *= p
    dscores -= gold
    demit = dscores.reshape(len(start), -1) @ rows.T
    return loss, [demit / count, dmove / count, dscores[:, 0].sum(axis=1) / count]


def kalman_gains(q: float, r: float, length: int) -> list[tuple[float, ...]]:
    """(a, b, k, g, s) of each step, where [[a, b], [b, c]] is the covariance before it.

    They do not depend on what is seen, and Python's floats are faster than arrays of one number.
    """
    a, b, c = 1.0, 0.0, 1.0
    gains = []
    for _ in range(length):
        a, b, c = a + 2 * b + c + q, b + c, c + q
        s = a + r
        k, g = a / s, b / s
        gains.append((a, b, k, g, s))
        a, b, c = a - k * a, b - k * b, c - g * b
    return gains


def kalman_gains_backward(
    gains: list[tuple[float, ...]], squares: list[float], dk: list[float], dg: list[float]
) -> tuple[float, float]:
    """(dq, dr) of (log s + squares / s) / 2 and of what is made of the gains k and g."""
    dq = dr = da = db = dc = 0.0
    steps = zip(gains, squares, dk, dg)
    for (a, b, k, g, s), square, dk_t, dg_t in reversed([*steps]):
        dk_t -= da * a + db * b
        dg_t -= dc * b
        ds = ((1 - square / s) / 2 - dk_t * k - dg_t * g) / s
        dr += ds
        da = da * (1 - k) + dk_t / s + ds
        db = db * (1 - k) - dc * g + dg_t / s
        dq += da + dc
        db, dc = 2 * da + db, da + db + dc
    return dq, dr


def kalman_filter(parameters: list[Any], seen: Any) -> tuple[float, list[Any]]:
    """A step takes [x, v, y] to the next [x, v] and the error, by a product for all examples."""
    q, r = (exp(p) for p in parameters)
    count, length = seen.shape
    gains = kalman_gains(q, r, length)
    steps = np.array([(1 - k, 1 - k, k, -g, 1 - g, g, -1, -1, 1) for _, _, k, g, _ in gains])
    steps = steps.reshape(length, 3, 3)
    state = np.empty((3, length, count))
    state[:2, 0] = 0
    state[2] = seen.T
    for t in range(length - 1):
        np.matmul(steps[t, :2], state[:, t], out=state[:2, t + 1])
    x, v, y = state
    error = y - x
    error -= v
    squares = [square / count for square in np.einsum("tn,tn->t", error, error).tolist()]
    loss = sum(log(s) + square / s for (_, _, _, _, s), square in zip(gains, squares)) / 2

    back = np.empty((3, length, count))  # the gradients of the next x, of the next v, of the error
    back[:2, -1] = 0
    np.multiply(error, [[1 / (count * s)] for _, _, _, _, s in gains], out=back[2])
    for t in range(length - 1, 0, -1):
        np.matmul(steps[t, :, :2].T, back[:, t], out=back[:2, t - 1])
    dk, dg = np.einsum("itn,tn->it", back[:2], error).tolist()
    dq, dr = kalman_gains_backward(gains, squares, dk, dg)
    return loss, [dq * q, dr * r]
