"""Random programs of three kinds, and that one has the loss and gradients of the eager engine."""

import pytest
from agreement import check
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from random_graphs import JITTER, graphs
from random_nets import nets

from autograd_mini import Value
from autograd_mini.testing import expressions, networks


def graph_agrees(drawn, **options):
    """Many expressions that share inputs and parameters; see random_graphs.py."""
    loss, rows, parameters = drawn
    options = {"parameters": parameters, "least": 1.0} | options

    def agrees():
        if rows[0]:
            check(loss, [rows], x=len(rows[0]), **options)
        else:
            check(loss(), **options)

    if loss.is_opaque and options.get("backend") in ("numba", "tape"):
        with pytest.raises(ValueError, match="own, a function of floats; compose it"):
            agrees()
    else:
        agrees()


def net_agrees(net, **options):
    """Layers in a row, over random shapes; see random_nets.py."""
    shapes = dict(net.shapes)
    options = {"least": 1.0} | options
    check(
        lambda *rows, **traced: net(**dict(zip(shapes, rows)), **traced),
        list(net.batch.values()),
        parameters=net.given_parameters,
        reduction=net.reduction,
        shapes=shapes,
        **options,
    )


def expression_agrees(drawn, **options):
    """A single expression, with any split of its inputs into parameters and placeholders."""
    expression, split, reduction = drawn
    values, rest = [Value(x) for x in expression.inputs[:split]], expression.inputs[split:]
    options |= {"parameters": values, "least": 1.0}
    if rest:
        rows = [[x * (1 + e) for x in rest] for e in JITTER]
        options |= {"reduction": reduction, "x": len(rest)}
        check(lambda x: expression(*values, *x), [rows], **options)
    else:
        check(expression(*values), **options)


splits = st.tuples(
    st.one_of(expressions(), networks()), st.integers(0, 4), st.sampled_from(["mean", "sum"])
)
KINDS = {
    "graphs": (graphs(), graph_agrees),
    "nets": (nets(), net_agrees),
    "expressions": (splits, expression_agrees),
}


def fuzz(kind, count, chunk, test, **options):
    """Run a test of (what says that a program agrees, the program) on so many of a kind."""
    strategy, agrees = KINDS[kind]

    def on_one(drawn):
        test(agrees, drawn)

    seed(chunk)(settings(max_examples=count, **options)(given(strategy)(on_one)))()
