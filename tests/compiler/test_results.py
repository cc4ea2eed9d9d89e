"""What a program gives: arrays of its own and of its dtype, in the traced function's structure."""

import sys
from collections import namedtuple
from contextlib import contextmanager, nullcontext
from itertools import combinations

import numpy as np
import pytest
from differential import KINDS
from hypothesis import Phase, assume, given, settings

from autograd_mini import (
    Value,
    compile,
    dot,
    exp,
    fsum,
    maximum,
    pick,
    primitive,
    relu,
    softmax,
    step,
    tanh,
    where,
)  # fmt: skip
from autograd_mini.compiler.backends.module import function
from autograd_mini.nested import flatten

pytestmark = pytest.mark.usefixtures("cache_of_its_own")
BACKENDS = ["numpy", "numba", "tape", "jax"]
every_backend = pytest.mark.parametrize("backend", BACKENDS)
FOUND = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink what fails would take minutes
X = np.random.default_rng(0).normal(size=(11, 3))


@contextmanager
def quickly(backend):
    """What a compiler would take long for runs as Python: of Numba, and of JAX."""
    if backend != "numpy":
        pytest.importorskip("jax" if backend == "jax" else "numba")
    if backend == "numba":
        from loops_as_python import loops_as_python as context
    else:
        context = sys.modules["jax"].disable_jit if backend == "jax" else nullcontext
    with context():
        yield


def vector(n, start=0.3):
    return [Value(start - 0.2 * i, f"w{i}") for i in range(n)]


def half_l2():
    w = vector(3)
    return lambda x: fsum([0.5 * v * v for v in w]) + fsum(x) * 0, [w]


def equal_gradients():
    a, b = vector(3), vector(3, 0.7)
    return lambda x: dot(a, x) + dot(b, x), [a, b]


def gradients_that_are_multiples():
    a, b = vector(3), vector(3, 0.7)
    return lambda x: dot(a, x) + 2 * dot(b, x) + dot(a, b), [a, b]


def broadcast_gradients():
    w, b = vector(3), Value(0.25)
    return lambda x: fsum(w) + b * x[0] + fsum([4 * v for v in w]), [w, [b]]


def the_loss_itself():
    w = Value(0.5)
    return lambda x: exp(w) + x[0] * 0, [[w]]


def a_constant():
    w = vector(3)
    return lambda x: dot(w, [1.0, 2.0, 4.0]), [w]


def gradients_that_are_inputs():
    """With a batch of one example, the sum over the examples is the example."""
    w, b = vector(3), Value(0.25)
    return lambda x: dot(w, x) + b * x[0], [w, [b]]


def transposed():
    w = [vector(3), vector(3, 0.9)]
    return lambda x: fsum([dot(row, x) ** 2 for row in w]) + fsum(
        [w[i][j] * w[1 - i][j] for i in range(2) for j in range(3)]
    ), w  # fmt: skip


def nothing_at_all():
    """The last parameter is not used; the gradient of the one before is 1."""
    w, b, unused = vector(3), Value(0.25), Value(1.0)
    return lambda x: dot(w, x) + b, [w, [b], [unused]]


PROGRAMS = [
    half_l2, equal_gradients, gradients_that_are_multiples, broadcast_gradients, the_loss_itself,
    a_constant, gradients_that_are_inputs, transposed, nothing_at_all,
]  # fmt: skip


def assert_are_its_own(arrays, program, inputs):
    """They are arrays that may be written to, and share memory with nothing."""
    others = [*inputs, *program.arrays.values(), *program.constants.values()]
    others = [x for x in others if isinstance(x, np.ndarray)]
    for x in arrays:
        assert x.__class__ is np.ndarray
        assert x.flags.writeable
        assert x.dtype == program._dtype
        assert not any(np.shares_memory(x, other) for other in others), program.source
    for x, y in combinations(arrays, 2):
        assert not np.shares_memory(x, y), program.source


