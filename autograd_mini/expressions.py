"""Expressions such as "tanh(w*x + b)", read into a graph. The text is never run as Python."""

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

_NAMES = vars(primitives)  # type checkers do not see its __all__
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
        text: numbers, names, + - * / **, parentheses, lists, calls of this library's functions, and
            comparisons in where(..). The names pi and e are constants.
        variables: a number for each name. Each becomes a leaf with the name as its label.

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
        raise ExpressionError(f"the expression has {len(text)} characters, more than {MAX_LENGTH}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd literals, which are refused below
            tree = ast.parse(text.strip(), mode="eval").body
        names = {unicodedata.normalize("NFKC", x): x for x in variables}  # as Python spells them
        leaves = {name: Value(variables[given], name) for name, given in names.items()}
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
    root = root if isinstance(root, Value) else Value(root)
    if not root.label and "y" not in leaves:
        root.label = "y"
    return root


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _build(node: ast.AST, leaves: Mapping[str, Value], unused: set[str]) -> Any:
    """The scalar, or list of scalars, that a syntax node stands for."""

    def build(child: ast.AST) -> Any:
        return _build(child, leaves, unused)

    match node:
        case ast.Constant(value=int() | float() as number):
            return Value(number).data  # refuses True and False
        case ast.Name(id=name):
            return _name(name, leaves, unused)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [build(element) for element in elements]
        case ast.UnaryOp(op=op, operand=x) if type(op) in OPERATORS:
            return _applied(OPERATORS[type(op)], node, build(x))
        case ast.BinOp(left=x, op=op, right=y) | ast.Compare(left=x, ops=[op], comparators=[y]) if (
            type(op) in OPERATORS
        ):
            return _applied(OPERATORS[type(op)], node, build(x), build(y))
        case ast.Call(func=ast.Name(id=name), args=operands, keywords=[]):
            if name not in FUNCTIONS:
                known = ", ".join(sorted(FUNCTIONS))
                raise ExpressionError(f"unknown function {_short(name)}; there are {known}")
            return _applied(FUNCTIONS[name], node, *map(build, operands))
        case ast.BinOp(op=ast.BitXor()):
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
