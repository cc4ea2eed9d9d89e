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
from .questions import SCENARIOS, Missing, NotANumber, Question, said

# The names that engines in use give to these three:
DATA = ("data", "value", "val", "item", "v", "x")
GRADIENT = ("grad", "gradient", "derivative", "deriv", "adjoint", "g")
BACKWARD = (
    *("backward", "backwards", "backprop", "run_backpropagation", "backpropagate"),
    *("back_propagate", "backward_pass", "back"),
)
ALIASES = {"log": ("ln",), "sigmoid": ("logistic",), "silu": ("swish",)}


class Engine:
    """A class in micrograd's manner: Value(2.0), operators, .backward(), .data, .grad.

    Attributes:
        name: how code shows the constructor.
        is_trusted: whether it is one of the large libraries, which run without limits.

    Args:
        kind: the class, or a function that makes a scalar of a number.
        module: where exp() and its kin are, if they are not methods; by default the class's own.
        name: what it is called in programs; by default the name of the class.
    """

    is_trusted = False
    plain: tuple[type, ...] = (int, float, str, bytes, type(None))  # what is not a scalar

    def __init__(self, kind: Callable[..., Any], module: Any = None, name: str = "") -> None:
        self.kind = kind
        self.name = name or getattr(kind, "__name__", "Value")
        self._module = module

    def make(self, number: float) -> Any:
        """A leaf."""
        return self.kind(number)

    def data(self, scalar: Any) -> Any:
        """Its number."""
        return _read(scalar, DATA)

    def backward(self, root: Any) -> None:
        getattr(root, found(root, BACKWARD))()

    def gradient(self, scalar: Any) -> Any:
        """Its gradient after backward(); None where none is kept."""
        return _read(scalar, GRADIENT)

    def zero(self, scalar: Any) -> None:
        """Set its gradient to 0."""
        name = found(scalar, GRADIENT)
        now = getattr(scalar, name)
        setattr(scalar, name, None if now is None else now * 0)

    def change(self, leaf: Any, number: float) -> None:
        """Give a leaf another number."""
        setattr(leaf, found(leaf, DATA), number)

    def functions(self) -> Any:
        """The module with exp() and its kin, for those that are not methods; or None."""
        return self._module or sys.modules.get(getattr(self.kind, "__module__", None) or "")

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
                theirs = known.get(name.replace("_", ""))
                if theirs and _is_function(getattr(place, theirs, None)):
                    return theirs, place is scalar
        raise Missing(f"there is no method or function {primitive.name}")

    def describe(self, rows: Iterable[Primitive]) -> dict[str, str]:
        """How code for this engine is spelled: templates, by what they do."""
        x = self.make(0.5)
        spelled = {
            "make": f"{self.name}({{}})",
            "data": f"{{}}.{found(x, DATA)}",
            "gradient": f"{{}}.{found(x, GRADIENT)}",
            "backward": f"{{}}.{found(x, BACKWARD)}()",
        }
        for row in rows:
            if not row.operator and row is not fsum:
                name, is_method = self.spelling(row, x)
                spelled[row.name] = f"{{}}.{name}({{}})" if is_method else f"{name}({{}}{{}})"
        return spelled

    def answer(self, question: Question, data: list[float], gradients: list[float | None]) -> None:
        """Run a question. The numbers are put into the two lists as far as they are known."""
        program = question.program
        leaves = [self.make(x) for x in program.inputs]
        scalars: list[Any] = []
        for step in SCENARIOS[question.scenario].steps:
            if step == "build":
                scalars = self.build(program, leaves, [] if scalars else data)
            else:
                self.take(step, program, scalars or leaves, data)
        if "backward" in SCENARIOS[question.scenario].steps:
            read = [number_of(self.gradient(x), _place(program, i)) for i, x in enumerate(scalars)]
            gradients.extend(read)

    def take(
        self, step: str, program: Expression, scalars: Sequence[Any], data: list[float]
    ) -> None:
        """Take a step of a scenario."""
        a, b = scalars[0], scalars[-1]
        if step == "backward":
            self.backward(b)
        elif step == "earlier":  # on the last node but one
            self.backward(scalars[-2])
        elif step == "zero":
            for x in scalars:
                self.zero(x)
        elif step == "change":
            self.change(a, program.inputs[0] + 1)
        elif step == "other":  # a graph of leaves of its own
            self.backward(self.build(program, [self.make(x) for x in program.inputs], [])[-1])
        elif step == "differentiate":  # the gradient by the first input
            first = getattr(a, found(a, GRADIENT))
            for x in scalars:
                self.zero(x)
            if type(first) is not type(a):
                raise Missing("gradients are plain numbers")
            self.backward(first)
        elif step == "compare":
            data.append(float(len({a, b}) == 2))
            data.append(float(bool(a == a)))
            data.append(float(bool(a < b)))

    def build(
        self, program: Expression, leaves: Sequence[Any], data: list[float] | None
    ) -> list[Any]:
        """The scalars of a program; their numbers go into `data`, if they are wanted."""
        scalars: list[Any] = []
        for i in range(len(leaves) + len(program.nodes)):
            if i < len(leaves):
                x = leaves[i]
            else:
                primitive, operands = program.nodes[i - len(leaves)]
                point = [scalars[x] if x.__class__ is int else constant(x) for x in operands]
                x = self.apply(primitive, point)
            if data is not None:
                if isinstance(x, self.plain):
                    told = f"{_place(program, i)} is {_short(x)}, not a scalar of the engine"
                    raise NotANumber(told)
                number = number_of(self.data(x), _place(program, i))
                if number is None:
                    raise NotANumber(f"{_place(program, i)} has the number None")
                data.append(number)
            scalars.append(x)
        return scalars


