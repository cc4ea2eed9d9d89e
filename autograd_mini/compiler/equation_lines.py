"""Which arrays have an equation, and what they are called: the lines of a source with contractions,
softmax and logsumexp, by the names of the source that is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitives import TABLE, add, divide, multiply, negate, subtract
from .arrays import Array, base
from .backends.numpy import NumpySource
from .backends.source import Source, written
from .expression import ATOM as TIGHT
from .expression import Expression
from .loop import everything
from .matrices import is_softmax
from .names import LOCALS, arguments
from .pipeline import Lowered
from .simplify import as_matrix_products, rewritten

LINEAR = (add, subtract, multiply, divide, negate)


def equation_lines(lowered: Lowered) -> Source:
    """The lines of a program as it was written. Contractions of more than two axes stay."""
    lowered = _exchanged(lowered)
    outputs = rewritten(lowered.outputs, _as_matrix_products)
    own = arguments(lowered, {*NumpySource.imports, *LOCALS})
    names = {x: own[name] for x, name in lowered.names(outputs).items()}
    return _Lines(outputs, names, list(own.values()), lowered)


def _as_matrix_products(x: Array, args: list[Any]) -> Any:
    is_stack = x.op == "contract" and max(len(a.shape) for a in (x, *args)) > 2
    return None if is_stack else as_matrix_products(x, args)


class _Lines(NumpySource):
    """Says which arrays have an equation, and their names, which are those of the source."""

    spellings = NumpySource.spellings | {
        str(p): ("f({}, {}, {})" if len(p.arguments) == 3 else "f({})", TIGHT)
        for p in TABLE.values()
        if str(p) not in NumpySource.spellings
    }

    def __init__(self, outputs: Any, names: Any, arguments: Any, lowered: Lowered) -> None:
        shown = written(NumpySource, _exchanged(lowered)).names
        self._known = {_made_of(x): name for x, name in shown.items() if _made_of(x)}
        self._shown = {*shown.values()}
        self._viewed = {
            a for x in everything(outputs) if x.op in ("reshape", "transpose") for a in x.args
        }
        super().__init__(outputs, names, arguments, lowered)

    def _name(self, x: Array) -> str:
        known = "loss" if x is self.loss else self._known.pop(_made_of(x), None)
        self._taken |= self._shown
        return known or super()._name(x)

    def _logsumexp(self, x: Array) -> Expression:
        return Expression(f"logsumexp({self._of(x.args[0]).text})", TIGHT, 2)

    def _elementwise(self, x: Array) -> Expression:
        for a in x.operands if x.op not in LINEAR else ():  # the z of h = tanh(z)
            if a.shape and a not in self.names and re.fullmatch(r"z\d*", self._designation(a)):
                self._on_a_line(a)
        return super()._elementwise(x)

    def _contract(self, x: Array) -> Expression:
        read = self._named if len(x.args) == 2 else lambda a: self._of(a).text
        return Expression(f'np.einsum("{x.info}", {", ".join(map(read, x.args))})', TIGHT, 3)

    def _needs_a_line(self, x: Array, expression: Expression) -> bool:
        is_viewed = x in self._viewed and self.uses[x] == 1
        if x.op in ("reshape", "transpose", "contract") and is_viewed:
            return False
        return is_softmax(x) or super()._needs_a_line(x, expression)

    def _new_designation(self, x: Array, of: Callable[[Array], str]) -> str:
        if x.op == "contract" and not x.label and not self._is_backward(x):
            return "z" if any(base(a).op == "parameter" for a in x.args) else "s"
        return "p" if is_softmax(x) else super()._new_designation(x, of)

    def _is_backward(self, x: Array) -> bool:
        return self.loss is not None and self.steps.outside(x).number >= self.loss.number


def _exchanged(lowered: Lowered) -> Lowered:
    """The program as it was written for the one with a stable softmax, and the other way round."""
    return lowered._replace(outputs=list(lowered.as_written), as_written=lowered.outputs)


def _made_of(x: Array) -> Any:
    """What tells an array in another form of its program, and in another shape: its scalars, or
    whose gradient it is."""
    of = x if x.gradient_of is None else x.gradient_of
    made = None if of.scalars is None else np.sort(of.scalars, axis=None).tobytes()
    return made and (of is x, made)
