"""The NumPy backend: source that reads as if it had been written by hand."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextvars import copy_context
from functools import cache, partial
from typing import Any

import numpy as np

from ...rules import Primitive
from ..arrays import Array, base
from ..compiled import Compiled, Function
from ..expression import ATOM, PRODUCT, UNARY, Expression
from ..identities import ieee
from ..pipeline import Lowered, lower_with_loops
from . import module, source
from .in_place import InPlace

DTYPES = ("float64", "float32")


class NumpySource(source.Source):
    library = "np"
    spellings = {  # noqa: RUF012
        **source.spellings("np"),
        "step": ("np.heaviside({}, 0)", ATOM),
        "relu": ("np.maximum({}, 0)", ATOM),
        "sigmoid": ("1 / (1 + np.exp(-{}))", PRODUCT),
        "softplus": ("np.logaddexp(0, {})", ATOM),
        "erf": ("special.erf({})", ATOM),
        "erfc": ("special.erfc({})", ATOM),
    }
    imports = {  # noqa: RUF012
        "np": "import numpy as np",
        "sliding_window_view": "from numpy.lib.stride_tricks import sliding_window_view",
        "special": "from scipy import special",
    }
    has_ones = False

    @property
    def dtype(self) -> str:  # type: ignore[override]
        return ", np.float32" * (self.lowered.dtype == "float32")

    def results(self) -> list[str]:
        """As copies, where they share their memory with an argument or with each other."""
        known: set[Any] = set()
        texts = super().results()
        for i, x in enumerate(self.outputs):
            y = base(x)
            memory = self.steps.memory(y)
            shares = memory in known or y.op in ("input", "parameter", "constant")
            is_spread = y.op == "broadcast" and y.operands
            if x.shape and (shares or memory is None or is_spread):
                texts[i] += ".copy()"
            known.add(memory)
        return texts

    def prelude(self) -> list[str]:
        ones = f"ones = np.ones(n{self.dtype})  # ones @ x is the sum of x's rows"
        return super().prelude() + [ones] * self.has_ones

    def _sum(self, x: Array) -> Expression:
        """The sum along an axis is a product with ones: at the speed of one, and as accurate."""
        [a] = x.args
        inner, count = self._of(a), 1 + self._of(a).operations
        if x.info == (0,) and len(a.shape) == 2 and a.is_batched:
            self.has_ones = self.counts = True
            return Expression(f"ones @ {inner.within(ATOM)}", PRODUCT, count)
        if x.info == (len(a.shape) - 1,) and len(a.shape) > 1 and a.shape[-1] > 0:
            ones = f"np.ones({a.shape[-1]}{self.dtype})"
            return Expression(f"{inner.within(UNARY)} @ {ones}", PRODUCT, count)
        return super()._sum(x)

    def _write_scatter(self, x: Array, name: str) -> None:
        [g] = x.args
        places, dots, axis = x.info.places.ravel(), ":, " * g.is_batched, int(g.is_batched)
        inner = self._of(g).text
        if len(g.shape) > 1 + axis:
            inner = f"{inner}.reshape({'-1, ' * axis}{len(places)})"
        if len(np.unique(places)) < len(places):
            order = np.argsort(places, kind="stable")
            places, starts = np.unique(places[order], return_index=True)
            inner = f"{inner}[{dots}{self._constant_named('i', order)}]"
            inner = f"np.add.reduceat({inner}, {self._constant_named('i', starts)}, axis={axis})"
        if np.array_equal(places, np.arange(x.size)):
            self.lines.append((f"{name} = {inner}", x))
            return
        self._write_zeros(x, name)
        self.lines.append((f"{name}[{dots}{self._places(places)}] = {inner}", x))


written = partial(source.written, NumpySource)
lower = partial(lower_with_loops, written)


def emit(lowered: Lowered, name: str) -> tuple[str, dict[str, Any], str]:
    """The source, the constants that its function takes besides, and the source that runs."""
    shown = written(lowered)
    placed = InPlace(shown)
    runs = module.module(shown, name, list(placed.lines()), placed.results())
    return module.module(shown, name, shown.body(), shown.results()), shown.constants, runs


def function(compiled: Compiled) -> Function:
    """The function that the source defines, of the inputs and parameters, in IEEE arithmetic."""
    constants = [
        elementwise(x, compiled.dtype) if isinstance(x, Primitive) else x
        for x in compiled.constants.values()
    ]
    made = cache(partial(_made, compiled.name, compiled.runs))
    if _QUIET is None or any(map(callable, constants)):
        return np.errstate(all="ignore")(lambda *arrays: made()(*arrays, *constants))
    quiet = _QUIET.copy
    return lambda *arrays: quiet().run(made(), *arrays, *constants)


# Where warnings are off: a copy costs less than np.errstate. (NumPy 1 does not have them there.)
_QUIET = copy_context() if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else None
if _QUIET is not None:
    _QUIET.run(np.seterr, all="ignore")


def _made(name: str, text: str) -> Function:
    """The function of a source. An array is given back to the system after the last line that uses
    it: there may be more of them than the memory allocator keeps, and then each call would have to
    ask for their pages anew."""
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            _delete_after_use(node)
    return module.function(name, ast.fix_missing_locations(tree))


def _delete_after_use(function: ast.FunctionDef) -> None:
    """Put `del` after the last statement that reads a name which the function has assigned."""
    last: dict[str, int] = {}
    for i, statement in enumerate(function.body):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and (isinstance(node.ctx, ast.Store) or node.id in last):
                last[node.id] = i
    body: list[ast.stmt] = []
    for i, statement in enumerate(function.body):
        body.append(statement)
        dead = [name for name, at in last.items() if at == i]
        if dead and not isinstance(statement, ast.Return):
            body.append(ast.Delete([ast.Name(name, ast.Del()) for name in dead]))
    function.body = body


def elementwise(primitive: Primitive, dtype: str) -> Callable[..., Any]:
    """A function of floats that the rule table does not compose, as one of arrays."""
    return np.vectorize(lambda *numbers: ieee(primitive, numbers), otypes=[dtype])
