"""In JAX, jitted.

In the perceptrons activations are kept one column an example, as in in_numpy: up to 1.8 times
faster. What one call gives is ready all at once, so that to wait for the loss is enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)

ALPHA = 1e-4  # of the weight decay in micrograd's demo


def ready(loss: Any, parameters: list[Any]) -> Any:
    """The loss and its gradients by the parameters, as a function of a batch."""
    step = jax.jit(jax.value_and_grad(loss))
    parameters = [jnp.asarray(p) for p in parameters]

    def value_and_grad(X: Any, Y: Any) -> tuple[Any, list[Any]]:
        value, gradients = step(parameters, X, Y)
        return value.block_until_ready(), gradients

    return value_and_grad


def hinge_mlp(parameters: list[Any]) -> Any:
    def loss(parameters: list[Any], X: Any, y: Any) -> Any:
        W1, b1, W2, b2, W3, b3 = parameters
        h = jax.nn.relu(W1 @ X.T + b1[:, None])
        h = jax.nn.relu(W2 @ h + b2[:, None])
        score = W3[0] @ h + b3
        decay = sum(jnp.vdot(p, p) for p in parameters)
        return jax.nn.relu(1 - y * score).mean() + ALPHA * decay

    return ready(loss, parameters)


def softmax_mlp(parameters: list[Any]) -> Any:
    def loss(parameters: list[Any], X: Any, Y: Any) -> Any:
        W1, b1, W2, b2 = parameters
        z = W2 @ jax.nn.relu(W1 @ X.T + b1[:, None]) + b2[:, None]
        return (jax.nn.logsumexp(z, axis=0).sum() - (z * Y.T).sum()) / len(X)

    return ready(loss, parameters)


def tanh_mlp(parameters: list[Any]) -> Any:
    def loss(parameters: list[Any], X: Any, y: Any) -> Any:
        *hidden, (W, b) = zip(parameters[::2], parameters[1::2])
        h = X.T
        for W_i, b_i in hidden:
            h = jnp.tanh(W_i @ h + b_i[:, None])
        return ((W[0] @ h + b - y) ** 2).mean()

    return ready(loss, parameters)


HEADS = 4


def rms_norm(x: Any) -> Any:
    return x * jax.lax.rsqrt((x * x).mean(axis=-1, keepdims=True) + 1e-5)


def gpt_loss(parameters: list[Any], X: Any, Y: Any) -> Any:
    tokens, positions, query, key, value, out, widen, narrow, head = parameters
    count, block, _ = X.shape
    X, Y = X.reshape(count * block, -1), Y.reshape(count * block, -1)  # 2-D products are faster
    x = rms_norm((X @ tokens).reshape(count, block, -1) + positions).reshape(len(X), -1)
    qkv = rms_norm(x) @ jnp.concatenate([query, key, value]).T
    q, k, v = qkv.reshape(count, block, 3, HEADS, -1).transpose(2, 0, 3, 1, 4)
    scores = q @ k.swapaxes(2, 3) / math.sqrt(q.shape[-1])
    causal = jnp.tri(block, dtype=bool)
    a = jax.nn.softmax(jnp.where(causal, scores, -jnp.inf))
    x += (a @ v).swapaxes(1, 2).reshape(x.shape) @ out.T
    x += jax.nn.relu(rms_norm(x) @ widen.T) @ narrow.T
    return -jnp.vdot(Y, jax.nn.log_softmax(x @ head.T)) / count


def gpt(parameters: list[Any]) -> Any:
    return ready(gpt_loss, parameters)


def train_gpt(parameters: list[Any], batches: Iterable[Any], steps: int) -> Iterator[float]:
    """Train it as examples/scalar_gpt.py does, by Adam; yields each batch's loss before its step.

    Args:
        parameters: the matrices it starts from.
        batches: (X, Y) for each step.
        steps: how many there are, for the learning rate.
    """

    @jax.jit
    def step(i: Any, state: Any, X: Any, Y: Any) -> Any:
        parameters, means, squares = state
        loss, gradients = jax.value_and_grad(gpt_loss)(parameters, X, Y)
        means = [0.85 * m + 0.15 * g for m, g in zip(means, gradients)]
        squares = [0.99 * s + 0.01 * g * g for s, g in zip(squares, gradients)]
        parameters = [
            p - 0.01 * (1 - i / steps) * (m / (1 - 0.85 ** (i + 1)))
            / (jnp.sqrt(s / (1 - 0.99 ** (i + 1))) + 1e-8)
            for p, m, s in zip(parameters, means, squares)
        ]  # fmt: skip
        return loss, (parameters, means, squares)

    parameters = [jnp.asarray(p) for p in parameters]
    state = parameters, *([jnp.zeros_like(p) for p in parameters] for _ in range(2))
    for i, (X, Y) in enumerate(batches):
        loss, state = step(float(i), state, X, Y)
        yield float(loss)
