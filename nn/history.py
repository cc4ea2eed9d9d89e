"""The results of training: its epochs, and their curves."""

from typing import Any, NamedTuple

from autograd_mini.palette import fitted

from .plots import training_curves, training_figure


class Epoch(NamedTuple):
    """The results of one pass over the examples.

    Attributes:
        number: from 1.
        loss: the mean loss of the training examples, each just before its step.
        metrics: the means of the metrics, in the same way.
        validation: the means of "loss" and of the metrics over the validation examples, after
            the epoch; empty if there are none.
    """

    number: int
    loss: float
    metrics: dict[str, float]
    validation: dict[str, float]


class History(NamedTuple):
    """The epochs of training; a notebook shows its curves.

    Attributes:
        epochs: a list of Epoch.
        interrupted: whether Ctrl-C ended it early.
        stopped_early: whether early stopping ended it before the last epoch.
    """

    epochs: list[Epoch]
    interrupted: bool = False
    stopped_early: bool = False

    def plot(self) -> str:
        """The loss and each metric over the epochs, as the text of an SVG picture.

        Raises ImportError if matplotlib is not installed, and ValueError if there are no epochs.
        """
        return training_curves(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        last = self.epochs[-1] if self.epochs else None
        text = f"<History of {len(self.epochs)} epochs, the last one {last}>"
        try:
            figure = training_figure(self)
        except (ImportError, ValueError):  # no matplotlib, or nothing to draw
            return {"text/plain": text}
        svg, png = figure._repr_svg_(), figure._repr_png_()  # type: ignore[attr-defined]
        return {"image/svg+xml": fitted(svg), "image/png": png, "text/plain": text}
