"""Pictures: what stands in them is read back from the SVG, and compared with the graph."""

import importlib.metadata
import math
import os
import random
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pictures import PURE, SHAPES, SVG, Drawn, contrast

from autograd_mini import (
    AutogradError,
    Value,
    clip,
    dot,
    exp,
    fsum,
    group,
    maximum,
    node_names,
    primitive,
    relu,
    tanh,
    topological_order,
    where,
)
from autograd_mini.draw import dot_command, draw_dot, format_number, mimebundle, render
from autograd_mini.palette import GradientScale, ink_on
from nn import MLP
from nn.optimizers import SGD

pytestmark = pytest.mark.usefixtures("one_dot")

PROFILE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


DOTS = [program for program in (PURE, shutil.which("dot")) if program]
needs_pure = pytest.mark.skipif(PURE is None, reason="graphviz-pure has no wheel here")


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    """A machine with no dot at all."""
    monkeypatch.delenv("AUTOGRAD_MINI_DOT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    def not_installed(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", not_installed)


@st.composite
def graphs(draw):
    """A random graph with shared nodes, plain numbers and every kind of operation in it."""
    labels = st.sampled_from(["", "x", "w", "loss"])
    values = [Value(draw(st.floats(0.5, 2)), draw(labels)) for _ in range(draw(st.integers(1, 3)))]
    for _ in range(draw(st.integers(0, 8))):
        a, b = draw(st.sampled_from(values)), draw(st.sampled_from([*values, 2, -1.5]))
        make = draw(
            st.sampled_from(
                [
                    lambda a, b: a + b,
                    lambda a, b: b * a,
                    lambda a, b: b - a,
                    lambda a, b: tanh(a),
                    lambda a, b: a / (2 + relu(b)),
                    lambda a, b: maximum(a, b),
                    lambda a, b: where(a > 1, a, b),
                    lambda a, b: clip(a, -10, b + 20),
                ]
            )
        )
        values.append(make(a, b))
    root = values[-1]
    if draw(st.booleans()):
        root.backward()
    return root


# -- what is in the picture ----------------------------------------------------------------------


@pytest.mark.smoke
@PROFILE
@given(graphs())
def test_the_picture_is_the_graph(root):
    picture, order = Drawn(root, detail="values"), topological_order(root)
    names = node_names(root)
    expected = set()
    for i, node in enumerate(order):
        expected.add(f"node-{i}")
        name, data_caption, data, grad_caption, grad = picture.texts(f"node-{i}")
        assert (name, data_caption, grad_caption) == (names[node], "data", "grad")
        assert data == format_number(node.data)
        assert grad in ("–", format_number(node.grad))
        if not node.operands:
            continue
        expected |= {f"op-{i}", f"edge-{i}"}
        assert picture.ends(f"edge-{i}") == (f"op-{i}", f"node-{i}")
        partials = iter(node.partials)
        for k, operand in enumerate(node.operands):
            if isinstance(operand, Value):
                expected.add(f"edge-{i}-{k}")
                assert picture.ends(f"edge-{i}-{k}") == (f"node-{order.index(operand)}", f"op-{i}")
                assert picture.texts(f"edge-{i}-{k}") == [format_number(next(partials))]
            else:
                assert format_number(operand) in picture.texts(f"op-{i}")[0]
    assert set(picture.groups) == expected


def test_a_node_used_twice_has_two_edges_each_with_its_own_partial():
    a = Value(3.0, "a")
    picture = Drawn(a**a)
    assert picture.ends("edge-1-0") == picture.ends("edge-1-1") == ("node-0", "op-1")
    assert picture.texts("edge-1-0") == ["27"]
    assert picture.texts("edge-1-1") == [format_number(27 * math.log(3))]


def test_the_gradient_is_a_dash_until_backward_has_run():
    x, y = Value(2.0, "x"), Value(5.0, "y")
    z = x + 0.0 * y
    order = topological_order(z)
    assert [Drawn(z).texts(f"node-{i}")[-1] for i in range(4)] == ["–"] * 4
    z.backward()
    gradients = {node_names(z)[n]: Drawn(z).texts(f"node-{i}")[-1] for i, n in enumerate(order)}
    assert gradients == {"x": "1", "y": "0", "#1": "1", "#2": "1"}
    x.zero_grad()
    assert Drawn(z).texts(f"node-{order.index(x)}")[-1] == "–"


def test_a_fractions_gradient_is_a_dash_and_then_exact():
    x = Value(Fraction(1, 3), "x")
    y = x * x
    assert Drawn(y).texts("node-0")[-1] == "–"
    y.backward()
    assert Drawn(y).texts("node-0") == ["x", "data", "1/3", "grad", "2/3"]
    assert Drawn(y).texts("edge-1-0") == ["1/3"]


