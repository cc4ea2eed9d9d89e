"""Step through backpropagation: in a notebook, in a page, in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import AutogradError, StaleGraphError
from ..files import write_atomically
from ..graph import check_is_value, topological_order
from ..text import clean, short_repr
from ..value import Value
from .frames import Frame, frames_of

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Frame", "Stepper", "step_through"]

MAX_NODES = 500  # that a picture still shows
MAX_FRAMES = 10_000  # that a page still holds


class Stepper:
    """The frames of a graph; a notebook shows them as a picture with controls.

    Attributes:
        root: the node that is differentiated.
        frames: Frame records, which hold the Step records of the backward pass.
    """

    def __init__(self, root: Value, frames: list[Frame], title: str, model: Any = None) -> None:
        self.root, self.frames, self.title, self.model = root, frames, title, model
        self._leaves = {x: x.data for x in topological_order(root) if x.is_leaf}

    def _check(self) -> None:
        """Raise StaleGraphError if a leaf is not what it was."""
        for leaf, data in self._leaves.items():
            if leaf.data is not data:
                raise StaleGraphError(
                    f"the leaf {leaf.label!r} was {short_repr(data)} when step_through() was "
                    f"called, and is {short_repr(leaf.data)} now; call step_through(rerun(root))"
                )

    def __len__(self) -> int:
        return len(self.frames)

    def page(self) -> str:
        """A page of HTML that needs no network and no Python.

        Raises:
            StaleGraphError: a leaf was changed since step_through() was called.
        """
        from .page import page_of

        self._check()
        return page_of(self.root, self.frames, self.title, self.model)

    def save(self, path: str | PathLike[str] = "steps.html") -> Path:
        """Write the page to a file; returns its path.

        Raises:
            ValueError: its name does not end in .html or .htm.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"the steps are a page: expected a name in .html, got {path.name!r}")
        write_atomically(path, self.page())
        return path

    def widget(self) -> Any:
        """The same view as a Jupyter widget: `.frame` is the frame shown, and can be set.

        Raises:
            ImportError: anywidget is not installed.
        """
        from .widget import widget

        self._check()
        return widget(self.root, self.frames, self.title, self.model)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from subprocess import SubprocessError

        from .page import element_of

        try:
            self._check()
            html = element_of(self.root, self.frames, self.title, self.model)
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
) -> Stepper:
    """Step through the computation of a Value, and through backpropagation from it.

    Args:
        root: the node to compute and differentiate; touches no .grad.
        forward: show the forward pass, one operation after another.
        backward: show the backward pass, one edge after another.
        order: "topological" is what backward() does; "depth_first" the naive recursion, which is
            wrong wherever a node is used twice: to watch why the order matters.
        model: the model that the graph was made with: its neurons and layers are framed, and its
            parameters called by layer, neuron and input. Any object with named_parameters().
        title: what the page is called.

    Returns:
        A Stepper: a notebook shows it, .save("steps.html") writes it, .widget() makes a widget.

    Raises:
        TypeError: `root` is no Value.
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
    count = len(topological_order(root))
    if count > MAX_NODES:
        raise AutogradError(
            f"the graph has {count:,} nodes, and one can follow at most {MAX_NODES}; step through "
            "a node nearer the leaves or a smaller model, or read backprop_steps(root)"
        )
    frames = frames_of(root, forward, backward, order)
    if len(frames) > MAX_FRAMES:
        raise AutogradError(
            f"there are {len(frames):,} frames to show, and a page holds at most {MAX_FRAMES:,}; "
            "step through a smaller graph, in topological order, or read backprop_steps(root)"
        )
    return Stepper(root, frames, clean(title), model)
