"""Drawings for the lectures of what no notebook shows. lectures.toml names the functions."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure

from autograd_mini import Value, exp, grad, jacobian, log, relu, sigmoid, step_through, tanh
from autograd_mini.stepper import Stepper
from nn import MLP, Linear, fit, losses, toys
from nn.optimizers import SGD
from nn.plots import COLOURS

BLUE, ORANGE, GREEN = COLOURS[:3]
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
    lines = {"at least one": (1, 1, -0.5), "not both": (-1, -1, 1.5), "one alone": (1, -1, -0.5)}
    drawn, ends = axes(3, 5.2), [-0.5, 1.5]
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


def linear_stack() -> Figure:
    """Three networks of three layers each, without activations and with tanh."""
    drawn = axes(2, 5.2)
    for axis, activation in zip(drawn, (None, "tanh")):
        for seed, colour in enumerate((BLUE, ORANGE, GREEN)):
            rng = random.Random(seed)
            net = MLP(1, [8, 8, 1], activation=activation, init=lambda *_: 0.0, rng=rng)
            for p in net.parameters():
                p.data = rng.gauss(0, 0.8)
            curve(axis, lambda x, net=net: net.predict([x]), -3, 3, color=colour)
        axis.set(title=f"activation: {activation or 'none'}", xlabel="x")
    return drawn[0].figure


def michaelis_menten() -> Figure:
    """The law, and the best single product of powers."""
    rng, [axis] = random.Random(0), axes()
    inputs = [(rng.uniform(0.1, 3), rng.uniform(0.1, 1)) for _ in range(60)]
    logs = [([log(S), log(K)], [log(S / (K + S))]) for S, K in inputs]
    one = Linear(2, 1)
    sgd = SGD(one.parameters(), lr=0.2)
    fit(one, losses.mean_squared_error, logs, optimizer=sgd, epochs=500)
    for K, colour in (0.1, BLUE), (0.4, ORANGE), (1.0, GREEN):

        def power(S: float, K: float = K) -> Any:
            return exp(one.predict([log(S), log(K)])[0])

        curve(axis, lambda S, K=K: S / (K + S), 0.02, 3, f"$K_m$ = {K:g}", color=colour)
        curve(axis, power, 0.02, 3, color=colour, linestyle="--", linewidth=2)
    axis.text(0.05, 1.17, "dashed: one layer, $V^a S^b K^c e^d$", color="black")
    axis.set(xlabel="[S]", ylabel="v", xlim=(0, 3.5), ylim=(0, 1.25))
    return axis.figure


def tanh_and_sigmoid() -> Figure:
    """tanh(x) = 2 sigmoid(2x) - 1."""
    [axis] = axes()
    curve(axis, sigmoid, -4, 4, color=BLUE)
    curve(axis, tanh, -4, 4, color=ORANGE, linewidth=9, alpha=0.4)
    curve(axis, lambda x: 2 * sigmoid(2 * x) - 1, -4, 4, color="black", linestyle="--")
    axis.text(-2.2, 0.18, "σ(x)", color=BLUE, ha="right")
    axis.text(-0.7, -0.5, "tanh(x), and dashed 2 σ(2x) − 1  ", color=ORANGE, ha="right")
    axis.set(xlabel="x", yticks=[-1, 0, 1])
    return axis.figure


def dead_relus() -> Figure:
    """What a relu gives for some examples: with a bias at which it learns, and dead."""
    drawn, xs = axes(2, 5.2, sharey=True), spread(-1.5, 1.5, 13)
    for axis, (b, verdict) in zip(drawn, {0.3: "alive", -2.5: "dead"}.items()):
        curve(axis, lambda x, b=b: relu(x + b), -1.8, 3.2, color="#8c8c8c")
        axis.plot(xs, [relu(x + b) for x in xs], "o", color=ORANGE if b < 0 else BLUE)
        slopes = sum(grad(relu)(x + b) > 0 for x in xs)
        told = f"b = {b:g}: {verdict}\nslope 1 at {slopes} of {len(xs)} examples"
        axis.set(title=told, xlabel="x", yticks=[0, 1, 2, 3])
    return drawn[0].figure


def jacobians() -> Figure:
    """Derivatives of vectors by vectors: of a matrix, of a function of each entry, of a vector."""
    x, rng = [0.5, -1.0, 2.0], random.Random(1)
    W = [[float(rng.randint(-3, 3)) for _ in x] for _ in range(2)]
    maps = {
        "z = Wx:  dz/dx = W": lambda x: [sum(w * xi for w, xi in zip(row, x)) for row in W],
        "z = tanh(x):  diag(1 − z²)": lambda x: [tanh(xi) for xi in x],
        "z = x:  I": lambda x: [xi * 1.0 for xi in x],
    }
    drawn = axes(3, 4.2)
    for axis, (title, f) in zip(drawn, maps.items()):
        table = jacobian(f)(x)
        axis.imshow(table, cmap="PuOr", vmin=-7, vmax=7)
        axis.set(title=title, xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        for i, row in enumerate(table):
            for j, derivative in enumerate(row):
                axis.text(j, i, f"{derivative:.3g}", ha="center", va="center")
    return drawn[0].figure


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


def curve(
    axis: Any, f: Callable[[float], Any], low: float, high: float, name: str = "", **look: Any
) -> None:
    """A function, with its name at its right end."""
    xs = spread(low, high)
    axis.plot(xs, [f(x) for x in xs], **look)
    axis.text(high, f(high), f"  {name}", color=look["color"], va="center")
