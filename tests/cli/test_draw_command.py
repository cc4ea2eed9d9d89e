"""autograd-mini draw."""

import os

import pytest
from shell import LINE, check_refused, run_process, texts, tree

from autograd_mini import topological_order
from autograd_mini.draw import format_number
from autograd_mini.expressions import parse


@pytest.mark.smoke
def test_draw_writes_a_picture_of_the_expression(here, run):
    done = run("draw", *LINE)
    assert done == (0, "wrote graph.svg\n", "")
    shown = texts((here / "graph.svg").read_text(encoding="utf-8"))
    root = parse(LINE[0], {"w": 0.5, "x": 2, "b": 0.1})
    root.backward()
    assert {"w", "x", "b", "y", "tanh"} <= set(shown)
    for node in topological_order(root):
        assert {format_number(node.data), format_number(node.grad)} <= set(shown)


@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", b"<"), ("b.png", b"\x89PNG\r\n"), ("new/c.dot", b"digraph")]
)
def test_draw_writes_what_the_ending_says(here, run, name, start):
    done = run("draw", *LINE, "--out", name)
    assert (done.status, done.err) == (0, "")
    assert (here / name).read_bytes().startswith(start)
    assert name in done.out.replace(os.sep, "/")
    assert len(tree(here)) == 2 + name.count("/")


def test_a_format_comes_before_the_ending(here, run):
    done = run("draw", *LINE, "--format", "png")
    assert (done.status, done.err) == (0, "")
    assert (here / "graph.png").read_bytes().startswith(b"\x89PNG")
    assert run("draw", *LINE, "--out", "a.svg", "--format", "dot").status == 0
    assert (here / "a.dot").read_bytes().startswith(b"digraph")


def test_a_pdf_is_written_or_one_line_says_what_is_missing(here, run, monkeypatch):
    pytest.importorskip("svglib")
    assert run("draw", *LINE, "--out", "a.pdf").status == 0
    assert (here / "a.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("out", ["graph.jpg", "graph", "svg", "graph.svg.txt", "."])
def test_draw_refuses_a_format_it_does_not_have(here, run, out):
    before = tree(here)
    check_refused(run("draw", *LINE, "--out", out), out, ".svg, .png, .pdf, .dot")
    assert tree(here) == before


def test_draw_refuses_a_folder_by_the_name_it_was_given(here, run):
    (here / "picture.svg").mkdir()
    check_refused(run("draw", *LINE, "--out", "picture.svg"), "picture.svg: ")
    assert list((here / "picture.svg").iterdir()) == []
    assert sorted(path.name for path in here.iterdir()) == ["picture.svg", "points.csv"]


@pytest.mark.skipif(os.name != "posix", reason="the program is a shell script")
def test_a_graphviz_that_fails_is_one_line_that_names_it(here, failing_dot):
    done = run_process("draw", *LINE, AUTOGRAD_MINI_DOT=str(failing_dot))
    check_refused(done, "bad-dot")
    assert not (here / "graph.svg").exists()


def test_a_graphviz_that_is_missing_is_one_line(here, run, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", "no-such-program")
    check_refused(run("draw", *LINE), "no-such-program")
    assert not (here / "graph.svg").exists()
