"""The forms of a program: all give what the eager engine gives, whichever runs and whenever it is
made; and which one runs follows from its price. No clock is read: prices are given."""

import pickle
import random
import sys
from threading import Event, Thread

import numpy as np
import pytest

pytest.importorskip("numba")

from differential import fuzz
from extent import IN_CI
from hypothesis import Phase
from loops_as_python import loops_as_python
from test_tape import irregular

import autograd_mini.compiler as compiler
import nn
from autograd_mini import Value, compile, dot, exp, primitive, relu, tanh
from autograd_mini.compiler import forms
from autograd_mini.compiler.cost import Work
from autograd_mini.compiler.forms import BACKENDS, MOST, Forms

pytestmark = pytest.mark.usefixtures("cache_of_its_own")
X = np.random.default_rng(0).normal(size=(9, 3))
FOUND = (Phase.explicit, Phase.reuse, Phase.generate)


@pytest.fixture
def priced(monkeypatch):
    """A function that sets the seconds of a call, and of making: form -> seconds, or a function of
    the number of examples. A form that is left out is dear."""

    def price(calls, making=None):
        def seconds(work, form, n):
            cost = calls.get(form, 1e9)
            return cost(n) if callable(cost) else cost

        monkeypatch.setattr(Work, "price", seconds)
        monkeypatch.setattr(Work, "making", lambda work, form: (making or {}).get(form, 0.0))

    return price


@pytest.fixture(autouse=True)
def as_python():
    with loops_as_python():
        yield


def layer():
    """The weights and the loss of a layer: a contraction, functions, what depends on them alone."""
    W = [[Value(0.1 * (i - j)) for j in range(3)] for i in range(2)]

    def loss(x, y):
        h = [tanh(dot(w, x)) for w in W]
        return (exp(h[0]) + relu(h[1]) - y) ** 2 + 0.1 * sum(v * v for w in W for v in w)

    return W, loss


def of_layer(backend=None, **options):
    W, loss = layer()
    return compile(loss, x=3, y=(), parameters={"W": W}, backend=backend, **options)


def made(program):
    return list(program._function.made)


def flat(results):
    """The arrays of results in any structure."""
    if isinstance(results, dict):
        results = list(results.values())
    if isinstance(results, (tuple, list)):
        return [array for part in results for array in flat(part)]
    return [results]


def assert_alike(found, expected, precision=1e-12):
    found, expected = flat(found), flat(expected)
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        assert type(a) is type(b)
        if isinstance(b, np.ndarray):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=precision, atol=precision)


# -- the numbers are the same ---------------------------------------------------------------------


@pytest.mark.parametrize("form", ["tape", "loops"])
@pytest.mark.parametrize("kind", ["graphs", "nets", "expressions"])
def test_every_form_agrees_with_the_eager_engine(kind, form, priced):
    """Random programs, whose first call makes the form."""
    priced({form: 0.0})
    fuzz(
        kind,
        12 if IN_CI else 4,
        0,
        lambda agrees, drawn: agrees(drawn, backend=None),
        phases=FOUND,
    )


PROGRAMS = {
    "loss": {},
    "sum": {"reduction": "sum"},
    "float32": {"dtype": "float32"},
    "check": {"check": True},
}


@pytest.mark.parametrize("options", PROGRAMS.values(), ids=PROGRAMS)
def test_switching_in_mid_course_changes_nothing(options, priced):
    """Calls, and calls of a bound program, before and after the tape and then the loops are made;
    between them the parameters move."""
    priced({"arrays": 1.0, "tape": 0.5, "loops": 0.1}, {"tape": 5.0, "loops": 9.0})
    precision = 1e-5 if "dtype" in options else 1e-12
    program, expected = of_layer(**options), of_layer("numpy", **options)
    bound, kept, met = program.bind(X, X[:, 0]), None, []
    for _ in range(8):
        for one in (program, expected):
            one.arrays["W"] *= 0.9
        wanted = expected.value_and_grad(X, X[:, 0])
        assert_alike(program.value_and_grad(X, X[:, 0]), wanted, precision)
        assert_alike(
            program.value_and_grad(X[:1], X[:1, 0]),
            expected.value_and_grad(X[:1], X[:1, 0]),
            precision,
        )
        loss, gradients = bound()
        assert_alike((loss, gradients), wanted, precision)
        kept = kept or gradients
        assert all(a is b for a, b in zip(gradients, kept))
        met.append(made(program))
    assert met[0] == ["arrays"]
    assert ["arrays", "tape"] in met
    assert met[-1] == ["arrays", "tape", "loops"]
    assert program.source == expected.source


