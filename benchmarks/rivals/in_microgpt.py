"""In microgpt: its own scalars, one document after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..microgpt import GPT, MARK, Value


def gpt(parameters: list[Any]) -> Any:
    model = GPT(Value)
    matrices = list(vars(model).values())
    for matrix, numbers in zip(matrices, parameters):
        for row, row_of_numbers in zip(matrix, numbers.tolist()):
            for p, number in zip(row, row_of_numbers):
                p.data = number
    everything = model.parameters()

    def value_and_grad(X: Any, Y: Any) -> tuple[float, list[Any]]:
        for p in everything:
            p.grad = 0
        total = 0.0
        for tokens, targets in zip(X, Y):
            loss = model.loss(document(tokens, targets)) * (1 / len(X))
            loss.backward()
            total += loss.data
        return total, [np.array([[p.grad for p in row] for row in matrix]) for matrix in matrices]

    return value_and_grad


def document(tokens: Any, targets: Any) -> str:
    """The letters of one-hot tokens; the last is a target only where the block cuts it off."""
    length = int(targets.any(axis=1).sum())
    numbers = [*tokens[1:length].argmax(axis=1), targets[length - 1].argmax()]
    return "".join(chr(ord("a") + number) for number in numbers if number != MARK)
