"""autograd-mini steps."""

import re
from pathlib import Path

import pytest
from shell import LINE, check_refused, table, told_gradients

from autograd_mini import gradients, step_through, topological_order
from autograd_mini.expressions import parse


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("expression", "variables", "expected"),
    [
        ("tanh(w*x + b)", {"w": 0.5, "x": 2, "b": 0.1}, None),
        ("a*b + 1", {"a": 0, "b": 3}, {"a": 3.0, "b": 0.0}),
        ("a + b", {"a": 0, "b": 0}, {"a": 1.0, "b": 1.0}),
        ("a*a*a", {"a": -2}, {"a": 12.0}),
        ("(a + a) + (a + a)", {"a": 1}, {"a": 4.0}),
        ("exp(a)", {"a": 0}, {"a": 1.0}),
        ("a", {"a": 0}, {"a": 1.0}),
        ("a", {"a": 7}, {"a": 1.0}),
        ("where(a > 0, a, b)", {"a": 2, "b": 3}, {"a": 1.0, "b": 0.0}),
        ("dot([a, b], [2, 3], 1)", {"a": 1, "b": 1}, {"a": 2.0, "b": 3.0}),
        ("v1*v2 + v1", {"v1": 2, "v2": 3}, {"v1": 4.0, "v2": 2.0}),
        ("logsumexp([a, b])", {"a": 1, "b": 1}, {"a": 0.5, "b": 0.5}),
        ("a - 3", {"a": -1e-3}, {"a": 1.0}),
    ],
)
def test_steps_ends_with_the_gradient_of_every_name(run, expression, variables, expected):
    done = run("steps", expression, *(f"{name}={number}" for name, number in variables.items()))
    assert (done.status, done.err) == (0, "")
    root = parse(expression, variables)
    leaves = {node.label: node for node in topological_order(root) if not str(node.op)}
    found = told_gradients(done.out)
    if expected is not None:
        assert {name: found.get(name, 0.0) for name in variables} == pytest.approx(expected)
    assert found == {name: gradients(root, [leaf])[0] for name, leaf in leaves.items()}


def test_steps_prints_the_forward_pass(run):
    rows = table(run("steps", *LINE).out, "forward pass")
    assert rows[0] == ["node", "made by", "data"]
    root = parse(LINE[0], {"w": 0.5, "x": 2, "b": 0.1})
    assert [float(row[-1]) for row in rows[1:]] == [x.data for x in topological_order(root)]
    assert [row[0] for row in rows[1:]][-1] == "y"
    assert [row[1] for row in rows[1:] if len(row) == 3] == ["w * x", "#1 + b", "tanh(#2)"]


@pytest.mark.parametrize("expression", ["tanh(w*x + b)", "(w*x + w)*x/b", "(b + w)*(b + x)*b"])
def test_every_step_of_the_backward_pass_is_a_product_added_to_a_sum(run, expression):
    variables = {"w": 0.5, "x": 2.0, "b": 0.25}
    out = run("steps", expression, *(f"{n}={v}" for n, v in variables.items())).out
    rows = table(out, "backward pass")
    assert rows[0] == ["step", "chain rule", "sum so far"]
    root = parse(expression, variables)
    assert len(rows) - 2 == sum(len(node.parents) for node in topological_order(root))
    assert rows[1] == ["0", "grad(y) = 1.0", "1.0"]
    sums = {"y": 1.0}
    for k, (number, rule, total) in enumerate(rows[2:], start=1):
        parent, node, upstream, local, product = re.fullmatch(
            r"grad\((\S+)\) \+= grad\((\S+)\) \* d.*/d\[\1\] = (\S+) \* (\S+) = (\S+)", rule
        ).groups()
        assert int(number) == k
        assert float(upstream) == sums[node]
        assert float(product) == float(upstream) * float(local)
        sums[parent] = sums.get(parent, 0.0) + float(product)
        assert float(total) == sums[parent]
    assert {name: sums[name] for name in variables} == told_gradients(out)


def test_steps_depth_first_says_what_is_wrong_and_what_is_right(run):
    expression = "dot(softmax([a, b]), [1, 2])"  # in which a sum is used twice
    variables = {"a": 2, "b": 1}
    right = parse(expression, variables)
    leaves = [node for node in topological_order(right) if node.label in variables]
    expected = dict(zip((x.label for x in leaves), gradients(right, leaves)))
    given = [f"{name}={number}" for name, number in variables.items()]
    told = table(run("steps", expression, *given, "--order", "depth_first").out, "gradients")
    assert {row[0][-2]: row[3] for row in told} == {
        name: f"wrong: {number} is right" for name, number in expected.items()
    }
    assert "wrong" not in run("steps", expression, *given).out
    only_leaves_are_shared = "a*a*(a*a)*0.1 + 0.2*a*a"
    assert "wrong" not in run("steps", only_leaves_are_shared, "a=3", "--order", "depth_first").out


@pytest.mark.smoke
def test_steps_writes_a_page_to_step_through(here, run):
    page = Path("new", "steps <1>.html")
    done = run("steps", *LINE, "--html", page)
    assert (done.status, done.err) == (0, "")
    assert done.out == run("steps", *LINE).out + f"\nwrote {page}\n"
    root = parse(LINE[0], {"w": 0.5, "x": 2, "b": 0.1})
    assert page.read_text(encoding="utf-8") == step_through(root, title=LINE[0]).page()
    assert [path.name for path in page.parent.iterdir()] == [page.name]


def test_steps_writes_the_order_that_was_asked_for(here, run):
    done = run("steps", "a + a", "a=1", "--order", "depth_first", "--html", "steps.html")
    assert "backward pass, depth first" in done.out
    root = parse("a + a", {"a": 1})
    expected = step_through(root, order="depth_first", title="a + a").page()
    assert (here / "steps.html").read_text(encoding="utf-8") == expected


def test_the_title_of_the_page_is_text(here, run):
    assert run("steps", "where(a < 3, a, 1)", "a=1", "--html", "steps.html").status == 0
    html = (here / "steps.html").read_text(encoding="utf-8")
    assert "<title>where(a &lt; 3, a, 1)</title>" in html


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_said(here, run):
    (here / "folder").mkdir()
    done = run("steps", *LINE, "--html", "folder")
    check_refused(done, "folder")
    assert done.out == ""
    long = f"fsum([{', '.join(['exp(a)'] * 600)}])"
    check_refused(run("steps", long, "a=1", "--html", "steps.html"), "602 nodes", "500")
    assert run("steps", long, "a=1").status == 0
    assert not (here / "steps.html").exists()


def test_steps_of_a_constant(run):
    done = run("steps", "2 + 3")
    assert (done.status, done.err) == (0, "")
    assert "5.0" in done.out
