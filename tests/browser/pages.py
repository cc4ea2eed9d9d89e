"""Opens pages in Chromium, and reads off them what the stepper shows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
LAPTOP = {"viewport": {"width": 1280, "height": 720}}
PROJECTOR = {"viewport": {"width": 1920, "height": 1080}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

# what stands in the table, in the picture and beside the formulas
SHOWN = """(root) => {
    const text = (part) => part.querySelector("input")?.value ?? part.textContent;
    const rows = [...root.querySelectorAll("tbody tr")].map((row) => [...row.children].map(text));
    const boxes = [...root.querySelectorAll(".ags-picture [data-part^=node]")].map((box) => {
        const texts = [...box.querySelectorAll("text")].map(text);
        return [box.dataset.part, texts.at(-3), texts.at(-1)];
    });
    const marked = (state) =>
        [...root.querySelectorAll(`.ags-picture .ags-${state}`)]
            .map((part) => part.dataset.part).sort();
    return {
        frame: Number(root.querySelector("input").value),
        rows: Object.fromEntries(rows.map(([name, ...cells]) => [name, cells])),
        boxes: Object.fromEntries(boxes.map(([part, ...numbers]) => [part, numbers])),
        current: marked("current"), waiting: marked("waiting"),
        title: text(root.querySelector(".ags-phase")),
        lines: [...root.querySelectorAll(".ags-lines dd")].map(text),
        spoken: text(root.querySelector("[role=status]")),
        count: text(root.querySelector(".ags-count")),
    };
}"""


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def shown(stepper: Any) -> Any:
    """What a stepper shows now, by the locator of its element."""
    return stepper.evaluate(SHOWN)