def trained(made, backend, batch):
    """Three steps with momentum that keeps the gradient's array, and changes it in place."""
    loss, parameters = made()
    leaves = [w for ws in parameters for w in ws]
    program = compile(loss, parameters=leaves, x=3, backend=backend)
    moments = None
    for _ in range(3):
        _, gradients = program.value_and_grad(batch)
        assert_are_its_own([*gradients, *(moments or [])], program, [batch])
        if moments is None:
            moments = gradients
        else:
            for m, g in zip(moments, gradients):
                m *= 0.9
                m += g
        for array, m in zip(program.arrays.values(), moments):
            array -= 0.1 * m
            m *= 0.5
    program.sync()
    return [w.data for w in leaves]


def trained_as_values(made, batch):
    loss, parameters = made()
    leaves = [w for ws in parameters for w in ws]
    moments = [0.0] * len(leaves)
    for _ in range(3):
        for w in leaves:
            w.grad = 0.0
        for row in batch.tolist():
            loss(row).backward(1 / len(batch))
        for i, w in enumerate(leaves):
            moments[i] = 0.9 * moments[i] + w.grad
            w.data -= 0.1 * moments[i]
            moments[i] *= 0.5
    return [w.data for w in leaves]


@every_backend
@pytest.mark.parametrize("count", [1, 11])
@pytest.mark.parametrize("made", PROGRAMS)
def test_momentum_in_place_is_that_of_the_values(made, count, backend):
    with quickly(backend):
        found = trained(made, backend, X[:count].copy())
    assert found == pytest.approx(trained_as_values(made, X[:count]), rel=1e-12)


@pytest.mark.parametrize("made", PROGRAMS)
def test_compiled_loops_too(made):
    pytest.importorskip("numba")
    assert trained(made, "numba", X) == pytest.approx(trained_as_values(made, X), rel=1e-12)


@every_backend
@pytest.mark.parametrize("kind", ["graphs", "expressions"])
def test_gradients_of_random_programs_are_arrays_of_their_own(kind, backend):
    @settings(max_examples=4 if backend == "jax" else 40, phases=FOUND)
    @given(KINDS[kind][0])
    def test(drawn):
        runs_floats = backend in ("numpy", "jax")
        assume(runs_floats or not getattr(drawn[0], "is_opaque", False))
        program, batch = compiled(kind, drawn, backend=backend)
        first = program.value_and_grad(*batch)[1]
        second = program.value_and_grad(*batch)[1]
        assert_are_its_own([*first, *second], program, batch)

    with quickly(backend):
        test()


def compiled(kind, drawn, **options):
    """A random program, and a batch for it."""
    if kind == "graphs":
        loss, rows, parameters = drawn
        if not rows[0]:
            return compile(loss(), parameters=parameters, **options), []
        batch = [np.array(rows)]
        return compile(loss, parameters=parameters, x=len(rows[0]), **options), batch
    expression, split, reduction = drawn
    values, rest = [Value(x) for x in expression.inputs[:split]], expression.inputs[split:]
    if not rest:
        return compile(expression(*values), parameters=values, **options), []
    loss = lambda x: expression(*values, *x)  # noqa: E731
    program = compile(loss, parameters=values, reduction=reduction, x=len(rest), **options)
    return program, [np.array([rest, rest])]


@every_backend
@pytest.mark.parametrize("count", [1, 9])
def test_predictions_are_arrays_of_their_own(backend, count):
    w = vector(3)
    outputs = {
        "the input": lambda x: x,
        "part of it": lambda x: x[1:],
        "parameters": lambda x: w,
        "constants": lambda x: [1.0, 2.0],
        "the input in another order": lambda x: [[a] for a in x],
        "one scalar often": lambda x: [x[0]] * 3,
        "all at once": lambda x: {"x": x, "same": x, "w": w, "one": (x[0], x[0], 1.0, w[0])},
    }
    batch = X[:count].copy()
    with quickly(backend):
        for f in outputs.values():
            program = compile(f, x=3, parameters=w, backend=backend)
            for x in (batch, batch.T.copy().T):
                arrays = [program.predict(x), program.predict(x)]
                arrays = [a for part in arrays for a in arrays_of(part)]
                assert_are_its_own(arrays, program, [x])
                assert all(len(a) == count for a in arrays)


