"""Runs check_engine on the engines of engines.toml, and writes what it finds into docs/engines.md.

    python tools/engines_table.py FOLDER [--install] [--again] [NAME ..]

FOLDER has pypi/NAME and github/OWNER+NAME for each engine. --install puts those that are missing
there, by pip and git, without what they depend on. Each runs in a process of its own. Reports are
kept in FOLDER/reports, and an engine is checked once; --again checks all. With NAMEs only these are
checked, and nothing is written. The exit status is 1 if a fault is found that engines.toml does not
know, or one that it knows is not found.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from engine_pages import replaced  # noqa: E402

from autograd_mini.files import write_atomically  # noqa: E402

LIST = Path(__file__).with_name("engines.toml")
PAGE = ROOT / "docs" / "engines.md"
LIMIT = 300  # seconds for an engine, however busy the machine is
CHOICE = (
    "They are as they were in November 2026. Two were chosen because threads of micrograd lead to "
    "them, the others by their names, before they were read. Some are copies of micrograd. Left "
    "out were engines of arrays, and those that Python 3.11 cannot import. The check itself was "
    "improved with these engines, false alarms among them, so the table says what they have, and "
    "not how often the check is right. Each failure was repeated by hand without this project's "
    "code, and its cause found in the source; the words in brackets say what stands there."
)
DIGITS = (
    "Six digits are a fault, too, where they are not those of single precision: kaitorch adds "
    "1e-8 to the base of a power, to a divisor and to the argument of log. The check tells of it, "
    "and lets it pass."
)
MANY = 12  # engines that are counted, and not named
TOLD = ("kinks", "large-and-small")


def name_of(row: dict[str, Any]) -> str:
    return row.get("package") or row["repository"]


def place_of(row: dict[str, Any], folder: Path) -> Path:
    if "package" in row:
        return folder / "pypi" / row["package"]
    return folder / "github" / row["repository"].replace("/", "+")


def install(row: dict[str, Any], place: Path) -> None:
    """The engine's files, at its version."""
    if "package" in row:
        wanted = f"{row['package']}=={row['version']}"
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*pip, "--target", str(place), wanted], check=True)
        return
    git = ["git", "-C", str(place)]
    place.mkdir(parents=True)
    subprocess.run([*git, "init", "-q"], check=True)
    address = f"https://github.com/{row['repository']}"
    subprocess.run([*git, "fetch", "-q", "--depth=1", address, row["commit"]], check=True)
    subprocess.run([*git, "checkout", "-q", "FETCH_HEAD"], check=True)


def load(row: dict[str, Any]) -> Any:
    """The class, from the working directory."""
    module, _, kind = row["engine"].partition(":")
    sys.path.insert(0, os.getcwd())
    with contextlib.redirect_stdout(io.StringIO()):
        if not module.endswith(".py"):
            return getattr(importlib.import_module(module), kind)
        spec = importlib.util.spec_from_file_location("engine", module)
        if spec is None or spec.loader is None:
            raise ImportError(f"{module} is not a file of Python")
        sys.modules["engine"] = found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
        return getattr(found, kind)


class Named:
    """An adapter for an engine whose backward() has another name."""

    def __init__(self, kind: Any, backward: str) -> None:
        self.make, self._backward = kind, backward

    def backward(self, root: Any) -> None:
        getattr(root, self._backward)()

    def gradient(self, scalar: Any) -> Any:
        return scalar.grad


def check(row: dict[str, Any]) -> str:
    """The report as JSON; run in a process of its own."""
    from autograd_mini.testing import check_engine

    kind = load(row)
    adapter = Named(kind, row["backward"]) if "backward" in row else None
    return check_engine(kind, adapter=adapter, time_limit=LIMIT).json()


