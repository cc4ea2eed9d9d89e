"""Backprop over random programs, against forward mode; then its steps, orders, names, staleness."""

import math
import operator
from fractions import Fraction
from math import inf, nan

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reference import ANALYTIC, TWICE_ANALYTIC, complex_step, programs

from autograd_mini import (
    AutogradError,
    StaleGraphError,
    Step,
    Value,
    atan2,
    backprop_steps,
    cos,
    dot,
    exp,
    first_nonfinite,
    fsum,
    gradients,
    leaky_relu,
    logsumexp,
    maximum,
    node_names,
    relu,
    rerun,
    sin,
    sqrt,
    steps,
    topological_order,
    where,
)
from autograd_mini.graph import check_fresh, is_fresh
from autograd_mini.primitives import LEAF, multiply
from autograd_mini.value import NO_GRADIENT


def close(found, expected):
    """`expected` is a list of (number, tolerance)."""
    assert len(found) == len(expected)
    for x, (y, tolerance) in zip(found, expected):
        assert x == pytest.approx(y, abs=tolerance)


# -- random programs against oracles ------------------------------------------------------------


@pytest.mark.smoke
@given(programs())
def test_gradients_are_those_of_forward_mode(program):
    leaves, y = program.values()
    found = gradients(y, leaves)
    close(found, program.gradient())
    assert all(g.__class__ is float for g in found)
    assert all(node.grad is NO_GRADIENT for node in topological_order(y))


@given(programs(names=ANALYTIC))
def test_gradients_are_those_of_the_complex_step(program):
    leaves, y = program.values()
    for i, (found, (_, tolerance)) in enumerate(zip(gradients(y, leaves), program.gradient())):
        inputs = [complex(x) for x in program.inputs]

        def along(z, i=i, inputs=inputs):
            result = program(*inputs[:i], z, *inputs[i + 1 :])
            return complex(result)

        expected = complex_step(along, program.inputs[i])
        assert expected is not None
        assert found == pytest.approx(expected, rel=1e-9, abs=1e3 * tolerance + 1e-12)


@given(programs())
def test_backward_stores_what_gradients_gives_for_every_node(program):
    leaves, y = program.values()
    nodes = [*topological_order(y), *leaves]
    found = gradients(y, nodes)
    y.backward()
    assert y.grad == 1.0
    assert [node.grad for node in nodes] == found


@given(programs(), st.floats(-5, 5))
def test_the_seed_scales_every_gradient(program, seed):
    leaves, y = program.values()
    y.backward(seed)
    assert y.grad == seed
    close([x.grad for x in leaves], [(seed * g, abs(seed) * t) for g, t in program.gradient()])


@given(programs(), st.integers(2, 4))
def test_leaves_add_up_over_calls_and_inner_nodes_do_not(program, calls):
    _, y = program.values()
    once = gradients(y, topological_order(y))
    for _ in range(calls):
        y.backward()
    for node, g in zip(topological_order(y), once):
        expected = calls * g if node.op is LEAF else g
        assert node.grad == pytest.approx(expected, rel=1e-15, abs=0)


@given(programs(), st.data())
def test_the_gradient_of_a_sum_of_roots_is_the_sum_of_their_gradients(program, data):
    """Two roots that share nodes, one of them perhaps an input of the other."""
    leaves, y = program.values()
    nodes = topological_order(y)
    other = data.draw(st.sampled_from(nodes))
    y.backward()
    other.backward()
    both = gradients(y + other, leaves)
    tolerances = [t for _, t in program.gradient()]
    for leaf, g, t in zip(leaves, both, tolerances):
        assert leaf.grad == pytest.approx(g, rel=1e-12, abs=2 * t)


@given(programs())
def test_gradients_as_values_equal_the_stored_ones(program):
    leaves, y = program.values()
    again = gradients(y, leaves, create_graph=True)
    assert all(isinstance(g, Value) for g in again)
    close([g.data for g in again], program.gradient())
    assert all(node.grad is NO_GRADIENT for node in topological_order(y))


