"""The canonical form: equal programs give equal graphs, however they are written."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, cos, dot, exp, fsum, log, logsumexp, maximum, sin, where
from autograd_mini.compiler.canonical import Graph
from autograd_mini.compiler.nodes import CONSTANT, INPUT, NONE, PARAMETER, Form, Sum
from autograd_mini.compiler.trace import Trace, placeholders
from autograd_mini.compiler.two_traces import in_order
from autograd_mini.graph import topological_order
from autograd_mini.primitives import add, divide, power, subtract


def entered(f, count=4, leaves=None):
    """The graph of f on `count` placeholders, and the node of its result."""
    trace = Trace([])
    result = f(*placeholders("x", (count,), trace))
    graph = Graph(leaves)
    order = in_order(trace)
    if not hasattr(result, "trace"):
        order += topological_order(result)
    [form] = graph.enter(order, [result])
    return graph, graph.made(form)


def shown(graph, node):
    """What a node is made of, terms sorted, without numbers of nodes: equal for equal programs."""
    if node.__class__ is float:
        return node
    op, args = graph.ops[node], graph.args[node]
    if isinstance(args, Sum):
        factors = [
            (c, *sorted([shown(graph, a), "" if b == NONE else shown(graph, b)], key=repr))
            for c, a, b in zip(*args[1:])
        ]
        return ("sum", args.constant, *sorted(factors, key=repr))
    if op in (INPUT, PARAMETER, CONSTANT):
        return (op, *args)
    inner = [shown(graph, x) if x.__class__ is int else x for x in args]
    return (op.name, *(sorted(inner, key=repr) if op is logsumexp else inner))


def same(*functions, leaves=None):
    forms = [shown(*entered(f, leaves=leaves)) for f in functions]
    return all(form == forms[0] for form in forms)


# -- sums -----------------------------------------------------------------------------------------


def bracketed(terms, rng):
    """Their sum, added up in some order by some of the ways there are."""
    terms = list(terms)
    rng.shuffle(terms)
    while len(terms) > 1:
        how, n = rng.randrange(5), rng.randrange(2, 5)
        part, terms = terms[:n], terms[n:]
        if how == 0:
            total = fsum(part)
        elif how == 1:
            total = sum(part)
        elif how == 2:
            total = part[0]
            for x in part[1:]:
                total = x + total
        elif how == 3:
            total = part[0]
            for x in part[1:]:
                total = total - -x
        else:
            total = dot(part, [1.0] * len(part))
        terms.insert(rng.randrange(len(terms) + 1), total)
    return terms[0]


@given(st.lists(st.tuples(*[st.integers(0, 5)] * 2, st.sampled_from([1.0, -1.0, 2.0, 0.5, 0.0])),
                min_size=1, max_size=9), st.integers(0, 10**6), st.integers(0, 10**6))  # fmt: skip
def test_sums_of_products_in_any_order_of_brackets(terms, one, other):
    """Each term c * u * v of inputs and parameters, or c * u alone for v = u; like ones merge."""
    w = [Value(2.0), Value(3.0)]

    def program(seed):
        rng = random.Random(seed)

        def f(*x):
            scalars = [*x, *w]
            parts = []
            for i, j, c in terms:
                u, v = scalars[i], scalars[j]
                if rng.random() < 0.5:
                    u, v = v, u
                parts.append(c * u if i == j else rng.choice([c * u * v, u * (c * v), (u * v) * c]))
            return bracketed(parts, rng) + 1.0

        return f

    assert same(program(one), program(other), leaves=w)


def test_ways_to_write_the_same():
    assert same(
        lambda a, b, c, d: a * b + c * d + 2,
        lambda a, b, c, d: 2 + d * c + b * a,
        lambda a, b, c, d: dot([a, c], [b, d], 2.0),
        lambda a, b, c, d: fsum([1.0, a * b, 1.0, c * d]),
        lambda a, b, c, d: (a * b - (-(c * d))) + 2,
        lambda a, b, c, d: -(-(a * b) - c * d - 2),
        lambda a, b, c, d: a * b + (c * d + 2) * 1,
        lambda a, b, c, d: 2 - (0 - a * b) - (0 - d * c),
    )
    assert same(
        lambda a, b, c, d: a / b, lambda a, b, c, d: a * b**-1, lambda a, b, c, d: a * (1 / b)
    )
    assert same(lambda a, b, *_: (3 * a) / (2 * b), lambda a, b, *_: 1.5 * (a / b))
    assert same(lambda a, b, *_: 2 / (4 * b), lambda a, b, *_: 0.5 / b)
    assert same(lambda a, b, *_: a**1 + b**0, lambda a, b, *_: a + 1.0)
    assert same(lambda a, *_: a * a, lambda a, *_: a**2, lambda a, *_: a**2.0 * 1)
    assert same(lambda a, *_: a + a, lambda a, *_: 2 * a, lambda a, *_: 3 * a - a)
    assert same(lambda a, *_: a / 4, lambda a, *_: 0.25 * a, lambda a, *_: a * 0.5 * 0.5)
    assert same(lambda a, *_: log(exp(a)), lambda a, *_: -1 * -a, lambda a, *_: a)
    assert same(lambda a, b, *_: a * -b, lambda a, b, *_: -(a * b), lambda a, b, *_: -a * b)
    assert same(lambda a, b, *_: where(1 > 0, a, b), lambda a, b, *_: a)


def test_what_is_not_the_same():
    for one, other in [
        (lambda a, b, *_: a - b, lambda a, b, *_: b - a),
        (lambda a, b, *_: a / b, lambda a, b, *_: b / a),
        (lambda a, b, *_: maximum(a, b), lambda a, b, *_: maximum(a, 1.0)),
        (lambda a, b, *_: maximum(a, 0.0), lambda a, b, *_: maximum(a, 1.0)),
        (lambda a, b, *_: where(a < b, a, b), lambda a, b, *_: where(a <= b, a, b)),
        (lambda a, b, *_: a * b + a, lambda a, b, *_: a * b + b),
        (lambda a, b, *_: -(a + b) * a, lambda a, b, *_: -a + b * a),
        (lambda a, b, *_: a**3, lambda a, b, *_: a**2),
        (lambda a, b, *_: sin(a), lambda a, b, *_: cos(a)),
    ]:
        assert not same(one, other)


def test_a_node_and_a_constant_of_the_same_number_are_two():
    graph, _ = entered(lambda a, b, *_: maximum(a, b) * maximum(a, 1.0), count=2)
    assert sum(op is maximum for op in graph.ops) == 2


def test_a_sum_that_is_used_twice_stays_one():
    def f(a, b, c, *_):
        total = a + b
        return sin(total) + (total + c)

    graph, root = entered(f)
    sums = [args for args in graph.args if isinstance(args, Sum)]
    assert sorted(len(args.lefts) for args in sums) == [2, 3]
    assert len(graph.args[root].lefts) == 3


def test_a_sum_that_is_used_once_is_taken_up():
    graph, root = entered(lambda a, b, c, d: a + (b - (c + d * a)))
    assert len(graph.args[root].lefts) == 4
    assert sum(isinstance(args, Sum) for args in graph.args) == 1


def test_a_sum_stays_what_it_is_when_others_take_it_up():
    graph = Graph([])
    a, b, c, d = (graph.node(INPUT, ("x", i)) for i in range(4))
    short = graph.form(add, [a, b])
    one, other = graph.form(add, [short, c]), graph.form(subtract, [short, d])
    longer = graph.form(add, [one, other])
    twice = graph.form(add, [other, other])
    shown = [(a, 1.0), (b, 1.0)]
    assert [(x, k) for k, x, _ in short.terms] == shown
    assert [(x, k) for k, x, _ in one.terms] == [*shown, (c, 1.0)]
    assert [(x, k) for k, x, _ in other.terms] == [*shown, (d, -1.0)]
    assert [(x, k) for k, x, _ in longer.terms] == [*shown, (c, 1.0), *shown, (d, -1.0)]
    assert [(x, k) for k, x, _ in twice.terms] == 2 * [*shown, (d, -1.0)]
    assert graph.form(add, [short, 3.0]).constant == 3.0
    assert short.constant == 0.0


@pytest.mark.parametrize("op", [add, subtract])
def test_a_loop_that_adds_copies_nothing(op):
    """total = total + x, a thousand times: the totals share one list of terms."""
    graph = Graph([])
    x = [graph.node(INPUT, ("x", i)) for i in range(1000)]
    totals = [graph.form(add, x[:2])]
    for node in x[2:]:
        totals.append(graph.form(op, [totals[-1], node]))
    assert len({id(total._terms) for total in totals}) == 1
    assert [len(total.terms) for total in totals] == list(range(2, 1001))


def test_parameters_do_not_fold_and_other_leaves_do():
    w, v = Value(2.0), Value(3.0)
    graph, root = entered(lambda *x: w * v * x[0], leaves=[w])
    assert graph.args[root].coefficients == (3.0,)
    assert sum(op is PARAMETER for op in graph.ops) == 1
    graph, root = entered(lambda *x: w * v * x[0])
    assert graph.parameters == [w, v]
    assert graph.args[root].coefficients == (1.0,)


def test_constants_fold():
    graph, root = entered(lambda a, *_: a * (Value(2.0) + exp(0.0 * Value(1.0))), leaves=[])
    assert graph.args[root] == Sum(0.0, (3.0,), (0,), (NONE,))
    _, root = entered(lambda *_: Value(2.0) * 3, leaves=[])
    assert root == 6.0


def test_extreme_constants_do_not_fold():
    """Neither by a product or a quotient, nor when like terms merge or a sum takes up another."""
    for f, constants in (
        (lambda a, b: a * 1e200 * 1e200, {1e200}),
        (lambda a, b: a * 1e200 / 1e190, {1e200}),
        (lambda a, b: (1e-200 * a) * (1e-200 * b), {1e-200, 1.0}),
        (lambda a, b: 1e308 * a + 1e308 * a, {1e308, 2.0}),
        (lambda a, b: 1e9 * a * 1e9 * 1e9, {1e18, 1e9}),
    ):
        graph, _ = entered(f, count=2)
        sums = [args for args in graph.args if isinstance(args, Sum)]
        assert {c for args in sums for c in args.coefficients} == constants
    graph, _ = entered(lambda a, b: (a + 1e16) - 1e16, count=2)
    assert [args.constant for args in graph.args if isinstance(args, Sum)] == [1e16, -1e16]


def test_infinite_coefficients_make_no_nan():
    graph, _ = entered(lambda a, b, *_: (a + b) * math.inf)
    assert not any(isinstance(args, Sum) and args.constant != args.constant for args in graph.args)


# -- softmax --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0.0, -3.0])
def test_exp_over_a_sum_of_exps_is_a_softmax(shift):
    def by_hand(*z):
        e = [exp(v + shift if shift else v) for v in z]
        return e[1] / sum(e)

    def by_library(*z):
        return exp(z[1] - logsumexp(z))

    assert same(by_hand, by_library)


def test_other_quotients_of_exps_are_none():
    for f in (
        lambda a, b, c, d: exp(a) / (exp(b) + exp(c)),
        lambda a, b, c, d: exp(a) / (exp(a) + exp(b) - 1),
        lambda a, b, c, d: exp(a) / (exp(a) - 2 * exp(b)),
        lambda a, b, c, d: exp(a) / (exp(a) + sin(b)),
        lambda a, b, c, d: sin(a) / (sin(a) + exp(b)),
    ):
        graph, _ = entered(f)
        assert logsumexp not in graph.ops
        assert divide in graph.ops


# -- the graph ------------------------------------------------------------------------------------


def test_operands_come_first_and_depths_grow():
    graph, root = entered(lambda a, b, c, d: sin(a * b) / (c + logsumexp([a, d, 2.0])) ** 3)
    for i, args in enumerate(graph.args):
        if graph.ops[i] in (INPUT, PARAMETER, CONSTANT):
            assert graph.depths[i] == 0
            continue
        operands = [*args.lefts, *args.rights] if isinstance(args, Sum) else args
        nodes = [x for x in operands if x.__class__ is int and x != NONE]
        assert all(x < i for x in nodes)
        assert graph.depths[i] == 1 + max(graph.depths[x] for x in nodes)
        assert graph.batched[i] == any(graph.batched[x] for x in nodes)
    assert graph.batched[root]
    assert power in graph.ops


def test_nodes_of_one_class_are_made_alike():
    w = [Value(float(i)) for i in range(4)]
    graph, _ = entered(lambda *x: fsum([sin(dot(w[:n], x[:n])) for n in (2, 3, 4)]) * sin(x[0]))
    kinds = [graph.classes[i] for i, op in enumerate(graph.ops) if op is sin]
    assert len(set(kinds)) == 2
    assert kinds.count(kinds[0]) == 3 or kinds.count(kinds[-1]) == 3 or len(kinds) == 4
    squares, _ = entered(lambda a, b, *_: a**3 * b**3 * a**2.5)
    kinds = [squares.classes[i] for i, op in enumerate(squares.ops) if op is power]
    assert len(kinds) == 3
    assert len(set(kinds)) == 2


def test_keys_are_equal_for_equal_programs():
    def key(f):
        trace = Trace([])
        result = f(*placeholders("x", (2,), trace))
        graph = Graph([])
        [form] = graph.enter(in_order(trace), [result])
        return graph.key([form])

    functions = [
        lambda a, b: a * b,
        lambda a, b: a * b + 1,
        lambda a, b: 2 * a * b,
        lambda a, b: a + b,
        lambda a, b: maximum(a, b),
        lambda a, b: maximum(a, 1.0),
        lambda a, b: maximum(a, 0.0),
    ]
    assert len({key(f) for f in functions}) == len(functions)
    for f in functions:
        assert key(f) == key(f)


def test_forms():
    assert Form(0.0, [(-1.0, 3, NONE)]).is_signed_node
    assert not Form(0.0, [(-1.0, 3, 4)]).is_signed_node
    assert not Form(1.0, [(1.0, 3, NONE)]).is_signed_node
    assert not Form(0.0, [(2.0, 3, NONE)]).is_signed_node
    assert not Form(0.0, [(1.0, 3, NONE)], is_written=True).is_signed_node
