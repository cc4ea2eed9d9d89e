"""The stepper as a Jupyter widget, with the same script and style sheet as the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..value import Value
from .frames import Frame
from .page import data_of, data_url, picture_of, view_css, view_js

RENDER = """
export default {
  render({ model, el }) {
    const root = document.createElement("div");
    root.className = "autograd-stepper";
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", model.get("title"));
    const image = document.createElement("img");
    image.src = model.get("picture");
    root.append(image);
    el.append(root);
    const stepper = autogradStepper(root, model.get("data"));
    const follow = () => stepper.show(model.get("frame"));
    follow();
    model.on("change:frame", follow);
    root.addEventListener("frame", ({ detail }) => {
      model.set("frame", detail);
      model.save_changes();
    });
    return () => {
      model.off("change:frame", follow);
      stepper.dispose();
    };
  },
};
"""


def widget(root: Value, frames: Sequence[Frame], title: str, model: Any = None) -> Any:
    """An AnyWidget. Its trait `frame` is the number of the frame that is shown."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise ImportError(
            'the widget needs anywidget: pip install "autograd-mini[widget]"; without it, a '
            "notebook can show the stepper itself"
        ) from error

    class StepperWidget(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        _esm = view_js() + RENDER
        _css = view_css()
        title = traitlets.Unicode().tag(sync=True)
        picture = traitlets.Unicode().tag(sync=True)
        data = traitlets.Dict().tag(sync=True)
        frame = traitlets.Int(0).tag(sync=True)

    picture = data_url(picture_of(root, frames, model))
    return StepperWidget(title=title, picture=picture, data=data_of(root, frames, model))
