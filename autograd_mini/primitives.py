"""The rule table: every scalar operation, declared once.

For y = f(x1, .., xn) the derivative rule is its n local partials dy/dxi. A row of the table
holds the forward function and those partials, as ordinary expressions over (x1, .., xn, y):

    tanh = declare("tanh", math.tanh, (lambda x, y: 1 - y * y,), ...)

They are written in the library's own functions and never branch in Python, so any scalar type can
run them: floats give the local derivatives that a Value stores, Values give derivatives of
derivatives, complex numbers check them. A scalar type takes part by having a classmethod
`__apply_primitive__(primitive, operands)`; Primitive.apply hands over to it.

The function, the method and the operator follow from the row. So do the public names, the page of
operations, the random programs, and the compiled code of what is composed of other functions.

At a kink the partials give PyTorch's choice: relu'(0) = 0, |x|'(0) = 0, ties of maximum half and
half. Where a partial divides by zero or overflows, it is run again in IEEE arithmetic. So
sqrt'(0) is inf, and a forward pass that is sound itself does not raise.
"""

from __future__ import annotations

import cmath
import math
import operator
from functools import reduce

from .operators import define_operators
from .rules import NaryPrimitive, Primitive, as_tuple
from .scalars import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, TypeVar

    Row = TypeVar("Row", bound=Primitive)

inf, nan, pi = math.inf, math.nan, math.pi


TABLE: dict[str, Primitive] = {}  # the rows, by the name they have in this module


def declare(name: str, *args: Any, **options: Any) -> Primitive:
    """A row of the table: name, forward, partials, LaTeX, docstring, and Primitive's options."""
    return _row(Primitive(name, *args, **options))


def _row(row: Row) -> Row:
    TABLE[row.__name__] = row
    define_operators(row)
    return row


# What no operation made, and what was cut off by detach().
LEAF = Primitive("", plain, (lambda x, y: 1,), attribute="LEAF")
DETACHED = Primitive("", plain, (lambda x, y: 1,), attribute="DETACHED")


# -- where: the one way to branch ---------------------------------------------------------------


class _Chosen(Primitive):
    """maximum or minimum, also of more than two: maximum(a, b, c) is maximum(maximum(a, b), c)."""

    def _bind(self, operands: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, ...]:
        if len(operands) > 2 and not keywords:
            return reduce(self, operands[:-1]), operands[-1]
        return super()._bind(operands, keywords)


class _Branch(Primitive):
    """where(condition, a, b) with its condition decided; the condition is not an operand."""

    def call_text(self, operands: Sequence[str]) -> str:
        return f"where({self is _where_true}, {', '.join(operands)})"


# fmt: off
_where_true = _Branch("where", lambda a, b: a, (lambda a, b, y: 1, lambda a, b, y: 0),
    r"\operatorname{where}(\mathrm{true}, #1, #2)", exact=True, attribute="_where_true")
_where_false = _Branch("where", lambda a, b: b, (lambda a, b, y: 0, lambda a, b, y: 1),
    r"\operatorname{where}(\mathrm{false}, #1, #2)", exact=True, attribute="_where_false")
# fmt: on
BRANCHES = (_where_true, _where_false)  # the two primitives behind where()


def where(condition: Any, a: Any, b: Any) -> Any:
    """`a` if the condition holds, else `b`: one node with operands (a, b).

    Both branches are always evaluated, so `where(x > 0, log(x), 0)` raises for x <= 0; write
    `log(where(x > 0, x, 1))`. The condition is read now: rerun() does not decide it again.

    Args:
        condition: a bool, or a comparison of scalars.
        a: the scalar chosen where it holds.
        b: the scalar chosen where it does not.

    Returns:
        A plain number if both are plain, else a Value.

    >>> where(2 < 3, 10.0, 20.0)
    10.0
    """
    if condition.__class__ is not bool:
        if hasattr(condition, "__where__"):  # a traced comparison
            return condition.__where__(a, b)
        if type(condition).__name__ not in ("bool", "bool_"):  # NumPy's are bools too
            raise TypeError(
                f"where expected a condition such as x > 0, got {type(condition).__name__}"
            )
    if a.__class__ in _PLAIN and b.__class__ in _PLAIN:
        return a if condition else b
    return (_where_true if condition else _where_false).apply((a, b))


