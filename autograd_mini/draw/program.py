"""The program dot: finding it, and pictures that use it when they are rendered."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from threading import RLock

from ..errors import AutogradError
from ..palette import FONT, KINDS, PAPER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

BITMAPS = {"png", "jpg", "jpeg", "jpe", "gif", "tif", "tiff", "bmp", "webp"}
# Twice a screen's resolution, for a projector and for print; a large picture shrinks to 40 inches.
BITMAP = {"dpi": "192", "size": "40,40"}
TEXT = {"fontname": FONT, "fontsize": "12"}

_ONE_AT_A_TIME = RLock()

_INSTALL = (
    "install Graphviz from https://graphviz.org/download and put its dot on PATH or in "
    "AUTOGRAD_MINI_DOT"
)


def dot_command() -> str | None:
    """The path of the dot to draw with: AUTOGRAD_MINI_DOT, else one on PATH, else graphviz-pure's.

    None if there is none.

    Raises:
        AutogradError: AUTOGRAD_MINI_DOT is set, and does not name a program.
    """
    import os
    from shutil import which

    wanted = os.environ.get("AUTOGRAD_MINI_DOT")
    if wanted:
        found = which(wanted)
        if found is None:
            raise AutogradError(f"AUTOGRAD_MINI_DOT is {wanted!r}, which is not a program")
        return found
    return which("dot") or pure_dot()


def pure_dot() -> str | None:
    """The path of graphviz-pure's program, which draws the same everywhere; None without it."""
    from importlib import metadata
    from shutil import which

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
    """An empty Digraph with these attributes, which finds its dot when it is rendered."""
    return _picture_class()(
        format=format,
        engine=engine,
        graph_attr={"bgcolor": PAPER, **TEXT, **graph},
        node_attr={**TEXT, **node},
        edge_attr={**TEXT, **edge},
    )


@cache
def _picture_class() -> Any:
    """graphviz's Digraph, with dot_command() as its dot, and with more pixels in bitmaps."""
    import graphviz
    from graphviz.backend import dot_command as backend

    class Picture(graphviz.Digraph):  # type: ignore[misc]
        # quiet, since graphviz-pure warns of every character outside Latin-1

        def pipe(self, format: str | None = None, *args: Any, **options: Any) -> Any:
            with self._prepared(format or self.format):
                return super().pipe(format, *args, **{"quiet": True, **options})

        def render(self, *args: Any, **options: Any) -> Any:
            with self._prepared(options.get("format") or self.format):
                return super().render(*args, **{"quiet": True, **options})

        @contextmanager
        def _prepared(self, format: str) -> Iterator[None]:
            """graphviz has one dot for the whole process, which is restored afterwards."""
            program = dot_command()
            if program is None:
                raise AutogradError(
                    f"to see the graph as a picture: pip install graphviz-pure, or {_INSTALL}"
                )
            attributes = dict(self.graph_attr)
            with _ONE_AT_A_TIME:
                others, backend.DOT_BINARY = backend.DOT_BINARY, program
                try:
                    self.graph_attr.update(BITMAP if format in BITMAPS else {})
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

        def __repr__(self) -> str:  # the same each time, since notebooks store it
            return "<picture of a graph; .source is its DOT text, .render(name) writes it>"

        def _repr_mimebundle_(self, *args: Any, **options: Any) -> Any:
            from subprocess import SubprocessError

            try:
                return super()._repr_mimebundle_(*args, **options)
            except (AutogradError, OSError, SubprocessError) as error:
                return {"text/plain": f"{self.source}({error})"}

    return Picture