def arrays_of(tree):
    """The arrays of a structure."""
    if isinstance(tree, np.ndarray):
        return [tree]
    members = tree.values() if isinstance(tree, dict) else tree
    return [a for part in members for a in arrays_of(part)]


def test_what_is_new_is_not_copied():
    w = [vector(3), vector(3, 0.9)]
    program = compile(lambda x: fsum([tanh(dot(row, x)) for row in w]), x=3)
    assert ".copy()" not in program.source


# -- bind -----------------------------------------------------------------------------------------


@every_backend
def test_a_bound_program_reads_its_arrays_anew_and_gives_the_same_ones(backend):
    w, b = vector(3), Value(0.25, "b")
    with quickly(backend):
        program = compile(
            lambda x, y: (tanh(dot(w, x)) + b - y) ** 2, x=3, y=(), parameters=[*w, b],
            backend=backend,
        )  # fmt: skip
        x, y = X.copy(), X[:, 0].copy()
        bound = program.bind(x, y=y)
        _, kept = bound()
        for _ in range(3):
            for array in program.arrays.values():
                array -= 0.1
            x += 0.25
            program.arrays["b"] = np.full(program.arrays["b"].shape, 0.5)
            expected, gradients = program.value_and_grad(x, y)
            found, same = bound()
            assert found == expected
            assert all(a is b for a, b in zip(same, kept))
            assert all(np.array_equal(a, b) for a, b in zip(same, gradients))
            assert_are_its_own(same, program, [x, y])


@every_backend
def test_bound_outputs(backend):
    w = vector(3)
    with quickly(backend):
        for f in (lambda x: [dot(w, x), x[0]], lambda x: {"a": x, "b": (dot(w, x), w)}):
            program = compile(f, x=3, parameters=w, backend=backend)
            x = X.copy()
            bound = program.bind(x)
            first = arrays_of(bound())
            x *= 2
            expected = arrays_of(program.predict(x))
            second = arrays_of(bound())
            assert all(a is b for a, b in zip(first, second))
            assert all(np.array_equal(a, b) for a, b in zip(second, expected))
            assert_are_its_own(second, program, [x])


def test_bind_checks_at_once():
    w = vector(3)
    program = compile(lambda x, k: pick([dot(w, x), w[0]], k), x=3, k=())
    with pytest.raises(ValueError, match=r"input x: expected an array \(examples, 3\)"):
        program.bind(X[:, :2], X[:, 0])
    with pytest.raises(ValueError, match="pick expected a whole number from 0 to 1"):
        program.bind(X[:2], [0, 2])
    with pytest.raises(TypeError, match=r"missing a required argument: .k.; the inputs are x, k"):
        program.bind(x=X)


def test_a_bound_program_that_checks():
    w = Value(1.0, "w")
    program = compile(lambda x: w / x, x=(), check=True)
    x = np.array([1.0, 2.0])
    bound = program.bind(x)
    assert bound()[0] == 0.75
    x[1] = 0.0
    with pytest.raises(ZeroDivisionError, match="example 1"):
        bound()


# -- structures -----------------------------------------------------------------------------------

Pair = namedtuple("Pair", "mean spread")


def encoded(x, w):
    """Outputs of every structure."""
    h = [tanh(dot(w, x)), relu(x[0]), x[1] * w[0]]
    return {
        "scalar": h[0],
        "list": h,
        "rows": [h, x],
        "tuple": (h[1], [h, h]),
        "pair": Pair(h[0], {"inner": [x[2]]}),
        "ragged": [h[:1], h[:2]],
        "mixed": [h[0], h],
        "array": np.array([[h[0], 2.0]], dtype=object),
        "numbers": (1.5, w),
        "unlike": [np.array([h, x], dtype=object), np.array([h[:2], x[:2]], dtype=object)],
    }