@given(programs(names=TWICE_ANALYTIC, max_lines=5))
def test_second_derivatives_are_those_of_the_complex_step_and_symmetric(program):
    leaves, y = program.values()
    rows = [gradients(g, leaves) for g in gradients(y, leaves, create_graph=True)]
    for i, row in enumerate(rows):
        for j, found in enumerate(row):
            expected, tolerance = program.second_derivative(i, j)
            assert found == pytest.approx(expected, rel=1e-9, abs=tolerance)
            assert found == pytest.approx(rows[j][i], rel=1e-9, abs=tolerance)


@given(programs(max_lines=5))
def test_the_hessian_is_symmetric(program):
    leaves, y = program.values()
    rows = [gradients(g, leaves) for g in gradients(y, leaves, create_graph=True)]
    sizes = [abs(g) + t * 1e12 for g, t in program.gradient()]
    for i, row in enumerate(rows):
        for j, second in enumerate(row):
            tolerance = 1e-9 * (1 + sizes[i]) * (1 + sizes[j])
            assert second == pytest.approx(rows[j][i], rel=1e-9, abs=tolerance)


inputs = st.lists(st.floats(-3, 3), min_size=3, max_size=3)


def outcome(f):
    try:
        return f()
    except (ArithmeticError, ValueError) as error:
        return type(error), str(error)


@given(programs(), inputs)
def test_a_rerun_with_changed_leaves_is_a_graph_built_afresh(program, changed):
    leaves, y = program.values()
    assume(y not in leaves)  # as in 0 + x
    before = y.data, gradients(y, leaves)
    for leaf, x in zip(leaves, changed):
        leaf.data = x
    fresh_leaves = [Value(leaf.data, leaf.label) for leaf in leaves]
    fresh = outcome(lambda: program(*fresh_leaves))
    again = outcome(lambda: rerun(y))
    assert (y.data, gradients(y, leaves)) == before
    if not isinstance(fresh, Value):
        assert again == fresh
        return
    assert again is not y
    assert again.data == pytest.approx(fresh.data, rel=0, abs=0, nan_ok=True)
    assert gradients(again, leaves) == pytest.approx(
        gradients(fresh, fresh_leaves), rel=0, abs=0, nan_ok=True
    )
    assert [str(node.op) for node in topological_order(again)] == [
        str(node.op) for node in topological_order(fresh)
    ]


def test_rerun_keeps_labels_and_leaves():
    x = Value(2.0, "x")
    y = x * x
    y.label = "y"
    x.data = 3.0
    again = rerun(y)
    assert (again.data, again.label, again.parents) == (9.0, "y", (x, x))
    assert rerun(x) is x


@given(programs())
def test_second_order_makes_no_product_with_a_plain_1(program):
    leaves, y = program.values()
    for slope in gradients(y, leaves, create_graph=True):
        for node in set(topological_order(slope)) - set(topological_order(y)):
            assert str(node.op) != "*" or not any(x == 1 for x in node.operands)


def test_what_is_not_a_value_is_refused_with_a_remedy():
    for several in ([Value(1.0)], (Value(1.0), Value(2.0))):
        with pytest.raises(
            TypeError, match=r"expected Values, got (list|tuple) .*pass one of them$"
        ):
            topological_order(several)
    with pytest.raises(
        TypeError, match=r"expected Values, got float 1\.0; pass loss, not loss\.data$"
    ):
        topological_order(1.0)


# -- the traps of accumulation: trap 1 ----------------------------------------------------------


@pytest.mark.smoke
def test_a_second_backward_gives_54_and_not_72():
    x = Value(3.0)
    y = x * x * x
    y.backward()
    y.backward()
    assert x.grad == 54.0


def test_two_roots_that_share_a_node_give_32_and_not_44():
    x = Value(2.0)
    s = x * x
    for root in (3 * s, 5 * s):
        root.backward()
    assert x.grad == 32.0
    assert s.grad == 5.0  # what an inner node shows is the last pass


def test_a_leaf_changed_after_the_forward_pass_gives_12_and_not_400():
    x = Value(6.0)
    y = x * x
    x.data = 200.0
    y.backward()
    assert x.grad == 12.0


