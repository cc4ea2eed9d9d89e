"""The JAX backend: the same numbers as the eager engine, as source that JAX can run."""

import math
import pickle
import random
import re
import threading

import numpy as np
import pytest
from agreement import check, vector

from autograd_mini import Value, compile, dot, exp, fsum, primitive, relu, softmax, tanh
from nn import MLP, Conv1d, losses

jax = pytest.importorskip("jax")
PRECISION = {"float64": 1e-12, "float32": 1e-5}
dtypes = pytest.mark.parametrize("dtype", PRECISION)


# -- the source ---------------------------------------------------------------------------------


def moons():
    model = MLP(2, [16, 16, 1], rng=random.Random(0))

    def loss(x, y):
        return losses.hinge(model(x), y) + 1e-4 * losses.l2(model.parameters())

    return model, loss


def test_the_source_is_what_one_would_write():
    model, loss = moons()
    program = compile(loss, x=2, y=(), parameters=model, backend="jax")
    imports, _ = program.source.split("\n\n\n# ")
    assert imports.splitlines() == [
        "import jax",
        "import jax.numpy as jnp",
        "from jax.lax import optimization_barrier",
    ]
    assert "\n@jax.jit\ndef value_and_grad(x, y, W1, b1, W2, b2, W3, b3):\n" in program.source
    assert "z1 = x @ W1.T + b1\n    h1 = jax.nn.relu(z1)\n" in program.source
    assert "dW2 = optimization_barrier(dz2.T) @ h1" in program.source
    assert not re.search(r"\bnp\.|jax\.(grad|vjp)", program.source)


def test_the_source_runs_by_itself():
    model, loss = moons()
    program = compile(loss, x=2, y=(), parameters=model, backend="jax")
    scope = {}
    exec(program.source, scope)
    batch = np.array([[0.5, -1.0], [0.25, 2.0]]), np.array([1.0, -1.0])
    by_itself, slopes = scope["value_and_grad"](*batch, *program.arrays.values())
    mean, gradients = program.value_and_grad(*batch)
    assert float(by_itself) == pytest.approx(mean, rel=1e-6)  # in JAX's float32
    for slope, gradient in zip(slopes, gradients):
        np.testing.assert_allclose(slope, gradient, atol=1e-6)


def test_no_array_is_changed_in_place():
    """Gathers, slices and their adjoints, of which there are several at one place."""
    w, u = vector(random.Random(0), 6), vector(random.Random(1), 4)

    def loss(x):
        edges = fsum([w[i] * w[j] * x[i % 3] for i, j in [(0, 3), (5, 3), (2, 2), (4, 0), (1, 5)]])
        return edges + tanh(dot(w[:4], u)) + exp(dot(w[1:5], u[::-1])) + relu(w[5] * x[1])

    rows = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]]
    program = check(loss, [rows], x=3, backend="jax")
    assert ".at[" in program.source
    assert not re.search(r"\] [-+*/]?= ", program.source)


def test_a_convolution_and_an_attention():
    model = Conv1d(1, 3, 3, rng=random.Random(0))
    keys = [vector(random.Random(i), 4) for i in range(3)]

    def loss(x, q):
        scores = softmax([dot(key, q) for key in keys])
        return fsum([y * y for row in model([x]) for y in row]) + dot(scores, [1.0, 2.0, 3.0])

    rng = np.random.default_rng(0)
    check(loss, [rng.normal(size=(5, 8)), rng.normal(size=(5, 4))], x=8, q=4, backend="jax")


# -- numbers ------------------------------------------------------------------------------------


