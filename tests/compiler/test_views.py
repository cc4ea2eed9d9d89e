"""Lanes as views: the code of a view against its index, and its adjoint against <v(x), g>."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from interpreter import evaluate
from numpy.lib.stride_tricks import sliding_window_view

from autograd_mini.compiler.affine import affine_cut, loop_nest, patches, refined, squeezed
from autograd_mini.compiler.arrays import BATCH, ArrayProgram
from autograd_mini.compiler.differentiate import gradients
from autograd_mini.compiler.padding import completed
from autograd_mini.compiler.views import joined, strided, view

COUNT = 2  # examples


def lanes_of(x, numbers, places):
    """numbers[places], lanes counted through all axes but the batch."""
    return numbers.reshape(*numbers.shape[: x.is_batched], -1)[..., places]


def make(batched, shape):
    """An array of a program, and numbers for it that are all different."""
    program = ArrayProgram()
    x = program.input("x", shape) if batched else program.parameter(0, shape)
    full = (COUNT, *shape) if batched else shape
    numbers = np.arange(1.0, 1 + np.prod(full, dtype=int)).reshape(full)
    return program, x, numbers


def run(y, x, numbers):
    return evaluate([y], COUNT, {"x": numbers}, {0: numbers})[0]


def operations(y):
    """What an array is made by, back to what it is made of."""
    found = []
    while y.args:
        found.append(y.op)
        y = y.args[0]
    return found


def check_view(x, numbers, places):
    """The aligned view has x[places] in it, and its adjoint puts back what a scatter would."""
    program, rank = x.program, places.ndim
    y = view(x, places).aligned(rank)
    full = (*([BATCH] if x.is_batched else []), *places.shape)
    shown = np.broadcast_to(run(y, x, numbers), (*[COUNT] * x.is_batched, *places.shape))
    assert np.array_equal(shown, lanes_of(x, numbers, places))
    # adjoint: the gradient of <view(x), g> by x is the scatter of g
    g = np.random.default_rng(0).normal(size=places.shape)
    product = program.broadcast(y, full) * program.constant(g)
    letters = "bijklmn"[: len(full)] if x.is_batched else "ijklmn"[: len(full)]
    total = program.contract(f"{letters}->", product)
    [back] = gradients(total, [x])
    expected = np.zeros(x.size)
    np.add.at(expected, places.ravel(), g.ravel())
    shape = x.shape[x.is_batched :]
    assert np.allclose(run(back, x, numbers), expected.reshape(shape), rtol=0, atol=1e-13)
    return y


shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


@st.composite
def affine(draw):
    """(shape, places) of loops that pass through an array in steps, forwards."""
    shape = draw(shapes)
    lanes = int(np.prod(shape))
    base = draw(st.integers(0, lanes - 1))
    sizes, steps, reach = [], [], base
    for _ in range(draw(st.integers(1, 3))):
        step = draw(st.integers(0, 6))
        most = (lanes - 1 - reach) // step + 1 if step else 3
        size = draw(st.integers(1, min(most, 4)))
        sizes.append(size)
        steps.append(step)
        reach += step * (size - 1)
    places = np.full(sizes, base)
    for axis, step in zip(np.indices(sizes), steps):
        places += step * axis
    return shape, places


@st.composite
def anywhere(draw):
    shape = draw(shapes)
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    lanes = int(np.prod(shape))
    count = int(np.prod(sizes))
    places = draw(st.lists(st.integers(0, lanes - 1), min_size=count, max_size=count))
    return shape, np.array(places).reshape(sizes)


@given(affine(), st.booleans())
def test_affine_places(drawn, batched):
    shape, places = drawn
    _, x, numbers = make(batched, shape)
    check_view(x, numbers, places)


@given(anywhere(), st.booleans())
def test_any_places(drawn, batched):
    shape, places = drawn
    _, x, numbers = make(batched, shape)
    check_view(x, numbers, places)


@given(st.permutations(range(3)), st.tuples(*[st.integers(1, 4)] * 3), st.booleans(), st.data())
def test_a_transposed_box_is_no_gather(order, shape, batched, data):
    bounds = [sorted(data.draw(st.sets(st.integers(0, n), min_size=2, max_size=2))) for n in shape]
    whole = np.arange(np.prod(shape)).reshape(shape)
    places = whole[tuple(slice(*b) for b in bounds)].transpose(order)
    _, x, numbers = make(batched, shape)
    y = check_view(x, numbers, places)
    assert "gather" not in operations(y)


@pytest.mark.parametrize(
    ("shape", "places", "made_by"),
    [
        ((6,), np.arange(6), []),
        ((2, 3), np.arange(6), ["reshape"]),
        ((2, 3), np.arange(6).reshape(2, 3), []),
        ((2, 3), np.arange(6).reshape(2, 3).T, ["transpose"]),
        ((6,), np.arange(2, 5), ["slice"]),
        ((6,), np.arange(0, 6, 2), ["reshape", "slice", "reshape"]),
        ((4,), np.array([3, 2, 1, 0]), ["gather"]),
        ((4,), np.array([0, 1, 3]), ["gather"]),
        ((3,), np.array([[0, 0], [1, 1], [2, 2]]), ["reshape"]),  # constant along a loop
    ],
)
def test_kinds_of_views(shape, places, made_by):
    _, x, numbers = make(False, shape)
    assert operations(check_view(x, numbers, places)) == made_by


def test_a_part_that_no_stride_divides_is_sliced_first():
    _, x, numbers = make(False, (5, 3))
    places = 3 + np.arange(12).reshape(2, 2, 3)
    assert "gather" not in operations(check_view(x, numbers, places))


def test_windows_that_overlap_are_side_by_side_or_slide():
    places = np.array([[1, 2], [2, 3]])
    _, x, numbers = make(False, (4,))
    assert check_view(x, numbers, places).op == "concatenate"  # so its gradient is a sum of slices
    _, x, numbers = make(True, (4,))
    assert check_view(x, numbers, places).op == "gather"  # of an input, which has none


@given(affine(), st.sets(st.integers(0, 2)))
def test_cuts_and_patches_are_what_they_say(drawn, reversed_axes):
    shape, places = drawn
    lanes = int(np.prod(shape))
    places = np.flip(places, [axis for axis in reversed_axes if axis < places.ndim])
    found = affine_cut(places, lanes)
    if found is not None:
        assert np.array_equal(taken(np.arange(lanes), found).transpose(found.order), places)
    found = patches(places, lanes) if min(places.shape) > 1 else None
    if found is not None:
        x = taken(np.arange(lanes), found.cut)
        if found.windows:
            axes, sizes, _ = zip(*found.windows)
            x = sliding_window_view(x, sizes, axes)
        for axis, _, step in found.windows:
            x = x[(slice(None),) * axis + (slice(None, None, step),)]
        assert np.array_equal(x.transpose(found.order), places)


def taken(x, cut):
    x = x.reshape(cut.shape)
    for axis, (first, n, step) in enumerate(cut.slices):
        x = x.take(first + step * np.arange(n), axis)
    return x.reshape([n for _, n, _ in cut.slices[: len(cut.order)]])


def test_a_view_of_one_lane_depends_on_no_loop():
    _, x, _ = make(True, (1, 1))
    found = view(x, np.zeros((2, 3), int))
    assert found.loops == ()
    assert found.array.shape == (BATCH,)
    assert found.aligned(2).shape == (BATCH, 1, 1)


def test_strides_that_do_not_divide_are_no_view():
    _, x, _ = make(False, (6,))
    assert strided(x, 0, (2, 2), (4, 1)) is None  # 6 lanes are no rows of 4
    assert strided(x, 2, (2, 2), (3, 1)) is None  # a row ends in the middle
    assert strided(x, 1, (2, 2), (3, 1)).shape == (2, 2)


# -- loops ----------------------------------------------------------------------------------------


@given(affine(), st.integers(0, 3))
def test_loops_are_found_again(drawn, more):
    """Rows that were made by loops are affine in the loops found, which are no more than these."""
    _, places = drawn
    row = places.ravel()
    other = np.arange(len(row)) * more
    sizes = loop_nest(np.stack([row, other]))
    assume(sizes is not None)
    assert np.prod(sizes, dtype=int) == len(row)
    assert all(size > 1 for size in sizes)
    for found in (row.reshape(sizes), other.reshape(sizes)):
        for d in range(len(sizes)):
            steps = np.diff(found, axis=d)
            assert (steps == steps.flat[0]).all()


@given(st.lists(st.integers(2, 4), min_size=1, max_size=3))
def test_counters_of_nested_loops_give_the_loops(sizes):
    rows = np.indices(sizes).reshape(len(sizes), -1)
    assert loop_nest(rows) == list(sizes)


def test_no_loops():
    assert loop_nest(np.array([[0, 1, 3]])) is None
    assert loop_nest(np.array([[0, 1, 2, 4, 5, 7]])) is None
    assert loop_nest(np.array([[5]])) == []
    assert loop_nest(np.array([[0, 1, 2, 10, 11, 12], [5, 5, 5, 6, 6, 6]])) == [2, 3]


def test_a_loop_over_two_axes_is_split():
    assert refined([6], np.arange(6)[None], [(2, 3)]) == [2, 3]
    assert refined([6], np.arange(6)[None], [(6,)]) == [6]
    assert refined([4], np.arange(4)[None], [(2, 3)]) == [4]  # not whole rows
    assert refined([24], np.arange(24)[None], [(2, 3, 4)]) == [2, 3, 4]
    assert refined([6], np.arange(0, 24, 4)[None], [(2, 3, 4)]) == [2, 3]


@given(anywhere())
def test_squeezed_places_stand_for_all(drawn):
    _, places = drawn
    kept, loops = squeezed(places)
    assert kept.shape == tuple(places.shape[d] for d in loops)
    shape = tuple(n if d in loops else 1 for d, n in enumerate(places.shape))
    assert np.array_equal(np.broadcast_to(kept.reshape(shape), places.shape), places)
    for d in loops:
        assert (places != places.take([0], d)).any()


# -- holes ----------------------------------------------------------------------------------------


@given(affine(), st.data())
def test_holes_are_filled_as_the_loops_lead_to_them(drawn, data):
    shape, places = drawn
    lanes = int(np.prod(shape))
    valid = np.array(
        data.draw(st.lists(st.booleans(), min_size=places.size, max_size=places.size))
    ).reshape(places.shape)
    valid[(0,) * places.ndim] = True
    filled = completed(np.where(valid, places, -7), valid, lanes)
    assert np.array_equal(filled[valid], places[valid])
    assert filled.min() >= 0
    assert filled.max() < lanes
    seen = [
        any((np.take(valid, i, d) & np.take(valid, i + 1, d)).any() for i in range(n - 1))
        for d, n in enumerate(places.shape)
        if n > 1
    ]
    if all(seen):  # every loop's step can be told
        assert np.array_equal(filled, places)


def test_a_triangle_is_completed_to_a_square():
    square = np.arange(9).reshape(3, 3)
    valid = np.tril(np.ones((3, 3), bool))
    assert np.array_equal(completed(np.where(valid, square, -1), valid, 9), square)


def test_where_the_loops_would_leave_the_array_the_rest_is_the_first_place():
    valid = np.array([True, True, False])
    assert completed(np.array([0, 1, -1]), valid, 2).tolist() == [0, 1, 0]
    assert completed(np.array([0, 1, -1]), valid, 3).tolist() == [0, 1, 2]


# -- several arrays -------------------------------------------------------------------------------


def test_lanes_of_several_arrays_are_joined():
    program = ArrayProgram()
    x, w = program.input("x", (2,)), program.parameter(0, (2, 2))
    both = joined(program, [x, w])
    assert both.shape == (BATCH, 6)
    found = evaluate([both], 2, {"x": [[1, 2], [3, 4]]}, {0: np.array([[5, 6], [7, 8]])})[0]
    assert found.tolist() == [[1, 2, 5, 6, 7, 8], [3, 4, 5, 6, 7, 8]]
    assert joined(program, [w, w]).shape == (8,)