_PLAIN = frozenset((int, float))


# -- what the rows below are made of ------------------------------------------------------------


def _power(x: Any, n: Any) -> Any:
    """x**n; a fractional power of a negative number is not real."""
    y = x**n
    if y.__class__ is complex and x.__class__ is not complex and n.__class__ is not complex:
        raise ValueError
    return y


def _power_ieee(x: float, n: float) -> float:
    try:
        y = x**n
    except (ZeroDivisionError, OverflowError):
        return math.copysign(inf, x) if n % 2 == 1 else inf
    return nan if isinstance(y, complex) else y


def _divide_ieee(x: float, y: float) -> float:
    if y:
        return x / y
    return x * math.copysign(inf, y) if x else nan


def _nonzero(x: Any) -> Any:
    """x, but 1 at 0."""
    return where(x > 0, x, where(x < 0, x, 1))


def _power_slope(x: Any, n: Any, y: Any) -> Any:
    """n * x**(n - 1); for n = 0 it is x**n * (n / x), which is 0 at x = 0 too, where x**-1 is not.

    In the branch that is not taken x is 1, so that its derivatives are finite.
    """
    nonzero = abs(n) > 0
    at_zero = where(nonzero, 1, _nonzero(x))
    return where(nonzero, n * where(nonzero, x, 1) ** (n - 1), at_zero**n * (n / at_zero))


def _cbrt(x: float) -> float:
    """The real cube root; one Newton step makes it exact to the last place or two."""
    if x == 0 or not math.isfinite(x):
        return float(x)
    y = math.copysign(abs(x) ** (1 / 3), x)
    return y - (y - x / (y * y)) / 3


# 1 - x*x with all its digits near 1, and a derivative with all its digits near 0.
_one_minus_square = Primitive(
    "one_minus_square",
    lambda x: where(x * x < 0.5, 1 - x * x, (1 - x) * (1 + x)),
    (lambda x, y: -2 * x,),
    "1 - #1^2",
    complex_forward=lambda z: (1 - z) * (1 + z),
    attribute="_one_minus_square",
)


def _radius(x1: Any, x2: Any) -> Any:
    """hypot(x1, x2), but 1 at the origin, so that a quotient by it is 0 there."""
    r = hypot(x1, x2)
    return where(r > 0, r, 1 + r)  # 1 + r, so that a nan stays one


def _maximum(x1: Any, x2: Any) -> Any:
    return x1 if x1 > x2 or x1 != x1 else x2


def _minimum(x1: Any, x2: Any) -> Any:
    return x1 if x1 < x2 or x1 != x1 else x2


def _larger(x1: Any, x2: Any) -> Any:
    """1 where x1 > x2, 0 where x1 < x2, one half at a tie."""
    return where(x1 > x2, 1, where(x1 < x2, 0, 0.5))


def _clip(x: Any, low: Any, high: Any) -> Any:
    if low > high:
        raise ValueError
    for bound in (low, high):
        if bound != bound:  # a nan comes out
            return bound
    return low if x < low else high if x > high else x


def _sigmoid(x: float) -> float:
    """Without overflow, and with full relative accuracy in the left tail."""
    if x < 0:
        e = math.exp(x)
        return e / (1 + e)
    return 1 / (1 + math.exp(-x))


def _softplus(x: float) -> float:
    return x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))


def _normal_distribution(x: Any) -> Any:
    return erfc(-x * math.sqrt(0.5)) / 2


_GELU_C, _GELU_CUBIC = math.sqrt(2 / pi), 0.044715


def _twice_gelu_u(x: Any) -> Any:
    """2 u, where gelu_tanh is x (1 + tanh u) / 2, which is x * sigmoid(2 u)."""
    return 2 * _GELU_C * (x + _GELU_CUBIC * x * x * x)


def _twice_gelu_du(x: Any) -> Any:
    """Its derivative; beyond 40, where what it is multiplied by is 0, that at 40."""
    return 2 * _GELU_C * (1 + 3 * _GELU_CUBIC * clip(x, -40, 40) * clip(x, -40, 40))


def _mish_slope(x: Any, y: Any) -> Any:
    """1 - tanh(s)**2 is 4 sigmoid(2 s) sigmoid(-2 s), which keeps its digits for a large s."""
    s = softplus(x)
    return tanh(s) + 4 * sigmoid(2 * s) * sigmoid(-2 * s) * sigmoid(x) * x


