"""autograd-mini check: random programs against other autodiff engines."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..files import write_all_atomically
from ..testing.engines.adapters import Engine, engine_of
from ..testing.engines.checking import Settings, check, selected
from ..testing.engines.isolation import Apart, Here
from ..testing.engines.page import page
from ..testing.engines.report import EngineReport
from ..testing.engines.requirements import REQUIREMENTS
from ..testing.engines.writers import as_json, gradescope, junit
from .output import say, say_table
from .parser import CommandError, Parser, positive, whole

LIBRARIES = ("torch", "jax", "autograd", "autograd_mini")  # these run without limits


def run(arguments: list[str]) -> int:
    """Check the engines; the status is 1 if one fails."""
    options = _parser().parse_args(arguments)
    if options.json and ":" in options.json:  # --json ENGINE: no file is meant
        options.engines.insert(0, options.json)
        options.json = "-"
    if not options.engines:
        raise CommandError("check needs an engine, such as my_engine.py:Value (see --help)")
    engines = [_Place(text) for text in options.engines]
    only = selected([x for x in options.only.split(",") if x] if options.only else ())
    expected = selected(_lines(options.xfail)) if options.xfail else ()
    if options.gradescope and len(engines) > 1:
        raise CommandError("--gradescope takes one engine")
    settings = Settings(only, options.examples, options.seed, options.time_limit)
    reports = []
    for engine in engines:
        with _progress(engine.text, settings) as tell:
            report = engine.check(settings, tell)
        reports.append(report._replace(expected=expected))
    files = {
        options.html: page,
        options.junit: junit,
        options.gradescope: gradescope,
        Path(options.json) if options.json not in (None, "-") else None: as_json,
    }
    write_all_atomically({path: write(reports) for path, write in files.items() if path})
    if options.json == "-":
        say(as_json(reports).rstrip())
    else:
        _say(reports)
    return 0 if all(report.passed for report in reports) else 1


def _parser() -> Parser:
    parser = Parser(
        prog="autograd-mini check",
        usage="autograd-mini check [options] FILE.py:NAME | MODULE:NAME ...",
        description="Check autodiff engines with random programs, and show the smallest program "
        "that fails. NAME is a class such as Value. The exit status is 1 if an engine fails. The "
        f"requirements are: {', '.join(r.id for r in REQUIREMENTS)}.",
    )
    add = parser.add_argument
    add("engines", nargs="*", metavar="ENGINE", help="a file or a module, and the class in it")
    add("--only", metavar="IDS", help="these requirements alone, with commas between them")
    add("--examples", type=whole, default=100, metavar="N", help="random programs for each")
    add("--seed", type=int, default=0, metavar="N", help="of the random programs")
    add("--time-limit", type=positive, default=30.0, metavar="SECONDS", help="for each engine")
    add("--html", type=Path, metavar="FILE", help="write a page with the backward pass")
    add("--json", nargs="?", const="-", metavar="FILE", help="write JSON, or print it")
    add("--junit", type=Path, metavar="FILE", help="write JUnit's XML")
    add("--gradescope", type=Path, metavar="FILE", help="write results.json for Gradescope")
    add("--xfail", type=Path, metavar="FILE", help="requirements expected to fail, one a line")
    return parser


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return [id for line in text.splitlines() if (id := line.partition("#")[0].strip())]


class _Place:
    """Where an engine is: FILE.py:NAME or MODULE:NAME.

    Raises:
        CommandError: there is no name, no such file, or no such module.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.module, _, self.name = text.rpartition(":")
        self.is_file = self.module.endswith(".py")
        if not self.module or not self.name.isidentifier():
            raise CommandError(f"expected FILE.py:NAME or MODULE:NAME, got {text!r}")
        if self.is_file and not Path(self.module).is_file():
            raise CommandError(f"{self.module}: there is no such file")
        self.top = self.module.partition(".")[0]
        if not self.is_file and importlib.util.find_spec(self.top) is None:
            raise CommandError(f"there is no module {self.top!r}")

    def check(self, settings: Settings, tell: Callable[[Any], None]) -> EngineReport:
        name = Path(self.module).stem if self.is_file else self.module
        imports = f"from {name} import {self.name}"
        load = functools.partial(load_engine, self.module, self.name)
        if not self.is_file and self.top in LIBRARIES:
            return check(Here(load, steps=0), self.text, imports, settings, tell)
        return check(Apart(load, settings.time_limit), self.text, imports, settings, tell)


def load_engine(module: str, name: str) -> Engine:
    """Import a file or a module, and take the engine from it.

    Raises:
        whatever the file raises.
    """
    if not module.endswith(".py"):
        sys.path.insert(0, "")
        return engine_of(getattr(importlib.import_module(module), name), name=name)
    path = Path(module).resolve()
    known = path.stem if path.stem not in sys.modules else f"_{path.stem}"
    spec = importlib.util.spec_from_file_location(known, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{module} is not a file of Python")
    sys.path.insert(0, str(path.parent))
    loaded = sys.modules[known] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return engine_of(getattr(loaded, name), name=name)


def _say(reports: Sequence[EngineReport]) -> None:
    if len(reports) > 1:
        rows = [("engine", "verdict", "met", "first failure", "reason")]
        for report in reports:
            first = next((v.id for v in report.failures), "")
            verdict = "passes" if report.passed else "fails"
            reason = (first and report.diagnosis) or ""
            rows.append((report.engine, verdict, report.met, first, reason))
        say_table(rows)
        say("")
    say("\n\n".join(report.text() for report in reports))


@contextmanager
def _progress(engine: str, settings: Settings) -> Iterator[Callable[[Any], None]]:
    """The time that it may take, and a bar if tqdm is installed; nothing but in a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda verdict: None
        return
    print(f"checking {engine}, {settings.time_limit:g} seconds at most", file=sys.stderr)
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ImportError:
        yield lambda verdict: print(f"  {verdict.id}", file=sys.stderr)
        return
    with tqdm(total=len(settings.only), unit="requirement", leave=False) as bar:
        yield lambda verdict: bar.update()
