"""What shows itself in a notebook has a picture for one that nobody trusts, and a text.

There, front ends show no SVG, and HTML without its scripts, styles and MathML.
"""

import base64
import random
import re

import pytest

from autograd_mini import AutogradError, Value, chain_rule, draw_dot, draw_mlp, latex, step_through
from nn import MLP

PNG = b"\x89PNG\r\n\x1a\n"
SVG = re.compile(r"<svg [^>]*>|<img [^>]*>")
W, X, B = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b")


def neuron():
    y = (W * X + B).tanh()
    y.backward()
    return y


def network():
    model = MLP(2, [3, 1], activation="tanh", rng=random.Random(3))
    return model, model([Value(1.0, "x1"), Value(-2.0, "x2")])


def chain(length):
    y = Value(1.0, "y")
    for _ in range(length):
        y = y.tanh()
    return y


def large():
    model, y = network()
    return step_through(y, model=model)


SHOWN = {
    "a value": neuron,
    "a graph": lambda: draw_dot(neuron()),
    "a network as cards": lambda: draw_dot(network()[1], model=network()[0]),
    "a network as dots and lines": lambda: draw_mlp(network()[0]),
    "a stepper": lambda: step_through(neuron()),
    "a stepper with a model": large,
    "a wide graph": lambda: draw_dot(chain(40), max_nodes=None),
}


def size(png):
    """(width, height) in pixels."""
    assert png.startswith(PNG)
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


@pytest.mark.parametrize("make", SHOWN.values(), ids=SHOWN)
def test_a_picture_has_a_png_for_notebooks_that_are_not_trusted(make):
    bundle = make()._repr_mimebundle_()
    assert bundle["text/plain"]
    width, height = size(base64.b64decode(bundle["image/png"], validate=True))
    assert min(width, height) > 20
    assert width <= 25 * 96
    drawn = SVG.search(bundle.get("image/svg+xml") or bundle["text/html"])[0]
    if "image/svg+xml" in bundle:
        box = [float(x) for x in re.search(r'viewBox="0.00 0.00 (\S+) (\S+)"', drawn).groups()]
        # as large as the SVG, in the browser's pixels, unless that is very wide
        scale = min(1, 25 * 72 / box[0], 40 * 72 / box[1])
        expected = [points * scale * 96 / 72 for points in box]
        assert (width, height) == pytest.approx(expected, rel=0.02, abs=3)
        # no wider than a cell: of a fixed width, which is small, or of the cell's
        fixed = re.search(r'width="([\d.]+)pt" height', drawn)
        assert float(fixed[1]) <= 620 if fixed else 'width="100%"' in drawn
        assert bool(fixed) == (box[0] <= 620)
    else:
        assert 'style="max-width: 100%"' in drawn


def test_formulas_are_latex_and_text():
    y = neuron()
    for shown in (latex(y), chain_rule(y, W)):
        bundle = shown._repr_mimebundle_()
        assert set(bundle) == {"text/latex", "text/plain"}
        assert "<" not in bundle["text/latex"]


def test_a_dot_without_png_still_gives_its_svg(monkeypatch):
    picture = draw_dot(neuron())
    plain = type(picture).pipe

    def refuses(self, format=None, *args, **options):
        if format == "png":
            raise AutogradError("dot cannot write png")
        return plain(self, format, *args, **options)

    monkeypatch.setattr(type(picture), "pipe", refuses)
    assert set(picture._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}