@pytest.mark.parametrize("form", ["arrays", "tape", "loops"])
def test_outputs_and_what_is_beside_a_loss_have_the_same_structure(form, priced):
    priced({form: 0.0})
    w = [Value(0.3), Value(-0.2), Value(0.1)]

    def outputs(x):
        return {"a": dot(w, x), "b": ([tanh(v) for v in x], w[0]), "c": [[x[0], 1.0], x[1:]]}

    for f, options in ((outputs, {}), (lambda x: [dot(w, x)], {})):
        ours, theirs = (
            compile(f, x=3, parameters=w, backend=b, **options) for b in (None, "numpy")
        )
        bound = ours.bind(X)
        first = flat(bound())
        assert_alike(ours.predict(X), theirs.predict(X))
        assert_alike(bound(), theirs.predict(X))
        assert all(a is b for a, b in zip(flat(bound()), first))
        assert set(made(ours)) == {"arrays", form}
    ours, theirs = (
        compile(lambda x: (dot(w, x) ** 2, outputs(x)), x=3, parameters=w, has_aux=True, backend=b)
        for b in (None, "numpy")
    )
    bound = ours.bind(X)
    for _ in range(2):
        assert_alike(ours.value_and_grad(X), theirs.value_and_grad(X))
        assert_alike(bound(), theirs.value_and_grad(X))
    assert set(made(ours)) == {"arrays", form}


@pytest.mark.parametrize("form", ["tape", "loops"])
def test_what_is_checked_and_drawn_is_so_in_every_form(form, priced):
    priced({form: 0.0})
    w = Value(1.0)
    program = compile(lambda x: w / x, x=(), check=True)
    assert program.value_and_grad([1.0, 2.0])[0] == 0.75
    with pytest.raises(ZeroDivisionError, match="example 1"):
        program.value_and_grad([1.0, 0.0])
    dropout = nn.Dropout(0.5, rng=random.Random(0))
    program = compile(lambda x: sum(dropout([w * v for v in x])), x=3, parameters=[w])
    losses = {program.value_and_grad(X)[0] for _ in range(4)}
    assert len(losses) == 4
    assert form in made(program)


def test_without_inputs(priced):
    priced({"loops": 0.0})
    w = Value(3.0)
    program = compile(w * w)
    assert program.value_and_grad() == (9.0, [6.0])
    assert program.bind()() == (9.0, [6.0])
    assert made(program) == ["arrays", "loops"]


def test_machine_code_fills_the_arrays_of_a_bound_program(priced):
    """Compiled, on arrays that are not contiguous too: the aux is a transposed view."""
    priced({"arrays": 1.0, "loops": 0.1}, {"loops": 3.0})
    sys.modules["numba"].config.DISABLE_JIT = False
    W, _ = layer()

    def loss(x, y):
        h = [[tanh(dot(w, row)) for w in W] for row in x]
        return y * sum(map(sum, h)), [[*column] for column in zip(*h)]

    program, expected = (
        compile(loss, x=(2, 3), y=(), parameters={"W": W}, has_aux=True, backend=backend)
        for backend in (None, "numpy")
    )
    x = np.random.default_rng(1).normal(size=(64, 2, 6))[..., ::2]
    y = x[:, 0, 0]
    bound, kept = program.bind(x, y), None
    assert not expected.value_and_grad(x, y)[0][1].flags.c_contiguous
    for _ in range(6):
        program.arrays["W"] = np.asfortranarray(0.9 * program.arrays["W"])
        expected.arrays["W"] *= 0.9
        found = bound()
        assert_alike(found, expected.value_and_grad(x, y))
        kept = kept or found
        assert all(a is b for a, b in zip(flat(found)[1:], flat(kept)[1:]))
    assert made(program) == ["arrays", "loops"]


# -- which form runs ------------------------------------------------------------------------------


def test_a_form_is_made_once_the_calls_have_cost_as_much(priced):
    priced({"arrays": 1.0, "tape": 0.5}, {"tape": 3.0})
    program = of_layer()
    for calls in range(1, 5):
        program.value_and_grad(X, X[:, 0])
        assert made(program) == ["arrays", "tape"][: 1 + (calls >= 3)]


