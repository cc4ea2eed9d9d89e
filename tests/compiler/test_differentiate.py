"""Reverse mode on array programs against the complex step, which knows no adjoint.

For every program f and random g, d<f(x), g>/dx as gradients() finds it is Im <f(x + ih), g> / h.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interpreter import evaluate

from autograd_mini import Value, compile, logsumexp, sigmoid, sqrt
from autograd_mini.compiler.arithmetic import SELECT
from autograd_mini.compiler.arrays import BATCH, ArrayProgram
from autograd_mini.compiler.differentiate import contracted, gradients
from autograd_mini.primitives import TABLE
from autograd_mini.testing.points import operand_intervals

COUNT, STEP = 3, 1e-30
LETTERS = "abcdefgh"


def numbers_for(program, rng, low=0.5, high=2.0):
    """Numbers for the inputs and the parameters."""
    inputs, parameters = {}, {}
    for x in program.arrays:
        if x.op == "input":
            inputs[x.info] = rng.uniform(low, high, (COUNT, *x.shape[1:]))
        elif x.op == "parameter":
            parameters[x.info] = rng.uniform(low, high, x.shape)
    return inputs, parameters


def check(y, seed=0, low=0.5, high=2.0):
    """The gradients of <y, g> by every input and parameter; g is an array, so that nothing
    simplifies away, and then a number."""
    program, rng = y.program, np.random.default_rng(seed)
    inputs, parameters = numbers_for(program, rng, low, high)
    leaves = [x for x in program.arrays if x.op in ("input", "parameter")]
    letters = LETTERS[: len(y.shape)]
    weights = program.constant(rng.normal(size=[n for n in y.shape if n > 0])) * 1.0
    for g in (weights, 2.0):
        total = program.contract(f"{letters}->", program.broadcast(y * g, y.shape))
        found = evaluate(gradients(total, leaves), COUNT, inputs, parameters)
        for x, gradient in zip(leaves, found):
            table = inputs if x.op == "input" else parameters
            expected = np.zeros(table[x.info].shape)
            for at in np.ndindex(expected.shape):
                moved = {k: v.astype(complex) for k, v in table.items()}
                moved[x.info][at] += 1j * STEP
                both = (moved, parameters) if table is inputs else (inputs, moved)
                [value] = evaluate([total], COUNT, *both)
                expected[at] = value.imag / STEP
            largest = max(np.abs(expected).max(initial=0), 1)
            assert np.abs(gradient - expected).max(initial=0) <= 1e-11 * largest, x


def arrays(*shapes):
    """An input of the first shape, parameters of the others."""
    program = ArrayProgram()
    return (
        program,
        program.input("x", shapes[0]),
        *[program.parameter(i, s) for i, s in enumerate(shapes[1:])],
    )


# -- elementwise ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n, row in TABLE.items() if len(row.arguments) == 1])
def test_functions_of_one_operand(name):
    """The rules of the table, run on Arrays; against the rules run on Values."""
    row = TABLE[name]
    if not row.partials:
        pytest.skip("an operation on a list")
    [interval] = operand_intervals(row, 1)
    low, high = max(interval.low, -2.0) + 0.05, min(interval.high, 2.0) - 0.05
    program, x, w = arrays((2, 2), (2,))
    points = np.linspace(low, high, 4 * COUNT).reshape(COUNT, 2, 2)
    y = row.apply((x,))
    total = program.contract("bij,j->", program.broadcast(y, x.shape), w)
    weights = np.array([1.0, -3.0])
    [gradient] = evaluate(gradients(total, [x]), COUNT, {"x": points}, {0: weights})
    for at in np.ndindex(points.shape):
        v = Value(points[at])
        out = row(v)
        out.backward()
        assert gradient[at] == pytest.approx(v.grad * weights[at[-1]], rel=1e-12, abs=1e-12)


BROADCASTS = [
    ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), ()), ((1, 3), (2, 1)), ((3,), (1,)),
    ((1,), (1,)), ((2, 1, 3), (4, 1)),
]  # fmt: skip


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "power"])
@pytest.mark.parametrize("shapes", BROADCASTS)
def test_functions_of_two_operands_that_broadcast(name, shapes):
    def op(a, b):
        return TABLE[name].apply((a, b))

    program, x, w = arrays(*shapes)
    check(op(x, w))
    check(op(w, x))
    check(op(w, program.parameter(1, shapes[1])))
    check(op(x, x))
    check(op(x, 3.0))
    check(op(2.0, x))


@pytest.mark.parametrize("sign", SELECT)
def test_where(sign):
    _, x, w, a = arrays((2, 3), (3,), (2, 1))
    check(SELECT[sign].apply((x, w, a * x, w * w)))
    check(SELECT[sign].apply((x, 1.2, a, 0.0)))
    check(SELECT[sign].apply((w, 1.2, 1.0, w * x)))


# -- sums of products -----------------------------------------------------------------------------


def contractions():
    """Letters of one or two operands, the batch being b; and sizes."""
    letter = st.sampled_from("bijk")
    axes = st.lists(letter, unique=True, max_size=3).map("".join)
    return st.tuples(axes, axes, st.booleans(), st.data())


@given(contractions(), st.tuples(*[st.integers(1, 3)] * 3))
def test_contractions(drawn, sizes):
    one, other, two, data = drawn
    size = dict(zip("ijk", sizes)) | {"b": BATCH}
    there = sorted(set(one + other * two))
    kept = [c for c in there if data.draw(st.booleans())]
    out = "b" * ("b" in kept) + "".join(data.draw(st.permutations([c for c in kept if c != "b"])))
    program = ArrayProgram()

    def leaf(i, axes):
        shape = tuple(size[c] for c in axes)
        if "b" not in axes:
            return program.parameter(i, shape)
        batch_first = tuple(n for n in shape if n != BATCH)
        x = program.input(f"x{i}", batch_first)
        others = [c for c in axes if c != "b"]
        return program.transpose(x, [0 if c == "b" else 1 + others.index(c) for c in axes])

    operands = [leaf(0, one), leaf(1, other)][: 1 + two]
    y = program.contract(f"{','.join([one, other][: 1 + two])}->{out}", *operands)
    check(y)
    if two and one == other:
        check(program.contract(f"{one},{other}->{out}", operands[0], operands[0]))


def test_contractions_leave_out_what_is_constant_along_an_axis():
    program = ArrayProgram()
    w = program.parameter(0, (3, 1))
    total = contracted(program, "ij->i", [(w, (3, 4))])  # a sum of 4 equal terms
    numbers = {0: np.array([[1.0], [2], [3]])}
    assert evaluate([program.reshape(total, (3,))], 1, {}, numbers)[0].tolist() == [4, 8, 12]
    n = contracted(program, "b->", [(2.0, (BATCH,))])
    assert evaluate([n], 5)[0] == 10
    assert contracted(program, "ij->", [(0.5, (3, 4))]) == 6.0
    kept = contracted(program, "i,j->ij", [(program.parameter(1, (1,)), (3,)), (1.0, (4,))])
    assert kept.shape == (1, 1)


def test_logsumexp():
    program, x, w = arrays((2, 3), (3,))
    check(program.logsumexp(x))
    check(program.logsumexp(w))
    check(program.logsumexp(x * w))
    check(program.logsumexp(w) * x)
    assert logsumexp([0.0, 0.0]) == pytest.approx(np.log(2))


# -- views ----------------------------------------------------------------------------------------


def views():
    """Programs of one view each, of x of shape (batch, 2, 3) and w of shape (4, 3)."""

    def slices(p, x, w):
        return p.slice(x, [None, (0, 1), (1, 3)]), p.slice(w, [(1, 3), None])

    def reshapes(p, x, w):
        return p.reshape(x, (BATCH, 6)), p.reshape(w, (2, 1, 6)), p.reshape(x, (2 * BATCH, 3))

    def transposes(p, x, w):
        return (
            p.transpose(x, (0, 2, 1)),
            p.transpose(w, (1, 0)),
            p.transpose(p.reshape(x, (BATCH, 2, 3, 1)), (0, 3, 2, 1)),
        )

    def broadcasts(p, x, w):
        row = p.reshape(w, (4, 3, 1))
        return p.broadcast(row, (4, 3, 2)), p.broadcast(p.slice(x, [None, (0, 1), None]), x.shape)

    def gathers(p, x, w):
        return (
            p.gather(x, np.array([[5, 0], [0, 3]])),
            p.gather(w, np.array([11, 2, 2, 7, 2])),
            p.gather(w, np.array([1])),
        )

    def concatenations(p, x, w):
        part = p.slice(w, [(0, 2), None])
        return (
            p.concatenate([w, part, w], 0),
            p.concatenate([x, p.broadcast(part, x.shape)], 2),
            p.concatenate([x, 2.0 * x], 1),
        )

    return [slices, reshapes, transposes, broadcasts, gathers, concatenations]


@pytest.mark.parametrize("make", views(), ids=lambda make: make.__name__)
@pytest.mark.parametrize("case", range(3))
def test_views(make, case):
    program, x, w = arrays((2, 3), (4, 3))
    made = make(program, x, w)
    if case < len(made):
        y = made[case]
        check(y)
        check(y * y)


def test_what_is_put_back_is_linear():
    """scatter and assemble, the adjoints of gather and slice, are the transposed maps:
    <scatter(g), x> = <g, gather(x)>, and likewise for slice."""
    program, rng = ArrayProgram(), np.random.default_rng(1)
    x = program.input("x", (2, 3))
    gathered = program.gather(x, np.array([[5, 0], [0, 3]]))
    g = program.input("g", (2, 2))
    back = program.scatter(g, gathered.info, x.shape)
    cut = program.slice(x, [None, (1, 2), (0, 2)])
    h = program.input("h", (1, 2))
    other = program.assemble([h, h], [(0, 1, 0), (0, 0, 1)], x.shape)
    numbers = {"x": rng.normal(size=(COUNT, 2, 3)), "g": rng.normal(size=(COUNT, 2, 2)),
               "h": rng.normal(size=(COUNT, 1, 2))}  # fmt: skip
    a, b, c, d = evaluate([gathered, back, cut, other], COUNT, numbers)
    assert (a * numbers["g"]).sum() == pytest.approx((b * numbers["x"]).sum())
    expected = (c * numbers["h"]).sum() + (numbers["h"] * numbers["x"][:, :1, 1:]).sum()
    assert (d * numbers["x"]).sum() == pytest.approx(expected)


# -- whole programs -------------------------------------------------------------------------------


def test_what_does_not_matter_has_gradient_0():
    program, x, w = arrays((3,), (3,))
    total = program.contract("bi->", x)
    [dw] = evaluate(gradients(total, [w]), COUNT, {"x": np.ones((COUNT, 3))})
    assert dw.tolist() == [0, 0, 0]


def test_all_ways_to_an_array_are_added_up():
    program = ArrayProgram()
    w = program.parameter(0, ())
    e = TABLE["exp"].apply((w,))
    for y in ((e + w) + w, w + w * w, w * w * w, e * e + w - w, 2.0 * w + 3.0 * w):
        check(program.reshape(y, (1,)))


def test_the_number_of_examples_is_a_constant():
    program, x, w = arrays((), ())
    y = program.contract("b->", x * w) / program.count()
    check(program.reshape(y, (1,)))


def test_sums_over_slices_are_put_side_by_side():
    """The halves of x: its gradient is a concatenation, not zeros to which two things are added."""
    program, x = arrays((4,))
    left, right = program.slice(x, [None, (0, 2)]), program.slice(x, [None, (2, 4)])
    total = program.contract("bi,bi->", left, right)
    [dx] = gradients(total, [x])
    assert dx.op == "concatenate"
    check(left * right)
    check(sqrt(left) * right + left)


STEPS = [
    lambda p, x: x * x,
    lambda p, x: 0.5 * x + 1.0,
    lambda p, x: TABLE["exp"].apply((-x,)),
    lambda p, x: TABLE["log"].apply((x * x + 1.0,)),
    lambda p, x: p.reshape(x, (*x.shape[:1], *x.shape[:0:-1])),
    lambda p, x: p.transpose(x, (0, 2, 1)),
    lambda p, x: p.slice(x, [None, (0, max(1, x.shape[1] - 1)), None]),
    lambda p, x: p.concatenate([x, x * 0.3], 1),
    lambda p, x: p.gather(x, np.arange(x.size)[::-1].reshape(x.shape[1:]) // 2),
    lambda p, x: x / p.reshape(p.logsumexp(x) + 9.0, (*x.shape[:-1], 1)),
    lambda p, x: x - p.reshape(p.contract("bij->bj", x), (BATCH, 1, x.shape[2])) / 3.0,
    lambda p, x: p.contract("bij,bkj->bik", x, x) * 0.1,
    lambda p, x: x * p.reshape(p.contract("bij->ij", x), (1, *x.shape[1:])) * 0.1,
    lambda p, x: SELECT["<"].apply((x, 0.7, x * 2.0, 1.0)),
]


@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=5))
def test_random_programs(steps):
    program, y = arrays((2, 2))
    for step in steps:
        if y.size <= 8:
            y = step(program, y)
    check(y, low=0.4, high=1.1)


def test_the_gradient_of_a_sigmoid_uses_what_the_forward_pass_has():
    """The rule's y * sigmoid(-x) is the textbook's h * (1 - h), once h is an array."""
    w = Value(0.5, "w")
    program = compile(lambda x: sigmoid(w * x), x=(), parameters=[w])
    assert program.source.count("np.exp") == 1
    assert "(1 - h)" in program.source
