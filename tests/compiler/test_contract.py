"""The contract of backends: what each of them has, and that nothing else is asked of them."""

import sys
from inspect import signature
from types import ModuleType

import numpy as np
import pytest

from autograd_mini import Value, compile, dot, tanh
from autograd_mini.compiler import backends
from autograd_mini.compiler.backends import NAMES, Backend, backend
from autograd_mini.compiler.canonical import Graph
from autograd_mini.compiler.task import Task
from autograd_mini.compiler.trace import Trace, placeholders
from autograd_mini.compiler.two_traces import in_order

LIBRARIES = {"numpy": "numpy", "numba": "numba", "tape": "numba", "jax": "jax"}
CONTRACT = [name for name in vars(Backend) if not name.startswith("_") and name != "DTYPES"]


@pytest.fixture(params=NAMES)
def module(request):
    pytest.importorskip(LIBRARIES[request.param])
    return backend(request.param)


def layer():
    """A graph of two neurons, with the forms of their outputs, and of the sum of these."""
    values = [Value(0.1 * i) for i in range(6)]
    trace = Trace({"x": (2,)})
    x = placeholders("x", (2,), trace)
    outputs = [tanh(dot(values[i : i + 2], x, values[4 + i // 2])) for i in (0, 2)]
    roots = [sum(outputs), *outputs]
    graph = Graph(values)
    return graph, graph.enter(in_order(trace, roots), roots)


def array(forms):
    found = np.empty(len(forms), dtype=object)
    found[:] = forms
    return found


def test_the_contract_has_four_functions():
    assert CONTRACT == ["lower", "emit", "written", "function"]


@pytest.mark.parametrize("reduction", ["mean", ""])
def test_every_backend_keeps_the_contract(module, reduction):
    graph, (total, *outputs) = layer()
    roots = [array([total]).reshape(())] * bool(reduction) + [array(outputs)]
    names = ["w.0.0", "w.0.1", "w.1.0", "w.1.1", "b.0", "b.1"]
    assert {"float64", "float32"} >= {*module.DTYPES} > set()
    for name in CONTRACT:
        required = [
            p for p in signature(getattr(module, name)).parameters.values() if p.default is p.empty
        ]
        expected = [*signature(getattr(Backend, name)).parameters]
        assert len(required) == len(expected), name
    task = Task(graph, roots, names, {"x": (2,)}, reduction, "float64")
    lowered = module.lower(task)
    assert [block.name for block in lowered.blocks] == ["w", "b"]
    assert [places.tolist() for places in lowered.places] == [[[0, 1], [2, 3]], [4, 5]]
    source, constants, runs = module.emit(lowered, task.function)
    assert task.function in source or source.startswith("# a tape")
    assert all(isinstance(name, str) for name in constants)
    assert isinstance(runs, str)


def test_nothing_else_is_asked_of_a_backend(monkeypatch):
    """A module of these names alone is one."""
    numpy, asked = backend("numpy"), set()

    class Other(ModuleType):
        def __getattr__(self, name):
            asked.add(name)
            return getattr(numpy, name)

    monkeypatch.setitem(sys.modules, f"{backends.__name__}.other", Other("other"))
    monkeypatch.setattr(backends, "NAMES", (*NAMES, "other"))
    w, b = Value(2.0), Value(0.5)
    program = compile(lambda x: tanh(w * x + b), parameters=[w, b], x=(), backend="other")
    loss, gradients = program.value_and_grad([0.1, 0.2])
    beside = compile(lambda x: tanh(w * x + b), parameters=[w, b], x=())
    assert (loss, gradients) == beside.value_and_grad([0.1, 0.2])
    assert str(program.explain()) == str(beside.explain())
    assert {name for name in asked if not name.startswith("__")} == {*CONTRACT, "DTYPES"}
