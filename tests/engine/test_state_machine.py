"""The engine in any order of use, against a naive one kept beside it and compared at every step.

The naive engine is what a textbook says and nothing else: a gradient is the sum over all paths of
the products of partials, which are kept from when the nodes were made. It knows no topological
order and shares no work.
"""

import copy
import itertools
import math
import operator
import pickle
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from autograd_mini import (
    StaleGraphError,
    Value,
    dot,
    fsum,
    gradients,
    maximum,
    rerun,
    tanh,
    topological_order,
    where,
)

numbers = st.integers(-8, 8).map(lambda n: n / 4)


@dataclass(eq=False)
class Naive:
    """A node of the naive engine: what the Value beside it should show."""

    value: Value
    data: float
    make: object = None  # how to compute it from its parents' data
    slopes: object = None  # their partials, a function of the same
    parents: tuple = ()
    grad: float = 0.0
    number: int = field(default_factory=itertools.count().__next__)  # parents before children

    def __post_init__(self):
        self.partials = self.slopes(*(x.data for x in self.parents)) if self.parents else ()

    def derivative(self, other):
        """The sum over all paths to `other`, of the products of the partials."""
        if other is self:
            return 1.0
        return math.fsum(
            d * x.derivative(other) for d, x in zip(self.partials, self.parents, strict=True)
        )

    def ancestors(self):
        """Every node it was made from, itself too, each once."""
        found = {self: None}
        for x in self.parents:
            found.update(x.ancestors())
        return found

    def in_order(self):
        return sorted(self.ancestors(), key=lambda x: x.number)

    def paths(self):
        return 1 + sum(x.paths() for x in self.parents)


UNARY = {
    "neg": (operator.neg, lambda x: -x, lambda x: (-1.0,)),
    "tanh": (tanh, math.tanh, lambda x: (1 - math.tanh(x) ** 2,)),
    "square": (lambda v: v**2, lambda x: x**2, lambda x: (2 * x,)),
    "relu": (lambda v: v.relu(), lambda x: max(x, 0.0), lambda x: (float(x > 0),)),
    "twice": (lambda v: v + 1.5, lambda x: x + 1.5, lambda x: (1.0,)),
    "rsub": (lambda v: 2 - v, lambda x: 2 - x, lambda x: (-1.0,)),
}
BINARY = {
    "add": (operator.add, operator.add, lambda x, y: (1.0, 1.0)),
    "sub": (operator.sub, operator.sub, lambda x, y: (1.0, -1.0)),
    "mul": (operator.mul, operator.mul, lambda x, y: (y, x)),
    "max": (maximum, max, lambda x, y: tie(x, y)),
    "where": (lambda v, w: where(False, v, w), lambda x, y: y, lambda x, y: (0.0, 1.0)),
}


def tie(x, y):
    first = 0.5 if x == y else float(x > y)
    return first, 1 - first


