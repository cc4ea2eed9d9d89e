"""Operations of one's own on a list."""

import cmath

import pytest

from autograd_mini import (
    DomainError,
    Value,
    exp,
    fsum,
    grad,
    gradients,
    latex,
    log,
    primitive,
    rerun,
)
from autograd_mini.formulas import Formula
from autograd_mini.testing import check_gradients

mean = primitive("mean", lambda xs: fsum(xs) / len(xs), lambda i, xs, y: 1 / len(xs), nary=True)
geometric = primitive(
    "geometric",
    lambda xs: exp(fsum(map(log, xs)) / len(xs)),
    lambda i, xs, y: y / (len(xs) * xs[i]),
    nary=True,
    domain="(0, inf)",
    latex=r"G(#*)",
    doc="The geometric mean.",
)


def test_it_is_one_node_of_any_length():
    xs = [Value(1.0), 4.0, Value(2.0), Value(5.0)]
    y = mean(xs)
    assert (y.data, str(y.op), y.operands) == (3.0, "mean", tuple(xs))
    y.backward()
    assert [x.grad for x in (xs[0], xs[2])] == [0.25, 0.25]
    assert mean([1, 2]) == 1.5
    assert rerun(y).data == 3.0
    assert geometric.__doc__ == "The geometric mean."


def test_its_derivatives_are_those_of_the_rule_to_any_order():
    check_gradients(lambda x: geometric(x), [1.0, 2.0, 4.0], order=2)
    x = [Value(2.0), Value(3.0)]
    [g] = gradients(geometric(x), x[:1], create_graph=True)
    again = grad(lambda a: grad(lambda b: geometric([b, 3.0]))(a))(2.0)
    assert gradients(g, x[:1])[0] == pytest.approx(again, rel=1e-14)


def test_its_domain_is_that_of_every_operand():
    assert geometric([2.0, 8.0]) == pytest.approx(4.0)
    with pytest.raises(DomainError, match=r"geometric\(\[xs\]\) needs xs in .*got 2.0, -1.0"):
        geometric([2.0, -1.0])
    small = primitive("small", fsum, lambda i, xs, y: 1, nary=True, domain="[0, 1]")
    assert small([0.0, 1.0]) == 1.0
    with pytest.raises(DomainError, match=r"small\(\[xs\]\) needs xs in \[0, 1\]; got 0.0, 2.0"):
        small([Value(0.0), 2.0])
    with pytest.raises(TypeError, match="expected a list of scalars"):
        geometric(2.0)


def test_it_is_typeset_by_its_own_template():
    x = [Value(1.0, "a"), Value(2.0, "b")]
    assert "a, b" in str(latex(geometric(x)))
    assert isinstance(mean([Formula("x")]), Formula)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"partials": (lambda i, xs, y: 1,)}, "needs one partial, a function"),
        ({"partials": lambda i, xs, y: 1, "domain": ["(0, 1)"]}, "one domain, a string"),
    ],
)
def test_what_it_cannot_be_is_refused(options, told):
    with pytest.raises(ValueError, match=told):
        primitive("f", sum, nary=True, **options)


def test_the_old_name_of_complex_forward_warns():
    rules = (lambda x, y: y,)
    with pytest.warns(DeprecationWarning, match="complex_forward="):
        f = primitive("f", abs, rules, complex=cmath.exp)
    assert f.complex_forward is cmath.exp
