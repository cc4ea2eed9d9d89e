"""What runs for a NumPy source: its operations in their order, with results in the memory of
operands that are of no further use. The source that is shown stays free of this.

    z1 = x @ W1.T + b1             z1 = x @ W1.T
                                   z1 += b1
    h1 = np.tanh(z1)               h1 = z1
                                   np.tanh(h1, out=h1)
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from ...primitives import divide
from ..arithmetic import RELATIONS
from ..arrays import VIEWS, Array, base
from ..expression import ATOM, Expression
from ..loop import SEQUENCES
from .source import Source
from .steps import OF_LOOPS, reads

UFUNCS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


class InPlace:
    """The statements of a source, in place, and its results, which are all arrays of floats."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._names = source.names
        self._are_floats: dict[Array, bool] = {}
        for x in source.order:
            self._are_floats[x] = self._is_float(x)
        self._kept = {base(x, VIEWS) for x in source.steps.kept if x.op not in SEQUENCES}
        self._kept.update(base(a, VIEWS) for x in source.order if x.op in SEQUENCES for a in x.args)
        arrays = {name: x for x, name in source.names.items()}
        self._readings: defaultdict[Array, list[int]] = defaultdict(list)  # lines, by whose memory
        for i, text in enumerate([text for text, _ in source.lines] + [" ".join(source.results())]):
            for name in re.findall(r"[^\W\d]\w*", text):
                if name in arrays:
                    self._readings[base(arrays[name], VIEWS)].append(i)

    def _is_float(self, x: Array) -> bool:
        """Whether NumPy has it as floats: a condition is a bool, and its branches may be ints."""
        if x.op in RELATIONS or x.op in ("count", *OF_LOOPS, "item") or str(x.op) == "step":
            return False
        if x.op == "given":
            return self._are_floats.get(self.source.steps.arg(x), False)
        return not x.args or x.op is divide or any(map(self._are_floats.get, x.operands))

    def lines(self) -> Iterator[str]:
        for i, (text, x) in enumerate(self.source.lines):
            name, inner = self._names[x], text.lstrip(" ")
            is_own = inner.startswith(f"{name} = ") and not reads(inner.partition("=")[2], name)
            if x.shape and x.op.__class__ is not str and is_own:
                indent = " " * (len(text) - len(inner))
                yield from (f"{indent}{step}" for step in self._steps(x, name, i))
            else:
                yield text

    def results(self) -> list[str]:
        """As the source returns them; those that are numbers, or may not be floats, as arrays."""
        first = self.source.loss is not None
        dtype = f"np.{self.source.lowered.dtype}"
        return [
            text
            if i < first or (x.shape and self._are_floats[x])
            else f"np.asarray({text}, {dtype})"
            for i, (x, text) in enumerate(zip(self.source.outputs, self.source.results()))
        ]

    def _steps(self, x: Array, name: str, line: int) -> list[str]:
        """Statements that give x the name; where they can, in the memory of an operand."""
        of = self.source.expressions
        for a in x.operands if x.op.__class__ is not str else ():
            if a.shape == x.shape and self._is_passing(a, line):
                before, of[a] = of[a], Expression(name, ATOM, 0)
                tree = ast.parse(self.source._expression(x).text, mode="eval").body
                of[a] = before
                steps = _out(tree, name)
                if steps is not None:
                    named = a in self._names
                    first = [f"{name} = {before.text}"] if named else self._steps(a, name, line)
                    return [*first, *steps]
        return [f"{name} = {self.source._expression(x).text}"]

    def _is_passing(self, a: Array, line: int) -> bool:
        """Whether an array has memory of its own that nobody needs after this place in a line."""
        if a.op == "transpose" and a not in self._names:
            [product] = a.args  # A @ B is written as B.T @ A.T
            return bool(product.op == "matmul" and product not in self._names)
        if not self._are_floats[a] or (a.op.__class__ is str and a.op not in ("matmul", "sum")):
            return False
        if base(a, VIEWS) in self._kept:
            return False
        readings = self._readings[a]
        return a not in self._names or (readings[-1:] == [line] and readings.count(line) == 1)


def _out(tree: ast.expr, name: str) -> list[str] | None:
    """Statements that compute an expression in the array of this name, which it has as an operand;
    None if it does not have it, or not so."""
    if isinstance(tree, ast.Name) and tree.id == name:
        return []
    if isinstance(tree, ast.BinOp) and type(tree.op) in SIGNS:
        left, right = tree.left, tree.right
        steps = _out(left, name)
        if steps is not None:
            return [*steps, f"{name} {SIGNS[type(tree.op)]}= {ast.unparse(right)}"]
        steps = _out(right, name) if type(tree.op) in UFUNCS else None
        if steps is not None:
            call = f"np.{UFUNCS[type(tree.op)]}({ast.unparse(left)}, {name}, out={name})"
            return [*steps, call]
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        steps = _out(tree.operand, name)
        return None if steps is None else [*steps, f"np.negative({name}, out={name})"]
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
        function = ast.unparse(tree.func)
        if function.startswith("np.") and isinstance(getattr(np, tree.func.attr), np.ufunc):
            for i, argument in enumerate(tree.args):
                steps = _out(argument, name)
                if steps is not None:
                    texts = [ast.unparse(x) for x in tree.args]
                    texts[i] = name
                    return [*steps, f"{function}({', '.join(texts)}, out={name})"]
    return None
