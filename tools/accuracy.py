"""Measures every function and derivative against mpmath, over its whole range.

An error is counted in ulp (units in the last place) of the exact result, beyond what the condition
of the function at that point forces: moving each operand by 2**-52 of it moves the result by
|x df/dx| 2**-52, and nothing that computes in floats is expected to do better. Derivatives are in
textbook form, and where that cancels (1 - y*y for tanh at 20) an ulp of 1 is their measure.

    python tools/accuracy.py
"""

from __future__ import annotations

import itertools
import math
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from mpmath import mp

from autograd_mini import Value
from autograd_mini.primitives import TABLE, dot
from autograd_mini.rules import NaryPrimitive, Primitive

DIGITS = 60
BOUND = 4.0  # ulp
EPSILON = sys.float_info.epsilon
SMALLEST = 1e-300  # a derivative below it, near underflow, is measured as if it were that large

# Where a row is known to be worse than that, and why.
EXCEPTIONS = {
    "power": "in n * x**(n - 1) n - 1 is rounded, times log(x); x and n subnormal, it overflows",
    "silu": "sigmoid(x) is subnormal for x < -708, and x times it has its few digits",
    "gelu": "erfc is subnormal for x < -37.5, and x times it keeps its few digits",
    "mish": "softplus(x) is subnormal for x < -708, and x times it has its few digits",
    "dot": "products that overflow to inf and -inf sum to nan, as in IEEE arithmetic",
    "logsumexp": "the derivative exp(x - y) has the rounding of y in it, half an ulp of y",
}

# -- the truth ----------------------------------------------------------------------------------
# (f, df/dx1, .., df/dxn) for each rule, written anew in mpmath, in forms that keep their digits.
# An n-ary rule has one derivative, a function of (index, operands).

Real = Any  # an mpf
LN2, LN10 = (lambda: mp.log(2)), (lambda: mp.log(10))


def _sigmoid(x: Real) -> Real:
    return 1 / (1 + mp.exp(-x))


def _bump(x: Real) -> Real:
    """The derivative of sigmoid."""
    return _sigmoid(x) * _sigmoid(-x)


def _softplus(x: Real) -> Real:
    return mp.log1p(mp.exp(x))


def _erfc(x: Real) -> Real:
    """mpmath's own does not take huge numbers; beyond 1e6 erfc is 0 or 2 to any digits here."""
    return mp.erfc(x) if abs(x) < 1e6 else mp.mpf(1 - mp.sign(x))


def _normal(x: Real) -> Real:
    return _erfc(-x / mp.sqrt(2)) / 2


def _density(x: Real) -> Real:
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def _twice_u(x: Real) -> Real:
    return 2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)


def _twice_du(x: Real) -> Real:
    return 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * mp.mpf("0.044715") * x**2)


def _gauss(x: Real) -> Real:
    return 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)


def _circle(x: Real) -> Real:
    return mp.sqrt((1 - x) * (1 + x))


def _radius(x1: Real, x2: Real) -> Real:
    return mp.sqrt(x1 * x1 + x2 * x2)


def _cbrt(x: Real) -> Real:
    return mp.sign(x) * mp.cbrt(abs(x))


def _logsumexp(*xs: Real) -> Real:
    largest, *rest = sorted(xs, reverse=True)
    return largest + mp.log1p(sum(mp.exp(x - largest) for x in rest))


def _dot(*xs: Real) -> Real:
    size = len(xs) // 2
    return sum((w * x for w, x in zip(xs[:size], xs[size:-1])), xs[-1])


def _dot_slope(i: int, xs: Sequence[Real]) -> Real:
    size = len(xs) // 2
    return mp.one if i == 2 * size else xs[(i + size) % (2 * size)]


