"""Copying and pickling a graph without recursion.

This file uses the slots of a node alone; value.py says what is in them.
"""

from __future__ import annotations

import copyreg
from copy import deepcopy

from .sweep import NO_GRADIENT, every_node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from .value import Value


class Copied:
    """What Value is copied and pickled by. Subclasses keep their class and what they add."""

    __slots__ = ()

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        new = [node for node in every_node([self]) if id(node) not in memo]
        for node in new:
            state = _state(node, lambda x: memo.get(id(x), x))
            memo[id(node)] = _restored(type(node), *state)
        for node in new:  # what is added may lead back here, to nodes that the memo then has
            _add_to([memo[id(node)]], [deepcopy(_added(node), memo)])
        return memo[id(self)]

    def __reduce__(self: Any) -> tuple[Any, ...]:
        """A leaf by itself, which keeps its identity; any other node as rows of its graph."""
        rebuild: tuple[Any, ...]
        if self.is_leaf:
            rebuild, nodes = (_restored, (type(self), *_state(self, lambda x: x))), [self]
        else:
            nodes = [node for node in every_node([self]) if not node.is_leaf]
            row_of = {node: _Row((i,)) for i, node in enumerate(nodes)}
            rows = [(type(x), *_state(x, lambda p: row_of.get(p, p))) for x in nodes]
            rebuild = _restored_graph, (rows,)
        added = list(map(_added, nodes))
        return (*rebuild, added, None, None, _add_to_graph) if any(added) else rebuild


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
    """What a subclass has added to a node, in a dict or in slots of its own."""
    names = copyreg._slotnames(type(node))  # type: ignore[attr-defined]
    added = {name: getattr(node, name) for name in names if hasattr(node, name)}
    return {n: x for n, x in added.items() if n not in SLOTS} | getattr(node, "__dict__", {})


def _add_to(nodes: Iterable[Value], added: Iterable[dict[str, Any]]) -> None:
    for node, attributes in zip(nodes, added):
        for name, value in attributes.items():
            setattr(node, name, value)


def _add_to_graph(root: Value, added: list[dict[str, Any]]) -> None:
    """What _added() gave, back to a leaf, or to the nodes of a graph that are not leaves."""
    inner = [node for node in every_node([root]) if not node.is_leaf]
    _add_to(inner or [root], added)


def _restored(kind: type[Value], *state: Any) -> Value:
    node: Value = object.__new__(kind)
    for name, value in zip(SLOTS, state):
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
        *_, node._a, node._da, node._b, node._db = _state(node, linked)
        nodes.append(node)
    return nodes[-1]
