"""The inputs of a program: put in order, checked, and drawn where it draws them itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from .arrays import Shape
from .parameter_arrays import as_floats


class Inputs:
    """The inputs of a program.

    Args:
        shapes: name -> shape of one example, in order; those that are drawn come last.
        labels: for inputs that pick() takes as an index, (name, position) -> how many there are.
        draws: for inputs that are drawn, name -> a function that draws them for one example.
        dtype: of their arrays.
    """

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        labels: Mapping[tuple[str, int], int],
        draws: Mapping[str, Callable[[], Sequence[float]]],
        dtype: Any,
    ) -> None:
        self._shapes, self._draws, self._dtype = shapes, draws, dtype
        self._labels = _by_input(list(shapes), labels)
        self.own = [name for name in shapes if name not in draws]  # that are to be given
        self._last_shapes: list[Any] | None = None  # of inputs that need no check

    def in_order(self, inputs: Sequence[Any], named: Mapping[str, Any]) -> Sequence[Any]:
        """All inputs in order: those that are given without their names come first."""
        if not named:
            return inputs
        names = list(self._shapes)
        if named.keys().isdisjoint(self._draws):
            names = self.own
        arguments = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        try:
            return Signature(arguments).bind(*inputs, **named).args
        except TypeError as error:
            raise TypeError(f"{error}; the inputs are {', '.join(names) or 'none'}") from None

    def draw(self, examples: int) -> list[Any]:
        """A draw, for so many examples, of the inputs that the program draws itself."""
        drawn = [[draw() for draw in self._draws.values()] for _ in range(examples)]
        return [np.array(rows, self._dtype) for rows in zip(*drawn)]

    def batch(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """The inputs as they are if they are like those that were checked last, but for labels;
        else checked."""
        if not self._are_as_before(inputs):
            return self.checked(inputs)
        self._check_labels(inputs)
        return inputs

    def _are_as_before(self, inputs: Sequence[Any]) -> bool:
        """Whether the inputs are arrays of the shapes that were checked last."""
        if self._last_shapes is None or len(inputs) != len(self._last_shapes):
            return False
        dtype = self._dtype
        for x, shape in zip(inputs, self._last_shapes):
            if x.__class__ is not np.ndarray or x.dtype is not dtype or x.shape != shape:
                return False
        return True

    def checked(self, inputs: Sequence[Any]) -> list[Any]:
        """The inputs as arrays of floats, with those that are drawn.

        Raises:
            TypeError: an input is not of numbers.
            ValueError: it has the wrong shape, or there are too few or too many.
        """
        expected, own = self._shapes, self.own
        if len(inputs) not in (len(own), len(expected)):
            names = ", ".join(own) or "none"
            raise ValueError(f"expected {len(own)} inputs ({names}), got {len(inputs)}")
        batch, count = [], None
        for (name, shape), given in zip(expected.items(), inputs):
            x = given
            if x.__class__ is not np.ndarray or x.dtype != self._dtype:
                x = as_floats(f"input {name}", given, self._dtype)
            if x.shape[1:] != shape or x.ndim == 0:
                wanted = ", ".join(["examples", *map(str, shape)])
                one = "; one example alone is [x]" if x.shape == shape else ""
                raise ValueError(f"input {name}: expected an array ({wanted}), got {x.shape}{one}")
            if len(x) == 0:
                raise ValueError(f"input {name}: expected at least one example, got none")
            if count is not None and len(x) != count:
                raise ValueError(
                    f"input {name}: expected {count} examples, as in the first input, got {len(x)}"
                )
            count = len(x)
            batch.append(x)
        if len(batch) < len(expected):
            batch += self.draw(len(batch[0]))
        self._check_labels(batch)
        if not self._draws:
            self._last_shapes = [x.shape for x in batch]
        return batch

    def _check_labels(self, batch: Sequence[Any]) -> None:
        for i, positions, choices in self._labels:
            x = batch[i].reshape(len(batch[i]), -1)[:, positions]
            wrong = (x < 0) | (x >= choices) | (x != np.floor(x))
            if wrong.any():
                example, label = np.argwhere(wrong)[0]
                raise ValueError(
                    f"input {list(self._shapes)[i]}: pick expected a whole number from 0 to "
                    f"{choices[label] - 1}, got {x[example, label]:g} in example {example}"
                )


def _by_input(
    names: list[str], labels: Mapping[tuple[str, int], int]
) -> list[tuple[int, Any, Any]]:
    """For each input that has labels its number, their positions, and how many choices each has."""
    found = []
    for i, name in enumerate(names):
        choices = {position: n for (of, position), n in labels.items() if of == name}
        if choices:
            found.append((i, np.array([*choices]), np.array([*choices.values()])))
    return found
