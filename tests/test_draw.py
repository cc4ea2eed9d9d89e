"""Pictures: what stands in them is read back from the SVG, and compared with the graph."""

import importlib.metadata
import math
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autograd_mini import (
    AutogradError,
    Value,
    clip,
    dot,
    exp,
    fsum,
    maximum,
    node_names,
    primitive,
    relu,
    tanh,
    topological_order,
    where,
)
from autograd_mini.draw import dot_command, draw_dot, format_number, mimebundle, render

SVG = "{http://www.w3.org/2000/svg}"
TITLE = "{http://www.w3.org/1999/xlink}title"
SHAPES = {"polygon", "path", "ellipse"}
PROFILE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def pure_binary():
    """graphviz-pure's program, or None where it has no wheel."""
    try:
        files = importlib.metadata.files("graphviz-pure") or ()
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((str(f.locate()) for f in files if f.stem == "graphviz-pure"), None)


PURE = pure_binary()
DOTS = [program for program in (PURE, shutil.which("dot")) if program]
needs_pure = pytest.mark.skipif(PURE is None, reason="graphviz-pure has no wheel here")


@pytest.fixture(autouse=True)
def _dot(monkeypatch):
    """One and the same dot everywhere; and graphviz itself is left as it was."""
    from graphviz.backend import dot_command as backend

    monkeypatch.setattr(backend, "DOT_BINARY", backend.DOT_BINARY)
    if PURE is not None:
        monkeypatch.setenv("AUTOGRAD_MINI_DOT", PURE)


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    """A machine with no dot at all."""
    monkeypatch.delenv("AUTOGRAD_MINI_DOT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    def not_installed(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", not_installed)


class Drawn:
    """A picture, taken apart: its groups by id, each a node or an edge."""

    def __init__(self, root, **options):
        self.svg = ET.fromstring(render(root, **options))
        groups = self.svg.iter(f"{SVG}g")
        self.groups = {g.get("id"): g for g in groups if g.get("class") in ("node", "edge")}

    def ids(self, prefix):
        return {i for i in self.groups if i.startswith(f"{prefix}-")}

    def texts(self, i):
        return [t.text for t in self.groups[i].iter(f"{SVG}text")]

    def ends(self, i):
        title = self.groups[i].find(f"{SVG}title").text  # such as n0:e->op1, e for its east side
        return tuple(end.split(":")[0] for end in title.split("->"))

    def tooltip(self, i):
        return next(a.get(TITLE) for a in self.groups[i].iter(f"{SVG}a"))

    def shapes(self, i):
        return [e for e in self.groups[i].iter() if e.tag.removeprefix(SVG) in SHAPES]

    def box(self, i):
        """(left, top, right, bottom) of a node drawn as a polygon."""
        points = [tuple(map(float, p.split(","))) for p in self.shapes(i)[-1].get("points").split()]
        xs, ys = zip(*points)
        return min(xs), min(ys), max(xs), max(ys)


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


# -- what is in the picture ---------------------------------------------------------------------


@PROFILE
@given(graphs())
def test_the_picture_is_the_graph(root):
    picture, order, names = Drawn(root), topological_order(root), node_names(root)
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
        assert picture.ends(f"edge-{i}") == (f"op{i}", f"n{i}")
        partials = iter(node.partials)
        for k, operand in enumerate(node.operands):
            expected.add(f"edge-{i}-{k}")
            if isinstance(operand, Value):
                assert picture.ends(f"edge-{i}-{k}") == (f"n{order.index(operand)}", f"op{i}")
                assert picture.texts(f"edge-{i}-{k}") == [format_number(next(partials))]
            else:
                expected.add(f"constant-{i}-{k}")
                assert picture.texts(f"constant-{i}-{k}") == [format_number(operand)]
                assert picture.ends(f"edge-{i}-{k}") == (f"c{i}_{k}", f"op{i}")
                assert picture.texts(f"edge-{i}-{k}") == []
    assert set(picture.groups) == expected


