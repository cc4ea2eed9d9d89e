"""Backends: each turns an array program into source, and source into a function of arrays.

A backend is a module with emit(lowered, name), which gives (source, constants, sources of the same
function that run in its place); function(compiled), which gives a function of the inputs and the
parameters; and DTYPES, the names of the kinds of numbers that it computes with.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

NAMES = ("numpy", "numba", "tape", "jax")


def backend(name: str) -> Any:
    """The module of a backend.

    Raises:
        ValueError: there is none of this name.
    """
    if name not in NAMES:
        raise ValueError(f"backend is one of {', '.join(map(repr, NAMES))}, got {name!r}")
    return import_module(f"{__name__}.{name}")
