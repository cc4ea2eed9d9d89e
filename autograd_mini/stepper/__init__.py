"""Step through backpropagation: in a notebook, in a page, in a terminal."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from subprocess import SubprocessError
from typing import Any, Literal

from ..errors import AutogradError
from ..files import write_atomically
from ..graph import check_fresh, check_is_value, node_names, topological_order
from ..text import clean
from ..value import Value
from .frames import Frame, frames_of, levels_of
from .page import Contents, element_of, page_of
from .widget import widget

__all__ = ["Frame", "Stepper", "step_through"]

MAX_NODES = 500  # of a graph in a page
MAX_FRAMES = 10_000  # of a page


class Stepper:
    """The frames of a graph. A notebook shows them as a picture with controls.

    Attributes:
        root: the node that is differentiated.
        frames: Frame records, which hold the Step records of the backward pass.
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.root, self.frames, self.title = contents.root, list(contents.frames), contents.title

    def __len__(self) -> int:
        return len(self.frames)

    def page(self) -> str:
        """A page of HTML that needs no network and no Python.

        Raises:
            StaleGraphError: a leaf was changed after the graph was built.
        """
        return page_of(self.contents)

    def element(self, compact: bool = False) -> str:
        """A <div> for a page of your own, with its script and style sheet; several go in one page.

        Args:
            compact: whether to show the picture, the controls and one line only.

        Raises:
            StaleGraphError: a leaf was changed after the graph was built.
        """
        return element_of(self.contents, compact=compact)

    def save(self, path: str | PathLike[str] = "steps.html") -> Path:
        """Write the page to a file. Returns its path.

        Raises:
            ValueError: the file name does not end in .html or .htm.
            StaleGraphError: a leaf was changed after the graph was built.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"save() expected a file name in .html, got {path.name!r}")
        write_atomically(path, self.page())
        return path

    def widget(self) -> Any:
        """The same view as a Jupyter widget. `.frame` is the number of the frame; it can be set.

        Raises:
            StaleGraphError: a leaf was changed after the graph was built.
            ImportError: anywidget is not installed.
        """
        return widget(self.contents)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            html = self.element()
        except (AutogradError, ImportError, OSError, SubprocessError) as error:  # there is no dot
            return {"text/plain": f"{self}\n({error})"}
        return {"text/html": html, "text/plain": str(self)}

    def __repr__(self) -> str:
        return f"<Stepper of {len(self)} frames; a notebook shows them, .save() writes a page>"


def step_through(
    root: Value,
    *,
    forward: bool = True,
    backward: bool = True,
    order: Literal["topological", "depth_first"] = "topological",
    model: Any = None,
    title: str = "Backpropagation, step by step",
    level: Literal["edges", "neurons", "layers"] = "edges",
) -> Stepper:
    """Step through the computation of a Value, and through backpropagation from it.

    Args:
        root: the node to compute and differentiate. No .grad is changed.
        forward: whether to show the forward pass, one operation after another.
        backward: whether to show the backward pass, one edge after another.
        order: "topological" is what backward() does; "depth_first" is the naive recursion, which is
            wrong if a node is used twice: it shows why the order matters.
        model: the model that the graph was made with, any object with named_parameters(). Its
            neurons and layers are framed, and its parameters named by layer, neuron and input.
        title: the title of the page.
        level: what is one step at first: an edge; or, with a model, a neuron or a layer.

    Returns:
        A Stepper: a notebook shows it, .save("steps.html") writes it, .widget() makes a widget.

    Raises:
        TypeError: `root` is not a Value.
        ValueError: the graph has no such level.
        StaleGraphError: a leaf was changed after the graph was built; remedy: rerun(root).
        AutogradError: the graph has more than 500 nodes, or there are more than 10,000 frames.

    >>> a = Value(1.0, "a")
    >>> b = a + a
    >>> stepper = step_through(b * b)
    >>> [frame.kind for frame in stepper.frames if frame.step is None]
    ['start', 'forward', 'forward']
    >>> stepper.frames[-1].step.after
    8.0
    """
    check_is_value(root, "step_through")
    nodes = topological_order(root)
    if len(nodes) > MAX_NODES:
        raise AutogradError(
            f"the graph has {len(nodes):,} nodes, and step_through takes at most {MAX_NODES}; "
            "choose a node closer to the leaves or a smaller model, or read backprop_steps(root)"
        )
    check_fresh(nodes)
    frames = frames_of(root, forward, backward, order)
    if len(frames) > MAX_FRAMES:
        raise AutogradError(
            f"there are {len(frames):,} frames, and a page can have at most {MAX_FRAMES:,}; choose "
            "a smaller graph or the topological order, or read backprop_steps(root)"
        )
    by_rule = model is not None and order == "topological"
    levels = levels_of(root, frames, model, node_names(root)) if by_rule else {}
    if level not in ("edges", *levels):
        offered = ", ".join(map(repr, ("edges", *levels)))
        raise ValueError(
            f"level must be one of {offered}, got {level!r}; neurons and layers are those of "
            "model=, in the topological order"
        )
    return Stepper(Contents(root, frames, clean(title), model, level, levels))
