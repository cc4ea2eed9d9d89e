"""To PyTorch and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

try:
    import torch
    from torch import nn
except ModuleNotFoundError as error:
    raise ImportError('this takes PyTorch: pip install "autograd-mini[torch]"') from error

from ..convolution import Conv1d, Conv2d
from ..dropout import Dropout
from ..layers import MLP, Layer
from ..module import Module
from ..sequential import Elementwise, Sequential
from .steps import DEFAULTS, FORMS, FUNCTIONS, OF_ALL, steps

NAMES = {"torch": torch, "nn": nn}
CLASS = '''\
import torch
from torch import nn


class {name}(nn.Module):
    """Its numbers come by load_state_dict(to_torch(model).state_dict())."""

    def __init__(self):
        super().__init__()
        {modules}

    def forward(self, x):
        {forward}
'''


class Function(nn.Module):  # type: ignore[misc]
    """A function of PyTorch, of each element, as a module."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Any) -> Any:
        return getattr(torch, self.name)(x)

    def extra_repr(self) -> str:
        return self.name


def to_torch(model: Module) -> Any:
    """The model as a torch.nn.Sequential in float64, with the same outputs and gradients.

    It takes an example or a batch of them, (n,) or (batch, n); for convolutions the axes of channel
    and place stand for n. An MLP(2, [1]) gives (1,) or (batch, 1). Frozen layers do not require
    gradients. If the model is in training mode, so is the module, and dropout draws numbers of
    PyTorch.

    Raises:
        TypeError: PyTorch does not have a module or a function of the model; it is named.
        ValueError: neurons of a layer differ in kind, or parameters are used twice.
        ImportError: PyTorch is not installed.

    >>> to_torch(MLP(2, [3, 1], activation="tanh"))
    Sequential(
      (linear_1): Linear(in_features=2, out_features=3, bias=True)
      (tanh_1): Tanh()
      (linear_2): Linear(in_features=3, out_features=1, bias=True)
    )
    """
    made = nn.Sequential()
    with torch.random.fork_rng(devices=[]), torch.no_grad():  # what modules draw is overwritten
        for name, source, numbers in _modules(model):
            function = source.removeprefix("torch.")
            module = eval(source, NAMES) if function == source else Function(function)
            made.add_module(name, module)
            for key, part in numbers.items():
                getattr(module, key).copy_(torch.tensor(part, dtype=torch.float64))
    return made.train(model.training)


def torch_source(model: Module, name: str = "Network") -> str:
    """The source of a class of PyTorch that computes the same; to_torch(model).state_dict() has its
    numbers. Errors are those of to_torch.

    >>> print(torch_source(MLP(2, [1], output_activation="tanh")).partition("__init__()")[2])
    <BLANKLINE>
            self.linear_1 = nn.Linear(2, 1, bias=True, dtype=torch.float64)
            self.tanh_1 = nn.Tanh()
    <BLANKLINE>
        def forward(self, x):
            return self.tanh_1(self.linear_1(x))
    <BLANKLINE>
    """
    modules, forward, now = [], [], "x"
    for attribute, source, numbers in _modules(model):
        if numbers and now != "x":  # a line for each layer with its activation
            forward.append(f"x = {now}")
            now = "x"
        if source.startswith("torch."):
            now = f"{source}({now})"
        else:
            modules.append(f"self.{attribute} = {source}")
            now = f"self.{attribute}({now})"
    parts = {"modules": modules, "forward": [*forward, f"return {now}"]}
    return CLASS.format(name=name, **{k: "\n        ".join(lines) for k, lines in parts.items()})


def _modules(model: Module) -> list[tuple[str, str, Any]]:
    """For each step the name of a module, its source, and its numbers."""
    described, count = steps(model), Counter[str]()
    names = [f"{s.kind}_{count.update([s.kind]) or count[s.kind]}" for s in described]
    sources = [FORMS[s.kind][0].format(*s.shape, **s.options) for s in described]
    return list(zip(names, sources, (s.numbers for s in described)))


