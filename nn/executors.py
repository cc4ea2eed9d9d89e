"""Executors: the gradient of a batch of examples, and the optimizer's step."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from autograd_mini import AutogradError, Value, why_nan
from autograd_mini.nested import map_nested

from .module import Module
from .optimizers import Optimizer
from .optimizers.parameters import set_numbers
from .schedules import Schedule

Example = tuple[Any, Any]
Loss = Callable[[Any, Any], Any]
Metrics = Mapping[str, Callable[[Any, Any], float]]


class DivergenceError(AutogradError, ArithmeticError):
    """A loss or a parameter became infinite or nan."""


class Task(NamedTuple):
    """The arguments of fit(), checked."""

    model: Module
    loss: Loss
    data: list[Example]
    validation: list[Example]
    metrics: Metrics
    optimizer: Optimizer
    epochs: int
    batch_size: int
    rng: Any
    schedule: Schedule | None
    max_gradient_norm: float | None


class ScalarExecutor:
    """Computes gradients and takes steps for fit(): one example after another, as graphs."""

    def __init__(self, task: Task) -> None:
        self.task, self.epoch = task, 0
        self.parameters: set[Value] = set()
        self.batch: list[int] = []

    def begin_epoch(self, number: int) -> None:
        """Until end_epoch() an executor may keep the parameters in an array of its own."""
        self.epoch = number
        self.parameters = {p for _, p in named_parameters(self.task.model)}  # frozen ones too
        self.parameters.update(self.task.optimizer.parameters)

    def backward(self, batch: list[int]) -> tuple[float, list[Any]]:
        """Set the gradients to the mean over the examples of these indices; returns the sum of
        their losses, and the outputs of each as plain numbers if there are metrics."""
        self.batch = batch
        for p in self.parameters:
            p.zero_grad()
        total, numbers = 0.0, []
        for i in batch:
            outputs, error = forward(self.task, i, self.epoch)
            error.backward(1 / len(batch))
            total += error.data
            if self.task.metrics:
                numbers.append(map_nested(lambda x: x.data if isinstance(x, Value) else x, outputs))
        return total, numbers

    def step(self) -> None:
        """Take the optimizer's step as a whole, or not at all."""
        try:
            take_step(self.task.optimizer, self.epoch)
        except DivergenceError:
            explain_step(self.task, self.batch, self.epoch)
            raise

    def end_epoch(self) -> None:
        """Write what was learned to model and optimizer; a second call changes nothing."""

    def evaluate(self) -> dict[str, float]:
        """The means of the loss and the metrics over the validation examples."""
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


def named_parameters(model: Any) -> list[tuple[str, Value]]:
    """The parameters of a Module, frozen ones too; [] for another callable."""
    return model.named_parameters(frozen=True) if isinstance(model, Module) else []


@contextmanager
def in_mode(model: Any, training: bool) -> Iterator[None]:
    """Training or evaluation mode inside; afterwards each module is in the mode it was in."""
    modules = [m for _, m in model.named_modules()] if isinstance(model, Module) else []
    modes = [module.training for module in modules]
    try:
        for module in modules:
            module.training = training
        yield
    finally:
        for module, mode in zip(modules, modes):
            module.training = mode


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
    report = why_nan(error) if not math.isfinite(error.data) else None
    if report is not None:
        raise diverged(epoch, f"the loss is {error.data}: {report.reason}")
    return outputs, error


def explain_step(task: Task, batch: Sequence[int], epoch: int) -> None:
    """Raise a DivergenceError that says which gradient of an example is not finite, if one is."""
    for i in batch:
        report = why_nan(forward(task, i, epoch)[1])
        if report is not None:
            raise diverged(epoch, f"{STEP_FAILED}: {report.reason}") from None


def take_step(optimizer: Optimizer, epoch: int) -> None:
    """The optimizer's step; it is undone if a parameter becomes infinite or nan."""
    before = [+p.data for p in optimizer.parameters]  # an array may be changed in place
    memory = {name: getattr(optimizer, name) for name in optimizer.memory}
    try:
        optimizer.step()
        for p in optimizer.parameters:
            largest = abs(p.data).max() if hasattr(p.data, "max") else p.data
            if not math.isfinite(largest):
                raise diverged(epoch, STEP_FAILED)
    except BaseException:  # Ctrl-C too
        set_numbers(optimizer.parameters, before)
        vars(optimizer).update(memory)
        raise


STEP_FAILED = "a step makes a parameter infinite or nan"


def diverged(epoch: int, reason: str) -> DivergenceError:
    told = f"training diverged in epoch {epoch}: {' '.join(reason.split()).rstrip('.')}"
    return DivergenceError(f"{told}; try a smaller learning rate")