# -- the table: operations of a fixed number of operands ----------------------------------------
# Two lines a row: name, forward, partials; then LaTeX, docstring and what else there is to say.
# fmt: off

add = declare("+", operator.add, (lambda x1, x2, y: 1, lambda x1, x2, y: 1),
    "#1 + #2", "x1 + x2.", operator="add", attribute="add", commutative=True)
subtract = declare("-", operator.sub, (lambda x1, x2, y: 1, lambda x1, x2, y: -1),
    "#1 - #2", "x1 - x2.", operator="sub", attribute="subtract")
multiply = declare("*", operator.mul, (lambda x1, x2, y: x2, lambda x1, x2, y: x1),
    r"#1 \cdot #2", "x1 * x2.", operator="mul", attribute="multiply", commutative=True)
divide = declare("/", operator.truediv, (lambda x1, x2, y: 1 / x2, lambda x1, x2, y: -y / x2),
    r"\frac{#1}{#2}", "x1 / x2.", operator="truediv", attribute="divide",
    kinks=(lambda x1, x2: x2,), ieee_forward=_divide_ieee)
power = declare("**", _power, (_power_slope, lambda x, n, y: y * log(_nonzero(x))),
    "#1^{#2}", "x to the power n. The exponent's partial at base 0 is 0.",
    operator="pow", attribute="power", kinks=(lambda x, n: x,), ieee_forward=_power_ieee,
    requires="x > 0, or x = 0 and n >= 0, or a whole number n that is not a Value",
    edges=((0.0, 0.0), (0.0, 0.5), (0.0, 1.0), (0.0, 2.0), (2.0, 0.0)))
negate = declare("neg", operator.neg, (lambda x, y: -1,),
    "-#1", "-x.", operator="neg", attribute="negate")

exp = declare("exp", math.exp, (lambda x, y: y,),
    "e^{#1}", "e to the power x.", complex_forward=cmath.exp)
expm1 = declare("expm1", math.expm1, (lambda x, y: y + 1,),
    "e^{#1} - 1", "exp(x) - 1, accurate near 0.", complex_forward=lambda z: cmath.exp(z) - 1)
log: Primitive = declare("log", math.log, (lambda x, y: 1 / x,),
    r"\ln(#1)", "The natural logarithm.", domain="(0, inf)", complex_forward=cmath.log)
log1p = declare("log1p", math.log1p, (lambda x, y: 1 / (1 + x),),
    r"\ln(1 + #1)", "log(1 + x), accurate near 0.",
    domain="(-1, inf)", complex_forward=lambda z: cmath.log(1 + z))
log2 = declare("log2", math.log2, (lambda x, y: 1 / (x * math.log(2)),),
    r"\log_2(#1)", "The logarithm to base 2.",
    domain="(0, inf)", complex_forward=lambda z: cmath.log(z) / math.log(2))
log10 = declare("log10", math.log10, (lambda x, y: 1 / (x * math.log(10)),),
    r"\log_{10}(#1)", "The logarithm to base 10.", domain="(0, inf)", complex_forward=cmath.log10)
sqrt = declare("sqrt", math.sqrt, (lambda x, y: 1 / (2 * y),),
    r"\sqrt{#1}", "The square root. Its derivative at 0 is inf.",
    domain="[0, inf)", kinks=(0.0,), edges=((0.0,),), complex_forward=cmath.sqrt)
cbrt = declare("cbrt", _cbrt, (lambda x, y: 1 / (3 * y * y),),  # math.cbrt is 2 ulp off
    r"\sqrt[3]{#1}", "The real cube root. Its derivative at 0 is inf.",
    kinks=(0.0,), edges=((0.0,),))

sin = declare("sin", math.sin, (lambda x, y: cos(x),),
    r"\sin(#1)", "The sine of x in radians.", complex_forward=cmath.sin)
cos: Primitive = declare("cos", math.cos, (lambda x, y: -sin(x),),
    r"\cos(#1)", "The cosine of x in radians.", complex_forward=cmath.cos)
tan = declare("tan", math.tan, (lambda x, y: 1 + y * y,),
    r"\tan(#1)", "The tangent of x in radians.",
    kinks=(lambda x: cos(x),), complex_forward=cmath.tan)
