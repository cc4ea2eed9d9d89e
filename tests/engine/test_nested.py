"""Nested structures: taken apart, put together, and gone through side by side."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini.nested import flatten, map_nested, paths, unflatten

trees = st.recursive(
    st.integers(), lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner)
)


@given(trees)
def test_what_is_taken_apart_is_put_together_again(tree):
    assert unflatten(tree, flatten(tree)) == tree


@given(trees)
def test_a_path_leads_to_its_scalar(tree):
    assert [eval(path, {"x": tree}) for path in paths(tree, "x")] == flatten(tree)


@given(trees)
def test_a_function_of_two_goes_through_both_side_by_side(tree):
    assert map_nested(lambda x, y: (x - y,), tree, tree) == map_nested(lambda x: (0,), tree)


class Point(NamedTuple):
    x: object
    y: object


def test_dicts_and_namedtuples_come_back_as_they_were():
    tree = {"w": [1, 2], 3: Point(4, (5,))}
    assert flatten(tree) == [1, 2, 4, 5]
    assert unflatten(tree, "abcd") == {"w": ["a", "b"], 3: Point("c", ("d",))}
    assert list(paths(tree, "p")) == ["p['w'][0]", "p['w'][1]", "p[3].x", "p[3].y[0]"]
    swapped = {3: Point(40, (50,)), "w": [10, 20]}
    assert map_nested(lambda x, y: y // x, tree, swapped) == {"w": [10, 10], 3: Point(10, (10,))}


def test_an_array_comes_back_as_one():
    np = pytest.importorskip("numpy")
    array = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert flatten(array) == [1.0, 2.0, 3.0, 4.0]
    back = unflatten(array, [1.0, 2.0, 3.0, 4])
    assert back.dtype == float
    assert (back == array).all()
    objects = unflatten(array, "abcd")
    assert objects.dtype == object
    assert objects.tolist() == [["a", "b"], ["c", "d"]]
    assert list(paths(array, "x"))[-1] == "x[1][1]"
    assert map_nested(lambda x, y: x - y, array, array.tolist()).tolist() == [[0, 0], [0, 0]]
    assert map_nested(lambda x, y: x - y, [1, (2, 3)], [1, np.array([2, 3])]) == [0, (0, 0)]
    with pytest.raises(ValueError, match=r"expected an array of shape \(2, 2\)"):
        map_nested(lambda x, y: x, array, [1, 2])
    zero_dimensional = np.array(3.0)
    assert flatten(zero_dimensional) == [3.0]
    assert unflatten(zero_dimensional, [1.0]).shape == ()
    assert flatten(np.float64(3.0)) == [3.0]


@pytest.mark.parametrize(
    ("tree", "other", "told"),
    [
        ([1, 2], [1], r"expected a list of 2, got \[1\]"),
        ([1, 2], [1, 2, 3], "expected a list of 2, got"),
        ([1, 2], 1, "expected a list of 2, got 1"),
        (1, [1], r"expected one number, got \[1\]"),
        ([1, [2]], [1, 2], "expected a list of 1, got 2"),
        ([1, 2], {0: 1, 1: 2}, "expected a list of 2, got {"),
        ({"a": 1}, {"b": 1}, r"expected a dict with the keys \['a'\], got"),
        ({"a": 1}, [1], r"expected a dict with the keys \['a'\], got"),
    ],
)
def test_shapes_that_differ_are_refused(tree, other, told):
    with pytest.raises(ValueError, match=told):
        map_nested(lambda x, y: x, tree, other)


def test_a_list_of_any_length_is_mapped_along_others_of_that_length():
    n = 1000  # far beyond the ints that CPython makes once
    assert map_nested(lambda x, y: x + y, list(range(n)), [1] * n) == list(range(1, n + 1))