def test_plain_numbers_stand_inside_the_operation_and_nowhere_else():
    x = Value(3.0, "x")
    picture = Drawn(2 * x + 1)
    assert [picture.texts(f"op-{i}") for i in (1, 2)] == [["2 × x"], ["#1 + 1"]]
    assert picture.ids("edge") == {"edge-1", "edge-1-1", "edge-2", "edge-2-0"}
    assert picture.ids("constant") == set()
    assert Drawn(2 * x + 1, hide=["constants"]).texts("op-1") == ["×"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda x, y: x + y, "+"),
        (lambda x, y: x * y, "×"),
        (lambda x, y: x - y, "x − y"),
        (lambda x, y: y - x, "y − x"),
        (lambda x, y: x / 3, "x / 3"),
        (lambda x, y: 3 / x, "3 / x"),
        (lambda x, y: x**-1, "x ** (-1)"),
        (lambda x, y: 2**x, "2 ** x"),
        (lambda x, y: -x, "neg"),
        (lambda x, y: exp(x), "exp"),
        (lambda x, y: maximum(x, y), "maximum"),
        (lambda x, y: clip(x, 0, y), "clip(x, 0, y)"),
        (lambda x, y: x.leaky_relu(), "leaky_relu(x, 0.01)"),
        (lambda x, y: where(x > y, x, y), "where(False, x, y)"),
        (lambda x, y: where(x < y, x, y), "where(True, x, y)"),
        (lambda x, y: fsum([x, y]), "fsum"),
    ],
)
def test_an_operation_says_its_operands_where_their_order_matters(make, says):
    root = make(Value(2.0, "x"), Value(5.0, "y"))
    picture = Drawn(root, detail="values")
    assert picture.texts(f"op-{len(topological_order(root)) - 1}") == [says]


def test_operands_stand_from_top_to_bottom_as_written():
    x1, w1, x2, w2 = xs = [Value(float(i)) for i in range(4)]
    root = tanh(x1 * w1 + x2 * w2)
    order, picture = topological_order(root), Drawn(root)
    tops = [picture.box(f"node-{order.index(x)}")[1] for x in xs]
    assert tops == sorted(tops)


def test_leaf_intermediate_and_root_differ_without_colour():
    x = Value(2.0, "x")
    picture = Drawn(exp(x * x))
    outlines = [[e.tag.removeprefix(SVG) for e in picture.shapes(f"node-{i}")] for i in range(3)]
    leaf, intermediate, root = outlines
    assert leaf == ["polygon"]  # a box with corners
    assert intermediate == ["path"]  # a rounded one
    assert len(root) > 1  # a double outline
    assert len({picture.shapes(f"node-{i}")[0].get("stroke") for i in range(3)}) == 3


def test_all_text_can_be_read_on_what_it_stands_on():
    x = Value(2.0, "x")
    y = tanh(2 * x) - x
    picture = Drawn(y)
    colours = set()
    for part in picture.groups.values():
        fills = [e.get("fill") for e in part.iter() if e.tag.removeprefix(SVG) in SHAPES]
        is_edge = part.get("class") == "edge"
        paper = "#ffffff" if is_edge else next((f for f in fills if f != "none"), "#ffffff")
        for text in part.iter(f"{SVG}text"):
            assert contrast(text.get("fill"), paper) >= 4.5
            assert text.get("font-family").split(",")[0] == "Helvetica"
        for element in part.iter():
            colours |= {element.get("fill"), element.get("stroke")}
    colours -= {None, "none", "transparent"}
    assert all(len(c) == 7 and c[0] == "#" and int(c[1:], 16) >= 0 for c in colours)


def test_a_sign_is_in_a_circle_and_a_word_in_a_box_that_it_fits():
    x = Value(2.0, "x")
    picture = Drawn(tanh(x * x) - 12345.6789)
    assert [picture.shapes(f"op-{i}")[0].tag.removeprefix(SVG) for i in (1, 2, 3)] == [
        "ellipse",
        "path",
        "path",
    ]


def test_tooltips_have_all_digits():
    x = Value(1 / 3, "x")
    y = x * Value(2 / 3, "w")
    y.label = "y"
    y.backward()
    picture = Drawn(y)
    assert picture.tooltip("node-0") == f"x = {1 / 3!r}, gradient {2 / 3!r}"
    assert picture.tooltip("edge-2-0") == f"local derivative d([x] * w)/d[x] = {2 / 3!r}"
    assert picture.tooltip("op-2") == "y = x × w"


