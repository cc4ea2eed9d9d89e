"""The compiled program: what it takes, what it refuses, and its traffic with the Values."""

import copy
import functools
import math
import pickle

import numpy as np
import pytest
from agreement import check

import nn
from autograd_mini import TraceError, Value, compile, dot, exp, fsum, log, pick, sqrt


def line():
    """w . x + b against y, over examples of two numbers."""
    w, b = [Value(0.5), Value(-1.0)], Value(0.25)

    def loss(x, y):
        return (dot(w, x, b) - y) ** 2

    return loss, w, b


X, Y = [[1.0, 2.0], [3.0, -1.0], [0.5, 0.0]], [1.0, 0.0, 2.0]


def program(**options):
    loss, w, b = line()
    return compile(loss, x=2, y=(), **options), w, b


# -- inputs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ((X,), ValueError, r"expected 2 inputs \(x, y\), got 1"),
        ((X, Y, Y), ValueError, r"expected 2 inputs \(x, y\), got 3"),
        (([], []), ValueError, r"input x: expected an array \(examples, 2\), got \(0,\)"),
        ((np.zeros((0, 2)), []), ValueError, "input x: expected at least one example, got none"),
        ((X[0], Y), ValueError, r"input x: expected an array \(examples, 2\), got \(2,\)"),
        ((X, [[1.0]] * 3), ValueError, r"input y: expected an array \(examples\), got \(3, 1\)"),
        ((X, 1.0), ValueError, r"input y: expected an array \(examples\), got \(\)"),
        ((np.ones((3, 3)), Y), ValueError, r"input x: .* got \(3, 3\)"),
        ((X, Y[:2]), ValueError, "input y: expected 3 examples, as in the first input, got 2"),
        ((X, ["a", "b", "c"]), TypeError, "input y: expected numbers, got an array of <U1"),
        ((X, [None] * 3), TypeError, "input y: expected numbers, got an array of object"),
        ((X, [1j] * 3), TypeError, "input y: expected numbers, got an array of complex128"),
        (([[1.0, 2.0], [3.0]], Y[:2]), ValueError, "input x: "),
    ],
)
def test_inputs_that_do_not_fit(inputs, error, message):
    compiled, _, _ = program()
    with pytest.raises(error, match=message):
        compiled.value_and_grad(*inputs)
    with pytest.raises(error, match=message):
        compiled.backward(*inputs)


@pytest.mark.parametrize(
    "kind", [list, np.array, lambda x: np.array(x, np.float32), np.asfortranarray]
)
def test_inputs_of_any_kind_of_numbers(kind):
    compiled, _, _ = program()
    expected, gradients = compiled.value_and_grad(np.array(X), np.array(Y))
    found, same = compiled.value_and_grad(kind(X), kind(Y))
    assert found == pytest.approx(expected, rel=1e-12)
    for a, b in zip(gradients, same):
        assert np.allclose(a, b, rtol=1e-12)


def test_whole_numbers_and_bools_are_numbers():
    compiled, _, _ = program()
    whole = compiled.value_and_grad([[1, 0], [0, 1]], [True, False])
    assert whole[0] == compiled.value_and_grad([[1.0, 0.0], [0.0, 1.0]], [1.0, 0.0])[0]


def test_inputs_are_not_changed():
    compiled, _, _ = program()
    x, y = np.array(X), np.array(Y)
    compiled.value_and_grad(x, y)
    assert x.tolist() == X
    assert y.tolist() == Y


@pytest.mark.parametrize("wrong", [-1, 3, 1.5, math.nan])
def test_an_index_that_picks_nothing(wrong):
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    compiled = compile(lambda k: pick(xs, k), k=())
    assert compiled.value_and_grad([2, 0])[0] == 2.0
    with pytest.raises(ValueError, match=r"input k: pick expected a whole number from 0 to 2, got"):
        compiled.value_and_grad([0, wrong])


@pytest.mark.parametrize(("place", "most"), [(0, 2), (1, 1)])
@pytest.mark.parametrize("wrong", [-1, 3, 1.5, math.nan])
def test_an_index_that_picks_nothing_in_arrays_like_those_before(wrong, place, most):
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    compiled = compile(lambda x, k: pick(xs, k[0]) * pick(xs[:2], k[1]) * x, x=(), k=2)
    x, k = np.ones(3), np.zeros((3, 2))
    assert compiled.value_and_grad(x, k)[0] == 1.0
    k[2, place] = wrong
    told = f"input k: pick expected a whole number from 0 to {most}, got {wrong:g} in example 2"
    with pytest.raises(ValueError, match=told):
        compiled.value_and_grad(x, k)


