"""A GPT of scalars of any type, and the scalar type that it was published with.

The architecture, and the design of the Value class below, are those of Andrej Karpathy's microgpt
(2026), https://gist.github.com/karpathy/8627fe009c40f57531cb18360106ce95; the code is our own.
"""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random
from typing import Any

EMBEDDING, HEADS, BLOCK, VOCABULARY = 16, 4, 16, 27  # the letters, and a mark between documents
HEAD = EMBEDDING // HEADS
MARK = 26


class Value:
    """A scalar as in microgpt: each operation hands over its operands and local gradients.

    Kept as published where it matters for time and memory: four slots, tuples, a number as an
    operand becomes a node, - and / are composed of +, * and **, the order is found recursively.
    """

    __slots__ = ("children", "data", "grad", "local_grads")

    def __init__(self, data: Any, children: Any = (), local_grads: Any = ()) -> None:
        self.data = data
        self.grad = 0
        self.children = children
        self.local_grads = local_grads

    def __add__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n: float) -> Value:
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def log(self) -> Value:
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def exp(self) -> Value:
        return Value(math.exp(self.data), (self,), (math.exp(self.data),))

    def relu(self) -> Value:
        return Value(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self) -> Value:
        return self * -1

    def __radd__(self, other: float) -> Value:
        return self + other

    def __sub__(self, other: Value | float) -> Value:
        return self + (-other)

    def __rsub__(self, other: float) -> Value:
        return other + (-self)

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __truediv__(self, other: Value | float) -> Value:
        return self * other**-1

    def __rtruediv__(self, other: float) -> Value:
        return other * self**-1

    def backward(self) -> None:
        order, seen = [], set()

        def visit(node: Value) -> None:
            if node not in seen:
                seen.add(node)
                for child in node.children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            for child, local in zip(node.children, node.local_grads):
                child.grad += local * node.grad


def linear(x: list[Any], weights: list[list[Any]]) -> list[Any]:
    return [sum(w * xi for w, xi in zip(row, x)) for row in weights]


def softmax(logits: list[Any]) -> list[Any]:
    largest = max(logit.data for logit in logits)
    powers = [(logit - largest).exp() for logit in logits]
    total = sum(powers)
    return [power / total for power in powers]


def rms_norm(x: list[Any]) -> list[Any]:
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + 1e-5) ** -0.5
    return [xi * scale for xi in x]


class GPT:
    """One layer of 16 numbers and 4 heads, RMSNorm, a ReLU MLP: 4,192 parameters of `scalar`."""

    def __init__(self, scalar: type, seed: int = 42) -> None:
        rng = Random(seed)

        def matrix(rows: int, columns: int) -> list[list[Any]]:
            return [[scalar(rng.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.tokens = matrix(VOCABULARY, EMBEDDING)
        self.positions = matrix(BLOCK, EMBEDDING)
        self.query, self.key, self.value, self.out = (
            matrix(EMBEDDING, EMBEDDING) for _ in range(4)
        )
        self.widen = matrix(4 * EMBEDDING, EMBEDDING)
        self.narrow = matrix(EMBEDDING, 4 * EMBEDDING)
        self.head = matrix(VOCABULARY, EMBEDDING)

    def parameters(self) -> list[Any]:
        return [p for matrix in vars(self).values() for row in matrix for p in row]

    def logits(self, token: int, position: int, keys: list[Any], values: list[Any]) -> list[Any]:
        """The next token's logits; appends to the keys and values of the positions before."""
        x = [t + p for t, p in zip(self.tokens[token], self.positions[position])]
        x = rms_norm(x)
        x = [a + b for a, b in zip(x, self.attention(rms_norm(x), keys, values))]
        hidden = [h.relu() for h in linear(rms_norm(x), self.widen)]
        x = [a + b for a, b in zip(x, linear(hidden, self.narrow))]
        return linear(x, self.head)

    def attention(self, x: list[Any], keys: list[Any], values: list[Any]) -> list[Any]:
        query = linear(x, self.query)
        keys.append(linear(x, self.key))
        values.append(linear(x, self.value))
        mixed = []
        for start in range(0, EMBEDDING, HEAD):
            part = range(start, start + HEAD)
            scores = [sum(query[j] * key[j] for j in part) / HEAD**0.5 for key in keys]
            weights = softmax(scores)
            mixed += [sum(w * value[j] for w, value in zip(weights, values)) for j in part]
        return linear(mixed, self.out)

    def loss(self, document: str) -> Any:
        """The mean of -log p(next letter) over a document of a to z."""
        letters = [MARK, *(ord(letter) - ord("a") for letter in document), MARK][: BLOCK + 1]
        keys: list[Any] = []
        values: list[Any] = []
        losses = []
        for position, (token, following) in enumerate(pairwise(letters)):
            probabilities = softmax(self.logits(token, position, keys, values))
            losses.append(-probabilities[following].log())
        return (1 / len(losses)) * sum(losses)
