"""The training loop."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from autograd_mini import AutogradError, Value, first_nonfinite

from .early_stopping import EarlyStopping, Watch
from .module import Module
from .optimizers import Optimizer
from .optimizers.base import set_numbers
from .optimizers.clipping import clip
from .progress import ProgressBar
from .randomness import source
from .schedules import FACTORIES, Schedule

Example = tuple[Any, Any]
Loss = Callable[[Any, Any], Any]
Metrics = Mapping[str, Callable[[Any, Any], float]]


class DivergenceError(AutogradError, ArithmeticError):
    """Training left the finite numbers."""


class Epoch(NamedTuple):
    """What one pass over the examples came to.

    Attributes:
        number: from 1.
        loss: the mean loss of the training examples, each at the moment it was trained on.
        metrics: the means of the metrics over the training examples, likewise.
        validation: the means of "loss" and of the metrics over the validation examples, after
            the epoch; empty without any.
    """

    number: int
    loss: float
    metrics: dict[str, float]
    validation: dict[str, float]


class History(NamedTuple):
    """The epochs of a training run; a notebook shows its curves.

    Attributes:
        epochs: a list of Epoch.
        interrupted: whether Ctrl-C ended it early. The model holds what it had learned by then.
        stopped_early: whether early stopping ended it before the last epoch.
    """

    epochs: list[Epoch]
    interrupted: bool = False
    stopped_early: bool = False

    def plot(self) -> str:
        """The loss and each metric over the epochs, as the text of an SVG picture.

        Raises:
            ImportError: matplotlib is not installed.
            ValueError: there are no epochs.
        """
        from .plots import training_curves

        return training_curves(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        last = self.epochs[-1] if self.epochs else None
        text = f"<History of {len(self.epochs)} epochs, the last one {last}>"
        try:
            return {"image/svg+xml": self.plot(), "text/plain": text}
        except (ImportError, ValueError):  # no matplotlib, or nothing to draw
            return {"text/plain": text}


def fit(
    model: Module,
    loss: Loss,
    data: Iterable[Example],
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    rng: random.Random | None = None,
    schedule: Schedule | None = None,
    max_gradient_norm: float | None = None,
    metrics: Metrics | None = None,
    validation: Iterable[Example] = (),
    early_stopping: EarlyStopping | None = None,
    callbacks: Sequence[Callable[[Epoch], Any]] = (),
    progress: bool | Callable[[Epoch], Any] = False,
    compiled: bool | str = False,
) -> History:
    """Train a model on examples, in batches, each epoch in a new order.

    The gradient of a batch is the mean over its examples; each example's graph is freed before the
    next is built. The model is in training mode meanwhile, and afterwards in the mode it was in.

    Args:
        model: called with an example's x, as model(x).
        loss: called as loss(model(x), y); gives one scalar.
        data: (x, y) pairs.
        optimizer: holds the parameters to train.
        epochs: how many passes over the data, at least 1.
        batch_size: examples a step, at least 1; None is all of them.
        rng: orders the examples; None is the random module.
        schedule: from the share of training done, in [0, 1), to a factor of the learning rate,
            such as schedules.linear_decay; None keeps the rate.
        max_gradient_norm: longer gradients are scaled down to this length.
        metrics: names, other than "loss", to functions of (outputs as plain numbers, y) that give
            a number.
        validation: (x, y) pairs to measure the loss and the metrics on after each epoch.
        early_stopping: ends training when the validation loss, or a metric, stops improving. Then,
            or after the last epoch, the model goes back to its best epoch.
        callbacks: functions called with each Epoch when it is over.
        progress: True shows a progress bar on standard error, where that is a terminal; or a
            function called like a callback.
        compiled: True, or a backend of autograd_mini.compile such as "jax": the loss of a whole
            batch and its gradient are computed by an array program, made once from the scalar code
            of model and loss. Training is the same to rounding, and many times faster. Examples are
            numbers or nested lists of them, all of one shape; what the optimizer does not hold is
            a constant. Model and optimizer hold what was learned whenever others look: after each
            epoch, and when training ends, however it does. Metrics of the training examples cost
            one more forward pass.

    Returns:
        The History. Ctrl-C ends training early, between two steps; the model then holds what it
        learned until the last of them.

    Raises:
        DivergenceError: a loss is nan or infinite; names the first such node, and leaves the
            parameters as they were before that step.
        TraceError: model or loss cannot be compiled; names the line to change.
        ImportError: compiled, and numpy is not installed.

    >>> from nn import Linear, losses, optimizers
    >>> line = Linear(1, 1)
    >>> data = [([x], [2 * x + 1]) for x in (-1.0, 0.0, 1.0)]
    >>> sgd = optimizers.SGD(line.parameters(), lr=0.3)
    >>> history = fit(line, losses.mean_squared_error, data, optimizer=sgd, epochs=100)
    >>> [round(y, 6) for y in line.predict([3.0])]
    [7.0]
    """
    data, validation, metrics = list(data), list(validation), metrics or {}
    if not data:
        raise ValueError("fit expected at least one example, got none")
    if epochs < 1 or (batch_size is not None and batch_size < 1):
        raise ValueError(
            f"fit expected epochs and batch_size of at least 1, got {epochs} and {batch_size}"
        )
    _check_options(optimizer, schedule, metrics, early_stopping)
    if early_stopping and not validation:
        raise ValueError("early stopping needs examples to measure on; give fit validation=")
    rate = optimizer.lr
    size = batch_size or len(data)
    done: list[Epoch] = []
    bar = ProgressBar(epochs) if progress is True else None
    after_epoch = [
        *callbacks,
        *([progress] if callable(progress) else []),
        *([bar.show] if bar else []),
    ]
    watch = Watch(early_stopping, optimizer.parameters) if early_stopping else None
    draws = source(rng)
    evaluating = isinstance(model, Module) and not model.training
    task = Task(model, loss, data, validation, metrics, optimizer)
    batches: Batches | None = None
    try:
        if evaluating:
            model.train()
        batches = _compiled(task, compiled) if compiled else ScalarBatches(task)
        for number in range(1, epochs + 1):
            order = list(range(len(data)))  # from the rng alone, so that training can be resumed
            draws.shuffle(order)
            total = 0.0
            sums = dict.fromkeys(metrics, 0.0)
            batches.begin_epoch(number)
            for start in range(0, len(order), size):
                batch = order[start : start + size]
                if schedule:
                    share = (number - 1 + start / len(order)) / epochs
                    optimizer.lr = rate * schedule(share)
                error, outputs = batches.backward(batch)
                total += error
                for i, output in zip(batch, outputs):
                    for name, metric in metrics.items():
                        sums[name] += metric(output, data[i][1])
                if max_gradient_norm is not None:
                    clip(optimizer.parameters, max_gradient_norm)
                batches.step()
            batches.end_epoch()
            epoch = Epoch(
                number,
                total / len(data),
                {name: s / len(data) for name, s in sums.items()},
                batches.evaluate() if validation else {},
            )
            done.append(epoch)
            for function in after_epoch:
                function(epoch)
            if watch and watch.stop(epoch.validation):
                break
        if watch:
            watch.restore()
    except KeyboardInterrupt:
        return History(done, interrupted=True)
    finally:
        if batches:
            batches.end_epoch()
        optimizer.lr = rate
        if evaluating:
            model.eval()
        if bar:
            bar.close()
    return History(done, stopped_early=len(done) < epochs)


def _check_options(
    optimizer: Optimizer,
    schedule: Schedule | None,
    metrics: Metrics,
    early_stopping: EarlyStopping | None,
) -> None:
    """Raise before training where it would go wrong later, or mean something else."""
    if not optimizer.follows_gradients:
        name = type(optimizer).__name__
        raise TypeError(
            f"fit calls optimizer.step() without arguments, and {name}.step needs some; write the "
            "training loop out, as its docstring does"
        )
    if schedule and schedule in FACTORIES:
        name = schedule.__name__
        raise TypeError(f"{name} makes a schedule when it is called; write schedule={name}(..)")
    if "loss" in metrics:
        raise ValueError('"loss" is the name of the loss itself; give the metric another one')
    if not isinstance(early_stopping, (EarlyStopping, type(None))):
        raise TypeError(
            f"fit expected early_stopping=EarlyStopping(..), got {early_stopping!r}; write "
            "EarlyStopping(patience=..)"
        )


class Task(NamedTuple):
    """What fit() is to do; its arguments of the same names."""

    model: Module
    loss: Loss
    data: list[Example]
    validation: list[Example]
    metrics: Metrics
    optimizer: Optimizer


class Batches(Protocol):
    """How the examples of a batch become a gradient, and the gradient a step."""

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


def _compiled(task: Task, backend: bool | str) -> Batches:
    try:
        from .compiled import ArrayBatches
    except ImportError as error:
        message = 'fit(compiled=True) needs numpy: pip install "autograd-mini[compile]"'
        raise ImportError(message) from error
    return ArrayBatches(task, None if backend is True else str(backend))


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
