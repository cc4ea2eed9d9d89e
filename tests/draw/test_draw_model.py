"""Pictures of what a model computed: frames, names, and neurons and layers as boxes."""

import random

import pytest
from pictures import SVG, Drawn

from autograd_mini import (
    AutogradError,
    Value,
    dot,
    draw_dot,
    primitive,
    relu,
    softmax,
    softplus,
    tanh,
    topological_order,
)
from autograd_mini.draw.modules import brief, homes, parameter_names, split
from nn import MLP, Layer, Module, Neuron, losses

pytestmark = pytest.mark.usefixtures("one_dot")


def network(**options):
    return MLP(2, [3, 1], rng=random.Random(0), **{"activation": "tanh", **options})


def loss_of(model, *rows):
    loss = losses.mean_squared_error([model(row) for row in rows], [1.0] * len(rows))
    loss.backward()
    return loss


def modules_of(root, model):
    """{module: the operations in it, in order}; "outside" for what is in none."""
    order = topological_order(root)
    inside = homes(order, {p: split(name)[0] for p, name in parameter_names(model).items()})
    found = {}
    for node in order:
        if not node.is_leaf:
            path = ".".join(inside[node]) if node in inside else "outside"
            found.setdefault(path, []).append(str(node.op))
    return found


# -- which module a node belongs to --------------------------------------------------------------


def test_a_neuron_is_its_pre_activation_and_its_activation():
    model = network()
    assert modules_of(loss_of(model, [1.0, 2.0]), model) == {
        **{f"layers.0.neurons.{i}": ["dot", "tanh"] for i in range(3)},
        "layers.1.neurons.0": ["dot"],
        "outside": ["-", "**"],
    }


@pytest.mark.parametrize("row", [[1.0, 2.0], [Value(1.0), Value(2.0)]])
def test_so_it_is_where_products_and_sums_are_spelled_out(row):
    model = network(expand=True)
    found = modules_of(loss_of(model, row), model)
    assert found["outside"] == ["-", "**"]
    assert found["layers.0.neurons.1"] == ["*", "+", "*", "+", "tanh"]
    assert found["layers.1.neurons.0"] == ["*", "+", "*", "+", "*", "+"]


def test_an_output_activation_belongs_to_its_neuron_and_the_loss_does_not():
    model = network(output_activation="sigmoid")
    loss = losses.negative_log_likelihood(model([1.0, 2.0]), 1)
    found = modules_of(loss, model)
    assert found["layers.1.neurons.0"] == ["dot", "sigmoid"]
    assert "log" in found["outside"]
    linear = network()
    logits = losses.binary_cross_entropy_with_logits(linear([1.0, 2.0]), 1)
    assert modules_of(logits, linear)["outside"] == ["*", "softplus"]
    z = linear([1.0, 2.0])  # used twice, and so by a loss
    assert modules_of(softplus(z) - 0.5 * z, linear)["outside"] == ["softplus", "*", "-"]


def test_an_activation_may_be_made_of_several_operations():
    model = network(activation=lambda z: z * relu(z + 3) / 6)
    found = modules_of(model([1.0, 2.0]), model)
    assert found["layers.0.neurons.0"] == ["dot", "+", "relu", "*", "/"]
    assert "outside" not in found


@pytest.mark.parametrize("name", ["neg", "+", "*"])
def test_an_activation_of_ones_own_may_have_any_name(name):
    square = primitive(name, lambda z: z * z, (lambda z, y: 2 * z,))
    model = network(output_activation=square)
    found = modules_of(model([1.0, 2.0]), model)
    assert found["layers.1.neurons.0"] == ["dot", name]


def test_what_uses_a_whole_layer_belongs_to_the_layer():
    class Attention(Module):
        def __init__(self):
            rng = random.Random(0)
            self.first, self.second = Layer(2, 2, rng=rng), Layer(2, 1, rng=rng)

        def __call__(self, x):
            return self.second(softmax(self.first(x)))[0]

    model = Attention()
    found = modules_of(model([1.0, 2.0]), model)
    assert {"first", "first.neurons.0", "second.neurons.0"} == set(found) - {"first.neurons.1"}


@pytest.mark.parametrize("penalty", [losses.l1, losses.l2])
def test_a_penalty_on_the_parameters_is_outside_of_the_model(penalty):
    model = network()
    data = loss_of(model, [1.0, 2.0])
    before = modules_of(data, model)
    after = modules_of(data + 0.1 * penalty(model.parameters()), model)
    assert before.pop("outside") == after.pop("outside")[:2]
    assert before == after


def test_inputs_and_what_is_made_of_them_are_outside():
    model = network()
    x = [Value(1.0) * 2, Value(2.0) * 2]
    assert modules_of(model(x), model)["outside"] == ["*", "*"]


def test_a_frozen_model_is_known_too():
    model = network().freeze()
    assert len(parameter_names(model)) == 13
    assert modules_of(model([1.0, 2.0]), model)["layers.0.neurons.0"] == ["dot", "tanh"]


# -- frames and names ----------------------------------------------------------------------------


