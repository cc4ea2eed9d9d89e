"""How one talks to an engine: make a scalar, apply an operation, call backward, read numbers."""

from __future__ import annotations

import operator
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...primitives import fsum
from ...rules import Primitive
from ..programs import Expression
from .questions import Missing, NotANumber, Question, said

# The names that engines in use give to these three:
DATA = ("data", "value", "val", "item", "v", "x")
GRADIENT = ("grad", "gradient", "derivative", "deriv", "adjoint", "g")
BACKWARD = (
    *("backward", "backwards", "backprop", "run_backpropagation", "backpropagate"),
    *("back_propagate", "backward_pass", "back"),
)
ALIASES = {"log": ("ln",), "sigmoid": ("logistic",), "silu": ("swish",)}


class Engine:
    """An engine whose scalars have operators and remember how they were made.

    Attributes:
        name: how code shows the constructor.
        is_trusted: whether it is one of the large libraries, which run without limits.
    """

    name = "Value"
    is_trusted = False

    def make(self, number: float) -> Any:
        """A leaf."""
        raise NotImplementedError

    def data(self, scalar: Any) -> Any:
        """Its number."""
        return _read(scalar, DATA)

    def backward(self, root: Any) -> None:
        getattr(root, _found(root, BACKWARD))()

    def gradient(self, scalar: Any) -> Any:
        """Its gradient after backward(); None where none is kept."""
        return _read(scalar, GRADIENT)

    def zero(self, scalar: Any) -> None:
        """Set its gradient to 0."""
        name = _found(scalar, GRADIENT)
        now = getattr(scalar, name)
        setattr(scalar, name, None if now is None else now * 0)

    def change(self, leaf: Any, number: float) -> None:
        """Give a leaf another number."""
        setattr(leaf, _found(leaf, DATA), number)

    def functions(self) -> Any:
        """The module with exp() and its kin, for those that are not methods; or None."""
        return None

    def apply(self, primitive: Primitive, operands: Sequence[Any]) -> Any:
        """The operation as a learner writes it: a + b, a.tanh() or tanh(a), sum([a, b])."""
        if primitive is fsum:
            _needs_operator("add", 0, operands[0])
            return sum(operands)
        name = primitive.operator
        if name and (name != "abs" or hasattr(operands[0], "__abs__")):
            _needs_operator(name, *operands)
            return getattr(operator, name)(*operands)
        name, is_method = self.spelling(primitive, operands[0])
        function = getattr(operands[0] if is_method else self.functions(), name)
        try:
            return function(*operands[1:] if is_method else operands)
        except TypeError as error:
            if error.__traceback__ is None or error.__traceback__.tb_next is None:
                raise Missing(f"{name}() takes other arguments") from None  # it was not entered
            raise

    def spelling(self, primitive: Primitive, scalar: Any) -> tuple[str, bool]:
        """(the engine's name of a function, whether it is a method)."""
        names = (primitive.name, *ALIASES.get(primitive.name, ()))
        for place in (scalar, self.functions()):
            known = {name.lower().replace("_", ""): name for name in reversed(_names(place))}
            for name in names:
                found = known.get(name.replace("_", ""))
                if found and _is_function(getattr(place, found, None)):
                    return found, place is scalar
        raise Missing(f"there is no method or function {primitive.name}")

    def describe(self, rows: Iterable[Primitive]) -> dict[str, str]:
        """How code for this engine is spelled: templates, by what they do."""
        x = self.make(0.5)
        spelled = {
            "make": f"{self.name}({{}})",
            "data": f"{{}}.{_found(x, DATA)}",
            "gradient": f"{{}}.{_found(x, GRADIENT)}",
            "backward": f"{{}}.{_found(x, BACKWARD)}()",
        }
        for row in rows:
            if not row.operator and row is not fsum:
                name, is_method = self.spelling(row, x)
                spelled[row.name] = f"{{}}.{name}({{}})" if is_method else f"{name}({{}}{{}})"
        return spelled

    def answer(self, question: Question, data: list[float], gradients: list[float | None]) -> None:
        """Run a question. The numbers are put into the two lists as far as they are known."""
        program, scenario = question
        leaves = [self.make(x) for x in program.inputs]
        if scenario == "comparisons":
            a, b = leaves[:2]
            data.append(float(len({a, b}) == 2))
            data.append(float(bool(a == a)))
            data.append(float(bool(a < b)))
            return
        scalars = self.build(program, leaves, data)
        if scenario == "forward":
            return
        if scenario == "independence":
            self.backward(self.build(program, [self.make(x) for x in program.inputs], [])[-1])
        if scenario == "changed leaf":
            self.change(leaves[0], program.inputs[0] + 1)
        if scenario == "two roots":
            self.backward(scalars[-2])
        self.backward(scalars[-1])
        if scenario == "twice":
            self.backward(scalars[-1])
        if scenario in ("zeroed", "second order"):
            first = getattr(leaves[0], _found(leaves[0], GRADIENT))
            for x in scalars:
                self.zero(x)
        if scenario in ("again", "zeroed"):
            scalars = self.build(program, leaves, [])
            self.backward(scalars[-1])
        if scenario == "second order":
            if type(first) is not type(leaves[0]):
                raise Missing("gradients are plain numbers")
            self.backward(first)
        read = [number_of(self.gradient(x), _place(program, i)) for i, x in enumerate(scalars)]
        gradients.extend(read)

    def build(self, program: Expression, leaves: Sequence[Any], data: list[float]) -> list[Any]:
        """The scalars of a program; their numbers go into `data`."""
        scalars: list[Any] = []
        for x in leaves:
            self._add(x, scalars, data, program)
        for primitive, operands in program.nodes:
            point = [scalars[x] if x.__class__ is int else constant(x) for x in operands]
            self._add(self.apply(primitive, point), scalars, data, program)
        return scalars

    def _add(self, x: Any, scalars: list[Any], data: list[float], program: Expression) -> None:
        place = _place(program, len(scalars))
        if x is None or isinstance(x, (int, float, str, bytes)):
            raise NotANumber(f"{place} is {_short(x)}, not a scalar of the engine")
        number = number_of(self.data(x), place)
        if number is None:
            raise NotANumber(f"{place} has the number None")
        scalars.append(x)
        data.append(number)


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


