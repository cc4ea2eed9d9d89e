"""Graphviz's program dot: how it is found, and pictures that are drawn by it."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from io import BytesIO
from pathlib import Path
from shutil import which
from subprocess import SubprocessError
from threading import RLock
from typing import Any

from ..errors import AutogradError
from ..palette import FONT, FRAMES, KINDS, PAPER, QUIET, fitted, picture_css

BITMAPS = {"png", "jpg", "jpeg", "jpe", "gif", "tif", "tiff", "bmp", "webp"}
# Twice a screen's resolution, for a projector and for print; a large picture shrinks to 40 inches.
BITMAP = {"dpi": "192", "size": "40,40"}
# In a notebook that is not trusted: as large as the SVG, but at most 2,400 pixels wide.
IN_NOTEBOOKS = {"dpi": "96", "size": "25,40"}
TEXT = {"fontname": FONT, "fontsize": "12"}
FRAME = {"style": "rounded", "color": FRAMES, "fontcolor": QUIET, "labeljust": "l"}

_ONE_AT_A_TIME = RLock()

_INSTALL = (
    "install Graphviz from https://graphviz.org/download and put its dot on PATH or in "
    "AUTOGRAD_MINI_DOT"
)


Renderer = Callable[[str, str, str], bytes]
_renderer: Renderer | None = None


def set_renderer(renderer: Renderer | None) -> None:
    """Draw all pictures with a function in place of the program dot: Graphviz in WebAssembly.

    Args:
        renderer: (DOT text, format such as "svg", layout engine such as "dot") -> the picture. It
            raises AutogradError for a format that it does not write. None: the program again.
    """
    global _renderer
    _renderer = renderer


def dot_command() -> str | None:
    """The path of the dot to draw with; None if there is none.

    It is the one that AUTOGRAD_MINI_DOT names, else that of graphviz-pure, which draws the same
    everywhere, else the one on PATH.

    Raises:
        AutogradError: AUTOGRAD_MINI_DOT is set, but does not name a program.
    """
    wanted = os.environ.get("AUTOGRAD_MINI_DOT")
    if wanted:
        found = which(wanted)
        if found is None:
            raise AutogradError(f"AUTOGRAD_MINI_DOT is {wanted!r}, which is not a program")
        return found
    return pure_dot() or which("dot")


def pure_dot() -> str | None:
    """The path of graphviz-pure's program, which draws the same everywhere; None without it."""
    try:
        files = metadata.files("graphviz-pure") or ()
    except metadata.PackageNotFoundError:
        return None
    programs = [str(f.locate()) for f in files if f.stem == "graphviz-pure"]
    return next(filter(None, map(which, programs)), None)


def look(kind: str, style: str = "filled", **more: str) -> dict[str, str]:
    """Graphviz's attributes for a kind of box, in the colours of the palette."""
    fill, outline = KINDS[kind]
    return {"style": style, "fillcolor": fill, "color": outline, **more}


def new_picture(
    format: str,
    graph: Mapping[str, str],
    node: Mapping[str, str],
    edge: Mapping[str, str],
    engine: str = "dot",
) -> Any:
    """An empty Digraph with these attributes. It looks for dot when it is rendered."""
    return _picture_class()(
        format=format,
        engine=engine,
        graph_attr={"bgcolor": PAPER, **TEXT, **graph},
        node_attr={"id": r"\N", **TEXT, **node},  # in the SVG, a node's id is its name
        edge_attr={**TEXT, **edge},
    )


# the title of a node, which a screen reader reads: Graphviz writes the id there
_TITLE = re.compile(
    rb'(<g id="[^"]*" class="node">\s*<title>)[^<]*(</title>\s*<g [^>]*><a xlink:title="([^"]*)")'
)


def finished(svg: bytes, dark: bool) -> bytes:
    """An SVG whose nodes have their tooltips as titles; dark where the system is, if `dark`,
    unless it is part of a page."""
    svg = _TITLE.sub(rb"\1\3\2", svg)
    if not dark:
        return svg
    rules = picture_css("svg:root > .graph", "{dark}")
    style = f"\n<style>@media (prefers-color-scheme: dark) {{\n{rules}\n}}</style>".encode()
    start = svg.index(b">", svg.index(b"<svg")) + 1
    return svg[:start] + style + svg[start:]