@pytest.mark.parametrize("name", ["neg", "dot", "fsum", "where", "maximum", "+", "-", "*", "**"])
def test_an_operation_of_ones_own_is_drawn_by_its_own_name(name):
    one = primitive(name, lambda x: x, (lambda x, y: 1,))
    two = primitive(name, lambda x1, x2: x1, (lambda x1, x2, y: 1, lambda x1, x2, y: 0))
    x, z = Value(2.0, "x"), Value(3.0, "z")
    assert Drawn(one(x)).texts("op-1") == [name]
    assert Drawn(two(x, z)).texts("op-2") == [f"{name}(x, z)"]
    assert Drawn(two(x, -1)).tooltip("op-1") == f"#1 = {name}(x, -1)"


# -- graphs whose leaves were changed -------------------------------------------------------------


def shown(picture, i):
    """The caption and the number of a box's data."""
    return tuple(picture.texts(f"node-{i}")[1:3])


def test_a_picture_has_the_numbers_that_its_graph_was_built_from():
    w, x, b = Value(2.0, "w"), Value(3.0, "x"), Value(1.0, "b")
    for y in (w * x, dot([w], [x], b), dot([w, w], [w, x]), (w * x + 1) * (x * x)):
        order = topological_order(y)
        before = Drawn(y, detail="values")
        w.data, x.data = 7.0, 8.0
        assert [Drawn(y, detail="values").texts(f"node-{i}") for i in range(len(order))] == [
            before.texts(f"node-{i}") for i in range(len(order))
        ]
        assert before.tooltip(f"node-{order.index(w)}").startswith("w = 2.0,")
        assert Drawn(y, detail="values").tooltip(f"node-{order.index(w)}").startswith("w = 2.0,")
        w.data, x.data = 2.0, 3.0


def test_a_number_that_the_graph_does_not_hold_is_that_of_now():
    w, b = Value(2.0, "w"), Value(1.0, "b")
    y = tanh(w * 3.0) + b
    w.data = 5.0
    picture, order = Drawn(y), topological_order(y)
    assert shown(picture, order.index(w)) == ("now", "5")
    assert "w = 5.0 now: it, or another operand, was changed after" in picture.tooltip("node-0")
    assert shown(picture, order.index(b)) == ("data", "1")
    assert shown(picture, 1) == ("data", "6")


def test_after_an_optimizers_step_the_picture_is_that_of_the_loss():
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(0))
    loss = (model([Value(1.0), Value(2.0)]) - 1) ** 2
    loss.backward()
    before = Drawn(loss, detail="values")
    built = {p: p.data for p in model.parameters()}
    SGD(model.parameters(), lr=0.1).step()
    picture, order = Drawn(loss, detail="values"), topological_order(loss)
    weights = {w for layer in model.layers for neuron in layer.neurons for w in neuron.w}
    for i, node in enumerate(order):
        if node in weights or not node.is_leaf:
            assert shown(picture, i) == shown(before, i)
        elif node in built:
            assert shown(picture, i) == ("now", format_number(node.data))


def test_a_leaf_that_was_changed_while_its_graph_was_built_has_the_number_of_now():
    w, x = Value(2.0, "w"), Value(3.0, "x")
    y = w * x
    w.data = 5.0
    picture = Drawn(y + w * x)
    assert [shown(picture, i) for i in range(2)] == [("now", "5"), ("data", "3")]


def test_products_that_are_spelled_out_have_the_numbers_of_the_graph():
    w, x, u = Value(2.0, "w"), Value(3.0, "x"), Value(5.0, "u")
    y = dot([w, u], [x, 7.0])
    w.data = u.data = 11.0
    picture = Drawn(y, expand=True)
    assert picture.texts("product-3-0")[1:3] == ["data", "6"]
    assert picture.texts("product-3-1")[1:3] == ["now", "77"]


def test_a_box_of_many_leaves_says_now_too():
    ws = [Value(float(i)) for i in range(40)]
    y = dot(ws, [1.0] * 40)
    for w in ws:
        w.data += 1
    picture = Drawn(y, max_nodes=5)
    [box] = picture.ids("group")
    assert picture.texts(box)[1:3] == ["now", "1 .. 40"]


# -- operations on lists -------------------------------------------------------------------------


