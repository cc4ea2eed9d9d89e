"""Timing two programs against each other on a noisy machine, and the rows that come of it."""

from __future__ import annotations

import gc
import sys
from importlib.util import find_spec
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


# Processor time: on shared cores the slower of two programs is interrupted more often, and by the
# clock on the wall it would lose by more than it does. Windows counts it in steps of 16 ms.
clock = perf_counter if sys.platform == "win32" else process_time


class Row(NamedTuple):
    """A line of the table, as text, and its numbers.

    Attributes:
        numbers: the quartiles of how many times as fast as the rival we are; without a rival, of
            the seconds (or whatever else should be small) that we take.
    """

    what: str
    ours: str = ""
    rival: str = ""
    ratio: str = ""
    quartiles: str = ""
    minima: str = ""
    bar: str = ""
    reached: str = ""
    numbers: tuple[float, float, float] | None = None


HEADER = Row("", "ours", "rival", "ratio", "quartiles", "of minima", "bar", "reached")


shown: Any = None  # tqdm's bar, while there is one


def progress(text: str) -> None:
    """Say beside the bar what is being measured."""
    if shown is not None:
        shown.set_postfix_str(text)


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


def alone(
    what: str,
    run: Callable[[], object],
    rounds: int,
    clock: Callable[[], float] = clock,
    runs: int = 1,
) -> Row:
    """A row without a rival: the seconds that a run takes, of which `run` does so many."""
    times = interleaved(what, run, lambda: None, rounds=rounds, rng=Random(0), clock=clock)
    low, middle, high = numbers = quartiles([ours / runs for ours, _ in times])
    text = f"{duration(low)} .. {duration(high)}"
    return Row(what, duration(middle), quartiles=text, numbers=numbers)


def timed_row(what: str, times: Sequence[tuple[float, float]], bar: float | None = None) -> Row:
    """How many times faster than the rival we are: the median over the rounds, against a bar."""
    row, ratio, _ = _row(what, [(rival, ours) for ours, rival in times], "x")
    row = row._replace(ours=row.rival, rival=row.ours)
    if bar is None:
        return row
    return row._replace(bar=f"{bar:g}x", reached="yes" if ratio >= bar else "NO")


def cost_row(what: str, times: Sequence[tuple[float, float]], bar: float) -> Row:
    """What we take for every second of the rival's, at most `bar`: the ratio of the minima.

    The shortest time of each side is the one that nothing else on the machine has lengthened.
    """
    row, _, ratio = _row(what, times, "")
    low, middle, high = quartiles([rival / ours for ours, rival in times])
    row = row._replace(numbers=(low, middle, high))
    return row._replace(bar=f"<= {bar:g}", reached="yes" if ratio <= bar else "NO")


def quartiles(numbers: Sequence[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper quartile; of a single number, three times it."""
    numbers = numbers if len(numbers) > 1 else [*numbers, *numbers]
    low, middle, high = quantiles(numbers, n=4, method="inclusive")
    return low, middle, high


def _row(what: str, times: Sequence[tuple[float, float]], unit: str) -> tuple[Row, float, float]:
    """The first side over the second: a row, the median of the ratios, the ratio of the minima."""
    low, middle, high = numbers = quartiles([first / second for first, second in times])
    firsts, seconds = zip(*times)
    minima = min(firsts) / min(seconds)
    row = Row(
        what,
        duration(median(firsts)),
        duration(median(seconds)),
        f"{digits(middle)}{unit}",
        f"{digits(low)} .. {digits(high)}",
        f"{digits(minima)}{unit}",
        numbers=numbers,
    )
    return row, middle, minima


def missing(*packages: str) -> str | None:
    """The first of these that is not installed."""
    return next((package for package in packages if not find_spec(package)), None)


def skipped(what: str, package: str) -> Row:
    return Row(what, reached=f"skipped: needs {package}")


def digits(ratio: float) -> str:
    """To two places, or two digits of what is small.

    >>> digits(6909.423), digits(1.5), digits(0.0083)
    ('6909', '1.50', '0.0083')
    """
    return f"{ratio:.0f}" if ratio >= 1000 else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def duration(seconds: float) -> str:
    """With three digits or a little more, in the unit that suits it.

    >>> duration(4.3e-8), duration(4.3e-5), duration(0.0123), duration(2.0)
    ('43 ns', '43.0 us', '12.3 ms', '2.00 s')
    """
    if seconds < 1e-6:
        return f"{seconds * 1e9:.0f} ns"
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
    texts = [row[:-1] for row in (HEADER, *rows)]
    used = [any(column) for column in zip(*texts[1:])]
    return [[cell for cell, kept in zip(row, used) if kept] for row in texts]
