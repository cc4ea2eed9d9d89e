"""What draw and steps share: an expression, and a number for each of its names."""

import pytest
from shell import check_refused, run_process, told_gradients, tree

from autograd_mini import gradients, topological_order
from autograd_mini.expressions import parse


@pytest.mark.parametrize("name", ["draw", "steps"])
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["w*x", "x=1"], ["'w' has no number", "w=1.5"]),
        (["fly(x)", "x=1"], ["unknown function 'fly'", "tanh"]),
        (["x +", "x=1"], ["cannot read 'x +'"]),
        (["x +\n\n", "x=1"], ["cannot read"]),
        (["", "x=1"], ["cannot read ''"]),
        (["x.data", "x=1"], ["x.data", "not allowed"]),
        (["__import__('os')"], ["unknown function '__import__'"]),
        (["[x, x]", "x=1"], ["a list, not one number"]),
        (["x*2", "x=1", "unused=2"], ["unused does not occur"]),
        (["log(x)", "x=0"], ["log(x) needs", "labelled 'x'"]),
        (["sqrt(x)", "x=-1"], ["sqrt(x) needs"]),
        (["1/x", "x=0"], ["divides by zero"]),
        (["exp(x)", "x=1000"], ["exp"]),
        (["x*2", "x"], ["expected NAME=NUMBER", "'x'"]),
        (["x*2", "x="], ["x: expected a number"]),
        (["x*2", "=2"], ["expected NAME=NUMBER"]),
        (["x*2", "2x=2"], ["expected NAME=NUMBER", "'2x=2'"]),
        (["x*2", "x=two"], ["x: expected a number, got 'two'"]),
        (["x*2", "x=inf"], ["x: expected a number, got 'inf'"]),
        (["x*2", "x=1", "x=2"], ["x is given twice"]),
        (["x" * 10_001, "x=1"], ["10001 characters"]),
        ([], ["expression"]),
    ],
)
def test_draw_and_steps_refuse_bad_input_in_one_line(here, run, name, arguments, told):
    before = tree(here)
    done = run(name, *arguments)
    check_refused(done, *told)
    assert done.out == ""
    assert tree(here) == before


@pytest.mark.parametrize("expression", ["-x", "-x*2", "- x", "-2*x", "-tanh(x)", "--x"])
def test_an_expression_may_start_with_a_minus(here, run, expression):
    done = run("steps", expression, "x=-3")
    assert (done.status, done.err) == (0, "")
    root = parse(expression, {"x": -3})
    [leaf] = [node for node in topological_order(root) if node.label == "x"]
    assert told_gradients(done.out) == {"x": gradients(root, [leaf])[0]}
    assert run("draw", expression, "x=-3").status == 0


@pytest.mark.parametrize("arguments", [["-hypot(x, 4)", "x=3"], ["-h*2", "h=1"], ["-out", "out=1"]])
def test_an_expression_may_begin_like_an_option(run, here, arguments):
    order = ["--order", "depth_first"]
    for words in ([*arguments, *order], [*order, "--", *arguments]):
        done = run("steps", *words)
        assert (done.status, done.err) == (0, "")
        assert "backward pass, depth first" in done.out


@pytest.mark.parametrize("name", ["draw", "steps"])
def test_h_alone_is_help(run, name):
    assert run(name, "-h") == run(name, "-x", "x=1", "--help")
    assert f"usage: autograd-mini {name} " in run(name, "-h").out


def test_draw_and_steps_take_names_in_any_unicode_form(here, run):
    for name in ("draw", "steps"):
        done = run(name, "\u00b5*2", "\u00b5=3")  # the micro sign; Python reads it as a mu
        assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("expression", ["1if x else 2", '"\\d"*x'])
def test_python_adds_no_warning_of_its_own_to_the_line(here, expression):
    check_refused(run_process("steps", expression, "x=1", options=["-W", "always"]))