def test_a_node_used_twice_has_two_edges_each_with_its_own_partial():
    a = Value(3.0, "a")
    picture = Drawn(a**a)
    assert picture.ends("edge-1-0") == picture.ends("edge-1-1") == ("n0", "op1")
    assert picture.texts("edge-1-0") == ["27"]
    assert picture.texts("edge-1-1") == [format_number(27 * math.log(3))]


def test_the_gradient_is_a_dash_until_backward_has_run():
    x, y = Value(2.0, "x"), Value(5.0, "y")
    z = x + 0.0 * y
    order = topological_order(z)
    assert [Drawn(z).texts(f"node-{i}")[-1] for i in range(4)] == ["–"] * 4
    z.backward()
    gradients = {node_names(z)[n]: Drawn(z).texts(f"node-{i}")[-1] for i, n in enumerate(order)}
    assert gradients == {"x": "1", "y": "0", "v1": "1", "v2": "1"}
    x.zero_grad()
    assert Drawn(z).texts(f"node-{order.index(x)}")[-1] == "–"


def test_a_fractions_gradient_is_a_dash_and_then_exact():
    x = Value(Fraction(1, 3), "x")
    y = x * x
    assert Drawn(y).texts("node-0")[-1] == "–"
    y.backward()
    assert Drawn(y).texts("node-0") == ["x", "data", "1/3", "grad", "2/3"]
    assert Drawn(y).texts("edge-1-0") == ["1/3"]


def test_plain_numbers_are_drawn_apart_from_the_graph():
    x = Value(3.0, "x")
    picture = Drawn(2 * x + 1)
    assert picture.ids("constant") == {"constant-1-0", "constant-2-1"}
    assert picture.shapes("constant-1-0") == []  # text, without an outline
    assert [e.get("stroke-dasharray") is not None for e in picture.shapes("edge-1-0")] == [True]
    assert all(e.get("stroke-dasharray") is None for e in picture.shapes("edge-1-1"))


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
    picture = Drawn(root)
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
    for group in picture.groups.values():
        fills = [e.get("fill") for e in group.iter() if e.tag.removeprefix(SVG) in SHAPES]
        is_edge = group.get("class") == "edge"
        paper = "#ffffff" if is_edge else next((f for f in fills if f != "none"), "#ffffff")
        for text in group.iter(f"{SVG}text"):
            assert contrast(text.get("fill"), paper) >= 4.5
            assert text.get("font-family").split(",")[0] == "Helvetica"
        for element in group.iter():
            colours |= {element.get("fill"), element.get("stroke")}
    colours -= {None, "none", "transparent"}
    assert all(len(c) == 7 and c[0] == "#" and int(c[1:], 16) >= 0 for c in colours)