def test_the_shortest_list_that_an_index_picks_from_counts():
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    compiled = compile(lambda k: pick(xs, k[1]) + pick(xs[:2], k[1]) + k[0], k=2)
    assert compiled.value_and_grad([[7, 1]])[0] == 11
    with pytest.raises(ValueError, match="from 0 to 1, got 2 in example 1"):
        compiled.value_and_grad([[7, 1], [0, 2]])


@pytest.mark.parametrize("shape", [0, -1, 1.5, True, (2, 0), "2", None])
def test_shapes_that_make_no_sense(shape):
    with pytest.raises(ValueError, match="the shape of input x"):
        compile(lambda x: Value(1.0), x=shape)


def test_options_that_make_no_sense():
    loss, w, _ = line()
    with pytest.raises(ValueError, match="reduction is 'mean' or 'sum', got 'max'"):
        compile(loss, x=2, y=(), reduction="max")
    with pytest.raises(ValueError, match="backend is one of 'numpy'"):
        compile(loss, x=2, y=(), backend="fortran")
    with pytest.raises(ValueError, match="a graph that is there already has no inputs, got x"):
        compile(w[0] * 2, x=())
    with pytest.raises(ValueError, match="'no name' is not an identifier"):
        compile(lambda **x: w[0], shapes={"no name": ()})


def test_inputs_named_as_options():
    w = Value(3.0)
    compiled = compile(lambda parameters, check: w * parameters + check,
                       shapes={"parameters": (), "check": ()})  # fmt: skip
    assert compiled.value_and_grad([2.0], [1.0])[0] == 7


@pytest.mark.parametrize("name", ["n", "np", "loss", "W1", "b1", "special", "lambda_", "dW1", "c"])
def test_inputs_named_as_what_the_source_names(name):
    w = [Value(3.0), Value(-1.0)]

    def loss(**inputs):
        return exp(dot(w, inputs[name]) / 4) + w[0] * inputs[name][1]

    compiled = compile(loss, shapes={name: 2})
    twin = compile(lambda x: loss(**{name: x}), x=2)
    found, expected = compiled.value_and_grad(X), twin.value_and_grad(X)
    assert found[0] == expected[0]
    assert np.array_equal(found[1][0], expected[1][0])


# -- the function's own signature ------------------------------------------------------------------


def digits(x, y, z=100):
    return w3 * x + 10 * w3 * y + w3 * z


w3 = Value(1.0)
positional = eval("lambda x, /, y: digits(x, y)", {"digits": digits})


class Called:
    def __call__(self, x, y):
        return digits(x, y)

    def method(self, x, *, y):
        return digits(x, y)


@pytest.mark.parametrize("f", [
    digits, positional, Called(), Called().method, functools.partial(digits, z=100),
    lambda x, *, y: digits(x, y), lambda x, y, *rest: digits(x, y), lambda x=1, y=2: digits(x, y),
])  # fmt: skip
def test_inputs_are_in_the_order_of_the_arguments(f):
    program = compile(f, y=(), x=())
    assert program.inputs == ["x", "y"]
    expected = 100 + 1 + 20
    x, y = [1.0], [2.0]
    assert program.value_and_grad(x, y)[0] == expected
    assert program.value_and_grad(x, y=y)[0] == expected
    assert program.value_and_grad(y=y, x=x)[0] == expected
    assert program.backward(y=y, x=x) == expected
    assert program.bind(y=y, x=x)()[0] == expected
    checked = compile(lambda y, x: f(x, y=y) / (x - 1), x=(), y=(), check=True)
    with pytest.raises(ZeroDivisionError, match="example 1"):
        checked.value_and_grad(x=[2.0, 1.0], y=[5.0, 6.0])


def test_outputs_are_called_by_name_too():
    program = compile(lambda x, y: [x, 2 * y], y=(), x=())
    assert program.predict(y=[1.0], x=[5.0]).tolist() == [[5.0, 2.0]]