@pytest.mark.smoke
def test_order_matters_4_and_not_6():
    a = Value(1.0)
    b = a + a
    c = b + b
    c.backward()
    assert a.grad == 4.0
    assert backprop_steps(c)[-1].after == 4.0
    assert backprop_steps(c, order="depth_first")[-1].after == 6.0


def test_backward_on_a_leaf_adds_the_seed():
    """Trap 2."""
    x = Value(2.0)
    x.backward()
    assert x.grad == 1.0
    x.backward(2.5)
    assert x.grad == 3.5
    assert gradients(x, [x]) == [1.0]


def test_a_root_that_is_an_input_of_another_root():
    x = Value(3.0)
    y = x * x
    z = y * 2
    z.backward()
    assert (x.grad, y.grad) == (12.0, 2.0)
    y.backward()
    assert (x.grad, y.grad, z.grad) == (18.0, 1.0, 1.0)


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("f", "expected"), [(operator.mul, 6.0), (operator.add, 2.0), (operator.sub, 0.0)]
)
def test_both_edges_of_a_repeated_operand_count(f, expected):
    x = Value(3.0)
    y = f(x, x)
    y.backward()
    assert x.grad == expected
    assert len(backprop_steps(y)) == 3


@pytest.mark.parametrize("seed", ["1", None, True, 1j, [1.0]])
def test_a_seed_that_is_not_a_number_is_refused_and_nothing_is_touched(seed):
    x = Value(2.0)
    y = x * x
    with pytest.raises(TypeError):
        y.backward(seed)
    assert x.grad is y.grad is NO_GRADIENT


def test_a_seed_may_be_an_int_or_a_fraction():
    x = Value(Fraction(1, 3))
    (x * x).backward(Fraction(1, 2))
    assert x.grad == Fraction(1, 3)
    assert isinstance(x.grad, Fraction)
    y = Value(2.0)
    y.backward(3)
    assert (y.grad, type(y.grad)) == (3.0, float)


def test_infinite_and_nan_partials_reach_the_leaves():
    x, w = Value(0.0), Value(2.0)
    sqrt(x).backward()
    assert x.grad == inf
    (w * Value(nan)).backward()
    assert math.isnan(w.grad)


# -- gradients() --------------------------------------------------------------------------------


def test_gradients_of_what_is_not_reached_are_0():
    x, w = Value(2.0), Value(3.0)
    assert gradients(x * x, [w]) == [0.0]
    [g] = gradients(x * x, [w], create_graph=True)
    assert (g.data, g.operands) == (0.0, ())
    assert gradients(x, [x * x]) == [0.0]
    assert gradients(x * x, []) == []
    assert gradients(Value(Fraction(1)), [x]) == [Fraction(0)]


def test_gradients_by_a_node_treat_it_as_a_variable():
    x = Value(2.0)
    s = x * x
    y = s * x
    assert gradients(y, [x, s, y, x]) == [12.0, 2.0, 1.0, 12.0]
    by_x, by_s = gradients(y, [x, s], create_graph=True)
    assert (by_x.data, by_s.data) == (12.0, 2.0)
    assert gradients(by_x, [x]) == [12.0]


def test_gradients_take_any_iterable():
    x = Value(2.0)
    assert gradients(x * x, iter([x])) == [4.0]
    assert gradients(x * x, (v for v in (x, x))) == [4.0, 4.0]


@pytest.mark.parametrize(("y", "wrt"), [(1.0, []), (Value(1.0), [2.0]), (Value(1.0), ["x"])])
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_of_what_is_not_a_value(y, wrt, create_graph):
    with pytest.raises(TypeError, match=r"expected (a )?Value"):
        gradients(y, wrt, create_graph)


def test_gradients_by_a_single_value_name_the_remedy():
    x = Value(2.0)
    with pytest.raises(TypeError, match=r"expected a list of Values.*write \[x\]"):
        gradients(x * x, x)


