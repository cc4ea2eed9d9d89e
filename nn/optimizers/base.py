"""What all optimizers have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from autograd_mini import Value


class Optimizer:
    """Base of optimizers. A subclass defines step().

    Args:
        parameters: the Values to train.
        settings: its numbers, by name; they become attributes.

    A subclass names, in `memory`, the attributes it remembers between steps. step() replaces them
    and never changes them in place, so that a step can be taken back.
    """

    memory: tuple[str, ...] = ()

    lr: float

    def __init__(self, parameters: Iterable[Value], **settings: Any) -> None:
        name = type(self).__name__
        if not hasattr(parameters, "__iter__"):
            raise TypeError(
                f"{name} expected a list of Values, got {type(parameters).__name__}; write "
                f"{name}(model.parameters())"
            )
        self.parameters = list(parameters)
        for p in self.parameters:
            if not isinstance(p, Value):
                raise TypeError(f"{name} expected Values to train, got {type(p).__name__} {p!r}")
        if not self.parameters:
            raise ValueError(f"{name} got no parameters to train; is the whole model frozen?")
        for setting, number in settings.items():
            if isinstance(number, (int, float)) and not number >= 0:
                raise ValueError(f"{name} expected {setting} of at least 0, got {number}")
        self.settings = tuple(settings)
        vars(self).update(settings)

    def step(self) -> None:
        """Move every parameter against its gradient."""
        raise NotImplementedError(f"{type(self).__name__} does not define step")

    def zero_grad(self) -> None:
        """Set the gradient of every parameter back to 0."""
        for p in self.parameters:
            p.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """The settings, and what it remembers between steps (None before the first)."""
        state = {name: getattr(self, name) for name in (*self.settings, *self.memory)}
        return {k: list(v) if isinstance(v, (list, tuple)) else v for k, v in state.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from state_dict()'s form.

        Raises:
            ValueError: it is of another optimizer, or of other parameters; nothing is changed.
        """
        expected = (*self.settings, *self.memory)
        if set(state) != set(expected):
            raise ValueError(
                f"the state does not fit {type(self).__name__}: expected {', '.join(expected)}; "
                f"got {', '.join(map(str, state))}"
            )
        for name in self.memory:
            kept = state[name]
            if isinstance(kept, (list, tuple)) and len(kept) != len(self.parameters):
                raise ValueError(
                    f"the state does not fit: {name} is of {len(kept)} parameters, and there are "
                    f"{len(self.parameters)}"
                )
        for name in expected:
            kept = state[name]
            setattr(self, name, list(kept) if isinstance(kept, list) else kept)


def clip_gradients(parameters: Iterable[Value], max_norm: float) -> float:
    """Shorten the gradient, all parameters' together, to a length of at most `max_norm`.

    Args:
        parameters: the Values whose .grad is scaled.
        max_norm: the largest Euclidean length, above 0.

    Returns:
        The length it had (Pascanu et al. 2013, arXiv:1211.5063).

    >>> p, q = Value(0.0), Value(0.0)
    >>> p.grad, q.grad = 3.0, 4.0
    >>> clip_gradients([p, q], 2.5), p.grad, q.grad
    (5.0, 1.5, 2.0)
    """
    if not max_norm > 0:
        raise ValueError(f"clip_gradients expected max_norm above 0, got {max_norm}")
    parameters = list(parameters)
    norm = math.hypot(*(p.grad for p in parameters))
    if norm > max_norm and math.isfinite(norm):
        for p in parameters:
            p.grad *= max_norm / norm
    return norm
