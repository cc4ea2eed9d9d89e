"""Which parameters are one array, in what order, and what it is called."""

import numpy as np
import pytest

import nn
from autograd_mini import Value, compile, dot, fsum, relu, tanh
from autograd_mini.compiler.blocks import _named_blocks


def V(n):
    return [Value(float(i)) for i in range(n)]


def M(rows, columns):
    return [V(columns) for _ in range(rows)]


class Model(nn.Module):
    def __init__(self, **parts):
        vars(self).update(parts)


def arrays(loss, parameters, **shapes):
    program = compile(loss, parameters=parameters, backend="numpy", **shapes)
    return {name: a.shape for name, a in program.arrays.items()}


def layer(w, x, b=None):
    return [relu(dot(r, x, c)) for r, c in zip(w, b or [0.0] * len(w))]


def test_the_layers_of_an_mlp():
    model = nn.MLP(3, [4, 5, 1])
    found = arrays(lambda x: model(x), model, x=3)
    assert found == {
        "W1": (4, 3),
        "b1": (4,),
        "W2": (5, 4),
        "b2": (5,),
        "W3": (1, 5),
        "b3": (1,),
    } or (found == {"W1": (4, 3), "b1": (4,), "W2": (5, 4), "b2": (5,), "W3": (5,), "b3": ()})


def test_names_are_those_of_the_attributes():
    model = Model(query=M(2, 3), gain=V(2), shift=Value(1.0))
    found = arrays(
        lambda x: dot(model.gain, [tanh(dot(r, x)) for r in model.query], model.shift), model, x=3
    )
    assert found == {"query": (2, 3), "gain": (2,), "shift": ()}


def test_attributes_with_numbers_in_their_names_are_apart():
    model = Model(w1=M(4, 3), w2=M(2, 4), h10=V(2))
    found = arrays(lambda x: dot(model.h10, layer(model.w2, layer(model.w1, x))), model, x=3)
    assert found == {"w1": (4, 3), "w2": (2, 4), "h10": (2,)}


def test_a_number_within_a_key_is_not_a_place():
    model = Model(p={"a-1": Value(1.0), "a-2": Value(2.0)})
    found = arrays(lambda x: dot(list(model.p.values()), x), model, x=2)
    assert found == {"p_a_1": (), "p_a_2": ()}


def test_attributes_that_are_used_alike_keep_their_names_and_shapes():
    model = Model(w1=M(2, 3), w2=M(2, 3))
    found = arrays(lambda x: fsum([tanh(dot(r, x)) for r in model.w1 + model.w2]), model, x=3)
    assert found == {"w1": (2, 3), "w2": (2, 3)}


def test_modules_in_lists_are_called_by_their_paths():
    model = Model(blocks=[Model(q=M(2, 3), gain=Value(1.0)) for _ in range(2)])

    def loss(x):
        return fsum([b.gain * tanh(dot(r, x)) for b in model.blocks for r in b.q])

    assert arrays(loss, model, x=3) == {
        "blocks_0_q": (2, 3),
        "blocks_0_gain": (),
        "blocks_1_q": (2, 3),
        "blocks_1_gain": (),
    }


def test_dicts_and_lists_of_lists_keep_names_and_shapes():
    A, b, n = M(4, 4), V(4), V(2)
    for given, expected in (
        ({"a": A, "b": b}, {"a": (4, 4), "b": (4,)}),
        ({"a": {"deep": A, "flat": b}}, {"a_deep": (4, 4), "a_flat": (4,)}),
        (A, {"W1": (4, 4)}),
        ([A, b], {"W1": (4, 4), "b1": (4,)}),
        (np.array(A, dtype=object), {"W1": (4, 4)}),
    ):
        found = arrays(lambda x: dot(A[0], x) * A[3][2] + dot(b, x) * b[1] + n[0], given, x=4)
        assert found == expected


