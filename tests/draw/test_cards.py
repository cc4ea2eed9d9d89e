"""A network as cards: which there are, where they stand, what they say, and where edges end."""

import random
import re
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import SVG, Drawn

from autograd_mini import Value, dot, draw_dot, fsum, sigmoid, sin, softmax, tanh, topological_order
from autograd_mini.draw import format_number
from autograd_mini.draw.modules import brief, parameter_names
from autograd_mini.palette import BACKWARD, DARK, FORWARD
from nn import MLP, Conv1d, Layer, Module, Neuron, losses

pytestmark = pytest.mark.usefixtures("one_dot")


def network(sizes, examples=1, **options):
    """(model, loss) after a backward pass."""
    rng = random.Random(3)
    model = MLP(sizes[0], sizes[1:], **{"activation": "tanh", "rng": rng, **options})
    rows = [
        [Value(rng.uniform(-2, 2), f"x{i + 1}") for i in range(sizes[0])] for _ in range(examples)
    ]
    if sizes[-1] == 1:
        loss = losses.mean_squared_error([model(row) for row in rows], [1.0] * examples)
    else:
        loss = losses.cross_entropy(model(rows[0]), 0)
    loss.label = "loss"
    loss.backward()
    return model, loss


class Cards(Drawn):
    """A picture of cards, taken apart."""

    def size(self):
        return tuple(float(self.svg.get(side).removesuffix("pt")) for side in ("width", "height"))

    def cards(self, *kinds):
        kinds = kinds or ("neuron", "node", "constant", "more", "layer")
        return [i for i in self.groups if i.startswith(tuple(f"{kind}-" for kind in kinds))]

    def box(self, i):
        shapes = [e for e in self.shapes(i) if e.tag == f"{SVG}polygon"]
        boxes = [[tuple(map(float, p.split(","))) for p in e.get("points").split()] for e in shapes]
        xs, ys = zip(*(point for box in boxes for point in box))
        return min(xs), min(ys), max(xs), max(ys)

    def rows(self, i):
        """The texts of a card, row by row from top to bottom, each from left to right."""
        found = {}
        for t in self.groups[i].iter(f"{SVG}text"):
            y = float(t.get("y"))
            row = next((r for r in found if abs(r - y) < 5), y)
            found.setdefault(row, []).append((float(t.get("x")), t.text))
        return [[text for _, text in sorted(cells)] for _, cells in sorted(found.items())]

    def row(self, i, caption):
        [row] = [row for row in self.rows(i) if row[0] == caption]
        return row[1:]

    def titles(self, *kinds):
        return {self.rows(i)[0][0]: i for i in self.cards(*kinds)}

    def edges(self):
        """{id: (card it leaves, card it enters)}"""
        return {i: self.ends(i) for i in self.ids("edge")}

    def line(self, i):
        return next(e for e in self.shapes(i) if e.tag == f"{SVG}path")

    def points(self, i):
        numbers = re.findall(r"(-?[\d.]+),(-?[\d.]+)", self.line(i).get("d"))
        return [tuple(map(float, point)) for point in numbers]


def columns(picture):
    """The cards by the places of their left sides, from left to right."""
    found = {}
    for i in picture.cards():
        found.setdefault(round(picture.box(i)[0]), []).append(i)
    return [found[x] for x in sorted(found)]


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


NETWORKS = {
    "2-3-1": network([2, 3, 1]),
    "4-8-8-3": network([4, 8, 8, 3]),
    "four examples": network([2, 2, 1], examples=4),
    "spelled out": network([2, 3, 1], expand=True),
    "folded": network([64, 32, 10], activation="relu"),
}


@pytest.fixture(params=NETWORKS)
def any_network(request):
    return NETWORKS[request.param]


# -- what a neuron says --------------------------------------------------------------------------


