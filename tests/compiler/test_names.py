"""Inputs, parameters and the keys of a module's dicts may have any name, on every backend."""

import ast
import builtins
import keyword
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_results import BACKENDS, quickly

import nn
from autograd_mini import (
    Value,
    compile,
    dot,
    exp,
    fsum,
    logsumexp,
    maximum,
    softmax,
    softplus,
    tanh,
    where,
)  # fmt: skip
from autograd_mini.compiler import names as names_module
from autograd_mini.compiler.cache import Cache
from autograd_mini.compiler.names import numbered, unique

pytestmark = pytest.mark.usefixtures("cache_of_its_own")
every_backend = pytest.mark.parametrize("backend", BACKENDS)
X = np.random.default_rng(0).normal(size=(9, 2))


def loss(x, w, b):
    """What uses as many of a source's names as one may."""
    h = [tanh(dot(row, x) + b) for row in w]
    p = softmax([*h, x[0] * b])
    return fsum([softplus(a) * exp(a) for a in h]) + logsumexp(p) + where(x[0] > b, x[1], h[0]) + (
        maximum(x[0], b) * fsum([v * v for row in w for v in row])
    )  # fmt: skip


def numbers():
    return [[Value(0.1), Value(-0.3)], [Value(0.7), Value(0.2)]], Value(0.25)


def names_of(backend):
    """Every name of the sources of some programs, and of what they run in."""
    (w, b), found = numbers(), set()
    net = nn.MLP(2, [3, 2])
    with quickly(backend):
        for f in (
            lambda x: loss(x, w, b),
            lambda x: {"a": net(x), "b": [x[0], w[0][0]]},
            lambda x: nn.losses.cross_entropy(net(x), [x[0], 1 - x[0]]),
            lambda x: fsum([x[i] * w[i][j] for i in range(2) for j in range(2)]),
        ):
            source = compile(f, x=2, backend=backend).source
            if backend != "tape":
                found |= {n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)}
                found |= {n.arg for n in ast.walk(ast.parse(source)) if isinstance(n, ast.arg)}
                scope = {}
                exec(source, scope)
                found |= scope.keys()
        if backend == "numba":
            from autograd_mini.compiler.backends import jit

            exec(jit.HEADER, scope := {})
            found |= scope.keys()
            assert {"exp", "where", "lanes", "block", "total", "inf", "np"} <= found
    found |= {*keyword.kwlist, *dir(builtins), *names_module.LOCALS, *names_module.OF_LOOPS}
    found |= {f"all_{name}" for name in ("x", "h", "all_x")} | {*"abijklmnstvwxyz"}
    found |= {"loss", "value_and_grad", "predict", "self", "inputs", "dW1", "special", "jax"}
    return sorted(name for name in found if name.isidentifier())


def programs(backend, taken):
    """Pairs of a program, and the same one with names of no consequence, for groups of names."""
    for start in range(0, len(taken), 12):
        mine = taken[start : start + 12]
        for kind in (of_inputs, of_labels, of_keys):
            yield mine, kind(backend, mine), of_plain_names(backend, kind, len(mine))


@cache
def of_plain_names(backend, kind, count):
    return kind(backend, [f"quiet{i}" for i in range(count)])


def of_inputs(backend, names):
    names = [f"{name}_" if keyword.iskeyword(name) else name for name in names]
    w, b = numbers()
    given = dict.fromkeys(names, 2)
    program = compile(lambda **inputs: fsum([loss(inputs[name], w, b) for name in names]),
                      shapes=given, backend=backend)  # fmt: skip
    assert program.inputs == names
    found = program.value_and_grad(*[X] * len(names))
    assert same(program.value_and_grad(**dict.fromkeys(names, X)), found)
    return found


def of_labels(backend, names):
    w, b = numbers()
    parameters = [Value(0.1 * i, name) for i, name in enumerate(names)]

    def f(x):
        total = b * x[0]
        for i, v in enumerate(parameters):  # each of another use, to be an array by itself
            total = tanh(total * v) + exp(v) * i
        return loss(x, w, total)

    program = compile(f, x=2, backend=backend)
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in program.parameters)
    return program.value_and_grad(X)


