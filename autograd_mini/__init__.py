"""A scalar reverse-mode autodiff engine that can be stepped through and trusted.

>>> w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b")
>>> y = tanh(w * x + b)
>>> y.backward()
>>> round(w.grad, 6)
0.718403
>>> grad(tanh)(0.0)
1.0

step_through(y) shows the forward and the backward pass, draw_dot(y) the graph, chain_rule(y, w) a
derivative as a sum over paths. compile() turns scalar code into an array program.
"""

from . import fast as fast  # quick forms of what the table has
from . import primitives
from .backprop import gradients
from .errors import AutogradError, DomainError, StaleGraphError, TraceError
from .graph import first_nonfinite, group, label_all, node_names, rerun, topological_order
from .primitives import *  # the functions of the rule table
from .rules import Primitive, primitive
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .value import Scalar, Value

__all__ = [  # type checkers read __init__.pyi
    "AutogradError", "DomainError", "Primitive", "Scalar", "StaleGraphError", "Step",
    "TraceError", "Value", "backprop_steps", "chain_rule", "compare_steps", "draw_dot", "draw_mlp",
    "first_nonfinite", "grad", "gradients", "group", "hessian", "hvp", "jacobian", "jvp",
    "label_all", "latex", "node_names", "primitive", "rerun", "step_through",
    "topological_order", "value_and_grad", "vjp", "why_nan",
]  # fmt: skip
__all__ += primitives.__all__

# `compile` is not in __all__: import * would hide Python's own, and ask for NumPy.
# Loaded when used, so that importing the engine stays quick. The contracts of import-linter do not
# see these imports, which are by name: nothing below this file imports the package as a whole.
_LOADED_WHEN_USED = {
    "Step": "steps",
    "backprop_steps": "steps",
    "chain_rule": "paths",
    "compare_steps": "stepper",
    "compile": "compiler",
    "draw_dot": "draw",
    "draw_mlp": "draw",
    "latex": "formulas",
    "step_through": "stepper",
    "why_nan": "nonfinite",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import distributions

        found = [d.version for d in distributions(name="autograd-mini")]
        return found[0] if found else "unknown"  # in a checkout that is not installed
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = __import__(f"{__name__}.{_LOADED_WHEN_USED[name]}", fromlist=[name])
    globals()[name] = getattr(module, name)
    return globals()[name]


def _picture(root: Value, include: object = None, exclude: object = None) -> dict[str, str]:
    """The graph of a Value as a picture, in a notebook."""
    from .draw import mimebundle

    return mimebundle(root)


Value._repr_mimebundle_ = _picture  # type: ignore[attr-defined]


def __dir__() -> list[str]:
    return [*__all__, "compile"]
