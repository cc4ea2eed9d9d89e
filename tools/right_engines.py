"""Do right engines pass? check_engine on those that are installed, with many random programs.

    python tools/right_engines.py [--seeds N] [--examples N] [FOLDER/FILE.py:NAME ..] [NAME ..]

Prints a line for each engine and seed: the verdict, the CPU seconds, what fails. With names, only
engines with one of them in theirs. A FILE.py:NAME is an engine that pip cannot install. JAX is slow
and gets a hundredth of the examples. The exit status is 1 if an engine fails.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import os
import sys
from typing import Any

from autograd_mini.cli.check import load_engine
from autograd_mini.testing.engines.checking import Settings, check, selected
from autograd_mini.testing.engines.isolation import Apart, Here

TRUSTED = ("autograd_mini:Value", "autograd_mini:grad", "torch:tensor", "autograd:grad", "jax:grad")
ENGINES = (*TRUSTED, "micrograd.engine:Value")
SLOW = 100  # times fewer examples for JAX
LIMIT = 3600.0  # seconds


def passes(place: str, seed: int, examples: int) -> bool:
    """Check one engine, and print what comes out."""
    module, _, name = place.rpartition(":")
    load: Any = functools.partial(load_engine, module, name)
    runner = Here(load, steps=0) if place in TRUSTED else Apart(load, LIMIT)
    count = examples // SLOW if module == "jax" else examples
    start = sum(os.times()[:4])
    report = check(runner, place, "", Settings(selected(None), count, seed, LIMIT))
    seconds = sum(os.times()[:4]) - start
    failed = [f"{v.id}: {v.text}" for v in report.required if not v.is_met]
    verdict = "FAILS" if failed else "passes"
    programs = sum(v.programs for v in report.verdicts)
    print(
        f"{place}, seed {seed}: {verdict}, {programs} programs, {seconds:.0f} s",
        *failed,
        flush=True,
    )
    return not failed


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Do right engines pass?")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--examples", type=int, default=2000, help="for each requirement")
    parser.add_argument("names", nargs="*")
    given = parser.parse_args(arguments)
    files = [x for x in given.names if ".py:" in x]
    words = [x for x in given.names if x not in files]
    known = [x for x in ENGINES if any(word in x for word in words) or not given.names]
    installed = [x for x in known if importlib.util.find_spec(x.partition(":")[0].split(".")[0])]
    seeds = range(given.seeds)
    done = [passes(x, seed, given.examples) for x in (*files, *installed) for seed in seeds]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
