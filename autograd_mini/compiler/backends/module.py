"""Modules of generated code: the text of one that defines a function, and that function."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import BATCH, written_shape
from ..pipeline import Lowered

if TYPE_CHECKING:
    from ..compiled import Function
    from .source import Source

WIDTH = 88
MANY = 8  # things in brackets, of which more do not each get a line
UNBROKEN = "\N{NO-BREAK SPACE}"  # where a line may not end


def function(name: str, module: str | ast.Module) -> Function:
    """The function that a module defines."""
    scope: dict[str, Any] = {}
    exec(compile(module, "<compiled program>", "exec"), scope)
    return scope[name]  # type: ignore[no-any-return]


def module(source: Source, name: str, lines: Sequence[str], results: Sequence[str]) -> str:
    """The text of a module that defines one function, wrapped as the formatter black does."""
    body = [*source.prelude(), *lines, returned(results, source.lowered)]
    decorators = source.decorators()
    text = "\n".join([*decorators, *body])
    imports = [
        line
        for library, line in source.imports.items()
        if library == source.library or re.search(rf"\b{library}[.(]", text)
    ]
    lines = [
        *imports,
        "",
        *_about(source, source.lowered),
        *decorators,
        *statement(f"def {name}({', '.join([*source.arguments, *source.constants])}):", WIDTH),
        *[f"    {line}".rstrip() for text in body for line in statement(text)],
    ]
    return "\n".join(lines) + "\n"


def _about(source: Source, lowered: Lowered) -> list[str]:
    """Comments that say what the function gives, and what its arguments are: inputs, the Values of
    each module, and numbers from the code."""
    what = "outputs"
    if lowered.reduction:
        what = "loss and its gradient"
        if lowered.inputs:
            what = f"{lowered.reduction} of the losses of n examples, and its gradient"
    lines = [f"the {what}"]
    inputs = [
        f"{name} {written_shape((BATCH, *shape))}"
        for name, shape in zip(source.arguments, lowered.inputs.values())
    ]
    if inputs:
        lines.append(f"{', '.join(inputs)}: an example in each row")
    parameters = source.arguments[len(lowered.inputs) :]
    modules: dict[str, list[tuple[str, str]]] = {}
    for name, block, places in zip(parameters, lowered.blocks, lowered.places):
        about = block.about
        if re.fullmatch(rf"{re.escape(name)}(\.[a-z])*", about):  # the name says it
            about = ""
        [module] = re.findall(r"^\D*\d+|^.*", about)[:1]
        modules.setdefault(module, []).append((f"{name} {places.shape}", about or "parameters"))
    for arrays in modules.values():
        names, abouts = zip(*arrays)
        lines.append(f"{', '.join(names)}: {', '.join(dict.fromkeys(abouts))}")
    for name, numbers in source.constants.items():
        lines.append(f"{name} {np.shape(numbers)}: program.constants[{name!r}]")
    wrapped = [
        textwrap.wrap(f"# {line}", WIDTH, subsequent_indent="#     ", break_on_hyphens=False)
        for line in lines
    ]
    return ["", *chain(*wrapped)]


def statement(text: str, room: int = WIDTH - 4) -> list[str]:
    """A statement; a long one that ends in a bracket has what the bracket holds on own lines, one
    thing on each, or many side by side."""
    inner = text.lstrip(" ")
    if text != inner:
        indent = " " * (len(text) - len(inner))
        return [indent + line for line in statement(inner, room - len(indent))]
    if text.endswith(":"):
        *lines, last = statement(text[:-1], room - 1)
        return [*lines, f"{last}:"]
    if len(text) <= room:
        return [text]
    left, sign, right = text.partition(" = ")
    if sign and "(" not in left and left.count(",") >= MANY:  # a, b, .. = right
        return ["(", *_side_by_side(left.split(", "), room), f"){sign}{right}"]
    if text[-1] not in ")]":
        return [text]
    start, items = _last_bracket(text)
    is_list = len(items) == 1 and items[0][0] == "(" and items[0].count(",") >= MANY
    if is_list and len(call := f"{text[:start]}{items[0]}") > room:  # f((a, b, ..))
        first, *lines, last = statement(call, room)
        return [f"{first}(", *lines, f"{last})"]
    lines = [f"    {text[start + 1 : -1]}"]
    if len(lines[0]) > room and len(items) > MANY and max(map(len, items)) < room // 2:
        lines = _side_by_side(items, room)
    elif len(lines[0]) > room:
        each = [statement(x, room - 5) for x in items]
        lines = [f"    {line}" for *rows, last in each for line in [*rows, f"{last},"]]
    return [text[: start + 1], *lines, text[-1]]


def _last_bracket(text: str) -> tuple[int, list[str]]:
    """Where the bracket that ends a text begins, and what it holds between commas."""
    depth, start, commas = 0, len(text), []
    while depth or start == len(text):
        start -= 1
        depth += (text[start] in ")]") - (text[start] in "([")
        if depth == 1 and text[start] == ",":
            commas.append(start)
    ends = [start, *reversed(commas), len(text) - 1]
    return start, [text[i + 1 : j].strip() for i, j in pairwise(ends)]


def _side_by_side(items: Sequence[str], room: int) -> list[str]:
    """Lines of as many items as there is room for, each with a comma after it."""
    whole = " ".join(f"{x.replace(' ', UNBROKEN)}," for x in items)
    return [f"    {line.replace(UNBROKEN, ' ')}" for line in textwrap.wrap(whole, room - 4)]


def returned(results: Sequence[str], lowered: Lowered) -> str:
    """The last statement: it returns outputs; or the loss, in a pair with what was asked for beside
    it, and the gradient."""
    if not lowered.reduction:
        return f"return {', '.join(results)}"
    loss, aux = results[0], results[1 + len(lowered.blocks) :]
    loss = f"({loss}, {_tuple(aux)})" if aux else loss
    return f"return {loss}, {_tuple(results[1 : 1 + len(lowered.blocks)])}"


def _tuple(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' * (len(items) == 1)})"
