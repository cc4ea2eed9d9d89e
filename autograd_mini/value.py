"""Value: a number, how it was made, and its local partials.

An operation on Values makes a new Value. It stores the number, the operation and its operands, and
for each operand the local partial derivative at that point. That is all backprop needs:

    x = Value(2.0)          x.data = 2.0
    y = x * x               y.data = 4.0    y.parents = (x, x)    y.partials = (2.0, 2.0)
    y.backward()            x.grad = 1.0 * 2.0 + 1.0 * 2.0 = 4.0

The arithmetic operators are written out by hand for speed. They cover the common cases, floats and
ints. Everything else (Fractions, NumPy's scalars, edges, refusals) goes through the rule table, as
every other function does.
"""

from __future__ import annotations

import operator
import sys

from .copies import Copied
from .nested import is_array
from .operators import Operators, operate
from .primitives import DETACHED, LEAF, add, divide, multiply, negate, power, subtract
from .release import iterative_finalizer
from .rules import NaryPrimitive, Primitive
from .scalars import real_number
from .sweep import NO_GRADIENT, sweep
from .text import short_repr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn

EXACT_INTS = range(-(2**53), 2**53 + 1)  # the ints that every float operation takes exactly


def _comparison(compare: Callable[[Any, Any], Any]) -> Any:
    """A comparison of numbers, or with each number of an array."""

    def method(self: Value, other: Any) -> Any:
        holds = compare(self.data, other.data if isinstance(other, Value) else other)
        return holds if is_array(holds) else bool(holds)

    return method


