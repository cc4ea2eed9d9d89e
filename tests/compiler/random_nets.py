"""Random nets of random layers, written in scalars in the many ways in which people write them.

What runs through a net is a table: a list of positions, each a list of features. A layer is made by
a function of (net, rows, columns), which draws what it is like, makes its parameters, and gives a
function from tables to tables and the number of rows and columns that come out.
"""

import random
from functools import reduce
from operator import ge, gt, le, lt

from agreement import apart, flat, matrix, vector
from hypothesis import strategies as st

import nn
from autograd_mini import (
    atan2,
    clip,
    cos,
    dot,
    exp,
    expm1,
    fsum,
    log,
    log1p,
    logsumexp,
    maximum,
    minimum,
    pick,
    relu,
    sigmoid,
    sin,
    softmax,
    softplus,
    sqrt,
    tanh,
    where,
)

LARGEST = 48  # lanes of a table


class Net(nn.Module):
    """A random net and loss.

    Attributes:
        shapes: name -> shape, of the inputs of the loss.
        batch: an array for each.
        parameters_as: "all", "list", "some", "module".
        written: what was drawn.
    """

    def __init__(self, draw):
        self._draw = draw
        self._rng = random.Random(draw(st.integers(0, 3)))
        self.written = []
        self.shapes, self.batch, self._tables = {}, {}, {}
        self.count = draw(st.integers(1, 3))
        self.layers = []

    def choose(self, *options):
        return self._draw(st.sampled_from(options))

    def chance(self):
        return self._draw(st.booleans())

    def size(self, least=1, most=4):
        return self._draw(st.integers(least, most))

    def matrix(self, rows, columns):
        table = matrix(self._rng, rows, columns)
        self._keep(table)
        return table

    def vector(self, n):
        values = vector(self._rng, n)
        self._keep(values)
        return values

    def _keep(self, part):
        setattr(self, f"p{len([k for k in vars(self) if k[0] == 'p'])}", part)

    def numbers(self, *shape):
        if not shape:
            return self._rng.gauss(0, 1)
        return [self.numbers(*shape[1:]) for _ in range(shape[0])]

    def input(self, shape, draw=None):
        """A new input; gives its name."""
        name = "xyzuvwst"[len(self.shapes)]
        self.shapes[name] = shape
        draw = draw or (lambda: self._rng.gauss(0, 1))

        def build(sizes):
            return [build(sizes[1:]) for _ in range(sizes[0])] if sizes else draw()

        self.batch[name] = build((self.count, *shape))
        return name

    def has_room(self):
        return len(self.shapes) < 5

    def __call__(self, **inputs):
        self.given = inputs
        table = inputs["x"]
        self.tables = [table]
        for layer in self.layers:
            table = layer(table)
            self.tables.append(table)
        return self.last(table)


# -- layers ---------------------------------------------------------------------------------------


def dense(net, rows, columns):
    """Weights shared by all positions."""
    out = net.size(1, 5)
    w, b = net.matrix(out, columns), net.vector(out) if net.chance() else [0.0] * out
    neuron = net.choose(*NEURONS)
    return lambda x: [[neuron(wi, xt, bi) for wi, bi in zip(w, b)] for xt in x], rows, out


def _by_dot(w, x, b):
    return dot(w, x, b)


def _by_sum(w, x, b):
    return sum((wi * xi for wi, xi in zip(w, x)), b)


def _by_loop(w, x, b):
    z = 0.0
    for wi, xi in zip(w, x):
        z += xi * wi
    return z + b


def _backwards(w, x, b):
    z = b
    for wi, xi in reversed(list(zip(w, x))):
        z = wi * xi + z
    return z


def _shuffled(w, x, b):
    terms = [wi * xi for wi, xi in zip(w, x)] + [b]
    random.Random(len(w)).shuffle(terms)
    return fsum(terms)


NEURONS = [_by_dot, _by_sum, _by_loop, _backwards, _shuffled]


