"""Programs of the compiler's zoo, compiled, beside the same written by hand in zoo_by_hand/."""

from __future__ import annotations

import sys
from functools import cache, partial
from importlib import import_module
from math import inf
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd_mini.compiler.forms import Forms

from .compile import Timing, at_most, check_equal, flat, places
from .problems import parameter_arrays
from .zoo_by_hand import attention, networks, physics, probabilistic, recurrent, state_space

if TYPE_CHECKING:
    from collections.abc import Callable

    from .side_by_side import Row

RIVALS: dict[str, Callable[..., Any]] = {  # by the keys of the zoo
    rival.__name__: rival
    for rival in (
        attention.self_attention,
        attention.causal_attention,
        attention.gpt_block,
        recurrent.elman,
        recurrent.lstm,
        recurrent.gru,
        networks.digits,
        networks.lenet,
        networks.variational_autoencoder,
        probabilistic.gaussian_mixture,
        probabilistic.crf,
        probabilistic.kalman_filter,
        physics.heat_equation,
        physics.three_bodies,
        state_space.mamba,
    )
}
COUNTS = (1, 64, 1024)
BAR = 1.2  # of the arrays; what runs by itself is to be faster
LARGE = 3_900_000  # numbers, just under 32 MiB


class Pair(NamedTuple):
    """A program of the zoo, its model, and its rival: each gives (loss, gradients) of a batch.

    Attributes:
        arrays: the program as the arrays that one reads.
        chosen: the program in the form that it has by itself: arrays, loops or a tape.
    """

    entry: Any
    model: Any
    arrays: Any
    chosen: Any
    rival: Callable[..., Any]

    def batch(self, count: int) -> list[Any]:
        """Examples, an array for each input."""
        examples = self.entry.examples(count)
        return [np.array([example[name] for example in examples]) for name in self.entry.inputs]


@cache
def pair(key: str) -> Pair:
    entry = programs()[key]
    made = entry.made()
    rival = partial(RIVALS[key], parameter_arrays(made[1]))
    arrays, chosen = (entry.compiled(backend, made) for backend in ("numpy", None))
    return Pair(entry, made[1], arrays, chosen, rival)


@cache
def programs() -> dict[str, Any]:
    """The zoo, which is among the tests."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "compiler"))
    found: dict[str, Any] = import_module("zoo").zoo()
    return found


def beside(timing: Timing, key: str, count: int) -> list[Row]:
    """A program on so many examples, beside its rival: as arrays, and in the form that it has by
    itself once it was called often enough."""
    _, model, arrays, chosen, rival = one = pair(key)
    batch = one.batch(count)
    made_what_pays(chosen, batch)
    theirs, rows = partial(rival, *batch), []
    for program, form, bar in ((arrays, "arrays", BAR), (chosen, "as it runs", 1.0)):
        ours = partial(program.value_and_grad, *batch)
        (loss, gradients), (expected_loss, expected) = ours(), theirs()
        order = places(program, model.parameters(), partial(parameter_arrays, model))
        check_equal((loss, flat(gradients)[order]), (expected_loss, flat(expected)))
        keep_freed_memory()
        what = f"{key.replace('_', ' ')}, B={count}, {form}, beside NumPy"
        rows.append(at_most(bar)(what, timing(what, ours, theirs)))
    return rows


def made_what_pays(program: Any, batch: list[Any]) -> None:
    """Have a program make the form that is the best for this batch, as it does after some calls."""
    forms = program._function
    if isinstance(forms, Forms):  # else it has one form
        forms.spent = inf
        program.value_and_grad(*batch)


def keep_freed_memory() -> None:
    """Have the C library keep what is freed, as it does in a process that has freed a large array.

    glibc returns freed blocks to the system as long as no larger block has been freed, up to 32
    MiB. Getting pages back would take most of the time of large batches, on both sides.
    """
    np.ones(LARGE)


def rows(quick: bool) -> dict[str, Callable[[], list[Row]]]:
    timing = Timing(0.1 if quick else 1, Random(1337))
    return {
        f"{key}-{count}": partial(beside, timing, key, count) for key in RIVALS for count in COUNTS
    }
