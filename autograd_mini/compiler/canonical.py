"""The canonical form of a scalar graph: few kinds of nodes, equal ones merged.

All that is made of + - * and constants becomes a sum of products,

    constant + c1 * l1 * r1 + c2 * l2 * r2 + ..

however it was written: a loop, sum(), fsum(), dot(), in any order of brackets. A sum that is used
once is taken up into the sum that uses it. What remains is a sum, a logsumexp, or one of the
elementwise operations of the rule table. Constants fold; parameters do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

from ..primitives import (
    BRANCHES,
    add,
    divide,
    dot,
    fsum,
    log,
    log1p,
    logsumexp,
    multiply,
    negate,
    power,
    sigmoid,
    softplus,
    subtract,
)
from ..value import Value
from . import exponentials
from .nodes import INPUT, MOST, NONE, PARAMETER, Form, Nodes, added, is_moderate, total


class Graph(Nodes):
    """The canonical form of a scalar graph."""

    def enter(self, order: Sequence[Any], roots: Sequence[Any]) -> list[Any]:
        """The forms of the roots of a scalar graph whose nodes are given in topological order."""
        places = {id(node): i for i, node in enumerate(order)}
        uses = [0] * len(order)
        for i in {places[id(x)] for x in roots if isinstance(x, Value)}:
            uses[i] = 1
        rows: dict[int, list[Any]] = {}  # for each node its operands' places, None for a number
        for i in range(len(order) - 1, -1, -1):
            node = order[i]
            if uses[i] and not node.is_leaf:
                rows[i] = [*map(places.get, map(id, node.operands))]
                for j in rows[i]:
                    if j is not None:
                        uses[j] += 1
        forms: list[Any] = [None] * len(order)
        for i, node in enumerate(order):
            if not uses[i]:
                continue
            row = rows.get(i)
            if row is None:
                form = self._leaf(node)
            elif None in row:
                pairs = zip(row, node.operands)
                form = self.form(node.op, [float(x) if j is None else forms[j] for j, x in pairs])
            else:
                form = self.form(node.op, [forms[j] for j in row])
            if form.__class__ is Form:
                form.label = node.label or form.label
                if uses[i] > 1 and not form.is_signed_node:
                    form = self.made(form)
            if node.label and form.__class__ is int:
                self.labels[form] = node.label
            forms[i] = form
        return [forms[places[id(x)]] if isinstance(x, Value) else float(x) for x in roots]

    def _leaf(self, leaf: Any) -> Any:
        if leaf.operands:  # a placeholder: its input's name, and its position
            return self.node(INPUT, leaf.operands)
        place = self._place.get(leaf)
        if place in self.parameter_nodes:
            return self.parameter_nodes[place]
        if place is None:
            if not self.takes_every_leaf or id(leaf) in self.made_inside:
                return float(leaf.data)
            place = self._place[leaf] = len(self.parameters)
            self.parameters.append(leaf)
        return self.node(PARAMETER, (place,))

    def form(self, op: Any, x: list[Any]) -> Any:
        """The operation on forms, constants and nodes."""
        if op is multiply:
            return self.product(x[0], x[1])
        if op is add:
            return self._closed(added(x[0], x[1]))
        if op is dot:
            n = len(x) // 2
            return self._closed(total([*self._products(x[:n], x[n:-1]), x[-1]]))
        if op is fsum:
            return self._closed(total([*x, 0.0]))
        if op is subtract:
            return self._closed(added(x[0], self.scaled(x[1], -1.0)))
        if op is negate:
            return self.scaled(x[0], -1.0)
        if op in BRANCHES:
            return x[BRANCHES.index(op)]
        if {*map(type, x)} <= {float}:
            return float(op.evaluate(x))
        if op is divide:
            return self._quotient(x[0], x[1])
        if op is power and x[1].__class__ is float:
            if x[1] in (0, 1):
                return x[0] if x[1] else 1.0
            if x[1] == 2:
                return self.product(x[0], x[0])
            if x[1] == -1:
                return self._quotient(1.0, x[0])
        if op in (log, log1p):
            found = exponentials.logarithm(self, x[0], float(op is log1p))
            if found is not None:
                return found
        args = tuple([self.made(a) for a in x])
        if op is log and self.ops[args[0]] is sigmoid:
            opposite = self.made(self.scaled(self.args[args[0]][0], -1.0))
            return self.scaled(self.node(softplus, (opposite,)), -1.0)
        if op is logsumexp:  # a list of nodes
            args = tuple(map(self.as_node, args))
        return self.node(op, args)

    def _closed(self, x: Any) -> Any:
        """A sum; as a node, which no other sum takes up, if its constant is large."""
        is_large = x.__class__ is Form and abs(x.constant) > MOST
        return self.made(x) if is_large else x

    def scaled(self, x: Any, c: float) -> Any:
        """c * x. It is multiplied out for a sign only, so that sums stay as they were written."""
        if x.__class__ is float:
            return c * x
        if x.__class__ is int:
            return Form(0.0, [(c, x, NONE)])
        one = len(x.terms) == 1 and not x.constant
        if abs(c) == 1 or (one and is_moderate(c) and is_moderate(x.terms[0][0])):
            constant = c * x.constant if x.constant else 0.0  # inf * 0 would be nan
            return Form(constant, [(c * d, a, b) for d, a, b in x.terms])
        return Form(0.0, [(c, self.made(x), NONE)])

    def _products(self, xs: list[Any], ys: list[Any]) -> Iterable[Any]:
        """The product of each pair; of nodes as one sum."""
        are_nodes = {*map(type, xs), *map(type, ys)} == {int}
        if are_nodes and self.reciprocals.isdisjoint(xs) and self.reciprocals.isdisjoint(ys):
            return [Form(0.0, [*zip(repeat(1.0), xs, ys)])]
        return map(self.product, xs, ys)

    def product(self, x: Any, y: Any) -> Any:
        if x.__class__ is float:
            return self.scaled(y, x)
        if y.__class__ is float:
            return self.scaled(x, y)
        (c, a) = (1.0, x) if x.__class__ is int else self._factor(x)
        (d, b) = (1.0, y) if y.__class__ is int else self._factor(y)
        for one, other in ((a, b), (b, a)):  # a * (1 / b) is a / b
            if self.ops[other] is divide:
                above, below = self.args[other]
                if above.__class__ is float and above == 1:
                    return self.scaled(self._quotient(one, below), c * d)
        return Form(0.0, [(c * d, a, b)])

    def _factor(self, x: Any) -> tuple[float, int]:
        """x as a moderate coefficient and a node."""
        if x.__class__ is Form and len(x.terms) == 1 and not x.constant:
            c, a, b = x.terms[0]
            if is_moderate(c):
                return c, a if b == NONE else self.made(Form(0.0, [(1.0, a, b)]))
        return 1.0, self.made(x)

    def _quotient(self, x: Any, y: Any) -> Any:
        if y.__class__ is float:
            if is_moderate(y):
                return self.scaled(x, divide.evaluate([1.0, y]))
            return self.node(divide, (self.made(x), y))
        c, below = self._factor(y)
        if not c or (x.__class__ is float and not is_moderate(x)):
            c, below = 1.0, self.made(y)
        d, above = (c, x / c) if x.__class__ is float else self._factor(x)
        quotient = exponentials.quotient(self, above, below)
        if quotient is None:
            quotient = self.node(divide, (above, below))
        return self.scaled(quotient, d / c)