def test_derivatives_to_the_sixth_order():
    x = Value(0.7)
    y = sin(x) * x
    for n in range(1, 7):
        [y] = gradients(y, [x], create_graph=True)
        expected = 0.7 * math.sin(0.7 + n * math.pi / 2) + n * math.sin(0.7 + (n - 1) * math.pi / 2)
        assert y.data == pytest.approx(expected, rel=1e-13)
    z = x**6
    for n in range(1, 7):
        [z] = gradients(z, [x], create_graph=True)
        assert z.data == pytest.approx(math.perm(6, n) * 0.7 ** (6 - n), rel=1e-14)
    assert gradients(z, [x]) == [0.0]


def test_second_derivatives_through_lists():
    w, x = Value(2.0), Value(3.0)
    for y in (dot([w, x], [x, x], w), fsum([w * x, x * x, w])):
        by_w, by_x = gradients(y, [w, x], create_graph=True)
        assert (by_w.data, by_x.data) == (4.0, 8.0)
        assert gradients(by_w, [w, x]) == [0.0, 1.0]
        assert gradients(by_x, [w, x]) == [1.0, 2.0]
    y = logsumexp([w, w])
    [g] = gradients(y, [w], create_graph=True)
    assert g.data == pytest.approx(1.0, rel=1e-15)
    assert gradients(g, [w]) == pytest.approx([0.0], abs=1e-15)


@pytest.mark.parametrize(
    "build",
    [
        lambda x, p: x * (2**60 + 1),
        lambda x, p: (2**60 + 1) * x,
        lambda x, p: x / 3,
        lambda x, p: p * p / 3,
        lambda x, p: p / 3 + 1,
        lambda x, p: 3 / p,
        lambda x, p: p**3 - 2 * p,
        lambda x, p: p * x,
        lambda x, p: x * p,
        lambda x, p: x / p,
        lambda x, p: multiply(p, x),
        lambda x, p: rerun(p * x),
        lambda x, p: rerun(x / p),
        lambda x, p: dot([x, p], [p, 3], 1),
        lambda x, p: leaky_relu(-x, p),
        lambda x, p: maximum(p, x) * p,
        lambda x, p: x**p,
        lambda x, p: p**x,
        lambda x, p: p**2,
        lambda x, p: x * float("inf"),
        lambda x, p: x + float("nan"),
        lambda x, p: where(True, x, p) * where(False, x, p),
    ],
)
def test_no_graph_is_taken_for_stale_that_is_not(build):
    """Whatever numbers it mixes: floats, ints beyond 2**53, Fractions, nan and inf."""
    x, p = Value(3.0), Value(Fraction(1, 3))
    y = build(x, p)
    again = gradients(y, [x, p], create_graph=True)
    stored = gradients(y, [x, p])
    assert [g.data for g in again] == pytest.approx(stored, rel=1e-15, nan_ok=True)


# -- stale graphs -------------------------------------------------------------------------------


def changed(build, *before, after):
    leaves = [Value(x) for x in before]
    y = build(*leaves)
    for leaf, x in zip(leaves, after, strict=True):
        leaf.data = x
    return leaves, y


@pytest.mark.parametrize(
    ("build", "before", "after"),
    [
        (lambda x: x * x * x, 2.0, 3.0),
        (sin, 0.5, -0.5),
        (cos, 0.5, -0.5),
        (abs, 2.0, -2.0),
        (lambda x: x**2, 2.0, -2.0),
        (lambda x: x.cosh(), 2.0, -2.0),
        (relu, -1.0, 1.0),
        (lambda x: dot([x], [x]), 2.0, -2.0),
        (lambda x: fsum([x, 1.0]) * x, 2.0, 1.0),
        (lambda x: (x * 0 + 1) * x, 2.0, 3.0),
    ],
)
def test_a_changed_leaf_makes_a_graph_stale(build, before, after):
    """Even where the data stays what it was, as in cos(-x), and only a rule would tell."""
    [x], y = changed(build, before, after=[after])
    old = gradients(y, [x])
    with pytest.raises(StaleGraphError, match=r"stale.*rerun"):
        gradients(y, [x], create_graph=True)
    assert gradients(y, [x]) == old
    fresh = Value(after)
    [g] = gradients(rerun(y), [x], create_graph=True)
    assert [g.data] == gradients(build(fresh), [fresh])


