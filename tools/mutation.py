"""Mutation testing: puts one fault at a time into the code and sees whether a test fails.

    pip install -e ".[dev,mutation]"
    python tools/mutation.py                            # about an hour; writes docs/mutation.md
    python tools/mutation.py value losses --no-page     # some files, to look at
    python tools/mutation.py --sample 200               # of each file, the same ones every time

The faults are those of cosmic-ray's operators, all of them, everywhere in the files below. A fault
that changes nothing but annotations is put to mypy; every other one to the tests that run its
lines, the quickest first, until one fails or SECONDS of tests have passed; those that survive that
and are not explained in survivors.py, to MORE_SECONDS of tests. One that takes 20 times as long as
without the fault, or 4 GB, is killed too.

Python, pytest and the tests are loaded once and forked for each mutant. Where the fault is in the
body of a function that nothing calls while modules are imported, the function's code is swapped;
else the fault is written to a copy of the repository, which is imported and collected afresh.

What is found is kept in .mutation/: an interrupted run goes on where it was. There a verdict stays
while the function with the fault stays the same, wherever it moves; but survivors that
survivors.py does not explain are tried again when the code or the tests have changed. --fresh
forgets all.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest
from forks import OUT_OF_BOUNDS, WORKERS, in_a_process, verdicts
from mutant_trials import (
    FILES,
    MORE_SECONDS,
    PYTEST,
    ROOT,
    SECONDS,
    TESTS,
    Loop,
    Record,
    Swapper,
    Trial,
    best_first,
    digest_of,
    enter,
    first_failure,
    imported_anew,
    mypy,
    put_to_mypy,
    record,
    trial,
    unrecorded,
)
from mutants import Mutant, mutants, same_but_for_types
from survivors import UNEXPLAINED, reason

PAGE = ROOT / "docs" / "mutation.md"
STATE = ROOT / ".mutation"


# -- all trials ---------------------------------------------------------------------------------


def run_all(found: dict[str, list[Mutant]], made: Record, results: Results) -> None:
    """A verdict for each mutant that has none, in the results' file."""
    for seconds in (SECONDS, MORE_SECONDS):
        run_for(seconds, found, made, results)


def run_for(seconds: float, found: dict[str, list[Mutant]], made: Record, results: Results) -> None:
    """The same, with so much time for each."""
    sources = {file: (ROOT / file).read_text(encoding="utf-8") for file in found}
    typed, anew, swapped = [], [], []
    in_turn = chain.from_iterable(zip_longest(*found.values()))
    for mutant in (m for m in in_turn if m and results.wants(m, seconds)):
        tried = trial(mutant, sources[mutant.file], made, seconds)
        if tried.change is None and same_but_for_types(sources[mutant.file], mutant.source):
            typed.append(tried)
        else:
            (swapped if tried.change else anew).append(tried)
    control = Trial(None, None, best_first("", made.seconds, made, SECONDS))

    def go_through(trials: Sequence[Trial], judge: Callable[[Trial, Path], str]) -> None:
        progress = Progress(len(trials))
        recent: deque[str] = deque(maxlen=32)  # what has killed is likely to kill again

        def judge_recent_first(tried: Trial, folder: Path) -> str:
            known = set(tried.tests)
            first = dict.fromkeys(t for t in recent if t in known)
            return judge(tried._replace(tests=list(first | dict.fromkeys(tried.tests))), folder)

        for tried, killer in verdicts(trials, judge_recent_first, STATE):
            if tried.mutant:
                results.add(tried.mutant, killer, seconds)
                if killer in recent:
                    recent.remove(killer)
                if killer:
                    recent.appendleft(killer)
            elif killer:
                raise RuntimeError(f"{killer} fails with no fault in the program")
            progress.step(tried.mutant, killer)

    def by_mypy() -> None:
        if mypy(*found):
            raise RuntimeError("mypy finds fault with the program as it is")
        go_through(typed, lambda tried, folder: put_to_mypy(tried.mutant, folder))

    def by_swapping() -> None:
        def loop(items: dict[str, pytest.Item]) -> None:
            swapper = Swapper()

            def judge(tried: Trial, _: Path) -> str:
                if tried.change:
                    swapper.swap(tried.change.codes)
                wanted = [*unrecorded(items, made), *tried.tests]
                return first_failure([items[t] for t in wanted], made.seconds)

            go_through([control, *swapped], judge)

        enter(ROOT)
        if pytest.main([*PYTEST, *TESTS], plugins=[Loop(loop)]) != pytest.ExitCode.OK:
            raise RuntimeError("the tests could not be run to the end")

    def by_importing() -> None:
        for i in range(WORKERS):
            copy_of_the_repository(STATE / f"worker{i}" / "copy")

        def judge(tried: Trial, folder: Path) -> str:
            copy = folder / "copy"
            for file, source in sources.items():
                (copy / file).write_text(source, encoding="utf-8")
            return imported_anew(tried, made, copy)

        go_through([control, *anew], judge)

    for trials, road, name in (
        (typed, by_mypy, "annotations, put to mypy"),
        (swapped, by_swapping, "functions, swapped"),
        (anew, by_importing, "code that runs on import"),
    ):
        if trials:
            say(f"{len(trials):,} mutants of {name}, {seconds:.0f} seconds of tests at most")
            in_a_process(road)


