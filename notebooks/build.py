"""Runs the notebooks, and writes each with its outputs beside its source.

    python notebooks/build.py          # all of them
    python notebooks/build.py 06 15    # those whose names start so

NN_name.py, in Jupytext's percent format, is what one edits; NN_name.ipynb is made from it. The same
source gives the same file: outputs carry no times, no paths and nothing of the machine. Where a
cell fails, the notebook stays as it was. A cell tagged "guard" only checks what the text says: it
runs, and readers do not see it. The extra `notebook` brings what this needs.
"""

from __future__ import annotations

import base64
import io
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from autograd_mini.draw.program import pure_dot
from autograd_mini.files import write_atomically

HERE = Path(__file__).resolve().parent
SECONDS_A_CELL = 120
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
OPTIONS = [
    "--log-level=ERROR",
    # pictures sharp on every screen, and without the version of what drew them
    "--InlineBackend.figure_formats={'retina'}",
    "--InlineBackend.print_figure_kwargs={'bbox_inches': 'tight', 'metadata': {'Software': None}}",
]


class NotebookError(Exception):
    """A notebook that cannot be built; says which, which cell of it, and why."""


def sources() -> list[Path]:
    """The sources of all notebooks, by number."""
    return sorted(HERE.glob("[0-9][0-9]*_*.py"))


def notebook_of(source: Path) -> Any:
    """The notebook that a source describes, not yet run."""
    read = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    for i, cell in enumerate(read.cells):
        cell.id = f"cell-{i}"  # a random one by default
    about = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=read.cells, metadata=about)


def without_guards(notebook: Any) -> Any:
    """What readers see: all but the cells tagged "guard", numbered as if there were none."""
    notebook.cells = [c for c in notebook.cells if "guard" not in c.metadata.get("tags", ())]
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    for number, cell in enumerate(code, start=1):
        if cell.execution_count is not None:
            cell.execution_count = number
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
    return notebook


def run(notebook: Any, name: str, progress: Callable[[str], None] = lambda text: None) -> Any:
    """The notebook as readers see it, with its outputs, from a fresh kernel.

    Raises:
        NotebookError: a cell fails, or its outputs would not be the same elsewhere.
    """
    at = 0

    def tell(cell: Any, cell_index: int) -> None:
        nonlocal at
        at = cell_index
        progress(f"{name}: cell {cell_index + 1} of {len(notebook.cells)}")

    client = NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(HERE)}},
        extra_arguments=OPTIONS,
        record_timing=False,
        coalesce_streams=True,
        on_cell_start=tell,
    )
    try:
        with tempfile.TemporaryDirectory() as settings:
            client.execute(env=_environment(settings))
    except CellExecutionError as error:
        raise NotebookError(
            f"{_place(notebook, name, at)}: {error.ename}: {error.evalue}"
        ) from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise NotebookError(f"{_place(notebook, name, at)}: {error}") from None
    notebook.metadata.language_info = {"name": "python"}  # the kernel adds its version
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = _with_a_palette(output.data["image/png"])
                output.data.pop("image/svg+xml", None)  # GitHub would take it, and show nothing
    for i, what in machine_facts(notebook):
        raise NotebookError(f"{_place(notebook, name, i)}: the output {what}")
    return without_guards(notebook)


def machine_facts(notebook: Any) -> Iterator[tuple[int, str]]:
    """(index of the cell, what is wrong) for outputs that would differ from machine to machine."""
    folders = {str(HERE.parent), str(Path.home()), sys.prefix, tempfile.gettempdir()} - {"/"}
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            pictures = ("image/png", "image/jpeg")  # their letters mean nothing
            shown = [v for kind, v in output.get("data", {}).items() if kind not in pictures]
            texts = [output.get("text", ""), *shown]
            text = "\n".join(t for t in texts if isinstance(t, str))
            if output.get("name") == "stderr":
                yield i, f"is on stderr: {text.strip()}"
            for folder in folders:
                if folder in text:
                    yield i, f"names a folder of this machine, {folder}"
            for address in re.findall(r"\b0x[0-9a-f]{8,}\b", text):
                yield i, f"names an address in memory, {address}"


def main(wanted: Sequence[str]) -> int:
    chosen = [s for s in sources() if not wanted or any(s.name.startswith(w) for w in wanted)]
    missing = [w for w in wanted if not any(s.name.startswith(w) for s in chosen)]
    if missing:
        names = ", ".join(s.stem for s in sources())
        print(f"no notebook starts with {', '.join(missing)}; there are {names}", file=sys.stderr)
        return 1
    failed = 0
    for source in chosen:
        try:
            notebook = run(notebook_of(source), source.stem, _show)
        except NotebookError as error:
            failed += 1
            _show("")
            print(error, file=sys.stderr)
            continue
        write_atomically(source.with_suffix(".ipynb"), nbformat.writes(notebook) + "\n")
        _show("")
        print(f"{source.stem}: {len(notebook.cells)} cells")
    return 1 if failed else 0


def _environment(settings: str) -> dict[str, str]:
    """This checkout's packages, one and the same dot, and no settings of the user's."""
    Path(settings, "matplotlibrc").touch()
    changed = {
        "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")]),
        "IPYTHONDIR": settings,
        "MATPLOTLIBRC": settings,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "HYPOTHESIS_STORAGE_DIRECTORY": settings,
    }
    program = pure_dot()
    return {**os.environ, **changed, **({"AUTOGRAD_MINI_DOT": program} if program else {})}


def _with_a_palette(png: str) -> str:
    """The same picture, in 256 colours: a third of the size."""
    from PIL import Image  # matplotlib, which made it, brings it

    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    written = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(written, "png", optimize=True)
    return base64.b64encode(written.getvalue()).decode()


def _place(notebook: Any, name: str, index: int) -> str:
    first, *_ = notebook.cells[index].source.splitlines() or [""]
    return f"{name}, cell {index + 1} ({first!r})"


def _show(text: str) -> None:
    """A line of progress, over the one before."""
    if sys.stdout.isatty():
        print(f"\r{text:<79}", end="\r" if not text else "", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
