"""What a line of a program stands for: its scalars, as they were written, or the chain rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, NamedTuple

from ..signs import total_text
from .chain_rule import ChainRule
from .listing import Line, towards
from .names import assigned
from .symbols import symbol

FIRST = 2  # of the scalars of a line so many are shown


class Explanation(NamedTuple):
    """What some lines stand for; it prints as text, and a notebook shows it.

    Attributes:
        lines: the lines that are explained.
        texts: for each the lines of its explanation, indented below what they explain.
    """

    lines: tuple[Line, ...]
    texts: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        parts = []
        for line, texts in zip(self.lines, self.texts):
            parts.append("\n".join([line.code or line.name, *[f"    {text}" for text in texts]]))
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from .show import block, highlighted

        parts = []
        for line, (first, *texts) in zip(self.lines, self.texts):
            code = highlighted(line.code or line.name)
            rest = highlighted("\n".join(texts))
            parts.append(
                f'{code}\n<div style="margin: 2px 0 2px 2em">{escape(first)}</div>\n'
                f'<div style="margin: 0 0 1em 2em">{rest}</div>'
            )
        return {"text/html": block("\n".join(parts)), "text/plain": str(self)}


class Explainer(ChainRule):
    """Explains the lines of a program."""

    def explain(self, lines: Sequence[Line]) -> Explanation:
        return Explanation(tuple(lines), tuple(tuple(self._texts(line)) for line in lines))

    def _texts(self, line: Line) -> Iterator[str]:
        if line.kind in ("input", "parameter", "constant"):
            yield from self._argument(line)
        elif line.name == self.loss:
            texts = list(self._loss())
            yield from texts
            yield from self.definitions(texts)
        elif line.scalars is None:
            yield from self._step(line)
        else:
            yield self._count(line)
            describe = self._gradient if line.is_gradient else self._scalar
            nodes = line.nodes()
            for position, _ in nodes[:FIRST]:
                texts = list(describe(line, position))
                yield from texts
                yield from self.definitions(texts)
            if len(nodes) > FIRST:
                yield f".. {len(nodes) - FIRST:,} more like these"

    # -- headlines ------------------------------------------------------------------------------

    def _count(self, line: Line) -> str:
        count, size = len(line.nodes()), line.scalars.size
        what = f"{count:,} scalar{'s' * (count != 1)}"
        if line.is_gradient:
            what = f"d loss / d x for {what} x"
        if count < size:
            what += f" in {size:,} places, of which the others are not used"
        step = f", in the last of {len(line.steps)} steps" if line.steps else ""
        return f"{line.sizes()}: {what}{' of each example' * line.is_batched}{step}"

    def _argument(self, line: Line) -> Iterator[str]:
        if line.kind == "input":
            yield f"{line.sizes()}: an input, with a row for each example"
        elif line.kind == "parameter":
            own = line.name if line.name in self.about else re.sub(r"_\d+$", "", line.name)
            about = self.about.get(own, "")
            index = ", ".join("ijkl"[: len(line.shape)])
            runs = re.search(r"(^|\.)i(\.|$)", about)
            name = f"{line.name}[{index}]" if runs else line.name
            yield f"{line.sizes()}: parameters" + (f", {name} is {about}" if about else "")
        else:
            yield f"{line.sizes()}: numbers of the code, or places in an array"

    def _loss(self) -> Iterator[str]:
        """The loss of the batch is not a scalar of the code; that of an example is."""
        mean = self.reduction == "mean"
        parts = []
        notes = []
        for root, batch in ((self.each, "mean of " if mean else "sum of "), (self.once, "")):
            if root.__class__ is not int:
                parts += [symbol(root).text] if root else []
                continue
            name = self.element[root]
            times = "" if batch or mean or not self.origin.batched[self.each] else "n * "
            parts.append(f"{batch}{times}{name}{' over the examples' if batch else ''}")
            if root not in self.own_line:
                notes.append(f"{name} = {self.spelled(root)}, {self.roots[root]}")
        yield f"(): {self.loss} = {' + '.join(parts)}"
        yield from notes

    def _step(self, line: Line) -> Iterator[str]:
        """An array that no scalar was made into: it is on the way to one; or a loop."""
        if line.code.startswith("for "):
            yield "a loop: its lines are run in each step"
            return
        lines = [*self.lines.values()]
        end = towards(line, lines, lambda x: x.scalars is not None or x.name == self.loss)
        yield f"{line.sizes()}: no scalars of its own; a step on the way to {end.name}"

    # -- scalars --------------------------------------------------------------------------------

    def _scalar(self, line: Line, position: int) -> Iterator[str]:
        node = int(line.scalars.flat[position])
        name = line.element(position)
        if self.element[node] != name:  # another array has it, too
            yield f"{name} = {self.element[node]}"
        else:
            label = self.origin.labels.get(node)
            yield f"{name} = {self.spelled(node)}" + (f"  ({label!r})" if label else "")

    def _gradient(self, line: Line, position: int) -> Iterator[str]:
        node = int(line.scalars.flat[position])
        name = self.element[node]
        if line.element(position) != f"d{name}":
            yield f"{line.element(position)} = {total_text(name)}"
        yield from self.chain(node)


def chosen_lines(lines: Sequence[Line], source: str, line: int | str | None) -> list[Line]:
    """Those of the lines, and arguments, that a number or a name means; all lines for None.

    Raises:
        ValueError: there is no such line, or it assigns no array.
        TypeError: `line` is neither.
    """
    if line is None:
        return [x for x in lines if x.code]
    if isinstance(line, bool) or not isinstance(line, (int, str)):
        raise TypeError(f"a line is a number or a name, got {type(line).__name__}")
    name = line
    if isinstance(line, int):
        texts = source.splitlines()
        if not 1 <= line <= len(texts):
            raise ValueError(f"the source has lines 1 to {len(texts)}, got {line}")
        name = assigned(texts[line - 1]) or ""
        if not name:
            raise ValueError(f"line {line} assigns no array: {texts[line - 1].strip()!r}")
    found = [x for x in lines if x.name == name]
    if not found:
        names = ", ".join(x.name for x in lines if x.code)
        raise ValueError(f"no array is called {name!r}; there are {names}")
    return found
