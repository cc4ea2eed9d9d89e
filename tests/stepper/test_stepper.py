"""The stepper shows what the engine does: every number in it is one of a Step record."""

import base64
import json
import math
import random
import re
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packed import data_of_page

import autograd_mini
from autograd_mini import (
    AutogradError,
    StaleGraphError,
    Value,
    backprop_steps,
    compare_steps,
    dot,
    fsum,
    gradients,
    group,
    maximum,
    node_names,
    primitive,
    rerun,
    step_through,
    tanh,
    topological_order,
    where,
)
from autograd_mini import stepper as stepper_module
from autograd_mini.draw import format_number, names_of
from autograd_mini.palette import PAGE
from autograd_mini.stepper.frames import Contents, frames_of, gradients_after, taken
from autograd_mini.stepper.page import data_of, element_of, view_css, view_js
from autograd_mini.stepper.picture import picture_of
from autograd_mini.testing import expressions, networks
from nn import MLP, Neuron
from nn.losses import cross_entropy, mean_squared_error

FEW = settings(max_examples=15, deadline=None)  # each draws a picture


def labelled(numbers):
    return [Value(x, f"x_{i + 1}") for i, x in enumerate(numbers)]


def neuron():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b")
    y = tanh(w * x + b)
    y.label = "y"
    return y


def doubled():
    """b = a + a; c = b + b: 4, and 6 where the order is wrong."""
    a = Value(1.0, "a")
    b = a + a
    b.label = "b"
    c = b + b
    c.label = "c"
    return c


def data(root, **options):
    told, _ = data_of(contents(root, **options))
    return told


def contents(root, **options):
    return Contents(root, frames_of(root, **options), "")


def picture(root, **options):
    """The picture as elements, without their namespace."""
    svg = picture_of(contents(root, **options))
    return ElementTree.fromstring(svg.replace(' xmlns="http://www.w3.org/2000/svg"', ""))


# -- frames -------------------------------------------------------------------------------------


@given(expressions())
def test_there_is_a_frame_for_every_operation_and_every_edge(program):
    root = program(*labelled(program.inputs))
    order = topological_order(root)
    frames = frames_of(root)
    inner = [node for node in order if not node.is_leaf]
    edges = sum(len(node.parents) for node in order)
    assert len(frames) == len(step_through(root)) == 1 + len(inner) + 1 + edges
    kinds = ["start"] + ["forward"] * len(inner) + ["seed"] + ["backward"] * edges
    assert [frame.kind for frame in frames] == kinds
    assert [frame.node for frame in frames if frame.kind == "forward"] == inner
    told = [frame.step for frame in frames if frame.step is not None]
    for step, expected in zip(told, backprop_steps(root), strict=True):
        assert (step.node, step.edge, step.text) == (expected.node, expected.edge, expected.text)


@pytest.mark.smoke
@given(expressions())
def test_the_last_frame_has_the_gradients_of_the_backward_pass(program):
    root = program(*labelled(program.inputs))
    order = topological_order(root)
    found = gradients_after(backprop_steps(root))
    assert [found[node] for node in order] == gradients(root, order)
    root.backward()
    assert [found[node] for node in order] == [node.grad for node in order]


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({}, ["start", "forward", "forward"] + ["seed"] + ["backward"] * 4),
        ({"forward": False}, ["start", "seed"] + ["backward"] * 4),
        ({"backward": False}, ["start", "forward", "forward"]),
        ({"forward": False, "backward": False}, ["start"]),
        ({"order": "depth_first"}, ["start", "forward", "forward", "seed"] + ["backward"] * 6),
    ],
)
def test_each_pass_can_be_left_out(options, kinds):
    assert [frame.kind for frame in step_through(doubled(), **options).frames] == kinds


def test_stepping_touches_no_gradient():
    y = neuron()
    step_through(y).page()
    assert all(node.grad == 0 for node in topological_order(y))


# -- what the view is told ----------------------------------------------------------------------


PLACES = re.compile("[\ue000-\uf8ff]")  # of operands, from 0xE000; from 0xE800 if with brackets