@pytest.mark.parametrize(
    ("build", "after"),
    [(lambda x: x.log(), -1.0), (lambda x: 1 / x, 0.0), (exp, 1e4), (sqrt, -1.0)],
)
def test_a_leaf_changed_to_where_the_graph_is_undefined_makes_it_stale_too(build, after):
    """The new number's own error would blame an operation that was sound when it was made."""
    [x], y = changed(build, 2.0, after=[after])
    with pytest.raises(StaleGraphError, match="stale"):
        gradients(y, [x], create_graph=True)


@pytest.mark.parametrize(("before", "after"), [(2.0, nan), (nan, 2.0)])
def test_a_leaf_changed_to_nan_or_from_it_makes_a_graph_stale(before, after):
    [x], y = changed(lambda x: x + x, before, after=[after])
    with pytest.raises(StaleGraphError, match="stale"):
        gradients(y, [x], create_graph=True)


def test_the_stale_node_is_named():
    x = Value(2.0, "x")
    y = exp(x)
    y.label = "growth"
    x.data = 1.0
    with pytest.raises(StaleGraphError, match="'exp' node labelled 'growth'") as caught:
        gradients(y * 2, [x], create_graph=True)
    assert isinstance(caught.value, AutogradError)


def test_a_change_that_no_rule_depends_on_does_not_matter():
    [x], y = changed(lambda x: x * 0, 2.0, after=[3.0])
    assert [g.data for g in gradients(y, [x], create_graph=True)] == [0.0]
    [x, _], y = changed(lambda x, w: x * x + w * w, 2.0, 5.0, after=[2.0, 7.0])
    [g] = gradients(y, [x], create_graph=True)
    assert (g.data, gradients(g, [x])) == (4.0, [2.0])


def test_a_second_derivative_never_mixes_old_and_new_data():
    """atan2(0, x2) and its derivative by x2 are 0 for all x2 > 0, but that by x1 is 1 / x2."""
    [x1, x2], y = changed(atan2, 0.0, 2.0, after=[0.0, 3.0])
    assert gradients(y, [x1, x2]) == [0.5, 0.0]
    with pytest.raises(StaleGraphError):
        gradients(y, [x2], create_graph=True)


def test_a_leaf_changed_to_where_a_partial_is_undefined_makes_a_graph_stale():
    [x, n], y = changed(lambda x, n: x**n, 2.0, 3.0, after=[-2.0, 3.0])
    with pytest.raises(StaleGraphError, match="stale"):
        gradients(y, [x, n], create_graph=True)


def test_a_node_is_fresh_with_the_numbers_that_it_was_made_of():
    [x, _], y = changed(lambda x, w: x * w, 2.0, 5.0, after=[3.0, 5.0])
    assert not is_fresh(y)
    assert is_fresh(y, {x: 2.0})
    with pytest.raises(StaleGraphError, match=r"'\*' node .*stale"):
        check_fresh([x, y])


def test_a_leaf_changed_back_is_not_stale():
    x = Value(2.0)
    y = x * x
    x.data = 5.0
    x.data = 2.0
    assert [g.data for g in gradients(y, [x], create_graph=True)] == [4.0]


# -- the order ----------------------------------------------------------------------------------


@given(programs())
def test_topological_order_has_every_node_once_and_parents_first(program):
    _, y = program.values()
    order = topological_order(y)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is y
    assert all(place[p] < place[node] for node in order for p in node.parents)
    reached = {p for node in order for p in node.parents} | {y}
    assert reached == set(order)


def test_topological_order_follows_the_operands_as_written():
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    left, right = a * b, c + a
    y = left / right
    assert topological_order(y) == [a, b, left, c, right, y]
    assert topological_order(a) == [a]
    s = fsum([c, left, a])
    assert set(topological_order(s)[:4]) == {a, b, c, left}


# -- steps --------------------------------------------------------------------------------------


