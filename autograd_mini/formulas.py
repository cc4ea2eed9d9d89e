r"""Formulas: scalars that are LaTeX. Every rule of the table can be run on them.

An expression that is run on Formulas instead of numbers gives the LaTeX of what it computes. The
partials of the table are such expressions, so no derivative is typeset by hand:

    tanh.partial(0, [Formula("x")], Formula("y"))  ->  1 - y^{2}
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from operator import add, mul
from typing import Any, NamedTuple

from . import primitives as rules
from .errors import AutogradError, TraceError
from .graph import check_is_value, node_names, topological_order
from .mathml import ESCAPES, Latex
from .operators import Operators
from .rules import Primitive
from .scalars import ieee_or_exact, plain
from .text import clean, exact, format_number
from .value import Value, plain_numbers

LONGEST = 20_000  # characters of LaTeX, about as much as fits on three pages

# How tightly the outermost operation of a formula binds. An operand that binds less tightly than
# its position requires gets parentheses. A power is a PRODUCT: it can be a factor, but not a base.
RELATION, SUM, PRODUCT, ATOM = range(4)


@dataclass(slots=True, eq=False, repr=False)
class Formula(Operators):
    """A scalar that is a piece of LaTeX.

    If its number is known, comparisons are decided, and where() gives only the chosen branch.

    >>> x, y = Formula("x"), Formula("y")
    >>> print((x + 1) * y / 2)
    \\frac{(x + 1) \\cdot y}{2}
    """

    text: str
    level: int = ATOM  # how tightly its outermost operation binds
    number: Any = None
    cases: Sequence[tuple[str, str]] = ()  # of a where(): (value, condition); the last has none

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Formula:
        """The operation as textbooks write it: x * x as a square, without factors that are 1."""
        if primitive is rules.multiply:
            a, b = operands
            if a is b:
                return applied(rules.power, (a, 2))
            if _is_one(a) or _is_one(b):
                return b if _is_one(a) else a  # type: ignore[no-any-return]
        elif primitive is rules.power and _is_one(operands[1]):
            return operands[0]  # type: ignore[no-any-return]
        return applied(primitive, operands)

    def __lt__(self, other: Any) -> Any:
        return _compared(self, "<", as_formula(other))

    def __gt__(self, other: Any) -> Any:
        return _compared(self, ">", as_formula(other))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Formula({self.text!r})"


def applied(primitive: Primitive, operands: Sequence[Any]) -> Formula:
    """The operation on Formulas and numbers, exactly as given."""
    operands = [as_formula(x) for x in operands]
    if primitive in SPELLED_OUT:
        return as_formula(SPELLED_OUT[primitive](operands))
    every = ", ".join(f"#{i + 1}" for i in range(len(operands)))
    template = primitive.latex or f"{operator_name(primitive.name)}(#*)"
    filled = _filled(template.replace("#*", every), operands)
    numbers = [x.number for x in operands]
    if None not in numbers:
        filled.number = ieee_or_exact(primitive, numbers)
    return filled


def _compared(a: Formula, sign: str, b: Formula) -> Condition:
    holds = None
    if a.number is not None and b.number is not None:
        holds = a.number < b.number if sign == "<" else a.number > b.number
    return Condition(f"{a} {sign} {b}", holds)


class Condition(NamedTuple):
    """A comparison of Formulas, for where()."""

    text: str
    holds: bool | None = None  # None if the numbers are not known

    def __where__(self, a: Any, b: Any) -> Formula:
        """The chosen branch, or both as cases if the choice is not known.

        Nested cases become one list, and neighbours of equal value become one row.
        """
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
            f"a formula without a number cannot decide {self.text}; write where(condition, a, b) "
            "instead of branching in Python"
        )


def _products(operands: Sequence[Any]) -> list[Any]:
    """w1*x1, .., wn*xn and the bias, unless it is the 0 that stands for no bias."""
    n = len(operands) // 2
    products = [*map(mul, operands[:n], operands[n:-1])]
    has_bias = not products or rules.dot.has_bias([x.number for x in operands])
    return [*products, operands[-1]] if has_bias else products


# Operations that are shown by what they compute: lists as sums and products, where() as the branch
# that was chosen.
SPELLED_OUT: dict[Primitive, Callable[[Sequence[Any]], Any]] = {
    rules.fsum: lambda xs: reduce(add, xs) if xs else 0,
    rules.dot: lambda xs: reduce(add, _products(xs)),
    rules.logsumexp: lambda xs: rules.log(reduce(add, map(rules.exp, xs))),
    rules.BRANCHES[0]: lambda branches: branches[0],
    rules.BRANCHES[1]: lambda branches: branches[1],
}


def latex(value: Value, names: Mapping[Value, str] | None = None) -> Latex:
    r"""The formula of how a Value was computed.

    Args:
        value: the Value. Its own label does not appear.
        names: the names of nodes that are not spelled out; by default the labels. All other nodes
            are spelled out down to their leaves, and leaves without a name are numbers.

    Returns:
        LaTeX without dollar signs, a str; a notebook shows it typeset.

    Raises:
        TypeError: `value` is not a Value.
        AutogradError: the formula is longer than 20,000 characters.

    >>> w, x, b = Value(0.5, "w"), Value(2.0, "x_1"), Value(0.1, "b")
    >>> from autograd_mini import tanh
    >>> print(latex(tanh(w * x + b)))
    \tanh(w \cdot x_{1} + b)
    >>> print(latex(2 / (1 + w) ** 2))
    \frac{2}{{(1 + w)}^{2}}
    """
    check_is_value(value, "latex")
    typeset = Names(node_names(value) if names is None else names).latex
    symbols = {x: Formula(text) for x, text in typeset.items() if names is not None or x.label}
    return Latex(spelled_out(value, symbols))


def spelled_out(value: Value, symbols: Mapping[Value, Formula]) -> Formula:
    """How a Value was computed, down to the nodes that have a symbol."""
    needed = {value}
    order = topological_order(value)
    for node in reversed(order):
        if node in needed:
            needed.update(x for x in node.parents if x not in symbols)
    found = dict(symbols)
    for node in (x for x in order if x in needed):
        if not node.is_leaf:
            found[node] = operation_formula(node, found)
        elif node not in found:
            found[node] = as_formula(node.data)
        if len(found[node].text) > LONGEST:
            raise AutogradError(
                f"the formula is longer than {LONGEST:,} characters; label some inner nodes, so "
                "that the formula contains their names, or ask for the formula of one of them"
            )
    return found[value]


def operation_formula(node: Value, symbols: Mapping[Value, Formula]) -> Formula:
    """The operation that made a node, with the symbols of its operands."""
    return applied(node.op, [symbols[x] if isinstance(x, Value) else x for x in node.operands])


def local_derivatives(node: Value, names: Names) -> list[Formula]:
    """The partial along each of `node.parents`, as the rule of its operation gives it.

    >>> x = Value(2.0, "x")
    >>> y = rules.tanh(x)
    >>> local_derivatives(y, Names({x: "x", y: "y"}))
    [Formula('1 - y^{2}')]
    """
    operands = [
        Formula(names.latex[x], number=x.data) if isinstance(x, Value) else number
        for x, number in zip(node.operands, plain_numbers(node.operands))
    ]
    y = Formula(names.latex[node], number=node.data)
    edges = [k for k, x in enumerate(node.operands) if isinstance(x, Value)]
    return [_partial(node.op, k, operands, y, d) for k, d in zip(edges, node.partials)]


def _partial(
    op: Primitive, index: int, operands: Sequence[Any], y: Formula, number: Any
) -> Formula:
    """A partial as its rule gives it; as a number if that is a user's rule for floats only."""
    try:
        return as_formula(op.partial(index, operands, y))
    except TypeError:
        return as_formula(number)