@pytest.mark.parametrize("expand", [False, True])
def test_a_card_has_a_row_for_each_input_the_bias_the_sum_and_the_output(expand):
    model, loss = network([2, 3, 1], expand=expand)
    picture, order = Cards(loss, model=model), topological_order(loss)
    titles = picture.titles("neuron")
    assert list(titles) == [*(f"layer 1, neuron {k}" for k in (1, 2, 3)), "layer 2, neuron 1"]
    neuron, card = model.layers[0].neurons[1], titles["layer 1, neuron 2"]
    [y] = [n for n in order if str(n.op) == "tanh" and rests_on(n, neuron.w[0])]
    shown = [
        ("w1.2.1 from x1", neuron.w[0]),
        ("w1.2.2 from x2", neuron.w[1]),
        ("b1.2", neuron.b),
        ("z1.2 = Σ w·x + b", y.parents[0]),
        ("h1.2 = tanh(z)", y),
    ]
    assert picture.rows(card) == [
        ["layer 1, neuron 2", "h1.2"],
        ["weight", "data", "grad"],
        *([name, format_number(x.data), format_number(x.grad)] for name, x in shown),
    ]
    captions = [row[0] for row in picture.rows(titles["layer 2, neuron 1"])]
    weights = [f"w2.1.{k} from h1.{k}" for k in (1, 2, 3)]
    assert captions == ["layer 2, neuron 1", "weight", *weights, "b2.1", "y = Σ w·x + b"]


def rests_on(node, leaf):
    return leaf in topological_order(node)


def test_plain_numbers_as_inputs_have_boxes_too():
    model, _ = network([2, 3, 1])
    picture = Cards(model([1.0, -2.0]), model=model)
    assert [picture.rows(i) for i in picture.cards("constant")] == [
        [["x1"], ["data", "1"]],
        [["x2"], ["data", "-2"]],
    ]
    assert len(picture.ids("edge")) == 9
    assert Cards(model([1.0, -2.0]), model=model, hide=["constants"]).cards("constant") == []


def test_names_of_the_users_come_first_and_no_automatic_one_is_like_them():
    model, _ = network([2, 3, 1])
    x = [Value(1.0, "age"), Value(2.0)]
    y = model(x)
    loss = (y - Value(1.0, "h1.1")) ** 2
    picture = Cards(loss, model=model)
    [first, *_] = picture.cards("neuron")
    assert [row[0] for row in picture.rows(first)][2:4] == ["w1.1.1 from age", "w1.1.2 from x2"]
    assert picture.rows(first)[0] == ["layer 1, neuron 1", "h1.1′"]


def test_the_loss_is_made_of_cards_with_operation_and_local_derivative():
    model, loss = network([2, 3, 1])
    picture = Cards(loss, model=model)
    titles = picture.titles("node")
    assert list(titles)[-2:] == ["y − 1", "(y − 1) ** 2"]
    assert picture.rows(titles["(y − 1) ** 2"])[0][1] == "loss"
    difference = loss.parents[0]
    assert picture.rows(titles["y − 1"])[1:] == [
        ["local", "1"],
        ["data", format_number(difference.data)],
        ["grad", format_number(difference.grad)],
    ]
    assert picture.row(titles["(y − 1) ** 2"], "local") == [format_number(*loss.partials)]


def test_a_card_says_in_words_what_it_shows():
    model, loss = network([2, 3, 1])
    picture, b = Cards(loss, model=model), model.layers[0].neurons[0].b
    says = picture.tooltip(picture.cards("neuron")[0])
    assert says.startswith("layer 1, neuron 1 h1.1; w1.1.1 from x1 ")
    assert f"b1.1 {format_number(b.data)} {format_number(b.grad)}" in says
    for i in picture.cards():  # a screen reader reads titles
        assert picture.groups[i].find(f"{SVG}title").text == picture.tooltip(i)


def test_after_an_optimizers_step_a_card_shows_the_numbers_of_the_loss():
    model, loss = network([2, 3, 1])
    before = Cards(loss, model=model)
    for p in model.parameters():
        p.data -= 0.1
    after = Cards(loss, model=model)
    card = before.cards("neuron")[0]
    rows = "w1.1.1 from x1", "h1.1 = tanh(z)"
    assert [after.row(card, x) for x in rows] == [before.row(card, x) for x in rows]
    assert after.row(card, "b1.1 (now)") == [format_number(-0.1), before.row(card, "b1.1")[1]]


# -- places --------------------------------------------------------------------------------------