def from_torch(module: Any) -> Module:
    """What to_torch made, or a Sequential of Linear, Conv1d, Conv2d, Flatten, Dropout, Identity and
    activations, as a model of nn: an MLP if it is Linear with or without an activation, each time.

    Modules without a parameter that requires gradients are frozen. Softplus becomes nn's, from
    which PyTorch's differs by up to 2e-9 above its threshold.

    Raises:
        TypeError: it has a module that nn does not have, which is named.
        ValueError: a parameter is used twice.
        ImportError: PyTorch is not installed.

    >>> from torch.nn import Linear, Sequential, Tanh
    >>> from_torch(Sequential(Linear(2, 3), Tanh(), Linear(3, 1)))
    MLP(2, [3, 1], tanh)
    """
    parts: list[Any] = []
    axes, count = 1, 0
    for name, m in module.named_modules(remove_duplicate=False):
        if type(m) in (nn.Sequential, nn.Identity):
            continue
        part, last = _read(name, m, axes), parts[-1] if parts else None
        axes = m.weight.dim() - 1 if hasattr(m, "weight") else axes
        count += len([*m.parameters()])
        units = getattr(last, "neurons", [last])
        if isinstance(part, Module) or part in OF_ALL:
            parts.append(part)
        elif getattr(units[0], "activation", part) is None:
            for unit in units:
                unit.activation = part
        else:
            parts.append(Elementwise(part))
    if count != len([*module.parameters()]):
        raise ValueError("a parameter is used twice; in nn there would be two")
    model: Any = Sequential(*parts)
    if all(isinstance(part, Layer) for part in parts):
        model = MLP(1, [1])
        model.layers = parts
    return model.train() if module.training else model.eval()  # type: ignore[no-any-return]


def _read(name: str, m: Any, axes: int) -> Any:
    """The layer or function that a module becomes, into which go so many axes."""
    text = repr(m).replace(", inplace=True", "").replace("inplace=True", "")
    if text in KNOWN:
        return KNOWN[text]
    if text in [f"Flatten(start_dim={start}, end_dim=-1)" for start in (1, -axes)]:
        return FUNCTIONS["flatten"]
    is_known = type(m) in READERS
    if is_known and hasattr(m, "stride"):  # a convolution, whose padding may be "same"
        settings = {*m.dilation, m.groups, m.padding_mode}
        is_known = settings == {1, "zeros"} and len({*m.stride}) == len({*m.padding}) == 1
    if not is_known:
        kind = text.splitlines()[0].rstrip("(")
        raise TypeError(
            f"{name or 'the module'} is {kind}, which nn does not have; from_torch takes a "
            "Sequential of Linear, Conv1d, Conv2d, Flatten, Dropout and activations"
        )
    part = READERS[type(m)](m)
    if getattr(m, "bias", None) is not None:
        for unit, number in zip(getattr(part, "neurons", None) or part.b, m.bias.tolist()):
            getattr(unit, "b", unit).data = number
    frozen = hasattr(m, "weight") and not any(p.requires_grad for p in m.parameters())
    return part.freeze() if frozen else part


def _options(m: Any) -> dict[str, Any]:
    """How a layer is made that has the weights of a module."""
    numbers = iter(m.weight.flatten().tolist())
    options = {"activation": None, "bias": m.bias is not None, "init": lambda *_: next(numbers)}
    places = {k: getattr(m, k)[0] for k in ("stride", "padding") if hasattr(m, k)}
    return options | places


READERS: dict[Any, Callable[[Any], Any]] = {
    nn.Linear: lambda m: Layer(m.in_features, m.out_features, **_options(m)),
    nn.Conv1d: lambda m: Conv1d(m.in_channels, m.out_channels, *m.kernel_size, **_options(m)),
    nn.Conv2d: lambda m: Conv2d(m.in_channels, m.out_channels, m.kernel_size, **_options(m)),
    nn.Dropout: lambda m: Dropout(m.p),
    nn.LeakyReLU: lambda m: partial(FUNCTIONS["leaky_relu"], slope=m.negative_slope),
    nn.ELU: lambda m: partial(FUNCTIONS["elu"], alpha=m.alpha),
    Function: lambda m: FUNCTIONS[m.name],
}
KNOWN = {  # modules without settings, or with the defaults, by their text
    repr(eval(form.format(**DEFAULTS.get(kind, {})), NAMES)): FUNCTIONS[kind]
    for kind, (form, _) in FORMS.items()
    if form.startswith("nn.") and ("{" not in form or kind in DEFAULTS)
}
KNOWN["Softplus(beta=1.0, threshold=20.0)"] = FUNCTIONS["softplus"]
KNOWN["Softmax(dim=1)"], KNOWN["LogSoftmax(dim=1)"] = OF_ALL[1:]