def stacked(results):
    """The results of single examples, as the program gives them for all."""
    first = results[0]
    if isinstance(first, dict):
        return {key: stacked([r[key] for r in results]) for key in first}
    if isinstance(first, list) and not is_rectangular(first):
        return [stacked(parts) for parts in zip(*results)]
    if isinstance(first, tuple):
        parts = [stacked(parts) for parts in zip(*results)]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    numbers = [[v.data if isinstance(v, Value) else v for v in flatten(r)] for r in results]
    return np.array(numbers).reshape(len(results), *np.shape(np.array(first, dtype=object)))


def is_rectangular(tree):
    return len({str(np.shape(x) if isinstance(x, (list, np.ndarray)) else ()) for x in tree}) == 1


def assert_alike(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, np.ndarray):
        assert found.shape == expected.shape
        assert np.allclose(found, expected, rtol=1e-12, atol=0)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_alike(found[key], expected[key])
    else:
        assert len(found) == len(expected)
        for a, b in zip(found, expected):
            assert_alike(a, b)


@every_backend
@pytest.mark.parametrize("count", [1, 10])
def test_outputs_keep_their_structure(backend, count):
    w = vector(3)
    with quickly(backend):
        program = compile(lambda x: encoded(x, w), x=3, parameters=w, backend=backend)
        found = program.predict(X[:count])
    assert_alike(found, stacked([encoded(row, w) for row in X[:count].tolist()]))


def test_compiled_loops_keep_it_too():
    pytest.importorskip("numba")
    w = vector(3)
    program = compile(lambda x: encoded(x, w), x=3, parameters=w, backend="numba")
    assert_alike(program.predict(X), stacked([encoded(row, w) for row in X.tolist()]))


@every_backend
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_loss_and_what_is_beside_it(backend, reduction):
    w = vector(3)

    def loss(x):
        h = tanh(dot(w, x))
        return h * h + 0.1 * fsum([v * v for v in w]), encoded(x, w)

    options = {"parameters": w, "reduction": reduction, "backend": backend, "x": 3}
    with quickly(backend):
        program = compile(loss, has_aux=True, **options)
        (found, aux), gradients = program.value_and_grad(X)
        assert_are_its_own([*gradients, *arrays_of(aux)], program, [X])
        assert program.backward(X)[0] == found
        slopes = [v.grad for v in w]
        expected = compile(lambda x: loss(x)[0], **options).backward(X)
    assert found == pytest.approx(expected, rel=1e-12)
    assert [2 * s for s in slopes] == pytest.approx([v.grad for v in w], rel=1e-12)
    assert_alike(aux, stacked([encoded(row, w) for row in X.tolist()]))


@every_backend
def test_outputs_of_parameters_alone_have_no_rows(backend):
    w = vector(3)
    with quickly(backend):
        program = compile(lambda: {"a": w[0], "b": w, "c": [1.0, exp(w[1])]}, backend=backend)
        found = program.predict()
        assert_are_its_own(list(found.values()), program, [])
    expected = {"a": w[0].data, "b": [v.data for v in w], "c": [1.0, exp(w[1].data)]}
    assert_alike(found, {key: np.array(x) for key, x in expected.items()})


def test_a_graph_that_is_there_already_is_a_loss_alone():
    with pytest.raises(ValueError, match=r"a graph that is there already .* got has_aux"):
        compile(Value(1.0) * 2, has_aux=True)


def test_masks_are_drawn_at_each_call_of_a_bound_program_unless_they_are_given():
    import nn

    model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    program = compile(lambda x: [model(x)], x=3, parameters=model)
    assert program.inputs == ["x", "mask"]
    drawn, given = program.bind(x=X), program.bind(X, mask=program.draw_inputs(len(X))[0])
    assert len({drawn().tobytes() for _ in range(4)}) > 1
    assert len({given().tobytes() for _ in range(4)}) == 1


