"""The compiled program: its source, its arrays, and their traffic with the Values."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import write_atomically
from ..nested import map_nested
from ..value import Value
from . import parameter_arrays
from .backends import backend
from .bound import Overwriting
from .compiled import Compiled, Function
from .explain import Explainer, Explanation, chosen_lines
from .forms import Forms
from .inputs import Inputs
from .listing import Line, Listing
from .origin import Origin
from .show import block, highlighted, shortest, summary

if TYPE_CHECKING:
    from .equations import Equations


class Program:
    """An array program made of scalar code.

    Attributes:
        source: the program, as Python source that runs by itself.
        inputs: the names of the inputs, in their order; those that the program draws come last.
        parameters: the names of the parameter arrays, in the order of the gradients.
        arrays: name -> the array of numbers that value_and_grad and predict compute with.
        values: the Values that the arrays stand for, in the order of the parameters.
    """

    def __init__(
        self,
        compiled: Compiled,
        function: Function,
        values: Sequence[Value],
        draws: Mapping[str, Callable[[], Sequence[float]]],
        structure: Any = 0,
        example: Callable[[dict[str, Any]], Any] | None = None,
    ) -> None:
        self._compiled = compiled
        self._structure = structure  # of the outputs, or of (loss, aux), with numbers for arrays
        self._example = example  # to be run as scalars, where a program that checks fails
        self._function = function
        self._dtype = np.dtype(compiled.dtype)
        self._inputs = Inputs(compiled.inputs, compiled.labels, draws, self._dtype)
        self.values = list(values)
        self.arrays: dict[str, Any] = parameter_arrays.Arrays()
        self.load()

    @property
    def source(self) -> str:
        return self._compiled.source

    @property
    def inputs(self) -> list[str]:
        return list(self._compiled.inputs)

    @property
    def parameters(self) -> list[str]:
        return list(self._compiled.parameters)

    @property
    def constants(self) -> dict[str, Any]:
        """What the function of the source takes besides: name -> array."""
        return dict(self._compiled.constants)

    # -- running --------------------------------------------------------------------------------

    def value_and_grad(self, /, *inputs: Any, **named: Any) -> tuple[Any, list[Any]]:
        """The loss over a batch, and its gradient.

        Args:
            inputs: for each input an array of shape (examples, *its shape). Those that the program
                draws itself, such as dropout masks, come last, and may be left out.
            named: inputs by their names instead.

        Returns:
            The loss, and for each of `parameters` an array of its shape; with has_aux ((loss, aux),
            gradients), where aux has an array of a row for each example in place of its scalars.
            The arrays are new ones, which may be written to.

        Raises:
            TypeError: the program gives outputs, and no loss; an input is missing, there twice, or
                not one of the program's.
            ValueError: an input has another shape, or there are no examples.
        """
        if not self._compiled.reduction:
            raise TypeError(
                "this program gives outputs and no gradient; call its predict(..), or compile what "
                "gives a pair (loss, aux) with has_aux=True"
            )
        return self._run(inputs, named)  # type: ignore[no-any-return]

    def _finished(self, batch: Sequence[Any], results: Any) -> Any:
        """The results of a batch, in the structure of what the traced function gives."""
        loss, gradients, outputs = self._compiled.apart(results)
        if loss is None:
            return self._structured(outputs)
        if self._example and not all(np.isfinite(x).all() for x in (loss, *gradients)):
            self._raise_as_scalars(batch)
        return self._structured((float(loss), *outputs)), list(gradients)

    def _structured(self, arrays: Sequence[Any]) -> Any:
        if self._structure == 0:
            return arrays[0]
        return map_nested(lambda place: arrays[place], self._structure)

    def draw_inputs(self, examples: int) -> list[Any]:
        """A draw, for so many examples, of the inputs that the program draws itself."""
        return self._inputs.draw(examples)

    def predict(self, /, *inputs: Any, **named: Any) -> Any:
        """The outputs for a batch: in the structure of what the traced function gives an array of
        shape (examples, *its shape) in place of each scalar, and of each list of scalars.

        Args:
            inputs, named: as for value_and_grad.

        Raises:
            TypeError: the program gives a loss.
            ValueError: an input has another shape, or there are no examples.
        """
        if self._compiled.reduction:
            raise TypeError(
                "this program gives one scalar, a loss; call its value_and_grad(..), or compile a "
                "function that gives a list of outputs, such as lambda x: [model(x)]"
            )
        return self._run(inputs, named)

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The program as a pure function for JAX's transformations: f(parameters, *inputs).

        `parameters` is a dict of arrays by name, such as `arrays`. All inputs follow, those that
        the program draws too; draw_inputs draws some. It gives the loss, (loss, aux) with has_aux,
        or what predict gives, as JAX's arrays; jax.grad of it gives such a dict. It computes in
        float32, unless jax.config.update("jax_enable_x64", True) was called.

        Raises:
            ValueError: the program is of another backend than "jax".
        """
        if self._compiled.backend != "jax":
            raise ValueError(
                'function is of a program for JAX: compile(.., backend="jax"), got one for '
                f"{self._compiled.backend}"
            )
        run = backend("jax").pure(self._compiled)
        names, apart = self.parameters, self._compiled.apart

        def function(parameters: Mapping[str, Any], /, *inputs: Any) -> Any:
            loss, _, outputs = apart(run(*inputs, *[parameters[name] for name in names]))
            return self._structured(outputs if loss is None else (loss, *outputs))

        return function

    def bind(self, /, *inputs: Any, **named: Any) -> Callable[[], Any]:
        """A function without arguments that gives what value_and_grad or predict gives.

        Inputs are checked now, and lists and arrays of another dtype copied. Each call reads what
        the other arrays, and the program's, then hold, and draws what the program draws. It gives
        the same arrays as the last call, with other numbers: copy what is to be kept.

        >>> from autograd_mini import Value, compile
        >>> w = Value(2.0, "w")
        >>> program = compile(lambda x: w * x, x=())
        >>> step = program.bind([1.0, 3.0])
        >>> loss, [dw] = step()
        >>> program.arrays["w"] -= dw
        >>> loss, step()
        (4.0, (0.0, [array(2.)]))
        """
        batch = self._inputs.checked(self._inputs.in_order(inputs, named))
        given = len(inputs) + len(named)
        same = Overwriting(self._function, len(batch[0]) if batch else 1)

        def call() -> Any:
            if given < len(batch):
                batch[given:] = self._inputs.draw(len(batch[0]))
            run = same.filling or same
            return self._finished(batch, run(*batch, *self._parameter_arrays()))

        return call

    def _raise_as_scalars(self, batch: Sequence[Any]) -> None:
        """Run the examples as scalars, until one raises; that names the operation."""
        before = [v.data for v in self.values]
        self.sync()
        try:
            names = self._inputs.own
            for number, example in enumerate(zip(*batch[: len(names)])):
                try:
                    self._example({name: x.tolist() for name, x in zip(names, example)})  # type: ignore[misc]
                except (ArithmeticError, ValueError) as error:
                    raise type(error)(f"example {number}: {error}") from error
        finally:
            for value, data in zip(self.values, before):
                value.data = data

    def _run(self, inputs: Sequence[Any], named: Mapping[str, Any]) -> Any:
        batch = self._inputs.batch(self._inputs.in_order(inputs, named))
        return self._finished(batch, self._function(*batch, *self._parameter_arrays()))

    def _parameter_arrays(self) -> list[Any]:
        """The arrays of the parameters, which users may have replaced, in order and checked."""
        return parameter_arrays.in_order(self.arrays, self._compiled.parameters, self._dtype)

    def __getstate__(self) -> dict[str, Any]:
        """All but the function, which is made of the source (for one device), and the traced
        function, which need not be one that pickles."""
        left_out = ["_example", "function"] + ["_function"] * (
            not isinstance(self._function, Forms)
        )
        return {name: x for name, x in self.__dict__.items() if name not in left_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _example=None)
        if "_function" not in state:
            self._function = backend(self._compiled.backend).function(self._compiled)

    # -- the Values -----------------------------------------------------------------------------

    @property
    def places(self) -> list[Any]:
        """For each of `parameters` an array of its shape: where its Values are in `values`."""
        return list(self._compiled.places)

    def load(self) -> None:
        """Read the Values' data into the arrays."""
        numbers = np.array([float(v.data) for v in self.values], self._compiled.dtype)
        for name, places in zip(self._compiled.parameters, self._compiled.places):
            self.arrays[name] = np.array(numbers[places])

    def sync(self) -> None:
        """Write the arrays into the Values' data."""
        for array, places in zip(self._parameter_arrays(), self._compiled.places):
            for place, number in zip(places.ravel(), np.ravel(array)):
                self.values[place].data = float(number)

    def backward(self, /, *inputs: Any, **named: Any) -> Any:
        """Read the Values, and add the gradient of the loss over a batch to their .grad.

        Returns:
            The loss; with has_aux (loss, aux).
        """
        self.load()
        loss, gradients = self.value_and_grad(*inputs, **named)
        for places, gradient in zip(self._compiled.places, gradients):
            for place, number in zip(places.ravel(), np.asarray(gradient).ravel()):
                self.values[place].grad += float(number)
        return loss

    # -- showing itself -------------------------------------------------------------------------

    def explain(self, line: int | str | None = None) -> Explanation:
        """Which scalars a line of the source stands for, and how they were written; or, of a
        gradient, the chain rule.

        Args:
            line: its number in `source`, from 1, or the name that it assigns; also an argument of
                the function. None for all lines.

        Raises:
            ValueError: there is no such line, it assigns nothing, or the graph is irregular and
                became a tape of scalars.
        """
        listing = self._origin.own_listing
        return self._explained(listing, chosen_lines(listing.lines, self.source, line))

    def _explained(self, listing: Listing, lines: Sequence[Line]) -> Explanation:
        about, reduction = self._compiled.about, self._compiled.reduction
        return Explainer(self._origin, listing, about, reduction).explain(lines)

    @property
    def _origin(self) -> Origin:
        origin = self._compiled.origin
        if origin is None:
            raise ValueError(
                "the scalar graph is irregular and became a tape, which has no arrays; compile it "
                'with backend="numpy"'
            )
        return origin

    def summary(self) -> str:
        """What the program was made of, what it takes, and what it does."""
        about = self._function.about() if isinstance(self._function, Forms) else ()
        return summary(self._compiled, self.values, about)

    def equations(self, columns: bool = False) -> Equations:
        r"""The same program as mathematics: equations of matrices, forward and backward, as LaTeX.
        A loop has the equations of one step, with its index. An array of more than two axes is a
        stack of matrices, with letters for the examples, heads, ..: S^(i,h).

        Args:
            columns: whether an example is a column of its matrices, and not a row; in stacks the
                part of one example is a row.

        Raises:
            ValueError: the graph is irregular and became a tape of scalars.

        >>> from autograd_mini import Value, compile, dot, tanh
        >>> W = [[Value(0.1), Value(0.2)], [Value(0.3), Value(0.4)]]
        >>> layer = compile(lambda x: [tanh(dot(w, x)) for w in W], parameters={"W": W}, x=2)
        >>> for equation in layer.equations().every:
        ...     print(equation.latex)
        \mathbf{Z} = \mathbf{X} \, \mathbf{W}^{\top}
        \mathbf{H} = \tanh(\mathbf{Z})
        """
        return self._origin.equations(columns)

    def save(self, path: str | os.PathLike[str], columns: bool = False) -> Path:
        """Write a page of HTML with the source, the equations and the scalars side by side.
        Pointing at a line lights what belongs to it in the other two. The page needs no network.

        Args:
            path: of the file, such as "program.html".
            columns: whether an example is a column of the equations' matrices, and not a row.

        Returns:
            The path.

        Raises:
            ValueError: the graph is irregular and became a tape of scalars.
        """
        from .page import page

        origin, file = self._origin, Path(path)
        explained = self._explained(origin.listing, [x for x in origin.lines if x.code])
        texts = {line.name: list(rows) for line, rows in zip(explained.lines, explained.texts)}
        source = self.source
        if self._compiled.backend != "numpy":  # of which are the lines that are explained
            source = "\n".join(f"    {line.code}" for line in origin.lines if line.code)
        html = page(file.stem, source, origin.lines, self.equations(columns), texts)
        write_atomically(file, html)
        return file

    def draw(self, format: str = "svg", rankdir: str = "TB", *, scalars: bool = True) -> Any:
        """The program as a picture: the scalar graph of one example, and beside it the arrays that
        it became, with their code; forward, and backward.

        Args:
            format: what .render() writes: "svg", "png", ..
            rankdir: the direction of the forward pass, "TB" for down.
            scalars: whether to draw the scalar graph, too.

        Returns:
            A graphviz.Digraph, as draw_dot gives it; a notebook shows it.

        Raises:
            ValueError: the graph is irregular and became a tape of scalars.
        """
        from .picture import draw_arrays

        origin = self._origin
        made_of, loss = origin.elements_below()
        return draw_arrays(origin.lines, made_of, loss, format, rankdir, scalars)

    def __repr__(self) -> str:
        return shortest(self._compiled)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": block(highlighted(self.source)), "text/plain": repr(self)}