class Value(Copied, Operators):
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

    Operators give plain Values, also on a subclass that adds attributes. A subclass that defines
    its own `__apply_primitive__` sees every operation on it instead.

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
    # A plain number among the operands is not a node, and its partial is None.
    __slots__ = ("_a", "_b", "_da", "_db", "data", "grad", "label", "op")

    __array_ufunc__ = None  # NumPy's scalars and arrays leave their operators to ours

    data: Any
    grad: Any
    label: str
    op: Primitive

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

    def __init_subclass__(cls, **options: Any) -> None:
        """A subclass that interprets operations itself does without the operators below."""
        super().__init_subclass__(**options)
        own, inherited = cls.__apply_primitive__, Value.__apply_primitive__
        if own.__func__ is not inherited.__func__:  # type: ignore[attr-defined]
            for name in vars(Operators):
                if name != "__apply_primitive__" and vars(Value).get(name) is getattr(cls, name):
                    setattr(cls, name, getattr(Operators, name))

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
        return self.edges[0]

    @property
    def partials(self) -> tuple[Any, ...]:
        """The local derivative along each parent."""
        return self.edges[1]

    @property
    def edges(self) -> tuple[tuple[Value, ...], tuple[Any, ...]]:
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
        """A new leaf of the same data and label; no gradient flows through it.

        To grad() and its kin it is a constant, and not a Value from outside.
        """
        leaf = Value(self.data, self.label)
        leaf.op = DETACHED
        return leaf

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
            TypeError: the seed is not a real number.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0
        """
        number, kind = real_number(seed), type(self.data)
        seeds = {self: kind(number) if number.__class__ is int else number}
        for node, gradient in sweep(seeds, kind(0)).items():
            if node._a is None:
                node.grad += gradient
            else:
                node.grad = gradient

    # -- every operation ------------------------------------------------------------------------

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Value:
        """The operation on operands of which at least one is a Value."""
        operands = tuple([x if isinstance(x, Value) else real_number(x) for x in operands])
        numbers = plain_numbers(operands)
        y = primitive.evaluate(numbers, operands)
        if y.__class__ is int:  # a plain int that where() chose
            y = float(y)
        wanted = [isinstance(x, Value) for x in operands]
        return make_node(
            y, primitive, operands, primitive.local_partials(numbers, y, operands, wanted)
        )

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
        return operate(add, self, other)

    def __radd__(self, other: float) -> Value:
        kind = other.__class__
        if kind is float or (kind is int and other in EXACT_INTS):
            if kind is int and other == 0:
                return self  # builtin sum() starts from 0
            data = other + self.data
            if data.__class__ is float:
                return Value(data, "", add, other, None, self, 1.0)
        return operate(add, other, self)

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
        return operate(subtract, self, other)

    def __rsub__(self, other: float) -> Value:
        kind = other.__class__
        if kind is float or (kind is int and other in EXACT_INTS):
            data = other - self.data
            if data.__class__ is float:
                return Value(data, "", subtract, other, None, self, -1.0)
        return operate(subtract, other, self)

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
        return operate(multiply, self, other)

    def __rmul__(self, other: float) -> Value:
        kind = other.__class__
        if kind is float or (kind is int and other in EXACT_INTS):
            data = other * self.data
            if data.__class__ is float:
                return Value(data, "", multiply, other, None, self, float(other))
        return operate(multiply, other, self)

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
        return operate(divide, self, other)

    def __rtruediv__(self, other: float) -> Value:
        kind, y = other.__class__, self.data
        if y and (kind is float or (kind is int and other in EXACT_INTS)):
            data = other / y
            if data.__class__ is float:
                return Value(data, "", divide, other, None, self, -data / y)
        return operate(divide, other, self)

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
        return operate(power, self, other)

    def __rpow__(self, other: float) -> Value:
        return operate(power, other, self)

    def __neg__(self) -> Value:
        data = self.data
        if data.__class__ is float:
            return Value(-data, "", negate, self, -1.0)
        return negate.apply((self,))  # type: ignore[no-any-return]

    def __pos__(self) -> Value:
        return self

    # -- comparing and showing: by data ---------------------------------------------------------

    __lt__, __le__, __gt__, __ge__ = map(
        _comparison, (operator.lt, operator.le, operator.gt, operator.ge)
    )

    def __bool__(self) -> bool:
        return bool(self.data != 0)

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        name = type(self).__name__
        return f"{name}(data={short_repr(self.data)}, grad={short_repr(self.grad)}{label})"

    # -- refusals -------------------------------------------------------------------------------

    def __float__(self) -> NoReturn:
        raise TypeError(
            "float(v) and the functions of math would drop the gradient; write v.data for the "
            "number, or use the function of the same name from autograd_mini, such as exp(v)"
        )

    def __int__(self) -> NoReturn:
        raise TypeError("int(v) jumps, and would drop the gradient; write int(v.data)")

    def __round__(self, digits: Any = None) -> NoReturn:
        raise TypeError("round(v) jumps, and would drop the gradient; write round(v.data, n)")

    def __mod__(self, other: Any) -> NoReturn:
        raise TypeError("Values have no % and //: they jump; write v.data % n for the number")

    __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = __mod__

    if TYPE_CHECKING:  # what the rows of the table define; a test holds the list to them

        def _method(self) -> Value: ...

        exp = expm1 = log = log1p = log2 = log10 = sqrt = cbrt = sin = cos = tan = _method
        asin = acos = atan = sinh = cosh = tanh = asinh = acosh = atanh = erf = erfc = _method
        sign = step = relu = gelu = gelu_tanh = silu = mish = sigmoid = softplus = _method
        log_sigmoid = _method

        def leaky_relu(self, slope: Scalar = 0.01) -> Value: ...
        def elu(self, alpha: Scalar = 1.0) -> Value: ...


Scalar = Value | float  # what a user's function of scalars takes: floats, ints and Values


# -- numbers ------------------------------------------------------------------------------------


def _real(data: Any) -> Any:
    """`data` as a leaf holds it: a float or a Fraction."""
    if data.__class__ is float:
        return data
    if isinstance(data, Value):
        raise TypeError("expected a number, got a Value; use it as it is, or v.detach() for a leaf")
    number = real_number(data)
    try:
        return float(number) if number.__class__ is int else number
    except OverflowError:
        raise OverflowError(
            f"{short_repr(data)} is too large for a float; write Fraction(n) to be exact"
        ) from None


def plain_numbers(operands: Sequence[Any]) -> list[Any]:
    """The numbers of operands: Fractions if all are exact and one is a Fraction, else floats."""
    numbers = [_real(x.data) if isinstance(x, Value) else x for x in operands]
    exact = None
    for x in numbers:
        if x.__class__ is float:
            return numbers
        if x.__class__ is not int:
            exact = x.__class__
    return numbers if exact is None else [exact(x) for x in numbers]


# -- making nodes -------------------------------------------------------------------------------


def make_node(data: Any, op: Primitive, operands: tuple[Any, ...], slopes: Sequence[Any]) -> Value:
    """The node `op` makes of its operands; a plain number's slope is None."""
    if isinstance(op, NaryPrimitive) or len(operands) > 2:
        parents = tuple([x for x in operands if isinstance(x, Value)])
        partials = tuple([d for d in slopes if d is not None])
        made = Value(data, "", op, operands, None, (parents, partials), None)
    elif len(operands) == 1:
        made = Value(data, "", op, operands[0], slopes[0])
    else:
        made = Value(data, "", op, operands[0], slopes[0], operands[1], slopes[1])
    if data.__class__ is not float:
        made.zero_grad()
    return made


# CPython's own way of freeing deep graphs fails in WebAssembly, where the interpreter dies.
if sys.platform == "emscripten":
    Value.__del__ = iterative_finalizer(LEAF)
