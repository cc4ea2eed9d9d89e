"""Networks as columns of neurons."""

import itertools
import random
import re
from types import SimpleNamespace

import pytest
from pictures import SVG, TITLE, Drawn, contrast

from autograd_mini import Value, draw_mlp
from autograd_mini.draw import format_number
from nn import MLP, Layer

pytestmark = pytest.mark.usefixtures("one_dot")


def network(*sizes, **options):
    return MLP(sizes[0], sizes[1:], rng=random.Random(0), **{"activation": "tanh", **options})


def drawn(model, **options):
    return Drawn(model, draw=draw_mlp, **options)


def line(picture, i):
    return picture.shapes(i)[0]


def test_there_is_a_neuron_for_each_and_a_line_for_every_weight():
    model = network(2, 3, 1)
    picture = drawn(model)
    assert picture.ids("input") == {"input-0", "input-1"}
    assert picture.ids("neuron") == {"neuron-0-0", "neuron-0-1", "neuron-0-2", "neuron-1-0"}
    for c, layer in enumerate(model.layers):
        for j, neuron in enumerate(layer.neurons):
            assert f"bias {neuron.b.data!r}" in picture.tooltip(f"neuron-{c}-{j}")
            for k, w in enumerate(neuron.w):
                assert picture.tooltip(f"weight-{c}-{j}-{k}").endswith(f"weight {w.data!r}")
                start = f"neuron-{c - 1}-{k}" if c else f"input-{k}"
                assert picture.ends(f"weight-{c}-{j}-{k}") == (start, f"neuron-{c}-{j}")
    assert len(picture.ids("weight")) == 9
    assert picture.texts("title-1") == ["layer 1", "3 neurons, tanh"]
    assert picture.texts("title-2") == ["layer 2", "1 neuron"]


@pytest.mark.parametrize("width", ["weight", "gradient"])
def test_width_is_size_and_dashes_are_negative(width):
    model = network(2, 3, 1)
    model([1.0, 2.0]).backward()
    weights = {
        f"weight-{c}-{j}-{k}": w.data if width == "weight" else w.grad
        for c, layer in enumerate(model.layers)
        for j, neuron in enumerate(layer.neurons)
        for k, w in enumerate(neuron.w)
    }
    picture = drawn(model, width=width)
    by_size = sorted(weights, key=lambda i: abs(weights[i]))
    widths = [float(line(picture, i).get("stroke-width", 1)) for i in by_size]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1] == 5
    for i, number in weights.items():
        assert (line(picture, i).get("stroke-dasharray") is not None) == (number < 0)
    colours = {number < 0: line(picture, i).get("stroke") for i, number in weights.items()}
    assert len(set(colours.values())) == 2
    assert all(contrast(colour, "#ffffff") >= 4.5 for colour in colours.values())


def test_inputs_neurons_and_outputs_differ_in_shape():
    picture = drawn(network(2, 3, 1))
    tags = [[e.tag for e in picture.shapes(i)] for i in ("input-0", "neuron-0-0", "neuron-1-0")]
    assert tags == [[f"{SVG}polygon"], [f"{SVG}ellipse"], [f"{SVG}ellipse"] * 2]


def test_an_input_shows_the_activations():
    model = network(2, 3, 1)
    picture = drawn(model, x=[1.0, Value(-0.5)])
    hidden = model.layers[0]([1.0, -0.5])
    assert [picture.texts(f"input-{k}") for k in range(2)] == [["1"], ["-0.5"]]
    assert [picture.texts(f"neuron-0-{j}") for j in range(3)] == [
        [format_number(h.data)] for h in hidden
    ]
    assert picture.texts("neuron-1-0") == [format_number(model([1.0, -0.5]).data)]
    with pytest.raises(ValueError, match="expected an x of 2 numbers, got 3"):
        draw_mlp(model, x=[1, 2, 3])


def test_large_layers_show_the_first_and_the_last_and_count_the_others():
    picture = drawn(network(784, 64, 10), max_neurons=4)
    assert picture.ids("input") == {"input-0", "input-1", "input-2", "input-783"}
    assert picture.texts("more-0") == ["…", "780 more"]
    assert picture.texts("more-1") == ["…", "60 more"]
    assert picture.ids("neuron") == {
        f"neuron-{c}-{j}" for c, n in ((0, 63), (1, 9)) for j in (0, 1, 2, n)
    }
    assert len(picture.ids("weight")) == 32
    assert picture.texts("title-0") == ["784 inputs"]