class AdaptedEngine(Engine):
    """An engine that an object talks to: make(number), backward(root), gradient(leaf).

    It may have data(scalar), zero(scalar), apply(primitive, operands) and functions() as well.
    """

    def __init__(self, kind: Any, adapter: Any) -> None:
        super().__init__(kind)
        for name in ("make", "backward", "gradient", "data", "zero", "apply", "functions"):
            if hasattr(adapter, name):
                setattr(self, name, getattr(adapter, name))

    def describe(self, rows: Iterable[Primitive]) -> dict[str, str]:
        steps = {name: f"{name}({{}})" for name in ("make", "data", "gradient", "backward")}
        return steps | as_functions(rows)


def as_functions(rows: Iterable[Primitive]) -> dict[str, str]:
    """Templates of code in which all operations are functions."""
    return {row.name: f"{row.name}({{}}{{}})" for row in rows if not row.operator}


class TorchEngine(Engine):
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
        kind: the function that differentiates.
        module: where exp() and its kin are; by default that of grad.
    """

    plain = (str, bytes, type(None))

    def __init__(self, kind: Callable[..., Any], module: Any = None) -> None:
        super().__init__(kind, module)
        self.name = "grad"

    def data(self, scalar: Any) -> Any:
        return scalar

    def describe(self, rows: Iterable[Primitive]) -> dict[str, str]:
        return as_functions(rows) | {"grad": "grad({})"}

    def answer(self, question: Question, data: list[float], gradients: list[float | None]) -> None:
        program, scenario = question
        if scenario not in ("once", "forward", "second order", "independence"):
            raise Missing("functions are differentiated, not graphs")
        self.build(program, program.inputs, data)
        if scenario == "forward":
            return

        def by(i: int, f: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Any]:
            """The derivative by input i of a function of all inputs."""
            return lambda at: self.kind(lambda x: f([*at[:i], x, *at[i + 1 :]]))(at[i])

        def result(inputs: Sequence[Any]) -> Any:
            return self.build(program, inputs, None)[-1]

        f = by(0, result) if scenario == "second order" else result
        for i in range(len(program.inputs)):
            gradients += [number_of(by(i, f)(program.inputs), _place(program, i))]
        gradients += [None] * len(program.nodes)


def engine_of(given: Any, adapter: Any = None, name: str = "") -> Engine:
    """The engine that a class, a function or an adapter stands for; `name` is what it is called.

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
        return Engine(given, name=name)
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


def found(scalar: Any, names: Sequence[str]) -> str:
    """The first of these names that it has as an attribute."""
    for name in names:
        if hasattr(scalar, name):
            return name
    raise AttributeError(f"{type(scalar).__name__} has no .{names[0]}")


def _read(scalar: Any, names: Sequence[str]) -> Any:
    x = getattr(scalar, found(scalar, names))
    return x() if isinstance(x, (types.MethodType, types.BuiltinMethodType)) else x
