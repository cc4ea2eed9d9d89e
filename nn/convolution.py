"""Convolutions: linear layers whose outputs hear a few neighbours each, all with the same weights.

As everywhere in deep learning they are cross-correlations: the kernel is not flipped.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from autograd_mini import Value, dot

from .activations import Activation, activation_function, activation_name
from .initializers import Initializer, initializer
from .layers import check_inputs, check_size
from .module import Module


class _Convolution(Module):
    """What Conv1d and Conv2d share: filters of weights, and where they are laid on.

    Attributes:
        w: the weights, w[filter][channel][k], or w[filter][channel][row][column].
        b: the biases, one a filter.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: tuple[int, ...],
        *,
        stride: int = 1,
        padding: int = 0,
        activation: str | Activation | None = None,
        init: str | Initializer | None = None,
        rng: random.Random | None = None,
    ) -> None:
        name = type(self).__name__
        channels = check_size(channels, f"{name} channels")
        filters = check_size(filters, f"{name} filters")
        self.kernel = tuple(check_size(size, f"{name} kernel") for size in kernel)
        self.stride = check_size(stride, f"{name} stride")
        self.padding = check_size(padding, f"{name} padding", least=0)
        self.activation = activation_function(activation)
        draw = initializer(init, activation_name(self.activation))
        heard, hearing = channels, filters
        for size in self.kernel:
            heard, hearing = heard * size, hearing * size

        def weights(sizes: tuple[int, ...]) -> Any:
            if not sizes:
                return Value(draw(heard, hearing, rng or random))
            return [weights(sizes[1:]) for _ in range(sizes[0])]

        self.w = weights((filters, channels, *self.kernel))
        self.b = [Value(0.0) for _ in range(filters)]

    def _windows(self, length: int, size: int) -> list[list[tuple[int, int]]]:
        """For each output along one axis the pairs (place in the kernel, place in the input);
        places in the padding, where there are only zeros, are left out."""
        count = (length + 2 * self.padding - size) // self.stride + 1
        if count < 1:
            raise ValueError(
                f"{type(self).__name__} expected at least {size - 2 * self.padding} inputs along "
                f"an axis for a kernel of {size}, got {length}"
            )
        starts = [self.stride * t - self.padding for t in range(count)]
        return [
            [(k, start + k) for k in range(size) if 0 <= start + k < length] for start in starts
        ]

    def _check_channels(self, x: Any) -> list[Any]:
        """The input, or array, as a list of as many channels as there should be."""
        channels = list(x.tolist() if hasattr(x, "tolist") else x)
        if len(channels) != len(self.w[0]):
            raise ValueError(
                f"{type(self).__name__} expected {len(self.w[0])} channels, got {len(channels)}"
            )
        return channels

    def _neuron(self, weights: list[Any], inputs: list[Any], bias: Any) -> Any:
        z = dot(weights, inputs, bias)
        return self.activation(z) if self.activation else z

    def __repr__(self) -> str:
        kernel = self.kernel[0] if len(set(self.kernel)) == 1 else self.kernel
        sizes = f"{len(self.w[0])}, {len(self.b)}, kernel={kernel}"
        return f"{type(self).__name__}({sizes}, {activation_name(self.activation)})"


class Conv1d(_Convolution):
    """y[o][t] = activation(b[o] + the sum over c, k of w[o][c][k] x[c][stride t + k - padding]).

    Args:
        channels: the number of input channels, at least 1.
        filters: the number of output channels, at least 1.
        kernel: how many neighbours an output hears, at least 1.
        options: stride, at least 1; padding, the zeros added at either end; activation, init and
            rng as in Neuron.

    Called on x[channel][position]; gives y[filter][position].

    >>> layer = Conv1d(1, 1, kernel=2)
    >>> layer.w, layer.b = [[[Value(-1.0), Value(1.0)]]], [Value(0.0)]
    >>> layer.predict([[1.0, 4.0, 9.0]])  # differences
    [[3.0, 5.0]]
    """

    def __init__(self, channels: int, filters: int, kernel: int, **options: Any) -> None:
        super().__init__(channels, filters, (kernel,), **options)

    def __call__(self, x: Sequence[Sequence[Any]]) -> list[list[Any]]:
        x = self._check_channels(x)
        x = [check_inputs(channel, len(x[0]), "Conv1d channel") for channel in x]
        windows = self._windows(len(x[0]), self.kernel[0])
        return [
            [
                self._neuron(
                    [channel[k] for channel in w for k, _ in window],
                    [channel[t] for channel in x for _, t in window],
                    b,
                )
                for window in windows
            ]
            for w, b in zip(self.w, self.b)
        ]


class Conv2d(_Convolution):
    """The same in two dimensions: a picture x[channel][row][column] to y[filter][row][column].

    Args:
        channels: the number of input channels, at least 1.
        filters: the number of output channels, at least 1.
        kernel: (rows, columns) that an output hears; one number for a square.
        options: as for Conv1d; stride and padding hold along both axes.

    >>> layer = Conv2d(1, 4, kernel=3, padding=1)
    >>> picture = [[[0.0] * 5 for _ in range(5)]]
    >>> y = layer.predict(picture)
    >>> len(y), len(y[0]), len(y[0][0])
    (4, 5, 5)
    """

    def __init__(
        self, channels: int, filters: int, kernel: int | tuple[int, int], **options: Any
    ) -> None:
        sizes = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        if len(sizes) != 2:
            raise ValueError(f"Conv2d expected a kernel of (rows, columns), got {kernel}")
        super().__init__(channels, filters, sizes, **options)

    def __call__(self, x: Sequence[Sequence[Sequence[Any]]]) -> list[list[list[Any]]]:
        x = self._check_channels(x)
        height, width = len(x[0]), len(x[0][0]) if len(x[0]) else 0
        if any(len(plane) != height for plane in x):
            raise ValueError(f"Conv2d expected {height} rows in every channel, as in the first")
        x = [[check_inputs(row, width, "Conv2d row") for row in plane] for plane in x]
        rows = self._windows(height, self.kernel[0])
        columns = self._windows(width, self.kernel[1])
        return [
            [
                [
                    self._neuron(
                        [plane[i][j] for plane in w for i, _ in row for j, _ in column],
                        [plane[s][t] for plane in x for _, s in row for _, t in column],
                        b,
                    )
                    for column in columns
                ]
                for row in rows
            ]
            for w, b in zip(self.w, self.b)
        ]


def flatten(x: Any) -> list[Any]:
    """The scalars of nested lists, in one list.

    >>> flatten([[1.0, 2.0], [[3.0]]])
    [1.0, 2.0, 3.0]
    """
    return [leaf for part in x for leaf in flatten(part)] if isinstance(x, (list, tuple)) else [x]