def of_keys(backend, names):
    class Tower(nn.Module):
        def __init__(self):
            self.parts = {name: [Value(0.1 * i + 0.2 * j) for j in range(2)]
                          for i, name in enumerate(names)}  # fmt: skip

        def __call__(self, x):
            return fsum([tanh(dot(w, x)) ** (i + 2) for i, w in enumerate(self.parts.values())])

    model = Tower()
    w, _ = numbers()
    program = compile(lambda x: loss([model(x), x[1]], [[v.data for v in row] for row in w], x[0]),
                      x=2, parameters=model, backend=backend)  # fmt: skip
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in program.parameters)
    return program.value_and_grad(X)


def same(one, other):
    """Whether results are equal up to the order of parameter arrays and rounding."""
    numbers = [np.sort(np.concatenate([np.ravel(g) for g in r[1]])) for r in (one, other)]
    return np.isclose(one[0], other[0], rtol=1e-12) and np.allclose(*numbers, rtol=1e-11)


@every_backend
def test_every_name_of_a_source_may_be_the_users(backend):
    taken = names_of(backend)
    if backend != "numpy":  # builtins are reserved in one place: here a few of them
        taken = sorted({*taken} - {*dir(builtins)} | {"len", "abs", "range", "float", "sum"})
    with quickly(backend):
        for mine, found, expected in programs(backend, taken):
            assert same(found, expected), mine


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_some_of_them_compiled(backend):
    pytest.importorskip(backend)
    taken = {"numba": ["first", "exp", "n"], "jax": ["jnp", "len", "n"]}[backend]
    assert same(of_inputs(backend, taken), of_inputs("numpy", ["quiet", "calm", "still"]))


@pytest.mark.parametrize(
    "key", ["a-b", "two words", "3x", "", "a.b", "für", "x²", "class", "*", "ﬁ"]
)
@every_backend
def test_keys_that_are_not_identifiers(backend, key):
    with quickly(backend):
        found = of_keys(backend, [key, "plain"])
        assert same(found, of_keys(backend, ["quiet", "plain"]))


def test_the_source_changes_a_name_that_it_needs_and_the_program_keeps_it():
    w = Value(2.0, "np")
    program = compile(lambda len, x, len_2: w * exp(len) * x + len_2, len=(), x=(), len_2=())
    assert (program.inputs, program.parameters) == (["len", "x", "len_2"], ["np"])
    assert "def value_and_grad(len_3, x, len_2, np_2):" in program.source
    assert program.value_and_grad(len_2=[1.0], x=[3.0], len=[0.0])[0] == 7.0
    assert "n" in str(program.explain("np_2"))


def test_names_that_python_takes_for_one():
    """An identifier is its NFKC form: the ligature is fi."""
    program = compile(lambda **x: x["ﬁ"] + 2 * x["fi"], shapes={"ﬁ": (), "fi": ()})
    assert program.value_and_grad([1.0], [10.0])[0] == 21.0


def test_the_name_of_an_intermediate_is_not_one_that_the_source_needs():
    w = [Value(0.5), Value(-1.0)]

    def loss(x):
        h = tanh(dot(w, x))
        h.label = "len"
        return h * h + exp(h)

    program = compile(loss, x=2)
    assert "len = " not in program.source
    assert program.value_and_grad(X)[0] == pytest.approx(
        np.mean([loss(row).data for row in X.tolist()])
    )


def test_labels_of_unused_parameters_are_part_of_the_program(monkeypatch):
    import autograd_mini.compiler as compiler

    monkeypatch.setattr(compiler, "_COMPILED", Cache(size=32))
    for name in ("one", "other"):
        w, unused = Value(2.0, "w"), Value(1.0, name)
        program = compile(lambda x, w=w: w * x, x=(), parameters=[w, unused])
        assert program.parameters == ["w", name]
        assert name in program.summary()


class Counting(set):
    """A set that counts how often it was asked."""

    asked = 0

    def __contains__(self, x):
        self.asked += 1
        return super().__contains__(x)


def test_thousands_of_names_are_found_by_bisection():
    taken = Counting()
    found = [unique("v", taken) for _ in range(5000)]
    assert found == ["v", *[f"v{n}" for n in range(2, 5001)]]
    assert taken.asked < 40 * 5000  # 25 million, one after another


@given(st.sets(st.integers(1, 40)), st.integers(1, 3))
def test_a_numbered_name_is_free_and_the_first_without_gaps(numbers, start):
    taken = {f"W{n}" for n in numbers}
    name = numbered("W", set(taken), start)
    assert name not in taken
    assert int(name[1:]) >= start
    run = next(n for n in range(start, 50) if n not in numbers)
    if all(n < run for n in numbers):
        assert name == f"W{run}"