def check_data(root):
    order = topological_order(root)
    names = node_names(root)
    told = json.loads(json.dumps(data(root)))  # JSON, with nothing lost
    assert told["root"] == len(order) - 1
    assert (told["level"], told["levels"]) == ("edges", {})
    assert len(told["nodes"]) == len(order)
    for node, known in zip(order, told["nodes"]):
        assert known["name"] == names[node]
        assert known["data"] == str(node.data)
        assert known["partials"] == [str(d) for d in node.partials]
        assert [node.operands[k] for k in known["operands"]] == list(node.parents)
        assert [order[j] for j in known["parents"]] == list(node.parents)
        assert ("formula" in known) == ("rules" in known) == (not node.is_leaf)
        assert "right" not in known
        if not node.is_leaf:
            constants = {k: float(x) for k, x in known["constants"]}
            assert set(constants) | set(known["operands"]) == set(range(len(node.operands)))
            assert all(node.operands[k] == x for k, x in constants.items())
            places = PLACES.findall(told["math"][known["formula"]])
            assert {ord(place) % 0x800 for place in places} <= set(known["operands"])
        for key in [*(known.get("rules") or []), known["math"], known.get("formula")]:
            if key is not None:
                ElementTree.fromstring(told["math"][key])
    seed, *steps = backprop_steps(root)
    [first] = [frame for frame in told["frames"] if frame["kind"] == "seed"]
    assert first == {"kind": "seed", "node": told["root"], "exact": str(seed.after)}
    assert seed.after == 1
    backward = [frame for frame in told["frames"] if frame["kind"] == "backward"]
    for step, frame in zip(steps, backward, strict=True):
        assert order[frame["node"]] is step.node
        assert frame["edge"] == step.edge
        assert frame["exact"] == str(step.after)
        assert told["nodes"][frame["node"]]["partials"][step.edge] == str(step.local)
    assert len(set(told["math"])) == len(told["math"])  # each once


@given(expressions())
def test_the_numbers_of_a_random_program_are_the_engines(program):
    check_data(program(*labelled(program.inputs)))


@given(networks())
def test_the_numbers_of_a_network_are_the_engines(network):
    check_data(network(*labelled(network.inputs)))


def text_of(math):
    return "".join(ElementTree.fromstring(math).itertext())


def test_a_rule_is_told_where_it_says_more_than_a_number():
    told = data(neuron())
    rules = [
        [None if r is None else text_of(told["math"][r]) for r in node["rules"]]
        for node in told["nodes"]
        if "rules" in node
    ]
    assert rules[0] == ["x", "w"]  # of the product
    assert rules[1] == [None, None]  # of +, which is 1
    assert rules[2][0].replace("−", "-") == "1-y2"  # of tanh


def test_a_rule_that_another_number_would_change_is_marked():
    x = Value(2.0, "x")
    for y, decided in ((x * x, False), (tanh(x), False), (x**2, False), (maximum(x, 1.0), True)):
        assert [node.get("decided") for node in data(y)["nodes"]] == [None, decided]


def test_formulas_have_places_for_their_operands():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    bare, bracketed = "\ue000", "\ue801"
    for y, formula in [
        (a + b, "\ue800+" + bracketed),
        (a * a, "\ue800·" + bracketed),
        (tanh(a), f"tanh({bare})"),
        (a**2, "\ue8002"),
        (a / b, f"{bare}\ue001"),
        (3.0 - a, "3.0-" + bracketed),
    ]:
        told = data(y)
        assert text_of(told["math"][told["nodes"][-1]["formula"]]).replace("−", "-") == formula


def test_a_formula_too_long_for_its_line_is_the_name_of_its_operation():
    ws, xs = labelled(range(1, 41)), [1.5] * 40
    wide = dot(ws, xs)
    my_own = primitive("my_own", lambda x: x, (lambda x, y: 1,), latex="+".join(["#1"] * 100))
    for node, name in ((wide, "dot(…)"), (my_own(ws[0]), "my_own(…)")):
        told = data(node)
        formula = ElementTree.fromstring(told["math"][told["nodes"][-1]["formula"]])
        assert "".join(formula.itertext()) == name
        assert formula.find(".//mi").text == name.removesuffix("(…)")  # in one piece


@given(expressions(max_nodes=12))
def test_depth_first_says_what_is_right_where_it_is_wrong_and_nowhere_else(program):
    root = program(*labelled(program.inputs))
    try:
        told = data(root, order="depth_first")
    except AutogradError:  # too many paths
        return
    order = topological_order(root)
    naive = gradients_after(backprop_steps(root, order="depth_first"))
    for node, known, right in zip(order, told["nodes"], gradients(root, order)):
        shown, expected = format_number(naive[node]), format_number(right)
        assert known.get("right") == (expected if shown != expected else None)
        if math.isclose(naive[node], right, rel_tol=1e-12):
            continue
        assert "right" in known or math.isclose(naive[node], right, rel_tol=1e-3, abs_tol=1e-300)


