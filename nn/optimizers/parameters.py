"""The parameters of an optimizer: what may be trained, and setting all of them at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd_mini import Value


def trainable(parameters: Iterable[Value], name: str) -> list[Value]:
    """The parameters as a list, for `name` to train: a TypeError if one is not a Value; a
    ValueError if there are none, one is given twice, or one is not a leaf."""
    if not hasattr(parameters, "__iter__"):
        kind = type(parameters).__name__
        raise TypeError(f"{name} expected Values, got {kind}; write {name}(model.parameters(), ..)")
    values = list(parameters)
    first: dict[Value, int] = {}
    for i, p in enumerate(values):
        if not isinstance(p, Value):
            raise TypeError(f"{name} expected Values to train, got {type(p).__name__} {p!r}")
        which = f"parameter {i}" + (f", {p.label!r}," if p.label else "")
        if p.parents:
            made = f"{which} is the result of {p.op}"
            raise ValueError(f"{name} trains leaves, and {made}; give what it is computed from")
        if first.setdefault(p, i) != i:
            raise ValueError(
                f"{which} is parameter {first[p]} again; write list(dict.fromkeys(parameters))"
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
            expected = '{"params": [..], "lr": 0.1}'
            raise TypeError(f"{name} expected groups as {expected}, and group {i} is {group!r:.60}")
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
