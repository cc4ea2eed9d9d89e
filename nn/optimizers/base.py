"""What all optimizers have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from autograd_mini import Value

from . import state as entries


class Optimizer:
    """Base of optimizers. A subclass defines step().

    Args:
        parameters: the Values to train.
        settings: its numbers, by name; they become attributes.

    A subclass names, in `memory`, the attributes it remembers between steps: a list with a number
    for each parameter, None before the first step, or a count. step() replaces them and never
    changes them in place, so that a step can be taken back. In `own_checks` it names the settings
    that are no plain number, which its own check() looks at.

    Attributes:
        follows_gradients: whether step() reads the parameters' .grad alone, as fit() needs it to.
        elementwise: whether step() moves each parameter by itself, in operators that take arrays
            as well as numbers; fit(compiled=True) then runs it on arrays of parameters. A subclass
            says so for itself: it may do otherwise.
    """

    follows_gradients = True
    elementwise = False

    memory: tuple[str, ...] = ()
    own_checks: tuple[str, ...] = ()

    lr: float

    def __init__(self, parameters: Iterable[Value], **settings: Any) -> None:
        self.parameters = trainable(parameters, type(self).__name__)
        self.settings = tuple(settings)
        self.check(settings)
        vars(self).update(settings)

    def check(self, state: Mapping[str, Any]) -> None:
        """Raise a ValueError where the state_dict() makes no sense. Numbers are at least 0."""
        for name in self.settings:
            number = state[name]
            if name in self.own_checks:
                continue
            if not isinstance(number, Real) or not 0 <= float(number) < math.inf:
                raise ValueError(
                    f"{type(self).__name__} expected {name} of at least 0, got {number!r}"
                )

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
            ValueError: it is of another optimizer, of other parameters, or damaged; names the bad
                entry, and nothing has been changed.
        """
        expected = (*self.settings, *self.memory)
        if set(state) != set(expected):
            raise ValueError(
                f"the state does not fit {type(self).__name__}: expected {', '.join(expected)}; "
                f"got {', '.join(map(str, state))}"
            )
        loaded = {name: entries.like(getattr(self, name), state[name], name) for name in expected}
        for name in self.memory:
            if isinstance(loaded[name], list) and len(loaded[name]) != len(self.parameters):
                raise ValueError(
                    f"the state does not fit: {name} is of {len(loaded[name])} parameters, and "
                    f"there are {len(self.parameters)}"
                )
        self.check(loaded)
        vars(self).update(loaded)


def set_numbers(parameters: list[Value], numbers: list[float]) -> None:
    """Give every parameter its number: all of them, even if Ctrl-C comes meanwhile."""
    try:
        for p, number in zip(parameters, numbers):
            p.data = number
    except BaseException:
        for p, number in zip(parameters, numbers):
            p.data = number
        raise


def trainable(parameters: Iterable[Value], name: str) -> list[Value]:
    """The parameters as a list, checked; `name` is who is to train them."""
    if not hasattr(parameters, "__iter__"):
        raise TypeError(
            f"{name} expected a list of Values, got {type(parameters).__name__}; write "
            f"{name}(model.parameters(), ..)"
        )
    values = list(parameters)
    for p in values:
        if not isinstance(p, Value):
            raise TypeError(f"{name} expected Values to train, got {type(p).__name__} {p!r}")
    if not values:
        raise ValueError(f"{name} got no parameters to train; is the whole model frozen?")
    return values
