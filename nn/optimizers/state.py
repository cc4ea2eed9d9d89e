"""The entries of an optimizer's state, checked when they are loaded."""

from __future__ import annotations

import reprlib
from typing import Any

from ..entries import check_list, check_number


def like(present: Any, found: Any, name: str) -> Any:
    """The entry that was found, checked to be of the kind of the present one.

    >>> like((0.9, 0.999), [0.5, 0.5], "betas")
    (0.5, 0.5)
    """
    if isinstance(present, (bool, str)):
        if type(found) is not type(present):
            kind = type(present).__name__
            raise ValueError(f"{name} is {reprlib.repr(found)}, expected a {kind}")
        return found
    if isinstance(present, tuple):
        return tuple(check_list(found, name))
    if present is None or isinstance(present, list):
        return None if found is None else check_list(found, name)
    return check_number(found, name)
