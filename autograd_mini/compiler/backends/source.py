"""Source code of an array program, as one would write it by hand.

An array becomes a line of its own where it is used twice, or where the line would get long; else it
stands in the expression that uses it.
"""

from __future__ import annotations

import ast
import math
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...primitives import add, divide, multiply, negate, power, subtract
from ...rules import Primitive
from ..arithmetic import RELATIONS
from ..arrays import BATCH, Array, base, written_shape
from ..loop import everything
from ..pipeline import Lowered
from ..simplify import as_matrix_products, composed, reachable, rewritten
from ..views import Cut, affine, affine_cut, patches
from .names import LOCALS, RESERVED, arguments, constant_name, identifier, unique
from .expression import ATOM, COMPARISON, POWER, PRODUCT, SUM, UNARY, Expression, inserted
from .steps import Steps

if TYPE_CHECKING:
    from ..program import Function

WIDTH = 88
LONGEST = 68  # of an expression, which has room for a name before it
EXTREME = 2.0**300
MAKES_ROWS = ("assemble", "broadcast", "scatter", "total")  # it takes their number
OPERATORS = {add: SUM, subtract: SUM, multiply: PRODUCT, divide: PRODUCT}


def spellings(library: str) -> dict[str, tuple[str, int]]:
    """The functions of the rule table that NumPy and its likes have, by NumPy's names."""
    unary = [
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan",
        "sinh", "cosh", "tanh", "sign", "abs",
    ]  # fmt: skip
    inverse = ["sin", "cos", "tan", "sinh", "cosh", "tanh"]
    names = dict(zip(unary, unary)) | {f"a{name}": f"arc{name}" for name in inverse}
    binary = {"hypot": "hypot", "maximum": "maximum", "minimum": "minimum", "atan2": "arctan2"}
    return {
        **{name: (f"{library}.{own}({{}})", ATOM) for name, own in names.items()},
        **{name: (f"{library}.{own}({{}}, {{}})", ATOM) for name, own in binary.items()},
        "clip": (f"{library}.clip({{}}, {{}}, {{}})", ATOM),
    }


def joined(op: Primitive, left: Any, right: Any) -> str:
    """The text of an operator or a relation between two texts, in brackets where they need them."""
    if op in RELATIONS:
        return f"{left.within(SUM)} {RELATIONS[op]} {right.within(SUM)}"
    binding = OPERATORS[op]
    return f"{left.within(binding)} {op.name} {right.within(binding - (op is not add))}"


