"""Value: a number, how it was made, and its local partials.

An operation on Values makes a new Value. It stores the number, the operation and its operands, and
for each operand the local partial derivative at that point. That is all backprop needs:

    x = Value(2.0)          x.data = 2.0
    y = x * x               y.data = 4.0    y.parents = (x, x)    y.partials = (2.0, 2.0)
    y.backward()            x.grad = 1.0 * 2.0 + 1.0 * 2.0 = 4.0

The arithmetic operators are written out by hand for speed. They cover the common cases, floats and
ints; everything else (Fractions, NumPy's scalars, edges, refusals) takes the road that every other
function takes, through the rule table.
"""

from __future__ import annotations

import sys
from math import fsum
from operator import mul

from . import primitives
from .primitives import (
    LEAF,
    TABLE,
    add,
    divide,
    dot,
    multiply,
    negate,
    power,
    relu,
    subtract,
)
from .rules import NaryPrimitive, Primitive
from .scalars import plain, refusal
from .sweep import every_node, sweep
from .text import short_repr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn

# The .grad of a node until backward has reached it. It is 0.0, and told from a gradient that came
# out as 0.0 by identity: a drawing shows a dash for the one and 0 for the other.
NO_GRADIENT = float("0")

EXACT_INTS = range(-(2**53), 2**53 + 1)  # the ints that every float operation takes exactly


