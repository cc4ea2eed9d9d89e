"""Checks of gradients against numerical differentiation, and against each other."""

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
from .numerics import Numeric, as_float, compare, differentiate, obstacle
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

    The numerical derivative is the complex step, Im f(x + ih) / h (Squire and Trapp 1998), if f
    accepts complex numbers; else extrapolated central differences (Ridders 1982).

    Args:
        f: a function of numbers and nested lists that returns one number.
        inputs: its arguments.
        gradient: a function of the same inputs that returns the gradient: for one input a number,
            list or tuple of the same shape, for several inputs a tuple of these. By default it is
            the gradient of this library.
        order: 2 checks the second derivatives as well, and so on. If `gradient` is given, this
            library differentiates it, so it has to be made of operations on Values.
        rtol: relative tolerance.
        atol: absolute tolerance. The estimated error of the differences is added to both.

    Raises:
        ValueError: the order is less than 1.
        GradientError: a derivative is wrong, or it cannot be checked because a kink or the edge of
            the domain is too near. The message names the input, such as inputs[0][2], both numbers,
            and the step of backprop with the worst local derivative.

    >>> from autograd_mini import sin
    >>> check_gradients(lambda x: sin(x[0]) * x[1], [0.5, 2.0], order=2)
    >>> check_gradients(lambda x: x * x, 3.0, gradient=lambda x: x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    autograd_mini.errors.GradientError: the derivative by inputs[0] = 3.0 is 3.0, ...
    """
    if order < 1:
        raise ValueError(f"check_gradients expected an order of at least 1, got {order}")
    gradient_of = gradient or grad(f, tuple(range(len(inputs))))
    places = _places(inputs)
    analytic = list(map(as_float, flatten(gradient_of(*inputs))))
    if len(analytic) != len(places):
        raise GradientError(
            f"the gradient has {len(analytic)} numbers, but the inputs have {len(places)}"
        )
    for i, (path, x) in enumerate(places):
        along = _along(f, inputs, i)
        numeric, tolerance, agrees = compare(analytic[i], along, x, rtol, atol)
        if agrees:
            continue
        reason = obstacle(along, x)
        if not reason and numeric.error > 1e-3 * max(abs(numeric.derivative), 1.0):
            reason = f"the differences do not converge (best: {numeric.derivative:.6g})"
        if reason:
            raise GradientError(
                f"the derivative by {path} = {x!r}, {analytic[i]}, cannot be checked: {reason}; "
                "choose an input where the function is smooth"
            )
        error = abs(analytic[i] - numeric.derivative)
        worst = "" if gradient else _worst_step(f, inputs)
        raise GradientError(
            f"the derivative by {path} = {x!r} is {analytic[i]}, but numerically "
            f"{numeric.derivative} ({numeric.method}); the error {error:.3g} is above the "
            f"tolerance {tolerance:.3g}{worst}"
        )
    for i in range(len(places) if order > 1 else 0):

        def component(*xs: Any, i: int = i) -> Any:
            return flatten(gradient_of(*xs))[i]

        check_gradients(component, *inputs, order=order - 1, rtol=rtol, atol=atol)


def check_primitive(
    primitive: Primitive,
    *points: Sequence[float],
    order: int = 2,
    samples: int = 30,
    seed: int = 0,
) -> None:
    """Check an operation at points of its domain: its partials, and their derivatives.

    Args:
        primitive: the operation.
        points: operands to check it at. By default they are `samples` random points of its domain,
            away from its kinks.
        order: how many derivatives to check.
        samples: how many points to draw.
        seed: the seed of the random points.

    Raises:
        GradientError: a partial is wrong. The message names the operation, operand and point.

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
        first, second = as_float(a), as_float(b)
        near = abs(first - second) <= atol + rtol * max(abs(first), abs(second))
        if not near and first != second and not (first != first and second != second):
            raise GradientError(
                f"{what} is {first} for the first function, {second} for the second"
            )


def _places(inputs: Any) -> list[tuple[str, float]]:
    """("inputs[0][2]", number) for every number of the inputs."""
    return list(zip(paths(inputs, "inputs"), map(as_float, flatten(inputs))))


def _along(f: Callable[..., Any], inputs: Sequence[Any], index: int) -> Callable[[Any], Any]:
    """f as a function of one number of its inputs."""
    numbers = list(map(as_float, flatten(inputs)))

    def along(t: Any) -> Any:
        moved = [*numbers[:index], t, *numbers[index + 1 :]]
        return f(*unflatten(tuple(inputs), moved))

    return along


def _worst_step(f: Callable[..., Any], inputs: Sequence[Any]) -> str:
    """A sentence about the step whose local derivative is furthest from the numerical one."""
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
    """The local derivative of a step by numerical differentiation."""
    operands = step.node.operands
    numbers = [x.data if isinstance(x, Value) else x for x in operands]
    place = [i for i, x in enumerate(operands) if isinstance(x, Value)][step.edge or 0]

    def along(t: Any) -> Any:
        return step.node.op.apply([*numbers[:place], t, *numbers[place + 1 :]])

    return differentiate(along, float(numbers[place]))
