"""An executed notebook as a page: the stepper works without a kernel or a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pages
import pytest
import sample_notebook
from pages import shown

NBCONVERT = pytest.importorskip("nbconvert", reason="pip install nbconvert")


@pytest.fixture(scope="module")
def cells() -> Any:
    return sample_notebook.executed()


@pytest.fixture
def open_notebook(browser: Any, cells: Any, tmp_path: Any) -> Any:
    """Opens the notebook as nbconvert writes it, without a network."""
    contexts, errors = [], []

    def open_(**options: bool) -> Any:
        exporter = NBCONVERT.HTMLExporter(**options)
        exporter.mathjax_url = exporter.require_js_url = ""  # which come from a network
        html, _ = exporter.from_notebook_node(cells)
        path = tmp_path / "notebook.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(**pages.DESKTOP)
        contexts.append(context)
        page = context.new_page()
        page.route("http*://**", lambda route: route.abort())
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


def test_the_picture_and_the_stepper_work(open_notebook: Callable[..., Any]) -> None:
    page = open_notebook()
    pictures = page.locator(".jp-RenderedSVG img").all()
    assert len(pictures) == 2  # the Value, and draw_dot's
    assert all(picture.evaluate("(image) => image.naturalWidth > 300") for picture in pictures)
    stepper = page.locator(".autograd-stepper")
    page.locator("[data-part=op-2]").click()
    page.keyboard.press("End")
    told = shown(stepper)
    assert told["rows"]["w"] == ["0.5", "0.7184", "✓ complete", "0.3592 × 2"]
    page.keyboard.press("ArrowLeft")
    assert shown(stepper)["frame"] == told["frame"] - 1
    assert stepper.bounding_box()["width"] > 600


def test_a_notebook_that_is_not_trusted_shows_the_picture(
    open_notebook: Callable[..., Any],
) -> None:
    page = open_notebook(sanitize_html=True)
    pictures = page.locator("img[src^='data:image/svg+xml']").all()
    assert len(pictures) == 2  # the Value, and draw_dot's
    for picture in pictures:
        assert picture.evaluate("(image) => image.naturalWidth > 300")
    assert page.get_by_text("To step through it, trust this notebook.").is_visible()
    assert page.locator("button").count() == 0
