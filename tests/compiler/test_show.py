"""How a program shows itself: in one line, in ten, and highlighted in a notebook."""

import random
import re
import sys
from html import unescape
from html.parser import HTMLParser

import pytest
from pictures import contrast

from autograd_mini import Value, compile, tanh
from autograd_mini.compiler import show
from nn import MLP
from nn.losses import hinge, l2


@pytest.fixture
def program():
    random.seed(0)
    model = MLP(2, [16, 16, 1])
    return compile(
        lambda x, y: hinge(model(x), y) + 1e-4 * l2(model.parameters()), x=2, y=(), parameters=model
    )


class Parts(HTMLParser):
    """The tags of a piece of HTML, each closed, and the text outside of style sheets."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = set(), [], "", []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data


def test_the_source_says_what_its_arguments_are(program):
    lines = program.source.splitlines()
    assert len(lines) <= 32
    assert lines[3:9] == [
        "# the mean of the losses of n examples, and its gradient",
        "# x (n, 2), y (n,): an example in each row",
        "# W1 (16, 2), b1 (16,): layers.0.neurons.i.w.j, layers.0.neurons.i.b",
        "# W2 (16, 16), b2 (16,): layers.1.neurons.i.w.j, layers.1.neurons.i.b",
        "# W3 (16,), b3 (): layers.2.neurons.0.w.i, layers.2.neurons.0.b",
        "def value_and_grad(x, y, W1, b1, W2, b2, W3, b3):",
    ]


def test_a_program_in_one_line(program):
    assert repr(program) == str(program)
    assert "\n" not in repr(program)
    assert "x (n, 2), y (n,); 6 parameter arrays" in repr(program)
    outputs = compile(lambda x: [tanh(x)], x=())
    assert "outputs: x (n,); no parameter arrays" in repr(outputs)


def test_summary(program):
    text = program.summary()
    nodes = program._compiled.scalars
    assert text.splitlines()[0] == f"scalars     {nodes} nodes, equal ones merged"
    forward, backward = map(int, re.findall(r"(\d+) forward, (\d+) backward", text)[0])
    assert forward + backward == len(program.explain().lines)
    assert "  W2 (16, 16)  layers.1.neurons.i.w.j\n" in text
    assert "loss        the mean over the examples" in text
    assert "337 Values in 6 arrays" in text
    assert "\nbackend     numpy, float64" in text


def test_the_products_of_an_example_are_counted():
    """x @ W.T takes 3 * 2 multiplications, and so does its adjoint by W."""
    random.seed(0)
    model = MLP(3, [2])
    program = compile(lambda x: [tanh(z) for z in model(x)], x=3, parameters=model)
    assert "1 matrix product of 6 multiplications for an example" in program.summary()


def test_what_a_program_does_not_have_is_not_summarised():
    w = Value(1.0)
    text = compile(w * w).summary()
    assert "inputs      none" in text
    assert "over the examples" not in text


def test_a_notebook_shows_the_source(program):
    bundle = program._repr_mimebundle_()
    assert bundle["text/plain"] == repr(program)
    parts = Parts(bundle["text/html"])
    assert parts.text.strip() == program.source.strip()
    assert parts.tags <= {"div", "style", "pre", "span"}  # no script, nothing to load
    assert all(name in ("class", "style") for name, _ in parts.attributes)


def test_a_notebook_shows_an_explanation(program):
    explanation = program.explain("z1")
    parts = Parts(explanation._repr_mimebundle_()["text/html"])
    assert re.findall(r"\S+", parts.text) == re.findall(r"\S+", str(explanation))
    assert explanation._repr_mimebundle_()["text/plain"] == str(explanation)


def test_without_its_style_sheet_the_source_has_its_colours(program):
    """An untrusted notebook drops the sheet."""
    pytest.importorskip("pygments")
    html = re.sub(r"(?s)<style>.*</style>", "", program._repr_mimebundle_()["text/html"])
    inks = re.findall(r"<span[^>]*color: (#\w+)", html)
    [(paper, ink)] = re.findall(r"background-color: (#\w+); color: (#\w+)", html)
    assert {"#7a1fa2", "#a63a00"} <= set(inks)
    assert all(contrast(paper, colour) >= 4.5 for colour in (ink, *inks))


def test_colours_on_dark_pages_are_readable():
    paper, ink = show.DARK
    for colour in (ink, *[dark for _, _, dark in show.COLOURS.values()]):
        assert contrast(paper, colour) >= 4.5


def test_without_pygments_the_source_has_one_colour(program, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygments.lexers", None)
    html = program._repr_mimebundle_()["text/html"]
    assert "<span" not in html
    assert unescape(Parts(html).text).strip() == program.source.strip()
