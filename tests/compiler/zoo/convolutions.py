"""Convolutions, on lines and on pictures."""

from autograd_mini import (
    dot,
    fsum,
    gelu,
    leaky_relu,
    maximum,
    relu,
    sigmoid,
    sqrt,
    tanh,
)
from nn import Conv1d, Conv2d, Linear, Sequential, flatten, losses

from . import (
    Weights,
    affine,
    label,
    matvec,
    normal,
    plus,
    program,
    squared_distance,
    transposed,
    uniform,
)


def convolved(x, kernel, dilation=1, pad=0):
    """A line of numbers under a kernel that slides over it."""
    x = [0.0] * pad + x + [0.0] * pad
    reach = dilation * (len(kernel) - 1)
    return [dot(kernel, x[i : i + reach + 1 : dilation]) for i in range(len(x) - reach)]


def patches(picture, size, stride=1):
    """The patches of a picture, row by row, each flat."""
    n = range(0, len(picture) - size + 1, stride)
    return [[v for row in picture[i : i + size] for v in row[j : j + size]] for i in n for j in n]


@program("Temporal convolution of two layers", x=normal(8), y=normal())
def temporal_convolution(rng):
    m = Sequential(
        Conv1d(1, 2, 3, activation="relu", rng=rng),
        Conv1d(2, 2, 3, activation="tanh", rng=rng),
        flatten,
        Linear(8, 1, rng=rng),
    )
    return lambda x, y: (m([x])[0] - y) ** 2, m


@program("LeNet: convolution, mean pooling, softmax", picture=normal(6, 6), k=label(3))
def lenet(rng):
    m = Sequential(
        Conv2d(1, 2, 3, activation="tanh", rng=rng),
        lambda maps: [[fsum(p) / 4 for p in patches(c, 2, 2)] for c in maps],
        flatten,
        Linear(8, 3, rng=rng),
    )
    return lambda picture, k: losses.cross_entropy(m([picture]), k), m


@program("Dilated causal convolutions with residuals (TCN)", x=normal(8), y=normal(8))
def dilated(rng):
    m = Weights(rng, kernels=(3, 2), o=())

    def loss(x, y):
        h = x
        for i, kernel in enumerate(m.kernels):
            gap = 2**i
            h = plus(h, [relu(z) for z in convolved([0.0] * gap + h, kernel, gap)])
        return squared_distance([m.o * v for v in h], y)

    return loss, m


@program("WaveNet: gated, dilated, with skips", x=uniform(-1, 1, 8), y=uniform(-1, 1))
def wavenet(rng):
    m = Weights(rng, filters=(3, 2), gates=(3, 2), residual=3, skip=3)

    def loss(x, y):
        h, out = x, 0.0
        for i in range(3):
            gap = 2**i
            f, g = (convolved(h, w[i], gap) for w in (m.filters, m.gates))
            z = [tanh(a) * sigmoid(b) for a, b in zip(f, g)]
            h = [m.residual[i] * v + old for v, old in zip(z, h[gap:])]
            out += m.skip[i] * z[-1]
        return (out - y) ** 2

    return loss, m


@program("Depthwise separable convolution (MobileNet)", x=normal(2, 6), y=normal(3, 4))
def depthwise_separable(rng):
    m = Weights(rng, depth=(2, 3), point=(3, 2), b=3)

    def loss(x, y):
        maps = [convolved(channel, k) for channel, k in zip(x, m.depth)]
        out = [affine(m.point, m.b, column) for column in transposed(maps)]
        return sum(squared_distance(a, b) for a, b in zip(transposed(out), y))

    return loss, m


@program("Transposed convolution of stride 2", x=normal(4), y=normal(9))
def transposed_convolution(rng):
    m = Weights(rng, k=3, b=())

    def loss(x, y):
        out = [m.b] * 9
        for i, v in enumerate(x):
            for j, w in enumerate(m.k):
                out[2 * i + j] = out[2 * i + j] + v * w
        return squared_distance(out, y)

    return loss, m


@program("U-Net on a line: down, up, a skip", x=normal(8), y=normal(8))
def unet(rng):
    m = Weights(rng, down=3, bottom=3, up=2, merge=(2, 3))

    def loss(x, y):
        fine = [relu(z) for z in convolved(x, m.down, pad=1)]
        coarse = [(a + b) / 2 for a, b in zip(fine[::2], fine[1::2])]
        coarse = [relu(z) for z in convolved(coarse, m.bottom, pad=1)]
        raised = [w * v for v in coarse for w in m.up]
        a, b = (convolved(h, k, pad=1) for h, k in zip((fine, raised), m.merge))
        return squared_distance(plus(a, b), y)

    return loss, m


