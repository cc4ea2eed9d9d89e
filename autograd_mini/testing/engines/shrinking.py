"""The smallest program that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ...primitives import fsum
from ..programs import Expression, Node
from .judging import evaluate
from .questions import Question


def shrunk(question: Question, fails: Callable[[Question], bool]) -> Question:
    """A smaller program that fails as well, with plain numbers where these fail."""
    found = True
    while found:
        found = False
        for program in _smaller(question.program):
            if fails(question._replace(program=program)):
                question, found = question._replace(program=program), True
                break
    for program in _plainer(question.program):
        if fails(question._replace(program=program)):
            return question._replace(program=program)
    return question


def _smaller(program: Expression) -> Iterator[Expression]:
    """Parts of the program, then the program without one of its nodes."""
    count = len(program.inputs)
    for k in range(len(program.nodes) - 1):
        yield used(program.inputs, program.nodes[: k + 1])
    for k in reversed(range(len(program.nodes))):
        operands = program.nodes[k][1]
        for x in dict.fromkeys(x for x in operands if x.__class__ is int):
            if k < len(program.nodes) - 1:
                yield used(program.inputs, _replaced(program.nodes, count + k, x))
        if len(operands) > 1 and program.nodes[k][0] is fsum:
            node = (fsum, operands[1:])
            yield used(program.inputs, [*program.nodes[:k], node, *program.nodes[k + 1 :]])
    try:
        data = evaluate(program).data
    except (ValueError, ArithmeticError):
        return
    for k in reversed(range(len(program.nodes) - 1)):  # a node becomes an input
        inputs = [*program.inputs, float(f"{data[count + k]:.3g}")]
        moved = renumbered(program.nodes, lambda x: x + (x >= count))
        yield used(inputs, _replaced(moved, count + 1 + k, count))


def _replaced(nodes: Sequence[Node], old: int, new: int) -> list[Node]:
    """The nodes with another operand in the place of one."""
    return renumbered(nodes, lambda x: new if x == old else x)


def renumbered(nodes: Iterable[Node], place: Callable[[int], int]) -> list[Node]:
    """The nodes with other places of their operands; constants stay as they are."""
    return [
        (row, tuple(place(x) if x.__class__ is int else x for x in operands))
        for row, operands in nodes
    ]


def used(inputs: Sequence[float], nodes: Sequence[Node]) -> Expression:
    """The program without the inputs and nodes that its result does not depend on."""
    count = len(inputs)
    needed = {count + len(nodes) - 1}
    for k in reversed(range(len(nodes))):
        if count + k in needed:
            needed.update(x for x in nodes[k][1] if x.__class__ is int)
    index = {x: i for i, x in enumerate(sorted(needed))}
    kept = [node for k, node in enumerate(nodes) if count + k in needed]
    return Expression(
        [x for i, x in enumerate(inputs) if i in needed], renumbered(kept, index.__getitem__)
    )


PLAIN = ((3.0, 2.0, 5.0, 4.0, 7.0), (2.0, 3.0, 4.0, 5.0, 6.0), (0.5, 2.0, 1.5, 3.0, 2.5))


def _plainer(program: Expression) -> Iterator[Expression]:
    """The program with small distinct numbers, whole ones first."""
    count = len(program.inputs)
    for numbers in PLAIN:
        for signs in (1.0, -1.0):
            inputs = [signs * numbers[i % 5] + i // 5 for i in range(count)]
            for constant in (2.0, None):
                nodes = [
                    (row, tuple(x if x.__class__ is int or constant is None else constant
                                for x in operands))
                    for row, operands in program.nodes
                ]  # fmt: skip
                yield Expression(inputs, nodes)
    yield Expression([float(f"{x:.2g}") for x in program.inputs], program.nodes)