class AdaptedEngine(ClassEngine):
    """An engine that an object talks to: make(number), backward(root), gradient(leaf).

    It may have data(scalar), zero(scalar), apply(primitive, operands) and functions() as well.
    """

    def __init__(self, kind: Any, adapter: Any) -> None:
        super().__init__(kind)
        for name in ("make", "backward", "gradient", "data", "zero", "apply", "functions"):
            if hasattr(adapter, name):
                setattr(self, name, getattr(adapter, name))

    def describe(self, rows: Iterable[Primitive]) -> dict[str, str]:
        spelled = {"make": "make({})", "data": "data({})"}
        spelled |= {"gradient": "gradient({})", "backward": "backward({})"}
        return spelled | {row.name: f"{row.name}({{}}{{}})" for row in rows if not row.operator}


class TorchEngine(ClassEngine):
    """PyTorch's tensors of one number, in double precision."""

    is_trusted = True

    def __init__(self) -> None:
        import torch  # type: ignore[import-not-found,unused-ignore]

        super().__init__(torch.tensor, torch)

    def make(self, number: float) -> Any:
        torch = self.functions()
        return torch.tensor(number, dtype=torch.float64, requires_grad=True)

    def data(self, scalar: Any) -> float:
        return float(scalar.detach())

    def backward(self, root: Any) -> None:
        if root.requires_grad:
            root.backward(retain_graph=True, create_graph=True)

    def gradient(self, scalar: Any) -> Any:
        return scalar.grad.detach() if scalar.is_leaf and scalar.grad is not None else None

    def zero(self, scalar: Any) -> None:
        if scalar.is_leaf:
            scalar.grad = None

    def change(self, leaf: Any, number: float) -> None:
        with self.functions().no_grad():
            leaf.fill_(number)