@dtypes
@pytest.mark.parametrize("flag", [False, True])
def test_the_numbers_do_not_depend_on_jaxs_flag(dtype, flag):
    model, loss = moons()
    batch = np.array([[0.5, -1.0], [0.25, 2.0]]), np.array([1.0, -1.0])
    expected, slopes = compile(loss, x=2, y=(), parameters=model).value_and_grad(*batch)
    program = compile(loss, x=2, y=(), parameters=model, backend="jax", dtype=dtype)
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", flag)
    try:
        mean, gradients = program.value_and_grad(*batch)
        assert jax.config.jax_enable_x64 is flag
    finally:
        jax.config.update("jax_enable_x64", before)
    assert mean == pytest.approx(expected, rel=PRECISION[dtype])
    assert [g.dtype for g in gradients] == [dtype] * len(slopes)
    for gradient, slope in zip(gradients, slopes):
        np.testing.assert_allclose(gradient, slope, rtol=0, atol=PRECISION[dtype])


def test_the_gradients_are_numpys_and_ones_own():
    """JAX's float64 arrays would become float32 in the first product outside the program."""
    w = Value(2.0)
    _, [gradient] = compile(lambda x: w * x, x=(), backend="jax").value_and_grad([0.1, 0.2])
    assert type(gradient) is np.ndarray
    assert (0.1 * gradient).dtype == np.float64
    gradient *= 2


@dtypes
def test_parameters_are_of_the_dtype_and_go_back_into_values(dtype):
    model, loss = moons()
    program = compile(loss, x=2, y=(), parameters=model, backend="jax", dtype=dtype)
    assert {x.dtype for x in program.arrays.values()} == {np.dtype(dtype)}
    _, gradients = program.value_and_grad([[0.5, -1.0]], [1.0])
    for name, gradient in zip(program.parameters, gradients):
        program.arrays[name] -= 0.1 * gradient
    program.sync()
    again = compile(loss, x=2, y=(), parameters=model, backend="jax", dtype=dtype)
    for name, array in program.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])


def test_outputs():
    model = MLP(2, [8, 3], activation=tanh, rng=random.Random(0))
    outputs = compile(model, x=2, backend="jax").predict([[0.5, -1.0], [0.25, 2.0]])
    expected = [model.predict([0.5, -1.0]), model.predict([0.25, 2.0])]
    np.testing.assert_allclose(outputs, expected, rtol=1e-14)


@dtypes
def test_a_function_of_floats_is_called_back(dtype):
    """An operation of one's own that is not a composition: JAX calls Python, in its dtype."""
    w = Value(0.3)
    sinc = primitive("sinc", lambda x: math.sin(x) / x, partials=(lambda x, y: (exp(-x) - y) / x,))
    program = check(
        lambda x: sinc(w * x), [[0.1, 1.0, 2.0]],
        x=(), backend="jax", dtype=dtype, precision=PRECISION[dtype],
    )  # fmt: skip
    assert '@partial(jax.jit, static_argnames=["sinc"])' in program.source


def test_threads_compute_in_dtypes_of_their_own():
    w = Value(1 / 3)
    programs = [compile(lambda x: w * x, x=(), backend="jax", dtype=dtype) for dtype in PRECISION]
    found = {}

    def run(program, place):
        found[place] = {program.value_and_grad([0.1] * 8)[0] for _ in range(50)}

    threads = [threading.Thread(target=run, args=(p, i)) for i, p in enumerate(programs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [max(numbers) for numbers in found.values()] == pytest.approx([0.1 / 3] * 2)
    assert max(found[0]) - min(found[0]) < 1e-15
    assert found[1] == {float(np.float32(max(found[1])))} != found[0]


def test_a_program_pickles():
    w = Value(2.0)
    program = compile(lambda x: w * x, x=(), backend="jax", dtype="float32")
    again = pickle.loads(pickle.dumps(program))
    assert again.value_and_grad([0.5]) == program.value_and_grad([0.5]) == (1.0, [0.5])


def test_equal_graphs_share_what_jax_has_compiled():
    """A second program of the same graph does not wait for JAX's compiler."""

    def program():
        w = Value(2.0)
        return compile(lambda x: relu(w * x) ** 3, x=(), backend="jax")

    program().value_and_grad([0.5])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jax, "jit", None)  # it would be called anew
        assert program().value_and_grad([0.5])[0] == 1.0
