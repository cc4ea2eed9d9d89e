"""The Numba backend: plain loops over the lanes of one example, run for eight examples at once.

Every array of the program belongs to a nest of loops. Operations of one shape share a nest as long
as each needs only what the others compute in the same turn; between nests, numbers are kept in
small arrays. Views are index arithmetic. What depends on the batch runs for a block of examples
after another and adds to sums; what does not runs once, before or after.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...primitives import add, divide, multiply, negate, power, subtract
from ..arithmetic import RELATIONS
from ..arrays import Array, Shape
from ..pipeline import Lowered
from ..program import Compiled, Function
from ..simplify import composed, reachable, rewritten
from .indices import VIEWS, Index, aligned, lane_shape, resolved, unflattened
from .jit import load
from .source import ATOM, OPERATORS, UNARY, Expression, _wrapped

FUNCTIONS = [
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sqrt",
    "cbrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "atan2",
    "hypot",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "erf",
    "erfc",
    "maximum",
    "minimum",
    "clip",
    "sigmoid",
    "softplus",
]
DTYPES = ("float64",)
KNOWN = {*FUNCTIONS, *map(str, OPERATORS), "neg", "abs", "**"}
REDUCTIONS = ("contract", "sum", "max")
LETTERS = "ijklopqrtu"  # of loops; m and s are maxima and sums
BEFORE, EXAMPLES, AFTER = range(3)  # when a nest runs


class Nest:
    """Loops of a shape, and the arrays that are computed in them, one number of each a turn."""

    def __init__(self, shape: Shape, is_open: bool) -> None:
        self.shape, self.is_open = shape, is_open
        self.arrays: list[Array] = []
        self.pieces: list[Any] = []  # (array, piece or None for zeros, its start, "=" or "+=")


class Loops:
    """The nests of a program, and their lines.

    Args:
        outputs: the results.
        names: of the inputs and parameters.

    Attributes:
        constants: name -> array, what else the lines need.
    """

    def __init__(self, outputs: Sequence[Array], names: dict[Array, str]) -> None:
        self.names = dict(names)
        self.constants: dict[str, Any] = {}
        self.uses: Counter[Any] = Counter()
        self._taken = {*names.values(), *FUNCTIONS, *_RESERVED}
        self.letters = [c for c in (*LETTERS, *(f"i{n}" for n in range(9))) if c not in self._taken]
        self._taken.update(self.letters)
        self.outputs = [x if self._is_computed(x) else _copy(x) for x in outputs]
        self.nests: tuple[list[Nest], ...] = ([], [], [])
        self.nest: dict[Array, tuple[int, int]] = {}  # the phase and number of each array's
        self.kept: set[Array] = set(self.outputs)  # those that are read outside of their nest
        everything = reachable(self.outputs)
        self.order = [x for x in everything if self._is_computed(x)]
        self.early: set[Array] = set()  # what examples need; all else can wait
        for x in reversed(everything):
            if x in self.early or x.is_batched or self._is_sum(x):
                self.early.update(x.operands)
        for x in self.order:
            self._place(x)
        self.sums = [x for x in self.order if self._is_sum(x)]
        self.room = self._shared_room()
        self.texts: dict[Array, Expression] = {}

    # -- what an array is -----------------------------------------------------------------------

    def _is_computed(self, x: Any) -> bool:
        return x not in self.names and x.op not in (*VIEWS, "count", "constant")

    def _is_sum(self, x: Array) -> bool:
        """Whether it is summed over the examples."""
        return x.op in ("contract", "sum") and (
            not x.is_batched and any(a.is_batched for a in x.operands)
        )

    def _resolved(self, x: Any, index: Sequence[Index]) -> tuple[Any, list[Index]]:
        return resolved(x, index, self._constant)

    def _reads(self, x: Array, index: Sequence[Index]) -> list[tuple[Any, list[Index]]]:
        """What x needs at an index: arrays and numbers, and the index in each."""
        if x.op in REDUCTIONS:
            letters = self._axes(x)
            return [
                self._resolved(a, [letters[c] for c in axes])
                for a, axes in zip(x.args, self._letters(x)[0])
            ]
        return [
            self._resolved(a, aligned(index, x, a)) if a.__class__ is Array else (a, [])
            for a in x.args
        ]

    def _letters(self, x: Array) -> tuple[list[str], str]:
        """For each operand of a reduction the letters of its lanes' axes, and those of x."""
        if x.op == "contract":
            into, out = x.info.split("->")
            names = into.split(",")
        else:
            names = [LETTERS[: len(x.args[0].shape)]]
            out = "".join(c for i, c in enumerate(names[0]) if i not in x.info)
        return [n[a.is_batched :] for a, n in zip(x.args, names)], out[x.is_batched :]

    def _axes(self, x: Array) -> dict[str, Index]:
        """For each letter of a reduction a counter: those of the result's nest come first."""
        operands, out = self._letters(x)
        letters = [*out, *[c for c in dict.fromkeys("".join(operands)) if c not in out]]
        size = {c: n for a, axes in zip(x.args, operands) for c, n in zip(axes, lane_shape(a))}
        return {c: Index.counter(name, size[c]) for c, name in zip(letters, self.letters)}

    def _counters(self, shape: Shape) -> list[Index]:
        return [Index.counter(name, n) for name, n in zip(self.letters, shape)]

    # -- nests ----------------------------------------------------------------------------------

    def _place(self, x: Array) -> None:
        """Find the nest of an array: the first that has what it needs, or a new one."""
        phase = BEFORE if x in self.early else AFTER
        if x.is_batched or self._is_sum(x):
            phase = EXAMPLES
        first, shape = 0, lane_shape(x)
        whole = x.op not in ("assemble", "scatter", "concatenate")
        if whole:
            reads = self._reads(x, self._counters(shape))
        else:
            reads = [self._resolved(a, self._counters(lane_shape(a))) for a in x.args]
        nests = self.nests[phase]
        for a, index in reads:
            self.uses[a] += 2 if x.op in REDUCTIONS else 1
            if a in self.nest:
                within, number = self.nest[a]
                if within == phase and not self._is_sum(a):
                    there = nests[number]
                    same = whole and there.is_open and there.shape == shape
                    same = same and index == self._counters(shape)
                    first = max(first, number + (not same))
        if whole:
            for number in range(first, len(nests)):
                if nests[number].is_open and nests[number].shape == shape:
                    break
            else:
                number = len(nests)
                nests.append(Nest(shape, True))
            nests[number].arrays.append(x)
        else:
            number = self._place_pieces(x, nests)
        self.nest[x] = phase, number
        for a, _ in reads:
            if a in self.nest and self.nest[a] != (phase, number):
                self.kept.add(a)

    def _place_pieces(self, x: Array, nests: list[Nest]) -> int:
        """A nest for each piece of an array, after one of zeros unless the pieces fill it."""
        self.kept.add(x)
        starts: Any
        if x.op == "concatenate":
            starts, along = [], 0
            for a in x.args:
                starts.append([along if d == x.info else 0 for d in range(len(x.shape))])
                along += a.shape[x.info]
        else:
            starts = x.info if x.op == "assemble" else [None]
        fills = x.op == "concatenate"
        if x.op == "assemble":
            there = np.zeros(lane_shape(x), dtype=int)
            for a, start in zip(x.args, starts):
                at = [slice(s, s + n) for s, n in zip(start, a.shape)][x.is_batched :]
                there[tuple(at)] += 1
            fills = bool((there == 1).all())
        if not fills:
            nests.append(Nest(lane_shape(x), False))
            nests[-1].pieces = [(x, None, None, "=")]
        for a, start in zip(x.args, starts):
            nests.append(Nest(lane_shape(a), False))
            nests[-1].pieces = [(x, a, start, "=" if fills else "+=")]
        return len(nests) - 1

    def _shared_room(self) -> dict[Array, Array]:
        """For what replaces a sum over the examples, number by number, that sum: it has no other
        use, and so they are one array."""
        room: dict[Array, Array] = {}
        for x in self.kept:
            if self.nest[x][0] == AFTER and x.op.__class__ is not str:
                index = self._counters(lane_shape(x))
                for a, place in self._reads(x, index):
                    is_its_own = a in self.nest and self._is_sum(a) and self.uses[a] == 1
                    if is_its_own and place == index and a.shape == x.shape != ():
                        room.setdefault(x, a)
        return room

    # -- lines ----------------------------------------------------------------------------------

    def lines(self, phase: int) -> list[str]:
        """The lines of a phase."""
        lines: list[str] = []
        for number, nest in enumerate(self.nests[phase]):
            index = self._counters(nest.shape)
            self.here = phase, number, index
            self.accumulators: list[str] = []
            body: list[str] = []
            for x in nest.arrays:
                self._write(x, index, body)
            for piece in nest.pieces:
                self._write_piece(piece, index, body)
            lines += self._loop(zip(self.letters, nest.shape), body)
        return lines

    @staticmethod
    def _loop(counters: Any, body: Sequence[str]) -> list[str]:
        lines, indent = [], ""
        for letter, n in counters:
            if n > 1:
                lines.append(f"{indent}for {letter} in range({n}):")
                indent += "    "
        return [*lines, *[indent + line for line in body]]

    def _write(self, x: Array, index: Sequence[Index], body: list[str]) -> None:
        expression = self._expression(x, index, body)
        if self._is_sum(x):
            name = self._named(x)
            body.append(f"{name}[{_listed(index)}] += total({expression.text})")
            return
        short = expression.operations <= 3 and len(expression.text) < 60
        if self.uses[x] == 1 and short and x not in self.kept:
            self.texts[x] = expression
            return
        name = self._named(x)
        if x in self.kept and lane_shape(x):
            element = f"{name}[{_listed(index)}]"
            if self.uses[x] > 1 and expression.operations:
                local = self._unique(f"{name}_")
                body.append(f"{local} = {expression.text}")
                expression = self.texts[x] = Expression(local, ATOM, 0)
            body.append(f"{element} = {expression.text}")
            self.texts.setdefault(x, Expression(element, ATOM, 0))
        else:
            body.append(f"{name} = {expression.text}")
            self.texts[x] = Expression(name, ATOM, 0)

    def _write_piece(self, piece: Any, index: Sequence[Index], body: list[str]) -> None:
        """Write a piece of an array to its place."""
        x, a, start, sign = piece
        at = list(index)
        if a is not None and x.op == "scatter":
            place = f"{self._constant(x.info.places)}[{_listed(index)}]"
            at = unflattened(Index.counter(place, x.lanes), lane_shape(x))
        elif a is not None:
            at = [p.plus(Index((), s)) for p, s in zip(index, start[x.is_batched :])]
        text = "0.0" if a is None else self._read(*self._resolved(a, index)).text
        body.append(f"{self._named(x)}[{_listed(at)}] {sign} {text}")

    def _read(self, x: Any, index: Sequence[Index]) -> Expression:
        """A number of an array, in an expression of the present nest."""
        if x.__class__ is not Array:
            text = repr(float(x)).removesuffix(".0")
            return Expression(text, UNARY if text.startswith("-") else ATOM, 0)
        if x.op == "count":
            return Expression("n", ATOM, 0)
        phase, number, counters = self.here
        if self.nest.get(x) == (phase, number) and x in self.texts and list(index) == counters:
            return self.texts[x]
        name = self._constant(x.info) if x.op == "constant" else self.names[x]
        if not index and x.op != "parameter" and not self._is_sum(x):
            return Expression(name, ATOM, 0)
        return Expression(f"{name}[{_listed(index)}]", ATOM, 0)

    def _expression(self, x: Array, index: Sequence[Index], body: list[str]) -> Expression:
        args = [self._read(*read) for read in self._reads(x, index)]
        count = 1 + sum(a.operations for a in args)
        if x.op == "copy":
            return args[0]
        if x.op.__class__ is str:
            return self._reduction(x, args, body)
        if x.op in OPERATORS:
            binding = OPERATORS[x.op]
            left = args[0].within(binding)
            right = args[1].within(binding - (x.op is not add and x.op is not multiply))
            if x.op is multiply and args[1].binding == binding:
                right = args[1].within(binding - 1)
            return Expression(f"{left} {x.op.name} {right}", binding, count)
        if x.op is negate:
            return Expression(f"-{args[0].within(ATOM)}", UNARY, count)
        if x.op in RELATIONS:
            left, right = (a.within(OPERATORS[add]) for a in args[:2])
            condition = f"{left} {RELATIONS[x.op]} {right}"
            return Expression(f"where({condition}, {args[2].text}, {args[3].text})", ATOM, count)
        if not (x.op is power or str(x.op) in KNOWN):
            raise ValueError(
                f"backend='numba' cannot compile {x.op.name}, a function of floats; compose it of "
                "the functions of autograd_mini, or use backend='numpy'"
            )
        name = "power" if x.op is power else str(x.op)
        return Expression(f"{name}({', '.join(a.text for a in args)})", ATOM, count)

    def _reduction(self, x: Array, args: Sequence[Expression], body: list[str]) -> Expression:
        """The loop of a sum or a maximum, and the name of its result."""
        product = OPERATORS[multiply]
        text = " * ".join(a.within(product) for a in args)
        axes, (_, out) = self._axes(x), self._letters(x)
        counters = [place for c, place in axes.items() if c not in out and place.terms]
        if not counters:
            return Expression(text, product if len(args) > 1 else args[0].binding, len(args))
        name = self._accumulator("m" if x.op == "max" else "s")
        start = "zero" if any(a.is_batched for a in x.args) else "0.0"
        step = f"{name} = {name} + {text}"  # rows of NumPy would be added to in place
        if x.op == "max":
            start, step = f"{start} - inf", f"{name} = maximum({name}, {text})"
        body.append(f"{name} = {start}")
        body += self._loop([(p.terms[0][0], p.terms[0][2]) for p in counters], [step])
        return Expression(name, ATOM, 0)

    # -- names ----------------------------------------------------------------------------------

    def _named(self, x: Array) -> str:
        if x not in self.names:
            if x in self.room:
                self.names[x] = self._named(self.room[x])
                return self.names[x]
            y = x.gradient_of
            for other, part in self.room.items():  # named after what it becomes
                y = other.gradient_of if part is x else y
            name = f"d{self.names.get(y) or self._designation(y)}" if y else self._designation(x)
            name = self._unique(name)
            self.names[x] = name
        return self.names[x]

    def _designation(self, x: Array) -> str:
        if x in self.names:
            return self.names[x]
        if x.op in VIEWS and x.operands:
            return self._designation(x.operands[0])
        if x.op == "contract":
            used = [self._resolved(a, self._counters(lane_shape(a)))[0] for a in x.args]
            parameters = [self.names[a] for a in used if getattr(a, "op", "") == "parameter"]
            number = re.search(r"\d+$", parameters[-1]) if parameters else None
            return f"z{number[0]}" if number else "z" if parameters and x.is_batched else "v"
        below = [self._designation(a) for a in x.operands]
        found = next((d for d in below if d.startswith("z")), None)
        if found and x.op in (add, subtract, multiply, divide, negate):
            return found
        return "h" + re.sub(r"_.*", "", found[1:]) if found else "v"

    def _unique(self, name: str) -> str:
        unique, number = name, 1
        while unique in self._taken:
            number += 1
            unique = f"{name}_{number}" if name[-1:].isdigit() else f"{name}{number}"
        self._taken.add(unique)
        return unique

    def _accumulator(self, name: str) -> str:
        """A name that is another nest's as well, but new in this one."""
        numbers = range(2, 2 + len(self._taken) + len(self.accumulators))
        found = next(
            n
            for n in (name, *[f"{name}{i}" for i in numbers])
            if n not in self._taken and n not in self.accumulators
        )
        self.accumulators.append(found)
        return found

    def _constant(self, numbers: Any) -> str:
        """The name of a constant array; one for equal arrays."""
        for name, other in self.constants.items():
            if other.dtype == numbers.dtype and np.array_equal(other, numbers):
                return name
        name = self._unique("at" if numbers.dtype.kind == "i" else "c")
        self.constants[name] = numbers
        return name


