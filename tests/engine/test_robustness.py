"""The engine under attack: threads, interrupts, errors, other processes, memory, hostile files."""

import copy
import csv
import gc
import importlib
import io
import json
import math
import pickle
import random
import subprocess
import sys
import tempfile
import threading
from contextlib import redirect_stderr, redirect_stdout, suppress
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import autograd_mini
from autograd_mini import (
    DomainError,
    Value,
    backprop_steps,
    dot,
    exp,
    fsum,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    logsumexp,
    primitive,
    rerun,
    sqrt,
    tanh,
    topological_order,
    vjp,
)
from autograd_mini.__main__ import main
from autograd_mini.expressions import FUNCTIONS
from autograd_mini.testing import expressions, networks
from nn import MLP
from nn.classifier import Classifier, Settings, prepare
from nn.data import iris
from nn.losses import cross_entropy
from nn.optimizers import SGD

sys.path.append(str(Path(__file__).parents[2] / "tools"))
endurance = importlib.import_module("endurance")
fuzz = importlib.import_module("fuzz")

# -- threads ------------------------------------------------------------------------------------


def test_eight_threads_with_their_own_graphs_never_get_a_wrong_number():
    found = endurance.threads(8)
    assert found.graphs == 8 * endurance.ROUNDS * endurance.GRAPHS
    assert found.wrong == 0


def test_a_wrong_number_in_a_thread_is_noticed(monkeypatch):
    """Of the calls that there are, first in one thread and then in three, the last two differ."""
    count, numbers = 3, iter(range(10**6))
    last = 2 * count * endurance.ROUNDS - 2
    monkeypatch.setattr(endurance, "derivatives", lambda *_: next(numbers) >= last)
    assert endurance.threads(count).wrong == 2


def test_a_thread_that_fails_is_noticed(monkeypatch):
    class Failing(threading.Thread):
        def run(self):
            pass

    monkeypatch.setattr(threading, "Thread", Failing)
    with pytest.raises(RuntimeError, match="3 of 3 threads"):
        endurance.threads(3)


# -- interrupts ---------------------------------------------------------------------------------


class Fuse(Fraction):
    """An exact number that raises KeyboardInterrupt at a given multiplication or sum."""

    left = math.inf

    def __mul__(self, other):
        burn()
        return Fuse(Fraction(self) * Fraction(other))

    def __add__(self, other):
        burn()
        return Fuse(Fraction(self) + Fraction(other))

    __rmul__, __radd__ = __mul__, __add__


def burn():
    Fuse.left -= 1
    if Fuse.left < 0:
        raise KeyboardInterrupt


@pytest.fixture
def fuse():
    yield
    Fuse.left = math.inf


def graph_of_three():
    a, b, c = leaves = [Value(Fuse(n, 3)) for n in (2, 5, 7)]
    product = a * b + c
    return leaves, product * product + fsum([a, product, b]) * dot([a, b], [c, product], a)


@pytest.mark.usefixtures("fuse")
def test_an_interrupt_in_the_sweep_leaves_every_leaf_as_it_was():
    leaves, root = graph_of_three()
    right = gradients(root, leaves)
    for x in leaves:
        x.grad = Fraction(11)
    inner = [x for x in topological_order(root) if not x.is_leaf]
    Fuse.left = 0
    interrupted = 0
    while True:
        Fuse.left = interrupted
        try:
            gradients(root, leaves)  # the sweep alone, to count its steps
        except KeyboardInterrupt:
            interrupted += 1
        else:
            break
    assert interrupted >= 20
    for n in range(interrupted):
        Fuse.left = n
        with pytest.raises(KeyboardInterrupt):
            root.backward()
        assert [x.grad for x in leaves] == [11] * 3, n
        assert [x.grad for x in inner] == [0] * len(inner), n
    Fuse.left = math.inf
    root.backward()
    assert [x.grad for x in leaves] == [11 + g for g in right]


@pytest.mark.usefixtures("fuse")
def test_the_window_that_remains_is_the_last_step_of_one_addition_a_leaf():
    """As Value.backward says: in that step some of the leaves are updated, each wholly or not."""
    leaves, root = graph_of_three()
    Fuse.left = math.inf
    right = gradients(root, leaves)
    steps = 0
    while True:
        for x in leaves:
            x.grad = Fuse(11)
        Fuse.left = steps
        try:
            root.backward()
        except KeyboardInterrupt:
            Fuse.left = math.inf
            found = [x.grad for x in leaves]
            assert all(g in (11, 11 + r) for g, r in zip(found, right, strict=True))
            steps += 1
        else:
            break
    Fuse.left = math.inf
    assert [x.grad for x in leaves] == [11 + g for g in right]


