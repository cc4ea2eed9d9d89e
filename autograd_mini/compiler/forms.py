"""The forms of a program, and which of them runs: arrays (NumPy), loops (Numba), a tape.

All compute the same numbers, to rounding. Which is the fastest depends on the program and on how
many examples there are. It is chosen by price (cost.py). The arrays are there from the start.
Another form is made in the thread that calls, once the calls so far have cost as much as making it,
so that no call waits for what does not pay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from functools import partial
from importlib.util import find_spec
from threading import Lock
from types import SimpleNamespace
from typing import Any

from .backends import backend
from .compiled import Compiled, Function
from .cost import Work, work
from .pipeline import Lowered
from .task import Task

BACKENDS = {"arrays": "numpy", "tape": "tape", "loops": "numba"}
FORMS = {"arrays": "arrays (NumPy)", "tape": "a tape (Numba)", "loops": "loops (Numba)"}
WORTH = 0.8  # of the price of what runs: a form that costs more than this is not made
MOST = 256  # numbers of examples for which the choice is kept
SHOWN = [2**k for k in range(13)]  # numbers of examples in a summary

# the function to run, its seconds, and the forms to make with theirs, the best first
Plan = tuple[Function, float, list[tuple[str, float]]]


class Forms:
    """A program's function of the inputs and parameters, in whichever form is best.

    Args:
        compiled: the arrays.
        makers: form -> a function that gives it as a Compiled; or the Compiled.
        work: a function that counts the work of the program.
    """

    def __init__(
        self,
        compiled: Compiled,
        makers: Mapping[str, Any],
        work: Callable[[], Work],
    ) -> None:
        self.compiled, self._makers = compiled, dict(makers)
        self._count: Any = work
        self._begin()

    def _begin(self) -> None:
        arrays = backend("numpy").function(self.compiled)
        # other threads read these: they are replaced, and never changed
        self.made: Mapping[str, Function] = {"arrays": arrays}
        self.failed: Mapping[str, Exception] = {}
        self.spent = 0.0  # seconds, by price
        self._has_inputs = bool(self.compiled.inputs)
        self._plans: dict[int, Plan] = {}  # for so many examples
        self._lock = Lock()

    def __call__(self, *arrays: Any) -> Any:
        n = len(arrays[0]) if self._has_inputs else 1
        run, price, worth = self._plans.get(n) or self._plan(n)
        if worth:
            self.spent += price
            due = [form for form, making in worth if self.spent >= making]
            if due and self._lock.acquire(blocking=False):  # else another thread makes one
                try:
                    if due[0] not in self.made:
                        return self._made(due[0], arrays)
                except Exception as error:  # whatever it is, there is a form that runs
                    self.failed = {**self.failed, due[0]: error}
                finally:
                    self._plans = {}
                    self._lock.release()
        return run(*arrays)

    def into(self, n: int, results: Any) -> Function | None:
        """The function for n examples that overwrites these results, if that is the form to run and
        no other is to be made."""
        run, _, worth = self._plans.get(n) or self._plan(n)
        into = None if worth else getattr(run, "into", None)
        return into and into(n, results)

    # -- choosing -------------------------------------------------------------------------------

    @property
    def work(self) -> Work:
        if not isinstance(self._count, Work):
            with self._lock:
                if not isinstance(self._count, Work):
                    self._count = self._count()
        return self._count

    def prices(self, n: int) -> dict[str, float]:
        """The seconds of a call, for each form that is made or can be made here."""
        makers = self._makers.keys() - self.failed.keys() if find_spec("numba") else ()
        return {
            form: self.work.price(form, n)
            for form in BACKENDS
            if form in self.made or form in makers
        }

    def best(self, n: int) -> tuple[str, list[str]]:
        """The best form that is made, and those that are worth making, the best first."""
        prices = self.prices(n)
        now = min(self.made, key=prices.__getitem__)
        worth = [x for x in prices if x not in self.made and prices[x] < WORTH * prices[now]]
        return now, sorted(worth, key=prices.__getitem__)

    def _plan(self, n: int) -> Plan:
        now, worth = self.best(n)
        making = [(form, self.work.making(form)) for form in worth]
        plan = self.made[now], self.work.price(now, n), making
        self._plans = {**self._plans, n: plan} if len(self._plans) < MOST else {n: plan}
        return plan

    def _made(self, form: str, arrays: Any) -> Any:
        """Make a form, by the first call of it, in which Numba compiles; and its results."""
        compiled = self._makers[form]
        if not isinstance(compiled, Compiled):
            compiled = compiled()
        run = backend(BACKENDS[form]).function(compiled)
        results = run(*arrays)
        self._makers[form] = compiled
        self.made = {**self.made, form: run}
        return results

    # -- telling --------------------------------------------------------------------------------

    def about(self) -> Iterator[tuple[str, str]]:
        """Rows of a summary: what runs, what is going to, and why."""
        yield "runs", _ranges(lambda n: self.best(n)[0])
        worth = {n: self.best(n)[1] for n in SHOWN}
        for form in dict.fromkeys(form for forms in worth.values() for form in forms[:1]):
            n = next(n for n in worth if form in worth[n][:1])
            left = self.work.making(form) - self.spent
            calls = max(0, left / self.work.price(self.best(n)[0], n))
            later = _ranges(lambda n: [*self.best(n)[1], self.best(n)[0]][0], form)
            yield "", f"later {later}: made after about {calls:,.0f} more calls of {_examples(n)}"
        work = self.work
        yield (
            "since",
            f"{work.calls:,} calls of NumPy; an example is {work.each.numbers:,} numbers, "
            f"{work.each.multiplications:,} multiplications; on a tape {work.rows:,} rows",
        )
        for n in (1, 64, 1024):
            times = [f"{1e6 * s:,.0f} us as {FORMS[form]}" for form, s in self.prices(n).items()]
            yield "", f"a call of {_examples(n)}: about {', '.join(times)}"

    # -- copies ---------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """The arrays, and the forms that were made; others are not made for a copy."""
        made = {form: x for form, x in self._makers.items() if isinstance(x, Compiled)}
        return {"compiled": self.compiled, "_makers": made, "_count": self.work}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()


def forms_of(compiled: Compiled, task: Task, lowered: Lowered) -> Forms:
    """The forms of an array program that a task became."""
    graph = copy(task.graph)  # without the Values, which need not be kept
    graph.parameters = [SimpleNamespace(label=p.label) for p in graph.parameters]  # type: ignore[misc]
    graph._place = {}
    task = task._replace(graph=graph)
    replaced = partial(compiled._replace, origin=None)

    def loops() -> Compiled:
        written_out = lowered.otherwise() if lowered.rolled and lowered.otherwise else lowered
        source, constants, runs = backend("numba").emit(written_out, compiled.name)
        return replaced(source=source, constants=constants, runs=runs, backend="numba")

    def tape() -> Compiled:
        taped = backend("tape").lower(task)
        return replaced(
            source=taped.listing, constants={"tape": taped.tape}, runs="", backend="tape"
        )

    def count() -> Work:
        nodes = [graph.as_node(form) for forms in task.roots for form in forms.ravel()]
        return work(compiled.runs, lowered.outputs, graph, nodes, bool(task.reduction))

    return Forms(compiled, {"tape": tape, "loops": loops}, count)


def _ranges(form_of: Callable[[int], str], only: str = "") -> str:
    """From how many examples on there is which form; or when that one."""
    starts = {n: form_of(n) for n in SHOWN}
    changes = [
        n for n, before in zip(SHOWN, [0, *SHOWN]) if not before or starts[n] != starts[before]
    ]
    parts = []
    for n, end in zip(changes, [*changes[1:], 0]):
        if only in ("", starts[n]):
            since = f" from {n:,}" * (n > 1)
            parts.append(f"{FORMS[starts[n]]}{since}{f' to {end - 1:,}' * bool(end)}")
    return ", ".join(parts) + " examples" * (len(changes) > 1)


def _examples(n: int) -> str:
    return f"{n:,} example{'s' * (n > 1)}"
