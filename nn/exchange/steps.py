"""What a model computes, as a list of steps, and what each step is called in other libraries."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import autograd_mini
from autograd_mini.nested import map_nested

from ..convolution import Conv1d, Conv2d, flatten
from ..dropout import Dropout
from ..layers import MLP, Layer, Neuron
from ..module import Module
from ..random_features import RandomFeatures
from ..sequential import Elementwise, Sequential

_END = "bias={bias}, dtype=torch.float64){frozen}"
_PLACES = "stride={stride}, padding={padding}, " + _END
_SAME = "abs acos acosh asin asinh atan atanh cos cosh erf exp log sign sin sinh sqrt tan"
# A step: the source of a module of PyTorch, or its function; and the operators of ONNX, one after
# another. In the source {0}, .. is the shape. Mul multiplies by what the step began with.
FORMS = {
    "linear": ("nn.Linear({1}, {0}, " + _END, "Gemm"),
    "conv1d": ("nn.Conv1d({1}, {0}, {2}, " + _PLACES, "Conv"),
    "conv2d": ("nn.Conv2d({1}, {0}, ({2}, {3}), " + _PLACES, "Conv"),
    "dropout": ("nn.Dropout({p})", "Identity"),
    "flatten": ("nn.Flatten({start})", "Flatten"),
    "softmax": ("nn.Softmax(dim=-1)", "Softmax"),
    "log_softmax": ("nn.LogSoftmax(dim=-1)", "LogSoftmax"),
    "relu": ("nn.ReLU()", "Relu"),
    "leaky_relu": ("nn.LeakyReLU({slope})", "LeakyRelu"),
    "elu": ("nn.ELU({alpha})", "Elu"),
    "sigmoid": ("nn.Sigmoid()", "Sigmoid"),
    "log_sigmoid": ("nn.LogSigmoid()", "Neg Softplus Neg"),
    "tanh": ("nn.Tanh()", "Tanh"),
    "softplus": ("nn.Softplus(threshold=40)", "Softplus"),  # from which on it is x; by default 20
    "silu": ("nn.SiLU()", "Sigmoid Mul"),
    "gelu": ("nn.GELU()", "Gelu"),
    "gelu_tanh": ('nn.GELU(approximate="tanh")', "Gelu"),
    "mish": ("nn.Mish()", "Mish"),
    **{name: (f"torch.{name}", name.capitalize()) for name in _SAME.split()},
}
FUNCTIONS: dict[str, Any] = {name: getattr(autograd_mini, name, abs) for name in [*FORMS][4:]}
FUNCTIONS["flatten"] = flatten
OF_ALL = [FUNCTIONS[name] for name in ("flatten", "softmax", "log_softmax")]  # not of each element
DEFAULTS: dict[str, dict[str, float]] = {"leaky_relu": {"slope": 0.01}, "elu": {"alpha": 1.0}}


class Step(NamedTuple):
    """A step: its name in FORMS, the path of its module, its settings, the shape of its weight
    (outputs, inputs, ..), and its numbers: lists by the names weight and bias."""

    kind: str
    path: str
    options: Mapping[str, Any] = {}
    shape: tuple[int, ...] = ()
    numbers: Mapping[str, Any] = {}


def steps(model: Module) -> list[Step]:
    """The steps of a model; a TypeError or a ValueError names what other libraries do not have."""
    found, axes, count = [], 0, 0
    for step in _steps(model, ""):
        if step.kind == "flatten":  # all axes but those of a batch
            step, axes = step._replace(options={"start": -axes or 1}), 1
        if step.shape:
            axes = len(step.shape) - 1
            count += math.prod(step.shape) + len(step.numbers.get("bias", ()))
        found.append(step)
    if count != len(model.named_parameters(frozen=True)):
        raise ValueError(
            "parameters are used twice, or by no layer; give each layer parameters of its own"
        )
    return found


def _steps(part: Any, path: str) -> Iterator[Step]:
    kind, at = type(part), path or "the model"
    if kind in (MLP, Sequential):
        for i, inner in enumerate(part.layers):
            yield from _steps(inner, f"{path}.layers.{i}".lstrip("."))
    elif kind in (Layer, Neuron, Conv1d, Conv2d, RandomFeatures):
        units = getattr(part, "neurons", [part])  # those of a Layer
        first = units[0]
        if len({(unit.activation, unit.b is None, unit.frozen) for unit in units}) > 1:
            raise ValueError(f"{at} has neurons that differ in activation, bias or freezing")
        is_dense = isinstance(first, Neuron)
        arrays = {"weight": [unit.w for unit in units] if is_dense else part.w}
        if first.b is not None:
            arrays["bias"] = [unit.b for unit in units] if is_dense else part.b
        shape: tuple[int, ...] = ()
        inner = arrays["weight"]
        while isinstance(inner, list):
            shape, inner = (*shape, len(inner)), inner[0]
        options = {k: x for k, x in vars(part).items() if k in ("stride", "padding")}
        options |= {"bias": "bias" in arrays, "frozen": ".requires_grad_(False)" * first.frozen}
        name = kind.__name__.lower() if kind in (Conv1d, Conv2d) else "linear"
        numbers = map_nested(lambda value: float(value.data), arrays)
        yield Step(name, path, options, shape, numbers)
        yield from _function(first.activation, path, at)
    elif kind is Dropout:
        yield Step("dropout", path, {"p": part.p})
    else:
        yield from _function(part.activation if kind is Elementwise else part, path, at)


def _function(f: Any, path: str, at: str) -> Iterator[Step]:
    """An activation or another function as steps; none if it is None."""
    if f is None or f is autograd_mini.step:
        yield from () if f is None else (Step("relu", path), Step("sign", path))
        return
    given = f if isinstance(f, partial) else partial(f)
    kind = next((name for name, known in FUNCTIONS.items() if known is given.func), "")
    options = DEFAULTS.get(kind, {}) | given.keywords
    if not kind or given.args or options.keys() != DEFAULTS.get(kind, {}).keys():
        raise TypeError(
            f"{at} is or uses {getattr(f, '__name__', type(f).__name__)}, which other libraries do "
            "not have; write it with Sequential, Layer, Conv1d, Conv2d, flatten, Dropout and "
            "activations (with another slope: functools.partial(leaky_relu, slope=0.2))"
        )
    yield Step(kind, path, options)
