"""Which arrays of a program have a line of source to themselves, and what they are called.

An array becomes a line of its own where it is used twice, or where the line would get long; else it
stands in the expression that uses it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...primitives import add, divide, exp, multiply, negate, subtract
from ..arrays import Array, base
from ..expression import ATOM, UNARY, Expression
from ..loop import everything
from ..names import LOCALS, RESERVED, constant_name, unique
from ..pipeline import Lowered
from ..simplify import reachable
from .for_statement import For
from .loop_body import Body
from .steps import Steps

MAKES_ROWS = ("assemble", "broadcast", "scatter", "total")  # it takes their number
LONGEST = 68  # of an expression, which has room for a name before it


@dataclass(eq=False)
class Statements:
    """What the lines of a source say of its arrays.

    Attributes:
        order: all arrays, operands first.
        outputs: those that are returned.
        loss: the output that is the loss, if there are gradients.
        names: of the inputs, parameters, and arrays that have one.
        lines: (text, the array it makes) pairs; of an array several.
        constants: name -> array, what else the lines need.
        steps: the loops over steps that the lines are in, where there may be some.
    """

    order: list[Array]
    outputs: Sequence[Array]
    loss: Array | None
    names: dict[Array, str]
    lines: list[tuple[str, Array]]
    constants: dict[str, Any]
    steps: Any = None


class Lines(Statements):
    """The lines of a program; how each operation is written, subclasses know.

    Args:
        outputs: name -> array, of a program that has been simplified.
        names: of the inputs and parameters that the outputs depend on.
        arguments: of the function: the names of all inputs and parameters.
        lowered: the program before it was simplified for the source.

    A backend says how its library writes things:

    Attributes:
        library: what NumPy's functions are called on.
        spellings: name of an operation -> a template, and how tightly it binds.
        imports: how a library's functions are called -> the line that imports it.
        dtype: the last argument of what makes an array, with a comma before it, if it has to say
            what kind of numbers these are.
        loops: writes a loop.
    """

    library: str
    spellings: Mapping[str, tuple[str, int]]
    imports: Mapping[str, str]
    dtype = ""
    loops: type[Body] = For

    def __init__(
        self,
        outputs: Sequence[Array],
        names: Mapping[Array, str],
        arguments: Sequence[str],
        lowered: Lowered,
    ) -> None:
        self.outputs, self.lowered = outputs, lowered
        self.loss = outputs[0] if lowered.reduction and len(outputs) > 1 else None
        self.arguments = arguments
        self.names = dict(names)
        self.order = everything(outputs)
        self.steps = Steps(self)
        self._numbers: set[Array] = set()  # for which the source has numbers of Python's
        for x in self.order:
            if x.op == "count" or (x.op.__class__ is not str and all(map(self._is_number, x.args))):
                self._numbers.add(x)
        self.uses = Counter(a for x in self.order for a in x.operands)
        self.uses.update(outputs)
        self.uses.update(self.steps.results)
        self.expressions: dict[Array, Expression] = {}
        self.constants = {}
        self.counts = any(
            x.op == "count" or (x.op in MAKES_ROWS and x.is_batched) for x in self.order
        )
        self.lines = []
        self._taken = {*arguments, *RESERVED, *self.imports, *LOCALS}
        self._unique = partial(unique, taken=self._taken)
        self._names_of_bases = {_unshaped(x): name for x, name in self.names.items()}
        self._gradients_in_other_shapes = {
            x.args[0]: x.gradient_of
            for x in self.order
            if x.op in ("reshape", "transpose") and x.gradient_of is not None
        }
        for x in reachable(outputs):
            self._write(x)

    def decorators(self) -> list[str]:
        """The lines above the function's."""
        return []

    def prelude(self) -> list[str]:
        """Statements before the lines."""
        return [f"n = len({self.arguments[0]})"] if self.counts else []

    def body(self) -> list[str]:
        """The lines, with comments at the forward and the backward pass."""
        lines = ["# forward"]
        for text, x in self.lines:
            lines.append(text)
            if x is self.loss:
                lines.append("# backward")
        return lines

    def results(self) -> list[str]:
        """The outputs as they are returned."""
        return [self.expressions[x].text for x in self.outputs]

    def _is_number(self, x: Any) -> bool:
        return x.__class__ is not Array or x in self._numbers

    def _write(self, x: Array) -> None:
        if x in self.names:
            self.expressions[x] = Expression(self.names[x], ATOM, 0)
            return
        if self.steps.write(x):
            return
        expression = self._expression(x)
        while len(expression.text) > LONGEST:
            computed = [a for a in x.operands if self.expressions[a].operations]
            views = [a for a in x.operands if len(self.expressions[a].text) > LONGEST // 2]
            if not (computed or views):
                break
            self._on_a_line(max(computed or views, key=lambda a: len(self.expressions[a].text)))
            expression = self._expression(x)
        self.expressions[x] = expression
        if self._needs_a_line(x, expression):
            self._on_a_line(x)

    def _needs_a_line(self, x: Array, expression: Expression) -> bool:
        if x.op in ("count", "constant") or self.steps.is_first_only(x):
            return False
        if x in self.outputs or x.op in ("assemble", "scatter") or x in self.steps.nexts:
            return True
        if x.op in ("reshape", "transpose") and expression.operations == 0:
            return self.uses[x] > 1 and "reshape" in expression.text
        return self.uses[x] > 1 or expression.operations > 5 or len(expression.text) > 60

    def _of(self, x: Any) -> Expression:
        if x.__class__ is Array:
            return self.expressions[x]
        text = repr(x) if x == 0 and math.copysign(1, x) < 0 else repr(x).removesuffix(".0")
        text = re.sub("inf|nan", rf"{self.library}.\g<0>", text)
        return Expression(text, UNARY if text.startswith("-") else ATOM, 0)

    def _named(self, x: Array) -> str:
        """x in an expression that does not take computations: its name, or a view of a name."""
        if self._of(x).operations:
            self._on_a_line(x)
        return self._of(x).within(ATOM)

    def _on_a_line(self, x: Array) -> None:
        """Give x a name, on a line of its own."""
        name = self._name(x)
        self._names_of_bases.setdefault(_unshaped(x), name)
        if x.op in ("assemble", "scatter"):  # several statements
            getattr(self, f"_write_{x.op}")(x, name)
            self._stands_as(x, name)
        else:
            self._assign(x, name, self._of(x).text)

    def _assign(self, x: Array, name: str, text: str) -> None:
        """Write a line that gives x a name."""
        self.lines.append((f"{name} = {text}", x))
        self._stands_as(x, name)

    def _stands_as(self, x: Array, name: str) -> None:
        """From here on, x has this name."""
        self.names[x] = name
        self.expressions[x] = Expression(name, ATOM, 0)

    def _expression(self, x: Array) -> Expression:
        name = f"_{x.op}" if x.op.__class__ is str else "_elementwise"
        write: Callable[[Array], Expression] = getattr(self, name)
        return write(x)

    def _constant_named(self, stem: str, numbers: Any) -> str:
        return constant_name(stem, numbers, self.constants, self._taken)

    # -- names ----------------------------------------------------------------------------------

    def _name(self, x: Array) -> str:
        """A name after what the array is: z1 = x @ W1.T + b1, h1 = tanh(z1), dz1, .."""
        y = self._differentiated(x)
        if y is not None:
            name = self._names_of_bases.get(_unshaped(y)) or self._designation(y)
            known = name in self._taken and self._names_of_bases.get(_unshaped(y)) != name
            return self._unique("g" if known else f"d{name}")
        if x.op == "reshape" and x.args[0] in self.names and len(x.shape) == 2:
            return self._unique(f"{self.names[x.args[0]]}_rows")
        return self._unique(self._designation(x))

    def _differentiated(self, x: Array) -> Array | None:
        """The array whose gradient x is, in this or another shape."""
        if x.gradient_of is not None:
            return x.gradient_of
        if x.op in ("reshape", "transpose") and x.args[0] not in self.names:
            return self._differentiated(x.args[0])
        return self._gradients_in_other_shapes.get(x)

    def _designation(self, x: Array) -> str:
        """What kind of a thing it is, as the first letter of its name."""
        return self._designated(x, {})

    def _designated(self, x: Array, known: dict[Array, str]) -> str:
        """The same; of operands that are shared it is known already."""
        if x not in known:
            known[x] = self._new_designation(x, lambda a: self._designated(a, known))
        return known[x]

    def _new_designation(self, x: Array, of: Callable[[Array], str]) -> str:
        if self.loss is not None and self.steps.outside(x).number >= self.loss.number:
            return "loss" if x is self.loss else "g"
        if x.op == "given":
            return self.names.get(a := self.steps.arg(x)) or of(a)
        if x.label:
            return "losses" if x.label == "loss" else x.label
        if x.op in ("reshape", "transpose", "slice", "broadcast") and x.operands:
            return of(x.operands[0])
        if x.op == "matmul":
            parameters = [b for b in map(base, x.args) if b.op == "parameter"]
            if len(parameters) == 2:
                return "v"
            number = re.search(r"\d+$", self.names[parameters[-1]]) if parameters else None
            return f"z{number[0]}" if number else "z"
        if x.op.__class__ is str:
            return {"max": "m", "sum": "s"}.get(x.op, "v")
        below = [self.names.get(a) or of(a) for a in x.operands[:1]]
        if _is_softmax(x):
            return "p"
        if x.op in (add, subtract, multiply, divide, negate):
            found = [of(a) for a in x.operands if a not in self.names]
            if x.op in (multiply, divide):
                return "v"
            return next((d for d in found if d.startswith("z")), "v")
        if below and below[0].startswith("z"):
            return "h" + below[0][1:]
        return {"exp": "e", "log": "l"}.get(x.op.name, "h")


_unshaped = partial(base, views=("reshape", "transpose"))  # what x is in another shape or order


def _is_softmax(x: Array) -> bool:
    """Whether it is exp(..) over the sum of its rows."""
    if x.op is not divide or len(x.operands) < 2:
        return False
    above, below = map(_unshaped, x.args)
    return above.op is exp and below.op == "sum" and _unshaped(below.args[0]) is above
