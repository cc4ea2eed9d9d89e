"""Pictures hold the curves they are of. What they look like is for people to judge."""

import random
import sys
import xml.etree.ElementTree as ET

import pytest

from autograd_mini import grad
from nn import MLP, Perceptron, fit, toys
from nn.activations import ACTIVATIONS
from nn.diagnostics import gradient_norms
from nn.losses import cross_entropy
from nn.optimizers import SGD
from nn.training import Epoch, History

plots = pytest.importorskip("nn.plots")
pytest.importorskip("matplotlib")


def curves(figure):
    """For each picture its curves, as (label, ys)."""
    return {
        axis.get_title(): {line.get_label(): list(line.get_ydata()) for line in axis.get_lines()}
        for axis in figure.axes
    }


def history(**validation):
    numbers = [(0.9, 0.5), (0.6, 0.75), (0.3, 1.0)]
    return History(
        [Epoch(k, a, {"accuracy": b}, validation) for k, (a, b) in enumerate(numbers, start=1)]
    )


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are turned into text."""
    figures = []
    svg = plots._svg
    monkeypatch.setattr(plots, "_svg", lambda figure: figures.append(figure) or svg(figure))
    return figures


def test_training_curves_show_training_and_validation(drawn):
    svg = plots.training_curves(history(loss=1.0, accuracy=0.25))
    assert ET.fromstring(svg).tag.endswith("svg")
    assert curves(drawn[0]) == {
        "loss": {"training": [0.9, 0.6, 0.3], "validation": [1.0] * 3},
        "accuracy": {"training": [0.5, 0.75, 1.0], "validation": [0.25] * 3},
    }
    assert svg == plots.training_curves(history(loss=1.0, accuracy=0.25)), "the same every time"


def test_what_is_held_out_may_have_a_name_of_its_own(drawn):
    plots.training_curves(history(loss=1.0), held_out="test")
    assert curves(drawn[0])["loss"] == {"training": [0.9, 0.6, 0.3], "test": [1.0] * 3}


def test_predicted_numbers_are_drawn_against_true_ones(drawn):
    answers = {"training": ([1.0, 3.0], [1.5, 2.5]), "test": ([2.0], [5.0])}
    plots.training_curves(history(loss=1.0), "test", answers)
    *_, axis = drawn[0].axes
    assert len(drawn[0].axes) == 3
    points = {c.get_label(): c.get_offsets().tolist() for c in axis.collections}
    assert points == {"training": [[1.0, 1.5], [3.0, 2.5]], "test": [[2.0, 5.0]]}
    [line] = axis.get_lines()  # of those that are right
    assert (line.get_xy1(), line.get_slope()) == ((2.0, 2.0), 1)
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("true", "predicted")
    (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
    assert 0.5 < left < 1 < 3 < right < 3.5
    assert 1 < bottom < 1.5 < 5 < top < 5.5


@pytest.mark.parametrize("validation", [{}, {"accuracy": 0.5}])
def test_what_was_not_measured_is_not_drawn(drawn, validation):
    plots.training_curves(history(**validation))
    assert set(curves(drawn[0])["loss"]) == {"training"}
    assert ("validation" in curves(drawn[0])["accuracy"]) == bool(validation)


def test_every_number_is_inside_its_picture(drawn):
    epochs = [Epoch(k, -float(k), {"distance": 7.0 * k}, {}) for k in (1, 2)]
    plots.training_curves(History(epochs))
    for axis, [low, high] in zip(drawn[0].axes, [(-2, -1), (7, 14)]):
        bottom, top = axis.get_ylim()
        assert bottom <= low
        assert high <= top


def test_a_history_shows_itself():
    assert set(history()._repr_mimebundle_()) == {"image/svg+xml", "image/png", "text/plain"}
    assert history().plot() == plots.training_curves(history())
    assert "image/svg+xml" not in History([])._repr_mimebundle_()


def test_a_history_without_matplotlib_shows_its_text(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert list(history()._repr_mimebundle_()) == ["text/plain"]
    with pytest.raises(ImportError, match=r'pip install "autograd-mini\[plot\]"'):
        history().plot()


def test_a_picture_of_nothing_is_refused():
    with pytest.raises(ValueError, match="a history of at least one epoch, got none"):
        History([]).plot()
    with pytest.raises(ValueError, match="decision_regions expected at least one point, got none"):
        plots.decision_regions(MLP(2, [1]), [])


def regions(figure):
    """For each class drawn, the polygons of its region."""
    [axis] = figure.axes
    return [c for c in axis.collections if hasattr(c, "levels")]


def class_at(figure, point):
    """The classes whose regions hold the point."""
    return [
        k for k, region in enumerate(regions(figure)) if region.get_paths()[0].contains_point(point)
    ]


def test_decision_regions_of_one_score_are_where_it_is_above_and_below_zero():
    model = MLP(2, [1])
    for p, number in zip(model.parameters(), (1.0, 0.0, -0.25)):  # x1 > 0.25
        p.data = number
    points = [([-1.0, -1.0], 0), ([1.0, 1.0], 1)]
    figure = plots.decision_regions(model, points, resolution=9)
    places = (-0.5, 0.5), (0.2, -0.5), (0.3, 0.0), (0.9, 0.9)
    assert [class_at(figure, at) for at in places] == [[0], [0], [1], [1]]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["0", "1"]


def test_decision_regions_of_logits_are_those_of_the_largest():
    model = MLP(2, [3], rng=random.Random(0))
    for neuron, w in zip(model.layers[0].neurons, ((1.0, 0.0), (-1.0, 0.0), (0.0, 3.0))):
        neuron.w[0].data, neuron.w[1].data = w
    points = [([-1.0, -1.0], 1), ([1.0, -1.0], 0), ([0.0, 1.0], 2)]
    figure = plots.decision_regions(model, points)
    places = (0.9, -0.5), (-0.9, -0.5), (0.0, 0.8)
    assert [class_at(figure, at) for at in places] == [[0], [1], [2]]


@pytest.mark.parametrize(("activation", "low"), [("sign", -1), ("step", 0)])
def test_decision_regions_of_a_perceptron(activation, low):
    perceptron = Perceptron(2, activation=activation)
    perceptron.w[0].data = 1.0
    figure = plots.decision_regions(perceptron, [([-1.0, 0.0], low), ([1.0, 1.0], 1)], resolution=6)
    assert [class_at(figure, at) for at in ((-0.1, 0.5), (0.1, 0.5))] == [[0], [1]]


def test_a_class_that_never_wins_has_no_region():
    always = MLP(2, [1])
    for p, number in zip(always.parameters(), (0.0, 0.0, 1.0)):
        p.data = number
    assert len(regions(plots.decision_regions(always, toys.xor(), resolution=5))) == 1


def test_points_on_one_line_still_span_a_plane():
    model = MLP(2, [1], rng=random.Random(0))
    figure = plots.decision_regions(model, [([0.0, 1.0], 0), ([1.0, 1.0], 1)], resolution=5)
    bottom, top = figure.axes[0].get_ylim()
    assert bottom < 1 < top
    assert len(regions(figure)[0].get_paths()[0].vertices) > 3


def test_the_gallery_holds_every_activation_and_its_derivative():
    figure = plots.activation_gallery()
    shown = curves(figure)
    assert set(shown) == set(ACTIVATIONS) - {"linear"}
    xs = list(figure.axes[0].get_lines()[0].get_xdata())
    for name, lines in shown.items():
        f = ACTIVATIONS[name]
        assert lines == {"f(x)": [f(x) for x in xs], "f'(x)": [grad(f)(x) for x in xs]}


def test_gradient_flow_draws_each_models_norms():
    models = {name: MLP(2, [3, 3, 2], activation=name) for name in ("tanh", "sigmoid")}
    for model in models.values():
        fit(model, cross_entropy, [([1.0, 2.0], 0)], optimizer=SGD(model.parameters()), epochs=1)
    shown = curves(plots.gradient_flow(models))
    assert shown == {
        "": {name: list(gradient_norms(model).values()) for name, model in models.items()}
    }


def test_a_figure_shows_itself_the_same_every_time():
    models = {"one": MLP(2, [2, 1], rng=random.Random(0))}
    models["one"]([1.0, 2.0]).backward()
    first, second = (plots.gradient_flow(models)._repr_svg_() for _ in range(2))
    assert first == second
    assert ET.fromstring(first).tag.endswith("svg")
