"""Primitive: one operation, how to compute it, and its local partials."""

from __future__ import annotations

import itertools
import sys
import warnings
from math import nan
from numbers import Rational

from .errors import DomainError
from .scalars import IEEE, plain
from .text import show

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing alone would triple the time that the import takes
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, overload

    from .value import Value


class Interval:
    """A real interval, read from mathematical notation: "(0, inf)", "[-1, 1]"."""

    __slots__ = ("high", "high_closed", "low", "low_closed")

    def __init__(self, notation: str) -> None:
        try:
            low, high = map(float, notation.strip()[1:-1].split(","))
        except (AttributeError, ValueError):
            low = high = nan
        if not low < high or notation[0] not in "[(" or notation[-1] not in "])":
            raise ValueError(f"an interval reads '(0, inf)' or '[-1, 1]', got {notation!r}")
        self.low, self.high = low, high
        self.low_closed, self.high_closed = notation[0] == "[", notation[-1] == "]"

    def __contains__(self, x: float) -> bool:
        above = x >= self.low if self.low_closed else x > self.low
        return above and (x <= self.high if self.high_closed else x < self.high)

    def __repr__(self) -> str:
        left, right = "[" if self.low_closed else "(", "]" if self.high_closed else ")"
        return f"{left}{self.low:g}, {self.high:g}{right}"


REALS = Interval("(-inf, inf)")


