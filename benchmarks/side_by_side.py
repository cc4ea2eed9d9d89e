"""Timing two programs against each other on a noisy machine, and a table of what came out."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random


# Processor time: on shared cores the slower of two programs is interrupted more often, and by the
# clock on the wall it would lose by more than it does. Windows counts it in steps of 16 ms.
clock = perf_counter if sys.platform == "win32" else process_time


class Row(NamedTuple):
    """A line of the table, as text."""

    what: str
    ours: str
    rival: str = ""
    ratio: str = ""
    quartiles: str = ""
    bar: str = ""
    reached: str = ""


HEADER = Row("", "ours", "rival", "ratio", "quartiles", "bar", "reached")


def progress(text: str) -> None:
    """Show `text` on the last line of a terminal, in place of what was there; nowhere else."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def interleaved(
    what: str,
    ours: Callable[[], object],
    rival: Callable[[], object],
    *,
    rounds: int,
    rng: Random,
    repeats: int = 1,
    collect: bool = True,
) -> list[tuple[float, float]]:
    """Seconds that a run of (ours, rival) took in each round, the two in random order.

    A timing is `repeats` runs in a row, and includes freeing what reference counts free. Before
    each, and outside it, the garbage of the one before is collected, unless not `collect`.
    """
    ours(), rival()  # a round to warm up
    times = []
    for number in range(rounds):
        progress(f"{what}: round {number + 1} of {rounds}")
        seconds = {}
        for run in rng.sample((ours, rival), 2):
            if collect:
                gc.collect()
            start = clock()
            for _ in range(repeats):
                run()
            seconds[run] = (clock() - start) / repeats
        times.append((seconds[ours], seconds[rival]))
    return times


def timed_row(what: str, times: Sequence[tuple[float, float]], bar: float) -> Row:
    """How many times faster than the rival we are: the median over the rounds, against a bar."""
    ratios = [rival / ours for ours, rival in times]
    ratio = median(ratios)
    low, _, high = quantiles(ratios, n=4, method="inclusive")
    return Row(
        what,
        f"{median(ours for ours, _ in times) * 1e3:.2f} ms",
        f"{median(rival for _, rival in times) * 1e3:.2f} ms",
        f"{ratio:.2f}x",
        f"{low:.2f} .. {high:.2f}",
        f"{bar:g}x",
        "yes" if ratio >= bar else "NO",
    )


def plain_table(rows: Sequence[Row]) -> str:
    """The rows in columns: names to the left, numbers to the right."""
    rows = [HEADER, *rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )


def markdown_table(rows: Sequence[Row]) -> str:
    """The same as a table in Markdown."""
    rule = Row("---", *["---:"] * (len(HEADER) - 1))
    return "\n".join(f"| {' | '.join(row)} |" for row in (HEADER, rule, *rows))


def write_atomically(path: Path, text: str) -> None:
    """Replace the file as a whole, so that nobody ever reads half of it."""
    path = path.resolve()  # through a link, to the file itself
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
