"""Attention. Scores are [.., key, query, example], so that a softmax runs over rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .parts import cross_entropy, sigmoid_of_minus, softmax, softmax_backward

CAUSAL = np.where(np.tri(4).T > 0, 0, -np.inf)[:, :, None]  # a key is not after its query


def self_attention(parameters: list[Any], x: Any, y: Any) -> tuple[float, list[Any]]:
    """A score, (K x_k) . (Q x_q), is x_k . F x_q with F = K'Q: one product instead of two.

    The outputs of all queries are summed, so V meets that sum alone.
    """
    Q, K, V = parameters
    count, _, width = x.shape
    temper = 1 / math.sqrt(width)
    fit = K.T @ Q
    fit *= temper
    x = x.T.copy()
    rows = x.reshape(width, -1)
    weights = softmax(np.einsum("ikn,iqn->kqn", x, (fit @ rows).reshape(x.shape)))
    mean = np.einsum("ikn,kn->in", x, weights.sum(axis=1))
    error = V @ mean
    error -= y.T
    loss = np.vdot(error, error) / count

    error *= 2 / count
    each = np.einsum("in,ikn->kn", V.T @ error, x)  # the same for all queries
    dscores = each[:, None] - np.einsum("kqn,kn->qn", weights, each)
    dscores *= weights
    dfit = np.einsum("kqn,ikn->iqn", dscores, x).reshape(width, -1) @ rows.T
    dfit *= temper
    return loss, [K @ dfit, Q @ dfit.T, error @ mean.T]


def causal_attention(parameters: list[Any], x: Any, y: Any) -> tuple[float, list[Any]]:
    """Two heads of two numbers each; queries, keys and values come of one product."""
    Q, K, V, join = parameters
    count, tokens, width = x.shape
    temper = 1 / math.sqrt(2)
    rows = x.T.reshape(width, -1)
    z = np.concatenate([temper * Q, K, V]) @ rows
    q, k, v = z.reshape(3, 2, 2, tokens, count)
    scores = np.einsum("hikn,hiqn->hkqn", k, q)
    scores += CAUSAL
    weights = softmax(scores, axis=1)
    out = np.einsum("hkqn,hikn->hiqn", weights, v).reshape(width, -1)
    error = join @ out
    error -= y.T.reshape(width, -1)
    loss = np.vdot(error, error) / count

    error *= 2 / count
    dout = (join.T @ error).reshape(q.shape)
    dz = np.empty((3, *q.shape))
    dscores = softmax_backward(weights, np.einsum("hikn,hiqn->hkqn", v, dout), axis=1)
    np.einsum("hkqn,hikn->hiqn", dscores, k, out=dz[0])
    np.einsum("hkqn,hiqn->hikn", dscores, q, out=dz[1])
    np.einsum("hkqn,hiqn->hikn", weights, dout, out=dz[2])
    dQ, dK, dV = (dz.reshape(3 * width, -1) @ rows.T).reshape(3, width, width)
    dQ *= temper
    return loss, [dQ, dK, dV, error @ out.T]


def unit(x: Any) -> tuple[Any, Any]:
    """x over the root of the mean of its squares along the first axis; and one over that root."""
    scale = np.einsum("i...,i...->...", x, x)
    scale /= len(x)
    scale += 1e-6
    np.sqrt(scale, out=scale)
    np.divide(1, scale, out=scale)
    return x * scale, scale


def gpt_block(parameters: list[Any], x: Any, k: Any) -> tuple[float, list[Any]]:
    """Only the last token asks. Gains are folded into matrices: W (g u) is (W g) u."""
    Q, K, V, join, up, gate, down, gains, unembed = parameters
    temper = 1 / math.sqrt(2)
    QKV = np.concatenate([temper * Q, K, V])
    GU = np.concatenate([gate, up])
    with_gains = GU * gains[1]
    x = x.T.copy()
    u, _ = unit(x)
    attended, attend_backward = last_token(QKV * gains[0], u)
    x = join @ attended + x[:, -1]
    h, scale = unit(x)
    widened = with_gains @ h
    inner, swiglu_backward = swiglu(widened)
    out = down @ inner
    out += x
    loss, dz = cross_entropy(unembed @ out, k)

    dx = unembed.T @ dz
    ddown = dx @ inner.T
    dwidened = swiglu_backward(down.T @ dx)
    dGU = dwidened @ h.T
    dh = with_gains.T @ dwidened
    dh -= h * (np.einsum("in,in->n", h, dh) / len(h))
    dh *= scale
    dx += dh
    dQKV = attend_backward(join.T @ dx)
    dgains = np.array([(dQKV * QKV).sum(axis=0), (dGU * GU).sum(axis=0)])
    dQKV *= gains[0]
    dQKV[:4] *= temper
    dGU *= gains[1]
    dgate, dup = dGU.reshape(2, *gate.shape)
    dQ, dK, dV = dQKV.reshape(3, *Q.shape)
    return loss, [dQ, dK, dV, dx @ attended.T, dup, dgate, ddown, dgains, dz @ out.T]


def last_token(QKV: Any, u: Any) -> tuple[Any, Any]:
    """Two heads of two; the function gives dQKV for the gradient of what the last token gets."""
    width, tokens, count = u.shape
    rows, last = u.reshape(width, -1), u[:, -1]
    q = (QKV[:width] @ last).reshape(2, 2, count)
    k, v = (QKV[width:] @ rows).reshape(2, 2, 2, tokens, count)
    weights = softmax(np.einsum("hikn,hin->hkn", k, q), axis=1)

    def backward(dout: Any) -> Any:
        dout = dout.reshape(q.shape)
        dscores = softmax_backward(weights, np.einsum("hikn,hin->hkn", v, dout), axis=1)
        dkv = np.empty((2, *k.shape))
        np.multiply(dscores[:, None], q[:, :, None], out=dkv[0])
        np.multiply(weights[:, None], dout[:, :, None], out=dkv[1])
        dq = np.einsum("hkn,hikn->hin", dscores, k).reshape(width, count)
        return np.concatenate([dq @ last.T, dkv.reshape(2 * width, -1) @ rows.T])

    return np.einsum("hkn,hikn->hin", weights, v).reshape(width, count), backward


def swiglu(z: Any) -> tuple[Any, Any]:
    """silu(g) u for z = [g, u]; the function gives dz."""
    half = len(z) // 2
    g, u = z[:half], z[half:]
    s = sigmoid_of_minus(-g)
    silu = g * s

    def backward(dy: Any) -> Any:
        """The slope of silu is s + silu (1 - s)."""
        dz = np.empty_like(z)
        np.multiply(dy, silu, out=dz[half:])
        slope = 1 - s
        slope *= silu
        slope += s
        slope *= u
        np.multiply(slope, dy, out=dz[:half])
        return dz

    return silu * u, backward