def test_the_coefficients_of_a_horner_scheme_are_one_array():
    model = Model(w=V(6))

    def loss(x):
        y = 0.0
        for w in model.w:
            y = y * x + w
        return y

    assert arrays(loss, model, x=()) == {"w": (6,)}


def test_among_numbers_that_parameters_are_multiplied_by_may_be_a_1():
    w, rows = V(3), [[1.0, 2.0, 3.0], [4.0, 1.0, 5.0]]
    found = arrays(lambda x: fsum([tanh(dot(r, w)) for r in rows]) * x, w, x=())
    assert list(found.values()) == [(3,)]


def test_a_name_that_is_taken_is_changed():
    model = Model(x=V(3), n=V(3), np=V(2))
    found = arrays(lambda x: dot(model.x, x) * dot(model.n, [1.0, v, 2.0 * v])
                   if (v := x[0]) is not None else None, model, x=3)  # fmt: skip
    assert len(found) == 3
    assert set(found) == {"x_2", "n", "np"}  # x is the input's own name
    assert all(name.isidentifier() for name in found)


@pytest.mark.parametrize("name", ["lambda", "for", "class", "None"])
def test_keywords_are_no_names(name):
    model = Model(**{name: V(3)})
    [found] = arrays(lambda x: dot(getattr(model, name), x), model, x=3)
    assert found != name
    assert found.isidentifier()


def test_without_names_the_use_tells():
    w, b, u = M(4, 3), V(4), V(4)
    values = [*[v for r in w for v in r], *b, *u]
    for order in (values, values[::-1]):
        found = arrays(lambda x: dot(u, layer(w, x, b)), order, x=3)
        assert sorted(found.values()) == [(4,), (4,), (4, 3)]
        assert all(name[0] in "Wb" for name in found)


def test_parameters_that_are_not_used_have_an_array():
    used, unused = V(2), V(3)
    program = compile(lambda x: dot(used, x), parameters=[*unused, *used], x=2)
    _, gradients = program.value_and_grad([[1.0, 2.0]])
    whole = {name: np.asarray(g) for name, g in zip(program.parameters, gradients)}
    assert sorted(g.size for g in whole.values()) == [2, 3]
    assert sum(np.abs(g).sum() for g in whole.values()) == 3


def test_a_grid_with_a_hole_is_a_row():
    model = Model(w=[V(3), V(2), V(3)])
    found = arrays(lambda x: fsum([dot(r, x[: len(r)]) ** 2 for r in model.w]), model, x=3)
    assert sum(int(np.prod(s)) for s in found.values()) == 8


def test_every_parameter_is_in_one_place():
    model = nn.Sequential(nn.MLP(3, [4, 2]), nn.MLP(2, [3, 1]))
    program = compile(lambda x: model(x), parameters=model, x=3)
    for k, value in enumerate(program.values):
        value.data = float(k)
    program.load()
    held = sorted(int(v) for a in program.arrays.values() for v in np.ravel(a))
    assert held == list(range(len(model.parameters())))
    program.arrays = {name: a + 0.5 for name, a in program.arrays.items()}
    program.sync()
    assert [v.data for v in program.values] == [k + 0.5 for k in range(len(program.values))]


@pytest.mark.parametrize(
    ("names", "about"),
    [
        (["b"], ["b"]),
        (["w.0.0", "w.0.1", "w.1.0", "w.1.1"], ["w.i.j"]),
        (["w.0.0", "w.1.0"], ["w.i.0"]),
        (["w.0", "w.1.0"], ["w.*"]),
        (["a.3", "b.0", "b.1"], ["a.3", "b.i"]),
        (["l.0.neurons.0.w.0", "l.0.neurons.1.w.0"], ["l.0.neurons.i.w.0"]),
        (["0", "1"], ["b1", "b2"]),
    ],
)
def test_arrays_are_described_by_what_their_names_share(names, about):
    assert [block.about or block.name for block in _named_blocks(names, set())] == about
