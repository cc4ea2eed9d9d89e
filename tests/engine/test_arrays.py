"""Arrays: to a function that is differentiated they are arrays of Values, and NumPy means what it
means; the derivative is an array of numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value, grad, hessian, hvp, jacobian, jvp, tanh, value_and_grad, vjp

np = pytest.importorskip("numpy")

numbers = st.lists(st.floats(-2, 2), min_size=2, max_size=4).map(np.array)


def f(x):
    """A function that only arrays can be given."""
    return np.tanh(2 * x + 1) @ x + (x**2).sum() * x[0]


def gradient_of_f(x):
    t = np.tanh(2 * x + 1)
    first = np.eye(len(x))[0]
    return 2 * (1 - t**2) * x + t + 2 * x * x[0] + (x**2).sum() * first


@given(numbers)
def test_grad_of_a_function_written_for_arrays(x):
    found = grad(f)(x)
    assert found.dtype == float
    assert found == pytest.approx(gradient_of_f(x), rel=1e-12, abs=1e-12)
    value, again = value_and_grad(f)(x)
    assert value == pytest.approx(f(x), rel=1e-12)
    assert (again == found).all()


@given(numbers)
def test_the_transforms_agree_with_each_other_on_arrays(x):
    v = np.arange(1.0, len(x) + 1)
    h = hessian(f)(x)
    assert h.shape == (len(x), len(x))
    assert h == pytest.approx(h.T, rel=1e-10, abs=1e-10)
    assert hvp(f, (x,), (v,)) == pytest.approx(h @ v, rel=1e-10, abs=1e-10)
    y, back = vjp(lambda x: 3 * x, x)
    assert (y == 3 * x).all()
    assert (back(v)[0] == 3 * v).all()
    y, moved = jvp(lambda x: 3 * x, (x,), (v,))
    assert (y == 3 * x).all()
    assert (moved == 3 * v).all()


def test_a_jacobian_has_the_shape_of_the_output_and_then_that_of_the_argument():
    x = np.array([1.0, 2.0])
    assert jacobian(lambda x: 2 * x)(x).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    w = np.arange(6.0).reshape(2, 3)
    found = jacobian(lambda w: w @ np.ones(3))(w)
    assert found.shape == (2, 2, 3)
    assert found[0].tolist() == [[1.0] * 3, [0.0] * 3]
    both = jacobian(lambda p: {"y": p["w"] @ p["x"]})({"w": w, "x": np.ones(3)})
    assert both["y"]["w"].shape == (2, 2, 3)
    assert (both["y"]["x"] == w).all()
    by_both = jacobian(lambda a, b: a * b, argnums=(0, 1))(x, 3.0)
    assert by_both[0].tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert by_both[1].tolist() == [1.0, 2.0]
    rows = jacobian(lambda x: [x[0] * x[1], x[1]])(x)
    assert [row.tolist() for row in rows] == [[2.0, 1.0], [0.0, 1.0]]


def test_the_gradient_of_a_product_of_an_array():
    assert grad(lambda x: np.prod(2 * x))(np.array([3.0, 5.0])).tolist() == [20.0, 12.0]


def test_a_function_that_gives_an_array_where_one_number_is_wanted_is_refused_by_name():
    def scaled(x):
        return np.array([x[0] * 2, x[1] * 3])

    with pytest.raises(TypeError, match="scaled to return one number, got an array; use jacobian"):
        grad(scaled)([1.0, 2.0])


def test_a_value_times_an_array_of_values():
    w = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x, v = np.array([Value(5.0), Value(6.0)]), Value(2.0)
    z = W_x_plus_v = w @ x + v
    assert [y.data for y in z] == [19.0, 41.0]
    assert [y.data for y in x * v] == [10.0, 12.0]
    assert [y.data for y in v - x] == [-3.0, -4.0]
    assert (np.array(2.0) * v).data == 4.0
    sum(W_x_plus_v).backward()
    assert v.grad == 2.0
    assert [p.grad for p in w.ravel()] == [5.0, 6.0, 5.0, 6.0]
    assert [y.data for y in np.tanh(x)] == [tanh(y).data for y in x]


def test_grad_of_an_array_beside_a_value_from_outside_is_an_array_of_values():
    w = Value(3.0)
    found = grad(lambda x: (w * x).sum())(np.array([1.0, 2.0]))
    assert found.dtype == object
    assert [g.data for g in found] == [3.0, 3.0]
    found[0].backward()
    assert w.grad == 1.0


def test_directions_that_are_arrays_give_arrays_of_floats():
    x, v = np.array([3.0, 5.0]), np.array([1.0, 0.0])
    for found in (
        hvp(lambda x: (x**2).sum(), (x,), (v,)),
        jvp(lambda x: x * 2, (x,), (v,))[1],
        jvp(lambda x: x * 2, (x,), ([1.0, 0.0],))[1],
        vjp(lambda x: x * 2, x)[1](v)[0],
    ):
        assert found.dtype == float
        assert found.tolist() == [2.0, 0.0]
    moved = jvp(lambda x: x @ x, (x,), (v,))[1]
    assert (moved, type(moved)) == (6.0, float)
