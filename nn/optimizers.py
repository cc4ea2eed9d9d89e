"""Optimizers: how parameters follow their gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_mini import Value


class SGD:
    """Stochastic gradient descent: p -= lr * gradient, with PyTorch's names and arithmetic.

    Args:
        parameters: the Values to train.
        lr: the learning rate, at least 0.
        momentum: how much of the last velocity is kept, in [0, 1): v = momentum * v + gradient,
            and p -= lr * v. The first velocity is the gradient itself.
        nesterov: look ahead: p -= lr * (gradient + momentum * v).
        weight_decay: adds weight_decay * p to each gradient, at least 0.

    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> SGD([p], lr=0.25).step()
    >>> p.data
    0.5
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float = 1e-3,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        if not hasattr(parameters, "__iter__"):
            raise TypeError(
                f"SGD expected a list of Values, got {type(parameters).__name__}; write "
                "SGD(model.parameters())"
            )
        self.parameters = list(parameters)
        for p in self.parameters:
            if not isinstance(p, Value):
                raise TypeError(f"SGD expected Values to train, got {type(p).__name__} {p!r}")
        if not self.parameters:
            raise ValueError("SGD got no parameters to train; is the whole model frozen?")
        for name, number in (("lr", lr), ("momentum", momentum), ("weight_decay", weight_decay)):
            if not number >= 0:
                raise ValueError(f"SGD expected {name} of at least 0, got {number}")
        if nesterov and not momentum:
            raise ValueError("SGD with nesterov=True needs a momentum above 0")
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.weight_decay = weight_decay
        self.velocity: list[float] | None = None

    def step(self) -> None:
        """Move every parameter against its gradient."""
        gradients = [p.grad + self.weight_decay * p.data for p in self.parameters]
        if self.momentum:
            if self.velocity is None:
                self.velocity = list(gradients)
            else:
                self.velocity = [self.momentum * v + g for v, g in zip(self.velocity, gradients)]
            if self.nesterov:
                gradients = [g + self.momentum * v for g, v in zip(gradients, self.velocity)]
            else:
                gradients = self.velocity
        for p, g in zip(self.parameters, gradients):
            p.data -= self.lr * g

    def zero_grad(self) -> None:
        """Set the gradient of every parameter back to 0."""
        for p in self.parameters:
            p.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """The settings, and the velocities so far (None before the first step)."""
        return {
            "lr": self.lr,
            "momentum": self.momentum,
            "nesterov": self.nesterov,
            "weight_decay": self.weight_decay,
            "velocity": None if self.velocity is None else list(self.velocity),
        }
