"""The multivariate chain rule, spelled out: a derivative as a sum over all paths.

The term of a path is the product of the local derivatives along it. Backprop gives the same sum in
another way: it takes one step for each edge, while the number of paths can grow exponentially.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import mul
from typing import Any

from .errors import AutogradError
from .formulas import Formula, Names, local_derivatives, rounded, unused
from .graph import check_fresh, check_is_value, node_names, topological_order
from .mathml import Latex
from .signs import edge_latex, edge_text, total, total_text
from .text import exact
from .value import Value

Edge = tuple[Value, int]  # a node, and which of its parents
MOST_FACTORS = 500  # that are typeset
COUNTED = 10**30  # no more paths than this are counted: the numbers would grow with the graph


class ChainRule:
    """The derivative of a root by a leaf as a sum over paths; a notebook shows it typeset.

    Attributes:
        root: the node that is differentiated.
        leaf: the node that it is differentiated by.
        paths: for each path from the root to the leaf, its edges: (node, index of a parent) pairs.
        terms: for each path, the product of the local derivatives along it.
        total: the sum of the terms, which is the gradient.
        text: the derivatives and the numbers as plain text.
        latex: the derivatives, their formulas and the numbers in LaTeX. Raises AutogradError if
            there are more than 500 factors.
    """

    def __init__(self, root: Value, leaf: Value, paths: list[list[Edge]]) -> None:
        self.root, self.leaf, self.paths = root, leaf, paths
        one, zero = type(root.data)(1), type(root.data)(0)
        self.terms = [math.prod((n.partials[k] for n, k in path), start=one) for path in paths]
        self.total = sum(self.terms, start=zero)
        self._names = Names(node_names(root))
        if leaf not in self._names:
            self._names[leaf] = unused(leaf.label or "x", self._names.values())

    @property
    def text(self) -> str:
        names = self._names

        def along(path: list[Edge]) -> str:
            return " * ".join(edge_text(n, k, names) for n, k in path) or "1"

        def numbers(path: list[Edge]) -> str:
            partials = [n.partials[k] for n, k in path]
            return " * ".join(f"({exact(d)})" if d < 0 else exact(d) for d in partials) or "1"

        lines = [" + ".join(map(side, self.paths)) for side in (along, numbers)]
        lines = _distinct([*lines, exact(self.total)])
        of = total_text(names[self.leaf])
        return f"{of} = " + f"\n{' ' * len(of)} = ".join(lines)

    @property
    def latex(self) -> Latex:
        if sum(map(len, self.paths)) > MOST_FACTORS:
            raise AutogradError(
                f"the chain rule has more than {MOST_FACTORS} factors, too many to typeset; "
                "read its .text, or ask for a node closer to the leaf"
            )
        formulas = {n: local_derivatives(n, self._names) for path in self.paths for n, _ in path}

        def along(path: list[Edge]) -> str:
            return r" \cdot ".join(edge_latex(n, k, self._names) for n, k in path) or "1"

        def product(factors: list[Formula]) -> str:
            text = reduce(mul, factors).text if factors else "1"
            return f"({text})" if text.startswith("-") and len(self.paths) > 1 else text

        lines = [
            [along(path) for path in self.paths],
            [product([formulas[n][k] for n, k in path]) for path in self.paths],
            [product([rounded(n.partials[k]) for n, k in path]) for path in self.paths],
            [rounded(self.total).text],
        ]
        of = total(self._names.latex[self.leaf])
        sums = r" \\ &= ".join(_distinct([" + ".join(terms) for terms in lines]))
        return Latex(rf"\begin{{aligned}} {of} &= {sums} \end{{aligned}}")

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            return self.latex._repr_mimebundle_() | {"text/plain": self.text}
        except AutogradError:
            return {"text/plain": self.text}


def chain_rule(root: Value, leaf: Value, max_paths: int = 100) -> ChainRule:
    """The multivariate chain rule for d root / d leaf, spelled out path by path.

    Args:
        root: the node to differentiate.
        leaf: the node to differentiate by; it need not be a leaf.
        max_paths: the largest number of paths to spell out.

    Returns:
        A ChainRule: its paths, terms, total, text and LaTeX.

    Raises:
        TypeError: one of them is not a Value.
        AutogradError: there are more than `max_paths` paths.
        StaleGraphError: a leaf was changed after the graph was built.

    >>> a = Value(3.0, "a")
    >>> b = a * 2; b.label = "b"
    >>> c = a * b; c.label = "c"
    >>> chain_rule(c, a)
    grad(a) = d([a] * b)/d[a] + d(a * [b])/d[b] * d([a] * 2)/d[a]
            = 6.0 + 3.0 * 2.0
            = 12.0
    """
    check_is_value(root, "chain_rule")
    check_is_value(leaf, "chain_rule")
    order = topological_order(root)
    check_fresh(order)
    count = _path_counts(order, leaf)
    if count[root] > max_paths:
        number = f"{count[root]:,}" if count[root] < COUNTED else f"more than {COUNTED:.0e}"
        raise AutogradError(
            f"there are {number} paths from {leaf.label or 'the leaf'} to "
            f"{root.label or 'the root'}, more than {max_paths:,}; ask for a node closer to the "
            "leaf, or for more with max_paths=, or read backprop_steps(root)"
        )
    return ChainRule(root, leaf, _paths(root, leaf, count))


def _paths(root: Value, leaf: Value, count: dict[Value, int]) -> list[list[Edge]]:
    """All paths, depth first, in the order in which operands were written."""
    paths: list[list[Edge]] = []
    path: list[Edge] = []
    pending: list[tuple[Value, list[Edge], int]] = [(root, [], 0)]  # a node, how one gets there
    while pending:
        here, step, depth = pending.pop()
        path[depth:] = step
        if here is leaf:
            paths.append(path.copy())
            continue
        onward = [(x, [(here, k)], len(path)) for k, x in enumerate(here.parents) if count[x]]
        pending += reversed(onward)
    return paths


def _path_counts(order: list[Value], leaf: Value) -> dict[Value, int]:
    """For each node the number of paths from it to the leaf, or COUNTED if there are more."""
    count: dict[Value, int] = {}
    for node in order:
        found = 1 if node is leaf else sum(count[parent] for parent in node.parents)
        count[node] = min(found, COUNTED)
    return count


def _distinct(lines: list[str]) -> list[str]:
    """The lines without repeats and empty lines."""
    return [line for line in dict.fromkeys(lines) if line]
