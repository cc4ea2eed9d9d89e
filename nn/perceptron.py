"""Rosenblatt's perceptron, which learns only from its mistakes."""

import random
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from autograd_mini import Value, dot, sign, step

from .activations import activation_name
from .checks import check_float, check_inputs, check_size
from .module import Module


class PerceptronFit(NamedTuple):
    """The result of Perceptron.fit.

    Attributes:
        converged: whether the last pass made no mistake.
        mistakes: the number of mistakes in each pass.
    """

    converged: bool
    mistakes: list[int]


class Perceptron(Module):
    """sgn(w . x), or step(w . x); the last weight is the bias, for an input that is always 1.

    Args:
        nin: the number of inputs, at least 1.
        activation: "sign", for labels -1 and 1, or "step", for labels 0 and 1.

    Attributes:
        w: nin + 1 weights, which start at 0; the last is the bias.

    >>> gate = Perceptron(2, activation="step")
    >>> AND = [([0, 0], 0), ([0, 1], 0), ([1, 0], 0), ([1, 1], 1)]
    >>> gate.fit(AND).converged
    True
    >>> [gate.predict(x) for x, _ in AND]
    [0.0, 0.0, 0.0, 1.0]
    """

    def __init__(self, nin: int, activation: str = "sign") -> None:
        if activation not in ("sign", "step"):
            raise ValueError(f"a perceptron's activation is 'sign' or 'step', got {activation!r}")
        self.w = [Value(0.0) for _ in range(check_size(nin, "Perceptron inputs") + 1)]
        self.activation, self.labels = (sign, (-1, 1)) if activation == "sign" else (step, (0, 1))

    def score(self, x: Sequence[Any]) -> Any:
        """w . x with the bias: above 0 on one side of the decision boundary, below on the other."""
        return dot(self.w, self._with_one(x))

    def __call__(self, x: Sequence[Any]) -> Any:
        return self.activation(self.score(x))

    def fit(
        self,
        data: Iterable[tuple[Sequence[float], int]],
        *,
        epochs: int = 100,
        lr: float = 1.0,
        rng: random.Random | None = None,
    ) -> PerceptronFit:
        """Learn by the update rule: after each mistake w += lr * y * x, with y = -1 or 1.

        That is a step of gradient descent on the cost I{y' != y} |w . x|. If a line (a plane, ..)
        separates the data, it makes finitely many mistakes (Novikoff 1962); else it never stops.

        Args:
            data: (x, label) pairs.
            epochs: the largest number of passes, at least 1.
            lr: the learning rate, above 0.
            rng: if given, shuffles the examples before each pass.
        """
        order, mistakes = list(data), []
        epochs = check_size(epochs, "Perceptron epochs")
        lr = check_float(lr, "Perceptron lr", "(0, inf)")
        if not order:
            raise ValueError("Perceptron.fit expected at least one example, got none")
        for _, label in order:
            if label not in self.labels:
                raise ValueError(f"Perceptron expected labels {self.labels}, got {label!r}")
        for _ in range(epochs):
            if rng:
                rng.shuffle(order)
            mistakes.append(sum(self._learn(x, label, lr) for x, label in order))
            if mistakes[-1] == 0:
                break
        return PerceptronFit(mistakes[-1] == 0, mistakes)

    def _learn(self, x: Sequence[float], label: int, lr: float) -> bool:
        """Update the weights if the example is a mistake; returns whether. A score of 0 is one."""
        y = 1 if label == 1 else -1
        if y * self.score(x).data > 0:
            return False
        for w, xi in zip(self.w, self._with_one(x)):
            w.data += lr * y * xi
        return True

    def _with_one(self, x: Sequence[Any]) -> list[Any]:
        return [*check_inputs(x, len(self.w) - 1, "Perceptron"), 1.0]

    def __repr__(self) -> str:
        return f"Perceptron({len(self.w) - 1}, {activation_name(self.activation)})"