def is_decided(node: Value, names: Names, partials: Sequence[Formula]) -> bool:
    """Whether the partials have another formula where the operands have other numbers.

    >>> x = Value(2.0, "x")
    >>> names = Names({x: "x", (y := rules.tanh(x)): "y", (z := rules.maximum(x, 1.0)): "z"})
    >>> [is_decided(node, names, local_derivatives(node, names)) for node in (y, z)]
    [False, True]
    """
    operands = [Formula(names.latex[x]) if isinstance(x, Value) else x for x in node.operands]
    y = Formula(names.latex[node])
    edges = [k for k, x in enumerate(node.operands) if isinstance(x, Value)]
    try:
        general = [as_formula(node.op.partial(k, operands, y)) for k in edges]
    except TypeError:
        return True
    return any(partial.text != other.text for partial, other in zip(partials, general))


# the places of operands: without brackets, and with brackets if what stands there needs them
PLACE, BRACKETED = 0xE000, 0xE800


def with_places(node: Value) -> str:
    r"""The operation that made a node, with a private character as the place of each operand.

    >>> x = Value(2.0)
    >>> with_places(rules.tanh(x)) == rf"\tanh({chr(PLACE)})"
    True
    """

    def written(level: int) -> str:
        operands = [
            Formula(chr(PLACE + k), level) if isinstance(x, Value) else x
            for k, x in enumerate(node.operands)
        ]
        return applied(node.op, operands).text

    place = r"\(?([\ue000-\ue7ff])\)?"
    always = iter([match[0] for match in re.finditer(place, written(ATOM))])
    return re.sub(
        place,
        lambda x: x[0] if x[0] == next(always) else chr(ord(x[1]) + BRACKETED - PLACE),
        written(RELATION),
    )