def test_the_order_of_the_keywords_counts_where_the_function_does_not_say():
    program = compile(lambda **given: digits(given["x"], given["y"]), y=(), x=())
    assert program.inputs == ["y", "x"]
    assert program.value_and_grad([2.0], [1.0])[0] == program.value_and_grad(x=[1.0], y=[2.0])[0]
    rest = compile(lambda x, /, **rest: digits(x, rest["y"]), y=(), x=())
    assert rest.value_and_grad(x=[1.0], y=[2.0])[0] == 121


def test_defaults_are_kept():
    assert compile(digits, x=(), y=()).value_and_grad([0.0], [0.0])[0] == 100
    assert compile(digits, y=(), z=(), x=()).value_and_grad([0.0], [0.0], [7.0])[0] == 7


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"x": ()}, r"takes y, .* give a shape for y: compile\(f, x=\.\., y=\(\)\)"),
        ({}, r"takes x, .* compile\(f, x=\(\)\)"),
        ({"x": (), "y": (), "q": ()}, "does not take q, whose shape is given; it takes x, y, z"),
    ],
)
def test_arguments_without_a_shape_and_shapes_without_an_argument(shapes, message):
    with pytest.raises(TypeError, match=message):
        compile(digits, **shapes)


def test_an_argument_named_as_an_option():
    with pytest.raises(TypeError, match=r'compile\(f, x=\.\., shapes=\{"check": \(\)\}\)'):
        compile(lambda x, check: w3 * x * check, x=())


@pytest.mark.parametrize(
    ("inputs", "named", "message"),
    [
        ([X], {}, None),
        ([X, Y], {"z": Y}, "unexpected keyword argument 'z'; the inputs are x, y"),
        ([X, Y], {"y": Y}, "multiple values for argument 'y'; the inputs are x, y"),
        ([], {"y": Y}, "missing a required argument: 'x'; the inputs are x, y"),
        ([X, Y, Y], {"x": X}, "; the inputs are x, y"),
    ],
)
def test_inputs_by_name_that_do_not_fit(inputs, named, message):
    compiled, _, _ = program()
    for call in (compiled.value_and_grad, compiled.backward, compiled.bind):
        with pytest.raises(TypeError if message else ValueError, match=message):
            call(*inputs, **named)


def test_an_array_is_not_a_shape():
    w = [Value(1.0), Value(2.0), Value(3.0)]
    rule = r"the shape of input x is wanted, got an array: x="
    for array, rows in [
        (np.ones((7, 3)), "3"),
        (np.ones(3), r"\(\)"),
        (np.ones((7, 2, 3)), r"\(2, 3\)"),
    ]:
        with pytest.raises(ValueError, match=rule + rows + r" if each of its rows is an example"):
            compile(lambda x: dot(w, x), x=array)
    assert compile(lambda x: dot(w, x), x=np.array(3)).value_and_grad([[1, 1, 1]])[0] == 6
    with pytest.raises(
        ValueError, match="shape of input x is a dict; give each of its parts a name"
    ):
        compile(lambda x: x["a"], x={"a": ()})


# -- the Values -----------------------------------------------------------------------------------


def eager(loss, values):
    for value in values:
        value.zero_grad()
    total = fsum([loss(x, y) for x, y in zip(X, Y)]) / len(X)
    total.backward()
    return total.data, [value.grad for value in values]


def test_backward_adds_to_the_gradients_as_the_eager_loop_does():
    loss, w, b = line()
    values = [*w, b]
    expected, gradient = eager(loss, values)
    for value in values:
        value.grad = 10.0
    compiled = compile(loss, x=2, y=(), parameters=values)
    assert compiled.backward(X, Y) == pytest.approx(expected)
    assert [v.grad for v in values] == pytest.approx([10 + g for g in gradient])
    compiled.backward(X, Y)
    assert [v.grad for v in values] == pytest.approx([10 + 2 * g for g in gradient])


def test_backward_reads_the_values_and_value_and_grad_the_arrays():
    compiled, w, b = program()
    before, _ = compiled.value_and_grad(X, Y)
    w[0].data, b.data = 5.0, -3.0
    assert compiled.value_and_grad(X, Y)[0] == before
    compiled.load()
    loaded, _ = compiled.value_and_grad(X, Y)
    assert loaded != before
    w[0].data = 0.5
    assert compiled.backward(X, Y) != loaded


