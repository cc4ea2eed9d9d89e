"""Drawings for the lectures of what no notebook shows. lectures.toml names the functions."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphviz import Digraph
from matplotlib.figure import Figure

from autograd_mini import (
    Value,
    draw_mlp,
    exp,
    grad,
    jacobian,
    log,
    relu,
    sigmoid,
    step_through,
    tanh,
)
from autograd_mini.stepper import Stepper
from nn import MLP, Layer, Linear, Module, Neuron, Perceptron, RandomFeatures, fit, losses, toys
from nn.optimizers import SGD
from nn.plots import COLOURS

BLUE, ORANGE, GREEN = COLOURS[:3]
GREY = "#8c8c8c"
Curve = Callable[[float], Any]
STYLE = {  # for matplotlib's rc_context, in which they are drawn
    "font.size": 20,
    "axes.titlesize": 20,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 3,
    "lines.markersize": 11,
    "legend.frameon": False,
    "xtick.major.pad": 8,
}


def xor() -> Figure:
    """Three lines, each right at three of the four points, which is the most that a line can."""
    lines = {
        "at least one": (1, 1, -0.5),
        "not both": (-1, -1, 1.5),
        "only the first": (1, -1, -0.5),
    }
    drawn, ends = axes(3, 4.8), [-0.5, 1.5]
    for axis, (name, (w1, w2, b)) in zip(drawn, lines.items()):
        scores = [[w1 * x1 + w2 * x2 + b for x1 in ends] for x2 in ends]
        axis.contourf(ends, ends, scores, [-9, 0, 9], colors=[BLUE, ORANGE], alpha=0.25)
        for (x1, x2), label in toys.xor():
            axis.plot(x1, x2, "o^"[label], color=[BLUE, ORANGE][label], markersize=22)
            if (w1 * x1 + w2 * x2 + b > 0) != label:
                axis.plot(x1, x2, "o", markersize=44, markerfacecolor="none", color="black")
        axis.set(title=name, xticks=[0, 1], yticks=[0, 1], xlabel="$x_1$", aspect="equal")
    drawn[0].set_ylabel("$x_2$")
    return drawn[0].figure


def random_features() -> Figure:
    """How many draws of random features let a perceptron solve XOR."""
    counts, solved, [axis] = (2, 4, 8, 16, 32), [], axes()
    for m in counts:
        draws = [RandomFeatures(2, m, rng=random.Random(seed)) for seed in range(100)]
        examples = [[(draw.predict(x), y) for x, y in toys.xor()] for draw in draws]
        fits = [Perceptron(m, activation="step").fit(each, epochs=200) for each in examples]
        solved.append(sum(result.converged for result in fits))
    axis.bar_label(axis.bar([str(m) for m in counts], solved, color=BLUE), padding=4)
    axis.set(xlabel="random features", title="draws of 100 that solve XOR", yticks=[])
    axis.spines["left"].set_visible(False)
    return axis.figure


def linear_regression() -> Figure:
    """A line, and the errors whose squares are small."""
    rng, [axis] = random.Random(3), axes()
    points = [([x], 1.5 * x - 0.5 + rng.gauss(0, 0.5)) for x in spread(-1, 2, 16)]
    model = trained(Neuron(1, activation=None), losses.half_squared_error, points)
    for [x], y in points:
        axis.plot([x, x], [y, model.predict([x])], color=ORANGE)
        axis.plot(x, y, "o", color=BLUE, zorder=3)
    x, y = min((x, y) for [x], y in points if y < model.predict([x]) - 0.5)
    axis.text(x, (y + model.predict([x])) / 2, "  error", color=ORANGE, va="center")
    curves(axis, {r"$\hat y = wx + b$": lambda x: model.predict([x])}, -1.2, 2.2, color="black")
    axis.set(xlabel="x", ylabel="y")
    return axis.figure


def downhill() -> Figure:
    """A loss by one weight, its slope, and a step against it."""

    def loss(w: Any) -> Any:
        return (tanh(2 * w + 0.1) + 0.5) ** 2

    [axis], w = axes(), 0.1
    slope = grad(loss)(w)
    after = w - 0.15 * slope
    curves(axis, {"loss": loss}, -0.9, 0.9, color=BLUE)
    tangent = {"slope: the gradient": lambda x: loss(w) + slope * (x - w)}
    curves(axis, tangent, -0.12, 0.32, color=ORANGE)
    axis.plot([w, after], [loss(w), loss(after)], "o", color="black", zorder=3)
    axis.annotate("", (after, loss(w)), (w, loss(w)), arrowprops={"arrowstyle": "->", "lw": 3})
    axis.text((w + after) / 2, loss(w) + 0.06, r"$-\eta \cdot$ gradient", ha="center")
    axis.set(xlabel="w")
    return axis.figure


def layer() -> Digraph:
    """Four neurons on three inputs, and an output."""
    model = MLP(3, [4, 1], activation="tanh", rng=random.Random(3))
    return draw_mlp(model, inputs=["x1", "x2", "x3"])


def linear_stack() -> Figure:
    """Three networks of three layers each, without activations and with tanh."""
    drawn = axes(2, 5.2)
    for axis, activation in zip(drawn, (None, "tanh")):
        for seed, colour in enumerate((BLUE, ORANGE, GREEN)):
            rng = random.Random(seed)
            net = MLP(1, [8, 8, 1], activation=activation, init=lambda *_: 0.0, rng=rng)
            for p in net.parameters():
                p.data = rng.gauss(0, 0.8)
            curves(axis, {"": lambda x, net=net: net.predict([x])}, -3, 3, color=colour)
        axis.set(title=f"activation: {activation or 'none'}", xlabel="x")
    return drawn[0].figure


def michaelis_menten() -> Figure:
    """The law, and the best single product of powers."""
    rng, [axis] = random.Random(0), axes()
    inputs = [(rng.uniform(0.1, 3), rng.uniform(0.1, 1)) for _ in range(60)]
    logs = [([log(S), log(K)], [log(S / (K + S))]) for S, K in inputs]
    one = trained(Linear(2, 1), losses.mean_squared_error, logs)
    for K, colour in (0.1, BLUE), (0.4, ORANGE), (1.0, GREEN):
        law = {f"$K_m$ = {K:g}": lambda S, K=K: S / (K + S)}
        curves(axis, law, 0.02, 3, color=colour)
        power = {"": lambda S, K=K: exp(one.predict([log(S), log(K)])[0])}
        curves(axis, power, 0.02, 3, color=colour, linestyle="--", linewidth=2)
    axis.text(0.05, 1.17, "dashed: one layer, $V^a S^b K^c e^d$", color="black")
    axis.set(xlabel="[S]", ylabel="v", xlim=(0, 3.5), ylim=(0, 1.25))
    return axis.figure


def tanh_and_sigmoid() -> Figure:
    """tanh(x) = 2 sigmoid(2x) - 1."""
    [axis] = axes()
    curves(axis, {"": sigmoid}, -4, 4, color=BLUE)
    curves(axis, {"": tanh}, -4, 4, color=ORANGE, linewidth=9, alpha=0.4)
    curves(axis, {"": lambda x: 2 * sigmoid(2 * x) - 1}, -4, 4, color="black", linestyle="--")
    axis.text(-2.2, 0.18, "σ(x)", color=BLUE, ha="right")
    axis.text(-0.7, -0.5, "tanh(x), and dashed 2 σ(2x) − 1  ", color=ORANGE, ha="right")
    axis.set(xlabel="x", yticks=[-1, 0, 1])
    return axis.figure


def dead_relus() -> Figure:
    """What a relu gives for some examples: with a bias at which it learns, and dead."""
    drawn, xs = axes(2, 5.2, sharey=True), spread(-1.5, 1.5, 13)
    for axis, (b, verdict) in zip(drawn, {0.3: "alive", -2.5: "dead"}.items()):
        curves(axis, {"": lambda x, b=b: relu(x + b)}, -1.8, 3.2, color=GREY)
        axis.plot(xs, [relu(x + b) for x in xs], "o", color=ORANGE if b < 0 else BLUE)
        slopes = sum(grad(relu)(x + b) > 0 for x in xs)
        told = f"b = {b:g}: {verdict}\nslope 1 at {slopes} of {len(xs)} examples"
        axis.set(title=told, xlabel="x", yticks=[0, 1, 2, 3])
    return drawn[0].figure


def loss_functions() -> Figure:
    """Losses by the error of a prediction, and by the score of an example with label 1."""
    left, right = axes(2, 5.6)
    by_error = {
        "squared": lambda e: losses.mean_squared_error([e], [0.0]),
        "half squared": lambda e: losses.half_squared_error(e, 0.0),
        "Huber": lambda e: losses.huber([e], [0.0]),
    }
    by_score = {
        "perceptron": lambda z: losses.perceptron_cost(z, 1),
        "hinge": lambda z: losses.hinge(z, 1),
        "cross entropy": lambda z: losses.binary_cross_entropy_with_logits(z, 1),
    }
    for name, colour in zip(by_error, (BLUE, ORANGE, GREEN)):
        curves(left, {name: by_error[name]}, -2, 2, color=colour)
    for (name, f), colour, dash in zip(by_score.items(), (BLUE, ORANGE, GREEN), ("-", "--", "-.")):
        right.plot(spread(-2, 3), list(map(f, spread(-2, 3))), dash, color=colour, label=name)
    left.set(title="a number", xlabel=r"error $\hat y - y$", xlim=(-2, 3.6))
    right.set(title="yes or no, the label is 1", xlabel="score z")
    right.legend()
    return left.figure


def jacobians() -> Figure:
    """Derivatives of vectors by vectors: of a matrix, of a function of each entry, of a vector."""
    x, rng = [0.5, -1.0, 2.0], random.Random(1)
    W = [[float(rng.randint(-3, 3)) for _ in x] for _ in range(2)]
    maps = {
        "z = Wx:  dz/dx = W": lambda x: [sum(w * xi for w, xi in zip(row, x)) for row in W],
        "z = tanh(x):  diag(1 − z²)": lambda x: [tanh(xi) for xi in x],
        "z = x:  I": lambda x: [xi * 1.0 for xi in x],
    }
    return matrices({name: jacobian(f)(x) for name, f in maps.items()})


def outer_product() -> Figure:
    """The gradient by a matrix is the error terms times the inputs."""
    x, rng = [1.0, 0.0, 3.0], random.Random(1)
    layer = Layer(3, 2, activation=None, rng=rng)
    z = layer(x)
    (2 * z[0] - z[1]).backward()
    dW = [[w.grad for w in neuron.w] for neuron in layer.neurons]
    return matrices({"δ": [[2.0], [-1.0]], "xᵀ": [x], "δ xᵀ, the gradient of W": dW})


def softmax_network() -> Stepper:
    """One hidden layer, softmax and cross entropy."""
    model = MLP(2, [2, 2], activation="tanh", rng=random.Random(3))
    loss = losses.cross_entropy(model([Value(1.0, "x1"), Value(-2.0, "x2")]), 1)
    loss.label = "L"
    return step_through(loss, model=model, title="Softmax and cross entropy")


def weight_decay() -> Stepper:
    """A weight has two ways to the loss: through the error, and through the penalty."""
    w, x = Value(0.5, "w"), Value(2.0, "x")
    error = (w * x - 3) ** 2
    penalty = 0.1 * w**2
    J = error + penalty
    error.label, penalty.label, J.label = "L", "s", "J"
    return step_through(J, title="A loss and a penalty")


# -- what they are drawn with ---------------------------------------------------------------------


def spread(low: float, high: float, count: int = 201) -> list[float]:
    """Numbers at equal distances from low to high."""
    return [low + (high - low) * i / (count - 1) for i in range(count)]


def axes(columns: int = 1, height: float = 7.2, **options: Any) -> list[Any]:
    """Axes side by side, as wide as a slide."""
    figure = Figure(figsize=(12.8, height), layout="constrained")
    return list(figure.subplots(1, columns, squeeze=False, **options)[0])


def curves(
    axis: Any, named: Mapping[str, Callable[[float], Any]], low: float, high: float, **look: Any
) -> None:
    """Functions, each with its name at its right end."""
    xs = spread(low, high)
    for name, f in named.items():
        axis.plot(xs, [f(x) for x in xs], **look)
        axis.text(high, f(high), f"  {name}", color=look["color"], va="center")


def matrices(panels: Mapping[str, Sequence[Sequence[float]]]) -> Figure:
    """Matrices side by side, with their numbers."""
    drawn = axes(len(panels), 4.2, width_ratios=[len(rows[0]) + 1 for rows in panels.values()])
    peak = 1.5 * max(abs(x) for rows in panels.values() for row in rows for x in row)
    for axis, (title, rows) in zip(drawn, panels.items()):
        axis.imshow(rows, cmap="PuOr", vmin=-peak, vmax=peak)
        axis.set(title=title, xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        for i, row in enumerate(rows):
            for j, x in enumerate(row):
                axis.text(j, i, f"{x:.3g}", ha="center", va="center")
    return drawn[0].figure


def trained(model: Module, loss: Any, examples: Any) -> Any:
    """The model after 500 steps of gradient descent."""
    fit(model, loss, examples, optimizer=SGD(model.parameters(), lr=0.2), epochs=500)
    return model