class Source:
    """The lines of a program.

    Args:
        outputs: name -> array, of a program that has been simplified.
        names: of the inputs and parameters that the outputs depend on.
        arguments: of the function: the names of all inputs and parameters.
        lowered: the program before it was simplified for the source.

    Attributes:
        loss: the output that is the loss, if there are gradients.
        lines: (text, the array it makes) pairs.
        constants: name -> array, what else the lines need.

    A backend says how its library writes things:

    Attributes:
        library: what NumPy's functions are called on.
        spellings: name of an operation -> a template, and how tightly it binds.
        imports: how a library's functions are called -> the line that imports it.
        dtype: the last argument of what makes an array, with a comma before it, if it has to say
            what kind of numbers these are.
    """

    library: str
    spellings: Mapping[str, tuple[str, int]]
    imports: Mapping[str, str]
    dtype = ""

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
        self.constants: dict[str, Any] = {}
        self.counts = any(
            x.op == "count" or (x.op in MAKES_ROWS and x.is_batched)
            for x in self.order
        )
        self.lines: list[tuple[str, Array]] = []
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
        name = self.names[x] = self._name(x)
        self._names_of_bases.setdefault(_unshaped(x), name)
        if x.op == "assemble":
            self._write_assemble(x, name)
        elif x.op == "scatter":
            self._write_scatter(x, name)
        else:
            self.lines.append((f"{name} = {self._of(x).text}", x))
        self.expressions[x] = Expression(name, ATOM, 0)

    def _expression(self, x: Array) -> Expression:
        if x.op.__class__ is str:
            write: Callable[[Array], Expression] = getattr(self, f"_{x.op}")
            return write(x)
        return self._elementwise(x)

    # -- elementwise ----------------------------------------------------------------------------

    def _elementwise(self, x: Array) -> Expression:
        op = x.op
        args = [self._of(a) for a in x.args]
        count = 1 + sum(a.operations for a in args)
        if op in (multiply, divide):
            factors = [self._as_factor(a, e) for a, e in zip(x.args, args)]
            if not self.dtype or any(
                f is e and not self._is_number(a) for a, e, f in zip(x.args, args, factors)
            ):
                args = factors
        if op in OPERATORS:
            return Expression(joined(op, *args), OPERATORS[op], count)
        if op is negate:
            return Expression(f"-{args[0].within(POWER)}", UNARY, count)
        if op is power:
            left, right = args[0].within(ATOM), args[1].within(UNARY)
            simple = re.fullmatch(r"[\w.]+", left) and re.fullmatch(r"-?[\w.]+", right)
            return Expression(f"{left}{'**' if simple else ' ** '}{right}", POWER, count)
        if op in RELATIONS:
            a, b = args[2].text, args[3].text
            if self.dtype and all(map(self._is_number, x.args[2:])):
                a, b = self._typed(a), self._typed(b)
            return Expression(
                f"{self.library}.where({joined(op, *args[:2])}, {a}, {b})", ATOM, count
            )
        if op.name not in self.spellings:
            name = self._constant_named(identifier(op.name), op)  # called for each number
            return Expression(f"{name}({', '.join(a.text for a in args)})", ATOM, count)
        template, binding = self.spellings[op.name]
        inner = [a.within(POWER) if "-{}" in template else a.text for a in args]
        if self.dtype and self._is_number(x.args[0]):  # clip would make it a double
            inner[0] = self._typed(inner[0])
        return Expression(template.format(*inner), binding, count)

    def _typed(self, number: str) -> str:
        return f"{self.dtype.strip(', ')}({number})"

    def _as_factor(self, x: Any, expression: Expression) -> Expression:
        """A condition is 0 or 1 in a product."""
        if x.__class__ is Array and x not in self.names:
            if x.op in RELATIONS and x.args[2:] == (1.0, 0.0):
                text = joined(x.op, *map(self._of, x.args[:2]))
                return Expression(text, COMPARISON, expression.operations)
            if str(x.op) == "step":
                text = f"{self._of(x.args[0]).within(SUM)} > 0"
                return Expression(text, COMPARISON, expression.operations)
        return expression

    # -- sums of products -----------------------------------------------------------------------

    def _matmul(self, x: Array) -> Expression:
        left, right = (self._named(a) for a in x.args)
        return Expression(f"{left} @ {right}", PRODUCT, 1)

    def _vdot(self, x: Array) -> Expression:
        a, b = (self._of(a) for a in x.args)
        count = 1 + a.operations + b.operations
        return Expression(f"{self.library}.vdot({a.text}, {b.text})", ATOM, count)

    def _sum(self, x: Array) -> Expression:
        [a] = x.args
        axes = x.info
        if len(axes) == len(a.shape):
            axis = ""
        elif len(axes) == 1:
            axis = str(axes[0]) if axes[0] < len(a.shape) - 1 or len(a.shape) < 3 else "-1"
        else:
            axis = str(axes)
        inner = self._of(a)
        return Expression(f"{inner.within(ATOM)}.{x.op}({axis})", ATOM, 1 + inner.operations)

    _max = _sum

    # -- views ----------------------------------------------------------------------------------

    def _reshape(self, x: Array) -> Expression:
        [a] = x.args
        inner = self._of(a)
        ones = inserted(a.shape, x.shape)
        if ones is not None:
            return self._indexed(inner, ["None" if one else ":" for one in ones])
        ones = inserted(x.shape, a.shape)
        if ones is not None:
            index = ["0" if one else ":" for one in ones]
            if a.op == "slice" and a not in self.names:
                inner = self._of(a.args[0])
                index = [
                    str(bounds[0] if bounds else 0) if one else _bounds(bounds)
                    for one, bounds in zip(ones, a.info)
                ]
            return self._indexed(inner, index)
        sizes = ", ".join(str(max(n, -1)) for n in x.shape)
        return Expression(f"{inner.within(ATOM)}.reshape({sizes})", ATOM, inner.operations)

    def _slice(self, x: Array) -> Expression:
        return self._indexed(self._of(x.args[0]), [_bounds(bounds) for bounds in x.info])

    def _indexed(self, inner: Expression, index: Sequence[str]) -> Expression:
        text = re.sub(r"(, :)+$", "", ", ".join(index))
        return Expression(f"{inner.within(ATOM)}[{text}]", ATOM, inner.operations)

    def _transpose(self, x: Array) -> Expression:
        product = x.args[0]
        if product.op == "matmul" and product not in self.names and len(x.info) == 2:
            left, right = (self._turned(a) for a in reversed(product.args))  # (A B)' = B' A'
            return Expression(f"{left} @ {right}", PRODUCT, 1)
        inner = self._of(product)
        rank = len(x.info)
        if rank == 2:
            text = ".T"
        elif x.info == (*range(rank - 2), rank - 1, rank - 2):
            text = ".swapaxes(-1, -2)"
        else:
            text = f".transpose({', '.join(map(str, x.info))})"
        return Expression(f"{inner.within(ATOM)}{text}", ATOM, inner.operations)

    def _turned(self, x: Array) -> str:
        """A matrix, transposed."""
        text = self._named(x)
        return text.removesuffix(".T") if text.endswith(".T") else f"{text}.T"

    def _broadcast(self, x: Array) -> Expression:
        inner, sizes = self._of(x.args[0]), written_shape(x.shape)
        if not x.operands or (self.dtype and self._is_number(x.args[0])):
            known = {0.0: "zeros", 1.0: "ones"}.get(x.args[0])
            if known:
                return Expression(f"{self.library}.{known}({sizes}{self.dtype})", ATOM, 1)
            text = inner.text
            text += ".0" * text.lstrip("-").isdigit()  # for an array of floats
            return Expression(f"{self.library}.full({sizes}, {text}{self.dtype})", ATOM, 1)
        text = f"{self.library}.broadcast_to({inner.text}, {sizes})"
        return Expression(text, ATOM, inner.operations + 1)

    def _gather(self, x: Array) -> Expression:
        places, batch, lanes = x.info.places, x.is_batched, x.args[0].lanes
        cut = affine_cut(places, lanes)
        if cut is not None:
            return self._transposed(self._cut(x.args[0], cut, batch), cut.order, batch)
        found = patches(places, lanes) if "sliding_window_view" in self.imports else None
        inner = self._of(x.args[0])
        if found is None:
            dots = ":, " * batch
            text = f"{inner.within(ATOM)}[{dots}{self._constant_named('i', places)}]"
            return Expression(text, ATOM, inner.operations + 1)
        sizes, axes = zip(*[(n, axis + batch) for axis, n, _ in found.windows])
        what = self._cut(x.args[0], found.cut, batch).text
        own = f"{sizes[0]}, axis={axes[0]}" if len(sizes) == 1 else f"{sizes}, axis={axes}"
        inner = Expression(f"sliding_window_view({what}, {own})", ATOM, inner.operations + 1)
        steps = {axis: f"::{step}" for axis, _, step in found.windows if step > 1}
        if steps:
            index = [steps.get(i, ":") for i in range(len(found.cut.order))]
            inner = self._indexed(inner, [":"] * batch + index)
        return self._transposed(inner, found.order, batch)

    def _cut(self, x: Array, cut: Cut, batch: bool) -> Expression:
        """A view but its transposition."""
        if x.op == "reshape" and x not in self.names and len(cut.shape) > 1:
            [x] = x.args
        inner = self._of(x)
        if x.shape[batch:] != cut.shape:
            sizes = ", ".join(map(str, [-1] * batch + [*cut.shape]))
            inner = inner._replace(text=f"{inner.within(ATOM)}.reshape({sizes})", binding=ATOM)
        whole = [{(0, n, 1): ":", (n - 1, n, -1): "::-1"} for n in cut.shape]
        index = [known.get(of) or _stepped(*of) for known, of in zip(whole, cut.slices)]
        kept = len(cut.order)
        index[kept:] = [str(first) for first, _, _ in cut.slices[kept:]]
        return inner if {*index} == {":"} else self._indexed(inner, [":"] * batch + index)

    def _transposed(self, inner: Expression, order: Sequence[int], batch: bool) -> Expression:
        if list(order) == sorted(order):
            return inner
        axes = ", ".join(map(str, [*range(batch), *[axis + batch for axis in order]]))
        return inner._replace(text=f"{inner.within(ATOM)}.transpose({axes})", binding=ATOM)

    def _write_scatter(self, x: Array, name: str) -> None:
        """Zeros, with the lanes at their places; those at one place are summed."""
        [g] = x.args
        self._write_zeros(x, name)
        index = ":, " * g.is_batched + self._places(x.info.places)
        self.lines.append((self._added(name, index, self._of(g).text), x))

    def _places(self, places: Any) -> str:
        """An index of places in a row of lanes: a slice, or a constant."""
        found = affine(places) if places.ndim == 1 and len(places) > 1 else None
        if found is not None:
            return _stepped(found[0], len(places), *found[1])
        return self._constant_named("i", places)

    def _added(self, name: str, index: str, text: str) -> str:
        """A statement: what stands at the index, and the text's array added to it."""
        return f"{name}[{index}] += {text}"

    def _constant_named(self, stem: str, numbers: Any) -> str:
        return constant_name(stem, numbers, self.constants, self._taken)

    def _concatenate(self, x: Array) -> Expression:
        function, pieces = "concatenate", list(x.args)
        inner = [a.args[0] for a in pieces if a.op == "reshape" and a not in self.names]
        shape = x.shape[: x.info] + x.shape[x.info + 1 :]
        if len(inner) == len(pieces) and all(a.shape == shape for a in inner):
            function, pieces = "stack", inner
        texts = [text for run in self.steps.runs(pieces) for text in run]
        text = ", ".join(texts)
        if len(texts) == 1 and text.startswith("*"):
            return Expression(f"{self.library}.{function}({text[1:]}, axis={x.info})", ATOM, 9)
        return Expression(f"{self.library}.{function}([{text}], axis={x.info})", ATOM, 9)

    def _assemble(self, x: Array) -> Expression:
        for a in x.args:
            self._named(a)
        return Expression("", ATOM, 9)

    _scatter = _assemble

    def _write_zeros(self, x: Array, name: str) -> None:
        zeros = f"{self.library}.zeros({written_shape(x.shape)}{self.dtype})"
        self.lines.append((f"{name} = {zeros}", x))

    def _write_assemble(self, x: Array, name: str) -> None:
        self._write_zeros(x, name)
        for piece, start in zip(x.args, x.info):
            bounds = []
            for first, length, n in zip(start, piece.shape, x.shape):
                bounds.append(":" if length == n else f"{first or ''}:{first + length}")
            index = re.sub(r"(, :)+$", "", ", ".join(bounds))
            self.lines.append((self._added(name, index, self._of(piece).text), x))

    def _count(self, x: Array) -> Expression:
        return Expression("n", ATOM, 0)

    def _constant(self, x: Array) -> Expression:
        stem = "mask" if np.isin(x.info, (0.0, 1.0)).all() else "c"
        return Expression(self._constant_named(stem, x.info), ATOM, 0)

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
        if self.loss is not None and self.steps.outside(x).number >= self.loss.number:
            return "loss" if x is self.loss else "g"
        if x.op == "given":
            return self.names.get(a := self.steps.arg(x)) or self._designation(a)
        if x.label:
            return "losses" if x.label == "loss" else x.label
        if x.op in ("reshape", "transpose", "slice", "broadcast") and x.operands:
            return self._designation(x.operands[0])
        if x.op == "matmul":
            parameters = [b for b in map(base, x.args) if b.op == "parameter"]
            if len(parameters) == 2:
                return "v"
            number = re.search(r"\d+$", self.names[parameters[-1]]) if parameters else None
            return f"z{number[0]}" if number else "z"
        if x.op.__class__ is str:
            return {"max": "m", "sum": "s"}.get(x.op, "v")
        below = [self.names.get(a) or self._designation(a) for a in x.operands[:1]]
        if x.op in (add, subtract, multiply, divide, negate):
            found = [self._designation(a) for a in x.operands if a not in self.names]
            if x.op in (multiply, divide):
                return "v"
            return next((d for d in found if d.startswith("z")), "v")
        if below and below[0].startswith("z"):
            return "h" + below[0][1:]
        return {"exp": "e", "log": "l"}.get(x.op.name, "h")


