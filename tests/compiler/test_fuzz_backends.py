"""Differential fuzzing of every backend but NumPy's, which test_against_eager.py fuzzes.

In CI each backend meets more than 1,000 programs, in `.ci/run --full` twice as many. What a
compiler would need seconds for runs as Python: the loops of Numba by themselves, JAX operation by
operation. Even so JAX compiles each operation once for every shape, so it meets few of the programs
that have shapes of their own. The tape is compiled: all tapes have one interpreter. Tens of
programs are compiled for the others, too.
"""

from itertools import chain

import pytest
from agreement import check
from differential import fuzz
from extent import IN_CI, WHOLE
from hypothesis import Phase
from random_graphs import JITTER

from autograd_mini import Value, compile, dot, fsum, logsumexp, sin, tanh
from autograd_mini.testing.programs import STEEPEST

CHUNKS = 8 if WHOLE else 2 if IN_CI else 1
LOOPS = {"graphs": 100, "nets": 50, "expressions": 105}  # a chunk
JAX = {"graphs": 12 if WHOLE else 6, "nets": 4, "expressions": 240}
SINGLE = STEEPEST * 2**-24  # what inputs are rounded by, as far as programs may enlarge it
chunks = pytest.mark.parametrize("chunk", range(CHUNKS))
FOUND = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink what fails would take minutes


pytestmark = pytest.mark.usefixtures("cache_of_its_own")


@chunks
@pytest.mark.parametrize("kind", LOOPS)
def test_loops_and_tapes(kind, chunk):
    pytest.importorskip("numba")
    from loops_as_python import loops_as_python

    def both(agrees, drawn):
        with loops_as_python():
            agrees(drawn, backend="numba")
        agrees(drawn, backend="tape")

    fuzz(kind, LOOPS[kind], chunk, both)


@pytest.mark.parametrize("chunk", range(4 if WHOLE else 2 if IN_CI else 1))
def test_loops_compiled(chunk):
    """Several expressions at once, on eight examples in lanes and one more."""
    pytest.importorskip("numba")
    drawn = []
    fuzz("expressions", 6, chunk, lambda agrees, program: drawn.append(program[0]), phases=FOUND)
    inputs = [[Value(x) for x in expression.inputs] for expression in drawn]

    def loss(e):
        return fsum([f(*[x * (1 + e) for x in xs]) for f, xs in zip(drawn, inputs)])

    check(loss, [JITTER * 3], parameters=list(chain(*inputs)), least=1.0, e=(), backend="numba")


@chunks
@pytest.mark.parametrize("kind", JAX)
def test_jax_operation_by_operation(kind, chunk):
    jax = pytest.importorskip("jax")

    def uncompiled(agrees, drawn):
        with jax.disable_jit():
            agrees(drawn, backend="jax")

    fuzz(kind, JAX[kind], chunk, uncompiled, phases=FOUND)


@chunks
def test_jax_in_single_precision(chunk):
    jax = pytest.importorskip("jax")

    def uncompiled(agrees, drawn):
        with jax.disable_jit():
            agrees(drawn, backend="jax", dtype="float32", precision=SINGLE)

    fuzz("expressions", 30, chunk, uncompiled, phases=FOUND)


@chunks
def test_the_others_in_single_precision(chunk):
    pytest.importorskip("numba")
    from loops_as_python import loops_as_python

    def on_each(agrees, drawn):
        with loops_as_python():
            for backend in ("numpy", "numba", "tape"):
                agrees(drawn, backend=backend, dtype="float32", precision=SINGLE)

    fuzz("expressions", 30, chunk, on_each, phases=FOUND)


def test_a_list_of_one_parameter_has_an_axis():
    """logsumexp([z]) of a scalar, found by the above: JAX has no last axis of a number."""
    jax = pytest.importorskip("jax")
    w = Value(0.5)
    with jax.disable_jit():
        check(lambda x: logsumexp([sin(w)]) * x, [[1.0, 2.0]], x=(), backend="jax")


@chunks
def test_compiled_by_jax(chunk):
    pytest.importorskip("jax")
    fuzz("expressions", 6, chunk, lambda agrees, drawn: agrees(drawn, backend="jax"), phases=FOUND)


# -- training in place ----------------------------------------------------------------------------


def half_norm(xs, ws):
    """Its gradient is the parameters themselves."""
    return fsum([w * w for w in ws]) / 2 + 0.0 * xs[0]


def sums(xs, ws):
    """Its gradient is one number, for many parameters."""
    return fsum(ws) * 0.5 + 0.0 * xs[0]


def layer(xs, ws):
    return tanh(dot(ws, xs)) + fsum([w * w for w in ws])


def list_of_one(xs, ws):
    return logsumexp([sin(w * x) for w, x in zip(ws, xs)]) * ws[0]


@pytest.mark.parametrize("backend", ["numpy", "numba", "jax", "tape"])
@pytest.mark.parametrize("loss", [half_norm, sums, layer, list_of_one])
def test_training_in_place(loss, backend):
    """Momentum that is kept, and steps, change arrays in place: what the program gave, too."""
    if backend != "numpy":
        pytest.importorskip("jax" if backend == "jax" else "numba")
    batch = [[0.3, -0.2, 0.9], [1.0, 0.4, -0.5]]
    values = [Value(x) for x in (0.5, -0.7, 0.2)]
    program = compile(lambda x: loss(x, values), x=3, parameters=values, backend=backend)
    kept = None
    for _ in range(4):
        _, gradients = program.value_and_grad(batch)
        if kept is None:
            kept = gradients
        else:
            for velocity, gradient in zip(kept, gradients):
                velocity *= 0.9
                velocity += gradient
        for name, velocity in zip(program.parameters, kept):
            program.arrays[name] -= 0.1 * velocity
    speeds = [0.0] * len(values)
    for _ in range(4):
        for value in values:
            value.zero_grad()
        for row in batch:
            loss(row, values).backward(0.5)
        speeds = [0.9 * speed + value.grad for speed, value in zip(speeds, values)]
        for value, speed in zip(values, speeds):
            value.data -= 0.1 * speed
    trained = [value.data for value in values]
    program.sync()
    assert [value.data for value in values] == pytest.approx(trained, rel=1e-12)


def test_two_thousand():
    assert 8 * min(sum(LOOPS.values()), sum(JAX.values())) >= 2_000