def test_an_interrupt_in_a_rule_of_the_users_own_leaves_every_leaf_as_it_was():
    stop = primitive("stop", lambda x: x, partials=(lambda x, y: interrupt(),))
    x = Value(2.0)
    (x * x).backward()
    with pytest.raises(KeyboardInterrupt):
        stop(x)
    y = x**3
    with pytest.raises(KeyboardInterrupt):
        grad(lambda v: stop(v * x) + y)(1.0)
    assert x.grad == 4.0
    y.backward()
    assert x.grad == 16.0


def interrupt():
    raise KeyboardInterrupt


# -- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, y: log(x - 10),
        lambda x, y: sqrt(-y),
        lambda x, y: y / (x - 2),
        lambda x, y: exp(1000 * x),
        lambda x, y: y + "1",
        lambda x, y: logsumexp([]),
        lambda x, y: dot([x, y], [y]),
        lambda x, y: (-x) ** y,
        lambda x, y: gradients(y, [None]),
        lambda x, y: y.backward(None),
    ],
)
def test_an_error_on_the_way_leaves_gradients_unaffected(wrong):
    x, w = Value(2.0), Value(3.0)
    y = x * w + x
    y.backward()
    before = [(v.data, v.grad, v.partials) for v in (x, w, y)]
    with pytest.raises((ValueError, ArithmeticError, TypeError)):
        wrong(x, y)
    assert [(v.data, v.grad, v.partials) for v in (x, w, y)] == before
    z = y * y
    assert gradients(z, [x, w]) == [2 * 8 * 4, 2 * 8 * 2]
    assert DomainError.__mro__[1:3] == (autograd_mini.AutogradError, ValueError)


# -- another process ----------------------------------------------------------------------------

LOAD = """
import pickle, sys
from autograd_mini import gradients, rerun
for leaves, root in pickle.load(sys.stdin.buffer):
    again = rerun(root)
    print([repr(x) for x in (root.data, *gradients(root, leaves), again.data)])
"""


def test_pickles_load_in_a_new_process_with_equal_gradients():
    graphs = []

    @settings(max_examples=20, derandomize=True, database=None)
    @given(expressions() | networks())
    def collect(f):
        leaves = [Value(x) for x in f.inputs]
        graphs.append((leaves, f(*leaves)))

    collect()
    model = MLP(2, [3, 2], rng=random.Random(0))
    graphs.append((model.parameters(), cross_entropy(model([0.5, -1.0]), 1)))
    run = subprocess.run(
        [sys.executable, "-c", LOAD],
        input=pickle.dumps(graphs),
        capture_output=True,
        cwd=Path(autograd_mini.__file__).parent.parent,
        check=True,
    )
    lines = run.stdout.decode().splitlines()
    for line, (leaves, root) in zip(lines, graphs, strict=True):
        assert line == str([repr(x) for x in (root.data, *gradients(root, leaves), root.data)])


# -- memory -------------------------------------------------------------------------------------


def engine():
    x, w = Value(2.0, "x"), Value(3.0)
    y = dot([w, x], [x, w], 1) + (x * w).tanh() ** 2 - logsumexp([x, 1.0, w]).leaky_relu()
    y.backward()
    [dx] = gradients(y, [x], create_graph=True)
    gradients(dx, [w])
    repr(backprop_steps(y))
    rerun(y)
    pickle.loads(pickle.dumps(y))
    copy.deepcopy(y)


def transforms():
    def f(x):
        return x[0] * tanh(x[1]) + x[1] ** 3

    p = [1.0, 2.0]
    hessian(f)(p), hvp(f, (p,), (p,)), jvp(f, (p,), (p,)), vjp(f, p)[1](1.0)
    jacobian(lambda x: [f(x), x[0]])(p), grad(grad(grad(tanh)))(0.5)


def network():
    model = MLP(2, [3, 2], rng=random.Random(0))
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
    for _ in range(3):
        cross_entropy(model([0.5, -1.0]), 1).backward()
        optimizer.step()
        optimizer.zero_grad()
    model.load_state_dict(model.state_dict())
    model.predict([0.5, -1.0])
    list(model.named_parameters())


def errors():
    x = Value(-1.0, "x")
    for f in (log, sqrt, lambda v: v / 0, lambda v: v ** Value(0.5), lambda v: gradients(v, [1])):
        with suppress(ValueError, ArithmeticError, TypeError):
            f(x * 2 + 1)


@pytest.mark.parametrize("job", [engine, transforms, network, errors])
def test_nothing_is_left_to_the_cycle_collector(job):
    job()  # imports what is imported when first used
    gc.collect()
    gc.disable()
    try:
        job()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_two_thousand_training_steps_take_no_more_memory():
    # a leak shows every time, what the interpreter or a tracer sets up for itself shows once
    growth = min(endurance.memory(700).growth for _ in range(3))
    assert growth < 700  # bytes; one Value kept has over 100


@pytest.mark.parametrize("shape", endurance.SHAPES)
def test_a_large_graph_is_built_differentiated_pickled_and_freed(shape):
    assert endurance.depth(shape, 20_000).size == 20_000


# -- hostile input: nothing is written outside the output folder --------------------------------