def is_extreme(x: Any) -> bool:
    """Whether it is a number that LLVM and XLA must not see, which multiply constants together."""
    size = 0.0 if x.__class__ is Array else abs(x)
    return 0 < size < EXTREME**-1 or EXTREME < size < math.inf


def _bounds(bounds: tuple[int, int] | None) -> str:
    return ":" if bounds is None else f"{bounds[0] or ''}:{bounds[1]}"


def _stepped(first: int, length: int, step: int) -> str:
    """The slice of so many numbers.

    >>> _stepped(4, 3, -2), _stepped(1, 2, 3)
    ('4::-2', '1:5:3')
    """
    stop = first + (length - 1) * step + (1 if step > 0 else -1)
    return f"{first or ''}:{stop if stop >= 0 else ''}{f':{step}' * (step != 1)}"


_unshaped = partial(base, views=("reshape", "transpose"))  # what x is in another shape or order


def emit(
    kind: type[Source], lowered: Lowered, function: str
) -> tuple[str, dict[str, Any], list[str]]:
    """The source of a function of this name, and the constants that it takes besides."""
    source = written(kind, lowered)
    return module(source, function, source.body(), source.results()), source.constants, []


def written(kind: type[Source], lowered: Lowered) -> Source:
    """The lines of a program."""
    outputs = rewritten(lowered.outputs, as_matrix_products)
    outputs = rewritten(outputs, composed({*kind.spellings, *map(str, OPERATORS), "neg", "**"}))
    own = arguments(lowered, {*kind.imports, *LOCALS})
    names = {x: own[name] for x, name in lowered.names(outputs).items()}
    return kind(outputs, names, list(own.values()), lowered)


