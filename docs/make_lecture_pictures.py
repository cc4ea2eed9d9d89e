"""Pictures and steps for the slides of the lectures: python docs/make_lecture_pictures.py

    python docs/make_lecture_pictures.py --out slides          # those of the plan
    python docs/make_lecture_pictures.py --out slides 07 03    # all that these notebooks show
    python docs/make_lecture_pictures.py --out slides --frames

What a section of a notebook shows becomes NUMBER-SECTION.svg and .pdf, as wide as a slide of 16:9.
A graph that one can step through becomes a page, .html, too; with --frames also a folder with a
picture of each step. lecture_pictures.py draws what no notebook shows. docs/teaching.md, the plan,
says which picture is for which topic.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

try:
    import matplotlib.pyplot as plt
    import svglib  # noqa: F401
except ImportError as error:
    sys.exit(f'{error.name} is missing: pip install "autograd-mini[notebook,pdf]"')

import lecture_pictures
import lectures
from graphviz import Digraph
from matplotlib import rc_context
from matplotlib.collections import Collection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import AutoLocator, MaxNLocator

from autograd_mini import Value, draw_dot, step_through
from autograd_mini.files import write_atomically
from autograd_mini.stepper import Comparison, Stepper
from autograd_mini.stepper.frames import gradients_after, taken
from nn.history import History
from nn.plots import training_figure

NOTEBOOKS = lectures.ROOT / "notebooks"
WIDTH, HEIGHT = 12.8, 7.2  # inches; at 100 dots an inch 1280 x 720
SMALLEST = 16  # points, of the type on a slide
SHOWN = Value, Stepper, Comparison, Digraph, Figure, History


def shown(source: Path) -> Iterator[tuple[str, Any]]:
    """(name, what is shown) of a notebook, which is run up to its exercises."""
    number, title, counts = source.stem.split("_")[0], "", {}
    names: dict[str, Any] = {"__name__": "__main__"}
    before, *cells = source.read_text(encoding="utf-8").split("# %%")
    for cell in cells:
        at, before = before.count("\n"), before + cell
        head, _, code = cell.partition("\n")
        if "markdown" in head:
            titles = [line[5:] for line in code.splitlines() if line.startswith("# ## ")]
            title = titles[-1] if titles else title
        if "markdown" in head or "guard" in head or title == "Exercises":
            continue
        tree = ast.increment_lineno(ast.parse(code), at + 1)  # messages quote the file's lines
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(tree, source, "exec"), names)
            result = last and eval(compile(ast.Expression(last.value), source, "eval"), names)
        figures = [it for it in map(plt.figure, plt.get_fignums()) if it is not result]
        for it in [result, *figures] if isinstance(result, SHOWN) else figures:
            counts[title] = counts.get(title, 0) + 1
            yield lectures.file_name(number, title, counts[title]), it
        plt.close("all")


def save(folder: Path, name: str, it: Any, frames: bool) -> None:
    """Write the files of what is shown: a picture, and the page of what has steps."""
    if isinstance(it, Value):
        it = step_through(it)
    if isinstance(it, (Stepper, Comparison)):
        it.save(folder / f"{name}.html")
    if isinstance(it, Comparison):
        return
    if isinstance(it, Stepper):
        if frames:
            it.save_frames(folder / name)
        options = {"model": it.contents.model, "groups": it.contents.groups}
        it = draw_dot(it.root, gradients=gradients_after(taken(it.frames)), **options)
    elif isinstance(it, History):
        it = training_figure(it)
    if isinstance(it, Figure):
        enlarge(it)
    else:
        it.graph_attr["size"] = f"{WIDTH},{HEIGHT}!"
        it.is_dark_too = False
    for format in ("svg", "pdf"):
        write_atomically(folder / f"{name}.{format}", content(it, format))
    print(name, flush=True)


def enlarge(figure: Figure) -> None:
    """Let a figure fill a slide, with lines and marks in proportion, and type that can be read."""
    width, height = figure.get_size_inches()
    scale = min(WIDTH / width, HEIGHT / height)
    figure.set_size_inches(width * scale, height * scale)
    for artist in figure.findobj():
        if isinstance(artist, Text):
            artist.set_fontsize(max(artist.get_fontsize() * scale, SMALLEST))
        elif isinstance(artist, Line2D):
            artist.set(linewidth=artist.get_linewidth() * scale)
            artist.set(markersize=artist.get_markersize() * scale)
        elif isinstance(artist, Collection):
            artist.set(linewidth=[width * scale for width in artist.get_linewidth()])
            if isinstance(artist, PathCollection):
                artist.set_sizes(artist.get_sizes() * scale**2)
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if isinstance(axis.get_major_locator(), AutoLocator):
            axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))  # larger, so fewer
    if figure.get_layout_engine() is None:
        figure.tight_layout()


def content(it: Any, format: str) -> bytes:
    """A figure or a graph as a file, the same at every run."""
    if isinstance(it, Digraph):
        return bytes(it.pipe(format))
    file, date = io.BytesIO(), {"svg": "Date", "pdf": "CreationDate"}[format]
    with rc_context({"svg.hashsalt": "autograd-mini"}):
        it.savefig(file, format=format, metadata={date: None})
    return file.getvalue()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write pictures and steps for slides.")
    parser.add_argument("notebooks", nargs="*", help="what their names start with (default: all)")
    parser.add_argument("--out", type=Path, default=Path("slides"), help="a folder (slides)")
    parser.add_argument("--frames", action="store_true", help="also a picture of each step")
    options = parser.parse_args(arguments)
    out = options.out.resolve()
    sources = sorted(NOTEBOOKS.glob("[0-9]*.py"))
    for start in options.notebooks:
        if not any(source.name.startswith(start) for source in sources):
            parser.error(f"no notebook's name starts with {start!r}")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out: {error.strerror}: {out}")
    os.chdir(NOTEBOOKS)
    sys.path.append(str(NOTEBOOKS))  # for toolbox.py
    plt.switch_backend("agg")
    pairs = map(lectures.files_of, lectures.topics())
    planned = {name for pair in pairs for names in pair for name in names}
    numbers = {name.split("-")[0] for name in planned}
    with rc_context(lecture_pictures.STYLE):
        for name in [] if options.notebooks else sorted(planned & set(lectures.drawings())):
            save(out, name, getattr(lecture_pictures, name)(), options.frames)
    for source in sources:
        if source.name.startswith(tuple(options.notebooks or numbers)):
            for name, it in shown(source):
                if name in planned or options.notebooks:
                    save(out, name, it, options.frames)


if __name__ == "__main__":
    main()
