"""Equations of cells in a row, whose neighbours at the border are of another kind."""

from itertools import pairwise

import pytest
from agreement import check, vector
from hypothesis import HealthCheck, event, example, given, settings
from random_stencils import Stencil, stencils
from test_equations import N, computed
from test_roll import batch, eager_to_roll, has_loop, rng  # noqa: F401

from autograd_mini import Value, compile, sigmoid

LINES = 40  # of any of the equations below, however many cells and steps


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(stencil=stencils())
@example(  # a first step without a border is not a step of a loop that has one
    Stencil(5, 4, 1, 1, ("parameter", "number"), "rates", "parameter", False, False, 0)
)
def test_random_stencils(eager_to_roll, stencil):  # noqa: F811
    loss, parameters, shapes = stencil.program()
    for count in (1, 3):
        program = check(loss, batch(shapes, count), parameters=parameters, **shapes)
    event(f"loop: {has_loop(program)}")


# -- the equations of the textbooks ---------------------------------------------------------------


def bent(u, i):
    """The second difference at a cell; of the last one the next is the first."""
    return u[i - 1] - 2 * u[i] + u[(i + 1) % len(u)]


def inside(u, change):
    """The cells that change, between two that do not."""
    return [u[0], *[u[i] + change(u, i) for i in range(1, len(u) - 1)], u[-1]]


def heat(u, k):
    return inside(u, lambda u, i: k * bent(u, i))


def heat_of_products(u, k):
    changed = [(1 - 2 * k) * b + k * a + k * c for a, b, c in zip(u, u[1:], u[2:])]
    return [u[0], *changed, u[-1]]


def heat_by_a_number(u, k):
    return inside(u, lambda u, i: 0.2 * bent(u, i))


def heat_between(first, last):
    def step(u, k):
        around = [first, *u, last]
        return [b + k * (a - 2 * b + c) for a, b, c in zip(around, u, around[2:])]

    return step


def heat_without_loss(u, k):
    return heat_between(u[0], u[-1])(u, k)


def heat_in_a_ring(u, k):
    return [u[i] + k * bent(u, i) for i in range(len(u))]


def burgers(u, k):
    return inside(u, lambda u, i: k * bent(u, i) - 0.1 * u[i] * (u[i + 1] - u[i - 1]))


def fisher(u, k):
    return inside(u, lambda u, i: k * bent(u, i) + 0.1 * sigmoid(u[i]) * (1 - u[i]))


def upwind(u, k):
    return [u[0], *[b - k * (b - a) for a, b in pairwise(u)]]


def of_fourth_order(u, k):
    return [*u[:2], *[u[i] + k / 12 * fourth(u, i) for i in range(2, len(u) - 2)], *u[-2:]]


def fourth(u, i):
    return 16 * u[i - 1] + 16 * u[i + 1] - u[i - 2] - u[i + 2] - 30 * u[i]


STEPS = {
    step.__name__: step
    for step in (
        heat,
        heat_of_products,
        heat_by_a_number,
        heat_without_loss,
        heat_in_a_ring,
        burgers,
        fisher,
        upwind,
        of_fourth_order,
    )
} | {"zeros": heat_between(0.0, 0.0), "numbers": heat_between(1.0, -0.5)}


def equation(step, cells, steps):
    """(loss, parameters, shapes) of what cells become, beside what they should."""
    k = Value(0.2)

    def loss(u, y):
        for _ in range(steps):
            u = step(u, k)
        return sum((a - b) ** 2 for a, b in zip(u, y))

    return loss, {"k": k}, {"u": (cells,), "y": (cells,)}


def wave(cells, steps):
    k = Value(0.2)

    def loss(u, y):
        before = u
        for _ in range(steps):
            before, u = u, inside(u, lambda u, i, b=before: u[i] - b[i] + k * bent(u, i))
        return sum((a - b) ** 2 for a, b in zip(u, y))

    return loss, {"k": k}, {"u": (cells,), "y": (cells,)}


def heat_from_parameters(cells, steps):
    k, u0 = Value(0.2), [Value(0.1 * i) for i in range(cells)]

    def loss(y):
        u = u0
        for _ in range(steps):
            u = heat(u, k)
        return sum((a - b) ** 2 for a, b in zip(u, y))

    return loss, {"k": k, "u": u0}, {"y": (cells,)}


def made(name, cells, steps):
    others = {"wave": wave, "parameters": heat_from_parameters}
    return others[name](cells, steps) if name in others else equation(STEPS[name], cells, steps)


EVERY = [*STEPS, "wave", "parameters"]


