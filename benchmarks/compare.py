"""Two commits measured by turns, with the benchmarks of this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from .results import Results

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
ROUNDS = 5
Runs = dict[str, list[float]]  # what a row says -> its ratio, or what it takes, in each round


def compare(a: str, b: str, only: Sequence[str], patterns: Sequence[str]) -> int:
    """Print the rows that changed by more than their spread; the exit status.

    Raises:
        ValueError: there is no such commit.
    """
    if a == b:
        raise ValueError(f"--compare expected two commits, got {a} twice")
    runs: dict[str, Runs] = {a: {}, b: {}}
    rng = Random(1337)
    with TemporaryDirectory() as folder:
        places = {a: Path(folder, "a"), b: Path(folder, "b")}
        try:
            for commit, place in places.items():
                git("worktree", "add", "--quiet", "--detach", str(place), commit)
                shutil.copytree(ROOT / "benchmarks", place / "benchmarks", dirs_exist_ok=True)
            for _ in range(ROUNDS):
                for commit in rng.sample([a, b], 2):
                    measure(places[commit], only, patterns, runs[commit])
        except KeyboardInterrupt:
            print("stopped; this is what was measured", file=sys.stderr)
        finally:
            for place in places.values():
                if place.exists():
                    git("worktree", "remove", "--force", str(place))
    print(*changed(runs[a], runs[b]) or ["no row changed by more than its spread"], sep="\n")
    return 0


def git(*arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(done.stderr.strip().splitlines()[-1])


def measure(place: Path, only: Sequence[str], patterns: Sequence[str], runs: Runs) -> None:
    """Once, quickly, in a process of its own; what is stopped is not counted."""
    file = place / "results.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--json", str(file)]
    command += ["--only", ",".join(only), *(f"--row={pattern}" for pattern in patterns)]
    environment = os.environ | {"PYTHONPATH": str(place)}
    file.unlink(missing_ok=True)
    subprocess.run(command, cwd=place, env=environment, stdout=subprocess.DEVNULL)
    if not file.exists():
        which = {"a": "first", "b": "second"}[place.name]
        raise ValueError(f"the {which} commit does not run these benchmarks, as it says above")
    for row in (row for rows in Results.read(file).rows.values() for row in rows):
        if row.numbers:
            runs.setdefault(row.what, []).append(row.numbers[1])


def changed(before: Runs, after: Runs) -> list[str]:
    """The rows of which every round of one side is below every round of the other.

    Of five rounds each that do not differ, one row in 126 does so by chance.
    """
    lines = []
    for what in before.keys() & after.keys():
        old, new = before[what], after[what]
        if len(old) > 1 < len(new) and (max(old) < min(new) or max(new) < min(old)):
            ranges = (f"{median(it):.3g} ({min(it):.3g} .. {max(it):.3g})" for it in (old, new))
            lines.append(f"{what}: {' -> '.join(ranges)}")
    return sorted(lines)
