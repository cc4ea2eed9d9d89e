"""Early stopping: train until a validation metric no longer improves, and go back to the best."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from autograd_mini import Value

from . import losses
from .checks import check_size
from .metrics import accuracy, binary_accuracy
from .optimizers.parameters import set_numbers

Mode = Literal["min", "max"]
OUR_LOSSES = [f for f in vars(losses).values() if getattr(f, "__module__", "") == losses.__name__]
MODES: list[tuple[Any, Mode]] = [(accuracy, "max"), (binary_accuracy, "max")]
MODES += [(f, "min") for f in (None, *OUR_LOSSES)]


class EarlyStopping(NamedTuple):
    """When to stop: `patience` epochs after the last improvement.

    Attributes:
        patience: how many epochs to wait for an improvement, at least 1.
        metric: the name of a metric, or "loss"; that of the validation examples counts.
        min_delta: an improvement is larger than this.
        mode: "min" if the metric should fall, "max" if it should rise. None is right for the loss
            and for the functions in nn.metrics and nn.losses.
    """

    patience: int = 10
    metric: str = "loss"
    min_delta: float = 0.0
    mode: Mode | None = None


class EarlyStopper:
    """Early stopping under way: the best epoch so far, and its parameters."""

    def __init__(
        self, settings: EarlyStopping, metrics: Mapping[str, Any], parameters: list[Value]
    ) -> None:
        check_size(settings.patience, "EarlyStopping patience")
        _, metric, _, mode = settings
        if metric not in ("loss", *metrics):
            known = ", ".join(["loss", *metrics])
            raise ValueError(f"EarlyStopping: no metric is {metric!r}; there are {known}")
        if mode is None:  # metrics.get("loss") is None, as in MODES
            mode = next((mode for f, mode in MODES if f is metrics.get(metric)), None)
        if mode not in ("min", "max"):
            raise ValueError(
                f"EarlyStopping(metric={metric!r}, mode={mode!r}): write mode='min' if the metric "
                "should fall, mode='max' if it should rise"
            )
        self.settings, self.parameters = settings, parameters
        self.sign = 1 if mode == "max" else -1
        self.best, self.waited = float("-inf"), 0
        self.kept: list[float] | None = None

    def stop(self, validation: Mapping[str, float]) -> bool:
        """Take the validation results of an epoch; returns whether to stop."""
        score = self.sign * validation[self.settings.metric]
        if score > self.best + self.settings.min_delta:
            self.best, self.waited = score, 0
            self.kept = [p.data for p in self.parameters]
        else:
            self.waited += 1
        return self.waited >= self.settings.patience

    def restore(self) -> None:
        """Set the parameters back to the best epoch, if there is one: a metric may be nan."""
        if self.kept is not None:
            set_numbers(self.parameters, self.kept)
