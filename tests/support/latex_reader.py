r"""What a formula comes to, as a mathematician reads it: the oracle for what formulas.py writes.

A recursive descent over the LaTeX, in 60 digits, with the functions of mpmath rather than the
library's. Braces are not to be seen on paper, so they hold nothing together: the base of a power
has to be one thing even without them, and a sign may stand only at the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import mpmath

PRECISE = mpmath.mp.clone()
PRECISE.dps = 60
mp: Any = PRECISE

TOKEN = re.compile(r"\s*(\\[a-zA-Z]+|\\\\|\d+(?:\.\d+)?|.)")


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def _softplus(x: Any) -> Any:
    return mp.log(1 + mp.exp(x))


def _gelu_tanh(x: Any) -> Any:
    return x * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3))) / 2


FUNCTIONS: dict[str, Callable[..., Any]] = {
    r"\ln": mp.log,
    r"\log_2": lambda x: mp.log(x, 2),
    r"\log_{10}": mp.log10,
    r"\sin": mp.sin,
    r"\cos": mp.cos,
    r"\tan": mp.tan,
    r"\arcsin": mp.asin,
    r"\arccos": mp.acos,
    r"\arctan": mp.atan,
    r"\sinh": mp.sinh,
    r"\cosh": mp.cosh,
    r"\tanh": mp.tanh,
    r"\max": max,
    r"\min": min,
    r"\sigma": _sigmoid,
    r"\operatorname{arsinh}": mp.asinh,
    r"\operatorname{arcosh}": mp.acosh,
    r"\operatorname{artanh}": mp.atanh,
    r"\operatorname{atan2}": mp.atan2,
    r"\operatorname{erf}": mp.erf,
    r"\operatorname{erfc}": mp.erfc,
    r"\operatorname{sgn}": mp.sign,
    r"\operatorname{relu}": lambda x: max(x, mp.mpf(0)),
    r"\operatorname{leaky\_relu}": lambda x, slope: x if x > 0 else slope * x,
    r"\operatorname{elu}": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    r"\operatorname{silu}": lambda x: x * _sigmoid(x),
    r"\operatorname{gelu}": lambda x: x * mp.ncdf(x),
    r"\operatorname{gelu}_{\tanh}": _gelu_tanh,
    r"\operatorname{mish}": lambda x: x * mp.tanh(_softplus(x)),
    r"\operatorname{clip}": lambda x, low, high: min(max(x, low), high),
}
CONSTANTS = {r"\pi": mp.pi, r"2 \pi": 2 * mp.pi, r"\infty": mp.inf, r"\mathrm{nan}": mp.nan}


def _over(a: Any, b: Any) -> Any:
    if b != 0:
        return a / b
    return mp.nan if a == 0 or a != a else mp.sign(a) * mp.inf


def _to_the(x: Any, n: Any) -> Any:
    try:
        y = x**n
    except ZeroDivisionError:
        return mp.inf
    return mp.nan if isinstance(y, mp.mpc) else y


def read(latex: str, names: Mapping[str, float] | None = None) -> float:
    """The value of a formula; `names` says what the names in it stand for, by their LaTeX."""
    reader = _Reader(latex, {name: mp.mpf(x) for name, x in (names or {}).items()})
    value = reader.sum()
    reader.expect("")
    return float(value)


class _Reader:
    def __init__(self, latex: str, names: Mapping[str, Any]) -> None:
        self.latex, self.at = latex, 0
        # the longest first: x_{12} is not x
        self.names = sorted({**CONSTANTS, **names}.items(), key=lambda item: -len(item[0]))
        self.functions = sorted(FUNCTIONS.items(), key=lambda item: -len(item[0]))

    # -- tokens -----------------------------------------------------------------------------------

    def peek(self) -> str:
        match = TOKEN.match(self.latex, self.at)
        return match[1] if match else ""

    def takes(self, text: str) -> bool:
        """Whether this comes next; then it is passed."""
        rest = self.latex[self.at :]
        found = rest.lstrip().startswith(text) if text else not rest.strip()
        if found:
            self.at += len(rest) - len(rest.lstrip()) + len(text)
        return found

    def expect(self, text: str) -> None:
        if not self.takes(text):
            raise SyntaxError(f"expected {text!r} at {self.latex[self.at :]!r} in {self.latex!r}")

    # -- the grammar ------------------------------------------------------------------------------

    def sum(self) -> Any:
        total = self.product(signed=True)
        while self.peek() in ("+", "-"):
            total = total + self.product() if self.takes("+") else total - self._after_minus()
        return total

    def _after_minus(self) -> Any:
        self.expect("-")
        return self.product()

    def product(self, signed: bool = False) -> Any:
        negative = signed and self.takes("-")
        value = self.power()
        while self.takes(r"\cdot") or self.takes(r"\times"):
            value = value * self.power()
        return -value if negative else value

    def power(self) -> Any:
        base = self.atom()
        return _to_the(base, self.script()) if self.takes("^") else base

    def script(self) -> Any:
        return self.group() if self.peek() == "{" else mp.mpf(self._digit())

    def _digit(self) -> str:
        self.expect(digit := self.latex[self.at])
        if not digit.isdigit():
            raise SyntaxError(f"no digit: {digit!r} in {self.latex!r}")
        return digit

    def group(self) -> Any:
        """What a fraction, a root or a script sets apart: here braces are to be seen."""
        self.expect("{")
        value = self.sum()
        self.expect("}")
        return value

    def atom(self) -> Any:
        if self.takes("{"):
            value = self.atom()
            self.expect("}")
            return value
        if self.takes("("):
            return self._until(")")
        if self.takes(r"\lvert"):
            return abs(self._until(r"\rvert"))
        if self.takes(r"\frac"):
            return _over(self.group(), self.group())
        if self.takes(r"\sqrt[3]"):
            x = self.group()
            return mp.sign(x) * mp.cbrt(abs(x))
        if self.takes(r"\sqrt"):
            return mp.sqrt(self.group())
        if self.takes(r"\mathbb{1}["):
            holds = self.condition()
            self.expect("]")
            return mp.mpf(holds)
        if self.takes(r"\begin{cases}"):
            return self.cases()
        for name, function in self.functions:
            if self.takes(name + "("):
                return function(*self.arguments())
        for name, value in self.names:
            if self.takes(name):
                return value
        if self.takes("e^"):
            return mp.exp(self.group())
        if re.fullmatch(r"\d+(\.\d+)?", number := self.peek()):
            self.expect(number)
            return mp.mpf(number)
        raise SyntaxError(f"cannot read {self.latex[self.at :]!r} in {self.latex!r}")

    def _until(self, closing: str) -> Any:
        value = self.sum()
        self.expect(closing)
        return value

    def arguments(self) -> list[Any]:
        values = [self.sum()]
        while self.takes(",") or self.takes(";"):
            values.append(self.sum())
        self.expect(")")
        return values

    def condition(self) -> bool:
        a = self.sum()
        if self.takes(">"):
            return bool(a > self.sum())
        self.expect("<")
        return bool(a < self.sum())

    def cases(self) -> Any:
        chosen = None
        while True:
            value = self.sum()
            self.expect("&")
            if self.takes(r"\text{otherwise}"):
                self.expect(r"\end{cases}")
                return value if chosen is None else chosen
            self.expect(r"\text{if }")
            holds = self.condition()
            while self.takes(r"\text{ or }"):
                holds |= self.condition()
            if holds and chosen is None:
                chosen = value
            self.expect(r"\\")
