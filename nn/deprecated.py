"""Old names, which work for one more release."""

import warnings
from collections.abc import Callable
from typing import Any


def renamed(module: str, **new: Any) -> Callable[[str], Any]:
    """The `__getattr__` of a module: for an old name it warns and returns the new object."""

    def get(name: str) -> Any:
        if name not in new:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        message = f"{module}.{name} is now called {new[name].__name__}"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return new[name]

    return get
