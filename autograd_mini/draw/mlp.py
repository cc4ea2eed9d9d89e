"""A network as textbooks draw it: neurons in columns, weights as lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Literal

from ..errors import AutogradError
from ..palette import INK, PAPER, QUIET
from ..text import exact, format_number, shortened
from .labels import escaped, legend, tooltip
from .program import look, new_picture
from .tables import line_row, sign_style

if TYPE_CHECKING:
    import graphviz

THINNEST, THICKEST = 0.4, 5.0  # lines, in points
COLUMN, ROW = 2.4, 0.84  # distances, in inches
MOST_NUMBERS = 24  # on the lines between two columns

INPUT = look("leaf", shape="box")
NEURON = look("intermediate", shape="circle")
OUTPUT = look("root", shape="circle", peripheries="2")
PLAIN = {"shape": "plaintext", "style": "", "fixedsize": "false", "fontcolor": QUIET}
MORE = {
    **PLAIN,
    "style": "filled",
    "fillcolor": PAPER,
    "margin": "0.02",
    "width": "0",
    "height": "0",
}


def draw_mlp(
    model: Any,
    format: str = "svg",
    *,
    width: Literal["weight", "gradient"] = "weight",
    x: Sequence[Any] | None = None,
    max_neurons: int = 8,
    numbers: bool = False,
    inputs: Sequence[str] | None = None,
    biases: bool = False,
) -> graphviz.Digraph:
    """A multi-layer perceptron as columns of neurons, with a line for every weight.

    The larger a weight, the wider its line; negative weights are dashed. Titles count layers from
    1, as formulas do; ids and tooltips name modules as the model does, from 0.

    Args:
        model: an MLP, or any object whose `.layers` have `.neurons` that have weights `.w` and a
            bias `.b`.
        format: what .render() writes: "svg", "png", ..
        width: what the width of a line shows, "weight" or "gradient".
        x: an input; the neurons then show their activations.
        max_neurons: the largest number of neurons drawn in a layer, at least 2. Of the others the
            picture gives the number.
        numbers: whether lines have their numbers, weights or gradients, where they are at most 24
            between two columns.
        inputs: names of the inputs, to the left of them.
        biases: whether each neuron has its bias below it.

    Returns:
        A graphviz.Digraph. The ids in the picture: input-0 is the first input, neuron-1-2 is
        layers.1.neurons.2, and weight-1-2-0 the line of its weight w.0.

    Raises:
        TypeError: the model has no layers of neurons.
        ValueError: an option has an unknown value, or x has the wrong length.

    >>> from nn import MLP
    >>> picture = draw_mlp(MLP(2, [3, 1]))
    >>> "neuron-1-0" in picture.source
    True
    """
    layers = _layers(model)
    if width not in ("weight", "gradient"):
        raise ValueError(f"width must be 'weight' or 'gradient', got {width!r}")
    if inputs is not None and len(inputs) != len(layers[0][0].w):
        raise ValueError(f"inputs expected {len(layers[0][0].w)} names, got {len(inputs)}")
    if max_neurons < 2:
        raise ValueError(f"max_neurons must be at least 2, got {max_neurons}")
    sizes = [len(layers[0][0].w), *map(len, layers)]
    activations = [[None] * n for n in sizes] if x is None else _activations(model, x, sizes)
    shown = [_shown(size, max_neurons) for size in sizes]
    picture = new_picture(
        format,
        engine="neato",  # which keeps all positions
        graph={"splines": "line", "outputorder": "edgesfirst"},
        node={"fixedsize": "true", "width": "0.55", "fontcolor": INK},
        edge={"arrowhead": "none"},
    )
    for column, (size, neurons) in enumerate(zip(sizes, shown)):
        top = _place(column, -1.1, max(map(len, shown)))
        title = _title(column, size, layers)
        picture.node(f"title-{column}", title, pos=top, **PLAIN)
        for row, k in enumerate(neurons):
            at = _place(column, row, len(neurons))
            if k is None:
                more = rf"…\n{size - len(neurons) + 1:,} more"
                picture.node(f"more-{column}", more, pos=at, **MORE)
            else:
                _draw_neuron(picture, layers, column, k, at, activations[column][k])
                bias = layers[column - 1][k].b if biases and column else None
                if bias is not None:
                    below = _place(column, row + 0.48, len(neurons))
                    text = f"b = {format_number(_number(bias))}"
                    picture.node(f"name-{column}-{k}", text, pos=below, fontsize="9", **MORE)
                elif inputs and not column and inputs[k]:
                    left = _place(-0.3, row, len(neurons))
                    picture.node(f"name-0-{k}", escaped(inputs[k]), pos=left, **PLAIN)
    largest = _draw_weights(picture, layers, shown, width, numbers)
    lines = line_row(width, f", up to {format_number(largest)}")
    picture.attr(label=legend([lines]), labelloc="b")
    return picture


def _layers(model: Any) -> list[list[Any]]:
    """The neurons of each layer."""
    try:
        layers = [list(layer.neurons) for layer in model.layers]
        complete = all(layers) and all(n.w and hasattr(n, "b") for row in layers for n in row)
    except (AttributeError, TypeError):
        layers, complete = [], False
    if not layers or not complete:
        raise TypeError(
            "draw_mlp expected a model whose .layers have .neurons with weights .w and a bias .b, "
            f"got {type(model).__name__}; draw the graph of its output with draw_dot"
        )
    return layers


def _activations(model: Any, x: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
    """The activations of each column for the input x."""
    if len(x) != sizes[0]:
        raise ValueError(f"draw_mlp expected an x of {sizes[0]} numbers, got {len(x)}")
    columns: list[Any] = [[_number(v) for v in x]]
    values: Any = list(x)
    for layer, size in zip(model.layers, sizes[1:]):
        values = layer(values)
        values = values if isinstance(values, (list, tuple)) else [values]
        if len(values) != size:
            raise AutogradError(
                f"a layer of {size} neurons gave {len(values)} values; draw_mlp expects one each"
            )
        columns.append([_number(v) for v in values])
    return columns


def _number(value: Any) -> Any:
    """The number of a Value; a plain number unchanged."""
    return getattr(value, "data", value)


def _shown(size: int, most: int) -> list[int | None]:
    """The neurons of a column that are drawn; None for the others.

    >>> _shown(3, 4), _shown(100, 4)
    ([0, 1, 2], [0, 1, 2, None, 99])
    """
    return [*range(size)] if size <= most else [*range(most - 1), None, size - 1]


def _place(column: float, row: float, rows: int) -> str:
    """The position of a neuron; columns are centred."""
    return f"{column * COLUMN:.3f},{((rows - 1) / 2 - row) * ROW:.3f}!"


def _title(column: int, size: int, layers: Sequence[Sequence[Any]]) -> str:
    if column == 0:
        return f"{size:,} input{'s' * (size != 1)}"
    activation = getattr(layers[column - 1][0], "activation", None)
    name = getattr(activation, "__name__", "")
    neurons = f"{size:,} neuron{'s' * (size != 1)}"
    ending = f", {escaped(shortened(name, 16))}" if name else ""
    return rf"layer {column}\n{neurons}{ending}"


def _name(column: int, k: int) -> str:
    return f"neuron-{column - 1}-{k}" if column else f"input-{k}"


def _draw_neuron(
    picture: Any, layers: Sequence[Sequence[Any]], column: int, k: int, at: str, value: Any
) -> None:
    hint, look = f"x[{k}]", INPUT
    if column:
        hint, look = f"layers.{column - 1}.neurons.{k}", NEURON
        if layers[column - 1][k].b is not None:
            hint += f", bias {exact(_number(layers[column - 1][k].b))}"
    if column == len(layers):
        look = OUTPUT
    shown = "" if value is None else format_number(value)
    if value is not None:
        hint += f" = {exact(value)}"
    size = "9" if len(shown) > 5 else "11"
    name = _name(column, k)
    picture.node(name, escaped(shown), pos=at, tooltip=tooltip(hint), fontsize=size, **look)


def _draw_weights(
    picture: Any,
    layers: Sequence[Sequence[Any]],
    shown: Sequence[Sequence[int | None]],
    width: str,
    numbers: bool,
) -> Any:
    """Draw the lines. Returns the largest size of what they show."""
    drawn = [[k for k in neurons if k is not None] for neurons in shown]
    lines = [
        (column, j, k, _number(w) if width == "weight" else getattr(w, "grad", 0.0))
        for column, (inputs, neurons) in enumerate(pairwise(drawn))
        for j, k in product(neurons, inputs)
        for w in [layers[column][j].w[k]]
    ]
    largest = max((abs(s) for *_, s in lines if 0 <= abs(s) < float("inf")), default=0)
    for column, j, k, strength in lines:
        size = min(abs(strength) / largest, 1) if largest and strength == strength else 0
        hint = f"layers.{column}.neurons.{j}.w.{k}: {width} {exact(strength)}"
        picture.edge(
            _name(column, k),
            _name(column + 1, j),
            id=f"weight-{column}-{j}-{k}",
            penwidth=f"{THINNEST + (THICKEST - THINNEST) * float(size):.2f}",
            tooltip=tooltip(hint),
            **sign_style(strength),
        )
        if numbers and len(drawn[column]) * len(drawn[column + 1]) <= MOST_NUMBERS:
            # on the line, at a place of its own for each input
            row, rows = shown[column].index(k), len(shown[column])
            share = 0.25 + 0.5 * (row + 0.5) / rows
            below, n = shown[column + 1].index(j), len(shown[column + 1])
            height = (1 - share) * ((rows - 1) / 2 - row) + share * ((n - 1) / 2 - below)
            at = f"{(column + share) * COLUMN:.3f},{height * ROW:.3f}!"
            name, text = f"number-{column}-{j}-{k}", format_number(strength)
            picture.node(name, text, pos=at, fontsize="9", **MORE)
    return largest
