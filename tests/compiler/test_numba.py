"""The Numba backend: generated loops, as plain Python and compiled, against the eager engine."""

import builtins
import random
import sys

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from agreement import check, matrix, vector  # noqa: E402
from loops_as_python import loops_as_python  # noqa: E402
from table_points import ROWS, all_rows, assert_close, points  # noqa: E402

import nn  # noqa: E402
from autograd_mini import (  # noqa: E402
    Value,
    atan2,
    compile,
    dot,
    elu,
    exp,
    fsum,
    log,
    primitive,
    softmax,
    tanh,
)
from autograd_mini.compiler.backends import jit, tape  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning"),
    pytest.mark.usefixtures("cache_of_its_own"),
]


def moons():
    rng = random.Random(0)
    model = nn.MLP(2, [16, 16, 1], rng=rng)

    def loss(x, y):
        return nn.losses.hinge(model(x), y) + 1e-4 * nn.losses.l2(model.parameters())

    return model, loss


def batch(count):
    rng = np.random.default_rng(count)
    return rng.normal(size=(count, 2)), rng.choice([-1.0, 1.0], count)


# -- agreement with the eager engine --------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 7, 8, 9, 24, 100])
def test_any_number_of_examples_in_blocks_of_eight_and_the_rest(count):
    model, loss = moons()
    check(loss, batch(count), parameters=model, x=2, y=(), backend="numba")


def test_attention_and_softmax_compiled():
    rng = random.Random(1)
    queries, keys, values = (matrix(rng, 3, 4) for _ in range(3))

    def loss(x):
        q, k, v = ([[dot(w, t) for w in m] for t in x] for m in (queries, keys, values))
        weights = [softmax([dot(a, b) for b in k[: i + 1]]) for i, a in enumerate(q)]
        mixed = [[dot(w, [t[c] for t in v[: i + 1]]) for c in range(3)]
                 for i, w in enumerate(weights)]  # fmt: skip
        return fsum([tanh(t) ** 2 for row in mixed for t in row])

    x = np.random.default_rng(0).normal(size=(9, 4, 4))
    check(loss, [x], x=(4, 4), reduction="sum", backend="numba")


def test_parameters_are_gathered_and_scattered():
    w = vector(random.Random(2), 6)
    order = [3, 1, 1, 5, 0, 3, 2]
    x = np.random.default_rng(0).normal(size=(10, 7))
    check(lambda x: exp(dot([w[i] for i in order], x) / 9), [x], x=7, backend="numba")


def test_outputs_are_those_of_numpy():
    x, _ = batch(21)
    wide = nn.MLP(2, [4, 3], rng=random.Random(0))
    programs = [compile(wide, x=2, parameters=wide, backend=b) for b in ("numba", "numpy")]
    ours, theirs = (program.predict(x) for program in programs)
    assert ours.shape == (21, 3)
    np.testing.assert_allclose(ours, theirs, rtol=1e-13)


def test_inputs_may_be_strided_read_only_or_integers():
    model, loss = moons()
    program = compile(loss, x=2, y=(), parameters=model, backend="numba")
    x, y = batch(20)
    x = np.round(4 * x)
    frozen = x.copy()
    frozen.setflags(write=False)
    expected, _ = program.value_and_grad(x, y)
    for given_x in (np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2], frozen, x.astype(int)):
        assert program.value_and_grad(given_x, y)[0] == expected


def test_results_of_one_call_stay_as_they_are_in_the_next():
    model, loss = moons()
    program = compile(loss, x=2, y=(), parameters=model, backend="numba")
    _, first = program.value_and_grad(*batch(9))
    kept = [g.copy() for g in first]
    program.value_and_grad(*batch(10))
    for g, copy in zip(first, kept):
        np.testing.assert_array_equal(g, copy)


# -- the rule table -------------------------------------------------------------------------------


def gradients_of_all_rows(backend):
    root, leaves, partials = all_rows()
    program = compile(root, parameters=leaves, backend=backend)
    _, found = program.value_and_grad()
    gradient = np.empty(len(leaves))
    for places, array in zip(program._compiled.places, found):
        gradient[places] = array
    return gradient, partials


def names_of_partials():
    return [(row.name, p, i) for row in ROWS for p, _, s in points(row) for i in range(len(s))]


def test_every_row_has_the_partials_of_the_table_as_python():
    with loops_as_python():
        found, expected = gradients_of_all_rows("numba")
    assert_close(found, expected, names_of_partials())


