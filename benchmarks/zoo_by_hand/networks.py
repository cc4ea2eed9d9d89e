"""Networks that only go forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from .parts import cross_entropy, times_slope_of_tanh


def digits(parameters: list[Any], x: Any, k: Any) -> tuple[float, list[Any]]:
    """Two hidden layers of tanh, and a softmax."""
    W1, b1, W2, b2, W3, b3 = parameters
    ones = np.ones(len(x))
    h1 = W1 @ x.T
    h1 += b1[:, None]
    np.tanh(h1, out=h1)
    h2 = W2 @ h1
    h2 += b2[:, None]
    np.tanh(h2, out=h2)
    z = W3 @ h2
    z += b3[:, None]
    loss, dz3 = cross_entropy(z, k)

    dW3 = dz3 @ h2.T
    dz2 = times_slope_of_tanh(W3.T @ dz3, h2)
    dW2 = dz2 @ h1.T
    dz1 = times_slope_of_tanh(W2.T @ dz2, h1)
    return loss, [dz1 @ x, dz1 @ ones, dW2, dz2 @ ones, dW3, dz3 @ ones]


def places() -> Any:
    """Where in a flat picture of 6x6 the 9 inputs are of each of 4x4 outputs; and a 36 each.

    [input, place within the pool, pool]: those that are pooled are on one axis.
    """
    row, column = np.divmod(np.arange(9), 3)
    within, pool = (np.divmod(np.arange(4), 2) for _ in range(2))
    rows, columns = (
        k[:, None, None] + w[:, None] + 2 * p for k, w, p in zip((row, column), within, pool)
    )
    return np.concatenate([6 * rows + columns, np.full((1, 4, 4), 36)])


PLACES = places()


def lenet(parameters: list[Any], picture: Any, k: Any) -> tuple[float, list[Any]]:
    """The convolution is a product with the patches, which end in a 1 for the bias.

    The mean over a pool is a sum, and a quarter of the weights.
    """
    W1, b1, W2, b2 = parameters
    count, maps = len(picture), len(b1)
    pixels = np.empty((37, count))
    pixels[:36] = picture.reshape(count, 36).T
    pixels[36] = 1
    patches = pixels.take(PLACES, axis=0).reshape(10, -1)
    h = np.concatenate([W1.reshape(maps, 9), b1[:, None]], axis=1) @ patches
    np.tanh(h, out=h)
    h = h.reshape(maps, 4, 4, count)
    pooled = h.sum(axis=1).reshape(4 * maps, count)
    quarter = W2 / 4
    z = quarter @ pooled
    z += b2[:, None]
    loss, dz = cross_entropy(z, k)

    dW2 = dz @ pooled.T
    dW2 /= 4
    h *= h
    np.subtract(1, h, out=h)
    h *= (quarter.T @ dz).reshape(maps, 1, 4, count)
    d = h.reshape(maps, -1) @ patches.T
    return loss, [d[:, :9].reshape(W1.shape), d[:, 9], dW2, dz @ np.ones(count)]


def variational_autoencoder(parameters: list[Any], x: Any, noise: Any) -> tuple[float, list[Any]]:
    """The mean and the logarithm of the spread come of one product."""
    enc, mean, spread, dec, out = parameters
    count = len(x)
    both = np.concatenate([mean, spread])
    h = enc @ x.T
    np.tanh(h, out=h)
    latent = both @ h
    mu, s = latent[:2], latent[2:]
    e = np.exp(s)
    z = e * noise.T
    z += mu
    g = dec @ z
    np.tanh(g, out=g)
    error = out @ g
    error -= x.T
    squares = np.vdot(error, error) + np.vdot(mu, mu) + np.vdot(e, e)
    loss = (squares / 2 - s.sum()) / count - len(mu) / 2

    error /= count
    dout = error @ g.T
    dg = times_slope_of_tanh(out.T @ error, g)
    ddec = dg @ z.T
    dz = dec.T @ dg
    dlatent = np.empty_like(latent)
    np.divide(mu, count, out=dlatent[:2])
    dlatent[:2] += dz
    dz *= noise.T  # ds = dz noise e + (e² - 1) / n
    ds = np.divide(e, count, out=dlatent[2:])
    ds += dz
    ds *= e
    ds -= 1 / count
    dboth = dlatent @ h.T
    dh = times_slope_of_tanh(both.T @ dlatent, h)
    return loss, [dh @ x, dboth[:2], dboth[2:], ddec, dout]
