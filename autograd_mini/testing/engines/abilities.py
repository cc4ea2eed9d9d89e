"""The operations that an engine has, and on which sides it takes constants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...primitives import TABLE, absolute, add, divide, fsum, multiply, negate, power, subtract
from ...rules import Primitive
from ..programs import Expression, Node
from .questions import Answer, Question
from .shrinking import renumbered

ARITHMETIC = (add, multiply, subtract, divide)
NAMES = "exp log tanh relu sigmoid sin cos tan sqrt leaky_relu silu softplus expm1 log1p log2 log10"
NAMES += " sinh cosh asin acos atan asinh atanh erf erfc"
FUNCTIONS = (*(TABLE[name] for name in NAMES.split()), absolute)
SLOPE = 0.25  # of leaky_relu, whose default differs between engines

REFUSALS = ("TypeError", "AttributeError", "AssertionError", "ValueError", "Exception", "missing")


Ask = Callable[[Question], Answer]


class Abilities:
    """The operations that an engine has, by the kinds of their operands.

    Attributes:
        kinds: for each operation those of "v", "vv" (two scalars), "vc" and "cv" (a constant on the
            right, on the left) that the engine takes; "vf" is a fractional exponent.
        missing: what it does not take, as code.
        error: the largest relative error of its functions, among those that look like rounding.
    """

    def __init__(self, ask: Ask) -> None:
        self.kinds: dict[Primitive, set[str]] = {}
        self.missing: list[str] = []
        self.error = 0.0
        for row in (*ARITHMETIC, power, negate, fsum, *FUNCTIONS):
            found = {kind for kind, x in _operands(row).items() if self._takes(ask, row, kind, x)}
            if found:
                self.kinds[row] = found

    def _takes(self, ask: Ask, row: Primitive, kind: str, operands: Sequence[Any]) -> bool:
        inputs = [0.5, 2.0] if kind == "vv" else [0.5]
        answer = ask(Question(Expression(inputs, [(row, tuple(operands))]), "forward"))
        if row in FUNCTIONS and not answer.problem and len(answer.data) == 2:
            right = row.evaluate([0.5, *operands[1:]])
            error = abs(answer.data[1] - right) / abs(right)
            self.error = max(self.error, error if error < 1e-4 else 0.0)
        # an operation on scalars that raises is wrong; a constant that it does not take is missing
        is_optional = kind in ("vc", "cv", "vf") or row is power
        refused = answer.problem in (REFUSALS if is_optional else ["missing"])
        if refused and row not in FUNCTIONS and kind != "vf":
            shown = ["ab"[x] if x.__class__ is int else "2" for x in operands]
            self.missing.append("sum()" if row is fsum else row.call_text(shown))
        return not refused

    def has(self, row: Primitive, kind: str) -> bool:
        return kind in self.kinds.get(row, ())

    def has_arithmetic(self) -> bool:
        return bool(self.of("vv", (add, multiply)))

    def of(self, kind: str, rows: Sequence[Primitive] = ARITHMETIC) -> list[Primitive]:
        """Those of some rows that take operands of a kind."""
        return [row for row in rows if self.has(row, kind)]

    def functions(self) -> list[tuple[Primitive, tuple[float, ...]]]:
        """The functions it has, and their constants."""
        unary = [(row, ()) for row in self.of("v", (negate, *FUNCTIONS))]
        return unary + [(row, (SLOPE,)) for row in self.of("vc", FUNCTIONS)]

    def legal(self, program: Expression) -> Expression:
        """The program with only such operands as the engine takes.

        A constant on a side where it takes none becomes an input; x**y becomes x**2.
        """
        inputs, count = list(program.inputs), len(program.inputs)
        nodes: list[Node] = []
        for row, operands in program.nodes:
            xs = list(operands)
            kind = "".join("v" if x.__class__ is int else "c" for x in xs)
            fractional = row is power and kind == "vc" and not xs[1].is_integer()
            if row is power and not self.has(row, "vf" if fractional else kind):
                xs = [next(x for x in xs if x.__class__ is int), 2.0]
            elif len(xs) < 3 and row not in FUNCTIONS and not self.has(row, kind):
                for i in [i for i, x in enumerate(xs) if x.__class__ is not int]:
                    inputs.append(xs[i])
                    xs[i] = ~len(inputs)  # its number, told apart until all inputs are known
            nodes.append((row, tuple(xs)))
        more = len(inputs) - count

        def place(x: int) -> int:
            return ~x - 1 if x < 0 else x if x < count else x + more

        return Expression(inputs, renumbered(nodes, place))


def _operands(row: Primitive) -> dict[str, tuple[Any, ...]]:
    """Operands of each kind that an operation may take: places of inputs, and constants."""
    if row is TABLE["leaky_relu"]:
        return {"vc": (0, SLOPE)}
    if len(row.arguments) != 2:
        return {"v": (0,)}
    kinds: dict[str, tuple[Any, ...]] = {"vv": (0, 1), "vc": (0, 2.0), "cv": (2.0, 0)}
    return {"vc": (0, 2.0), "vf": (0, 0.5), **kinds} if row is power else kinds
