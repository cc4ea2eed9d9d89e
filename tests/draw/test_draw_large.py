"""Pictures of graphs that are too large to be drawn node by node."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import Drawn

from autograd_mini import Value, draw_dot, fsum, maximum, tanh, topological_order
from autograd_mini.draw import format_number
from autograd_mini.draw.sketch import Group, equals, nearest, repeats, sketch
from nn import MLP, losses

pytestmark = pytest.mark.usefixtures("one_dot")


def chain(length, step=lambda y: y + 1.0):
    y = Value(1.0, "x")
    for _ in range(length):
        y = step(y)
    return y


def boxes(picture):
    return sorted(i for i in picture.groups if i.startswith(("node-", "group-")))


def titles(picture):
    return {picture.texts(i)[0]: i for i in sorted(picture.ids("group"))}


# -- what every way of drawing less keeps --------------------------------------------------------


@st.composite
def programs(draw):
    """The last of many values that are made from each other at random."""
    values = [Value(float(i + 1)) for i in range(draw(st.integers(1, 4)))]
    make = [lambda a, b: a + b, lambda a, b: a * 0.5, lambda a, b: tanh(b), lambda a, b: b - a]
    for _ in range(draw(st.integers(1, 30))):
        a, b = draw(st.sampled_from(values[-4:])), draw(st.sampled_from(values))
        values.append(draw(st.sampled_from(make))(a, b))
    return values[-1]


@settings(deadline=None)
@given(programs(), st.sampled_from([repeats, equals, lambda s: nearest(s, 3)]))
def test_fewer_boxes_are_the_same_graph_and_have_no_circles(root, shorter):
    order = topological_order(root)
    full = sketch(order, {})
    drawn = shorter(full)
    assert len(drawn) <= len(full)
    assert drawn.box[-1] == len(drawn) - 1
    assert set(drawn.box) == set(range(len(drawn)))
    edges = {(drawn.box_of(x), drawn.box_of(node)) for node in order for x in node.parents}
    assert edges - {(b, b) for b in range(len(drawn))} == {
        (x, b) for b, operands in enumerate(drawn.operands) for x in operands
    }
    assert all(x < b for b, operands in enumerate(drawn.operands) for x in operands)
    singles = [node for node in drawn.content if isinstance(node, Value)]
    assert all(drawn.content[drawn.box_of(node)] is node for node in singles)
    assert len(singles) == len({b for b in drawn.box if drawn.box.count(b) == 1})


@settings(deadline=None)
@given(programs(), st.integers(2, 12))
def test_no_picture_has_more_boxes_than_it_may(root, most):
    drawn = sketch(topological_order(root), {}, max_nodes=most)
    assert len(drawn) <= max(most, 2)
    if len(topological_order(root)) <= most:
        assert not any(isinstance(x, Group) for x in drawn.content)


def test_the_limit_is_the_largest_number_that_is_drawn_in_full():
    assert len(Drawn(chain(9), max_nodes=10).ids("node")) == 10
    assert Drawn(chain(10), max_nodes=10).ids("group") != set()
    with pytest.raises(ValueError, match="max_nodes must be at least 2"):
        draw_dot(chain(3), max_nodes=1)


# -- repeats along a chain -----------------------------------------------------------------------


def test_what_repeats_itself_along_a_chain_is_one_box():
    y = chain(1000)
    y.backward()
    picture = Drawn(y)
    assert titles(picture) == {"997 more of": "group-3"}
    assert picture.texts("group-3") == ["997 more of", "· + 1", "data", "1000", "grad", "1"]
    assert picture.ids("node") == {"node-0", "node-1", "node-2", "node-1000"}
    assert picture.texts("edge-group-3-2") == ["1"]  # the derivative along the chain
    assert "1,001 values in 5 boxes: parts that repeat are drawn once" in [
        t.text for t in picture.svg.iter() if t.text
    ]


def test_numbers_that_differ_are_left_open():
    numbers = iter(range(1000))
    y = chain(400, lambda y: y + float(next(numbers)))
    assert Drawn(y).texts("group-3")[1] == "· + number"


@pytest.mark.parametrize("period", [1, 2, 3, 4])
def test_the_derivative_along_repeats_is_the_product_of_all_in_them(period):
    def step(y):
        for _ in range(period - 1):
            y = tanh(y)
        return y * 0.99

    y = chain(400, step)
    y.backward()
    order = topological_order(y)
    drawn = sketch(order, {}, max_nodes=300)
    [group] = [b for b, content in enumerate(drawn.content) if isinstance(content, Group)]
    members = [node for node in order if drawn.box_of(node) == group]
    [start] = [drawn.content[b] for b in drawn.operands[group]]
    slope = start.grad / members[-1].grad
    assert len(members) % period == 0
    picture = Drawn(y)
    [label] = picture.texts(f"edge-group-{group}-{group - 1}")
    assert float(label) == pytest.approx(slope, rel=1e-3)


def test_leaves_that_a_link_alone_uses_go_with_it_and_shared_ones_stay():
    w = Value(0.5, "w")
    picture = Drawn(chain(400, lambda y: tanh(y * w + Value(0.1))))
    [(title, box)] = titles(picture).items()
    assert title.endswith(" more of")
    assert sorted(picture.texts(box)[1:4]) == sorted(["· × ·", "· + ·", "tanh(·)"])
    names = {picture.texts(i)[0] for i in picture.ids("node")}
    assert "w" in names
    assert len(names) < 15


def test_a_link_that_is_used_elsewhere_is_drawn():
    links = [Value(1.0)]
    for _ in range(20):
        links.append(links[-1] * 0.5)
    full = sketch(topological_order(fsum(links)), {})
    assert len(repeats(full)) == len(full)


# -- equal boxes ---------------------------------------------------------------------------------


def test_a_wide_network_is_drawn_layer_by_layer_without_knowing_the_model():
    rng = random.Random(0)
    model = MLP(784, [64, 10], rng=rng)
    x = [Value(rng.random()) for _ in range(784)]
    loss = losses.cross_entropy(model(x), 3)
    loss.backward()
    picture = Drawn(loss)
    found = titles(picture)
    assert set(found) == {
        *("784 × leaf", "50,176 × leaf", "64 × leaf", "64 × dot", "64 × relu"),
        *("640 × leaf", "10 × leaf", "10 × dot"),
    }
    assert len(boxes(picture)) == 10
    assert picture.texts(found["64 × relu"])[2].startswith("0 .. ")


def test_a_deep_network_repeats_itself_layer_by_layer():
    model = MLP(2, [*[8] * 100, 1], rng=random.Random(0), activation="tanh")
    picture = Drawn(model([1.0, 2.0]))
    [repeated] = [i for i in picture.ids("group") if "more of" in picture.texts(i)[0]]
    assert picture.texts(repeated)[1:3] == ["8 × tanh", "8 × dot"]
    assert len(boxes(picture)) < 20


def test_with_a_model_it_is_drawn_in_neurons_and_then_in_layers():
    model = MLP(20, [16, 4], rng=random.Random(0))
    loss = losses.cross_entropy(model([1.0] * 20), 3)
    neurons = Drawn(loss, model=model)
    assert len(neurons.ids("neuron")) == 10  # six of the first layer, and all of the second
    assert len(Drawn(loss, model=model, max_nodes=15).ids("layer")) == 2


def test_a_batch_is_drawn_as_one_example_that_is_counted():
    model = MLP(2, [4, 1], rng=random.Random(0))
    rows = [[float(i), 1.0] for i in range(200)]
    loss = losses.mean_squared_error([model(row) for row in rows], [1.0] * 200)
    assert "200 × −" in titles(Drawn(loss, model=model, detail="values"))
    picture = Drawn(loss, model=model)
    assert len(picture.ids("neuron")) == 5
    assert all("… 197 more" in picture.texts(i) for i in picture.ids("neuron"))


# -- what is near --------------------------------------------------------------------------------


def test_what_does_not_repeat_itself_is_drawn_near_the_root():
    rng = random.Random(0)
    values = [Value(rng.random()) for _ in range(20)]
    make = [lambda a, b: a + b, lambda a, b: a * b, maximum, lambda a, b: tanh(a)]
    for _ in range(3000):
        values[rng.randrange(20)] = rng.choice(make)(*rng.sample(values, 2))
    root = fsum(values)
    picture = Drawn(root)
    assert len(boxes(picture)) == 50
    assert sum(title.endswith(" more values") for title in titles(picture)) == 1
    last = len(topological_order(root)) - 1
    assert format_number(root.data) in picture.texts(f"node-{last}")


def test_a_hundred_thousand_nodes_need_no_recursion():
    assert draw_dot(chain(100_000)).source.count("id=") < 30
