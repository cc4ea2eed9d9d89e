"""The arrays of a program's parameters, which users may change in place and replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Real
from operator import is_
from typing import Any

import numpy as np

from .arrays import Shape


class Arrays(dict[str, Any]):
    """The arrays of parameters by name; `checked` has them in order, once they were looked at, and
    until one is replaced."""

    checked: list[Any] | None = None


def _forgetting(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: Arrays, *args: Any, **named: Any) -> Any:
        self.checked = None
        return method(self, *args, **named)

    return call


for _name in (
    "__setitem__",
    "__delitem__",
    "__ior__",
    "update",
    "setdefault",
    "pop",
    "popitem",
    "clear",
):
    setattr(Arrays, _name, _forgetting(getattr(dict, _name)))


def in_order(arrays: Any, shapes: Mapping[str, Shape], dtype: Any) -> list[Any]:
    """The arrays of these names, in order, as arrays of the shapes and of floats.

    Raises:
        TypeError: an array is not of numbers.
        ValueError: there is none of a name, or it has another shape.
    """
    checked = getattr(arrays, "checked", None)
    if checked is not None:
        return checked  # type: ignore[no-any-return]
    found = []
    for name, shape in shapes.items():
        x = arrays.get(name)
        if isinstance(x, (Real, list, np.ndarray)):
            x = as_floats(f"arrays[{name!r}]", x, dtype)
        if getattr(x, "shape", None) != shape:
            got = getattr(x, "shape", type(x).__name__)
            raise ValueError(f"arrays[{name!r}] expected an array of {shape}, got {got}")
        found.append(x)
    if isinstance(arrays, Arrays) and all(map(is_, found, map(arrays.get, shapes))):
        arrays.checked = found
    return found


def as_floats(what: str, given: Any, dtype: Any) -> Any:
    try:
        x = np.asarray(given)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None
    if x.dtype.kind not in "fiub":
        raise TypeError(f"{what}: expected numbers, got an array of {x.dtype}")
    return x.astype(dtype, copy=False)