def test_frames_are_the_modules_one_inside_the_other():
    model = network()
    picture = Drawn(loss_of(model, [1.0, 2.0]), model=model, detail="values")
    neurons = [f"module-layers.0.neurons.{i}" for i in range(3)] + ["module-layers.1.neurons.0"]
    frames = {"module", "module-layers.0", "module-layers.1", *neurons}
    assert {i for i in picture.groups if i.startswith("module")} == frames
    assert picture.texts("module") == ["MLP"]
    assert picture.texts("module-layers.0.neurons.2") == ["neurons.2"]
    left, top, right, bottom = frame = outline(picture, "module-layers.0")
    for i in range(3):
        inner = outline(picture, f"module-layers.0.neurons.{i}")
        assert (left, top) < inner[:2]
        assert (right, bottom) > inner[2:]
    assert frame[2] < outline(picture, "module")[2]


def outline(picture, i):
    """(left, top, right, bottom) of a frame, whose path is rounded."""
    path = picture.groups[i].find(f".//{SVG}path").get("d")
    numbers = path.replace("M", "").replace("C", " ").split()
    points = [tuple(map(float, p.split(","))) for p in numbers]
    xs, ys = zip(*points)
    return min(xs), min(ys), max(xs), max(ys)


def test_parameters_have_the_models_names_and_a_shape_of_their_own():
    model = network()
    x = Value(2.0, "x")
    root = model([x, 1.0])
    picture, order = Drawn(root, model=model, detail="values"), topological_order(root)
    named = parameter_names(model)
    for i, node in enumerate(order):
        if node in named:
            assert picture.texts(f"node-{i}")[0] == brief(named[node])  # as in tables and formulas
            assert picture.tooltip(f"node-{i}").startswith(f"{brief(named[node])} = ")
    leaf, parameter = (picture.groups[f"node-{order.index(n)}"] for n in (x, order[0]))
    assert order[0] in named
    assert len(list(parameter.iter(f"{SVG}polyline"))) > len(list(leaf.iter(f"{SVG}polyline")))


def test_a_label_comes_before_the_models_name():
    neuron = Neuron(1)
    neuron.w[0].label = "slope"
    picture = Drawn(neuron([2.0]), model=neuron, detail="values")
    assert [picture.texts(f"node-{i}")[0] for i in range(2)] == ["slope", "b"]


def test_the_picture_of_a_model_has_the_ids_of_the_picture_without():
    model = network()
    loss = loss_of(model, [1.0, 2.0])
    framed = {
        i for i in Drawn(loss, model=model, detail="values").groups if not i.startswith("module")
    }
    assert framed == set(Drawn(loss, detail="values").groups)


# -- neurons and layers as boxes: see test_cards.py ------------------------------------------------


def test_a_recurrent_network_is_drawn_in_every_detail():
    class Recurrent(Module):
        def __init__(self):
            self.neurons = [Neuron(2, activation="tanh", rng=random.Random(i)) for i in range(2)]

        def __call__(self, x):
            h = [0.0, 0.0]
            for _ in x:
                h = [neuron(h) for neuron in self.neurons]
            return h[0] * h[1]

    model = Recurrent()
    root = model(range(5))
    for detail in ("values", "neurons", "layers"):
        picture = Drawn(root, model=model, detail=detail)
        assert picture.texts(f"node-{len(topological_order(root)) - 1}")


# -- what is refused -----------------------------------------------------------------------------


def test_a_detail_needs_a_model_and_a_model_names_its_parameters():
    x = tanh(Value(1.0))
    with pytest.raises(ValueError, match=r"detail='layers'.*model="):
        draw_dot(x, detail="layers")
    with pytest.raises(ValueError, match="'values', 'neurons' or 'layers', got 'all'"):
        draw_dot(x, detail="all")
    with pytest.raises(TypeError, match=r"named_parameters.*got list"):
        draw_dot(x, model=[x])

    class Wrong:
        def named_parameters(self):
            return [("w", 1.0)]

    with pytest.raises(AutogradError, match=r"\(name, Value\) pairs, got float for 'w'"):
        draw_dot(x, model=Wrong())


def test_any_object_that_names_its_parameters_is_a_model():
    w = Value(2.0)

    class Line:
        def named_parameters(self):
            return [("w", w)]

    assert Drawn(tanh(w * 3.0), model=Line()).texts("neuron-1")[0] == "Line"
    picture = Drawn(tanh(w * 3.0), model=Line(), detail="values")
    assert picture.texts("module") == ["Line"]
    assert picture.texts("node-0")[0] == "w"


@pytest.mark.parametrize("bias", [5, 5.0])
def test_a_bias_that_is_a_number_counts_as_one_whatever_its_type(bias):
    class Model(Module):
        def __init__(self):
            self.w = [Value(1.0), Value(2.0)]

        def __call__(self, x):
            return tanh(dot(self.w, self.w, bias)) * x

    model = Model()
    found = homes(topological_order(model(3.0)), dict.fromkeys(model.w, ()))
    assert [str(node.op) for node in found if not node.is_leaf][:1] == ["dot"]
