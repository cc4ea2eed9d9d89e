"""Early stopping: train until the validation loss no longer falls, and go back to the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from autograd_mini import Value


class EarlyStopping(NamedTuple):
    """When to stop: `patience` epochs after the last improvement.

    Attributes:
        patience: how many epochs to wait for an improvement, at least 1.
        metric: what to watch on the validation examples, "loss" or a metric's name. The loss
            should fall, a metric rise.
        least: how large an improvement has to be.
    """

    patience: int = 10
    metric: str = "loss"
    least: float = 0.0

    def start(self, parameters: Sequence[Value]) -> Callable[[Mapping[str, float]], bool]:
        """A function of each epoch's validation numbers: whether to stop; then the parameters are
        those of the best epoch."""
        if self.patience < 1:
            raise ValueError(f"EarlyStopping expected patience of at least 1, got {self.patience}")
        best, waited = float("-inf"), 0
        kept: list[float] = []

        def stop(validation: Mapping[str, float]) -> bool:
            nonlocal best, waited, kept
            if self.metric not in validation:
                raise ValueError(
                    f"EarlyStopping watches {self.metric!r}, and the validation measures "
                    f"{', '.join(validation)}"
                )
            score = validation[self.metric] * (-1 if self.metric == "loss" else 1)
            if score > best + self.least:
                best, waited = score, 0
                kept = [p.data for p in parameters]
                return False
            waited += 1
            if waited < self.patience:
                return False
            for p, number in zip(parameters, kept):
                p.data = number
            return True

        return stop