@pytest.mark.parametrize("name", EVERY)
def test_equations_are_short_and_without_a_gather(name):
    loss, parameters, shapes = made(name, 50, 20)
    program = check(loss, batch(shapes, 2), parameters=parameters, **shapes)
    assert has_loop(program)
    assert len(program.source.splitlines()) <= LINES
    assert not any(x.dtype.kind == "i" for x in program.constants.values())


@pytest.mark.parametrize("name", EVERY)
def test_more_cells_and_more_steps_are_no_more_lines(name):
    counts = set()
    for cells, steps in ((10, 6), (20, 6), (10, 12)):
        loss, parameters, shapes = made(name, cells, steps)
        program = compile(loss, parameters=parameters, backend="numpy", **shapes)
        counts.add(len(program.source.splitlines()))
    assert len(counts) == 1


def test_all_steps_are_in_one_loop():
    """In the first one all cells are an input, of which the border is a part."""
    loss, parameters, shapes = made("heat", 50, 20)
    source = compile(loss, parameters=parameters, **shapes).source
    assert source.count("range(20)") == 2
    assert "np.concatenate([u[:, :1], v2, u[:, 49:50]], axis=1)" in source


@pytest.mark.parametrize("backend", ["jax", "tape", "numba"])
@pytest.mark.parametrize("name", ["heat", "heat_in_a_ring"])
def test_other_backends(name, backend):
    pytest.importorskip("numba" if backend != "jax" else "jax")
    from contextlib import nullcontext

    from loops_as_python import loops_as_python

    loss, parameters, shapes = made(name, 8, 6)
    with loops_as_python() if backend == "numba" else nullcontext():
        program = check(loss, batch(shapes, 3), parameters=parameters, backend=backend, **shapes)
    assert backend != "jax" or "lax.scan(" in program.source


def test_heat_on_a_plate():
    """The border of a rectangle is put beside the cells along both axes."""
    k = Value(0.1)

    def change(u, i, j):
        return k * (u[i - 1][j] + u[i + 1][j] + u[i][j - 1] + u[i][j + 1] - 4 * u[i][j])

    def loss(u, y):
        for _ in range(8):
            new = [[*row] for row in u]
            for i in range(1, 5):
                for j in range(1, 6):
                    new[i][j] = u[i][j] + change(u, i, j)
            u = new
        return sum((a - b) ** 2 for p, q in zip(u, y) for a, b in zip(p, q))

    shapes = {"u": (6, 7), "y": (6, 7)}
    program = check(loss, batch(shapes, 3), parameters={"k": k}, **shapes)
    assert has_loop(program)
    assert len(program.source.splitlines()) <= 50


def test_a_program_of_cells_explains_itself():
    loss, parameters, shapes = made("heat", 8, 6)
    program = compile(loss, parameters=parameters, **shapes)
    assert "in the last of 6 steps" in str(program.explain("v4"))
    assert "a step on the way to v4" in str(program.explain("v3"))
    assert r"\begin{bmatrix}" in str(program.equations())
    assert "np.zeros" not in str(program.equations())
    assert program.draw().source


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("name", ["heat_in_a_ring", "zeros"])
def test_the_equations_say_what_is_computed(name, columns):
    """The gradient of slices is a sum of blocks with zeros beside them."""
    loss, parameters, shapes = made(name, 6, 8)
    program = compile(loss, parameters=parameters, backend="numpy", **shapes)
    assert r"\mathbf{0}_{" in str(program.equations(columns))
    inputs = batch(shapes, N)
    page, known = computed(program, inputs, columns)
    expected, [gradient] = program.value_and_grad(*inputs)
    assert known["L"].item() == pytest.approx(expected)
    symbols = {e.name: e.latex.split(" = ", 1)[0] for e in page.every}
    assert known[symbols["dk"]].item() == pytest.approx(gradient)


# -- what only looks like a row of cells ----------------------------------------------------------


def test_two_rows_of_cells_are_two_arrays(rng):  # noqa: F811
    """They are alike, and computed together, and the border of both is part of one input."""
    k, m = vector(rng, 2)

    def loss(u, y):
        a, b = u[:6], u[6:]
        for _ in range(5):
            a, b = heat(a, k), heat(b, m)
        return sum((p - q) ** 2 for p, q in zip([*a, *b], y))

    shapes = {"u": (12,), "y": (12,)}
    program = check(loss, batch(shapes, 2), parameters=[k, m], **shapes)
    assert has_loop(program)


def test_a_layer_of_four_neurons_is_no_row_of_cells(rng):  # noqa: F811
    W = [vector(rng, 4) for _ in range(4)]

    def loss(x):
        return sum(sum(w * a for w, a in zip(row, x)) ** 2 for row in W)

    program = check(loss, batch({"x": (4,)}, 2), parameters={"W": W}, x=4)
    assert "x @ W.T" in program.source