class Primitive:
    """One operation: how to compute it, and its local partials.

    Called on plain numbers it gives a plain number, on Values a Value that remembers its operands.

    Attributes:
        name: what str() gives, and what a drawing shows: "tanh", "+".
        arguments: the names of its operands.
        forward: f(x1, .., xn), on plain real numbers.
        partials: one function (x1, .., xn, y) -> dy/dxi for each operand i.
        latex: the formula, with #1 .. #n for the operands; "" for its name and them.
        domain: an Interval for each operand.
        kinks: functions (x1, .., xn) that are 0 where f has no derivative or no value.
        complex_forward: f on plain complex numbers, or None if it has no complex form.
        ieee_forward: f in IEEE arithmetic, for an f that raises where that has a number.
        defaults: of its last operands.
        edges: operands at which the partials are a convention, or infinite.
        requires: the domain in words, for error messages; "" if it is all reals.
        exact: whether ints in give an int out, rather than a float.
        kind: "activation", or "".
        commutative: whether the order of two operands does not matter.
        operator: the Python operator it is: "add" for +, by the name of its method; or "".
        fast: for a scalar type, a quicker function of the same operands that does the same.
    """

    complex_forward: Callable[..., Any] | None = None
    ieee_forward: Callable[..., float] | None = None
    defaults: tuple[float, ...] = ()
    edges: tuple[tuple[float, ...], ...] = ()
    requires = ""
    exact = False
    kind = ""
    commutative = False
    operator = ""

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        partials: Sequence[Callable[..., Any]],
        latex: str = "",
        doc: str = "",
        *,
        domain: str | Sequence[str] = (),
        kinks: Iterable[float | Callable[..., Any]] = (),
        arguments: Sequence[str] = (),
        module: str = "autograd_mini.primitives",
        attribute: str = "",
        **options: Any,
    ) -> None:
        self.name, self.forward, self.partials = name, forward, tuple(partials)
        self.latex, self.__doc__ = latex, doc
        self.arguments = tuple(arguments) or operand_names(self.partials)
        domains = (domain,) if isinstance(domain, str) else tuple(domain)
        self.domain = tuple(map(Interval, domains)) or (REALS,) * len(self.arguments)
        self.kinks = tuple(k if callable(k) else _vanishes_at(k) for k in kinks)
        self.fast: dict[type, Callable[..., Any]] = {}
        self.__module__ = module  # a primitive pickles by module and name
        self.__name__ = self.__qualname__ = attribute or name
        bounded = [(n, d) for n, d in zip(self.arguments, self.domain) if d is not REALS]
        self.requires = ", ".join(f"{n} in {interval}" for n, interval in bounded)
        for option, value in options.items():
            if not hasattr(Primitive, option):
                raise TypeError(f"a primitive has no option {option!r}")
            setattr(self, option, value)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<primitive {self.name}({', '.join(self.arguments)})>"

    def __reduce__(self) -> str:
        return self.__qualname__

    def __deepcopy__(self, memo: dict[int, Any]) -> Primitive:
        return self

    if TYPE_CHECKING:

        @overload
        def __call__(self, *operands: float, **keywords: float) -> float: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, *operands: complex, **keywords: complex) -> complex: ...
        @overload
        def __call__(self, *operands: Value | float, **keywords: Value | float) -> Value: ...

    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        if keywords or len(operands) != len(self.arguments):
            operands = self._bind(operands, keywords)
        elif len(operands) == 1:
            fast = self.fast.get(operands[0].__class__)
            if fast:
                return fast(operands[0])
        return self.apply(operands)

    @property
    def is_method(self) -> bool:
        """Whether it is a method of every scalar type: a named function of one argument."""
        return self.name == self.__name__ and len(self.arguments) - len(self.defaults) == 1

    def _bind(self, operands: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, ...]:
        """The operands in order, keywords and defaults filled in."""
        names = self.arguments
        filled = dict(zip(names[len(names) - len(self.defaults) :], self.defaults))
        filled.update(zip(names, operands))
        twice = set(names[: len(operands)]) & set(keywords)
        filled.update(keywords)
        if len(operands) > len(names) or twice or set(filled) != set(names):
            given = [*map(show, operands), *(f"{k}={show(v)}" for k, v in keywords.items())]
            raise TypeError(f"expected {self.name}({', '.join(names)}), got ({', '.join(given)})")
        return tuple(filled[name] for name in names)

    def apply(self, operands: Sequence[Any]) -> Any:
        """The operation on operands of any scalar type, which interprets it.

        Raises TypeError for operands of two scalar types, unless one is derived from the other.
        """
        for x in operands:
            if x.__class__ is not float:
                break
        else:
            return self.evaluate(operands)
        interpreter: Any = None
        for kind in set(map(type, operands)):
            if hasattr(kind, "__apply_primitive__"):
                if interpreter is None or issubclass(kind, interpreter):
                    interpreter = kind
                elif not issubclass(interpreter, kind) and not _interpret_alike(kind, interpreter):
                    names = " and ".join(sorted((kind.__name__, interpreter.__name__)))
                    raise TypeError(f"{self.name} expected scalars of one type, got {names}")
        if interpreter is not None:
            return interpreter.__apply_primitive__(self, operands)
        return self.evaluate([plain(x) for x in operands])

    def evaluate(self, numbers: Sequence[Any], operands: Sequence[Any] = ()) -> Any:
        """f(numbers), errors explained by `operands`; float out unless all was exact."""
        try:
            y = self.forward(*numbers)
        except (ValueError, OverflowError, ZeroDivisionError) as error:
            if isinstance(error, ValueError) and not _all_finite(numbers):
                return nan  # as in IEEE arithmetic
            raise self.explained(error, operands or numbers) from None
        except TypeError:
            if not any(x.__class__ is complex for x in numbers):
                raise
            if self.complex_forward is None:
                raise TypeError(f"{self.name} has no complex form; it takes real numbers") from None
            return self.complex_forward(*numbers)
        if y.__class__ is float:
            return y
        y = plain(y)
        return float(y) if y.__class__ is int and not self.exact else y

    def explained(self, error: Exception, operands: Sequence[Any]) -> Exception:
        """The error with the operation, the operands and their labels."""
        names = self.arguments
        call = self.call_text(names)
        if len(names) == len(operands):
            given = ", ".join(f"{n} = {show(x)}" for n, x in zip(names, operands))
        else:  # a list
            given = ", ".join(map(show, operands[:4])) + (", .." if len(operands) > 4 else "")
        if isinstance(error, ValueError):
            reason = f"needs {self.requires}" if self.requires else str(error) or "is not defined"
            return DomainError(f"{call} {reason}; got {given}")
        if isinstance(error, ZeroDivisionError):
            return ZeroDivisionError(f"{call} divides by zero; got {given}")
        return OverflowError(f"{call} is too large for a float; got {given}")

    def call_text(self, operands: Sequence[str]) -> str:
        """The operation on operands as one writes it: "x + y", "tanh(x)", "fsum([x, y])"."""
        if self.operator == "neg":
            return f"-{operands[0]}"
        if len(operands) == 2 and not self.name.isidentifier():
            return f" {self.name} ".join(operands)
        return f"{self.name}({', '.join(operands)})"

    def partial(self, index: int, operands: Sequence[Any], y: Any) -> Any:
        """dy/dx_index, on scalars of any type."""
        return self.partials[index](*operands, y)

    def partials_at(self, indices: Sequence[int], operands: Sequence[Any], y: Any) -> list[Any]:
        """dy/dx_i for each of these indices, on scalars of any type."""
        return [self.partial(i, operands, y) for i in indices]

    def local_partial(
        self, index: int, numbers: Sequence[Any], y: Any, operands: Sequence[Any] = ()
    ) -> Any:
        """dy/dx_index on plain numbers: as exact as y is, in IEEE arithmetic at edges."""
        try:
            d = self.partial(index, numbers, y)
        except (OverflowError, ZeroDivisionError):
            d = self.partial(index, [IEEE(x) for x in numbers], IEEE(y))
        except ValueError as error:
            if not _all_finite(numbers):
                return nan
            raise self.explained(error, operands or numbers) from None
        return d if d.__class__ is float else self._as_exact_as(y, d)

    def local_partials(
        self, numbers: Sequence[Any], y: Any, operands: Sequence[Any], wanted: Sequence[bool]
    ) -> list[Any]:
        """The local partial for each operand that is wanted, None for the others."""
        return [
            self.local_partial(i, numbers, y, operands) if wanted_here else None
            for i, wanted_here in enumerate(wanted)
        ]

    def _as_exact_as(self, y: Any, d: Any) -> Any:
        """A partial as a float if the result is one; as a Fraction if the rule gives one."""
        if d.__class__ is IEEE:
            return float(d)
        try:
            d = plain(d)
        except TypeError as error:
            raise TypeError(f"a partial of {self.name} is not a number: {error}") from None
        is_float = y.__class__ is float and (d.__class__ is int or not isinstance(d, Rational))
        return float(d) if is_float and d.__class__ is not complex else d


