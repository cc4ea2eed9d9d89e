"""How the examples of a batch become a gradient, and the gradient a step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from autograd_mini import AutogradError, Value, first_nonfinite

from .module import Module
from .optimizers import Optimizer
from .optimizers.base import set_numbers

Example = tuple[Any, Any]
Loss = Callable[[Any, Any], Any]
Metrics = Mapping[str, Callable[[Any, Any], float]]


class DivergenceError(AutogradError, ArithmeticError):
    """Training left the finite numbers."""


class Task(NamedTuple):
    """What fit() is to do; its arguments of the same names."""

    model: Module
    loss: Loss
    data: list[Example]
    validation: list[Example]
    metrics: Metrics
    optimizer: Optimizer


class Batches(Protocol):
    """What fit() asks for, of graphs of Values or of arrays."""

    def begin_epoch(self, number: int) -> None:
        """From here on the parameters may be elsewhere than in the model."""

    def backward(self, batch: list[int]) -> tuple[float, list[Any]]:
        """Set the gradients to the mean over the examples of these indices.

        Returns:
            The sum of their losses; and the outputs of each as plain numbers, if there are metrics.
        """

    def step(self) -> None:
        """The optimizer's step, taken whole or not at all."""

    def end_epoch(self) -> None:
        """Model and optimizer hold what was learned; called twice, it does nothing new."""

    def evaluate(self) -> dict[str, float]:
        """The means of the loss and the metrics over the validation examples."""


class ScalarBatches:
    """One example after another, each as a graph of Values."""

    def __init__(self, task: Task) -> None:
        self.task, self.epoch = task, 0

    def begin_epoch(self, number: int) -> None:
        self.epoch = number

    def backward(self, batch: list[int]) -> tuple[float, list[Any]]:
        task = self.task
        task.optimizer.zero_grad()
        total, numbers = 0.0, []
        for i in batch:
            outputs, error = forward(task, i, self.epoch)
            error.backward(1 / len(batch))
            total += error.data
            if task.metrics:
                numbers.append(plain_numbers(outputs))
        return total, numbers

    def step(self) -> None:
        take_step(self.task.optimizer, self.epoch)

    def end_epoch(self) -> None:
        pass

    def evaluate(self) -> dict[str, float]:
        task = self.task
        return evaluate(task.model, task.validation, {"loss": task.loss, **task.metrics})


def evaluate(model: Module, data: Sequence[Example], metrics: Metrics) -> dict[str, float]:
    """The mean of each metric over (x, y) pairs; builds no graph."""
    return means([(model.predict(x), y) for x, y in data], metrics)


def means(answers: Sequence[tuple[Any, Any]], metrics: Metrics) -> dict[str, float]:
    """The mean of each metric over (outputs, y) pairs."""
    return {
        name: math.fsum(metric(outputs, y) for outputs, y in answers) / len(answers)
        for name, metric in metrics.items()
    }


def plain_numbers(outputs: Any) -> Any:
    if isinstance(outputs, (list, tuple)):
        return [plain_numbers(x) for x in outputs]
    return outputs.data if isinstance(outputs, Value) else outputs


def forward(task: Task, i: int, epoch: int) -> tuple[Any, Value]:
    """The i-th example's outputs and loss, checked to be finite."""
    x, y = task.data[i]
    try:
        outputs = task.model(x)
        error = task.loss(outputs, y)
    except OverflowError as overflow:
        raise diverged(epoch, str(overflow)) from None
    if not isinstance(error, Value):
        raise TypeError(f"the loss has to give one Value, got {type(error).__name__} {error!r}")
    node = first_nonfinite(error) if not math.isfinite(error.data) else None
    if node is not None:
        made_by = f"the result of {node.op}" if str(node.op) else "a parameter or an input"
        label = f" labelled {node.label!r}" if node.label else ""
        reason = f"the first number that is not finite is {made_by}{label} ({node.data})"
        raise diverged(epoch, f"the loss is {error.data}; {reason}")
    return outputs, error


def take_step(optimizer: Optimizer, epoch: int) -> None:
    """The optimizer's step; taken back where a parameter leaves the finite numbers."""
    before = [+p.data for p in optimizer.parameters]  # an array may be changed in place
    memory = {name: getattr(optimizer, name) for name in optimizer.memory}
    try:
        optimizer.step()
        if not all(_is_finite(p.data) for p in optimizer.parameters):
            raise diverged(epoch, "a step makes a parameter infinite or nan")
    except BaseException:  # Ctrl-C too: a step is taken whole, or not at all
        set_numbers(optimizer.parameters, before)
        vars(optimizer).update(memory)
        raise


def _is_finite(x: Any) -> bool:
    """Of a number, or of an array of them."""
    return math.isfinite(abs(x).max() if hasattr(x, "max") else x)


def diverged(epoch: int, reason: str) -> DivergenceError:
    return DivergenceError(
        f"training diverged in epoch {epoch}: {reason}; try a smaller learning rate"
    )