TRUTH: dict[str, tuple[Callable[..., Real], ...]] = {
    "add": (lambda a, b: a + b, lambda a, b: 1, lambda a, b: 1),
    "subtract": (lambda a, b: a - b, lambda a, b: 1, lambda a, b: -1),
    "multiply": (lambda a, b: a * b, lambda a, b: b, lambda a, b: a),
    "divide": (lambda a, b: a / b, lambda a, b: 1 / b, lambda a, b: -a / b**2),
    "power": (
        mp.power,
        lambda x, n: n * mp.power(x, n - 1) if n else mp.zero,
        lambda x, n: mp.power(x, n) * mp.log(x),
    ),
    "negate": (lambda x: -x, lambda x: -1),
    "exp": (mp.exp, mp.exp),
    "expm1": (mp.expm1, mp.exp),
    "log": (mp.log, lambda x: 1 / x),
    "log1p": (mp.log1p, lambda x: 1 / (1 + x)),
    "log2": (lambda x: mp.log(x) / LN2(), lambda x: 1 / (x * LN2())),
    "log10": (lambda x: mp.log(x) / LN10(), lambda x: 1 / (x * LN10())),
    "sqrt": (mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x))),
    "cbrt": (_cbrt, lambda x: 1 / (3 * _cbrt(x) ** 2)),
    "sin": (mp.sin, mp.cos),
    "cos": (mp.cos, lambda x: -mp.sin(x)),
    "tan": (mp.tan, lambda x: 1 / mp.cos(x) ** 2),
    "asin": (mp.asin, lambda x: 1 / _circle(x)),
    "acos": (mp.acos, lambda x: -1 / _circle(x)),
    "atan": (mp.atan, lambda x: 1 / (1 + x * x)),
    "atan2": (
        mp.atan2,
        lambda a, b: b / (a * a + b * b),
        lambda a, b: -a / (a * a + b * b),
    ),
    "hypot": (_radius, lambda a, b: a / _radius(a, b), lambda a, b: b / _radius(a, b)),
    "sinh": (mp.sinh, mp.cosh),
    "cosh": (mp.cosh, mp.sinh),
    "tanh": (mp.tanh, lambda x: 1 / mp.cosh(x) ** 2),
    "asinh": (mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x)),
    "acosh": (mp.acosh, lambda x: 1 / mp.sqrt((x - 1) * (x + 1))),
    "atanh": (mp.atanh, lambda x: 1 / ((1 - x) * (1 + x))),
    "erf": (mp.erf, _gauss),
    "erfc": (_erfc, lambda x: -_gauss(x)),
    "absolute": (abs, mp.sign),
    "sign": (mp.sign, lambda x: 0),
    "step": (lambda x: int(x > 0), lambda x: 0),
    "maximum": (max, lambda a, b: int(a > b), lambda a, b: int(b > a)),
    "minimum": (min, lambda a, b: int(a < b), lambda a, b: int(b < a)),
    "clip": (
        lambda x, low, high: min(max(x, low), high),
        lambda x, low, high: int(low < x < high),
        lambda x, low, high: int(x < low),
        lambda x, low, high: int(x > high),
    ),
    "relu": (lambda x: max(x, mp.zero), lambda x: int(x > 0)),
    "leaky_relu": (
        lambda x, slope: x if x > 0 else slope * x,
        lambda x, slope: 1 if x > 0 else slope,
        lambda x, slope: 0 if x > 0 else x,
    ),
    "elu": (
        lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
        lambda x, alpha: 1 if x > 0 else alpha * mp.exp(x),
        lambda x, alpha: 0 if x > 0 else mp.expm1(x),
    ),
    "sigmoid": (_sigmoid, _bump),
    "softplus": (_softplus, _sigmoid),
    "log_sigmoid": (lambda x: -_softplus(-x), lambda x: _sigmoid(-x)),
    "silu": (lambda x: x * _sigmoid(x), lambda x: _sigmoid(x) + x * _bump(x)),
    "gelu": (lambda x: x * _normal(x), lambda x: _normal(x) + x * _density(x)),
    "gelu_tanh": (
        lambda x: x * _sigmoid(_twice_u(x)),
        lambda x: _sigmoid(_twice_u(x)) + x * _bump(_twice_u(x)) * _twice_du(x),
    ),
    "mish": (
        lambda x: x * mp.tanh(_softplus(x)),
        lambda x: mp.tanh(_softplus(x)) + x * _sigmoid(x) / mp.cosh(_softplus(x)) ** 2,
    ),
    "fsum": (lambda *xs: sum(xs), lambda i, xs: 1),
    "logsumexp": (_logsumexp, lambda i, xs: 1 / sum(mp.exp(x - xs[i]) for x in xs)),
    "dot": (_dot, _dot_slope),
}