def test_columns_stand_side_by_side_in_order_and_neurons_below_each_other():
    picture = drawn(network(3, 4, 2))
    lefts = [picture.box("input-0")[0], *(centre(picture, f"neuron-{c}-0")[0] for c in (0, 1))]
    assert lefts == sorted(lefts)
    tops = [centre(picture, f"neuron-0-{j}")[1] for j in range(4)]
    assert tops == sorted(tops)


def centre(picture, i):
    ellipse = picture.shapes(i)[0]
    return float(ellipse.get("cx")), float(ellipse.get("cy"))


def test_numbers_stand_on_their_lines_and_biases_below_their_neurons():
    model = network(2, 3, 1)
    picture = drawn(model, numbers=True, biases=True, inputs=["age", "height"])
    for c, layer in enumerate(model.layers):
        for j, neuron in enumerate(layer.neurons):
            assert picture.texts(f"name-{c + 1}-{j}") == [f"b = {format_number(neuron.b.data)}"]
            for k, w in enumerate(neuron.w):
                assert picture.texts(f"number-{c}-{j}-{k}") == [format_number(w.data)]
                left, top, right, bottom = picture.box(f"number-{c}-{j}-{k}")
                x, y = (left + right) / 2, (top + bottom) / 2
                ends = line(picture, f"weight-{c}-{j}-{k}").get("d")
                (x1, y1), *_, (x2, y2) = [
                    tuple(map(float, p.split(","))) for p in re.findall(r"-?[\d.]+,-?[\d.]+", ends)
                ]
                assert y == pytest.approx(y1 + (y2 - y1) * (x - x1) / (x2 - x1), abs=2)
    assert [picture.texts(f"name-0-{k}") for k in range(2)] == [["age"], ["height"]]
    boxes = [picture.box(i) for i in picture.ids("number")]
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    assert drawn(network(5, 5), numbers=True).ids("number") == set()  # 25 lines are too many
    with pytest.raises(ValueError, match="inputs expected 2 names, got 1"):
        draw_mlp(model, inputs=["age"])


def test_a_legend_says_what_lines_mean():
    texts = [t.text for t in drawn(network(2, 3, 1)).svg.iter(f"{SVG}text")]
    assert any("positive weight" in t for t in texts)
    assert any("negative weight" in t for t in texts)


def test_any_object_with_layers_of_neurons_is_drawn():
    neuron = SimpleNamespace(w=[1.0, -2.0], b=0.5)
    model = SimpleNamespace(layers=[SimpleNamespace(neurons=[neuron])])
    picture = drawn(model)
    assert picture.ids("weight") == {"weight-0-0-0", "weight-0-0-1"}
    assert picture.texts("title-1") == ["layer 1", "1 neuron"]


@pytest.mark.parametrize("weight", [0.0, float("inf"), float("nan"), 1e308])
def test_weights_of_any_size_are_drawn(weight):
    model = network(1, 1)
    model.layers[0].neurons[0].w[0].data = weight
    assert drawn(model).tooltip("weight-0-0-0").endswith(str(weight))


@pytest.mark.parametrize("thing", [1.0, Layer(2, 2), SimpleNamespace(layers=[])])
def test_what_has_no_layers_of_neurons_is_refused(thing):
    with pytest.raises(TypeError, match=r"\.layers have \.neurons.*got"):
        draw_mlp(thing)


def test_options_are_checked():
    with pytest.raises(ValueError, match="'weight' or 'gradient', got 'w'"):
        draw_mlp(network(1, 1), width="w")
    with pytest.raises(ValueError, match="max_neurons must be at least 2"):
        draw_mlp(network(1, 1), max_neurons=1)


def test_tooltips_name_the_parameters_as_the_model_does():
    model = network(2, 1)
    says = [a.get(TITLE) for a in drawn(model).svg.iter(f"{SVG}a")]
    weights = [name for name, _ in model.named_parameters() if ".w." in name]
    assert all(any(text.startswith(f"{name}: ") for text in says) for name in weights)
