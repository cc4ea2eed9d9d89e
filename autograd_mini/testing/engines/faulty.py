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

_PARTS = _ZOO["built"]
# "own": nothing is built of other operations; next all that can be, as in micrograd; then mixtures.
CONSTRUCTIONS: dict[str, tuple[Change, ...]] = {
    ", ".join(names) or "own": tuple(_PARTS[name] for name in names)
    for size in sorted(range(len(_PARTS) + 1), key=lambda size: size % len(_PARTS))
    for names in itertools.combinations(_PARTS, size)
}
ORDERS: dict[str, tuple[Change, ...]] = {name: tuple(x) for name, x in _ZOO["orders"].items()}
_ANY = "as a set has them"  # which nobody can know; each order that it might have is tried
SORTS = ("left first", "right first", "youngest first", "level by level", _ANY)
_ORDERS = {
    "": ("left first",),
    "sorts": SORTS,
    "walks": ("left first", "right first", _ANY),
    "hashes": ("left first", "right first", "by hash"),
}


# 2 + x as wrap(2) + x: the operands change places, which a right engine does not show
_REFLECTED = tuple(
    (f"{head}return self {op} other\n", f"{head}return wrap(other) {op} self\n")
    for head, op in (
        ("def __radd__(self, other):\n        ", "+"),
        ("def __rmul__(self, other):\n        ", "*"),
    )
)


def _faults(entry: dict[str, Any]) -> Iterator[Fault]:
    for each in entry.get("each", ["@"]):
        id, does = (entry[name].replace("@", each) for name in ("id", "does"))
        changes = tuple(
            (old.replace("@", each), new.replace("@", each)) for old, new in entry["changes"]
        )
        is_reflected = "reflected" in entry and each in "@+*"
        for more in [(), _REFLECTED] if is_reflected else [()]:
            yield Fault(id, does, (*changes, *more), _ORDERS[entry.get("orders", "")])


ZOO = (
    *itertools.chain.from_iterable(map(_faults, _ZOO["fault"])),
    *(Fault(id, does, ((old, new),)) for id, does, old, new in _ZOO["operations"]["rows"]),
)

# Faults that show only after backward() was called once, or in a long chain:
LATER = tuple(
    fault
    for fault in ZOO
    if fault.id
    in ("keeps-gradients", "starts-afresh", "recursion", "global-tape", "reads-changed-data")
)

Edge = tuple[str, int]  # the name of an operation, and the place of an operand
_EDGES = "zip(node.parents, node.partials())"
_ADD = "parent.grad += partial * node.grad"
# Faults that some operations may have, and others not:
PARTIAL = {
    "overwrites-gradient": (
        "parent.grad = partial * node.grad",
        "overwrites .grad instead of adding to it",
    ),
    "forgets-upstream": ("parent.grad += partial", "forgets the gradient that comes from above"),
}


def partial(kind: str, edges: Collection[Edge]) -> Fault:
    """One of PARTIAL, along some edges alone: ("*", 1) are those to second operands of products."""
    wrong, does = PARTIAL[kind]
    places = {op: [at for other, at in sorted(edges) if other == op] for op, _ in sorted(edges)}
    told = [
        f"{op} for its {'second' if at[0] else 'first'} operand"
        if len(at) == 1 and not op.isalpha()
        else op
        for op, at in places.items()
    ]
    changes = (
        (f"parent, partial in {_EDGES}", f"at, (parent, partial) in enumerate({_EDGES})"),
        (
            _ADD,
            f"if (node.op, at) in EDGES:\n            {wrong}\n        else:\n            {_ADD}",
        ),
        ("def wrap", f"EDGES = {sorted(edges)}\n\n\ndef wrap"),
    )
    orders = SORTS if kind == "overwrites-gradient" else ("left first",)
    return Fault(kind, f"{does}, in {' and '.join(told)}", changes, orders)


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