# -- names and numbers --------------------------------------------------------------------------


class Names(dict[Value, str]):
    r"""The names of nodes.

    >>> names = Names({Value(1.0): "x_2", Value(1.0): "x2", Value(1.0): "y"})
    >>> list(names.latex.values())
    ['x_{2}', '\\mathrm{x2}', 'y']
    """

    @cached_property
    def latex(self) -> dict[Value, str]:
        """The names in LaTeX; different names look different."""
        typeset: dict[str, str] = {}
        taken: set[str] = set()
        for name in dict.fromkeys(self.values()):
            text, candidate = latex_name(name), name
            while text in taken:
                text, candidate = _upright(candidate), f"{candidate}'"
            typeset[name] = text
            taken.add(text)
        return {node: typeset[name] for node, name in self.items()}


def unused(name: str, taken: Container[str]) -> str:
    """The name, with as many primes as it needs to differ from all names that are taken."""
    while name in taken:
        name += "'"
    return name


def latex_name(name: str) -> str:
    r"""A node's name in LaTeX, escaped.

    >>> print(latex_name("w"), latex_name("w12"), latex_name("w_1"), latex_name("loss"))
    w w_{12} w_{1} \mathrm{loss}
    >>> print(latex_name("w1.4.3"), latex_name("h1.2@5"))  # of layer 1; in example 5
    w^{(1)}_{4,3} h^{(1)}_{2@5}
    """
    match = re.fullmatch(r"([^\W\d_])(?:_?(\d+)((?:\.\d+)*))?(?:\[([\d,]+)\])?(@\d+)?", name)
    if match is None:
        return _upright(name)
    letter, number, indices, places, example = match.groups("")
    places = ",".join(filter(None, [*indices.split("."), places]))
    above, below = (f"^{{({number})}}" * bool(number), places) if places else ("", number)
    below += example
    return letter + above + f"_{{{below}}}" * bool(below)


def _upright(name: str) -> str:
    return rf"\mathrm{{{_escaped(name)}}}"


