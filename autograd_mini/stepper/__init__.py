"""Step through backpropagation: in a notebook, in a page, in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from subprocess import SubprocessError
from typing import Any, Literal

from ..draw import draw_dot
from ..draw.cards import names_of
from ..errors import AutogradError
from ..files import write_atomically
from ..graph import NodeGroup, check_fresh, check_is_value, topological_order
from ..text import clean
from ..value import Value
from .frames import Contents, Frame, frames_of, gradients_after, levels_of, taken
from .images import save_frames
from .page import element_of, page_of, side_by_side
from .widget import widget

__all__ = ["Comparison", "Frame", "Stepper", "compare_steps", "step_through"]

MAX_NODES = 500  # of a graph in a page
MAX_FRAMES = 10_000  # of a page
TITLES = {"topological": "step by step", "depth_first": "depth first"}


class Shown:
    """What a notebook shows, and a page can be written of.

    Whatever shows it raises StaleGraphError if a leaf was changed after the graph was built.
    """

    def page(self) -> str:
        """A page of HTML that needs no network and no Python."""
        raise NotImplementedError

    def element(self) -> str:
        """A <div> for a page of your own, with its script and style sheet; several go in one."""
        raise NotImplementedError

    def save(self, path: str | PathLike[str] = "steps.html") -> Path:
        """Write the page to a file. Returns its path.

        Raises:
            ValueError: the file name does not end in .html or .htm.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"save() expected a file name in .html, got {path.name!r}")
        write_atomically(path, self.page())
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            html, pictures = self.element(), self.pictures()
        except (AutogradError, ImportError, OSError, SubprocessError) as error:  # there is no dot
            return {"text/plain": f"{self}\n({error})"}
        return {"text/html": html, **pictures, "text/plain": str(self)}

    def pictures(self) -> dict[str, str]:
        """What is shown instead where a front end takes no HTML of a notebook nobody trusts."""
        return {}


class Stepper(Shown):
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
        return page_of(self.title, element_of(self.contents, is_page=True))

    def element(self, compact: bool = False) -> str:
        """As above; if it is compact, it has the picture, the controls and one line only."""
        return element_of(self.contents, compact=compact)

    def pictures(self) -> dict[str, str]:
        given = self.contents
        options = {"model": given.model, "groups": given.groups}
        drawn = draw_dot(self.root, gradients=gradients_after(taken(self.frames)), **options)
        shown: dict[str, str] = drawn.shown_without_trust()
        return shown

    def save_frames(
        self, folder: str | PathLike[str], format: Literal["png", "pdf"] = "png"
    ) -> list[Path]:
        """Write a picture of every step, such as step-07.png, and of all of them steps.gif.

        Chromium takes them, at the size of a slide, as the page shows them when presenting.

        Raises:
            ImportError: playwright or Pillow is not installed.
        """
        return save_frames(self.page(), Path(folder), format)

    def widget(self) -> Any:
        """The same view as a Jupyter widget. `.frame` is the number of the frame; it can be set.

        Raises:
            ImportError: anywidget is not installed.
        """
        return widget(self.contents)

    def __repr__(self) -> str:
        return f"<Stepper of {len(self)} frames; a notebook shows them, .save() writes a page>"


class Comparison(Shown):
    """Steppers side by side, which go in step."""

    def __init__(self, *steppers: Stepper) -> None:
        self.steppers = steppers

    def page(self) -> str:
        return page_of(" | ".join(s.title for s in self.steppers), self.element())

    def element(self) -> str:
        return side_by_side([stepper.element() for stepper in self.steppers])

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.steppers)} steppers; a notebook shows them>"


def compare_steps(*steppers: Stepper) -> Comparison:
    """Show steppers side by side: a step in one of them is a step in all.

    >>> a = Value(1.0, "a")
    >>> b = a + a
    >>> c = b + b
    >>> compare_steps(step_through(c), step_through(c, order="depth_first"))
    <Comparison of 2 steppers; a notebook shows them>
    """
    return Comparison(*steppers)


def step_through(
    root: Value,
    *,
    forward: bool = True,
    backward: bool = True,
    order: Literal["topological", "depth_first"] = "topological",
    model: Any = None,
    title: str = "",
    level: Literal["edges", "neurons", "layers"] = "edges",
    groups: Sequence[NodeGroup] = (),
    start: int = 0,
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
        title: the title of the page; by default it says the order.
        level: what is one step at first: an edge; or, with a model, a neuron or a layer.
        groups: parts of the graph to frame, made by group(); then neurons are not cards.

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
    names = names_of(root, model)
    frames = frames_of(root, forward, backward, order, names)
    if len(frames) > MAX_FRAMES:
        raise AutogradError(
            f"there are {len(frames):,} frames, and a page can have at most {MAX_FRAMES:,}; choose "
            "a smaller graph or the topological order, or read backprop_steps(root)"
        )
    by_rule = model is not None and order == "topological"
    levels = levels_of(root, frames, model, names) if by_rule else {}
    if level not in ("edges", *levels):
        offered = ", ".join(map(repr, ("edges", *levels)))
        raise ValueError(
            f"level must be one of {offered}, got {level!r}; neurons and layers are those of "
            "model=, in the topological order"
        )
    title = clean(title) or f"Backpropagation, {TITLES[order]}"
    return Stepper(Contents(root, frames, title, model, level, levels, groups, start))
