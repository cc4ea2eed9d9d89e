"""Runs check_engine on the engines of engines.toml, and writes what it finds into docs/engines.md.

    python tools/engines_table.py FOLDER [--install] [NAME ..]

FOLDER has pypi/NAME and github/OWNER+NAME for each engine. --install puts those that are missing
there, by pip and git, without what they depend on. Each runs in a process of its own. With NAMEs
only these are checked, and nothing is written.
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
from pathlib import Path
from typing import Any

from autograd_mini.files import write_atomically

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).with_name("engines.toml")
PAGE = ROOT / "docs" / "engines.md"
LIMIT = 300  # seconds for an engine, however busy the machine is


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
        assert spec and spec.loader
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
    """The report as plain data, with the seconds it took."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, str(folder), "--one", name_of(row)],
        cwd=place_of(row, folder),
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1], "seconds": seconds}
    return {**json.loads(done.stdout), "seconds": seconds}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--install", action="store_true", help="put what is missing there")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["engine"]
    if options.one:
        print(check(next(row for row in rows if name_of(row) == options.one)))
        return 0
    wanted = [row for row in rows if not options.names or name_of(row) in options.names]
    for row in wanted:
        place = place_of(row, options.folder)
        if options.install and not place.exists():
            install(row, place)
        report = checked(row, options.folder.resolve())
        print(f"{name_of(row)}, {report['seconds']:.1f} s: {told(report)}", flush=True)
    return 0


def told(report: dict[str, Any]) -> str:
    if "error" in report:
        return f"ERROR {report['error']}"
    lines = ["passes" if report["passed"] else "FAILS"]
    for verdict in [*report["failures"], *report["findings"]]:
        mark = "-" if verdict["required"] else "."
        lines.append(
            f"  {mark} {verdict['requirement']}: {verdict['text']}: {verdict.get('diagnosis')}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
