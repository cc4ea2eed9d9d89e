"""In CasADi: a graph of scalars, differentiated as such, and run over the examples of a batch."""

from __future__ import annotations

from typing import Any

import casadi


def irregular(graph: Any, count: int) -> Any:
    """X -> (the mean over `count` examples, its gradient by the parameters).

    The function of one example is compiled to CasADi's virtual machine, and mapped; the map adds up
    what it gives.
    """
    x, p = casadi.SX.sym("x", graph.inputs), casadi.SX.sym("p", len(graph.parameters))
    root = graph(casadi.vertsplit(x), casadi.vertsplit(p))
    one = casadi.Function("one", [x, p], [root, casadi.gradient(root, p)])
    batch = one.map("batch", "serial", count, [1], [0, 1])  # the same p for all; sums of both

    def value_and_grad(X: Any) -> tuple[float, Any]:
        root, gradient = batch(X.T, graph.parameters)
        return float(root) / count, gradient.full()[:, 0] / count

    return value_and_grad
