"""Convolutions: linear layers whose outputs depend on a few neighbours each, with shared weights.

As is usual in deep learning they are cross-correlations: the kernel is not flipped.
"""

import math
import random
from collections.abc import Sequence
from typing import Any

from autograd_mini import Value, dot, nested

from .activations import Activation, activation_function, activation_name
from .checks import check_inputs, check_rng, check_size
from .initializers import Initializer, initializer
from .module import Module


class _Convolution(Module):
    """What Conv1d and Conv2d share: the weights of the kernels, and the windows.

    Attributes:
        w: the weights, w[output][channel][k], or w[output][channel][row][column].
        b: the biases, one for each output channel; None without them.
        axes: the names of an input's indices.
    """

    axes: tuple[str, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        *,
        stride: int = 1,
        padding: int = 0,
        activation: str | Activation | None = None,
        bias: bool = True,
        init: str | Initializer | None = None,
        rng: random.Random | None = None,
    ) -> None:
        name = type(self).__name__
        in_channels = check_size(in_channels, f"{name} in_channels")
        out_channels = check_size(out_channels, f"{name} out_channels")
        self.kernel_size = tuple(check_size(size, f"{name} kernel_size") for size in kernel_size)
        self.stride = check_size(stride, f"{name} stride")
        self.padding = check_size(padding, f"{name} padding", least=0)
        self.activation = activation_function(activation)
        draw = initializer(init, activation_name(self.activation))
        rng = check_rng(rng)
        fan_in, fan_out = (n * math.prod(self.kernel_size) for n in (in_channels, out_channels))

        def weights(sizes: tuple[int, ...]) -> Any:
            if not sizes:
                return Value(draw(fan_in, fan_out, rng))
            return [weights(sizes[1:]) for _ in range(sizes[0])]

        self.w = weights((out_channels, in_channels, *self.kernel_size))
        self.b = [Value(0.0) for _ in range(out_channels)] if bias else None

    def _windows(self, length: int, size: int) -> list[list[tuple[int, int]]]:
        """For each output along one axis the pairs (index in the kernel, index in the input), but
        those in the padding, where there are only zeros."""
        count = (length + 2 * self.padding - size) // self.stride + 1
        if count < 1:
            raise ValueError(
                f"{type(self).__name__} expected at least {size - 2 * self.padding} inputs along "
                f"an axis for a kernel of {size}, got {length}"
            )
        starts = [self.stride * t - self.padding for t in range(count)]
        return [[(k, s + k) for k in range(size) if 0 <= s + k < length] for s in starts]

    def _check_channels(self, x: Any) -> list[Any]:
        """The input, checked to be nested lists or an array, as a list of channels."""
        first = channels = x.tolist() if hasattr(x, "tolist") else x
        name, at, expected = type(self).__name__, "x", len(self.w[0])
        for _ in self.axes:
            if not hasattr(first, "__len__"):
                raise TypeError(
                    f"{name} expected nested lists x[{']['.join(self.axes)}], and {at} is a "
                    f"{type(first).__name__}; one channel alone is [x]"
                )
            if len(first) == 0:
                break
            first, at = first[0], f"{at}[0]"
        if len(channels) != expected:
            raise ValueError(f"{name} expected {expected} channels, got {len(channels)}")
        return list(channels)

    def _outputs(self, x: Any, kernels: Any, rows: Any, columns: Any) -> list[list[list[Any]]]:
        """y[output channel][row][column] for x[channel][row][column] and the windows."""

        def neuron(weights: Any, bias: Any, row: Any, column: Any) -> Any:
            ws = [plane[i][j] for plane in weights for i, _ in row for j, _ in column]
            z = dot(ws, [plane[s][t] for plane in x for _, s in row for _, t in column], bias)
            return self.activation(z) if self.activation else z

        biases: list[Any] = self.b or [0] * len(kernels)
        return [
            [[neuron(w, b, row, column) for column in columns] for row in rows]
            for w, b in zip(kernels, biases)
        ]

    def __repr__(self) -> str:
        size = self.kernel_size[0] if len(set(self.kernel_size)) == 1 else self.kernel_size
        sizes = f"{len(self.w[0])}, {len(self.w)}, kernel_size={size}"
        bias = "" if self.b else ", bias=False"
        return f"{type(self).__name__}({sizes}, {activation_name(self.activation)}{bias})"


class Conv1d(_Convolution):
    """y[o][t] = activation(b[o] + the sum over c, k of w[o][c][k] x[c][stride t + k - padding]).

    Args:
        in_channels, out_channels: the numbers of input and output channels, at least 1.
        kernel_size: how many neighbours an output depends on, at least 1.
        options: stride, at least 1; padding, the zeros added at either end; activation, bias, init
            and rng as in Neuron.

    Called on x[channel][position]; returns y[output channel][position].

    >>> layer = Conv1d(1, 1, kernel_size=2)
    >>> layer.w, layer.b = [[[Value(-1.0), Value(1.0)]]], [Value(0.0)]
    >>> layer.predict([[1.0, 4.0, 9.0]])  # differences
    [[3.0, 5.0]]
    """

    axes = ("channel", "position")

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, **options: Any
    ) -> None:
        super().__init__(in_channels, out_channels, (kernel_size,), **options)

    def __call__(self, x: Sequence[Sequence[Any]]) -> list[list[Any]]:
        x = self._check_channels(x)
        columns = self._windows(len(x[0]), self.kernel_size[0])
        x = [[check_inputs(channel, len(x[0]), "Conv1d channel")] for channel in x]
        kernels = [[[channel] for channel in kernel] for kernel in self.w]
        return [row for [row] in self._outputs(x, kernels, [[(0, 0)]], columns)]


class Conv2d(_Convolution):
    """The same in two dimensions, from x[channel][row][column] to y[output][row][column].

    Args:
        kernel_size: (rows, columns) that an output depends on; one number for a square.
        in_channels, out_channels, options: as for Conv1d; stride and padding hold along both axes.

    >>> layer = Conv2d(1, 4, kernel_size=3, padding=1)
    >>> picture = [[[0.0] * 5 for _ in range(5)]]
    >>> y = layer.predict(picture)
    >>> len(y), len(y[0]), len(y[0][0])
    (4, 5, 5)
    """

    axes = ("channel", "row", "column")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        **options: Any,
    ) -> None:
        sizes = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        if len(sizes) != 2:
            raise ValueError(f"Conv2d expected a kernel_size of (rows, columns), got {kernel_size}")
        super().__init__(in_channels, out_channels, sizes, **options)

    def __call__(self, x: Sequence[Sequence[Sequence[Any]]]) -> list[list[list[Any]]]:
        x = self._check_channels(x)
        height, width = len(x[0]), len(x[0][0]) if len(x[0]) else 0
        if any(len(plane) != height for plane in x):
            raise ValueError(f"Conv2d expected {height} rows in every channel, as in the first")
        x = [[check_inputs(row, width, "Conv2d row") for row in plane] for plane in x]
        rows = self._windows(height, self.kernel_size[0])
        columns = self._windows(width, self.kernel_size[1])
        return self._outputs(x, self.w, rows, columns)


def flatten(x: Any) -> list[Any]:
    """The scalars of nested lists or of an array, in one list; a layer without parameters.

    >>> flatten([[1.0, 2.0], [[3.0]]])
    [1.0, 2.0, 3.0]
    """
    return nested.flatten(x.tolist() if hasattr(x, "tolist") else x)