@given(programs())
def test_the_steps_are_the_backward_pass(program):
    _, y = program.values()
    steps = backprop_steps(y)
    order = topological_order(y)
    final = dict(zip(order, gradients(y, order)))
    assert all(node.grad is NO_GRADIENT for node in order)

    seed = steps[0]
    assert (seed.number, seed.node, seed.edge, seed.parent) == (0, y, None, None)
    assert (seed.before, seed.after, seed.contribution) == (0.0, 1.0, 1.0)
    edges = [(node, i) for node in order for i in range(len(node.parents))]
    assert len(steps) == 1 + len(edges)
    assert {(s.node, s.edge) for s in steps[1:]} == set(edges)

    running = dict.fromkeys(order, 0.0) | {y: 1.0}
    for number, s in enumerate(steps[1:], start=1):
        assert s.number == number
        assert s.parent is s.node.parents[s.edge]
        assert s.upstream == final[s.node]  # complete, before any of it is passed on
        assert s.local == s.node.partials[s.edge]
        assert s.contribution == s.upstream * s.local
        assert s.before == running[s.parent]
        assert s.after == s.before + s.contribution
        running[s.parent] = s.after
    assert running == final


@st.composite
def trees(draw):
    """A graph in which every node is used once."""
    nodes = [Value(x) for x in draw(st.lists(st.floats(0.5, 2), min_size=1, max_size=6))]
    leaves = list(nodes)
    while len(nodes) > 1:
        f = draw(st.sampled_from([operator.mul, operator.add, operator.truediv, maximum]))
        nodes.append(f(nodes.pop(), nodes.pop(0)))
    return leaves, nodes[0].tanh()


@given(trees())
def test_on_a_tree_no_order_is_needed(tree):
    leaves, y = tree
    by_depth = {s.parent: s.after for s in backprop_steps(y, order="depth_first")[1:]}
    assert [by_depth[x] for x in leaves] == pytest.approx(gradients(y, leaves))


@given(programs(max_lines=4))
def test_the_depth_first_steps_are_the_naive_recursion(program):
    _, y = program.values()
    gradient = {y: 1.0}
    expected = []

    def recurse(node):
        for parent, partial in zip(node.parents, node.partials):
            gradient[parent] = gradient.get(parent, 0.0) + gradient[node] * partial
            expected.append((node, parent, gradient[parent]))
            recurse(parent)

    recurse(y)
    steps = backprop_steps(y, order="depth_first")[1:]
    assert [(s.node, s.parent, s.after) for s in steps] == expected


def test_the_naive_recursion_is_refused_where_it_would_take_too_long():
    y = Value(1.0)
    for _ in range(20):
        y = y + y
    with pytest.raises(AutogradError, match=r"100,000 steps.*topological"):
        backprop_steps(y, order="depth_first")
    assert backprop_steps(y)[-1].after == 2.0**20


def test_no_other_order():
    with pytest.raises(ValueError, match="'topological' or 'depth_first', got 'sideways'"):
        backprop_steps(Value(1.0), order="sideways")


def test_steps_read_as_the_chain_rule():
    x, w = Value(2.0, "x"), Value(-3.0, "w")
    y = w * x
    y.label = "y"
    loss = y.tanh()
    loss.label = "L"
    seed, through_tanh, to_w, to_x = backprop_steps(loss)
    assert seed.text == "grad(L) = 1.0"
    d = 1 - math.tanh(-6) ** 2
    assert through_tanh.text == f"grad(y) += grad(L) * d tanh([y])/d[y] = 1.0 * {d} = {d}"
    assert to_w.text == f"grad(w) += grad(y) * d([w] * x)/d[w] = {d} * 2.0 = {d * 2}"
    assert to_x.text == f"grad(x) += grad(y) * d(w * [x])/d[x] = {d} * -3.0 = {d * -3}"
    assert r"\frac{\partial (w \cdot [x])}{\partial [x]}" in to_x.latex
    assert r"\cdot (-3.0)" in to_x.latex
    assert repr(to_w) == f"Step(2: {to_w.text})"
    assert isinstance(to_w, Step)


def test_steps_of_a_leaf_are_the_seed_alone():
    x = Value(2.0)
    assert [s.text for s in backprop_steps(x)] == ["grad(#1) = 1.0"]


