"""docs/engines.md says what is so: its commands and its Python give what it shows."""

import contextlib
import io
import re
import shlex
import sys
from itertools import pairwise

import engine_pages
import pytest

from autograd_mini.cli import main

PAGE = engine_pages.PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
EXAMPLES = [
    (kind, code, shown) for (kind, code), (next_, shown) in pairwise(BLOCKS) if next_ == "output"
]
ENGINE = next(code for kind, code in BLOCKS if kind == "python")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the page's engine, and with two of a class: one has repaired it."""
    repaired = ENGINE.replace("parent.grad = ", "parent.grad += ")
    for name, code in (("engine", ENGINE), ("ann", ENGINE), ("ben", repaired)):
        (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "engine", raising=False)
    yield tmp_path
    sys.modules.pop("engine", None)


@pytest.mark.parametrize(("kind", "code", "shown"), EXAMPLES)
def test_an_example_gives_what_the_page_shows(kind, code, shown, folder):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if kind == "python":
            exec(compile(code, "engines.md", "exec"), {"__name__": "page"})
        else:
            program, *arguments = shlex.split(code)
            assert program == "autograd-mini"
            main(arguments)
    lines = printed.getvalue().splitlines()
    assert lines[: shown.count("\n")] == shown.splitlines()
    assert "ben" in code or len(lines) == shown.count("\n")


def test_all_but_the_engine_itself_is_run():
    assert len(EXAMPLES) == sum(kind in ("python", "sh") for kind, _ in BLOCKS) - 1 > 0


def test_the_parts_that_are_made_are_up_to_date():
    assert engine_pages.page() == PAGE, "run python docs/make_pages.py"
