"""Checks of gradients against numerical differentiation, and of one against another."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import GradientError
from ..nested import flatten, paths, unflatten
from ..rules import Primitive
from ..steps import Step, backprop_steps
from ..transforms import grad, value_and_grad
from ..value import Value
from .numerics import Numeric, compare, differentiate, obstacle
from .points import sample_operands


def check_gradients(
    f: Callable[..., Any],
    *inputs: Any,
    gradient: Callable[..., Any] | None = None,
    order: int = 1,
    rtol: float = 1e-7,
    atol: float = 1e-9,
) -> None:
    """Check the gradient of a function at a point against numerical differentiation.

    The numerical side is the complex step, Im f(x + ih) / h (Squire and Trapp 1998), where f can
    be run on complex numbers; else central differences, extrapolated (Ridders 1982).

    Args:
        f: a function of numbers and nested lists that returns one number.
        inputs: its arguments.
        gradient: a function of the same inputs that gives its gradient: one number, list or tuple
            shaped as they are, a tuple of such for several inputs. By default that of this library.
        order: 2 checks the second derivatives as well, and so on. With `gradient`, those that
            this library gets by differentiating it: it has to be made of operations on Values.
        rtol: relative tolerance.
        atol: absolute tolerance. To both comes what the differences cannot tell.

    Raises:
        GradientError: a derivative is wrong, or cannot be checked since a kink or the edge of the
            domain is too near. It names the input, as in inputs[0][2], both numbers, and the step
            of backprop whose local derivative is the worst.

    >>> from autograd_mini import sin
    >>> check_gradients(lambda x: sin(x[0]) * x[1], [0.5, 2.0], order=2)
    >>> check_gradients(lambda x: x * x, 3.0, gradient=lambda x: x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    autograd_mini.errors.GradientError: the derivative by inputs[0] = 3.0 is 3.0, ...
    """
    if order < 1:
        raise ValueError(f"check_gradients expected an order of at least 1, got {order}")
    places = _places(inputs)
    analytic = _gradient(f, inputs, gradient, len(places))
    for i, (path, x) in enumerate(places):
        along = _along(f, inputs, i)
        numeric, tolerance, agrees = compare(analytic[i], along, x, rtol, atol)
        if not agrees:
            error = abs(analytic[i] - numeric.derivative)
            settled = numeric.error <= 1e-3 * max(abs(numeric.derivative), 1.0)
            where = f"{path} = {x!r}"
            reason = obstacle(along, x)
            if not settled and not reason:
                reason = f"the differences do not settle (on {numeric.derivative:.6g} at best)"
            if reason:
                raise GradientError(
                    f"the derivative by {where}, {analytic[i]}, cannot be checked: {reason}; "
                    "move the input to where the function is smooth"
                )
            worst = "" if gradient else _worst_step(f, inputs)
            raise GradientError(
                f"the derivative by {where} is {analytic[i]}, but numerically "
                f"{numeric.derivative} ({numeric.method}); the error {error:.3g} is above the "
                f"tolerance {tolerance:.3g}{worst}"
            )
    if order > 1:
        for i in range(len(places)):
            component = _component(f, inputs, gradient, i, len(places))
            check_gradients(component, *inputs, order=order - 1, rtol=rtol, atol=atol)


def check_primitive(
    primitive: Primitive,
    *points: Sequence[float],
    order: int = 2,
    samples: int = 30,
    seed: int = 0,
) -> None:
    """Check an operation's rule at points of its domain: its partials, and theirs.

    Args:
        primitive: the operation.
        points: operands to check it at; by default `samples` of them, drawn from its domain and
            away from its kinks.
        order: how many derivatives to check.
        samples: how many points to draw.
        seed: decides which.

    Raises:
        GradientError: a partial is wrong; names the operation, the operand and the point.

    >>> from autograd_mini import tanh
    >>> check_primitive(tanh)
    """
    rng = random.Random(seed)
    drawn = points or [sample_operands(primitive, rng) for _ in range(samples)]
    try:
        for point in drawn:
            check_gradients(lambda *xs: primitive.apply(xs), *point, order=order)
    except GradientError as error:
        raise GradientError(f"{primitive.name} at {tuple(point)}: {error}") from None


def assert_same_gradients(
    f: Callable[..., Any],
    g: Callable[..., Any],
    *inputs: Any,
    rtol: float = 1e-12,
    atol: float = 1e-12,
) -> None:
    """Assert that two functions have the same value and gradient at a point.

    >>> from autograd_mini import sigmoid, tanh
    >>> assert_same_gradients(tanh, lambda x: 2 * sigmoid(2 * x) - 1, 0.3)
    """
    everything = tuple(range(len(inputs)))
    (y, dy), (z, dz) = (value_and_grad(h, everything)(*inputs) for h in (f, g))
    pairs = [("the value", y, z)]
    for (path, x), a, b in zip(_places(inputs), flatten(dy), flatten(dz)):
        pairs.append((f"the derivative by {path} = {x!r}", a, b))
    for what, a, b in pairs:
        first, second = _number(a), _number(b)
        near = abs(first - second) <= atol + rtol * max(abs(first), abs(second))
        if not near and first != second and not (first != first and second != second):
            raise GradientError(
                f"{what} is {first} for the first function, {second} for the second"
            )


def _gradient(
    f: Callable[..., Any], inputs: Sequence[Any], gradient: Callable[..., Any] | None, count: int
) -> list[float]:
    found = (gradient or grad(f, tuple(range(len(inputs)))))(*inputs)
    numbers = list(map(_number, flatten(found)))
    if len(numbers) != count:
        raise GradientError(f"the gradient has {len(numbers)} numbers, but the inputs have {count}")
    return numbers


def _component(
    f: Callable[..., Any],
    inputs: Sequence[Any],
    gradient: Callable[..., Any] | None,
    index: int,
    count: int,
) -> Callable[..., Any]:
    """The index-th number of the gradient, as a function of the inputs."""

    def component(*xs: Any) -> Any:
        found = (gradient or grad(f, tuple(range(len(inputs)))))(*xs)
        return list(flatten(found))[index]

    return component


def _number(x: Any) -> float:
    return float(x.data if isinstance(x, Value) else x)


def _places(inputs: Any) -> list[tuple[str, float]]:
    """("inputs[0][2]", number) for every number of the inputs."""
    return list(zip(paths(inputs, "inputs"), map(_number, flatten(inputs))))


def _along(f: Callable[..., Any], inputs: Sequence[Any], index: int) -> Callable[[Any], Any]:
    """f as a function of the index-th number of its inputs alone."""
    numbers = list(map(_number, flatten(inputs)))

    def along(t: Any) -> Any:
        moved = [*numbers[:index], t, *numbers[index + 1 :]]
        return f(*unflatten(tuple(inputs), moved))

    return along


def _worst_step(f: Callable[..., Any], inputs: Sequence[Any]) -> str:
    """The step of backprop whose local derivative is furthest from the numerical one, in words."""
    leaves = [Value(x, path) for path, x in _places(inputs)]
    root = f(*unflatten(tuple(inputs), leaves))
    if not isinstance(root, Value):
        return ""
    worst: tuple[float, Step, float] | None = None
    for step in backprop_steps(root)[1:10_000]:
        numeric = _local(step)
        error = abs(numeric.derivative - step.local) / max(abs(numeric.derivative), 1.0)
        if error > 1e-6 + numeric.error and (worst is None or error > worst[0]):
            worst = (error, step, numeric.derivative)
    if worst is None:
        return ""
    _, step, right = worst
    return f"; the worst step is {step.text}, where {step.local} should be {right:.9g}"


def _local(step: Step) -> Numeric:
    """The local derivative of a step, found numerically."""
    operands = step.node.operands
    numbers = [x.data if isinstance(x, Value) else x for x in operands]
    place = [i for i, x in enumerate(operands) if isinstance(x, Value)][step.edge or 0]

    def along(t: Any) -> Any:
        return step.node.op.apply([*numbers[:place], t, *numbers[place + 1 :]])

    return differentiate(along, float(numbers[place]))
