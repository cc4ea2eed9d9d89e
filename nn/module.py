"""Module: the base of everything that has parameters."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Set, ValuesView
from functools import cache
from typing import Any, Self

from autograd_mini import Value
from autograd_mini.nested import parts, rebuilt

from .checks import check_number


class Module:
    """Base of neurons, layers and networks.

    A subclass sets attributes and defines `__call__`. The attributes that are Values are its
    parameters. Attributes that are Modules are searched too, and so are lists, tuples, dicts and
    object arrays of either. A Value anywhere else, such as in a closure, is not a parameter.

    Attributes:
        training: whether the module is in training mode; see train() and eval().
        frozen: whether its own parameters are left out of parameters(); see freeze().
        always_frozen: if True, unfreeze() has no effect: for a class whose parameters are not
            trained.

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

    def parameters(self) -> list[Value]:
        """The parameters to train: all but the frozen ones, each once."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_parameters(self, *, frozen: bool = False) -> list[tuple[str, Value]]:
        """(name, parameter) pairs, such as ("layers.0.neurons.3.w.2", Value(..)), each once; with
        frozen=True the frozen ones, too.

        Raises:
            ValueError: two parameters have the same name; or a Value or Module is in a container
                that is not searched, such as a set.
        """
        names: dict[Value, str] = {}
        for path, module in self.named_modules():
            if frozen or not module.frozen:
                for name, leaf in _leaves(_attributes(module), path):
                    if isinstance(leaf, Value):
                        names.setdefault(leaf, name)
        if len(set(names.values())) < len(names):
            same = [repr(name) for name, count in Counter(names.values()).items() if count > 1]
            found = f"has several parameters of one name: {', '.join(same[:3])}"
            raise ValueError(f"{type(self).__name__} {found}; rename a key or an attribute")
        return [(name, parameter) for parameter, name in names.items()]

    def named_modules(self) -> list[tuple[str, Module]]:
        """(name, module) pairs: this one, named "", then those inside it, each once."""
        found: dict[int, tuple[str, Module]] = {}
        pending: list[tuple[str, Module]] = [("", self)]
        while pending:
            path, module = pending.pop()
            if id(module) not in found:  # a dataclass has no hash
                found[id(module)] = path, module
                leaves = _leaves(_attributes(module), path)
                pending += reversed([leaf for leaf in leaves if isinstance(leaf[1], Module)])
        return list(found.values())

    def zero_grad(self) -> None:
        """Set the gradient of every parameter back to 0, frozen ones too."""
        for _, parameter in self.named_parameters(frozen=True):
            parameter.zero_grad()

    def freeze(self) -> Self:
        """Leave the parameters of this module and those inside it out of parameters()."""
        return self._set("frozen", lambda module: True)

    def unfreeze(self) -> Self:
        """Undo freeze()."""
        return self._set("frozen", lambda module: module.always_frozen)

    def train(self) -> Self:
        """Training mode, for this module and those inside it."""
        return self._set("training", lambda module: True)

    def eval(self) -> Self:
        """Evaluation mode, for this module and those inside it."""
        return self._set("training", lambda module: False)

    def _set(self, name: str, switch: Callable[[Module], bool]) -> Self:
        for _, module in self.named_modules():
            vars(module)[name] = switch(module)  # a frozen dataclass allows no assignment
        return self

    def state_dict(self) -> dict[str, float]:
        """A dict from the names of all parameters, frozen ones too, to their numbers."""
        return {name: p.data for name, p in self.named_parameters(frozen=True)}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter from the result of state_dict().

        Raises:
            ValueError: a name is missing or unknown; nothing has been changed.
            TypeError: a parameter is not a number; nothing has been changed.
        """
        parameters = dict(self.named_parameters(frozen=True))
        missing = [name for name in parameters if name not in state]
        unknown = [name for name in state if name not in parameters]
        if missing or unknown:
            found = f"{len(missing)} missing {missing[:3]}, {len(unknown)} unknown {unknown[:3]}"
            raise ValueError(f"the state does not fit {type(self).__name__}: {found}")
        numbers = {name: check_number(state[name], f"parameter {name}") for name in parameters}
        for name, parameter in parameters.items():
            parameter.data = numbers[name]

    def predict(self, x: Any) -> Any:
        """The module's output for `x` in evaluation mode, as plain numbers; builds no graph.

        The module is run with plain numbers for its parameters, so its `__call__` has to be
        written with functions (relu(x)) rather than methods (x.relu()).

        Raises:
            TypeError: it uses a method, which plain numbers do not have; or x holds a Value, whose
                gradient would be dropped.
            ValueError: it uses a Value that parameters() does not find.
        """
        if _holds_a_value(x):
            raise TypeError(
                "predict would drop the gradient of the Values in x; write model(x), or their .data"
            )
        try:
            answer = _with_numbers(self, {})(x)
        except AttributeError as error:
            if type(error.obj) is not float:
                raise
            raise TypeError(
                f"predict runs the module on plain numbers, which have no .{error.name}; write "
                f"{error.name}(x) instead of x.{error.name}()"
            ) from None
        if _holds_a_value(answer):
            self.named_parameters()  # raises an error if it is in a container that is not searched
            name = type(self).__name__
            raise ValueError(f"{name} uses a Value that is not a parameter; make it an attribute")
        return answer


