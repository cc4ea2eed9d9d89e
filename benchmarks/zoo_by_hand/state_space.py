"""State-space models."""

from __future__ import annotations

from typing import Any

import numpy as np

from .parts import sigmoid_of_minus


def mamba(parameters: list[Any], x: Any, y: Any) -> tuple[float, list[Any]]:
    """A selective scan over states [channel, state, step, example].

    All but the scan itself is done for all steps at once; the first decay meets a state of 0.
    """
    A, B, C, step, bias, D, gate = parameters
    count, length, _ = x.shape
    u = x.T.copy()
    rows, last = u.reshape(2, -1), u[:, -1]
    z = np.concatenate([step, B]) @ rows
    b = z[2:].reshape(3, length, count)
    z = z[:2]
    z += bias[:, None]
    dt, slope = softplus(z)
    dt = dt.reshape(u.shape)
    rate = -np.exp(A)
    decay = np.exp(rate[:, :, None, None] * dt[:, None, 1:])
    w = dt * u
    h = w[:, None] * b
    for t in range(1, length):
        h[:, :, t] += decay[:, :, t - 1] * h[:, :, t - 1]
    c_and_g = np.concatenate([C, gate]) @ last
    c, g = c_and_g[:3], c_and_g[3:]
    out = np.einsum("jn,ijn->in", c, h[:, :, -1])
    out += D[:, None] * last
    s = sigmoid_of_minus(-g)
    silu = g * s
    error = silu * out
    error -= y.T
    loss = np.vdot(error, error) / count

    error *= 2 / count
    dout = error * silu
    dlast = np.empty((5, count))
    np.einsum("in,ijn->jn", dout, h[:, :, -1], out=dlast[:3])
    error *= out
    error *= s
    np.multiply(error, 1 + g - silu, out=dlast[3:])  # the slope of silu is s (1 + g - silu)
    dlast = dlast @ last.T
    dh = scan_backward(decay, dout[:, None] * c)
    dz = np.empty((5, length, count))
    np.einsum("ijtn,itn->jtn", dh, w, out=dz[2:])
    np.einsum("ijtn,jtn->itn", dh, b, out=dz[:2])
    dz[:2] *= u
    decay *= dh[:, :, 1:]
    decay *= h[:, :, :-1]  # the gradient of the logarithm of decay
    dz[:2, 1:] += np.einsum("ijtn,ij->itn", decay, rate)
    dz = dz.reshape(5, -1)
    dz[:2] *= slope
    d = dz @ rows.T
    dA = rate * np.einsum("ijtn,itn->ij", decay, dt[:, 1:])
    dD = np.einsum("in,in->i", dout, last)
    return loss, [dA, d[2:], dlast[:3], d[:2], dz[:2].sum(axis=1), dD, dlast[3:]]


def softplus(z: Any) -> tuple[Any, Any]:
    """log(1 + exp(z)) without overflow, and its slope, 1 / (1 + exp(-z))."""
    y = np.abs(z)
    np.negative(y, out=y)
    np.exp(y, out=y)
    np.log1p(y, out=y)
    y += np.maximum(z, 0)
    slope = z - y
    return y, np.exp(slope, out=slope)


def scan_backward(decay: Any, dlast: Any) -> Any:
    """dh of all steps, from that of the last."""
    channels, states, steps, count = decay.shape
    dh = np.empty((channels, states, steps + 1, count))
    dh[:, :, -1] = dlast
    for t in range(steps, 0, -1):
        np.multiply(decay[:, :, t - 1], dh[:, :, t], out=dh[:, :, t - 1])
    return dh
