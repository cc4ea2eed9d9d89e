"""Differential fuzzing of every backend but NumPy's, which test_against_eager.py fuzzes.

In CI each backend meets more than 2,000 programs. What a compiler would need seconds for runs as
Python: the loops of Numba by themselves, JAX operation by operation. Even so JAX compiles each
operation once for every shape, so it meets few of the programs that have shapes of their own. The
tape is compiled: all tapes have one interpreter.
"""

import os

import pytest
from agreement import check
from differential import KINDS
from hypothesis import Phase, given, seed, settings

from autograd_mini import Value, logsumexp, sin

CHUNKS = 8 if os.environ.get("CI") else 1
LOOPS = {"graphs": 100, "nets": 50, "expressions": 105}  # a chunk
JAX = {"graphs": 12, "nets": 4, "expressions": 240}
chunks = pytest.mark.parametrize("chunk", range(CHUNKS))
FOUND = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink what fails would take minutes


def fuzz(kind, count, chunk, test, phases=tuple(Phase)):
    """Run a test of (what says that a program agrees, the program) on so many of a kind."""
    strategy, agrees = KINDS[kind]

    def on_one(drawn):
        test(agrees, drawn)

    seed(chunk)(settings(max_examples=count, phases=phases)(given(strategy)(on_one)))()


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


@chunks
@pytest.mark.parametrize("kind", JAX)
def test_jax_operation_by_operation(kind, chunk):
    jax = pytest.importorskip("jax")

    def uncompiled(agrees, drawn):
        with jax.disable_jit():
            agrees(drawn, backend="jax")

    fuzz(kind, JAX[kind], chunk, uncompiled, FOUND)


@chunks
def test_jax_in_single_precision(chunk):
    jax = pytest.importorskip("jax")

    def uncompiled(agrees, drawn):
        with jax.disable_jit():
            agrees(drawn, backend="jax", dtype="float32", precision=1e-5)

    fuzz("expressions", 30, chunk, uncompiled, FOUND)


def test_a_list_of_one_parameter_has_an_axis():
    """logsumexp([z]) of a scalar, found by the above: JAX has no last axis of a number."""
    jax = pytest.importorskip("jax")
    w = Value(0.5)
    with jax.disable_jit():
        check(lambda x: logsumexp([sin(w)]) * x, [[1.0, 2.0]], x=(), backend="jax")


@chunks
def test_compiled_by_jax(chunk):
    pytest.importorskip("jax")
    fuzz("expressions", 6, chunk, lambda agrees, drawn: agrees(drawn, backend="jax"), FOUND)


def test_two_thousand():
    assert 8 * min(sum(LOOPS.values()), sum(JAX.values())) >= 2_000
