"""The stepper's page in a browser: the numbers are the engine's, and every way to them works."""

from __future__ import annotations

import json
import math
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import graphs
import pytest
from extent import WHOLE
from pages import LAPTOP, PHONE, PROJECTOR, SHOWN, shown

from autograd_mini import (
    Value,
    backprop_steps,
    compare_steps,
    gradients,
    maximum,
    node_names,
    primitive,
    relu,
    rerun,
    step_through,
    topological_order,
)
from autograd_mini import stepper as stepper_module
from autograd_mini.stepper import Frame, Stepper
from autograd_mini.stepper.frames import gradients_after
from autograd_mini.stepper.page import data_of
from autograd_mini.text import clean, format_number
from nn import MLP

AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"

STEPPERS = {
    "neuron": lambda: step_through(graphs.neuron()),
    "used twice": lambda: step_through(graphs.used_twice()),
    "depth first": lambda: step_through(graphs.used_twice(), order="depth_first"),
    "network": lambda: step_through(graphs.network()),
    "labels": lambda: step_through(graphs.hostile()),
}


@pytest.fixture(params=STEPPERS)
def stepper(request: Any) -> Stepper:
    return STEPPERS[request.param]()


@pytest.fixture
def neuron() -> Stepper:
    return step_through(graphs.neuron())


def view(page: Any) -> Any:
    return page.locator(".autograd-stepper")


def frame(page: Any) -> int:
    return int(page.evaluate("document.querySelector('.autograd-stepper').stepper.at"))


def show(page: Any, number: int) -> None:
    view(page).evaluate("(root, number) => root.stepper.show(number)", number)


def test_every_frame_shows_the_numbers_of_the_engine(stepper, open_page) -> None:
    page = open_page(stepper)
    order, names = topological_order(stepper.root), names_in(stepper.root)
    index = {node: i for i, node in enumerate(order)}
    total = dict.fromkeys(order, 0)
    for f in stepper.frames:
        if f.step is not None:
            total[receiver(f)] += 1
    computed = {node for node in order if node.is_leaf}
    arrived = dict.fromkeys(order, 0)
    gradients: dict[Value, Any] = {}
    right = gradients_after(backprop_steps(stepper.root))
    view(page).focus()
    for number, f in enumerate(stepper.frames):
        if number:
            page.keyboard.press("ArrowRight")
        if f.kind == "forward":
            computed.add(f.node)
        if f.step is not None:
            gradients[receiver(f)] = f.step.after
            arrived[receiver(f)] += 1
        told = shown(view(page))
        assert told["frame"] == frame(page) == number
        assert told["count"] == f"{number} / {len(stepper) - 1}"
        for node in order:
            value = format_number(node.data) if node in computed else "?"
            gradient = format_number(gradients[node]) if node in gradients else "–"
            assert told["boxes"][f"node-{index[node]}"] == [value, gradient]
            cells = told["rows"][names[node]]
            assert cells[:2] == [value, gradient]
            if arrived[node] < total[node]:
                part = f"… {arrived[node]} of {total[node]} terms"
                assert cells[2] == (part if arrived[node] else "· waiting")
            elif gradients[node] == right[node]:
                assert cells[2] == "✓ complete"
            else:
                assert cells[2] == f"✗ wrong: {format_number(right[node])} is right"
        if f.kind == "start":
            assert told["current"] == []
        elif f.kind == "forward":
            assert f"node-{index[f.node]}" in told["current"]
            assert told["title"] == f"Forward pass: {names[f.node]} is computed"
            assert told["lines"][1].endswith(minus(format_number(f.node.data)))
        elif f.step.parent is not None:
            s, i, j = f.step, index[f.node], index[f.step.parent]
            edges = [part for part in told["current"] if re.fullmatch(r"edge-\d+-\d+", part)]
            places = [k for k, x in enumerate(s.node.operands) if isinstance(x, Value)]
            assert edges == [f"edge-{i}-{places[s.edge]}"]
            assert {f"node-{i}", f"node-{j}"} <= set(told["current"])
            assert told["title"] == f"Backward pass: from {names[s.node]} to {names[s.parent]}"
            upstream, local, product, after = (
                minus(format_number(x)) for x in (s.upstream, s.local, s.contribution, s.after)
            )
            assert f"={upstream}" in told["lines"][0]
            assert told["lines"][1].endswith(f"={local}")
            assert told["lines"][2].endswith((f"={product}", f"≈{product}"))
            assert re.search(f"[=≈]{after}", told["lines"][3])
    assert frame(page) == len(stepper) - 1


def names_in(root: Value) -> dict[Value, str]:
    """The names as a page shows them: each on one line."""
    return {node: clean(name) for node, name in node_names(root).items()}


def receiver(f: Frame) -> Value:
    """The node whose gradient a frame of the backward pass adds to."""
    return f.node if f.step.parent is None else f.step.parent


def minus(number: str) -> str:
    """A number as a formula writes it."""
    return f"−{number[1:]}" if number.startswith("-") else number


def test_depth_first_is_wrong_and_says_what_is_right(open_page) -> None:
    page = open_page(step_through(graphs.used_twice(), order="depth_first"))
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    told = shown(view(page))
    assert told["rows"]["a"][1:] == ["6", "✗ wrong: 4 is right", "1 × 1 + 1 × 1 + 2 × 1 + 2 × 1"]
    assert "wrong: 4 is right" in told["lines"][3]
    assert "wrong: 4 is right" in told["spoken"]
    show(page, 5)  # b passes on what has arrived so far
    assert "too early: 1 of 2 terms" in shown(view(page))["lines"][0]


def test_no_step_in_the_right_order_is_too_early(open_page) -> None:
    stepper = step_through(graphs.network())
    page = open_page(stepper)
    for number in range(len(stepper)):
        show(page, number)
        assert "too early" not in view(page).inner_text()


def test_the_buttons_and_the_slider(neuron, open_page) -> None:
    page, last = open_page(neuron), len(neuron) - 1

    def press(name: str) -> int:
        # forced, since Playwright does not click on what says that it has nothing to do
        page.get_by_role("button", name=name, exact=True).click(force=True)
        return frame(page)

    assert press("previous step") == 0
    assert press("next step") == 1
    assert press("next step") == 2
    assert press("previous step") == 1
    assert press("last step") == last
    assert press("next step") == last
    assert page.locator("button:disabled").count() == 0  # which would lose the focus
    page.keyboard.press("ArrowLeft")  # the keys go on working where a button has nothing to do
    assert frame(page) == last - 1
    assert press("first step") == 0
    slider = page.get_by_role("slider")
    slider.fill("4")
    assert frame(page) == 4
    slider.press("ArrowRight")
    assert frame(page) == 5
    slider.press("PageUp")
    assert frame(page) > 5


