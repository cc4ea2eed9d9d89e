"""The Numba backend: plain loops over the elements of one example, run for eight examples at once.

Every array of the program belongs to a nest of loops (fusion.py), whose lines (loops.py) compute
one element of it a turn. Views are index arithmetic (indices.py). The numbers are floats, or those
of eight examples side by side (runtime.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from ..compiled import Compiled, Function
from ..names import OF_LOOPS, Names, arguments, assigned
from ..pipeline import Lowered, lower_written_out
from ..simplify import composed, reachable, rewritten
from .fusion import AFTER, BEFORE, EXAMPLES, Nests
from .jit import HEADER, load
from .lines import Statements
from .loops import KNOWN, Loops
from .module import returned, statement

DTYPES = ("float64", "float32")
lower = lower_written_out
_SCOPE: dict[str, Any] = {}  # what every module imports
exec(HEADER, _SCOPE)
TAKEN = {*_SCOPE, *OF_LOOPS}


def emit(lowered: Lowered, name: str) -> tuple[str, dict[str, Any], str]:
    """The source of a module with a function of this name, the constants that it takes, and the
    source that runs for it: its function fills arrays that it is given, which room(n) makes."""
    own, nests, (before, examples, after) = _written(lowered)
    inputs = [own[name] for name in lowered.inputs]
    names, constants = nests.names.of, nests.names.constants
    rows = list(dict.fromkeys(x for x in nests.outputs if x.is_batched))
    body = [f"n = len({inputs[0]})"] if inputs else []
    body += _allocated(nests, BEFORE, "np.empty(")
    body += before
    body += [f"{names[x]} = np.zeros({x.example_shape})" for x in nests.sums]
    body += [f"{names[x]} = np.empty((n, *{x.example_shape}))" for x in rows]
    lines: list[str] = []
    if examples:
        known = {*own.values(), *constants, "n"} - {*inputs}
        lines, calls = _examples(nests, examples, inputs, [names[x] for x in rows], known)
        body += calls
    body += _allocated(nests, AFTER, "np.empty(")
    body += after
    results = [_result(nests, i, bool(lowered.reduction)) for i in range(len(nests.outputs))]
    takes = [*own.values(), *constants]
    shown = _defined(name, takes, [*body, *statement(returned(results, lowered))])
    first = int(bool(lowered.reduction))
    given = [nests.names.unique("out") for _ in results[first:]]
    body = _filling(body, dict(zip(given, results[first:])))
    runs = _defined(name, [*takes, *given], [*body, f"return {results[0] if first else 0.0}"])
    shapes = [f"{'n, ' * x.is_batched}*{x.example_shape}" for x in nests.outputs[first:]]
    room = ", ".join(f"np.empty(({shape},))" for shape in shapes)
    runs += ["", "", *statement("def room(n):"), f"    return ({room}{',' * bool(given)})"]
    texts = ["\n".join([HEADER, "", *lines, *function]) + "\n" for function in (shown, runs)]
    return texts[0], constants, texts[1]


def _examples(
    nests: Nests, lines: list[str], inputs: list[str], outs: list[str], known: set[str]
) -> tuple[list[str], list[str]]:
    """The function that runs the lines of an example for all, of floats or lanes; and its calls."""
    names = nests.names.of
    whole = {name: nests.names.unique(f"all_{name}") for name in [*inputs, *outs]}
    inside = [f"{name} = block(zero, {whole[name]}, first)" for name in inputs] + lines
    inside += [f"store({whole[name]}, first, {name}, zero)" for name in outs]
    before = [x for x, (phase, _) in nests.at.items() if phase == BEFORE and x in names]
    known = known.union(names[x] for x in [*before, *nests.sums])
    used = dict.fromkeys(re.findall(r"\w+", "\n".join(inside)))
    call = [*inputs, *[name for name in used if name in known], *outs]
    given = ["zero", "start", "stop", *[whole.get(name, name) for name in call]]
    function = ["@jit", *statement(f"def examples({', '.join(given)}):")]
    function += _indented(_allocated(nests, EXAMPLES, "empty(zero, "))
    function += ["    for first in range(start, stop, width(zero)):"]
    function += [*_indented(_indented(inside)), "", ""]
    calls = ["whole = n - n % WIDTH", "if whole:"]
    calls += _indented(statement(f"examples(lanes(0.0), 0, whole, {', '.join(call)})"))
    return function, calls + statement(f"examples(0.0, whole, n, {', '.join(call)})")


def _written(lowered: Lowered) -> tuple[dict[str, str], Nests, list[list[str]]]:
    """The names of the arguments, the nests, and their lines: before, in and after the examples."""
    outputs = rewritten(lowered.outputs, composed(KNOWN))
    own = arguments(lowered, TAKEN)
    of = {x: own[name] for x, name in lowered.names(outputs).items()}
    nests = Nests(outputs, Names(of, {*own.values(), *TAKEN}))
    return own, nests, [*map(Loops(nests).lines, (BEFORE, EXAMPLES, AFTER))]


def _defined(name: str, takes: Sequence[str], body: Sequence[str]) -> list[str]:
    return ["@jit", *statement(f"def {name}({', '.join(takes)}):"), *_indented(body)]


def _filling(body: Sequence[str], results: dict[str, str]) -> list[str]:
    """The lines with each result in the array of its name: where they make an array for it, that
    is the one; else it is copied."""
    lines, copies = list(body), []
    for given, result in results.items():
        for i, line in enumerate(lines):
            if line.startswith((f"{result} = np.empty(", f"{result} = np.zeros(")):
                zeros = [f"{result}[...] = 0.0"] * line.startswith(f"{result} = np.zeros(")
                lines[i : i + 1] = [f"{result} = {given}", *zeros]
                break
        else:
            copies.append(f"{given}[...] = {result}")
    return lines + copies


def _allocated(nests: Nests, phase: int, function: str) -> list[str]:
    """Lines that make the arrays of a phase."""
    return [
        f"{nests.names.of[x]} = {function}{x.example_shape})"
        for x in nests.order
        if x in nests.kept
        and nests.at[x][0] == phase
        and x.example_shape
        and x not in nests.sums
        and x not in nests.room
    ]


def _result(nests: Nests, place: int, has_loss: bool) -> str:
    """An output as it is returned: the loss is a number, all others are arrays of their own."""
    x = nests.outputs[place]
    name, is_sum = nests.names.of[x], x in nests.sums
    if has_loss and place == 0:
        return f"{name}[()]" if x.shape == () and is_sum else name
    if x.shape == () and not is_sum:
        return f"np.array(float({name}))"
    return f"{name}.copy()" if x in nests.outputs[has_loss:place] else name


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


class MachineCode:
    """The function that a source defines, of the inputs and parameters.

    It is compiled once, for contiguous arrays that may be written. Others it refuses, which costs
    less than to look at all arrays in every call, and then gets as copies.
    """

    def __init__(self, compiled: Compiled) -> None:
        scope = load(compiled.runs)
        self._run, self._room = scope[compiled.name], scope["room"]
        self._compiled, self._constants = compiled, list(compiled.constants.values())
        self._converts = compiled.dtype != "float64"  # arrays; what is computed between is float64
        self._is_compiled = False

    def __call__(self, *arrays: Any) -> Any:
        compiled = self._compiled
        outs = self._room(len(arrays[0]) if compiled.inputs else 1)
        loss = self._filled(arrays, (*self._constants, *outs))
        if self._converts:
            loss, *outs = [np.array(x, compiled.dtype) for x in (loss, *outs)]
        return compiled.together(loss, tuple(outs))

    def into(self, n: int, results: Any) -> Function | None:
        """The function for n examples that overwrites the arrays of these results, those of a call
        before; None if it has to convert them."""
        if self._converts:
            return None
        together = self._compiled.together
        loss, gradients, others = self._compiled.apart(results)
        outs, is_plain = (*gradients, *others), loss is not None and not others
        run, tail = self._run, (*self._constants, *outs)

        def filled(*arrays: Any) -> Any:
            try:
                loss = run(*arrays, *tail)
            except TypeError:
                loss = self._filled(arrays, tail)
            return (loss, gradients) if is_plain else together(loss, outs)

        return filled

    def _filled(self, arrays: Sequence[Any], tail: Sequence[Any]) -> Any:
        """Fill the arrays at the end of the tail, after the constants, and give the loss."""
        run = self._run
        if self._is_compiled:
            try:
                return run(*arrays, *tail)
            except TypeError:  # one is strided or read-only
                pass
        loss = run(*[x if _is_plain(x) else np.array(x, order="C") for x in arrays], *tail)
        if not self._is_compiled and hasattr(run, "disable_compile"):  # and is not plain Python
            run.disable_compile()
            self._is_compiled = True
        return loss


function = MachineCode


def _is_plain(x: Any) -> bool:
    return x.__class__ is np.ndarray and x.flags.carray


def written(lowered: Lowered) -> Statements:
    """The statements of the loops, in the order of the arrays that they compute."""
    _, nests, phases = _written(lowered)
    names = nests.names.of
    array = {name: x for x, name in names.items()}
    lines = [
        (text.strip(), array[name]) for text in chain(*phases) if (name := assigned(text)) in array
    ]
    lines.sort(key=lambda line: line[1].number)
    loss = nests.outputs[0] if lowered.reduction else None
    order = reachable(nests.outputs)
    return Statements(order, nests.outputs, loss, names, lines, nests.names.constants)
