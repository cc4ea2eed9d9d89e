"""Mutants: the source files with one small fault each, as cosmic-ray's operators make them."""

from __future__ import annotations

import ast
import copy
import functools
import hashlib
import itertools
import warnings
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from types import CodeType
from typing import Any, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.plugins import get_operator, operator_names

CO_NEWLOCALS = 2  # in the flags of a function's code, not in a module's or class body's


class Mutant(NamedTuple):
    """One file with one fault.

    Attributes:
        file: its path below the root.
        operator: cosmic-ray's name of the operator, such as "ReplaceComparisonOperator_Is_Eq".
        line, column: where it is.
        before, after: the line without and with the fault.
        source: the whole file with it.
        key: what tells it from all others, whatever happens to the rest of the file: a digest of
            the function or statement it is in, without and with the fault.
    """

    file: str
    operator: str
    line: int
    column: int
    before: str
    after: str
    source: str
    key: str


def mutants(file: str, source: str) -> list[Mutant]:
    """Every mutant of a file that compiles, in the order of its lines.

    The same as cosmic_ray.mutating.mutate_code gives, which parses the file anew for each.
    """
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    nodes = list(ast_nodes(get_ast(source)))
    found = []
    for name, operator in _operators():
        for node in nodes:
            for index, (position, _) in enumerate(operator.mutation_positions(node)):
                faulty = operator.mutate(copy.deepcopy(node, {id(node.parent): node.parent}), index)
                (first, left), (last, right) = node.get_start_pos_of_prefix(), node.end_pos
                mutated = (
                    source[: starts[first - 1] + left]
                    + (faulty.get_code() if faulty else "")
                    + source[starts[last - 1] + right :]
                )
                if compiles(mutated):
                    before, after = _first_difference(lines, mutated.splitlines())
                    key = _key(file, source, mutated)
                    found.append(Mutant(file, name, *position, before, after, mutated, key))
    return sorted(found, key=lambda m: (m.line, m.column))


def _operators() -> Iterator[tuple[str, Any]]:
    """cosmic-ray's operators, but those that have to be told names of variables."""
    for name in operator_names():
        if name not in ("core/VariableReplacer", "core/VariableInserter"):
            yield name.removeprefix("core/"), get_operator(name)()


def compiles(source: str) -> bool:
    try:
        code_of(source, "")
    except SyntaxError:
        return False
    return True


def code_of(source: str, path: str) -> CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `x is 1` is a fault that may well be made
        return compile(source, path, "exec", dont_inherit=True)


code_as_it_is = functools.lru_cache(code_of)  # of sources that are asked for again and again


def _first_difference(lines: Iterable[str], others: Iterable[str]) -> tuple[str, str]:
    return next((a.strip(), b.strip()) for a, b in zip(lines, others) if a.strip() != b.strip())


def _key(file: str, source: str, mutated: str) -> str:
    lines, others = source.splitlines(), mutated.splitlines()
    same_above = _agreeing(lines, others)
    same_below = min(
        _agreeing(reversed(lines), reversed(others)), min(len(lines), len(others)) - same_above
    )
    first, last, occurrence = 0, len(lines), 0  # the whole file, if no definition has all of it
    for start, end, count in _definitions(source):
        if start <= same_above and len(lines) - same_below <= end:
            first, last, occurrence = start, end, count
    without = lines[first:last]
    with_it = others[first : len(others) - (len(lines) - last)]
    text = "\n".join([file, str(occurrence), *without, "", *with_it])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _agreeing(some: Iterable[str], others: Iterable[str]) -> int:
    """How many lines agree before the first that differs."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(some, others)))


@functools.lru_cache
def _definitions(source: str) -> list[tuple[int, int, int]]:
    """(first line, line after the last, how many of the same text come before) of each statement
    of the module, and after a class of each statement in it."""
    lines = source.splitlines()
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    waiting = deque(ast.parse(source).body)
    while waiting:
        node = waiting.popleft()
        decorators = getattr(node, "decorator_list", [])
        start = min(x.lineno for x in (node, *decorators)) - 1
        end = node.end_lineno or 0
        text = tuple(lines[start:end])
        found.append((start, end, seen[text]))
        seen[text] += 1
        if isinstance(node, ast.ClassDef):
            waiting.extend(node.body)
    return found


# -- what a mutant changes ----------------------------------------------------------------------


def same_but_for_types(source: str, other: str) -> bool:
    """Whether two sources differ in nothing but what type checkers read."""
    return _without_types(source) == _without_types(other)


@functools.lru_cache(maxsize=16)
def _without_types(source: str) -> str:
    return ast.dump(_Untyped().visit(ast.parse(source)))


class _Untyped(ast.NodeTransformer):
    """Takes annotations away, and the bodies of `if TYPE_CHECKING`."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = [ast.Pass()]
        return self.generic_visit(node)


