"""autograd-mini worksheet."""

import os

import pytest
from shell import check_refused, tree

from autograd_mini.worksheets.pages import to_html, to_latex


@pytest.mark.smoke
def test_a_class_set_is_written(here, run):
    done = run("worksheet", "--level", "3", "--seed", "7", "--count", "2", "--out", "new/set.tex")
    assert done == (0, f"wrote {os.path.join('new', 'set.tex')}\n", "")
    assert (here / "new/set.tex").read_bytes() == to_latex(3, 7, 2).encode()


def test_what_is_not_said_is_one_easy_sheet_for_a_browser(here, run):
    assert run("worksheet") == (0, "wrote worksheet.html\n", "")
    assert (here / "worksheet.html").read_bytes() == to_html(1, 1, 1).encode()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--level", "7"], "--level"),
        (["--level", "three"], "--level"),
        (["--seed", "x"], "--seed"),
        (["--count", "0"], "--count"),
        (["--count", "501"], "500"),
        (["--out", "sheet.docx"], ".html, .tex, .pdf"),
        (["--out", "."], ".html, .tex, .pdf"),
        (["sheet.tex"], "sheet.tex"),
    ],
)
def test_bad_arguments_are_one_line(here, run, arguments, told):
    before = tree(here)
    check_refused(run("worksheet", *arguments), told)
    assert tree(here) == before


def test_a_folder_of_that_name_is_one_line(here, run):
    (here / "set.tex").mkdir()
    check_refused(run("worksheet", "--out", "set.tex"), "set.tex: ")
    assert list((here / "set.tex").iterdir()) == []


@pytest.fixture
def programs(tmp_path_factory, monkeypatch):
    """A folder that is all of PATH, and a function that puts a shell script into it."""
    if os.name != "posix":
        pytest.skip("the programs are shell scripts")
    folder, tools = tmp_path_factory.mktemp("programs"), os.environ["PATH"]
    monkeypatch.setenv("PATH", str(folder))

    def add(name, script):
        (folder / name).write_text(f"#!/bin/sh\nPATH={tools}\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)

    return add


def test_a_pdf_is_made_by_latexmk(here, run, programs):
    programs("latexmk", 'for file; do :; done; cp "$file" sheet.pdf')
    programs("chromium", "exit 1")
    assert run("worksheet", "--level", "2", "--out", "set.pdf") == (0, "wrote set.pdf\n", "")
    assert (here / "set.pdf").read_bytes() == to_latex(2, 1, 1).encode()


def test_a_pdf_is_made_by_a_browser_where_there_is_no_latexmk(here, run, programs):
    programs("google-chrome", 'for file; do :; done; cp "$file" sheet.pdf')
    assert run("worksheet", "--level", "2", "--out", "set.pdf") == (0, "wrote set.pdf\n", "")
    assert (here / "set.pdf").read_bytes() == to_html(2, 1, 1).encode()


def test_without_either_a_pdf_is_one_line_with_the_remedy(here, run, programs):
    before = tree(here)
    check_refused(run("worksheet", "--out", "set.pdf"), "latexmk", "Chromium", ".html")
    assert tree(here) == before


@pytest.mark.parametrize("script", ["exit 12", "exit 0"])
def test_a_program_that_makes_no_pdf_is_one_line(here, run, programs, script):
    before = tree(here)
    programs("latexmk", script)
    check_refused(run("worksheet", "--out", "set.pdf"), "latexmk", ".html")
    assert tree(here) == before
