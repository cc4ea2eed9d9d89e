"""Functions in, derivative functions out: grad, jacobian, hessian, jvp, vjp, hvp, as in JAX.

They take functions of numbers and nested lists of numbers, and they nest: grad(grad(f)) is the
second derivative. Numbers come out where numbers went in. Where an argument is itself a Value, or f
uses a Value from outside, what comes out depends on it, and so comes out as Values.
"""

from __future__ import annotations

from .backprop import _product, dependents, gradients, partial_values, sweep_values
from .graph import substitute, topological_order
from .nested import flatten, map_nested, unflatten
from .primitives import where
from .scalars import plain
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any


# -- running f ----------------------------------------------------------------------------------


class _Run:
    """f called once, on variables of its own in place of some arguments.

    Attributes:
        wrt: those arguments, in their shapes, of variables.
        variables: the same in one list.
        output: what f returned.
        roots: its numbers in one list, Values or plain.
        outside: a Value from outside that a root depends on, None if there is none. With one,
            derivatives have to be differentiable themselves.
    """

    def __init__(
        self, f: Callable[..., Any], args: Sequence[Any], argnums: Iterable[int], name: str
    ) -> None:
        arguments, places = list(args), []
        for i in argnums:
            if not -len(arguments) <= i < len(arguments):
                raise ValueError(
                    f"{name} by argument {i} of {_name(f)}, which was called with "
                    f"{len(arguments)} positional arguments"
                )
            places.append(i % len(arguments))
        for i in set(places):
            arguments[i] = map_nested(_variable, arguments[i])
        self.wrt = [arguments[i] for i in places]
        self.variables: list[Value] = list(
            flatten(self.wrt)
        )  # with repeats, where argnums has some
        self.output = f(*arguments)
        self.roots = [_scalar(x, f) for x in flatten(self.output)]
        own = set(self.variables)
        self.outside: Value | None = None
        self.depends_on(x for x in self.variables if not x.is_leaf)
        self.depends_on(_leaf_outside(root, own) for root in self.roots)

    def depends_on(self, scalars: Iterable[Any]) -> None:
        """Take note of a Value from outside, if there is one among these."""
        for x in scalars:
            if isinstance(x, Value) and self.outside is None:
                self.outside = x

    def beside(self, scalars: Iterable[Any]) -> _Run:
        """The same run, as it is beside these scalars; itself it forgets them."""
        run = object.__new__(_Run)
        run.__dict__.update(self.__dict__)
        run.depends_on(scalars)
        return run

    def single_root(self, f: Callable[..., Any], name: str) -> Any:
        """The one number that f returned."""
        if isinstance(self.output, (list, tuple)):
            raise TypeError(
                f"{name} expected {_name(f)} to return one number, got a list; use jacobian"
            )
        return self.roots[0]

    def gradients(self, root: Any) -> list[Any]:
        """The derivatives of a root by the variables."""
        if not isinstance(root, Value):
            return self.finished(type(x.data)(0) for x in self.variables)
        if self.outside is None:
            return gradients(root, self.variables)
        found = sweep_values(root, self.variables)
        return self.finished(_like(root, found.get(x, 0)) for x in self.variables)

    def finished(self, scalars: Iterable[Any]) -> list[Any]:
        """Scalars as they leave this run: numbers; or, where it depends on outside, Values.

        These are freed of the variables that stood for plain numbers, which a run around this one
        would take for Values from outside; and one that is constant hangs on the outside by an
        edge of partial 0.
        """
        if self.outside is None:
            return [x.data if isinstance(x, Value) else x for x in scalars]
        numbers = {x: x.data for x in self.variables if x.is_leaf}
        freed = [substitute(x, numbers) if numbers and isinstance(x, Value) else x for x in scalars]
        return [x if isinstance(x, Value) else where(True, x, self.outside) for x in freed]


def _variable(x: Any) -> Value:
    """A node of its own to differentiate by. On a Value it is x * 1, so that f(x) and other uses
    of x stay apart."""
    return x * 1 if isinstance(x, Value) else Value(x)


def _scalar(x: Any, f: Callable[..., Any]) -> Any:
    try:
        return x if isinstance(x, Value) else Value(x).data
    except TypeError as error:
        raise TypeError(f"{_name(f)} returned what is no scalar: {error}") from None


def _like(root: Any, x: Any) -> Any:
    """A plain int as a number of the root's own kind."""
    if x.__class__ is not int:
        return x
    return type(root.data)(x) if isinstance(root, Value) else float(x)


def _direction(x: Any) -> Any:
    """A number of a tangent or cotangent; an int stays exact."""
    return x if isinstance(x, Value) else plain(x)


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _leaf_outside(root: Any, variables: set[Value]) -> Value | None:
    """A leaf that the root depends on and that is none of the variables, None if there is none."""
    seen = set(variables)
    stack = [root] if isinstance(root, Value) else []
    while stack:
        node = stack.pop()
        if node not in seen:
            if node.is_leaf:
                return node
            seen.add(node)
            stack.extend(node.parents)
    return None


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
        root = run.single_root(f, "grad")
        parts = unflatten(run.wrt, run.gradients(root))
        return run.finished([root])[0], parts[0] if isinstance(argnums, int) else tuple(parts)

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

    Where f uses Values from outside, such as the parameters of a model, the gradient depends on
    them and is itself a Value: its number is .data.

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
        weights = list(flatten(map_nested(lambda _, v: _direction(v), run.output, cotangent)))
        total: Any = 0
        for root, weight in zip(run.roots, weights):
            total = total + _product(root, weight)
        return tuple(unflatten(run.wrt, run.beside(weights).gradients(total)))

    return unflatten(run.output, run.finished(run.roots)), back


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The Jacobian function of f, one backward pass for each output.

    Args:
        f: a function of numbers and nested lists, returning a number or nested list.
        argnums: which argument to differentiate by, or several.

    Returns:
        A function of the same arguments that gives a nested list: in the shape of f's output, and
        in place of each number the gradient of that output, in the shape of the argument; with
        several argnums a tuple of such.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def jacobian_of(*args: Any, **keywords: Any) -> Any:
        run = _Run(_with(f, keywords), args, numbers, "jacobian")
        rows = [unflatten(run.wrt, run.gradients(root)) for root in run.roots]
        return unflatten(
            run.output, [row[0] if isinstance(argnums, int) else tuple(row) for row in rows]
        )

    return jacobian_of


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
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
    for name, xs in (("primals", primals), ("tangents", tangents)):
        if not isinstance(xs, (list, tuple)):
            raise TypeError(f"jvp expected a list of {name}, one an argument of f, got {xs!r}")
    if len(primals) != len(tangents):
        raise ValueError(
            f"jvp expected as many tangents as primals, got {len(tangents)} for {len(primals)}"
        )
    run = _Run(f, primals, range(len(primals)), "jvp")
    directions = [
        t
        for p, d in zip(run.wrt, tangents)
        for t in flatten(map_nested(lambda _, t: _direction(t), p, d))
    ]
    run.depends_on(directions)
    tangent: dict[Value, Any] = dict(zip(run.variables, directions))
    for root in run.roots:
        order = topological_order(root) if isinstance(root, Value) else []
        moving = dependents(order, set(tangent))
        for node in order:
            if node in moving and node not in tangent:
                tangent[node] = _tangent(node, tangent, run.outside is not None)
    out = [_like(root, tangent.get(root, 0)) for root in run.roots]
    return unflatten(run.output, run.finished(run.roots)), unflatten(run.output, run.finished(out))


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