class Value:
    """A node of the computation graph: one number, and how it was made.

    Args:
        data: an int, a float, a Fraction or a NumPy scalar. Ints become floats; Fractions stay,
            and are exact through + - * / and whole powers, gradients included.
        label: a name for drawings, tables and error messages.

    Attributes:
        data: the number. A leaf's may be changed, which is how one trains.
        grad: the derivative of the root that backward() was last called on. A leaf's adds up over
            calls, until zero_grad().
        label: the name.
        op: the operation that made it; str(op) is "+", "tanh", .., and "" on a leaf.
        operands: what the operation was applied to, Values and plain numbers as written.
        parents: the Values among the operands, in order; one used twice is there twice.
        partials: the local derivative along each parent.

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> c = a * b + a
    >>> c.backward()
    >>> c.data, a.grad, b.grad
    (8.0, 4.0, 2.0)
    """

    # The operands and their partials lie flat in four slots, which saves two tuples a node:
    #   one operand    _a = x1          _da = dy/dx1    _b = None          _db = None
    #   two operands   _a = x1          _da = dy/dx1    _b = x2            _db = dy/dx2
    #   a list         _a = operands    _da = None      _b = (parents, partials)   _db = None
    # A plain number among the operands is no node, and its partial is None.
    __slots__ = ("_a", "_b", "_da", "_db", "data", "grad", "label", "op")

    __array_ufunc__ = None  # NumPy's scalars and arrays leave their operators to ours

    data: Any
    grad: Any
    label: str
    op: Primitive

    __by_hand__: dict[Primitive, Any]  # the functions of one Value, as fast as they get

    def __init__(
        self,
        data: Any,
        label: str = "",
        _op: Primitive = LEAF,
        _a: Any = None,
        _da: Any = None,
        _b: Any = None,
        _db: Any = None,
    ) -> None:
        self.data = data
        self.grad = NO_GRADIENT
        self.label = label
        self.op = _op
        self._a = _a
        self._da = _da
        self._b = _b
        self._db = _db
        if _a is None:
            if data.__class__ is not float:
                self.data = _real(data)
                self.zero_grad()
            if label.__class__ is not str:
                raise TypeError(f"a label is a string, got {type(label).__name__} {label!r}")

    # -- the graph ------------------------------------------------------------------------------

    @property
    def operands(self) -> tuple[Any, ...]:
        """What the operation was applied to: Values, and plain numbers as written."""
        if self._a is None:
            return ()
        if self._da is None and self._db is None:
            return self._a  # type: ignore[no-any-return]
        return (self._a,) if self._b is None else (self._a, self._b)

    @property
    def parents(self) -> tuple[Value, ...]:
        """The Values among the operands, in order; one used twice is there twice."""
        return self._edges()[0]

    @property
    def partials(self) -> tuple[Any, ...]:
        """The local derivative along each parent."""
        return self._edges()[1]

    def _edges(self) -> tuple[tuple[Value, ...], tuple[Any, ...]]:
        """(parents, partials), of one length."""
        if self._da is None:
            if self._db is not None:
                return (self._b,), (self._db,)
            return ((), ()) if self._a is None else self._b
        if self._db is None:
            return (self._a,), (self._da,)
        return (self._a, self._b), (self._da, self._db)

    @property
    def is_leaf(self) -> bool:
        """Whether no operation made it: an input, a parameter."""
        return self._a is None

    # as in micrograd, whose users' own drawings read them
    _prev = property(lambda self: set(self.parents))
    _op = property(lambda self: str(self.op))

    def detach(self) -> Value:
        """A new leaf of the same data and label; no gradient flows through it."""
        return Value(self.data, self.label)

    def zero_grad(self) -> None:
        """Forget this node's gradient. Leaves add theirs up until this is called."""
        data = self.data
        self.grad = NO_GRADIENT if data.__class__ is float else type(data)(0)

    def backward(self, seed: Any = 1) -> None:
        """Fill .grad of every node this one was made from, by the chain rule.

        Args:
            seed: the derivative that the pass starts from.

        Leaves add the new gradient to what they had; other nodes show that of this pass. An
        interrupt leaves every leaf as it was, or in one short last step some of them updated.

        Raises:
            TypeError: the seed is no real number.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0
        """
        gradient = sweep(self, _seed(self, seed))
        for node, g in gradient.items():
            if node._a is None:
                node.grad += g
            else:
                node.grad = g

    # -- every operation ------------------------------------------------------------------------

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Value:
        """The operation on operands of which at least one is a Value."""
        operands = tuple([x if isinstance(x, Value) else _real_operand(x) for x in operands])
        numbers = plain_numbers(operands)
        y = primitive.evaluate(numbers, operands)
        if y.__class__ is int:  # a plain int that where() chose
            y = float(y)
        wanted = [isinstance(x, Value) for x in operands]
        return _node(y, primitive, operands, primitive.locals(numbers, y, operands, wanted))

    # -- arithmetic, by hand --------------------------------------------------------------------

    def __add__(self, other: Scalar) -> Value:
        kind = other.__class__
        if kind is Value:
            data = self.data + other.data  # type: ignore[union-attr]
            if data.__class__ is float:
                return Value(data, "", add, self, 1.0, other, 1.0)
        elif kind is float or (kind is int and other in EXACT_INTS):
            data = self.data + other
            if data.__class__ is float:
                return Value(data, "", add, self, 1.0, other)
        return add(self, other)

    def __radd__(self, other: float) -> Value:
        kind = other.__class__
        if kind is float or (kind is int and other in EXACT_INTS):
            if kind is int and other == 0:
                return self  # builtin sum() starts from 0
            data = other + self.data
            if data.__class__ is float:
                return Value(data, "", add, other, None, self, 1.0)
        return add(other, self)

    def __sub__(self, other: Scalar) -> Value:
        kind = other.__class__
        if kind is Value:
            data = self.data - other.data  # type: ignore[union-attr]
            if data.__class__ is float:
                return Value(data, "", subtract, self, 1.0, other, -1.0)
        elif kind is float or (kind is int and other in EXACT_INTS):
            data = self.data - other
            if data.__class__ is float:
                return Value(data, "", subtract, self, 1.0, other)
        return subtract(self, other)

    def __rsub__(self, other: float) -> Value:
        kind = other.__class__
        if kind is float or (kind is int and other in EXACT_INTS):
            data = other - self.data
            if data.__class__ is float:
                return Value(data, "", subtract, other, None, self, -1.0)
        return subtract(other, self)

    def __mul__(self, other: Scalar) -> Value:
        kind = other.__class__
        x = self.data
        if kind is Value:
            y = other.data  # type: ignore[union-attr]
            data = x * y
            if data.__class__ is float:
                return Value(data, "", multiply, self, y, other, x)
        elif kind is float or (kind is int and other in EXACT_INTS):
            data = x * other
            if data.__class__ is float:
                return Value(data, "", multiply, self, float(other), other)
        return multiply(self, other)

    def __rmul__(self, other: float) -> Value:
        kind = other.__class__
        if kind is float or (kind is int and other in EXACT_INTS):
            data = other * self.data
            if data.__class__ is float:
                return Value(data, "", multiply, other, None, self, float(other))
        return multiply(other, self)

    def __truediv__(self, other: Scalar) -> Value:
        kind = other.__class__
        if kind is Value:
            y = other.data  # type: ignore[union-attr]
            if y:
                data = self.data / y
                if data.__class__ is float:
                    return Value(data, "", divide, self, 1 / y, other, -data / y)
        elif kind is float or (kind is int and other in EXACT_INTS):
            data = self.data / other if other else None
            if data.__class__ is float:
                return Value(data, "", divide, self, 1 / other, other)
        return divide(self, other)

    def __rtruediv__(self, other: float) -> Value:
        kind, y = other.__class__, self.data
        if y and (kind is float or (kind is int and other in EXACT_INTS)):
            data = other / y
            if data.__class__ is float:
                return Value(data, "", divide, other, None, self, -data / y)
        return divide(other, self)

    def __pow__(self, other: Scalar) -> Value:
        x, kind = self.data, other.__class__
        if x.__class__ is float and (kind is int or kind is float) and x and other:
            try:
                data, slope = x**other, other * x ** (other - 1)
            except OverflowError:
                pass  # the table explains it
            else:
                if data.__class__ is float:
                    return Value(data, "", power, self, slope, other)
        return power(self, other)

    def __rpow__(self, other: float) -> Value:
        return power(other, self)

    def __neg__(self) -> Value:
        data = self.data
        if data.__class__ is float:
            return Value(-data, "", negate, self, -1.0)
        return negate(self)

    @staticmethod
    def __dot__(ws: tuple[Any, ...], xs: tuple[Any, ...], bias: Any) -> Value | None:
        """dot(ws, xs, bias) of Value weights with Values or floats; None for all else."""
        operands = (*ws, *xs, bias)
        numbers = xs[0].__class__ is float
        parents = (*ws, bias) if numbers else operands
        if bias.__class__ is float or bias.__class__ is int:
            parents = parents[:-1]
        if set(map(type, parents)) != _VALUES or (numbers and set(map(type, xs)) != _FLOATS):
            return None
        w = [x.data for x in ws]
        x = xs if numbers else [x.data for x in xs]
        products = [*map(mul, w, x), bias.data if bias.__class__ is Value else bias]
        try:
            if not numbers and sum(products).__class__ is not float:
                return None  # Fractions
            data = fsum(products)
        except (ValueError, OverflowError):  # nan and inf
            return None
        partials = (*x, 1.0) if numbers else (*x, *w, 1.0)
        return Value(data, "", dot, operands, None, (parents, partials[: len(parents)]))

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return primitives.absolute(self)

    # -- comparing and showing: by data ---------------------------------------------------------

    def __lt__(self, other: Any) -> bool:
        return bool(self.data < _number(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.data <= _number(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.data > _number(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.data >= _number(other))

    def __bool__(self) -> bool:
        return bool(self.data != 0)

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={short_repr(self.data)}, grad={short_repr(self.grad)}{label})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """The graph as a picture, in a notebook."""
        from .draw import mimebundle

        return mimebundle(self)

    # -- refusals -------------------------------------------------------------------------------

    def __float__(self) -> NoReturn:
        raise TypeError(
            "float(v) and the functions of math would drop the gradient; write v.data for the "
            "number, or use the function of the same name from autograd_mini, such as exp(v)"
        )

    def __int__(self) -> NoReturn:
        raise TypeError("int(v) and round(v) jump, and would drop the gradient; write int(v.data)")

    __round__ = __int__

    def __mod__(self, other: Any) -> NoReturn:
        raise TypeError("Values have no % and //: they jump; write v.data % n for the number")

    __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = __mod__

    # -- copying, without recursion -------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        for node in every_node(self):
            if id(node) not in memo:
                memo[id(node)] = node._moved(lambda x: memo[id(x)])
        return memo[id(self)]  # type: ignore[no-any-return]

    def _moved(self, to: Any) -> Value:
        """A copy of this node whose parents are to(parent)."""
        operands = tuple(to(x) if isinstance(x, Value) else x for x in self.operands)
        return _restored(
            self.data, self._grad_or_none(), self.label, self.op, operands, self.partials
        )

    def _grad_or_none(self) -> Any:
        return None if self.grad is NO_GRADIENT else self.grad

    def __reduce__(self) -> tuple[Any, ...]:
        """A leaf by itself, which keeps its identity; any other node as rows of its graph."""
        if self.is_leaf:
            return _restored, (self.data, self._grad_or_none(), self.label, LEAF, (), ())
        rows: list[Any] = []
        row_of: dict[Value, tuple[int]] = {}  # a tuple stands for a node made by an earlier row
        for node in every_node(self):
            if not node.is_leaf:
                row_of[node] = (len(rows),)
                operands = tuple(
                    row_of.get(x, x) if isinstance(x, Value) else x for x in node.operands
                )
                grad = node._grad_or_none()
                rows.append((node.data, grad, node.label, node.op, operands, node.partials))
        return _restored_graph, (rows,)

    if TYPE_CHECKING:  # what the loop below defines, spelled out for type checkers

        def exp(self) -> Value: ...
        def expm1(self) -> Value: ...
        def log(self) -> Value: ...
        def log1p(self) -> Value: ...
        def log2(self) -> Value: ...
        def log10(self) -> Value: ...
        def sqrt(self) -> Value: ...
        def cbrt(self) -> Value: ...
        def sin(self) -> Value: ...
        def cos(self) -> Value: ...
        def tan(self) -> Value: ...
        def asin(self) -> Value: ...
        def acos(self) -> Value: ...
        def atan(self) -> Value: ...
        def sinh(self) -> Value: ...
        def cosh(self) -> Value: ...
        def tanh(self) -> Value: ...
        def asinh(self) -> Value: ...
        def acosh(self) -> Value: ...
        def atanh(self) -> Value: ...
        def erf(self) -> Value: ...
        def erfc(self) -> Value: ...
        def sign(self) -> Value: ...
        def step(self) -> Value: ...
        def relu(self) -> Value: ...
        def leaky_relu(self, slope: Scalar = 0.01) -> Value: ...
        def elu(self, alpha: Scalar = 1.0) -> Value: ...
        def gelu(self) -> Value: ...
        def gelu_tanh(self) -> Value: ...
        def silu(self) -> Value: ...
        def mish(self) -> Value: ...
        def sigmoid(self) -> Value: ...
        def softplus(self) -> Value: ...
        def log_sigmoid(self) -> Value: ...


def method_names() -> list[str]:
    """The rows of the table that are methods of Value: the named functions of one argument."""
    return [
        name
        for name, row in TABLE.items()
        if row.name == name
        and not isinstance(row, NaryPrimitive)
        and len(row.arguments) - len(row.defaults) == 1
    ]


def _as_method(row: Primitive) -> Any:
    forward, partial = row.forward, row.partials[0]

    def method(self: Value) -> Any:
        """By hand for the common case; the table for edges, errors and all that is no float."""
        x = self.data
        try:
            y = forward(x)
            slope = partial(x, y)
        except (ValueError, OverflowError, ZeroDivisionError):
            return row.apply((self,))
        if y.__class__ is float and slope.__class__ is float:
            return Value(y, "", row, self, slope)
        return row.apply((self,))

    def method_with_defaults(self: Value, *operands: Any, **keywords: Any) -> Any:
        return row(self, *operands, **keywords)

    made = _relu if row is relu else method_with_defaults if row.defaults else method
    made.__name__, made.__qualname__, made.__doc__ = row.name, f"Value.{row.name}", row.__doc__
    return made


def _relu(self: Value) -> Any:
    """Written out, since its row of the table is composed of slower parts."""
    x = self.data
    if x.__class__ is float:
        if x > 0:
            return Value(x, "", relu, self, 1.0)
        if x < 0:
            return Value(0.0, "", relu, self, 0.0)
    return relu.apply((self,))


for _name in method_names():
    setattr(Value, _name, _as_method(TABLE[_name]))
Value.__by_hand__ = {
    TABLE[name]: getattr(Value, name) for name in method_names() if not TABLE[name].defaults
}


_VALUES, _FLOATS = {Value}, {float}

Scalar = Value | float  # what a user's function of scalars takes: floats, ints and Values


# -- numbers ------------------------------------------------------------------------------------


def _real(data: Any) -> Any:
    """`data` as a leaf holds it: a float or a Fraction."""
    if data.__class__ is float:
        return data
    if isinstance(data, Value):
        raise TypeError("expected a number, got a Value; use it as it is, or v.detach() for a leaf")
    number = _real_operand(data)
    return float(number) if number.__class__ is int else number


def _real_operand(x: Any) -> Any:
    """`x` as an operand that is no Value: a plain real number."""
    number = plain(x)
    if number.__class__ is complex:
        raise TypeError(refusal(x))
    return number


def _number(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


def plain_numbers(operands: Sequence[Any]) -> list[Any]:
    """The numbers of operands: floats, unless all are exact and one is a Fraction; then Fractions,
    so that 1/2 is no 0.5."""
    numbers = [_real(x.data) if isinstance(x, Value) else x for x in operands]
    exact = None
    for x in numbers:
        if x.__class__ is float:
            return numbers
        if x.__class__ is not int:
            exact = x.__class__
    return numbers if exact is None else [exact(x) for x in numbers]


def _seed(root: Value, seed: Any) -> Any:
    """The seed as a plain number, as exact as the root."""
    number = _real_operand(seed)
    return type(root.data)(number) if number.__class__ is int else number


# -- making nodes -------------------------------------------------------------------------------


def _node(data: Any, op: Primitive, operands: tuple[Any, ...], slopes: Sequence[Any]) -> Value:
    """The node `op` makes of its operands; a plain number's slope is None."""
    if isinstance(op, NaryPrimitive) or len(operands) > 2:
        parents = tuple([x for x in operands if isinstance(x, Value)])
        partials = tuple([d for d in slopes if d is not None])
        node = Value(data, "", op, operands, None, (parents, partials), None)
    elif len(operands) == 1:
        node = Value(data, "", op, operands[0], slopes[0])
    else:
        node = Value(data, "", op, operands[0], slopes[0], operands[1], slopes[1])
    if data.__class__ is not float:
        node.zero_grad()
    return node


def _restored(
    data: Any, grad: Any, label: str, op: Primitive, operands: Any, partials: Any
) -> Value:
    """A node as __reduce__ and __deepcopy__ took it apart."""
    if op is LEAF:
        node = Value(data)
    else:
        along = iter(partials)
        node = _node(
            data, op, operands, [next(along) if isinstance(x, Value) else None for x in operands]
        )
    node.label = label
    if grad is not None:
        node.grad = grad
    return node


def _restored_graph(rows: list[Any]) -> Value:
    nodes: list[Value] = []
    for data, grad, label, op, operands, partials in rows:
        linked = tuple(nodes[x[0]] if x.__class__ is tuple else x for x in operands)
        nodes.append(_restored(data, grad, label, op, linked, partials))
    return nodes[-1]


# -- freeing deep graphs ------------------------------------------------------------------------


def iterative_finalizer() -> Callable[[Value], None]:
    """A __del__ for Value that frees a graph of any depth without recursion.

    A node that dies leaves its operands in a list, and the outermost call drops them one by one;
    an operand that is in use elsewhere lives on, untouched. A node that another finalizer brings
    back to life is a leaf, as from detach().
    """
    released: list[Any] = []
    is_outermost = True

    def __del__(self: Value) -> None:
        nonlocal is_outermost
        if getattr(self, "_a", None) is None:  # a leaf, or a Value that was never made
            return
        released.append((self._a, self._b))
        self._a = self._b = self._da = self._db = None
        self.op = LEAF
        if is_outermost:
            is_outermost = False
            try:
                while released:
                    released.pop()
            finally:
                is_outermost = True

    return __del__


# CPython's own way of freeing deep graphs fails in WebAssembly, where the interpreter dies.
if sys.platform == "emscripten":
    Value.__del__ = iterative_finalizer()
