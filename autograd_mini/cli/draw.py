"""autograd-mini draw: the graph of an expression, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..draw import dot_command, draw_dot, render
from ..files import write_atomically
from ..value import Value
from .output import say
from .parser import CommandError, ExpressionParser

MAX_DRAWN = 1000  # boxes in a picture that is written to a file
ENDINGS = (".svg", ".png", ".pdf", ".dot")


def run(arguments: list[str]) -> None:
    """Draw the graph, and write it to a file."""
    parser = ExpressionParser("draw", "Draw the graph of an expression")
    what = "a .svg, .png, .pdf or .dot file (default: graph.svg)"
    parser.add_argument("--out", type=_file, default="graph.svg", metavar="FILE", help=what)
    formats = [ending[1:] for ending in ENDINGS]
    parser.add_argument("--format", choices=formats, help="of the file (default: its ending)")
    options, _, root = parser.parse_expression(arguments)
    root.backward()
    path = options.out.with_suffix(f".{options.format}") if options.format else options.out
    path, content = picture(root, path)
    write_atomically(path, content)
    say(f"wrote {path}")


def _file(name: str) -> Path:
    """The path of a picture."""
    if Path(name).suffix not in ENDINGS:
        raise CommandError(f"expected a file name in {', '.join(ENDINGS)}, got {name!r}")
    return Path(name)


def picture(root: Value, path: Path, model: Any = None) -> tuple[Path, str | bytes]:
    """(path, content) of the picture; of its DOT text if there is no `dot` program."""
    if path.suffix != ".dot" and dot_command() is None:
        path = path.with_suffix(".dot")
        say(f"found no `dot` program (pip install graphviz-pure); writing {path.name} instead")
    if path.suffix == ".dot":
        return path, draw_dot(root, model=model, max_nodes=MAX_DRAWN).source
    return path, render(root, format=path.suffix[1:], model=model, max_nodes=MAX_DRAWN)
