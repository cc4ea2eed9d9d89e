"""Module: what has parameters, and can name, save, load, freeze and run them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from autograd_mini import Value

Self = TypeVar("Self", bound="Module")


class Module:
    """Base of neurons, layers and networks.

    A subclass sets attributes and defines `__call__`. The attributes that are Values are its
    parameters; modules among them, and lists and dicts of either, are searched too.

    Attributes:
        training: whether the module is in training mode; see train() and eval().
        frozen: whether its own parameters are left out of parameters(); see freeze().
        always_frozen: whether unfreeze() leaves it frozen, as a class whose parameters are no
            result of training wants it.

    >>> class Line(Module):
    ...     def __init__(self): self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def __call__(self, x): return self.slope * x + self.offset
    >>> line = Line()
    >>> [name for name, _ in line.named_parameters()]
    ['slope', 'offset']
    >>> line.predict(3.0)
    7.0
    """

    training = True
    frozen = False
    always_frozen = False

    def __call__(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __call__")

    # -- parameters -----------------------------------------------------------------------

    def parameters(self) -> list[Value]:
        """The parameters to train: all but the frozen ones, each once."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_parameters(self, *, frozen: bool = False) -> list[tuple[str, Value]]:
        """(name, parameter) pairs, such as ("layers.0.neurons.3.w.2", Value(..)), each once.

        Args:
            frozen: whether the frozen ones are listed too.
        """
        names: dict[Value, str] = {}
        for module_name, module in self.named_modules():
            if frozen or not module.frozen:
                for name, part in _parts(module):
                    if isinstance(part, Value):
                        names.setdefault(part, f"{module_name}.{name}" if module_name else name)
        return [(name, parameter) for parameter, name in names.items()]

    def named_modules(self) -> list[tuple[str, Module]]:
        """(name, module) pairs: this one, named "", then those inside it, each once."""
        names: dict[Module, str] = {}
        pending: list[tuple[str, Module]] = [("", self)]
        while pending:
            path, module = pending.pop()
            if module not in names:
                names[module] = path
                inner = [part for part in _parts(module) if isinstance(part[1], Module)]
                pending += [(f"{path}.{n}" if path else n, m) for n, m in reversed(inner)]
        return [(name, module) for module, name in names.items()]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter back to 0."""
        for _, parameter in self.named_parameters(frozen=True):
            parameter.zero_grad()

    def freeze(self: Self) -> Self:
        """Leave the parameters of this module and those inside it out of parameters()."""
        for _, module in self.named_modules():
            module.frozen = True
        return self

    def unfreeze(self: Self) -> Self:
        """Undo freeze()."""
        for _, module in self.named_modules():
            module.frozen = module.always_frozen
        return self

    def train(self: Self) -> Self:
        """Training mode, for this module and those inside it."""
        return self._set_training(True)

    def eval(self: Self) -> Self:
        """Evaluation mode, for this module and those inside it."""
        return self._set_training(False)

    def _set_training(self: Self, training: bool) -> Self:
        for _, module in self.named_modules():
            module.training = training
        return self

    # -- saving and running ---------------------------------------------------------------

    def state_dict(self) -> dict[str, float]:
        """The names of all parameters, frozen ones too, to their numbers."""
        return {name: p.data for name, p in self.named_parameters(frozen=True)}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter from state_dict()'s form.

        Raises:
            ValueError: a name is missing or unknown; nothing has been changed.
            TypeError: a parameter is no number; nothing has been changed.
        """
        parameters = dict(self.named_parameters(frozen=True))
        missing = [name for name in parameters if name not in state]
        unknown = [name for name in state if name not in parameters]
        if missing or unknown:
            raise ValueError(
                f"the state does not fit {type(self).__name__}: "
                f"{len(missing)} missing {missing[:3]}, {len(unknown)} unknown {unknown[:3]}"
            )
        numbers = {name: _number(name, state[name]) for name in parameters}
        for name, parameter in parameters.items():
            parameter.data = numbers[name]

    def predict(self, x: Any) -> Any:
        """What the module gives on `x` in evaluation mode, as plain numbers; builds no graph.

        The module is run with plain numbers for its parameters, so its `__call__` has to be
        written with functions (relu(x)) rather than methods (x.relu()).

        Raises:
            TypeError: it uses a method, which plain numbers lack; or x holds a Value, whose
                gradient would be dropped.
        """
        if any(isinstance(part, Value) for _, part in _members("", x)):
            raise TypeError(
                "predict gives plain numbers, and would drop the gradient of the Values in x; call "
                "the model itself, as model(x), or pass their .data"
            )
        try:
            return _with_numbers(self, {})(x)
        except AttributeError as error:
            if type(error.obj) is not float:
                raise
            raise TypeError(
                f"predict runs the module on plain numbers, which have no .{error.name}; write "
                f"{error.name}(x) instead of x.{error.name}()"
            ) from None


def _number(name: str, x: Any) -> Any:
    try:
        return Value(x).data
    except TypeError as error:
        raise TypeError(f"parameter {name}: {error}") from None


def _parts(module: Module) -> Iterator[tuple[str, Any]]:
    """(name, part) for the attributes of a module, and the members of its lists."""
    for name, attribute in vars(module).items():
        yield from _members(name, attribute)


def _members(name: str, part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, (list, tuple)):
        for i, member in enumerate(part):
            yield from _members(f"{name}.{i}", member)
    elif isinstance(part, dict):
        for key, member in part.items():
            yield from _members(f"{name}.{key}", member)
    else:
        yield name, part


def _with_numbers(part: Any, copies: dict[int, Any]) -> Any:
    """A copy, in evaluation mode, with a plain number for every Value."""
    if isinstance(part, Value):
        return part.data
    if isinstance(part, (list, tuple)):
        members = [_with_numbers(member, copies) for member in part]
        return type(part)(*members) if hasattr(part, "_fields") else type(part)(members)
    if isinstance(part, dict):
        return {key: _with_numbers(member, copies) for key, member in part.items()}
    if not isinstance(part, Module):
        return part
    if id(part) not in copies:
        copy = copies[id(part)] = object.__new__(type(part))
        copy.__dict__ = {n: _with_numbers(a, copies) for n, a in vars(part).items()}
        copy.training = False
    return copies[id(part)]