def test_a_dot_of_64_is_legible():
    ws = [Value(i / 64, f"w{i}") for i in range(64)]
    xs = [float(i) for i in range(64)]
    picture = Drawn(relu(dot(ws, xs, Value(1.0, "b"))), detail="values")
    assert picture.texts("op-65") == ["dot [0, 1, 2, 3, .. 64 numbers]"]
    assert [picture.texts(f"edge-65-{i}") for i in range(64)] == [[str(i)] for i in range(64)]
    boxes = [picture.box(f"node-{i}") for i in range(64)]
    assert all(above[3] < below[1] for above, below in pairwise(boxes))  # in order, apart
    assert all(bottom - top < 30 for _, top, _, bottom in boxes)  # flat
    assert picture.texts("node-0") == ["w0", "data", "0", "grad", "–"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda ws: dot(ws, [3.0, 0]), "dot [3, 0]"),
        (lambda ws: dot(ws, [3.0, 0.0], Value(1.0)), "dot [3, 0]"),
        (lambda ws: dot(ws, [3.0, 0.0], 0.5), "dot [3, 0, 0.5]"),
        (lambda ws: dot(ws, [3.0, 1.0], 0.0), "dot [3, 1, 0]"),
        (lambda ws: dot(ws, ws), "dot"),
        (lambda ws: fsum([*ws, 0]), "fsum [0]"),
    ],
)
def test_only_a_bias_that_nobody_gave_is_left_out(make, says):
    root = make([Value(1.0), Value(2.0)])
    picture = Drawn(root, detail="values")
    assert picture.texts(f"op-{len(topological_order(root)) - 1}") == [says]


# -- text that comes from users ------------------------------------------------------------------

NASTY = [
    "<b>bold</b>",
    "<<b>bold</b>>",
    "&lt; & &#92;",
    '"quoted" and \\"both\\"',
    "\\N \\G \\L \\n \\",
    "{a|b} <port>",
    r"$\alpha_{1}$",
    "a -> b; c [label=x] // /* #",
    "node",
    "🙂 θ 𝛼 é",
    "]]>",
    "w[0]",
    "%3",
]


@pytest.fixture(params=DOTS, ids=os.path.basename)
def each_dot(request, monkeypatch):
    """graphviz-pure, and the machine's own dot where it has one."""
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", request.param)


@PROFILE
@given(st.text(min_size=1, max_size=40))
@example("\n")
@example("two\nlines\tand a tab")
@example("\x00 \x1b \x7f \ufffe \ud800")
def test_a_label_is_shown_letter_by_letter(each_dot, label):
    check_label(label)


@pytest.mark.parametrize("label", NASTY)
def test_a_label_means_nothing_to_graphviz(each_dot, label):
    check_label(label)


def check_label(label):
    """On one line, with a replacement character for what XML cannot hold; else as it is."""
    unwritable = [*range(32), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF]
    shown = " ".join(label.split()).translate(dict.fromkeys(unwritable, "\ufffd"))
    x = Value(1.0, label)
    picture = Drawn(x - 1)
    assert picture.texts("node-0")[0].strip() == shown
    assert picture.tooltip("node-0").strip() == f"{shown} = 1.0, gradient none yet".strip()
    assert picture.tooltip("op-1") == f"#1 = {shown} − 1" or shown.startswith("-") or not shown


@pytest.mark.parametrize("name", NASTY)
def test_so_is_the_name_of_a_users_operation(name):
    operation = primitive(name, lambda x: x, partials=(lambda x, y: 1,))
    assert Drawn(operation(Value(1.0))).texts("op-1") == [name]


def test_a_long_label_keeps_both_ends_and_is_whole_in_the_tooltip():
    labels = [f"model.layers.{i}.neurons.0.weights.of.the.first.kind.w.{i}" for i in range(2)]
    a, b = (Value(1.0, label) for label in labels)
    picture = Drawn(a - b)
    shown = [picture.texts(f"node-{i}")[0] for i in range(2)]
    assert all(len(s) == 40 and s.startswith("model.layers.") for s in shown)
    assert shown[0] != shown[1]
    assert [picture.tooltip(f"node-{i}").split(" = ")[0] for i in range(2)] == labels
    assert picture.texts("op-2") == ["model…nd.w.0 − model…nd.w.1"]


def test_equal_labels_are_told_apart_and_missing_ones_are_quiet():
    picture = Drawn(Value(1.0, "x") * Value(2.0, "x"))
    names = [next(picture.groups[f"node-{i}"].iter(f"{SVG}text")) for i in range(3)]
    assert [t.text for t in names] == ["x", "x_2", "#1"]
    assert [t.get("font-weight") for t in names] == ["bold", "bold", None]


