"""What the scalars of a program are called, and the formulas that they were written with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .listing import Listing, elements
from .nodes import INPUT, PARAMETER
from .origin import Origin
from .symbols import Symbol, written

DEEPEST = 4  # scalars without a line are spelled out within each other so far
LONGEST = 160  # characters of a formula; of a longer one only what is outermost


class ScalarFormulas:
    """The names and formulas of the scalars of a program.

    Args:
        origin: of the program.
        listing: its arguments and lines.
        about: for each parameter array the names of its Values.
        reduction: "mean", "sum", or "" for a program without a loss.

    Attributes:
        element: what each node is called.
        without_line: name -> node, of those that no line has: dz3 may have a line, and z3 none.
        own_line: the nodes that a line has.
        gradient_of: node -> where its gradient is.
        roots: of the parts of the loss that are nodes, what they are.
    """

    def __init__(
        self, origin: Origin, listing: Listing, about: dict[str, str], reduction: str
    ) -> None:
        self.origin, self.about, self.reduction = origin, about, reduction
        self.lines, self.loss = {line.name: line for line in listing.lines}, listing.loss
        self.element = elements(listing.lines)
        self.own_line = set(self.element)
        self.without_line: dict[str, int] = {}
        self.gradient_of: dict[int, str] = {}
        for line in listing.lines:
            if line.is_gradient:
                stem = line.name[1:] if line.name.startswith("d") else f"u{line.name[1:]}"
                while stem in self.lines:
                    stem += "_"
                for position, node in line.nodes():
                    self.gradient_of.setdefault(node, line.element(position))
                    if node not in self.element:
                        name = stem + line.element(position).removeprefix(line.name)
                        self.element[node] = name
                        self.without_line[name] = node
        self.roots: dict[int, str] = {}
        roots: list[Any] = origin.roots if reduction else [None, None]
        self.each, self.once = roots
        for root, name, what in (
            (self.each, "L", "the loss of one example"),
            (self.once, "P", "what the parameters alone add to the loss"),
        ):
            if root.__class__ is int:
                self.roots[root] = what
                if self.element.get(root, self.loss) == self.loss:
                    self.element[root] = name if name not in self.lines else f"{name}_"
                    self.own_line.discard(root)

    def operand(self, node: int, depth: int = 0) -> Symbol:
        """What a node is called; or else its formula, unless it is too deep inside of others."""
        if node in self.element:
            return Symbol(self.element[node])
        if depth >= DEEPEST:
            return Symbol("(..)")
        return self.spelled(node, depth + 1)

    def spelled(self, node: int, depth: int = 0) -> Symbol:
        """The formula of a node."""
        op, args = self.origin.ops[node], self.origin.args[node]
        if op == PARAMETER:
            return Symbol(f"parameter {args[0]}")
        if op == INPUT:
            return Symbol(f"{args[0]}[{args[1]}]")
        text = written(op, args, lambda x: self.operand(x, depth))
        if len(text.text) > LONGEST and depth < DEEPEST:
            text = written(op, args, lambda x: self.operand(x, DEEPEST))
        return text

    def definitions(self, texts: Sequence[str]) -> Iterator[str]:
        """Formulas of the names in some texts that have no line."""
        todo = list(texts)
        seen: set[str] = set()
        while todo:
            for word in re.findall(r"\w+(?:\[[\d, ]+\])?", todo.pop(0)):
                for name in {word, word.removeprefix("d")} - seen:
                    seen.add(name)
                    if name in self.without_line:
                        todo.append(f"{name} = {self.spelled(self.without_line[name])}")
                        yield todo[-1]