asin = declare("asin", math.asin, (lambda x, y: 1 / sqrt(_one_minus_square(x)),),
    r"\arcsin(#1)", "The inverse sine, in radians. Its derivative at -1 and 1 is inf.",
    domain="[-1, 1]", kinks=(-1.0, 1.0), edges=((-1.0,), (1.0,)), complex_forward=cmath.asin)
acos = declare("acos", math.acos, (lambda x, y: -1 / sqrt(_one_minus_square(x)),),
    r"\arccos(#1)", "The inverse cosine, in radians. Its derivative at -1 and 1 is -inf.",
    domain="[-1, 1]", kinks=(-1.0, 1.0), edges=((-1.0,), (1.0,)), complex_forward=cmath.acos)
atan = declare("atan", math.atan, (lambda x, y: 1 / (1 + x * x),),
    r"\arctan(#1)", "The inverse tangent, in radians.", complex_forward=cmath.atan)
atan2 = declare("atan2", math.atan2, (
        lambda x1, x2, y: x2 / _radius(x1, x2) / _radius(x1, x2),
        lambda x1, x2, y: -x1 / _radius(x1, x2) / _radius(x1, x2),
    ),
    r"\operatorname{atan2}(#1, #2)",
    "The angle of the point (x2, x1) in radians. Its partials at the origin are 0.",
    kinks=(lambda x1, x2: hypot(x1, where(x2 < 0, 0, x2)),), edges=((0.0, 0.0),))
hypot: Primitive = declare("hypot", math.hypot,
    (lambda x1, x2, y: x1 / y, lambda x1, x2, y: x2 / y),
    r"\sqrt{#1^2 + #2^2}",
    "The length of (x1, x2), without overflow. Its partials at the origin are nan.",
    kinks=(lambda x1, x2: hypot(x1, x2),), edges=((0.0, 0.0),), commutative=True,
    complex_forward=lambda z1, z2: cmath.sqrt(z1 * z1 + z2 * z2))
sinh = declare("sinh", math.sinh, (lambda x, y: cosh(x),),
    r"\sinh(#1)", "The hyperbolic sine.", complex_forward=cmath.sinh)
cosh: Primitive = declare("cosh", math.cosh, (lambda x, y: sinh(x),),
    r"\cosh(#1)", "The hyperbolic cosine.", complex_forward=cmath.cosh)
tanh = declare("tanh", math.tanh, (lambda x, y: 1 - y * y,),
    r"\tanh(#1)", "The hyperbolic tangent.", kind="activation", complex_forward=cmath.tanh)
asinh = declare("asinh", math.asinh, (lambda x, y: 1 / hypot(1, x),),
    r"\operatorname{arsinh}(#1)", "The inverse hyperbolic sine.", complex_forward=cmath.asinh)
acosh = declare("acosh", math.acosh, (lambda x, y: 1 / (sqrt(x - 1) * sqrt(x + 1)),),
    r"\operatorname{arcosh}(#1)", "The inverse hyperbolic cosine. Its derivative at 1 is inf.",
    domain="[1, inf)", kinks=(1.0,), edges=((1.0,),), complex_forward=cmath.acosh)
atanh = declare("atanh", math.atanh, (lambda x, y: 1 / _one_minus_square(x),),
    r"\operatorname{artanh}(#1)", "The inverse hyperbolic tangent.",
    domain="(-1, 1)", complex_forward=cmath.atanh)
erf = declare("erf", math.erf, (lambda x, y: 2 / math.sqrt(pi) * exp(-x * x),),
    r"\operatorname{erf}(#1)",
    "The error function, 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x.")
erfc = declare("erfc", math.erfc, (lambda x, y: -2 / math.sqrt(pi) * exp(-x * x),),
    r"\operatorname{erfc}(#1)", "1 - erf(x), accurate in its right tail.")

# Piecewise. Each is written so that a nan comes out where a nan goes in: x - x is 0, or nan.
absolute = declare("abs", operator.abs, (lambda x, y: sign(x),),
    r"\lvert #1 \rvert", "|x|. Its derivative at 0 is 0.",
    operator="abs", attribute="absolute", kinks=(0.0,), edges=((0.0,),))