@pytest.mark.parametrize(
    "label",
    [
        *NASTY,
        "</svg><script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        '" onload="alert(1)',
        "' onclick='alert(1)",
        "<image href=x onerror=alert(1)>",
        "</TD></TR></TABLE>><IMG SRC='x'/>",
        '"]; evil [URL="javascript:alert(1)"',
        "<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
    ],
)
def test_no_label_adds_an_element_or_an_attribute(label):
    def shape(text):
        """Every element with the names of its attributes; texts and numbers apart."""
        w, x = Value(2.0, text), Value(3.0, text)
        operation = primitive(text, lambda x: x, partials=(lambda x, y: 1,))
        model = Named({text: w, f"{text}.0": x})
        root = operation(w * x) - w
        root.backward()
        picture = Drawn(root, model=model, highlight=w, color="gradient")
        return [(e.tag, sorted(e.attrib)) for e in picture.svg.iter()]

    assert shape(label) == shape("plain")
    assert not any(name.startswith("on") for _, names in shape(label) for name in names)


class Named:
    """A model of some parameters."""

    def __init__(self, parameters):
        self.parameters = parameters

    def named_parameters(self):
        return list(self.parameters.items())


def test_no_label_of_a_module_adds_one_either():
    evil = '</svg><script a="b">\\N'
    nested = Named({f"{evil}.w": Value(1.0)})
    [w] = nested.parameters.values()
    assert Drawn(tanh(w * 2.0), model=nested).texts("neuron-1")[0].startswith(evil)
    picture = Drawn(tanh(w * 2.0), model=nested, detail="values")
    assert picture.texts(f"module-{evil}") == [evil]
    assert not list(picture.svg.iter(f"{SVG}script"))


# -- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"),
        (2.0, "2"),
        (-1.5, "-1.5"),
        (2 / 3, "0.6667"),
        (1234.56, "1235"),
        (9999.7, "10000"),
        (-123456.7, "-123457"),
        (999999.7, "1e+06"),
        (0.0001234, "0.0001234"),
        (1.2e-07, "1.2e-07"),
        (5e-324, "4.941e-324"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
        (7, "7"),
        (123456, "123456"),
        (10**9, "1e+09"),
        (10**400, "1e+400"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-22, 7), "-22/7"),
        (Fraction(6, 2), "3"),
        (Fraction(10**5, 10**5 + 1), "1"),
        (Fraction(1, 10**400), "1e-400"),
    ],
)
def test_a_number_is_short(x, text):
    assert format_number(x) == text


@given(st.floats(allow_nan=False, allow_infinity=False) | st.fractions() | st.integers())
def test_a_short_number_is_right_to_four_digits(x):
    text = format_number(x)
    assert len(text) <= 11
    assert abs(Fraction(text) - Fraction(x)) <= abs(Fraction(x)) * Fraction(5, 10_000)


def test_a_fraction_too_long_to_be_printed_is_drawn():
    x = Value(Fraction(10**5000 + 1, 3), "x")
    assert format_number(x.data) == "3.333e+4999"
    assert Drawn(x * 2).texts("node-1")[2] == "6.667e+4999"


# -- sizes and arguments -------------------------------------------------------------------------


def chain(length):
    y = Value(1.0, "x")
    for _ in range(length):
        y = y + 1.0
    return y


def test_without_a_limit_every_node_is_drawn():
    assert draw_dot(chain(400), max_nodes=None).source.count("gradient none yet") == 401


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(TypeError, match="got list; draw one of them"):
        draw_dot([Value(1.0)])
    with pytest.raises(TypeError, match="got float"):
        draw_dot(1.0)
    with pytest.raises(ValueError, match="rankdir"):
        draw_dot(Value(1.0), rankdir="up")


@pytest.mark.parametrize(
    ("rankdir", "axis", "sign"), [("LR", 0, 1), ("RL", 0, -1), ("TB", 1, 1), ("BT", 1, -1)]
)
def test_the_graph_grows_in_the_direction_asked_for(rankdir, axis, sign):
    xs = [Value(1.0) for _ in range(9)]
    picture = Drawn(fsum(xs), rankdir=rankdir)
    assert (picture.box("node-9")[axis] - picture.box("node-0")[axis]) * sign > 0


# -- colours, paths, and products spelled out ---------------------------------------------------


def test_a_larger_gradient_is_darker():
    x = Value(1.0, "x")
    y = x
    for slope in (0.1, 3.0, 0.5, 20.0):
        y = y * slope
    y.backward()
    order, picture = topological_order(y), Drawn(y, color="gradient")
    fills = [picture.shapes(f"node-{i}")[0].get("fill") for i in range(len(order))]
    by_size = sorted(range(len(order)), key=lambda i: abs(order[i].grad))
    light = [contrast(fills[i], "#000000") for i in by_size]
    assert light == sorted(light, reverse=True)
    assert light[0] > 2 * light[-1]