def _copy(x: Array) -> Array:
    """An output that is a view, or a parameter, is an array of its own."""
    return x.program.make("copy", (x,), None, x.shape)


def _listed(index: Sequence[Index]) -> str:
    return ", ".join(map(str, index)) or "()"


# -- the module ---------------------------------------------------------------------------------

HEADER = """from math import inf, nan

import numpy as np
from autograd_mini.compiler.backends.lanes import *
"""
_RESERVED = [
    "n",
    "np",
    "inf",
    "nan",
    "zero",
    "start",
    "stop",
    "first",
    "whole",
    "jit",
    "lanes",
    "width",
    "empty",
    "block",
    "store",
    "total",
    "where",
    "power",
    "WIDTH",
    "examples",
]


def emit(lowered: Lowered, name: str) -> tuple[str, dict[str, Any]]:
    """The source of a module with a function of this name, and the constants that it takes."""
    outputs = rewritten(lowered.outputs, composed(KNOWN))
    loops = Loops(outputs, lowered.names(outputs))
    before, examples, after = map(loops.lines, (BEFORE, EXAMPLES, AFTER))
    inputs, parameters = list(lowered.inputs), [b.name for b in lowered.blocks]
    names = loops.names
    rows = [x for x in loops.outputs if x.is_batched]
    body = [f"n = len({inputs[0]})"] if inputs else []
    body += _allocated(loops, BEFORE, "np.empty(")
    body += before
    body += [f"{names[x]} = np.zeros({lane_shape(x)})" for x in loops.sums]
    body += [f"{names[x]} = np.empty((n, *{lane_shape(x)}))" for x in rows]
    lines = []
    if examples:
        given = [f"all_{name}" for name in inputs]
        inside = [f"{name} = block(zero, all_{name}, first)" for name in inputs] + examples
        inside += [f"store(all_{names[x]}, first, {names[x]}, zero)" for x in rows]
        known = {*parameters, *loops.constants, *map(names.get, loops.sums), "n"}
        known.update(
            names[x] for x, (phase, _) in loops.nest.items() if phase == BEFORE and x in names
        )
        used = dict.fromkeys(re.findall(r"\w+", "\n".join(inside)))
        shared = [name for name in used if name in known]
        outs = [names[x] for x in rows]
        arguments = ["zero", "start", "stop", *given, *shared, *[f"all_{x}" for x in outs]]
        lines = ["@jit", *_wrapped("def examples(", arguments, "):")]
        lines += _indented(_allocated(loops, EXAMPLES, "empty(zero, "))
        lines += ["    for first in range(start, stop, width(zero)):"]
        lines += [*_indented(_indented(inside)), "", ""]
        call = [*inputs, *shared, *outs]
        body += ["whole = n - n % WIDTH", "if whole:"]
        body += _indented(_wrapped("examples(", ["lanes(0.0)", "0", "whole", *call], ")"))
        body += _wrapped("examples(", ["0.0", "whole", "n", *call], ")")
    body += _allocated(loops, AFTER, "np.empty(")
    body += after
    results = [_result(loops, x, x is loops.outputs[0]) for x in loops.outputs]
    result = results[0]
    if name == "value_and_grad":
        result = f"{result}, ({', '.join(results[1:])}{',' * (len(results) == 2)})"
    lines += ["@jit", *_wrapped(f"def {name}(", [*inputs, *parameters, *loops.constants], "):")]
    lines += _indented([*body, f"return {result}"])
    return "\n".join([HEADER, "", *lines]) + "\n", loops.constants


def _allocated(loops: Loops, phase: int, function: str) -> list[str]:
    """Lines that make the arrays of a phase."""
    return [
        f"{loops.names[x]} = {function}{lane_shape(x)})"
        for x in loops.order
        if x in loops.kept
        and loops.nest[x][0] == phase
        and lane_shape(x)
        and x not in loops.sums
        and x not in loops.room
    ]


def _result(loops: Loops, x: Array, is_loss: bool) -> str:
    """A result as it is returned: the loss is a number, all else are arrays."""
    name = loops.names[x]
    if x.shape == () and x in loops.sums:
        return f"{name}[()]" if is_loss else name
    return f"np.array({name})" if x.shape == () and not is_loss else name


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def function(compiled: Compiled) -> Function:
    """The function that the source defines, of the inputs and parameters."""
    run = load(compiled.source)[compiled.name]
    constants = list(compiled.constants.values())

    def contiguous(*arrays: Any) -> Any:
        return run(*[x if _is_plain(x) else np.array(x) for x in arrays], *constants)

    return contiguous


def _is_plain(x: Any) -> bool:
    return x.__class__ is np.ndarray and x.flags.carray