def test_a_loss_beside_nothing():
    w = vector(3)
    program = compile(lambda x: (dot(w, x), {}), x=3, has_aux=True)
    (loss, aux), [gradient] = program.value_and_grad(X)
    assert (loss, aux) == (pytest.approx(X.mean(axis=0) @ [v.data for v in w]), {})
    assert np.allclose(gradient, X.mean(axis=0))


@pytest.mark.parametrize("loss", [
    lambda x: x[0], lambda x: [x[0], x[1]], lambda x: (x[0], x[1], x[2]), lambda x: ([x[0]], x[1]),
])  # fmt: skip
def test_has_aux_wants_a_pair(loss):
    with pytest.raises(TypeError, match=r"has_aux=True .* a pair \(loss, aux\), got"):
        compile(loss, x=3, has_aux=True)


@pytest.mark.parametrize("inner", [None, "text", {1, 2}, object()])
def test_what_is_not_scalars_is_named(inner):
    with pytest.raises(TypeError, match=f"has to give one scalar.* got {type(inner).__name__} "):
        compile(lambda x: {"a": x, "b": [inner]}, x=3)


def test_the_second_trace_has_the_same_structure():
    from autograd_mini import TraceError

    keys = iter("ab")
    with pytest.raises(TraceError, match="two different graphs"):
        compile(lambda x: {next(keys): x}, x=3)


# -- single precision -----------------------------------------------------------------------------


def conditions(w, x):
    """Numbers, counts and comparisons only: where NumPy would make float64."""
    one = where(x[0] > w[0], 1.0, 0.0)
    both = one * where(x[1] > 0, 1, 0)
    return [
        one / 3 + both, both, one * 0.5, step(x[0]) * step(x[2]), where(x[2] > 0, 2.5, -1) * w[1],
        exp(x[0]) * both, maximum(one, x[1]), softmax([one, x[0]])[1],
    ]  # fmt: skip


thirds = primitive("thirds", lambda x: float(x) / 3, partials=(lambda x, y: y / x,))
SINGLE = [
    lambda w, x: fsum(conditions(w, x)),
    lambda w, x: conditions(w, x)[1],
    lambda w, x: dot(w, [1.0, 2.0, 4.0]) * 0.1,
    lambda w, x: fsum([v * v for v in w]) / 7 + w[0],
    lambda w, x: fsum(w) * 3 + x[0],
    lambda w, x: tanh(dot(w, x) * 0.3) ** 3,
    lambda w, x: where(w[0] * x[0] > 0.1, x[1], w[1]) * x[2],
    lambda w, x: fsum([where(w[i] > x[i], w[i] * 0.1, 2.0) for i in range(3)]),
    lambda w, x: thirds(w[0]) * x[0],
]  # fmt: skip


def floats_within(program, batch):
    """The kinds of floats in the arrays that the source names as it runs by itself."""
    seen = set()

    def look(frame, event, argument):
        if event == "return" and frame.f_code.co_name == program._compiled.name:
            for x in [*frame.f_locals.values(), *flat_tuple(argument)]:
                dtype = getattr(x, "dtype", None)
                if dtype is not None and dtype.kind in "fiu" and x.ndim + (dtype.kind == "f"):
                    seen.add(dtype.name)
        return look

    run = function(program._compiled.name, program.source)
    from autograd_mini.compiler.backends.numpy import elementwise
    from autograd_mini.rules import Primitive

    constants = [
        elementwise(x, "float32") if isinstance(x, Primitive) else x
        for x in program.constants.values()
    ]
    before = sys.gettrace()
    sys.settrace(look)
    try:
        with np.errstate(all="ignore"):
            run(*batch, *program.arrays.values(), *constants)
    finally:
        sys.settrace(before)
    return {name for name in seen if name.startswith("float")}


def flat_tuple(x):
    return [y for part in x for y in flat_tuple(part)] if isinstance(x, tuple) else [x]


