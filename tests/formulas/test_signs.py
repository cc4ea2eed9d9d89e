"""The signs of derivatives, read strictly, mean the numbers that stand beside them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import (
    Value,
    backprop_steps,
    dot,
    fsum,
    gradients,
    latex,
    logsumexp,
    maximum,
    node_names,
    primitive,
    where,
)
from autograd_mini.formulas import Names
from autograd_mini.mathml import inner_mathml
from autograd_mini.primitives import TABLE
from autograd_mini.signs import edge_latex, edge_text
from autograd_mini.testing import expressions, networks

FUNCTIONS: dict = dict(TABLE) | {
    "abs": abs,
    "where": where,
    "logsumexp": lambda *xs: logsumexp(xs),
}


def slope_read_from(text, numbers):
    """What d f([a], b)/d[a] means: f with a variable in the brackets, differentiated by it."""
    of, by = re.fullmatch(r"d ?(.*)/d(\[\S+\])", text).groups()
    assert of.count(by) == 1
    slot = Value(numbers[by[1:-1]], "slot")
    numbers = {name.replace("#", "auto_"): x for name, x in numbers.items()}
    written = of.replace(by, "slot").replace("..", "0").replace("#", "auto_")
    [slope] = gradients(eval(written, FUNCTIONS | numbers, {"slot": slot}) + 0, [slot])
    return slope


def check(root):
    names = node_names(root)
    numbers = {name: node.data for node, name in names.items()}
    total = {}
    for step in backprop_steps(root):
        if step.parent is None:
            total[names[root]] = 1.0
            assert step.text == f"grad({names[root]}) = {step.after}"
            continue
        whole = r"grad\((\S+)\) \+= grad\((\S+)\) \* (d.*/d\[\1\]) = (\S+) \* (\S+) = (\S+)"
        parent, node, along, upstream, local, product = re.fullmatch(whole, step.text).groups()
        assert (parent, node) == (names[step.parent], names[step.node])
        assert float(upstream) == total[node]  # grad(..) is one number, wherever it stands
        total[parent] = total.get(parent, 0.0) + float(product)
        assert total[parent] == step.after
        if "logsumexp" not in along or ".." not in along:
            assert slope_read_from(along, numbers) == pytest.approx(float(local), rel=1e-9, abs=0)


@given(expressions())
def test_a_step_of_a_random_program_read_strictly(program):
    check(program(*[Value(x, f"x_{i + 1}") for i, x in enumerate(program.inputs)]))


@given(networks())
def test_a_step_of_a_network_read_strictly(network):
    check(network(*[Value(x, f"x_{i + 1}") for i, x in enumerate(network.inputs)]))


@given(st.integers(1, 8), st.booleans())
def test_edges_of_a_sum_of_products_differ(n, bias):
    ws, xs = ([Value(float(i), f"{c}_{i}") for i in range(n)] for c in "wx")
    y = dot(ws, xs, *[Value(0.5, "b")] * bias)
    check(y)
    names = Names(node_names(y))
    for sign in (edge_text, edge_latex):
        signs = [sign(y, k, names) for k in range(len(y.parents))]
        assert len(set(signs)) == len(y.parents)
        assert max(map(len, signs)) < 90  # however long the sum is


A, B = Value(3.0, "a"), Value(2.0, "b")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: A + A, ["d([a] + a)/d[a]", "d(a + [a])/d[a]"]),
        (lambda: A * A, ["d([a] * a)/d[a]", "d(a * [a])/d[a]"]),
        (lambda: A**A, ["d([a] ** a)/d[a]", "d(a ** [a])/d[a]"]),
        (lambda: 1 - A, ["d(1 - [a])/d[a]"]),
        (lambda: -A, ["d(-[a])/d[a]"]),
        (lambda: A.tanh(), ["d tanh([a])/d[a]"]),
        (lambda: maximum(A, A), ["d maximum([a], a)/d[a]", "d maximum(a, [a])/d[a]"]),
        (lambda: where(A > 0, A, B), ["d where(True, [a], b)/d[a]", "d where(True, a, [b])/d[b]"]),
        (lambda: fsum([A, A]), ["d([a] + a)/d[a]", "d(a + [a])/d[a]"]),
        (lambda: dot([A], [A]), ["d([a] * a)/d[a]", "d(a * [a])/d[a]"]),
        (
            lambda: dot([A, B], [A, 1.5], B),
            ["d([a] * a + ..)/d[a]", "d([b] * 1.5 + ..)/d[b]", "d(a * [a] + ..)/d[a]",
             "d(.. + [b])/d[b]"],
        ),
        (lambda: logsumexp([A, B]), ["d logsumexp([a], b)/d[a]", "d logsumexp(a, [b])/d[b]"]),
        (
            lambda: fsum([A, B, A, B]),
            ["d([a] + ..)/d[a]", "d(.. + [b] + ..)/d[b]", "d(.. + [a] + ..)/d[a]",
             "d(.. + [b])/d[b]"],
        ),
    ],
)  # fmt: skip
def test_edges_by_hand(make, expected):
    y = make()
    names = Names(node_names(y))
    assert [edge_text(y, k, names) for k in range(len(y.parents))] == expected


@given(expressions(max_nodes=8))
def test_in_latex_one_operand_of_the_operation_stands_in_brackets(program):
    root = program(*[Value(x, f"x_{i + 1}") for i, x in enumerate(program.inputs)])
    names = Names(node_names(root))
    for node in names:
        for k, x in enumerate(node.parents):
            whole = r"\\frac\{\\partial (.*)\}\{\\partial (\[.*\])\}"
            of, by = re.fullmatch(whole, edge_latex(node, k, names)).groups()
            assert by == f"[{names.latex[x]}]"
            assert of.count(by) == 1
            assert "<mtext>" not in inner_mathml(edge_latex(node, k, names))
            if len(node.operands) <= 3 and "where" not in of:
                unmarked = of.replace(by, by[1:-1])
                plain = latex(node, {p: names[p] for p in node.parents})
                assert plain in (unmarked, unmarked.removeprefix("(").removesuffix(")")) or (
                    "^" in plain  # a base in brackets is in braces, too
                )


def test_operations_of_ones_own():
    names = Names({A: "a", B: "b"})
    four = primitive("four", lambda a, b, c, d: a, (lambda a, b, c, d, y: 1,) * 4)
    silent = primitive("silent", lambda x: x, (lambda x, y: 1,), latex="s")
    assert edge_text(four(A, B, A, B), 1, names) == "d four(.., [b], ..)/d[b]"
    assert edge_latex(four(A, B, A, B), 0, names) == (
        r"\frac{\partial \operatorname{four}([a], \ldots)}{\partial [a]}"
    )
    assert edge_latex(silent(A), 0, names) == (
        r"\frac{\partial \operatorname{silent}([a])}{\partial [a]}"
    )
    assert edge_latex(where(A < 0, A, B), 0, names) == (
        r"\frac{\partial \operatorname{where}(\mathrm{false}, [a], b)}{\partial [a]}"
    )


def test_the_page_on_the_notation_shows_real_steps():
    page = Path(__file__).parents[2] / "docs/notation.md"
    told = [
        line[4:] for line in page.read_text(encoding="utf-8").splitlines() if line[:4] == "    "
    ]
    c = A * A
    c.label = "c"
    assert told == [step.text for step in backprop_steps(c)]
