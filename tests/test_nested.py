"""Nested lists: taken apart, put together, and gone through side by side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini.nested import flat, map_nested, paths, unflat

trees = st.recursive(
    st.integers(), lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner)
)


@given(trees)
def test_what_is_taken_apart_is_put_together_again(tree):
    assert unflat(tree, flat(tree)) == tree


@given(trees)
def test_a_path_leads_to_its_scalar(tree):
    assert [eval(path, {"x": tree}) for path in paths(tree, "x")] == list(flat(tree))


@given(trees)
def test_a_function_of_two_goes_through_both_side_by_side(tree):
    assert map_nested(lambda x, y: (x - y,), tree, tree) == map_nested(lambda x: (0,), tree)


def test_an_array_counts_as_its_lists():
    np = pytest.importorskip("numpy")
    array = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert list(flat(array)) == [1.0, 2.0, 3.0, 4.0]
    assert unflat(array, "abcd") == [["a", "b"], ["c", "d"]]
    assert list(paths(array, "x"))[-1] == "x[1][1]"


@pytest.mark.parametrize(
    ("tree", "other", "told"),
    [
        ([1, 2], [1], r"expected a list of 2, got \[1\]"),
        ([1, 2], [1, 2, 3], "expected a list of 2, got"),
        ([1, 2], 1, "expected a list of 2, got 1"),
        (1, [1], r"expected one number, got \[1\]"),
        ([1, [2]], [1, 2], "expected a list of 1, got 2"),
    ],
)
def test_shapes_that_differ_are_refused(tree, other, told):
    with pytest.raises(ValueError, match=told):
        map_nested(lambda x, y: x, tree, other)


def test_a_list_of_any_length_is_mapped_along_others_of_that_length():
    n = 1000  # far beyond the ints that CPython makes once
    assert map_nested(lambda x, y: x + y, list(range(n)), [1] * n) == list(range(1, n + 1))