def _interpret_alike(kind: Any, other: Any) -> bool:
    return kind.__apply_primitive__.__func__ is other.__apply_primitive__.__func__


def as_tuple(xs: Any, name: str) -> tuple[Any, ...]:
    """The scalars of a list; a single one is refused."""
    if not hasattr(xs, "__iter__"):
        raise TypeError(f"{name} expected a list of scalars, got {show(xs)}; write [x]")
    return tuple(xs)


def operand_names(functions: Sequence[Callable[..., Any]]) -> tuple[str, ...]:
    """The argument names of a partial, without the last, which is y."""
    code = getattr(functions[0], "__code__", None) if functions else None
    return code.co_varnames[: code.co_argcount - 1] if code else ()


def _all_finite(numbers: Sequence[Any]) -> bool:
    return all(x.__class__ is not float or x - x == 0 for x in numbers)


def _within(forward: Callable[..., Any], domain: Iterable[Interval]) -> Callable[..., Any]:
    """f, which raises outside its domain; a nan passes, and complex numbers have no order, nor have
    scalars that record what is done to them."""
    if not domain:
        return forward

    def checked(*numbers: Any) -> Any:
        for x, interval in zip(numbers, domain):
            has_order = x.__class__ is not complex and not hasattr(x, "__apply_primitive__")
            if has_order and x == x and x not in interval:
                raise ValueError
        return forward(*numbers)

    checked.unchecked = forward  # type: ignore[attr-defined] # for scalars without a number
    return checked


def _vanishes_at(point: float) -> Callable[..., Any]:
    return lambda x, *others: x - point


class NaryPrimitive(Primitive):
    """An operation on a list. Its one partial is a function of (index, operands, y)."""

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        partial: Callable[[int, Sequence[Any], Any], Any],
        latex: str = "",
        doc: str = "",
        **options: Any,
    ) -> None:
        super().__init__(name, forward, (), latex, doc, arguments=("xs",), **options)
        self.nary_partial = partial

    is_method = False

    def __call__(self, xs: Iterable[Any]) -> Any:  # type: ignore[override]
        return self.apply(as_tuple(xs, self.name))

    def call_text(self, operands: Sequence[str]) -> str:
        return f"{self.name}([{', '.join(operands)}])"

    def partial(self, index: int, operands: Sequence[Any], y: Any) -> Any:
        return self.nary_partial(index, operands, y)


