"""What the stepper looks like, for a person to judge: python tests/browser/screenshots.py FOLDER"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import graphs
import pages
import sample_notebook

from autograd_mini import step_through
from autograd_mini.stepper import Stepper

VIEWS = {
    "light": pages.DESKTOP,
    "dark": {**pages.DESKTOP, "color_scheme": "dark"},
    "phone": {**pages.PHONE, "device_scale_factor": 2},
    "presenting": pages.PROJECTOR,
}
STEPPERS = {
    "neuron": lambda: step_through(graphs.neuron()),
    "depth-first": lambda: step_through(graphs.used_twice(), order="depth_first"),
    "network": lambda: step_through(graphs.network()),
    "cards": lambda: cards("edges"),
    "neurons": lambda: cards("neurons"),
    "layers": lambda: cards("layers"),
    "large": lambda: step_through(graphs.large()),
    "labels": lambda: step_through(graphs.hostile()),
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with pages.chromium() as browser:
        for graph, make in STEPPERS.items():
            stepper = make()
            saved = stepper.save(folder / f"{graph}.html")
            for view, options in VIEWS.items():
                page = browser.new_page(**options, reduced_motion="reduce")
                page.goto(saved.as_uri())
                if view == "presenting":
                    page.get_by_role("button", name="present", exact=True).click()
                for frame in moments(stepper):
                    page.evaluate(
                        "(t) => document.querySelector('[data-live]').stepper.show(t)", frame
                    )
                    picture(page, folder / f"{graph}-{view}-{frame:03}.png", view)
                page.close()
        notebook(browser, folder)


def cards(level: Literal["edges", "neurons", "layers"]) -> Stepper:
    root, model = graphs.iris()
    return step_through(root, model=model, level=level)


def moments(stepper: Stepper) -> list[int]:
    """The start, the middle of the forward and of the backward pass, and the end."""
    steps = stepper.contents.levels.get(stepper.contents.level)
    kinds = [kind for kind, *_ in steps] if steps else [frame.kind for frame in stepper.frames[1:]]
    seed = kinds.count("forward")
    return [0, seed // 2, (seed + len(kinds)) // 2, len(kinds)]


def picture(page: Any, path: Path, view: str) -> None:
    # two frames of the browser, in which it fits the picture to its place
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    page.screenshot(path=path, full_page=view != "presenting")


def notebook(browser: Any, folder: Path) -> None:
    """The notebook as nbconvert writes it."""
    from nbconvert import HTMLExporter

    saved = folder / "notebook.html"
    html, _ = HTMLExporter().from_notebook_node(sample_notebook.executed())
    saved.write_text(html, encoding="utf-8")
    page = browser.new_page(**pages.DESKTOP)
    page.route("http*://**", lambda route: route.abort())
    page.goto(saved.as_uri())
    page.locator("[data-part=node-0] text").first.click()
    page.screenshot(path=folder / "notebook.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
