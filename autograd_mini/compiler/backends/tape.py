"""The tape: scalar graphs that do not become arrays, run row by row.

A graph whose nodes are alike in small groups only would make an array program as long as itself.
It becomes a tape instead: one row for each node, (operation, operands), in topological order. One
interpreter, compiled once, runs every tape over blocks of examples. It works as the scalar engine
does: the forward pass computes the local partials too, which are rows like others, and the backward
pass is nothing but upstream * partial.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from ..blocks import Block, parameter_blocks
from ..compiled import Compiled, Function
from ..task import Task
from .assembler import Assembler, Tape
from .interpreter import examples_at_once, interpreter

DTYPES = ("float64", "float32")
LINE = 64  # bytes of a line of the cache


class Taped(NamedTuple):
    """A tape, and what its parameters are.

    Attributes:
        listing: its rows, to be read.
        tape: what the interpreter runs.
        blocks: of parameters, one an array.
        places: for each block, where its parameters are in the list of all, in the array's shape.
    """

    listing: str
    tape: Tape
    blocks: list[Block]
    places: list[Any]


def lower(task: Task) -> Taped:
    """The tape of a task.

    Raises:
        ValueError: an operation is a function of floats.
    """
    graph, roots, names, inputs, reduction, *_ = task
    shapes = [forms.shape for forms in roots][bool(reduction) :]
    roots = [graph.as_node(form) for forms in roots for form in forms.ravel()]
    nodes = graph.needed(roots)
    blocks = parameter_blocks(graph, names, nodes, inputs)
    places = [np.array(b.places).reshape(-1 if b.shape is None else b.shape) for b in blocks]
    columns = [(name, i) for name, shape in inputs.items() for i in range(math.prod(shape))]
    rows = Assembler(graph, {column: place for place, column in enumerate(columns)})
    for i in nodes:
        rows.add(i)
        if reduction:
            rows.pass_on(i)
    tape = rows.tape(roots, shapes)
    return Taped(rows.listing(), tape, blocks, places)


def emit(lowered: Taped, name: str) -> tuple[str, dict[str, Any], str]:
    """The rows, to be read; the tape, by its name; and no source that runs in their place."""
    return lowered.listing, {"tape": lowered.tape}, ""


def written(lowered: Taped) -> None:
    """A tape has no lines of arrays."""


def function(compiled: Compiled) -> Function:
    """The function of the inputs and parameters that runs the tape."""
    run, tape = interpreter(), compiled.constants["tape"]
    dtype = np.dtype(compiled.dtype)  # of the arrays; what is computed between them is float64
    block = examples_at_once(len(tape.codes))
    spare: list[Any] = []  # memory of the last call: new memory costs more than the tape

    def on_tape(*arrays: Any) -> Any:
        inputs, weights = arrays[: len(compiled.inputs)], arrays[len(compiled.inputs) :]
        n = len(inputs[0]) if inputs else 1
        columns = [np.reshape(x, (n, -1)).T for x in inputs]
        table = np.concatenate([np.empty((0, n)), *columns])
        parameters = np.empty(sum(places.size for places in compiled.places))
        for places, numbers in zip(compiled.places, weights):
            parameters[places] = numbers
        results = np.empty((len(tape.roots), n))
        gradient = np.zeros(parameters.size if compiled.reduction else 0)
        shape = 2, len(tape.codes), min(n, block)
        memory = None
        with suppress(IndexError):
            memory = spare.pop()  # no other thread has it meanwhile
        if memory is None or memory.shape != shape:
            memory = _aligned(shape)
        run(*tape[:12], table, parameters, results, gradient, *memory)
        spare[:] = [memory]
        outputs, start = [], int(bool(compiled.reduction))
        for shape in tape.shapes:
            stop = start + math.prod(shape)
            output = np.array(results[start:stop].T, dtype, order="C")
            outputs.append(output.reshape((*[n] * bool(inputs), *shape)))
            start = stop
        if not compiled.reduction:
            return compiled.together(None, tuple(outputs))
        loss = results[0].sum()
        if compiled.reduction == "mean":
            loss, gradient = loss / n, gradient / n
        gradients = [np.array(gradient[places], dtype) for places in compiled.places]
        return compiled.together(loss, (*gradients, *outputs))

    return on_tape


def _aligned(shape: tuple[int, ...]) -> Any:
    """An array that begins where a line of the cache does: else every other one is read twice."""
    size = math.prod(shape)
    memory = np.empty(size + LINE // 8)
    first = -memory.ctypes.data % LINE // 8
    return memory[first : first + size].reshape(shape)