@PROFILE
@given(st.lists(st.floats(), min_size=1, max_size=20))
def test_the_legend_says_which_gradients_a_colour_stands_for(gradients):
    scale = GradientScale(gradients)
    says = dict(scale.legend())
    for g in gradients:
        text = says[scale.fill(g)]
        size = abs(g)
        if not math.isfinite(g):
            assert text == "inf or nan"
        elif g == 0:
            assert text == "0 or none"
        elif text.startswith("under"):
            assert size < float(text.split()[1])
        elif text.endswith("up"):
            assert size >= float(text.split()[0])
        else:
            low, high = map(float, text.split(" to "))
            assert low <= size < high


def test_the_colours_are_told_apart_and_their_text_can_be_read():
    legend = GradientScale([1e-6, 1.0]).legend()
    assert all(contrast(ink_on(fill), fill) >= 4.5 for fill, _ in legend)
    light = [contrast(fill, "#000000") for fill, _ in legend]
    assert light == sorted(light, reverse=True)
    x = Value(0.0, "x")
    y = dot([Value(1e-3 * 10**i) for i in range(5)], [x] * 5) * math.inf
    y.backward()
    picture = Drawn(y, color="gradient", detail="values")
    for i in range(len(topological_order(y))):
        paper = picture.shapes(f"node-{i}")[0].get("fill")
        inks = {t.get("fill") for t in picture.groups[f"node-{i}"].iter(f"{SVG}text")}
        assert all(contrast(ink, paper) >= 4.5 for ink in inks)
    assert "inf or nan" in [t.text for t in picture.svg.iter(f"{SVG}text")]


def widths(picture, ids):
    return {i for i in ids if float(picture.shapes(i)[0].get("stroke-width", 1)) > 2}


@PROFILE
@given(graphs(), st.data())
def test_the_highlight_is_every_path_from_the_node_to_the_root(root, data):
    order = topological_order(root)
    start = data.draw(st.sampled_from(order))
    picture = Drawn(root, highlight=start)
    on_path = {start}
    for node in order:
        if any(x in on_path for x in node.parents):
            on_path.add(node)
    nodes = {f"node-{i}" for i, node in enumerate(order) if node in on_path}
    edges = {
        f"edge-{i}-{k}"
        for i, node in enumerate(order)
        for k, x in enumerate(node.operands)
        if isinstance(x, Value) and x in on_path
    }
    edges |= {
        f"edge-{i}"
        for i, node in enumerate(order)
        if node in on_path and node is not start and node.operands
    }
    assert widths(picture, picture.ids("node")) == nodes
    assert widths(picture, picture.ids("edge")) == edges


def test_what_is_highlighted_is_in_the_graph():
    x = Value(1.0)
    with pytest.raises(AutogradError, match="highlight expected a node that the root was made"):
        draw_dot(x * 2, highlight=Value(1.0))
    with pytest.raises(TypeError, match="highlight"):
        draw_dot(x * 2, highlight=1.0)


@pytest.mark.parametrize("bias", [None, 0.25, Value(0.5)])
def test_a_dot_can_be_spelled_out_as_its_products_and_their_sum(bias):
    ws, xs = [Value(2.0, "w1"), Value(3.0, "w2")], [Value(5.0, "x1"), 7.0]
    y = dot(ws, xs) if bias is None else dot(ws, xs, bias)
    y.backward()
    picture, order = Drawn(y, expand=True), topological_order(y)
    last = len(order) - 1
    assert picture.texts(f"op-{last}") == ["+ [0.25]" if bias == 0.25 else "+"]
    for j, (w, x) in enumerate(zip(ws, xs)):
        assert picture.texts(f"op-{last}-{j}") == ["×"]
        product = w.data * (x.data if isinstance(x, Value) else x)
        assert picture.texts(f"product-{last}-{j}")[2::2] == [format_number(product), "1"]
        assert picture.ends(f"edge-{last}-{j}")[1] == f"op-{last}-{j}"
        if isinstance(x, Value):
            assert picture.ends(f"edge-{last}-{j + 2}")[1] == f"op-{last}-{j}"
        assert picture.ends(f"edge-sum-{last}-{j}") == (f"product-{last}-{j}", f"op-{last}")
    collapsed = Drawn(y, detail="values").groups
    assert {i for i in collapsed if i.startswith(("node", "edge"))} <= set(picture.groups)


def test_products_that_would_be_too_many_are_not_spelled_out():
    y = dot([Value(1.0) for _ in range(40)], [2.0] * 40)
    assert len(Drawn(y, expand=True).ids("product")) == 40
    assert Drawn(y, expand=True, max_nodes=80).ids("product") == set()


def test_an_fsum_is_spelled_out_as_a_sum():
    assert Drawn(fsum([Value(1.0), Value(2.0)]), expand=True).texts("op-2") == ["+"]


