"""Flip books in a browser: the slider, the stepper below it, and the curve of what is dragged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pages
import pytest

from autograd_mini import Value, gradients, rerun, step_through, tanh, topological_order
from autograd_mini.flipbook import Chart, FlipBook, Page, drag
from nn import MLP

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
READY = "document.querySelector('.autograd-flips').flips"
# the points of a line of the chart, in the axes' numbers
POINTS = """([part, [x0, x1], [y0, y1], [width, height]]) =>
    document.querySelector(`.ags-stage [data-${part}]`).getAttribute("points").trim().split(" ")
        .map((point) => point.split(",").map(Number))
        .map(([x, y]) => [x0 + x / width * (x1 - x0), y1 - y / height * (y1 - y0)])"""


@pytest.fixture
def opened(open_page: Callable[..., Any]) -> Callable[..., Any]:
    def open_(book: FlipBook, **options: Any) -> Any:
        tab = open_page(book.page(), **options)
        tab.wait_for_function(READY)
        return tab

    return open_


def neuron() -> tuple[Value, dict[str, Value]]:
    leaves = {n: Value(d, n) for n, d in (("w", 0.5), ("x", 2.0), ("b", -0.5))}
    loss = (tanh(leaves["w"] * leaves["x"] + leaves["b"]) - 1) ** 2
    loss.label = "L"
    return loss, leaves


def read(tab: Any, book: FlipBook, part: str) -> Any:
    assert book.live
    return tab.evaluate(POINTS, [part, *book.live["frame"]])


def curve_is_right(tab: Any, book: FlipBook, loss: Value, leaves: dict[str, Value]) -> None:
    """The chart shows what the engine gives, at the numbers that the stepper has now."""
    shown = tab.evaluate("document.querySelector('.autograd-stepper').stepper.numbers()")
    for name, leaf in leaves.items():
        leaf.data = shown[name][0]
    fresh, here = rerun(loss), leaves["w"].data
    [slope] = gradients(fresh, [leaves["w"]])
    near = {"abs": 0.03}
    [point, _] = read(tab, book, "point")
    assert point == pytest.approx([here, fresh.data], **near)
    [(x0, y0), (x1, y1)] = read(tab, book, "slope")
    assert (y1 - y0) / (x1 - x0) == pytest.approx(slope, rel=1e-2, abs=1e-3)
    for x, y in read(tab, book, "curve")[::10]:
        leaves["w"].data = x
        assert y == pytest.approx(rerun(loss).data, **near)
    told = tab.locator("output").text_content()
    assert told == tab.locator(".ags-slider input").get_attribute("aria-valuetext")
    assert told.startswith(f"w = {here:.4g}, L = ")


def test_the_slider_moves_the_weight_and_the_curve_tells_the_loss(opened: Any) -> None:
    loss, leaves = neuron()
    book = drag(step_through(loss, start=99), leaves["w"], -3.0, 3.0)
    tab = opened(book)
    curve_is_right(tab, book, loss, leaves)
    slider = tab.locator(".ags-slider input")
    slider.focus()
    for key in ("ArrowLeft", "Home", "End", "ArrowLeft"):
        tab.keyboard.press(key)
        curve_is_right(tab, book, loss, leaves)
    assert tab.evaluate(f"{READY}.at") == 59
    assert tab.get_by_role("slider", name="w", exact=True).count() == 1
    assert tab.locator(".autograd-stepper .ags-count").text_content() == "13 / 13"  # still there


def test_the_curve_follows_what_is_dragged_in_the_stepper(opened: Any) -> None:
    loss, leaves = neuron()
    book = drag(step_through(loss, start=99), leaves["w"], -3.0, 3.0)
    tab = opened(book)
    for name, by in (("w", 40), ("b", -60), ("w", -90)):
        index = topological_order(loss).index(leaves[name])
        number = tab.locator(f"[data-part=node-{index}] [data-number=data]").first
        box = number.bounding_box()
        tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        tab.mouse.down()
        tab.mouse.move(box["x"] + box["width"] / 2 + by, box["y"] + box["height"] / 2, steps=5)
        tab.mouse.up()
        curve_is_right(tab, book, loss, leaves)
    assert abs(leaves["b"].data + 0.5) > 0.1
    tab.get_by_role("button", name="reset numbers").click()
    curve_is_right(tab, book, loss, leaves)
    assert tab.locator("output").text_content().startswith("w = 0.5, ")


def test_what_is_not_finite_is_not_drawn(opened: Any) -> None:
    w, x = Value(1.0, "w"), Value(2.0, "x")
    book = drag(step_through(w / x, start=99), w, -1.0, 1.0)
    tab = opened(book)
    tab.evaluate("document.querySelector('.autograd-stepper').stepper.set('x', 0)")
    tab.wait_for_function("document.querySelector('output').textContent.includes('Infinity')")
    assert tab.locator("[data-curve]").get_attribute("points") == ""
    tab.evaluate("document.querySelector('.autograd-stepper').stepper.set('x', 2)")
    tab.wait_for_function("document.querySelector('output').textContent.includes('slope 0.5')")
    assert len(read(tab, book, "curve")) == 61


def test_gradients_by_depth(opened: Any) -> None:
    w, h, row = Value(0.5, "w"), Value(0.0, "x"), []
    for k in range(1, 9):
        h = tanh(w * h)
        h.label = f"h{k}"
        row.append(h)
    book = drag(step_through(h, start=99), w, -4.0, 4.0, gradients_of=row)
    tab = opened(book)
    for place, weight in ((45, 2.0), (32, 4 / 15), (60, 4.0)):
        tab.evaluate(f"{READY}.show({place})")
        for k, power in read(tab, book, "curve"):  # with x = 0 all slopes are 1
            assert 10**power == pytest.approx(weight ** (8 - round(k)), rel=0.2)


def test_pages_have_their_pictures_and_set_the_stepper(opened: Any) -> None:
    model = MLP(2, [2, 1], activation="tanh")
    loss = (model([0.5, -1.0]) - 1.0) ** 2
    sets = [{p: k / 10 + i for i, p in enumerate(model.parameters())} for k in range(4)]
    charts = [Chart((0, 1), (0, 4), f"number {k}").dots([(0.5, k)]) for k in range(4)]
    book = FlipBook(
        [Page(f"number {k}", [c, c], s) for k, (c, s) in enumerate(zip(charts, sets))],
        "page",
        "All of it",
        step_through(loss, model=model),
        start=3,
    )
    tab = opened(book)
    tab.locator(".ags-slider input").focus()
    for k in (3, 2, 1, 0):
        assert tab.locator("output").text_content() == f"number {k}"
        assert tab.locator(".ags-stage").get_attribute("aria-label") == f"page number {k}"
        texts = tab.locator(".ags-stage > svg > text:first-of-type").all_text_contents()
        assert texts == [f"number {k}"] * 2
        numbers = tab.evaluate("document.querySelector('.autograd-stepper').stepper.numbers()")
        for p, x in sets[k].items():
            p.data = x
        found = [numbers[name][1] for name in numbers if name.startswith(("w", "b"))]
        right = gradients(rerun(loss), model.parameters())
        assert sorted(found) == pytest.approx(sorted(right), rel=1e-12)
        tab.keyboard.press("ArrowLeft")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [pages.LAPTOP, pages.PHONE], ids=["laptop", "phone"])
def test_it_fits_and_its_text_can_be_read(opened: Any, screen: Any, scheme: str) -> None:
    loss, leaves = neuron()
    book = drag(step_through(loss, start=99), leaves["w"], -3.0, 3.0)
    tab = opened(book, color_scheme=scheme, **screen)
    width = tab.evaluate("document.documentElement.scrollWidth")
    assert width <= screen["viewport"]["width"]
    if screen is pages.LAPTOP:
        ends = tab.locator(".autograd-flips").bounding_box()
        assert ends["y"] + ends["height"] <= 720  # all in one view
    bright = """(part) => { const [r, g, b] = getComputedStyle(part)[part.matches("svg") ? "fill" :
        "backgroundColor"].match(/\\d+/g).map(Number); return 0.3 * r + 0.6 * g + 0.1 * b; }"""
    ink = tab.locator(".ags-stage > svg").first.evaluate(bright)
    paper = tab.locator(".autograd-flips").evaluate(bright)
    assert abs(ink - paper) > 150
    assert (paper > 128) == (scheme == "light")


def test_where_scripts_do_not_run_the_first_page_is_seen(open_page: Any) -> None:
    charts = [Chart((0, 1), (0, 1), f"line {k}").line([(0, 0), (1, 1)]) for k in range(2)]
    book = FlipBook([Page(str(k), [chart]) for k, chart in enumerate(charts)], "place", start=1)
    tab = open_page(book.page(), java_script_enabled=False)
    [image] = tab.get_by_role("img").all()
    assert image.get_attribute("alt") == "place: place 1"
    assert image.bounding_box()["width"] > 300
    assert tab.get_by_text("To move the slider, trust this notebook.").is_visible()
    assert tab.locator("input").count() == 0


def outputs_of(name: str, kind: str) -> list[str]:
    """What the cells of a notebook of this repository gave, as it is stored."""
    [path] = NOTEBOOKS.glob(f"{name}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    found = [o.get("text") if kind == "text" else o.get("data", {}).get(kind) for o in outputs]
    return ["".join(text) for text in found if text]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("01", "w1 = -3, L = 4, slope -0.0000", "w1 = 3, L = "),
        ("05", "0", "300"),
        ("08", "w = -4, ", "w = 4, "),
        ("10", "0.002, loss 7.7 after 30 steps", "0.084, loss 3.8e+03 after 30 steps"),
    ],
)
def test_those_of_the_notebooks(open_page: Any, name: str, first: str, last: str) -> None:
    [html] = [text for text in outputs_of(name, "text/html") if 'class="autograd-flips"' in text]
    tab = open_page(f"<!doctype html><title>a notebook</title>{html}")
    tab.wait_for_function(READY)
    tab.locator(".ags-slider input").focus()
    pictures = []
    for key, told in (("Home", first), ("End", last)):
        tab.keyboard.press(key)
        assert tab.locator("output").text_content().startswith(told)
        pictures.append(tab.locator(".ags-stage").inner_html())
    assert (pictures[0] != pictures[1]) == (name != "08")  # w and -w: gradients of the same size
    if name == "05":  # the loss of the point, before and after training
        printed = [float(x) for x in re.findall(r"; loss (\S+)", "".join(outputs_of("05", "text")))]
        for key, loss in zip(("Home", "End"), printed, strict=True):
            tab.keyboard.press(key)
            found = tab.evaluate("document.querySelector('.autograd-stepper').stepper.numbers().L")
            assert found[0] == pytest.approx(loss, abs=6e-4)