def function(name: str, module: str | ast.Module) -> Function:
    """The function that a module defines."""
    scope: dict[str, Any] = {}
    exec(compile(module, "<compiled program>", "exec"), scope)
    return scope[name]  # type: ignore[no-any-return]


def module(source: Source, name: str, lines: Sequence[str], results: Sequence[str]) -> str:
    """The text of a module that defines one function, wrapped as the formatter black does."""
    body = [*source.prelude(), *lines, returned(results, source.lowered)]
    decorators = source.decorators()
    text = "\n".join([*decorators, *body])
    imports = [
        line
        for library, line in source.imports.items()
        if library == source.library or re.search(rf"\b{library}[.(]", text)
    ]
    lines = [
        *imports,
        "",
        *_about(source, source.lowered),
        *decorators,
        *statement(f"def {name}({', '.join([*source.arguments, *source.constants])}):", WIDTH),
        *[f"    {line}" for text in body for line in statement(text)],
    ]
    return "\n".join(lines) + "\n"


def _about(source: Source, lowered: Lowered) -> list[str]:
    """Comments that say what the function gives, and what its arguments are: inputs, the Values of
    each module, and numbers from the code."""
    what = "outputs"
    if lowered.reduction:
        what = "loss and its gradient"
        if lowered.inputs:
            what = f"{lowered.reduction} of the losses of n examples, and its gradient"
    lines = [f"the {what}"]
    inputs = [
        f"{name} {written_shape((BATCH, *shape))}"
        for name, shape in zip(source.arguments, lowered.inputs.values())
    ]
    if inputs:
        lines.append(f"{', '.join(inputs)}: an example in each row")
    parameters = source.arguments[len(lowered.inputs) :]
    modules: dict[str, list[tuple[str, str]]] = {}
    for name, block, places in zip(parameters, lowered.blocks, lowered.places):
        about = block.about
        if re.fullmatch(rf"{re.escape(name)}(\.[a-z])*", about):  # the name says it
            about = ""
        [module] = re.findall(r"^\D*\d+|^.*", about)[:1]
        modules.setdefault(module, []).append((f"{name} {places.shape}", about or "parameters"))
    for arrays in modules.values():
        names, abouts = zip(*arrays)
        lines.append(f"{', '.join(names)}: {', '.join(dict.fromkeys(abouts))}")
    for name, numbers in source.constants.items():
        lines.append(f"{name} {np.shape(numbers)}: program.constants[{name!r}]")
    wrapped = [
        textwrap.wrap(f"# {line}", WIDTH, subsequent_indent="#     ", break_on_hyphens=False)
        for line in lines
    ]
    return ["", *chain(*wrapped)]