def test_gradients_that_are_given_come_before_the_nodes_own():
    x = Value(2.0, "x")
    y = x * x
    y.backward()
    picture = Drawn(y, gradients={x: 7.0})
    assert [picture.texts(f"node-{i}")[-1] for i in range(2)] == ["7", "–"]


# -- rendering -----------------------------------------------------------------------------------


def test_formats():
    x = Value(1.0, "x")
    assert render(x).startswith("<svg")
    assert render(x, "png").startswith(b"\x89PNG")
    assert "node-0" in render(x, "dot")


def test_a_bitmap_is_crisp_and_an_svg_keeps_its_size():
    picture = draw_dot(Value(1.0, "x"))
    points = float(ET.fromstring(picture.pipe(format="svg")).get("width").removesuffix("pt"))
    pixels = int.from_bytes(picture.pipe(format="png")[16:20], "big")  # of the PNG's header
    assert pixels == pytest.approx(points * 192 / 72, abs=3)
    assert "dpi" not in picture.source


@needs_pure
def test_a_format_that_the_dot_at_hand_lacks_is_an_error_with_a_remedy(tmp_path):
    with pytest.raises(AutogradError, match=r"cannot write eps; write svg or png, or install"):
        render(Value(1.0), "eps")
    with pytest.raises(AutogradError, match="cannot write eps"):
        draw_dot(Value(1.0)).render(tmp_path / "graph", format="eps")


def test_two_runs_give_the_same_bytes():
    program = (
        "from autograd_mini import Value, fsum; from autograd_mini.draw import render\n"
        "xs = [Value(1.0, f'x{i}') for i in range(12)]; y = fsum(xs) * xs[3] - xs[0]\n"
        "y.backward(); print(ascii(render(y)))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 1000


def test_graphviz_is_imported_by_drawing_alone():
    program = "import sys, autograd_mini.draw; print('graphviz' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    assert out.strip() == b"False"


@needs_pure
def test_a_picture_finds_its_dot_and_draws_without_chatter(capfd, tmp_path):
    picture = draw_dot(Value(1.0, "θ"))
    picture.render(tmp_path / "graph")
    picture.pipe()
    assert capfd.readouterr().err == ""
    assert "θ" in (tmp_path / "graph.svg").read_text(encoding="utf-8")


# -- finding a dot -------------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path):
    """program(folder, name): a file that can be run, and does nothing but fail."""

    def make(folder, name):
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\nexit 1\n")
        path.chmod(0o755)
        return str(path)

    return make


posix = pytest.mark.skipif(os.name != "posix", reason="a program is a script with #! here")


@posix
@needs_pure
def test_the_variable_comes_first_then_graphviz_pure_which_draws_the_same_everywhere(
    monkeypatch, program
):
    named, on_path = program("named", "my-dot"), program("path", "dot")
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", named)
    monkeypatch.setenv("PATH", os.path.dirname(on_path))
    assert dot_command() == named
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", "")
    assert os.path.samefile(dot_command(), PURE)
    monkeypatch.setattr("autograd_mini.draw.program.pure_dot", lambda: None)
    assert dot_command() == on_path


def test_without_any_there_is_none(no_dot):
    assert dot_command() is None


@needs_pure
def test_with_graphviz_pure_alone_a_picture_shows_itself_in_a_notebook(monkeypatch, tmp_path):
    monkeypatch.delenv("AUTOGRAD_MINI_DOT")
    monkeypatch.setenv("PATH", str(tmp_path))
    bundle = draw_dot(Value(1.0, "x"))._repr_mimebundle_()
    assert "node-0" in {g.get("id") for g in ET.fromstring(bundle["image/svg+xml"]).iter()}


def test_a_value_shows_itself_in_a_notebook():
    x = Value(1.0, "x")
    bundle = x._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "image/png", "text/plain"}
    assert bundle["text/plain"] == repr(x)
    assert bundle["image/svg+xml"] == render(x)  # which is not wide


def test_without_a_dot_there_is_text_and_a_remedy(no_dot):
    x = Value(1.0, "x")
    [(kind, text)] = mimebundle(x).items()
    assert kind == "text/plain"
    first, second = text.splitlines()
    assert first == repr(x)
    assert "pip install graphviz-pure" in second
    [(kind, text)] = draw_dot(x)._repr_mimebundle_().items()
    assert kind == "text/plain"
    assert text.startswith("digraph")
    assert "pip install graphviz-pure" in text
    with pytest.raises(AutogradError, match="pip install graphviz-pure"):
        render(x)


def test_a_large_graph_shows_itself_in_a_notebook_too():
    y = chain(1000)
    assert "group" in mimebundle(y)["image/svg+xml"]