def test_the_wrong_order_gives_six_where_four_is_right():
    a, b, c = data(doubled(), order="depth_first")["nodes"]
    assert a["right"] == "4"
    assert "right" not in b
    assert "right" not in c


def test_a_gradient_that_is_nan_in_either_order_is_not_called_wrong():
    x = Value(math.inf, "x")
    for order in ("topological", "depth_first"):
        told = data((x - x) * x, order=order)
        assert told["nodes"][0]["data"] == "inf"
        assert told["nodes"][1]["data"] == "nan"
        assert all("right" not in known for known in told["nodes"])


def test_fractions_and_constants_are_told_exactly():
    x = Value(Fraction(1, 3), "x")
    root = x**2 * Fraction(2, 7) - 1
    told = data(root)
    assert [known["data"] for known in told["nodes"]] == ["1/3", "1/9", "2/63", "-61/63"]
    assert [known["shown"] for known in told["nodes"]] == ["1/3", "1/9", "2/63", "-61/63"]
    assert told["frames"][-1]["after"] == told["frames"][-1]["exact"] == "4/21"
    assert told["opaque"].startswith(
        "the numbers of this page cannot be changed: 1/3 is not a float"
    )
    assert [known["operands"] for known in told["nodes"]] == [[], [0], [0], [0]]
    huge = data(Value(Fraction(10**5000), "x") * 2)
    assert huge["nodes"][0]["data"] == "1e+5000"


def test_operands_are_counted_with_the_constants_between_them():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    root = dot([a, 3.0], [0.5, b], 1.0)
    assert data(root)["nodes"][-1]["operands"] == [0, 3]
    assert {frame.get("edge") for frame in data(root)["frames"]} == {None, 0, 1}
    assert picture(root).find(".//g[@data-part='edge-2-3']") is not None


# -- the picture --------------------------------------------------------------------------------


def check_picture(root, **options):
    """All that view.js looks up is there, and where it looks."""
    svg, told = picture(root, **options), data(root, **options)
    parts = [g.get("data-part") for g in svg.iter("g") if g.get("data-part")]
    assert len(parts) == len(set(parts))
    expected = set()
    for i, known in enumerate(told["nodes"]):
        expected.add(f"node-{i}")
        if "formula" in known:
            expected |= {f"op-{i}", f"edge-{i}"} | {f"edge-{i}-{k}" for k in known["operands"]}
    assert expected <= set(parts)
    others = set(parts) - expected
    assert all(re.fullmatch(r"(constant|edge)-\d+-(\d+|numbers)", name) for name in others)
    # view.js reads these names so
    assert all(re.fullmatch(r"(\w+)-(\d+)(?:-(\w+))?", name) for name in parts)
    assert not any(part.get("id") for part in svg.iter())
    assert not list(svg.iter("title"))
    last = gradients_after(backprop_steps(root, options.get("order", "topological")))
    for i, node in enumerate(topological_order(root)):
        texts = svg.findall(f".//g[@data-part='node-{i}']//text")
        gradient = last[node] if options.get("backward", True) else None
        assert texts[-3].text == format_number(node.data)
        assert texts[-1].text == ("–" if gradient is None else format_number(gradient))
        assert texts[-1].get("text-anchor") == "end"
        assert [text.get("data-number") for text in texts[-3::2]] == ["data", "grad"]
        assert [text.text for text in texts[-4::2]] == ["data", "grad"]


@FEW
@given(expressions(max_nodes=15))
def test_the_picture_of_a_random_program_has_the_parts_that_the_view_looks_up(program):
    check_picture(program(*labelled(program.inputs)))


@FEW
@given(networks())
def test_the_picture_of_a_network_has_the_parts_that_the_view_looks_up(network):
    check_picture(network(*labelled(network.inputs)))


@pytest.mark.parametrize("options", [{"backward": False}, {"order": "depth_first"}])
def test_the_picture_has_the_gradients_after_the_last_frame(options):
    check_picture(doubled(), **options)


def rows_of_examples(model, *rows):
    """The loss of a model on some examples."""
    outputs = [model([Value(x, f"x{k}") for k, x in enumerate(row)]) for row in rows]
    ones = [fsum(y) if isinstance(y, list) else y for y in outputs]
    return mean_squared_error(ones, [1.0] * len(rows))


