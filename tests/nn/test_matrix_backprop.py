"""The lectures' gradients in vectors and matrices, against the engine's scalar by scalar."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, dot, fsum, grad, jacobian, log_softmax, sigmoid, softmax, tanh
from nn import MLP
from nn.losses import (
    cross_entropy,
    half_squared_error,
    l2,
    negative_log_likelihood,
)

numbers = st.floats(-3, 3)
sizes = st.integers(1, 4)
seeds = st.integers(0, 10**6)

# name: (f, its derivative), in NumPy
ACTIVATIONS = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    None: (lambda z: z, np.ones_like),
}


def close(expected, rel=1e-12):
    return pytest.approx(expected, rel=rel, abs=1e-12)


def vectors(n):
    return st.lists(numbers, min_size=n, max_size=n)


def matrices(rows, columns):
    return st.lists(vectors(columns), min_size=rows, max_size=rows)


def times(W, x):
    return [dot(row, x) for row in W]


def numpy_softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


# -- the last layer: a gradient of prediction minus target --------------------------------------


@given(st.data(), sizes)
def test_half_the_squared_error_passes_prediction_minus_target(data, n):
    prediction, target = data.draw(vectors(n)), data.draw(vectors(n))
    slopes = grad(lambda p: half_squared_error(p, target))(prediction)
    assert slopes == close([p - t for p, t in zip(prediction, target)])


@given(numbers, st.sampled_from([0, 1]))
def test_sigmoid_and_likelihood_pass_prediction_minus_target(z, label):
    slope = grad(lambda z: negative_log_likelihood(sigmoid(z), label))(z)
    assert slope == close(sigmoid(z) - label, rel=1e-9)


@given(st.data(), st.integers(2, 5))
def test_softmax_and_cross_entropy_pass_prediction_minus_target(data, n):
    z, k = data.draw(vectors(n)), data.draw(st.integers(0, n - 1))
    expected = [p - (i == k) for i, p in enumerate(softmax(z))]
    assert grad(lambda z: cross_entropy(z, k))(z) == close(expected)
    assert grad(lambda z: -log_softmax(z)[k])(z) == close(expected)


# -- Jacobians of the vector identities ---------------------------------------------------------


@given(st.data(), sizes, sizes)
def test_the_jacobian_of_a_linear_map_is_its_matrix(data, n, m):
    W, x = data.draw(matrices(m, n)), data.draw(vectors(n))
    assert jacobian(lambda x: times(W, x))(x) == W


@given(st.data(), sizes, sizes)
def test_the_jacobian_of_a_row_times_a_matrix_is_the_transpose(data, n, m):
    W, x = data.draw(matrices(n, m)), data.draw(vectors(n))
    found = jacobian(lambda x: times([list(column) for column in zip(*W)], x))(x)
    assert found == np.array(W).T.tolist()


@given(st.data(), sizes)
def test_the_jacobian_of_a_vector_by_itself_is_the_identity(data, n):
    assert jacobian(lambda x: [1 * xi for xi in x])(data.draw(vectors(n))) == np.eye(n).tolist()


@given(st.data(), sizes)
def test_the_jacobian_of_an_elementwise_function_is_diagonal(data, n):
    z = data.draw(vectors(n))
    expected = np.diag(1 - np.tanh(z) ** 2)
    assert np.array(jacobian(lambda z: [tanh(zi) for zi in z])(z)) == close(expected, 1e-9)


@given(st.data(), sizes)
def test_the_jacobian_of_softmax_is_diag_p_minus_p_p(data, n):
    z = data.draw(vectors(n))
    p = numpy_softmax(np.array(z))
    assert np.array(jacobian(softmax)(z)) == close(np.diag(p) - np.outer(p, p))


@given(st.data(), sizes, sizes)
def test_the_gradient_by_a_matrix_is_delta_times_the_input(data, n, m):
    """J = delta . (W x): dJ/dW = delta' x' and dJ/dx = W' delta."""
    W, x, delta = (data.draw(s) for s in (matrices(m, n), vectors(n), vectors(m)))
    assert np.array(grad(lambda W: dot(delta, times(W, x)))(W)) == close(np.outer(delta, x))
    assert grad(lambda x: dot(delta, times(W, x)))(x) == close((np.array(W).T @ delta).tolist())


@given(st.data(), sizes, sizes, sizes)
def test_the_jacobian_of_a_composition_is_the_product(data, k, m, n):
    A, B, x = data.draw(matrices(k, m)), data.draw(matrices(m, n)), data.draw(vectors(n))

    def inner(x):
        return [tanh(z) for z in times(B, x)]

    def outer(h):
        return [sigmoid(z) for z in times(A, h)]

    product = np.array(jacobian(outer)(inner(x))) @ np.array(jacobian(inner)(x))
    assert np.array(jacobian(lambda x: outer(inner(x)))(x)) == close(product)


# -- forward and backward over matrices ---------------------------------------------------------


