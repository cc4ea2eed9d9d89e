"""Pictures of training and of models, with matplotlib.

Every function raises ImportError if matplotlib is not installed. A notebook shows a figure, and
`figure.savefig("name.svg")` writes it.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd_mini import grad

from .activations import ACTIVATIONS
from .diagnostics import gradient_norms
from .module import Module
from .perceptron import Perceptron

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .history import History

# can be distinguished by colour-blind people (Okabe, Ito 2008)
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#222222"]


# for regression: (true, predicted) numbers for each part of the data
Answers = Mapping[str, tuple[Sequence[float], Sequence[float]]] | None


def training_curves(history: History, held_out: str = "validation", answers: Answers = None) -> str:
    """History.plot(), with a name of the validation examples, and with the answers beside it."""
    return _svg(training_figure(history, held_out, answers))


def training_figure(
    history: History, held_out: str = "validation", answers: Answers = None
) -> Figure:
    """The same as a figure."""
    epochs = history.epochs
    if not epochs:
        raise ValueError("training_curves expected a history of at least one epoch, got none")
    numbers = [epoch.number for epoch in epochs]
    names = ["loss", *epochs[0].metrics]
    count = len(names) + bool(answers)
    figure, axes = _subplots(1, count, (5.2 * count, 3.8))
    for axis, name in zip(axes, names):
        training = [{"loss": epoch.loss, **epoch.metrics}[name] for epoch in epochs]
        others = [epoch.validation[name] for epoch in epochs if name in epoch.validation]
        axis.plot(numbers, training, color=COLOURS[0], label="training")
        if others:
            axis.plot(numbers, others, color=COLOURS[1], linestyle="--", label=held_out)
            axis.legend()
        if name != "loss" and all(0 <= x <= 1 for x in training + others):
            axis.set_ylim(0, 1.02)
        elif min(training + others) >= 0:
            axis.set_ylim(bottom=0)
        axis.set(title=name, xlabel="epoch")
    for k, (name, (true, predicted)) in enumerate((answers or {}).items()):
        axes[-1].scatter(true, predicted, s=14, color=COLOURS[k], label=name)
    if answers:
        axes[-1].axline((true[0], true[0]), slope=1, color="grey", linewidth=1)
        axes[-1].legend()
        axes[-1].set(title="predicted against true", xlabel="true", ylabel="predicted")
    return figure


def decision_regions(
    model: Module, points: Sequence[tuple[Sequence[float], int]], *, resolution: int = 60
) -> Figure:
    """The class that a model predicts at each point of the plane, and its training points.

    Args:
        model: of two inputs, with one output, above 0 for label 1, or one logit a class. Of a
            Perceptron the score() is used.
        points: at least one ([x, y], label) pair, as in toys.moons(); labels 0 and 1, or -1 and 1,
            for one output, and class indices for logits.
        resolution: the number of places along each axis.
    """
    if not points:
        raise ValueError("decision_regions expected at least one point, got none")
    # a Perceptron's output is a step: it does not depend on the distance from the boundary
    ask = model.score if isinstance(model, Perceptron) else model.predict
    edges = [(min(places), max(places)) for places in zip(*(point for point, _ in points))]
    xs, ys = (_places(low, high, resolution) for low, high in edges)
    logits = [[_logits(ask([x, y])) for x in xs] for y in ys]
    figure, [axis] = _subplots(1, 1, (5.2, 4.4))
    for k in range(len(logits[0][0])):
        leads = [[_lead(at, k) for at in row] for row in logits]
        highest = max(map(max, leads))
        if highest > 0:
            axis.contourf(xs, ys, leads, levels=[0, highest], colors=[_colour(k)], alpha=0.25)
    for label in sorted({label for _, label in points}):
        of_label = zip(*(point for point, its in points if its == label))
        axis.scatter(*of_label, color=_colour(max(label, 0)), edgecolor="white", label=label)
    axis.legend(title="label")
    axis.set(xlabel="x1", ylabel="x2")
    return figure


def activation_gallery() -> Figure:
    """Each activation function, and its derivative from the engine."""
    functions = {name: f for name, f in ACTIVATIONS.items() if f is not None}
    xs = _places(-4.0, 4.0, 200, margin=0)
    rows, columns = -(-len(functions) // 4), 4
    figure, axes = _subplots(rows, columns, (2.9 * columns, 2.4 * rows))
    for axis, (name, f) in zip(axes, functions.items()):
        axis.plot(xs, [f(x) for x in xs], color=COLOURS[0], label="f(x)")
        axis.plot(xs, [grad(f)(x) for x in xs], color=COLOURS[1], linestyle="--", label="f'(x)")
        axis.set(title=name, ylim=(-1.3, 2.3))
    for axis in axes[len(functions) :]:
        axis.remove()
    axes[0].legend()
    return figure


def gradient_flow(models: Mapping[str, Module]) -> Figure:
    """The length of the gradient in each layer of some models by name, after backward()."""
    figure, [axis] = _subplots(1, 1, (6.4, 3.8))
    for k, (name, model) in enumerate(models.items()):
        norms = list(gradient_norms(model).values())
        axis.plot(range(1, len(norms) + 1), norms, color=_colour(k), marker=".", label=name)
    axis.set(xlabel="layer", ylabel="length of the gradient", yscale="log")
    axis.legend()
    return figure


def _subplots(rows: int, columns: int, size: tuple[float, float]) -> tuple[Figure, list[Any]]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('plots need matplotlib: pip install "autograd-mini[plot]"') from error
    figure = Figure(figsize=size, layout="constrained")
    figure._repr_svg_ = lambda: _svg(figure)  # type: ignore[attr-defined]
    figure._repr_png_ = lambda: _png(figure)  # type: ignore[attr-defined]
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axis in axes:
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> str:
    """The figure as text, the same at every run."""
    import matplotlib

    picture = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "autograd-mini"}):
        figure.savefig(picture, format="svg", metadata={"Date": None})
    return picture.getvalue()


def _png(figure: Figure) -> str:
    """The figure in base64, for a notebook that is not trusted: it shows no SVG."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=96, metadata={"Software": None})
    return b64encode(picture.getvalue()).decode()


def _colour(k: int) -> str:
    return COLOURS[k % len(COLOURS)]


def _places(low: float, high: float, count: int, margin: float = 0.1) -> list[float]:
    """Numbers at equal distances from low to high, and by a margin beyond."""
    beyond = margin * ((high - low) or 1.0)
    return [low - beyond + (high - low + 2 * beyond) * i / (count - 1) for i in range(count)]


def _logits(output: Any) -> list[float]:
    """One logit a class; those of a single score s, for label 1, are -s and s."""
    scores = output if isinstance(output, list) else [getattr(output, "data", output)]
    return [-scores[0], scores[0]] if len(scores) == 1 else scores


def _lead(logits: list[float], k: int) -> float:
    """The logit of class k minus the largest of the others."""
    return logits[k] - max(logit for i, logit in enumerate(logits) if i != k)
