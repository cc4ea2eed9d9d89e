"""What the checks of exercises are made of: numbers, formulas, functions, choices, properties.

A check is a function of an answer that returns nothing if the answer is right, and else raises
Wrong with a sentence: where the answer goes wrong, in which direction, and what kind of mistake
gives such a result. It does not say what is right.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple

from autograd_mini import AutogradError, Value, grad, topological_order
from autograd_mini.expressions import ExpressionError, parse

Check = Callable[[Any], None]
HAND = 2e-3  # numbers by hand are rounded
EXACT = 1e-6


class Wrong(Exception):
    """What is wrong with an answer."""


def wrong_if(holds: Any, text: str) -> None:
    if holds:
        raise Wrong(text)


class Verdict(NamedTuple):
    """What a check says; a notebook shows its text."""

    right: bool
    text: str

    def __repr__(self) -> str:
        return self.text


def judge(number: int, check: Check, answer: Any) -> Verdict:
    """The verdict on the answer to an exercise; `...` is not an answer yet."""
    if answer is ...:
        return Verdict(False, f"Exercise {number}: no answer yet.")
    try:
        check(answer)
    except Wrong as wrong:
        return Verdict(False, f"Exercise {number}: not yet. {wrong}")
    except Exception as error:  # whatever an answer is, a check tells, and does not fail
        kind = f"{type(error).__name__}: {error}"
        return Verdict(False, f"Exercise {number}: not yet. The answer cannot be used: {kind}")
    return Verdict(True, f"Exercise {number}: right.")


# -- kinds of checks ------------------------------------------------------------------------------


def number(right: float, *slips: tuple[float, str]) -> Check:
    """One number; slips say what is behind some wrong ones."""

    def check(answer: Any) -> None:
        found = number_of(answer)
        for slip, why in slips:
            wrong_if(near(found, slip), why)
        wrong_if(what := difference(found, right), f"Your number {what}.")

    return check


def numbers(names: str, right: list[Any], *slips: tuple[Any, str]) -> Check:
    """Several numbers, or rows of numbers, in the order of the names."""

    def check(answer: Any) -> None:
        for slip, why in slips:
            wrong_if(not disagreement(answer, slip, names.split()), why)
        wrong_if(what := disagreement(answer, right, names.split()), f"Your answer: {what}.")

    return check


def formula(
    names: str, right: Any, points: Sequence[tuple[float, ...]], *slips: tuple[str, str]
) -> Check:
    """An expression in these names, as a text or as a function, as the right one is."""
    wanted = [evaluated(right, names, point) for point in points]

    def check(answer: Any) -> None:
        found = [evaluated(answer, names, point) for point in points]

        def are(others: Sequence[float]) -> bool:
            return all(near(y, other, EXACT) for y, other in zip(found, others, strict=True))

        for slip, why in slips:
            wrong_if(are([evaluated(slip, names, point) for point in points]), why)
        if are(wanted):
            return
        wrong_if(are([-w for w in wanted]), "Your formula has the wrong sign everywhere.")
        ratios = [y / w for y, w in zip(found, wanted, strict=True) if w]
        zeros = all(near(y, w, EXACT) for y, w in zip(found, wanted, strict=True) if not w)
        if zeros and len(ratios) > 2 and all(near(r, ratios[0], EXACT) for r in ratios):
            wrong_if(near(ratios[0], 1.0), "It is nearly right: write 2/3, say, and not 0.667.")
            raise Wrong("Your formula is off by the same factor everywhere.")
        for y, w, point in zip(found, wanted, points, strict=True):
            place = ", ".join(f"{n} = {x:g}" for n, x in zip(names.split(), point, strict=True))
            what = difference(y, w, EXACT)
            wrong_if(what, f"At {place} your formula gives {y:.6g}, which {what}.")

    return check


def function(*cases: tuple[str, list[Any], Any]) -> Check:
    """A function; each case has a name, arguments, and what the function gives for them."""

    def check(answer: Any) -> None:
        for name, arguments, right in cases:
            if what := disagreement(call(answer, *copy.deepcopy(arguments), case=name), right):
                raise Wrong(f"For {name}: {what}.")

    return check


def chosen(right: str, among: str) -> Check:
    """Some of the letters, as a text such as "AC", or as a collection."""

    def check(answer: Any) -> None:
        if not isinstance(answer, Collection):
            raise Wrong(f"Expected some of the letters {', '.join(among)}, such as 'AB'.")
        if isinstance(answer, str):
            answer = re.sub(r"\band\b|[,;]", " ", answer)
        letters = {str(letter).strip().upper() for letter in answer} - {""}
        if strange := letters - set(among):
            raise Wrong(
                f"{sorted(strange)[0]!r} is none of {', '.join(among)}; give them as in 'AB'."
            )
        if not_in := letters - set(right):
            raise Wrong(f"{len(not_in)} of your {len(letters)} letters should not be there.")
        wrong_if(set(right) - letters, "What you have is right, but something is missing.")

    return check


# -- what they are made of ------------------------------------------------------------------------


def number_of(x: Any, name: str = "the answer") -> float:
    """A float; a Value gives its data, and a text such as "1/12" what it comes to."""
    if isinstance(x, str):
        try:
            x = parse(_as_parsed(x), {})
        except (AutogradError, ArithmeticError, ValueError) as error:
            why = str(error).split(";")[0]
            raise Wrong(f"Expected a number for {name}, got {shown(x)}: {why}.") from None
    x = x.data if isinstance(x, Value) else x
    if isinstance(x, bool) or not isinstance(x, Real):
        raise Wrong(f"Expected a number for {name}, got {shown(x)}.")
    wrong_if(not math.isfinite(x), f"{name[0].upper()}{name[1:]} is {x}, which is not finite.")
    return float(x)


def near(x: float, y: float, tolerance: float = HAND) -> bool:
    """Whether two numbers are the same; a whole number has to be met."""
    tolerance = EXACT if isinstance(y, int) else tolerance
    return math.isclose(x, y, rel_tol=tolerance, abs_tol=1e-9)


def difference(found: float, right: float, tolerance: float = HAND) -> str:
    """How a number is wrong; nothing if it is right."""
    if near(found, right, tolerance):
        return ""
    if near(found, -right, tolerance):
        return "has the right size and the wrong sign"
    return "is too large" if found > right else "is too small"


def disagreement(found: Any, right: Any, names: Sequence[str] = ()) -> str:
    """How a number, or a nested list of numbers, is wrong; nothing if it is right."""
    if not isinstance(right, (list, tuple)):
        what = difference(number_of(found), right)
        return what and f"it gives {found}, which {what}"
    expected = f"{len(right)} entries are expected" + (f" ({', '.join(names)})" if names else "")
    if isinstance(found, (str, dict, set)) or not hasattr(found, "__len__"):
        return f"{expected}, not {shown(found)}"
    if len(found) != len(right):
        return f"{expected}, and there are {len(found)}"
    for i, (x, wanted) in enumerate(zip(found, right, strict=True)):
        name = names[i] if i < len(names) else f"entry {i}"
        if isinstance(wanted, (list, tuple)):
            if what := disagreement(x, wanted):
                return f"{name}: {what}"
        elif what := difference(number_of(x, name), wanted):
            return f"{name} {what}"
    return ""


def evaluated(answer: Any, names: str, point: tuple[float, ...]) -> float:
    """What a formula, a text or a function, gives at a point."""
    variables = dict(zip(names.split(), point, strict=True))
    if callable(answer):
        case = ", ".join(f"{name} = {x:g}" for name, x in variables.items())
        return number_of(call(answer, *point, case=case))
    return number_of(_read(answer, variables))


def slope(answer: Any, x: float, name: str = "x") -> float:
    """The derivative of a formula in x, or in another name: a text or a function."""
    if callable(answer):
        return number_of(call(grad(answer), x, case=f"{name} = {x:g}"))
    root = _read(answer, {name: x})
    root.backward()
    return float(next(node.grad for node in topological_order(root) if node.label == name))


def _as_parsed(text: str) -> str:
    """A text with the names of parse() for what others call ln, max, min, σ and −."""
    ours = {"ln": "log", "max": "maximum", "min": "minimum", "σ": "sigmoid", "−": "-"}
    return re.sub(r"\b(ln|max|min|σ)\b|−", lambda name: ours[name[0]], text)


def _read(text: Any, variables: Mapping[str, float]) -> Value:
    if not isinstance(text, str) or not text.strip():
        names = ", ".join(variables)
        raise Wrong(f"Expected a formula in {names}, as a text or a function, got {shown(text)}.")
    if product := re.search(r"(?<![\w.])(\d+)(?!e[-+\d])([A-Za-z]+)", text):
        raise Wrong(f"Write {product[1]}*{product[2]} for {product[0]}.")
    text = _as_parsed(text)
    padded = f"({text}) + 0 * ({' + '.join(variables)})"  # parse() wants all variables to occur
    try:
        return parse(padded, variables)
    except ExpressionError as error:
        reason = str(error).replace(padded, text).split(";")[0]
        raise Wrong(
            f"It cannot be read as a formula in {', '.join(variables)}: {reason}."
        ) from None
    except (ArithmeticError, ValueError) as error:
        raise Wrong(f"{text!r} has no value at {dict(variables)}: {error}.") from None


def call(answer: Any, *arguments: Any, case: str) -> Any:
    """What an answer, a function, gives for arguments."""
    wrong_if(not callable(answer), f"Expected a function, got {shown(answer)}.")
    try:
        return answer(*arguments)
    except Exception as error:
        raise Wrong(f"For {case} it raises {type(error).__name__}: {error}") from None


def value_of(answer: Any) -> Value:
    """The root of a graph."""
    if not isinstance(answer, Value):
        raise Wrong(f"Expected a Value, the root of a graph, got {shown(answer)}.")
    return answer


def rows_of(answer: Any, *lengths: int) -> list[list[float]]:
    """Rows of numbers, of these lengths."""
    each = ", ".join(map(str, lengths)) if len(set(lengths)) > 1 else str(lengths[0])
    wanted = f"{len(lengths)} rows of {each} numbers"
    wanted = wanted if len(lengths) > 1 else f"a row of {each} numbers"
    if isinstance(answer, (str, dict, set)) or not hasattr(answer, "__len__"):
        raise Wrong(f"Expected {wanted}, got {shown(answer)}.")
    if [len(row) if hasattr(row, "__len__") else -1 for row in answer] != list(lengths):
        raise Wrong(f"Expected {wanted}.")
    return [[number_of(x, "each entry") for x in row] for row in answer]


def shown(x: Any) -> str:
    """A short text for an answer that is of the wrong kind."""
    text = f"{type(x).__name__} {x!r}" if not callable(x) else f"a {type(x).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
