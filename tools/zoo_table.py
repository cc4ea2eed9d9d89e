"""Writes docs/zoo.md: the programs of tests/compiler/zoo, on every backend.

    python tools/zoo_table.py [--longest LINES] [--sample N]

Numba and JAX need seconds to minutes for a program. Where its NumPy source has more than LINES
lines (by default none is too long), the loops of Numba run as Python, and JAX, which compiles anew
for each size of a batch, is asked for two sizes. With --sample N programs are run and printed, and
the page stays as it is.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "compiler")]

from compiler_prices import SIZES, batch, minima  # noqa: E402
from loops_as_python import loops_as_python  # noqa: E402
from zoo import BACKENDS, LARGEST_BATCH, PRECISION, Entry, eager, error, zoo  # noqa: E402

from autograd_mini.compiler.forms import BACKENDS as BACKENDS_OF  # noqa: E402
from autograd_mini.files import write_atomically  # noqa: E402
from benchmarks.results import Results  # noqa: E402

PAGE = ROOT / "docs" / "zoo.md"
TOLD = " / ".join(f"{n:,}" for n in SIZES)
HEADS = [
    "program", "nodes", "lines", "gathers", "ms", *BACKENDS, "largest error",
    f"form at {TOLD}", "time / the better's",
]  # fmt: skip


class Row:
    """What is told of a program."""

    def __init__(self, entry: Entry, longest: float) -> None:
        self.entry = entry
        made, examples = entry.made(), entry.examples()
        reference = eager(made[0], made[1].parameters(), examples)
        start = time.process_time()
        program = entry.compiled("numpy", made)
        self.seconds = time.process_time() - start
        self.nodes = program._compiled.scalars
        self.lines = sum(1 for line in program.source.splitlines() if line.startswith("    "))
        self.gathers = sum(np.asarray(x).dtype.kind == "i" for x in program.constants.values())
        self.worst, self.cells = 0.0, []
        for backend in BACKENDS:
            self.cells.append(self._beside(backend, made, examples, reference, longest))
        self._choose(made)

    def _choose(self, made) -> None:
        """The form that is the cheapest by price for batches of some sizes; and the time of the
        cheaper of arrays and tape, over that of the faster."""
        refused = "tape" in self.entry.refusals
        programs = {"arrays": self.entry.compiled("numpy", made)}
        if not refused:
            programs["tape"] = self.entry.compiled("tape", made)
        work = self.entry.compiled(None, made)._function.work
        self.forms, self.ratios = [], []
        for n in SIZES:
            inputs = batch(self.entry, n)
            times = minima({form: x.bind(*inputs) for form, x in programs.items()})
            price = {form: work.price(form, n) for form in BACKENDS_OF}
            self.forms.append("arrays" if refused else min(price, key=price.get))
            self.ratios.append(times[min(programs, key=price.get)] / min(times.values()))

    def _beside(self, backend, made, examples, reference, longest) -> str:
        """How one backend did, in a word."""
        context, how, sizes = contextlib.nullcontext(), "yes", range(1, LARGEST_BATCH + 1)
        if self.lines > longest and backend == "numba":
            context, how = loops_as_python(), "as Python"
        if self.lines > longest and backend == "jax":
            sizes, how = (1, LARGEST_BATCH), f"1 and {LARGEST_BATCH}"
        try:
            with context:
                program = self.entry.compiled(backend, made)
                found = error(program, examples, reference, sizes)
                if backend == "numba" and program._compiled.backend == "tape":
                    how = "tape"  # of an irregular graph
        except Exception as problem:  # the table is of what works
            refused = backend in self.entry.refusals
            print(f"{self.entry.key} on {backend}: {problem!r:.200}", file=sys.stderr)
            return "refuses" if refused else f"**{type(problem).__name__}**"
        self.worst = max(self.worst, found)
        return how if found <= PRECISION else f"**{found:.0e}**"

    def __str__(self) -> str:
        ms = f"{1000 * self.seconds:.0f}"
        cells = [self.entry.name, self.nodes, self.lines, self.gathers, ms, *self.cells]
        cells += [f"{self.worst:.0e}", " / ".join(self.forms)]
        cells.append(" / ".join(f"{ratio:.1f}" for ratio in self.ratios))
        return f"| {' | '.join(map(str, cells))} |"


def page(rows: list[Row], command: str) -> Iterator[str]:
    """The lines of the page."""
    nodes, lines, gathers = (sorted(getattr(r, of) for r in rows) for of in HEADS[1:4])
    middle = len(rows) // 2
    yield "# The compiler's zoo"
    yield ""
    yield (
        f"Made by `{command}`, on Python {platform.python_version()} and NumPy {np.__version__}. "
        f"{len(rows)} programs, each written in scalars in "
        "[tests/compiler/zoo](../tests/compiler/zoo/__init__.py). A backend agrees (yes) if in "
        "batches of 1 to 7 its losses and gradients are those of the eager engine, to 1e-10 of "
        "the largest. Nodes are those of the scalar graph, lines those of the NumPy source, "
        "gathers its index arrays, ms of CPU time what it takes to trace and compile. The largest "
        "error is that over all backends and batches. The form is what a program without a backend "
        f"runs in, for {TOLD} examples, once it is made; and the time beside it is that of the "
        "cheaper of arrays and tape by price, over that of the faster one, as minima of calls in "
        "turns. Numba and JAX take seconds to minutes for a "
        "program: of the longer ones the loops that Numba would compile were run as Python, and "
        f"JAX was given batches of 1 and {LARGEST_BATCH}."
    )
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for name, numbers in (("nodes", nodes), ("lines", lines), ("gathers", gathers)):
        yield f"| {name} | median {numbers[middle]}, at most {numbers[-1]} |"
    yield f"| without a gather | {gathers.count(0)} |"
    yield f"| at most 30 lines | {sum(n <= 30 for n in lines)} |"
    yield f"| seconds to compile all, for NumPy | {sum(r.seconds for r in rows):.1f} |"
    for place, backend in enumerate(BACKENDS):
        how = Counter(r.cells[place] for r in rows)
        yield f"| {backend} | {', '.join(f'{n} × {word}' for word, n in how.most_common())} |"
    ratios = [ratio for r in rows for ratio in r.ratios]
    within = sum(ratio <= 1.2 for ratio in ratios)
    yield f"| at most 1.2 of the time of the better form | {within} of {len(ratios)} |"
    yield f"| largest error | {max(r.worst for r in rows):.0e} |"
    yield ""
    yield "<!-- by hand -->"
    yield from by_hand()
    yield "<!-- end -->"
    for family in dict.fromkeys(r.entry.family for r in rows):
        yield ""
        yield f"## {family.replace('_', ' ').capitalize()}"
        yield ""
        yield f"| {' | '.join(HEADS)} |"
        yield f"| --- |{' ---: |' * 4}{' --- |' * 4} ---: | --- | ---: |"
        yield from (str(row) for row in rows if row.entry.family == family)


RESULTS = ROOT / "benchmarks" / "results"
BY_HAND = re.compile(r"(?<=<!-- by hand -->\n).*?(?=<!-- end -->)", re.DOTALL)


def by_hand() -> Iterator[str]:
    """The programs that `python -m benchmarks --only zoo` has timed, from what it kept."""
    for path in sorted(RESULTS.glob("*.json")):
        results = Results.read(path)
        timed: dict[str, dict[int, str]] = {}
        for name, rows in results.rows.items():
            if name.startswith("zoo/") and rows[0].minima:
                key, count = name.removeprefix("zoo/").rsplit("-", 1)
                ratios = " | ".join(f"{row.minima} ({row.quartiles})" for row in rows)
                timed.setdefault(key, {})[int(count)] = ratios
        if not timed:
            continue
        counts = sorted({count for cells in timed.values() for count in cells})
        yield "## Beside NumPy written by hand"
        yield ""
        yield (
            f"On Python {results.python}, how many times as long a compiled program takes for a "
            "loss and all gradients as [the same written by hand]"
            "(../benchmarks/README.md#zoo-compiled-programs-beside-the-same-written-by-hand): the "
            "ratio of the minima and, in brackets, the quartiles over the rounds, in batches of B; "
            "of the arrays that one reads, and of what runs by itself after some calls."
        )
        yield ""
        yield f"| program | {' | '.join(f'B={count} | as it runs' for count in counts)} |"
        yield f"| --- |{' ---: |' * 2 * len(counts)}"
        for key, cells in timed.items():
            texts = [cells.get(count, " | ") for count in counts]
            yield f"| {zoo()[key].name} | {' | '.join(texts)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--longest", type=int, metavar="LINES")
    parser.add_argument("--sample", type=int, metavar="N")
    parser.add_argument(
        "--by-hand", action="store_true", help="only the ratios of benchmarks/results"
    )
    options = parser.parse_args()
    if options.by_hand:
        table = "".join(f"{line}\n" for line in by_hand())
        write_atomically(PAGE, BY_HAND.sub(lambda _: table, PAGE.read_text(encoding="utf-8")))
        return
    longest, entries = options.longest, [*zoo().values()]
    if options.sample:
        entries = entries[:: -(-len(entries) // options.sample)]
    command = "python tools/zoo_table.py" + (f" --longest {longest}" if longest else "")
    rows = []
    for entry in entries:
        rows.append(Row(entry, longest or float("inf")))
        print(rows[-1], flush=True)
    if options.sample:
        print("\n".join(page(rows, command)))
        return
    write_atomically(PAGE, "\n".join(page(rows, command)) + "\n")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