def test_layers_are_columns_and_neurons_and_weights_are_in_their_own_order(any_network):
    model, loss = any_network
    picture = Cards(loss, model=model)
    found = columns(picture)
    assert all(i.startswith(("node", "more")) for i in found[0])  # the inputs
    assert "loss" in " ".join(picture.rows(found[-1][0])[0])
    for column in found:
        boxes = [picture.box(i) for i in column]
        assert boxes == sorted(boxes, key=lambda box: box[1])
        assert len({round(box[2]) for box in boxes}) == 1
    for number, layer in enumerate(model.layers, 1):
        titles = [picture.rows(i)[0][0] for i in found[number]]
        numbers = [int(t.split()[-1]) for t in titles if "neuron" in t]
        assert all(t.startswith((f"layer {number}, neuron ", "…")) for t in titles)
        assert numbers == sorted(numbers)
        assert numbers[-1] == len(layer.neurons)


def test_no_two_cards_overlap_and_every_text_is_inside_its_card(any_network):
    model, loss = any_network
    picture = Cards(loss, model=model)
    boxes = {i: picture.box(i) for i in picture.cards()}
    assert not any(overlap(a, b) for a, b in combinations(boxes.values(), 2))
    for i, (left, top, right, bottom) in boxes.items():
        for t in picture.groups[i].iter(f"{SVG}text"):
            x, y = float(t.get("x")), float(t.get("y"))
            width = 0.5 * float(t.get("font-size")) * len(t.text)
            assert left < x < right - 0.7 * width
            assert top < y - 6 < y < bottom


def test_pictures_fit_a_slide_and_a_sheet():
    model, loss = NETWORKS["2-3-1"]
    width, height = Cards(loss, model=model).size()
    assert height < width <= 1000
    assert width / height > 16 / 9
    model, loss = NETWORKS["4-8-8-3"]
    assert Cards(loss, model=model).size()[0] <= 2200
    model, loss = NETWORKS["folded"]
    assert max(Cards(loss, model=model).size()) <= 2200


def test_a_deep_network_wraps_to_the_width_of_a_page_and_its_edges_go_around_the_cards():
    model, loss = network([3, *[3] * 10, 1])
    picture = Cards(loss, model=model)
    assert picture.size()[0] <= 2250
    boxes = {i: picture.box(i) for i in picture.cards()}
    assert not any(overlap(a, b) for a, b in combinations(boxes.values(), 2))
    titles = picture.titles("neuron")
    tops = [boxes[titles[f"layer {k}, neuron 1"]][1] for k in range(1, 11)]
    bottom = max(box[3] for box in boxes.values() if box[1] < tops[0] + 300)
    assert tops[0] < bottom < tops[-1]
    around = [i for i in picture.edges() if len(picture.points(i)) > 4]
    assert len(around) == 9
    for i in around:
        for (x, y), (x2, y2) in pairwise(picture.points(i)[::3]):
            line = min(x, x2) + 1, min(y, y2), max(x, x2) - 1 + 2 * (x == x2), max(y, y2) + 0.1
            assert not any(overlap(line, box) for box in boxes.values())


# -- edges ---------------------------------------------------------------------------------------


def test_every_edge_ends_at_the_row_that_it_is_multiplied_in(any_network):
    model, loss = any_network
    picture = Cards(loss, model=model)
    for i, (tail, head) in picture.edges().items():
        right, left = picture.box(tail)[2], picture.box(head)[0]
        (x, _), *_, (x2, y2) = picture.points(i)
        assert abs(x - right) < 2
        assert 0 < left - x2 < 8
        row = int(i.removeprefix(f"edge-{head}-").split("-")[0])
        caption = picture.rows(head)[row][0]
        texts = [t for t in picture.groups[head].iter(f"{SVG}text") if t.text == caption]
        assert min(abs(float(t.get("y")) - 4 - y2) for t in texts) < 2.5
        name = picture.rows(tail)[0][-1]
        if picture.cards("neuron").count(head):
            assert caption.startswith("…") or caption.endswith(f" from {name}")


def test_edges_are_coloured_and_dashed_by_sign_and_wide_by_size():
    model, loss = NETWORKS["2-3-1"]
    picture = Cards(loss, model=model)
    weights = {brief(n): p.data for p, n in parameter_names(model).items() if ".w." in n}
    lines = {picture.tooltip(i).split(" = ")[0]: picture.line(i) for i in picture.edges()}
    assert set(weights) <= set(lines)
    for name, w in weights.items():
        assert lines[name].get("stroke") == (BACKWARD if w < 0 else FORWARD)
        assert (lines[name].get("stroke-dasharray") is not None) == (w < 0)
    by_size = sorted(weights, key=lambda name: abs(weights[name]))
    widths = [float(lines[name].get("stroke-width", 1)) for name in by_size]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1] / 2


