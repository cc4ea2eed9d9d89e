"""What is done to a parameter's number in a traced function is traced, or refused: a program in
which it was read once would go on with the old number.
"""

import copy
import gc
import math
import pickle
from inspect import signature
from threading import Thread
from types import ModuleType

import numpy as np
import pytest
from agreement import check

import nn
from autograd_mini import TraceError, Value, compile, exp, fsum, maximum, pick, where
from autograd_mini.compiler.trace import Trace
from nn import losses

w, v = Value(2.0, "w"), Value(-1.0, "v")
made_before = w * w + 1
X = np.array([-1.5, 0.5, 2.0])

every_way = pytest.mark.parametrize(
    "parameters", [None, [w, v]], ids=["every leaf", "a list of them"]
)


class Model(nn.Module):
    def __init__(self):
        self.scale = Value(3.0)

    def __call__(self, x):
        return x * (2 if self.scale > 0 else 3)


model = Model()


def helper(x):
    return x * v if w > 0 else x


READING = {
    "branch": lambda x: w * x if w > 0 else v,
    "truth": lambda x: w * x if w else v,
    "data": lambda x: w * x * w.data + v,
    "data alone": lambda x: v * x * w.data,
    "branch alone": lambda x: v * x if w > 0 else x,
    "in a comprehension": lambda x: v * fsum([x for _ in range(2) if w > 0]),
    "in a helper": helper,
    "of a result": lambda x: w * x if w * w + v > 0 else v,
    "data of a result": lambda x: w * x * exp(w * v).data,
    "of what was made before": lambda x: w * x + v if made_before > 0 else x,
    "data of what was made before": lambda x: (made_before * x + w * v) * made_before.data,
    "float": lambda x: w * x * float(v),
    "int": lambda x: w * x * int(v),
    "round": lambda x: w * x * round(v, 1),
    "index": lambda x: [x, w][v],
    "math": lambda x: w * x * math.exp(v),
    "rest": lambda x: w * x * (v % 2),
    "floor": lambda x: w * x * (v // 2),
    "pick": lambda x: pick([x, w], v),
    "grad": lambda x: w * x * v.grad,
    "backward": lambda x: (w * v).backward() or w * x,
    "equal to a number": lambda x: where(v == 0, w * x, x),
    "not equal to a number": lambda x: where(v != 0, w * x, x),
    "max": lambda x: max(w, v) * x,
    "assignment": lambda x: setattr(w, "data", 3.0) or w * v * x,
    "zero_grad": lambda x: w.zero_grad() or w * v * x,
    "copy": lambda x: copy.deepcopy(w) * v * x,
    "pickle": lambda x: pickle.loads(pickle.dumps(w)) * v * x,
}


@every_way
@pytest.mark.parametrize("loss", READING.values(), ids=READING)
def test_reading_a_parameter_is_refused(loss, parameters):
    with pytest.raises(TraceError, match="; use "):
        compile(loss, x=(), parameters=parameters)
    assert type(w) is type(v) is type(made_before) is Value
    assert (w.data, v.data) == (2, -1)


def test_reading_a_parameter_of_a_module_is_refused():
    for parameters in (None, model):
        with pytest.raises(
            TraceError, match=r"return x \* \(2 if self\.scale > 0 else 3\): a branch"
        ):
            compile(lambda x: model(x) * w, x=(), parameters=parameters)
    with pytest.raises(TraceError, match=r"no \.data"):
        compile(lambda x: x * net.predict([1.0]) * w, x=(), parameters=net)


net = nn.MLP(1, [2, 1])

TRACED = {
    "where": lambda x: where(w > 0, w * x, v),
    "where alone": lambda x: where(w > 0, x, 2 * x) * v,
    "where on a result": lambda x: where(w * v + 1 >= v, w * x, v),
    "where on both": lambda x: where((w > v) & (x < w), w * x, v * x),
    "where on what was made before": lambda x: where(made_before > v, w * x, v * x),
    "sums of parameters": lambda x: w * w + fsum([w, v, w * v]) * x + maximum(w, v),
    "detach": lambda x: w.detach() * v * x,
    "a parameter itself": lambda x: where(w > 0, w, v),
    "parameters as keys and in lists": lambda x: {w: 2.0}[w] * x * w * (3 if v in [w, v] else 5),
    "cross-entropy": lambda x: losses.cross_entropy([w * x, v * x], [v * v, w]) * x,
    "logits": lambda x: losses.cross_entropy([w, v], 0) * x,
}


@every_way
@pytest.mark.parametrize("loss", TRACED.values(), ids=TRACED)
def test_the_rest_is_traced_and_follows_the_parameters(loss, parameters):
    before = made_before.operands[0].operands[0]
    assert before is w
    program = check(loss, (X,), x=(), parameters=parameters)
    if loss is TRACED["where on what was made before"]:
        return  # the engine has its old number
    for numbers in ((-3.0, 0.5), (1.0, 2.0)):
        w.data, v.data = numbers
        try:
            program.load()
            expected = sum(loss(x).data for x in X.tolist()) / len(X)
            assert program.value_and_grad(X)[0] == pytest.approx(expected, rel=1e-12, abs=0)
        finally:
            w.data, v.data = 2.0, -1.0


def test_constants_may_be_read():
    constant = Value(5.0)

    def loss(x):
        twice = constant * Value(2.0)
        return w * x * (constant.data + twice.data) if constant > 0 and twice > 0 else x

    program = compile(loss, x=(), parameters=[w])
    assert program.value_and_grad([1.0])[0] == 30
    with pytest.raises(TraceError, match="parameters=, without the Values that are constants"):
        compile(lambda x: w * x * constant.data, x=())


def test_texts_of_traced_numbers_are_placeholders():
    seen = []
    compile(lambda x: seen.append(f"{w} {w:.3f} {x:.2f} {w * x:g} {v!r} {x}") or w * x, x=())
    assert seen[0] == (
        "<traced parameter w> <traced parameter w> <traced input x> <traced *> "
        "<traced parameter v> <traced input x>"
    )


class Interrupt(BaseException):
    pass


@every_way
def test_after_an_error_parameters_are_values_again(parameters):
    def loss(x):
        assert type(w) is not Value
        assert isinstance(w, Value)
        assert w.is_leaf
        raise Interrupt

    with pytest.raises(Interrupt):
        compile(loss, x=(), parameters=parameters)
    assert type(w) is type(v) is Value
    assert w.data + (w * v).data == 0


def test_a_program_in_a_traced_function():
    """It may have parameters of its own. Those of the outer one it could only read."""
    own = Value(3.0)

    def inner():
        return float(compile(lambda y: y * own, y=(), parameters=[own]).value_and_grad([2.0])[0])

    assert compile(lambda x: x * w * inner(), x=(), parameters=[w]).value_and_grad([1.0])[0] == 12
    with pytest.raises(TraceError):
        compile(lambda x: x * w * compile(lambda y: y * w, y=()).values[0].data, x=())
    assert type(own) is type(w) is Value


def test_a_leaf_that_is_not_in_sight_is_found_by_the_first_call():
    hidden = [Value(2.0), Value(3.0)]
    address = id(hidden)

    def behind():
        [found] = [x for x in gc.get_objects() if id(x) == address]
        return found

    def loss(x):
        a, b = behind()
        return a * a * b + b * x if a > 0 else x

    with pytest.raises(TraceError, match="a branch"):
        compile(loss, x=())
    program = compile(lambda x: (lambda a, b: a * a * b + b * x)(*behind()), x=())
    assert sorted(p.data for p in program.values) == [2, 3]
    assert program.value_and_grad([1.0])[0] == 15


def test_a_trace_is_freed():
    def traces():
        gc.collect()
        return sum(type(x) is Trace for x in gc.get_objects())

    before = traces()
    program = compile(lambda x: w * x, x=(), parameters=[w])
    assert traces() == before
    assert program.values == [w]


def test_threads_compile_models_of_their_own():
    def work(results, number):
        own = Value(number)
        for _ in range(20):
            program = compile(lambda x: where(own > 0, own * x, own) + own * own, x=())
            results.append(program.value_and_grad([2.0])[0] == 2 * number + number**2)

    results = []
    threads = [Thread(target=work, args=(results, float(n))) for n in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 40


class OfClass:
    """Its numbers are the class's own, a module's, or named by a method."""

    slope = Value(2.0)

    @property
    def steep(self):
        return self.slope > 0

    def by_property(self, x):
        return x * v if self.steep else x

    def by_class(self, x):
        return x * v * OfClass.slope.data

    def by_global(self, x):
        return x * v if w > 0 else x

    def by_module(self, x):
        return x * v if shelf.weight > 0 else x


class OfSubclass(OfClass):
    pass


shelf = ModuleType("shelf")
shelf.weight = Value(2.0)


@pytest.mark.parametrize("name", ["by_property", "by_class", "by_global", "by_module"])
def test_what_a_class_a_method_or_a_module_names_is_in_sight(name):
    thing = OfSubclass()
    for f in (lambda y: getattr(thing, name)(y), getattr(thing, name)):
        with pytest.raises(TraceError, match="use"):
            compile(f, shapes={next(iter(signature(f).parameters)): ()})
