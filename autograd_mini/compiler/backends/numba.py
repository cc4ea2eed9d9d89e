"""The Numba backend: plain loops over the lanes of one example, run for eight examples at once.

Every array of the program belongs to a nest of loops (nests.py), whose lines (loops.py) compute one
number of it a turn. Views are index arithmetic (indices.py). The numbers are floats, or those of
eight examples side by side (lanes.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..pipeline import Lowered
from ..program import Compiled, Function
from ..simplify import composed, rewritten
from .indices import lane_shape
from .jit import HEADER, load
from .loops import KNOWN, Loops
from .names import Names
from .nests import AFTER, BEFORE, EXAMPLES, Nests
from .source import wrapped

DTYPES = ("float64",)


def emit(lowered: Lowered, name: str) -> tuple[str, dict[str, Any]]:
    """The source of a module with a function of this name, and the constants that it takes."""
    outputs = rewritten(lowered.outputs, composed(KNOWN))
    nests = Nests(outputs, Names(lowered.names(outputs)))
    before, examples, after = map(Loops(nests).lines, (BEFORE, EXAMPLES, AFTER))
    inputs, parameters = list(lowered.inputs), [b.name for b in lowered.blocks]
    names, constants = nests.names.of, nests.names.constants
    rows = [x for x in nests.outputs if x.is_batched]
    body = [f"n = len({inputs[0]})"] if inputs else []
    body += _allocated(nests, BEFORE, "np.empty(")
    body += before
    body += [f"{names[x]} = np.zeros({lane_shape(x)})" for x in nests.sums]
    body += [f"{names[x]} = np.empty((n, *{lane_shape(x)}))" for x in rows]
    lines = []
    if examples:
        given = [f"all_{name}" for name in inputs]
        inside = [f"{name} = block(zero, all_{name}, first)" for name in inputs] + examples
        inside += [f"store(all_{names[x]}, first, {names[x]}, zero)" for x in rows]
        known = {*parameters, *constants, *map(names.get, nests.sums), "n"}
        known.update(
            names[x] for x, (phase, _) in nests.at.items() if phase == BEFORE and x in names
        )
        used = dict.fromkeys(re.findall(r"\w+", "\n".join(inside)))
        shared = [name for name in used if name in known]
        outs = [names[x] for x in rows]
        arguments = ["zero", "start", "stop", *given, *shared, *[f"all_{x}" for x in outs]]
        lines = ["@jit", *wrapped("def examples(", arguments, "):")]
        lines += _indented(_allocated(nests, EXAMPLES, "empty(zero, "))
        lines += ["    for first in range(start, stop, width(zero)):"]
        lines += [*_indented(_indented(inside)), "", ""]
        call = [*inputs, *shared, *outs]
        body += ["whole = n - n % WIDTH", "if whole:"]
        body += _indented(wrapped("examples(", ["lanes(0.0)", "0", "whole", *call], ")"))
        body += wrapped("examples(", ["0.0", "whole", "n", *call], ")")
    body += _allocated(nests, AFTER, "np.empty(")
    body += after
    results = [_result(nests, x, x is nests.outputs[0]) for x in nests.outputs]
    result = results[0]
    if name == "value_and_grad":
        result = f"{result}, ({', '.join(results[1:])}{',' * (len(results) == 2)})"
    lines += ["@jit", *wrapped(f"def {name}(", [*inputs, *parameters, *constants], "):")]
    lines += _indented([*body, f"return {result}"])
    return "\n".join([HEADER, "", *lines]) + "\n", constants


def _allocated(nests: Nests, phase: int, function: str) -> list[str]:
    """Lines that make the arrays of a phase."""
    return [
        f"{nests.names.of[x]} = {function}{lane_shape(x)})"
        for x in nests.order
        if x in nests.kept
        and nests.at[x][0] == phase
        and lane_shape(x)
        and x not in nests.sums
        and x not in nests.room
    ]


def _result(nests: Nests, x: Array, is_loss: bool) -> str:
    """A result as it is returned: the loss is a number, all else are arrays."""
    name = nests.names.of[x]
    if x.shape == () and x in nests.sums:
        return f"{name}[()]" if is_loss else name
    return f"np.array({name})" if x.shape == () and not is_loss else name


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def function(compiled: Compiled) -> Function:
    """The function that the source defines, of the inputs and parameters.

    It is compiled once, for contiguous arrays that may be written. Others it refuses, which costs
    less than to look at all arrays in every call, and then gets as copies.
    """
    run = load(compiled.source)[compiled.name]
    constants = list(compiled.constants.values())
    is_compiled = False

    def on_copies(*arrays: Any) -> Any:
        return run(*[x if _is_plain(x) else np.array(x, order="C") for x in arrays], *constants)

    def on_arrays(*arrays: Any) -> Any:
        nonlocal is_compiled
        if is_compiled:
            try:
                return run(*arrays, *constants)
            except TypeError:  # one is strided or read-only
                return on_copies(*arrays)
        result = on_copies(*arrays)
        if hasattr(run, "disable_compile"):  # and is not plain Python
            run.disable_compile()
            is_compiled = True
        return result

    return on_arrays


def _is_plain(x: Any) -> bool:
    return x.__class__ is np.ndarray and x.flags.carray
