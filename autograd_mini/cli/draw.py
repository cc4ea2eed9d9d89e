"""autograd-mini draw: the graph of an expression, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..draw import dot_command, draw_dot, render
from ..expressions import parse
from ..files import write_atomically
from ..value import Value
from .output import say
from .parser import CommandError, ExpressionParser

MAX_DRAWN = 1000  # boxes in a picture that is written to a file
ENDINGS = (".svg", ".png", ".dot")


def run(arguments: list[str]) -> None:
    """Write the picture to a file."""
    parser = ExpressionParser("draw", "Draw the graph of an expression")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("graph.svg"),
        metavar="FILE",
        help="a .svg, .png or .dot file (default: graph.svg)",
    )
    options, text, variables = parser.parse_expression(arguments)
    if options.out.suffix not in ENDINGS:
        raise CommandError(f"--out {options.out}: expected a file ending in {', '.join(ENDINGS)}")
    root = parse(text, variables)
    root.backward()
    path, content = picture(root, options.out)
    write_atomically(path, content)
    say(f"wrote {path}")


def picture(root: Value, path: Path, model: Any = None) -> tuple[Path, str | bytes]:
    """(path, content) of the drawing; of its DOT text if there is no `dot` program to draw it."""
    if path.suffix != ".dot" and dot_command() is None:
        path = path.with_suffix(".dot")
        say(f"no `dot` program found; writing {path.name}, for pip install graphviz-pure to draw")
    if path.suffix == ".dot":
        return path, draw_dot(root, model=model, max_nodes=MAX_DRAWN).source
    return path, render(root, format=path.suffix[1:], model=model, max_nodes=MAX_DRAWN)
