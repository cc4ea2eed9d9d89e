"""Functions in, derivative functions out: grad, jacobian, hessian, jvp, vjp, hvp, as in JAX.

They take functions of numbers and nested lists of numbers, and they nest: grad(grad(f)) is the
second derivative. Numbers come out where numbers went in. Where an argument is itself a Value, or f
uses a Value from outside, what comes out depends on it, and so comes out as Values.
"""

from __future__ import annotations

from .backprop import (
    _product,
    dependents,
    gradients,
    partial_values,
    sweep_values,
    topological_order,
)
from .primitives import LEAF
from .value import Value, _real_operand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any


# -- nested lists -------------------------------------------------------------------------------


def _map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """f on every number of a nested list (or tuple), and on those at its place in the others."""
    if isinstance(tree, (list, tuple)):
        for other in others:
            if not isinstance(other, (list, tuple)) or len(other) != len(tree):
                raise ValueError(f"expected lists of one shape, got {tree!r} and {other!r}")
        mapped = [_map(f, *parts) for parts in zip(tree, *others)]
        return mapped if isinstance(tree, list) else tuple(mapped)
    return f(tree, *others)


def _flat(tree: Any) -> Iterator[Any]:
    """Every number of a nested list, in order."""
    if isinstance(tree, (list, tuple)):
        for part in tree:
            yield from _flat(part)
    else:
        yield tree


def _as_lists(x: Any) -> Any:
    """An array as nested lists; all else as it is."""
    return x.tolist() if getattr(x, "ndim", 0) else x


def _variable(x: Any) -> Value:
    """A node of its own to differentiate by. On a Value it is x + 0, so that f(x) and another use
    of x outside stay apart."""
    if isinstance(x, Value):
        return x + 0
    return Value(x)


# -- running f ----------------------------------------------------------------------------------


class _Run:
    """f called once on fresh variables in place of some arguments."""

    def __init__(
        self, f: Callable[..., Any], args: Sequence[Any], argnums: Iterable[int], name: str
    ) -> None:
        arguments = [_as_lists(x) for x in args]
        for i in argnums:
            if not -len(arguments) <= i < len(arguments):
                raise ValueError(
                    f"{name} by argument {i} of {_name(f)}, which was called with "
                    f"{len(arguments)} positional arguments"
                )
            arguments[i] = _map(_variable, arguments[i])
        self.wrt = [arguments[i] for i in argnums]
        self.variables = list(_flat(self.wrt))
        self.output = f(*arguments)
        self.roots = [x if isinstance(x, Value) else _constant(x, f) for x in _flat(self.output)]
        # do the answers depend on Values from outside? Then they are Values themselves.
        self.nested = any(x.op is not LEAF for x in self.variables) or any(
            _leads_outside(root, set(self.variables)) for root in self.roots
        )

    def scalar(self, f: Callable[..., Any], name: str) -> Value:
        if isinstance(self.output, (list, tuple)):
            raise TypeError(
                f"{name} expected {_name(f)} to return one number, got a list; use jacobian"
            )
        return self.roots[0]

    def gradients(self, root: Value) -> list[Any]:
        return _gradients(root, self.variables, self.nested)

    def out(self, node: Value) -> Any:
        return node if self.nested else node.data


def _gradients(root: Value, variables: Sequence[Value], nested: bool) -> list[Any]:
    if not nested:
        return gradients(root, variables)
    found = sweep_values(root, variables)
    return [found.get(x, 0.0) for x in variables]


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _constant(x: Any, f: Callable[..., Any]) -> Value:
    try:
        return Value(_real_operand(x))
    except TypeError as error:
        raise TypeError(f"{_name(f)} returned what is no scalar: {error}") from None


def _leads_outside(root: Value, variables: set[Value]) -> bool:
    """Whether the root depends on a leaf that is none of the variables."""
    seen = set(variables)
    stack = list(root.parents)
    while stack:
        node = stack.pop()
        if node not in seen:
            if node.op is LEAF:
                return True
            seen.add(node)
            stack.extend(node.parents)
    return False


def _unflat(shape: Any, flat: Iterable[Any]) -> Any:
    numbers = iter(flat)
    return _map(lambda _: next(numbers), shape)


