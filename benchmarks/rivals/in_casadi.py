"""In CasADi: a graph of scalars, differentiated as such, and run over the examples of a batch."""

from __future__ import annotations

from functools import cache
from typing import Any

import casadi

from ..problems import grown


def irregular(parameters: list[Any], size: int = 18_000) -> Any:
    """A graph of `size` nodes, whose parameters are one vector.

    The function of one example is compiled to CasADi's virtual machine, and mapped; the map adds up
    what it gives.
    """
    [leaves] = parameters

    @cache
    def mapped(count: int, inputs: int) -> Any:
        x, p = casadi.SX.sym("x", inputs), casadi.SX.sym("p", len(leaves))
        root = grown(size, [*casadi.vertsplit(x), *casadi.vertsplit(p)], casadi)
        one = casadi.Function("one", [x, p], [root, casadi.gradient(root, p)])
        return one.map("batch", "serial", count, [1], [0, 1])  # p is for all; both are summed

    def value_and_grad(X: Any) -> tuple[float, list[Any]]:
        root, gradient = mapped(*X.shape)(X.T, leaves)
        return float(root) / len(X), [gradient.full()[:, 0] / len(X)]

    return value_and_grad
