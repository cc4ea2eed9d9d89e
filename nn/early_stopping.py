"""Early stopping: train until the validation loss no longer falls, and go back to the best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from autograd_mini import Value

from .optimizers.base import set_numbers


class EarlyStopping(NamedTuple):
    """When to stop: `patience` epochs after the last improvement.

    Attributes:
        patience: how many epochs to wait for an improvement, at least 1.
        metric: what to watch on the validation examples, "loss" or a metric's name. The loss
            should fall, a metric rise.
        min_delta: an improvement is larger than this.
    """

    patience: int = 10
    metric: str = "loss"
    min_delta: float = 0.0


class Watch:
    """Early stopping under way: the best epoch so far, and its parameters."""

    def __init__(self, settings: EarlyStopping, parameters: list[Value]) -> None:
        if settings.patience < 1:
            raise ValueError(
                f"EarlyStopping expected patience of at least 1, got {settings.patience}"
            )
        self.settings, self.parameters = settings, parameters
        self.best, self.waited = float("-inf"), 0
        self.kept: list[float] | None = None

    def stop(self, validation: Mapping[str, float]) -> bool:
        """Take in an epoch's validation numbers; whether it is time to stop."""
        metric = self.settings.metric
        if metric not in validation:
            raise ValueError(
                f"EarlyStopping watches {metric!r}, and the validation measures "
                f"{', '.join(validation)}"
            )
        score = -validation[metric] if metric == "loss" else validation[metric]
        if score > self.best + self.settings.min_delta:
            self.best, self.waited = score, 0
            self.kept = [p.data for p in self.parameters]
        else:
            self.waited += 1
        return self.waited >= self.settings.patience

    def restore(self) -> None:
        """Give the parameters back the numbers they had after the best epoch.

        Where no epoch was an improvement, as when the metric always is nan, they stay.
        """
        if self.kept is not None:
            set_numbers(self.parameters, self.kept)
