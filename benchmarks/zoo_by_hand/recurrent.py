"""Recurrent networks.

A column of `seen` is what a step's matrix meets: [x, h, 1] at a step, of an example. Its rows run
over all steps, so that the gradient of the matrix is one product over steps and examples.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .parts import sigmoid_of_minus


def steps(x: Any, width: int) -> Any:
    """[x, h, 1], as [feature, step, example], where h is 0 before the first step."""
    count, length, inputs = x.shape
    seen = np.empty((inputs + width + 1, length, count))
    seen[:inputs] = x.T
    seen[inputs:-1, 0] = 0
    seen[-1] = 1
    return seen


def elman(parameters: list[Any], x: Any, y: Any) -> tuple[float, list[Any]]:
    W, U, b, o = parameters
    count, last = len(x), x.shape[1] - 1
    step = np.concatenate([W, U, b[:, None]], axis=1)
    seen = steps(x, len(o))
    h = seen[2:5]
    for t in range(last):
        np.matmul(step, seen[:, t], out=h[:, t + 1])
        np.tanh(h[:, t + 1], out=h[:, t + 1])
    out = step @ seen[:, last]
    np.tanh(out, out=out)
    error = o @ out
    error -= y
    loss = error @ error / count

    error *= 2 / count
    slope = h * h  # at t it is that of the step before
    np.subtract(1, slope, out=slope)
    dz = np.empty(h.shape)
    np.multiply(o[:, None] * error, 1 - out * out, out=dz[:, last])
    for t in range(last, 0, -1):
        np.matmul(U.T, dz[:, t], out=dz[:, t - 1])
        dz[:, t - 1] *= slope[:, t]
    d = dz.reshape(len(o), -1) @ seen.reshape(len(seen), -1).T
    return loss, [d[:, :2], d[:, 2:5], d[:, 5], out @ error]


def lstm(parameters: list[Any], x: Any, y: Any) -> tuple[float, list[Any]]:
    """All four gates come of one product and one tanh, since sigmoid(z) = (1 + tanh(z / 2)) / 2.

    The rows of the gates are those of i, f, o and g, three each.
    """
    *weights, out = parameters
    count, length = x.shape[:2]
    step = np.empty((12, 6))
    np.concatenate(weights[:4], out=step[:, :5])
    np.concatenate(weights[4:], out=step[:, 5])
    halved = step.copy()
    halved[:9] *= 0.5
    seen = steps(x, 3)
    gates = np.empty((12, length, count))
    i, f, o, g = gates.reshape(4, 3, length, count)
    c = np.zeros((3, length + 1, count))
    tanh_c = np.empty((3, length, count))
    for t in range(length):
        z = np.matmul(halved, seen[:, t], out=gates[:, t])
        np.tanh(z, out=z)
        z[:9] *= 0.5
        z[:9] += 0.5
        np.multiply(f[:, t], c[:, t], out=c[:, t + 1])
        c[:, t + 1] += i[:, t] * g[:, t]
        np.tanh(c[:, t + 1], out=tanh_c[:, t])
        if t + 1 < length:
            np.multiply(o[:, t], tanh_c[:, t], out=seen[2:5, t + 1])
    h = o[:, t] * tanh_c[:, t]
    error = out @ h
    error -= y
    loss = error @ error / count

    error *= 2 / count
    dz = lstm_backward(step[:, 2:5].T, (i, f, o, g), c[:, :-1], tanh_c, out[:, None] * error)
    d = dz.reshape(12, -1) @ seen.reshape(6, -1).T
    return loss, [*d[:, :5].reshape(4, 3, 5), *d[:, 5].reshape(4, 3), h @ error]


def lstm_backward(U: Any, gates: Any, c: Any, tanh_c: Any, dh: Any) -> Any:
    """dz of the gates, [gate, state, step, example]; first their slopes, for all steps at once."""
    i, f, o, g = gates
    dz = np.empty((4, *i.shape))
    di, df, do, dg = dz
    for slope, gate, factor in ((di, i, g), (df, f, c), (do, o, tanh_c)):
        np.subtract(1, gate, out=slope)  # a sigmoid's is s (1 - s)
        slope *= gate
        slope *= factor
    np.multiply(g, g, out=dg)
    np.subtract(1, dg, out=dg)
    dg *= i
    into_c = tanh_c * tanh_c
    np.subtract(1, into_c, out=into_c)
    into_c *= o
    dc = np.zeros(dh.shape)
    for t in reversed(range(i.shape[1])):
        dc += dh * into_c[:, t]
        dz[:2, :, t] *= dc
        do[:, t] *= dh
        dg[:, t] *= dc
        if t:
            dc *= f[:, t]
            dh = U @ dz[:, :, t].reshape(12, -1)
    return dz


def gru(parameters: list[Any], x: Any, y: Any) -> tuple[float, list[Any]]:
    """The new state is n + z (h - n). A column of `reset` is [x, r h, 1], which n is made of."""
    Wr, Wz, Wn, br, bz, bn = parameters
    count, length = x.shape[:2]
    gate, new = np.empty((6, 6)), np.empty((3, 6))
    np.concatenate([Wr, Wz], out=gate[:, :5])
    np.concatenate([br, bz], out=gate[:, 5])
    new[:, :5], new[:, 5] = Wn, bn
    minus = -gate
    seen = steps(x, 3)
    reset = seen.copy()
    h = seen[2:5]
    gates = np.empty((6, length, count))
    r, z = gates.reshape(2, 3, length, count)
    n = np.empty(r.shape)
    over = np.empty(r.shape)  # h - n
    for t in range(length):
        sigmoid_of_minus(np.matmul(minus, seen[:, t], out=gates[:, t]))
        np.multiply(r[:, t], h[:, t], out=reset[2:5, t])
        np.matmul(new, reset[:, t], out=n[:, t])
        np.tanh(n[:, t], out=n[:, t])
        np.subtract(h[:, t], n[:, t], out=over[:, t])
        after = z[:, t] * over[:, t]
        after += n[:, t]
        if t + 1 < length:
            h[:, t + 1] = after
    error = after.sum(axis=0)
    error -= y
    loss = error @ error / count

    error *= 2 / count
    dgates, dn = gru_backward(gate[:, 2:5].T, new[:, 2:5].T, gates, n, h, over, error)
    dgate = dgates.reshape(6, -1) @ seen.reshape(6, -1).T
    dnew = dn.reshape(3, -1) @ reset.reshape(6, -1).T
    return loss, [dgate[:3, :5], dgate[3:, :5], dnew[:, :5], dgate[:3, 5], dgate[3:, 5], dnew[:, 5]]


def gru_backward(
    gate: Any, new: Any, gates: Any, n: Any, h: Any, over: Any, error: Any
) -> tuple[Any, Any]:
    """dz of the gates and of n; first their slopes, for all steps at once."""
    r, z = gates.reshape(2, *n.shape)
    dgates, dn = 1 - gates, n * n
    dr, dz = dgates.reshape(2, *n.shape)
    np.subtract(1, dn, out=dn)
    dn *= dz
    dgates *= gates
    dr *= h
    dz *= over
    dh = error  # the same for all states
    for t in reversed(range(n.shape[1])):
        dn[:, t] *= dh
        dz[:, t] *= dh
        if t:  # the first h is 0, and so is dr
            dreset = new @ dn[:, t]
            dr[:, t] *= dreset
            dh = dh * z[:, t]
            dreset *= r[:, t]
            dh += dreset
            dh += gate @ dgates[:, t]
    return dgates, dn
