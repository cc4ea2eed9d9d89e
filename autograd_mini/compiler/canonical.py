"""The canonical form of a scalar graph: few kinds of nodes, equal ones merged.

All that is made of + - * and constants becomes a sum of products,

    constant + c1 * l1 * r1 + c2 * l2 * r2 + ..

however it was written: a loop, sum(), fsum(), dot(), in any order of brackets. A sum that is used
once is taken up into the sum that uses it. What remains is a sum, a logsumexp, or one of the
elementwise operations of the rule table. Constants fold; parameters do not.
"""

from __future__ import annotations

import math
from collections.abc import Container, Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from ..primitives import (
    BRANCHES,
    absolute,
    add,
    divide,
    dot,
    exp,
    fsum,
    log,
    log1p,
    logsumexp,
    multiply,
    negate,
    power,
    sigmoid,
    softplus,
    subtract,
)
from ..value import Value

LEAVES = INPUT, PARAMETER, CONSTANT = "input", "parameter", "constant"
NONE = -1  # the right factor of a term that has one factor
MOST = 2.0**30  # what is larger, or smaller than its inverse, is not multiplied into other numbers
Term = tuple[float, int, int]


class Sum(NamedTuple):
    """constant + the sum of coefficient * left * right; right is NONE where there is one factor."""

    constant: float
    coefficients: tuple[float, ...]
    lefts: tuple[int, ...]
    rights: tuple[int, ...]


class Form:
    """A sum that no node has been made of yet, so that another one can take it up. Its constant and
    its terms never change.

    Attributes:
        constant: what is added to the terms.
        is_written: whether somebody wrote it as a sum, if only of one term: beside longer sums, or
            others with a constant, it is one of them.
        label: the name that the scalar code gave it.
    """

    __slots__ = ("_count", "_terms", "constant", "is_written", "label")

    def __init__(self, constant: float, terms: list[Term], is_written: bool = False) -> None:
        self.constant, self._terms, self.is_written = constant, terms, is_written
        self._count = len(terms)  # the list may go on, with the terms of longer sums
        self.label = ""

    @property
    def terms(self) -> list[Term]:
        """The (coefficient, left, right) triples."""
        if len(self._terms) > self._count:
            self._terms = self._terms[: self._count]
        return self._terms

    def plus(self, constant: float, terms: Sequence[Term]) -> Form:
        """The sum with more terms. It shares the list, unless another sum has gone on with it, so
        that a loop of total = total + x takes linear time."""
        shared = self.terms
        shared += terms
        return Form(self.constant + constant, shared, self.is_written)

    @property
    def is_signed_node(self) -> bool:
        """Whether it is a node or its negative."""
        [(c, _, right), *more] = self.terms
        one = not more and not self.constant and not self.is_written
        return one and right == NONE and abs(c) == 1