def operator_name(name: str) -> str:
    """The name of a function in LaTeX."""
    return rf"\operatorname{{{_escaped(name)}}}"


def _escaped(name: str) -> str:
    return "".join(ESCAPES.get(c, c) for c in clean(name))


def _in_latex(number: str) -> str:
    if "n" in number:  # nan and inf
        return number.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
    if "/" in number:
        return re.sub(r"(\d+)/(\d+)", r"\\frac{\1}{\2}", number)
    mantissa, e, exponent = number.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if e else number


# the irrational numbers of the rule table
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
    """A Formula unchanged; a plain number as a Formula, such as 1/sqrt(2) for 0.7071...

    Raises:
        TypeError: x is neither of them, such as a Value.
    """
    if isinstance(x, Formula):
        return x
    constant = _CONSTANTS.get(x) if x.__class__ is float else None
    return _number(constant, x) if constant else numeral(x)


def numeral(x: Any) -> Formula:
    r"""A plain number as a Formula, with all its digits.

    >>> numeral(-2.0), numeral(1e-20)
    (Formula('-2.0'), Formula('1 \\times 10^{-20}'))
    """
    return _number(_in_latex(exact(plain(x))), x)


def rounded(x: Any) -> Formula:
    """A plain number as a Formula, with about four digits."""
    return _number(_in_latex(format_number(x)), x)


def _number(text: str, x: Any) -> Formula:
    return Formula(text, PRODUCT if text.startswith("-") or "\\" in text else ATOM, x)


def _is_one(x: Any) -> bool:
    return not isinstance(x, Formula) and bool(x == 1)


# -- templates: the rows' own LaTeX, with #1 .. #n for the operands ------------------------------


def _filled(template: str, operands: Sequence[Formula]) -> Formula:
    pieces, level = _read(template)
    text = "".join(
        piece if isinstance(piece, str) else _placed(operands[piece[0]], *piece[1:])
        for piece in pieces
    )
    return Formula(text, level)


def _placed(x: Formula, needed: int, after_operator: bool, braced: bool) -> str:
    """An operand in its position.

    It gets parentheses if it binds too loosely or if its minus sign would follow an operator, and
    braces if it has a sub- or superscript or is one.
    """
    bare = x.level >= needed and not (after_operator and x.text.startswith("-"))
    text = x.text if bare else f"({x.text})"
    return f"{{{text}}}" if braced and len(text) > 1 else text


_OPENING = {*"([{", r"\lvert"}
_CLOSING = {*")]}", r"\rvert"}
_SEPARATORS = {"", *",;<>="}
# how tightly operators bind; a space is an operator between two factors
_OPERATORS = (
    dict.fromkeys("<>=", RELATION)
    | dict.fromkeys("+-", SUM)
    | dict.fromkeys(["/", "^", " ", r"\cdot", r"\frac"], PRODUCT)
)
_SCRIPTS = {"^", "_"}
# how tightly an operand has to bind after and before each of these; as an ATOM next to all others
_AFTER = {"+": SUM, "-": PRODUCT, r"\cdot": PRODUCT} | dict.fromkeys(
    _OPENING | _SEPARATORS | _SCRIPTS, RELATION
)
_BEFORE = {"+": SUM, "-": SUM, r"\cdot": PRODUCT} | dict.fromkeys(_CLOSING | _SEPARATORS, RELATION)


@cache
def _read(template: str) -> tuple[list[Any], int]:
    """The pieces of a template, and how tightly its outermost operation binds.

    A piece is text or an operand. An operand is a tuple: its index, how tightly it has to bind
    there, whether it follows an operator, and whether it has a sub- or superscript or is one.
    """
    template = re.sub(r"\{(#\d+)\}(?=[\^_])", r"\1", " ".join(template.split()))
    template = re.sub(r"(\\[a-zA-Z]+)(?=#)", r"\1 ", template)  # so that x does not extend it
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