def dense_apart(net, rows, columns):
    """Other weights for each position."""
    out = net.size(1, 3)
    w = [net.matrix(out, columns) for _ in range(rows)]
    return lambda x: [[dot(r, xt) for r in wt] for wt, xt in zip(w, x)], rows, out


def dense_flat(net, rows, columns):
    out = net.size(1, 5)
    w, b = net.matrix(out, rows * columns), net.vector(out)
    return lambda x: [[dot(wi, flat(x), bi) for wi, bi in zip(w, b)]], 1, out


def mix_positions(net, rows, columns):
    """A matrix applied to columns."""
    out = net.size(1, 4)
    w = net.matrix(out, rows)
    return (
        lambda x: [[dot(wi, [xt[j] for xt in x]) for j in range(columns)] for wi in w],
        out,
        columns,
    )


def tied(net, rows, columns):
    """A dense layer, and back by its transpose."""
    out = net.size(1, 4)
    w, f = net.matrix(out, columns), net.choose(tanh, sin, relu)

    def layer(x):
        hidden = [[f(dot(wi, xt)) for wi in w] for xt in x]
        return [[dot([wi[j] for wi in w], ht) for j in range(columns)] for ht in hidden]

    return layer, rows, columns


def convolution(net, rows, columns):
    """Over positions, with padding and stride."""
    size, stride, pad = net.size(1, 3), net.size(1, 2), net.size(0, 2)
    if rows + 2 * pad < size:
        return None
    out = net.size(1, 3)
    w, b = net.matrix(out, size * columns), net.vector(out)
    zeros = [[0.0] * columns] * pad

    def layer(x):
        x = [*zeros, *x, *zeros]
        return [
            [dot(wi, flat(x[t : t + size]), bi) for wi, bi in zip(w, b)]
            for t in range(0, len(x) - size + 1, stride)
        ]

    return layer, (rows + 2 * pad - size) // stride + 1, out


