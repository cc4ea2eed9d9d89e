"""Pictures of all values that are wider than a page have several lines."""

import re
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import PURE, SVG, Drawn

from autograd_mini import Value, draw_dot, group, sin, tanh, topological_order
from autograd_mini.draw.tables import WIDEST
from autograd_mini.text import shortened

pytestmark = pytest.mark.skipif(PURE is None, reason="sizes are those of graphviz-pure")


def recurrent(count):
    """A recurrent network, and a group for each of its steps."""
    w, u, b, h, groups = Value(0.5, "w"), Value(0.3, "u"), Value(0.1, "b"), Value(1.0, "h0"), []
    for t in range(1, count + 1):
        x = Value(t / 10, f"x{t}")
        first, second = w * h, u * x
        h = tanh(first + second + b)
        h.label = f"h{t}"
        groups.append(group(f"step {t}", [first, second, h]))
    h.backward()
    return h, groups


def chain(count):
    x = Value(1.0, "x")
    for k in range(count):
        x = x * 1.1 if k % 2 else sin(x)
    return x


def ladder(count):
    x = Value(1.0, "x")
    for _ in range(count):
        x = sin(x) * tanh(x)
    return x


@st.composite
def long_graphs(draw):
    nodes = [Value(0.5, draw(st.sampled_from(["", "x", "the name of a weight"]))) for _ in range(4)]
    for _ in range(draw(st.integers(20, 50))):
        a, b = nodes[-1], draw(st.sampled_from(nodes[-8:]))
        nodes.append(draw(st.sampled_from([tanh(a), a + b, a * b, a * 0.5, sin(b) - a])))
    return nodes[-1]


def size(picture):
    return [float(picture.svg.get(side).removesuffix("pt")) for side in ("width", "height")]


def boxes(picture):
    """(left, top, right, bottom) of all boxes and operations."""
    found = {}
    for i in picture.groups:
        if i.startswith(("node-", "op-", "again-")):
            numbers, ellipse = [], picture.groups[i].find(f".//{SVG}ellipse")
            if ellipse is not None:
                cx, cy, rx, ry = (float(ellipse.get(k)) for k in ("cx", "cy", "rx", "ry"))
                numbers = [cx - rx, cy - ry, cx + rx, cy + ry]
            for shape in picture.shapes(i):
                drawn = shape.get("points") or shape.get("d") or ""
                numbers += map(float, re.findall(r"-?\d+\.?\d*", drawn))
            xs, ys = numbers[::2], numbers[1::2]
            found[i] = min(xs), min(ys), max(xs), max(ys)
    return found


def curve(picture, i):
    path = picture.groups[i].find(f".//{SVG}path").get("d")
    numbers = list(map(float, re.findall(r"-?\d+\.?\d*", path)))
    return list(zip(numbers[::2], numbers[1::2]))


def check(root, slack=1.0, **options):
    """What is true of every picture in lines; the picture, and its boxes."""
    picture, order = Drawn(root, **options), topological_order(root)
    places = boxes(picture)
    assert size(picture)[0] <= WIDEST * 12 * slack
    for (a, (left, t, r, b)), (c, (l2, t2, r2, b2)) in combinations(places.items(), 2):
        assert r <= l2 or r2 <= left or b <= t2 or b2 <= t, (a, c)
    for i in picture.ids("edge"):
        tail, head = picture.ends(i)
        points = curve(picture, i)
        for end, (x, y) in ((tail, points[0]), (head, points[-1])):
            left, top, right, bottom = places[end]
            assert left - 12 < x < right + 12, (i, end)
            assert top - 12 < y < bottom + 12, (i, end)
        assert places[tail][2] < places[head][0], f"{i} does not go to the right"
    edges = [(k, n.parents.index(x)) for k, n in enumerate(order) for x in n.parents]
    for k, j in edges:  # each is there, and begins at its operand or at a box with its name
        tail, head = picture.ends(f"edge-{k}-{[*order[k].operands].index(order[k].parents[j])}")
        source = order.index(order[k].parents[j])
        if tail.startswith("again-"):
            assert tail.startswith(f"again-node-{source}-")
            assert picture.texts(tail) == [shortened(picture.texts(f"node-{source}")[0], 16)]
            assert places[f"node-{source}"][3] < places[tail][1], (
                "a value is above where it is used"
            )
        else:
            assert tail == f"node-{source}"
        assert head == f"op-{k}"
    return picture, places


@pytest.mark.parametrize(
    "root", [chain(60), ladder(20), recurrent(7)[0]], ids=lambda r: len(topological_order(r))
)
def test_wide_pictures_have_lines_and_their_boxes_are_apart(root):
    picture, _ = check(root)
    assert size(Drawn(root, wrap=False))[0] > WIDEST * 12
    assert picture.ids("again")


@settings(max_examples=20)
@given(long_graphs())
def test_lines_of_any_graph(root):
    check(root, slack=1.25)  # Graphviz may spread a line that branches


def test_steps_of_a_recurrent_network_stay_whole_and_are_readable_on_a_screen():
    root, groups = recurrent(7)
    picture, _ = check(root, groups=groups)
    assert {i for i in picture.groups if i.startswith("module-")} == {
        f"module-{g.label}" for g in groups
    }
    width, height = size(picture)
    assert 12 * min(1600 / width, 900 / height) >= 9  # pixels of type


def test_narrow_pictures_and_those_from_above_have_one_line():
    for root, options in (
        (chain(5), {}),
        (chain(60), {"rankdir": "TB"}),
        (chain(60), {"wrap": False}),
    ):
        assert "again-" not in draw_dot(root, **options).source
        assert "cluster_line" not in draw_dot(root, **options).source


def test_a_frame_that_is_wider_than_a_page_is_drawn_in_each_line():
    root = chain(30)
    whole = group("all", topological_order(root))
    picture, _ = check(root, groups=[whole])
    assert picture.ids("module") > {"module-all", "module-all-1"}