sign: Primitive = declare("sign", lambda x: where(x > 0, 1, where(x < 0, -1, x - x)),
    (lambda x, y: 0,), r"\operatorname{sgn}(#1)", "-1, 0 or 1. Its derivative is 0.",
    kind="activation", kinks=(0.0,), edges=((0.0,),))
step = declare("step", lambda x: where(x > 0, 1, where(x < 0, 0, x - x)), (lambda x, y: 0,),
    r"\mathbb{1}[#1 > 0]", "The Heaviside step: 1 for x > 0, else 0. Its derivative is 0.",
    kind="activation", kinks=(0.0,), edges=((0.0,),))
maximum = _row(_Chosen("maximum", _maximum,
    (lambda x1, x2, y: _larger(x1, x2), lambda x1, x2, y: _larger(x2, x1)),
    r"\max(#1, #2)", "The larger of two; a tie shares the gradient half and half.",
    kinks=(lambda x1, x2: x1 - x2,), edges=((1.0, 1.0),), commutative=True))
minimum = _row(_Chosen("minimum", _minimum,
    (lambda x1, x2, y: _larger(x2, x1), lambda x1, x2, y: _larger(x1, x2)),
    r"\min(#1, #2)", "The smaller of two; a tie shares the gradient half and half.",
    kinks=(lambda x1, x2: x1 - x2,), edges=((1.0, 1.0),), commutative=True))
clip = declare("clip", _clip, (
        lambda x, low, high, y: where(x < low, 0, where(x > high, 0, 1)),
        lambda x, low, high, y: where(x < low, 1, 0),
        lambda x, low, high, y: where(x > high, 1, 0),
    ),
    r"\operatorname{clip}(#1, #2, #3)",
    "x held within [low, high], low <= high. Its derivative at the edges is 1.",
    requires="low <= high", edges=((0.0, 0.0, 1.0), (1.0, 0.0, 1.0)), kinks=(
        lambda x, low, high: x - low,
        lambda x, low, high: x - high,
        lambda x, low, high: high - low,
    ))

relu = declare("relu", lambda x: where(x < 0, 0, x), (lambda x, y: step(x),),
    r"\operatorname{relu}(#1)", "max(x, 0). Its derivative at 0 is 0.",
    kind="activation", kinks=(0.0,), edges=((0.0,),))
leaky_relu = declare("leaky_relu", lambda x, slope: where(x > 0, x, slope * x),
    (lambda x, slope, y: where(x > 0, 1, slope), lambda x, slope, y: where(x > 0, 0, x)),
    r"\operatorname{leaky\_relu}(#1; #2)",
    "x for x > 0, else slope * x. Its derivative at 0 is the slope.",
    kind="activation", defaults=(0.01,), kinks=(0.0,), edges=((0.0, 0.01),))
elu = declare("elu", lambda x, alpha: where(x > 0, x, alpha * expm1(where(x > 0, 0, x))), (
        lambda x, alpha, y: where(x > 0, 1, alpha * exp(where(x > 0, 0, x))),
        lambda x, alpha, y: expm1(where(x > 0, 0, x)),
    ),
    r"\operatorname{elu}(#1; #2)",
    "x for x > 0, else alpha * (exp(x) - 1) (Clevert et al. 2016, arXiv:1511.07289).",
    kind="activation", defaults=(1.0,), kinks=(0.0,), edges=((0.0, 1.0), (0.0, 2.0)))
sigmoid: Primitive = declare("sigmoid", _sigmoid, (lambda x, y: y * sigmoid(-x),),
    r"\sigma(#1)", "The logistic function 1 / (1 + exp(-x)).",
    kind="activation", complex_forward=lambda z: 1 / (1 + cmath.exp(-z)))
softplus = declare("softplus", _softplus, (lambda x, y: sigmoid(x),),
    r"\ln(1 + e^{#1})", "log(1 + exp(x)), without overflow.",
    kind="activation", complex_forward=lambda z: cmath.log(1 + cmath.exp(z)))
log_sigmoid = declare("log_sigmoid", lambda x: -softplus(-x), (lambda x, y: sigmoid(-x),),
    r"\ln(\sigma(#1))", "log(sigmoid(x)), without underflow.")
silu = declare("silu", lambda x: x * sigmoid(x), (lambda x, y: sigmoid(x) + y * sigmoid(-x),),
    r"\operatorname{silu}(#1)",
    "x * sigmoid(x), also called swish (arXiv:1606.08415, arXiv:1710.05941).", kind="activation")