@pytest.mark.parametrize("sizes", [[1], [3, 1], [13, 1], [2, 14]])
@pytest.mark.parametrize("examples", [1, 4])
@pytest.mark.parametrize("expand", [False, True])
def test_the_picture_of_a_model_is_cards_with_a_part_for_every_node(sizes, examples, expand):
    """What has no numbers of its own is counted, or is inside a neuron."""
    model = MLP(2, sizes, activation="tanh", rng=random.Random(0), expand=expand)
    loss = rows_of_examples(model, *[(0.5 * k, -2.0) for k in range(examples)])
    svg = ElementTree.fromstring(
        picture_of(step_through(loss, model=model).contents).replace(
            ' xmlns="http://www.w3.org/2000/svg"', ""
        )
    )
    parts, hidden = {}, set()
    for g in svg.iter("g"):
        if g.get("data-part"):
            assert g.get("data-part") not in parts
            parts[g.get("data-part")] = g
            hidden |= set(g.get("data-also", "").split())
    assert "op-2" not in parts
    order, last = topological_order(loss), gradients_after(backprop_steps(loss))
    shown = set()
    for i, node in enumerate(order):
        own = parts.get(f"node-{i}")
        assert own is not None or f"node-{i}" in hidden
        numbers = {
            text.get("data-number"): text.text
            for text in (own.iter("text") if own is not None else ())
            if text.get("data-number")
        }
        if numbers:
            shown.add(node)
            gradient = format_number(last[node])
            assert numbers == {"data": format_number(node.data), "grad": gradient}
    is_folded = max(sizes) > 12 or expand
    assert (shown == set(order)) == (not is_folded)
    first = model.layers[0].neurons[0]
    assert {*first.w, first.b, loss} <= shown


def test_of_many_examples_the_picture_has_a_count():
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(0))
    loss = rows_of_examples(model, *[(0.5 * k, -2.0) for k in range(9)])
    svg = picture_of(step_through(loss, model=model).contents)
    names = set(re.findall(r"node-\d+", svg))
    assert names == {f"node-{i}" for i in range(len(topological_order(loss)))}
    assert svg.count("… 6 more") == 7  # two inputs, three neurons, and what is made of them


def test_a_weight_that_is_used_at_several_places_has_a_row_at_each():
    neuron = Neuron(2, activation="tanh", rng=random.Random(0))
    h = Value(0.0, "h0")
    for x in range(3):
        h = neuron([Value(float(x), f"x{x}"), h])
    svg = picture_of(step_through(h, model=neuron).contents)
    i = topological_order(h).index(neuron.w[0])
    assert svg.count(f'data-part="node-{i}"') == 3


def test_the_picture_of_a_leaf():
    check_picture(Value(2.0, "x"))


def test_the_picture_of_a_model_with_leaves_side_by_side():
    random.seed(1)
    check_picture(mean_squared_error([MLP(6, [3, 1])([0.5] * 6)], [1.0]))


def test_a_where_in_the_picture():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    check_picture(where(True, a, b) * 3 + a)


# -- the page -----------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a page: (tag, attributes), and what stands in its scripts."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.scripts, self.texts, self.open = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        (self.scripts if self.open[-1:] == ["script"] else self.texts).append(text)

    def data(self):
        [script] = self.scripts
        return data_of_page(script)


def tags(page):
    return [tag for tag, _ in page.elements]


@pytest.mark.smoke
def test_the_page_holds_all_that_it_needs():
    page = Page(step_through(neuron()).page())
    assert page.open == []
    assert tags(page) == [
        "html", "head", "meta", "meta", "title", "style", "body", "main", "div", "style", "h1",
        "img", "p", "script",
    ]  # fmt: skip
    for _, attributes in page.elements:
        assert "href" not in attributes
        assert attributes.get("src", "data:").startswith("data:")
    html = re.sub(r"http://www\.w3\.org/\S+", "", step_through(neuron()).page())
    assert not re.search(r"https?:|@import|\burl\(|fetch\(|XMLHttpRequest|import\(", html)
    assert page.data() == json.loads(json.dumps(data(neuron())))


def test_the_picture_is_there_where_scripts_do_not_run():
    y = neuron()
    page = Page(step_through(y).page())
    [image] = [attributes for tag, attributes in page.elements if tag == "img"]
    svg = base64.b64decode(image["src"].removeprefix("data:image/svg+xml;base64,")).decode()
    assert svg == picture_of(contents(y))
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg
    assert "trust this notebook" in "".join(page.texts)


def test_the_sources_of_the_view_fit_into_a_page():
    assert "</" not in view_css()
    assert not re.search(r"</(script|style)", view_js(), re.IGNORECASE)
    assert "<!--" not in view_js()


