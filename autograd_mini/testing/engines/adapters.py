"""How one talks to an engine: make a scalar, apply an operation, call backward, read numbers."""

from __future__ import annotations

import operator
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from ...primitives import fsum
from ...rules import Primitive
from ..programs import Expression
from .questions import NotANumber, Question

# The names that engines in use give to these three:
DATA = ("data", "value", "val", "item", "v", "x")
GRADIENT = ("grad", "gradient", "derivative", "deriv", "adjoint", "g")
BACKWARD = ("backward", "backprop", "backpropagate", "back_propagate", "backward_pass", "back")
ALIASES = {"log": ("ln",), "sigmoid": ("logistic",), "absolute": ("abs",)}


class Engine:
    """An engine whose scalars have operators and remember how they were made.

    Attributes:
        name: how code shows the constructor.
    """

    name = "Value"

    def make(self, number: float) -> Any:
        """A leaf."""
        raise NotImplementedError

    def data(self, scalar: Any) -> Any:
        """Its number."""
        return _read(scalar, DATA)

    def backward(self, root: Any) -> None:
        _found(root, BACKWARD, "backward()")()

    def gradient(self, scalar: Any) -> Any:
        """Its gradient after backward(); None where none is kept."""
        return _read(scalar, GRADIENT)

    def zero(self, scalar: Any) -> None:
        """Set its gradient to 0."""
        name = next((n for n in GRADIENT if hasattr(scalar, n)), GRADIENT[0])
        now = getattr(scalar, name)
        setattr(scalar, name, None if now is None else now * 0)

    def change(self, leaf: Any, number: float) -> None:
        """Give a leaf another number."""
        setattr(leaf, next((n for n in DATA if hasattr(leaf, n)), DATA[0]), number)

    def functions(self) -> Any:
        """The module with exp() and its kin, for those that are not methods; or None."""
        return None

    def apply(self, primitive: Primitive, operands: Sequence[Any]) -> Any:
        """The operation as a learner writes it: a + b, a.tanh() or tanh(a), sum([a, b])."""
        if primitive is fsum:
            return sum(operands)
        if primitive.operator:
            return getattr(operator, primitive.operator)(*operands)
        name, is_method = self.spelling(primitive, operands[0])
        if is_method:
            return getattr(operands[0], name)(*operands[1:])
        return getattr(self.functions(), name)(*operands)

    def spelling(self, primitive: Primitive, scalar: Any) -> tuple[str, bool]:
        """(the engine's name of a function, whether it is a method)."""
        names = (primitive.name, *ALIASES.get(primitive.name, ()))
        for place in (scalar, self.functions()):
            known = {name.lower().replace("_", ""): name for name in reversed(_names(place))}
            for name in names:
                found = known.get(name.replace("_", ""))
                if found and callable(getattr(place, found, None)):
                    return found, place is scalar
        raise AttributeError(f"no method or function {primitive.name}")

    def answer(self, question: Question, data: list[float], gradients: list[float | None]) -> None:
        """Run a question. The numbers are put into the two lists as far as they are known."""
        program, scenario = question
        leaves = [self.make(x) for x in program.inputs]
        if scenario == "comparisons":
            return data.extend(_comparisons(*leaves[:2]))
        scalars = self.build(program, leaves, data)
        if scenario == "independence":
            self.backward(self.build(program, [self.make(x) for x in program.inputs], [])[-1])
        if scenario == "changed leaf":
            self.change(leaves[0], program.inputs[0] + 1)
        if scenario == "two roots":
            self.backward(scalars[-2])
        self.backward(scalars[-1])
        if scenario == "twice":
            self.backward(scalars[-1])
        if scenario == "zeroed":
            for x in scalars:
                self.zero(x)
        if scenario in ("again", "zeroed"):
            scalars = self.build(program, leaves, [])
            self.backward(scalars[-1])
        if scenario == "second order":
            first = getattr(leaves[0], next(n for n in GRADIENT if hasattr(leaves[0], n)))
            if type(first) is not type(leaves[0]):
                raise NotImplementedError("its gradients are plain numbers")
            for x in scalars:
                self.zero(x)
            self.backward(first)
        for i, x in enumerate(scalars):
            gradients.append(number_of(self.gradient(x), f"the gradient of {_place(program, i)}"))
        return None

    def build(self, program: Expression, leaves: Sequence[Any], data: list[float]) -> list[Any]:
        """The scalars of a program; their numbers go into `data`."""
        scalars = list(leaves)
        data.extend(self._number(x, program, i) for i, x in enumerate(scalars))
        for primitive, operands in program.nodes:
            point = [scalars[x] if x.__class__ is int else constant(x) for x in operands]
            scalars.append(self.apply(primitive, point))
            data.append(self._number(scalars[-1], program, len(scalars) - 1))
        return scalars

    def _number(self, scalar: Any, program: Expression, index: int) -> float:
        place = _place(program, index)
        number = number_of(self.data(scalar), place)
        if number is None:
            raise NotANumber(f"{place} is None")
        return number


class ClassEngine(Engine):
    """A class in micrograd's manner: Value(2.0), operators, .backward(), .data, .grad.

    Args:
        kind: the class, or a function that makes a scalar of a number.
        module: where exp() and its kin are, if they are not methods; by default the class's own.
    """

    def __init__(self, kind: Callable[[float], Any], module: Any = None) -> None:
        self.kind = kind
        self.name = getattr(kind, "__name__", "Value")
        self._module = module

    def make(self, number: float) -> Any:
        return self.kind(number)

    def functions(self) -> Any:
        return self._module or sys.modules.get(getattr(self.kind, "__module__", None) or "")


def constant(x: float) -> float:
    """A constant as a learner writes it: 2, not 2.0."""
    return int(x) if x.is_integer() and abs(x) < 2**53 else x


def number_of(x: Any, what: str) -> float | None:
    """An engine's number as a float; None stays None."""
    if x is None or x.__class__ is float:
        return x
    if not isinstance(x, (str, bytes, bytearray)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # NumPy's arrays of one number
                return float(x)
        except (TypeError, ValueError):
            pass
    raise NotANumber(f"{what} is {_short(x)}")


def _short(x: Any) -> str:
    try:
        text = " ".join(repr(x).split())
    except BaseException:  # a stranger's __repr__ may do anything
        text = ""
    article = "an" if type(x).__name__[0] in "aeiouAEIOU" else "a"
    return f"{article} {type(x).__name__}, {text[:60]}"


def _place(program: Expression, index: int) -> str:
    if index < len(program.inputs):
        return f"input {index}"
    return f"the result of {program.nodes[index - len(program.inputs)][0].name}"


def _names(place: Any) -> list[str]:
    return [] if place is None else [n for n in dir(place) if not n.startswith("_")]


def _found(scalar: Any, names: Sequence[str], what: str) -> Any:
    for name in names:
        if hasattr(scalar, name):
            return getattr(scalar, name)
    raise AttributeError(f"{type(scalar).__name__} has no {what}")


def _read(scalar: Any, names: Sequence[str]) -> Any:
    """An attribute that has one of these names; one that is a method is called."""
    x = _found(scalar, names, f".{names[0]}")
    return x() if callable(x) and not hasattr(x, "__float__") else x


def _comparisons(a: Any, b: Any) -> list[float]:
    return [float(len({a, b}) == 2), float(bool(a == a)), float(bool(a < b))]
