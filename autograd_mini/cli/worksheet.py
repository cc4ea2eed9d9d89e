"""autograd-mini worksheet: exercises in backprop to print, with their keys."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from ..errors import AutogradError
from ..files import write_atomically
from ..worksheets.pages import to_html, to_latex
from ..worksheets.problems import LEVELS
from .output import say
from .parser import CommandError, Parser, whole

MOST = 500  # sheets
LATEX = ["latexmk", "-pdf", "-interaction=nonstopmode", "-halt-on-error"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
REMEDY = "write a .html file, and print it from any browser"
PRINT = ["--headless", "--no-sandbox", "--no-pdf-header-footer", "--print-to-pdf=sheet.pdf"]


def run(arguments: list[str]) -> None:
    """Write a class set of worksheets to a file."""
    parser = Parser(
        prog="autograd-mini worksheet",
        description="Write a class set of worksheets on backprop, all different, and their keys.",
    )
    add = parser.add_argument
    add("--level", type=int, choices=LEVELS, default=1, help="how hard they are (default: 1)")
    add("--seed", type=int, default=1, help="the same seed gives the same sheets (default: 1)")
    add("--count", type=whole, default=1, help=f"how many sheets, at most {MOST} (default: 1)")
    what = "a .html, .tex or .pdf file (default: worksheet.html)"
    add("--out", type=Path, default="worksheet.html", metavar="FILE", help=what)
    options = parser.parse_args(arguments)
    if options.count > MOST:
        raise CommandError(f"--count is at most {MOST}, got {options.count}")
    writers: dict[str, Callable[..., str | bytes]]
    writers = {".html": to_html, ".tex": to_latex, ".pdf": _to_pdf}
    if options.out.suffix not in writers:
        raise CommandError(f"--out names a {', '.join(writers)} file, got {str(options.out)!r}")
    write = writers[options.out.suffix]
    write_atomically(options.out, write(options.level, options.seed, options.count))
    say(f"wrote {options.out}")


def _to_pdf(level: int, seed: int, count: int) -> bytes:
    """The same as a PDF, made by latexmk or by a browser."""
    browser = next(filter(None, map(which, BROWSERS)), None)
    if which("latexmk"):
        name, content, command = "sheet.tex", to_latex(level, seed, count), LATEX
    elif browser:
        name, content, command = "sheet.html", to_html(level, seed, count), [browser, *PRINT]
    else:
        raise AutogradError(f"a PDF needs latexmk or Chromium; {REMEDY}")
    with TemporaryDirectory() as folder:
        source, made = Path(folder, name), Path(folder, "sheet.pdf")
        source.write_text(content, encoding="utf-8")
        done = subprocess.run([*command, str(source)], cwd=folder, capture_output=True)
        if done.returncode or not made.exists():
            raise AutogradError(f"{command[0]} made no PDF of the sheets; {REMEDY}")
        return made.read_bytes()
