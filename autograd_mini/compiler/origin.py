"""What a program was made of, kept with it: its scalar graph, and the lines that this became."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .backends.lines import Statements
from .backends.numpy import written
from .canonical import Graph
from .listing import Line, Listing, elements, listing
from .nodes import operands
from .pipeline import Lowered

if TYPE_CHECKING:
    from .equations import Equations


class Origin:
    """The scalar graph of a program, and the lines that it became.

    The lines are found when somebody asks for them, or when it is pickled.

    Args:
        written: gives the statements of the source, where that is not NumPy's.

    Attributes:
        ops, args, batched, labels: those of the scalar graph.
        roots: the nodes of the loss of one example and of what parameters alone add to it, or
            those of the outputs; a number in place of a node is a constant.
    """

    def __init__(
        self, graph: Graph, lowered: Lowered, written: Callable[[Lowered], Statements] = written
    ) -> None:
        self.ops, self.args, self.batched = graph.ops, graph.args, graph.batched
        self.labels = graph.labels
        self.roots = lowered.roots
        self._is_loss = bool(lowered.reduction)
        self._lowered: Lowered | None = lowered
        self._written: Any = written
        self._equations: dict[bool, Equations] = {}

    @cached_property
    def listing(self) -> Listing:
        """The arguments and lines of the program for NumPy."""
        assert self._lowered is not None
        return listing(written(self._lowered), self._lowered)

    @cached_property
    def own_listing(self) -> Listing:
        """Those of the program's own source."""
        if self._written is written:
            return self.listing
        assert self._lowered is not None
        return listing(self._written(self._lowered), self._lowered)

    def equations(self, columns: bool) -> Equations:
        """The program as mathematics."""
        if columns not in self._equations:
            from .equations import with_loops

            assert self._lowered is not None
            self._equations[columns] = with_loops(self._lowered, columns)
        return self._equations[columns]

    @property
    def has_steps_written_out(self) -> bool:
        """Whether steps that are alike are written out, since the backend has no loops."""
        lowered = self._lowered
        if lowered is None or lowered.rolled or lowered.otherwise is None:
            return False
        return lowered.otherwise().rolled is not None

    @property
    def lines(self) -> list[Line]:
        return self.listing.lines

    def operands(self, node: int) -> set[int]:
        """The nodes that a node is made of."""
        return operands(self.ops[node], self.args[node])

    def elements_below(self) -> tuple[dict[int, set[int]], set[int]]:
        """For each node that is an element of an array with a line, the elements that it is made
        of; and those that an example's loss is made of, if it is none itself."""
        known = elements(self.lines)
        found = {node: self._below(node, known) for node in known}
        root = self.roots[0] if self._is_loss else None
        return found, set() if root is None or root in known else self._below(root, known)

    def _below(self, node: Any, known: Container[int]) -> set[int]:
        below: set[int] = set()
        seen: set[int] = set()
        todo = list(self.operands(node)) if node.__class__ is int else []
        while todo:
            x = todo.pop()
            if x in known:
                below.add(x)
            elif x not in seen:
                seen.add(x)
                todo.extend(self.operands(x))
        return below

    def __getstate__(self) -> dict[str, Any]:
        self.listing, self.own_listing  # noqa: B018  # these and the equations are what remains
        for columns in (False, True):
            self.equations(columns)
        return {**self.__dict__, "_lowered": None, "_written": None}
