"""Differential fuzzing: random programs, compiled, give what the eager engine gives.

Some 750 programs in CI, and 2,000 in `.ci/run --full`. What is random is the program, for the most
part: numbers come from a few seeds, so that Hypothesis shrinks a failure to the smallest net.
"""

import math

import pytest
from agreement import check, noise
from differential import fuzz
from extent import IN_CI, WHOLE

from autograd_mini import (
    Value,
    acos,
    compile,
    dot,
    exp,
    fsum,
    log,
    logsumexp,
    maximum,
    primitive,
    sin,
    sqrt,
)

CHUNKS = 8 if WHOLE else 3 if IN_CI else 1
PER_CHUNK = {"nets": 120, "graphs": 45, "expressions": 90}


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("kind", PER_CHUNK)
def test_random_programs(kind, chunk):
    """Layers in a row, many expressions at once, single ones; see differential.py."""
    least = {"least": 0.01} if kind == "nets" else {}
    fuzz(kind, PER_CHUNK[kind], chunk, lambda agrees, drawn: agrees(drawn, **least))


def test_what_noise_can_do():
    """At a kink it is the jump of the slope, where large terms cancel a part of them."""
    x, y = Value(0.3), Value(0.3)
    loss, by_x, by_y = noise([maximum(x + x, y + 0.3)], 1.0, [x, y], 1e-13)
    assert loss < 1e-12
    assert (by_x, by_y) == pytest.approx((2.0, 1.0))  # of (2, 0), (0, 1) and, on it, (1, 1/2)
    assert 1e-8 < noise([fsum([x * 1e6, y * -1e6, x])], 1.0, [], 1e-13)[0] < 1e-6
    loss, by_x, by_y = noise([x * y + sin(x)], 0.5, [x, y], 1e-13)
    assert max(loss, by_x, by_y) < 1e-12
    assert noise([acos(1.0 * Value(1.0))], 1.0, [], 1e-13) == math.inf


def test_two_thousand():
    assert 8 * sum(PER_CHUNK.values()) >= 2_000


# -- what was found, shrunk -----------------------------------------------------------------------


def test_equal_numbers_from_two_edges_are_both_counted():
    w = Value(0.5)
    check(lambda x: (exp(w) + w) + w - x, [[1.0, 2.0]], x=())


def test_a_constant_is_no_number_of_a_node():
    """y is node 1, beside the constant 1.0."""
    w = Value(2.0)
    batch = [[5.0, -7.0], [6.0, -8.0]]

    def loss(x, y):
        return maximum(x, y) * w + 3 * maximum(x, 1.0) * w

    check(loss, batch, x=(), y=())


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_loss_of_inputs_times_0(reduction):
    w = Value(2.0)
    check(lambda x: x * 0.0 + sin(w) * w, [[1.0, 2.0]], reduction=reduction, x=())
    check(lambda x: (x * 0.0 + sin(w)) * w, [[1.0, 2.0]], reduction=reduction, x=())
    check(lambda x: x - x, [[1.0, 2.0]], reduction=reduction, x=())


def test_a_gradient_that_is_the_number_of_examples():
    w = Value(2.0)
    check(lambda x: x + w, [[1.0, 2.0]], reduction="sum", x=())


def test_lists_of_lanes_of_several_arrays():
    """The first of each list are lanes of different arrays."""
    w = [Value(x) for x in (0.1, -0.4, 0.3, 0.7)]

    def loss(x, y):
        rows = [[x[0] * w[0], y * w[1]], [x[1] * w[2] + x[0] * w[1], exp(y) * w[3]], [x[2], y]]
        return fsum([logsumexp(r) for r in rows])

    check(loss, [[[1.0, 2.0, 3.0]], [0.5]], x=3, y=())


def test_a_triangle_whose_first_row_lies_in_another_array():
    rows = [[Value(0.3 * i - 0.1 * n) for i in range(n)] for n in (1, 2, 3)]

    def loss(x):
        logits = [[dot(w, [x[s][j] for s in range(len(w))]) for j in range(2)] for w in rows]
        return fsum([logsumexp(z) for z in logits])

    check(loss, [[[[1.0, 2.0], [0.5, -1.0], [3.0, 0.1]]]], x=(3, 2))


def test_a_sum_and_its_negative_in_a_product():
    w = [Value(0.5), Value(-1.5)]

    def loss(x):
        z = dot(w, x)
        return -z * w[0] + z * z - (x[0] - z) * -w[1]

    check(loss, [[[1.0, 2.0], [0.1, -3.0]]], x=2)


def test_a_sum_over_the_examples_along_the_last_axis():
    """Each position has weights of its own, and its feature twice."""
    weights = [[Value(0.5), Value(-1.5)], [Value(2.0), Value(0.25)]]

    def loss(x, y):
        found = [dot(w, [*xt, *xt]) for w, xt in zip(weights, x)]
        return fsum([(u - v[0]) ** 2 for u, v in zip(found, y)]) / 2

    batch = [[[[1.0], [2.0]], [[-0.5], [3.0]]], [[[0.1], [0.2]], [[0.3], [0.4]]]]
    check(loss, batch, parameters=weights, x=(2, 1), y=(2, 1))


def test_a_list_of_what_has_a_gradient_and_what_has_none():
    w = Value(0.5)
    check(lambda x: logsumexp([sin(w * x[0]), exp(x[1])]), [[[1.0, 2.0], [0.5, 0.25]]], x=2)


@pytest.mark.parametrize("backend", ["numpy", "tape"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_operations_of_ones_own_on_lists(backend, count):
    """The gradient is the partial's, whatever the forward's is; lists of one length are lanes of
    one array, here a triangle of them."""
    if backend == "tape":
        pytest.importorskip("numba")
    norm = primitive(
        "norm",
        lambda xs: sqrt(fsum([x * x for x in xs])),
        lambda i, xs, y: 2 * xs[i] / y,
        nary=True,
    )
    mean = primitive(
        "mean",
        lambda xs: exp(dot([log(x) for x in xs], [1 / len(xs)] * len(xs))),
        lambda i, xs, y: y / xs[i] / len(xs),
        nary=True,
        domain="(0, inf)",
    )
    w = [Value(0.5), Value(1.5), Value(2.0)]

    def loss(x):
        lists = [[w[i] * x[j] for i in range(count)] for j in range(3) for _ in range(j + 1)]
        return fsum([norm(xs) * mean([*xs, 2.0]) for xs in lists]) + mean(w) + norm([w[0]])

    check(loss, [[[1.0, 2.0, 3.0], [0.3, 0.2, 0.1]]], x=3, backend=backend)


def test_a_domain_does_not_make_a_rule_opaque():
    pytest.importorskip("numba")
    half_log = primitive(
        "half_log", lambda x: log(x) / 2, (lambda x, y: 1 / (2 * x),), domain="(0, inf)"
    )
    w = Value(0.5)
    check(lambda x: half_log(w * x), [[1.0, 2.0]], x=(), backend="tape")
    source = compile(lambda x: half_log(w * x), x=()).source
    assert "np.log" in source
    assert "half_log" not in source