def pdf_of(svg: bytes) -> bytes:
    """An SVG as a PDF, for a dot that does not write it.

    Raises:
        AutogradError: svglib is not installed.
    """
    try:
        from reportlab.graphics import renderPDF
        from svglib.svglib import svg2rlg
    except ImportError:
        raise AutogradError("a PDF needs svglib: pip install svglib; or write svg") from None
    written: bytes = renderPDF.drawToString(svg2rlg(BytesIO(svg)))
    return written


@cache
def _picture_class() -> Any:
    """A Digraph that is drawn by the program of dot_command(), with more pixels in bitmaps.

    A function, so that graphviz is imported only when a picture is drawn.
    """
    import graphviz
    from graphviz.backend import dot_command as backend

    class Picture(graphviz.Digraph):  # type: ignore[misc]
        is_dark_too = True  # in a dark page; False where colours are a scale
        bitmap = BITMAP

        # quiet, because graphviz-pure warns of every character outside Latin-1

        def pipe(self, format: str | None = None, *args: Any, **options: Any) -> Any:
            format = format or self.format
            if _renderer is not None:
                drawn = _renderer(self.source, format, self.engine)
                drawn = finished(drawn, self.is_dark_too) if format == "svg" else drawn
                return drawn.decode() if options.get("encoding") else drawn
            to_pdf = format == "pdf" and dot_command() == pure_dot()
            with self._prepared(format):
                written = "svg" if to_pdf else format
                drawn = super().pipe(written, *args, **{"quiet": True, **options})
            if to_pdf:
                return pdf_of(drawn)
            if format != "svg":
                return drawn
            if isinstance(drawn, str):
                return finished(drawn.encode(), self.is_dark_too).decode()
            return finished(drawn, self.is_dark_too)

        def render(self, *args: Any, **options: Any) -> Any:
            format = options.get("format") or self.format
            if _renderer is not None:
                where = dict(zip(("filename", "directory"), args)) | options
                source = Path(self.save(where.get("filename"), directory=where.get("directory")))
                written = source.with_name(f"{source.name}.{format}")
                written.write_bytes(self.pipe(format))
                if options.get("cleanup"):
                    source.unlink()
                return str(written)
            if format == "pdf" and dot_command() == pure_dot():
                svg = Path(self.render(*args, **{**options, "format": "svg"}))
                pdf = svg.with_suffix(".pdf")
                pdf.write_bytes(pdf_of(svg.read_bytes()))
                svg.unlink()
                return str(pdf)
            with self._prepared(format):
                path = super().render(*args, **{"quiet": True, **options})
            if format == "svg":
                svg = Path(path)
                svg.write_bytes(finished(svg.read_bytes(), self.is_dark_too))
            return path

        @contextmanager
        def _prepared(self, format: str) -> Iterator[None]:
            """Use our dot. graphviz has one for the whole process, which is restored afterwards."""
            program = dot_command()
            if program is None:
                raise AutogradError(
                    f"to see the graph as a picture: pip install graphviz-pure, or {_INSTALL}"
                )
            attributes = dict(self.graph_attr)
            with _ONE_AT_A_TIME:
                others, backend.DOT_BINARY = backend.DOT_BINARY, program
                try:
                    self.graph_attr.update(self.bitmap if format in BITMAPS else {})
                    yield
                except BrokenPipeError:
                    raise AutogradError(f"{program} ended before it had read the graph") from None
                except graphviz.CalledProcessError as error:
                    if b"not recognized" not in (error.stderr or b""):
                        raise
                    raise AutogradError(
                        f"{program} cannot write {format}; write svg or png, or {_INSTALL}"
                    ) from None
                finally:
                    backend.DOT_BINARY = others
                    self.graph_attr.clear()
                    self.graph_attr.update(attributes)

        def __repr__(self) -> str:  # without an address: notebooks store it
            return "<picture of a graph; .source is its DOT text, .render(name) writes it>"

        def shown(self) -> dict[str, str]:
            """What a notebook shows: an SVG, and a PNG where front ends do not trust it."""
            svg = self.pipe(format="svg", encoding="utf-8")
            svg = svg[svg.index("<svg") :]  # as HTML allows it
            return {"image/svg+xml": fitted(svg), **self.shown_without_trust()}

        def shown_without_trust(self) -> dict[str, str]:
            """The PNG, if this dot writes one."""
            other = self.copy()
            other.bitmap = IN_NOTEBOOKS
            try:
                return {"image/png": b64encode(other.pipe(format="png")).decode()}
            except AutogradError:
                return {}

        def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
            try:
                return {**self.shown(), "text/plain": repr(self)}
            except (AutogradError, OSError, SubprocessError) as error:
                return {"text/plain": f"{self.source}({error})"}

    return Picture