gelu = declare("gelu", lambda x: x * _normal_distribution(x),
    (lambda x, y: _normal_distribution(x) + x * exp(-x * x / 2) / math.sqrt(2 * pi),),
    r"\operatorname{gelu}(#1)", "x times the normal distribution function of x (arXiv:1606.08415).",
    kind="activation")
gelu_tanh = declare("gelu_tanh", lambda x: x * sigmoid(_twice_gelu_u(x)), (
        lambda x, y: (
            sigmoid(_twice_gelu_u(x)) + y * sigmoid(-_twice_gelu_u(x)) * _twice_gelu_du(x)
        ),
    ),
    r"\operatorname{gelu}_{\tanh}(#1)",
    "The tanh form of gelu, x (1 + tanh(sqrt(2/pi) (x + 0.044715 x**3))) / 2.", kind="activation")
mish = declare("mish", lambda x: x * tanh(softplus(x)), (_mish_slope,),
    r"\operatorname{mish}(#1)", "x * tanh(softplus(x)) (Misra 2019, arXiv:1908.08681).",
    kind="activation")

# fmt: on
# -- n-ary: one node for many operands, one partial as a function of (index, operands, y) -------


def _sum(*xs: Any) -> Any:
    """Exact for ints and Fractions; correctly rounded for floats; IEEE where one is not finite."""
    if float not in set(map(type, xs)):
        return sum(xs)
    try:
        return math.fsum(xs)
    except ValueError:  # inf - inf
        return nan
    except OverflowError:  # of a partial sum; the whole need not overflow
        return _exact_sum(xs)


def _exact_sum(xs: Sequence[Any]) -> float:
    if not all(map(math.isfinite, xs)):
        return float(sum(xs))
    from fractions import Fraction  # too rarely needed to be imported with the core

    total = sum(map(Fraction, xs), Fraction())
    try:
        return float(total)
    except OverflowError:
        return inf if total > 0 else -inf


# fmt: off
fsum = _row(NaryPrimitive("fsum", _sum, lambda i, xs, y: 1, r"\operatorname{fsum}(#*)",
    "The sum of a list, as one node: correctly rounded, exact for ints and Fractions. Like + "
    "it overflows to inf.", exact=True, complex_forward=lambda *zs: sum(zs)))
# fmt: on


def _logsumexp(*xs: Any) -> Any:
    if not xs:
        raise ValueError
    largest = max(xs)
    if not math.isfinite(largest):
        return sum(xs) if any(x != x for x in xs) else float(largest)
    # the largest term is 1, and log1p of the rest keeps the digits that a sum would lose
    rest = [math.exp(x - largest) for x in xs]
    rest.remove(1.0)
    return largest + math.log1p(math.fsum(rest))


# fmt: off
logsumexp = _row(NaryPrimitive("logsumexp", _logsumexp, lambda i, xs, y: exp(xs[i] - y),
    r"\operatorname{logsumexp}(#*)",
    "log(exp(x1) + .. + exp(xn)) of a list, without overflow, as one node.",
    requires="at least one operand",
    complex_forward=lambda *zs: cmath.log(sum(map(cmath.exp, zs)))))
# fmt: on


class _Dot(NaryPrimitive):
    """dot(ws, xs, bias=0); its operands are ws, then xs, then the bias."""

    def __call__(self, ws: Iterable[Any], xs: Iterable[Any], bias: Any = 0) -> Any:  # type: ignore[override]
        ws, xs = as_tuple(ws, "dot"), as_tuple(xs, "dot")
        if len(ws) != len(xs):
            raise ValueError(f"dot expected two lists of one length, got {len(ws)} and {len(xs)}")
        fast = self.fast.get(ws[0].__class__) if ws else None
        node = fast(ws, xs, bias) if fast else None
        return self.apply((*ws, *xs, bias)) if node is None else node

    @staticmethod
    def has_bias(operands: Sequence[Any]) -> bool:
        """Whether the last operand is more than the int 0 that stands for no bias."""
        return operands[-1].__class__ is not int or operands[-1] != 0

    def call_text(self, operands: Sequence[str]) -> str:
        n = len(operands) // 2
        if n == 0:  # its arguments' names
            return "dot(ws, xs, bias)"
        first, second = ", ".join(operands[:n]), ", ".join(operands[n:-1])
        return f"dot([{first}], [{second}], {operands[-1]})"

    def partials_at(self, indices: Sequence[int], operands: Sequence[Any], y: Any) -> list[Any]:
        """As everywhere, but without a call for each operand: the other factor, and 1."""
        n = len(operands) // 2
        slopes = (*operands[n:-1], *operands[:n], 1)
        return [slopes[i] for i in indices]

    def local_partials(
        self, numbers: Sequence[Any], y: Any, operands: Sequence[Any], wanted: Sequence[bool]
    ) -> list[Any]:
        slopes = self.partials_at(range(len(numbers)), numbers, y)
        return [self._as_exact_as(y, d) if here else None for d, here in zip(slopes, wanted)]