class FunctionEngine(Engine):
    """grad(f)(x) is the derivative of a function of one number.

    Args:
        grad: the function that differentiates.
        module: where exp() and its kin are; by default that of grad.
    """

    name = "grad"

    def __init__(self, grad: Callable[..., Any], module: Any = None) -> None:
        self.grad = grad
        self._module = module or sys.modules.get(getattr(grad, "__module__", ""))

    def functions(self) -> Any:
        return self._module

    def describe(self, rows: Iterable[Primitive]) -> dict[str, str]:
        named = {row.name: f"{row.name}({{}}{{}})" for row in rows if not row.operator}
        return named | {"grad": "grad({})"}

    def answer(self, question: Question, data: list[float], gradients: list[float | None]) -> None:
        program, scenario = question
        if scenario not in ("once", "forward", "second order", "independence"):
            raise Missing("functions are differentiated, not graphs")
        self.evaluate(program, program.inputs, data)
        if scenario == "forward":
            return
        inputs = program.inputs

        def derivative(i: int, at: Sequence[Any]) -> Any:
            """By input i."""
            return self.grad(lambda x: self.evaluate(program, [*at[:i], x, *at[i + 1 :]]))(at[i])

        for i in range(len(inputs)):
            if scenario == "second order":
                slope = self.grad(lambda x, i=i: derivative(0, [*inputs[:i], x, *inputs[i + 1 :]]))(
                    inputs[i]
                )
            else:
                slope = derivative(i, inputs)
            gradients.append(number_of(slope, _place(program, i)))
        gradients.extend([None] * len(program.nodes))

    def evaluate(
        self, program: Expression, inputs: Sequence[Any], data: list[float] | None = None
    ) -> Any:
        """The result; with a list for them, the numbers of all inputs and nodes."""
        scalars = list(inputs)
        for primitive, operands in program.nodes:
            point = [scalars[x] if x.__class__ is int else constant(x) for x in operands]
            scalars.append(self.apply(primitive, point))
        if data is not None:
            data.extend(number_of(x, _place(program, i)) or 0.0 for i, x in enumerate(scalars))
        return scalars[-1]


def engine_of(given: Any, adapter: Any = None) -> Engine:
    """The engine that a class, a function or an adapter stands for.

    Raises:
        TypeError: it is none of these.
    """
    if adapter is not None:
        grad = getattr(adapter, "grad", None)
        return FunctionEngine(grad, given) if callable(grad) else AdaptedEngine(given, adapter)
    if isinstance(given, Engine):
        return given
    if not callable(given):
        raise TypeError(
            f"check_engine expected a class such as Value, got {type(given).__name__}; an engine "
            "of another shape needs adapter="
        )
    library = (getattr(given, "__module__", None) or "").partition(".")[0]
    if library == "torch":
        return TorchEngine()
    if getattr(given, "__name__", "") != "grad":
        return ClassEngine(given)
    numpy = {"jax": "jax.numpy", "autograd": "autograd.numpy"}.get(library)
    engine = FunctionEngine(given, numpy and __import__(numpy, fromlist=["numpy"]))
    engine.is_trusted = numpy is not None
    return engine


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
    article = "an" if type(x).__name__[0] in "aeiouAEIOU" else "a"
    return f"{article} {type(x).__name__}, {said(x, repr, 60)}"


def _place(program: Expression, index: int) -> str:
    if index < len(program.inputs):
        return f"input {index}"
    return f"the result of {program.nodes[index - len(program.inputs)][0].name}"


def _names(place: Any) -> list[str]:
    return [] if place is None else [n for n in dir(place) if not n.startswith("_")]


def _is_function(x: Any) -> bool:
    """Whether it can be applied to scalars: math.exp, imported by an engine's module, cannot."""
    is_math = isinstance(x, types.BuiltinFunctionType) and x.__module__ in ("math", "cmath")
    return callable(x) and not is_math and not isinstance(x, type)


def _needs_operator(name: str, *operands: Any) -> None:
    left_is_plain = isinstance(operands[0], (int, float))
    method = f"__r{name}__" if left_is_plain else f"__{name}__"
    scalar = operands[-1] if left_is_plain else operands[0]
    if not hasattr(type(scalar), method) and not isinstance(scalar, (int, float)):
        raise Missing(f"{type(scalar).__name__} has no {method}")


def _found(scalar: Any, names: Sequence[str]) -> str:
    """The first of these names that it has as an attribute."""
    for name in names:
        if hasattr(scalar, name):
            return name
    raise AttributeError(f"{type(scalar).__name__} has no .{names[0]}")


def _read(scalar: Any, names: Sequence[str]) -> Any:
    x = getattr(scalar, _found(scalar, names))
    return x() if isinstance(x, (types.MethodType, types.BuiltinMethodType)) else x
