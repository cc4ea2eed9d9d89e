"""Functions in, derivative functions out: grad, jacobian, hessian, jvp, vjp, hvp, as in JAX.

They take functions of numbers and nested structures of numbers (lists, tuples, namedtuples, dicts,
arrays), and they nest: grad(grad(f)) is the second derivative. Numbers come out where numbers went
in. If an argument is itself a Value, or f uses a Value from outside, what comes out depends on it,
and so comes out as Values.

f sees an array as an array of Values, on which NumPy's operators work.
"""

from __future__ import annotations

from functools import wraps
from operator import index

from .backprop import gradient_graph, partial_values, product, zero_like
from .nested import flatten, is_array, map_nested, parts, rebuilt, unflatten
from .primitives import DETACHED, where
from .scalars import plain
from .sweep import inner_order, leaves, pass_forward, sweep
from .value import Value, make_node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    Argnums = int | Sequence[int]


# -- running f ----------------------------------------------------------------------------------


class _Run:
    """f called once, with variables in place of some arguments.

    Attributes:
        wrt: those arguments, in their structures, of variables.
        variables: the same in one list.
        output: what f returned.
        aux: what f returned beside it, with has_aux.
        roots: the scalars of the output in one list, Values or plain.
        order: the nodes that they were made from, parents first, without the leaves.
        outside: a Value from outside that a root depends on, None if there is none. If there is
            one, derivatives have to be differentiable themselves.
    """

    def __init__(
        self,
        name: str,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnums: Iterable[int],
        has_aux: bool,
        keywords: Mapping[str, Any] | None = None,
    ) -> None:
        self.f_name = getattr(f, "__name__", type(f).__name__)
        arguments, places = list(args), []
        for i in argnums:
            if not -len(arguments) <= i < len(arguments):
                raise ValueError(
                    f"{name} by argument {i} of {self.f_name}, which was called with "
                    f"{len(arguments)} positional arguments"
                )
            places.append(i % len(arguments))
        variables = {i: map_nested(_variable, arguments[i]) for i in set(places)}
        for i, structure in variables.items():  # a copy, which f may change
            arguments[i] = map_nested(lambda x: x, structure)
        self.wrt = [variables[i] for i in places]
        self.variables: list[Value] = flatten(self.wrt)  # with repeats, if argnums has some
        self.output, self.aux = f(*arguments, **(keywords or {})), None
        if has_aux:
            if not isinstance(self.output, tuple) or len(self.output) != 2:
                raise TypeError(
                    f"{name} with has_aux=True expected {self.f_name} to return a pair "
                    f"(output, aux), got {type(self.output).__name__}"
                )
            self.output, self.aux = self.output
        self.roots = [self._scalar(x) for x in flatten(self.output)]
        self.aux_values = _values_in(self.aux)
        values = [x for x in self.roots if isinstance(x, Value)]
        self.order, seen = inner_order([*values, *self.aux_values], None)
        self.outside: Value | None = None
        self.depends_on(x for x in self.variables if not x.is_leaf)
        if self.outside is None:
            own, found = set(self.variables), leaves(self.order, seen)
            self.depends_on(x for x in found if x not in own and x.op is not DETACHED)

    def _scalar(self, x: Any) -> Any:
        try:
            return x if isinstance(x, Value) else Value(x).data
        except TypeError as error:
            raise TypeError(f"{self.f_name} returned what is not a scalar: {error}") from None

    def depends_on(self, scalars: Iterable[Any]) -> None:
        """Note a Value from outside, if there is one among these."""
        if self.outside is None:
            self.outside = next((x for x in scalars if isinstance(x, Value)), None)

    def with_weights(self, weights: Iterable[Any]) -> _Run:
        """A copy of this run that also depends on these scalars."""
        run = object.__new__(_Run)
        run.__dict__.update(self.__dict__)
        run.depends_on(weights)
        return run

    def single_root(self, name: str) -> Any:
        """The one number that f returned."""
        if parts(self.output) is not None:
            kind = "an array" if is_array(self.output) else f"a {type(self.output).__name__}"
            raise TypeError(
                f"{name} expected {self.f_name} to return one number, got {kind}; use jacobian"
            )
        return self.roots[0]

    def gradients(self, seeds: Mapping[Any, Any], like: Any) -> list[Any]:
        """The derivatives by the variables of the sum of roots times seeds, one number `like`."""
        seeds = {root: seed for root, seed in seeds.items() if isinstance(root, Value)}
        zero = zero_like(like)
        if self.outside is None:
            found = sweep({root: seed + zero for root, seed in seeds.items()}, zero)
        else:
            found = gradient_graph(self.order, seeds, self.variables)
        return self.finished([_as(zero, found.get(x, zero)) for x in self.variables])

    def finished(self, scalars: Sequence[Any]) -> list[Any]:
        """Scalars as they leave this run: numbers; or Values, if it depends on the outside.

        The variables that stood for plain numbers are taken out of these, since a run around this
        one would take them for Values from outside. One that is constant hangs on the outside by
        an edge of partial 0.
        """
        if self.outside is None:
            return [x.data if isinstance(x, Value) else x for x in scalars]
        freed = _with_numbers(scalars, [x for x in self.variables if x.is_leaf])
        return [x if isinstance(x, Value) else where(True, x, self.outside) for x in freed]

    def result(self, scalars: Sequence[Any]) -> Any:
        """Scalars in the structure of the output, as they leave this run."""
        return unflatten(self.output, self.finished(scalars))

    def with_aux(self, has_aux: bool, *results: Any) -> Any:
        """Results as f's caller wants them: with what f returned beside its output, if asked."""
        if has_aux:
            freed = dict(zip(self.aux_values, self.finished(self.aux_values)))
            results = (*results, _replaced(self.aux, freed))
        return results if len(results) > 1 else results[0]


