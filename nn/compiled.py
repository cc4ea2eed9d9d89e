"""Training on arrays: what fit(compiled=True) does in place of a graph for each example.

An array program, compiled from the scalar code of model and loss, gives the loss of a batch and its
gradient. While an epoch lasts all parameters are one array, and that array is the optimizer's only
parameter, so that the arithmetic it does on numbers moves all of them at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from autograd_mini import AutogradError, Value, compile

from .module import Module
from .optimizers import Optimizer
from .optimizers.base import set_numbers
from .training import Task, diverged, forward, means, take_step

LABELS = 100  # more different targets than this are no labels


class ArrayBatches:
    """A batch at a time, by an array program.

    Args:
        task: what fit() is to do.
        backend: of autograd_mini.compile.
    """

    def __init__(self, task: Task, backend: str) -> None:
        self.task, self.epoch = task, 0
        xs = _stacked([x for x, _ in task.data], "x", "example")
        ys = _stacked([y for _, y in task.data], "y", "example")
        self.inputs = [xs, ys]
        parameters = _Named.of(task.model, task.optimizer.parameters)
        sizes = {"x": xs.shape[1:], "y": ys.shape[1:]}

        def loss(x: Any, y: Any) -> Any:
            return task.loss(task.model(x), y)

        self.program = compile(loss, shapes=sizes, parameters=parameters, backend=backend)
        _check_labels(task, ys)
        self.state = _State(task.optimizer, self.program)
        self.outputs = self.validation = None
        if task.metrics:
            self.outputs = _Outputs(task.model, xs.shape[1:], parameters, backend)
        if task.validation:
            self.held_out = _stacked([x for x, _ in task.validation], "x", "validation example")
            with _evaluating(task.model):
                shape = self.held_out.shape[1:]
                self.validation = _Outputs(task.model, shape, parameters, backend)

    def begin_epoch(self, number: int) -> None:
        self.epoch = number
        self.state.load()

    def backward(self, batch: list[int]) -> tuple[float, list[Any]]:
        self.state.show(self.program)
        xs, ys = (array[batch] for array in self.inputs)
        drawn = self.program.draw(len(batch))
        loss, gradients = self.program.value_and_grad(xs, ys, *drawn)
        if not math.isfinite(loss):
            self.state.sync()
            for i in batch:  # one of them names the node
                forward(self.task, i, self.epoch)
            raise diverged(self.epoch, f"the loss is {loss}")
        self.state.parameter.grad = np.concatenate([np.ravel(g) for g in gradients])
        outputs = self.outputs.of(self.state, xs, drawn) if self.outputs else []
        return loss * len(batch), outputs

    def step(self) -> None:
        if vars(type(self.task.optimizer)).get("elementwise"):
            with np.errstate(all="ignore"):
                take_step(self.task.optimizer, self.epoch)
        else:
            self.state.sync()
            take_step(self.task.optimizer, self.epoch)
            self.state.load()

    def end_epoch(self) -> None:
        self.state.sync()

    def evaluate(self) -> dict[str, float]:
        assert self.validation
        outputs = self.validation.of(self.state, self.held_out, [])
        answers = [(output, y) for output, (_, y) in zip(outputs, self.task.validation)]
        return means(answers, {"loss": self.task.loss, **self.task.metrics})


class ArrayParameter:
    """Parameters as an optimizer sees them: an array for all numbers, and one for the gradient."""

    __slots__ = ("data", "grad")

    def __init__(self, data: Any) -> None:
        self.data, self.grad = data, np.zeros_like(data)


class _State:
    """An optimizer, and the numbers of its parameters: in their Values, or in one array.

    The array holds the parameter arrays of a program, one after another.
    """

    def __init__(self, optimizer: Optimizer, program: Any) -> None:
        self.optimizer, self.values = optimizer, optimizer.parameters
        place = {value: i for i, value in enumerate(self.values)}
        if len(place) < len(self.values):
            raise ValueError("fit(compiled=True) expected each parameter once in the optimizer")
        places = np.concatenate([np.ravel(places) for places in program.places])
        self.order = np.array([place[program.values[i]] for i in places])
        self.where = dict(zip((program.values[i] for i in places), range(len(places))))
        self.parts: dict[Any, list[tuple[str, Any, tuple[int, ...]]]] = {}

    def load(self) -> None:
        """From here on the array is the optimizer's parameter."""
        self.parameter = ArrayParameter(self._array([p.data for p in self.values]))
        memory = self._memory()
        arrays = {k: [self._array(v)] if isinstance(v, list) else v for k, v in memory.items()}
        vars(self.optimizer).update(arrays, parameters=[self.parameter])

    def sync(self) -> None:
        """Write numbers and gradients into the Values, which are the optimizer's again."""
        if self.optimizer.parameters is self.values:
            return
        set_numbers(self.values, self._numbers(self.parameter.data))
        for value, gradient in zip(self.values, self._numbers(self.parameter.grad)):
            value.grad = gradient
        memory = self._memory()
        lists = {k: self._numbers(v[0]) if isinstance(v, list) else v for k, v in memory.items()}
        vars(self.optimizer).update(lists, parameters=self.values)

    def _memory(self) -> dict[str, Any]:
        return {name: getattr(self.optimizer, name) for name in self.optimizer.memory}

    def _array(self, numbers: Sequence[Any]) -> Any:
        return np.array(numbers, dtype=float)[self.order]

    def _numbers(self, array: Any) -> list[float]:
        numbers = np.empty_like(array)
        numbers[self.order] = array
        return numbers.tolist()  # type: ignore[no-any-return]

    def show(self, program: Any) -> None:
        """Give a program the present numbers."""
        if program not in self.parts:
            self.parts[program] = [
                (name, self._part([program.values[i] for i in places.ravel()]), places.shape)
                for name, places in zip(program.parameters, program.places)
            ]
        for name, part, shape in self.parts[program]:
            program.arrays[name] = self.parameter.data[part].reshape(shape)

    def _part(self, values: list[Value]) -> Any:
        """Where these are in the array: a slice, if they lie side by side."""
        index = [self.where[value] for value in values]
        side_by_side = index == list(range(index[0], index[0] + len(index)))
        return slice(index[0], index[0] + len(index)) if side_by_side else np.array(index)


