"""In micrograd: a step of its demo, without the update."""

from __future__ import annotations

from typing import Any

import numpy as np
from micrograd.engine import Value
from micrograd.nn import MLP

ALPHA = 1e-4


def hinge_mlp(parameters: list[Any]) -> Any:
    sizes = [W.shape[0] for W in parameters[::2]]
    model = MLP(parameters[0].shape[1], sizes)
    for layer, W, b in zip(model.layers, parameters[::2], parameters[1::2]):
        for neuron, weights, bias in zip(layer.neurons, W.tolist(), b.tolist()):
            neuron.b.data = bias
            for w, weight in zip(neuron.w, weights):
                w.data = weight

    def value_and_grad(X: Any, y: Any) -> tuple[float, list[Any]]:
        inputs = [list(map(Value, row)) for row in X.tolist()]
        scores = list(map(model, inputs))
        losses = [(1 + -label * score).relu() for label, score in zip(y.tolist(), scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        total = data_loss + ALPHA * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        gradients = []
        for layer in model.layers:
            gradients.append(np.array([[w.grad for w in neuron.w] for neuron in layer.neurons]))
            gradients.append(np.array([neuron.b.grad for neuron in layer.neurons]))
        return total.data, gradients

    return value_and_grad


def draw(root: Any, picture: Any) -> Any:
    """A graph as micrograd's trace_graph.ipynb draws it: a record and an operation a node."""
    nodes, edges, waiting = set(), set(), [root]
    while waiting:
        node = waiting.pop()
        if node not in nodes:
            nodes.add(node)
            edges.update((child, node) for child in node._prev)
            waiting.extend(node._prev)
    for node in nodes:
        name = str(id(node))
        picture.node(name, f"{{ data {node.data:.4f} | grad {node.grad:.4f} }}", shape="record")
        if node._op:
            picture.node(name + node._op, node._op)
            picture.edge(name + node._op, name)
    for child, node in edges:
        picture.edge(str(id(child)), str(id(node)) + node._op)
    return picture