def test_a_form_that_is_not_much_cheaper_is_not_made(priced):
    priced({"arrays": 1.0, "tape": 0.9})
    program = of_layer()
    for _ in range(3):
        program.value_and_grad(X, X[:, 0])
    assert made(program) == ["arrays"]


def test_the_choice_depends_on_the_number_of_examples(priced):
    """Loops up to 4, then arrays: with all made, each call takes what its own number wants."""
    priced({"arrays": 8.0, "loops": lambda n: 1.0 * n})
    program = of_layer()
    for n in (1, 4, 8, 9):
        program.value_and_grad(X[:n], X[:n, 0])
        run, _, worth = program._function._plans.get(n) or program._function._plan(n)
        assert not worth
        assert run is program._function.made["loops" if n < 8 else "arrays"]
    assert made(program) == ["arrays", "loops"]


def test_the_choices_that_are_kept_are_bounded(priced):
    priced({"arrays": 1.0})
    program = of_layer()
    for n in range(1, MOST + 50):
        program._function(np.zeros((n, 3)), np.zeros(n), program.arrays["W"])
    assert 0 < len(program._function._plans) <= MOST


def test_a_backend_that_is_asked_for_runs_and_nothing_else(priced):
    priced({"tape": 0.0, "loops": 0.0})
    for backend in ("numpy", "tape", "numba"):
        program = of_layer(backend)
        program.value_and_grad(X, X[:, 0])
        assert not isinstance(program._function, Forms)
        assert program._compiled.backend == backend
        assert "runs " not in program.summary()
    assert set(BACKENDS.values()) == {"numpy", "numba", "tape"}  # JAX is never chosen


def test_what_cannot_be_made_is_tried_once(priced):
    """A function of floats runs on arrays only."""
    priced({"arrays": 1.0, "tape": 0.5, "loops": 0.1})
    w = Value(1.0)
    odd = primitive("odd", lambda x: float(int(x)), (lambda x, y: 1,))
    program = compile(lambda x: w * odd(x), x=())
    for _ in range(4):
        assert program.value_and_grad([2.5, 3.5])[0] == 2.5
    assert made(program) == ["arrays"]
    assert set(program._function.failed) == {"tape", "loops"}


@pytest.mark.parametrize("size", [600, 8000])  # of so many a call gains less than three times
def test_an_irregular_graph_is_a_tape_from_the_start(size):
    """Its arrays alone would take seconds to make."""
    ws = [Value(0.1 * i) for i in range(10)]
    for backend in (None, "numba"):
        program = compile(lambda x: irregular(x, ws, size), x=10, backend=backend)
        assert program._compiled.backend == "tape"


def test_steps_that_repeat_are_a_loop_however_many_they_are():
    """Written out they would take seconds, too."""
    w = Value(0.5)

    def loss(x):
        y = x
        for _ in range(400):
            y = tanh(w * y)
        return y

    program = compile(loss, x=())
    assert program._compiled.backend == "numpy"
    assert "for _ in range(400)" in program.source


def test_two_threads_make_a_form_once(priced, monkeypatch):
    """The second does not wait: it runs what there is."""
    priced({"arrays": 1.0, "tape": 0.1})
    program = of_layer()
    making, go_on, count = Event(), Event(), []
    maker = program._function._makers["tape"]

    def slowly():
        count.append(1)
        making.set()
        assert go_on.wait(30)
        return maker()

    program._function._makers["tape"] = slowly
    results = []
    thread = Thread(target=lambda: results.append(program.value_and_grad(X, X[:, 0])))
    thread.start()
    assert making.wait(30)
    expected = of_layer("numpy").value_and_grad(X, X[:, 0])
    assert_alike(program.value_and_grad(X, X[:, 0]), expected)
    assert made(program) == ["arrays"]
    go_on.set()
    thread.join(30)
    assert_alike(results, [expected])
    assert made(program) == ["arrays", "tape"]
    assert_alike(program.value_and_grad(X, X[:, 0]), expected)
    assert len(count) == 1


# -- copies, and where Numba is missing -----------------------------------------------------------


def missing(name):
    """find_spec, where Numba is not installed."""
    return None if name == "numba" else object()