def _values_in(tree: Any) -> list[Value]:
    """The Values of a structure that may hold anything."""
    if isinstance(tree, Value):
        return [tree]
    if getattr(getattr(tree, "dtype", None), "kind", "O") != "O":  # an array of numbers
        return []
    return [x for _, part in parts(tree) or () for x in _values_in(part)]


def _replaced(tree: Any, new: Mapping[Value, Any]) -> Any:
    """A structure with others for its Values; a part without any is left as it is."""
    if isinstance(tree, Value):
        return new[tree]
    if not _values_in(tree):
        return tree
    return rebuilt(tree, [_replaced(part, new) for _, part in parts(tree) or ()])


def _variable(x: Any) -> Value:
    """A node of its own to differentiate by. On a Value it is x * 1, so that f(x) and other uses
    of x stay apart."""
    return x * 1 if isinstance(x, Value) else Value(x)


def _as(zero: Any, x: Any) -> Any:
    """A plain int as a number of the kind of zero."""
    return type(zero)(x) if x.__class__ is int else x


def _direction(x: Any) -> Any:
    """A number of a tangent or cotangent; an int stays exact."""
    return x if isinstance(x, Value) else plain(x)


def _with_numbers(scalars: Sequence[Any], variables: Sequence[Value]) -> list[Any]:
    """The same graphs with plain numbers for variables; what does not use them stays as it is."""
    fresh: dict[Any, Any] = {x: x.data for x in variables}
    if not fresh:
        return list(scalars)
    roots = [x for x in scalars if isinstance(x, Value)]
    for node in inner_order(roots, None)[0]:
        if node in fresh or fresh.keys().isdisjoint(node.parents) or hasattr(node, "trace"):
            continue
        operands = tuple([fresh.get(x, x) if isinstance(x, Value) else x for x in node.operands])
        if not any(isinstance(x, Value) for x in operands):
            fresh[node] = node.data
            continue
        along = iter(node.partials)
        slopes = [next(along) if isinstance(x, Value) else None for x in node.operands]
        kept = [d if isinstance(x, Value) else None for x, d in zip(operands, slopes)]
        fresh[node] = make_node(node.data, node.op, operands, kept)
        fresh[node].label = node.label
    return [fresh.get(x, x) if isinstance(x, Value) else x for x in scalars]


