"""What a backend makes of a scalar graph, and what it is made into a function from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .arrays import Shape

if TYPE_CHECKING:
    from .origin import Origin

# of arrays, the inputs and then the parameters; it gives (loss, gradients), or ((loss, aux),
# gradients), or outputs: one array or a tuple; all of them arrays that share memory with no other
Function = Callable[..., Any]


class Compiled(NamedTuple):
    """What is made of a graph's shape alone, and kept for the next graph of that shape.

    Attributes:
        source: Python source of one function.
        name: of the function.
        inputs: name -> shape, of one example.
        parameters: name -> shape.
        places: for each parameter array, where its Values are in the list of all.
        about: name -> the names of its Values, with i, j, .. for the indices along its axes.
        constants: name -> array, what else the function takes.
        labels: for inputs that pick() takes as an index, (name, position) -> how many there are.
        reduction: "mean" or "sum"; "" for outputs that are not a loss.
        has_aux: whether there is more beside a loss.
        scalars: how many nodes the scalar graph has.
        backend: its name.
        dtype: of all arrays.
        origin: the scalar graph, and the lines that it became; None for a tape, which has none.
        runs: the source that runs in place of the one that is shown; "" if it is that one.
    """

    source: str
    name: str
    inputs: dict[str, Shape]
    parameters: dict[str, Shape]
    places: list[Any]
    about: dict[str, str]
    constants: dict[str, Any]
    labels: dict[tuple[str, int], int]
    reduction: str
    has_aux: bool
    scalars: int
    backend: str
    dtype: str
    origin: Origin | None
    runs: str = ""

    def together(self, loss: Any, arrays: tuple[Any, ...]) -> Any:
        """What a Function gives: of the loss, if there is one, and of the gradients and the outputs
        in one tuple."""
        if not self.reduction:
            return arrays if len(arrays) > 1 else arrays[0]
        count = len(self.parameters)
        return (loss, arrays[count:]) if self.has_aux else loss, arrays[:count]

    def apart(self, results: Any) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
        """(loss, gradients, outputs) of what a Function gives; the loss is None if it has none."""
        if not self.reduction:
            return None, (), results if results.__class__ is tuple else (results,)
        loss, gradients = results
        loss, outputs = loss if self.has_aux else (loss, ())
        return loss, gradients, outputs