# -- reverse mode -------------------------------------------------------------------------------


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0
) -> Callable[..., tuple[Any, Any]]:
    """A function that gives (f(*args), its gradient), from one forward and one backward pass.

    Args:
        f: a function of numbers and nested lists of numbers that returns one number.
        argnums: which argument to differentiate by, or several.

    Returns:
        A function of the same arguments. The gradient has the shape of the argument; with several
        argnums it is a tuple of such.

    Raises:
        TypeError: f returns no single number.

    >>> value_and_grad(lambda x, y: x * y)(3.0, 4.0)
    (12.0, 4.0)
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def value_and_gradient(*args: Any, **keywords: Any) -> tuple[Any, Any]:
        run = _Run(_with(f, keywords), args, numbers, "grad")
        root = run.scalar(f, "grad")
        parts = _unflat(run.wrt, run.gradients(root))
        return run.out(root), parts[0] if isinstance(argnums, int) else tuple(parts)

    return value_and_gradient


def _with(f: Callable[..., Any], keywords: dict[str, Any]) -> Callable[..., Any]:
    """f with its keyword arguments filled in, which are not differentiated by."""
    if not keywords:
        return f

    def filled(*args: Any) -> Any:
        return f(*args, **keywords)

    filled.__name__ = _name(f)
    return filled


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The gradient function of f; see value_and_grad.

    >>> from autograd_mini import sin
    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda w: w[0] * w[1])([2.0, 5.0])
    [5.0, 2.0]
    """

    def gradient(*args: Any, **keywords: Any) -> Any:
        return value_and_grad(f, argnums)(*args, **keywords)[1]

    return gradient


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """(f(*primals), back): back(cotangent) is the vector-Jacobian product, v' J.

    Args:
        f: a function of numbers and nested lists, returning a number or nested list.
        primals: where to differentiate.

    Returns:
        The output, and a function from a cotangent of the output's shape to a tuple with, for each
        primal, the gradient of sum(cotangent * output), in the primal's shape.

    >>> y, back = vjp(lambda x: [x[0] * x[1], x[0]], [2.0, 3.0])
    >>> y, back([1.0, 10.0])
    ([6.0, 2.0], ([13.0, 2.0],))
    """
    run = _Run(f, primals, range(len(primals)), "vjp")

    def back(cotangent: Any) -> tuple[Any, ...]:
        weights = list(_flat(_map(lambda _, v: v, run.output, _as_lists(cotangent))))
        total = sum((_product(root, v) for root, v in zip(run.roots, weights)), Value(0))
        nested = run.nested or any(isinstance(v, Value) for v in weights)
        return tuple(_unflat(run.wrt, _gradients(total, run.variables, nested)))

    return _unflat(run.output, map(run.out, run.roots)), back


def jacobian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The Jacobian function of f, one backward pass for each output.

    Args:
        f: a function of numbers and nested lists, returning a number or nested list.
        argnums: which argument to differentiate by.

    Returns:
        A function of the same arguments that gives a nested list: in the shape of f's output, and
        in place of each number the gradient of that output, in the shape of the argument.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    def jacobian_of(*args: Any, **keywords: Any) -> Any:
        run = _Run(_with(f, keywords), args, (argnums,), "jacobian")
        rows = (_unflat(run.wrt[0], run.gradients(root)) for root in run.roots)
        return _unflat(run.output, rows)

    return jacobian_of


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """The matrix of second derivatives of f: the Jacobian of its gradient.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums)


# -- forward mode -------------------------------------------------------------------------------


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(f(*primals), the Jacobian-vector product J t), in forward mode.

    Every node's tangent is the sum over its parents of partial * tangent, from leaves to root.

    Args:
        f: a function of numbers and nested lists, returning a number or nested list.
        primals: a list of its arguments.
        tangents: a list of directions, each in the shape of its primal.

    Returns:
        The output, and its directional derivative in the same shape.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.5))
    (12.0, 5.5)
    """
    if len(primals) != len(tangents):
        raise ValueError(
            f"jvp expected as many tangents as primals, got {len(tangents)} for {len(primals)}"
        )
    run = _Run(f, primals, range(len(primals)), "jvp")
    directions = list(
        _flat([_map(lambda _, t: t, p, _as_lists(t)) for p, t in zip(run.wrt, tangents)])
    )
    nested = run.nested or any(isinstance(t, Value) for t in directions)
    tangent: dict[Value, Any] = dict(zip(run.variables, directions))
    for root in run.roots:
        order = topological_order(root)
        moving = dependents(order, set(tangent))
        for node in order:
            if node in moving and node not in tangent:
                tangent[node] = _tangent(node, tangent, nested)
    out = [tangent.get(root, 0.0) for root in run.roots]
    return _unflat(run.output, map(run.out, run.roots)), _unflat(run.output, out)


def _tangent(node: Value, tangent: dict[Value, Any], nested: bool) -> Any:
    """The sum over parents of partial * tangent."""
    moving = [(i, x) for i, x in enumerate(node.parents) if x in tangent]
    if nested:
        places = [i for i, x in enumerate(node.operands) if isinstance(x, Value)]
        partials = partial_values(node, [places[i] for i, _ in moving])
    else:
        partials = [node.partials[i] for i, _ in moving]
    terms = [_product(d, tangent[x]) for d, (_, x) in zip(partials, moving)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian of f times a vector, forward over reverse, without the Hessian.

    Args:
        f: a function that returns one number.
        primals: a list of its arguments.
        tangents: a list of directions, each in the shape of its primal.

    Returns:
        H t: in the shape of the primal if there is one, else a tuple of such.

    >>> hvp(lambda x: x[0] ** 2 * x[1], ([3.0, 5.0],), ([1.0, 0.0],))
    [10.0, 6.0]
    """
    if len(primals) == 1:
        return jvp(grad(f), primals, tangents)[1]
    return jvp(grad(f, tuple(range(len(primals)))), primals, tangents)[1]
