"""Pictures of compiled programs: the scalars of an example, beside the arrays they became."""

import random
import re

import pytest
from pictures import PURE, SVG, Drawn

from autograd_mini import Value, compile, dot, fsum, tanh
from nn import MLP
from nn.losses import hinge, l2

pytestmark = pytest.mark.usefixtures("one_dot")


@pytest.fixture(scope="module")
def program():
    random.seed(0)
    model = MLP(2, [4, 1])
    return compile(
        lambda x, y: hinge(model(x), y) + 1e-4 * l2(model.parameters()), x=2, y=(), parameters=model
    )


def drawn(program, **options):
    return Drawn(program, lambda program, **more: program.draw(**more), **options)


def source_of(program):
    return program.draw().source.replace("&#93;", "]")


def test_a_box_for_each_line_and_argument(program):
    picture = drawn(program)
    lines = program.explain().lines
    boxes = {line.name for line in lines} | {"x", "y"} | set(program.parameters)
    assert picture.ids("array") == {f"array-{name}" for name in boxes}
    for line in lines:
        first, *code = picture.texts(f"array-{line.name}")
        assert first == f"{line.name} {line.sizes()}"
        text = " ".join(" ".join(code).split()).replace("\xa0", " ")
        assert f"{line.name} = {text}" == line.code


def test_an_edge_for_each_name_that_a_line_reads(program):
    picture = drawn(program)
    reads = {
        f"reads-{line.name}-{name}"
        for line in program.explain().lines
        for name in set(re.findall(r"\b[a-zA-Z]+\d*\b", line.code.split(" = ", 1)[1]))
        if f"array-{name}" in picture.ids("array")
    }
    assert picture.ids("reads") == reads
    assert picture.ends("reads-z1-x") == ("array-x", "array-z1")


def test_elements_are_framed_by_their_array(program):
    source = source_of(program)
    frame = source.split("subgraph cluster_elements_z1 {")[1]
    assert 'label="z1: 4 scalars"' in frame
    assert frame.index('"z1[0]"') < frame.index('"z1[1]"') < frame.index('".. 4"')
    assert "z1[2]" not in source


def test_elements_stand_in_ascending_order_after_a_caption_that_no_edge_crosses():
    random.seed(0)
    model = MLP(2, [16, 16, 1])
    program = compile(
        lambda x, y: hinge(model(x), y) + l2(model.parameters()), x=2, y=(), parameters=model
    )
    picture = drawn(program, rankdir="TB")
    found = {}
    for i in picture.groups:
        if i.startswith(("c_", "r_")) or re.fullmatch(r"s\d+", i):
            [text] = picture.groups[i].iter(f"{SVG}text")
            place = float(text.get("x"))
            found.setdefault(re.match(r"\w+", i[2:] if i[1] == "_" else text.text)[0], []).append(
                (place, text.text)
            )
    assert set(found) >= {"x", "W1", "b1", "z1", "h1", "W2", "b2", "z2", "h2", "W3"}
    for name, texts in found.items():
        row = [text for _, text in sorted(texts)]
        assert row[0].startswith(f"{name}: ")
        elements = [text for text in row if "[" in text]
        assert elements == sorted(elements) == row[1 : 1 + len(elements)]
    captions = [g for i, g in picture.groups.items() if i.startswith("c_")]
    captions += [g for g in picture.groups.values() if g.get("class") == "cluster"]
    boxes = [box_of(text) for c in captions for text in c.iter(f"{SVG}text")]
    for i, group in picture.groups.items():
        for path in group.iter(f"{SVG}path") if "edge" in group.get("class") else ():
            assert not any(crosses(path.get("d"), box) for box in boxes), i


def box_of(text):
    x, y, half = float(text.get("x")), float(text.get("y")), 2.6 * len(text.text)
    return x - half, y - 8, x + half, y + 2


def crosses(d, box):
    """Whether a path of Bezier curves comes into a box."""
    points = [tuple(map(float, p.split(","))) for p in re.findall(r"-?[\d.]+,-?[\d.]+", d)]
    left, top, right, bottom = box
    for k in range(0, len(points) - 3, 3):
        for t in (n / 20 for n in range(21)):
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            x, y = (sum(w * p[c] for w, p in zip(weights, points[k : k + 4])) for c in (0, 1))
            if left < x < right and top < y < bottom:
                return True
    return False


def test_scalars_are_connected_as_they_were_computed(program):
    source = source_of(program)
    names = dict(re.findall(r'(s\d+) \[label="([^"]+)"', source))
    edges = {(names.get(a), names.get(b)) for a, b in re.findall(r"(s\d+) -> (s\d+)", source)}
    assert {("x[0]", "z1[0]"), ("W1[0, 0]", "z1[0]"), ("z1[0]", "h1[0]")} <= edges
    assert ("W1[0, 0]", "z1[1]") not in edges
    assert ("z1[0]", "h1[1]") not in edges


def test_an_array_its_elements_and_its_gradient_are_at_one_height(program):
    picture = drawn(program)

    def height(i):
        texts = [t for t in picture.groups[i].iter() if t.tag.endswith("text")]
        return sum(float(t.get("y")) for t in texts) / len(texts)

    assert height("array-z1") == pytest.approx(height("array-dz1"), abs=1)


def test_the_arrays_alone(program):
    source = program.draw(scalars=False).source
    assert "cluster_scalars" not in source
    assert "cluster_backward" in source


def test_what_is_not_read_is_not_drawn():
    w, unused = Value(1.0, "w"), Value(2.0, "unused")
    program = compile(lambda x: (w * x) ** 2, x=(), parameters=[w, unused])
    assert "array-w" in drawn(program).ids("array")
    assert "array-unused" not in drawn(program).ids("array")


def test_outputs_have_no_backward_pass():
    w = Value(1.0, "w")
    source = compile(lambda x: [tanh(w * x)], x=()).draw().source
    assert "cluster_backward" not in source
    assert "loss of the example" not in source


def test_a_large_program_has_a_box_for_the_scalars_of_an_array():
    rng = random.Random(0)
    layers = [[[Value(rng.gauss(0, 1)) for _ in range(2)] for _ in range(2)] for _ in range(25)]

    def loss(x):
        for weights in layers:
            x = [tanh(dot(row, x)) for row in weights]
        return fsum(x)

    source = compile(loss, x=2).draw().source
    assert "cluster_elements" not in source
    assert "h1: 2 scalars" in source


@pytest.mark.skipif(PURE is None, reason="graphviz-pure has no wheel here")
def test_it_is_rendered(program):
    assert program.draw(format="png").pipe().startswith(b"\x89PNG")
    assert program.draw(rankdir="LR").pipe(format="svg").count(b"<svg") == 1