def test_sync_writes_the_arrays_into_the_values():
    compiled, w, b = program()
    for name in compiled.parameters:
        compiled.arrays[name] += 1.0
    assert (w[0].data, w[1].data, b.data) == (0.5, -1.0, 0.25)
    compiled.sync()
    assert (w[0].data, w[1].data, b.data) == (1.5, 0.0, 1.25)
    assert all(isinstance(v.data, float) for v in compiled.values)


def test_the_arrays_hold_the_values_in_place():
    loss, w, b = line()
    compiled = compile(loss, x=2, y=(), parameters=[b, w[1], w[0]])
    assert compiled.values == [b, w[1], w[0]]
    held = sorted(x for a in compiled.arrays.values() for x in np.ravel(a).tolist())
    assert held == [-1.0, 0.25, 0.5]
    assert list(compiled.arrays) == compiled.parameters
    _, gradients = compiled.value_and_grad(X, Y)
    assert [np.shape(g) for g in gradients] == [a.shape for a in compiled.arrays.values()]


@pytest.mark.smoke
def test_gradient_descent_on_the_arrays_is_that_on_the_values():
    model = nn.MLP(2, [3, 1])
    twin = copy.deepcopy(model)

    def loss(m):
        return lambda x, y: nn.losses.mean_squared_error([m(x)], [y])

    compiled = compile(loss(model), x=2, y=(), parameters=model)
    for _ in range(5):
        _, gradients = compiled.value_and_grad(X, Y)
        for name, g in zip(compiled.parameters, gradients):
            compiled.arrays[name] -= 0.1 * g
        eager(loss(twin), twin.parameters())
        for p in twin.parameters():
            p.data -= 0.1 * p.grad
    compiled.sync()
    found, expected = ([p.data for p in m.parameters()] for m in (model, twin))
    assert found == pytest.approx(expected, rel=1e-12)


# -- reductions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("count", [1, 3])
def test_reductions_with_terms_of_parameters_alone(reduction, count):
    """A weight decay counts once for each example in a sum, once in a mean: as the loop gives."""
    loss, w, b = line()

    def regularised(x, y):
        return loss(x, y) + 0.1 * fsum([v * v for v in w]) - 3 * b + 1

    batch = [X[:count], Y[:count]]
    compiled = check(regularised, batch, reduction=reduction, x=2, y=())
    check(lambda x, y: b * 2 + w[0], batch, reduction=reduction, x=2, y=())
    assert compiled.source.count("for ") == 0


def test_the_root_of_a_graph_is_no_batch():
    loss, _, _ = line()
    root = fsum([loss(x, y) for x, y in zip(X, Y)])
    for reduction in ("mean", "sum"):
        assert check(root, reduction=reduction).value_and_grad()[0] == pytest.approx(root.data)


# -- outputs --------------------------------------------------------------------------------------


@pytest.mark.smoke
def test_outputs_have_a_row_for_each_example():
    w = [Value(0.5), Value(-1.0)]
    outputs = compile(lambda x: [[dot(w, x), x[0]], [w[0], 2.5]], x=2)
    found = outputs.predict(X)
    expected = [[[0.5 * a - b, a], [0.5, 2.5]] for a, b in X]
    assert found.tolist() == expected
    assert compile(lambda x: [w[0], 1.0], x=2).predict(X).tolist() == [[0.5, 1.0]] * 3
    assert compile(lambda x: [w[0] * 2, w[0]], x=2).predict(X).tolist() == [[1.0, 0.5]] * 3


def test_a_loss_and_outputs_are_called_differently():
    compiled, w, _ = program()
    with pytest.raises(TypeError, match=r"a loss; call its value_and_grad.* a list of outputs"):
        compiled.predict(X, Y)
    outputs = compile(lambda x: [w[0] * x[0]], x=2)
    with pytest.raises(TypeError, match=r"gives outputs and no gradient; call its predict"):
        outputs.value_and_grad(X)
    with pytest.raises(ValueError, match="input x: expected"):
        outputs.predict(Y)


# -- IEEE arithmetic ------------------------------------------------------------------------------


def test_ieee_results_where_the_eager_engine_raises():
    w = Value(1.0)
    for f, x, expected in [
        (lambda x: w * exp(x), 1e4, math.inf),
        (lambda x: w * log(x), 0.0, -math.inf),
        (lambda x: w * log(x), -1.0, math.nan),
        (lambda x: w * sqrt(x), -1.0, math.nan),
        (lambda x: w / x, 0.0, math.inf),
    ]:
        with pytest.raises((ArithmeticError, ValueError)):
            f(x)
        compiled = compile(f, x=(), parameters=[w], backend="numpy")
        assert compiled.value_and_grad([x])[0] == pytest.approx(expected, nan_ok=True)


