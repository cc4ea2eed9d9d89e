"""The program dot: finding one, and pictures that use it whenever they are rendered."""

from __future__ import annotations

from contextlib import contextmanager
from threading import RLock

from ..errors import AutogradError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

BITMAPS = {"png", "jpg", "jpeg", "jpe", "gif", "tif", "tiff", "bmp", "webp"}
# Twice a screen's resolution, for a projector and for print; a large picture shrinks to 40 inches.
BITMAP = {"dpi": "192", "size": "40,40"}

_ONE_AT_A_TIME = RLock()

_NO_DOT = (
    "to see the graph as a picture: pip install graphviz-pure, or install Graphviz from "
    "https://graphviz.org/download and put its dot on PATH or in AUTOGRAD_MINI_DOT"
)


def dot_command() -> str | None:
    """The path of the dot that draws: AUTOGRAD_MINI_DOT, else one on PATH, else graphviz-pure's.

    None if there is none.

    Raises:
        AutogradError: AUTOGRAD_MINI_DOT is set, and names nothing that can be run.
    """
    import os
    from shutil import which

    wanted = os.environ.get("AUTOGRAD_MINI_DOT")
    if wanted:
        found = which(wanted)
        if found is None:
            raise AutogradError(f"AUTOGRAD_MINI_DOT is {wanted!r}, which is no program")
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


def new_picture(
    format: str,
    graph: Mapping[str, str],
    node: Mapping[str, str],
    edge: Mapping[str, str],
    engine: str = "dot",
) -> Any:
    """An empty Digraph with these attributes, which finds its dot whenever it is rendered."""
    import graphviz
    from graphviz.backend import dot_command as backend

    @contextmanager
    def our_dot(format: str) -> Iterator[None]:
        """graphviz knows one dot for the whole process: it gets its own back."""
        program = dot_command()
        if program is None:
            raise AutogradError(_NO_DOT)
        with _ONE_AT_A_TIME:
            others, backend.DOT_BINARY = backend.DOT_BINARY, program
            try:
                yield
            except BrokenPipeError:
                raise AutogradError(f"{program} ended before it had read the graph") from None
            except graphviz.CalledProcessError as error:
                if b"not recognized" not in (error.stderr or b""):
                    raise
                raise AutogradError(
                    f"{program} cannot write {format}; write svg or png, or install Graphviz from "
                    f"https://graphviz.org/download and put its dot on PATH or in AUTOGRAD_MINI_DOT"
                ) from None
            finally:
                backend.DOT_BINARY = others

    class Picture(graphviz.Digraph):  # type: ignore[misc]
        # quiet, since graphviz-pure warns of every character outside Latin-1

        def pipe(self, format: str | None = None, *args: Any, **options: Any) -> Any:
            with our_dot(format or self.format), self._crisp(format or self.format):
                return super().pipe(format, *args, **{"quiet": True, **options})

        def render(self, *args: Any, **options: Any) -> Any:
            format = options.get("format") or self.format
            with our_dot(format), self._crisp(format):
                return super().render(*args, **{"quiet": True, **options})

        @contextmanager
        def _crisp(self, format: str) -> Iterator[None]:
            """More pixels for a picture that is made of them."""
            before = dict(self.graph_attr)
            if format in BITMAPS:
                self.graph_attr.update(BITMAP)
            try:
                yield
            finally:
                self.graph_attr.clear()
                self.graph_attr.update(before)

        def __repr__(self) -> str:  # the same each time, since notebooks store it
            return "<picture of a graph; .source is its DOT text, .render(name) writes it>"

        def _repr_mimebundle_(self, *args: Any, **options: Any) -> Any:
            from subprocess import SubprocessError

            try:
                return super()._repr_mimebundle_(*args, **options)
            except (AutogradError, OSError, SubprocessError) as error:
                return {"text/plain": f"{self.source}({error})"}

    return Picture(format=format, engine=engine, graph_attr=graph, node_attr=node, edge_attr=edge)
