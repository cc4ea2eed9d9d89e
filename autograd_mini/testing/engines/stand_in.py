"""A faulty class in the place of a course's own, where the course's tests look for it."""

from __future__ import annotations

import importlib.machinery
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from .adapters import BACKWARD, DATA, GRADIENT

CONSTRUCTOR = "    def __init__(self, data):\n        self.data = data\n"
DERIVED = """    def __init__(self, *arguments, **named):
        Real.__init__(self, *arguments, **named)
"""


class Swap(NamedTuple):
    """What is put in the place of a class.

    Attributes:
        module: a file, ending in .py, or a module's name.
        name: of the class.
        text: of an engine of the zoo; "" to leave the class as it is.
    """

    module: str
    name: str
    text: str


def stand_in(real: type, text: str) -> type:
    """A class derived from a course's own, with the arithmetic and backward() of an engine's text.

    What the constructor takes, the names of .data, .grad and .backward(), and all methods that the
    text does not have are those of the course.

    >>> from autograd_mini.testing.engines.faulty import BASE
    >>> class Scalar:
    ...     def __init__(self, value, label=""):
    ...         self.value, self.gradient, self.label = value, None, label
    ...     def backprop(self): ...
    >>> x = stand_in(Scalar, BASE)(3.0, label="x")
    >>> (x * x).backprop()
    >>> x.gradient, x.label
    (6.0, 'x')
    """
    probe = real(2.0)
    data, gradient, backward = (
        next((name for name in names if hasattr(probe, name)), names[0])
        for names in (DATA, GRADIENT, BACKWARD)
    )
    if CONSTRUCTOR not in text:
        raise ValueError("an engine that numbers its nodes cannot stand in for another")
    text = text.replace(CONSTRUCTOR, DERIVED).replace("class Value:", "class Value(Real):")
    text = re.sub(r"\.(op|parents|partials)\b", r".zoo_\1", text)
    text = re.sub(r"\.data\b", f".{data}", re.sub(r"\.grad\b", f".{gradient}", text))
    text = text.replace("def backward(self):", f"def {backward}(self, *_, **__):")
    names: dict[str, Any] = {"__name__": real.__module__, "Real": real}
    names |= {"tick": lambda: None, "shuffled": _shuffled}
    exec(compile(text, "zoo", "exec"), names)
    faulty: type = names["Value"]
    if real.__hash__ is None and "__eq__" not in vars(faulty):
        faulty.__hash__ = object.__hash__
    faulty.__name__, faulty.__qualname__ = real.__name__, real.__qualname__
    return faulty


def _shuffled(node: Any) -> list[Any]:
    """The operands in an order that a set may have."""
    return list(dict.fromkeys(node.zoo_parents))[::-1]


def put_in(module: ModuleType, swap: Swap) -> None:
    """Replace the class, and the functions of the module that are operations of it."""
    faulty = stand_in(getattr(module, swap.name), swap.text)
    setattr(module, swap.name, faulty)
    for name in vars(faulty):
        function = getattr(module, name, None)
        if not name.startswith("_") and getattr(function, "__module__", "") == module.__name__:
            setattr(module, name, lambda x, name=name: getattr(x, name)())


class Finder:
    """Finds modules as the others do; the one of a swap is changed when it has been loaded."""

    def __init__(self, swap: Swap) -> None:
        self.swap = swap

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        for finder in sys.meta_path:
            found = None if finder is self else finder.find_spec(name, path, target)
            if found is not None:
                if found.loader is not None and self._is_meant(name, found.origin):
                    found.loader = _Loader(found.loader, self.swap)  # type: ignore[assignment]
                return found
        return None

    def _is_meant(self, name: str, origin: str | None) -> bool:
        module = self.swap.module
        if not module.endswith(".py"):
            return name == module
        return origin is not None and Path(origin).resolve() == Path(module).resolve()


class _Loader:
    """A loader that changes the module at last."""

    def __init__(self, loader: Any, swap: Swap) -> None:
        self._loader, self._swap = loader, swap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if self._swap.text:
            put_in(module, self._swap)
