"""Which neuron or layer a node belongs to: it follows from the parameters that the node uses.

A model names its parameters: "layers.0.neurons.3.w.2" belongs to the module "layers.0.neurons.3",
inside "layers.0", inside the model. Nothing else is needed of a model.

- A node that uses parameters and something else, a pre-activation, belongs to their module.
- So does the sum of such products, if a neuron is spelled out.
- A node between nodes that use parameters belongs to the smallest module that contains all it was
  made from: an activation to its neuron, a softmax over a layer to the layer.
- At the end of the model, a function of one pre-activation is its activation.

Everything else is outside: inputs, losses, and penalties, which use parameters only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from ..errors import AutogradError
from ..primitives import absolute, add, dot, fsum, multiply, power
from ..value import Value

Path = tuple[str, ...]  # a module by the parts of its name, such as ("layers.0", "neurons.3")
_PARTS = re.compile(r"[^.]+(?:\.\d+)*")  # an attribute, with an index if it is a list


def parameter_names(model: Any) -> dict[Value, str]:
    """The full names of a model's parameters, with the frozen ones if the model lists them.

    Raises:
        TypeError: the model has no named_parameters().
    """
    named = getattr(model, "named_parameters", None)
    if named is None:
        raise TypeError(
            f"model expected an object with named_parameters(), got {type(model).__name__}; "
            "derive its class from nn.Module, or leave model= out"
        )
    try:
        pairs = list(named(frozen=True))
    except TypeError:  # a model that is not nn's
        pairs = list(named())
    names = {}
    for name, parameter in pairs:
        if not isinstance(parameter, Value):
            raise AutogradError(
                f"named_parameters() gives (name, Value) pairs, got {type(parameter).__name__} "
                f"for {name!r}"
            )
        names[parameter] = str(name)
    return names


def split(name: str) -> tuple[Path, str]:
    """A parameter's module, and its name inside it.

    >>> split("layers.0.neurons.3.w.2")
    (('layers.0', 'neurons.3'), 'w.2')
    """
    *path, last = _PARTS.findall(name) or [name]
    return tuple(path), last


def brief(name: str) -> str:
    """A parameter's name in mathematics, with its layer, neuron and input, counted from 1.

    >>> [brief(name) for name in ("layers.0.neurons.3.w.2", "neurons.0.b", "w.0", "slope")]
    ['w1.4.3', 'b1.1', 'w1', 'slope']
    """
    pattern = r"(?:(?:layers\.(\d+)\.)?neurons\.(\d+)\.)?(\w*[^\W\d])(?:\.(\d+))?"
    match = re.fullmatch(pattern, name)
    if match is None:
        return name
    number, neuron, kind, place = match.groups("")
    indices = [number or "0" * bool(neuron), neuron, place]
    return kind + ".".join(str(int(k) + 1) for k in indices if k)


def one_based(part: str) -> str:
    """A part of a module's name as words; one without a number stays.

    >>> one_based("layers.0")
    'layer 1'
    """
    name, _, number = part.rpartition(".")
    return f"{name.removesuffix('s')} {int(number) + 1}" if name and number.isdigit() else part


def layer(path: Path) -> Path:
    """The layer of a neuron; any other module unchanged.

    >>> layer(("layers.0", "neurons.3")), layer(("encoder", "norm"))
    (('layers.0',), ('encoder', 'norm'))
    """
    return path[:-1] if path and path[-1].startswith("neurons.") else path


def homes(order: Sequence[Value], parameters: dict[Value, Path]) -> dict[Value, Path]:
    """The module of every node that is inside the model, parameters included."""
    found = _users(order, parameters)
    users = set(found)
    feeds: set[Value] = set()  # all nodes that such nodes are made from
    for node in reversed(order):
        if node in users or node in feeds:
            feeds.update(node.parents)
    consumers = Counter(x for node in order for x in set(node.parents))
    for node in order:
        if node.is_leaf or node in users:
            continue
        parents = node.parents
        inside = [found[x] for x in parents if x in found]
        if inside and node in feeds:
            found[node] = common(inside)
        elif parents[0] in users and consumers[parents[0]] == 1 and _is_function_of_one(node):
            found[node] = found[parents[0]]
    used = set(order)
    return found | {p: path for p, path in parameters.items() if p in used}


def common(paths: Iterable[Path]) -> Path:
    """The smallest module that contains them all.

    >>> common([("layers.0", "neurons.3"), ("layers.0", "neurons.4")])
    ('layers.0',)
    """
    shared = takewhile(lambda names: len(set(names)) == 1, zip(*set(paths)))
    return tuple(names[0] for names in shared)


def _users(order: Sequence[Value], parameters: dict[Value, Path]) -> dict[Value, Path]:
    """The module of every node that uses parameters."""
    found: dict[Value, Path] = {}
    products: set[Value] = set()
    alone = of_parameters_alone(order, parameters)
    for node in order:
        if node.is_leaf or node in alone:
            continue
        parents = node.parents
        owners = [parameters[x] for x in parents if x in parameters]
        if owners:
            found[node] = common(owners)
            if node.op is multiply:
                products.add(node)
        elif (
            node.op in (add, fsum)
            and not products.isdisjoint(parents)
            and len({found.get(x) for x in parents}) == 1
        ):
            found[node] = found[parents[0]]
    return found


def of_parameters_alone(
    order: Sequence[Value], parameters: Mapping[Value, Any]
) -> dict[Value, None]:
    """The nodes that use nothing but parameters: penalties."""
    found: dict[Value, None] = {}
    for node in order:
        own = [x for x in node.parents if x in parameters]
        known = len(own) + sum(x in found for x in node.parents) == len(node.parents)
        if not node.is_leaf and known and (_has_no_numbers(node) or not own):
            found[node] = None
    return found


def _has_no_numbers(node: Value) -> bool:
    """Whether no plain number takes the place of an input."""
    operands = node.operands
    if node.op is dot and not dot.has_bias(operands):
        operands = operands[:-1]
    elif node.op is power:
        operands = operands[:1]  # without the exponent
    return all(isinstance(x, Value) for x in operands)


def _is_function_of_one(node: Value) -> bool:
    return len(node.parents) == 1 and (not node.op.operator or node.op is absolute)