class Graph:
    """Scalar nodes, numbered; operands have smaller numbers than what is made of them.

    Attributes:
        ops: for each node INPUT, PARAMETER, fsum for a Sum, or the primitive that made it.
        args: for each node (name, place) of an input, (place,) of a parameter, a Sum, or a tuple of
            operands: an int is the number of a node, a float a constant.
        kinds: for each node a number for how it was made, in which places and lengths do not count:
            nodes of one kind become the lanes of one array.
        depths: the longest way down to a leaf; nodes of one kind have the same.
        batched: whether it depends on an input, and so differs between the examples.
        labels: of nodes that the scalar code gave one.
    """

    def __init__(self, parameters: Sequence[Value] | None) -> None:
        self.ops: list[Any] = []
        self.args: list[Any] = []
        self.kinds: list[int] = []
        self.depths: list[int] = []
        self.batched: list[bool] = []
        self.labels: dict[int, str] = {}
        self.parameters: list[Value] = [] if parameters is None else list(parameters)
        self.takes_every_leaf = parameters is None
        self.made_inside: Container[int] = ()  # ids of Values that are constants
        self._place = {p: i for i, p in enumerate(self.parameters)}
        self._numbers: dict[Any, int] = {}
        self._kinds: dict[Any, int] = {}

    def key(self, roots: Iterable[Any]) -> Hashable:
        """What the graph is made of: equal keys, equal programs."""
        parts = [
            (x.constant, tuple(x.terms)) if x.__class__ is Form else (x.__class__, x) for x in roots
        ]
        labels = tuple(self.labels.items())
        return tuple(self._numbers), len(self.parameters), tuple(parts), labels

    # -- making nodes ---------------------------------------------------------------------------

    def node(self, op: Any, args: Any) -> int:
        """The number of this node, which is made unless there is one like it."""
        key = _key(op, args)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.ops)
            self.ops.append(op)
            self.args.append(args)
            kind, operands = self._kind(op, args)
            self.kinds.append(self._kinds.setdefault(kind, len(self._kinds)))
            self.depths.append(1 + max((self.depths[x] for x in operands), default=-1))
            self.batched.append(op is INPUT or any(self.batched[x] for x in operands))
        return number

    def find(self, op: Any, args: Any) -> int:
        """The number of this node; NONE if there is none."""
        return self._numbers.get(_key(op, args), NONE)

    def _kind(self, op: Any, args: Any) -> tuple[Any, Iterable[int]]:
        kinds = self.kinds
        if op is INPUT:
            return (op, args[0]), ()
        if op in (PARAMETER, CONSTANT):
            return op, ()
        if op is fsum:
            pairs = set(zip(args.lefts, args.rights))
            factors = {(kinds[a], NONE if b == NONE else kinds[b]) for a, b in pairs}
            return (op, frozenset(factors)), operands(op, args)
        nodes = [x for x in args if x.__class__ is int]
        if op is logsumexp:
            return (op, frozenset(kinds[x] for x in nodes)), nodes
        number = "number"
        if op is power:  # x**2 and x**3 are written apart
            number = f"number {args[1]}"
        return (op, *[kinds[x] if x.__class__ is int else number for x in args]), nodes

    def made(self, form: Any) -> Any:
        """The node of a form, or its number if it is a constant."""
        if form.__class__ is not Form:
            return form
        terms = form.terms
        if not terms:
            return form.constant
        if terms[0][0] == 1 and form.is_signed_node:
            return terms[0][1]
        coefficients, lefts, rights = zip(*terms)
        pairs = [(a, b) if a < b else (b, a) for a, b in zip(lefts, rights)]
        if len(set(pairs)) < len(terms):  # like terms
            if not all(is_moderate(c) for c, _, _ in terms):
                apart = [(1.0, self.made(Form(0.0, [term])), NONE) for term in terms]
                return self.made(Form(form.constant, apart, form.is_written))
            merged: dict[tuple[int, int], Term] = {}
            for pair, (c, a, b) in zip(pairs, terms):
                merged[pair] = (c + merged[pair][0] if pair in merged else c, a, b)
            form = Form(form.constant, list(merged.values()), form.is_written)
            return self.made(form)
        node = self.node(fsum, Sum(form.constant, coefficients, lefts, rights))
        if form.label:
            self.labels[node] = form.label
        return node

    def as_node(self, form: Any) -> int:
        """The node of a form, that of a constant too."""
        made = self.made(form)
        return made if made.__class__ is int else self.node(CONSTANT, (made,))

    def needed(self, roots: Iterable[int]) -> list[int]:
        """The nodes that the roots depend on, operands first."""
        found = set(roots)
        for i in range(max(found, default=-1), -1, -1):
            if i in found:
                found |= operands(self.ops[i], self.args[i])
        return sorted(found)

    # -- taking a graph in ----------------------------------------------------------------------

    def enter(self, order: Sequence[Any], roots: Sequence[Any]) -> list[Any]:
        """The forms of the roots of a scalar graph whose nodes are given in topological order."""
        uses: dict[int, int] = dict.fromkeys(map(id, roots), 1)
        needed: list[Any] = []
        for node in reversed(order):
            if id(node) in uses:
                needed.append(node)
                if not node.is_leaf:
                    for x in node.operands:
                        if isinstance(x, Value):
                            uses[id(x)] = uses.get(id(x), 0) + 1
        forms: dict[int, Any] = {}
        form_of = forms.get
        for node in reversed(needed):
            if node.is_leaf:
                form = forms[id(node)] = self._leaf(node)
                if node.label and form.__class__ is int:
                    self.labels[form] = node.label
                continue
            operands = []
            for x in node.operands:
                form = form_of(id(x))
                operands.append(float(x) if form is None else form)
            form = self.form(node.op, operands)
            if node.label and form.__class__ is Form:
                form.label = node.label
            if form.__class__ is Form and uses[id(node)] > 1 and not form.is_signed_node:
                form = self.made(form)
            if node.label and form.__class__ is int:
                self.labels[form] = node.label
            forms[id(node)] = form
        return [forms[id(x)] if isinstance(x, Value) else float(x) for x in roots]

    def _leaf(self, leaf: Any) -> Any:
        if leaf.operands:  # a placeholder: its input's name, and its place
            return self.node(INPUT, leaf.operands)
        place = self._place.get(leaf)
        if place is None:
            if not self.takes_every_leaf or id(leaf) in self.made_inside:
                return float(leaf.data)
            place = self._place[leaf] = len(self.parameters)
            self.parameters.append(leaf)
        return self.node(PARAMETER, (place,))

    def form(self, op: Any, x: list[Any]) -> Any:
        """The operation on forms, constants and nodes."""
        if op is multiply:
            return self._product(x[0], x[1])
        if op is add:
            return self._closed(_added(x[0], x[1]))
        if op is dot:
            n = len(x) // 2
            return self._closed(_total([*map(self._product, x[:n], x[n:-1]), x[-1]]))
        if op is fsum:
            return self._closed(_total([*x, 0.0]))
        if op is subtract:
            return self._closed(_added(x[0], self._scaled(x[1], -1.0)))
        if op is negate:
            return self._scaled(x[0], -1.0)
        if op in BRANCHES:
            return x[BRANCHES.index(op)]
        if all(a.__class__ is float for a in x):
            return float(op.evaluate(x))
        if op is divide:
            return self._quotient(x[0], x[1])
        if op is power and x[1].__class__ is float:
            if x[1] in (0, 1):
                return x[0] if x[1] else 1.0
            if x[1] == 2:
                return self._product(x[0], x[0])
            if x[1] == -1:
                return self._quotient(1.0, x[0])
        if op in (log, log1p):
            found = self._log(x[0], float(op is log1p))
            if found is not None:
                return found
        args = tuple([self.made(a) for a in x])
        if op is log and self.ops[args[0]] is sigmoid:
            opposite = self.made(self._scaled(self.args[args[0]][0], -1.0))
            return self._scaled(self.node(softplus, (opposite,)), -1.0)
        if op is logsumexp:  # a list of nodes
            args = tuple(map(self.as_node, args))
        return self.node(op, args)

    def _closed(self, total: Any) -> Any:
        """A sum; as a node, which no other sum takes up, if its constant is large."""
        is_large = total.__class__ is Form and abs(total.constant) > MOST
        return self.made(total) if is_large else total

    def _scaled(self, x: Any, c: float) -> Any:
        """c * x. It is multiplied out for a sign only, so that sums stay as they were written."""
        if x.__class__ is float:
            return c * x
        if x.__class__ is int:
            return Form(0.0, [(c, x, NONE)])
        one = len(x.terms) == 1 and not x.constant
        if abs(c) == 1 or (one and is_moderate(c) and is_moderate(x.terms[0][0])):
            constant = c * x.constant if x.constant else 0.0  # inf * 0 would be nan
            return Form(constant, [(c * d, a, b) for d, a, b in x.terms])
        return Form(0.0, [(c, self.made(x), NONE)])

    def _product(self, x: Any, y: Any) -> Any:
        if x.__class__ is float:
            return self._scaled(y, x)
        if y.__class__ is float:
            return self._scaled(x, y)
        (c, a) = (1.0, x) if x.__class__ is int else self._factor(x)
        (d, b) = (1.0, y) if y.__class__ is int else self._factor(y)
        for one, other in ((a, b), (b, a)):  # a * (1 / b) is a / b
            if self.ops[other] is divide:
                above, below = self.args[other]
                if above.__class__ is float and above == 1:
                    return self._scaled(self._quotient(one, below), c * d)
        return Form(0.0, [(c * d, a, b)])

    def _factor(self, x: Any) -> tuple[float, int]:
        """x as a moderate coefficient and a node."""
        if x.__class__ is Form and len(x.terms) == 1 and not x.constant:
            c, a, b = x.terms[0]
            if is_moderate(c):
                return c, a if b == NONE else self.made(Form(0.0, [(1.0, a, b)]))
        return 1.0, self.made(x)

    def _quotient(self, x: Any, y: Any) -> Any:
        if y.__class__ is float:
            if is_moderate(y):
                return self._scaled(x, divide.evaluate([1.0, y]))
            return self.node(divide, (self.made(x), y))
        c, below = self._factor(y)
        if not c or (x.__class__ is float and not is_moderate(x)):
            c, below = 1.0, self.made(y)
        d, above = (c, x / c) if x.__class__ is float else self._factor(x)
        quotient = self._stable(above, below)
        if quotient is None:
            quotient = self.node(divide, (above, below))
        return self._scaled(quotient, d / c)

    def _stable(self, above: Any, below: int) -> Any:
        """exp(z1) / (exp(z1) + .. + exp(zn) + c) as exp(z1 - logsumexp(z)), and what is divided by
        1 + exp(z) by a sigmoid, which cannot overflow; None for another quotient.

        A shift of all logits by a constant, which is what people write against overflow, goes.
        """
        logits, constant = self._logits(below)
        if (1.0, above, NONE) in self._terms(below) and logits:
            z = self.args[above][0]
            shifts = {self.args[x].constant if self.ops[x] is fsum else 0.0 for x in logits}
            if not constant and len(shifts) == 1 and shifts != {0.0}:
                sums = [self.args[x] for x in (z, *logits)]
                z, *logits = [self.made(Form(0.0, list(zip(*columns)))) for _, *columns in sums]
            total = self._logsumexp(logits, constant)
            difference = Form(0.0, [(1.0, z, NONE), (-1.0, total, NONE)])
            return self.node(exp, (self.made(difference),))
        if len(logits) != 1 or constant != 1:
            return None
        opposite = self.made(self._scaled(logits[0], -1.0))
        return self._product(above, self.node(sigmoid, (opposite,)))

    def _log(self, x: Any, more: float) -> int | None:
        """log(x + more) of a sum of exponentials by logsumexp and softplus, which cannot overflow;
        None for another logarithm, or if no exponential is larger than 1."""
        logits, constant = self._logits(x, more)
        if not logits or (constant and all(map(self._is_at_most_0, logits))):
            return None
        if constant != 1:
            return self._logsumexp(logits, constant)
        return self.node(softplus, (self._logsumexp(logits, 0.0),))

    def _logsumexp(self, logits: Sequence[int], constant: float) -> int:
        """log(exp(z1) + .. + exp(zn) + constant)."""
        rest = [self.node(CONSTANT, (math.log(constant),))] if constant else []
        terms = (*logits, *rest)
        return self.node(logsumexp, terms) if len(terms) > 1 else terms[0]

    def _logits(self, x: Any, constant: float = 0.0) -> tuple[list[int], float]:
        """z1, .., zn and c, where x + constant is exp(z1) + .. + exp(zn) + c; or none."""
        logits = []
        for c, *factors in self._terms(x):
            powers = [e for e in factors if e != NONE]
            if not powers:
                constant += c
            elif 0 < c < math.inf and all(self.ops[e] is exp for e in powers):
                parts = [self.args[e][0] for e in powers]
                logits.append(self.made(_total([*parts, math.log(c)] if c != 1 else parts)))
            else:
                return [], 0.0
        return (logits, constant) if 0 <= constant < math.inf else ([], 0.0)

    def _terms(self, x: Any, is_inside: bool = False) -> Iterator[Term]:
        """The terms of a sum, of multiples of sums in it too; a constant is a term of no factor."""
        constant, terms = 0.0, iter([(1.0, x, NONE)])
        if x.__class__ is Form:
            constant, terms = x.constant, iter(x.terms)
        elif self.ops[x] is fsum:
            constant, *columns = self.args[x]
            terms = zip(*columns)
        if constant:
            yield constant, NONE, NONE
        for c, a, b in terms:
            if b == NONE and self.ops[a] is fsum and not is_inside:
                yield from ((c * d, e, f) for d, e, f in self._terms(a, True))
            else:
                yield c, a, b

    def _is_at_most_0(self, z: int) -> bool:
        """Whether it is minus squares and absolute values, or a logarithm of a softmax."""
        terms = list(self._terms(z, True))
        match terms:
            case [(1.0, logit, -1), (-1.0, total, -1)]:
                return self.ops[total] is logsumexp and logit in self.args[total]
        sizes = [a == b or (b == NONE and self.ops[a] is absolute) for _, a, b in terms]
        return all(sizes) and all(c <= 0 for c, _, _ in terms)


