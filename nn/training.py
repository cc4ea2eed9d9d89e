"""The training loop."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from autograd_mini import topological_order

from . import executors
from .checks import check_rng, check_size
from .early_stopping import EarlyStopper, EarlyStopping
from .executors import DivergenceError, Example, Loss, Metrics, ScalarExecutor, Task, evaluate
from .history import Epoch, History
from .module import Module
from .optimizers import Optimizer
from .optimizers.clipping import clip
from .progress import progress_bar
from .schedules import FACTORIES, Schedule, factor_at

if TYPE_CHECKING:
    from .compiled import ArrayExecutor

    Executor = ScalarExecutor | ArrayExecutor

__all__ = ["DivergenceError", "Epoch", "Example", "History", "evaluate", "fit"]


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
    next is built. The model is in training mode during training, and afterwards as it was.

    Args:
        model, loss: called as loss(model(x), y), which returns one scalar.
        data: (x, y) pairs, at least one.
        optimizer: of the parameters to train.
        epochs: how many passes over the data, at least 1.
        batch_size: examples a step, at least 1; None is all of them.
        rng: orders the examples; None is the random module.
        schedule: a function from the fraction of training done, in [0, 1), to a factor of the
            learning rates, such as schedules.linear_decay.
        max_gradient_norm: longer gradients are scaled down to this length.
        metrics: a dict from names, other than "loss", to functions of (outputs as plain numbers, y)
            that return a number.
        validation: (x, y) pairs to measure the loss and the metrics on after each epoch.
        early_stopping: ends training when the validation loss, or a metric, stops improving. Then,
            or after the last epoch, the model goes back to its best epoch.
        callbacks: functions called with each Epoch when it is over.
        progress: True shows a progress bar (by tqdm) in a terminal or a notebook; or a function
            called like a callback.
        compiled: True, or a backend of autograd_mini.compile such as "jax": array programs, made
            once from model and loss, take a batch at a time. The results are the same to rounding,
            many times faster. Examples have to be numbers or nested lists of them, all of one
            shape; parameters that the optimizer does not have are constants, and so is any other
            number that the loss reads, such as one that a callback changes. Model and optimizer are
            updated after each epoch, and when training ends, however it does. Metrics of the
            training examples cost one more forward pass.

    Returns:
        The History. Ctrl-C ends training early, between two steps; the model then has what it
        learned in the steps before.

    Raises:
        DivergenceError: a loss is nan or infinite; names the first such node, and leaves the
            parameters as they were before that step.
        TypeError, ValueError: an argument is of the wrong type, or does not fit the others.
        TraceError: model or loss cannot be compiled; names the line to change.
        ImportError: numpy (for compiled) or tqdm (for progress=True) is not installed.

    >>> from nn import Linear, losses, optimizers
    >>> line = Linear(1, 1)
    >>> data = [([x], [2 * x + 1]) for x in (-1.0, 0.0, 1.0)]
    >>> sgd = optimizers.SGD(line.parameters(), lr=0.3)
    >>> history = fit(line, losses.mean_squared_error, data, optimizer=sgd, epochs=100)
    >>> [round(y, 6) for y in line.predict([3.0])]
    [7.0]
    """
    examples = _pairs(data, "data")
    task = Task(
        model,
        loss,
        examples,
        _pairs(validation, "validation"),
        metrics or {},
        optimizer,
        check_size(epochs, "fit epochs"),
        len(examples) if batch_size is None else check_size(batch_size, "fit batch_size"),
        check_rng(rng),
        schedule,
        max_gradient_norm,
    )
    _check(task, early_stopping, callbacks)
    stopper = early_stopping and EarlyStopper(early_stopping, task.metrics, optimizer.parameters)
    listener = progress if callable(progress) else None
    bar: Any = progress_bar(task.epochs) if progress is True else nullcontext(listener)
    done: list[Epoch] = []
    with bar as show, _executor(task, compiled) as executor:
        try:
            for epoch in _epochs(task, executor):
                done.append(epoch)
                for function in [*callbacks, show] if show else callbacks:
                    function(epoch)
                if stopper and stopper.stop(epoch.validation):
                    break
            if stopper:
                stopper.restore()
        except KeyboardInterrupt:
            return History(done, interrupted=True)
    return History(done, stopped_early=len(done) < task.epochs)