def checked(row: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The report as plain data, and the seconds it took."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, str(folder), "--one", name_of(row)],
        cwd=place_of(row, folder),
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    report = {"error": done.stderr[-300:]} if done.returncode else json.loads(done.stdout)
    return {**report, "seconds": time.perf_counter() - start}


def reasons(report: dict[str, Any]) -> list[str]:
    """The ids of its faults."""
    found = [id for verdict in report["failures"] for id in verdict.get("diagnosis") or ()]
    return list(dict.fromkeys(found))


def linked(row: dict[str, Any]) -> str:
    name = name_of(row)
    if "package" in row:
        return f"[{name} {row['version']}](https://pypi.org/project/{name}/{row['version']}/)"
    address = f"https://github.com/{name}/tree/{row['commit']}"
    return f"[{name}]({address})"


def table(rows: list[dict[str, Any]], reports: list[dict[str, Any]]) -> Iterator[str]:
    """The lines of the page: what is wrong, then what is told and does not count."""
    pairs = list(zip(rows, reports))
    failing = [(row, report) for row, report in pairs if not report["passed"]]
    packages = sum("package" in row for row in rows)
    yield (
        f"{packages} packages of PyPI and {len(rows) - packages} public repositories. {CHOICE} "
        f"{len(pairs) - len(failing)} meet all that is required. {len(failing)} do not:"
    )
    yield ""
    yield "| engine | the first that fails | the fault |"
    yield "|---|---|---|"
    for row, report in failing:
        first = report["failures"][0]
        ids = ", ".join(f"`{id}`" for id in reasons(report)) or "not named"
        text = first["text"].replace("|", r"\|")
        why = f" ({row['why']})" if "why" in row else ""
        yield f"| {linked(row)} | {first['requirement']}: `{text}` | {ids}{why} |"
    yield ""
    yield "What is told, and does not count:"
    yield ""
    yield "| found | by | engines |"
    yield "|---|---|---|"
    told: dict[tuple[str, str], list[str]] = {}
    for row, report in pairs:
        for verdict in report["findings"]:
            if verdict["requirement"] in TOLD and (report["passed"] or verdict["got"]):
                told.setdefault((verdict["requirement"], verdict["text"]), []).append(linked(row))
        for note in report["notes"]:
            if note.startswith("Its numbers"):
                told.setdefault(("", note), []).append(linked(row))
    for (requirement, text), names in sorted(told.items(), key=lambda x: (x[0][0], -len(x[1]))):
        shown = ", ".join(names) if len(names) <= MANY else f"{len(names)} engines"
        yield f"| {f'`{text}`' if requirement else text} | {requirement} | {shown} |"
    yield ""
    yield DIGITS
    yield ""
    yield "These meet what is required:"
    yield ""
    yield ", ".join(linked(row) for row, report in pairs if report["passed"]) + "."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--install", action="store_true", help="put what is missing there")
    parser.add_argument("--again", action="store_true", help="check what was checked before, too")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["engine"]
    if options.one:
        print(check(next(row for row in rows if name_of(row) == options.one)))
        return 0
    folder, status, reports = options.folder.resolve(), 0, []
    for row in rows:
        if options.names and name_of(row) not in options.names:
            continue
        place = place_of(row, folder)
        if options.install and not place.exists():
            install(row, place)
        kept = folder / "reports" / f"{name_of(row).replace('/', '+')}.json"
        if options.again or not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(json.dumps(checked(row, folder), indent=1))
        report = json.loads(kept.read_text())
        reports.append(report)
        if "error" in report:
            print(f"{name_of(row)}: {report['error']}")
            return 1
        unknown = sorted({*reasons(report)} ^ {*row["known"]})
        verdict = "passes" if report["passed"] else f"fails: {', '.join(reasons(report))}"
        print(f"{name_of(row)}, {report['seconds']:.1f} s, {verdict}", flush=True)
        if unknown:
            status = 1
            print(f"    not as it was verified by hand: {', '.join(unknown)}")
    if not options.names and not status:
        text = PAGE.read_text(encoding="utf-8")
        write_atomically(PAGE, replaced(text, "engines", list(table(rows, reports))))
        print(f"wrote {PAGE.relative_to(ROOT)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
