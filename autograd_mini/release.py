"""Freeing deep graphs without recursion, where Python itself recurses too deeply."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .rules import Primitive
    from .value import Value


def iterative_finalizer(leaf: Primitive) -> Callable[[Value], None]:
    """A __del__ for Value that frees a graph of any depth without recursion.

    A node that dies leaves its operands in a list, and the outermost call drops them one by one;
    an operand that is in use elsewhere lives on, untouched. If a finalizer resurrects a node, it
    comes back as a detached leaf.

    Args:
        leaf: the operation of a leaf.
    """
    released: list[Any] = []
    is_outermost = True

    def __del__(self: Value) -> None:
        nonlocal is_outermost
        if getattr(self, "_a", None) is None:  # a leaf, or a Value that was never made
            return
        released.append((self._a, self._b))
        self._a = self._b = self._da = self._db = None
        self.op = leaf
        if is_outermost:
            is_outermost = False
            try:
                while released:
                    released.pop()
            finally:
                is_outermost = True

    return __del__
