"""The files of `autograd-mini train`: opened, they show the whole network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pages
import pytest

from autograd_mini.cli import main
from nn.data import iris

SIZE = "() => { const { width, height } = document.documentElement.getBoundingClientRect();"
SIZE += " return [width, height, innerWidth, innerHeight]; }"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: Any) -> Path:
    folder: Path = tmp_path_factory.mktemp("trained")
    assert main(["train", "--epochs", "1", "--out", str(folder)]) in (0, None)
    return folder


@pytest.mark.parametrize("size", [pages.PROJECTOR, pages.LAPTOP, pages.PHONE])
@pytest.mark.parametrize("name", ["graph.svg", "training.svg"])
def test_a_picture_fits_the_window(browser: Any, trained: Path, name: str, size: Any) -> None:
    context = browser.new_context(**size)
    page = context.new_page()
    page.goto((trained / name).as_uri())
    width, height, widest, highest = page.evaluate(SIZE)
    assert width <= widest + 1
    assert height <= highest + 1
    if name == "graph.svg":
        page.get_by_text("full size").click()
        assert page.evaluate(SIZE)[0] > 2000
        page.go_back()
        assert page.evaluate(SIZE)[0] == width
    context.close()


@pytest.mark.parametrize("name", ["graph.svg", "training.svg"])
def test_in_a_page_it_is_as_large_as_it_was_drawn(browser: Any, trained: Path, name: str) -> None:
    (trained / "page.html").write_text(f'<img src="{name}">', encoding="utf-8")
    context = browser.new_context(**pages.PHONE)
    page = context.new_page()
    page.goto((trained / "page.html").as_uri())
    assert page.locator("img").evaluate("(image) => image.naturalWidth") > 900
    context.close()


def test_the_page_opens_on_the_whole_network_by_neuron(browser: Any, trained: Path) -> None:
    context = browser.new_context(**pages.LAPTOP)
    page = context.new_page()
    page.goto((trained / "steps.html").as_uri())
    root = page.locator(".autograd-stepper")
    assert root.evaluate("(root) => root.stepper.level") == "neurons"
    assert root.evaluate("(root) => root.stepper.length") < 50
    window = root.locator("[data-view]").bounding_box()
    picture = root.locator("[data-view] svg").bounding_box()
    for corner, side in (("x", "width"), ("y", "height")):
        assert picture[corner] >= window[corner] - 1
        assert picture[corner] + picture[side] <= window[corner] + window[side] + 1
    words = root.inner_text()
    assert all(name in words for name in [*iris().columns, "h1.1", "h2.8", "y3", "loss"])
    context.close()