# -- where to look ------------------------------------------------------------------------------

# Where formulas change, saturate, overflow or underflow: their neighbours are looked at too.
SPECIAL = (
    *(0.0, 0.5, 1.0, 2.0, math.e, math.pi / 2, math.pi, 1e22, 0.044715, math.log(2)),
    *(5.5, 9.0, 18.7, 20.0, 26.5, 27.2, 36.7, 37.5, 38.6, 40.0, 708.4, 709.78, 710.47, 745.1),
    *(2.0**-1022, 2.0**-511, 2.0**-27, 2.0**-53, 2.0**53, 2.0**511, 2.0**512, 2.0**1023),
    *(5e-324, 1e-310, 6e153, 5.6e102, sys.float_info.max),
)


def numbers(rng: random.Random, density: int) -> list[float]:
    """Floats of every kind and both signs; of some kinds in proportion to `density`."""
    found = {0.0}
    for x in SPECIAL:
        found |= {x, math.nextafter(x, math.inf), math.nextafter(x, 0.0)}
    found |= {rng.uniform(1, 10) * 10.0**k for k in range(-323, 308, max(1, 200 // density))}
    found |= {rng.uniform(0, 1) * 10.0**k for k in range(-3, 4) for _ in range(density)}
    return [sign * x + 0.0 for x in sorted(found) if math.isfinite(x) for sign in (1, -1)]


def points(rule: Primitive, density: int) -> Iterator[tuple[float, ...]]:
    """Operands all over a rule's domain, and in its corners; the same on every run."""
    rng = random.Random(f"{rule.name} {density}")
    pool = numbers(rng, density)
    intervals = rule.domain
    if len(intervals) == 1 and not isinstance(rule, NaryPrimitive):
        yield from ((x,) for x in pool if x in intervals[0])
        return
    tame = [x for x in pool if x == 0 or 1e-3 < abs(x) < 1e3]
    yield from (point for point in rule.edges if _is_defined(rule, point))
    for kind, count in ((tame, 12 * density), (pool, 12 * density)):
        for _ in range(count):
            size = len(intervals)
            if isinstance(rule, NaryPrimitive):
                size = rng.randint(1, 4)
                size = 2 * size + 1 if rule is dot else size
            point = [rng.choice(kind) for _ in range(size)]
            if size > 1 and rng.random() < 0.2:  # close together
                point[1] = math.nextafter(point[0], rng.choice((-math.inf, math.inf)))
            if rule.__name__ == "power" and rng.random() < 0.5:
                point[1] = rng.choice((-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 0.5, -0.5, 10.0))
            if all(map(math.isfinite, point)) and _is_defined(rule, point):
                yield tuple(point)


def _is_defined(rule: Primitive, point: Sequence[float]) -> bool:
    if rule.__name__ == "power":
        return point[0] > 0 or (point[0] == 0 and point[1] >= 0)
    if rule.__name__ == "divide":
        return point[1] != 0
    if rule.__name__ == "clip":
        return point[1] < point[2]
    return True


# -- the measure --------------------------------------------------------------------------------


class Worst(NamedTuple):
    """The largest error found, in ulp, and the operands where it is."""

    ulps: float = 0.0
    operands: tuple[float, ...] = ()


class Accuracy(NamedTuple):
    """What was measured of one rule.

    Attributes:
        function: in ulp of its value.
        derivatives: in ulp of the derivative.
        absolute: of the derivatives too, in ulp of 1 where they are below 1.
        points: at how many operands.
    """

    function: Worst
    derivatives: Worst
    absolute: Worst
    points: int

    @property
    def cancels(self) -> bool:
        """Whether the derivatives are accurate as measured against 1 only."""
        return self.derivatives.ulps > BOUND


def measure(name: str, density: int) -> Accuracy:
    """The worst errors of a rule of the table, over all its points."""
    rule, count = TABLE[name], 0
    function, derivatives, absolute = Worst(), Worst(), Worst()
    with mp.workdps(DIGITS):
        for point in points(rule, density):
            count += 1
            exact, forced = _truth(name, point)
            try:
                y = rule.apply([Value(x) for x in point])
            except OverflowError:
                infinite = math.copysign(math.inf, exact)
                function = max(function, Worst(_error(infinite, exact, forced), point))
                continue
            function = max(function, Worst(_error(y.data, exact, forced), point))
            for i in () if _is_kink(rule, point) else range(len(point)):
                found, (exact, forced) = y.partials[i], _truth(name, point, i)
                relative = Worst(_error(found, exact, forced, SMALLEST), point)
                derivatives = max(derivatives, relative)
                absolute = max(absolute, Worst(_error(found, exact, forced, 1.0), point))
    return Accuracy(function, derivatives, absolute, count)


def _is_kink(rule: Primitive, point: Sequence[float]) -> bool:
    return any(kink(*point) == 0 for kink in rule.kinks)


def _truth(name: str, point: Sequence[float], index: int | None = None) -> tuple[Real, Real]:
    """(the function, or a derivative; how far it moves when each operand moves by 2**-52)."""
    f = TRUTH[name][0]
    if index is not None and isinstance(TABLE[name], NaryPrimitive):
        f = lambda *xs: TRUTH[name][1](index, xs)  # noqa: E731
    elif index is not None:
        f = TRUTH[name][1 + index]
    xs = [mp.mpf(x) for x in point]
    forced = mp.zero
    for j, x in enumerate(point):
        if index is None and x in (TABLE[name].domain[0].low, TABLE[name].domain[0].high):
            continue  # no room to move
        h = max(mp.mpf(math.ulp(x)), abs(xs[j]) * EPSILON)
        small = h * mp.mpf(10) ** -12
        up, down = ([*xs[:j], xs[j] + move, *xs[j + 1 :]] for move in (small, -small))
        forced += abs(f(*up) - f(*down)) / (2 * small) * h
    return f(*xs), forced


def _error(found: float, exact: Real, forced: Real, at_least: float = 0.0) -> float:
    """How many ulp `found` is off beyond what is forced; an ulp is that of `at_least`, or more."""
    if not math.isfinite(found):
        beyond_floats = abs(exact) * (1 + mp.mpf(2) ** -50) + forced > sys.float_info.max
        return 0.0 if beyond_floats and found == math.copysign(math.inf, exact) else math.inf
    size = min(max(float(abs(exact)), at_least), sys.float_info.max)
    return max(0.0, float((abs(found - exact) - forced) / math.ulp(size)))


def violations(measured: dict[str, Accuracy]) -> list[str]:
    """The rows that are not as accurate as they should be, in words."""
    return [
        f"{name}: {what} is {worst.ulps:.3g} ulp off at {worst.operands}"
        for name, row in measured.items()
        for what, worst in (("the function", row.function), ("a derivative", row.absolute))
        if worst.ulps > BOUND
    ]


def main() -> None:
    measured = {}
    for name in TABLE:
        measured[name] = row = measure(name, density=100)
        print(f"{name:12} {row.points:6} points", end="")
        for worst in itertools.islice(row, 3):
            print(f"  {worst.ulps:8.3g} at {', '.join(map(repr, worst.operands)):40}", end="")
        print(flush=True)
    print(*violations(measured), sep="\n")


if __name__ == "__main__":
    main()