@pytest.mark.parametrize("loss", SINGLE)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_nothing_is_double_within(loss, reduction):
    w = vector(3)
    options = {"parameters": w, "backend": "numpy", "dtype": "float32", "x": 3}
    batch = [X.astype(np.float32)]
    program = compile(lambda x: loss(w, x), reduction=reduction, **options)
    assert floats_within(program, batch) == {"float32"}, program.source
    outputs = compile(lambda x: {"a": [loss(w, x), 1.0], "b": w, "c": 0.1}, **options)
    assert floats_within(outputs, batch) == {"float32"}, outputs.source


@every_backend
@pytest.mark.parametrize("loss", SINGLE)
def test_single_precision_is_near_double(loss, backend):
    w = vector(3)
    if loss is SINGLE[-1] and backend in ("numba", "tape"):
        pytest.skip("functions of floats run on NumPy and JAX")
    with quickly(backend):
        found, expected = (
            compile(lambda x: loss(w, x), parameters=w, x=3, backend=backend, dtype=dtype)
            .value_and_grad(X.astype(np.float32))
            for dtype in ("float32", "float64")
        )  # fmt: skip
    assert_near(found, expected)


def assert_near(found, expected):
    assert found[0] == pytest.approx(expected[0], rel=1e-5, abs=1e-5)
    largest = max((np.abs(g).max() for g in expected[1]), default=0)
    for g, wanted in zip(found[1], expected[1]):
        assert g.dtype == np.float32
        assert np.abs(g - wanted).max() <= 1e-5 * max(largest, 1)


@pytest.mark.parametrize("backend", ["numpy", "numba", "tape"])
def test_random_programs_in_single_precision(backend):
    """Nothing is double, and results are near those in double precision where rounding inputs and
    parameters to float32 is: as near as the program is well-conditioned."""

    @settings(max_examples=60, phases=FOUND)
    @given(KINDS["expressions"][0])
    def test(drawn):
        program, batch = compiled("expressions", drawn, backend=backend, dtype="float32")
        batch = [x.astype(np.float32) for x in batch]
        _, gradients = program.value_and_grad(*batch)
        assert all(g.dtype == np.float32 for g in gradients)
        if backend == "numpy":
            assert floats_within(program, batch) <= {"float32"}, program.source

    with quickly(backend):
        test()


def test_compiled_loops_in_single_precision():
    pytest.importorskip("numba")
    w = vector(3)
    loss = lambda x: fsum(conditions(w, x)) + tanh(dot(w, x)) ** 2  # noqa: E731
    found, expected = (
        compile(loss, parameters=w, x=3, backend="numba", dtype=dtype).value_and_grad(X)
        for dtype in ("float32", "float64")
    )
    assert_near(found, expected)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", [np.float32, np.int64, np.int8, bool])
def test_parameter_arrays_of_other_numbers_are_converted(backend, kind):
    w = vector(3)
    with quickly(backend):
        program = compile(lambda x: dot(w, x) ** 2, x=3, parameters=w, backend=backend)
        [name] = program.parameters
        program.arrays[name] = np.array([1.0, 2.0, 3.0])
        expected, [gradient] = program.value_and_grad(X)
        other = np.array([1, 2, 3]).astype(kind)
        program.arrays[name] = np.array(other, float)
        expected, [gradient] = program.value_and_grad(X)
        program.arrays[name] = other
        found, [same] = program.value_and_grad(X)
    assert found == expected
    assert np.array_equal(gradient, same)
    assert program.arrays[name] is other


def test_what_is_not_numbers_is_refused_as_a_parameter_array():
    w = vector(3)
    program = compile(lambda x: dot(w, x), x=3, parameters=w)
    [name] = program.parameters
    for wrong in (np.array(["a", "b", "c"]), np.ones(3) * 1j, np.array(w, dtype=object)):
        program.arrays[name] = wrong
        with pytest.raises(TypeError, match=rf"arrays\['{name}'\]: expected numbers, got an array"):
            program.value_and_grad(X)
