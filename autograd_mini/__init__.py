"""autograd-mini: a scalar reverse-mode autodiff engine that can be stepped through and trusted."""

from .backprop import gradients
from .errors import AutogradError, DomainError, StaleGraphError, TraceError
from .graph import first_nonfinite, node_names, rerun, topological_order
from .primitives import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    clip,
    cos,
    cosh,
    dot,
    elu,
    erf,
    erfc,
    exp,
    expm1,
    fsum,
    gelu,
    gelu_tanh,
    hypot,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    log_sigmoid,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    mish,
    pick,
    relu,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softmax,
    softplus,
    sqrt,
    step,
    tan,
    tanh,
    where,
)
from .rules import Primitive, primitive
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .value import Scalar, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .compiler import compile as compile
    from .draw import draw_dot, draw_mlp
    from .formulas import latex
    from .paths import chain_rule
    from .stepper import step_through
    from .steps import Step, backprop_steps

    __version__: str

__all__ = [
    "AutogradError",
    "DomainError",
    "Primitive",
    "Scalar",
    "StaleGraphError",
    "Step",
    "TraceError",
    "Value",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "backprop_steps",
    "cbrt",
    "chain_rule",
    "clip",
    "cos",
    "cosh",
    "dot",
    "draw_dot",
    "draw_mlp",
    "elu",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "first_nonfinite",
    "fsum",
    "gelu",
    "gelu_tanh",
    "grad",
    "gradients",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "latex",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "maximum",
    "minimum",
    "mish",
    "node_names",
    "pick",
    "primitive",
    "relu",
    "rerun",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "step",
    "step_through",
    "tan",
    "tanh",
    "topological_order",
    "value_and_grad",
    "vjp",
    "where",
]

# `compile` is not in __all__: import * would hide Python's own, and ask for NumPy.
_LOADED_WHEN_USED = {  # so that importing the engine stays quick
    "Step": "steps",
    "backprop_steps": "steps",
    "chain_rule": "paths",
    "compile": "compiler",
    "draw_dot": "draw",
    "draw_mlp": "draw",
    "latex": "formulas",
    "step_through": "stepper",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("autograd-mini")
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = __import__(f"{__name__}.{_LOADED_WHEN_USED[name]}", fromlist=[name])
    globals()[name] = getattr(module, name)
    return globals()[name]


def __dir__() -> list[str]:
    return [*__all__, "compile"]