def statement(text: str, room: int = WIDTH - 4) -> list[str]:
    """A statement; a long one that ends in a bracket has what the bracket holds on own lines."""
    if text.startswith(" "):
        inner = text.lstrip(" ")
        indent = " " * (len(text) - len(inner))
        return [indent + line for line in statement(inner, room - len(indent))]
    if text.endswith(":"):
        *lines, last = statement(text[:-1], room - 1)
        return [*lines, f"{last}:"]
    if len(text) <= room or text[-1] not in ")]":
        return [text]
    depth, start, commas = 0, len(text), []
    while depth or start == len(text):
        start -= 1
        depth += (text[start] in ")]") - (text[start] in "([")
        if depth == 1 and text[start] == ",":
            commas.append(start)
    lines = [text[start + 1 : -1]]
    if len(lines[0]) + 4 > room:
        ends = [start, *reversed(commas), len(text) - 1]
        items = [statement(text[i + 1 : j].strip(), room - 5) for i, j in pairwise(ends)]
        lines = [line for item in items for line in [*item[:-1], f"{item[-1]},"]]
    return [text[: start + 1], *[f"    {line}" for line in lines], text[-1]]


def returned(results: Sequence[str], lowered: Lowered) -> str:
    """The last statement: it returns outputs; or the loss, in a pair with what was asked for beside
    it, and the gradient."""
    if not lowered.reduction:
        return f"return {', '.join(results)}"
    loss, aux = results[0], results[1 + len(lowered.blocks) :]
    loss = f"({loss}, {_tuple(aux)})" if aux else loss
    return f"return {loss}, {_tuple(results[1 : 1 + len(lowered.blocks)])}"


def _tuple(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' * (len(items) == 1)})"
