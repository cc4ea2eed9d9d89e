"""The NumPy backend: source that reads as if it had been written by hand."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from ...rules import Primitive
from ..arrays import ieee
from ..pipeline import Lowered
from ..simplify import as_matrix_products, composed, rewritten
from .source import ATOM, OPERATORS, PRODUCT, Source, module

# The functions of the rule table that NumPy has, or that one writes otherwise than the table does.
SPELLINGS: dict[str, tuple[str, int]] = {
    **{
        name: (f"np.{name}({{}})", ATOM)
        for name in (
            [
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
                "sinh",
                "cosh",
                "tanh",
                "sign",
            ]
        )
    },
    **{
        f"a{name}": (f"np.arc{name}({{}})", ATOM)
        for name in ["sin", "cos", "tan", "sinh", "cosh", "tanh"]
    },
    **{name: (f"np.{name}({{}}, {{}})", ATOM) for name in ("hypot", "maximum", "minimum")},
    "atan2": ("np.arctan2({}, {})", ATOM),
    "clip": ("np.clip({}, {}, {})", ATOM),
    "abs": ("np.abs({})", ATOM),
    "step": ("np.heaviside({}, 0)", ATOM),
    "relu": ("np.maximum({}, 0)", ATOM),
    "sigmoid": ("1 / (1 + np.exp(-{}))", PRODUCT),
    "softplus": ("np.logaddexp(0, {})", ATOM),
    "erf": ("special.erf({})", ATOM),
    "erfc": ("special.erfc({})", ATOM),
}
KNOWN = {*SPELLINGS, *map(str, OPERATORS), "neg", "**"}


class NumpySource(Source):
    spellings = SPELLINGS


def emit(lowered: Lowered, name: str) -> tuple[str, dict[str, Any]]:
    """The source of a function of this name, and the constants that it takes besides."""
    outputs = rewritten(lowered.outputs, as_matrix_products)
    outputs = rewritten(outputs, composed(KNOWN))
    source = NumpySource(outputs, lowered.names(outputs))
    imports = ["import numpy as np"]
    if any("special." in text for text, _ in source.lines):
        imports.append("from scipy import special")
    text = module(source, name, lowered, imports)
    return text, source.constants


def function(source: str, name: str) -> Callable[..., Any]:
    """The function that the source defines, in IEEE arithmetic. An array is given back to the
    system after the last line that uses it: there may be more of them than the memory allocator
    keeps, and then each call would have to ask for their pages anew."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            _delete_after_use(node)
    scope: dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(tree), "<compiled program>", "exec"), scope)
    run = scope[name]

    def silent(*arrays: Any) -> Any:
        with np.errstate(all="ignore"):
            return run(*arrays)

    return silent


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


def constant(x: Any) -> Any:
    """A constant as the function takes it: an array; or, for an operation that is a function of
    floats, which the rule table does not compose, that function of arrays."""
    if not isinstance(x, Primitive):
        return x
    return np.vectorize(lambda *numbers: ieee(x, numbers), otypes=[float])
