"""Training on arrays: what fit(compiled=True) does instead of building graphs.

An array program, compiled from the scalar code of model and loss, gives the loss of a batch and its
gradient. During an epoch all parameters are one array. That array is the optimizer's only
parameter, and so a step moves all of them at once.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from numbers import Real
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd_mini import AutogradError, Value, compile
from autograd_mini.nested import flatten, map_nested, unflatten

from .executors import (
    DivergenceError,
    Task,
    diverged,
    explain_step,
    forward,
    in_mode,
    means,
    named_parameters,
    take_step,
)
from .optimizers import Optimizer
from .optimizers.parameters import set_numbers

LABELS = 100  # if there are more different targets than this, they are not labels


class ArrayExecutor:
    """A batch at a time, by an array program of a backend of autograd_mini.compile."""

    def __init__(self, task: Task, backend: str | None) -> None:
        self.task, self.epoch = task, 0
        self.batch: list[int] = []
        xs = _stacked([x for x, _ in task.data], "x", "example")
        ys = _stacked([y for _, y in task.data], "y", "example")
        self.inputs, optimizer = [xs, ys], task.optimizer
        parameters = _named(task.model, optimizer.parameters)
        options: dict[str, Any] = {"parameters": parameters, "backend": backend}

        def loss(x: Any, y: Any) -> Any:
            return task.loss(task.model(x), y)

        program = compile(loss, shapes={"x": xs.shape[1:], "y": ys.shape[1:]}, **options)
        _check_labels(task, ys)
        elementwise = vars(type(optimizer)).get("elementwise", False)
        self.elementwise = elementwise and len(optimizer.param_groups) == 1
        values = [program.values[i] for places in program.places for i in places.ravel()]
        self.state = ArrayState(optimizer, values)
        self.program_now = _on_arrays(program, self.state)
        self.outputs = self.held_out_outputs = None
        if task.metrics:
            self.outputs = _Outputs(task.model, xs, self.state, options)
        if task.validation:
            self.held_out = _stacked([x for x, _ in task.validation], "x", "validation example")
            with in_mode(task.model, training=False):
                self.held_out_outputs = _Outputs(task.model, self.held_out, self.state, options)

    def begin_epoch(self, number: int) -> None:
        self.epoch = number
        self.state.load()

    def backward(self, batch: list[int]) -> tuple[float, list[Any]]:
        self.batch = batch
        xs, ys = (array[batch] for array in self.inputs)
        program = self.program_now()
        drawn = program.draw_inputs(len(batch))
        loss, gradients = program.value_and_grad(xs, ys, *drawn)
        if not math.isfinite(loss):
            self.state.sync()
            for i in batch:  # one of them raises an error that says why
                forward(self.task, i, self.epoch)
            raise diverged(self.epoch, f"the loss is {loss}")
        self.state.parameter.grad = np.concatenate([np.ravel(g) for g in gradients])
        return loss * len(batch), self.outputs.of(xs, *drawn) if self.outputs else []

    def step(self) -> None:
        if not self.elementwise:
            self.state.sync()
        try:
            with np.errstate(all="ignore"):
                take_step(self.task.optimizer, self.epoch)
        except DivergenceError:
            self.state.sync()
            explain_step(self.task, self.batch, self.epoch)
            raise
        if not self.elementwise:
            self.state.load()

    def end_epoch(self) -> None:
        self.state.sync()

    def evaluate(self) -> dict[str, float]:
        task = self.task
        outputs = self.held_out_outputs.of(self.held_out) if self.held_out_outputs else []
        answers = [(output, y) for output, (_, y) in zip(outputs, task.validation)]
        return means(answers, {"loss": task.loss, **task.metrics})


class ArrayState:
    """Moves the numbers of an optimizer's parameters between their Values and an array in `order`.

    load() makes the array the optimizer's only parameter; sync() undoes this.
    """

    def __init__(self, optimizer: Optimizer, order: Sequence[Value]) -> None:
        self.optimizer, self.values = optimizer, optimizer.parameters
        self.place = {value: i for i, value in enumerate(order)}
        self.places = np.array([self.place[value] for value in self.values])
        self.parameter: Any = None

    def load(self) -> None:
        """Move the numbers and gradients into the array."""
        data, grad = [p.data for p in self.values], [p.grad for p in self.values]
        self.parameter = SimpleNamespace(data=self._array(data), grad=self._array(grad))
        self._replace([self.parameter], lambda numbers: [self._array(numbers)])

    def sync(self) -> None:
        """Move them back into the Values; a second call changes nothing."""
        if self.optimizer.parameters is self.values:
            return
        set_numbers(self.values, self._numbers(self.parameter.data))
        for value, gradient in zip(self.values, self._numbers(self.parameter.grad)):
            value.grad = gradient
        self._replace(self.values, lambda arrays: self._numbers(arrays[0]))

    def part(self, values: Sequence[Value]) -> Any:
        """Their indices in the array: a slice if they are adjacent."""
        places = [self.place[value] for value in values]
        start, stop = places[0], places[0] + len(places)
        return slice(start, stop) if places == list(range(start, stop)) else np.array(places)

    def _replace(self, parameters: list[Any], convert: Callable[[list[Any]], list[Any]]) -> None:
        """Give the optimizer these parameters, and convert the lists in its memory."""
        memory = {name: getattr(self.optimizer, name) for name in self.optimizer.memory}
        converted = {k: convert(v) if isinstance(v, list) else v for k, v in memory.items()}
        vars(self.optimizer).update(converted, parameters=parameters)

    def _array(self, numbers: Sequence[Any]) -> Any:
        array = np.empty(len(numbers))
        array[self.places] = numbers
        return array

    def _numbers(self, array: Any) -> list[float]:
        return array[self.places].tolist()  # type: ignore[no-any-return]


def _on_arrays(program: Any, state: ArrayState) -> Callable[[], Any]:
    """A function that returns the program with the present numbers of the state."""
    parts = [
        (name, state.part([program.values[i] for i in places.ravel()]), places.shape)
        for name, places in zip(program.parameters, program.places)
    ]

    def program_now() -> Any:
        numbers = state.parameter.data
        for name, part, shape in parts:
            program.arrays[name] = numbers[part].reshape(shape)
        return program

    return program_now


class _Outputs:
    """A model's outputs for examples, as plain numbers in lists shaped like the model's."""

    def __init__(self, model: Any, xs: Any, state: ArrayState, options: dict[str, Any]) -> None:
        self.shape: Any = None

        def scalars(x: Any) -> list[Any]:
            outputs = model(x)
            self.shape = map_nested(lambda _: None, outputs)
            return flatten(outputs)

        program = compile(scalars, shapes={"x": xs.shape[1:]}, **options)
        self.program_now = _on_arrays(program, state)

    def of(self, *inputs: Any) -> list[Any]:
        rows = self.program_now().predict(*inputs).tolist()
        flat = isinstance(self.shape, list) and all(part is None for part in self.shape)
        return rows if flat else [unflatten(self.shape, row) for row in rows]


def _named(model: Any, parameters: Sequence[Value]) -> Any:
    """The parameters with their names in the model, in the form that compile() takes."""
    trained, known = dict.fromkeys(parameters), {p: name for name, p in named_parameters(model)}
    names = [(name, p) for p, name in known.items() if p in trained]
    others = [p for p in trained if p not in known]
    names += [(f"others.{i}", p) for i, p in enumerate(others)]
    return SimpleNamespace(named_parameters=lambda: names)


def _stacked(parts: Sequence[Any], name: str, what: str) -> Any:
    """The parts of all examples as one array of floats, the first axis that of the examples."""
    arrays: list[Any] = []
    for i, part in enumerate(parts):
        try:
            array = np.asarray(part)
            if array.dtype.kind not in "biuf" and not all(isinstance(x, Real) for x in array.flat):
                raise TypeError
            arrays.append(array.astype(float))
        except (TypeError, ValueError):
            raise TypeError(
                "fit(compiled=True) expected numbers, or nested lists of them as long as each "
                f"other, and {what} {i}: {name} is {part!r:.60}"
            ) from None
        if arrays[i].shape != arrays[0].shape:
            raise ValueError(
                f"fit(compiled=True) expected examples of one shape, and {what} {i}: {name} has "
                f"shape {arrays[i].shape}, but {what} 0 has {arrays[0].shape}"
            )
    return np.array(arrays)


def _check_labels(task: Task, ys: Any) -> None:
    """Raise the loss's own error for a wrong label, by a call for each label that occurs: a traced
    label has no number to check."""
    first = {y.tobytes(): i for i, y in reversed(list(enumerate(ys)))}
    if len(first) > LABELS:
        return
    with in_mode(task.model, training=False), suppress(AutogradError, ArithmeticError):
        outputs = task.model(task.data[0][0])
        for i in sorted(first.values()):
            with suppress(AutogradError, ArithmeticError):  # these are not that example's outputs
                task.loss(outputs, task.data[i][1])
