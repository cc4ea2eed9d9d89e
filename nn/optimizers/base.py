"""What all optimizers have in common: groups of parameters, their settings, and the state."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from autograd_mini import Value

from ..checks import check_nonnegative, check_size, finite, list_of
from .parameters import as_groups, trainable


class Setting:
    """A setting as an attribute of an optimizer, such as optimizer.lr: reading it gives what all
    groups have, and is a ValueError if they differ; assigning to it sets it in all of them.

    Args:
        check: a function of (what was given, name) that returns the setting, or raises an error;
            by default it takes a number of at least 0.
    """

    def __init__(self, check: Callable[[Any, str], Any] = check_nonnegative) -> None:
        self.check, self.name = check, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type) -> Any:
        if optimizer is None:
            return self
        found = [optimizer.checked(group)[self.name] for group in optimizer.param_groups]
        if any(setting != found[0] for setting in found):
            raise ValueError(
                f"the groups of {type(optimizer).__name__} have {self.name} "
                f"{', '.join(map(str, found))}; read param_groups[i][{self.name!r}]"
            )
        return found[0]

    def __set__(self, optimizer: Any, setting: Any) -> None:
        optimizer.set_groups([group | {self.name: setting} for group in optimizer.param_groups])


class Optimizer:
    """Base of optimizers. A subclass defines step(), and names its settings and its memory.

    Args:
        parameters: the Values to train; or groups of them with settings of their own, as in
            PyTorch: a list of dicts, each with "params", a list of Values, and any settings.
        settings: the settings by name, for every group that has none of its own. Numbers of at
            least 0, unless the class has a Setting of that name with another check.

    Attributes:
        parameters: all of them, as a list.
        param_groups: for each group a dict of its "params" and its settings, which may be changed.
        memory: the names of the attributes that are kept between steps: a list with a number for
            each parameter, None before the first step; or a count. step() replaces them and never
            changes them in place, so that a step can be undone.
        follows_gradients: whether step() reads the parameters' .grad alone, as fit() needs it to.
        elementwise: whether step() moves each parameter by itself, in operators that take arrays
            as well as numbers; fit(compiled=True) then runs it on arrays of parameters. It is not
            inherited.
    """

    memory: ClassVar[tuple[str, ...]] = ()
    follows_gradients = True
    elementwise = False

    lr = Setting()

    def __init__(self, parameters: Iterable[Value | dict[str, Any]], **settings: Any) -> None:
        name = type(self).__name__
        groups = as_groups(parameters, name, tuple(settings))
        self.parameters = trainable([p for group in groups for p in group["params"]], name)
        self.param_groups = [
            {"params": group["params"], **self.checked(settings | group)} for group in groups
        ]

    def checked(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of a group, each checked; a subclass may check several together."""
        kind = type(self)
        return {
            name: getattr(kind, name, Optimizer.lr).check(setting, f"{kind.__name__} {name}")
            for name, setting in group.items()
            if name != "params"
        }

    def set_groups(self, settings: Iterable[Mapping[str, Any]]) -> None:
        """Set the settings of each group: all of them, or none if one is refused."""
        for group, checked in zip(self.param_groups, [*map(self.checked, settings)]):
            group.update(checked)

    def groups(self, *memory: list[Any] | None) -> Iterator[tuple[Any, ...]]:
        """(settings, parameters, their part of each memory or None) for each group."""
        self.set_groups(self.param_groups)  # somebody may have changed them
        start = 0
        for group in self.param_groups:
            part = slice(start, start := start + len(group["params"]))
            yield group, self.parameters[part], *(kept and kept[part] for kept in memory)

    def step(self) -> None:
        """Move every parameter against its gradient."""
        raise NotImplementedError(f"{type(self).__name__} does not define step")

    def zero_grad(self) -> None:
        """Set the gradient of every parameter back to 0."""
        for p in self.parameters:
            p.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """The settings and the memory, for load_state_dict() and for a file.

        If there are several groups, the names of settings are such as "param_groups.0.lr", and
        "param_groups.0.params" is how many parameters the group has.
        """
        state: dict[str, Any] = {}
        for prefix, group in self._named_groups():
            state |= {prefix + name: setting for name, setting in group.items()}
            state[f"{prefix}params"] = len(group["params"])
        if len(self.param_groups) == 1:
            del state["params"]
        state |= {name: getattr(self, name) for name in self.memory}
        return {k: list(v) if isinstance(v, (list, tuple)) else v for k, v in state.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from the result of state_dict().

        Raises:
            ValueError: it is of another optimizer, of other parameters, or damaged; names the bad
                entry, and nothing has been changed.
        """
        present = self.state_dict()
        if set(state) != set(present):
            expected, got = ", ".join(present), ", ".join(map(str, state))
            name = type(self).__name__
            raise ValueError(f"the state does not fit {name}: expected {expected}; got {got}")
        for name in present:
            if name.endswith(".params") and state[name] != present[name]:
                raise ValueError(f"{name} is {state[name]!r:.60}, expected {present[name]}")
        try:
            memory = {name: self.check_memory(name, state[name]) for name in self.memory}
            self.set_groups(
                {name: state[prefix + name] for name in group if name != "params"}
                for prefix, group in self._named_groups()
            )
        except TypeError as error:
            raise ValueError(str(error)) from None
        vars(self).update(memory)

    def check_memory(self, name: str, found: Any) -> Any:
        """What was found for an attribute of the memory, checked."""
        if isinstance(getattr(self, name), int):
            return check_size(found, name, least=0)
        return None if found is None else list_of(finite, found, name, len(self.parameters))

    def _named_groups(self) -> list[tuple[str, dict[str, Any]]]:
        """The groups, with what the names of their settings start with in state_dict()."""
        if len(self.param_groups) == 1:
            return [("", self.param_groups[0])]
        return [(f"param_groups.{i}.", group) for i, group in enumerate(self.param_groups)]

    def __repr__(self) -> str:
        groups = []
        for prefix, group in self._named_groups():
            settings = [f"{name}={group[name]!r}" for name in group if name != "params"]
            size = f"{len(group['params'])} parameters: " if prefix else ""
            groups.append(size + ", ".join(settings))
        return f"{type(self).__name__}({'; '.join(groups)})"
