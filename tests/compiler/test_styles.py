"""Array source from every way of writing a layer: as short as an expert would write it.

The number is that of the lines in the function of the shortest program that we know by hand, loss
and gradients, one operation on arrays or a few elementwise ones a line; the program may have two
more. An index array (a gather) is allowed only where the code has no loops to find.
"""

import random
import re

import numpy as np
import pytest
from agreement import check, flat

import nn
from autograd_mini import Value, dot, exp, fsum, log, logsumexp, relu, softmax, sqrt, tanh

rng = np.random.default_rng(0)


def M(rows, columns):
    return [V(columns) for _ in range(rows)]


def V(n):
    return [Value(float(x)) for x in rng.normal(size=n)]


class Model(nn.Module):
    def __init__(self, **parts):
        vars(self).update(parts)


X, Y = rng.normal(size=(5, 6)), rng.normal(size=5)
STYLES = {}


def style(shortest, gathers=False):
    """Register a function that gives (loss, model, batch, shapes)."""

    def register(make):
        STYLES[make.__name__] = make, shortest, gathers
        return make

    return register


def square(p, t):
    return (p - t) ** 2


def hidden(neuron):
    """A layer of 4 tanh units, their sum against y."""
    w, b = M(4, 6), V(4)

    def loss(x, y):
        return square(fsum([neuron(r, bi, x) for r, bi in zip(w, b)]), y)

    return loss, Model(w=w, b=b), (X, Y), {"x": 6, "y": ()}


# n = len(x); h = tanh(x @ w.T + b); e = h.sum(1) - y; loss = e @ e / n; dz = 2 e (1 - h h) / n;
# dw = dz.T @ x; db = dz.sum(0); return
HIDDEN = 8


@style(HIDDEN)
def sum_with_a_start():
    return hidden(lambda r, b, x: tanh(sum((w * v for w, v in zip(r, x)), b)))


@style(HIDDEN)
def loops():
    def neuron(r, b, x):
        z = 0.0
        for w, v in zip(r, x):
            z += w * v
        z += b
        return tanh(z)

    return hidden(neuron)


@style(HIDDEN)
def bias_first():
    def neuron(r, b, x):
        z = b
        for w, v in zip(r, x):
            z = z + v * w
        return tanh(z)

    return hidden(neuron)


@style(HIDDEN)
def dots():
    return hidden(lambda r, b, x: tanh(dot(r, x, b)))


@style(HIDDEN)
def factors_in_either_order():
    return hidden(
        lambda r, b, x: tanh(
            sum(w * v if i % 2 else v * w for i, (w, v) in enumerate(zip(r, x))) + b
        )
    )


@style(HIDDEN)
def from_the_back():
    return hidden(lambda r, b, x: tanh(fsum([b, *[v * w for w, v in list(zip(r, x))[::-1]]])))


def balanced(terms):
    while len(terms) > 1:
        terms = [fsum(terms[i : i + 2]) for i in range(0, len(terms), 2)]
    return terms[0]


@style(HIDDEN)
def shuffled_trees():
    w, b = M(4, 6), V(4)

    def loss(x, y):
        mixed = random.Random(3)
        units = []
        for r, bi in zip(w, b):
            terms = [wi * xi for wi, xi in zip(r, x)] + [bi]
            mixed.shuffle(terms)
            while len(terms) > 1:
                terms = [
                    terms[i] + terms[i + 1] if i + 1 < len(terms) else terms[i]
                    for i in range(0, len(terms), 2)
                ]
            units.append(tanh(terms[0]))
        return square(sum(units), y)

    return loss, Model(w=w, b=b), (X, Y), {"x": 6, "y": ()}


@style(9)
def mask_as_an_input():
    w, b = M(4, 6), V(4)

    def loss(x, m, y):
        return square(fsum([tanh(dot(r, x, bi)) * mi for r, bi, mi in zip(w, b, m)]), y)

    shapes = {"x": 6, "m": 4, "y": ()}
    return loss, Model(w=w, b=b), (X, rng.integers(0, 2, (5, 4)), Y), shapes


@style(12, gathers=True)  # a patch gather, and a scatter is not needed: x has no gradient
def convolution():
    k, b, u = M(3, 3), V(3), M(2, 12)

    def loss(x, y):
        channels = [[relu(dot(r, x[t : t + 3], c)) for t in range(4)] for r, c in zip(k, b)]
        return square(fsum([dot(r, flat(channels)) for r in u]), y)

    return loss, Model(k=k, b=b, u=u), (X, Y), {"x": 6, "y": ()}


@style(25)
def convolution_on_convolution():
    net = nn.Sequential(
        nn.Conv1d(1, 3, 3, activation="relu"),
        nn.Conv1d(3, 2, 2, activation="tanh"),
        nn.flatten,
        nn.Linear(6, 1),
    )
    return lambda x, y: square(net([x])[0], y), net, (X, Y), {"x": 6, "y": ()}


@style(17)
def residual():
    a, c, b, d, o = M(6, 6), V(6), M(6, 6), V(6), V(6)

    def loss(x, y):
        h = [v + tanh(dot(r, x, s)) for v, r, s in zip(x, a, c)]
        h = [v + tanh(dot(r, h, s)) for v, r, s in zip(h, b, d)]
        return square(dot(o, h), y)

    return loss, Model(a=a, c=c, b=b, d=d, o=o), (X, Y), {"x": 6, "y": ()}


@style(15)
def concatenated():
    a, c, b, o = M(4, 6), V(4), M(3, 10), V(3)

    def loss(x, y):
        h = [tanh(dot(r, x, s)) for r, s in zip(a, c)]
        return square(dot(o, [tanh(dot(r, h + x)) for r in b]), y)

    return loss, Model(a=a, c=c, b=b, o=o), (X, Y), {"x": 6, "y": ()}