def operands(op: Any, args: Any) -> set[int]:
    """The nodes that a node is made of."""
    if op is fsum:
        return {*args.lefts, *args.rights} - {NONE}
    return set() if op in LEAVES else {x for x in args if x.__class__ is int}


def _key(op: Any, args: Any) -> Hashable:
    """Equal for equal nodes: the number of a node is not a constant, and 0.0 is not -0.0."""
    if args.__class__ is tuple and float in map(type, args):
        return (op, *[x.hex() if x.__class__ is float else x for x in args])
    return op, args


def _added(x: Any, y: Any) -> Any:
    """x + y."""
    if x.__class__ is Form and len(x.terms) > 1:
        if y.__class__ is Form:
            return x.plus(y.constant, y.terms)
        return x.plus(0.0, [(1.0, y, NONE)]) if y.__class__ is int else x.plus(y, ())
    return _total((x, y))


def is_moderate(c: float) -> bool:
    """Whether products with a few other such numbers are far from overflow and underflow."""
    return 1 / MOST <= abs(c) <= MOST or c == 0


def _total(parts: Iterable[Any]) -> Any:
    """The sum of forms, constants and nodes."""
    constant = 0.0
    terms: list[Term] = []
    is_written = False
    for x in parts:
        kind = x.__class__
        if kind is int:
            terms.append((1.0, x, NONE))
        elif kind is float:
            constant += x
            is_written = True
        else:
            constant += x.constant
            terms += x.terms
    return Form(constant, terms, is_written) if terms else constant
