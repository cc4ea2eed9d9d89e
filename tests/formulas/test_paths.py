"""The chain rule by paths comes to what backprop says, and says how."""

import math
import re
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from latex_reader import read

from autograd_mini import (
    AutogradError,
    StaleGraphError,
    Value,
    chain_rule,
    dot,
    gradients,
    node_names,
    tanh,
    topological_order,
)
from autograd_mini.formulas import latex_name
from autograd_mini.graph import check_fresh
from autograd_mini.signs import total
from autograd_mini.testing import expressions

FEW = 12  # operations


def count_of(root, leaf):
    """The number of paths, by the recursion that defines it."""

    @cache
    def below(node):
        return 1 if node is leaf else sum(map(below, node.parents))

    return below(root)


def labelled(numbers):
    return [Value(x, f"x_{i + 1}") for i, x in enumerate(numbers)]


def lines(rule):
    """The right-hand sides of the LaTeX, one below the other."""
    inside = re.fullmatch(r"\\begin\{aligned\} (.*) \\end\{aligned\}", rule.latex)[1]
    first, *rest = inside.split(r" \\ &= ")
    left, right = first.split(" &= ")
    names = rule._names.latex
    assert left == total(names[rule.leaf])
    return [right, *rest]


def meanings(root):
    return {latex_name(name): node.data for node, name in node_names(root).items()}


def close(a, b, tolerance=1e-9):
    return abs(a - b) <= tolerance * (1 + abs(b))


# -- random programs ----------------------------------------------------------------------------


@given(expressions(max_nodes=FEW))
def test_the_sum_over_all_paths_is_the_gradient(program):
    leaves = labelled(program.inputs)
    root = program(*leaves)
    for node in topological_order(root):
        count = count_of(root, node)
        assume(count <= 100)
        rule = chain_rule(root, node)
        [gradient] = gradients(root, [node])
        assert len(rule.paths) == len(rule.terms) == count
        size = sum(map(abs, rule.terms))
        assert abs(rule.total - gradient) <= 1e-12 * (size + abs(gradient))


@given(expressions(max_nodes=FEW))
def test_every_path_leads_from_the_root_to_the_leaf(program):
    leaves = labelled(program.inputs)
    root = program(*leaves)
    for leaf in leaves:
        assume(count_of(root, leaf) <= 100)
        rule = chain_rule(root, leaf)
        for path, term in zip(rule.paths, rule.terms):
            here, product = root, 1.0
            for node, k in path:
                assert node is here
                here, product = node.parents[k], product * node.partials[k]
            assert here is leaf
            assert product == term
        edges = [tuple(k for _, k in path) for path in rule.paths]
        assert edges == sorted(set(edges))  # each once, in the order in which they were written


@given(expressions(max_nodes=FEW))
def test_every_line_of_the_formula_comes_to_the_gradient(program):
    leaves = labelled(program.inputs)
    root = program(*leaves)
    for leaf in leaves:
        assume(count_of(root, leaf) <= 20)
        rule = chain_rule(root, leaf)
        size = sum(map(abs, rule.terms))
        if sum(map(len, rule.paths)) == 0:
            continue
        symbolic, *others = lines(rule)
        assert symbolic.count(r"\frac{\partial") == sum(map(len, rule.paths))
        for line in others:
            # in numbers of four digits, or in formulas
            assert abs(read(line, meanings(root)) - rule.total) <= 0.02 * (size + 1e-9), line


@given(expressions(max_nodes=FEW))
def test_every_line_of_the_text_is_python_that_comes_to_the_gradient(program):
    leaves = labelled(program.inputs)
    root = program(*leaves)
    for leaf in leaves:
        assume(count_of(root, leaf) <= 20)
        rule = chain_rule(root, leaf)
        first, *rest = rule.text.split("\n")
        assert first.startswith(f"grad({leaf.label}) = ")
        for line in rest:
            sign, number = line.strip().split(" ", 1)
            assert sign == "="
            assert close(eval(number), rule.total)
        assert repr(rule) == rule.text


# -- by hand ------------------------------------------------------------------------------------