def test_edges_do_not_bundle(any_network):
    """Edges with one end in common go straight away from each other, bent at their ends alone."""
    model, loss = any_network
    picture = Cards(loss, model=model)
    curves = [points for i in picture.edges() if len(points := picture.points(i)) == 4]
    assert len({(points[0], points[-1]) for points in curves}) == len(curves)
    for start, first, second, end in curves:
        width = end[0] - start[0]
        assert (first[1], second[1]) == (start[1], end[1])
        assert 0 < first[0] - start[0] <= 0.3 * width
        assert 0 < end[0] - second[0] <= 0.3 * width


def test_an_edge_that_passes_a_column_crosses_none_of_its_cards():
    class Residual(Module):
        def __init__(self):
            rng = random.Random(1)
            self.a, self.b = (Layer(2, 2, activation="tanh", rng=rng) for _ in "ab")
            self.c = Layer(2, 1, activation=None, rng=rng)

        def __call__(self, x):
            return self.c([p + q for p, q in zip(self.b(self.a(x)), x)])[0]

    model = Residual()
    picture = Cards(model([Value(1.0, "x1"), Value(-1.0, "x2")]), model=model)
    boxes = [picture.box(i) for i in picture.cards()]
    passing = [i for i in picture.edges() if len(picture.points(i)) > 4]
    assert len(passing) == 2
    tops, bottoms = [box[1] for box in boxes], [box[3] for box in boxes]
    for i in passing:
        for start, end in pairwise(picture.points(i)[::3]):
            if start[1] == end[1] and end[0] - start[0] > 60:  # in its lane
                lane = (start[0] + 1, start[1], end[0] - 1, start[1] + 0.1)
                assert not any(overlap(lane, box) for box in boxes)
                assert min(tops) < start[1] < max(bottoms)  # between the cards, not around them


# -- examples, and modules of the users ----------------------------------------------------------


def test_examples_share_cards_and_have_a_row_each():
    model, loss = NETWORKS["four examples"]
    picture, order = Cards(loss, model=model), topological_order(loss)
    assert len(picture.cards("neuron")) == 3
    ys = [n for n in order if str(n.op) == "tanh" and rests_on(n, model.layers[0].neurons[0].b)]
    [card] = [i for i in picture.cards("neuron") if picture.rows(i)[0][1] == "h1.1"]
    start = picture.rows(card).index(["example", "z1.1", "grad", "tanh", "grad"])
    assert picture.rows(card)[start + 1 :] == [
        [f"@{k}", *(format_number(x) for n in (y.parents[0], y) for x in (n.data, n.grad))]
        for k, y in enumerate(ys, 1)
    ]
    inputs = [i for i in picture.cards("node") if picture.rows(i)[0] == ["x1"]]
    assert len(inputs) == 1
    assert len(picture.rows(inputs[0])) == 6
    assert len(picture.titles("node")) == 6  # two inputs, then y − 1, its square, the sum, the mean


def test_of_many_examples_some_are_shown_and_counted():
    model, loss = network([2, 2, 1], examples=40)
    picture = Cards(loss, model=model)
    assert all(["… 37 more"] in picture.rows(i) for i in picture.cards("neuron"))
    assert len(picture.cards()) == 9


def test_a_users_module_is_recognised_by_its_parameters():
    class Net(Module):
        def __init__(self):
            rng = random.Random(1)
            self.w = [[Value(rng.uniform(-1, 1)) for _ in range(2)] for _ in range(3)]
            self.b = [Value(0.1) for _ in range(3)]
            self.v, self.c = [Value(rng.uniform(-1, 1)) for _ in range(3)], Value(0.2)

        def __call__(self, x):
            rows = zip(self.w, self.b)
            h = [tanh(sum((w * x_ for w, x_ in zip(ws, x)), b)) for ws, b in rows]
            return sigmoid(dot(self.v, h, self.c))

    model = Net()
    y = model([1.0, Value(2.0, "age")])
    picture = Cards(y, model=model)
    assert list(picture.titles("neuron")) == [
        *(f"Net, layer 1, neuron {k}" for k in (1, 2, 3)),
        "Net, layer 2",
    ]
    last = picture.titles("neuron")["Net, layer 2"]
    assert picture.row(last, "y = sigmoid(z)")[0] == format_number(y.data)
    assert len(picture.edges()) == 9


