"""The parameters of an optimizer: what may be trained, and setting all of them at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd_mini import Value


def trainable(parameters: Iterable[Value], name: str) -> list[Value]:
    """The parameters as a list, checked; `name` is what is going to train them.

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


def as_groups(parameters: Any, name: str, settings: Sequence[str]) -> list[dict[str, Any]]:
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
        for key in group:
            if key not in ("params", *settings):
                known = ", ".join(settings)
                raise TypeError(f"{name} has no setting {key!r} as in group {i}; it has {known}")
        params = group["params"]
        params = trainable([params] if isinstance(params, Value) else params, f"{name} (group {i})")
        groups.append({**group, "params": params})
    return groups


def set_numbers(parameters: list[Value], numbers: list[float]) -> None:
    """Give every parameter its number: all of them, even if Ctrl-C comes meanwhile."""
    try:
        for p, number in zip(parameters, numbers):
            p.data = number
    except BaseException:
        for p, number in zip(parameters, numbers):
            p.data = number
        raise
