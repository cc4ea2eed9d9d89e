"""Adam: a learning rate for each parameter, from running means of its gradient and its square."""

import math
from collections.abc import Iterable
from typing import Any

from autograd_mini import Value

from ..checks import check_float, check_nonnegative
from .base import Optimizer, Setting


def _two_betas(betas: Any, name: str) -> tuple[float, ...]:
    if not isinstance(betas, (list, tuple)) or len(betas) != 2:
        raise ValueError(f"{name}: expected two numbers in [0, 1), got {betas!r:.60}")
    return tuple(check_float(beta, name, "[0, 1)") for beta in betas)


class Adam(Optimizer):
    """Adam (Kingma, Ba 2015, arXiv:1412.6980), with PyTorch's names, defaults and arithmetic.

        m = beta1 m + (1 - beta1) g            the mean of the gradient
        v = beta2 v + (1 - beta2) g**2         the mean of its square
        p -= lr (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)

    Args:
        parameters: the Values to train, or groups of them, as for Optimizer.
        lr: the learning rate, at least 0.
        betas: how much of the two means is kept at each step, both in [0, 1).
        eps: keeps the quotient finite, at least 0.
        weight_decay: adds weight_decay * p to each gradient, at least 0.

    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> Adam([p], lr=0.1).step()
    >>> round(p.data, 6)
    0.9
    """

    elementwise = True
    memory = ("steps", "means", "squares")
    decoupled = False  # whether the weight decay is left out of the means

    betas = Setting(_two_betas)
    eps = Setting()
    weight_decay = Setting()

    def __init__(
        self,
        parameters: Iterable[Value | dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        self.steps = 0
        self.means: list[float] | None = None
        self.squares: list[float] | None = None

    def check_memory(self, name: str, found: Any) -> Any:
        numbers = super().check_memory(name, found)
        for i, square in enumerate((name == "squares" and numbers) or ()):
            check_nonnegative(square, f"squares[{i}]")
        return numbers

    def step(self) -> None:
        means: list[float] = []
        squares: list[float] = []
        steps = self.steps + 1
        zeros = [0.0] * len(self.parameters)
        for group, parameters, ms, vs in self.groups(self.means or zeros, self.squares or zeros):
            lr, (beta1, beta2), eps = group["lr"], group["betas"], group["eps"]
            decay = group["weight_decay"]
            if self.decoupled:
                for p in parameters:
                    p.data *= 1 - lr * decay
                decay = 0.0
            gradients = [p.grad + decay * p.data for p in parameters]
            ms = [beta1 * m + (1 - beta1) * g for m, g in zip(ms, gradients)]
            vs = [beta2 * v + (1 - beta2) * g * g for v, g in zip(vs, gradients)]
            # both means start from 0, and the corrections make up for it
            rate = lr / (1 - beta1**steps)
            correction = math.sqrt(1 - beta2**steps)
            for p, m, v in zip(parameters, ms, vs):
                p.data -= rate * m / (v**0.5 / correction + eps)
            means += ms
            squares += vs
        self.steps, self.means, self.squares = steps, means, squares


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov, Hutter 2019, arXiv:1711.05101).

    Each step first shrinks p by lr * weight_decay * p, which does not enter the running means.

    Args:
        parameters, lr, betas, eps: as for Adam.
        weight_decay: at least 0.

    >>> p = Value(1.0)
    >>> optimizer = AdamW([p], lr=0.1, weight_decay=0.5)
    >>> optimizer.step()
    >>> p.data
    0.95
    """

    elementwise = decoupled = True

    def __init__(
        self,
        parameters: Iterable[Value | dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)
