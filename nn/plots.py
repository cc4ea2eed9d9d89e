"""Pictures of training, with matplotlib."""

from __future__ import annotations

import io
from typing import Any

from .training import History

LOSS, TRAINING, VALIDATION = "#222222", "#0072b2", "#d55e00"  # told apart by colour-blind people


def training_curves(history: History) -> str:
    """The loss and each metric over the epochs, as the text of an SVG picture.

    Raises:
        ImportError: matplotlib is not installed.
    """
    import matplotlib
    from matplotlib.figure import Figure

    epochs = [epoch.number for epoch in history.epochs]
    names = list(history.epochs[0].metrics)
    with matplotlib.rc_context({"svg.hashsalt": "autograd-mini", "font.size": 12}):
        figure = Figure(figsize=(5.2 * (1 + len(names)), 3.8), layout="constrained")
        axes: list[Any] = list(figure.subplots(1, 1 + len(names), squeeze=False)[0])
        axes[0].plot(epochs, [epoch.loss for epoch in history.epochs], color=LOSS)
        axes[0].set(title="training loss", xlabel="epoch")
        axes[0].set_ylim(bottom=0)
        for axis, name in zip(axes[1:], names):
            training = [epoch.metrics[name] for epoch in history.epochs]
            axis.plot(epochs, training, color=TRAINING, label="training")
            if history.epochs[0].validation:
                held_out = [epoch.validation[name] for epoch in history.epochs]
                axis.plot(epochs, held_out, color=VALIDATION, linestyle="--", label="test")
            axis.set(title=name, xlabel="epoch")
            axis.set_ylim(0, 1.02)
            axis.legend(loc="lower right")
        for axis in axes:
            axis.grid(alpha=0.3)
            axis.spines[["top", "right"]].set_visible(False)
        picture = io.StringIO()
        figure.savefig(picture, format="svg", metadata={"Date": None})
    return picture.getvalue()
