"""The project measured side by side with its peers; see benchmarks/README.md."""

from __future__ import annotations

import argparse
import gc
import sys
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from autograd_mini.files import write_atomically

from . import side_by_side
from .compare import compare
from .results import SUITES, Results
from .side_by_side import Row, missing, plain_table, skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Measure = Callable[[], list[Row]]


class Parser(argparse.ArgumentParser):
    """Its errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 if a row could not be measured, 2 for arguments that make no sense."""
    parser = Parser("python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, rougher numbers")
    parser.add_argument("--only", metavar="SUITE,..", help=f"of {', '.join(SUITES)}")
    parser.add_argument(
        "--row", action="append", metavar="PATTERN", help="only rows such as gpt or 'moons*'"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="where the rows are kept, after each; others stay"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="the ratios, drawn")
    parser.add_argument(
        "--compare", nargs=2, metavar="COMMIT", help="the rows that differ between two commits"
    )
    options = parser.parse_args(arguments)
    only = options.only.split(",") if options.only else list(SUITES)
    if unknown := [suite for suite in only if suite not in SUITES]:
        parser.error(f"--only expected some of {', '.join(SUITES)}, got {unknown[0]}")
    for path in filter(None, (options.json, options.picture)):
        if path.is_dir() or not path.parent.is_dir():
            parser.error(f"expected a file in an existing folder, got {path}")
    patterns = options.row or ["*"]
    try:
        if options.compare:
            before, after = options.compare
            return compare(before, after, only, patterns)
        results = Results.here()
        if options.json and options.json.exists():
            kept = Results.read(options.json)
            if kept[:2] != results[:2]:
                parser.error(f"{options.json} is of Python {kept.python} on {kept.machine}")
            results.rows.update(kept.rows)
    except ValueError as error:
        parser.error(str(error))
    chosen = [(key, run) for key, run in rows(only, options.quick) if matches(key, patterns)]
    if not chosen:
        parser.error(f"no row of {', '.join(only)} is called {' or '.join(patterns)}")
    failed = False
    try:
        for key, row in measured(chosen):
            results.rows[key] = row
            failed |= any(line.reached.startswith("failed") for line in row)
            if options.json:
                write_atomically(options.json, results.text())
    except KeyboardInterrupt:
        print("stopped; this is what was measured", file=sys.stderr)
    lines = [line for key, _ in chosen for line in results.rows.get(key, ())]
    if lines:
        print(plain_table(lines), results.notes(), sep="\n\n")
    if options.picture:
        from .picture import picture

        write_atomically(options.picture, picture(results.rows))
    return int(failed)


def rows(only: Sequence[str], quick: bool) -> Iterator[tuple[str, Measure]]:
    """("suite/name", what measures it) of every row of these suites."""
    for suite in only:
        place, needed = SUITES[suite]
        if missing(needed):
            yield f"{suite}/*", lambda suite=suite, needed=needed: [skipped(suite, needed)]
            continue
        module, function = place.split(".")
        for name, run in getattr(import_module(f".{module}", __package__), function)(quick).items():
            yield f"{suite}/{name}", run


def matches(key: str, patterns: Sequence[str]) -> bool:
    name = key.split("/")[1]
    return any(fnmatchcase(it, pattern) for it in (key, name) for pattern in patterns)


def measured(chosen: Sequence[tuple[str, Measure]]) -> Iterator[tuple[str, list[Row]]]:
    """Each with its rows, beside a bar if there is tqdm and a terminal."""
    gc.collect()
    gc.freeze()  # what is imported is not garbage, and need not be searched
    bar = None
    if not missing("tqdm"):
        from tqdm import tqdm

        bar = side_by_side.shown = tqdm(total=len(chosen), unit="row", disable=None, leave=False)
    try:
        for key, run in chosen:
            side_by_side.progress(key)
            try:
                yield key, run()
            except Exception as error:
                yield key, [Row(key, reached=f"failed: {type(error).__name__}: {error}")]
            if bar is not None:
                bar.update()
    finally:
        side_by_side.shown = None
        if bar is not None:
            bar.close()


if __name__ == "__main__":
    from . import one_thread  # noqa: F401, before NumPy and the like, which suites import

    sys.exit(main())
