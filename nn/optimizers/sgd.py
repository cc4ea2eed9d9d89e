"""Gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autograd_mini import Value

from .base import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent: p -= lr * gradient, with PyTorch's names and arithmetic.

    Args:
        parameters: the Values to train.
        lr: the learning rate, at least 0.
        momentum: how much of the last velocity is kept, at least 0: v = momentum * v + gradient,
            and p -= lr * v. The first velocity is the gradient itself.
        nesterov: look ahead: p -= lr * (gradient + momentum * v).
        weight_decay: adds weight_decay * p to each gradient, at least 0.

    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> SGD([p], lr=0.25).step()
    >>> p.data
    0.5
    """

    elementwise = True
    memory = ("velocity",)
    own_checks = ("nesterov",)

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            parameters, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay
        )
        self.velocity: list[float] | None = None

    def check(self, state: Mapping[str, Any]) -> None:
        if not isinstance(state["nesterov"], bool):
            raise TypeError(f"SGD expected nesterov=True or False, got {state['nesterov']!r}")
        if state["nesterov"] and not state["momentum"]:
            raise ValueError("SGD with nesterov=True needs a momentum above 0")

    def step(self) -> None:
        """Move every parameter against its gradient."""
        velocity: list[float] = []
        for group, part in self.groups():
            parameters, lr, momentum = self.parameters[part], group.lr, group.momentum
            gradients = [p.grad + group.weight_decay * p.data for p in parameters]
            vs = gradients
            if momentum and self.velocity is not None:
                vs = [momentum * v + g for v, g in zip(self.velocity[part], gradients)]
            steps = vs
            if group.nesterov:
                steps = [g + momentum * v for g, v in zip(gradients, vs)]
            for p, step in zip(parameters, steps):
                p.data -= lr * step
            velocity += vs
        if any(group["momentum"] for group in self.param_groups):
            self.velocity = velocity
