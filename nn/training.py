"""The training loop."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from autograd_mini import AutogradError, Value, first_nonfinite

from .module import Module
from .optimizers import SGD

Example = tuple[Any, Any]


class DivergenceError(AutogradError, ArithmeticError):
    """Training left the finite numbers."""


class Epoch(NamedTuple):
    """What one pass over the examples came to.

    Attributes:
        number: from 1.
        loss: the mean loss of the training examples, each at the moment it was trained on.
        metrics: the means of the metrics over the training examples, likewise.
        validation: the means of the metrics over the validation examples, after the epoch.
    """

    number: int
    loss: float
    metrics: dict[str, float]
    validation: dict[str, float]


class History(NamedTuple):
    """The epochs of a training run.

    Attributes:
        epochs: a list of Epoch.
        interrupted: whether Ctrl-C ended it early. The model holds what it had learned by then.
    """

    epochs: list[Epoch]
    interrupted: bool


def fit(
    model: Module,
    loss: Callable[[Any, Any], Any],
    data: Sequence[Example],
    *,
    optimizer: SGD,
    epochs: int,
    batch_size: int | None = None,
    rng: random.Random | None = None,
    schedule: Callable[[float], float] | None = None,
    metrics: Mapping[str, Callable[[Any, Any], float]] | None = None,
    validation: Sequence[Example] = (),
    progress: Callable[[Epoch], None] | None = None,
) -> History:
    """Train a model on examples, in batches, each epoch in a new order.

    The gradient of a batch is the mean over its examples; each example's graph is freed before the
    next is built.

    Args:
        model: called with an example's x, as model(x).
        loss: called as loss(model(x), y); gives one scalar.
        data: a list of (x, y).
        optimizer: holds the parameters to train.
        epochs: how many passes over the data, at least 1.
        batch_size: examples a step, at least 1; None is all of them.
        rng: orders the examples; None is the random module.
        schedule: from the share of training done, in [0, 1), to a factor of the learning rate,
            such as linear_decay; None keeps the rate.
        metrics: names to functions of (outputs as plain numbers, y) that give a number.
        validation: (x, y) pairs to measure the metrics on after each epoch.
        progress: called after each epoch.

    Returns:
        The History. Ctrl-C ends training early, between two steps, and loses nothing.

    Raises:
        DivergenceError: a loss is nan or infinite; names the first such node, and leaves the
            parameters as they were before that step.
    """
    if not data:
        raise ValueError("fit expected at least one example, got none")
    if epochs < 1 or (batch_size is not None and batch_size < 1):
        raise ValueError(
            f"fit expected epochs and batch_size of at least 1, got {epochs} and {batch_size}"
        )
    metrics = metrics or {}
    rate = optimizer.lr
    order = list(range(len(data)))
    size = batch_size or len(data)
    done: list[Epoch] = []
    try:
        for number in range(1, epochs + 1):
            (rng or random).shuffle(order)
            total = 0.0
            sums = dict.fromkeys(metrics, 0.0)
            for start in range(0, len(order), size):
                batch = [data[i] for i in order[start : start + size]]
                if schedule:
                    share = (number - 1 + start / len(order)) / epochs
                    optimizer.lr = rate * schedule(share)
                optimizer.zero_grad()
                for x, y in batch:
                    outputs, error = _forward(model, loss, x, y, number)
                    error.backward(1 / len(batch))
                    total += error.data
                    for name, metric in metrics.items():
                        sums[name] += metric(_numbers(outputs), y)
                _step(optimizer, number)
            epoch = Epoch(
                number,
                total / len(data),
                {name: s / len(data) for name, s in sums.items()},
                evaluate(model, validation, metrics) if validation else {},
            )
            done.append(epoch)
            if progress:
                progress(epoch)
    except KeyboardInterrupt:
        return History(done, interrupted=True)
    finally:
        optimizer.lr = rate
    return History(done, interrupted=False)


def linear_decay(share: float) -> float:
    """A schedule: the rate falls to 0 along a line."""
    return 1 - share


def evaluate(
    model: Module,
    data: Sequence[Example],
    metrics: Mapping[str, Callable[[Any, Any], float]],
) -> dict[str, float]:
    """The mean of each metric over (x, y) pairs; builds no graph."""
    answers = [(model.predict(x), y) for x, y in data]
    return {
        name: math.fsum(metric(outputs, y) for outputs, y in answers) / len(answers)
        for name, metric in metrics.items()
    }


def accuracy(outputs: Sequence[float], label: int) -> float:
    """1.0 where the largest output is that of the label, else 0.0.

    >>> accuracy([0.1, 2.0, -1.0], 1)
    1.0
    """
    return float(predicted_class(outputs) == label)


def predicted_class(outputs: Sequence[float]) -> int:
    """The index of the largest output, the first of equals."""
    return max(range(len(outputs)), key=lambda k: outputs[k])


def _numbers(outputs: Any) -> Any:
    if isinstance(outputs, (list, tuple)):
        return [_numbers(x) for x in outputs]
    return outputs.data if isinstance(outputs, Value) else outputs


def _forward(
    model: Module, loss: Callable[[Any, Any], Any], x: Any, y: Any, epoch: int
) -> tuple[Any, Value]:
    """(model(x), loss(model(x), y)), checked to be finite."""
    try:
        outputs = model(x)
        error = loss(outputs, y)
    except OverflowError as overflow:
        raise DivergenceError(_diverged(epoch, str(overflow))) from None
    if not isinstance(error, Value):
        raise TypeError(f"the loss has to give one Value, got {type(error).__name__} {error!r}")
    node = first_nonfinite(error) if not math.isfinite(error.data) else None
    if node is not None:
        made_by = f"the result of {node.op}" if str(node.op) else "a parameter or an input"
        label = f" labelled {node.label!r}" if node.label else ""
        reason = f"the first number that is not finite is {made_by}{label} ({node.data})"
        raise DivergenceError(_diverged(epoch, f"the loss is {error.data}; {reason}"))
    return outputs, error


def _step(optimizer: SGD, epoch: int) -> None:
    """The optimizer's step; taken back where a parameter leaves the finite numbers."""
    before = [p.data for p in optimizer.parameters], optimizer.velocity
    try:
        optimizer.step()
        if not all(math.isfinite(p.data) for p in optimizer.parameters):
            raise DivergenceError(_diverged(epoch, "a step makes a parameter infinite or nan"))
    except BaseException:  # Ctrl-C too: a step is taken whole, or not at all
        for p, data in zip(optimizer.parameters, before[0]):
            p.data = data
        optimizer.velocity = before[1]
        raise


def _diverged(epoch: int, reason: str) -> str:
    return f"training diverged in epoch {epoch}: {reason}; try a smaller learning rate"
