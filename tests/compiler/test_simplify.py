"""Rewriting: contractions as matrix products, a softmax that cannot overflow, composed rules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreter import evaluate

from autograd_mini import exp, primitive, where
from autograd_mini.compiler.arrays import BATCH, ArrayProgram
from autograd_mini.compiler.simplify import (
    as_matrix_products,
    composed,
    reachable,
    rewritten,
    stable_softmax,
)
from autograd_mini.primitives import TABLE

COUNT = 3


def operations(outputs):
    return {x.op if isinstance(x.op, str) else x.op.name for x in reachable(outputs)}


def leaf(program, name, axes, size):
    """An array with these axes, of which the batch, b, comes first."""
    shape = tuple(size[c] for c in axes)
    return program.input(name, shape[1:]) if axes[:1] == "b" else program.parameter(name, shape)


def numbers(rng, axes, size):
    return rng.normal(size=[COUNT if c == "b" else size[c] for c in axes])


# -- contractions ---------------------------------------------------------------------------------


@st.composite
def contractions(draw):
    """Letters with any axes on either side, none too, and the batch first where it is."""

    def some(letters):
        chosen = [c for c in letters if draw(st.booleans())]
        return "b" * draw(st.booleans()) + "".join(draw(st.permutations(chosen)))

    one, other = some("ijkl"), some("ijkl")
    both = draw(st.booleans())
    there = sorted(set(one + other * both) - {"b"})
    kept = [c for c in there if draw(st.booleans())]
    batch = "b" * ("b" in one + other * both and draw(st.booleans()))
    out = batch + "".join(draw(st.permutations(kept)))
    return [one, other] if both else [one], out, dict(zip("ijkl", draw(sizes)))


sizes = st.tuples(*[st.integers(1, 3)] * 4)


@given(contractions())
def test_contractions_are_what_einsum_says(drawn):
    names, out, size = drawn
    program, rng = ArrayProgram(), np.random.default_rng(0)
    given_numbers = [numbers(rng, axes, size) for axes in names]
    operands = [leaf(program, i, axes, size | {"b": BATCH}) for i, axes in enumerate(names)]
    letters = f"{','.join(names)}->{out}"
    y = program.contract(letters, *operands)
    [rewrite] = rewritten([y], as_matrix_products)
    table = dict(enumerate(given_numbers))
    [found] = evaluate([rewrite], COUNT, table, table)
    assert "contract" not in operations([rewrite])
    assert np.allclose(found, np.einsum(letters, *given_numbers), rtol=1e-12, atol=1e-12)


@given(st.sampled_from(["b", "bi", "bij", "ij", "i", ""]))
def test_the_sum_of_the_squares_of_an_array(axes):
    size = {"b": BATCH, "i": 2, "j": 3}
    program, rng = ArrayProgram(), np.random.default_rng(0)
    x = leaf(program, 0, axes, size)
    table = {0: numbers(rng, axes, size)}
    for y in program.contract(f"{axes},{axes}->", x, x), program.contract(f"{axes}->", x * x):
        [rewrite] = rewritten([y], as_matrix_products)
        assert evaluate([rewrite], COUNT, table, table)[0] == pytest.approx((table[0] ** 2).sum())


@pytest.mark.parametrize(
    ("letters", "made_by"),
    [
        ("bi,oi->bo", {"matmul", "transpose"}),  # x @ W.T
        ("bo,bi->oi", {"matmul", "transpose"}),  # dz.T @ x
        ("bo,oi->bi", {"matmul"}),  # dz @ W
        ("bi,i->b", {"matmul"}),  # x @ w
        ("i,oi->o", {"matmul", "transpose"}),  # v @ W.T
        ("b,bi->i", {"matmul"}),  # e @ x
        ("i,i->", {"matmul"}),
        ("btj,bsj->bts", {"matmul", "transpose"}),  # attention
        ("bhtj,bhsj->bhts", {"matmul", "transpose"}),
        ("bti,oi->bto", {"matmul", "transpose"}),  # weights shared by positions
        ("bi,bi->bi", {"*"}),
        ("bi,i->bi", {"*"}),
        ("bi->b", {"sum"}),
        ("bi->i", {"sum"}),
    ],
)
def test_products_that_have_a_name(letters, made_by):
    size = {c: 2 + i for i, c in enumerate("hijost")} | {"b": BATCH}
    program = ArrayProgram()
    names = letters.split("->")[0].split(",")
    y = program.contract(letters, *[leaf(program, i, n, size) for i, n in enumerate(names)])
    used = operations(rewritten([y], as_matrix_products)) - {"input", "parameter"}
    assert used - {"reshape"} == made_by


@pytest.mark.parametrize(
    "letters", ["bo,bi->oi", "bo,bi->io", "ij,jk->ik", "ij,jk->ki", "bi,oi->bo"]
)
def test_the_factors_are_in_the_order_of_the_result(letters):
    """(A B)' is B' A': the product itself is not transposed."""
    size = {c: 2 + i for i, c in enumerate("ijko")} | {"b": BATCH}
    program = ArrayProgram()
    names = letters.split("->")[0].split(",")
    y = program.contract(letters, *[leaf(program, i, n, size) for i, n in enumerate(names)])
    [product] = rewritten([y], as_matrix_products)
    assert product.op == "matmul"


