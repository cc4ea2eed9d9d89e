"""What all optimizers have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from autograd_mini import Value

from ..checks import check_float
from .state import like


class Optimizer:
    """Base of optimizers. A subclass defines step().

    Args:
        parameters: the Values to train; or groups of them with settings of their own, as in
            PyTorch: a list of dicts, each with "params", a list of Values, and any settings.
        settings: its numbers, by name; they hold for every group that has none of its own.

    A setting is an attribute too, such as optimizer.lr. Reading it gives what holds for all groups,
    and is a ValueError where they differ; setting it sets it in all of them. Numbers become Python
    floats.

    A subclass names, in `memory`, the attributes it remembers between steps: a list with a number
    for each parameter, None before the first step, or a count. step() replaces them and never
    changes them in place, so that a step can be taken back. In `own_checks` it names the settings
    that are not a plain number, which its own check() looks at.

    Attributes:
        parameters: all of them, as a list.
        param_groups: a dict for each group, of its "params" and its settings, which may be changed.
        follows_gradients: whether step() reads the parameters' .grad alone, as fit() needs it to.
        elementwise: whether step() moves each parameter by itself, in operators that take arrays
            as well as numbers; fit(compiled=True) then runs it on arrays of parameters. A subclass
            says so for itself: it may do otherwise.
    """

    follows_gradients = True
    elementwise = False

    memory: tuple[str, ...] = ()
    own_checks: tuple[str, ...] = ()

    lr: float

    def __init__(self, parameters: Iterable[Any], **settings: Any) -> None:
        self.settings, name = tuple(settings), type(self).__name__
        groups = _as_groups(parameters, name, self.settings)
        self.parameters = trainable([p for group in groups for p in group["params"]], name)
        self.param_groups = [group | self._checked(settings | group) for group in groups]

    def check(self, state: Mapping[str, Any]) -> None:
        """Raise a ValueError where settings and memory make no sense together; for subclasses."""

    def _checked(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """The settings among the entries of a state, as plain numbers."""
        plain = {name: self._plain(name, state[name]) for name in self.settings}
        self.check({**state, **plain})
        return plain

    def _plain(self, name: str, setting: Any) -> Any:
        kind = type(self).__name__
        if name in self.own_checks:
            several = isinstance(setting, (list, tuple))
            return tuple(check_float(x, f"{kind} {name}") for x in setting) if several else setting
        number = check_float(setting, f"{kind} {name}")
        if not 0 <= number < math.inf:
            raise ValueError(f"{kind} expected {name} of at least 0, got {setting!r}")
        return number

    def __getattr__(self, name: str) -> Any:  # a setting: it is in the groups
        if name not in vars(self).get("settings", ()):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        found = [self._plain(name, group[name]) for group in self.param_groups]
        if any(setting != found[0] for setting in found):
            raise ValueError(
                f"the groups of {type(self).__name__} have {name} {', '.join(map(str, found))}; "
                f"read param_groups[i][{name!r}]"
            )
        return found[0]

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in vars(self).get("settings", ()):
            super().__setattr__(name, value)
            return
        checked = [self._checked(group | {name: value}) for group in self.param_groups]
        for group, settings in zip(self.param_groups, checked):
            group.update(settings)

    def groups(self) -> Iterator[tuple[Any, slice]]:
        """For each group its settings, as attributes, and the slice of `parameters` that it is."""
        start = 0
        for group in self.param_groups:
            group.update(self._checked(group))  # somebody may have changed it
            stop = start + len(group["params"])
            yield SimpleNamespace(**group), slice(start, stop)
            start = stop

    @property
    def lrs(self) -> list[float]:
        """The learning rate of each group; a schedule sets them all."""
        return [self._plain("lr", group["lr"]) for group in self.param_groups]

    @lrs.setter
    def lrs(self, lrs: Sequence[float]) -> None:
        for group, lr in zip(self.param_groups, lrs, strict=True):
            group["lr"] = self._plain("lr", lr)

    def step(self) -> None:
        """Move every parameter against its gradient."""
        raise NotImplementedError(f"{type(self).__name__} does not define step")

    def zero_grad(self) -> None:
        """Set the gradient of every parameter back to 0."""
        for p in self.parameters:
            p.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """The settings, and what it remembers between steps (None before the first).

        Settings of several groups are named as in "param_groups.0.lr", and "param_groups.0.params"
        is how many parameters the group has.
        """
        state: dict[str, Any] = {}
        for prefix, group in self._prefixed():
            state |= {prefix + name: group[name] for name in self.settings}
            if prefix:
                state[f"{prefix}params"] = len(group["params"])
        state |= {name: getattr(self, name) for name in self.memory}
        return {k: list(v) if isinstance(v, (list, tuple)) else v for k, v in state.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from state_dict()'s form.

        Raises:
            ValueError: it is of another optimizer, of other parameters, or damaged; names the bad
                entry, and nothing has been changed.
        """
        present = self.state_dict()
        if set(state) != set(present):
            raise ValueError(
                f"the state does not fit {type(self).__name__}: expected {', '.join(present)}; "
                f"got {', '.join(map(str, state))}"
            )
        loaded = {name: like(entry, state[name], name) for name, entry in present.items()}
        memory = {name: loaded[name] for name in self.memory}
        sizes = {n: (len(x), len(self.parameters)) for n, x in memory.items() if type(x) is list}
        sizes |= {n: (loaded[n], present[n]) for n in present if n.endswith(".params")}
        for name, (size, expected) in sizes.items():
            if size != expected:
                raise ValueError(
                    f"the state does not fit: {name} is of {size} parameters, and there are "
                    f"{expected}"
                )
        checked = [
            self._checked({name: loaded[prefix + name] for name in self.settings} | memory)
            for prefix, _ in self._prefixed()
        ]
        for group, settings in zip(self.param_groups, checked):
            group.update(settings)
        vars(self).update(memory)

    def _prefixed(self) -> list[tuple[str, dict[str, Any]]]:
        """The groups, with what their settings' names start with in a state_dict()."""
        if len(self.param_groups) == 1:
            return [("", self.param_groups[0])]
        return [(f"param_groups.{i}.", group) for i, group in enumerate(self.param_groups)]

    def __repr__(self) -> str:
        groups = []
        for prefix, group in self._prefixed():
            size = f"{len(group['params'])} parameters: " if prefix else ""
            groups.append(size + ", ".join(f"{name}={group[name]!r}" for name in self.settings))
        return f"{type(self).__name__}({'; '.join(groups)})"