class Change(NamedTuple):
    """How to turn a program that is already imported into the mutant.

    Attributes:
        codes: (old, new) for each function whose code, or that of a function in it, differs.
        at_fault: those of `codes` that differ themselves, old ones.
        imported: whether what differs runs when the module is imported: it has to be imported anew.
    """

    codes: list[tuple[CodeType, CodeType]]
    at_fault: list[CodeType]
    imported: bool


def change(old: CodeType, new: CodeType) -> Change:
    """The change from a module's code to its mutant's."""
    codes: list[tuple[CodeType, CodeType]] = []
    at_fault: list[CodeType] = []
    return Change(codes, at_fault, not _compare(old, new, codes, at_fault)[1])


def _compare(
    old: CodeType, new: CodeType, codes: list[tuple[CodeType, CodeType]], at_fault: list[CodeType]
) -> tuple[bool, bool]:
    """(whether nothing differs, whether all that differs is in functions)."""
    within, within_new = nested(old), nested(new)
    if len(within) != len(within_new):  # two equal lambdas were one constant, and are no longer
        return False, False
    compared = [_compare(a, b, codes, at_fault) for a, b in zip(within, within_new)]
    itself = _shallow(old) == _shallow(new)
    same = itself and all(same for same, _ in compared)
    if old.co_flags & CO_NEWLOCALS:
        if not itself:
            at_fault.append(old)
        if not same:
            codes.append((old, new))
        itself = True
    return same, itself and all(swappable for _, swappable in compared)


def nested(code: CodeType) -> list[CodeType]:
    return [x for x in code.co_consts if isinstance(x, CodeType)]


def _shallow(code: CodeType) -> tuple[Any, ...]:
    """What a code does, less the functions in it."""
    constants = [repr(x) for x in code.co_consts if not isinstance(x, CodeType)]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_exceptiontable


def place(code: CodeType) -> tuple[Any, ...]:
    """What tells a code from all others of its file, in whatever process it was compiled."""
    return code.co_name, code.co_firstlineno, tuple(code.co_positions())


def lines_of_statement(source: str, line: int, column: int) -> range:
    """The lines of the smallest lambda, statement or header of one around a position.

    A tracer reports an expression on the line it starts at, so that the lines of all of it count.
    """
    smallest = range(1, source.count("\n") + 2)
    for start, end, lines in _statements(source):
        if start <= (line, column) < end and line in lines and len(lines) <= len(smallest):
            smallest = lines
    return smallest


@functools.lru_cache
def _statements(source: str) -> list[tuple[tuple[int, int], tuple[int, int], range]]:
    """(start, end, the lines that are its own) of every statement and lambda."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.stmt, ast.Lambda, ast.ExceptHandler)):
            last, column = node.end_lineno or 0, node.end_col_offset or 0
            body = getattr(node, "body", None)
            header_ends = body[0].lineno - 1 if isinstance(body, list) else last
            lines = range(node.lineno, max(header_ends, node.lineno) + 1)
            found.append(((node.lineno, node.col_offset), (last, column), lines))
    return found