LABELS = st.text(max_size=12) | st.sampled_from(
    ["</script>", "<script>alert(1)</script>", "<!--", "-->", "]]>", "\u2028", "\u2029", "\ud800",
     "\x00", "</style>", '" onload="alert(1)', "' x='", "&lt;", "&quot;", "\\", "\\u003c", "`${1}`",
     "<img src=x onerror=alert(1)>", "</div>"]
)  # fmt: skip


@FEW
@given(LABELS, LABELS)
@example("\ud800", "\ud800")
def test_labels_and_titles_are_text_and_nothing_else(label, title):
    def made(label, title):
        a = Value(2.0, label)
        y = a * a
        y.label = label and label + "!"
        return Page(step_through(y, title=title).page())

    plain, wild = made("a", "title"), made(label, title)
    assert tags(wild) == tags(plain)
    assert [set(attributes) for _, attributes in wild.elements] == [
        set(attributes) for _, attributes in plain.elements
    ]
    assert wild.open == []
    step_through(Value(1.0, label), title=title).page().encode()
    # no markup in the data either: it is what view.js writes as names, and as MathML
    told = wild.data()
    for math_ml in told["math"]:
        assert {part.tag for part in ElementTree.fromstring(math_ml).iter()} <= {
            "mrow", "mi", "mn", "mo", "mfrac", "msub", "msup", "msubsup",
        }  # fmt: skip
    if label.isprintable() and label == " ".join(label.split()) and label:
        assert told["nodes"][0]["name"] == label


def test_data_cannot_end_the_script():
    a = Value(1.0, "</script><!--")
    html = step_through(a * a).page()
    assert html.count("</script>") == 1
    assert html.count("<!--") == 0
    assert Page(html).data()["nodes"][0]["name"] == a.label


def test_titles_are_escaped():
    title = """<b>"it's" & more</b>"""
    page = Page(step_through(neuron(), title=title).page())
    assert page.texts.count(title) == 2  # title and heading
    assert [a["aria-label"] for tag, a in page.elements if tag == "div"] == [title]


def test_two_steppers_on_one_page_have_their_own_keys():
    one, two = neuron(), doubled()
    keys = [re.search(r'data-key="(\w+)"', element_of(contents(root)))[1] for root in (one, two)]
    assert keys[0] != keys[1]
    assert element_of(contents(one)) == element_of(contents(one))


def test_the_page_of_a_small_network_is_small():
    random.seed(0)
    loss = mean_squared_error([MLP(3, [4, 4, 1])([1.0, -2.0, 3.0])], [1.0])
    assert len(step_through(loss).page().encode()) < 300_000


# -- the stepper --------------------------------------------------------------------------------


def test_it_is_saved_whole_or_not_at_all(tmp_path):
    stepper = step_through(neuron(), title="A neuron")
    path = tmp_path / "new" / "steps.html"
    assert stepper.save(path) == path
    assert path.read_text(encoding="utf-8") == stepper.page()
    assert [p.name for p in path.parent.iterdir()] == ["steps.html"]
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(IsADirectoryError):
        stepper.save(str(tmp_path / "folder.html"))
    assert {p.name for p in tmp_path.iterdir()} == {"new", "folder.html"}