class Engine(RuleBasedStateMachine):
    """Its bundle holds the naive nodes, each with the Value that it says all about."""

    nodes = Bundle("nodes")

    def __init__(self):
        super().__init__()
        self.known = []

    def add(self, value, data, *how, parents=()):
        node = Naive(value, data, *how, parents)
        if abs(data) > 1e3 or node.paths() > 300:  # too large to walk path by path
            node = Naive(node.value.detach(), data)
        self.known.append(node)
        return node

    # -- building -------------------------------------------------------------------------------

    @rule(target=nodes, x=numbers)
    def leaf(self, x):
        return self.add(Value(x), x)

    @rule(target=nodes, name=st.sampled_from(sorted(UNARY)), x=nodes)
    def unary(self, name, x):
        f, make, slopes = UNARY[name]
        return self.built(f, make, slopes, x)

    @rule(target=nodes, name=st.sampled_from(sorted(BINARY)), x=nodes, y=nodes)
    def binary(self, name, x, y):
        f, make, slopes = BINARY[name]
        return self.built(f, make, slopes, x, y)

    @rule(target=nodes, xs=st.lists(nodes, min_size=1, max_size=4))
    def total(self, xs):
        def slopes(*numbers):
            return (1.0,) * len(numbers)

        return self.built(lambda *vs: fsum(vs), lambda *ns: math.fsum(ns), slopes, *xs)

    @rule(target=nodes, w=nodes, x=nodes, y=nodes)
    def dot_product(self, w, x, y):
        return self.built(
            lambda w, y, x, bias: dot([w, y], [x, 0.5], bias),
            lambda w, y, x, bias: math.fsum([w * x, y * 0.5, bias]),
            lambda w, y, x, bias: (x, 0.5, w, 1.0),
            *(w, y, x, w),
        )

    @rule(target=nodes, x=nodes, y=nodes)
    def in_place(self, x, y):
        value = x.value
        value += y.value
        assert value is not x.value
        return self.add(
            value, x.data + y.data, operator.add, lambda a, b: (1.0, 1.0), parents=(x, y)
        )

    def built(self, f, make, slopes, *parents):
        value = f(*(x.value for x in parents))
        return self.add(
            value, make(*(x.data for x in parents)), make, slopes, parents=tuple(parents)
        )

    @rule(target=nodes, x=nodes)
    def detach(self, x):
        return self.add(x.value.detach(), x.data)

    # -- differentiating ------------------------------------------------------------------------

    @rule(root=nodes, seed=numbers | st.integers(-3, 3))
    def backward(self, root, seed):
        root.value.backward(seed)
        for x in root.ancestors():
            g = seed * root.derivative(x)
            x.grad = g if x.parents else x.grad + g

    @rule(root=nodes, wrt=st.lists(nodes, max_size=4))
    def gradients(self, root, wrt):
        found = gradients(root.value, [x.value for x in wrt])
        for g, x in zip(found, wrt, strict=True):
            assert near(g, root.derivative(x))

    @rule(root=nodes, wrt=st.lists(nodes, min_size=1, max_size=3))
    def gradients_as_values(self, root, wrt):
        try:
            found = gradients(root.value, [x.value for x in wrt], create_graph=True)
        except StaleGraphError:
            assert any(map(is_stale, root.ancestors()))
        else:
            for g, x in zip(found, wrt, strict=True):
                assert near(g.data, root.derivative(x))

    @rule(x=nodes)
    def zero_grad(self, x):
        x.value.zero_grad()
        x.grad = 0.0

    # -- changing, running again, copying, forgetting -------------------------------------------

    @rule(x=nodes, data=numbers)
    def change(self, x, data):
        if not x.parents:
            x.value.data = x.data = data

    @rule(target=nodes, root=nodes)
    def rerun(self, root):
        fresh = rerun(root.value)
        twins = {}
        for x in root.in_order():
            parents = tuple(twins[p] for p in x.parents)
            if parents:
                twins[x] = Naive(None, x.make(*data_of(parents)), x.make, x.slopes, parents)
            else:
                twins[x] = x
        return self.adopt(root, fresh, twins)

    @rule(target=nodes, root=nodes, by_pickle=st.booleans())
    def copy(self, root, by_pickle):
        leaves = [x for x in root.ancestors() if not x.parents]
        both = (root.value, [x.value for x in leaves])
        made, made_leaves = pickle.loads(pickle.dumps(both)) if by_pickle else copy.deepcopy(both)
        twins = {}
        for x in root.in_order():
            twins[x] = replaced = copy.copy(x)
            replaced.parents = tuple(twins[p] for p in x.parents)
        for x, value in zip(leaves, made_leaves, strict=True):
            twins[x].value = value
        return self.adopt(root, made, twins)

    def adopt(self, root, made, twins):
        """Give the naive twins of a graph its Values, which are in the same order."""
        old, new = topological_order(root.value), topological_order(made)
        value_of = dict(zip(old, new, strict=True))
        for x, twin in twins.items():
            if twin is not x:
                twin.value = value_of[x.value]
                self.known.append(twin)
        return twins[root]

    @rule(x=consumes(nodes))
    def delete(self, x):
        """The nodes it was made from, and those made from it, live on."""
        if x in self.known and not any(x in other.parents for other in self.known):
            self.known.remove(x)

    # -- what holds at all times ----------------------------------------------------------------

    @invariant()
    def every_node_is_as_the_naive_engine_says(self):
        for x in self.known:
            assert x.value.data == x.data or near(x.value.data, x.data)
            assert near(x.value.grad, x.grad), (x.value, x.grad)
            assert x.value.is_leaf == (not x.parents)
            assert x.value.parents == tuple(p.value for p in x.parents)
            assert all(map(near, x.value.partials, x.partials))


def data_of(nodes):
    return [x.data for x in nodes]


def is_stale(x):
    """Whether the node, or a partial of it, would come out otherwise from what its parents hold."""
    if not x.parents:
        return False
    return x.make(*data_of(x.parents)) != x.data or x.slopes(*data_of(x.parents)) != x.partials


def near(a, b):
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-7)


class TestEngine(Engine.TestCase):
    settings = settings(stateful_step_count=40)


def test_the_naive_engine_is_right_where_the_order_matters():
    a = Naive(Value(1.0), 1.0)
    b = Naive(a.value + a.value, 2.0, operator.add, lambda x, y: (1.0, 1.0), (a, a))
    c = Naive(b.value + b.value, 4.0, operator.add, lambda x, y: (1.0, 1.0), (b, b))
    assert c.derivative(a) == 4.0
    assert c.derivative(b) == 2.0
    assert c.paths() == 7
    with pytest.raises(TypeError):
        c.value.backward("1")
