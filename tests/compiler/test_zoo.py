"""Every program of the zoo, on every backend, gives the losses and gradients of the eager engine.

NumPy and the tape meet all of them in every run. In CI so do the loops of Numba, run as Python, and
JAX meets some; all are compiled for both, which takes seconds a program, in `.ci/run --full`.
"""

from functools import cache
from inspect import signature

import numpy as np
import pytest
from extent import IN_CI, WHOLE
from zoo import BACKENDS, FAMILIES, LARGEST_BATCH, PRECISION, eager, error, zoo

ZOO = zoo()
EVERY = [*ZOO]
SIZES = range(1, LARGEST_BATCH + 1)

pytestmark = pytest.mark.usefixtures("cache_of_its_own")


@cache
def beside(key):
    """(loss, parameters), examples, and the eager engine's answers."""
    made, examples = ZOO[key].made(), ZOO[key].examples()
    return made, examples, eager(made[0], made[1].parameters(), examples)


def agrees(key, backend, sizes=SIZES):
    made, examples, reference = beside(key)
    entry = ZOO[key]
    if backend in entry.refusals:
        with pytest.raises(ValueError, match="a function of floats; compose it of the functions"):
            entry.compiled(backend, made)
        return
    compiled = entry.compiled(backend, made)
    assert error(compiled, examples, reference, sizes) <= PRECISION, compiled.source


@pytest.mark.parametrize("key", EVERY)
def test_numpy(key):
    agrees(key, "numpy")


@pytest.mark.parametrize("key", EVERY)
def test_tape(key):
    pytest.importorskip("numba")
    agrees(key, "tape")


@pytest.mark.skipif(not IN_CI, reason="for CI")
@pytest.mark.parametrize("key", EVERY)
def test_loops_of_numba_as_python(key):
    pytest.importorskip("numba")
    from loops_as_python import loops_as_python

    with loops_as_python():
        agrees(key, "numba", (1, LARGEST_BATCH))


@pytest.mark.skipif(not WHOLE, reason="seconds a program")
@pytest.mark.parametrize("key", EVERY)
def test_numba(key):
    pytest.importorskip("numba")
    agrees(key, "numba")


@pytest.mark.skipif(not IN_CI, reason="for CI")
@pytest.mark.parametrize("place", range(len(EVERY)))
def test_jax(place):
    """It compiles anew for each size: a single example, as many as there are, and one between."""
    pytest.importorskip("jax")
    if not WHOLE and place % 8:
        pytest.skip("a second a program")
    between = 2 + place % (LARGEST_BATCH - 2)
    agrees(EVERY[place], "jax", (1, between, LARGEST_BATCH) if WHOLE else (1, LARGEST_BATCH))


@pytest.mark.parametrize("key", EVERY)
def test_examples_are_in_the_domain(key):
    """No number is nan or infinite, and some gradient is not 0."""
    (loss, _), _, (losses, gradients) = beside(key)
    assert [*signature(loss).parameters] == [*ZOO[key].inputs]
    assert np.isfinite(losses).all()
    assert np.isfinite(gradients).all()
    assert abs(gradients).max() > 1e-6


def test_there_are_many_and_each_has_a_name_of_its_own():
    assert len({entry.name for entry in ZOO.values()}) == len(ZOO) > 250
    assert {entry.family for entry in ZOO.values()} == set(FAMILIES)
    assert all(set(entry.refusals) <= set(BACKENDS) for entry in ZOO.values())


def test_a_wrong_gradient_is_an_error():
    """What holds programs against the eager engine sees a change in one number."""
    key = "lstm"
    made, examples, (losses, gradients) = beside(key)
    compiled = ZOO[key].compiled("numpy", made)
    largest = abs(gradients[:3]).max()
    changed = gradients.copy()
    changed[0, 5] += 1e-6 * largest
    assert error(compiled, examples, (losses, gradients), (3,)) < 1e-14
    assert error(compiled, examples, (losses, changed), (3,)) == pytest.approx(1e-6 / 3, rel=1e-6)
    assert error(compiled, examples, (losses * (1 + 1e-6), gradients), (1,)) > 1e-7
