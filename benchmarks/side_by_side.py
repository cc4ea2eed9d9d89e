"""Timing two programs against each other on a noisy machine, and a table of what came out."""

from __future__ import annotations

import gc
import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable, Sequence
    from random import Random


# Processor time: on shared cores the slower of two programs is interrupted more often, and by the
# clock on the wall it would lose by more than it does. Windows counts it in steps of 16 ms.
clock = perf_counter if sys.platform == "win32" else process_time


class Row(NamedTuple):
    """A line of the table, as text."""

    what: str
    ours: str = ""
    rival: str = ""
    ratio: str = ""
    quartiles: str = ""
    minima: str = ""
    bar: str = ""
    reached: str = ""


HEADER = Row("", "ours", "rival", "ratio", "quartiles", "of minima", "bar", "reached")


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
    lasting: float = 0.0,
    collect: bool = True,
    clock: Callable[[], float] = clock,
) -> list[tuple[float, float]]:
    """Seconds that a run of (ours, rival) took in each round, the two in random order.

    A timing is `repeats` runs in a row, or as many more as last about `lasting` seconds, and
    includes freeing what reference counts free. Before each, and outside it, the garbage of the one
    before is collected, unless not `collect`.
    """
    ours(), rival()  # a round to warm up
    runs = {run: max(repeats, _runs_lasting(lasting, run, clock)) for run in (ours, rival)}
    times = []
    for number in range(rounds):
        progress(f"{what}: round {number + 1} of {rounds}")
        seconds = {}
        for run in rng.sample((ours, rival), 2):
            if collect:
                gc.collect()
            start = clock()
            for _ in range(runs[run]):
                run()
            seconds[run] = (clock() - start) / runs[run]
        times.append((seconds[ours], seconds[rival]))
    return times


def _runs_lasting(seconds: float, run: Callable[[], object], clock: Callable[[], float]) -> int:
    if not seconds:
        return 1
    start = clock()
    run()
    return round(seconds / max(clock() - start, 1e-9))


def timed_row(what: str, times: Sequence[tuple[float, float]], bar: float) -> Row:
    """How many times faster than the rival we are: the median over the rounds, against a bar."""
    row, ratio, _ = _row(what, [(rival, ours) for ours, rival in times], "x")
    row = row._replace(ours=row.rival, rival=row.ours)
    return row._replace(bar=f"{bar:g}x", reached="yes" if ratio >= bar else "NO")


def cost_row(what: str, times: Sequence[tuple[float, float]], bar: float) -> Row:
    """What we take for every second of the rival's, at most `bar`: the ratio of the minima.

    The shortest time of each side is the one that nothing else on the machine has lengthened.
    """
    row, _, ratio = _row(what, times, "")
    return row._replace(bar=f"<= {bar:g}", reached="yes" if ratio <= bar else "NO")


def _row(what: str, times: Sequence[tuple[float, float]], unit: str) -> tuple[Row, float, float]:
    """The first side over the second: a row, the median of the ratios, the ratio of the minima."""
    ratios = [first / second for first, second in times]
    low, middle, high = quantiles(ratios, n=4, method="inclusive")
    firsts, seconds = zip(*times)
    minima = min(firsts) / min(seconds)
    row = Row(
        what,
        duration(median(firsts)),
        duration(median(seconds)),
        f"{middle:.2f}{unit}",
        f"{low:.2f} .. {high:.2f}",
        f"{minima:.2f}{unit}",
    )
    return row, middle, minima


def duration(seconds: float) -> str:
    """With three digits or a little more, in the unit that suits it.

    >>> duration(4.3e-5), duration(0.0123), duration(2.0)
    ('43.0 us', '12.3 ms', '2.00 s')
    """
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} us"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def plain_table(rows: Sequence[Row]) -> str:
    """The rows in columns: names to the left, numbers to the right."""
    lines = _columns(rows)
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    )


def markdown_table(rows: Sequence[Row]) -> str:
    """The same as a table in Markdown."""
    header, *lines = _columns(rows)
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *lines))


def _columns(rows: Sequence[Row]) -> list[list[str]]:
    """The header and the rows, without the columns that no row has anything in."""
    used = [any(column) for column in zip(*rows)]
    return [[cell for cell, kept in zip(row, used) if kept] for row in (HEADER, *rows)]


def parse(
    parser: ArgumentParser, rows: Iterable[str], arguments: Sequence[str] | None
) -> Namespace:
    """The options that a table of such rows has; `row` is the list of those to run."""
    parser.add_argument(
        "--row",
        action="append",
        metavar="NAME",
        help=f"only this, or all of a pattern such as 'm*': {', '.join(rows)}",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, rougher numbers")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    options = parser.parse_args(arguments)
    for pattern in options.row or []:
        if not any(fnmatchcase(row, pattern) for row in rows):
            parser.error(f"--row expected one of {', '.join(rows)}, or a pattern, got {pattern}")
    patterns = options.row or ["*"]
    options.row = [row for row in rows if any(fnmatchcase(row, p) for p in patterns)]
    if options.markdown and (options.markdown.is_dir() or not options.markdown.parent.is_dir()):
        parser.error(f"--markdown expected a file in an existing folder, got {options.markdown}")
    return options


def report(rows: Sequence[Row], notes: str, markdown: Path | None) -> None:
    """Print the table and what is to be said about it, and write it to a file if one is given."""
    progress("")
    print(plain_table(rows), notes, sep="\n\n")
    if markdown:
        write_atomically(markdown, f"{markdown_table(rows)}\n\n{notes}\n")


def write_atomically(path: Path, text: str) -> None:
    """Replace the file as a whole, so that nobody ever reads half of it."""
    path = path.resolve()  # through a link, to the file itself
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