@cache
def _slots(kind: Any) -> list[str]:
    return [name for base in kind.__mro__ for name in vars(base).get("__slots__", ())]


def _attributes(module: Module) -> dict[str, Any]:
    """The attributes of a module by name; those of a dataclass(slots=True) too."""
    slots = _slots(type(module))  # type: ignore[arg-type]
    return vars(module) | {name: getattr(module, name) for name in slots if hasattr(module, name)}


def _parts(tree: Any) -> list[tuple[Any, Any]] | None:
    """nested.parts(tree), but None for an array of numbers, which can be large."""
    array_of_numbers = hasattr(tree, "dtype") and tree.dtype.kind != "O"
    return None if array_of_numbers else parts(tree)


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(name, leaf) for everything in a nested structure, such as ("w.0.1", Value(..)); a ValueError
    if a Value or a Module is in a container that is not searched, or a key of a dict."""
    pairs = _parts(tree)
    if hasattr(tree, "__iter__") and isinstance(tree, (Set, Mapping, ValuesView, deque)):
        hidden = [key for key in tree if not isinstance(key, str)]
        if pairs is None and isinstance(tree, Mapping):
            hidden += tree.values()
        for _, leaf in _leaves(hidden) if hidden else ():
            if isinstance(leaf, (Value, Module)):
                raise ValueError(
                    f"{leaf!r} is in a {type(tree).__name__}, where a parameter is not found; "
                    "keep it in a list, a tuple, an object array or the values of a dict"
                )
    if pairs is None:
        yield path, tree
    is_array = hasattr(tree, "dtype")
    for key, part in pairs or ():
        own = ".".join(map(str, key)) if is_array else str(key)
        name = f"{path}.{own}" if path and own else path or own
        if isinstance(part, (Value, Module)):
            yield name, part
        else:
            yield from _leaves(part, name)


def _holds_a_value(tree: Any) -> bool:
    return any(isinstance(leaf, Value) for _, leaf in _leaves(tree))


def _with_numbers(tree: Any, copies: dict[int, Any]) -> Any:
    """A copy, in evaluation mode, with a plain number for every Value."""
    if isinstance(tree, Value):
        return tree.data
    if isinstance(tree, Module):
        if id(tree) not in copies:
            copy = copies[id(tree)] = object.__new__(type(tree))
            for name, attribute in _attributes(tree).items():  # a dataclass may be frozen
                object.__setattr__(copy, name, _with_numbers(attribute, copies))
            vars(copy)["training"] = False
        return copies[id(tree)]
    pairs = _parts(tree)
    if pairs is None:
        return tree
    copied = [x.data if x.__class__ is Value else _with_numbers(x, copies) for _, x in pairs]
    return rebuilt(tree, copied)
