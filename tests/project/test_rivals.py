"""What the compiler is measured against computes the same as the engine does, on every problem."""

import importlib
from functools import cache
from random import Random

import numpy as np
import pytest

from benchmarks.problems import PROBLEMS, irregular, parameter_arrays, steps

EXAMPLES = 3  # that the engine runs in scalars
NEEDS = {"in_numpy": "numpy", "in_jax": "jax", "in_pytorch": "torch"}
problem_of = cache(lambda name: PROBLEMS[name]())
every_problem = pytest.mark.parametrize("name", [name for name in PROBLEMS if name != "irregular"])


def rival(module, problem):
    write = getattr(importlib.import_module(f"benchmarks.rivals.{module}"), problem.rival)
    return write(parameter_arrays(problem.model))


def assert_equal(answer, expected):
    """A loss and gradients, all within 1e-12 of the loss or of the largest gradient."""
    (loss, gradients), (expected_loss, expected_gradients) = answer, expected
    assert float(loss) == pytest.approx(expected_loss, rel=1e-12)
    largest = max(abs(g).max() for g in expected_gradients)
    assert largest > 0
    for gradient, wanted in zip(gradients, expected_gradients, strict=True):
        gradient = np.asarray(gradient)
        assert gradient.shape == wanted.shape
        assert gradient.dtype == np.float64
        assert abs(gradient - wanted).max() <= 1e-12 * largest


@every_problem
@pytest.mark.parametrize("module", NEEDS)
def test_a_rival_computes_what_the_engine_does(module, name):
    pytest.importorskip(NEEDS[module])
    problem = problem_of(name)
    value_and_grad = rival(module, problem)
    assert_equal(value_and_grad(*problem.batch(EXAMPLES)), problem.eager(EXAMPLES))


@every_problem
@pytest.mark.parametrize("module", ["in_jax", "in_pytorch"])
def test_rivals_are_equal_on_all_examples(module, name):
    pytest.importorskip(NEEDS[module])
    problem = problem_of(name)
    answers = [rival(each, problem)(*problem.inputs) for each in (module, "in_numpy")]
    assert_equal(*answers)


def test_the_gpt_in_scalars_learns_what_one_written_in_jax_does():
    pytest.importorskip("jax")
    from benchmarks.rivals import in_jax
    from examples.scalar_gpt import GPT, encode, first_names, train

    model, names, steps = GPT(rng=Random(42)), first_names(), 1000
    start = parameter_arrays(model)
    ours = list(train(model, names, Random(0), steps, batch=8))
    rng = Random(0)
    batches = (encode(rng.sample(names, 8)) for _ in range(steps))
    theirs = list(in_jax.train_gpt(start, batches, steps))
    assert np.mean(ours[:100]) > 2.4 > 2.2 > np.mean(ours[-100:])
    assert abs(np.subtract(ours, theirs)).max() < 1e-9


@pytest.mark.parametrize("name", ["moons", "digits", "deep", "gpt-masked"])
def test_a_rival_in_numpy_keeps_nothing_between_calls(name):
    problem = problem_of(name)
    value_and_grad = rival("in_numpy", problem)
    inputs = [array.copy() for array in problem.batch(EXAMPLES)]
    first = value_and_grad(*inputs)
    value_and_grad(*problem.batch(EXAMPLES + 1))
    assert_equal(first, problem.eager(EXAMPLES))
    for now, before in zip(inputs, problem.batch(EXAMPLES)):
        assert (now == before).all()


def test_micrograd_computes_what_the_engine_does():
    pytest.importorskip("micrograd")
    problem = problem_of("moons")
    value_and_grad = rival("in_micrograd", problem)
    for _ in range(2):  # gradients do not pile up
        assert_equal(value_and_grad(*problem.batch(EXAMPLES)), problem.eager(EXAMPLES))


def test_microgpt_computes_what_the_engine_does():
    problem = problem_of("gpt-ragged")
    value_and_grad = rival("in_microgpt", problem)
    for _ in range(2):
        assert_equal(value_and_grad(*problem.batch(EXAMPLES)), problem.eager(EXAMPLES))


@pytest.mark.parametrize("document", ["al", "anastasia", "christophersonandcompany"])
def test_microgpt_reads_the_letters_of_one_hot_tokens(document):
    from benchmarks.rivals import in_microgpt
    from examples.scalar_gpt import encode

    [tokens], [targets] = encode([document])
    assert in_microgpt.document(tokens, targets) == document[:16]


@pytest.mark.parametrize("size", [300, 18_000])
def test_casadi_computes_what_the_engine_does_on_an_irregular_graph(size):
    pytest.importorskip("casadi")
    from benchmarks.rivals import in_casadi

    problem = irregular(size)
    value_and_grad = in_casadi.irregular(parameter_arrays(problem.model), size)
    for count in (1, EXAMPLES):
        assert_equal(value_and_grad(*problem.batch(count)), problem.eager(count))


def test_an_irregular_graph_is_always_the_same_and_tame():
    drawn = steps(2_000, 100)
    assert drawn == steps.__wrapped__(2_000, 100)
    assert {operation for operation, _, _ in drawn} == {"+", "mean", "*", "sin", "tanh"}
    value, [gradient] = irregular(2_000).eager(EXAMPLES)
    assert abs(value) <= 4
    assert 1e-3 < abs(gradient).max() < 10
