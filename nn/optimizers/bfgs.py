"""BFGS: a quasi-Newton method, by scipy, with this library's gradients."""

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from autograd_mini import DomainError, Value, gradients

from .parameters import set_numbers, trainable


class BFGSResult(NamedTuple):
    """The result of a minimisation.

    Attributes:
        loss: the smallest loss, at the parameters' present data.
        steps: how many steps it took.
        converged: whether the largest entry of the gradient is within the tolerance.
        message: scipy's message on why it stopped.
    """

    loss: float
    steps: int
    converged: bool
    message: str


def bfgs(
    parameters: Iterable[Value],
    loss: Callable[[], Value],
    *,
    tolerance: float = 1e-8,
    max_steps: int = 1000,
) -> BFGSResult:
    """Minimise a loss over all its parameters at once, by Broyden, Fletcher, Goldfarb and Shanno.

    For smooth losses of all data, with up to some hundred parameters: it estimates the inverse
    Hessian from the gradients (Nocedal, Wright, Numerical Optimization, chapter 6).

    Args:
        parameters: the Values to train.
        loss: called without arguments; computes the loss from their present data.
        tolerance: the largest entry of the gradient at which it stops.
        max_steps: the largest number of steps.

    Returns:
        A BFGSResult; the parameters are at the best point found.

    Raises:
        ImportError: scipy is not installed.

    If the loss is not defined or overflows at a trial point (a DomainError, ZeroDivisionError or
    OverflowError), it counts as infinite, and the line search goes back. Any other error, one at
    the start, or Ctrl-C is raised, with the parameters at the last accepted point.

    >>> x, y = Value(-1.0), Value(2.0)
    >>> result = bfgs([x, y], lambda: (1 - x) ** 2 + 100 * (y - x * x) ** 2)  # Rosenbrock
    >>> result.converged, round(x.data, 6), round(y.data, 6)
    (True, 1.0, 1.0)
    """
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        raise ImportError('bfgs needs scipy: pip install "autograd-mini[optimize]"') from error
    values = trainable(parameters, "bfgs")
    start = [p.data for p in values]
    best = list(start)

    def loss_and_gradient(numbers: Any) -> tuple[float, list[float]]:
        set_numbers(values, numbers.tolist())
        try:
            found = loss()
            slopes = gradients(found, values)
        except (DomainError, ZeroDivisionError, OverflowError):
            if numbers.tolist() == start:
                raise
            return math.inf, [0.0] * len(values)
        return found.data, slopes

    def accept(numbers: Any) -> None:
        best[:] = numbers.tolist()

    options = {"gtol": tolerance, "maxiter": max_steps}
    try:
        found = minimize(
            loss_and_gradient, start, jac=True, method="BFGS", callback=accept, options=options
        )
        accept(found.x)
    finally:  # not at the last trial point
        set_numbers(values, best)
    return BFGSResult(float(found.fun), int(found.nit), bool(found.success), str(found.message))
