"""program.function: JAX's transformations of it give what the program gives."""

import pickle
import random

import numpy as np
import pytest

from autograd_mini import Value, compile, hessian, primitive, tanh
from nn import MLP, Conv1d, Dropout, Layer, Sequential, flatten, losses

jax = pytest.importorskip("jax")
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def float64():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def network(n=3):
    """A model, its program, and a batch."""
    model = MLP(n, [4, 2], activation="softplus", rng=random.Random(0))
    program = compile(
        lambda x, y: losses.cross_entropy(model(x), y),
        shapes={"x": n, "y": ()},
        parameters=model,
        backend="jax",
    )
    return model, program, (RNG.normal(size=(5, n)), np.array([0, 1, 1, 0, 1]))


def close(found, expected):
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for x, y in zip(jax.tree.leaves(found), jax.tree.leaves(expected)):
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)


def test_the_loss_and_its_gradient():
    _, program, batch = network()
    loss, gradients = program.value_and_grad(*batch)
    expected = dict(zip(program.parameters, gradients))
    f = program.function
    for parameters in (dict(program.arrays), program.arrays):  # a Program's arrays are a tree, too
        for transformed in (jax.value_and_grad(f), jax.jit(jax.value_and_grad(f))):
            found = transformed(parameters, *batch)
            close(found, (loss, type(parameters)(expected)))
            assert {x.dtype for x in jax.tree.leaves(found)} == {np.dtype("float64")}
    assert program.function is f


def test_it_reads_its_arguments_alone():
    _, program, batch = network()
    f, parameters = program.function, {k: x.copy() for k, x in program.arrays.items()}
    before = f(parameters, *batch)
    for x in program.arrays.values():
        x *= 2
    assert f(parameters, *batch) == before != f(program.arrays, *batch)
    x, y = batch
    assert f(parameters, x.tolist(), y.tolist()) == pytest.approx(float(before), rel=1e-12)


def test_gradients_of_inputs_of_second_order_and_forwards():
    model, program, (x, y) = network(2)
    f = program.function

    def scalar(row):
        return losses.cross_entropy(model(row), 1)

    expected = hessian(scalar)([0.5, -1.0])
    found = jax.hessian(f, argnums=1)(program.arrays, np.array([[0.5, -1.0]]), y[1:2])
    close(found[0, :, 0, :], np.array([[v.data for v in row] for row in expected]))
    slope = jax.grad(f, argnums=1)(program.arrays, x, y)
    _, change = jax.jvp(lambda x: f(program.arrays, x, y), (x,), (np.ones_like(x),))
    close(change, slope.sum())


def test_vmap_over_examples_and_over_models():
    _, program, (x, y) = network()
    each = jax.vmap(program.function, (None, 0, 0))(program.arrays, x[:, None], y[:, None])
    close(each.mean(), program.value_and_grad(x, y)[0])
    scales = np.array([0.5, 1.0, 2.0])
    models = {k: scales.reshape(-1, *[1] * a.ndim) * a for k, a in program.arrays.items()}
    found = jax.vmap(program.function, (0, None, None))(models, x, y)
    close(found[1], program.value_and_grad(x, y)[0])
    assert len(set(found.tolist())) == 3


def test_what_is_beside_a_loss():
    w = [Value(0.5), Value(-1.0)]

    def loss(x):
        return tanh(w[0] * x + w[1]) ** 2, {"x": [x, w[0] * x], "w": w[1]}

    program = compile(loss, x=(), has_aux=True, backend="jax")
    x = np.array([1.0, 2.0])
    expected, gradients = program.value_and_grad(x)
    found = jax.value_and_grad(program.function, has_aux=True)(dict(program.arrays), x)
    close(found, (expected, dict(zip(program.parameters, gradients))))


def test_outputs_in_their_structure():
    model = Sequential(Conv1d(1, 2, 2, rng=random.Random(0)), flatten, Layer(6, 2))
    program = compile(
        lambda x: {"y": model(x), "first": x[0][0]}, x=(1, 4), parameters=model, backend="jax"
    )
    x = RNG.normal(size=(3, 1, 4))
    close(program.function(program.arrays, x), program.predict(x))
    assert jax.jacobian(program.function, 1)(program.arrays, x)["y"].shape == (3, 2, 3, 1, 4)
    alone = compile(model, x=(1, 4), parameters=model, backend="jax")
    close(jax.jit(alone.function)(alone.arrays, x), alone.predict(x))


def test_a_program_without_inputs():
    w = Value(3.0, "w")
    program = compile(w * w, backend="jax")
    assert jax.grad(program.function)(program.arrays) == {"w": 6.0}


def test_what_a_program_draws_is_given():
    model = Sequential(Dropout(0.5, rng=random.Random(0)), Layer(4, 1))
    program = compile(
        lambda x: losses.l2(model(x)), x=4, parameters=model.parameters(), backend="jax"
    )
    x, masks = np.ones((6, 4)), program.draw_inputs(6)
    expected = program.value_and_grad(x, *masks)[0]
    close(program.function(program.arrays, x, *masks), np.array(expected))


def test_a_function_of_floats_is_called_back():
    f = primitive("cube_f", lambda x: x.real**3 if x else 0.0, partials=(lambda x, y: 3 * x * x,))
    w = Value(2.0, "w")
    program = compile(lambda x: f(w * x), x=(), backend="jax")
    close(program.function(program.arrays, [1.0, 2.0]), np.array(36.0))


def test_without_the_flag_it_computes_in_float32():
    _, program, batch = network()
    jax.config.update("jax_enable_x64", False)
    found = program.function(program.arrays, *batch)
    assert found.dtype == np.float32
    assert found == pytest.approx(program.value_and_grad(*batch)[0], rel=1e-5)


def test_it_does_not_keep_a_program_from_being_pickled():
    _, program, batch = network()
    expected = program.function(program.arrays, *batch)
    again = pickle.loads(pickle.dumps(program))
    assert again.function(again.arrays, *batch) == expected


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_program_of_another_backend(backend):
    if backend == "numba":
        pytest.importorskip("numba")
    w = Value(2.0)
    program = compile(lambda x: w * x, x=(), backend=backend)
    with pytest.raises(ValueError, match=f'backend="jax".*got one for {backend}'):
        _ = program.function


def test_steps_of_jax_go_back_into_the_values():
    model, program, batch = network()

    @jax.jit
    def step(parameters):
        slopes = jax.grad(program.function)(parameters, *batch)
        return jax.tree.map(lambda p, slope: p - 0.1 * slope, parameters, slopes)

    before = program.value_and_grad(*batch)[0]
    program.arrays.update(step(program.arrays))
    after, _ = program.value_and_grad(*batch)
    assert after < before
    program.sync()
    assert program.backward(*batch) == pytest.approx(after, rel=1e-12)
    assert all(isinstance(p.data, float) for p in model.parameters())