def test_a_convolution_has_a_card_for_each_channel():
    model = Conv1d(1, 2, 3, activation="relu", rng=random.Random(0))
    outputs = model([[Value(float(i), f"s{i}") for i in range(5)]])
    picture = Cards(fsum([v for row in outputs for v in row]), model=model)
    assert len(picture.cards("neuron")) == 2
    for k, i in enumerate(picture.cards("neuron"), 1):
        assert ["place", f"z1.{k}", "grad", "relu", "grad"] in picture.rows(i)
    edges = [ends for ends in picture.edges().values() if ends[1].startswith("neuron")]
    assert len(edges) == 2 * 9


def test_a_recurrent_network_has_a_column_for_each_step():
    neuron = Neuron(2, activation="tanh", rng=random.Random(0))
    h = 0.0
    for x in range(3):
        h = neuron([Value(float(x), f"x{x}"), h])
    picture = Cards(h, model=neuron)
    assert list(picture.titles("neuron")) == [
        "Neuron, layer 1",
        *[f"Neuron, layer {k}" for k in (2, 3)],
    ]
    assert len(columns(picture)) == 4


def test_a_bias_that_was_computed_has_an_edge_too():
    neuron = Neuron(1, rng=random.Random(0))
    other = tanh(Value(1.0, "a"))
    picture = Cards(dot(neuron.w, [Value(2.0, "x1")], other), model=neuron)
    [card] = picture.cards("neuron")
    assert [row[:2] for row in picture.rows(card)][2:4] == [
        ["w1 from x1", format_number(neuron.w[0].data)],
        ["1 from tanh(a)", "1"],
    ]
    assert len([head for _, head in picture.edges().values() if head == card]) == 2


def test_a_penalty_is_one_card_without_edges_into_it():
    model, loss = network([2, 3, 1])
    total = loss + 0.1 * losses.l2(model.parameters())
    picture = Cards(total, model=model)
    [penalty] = [i for i in picture.cards() if picture.rows(i)[0] == ["penalty"]]
    assert not any(head == penalty for _, head in picture.edges().values())
    assert any(tail == penalty for tail, _ in picture.edges().values())


@st.composite
def models(draw):
    """(model, root): layers, functions of them, and losses, put together at random."""
    rng, size = random.Random(draw(st.integers(0, 99))), 2

    class Any(Module):
        def __init__(self):
            self.parts = []

    model, xs = Any(), [Value(0.5, "a"), Value(-1.0, "b")]
    values = list(xs)
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["layer", "old", "softmax", "sum", "spelled"]))
        if kind in ("layer", "spelled"):
            expand = kind == "spelled"
            model.parts.append(Layer(size, 2, activation="tanh", rng=rng, expand=expand))
            values = model.parts[-1](values)
        elif kind == "old" and model.parts:
            values = draw(st.sampled_from(model.parts))(values)
        elif kind == "softmax":
            values = softmax(values)
        else:
            values = [p + q for p, q in zip(values, xs)]
    return model, fsum(values) * sin(values[0])


@settings(deadline=None, max_examples=30)
@given(models(), st.sampled_from(["neurons", "layers"]))
def test_any_model_is_drawn_with_every_value_once_and_all_edges_to_the_right(made, detail):
    model, root = made
    picture = Cards(root, model=model, detail=detail)
    boxes = {i: picture.box(i) for i in picture.cards()}
    assert not any(overlap(a, b) for a, b in combinations(boxes.values(), 2))
    for tail, head in picture.edges().values():  # or to the next line
        assert boxes[tail][2] < boxes[head][0] or boxes[tail][3] < boxes[head][1]
    assert any(["data", format_number(root.data)] in picture.rows(i) for i in boxes)


# -- less detail ---------------------------------------------------------------------------------


