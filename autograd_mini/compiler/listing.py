"""The lines of a program, each with the scalars that it stands for.

An Array knows the nodes of the scalar graph that it was made of, or the Array whose gradient it is.
Here these are followed through reshapes, slices and transposes to the arrays that have a line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import mul
from typing import Any, NamedTuple

import numpy as np

from .arithmetic import RELATIONS
from .arrays import BATCH, VIEWS, Array, Shape, written_shape
from .backends.lines import Statements
from .padding import PADDING
from .pipeline import Lowered

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Line(NamedTuple):
    """A line of a program, or one of its arguments.

    Attributes:
        name: of the array.
        code: the text that assigns it; "" for an argument.
        kind: "input", "parameter", "constant", "forward" or "backward".
        shape: of the array, as in Array.
        scalars: for each number of the array, for one example, the scalar node that it is, or whose
            gradient it is, or PADDING; None if it is neither.
        is_gradient: whether it is their gradient.
        reads: the names that the code reads.
        steps: the same scalars of each step of the loop that it is in; the last are `scalars`.
    """

    name: str
    code: str
    kind: str
    shape: Shape
    scalars: Any
    is_gradient: bool
    reads: tuple[str, ...]
    steps: tuple[Any, ...] = ()

    @property
    def is_batched(self) -> bool:
        return any(n < 0 for n in self.shape)

    def nodes(self) -> list[tuple[int, int]]:
        """(position, scalar node) for each of its numbers that stands for one."""
        return _positions(self.scalars)

    def earlier(self) -> Iterator[tuple[str, int]]:
        """(element, scalar node) for those of the steps but the last: h₂[0], .."""
        for t, scalars in enumerate(self.steps[:-1]):
            name = self.name + str(t).translate(SUBSCRIPTS)
            for position, node in _positions(scalars):
                yield self._replace(name=name).element(position), node

    def sizes(self) -> str:
        """The shape, with n for the number of examples.

        >>> Line("z", "", "forward", (-1, 16), None, False, ()).sizes()
        '(n, 16)'
        """
        return written_shape(self.shape)

    def element(self, position: int) -> str:
        """One number of the array of an example, in Python's notation: z1[0], b3."""
        sizes = [abs(n) for n in self.shape]
        index = [
            int(i) for i, n in zip(np.unravel_index(position, sizes), self.shape) if n != BATCH
        ]
        return f"{self.name}[{', '.join(map(str, index))}]" if index else self.name


class Listing(NamedTuple):
    """The arguments and lines of a program, in order, and what it does.

    Attributes:
        products: how many matrix products there are.
        gathers: how many gathers and scatters.
        multiplications: in the products, for one example.
        loss: what the loss is called.
    """

    lines: list[Line]
    products: int
    gathers: int
    multiplications: int
    loss: str


def listing(source: Statements, lowered: Lowered) -> Listing:
    """The lines of a program's source.

    Args:
        source: the lines as they were written.
        lowered: the program before it was simplified for the source.
    """
    scalars = _Scalars(source)
    lines = []
    for x in lowered.names(source.outputs):
        name = source.names[x]
        kind = "input" if x.op == "input" else "parameter"
        lines.append(Line(name, "", kind, x.shape, scalars.of(x), False, ()))
    for name, numbers in source.constants.items():
        lines.append(Line(name, "", "constant", np.shape(numbers), None, False, ()))
    known = {line.name for line in lines} | {source.names[x] for _, x in source.lines}
    for (name, kind), (texts, arrays) in _statements(source).items():
        x = arrays[-1]
        mine = scalars.of(x) if kind == "forward" else None
        is_gradient = mine is None and kind == "backward"
        if is_gradient:
            mine = scalars.of_gradient(x)
            if mine is None:  # what a loop carries
                mine = scalars.of_gradient(arrays[0])
        text = "\n".join(texts)
        found = re.findall(r"(?<![\w.])[A-Za-z_]\w*(?!\w*=\w)", text)  # but attributes, keywords
        reads = [n for n in dict.fromkeys(found) if n in known and n != name]
        loop = None if source.steps is None else source.steps.outside(x)
        steps: tuple[Any, ...] = ()
        if loop is not None and loop.op == "loop" and lowered.rolled is not None:
            steps = _of_steps(mine, lowered.rolled.steps, loop.info.steps)
        lines.append(Line(name, text, kind, x.shape, mine, is_gradient, tuple(reads), steps))
    products = [x for x in source.order if x.op == "matmul"]
    gathers = sum(x.op in ("gather", "scatter") for x in source.order)
    times = [1 if source.steps is None else source.steps.times(x) for x in products]
    sizes = [abs(math.prod(x.shape) * x.args[0].shape[-1]) for x in products]
    loss = "" if source.loss is None else source.names[source.loss]
    return Listing(lines, sum(times), gathers, sum(map(mul, times, sizes)), loss)


