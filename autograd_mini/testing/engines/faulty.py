"""The zoo: faults that engines in micrograd's manner have, each a change to the text of base.py.

The entries stand in zoo.toml, which says how they are written.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

Change = tuple[str, str]  # the text that is replaced, and what comes in its place


class Fault(NamedTuple):
    """A mistake in an engine.

    Attributes:
        id: its public name: "overwrites-gradient", "wrong-sign:-". Variants share it.
        does: what such an engine does, after "your engine answers exactly as one that".
        changes: to the text of base.py.
        orders: names of ORDERS, if it matters in which order the engine sorts its nodes.
    """

    id: str
    does: str
    changes: tuple[Change, ...]
    orders: tuple[str, ...] = ("left first",)

    @property
    def operation(self) -> str:
        """What it is a fault of, as the rule table writes it; "" for a fault of backward()."""
        return self.id.partition(":")[2]


class FaultError(ValueError):
    """The text that a change replaces is not there exactly once."""


HERE = Path(__file__).parent
BASE = (HERE / "base.py").read_text(encoding="utf-8")
_ZOO = tomllib.loads((HERE / "zoo.toml").read_text(encoding="utf-8"))

CONSTRUCTIONS: dict[str, tuple[Change, ...]] = {
    "built " + " ".join(names) if names else "own": tuple(_ZOO["built"][name] for name in names)
    for size in (0, 3, 1, 2)
    for names in itertools.combinations(_ZOO["built"], size)
}
ORDERS: dict[str, tuple[Change, ...]] = {name: tuple(x) for name, x in _ZOO["orders"].items()}
_ORDERS = {
    "": ("left first",),
    "walks": ("left first", "right first", "as a set has them"),
    "sorts": tuple(ORDERS),
}


def _faults(entry: dict[str, Any]) -> Iterator[Fault]:
    for each in entry.get("each", ["@"]):
        id, does = (entry[name].replace("@", each) for name in ("id", "does"))
        changes = tuple(
            (old.replace("@", each), new.replace("@", each)) for old, new in entry["changes"]
        )
        yield Fault(id, does, changes, _ORDERS[entry.get("orders", "")])


ZOO = (
    *itertools.chain.from_iterable(map(_faults, _ZOO["fault"])),
    *(Fault(id, does, ((old, new),)) for id, does, old, new in _ZOO["operations"]["rows"]),
)

# Faults that show only after backward() was called once, or in a long chain:
LATER = tuple(
    fault
    for fault in ZOO
    if fault.id
    in ("keeps-gradients", "clears-gradients", "recursion", "global-tape", "reads-changed-data")
)

_ADD = "parent.grad += partial * node.grad"
# Faults that some operations may have, and others not:
PARTIAL = {
    "overwrites-gradient": (
        "parent.grad = partial * node.grad",
        "overwrites .grad instead of adding to it",
    ),
    "forgets-upstream": ("parent.grad += partial", "forgets the gradient that comes from above"),
}


def partial(kind: str, operations: Collection[str]) -> Fault:
    """One of PARTIAL, in these operations alone."""
    names = sorted(operations)
    wrong, does = PARTIAL[kind]
    text = f"if node.op in {names}:\n            {wrong}\n        else:\n            {_ADD}"
    orders = tuple(ORDERS) if kind == "overwrites-gradient" else ("left first",)
    return Fault(kind, f"{does}, in {' and '.join(names)} alone", ((_ADD, text),), orders)


def section(id: str) -> str:
    """The notebook that explains a fault, and the heading there."""
    kind, _, operation = id.partition(":")
    sections: dict[str, str] = _ZOO["sections"]
    return sections.get(operation) or sections[kind]


def changed(text: str, changes: Iterable[Change]) -> str:
    """The text after some changes.

    Raises:
        FaultError: what a change replaces is not there, or more than once.
    """
    for old, new in changes:
        if text.count(old) != 1:
            raise FaultError(f"{old!r} should be there once, and is {text.count(old)} times")
        text = text.replace(old, new)
    return text


@cache
def source(fault: Fault | None, construction: str = "own", order: str = "left first") -> str:
    """The text of an engine; without a fault it is a right one.

    Raises:
        FaultError: a fault of an operation that this construction does not have of its own.

    >>> fault = next(fault for fault in ZOO if fault.id == "overwrites-gradient")
    >>> "parent.grad = partial" in source(fault)
    True
    """
    changes = (*CONSTRUCTIONS[construction], *ORDERS[order], *(fault.changes if fault else ()))
    return changed(BASE, changes)


def exists(fault: Fault, construction: str) -> bool:
    """Whether an engine of this construction can have the fault."""
    try:
        return bool(source(fault, construction))
    except FaultError:
        return False