def set_numbers(parameters: list[Value], numbers: list[float]) -> None:
    """Give every parameter its number: all of them, even if Ctrl-C comes meanwhile."""
    try:
        for p, number in zip(parameters, numbers):
            p.data = number
    except BaseException:
        for p, number in zip(parameters, numbers):
            p.data = number
        raise


def trainable(parameters: Iterable[Value], name: str) -> list[Value]:
    """The parameters as a list, checked; `name` is who is to train them.

    Raises:
        TypeError: they are not Values.
        ValueError: there are none, one is given twice, or one is not a leaf.
    """
    if not hasattr(parameters, "__iter__"):
        raise TypeError(
            f"{name} expected a list of Values, got {type(parameters).__name__}; write "
            f"{name}(model.parameters(), ..)"
        )
    values = list(parameters)
    first: dict[Value, int] = {}
    for i, p in enumerate(values):
        if not isinstance(p, Value):
            raise TypeError(f"{name} expected Values to train, got {type(p).__name__} {p!r}")
        which = f"parameter {i}" + (f", {p.label!r}," if p.label else "")
        if p.parents:
            raise ValueError(
                f"{name} trains leaves, and {which} is the result of {p.op}; give the leaves it is "
                "computed from, or Value(v.data)"
            )
        if first.setdefault(p, i) != i:
            raise ValueError(
                f"{name} expected each parameter once, and {which} is parameter {first[p]} again; "
                "write list(dict.fromkeys(parameters))"
            )
    if not values:
        raise ValueError(f"{name} got no parameters to train; is the whole model frozen?")
    return values


def _as_groups(parameters: Any, name: str, settings: Sequence[str]) -> list[dict[str, Any]]:
    """The parameters as a list of dicts, each with "params" and settings of its own."""
    given = list(parameters) if hasattr(parameters, "__iter__") else parameters
    if not isinstance(given, list) or not any(isinstance(group, Mapping) for group in given):
        return [{"params": trainable(given, name)}]
    groups = []
    for i, group in enumerate(given):
        if not isinstance(group, Mapping) or "params" not in group:
            raise TypeError(
                f'{name} expected groups such as {{"params": [..], "lr": 0.1}}, and group {i} is '
                f"{group!r:.60}"
            )
        unknown = [key for key in group if key not in ("params", *settings)]
        if unknown:
            known = ", ".join(settings)
            raise TypeError(f"{name} has no setting {unknown[0]!r} as in group {i}; it has {known}")
        single = isinstance(group["params"], Value)
        params = [group["params"]] if single else group["params"]
        groups.append({**group, "params": trainable(params, f"{name} (group {i})")})
    return groups