def test_a_layer_of_more_than_twelve_neurons_shows_some_and_a_count():
    model, loss = NETWORKS["folded"]
    picture = Cards(loss, model=model)
    texts = [picture.rows(i)[0][0] for i in picture.cards("more")]
    assert texts == ["… 58 more", "… 26 more"]
    layer = [i for i in picture.cards("neuron") if "layer 1" in picture.rows(i)[0][0]]
    assert len(layer) == 6
    assert all(["… 58 more"] in picture.rows(i) for i in layer)
    assert picture.titles("neuron")["layer 1, neuron 32"] == layer[-1]
    inputs = [ends for ends in picture.edges().values() if ends[1] == layer[0]]
    assert len(inputs) == 7  # six inputs, and one for those that are not shown
    model, loss = network([2, 12, 1])
    assert len(Cards(loss, model=model).cards("neuron")) == 13


def test_of_more_than_twelve_rows_some_are_shown_wherever_they_come_from():
    neuron = Neuron(14, rng=random.Random(0))
    leaves = [Value(float(k), f"a{k}") for k in range(7)]
    y = neuron([*leaves, *(sin(x) for x in leaves)])
    picture = Cards(y, model=neuron)
    [card] = picture.cards("neuron")
    captions = [row[0] for row in picture.rows(card)][2:]
    assert captions[:5] == [f"w{k + 1} from a{k}" for k in range(5)]
    assert captions[5:7] == ["… 8 more", "w14 from sin(a6)"]


def test_a_layer_is_a_box_with_shapes_and_norms():
    model, loss = NETWORKS["folded"]
    picture = Cards(loss, model=model, detail="layers")
    assert list(picture.titles("layer")) == ["layer 1", "layer 2"]
    weights = [w for neuron in model.layers[0].neurons for w in neuron.w]
    norms = [sum(n * n for n in ns) ** 0.5 for ns in zip(*((w.data, w.grad) for w in weights))]
    card = picture.titles("layer")["layer 1"]
    assert picture.row(card, "W 32×64") == [format_number(n) for n in norms]
    assert [row[0] for row in picture.rows(card)][3:] == ["b 32", "z 32", "relu 32"]
    assert picture.size()[0] <= 1100


def test_a_deep_network_is_drawn_in_layers_and_then_in_less():
    model = MLP(2, [*[8] * 40, 1], rng=random.Random(0), activation="tanh")
    picture = Cards(model([1.0, 2.0]), model=model)
    assert len(picture.cards("layer")) == 41
    assert Drawn(model([1.0, 2.0]), model=model, max_nodes=20).ids("group")


# -- options -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hide", "gone"),
    [("grad", "grad"), ("bias", "b1.1"), ("z", "z1.1 = Σ w·x + b"), ("local", "local")],
)
def test_what_is_hidden_is_nowhere_and_the_edges_stay(hide, gone):
    model, loss = NETWORKS["2-3-1"]
    whole, picture = Cards(loss, model=model), Cards(loss, model=model, hide=[hide])
    assert gone in {text for i in whole.cards() for text in whole.texts(i)}
    assert gone not in {text for i in picture.cards() for text in picture.texts(i)}
    assert set(whole.edges().values()) == set(picture.edges().values())
    with pytest.raises(ValueError, match=r"hide must be 'bias', .*got 'weights'"):
        draw_dot(loss, model=model, hide=["weights"])


@pytest.mark.parametrize("detail", ["neurons", "layers"])
@pytest.mark.parametrize("name", ["2-3-1", "four examples", "folded"])
def test_hidden_gradients_leave_no_column(name, detail):
    model, loss = NETWORKS[name]
    picture = Cards(loss, model=model, detail=detail, hide=["grad"])
    texts = [t for i in picture.cards() for t in picture.groups[i].iter(f"{SVG}text")]
    assert "grad" not in {t.text for t in texts}
    assert BACKWARD not in {t.get("fill") for t in texts}
    assert all(["norms of", "data"] in picture.rows(i) for i in picture.cards("layer"))


def test_numbers_that_differ_from_example_to_example_are_not_in_a_title():
    model, _ = NETWORKS["2-3-1"]
    outputs = [model([Value(float(k), "x1"), 1.0]) for k in range(3)]
    picture = Cards(losses.mean_squared_error(outputs, [0.0, 1.0, 1.0]), model=model)
    assert {"y − …", "(y − …) ** 2"} <= set(picture.titles("node"))
    picture = Cards(losses.mean_squared_error(outputs, [1.0, 1.0, 1.0]), model=model)
    assert {"y − 1", "(y − 1) ** 2"} <= set(picture.titles("node"))


