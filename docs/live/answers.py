"""Runs what a live page sends, and makes HTML of the answer. worker.mjs loads this in Pyodide."""

from __future__ import annotations

import ast
import contextlib
import html
import linecache
import sys
import tempfile
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import viz  # of the worker

from autograd_mini.draw import set_renderer
from autograd_mini.errors import AutogradError


def drawn(source: str, format: str, engine: str) -> bytes:
    """A picture by Graphviz in WebAssembly."""
    if format != "svg":
        raise AutogradError(f"this page draws svg, not {format}")
    return bytes(viz.render(source, format, engine), "utf-8")


set_renderer(drawn)

FILE = "your code"


class Failure(Exception):
    """What the reader's code did wrong, as a message with its line."""


def run(code: str) -> dict[str, Any]:
    """Execute code; returns its names, and the value of a last expression under ""."""
    linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
    module = sys.modules["__main__"] = ModuleType("__main__")
    names = module.__dict__
    try:
        tree = ast.parse(code, FILE)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, FILE, "exec"), names)
        if isinstance(last, ast.Expr):
            names[""] = eval(compile(ast.Expression(last.value), FILE, "eval"), names)
    except SyntaxError as error:
        raise Failure(f"line {error.lineno}: {error.msg}") from None
    except BaseException as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == FILE]
        where = f"line {lines[-1]}: " if lines else ""
        raise Failure(f"{where}{type(error).__name__}: {error}") from None
    return names


def shown(value: Any) -> str:
    """An object as a notebook would show it: HTML, SVG, or its text."""
    if value is None:
        return ""
    bundle = getattr(value, "_repr_mimebundle_", dict)()
    if "text/latex" in bundle and "text/html" not in bundle:
        from autograd_mini.mathml import mathml

        return mathml(bundle["text/latex"].strip("$").removeprefix(r"\displaystyle "), "block")
    for kind in ("text/html", "image/svg+xml"):
        if kind in bundle:
            return str(bundle[kind])
    if hasattr(value, "_repr_html_"):
        return str(value._repr_html_())
    return f"<pre>{html.escape(repr(value))}</pre>"


def play(code: str) -> str:
    """The pictures and pages that a program writes, then its last expression."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        last = run(code).get("")
        files = {path.name: path.read_text() for path in sorted(Path().glob("*.*"))}
    answer = "" if isinstance(last, str) and last in files else shown(last)
    return "".join(_written(name, text) for name, text in files.items()) + answer


def _written(name: str, text: str) -> str:
    """A file, as a page shows it."""
    if name.endswith(".svg"):
        return text[text.index("<svg") :]
    if name.endswith(".html"):
        return f'<iframe title="{html.escape(name)}" srcdoc="{html.escape(text)}"></iframe>'
    return f"<p>{html.escape(name)}, {len(text)} characters, was written.</p>"


def check(code: str, name: str = "Value", only: str = "") -> str:
    """The report on an engine: the class of this name."""
    from autograd_mini.testing import check_engine
    from autograd_mini.testing.engines.page import element_of

    names = run(code)
    if not isinstance(names.get(name), type):
        raise Failure(f"the code has no class {name}")
    chosen = only.replace(",", " ").split()
    report = check_engine(names[name], **({"only": chosen} if chosen else {}))
    found = f"<p>Diagnosis: <code>{report.diagnosis}</code></p>" if report.diagnosis else ""
    return element_of(report, is_page=True) + found


def answer(kind: str, *given: str) -> str:
    """The HTML that a page shows. Raises Failure with one line that says what is wrong."""
    if kind == "train":
        from training import train

        return train(*given)
    return {"play": play, "check": check}[kind](*given)