@program("ResNet block with batch-free normalisation", picture=normal(4, 4), y=normal())
def resnet_block(rng):
    m = Weights(rng, first=9, second=9, gain=2, o=16)

    def same(picture, kernel, gain):
        framed = [[0.0] * 6, *[[0.0, *row, 0.0] for row in picture], [0.0] * 6]
        out = [dot(kernel, p) for p in patches(framed, 3)]
        mean = fsum(out) / 16
        spread = sqrt(fsum([(v - mean) ** 2 for v in out]) / 16 + 1e-5)
        return [gain * (v - mean) / spread for v in out]

    def loss(picture, y):
        h = [relu(v) for v in same(picture, m.first, m.gain[0])]
        h = same([h[i : i + 4] for i in range(0, 16, 4)], m.second, m.gain[1])
        h = [relu(v + old) for v, old in zip(h, [v for row in picture for v in row])]
        return (dot(m.o, h) - y) ** 2

    return loss, m


@program("Squeeze and excitation", x=normal(3, 5), y=normal())
def squeeze_and_excitation(rng):
    m = Weights(rng, squeeze=(2, 3), excite=(3, 2), o=3)

    def loss(x, y):
        pooled = [fsum(channel) / 5 for channel in x]
        gates = [sigmoid(z) for z in matvec(m.excite, [relu(z) for z in matvec(m.squeeze, pooled)])]
        energy = [fsum([relu(g * v) for v in channel]) for g, channel in zip(gates, x)]
        return (dot(m.o, energy) - y) ** 2

    return loss, m


@program("Inception block: kernels of three widths", x=normal(6), y=normal(6))
def inception(rng):
    m = Weights(rng, one=1, three=3, five=5, mix=3)

    def loss(x, y):
        towers = [convolved(x, k, pad=len(k) // 2) for k in (m.one, m.three, m.five)]
        out = [dot(m.mix, [leaky_relu(v) for v in column]) for column in zip(*towers)]
        return squared_distance(out, y)

    return loss, m


@program("Max pooling over a picture's feature map", picture=normal(5, 5), k=label(2))
def max_pooling(rng):
    m = Weights(rng, kernels=(2, 4), W=(2, 8))

    def loss(picture, k):
        pooled = []
        for kernel in m.kernels:
            z = [dot(kernel, p) for p in patches(picture, 2)]
            for a, b, c, d in patches([z[i : i + 4] for i in range(0, 16, 4)], 2, 2):
                pooled.append(relu(maximum(maximum(a, b), maximum(c, d))))
        return losses.cross_entropy(matvec(m.W, pooled), k)

    return loss, m


@program("Network in network: 1x1 convolutions, global mean", picture=normal(3, 3, 2), k=label(3))
def network_in_network(rng):
    m = Weights(rng, W=(3, 2), b=3, V=(3, 3), c=3)

    def loss(picture, k):
        pixels = [
            affine(m.V, m.c, [relu(z) for z in affine(m.W, m.b, pixel)])
            for row in picture
            for pixel in row
        ]
        return losses.cross_entropy([fsum(column) / 9 for column in zip(*pixels)], k)

    return loss, m


@program("Circular convolution on a ring", x=normal(6), y=normal(6))
def circular(rng):
    m = Weights(rng, k=3, b=())

    def loss(x, y):
        out = [tanh(fsum([w * x[(i + j) % 6] for j, w in enumerate(m.k)]) + m.b) for i in range(6)]
        return squared_distance(out, y)

    return loss, m


@program("DenseNet: each layer sees all earlier ones", x=normal(3), k=label(2))
def densenet(rng):
    m = Weights(rng, first=(2, 3), second=(2, 5), third=(2, 7), head=(2, 9))

    def loss(x, k):
        seen = list(x)
        for w in (m.first, m.second, m.third):
            seen = seen + [relu(z) for z in matvec(w, seen)]
        return losses.cross_entropy(matvec(m.head, seen), k)

    return loss, m


@program(
    "ConvNeXt block: depthwise, layer norm, an inverted bottleneck", x=normal(2, 5), y=normal(2, 5)
)
def convnext(rng):
    m = Weights(rng, depth=(2, 3), gain=2, up=(4, 2), down=(2, 4))

    def loss(x, y):
        total = 0
        maps = [convolved(channel, k, pad=1) for channel, k in zip(x, m.depth)]
        for h, old, target in zip(transposed(maps), transposed(x), transposed(y)):
            mean = fsum(h) / 2
            spread = sqrt(fsum([(v - mean) ** 2 for v in h]) / 2 + 1e-3)
            h = [g * (v - mean) / spread for g, v in zip(m.gain, h)]
            out = matvec(m.down, [gelu(z) for z in matvec(m.up, h)])
            total += squared_distance(plus(old, out), target)
        return total

    return loss, m
