"""The stepper as a Jupyter widget, with the same script and style sheet as the page."""

from __future__ import annotations

from typing import Any

from .frames import Contents
from .page import data_of, data_url, view_css, view_js
from .picture import picture_of

RENDER = """
export default {
  render({ model, el }) {
    const root = document.createElement("div");
    root.className = "autograd-stepper";
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", model.get("title"));
    const image = document.createElement("img");
    image.src = model.get("picture");
    const title = document.createElement("p");
    title.className = "ags-title";
    title.textContent = model.get("title");
    root.append(title, image);
    el.append(root);
    const stepper = autogradStepper(root, model.get("data"), rules);
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


def widget(contents: Contents) -> Any:
    """An AnyWidget. Its trait `frame` is the number of the frame that is shown."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise ImportError(
            'the widget needs anywidget: pip install "autograd-mini[widget]"; without it, a '
            "notebook can show the stepper itself"
        ) from error

    shown = picture_of(contents)
    told, rules = data_of(contents)

    class StepperWidget(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
        _esm = f"{view_js()}\nconst rules = ({rules})(autogradArithmetic);\n{RENDER}"
        _css = view_css()
        title = traitlets.Unicode().tag(sync=True)
        picture = traitlets.Unicode().tag(sync=True)
        data = traitlets.Dict().tag(sync=True)
        frame = traitlets.Int(0).tag(sync=True)

    return StepperWidget(title=contents.title, picture=data_url(shown), data=told)
