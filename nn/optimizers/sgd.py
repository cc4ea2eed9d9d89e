"""Gradient descent, with momentum."""

from collections.abc import Iterable, Mapping
from typing import Any

from autograd_mini import Value

from .base import Optimizer, Setting


def _true_or_false(x: Any, name: str) -> bool:
    if not isinstance(x, bool):
        raise TypeError(f"{name}: expected True or False, got {x!r}")
    return x


class SGD(Optimizer):
    """Stochastic gradient descent: p -= lr * gradient, with PyTorch's names and arithmetic.

    Args:
        parameters: the Values to train, or groups of them, as for Optimizer.
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

    momentum = Setting()
    nesterov = Setting(_true_or_false)
    weight_decay = Setting()

    def __init__(
        self,
        parameters: Iterable[Value | dict[str, Any]],
        lr: float = 1e-3,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            parameters, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay
        )
        self.velocity: list[float] | None = None

    def checked(self, group: Mapping[str, Any]) -> dict[str, Any]:
        settings = super().checked(group)
        if settings["nesterov"] and not settings["momentum"]:
            raise ValueError("SGD with nesterov=True needs a momentum above 0")
        return settings

    def step(self) -> None:
        velocity: list[float] = []
        for group, parameters, last in self.groups(self.velocity):
            lr, momentum, decay = group["lr"], group["momentum"], group["weight_decay"]
            gradients = [p.grad + decay * p.data for p in parameters]
            vs = steps = gradients
            if momentum and last:
                vs = steps = [momentum * v + g for v, g in zip(last, gradients)]
            if group["nesterov"]:
                steps = [g + momentum * v for g, v in zip(gradients, vs)]
            for p, step in zip(parameters, steps):
                p.data -= lr * step
            velocity += vs
        if any(group["momentum"] for group in self.param_groups):
            self.velocity = velocity
