"""The stepper and its widget in a live JupyterLab: python tests/browser/in_jupyterlab.py FOLDER

Builds an environment of its own (JupyterLab is not part of that of the tests), serves a notebook on
this machine only, opens it in Chromium, runs it, steps through it, and writes screenshots.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.request import urlopen

import pages
import sample_notebook
from pages import shown

ROOT = Path(__file__).resolve().parents[2]
WIDGET = """widget = step_through(y).widget()
widget"""
# the theme of the system; no questions and no calls home
SETTINGS = {
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}
LEADS = "widget.frame = 3"
FOLLOWS = 'print("the widget is at", widget.frame)'


def main(screenshots: Path) -> None:
    screenshots.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        jupyterlab(Path(folder)) as address,
        pages.chromium() as browser,
    ):
        for scheme in ("light", "dark"):
            page = browser.new_page(**pages.DESKTOP, color_scheme=scheme)
            page.set_default_timeout(30_000)
            check(page, address, screenshots / f"jupyterlab-{scheme}")
            page.close()
        page = browser.new_page(**pages.DESKTOP)
        page.set_default_timeout(30_000)
        check_untrusted(page, address, screenshots / "jupyterlab-untrusted.png")
    print("the stepper and its widget work in JupyterLab; screenshots in", screenshots)


def check(page: Any, address: str, screenshot: Path) -> None:
    """Run the notebook, and step through what it shows."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/lab/tree/steps.ipynb")
    page.get_by_text("Python 3 (ipykernel) | Idle").first.wait_for()
    run_all(page)
    steppers = page.locator(".autograd-stepper:has(.ags-controls)")
    steppers.nth(1).wait_for()
    stepper, widget = steppers.nth(0), steppers.nth(1)
    page.get_by_text("the widget is at").last.wait_for()

    cells = page.locator(".jp-Cell").count()
    stepper.scroll_into_view_if_needed()
    stepper.locator("[data-part=op-2]").click()
    assert shown(stepper)["frame"] == 1
    page.keyboard.press("ArrowRight")
    assert shown(stepper)["frame"] == 2
    page.keyboard.press("End")
    told = shown(stepper)
    assert told["rows"]["w"] == ["0.5", "0.7184", "✓ complete", "0.3592 × 2"], told
    page.keyboard.press("Home")
    page.keyboard.press("Space")  # plays, and does not scroll or run a cell
    stepper.get_by_role("button", name="pause").wait_for()
    page.keyboard.press("Space")
    assert page.locator(".jp-Cell").count() == cells
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    stepper.screenshot(path=f"{screenshot}-stepper.png")
    page.screenshot(path=f"{screenshot}.png")

    stepper.get_by_role("button", name="present", exact=True).click()
    page.wait_for_function("document.fullscreenElement?.matches('.ags-presenting')")
    page.screenshot(path=f"{screenshot}-presenting.png")
    narrow = stepper.locator(".ags-lines dd").evaluate_all(NARROW)
    assert narrow == [], "JupyterLab's own style of lists makes formulas wrap"
    stepper.get_by_role("button", name="leave", exact=True).click()

    assert shown(widget)["frame"] == 3, "the kernel leads the widget"
    widget.scroll_into_view_if_needed()
    widget.locator("[data-part=node-0] text").first.click()
    page.keyboard.press("ArrowLeft")
    frame = shown(widget)["frame"]
    widget.screenshot(path=f"{screenshot}-widget.png")
    last = page.locator(".jp-Cell").last
    last.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.get_by_text(f"the widget is at {frame}").last.wait_for()  # the widget leads the kernel
    assert errors == [], errors


def run_all(page: Any) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


# lines of formulas that have less than the whole width of their place
NARROW = """(lines) => lines
    .filter((line) => line.offsetWidth < line.parentElement.offsetWidth)
    .map((line) => line.textContent)"""

# of each output: what it shows, and how wide
OUTPUTS = """() => [...document.querySelectorAll(".jp-OutputArea-output")].map((output) => {
    const images = [...output.querySelectorAll("img")];
    return {
        text: output.textContent,
        formulas: output.querySelectorAll("mjx-container").length,
        pictures: images.map((image) => image.naturalWidth),
        kinds: images.map((image) => image.src.split(/[;,]/)[0]),
        overflow: Math.max(0, ...images.map((image) => image.getBoundingClientRect().right))
            - output.getBoundingClientRect().right,
    };
})"""


def check_untrusted(page: Any, address: str, screenshot: Path) -> None:
    """Open a notebook that nobody trusts: every picture and formula is there, none too wide.

    The same holds after it was run, when the steppers can be stepped through.
    """
    page.goto(f"{address}/lab/workspaces/untrusted/tree/untrusted.ipynb")  # no other one is open
    page.get_by_text("Python 3 (ipykernel) | Idle").first.wait_for()
    count = len(sample_notebook.CELLS) + len(sample_notebook.PICTURES)
    outputs = outputs_of(page, count)
    page.screenshot(path=screenshot)
    assert sum(output["formulas"] for output in outputs) == 2
    assert sum(output["kinds"] == ["data:image/png"] for output in outputs) == count - 4
    assert sum(output["kinds"] == ["data:image/svg+xml"] for output in outputs) == 2  # steppers
    assert page.locator(".autograd-stepper button").count() == 0, "it was trusted"

    run_all(page)
    page.locator(".autograd-stepper:has(.ags-controls)").nth(1).wait_for()
    outputs = outputs_of(page, count)
    assert sum(output["kinds"] == ["data:image/svg+xml"] for output in outputs) == count - 4
    assert sum(output["formulas"] for output in outputs) == 2


def outputs_of(page: Any, count: int) -> list[Any]:
    """What each cell shows; none of it is wider than the cell."""
    for cell in range(count):  # those out of sight are not rendered
        shown = page.locator(".jp-Cell").nth(cell).locator(".jp-OutputArea-output")
        shown.locator("img, svg, mjx-container").first.scroll_into_view_if_needed()
    outputs: list[Any] = page.evaluate(OUTPUTS)
    assert len(outputs) == count, outputs
    for output in outputs:
        assert all(width > 100 for width in output["pictures"]), output
        assert output["overflow"] <= 0, output
        assert "<picture" not in output["text"], output
    return outputs


def environment(folder: Path) -> Path:
    """A virtual environment with JupyterLab and this checkout; returns its Python."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "jupyterlab>=4", f"{ROOT}[widget]"], check=True)
    settings = folder / "venv" / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    return python


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """A JupyterLab with one notebook; yields its address."""
    import nbformat.v4

    python = environment(folder)
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    sources = [*sample_notebook.CELLS, WIDGET, LEADS, FOLLOWS]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(notebook, notebooks / "steps.ipynb")
    sources = [*sample_notebook.CELLS, *sample_notebook.PICTURES]
    nbformat.write(sample_notebook.executed(sources), notebooks / "untrusted.ipynb")
    port = 8877
    command = [
        *(python, "-m", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password="),
        *("--allow-root", f"--notebook-dir={notebooks}"),
    ]
    # nothing of a user's own settings
    home = {**os.environ, "HOME": str(folder), "JUPYTER_PREFER_ENV_PATH": "1"}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=home, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api/status", server, folder / "log")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers."""
    until = monotonic() + 60
    while not answers(address):
        if server.poll() is not None or monotonic() > until:
            raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")
        sleep(0.2)


def answers(address: str) -> bool:
    try:
        urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]))