def test_font_size_scales_the_picture():
    model, loss = NETWORKS["2-3-1"]
    small, large = Cards(loss, model=model), Cards(loss, model=model, font_size=24)
    assert large.size()[0] == pytest.approx(2 * small.size()[0], rel=0.03)
    y = tanh(Value(1.0, "x") * 2)
    small, large = Cards(y), Cards(y, font_size=24)
    assert large.size()[0] > 1.5 * small.size()[0]
    assert {t.get("font-size") for t in large.svg.iter(f"{SVG}text")} >= {"24.00", "20.00"}


def test_highlight_and_colours_of_gradients_work_on_cards():
    model, loss = NETWORKS["2-3-1"]
    picture = Cards(loss, model=model, highlight=model.layers[0].neurons[1].w[0])
    wide = {i for i in picture.edges() if picture.line(i).get("stroke-width") == "3"}
    ends = {picture.rows(tail)[0][-1] for tail, _ in (picture.edges()[i] for i in wide)}
    assert ends == {"h1.2", "y", "y − 1"}
    picture = Cards(loss, model=model, color="gradient")
    fills = {e.get("fill") for i in picture.cards() for e in picture.shapes(i)}
    assert len(fills - {"none"}) > 2


def test_a_standalone_picture_is_dark_in_a_dark_page():
    model, loss = NETWORKS["2-3-1"]
    svg = draw_dot(loss, model=model, highlight=model.layers[0].neurons[0].b).pipe().decode()
    used = set(re.findall(r'(?:fill|stroke)="(#\w+)"', svg))
    assert used <= set(DARK)
    assert all(f'[fill="{colour}"] {{ fill: {DARK[colour]}; }}' in svg for colour in used)
    assert "prefers-color-scheme: dark" in svg
    assert "prefers" not in draw_dot(loss, color="gradient").pipe(format="svg").decode()


# -- a dot or a sum without a model --------------------------------------------------------------


def test_a_dot_without_a_model_is_a_card_of_its_operands():
    w, x = [Value(0.5, "w1"), Value(-1.0, "w2")], [Value(2.0, "x1"), Value(3.0, "x2")]
    z = dot(w, x, Value(0.1, "b"))
    y = tanh(z)
    y.backward()
    picture, order = Cards(y), topological_order(y)
    card = f"node-{order.index(z)}"
    assert picture.rows(card) == [
        ["#1", "dot"],
        ["data", "grad"],
        *(
            [name, format_number(n.data), format_number(n.grad)]
            for name, n in (
                ("w1 from x1", w[0]),
                ("w2 from x2", w[1]),
                ("b", z.operands[4]),
                ("Σ", z),
            )
        ),
    ]
    nodes = [order[int(i.removeprefix("node-"))] for i in picture.ids("node")]
    assert set(nodes) == {*x, z, y}
    i = order.index(z)
    for k, (source, w_) in enumerate(zip(x, w), 2):
        edge = f"edge-{i}-{k}"
        assert picture.ends(edge) == (f"node-{order.index(source)}", card)
        assert picture.texts(edge) == []
        assert picture.line(edge).get("stroke") == (BACKWARD if w_.data < 0 else FORWARD)


def test_a_sum_and_products_of_values_are_cards_and_their_numbers_stand_inside():
    a, b = tanh(Value(1.0, "a")), sin(Value(2.0, "b"))
    root = fsum([dot([a, b], [b, 3.0]), a, 1.5])
    picture, order = Cards(root), topological_order(root)
    [inner] = [f"node-{k}" for k, n in enumerate(order) if str(n.op) == "dot"]
    assert [row[0] for row in picture.rows(inner)][2:] == ["#1 × #2", "#2 × 3", "Σ"]
    last = f"node-{len(order) - 1}"
    assert [row[0] for row in picture.rows(last)][2:] == ["#3", "#1", "1.5", "Σ"]
    assert len(picture.rows(f"{last}")) == 6


def test_a_long_list_is_folded():
    xs = [Value(float(i), f"x{i}") for i in range(64)]
    root = dot([Value(1.0) for _ in xs], xs)
    picture = Cards(root)
    last = f"node-{len(topological_order(root)) - 1}"
    assert ["… 58 more"] in picture.rows(last)
    assert len([ends for ends in picture.edges().values() if ends[1] == last]) == 64
