"""The nodes of a canonical scalar graph: numbered, equal ones merged.

A node is a leaf, a sum of products, a logsumexp, or one of the elementwise operations of the rule
table. The sums that are not nodes yet are Forms.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Hashable, Iterable, Sequence
from itertools import compress
from typing import Any, NamedTuple

from ..primitives import divide, fsum, logsumexp, power
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
    """A sum that is not a node yet, so that another sum can take up its terms.

    Of a = w * x + 1 and b = a + v there are Form(1.0, [(1.0, w, x)]), and then Form(1.0, [(1.0, w,
    x), (1.0, v, NONE)]), where w, x and v are numbers of nodes. If nobody else reads a, the only
    node is that of b. The constant and the terms of a Form never change.

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


class Nodes:
    """Scalar nodes, numbered; operands have smaller numbers than what is made of them.

    Attributes:
        ops: for each node INPUT, PARAMETER, fsum for a Sum, or the primitive that made it.
        args: for each node (name, position) of an input, (place in the list of all,) of a
            parameter, a Sum, or a tuple of operands: the int number of a node, a float constant.
        classes: for each node a number, that of its structural class: how it was made, where
            positions and lengths do not count. Nodes of one class become the elements of one array.
        depths: the longest way down to a leaf; nodes of one class have the same.
        batched: whether it depends on an input, and so differs between the examples.
        labels: of nodes that the scalar code gave one.
        reciprocals: the nodes that are 1 / x.
        parameter_nodes: by the place of the parameter.
    """

    def __init__(self, parameters: Sequence[Value] | None) -> None:
        self.ops: list[Any] = []
        self.args: list[Any] = []
        self.classes: list[int] = []
        self.depths: list[int] = []
        self.batched: list[bool] = []
        self.labels: dict[int, str] = {}
        self.reciprocals: set[int] = set()
        self.parameter_nodes: dict[int, int] = {}
        self.parameters: list[Value] = [] if parameters is None else list(parameters)
        self.takes_every_leaf = parameters is None
        self.made_inside: Container[int] = ()  # ids of Values that are constants
        self._place = {p: i for i, p in enumerate(self.parameters)}
        self._numbers: dict[Any, int] = {}
        self._classes: dict[Any, int] = {}

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
        number = self._numbers.setdefault(key, len(self.ops))
        if number < len(self.ops):
            return number
        self.ops.append(op)
        self.args.append(args)
        structure, operands = self._structure(op, args)
        self.classes.append(self._classes.setdefault(structure, len(self._classes)))
        depth, is_batched = 0, op is INPUT
        if operands:
            depth = 1 + max(map(self.depths.__getitem__, operands))
            is_batched = any(map(self.batched.__getitem__, operands))
        self.depths.append(depth)
        self.batched.append(is_batched)
        if op is PARAMETER:
            self.parameter_nodes[args[0]] = number
        elif op is divide and args[0].__class__ is float and args[0] == 1:
            self.reciprocals.add(number)
        return number

    def find(self, op: Any, args: Any) -> int:
        """The number of this node; NONE if there is none."""
        return self._numbers.get(_key(op, args), NONE)

    def _structure(self, op: Any, args: Any) -> tuple[Any, Collection[int]]:
        """What nodes of one class have in common, and the nodes that this one is made of.

        That of 2 * w[0] * x[1] + b[0] and of w[4] * x[0] + b[7] is the same: a sum whose factors
        are pairs of a parameter and an element of x, and single parameters.
        """
        classes = self.classes
        if op is INPUT:
            return (op, args[0]), ()
        if op in (PARAMETER, CONSTANT):
            return op, ()
        if op is fsum:
            lefts, rights, alone = args.lefts, args.rights, []
            if NONE in rights:
                is_pair = [b != NONE for b in rights]
                alone = [a for a, b in zip(lefts, is_pair) if not b]
                lefts, rights = compress(lefts, is_pair), compress(rights, is_pair)
            lefts, rights, of = [*lefts], [*rights], classes.__getitem__
            factors = {*zip(map(of, lefts), map(of, rights)), *((classes[a], NONE) for a in alone)}
            return (op, frozenset(factors)), lefts + rights + alone
        nodes = [x for x in args if x.__class__ is int]
        if op is logsumexp:
            return (op, frozenset(classes[x] for x in nodes)), nodes
        number = "number"
        if op is power:  # x**2 and x**3 are written apart
            number = f"number {args[1]}"
        return (op, *[classes[x] if x.__class__ is int else number for x in args]), nodes

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
        if _has_like_terms(lefts, rights):
            if not all(is_moderate(c) for c, _, _ in terms):
                apart = [(1.0, self.made(Form(0.0, [term])), NONE) for term in terms]
                return self.made(Form(form.constant, apart, form.is_written))
            merged: dict[tuple[int, int], Term] = {}
            for c, a, b in terms:
                pair = (a, b) if a < b else (b, a)
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
            if i in found and self.ops[i] is not PARAMETER:
                found |= operands(self.ops[i], self.args[i])
        return sorted(found)


def operands(op: Any, args: Any) -> set[int]:
    """The nodes that a node is made of."""
    if op is fsum:
        found = {*args.lefts, *args.rights}
        found.discard(NONE)
        return found
    return set() if op in LEAVES else {x for x in args if x.__class__ is int}


def _key(op: Any, args: Any) -> Hashable:
    """Equal for equal nodes: the number of a node is not a constant, and 0.0 is not -0.0."""
    if args.__class__ is tuple and float in map(type, args):
        return (op, *[x.hex() if x.__class__ is float else x for x in args])
    return op, args


def _has_like_terms(lefts: Sequence[int], rights: Sequence[int]) -> bool:
    """Whether two products are of the same factors, in either order."""
    left, count = set(lefts), len(lefts)
    if left.isdisjoint(rights) and (len(left) == count or len(set(rights)) == count):
        return False  # most sums, found quickly
    return len({(a, b) if a < b else (b, a) for a, b in zip(lefts, rights)}) < count


def added(x: Any, y: Any) -> Any:
    """x + y."""
    if x.__class__ is Form and len(x.terms) > 1:
        if y.__class__ is Form:
            return x.plus(y.constant, y.terms)
        return x.plus(0.0, [(1.0, y, NONE)]) if y.__class__ is int else x.plus(y, ())
    return total((x, y))


def total(parts: Iterable[Any]) -> Any:
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


def is_moderate(c: float) -> bool:
    """Whether products with a few other such numbers are far from overflow and underflow."""
    return 1 / MOST <= abs(c) <= MOST or c == 0
