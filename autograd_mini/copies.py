"""Copying and pickling a graph without recursion.

This file uses the slots of a node alone; value.py says what is in them.
"""

from __future__ import annotations

from copy import deepcopy

from .sweep import NO_GRADIENT, every_node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .value import Value


class Copied:
    """What Value is copied and pickled by. Subclasses keep their class and what they add."""

    __slots__ = ()

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        for node in every_node([self]):
            if id(node) not in memo:
                state = _state(node, lambda x: memo.get(id(x), x))
                memo[id(node)] = _restored(type(node), deepcopy(_added(node), memo), *state)
        return memo[id(self)]

    def __reduce__(self: Any) -> tuple[Any, ...]:
        """A leaf by itself, which keeps its identity; any other node as rows of its graph."""
        if self.is_leaf:
            return _restored, (type(self), _added(self), *_state(self, lambda x: x))
        rows: list[Any] = []
        row_of: dict[Any, _Row] = {}
        for node in every_node([self]):
            if not node.is_leaf:
                row_of[node] = _Row((len(rows),))
                state = _state(node, lambda x: row_of.get(x, x))
                rows.append((type(node), _added(node), *state))
        return _restored_graph, (rows,)


class _Row(tuple[int]):
    """Stands for the node made by an earlier row."""

    __slots__ = ()


SLOTS = ("data", "grad", "label", "op", "_a", "_da", "_b", "_db")


def _state(node: Value, to: Callable[[Any], Any]) -> list[Any]:
    """What is in the slots of a node, with to(x) for each operand x."""
    a, b = node._a, node._b
    if node._da is None and node._db is None and a is not None:  # a list
        a, b = tuple(map(to, a)), (tuple(map(to, b[0])), b[1])
    elif a is not None:
        a, b = to(a), to(b)
    grad = None if node.grad is NO_GRADIENT else node.grad
    return [node.data, grad, node.label, node.op, a, node._da, b, node._db]


def _added(node: Value) -> dict[str, Any]:
    """What a subclass has added to a node."""
    names = [s for c in type(node).__mro__ for s in vars(c).get("__slots__", ()) if s not in SLOTS]
    added = {name: getattr(node, name) for name in names if hasattr(node, name)}
    return {**getattr(node, "__dict__", {}), **added}


def _restored(kind: type[Value], added: dict[str, Any], *state: Any) -> Value:
    node: Value = object.__new__(kind)
    for name, value in (*zip(SLOTS, state), *added.items()):
        setattr(node, name, value)
    if node.grad is None:
        node.zero_grad()
    return node


def _restored_graph(rows: list[Any]) -> Value:
    nodes: list[Value] = []

    def linked(x: Any) -> Any:
        return nodes[x[0]] if x.__class__ is _Row else x

    for row in rows:
        node = _restored(*row)
        _, _, _, _, node._a, node._da, node._b, node._db = _state(node, linked)
        nodes.append(node)
    return nodes[-1]