def test_steps_of_fractions_are_fractions():
    x = Value(Fraction(1, 3), "x")
    y = x * x
    y.label = "y"
    assert backprop_steps(y)[-1].after == Fraction(2, 3)
    assert backprop_steps(y)[1].text == "grad(x) += grad(y) * d([x] * x)/d[x] = 1 * 1/3 = 1/3"


@given(st.floats() | st.fractions(), st.text(max_size=5))
def test_every_step_can_be_written(x, label):
    v = Value(x, label)
    for step in backprop_steps(v + v):
        assert isinstance(step.text, str)
        assert step.latex.count("{") - step.latex.count(r"\{") == step.latex.count(
            "}"
        ) - step.latex.count(r"\}")


# -- names --------------------------------------------------------------------------------------


labels = st.sampled_from(["", "x", "x_2", "x_2_2", "v1", "#", "#1", "#2", "_", "_2"]) | st.text(
    max_size=3
)


@given(st.lists(labels, min_size=1, max_size=12))
def test_names_are_unique_whatever_the_labels(labels):
    leaves = [Value(float(i), label) for i, label in enumerate(labels)]
    y = fsum(leaves) * 2
    names = node_names(y)
    assert list(names) == topological_order(y)
    assert len(set(names.values())) == len(names)
    for label in set(labels) - {""}:
        first = next(node for node in names if node.label == label)
        assert names[first] == label
        assert all(names[n].startswith(label) for n in names if n.label == label)
    assert all(names[node] for node in names)


def test_names_are_the_labels_and_then_numbers():
    x = Value(1.0, "x")
    y = (x + 1) * Value(2.0, "x") - Value(3.0)
    assert list(node_names(y).values()) == ["x", "#1", "x_2", "#2", "#3", "#4"]
    taken = Value(1.0, "#1") + Value(2.0)
    assert list(node_names(taken).values()) == ["#1", "#2", "#3"]


# -- where the nan came from --------------------------------------------------------------------


def test_first_nonfinite_is_the_earliest_in_topological_order():
    x = Value(1e200, "x")
    square = x * x
    y = square - square
    assert first_nonfinite(y) is square
    assert first_nonfinite(x) is None
    bad = Value(nan)
    assert first_nonfinite(x * bad) is bad
    assert first_nonfinite(Value(-inf)) is not None
    assert first_nonfinite(Value(Fraction(1, 3)) * 2) is None


@given(programs(), st.sampled_from([nan, inf, -inf]))
def test_first_nonfinite_has_finite_parents_or_none(program, x):
    leaves, y = program.values()
    assert first_nonfinite(y) is None
    leaves[0].data = x
    again = outcome(lambda: rerun(y))
    if not isinstance(again, Value):
        return
    found = first_nonfinite(again)
    bad = [node for node in topological_order(again) if not math.isfinite(node.data)]
    assert found is (bad[0] if bad else None)


def test_an_operand_of_a_list_comes_before_the_operands_that_depend_on_it():
    x = Value(2.0)
    square = x * x
    cube = square * x
    for xs in ([square, cube], [cube, square]):
        y = fsum(xs)
        assert topological_order(y) == [x, square, cube, y]
        assert gradients(y, [x]) == [16.0]


def test_a_label_that_became_no_string_is_told_where_names_are_needed():
    x = Value(1.0, "x")
    x.label = 7
    with pytest.raises(TypeError, match="a label is a string, got int 7"):
        node_names(x * 2)


def test_the_naive_recursion_may_take_as_many_steps_as_it_says(monkeypatch):
    a = Value(1.0)
    b = a + a
    c = b + b  # 6 steps and the seed
    assert steps.MAX_DEPTH_FIRST_STEPS == 100_000
    monkeypatch.setattr(steps, "MAX_DEPTH_FIRST_STEPS", 6)
    assert len(backprop_steps(c, order="depth_first")) == 7
    monkeypatch.setattr(steps, "MAX_DEPTH_FIRST_STEPS", 4)
    with pytest.raises(AutogradError, match="more than 4 steps"):
        backprop_steps(c, order="depth_first")