HOSTILE = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def box(tmp_path, monkeypatch):
    """A folder tree to work in the middle of, and a function that tells what has changed in it."""
    inside = tmp_path / "a" / "b" / "work"
    inside.mkdir(parents=True)
    (tmp_path / "a" / "kept.txt").write_text("kept")
    (inside / "model.json").write_text("{}")
    monkeypatch.chdir(inside)
    return Box(tmp_path)


class Box:
    def __init__(self, root):
        self.root = root
        self.before = {}
        self.before = self.files()

    def files(self):
        return {p: p.read_bytes() for p in self.root.rglob("*") if p.is_file()}

    def run(self, *arguments):
        """The command's exit status; it prints no traceback, and of errors one line, or a list."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                status = main(arguments)
            except SystemExit as stop:  # argparse's
                status = stop.code
        assert status in (0, 2)
        lines = err.getvalue().splitlines()
        assert bool(lines) == (status == 2)
        assert len(lines) <= 11
        assert all(line.startswith("row ") for line in lines[1:])
        return status

    def assert_only_written_in(self, folder):
        changed = {p for p, content in self.files().items() if self.before.get(p) != content}
        assert all(folder in p.parents for p in changed), changed
        assert self.before.keys() <= self.files().keys()


PATHS = [
    "../../escaped",
    "/tmp/escaped",
    "x",
    "open('hacked','w')",
    "a/b",
    "..\\x",
    "%s",
    "~",
    "\n",
]
PIECES = [
    *PATHS,
    *sorted(FUNCTIONS),
    *"+-*/(),[]<>=.'\" 0123456789xy\n",
    "**",
    "__import__",
    "import ",
]


@HOSTILE
@given(text=st.text(max_size=30) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example(text="__import__('os').system('touch ../../hacked')")
@example(text="open('../hacked', 'w')")
@example(text="x/../../hacked")
def test_expressions_write_nothing_but_the_picture(box, text):
    out = box.root / "a" / "b" / "out"
    if not text.startswith("-"):
        box.run("steps", text, "x=2")
        box.assert_only_written_in(out)  # nothing at all
        box.run("draw", text, "x=2", "--out", str(out / "picture.dot"))
    box.assert_only_written_in(out)


@HOSTILE
@given(
    rows=st.lists(
        st.lists(
            st.sampled_from([*PATHS, "1", "2.5", "nan", "", "NUL", '"']), min_size=3, max_size=3
        ),
        max_size=6,
    ),
    good=st.booleans(),
)
@example(rows=[["../../x", "/tmp/y", "../z"]], good=True)
def test_tables_write_nothing_outside_the_output_folder(box, rows, good):
    table, out = box.root / "a" / "table.csv", box.root / "a" / "b" / "out"
    text = io.StringIO()
    points = [[str(i % 5), str(i % 3), PATHS[i % 2]] for i in range(8)] if good else []
    csv.writer(text).writerows([*rows, *points])
    written = text.getvalue().replace("NUL", "\0")  # Python 3.10's csv writes none
    table.write_text(written, encoding="utf-8", newline="")
    box.before[table] = table.read_bytes()
    box.run("train", "--data", str(table), "--hidden", "2", "--epochs", "1", "--out", str(out))
    box.assert_only_written_in(out)
    box.run("predict", "model.json", "--data", str(table))
    box.assert_only_written_in(out)


def good_model():
    start, _ = prepare(iris(), Settings(hidden=[2]))
    return json.loads(start.predictor.to_json())


GOOD = good_model()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(PATHS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(PATHS), inner),
    max_leaves=8,
)


@HOSTILE
@given(
    changes=st.dictionaries(st.sampled_from(sorted(GOOD)), JSON, max_size=2),
    cut=st.none() | st.integers(0, 900),
)
@example(changes={"columns": PATHS[:4], "classes": ["../x", "/tmp/y", "\n"]}, cut=None)
@example(changes={"activation": "__import__('os').system('touch hacked')"}, cut=None)
@example(changes={"hidden": [100_000] * 9}, cut=None)
def test_models_write_nothing_and_are_read_or_refused(box, changes, cut):
    model = box.root / "a" / "b" / "work" / "model.json"
    model.write_text(json.dumps({**GOOD, **changes})[:cut], encoding="utf-8")
    box.before[model] = model.read_bytes()
    status = box.run("predict", str(model), "5.1", "3.5", "1.4", "0.2")
    assert status == 2 or Classifier.load(model).classes == {**GOOD, **changes}["classes"]
    box.assert_only_written_in(box.root / "nowhere")


@pytest.mark.parametrize("name", fuzz.FUZZED)
def test_the_fuzzers_first_inputs_find_nothing(monkeypatch, tmp_path, name):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fuzzed = fuzz.FUZZED[name]
    read = fuzzed.target()
    for seed in fuzzed.seeds:
        for word in ["", *fuzzed.words]:
            read(seed + word.encode())
            read(seed[:1] + word.encode() + seed[1:])
