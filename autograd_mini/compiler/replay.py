"""Groups that are made as an earlier one was, such as the steps of a recurrent net.

Which operations make the array of a group depends on where its operands lie: on their addresses,
counted in each array from the first that is read, and on the shapes of these arrays. Where these
are those of an earlier group, its operations are done again, on the arrays of this one. So of a
thousand steps that are alike one is looked into.

The operations are done and not copied: a slice begins elsewhere, and each is simplified as if it
had been found anew. If one does not come out as before, the group is looked into as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..primitives import fsum
from .arrays import VIEWS, Array, ArrayProgram
from .nodes import NONE
from .views import Reading, View

if TYPE_CHECKING:
    from .layout import Layout

METHODS = (
    "apply", "broadcast", "concatenate", "constant", "contract", "gather", "logsumexp", "reshape",
    "slice", "total", "transpose",
)  # fmt: skip

LARGE = 2**14  # operands of a group: there are few such groups


class Ref(NamedTuple):
    """In place of an array: which it is of those that a group reads, and then makes."""

    place: int


class Step(NamedTuple):
    """An operation that was done.

    Attributes:
        method: that of the program; None for a view.
        args: with Refs in place of arrays.
        gave: the Ref of an array, or a number.
        shape: of the array.
    """

    method: Callable[..., Any] | None
    args: Any
    gave: Any
    shape: Any


class Record:
    """What was done to make the arrays of a group.

    Args:
        members: the nodes of the group.
        read: the arrays that it reads -> the first address in each that it does.

    Attributes:
        steps: what was done.
        made: for each array its Ref, which members it has, and what is in its padding.
    """

    def __init__(self, members: Any, read: dict[Array, int]) -> None:
        self.members, self.read = members, read
        self.steps: list[Step] = []
        self.made: list[tuple[Ref, Any, float | None]] = []
        self._refs = {x: Ref(i) for i, x in enumerate(read)}

    def add(self, method: Callable[..., Any] | None, args: Sequence[Any], gave: Any) -> None:
        args = self._referring(args)
        is_array = gave.__class__ is Array
        if is_array:
            self._refs.setdefault(gave, Ref(len(self.read) + len(self.steps)))
        self.steps.append(
            Step(method, args, self._referring(gave), gave.shape if is_array else None)
        )

    def assigned(self, array: Array, nodes: Any, padding: float | None) -> None:
        """The array is that of these nodes."""
        self.made.append((self._refs[array], np.searchsorted(self.members, nodes), padding))

    def _referring(self, x: Any) -> Any:
        """x with Refs for arrays; what has some as a list, anything else as it is."""
        if x.__class__ is Array:
            return self._refs[x]
        if x.__class__ is tuple or x.__class__ is list:
            parts = [*map(self._referring, x)]
            return x if all(a is b for a, b in zip(parts, x)) else parts
        return x


class RecordingProgram(ArrayProgram):
    """An array program with a record of what is done; None if there is none, or if what is done
    depends on more than where the operands lie."""

    def __init__(self) -> None:
        super().__init__()
        self.record: Record | None = None

    def view(self, x: Array, addresses: Any) -> View:
        """The elements of x at the addresses, for each position of a loop nest."""
        record, self.record = self.record, None
        reading = Reading.of(addresses)
        found = reading.view(x, reading.first)
        if record is not None and x in record.read:
            record.add(None, (x, reading, reading.first - record.read[x]), found.array)
            self.record = record
        return found

    def again(self, record: Record, read: dict[Array, int]) -> list[Any] | None:
        """What the steps of a record give for other arrays; None if it is not alike."""
        values: list[Any] = [*read]
        places = {x: i for i, x in enumerate(values)}
        for method, args, gave, shape in record.steps:
            args = [values[a.place] if a.__class__ is Ref else _filled(a, values) for a in args]
            if method is None:
                x, reading, further = args
                new = reading.view(x, read[x] + further).array
            else:
                new = method(self, *args)
            if new.__class__ is not Array:
                is_alike = new == gave
            else:
                place = places.setdefault(new, len(values))
                is_alike = gave.__class__ is Ref and gave.place == place and new.shape == shape
            if not is_alike:
                return None
            values.append(new)
        return values


def _filled(x: Any, values: Sequence[Any]) -> Any:
    """x with arrays for Refs."""
    if x.__class__ is Ref:
        return values[x.place]
    return [_filled(part, values) for part in x] if x.__class__ is list else x


def _recorded(name: str) -> Callable[..., Any]:
    method = getattr(ArrayProgram, name)

    @wraps(method)
    def call(self: RecordingProgram, *args: Any) -> Any:
        record, self.record = self.record, None  # what it does in turn is not a step of its own
        gave = method(self, *args)
        if record is not None:
            if gave is not args[0] or name not in VIEWS:  # else the shapes say that it does nothing
                record.add(method, args, gave)
            self.record = record
        return gave

    return call


for _name in METHODS:
    setattr(RecordingProgram, _name, _recorded(_name))


def made_as_before(
    layout: Layout, op: Any, members: Any, make: Callable[[Layout, Any, Any], None]
) -> None:
    """Make the arrays of a group: by make(layout, op, members), or as those of an earlier one."""
    program = layout.program
    key, read = _situation(layout, op, members)
    record = layout.records.get(key)
    values = None if record is None else program.again(record, read)
    if record is not None and values is not None:
        for ref, which, padding in record.made:
            layout.assign(values[ref.place], members[which], padding)
        return
    program.record = Record(members, read) if key else None
    make(layout, op, members)
    if program.record is not None:
        layout.records[key] = program.record
        program.record = None


def _situation(layout: Layout, op: Any, members: Any) -> tuple[Any, dict[Array, int]]:
    """A key, equal for groups that are made alike, and the arrays that are read, each with the
    first address in it. There is no key for large groups, and while parameters have no array."""
    args = [layout.graph.args[i] for i in members]
    if sum(map(len, (s.lefts for s in args) if op is fsum else args)) > LARGE:
        return None, {}
    if op is fsum:
        lefts, rights = ([*chain.from_iterable(s[k] for s in args)] for k in (2, 3))
        nodes = np.array(lefts + rights)
        lengths = [len(s.lefts) for s in args]
        numbers = [s.constant for s in args] + [*chain.from_iterable(s.coefficients for s in args)]
    else:
        operands = [*chain.from_iterable(args)]
        nodes = np.array([x if x.__class__ is int else NONE for x in operands])
        lengths = [len(x) for x in args]
        numbers = [x for x in operands if x.__class__ is float]
    is_node = nodes != NONE
    if (layout.block_of[nodes[is_node]] != NONE).any():
        return None, {}
    sources = np.where(is_node, layout.source(nodes), NONE)
    offsets = layout.address[nodes]
    offsets[~is_node] = 0
    read: dict[Array, int] = {}
    about = []
    for s in sorted({*sources.tolist()} - {NONE}):
        mine, array = sources == s, layout.arrays[s]
        first = offsets[mine].min()
        offsets[mine] -= first
        sources[mine] = len(read)
        read[array] = int(first) - layout.starts[s]
        about.append((array.shape, layout.padding[s], layout.used[s]))
    parts = (np.array(lengths), np.array(numbers, float), sources, offsets, layout.batched[nodes])
    return (op, *about, *[x.tobytes() for x in parts]), read
