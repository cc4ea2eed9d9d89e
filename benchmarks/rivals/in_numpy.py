"""By hand in NumPy, as one would who has a profiler.

Activations are kept one column an example, so that what runs over neurons runs over rows, and is
vectorised over examples; results go where their operands were. Nothing is kept between calls.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

ALPHA = 1e-4  # of the weight decay in micrograd's demo


def hinge_mlp(parameters: list[Any]) -> Any:
    """Two hidden layers of relu, mean max-margin loss, L2 regularisation."""
    W1, b1, W2, b2, W3, b3 = parameters
    w3 = W3[0]

    def value_and_grad(X: Any, y: Any) -> tuple[float, list[Any]]:
        count = len(X)
        ones = np.ones(count)
        h1 = W1 @ X.T
        h1 += b1[:, None]
        np.maximum(h1, 0, out=h1)
        h2 = W2 @ h1
        h2 += b2[:, None]
        np.maximum(h2, 0, out=h2)
        score = w3 @ h2
        score += b3
        margin = 1 - y * score
        violated = margin > 0
        decay = sum(np.vdot(p, p) for p in parameters)
        loss = margin @ violated / count + ALPHA * decay

        dscore = violated * y
        dscore *= -1 / count
        dz2 = W3.T * dscore
        dz2 *= h2 > 0
        dz1 = W2.T @ dz2
        dz1 *= h1 > 0
        gradients = [
            dz1 @ X,
            dz1 @ ones,
            dz2 @ h1.T,
            dz2 @ ones,
            (h2 @ dscore)[None],
            dscore.sum(keepdims=True),
        ]
        for gradient, p in zip(gradients, parameters):
            gradient += 2 * ALPHA * p
        return loss, gradients

    return value_and_grad


def softmax_mlp(parameters: list[Any]) -> Any:
    """A hidden layer of relu, mean cross-entropy of the softmax with one-hot targets."""
    W1, b1, W2, b2 = parameters

    def value_and_grad(X: Any, Y: Any) -> tuple[float, list[Any]]:
        count = len(X)
        ones = np.ones(count)
        h = W1 @ X.T
        h += b1[:, None]
        np.maximum(h, 0, out=h)
        z = W2 @ h
        z += b2[:, None]
        z -= z.max(axis=0)
        p = np.exp(z)
        total = p.sum(axis=0)
        loss = (np.log(total).sum() - np.einsum("ij,ji", z, Y)) / count

        p /= total
        p -= Y.T
        p /= count
        dz = W2.T @ p
        dz *= h > 0
        return loss, [dz @ X, dz @ ones, p @ h.T, p @ ones]

    return value_and_grad


def tanh_mlp(parameters: list[Any]) -> Any:
    """Hidden layers of tanh, one linear output, mean squared error."""
    *hidden, (W, b) = zip(parameters[::2], parameters[1::2])

    def value_and_grad(X: Any, y: Any) -> tuple[float, list[Any]]:
        count = len(X)
        ones = np.ones(count)
        h = X.T
        inputs = [h]
        for W_i, b_i in hidden:
            h = W_i @ h
            h += b_i[:, None]
            np.tanh(h, out=h)
            inputs.append(h)
        error = W @ h
        error += b
        error -= y
        loss = np.vdot(error, error) / count

        dz = error
        dz *= 2 / count
        gradients = [dz @ ones, dz @ h.T]
        for i in range(len(hidden), 0, -1):
            dz = parameters[2 * i].T @ dz
            h = inputs[i]
            h *= h
            np.subtract(1, h, out=h)
            dz *= h
            gradients += [dz @ ones, dz @ inputs[i - 1].T]
        return loss, gradients[::-1]

    return value_and_grad


HEADS = 4
EPSILON = 1e-5


def rms_norm(x: Any) -> tuple[Any, Any]:
    """x, one row a vector, over the root of the mean of its squares; and one over that root."""
    scale = (x * x) @ np.full(x.shape[1], 1 / x.shape[1])
    scale += EPSILON
    np.sqrt(scale, out=scale)
    scale = (1 / scale)[:, None]
    return x * scale, scale


def rms_norm_backward(dy: Any, y: Any, scale: Any) -> Any:
    """dx = (dy - y mean(y dy)) scale"""
    mean = (dy * y) @ np.full(y.shape[1], 1 / y.shape[1])
    dx = dy - y * mean[:, None]
    dx *= scale
    return dx


def gpt(parameters: list[Any]) -> Any:
    """The GPT of examples/scalar_gpt.py, one row a position of a document.

    Its queries, keys and values come of one product of matrices, by the weights one below the
    other; attention is masked.
    """
    tokens, positions, query, key, value, out, widen, narrow, head = parameters
    block, width = positions.shape
    size = width // HEADS
    temper = 1 / math.sqrt(size)
    fused = np.concatenate([query * temper, key, value])
    mask = np.where(np.tri(block, dtype=bool), 0, -1e9)
    each_key, each_token = np.ones(block), np.ones(len(head))

    def value_and_grad(X: Any, Y: Any) -> tuple[float, list[Any]]:
        count = len(X)
        X, Y = X.reshape(count * block, -1), Y.reshape(count * block, -1)

        embedded = (X @ tokens).reshape(count, block, width)
        embedded += positions
        x0, scale0 = rms_norm(embedded.reshape(-1, width))
        n1, scale1 = rms_norm(x0)
        qkv = (n1 @ fused.T).reshape(count, block, 3, HEADS, size)
        q, k, v = qkv.transpose(2, 0, 3, 1, 4)  # each (documents, heads, positions, size)
        a = q @ k.swapaxes(2, 3)
        a += mask
        a -= a.max(axis=3, keepdims=True)
        np.exp(a, out=a)
        a *= (1 / (a @ each_key))[..., None]
        mixed = (a @ v).swapaxes(1, 2).reshape(-1, width)
        x1 = mixed @ out.T
        x1 += x0
        n2, scale2 = rms_norm(x1)
        h = n2 @ widen.T
        np.maximum(h, 0, out=h)
        x2 = h @ narrow.T
        x2 += x1
        z = x2 @ head.T
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z)
        total = p @ each_token
        weights = Y @ each_token
        loss = (weights @ np.log(total) - np.vdot(Y, z)) / count

        weights /= count * total
        p *= weights[:, None]
        p -= Y * (1 / count)
        dx2 = p @ head
        dh = dx2 @ narrow
        dh *= h > 0
        dx1 = rms_norm_backward(dh @ widen, n2, scale2)
        dx1 += dx2
        dmixed = (dx1 @ out).reshape(count, block, HEADS, size).swapaxes(1, 2)
        dqkv = np.empty_like(qkv)
        dq, dk, dv = dqkv.transpose(2, 0, 3, 1, 4)
        np.matmul(a.swapaxes(2, 3), dmixed, out=dv)
        da = dmixed @ v.swapaxes(2, 3)
        da -= ((a * da) @ each_key)[..., None]
        da *= a
        np.matmul(da, k, out=dq)
        np.matmul(da.swapaxes(2, 3), q, out=dk)
        dqkv = dqkv.reshape(-1, 3 * width)
        dx0 = rms_norm_backward(dqkv @ fused, n1, scale1)
        dx0 += dx1
        dembedded = rms_norm_backward(dx0, x0, scale0)
        dfused = dqkv.T @ n1
        dfused[:width] *= temper
        return loss, [
            X.T @ dembedded,
            dembedded.reshape(count, block, width).sum(axis=0),
            *np.split(dfused, 3),
            dx1.T @ mixed,
            dh.T @ n2,
            dx2.T @ h,
            p.T @ x2,
        ]

    return value_and_grad
