"""The NumPy backend: source that reads as if it had been written by hand."""

from __future__ import annotations

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
            "exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan sinh cosh tanh sign".split()
        )
    },
    **{f"a{name}": (f"np.arc{name}({{}})", ATOM) for name in "sin cos tan sinh cosh tanh".split()},
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
    """The function that the source defines, in IEEE arithmetic."""
    scope: dict[str, Any] = {}
    exec(compile(source, "<compiled program>", "exec"), scope)
    run = scope[name]

    def silent(*arrays: Any) -> Any:
        with np.errstate(all="ignore"):
            return run(*map(_array_or_function, arrays))

    return silent


def _array_or_function(x: Any) -> Any:
    """A function of floats that the rule table does not compose, as one of arrays."""
    if not isinstance(x, Primitive):
        return x
    return np.vectorize(lambda *numbers: ieee(x, numbers), otypes=[float])