def test_a_neuron_by_hand():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b")
    z = w * x + b
    z.label = "z"
    y = tanh(z)
    y.label = "y"
    rule = chain_rule(y, w)
    assert rule.text.split("\n")[0] == (
        "grad(w) = d tanh([z])/d[z] * d([#1] + b)/d[#1] * d([w] * x)/d[w]"
    )
    slope = 1 - y.data**2
    assert rule.terms == [pytest.approx(slope * 2.0)]
    assert lines(rule)[:2] == [
        r"\frac{\partial \tanh([z])}{\partial [z]} \cdot "
        r"\frac{\partial ([\mathrm{\#1}] + b)}{\partial [\mathrm{\#1}]} \cdot "
        r"\frac{\partial ([w] \cdot x)}{\partial [w]}",
        r"(1 - y^{2}) \cdot 1 \cdot x",
    ]


def test_an_operand_that_is_used_twice_has_two_paths():
    x = Value(3.0, "x")
    y = x * x
    y.label = "y"
    rule = chain_rule(y, x)
    assert rule.paths == [[(y, 0)], [(y, 1)]]
    assert (rule.terms, rule.total) == ([3.0, 3.0], 6.0)
    assert rule.text == (
        "grad(x) = d([x] * x)/d[x] + d(x * [x])/d[x]\n        = 3.0 + 3.0\n        = 6.0"
    )
    assert lines(rule)[1:] == ["x + x", "3 + 3", "6"]


def test_the_derivative_of_a_node_by_itself_is_one():
    x = Value(3.0, "x")
    for node in (x, x * x):
        rule = chain_rule(node, node)
        assert (rule.paths, rule.terms, rule.total) == ([[]], [1.0], 1.0)
        assert rule.text.endswith("= 1.0")
        assert lines(rule) == ["1"]


def test_a_node_in_between_is_a_leaf_too():
    a = Value(3.0, "a")
    b = a * 2
    c = b * b + a
    rule = chain_rule(c, b)
    assert len(rule.paths) == 2
    assert rule.total == 2 * b.data == gradients(c, [b])[0]


@pytest.mark.parametrize("label", ["", "a", "z"])
def test_what_is_not_in_the_graph_has_no_path(label):
    y = Value(1.0, "a") * Value(2.0, "b")
    stranger = Value(5.0, label)
    rule = chain_rule(y, stranger)
    assert (rule.paths, rule.terms, rule.total) == ([], [], 0.0)
    name = {"": "x", "a": "a'", "z": "z"}[label]  # never that of another node
    assert rule.text == f"grad({name}) = 0.0"
    assert lines(rule) == ["0"]


def test_negative_factors_and_terms_are_in_parentheses():
    x, z = Value(-2.0, "x"), Value(-3.0, "z")
    y = -(x * z) - x
    y.label = "y"
    rule = chain_rule(y, x)
    assert "1.0 * (-1.0) * (-3.0) + (-1.0)" in rule.text
    assert lines(rule)[-2:] == [r"1 \cdot (-1) \cdot (-3) + (-1)", "2"]
    assert "+ -" not in rule.text


def test_a_single_negative_term_needs_none():
    x = Value(2.0, "x")
    assert lines(chain_rule(-x, x))[1:] == ["-1"]


@given(st.fractions(-9, 9), st.fractions(-9, 9))
def test_fractions_stay_exact(a, b):
    assume(b != 0)
    x, z = Value(a, "x"), Value(b, "z")
    y = x * x / z - x**3
    rule = chain_rule(y, x)
    assert isinstance(rule.total, Fraction)
    assert rule.total == 2 * a / b - 3 * a**2 == gradients(y, [x])[0]
    assert all(isinstance(term, Fraction) for term in rule.terms)
    assert rule.text.endswith(f"= {rule.total}")
    nothing = chain_rule(y, Value(Fraction(1)))
    assert (nothing.total, type(nothing.total)) == (0, Fraction)


def test_nan_and_infinite_derivatives_are_told_as_they_are():
    x = Value(0.0, "x")
    y = x**0.5
    assert chain_rule(y, x).total == math.inf
    assert lines(chain_rule(y, x))[-1] == r"\infty"
    z = chain_rule(Value(math.nan) * x, x)
    assert math.isnan(z.total)
    assert "nan" in z.text


def test_numbers_of_more_digits_than_python_writes():
    x = Value(Fraction(10**5000), "x")
    rule = chain_rule(-x * x, x)
    assert rule.text.endswith("= -2e+5000")
    assert lines(rule)[-1] == r"-2 \times 10^{5000}"


# -- many paths, long paths ---------------------------------------------------------------------