@contextmanager
def _executor(task: Task, compiled: bool | str) -> Iterator[Executor]:
    """An executor, with the model in training mode; its mode and the learning rates go back."""
    groups = task.optimizer.param_groups
    lrs = [group["lr"] for group in groups]
    evaluating = isinstance(task.model, Module) and not task.model.training
    with executors.in_mode(task.model, training=True) if evaluating else nullcontext():
        executor: Executor = ScalarExecutor(task)
        if compiled:
            try:
                from .compiled import ArrayExecutor
            except ImportError as error:
                message = 'fit(compiled=True) needs numpy: pip install "autograd-mini[compile]"'
                raise ImportError(message) from error
            executor = ArrayExecutor(task, None if compiled is True else compiled)
        try:
            yield executor
        finally:
            executor.end_epoch()
            for group, lr in zip(groups, lrs):
                group["lr"] = lr


def _epochs(task: Task, executor: Executor) -> Iterator[Epoch]:
    groups, count = task.optimizer.param_groups, len(task.data)
    lrs = [group["lr"] for group in groups]
    for number in range(1, task.epochs + 1):
        order = list(range(count))  # from the rng alone, so that training can be resumed
        task.rng.shuffle(order)
        total = 0.0
        sums = dict.fromkeys(task.metrics, 0.0)
        executor.begin_epoch(number)
        for start in range(0, count, task.batch_size):
            batch = order[start : start + task.batch_size]
            if task.schedule:
                factor = factor_at(task.schedule, (number - 1 + start / count) / task.epochs)
                for group, lr in zip(groups, lrs):
                    group["lr"] = lr * factor
            error, outputs = executor.backward(batch)
            total += error
            for i, output in zip(batch, outputs):
                for name, metric in task.metrics.items():
                    sums[name] += metric(output, task.data[i][1])
            if task.max_gradient_norm is not None:
                clip(task.optimizer.parameters, task.max_gradient_norm)
            executor.step()
        executor.end_epoch()
        means = {name: s / count for name, s in sums.items()}
        yield Epoch(number, total / count, means, executor.evaluate() if task.validation else {})


def _pairs(examples: Any, name: str) -> list[Example]:
    _expect(hasattr(examples, "__iter__"), f"{name} as a list of (x, y) pairs", examples)
    pairs: list[Example] = []
    for example in examples:
        try:
            x, y = example
        except (TypeError, ValueError):
            raise TypeError(
                f"fit expected {name} as (x, y) pairs, and example {len(pairs)} is "
                f"{example!r:.60}; zip(rows, labels) makes pairs"
            ) from None
        pairs.append((x, y))
    return pairs


def _check(task: Task, early_stopping: Any, callbacks: Any) -> None:
    """Raise an error before training for what would go wrong later."""
    optimizer, metrics, schedule = task.optimizer, task.metrics, task.schedule
    name = type(optimizer).__name__
    _expect(callable(task.loss), "a loss that is a function of (outputs, y)", task.loss)
    _expect(isinstance(optimizer, Optimizer), "optimizer=SGD(model.parameters(), ..)", optimizer)
    functions = list(metrics.values()) if isinstance(metrics, Mapping) else [None]
    _expect(all(map(callable, functions)), 'metrics={"name": function, ..}', metrics)
    _expect(schedule is None or callable(schedule), "schedule=linear_decay or the like", schedule)
    _expect(not callable(callbacks), "callbacks=[function, ..]", callbacks)
    stopping = isinstance(early_stopping, EarlyStopping | None)
    _expect(stopping, "early_stopping=EarlyStopping(patience=..)", early_stopping)
    if not task.data:
        raise ValueError("fit expected at least one example, got none")
    if not optimizer.follows_gradients:
        raise TypeError(
            f"fit calls optimizer.step() without arguments, and {name}.step needs some; write the "
            "training loop yourself, as in its docstring"
        )
    if schedule in FACTORIES:
        factory = schedule.__name__
        raise TypeError(f"{factory} makes a schedule; write schedule={factory}(..)")
    if "loss" in metrics:
        raise ValueError('"loss" is the name of the loss itself; give the metric another name')
    if early_stopping and not task.validation:
        raise ValueError("early stopping needs examples to measure on; give fit validation=")
    trained = set(optimizer.parameters)
    owned = [p for _, p in executors.named_parameters(task.model)]
    if isinstance(task.model, Module) and trained.isdisjoint(owned):
        _, error = executors.forward(task, 0, epoch=1)
        if trained.isdisjoint(topological_order(error)):  # nor the loss's own
            remedy = f"write {name}(model.parameters(), ..)"
            raise ValueError(f"the optimizer's parameters are not the model's; {remedy}")


def _expect(right: bool, expected: str, given: Any) -> None:
    if not right:
        raise TypeError(f"fit expected {expected}, got {given!r:.60}")