@style(8)
def tied_autoencoder():
    a = M(4, 6)

    def loss(x):
        h = [tanh(dot(r, x)) for r in a]
        back = [dot([r[j] for r in a], h) for j in range(6)]
        return fsum([square(p, q) for p, q in zip(back, x)])

    return loss, Model(a=a), (X,), {"x": 6}


@style(20)
def recurrent():
    wh, wx, b, o = M(3, 3), M(3, 2), V(3), V(3)

    def loss(x, y):
        h = [0.0] * 3
        for xt in x:
            h = [tanh(dot(r, h) + dot(s, xt) + c) for r, s, c in zip(wh, wx, b)]
        return square(dot(o, h), y)

    return loss, Model(wh=wh, wx=wx, b=b, o=o), (X.reshape(5, 3, 2), Y), {"x": (3, 2), "y": ()}


@style(20)
def layer_norm():
    w, b, g, c, o = M(4, 6), V(4), V(4), V(4), V(4)

    def loss(x, y):
        h = [dot(r, x, s) for r, s in zip(w, b)]
        mean = fsum(h) / 4
        variance = fsum([(v - mean) ** 2 for v in h]) / 4
        h = [gi * (v - mean) / sqrt(variance + 1e-5) + ci for gi, v, ci in zip(g, h, c)]
        return square(dot(o, h), y)

    return loss, Model(w=w, b=b, g=g, c=c, o=o), (X, Y), {"x": 6, "y": ()}


@style(24)
def attention():
    q, k, v, o = M(4, 4), M(4, 4), M(4, 4), V(4)

    def loss(x, y):
        queries, keys, values = ([[dot(r, xt) for r in w] for xt in x] for w in (q, k, v))
        total = 0
        for query in queries:
            p = softmax([dot(query, key) / 2 for key in keys])
            total += dot(o, [dot(p, [u[j] for u in values]) for j in range(4)])
        return square(total, y)

    batch = rng.normal(size=(5, 4, 4)), Y
    return loss, Model(q=q, k=k, v=v, o=o), batch, {"x": (4, 4), "y": ()}


@style(11)
def softmax_by_hand():
    w, b = M(4, 6), V(4)

    def loss(x, y):
        e = [exp(dot(r, x, s)) for r, s in zip(w, b)]
        total = sum(e)
        return -log(sum(v / total * t for v, t in zip(e, y)))

    return loss, Model(w=w, b=b), (X, np.eye(4)[[0, 1, 2, 3, 0]]), {"x": 6, "y": 4}


@style(11)
def cross_entropy_of_a_class():
    w, b = M(4, 6), V(4)

    def loss(x, k):
        return nn.losses.cross_entropy([dot(r, x, s) for r, s in zip(w, b)], k)

    return loss, Model(w=w, b=b), (X, np.array([0, 1, 2, 3, 0])), {"x": 6, "k": ()}


@style(11)
def cross_entropy_of_a_one_hot():
    w, b = M(4, 6), V(4)

    def loss(x, y):
        z = [dot(r, x, s) for r, s in zip(w, b)]
        return logsumexp(z) - dot(z, y)

    return loss, Model(w=w, b=b), (X, np.eye(4)[[0, 1, 2, 3, 0]]), {"x": 6, "y": 4}


@style(14)
def mlp_with_weight_decay():
    model = nn.MLP(6, [5, 1])

    def loss(x, y):
        return nn.losses.hinge(model(x), y) + 1e-4 * nn.losses.l2(model.parameters())

    return loss, model, (X, np.sign(Y)), {"x": 6, "y": ()}


def body(program):
    """The lines of the function, without comments."""
    lines = program.source.split("):\n", 1)[1].splitlines()
    return [line for line in lines if not line.strip().startswith("#")]


@pytest.mark.parametrize("given", ["module", "list", "none"])
@pytest.mark.parametrize("name", STYLES)
def test_styles(name, given):
    make, shortest, gathers = STYLES[name]
    loss, model, batch, shapes = make()
    parameters = {"module": model, "list": model.parameters(), "none": None}[given]
    program = check(loss, batch, parameters=parameters, **shapes)
    assert len(body(program)) <= shortest + 2, program.source
    if not gathers:
        assert not re.search(r"\[(:, )?i\d*\]", program.source), program.source


def test_the_names_of_a_module_name_its_arrays():
    model = nn.MLP(6, [5, 1])
    program = check(lambda x, y: square(model(x), y), (X, Y), parameters=model, x=6, y=())
    assert program.parameters == ["W1", "b1", "W2", "b2"]
    assert program.arrays["W1"].shape == (5, 6)
    assert "x @ W1.T + b1" in program.source


def test_a_whole_batch_without_placeholders():
    """micrograd's way: the batch is found in the graph."""
    model = nn.MLP(2, [4, 4, 1], expand=True)
    points, labels = rng.normal(size=(10, 2)).tolist(), np.sign(rng.normal(size=10)).tolist()
    losses = [(1 + -t * model(p)).relu() for p, t in zip(points, labels)]
    root = sum(losses) * (1 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
    program = check(root, parameters=model)
    assert len(body(program)) <= 26
    assert "@ W1.T" in program.source


def test_the_hidden_layers_of_all_styles_are_the_same_program():
    sources = []
    for name in (
        "sum_with_a_start",
        "loops",
        "bias_first",
        "dots",
        "from_the_back",
        "shuffled_trees",
    ):
        loss, model, batch, shapes = STYLES[name][0]()
        sources.append(body(check(loss, batch, parameters=model, **shapes)))
    assert all(len(lines) == len(sources[0]) for lines in sources)
