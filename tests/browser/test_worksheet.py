"""Worksheets in a browser: what stands on a page fits it, on the screen and on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autograd_mini.worksheets.pages import to_html
from autograd_mini.worksheets.problems import LEVELS

COUNT = 6
ROOM = """() => [...document.querySelectorAll("section")].map((section) => {
    const foot = section.querySelector("footer").getBoundingClientRect().top;
    const ends = [...section.querySelectorAll("p, svg, table, pre, mtable")]
        .map((part) => part.getBoundingClientRect());
    const right = section.getBoundingClientRect().right;
    return [foot - Math.max(...ends.map((end) => end.bottom)),
        right - Math.max(...ends.map((end) => end.right))];
})"""
BOXES = """() => [...document.querySelectorAll(".box > * > math")].map((math) => {
    const [inner, outer] = [math, math.parentElement].map((x) => x.getBoundingClientRect());
    return Math.min(inner.left - outer.left, outer.right - inner.right,
        inner.top - outer.top, outer.bottom - inner.bottom);
})"""


@pytest.mark.parametrize("level", LEVELS)
def test_everything_fits(open_page: Callable[..., Any], level: int) -> None:
    tab = open_page(to_html(level, 5, COUNT))
    for media in ("screen", "print"):
        tab.emulate_media(media=media)
        room = tab.evaluate(ROOM)
        assert len(room) == 4 * COUNT
        assert min(below for below, _ in room) > 0
        assert min(right for _, right in room) >= 0
        fronts = room[: 2 * COUNT : 2]
        assert min(below for below, _ in fronts) > 70  # to write the chain rule
        assert min(tab.evaluate(BOXES)) > -1
    pdf = tab.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.count(b"/Type /Page\n") == 4 * COUNT