def doubled(k):
    """A chain of v + v, which has 2**k paths."""
    x = v = Value(1.0, "x")
    for _ in range(k):
        v = v + v
    return v, x


def test_as_many_paths_as_one_asks_for():
    y, x = doubled(8)
    rule = chain_rule(y, x, max_paths=256)
    assert (len(rule.paths), rule.total) == (256, 256.0)


@pytest.mark.parametrize("k", [7, 20, 64, 99])
def test_too_many_paths_are_refused_with_their_number(k):
    y, x = doubled(k)
    y.label = "y"
    with pytest.raises(AutogradError, match=f"there are {2**k:,} paths from x to y, more than 100"):
        chain_rule(y, x)


@pytest.mark.parametrize("k", [200, 30_000])
def test_there_may_be_more_paths_than_one_would_count(k):
    y, x = doubled(k)
    x.label = ""
    with pytest.raises(AutogradError, match=r"more than 1e\+30 paths from the leaf to the root"):
        chain_rule(y, x)


def test_a_long_chain_has_one_path_and_needs_no_recursion():
    x = y = Value(1.0, "x")
    for _ in range(100_000):
        y = -y
    rule = chain_rule(y, x)
    assert [len(path) for path in rule.paths] == [100_000]
    assert rule.total == 1.0


def test_what_is_too_long_to_typeset_is_shown_as_text():
    x = y = Value(1.0, "x")
    for _ in range(501):
        y = -y
    rule = chain_rule(y, x)
    with pytest.raises(AutogradError, match=r"more than 500 factors, too many to typeset; read"):
        _ = rule.latex
    assert rule._repr_mimebundle_() == {"text/plain": rule.text}
    assert set(chain_rule(y.parents[0], x)._repr_mimebundle_()) == {"text/latex", "text/plain"}


# -- graphs whose leaves were changed -------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x * x,
        lambda x: tanh(x) + 1,  # an inner node of which the root alone uses the number
        lambda x: dot([x, 1.0], [2.0, x]),
        lambda x: 1 / (x - 2),  # which is not defined any more
        lambda x: (x + 5.0) * Value(math.nan),
    ],
)
def test_a_graph_whose_leaf_was_changed_has_no_chain_rule(make):
    x = Value(1.0, "x")
    y = make(x)
    x.data = 2.0
    with pytest.raises(
        StaleGraphError, match=r"is stale: a leaf under it was changed.*rerun\(root"
    ):
        chain_rule(y, x)
    x.data = 1.0
    assert math.isclose(chain_rule(y, x).total, gradients(y, [x])[0]) or math.isnan(y.data)


def test_the_stale_node_is_named():
    x, z = Value(1.0, "x"), Value(3.0, "z")
    y = x * z
    y.label = "product"
    x.data = 2.0
    with pytest.raises(StaleGraphError, match=r"the '\*' node labelled 'product' with data 3\.0"):
        chain_rule(y + 1, z)


@given(expressions())
def test_a_graph_whose_leaves_are_as_they_were_is_fresh(program):
    leaves = labelled(program.inputs)
    order = topological_order(program(*leaves))
    check_fresh(order)
    for x in leaves:
        x.data = float(str(x.data))  # the same number, another object
    check_fresh(order)


# -- names that differ ---------------------------------------------------------------------------


def test_two_leaves_are_never_one_name():
    x, x_2 = Value(2.0, "x2"), Value(3.0, "x_2")
    symbolic, values, *_ = lines(chain_rule(x * x_2 + x_2, x))
    assert values.endswith(r"\mathrm{x\_2}")
    assert r"{\partial [x_{2}]}" in symbolic


# -- what is refused ----------------------------------------------------------------------------


def test_only_values_have_a_chain_rule():
    x = Value(1.0, "x")
    for root, leaf in ((1.0, x), (x, 1.0), ([x], x)):
        with pytest.raises(TypeError, match="chain_rule expected Values"):
            chain_rule(root, leaf)


def test_a_notebook_shows_it_typeset():
    x = Value(2.0, "x")
    rule = chain_rule(x * x, x)
    bundle = rule._repr_mimebundle_()
    assert bundle["text/plain"] == rule.text
    assert rule.latex in bundle["text/latex"]
    assert set(bundle) == {"text/latex", "text/plain"}  # HTML would lose its MathML if not trusted
