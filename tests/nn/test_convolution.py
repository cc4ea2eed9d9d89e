"""Convolutions: the formula in nested sums, and the linear map that they are."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, dot, gradients
from nn import Conv1d, Conv2d, flatten

seeds = st.integers(0, 10**6)
small = st.integers(1, 3)


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-12)


def arrays(x):
    return np.array([xi.data for xi in flatten(x)])


def cross_correlation(x, w, b, stride, padding):
    """y[o][t..] = b[o] + sum of w[o][c][k..] x[c][stride t + k - padding..], with zeros outside."""
    x, w = np.array(x), np.array(w)
    x = np.pad(x, [(0, 0)] + [(padding, padding)] * (x.ndim - 1))
    counts = [(n - k) // stride + 1 for n, k in zip(x.shape[1:], w.shape[2:])]
    y = np.zeros((len(b), *counts))
    for at in np.ndindex(*y.shape):
        window = tuple(slice(stride * t, stride * t + k) for t, k in zip(at[1:], w.shape[2:]))
        y[at] = b[at[0]] + np.sum(w[at[0]] * x[(slice(None), *window)])
    return y


@st.composite
def cases(draw, axes):
    """A convolution, and an input at least as large as its kernel."""
    rng = random.Random(draw(seeds))
    kernel = tuple(draw(small) for _ in range(axes))
    channels, filters, stride, padding = (
        draw(small),
        draw(small),
        draw(small),
        draw(st.integers(0, 3)),
    )
    size = kernel[0] if axes == 1 else kernel
    made = (Conv1d if axes == 1 else Conv2d)(
        channels, filters, size, stride=stride, padding=padding, rng=rng
    )
    for b in made.b:
        b.data = rng.gauss(0, 1)
    sizes = [draw(st.integers(max(1, k - 2 * padding), 5)) for k in kernel]
    x = np.array([rng.gauss(0, 1) for _ in range(channels * int(np.prod(sizes)))])
    return made, x.reshape(channels, *sizes).tolist()


def numbers(layer):
    w = arrays(layer.w).reshape(len(layer.b), len(layer.w[0]), *layer.kernel_size)
    return w, arrays(layer.b)


@given(st.sampled_from([1, 2]).flatmap(cases))
def test_it_is_its_formula(case):
    layer, x = case
    expected = cross_correlation(x, *numbers(layer), layer.stride, layer.padding)
    assert np.array(layer.predict(x)) == close(expected)


@given(st.sampled_from([1, 2]).flatmap(cases), seeds)
def test_its_gradients_are_those_of_its_formula(case, seed):
    """The formula is linear in w, b and x each: its gradient is its value at unit vectors."""
    layer, x = case
    shape = np.array(x).shape
    inputs = [Value(xi) for xi in flatten(x)]
    nested = np.array(inputs, dtype=object).reshape(shape).tolist()
    outputs = flatten(layer(nested))
    rng = random.Random(seed)
    upstream = [rng.gauss(0, 1) for _ in outputs]
    loss = dot(outputs, upstream)
    w, b = numbers(layer)

    def loss_at(x, w, b):
        y = cross_correlation(x, w, b, layer.stride, layer.padding)
        return float(np.dot(y.ravel(), upstream))

    units = [np.eye(w.size)[i].reshape(w.shape) for i in range(w.size)]
    expected_w = [loss_at(x, unit, 0 * b) for unit in units]
    expected_b = [loss_at(x, 0 * w, unit) for unit in np.eye(b.size)]
    expected_x = [
        loss_at(np.eye(len(inputs))[i].reshape(shape), w, 0 * b) for i in range(len(inputs))
    ]
    assert gradients(loss, flatten(layer.w)) == close(expected_w)
    assert gradients(loss, layer.b) == close(expected_b)
    assert gradients(loss, inputs) == close(expected_x)


@given(seeds, st.integers(1, 4), st.integers(4, 7))
def test_it_does_not_matter_where_a_pattern_stands(seed, shift, length):
    """Translation: the output of a shifted input is the shifted output, away from the edges."""
    rng = random.Random(seed)
    layer = Conv1d(1, 2, 3, rng=rng)
    x = [rng.gauss(0, 1) for _ in range(length)]
    [[y, *_], [shifted, *_]] = layer.predict([x]), layer.predict([[0.0] * shift + x])
    assert shifted[shift:] == y


def test_a_picture_of_one_row_is_the_one_dimensional_case():
    one, two = Conv1d(2, 3, 2), Conv2d(2, 3, (1, 2))
    two.w = [[[row] for row in channels] for channels in one.w]
    x = [[1.0, -2.0, 0.5], [0.25, 3.0, 1.0]]
    assert two.predict([[row] for row in x]) == [[row] for row in one.predict(x)]


def test_a_kernel_of_one_is_a_linear_layer_at_every_place():
    layer = Conv1d(2, 1, 1)
    w = [v.data for v in flatten(layer.w)]
    x = [[1.0, 2.0], [3.0, 4.0]]
    assert layer.predict(x) == [[dot(w, [1.0, 3.0]), dot(w, [2.0, 4.0])]]


def test_a_window_wholly_in_the_padding_gives_the_bias():
    layer = Conv1d(1, 1, 1, padding=2)
    layer.b[0].data = 0.5
    assert [y[0] for y in (layer.predict([[7.0]])[0][:2], layer.predict([[7.0]])[0][3:])] == [
        0.5,
        0.5,
    ]


def test_the_edges_of_a_picture_are_found():
    sobel = Conv2d(1, 1, 3)
    sobel.w = [[[[Value(float(s * c)) for c in (-1, 0, 1)] for s in (1, 2, 1)]]]
    picture = [[[0.0, 0.0, 1.0, 1.0]] * 3]
    assert sobel.predict(picture) == [[[4.0, 4.0]]]


def test_the_activation_is_applied_to_every_output():
    layer = Conv1d(1, 1, 1, activation="relu")
    layer.w = [[[Value(1.0)]]]
    assert layer.predict([[-1.0, 2.0]]) == [[0.0, 2.0]]


def test_parameters_are_counted_and_named():
    layer = Conv2d(2, 3, (2, 4))
    assert len(layer.parameters()) == 3 * 2 * 2 * 4 + 3
    assert [name for name, _ in layer.named_parameters()][:2] == ["w.0.0.0.0", "w.0.0.0.1"]
    assert repr(layer) == "Conv2d(2, 3, kernel_size=(2, 4), linear)"
    assert repr(Conv2d(1, 2, 3, activation="relu")) == "Conv2d(1, 2, kernel_size=3, relu)"


def test_weights_start_by_how_many_inputs_an_output_hears():
    told = set()

    def init(inputs, outputs, rng):
        told.add((inputs, outputs))
        return 0.0

    Conv2d(2, 5, (3, 4), init=init)
    Conv1d(3, 2, 4, init=init)
    assert told == {(2 * 12, 5 * 12), (3 * 4, 2 * 4)}  # as Glorot and Bengio count, and PyTorch


def test_inputs_may_be_arrays():
    layer = Conv2d(1, 1, 2)
    x = np.arange(6.0).reshape(1, 2, 3)
    assert layer.predict(x) == layer.predict(x.tolist())
    assert {type(y.data) for y in flatten(layer(x))} == {float}
    assert flatten(x) == flatten([x[0]]) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert {type(xi) for xi in flatten(x)} == {float}


@pytest.mark.parametrize(
    ("layer", "x", "told"),
    [
        (Conv1d(1, 1, 1), [1.0], r"Conv1d .* x\[channel\]\[position\], and x\[0\] is a float"),
        (Conv1d(2, 1, 1), np.ones(2), r"x\[0\] is a float; one channel alone is \[x\]"),
        (Conv1d(1, 1, 1), 1.0, "x is a float"),
        (Conv1d(1, 1, 1), [Value(1.0)], r"x\[0\] is a Value"),
        (Conv2d(1, 1, 1), [[1.0]], r"x\[channel\]\[row\]\[column\], and x\[0\]\[0\] is a float"),
        (Conv2d(1, 1, 1), np.ones(4), r"x\[0\] is a float"),
    ],
)
def test_an_input_is_nested_as_deep_as_its_axes(layer, x, told):
    with pytest.raises(TypeError, match=told):
        layer(x)


@pytest.mark.parametrize(
    ("layer", "x", "told"),
    [
        (Conv1d(2, 1, 1), [[1.0]], "Conv1d expected 2 channels, got 1"),
        (Conv1d(1, 1, 3, padding=0), [[1.0, 2.0]], "at least 3 inputs along an axis .* got 2"),
        (Conv1d(1, 1, 4, padding=1), [[1.0]], "at least 2 inputs along an axis .* got 1"),
        (Conv1d(2, 1, 1), [[1.0, 2.0], [1.0]], "Conv1d channel expected 2 inputs, got 1"),
        (Conv1d(2, 1, 1), [[1.0], [1.0, 2.0]], "Conv1d channel expected 1 inputs, got 2"),
        (Conv2d(1, 1, 1), [[[1.0, 2.0], [1.0]]], "Conv2d row expected 2 inputs, got 1"),
        (Conv2d(2, 1, 1), [[[1.0]], [[1.0], [2.0]]], "Conv2d expected 1 rows in every channel"),
        (Conv2d(1, 1, 1), [[]], "at least 1 inputs along an axis .* got 0"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(layer, x, told):
    with pytest.raises(ValueError, match=told):
        layer(x)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Conv1d(0, 1, 1), "Conv1d in_channels: expected .* at least 1, got 0"),
        (lambda: Conv1d(1, 0, 1), "Conv1d out_channels: expected .* at least 1, got 0"),
        (lambda: Conv2d(1, 1, 0), "Conv2d kernel_size: expected .* at least 1, got 0"),
        (
            lambda: Conv2d(1, 1, (1, 2, 3)),
            r"Conv2d expected a kernel_size of \(rows, columns\), got",
        ),
        (lambda: Conv1d(1, 1, 1, stride=0), "Conv1d stride: expected .* at least 1, got 0"),
        (lambda: Conv1d(1, 1, 1, padding=-1), "Conv1d padding: expected .* at least 0, got -1"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()


def test_flatten_lists_the_scalars_of_nested_lists_in_order():
    a, b = Value(1.0), Value(2.0)
    assert flatten([[a], [[b, 3.0]], ()]) == [a, b, 3.0]
    assert flatten(5.0) == [5.0]