def copy_of_the_repository(to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
    shutil.copytree(ROOT, to, ignore=ignored)


class Verdict(NamedTuple):
    """What killed a mutant, "" if nothing did; which tests were tried, and how long."""

    killer: str
    tests: str
    seconds: float = SECONDS


class Results:
    """What was found before, and in which file to write what is found."""

    def __init__(self, tests: str) -> None:
        self.file = STATE / "results.jsonl"
        self.tests = tests
        self.latest: dict[str, Verdict] = {}
        if self.file.exists():
            for line in self.file.read_text().splitlines():
                key, *verdict = json.loads(line)
                self.latest[key] = Verdict(*verdict)

    def wants(self, mutant: Mutant, seconds: float) -> bool:
        """Whether to try it for so long: a survivor that is not explained is tried again when the
        tests are others, or the time is longer."""
        known = self.latest.get(mutant.key)
        if known is None:
            return True
        if known.killer or reason(mutant) != UNEXPLAINED:
            return False
        return known.tests != self.tests or known.seconds < seconds

    def add(self, mutant: Mutant, killer: str, seconds: float) -> None:
        self.latest[mutant.key] = verdict = Verdict(killer, self.tests, seconds)
        with self.file.open("a") as file:
            file.write(json.dumps([mutant.key, *verdict]) + "\n")


class Progress:
    """A line on the terminal: how many are done, and the last survivor."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.killed = total, 0, 0
        self.stream = os.fdopen(os.dup(2), "w")
        self.started = time.monotonic()

    def step(self, mutant: Mutant | None, killer: str) -> None:
        self.done += 1
        self.killed += bool(killer)
        if mutant and not killer:
            text = f"\r{mutant.file}:{mutant.line}: {mutant.before} -> {mutant.after}"
            print(f"{text:100}", file=self.stream)
        left = (time.monotonic() - self.started) / self.done * (self.total - self.done)
        bar = "#" * (30 * self.done // self.total)
        print(
            f"\r[{bar:30}] {self.done:,}/{self.total:,} killed {self.killed / self.done:.1%}, "
            f"{left / 60:.0f} min left ",
            end="\n" if self.done == self.total else "",
            file=self.stream,
            flush=True,
        )


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# -- the page -----------------------------------------------------------------------------------


def page(found: dict[str, list[Mutant]], results: Results, sample: int | None) -> str:
    killers = {key: verdict.killer for key, verdict in results.latest.items()}
    rows, survivors = [], []
    total: Counter[str] = Counter()
    for file, ms in found.items():
        counts = Counter(kind_of(killers[m.key]) if m.key in killers else "untried" for m in ms)
        total += counts
        rows.append(row_of(f"`{file}`", counts))
        survivors += sorted((m for m in ms if killers.get(m.key) == ""), key=lambda m: m.line)
    rows.append(row_of("total", total))
    header = [
        "file",
        "mutants",
        "killed",
        "score",
        "by tests",
        "by time or memory",
        "by mypy",
        "not tried",
    ]
    drawn = f"A sample of {sample} mutants of each file, the same on every run. " if sample else ""

    def why(mutant: Mutant) -> str:
        known = reason(mutant)
        if known == UNEXPLAINED and results.latest[mutant.key].tests != results.tests:
            return f"{UNEXPLAINED}; survived the tests of an earlier state, not tried on these"
        return known

    unexplained = sum(why(m).startswith(UNEXPLAINED) for m in survivors)
    listed = [
        [f"`{m.file}`", str(m.line), f"{_code(m.before)} → {_code(m.after)}", why(m)]
        for m in survivors
    ]
    return "\n\n".join(
        [
            "# Mutation testing",
            "Made by `python tools/mutation.py`.",
            f"{drawn}A mutant is the code with one fault in it. There is one wherever an "
            "operator of cosmic-ray applies; nothing is excluded. A mutant is killed if a test "
            "fails on it, if it runs 20 times as long, or if it takes 4 GB. One that differs in "
            "annotations only is killed if mypy refuses it. The tests that run the mutant's lines "
            f"are tried, for {SECONDS:.0f} seconds at most. If it survives, and is not explained "
            f"below, they are tried for {MORE_SECONDS:.0f} seconds. One that only slower tests "
            "would kill counts as a survivor. Most mutants that were not tried yet are in code "
            "that runs on import. The same command continues there.",
            _table(header, rows),
            "## Survivors",
            f"{len(survivors)}, of which {unexplained or 'none'} "
            f"{'are' if unexplained != 1 else 'is'} unexplained.",
            _table(["file", "line", "fault", "why no test can or need fail"], listed) + "\n",
        ]
    )


def kind_of(killer: str) -> str:
    return killer if killer in ("", "mypy", OUT_OF_BOUNDS) else "tests"


def row_of(name: str, counts: Counter[str]) -> list[str]:
    mutants = counts.total() - counts["untried"]
    killed = mutants - counts[""]
    numbers = [
        mutants,
        killed,
        None,
        counts["tests"],
        counts[OUT_OF_BOUNDS],
        counts["mypy"],
        counts["untried"],
    ]
    return [name, *(f"{killed / max(mutants, 1):.1%}" if n is None else f"{n:,}" for n in numbers)]


def _code(line: str) -> str:
    return f"`{line}`".replace("|", r"\|")


def _table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", help="names such as value; all by default")
    parser.add_argument("--sample", type=int, help="that many mutants of each file, by a seed")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    parser.add_argument("--no-run", action="store_true", help="the page of what was found so far")
    parser.add_argument("--no-page", action="store_true", help="leave docs/mutation.md as it is")
    options = parser.parse_args()
    if options.fresh:
        shutil.rmtree(STATE, ignore_errors=True)
    STATE.mkdir(exist_ok=True)
    os.nice(5)
    found = {}
    for file in FILES:
        if not options.files or Path(file).stem in options.files:
            found[file] = mutants(file, (ROOT / file).read_text(encoding="utf-8"))
            if options.sample:
                random.Random(0).shuffle(found[file])
                found[file] = found[file][: options.sample]
    tests = digest_of("autograd_mini", "nn", "tests")
    if not options.no_run:
        say("running the tests once, with coverage, unless that is known")
        run_all(found, record(STATE / "record.json"), Results(tests))
    results = Results(tests)
    if not options.no_page:
        PAGE.write_text(page(found, results, options.sample), encoding="utf-8")
        say(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
