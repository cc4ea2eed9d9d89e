"""The steps of a page as files: a PNG or a PDF of each, and all as an animated GIF."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import Any

SLIDE = {"width": 1280, "height": 720}
PAUSE = 1200  # milliseconds between two steps


def save_frames(page: str, folder: Path, format: str = "png") -> list[Path]:
    """Write the files. Returns their paths, that of the GIF last."""
    if format not in ("png", "pdf"):
        raise ValueError(f"save_frames() writes png or pdf, got {format!r}")
    try:
        from PIL import Image
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ImportError("save_frames() needs a browser: pip install playwright pillow") from error
    folder.mkdir(parents=True, exist_ok=True)
    files, images = [], []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as temporary:
        chromium = which("chromium") or which("chromium-browser") or which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab: Any = browser.new_page(viewport=SLIDE, reduced_motion="reduce")
        tab.emulate_media(media="screen")  # for a PDF too
        source = Path(temporary) / "steps.html"
        source.write_text(page, encoding="utf-8")
        tab.goto(source.as_uri())
        tab.evaluate("document.querySelector('.autograd-stepper').classList.add('ags-slide')")
        tab.keyboard.press("p")
        stepper = "document.querySelector('.autograd-stepper').stepper"
        count = tab.evaluate(f"{stepper}.length")
        for t in range(count):
            tab.evaluate(f"{stepper}.show({t})")
            files.append(folder / f"step-{t:0{len(str(count - 1))}}.{format}")
            image = tab.screenshot()
            images.append(Image.open(BytesIO(image)).convert("P", palette=Image.Palette.ADAPTIVE))
            if format == "pdf":
                image = tab.pdf(width="1280px", height="720px", print_background=True)
            files[-1].write_bytes(image)
        browser.close()
    files.append(folder / "steps.gif")
    images[0].save(files[-1], save_all=True, append_images=images[1:], duration=PAUSE, loop=0)
    return files