def test_a_copy_has_the_forms_that_were_made_and_makes_none_for_itself(priced):
    priced({"arrays": 1.0, "tape": 0.1, "loops": 0.5}, {"tape": 2.0})
    program = of_layer()
    expected = of_layer("numpy").value_and_grad(X, X[:, 0])

    def nobody_asked():
        raise AssertionError

    program._function._makers["loops"] = nobody_asked
    before = pickle.loads(pickle.dumps(program))
    for _ in range(3):
        program.value_and_grad(X, X[:, 0])
    after = pickle.loads(pickle.dumps(program))
    for copy, own in ((before, ["arrays"]), (after, ["arrays", "tape"])):
        copy.value_and_grad(X, X[:, 0])
        assert made(copy) == ["arrays"]  # its first call does not wait for Numba, either
        for _ in range(3):
            assert_alike(copy.value_and_grad(X, X[:, 0]), expected)
            assert_alike(copy.bind(X, X[:, 0])(), expected)
        assert made(copy) == own
        assert copy.source == program.source
        assert copy.summary()


def test_a_copy_where_numba_is_missing_runs_on_arrays(priced, monkeypatch):
    priced({"arrays": 1.0, "tape": 0.1})
    program = of_layer()
    program.value_and_grad(X, X[:, 0])
    assert made(program) == ["arrays", "tape"]
    text = pickle.dumps(program)
    monkeypatch.setattr(forms, "find_spec", missing)
    copy = pickle.loads(text)
    assert_alike(copy.value_and_grad(X, X[:, 0]), of_layer("numpy").value_and_grad(X, X[:, 0]))
    assert made(copy) == ["arrays"]
    assert not copy._function.failed
    assert "Numba" not in copy.summary()


def test_where_numba_is_missing_the_default_is_numpy(monkeypatch):
    monkeypatch.setattr(compiler, "find_spec", missing)
    ws = [Value(0.1 * i) for i in range(10)]
    for program in (of_layer(), compile(lambda x: irregular(x, ws, 400), x=10)):
        assert program._compiled.backend == "numpy"
        assert not isinstance(program._function, Forms)


def test_numba_that_cannot_be_imported_is_as_none(priced, monkeypatch):
    priced({"arrays": 1.0, "loops": 0.1})
    program = of_layer()
    monkeypatch.delitem(sys.modules, "autograd_mini.compiler.backends.runtime", raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    expected = of_layer("numpy").value_and_grad(X, X[:, 0])
    assert_alike(program.value_and_grad(X, X[:, 0]), expected)
    assert made(program) == ["arrays"]


# -- what is counted and told ---------------------------------------------------------------------


def test_the_work_of_a_layer():
    """Two neurons of three inputs: 2 x 3 multiplications forward, and as many for dW."""
    W = [[Value(0.1 * (i - j)) for j in range(3)] for i in range(2)]
    program = compile(lambda x: sum(tanh(dot(w, x)) for w in W), x=3, parameters={"W": W})
    work = program._function.work
    assert work.each.multiplications == 2 * 2 * 3 + 2  # and a sum of two
    assert work.each.functions == 2
    assert work.each.gathered == work.once.functions == 0
    assert (work.arguments, work.parameters) == (4, 6)
    assert (work.rows, work.functions) == (7, 2)  # two tanhs and their partials; three sums


def test_prices_grow_with_the_work():
    w = Value(0.1)
    wide, narrow = (compile(lambda x: dot([w] * len(x), x), x=k)._function.work for k in (50, 5))
    for form in BACKENDS:
        assert wide.price(form, 64) > narrow.price(form, 64) > 0
        assert narrow.price(form, 4096) > narrow.price(form, 1)
        if form != "arrays":
            assert wide.making(form) >= narrow.making(form) >= 0


def test_the_summary_says_what_runs(priced):
    priced({"arrays": 1.0, "tape": lambda n: 0.5 if n < 64 else 2.0}, {"tape": 3.0})
    program = of_layer()
    text = program.summary()
    assert "runs        arrays (NumPy)\n" in text
    assert "later a tape (Numba) to 63 examples: made after about 3 more calls of 1 example" in text
    for _ in range(3):
        program.value_and_grad(X, X[:, 0])
    assert (
        "runs        a tape (Numba) to 63, arrays (NumPy) from 64 examples\n" in program.summary()
    )