def test_every_row_has_the_partials_of_the_table_compiled():
    found, expected = gradients_of_all_rows("numba")
    assert_close(found, expected, names_of_partials())


def test_every_row_has_the_values_of_the_table_in_lanes_too():
    """Eight equal examples are one block of lanes, the ninth is computed as one."""
    places, values, names = [], [], []
    for row in ROWS:
        for point, y, _ in points(row)[::3]:
            places.append((row, point))
            values.append(y)
            names.append((row.name, point))
    numbers = [x for _, point in places for x in point]

    def outputs(x):
        rest = iter(x)
        return [row.apply([next(rest) for _ in point]) for row, point in places]

    program = compile(outputs, x=len(numbers), backend="numba")
    found = program.predict(np.array([numbers] * 9))
    assert_close(found[0], values, names)
    assert_close(found[8], values, names)


def test_a_function_of_floats_is_refused():
    w = Value(1.0)
    odd = primitive("odd", lambda x: float(int(x)), (lambda x, y: 0,))
    with pytest.raises(ValueError, match="cannot compile odd, a function of floats; compose it"):
        compile(lambda x: w * odd(x), x=(), backend="numba")


def test_a_composed_function_of_ones_own_is_compiled():
    cubic = primitive("cubic", lambda x: x * x * tanh(x), (lambda x, y: 2 * y / x + x * x - 3,))
    w = Value(0.5)
    check(lambda x: cubic(w * x), [[0.7, 1.2]], x=(), backend="numba")


def test_a_number_that_no_input_reaches_counts_for_every_example():
    """elu(0.591, alpha) is 0.591 whatever alpha is; in lanes its sum was taken once a block."""
    w, batch = Value(0.3), [[0.1 + 0.01 * i for i in range(37)]]
    check(lambda x: w * x + w * log(elu(0.591, x)), batch, x=(), backend="numba")


def test_eight_examples_keep_the_sign_of_zero_as_one_does():
    program = compile(lambda y, x: [atan2(y, x)], y=(), x=(), backend="numba")
    angles = program.predict(np.full(9, -0.0), np.full(9, -1.0))
    assert np.ravel(angles).tolist() == [-np.pi] * 9


# -- source and files -----------------------------------------------------------------------------


def test_the_source_is_loops_named_after_the_arrays():
    model, loss = moons()
    source = compile(loss, x=2, y=(), parameters=model, backend="numba").source
    assert "s = s + W1[i, j] * x[j]" in source
    assert "dW1[i, j] += total(dz1[i] * x[j])" in source


def test_compiled_code_is_kept_on_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    source = (
        "from autograd_mini.compiler.backends.runtime import *\n@jit\ndef f(x):\n    return x + 1\n"
    )
    assert jit.load(source)["f"](1.0) == 2.0
    [file] = (tmp_path / "autograd-mini").glob("*")
    before = file.stat().st_mtime_ns
    again = jit.load(source)["f"]
    assert again(1.0) == 2.0
    assert sum(again.stats.cache_hits.values()) == 1
    assert file.stat().st_mtime_ns == before
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_disk_that_cannot_be_written_only_costs_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    source = (
        "from autograd_mini.compiler.backends.runtime import *\n@jit\ndef f(x):\n    return x + 2\n"
    )
    assert jit.load(source)["f"](1.0) == 3.0


@pytest.mark.parametrize(
    ("platform", "variables", "end"),
    [
        ("linux", {"XDG_CACHE_HOME": "/caches"}, "/caches/autograd-mini"),
        ("linux", {}, "/.cache/autograd-mini"),
        ("darwin", {}, "/Library/Caches/autograd-mini"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/autograd-mini"),
    ],
)
def test_files_are_where_the_system_keeps_caches(platform, variables, end, monkeypatch):
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert jit.folder().as_posix().endswith(end)


@pytest.mark.parametrize("backend", ["numba", "tape"])
def test_without_numba_the_error_names_the_extra(backend, monkeypatch):
    real = builtins.__import__

    def without_numba(name, *args, **keywords):
        if name == "numba" or name.startswith("numba."):
            raise ImportError(name)
        return real(name, *args, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_numba)
    monkeypatch.delitem(sys.modules, "autograd_mini.compiler.backends.runtime", raising=False)
    monkeypatch.setattr(tape, "interpreter", tape.interpreter.__wrapped__)  # and not compiled yet
    w = Value(3.25)
    with pytest.raises(ImportError, match=r'pip install "autograd-mini\[numba\]"'):
        compile(w * w, backend=backend)