def layers_of(model):
    """[(W, b)] of an MLP, with what `number` gives of each Value."""

    def arrays(number):
        return [
            (
                np.array([[number(w) for w in neuron.w] for neuron in layer.neurons]),
                np.array([number(neuron.b) for neuron in layer.neurons]),
            )
            for layer in model.layers
        ]

    return arrays(lambda p: p.data), arrays(lambda p: p.grad)


def forward_backward(layers, x, activation, delta_at_the_end):
    """h[0] = x, z[l] = W[l] h[l-1] + b[l], h[l] = f(z[l]); then from the last layer down
    delta[l] = (W[l+1]' delta[l+1]) * f'(z[l]), dW[l] = delta[l] h[l-1]', db[l] = delta[l].

    Returns [(dW, db)], and the gradient by x.
    """
    f, slope = ACTIVATIONS[activation]
    hs, zs = [np.array(x)], []
    for layer, (W, b) in enumerate(layers):
        zs.append(W @ hs[-1] + b)
        hs.append(zs[-1] if layer == len(layers) - 1 else f(zs[-1]))
    delta, gradients = delta_at_the_end(zs[-1]), []
    for layer in reversed(range(len(layers))):
        gradients.append((np.outer(delta, hs[layer]), delta))
        upstream = layers[layer][0].T @ delta
        delta = upstream * slope(zs[layer - 1]) if layer else upstream
    return gradients[::-1], delta


def check_against_matrices(model, x, loss, delta_at_the_end, activation, penalty=0.0):
    inputs = [Value(xi) for xi in x]
    outputs = model(inputs)
    error = loss(outputs if isinstance(outputs, list) else [outputs])
    if penalty:
        weights = [w for layer in model.layers for neuron in layer.neurons for w in neuron.w]
        error = error + penalty / 2 * l2(weights)
    error.backward()
    layers, engine = layers_of(model)
    expected, slopes_of_x = forward_backward(layers, x, activation, delta_at_the_end)
    for (W, _), (dW, db), (found_dW, found_db) in zip(layers, expected, engine, strict=True):
        assert found_dW == close(dW + penalty * W)
        assert found_db == close(db)
    assert [xi.grad for xi in inputs] == close(slopes_of_x.tolist())


def random_network(seed, shape, activation):
    rng = random.Random(seed)
    model = MLP(shape[0], shape[1:], activation=activation, rng=rng)
    for p in model.parameters():  # the biases too
        p.data += rng.gauss(0, 0.3)
    return model, [rng.gauss(0, 1) for _ in range(shape[0])], rng


shapes = st.lists(sizes, min_size=2, max_size=5)


@given(seeds, shapes, st.sampled_from(list(ACTIVATIONS)), st.sampled_from([0.0, 0.1]))
def test_cross_entropy_backward_over_matrices(seed, shape, activation, penalty):
    model, x, rng = random_network(seed, shape, activation)
    k = rng.randrange(shape[-1])

    def delta(z):
        return numpy_softmax(z) - np.eye(shape[-1])[k]

    check_against_matrices(model, x, lambda z: cross_entropy(z, k), delta, activation, penalty)


@given(seeds, shapes, st.sampled_from(list(ACTIVATIONS)), st.sampled_from([0.0, 0.1]))
def test_squared_error_backward_over_matrices(seed, shape, activation, penalty):
    model, x, rng = random_network(seed, shape, activation)
    target = [rng.gauss(0, 1) for _ in range(shape[-1])]

    def loss(outputs):
        return half_squared_error(outputs, target)

    check_against_matrices(model, x, loss, lambda z: z - target, activation, penalty)


@pytest.mark.parametrize("regularisation", [0.0, 0.3])
def test_one_hidden_layer_written_out(regularisation):
    """J = -log softmax(W2 h + b2)_k + lambda/2 (|W1|^2 + |W2|^2) with h = tanh(W1 x + b1)."""
    rng = np.random.default_rng(0)
    W1, b1, W2, b2 = (rng.normal(size=s) for s in ((3, 2), 3, (4, 3), 4))
    x, k = rng.normal(size=2), 2

    h = np.tanh(W1 @ x + b1)
    delta2 = numpy_softmax(W2 @ h + b2) - np.eye(4)[k]
    delta1 = (W2.T @ delta2) * (1 - h**2)

    def loss(W1, b1, W2, b2, x):
        h = [tanh(z + b) for z, b in zip(times(W1, x), b1)]
        logits = [z + b for z, b in zip(times(W2, h), b2)]
        squares = fsum([w * w for W in (W1, W2) for row in W for w in row])
        return cross_entropy(logits, k) + regularisation / 2 * squares

    found = grad(loss, argnums=(0, 1, 2, 3, 4))(*(a.tolist() for a in (W1, b1, W2, b2, x)))
    expected = (
        np.outer(delta1, x) + regularisation * W1,
        delta1,
        np.outer(delta2, h) + regularisation * W2,
        delta2,
        W1.T @ delta1,
    )
    for ours, theirs in zip(found, expected, strict=True):
        assert np.array(ours) == close(theirs)
