"""Old names, which work for one more release."""

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any


def renamed(module: str, **new: Any) -> Callable[[str], Any]:
    """The `__getattr__` of a module: for an old name it warns and returns the new object."""

    def get(name: str) -> Any:
        if name not in new:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        where = f"{new[name].__module__}.{new[name].__name__}"
        warnings.warn(f"{module}.{name} is now {where}", DeprecationWarning, stacklevel=2)
        return new[name]

    return get


def renamed_argument(old: str, new: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: the keyword argument `old` warns and stands for `new`."""

    def decorated(f: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(f)
        def call(*args: Any, **keywords: Any) -> Any:
            if old in keywords:
                message = f"{f.__name__}({old}=) is now {new}="
                warnings.warn(message, DeprecationWarning, stacklevel=2)
                keywords[new] = keywords.pop(old)
            return f(*args, **keywords)

        return call

    return decorated
