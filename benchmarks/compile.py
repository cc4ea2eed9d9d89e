"""Compiled scalar code beside code written by hand.

A row is a loss and all its gradients, without an update. Before it is timed, both sides are checked
to give the same. All sides keep to one thread.
"""

from __future__ import annotations

import gc
import importlib
from functools import cache, partial
from random import Random
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import autograd_mini
from autograd_mini import Value, compiler, topological_order

from . import problems
from .problems import Problem, parameter_arrays
from .side_by_side import (
    Row,
    cost_row,
    duration,
    interleaved,
    missing,
    progress,
    quartiles,
    skipped,
    timed_row,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Times = Sequence[tuple[float, float]]
    Bar = Callable[[str, Times], Row]

TOLERANCE = 1e-12


class Timing(NamedTuple):
    """How long to measure a row: about so many seconds, in 5 to 200 rounds.

    On a busy machine many short timings, of 2 ms if a run is shorter, have a better chance that one
    is left alone than a few long ones.
    """

    seconds: float
    rng: Random

    def __call__(self, what: str, ours: Callable[[], object], rival: Callable[[], object]) -> Times:
        gc.collect()
        gc.freeze()  # what is there already is not garbage, and need not be searched again
        once = sum(max(LASTING, seconds_of(run)) for run in (ours, rival))
        rounds = min(max(5, round(self.seconds / once)), 200)
        return interleaved(what, ours, rival, rounds=rounds, rng=self.rng, lasting=LASTING)


LASTING = 0.002


def seconds_of(run: Callable[[], object]) -> float:
    """That one run takes, after another to warm up."""
    run()
    start = perf_counter()
    run()
    return perf_counter() - start


# -- the two sides ------------------------------------------------------------------------------


class Rival(NamedTuple):
    """The name of a module of rivals/, what both sides need, and our backend to run beside it."""

    name: str
    needs: tuple[str, ...] = ()
    backend: str = "numpy"


RIVALS = {
    "NumPy": Rival("numpy"),
    "JAX": Rival("jax", ("jax",), "jax"),
    "PyTorch": Rival("pytorch", ("torch",)),
    "CasADi": Rival("casadi", ("casadi", "numba"), "tape"),
    "micrograd": Rival("micrograd", ("micrograd",)),
    "microgpt": Rival("microgpt"),
}


@cache
def problem_of(name: str) -> Problem:
    return problems.PROBLEMS[name]()


@cache
def compiled(name: str, backend: str) -> Any:
    return compile_problem(problem_of(name), backend)


def compile_problem(problem: Problem, backend: str | None = None) -> Any:
    return autograd_mini.compile(
        problem.loss, **problem.shapes, parameters=problem.model, backend=backend
    )


def forget() -> None:
    """Have the next compilation start from nothing, and not from a program that is kept."""
    compiler._COMPILED = compiler.Cache(compiler._COMPILED.size)


def native(library: str, arrays: Sequence[Any]) -> Sequence[Any]:
    """NumPy's arrays as the library has its own."""
    if library == "jax":
        return [importlib.import_module("jax.numpy").asarray(array) for array in arrays]
    if library == "pytorch":
        return [importlib.import_module("torch").as_tensor(array) for array in arrays]
    return arrays


def runs(program: Any, inputs: Sequence[Any]) -> Callable[[], Any]:
    """The program's loss and gradients."""
    return lambda: program.value_and_grad(*inputs)


def runs_on_device(program: Any, inputs: Sequence[Any]) -> Callable[[], Any]:
    """The same by the program's source alone, on arrays that are JAX's and stay so.

    value_and_grad() is from NumPy to NumPy, and spends more time on the way than on small networks.
    """
    scope: dict[str, Any] = {}
    exec(program.source, scope)
    arrays = native("jax", [*program.arrays.values(), *program._compiled.constants.values()])
    run = partial(scope["value_and_grad"], *inputs, *arrays)

    def wait() -> Any:
        loss, gradients = run()
        return loss.block_until_ready(), gradients

    return wait


def check_equal(ours: tuple[Any, Any], theirs: tuple[Any, Any]) -> None:
    """Refuse to compare the times of programs that compute different things."""
    (loss, gradient), (expected_loss, expected) = ours, theirs
    for what, a, b in (
        ("losses", float(loss), float(expected_loss)),
        ("gradients", gradient, expected),
    ):
        worst, largest = np.abs(a - b).max(), np.abs(b).max()
        if not worst <= TOLERANCE * largest:
            raise AssertionError(f"{what} differ by {worst}, and the largest is {largest}")


def flat(arrays: Any) -> Any:
    return np.concatenate([np.asarray(array).ravel() for array in arrays])


def places(program: Any, parameters: Sequence[Value], as_rival: Callable[[], Any]) -> Any:
    """Where each number of a rival's arrays is among those of the program's, one after the other.

    Both are asked where they have the first parameter, the second, and so on.
    """
    numbers = [p.data for p in parameters]
    try:
        for i, p in enumerate(parameters):
            p.data = float(i)
        program.load()
        ours, theirs = flat(program.arrays.values()), flat(as_rival())
    finally:
        for p, number in zip(parameters, numbers):
            p.data = number
        program.load()
    return np.argsort(ours)[theirs.astype(int)]


# -- beside code written by hand ----------------------------------------------------------------


def at_most(bar: float) -> Bar:
    """Our time over the rival's, by the minima."""
    return partial(cost_row, bar=bar)


def at_least(bar: float) -> Bar:
    """How many times faster we are, by the medians."""
    return partial(timed_row, bar=bar)


def beside(timing: Timing, name: str, count: int, library: str, bar: Bar) -> list[Row]:
    """A problem on its first examples, beside a rival."""
    what = f"{name}, B={count}, beside {library}"
    rival = RIVALS[library]
    if lacking := missing(*rival.needs):
        return [skipped(what, lacking)]
    problem, program = problem_of(name), compiled(name, rival.backend)
    model, inputs = problem.model, problem.batch(count)
    module = importlib.import_module(f".rivals.in_{rival.name}", __package__)
    value_and_grad = getattr(module, problem.rival)(parameter_arrays(model))
    runner = runs_on_device if rival.backend == "jax" else runs
    ours = runner(program, native(rival.backend, inputs))
    theirs = partial(value_and_grad, *native(rival.name, inputs))
    (loss, gradients), (expected_loss, expected) = ours(), theirs()
    order = places(program, model.parameters(), partial(parameter_arrays, model))
    check_equal((loss, flat(gradients)[order]), (expected_loss, flat(expected)))
    return [bar(what, timing(what, ours, theirs))]


# -- the backend of machine code ----------------------------------------------------------------


def numba(timing: Timing) -> list[Row]:
    """Our loops beside our arrays."""
    rows = []
    problem = problem_of("moons")
    for count, bar in ((1, 15), (100, 2)):
        what = f"moons, B={count}, numba beside numpy"
        if missing("numba"):
            rows.append(skipped(what, "numba"))
            continue
        loops, arrays = (
            runs(compiled("moons", b), problem.batch(count)) for b in ("numba", "numpy")
        )
        (loss, gradients), (expected_loss, expected) = loops(), arrays()
        check_equal((loss, flat(gradients)), (expected_loss, flat(expected)))
        rows.append(timed_row(what, timing(what, loops, arrays), bar))
    return rows


# -- compiling ----------------------------------------------------------------------------------


def scalar_nodes(problem: Problem) -> int:
    """How many nodes one example has, with a node for every + and * of two, leaves included."""
    inputs = [np.vectorize(Value, otypes=[object])(array[0]).tolist() for array in problem.inputs]
    counted = 0
    for node in topological_order(problem.loss(*inputs)):
        terms = len(node.operands)
        counted += {"dot": terms - 2, "fsum": terms - 1}.get(str(node.op), 1)
    return counted


def compile_time(timing: Timing) -> list[Row]:
    """The least of a few compilations, in processor time: a second is seldom left alone."""
    rng = np.random.default_rng(0)
    small, middle = (
        problems.classifier([size, 64, 10], rng.random((1, size)), [0]) for size in (64, 256)
    )
    rows, per_node = [], []
    for name, problem in {
        "moons": problem_of("moons"),
        "64-64-10": small,
        "256-64-10": middle,
        "784-64-10": problem_of("wide"),
        "GPT, masked": problem_of("gpt-masked"),
        "GPT, ragged": problem_of("gpt-ragged"),
        "irregular": problem_of("irregular"),
    }.items():
        nodes = scalar_nodes(problem)
        seconds = []
        while not seconds or sum(seconds) < timing.seconds:
            progress(f"compiling {name}")
            forget()
            start = process_time()
            compile_problem(problem)
            seconds.append(process_time() - start)
        each = min(seconds) / nodes
        bound = 3 if "GPT" in name else 10e-6 * nodes
        rows.append(
            Row(
                f"compile {name}, {nodes:,} scalar nodes",
                duration(min(seconds)),
                ratio=f"{each * 1e6:.2f} us a node",
                bar="<= 3 s" if "GPT" in name else "<= 10 us",
                reached=verdict(min(seconds) <= bound),
                numbers=quartiles(seconds),
            )
        )
        per_node.append(each)
    growth = per_node[3] / per_node[1]
    linear = Row(
        "compile: a node of 784-64-10 over one of 64-64-10",
        ratio=f"{growth:.2f}",
        bar="<= 1.5",
        reached=verdict(growth <= 1.5),
    )
    return [*rows, linear]


def source(timing: Timing) -> list[Row]:
    """Lines that say something."""
    rows = []
    for name, bar in {"moons": 32, "gpt-masked": 100, "gpt-ragged": 100}.items():
        lines = sum(bool(line.strip()) for line in compiled(name, "numpy").source.splitlines())
        rows.append(
            Row(
                f"source of {name}",
                f"{lines} lines",
                bar=f"<= {bar} lines",
                reached=verdict(lines <= bar),
                numbers=(lines,) * 3,
            )
        )
    return rows


def verdict(reached: bool) -> str:
    return "yes" if reached else "NO"


# -- training -----------------------------------------------------------------------------------


def training(timing: Timing, wanted: float = 0.95, bar: float = 10) -> list[Row]:
    """Digits, from scalar code to an accuracy on 450 of them that training has not seen."""
    problem_of("digits")  # to have scikit-learn loaded, which is not ours
    forget()
    start = perf_counter()
    problem = problems.digits()
    program = compile_problem(problem)
    program.load()
    arrays = program.arrays.values()
    X, Y = problem.inputs
    rng = np.random.default_rng(0)
    seen, unseen = np.split(rng.permutation(len(X)), [len(X) - 450])
    accuracy, epochs = 0.0, 0
    while accuracy < wanted and perf_counter() - start < 6 * bar:
        for batch in np.split(rng.permutation(seen), range(32, len(seen), 32)):
            _, gradients = program.value_and_grad(X[batch], Y[batch])
            for array, gradient in zip(arrays, gradients):
                array -= 0.2 * gradient
        epochs += 1
        program.sync()
        W1, b1, W2, b2 = parameter_arrays(problem.model)
        scores = np.maximum(X[unseen] @ W1.T + b1, 0) @ W2.T + b2
        accuracy = (scores.argmax(axis=1) == Y[unseen].argmax(axis=1)).mean()
    seconds = perf_counter() - start
    what = f"digits to {accuracy:.1%} on unseen ones, {epochs} epochs, compiling included"
    good = accuracy >= wanted and seconds <= bar
    return [Row(what, duration(seconds), bar=f"<= {bar} s", reached=verdict(good))]


# -- all rows -----------------------------------------------------------------------------------

BY_HAND = {"NumPy": at_most(1.1), "JAX": at_most(1.1), "PyTorch": at_least(1)}
SOFTMAX = {**BY_HAND, "NumPy": at_most(1.2)}
MASKED = {"NumPy": at_most(1.2), "JAX": at_most(1.15), "PyTorch": at_least(1)}
RAGGED = {"NumPy": at_most(1.5), "PyTorch": at_least(1)}

BESIDE: list[tuple[str, int, dict[str, Bar]]] = [
    ("moons", 100, {**BY_HAND, "micrograd": at_least(5_000)}),
    ("digits", 32, SOFTMAX),
    ("digits", 128, SOFTMAX),
    ("digits", 1797, SOFTMAX),
    ("wide", 64, SOFTMAX),
    ("deep", 64, BY_HAND),
    ("gpt-masked", 1, {**MASKED, "microgpt": at_least(500)}),
    ("gpt-masked", 8, {**MASKED, "microgpt": at_least(2_500)}),
    ("gpt-masked", 32, MASKED),
    ("gpt-ragged", 1, RAGGED),
    ("gpt-ragged", 8, RAGGED),
    ("gpt-ragged", 32, RAGGED),
    ("irregular", 1000, {"CasADi": at_least(4)}),
]


def rows(quick: bool) -> dict[str, Callable[[], list[Row]]]:
    timing = Timing(0.5 if quick else 5, Random(1337))
    beside_others = {
        f"{name}-{count}-{library.lower()}": partial(beside, timing, name, count, library, bar)
        for name, count, bars in BESIDE
        for library, bar in bars.items()
    }
    return beside_others | {
        name: partial(measure, timing)
        for name, measure in {
            "numba": numba,
            "compile-time": compile_time,
            "source": source,
            "training": training,
        }.items()
    }
