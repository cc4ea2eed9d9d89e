"""The chain rule, scalar by scalar: what a gradient is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from ..primitives import multiply
from ..signs import slot_text, total_text
from .scalar_formulas import DEEPEST, ScalarFormulas
from .symbols import applied, partial, symbol, total

TERMS = 2  # of the sum over all uses of a scalar so many are shown, and the last
EXPANDED = 1  # of the gradients without a line that one is made of, so many of each array


class ChainRule(ScalarFormulas):
    """The gradients of the scalars of a program."""

    def chain(self, node: int, depth: int = 0) -> Iterator[str]:
        """grad(x) as a sum over the scalars that use x, and what the partials are."""
        uses = self._uses(node)
        name = self.element[node]
        few = uses if len(uses) <= TERMS + 1 else [*uses[:TERMS], uses[-1]]
        terms = []
        for user, _ in few:
            upper = self.element[user]
            upstream = self.seed(user) if user in self.roots else f"{total_text(upper)} * "
            terms.append(f"{upstream}{slot_text(upper, name)}")
            if self.origin.batched[user] and not self.origin.batched[node]:
                terms[-1] = f"(sum over the examples of {terms[-1]})"
        if len(uses) > len(few):
            terms.insert(TERMS, f".. {len(uses) - len(few)} more ..")
        if node in self.roots:
            terms.append(self.seed(node).removesuffix(" * ") or "1")
        yield f"{total_text(name)} = {' + '.join(terms) or '0'}"
        for user, slope in few:
            upper = self.element[user]
            where = f", where {upper} is {self.roots[user]}" if user in self.roots else ""
            yield f"    {slot_text(upper, name)} = {symbol(slope)}{where}"
        expanded: Counter[str] = Counter()
        for user, _ in few:
            if user in self.roots:
                continue
            upper, gradient = self.element[user], self.gradient_of.get(user)
            if gradient is not None and gradient != f"d{upper}":
                yield f"    {total_text(upper)} = {gradient}"
            elif gradient is None and depth < DEEPEST:
                array = upper.split("[")[0]
                expanded[array] += 1
                if expanded[array] <= EXPANDED:
                    yield from (f"    {text}" for text in self.chain(user, depth + 1))

    def seed(self, root: int) -> str:
        """The derivative of the loss of the batch by one of its parts, as a factor."""
        if root == self.each and self.origin.batched[root]:
            return "1/n * " if self.reduction == "mean" else ""
        return "" if self.reduction == "mean" else "n * "

    def _uses(self, node: int, depth: int = 0) -> list[tuple[int, Any]]:
        """The scalars with a name that use this one, also by way of such without; and the partial
        of each by it."""
        found: dict[int, list[Any]] = {}
        for user in self._users.get(node, ()):
            op, args = self.origin.ops[user], self.origin.args[user]
            y = self.operand(user) if user in self.element else self.spelled(user)
            slope = partial(op, args, node, y, self.operand)
            if user in self.element or depth > DEEPEST:
                self.element.setdefault(user, f"({self.spelled(user)})")
                found.setdefault(user, []).append(slope)
            else:
                for end, outer in self._uses(user, depth + 1):
                    found.setdefault(end, []).append(applied(multiply, [outer, slope]))
        return [(end, total(slopes)) for end, slopes in found.items()]

    @cached_property
    def _users(self) -> dict[int, list[int]]:
        """For each node those made of it, among those that the roots need."""
        users: dict[int, list[int]] = {}
        todo = [x for x in self.origin.roots if x.__class__ is int]
        seen = set(todo)
        while todo:
            node = todo.pop()
            for x in self.origin.operands(node):
                users.setdefault(x, []).append(node)
                if x not in seen:
                    seen.add(x)
                    todo.append(x)
        return {node: sorted(found) for node, found in users.items()}
