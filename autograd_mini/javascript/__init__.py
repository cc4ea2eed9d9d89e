"""JavaScript: scalars that write it, so that a page can compute what the engine computes.

A rule of the table that is run on Scripts instead of numbers gives an expression of JavaScript. So
no rule is written a second time. Only what Python itself computes has a spelling here:

    tanh.forward   ->  Math.tanh(x[0])
    tanh.partial   ->  1 - y * y
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import primitives as rules
from ..errors import AutogradError, TraceError
from ..operators import Operators
from ..rules import Primitive

ARITHMETIC = Path(__file__).parent / "arithmetic.js"  # defines autogradArithmetic

_MATH = (
    "exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan asin acos atan atan2 hypot "
    "sinh cosh tanh asinh acosh atanh"
)
_HELPERS = "power erf erfc maximum minimum clip sigmoid softplus fsum logsumexp dot"

# Operations that are not composed of others. The names after m are those of arithmetic.js.
SPELLINGS: dict[Primitive, str] = {
    rules.add: "({0} + {1})",
    rules.subtract: "({0} - {1})",
    rules.multiply: "({0} * {1})",
    rules.divide: "({0} / {1})",
    rules.negate: "(-{0})",
    rules.absolute: "Math.abs({0})",
    rules.BRANCHES[0]: "{0}",
    rules.BRANCHES[1]: "{1}",
    **{rules.TABLE[name]: f"Math.{name}({{all}})" for name in _MATH.split()},
    **{rules.TABLE[name]: f"m.{name}({{all}})" for name in _HELPERS.split()},
}


class Script(Operators):
    """A scalar that is an expression: an operation on Scripts and numbers, or a text.

    >>> x = Script("x")
    >>> Library().text(x * 2 + x)
    '((x * 2) + x)'
    """

    __slots__ = ("operands", "operation")

    def __init__(self, operation: Primitive | str, operands: Sequence[Any] = ()) -> None:
        self.operation, self.operands = operation, operands

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Script:
        return Script(primitive, operands)

    def __lt__(self, other: Any) -> Any:
        return Condition("{} < {}", (self, other))

    def __gt__(self, other: Any) -> Any:
        return Condition("{} > {}", (self, other))


class Condition(Script):
    """A comparison of Scripts, for where()."""

    __slots__ = ()

    def __where__(self, a: Any, b: Any) -> Script:
        return Script("({} ? {} : {})", (self, a, b))

    def __bool__(self) -> bool:
        raise TraceError("a Script cannot decide a comparison; write where(condition, a, b)")


class Library:
    """The rules of some operations in JavaScript, and what they are composed of.

    >>> library = Library()
    >>> library.add(rules.relu)
    0
    >>> print(library.source())
    (m) => {
    const f0 = (...x) => (x[0] < 0 ? 0 : x[0]);
    const f1 = (...x) => (x[0] > 0 ? 1 : (x[0] < 0 ? 0 : (x[0] - x[0])));
    return [
    [(x) => f0(x[0]), (x, y) => [f1(x[0])]],
    ];
    }
    """

    def __init__(self) -> None:
        self._functions: dict[tuple[Primitive, int], str] = {}  # and their names
        self._lines: list[str] = []
        self._rules: dict[tuple[Primitive, int], str] = {}

    def add(self, op: Primitive, count: int | None = None) -> int:
        """The number of the rule of `op`, on `count` operands.

        Raises:
            AutogradError: it is a function of Python, or one of its partials is.
        """
        count = len(op.arguments) if count is None else count
        if (op, count) not in self._rules:
            xs, y = _variables(count), Script("y")
            try:
                value = self.text(Script(op, xs))
                partials = [self.text(op.partial(k, xs, y)) for k in range(count)]
            except (TypeError, AttributeError, ValueError) as error:
                raise AutogradError(
                    f"{op} is a function of Python, or one of its partials is"
                ) from error
            self._rules[op, count] = f"[(x) => {value}, (x, y) => [{', '.join(partials)}]],"
        return list(self._rules).index((op, count))

    def source(self) -> str:
        """A function of arithmetic.js that gives a list of [value of x, partials of x and y]."""
        return "\n".join(["(m) => {", *self._lines, "return [", *self._rules.values(), "];", "}"])

    def text(self, x: Any) -> str:
        """An expression in JavaScript."""
        if not isinstance(x, Script):
            number = str(float(x)).replace("inf", "Infinity").replace("nan", "NaN")
            return f"({number})" if number.startswith("-") else number.removesuffix(".0")
        operands = [self.text(operand) for operand in x.operands]
        if isinstance(x.operation, str):
            return x.operation.format(*operands) if operands else x.operation
        every = ", ".join(operands)
        if x.operation in SPELLINGS:
            return SPELLINGS[x.operation].format(*operands, all=every)
        return f"{self._function(x.operation, len(operands))}({every})"

    def _function(self, op: Primitive, count: int) -> str:
        """The name of a function composed of others, which is written where it is first used."""
        if (op, count) not in self._functions:
            forward = getattr(op.forward, "unchecked", op.forward)
            text = self.text(forward(*_variables(count)))
            self._functions[op, count] = name = f"f{len(self._functions)}"
            self._lines.append(f"const {name} = (...x) => {text};")
        return self._functions[op, count]


def _variables(count: int) -> list[Script]:
    return [Script(f"x[{k}]") for k in range(count)]