# -- reverse mode -------------------------------------------------------------------------------


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """A function that gives (f(*args), its gradient), from one forward and one backward pass.

    Args:
        f: a function of numbers and nested structures of numbers that returns one number.
        argnums: which argument to differentiate by, or several.
        has_aux: whether f returns a pair (number, aux), of which only the number is differentiated.

    Returns:
        A function of the same arguments. The gradient has the structure of the argument; with
        several argnums it is a tuple of such. With has_aux the value is the pair (number, aux).

    Raises:
        TypeError: f does not return one number.

    >>> value_and_grad(lambda x, y: x * y)(3.0, 4.0)
    (12.0, 4.0)
    """

    argnums = _checked(argnums)

    @wraps(f, updated=())
    def value_and_gradient(*args: Any, **keywords: Any) -> tuple[Any, Any]:
        run = _Run("grad", f, args, _as_tuple(argnums), has_aux, keywords)
        root = run.single_root("grad")
        value = run.with_aux(has_aux, run.finished([root])[0])
        return value, _by_argument(argnums, unflatten(run.wrt, run.gradients({root: 1}, root)))

    return value_and_gradient


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The gradient function of f; see value_and_grad. With has_aux it gives (gradient, aux).

    If f uses Values from outside, such as the parameters of a model, the gradient depends on
    them and is itself a Value: its number is .data.

    >>> from autograd_mini import sin
    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda w: w[0] * w[1])([2.0, 5.0])
    [5.0, 2.0]
    >>> grad(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 5.0})
    {'a': 5.0, 'b': 2.0}
    """
    both = value_and_grad(f, argnums, has_aux)

    @wraps(f, updated=())
    def gradient(*args: Any, **keywords: Any) -> Any:
        value, found = both(*args, **keywords)
        return (found, value[1]) if has_aux else found

    return gradient


def _checked(argnums: Argnums) -> int | tuple[int, ...]:
    """One argument's number, or several, as ints."""
    try:
        return index(argnums) if hasattr(argnums, "__index__") else tuple(map(index, argnums))
    except TypeError:
        raise TypeError(f"argnums expected an int or a tuple of ints, got {argnums!r}") from None


def _as_tuple(argnums: int | tuple[int, ...]) -> tuple[int, ...]:
    return (argnums,) if isinstance(argnums, int) else argnums


def _by_argument(argnums: int | tuple[int, ...], derivatives: Sequence[Any]) -> Any:
    return derivatives[0] if isinstance(argnums, int) else tuple(derivatives)


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """(f(*primals), back): back(cotangent) is the vector-Jacobian product, v' J.

    Args:
        f: a function of numbers and nested structures, returning a number or nested structure.
        primals: where to differentiate.
        has_aux: whether f returns a pair (output, aux), of which only the output is differentiated.

    Returns:
        The output; a function from a cotangent of the output's structure to a tuple with, for each
        primal, the gradient of sum(cotangent * output), in the primal's structure; with has_aux
        also aux.

    >>> y, back = vjp(lambda x: [x[0] * x[1], x[0]], [2.0, 3.0])
    >>> y, back([1.0, 10.0])
    ([6.0, 2.0], ([13.0, 2.0],))
    """
    run = _Run("vjp", f, primals, range(len(primals)), has_aux)
    like = next((x for x in run.roots if isinstance(x, Value)), 0.0)

    def back(cotangent: Any) -> tuple[Any, ...]:
        weights = flatten(map_nested(lambda _, v: _direction(v), run.output, cotangent))
        seeds: dict[Any, Any] = {}
        for root, weight in zip(run.roots, weights):
            seeds[root] = seeds[root] + weight if root in seeds else weight
        return tuple(unflatten(run.wrt, run.with_weights(weights).gradients(seeds, like)))

    return run.with_aux(has_aux, run.result(run.roots), back)


def jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The Jacobian function of f, one backward pass for each output.

    Args:
        f: a function of numbers and nested structures, returning a number or nested structure.
        argnums: which argument to differentiate by, or several.
        has_aux: whether f returns a pair (output, aux), of which only the output is differentiated.

    Returns:
        A function of the same arguments that gives a structure like f's output, with the gradient
        of each number in its place, in the structure of the argument; with several argnums a tuple
        of such. Of an array of shape s by one of shape t it is an array of shape s + t. With
        has_aux it gives a pair (Jacobian, aux).

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    argnums = _checked(argnums)

    @wraps(f, updated=())
    def jacobian_of(*args: Any, **keywords: Any) -> Any:
        run = _Run("jacobian", f, args, _as_tuple(argnums), has_aux, keywords)
        rows = [run.gradients({root: 1}, root) for root in run.roots]
        return run.with_aux(has_aux, _jacobian(run.output, run.wrt, iter(rows), argnums))

    return jacobian_of