class _Outputs:
    """What a model gives for examples, as plain numbers in the lists that it gives them in."""

    def __init__(self, model: Any, shape: tuple[int, ...], parameters: Any, backend: str) -> None:
        self.form: Any = None

        def scalars(x: Any) -> list[Any]:
            outputs = model(x)
            self.form = _form(outputs)
            return list(_leaves(outputs))

        self.program = compile(scalars, shapes={"x": shape}, parameters=parameters, backend=backend)

    def of(self, state: _State, xs: Any, drawn: list[Any]) -> list[Any]:
        state.show(self.program)
        return [_filled(self.form, iter(row)) for row in self.program.predict(xs, *drawn).tolist()]


def _leaves(outputs: Any) -> Iterator[Any]:
    if isinstance(outputs, (list, tuple)):
        for part in outputs:
            yield from _leaves(part)
    else:
        yield outputs


def _form(outputs: Any) -> Any:
    """How many scalars a list has; or a list of forms; None of a single one."""
    if not isinstance(outputs, (list, tuple)):
        return None
    forms = [_form(part) for part in outputs]
    return len(forms) if all(form is None for form in forms) else forms


def _filled(form: Any, numbers: Iterator[float]) -> Any:
    if form is None:
        return next(numbers)
    if isinstance(form, int):
        return list(islice(numbers, form))
    return [_filled(part, numbers) for part in form]


class _Named(NamedTuple):
    """Parameters with the names they have in a model, as compile() asks for them."""

    names: list[tuple[str, Value]]

    @classmethod
    def of(cls, model: Any, parameters: Sequence[Value]) -> _Named:
        left = dict.fromkeys(parameters)
        named = model.named_parameters(frozen=True) if isinstance(model, Module) else []
        names = [(name, p) for name, p in named if p in left]
        for _, p in names:
            del left[p]
        return cls(names + [(f"others.{i}", p) for i, p in enumerate(left)])

    def named_parameters(self) -> list[tuple[str, Value]]:
        return self.names


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """Evaluation mode meanwhile, and then for each module the mode it was in."""
    modules = [m for _, m in model.named_modules()] if isinstance(model, Module) else []
    modes = [(module, module.training) for module in modules]
    try:
        for module in modules:
            module.training = False
        yield
    finally:
        for module, training in modes:
            module.training = training


def _stacked(parts: Sequence[Any], name: str, what: str) -> Any:
    """The parts of all examples as one array of floats, the first axis that of the examples."""
    arrays = [_floats(part, f"{what} {i}: {name}") for i, part in enumerate(parts)]
    for i, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise ValueError(
                f"fit(compiled=True) expected examples of one shape, and {what} {i}: {name} has "
                f"shape {array.shape} where {what} 0 has {arrays[0].shape}"
            )
    return np.array(arrays)


def _floats(part: Any, what: str) -> Any:
    try:
        array = np.asarray(part)
        if array.dtype.kind in "biufO":
            return array.astype(float)
    except (TypeError, ValueError):
        pass
    raise TypeError(
        f"fit(compiled=True) expected numbers, or nested lists of them as long as each other, and "
        f"{what} is {part!r:.60}"
    )


def _check_labels(task: Task, ys: Any) -> None:
    """Raise what the loss raises for a label that it does not know.

    Of a traced label it cannot tell; so here it is called on each that occurs.
    """
    first = {y.tobytes(): i for i, y in reversed(list(enumerate(ys)))}
    if len(first) > LABELS:
        return
    with _evaluating(task.model), suppress(AutogradError, ArithmeticError):
        outputs = task.model(task.data[0][0])
        for i in sorted(first.values()):
            with suppress(AutogradError, ArithmeticError):  # these are not that example's outputs
                task.loss(outputs, task.data[i][1])
