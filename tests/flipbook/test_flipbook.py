"""What a flip book's page contains, before any script has run."""

import base64
import json
import math
import re
import zlib
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import AutogradError, Value, exp, gradients, primitive, step_through, tanh
from autograd_mini.flipbook import Chart, FlipBook, Page, drag

SVG = "{http://www.w3.org/2000/svg}"
inside = st.floats(-3, 5)


def contents(book):
    """What the view unpacks."""
    [packed] = re.findall(r"autogradFlips\(root, '(.*?)'\);", book.element())
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def neuron():
    w, x, b = Value(0.5, "w"), Value(2.0, "x<y"), Value(-0.5, "b")
    loss = (tanh(w * x + b) - 1) ** 2
    loss.label = "L"
    return loss, w, x


def points_of(chart, part):
    """The points of the lines of one kind, in the axes' numbers."""
    (x0, x1), (y0, y1), (width, height) = chart.x, chart.y, chart.size
    for line in ElementTree.fromstring(str(chart)).iter(f"{SVG}polyline"):
        if f"data-{part}" in line.attrib:
            pixels = [tuple(map(float, p.split(","))) for p in line.get("points").split()]
            yield [(x0 + x / width * (x1 - x0), y1 - y / height * (y1 - y0)) for x, y in pixels]


@given(points=st.lists(st.tuples(inside, inside), min_size=1), title=st.text("<&\"' ab"))
def test_a_chart_has_each_point_where_it_belongs(points, title):
    chart = Chart((-3, 5), (-3, 5), title).line(points).dots(points)
    [line] = points_of(chart, "line")
    assert [point for dot in points_of(chart, "dot") for point in dot[:1]] == line
    for point, read in zip(points, line, strict=True):
        assert read == pytest.approx(point, abs=8 * 0.06 / 160)  # a tenth of a pixel
    first = ElementTree.fromstring(str(chart)).find(f"{SVG}text")
    assert (first.text or "") == title


def test_regions_cover_the_frame_with_the_highest_row_above():
    grid = [[0.05, 0.3, 0.4], [0.95, 0.95, 0.7]]
    drawn = ElementTree.fromstring(str(Chart((0, 3), (0, 2)).regions(grid)))
    rects = [r.attrib for r in drawn.iter(f"{SVG}rect") if "opacity" in r.attrib]
    places = [tuple(float(r[k]) for k in ("x", "y", "width", "height")) for r in rects]
    assert places == [(0, 0, 180, 80), (180, 0, 90, 80), (0, 80, 90, 80), (90, 80, 180, 80)]
    looks = [(r["fill"], r["opacity"]) for r in rects]
    assert looks[0][0] == looks[1][0] != looks[2][0] == looks[3][0]  # above one half, or below
    assert looks[0][1] == looks[2][1] > looks[1][1] == looks[3][1]  # sure, or not


@pytest.mark.smoke
def test_a_page_says_its_name_and_shows_its_first_page_without_scripts():
    charts = [Chart((0, 1), (0, 9), f"times {n}").line([(0, 0), (1, n)]) for n in range(9)]
    book = FlipBook([Page(str(n), [c]) for n, c in enumerate(charts)], "factor <n>", start=4)
    assert len(book) == 9
    [image] = re.findall(
        r'<img alt="(.*?)" .*? src="data:image/svg\+xml;base64,(.*?)"', book.page()
    )
    assert image[0] == "factor &lt;n&gt;: factor &lt;n&gt; 4"
    assert base64.b64decode(image[1]).decode() == str(charts[4])
    assert [page["pictures"] for page in contents(book)["pages"]] == [[str(c)] for c in charts]
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", book.page())


def test_pages_name_the_leaves_as_the_stepper_does():
    loss, w, x = neuron()
    pages = [Page("a", numbers={w: 1.0, x: 3.0}), Page("b", numbers={w: 2.0})]
    found = contents(FlipBook(pages, stepper=step_through(loss)))
    assert [page["numbers"] for page in found["pages"]] == [{"w": 1.0, "x<y": 3.0}, {"w": 2.0}]
    assert set(found["leaves"]) == {"w", "x<y", "b"}


def test_the_curve_is_the_root_by_the_leaf_and_nothing_is_changed():
    loss, w, _ = neuron()
    book = drag(step_through(loss), w, -3.0, 3.0)
    [chart] = book.pages[book.start].pictures
    [curve] = points_of(chart, "curve")
    assert len(curve) == len(book) == 61
    for (x, y), page in zip(curve, book.pages, strict=True):
        assert x == pytest.approx(page.numbers[w], abs=0.01)
        assert y == pytest.approx((tanh(2 * page.numbers[w] - 0.5) - 1) ** 2, abs=0.01)
    assert (w.data, w.grad) == (0.5, 0.0)
    assert book.pages[book.start].numbers[w] == 0.5


def test_gradients_stand_in_powers_of_ten():
    w, h = Value(2.0, "w"), Value(0.0, "x")
    row = [h := tanh(w * h) for _ in range(8)]
    [chart] = [p for page in drag(step_through(h), w, -4, 4, gradients_of=row).pages
               for p in page.pictures]  # fmt: skip
    [line] = points_of(chart, "curve")
    for (k, power), gradient in zip(line, gradients(h, row), strict=True):
        assert 10**power == pytest.approx(gradient, rel=0.2)
        assert gradient == 2.0 ** (8 - round(k))


def test_a_curve_that_is_level_has_a_frame_all_the_same():
    x, w = Value(0.0, "x"), Value(1.0, "w")
    [chart] = [p for page in drag(step_through(w * x), w, 0, 2).pages for p in page.pictures]
    assert chart.y == (0.0, 1.0)


def test_what_cannot_be_shown_is_told():
    loss, w, _ = neuron()
    for other in (loss, Value(1.0, "other")):
        pages = [Page("a", (), {other: 1.0})]
        for book in (
            lambda x=other: drag(step_through(loss), x, 0, 1),
            lambda p=pages: FlipBook(p, stepper=step_through(loss)),
            lambda p=pages: FlipBook(p),
        ):
            with pytest.raises(AutogradError, match="expected leaves of its stepper's graph"):
                book()
    for low, high in ((1, 2), (-1, 0.25), (0.5, 0.5), (1, -1)):
        with pytest.raises(ValueError, match=r"low <= 0.5 <= high"):
            drag(step_through(loss), w, low, high)
    for opaque in (primitive("gamma", math.gamma, (lambda x, y: y,))(w), Value(Fraction(1, 2)) * 1):
        leaf = opaque.parents[0]
        with pytest.raises(AutogradError, match=r"cannot be changed: .*; give a FlipBook no"):
            drag(step_through(opaque), leaf, -3, 3)
    with pytest.raises(OverflowError):
        drag(step_through(exp(w)), w, 0, 1e6)
    assert w.data == 0.5
    for start in (-1, 1):
        with pytest.raises(ValueError, match="one of the 1 pages"):
            FlipBook([Page("a")], start=start)
    with pytest.raises(ValueError, match="html"):
        FlipBook([Page("a")]).save("pages.svg")