def _dot(*operands: Any) -> Any:
    n = len(operands) // 2
    return _sum(*map(operator.mul, operands[:n], operands[n:-1]), operands[-1])


def _dot_partial(i: int, operands: Sequence[Any], y: Any) -> Any:
    n = len(operands) // 2
    return 1 if i == 2 * n else operands[i + n] if i < n else operands[i - n]


# fmt: off
dot = _row(_Dot("dot", _dot, _dot_partial, r"\operatorname{dot}(#*)",
    "w1*x1 + .. + wn*xn + bias, as one node: each product is rounded once, their sum "
    "correctly; exact for ints and Fractions. Like + and * it overflows to inf.", exact=True,
    complex_forward=lambda *zs: sum(
        map(operator.mul, zs[:len(zs) // 2], zs[len(zs) // 2:-1]), zs[-1])))
# fmt: on


# -- functions of lists, composed of the above --------------------------------------------------


def softmax(xs: Iterable[Any]) -> list[Any]:
    """exp(x_i) / (exp(x_1) + .. + exp(x_n)) for each i, without overflow.

    Args:
        xs: a list of n >= 1 scalars (logits).

    Returns:
        A list of n scalars in [0, 1] that sum to 1.

    >>> [round(p, 6) for p in softmax([0.0, 0.0])]
    [0.5, 0.5]
    """
    shifted = less_the_largest(xs, "softmax")
    total = logsumexp(shifted)
    return [exp(x - total) for x in shifted]


def log_softmax(xs: Iterable[Any]) -> list[Any]:
    """x_i - logsumexp(xs) for each i.

    >>> [round(y, 6) for y in log_softmax([1000.0, 1000.0])]
    [-0.693147, -0.693147]
    """
    shifted = less_the_largest(xs, "log_softmax")
    total = logsumexp(shifted)
    return [x - total for x in shifted]


def less_the_largest(xs: Iterable[Any], name: str) -> list[Any]:
    """Logits minus the largest of them, a plain number: softmax does not change, nor do its
    derivatives, and logits of any size keep their digits."""
    xs = list(as_tuple(xs, name))
    if any(hasattr(x, "trace") for x in xs):  # it has no number, and a program shifts itself
        return xs
    numbers = [getattr(x, "data", x) for x in xs]
    largest = max((x for x in numbers if x.__class__ is not complex and x - x == 0), default=0)
    return [x - largest for x in xs] if largest else xs


def pick(xs: Iterable[Any], k: Any) -> Any:
    """The k-th of a list, counted from 0: the scalar itself, with no node in between.

    Args:
        xs: a list of n scalars.
        k: an integer in [0, n - 1], or a traced number.

    Raises:
        IndexError: k is out of range, or not a whole number.

    >>> pick([10.0, 20.0, 30.0], 1)
    20.0
    """
    xs = list(xs)
    if hasattr(k, "__pick__"):  # a traced number
        return k.__pick__(xs)
    index = plain(k)
    if not 0 <= index < len(xs) or index != int(index):
        raise IndexError(f"pick expected a whole number from 0 to {len(xs) - 1}, got {k!r}")
    return xs[int(index)]


ACTIVATIONS = {name: row for name, row in TABLE.items() if row.kind == "activation"}

# What `import *` takes: the rows, but for + and its kin, and the functions above. It is set in this
# way since type checkers, which do not run this, then take every name there is.
globals()["__all__"] = ["ACTIVATIONS", "log_softmax", "pick", "softmax", "where"]
globals()["__all__"] += [name for name, row in TABLE.items() if row.name == name]
