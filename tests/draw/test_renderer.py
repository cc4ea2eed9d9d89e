"""A function draws in place of the program dot."""

from pathlib import Path

import pytest

from autograd_mini import AutogradError, Value, draw_dot
from autograd_mini.draw import render, set_renderer

SVG = b'<?xml version="1.0"?>\n<svg><g class="graph"></g></svg>'


@pytest.fixture
def asked():
    calls = []

    def drawn(source, format, engine):
        calls.append((source, format, engine))
        if format != "svg":
            raise AutogradError(f"no {format} here")
        return SVG

    set_renderer(drawn)
    yield calls
    set_renderer(None)


def test_a_picture_is_drawn_by_the_function(asked):
    x = Value(2.0, "x")
    picture = draw_dot(x * x)
    assert picture.pipe(format="svg").startswith(b"<?xml")
    assert render(x * x).startswith("<svg")
    assert asked[0] == (picture.source, "svg", "dot")
    assert isinstance(picture.pipe(format="svg", encoding="utf-8"), str)


def test_a_notebook_shows_what_the_function_can_draw(asked):
    shown = draw_dot(Value(2.0, "x") * 3)._repr_mimebundle_()
    assert "image/svg+xml" in shown
    assert "image/png" not in shown


def test_without_a_function_the_program_draws_again():
    set_renderer(lambda *_: SVG)
    set_renderer(None)
    assert "<title>" in render(Value(2.0, "x") * 3)


def test_a_file_is_written_by_it_too(asked, tmp_path):
    picture = draw_dot(Value(2.0) * 3)
    written = Path(picture.render("graph", tmp_path, cleanup=True))
    assert written == tmp_path / "graph.svg"
    assert "<svg" in written.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["graph.svg"]
    picture.render(filename="kept", directory=tmp_path)
    assert (tmp_path / "kept").read_text(encoding="utf-8") == picture.source
