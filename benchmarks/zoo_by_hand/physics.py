"""Equations of motion, in steps."""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np

STEPS, POINTS = 4, 6
LAPLACE = np.diff(np.eye(POINTS + 2), 2, axis=0)  # [[1, -2, 1, 0, ..], [0, 1, -2, 1, ..], ..]
STAY = np.eye(POINTS + 2)[1:-1]


def heat_equation(parameters: list[Any], start: Any, end: Any) -> tuple[float, list[Any]]:
    """A step is a product with a band matrix; the ends of the rod are rows that stay."""
    conductivity, ends = parameters
    count = len(start)
    share = 1 / (1 + exp(-conductivity))
    k = 0.3 * share
    step = STAY + k * LAPLACE
    u = np.empty((POINTS + 2, STEPS, count))
    u[0], u[-1] = ends[:, None, None]
    u[1:-1, 0] = start.T
    for t in range(STEPS - 1):
        np.matmul(step, u[:, t], out=u[1:-1, t + 1])
    error = step @ u[:, -1]
    error -= end.T
    loss = np.vdot(error, error) / count

    du = np.empty((POINTS, STEPS, count))
    np.multiply(error, 2 / count, out=du[:, -1])
    for t in range(STEPS - 1, 0, -1):
        np.matmul(step[:, 1:-1], du[:, t], out=du[:, t - 1])  # which is its own transpose
    dstep = du.reshape(POINTS, -1) @ u.reshape(POINTS + 2, -1).T
    dends = k * du[:: POINTS - 1].sum(axis=(1, 2))
    return loss, [np.vdot(dstep, LAPLACE) * 0.3 * share * (1 - share), dends]


PAIRS = np.array([[-1.0, 1, 0], [-1, 0, 1], [0, -1, 1]])  # x_j - x_i for each pair i < j
OTHER = np.array([[1, 2, 0], [0, 0, 2], [0, 0, 1]])  # [body, pair]: the mass that pulls it
SIGNS = -0.1 * PAIRS.T  # times the step in time


def three_bodies(parameters: list[Any], start: Any, end: Any) -> tuple[float, list[Any]]:
    """Each pair is met once: `pull` adds its force to both bodies, with the masses in it."""
    mass, G = parameters
    count = len(start)
    pull = G * SIGNS * np.exp(mass)[OTHER]
    x = start.transpose(1, 2, 0).reshape(3, -1)
    v: Any = 0
    steps = []
    for _ in range(3):
        d = PAIRS @ x
        d2 = d.reshape(3, 2, count)
        s = np.einsum("pin,pin->pn", d2, d2)
        s += 0.5
        w = np.sqrt(s)  # then s ** -1.5
        w *= s
        np.divide(1, w, out=w)
        f = (d2 * w[:, None]).reshape(3, -1)
        v = v + pull @ f
        x = x + 0.1 * v
        steps.append((d2, s, w, f))
    error = x
    error -= end.transpose(1, 2, 0).reshape(3, -1)
    loss = np.vdot(error, error) / count

    dx = error
    dx *= 2 / count
    dv = 0.1 * dx
    dpull = dv @ f.T
    for (d, s, w, _), (*_, before) in zip(steps[:0:-1], steps[-2::-1]):
        dx += PAIRS.T @ force_backward((pull.T @ dv).reshape(d.shape), d, s, w).reshape(3, -1)
        dv += 0.1 * dx
        dpull += dv @ before.T
    dpull *= pull
    return loss, [np.bincount(OTHER.ravel(), dpull.ravel()), dpull.sum() / G]


def force_backward(df: Any, d: Any, s: Any, w: Any) -> Any:
    """f = d s^-1.5 and s = d . d + 0.5 give dd = w df - 3 w / s (df . d) d; in place of df."""
    along = np.einsum("pin,pin->pn", df, d)
    along *= w
    along /= s
    along *= 3
    df *= w[:, None]
    df -= along[:, None] * d
    return df
