"""Proves the rules: each partial is the derivative that SymPy finds.

A rule's forward and partials run on SymPy symbols, which are one more scalar type; SymPy
differentiates the forward, and the difference to the partial has to simplify to 0. That is shown
on open pieces of the domain that leave out only the kinks (PIECES says where a row has several).

    python tools/proofs.py
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import sympy as sp

from autograd_mini.primitives import TABLE, dot
from autograd_mini.rules import NaryPrimitive, Primitive
from autograd_mini.testing.points import sample_operands

# The functions that are one name, not an expression, or that branch in Python, in SymPy's spelling.
SPELLED: dict[str, Callable[..., sp.Expr]] = {
    "exp": sp.exp,
    "expm1": lambda x: sp.exp(x) - 1,
    "log": sp.log,
    "log1p": lambda x: sp.log(1 + x),
    "log2": lambda x: sp.log(x) / sp.log(2),
    "log10": lambda x: sp.log(x) / sp.log(10),
    "sqrt": sp.sqrt,
    "cbrt": lambda x: sp.sign(x) * sp.cbrt(sp.Abs(x)),
    "sin": sp.sin,
    "cos": sp.cos,
    "tan": sp.tan,
    "asin": sp.asin,
    "acos": sp.acos,
    "atan": sp.atan,
    "atan2": sp.atan2,
    "hypot": lambda x1, x2: sp.sqrt(x1**2 + x2**2),
    "sinh": sp.sinh,
    "cosh": sp.cosh,
    "tanh": sp.tanh,
    "asinh": sp.asinh,
    "acosh": sp.acosh,
    "atanh": sp.atanh,
    "erf": sp.erf,
    "erfc": sp.erfc,
    "maximum": sp.Max,
    "minimum": sp.Min,
    "clip": lambda x, low, high: sp.Min(sp.Max(x, low), high),
    "sigmoid": lambda x: 1 / (1 + sp.exp(-x)),
    "softplus": lambda x: sp.log(1 + sp.exp(x)),
    "logsumexp": lambda *xs: sp.log(sum(map(sp.exp, xs))),
}

# The irrational constants that the rules hold as floats.
CONSTANTS = (
    sp.log(2),
    sp.log(10),
    2 / sp.sqrt(sp.pi),
    sp.sqrt(sp.pi),
    sp.sqrt(2 * sp.pi),
    sp.sqrt(2 / sp.pi),
    2 * sp.sqrt(2 / sp.pi),
    sp.sqrt(2) / 2,
)

p, q = sp.symbols("p q", positive=True)
r, s = sp.symbols("r s", real=True)
m, n = sp.Symbol("m", integer=True, positive=True), sp.Symbol("n", integer=True)

# Operands that run through the domain piece by piece: p and q are any positive numbers, r and s
# any real ones, m any positive and n any integer. A row that is not here is proven for all r.
PIECES: dict[str, tuple[tuple[Any, ...], ...]] = {
    "divide": ((r, p), (r, -p)),
    "power": ((p, q), (p, -q), (p, 0), (-p, m), (-p, -m), (-p, 0)),
    **dict.fromkeys(("log", "log2", "log10", "sqrt"), ((p,),)),
    "log1p": ((-1 + p,),),
    "acosh": ((1 + p,),),
    **dict.fromkeys(("asin", "acos", "atanh"), (((p - 1) / (p + 1),),)),  # in (-1, 1)
    **dict.fromkeys(("cbrt", "absolute", "sign", "step", "relu"), ((p,), (-p,))),
    "leaky_relu": ((p, r), (-p, r)),
    "elu": ((p, r), (-p, r)),
    "hypot": ((p, r), (-p, r), (r, p), (r, -p)),
    "atan2": ((p, r), (-p, r), (r, p)),
    "maximum": ((r + p, r), (r - p, r)),
    "minimum": ((r + p, r), (r - p, r)),
    "clip": ((r - p, r, r + q), (r, r - p, r + q), (r + p, r - q, r)),
    "gelu_tanh": (
        (40 * (p - 1) / (p + 1),),
    ),  # in (-40, 40); beyond, the slope is 0 or 1 in floats
}

SIZES = 1, 2, 3  # of the lists that the n-ary rules are proven for


class Condition:
    """A comparison of symbolic scalars, for where()."""

    def __init__(self, relation: Any) -> None:
        self.relation = relation

    def __where__(self, a: Any, b: Any) -> Symbolic:
        return Symbolic(sp.Piecewise((exact(a), self.relation), (exact(b), True)))

    def __bool__(self) -> bool:
        raise TypeError("a symbolic comparison is neither true nor false")


class Symbolic:
    """A SymPy expression as a scalar that the rules run on."""

    def __init__(self, expression: sp.Expr) -> None:
        self.expression = expression

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Symbolic:
        spelled = SPELLED.get(primitive.__name__)
        if spelled:
            return cls(spelled(*map(exact, operands)))
        return cls(exact(primitive.forward(*(cls(exact(x)) for x in operands))))

    def __neg__(self) -> Symbolic:
        return Symbolic(-self.expression)

    def __abs__(self) -> Symbolic:
        return Symbolic(sp.Abs(self.expression))

    def __lt__(self, other: Any) -> Condition:
        return Condition(self.expression < exact(other))

    def __gt__(self, other: Any) -> Condition:
        return Condition(self.expression > exact(other))


def _operator(f: Callable[[Any, Any], Any], reflected: bool) -> Callable[[Any, Any], Symbolic]:
    def method(self: Symbolic, other: Any) -> Symbolic:
        x, y = self.expression, exact(other)
        return Symbolic(f(y, x) if reflected else f(x, y))

    return method


for _name in ("add", "sub", "mul", "truediv", "pow"):
    setattr(Symbolic, f"__{_name}__", _operator(getattr(operator, _name), reflected=False))
    setattr(Symbolic, f"__r{_name}__", _operator(getattr(operator, _name), reflected=True))


def exact(x: Any) -> sp.Expr:
    """An operand as a SymPy expression; a float as the constant or simple fraction it rounds."""
    if isinstance(x, Symbolic):
        return x.expression
    if not isinstance(x, float):
        return sp.sympify(x)
    for constant in CONSTANTS:
        if abs(abs(x) - float(constant)) <= math.ulp(x):
            return constant * int(math.copysign(1, x))
    fraction = Fraction(x).limit_denominator(10**6)
    if abs(fraction - Fraction(x)) > math.ulp(x):
        raise ValueError(f"{x!r} is not a constant that tools/proofs.py knows")
    return sp.Rational(fraction.numerator, fraction.denominator)


class Proof(NamedTuple):
    """What was found for one rule.

    Attributes:
        rule: its row.
        failed: (operand index, operands) of the pieces where SymPy did not get to 0.
        pieces: how many pieces and operands there were.
    """

    rule: Primitive
    failed: list[tuple[int, tuple[Any, ...]]]
    pieces: int

    @property
    def verdict(self) -> str:
        """ "proven", or "sampled" where the difference was 0 to 40 digits at random points."""
        return "sampled" if self.failed else "proven"


def prove(rule: Primitive) -> Proof:
    """Show that a rule's partials are the derivatives of its forward, on every piece.

    Raises:
        AssertionError: at some point a partial is not the derivative.
    """
    failed, count = [], 0
    for operands in _pieces(rule):
        for index, difference, place in _differences(rule, operands):
            count += 1
            on_piece = difference.subs(place)
            if not (on_piece == 0 or vanishes(difference) or vanishes(on_piece)):
                _sample(rule, index, on_piece)
                failed.append((index, operands))
    return Proof(rule, failed, count)


def _pieces(rule: Primitive) -> Iterator[tuple[Any, ...]]:
    if isinstance(rule, NaryPrimitive):
        for size in SIZES:
            length = 2 * size + 1 if rule is dot else size
            yield tuple(sp.symbols(f"x1:{length + 1}", real=True))
    else:
        yield from PIECES.get(rule.__name__, ((r, s)[: len(rule.arguments)],))


def _differences(
    rule: Primitive, piece: Sequence[Any]
) -> Iterator[tuple[int, sp.Expr, dict[sp.Dummy, Any]]]:
    """(operand index, derivative - partial in symbols for the operands, {symbol: operand})."""
    names = [sp.Dummy(f"x{i}", **_assumptions(x)) for i, x in enumerate(piece)]
    operands = [Symbolic(x) for x in names]
    y = rule.apply(operands)
    place = dict(zip(names, piece))
    for index, name in enumerate(names):
        if rule.__name__ == "power" and index == 1 and piece[0] == -p:
            continue  # the exponent of a negative base is a whole number, and no Value
        partial = exact(rule.partial(index, operands, y))
        yield index, _chosen(sp.diff(y.expression, name) - partial, place), place


def _chosen(expression: sp.Expr, place: dict[sp.Dummy, Any]) -> sp.Expr:
    """An expression with each Max and Min replaced by that operand which it is on the piece."""
    for kind, sign in ((sp.Max, 1), (sp.Min, -1)):

        def choose(*xs: sp.Expr, kind: Any = kind, sign: int = sign) -> sp.Expr:
            ahead = lambda x, o: sp.simplify(sign * (x - o).subs(place)).is_nonnegative  # noqa: E731
            return next((x for x in xs if all(ahead(x, o) for o in xs)), kind(*xs))

        expression = expression.replace(kind, choose)
    return expression


def _assumptions(x: Any) -> dict[str, bool]:
    """What SymPy may take for granted of an operand while it differentiates."""
    x = sp.sympify(x)
    return {"positive": True} if x.is_positive else {"real": True}


def vanishes(expression: sp.Expr) -> bool:
    """Whether SymPy can show that an expression is 0."""
    attempts: tuple[Callable[[sp.Expr], sp.Expr], ...] = (
        sp.simplify,
        lambda e: sp.simplify(sp.expand(e.rewrite(sp.exp), force=True)),
        lambda e: sp.simplify(sp.powsimp(sp.powdenest(e, force=False), combine="base")),
    )
    return any(attempt(expression) == 0 for attempt in attempts)


def _sample(rule: Primitive, index: int, difference: sp.Expr) -> None:
    """Evaluate a difference to 40 digits at random points of its piece."""
    rng = random.Random(rule.name)
    for _ in range(20):
        at = {x: sp.Rational(rng.randint(1, 300), 100) for x in difference.free_symbols}
        assert abs(sp.N(difference.subs(at), 50)) < 1e-40, (rule.name, index, at)


def spelling_error(rule: Primitive, rng: random.Random) -> float:
    """How far SymPy's spelling is from the forward in floats, relative, at a random point."""
    numbers = sample_operands(rule, rng)
    y = rule.evaluate(numbers)
    expression = SPELLED[rule.__name__](*(sp.Rational(Fraction(x)) for x in numbers))
    return float(abs(sp.N(expression, 30) - y) / max(abs(y), 1))


def main() -> None:
    for name, rule in TABLE.items():
        proof = prove(rule)
        print(f"{name:12} {proof.verdict:8} {proof.pieces} pieces", *proof.failed, flush=True)


if __name__ == "__main__":
    main()
