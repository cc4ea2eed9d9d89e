"""The natural gradient: steepest descent by the distance between distributions."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from autograd_mini import Value, gradients

from .base import Optimizer, Setting


def _model_or_empirical(x: Any, name: str) -> str:
    if x not in ("model", "empirical"):
        raise ValueError(f"{name}: expected 'model' or 'empirical', got {x!r}")
    return str(x)


class NaturalGradient(Optimizer):
    """Natural gradient descent for classifiers (Amari 1998): p -= lr * (F + damping I)^-1 g.

    g is the gradient of the mean negative log-likelihood, and F the Fisher information matrix

        F = (1/n) sum over examples x, sum over classes k, of p(k|x) s s',  s = grad log p(k|x)

    The sum over k is the exact expectation over the model's own distribution. The empirical Fisher
    matrix takes the labels of the data instead, and is not the same (Kunstner et al. 2019,
    arXiv:1905.12558).

    Its step() takes log-probabilities and labels, so write the training loop yourself, not fit().

    Args:
        parameters: the Values to train; some hundred at most, as F has the square of their number.
        lr: the learning rate, at least 0.
        damping: added to F's diagonal, above 0 if F may be singular.
        fisher: "model", or "empirical" for the labels of the data instead of the expectation.

    >>> from autograd_mini import log_sigmoid
    >>> w = Value(0.0)
    >>> optimizer = NaturalGradient([w], damping=0.0)
    >>> examples = [[log_sigmoid(-w), log_sigmoid(w)] for _ in range(4)]
    >>> round(optimizer.step(examples, labels=[1, 1, 1, 0]), 6)  # 3 of 4 are of class 1
    0.693147
    >>> round(w.data, 6)
    1.0
    """

    follows_gradients = False

    damping = Setting()
    fisher = Setting(_model_or_empirical)

    def __init__(
        self,
        parameters: Iterable[Value | dict[str, Any]],
        lr: float = 1.0,
        damping: float = 1e-3,
        fisher: Literal["model", "empirical"] = "model",
    ) -> None:
        super().__init__(parameters, lr=lr, damping=damping, fisher=fisher)

    def step(  # type: ignore[override]
        self, log_probabilities: Sequence[Sequence[Value]], labels: Sequence[int]
    ) -> float:
        """Take one step; returns the mean negative log-likelihood before it.

        Args:
            log_probabilities: for each example a list of log p(k|x), one a class, such as
                log_softmax(model(x)).
            labels: for each example its class, an index from 0.

        Raises:
            ValueError: there are no examples, or not as many as labels; a label is not the index
                of a class; or F is singular.
            ImportError: numpy is not installed.
        """
        try:
            import numpy as np
        except ImportError as error:
            message = 'NaturalGradient needs numpy: pip install "autograd-mini[optimize]"'
            raise ImportError(message) from error
        if not log_probabilities or len(log_probabilities) != len(labels):
            sizes = f"{len(labels)} labels for {len(log_probabilities)} examples"
            raise ValueError(f"NaturalGradient expected a label for each example, got {sizes}")
        count, n = len(labels), len(self.parameters)
        fisher, gradient, loss = np.zeros((n, n)), np.zeros(n), 0.0
        for classes, label in zip(log_probabilities, labels):
            if label not in range(len(classes)):
                raise ValueError(f"expected a label from 0 to {len(classes) - 1}, got {label!r}")
            scores = np.array([gradients(log_p, self.parameters) for log_p in classes])
            weights = np.exp([log_p.data for log_p in classes])
            if self.fisher == "empirical":
                weights = np.arange(len(classes)) == label
            fisher += scores.T @ (scores * np.reshape(weights, (-1, 1))) / count
            gradient -= scores[label] / count
            loss -= classes[label].data / count
        matrix = fisher + self.damping * np.eye(n)
        if np.linalg.matrix_rank(matrix, hermitian=True) < n:
            raise ValueError(
                "the Fisher matrix is singular: some parameters do not change the distribution; "
                "take a damping above 0"
            )
        direction = np.linalg.solve(matrix, gradient)
        for p, change in zip(self.parameters, (self.lr * direction).tolist()):
            p.data -= change
        return loss