# -- softmax --------------------------------------------------------------------------------------


def test_logsumexp_and_softmax_of_large_logits():
    program = ArrayProgram()
    z = program.input("z", (3,))
    lse = program.logsumexp(z)
    p = exp(z - program.reshape(lse, (BATCH, 1)))
    outputs = rewritten([lse, p], stable_softmax)
    assert "logsumexp" not in operations(outputs)
    logits = np.array([[1e4, 1e4, -1e4], [-1e5, -1e5, -1e5], [1.0, 2, 3]])
    found, probabilities = evaluate(outputs, COUNT, {"z": logits})
    shifted = logits - logits.max(1, keepdims=True)
    expected = np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True)
    assert np.allclose(probabilities, expected, rtol=1e-15)
    assert np.allclose(found, logits.max(1) + np.log(np.exp(shifted).sum(1)), rtol=1e-15)


def test_other_exponentials_of_differences_stay():
    program = ArrayProgram()
    z, other = program.input("z", (3,)), program.input("y", (3,))
    lse = program.reshape(program.logsumexp(other), (BATCH, 1))
    [y] = rewritten([exp(z - lse)], stable_softmax)
    assert "/" not in operations([y])
    numbers_ = {"z": np.arange(9.0).reshape(3, 3), "y": np.ones((3, 3))}
    expected = np.exp(numbers_["z"] - (1 + np.log(3)))
    assert np.allclose(evaluate([y], COUNT, numbers_)[0], expected)


@given(st.permutations(range(3)), st.integers(0, 2))
def test_a_softmax_takes_its_own_rows_along_any_axis(order, axis):
    """z[h, i, j] less the logsumexp of z[h, j], say, is not a softmax; all sizes are 2, so that any
    column fits."""
    program = ArrayProgram()
    z = program.parameter(0, (2, 2, 2))
    lse = program.logsumexp(program.transpose(z, order))
    column = program.reshape(lse, tuple(1 if i == axis else 2 for i in range(3)))
    [y] = rewritten([exp(z - column)], stable_softmax)
    is_softmax = order[2] == axis and order[0] < order[1]
    assert ("/" in operations([y])) == is_softmax
    logits = np.arange(8.0).reshape(2, 2, 2) ** 0.5
    sums = np.log(np.exp(logits.transpose(order)).sum(2))
    expected = np.exp(logits - np.expand_dims(sums, axis))
    assert np.allclose(evaluate([y], 1, {}, {0: logits})[0], expected)


# -- operations that a library does not have ------------------------------------------------------


@pytest.mark.parametrize("name", ["gelu", "mish", "silu", "elu", "log1p", "relu"])
def test_what_is_not_known_is_composed(name):
    row, program = TABLE[name], ArrayProgram()
    x = program.input("x", (2,))
    operands = (x, *row.defaults)
    y = row.apply(operands)
    known = {"exp", "tanh", "erf", "+", "-", "*", "/", "neg", "log", "log1p", "softplus", "maximum"}
    [rewrite] = rewritten([y], composed(known))
    assert (name in operations([rewrite])) == (name in known)
    points = np.linspace(-2, 3, 2 * COUNT).reshape(COUNT, 2)
    points = np.abs(points) if name == "log1p" else points
    expected = [[row.evaluate([v, *row.defaults]) for v in r] for r in points.tolist()]
    assert np.allclose(evaluate([rewrite], COUNT, {"x": points})[0], expected, rtol=1e-14)


def test_a_function_of_floats_stays():
    import math

    opaque = primitive("opaque", lambda x: math.lgamma(x), partials=(lambda x, y: 1 / x,))
    program = ArrayProgram()
    [y] = rewritten([opaque.apply((program.input("x", ()),))], composed(()))
    assert y.op is opaque


def test_what_comes_out_a_number_keeps_its_shape():
    """where(1.0 > 0, 1.0, alpha) is 1.0, whatever alpha is."""
    op = primitive(
        "positive_part",
        lambda x, alpha: where(x > 0, x, alpha),
        partials=(lambda x, alpha, y: x, lambda x, alpha, y: x),
    )
    program = ArrayProgram()
    alpha = program.input("alpha", (3,))
    total = program.contract("bi->b", op.apply((1.0, alpha)))
    [y] = rewritten([total], composed(()))
    assert evaluate([y], 2, {"alpha": np.zeros((2, 3))})[0].tolist() == [3, 3]


# -- rewriting ------------------------------------------------------------------------------------


def test_rewriting_keeps_what_is_needed():
    program = ArrayProgram()
    x, w = program.input("x", (3,)), program.parameter(0, (3,))
    y, unused = x * w, x + w
    y.gradient_of, y.scalars = w, np.array([4, 5, 6])
    z = program.contract("bi->b", y)
    [result] = rewritten([z], lambda x, args: None)
    arrays = reachable([result])
    assert [a.op for a in arrays[:2]] == ["input", "parameter"]
    assert len(arrays) == 4
    product = arrays[2]
    assert product.gradient_of is arrays[1]
    assert product.scalars.tolist() == [4, 5, 6]
    assert unused not in reachable([z])
    assert result.program is not program
