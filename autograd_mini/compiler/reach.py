"""The Values that a function can reach by name."""

from __future__ import annotations

import sys
from gc import get_referents, is_tracked
from types import CodeType, FunctionType, ModuleType
from typing import Any

from ..rules import Primitive
from ..value import Value
from .refusals import PACKAGES


def values_around(function: Any) -> set[Value]:
    """The Values that a function can reach by name: from its closure, its object, its defaults and
    the globals that it names; through what holds others, and through the user's own functions."""
    found: dict[int, Any] = {}
    stack = [function]
    while stack:
        x = stack.pop()
        if id(x) in found or isinstance(x, (ModuleType, Primitive)):
            continue
        found[id(x)] = x
        if isinstance(x, FunctionType):
            if not x.__code__.co_filename.startswith((*PACKAGES, sys.prefix, sys.base_prefix)):
                stack += [x.__closure__, x.__defaults__, x.__kwdefaults__]
                named = [x.__globals__.get(name) for name in _names(x.__code__)]
                modules = [vars(m) for m in named if isinstance(m, ModuleType)]
                stack += named + [m.get(name) for m in modules for name in _names(x.__code__)]
        elif isinstance(x, type):
            stack += [*vars(x).values(), *x.__bases__]
        elif getattr(getattr(x, "dtype", None), "kind", "") == "O":
            stack += x.ravel().tolist()
        elif not isinstance(x, Value):
            stack += filter(is_tracked, get_referents(x))
    return {x for x in found.values() if isinstance(x, Value)}


def _names(code: CodeType) -> list[str]:
    inner = [name for x in code.co_consts if isinstance(x, CodeType) for name in _names(x)]
    return [*code.co_names, *inner]