def contrast(a, b):
    """The contrast ratio of two colours (WCAG 2.2)."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear))

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


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
    assert picture.tooltip("edge-2-0") == f"local derivative dy/dx = {2 / 3!r}"
    assert picture.tooltip("op-2") == "y = x × w"


# -- operations on lists ------------------------------------------------------------------------


def test_a_dot_of_64_is_legible():
    ws = [Value(i / 64, f"w{i}") for i in range(64)]
    xs = [float(i) for i in range(64)]
    picture = Drawn(relu(dot(ws, xs, Value(1.0, "b"))))
    assert len(picture.ids("constant")) == 1
    assert picture.texts("constant-65-numbers") == ["[0, 1, 2, 3, .. 64 numbers]"]
    assert [picture.texts(f"edge-65-{i}") for i in range(64)] == [[str(i)] for i in range(64)]
    boxes = [picture.box(f"node-{i}") for i in range(64)]
    assert all(above[3] < below[1] for above, below in pairwise(boxes))  # in order, apart
    assert all(bottom - top < 30 for _, top, _, bottom in boxes)  # flat
    assert picture.texts("node-0") == ["w0", "data", "0", "grad", "–"]


def test_only_a_bias_that_nobody_gave_is_left_out():
    ws = [Value(1.0), Value(2.0)]
    assert Drawn(dot(ws, [3.0, 0])).texts("constant-2-numbers") == ["[3, 0]"]
    assert Drawn(dot(ws, [3.0, 0.0], Value(1.0))).texts("constant-3-numbers") == ["[3, 0]"]
    assert Drawn(dot(ws, [3.0, 0.0], 0.5)).texts("constant-2-numbers") == ["[3, 0, 0.5]"]
    assert Drawn(dot(ws, [3.0, 1.0], 0.0)).texts("constant-2-numbers") == ["[3, 1, 0]"]
    assert Drawn(dot(ws, ws)).ids("constant") == set()
    assert Drawn(fsum([*ws, 0])).texts("constant-2-numbers") == ["[0]"]


# -- text that comes from users -----------------------------------------------------------------

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
    assert picture.tooltip("op-1") == f"v1 = {shown} − 1" or shown.startswith("-") or not shown


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
    assert [t.text for t in names] == ["x", "x_2", "v1"]
    assert [t.get("font-weight") for t in names] == ["bold", "bold", None]


# -- numbers ------------------------------------------------------------------------------------


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


# -- sizes and arguments ------------------------------------------------------------------------


def chain(length):
    y = Value(1.0, "x")
    for _ in range(length):
        y = y + 1.0
    return y


def test_too_large_a_graph_is_refused_with_its_size_and_a_remedy():
    y = chain(100_000)
    with pytest.raises(AutogradError, match=r"100,001 nodes.*draw_dot\(node\).*max_nodes=None"):
        draw_dot(y)


def test_the_limit_is_the_largest_number_that_is_drawn():
    assert len(Drawn(chain(4), max_nodes=5).ids("node")) == 5
    with pytest.raises(AutogradError, match="6 nodes"):
        draw_dot(chain(5), max_nodes=5)
    assert draw_dot(chain(400), max_nodes=None).source.count('id="node-') == 401


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


# -- rendering ----------------------------------------------------------------------------------


def test_formats():
    x = Value(1.0, "x")
    assert render(x).startswith("<svg")
    assert render(x, "png").startswith(b"\x89PNG")
    assert "node-0" in render(x, "dot")


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


# -- finding a dot ------------------------------------------------------------------------------


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
def test_the_variable_comes_before_path_and_path_before_graphviz_pure(monkeypatch, program):
    named, on_path = program("named", "my-dot"), program("path", "dot")
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", named)
    monkeypatch.setenv("PATH", os.path.dirname(on_path))
    assert dot_command() == named
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", "")
    assert dot_command() == on_path
    os.remove(on_path)
    assert os.path.samefile(dot_command(), PURE)


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
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == repr(x)
    assert bundle["image/svg+xml"] == render(x)


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


def test_too_large_a_graph_is_text_with_its_size():
    y = chain(1000)
    [(kind, text)] = mimebundle(y).items()
    assert kind == "text/plain"
    first, second = text.splitlines()
    assert first == repr(y)
    assert "1,001 nodes" in second


def test_a_wrong_variable_is_said(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", "/no/such/dot")
    with pytest.raises(AutogradError, match="/no/such/dot"):
        dot_command()
    assert "/no/such/dot" in mimebundle(Value(1.0))["text/plain"]


@posix
def test_a_dot_that_fails_is_no_traceback(monkeypatch, program):
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", program("named", "dot"))
    x = Value(1.0)
    [(kind, text)] = mimebundle(x).items()
    assert kind == "text/plain"
    assert text.startswith(repr(x))


def test_without_the_package_graphviz_there_is_text(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    x = Value(1.0)
    assert mimebundle(x)["text/plain"].startswith(repr(x))