def test_check_raises_the_error_of_the_first_example_that_fails():
    w = Value(1.0)
    compiled = compile(lambda x: w * log(x), x=(), check=True)
    assert compiled.value_and_grad([1.0, 2.0])[0] == pytest.approx(math.log(2) / 2)
    with pytest.raises(ValueError, match=r"example 1: .*log"):
        compiled.value_and_grad([1.0, -1.0, 0.0])
    assert w.data == 1.0
    compiled.arrays[compiled.parameters[0]] *= 3
    with pytest.raises(ValueError, match="example 0"):
        compiled.value_and_grad([-2.0])
    assert w.data == 1.0


# -- copies ---------------------------------------------------------------------------------------


def test_programs_pickle():
    compiled, _, _ = program()
    twin = pickle.loads(pickle.dumps(compiled))
    found, gradients = twin.value_and_grad(X, Y)
    expected, same = compiled.value_and_grad(X, Y)
    assert found == expected
    for a, b in zip(gradients, same):
        assert np.array_equal(a, b)
    assert twin.source == compiled.source


def test_equal_graphs_share_their_program_but_not_their_numbers():
    one, w, _ = program()
    other, v, _ = program()
    v[0].data = 7.0
    other.load()
    assert one.source == other.source
    assert one.value_and_grad(X, Y)[0] != other.value_and_grad(X, Y)[0]
    assert w[0].data == 0.5
    x = Value(1.0)
    sources = {
        compile(f, parameters=[x], a=(), b=()).source
        for f in (
            lambda a, b: x * a + b,
            lambda a, b: x * b + a,
            lambda a, b: x * a + 1.0,
            lambda a, b: x * a + 2.0,
            lambda a, b: x * a - b,
        )
    }
    assert len(sources) == 5


def test_a_value_made_inside_the_function_is_a_constant():
    w = Value(2.0, "w")

    def loss(x, y):
        total = Value(0.0)  # as one writes it for micrograd
        for xi in x:
            total = total + w * xi
        return (Value(3.0) * total - y) ** 2

    program = compile(loss, x=3, y=())
    assert program.parameters == ["w"]
    assert program.value_and_grad([[1.0, 2.0, 3.0]], [4.0]) == (1024.0, [1152.0])


def test_arrays_of_another_shape_are_refused_by_name():
    w = [Value(1.0), Value(2.0)]
    program = compile(lambda x: dot(w, x), x=2, parameters=w)
    [name] = program.parameters
    program.arrays[name] = np.ones((2, 2))
    for call in (lambda: program.value_and_grad([[1.0, 2.0]]), program.sync):
        with pytest.raises(ValueError, match=rf"arrays\['{name}'\] expected an array of \(2,\)"):
            call()
    program.arrays[name] = [3.0, 4.0]
    assert program.value_and_grad([[1.0, 2.0]])[0] == 11.0


def test_parameters_are_leaves_each_there_once_in_lists_of_any_form():
    w, b = Value(1.0, "w"), Value(2.0, "b")
    for parameters in ([[w], b], {"w": w, "b": [b]}, np.array([w, b], dtype=object)):
        assert compile(lambda x: w * x + b, x=(), parameters=parameters).values == [w, b]
    with pytest.raises(ValueError, match="a parameter is a leaf"):
        compile(lambda x: w * x, x=(), parameters=[w * 2])
    with pytest.raises(ValueError, match="there twice"):
        compile(lambda x: w * x, x=(), parameters=[w, w])
    with pytest.raises(TypeError, match="got int 1"):
        compile(lambda x: w * x, x=(), parameters=[1])


def test_functions_of_numpy_are_refused_and_its_numbers_taken():
    w = Value(2.0)
    with pytest.raises(TraceError, match="NumPy's exp needs numbers"):
        compile(lambda x: np.exp(w * x), x=())
    program = compile(lambda x: np.float64(2) * x * w + x * np.float64(3), x=())
    assert program.value_and_grad([1.0]) == (7.0, [2.0])
    program = compile(lambda x: np.array([1.0, 2.0]) * x + np.float64(1) / (w * x), x=())
    np.testing.assert_array_equal(program.predict([2.0]), [[2.25, 4.25]])