def _jacobian(output: Any, wrt: Any, rows: Iterator[list[Any]], argnums: Any) -> Any:
    """Rows of derivatives in the structure of the output, each in the structure of the argument."""
    if is_array(output):
        block = [iter(next(rows)) for _ in flatten(output)]
        return _by_argument(argnums, _columns(wrt, block, output.shape))
    members = parts(output)
    if members is None:
        return _by_argument(argnums, unflatten(wrt, next(rows)))
    return rebuilt(output, [_jacobian(part, wrt, rows, argnums) for _, part in members])


def _columns(wrt: Any, block: list[Iterator[Any]], shape: tuple[int, ...]) -> Any:
    """The same for an array of outputs: for each argument an array of their shape and its own."""
    if not is_array(wrt) and parts(wrt) is not None:
        return rebuilt(wrt, [_columns(part, block, shape) for _, part in parts(wrt) or ()])
    import numpy

    inner = wrt.shape if is_array(wrt) else ()
    each = range(numpy.prod(inner, dtype=int))
    return unflatten(numpy.empty((*shape, *inner)), [next(row) for row in block for _ in each])


def hessian(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The matrix of second derivatives of f: the Jacobian of its gradient.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    argnums = _checked(argnums)
    return jacobian(grad(f, argnums, has_aux), argnums, has_aux)


# -- forward mode -------------------------------------------------------------------------------


def jvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool = False,
) -> Any:
    """(f(*primals), the Jacobian-vector product J t), in forward mode.

    Every node's tangent is the sum over its parents of partial * tangent, from leaves to root.

    Args:
        f: a function of numbers and nested structures, returning a number or nested structure.
        primals: a list of its arguments.
        tangents: a list of directions, each in the structure of its primal.
        has_aux: whether f returns a pair (output, aux), of which only the output is differentiated.

    Returns:
        The output, and its directional derivative in the same structure; with has_aux also aux.

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
    run = _Run("jvp", f, primals, range(len(primals)), has_aux)
    pairs = zip(run.wrt, tangents)
    directions = flatten([map_nested(lambda _, t: _direction(t), p, d) for p, d in pairs])
    run.depends_on(directions)
    tangent: dict[Any, Any] = dict(zip(run.variables, directions))
    if run.outside is None:
        pass_forward(run.order, tangent)
    else:
        _pass_forward_values(run.order, tangent)
    zeros = map(zero_like, run.roots)
    directional = [_as(zero, tangent.get(root, zero)) for root, zero in zip(run.roots, zeros)]
    return run.with_aux(has_aux, run.result(run.roots), run.result(directional))


def _pass_forward_values(order: Sequence[Value], tangent: dict[Any, Any]) -> None:
    """sweep.pass_forward with Values for numbers: the rules run on the operands themselves."""
    for node in order:
        edges = [i for i, x in enumerate(node.operands) if x in tangent]
        if edges and node not in tangent:
            operands = [node.operands[i] for i in edges]
            total, *others = map(product, partial_values(node, edges), map(tangent.get, operands))
            for term in others:
                total = total + term
            tangent[node] = total


def hvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool = False,
) -> Any:
    """The Hessian of f times a vector, forward over reverse, without the Hessian.

    Args:
        f: a function that returns one number.
        primals: a list of its arguments.
        tangents: a list of directions, each in the structure of its primal.
        has_aux: whether f returns a pair (number, aux), of which only the number is differentiated.

    Returns:
        H t: in the structure of the primal if there is one, else a tuple of such; with has_aux a
        pair of this and aux.

    >>> hvp(lambda x: x[0] ** 2 * x[1], ([3.0, 5.0],), ([1.0, 0.0],))
    [10.0, 6.0]
    """
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    _, *product_and_aux = jvp(grad(f, argnums, has_aux), primals, tangents, has_aux)
    return tuple(product_and_aux) if has_aux else product_and_aux[0]