def test_it_is_saved_as_steps_html_where_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    step_through(neuron()).save()
    assert (tmp_path / "steps.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_notebook_shows_the_view():
    stepper = step_through(neuron())
    bundle = stepper._repr_mimebundle_()
    assert bundle["text/plain"] == repr(stepper)
    assert "<Stepper of 10 frames" in repr(stepper)
    assert bundle["text/html"] == stepper.element() == element_of(stepper.contents)
    assert data_of(stepper.contents)[1] in stepper.page()


def test_a_notebook_says_why_there_is_no_picture(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", "no-such-dot")
    stepper = step_through(neuron())
    bundle = stepper._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "no-such-dot" in bundle["text/plain"]
    with pytest.raises(AutogradError, match="no-such-dot"):
        stepper.page()


def test_a_graph_too_large_to_follow_is_refused():
    x = y = Value(1.0, "x")
    for _ in range(499):
        y = -y
    assert len(step_through(y)) == 1 + 499 + 1 + 499
    with pytest.raises(
        AutogradError, match=r"the graph has 501 nodes, .* at most 500; choose a node"
    ):
        step_through(-y)
    for _ in range(20):
        x = x + x
    with pytest.raises(AutogradError, match="depth-first recursion takes more than 100,000 steps"):
        step_through(x, order="depth_first")


def test_more_frames_than_a_page_holds_are_refused():
    y = Value(1.0)
    for _ in range(13):
        y = y + y
    with pytest.raises(AutogradError, match=r"there are 16,\d+ frames, .* at most 10,000"):
        step_through(y, order="depth_first")


@pytest.mark.parametrize("wrong", [1.0, None, [Value(1.0)]])
def test_only_a_value_can_be_stepped_through(wrong):
    with pytest.raises(TypeError, match="step_through expected Values, got"):
        step_through(wrong)


def test_an_unknown_order_is_refused():
    with pytest.raises(
        ValueError, match="order must be 'topological' or 'depth_first', got 'random'"
    ):
        step_through(neuron(), order="random")


# -- the widget ---------------------------------------------------------------------------------


def test_the_widget_needs_anywidget(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "anywidget", None)
    with pytest.raises(ImportError, match=r'pip install "autograd-mini\[widget\]"'):
        step_through(neuron()).widget()


def test_the_widget_knows_what_the_page_knows():
    pytest.importorskip("anywidget")
    y = neuron()
    widget = step_through(y, title="A neuron").widget()
    assert {"title", "picture", "data", "frame"} <= set(widget.trait_names(sync=True))
    assert (widget.title, widget.frame) == ("A neuron", 0)
    assert widget.data == data(y)
    assert "Math.tanh(x[0])" in str(widget._esm)
    prefix = "data:image/svg+xml;base64,"
    assert base64.b64decode(widget.picture.removeprefix(prefix)).decode() == picture_of(contents(y))
    assert view_js() in str(widget._esm)
    widget.frame = 3
    assert widget.frame == 3


def test_the_module_offers_its_names():
    assert set(stepper_module.__all__) == {
        "Comparison",
        "Frame",
        "Stepper",
        "compare_steps",
        "step_through",
    }


def test_parameters_are_called_by_their_model_unless_they_have_a_label():
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(0))
    model.layers[0].neurons[1].b.label = "mine"
    loss = model([1.0, 2.0]) ** 2
    stepper = step_through(loss, model=model)
    names = [node["name"] for node in data_of(stepper.contents)[0]["nodes"]]
    expected = {"w1.1.1", "w1.2.2", "b1.1", "w2.1.2", "b2.1", "mine", "h1.2", "z1.2", "y"}
    assert expected <= set(names)
    assert len(set(names)) == len(names)
    assert "layer 1, neuron 2" in picture_of(stepper.contents)
    assert "w1.1.1" in {node["name"] for node in Page(stepper.page()).data()["nodes"]}


def test_a_page_is_saved_as_a_page(tmp_path):
    with pytest.raises(ValueError, match=r"expected a file name in \.html, got 'steps\.pdf'"):
        step_through(Value(1.0) * 2).save(tmp_path / "steps.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_a_label_has_taken_is_spelled_out():
    model = MLP(1, [1], rng=random.Random(0))
    loss = model([Value(1.0, "w1.1.1")])
    names = [node["name"] for node in data_of(step_through(loss, model=model).contents)[0]["nodes"]]
    assert {"w1.1.1", "layers.0.neurons.0.w.0", "b1.1"} <= set(names)


def test_a_leaf_that_was_changed_makes_the_steps_stale():
    x = Value(2.0, "x")
    y = x * x
    stepper = step_through(y)
    assert "autogradStepper" in stepper.page()
    x.data = 5.0
    stale = r"'\*' node with data 4\.0 is stale: .*rerun"
    for shown in (stepper.page, stepper.widget, lambda: step_through(y)):
        with pytest.raises(StaleGraphError, match=stale):
            shown()
    assert "is stale" in stepper._repr_mimebundle_()["text/plain"]
    assert [frame.kind for frame in step_through(rerun(y)).frames][-1] == "backward"


def test_the_steps_of_a_stale_graph_are_those_of_the_numbers_it_holds():
    x = Value(2.0, "x")
    y = x * x
    x.data = 5.0
    assert gradients_after(backprop_steps(y))[x] == gradients(y, [x])[0] == 4.0


def test_different_names_differ_in_formulas_however_long_they_are():
    long = "a_name_that_is_much_too_long_{}_for_a_formula_to_show"
    names = ["x2", "x_2", "w1", "w_1", *(long.format(i) for i in range(3))]
    leaves = [Value(1.0, name) for name in names]
    told = data(dot(leaves, leaves[::-1]))
    shown = [told["math"][node["math"]] for node in told["nodes"]]
    assert len(set(shown)) == len(shown) == 8


def test_colours_are_in_the_palette_only():
    for folder in ("draw", "stepper"):
        for path in (Path(autograd_mini.__file__).parent / folder).iterdir():
            if path.suffix in (".py", ".css", ".js"):
                assert not re.search(r"#[0-9a-f]{6}\b", path.read_text(encoding="utf-8")), path


def test_every_colour_that_the_style_sheet_uses_is_in_the_palette():
    used = set(re.findall(r"var\(--([\w-]+)\)", view_css()))
    assert used == {*PAGE, "font"} - {"backdrop"} | {"pass", "pass-fill"}


# -- levels -------------------------------------------------------------------------------------


def classifier(sizes=(8, 8, 3), **options):
    """The loss of a network on one flower, and the network."""
    model = MLP(4, list(sizes), activation="tanh", rng=random.Random(0), **options)
    loss = cross_entropy(model([Value(x, f"x{i}") for i, x in enumerate((5.1, 3.5, 1.4, 0.2))]), 1)
    loss.label = "loss"
    return loss, model


def levels(root, model, **options):
    return step_through(root, model=model, **options).contents.levels


def check_levels(root, model):
    """Every frame once, and in an order in which each node is complete before it is passed on."""
    frames = frames_of(root)
    for steps in levels(root, model).values():
        times = [t for _, _, every in steps for t in every]
        assert sorted(times) == list(range(1, len(frames)))
        computed = {node for node in topological_order(root) if node.is_leaf}
        gradient: dict[Value, float] = {}
        waiting = dict.fromkeys(topological_order(root), 0)
        for frame in frames:
            if frame.step is not None and frame.step.parent is not None:
                waiting[frame.step.parent] += 1
        for t in times:
            node, step = frames[t].node, frames[t].step
            if step is None:
                assert computed.issuperset(node.parents)
                computed.add(node)
                continue
            assert waiting[node] == 0
            if step.parent is not None:
                waiting[step.parent] -= 1
            receiver = node if step.parent is None else step.parent
            gradient[receiver] = gradient.get(receiver, 0.0) + step.contribution
        right = gradients_after(backprop_steps(root))
        assert gradient == pytest.approx(right, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("expand", [False, True])
def test_a_network_has_a_step_for_each_neuron_and_for_each_layer(expand):
    loss, model = classifier(expand=expand)
    check_levels(loss, model)
    for level, number in (("neurons", 8 + 8 + 3), ("layers", 3)):
        steps = levels(loss, model)[level]
        assert [kind for kind, *_ in steps] == ["forward"] * (number + 1) + ["backward"] * (
            number + 1
        )
        assert steps[number][1] == steps[number + 1][1]  # the loss
        assert (steps[number][1].name, steps[number][1].neurons) == ("loss", [])
        assert steps[0][1] == steps[-1][1]
    assert steps[0][1].name == "layer 1"


def test_every_example_has_its_own_steps():
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    pairs = [(a, b) for a in (0.0, 1.0) for b in (0.0, 1.0)]
    loss = mean_squared_error([model([Value(a), Value(b)]) for a, b in pairs], [0, 1, 1, 0])
    check_levels(loss, model)
    assert len(levels(loss, model)["neurons"]) == 2 * (4 * 4 + 1)
    assert len(levels(loss, model)["layers"]) == 2 * (4 * 2 + 1)


@given(networks())
def test_levels_are_offered_where_they_mean_something(network):
    root = network(*labelled(network.inputs))
    assert levels(root, None) == {}
    model = MLP(1, [1, 1], rng=random.Random(0))
    assert levels(model([root]), model, order="depth_first") == {}
    assert set(levels(model([root]), model)) == {"neurons"}  # a layer is one neuron
    check_levels(model([root]), model)
    with pytest.raises(ValueError, match="level must be one of 'edges', got 'layers'; neurons"):
        step_through(root, level="layers")


def test_a_layer_is_told_as_matrices():
    loss, model = classifier()
    order = topological_order(loss)
    told = json.loads(json.dumps(data_of(step_through(loss, model=model).contents)[0]))
    [first, second, _, last] = [s for s in told["levels"]["layers"] if s["kind"] == "forward"]
    assert last["cells"] == []
    assert len(first["cells"]) == len(second["cells"]) == 8
    for neuron, cell in zip(model.layers[1].neurons, second["cells"], strict=True):
        assert [order[i] for i in cell["w"]] == neuron.w
        assert order[cell["b"]] is neuron.b
        assert [order[i] for i in cell["x"]] == [order[c["a"]] for c in first["cells"]]
        assert (order[cell["a"]].op, order[cell["a"]].parents) == (tanh, (order[cell["z"]],))
        assert cell["f"] == "tanh"


def test_plain_numbers_as_inputs_are_told_as_text():
    model = MLP(2, [1], rng=random.Random(0))
    stepper = step_through(model([0.5, -2.0]), model=model)
    [cell] = data_of(stepper.contents)[0]["levels"]["neurons"][0]["cells"]
    assert cell["x"] == ["0.5", "-2.0"]
    assert cell["z"] == cell["a"]


# -- side by side, and files ----------------------------------------------------------------------


def test_a_comparison_holds_its_steppers(tmp_path):
    c = doubled()
    one, other = step_through(c), step_through(c, order="depth_first")
    assert (one.title, other.title) == (
        "Backpropagation, step by step",
        "Backpropagation, depth first",
    )
    both = compare_steps(one, other)
    page = Page(both.page())
    assert page.open == []
    classes = [attributes.get("class") for tag, attributes in page.elements if tag == "div"]
    assert classes == ["autograd-steppers", "autograd-stepper", "autograd-stepper"]
    assert both.save(tmp_path / "both.html").read_text(encoding="utf-8") == both.page()
    assert one.element() in both.element()
    bundle = both._repr_mimebundle_()
    assert bundle == {"text/html": both.element(), "text/plain": repr(both)}


def test_a_compact_element_differs_by_its_class_alone():
    stepper = step_through(neuron())
    compact = 'class="autograd-stepper ags-compact"'
    assert (
        stepper.element(compact=True).replace(compact, 'class="autograd-stepper"')
        == stepper.element()
    )


def test_frames_are_written_as_png_or_pdf(tmp_path):
    with pytest.raises(ValueError, match="save_frames\\(\\) writes png or pdf, got 'svg'"):
        step_through(neuron()).save_frames(tmp_path, "svg")
    assert list(tmp_path.iterdir()) == []


def test_frames_need_a_browser(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "playwright.sync_api", None)
    with pytest.raises(ImportError, match="needs a browser: pip install playwright pillow"):
        step_through(neuron()).save_frames(tmp_path)


def test_groups_are_framed_and_none_is_folded():
    x = Value(2.0, "x")
    y = x * x
    z = tanh(y) + 1.0
    for folded in (False, True):
        part = group("a part of one's own", [y, z], folded=folded)
        stepper = step_through(z, groups=[part])
        svg = picture_of(stepper.contents)
        assert "a part of one&#39;s own" in svg or "a part of one's own" in svg
        assert all(f'data-part="node-{i}"' in svg for i in range(4))


@FEW
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.integers(1, 3),
    st.lists(st.sampled_from(["", "", "x1", "h1.1", "w1.1.1", "y", "#1", "z1.1"]), min_size=2),
)
def test_a_node_has_one_name_in_pictures_tables_and_formulas(layers, examples, labels):
    model = MLP(2, layers, activation="tanh", rng=random.Random(0))
    outputs = []
    for k in range(examples):
        x = [Value(0.5 + k, labels[2 * k % len(labels)]), Value(1.5, labels[-1])]
        outputs += model(x) if layers[-1] > 1 else [model(x)]
    loss = fsum([(y - 1) ** 2 for y in outputs]) / examples
    stepper = step_through(loss, model=model)
    nodes = data_of(stepper.contents)[0]["nodes"]
    names = [node["name"] for node in nodes]
    assert len(set(names)) == len({node["math"] for node in nodes}) == len(nodes)
    order = topological_order(loss)
    assert all(name.startswith(node.label) for node, name in zip(order, names))
    picture = picture_of(stepper.contents)
    shown = set(re.findall(r">([^<>]+)</text>", picture))
    # of examples, a card has the name and its rows have the numbers
    known = [name for name in names if name[0] in "xhyb#"]
    assert {part for name in known for part in re.findall("@?[^@]+", name)} <= shown
    sums = [name for node, name in zip(order, names) if name[0] == "z" and not node.is_leaf]
    assert all({f"{name} = Σ w·x + b", name.split("@")[0]} & shown for name in sums)


def test_steps_have_the_names_of_the_picture():
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(0))
    loss = rows_of_examples(model, (1.0, 2.0))
    names = names_of(loss, model)
    stepper = step_through(loss, model=model)
    texts = [step.text for step in taken(stepper.frames)]
    assert texts == [step.text for step in backprop_steps(loss, names=names)]
    assert any(text.startswith("grad(w1.1.2) += grad(z1.1) * ") for text in texts)
    shown = set(re.findall(r">([^<>]+)</text>", picture_of(stepper.contents)))
    assert {"w1.1.2 from x1", "z1.1 = Σ w·x + b"} <= shown