def _statements(
    source: Statements,
) -> dict[tuple[str, str], tuple[list[str], list[Array]]]:
    """(name, forward or backward) -> the statements, and the arrays whose name it is; what a loop
    carries has one name, and so has what it and its adjoint read."""
    found: dict[tuple[str, str], tuple[list[str], list[Array]]] = {}
    kinds: dict[str, str] = {}
    kind = "forward"
    for text, x in source.lines:
        name = source.names[x]
        key = name, kinds.setdefault(name, kind)
        texts, arrays = found.pop(key, ([], [])) if key[1] == kind else found.get(key, ([], []))
        texts.append(text.strip())
        if key[1] == kind:
            arrays.append(x)
        found[key] = texts, arrays
        if x is source.loss:
            kind = "backward"
    return found


def _of_steps(scalars: Any, known: Mapping[int, Sequence[int]], count: int) -> tuple[Any, ...]:
    """The scalars of each step of a loop, from those of the last."""
    if scalars is None:
        return ()
    none = [PADDING] * count
    rows = np.array([known.get(node, none) for node in scalars.ravel().tolist()])
    return tuple(rows.T.reshape(count, *scalars.shape)) if rows.shape[1:] == (count,) else ()


class _Scalars:
    """The scalars of the arrays of a program."""

    def __init__(self, source: Statements) -> None:
        self._users: dict[Array, list[Array]] = {}
        for x in source.order:
            for a in x.operands:
                self._users.setdefault(a, []).append(x)
        self._of: dict[Array, Any] = {}
        self._of_gradient: dict[Array, Any] = {}

    def of(self, x: Array) -> Any:
        """The nodes that are the elements of x, in its shape; None if it has others."""
        if x not in self._of:
            self._of[x] = _shaped(x.scalars, x) if x.scalars is not None else _viewed(x, self.of)
        return self._of[x]

    def of_gradient(self, x: Array) -> Any:
        """The nodes whose gradient x is; None if it is something else."""
        if x not in self._of_gradient:
            found = self._gradient(x)
            views = [u for u in self._users.get(x, ()) if u.op in ("reshape", "transpose")]
            for view in views:
                if view.gradient_of is not None and found is None:  # the gradient, reshaped
                    nodes = self._gradient(view)
                    if nodes is not None and view.op == "transpose":
                        nodes = nodes.transpose(np.argsort(view.info))
                    found = _shaped(nodes, x)
            self._of_gradient[x] = found
        return self._of_gradient[x]

    def _differentiated(self, y: Array) -> Any:
        """The nodes of y; None where they are masked, so that not all have y's gradient."""
        return None if y.op in RELATIONS and y.scalars is None else self.of(y)

    def _gradient(self, x: Array) -> Any:
        if x.gradient_of is not None:
            return _shaped(self._differentiated(x.gradient_of), x)
        return _viewed(x, self._gradient)


def _shaped(nodes: Any, x: Array) -> Any:
    sizes = [abs(n) for n in x.shape]
    if nodes is None or nodes.size != math.prod(sizes):
        return None
    return nodes.reshape(sizes)


def _viewed(x: Array, of: Any) -> Any:
    """The nodes in a view of arrays whose own `of` gives; None if it is not a view."""
    if x.op == "concatenate":
        parts = [of(a) for a in x.args]
        return None if any(p is None for p in parts) else np.concatenate(parts, x.info)
    if x.op in RELATIONS:  # where(mask > 0, x, -inf): elements without a node
        mask, _, inner, other = x.args
        if mask.__class__ is inner.__class__ is Array and mask.op == "constant":
            nodes = of(inner) if other.__class__ is float else None
            return None if nodes is None else _shaped(np.where(mask.info > 0, nodes, PADDING), x)
    if x.op not in VIEWS or not x.operands:
        return None
    nodes = of(x.operands[0])
    if nodes is None:
        return None
    if x.op == "transpose":
        return nodes.transpose(x.info)
    if x.op == "slice":
        return nodes[tuple(slice(None) if b is None else slice(*b) for b in x.info)]
    if x.op == "broadcast":
        return np.broadcast_to(nodes, [abs(n) for n in x.shape])
    if x.op == "gather":
        nodes = nodes.ravel()[x.info.places]
    return _shaped(nodes, x)


def towards(line: Line, lines: Sequence[Line], is_there: Callable[[Line], bool]) -> Line:
    """The line itself if it is there, or else the next that it leads to and is; or the last that it
    leads to."""
    seen = {line.name}
    while not is_there(line):
        following = [x for x in lines if line.name in x.reads and x.name not in seen]
        if not following:
            break
        line = following[0]
        seen.add(line.name)
    return line


def elements(lines: Sequence[Line], of_all_steps: bool = False) -> dict[int, str]:
    """How the first array that has it writes each scalar node: {17: "z1[0]", ..}."""
    found: dict[int, str] = {}
    for line in lines:
        for position, node in [] if line.is_gradient else line.nodes():
            if node not in found:
                found[node] = line.element(position)
    for line in lines if of_all_steps else ():
        for element, node in [] if line.is_gradient else line.earlier():
            found.setdefault(node, element)
    return found


def _positions(scalars: Any) -> list[tuple[int, int]]:
    nodes = [] if scalars is None else scalars.ravel().tolist()
    return [(position, node) for position, node in enumerate(nodes) if node != PADDING]