def image(net, rows, columns):
    """nn.Conv2d, the table being one channel."""
    size, pad, stride = net.size(1, 3), net.size(0, 1), net.size(1, 2)
    if min(rows, columns) + 2 * pad < size:
        return None
    channels = net.size(1, 2)
    f = net.choose("relu", "tanh", None)
    part = nn.Conv2d(1, channels, size, padding=pad, stride=stride, activation=f, rng=net._rng)
    net._keep(part)
    high, wide = ((n + 2 * pad - size) // stride + 1 for n in (rows, columns))
    return lambda x: [row for channel in part([x]) for row in channel], channels * high, wide


FUNCTIONS = [
    tanh,
    relu,
    sigmoid,
    softplus,
    sin,
    *[nn.activations.activation_function(name) for name in ("gelu", "silu", "elu")],
    lambda x: exp(-x * x),
    lambda x: x * x,
    lambda x: x**3,
    lambda x: 1 / (1 + x * x),
    lambda x: sqrt(x * x + 1),
    lambda x: log(1 + x * x),
    lambda x: log1p(exp(-abs(x))),
    lambda x: expm1(-(x**2)),
    lambda x: (1 + x * x) ** -0.5,
    lambda x: atan2(x, 1.5 + x * x),
    lambda x: maximum(x, 0.1),
    lambda x: minimum(0.3, 2 - x),
    lambda x: where(lt(*apart(x, 0.2)), x * 0.3, x),
    lambda x: where(ge(*apart(x, -0.1)), 1.0, 0.5 * x),
    lambda x: clip(x, -0.7, 0.7),
    lambda x: 0.5 * x - 1,
    lambda x: -x,
    lambda x: x - x * 0.5 + x,
    lambda x: x / 3,
    lambda x: (x + 1) * (x - 1),
    lambda x: cos(x) ** 2 + sin(x) ** 2 * x,
]


def elementwise(net, rows, columns):
    f = net.choose(*FUNCTIONS)
    return lambda x: [[f(v) for v in xt] for xt in x], rows, columns


def elementwise_apart(net, rows, columns):
    """Not for all lanes the same function."""
    f, g = net.choose(*FUNCTIONS), net.choose(*FUNCTIONS)
    every = net.size(2, 3)
    return (
        lambda x: [[(f if (t + i) % every else g)(v) for i, v in enumerate(xt)]
                   for t, xt in enumerate(x)],
        rows,
        columns,
    )  # fmt: skip


def residual(net, rows, columns):
    w, f = net.matrix(columns, columns), net.choose(tanh, relu)
    return (
        lambda x: [[v + f(dot(wi, xt)) for v, wi in zip(xt, w)] for xt in x],
        rows,
        columns,
    )


def concatenate(net, rows, columns):
    """With an earlier table, along either axis; or with numbers."""
    sizes = [net.extents[i] for i in range(len(net.extents))]
    i = net.choose(*range(len(sizes)))
    r, c = sizes[i]
    if r == rows and columns + c <= 8:
        return lambda x: [[*u, *v] for u, v in zip(x, net.tables[i])], rows, columns + c
    if c == columns:
        return lambda x: [*x, *net.tables[i]], rows + r, columns
    return lambda x: [[1.0, *xt] for xt in x], rows, columns + 1


def part(net, rows, columns):
    """Some of the positions or features."""
    step = net.choose(1, 2, -1)
    if net.chance():
        start = net.size(0, columns - 1)
        places = range(columns)[start::step]
        return lambda x: [[xt[j] for j in places] for xt in x], rows, len(places)
    start = net.size(0, rows - 1)
    places = range(rows)[start::step]
    return lambda x: [x[t] for t in places], len(places), columns


def permute(net, rows, columns):
    order = net._rng.sample(range(columns), columns)
    if net.chance():
        return lambda x: [[xt[j] for j in order] for xt in x], rows, columns
    lanes = net._rng.sample(range(rows * columns), rows * columns)

    def layer(x):
        y = [flat(x)[i] for i in lanes]
        return [y[t * columns : (t + 1) * columns] for t in range(rows)]

    return layer, rows, columns


def transpose(net, rows, columns):
    return lambda x: [list(column) for column in zip(*x)], columns, rows


def fold(net, rows, columns):
    """The same lanes, in other rows."""
    n = rows * columns
    wide = net.choose(*[d for d in range(1, n + 1) if n % d == 0])
    return (
        lambda x: [flat(x)[i : i + wide] for i in range(0, n, wide)],
        n // wide,
        wide,
    )


def normalise(net, rows, columns):
    """Layer norm."""
    g, b = net.vector(columns), net.vector(columns)

    def norm(x):
        mean = sum(x) / columns
        variance = fsum([(v - mean) ** 2 for v in x]) / columns
        return [gi * (v - mean) / sqrt(variance + 0.1) + bi for gi, v, bi in zip(g, x, b)]

    return lambda x: [norm(xt) for xt in x], rows, columns


def soften(net, rows, columns):
    """A softmax: the library's, or one by hand."""
    how = net.choose("softmax", "by hand", "over positions", "shifted")

    def by_hand(z):
        e = [exp(v - (1.5 if how == "shifted" else 0)) for v in z]
        total = sum(e)
        return [v / total for v in e]

    f = softmax if how in ("softmax", "over positions") else by_hand
    if how == "over positions":
        return lambda x: [list(r) for r in zip(*[f(list(c)) for c in zip(*x)])], rows, columns
    return lambda x: [f(xt) for xt in x], rows, columns


def attend(net, rows, columns):
    """Attention with heads, causal or not."""
    size, heads, causal = net.size(1, 3), net.size(1, 2), net.chance()
    q, k, v = ([net.matrix(size, columns) for _ in range(heads)] for _ in range(3))

    def layer(x):
        out = [[] for _ in x]
        for qh, kh, vh in zip(q, k, v):
            queries, keys, values = ([[dot(r, xt) for r in w] for xt in x] for w in (qh, kh, vh))
            for t, query in enumerate(queries):
                seen = t + 1 if causal else len(x)
                weights = softmax([dot(query, key) * size**-0.5 for key in keys[:seen]])
                out[t] += [dot(weights, [u[j] for u in values[:seen]]) for j in range(size)]
        return out

    return layer, rows, heads * size


def recur(net, rows, columns):
    """A recurrent net over positions."""
    out = net.size(1, 3)
    w, u, b = net.matrix(out, out), net.matrix(out, columns), net.vector(out)
    start = net.vector(out) if net.chance() else [0.0] * out
    f = net.choose(tanh, sigmoid, sin)

    def layer(x):
        h, states = start, []
        for xt in x:
            h = [f(dot(wi, h) + dot(ui, xt) + bi) for wi, ui, bi in zip(w, u, b)]
            states.append(h)
        return states

    return layer, rows, out


def running(net, rows, columns):
    """Running sums or means: ragged sums."""
    mean = net.chance()

    def layer(x):
        out = []
        for t in range(rows):
            total = [fsum([x[s][j] for s in range(t + 1)]) for j in range(columns)]
            out.append([v / (t + 1) for v in total] if mean else total)
        return out

    return layer, rows, columns


def triangle(net, rows, columns):
    """A lower triangular matrix over positions."""
    w = [net.vector(t + 1) for t in range(rows)]
    return (
        lambda x: [
            [dot(wt, [x[s][j] for s in range(t + 1)]) for j in range(columns)]
            for t, wt in enumerate(w)
        ],
        rows,
        columns,
    )


def mask(net, rows, columns):
    """By an input, by numbers, or by parameters."""
    how = net.choose("input", "numbers", "zeros", "parameters", "one a row", "one a column")
    if how == "input" and net.has_room():
        name = net.input((rows, columns), lambda: net._rng.randrange(2))
        return (
            lambda x: [[v * m for v, m in zip(*r)] for r in zip(x, net.given[name])],
            rows,
            columns,
        )
    if how == "one a row":
        m = [[v] * columns for v in net.vector(rows)]
    elif how == "one a column":
        m = [net.vector(columns)] * rows
    elif how == "parameters":
        m = net.matrix(rows, columns)
    elif how == "zeros":
        m = [[float(net._rng.randrange(2)) for _ in range(columns)] for _ in range(rows)]
    else:
        m = net.numbers(rows, columns)
    return lambda x: [[v * u for v, u in zip(*r)] for r in zip(x, m)], rows, columns


def shift(net, rows, columns):
    """Plus numbers, or parameters."""
    b = net.choose(
        net.numbers(rows, columns),
        [net.numbers(columns)] * rows,
        net.matrix(rows, columns),
        [net.vector(columns)] * rows,
    )
    return lambda x: [[u + v for u, v in zip(*r)] for r in zip(x, b)], rows, columns


def gate(net, rows, columns):
    """One half times a function of the other; or a square for one feature."""
    f, half = net.choose(sigmoid, tanh, lambda v: v), (columns + 1) // 2
    return (
        lambda x: [[a * f(b) for a, b in zip(xt[:half], xt[-half:])] for xt in x],
        rows,
        half,
    )


def outer(net, rows, columns):
    """All products of two features, or those of a triangle."""
    if columns > 4:
        return None
    pairs = [(i, j) for i in range(columns) for j in range(columns)]
    if net.chance():
        pairs = [(i, j) for i, j in pairs if i <= j]
    return lambda x: [[xt[i] * xt[j] for i, j in pairs] for xt in x], rows, len(pairs)


def gram(net, rows, columns):
    """The dot products of all positions."""
    return lambda x: [[dot(u, v) for v in x] for u in x], rows, rows


def pool(net, rows, columns):
    """The mean, the largest or the logsumexp of neighbours."""
    how, width = net.choose("mean", "max", "logsumexp"), net.size(1, columns)
    f = {
        "mean": lambda xs: fsum(xs) / width,
        "max": lambda xs: reduce(maximum, xs),
        "logsumexp": logsumexp,
    }[how]
    starts = range(0, columns - width + 1, net.choose(1, width))
    return lambda x: [[f(xt[i : i + width]) for i in starts] for xt in x], rows, len(starts)


def ragged_lists(net, rows, columns):
    """logsumexp of lists that grow, with constants among them."""
    constant = net.chance()

    def layer(x):
        return [
            [logsumexp([*xt[: j + 1], *[0.5] * (constant and j % 2)]) for j in range(columns)]
            for xt in x
        ]

    return layer, rows, columns


def conditions(net, rows, columns):
    """where() with conditions between traced lanes."""
    sign = net.choose(lt, gt, le)

    def choose(a, b):
        return where(sign(*apart(a, b)), a * b, a - 2 * b)

    return lambda x: [[choose(a, b) for a, b in zip(xt, xt[::-1])] for xt in x], rows, columns


def embed(net, rows, columns):
    """Rows of a table, picked by an input."""
    if not net.has_room():
        return None
    size = net.size(1, 4)
    table = net.matrix(size, columns)
    name = net.input((rows,), lambda: net._rng.randrange(size))

    def layer(x):
        index = net.given[name]
        return [
            [v + pick([r[j] for r in table], k) for j, v in enumerate(xt)]
            for xt, k in zip(x, index)
        ]

    return layer, rows, columns


LAYERS = [
    dense, dense, dense_apart, dense_flat, mix_positions, tied, convolution, image, elementwise,
    elementwise, elementwise_apart, residual, concatenate, part, permute, transpose, fold,
    normalise, soften, attend, recur, running, triangle, mask, shift, gate, outer, gram, pool,
    ragged_lists, conditions, embed,
]  # fmt: skip


# -- losses ---------------------------------------------------------------------------------------


def squared_error(net, rows, columns):
    name = net.input((rows, columns))

    def last(x):
        errors = [(u - v) ** 2 for r in zip(x, net.given[name]) for u, v in zip(*r)]
        return fsum(errors) / len(errors)

    return last


def total(net, rows, columns):
    how = net.choose(fsum, sum, lambda x: fsum(x) / len(x), lambda x: fsum([v * v for v in x]))
    return lambda x: how(flat(x))


def weighted(net, rows, columns):
    w = net.vector(rows * columns)
    return lambda x: dot(w, flat(x)) ** 2


def cross_entropy(net, rows, columns):
    name = net.input((rows,), lambda: net._rng.randrange(columns))
    return lambda x: fsum([nn.losses.cross_entropy(xt, k) for xt, k in zip(x, net.given[name])])


def one_hot(net, rows, columns):
    name = net.input((columns,))
    return lambda x: logsumexp(x[0]) - dot(x[-1], net.given[name])


LOSSES = [squared_error, total, weighted, cross_entropy, one_hot]


@st.composite
def nets(draw, most_layers=5):
    """Random nets, with a loss and a batch."""
    net = Net(draw)
    rows, columns = net.size(1, 4), net.size(1, 4)
    net.input((rows, columns))
    net.extents = [(rows, columns)]
    for _ in range(net.size(1, most_layers)):
        make = net.choose(*LAYERS)
        made = make(net, rows, columns)
        if made is not None and made[1] * made[2] <= LARGEST:
            layer, rows, columns = made
            net.layers.append(layer)
            net.extents.append((rows, columns))
            net.written.append(f"{make.__name__} {rows}x{columns}")
    make = net.choose(*LOSSES)
    net.last = make(net, rows, columns)
    net.written.append(make.__name__)
    regularised = net.choose("no", "l2", "l1", "coefficient")
    if regularised != "no" and net.parameters():
        last, some = net.last, net.parameters()[:: net.size(1, 2)]
        penalty = {
            "l2": lambda: 0.01 * fsum([p * p for p in some]),
            "l1": lambda: 0.1 * sum(abs(p) for p in some),
            "coefficient": lambda: fsum([c * p for c, p in zip((0.5, -1, 2), some)]),
        }[regularised]
        net.last = lambda x: last(x) + penalty()
        net.written.append(regularised)
    net.reduction = net.choose("mean", "sum")
    given = net.choose("module", "list", "shuffled", "some", "all")
    values = list(net.parameters())
    if given == "shuffled":
        net._rng.shuffle(values)
    if given == "some":
        values = values[::2]
    net.given_parameters = {"module": net, "all": None}.get(given, values)
    net.written.append(given)
    return net
