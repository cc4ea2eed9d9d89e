r"""Formulas: the LaTeX scalar, on which every rule of the table writes itself down.

Run an expression on Formulas instead of numbers, and out comes the LaTeX of what it computes. The
partials of the table are such expressions, so no derivative is ever typeset by hand:

    tanh.partial(0, [Formula("x")], Formula("y"))  ->  1 - y^{2}
"""

from __future__ import annotations

import math
import re
from functools import cache, reduce
from operator import add, mul

from . import primitives as rules
from .errors import AutogradError, TraceError
from .graph import check_is_value, node_names, topological_order
from .rules import Primitive
from .scalars import IEEE
from .text import clean, exact, format_number
from .value import Value, plain_numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .steps import Step

LONGEST = 20_000  # characters of LaTeX, about as much as fits on three pages

# How tightly the outermost operation of a formula binds. An operand that binds less tightly than
# its place asks for gets parentheses. A power is a PRODUCT: it too can be a factor, but no base.
RELATION, SUM, PRODUCT, ATOM = range(4)


class Formula:
    """A scalar that is a piece of LaTeX.

    Attributes:
        text: the LaTeX.
        level: how tightly its outermost operation binds, from RELATION to ATOM.
        number: what it comes to, if that is known: comparisons are then decided by it, and of
            where() only the branch that holds is written.
        cases: of a where() that is not decided: (value, condition) rows, the last one without one.

    >>> x, y = Formula("x"), Formula("y")
    >>> print((x + 1) * y / 2)
    \\frac{(x + 1) \\cdot y}{2}
    """

    __slots__ = ("cases", "level", "number", "text")

    def __init__(
        self,
        text: str,
        level: int = ATOM,
        number: Any = None,
        cases: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.text, self.level, self.number, self.cases = text, level, number, cases

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Formula:
        operands = [as_formula(x) for x in operands]
        spelled_out = SPELLED_OUT.get(primitive)
        if spelled_out:
            return as_formula(spelled_out(operands))
        filled = _filled(primitive.latex or _call(primitive), operands)
        numbers = [x.number for x in operands]
        if None not in numbers:
            filled.number = _evaluated(primitive, numbers)
        return filled

    def __add__(self, other: Any) -> Formula:
        return _apply(rules.add, self, other)

    def __radd__(self, other: Any) -> Formula:
        return _apply(rules.add, other, self)

    def __sub__(self, other: Any) -> Formula:
        return _apply(rules.subtract, self, other)

    def __rsub__(self, other: Any) -> Formula:
        return _apply(rules.subtract, other, self)

    def __mul__(self, other: Any) -> Formula:
        if other is self:
            return _apply(rules.power, self, 2)
        return self if _is_one(other) else _apply(rules.multiply, self, other)

    def __rmul__(self, other: Any) -> Formula:
        return self if _is_one(other) else _apply(rules.multiply, other, self)

    def __truediv__(self, other: Any) -> Formula:
        return _apply(rules.divide, self, other)

    def __rtruediv__(self, other: Any) -> Formula:
        return _apply(rules.divide, other, self)

    def __pow__(self, other: Any) -> Formula:
        return self if _is_one(other) else _apply(rules.power, self, other)

    def __rpow__(self, other: Any) -> Formula:
        return _apply(rules.power, other, self)

    def __neg__(self) -> Formula:
        return _apply(rules.negate, self)

    def __abs__(self) -> Formula:
        return _apply(rules.absolute, self)

    def __lt__(self, other: Any) -> Any:
        return _compared(self, "<", as_formula(other))

    def __gt__(self, other: Any) -> Any:
        return _compared(self, ">", as_formula(other))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"


def _apply(rule: Primitive, *operands: Any) -> Formula:
    return Formula.__apply_primitive__(rule, operands)


def _evaluated(primitive: Primitive, numbers: Sequence[Any]) -> Any:
    """What the operation comes to; in IEEE arithmetic where floats would raise."""
    try:
        return primitive.evaluate(numbers)
    except (ValueError, ArithmeticError):
        return IEEE.__apply_primitive__(primitive, numbers).data


def _compared(a: Formula, sign: str, b: Formula) -> Condition:
    holds = None
    if a.number is not None and b.number is not None:
        holds = a.number < b.number if sign == "<" else a.number > b.number
    return Condition(f"{a} {sign} {b}", holds)


class Condition:
    """A comparison of Formulas, for where().

    Attributes:
        text: the LaTeX.
        holds: whether it holds; None where the numbers are not known.
    """

    __slots__ = ("holds", "text")

    def __init__(self, text: str, holds: bool | None = None) -> None:
        self.text, self.holds = text, holds

    def __where__(self, a: Any, b: Any) -> Formula:
        """The branch that holds; else both, as cases: nested ones in one list, and neighbours of
        one value in one row."""
        here, elsewhere = as_formula(a), as_formula(b)
        if self.holds is not None:
            return here if self.holds else elsewhere
        rows = [(here.text, self.text), *(elsewhere.cases or [(elsewhere.text, "")])]
        (value, condition), (next_value, next_condition) = rows[:2]
        if value == next_value:
            if not next_condition:
                return elsewhere
            rows[:2] = [(value, rf"{condition} \text{{ or }} {next_condition}")]
        text = r" \\ ".join(
            rf"{value} & \text{{if }} {condition}"
            if condition
            else rf"{value} & \text{{otherwise}}"
            for value, condition in rows
        )
        return Formula(rf"\begin{{cases}} {text} \end{{cases}}", PRODUCT, cases=rows)

    def __bool__(self) -> bool:
        if self.holds is not None:
            return self.holds
        raise TraceError(
            f"a formula has no number to decide {self.text} by; write where(condition, a, b) "
            "instead of branching in Python"
        )


# Operations that are written as what they come to: lists as sums and products, where() as the
# branch that was chosen.
SPELLED_OUT: dict[Primitive, Callable[[Sequence[Any]], Any]] = {
    rules.fsum: lambda xs: reduce(add, xs) if xs else 0,
    rules.dot: lambda xs: reduce(add, _products(xs)),
    rules.logsumexp: lambda xs: rules.log(reduce(add, map(rules.exp, xs))),
    rules._where_true: lambda branches: branches[0],
    rules._where_false: lambda branches: branches[1],
}


def _products(operands: Sequence[Any]) -> list[Any]:
    """w1*x1, .., wn*xn and the bias, unless it is the 0 that stands for none."""
    n = len(operands) // 2
    products = [*map(mul, operands[:n], operands[n:-1])]
    has_bias = not products or rules.dot.has_bias([x.number for x in operands])
    return [*products, operands[-1]] if has_bias else products


def latex(value: Value, names: Mapping[Value, str] | None = None) -> Latex:
    r"""The formula that made a Value.

    Args:
        value: the Value. Its own label does not appear, it is what is spelled out.
        names: nodes that stand in the formula by a name; by default every node with a label.
            All others are spelled out down to their leaves, and unlabelled leaves are numbers.

    Returns:
        LaTeX without dollar signs, a str; a notebook shows it typeset.

    Raises:
        TypeError: `value` is no Value.
        AutogradError: the formula is longer than 20,000 characters.

    >>> w, x, b = Value(0.5, "w"), Value(2.0, "x_1"), Value(0.1, "b")
    >>> from autograd_mini import tanh
    >>> print(latex(tanh(w * x + b)))
    \tanh(w \cdot x_{1} + b)
    >>> print(latex(2 / (1 + w) ** 2))
    \frac{2}{{(1 + w)}^{2}}
    """
    check_is_value(value, "latex")
    if names is None:
        unique = node_names(value)
        names = {node: unique[node] for node in unique if node.label}
    symbols = {node: Formula(latex_name(name)) for node, name in names.items()}
    return Latex(formula(value, symbols))


def formula(value: Value, symbols: Mapping[Value, Formula]) -> Formula:
    """The operation that made a Value, spelled out down to the nodes that have a symbol."""
    if value.is_leaf:
        return symbols.get(value) or as_formula(value.data)
    found = dict(symbols)
    for node in _between(value, symbols):
        found[node] = as_formula(node.data) if node.is_leaf else written(node, found)
        if len(found[node].text) > LONGEST:
            raise AutogradError(
                f"the formula is longer than {LONGEST:,} characters; give inner nodes labels, so "
                "that they stand in it by name, or ask for the formula of one of them"
            )
    return found[value]


def written(node: Value, symbols: Mapping[Value, Formula]) -> Formula:
    """The operation that made a node, on its operands' symbols."""
    operands = [symbols[x] if isinstance(x, Value) else x for x in node.operands]
    return Formula.__apply_primitive__(node.op, operands)


def _between(value: Value, symbols: Mapping[Value, Any]) -> list[Value]:
    """What has to be spelled out, in topological order."""
    needed = {value}
    order = topological_order(value)
    for node in reversed(order):
        if node in needed:
            needed.update(x for x in node.parents if x not in symbols)
    return [node for node in order if node in needed]


def local_derivatives(node: Value, names: Mapping[Value, str]) -> list[Formula]:
    r"""The partial along each of `node.parents`, as the rule of its operation writes it.

    >>> x = Value(2.0, "x")
    >>> y = rules.tanh(x)
    >>> local_derivatives(y, {x: "x", y: "y"})
    [Formula('1 - y^{2}')]
    """
    operands = [
        Formula(latex_name(names[x]), number=x.data) if isinstance(x, Value) else number
        for x, number in zip(node.operands, plain_numbers(node.operands))
    ]
    y = Formula(latex_name(names[node]), number=node.data)
    edges = [k for k, x in enumerate(node.operands) if isinstance(x, Value)]
    return [_rule(node.op, k, operands, y, d) for k, d in zip(edges, node.partials)]


def _rule(op: Primitive, index: int, operands: Sequence[Any], y: Formula, number: Any) -> Formula:
    """A partial as its rule writes it; as its number where a user's rule takes floats alone."""
    try:
        return as_formula(op.partial(index, operands, y))
    except TypeError:
        return as_formula(number)


def step_latex(step: Step, names: Mapping[Value, str]) -> str:
    """What Step.latex is."""
    root = names[step.root]
    if step.parent is None:
        return f"{derivative(root, root)} = {latex_number(step.after)}"
    node, parent = names[step.node], names[step.parent]
    numbers = _apply(rules.multiply, numeral(step.upstream), numeral(step.local))
    return (
        rf"{derivative(root, parent)} \mathrel{{+}}= "
        rf"{derivative(root, node)} \cdot {derivative(node, parent)} = "
        rf"{numbers} = {latex_number(step.contribution)}"
    )


def derivative(of: str, by: str) -> str:
    """The partial derivative of one name by another."""
    return rf"\frac{{\partial {latex_name(of)}}}{{\partial {latex_name(by)}}}"


class Latex(str):
    """LaTeX as text, which a notebook shows typeset."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from .mathml import mathml

        return {
            "text/html": mathml(self, display="block"),
            "text/latex": f"$\\displaystyle {self}$",
            "text/plain": str(self),
        }


# -- names and numbers --------------------------------------------------------------------------

ESCAPES = {c: rf"\{c}" for c in " #$%&_{}"} | {
    "\\": r"\backslash{}",
    "~": r"\sim{}",
    "^": r"\hat{}",
}


def latex_name(name: str) -> str:
    r"""A node's name in mathematics, safely escaped.

    >>> print(latex_name("w"), latex_name("w12"), latex_name("w_1"), latex_name("loss"))
    w w_{12} w_{1} \mathrm{loss}
    >>> print(latex_name("w0[3,2]"))  # of layer 0
    w^{(0)}_{3,2}
    """
    match = re.fullmatch(r"([^\W\d_])(?:_?(\d+))?(?:\[([\d,]+)\])?", name)
    if match is None:
        return rf"\mathrm{{{_escaped(name)}}}"
    letter, number, places = match.groups()
    if places:
        return letter + (f"^{{({number})}}" if number else "") + f"_{{{places}}}"
    return f"{letter}_{{{number}}}" if number else letter


def operator_name(name: str) -> str:
    return rf"\operatorname{{{_escaped(name)}}}"


def _escaped(name: str) -> str:
    return "".join(ESCAPES.get(c, c) for c in clean(name))


def latex_number(x: Any) -> str:
    r"""A number in mathematics, with all its digits.

    >>> latex_number(-2.0), latex_number(1e-20)
    ('-2.0', '1 \\times 10^{-20}')
    """
    return _in_latex(exact(x))


def _in_latex(number: str) -> str:
    if "n" in number:  # nan and inf
        return number.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
    if "/" in number:
        return re.sub(r"(\d+)/(\d+)", r"\\frac{\1}{\2}", number)
    mantissa, e, exponent = number.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if e else number


# the irrational numbers in the rule table
_CONSTANTS = {
    math.log(2): r"\ln(2)",
    math.log(10): r"\ln(10)",
    math.sqrt(0.5): r"\frac{1}{\sqrt{2}}",
    math.sqrt(2 * math.pi): r"\sqrt{2 \pi}",
    2 / math.sqrt(math.pi): r"\frac{2}{\sqrt{\pi}}",
    -2 / math.sqrt(math.pi): r"-\frac{2}{\sqrt{\pi}}",
    2 * math.sqrt(2 / math.pi): r"2 \cdot \sqrt{\frac{2}{\pi}}",
}


def as_formula(x: Any) -> Formula:
    """A Formula as it is; a plain number as one, by the name that mathematics has for it."""
    if isinstance(x, Formula):
        return x
    constant = _CONSTANTS.get(x) if x.__class__ is float else None
    return _number(constant, x) if constant else numeral(x)


def numeral(x: Any) -> Formula:
    """A plain number as a Formula, with all its digits."""
    return _number(latex_number(x), x)


def rounded(x: Any) -> Formula:
    """A plain number as a Formula, in about four digits."""
    return _number(_in_latex(format_number(x)), x)


def _number(text: str, x: Any) -> Formula:
    return Formula(text, PRODUCT if text.startswith("-") or "\\" in text else ATOM, x)


def _is_one(x: Any) -> bool:
    return not isinstance(x, Formula) and x == 1


# -- templates: the rows' own LaTeX, with #1 .. #n for the operands ------------------------------


def _call(primitive: Primitive) -> str:
    operands = ", ".join(f"#{i + 1}" for i in range(len(primitive.arguments)))
    return f"{operator_name(primitive.name)}({operands})"


def _filled(template: str, operands: Sequence[Formula]) -> Formula:
    pieces, level = _read(template)
    text = "".join(
        piece if isinstance(piece, str) else _placed(operands[piece[0]], *piece[1:])
        for piece in pieces
    )
    return Formula(text, level)


def _placed(x: Formula, needed: int, after_operator: bool, braced: bool) -> str:
    """An operand in its place: in parentheses if it binds too loosely, or its sign would follow an
    operator; and in braces where it is, or has, a sub- or superscript."""
    bare = x.level >= needed and not (after_operator and x.text.startswith("-"))
    text = x.text if bare else f"({x.text})"
    return f"{{{text}}}" if braced and len(text) > 1 else text


_OPENING = {*"([{", r"\lvert"}
_CLOSING = {*")]}", r"\rvert"}
_SEPARATORS = {"", *",;<>="}
# how tightly operators bind; between two factors a space is one
_OPERATORS = (
    dict.fromkeys("<>=", RELATION)
    | dict.fromkeys("+-", SUM)
    | dict.fromkeys(["/", "^", " ", r"\cdot", r"\frac"], PRODUCT)
)
_SCRIPTS = {"^", "_"}
# how tightly an operand has to bind after one, and before one; next to anything else, as an ATOM
_AFTER = {"+": SUM, "-": PRODUCT, r"\cdot": PRODUCT} | dict.fromkeys(
    _OPENING | _SEPARATORS | _SCRIPTS, RELATION
)
_BEFORE = {"+": SUM, "-": SUM, r"\cdot": PRODUCT} | dict.fromkeys(_CLOSING | _SEPARATORS, RELATION)


@cache
def _read(template: str) -> tuple[list[Any], int]:
    """The pieces of a template, and how tightly the outermost operation in it binds.

    A piece is text, or an operand: its index, how tightly it has to bind there, whether it follows
    an operator, and whether it is or has a script.
    """
    template = re.sub(r"\{(#\d+)\}(?=[\^_])", r"\1", " ".join(template.split()))
    template = re.sub(r"(\\[a-zA-Z]+)(?=#)", r"\1 ", template)  # or x would become a part of it
    tokens = re.findall(r"#\d+|\\[a-zA-Z]+|\\?.", template)
    pieces: list[Any] = []
    depth, level = 0, ATOM
    for i, token in enumerate(tokens):
        depth += (token in _OPENING) - (token in _CLOSING)
        binds = _OPERATORS.get(token, ATOM)
        if re.fullmatch(r"#\d+", token):
            left = next((t for t in reversed(tokens[:i]) if t != " "), "")
            right = next((t for t in tokens[i + 1 :] if t != " "), "")
            needed = max(_AFTER.get(left, ATOM), _BEFORE.get(right, ATOM))
            after_operator = _AFTER.get(left, RELATION) > RELATION
            braced = bool({left, right} & _SCRIPTS)
            pieces.append((int(token[1:]) - 1, needed, after_operator, braced))
            binds = PRODUCT if needed == ATOM else ATOM  # a factor, or a base
        else:
            pieces.append(token)
        if token == "-" and i == 0:  # a sign
            binds = PRODUCT
        if depth == 0:
            level = min(level, binds)
    return pieces, level