def test_the_keys(neuron, open_page) -> None:
    page, last = open_page(neuron), len(neuron) - 1
    page.evaluate("document.addEventListener('keydown', (e) => (window.seen ??= []).push(e.key))")
    view(page).focus()
    for key, expected in [
        ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", last), ("ArrowRight", last),
        ("Home", 0), ("ArrowLeft", 0), ("ArrowDown", 0), ("ArrowUp", 0), ("a", 0),
        ("Control+ArrowRight", 0), ("Alt+ArrowRight", 0), ("Meta+ArrowRight", 0),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert frame(page) == expected, key
    # what the stepper uses, nobody else hears; up, down and letters are a notebook's
    assert {"ArrowUp", "ArrowDown", "a"} <= set(page.evaluate("seen"))
    assert not {"Home", "End"} & set(page.evaluate("seen"))
    page.keyboard.press("Escape")  # nothing to leave
    assert "Escape" in page.evaluate("seen")
    page.get_by_role("combobox").focus()  # in which the keys choose a speed
    page.keyboard.press("ArrowRight")
    assert frame(page) == 0


def test_play_and_pause(neuron, open_page) -> None:
    page = open_page(neuron, clock=True)
    play = page.get_by_role("button", name="play", exact=True)
    pause = page.get_by_role("button", name="pause", exact=True)
    play.click()
    page.clock.run_for(1200)
    assert frame(page) == 1
    page.clock.run_for(2400)
    assert frame(page) == 3
    pause.click()
    page.clock.run_for(10_000)
    assert frame(page) == 3
    page.get_by_role("combobox").select_option("fast")
    view(page).focus()
    page.keyboard.press("Space")
    page.clock.run_for(400)
    assert frame(page) == 4
    page.keyboard.press("ArrowLeft")  # who steps by hand stops it
    page.clock.run_for(10_000)
    assert frame(page) == 3
    page.keyboard.press("Space")
    page.clock.run_for(10_000)
    assert frame(page) == len(neuron) - 1
    assert play.is_visible()  # it stops at the end, and starts again from there
    play.click()
    assert frame(page) == 0
    page.keyboard.press("Space")  # on the button, which has the focus
    page.clock.run_for(10_000)
    assert frame(page) == 0


def test_a_click_leads_to_the_step_that_finished_it(stepper, open_page) -> None:
    page = open_page(stepper)
    index = {node: i for i, node in enumerate(topological_order(stepper.root))}
    expected: dict[str, int] = {}
    for number, f in enumerate(stepper.frames):
        if f.kind == "forward":
            i = index[f.node]
            expected[f"op-{i}"] = expected[f"edge-{i}"] = number
        elif f.step is not None:
            expected[f"node-{index[receiver(f)]}"] = number
    found = page.evaluate("""() => {
        const { stepper } = document.querySelector(".autograd-stepper");
        const places = {};
        for (const part of document.querySelectorAll(".ags-picture [data-part]")) {
            part.querySelector("polygon, path, ellipse, text")
                .dispatchEvent(new MouseEvent("click", { bubbles: true }));
            places[part.dataset.part] = stepper.at;
        }
        return places;
    }""")
    assert {part: found[part] for part in expected} == expected
    for part, number in found.items():  # of the edges along which a gradient went
        f = stepper.frames[number]
        if re.fullmatch(r"edge-\d+-\d+", part) and f.kind == "backward":
            assert part.startswith(f"edge-{index[f.node]}-")
    page.get_by_role("button", name=names_in(stepper.root)[stepper.root], exact=True).click()
    assert frame(page) == expected[f"node-{index[stepper.root]}"]


def test_a_real_click_on_a_node_an_operation_and_an_edge(neuron, open_page) -> None:
    page = open_page(neuron)
    page.locator("[data-part=node-0] text").first.click()
    assert shown(view(page))["title"] == "Backward pass: from #1 to w"
    page.locator("[data-part=op-2]").click()
    assert shown(view(page))["title"] == "Forward pass: #1 is computed"
    page.locator("[data-part=edge-2-1] text").click()
    assert shown(view(page))["title"] == "Backward pass: from #1 to x"


def test_hovering_tells_the_whole_history(open_page) -> None:
    page = open_page(step_through(graphs.used_twice()))
    hint = page.locator(".ags-hint")
    assert not hint.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.locator("[data-part=node-1]").hover()
    assert hint.inner_text().splitlines() == [
        "b = 2.0",
        "step 4: 1 × 1 = 1, from c; so far 1.0",
        "step 5: 1 × 1 = 1, from c; so far 2.0",
    ]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert hint.inner_text().splitlines()[-1] == "step 5: to come"  # it keeps up
    page.keyboard.press("Escape")
    assert not hint.is_visible()
    page.locator("[data-part=edge-1-0] text").hover()
    assert hint.inner_text().splitlines() == ["b = 2.0", "step 6: to come"]
    box = hint.bounding_box()
    assert 0 <= box["x"] <= 1280 - box["width"]
    page.mouse.move(640, 890)
    assert not hint.is_visible()


def test_a_tap_jumps_and_tells_the_history(neuron, open_page) -> None:
    page = open_page(neuron, **PHONE)
    page.locator("[data-part=node-0] text").first.tap()
    assert shown(view(page))["title"] == "Backward pass: from #1 to w"
    hint = page.locator(".ags-hint")
    assert "from #1; so far" in hint.inner_text()
    box = hint.bounding_box()
    assert 0 <= box["x"] <= 390 - box["width"]
    page.get_by_role("button", name="previous step").tap()
    assert not hint.is_visible()


def test_a_phone_scrolls_in_one_direction_only(stepper, open_page) -> None:
    page = open_page(stepper, **PHONE)
    for number in (0, 1, len(stepper) - 1):
        show(page, number)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_labels_are_letters_whatever_they_hold(open_page) -> None:
    stepper = step_through(graphs.hostile(), title="<img src=x onerror='window.attacked = 1'>")
    page = open_page(stepper)
    for number in range(len(stepper)):
        show(page, number)
        assert view(page).locator("b, i, img, script:not(:last-of-type)").count() == 0
    assert page.evaluate("window.attacked") is None
    assert page.locator("script").count() == 1
    told = set(shown(view(page))["rows"])
    assert told == set(names_in(stepper.root).values())
    assert set(graphs.HOSTILE[:3]) <= told


def test_steppers_beside_each_other_go_their_own_ways(neuron, open_page) -> None:
    other = step_through(graphs.used_twice())
    page = open_page(
        neuron.page() + "".join(s._repr_mimebundle_()["text/html"] for s in (other, neuron))
    )
    steppers = page.locator(".autograd-stepper").all()
    assert len(steppers) == 3
    for stepper, presses in zip(steppers, (1, 2, 3), strict=True):
        stepper.focus()
        for _ in range(presses):
            page.keyboard.press("ArrowRight")
    assert [shown(s)["frame"] for s in steppers] == [1, 2, 3]
    assert set(shown(steppers[1])["rows"]) == {"a", "b", "c"}
    assert page.evaluate("[...document.querySelectorAll('[id]')].length") == 0


def test_hidden_at_first(neuron, open_page) -> None:
    page = open_page(neuron.page().replace("<main>", '<main style="display: none">'))
    show(page, 3)
    page.evaluate("document.querySelector('main').style.display = ''")
    wide = "document.querySelector('.ags-picture svg').getBoundingClientRect().width"
    page.wait_for_function(f"{wide} > 500")
    assert shown(view(page))["frame"] == 3


def test_the_picture_fits_its_place_until_the_reader_chooses(neuron, open_page) -> None:
    page = open_page(neuron)
    svg = page.locator(".ags-picture svg")

    def width() -> float:
        return float(svg.bounding_box()["width"])

    wide = width()
    assert wide <= 1280
    page.set_viewport_size({"width": 700, "height": 900})
    page.wait_for_function(
        "(w) => document.querySelector('.ags-picture svg').getBoundingClientRect().width < w",
        arg=wide,
    )
    narrow = width()
    page.get_by_role("button", name="larger picture").click()
    assert width() == pytest.approx(1.25 * narrow, rel=1e-3)
    page.get_by_role("button", name="smaller picture").click()
    page.get_by_role("button", name="smaller picture").click()
    assert width() == pytest.approx(narrow / 1.25, rel=1e-3)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    assert width() == pytest.approx(narrow / 1.25, rel=1e-3)


# of every step: what its marks lack, whether they are seen whole, and how many of its edges and of
# the nodes at their ends are; inside a card no edge is drawn
SIGHT = """(ends) => {
    const root = document.querySelector(".autograd-stepper");
    const { stepper } = root;
    const found = [];
    let seen = 0;
    const inside = (part, place) => {
        const [a, b] = [part.getBoundingClientRect(), place.getBoundingClientRect()];
        return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
    };
    const view = root.querySelector("[data-view]");
    const parts = new Map();
    for (const part of view.querySelectorAll("[data-part]"))
        for (const name of [part.dataset.part, ...(part.dataset.also ?? "").split(" ")])
            parts.set(name, [...(parts.get(name) ?? []), part]);
    const { left, right, top, bottom } = view.getBoundingClientRect();
    if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) found.push("view");
    for (let t = 0; t < stepper.length; t++) {
        stepper.show(t);
        const marked = [...view.querySelectorAll("[data-now]")];
        const kinds = new Set(marked.map((part) => part.dataset.part.split("-")[0]));
        if (!t !== !marked.length) found.push([t, "marks"]);
        if (t && !kinds.has("node")) found.push([t, "no box"]);
        const row = root.querySelector("tr[data-now]");
        if (!t !== !row) found.push([t, "row"]);
        for (const part of marked) if (!inside(part, view)) found.push([t, part.dataset.part]);
        for (const name of ends[t]) {
            if (parts.get(name)?.some((part) => inside(part, view))) seen += 1;
            else if (parts.has(name)) found.push([t, `end ${name}`]);
        }
        const table = root.querySelector(".ags-table");
        if (!row || !table.checkVisibility()) continue;
        const [a, b] = [row.getBoundingClientRect(), table.getBoundingClientRect()];
        if (a.top < b.top || a.bottom > b.bottom) found.push([t, "row"]);
    }
    return [seen, found];
}"""
SIZES_OF_WINDOWS = {"projector": PROJECTOR, "laptop": LAPTOP, "phone": PHONE}
NETWORKS = {
    "xor": graphs.xor,
    "four examples": graphs.four_examples,
    "folded": graphs.folded,
    "recurrent": graphs.recurrent,
    "iris": graphs.iris,
}


def ends_of(stepper: Stepper, level: str) -> list[list[str]]:
    """For each step its edges, and the nodes at both their ends."""
    index = {node: i for i, node in enumerate(topological_order(stepper.root))}
    steps = stepper.contents.levels.get(level) or [
        ("", None, [t]) for t in range(1, len(stepper.frames))
    ]
    found: list[list[str]] = [[]]
    for *_, times in steps:
        found.append([])
        for kind, node, step in (stepper.frames[t] for t in times):
            found[-1].append(f"node-{index[node]}")
            places = [k for k, x in enumerate(node.operands) if isinstance(x, Value)]
            edges = range(len(places)) if kind == "forward" else [step.edge] * (kind != "seed")
            for k in edges:
                found[-1] += [f"edge-{index[node]}-{places[k]}", f"node-{index[node.parents[k]]}"]
    return found


@pytest.mark.parametrize("presenting", [False, True])
@pytest.mark.parametrize("window", SIZES_OF_WINDOWS)
@pytest.mark.parametrize("name", NETWORKS)
def test_both_ends_of_every_edge_of_every_step_are_in_sight(
    name, window, presenting, open_page
) -> None:
    if presenting and name != "four examples" and not WHOLE:
        pytest.skip("runs with AUTOGRAD_MINI_TESTS=whole")
    root, model = NETWORKS[name]()
    stepper = step_through(root, model=model)
    page = open_page(stepper, **SIZES_OF_WINDOWS[window])
    if presenting:
        page.keyboard.press("p")
        page.wait_for_selector(".ags-presenting")
    for level in ("edges", *stepper.contents.levels):
        view(page).evaluate("(root, level) => (root.stepper.level = level)", level)
        ends = ends_of(stepper, level)
        seen, found = page.evaluate(SIGHT, ends)
        assert found == [], level
        assert seen > len(ends)


def test_the_whole_graph_is_seen_first(stepper, open_page) -> None:
    page = open_page(stepper)
    seen = page.locator("[data-view]").bounding_box()
    svg = page.locator(".ags-picture svg").bounding_box()
    assert seen["x"] < svg["x"]
    assert seen["y"] < svg["y"]
    assert svg["x"] + svg["width"] < seen["x"] + seen["width"]
    assert svg["y"] + svg["height"] < seen["y"] + seen["height"]


def test_a_small_graph_is_not_blown_up(open_page) -> None:
    page = open_page(step_through(graphs.used_twice()), **PROJECTOR)
    svg = page.locator(".ags-picture svg")
    for number in (0, 1, 3):
        show(page, number)
        assert svg.bounding_box()["width"] <= 2.2 * float(svg.get_attribute("width")) + 0.1


def test_nothing_jumps(neuron, open_page) -> None:
    page = open_page(neuron)
    places = set()
    for number in range(len(neuron)):
        show(page, number)
        boxes = (
            page.locator(p).bounding_box() for p in (".ags-controls", ".ags-play", ".ags-table")
        )
        places.add(json.dumps(list(boxes)))
    assert len(places) == 1


# the size in pixels of every piece of text that can be seen
SIZES = """() => {
    const sizes = [];
    const root = document.querySelector(".autograd-stepper");
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text; (text = walker.nextNode()); ) {
        const part = text.parentElement;
        if (!text.data.trim() || part.closest("style, script, .ags-unseen, svg")) continue;
        const { fontSize } = getComputedStyle(part);
        if (part.checkVisibility()) sizes.push([parseFloat(fontSize), text.data]);
    }
    return sizes;
}"""


@pytest.mark.parametrize("name", ["neuron", "depth first", "network"])
def test_presenting_has_type_for_the_last_row(name, open_page) -> None:
    stepper = STEPPERS[name]()
    page = open_page(stepper, **PROJECTOR)
    page.get_by_role("button", name="present", exact=True).click()
    for number in range(0, len(stepper), 1 + len(stepper) // 12):
        show(page, number)
        assert [size for size in page.evaluate(SIZES) if size[0] < 24] == []
    assert page.locator(".ags-picture").bounding_box()["height"] > 600
    assert page.evaluate("document.querySelector('.autograd-stepper').scrollHeight") <= 1080


def test_escape_leaves_the_presentation(neuron, open_page) -> None:
    page = open_page(neuron)
    before = page.locator(".ags-picture svg").bounding_box()["width"]
    page.get_by_role("button", name="present", exact=True).click()
    assert view(page).bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 900}
    view(page).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('.ags-presenting')")
    assert page.evaluate("document.fullscreenElement") is None
    assert frame(page) == 1
    page.wait_for_function(
        """(before) => {
            const { width } = document.querySelector(".ags-picture svg").getBoundingClientRect();
            return Math.abs(width - before) < 1;
        }""",
        arg=before,
    )


def test_the_focus_goes_in_order_and_is_seen(neuron, open_page) -> None:
    page = open_page(neuron)
    order = []
    for _ in range(13):
        page.keyboard.press("Tab")
        name, ring = page.evaluate("""() => {
            const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
            return [document.activeElement.ariaLabel, `${outlineStyle} ${outlineWidth}`];
        }""")
        order.append(name)
        assert ring == "solid 3px", name
    assert order == [
        "first step", "previous step", "play", "next step", "last step",
        "step", "speed", "smaller picture", "larger picture", "quiz", "present",
        f"{neuron.title}: now", f"{neuron.title}: table",
    ]  # fmt: skip


def test_what_is_spoken(neuron, open_page) -> None:
    page = open_page(neuron)
    status = page.get_by_role("status")
    assert status.get_attribute("aria-live") == "polite"
    show(page, 1)
    assert status.inner_text() == "Forward pass: #1 is 1."
    show(page, len(neuron) - 1)
    assert re.match(r"From #1 to \w: upstream 0.3592 times local ", status.inner_text())


def luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """As in the Web Content Accessibility Guidelines."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_picture_has_contrast_in_every_state(stepper, open_page) -> None:
    page = open_page(stepper)
    pairs = set()
    for number in range(0, len(stepper), 1 + len(stepper) // 20):
        show(page, number)
        pairs |= {
            tuple(pair)
            for pair in page.evaluate("""() =>
                [...document.querySelectorAll(".ags-picture text")].map((text) => {
                    const shapes = text.parentElement.matches("[data-part^=edge]") ? [] :
                        text.parentElement.querySelectorAll("polygon, path, ellipse");
                    const fills = [...shapes].map((shape) => getComputedStyle(shape).fill);
                    const under = fills.find((fill) => fill !== "none") ?? "rgb(255, 255, 255)";
                    return [getComputedStyle(text).fill, under];
                })""")
        }
    assert len(pairs) > 5
    assert {pair for pair in pairs if contrast(*pair) < 4.5} == set()


VIEWS = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
    "presenting": PROJECTOR,
    "presenting, dark": {**PROJECTOR, "color_scheme": "dark"},
}


@pytest.mark.parametrize(
    "stepper", [name for name in STEPPERS if name != "depth first"], indirect=True
)
@pytest.mark.parametrize("name", VIEWS)
def test_axe_finds_nothing(name, stepper, open_page) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci --prefix tests/browser")
    page = open_page(stepper, **VIEWS[name])
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    if name.startswith("presenting"):
        page.get_by_role("button", name="present", exact=True).click()
    for number in (0, len(stepper) // 2, len(stepper) - 1):
        show(page, number)
        # every rule there is, but for a contrast of 7 where 4.5 is asked for
        found = page.evaluate("""async () => {
            const rules = {};
            for (const { ruleId } of axe.getRules()) rules[ruleId] = { enabled: true };
            rules["color-contrast-enhanced"].enabled = false;
            const { violations } = await axe.run(document, { rules, resultTypes: ["violations"] });
            return violations.map((v) => [v.id, v.help, v.nodes.map((node) => node.html)]);
        }""")
        assert found == []


def test_without_scripts_there_is_the_picture(neuron, open_page) -> None:
    page = open_page(neuron, java_script_enabled=False)
    assert page.locator("img").bounding_box()["width"] > 300
    assert page.get_by_text("To step through it, trust this notebook.").is_visible()
    assert page.locator("button").count() == 0


def test_as_many_nodes_as_there_may_be(open_page) -> None:
    stepper = step_through(graphs.large())
    page = open_page(stepper)
    for number in (0, len(stepper) // 3, 2 * len(stepper) // 3, len(stepper) - 1):
        show(page, number)
        assert shown(view(page))["count"] == f"{number} / {len(stepper) - 1}"
    gradient = format_number(stepper.frames[-1].step.after)
    assert gradient in [cells[1] for cells in shown(view(page))["rows"].values()]


def test_the_libraries_are_built_from_what_is_pinned() -> None:
    """view/libraries.js is `npm run build`, of the versions in package-lock.json."""
    folder = Path(__file__).parent
    if not (folder / "node_modules/esbuild").exists():
        pytest.skip("the libraries are not installed: npm ci --prefix tests/browser")
    command = ["npm", "run", "--silent", "build"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    assert built == (Path(stepper_module.__file__).parent / "view/libraries.js").read_text()


def test_the_address_says_the_step(open_page) -> None:
    root, model = graphs.xor()
    page = open_page(step_through(root, model=model), clock=True)
    assert page.evaluate("location.hash") == ""
    page.keyboard.press("ArrowRight")
    assert page.evaluate("location.hash") == "#step=1"
    for _ in range(4):  # a browser takes only so many changes
        page.keyboard.press("ArrowRight")
    page.clock.run_for(1000)
    assert page.evaluate("location.hash") == "#step=5"
    page.evaluate("location.hash = '#step=3'")
    page.wait_for_function("document.querySelector('.autograd-stepper').stepper.at === 3")
    page.evaluate("location.hash = '#step=2&level=layers'")
    page.wait_for_function("document.querySelector('.autograd-stepper').stepper.at === 2")
    assert page.evaluate("document.querySelector('.autograd-stepper').stepper.level") == "layers"
    page.reload()
    assert frame(page) == 2
    page.clock.run_for(1000)
    assert page.evaluate("location.hash") == "#step=2&level=layers"


def test_the_keys_work_at_once_and_are_told(neuron, open_page) -> None:
    page = open_page(neuron)
    assert page.locator("h1").inner_text() == neuron.title
    assert page.locator("h1").is_visible()
    page.keyboard.press("ArrowRight")
    assert frame(page) == 1
    assert page.get_by_text("p presents").is_visible()
    page.keyboard.press("p")
    page.wait_for_selector(".ags-presenting")
    assert page.locator("h1").is_visible()
    page.keyboard.press("p")
    assert page.locator(".ags-presenting").count() == 0


LEVEL = "document.querySelector('.autograd-stepper').stepper.level"


@pytest.mark.parametrize("level", ["neurons", "layers"])
def test_all_lines_of_a_step_of_neurons_are_seen_on_a_laptop(level, open_page) -> None:
    root, model = graphs.four_examples()
    page = open_page(step_through(root, model=model, level=level), **LAPTOP)
    lines = page.locator(".ags-now")
    for number in range(int(view(page).evaluate("(root) => root.stepper.length"))):
        show(page, number)
        if "neuron" in shown(view(page))["title"] or "layer" in shown(view(page))["title"]:
            assert lines.evaluate("(x) => x.scrollHeight <= x.clientHeight")


def test_a_key_goes_up_and_down_in_place(open_page) -> None:
    root, model = graphs.iris()
    stepper = step_through(root, model=model)
    page = open_page(stepper)
    steps = stepper.contents.levels
    for number in (0, 1, 20, 35, 60, 199, 318):
        show(page, number)
        for level in ("neurons", "layers"):
            page.keyboard.press("l")
            assert page.evaluate(LEVEL) == level
            held = [s for s, (*_, times) in enumerate(steps[level], 1) if number in times]
            assert [frame(page)] == (held or [0])
        page.keyboard.press("L")
        assert page.evaluate(LEVEL) == "neurons"
        page.keyboard.press("L")
        assert page.evaluate(LEVEL) == "edges"
        assert frame(page) == number
    with pytest.raises(Exception, match='there is no level "heads", only: edges, neurons, layers'):
        page.evaluate(f"{LEVEL} = 'heads'")


def test_coarser_levels_end_with_the_same_numbers(open_page) -> None:
    root, model = graphs.iris()
    page = open_page(step_through(root, model=model, level="layers"))
    assert page.evaluate("document.querySelector('.autograd-stepper').stepper.length") == 9
    ends = {}
    for level in ("layers", "neurons", "edges"):
        page.evaluate(f"{LEVEL} = '{level}'")
        page.keyboard.press("End")
        told = shown(view(page))
        ends[level] = (told["rows"], told["boxes"])
    assert ends["layers"] == ends["neurons"] == ends["edges"]


def test_a_layer_shows_its_matrices(open_page) -> None:
    root, model = graphs.iris()
    page = open_page(step_through(root, model=model, level="layers"))
    show(page, 8)
    assert shown(view(page))["title"] == "Backward pass: through layer 1"
    found = gradients_after(backprop_steps(root))
    neurons = model.layers[0].neurons
    cells = page.locator(".ags-lines mtable").last.locator("mtd").all_text_contents()
    expected = [minus(format_number(found[w])) for n in neurons for w in n.w]
    assert [cell.split("·")[0] for cell in cells] == [x.split("e")[0] for x in expected]


def test_without_motion_nothing_moves(open_page) -> None:
    root, model = graphs.iris()
    for motion, glides in (("reduce", False), ("no-preference", True)):
        page = open_page(step_through(root, model=model), reduced_motion=motion)
        moved = False
        for _ in range(40):
            page.keyboard.press("ArrowRight")
            style = "getComputedStyle(document.querySelector('.ags-picture svg'))"
            moved |= page.evaluate(f"{style}.transitionDuration") != "0s"
        assert moved == glides


def test_the_wheel_a_drag_and_the_key_0(open_page) -> None:
    root, model = graphs.iris()
    page = open_page(step_through(root, model=model))
    svg = page.locator(".ags-picture svg")
    whole = svg.bounding_box()
    page.mouse.move(40, 60)  # beside the cards, whose numbers would be dragged
    page.mouse.wheel(0, -400)
    near = svg.bounding_box()
    assert near["width"] > 1.5 * whole["width"]
    page.mouse.down()
    page.mouse.move(140, 90, steps=3)
    page.mouse.up()
    far = svg.bounding_box()
    assert (far["x"] - near["x"], far["y"] - near["y"]) == pytest.approx((100, 30), abs=1)
    assert frame(page) == 0  # it was not a click
    page.keyboard.press("0")
    page.wait_for_function(
        """(whole) => {
            const { width } = document.querySelector(".ags-picture svg").getBoundingClientRect();
            return Math.abs(width - whole) < 0.1;
        }""",
        arg=whole["width"],
    )


def test_paper_has_the_picture_and_all_steps(neuron, open_page) -> None:
    page = open_page(neuron)
    show(page, 4)
    page.emulate_media(media="print")
    page.wait_for_selector(".ags-printed tr")
    rows = page.locator(".ags-printed tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == [str(number) for number in range(len(neuron))]
    assert rows[5].replace("\n", "").endswith("=0+0.3592=0.3592")
    box = page.locator(".ags-picture svg").bounding_box()
    assert box["x"] >= 0
    assert box["width"] <= 1280
    assert not page.locator(".ags-controls").is_visible()
    page.emulate_media(media="screen")
    page.wait_for_function("!document.querySelector('.ags-printed tr')")
    assert frame(page) == 4


def test_two_steppers_and_their_page_share_the_keys(neuron, open_page) -> None:
    page = open_page(neuron.element() + neuron.element(compact=True))
    page.evaluate("document.addEventListener('keydown', (e) => (window.seen ??= []).push(e.key))")
    first, second = page.locator(".autograd-stepper").all()
    second.focus()
    for _ in range(len(neuron)):  # at its end the key goes on, to a presentation's next slide
        page.keyboard.press("ArrowRight")
    assert [shown(s)["frame"] for s in (first, second)] == [0, len(neuron) - 1]
    assert page.evaluate("seen") == ["ArrowRight"]
    assert first.locator(".ags-table").is_visible()
    assert not second.locator(".ags-table").is_visible()
    classes = page.evaluate("""() => [...document.querySelectorAll(".autograd-stepper *")]
        .filter((part) => !part.closest("svg")).flatMap((part) => [...part.classList])""")
    assert [name for name in classes if not name.startswith("ags-")] == []
    assert page.locator(".autograd-stepper section").count() == 0  # a slide of reveal.js


# -- live numbers -------------------------------------------------------------------------------

STEPPER = "document.querySelector('.autograd-stepper').stepper"


def put(page: Any, name: str, number: float) -> None:
    page.evaluate(f"([name, number]) => {STEPPER}.set(name, number)", [name, number])


def every_frame(page: Any) -> list[Any]:
    """What each shows, read within the page: nothing is painted in between, which takes long."""
    told: list[Any] = view(page).evaluate(f"""(root) => Array.from(
        {{ length: root.stepper.length }},
        (_, number) => {{
            root.stepper.show(number);
            return ({SHOWN})(root);
        }},
    )""")
    return told


@pytest.mark.parametrize("order", ["topological", "depth_first"])
@pytest.mark.parametrize("make", [graphs.neuron, graphs.used_twice])
def test_a_number_that_is_set_shows_what_a_page_of_that_number_shows(
    make, order, open_page
) -> None:
    """Formulas, edges, table and words, in every frame."""
    as_made = every_frame(open_page(step_through(make(), order=order)))
    assert [frame["frame"] for frame in as_made] == list(range(len(as_made)))
    assert len({frame["title"] for frame in as_made}) > 5
    for number in (-0.25, 3.0, 1e-7):
        root = make()
        leaf = topological_order(root)[0]
        page = open_page(step_through(root, order=order))
        put(page, leaf.label, number)
        leaf.data = number
        assert every_frame(page) == every_frame(open_page(step_through(rerun(root), order=order)))
        labels = page.locator("[data-part^=edge] text").all_text_contents()
        slopes = [
            format_number(d) for node in topological_order(rerun(root)) for d in node.partials
        ]
        assert sorted(labels) == sorted(slopes)
        page.get_by_role("button", name="reset numbers").click()
        assert every_frame(page) == as_made


@pytest.mark.parametrize("name", NETWORKS)
def test_the_numbers_of_a_network_follow_a_weight(name, open_page) -> None:
    root, model = NETWORKS[name]()
    page = open_page(step_through(root, model=model))
    names = [
        known["name"] for known in data_of(step_through(root, model=model).contents)[0]["nodes"]
    ]
    rng = random.Random(1)
    for parameter, called in zip(topological_order(root), names, strict=True):
        if parameter.is_leaf and rng.random() < 0.3:
            parameter.data = rng.gauss(0, 1)
            put(page, called, parameter.data)
    order = topological_order(rerun(root))
    found = page.evaluate(f"{STEPPER}.numbers()")
    assert list(found) == names
    for called, node, gradient in zip(names, order, gradients(order[-1], order), strict=True):
        expected = (node.data, gradient)
        assert found[called] == pytest.approx(expected, rel=1e-12, abs=1e-14), called


def test_numbers_are_those_of_the_engine(stepper, open_page) -> None:
    page = open_page(stepper)
    order, names = topological_order(stepper.root), names_in(stepper.root)
    found = page.evaluate(f"{STEPPER}.numbers()")
    slopes = gradients(stepper.root, order)
    for node, slope in zip(order, slopes, strict=True):
        assert found[names[node]] == [node.data, pytest.approx(slope, rel=1e-15, abs=0)]


def test_a_leaf_is_typed_dragged_and_flipped(neuron, open_page) -> None:
    page = open_page(neuron)

    def number(name: str = "w") -> float:
        return float(page.evaluate(f"{STEPPER}.numbers().{name}[0]"))

    field = page.get_by_role("spinbutton", name="data of w")
    field.fill("0.75")
    field.press("Enter")
    assert number() == 0.75
    field.press("ArrowUp")
    assert number() == 0.755
    field.fill("")  # not a number
    field.press("Tab")
    assert number() == 0.755
    assert field.input_value() == "0.755"
    assert frame(page) == 0
    page.get_by_role("button", name="reset numbers").click()
    assert number() == 0.5
    box = page.locator("[data-part=node-0] [data-number=data]")
    at = box.bounding_box()
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=4)
    assert number() == 0.6  # while it is dragged
    page.mouse.up()
    assert frame(page) == 0  # it was not a click
    box.dblclick()
    assert number() == -0.6
    put(page, "x", 0.0)
    page.locator("[data-part=node-1]").dblclick()
    assert number("x") == 1.0


def edges_by_weight(page: Any) -> list[list[str]]:
    """How each edge with a weight is drawn: what it is, then stroke, width and dash."""
    script = """() => [...document.querySelectorAll("[data-weight]")].flatMap((edge) =>
      [...edge.children].map((x) => [edge.dataset.weight, x.getAttribute("stroke"),
        x.getAttribute("fill"), x.getAttribute("stroke-dasharray") ?? "none",
        Number(x.getAttribute("stroke-width") ?? 1)]))"""
    return list(page.evaluate(script))


@pytest.mark.parametrize("numbers", [(-9.0, 1.0, 0.0), (1e-3, -1e3, -0.0), (0.0,) * 3])
def test_an_edge_has_the_sign_and_size_of_the_weight_that_was_set(numbers, open_page) -> None:
    root, model = graphs.xor()
    page = open_page(step_through(root, model=model))
    first = edges_by_weight(page)
    names = ("w1.1.1", "w1.2.2", "w2.1.2")
    weights = [model.layers[0].neurons[0].w[0], model.layers[0].neurons[1].w[1]]
    weights.append(model.layers[1].neurons[0].w[1])
    for name, weight, number in zip(names, weights, numbers, strict=True):
        put(page, name, number)
        weight.data = number
    there = edges_by_weight(page)
    assert there == edges_by_weight(open_page(step_through(rerun(root), model=model)))
    assert there != first
    page.get_by_label("reset numbers").click()
    assert edges_by_weight(page) == first


def test_on_cards_an_edge_keeps_the_line_of_its_weight(open_page) -> None:
    root, model = graphs.xor()
    page = open_page(step_through(root, model=model))
    lines = """() => {
        const paths = [...document.querySelectorAll("[data-weight]:not(.ags-current) path")];
        return paths.map((x) => {
            const { stroke, strokeWidth, strokeDasharray } = getComputedStyle(x);
            return [x.parentElement.dataset.part, stroke, strokeWidth, strokeDasharray].join();
        });
    }"""
    seen = set()
    for number in range(int(view(page).evaluate("(root) => root.stepper.length"))):
        show(page, number)
        seen |= set(page.evaluate(lines))
    assert len(seen) == page.locator("[data-weight]").count()


def test_a_weight_on_several_cards_has_its_number_on_each(open_page) -> None:
    root, neuron = graphs.recurrent()
    page = open_page(step_through(root, model=neuron))
    show(page, 10**6)
    put(page, "w1", 0.25)
    rows = page.locator(f"[data-part=node-{topological_order(root).index(neuron.w[0])}]")
    gradient = format_number(page.evaluate(f"{STEPPER}.numbers().w1[1]"))
    assert rows.count() == 3
    for row in rows.all():
        assert row.locator("text").all_text_contents()[1:] == ["0.25", gradient]


def test_local_derivatives_that_differ_between_examples_are_not_shown_as_one(open_page) -> None:
    model = MLP(1, [1], output_activation="tanh", rng=random.Random(0))
    model.layers[0].neurons[0].w[0].data = 1.0
    outputs = [relu(model([Value(x)])) for x in (1.0, 2.0)]
    page = open_page(step_through(outputs[0] + outputs[1], model=model))
    label = page.locator("[data-part^=edge] text").first  # of relu
    assert label.text_content() == "1"
    put(page, "b1.1", -1.5)  # now the first is 0
    assert label.text_content() == ""
    page.get_by_label("reset numbers").click()
    assert label.text_content() == "1"


def test_a_step_of_neurons_that_are_not_shown_marks_their_count(open_page) -> None:
    root, model = graphs.folded()
    page = open_page(step_through(root, model=model))
    page.get_by_text(re.compile(r"^… \d+ more$")).first.click()
    assert page.locator("[data-also].ags-current").count() >= 1
    assert frame(page) > 0


@pytest.mark.parametrize("presenting", [False, True])
@pytest.mark.parametrize("window", [PHONE, LAPTOP, PROJECTOR])
def test_no_formula_is_cut_without_a_way_to_it(window, presenting, open_page) -> None:
    root, model = graphs.xor()
    page = open_page(step_through(root, model=model), **window)
    if presenting:
        page.get_by_role("button", name="present", exact=True).click()
    hidden = """() => [...document.querySelectorAll(".ags-now, .ags-lines, .ags-lines > div")]
        .filter((x) => x.scrollWidth > x.clientWidth).map((x) => x.textContent)"""
    for level in ("edges", "neurons", "layers"):
        view(page).evaluate("(root, level) => (root.stepper.level = level)", level)
        for number in range(int(view(page).evaluate("(root) => root.stepper.length"))):
            show(page, number)
            assert page.evaluate(hidden) == []


def test_a_result_that_the_numbers_of_its_line_do_not_give_is_about_equal(open_page) -> None:
    root, model = graphs.four_examples()
    page = open_page(step_through(root, model=model))
    signs = set()
    for number in range(int(view(page).evaluate("(root) => root.stepper.length"))):
        show(page, number)
        lines = [line.replace("−", "-") for line in shown(view(page))["lines"]]
        if len(lines) < 4 or "·10" in "".join(lines):
            continue
        for line, join in ((lines[2], lambda a, b: a * b), (lines[3], lambda a, b: a + b)):
            match = re.search(r"=\(?([-.\d]+)\)?[·+]\(?([-.\d]+)\)?([=≈])([-.\d]+)", line)
            a, b, sign, result = match.groups()
            assert (format_number(join(float(a), float(b))) == result) == (sign == "=")
            signs.add(sign)
    assert signs == {"=", "≈"}


def test_what_has_arrived_fits_its_column_and_has_brackets(open_page) -> None:
    root, model = graphs.xor()
    page = open_page(step_through(root, model=model), **LAPTOP)
    show(page, 10**6)
    sums = page.locator("td.ags-sum").all_text_contents()
    assert any("+ (-" in text for text in sums)
    assert not any("+ -" in text for text in sums)
    view(page).evaluate("(root) => (root.stepper.level = 'edges')")
    assert page.locator(".ags-table").evaluate("(x) => x.scrollWidth <= x.clientWidth")


def test_what_cannot_be_set_is_refused(neuron, open_page) -> None:
    page = open_page(neuron)
    for name, number, message in [
        ("v1", 1.0, 'there is no leaf "v1"'),
        ("w", None, '"w" needs a number, got null'),
    ]:
        with pytest.raises(Exception, match=message):
            put(page, name, number)


def test_a_function_of_python_cannot_be_recomputed(open_page) -> None:
    gamma = primitive("gamma", lambda x: math.gamma(x), (lambda x, y: y,))
    page = open_page(step_through(gamma(Value(2.5, "x"))))
    assert page.get_by_text("cannot be changed: gamma is a function of Python").is_visible()
    assert page.get_by_role("spinbutton").count() == 0
    with pytest.raises(Exception, match="gamma is a function of Python"):
        put(page, "x", 1.0)
    assert page.evaluate(f"{STEPPER}.numbers().x[0]") == 2.5


def test_a_branch_that_may_have_changed_shows_no_formula(open_page) -> None:
    x = Value(2.0, "x")
    page = open_page(step_through(maximum(x, 1.0) * x))
    show(page, 6)
    assert shown(view(page))["lines"][1] == "∂max([x],1.0)∂[x]=1"
    put(page, "x", 0.5)
    assert shown(view(page))["lines"][1] == "∂max([x],1.0)∂[x]=0"


# -- the quiz -----------------------------------------------------------------------------------


def answer(page: Any, text: str) -> str:
    page.locator(".ags-answer").fill(text)
    page.keyboard.press("Enter")
    return page.locator(".ags-verdict").inner_text()


def test_the_quiz_hides_the_next_number_until_it_is_typed(neuron, open_page) -> None:
    page = open_page(neuron)
    page.keyboard.press("q")  # asks at once
    assert page.locator(".ags-quiz label").is_visible()
    told = shown(view(page))
    assert told["title"] == "Forward pass: #1 is computed"
    assert told["boxes"]["node-2"] == told["rows"]["#1"][:2] == ["?", "–"]
    assert told["lines"][1].endswith("=?")
    assert told["spoken"] == "Forward pass: #1 is ?."
    page.get_by_role("button", name="next step").click()  # first the number
    assert frame(page) == 1
    assert "1" not in page.locator(".ags-quiz label").inner_text().replace("#1", "")
    assert answer(page, "3").startswith("✗ wrong: compute")
    assert answer(page, "1") == "✓ right"
    assert page.locator(".ags-score").inner_text() == "1 right, 1 wrong"
    assert shown(view(page))["boxes"]["node-2"] == ["1", "–"]
    page.get_by_role("button", name="next step").click()
    page.get_by_role("button", name="give up").click()
    assert page.locator(".ags-verdict").inner_text() == "It is 1.1."
    assert shown(view(page))["boxes"]["node-4"] == ["1.1", "–"]
    assert page.locator(".ags-score").inner_text() == "1 right, 1 wrong"
    page.get_by_role("button", name="previous step").click()
    assert shown(view(page))["boxes"]["node-2"] == ["1", "–"]  # what was seen stays known
    page.get_by_role("button", name="quiz").click()
    page.get_by_role("button", name="last step").click()
    assert frame(page) == len(neuron) - 1
    assert "?" not in view(page).locator("tbody").inner_text()


def test_the_quiz_says_where_the_mistake_lies(open_page) -> None:
    """The second edge from d = c * c, where c = a * b."""
    a, b = Value(3.0, "a"), Value(0.5, "b")
    c = a * b
    c.label = "c"
    d = c * c * 7.0
    page = open_page(step_through(d))
    show(page, 6)
    assert shown(view(page))["title"] == "Backward pass: from #1 to c"
    page.keyboard.press("q")
    page.keyboard.press("ArrowRight")
    for text, mistake in [
        ("10.5", "you forgot to add what had arrived before"),  # 10.5 + 7 * 1.5 is right
        ("12", "you forgot the upstream gradient"),
        ("17.5", "you forgot the local derivative"),
        ("-21", "a sign is wrong"),
        ("0", "a sign is wrong"),
        ("26.25", "the local derivative is wrong"),
        ("99", "check the local derivative, then the sum"),
    ]:
        assert answer(page, text) == f"✗ wrong: {mistake}"
    assert shown(view(page))["rows"]["c"][1:] == ["?", "?", "?"]
    assert answer(page, "42/2") == "✓ right"
    assert page.locator(".ags-score").inner_text() == "1 right, 7 wrong"
    assert shown(view(page))["rows"]["c"][1] == "21"


def test_steppers_that_are_compared_go_in_step(open_page) -> None:
    c = graphs.used_twice()
    steppers = step_through(c), step_through(c, order="depth_first")
    page = open_page(compare_steps(*steppers).page())
    first, second = page.locator(".autograd-stepper").all()
    assert first.bounding_box()["y"] == second.bounding_box()["y"]
    first.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert [shown(s)["frame"] for s in (first, second)] == [5, 5]
    second.focus()
    page.keyboard.press("End")
    assert [shown(s)["frame"] for s in (first, second)] == [7, 9]
    assert [shown(s)["rows"]["a"][1] for s in (first, second)] == ["4", "6"]
    page.keyboard.press("ArrowLeft")
    first.evaluate("(root) => root.stepper.show(2)")
    assert [shown(s)["frame"] for s in (first, second)] == [2, 2]


@pytest.mark.parametrize("format", ["png", "pdf"])
def test_every_step_is_saved_as_a_file(format, browser, tmp_path) -> None:
    image = pytest.importorskip("PIL.Image")
    stepper = step_through(graphs.used_twice())
    # in a process of its own, since this one drives a browser already
    page, folder = tmp_path / "page.html", tmp_path / "frames"
    page.write_text(stepper.page(), encoding="utf-8")
    code = (
        "from pathlib import Path; from autograd_mini.stepper.images import save_frames; "
        f"save_frames(Path({str(page)!r}).read_text('utf-8'), Path({str(folder)!r}), {format!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    names = [f"step-{t}.{format}" for t in range(len(stepper))]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*names, "steps.gif"])
    with image.open(folder / "steps.gif") as animated:
        assert (animated.n_frames, animated.size) == (len(stepper), (1280, 720))
    start = (folder / names[0]).read_bytes()[:4]
    assert start == {"png": b"\x89PNG", "pdf": b"%PDF"}[format]


def test_in_a_presentation_of_reveal_js(neuron, open_page) -> None:
    reveal = Path(__file__).parent / "node_modules/reveal.js/dist"
    if not reveal.exists():
        pytest.skip("reveal.js is not installed: npm ci --prefix tests/browser")
    script, style = ((reveal / f"reveal.{kind}").read_text("utf-8") for kind in ("js", "css"))
    slides = [neuron.element(compact=True), step_through(graphs.used_twice()).element(), "end"]
    sections = "".join(f"<section>{slide}</section>" for slide in slides)
    page = open_page(f"""<!doctype html><meta charset="utf-8"><style>{style}</style>
        <div class="reveal"><div class="slides">{sections}</div></div><script>{script}</script>
        <script>
          Reveal.on("slidechanged", ({{ currentSlide }}) =>
            currentSlide.querySelector(".autograd-stepper")?.focus());
          Reveal.initialize({{ transition: "none", history: false }});
        </script>""")
    page.wait_for_function("Reveal.isReady()")
    assert page.evaluate("Reveal.getTotalSlides()") == 3
    first, second = page.locator(".autograd-stepper").all()
    first.focus()
    for stepper in (first, second):
        last = stepper.evaluate("(root) => root.stepper.length - 1")
        for _ in range(last):
            page.keyboard.press("ArrowRight")
        assert shown(stepper)["frame"] == last
        box, svg = (stepper.locator(part).bounding_box() for part in ("[data-view]", "svg"))
        assert box["x"] <= svg["x"]
        assert svg["x"] + svg["width"] <= box["x"] + box["width"] + 1
        assert stepper.locator(".ags-controls").is_visible()
        page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getState().indexh") == 2


def test_weights_that_examples_share_are_added_to(open_page) -> None:
    root, model = graphs.four_examples()
    page = open_page(step_through(root, model=model, level="neurons"))
    page.keyboard.press("End")
    assert "grad(w)+=δ·h=" in shown(view(page))["lines"][1]
    root, model = graphs.xor()
    page = open_page(step_through(root, model=model, level="neurons"))
    page.keyboard.press("End")
    assert shown(view(page))["lines"][1].startswith("grad(w)=δ·h=(")