def test_a_wrong_variable_is_said(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", "/no/such/dot")
    with pytest.raises(AutogradError, match="/no/such/dot"):
        dot_command()
    assert "/no/such/dot" in mimebundle(Value(1.0))["text/plain"]


@posix
def test_a_dot_that_fails_gives_no_traceback(monkeypatch, program):
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", program("named", "dot"))
    x = Value(1.0)
    [(kind, text)] = mimebundle(x).items()
    assert kind == "text/plain"
    assert text.startswith(repr(x))


def test_without_the_package_graphviz_there_is_text(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    x = Value(1.0)
    assert mimebundle(x)["text/plain"].startswith(repr(x))


# -- groups --------------------------------------------------------------------------------------


def steps(count):
    """The root of a recurrent chain, and a group for each step of it."""
    w, b, h, groups = Value(0.5, "w"), Value(0.1, "b"), Value(1.0, "h0"), []
    for t in range(1, count + 1):
        first = h * w + Value(float(t), f"x{t}")
        h = tanh(first + b)
        h.label = f"h{t}"
        groups.append(group(f"step {t}", [first, h]))
    return h, groups


def test_a_group_has_its_nodes_what_lies_between_them_and_the_leaves_of_its_own():
    root, groups = steps(3)
    order, [one, *_] = topological_order(root), groups
    assert [str(n.op) for n in order if n in one.nodes] == ["+", "+", "tanh"]
    picture = Drawn(root, groups=groups)
    for t, part in enumerate(groups, 1):
        frame = picture.groups[f"module-step {t}"]
        assert picture.texts(f"module-step {t}") == [f"step {t}"]
        points = re.findall(r"(-?[\d.]+),(-?[\d.]+)", frame.find(f".//{SVG}path").get("d"))
        xs, ys = zip(*[(float(x), float(y)) for x, y in points])
        for i, node in enumerate(order):
            text = next(picture.groups[f"node-{i}"].iter(f"{SVG}text"))
            x, y = float(text.get("x")), float(text.get("y"))
            inside = min(xs) < x < max(xs) and min(ys) < y < max(ys)
            assert inside == (node in part.nodes or node.label == f"x{t}")


def test_a_group_can_be_folded_into_one_box():
    root, groups = steps(3)
    folded = [groups[0], group("the second", list(groups[1].nodes), folded=True)]
    root.backward()
    picture, [_, h2, _] = (
        Drawn(root, groups=folded),
        [n for n in topological_order(root) if str(n.op) == "tanh"],
    )
    [box] = picture.ids("group")
    assert picture.texts(box) == [
        *("the second", "4 values", "data", format_number(h2.data)),
        *("grad", format_number(h2.grad)),
    ]
    assert len(picture.ids("node")) == len(topological_order(root)) - 4


def test_groups_may_be_nested_and_not_overlap():
    root, [a, b, c] = steps(3)
    both = group("both", [*a.nodes, *b.nodes])
    picture = Drawn(root, groups=[a, both, c])
    assert {"module-both", "module-both.step 1", "module-step 3"} <= set(picture.groups)
    across = group("across", [*b.nodes, *c.nodes])
    with pytest.raises(AutogradError, match=r"'across' is inside and outside of another"):
        draw_dot(root, groups=[both, across])
    with pytest.raises(TypeError, match="group expected Values, got float"):
        group("x", [1.0])


# -- PDF -----------------------------------------------------------------------------------------


@needs_pure
def test_a_pdf_is_made_from_the_svg(tmp_path):
    pytest.importorskip("svglib")
    picture = draw_dot(Value(1.0, "x") * 2)
    assert render(Value(1.0), "pdf").startswith(b"%PDF")
    written = picture.render(tmp_path / "graph", format="pdf", cleanup=True)
    assert written == str(tmp_path / "graph.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["graph.pdf"]
    assert (tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")


@needs_pure
def test_without_svglib_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "svglib.svglib", None)
    with pytest.raises(AutogradError, match=r"^a PDF needs svglib: pip install svglib; or write"):
        render(Value(1.0), "pdf")


@pytest.mark.parametrize("model", [None, MLP(2, [3, 1], rng=random.Random(0))])
@pytest.mark.parametrize("detail", [None, "values"])
def test_every_edge_of_dots_that_are_spelled_out_ends_at_a_box(model, detail):
    used = model or MLP(2, [3, 1], rng=random.Random(0))
    source = draw_dot(used([1.0, 2.0]), model=model, expand=True, detail=detail).source
    ends = {
        end for pair in re.findall(r'"?([\w-]+)"?(?::\S+)? -> "?([\w-]+)', source) for end in pair
    }
    boxes = set(re.findall(r'^\s*"?([\w-]+)"? \[', source, flags=re.MULTILINE))
    assert len(ends) > 20
    assert ends - boxes == set()
