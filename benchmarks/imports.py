"""What an import takes, each in a new interpreter, beside that of a rival."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from .side_by_side import Row, interleaved, missing, skipped, timed_row

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"


class Interpreters:
    """A clock that only imports advance: by what each has measured of itself."""

    def __init__(self) -> None:
        self.now = 0.0

    def run(self, module: str) -> None:
        command = [sys.executable, "-c", PROGRAM.format(module)]
        self.now += float(subprocess.run(command, check=True, capture_output=True).stdout)

    def __call__(self) -> float:
        return self.now


def beside(ours: str, rival: str, rounds: int, rng: Random) -> list[Row]:
    what = f"{ours}, beside {rival}"
    if lacking := missing(rival.split(".")[0]):
        return [skipped(what, lacking)]
    new = Interpreters()
    run, other = partial(new.run, ours), partial(new.run, rival)
    return [timed_row(what, interleaved(what, run, other, rounds=rounds, rng=rng, clock=new))]


def rows(quick: bool) -> dict[str, Callable[[], list[Row]]]:
    rng, rounds = Random(1337), 5 if quick else 15
    return {
        "engine": partial(beside, "autograd_mini.value", "micrograd.engine", rounds, rng),
        "nn": partial(beside, "nn", "micrograd.nn", rounds, rng),
        "torch": partial(beside, "nn", "torch", rounds, rng),
    }
