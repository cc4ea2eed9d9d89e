"""The rows of a tape: one for each node of a scalar graph, and for each local partial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...primitives import fsum, logsumexp
from ...rules import Primitive
from ..arithmetic import Recorded
from ..arrays import Shape
from ..canonical import Graph
from ..nodes import CONSTANT, INPUT, LEAVES, NONE, PARAMETER, operands
from .interpreter import CODES, COPY, LOGSUMEXP, SUM


class Tape(NamedTuple):
    """What the interpreter runs. Slots hold the numbers, one for each row; leaves are rows too.

    Attributes:
        codes: for each row the code of its operation, -1 for a leaf.
        operands: for each row the slots of its operands; of a sum or logsumexp, its first term and
            the one after its last.
        numbers: for each slot a constant, where it holds one; that of a sum.
        factors: the coefficient of each term.
        lefts: the slot of each term's first factor.
        rights: the slot of its second, or -1.
        active: the rows that pass a gradient on, last first.
        edges: for each active row that is not a sum, its first edge and the one after its last.
        pairs: for each edge the slots of its operand and of the local partial along it.
        columns: (slot, position among all inputs) for each input.
        weights: (slot, place) for each parameter.
        roots: the slots of the results.
        shapes: of the outputs; or of what is given beside the loss, which is the first root.
    """

    codes: Any
    operands: Any
    numbers: Any
    factors: Any
    lefts: Any
    rights: Any
    active: Any
    edges: Any
    pairs: Any
    columns: Any
    weights: Any
    roots: Any
    shapes: list[Shape]


class Local(Recorded):
    """A scalar in a rule that is run to make rows: a form of the graph."""

    __slots__ = ("form", "graph")

    def __init__(self, graph: Graph, form: Any) -> None:
        self.graph, self.form = graph, form

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Local:
        graph = next(x.graph for x in operands if x.__class__ is Local)
        forms = [x.form if x.__class__ is Local else float(x) for x in operands]
        return Local(graph, graph.form(primitive, forms))


class Assembler:
    """The rows of a tape, as they are added."""

    def __init__(self, graph: Graph, columns: dict[tuple[str, int], int]) -> None:
        self.graph, self.columns_of = graph, columns
        self.slots: dict[int, int] = {}  # of each node
        self.codes: list[int] = []
        self.operands: list[tuple[int, ...]] = []
        self.numbers: list[float] = []
        self.terms: list[tuple[float, int, int]] = []
        self.moves: set[int] = set()  # the nodes that depend on a parameter
        self.active: list[int] = []
        self.edges: dict[int, tuple[int, int]] = {}
        self.pairs: list[tuple[int, int]] = []
        self.columns: list[tuple[int, int]] = []
        self.weights: list[tuple[int, int]] = []

    def add(self, i: int) -> int:
        """The slot of a node, whose row is added, after those it needs, if there is none yet."""
        if i in self.slots:
            return self.slots[i]
        op, args = self.graph.ops[i], self.graph.args[i]
        if op in LEAVES:
            self.slots[i] = self._row(-1, (), args[0] if op is CONSTANT else 0.0)
            if op is PARAMETER:
                self.weights.append((self.slots[i], args[0]))
            elif op is INPUT:
                self.columns.append((self.slots[i], self.columns_of[args]))
            return self.slots[i]
        slots = [self.add(self.graph.as_node(x)) for x in (args if op is not fsum else ())]
        if op is fsum:
            terms = [
                (c, self.add(a), -1 if b == NONE else self.add(b))
                for c, a, b in zip(args.coefficients, args.lefts, args.rights)
            ]
            slot = self._row(SUM, self._terms(terms), args.constant)
        elif op is logsumexp:
            slot = self._row(LOGSUMEXP, self._terms([(1.0, x, -1) for x in slots]))
        elif op in CODES:
            slot = self._row(CODES[op], tuple(slots))
        else:
            slot = self._row(COPY, (self._composed(op, args),))
        self.slots[i] = slot
        return slot

    def pass_on(self, i: int) -> None:
        """Let the backward pass go through a node, if it depends on a parameter."""
        op, args = self.graph.ops[i], self.graph.args[i]
        if op is PARAMETER:
            self.moves.add(i)
        elif op not in LEAVES and not self.moves.isdisjoint(operands(op, args)):
            self.moves.add(i)
            self.active.append(self.slots[i])
            if op is not fsum:
                self._add_partials(i)

    def _row(self, code: int, operands: tuple[int, ...], number: float = 0.0) -> int:
        self.codes.append(code)
        self.operands.append(operands)
        self.numbers.append(number)
        return len(self.codes) - 1

    def _terms(self, terms: list[tuple[float, int, int]]) -> tuple[int, int]:
        self.terms += terms
        return len(self.terms) - len(terms), len(self.terms)

    def _locals(self, args: Sequence[Any]) -> list[Any]:
        return [Local(self.graph, x) if x.__class__ is int else x for x in args]

    def _recorded(self, result: Any) -> int:
        """The slot of what a rule gave."""
        form = result.form if result.__class__ is Local else float(result)
        return self.add(self.graph.as_node(form))

    def _composed(self, op: Primitive, args: Sequence[Any]) -> int:
        try:
            return self._recorded(op.forward(*self._locals(args)))
        except (TypeError, AttributeError):
            raise ValueError(
                f"the tape cannot run {op.name}, a function of floats; compose it of the functions "
                "of autograd_mini, or use backend='numpy'"
            ) from None

    def _add_partials(self, i: int) -> None:
        op, args = self.graph.ops[i], self.graph.args[i]
        operands, y = self._locals(args), Local(self.graph, i)
        pairs = []
        for n, x in enumerate(args):
            if x.__class__ is int and x in self.moves:
                partial = op.partial(n, operands, y)
                if partial.__class__ is Local or partial != 0:
                    pairs.append((self.slots[x], self._recorded(partial)))
        self.edges[self.slots[i]] = len(self.pairs), len(self.pairs) + len(pairs)
        self.pairs += pairs

    def tape(self, roots: Sequence[int], shapes: list[Shape]) -> Tape:
        """The tape of all rows."""
        factors, lefts, rights = np.array(self.terms, dtype=float).reshape(-1, 3).T.copy()
        active = self.active[::-1]
        return Tape(
            np.array(self.codes),
            np.array([(*row, *[0] * (4 - len(row))) for row in self.operands]),
            np.array(self.numbers, dtype=float),
            factors,
            lefts.astype(int),
            rights.astype(int),
            np.array(active, dtype=int),
            _pairs([self.edges.get(slot, (0, 0)) for slot in active]),
            _pairs(self.pairs),
            _pairs(self.columns),
            _pairs(self.weights),
            np.array([self.slots[i] for i in roots]),
            shapes,
        )

    def listing(self) -> str:
        """The rows, one a line, to be read."""
        names = {code: str(op) for op, code in CODES.items()} | {LOGSUMEXP: "logsumexp", COPY: ""}
        leaves = {slot: f"x[{position}]" for slot, position in self.columns}
        leaves.update({slot: f"p[{position}]" for slot, position in self.weights})
        lines = []
        for slot, (code, slots) in enumerate(zip(self.codes, self.operands)):
            text = ""
            if code in (SUM, LOGSUMEXP):
                parts = [repr(self.numbers[slot])] if self.numbers[slot] else []
                for c, a, b in self.terms[slice(*slots)]:
                    parts.append(
                        " * ".join([repr(c)] * (c != 1) + [f"v{a}"] + [f"v{b}"] * (b >= 0))
                    )
                text = " + ".join(parts) if code == SUM else f"logsumexp({', '.join(parts)})"
            elif code < 0:
                text = leaves.get(slot, repr(self.numbers[slot]))
            else:
                text = f"{names[code]}({', '.join(f'v{x}' for x in slots)})"
            lines.append(f"v{slot} = {text}\n")
        return (
            f"# a tape of {len(lines)} rows, of which {len(self.active)} pass a gradient on\n"
            + "".join(lines)
        )


def _pairs(numbers: list[tuple[int, int]]) -> Any:
    return np.array(numbers, dtype=int).reshape(-1, 2)
