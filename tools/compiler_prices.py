"""Makes the prices in autograd_mini/compiler/cost.py: what a call costs in each form.

    OPENBLAS_NUM_THREADS=1 python tools/compiler_prices.py [--loops N] [--keep times.json]
        [--fit times.json]

It times the programs of tests/compiler/zoo as arrays and as tapes, and N of them as loops, which
take seconds each to compile; fits the prices by least squares of the relative error; and prints
them, with how often the cheapest form by price takes at most 1.2 times the time of the best.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "compiler"))

from zoo import zoo  # noqa: E402

from autograd_mini.compiler import cost  # noqa: E402
from autograd_mini.compiler.forms import BACKENDS  # noqa: E402

FORMS = (*BACKENDS,)
SIZES = (1, 64, 1024)
SECONDS = 0.01  # of each turn of a measurement


def minima(calls: dict[str, object], turns: int = 5) -> dict[str, float]:
    """The least seconds of a call of each function, measured in turns."""
    best = dict.fromkeys(calls, np.inf)
    for _ in range(turns):
        for name, call in calls.items():
            begin, count = time.perf_counter(), 0
            while time.perf_counter() < begin + SECONDS or count < 3:
                start = time.perf_counter()
                call()
                best[name] = min(best[name], time.perf_counter() - start)
                count += 1
    return best


def batch(entry, n: int) -> list[np.ndarray]:
    examples = entry.examples()
    rows = [examples[i % len(examples)] for i in range(n)]
    return [np.array([row[name] for row in rows], float) for name in entry.inputs]


def measured(entry, forms: tuple[str, ...], sizes=SIZES) -> Iterator[dict]:
    """The times of the forms, and what is counted."""
    made = entry.made()
    programs, making = {}, {}
    for form in forms:
        begin = time.process_time()
        programs[form] = entry.compiled(BACKENDS[form], made)
        programs[form].value_and_grad(*batch(entry, 1))
        making[form] = time.process_time() - begin
    for n in sizes:
        inputs = batch(entry, n)
        calls = {form: program.bind(*inputs) for form, program in programs.items()}
        yield {"key": entry.key, "n": n, "times": minima(calls), "making": making}


def fitted(rows: list[dict], form: str) -> np.ndarray:
    """Nanoseconds of each amount; none is negative."""
    times = np.array([1e9 * row["times"][form] for row in rows])
    amounts = np.array([row["amounts"][form] for row in rows], float)
    weights = 1 / times
    for _ in range(20):  # towards the least sum of absolute errors: a few programs are far off
        prices, _ = nnls(amounts * weights[:, None], times * weights)
        error = abs(amounts @ prices / times - 1)
        weights = 1 / times / np.sqrt(np.maximum(error, 0.1))
    return prices


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--loops", type=int, default=24)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--fit", type=Path)
    options = parser.parse_args()
    entries = [e for e in zoo().values() if not e.refusals]
    if options.fit:
        rows = json.loads(options.fit.read_text())
    else:
        known = options.keep and options.keep.exists()  # go on with what was measured before
        rows = json.loads(options.keep.read_text()) if known else []
        done = {row["key"] for row in rows}
        for place, entry in enumerate(entries):
            if entry.key in done:
                continue
            short = entry.compiled("numpy").source.count("\n") < 60
            with_loops = short and options.loops and place % -(-len(entries) // options.loops) == 0
            rows += measured(entry, FORMS[: 2 + with_loops])
            print(
                entry.key, {f: f"{1e6 * t:.0f}" for f, t in rows[-1]["times"].items()}, flush=True
            )
            if options.keep:
                options.keep.write_text(json.dumps(rows))
    keys = {row["key"] for row in rows}
    works = {e.key: e.compiled(None)._function.work for e in entries if e.key in keys}
    for row in rows:
        work = row["work"] = works[row["key"]]
        row["amounts"] = {form: work.amounts(form, row["n"]) for form in row["times"]}
    for form in FORMS:
        used = [row for row in rows if form in row["times"]]
        if not used:
            continue
        prices = fitted(used, form)
        named = ", ".join(f'"{name}": {p:.3g}' for name, p in zip(cost.PRICES[form], prices))
        print(f'"{form}": {{{named}}},')
        ratios = [prices @ row["amounts"][form] / row["times"][form] / 1e9 for row in used]
        print(
            "  # by price / by clock:",
            np.round(np.quantile(ratios, [0.05, 0.25, 0.5, 0.75, 0.95]), 2),
        )
        for row in rows:
            row.setdefault("prices", {})
            if form in row["times"]:
                row["prices"][form] = prices @ row["amounts"][form]
        making = [(row["work"].lines, row["making"][form]) for row in used if row["n"] == 1]
        if form == "loops" and making:
            print("  # making:", np.polyfit(*zip(*making), 1))
    for names in (("arrays", "tape"), FORMS):
        for n in SIZES:
            some = [row for row in rows if row["n"] == n and set(names) <= set(row["times"])]
            lost = [
                row["times"][min(names, key=row["prices"].get)] / min(map(row["times"].get, names))
                for row in some
            ]
            good = sum(x <= 1.2 for x in lost)
            print(
                f"{', '.join(names)}, {n} examples: {good} of {len(lost)} within 1.2 of the best, "
                f"worst {max(lost, default=1):.2f}"
            )


if __name__ == "__main__":
    main()
