"""The training loop."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from .batches import (
    Batches,
    DivergenceError,
    Example,
    Loss,
    Metrics,
    ScalarBatches,
    Task,
    evaluate,
)
from .early_stopping import EarlyStopping, Watch
from .module import Module
from .optimizers import Optimizer
from .optimizers.clipping import clip
from .progress import ProgressBar
from .randomness import source
from .schedules import FACTORIES, Schedule

__all__ = ["DivergenceError", "Epoch", "Example", "History", "evaluate", "fit"]


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


def _compiled(task: Task, backend: bool | str) -> Batches:
    try:
        from .compiled import ArrayBatches
    except ImportError as error:
        message = 'fit(compiled=True) needs numpy: pip install "autograd-mini[compile]"'
        raise ImportError(message) from error
    return ArrayBatches(task, None if backend is True else str(backend))