def primitive(
    name: str,
    forward: Callable[..., Any],
    partials: Sequence[Callable[..., Any]] | Callable[[int, Sequence[Any], Any], Any],
    *,
    nary: bool = False,
    domain: str | Sequence[str] = (),
    kinks: Iterable[float | Callable[..., Any]] = (),
    latex: str = "",
    complex_forward: Callable[..., Any] | None = None,
    doc: str = "",
    complex: Callable[..., Any] | None = None,
) -> Primitive:
    r"""Declare an operation of your own; what comes back is called like exp.

    Args:
        name: its name. Assign the result to a module variable of the same name, and graphs
            that hold it can be pickled.
        forward: f(x1, .., xn) on plain numbers, composed of this library's functions and
            `where`, or any function of floats.
        partials: for each operand, a function of (x1, .., xn, y) that gives dy/dxi, written
            in this library's functions so that it can be differentiated again.
        nary: whether it is an operation on a list of any length. Then `forward` is a function of
            the list, and `partials` one function (i, xs, y) -> dy/dxs[i].
        domain: for each operand the interval where f is defined, such as "(0, inf)" or
            "[-1, 1]", or one for all; all reals by default. Outside it a DomainError is raised.
        kinks: points x1, or functions of the operands that vanish, where f has no derivative.
        latex: the formula, with #1 .. #n for the operands.
        complex_forward: f on complex numbers, for a `forward` that cannot take them.
        doc: its docstring.
        complex: the old name of complex_forward.

    Returns:
        A Primitive: call it on Values and numbers.

    Raises:
        ValueError: the partials are not one function for each operand.

    >>> from autograd_mini import Value, primitive, sin, cos
    >>> sinc = primitive(
    ...     "sinc",
    ...     lambda x: sin(x) / x,
    ...     partials=(lambda x, y: (cos(x) - y) / x,),
    ...     kinks=(0.0,),
    ... )
    >>> x = Value(2.0)
    >>> y = sinc(x)
    >>> y.backward()
    >>> round(x.grad, 6)
    -0.435398
    >>> mean = primitive(
    ...     "mean", lambda xs: sum(xs) / len(xs), lambda i, xs, y: 1 / len(xs), nary=True
    ... )
    >>> mean([x, 4.0]).data
    3.0
    """
    if not isinstance(name, str) or not name:
        raise ValueError(f"a primitive needs a name, got {name!r}")
    if complex:
        message = "primitive(complex=) is now called complex_forward="
        warnings.warn(message, DeprecationWarning, stacklevel=2)
    options: dict[str, Any] = {
        "domain": domain, "kinks": kinks, "complex_forward": complex_forward or complex,
        "module": sys._getframe(1).f_globals.get("__name__", "__main__"),
    }  # fmt: skip
    if nary:
        if not callable(partials):
            raise ValueError(f"n-ary primitive {name!r} needs one partial, a function (i, xs, y)")
        if not isinstance(domain, str) and tuple(domain):
            raise ValueError(f"n-ary primitive {name!r} has one domain, a string, for all operands")

        domains = itertools.repeat(Interval(domain)) if isinstance(domain, str) else ()
        checked = _within(lambda *numbers: forward(list(numbers)), domains)
        return NaryPrimitive(name, checked, partials, latex, doc, **options)
    rules = tuple(partials) if isinstance(partials, (tuple, list)) else ()
    if not rules or any(len(operand_names([rule])) != len(rules) for rule in rules):
        raise ValueError(
            f"primitive {name!r} needs a tuple with one partial for each operand, each a Python "
            "function of all operands and y, such as (lambda x1, x2, y: x2, lambda x1, x2, y: x1)"
        )
    intervals = (domain,) * len(rules) if isinstance(domain, str) else tuple(domain)
    if intervals and len(intervals) != len(rules):
        raise ValueError(f"primitive {name!r} has {len(rules)} operands, {len(intervals)} domains")
    options["domain"] = intervals
    checked = _within(forward, tuple(map(Interval, intervals)))
    return Primitive(name, checked, rules, latex, doc, **options)
