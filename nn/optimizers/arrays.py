"""The parameters of an optimizer as one array: its step() computes on it as on numbers."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd_mini import Value

from .base import Optimizer
from .parameters import set_numbers


class ArrayState:
    """Moves the numbers of an optimizer's parameters between their Values and one array.

    Args:
        optimizer: load() makes the array its only parameter; sync() undoes this.
        order: its parameters, in their order in the array.
    """

    def __init__(self, optimizer: Optimizer, order: Sequence[Value]) -> None:
        self.optimizer, self.values = optimizer, optimizer.parameters
        self.place = {value: i for i, value in enumerate(order)}
        self.places = np.array([self.place[value] for value in self.values])
        self.parameter: Any = None

    def load(self) -> None:
        """Move the numbers and gradients into the array."""
        data, grad = [p.data for p in self.values], [p.grad for p in self.values]
        self.parameter = SimpleNamespace(data=self._array(data), grad=self._array(grad))
        self._replace([self.parameter], lambda numbers: [self._array(numbers)])

    def sync(self) -> None:
        """Move them back into the Values; a second call changes nothing."""
        if self.optimizer.parameters is self.values:
            return
        set_numbers(self.values, self._numbers(self.parameter.data))
        for value, gradient in zip(self.values, self._numbers(self.parameter.grad)):
            value.grad = gradient
        self._replace(self.values, lambda arrays: self._numbers(arrays[0]))

    def part(self, values: Sequence[Value]) -> Any:
        """Their indices in the array: a slice if they are adjacent."""
        places = [self.place[value] for value in values]
        start, stop = places[0], places[0] + len(places)
        return slice(start, stop) if places == list(range(start, stop)) else np.array(places)

    def _replace(self, parameters: list[Any], convert: Callable[[list[Any]], list[Any]]) -> None:
        """Give the optimizer these parameters, and convert the lists in its memory."""
        memory = {name: getattr(self.optimizer, name) for name in self.optimizer.memory}
        converted = {k: convert(v) if isinstance(v, list) else v for k, v in memory.items()}
        vars(self.optimizer).update(converted, parameters=parameters)

    def _array(self, numbers: Sequence[Any]) -> Any:
        array = np.empty(len(numbers))
        array[self.places] = numbers
        return array

    def _numbers(self, array: Any) -> list[float]:
        return array[self.places].tolist()  # type: ignore[no-any-return]
