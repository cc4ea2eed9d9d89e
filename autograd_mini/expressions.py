"""Expressions such as "tanh(w*x + b)", read into a graph. No text is ever run as Python."""

from __future__ import annotations

import ast
import math
import operator
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from . import primitives
from .errors import AutogradError
from .value import Value

MAX_LENGTH = 10_000

_NAMES = vars(primitives)  # whose __all__ type checkers do not see
FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: _NAMES[name] for name in _NAMES["__all__"] if callable(_NAMES[name])
} | {"abs": primitives.absolute}
CONSTANTS = {"pi": math.pi, "e": math.e}
OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: primitives.add,
    ast.Sub: primitives.subtract,
    ast.Mult: primitives.multiply,
    ast.Div: primitives.divide,
    ast.Pow: primitives.power,
    ast.USub: primitives.negate,
    ast.UAdd: operator.pos,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class ExpressionError(AutogradError, ValueError):
    """An expression cannot be read."""


def parse(text: str, variables: Mapping[str, float]) -> Value:
    """The graph of an expression at given numbers.

    Args:
        text: numbers, names, + - * / **, parentheses, lists, and calls of this library's functions;
            comparisons within where(..). The constants pi and e are known.
        variables: a number for each name; each becomes a leaf with the name as its label.

    Returns:
        The root, labelled "y" unless a variable has that name.

    Raises:
        ExpressionError: the expression cannot be read, a name in it has no number, or a variable
            does not occur in it.
        DomainError, ZeroDivisionError, OverflowError: it has no value at these numbers.

    >>> y = parse("tanh(w*x + b)", {"w": 0.5, "x": 2.0, "b": 0.1})
    >>> round(y.data, 6)
    0.800499
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the expression has {len(text)} characters; {MAX_LENGTH} are the most"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd literals, which are refused below
            tree = ast.parse(text.strip(), mode="eval").body
        leaves = {}
        for name, number in variables.items():
            spelled = unicodedata.normalize("NFKC", name)  # as Python spells identifiers
            leaves[spelled] = Value(number, spelled)
        unused = set(leaves)
        root = _build(tree, leaves, unused)
    except SyntaxError as error:
        where_ = f" at character {error.offset}" if error.offset else ""
        raise ExpressionError(f"cannot read {_short(text)}: {error.msg}{where_}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(f"{_short(text)} is nested too deeply") from None
    except AutogradError:
        raise
    except (TypeError, ValueError) as error:
        raise ExpressionError(f"cannot read {_short(text)}: {error}") from None
    if unused:
        raise ExpressionError(f"{', '.join(sorted(unused))} does not occur in {_short(text)}")
    if isinstance(root, (list, bool)):
        raise ExpressionError(f"{_short(text)} is a {type(root).__name__}, not one number")
    if not isinstance(root, Value):
        return Value(root, "y")
    if not root.label and "y" not in leaves:
        root.label = "y"
    return root


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _build(node: ast.AST, leaves: Mapping[str, Value], unused: set[str]) -> Any:
    """The scalar, or list of scalars, that a syntax node means."""

    def build(child: ast.AST) -> Any:
        return _build(child, leaves, unused)

    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return Value(node.value).data  # refuses True and False
    if isinstance(node, ast.Name):
        return _name(node.id, leaves, unused)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return _applied(OPERATORS[type(node.op)], node, build(node.left), build(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
        return _applied(OPERATORS[type(node.op)], node, build(node.operand))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
        left, right = build(node.left), build(node.comparators[0])
        return _applied(OPERATORS[type(node.ops[0])], node, left, right)
    if isinstance(node, (ast.List, ast.Tuple)):
        return [build(element) for element in node.elts]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        function = FUNCTIONS.get(node.func.id)
        if function is None:
            raise ExpressionError(
                f"unknown function {_short(node.func.id)}; there are {', '.join(sorted(FUNCTIONS))}"
            )
        return _applied(function, node, *map(build, node.args))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
        raise ExpressionError(f"{_short(ast.unparse(node))}: a power is written **")
    raise ExpressionError(
        f"{_short(ast.unparse(node))} is not allowed in an expression; there are numbers, names, "
        "+ - * / **, parentheses, lists and calls such as tanh(x)"
    )


def _name(name: str, leaves: Mapping[str, Value], unused: set[str]) -> Any:
    if name in leaves:
        unused.discard(name)
        return leaves[name]
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name in FUNCTIONS:
        raise ExpressionError(f"{name} is a function; write {name}(..)")
    raise ExpressionError(f"{_short(name)} has no number; add {name[:20]}=1.5, say")


def _applied(function: Callable[..., Any], node: ast.AST, *operands: Any) -> Any:
    """function(*operands); an error quotes the part of the expression that caused it."""
    if isinstance(node, (ast.BinOp, ast.UnaryOp)) and any(
        isinstance(x, (list, bool)) for x in operands
    ):
        raise ExpressionError(
            f"{_short(ast.unparse(node))}: + - * / ** take numbers, not lists or comparisons"
        )
    try:
        return function(*operands)
    except (TypeError, IndexError) as error:
        raise ExpressionError(f"{_short(ast.unparse(node))}: {error}") from None
